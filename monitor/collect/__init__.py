"""Stage 1, collect: read each source, store what is new, and keep track of what could not be read."""
