"""The last year of topics in weekly digests: months, members who are new, promises that are late, and their wording."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor.config.settings import ScheduleSettings
from monitor.digest.compose import Compose
from monitor.digest.formats.plain_json import Related, plain
from monitor.digest.topic_years import MONTHS, months_of
from monitor.digest.year_lines import MOST_TOPICS, plot_of, year_lines
from monitor.model.digests import NewDigest
from monitor.model.following import MuteKind
from monitor.model.records import Member
from monitor.model.topic_years import Newcomer, TopicYear
from tests.archive_kit import store
from tests.builders import a_digest, a_question, a_subscriber
from tests.db.follow_kit import last_text
from tests.fakes import Clock, World, a_config, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.digest.prepare import Prepared
    from monitor.model.records import Proceeding

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


def water(number: int, answered_on: date, **facts: Any) -> Proceeding:
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
    [newcomer] = year.newcomers
    assert (newcomer.name, newcomer.first_on, newcomer.questions) == ("Cy Newcomer", TODAY - timedelta(days=4), 2)
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


def test_newcomers_of_the_day_of_a_digest_are_told_once(world: World) -> None:
    """A digest tells of those whom it read of that day; the next one of those who were read of that day after it."""
    reader = a_subscriber(cadence="weekly", at="18:00")
    world.config = a_config(schedule=replace(ScheduleSettings(), weekly_on=TODAY.weekday()), subscribers=(reader,))
    world.pipeline().sync()
    store(world.archive, water(1, TODAY - timedelta(days=200)))

    def newcomers_at(day: date, hour: int, *published: Proceeding) -> list[str]:
        world.source.publish(*published)
        world.clock.now = at(day, hour, 1)
        assert world.run().ok
        return re.findall(r"Asked for the first time: ([^.]*)\.", last_text(world)) if world.post.sent else []

    def tabled(number: int, day: date, name: str) -> Proceeding:
        asker = Member(member_id=9100 + number, name=name)
        return replace(water(number, day, tabled_on=day, asked_by=asker), answered_on=None, answer=None)

    first, second, third = (TODAY + timedelta(days=7 * week) for week in range(3))
    assert newcomers_at(TODAY - timedelta(days=1), 12) == []
    assert newcomers_at(first, 18, tabled(90, first, "Cy Early")) == ["Cy Early"]
    newcomers_at(first, 20, tabled(91, first, "Bo Late"))
    assert newcomers_at(second, 18, tabled(92, second, "Di Early")) == ["Bo Late and Di Early"]
    assert newcomers_at(third, 18, tabled(93, third, "Cy Early")) == []


def test_only_a_mail_of_a_slot_tells_of_newcomers(world: World) -> None:
    world.config = a_config(subscribers=(a_subscriber(),))
    world.pipeline().sync()
    for kind, slot in (("mailed", "a"), ("mailed", "a supplement"), ("skipped", "b"), ("empty", "c")):
        world.clock.now += timedelta(hours=1)
        new = NewDigest(subscriber="desk", slot=slot, kind=kind, as_of=world.clock.now, subject="", told_on=TODAY)
        world.archive.digests.store(new)
    mailed_at = world.archive.digests.reader_state("desk", "d").mailed_at
    assert mailed_at is not None
    assert timedelta(hours=7) <= mailed_at - at(TODAY, 0) < timedelta(hours=8)


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
