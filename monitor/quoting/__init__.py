"""Quoting a record: how it is cited in the styles in use, and whether the quotations of a letter stand as they are given."""
