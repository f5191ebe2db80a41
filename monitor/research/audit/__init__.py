"""Audit: hold a briefing that others made against the archive, and against what a reader was told."""
