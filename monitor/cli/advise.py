"""What is said on stderr when a search finds nothing: why, and what to type instead."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

import click

from monitor.cli.found import nearest
from monitor.cli.pages import command_without
from monitor.model.archive import Filters
from monitor.presentation.wording import count_of, one_line
from monitor.research.suggestions import (
    alternatives,
    are_of_names,
    corrected,
    has_neighbours,
    meant,
    neighbours,
    readable,
    singles,
    within_names,
)
from monitor.research.term_tools.known_words import shipped_words
from monitor.terms.evaluate import is_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.archive import Archive
    from monitor.terms.matcher import Query
    from monitor.terms.tree import Word
    from monitor.terms.vocabulary import Lexicon

_SUGGESTED: Final = 5
"""Commands, at most: who found nothing reads no page of advice."""

_PHRASES: Final = 3
_NEAR: Final = 2
"""Words offered in place of one, at most."""

_MANY: Final = 200
"""No more than these are counted: that there are some is what matters, and a person is waiting."""

_OPTIONS: Final = {
    "first": ("--from", "--since"),
    "last": ("--to",),
    "houses": ("--house",),
    "kinds": ("--kind",),
    "states": ("--state",),
    "body": ("--body",),
    "asker": ("--asker",),
    "minister": ("--minister",),
    "speaker": ("--speaker",),
    "party": ("--party",),
    "topic": ("--topic",),
    "labels": ("--label",),
}
"""Fields of the filters, and the options that set them."""

_NAMES = {
    "body": "answering body",
    "asker": "member who asked",
    "minister": "minister who answered",
    "speaker": "member who spoke",
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
    if _advise_days(archive, filters) or _advise_filters(archive, asked, filters):
        return
    if asked is None:
        _say("No record passes the filters.")
        return
    _advise_words(archive, lexicon, asked)


def _advise_days(archive: Archive, filters: Filters) -> bool:
    """Whether the days asked for are outside of the archive; if so it was said, with its own."""
    held = archive.search.days()
    if held is None or not (filters.first or filters.last):
        return False
    if (filters.first or date.min) <= held[1] and (filters.last or date.max) >= held[0]:
        return False
    _say(f"The records of the archive are of {held[0]} to {held[1]}: none is of the days asked for.")
    return True


def _advise_filters(archive: Archive, asked: Query | None, filters: Filters) -> bool:
    """Whether the filters stop what would be found; if so it was said which, with the command that does without it."""
    given = [name for name in _OPTIONS if getattr(filters, name)]
    bare = Filters(ids=filters.ids)
    if not given or not (everywhere := archive.search.count(asked, bare, at_most=_MANY)):
        return False
    freed = [(_OPTIONS[name], replace(filters, **{name: getattr(bare, name)})) for name in given]
    counts = [(options, archive.search.count(asked, one, at_most=_MANY)) for options, one in freed]
    enough = [(options, count) for options, count in counts if count]
    them = "them" if len(given) > 1 else "it"
    if enough and len(given) > 1:
        them = "one of them"
    elif not enough:
        enough = [(tuple(option for options, _ in counts for option in options), everywhere)]
    _say(f"Nothing found that passes the filter{'s' if len(given) > 1 else ''}. Without {them}:")
    for options, count in enough[:_SUGGESTED]:
        _suggest(command_without(options), count)
    return True


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
    """What was meant perhaps, how many records hold all words of a phrase, and which shorter phrases are found."""
    other = alternatives(asked, lexicon)
    unknown = _unknown(archive, lexicon, asked)
    first = [*meant(asked, lexicon), *_corrections(archive, lexicon, asked, unknown)]
    quoted = within_names(asked, lexicon)
    queries = [*first, *([quoted] if quoted else []), *([other.every] if other.every else []), *other.phrases]
    counts = _counts(archive, queries)
    _say(f"No record has this phrase: {asked.source}." if other.every else f"Nothing found for {asked.source}.")
    if quoted:
        _say(
            "Within the name of an office it only counts in quotation marks, and in the words that open a question never."
        )
    elif are_of_names(asked, lexicon):
        _say("In the words that open a question it does not count.")
    everywhere = counts.get(other.every.source, 0) if other.every else 0
    if everywhere:
        _say(f"{_counted(everywhere)} {'holds' if everywhere == 1 else 'hold'} all its words, in any place:")
    elif unknown and other.every:
        _say(f"In no record: {', '.join(word.written for word in unknown)}.")
    elif other.every:
        _say("No record holds all its words.")
    shorter = [query.source for query in other.phrases if query.source in counts][:_PHRASES]
    chosen = [*(query.source for query in queries if query not in other.phrases and query.source in counts), *shorter]
    for source in list(dict.fromkeys(chosen))[:_SUGGESTED]:
        _suggest(f"pqwatch search {shlex.quote(source)}", counts[source])


def _counts(archive: Archive, queries: Sequence[Query]) -> dict[str, int]:
    """How many records each query finds, by its source; none that finds nothing."""
    found = archive.search.counts(queries, Filters(), at_most=_MANY)
    return {query.source: count for query, count in zip(queries, found, strict=True) if count}


def _unknown(archive: Archive, lexicon: Lexicon, asked: Query) -> list[Word]:
    """The words of a query that no record has, in any form in which they would be found."""
    words = singles(asked, lexicon)
    found = archive.search.counts([query for _, query in words], Filters(), at_most=1)
    return [word for (word, _), count in zip(words, found, strict=True) if not count]


def _corrections(archive: Archive, lexicon: Lexicon, asked: Query, unknown: Sequence[Word]) -> list[Query]:
    """The query with words that the archive has, and that are nearly those that it has not, the most common first.

    Of several unknown words all are replaced; besides, each of the near words is offered alone.
    """
    near = {
        word: _near(archive, word) for word in unknown if has_neighbours(word) and not _is_some(archive, lexicon, word)
    }
    whole: list[Query] = []
    for number in range(_NEAR):
        other: Query | None = asked
        for word, words in near.items():
            if other is not None and words:
                other = corrected(other, word, words[min(number, len(words) - 1)], lexicon)
        whole += [other] if other is not None and other is not asked else []
    return [*whole, *filter(None, (readable(one, lexicon) for words in near.values() for one in words))]


def _is_some(archive: Archive, lexicon: Lexicon, word: Word) -> bool:
    """Whether a word that is found nowhere is one even so: shipped lists have it, or the names of offices in records."""
    query = readable(f'"{word.written}"', lexicon)
    return word.text in shipped_words() or bool(query and archive.search.count(query, Filters(), at_most=1))


def _near(archive: Archive, word: Word) -> list[str]:
    """Words of the archive that are nearly the same, as they would be typed; of capitals also in small letters."""
    known = archive.search.known_words(neighbours(word.text), _MANY)
    best = sorted(known, key=lambda one: (-known[one], one))[:_NEAR]
    return [written for one in best for written in ((one.upper(), one) if word.is_acronym else (one,))]


def _counted(count: int) -> str:
    return f"{count:,} or more records" if count >= _MANY else count_of(count, "record")


def _suggest(command: str, count: int) -> None:
    _say(f"  {command}   finds {count:,}{' or more' if count >= _MANY else ''}")


def _say(text: str) -> None:
    click.echo(text, err=True)
