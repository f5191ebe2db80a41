"""Hansard of 2001 to 2014 on publications.parliament.uk: written answers and written statements of both Houses.

Source: https://publications.parliament.uk/pa (Open Parliament Licence v3.0).
These are the web pages of Hansard before its data had an API. A file of this source is a day of one House and one series,
with all its pages; a record is a question with its answer, or a statement. Two editions: the bound volume (`vo`) supersedes
the daily part (`cm`). In a copy of the site the pages that are there are read, in whatever folder it lies; on the site, days
are found by asking for the index of each. docs/sources.md lists the oddities of the pages.

Last checked: November 2026, against trimmed pages of 2011 and 2013 and the mark-up of the Lords of 2008; older pages are
known from parlparse, which read them for years.
"""

from scrapers.publications.source import Publications

__all__ = ["Publications"]
