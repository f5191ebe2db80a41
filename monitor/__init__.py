"""pqwatch watches what ministers answer in Parliament, keeps it, and mails a digest that can be relied on.

One straight line; each step is a noun that the next one consumes::

    fetch -> parse -> store -> match -> digest -> deliver
    bytes    Proceeding  archive  Match   Digest   Delivery

Four stages act on it. Each is safe to repeat, and each step of a stage is one transaction::

    collect    for each window (one day of one House, by the day tabled, answered or corrected):
                   for each page of the source's list:
                       fetch the details of new and changed records, because lists are cut short
                       parse each payload to a Proceeding
                       store a Revision if it differs from the one before; classify what happened, and whether it is news
               for each file that is due (a day's debates, a volume, a feed): the same, record by record
    match      for each revision in which some terms were not looked for yet:
                   store each occurrence of a term as a Match
    compose    for each subscriber whose slot has no digest yet:
                   gather the news that matches their topics or that they follow, and that no digest has told them
                   arrange and render it; store the digest, the items that it tells, and the finished mail together
    deliver    for each mail in the outbox that is due:
                   claim it, hand it over, and record each step before the next one

`model` has the nouns, `parliament` the rules of the House, `terms` finds words, `collect`, `match`, `digest` and `delivery`
are the stages, `pipeline` calls them in order, and `app` builds everything. Only `scrapers`, `db` and `delivery` know the
network, the database and the mail server.

The names below are the Python interface: docs/api.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitor.app import open_archive
    from monitor.errors import ArchiveError, ConfigError, MonitorError, RecordNotFoundError, SchemaError
    from monitor.model.records import House, Kind, Proceeding, Revision, State
    from monitor.model.search import Filters, Hit
    from monitor.model.watching import Match
    from monitor.research.archive_reader import ArchiveReader
    from monitor.terms.matcher import Query, compile_query
    from monitor.terms.tree import TermError

__all__ = [
    "ArchiveError",
    "ArchiveReader",
    "ConfigError",
    "Filters",
    "Hit",
    "House",
    "Kind",
    "Match",
    "MonitorError",
    "Proceeding",
    "Query",
    "RecordNotFoundError",
    "Revision",
    "SchemaError",
    "State",
    "TermError",
    "compile_query",
    "open_archive",
]

_MODULES = {
    "monitor.app": ("open_archive",),
    "monitor.errors": ("ArchiveError", "ConfigError", "MonitorError", "RecordNotFoundError", "SchemaError"),
    "monitor.model.search": ("Filters", "Hit"),
    "monitor.model.records": ("House", "Kind", "Proceeding", "Revision", "State"),
    "monitor.model.watching": ("Match",),
    "monitor.research.archive_reader": ("ArchiveReader",),
    "monitor.terms.tree": ("TermError",),
    "monitor.terms.matcher": ("Query", "compile_query"),
}
"""Modules that hold the names of the Python interface (docs/api.md), imported when one of their names is used."""


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            from importlib import import_module  # noqa: PLC0415 (`pqwatch --help` does without)

            return getattr(import_module(module), name)
    raise AttributeError(f"module 'monitor' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
