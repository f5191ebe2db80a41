"""Historic Hansard: the Official Report of 1803 to 2005."""

from scrapers.historic.source import Historic, HistoricPages

__all__ = ["Historic", "HistoricPages"]
