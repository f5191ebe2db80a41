"""Reasons why a record was found: the forms that stand in it, their parts, and the term that found them.

    crime units (question, answer)
    High Tech Crime Units (answer), by NHTCU = National Hi-Tech Crime Unit
    SOCA (answer), for NHTCU by its successor, since 1 April 2006
    paedophile ... units (question, answer), by paedophil* NEAR/5 unit
    by house:lords kind:statement

A member of a family is named after the first member, by which readers know the family. Words that NEAR or AND join count
as one find.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

from monitor.model.records import PARTS
from monitor.presentation.wording import count_of, day_in_words, listed, one_line, shorten
from monitor.terms.found_successors import found_successor, may_have_successors
from monitor.terms.parser import parse_term
from monitor.terms.printer import format_term
from monitor.terms.tree import Both, Either, Family, Near, Scope, TermError, Without, filters_of
from monitor.text.raised_figures import RAISED
from monitor.text.tokens import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.model.watching import Match
    from monitor.terms.tree import Node, Successor, Successors, Term

MOST_PIECES: Final = 2
"""Finds that the line of an item in a digest names."""

LONGEST_NAME: Final = 40
"""Characters of a term or a family's name that such a line shows; a longer one is left out."""

MOST_FORMS: Final = 6
"""Forms of one term that are shown."""

LONGEST_TERM: Final = 100
"""Characters of a term that are shown beside what it found."""

_FACTS: Final = {
    "house": "House or legislature",
    "body": "answering body",
    "lineage": "answering body",
    "asker": "member who asked",
    "minister": "minister",
    "party": "party of the member who asked",
    "kind": "kind",
    "from": "day",
    "to": "day",
}
"""Facts of a record that a filter looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """Finds of one term, or of one member of a family.

    Attributes:
        topic: The topic's key.
        term: The term as written.
        member: The member of the family; None if the term is no family, or if it is not known which member it was.
        forms: Each form with the parts that it stands in, in reading order. Forms that differ in case alone are one. There
            are none where filters alone hold.
        evident: The forms that show by themselves what found them (see `Match`).
        succession: The successor of a body that was found, and the choice that it is of; None for any other find.
    """

    topic: str
    term: str
    member: Node | None
    forms: tuple[tuple[str, tuple[str, ...]], ...]
    evident: tuple[str, ...]
    succession: tuple[Successors, Successor] | None = None

    @property
    def said(self) -> str:
        """The forms and their parts, and the term unless a form shows it."""
        return self.found_by(self._by)

    def found_by(self, term: str) -> str:
        """Return the forms and their parts, and `term` as what found them."""
        return ", ".join(part for part in (self._found, self._succession_said, f"by {term}" if term else "") if part)

    @property
    def _succession_said(self) -> str:
        """The body that has a successor here, and since when; "" for any other find."""
        return succession_in_words(*self.succession) if self.succession else ""

    @property
    def is_plain(self) -> bool:
        """True if the words alone show the reason: one form of its own term, in one part."""
        return not self._by and len(self.forms) == 1 and len(self.forms[0][1]) == 1

    def in_short(self, shown: Sequence[str]) -> str:
        """Name a few forms, the part of one that is not among the texts shown, and the term where its name is short.

        Of filters alone say in words what they look at: readers of a digest did not write them, and see the values.
        """
        if not self.forms and (facts := _facts_of_filters(self.term)):
            return f"by its {listed(facts)}, not by words"
        few = self.forms[:2]
        is_evident = bool(self.forms) and len(self.evident) == len(self.forms)
        name = "" if is_evident else self._name_in_short
        text = self._joint(name).join(form for form, _ in few)
        parts = list(dict.fromkeys(part for form, parts in few if not is_shown(form, shown) for part in parts))
        if parts:
            text += f" ({', '.join(parts)})"
        why = self._succession_said or (f"by {name}" if name else "")
        return ", ".join(part for part in (text, why) if part)

    def _joint(self, name: str) -> str:
        """Give what joins two forms: where no name tells that they count only together, a word does."""
        node = self.member or _root(self.term)
        if not _is_joined(node):
            return ", "
        if name:
            return " ... "
        return " near " if _is_near(node) else " with "

    @property
    def _name_in_short(self) -> str:
        """The name of the term; "" for a long one."""
        name = term_name(self.term)
        return name if len(name) <= LONGEST_NAME else ""

    @property
    def _found(self) -> str:
        """The forms and their parts: "unit (question), units (question, answer)"."""
        joint = " ... " if _is_joined(self.member or _root(self.term)) else ", "
        shown = self.forms[:MOST_FORMS]
        pieces = [
            joint.join(form for form, _ in same_parts) + f" ({', '.join(parts)})"
            for parts, same_parts in groupby(shown, key=lambda form: form[1])
        ]
        more = len(self.forms) - len(shown)
        return joint.join(pieces) + (f" and {count_of(more, 'more form')}" if more else "")

    @property
    def _by(self) -> str:
        label = term_name(self.term)
        if self._shows(label) or self.succession:
            return ""
        if self.member is None:
            return shorten(one_line(self.term), LONGEST_TERM)
        member = one_line(format_term(self.member))
        return label if member == label or self._shows(member) else shorten(f"{label} = {member}", LONGEST_TERM)

    def _shows(self, phrase: str) -> bool:
        """Return whether a form is this phrase, except for typography and an ending."""
        return "*" not in phrase and any(f" {folded(phrase)}" in f" {folded(form)}" for form, _ in self.forms)


def finds(matches: Iterable[Match], topics: Iterable[str] = ()) -> list[Find]:
    """Return the finds, by topic in the order of `topics` (keys), then in the order of the record.

    A place that a topic finds by a name of its own is not told again as that of a successor, nor by a second predecessor.
    """
    order = {topic: place for place, topic in enumerate(topics)}
    groups: dict[tuple[str, str, int | None, tuple[Successors, Successor] | None], list[Match]] = {}
    ordered = sorted(matches, key=lambda match: (order.get(match.topic, len(order)), *_place(match)))
    explained = [(match, succession_of(match)) for match in ordered]
    told = {_place_in_topic(match) for match, succession in explained if succession is None}
    for match, succession in explained:
        if succession is None or _place_in_topic(match) not in told:
            groups.setdefault((match.topic, match.term, _member(match), succession), []).append(match)
            told.add(_place_in_topic(match))
    return [
        Find(
            topic=topic,
            term=term,
            member=None if number is None else _members(term)[number],
            forms=(forms := _forms(group)),
            evident=_evident(forms, group),
            succession=succession,
        )
        for (topic, term, number, succession), group in groups.items()
    ]


def succession_of(match: Match) -> tuple[Successors, Successor] | None:
    """Return the successor that a match is of, with the choice of successors; None for any other match."""
    if match.is_evident or not may_have_successors(match.term):
        return None
    members, number = _members(match.term), _member(match)
    node = members[number] if number is not None else _root(match.term)
    return found_successor(node, match.form) if node is not None else None


def succession_in_words(successors: Successors, successor: Successor) -> str:
    """Say of what body a successor was found, and since when it is one."""
    since = f", since {day_in_words(successor.since)}" if successor.since else ""
    return f"for {one_line(successors.name)} by its successor{since}"


def reasons(matches: Sequence[Match], topics: Mapping[str, str], *, unnamed: str = "") -> list[str]:
    """Return a line for each topic: "Found for Water: ...".

    `topics`: names by key, in the order of the lines. `unnamed`: key of a topic that is not named if it is alone, because it
    stands above.
    """
    texts_by_topic: dict[str, list[str]] = {}
    for find in finds(matches, topics):
        texts_by_topic.setdefault(find.topic, []).append(find.said)
    is_bare = list(texts_by_topic) == [unnamed]
    return [
        f"Found{'' if is_bare else f' for {one_line(topics.get(topic, topic))}'}: {'; '.join(texts)}"
        for topic, texts in texts_by_topic.items()
    ]


def found_line(
    matches: Sequence[Match], topics: Mapping[str, str], shown: Sequence[str], *, unnamed: str = "", where: str = ""
) -> str:
    """Say in one line what found a record, as far as the words shown do not say it; "" where they say all.

    `shown`: the texts that stand out before the reader, the heading among them. A term is explained where one of its own
    phrases is shown. `topics` and `unnamed`: as for `reasons`. `where`: words after "Found".
    """
    every = finds(matches, topics)
    explained = {(find.topic, find.term) for find in every if any(is_shown(form, shown) for form in find.evident)}
    texts_by_topic: dict[str, dict[str, None]] = {}
    for find in every:
        if (find.topic, find.term) not in explained:
            texts_by_topic.setdefault(find.topic, {})[find.in_short(shown)] = None
    pieces = []
    for topic, texts in texts_by_topic.items():
        more = len(texts) - MOST_PIECES
        few = [*texts][:MOST_PIECES] + ([f"{more} more"] if more > 0 else [])
        pieces.append(f"{'' if topic == unnamed else f'for {one_line(topics.get(topic, topic))}: '}{'; '.join(few)}")
    if not pieces:
        return ""
    return f"Found{where}{' ' if pieces[0].startswith('for ') else ': '}{'; '.join(pieces)}"


def is_shown(form: str, shown: Iterable[str]) -> bool:
    """Return whether a form stands in one of the texts that are shown."""
    words = re.compile(rf"(?<!\w){re.escape(form)}(?![^\W{RAISED}])", re.IGNORECASE)
    return any(words.search(text) for text in shown)


def term_name(term: str) -> str:
    """Return the name of a term; the name of a family is its first member ("SOCA" for "SOCA = ...")."""
    known = _read(term)
    return one_line(known.label if known else term)


def _place(match: Match) -> tuple[int, int]:
    return (PARTS.index(match.part), match.start)


def _place_in_topic(match: Match) -> tuple[str, str, int, int]:
    return match.topic, match.part, match.start, match.end


def _forms(matches: Iterable[Match]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return each form, as first written, with its parts."""
    forms: dict[str, str] = {}
    parts: dict[str, dict[str, None]] = {}
    for match in matches:
        form = one_line(match.form)
        if not form:
            continue
        forms.setdefault(form.casefold(), form)
        parts.setdefault(form.casefold(), {})[match.part] = None
    return tuple((form, tuple(parts[key])) for key, form in forms.items())


# -- terms ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=10_000)
def _read(term: str) -> Term | None:
    """Parse a term; None if it can't be read, as a term of an earlier version may be."""
    try:
        return parse_term(term)
    except TermError:
        return None


def _facts_of_filters(term: str) -> list[str]:
    """Name the facts of a record that the filters of a term look at."""
    root = _root(term)
    return list(dict.fromkeys(_FACTS[found.name] for found in filters_of(root))) if root else []


def _root(term: str) -> Node | None:
    known = _read(term)
    return known.root if known else None


def _members(term: str) -> tuple[Node, ...]:
    root = _root(term)
    return root.members if isinstance(root, Family) else ()


def _member(match: Match) -> int | None:
    """Return the number of the family's member that was found; None if it is not known."""
    is_known = match.member is not None and match.member < len(_members(match.term))
    return match.member if is_known else None


def _evident(forms: Iterable[tuple[str, tuple[str, ...]]], matches: Iterable[Match]) -> tuple[str, ...]:
    evident = {one_line(match.form).casefold() for match in matches if match.is_evident}
    return tuple(form for form, _ in forms if form.casefold() in evident)


def _is_near(node: Node | None) -> bool:
    """Return whether everything that a node finds is words near each other."""
    match node:
        case Near():
            return True
        case Either(operands=operands) | Family(members=operands):
            return all(map(_is_near, operands))
        case Without(wanted=inner) | Scope(node=inner):
            return _is_near(inner)
    return False


def _is_joined(node: Node | None) -> bool:
    """Return whether words must occur together for the node to match."""
    match node:
        case Near() | Both():
            return True
        case Either(operands=operands) | Family(members=operands):
            return any(map(_is_joined, operands))
        case Without(wanted=inner) | Scope(node=inner):
            return _is_joined(inner)
    return False
