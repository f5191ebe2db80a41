"""Checks of the operator: values that are fine, values that warn, values that fail, and the texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.collect.health import FileSourceHealth, Silence, SourceHealth
from monitor.config.settings import ScheduleSettings, TermProblem
from monitor.errors import sentence
from monitor.model.collection import FileOutcome, FileRead, WindowCoverage, WindowState
from monitor.model.records import House
from monitor.model.sources import Window
from monitor.model.watching import Subscriber
from monitor.operations import check_results, checks, run_checks
from monitor.operations.check_results import Finding, Level

NOW = datetime(2026, 11, 24, 9, 31, tzinfo=UTC)  # a Tuesday
READER = Subscriber(key="desk", name="Policy desk", email="desk@example.org", topics=())
EVERY = timedelta(minutes=30)
LONDON = ZoneInfo("Europe/London")


def assert_is(finding: Finding, level: Level, *words: str) -> None:
    assert finding.level is level
    assert bool(finding.remedy) is (level is not Level.OK)
    for word in words:
        assert word in f"{finding.text} {finding.remedy}"


def test_each_unreadable_term_is_a_failure() -> None:
    problem = TermProblem(topic="t", term="a OR", line=7, text="config.toml line 7: it has no end\n  a OR\n  ^")
    one, two = checks.check_terms([problem, replace(problem, line=9)], 12)
    assert_is(one, Level.FAILED, "config.toml line 7: it has no end.", "switched off")
    assert two.level is Level.FAILED
    (good,) = checks.check_terms([], 1)
    assert_is(good, Level.OK, "1 term ")


def test_the_default_contact_is_a_warning() -> None:
    assert_is(checks.check_contact("mailto:you@example.org"), Level.WARNING, "http.contact")
    assert_is(checks.check_contact("mailto:desk@example.org"), Level.OK)


def test_packages_belong_in_one_folder() -> None:
    assert_is(checks.check_packages({"monitor": "/a", "db": "/a"}), Level.OK, "/a")
    assert_is(checks.check_packages({"monitor": "/a", "db": "/b"}), Level.FAILED, "db in /b", "environment of its own")


def test_migrations_and_sqlite() -> None:
    assert_is(checks.check_migrations(None), Level.OK)
    assert_is(checks.check_migrations("no module named alembic"), Level.FAILED, "No module named alembic.")
    assert_is(checks.check_sqlite((3, 30, 0), has_full_text=True), Level.OK, "3.30.0")
    assert_is(checks.check_sqlite((3, 29, 9), has_full_text=True), Level.FAILED, "3.29.9", "3.30.0")
    assert_is(checks.check_sqlite((3, 46, 1), has_full_text=False), Level.FAILED, "3.46.1", "FTS5")


def test_the_index_is_a_fault_when_damaged_or_far_behind() -> None:
    assert_is(checks.check_index("", 0), Level.OK, "up to date")
    assert_is(checks.check_index("", 10_000), Level.OK, "takes in 10000 revisions with the next run")
    assert_is(checks.check_index("", 10_001), Level.WARNING, "10,001", "pqwatch db reindex")
    assert_is(checks.check_index("the index has 3 rows", 99_999), Level.FAILED, "has 3 rows", "pqwatch db reindex")


@pytest.mark.parametrize(
    ("version", "is_sqlite", "level", "word"),
    [
        ("0002", True, Level.OK, "0002"),
        ("0001", True, Level.WARNING, "next run"),
        (None, True, Level.WARNING, "no archive yet"),
        ("0001", False, Level.FAILED, "pqwatch db upgrade"),
        (None, False, Level.FAILED, "pqwatch db upgrade"),
        ("0003", True, Level.FAILED, "newer pqwatch"),
        ("0003", False, Level.FAILED, "newer pqwatch"),
    ],
)
def test_an_old_schema_fails_on_postgresql_and_a_newer_one_everywhere(
    version: str | None, is_sqlite: bool, level: Level, word: str
) -> None:
    assert_is(checks.check_schema(version, "0002", is_sqlite=is_sqlite), level, word)


def test_integrity_names_the_first_problem() -> None:
    assert_is(checks.check_integrity([]), Level.OK)
    assert_is(checks.check_integrity(["page 4 is torn"]), Level.FAILED, "damaged: page 4 is torn.")
    assert_is(checks.check_integrity(["one", "two", "three"]), Level.FAILED, "one (and 2 more)", "restore")


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:35 / /srv rw shared:2 - xfs /dev/sdb rw
41 40 0:36 /export /srv/shared\\040files rw - nfs4 server:/export rw,vers=4.2
42 22 0:37 / /srv rw shared:3 - btrfs /dev/sdc rw
a line that is none
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/var/lib", "ext4"), ("/srv", "btrfs"), ("/srvother", "ext4"), ("/srv/shared files/archive", "nfs4")],
)
def test_deepest_and_last_mount_counts(path: str, kind: str) -> None:
    assert checks.file_system_of(path, MOUNTS) == kind


def test_unknown_file_system_is_no_fault() -> None:
    assert checks.file_system_of("/x", "") is None
    assert_is(checks.check_file_system(None, "/x"), Level.OK)
    assert_is(checks.check_file_system("ext4", "/x"), Level.OK, "ext4")
    assert_is(checks.check_file_system("fuse.sshfs", "/x"), Level.WARNING, "/x", "fuse.sshfs", "PostgreSQL")


@pytest.mark.parametrize(
    ("free", "size", "level"),
    [
        (500 * 1024**2, 0, Level.OK),
        (500 * 1024**2 - 1, 0, Level.WARNING),
        (10 * 1024**3, 5 * 1024**3, Level.OK),
        (10 * 1024**3 - 1, 5 * 1024**3, Level.WARNING),
        (50 * 1024**2 - 1, 0, Level.FAILED),
    ],
)
def test_too_little_space_is_a_warning_then_a_fault(free: int, size: int, level: Level) -> None:
    assert_is(checks.check_space(free, size, "/x"), level, "/x")


def test_a_clock_a_day_behind_the_newest_reading_fails() -> None:
    assert_is(checks.check_clock(None, NOW), Level.OK)
    assert_is(checks.check_clock(NOW + timedelta(hours=24), NOW), Level.OK)
    behind = checks.check_clock(NOW + timedelta(hours=24, seconds=1), NOW)
    assert_is(behind, Level.FAILED, "2026-11-24 09:31", "2026-11-25")


def test_a_collect_is_silent_after_twice_its_interval_and_a_quarter_of_an_hour() -> None:
    def check(last_ok: datetime | None, *, has_run: bool = True, gap: timedelta = timedelta()) -> Finding:
        return run_checks.check_collect(last_ok, has_run=has_run, collect_every=EVERY, longest_gap=gap, now=NOW)

    assert_is(check(None, has_run=False), Level.WARNING, "pqwatch run")
    assert_is(check(None), Level.FAILED, "No collect ever")
    assert_is(check(NOW - timedelta(minutes=75)), Level.OK, "1 hour ago")
    assert_is(check(NOW - timedelta(minutes=75, seconds=1)), Level.FAILED, "pqwatch serve or cron")
    assert_is(check(NOW - timedelta(days=3), gap=timedelta(days=3)), Level.OK)
    assert_is(check(NOW - timedelta(days=7), gap=timedelta(days=3)), Level.FAILED)


def test_health_of_sources() -> None:
    silence = Silence(source="questions", house=House.LORDS, since=NOW, is_empty=False)
    sound: dict[str, Any] = {
        "source": "questions",
        "house": House.LORDS,
        "first_day": NOW.date(),
        "last_whole_day": None,
        "read_at": NOW,
        "read": 1410,
        "published": 1412,
        "incomplete": (),
        "failures": (),
        "silence": None,
        "in_recess_until": None,
    }
    window = WindowCoverage(
        window=Window(source="questions", house=House.LORDS, by="answered", day=NOW.date()),
        state=WindowState.FAILED,
        read_at=NOW,
        total=0,
        held=0,
    )

    def check(*, is_collected: bool = True, **facts: Any) -> list[Finding]:
        return run_checks.check_readings([SourceHealth(**(sound | facts))], LONDON, is_collected=is_collected)

    assert_is(check()[0], Level.OK, "questions, Lords: 1,410 of 1,412 answers read, no day is whole yet")
    senedd = check(source="senedd", house=House.SENEDD, counts_answers=False)
    assert_is(senedd[0], Level.OK, "senedd, Senedd: 1,410 of 1,412 records read, no day is whole yet")
    assert_is(check(last_whole_day=NOW.date())[0], Level.OK, f"whole to {NOW.date()}")
    assert_is(check(incomplete=(window,))[0], Level.WARNING, "1 window could not be read whole", "pqwatch status")
    assert_is(check(silence=silence)[0], Level.FAILED, "Nothing was read of the House of Lords", "pqwatch status")
    assert check(silence=silence, is_collected=False) == []
    empty = replace(silence, since=NOW.date(), is_empty=True)
    assert_is(check(silence=empty, is_collected=False)[0], Level.FAILED, "published no answer", "[calendar] recess")
    assert check(read_at=None) == []


def test_health_of_file_sources() -> None:
    filed = FileRead(
        source="historic", name="v", day=None, stamp="", sha256="", version=1, read_at=NOW, outcome=FileOutcome.FAILED,
        counts={}, years={},
    )  # fmt: skip
    sound: dict[str, Any] = {
        "source": "historic", "is_on": True, "read_at": NOW, "newest_day": None, "files": 2, "records": 12345,
        "quarantined": 0, "failed": (), "unreadable": (), "silence": None,
    }  # fmt: skip

    def check(*, is_collected: bool = True, **facts: Any) -> list[Finding]:
        return run_checks.check_files([FileSourceHealth(**(sound | facts))], LONDON, is_collected=is_collected)

    assert_is(check()[0], Level.OK, "historic: 12,345 records of 2 files read.")
    assert_is(check(newest_day=NOW.date())[0], Level.OK, f"read, the newest of {NOW.date()}.")
    assert_is(check(failed=(filed,))[0], Level.WARNING, "historic: 1 file could not be read", "pqwatch reparse")
    assert_is(check(failed=(filed,), unreadable=(filed,))[0], Level.WARNING, "2 files")
    silence = Silence(source="historic", house=None, since=NOW, is_empty=False)
    assert_is(check(silence=silence)[0], Level.FAILED, "Nothing was read of Historic Hansard", "pqwatch status")
    assert check(silence=silence, is_collected=False) == []
    empty = replace(silence, since=NOW.date(), is_empty=True)
    assert_is(check(silence=empty, is_collected=False)[0], Level.FAILED, "has nothing that is newer than")
    assert check(files=0) == []
    unlisted = check(files=0, unlisted="a.example stayed down")
    assert_is(unlisted[0], Level.WARNING, "historic: its files could not be listed: a.example stayed down")


def late(now: datetime, *, since: datetime | None, composed: bool = False, reader: Subscriber = READER) -> Finding:
    asked = []

    def composed_of(slot: str) -> set[str]:
        asked.append(slot)
        return {"desk"} if composed else {"another"}

    known = {} if since is None else {"desk": since}
    (finding,) = run_checks.check_digests([reader], ScheduleSettings(), since=known, composed=composed_of, now=now)
    assert asked in ([], ["2026-11-24T07:30"])
    return finding


LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_digest_is_late_after_two_hours() -> None:
    assert_is(late(NOW, since=LONG_AGO), Level.FAILED, "Policy desk", "Tue 24 Nov 2026 07:30")
    assert_is(late(NOW - timedelta(minutes=1), since=LONG_AGO), Level.OK)
    assert_is(late(NOW, since=LONG_AGO, composed=True), Level.OK)


def test_new_subscriber_misses_no_earlier_digest() -> None:
    assert_is(late(NOW, since=None), Level.OK)
    assert_is(late(NOW, since=datetime(2026, 11, 24, 7, 30, 1, tzinfo=UTC)), Level.OK)
    assert_is(late(NOW, since=datetime(2026, 11, 24, 7, 30, tzinfo=UTC)), Level.FAILED)
    assert_is(late(NOW, since=LONG_AGO, reader=replace(READER, paused=True)), Level.OK)
    assert_is(late(NOW, since=LONG_AGO, reader=replace(READER, cadence="instant")), Level.OK)


@pytest.mark.parametrize(
    ("is_down", "remedy"), [(False, "Run: pqwatch run"), (True, "It waits until a source can be read")]
)
def test_digest_that_waits_for_a_source_is_not_late(is_down: bool, remedy: str) -> None:
    (finding,) = run_checks.check_digests(
        [READER], ScheduleSettings(), since={"desk": LONG_AGO}, composed=lambda _: (), now=NOW, is_down=is_down
    )
    assert finding.level is Level.FAILED
    assert remedy in finding.remedy


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (2, "The digests of Reader 0 and Reader 1, due"),
        (3, "The digests of Reader 0, Reader 1 and Reader 2, due"),
        (2_000, "Reader 8, Reader 9 and 1,990 more, due"),
    ],
)
def test_late_digests_of_many_are_one_finding(count: int, words: str) -> None:
    readers = [replace(READER, key=str(number), name=f"Reader {number}") for number in range(count)]
    asked: list[str] = []

    def composed_of(slot: str) -> set[str]:
        asked.append(slot)
        return set()

    since = {reader.key: LONG_AGO for reader in readers}
    (finding,) = run_checks.check_digests(readers, ScheduleSettings(), since=since, composed=composed_of, now=NOW)
    assert words in finding.text
    assert finding.text.endswith("were not made.")
    assert len(asked) == 1


def test_held_mails_refused_addresses_and_a_pause_are_faults() -> None:
    (good,) = run_checks.check_mails(0, [], None)
    assert_is(good, Level.OK)
    gone = "gone@example.org has been refused: correct it"
    held, refused, paused = run_checks.check_mails(1, [gone], "no mail is tried before noon")
    assert_is(held, Level.FAILED, "1 mail is held", "--release ID")
    assert refused == Finding(
        check="mails", level=Level.FAILED, text="gone@example.org has been refused.", remedy="Correct it."
    )
    assert_is(paused, Level.FAILED, "No mail is tried before noon.")


def test_records_that_can_not_be_understood_are_a_fault() -> None:
    assert_is(run_checks.check_quarantine(0), Level.OK)
    assert_is(run_checks.check_quarantine(1), Level.FAILED, "1 record can't be understood and is", "reparse")
    assert_is(run_checks.check_quarantine(3), Level.FAILED, "3 records", "are kept")


def test_the_calendar_of_each_house() -> None:
    today = date(2026, 11, 24)
    ends = {
        House.COMMONS: today + timedelta(days=61),
        House.LORDS: today + timedelta(days=60),
        House.SENEDD: None,
    }
    commons, lords, senedd = run_checks.check_calendar(ends, today, is_read=True)
    assert_is(commons, Level.OK, "Commons", "2027-01-24")
    assert_is(lords, Level.WARNING, "Lords are known to 2027-01-23.", "[calendar] recess")
    assert_is(senedd, Level.WARNING, "Senedd are not known")
    ended = {House.COMMONS: today - timedelta(days=1), House.LORDS: today - timedelta(days=2)}
    commons, lords = run_checks.check_calendar(ended, today, is_read=False)
    assert_is(commons, Level.WARNING, "to 2026-11-23 only. Of questions due later, only those for a named day")
    assert_is(lords, Level.WARNING, "to 2026-11-22 only.", "sources.calendar.enabled = true")


def test_a_calendar_that_could_not_be_read() -> None:
    assert run_checks.check_calendar_reading("") == []
    [found] = run_checks.check_calendar_reading("whatson.example answered 503.")
    assert_is(
        found, Level.WARNING, "could not be read whole: whatson.example answered 503.", "The next run tries again"
    )


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1.0 kB"),
        (200 * 1024, "200 kB"),
        (5 * 1024**3, "5.0 GB"),
        (3 * 1024**4, "3.0 TB"),
    ],
)
def test_sizes_are_shown_in_the_largest_unit_that_fits(size: int, shown: str) -> None:
    assert check_results.shown_size(size) == shown


@pytest.mark.parametrize(
    ("age", "shown"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=2, minutes=59), "2 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(seconds=-1), "in the future"),
    ],
)
def test_ages_are_shown_in_whole_units(age: timedelta, shown: str) -> None:
    assert check_results.ago(age) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no mail can be sent", "No mail can be sent."),
        ("It is so!", "It is so!"),
        ("sqlite:///x.db: it is full", "sqlite:///x.db: it is full."),
        ("config.toml line 7: wrong.", "config.toml line 7: wrong."),
    ],
)
def test_a_sentence_begins_with_a_capital_and_ends_with_a_stop(text: str, shown: str) -> None:
    assert sentence(text) == shown
