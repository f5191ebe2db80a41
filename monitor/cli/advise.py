"""What is said on stderr when a search finds nothing: why, and what to type instead."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from monitor.advice import alternatives
from monitor.cli.found import nearest
from monitor.digest.wording import count_of, one_line
from monitor.holdings import Filters
from monitor.terms.meaning import is_named

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.terms.lexicon import Lexicon
    from monitor.terms.matcher import Query

_SUGGESTED = 3
_NAMES = {
    "body": "answering body",
    "asker": "member who asked",
    "minister": "minister who answered",
    "party": "party of a member who asked",
}


def advise(archive: Archive, lexicon: Lexicon, asked: Query | None, words: str, filters: Filters) -> None:
    """Say on stderr why nothing was found, and what to type instead."""
    if archive.records.is_empty():
        _say("The archive is empty. To fill it: pqwatch run")
        return
    if not asked and words:
        _say(f"No record goes by {words}{' and passes the filters' if filters.ids else ''}.")
        return
    if _advise_names(archive, filters):
        return
    if asked is None:
        _say("No record passes the filters.")
        return
    bare = Filters()
    if filters != replace(bare, oldest_first=filters.oldest_first):
        without = archive.search.count(asked, bare)
        if without:
            _say(f"Nothing found. Without the filters: {count_of(without, 'record')}.")
            return
    _advise_words(archive, lexicon, asked)


def _advise_names(archive: Archive, filters: Filters) -> bool:
    """Whether a name in the filters is nobody's; if so it was said, with the nearest."""
    for key, what in _NAMES.items():
        wanted = getattr(filters, key)
        names = archive.search.names(key) if wanted else []
        if wanted and not any(is_named(name, wanted) for name in names):
            near = ", ".join(one_line(name) for name in nearest(wanted, names))
            _say(f"No {what} has these words in the name: {wanted}.{f' Nearest: {near}.' if near else ''}")
            return True
    return False


def _advise_words(archive: Archive, lexicon: Lexicon, asked: Query) -> None:
    """How many records hold all words of the phrase, which shorter phrases are found, and what to type for each."""
    other = alternatives(asked, lexicon)
    tried = [*([other.every] if other.every else []), *other.phrases]
    counts = dict(zip([one.source for one in tried], archive.search.counts(tried, Filters()), strict=True))
    if other.every is None:
        _say(f"Nothing found for {asked.source}.")
    else:
        everywhere = counts[other.every.source]
        _say(f"No record has this phrase: {asked.source}.")
        _say(f"{count_of(everywhere, 'record')} {'holds' if everywhere == 1 else 'hold'} all its words, in any place:"
             if everywhere else "No record holds all its words.")  # fmt: skip
        if everywhere:
            _suggest(other.every.source, everywhere)
    found = [(query.source, counts[query.source]) for query in other.phrases if counts[query.source]]
    for source, count in found[:_SUGGESTED]:
        _suggest(source, count)


def _suggest(source: str, count: int) -> None:
    _say(f"  pqwatch search {shlex.quote(source)}   finds {count:,}")


def _say(text: str) -> None:
    click.echo(text, err=True)
