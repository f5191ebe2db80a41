"""Repetition: whether a promise repeats an earlier one, by the rarer words of both sentences.

A promise repeats another where the same body says again that it will do the same kind of act, and the words that tell what
it is about are largely the same. A sentence with too few words of its own ("we will publish details in due course") repeats
one only under the same heading. Two promises that are wrongly held for one hide each other, so where it is in doubt they
are two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import combinations
from math import log
from typing import TYPE_CHECKING, Final

from monitor.text.tokens import STOP_WORDS
from monitor.text.word_frequency import RARE, common_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TELLING: Final = 9.5
"""Weight of common words from which on two sentences tell by themselves that they are about one thing."""

ALIKE: Final = 0.75
"""Share of the weight of the shorter sentence that both have in common."""

_OWN: Final = 4.0
"""Weight of a word that tells two promises from each other, where each has one that the other lacks."""

_KEY_WORDS: Final = 3
"""Rarest words of a promise from whose pairs its keys are made."""

_WORD: Final = re.compile(r"[^\W\d_][^\W_]*(?:[-\u2010\u2011][^\W_]+)*")
_FIGURE: Final = re.compile(r"\d+")
_APOSTROPHES: Final = re.compile(r"[\u2018\u2019\u02bc']")
_KINDS: Final = {"response": "respond", "bill": "legislate"}
_OF_A_KIND: Final = re.compile(rf"\b({'|'.join(_KINDS)})s?\b", re.IGNORECASE)
_SHORTEST: Final = 3

_TIMES: Final = frozenset(
    """
    january february march april may june july august september october november december spring summer autumn winter
    year month week day recess session parliament parliamentary early mid late later end half quarter soon shortly
    course due time possible practicable forthcoming coming next new near future today financial calendar when once
    before after during within allow ready
""".split()  # noqa: SIM905 - reads best so
)
_NOT_TELLING: Final = frozenset(
    """
    will shall would intend aim expect going government department minister ministers secretary state majesty hon
    honourable member house england kingdom nation country uk publish published publication announce announced
    announcement set out lay laid respond response answer reply consult consultation introduce introduced bring
    brought forward launch launched begin began start update updated complete completed legislate write written
    provide detail information further step more full work our we they this that these also include included including
    currently order ensure say view feed report reported take taken make made hold both process outcome confirmation
    confirm revised timeline timescale timetable timing normal usual manner progress approach position plans proposal
    effective way deliver commitment committed consider considering recently requested
""".split()  # noqa: SIM905 - reads best so
)
"""Words of nearly every promise, which say nothing of what it is about."""

_CLASSES: Final = (
    ("publish", "publish lay release report set issue bring announce update launch"),
    ("legislate", "legislate introduce"),
    ("consult", "consult"),
    ("respond", "respond reply answer"),
    ("write", "write"),
    ("review", "review evaluate assess"),
    ("decide", "decide"),
    ("begin", "begin start commence open"),
    ("complete", "complete conclude finish deliver"),
)
_CLASS_OF: Final = {verb: name for name, verbs in _CLASSES for verb in verbs.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Words of a promise by which another is compared with it.

    `act`: the kind of act. `words`: the weight of each word that tells something. `heading`: the words of the record's
    heading. `figures`: numbers of the sentence that are no part of its time: "for 2023" is another year's than "for 2024".
    """

    body: str
    act: str
    words: Mapping[str, float]
    heading: frozenset[str]
    figures: frozenset[str] = frozenset()

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys under which promises are found that may be the same; empty where it can't be told what it is about."""
        if sum(self.words.values()) < TELLING:
            return (self._key("heading", *sorted(self.heading)),) if self.heading else ()
        rarest = sorted(self.words, key=lambda word: (-self.words[word], word))[:_KEY_WORDS]
        pairs = combinations(sorted(rarest), 2) if len(rarest) > 1 else [(rarest[0],)]
        return tuple(self._key(*pair) for pair in pairs)

    def _key(self, *words: str) -> str:
        return sha256("\n".join((self.body, self.act, *words)).encode("utf-8", "replace")).hexdigest()[:16]


@lru_cache(maxsize=20_000)
def wording_of(sentence: str, act: str, body: str | None, heading: str | None, expression: str = "") -> Wording:
    """Return the words of a promise by which it is compared. `expression`: the words of its time and act."""
    return Wording(
        body=(body or "").casefold(),
        act=_class_of(act, sentence),
        words={word: log(1000 / common_words().get(word, RARE)) for word in _telling(words_of(sentence))},
        heading=frozenset(_telling(words_of(heading or ""))),
        figures=frozenset(_FIGURE.findall(sentence)).difference(_FIGURE.findall(expression)),
    )


def _class_of(act: str, sentence: str) -> str:
    """Return the kind of an act: to publish a response is to respond, to bring forward a bill to legislate."""
    kind = next(iter(act.casefold().split()), "")
    kind = _CLASS_OF.get(kind, kind)
    if kind != "publish":
        return kind
    found = _OF_A_KIND.search(sentence)
    return _KINDS[found.group(1).casefold()] if found else kind


def alikeness(first: Wording, second: Wording) -> float:
    """Return the weight of what two promises have in common where they are the same one; 0 where they are not."""
    if (first.body, first.act) != (second.body, second.act) or not first.body:
        return 0
    if first.figures and second.figures and first.figures != second.figures:
        return 0
    shared = sum(weight for word, weight in first.words.items() if word in second.words)
    shorter = min(sum(first.words.values()), sum(second.words.values()))
    if shared < ALIKE * shorter or (_has_own(first, second) and _has_own(second, first)):
        return 0
    if shared >= TELLING and any(first.words[word] >= _OWN for word in first.words if word in second.words):
        return shared
    longer = max(sum(first.words.values()), sum(second.words.values()))
    is_same_matter = bool(first.heading) and first.heading == second.heading
    return max(shared, 1.0) if is_same_matter and ALIKE * longer <= shared < TELLING else 0


def _has_own(wording: Wording, other: Wording) -> bool:
    """Return whether a promise has a telling word that another lacks."""
    return any(weight >= _OWN and word not in other.words for word, weight in wording.words.items())


def sentence_key(sentence: str) -> str:
    """Return a sentence in the form in which it is the same promise: without capitals, marks and spaces that differ."""
    return " ".join(re.findall(r"[^\W_]+", _APOSTROPHES.sub("", sentence).casefold()))


def words_of(text: str) -> list[str]:
    """Return the words of a text, in the singular and in small letters."""
    return [_singular(word) for word in _WORD.findall(_APOSTROPHES.sub("'", text).replace("'s", "").casefold())]


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > _SHORTEST + 2:
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _telling(words: Iterable[str]) -> list[str]:
    return [
        word
        for word in dict.fromkeys(words)
        if len(word) >= _SHORTEST and word not in STOP_WORDS and word not in _TIMES and word not in _NOT_TELLING
    ]
