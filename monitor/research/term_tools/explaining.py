"""Explanation of a term in plain English, and the forms in which its words are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.model.records import House
from monitor.presentation.filter_words import body_followed
from monitor.presentation.wording import day_in_words, house_name, listed
from monitor.terms.phrase_pattern import compile_phrase
from monitor.terms.printer import format_term
from monitor.terms.tree import Both, Either, Family, Filter, Near, Phrase, Scope, Successor, Successors, Without, Word
from monitor.text.tokens import CAPITAL, STOP_WORDS, is_mark
from monitor.text.word_forms import spellings, word_forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.terms.phrase_pattern import Edge
    from monitor.terms.tree import Node
    from monitor.terms.vocabulary import Lexicon

NO_OTHER: Final = "has no other form"

_PART_SAID = {"heading": "the heading", "question": "the question", "answer": "the answer", "text": "the text"}
_FILTER_SAID = {
    "house": "of the {}",
    "body": "whose answering body has “{}” in its name",
    "lineage": "whose answering body is, was or became {}",
    "asker": "asked by a member with “{}” in the name",
    "minister": "answered by a minister with “{}” in the name",
    "party": "asked by a member of a party with “{}” in its name",
    "kind": "of the kind {}",
    "from": "no earlier than {}",
    "to": "no later than {}",
}


# -- in words ---------------------------------------------------------------------------------------------------------


def in_words(node: Node) -> list[tuple[int, str]]:
    """Explain a term in plain English: lines, each with its depth in brackets."""
    return list(_said(node, 0))


def _said(node: Node, depth: int) -> Iterator[tuple[int, str]]:
    match node:
        case Phrase():
            yield depth, phrase_said(node)
        case Scope():
            yield from _scope_said(node, depth)
        case Successors():
            yield depth, f"the successors of {node.body}, each in records of the day on which it succeeded and later:"
            yield from ((depth + 1, successor_said(choice)) for choice in node.choices)
        case Without(wanted=wanted, unwanted=unwanted):
            yield from _said(wanted, depth)
            yield depth, "but only where the record nowhere has:"
            yield from _said(unwanted, depth + 1)
        case _:
            title, inner = _list_said(node)
            yield depth, title
            for child in inner:
                yield from _said(child, depth + 1)


def _list_said(node: Near | Both | Either | Family) -> tuple[str, tuple[Node, ...]]:
    match node:
        case Near(left=left, right=right, distance=distance):
            between = f"at most {distance} words" if distance > 1 else "at most one word"
            return f"in one paragraph, in either order, with {between} between:", (left, right)
        case Both(operands=operands):
            return "all of these, wherever in the record:", operands
        case Either(operands=operands):
            return "any of these:", operands
        case Family(members=members):
            return f"any of these, reported as {format_term(members[0])}:", members


def _scope_said(scope: Scope, depth: int) -> Iterator[tuple[int, str]]:
    where = [f"in {' or '.join(_PART_SAID.get(part, part) for part in scope.parts)}"] if scope.parts else []
    conditions = [*where, *(_filter_said(filter_) for filter_ in scope.filters)]
    if scope.node is None:
        yield depth, f"every record {', '.join(conditions)}"
        return
    yield depth, f"only {', '.join(conditions)}:"
    yield from _said(scope.node, depth + 1)


def _filter_said(filter_: Filter) -> str:
    value = filter_.value
    if filter_.name == "house":
        value = house_name(House(value))
    elif filter_.name == "lineage":
        value = body_followed(value) or f"one with “{value}” in its name"
    return _FILTER_SAID.get(filter_.name, "{}").format(value)


def successor_said(successor: Successor) -> str:
    """Name a successor, the other names that are found, and its first day."""
    others = [format_term(phrase).strip('"') for phrase in successor.phrases[1:]]
    since = f", since {day_in_words(successor.since)}" if successor.since else ", from a day that is not known"
    return f"{successor.name}{f' ({listed(others)})' if others else ''}{since}"


def phrase_said(phrase: Phrase) -> str:
    """Explain a phrase in plain English."""
    text = format_term(phrase).strip('"')
    if len(phrase.words) > 1:
        return f"the phrase “{text}”{', as it is' if phrase.is_quoted else ''}"
    word = phrase.words[0]
    if word.has_star:
        return f"words that begin with “{word.written}”"
    if word.is_acronym:
        return f"the acronym {word.written}, in capitals only{', as it is' if phrase.is_quoted else ''}"
    return f"the word “{text}”{', as it is' if phrase.is_quoted else ''}"


# -- by the rules -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Forms of some words of a phrase besides what is written. `why`: the rule, in a few words."""

    written: str
    finds: tuple[str, ...]
    why: str


def looked_for(phrase: Phrase, lexicon: Lexicon) -> list[Looked]:
    """Return, by word or by words with a common other spelling, the forms that a phrase is also found as."""
    if phrase.is_quoted:
        case = "in these capitals" if any(word.is_acronym for word in phrase.words) else "in any case"
        return [Looked(written=format_term(phrase), finds=(), why=f"only as it is, {case}, in any typography")]
    found = [_of_word(word) for word in phrase.words if not is_mark(word.text)]
    others: dict[tuple[str, str], dict[str, None]] = {}
    for start, edges in enumerate(compile_phrase(phrase, lexicon.equivalents).edges):
        for edge in edges[1:]:
            words = phrase.words[start : edge.target]
            if any(word.is_acronym and "&" in word.text for word in words):
                continue
            one_word = "".join(word.text for word in words)
            is_joined = len(edge.pieces) == 1 and not {one_word, f"{CAPITAL}{one_word}"}.isdisjoint(edge.pieces[0].keys)
            rule = written(words), "in one word" if is_joined else "means the same"
            others.setdefault(rule, {})[_edge_said(edge)] = None
    return found + [Looked(written=written, finds=tuple(finds), why=why) for (written, why), finds in others.items()]


def _of_word(word: Word) -> Looked:
    if word.has_star:
        others = sorted(spellings(word.text, is_prefix=True) - {word.text})
        return Looked(
            written=f"{word.written}*", finds=tuple(f"{other}*" for other in others), why="every word that begins so"
        )
    if word.is_acronym:
        core = word.text.upper()
        dotted = (f"{'.'.join(core)}.",) if core.isalpha() else ()
        return Looked(written=word.written, finds=(*dotted, f"{core}s", f"{core}\u2019s"), why="in capitals only")
    if word.text in STOP_WORDS:
        return Looked(written=word.written, finds=(), why=NO_OTHER)
    forms = word_forms(word.text)
    if len(forms) == 1:
        return Looked(written=word.written, finds=(), why=NO_OTHER)
    return Looked(
        written=word.written,
        finds=tuple(sorted(readable(form, forms) for form in forms - {word.text})),
        why="singular, plural and possessive" + (", each spelling" if _has_spellings(forms) else ""),
    )


def readable(form: str, forms: Iterable[str]) -> str:
    """Return a form as one would write it: if another form is the plural (child's, companies), a plain s is a possessive."""
    base = form[:-1]
    if not form.endswith("s") or base not in forms:
        return form
    others = set(forms) - spellings(base) - spellings(form)
    return f"{base}\u2019s" if others or base.endswith(_HISSING) else form


_HISSING: Final = ("s", "x", "z", "ch", "sh")
"""Ends of words whose plural is no plain s: Wales's, tax's."""


def _has_spellings(forms: Iterable[str]) -> bool:
    known = set(forms)
    return any(len(spellings(word) & known) > 1 for word in known)


def _edge_said(edge: Edge) -> str:
    shortest = (min(piece.keys, key=lambda key: (len(key), key)) for piece in edge.pieces)
    return " ".join(key[1:].upper() if key[0] == CAPITAL else key for key in shortest)


def written(words: Sequence[Word]) -> str:
    """Words of a phrase as they were typed, joined as they were."""
    text = ""
    for word in words:
        joint = "" if not text else "-" if word.is_hyphened else " "
        text += f"{joint}{word.written}"
    return text
