"""Explain why a search found nothing, and suggest searches that find something."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

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
from monitor.text.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from db.archive import Archive
    from monitor.research.suggestions import Alternatives
    from monitor.terms.matcher import Query
    from monitor.terms.tree import Word
    from monitor.terms.vocabulary import Lexicon

MANY: Final = 200
"""Records are counted up to this number: it only matters that there are some, and a person is waiting."""
_MOST_SUGGESTIONS: Final = 5
_MOST_PHRASES: Final = 3
_MOST_NEAR_WORDS: Final = 2

_NAME_FILTERS: Final = {
    "body": "answering body",
    "asker": "member who asked",
    "minister": "minister who answered",
    "speaker": "member who spoke",
    "party": "party of a member who asked",
}
_FILTERS: Final = ("first", "last", "houses", "kinds", "states", *_NAME_FILTERS, "topic", "labels")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A search that finds something: another query, or the same one without some filters, and how many records it finds."""

    count: int
    query: str = ""
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """Reasons why nothing was found, in sentences, and what to search for instead."""

    reasons: tuple[str, ...]
    suggestions: tuple[Suggestion, ...] = ()


def explain_no_results(
    archive: Archive, lexicon: Lexicon, query: Query | None, reference: str, filters: Filters
) -> Advice:
    """Explain why nothing was found. `reference` is what was typed in place of a query, such as a UIN."""
    if archive.records.is_empty():
        return Advice(("The archive is empty. To fill it: pqwatch run",))
    if query is None and reference:
        filtered = " and passes the filters" if filters.ids else ""
        return Advice((f"No record goes by {reference}{filtered}.",))
    advice = (
        _unknown_name(archive, filters) or _days_outside(archive, filters) or _strict_filters(archive, query, filters)
    )
    if advice is not None:
        return advice
    if query is None:
        return Advice(("No record passes the filters.",))
    return _other_words(archive, lexicon, query)


# -- filters ----------------------------------------------------------------------------------------------------------


def _unknown_name(archive: Archive, filters: Filters) -> Advice | None:
    """Say that no person or body has a name of the filters, if that is so."""
    for key, kind in _NAME_FILTERS.items():
        wanted = getattr(filters, key)
        names = archive.search.names(key) if wanted else []
        if wanted and not any(is_named(name, wanted) for name in names):
            near = ", ".join(one_line(name) for name in nearest(wanted, names))
            hint = f" Nearest: {near}." if near else ""
            return Advice((f"No {kind} has these words in the name: {wanted}.{hint}",))
    return None


def _days_outside(archive: Archive, filters: Filters) -> Advice | None:
    """Say that the days asked for are outside the archive, if that is so."""
    held = archive.search.days()
    if held is None or not (filters.first or filters.last):
        return None
    first, last = held
    if (filters.first or date.min) <= last and (filters.last or date.max) >= first:
        return None
    return Advice((f"The records of the archive are of {first} to {last}: none is of the days asked for.",))


def _strict_filters(archive: Archive, query: Query | None, filters: Filters) -> Advice | None:
    """Say which filters stop what would be found, if they do."""
    given = [name for name in _FILTERS if getattr(filters, name)]
    no_filters = Filters(ids=filters.ids)
    total = archive.search.count(query, no_filters, at_most=MANY) if given else 0
    if not total:
        return None
    suggestions = []
    for name in given:
        without = replace(filters, **{name: getattr(no_filters, name)})
        if count := archive.search.count(query, without, at_most=MANY):
            suggestions.append(Suggestion(count, without=(name,)))
    if not suggestions:
        suggestions = [Suggestion(total, without=tuple(given))]
        which = "them" if len(given) > 1 else "it"
    else:
        which = "one of them" if len(given) > 1 else "it"
    plural = "s" if len(given) > 1 else ""
    reason = f"Nothing found that passes the filter{plural}. Without {which}:"
    return Advice((reason,), tuple(suggestions[:_MOST_SUGGESTIONS]))


# -- words ------------------------------------------------------------------------------------------------------------


def _other_words(archive: Archive, lexicon: Lexicon, query: Query) -> Advice:
    """Suggest what was probably meant, the words of a phrase in any place, and shorter phrases."""
    other = alternatives(query, lexicon)
    unknown = _unknown_words(archive, lexicon, query)
    quoted = within_names(query, lexicon)
    every = [other.every] if other.every else []
    queries = [
        *meant(query, lexicon),
        *_corrections(archive, lexicon, query, unknown),
        *([quoted] if quoted else []),
        *every,
    ]
    counts = _counts(archive, [*queries, *other.phrases])
    reasons = [f"No record has this phrase: {query.source}." if every else f"Nothing found for {query.source}."]
    if quoted:
        reasons.append(
            "Within the name of an office it only counts in quotation marks, and in the words that open a question never."
        )
    elif are_of_names(query, lexicon):
        reasons.append("In the words that open a question it does not count.")
    reasons += _about_all_words(other, counts, unknown)
    phrases = [phrase.source for phrase in other.phrases if phrase.source in counts]
    sources = [found.source for found in queries if found.source in counts and found not in other.phrases]
    chosen = list(dict.fromkeys([*sources, *phrases[:_MOST_PHRASES]]))[:_MOST_SUGGESTIONS]
    return Advice(tuple(reasons), tuple(Suggestion(counts[source], query=source) for source in chosen))


def _about_all_words(other: Alternatives, counts: dict[str, int], unknown: Sequence[Word]) -> Iterator[str]:
    """Say how many records hold all words of a phrase in any place, or which word none of them has."""
    if other.every is None:
        return
    count = counts.get(other.every.source, 0)
    if count:
        records = f"{count:,} or more records" if count >= MANY else count_of(count, "record")
        yield f"{records} {'holds' if count == 1 else 'hold'} all its words, in any place:"
    elif unknown:
        yield f"In no record: {', '.join(word.written for word in unknown)}."
    else:
        yield "No record holds all its words."


def _counts(archive: Archive, queries: Sequence[Query]) -> dict[str, int]:
    """Return how many records each query finds, by its source, without those that find nothing."""
    counts = archive.search.counts(queries, Filters(), at_most=MANY)
    return {query.source: count for query, count in zip(queries, counts, strict=True) if count}


def _unknown_words(archive: Archive, lexicon: Lexicon, query: Query) -> list[Word]:
    """Return the words of a query that no record has, in any form in which they would be found."""
    words = singles(query, lexicon)
    counts = archive.search.counts([single for _, single in words], Filters(), at_most=1)
    return [word for (word, _), count in zip(words, counts, strict=True) if not count]


def _corrections(archive: Archive, lexicon: Lexicon, query: Query, unknown: Sequence[Word]) -> Iterator[Query]:
    """Replace words that the archive does not have by near ones that it has, the commonest first.

    Of several unknown words all are replaced together; besides, each of the near words is offered alone.
    """
    near = {
        word: _near_words(archive, word)
        for word in unknown
        if has_neighbours(word) and not _is_real_word(archive, lexicon, word)
    }
    for number in range(_MOST_NEAR_WORDS):
        better: Query | None = query
        for word, words in near.items():
            if better is not None and words:
                better = corrected(better, word, words[min(number, len(words) - 1)], lexicon)
        if better is not None and better is not query:
            yield better
    for words in near.values():
        yield from filter(None, (readable(word, lexicon) for word in words))


def _is_real_word(archive: Archive, lexicon: Lexicon, word: Word) -> bool:
    """Return whether a word that is found nowhere is a word even so: in the shipped lists, or in names of offices."""
    query = readable(f'"{word.written}"', lexicon)
    return word.text in shipped_words() or bool(query and archive.search.count(query, Filters(), at_most=1))


def _near_words(archive: Archive, word: Word) -> list[str]:
    """Return words of the archive that are nearly the same, as they would be typed: an acronym also in small letters."""
    known = archive.search.known_words(neighbours(word.text), MANY)
    best = sorted(known, key=lambda text: (-known[text], text))[:_MOST_NEAR_WORDS]
    return [written for text in best for written in ((text.upper(), text) if word.is_acronym else (text,))]
