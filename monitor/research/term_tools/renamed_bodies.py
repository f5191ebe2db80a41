"""Bodies and offices that a term names and that have ended, and what to write to find their successors too."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from monitor.parliament.bodies import first_day
from monitor.parliament.body_lists import GOVUK_SOURCE, shipped_bodies
from monitor.presentation.wording import listed
from monitor.research.term_tools.checking import TermFinding
from monitor.terms.found_successors import successors_of
from monitor.terms.parser import parse_term
from monitor.terms.successions import format_successors, is_sure_abbreviation
from monitor.terms.tree import Phrase, Successors, TermError, phrases_of
from monitor.text.tokens import folded
from monitor.text.word_forms import word_forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from monitor.parliament.bodies import Body

_Key: TypeAlias = tuple[frozenset[str], ...]
"""A name for comparison: each word in all its forms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedBody:
    """A body that a term names and that has ended. `heirs`: its present successors. `write`: a term that finds them."""

    body: Body
    heirs: tuple[Body, ...]
    write: str


def ended_bodies(term: str, today: date) -> list[EndedBody]:
    """Return the bodies that a term names and that have ended, each once; none where it can't be read."""
    found: dict[Body, EndedBody] = {}
    for phrase in _phrases(term):
        for body in _ended_by(phrase, today):
            heirs = tuple(
                step.body
                for step in shipped_bodies().successors(body)
                if not _has_ended(step.body, today) and (step.bound is None or step.bound <= today)
            )
            if heirs and body not in found:
                found[body] = EndedBody(body=body, heirs=heirs, write=format_successors(body.name))
    return list(found.values())


def renamed(topic: str, term: str, watched: Iterable[str], today: date) -> TermFinding | None:
    """Report a term that is the name of a body that no longer exists, while none of its present names is watched.

    `watched`: all terms, of any topic.
    """
    ended = ended_bodies(term, today)
    if not ended:
        return None
    every = [term, *watched]
    known = {_key_of(phrase) for watched_term in every for phrase in _phrases(watched_term)}
    followed = {successors.body for watched_term in every for successors in _successors(watched_term)}
    for found in ended:
        if found.body.name in followed or any(known & _keys_of(heir) for heir in found.heirs):
            continue
        names = listed([f"“{heir.name}”" for heir in found.heirs])
        until = (
            f"is a name until {found.body.ended}; since then it is" if found.body.ended else "is a name no more: it is"
        )
        return TermFinding(
            topic=topic,
            term=term,
            fault="renamed",
            said=f"“{found.body.name}” {until} {names}",
            remedy=f"add {names} to the topic, or “{found.write}”, which finds each from its first day on; keep the old "
            "name for old answers",
        )
    return None


def _ended_by(phrase: Phrase, today: date) -> list[Body]:
    """Return the ended bodies of a name, if no body has this name now, and it certainly means them."""
    bodies = _by_key().get(_key_of(phrase), ())
    if any(not _has_ended(body, today) for body in bodies):
        return []
    is_name = phrase.words[0].written[0].isupper()
    return [body for body in bodies if is_name or body.source != GOVUK_SOURCE]


def _has_ended(body: Body, today: date) -> bool:
    ended = first_day(body.ended)
    return ended <= today if ended else body.has_ended


@lru_cache(maxsize=1)
def _by_key() -> Mapping[_Key, list[Body]]:
    found: dict[_Key, list[Body]] = {}
    for body in shipped_bodies().all:
        for key in _keys_of(body):
            found.setdefault(key, []).append(body)
    return found


@lru_cache(maxsize=4096)
def _keys_of(body: Body) -> frozenset[_Key]:
    """Return the names of a body, and the abbreviations that mean little else. A single word may mean anything."""
    names = [name for name in body.names if " " in name]
    short = [abbreviation for abbreviation in body.abbreviations if is_sure_abbreviation(abbreviation)]
    return frozenset((*map(_key, names), *((frozenset({abbreviation}),) for abbreviation in short)))


@lru_cache(maxsize=4096)
def _key(name: str) -> _Key:
    return tuple(word_forms(word) for word in folded(name).split())


def _key_of(phrase: Phrase) -> _Key:
    if len(phrase.words) == 1 and phrase.words[0].is_acronym:
        return (frozenset({phrase.words[0].text.upper()}),)
    return _key(" ".join(word.written for word in phrase.words))


def _phrases(term: str) -> list[Phrase]:
    """Return the phrases of a term as it is written, without those of successors."""
    try:
        root = parse_term(term).root
    except TermError:
        return []
    of_successors = {phrase for successors in successors_of(root) for phrase in phrases_of(successors)}
    return [phrase for phrase in phrases_of(root) if phrase not in of_successors]


def _successors(term: str) -> Iterator[Successors]:
    try:
        yield from successors_of(parse_term(term).root)
    except TermError:
        return
