"""Bodies and offices that a watch term names and that have ended, while no term finds what they became."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.parliament.body_lists import shipped_bodies
from monitor.presentation.wording import listed
from monitor.research.term_tools.checking import TermFinding
from monitor.terms.ended_bodies import ended_bodies, has_ended, key_of_phrase, keys_of_body, named_phrases
from monitor.terms.found_successors import successors_of
from monitor.terms.parser import readable_root
from monitor.terms.successions import format_successors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from monitor.parliament.bodies import Body
    from monitor.terms.ended_bodies import NameKey
    from monitor.terms.tree import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedBody:
    """A body that a term names and that has ended. `heirs`: its present successors. `write`: a term that finds them."""

    body: Body
    heirs: tuple[Body, ...]
    write: str


def ended_bodies_of(root: Node, today: date) -> list[EndedBody]:
    """Return the bodies that a term names and that have ended, each once."""
    bodies = dict.fromkeys(body for phrase in named_phrases(root) for body in ended_bodies(phrase, today))
    found = [EndedBody(body=body, heirs=_heirs(body, today), write=format_successors(body.name)) for body in bodies]
    return [ended for ended in found if ended.heirs]


def _heirs(body: Body, today: date) -> tuple[Body, ...]:
    """Return the successors that a body has on a day."""
    steps = shipped_bodies().successors(body)
    has_begun = [step.body for step in steps if step.bound is None or step.bound <= today]
    return tuple(heir for heir in has_begun if not has_ended(heir, today))


@dataclass(frozen=True, slots=True)
class WatchedNames:
    """Names that some terms have as phrases, and the bodies whose successors they follow."""

    known: frozenset[NameKey]
    followed: frozenset[str]


def names_in(terms: Iterable[str]) -> WatchedNames:
    """Read the names in some terms."""
    roots = [root for root in map(readable_root, terms) if root]
    return WatchedNames(
        known=frozenset(key_of_phrase(phrase) for root in roots for phrase in named_phrases(root)),
        followed=frozenset(successors.body for root in roots for successors in successors_of(root)),
    )


def renamed(topic: str, term: str, watched: Callable[[], WatchedNames], today: date) -> TermFinding | None:
    """Report a term that is the name of a body that no longer exists, while none of its present names is watched.

    `watched`: returns the names in all terms, of any topic; asked only where the term names a body that has ended.
    """
    root = readable_root(term)
    ended = ended_bodies_of(root, today) if root else []
    if root is None or not ended:
        return None
    own, others = names_in([term]), watched()
    known, followed = own.known | others.known, own.followed | others.followed
    for found in ended:
        if found.body.name in followed or any(known & keys_of_body(heir) for heir in found.heirs):
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
