"""A term tried before it is saved: what it would find, what exclusions would take away, which words stand beside it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.model.watching import Topic
from monitor.terms.matcher import compile_terms
from monitor.text.tokens import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from monitor.model.archive import Hit
    from monitor.model.records import Facts, Proceeding
    from monitor.model.watching import Match
    from monitor.terms.vocabulary import Lexicon

_TRIED: Final = "tried"
_FEWEST = 2
_REACH = 60
_BEFORE = re.compile(r"([^\W_][\w'\u2019-]*)[ \u00a0]\Z")
_AFTER = re.compile(r"[ \u00a0]([^\W_][\w'\u2019-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """What one exclusion takes away: records that have no other occurrence, and occurrences in all."""

    term: str
    records: int
    occurrences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A record that the term finds, with the occurrences that no exclusion takes away. None where it has no words."""

    hit: Hit
    matches: tuple[Match, ...]


def try_term(term: str, exclude: Sequence[str], hits: Sequence[Hit], lexicon: Lexicon) -> list[Kept]:
    """The records among those of the term's query that it finds with these exclusions, in their order."""
    if not exclude:
        return [Kept(hit=hit, matches=hit.spans) for hit in hits]
    matcher = compile_terms([Topic(key=_TRIED, name=_TRIED, terms=(term,), exclude=tuple(exclude))], lexicon)
    kept = []
    for hit in hits:
        it = hit.revision.proceeding
        matches = matcher.matches(it.parts(), None, _facts(it))
        if matches or not hit.spans:  # filters alone have no occurrence that could be taken away
            kept.append(Kept(hit=hit, matches=matches))
    return kept


def _facts(proceeding: Proceeding) -> Callable[[], Facts]:
    return lambda: proceeding.facts


def exclusions(term: str, exclude: Sequence[str], hits: Sequence[Hit], lexicon: Lexicon) -> list[Exclusion]:
    """What each exclusion would take away if it were the only one."""
    before = sum(len(hit.spans) for hit in hits)
    found = []
    for one in exclude:
        kept = try_term(term, [one], hits, lexicon)
        left = sum(len(each.matches) for each in kept)
        found.append(Exclusion(term=one, records=len(hits) - len(kept), occurrences=before - left))
    return found


def by_month(days: Iterable[date | None], first: date, last: date) -> dict[str, int]:
    """How many of these days lie in each month ("2024-11") from one day to another; a month without any is there too."""
    counts = Counter(f"{day:%Y-%m}" for day in days if day)
    months = {}
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        name = f"{number // 12:04}-{number % 12 + 1:02}"
        months[name] = counts[name]
    return months


def by_year(months: Mapping[str, int]) -> dict[str, int]:
    """The same by year."""
    years: Counter[str] = Counter()
    for month, count in months.items():
        years[month[:4]] += count
    return dict(years)


def samples(term: str, kept: Sequence[Kept]) -> list[tuple[str, Kept]]:
    """The newest, the oldest, and one in between that is the same each time, with what each is called; fewer of a few."""
    if not kept:
        return []
    chosen = [("newest", kept[0])]
    if len(kept) > 1:
        chosen.append(("oldest", kept[-1]))
    if between := kept[1:-1]:
        at = int.from_bytes(hashlib.sha256(term.encode()).digest()[:8]) % len(between)
        chosen.append(("in between", between[at]))
    return chosen


def beside(kept: Iterable[Kept], many: int = 8) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """The words that stand right before and right after the occurrences, each with its records, the commonest first.

    Common words say nothing and are left out, and so is what stands beside it in one record only.
    """
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for one in kept:
        parts = one.hit.revision.proceeding.parts()
        before.update({_before(parts[match.part], match.start) for match in one.matches} - {""})
        after.update({_after(parts[match.part], match.end) for match in one.matches} - {""})
    return _commonest(before, many), _commonest(after, many)


def _before(text: str, start: int) -> str:
    found = _BEFORE.search(text[max(0, start - _REACH) : start])
    return _telling(found[1]) if found else ""


def _after(text: str, end: int) -> str:
    found = _AFTER.match(text[end : end + _REACH])
    return _telling(found[1]) if found else ""


def _telling(word: str) -> str:
    small = word.lower()
    return "" if small in STOP_WORDS else small


def _commonest(counts: Counter[str], many: int) -> list[tuple[str, int]]:
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(word, count) for word, count in ordered if count >= _FEWEST][:many]
