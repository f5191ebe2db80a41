"""Bodies through time: departments, agencies and police units, what they came from and what they became.

The table is that of `body_lists`. A body is one name: where a body was renamed, the new name succeeds the old one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.text.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

NORTHERN_IRELAND: Final = "northern_ireland"
"""Legislature of a body that answers in the Northern Ireland Assembly. That of all others is ""."""

ENDS: Final = frozenset({"renamed", "merged", "split", "replaced", "abolished", "left government"})
"""Changes by which a body ends. "part" (some of its work went) and "devolved" are others; "" is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of a body. `on`: the first day of the new state, as exact as it is known: 2006-04-01, 2006-04, 2006 or "".

    `became`: names. `is_followed`: the body ended by it, and no better list says how it ended.
    """

    on: str
    how: str
    became: tuple[str, ...]
    source: str
    is_followed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """A body under one name. A name that came back belongs to a second body.

    `others`: its other names. `began` and `ended`: as exact as they are known, "" where not. `is_answering`: it answers, or
    answered, questions.
    """

    name: str
    abbreviations: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    legislature: str = ""
    began: str = ""
    ended: str = ""
    changes: tuple[Change, ...] = ()
    source: str = ""
    note: str = ""
    is_answering: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The name and the other names."""
        return (self.name, *self.others)

    @property
    def has_ended(self) -> bool:
        """True if it is known to have ended."""
        return bool(self.ended) or any(change.is_followed for change in self.changes)


class Step(NamedTuple):
    """A step along a line: `body` succeeds `before`, or is succeeded by it.

    `since`: the day of the change, as it is written; "" where it is not known. `bound`: a day before which no step of the
    line to here was; None where no day is known.
    """

    body: Body
    before: Body
    change: Change
    since: str
    bound: date | None


def first_day(written: str) -> date | None:
    """Return the first day of a day, month or year as it is written; None for ""."""
    return date.fromisoformat(f"{written}-01-01"[:10]) if written else None


_ADDITION: Final = re.compile(r"\([^()]*\)")
_KIND_OF_BODY: Final = re.compile(r"^(?:the )?(?:department|ministry|office) (?:of|for) (?:the )?", re.IGNORECASE)


@lru_cache(maxsize=4096)
def name_key(name: str) -> str:
    """Return a name for comparison, without "the", additions in brackets and small differences of style."""
    words = [token.text for token in tokens(_ADDITION.sub("", name)) if not token.is_mark and token.text != "the"]
    if words[:1] in (["department"], ["ministry"]) and words[1:2] == ["for"]:
        words[1] = "of"
    return re.sub(r"^(?:her|his) majestys ", "hm ", " ".join(words))


def legislature_of(name: str) -> str:
    """Return the legislature that a name has in brackets; "" where it has none."""
    return NORTHERN_IRELAND if name.endswith("(Northern Ireland)") else ""


class Bodies:
    """Bodies, and how they follow each other."""

    def __init__(self, bodies: Iterable[Body]) -> None:
        self.all: Final = tuple(bodies)

    @cached_property
    def _by_key(self) -> Mapping[str, list[Body]]:
        found: dict[str, list[Body]] = {}
        for body in self.all:
            for key in dict.fromkeys(map(name_key, body.names)):
                found.setdefault(key, []).append(body)
        return found

    @cached_property
    def _by_abbreviation(self) -> Mapping[str, list[Body]]:
        found: dict[str, list[Body]] = {}
        for body in self.all:
            for abbreviation in body.abbreviations:
                found.setdefault(abbreviation.casefold(), []).append(body)
        return found

    @cached_property
    def _before(self) -> Mapping[Body, list[tuple[Body, Change]]]:
        found: dict[Body, list[tuple[Body, Change]]] = {}
        for body in self.all:
            for change in body.changes:
                for heir in self.heirs(body, change):
                    found.setdefault(heir, []).append((body, change))
        return found

    # -- names --------------------------------------------------------------------------------------------------------

    def find(self, name: str) -> list[Body]:
        """Find the bodies that go by a name or an abbreviation, or whose name in brackets tells them from others."""
        exact = [body for body in self.all if name in body.names and _ADDITION.search(name)]
        return exact or self._by_key.get(name_key(name), []) or self._by_abbreviation.get(name.strip().casefold(), [])

    def named(self, name: str, legislature: str = "", day: date | None = None) -> Body | None:
        """Return the body of a legislature with a name, on a day if it is known; else the latest."""
        found = [body for body in self._by_key.get(name_key(name), ()) if body.legislature == legislature]
        on_day = [body for body in found if day is not None and _is_of(body, day)]
        return next(reversed(on_day or found), None)

    def near(self, name: str, count: int = 3) -> list[str]:
        """Return the names that are spelt most like a name, as a whole or without "Department of" and the like."""
        # Imported where a name is wrong: each search would pay for it.
        from monitor.text.similarity import nearest  # noqa: PLC0415

        spelt: dict[str, str] = {}
        for body in sorted(self.all, key=lambda body: (body.has_ended, not body.is_answering)):
            for known in (*body.names, *body.abbreviations):
                spelt.setdefault(_KIND_OF_BODY.sub("", known), known)
                spelt[known] = known
        return list(dict.fromkeys(spelt[near] for near in nearest(name, spelt, 2 * count)))[:count]

    # -- lines --------------------------------------------------------------------------------------------------------

    def heirs(self, body: Body, change: Change) -> list[Body]:
        """Return the bodies that a body became by a change."""
        day = first_day(change.on)
        return [
            heir
            for name in change.became
            if (heir := self.named(name, legislature_of(name) or body.legislature, day) or self.named(name, "", day))
            and heir is not body
        ]

    def origins(self, body: Body) -> list[tuple[Body, Change]]:
        """Return the bodies that a body came from, and the changes by which it did."""
        return self._before.get(body, [])

    def successors(self, body: Body) -> list[Step]:
        """Return all that a body became, step by step, each body once: at the first day on which it is a successor."""
        return _walk(body, self._steps_on)

    def predecessors(self, body: Body) -> list[Step]:
        """Return all that a body came from, the nearest first, each body once."""
        return _walk(body, self._steps_back)

    def _steps_on(self, body: Body) -> Iterator[tuple[Body, Change]]:
        for change in body.changes:
            if change.is_followed:
                yield from ((heir, change) for heir in self.heirs(body, change))

    def _steps_back(self, body: Body) -> Iterator[tuple[Body, Change]]:
        yield from ((before, change) for before, change in self.origins(body) if change.is_followed)


def _walk(body: Body, steps: Callable[[Body], Iterator[tuple[Body, Change]]]) -> list[Step]:
    found: dict[Body, Step] = {}
    ahead: list[tuple[Body, date | None]] = [(body, None)]
    while ahead:
        before, bound = ahead.pop(0)
        for other, change in steps(before):
            day = first_day(change.on)
            latest = max(filter(None, (bound, day)), default=None)
            known = found.get(other)
            if other is body or (known and not (latest and known.bound and latest < known.bound)):
                continue
            found[other] = Step(other, before, change, change.on, latest)
            ahead.append((other, latest))
    return list(found.values())


def _is_of(body: Body, day: date) -> bool:
    """Return whether a body may have existed on a day. Days of a change differ by some days in the lists."""
    began, ended = first_day(body.began), first_day(body.ended)
    return (began is None or began.toordinal() - _NEARLY <= day.toordinal()) and (
        ended is None or day.toordinal() < ended.toordinal() - _NEARLY
    )


_NEARLY: Final = 14
"""Days by which the lists differ about a change."""
