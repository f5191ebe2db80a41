"""Hansard of 2001 to 2014 on publications.parliament.uk."""

from scrapers.publications.source import Publications

__all__ = ["Publications"]
