"""Health of sources, when a source counts as silent, and the report at the foot of a digest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from monitor.collect.health import LOOK_BACK, Moment, Silence, health_of_file_sources, is_down, source_healths
from monitor.config import settings
from monitor.digest.reading_report import reading_report
from monitor.model.collection import FileOutcome, FileRead, RunOutcome, WindowCoverage, WindowState
from monitor.model.records import House
from monitor.model.sources import Window
from monitor.parliament.calendar import SittingCalendar
from tests.archive_kit import store
from tests.builders import a_question
from tests.fakes import Clock, a_config, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from db.archive import Archive
    from monitor.collect.health import FileSourceHealth, SourceHealth

LONDON = ZoneInfo("Europe/London")
COMMONS, LORDS = House.COMMONS, House.LORDS
MONDAY = date(2025, 3, 10)
NOW = datetime(2025, 3, 10, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CALENDAR = SittingCalendar(
    known={COMMONS: (date(2024, 12, 1), date(2025, 5, 30))},
    recesses={COMMONS: ((date(2025, 2, 13), date(2025, 2, 23)),)},
)


def a_window(day: date = MONDAY, **facts: Any) -> WindowCoverage:
    by, house = facts.pop("by", "answered"), facts.pop("house", COMMONS)
    given: dict[str, Any] = {"state": "complete", "read_at": NOW, "total": 10, "held": 10}
    given |= facts
    given["state"] = WindowState(given["state"])
    return WindowCoverage(window=Window(source="questions", house=house, by=by, day=day), **given)


def health(*covered: WindowCoverage, **facts: Any) -> SourceHealth:
    since = facts.pop("since", None)
    given: dict[str, Any] = {"calendar": CALENDAR, "now": NOW, "today": MONDAY, "interval": HOUR}
    [found] = source_healths(covered, {"questions": (COMMONS,)}, Moment(**(given | facts)), since=since)
    return found


def test_of_a_source_without_a_list_of_answers_its_records_are_counted() -> None:
    windows = [a_window(MONDAY, by="tabled", total=9, held=8), a_window(MONDAY, by="meeting", total=3, held=3)]
    found = health(*windows)
    assert (found.read, found.published, found.counts_answers) == (11, 12, False)
    assert health(*windows, a_window(MONDAY, total=2, held=2)).published == 2


def test_records_are_counted_for_the_requested_days() -> None:
    windows = [
        a_window(MONDAY, total=12, held=11, state="failed", note="it broke off"),
        a_window(MONDAY, by="tabled", total=90, held=90),
        a_window(MONDAY - DAY, total=5, held=5, note="one makes no sense"),
        a_window(MONDAY - DAY, by="tabled", total=50, held=50),
        a_window(MONDAY - 3 * DAY, total=400, held=400),
        a_window(MONDAY, house=LORDS, total=70, held=70),
        a_window(MONDAY + DAY, total=800, held=800),
    ]
    found = health(*windows, since=MONDAY - DAY)
    assert (found.read, found.published) == (16, 17)
    assert (found.first_day, found.last_whole_day) == (MONDAY - DAY, MONDAY - DAY)
    assert [incomplete.window.day for incomplete in found.incomplete] == [MONDAY]
    assert found.failures == ("it broke off", "one makes no sense")
    assert found.in_recess_until is None
    assert health(*windows).published == 417


def test_source_that_was_never_read_is_reported_so() -> None:
    found = health()
    assert (found.read_at, found.last_whole_day, found.silence, found.incomplete) == (None, None, None, ())


@pytest.mark.parametrize(
    ("ago", "is_silent"), [(2 * HOUR + timedelta(minutes=15), False), (2 * HOUR + timedelta(minutes=16), True)]
)
def test_a_source_is_silent_after_twice_its_interval_and_a_quarter_of_an_hour(ago: timedelta, is_silent: bool) -> None:
    found = health(a_window(read_at=NOW - ago), a_window(MONDAY - DAY, read_at=NOW, state="failed"))
    assert (found.silence is not None) is is_silent
    if found.silence:
        assert (found.silence.since, found.silence.is_empty) == (NOW - ago, False)


def days_with(totals: Mapping[date, int], **facts: Any) -> list[WindowCoverage]:
    return [a_window(day, total=total, held=total, **facts) for day, total in totals.items()]


FRIDAY = MONDAY - 3 * DAY
USUAL = {FRIDAY - timedelta(weeks=week): 30 for week in (2, 4, 5, 6)}  # the fourth week before is a recess


def test_a_sitting_day_without_an_answer_is_silence() -> None:
    found = health(*days_with({**USUAL, FRIDAY: 0}))
    assert found.silence == Silence(source="questions", house=COMMONS, since=FRIDAY, is_empty=True)


SOUND: dict[str, tuple[Mapping[date, int], dict[str, Any]]] = {
    "answers came": ({**USUAL, FRIDAY: 1}, {}),
    "no answers come on such days": ({**dict.fromkeys(USUAL, 0), FRIDAY: 0}, {}),
    "too little is known": ({FRIDAY - timedelta(weeks=1): 30, FRIDAY - timedelta(weeks=2): 30, FRIDAY: 0}, {}),
    "other weekdays say nothing": (
        {**{FRIDAY - timedelta(days=ago): 30 for ago in (1, 2, 3, 4, 8)}, FRIDAY: 0},
        {},
    ),
    "the day was not read whole": ({**USUAL, FRIDAY: 0}, {"state": "open"}),
    "what is long past says nothing": (
        {**{FRIDAY - LOOK_BACK - timedelta(weeks=week): 30 for week in (1, 2, 3)}, FRIDAY: 0},
        {},
    ),
    "it is of today": ({**USUAL, FRIDAY: 5, MONDAY: 0}, {}),
}


@pytest.mark.parametrize(("totals", "facts"), SOUND.values(), ids=SOUND)
def test_days_that_are_not_silence(totals: Mapping[date, int], facts: dict[str, Any]) -> None:
    assert health(*days_with(totals, **facts)).silence is None


def test_recess_and_end_of_the_calendar_are_not_silence() -> None:
    in_recess, mondays = date(2025, 2, 17), [date(2024, 12, 2) + timedelta(weeks=week) for week in range(6)]
    windows = days_with({**dict.fromkeys(mondays, 30), in_recess: 0})
    found = health(*windows, today=in_recess + DAY)
    assert found.silence is None
    assert found.in_recess_until == date(2025, 2, 24)
    ended = SittingCalendar(known={COMMONS: (date(2024, 12, 1), MONDAY - 8 * DAY)}, recesses={})
    assert health(*days_with({**USUAL, FRIDAY: 0}), calendar=ended).silence is None


def test_silence_in_words() -> None:
    unread = Silence(source="questions", house=LORDS, since=datetime(2025, 7, 1, 8, 5, tzinfo=UTC), is_empty=False)
    assert unread.sentence(LONDON) == (
        "Nothing was read of the House of Lords (questions-statements.parliament.uk) since Tuesday 1 July 2025, 09:05."
    )
    empty = Silence(source="questions", house=COMMONS, since=FRIDAY, is_empty=True)
    assert empty.sentence(LONDON) == (
        "The House of Commons (questions-statements.parliament.uk) published no answer on Friday 7 March 2025, a "
        "sitting day."
    )
    assert unread.key != empty.key


# -- files ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = new_archive(tmp_path, Clock(NOW))
    yield archive
    archive.close()


def a_file(name: str, day: date | None = MONDAY, **facts: Any) -> FileRead:
    given: dict[str, Any] = {
        "source": "theyworkforyou", "name": name, "day": day, "stamp": "1", "sha256": "x", "version": 1, "read_at": NOW,
        "outcome": FileOutcome.READ, "counts": {"records": 10, "quarantined": 1}, "years": {},
    }  # fmt: skip
    return FileRead(**(given | facts))


ON = settings.TheyWorkForYouSettings(files=settings.FileSourceSettings(enabled=True, path=Path("/nowhere")))


def file_health(archive: Archive, **facts: Any) -> list[FileSourceHealth]:
    config = a_config(theyworkforyou=facts.pop("theyworkforyou", ON))
    return health_of_file_sources(archive, config, CALENDAR, **({"now": NOW, "today": MONDAY} | facts))


def test_files_are_counted_for_sources_that_are_on_or_were_read(archive: Archive) -> None:
    archive.files.note(a_file("a"))
    archive.files.note(a_file("b", MONDAY - DAY))
    archive.files.note(a_file("c", None, outcome=FileOutcome.FAILED, note="it does not come", counts={}))
    archive.files.note(a_file("d", None, outcome=FileOutcome.QUARANTINED, note="it breaks off", counts={"records": 2}))
    archive.files.note(a_file("v", None, source="historic"))
    archive.runs.set_fact("read_at theyworkforyou", NOW.isoformat())
    ours, historic = file_health(archive)
    assert (ours.source, ours.is_on, ours.read_at, ours.newest_day) == ("theyworkforyou", True, NOW, MONDAY)
    assert (ours.files, ours.records, ours.quarantined) == (2, 22, 2)
    assert [file.name for file in ours.failed] == ["c"]
    assert [file.name for file in ours.unreadable] == ["d"]
    assert (historic.source, historic.is_on, historic.read_at, historic.silence) == ("historic", False, None, None)


def test_a_list_of_files_that_could_not_be_had_is_told_of_sources_that_are_on(archive: Archive) -> None:
    archive.runs.set_fact("unlisted theyworkforyou", "it does not answer")
    assert [health.unlisted for health in file_health(archive)] == ["it does not answer"]
    archive.files.note(a_file("a"))
    off = settings.TheyWorkForYouSettings()
    assert [health.unlisted for health in file_health(archive, theyworkforyou=off)] == [""]


def test_digest_counts_only_files_of_its_days_from_sources_that_are_on(archive: Archive) -> None:
    archive.files.note(a_file("a"))
    archive.files.note(a_file("old day", MONDAY - 30 * DAY))
    archive.files.note(a_file("long ago", read_at=NOW - 3 * DAY))
    archive.files.note(a_file("feed", None))
    archive.files.note(a_file("v", None, source="historic"))
    [ours] = file_health(archive, since=MONDAY - DAY)
    assert (ours.files, ours.records) == (2, 20)


def test_of_a_file_with_a_year_the_records_of_the_days_are_counted(archive: Archive) -> None:
    days = (MONDAY - 40 * DAY, MONDAY - DAY, MONDAY)
    store(archive, *(a_question(uin=f"S6W-{n}", house=House.SCOTLAND, answered_on=day) for n, day in enumerate(days)))
    counts = {"records": 7_000, "quarantined": 1}
    archive.files.note(a_file("questions-2025", MONDAY, source="scotland", counts=counts))
    archive.runs.set_fact("read_at scotland", NOW.isoformat())
    on = settings.FileSourceSettings(enabled=True, path=Path("/nowhere"))
    config = a_config(questions=settings.QuestionsSettings(enabled=False), scotland=on)
    [read] = reading_report(archive, config, CALENDAR, now=NOW, today=MONDAY, first=MONDAY - DAY)
    assert (read.source, read.house, read.read, read.published) == ("scotland", House.SCOTLAND, 2, 3)


def test_unreachable_file_source_is_silent(archive: Archive) -> None:
    archive.runs.set_fact("read_at theyworkforyou", (NOW - 2 * HOUR).isoformat())
    [ours] = file_health(archive)
    assert ours.silence is not None
    assert ours.silence.key == "theyworkforyou"
    assert ours.silence.sentence(LONDON) == "Nothing was read of TheyWorkForYou since Monday 10 March 2025, 07:00."
    assert file_health(archive, theyworkforyou=settings.TheyWorkForYouSettings()) == []
    assert file_health(archive, now=NOW - HOUR)[0].silence is None


@pytest.mark.parametrize(
    ("days_ago", "what", "is_silent"), [(7, "debates", False), (10, "debates", True), (10, "wrans", False)]
)
def test_missing_debates_are_reported_after_five_sitting_days(
    archive: Archive, days_ago: int, what: str, is_silent: bool
) -> None:
    archive.runs.set_fact("read_at theyworkforyou", NOW.isoformat())
    archive.runs.set_fact("newest_on theyworkforyou", (MONDAY - days_ago * DAY).isoformat())
    [ours] = file_health(archive, theyworkforyou=replace(ON, what=(what,)))
    said = ours.silence.sentence(LONDON) if ours.silence else ""
    assert said == ("TheyWorkForYou has nothing that is newer than Friday 28 February 2025." if is_silent else "")


def test_file_source_that_was_read_is_not_down(archive: Archive) -> None:
    config = a_config(questions=settings.QuestionsSettings(enabled=False), theyworkforyou=ON)
    assert not is_down(archive, config)
    archive.runs.end(archive.runs.begin("collect", NOW), RunOutcome.FAILED, {})
    assert is_down(archive, config)
    archive.runs.set_fact("read_at theyworkforyou", (NOW + HOUR).isoformat())
    assert not is_down(archive, config)
    assert not is_down(archive, a_config(questions=settings.QuestionsSettings(enabled=False)))
