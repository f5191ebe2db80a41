# ruff: noqa: INP001 - a script's module, no part of a package
"""The answers that `search.py` searches: any number of them, made from recorded ones, in the order of their days.

Some 250 come on a working day, fewer on a Friday, none in August and at Christmas, so that 1,500,000 reach from the end of
the 1990s to October 2026. 18 % have the text of another word for word: answers to a group of questions, and the same that is
said again within some days. Before September 2014 they are told as files of TheyWorkForYou tell them, with numbers and
columns, then as the questions API does. Members are invented. The same seed makes the same answers.
"""

from __future__ import annotations

import marshal
import math
import re
import statistics
from collections import Counter, deque
from datetime import date, timedelta
from functools import cache
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from matching_terms import sample_answers
from search_texts import WORD, Recorded, TextMaker, recorded

from monitor.model.records import Grouped, House, Kind, Link, Member, Proceeding
from monitor.parliament.identifiers import UINS_SINCE, WRITTEN_ANSWERS, number_key, session_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


NEWEST: Final = date(2026, 10, 30)
A_DAY: Final = 250
BY_WEEKDAY: Final = (1.2, 1.2, 1.2, 1.1, 0.3, 0.0, 0.0)
LORDS: Final = 0.15
GROUPED: Final = 0.065
"""Share of answers that repeat the one before, on the same day: their questions are a group."""
REPEATED: Final = 0.03
"""Share of answers that repeat one of the last days."""
LAST: Final = 2_000
"""Most answers back from which a text is taken."""
IN_A_COLUMN: Final = 3

_PARTIES: Final = (
    "Labour",
    "Conservative",
    "Liberal Democrat",
    "Scottish National Party",
    "Green Party",
    "Independent",
)
_GIVEN: Final = """
    Ada Bertram Clara Desmond Edith Felix Greta Hubert Ivy Jasper Kitty Leopold Mabel Norbert Olive Percival
""".split()  # noqa: SIM905 - reads best so
_FAMILY: Final = [
    f"{start}{end}"
    for start, end in product(
        ("Ash", "Brim", "Cold", "Dun", "Elm", "Fen", "Gar", "Hol", "Kel"),
        ("wick", "stow", "ridge", "mere", "combe", "gate"),
    )
]
_MILLION: Final = 1_000_000
_LINK: Final = re.compile(r"https?://\S+")
_SITE: Final = "https://questions-statements.parliament.uk/written-questions/detail"
_PRINTED: Final = "https://www.publications.parliament.uk/pa/cm/cmhansrd"


class Answer(NamedTuple):
    """A question with its answer. `number` counts from 1 in the order of days; days are ordinals of `date`.

    `group`: the numbers by which Parliament knows the other questions of its group.
    """

    number: int
    day: int
    tabled: int
    house: str
    uin: str
    body: str
    body_id: int
    heading: str
    question: str
    answer: str
    asker: int
    minister: int
    is_named_day: bool
    column: int
    group: tuple[str, ...]


# -- making -----------------------------------------------------------------------------------------------------------


def read_recorded(folder: Path, *, seed: int = 1) -> list[Recorded]:
    """Return the recorded answers in a random order. Exits with a sentence if the folder is missing."""
    if not folder.is_dir():
        raise SystemExit(f"{folder} is not here: take the demo's sentences with --sample.")
    real = recorded(folder)
    Random(seed).shuffle(real)  # noqa: S311 - no secret
    return real


def read_sample() -> list[Recorded]:
    """Return invented answers of few words: those of the demo, and more composed from them."""
    return [
        Recorded("Department of Examples", "Examples", text["question"], text["answer"])
        for text in sample_answers(2_000)
    ]


def days(count: int, chance: Random) -> list[tuple[date, int]]:
    """Return how many answers each day has, oldest day first."""
    found, left, day = [], count, NEWEST
    while left:
        usual = 0 if _is_recess(day) else A_DAY * BY_WEEKDAY[day.weekday()]
        some = min(left, int(usual * chance.lognormvariate(0, 0.35))) if usual else 0
        if some:
            found.append((day, some))
        left -= some
        day -= timedelta(days=1)
    return found[::-1]


def _is_recess(day: date) -> bool:
    return day.month == 8 or (day.month, day.day) > (12, 20) or (day.month, day.day) < (1, 6)  # noqa: PLR2004 (August)


def answers(real: Sequence[Recorded], count: int, *, seed: int = 1) -> Iterator[list[Answer]]:
    """Yield the answers of one day after the other."""
    chance = Random(seed)  # noqa: S311 - no secret
    maker = _DayMaker(TextMaker(real, chance), sorted({record.body for record in real}), chance)
    for day, number in days(count, chance):
        yield maker.day(day, number)


class _DayMaker:
    """Makes the answers of one day after the other."""

    def __init__(self, texts: TextMaker, bodies: Sequence[str], chance: Random) -> None:
        self._texts = texts
        self._bodies = {body: number for number, body in enumerate(bodies, 1)}
        self._chance = chance
        self._last: deque[Answer] = deque(maxlen=LAST)
        self._made = 0
        self._numbers: Counter[tuple[str | None, str]] = Counter()

    def day(self, day: date, count: int) -> list[Answer]:
        """Make the answers of a day; questions of a group follow each other."""
        groups: list[list[Answer]] = []
        for place in range(count):
            draw = self._chance.random()
            before = groups[-1][-1] if draw < GROUPED and groups else None
            like = (
                self._chance.choice(self._last) if before is None and draw < GROUPED + REPEATED and self._last else None
            )
            made = self._answer(day, place, before, like)
            if before is None:
                groups.append([made])
            else:
                groups[-1].append(made)
        found = [_in_group(answer, group) for group in groups for answer in group]
        self._last.extend(found)
        return found

    def _answer(self, day: date, place: int, before: Answer | None, like: Answer | None) -> Answer:
        chance, text = self._chance, self._texts.text()
        same = before or like
        house = House(before.house) if before else House.LORDS if chance.random() < LORDS else House.COMMONS
        self._made += 1
        number = (session_on(day), house.value)
        self._numbers[number] += 1 + int(3 * chance.random())
        body = same.body if same else text.body
        return Answer(
            number=self._made,
            day=day.toordinal(),
            tabled=before.tabled if before else day.toordinal() - 2 - int(9 * chance.random()),
            house=house.value,
            uin=f"{'HL' if house is House.LORDS else ''}{self._numbers[number]}",
            body=body,
            body_id=self._bodies[body],
            heading=text.heading,
            question=text.question,
            answer=same.answer if same else text.answer,
            asker=before.asker if before else int(650 * chance.random() ** 2),
            minister=same.minister if same else 1000 + 5 * self._bodies[body] + int(5 * chance.random()),
            is_named_day=chance.random() < 0.25,  # noqa: PLR2004 (as recorded)
            column=1 + place // IN_A_COLUMN,
            group=(),
        )


def _in_group(answer: Answer, group: Sequence[Answer]) -> Answer:
    return (
        answer._replace(group=tuple(other.uin for other in group if other is not answer)) if len(group) > 1 else answer
    )


# -- kept in a file ---------------------------------------------------------------------------------------------------


def keep(made: Iterable[list[Answer]], path: Path) -> None:
    """Write the answers to a file, which takes less time to read than they take to make."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        for day in made:
            marshal.dump([tuple(answer) for answer in day], file)
    partial.rename(path)


def read(path: Path, first: int = 0) -> Iterator[list[Answer]]:
    """Yield the days of a file that have an answer numbered `first` or later."""
    with path.open("rb") as file:
        while True:
            try:
                day = marshal.load(file)  # noqa: S302 (our own file)
            except EOFError:
                return
            if day[-1][0] >= first:
                yield [Answer(*answer) for answer in day]


# -- as the sources publish -----------------------------------------------------------------------------------------


def proceeding_of(answer: Answer) -> Proceeding:
    """Return the answer as the source of its time publishes it."""
    return _as_listed(answer) if date.fromordinal(answer.tabled) >= UINS_SINCE else _as_printed(answer)


def _as_listed(answer: Answer) -> Proceeding:
    tabled_on = date.fromordinal(answer.tabled)
    return Proceeding(
        id=f"q-{500_000 + answer.number}",
        source="questions",
        url=f"{_SITE}/{tabled_on}/{answer.uin}",
        tabled_on=tabled_on,
        date_for_answer=tabled_on + timedelta(days=3),
        named_day=answer.is_named_day,
        is_correction=False,
        body_id=answer.body_id,
        asked_by=member(answer.asker),
        answered_by=member(answer.minister),
        grouped_with=tuple(Grouped(uin=uin, tabled_on=tabled_on) for uin in answer.group),
        **_facts(answer),
    )


def _as_printed(answer: Answer) -> Proceeding:
    day, house = date.fromordinal(answer.day), House(answer.house)
    session, uin = session_on(day) or "", answer.uin
    folder = "wrans" if house is House.COMMONS else "lordswrans"
    key = number_key(house, session, uin)
    return Proceeding(
        id=f"pq-{house}-{session}-{uin}".lower(),
        source="theyworkforyou",
        url=f"{_PRINTED}/{day:%y%m%d}/text/{day:%y%m%d}w{answer.column:04}.htm#{day:%y%m%d}{answer.number % 10**8:08}",
        series=WRITTEN_ANSWERS,
        column=f"{answer.column}W",
        session=session,
        gid=f"uk.org.publicwhip/{folder}/{day}a.{uin}.q0",
        keys=(*([key] if key else []), f"gid:{folder}/{day}.{uin}"),
        asked_by=_as_in_print(answer.asker),
        answered_by=_as_in_print(answer.minister),
        grouped_with=tuple(Grouped(uin=other) for other in answer.group),
        **_facts(answer),
    )


def _facts(answer: Answer) -> dict[str, Any]:
    links = [Link(text=match[0], href=match[0]) for match in _LINK.finditer(answer.answer)]
    return {
        "kind": Kind.QUESTION,
        "house": House(answer.house),
        "uin": answer.uin,
        "heading": answer.heading,
        "question": answer.question,
        "answer": answer.answer,
        "body": answer.body,
        "answered_on": date.fromordinal(answer.day),
        "is_holding": False,
        "links": tuple(links),
    }


@cache
def member(number: int) -> Member:
    """Return an invented member, the same for each number."""
    name = f"{_GIVEN[number % len(_GIVEN)]} {_FAMILY[number * 7 % len(_FAMILY)]}"
    return Member(
        member_id=number, name=name, party=_PARTIES[number % 16 % len(_PARTIES)], constituency=f"{name[:3]}ton North"
    )


@cache
def _as_in_print(number: int) -> Member:
    return Member(person_id=10_000 + number, name=member(number).name, party=member(number).party)


# -- what it is like --------------------------------------------------------------------------------------------------


class Likeness(NamedTuple):
    """Likeness of some answers: characters, words, different words in a million, share that equals another."""

    answers: int
    mean: float
    median: int
    p95: int
    words: float
    distinct: int
    alike: float


def likeness(texts: Iterable[tuple[str, str, str]]) -> Likeness:
    """Measure (heading, question, answer). Words are letters alone, in any case."""
    lengths: list[int] = []
    seen: Counter[str] = Counter()
    words: set[str] = set()
    written = distinct = 0
    for heading, question, answer in texts:
        lengths.append(len(answer))
        seen[answer] += 1
        found = WORD.findall(f"{heading} {question} {answer}".lower())
        written += len(found)
        words.update(found)
        distinct = len(words) if written <= _MILLION else distinct
    lengths.sort()
    return Likeness(
        answers=len(lengths),
        mean=statistics.fmean(lengths),
        median=lengths[len(lengths) // 2],
        p95=lengths[math.ceil(len(lengths) * 0.95) - 1],
        words=written / len(lengths),
        distinct=distinct,
        alike=sum(count for count in seen.values() if count > 1) / len(lengths),
    )
