"""Places in the list of what waits: programs and assistants page through it while answers come."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from monitor.model.records import Attachment
from monitor.parliament.lifecycle import DueDays
from monitor.research.records import place_of, waiting_after, waiting_questions
from tests.builders import a_question
from tests.fakes import Clock, World, a_config, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.research.records import WaitingQuestion

TODAY = date(2024, 11, 26)
PROMISE = "I will write to the hon. Member, and a copy of my letter will be placed in the Library."
FILE = Attachment(title="Letter", url="https://example.org/letter.pdf", file_type="application/pdf", size_bytes=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Make a world in which five questions on bathing water wait, two of them late, and then two letters."""
    archive = new_archive(tmp_path, clock := Clock(at(TODAY, 8)))
    world = World(archive, clock, config=a_config(subscribers=()))
    for number in range(7):
        asked = a_question(
            uin=str(140_000 + number),
            question=f"What is done for bathing water {number}.",
            answer=PROMISE if number > 4 else None,
            tabled_on=date(2024, 11, 25),
            date_for_answer=date(2024, 11, 25 if number < 2 else 29),
            answered_on=date(2024, 11, 25) if number > 4 else None,
        )
        world.source.publish(asked)
    world.run()
    yield world
    archive.close()


def waiting(world: World) -> list[WaitingQuestion]:
    topics = [topic.key for topic in world.config.topics]
    return waiting_questions(world.archive, topics, due_days(world), TODAY)


def due_days(world: World) -> DueDays:
    return DueDays(lambda: world.calendar)


def numbers(questions: list[WaitingQuestion] | None) -> list[int]:
    assert questions is not None
    return [int(found.question.proceeding.uin or "") - 140_000 for found in questions]


def behind(world: World, place: str) -> list[int]:
    return numbers(waiting_after(world.archive, waiting(world), place, due_days(world), TODAY))


def test_a_place_is_behind_its_record(world: World) -> None:
    found = waiting(world)
    assert numbers(found) == [0, 1, 2, 3, 4, 5, 6]
    for number, record in enumerate(found):
        assert behind(world, place_of(record)) == list(range(number + 1, 7))


@pytest.mark.parametrize("answer", ["The bathing water was tested.", PROMISE])
@pytest.mark.parametrize("number", [1, 3])
def test_a_place_stays_when_its_record_is_answered(world: World, number: int, answer: str) -> None:
    """An answer that promises a letter stands among the letters: what comes between is not passed over."""
    place = place_of(waiting(world)[number])
    world.source.change(str(140_000 + number), answer=answer, answered_on=TODAY)
    world.clock.tick(seconds=3600)
    world.run()
    rest = behind(world, place)
    assert [left for left in rest if left != number] == list(range(number + 1, 7))
    assert (number in rest) == (answer == PROMISE)


def test_a_place_stays_when_its_letter_comes(world: World) -> None:
    place = place_of(waiting(world)[5])
    world.source.change("140005", attachments=(FILE,))
    world.clock.now = at(date(2024, 11, 29), 9)  # the answer is read again some days later
    world.run()
    assert numbers(waiting(world)) == [0, 1, 2, 3, 4, 6]
    assert behind(world, place) == [6]


def test_a_place_of_no_record_is_none(world: World) -> None:
    for place in ("q-1", "letter:", "140001", "letter:140001"):
        assert waiting_after(world.archive, waiting(world), place, due_days(world), TODAY) is None
