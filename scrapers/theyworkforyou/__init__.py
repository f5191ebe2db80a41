"""TheyWorkForYou: the files that parlparse makes of Hansard."""

from scrapers.theyworkforyou.source import TheyWorkForYou

__all__ = ["TheyWorkForYou"]
