"""Names of bodies and offices that are names no more, and what these are called today."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypeAlias

from monitor.presentation.wording import listed
from monitor.research.term_tools.checking import TermFinding, phrases_in
from monitor.text.office_names import shipped_offices
from monitor.text.tokens import folded
from monitor.text.word_forms import word_forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

_Key: TypeAlias = tuple[frozenset[str], ...]
"""A name for comparison: each word in all its forms."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name, until when it is one (a day or year as written, "" where it still is), and what it became."""

    name: str
    until: str
    became: tuple[str, ...]


@lru_cache(maxsize=1)
def shipped_changes() -> tuple[Name, ...]:
    """Departments and offices, and the public bodies of `bodies.tsv`. A name that came back is there twice."""
    lines = files("monitor").joinpath("research/term_tools/bodies.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    bodies = (Name(name, until, tuple(became.split("; "))) for name, until, became in rows)
    return (*(Name(office.name, office.until, office.became) for office in shipped_offices()), *bodies)


def renamed(topic: str, term: str, watched: Iterable[str], today: date) -> TermFinding | None:
    """Report a term that is the name of a body that no longer exists, while none of its present names is watched.

    `watched`: all terms, of any topic.
    """
    names = set(_keys(term))
    known = {key for watched_term in watched for key in _keys(watched_term)} | names
    for change in shipped_changes():
        if _key(change.name) not in names or not change.became or _is_current(change.name, today):
            continue
        heirs = list(_heirs(change.became, today))
        if heirs and not known & set(map(_key, heirs)):
            present_names = listed([f"“{name}”" for name in heirs])
            return TermFinding(
                topic=topic,
                term=term,
                fault="renamed",
                said=f"“{change.name}” is a name until {change.until}; since then it is {present_names}",
                remedy=f"add {present_names} to the topic; keep the old name for old answers",
            )
    return None


def _keys(term: str) -> Iterator[_Key]:
    """Return the names in a term, each member of a family for itself."""
    for phrase in phrases_in(term):
        yield _key(" ".join(word.written for word in phrase.words))


@lru_cache(maxsize=4096)
def _key(name: str) -> _Key:
    return tuple(word_forms(word) for word in folded(name).split())


def _heirs(became: Iterable[str], today: date) -> Iterator[str]:
    """Return the present names of some names, over any number of steps."""
    ahead, seen = list(became), set()
    while ahead:
        name = ahead.pop(0)
        if name in seen:
            continue
        seen.add(name)
        later = [heir for change in shipped_changes() if change.name == name for heir in change.became]
        if _is_current(name, today) or not later:
            yield name
        else:
            ahead += later


def _is_current(name: str, today: date) -> bool:
    """Return whether a name is in use, as far as the lists know."""
    return any(
        not change.until or change.until > today.isoformat() for change in shipped_changes() if change.name == name
    )
