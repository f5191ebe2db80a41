"""The term language: words to queries, plain text to search form, many queries in one pass."""
