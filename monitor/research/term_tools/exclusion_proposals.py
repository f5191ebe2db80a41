"""An exclusion that would have kept records out which a reader marked as not relevant. It is proposed, never added.

Two kinds of words are tried: those side by side with what the topic's terms found, as "dog grooming" is with "grooming",
and those of the headings, together with what was found. Each is tried as it would work once it stands under `exclude`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from monitor.terms.matcher import compile_terms
from monitor.terms.parser import parse_term
from monitor.terms.tree import TermError
from monitor.text.tokens import STOP_WORDS, folded, is_mark
from monitor.text.word_forms import plain_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.model.records import Proceeding
    from monitor.model.search import Hit
    from monitor.model.watching import Match, Topic
    from monitor.terms.vocabulary import Lexicon

MARKS_NEEDED: Final = 3
"""Records of one topic that a reader marks as not relevant before an exclusion is proposed."""

MOST_TRIED: Final = 2_000
"""Records of the topic, the newest, that an exclusion is tried on."""

_BESIDE: Final = 3
"""Words on each side of what was found that a phrase may take in."""

_LONGEST: Final = 5
_MOST_CANDIDATES: Final = 40
_REACH: Final = 80
_SHARE_OF_OTHERS: Final = 5
"""An exclusion that takes away more than one in so many of the other records is no good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A term for a topic's `exclude`, and the number of records that the topic finds no more because of it.

    Attributes:
        topic: The topic's key.
        term: The term.
        words: The words that the records share.
        marked: Records marked as not relevant, and how many of them it takes away.
        others: Other records of the topic that it was tried on, and how many of them it takes away.
        of_marked: See `marked`.
        of_others: See `others`.
    """

    topic: str
    term: str
    words: str
    marked: int
    of_marked: int
    others: int
    of_others: int


def propose_exclusion(topic: Topic, marked: Sequence[Hit], others: Sequence[Hit], lexicon: Lexicon) -> Proposal | None:
    """Return the best exclusion for records marked as not relevant; None where no words part them from the others.

    It takes away at least three of those marked, all of them if any words do, and few others.
    """
    others = others[:MOST_TRIED]
    tried = [
        Proposal(
            topic=topic.key,
            term=term,
            words=words,
            marked=len(marked),
            of_marked=_taken_away(topic, term, marked, lexicon),
            others=len(others),
            of_others=_taken_away(topic, term, others, lexicon),
        )
        for term, words in _candidates(topic, marked)
    ]
    good = [
        proposal
        for proposal in tried
        if proposal.of_marked >= min(MARKS_NEEDED, len(marked))
        and proposal.of_others <= max(1, len(others) // _SHARE_OF_OTHERS)
    ]
    return min(good, key=_order, default=None)


def _order(proposal: Proposal) -> tuple[int, int, bool, int, str]:
    """Most of the marked first, then fewest others, then phrases before two places, then the shortest."""
    is_far = " AND " in proposal.term
    return -proposal.of_marked, proposal.of_others, is_far, len(proposal.words.split()), proposal.words


def _taken_away(topic: Topic, term: str, hits: Iterable[Hit], lexicon: Lexicon) -> int:
    """Count the records in which the topic finds nothing more with one exclusion added."""
    matcher = compile_terms([replace(topic, exclude=(*topic.exclude, term))], lexicon)
    return sum(not matcher.matches(found.parts(), None, lambda: found.facts) for found in _records(hits))  # noqa: B023


def _records(hits: Iterable[Hit]) -> Iterator[Proceeding]:
    for hit in hits:
        yield hit.revision.proceeding


# -- words that the marked records share ------------------------------------------------------------------------------


def _candidates(topic: Topic, marked: Sequence[Hit]) -> list[tuple[str, str]]:
    """Return terms to try with the words that they are made of, the words that most of the records share first."""
    shared: dict[tuple[str, str], int] = {}
    for hit in marked:
        for pair in {*_phrases(topic, hit), *_with_headings(topic, hit)}:
            shared[pair] = shared.get(pair, 0) + 1
    enough = [pair for pair, count in shared.items() if count >= min(MARKS_NEEDED, len(marked))]
    enough.sort(key=lambda pair: (-shared[pair], len(pair[1].split()), pair[1]))
    return [pair for pair in enough if _is_term(pair[0])][:_MOST_CANDIDATES]


def _phrases(topic: Topic, hit: Hit) -> Iterator[tuple[str, str]]:
    """Give the phrases around what was found, longer than it: an exclusion counts where it takes in all of it."""
    parts = hit.revision.proceeding.parts()
    for match in _own(topic, hit):
        text = parts[match.part]
        before = _last_words(text[max(0, match.start - _REACH) : match.start])
        after = _first_words(text[match.end : match.end + _REACH])
        found = _words(match.form)
        for left in range(len(before) + 1):
            for right in range(len(after) + 1):
                words = [*before[len(before) - left :], *found, *after[:right]]
                edges = words[0], words[-1]
                if (left or right) and len(words) <= _LONGEST + len(found) and STOP_WORDS.isdisjoint(edges):
                    yield " ".join(words), " ".join(words)


def _with_headings(topic: Topic, hit: Hit) -> Iterator[tuple[str, str]]:
    """Give the words of the heading, two at most, each together with what was found in the record."""
    forms = {" ".join(_words(match.form)) for match in _own(topic, hit)}
    words = [word for word in _words(hit.revision.proceeding.heading or "") if word not in STOP_WORDS]
    phrases = {*words, *(f"{first} {second}" for first, second in pairwise(words))}
    for phrase in phrases:
        for form in forms:
            if phrase not in form:
                yield f"{_quoted(form)} AND {_quoted(phrase)}", phrase


def _own(topic: Topic, hit: Hit) -> list[Match]:
    """Return the matches of the topic that have words."""
    return [match for match in hit.matches if match.topic == topic.key and match.form]


def _quoted(words: str) -> str:
    return f'"{words}"' if " " in words else words


def _words(text: str) -> list[str]:
    return [plain_form(word) for word in folded(text).split() if not is_mark(word)]


def _first_words(text: str) -> list[str]:
    """Return the words up to the end of the sentence, the first few of them whole."""
    words: list[str] = []
    for word in folded(text).split()[: _BESIDE + 1]:
        if is_mark(word):
            break
        words.append(plain_form(word))
    return words[:_BESIDE]


def _last_words(text: str) -> list[str]:
    """Return the words since the beginning of the sentence, the last few of them."""
    words: list[str] = []
    for word in reversed(folded(text).split()[-_BESIDE:]):
        if is_mark(word):
            break
        words.insert(0, plain_form(word))
    return words


def _is_term(text: str) -> bool:
    try:
        parse_term(text)
    except TermError:
        return False
    return True
