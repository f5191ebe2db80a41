"""TheyWorkForYou: the files that parlparse makes of Hansard, since 1919.

Source: https://www.theyworkforyou.com/pwdata, or a copy of it. The texts are Parliament's (Open Parliament Licence v3.0),
the files mySociety's, who ask that large copies be made by rsync (`data.theyworkforyou.com::parldata/scrapedxml/`).
A record is a question with its answer, a written statement or a speech. The oddities of the files are described where they
are handled: `files` (versions of a day), `documents` (encodings, entities, broken blocks), `gids` (ids and redirects),
`answers` and `speeches` (records).

Last checked: November 2026, against files of October 2009 and against the program that has written the files since 2014
(https://github.com/mysociety/parlparse).
"""

from scrapers.theyworkforyou.source import TheyWorkForYou

__all__ = ["TheyWorkForYou"]
