"""Bodies and offices that a term names and that have ended, and the terms that find their successors beside it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from monitor.parliament.bodies import first_day
from monitor.parliament.body_lists import GOVUK_SOURCE, shipped_bodies
from monitor.terms.found_successors import successors_of
from monitor.terms.parser import parse_term
from monitor.terms.printer import format_term
from monitor.terms.successions import format_successors, is_sure_abbreviation
from monitor.terms.tree import Both, Either, Family, Phrase, Scope, TermError, Without, phrases_of
from monitor.text.tokens import folded
from monitor.text.word_forms import word_forms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from monitor.parliament.bodies import Body
    from monitor.terms.tree import Node

NameKey: TypeAlias = tuple[frozenset[str], ...]
"""A name for comparison: each word in all its forms."""


def ended_bodies(phrase: Phrase, today: date | None = None) -> list[Body]:
    """Return the bodies with successors that a phrase names, if none of this name goes on, and it certainly means them.

    `today`: bodies that end later go on; without it, all ends that are known count.
    """
    bodies = _by_key().get(key_of_phrase(phrase), ())
    if any(not has_ended(body, today) for body in bodies):
        return []
    is_name = phrase.words[0].written[0].isupper()
    ended = [body for body in bodies if shipped_bodies().successors(body)]
    return [body for body in ended if is_name or body.source != GOVUK_SOURCE]


def has_ended(body: Body, today: date | None) -> bool:
    """Return whether a body has ended by a day; without a day, whether it is known to end."""
    ended = first_day(body.ended)
    return ended <= today if ended and today else body.has_ended


@lru_cache(maxsize=1)
def _by_key() -> Mapping[NameKey, list[Body]]:
    found: dict[NameKey, list[Body]] = {}
    for body in shipped_bodies().all:
        for key in keys_of_body(body):
            found.setdefault(key, []).append(body)
    return found


@lru_cache(maxsize=4096)
def keys_of_body(body: Body) -> frozenset[NameKey]:
    """Return the names of a body, and the abbreviations that mean little else. A single word may mean anything."""
    names = [name for name in body.names if " " in name]
    short = [abbreviation for abbreviation in body.abbreviations if is_sure_abbreviation(abbreviation)]
    return frozenset((*map(_key, names), *((frozenset({abbreviation}),) for abbreviation in short)))


@lru_cache(maxsize=4096)
def _key(name: str) -> NameKey:
    return tuple(word_forms(word) for word in folded(name).split())


def key_of_phrase(phrase: Phrase) -> NameKey:
    """Return a phrase as a name."""
    if len(phrase.words) == 1 and phrase.words[0].is_acronym:
        return (frozenset({phrase.words[0].text.upper()}),)
    return _key(" ".join(word.written for word in phrase.words))


def named_phrases(root: Node) -> list[Phrase]:
    """Return the phrases of a term as it is written, without those of successors."""
    of_successors = {phrase for successors in successors_of(root) for phrase in phrases_of(successors)}
    return [phrase for phrase in phrases_of(root) if phrase not in of_successors]


# -- terms for successors ---------------------------------------------------------------------------------------------


def successor_term(source: str) -> str | None:
    """Return a term that finds, under the same conditions, the successors of ended bodies that a term names.

    None where it names none, where they are named beside a NEAR only, or where the term would be too long.
    """
    try:
        node = _of_successors(parse_term(source).root)
        return None if node is None else parse_term(format_term(node)).source
    except TermError:
        return None


def _of_successors(node: Node) -> Node | None:
    """Return a node with successors in the place of ended bodies, without choices that have none."""
    match node:
        case Phrase():
            ended = list(dict.fromkeys(body.name for body in ended_bodies(node)))
            return parse_term(format_successors(ended[0])).root if len(ended) == 1 else None
        case Either(operands=operands) | Family(members=operands):
            return _choice([changed for operand in operands if (changed := _of_successors(operand)) is not None])
        case Both(operands=operands):
            return _every(operands)
        case Without(wanted=wanted):
            changed = _of_successors(wanted)
            return None if changed is None else replace(node, wanted=changed)
        case Scope(node=inner):
            changed = None if inner is None else _of_successors(inner)
            return None if changed is None else replace(node, node=changed)
    return None


def _every(operands: tuple[Node, ...]) -> Node | None:
    """Return an AND in which each operand that names an ended body also accepts its successors."""
    changed = [_of_successors(operand) for operand in operands]
    count = len(operands) - changed.count(None)
    if not count:
        return None
    return Both(
        operands=tuple(
            operand if new is None else new if count == 1 else Either(operands=(operand, new))
            for operand, new in zip(operands, changed, strict=True)
        )
    )


def _choice(nodes: list[Node]) -> Node | None:
    plain = set(nodes)
    # What stands behind a NOT beside one name of a body is about that name.
    nodes = [node for node in nodes if not (isinstance(node, Without) and node.wanted in plain)]
    distinct = tuple(dict.fromkeys(nodes))
    if not distinct:
        return None
    return Either(operands=distinct) if len(distinct) > 1 else distinct[0]
