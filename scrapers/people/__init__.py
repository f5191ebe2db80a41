"""Register of members: who sat in which House, when, and under which names."""

from scrapers.people.register import People

__all__ = ["People"]
