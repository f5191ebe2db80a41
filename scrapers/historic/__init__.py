"""Historic Hansard: the Official Report of 1803 to 2005, as volumes in XML or as pages of its site.

Source: volumes at https://www.hansard-archive.parliament.uk, one XML file in a zip (S6CV0417P2.zip), and pages at
https://api.parliament.uk/historic-hansard; both under the Open Parliament Licence v3.0.
A record is a question with its answer, a written statement or a speech. Both were keyed or scanned from print, so they have
misreadings ("Offcence") that are not corrected. `volumes` and `pages` describe the oddities of each.

Last checked: November 2026, against recorded volumes; the pages are known from the templates of the site.
"""

from scrapers.historic.source import Historic, HistoricPages

__all__ = ["Historic", "HistoricPages"]
