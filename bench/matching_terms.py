# ruff: noqa: INP001 - a script's module, no part of a package
"""Answers that `matching.py` reads, and watch lists of any length drawn from them.

A list is 60 % phrases of two to four words, 25 % words, 10 % acronyms and 5 % beginnings of words. 30 % of it occurs: what
somebody would watch, the rarer phrases and words of the texts themselves. The rest does not: real words in an order that
no text has, invented words, unused acronyms. The same answers give the same list.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.demo.sample import sample
from monitor.model.watching import Topic
from monitor.text.tokens import CAPITAL, HYPHEN, STOP_WORDS, Token, tokens
from monitor.text.word_forms import word_forms
from scrapers.markup import plain_question, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

Parts = dict[str, str]
"""An answer with its question: part to plain text."""

SHARES: Final = {"phrase": 0.6, "word": 0.25, "acronym": 0.1, "beginning": 0.05}
OCCURRING: Final = 0.3
RAREST: Final = 0.003
"""A term of the list occurs in this share of the answers at most."""


class WatchTerm(NamedTuple):
    """A term as written in a configuration; `kind` is a key of `SHARES`, `occurs` whether it was drawn from the texts."""

    kind: str
    text: str
    occurs: bool


def recorded_answers(path: Path) -> list[Parts]:
    """Return the answers of a file of the questions API, one JSON object a line, gzip or not.

    Exits with a sentence if there is no such file.
    """
    if not path.is_file():
        raise SystemExit(f"{path} is not here: take the demo's sentences with --sample.")
    raw = path.read_bytes()
    lines = (gzip.decompress(raw) if path.suffix == ".gz" else raw).splitlines()
    rows = map(json.loads, lines)
    return [_parts(row["questionText"], row["answerText"]) for row in rows if row.get("answerText")]


def sample_answers(count: int, *, seed: int = 1) -> list[Parts]:
    """`count` answers put together from the sentences of the demo's sample: invented, and of few words."""
    values = [entry.base | change.set for entry in sample().entries for change in entry.changes]
    real = [_parts(value["questionText"], value["answerText"]) for value in values if value.get("answerText")]
    sentences = sorted({sentence for parts in real for sentence in re.split(r"(?<=[.?])\s+", parts["answer"])})
    chance = random.Random(seed)  # noqa: S311 - no secret
    return [
        {
            "question": chance.choice(real)["question"],
            "answer": " ".join(chance.sample(sentences, chance.randint(3, 9))),
        }
        for _ in range(count)
    ]


def _parts(question: str, answer: str) -> Parts:
    return {"question": plain_question(question), "answer": plain_text(answer)[0]}


def topics(terms: Sequence[WatchTerm], size: int = 25) -> list[Topic]:
    """Return the list as topics of `size` terms."""
    starts = range(0, len(terms), size)
    return [Topic(key=f"t{i}", name=f"Topic {i}", terms=tuple(t.text for t in terms[i : i + size])) for i in starts]


class TermMaker:
    """Makes lists of any length for these answers."""

    def __init__(self, answers: Sequence[Parts], *, seed: int = 1) -> None:
        self._seed = seed
        self._seen = _Seen(answers, random.Random(seed))  # noqa: S311 - no secret
        words = self._seen.words
        self._words = [word for word in words if len(word) > _SHORT and word not in STOP_WORDS]
        self._weights = list(accumulate(words[word] for word in self._words))

    def terms(self, count: int) -> list[WatchTerm]:
        """Draw a list of `count` different terms. Fewer than 30 % occur if the texts have too few rare ones."""
        chance = random.Random(self._seed * 1_000_003 + count)  # noqa: S311 - no secret
        made: list[WatchTerm] = []
        for kind, wanted in _split(count).items():
            known = self._seen.occurring(kind)
            drawn = chance.sample(known, min(len(known), round(wanted * OCCURRING)))
            invented = dict.fromkeys(self._invented(kind, chance, wanted - len(drawn)))
            made += [WatchTerm(kind, text, text not in invented) for text in [*drawn, *invented]]
        chance.shuffle(made)
        return made

    def _invented(self, kind: str, chance: random.Random, wanted: int) -> Iterator[str]:
        make = {"phrase": self._phrase, "word": self._word, "acronym": self._acronym, "beginning": self._beginning}[
            kind
        ]
        made: set[str] = set()
        while len(made) < wanted:
            text = make(chance)
            if text and text not in made:
                made.add(text)
                yield text

    def _phrase(self, chance: random.Random) -> str:
        """Real words, the frequent ones more often, of which the first two never stand in this order."""
        words = chance.choices(self._words, cum_weights=self._weights, k=chance.randint(2, 4))
        return "" if f"{words[0]} {words[1]}" in self._seen.pairs else " ".join(words)

    def _word(self, chance: random.Random) -> str:
        first, second = chance.choices(self._words, k=2)
        word = first[: (len(first) + 1) // 2] + second[len(second) // 2 :]
        return "" if word in self._seen.words or not _SHORT + 2 <= len(word) <= _LONGEST_WORD else word

    def _acronym(self, chance: random.Random) -> str:
        letters = "".join(chance.choices("ABCDEFGHIKLMNOPRSTUVW", k=chance.randint(3, 5)))
        is_taken = (
            letters in self._seen.acronyms or letters.lower() in _UNSEARCHABLE or letters.lower() in self._seen.words
        )
        return "" if is_taken else letters

    def _beginning(self, chance: random.Random) -> str:
        start = self._word(chance)[: chance.choice(_BEGINNINGS)]
        return "" if len(start) < _BEGINNINGS[0] or start in self._seen.beginnings else f"{start}*"


_UNSEARCHABLE: Final = STOP_WORDS | {"near"}
"""Words that are no terms in capitals or alone."""

_SHORT: Final = 3
_LONGEST_WORD: Final = 14
_BEGINNINGS: Final = range(5, 9)
_DRAWS: Final = 8
_PLAIN: Final = re.compile(r"[A-Za-z]+(?:[ -][A-Za-z]+)+")


@dataclass(slots=True)
class _Place:
    """Phrase as drawn: its surface, and in how many answers its words stand."""

    text: str
    answers: int = 0


class _Seen:
    """Words, acronyms, beginnings and phrases with the number of answers that have them; the pairs of words that occur."""

    def __init__(self, answers: Sequence[Parts], chance: random.Random) -> None:
        self.words: Counter[str] = Counter()
        self.acronyms: Counter[str] = Counter()
        self.beginnings: Counter[str] = Counter()
        self.pairs: set[str] = set()
        self._most = max(2, round(RAREST * len(answers)))
        self._phrases: dict[str, _Place] = {}
        for parts in answers:
            self._read(parts, chance)
        for parts in answers:
            grams = {gram for text in parts.values() for run in _runs(text) for gram, _, _ in _grams(run)}
            for gram in grams & self._phrases.keys():
                self._phrases[gram].answers += 1

    def _read(self, parts: Parts, chance: random.Random) -> None:
        words: set[str] = set()
        for text in parts.values():
            read = tokens(text)
            words |= {token.text for token in read if not token.capitals and _is_word(token.text)}
            self.acronyms.update(_acronyms(read, text))
            self.pairs.update(f"{a.text} {b.text}" for a, b in pairwise(read))
            grams = [gram for run in _runs(text) for gram in _grams(run)]
            for gram, start, end in chance.sample(grams, min(_DRAWS, len(grams))):
                if _PLAIN.fullmatch(text[start:end]):
                    self._phrases.setdefault(gram, _Place(text[start:end]))
        self.words.update(sorted(words))
        self.beginnings.update(sorted({word[:n] for word in words for n in _BEGINNINGS if len(word) >= n}))

    def occurring(self, kind: str) -> list[str]:
        """Return the terms of this kind that the texts have, none too frequent, as written."""
        if kind == "phrase":
            return sorted(place.text for place in self._phrases.values() if place.answers <= self._most)
        counted = {"word": self.words, "acronym": self.acronyms, "beginning": self.beginnings}[kind]
        star = "*" if kind == "beginning" else ""
        shortest = _SHORT if kind == "acronym" else _SHORT + 1
        return sorted(
            f"{text}{star}"
            for text in counted
            if len(text) >= shortest and text.lower() not in _UNSEARCHABLE and self._is_rare(kind, text)
        )

    def _is_rare(self, kind: str, text: str) -> bool:
        """Say whether a candidate is rare. A word counts with its forms: "lasts" finds "last" too."""
        if kind == "word":
            return sum(self.words[form] for form in word_forms(text)) <= self._most
        return {"acronym": self.acronyms, "beginning": self.beginnings}[kind][text] <= self._most


def _is_word(text: str) -> bool:
    return text.isascii() and text.isalpha() and len(text) <= _LONGEST_WORD


def _runs(text: str) -> Iterator[list[Token]]:
    """Yield the words between two breaks, marks or acronyms."""
    run: list[Token] = []
    for token in tokens(text):
        if token.gap > HYPHEN or token.is_mark or token.capitals:
            yield run
            run = []
        if not (token.is_mark or token.capitals):
            run.append(token)
    yield run


def _grams(run: Sequence[Token]) -> Iterator[tuple[str, int, int]]:
    """Phrases of two to four words that neither begin nor end with one that says nothing, and where they stand."""
    words = [token.text for token in run]
    says = [len(word) >= _SHORT and word not in STOP_WORDS for word in words]
    for first in range(len(words)):
        for last in range(first + 1, min(first + 4, len(words))):
            if says[first] and says[last] and "or" not in words[first:last]:
                yield " ".join(words[first : last + 1]), run[first].start, run[last].end


def _acronyms(read: Iterable[Token], text: str) -> set[str]:
    written = {(token.capitals, text[token.start : token.end]) for token in read if token.capitals}
    return {word for capitals, word in written if _is_word(word) and capitals == CAPITAL + word.lower()}


def _split(count: int) -> dict[str, int]:
    """Return how many terms of each kind to draw; the remainder are phrases."""
    numbers = {kind: max(1, round(count * share)) for kind, share in SHARES.items()}
    return {**numbers, "phrase": numbers["phrase"] + count - sum(numbers.values())}
