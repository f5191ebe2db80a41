"""Statistics: records counted by what they have in common, and plots of the counts."""
