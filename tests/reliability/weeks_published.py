"""Publications of the weeks of an operator: questions and statements, each state with a word of its own.

A *version* is a state of a record. Its text holds its mark, such as `z0035v2`, by which the judge finds it in mails, and
the names of animals, which topics look for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.model.records import House, Member
from tests.builders import ASKER, MINISTER, a_question
from tests.fakes import FakeSource

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from monitor.model.records import Proceeding
    from monitor.model.sources import Detail, Window, WindowPage

QUESTIONS, STATEMENTS = "questions", "statements"
WORDS = ("osprey", "heron", "walrus", "narwhal", "badger")
ASKERS = (ASKER, Member(member_id=9002, name="Ben Example", party="Labour", constituency="Outer Sample"))
BODIES = ("Department for Sample Affairs", "Sample Office")
CHANGED_WITHIN = timedelta(days=12)
"""Age of the last dated state of a record that still changes: silent edits of older ones are not looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A state of a record.

    `day`: its civil day, by which it is news: corrected, else answered, else tabled. `words`: the animals in it. `kind`:
    "tabled", "holding", "answered", "corrected", "edited", "withdrawn" or "returned". `is_old`: its day is before all news.
    """

    record: str
    number: int
    source: str
    house: House
    day: date
    published_at: datetime
    words: frozenset[str]
    kind: str
    asker: str
    body: str
    is_old: bool = False

    @property
    def mark(self) -> str:
        """Return the word that stands in this version alone."""
        return mark_of(self.record, self.number)

    @property
    def public_id(self) -> str:
        """Return the id of the record in the archive."""
        return f"q-{self.record}" if self.source == QUESTIONS else self.record

    @property
    def is_answer(self) -> bool:
        """True unless it is a question without an answer."""
        return self.kind != "tabled"


def mark_of(record: str, number: int) -> str:
    """Return the mark of a version of a record."""
    return f"z{record[-4:]}v{number}"


class NamedSource(FakeSource):
    """A source in memory whose payloads carry its own name."""

    def __init__(self, name: str, by: Sequence[str]) -> None:
        super().__init__()
        self.name, self.by = name, tuple(by)

    def read_window(self, window: Window) -> Iterator[WindowPage]:
        """Return the pages of a window."""
        for page in super().read_window(window):
            entries = (replace(entry, payload=replace(entry.payload, source=self.name)) for entry in page.entries)
            yield replace(page, entries=tuple(entries))

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Return records whole."""
        for detail in super().read_details(keys):
            yield replace(detail, payload=replace(detail.payload, source=self.name)) if detail.payload else detail


class Paper:
    """Everything that was published: two sources, and each version by its mark.

    `news_since`: the last day with answers before the first run. Everything of earlier days is history.
    """

    def __init__(self, dice: random.Random, news_since: date) -> None:
        self.dice, self.news_since = dice, news_since
        self.sources = {
            QUESTIONS: NamedSource(QUESTIONS, FakeSource.by),
            STATEMENTS: NamedSource(STATEMENTS, ("answered", "corrected")),
        }
        self.versions: dict[str, Version] = {}
        self.newest: dict[str, Version] = {}

    def publish(self, now: datetime, today: date) -> Version:
        """Publish a question, with or without an answer, or a statement."""
        source = self.dice.choice([QUESTIONS, QUESTIONS, STATEMENTS])
        house = House.COMMONS if source == STATEMENTS or self.dice.random() < 0.7 else House.LORDS
        is_answered = source == STATEMENTS or self.dice.random() < 0.6
        return self.add(source, self.dice.choice(WORDS), now, today, house=house, is_answered=is_answered)

    def add(
        self,
        source: str,
        word: str,
        now: datetime,
        day: date,
        *,
        house: House = House.COMMONS,
        is_answered: bool = True,
    ) -> Version:
        """Publish a record of a day about an animal."""
        uin = str(140001 + len(self.newest))
        record = uin if source == QUESTIONS else f"s-{uin}"
        asker, body = self.dice.choice(ASKERS), self.dice.choice(BODIES)
        mark = mark_of(record, 1)
        self.sources[source].publish(
            a_question(
                id=f"q-{record}" if source == QUESTIONS else record,
                uin=uin,
                source=source,
                house=house,
                heading=f"Sample {record}",
                question=f"To ask the Secretary of State, what he does for the {word} {mark}.",
                answer=f"We help the {word} {mark} today." if is_answered else None,
                asked_by=asker,
                body=body,
                body_id=BODIES.index(body) + 1,
                tabled_on=day,
                date_for_answer=day + timedelta(days=40),
                answered_on=day if is_answered else None,
                url=f"https://questions-statements.parliament.uk/written-questions/detail/{day}/{record}",
            )
        )
        return self._note(
            Version(
                record=record,
                number=1,
                source=source,
                house=house,
                day=day,
                published_at=now,
                words=frozenset({word}),
                kind="answered" if is_answered else "tabled",
                asker=asker.name or "",
                body=body,
                is_old=day < self.news_since,
            )
        )

    def change(self, now: datetime, today: date) -> Version | None:
        """Answer, correct or edit a record that is not too old; None where chance takes one that is."""
        before = self.dice.choice(list(self.newest.values()))
        there = self.sources[before.source].published[before.record]
        if today - (there.corrected_on or there.answered_on or there.tabled_on or today) > CHANGED_WITHIN:
            return None
        return self.change_after(before, now, today)

    def change_after(self, before: Version, now: datetime, today: date) -> Version:
        """Answer, correct or edit a record of which this is the newest version."""
        source, word = self.sources[before.source], self.dice.choice(WORDS)
        there = source.published[before.record]
        mark = mark_of(before.record, before.number + 1)
        asked = animals_in(there.question)
        if there.answer is None:
            source.change(
                before.record, answer=f"We help the {word} {mark} today.", answered_on=today, answered_by=MINISTER
            )
            return self.follow_up(before, now, today, "answered", {*asked, word})
        if self.dice.random() < 0.7:
            text = f"We did correct the {word} {mark} today."
            source.change(before.record, answer=text, corrected_on=today, is_correction=True)
            return self.follow_up(before, now, today, "corrected", {*asked, word})
        source.change(before.record, answer=f"{there.answer[:-1]} and {mark}.")
        return self.follow_up(before, now, day_of(there), "edited", {*asked, *animals_in(there.answer)})

    def follow_up(self, before: Version, now: datetime, day: date, kind: str, words: set[str]) -> Version:
        """Note the next version of a record."""
        return self._note(
            replace(
                before,
                number=before.number + 1,
                day=day,
                published_at=now,
                words=frozenset(words),
                kind=kind,
                is_old=False,
            )
        )

    def _note(self, version: Version) -> Version:
        self.versions[version.mark] = self.newest[version.record] = version
        return version


class FullPaper(Paper):
    """Publications with holding answers, and records that are withdrawn with their texts and come back.

    A withdrawn record has the text of its version in the place of its question, and one that is back in its question.
    """

    def __init__(self, dice: random.Random, news_since: date) -> None:
        super().__init__(dice, news_since)
        self._texts: dict[str, dict[str, str | None]] = {}

    def change_after(self, before: Version, now: datetime, today: date) -> Version:
        """Change a record in any way."""
        source, mark = self.sources[before.source], mark_of(before.record, before.number + 1)
        there = source.published[before.record]
        day = there.corrected_on or there.answered_on or there.tabled_on or today
        if before.kind == "withdrawn":
            texts = self._texts.pop(before.record)
            question = f"{str(texts['question']).partition(' z')[0]} {mark}."
            source.change(before.record, is_withdrawn=False, question=question, answer=texts["answer"])
            return self.follow_up(before, now, day, "returned", animals_in(f"{question} {texts['answer']}"))
        if self.dice.random() < 0.15:
            self._texts[before.record] = {"question": there.question, "answer": there.answer}
            source.change(before.record, is_withdrawn=True, question=f"Withdrawn {mark}.", answer=None)
            return self.follow_up(before, now, day, "withdrawn", set())
        if there.answer is None and self.dice.random() < 0.3:
            word = self.dice.choice(WORDS)
            answer = f"It will not be possible to answer about the {word} {mark} in time."
            source.change(before.record, answer=answer, is_holding=True, answered_on=today)
            return self.follow_up(before, now, today, "holding", {*animals_in(there.question), word})
        if there.is_holding:
            source.change(before.record, answer=None, is_holding=False, answered_on=None)
        return super().change_after(before, now, today)


def day_of(there: Proceeding) -> date:
    """Return the day of an answer."""
    day = there.corrected_on or there.answered_on
    assert day is not None
    return day


def animals_in(text: str | None) -> set[str]:
    """Return the animals in a text."""
    return {word for word in WORDS if word in (text or "")}
