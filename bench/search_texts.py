# ruff: noqa: INP001 - a script's module, no part of a package
"""Texts like the recorded ones, as many as are wanted: questions, headings and answers that keep vocabulary and length real.

An answer takes its paragraphs and sentences from a recorded one. Half of the sentences give way to another of the same
department, of about the same length, at the same place of its answer (first, middle, last, a table). Figures become others
as long. Words that are rare in what was recorded become others as rare, the same one in all of a record: words of the same
pool, which grows as a vocabulary does (Heaps: words known = K * words written ** beta, both fitted to the recorded texts)
and from which a word is drawn the more often the more it was drawn (Simon, which gives Zipf's tail). So a text of millions
of answers has words that stand in a handful of them. No text is written twice unless that is asked for.
"""

from __future__ import annotations

import gzip
import json
import math
import re
import statistics
import zlib
from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from monitor.text.office_names import formula_end
from monitor.text.tokens import tokens
from scrapers.markup import plain_question, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from random import Random

FROM_OTHERS: Final = 0.5
"""Share of sentences that come from another answer."""

RARE: Final = 5
"""A word that stands in so many recorded texts at most is a place where another word may stand."""

WORD: Final = re.compile(r"[^\W\d_]+")
_SLOT: Final = re.compile(r"\d[\d,]*(?:\.\d+)?|[^\W\d_]+")
_SENTENCE: Final = re.compile(r"(?<=[.?!])(\s+)(?=[A-Z(])")
_TURN: Final = re.compile(r" (?=(?:in|for|on|by|from|since|under|between|during|following|to)\b)")
_YEARS: Final = range(1900, 2100)
_SHORTEST: Final = 4
_LONGEST: Final = 16
_DAYS_OF_A_MONTH: Final = 31
_DIGITS: Final = "0123456789"
_BITS: Final = 28
"""Size of the table of answers made, in bits of its index: thirty-two megabytes."""
_REMEMBERED: Final = 1 << 22
"""Number of recently drawn words to remember, more or less."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A question as it was recorded: plain texts, and the department that answered."""

    body: str
    heading: str
    question: str
    answer: str


def recorded(folder: Path) -> list[Recorded]:
    """Return the questions with whole texts in a folder of recorded responses of the questions API.

    Of some only the texts were recorded: their department is the one that others with the same opening formula went to.
    """
    rows = {row["id"]: row for path in sorted(folder.glob("detail-*.jsonl.gz")) for row in _lines(path)}
    by_formula: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows.values():
        by_formula[formula_of(plain_question(row["questionText"]))][row["answeringBodyName"]] += 1
    found = {}
    whole = [row for row in rows.values() if row["textIsComplete"]]
    for row in [*whole, *(row for path in sorted(folder.glob("fulltext-*.jsonl.gz")) for row in _lines(path))]:
        if row.get("answerText"):
            known = rows.get(row["id"], row)
            question = plain_question(row["questionText"])
            bodies = by_formula.get(formula_of(question)) or Counter(["Cabinet Office"])
            body = known.get("answeringBodyName") or bodies.most_common(1)[0][0]
            answer = plain_text(row["answerText"])[0]
            found[row["id"]] = Recorded(body, known.get("heading") or "", question, answer)
    return list(_headed([record for _, record in sorted(found.items())]))


def _headed(real: Sequence[Recorded]) -> Iterator[Recorded]:
    """Give a record without a heading that of another question to the same department."""
    headings: dict[str, list[str]] = defaultdict(list)
    for record in real:
        headings[record.body] += [record.heading] if record.heading else []
    for number, record in enumerate(real):
        known = headings[record.body] or [record.body]
        yield record if record.heading else replace(record, heading=known[number % len(known)])


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def formula_of(question: str) -> str:
    """Return the opening words of a question, up to the person asked."""
    read = tokens(question[:400])
    end = formula_end(read)
    if not end:
        return ""
    after = read[end - 1].end
    return question[:after] + ("," if question[after : after + 1] == "," else "")


@dataclass(frozen=True, slots=True)
class _Slot:
    """A figure, or a rare word: where another may stand."""

    text: str
    is_figure: bool


Template: TypeAlias = tuple["str | _Slot", ...]


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence, or all rows of a table, with the white space behind it, and what may stand there instead."""

    template: Template
    space: str
    others: list[Template]


@dataclass(frozen=True, slots=True)
class _Shape:
    """A recorded question, ready to be varied: heading, question and answer.

    The heading is apart at its colon, the question where it turns; `subjects` and `turns`, of other questions to the same
    department, may stand behind instead.
    """

    body: str
    subject: tuple[Template, Template]
    subjects: list[Template]
    formula: str
    asked: tuple[Template, Template]
    turns: list[Template]
    answer: tuple[_Sentence, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A question and its answer as made."""

    body: str
    heading: str
    question: str
    answer: str


class TextMaker:
    """Makes texts from recorded ones, in an order that depends on `chance` alone.

    It remembers the vocabulary, and of each answer a bit: some hundred megabytes for millions of answers.
    """

    def __init__(self, real: Sequence[Recorded], chance: Random) -> None:
        self._chance = chance
        counted: Counter[str] = Counter()
        for record in real:
            counted.update(
                {word.lower() for word in WORD.findall(f"{record.heading} {record.question} {record.answer}")}
            )
        self._rare = {word for word, count in counted.items() if count <= RARE and len(word) >= _SHORTEST}
        self._vocabulary = _Vocabulary(counted, self._rare, growth_of(real), chance)
        self._letters = _letters_a_word(real)
        self._shapes = self._read(real)
        self._seen = bytearray(1 << _BITS - 3)

    def text(self) -> Text:
        """One more, whose answer is like no other."""
        chance, shape = self._chance.random, self._chance.choice(self._shapes)
        memory: dict[str, str] = {}
        answer = self._answer(shape, memory)
        subject = self._chance.choice(shape.subjects) if chance() < FROM_OTHERS else shape.subject[1]
        turn = self._chance.choice(shape.turns) if chance() < FROM_OTHERS else shape.asked[1]
        heading = self._filled(shape.subject[0], memory) + self._filled(subject, memory)
        question = shape.formula + self._filled(shape.asked[0], memory) + self._filled(turn, memory)
        self._vocabulary.note(int((len(answer) + len(question) + len(heading)) / self._letters))
        return Text(shape.body, heading, question, answer)

    def _answer(self, shape: _Shape, memory: dict[str, str]) -> str:
        written = []
        for sentence in shape.answer:
            is_other = self._chance.random() < FROM_OTHERS
            template = self._chance.choice(sentence.others) if is_other else sentence.template
            written += [self._filled(template, memory), sentence.space]
        while not self._is_new("".join(written)):
            more = self._chance.choice(self._chance.choice(shape.answer).others)
            written += [self._filled(more, memory), " "]
        return "".join(written).rstrip()

    def _is_new(self, answer: str) -> bool:
        """Say whether an answer was certainly not made before; a few new ones are refused."""
        place = zlib.crc32(answer.encode(), len(answer)) & (1 << _BITS) - 1
        byte, bit = place >> 3, 1 << (place & 7)
        if self._seen[byte] & bit:
            return False
        self._seen[byte] |= bit
        return True

    # -- words ---------------------------------------------------------------------------------------------------------

    def _filled(self, template: Template, memory: dict[str, str]) -> str:
        return "".join([piece if isinstance(piece, str) else self._other(piece, memory) for piece in template])

    def _other(self, slot: _Slot, memory: dict[str, str]) -> str:
        """Return what stands in a place now, the same throughout a record."""
        known = memory.get(slot.text)
        if known is None:
            known = memory[slot.text] = self._figure(slot.text) if slot.is_figure else self._word(slot.text)
        return known

    def _figure(self, text: str) -> str:
        chance = self._chance.random
        if text.isascii() and text.isdigit():
            number = int(text)
            if number in _YEARS:
                return str(number - int(12 * chance()))
            if number <= _DAYS_OF_A_MONTH:
                return str(1 + int(_DAYS_OF_A_MONTH * chance()))
        return "".join(
            [_DIGITS[int(9 * chance()) + (place > 0)] if sign.isdigit() else sign for place, sign in enumerate(text)]
        )

    def _word(self, text: str) -> str:
        word = self._vocabulary.draw()
        if text.isupper():
            return word[: len(text)].upper()
        return word.capitalize() if text[0].isupper() else word

    # -- what was recorded ---------------------------------------------------------------------------------------------

    def _read(self, real: Sequence[Recorded]) -> list[_Shape]:
        """Return each text as a shape. Alternatives for one place are one list, shared by all these places."""
        others: dict[tuple[object, ...], list[Template]] = defaultdict(list)
        shapes = []
        for record in real:
            head, subject = _split_at(record.heading, record.heading.find(":"))
            formula = formula_of(record.question)
            rest = record.question[len(formula) :]
            turns = [match.start() for match in _TURN.finditer(rest)]
            stem, turn = _split_at(rest, turns[len(turns) // 2] if turns else -1)
            subjects, ends = others["subject", record.body], others["turn", record.body]
            shape = _Shape(
                record.body,
                (self._template(head), self._template(subject)),
                subjects,
                formula,
                (self._template(stem), self._template(turn)),
                ends,
                tuple(self._sentences(record, others)),
            )
            subjects.append(shape.subject[1])
            ends.append(shape.asked[1])
            shapes.append(shape)
        return shapes

    def _sentences(self, record: Recorded, others: dict[tuple[object, ...], list[Template]]) -> Iterator[_Sentence]:
        pieces = list(_pieces(record.answer))
        for number, (text, space) in enumerate(pieces):
            place = "table" if "\t" in text else "first" if not number else "last" if number == len(pieces) - 1 else ""
            alike = others[place, record.body, len(text).bit_length()]
            alike.append(self._template(text))
            yield _Sentence(alike[-1], space, alike)

    def _template(self, text: str) -> Template:
        pieces: list[str | _Slot] = []
        done = 0
        for match in _SLOT.finditer(text):
            word = match[0]
            if word[0].isdigit() or word.lower() in self._rare:
                pieces += [text[done : match.start()], _Slot(word, word[0].isdigit())]
                done = match.end()
        return tuple(piece for piece in (*pieces, text[done:]) if piece)


def _split_at(text: str, place: int) -> tuple[str, str]:
    """Split a text at a place; -1 leaves it whole, with nothing behind it."""
    return (text, "") if place < 0 else (text[:place], text[place:])


def _pieces(answer: str) -> Iterator[tuple[str, str]]:
    """Yield the sentences of an answer, a table whole, each with the white space after it."""
    read = re.split(r"(\n\n)", answer)
    for paragraph, gap in zip(read[::2], [*read[1::2], ""], strict=True):
        if "\t" in paragraph:
            yield paragraph, gap
            continue
        found = _SENTENCE.split(paragraph)
        yield from zip(found[::2], [*found[1::2], gap], strict=True)


# -- vocabulary -------------------------------------------------------------------------------------------------------


class _Vocabulary:
    """The rare words: those recorded, and new ones as more is written."""

    def __init__(self, counted: Mapping[str, int], rare: set[str], growth: tuple[float, float], chance: Random) -> None:
        self._chance = chance
        self._factor, self._power = growth
        self._known = {*counted}
        self._parts = sorted(word for word in counted if _SHORTEST <= len(word) <= _LONGEST and word.isascii())
        self._words = sorted(rare)
        self._drawn = array("I", [place for place, word in enumerate(self._words) for _ in range(counted[word])])
        self._written = 0
        self._room = 0.0

    def note(self, words: int) -> None:
        """Add to the number of words written."""
        self._written += words
        self._room = self._factor * self._written**self._power

    def draw(self) -> str:
        """Return a new word if it is time for one, else a word drawn before."""
        if len(self._known) < self._room:
            self._words.append(self._invented())
            place = len(self._words) - 1
        else:
            place = self._drawn[int(len(self._drawn) * self._chance.random())]
        if len(self._drawn) < _REMEMBERED:
            self._drawn.append(place)
        else:
            self._drawn[int(_REMEMBERED * self._chance.random())] = place
        return self._words[place]

    def _invented(self) -> str:
        """Join the first half of a word with the second half of another."""
        while True:
            first, second = self._chance.choice(self._parts), self._chance.choice(self._parts)
            word = first[: (len(first) + 1) // 2] + second[len(second) // 2 :]
            if word not in self._known:
                self._known.add(word)
                return word


def growth_of(texts: Iterable[Recorded]) -> tuple[float, float]:
    """K and beta of Heaps' law: after n words so many different ones are known, K * n ** beta."""
    seen: set[str] = set()
    written, points = 0, []
    for number, record in enumerate(texts, 1):
        found = [word.lower() for word in WORD.findall(f"{record.heading} {record.question} {record.answer}")]
        written += len(found)
        seen.update(found)
        if number % 100 == 0:
            points.append((math.log(written), math.log(len(seen))))
    fitted = statistics.linear_regression(*zip(*points[len(points) // 4 :], strict=True))
    return math.exp(fitted.intercept), fitted.slope


def _letters_a_word(texts: Iterable[Recorded]) -> float:
    """Characters for each word, the white space among them."""
    read = [f"{record.heading}{record.question}{record.answer}" for record in texts]
    return sum(map(len, read)) / sum(len(WORD.findall(text)) for text in read)
