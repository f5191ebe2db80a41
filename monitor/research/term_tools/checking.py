"""Checks of watch terms by what they found and what the archive holds: one function for each fault.

A month or day counts only if Parliament was at work, as far as the archive shows: it has records of it.
"""

from __future__ import annotations

import difflib
import shlex
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby, pairwise
from statistics import median
from typing import TYPE_CHECKING, Final, TypeAlias

from monitor.parliament.abbreviations import has_name
from monitor.presentation.wording import listed_briefly, so_many
from monitor.research.term_tools.nearby import in_small_letters
from monitor.research.term_tools.overlap import needs
from monitor.terms.parser import parse_term, readable_root
from monitor.terms.printer import format_term
from monitor.terms.tree import (
    Both,
    Either,
    Family,
    Near,
    Phrase,
    Scope,
    TermError,
    Without,
    filters_of,
    has_words,
    phrases_of,
)
from monitor.terms.vocabulary import EQUIVALENTS
from monitor.text.tokens import STOP_WORDS, words
from monitor.text.word_forms import word_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date

    from monitor.model.matching import TermPlace, WatchedTerm
    from monitor.model.records import Facts
    from monitor.research.term_tools.doubts import Doubt
    from monitor.terms.tree import Filter, Node, Word
    from monitor.terms.vocabulary import Equivalents

Month: TypeAlias = tuple[int, int]
"""Year and month."""

COMMON: Final = 10
"""Records that a word stands in, for it to be called common."""

TOGETHER: Final = 3
"""Records that all words stand in, for it to be strange that they never stand as a phrase."""

REGULAR_MONTHS, SILENT_MONTHS = 6, 3
NOISY_SHARE, SOME_A_DAY, NOISY_A_DAY, NOISY_DAYS, NOISY_FROM = 0.02, 2, 5, 60, 1_000
FEWEST_COVERED: Final = 3
SAMPLE: Final = 2_000
"""Newest records from which it is seen which words and names are in use."""
ENOUGH: Final = 1_000
"""Least number of records from which a body or party is called gone."""

MOST_NAMED: Final = 5
A_YEAR: Final = 365
ENOUGH_DAYS: Final = 60
"""Days of a year with records, for its silence to say something."""
MOST_COUNTED: Final = 200
"""Records up to which those with a word are counted: how common it is needs no more."""
MOST_FORMS: Final = 200
"""Finds that are looked at for how they are written."""

LONG: Final = 5
"""Letters of a word from which another word that is one letter away is no accident."""

_ALIKE = 0.75
_IN_USE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TermFinding:
    """A fault of a term: which (a word for scripts), what is so, and what to do. `topic` is a key."""

    topic: str
    term: str
    fault: str
    said: str
    remedy: str


# -- by what it found -------------------------------------------------------------------------------------------------


def months_at_work(records: Mapping[date, int], today: date) -> list[Month]:
    """Return the months, in order, with a fair number of records: recesses and gaps are left out."""
    counts: Counter[Month] = Counter()
    for day, count in records.items():
        counts[day.year, day.month] += count
    counts.pop((today.year, today.month), None)
    fair = median(counts.values()) / 4 if counts else 0
    return sorted(month for month, count in counts.items() if count >= fair)


def gone_quiet(watched: WatchedTerm, months: Sequence[Month]) -> TermFinding | None:
    """Report a term that was found in many months and then in none, for longer than ever before."""
    known = {month: number for number, month in enumerate(months)}
    found = sorted({known[month] for day in watched.days if day and (month := (day.year, day.month)) in known})
    silent = len(months) - 1 - found[-1] if found else 0
    longest = max((after - before - 1 for before, after in pairwise(found)), default=0)
    if len(found) < REGULAR_MONTHS or silent < SILENT_MONTHS or silent <= 2 * longest:
        return None
    last = max(day for day in watched.days if day)
    return TermFinding(
        topic=watched.topic,
        term=watched.term,
        fault="quiet",
        said=f"found in {len(found)} months until {last.isoformat()}, and in none of the {silent} months since then in "
        "which Parliament was at work",
        remedy="see whether what it names has another name now, and add that; else leave it",
    )


def too_noisy(watched: WatchedTerm, records: Mapping[date, int]) -> TermFinding | None:
    """Report a term that is found in more records than anyone reads."""
    said = noise(watched.days, records)
    if not said:
        return None
    return TermFinding(
        topic=watched.topic, term=watched.term, fault="noisy", said=said, remedy=noise_remedy(watched.term)
    )


def noise_remedy(term: str) -> str:
    """Say what to do about a term that is found so often. Of filters alone, nothing can be excluded."""
    root = readable_root(term)
    if root is not None and not has_words(root):
        return "add words to it, or leave it if you want all of these records"
    return "narrow it (in:heading, AND, body:), or put what is noise into exclude"


def noise(found: Mapping[date | None, int], records: Mapping[date, int]) -> str:
    """Say in how many records of each day a term is found, where that is more than anyone reads; otherwise ""."""
    days = newest_days(records)
    total = sum(records[day] for day in days)
    count = sum(found.get(day, 0) for day in days)
    if total < NOISY_FROM:
        return ""
    is_large = count > total * NOISY_SHARE and count > SOME_A_DAY * len(days)
    if not is_large and count <= NOISY_A_DAY * len(days):
        return ""
    return (
        f"found in {count:,} of the {total:,} records of the last {len(days)} days with any: "
        f"{100 * count / total:.1f} %, or {count / len(days):.1f} a day"
    )


def newest_days(records: Mapping[date, int]) -> list[date]:
    """Return the newest days with records, oldest first, of which it is asked how much a term finds."""
    return sorted(records)[-NOISY_DAYS:]


def covered(found: Iterable[TermPlace], terms: Collection[str]) -> dict[str, str]:
    """Return the terms of a topic whose every occurrence lies inside one of another term, with that term.

    `found` comes revision by revision, of these terms, and is read until each of them was seen standing alone. Of two terms
    found in the same places only the later one is named.
    """
    within: dict[str, dict[str, None]] = {}
    counts: Counter[str] = Counter()
    for _, of_revision in groupby(found, key=lambda place: place.revision):
        spans = list(of_revision)
        for span in spans:
            around = {
                other.term: None
                for other in spans
                if other.term != span.term
                and other.part == span.part
                and other.start <= span.start
                and other.end >= span.end
            }
            before = within.setdefault(span.term, around)
            within[span.term] = {term: None for term in before if term in around}
            counts[span.term] += 1
        if len(within) == len(terms) and not any(within.values()):
            return {}
    inside = {term: next(iter(around)) for term, around in within.items() if around and counts[term] >= FEWEST_COVERED}
    order = list(within)
    return {
        term: other
        for term, other in inside.items()
        if inside.get(other) != term or order.index(term) > order.index(other)
    }


def is_covered(
    topic: str, term: str, others: Sequence[str], inside: Mapping[str, str], equivalents: Equivalents = EQUIVALENTS
) -> TermFinding | None:
    """Report a term that adds no record to the other terms of its topic.

    `others`: terms of the topic in their order, this one among them; those are enough that it may need. `inside`: result of
    `covered`.
    """
    problem = f"each of its occurrences lies inside one of “{inside.get(term)}”"
    if term not in inside:
        part = next(
            (
                other
                for other in others
                if needs(term, other, equivalents) and not _comes_first(term, other, others, equivalents)
            ),
            None,
        )
        if part is None:
            return None
        problem = f"wherever it stands, “{part}” stands too"
    return TermFinding(
        topic=topic,
        term=term,
        fault="covered",
        said=problem,
        remedy="remove it, unless you want it named by itself in the digest",
    )


def _comes_first(term: str, other: str, order: Sequence[str], equivalents: Equivalents) -> bool:
    """Return whether of two terms with the same meaning this is the first, or both are one."""
    return term == other or (needs(other, term, equivalents) and order.index(term) < order.index(other))


# -- by its words -----------------------------------------------------------------------------------------------------


def unread(topic: str, term: str, text: str) -> TermFinding:
    """Report a term that is switched off because it can't be read."""
    return TermFinding(topic=topic, term=term, fault="unread", said=text, remedy="correct it in config.toml")


def never_found(
    watched: WatchedTerm, count: Callable[[str], int], has: Callable[[str, int], bool]
) -> TermFinding | None:
    """Report a term that found nothing because no record has one of its phrases, though records have all its words, apart.

    A phrase beside which the term has another that is found, as one of several names, is not to blame.
    `count`: number of records that a query finds, up to `MOST_COUNTED`. `has`: whether it finds at least so many, which is
    cheaper.
    """
    if watched.days or watched.is_behind:
        return None
    root = readable_root(watched.term)
    if root is None or not any(_has_two_words(phrase) for phrase in phrases_of(root)):
        return None
    for phrase in _missing(root, lambda phrase: has(format_term(phrase), 1)):
        asked = _words_asked(phrase)
        everywhere = " AND ".join(asked)
        if len(asked) < 2 or not all(has(word, COMMON) for word in asked) or not has(everywhere, TOGETHER):  # noqa: PLR2004 - one word does not stand apart
            continue
        counts = {query: so_many(count(query), is_more=count(query) >= MOST_COUNTED) for query in (*asked, everywhere)}
        of_words = ", ".join(f"{word}: {counts[word]}" for word in asked)
        near = " NEAR ".join(asked) if len(asked) == 2 else ""  # noqa: PLR2004 - NEAR takes two
        common = f"though its words are common ({of_words}) and {counts[everywhere]} records have them all, apart"
        if phrase == root:
            alternative = f" or “{near}”" if near else ""
            said = f"never found, {common}"
            remedy = f"if they may stand apart, write “{everywhere}”{alternative}; else leave it"
        else:  # neither NEAR nor AND may stand in a side of NEAR, so there is nothing to write in its place
            part = format_term(phrase).strip('"')
            said = f"never found: no record has its part “{part}”, {common}"
            remedy = (
                f"to see how these put it: pqwatch search {shlex.quote(near or everywhere)}. If that is meant too, add "
                f"their words to the term, beside “{part}”; else leave it"
            )
        return TermFinding(topic=watched.topic, term=watched.term, fault="never", said=said, remedy=remedy)
    return None


def _words_asked(phrase: Phrase) -> list[str]:
    """Return the words of a phrase that tell records apart, each once, as terms."""
    return list(dict.fromkeys(_query(word, phrase) for word in phrase.words if is_telling(word)))


def _has_two_words(phrase: Phrase) -> bool:
    return len(_words_asked(phrase)) > 1


def _missing(node: Node | None, is_found: Callable[[Phrase], bool]) -> list[Phrase]:
    """Return the phrases that no record has and because of which a node finds nothing; none if it may find something."""
    match node:
        case Phrase():
            return [] if is_found(node) else [node]
        case Near(left=left, right=right):
            return [*_missing(left, is_found), *_missing(right, is_found)]
        case Both(operands=operands):
            return [phrase for operand in operands for phrase in _missing(operand, is_found)]
        case Either(operands=operands) | Family(members=operands):
            of_operands = [_missing(operand, is_found) for operand in operands]
            return [phrase for missing in of_operands for phrase in missing] if all(of_operands) else []
        case Without(wanted=inner) | Scope(node=inner):
            return _missing(inner, is_found)
    return []


def in_capitals_only(topic: str, term: str, forms: Callable[[str], list[str]]) -> TermFinding | None:
    """Report a term with an acronym that records also have in small letters, as a name: Covid-19, Ofsted.

    `forms`: the newest matches of a query, as they stand there. Words that only look like the acronym (aids, who) are
    in small letters throughout.
    """
    try:
        small = in_small_letters(parse_term(term).root)
    except TermError:
        return None
    for name in small:
        found = forms(name.query)
        names = [form for form in found if form != form.lower()]
        if len(found) < COMMON or len(names) < len(found) / 2:
            continue
        return TermFinding(
            topic=topic,
            term=term,
            fault="capitals",
            said=f"found in capitals only; {so_many(len(found), is_more=len(found) >= MOST_FORMS)} records have "
            f"“{names[0]}” and not those",
            remedy=f"if these are meant too, write {name.write}",
        )
    return None


def misread(topic: str, term: str, found: Iterable[Doubt]) -> TermFinding | None:
    """Report a term that may have been meant in another way."""
    likely = next((hit for hit in found if hit.is_likely), None)
    if likely is None:
        return None
    problem, _, remedy = likely.said.partition(". ")
    return TermFinding(topic=topic, term=term, fault="misread", said=problem, remedy=remedy)


def silent_topic(
    topic: str, name: str, watched: Iterable[WatchedTerm], records: Mapping[date, int], today: date
) -> TermFinding | None:
    """Report a topic without a match in a year, if the archive has records of the whole year."""
    terms = list(watched)
    begin = today - timedelta(days=A_YEAR)
    if not terms or any(term.is_behind for term in terms) or sum(day >= begin for day in records) < ENOUGH_DAYS:
        return None
    days = [day for term in terms for day in term.days if day]
    if days and max(days) >= begin:
        return None
    last = f"the last time was {max(days).isoformat()}" if days else "nor ever before, in all that the archive has"
    return TermFinding(
        topic=topic,
        term="",
        fault="silent",
        said=f"the topic “{name}” has found nothing for a year; {last}",
        remedy="try other names of what it is about (on its page, or pqwatch terms try WORDS); else remove the topic",
    )


def misspelt(
    topic: str, term: str, used: Mapping[str, int], has: Callable[[str, int], bool], known: Collection[str] = ()
) -> TermFinding | None:
    """Report a term with a word that no record has, while a word that differs by one letter is in use.

    `used`: number of the newest records with each word. `has`: see `never_found`. `known`: words that shipped terms
    and lists have, which are therefore certainly right.
    """
    for phrase in phrases_in(term):
        for word in phrase.words:
            forms = word_forms(word.text)
            if not (_may_be_misspelt(word) and forms.isdisjoint(used) and forms.isdisjoint(known)):
                continue
            likely = likely_word(word.text, used)
            if likely and not has(_query(word, phrase), 1) and not has(f'"{word.written}"', 1):
                return TermFinding(
                    topic=topic,
                    term=term,
                    fault="spelling",
                    said=f"no record of the archive has the word “{word.written}”; {used[likely]:,} of the newest have "
                    f"“{likely}”",
                    remedy=f"if it is a typing error, write “{likely}”",
                )
    return None


# -- by its filters ---------------------------------------------------------------------------------------------------

_WHOSE: Final = {"body": "answering body", "asker": "asker", "minister": "minister", "party": "asker's party"}
_MEMBERS: Final = ("asker", "minister")
_LASTING: Final = ("body", "party")
"""Filters whose every value in use is seen within a few weeks; a member may ask nothing for months."""


def is_nobodys(
    topic: str,
    term: str,
    newest: Sequence[Facts],
    names: Callable[[str], Collection[str]],
    nearest: Callable[[str, Iterable[str]], Sequence[str]],
) -> TermFinding | None:
    """Report a term with a filter that no record passes, because the name does not exist or is no longer in use.

    `names`: all values of a filter in the archive. `nearest`: the values most like what was written, best first.
    """
    for filter_ in _filters_in(term):
        known, used = names(filter_.name), {getattr(facts, filter_.name) for facts in newest} - {None}
        whose = f"has “{filter_.value}” in the name of its {_WHOSE[filter_.name]}"
        if known and not any(has_name(filter_.name, name, filter_.value) for name in known):
            problem = f"no record of the archive {whose}"
        elif (
            filter_.name in _LASTING
            and len(newest) >= ENOUGH
            and not any(has_name(filter_.name, name, filter_.value) for name in used)
        ):
            problem = f"none of the newest {len(newest):,} records {whose}, and older ones have"
        else:
            continue
        near = " or ".join(f"“{name}”" for name in nearest(filter_.value, used or known))
        what = f"if it is {near} now, write that in {filter_.name}:" if near else "see whether it has another name now"
        return TermFinding(topic=topic, term=term, fault="filter", said=problem, remedy=f"{what}; else leave it")
    return None


def ambiguous_members(term: str, names: Callable[[str], Collection[str]]) -> list[str]:
    """Say whom a filter on members finds if it finds several, since one may be meant. `names`: as above."""
    found = [
        (filter_, [name for name in names(filter_.name) if has_name(filter_.name, name, filter_.value)])
        for filter_ in _filters_in(term)
        if filter_.name in _MEMBERS
    ]
    return [
        f"{filter_.name}:{filter_.value} finds {listed_briefly(people, MOST_NAMED)}; write more of a name if one is meant."
        for filter_, people in found
        if len(people) > 1
    ]


def _filters_in(term: str) -> list[Filter]:
    """Return the filters of a term that hold names, but for lines of bodies; empty if it can't be read."""
    root = readable_root(term)
    return [filter_ for filter_ in filters_of(root) if filter_.name in _WHOSE] if root is not None else []


def words_in_use(texts: Iterable[Mapping[str, str]]) -> Counter[str]:
    """Count the records in which each word stands; a record is its parts by name."""
    used: Counter[str] = Counter()
    for parts in texts:
        used.update({word for text in parts.values() for word in words(text)})
    return used


def likely_word(word: str, used: Mapping[str, int]) -> str | None:
    """Return the word in use that is one slip away: a letter more, less or other, or two exchanged."""
    near = [
        known
        for known, count in used.items()
        if count >= _IN_USE and abs(len(known) - len(word)) <= 1 and known.isalpha() and is_one_slip(word, known)
    ]
    alike = difflib.get_close_matches(word, near, n=20, cutoff=_ALIKE)
    return max(alike, key=lambda known: used[known], default=None)


def is_one_slip(word: str, other: str) -> bool:
    """Return whether one letter was added, dropped or replaced, or two neighbours exchanged."""
    if word == other:
        return False
    at = next((n for n, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    rest, of_other = word[at:], other[at:]
    swapped = rest[:2] == of_other[:2][::-1] and rest[2:] == of_other[2:]
    return swapped or rest[1:] == of_other[1:] or rest[1:] == of_other or rest == of_other[1:]


def phrases_in(term: str) -> list[Phrase]:
    """All phrases of a term; none where it can't be read."""
    root = readable_root(term)
    return list(phrases_of(root)) if root is not None else []


def is_telling(word: Word) -> bool:
    """Return whether a word tells records apart: it is no mark, and not among the words that stand everywhere."""
    return word.text[0].isalnum() and (word.is_acronym or word.text not in STOP_WORDS)


def _query(word: Word, phrase: Phrase) -> str:
    """Return a word as a term."""
    return f'"{word.written}"' if phrase.is_quoted else f"{word.written}{'*' if word.has_star else ''}"


def _may_be_misspelt(word: Word) -> bool:
    return word.text.isalpha() and len(word.text) >= LONG and not word.is_acronym and not word.has_star
