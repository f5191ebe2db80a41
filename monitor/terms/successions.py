"""`successors of NAME`: the bodies that took the place of one that has ended, each from the day on which it did."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.terms.phrases import OPERATORS, plain_phrase, quoted_phrase
from monitor.terms.tree import Phrase, Successor, Successors, TermError, term_error

if TYPE_CHECKING:
    from monitor.parliament.bodies import Body, Step

SUCCESSORS_OF: Final = "successors of"

_OF_SUCCESSORS: Final = re.compile(rf"{SUCCESSORS_OF}(?:\s|\Z)", re.IGNORECASE)
_SHORTEST_ABBREVIATION: Final = 3
"""Letters of an abbreviation that is looked for. Shorter ones mean too many things."""
_ABBREVIATION: Final = re.compile(r"[A-Z][a-z&-]*[A-Z][A-Za-z&-]*")


def is_of_successors(words: str) -> bool:
    """Return whether words side by side are `successors of` and a name."""
    return _OF_SUCCESSORS.match(words) is not None


def format_successors(name: str) -> str:
    """Return the term for the successors of a body. A name that may be read as more than words is quoted."""
    is_plain = re.fullmatch(r"[\w'-]+(?: [\w'-]+)*", name) and not OPERATORS & set(name.split())
    return f"{SUCCESSORS_OF} {name}" if is_plain else f'{SUCCESSORS_OF} "{name}"'


def read_successors(name: str, source: str, position: int) -> Successors:
    """Read the name of a body as the choice of its successors. `position` is its place. Raises TermError."""
    if not name:
        position = min(position, len(source) - 1)
        raise term_error("successors of lacks a name", source, position, "write a body, as in successors of NHTCU")
    found = _read(" ".join(name.split()))
    if isinstance(found, _Refusal):
        place = position + len(source[position:]) - len(source[position:].lstrip())
        raise term_error(found.problem, source, min(place, len(source) - 1), found.remedy)
    return found


class _Refusal(NamedTuple):
    problem: str
    remedy: str


@lru_cache(maxsize=1_000)
def _read(name: str) -> Successors | _Refusal:
    # Imported where a term needs it: the table of bodies takes its time, and each start of the program would pay for it.
    from monitor.parliament.body_lists import shipped_bodies  # noqa: PLC0415

    bodies = shipped_bodies()
    found = bodies.find(name)
    if not found:
        near = " or ".join(f'{SUCCESSORS_OF} "{known}"' for known in bodies.near(name))
        return _Refusal(
            f"No body is known as {name}",
            f"write {near or 'a name that pqwatch bodies lists'}, or quote the phrase if it is meant as words",
        )
    ended = [body for body in found if bodies.successors(body)]
    of_parliament = [body for body in ended if not body.legislature] or ended
    names = list(dict.fromkeys(body.name for body in of_parliament))
    if len(names) > 1:
        choices = " or ".join(f'{SUCCESSORS_OF} "{known}"' for known in names)
        return _Refusal(f"{name} is the name of several bodies", f"write {choices}")
    if not names:
        return _Refusal(
            f"{found[-1].name} has no successor", f"write its name alone, or see: pqwatch bodies {found[-1].name}"
        )
    steps: dict[str, Step] = {}
    for body in of_parliament:
        for step in bodies.successors(body):
            known = steps.get(step.body.name)
            if known is None or (known.bound and (step.bound is None or step.bound < known.bound)):
                steps[step.body.name] = step
    return Successors(
        name=name,
        body=names[0],
        choices=tuple(
            Successor(name=step.body.name, phrases=phrases_of_body(step.body), since=step.since, bound=step.bound)
            for step in steps.values()
        ),
    )


def is_sure_abbreviation(abbreviation: str) -> bool:
    """Return whether an abbreviation is long enough, and has capitals enough, to mean a body."""
    return len(abbreviation) >= _SHORTEST_ABBREVIATION and _ABBREVIATION.fullmatch(abbreviation) is not None


def phrases_of_body(body: Body) -> tuple[Phrase, ...]:
    """Return the names of a body and its abbreviations as phrases."""
    short = [abbreviation for abbreviation in body.abbreviations if is_sure_abbreviation(abbreviation)]
    return tuple(dict.fromkeys(map(_phrase, (*body.names, *short))))


def _phrase(name: str) -> Phrase:
    plain = " ".join(re.sub(r"\([^()]*\)|[^\w\s&'\u2019,.-]", " ", name).split())
    try:
        return plain_phrase(plain, 0, len(plain))
    except TermError:  # it would be refused as a term: it has common words only, or is in capitals throughout
        return quoted_phrase(plain, 0, len(plain))
