"""Written questions of the Senedd, and questions that its meetings did not reach.

Source: https://record.senedd.wales (Open Government Licence v3.0). There is no API: a search page lists the questions tabled
on a day, each question has a page, and each meeting a file in XML with its questions not reached. No page was recorded; one
trimmed file was. docs/sources.md says how certain each fact is. What is not as known goes into quarantine.
"""

from scrapers.senedd.source import NAME, SeneddSource

__all__ = ["NAME", "SeneddSource"]
