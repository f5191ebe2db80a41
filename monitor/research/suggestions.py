"""Explain why a search found nothing, and suggest searches that find something.

Tried are what may have been meant, the words of the query anywhere, and its shorter phrases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from monitor.errors import sentence
from monitor.model.search import Filters
from monitor.parliament.abbreviations import has_name
from monitor.parliament.body_lines import lineage_of
from monitor.presentation.wording import count_up_to, one_line
from monitor.research.inline_filters import required_filters, without_filters
from monitor.research.query_variants import (
    SHORTEST_WORD,
    Alternatives,
    alternatives,
    are_of_names,
    as_typed,
    corrected,
    has_neighbours,
    neighbours,
    probably_meant,
    readable,
    within_names,
    word_queries,
)
from monitor.research.references import find_ids, is_citation
from monitor.research.term_tools.checking import LONG
from monitor.research.term_tools.known_words import shipped_words
from monitor.research.term_tools.nearby import wanted_phrases
from monitor.terms.matcher import Query, compile_query
from monitor.terms.printer import format_term
from monitor.terms.tree import Both, Near, Phrase, Scope, Word
from monitor.text.similarity import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from db.archive import Archive
    from monitor.terms.tree import Filter, Term
    from monitor.terms.vocabulary import Lexicon

    IsOver: TypeAlias = Callable[[], bool]

MANY: Final = 200
"""Records are counted up to this number: it only matters that there are some, and a person is waiting."""
_MOST_SUGGESTIONS: Final = 5
_MOST_PHRASES: Final = 3
_MOST_NEAR_WORDS: Final = 2
_MOST_NEAR_NAMES: Final = 3
_MOST_NAMES: Final = 8
"""Names of bodies that are all named where none is like the one asked for."""

_NAME_FILTERS: Final = {
    "body": "answering body",
    "asker": "member who asked",
    "minister": "minister who answered",
    "speaker": "member who spoke",
    "party": "party of a member who asked",
}
_DAYS: Final = ("from", "to")
_FILTERS: Final = ("first", "last", "houses", "kinds", "states", *_NAME_FILTERS, "topic", "labels")

_BY_NAME: Final = ("asker", "minister", "speaker", "body")
"""Filters by which the words of a query are tried as a name, bodies last. A party has too many records to be meant."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A search that finds something: another query, or the same one without some filters, and how many records it finds.

    `keeps_filters`: the filters that do not stand in the query itself stay. `by`: the words are those of a name, and this
    filter finds them; `names`: the names of the archive that have them.
    """

    count: int
    query: str = ""
    without: tuple[str, ...] = ()
    keeps_filters: bool = False
    by: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """Reasons why nothing was found, in sentences, and what to search for instead."""

    reasons: tuple[str, ...]
    suggestions: tuple[Suggestion, ...] = ()


def explain_no_results(
    archive: Archive,
    lexicon: Lexicon,
    query: Query | None,
    reference: str,
    filters: Filters,
    *,
    is_over: IsOver | None = None,
) -> Advice:
    """Explain why nothing was found. `reference` is what was typed in place of a query, such as a UIN.

    Where `is_over`, asked now and then, says that this has taken too long, less is counted and suggested.
    """
    if archive.records.is_empty():
        return Advice(("The archive is empty. To fill it: pqwatch run",))
    if query is None and reference:
        filtered = " and passes the filters" if filters.ids else ""
        return Advice((sentence(f"No record goes by {reference}{filtered}"),))
    inline = tuple(required_filters(query.root)) if query else ()
    advice = impossible_filters(archive, filters, query) or _strict_filters(archive, lexicon, query, filters, is_over)
    if advice is not None:
        return advice
    # The slips of a query are in its words as they were typed.
    bare = without_filters(query, {condition.name for condition in inline}, lexicon) if query and inline else query
    if bare is None:
        return Advice(("No record passes the filters.",))
    if is_citation(reference):
        return Advice((sentence(f"No record goes by {reference}, and none has these words"),))
    return _wider(archive, lexicon, bare, is_over) or _other_words(archive, lexicon, bare, is_over)


# -- filters ----------------------------------------------------------------------------------------------------------


def impossible_filters(archive: Archive, filters: Filters, query: Query | None = None) -> Advice | None:
    """Say that no record of the archive can pass filters of a name or of days, if that is so."""
    inline = tuple(required_filters(query.root)) if query else ()
    return _unknown_name(archive, filters, inline) or _days_outside(archive, filters, inline)


def _unknown_name(archive: Archive, filters: Filters, inline: Sequence[Filter]) -> Advice | None:
    """Say that no person or body has a name of the filters, if that is so."""
    asked = [(key, getattr(filters, key), key == "body" and filters.lineage) for key in _NAME_FILTERS]
    for condition in inline:
        is_line = condition.name == "lineage"
        key = "body" if is_line else condition.name
        asked += [(key, condition.value, is_line)] if key in _NAME_FILTERS else []
    for key, wanted, is_line in asked:
        names = archive.search.names(key) if wanted else []
        if wanted and not _is_known(key, wanted, names, is_line=is_line):
            reason = sentence(f"No {_NAME_FILTERS[key]} has these words in the name: {wanted}")
            return Advice((f"{reason}{_near_names(key, wanted, names)}",))
    return None


def _near_names(key: str, wanted: str, names: Sequence[str]) -> str:
    """Return a sentence with the names that were probably meant, a space before it; of bodies, all where none is near."""
    near = nearest(wanted, names) or _with_rarest_word(key, wanted, names)[:_MOST_NEAR_NAMES]
    if near:
        return f" Nearest: {', '.join(map(one_line, near))}."
    if key != "body" or not names:
        return ""
    if len(names) > _MOST_NAMES:
        return " All that there are: pqwatch search --facet body --limit 0"
    return f" There are: {'; '.join(map(one_line, names))}."


def _with_rarest_word(key: str, wanted: str, names: Sequence[str]) -> list[str]:
    """Return the names that have the word asked for which fewest names have: "Health" for "Department of Health"."""
    words = (word for word in wanted.split() if len(word) >= SHORTEST_WORD)
    having = [[name for name in names if has_name(key, name, word)] for word in words]
    return min(filter(None, having), key=len, default=[])


def _is_known(key: str, wanted: str, names: Sequence[str], *, is_line: bool) -> bool:
    """Return whether a name has the words. `is_line`: the names of bodies that these came from or became count too."""
    if any(has_name(key, name, wanted) for name in names):
        return True
    return is_line and any(lineage_of(wanted).spans(name) for name in names)


def _days_outside(archive: Archive, filters: Filters, inline: Sequence[Filter]) -> Advice | None:
    """Say that the days asked for are outside the archive, if that is so."""
    days = [(condition.name, date.fromisoformat(condition.value)) for condition in inline if condition.name in _DAYS]
    firsts = [filters.first, *(day for name, day in days if name == "from")]
    lasts = [filters.last, *(day for name, day in days if name == "to")]
    held = archive.search.days()
    if held is None or not any([*firsts, *lasts]):
        return None
    first, last = held
    if max(day or date.min for day in firsts) <= last and min(day or date.max for day in lasts) >= first:
        return None
    return Advice((f"The records of the archive are of {first} to {last}: none is of the days asked for.",))


def _strict_filters(
    archive: Archive, lexicon: Lexicon, query: Query | None, filters: Filters, is_over: IsOver | None
) -> Advice | None:
    """Say which filters stop what would be found, if they do."""
    given = [name for name in _FILTERS if getattr(filters, name)]
    typed = list(dict.fromkeys(condition.name for condition in required_filters(query.root))) if query else []
    if not given and not typed:
        return None

    def count(query: Query | None, filters: Filters) -> int:
        return archive.search.count(query, filters, at_most=MANY, is_over=is_over)

    no_filters = Filters(ids=filters.ids)
    bare = without_filters(query, typed, lexicon) if query and typed else query
    total = count(bare, no_filters)
    if not total:
        return None
    without_one = [
        Suggestion(count(query, replace(filters, **{name: getattr(no_filters, name)})), without=(name,))
        for name in given
    ]
    for name in typed:
        other = without_filters(query, [name], lexicon) if query else None
        if other is not None:
            without_one.append(Suggestion(count(other, filters), query=other.source, keeps_filters=True))
    suggestions = [suggestion for suggestion in without_one if suggestion.count]
    is_several = len(given) + len(typed) > 1
    reason = f"Nothing found that passes the filter{'s' if is_several else ''}. Without"
    if suggestions:
        return Advice((f"{reason} {'one of them' if is_several else 'it'}:",), tuple(suggestions[:_MOST_SUGGESTIONS]))
    if typed and bare is None:
        return None
    without_all = Suggestion(total, query=bare.source) if typed and bare else Suggestion(total, without=tuple(given))
    return Advice((f"{reason} {'them' if is_several else 'it'}:",), (without_all,))


# -- words ------------------------------------------------------------------------------------------------------------


def _wider(archive: Archive, lexicon: Lexicon, query: Query, is_over: IsOver | None) -> Advice | None:
    """Say that the words stand elsewhere in records, or further apart, if they do."""
    root = query.root
    if isinstance(root, Scope) and root.parts and root.node is not None:
        other, said = replace(root, parts=()) if root.filters else root.node, "In any part of a record"
    elif isinstance(root, Near):
        other, said = Both(operands=(root.left, root.right)), "Both sides, anywhere in a record"
    else:
        return None
    wider = readable(format_term(other), lexicon)
    count = archive.search.count(wider, Filters(), at_most=MANY, is_over=is_over) if wider else 0
    if wider is None or not count:
        return None
    reasons = (sentence(f"Nothing found for {query.source}"), f"{said}:")
    return Advice(reasons, (Suggestion(count, query=wider.source),))


def _other_words(archive: Archive, lexicon: Lexicon, query: Query, is_over: IsOver | None) -> Advice:
    """Suggest what was probably meant, the words of a phrase in any place, and shorter phrases."""
    other = alternatives(query, lexicon)
    shorter = [_as_words(archive, phrase, lexicon) for phrase in other.phrases]
    unknown = _unknown_words(archive, lexicon, query, is_over)
    quoted = within_names(query, lexicon)
    every = [other.every] if other.every else []
    named = list(_by_name(archive, query, _BY_NAME, is_over))
    queries = [
        *probably_meant(query, lexicon),
        *([] if named else _corrections(archive, lexicon, query, unknown, is_over)),  # a name is no slip
        *([quoted] if quoted else []),
        *every,
    ]
    counts = _counts(archive, [*queries, *shorter], is_over)
    reasons = [sentence(f"{'No record has this phrase:' if every else 'Nothing found for'} {query.source}")]
    if quoted:
        reasons.append(
            "Within the name of an office it only counts in quotation marks, and in the words that open a question never."
        )
    elif are_of_names(query, lexicon):
        reasons.append("In the words that open a question it does not count.")
    # Words of offices that are found in quotation marks stand in the names of many bodies too.
    if quoted and quoted.source in counts:
        named = [suggestion for suggestion in named if suggestion.by != "body"]
    if named:
        reasons.append("It is part of names, which a search for words does not cover.")
    reasons += _about_all_words(other, counts, unknown)
    phrases = [phrase.source for phrase in shorter if phrase.source in counts]
    sources = [found.source for found in queries if found.source in counts and found not in shorter]
    chosen = [
        Suggestion(counts[source], query=source) for source in dict.fromkeys([*sources, *phrases[:_MOST_PHRASES]])
    ]
    # The reason that ends with a colon speaks of the first suggestion.
    suggestions = [*chosen[:1], *named, *chosen[1:]] if reasons[-1].endswith(":") else [*named, *chosen]
    return Advice(tuple(reasons), tuple(suggestions[:_MOST_SUGGESTIONS]))


def _as_words(archive: Archive, query: Query, lexicon: Lexicon) -> Query:
    """Quote a query that a search would take for the reference of a record, such as 2024, the number of a question."""
    return (readable(f'"{query.source}"', lexicon) if find_ids(archive, query.source) else None) or query


def _by_name(archive: Archive, query: Query, filters: Sequence[str], is_over: IsOver | None) -> Iterator[Suggestion]:
    """Suggest those of the filters that find the words of a query in the names of people and bodies."""
    root = query.root
    if not isinstance(root, Phrase) or any(word.has_star for word in root.words):
        return
    wanted = as_typed(root.words)
    for key in filters:
        if is_over is not None and is_over():
            return
        names = tuple(name for name in archive.search.names(key) if has_name(key, name, wanted))
        by_name: dict[str, Any] = {key: wanted}
        if names and (count := archive.search.count(None, Filters(**by_name), at_most=MANY, is_over=is_over)):
            yield Suggestion(count, query=wanted, by=key, names=names)


def _about_all_words(other: Alternatives, counts: dict[str, int], unknown: Sequence[Word]) -> Iterator[str]:
    """Say how many records hold all words of a phrase in any place, or which word none of them has."""
    if other.every is None:
        return
    count = counts.get(other.every.source, 0)
    if count:
        records = count_up_to(MANY, count)
        yield f"{records} {'holds' if count == 1 else 'hold'} all its words, in any place:"
    elif unknown:
        yield f"In no record: {', '.join(word.written for word in unknown)}."
    else:
        yield "No record holds all its words."


def unknown_words(archive: Archive, lexicon: Lexicon, term: Term, *, is_over: IsOver | None = None) -> Iterator[str]:
    """Say of each word of a term that no record has it, and which words it may be a slip for.

    Acronyms and beginnings of words are left out, and words that the term excludes. Of an empty archive nothing is said,
    and nothing once `is_over` says that this has taken too long.
    """
    if archive.records.is_empty():
        return
    wanted = {word for phrase in wanted_phrases(term.root) for word in phrase.words}
    for word in _unknown_words(archive, lexicon, compile_query(term.source, lexicon), is_over):
        quoted = readable(f'"{word.written}"', lexicon)
        is_plain = word in wanted and not word.is_acronym and not word.has_star and quoted is not None
        if not is_plain or archive.search.count(quoted, Filters(), at_most=1, is_over=is_over):
            continue  # a word that stands in names of offices only is found in quotes
        if is_over is not None and is_over():
            return  # where the time is over, nothing found says nothing
        may_be_slip = has_neighbours(word) and len(word.text) >= LONG and word.text not in shipped_words()
        near = _near_words(archive, word) if may_be_slip else []
        advice = f" If it is a typing error, write {' or '.join(f'“{other}”' for other in near)}." if near else ""
        yield f"No record of the archive has the word “{one_line(word.written)}”.{advice}"


def _counts(archive: Archive, queries: Sequence[Query], is_over: IsOver | None) -> dict[str, int]:
    """Return how many records each query finds, by its source, without those that find nothing."""
    counts = archive.search.counts(queries, Filters(), at_most=MANY, is_over=is_over)
    return {query.source: count for query, count in zip(queries, counts, strict=True) if count}


def _unknown_words(archive: Archive, lexicon: Lexicon, query: Query, is_over: IsOver | None) -> list[Word]:
    """Return the words of a query that no record has, in any form in which they would be found."""
    words = word_queries(query, lexicon)
    counts = archive.search.counts([single for _, single in words], Filters(), at_most=1, is_over=is_over)
    return [word for (word, _), count in zip(words, counts, strict=True) if not count]


def _corrections(
    archive: Archive, lexicon: Lexicon, query: Query, unknown: Sequence[Word], is_over: IsOver | None
) -> Iterator[Query]:
    """Replace words that the archive does not have by near ones that it has, the commonest first.

    Of several unknown words all are replaced together; besides, each of the near words is offered alone.
    """
    near = {
        word: _near_words(archive, word)
        for word in unknown
        if has_neighbours(word) and not _is_real_word(archive, lexicon, word, is_over)
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


def _is_real_word(archive: Archive, lexicon: Lexicon, word: Word, is_over: IsOver | None) -> bool:
    """Return whether a word that is found nowhere is a word even so: in the shipped lists, or in names of offices."""
    query = readable(f'"{word.written}"', lexicon)
    return word.text in shipped_words() or bool(
        query and archive.search.count(query, Filters(), at_most=1, is_over=is_over)
    )


def _near_words(archive: Archive, word: Word) -> list[str]:
    """Return words of the archive that are nearly the same, as they would be typed: an acronym also in small letters."""
    known = archive.search.known_words(neighbours(word.text), MANY)
    best = sorted(known, key=lambda text: (-known[text], text))[:_MOST_NEAR_WORDS]
    return [written for text in best for written in ((text.upper(), text) if word.is_acronym else (text,))]
