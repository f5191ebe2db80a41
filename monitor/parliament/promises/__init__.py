"""Promises of ministers: sentences that say what the Government will do, and letters that are to come."""
