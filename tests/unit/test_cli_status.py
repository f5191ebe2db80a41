"""`status`: output for people and scripts. It changes nothing."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from db import schema
from monitor import app
from monitor.cli.status import status_command
from monitor.collect.health import Moment, SourceHealth, source_healths
from monitor.errors import ConfigError, SchemaError
from monitor.model.collection import RunOutcome, RunRow, WindowCoverage, WindowState
from monitor.model.records import House
from monitor.model.sources import Window
from monitor.operations.overview import (
    counts_in_words,
    coverage,
    digests_in_groups,
    gaps,
    last_digest_in_words,
    last_of_each,
)
from monitor.parliament.calendar import load_calendar
from tests.unit.cli_kit import without_option
from tests.unit.trial_kit import NOW, call, copy, forked, program

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def config(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(app, "clock", lambda: NOW + timedelta(hours=3))
    return copy(built, tmp_path)


def execute(config: Path, *statements: str) -> None:
    with closing(sqlite3.connect(config.parent / "pqwatch.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def shown(config: Path) -> str:
    result = call(status_command, "--config", str(config))
    assert result.exit_code == 0, result.output
    return without_option("\n".join(line.rstrip() for line in result.stdout.split("\n")))


def overview(config: Path) -> dict[str, Any]:
    result = call(status_command, "--json", "--config", str(config))
    assert result.exit_code == 0, result.output
    object_: dict[str, Any] = json.loads(result.stdout)
    return object_


KEYS = [
    "config",
    "archive",
    "transport",
    "topics",
    "unreadable_terms",
    "schema",
    "size_bytes",
    "counts",
    "news_floor",
    "held_by",
    "runs",
    "coverage",
    "files",
    "silent",
    "retired_addresses",
    "subscribers",
    "bounces",
    "outbox",
    "queue",
    "queue_paused",
    "mails",
    "quarantined",
    "queues_paused",
    "feeds",
    "calendar",
    "workers",
]


# -- for people -------------------------------------------------------------------------------------------------------


def test_a_good_day(config: Path) -> None:
    text = shown(config)
    assert f"Configuration  {config}\n" in text
    assert f"Archive        {config.parent / 'pqwatch.db'} (" in text
    assert f"schema {schema.HEAD})" in text
    assert "News since     2024-11-25\n" in text
    for stage in ("collect", "match", "compose", "deliver"):
        assert f"\n{stage:9}ok       3 hours ago  " in text
    assert re.search(r"questions +commons +21 Nov 2024 +26 Nov 2024 +(\d+) of \1 +none +none", text)
    assert "Policy desk  daily    2024-11-27 07:30, " in text
    assert "Thu 28 Nov 07:30" in text
    for trouble in ("!", "Mails that wait", "not understood", "Not read whole", "In use by"):
        assert trouble not in text


def test_a_mail_that_was_put_off_says_until_when_it_waits(config: Path) -> None:
    execute(
        config,
        "insert into outbox (id, recipient, message_id, subject, message, state, created_at, next_try_at, attempts,"
        " ambiguous, refusals, error) values (3, 'c@example.org', '<3@example.org>', 'Three answers', x'41', 'pending',"
        " '2024-11-27', '2999-11-27 10:30:00.000000', 4, 0, 0, '451 4.7.1 Greylisted')",
    )
    text = shown(config)
    assert re.search(r"\nid +state +recipient +tries +not before +why\n", text)
    assert "3   pending  c@example.org  4      2999-11-27 10:30 UTC  451 4.7.1 Greylisted" in text
    assert "What is pending goes with the next run, or the first one after its time; pqwatch deliver tries now." in text


def test_waiting_mails_come_with_the_command_to_act(config: Path) -> None:
    execute(
        config,
        "update outbox set state = 'held', error = 'no answer for five days' where id = 1",
        "update outbox set state = 'refused', error = '550 no such user' where id = 2",
        "insert into outbox (id, recipient, message_id, subject, message, state, created_at, attempts, ambiguous, refusals)"
        " values (3, 'c@example.org', '<3@example.org>', 'Three answers', x'41', 'pending', '2024-11-27', 0, 0, 0)",
    )
    text = shown(config)
    assert re.search(r"\n1   held     policy@example.org  \d +no answer for five days\n", text)
    assert re.search(r"\n2   refused  policy@example.org  \d +550 no such user\n", text)
    assert re.search(r"\n3   pending  c@example.org       0 +Three answers\n", text)
    assert "A held mail: pqwatch deliver --release 1, or --discard 1 to give it up." in text
    assert "A refused mail: pqwatch deliver --release 2, or --discard 2 to give it up." in text
    assert "It goes to the same address. If that is wrong: pqwatch subscribers change" in " ".join(text.split())
    assert "What is pending goes with the next run" in text
    mails = overview(config)["mails"]
    assert [(row["id"], row["state"]) for row in mails] == [(1, "held"), (2, "refused"), (3, "pending")]
    assert overview(config)["outbox"]["held"] == 1


def test_waiting_queue(config: Path) -> None:
    value = json.dumps({"until": "2024-11-27T15:00:00+00:00", "failures": 3, "error": "the server is away"})
    with closing(sqlite3.connect(config.parent / "pqwatch.db")) as connection, connection:
        connection.execute("insert into meta values ('outbox_pause', ?)", (value,))
    assert "! no mail is tried before 2024-11-27 15:00 UTC" in shown(config)
    assert "the server is away" in overview(config)["queue_paused"]


def test_windows_and_records_that_failed(config: Path) -> None:
    execute(
        config,
        "update coverage set state = 'failed', note = 'it answered 503' where day = '2024-11-25' and by = 'answered'",
        "update payload set reason = 'it has no text' where id = (select max(id) from payload)",
        "update run set outcome = 'failed', error = 'the disk is full' where stage = 'match'",
    )
    text = shown(config)
    assert "\nNot read whole (the next run tries again)\n" in text
    assert "commons  25 Nov 2024  answered  failed  it answered 503" in text
    assert "! match: the disk is full" in text
    assert "\nReceived and not understood\n" in text
    assert "it has no text" in text
    assert "pqwatch reparse" in text
    whole = overview(config)
    assert [row["incomplete"][0]["day"] for row in whole["coverage"]] == ["2024-11-25", "2024-11-25"]
    assert whole["quarantined"][0]["reason"] == "it has no text"


def test_output_fits_on_a_screen(config: Path) -> None:
    execute(config, "update coverage set state = 'failed', note = 'x'")
    total = sum(len(row["incomplete"]) for row in overview(config)["coverage"])
    assert f"and {total - 10} more: pqwatch status --json lists all." in shown(config)


def test_fetched_text_prints_no_control_characters(config: Path) -> None:
    execute(
        config, "update outbox set state = 'held', error = 'a' || char(27) || '[31m' || char(10) || '[bold]b[/bold]'"
    )
    assert "a[31m [bold]b[/bold]" in shown(config)


def test_paused_and_instant_subscribers(config: Path) -> None:
    text = config.read_text().replace("paused = false", "paused = true")
    text += '\n[[subscribers]]\nname = "Press"\nemail = "press@example.org"\ncadence = "instant"\n'
    config.write_text(text)
    assert "  paused" in shown(config)
    assert "Press        instant  none" in shown(config)
    assert "after each run with news" in shown(config)


def test_holder_of_the_archive(config: Path) -> None:
    execute(
        config, "insert into lease values ('archive', 'x', 'a-host', 7, '2024-11-27 11:59:00', '2024-11-27 12:10:00')"
    )
    assert "In use by      process 7 on a-host, since 2024-11-27 11:59 UTC" in shown(config)


def test_a_digest_that_is_due_comes_in_the_next_run(config: Path) -> None:
    assert overview(config)["subscribers"][0]["due"] is False
    execute(config, "update digest set slot = '2024-11-20T07:30' where id = (select max(id) from digest)")
    assert "2024-11-20 07:30, 12 items  now, with the next run" in shown(config)
    assert overview(config)["subscribers"][0]["due"] is True


def test_unreadable_terms(config: Path) -> None:
    config.write_text(config.read_text().replace('"National Crime Squad"', '"crime AND"'))
    assert "! config.toml line " in shown(config)
    (row,) = overview(config)["unreadable_terms"]
    assert (row["term"], row["misread"]) == ("crime AND", False)
    many = ", ".join(f'"crime {number} AND"' for number in range(12))
    config.write_text(config.read_text().replace('"crime AND"', many))
    assert shown(config).count("The term is switched off.") == 10
    assert "! 2 more of such terms: pqwatch status --json lists all." in shown(config)


def test_a_digest_that_waits_for_a_source_that_is_down(config: Path) -> None:
    execute(config, "update digest set slot = '2024-11-20T07:30' where id = (select max(id) from digest)")
    assert "waits for" not in shown(config)
    assert overview(config)["subscribers"][0]["put_off"] is False
    execute(config, "update coverage set state = 'failed'")
    assert "2024-11-20 07:30, 12 items  waits for a source that is down" in shown(config)
    assert overview(config)["subscribers"][0]["put_off"] is True
    config.write_text(config.read_text().replace("paused = false", "paused = true"))
    assert overview(config)["subscribers"][0]["put_off"] is False


# -- for scripts ------------------------------------------------------------------------------------------------------


def test_json_is_one_object_with_all_keys(config: Path) -> None:
    whole = overview(config)
    assert list(whole) == KEYS
    assert whole["config"] == str(config)
    assert whole["size_bytes"] > 100_000
    assert whole["counts"]["digests"] == 2
    assert [row["stage"] for row in whole["runs"]] == ["collect", "match", "compose", "deliver"]
    assert whole["runs"][0]["as_of"] == "2024-11-27T09:00:00+00:00"
    assert whole["coverage"][0]["last_whole_day"] == "2024-11-26"
    assert whole["subscribers"][0]["next_at"] == "2024-11-28T07:30:00+00:00"


def test_missing_archive_is_not_created(config: Path) -> None:
    (config.parent / "pqwatch.db").unlink()
    assert "There is no archive yet: pqwatch run makes it." in shown(config)
    whole = overview(config)
    assert list(whole) == KEYS
    assert whole["schema"] is None
    assert whole["runs"] == []
    assert not (config.parent / "pqwatch.db").exists()


def test_an_empty_archive_says_what_to_do(config: Path) -> None:
    (config.parent / "pqwatch.db").unlink()
    app.archive(app.configuration(str(config)), may_begin=True).close()
    text = config.read_text()
    config.write_text(text[: text.index("[[subscribers]]")] + text[text.index("[calendar]") :])
    text = shown(config)
    assert "Nothing was run yet: pqwatch run does all of it once." in text
    assert "No day was read yet." in text
    assert "No one gets a digest: add [[subscribers]]" in text


def test_unreadable_archive_is_an_error(config: Path) -> None:
    execute(config, "update alembic_version set version_num = '9999'")
    assert isinstance(call(status_command, "--config", str(config)).exception, SchemaError)
    assert isinstance(call(status_command, "--config", str(config.parent / "none")).exception, ConfigError)


def test_as_a_program(config: Path) -> None:
    done = program(config.parent, "status", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["config"] == str(config)
    execute(config, "update alembic_version set version_num = '9999'")
    assert forked(config.parent, "status").returncode == 2


# -- parts ------------------------------------------------------------------------------------------------------------


def window(day: int, state: str = "complete", by: str = "answered", house: House = House.COMMONS) -> WindowCoverage:
    window = Window(source="questions", house=house, by=by, day=date(2024, 11, day))
    read_at = datetime(2024, 11, 28, tzinfo=UTC)
    return WindowCoverage(window=window, state=WindowState(state), read_at=read_at, total=1, held=1, note=state)


def test_day_is_complete_when_all_its_windows_are() -> None:
    windows = [
        window(11),
        window(12),
        window(12, "failed", "tabled"),
        window(13, "open"),
        window(11, house=House.LORDS),
    ]
    commons, lords = coverage(windows, health_of(windows))
    assert commons["last_whole_day"] == date(2024, 11, 11)
    assert [(row["day"].day, row["by"], row["state"]) for row in commons["incomplete"]] == [(12, "tabled", "failed")]
    assert (lords["house"], lords["last_whole_day"], lords["incomplete"]) == ("lords", date(2024, 11, 11), [])
    assert (commons["answers_read"], commons["answers_published"]) == (3, 3)
    suspect = [window(11, "suspect")]
    [only] = coverage(suspect, health_of(suspect))  # no window of the Lords was ever read
    assert only["last_whole_day"] is None


def health_of(windows: list[WindowCoverage]) -> list[SourceHealth]:
    now = datetime(2024, 11, 28, tzinfo=UTC)
    moment = Moment(calendar=load_calendar(), now=now, today=now.date(), interval=timedelta(hours=1))
    return source_healths(windows, {"questions": (House.COMMONS, House.LORDS)}, moment)


def test_silence_and_recess_are_reported(config: Path) -> None:
    execute(config, "delete from run where id < (select max(id) from run where stage = 'collect')")
    assert "! Nothing was read of the House of Commons" in shown(config)
    assert overview(config)["silent"][0].startswith("Nothing was read of the House of Commons")
    config.write_text(re.sub(r"(?m)^recess = .*$", 'recess = [["2024-11-27", "2024-12-01"]]', config.read_text()))
    assert "The Commons is in recess until 02 Dec 2024." in shown(config)
    assert overview(config)["coverage"][0]["in_recess_until"] == "2024-12-02"


def test_retired_addresses_are_listed_with_the_reason(config: Path) -> None:
    execute(
        config, """insert into meta values ('retired_addresses', '{"a@example.org": "2024-11-26T09:00:00+00:00"}')"""
    )
    execute(config, "update subscriber set email = 'A@example.org'")
    assert overview(config)["retired_addresses"] == [
        {"address": "a@example.org", "since": "2024-11-26T09:00:00+00:00", "waiting": [], "reason": "refused"}
    ]
    assert "! a@example.org has been refused on three days" in shown(config)


def test_many_retired_addresses_are_cut(config: Path) -> None:
    execute(
        config,
        "with recursive one (n) as (select 1 union all select n + 1 from one where n < 30) insert into subscriber"
        " (\"key\", name, email, added_at) select n, n, n || '@example.org', '2024-11-26' from one",
        "insert into meta select 'retired_addresses', json_group_object(email, '2024-11-26T09:00:00+00:00')"
        " from subscriber where added_at = '2024-11-26'",
    )
    text = shown(config)
    assert text.count("has been refused on three days") == 10
    assert "and 20 more: pqwatch status --json lists all." in text


def test_digests_of_many_readers_are_shown_in_groups(config: Path) -> None:
    with config.open("a", encoding="utf-8") as file:
        for number in range(60):
            cadence = "daily" if number < 35 else "instant"
            file.write(f'[[subscribers]]\nname = "R {number}"\nemail = "r@example.org"\ncadence = "{cadence}"\n')
    text = shown(config)
    assert "Digests of 61 readers\n" in text
    assert re.search(r"\n35 +daily +none +Thu 28 Nov 07:30\n25 +instant +none +after each run with news\n", text)
    assert re.search(r"\n1 +daily +2024-11-27 07:30 +Thu 28 Nov 07:30\n", text)
    assert "pqwatch subscribers list names each reader." in text
    assert "R 7" not in text
    assert len(overview(config)["subscribers"]) == 61


@pytest.mark.parametrize(("items", "said"), [(0, "nothing new"), (1, "1 item"), (2, "2 items")])
def test_a_digest_that_only_reminds_of_what_waits_has_nothing_new(items: int, said: str) -> None:
    digest = {"id": 1, "slot": "2026-11-27T07:30", "kind": "mailed", "items": items}
    assert last_digest_in_words({"last_digest": digest}) == f"2026-11-27 07:30, {said}"


def test_readers_who_are_mailed_after_each_run_are_of_one_group_a_day() -> None:
    def reader(slot: str) -> dict[str, Any]:
        digest = {"id": 1, "slot": slot, "kind": "mailed", "items": 2}
        return {
            "cadence": "instant",
            "paused": False,
            "put_off": False,
            "due": False,
            "next_at": None,
            "last_digest": digest,
        }

    slots = ("2026-11-29T19:35 at 2026-11-29T19:35:21", "2026-11-29T08:00 at 2026-11-29T08:00:02", "2026-11-28T08:00")
    assert digests_in_groups(map(reader, slots)) == [
        {"readers": 2, "cadence": "instant", "last": "2026-11-29", "next": "after each run with news"},
        {"readers": 1, "cadence": "instant", "last": "2026-11-28", "next": "after each run with news"},
    ]


def test_days_that_were_never_read(config: Path) -> None:
    days = {date(2024, 11, day) for day in (1, 2, 5, 7)}
    assert gaps(days) == [
        {"from": date(2024, 11, 3), "to": date(2024, 11, 4)},
        {"from": date(2024, 11, 6), "to": date(2024, 11, 6)},
    ]
    execute(config, "delete from coverage where day between '2024-11-23' and '2024-11-25'")
    assert "3 days between" in shown(config)


def test_the_last_run_of_each_stage() -> None:
    def row(number: int, stage: str) -> RunRow:
        return RunRow(
            id=number,
            stage=stage,
            as_of=NOW,
            started_at=NOW,
            ended_at=NOW,
            outcome=RunOutcome.OK,
            counts={},
            error=None,
        )

    rows = [row(4, "match"), row(3, "collect"), row(2, "match"), row(1, "reparse")]
    assert [row.id for row in last_of_each(rows)] == [3, 4, 1]
    assert counts_in_words({"new": 0, "changed": 0}) == "new 0"
    assert counts_in_words({"new": 2, "changed": 0, "failures": 1}) == "new 2, failures 1"
