"""Quotations: citing a record in a style, and checking the quotations of a letter."""
