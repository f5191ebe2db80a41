"""Register of members: one person across member numbers, spellings, Houses and sources.

Source: the folder `members` of parlparse (https://github.com/mysociety/parlparse), in both generations of its files. They
name no licence; they are mySociety's work. A record is a membership of a House, an office, or another spelling of a name.
`files` describes the files (XML, to 2015, and JSON since then) and their oddities.

Last checked: November 2026, against files of 2009 to 2015; of people.json no whole one was at hand, so an entry that is not
understood is left out, and the log counts them.
"""

from scrapers.people.register import People

__all__ = ["People"]
