"""Questions without an answer that a reader reads as one item.

Two cases: the same question, asked of several bodies or by several members; and several questions of one member that were
tabled together on one subject. For some days no question has a heading, so the subject is read off the words. Where it is in
doubt, questions stand apart. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from monitor.presentation.excerpt import question_start
from monitor.presentation.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from monitor.model.records import Proceeding
    from monitor.model.watching import Match

SHARED: Final = 0.4
"""The share of words of the subject that two questions of one member must have in common.

Measured on the 2,800 of 12,000 questions of 2023 and 2024 that eighteen topics find, by the headings that Parliament gave
them later: of 960 pairs that become one item, 94 % have headings that begin or end alike, and most of the others are on one
subject too (the same question on five prisons).
"""

SHARED_BY_TERM_ALONE: Final = 0.6
"""The same where they share no word of the subject but those that the term found."""

_SHORTEST_SUBJECT: Final = 3
_LONG_WORD: Final = 4
_CONSTITUENCY: Final = re.compile(
    r"(?<![\w\u2019'-])(?:(?:[A-Z][\w\u2019'-]*+,?|and|of|on|the|upon)\s{1,3}){1,9}constituenc(?:y|ies)\b"
)
_LETTERS: Final = re.compile(r"[^\W\d_]+(?:'s\b)?")
_WORDS: Final = re.compile(r"\w+")
_PRONOUNS: Final = frozenset({"he", "she", "they", "his", "her", "hers", "their", "him", "them"})
_WHOSE: Final = re.compile(r"\b(?:(?:the|his|her|their) )?(?:department|office|ministry)\b")
"""Words by which a question names the body asked."""
_FRAME: Final = frozenset(
    """
    a about above across adequacy after all also amount an and announced announcement answer any april are area areas
    as asked assess assessment at august authorities authority available average be been before being below between
    both but by cabinet can carried case cases colleague colleagues column committed consider considered constituency
    contribution correspondence cost costs could council councils counterpart counterparts countries country criteria
    current currently data day days december department did different discussed discussion discussions do document
    does doing due during each effect effectiveness eight either england ensure entitled estimate estimated february
    few financial five following for four from further future give given government had has have he held help her him
    his hold holds how if impact implications improve in including increase increased information intend intends into
    introduce introduced is it its january july june kingdom last latest level levels list local long made make making
    many march may measures meet meeting meetings member merits met minister ministers month months more most much
    must national new next nine no not november number october of official on one only or oral order other out over
    own page paper paragraph part people per period place plan planned planning plans policies policy potential
    process progress proportion proposal proposals provide provided provides providing provision publication publish
    published purpose purposes pursuant question questions reason reasons received recent recently reduce reference
    regard region regional relation report representations respect response review said same scheme secretary
    september set seven shall she should since six so some state statement status step steps support tabled tackle
    take taken takes taking ten terms than that the their them then there these they this those three through time
    timetable to total towards trend trends two uk under undertaken united until up upon use used using via was week
    weeks were what when where whether which who whom whose will with within without would written year years
    """.split()  # noqa: SIM905 - reads best so
)
"""Words that questions on anything are put in."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question without an answer, with the matches of its reader's topics and the keys of these, in the reader's order.

    `own`: lines that only the reader gets.
    """

    proceeding: Proceeding
    matches: tuple[Match, ...] = ()
    topics: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        """The question behind its opening formula, on one line."""
        question = self.proceeding.question or ""
        return one_line(question[question_start(question) :])

    @cached_property
    def wording(self) -> tuple[str, ...]:
        """The words of the question, the same whichever body is asked: "his Department" is as good as "the Treasury"."""
        text, body = self.text.casefold(), one_line(self.proceeding.body).casefold()
        text = _WHOSE.sub("department", text.replace(body, "department") if body else text)
        return tuple("they" if word in _PRONOUNS else word for word in _WORDS.findall(text))

    @cached_property
    def subject(self) -> frozenset[str]:
        """The words that say what the question is about, in the singular.

        A member asks about anything in their constituency: its name is no subject.
        """
        asker = self.proceeding.asked_by
        own = _subject_words((asker and asker.constituency) or "")
        return _subject_words(_CONSTITUENCY.sub(" ", self.text)) - own

    @cached_property
    def found(self) -> frozenset[str]:
        """The words of the subject that terms found."""
        return _subject_words(" ".join(match.form for match in self.matches))

    @cached_property
    def terms(self) -> frozenset[tuple[str, str]]:
        """The terms that found the question, with their topics."""
        return frozenset((match.topic, match.term) for match in self.matches)

    @cached_property
    def tabled_with(self) -> Hashable:
        """Key that questions share which one member tabled together for one body."""
        proceeding = self.proceeding
        asker = proceeding.asked_by and (
            proceeding.asked_by.member_id or proceeding.asked_by.person_id or proceeding.asked_by.name
        )
        return (
            (proceeding.house, asker, proceeding.tabled_on, proceeding.body_id or one_line(proceeding.body))
            if asker
            else None
        )


def together(questions: Iterable[Asked]) -> list[list[Asked]]:
    """Group questions that are one item, in the order of the first of each."""
    groups: list[list[Asked]] = []
    by_wording: dict[Hashable, list[Asked]] = {}
    tabled: dict[Hashable, list[list[Asked]]] = {}
    for question in questions:
        same = by_wording.get(_wording_key(question)) if question.wording else None
        near = tabled.setdefault(question.tabled_with, []) if question.tabled_with else []
        group = same or next((group for group in near if _is_on_subject(group, question)), None)
        if group is None:
            group = []
            groups.append(group)
        group.append(question)
        by_wording.setdefault(_wording_key(question), group)
        if not any(known is group for known in near):
            near.append(group)
    return groups


def _wording_key(question: Asked) -> Hashable:
    return (question.proceeding.house, question.wording)


def _is_on_subject(group: list[Asked], question: Asked) -> bool:
    """Return whether a question fits a group: tabled together by one member, and on one subject with one of them."""
    if any(asked.tabled_with != question.tabled_with for asked in group):
        return False
    return all(not _have_other_headings(asked, question) for asked in group) and any(
        is_one_subject(asked, question) for asked in group
    )


def is_one_subject(first: Asked, second: Asked) -> bool:
    """Return whether two questions tabled together are on one subject, by their headings or else by their words."""
    headings = {one_line(asked.proceeding.heading).casefold() for asked in (first, second)}
    if "" not in headings:
        return len(headings) == 1
    if not first.terms & second.terms:
        return False
    shared = first.subject & second.subject
    total = len(first.subject) + len(second.subject)
    if len(shared) < 2 or not total:  # noqa: PLR2004 - one word alone is no subject
        return False
    has_more = bool(shared - first.found - second.found)
    return 2 * len(shared) / total >= (SHARED if has_more else SHARED_BY_TERM_ALONE)


def _have_other_headings(first: Asked, second: Asked) -> bool:
    headings = {one_line(asked.proceeding.heading).casefold() for asked in (first, second)} - {""}
    return len(headings) > 1


def _subject_words(text: str) -> frozenset[str]:
    words = _LETTERS.findall(text.casefold().replace("\u2019", "'"))
    singular = (_singular(word.removesuffix("'s")) for word in words)
    return frozenset(word for word in singular if len(word) >= _SHORTEST_SUBJECT and word not in _FRAME)


def _singular(word: str) -> str:
    """Return a word without its plural ending; common words stay as they are."""
    if word in _FRAME or len(word) < _LONG_WORD:
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
