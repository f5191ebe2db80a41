"""The last year of topics in weekly digests: months, members who are new, promises that are late, and their wording."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor.digest.compose import Compose
from monitor.digest.formats.plain_json import Related, plain
from monitor.digest.topic_years import MONTHS, months_of
from monitor.digest.year_lines import MOST_TOPICS, plot_of, year_lines
from monitor.model.following import MuteKind
from monitor.model.records import Member
from monitor.model.topic_years import Newcomer, TopicYear
from tests.builders import a_digest, a_question, a_subscriber
from tests.fakes import Clock, World, a_config, at, new_archive
from tests.unit.cli_kit import store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.digest.prepare import Prepared

TODAY = date(2024, 11, 18)


# -- months -----------------------------------------------------------------------------------------------


def test_months_are_the_last_twelve_with_the_one_that_is_not_over() -> None:
    days: dict[date | None, int] = {date(2024, 11, 1): 2, date(2023, 12, 31): 5, date(2023, 11, 30): 7, None: 3}
    months = months_of(days, date(2005, 1, 1), TODAY)
    assert len(months) == MONTHS
    assert (months[0], months[1], months[-1]) == (("2023-12", 5), ("2024-01", 0), ("2024-11", 2))


def test_months_before_the_archive_are_left_out() -> None:
    days: dict[date | None, int] = {TODAY: 1}
    assert months_of(days, date(2024, 9, 20), TODAY) == (("2024-09", 0), ("2024-10", 0), ("2024-11", 1))
    assert months_of(days, date(2024, 10, 20), TODAY) == ()
    assert months_of({}, date(2005, 1, 1), TODAY) == ()


# -- wording ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "plot"),
    [
        ([], ""),
        ([0, 0], "\u00b7\u00b7"),
        ([1, 1], "\u2587\u2587"),
        ([0, 1, 2, 3, 4, 5], "\u00b7\u2581\u2582\u2583\u2585\u2587"),
        ([1, 1000], "\u2581\u2587"),
    ],
)
def test_plots_have_a_block_for_each_number(values: list[int], plot: str) -> None:
    assert plot_of(values) == plot


def said(year: TopicYear) -> tuple[str, ...]:
    [line] = year_lines(a_digest(years=(year,)))
    assert line.topic == "Water"
    return line.said


def test_the_plot_is_said_in_words() -> None:
    months = (("2024-09", 3), ("2024-10", 14), ("2024-11", 0))
    assert said(TopicYear(topic="water", months=months)) == (
        "17 records from September 2024 to November 2024, most in October 2024: 14.",
    )
    months = (("2024-09", 2), ("2024-10", 2), ("2024-11", 0))
    assert said(TopicYear(topic="water", months=months)) == (
        "4 records from September 2024 to November 2024, at most 2 in a month.",
    )


def test_many_members_are_counted() -> None:
    newcomers = tuple(Newcomer(name=f"Member {n}", first_on=TODAY, questions=n) for n in range(1, 8))
    [sentence] = said(TopicYear(topic="water", newcomers=newcomers))
    assert sentence == (
        "Asked for the first time: Member 1, Member 2 (2 questions), Member 3 (3 questions), Member 4 (4 questions), "
        "Member 5 (5 questions) and 2 more."
    )


def test_of_very_many_topics_the_first_are_shown() -> None:
    years = tuple(TopicYear(topic=f"t{n}", months=(("2024-11", 1),)) for n in range(MOST_TOPICS + 2))
    lines = year_lines(a_digest(years=years))
    assert len(lines) == MOST_TOPICS + 1
    assert (lines[-1].topic, lines[-1].said) == ("2 more topics", ("pqwatch stats --by topic",))


# -- whole digests ----------------------------------------------------------------------------------------------------


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Clock(at(TODAY, 6))
    archive = new_archive(tmp_path, clock)
    yield World(archive, clock)
    archive.close()


def water(number: int, answered_on: date, **facts: Any) -> Any:
    return a_question(
        **{
            "uin": str(140000 + number),
            "question": "What steps he is taking on bathing water.",
            "answer": "The bathing water was tested.",
            "tabled_on": answered_on - timedelta(days=4),
            "answered_on": answered_on,
        }
        | facts
    )


NEW = Member(member_id=9100, name="Cy Newcomer", party="Labour", constituency="Mid Sample")


def prepared(world: World, cadence: str = "weekly", **facts: Any) -> Prepared:
    """Return the digest of a reader after a year of answers, one of them of a member who is new."""
    reader = a_subscriber(cadence=cadence, **facts)
    world.config = a_config(subscribers=(reader,))
    records = [water(number, TODAY - timedelta(days=300 - 20 * number)) for number in range(12)]
    records[1] = replace(records[1], answer="We will publish a list of bathing water sites in spring 2024.")
    records += [water(90, TODAY, asked_by=NEW), water(91, TODAY, asked_by=NEW)]
    world.pipeline().sync()
    store(world.archive, *records)
    world.pipeline().match()
    return Compose(world.archive, world.config, world.calendar, world.clock(), world.clock).prepare(reader, "x")


def test_a_weekly_digest_shows_the_last_year_of_its_topics(world: World) -> None:
    made = prepared(world)
    [year] = made.digest.years
    assert sum(count for _, count in year.months) == 14
    assert year.newcomers == (Newcomer(name="Cy Newcomer", first_on=TODAY - timedelta(days=4), questions=2),)
    assert (len(year.late), year.late_count) == (1, 1)
    text = " ".join(made.rendered.text.split())
    assert "YOUR TOPICS IN THE LAST YEAR" in text
    plot = plot_of([count for _, count in year.months])
    assert f"Water {plot} 14 records from January 2024 to November 2024, at most 2 in a month." in text
    assert "Asked for the first time: Cy Newcomer (2 questions)." in text
    assert (
        "Promised for spring 2024, and late: \u201cWe will publish a list of bathing water sites in spring 2024.\u201d "
        "(UIN 140001)"
    ) in text
    assert 'aria-hidden="true"' in made.rendered.html
    assert plot in made.rendered.html


@pytest.mark.parametrize("cadence", ["daily", "instant"])
def test_other_digests_do_not(world: World, cadence: str) -> None:
    made = prepared(world, cadence)
    assert made.digest.years == ()
    assert "LAST YEAR" not in made.rendered.text


def test_promises_that_the_reader_dealt_with_or_does_not_want_are_left_out(world: World) -> None:
    made = prepared(world, promises=False)
    assert made.digest.years[0].late == ()
    reader = replace(made.digest.subscriber, promises=True)
    [record] = world.archive.cross_references.find("q-140001")
    number = world.archive.choices.mute(reader, MuteKind.RECORD, "q-140001", TODAY + timedelta(days=9), record)
    again = Compose(world.archive, world.config, world.calendar, world.clock(), world.clock)
    assert number
    assert again.prepare(reader, "x").digest.years[0].late == ()


def test_a_reader_without_topics_has_no_years(world: World) -> None:
    assert prepared(world, topics=()).digest.years == ()


def test_a_program_gets_the_same(world: World) -> None:
    digest = prepared(world).digest
    message = json.loads(plain(digest, (), lambda _record: None, "<1@x>", lambda _revision: Related((), ())))
    [year] = message["topic_years"]
    assert year["topic"] == "water"
    assert year["months"]["2024-11"] == 2
    assert year["new_askers"] == [{"name": "Cy Newcomer", "first_on": "2024-11-14", "questions": 2}]
    assert year["late_promises_count"] == len(year["late_promises"]) == 1
