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
    """Effect of one exclusion: records without any other occurrence, and occurrences in all."""

    term: str
    records: int
    occurrences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A record that the term finds, with the occurrences that no exclusion takes away. None where it has no words."""

    hit: Hit
    matches: tuple[Match, ...]


def try_term(term: str, exclude: Sequence[str], hits: Sequence[Hit], lexicon: Lexicon) -> list[Kept]:
    """Return the records of the query that the term finds with these exclusions, in order."""
    if not exclude:
        return [Kept(hit=hit, matches=hit.spans) for hit in hits]
    matcher = compile_terms([Topic(key=_TRIED, name=_TRIED, terms=(term,), exclude=tuple(exclude))], lexicon)
    kept = []
    for hit in hits:
        proceeding = hit.revision.proceeding
        matches = matcher.matches(proceeding.parts(), None, _facts(proceeding))
        if matches or not hit.spans:  # filters alone have no occurrence that could be taken away
            kept.append(Kept(hit=hit, matches=matches))
    return kept


def _facts(proceeding: Proceeding) -> Callable[[], Facts]:
    return lambda: proceeding.facts


def exclusions(term: str, exclude: Sequence[str], hits: Sequence[Hit], lexicon: Lexicon) -> list[Exclusion]:
    """Return what each exclusion would take away if it were the only one."""
    before = sum(len(hit.spans) for hit in hits)
    found = []
    for exclusion in exclude:
        kept = try_term(term, [exclusion], hits, lexicon)
        left = sum(len(hit.matches) for hit in kept)
        found.append(Exclusion(term=exclusion, records=len(hits) - len(kept), occurrences=before - left))
    return found


def by_month(days: Iterable[date | None], first: date, last: date) -> dict[str, int]:
    """Count days by month ("2024-11") from one day to another, including months without any."""
    counts = Counter(f"{day:%Y-%m}" for day in days if day)
    months = {}
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        name = f"{number // 12:04}-{number % 12 + 1:02}"
        months[name] = counts[name]
    return months


def by_year(months: Mapping[str, int]) -> dict[str, int]:
    """Count days by year."""
    years: Counter[str] = Counter()
    for month, count in months.items():
        years[month[:4]] += count
    return dict(years)


def samples(term: str, kept: Sequence[Kept]) -> list[tuple[str, Kept]]:
    """Return the newest, the oldest and one record in between, always the same, with labels; fewer if there are few."""
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
    """Return the words right before and after the occurrences with their records, commonest first.

    Common words are left out, and words beside it in one record only.
    """
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for hit in kept:
        parts = hit.hit.revision.proceeding.parts()
        before.update({_before(parts[match.part], match.start) for match in hit.matches} - {""})
        after.update({_after(parts[match.part], match.end) for match in hit.matches} - {""})
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
