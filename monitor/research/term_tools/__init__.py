"""Tools for writers of watch terms: explain, try, check and compare terms."""
