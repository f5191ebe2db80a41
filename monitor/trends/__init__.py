"""Trends: records counted by what they have in common, how long answers took, how many came late; and plots of that."""
