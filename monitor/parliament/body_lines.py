"""Answering bodies through time: the names under which the answers of one line of bodies are printed.

The API names "Department of Health and Social Care", Hansard of 2009 has "Health", and both are of one line. A line has the
bodies that a name means, all that they came from, and all that they became, as far as these answer questions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.model.records import House
from monitor.parliament.abbreviations import has_name
from monitor.parliament.bodies import NORTHERN_IRELAND, first_day, name_key
from monitor.parliament.body_lists import answering_names, shipped_bodies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.parliament.bodies import Body

_WESTMINSTER: Final = (House.COMMONS.value, House.LORDS.value)
_HOUSES: Final = {"": _WESTMINSTER, NORTHERN_IRELAND: (House.NORTHERN_IRELAND.value,)}
_EARLY: Final = timedelta(days=14)
"""Time by which a new body may answer before the day on which it is said to begin."""

_LATE: Final = timedelta(days=60)
"""Time after the end of a body in which answers are still printed under its subject."""

_SUBJECT: Final = re.compile(
    r"(?:Department|Ministry) (?:for|of)(?: the)? (.+)|(Northern Ireland|Scotland|Wales) Office"
)
_OF_COUNTRY: Final = {"Scottish Office": "Scotland", "Welsh Office": "Wales"}


class Span(NamedTuple):
    """Houses and days in which a name is that of a body: from `first`, before `end`; None: no bound."""

    houses: tuple[str, ...]
    first: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Lineage:
    """A line of answering bodies, and the words that it was asked for by."""

    words: str
    bodies: frozenset[Body]

    def spans(self, name: str) -> Sequence[Span]:
        """Return where a printed name belongs to the line. A name with all the words always does."""
        return _spans_on(self, name)

    def covers(self, name: str | None, house: str, day: date | None) -> bool:
        """Return whether a name that is printed in a House on a day belongs to the line."""
        if name is None:
            return False
        return any(_is_within(span, house, day) for span in self.spans(name))


@lru_cache(maxsize=4096)
def _spans_on(line: Lineage, name: str) -> Sequence[Span]:
    if has_name("body", name, line.words):
        return (Span((), None, None),)
    return [span for legislature in _HOUSES for span, body in _spans(name, legislature) if body in line.bodies]


@lru_cache(maxsize=1_000)
def lineage_of(words: str, day: date | None = None) -> Lineage:
    """Return the line of the answering body with this name, or else of those with these words in a name.

    Of bodies with the same name, that of the day is meant, or else the last. Each legislature has its own.
    """
    table = shipped_bodies()
    members = set(bodies_named(words, day) or _bodies_with(words))
    for seed in list(members):
        steps = (*table.successors(seed), *table.predecessors(seed))
        members.update(step.body for step in steps if step.body.is_answering)
    return Lineage(words, frozenset(members))


def _bodies_with(words: str) -> list[Body]:
    answering = [body for body in shipped_bodies().all if body.is_answering]
    return [body for body in answering if any(has_name("body", name, words) for name in printed_names(body))]


def bodies_named(name: str, day: date | None = None) -> list[Body]:
    """Return the answering body that is meant by a name or an abbreviation, or that of each legislature.

    `day`: the last day of interest. In Westminster the Department of Education is that for Education, so Belfast's body is
    meant only where it has the very name, or where Westminster has none.
    """
    westminster, belfast = _body_named(name, "", day), _body_named(name, NORTHERN_IRELAND, day)
    if westminster and belfast and name.casefold() not in map(str.casefold, _own_names(belfast)):
        return [westminster]
    return [body for body in (westminster, belfast) if body]


def _body_named(name: str, legislature: str, day: date | None) -> Body | None:
    """Return the body of a legislature with a name of its own, or else with one that others gave it.

    Of several that of the day is meant, or else the last.
    """
    key = name_key(name)
    found = _by_name().get((legislature, key), ())
    found = [body for body in found if key in map(name_key, _own_names(body))] or found
    return next((body for body in found if day and _is_alive(body, day)), None) or max(found, key=_begin, default=None)


def _is_alive(body: Body, day: date) -> bool:
    return _begin(body) <= day < (first_day(body.ended) or date.max)


def latest_name(name: str, house: str, day: date | None) -> str:
    """Return the name that a body has at the end of its line: where it was split among others, that of before.

    A split counts as none where one of the bodies takes up a name that the line had before. A name that is not known
    is returned as it is.
    """
    legislature = next((known for known, houses in _HOUSES.items() if house in houses), None)
    if legislature is None:
        return name
    body = next((body for span, body in _spans(name, legislature) if _is_within(span, house, day)), None)
    if body is None:
        return name
    passed = {name_key(body.name)}
    while heir := _heir(body, passed):
        body = heir
        passed.add(name_key(body.name))
    return body.name


def _heir(body: Body, passed: set[str]) -> Body | None:
    table = shipped_bodies()
    heirs = [
        heir for change in body.changes if change.is_followed for heir in table.heirs(body, change) if heir.is_answering
    ]
    if len(heirs) == 1:
        return heirs[0]
    return next((heir for heir in heirs if name_key(heir.name) in passed), None)


def printed_names(body: Body) -> tuple[str, ...]:
    """Return the names under which a body's answers are printed: its own, what it is for, and others that are known."""
    printed, _ = answering_names().get(body.name, ((), ()))
    return tuple(dict.fromkeys((*_own_names(body), *printed)))


def _own_names(body: Body) -> tuple[str, ...]:
    """Return the names of a body, and what it is for: "Health" of the Department of Health."""
    found = [_SUBJECT.fullmatch(name) for name in body.names]
    subjects = [subject[1] or subject[2] for subject in found if subject]
    countries = [_OF_COUNTRY[name] for name in body.names if name in _OF_COUNTRY]
    return (*body.names, *subjects, *countries)


@lru_cache(maxsize=1)
def _by_name() -> Mapping[tuple[str, str], list[Body]]:
    """Return the answering bodies by legislature and key of a printed name or an abbreviation."""
    found: dict[tuple[str, str], list[Body]] = {}
    for body in shipped_bodies().all:
        if body.is_answering:
            for key in dict.fromkeys(map(name_key, (*printed_names(body), *body.abbreviations))):
                found.setdefault((body.legislature, key), []).append(body)
    return found


@lru_cache(maxsize=4096)
def _spans(name: str, legislature: str) -> Sequence[tuple[Span, Body]]:
    """Return the bodies of a legislature with a printed name, in the order of their first days, each with its span."""
    key = name_key(name)
    found = sorted(_by_name().get((legislature, key), ()), key=_begin)
    changes = [_begin(body) - _EARLY for body in found[1:]]
    bounds = zip([None, *changes], [*changes, None], found, strict=False)
    return [(Span(_HOUSES[legislature], first, _end(body, key, end)), body) for first, end, body in bounds]


def _end(body: Body, key: str, end: date | None) -> date | None:
    """Return the day from which a name is no more that of a body. Its own name is, until another body takes it."""
    ended = first_day(body.ended)
    if ended is None or key in map(name_key, body.names):
        return end
    return min(end or date.max, ended + _LATE)


def _begin(body: Body) -> date:
    return first_day(body.began) or date(1800, 1, 1)


def _is_within(span: Span, house: str, day: date | None) -> bool:
    """Return whether a House and a day are within a span. A day that is not known counts as the latest."""
    if span.houses and house not in span.houses:
        return False
    if day is None:
        return span.end is None
    return (span.first is None or day >= span.first) and (span.end is None or day < span.end)
