"""Daily run as cron starts it: reads a fake Parliament over HTTP and mails over SMTP or into a folder."""

from __future__ import annotations

import gzip
import html
import json
import os
import re
import signal
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from db.archive import open_archive
from monitor.collect import host_pauses
from monitor.demo.parliament import Parliament
from monitor.demo.sample import FIRST_DAY, SECOND_DAY, sample
from tests.e2e.desk import FEW_DAYS, Desk, Foundry, mails_by_question, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.demo.mailserver import MailServer
    from monitor.demo.parliament import Request

Value = dict[str, Any]
FIRST, SECOND = FIRST_DAY.isoformat(), SECOND_DAY.isoformat()
NARROW = 'houses = ["Commons"]\nlook_back_days = 2'


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def letters(marked_up: str | None) -> str:
    """Return a text without its tags and white space."""
    words = _Words()
    # A "<" that begins no tag is text, such as "< 5" in a question.
    words.feed(re.sub(r"<(?![a-zA-Z/])", "&lt;", marked_up or ""))
    words.close()
    return re.sub(r"[\s\u00ad\u200b]", "", "".join(words.words))


def assert_stored_in_full(desk: Desk, published: Iterable[Value]) -> None:
    stored = desk.stored()
    for value in published:
        record = stored[f"q-{value['id']}"]
        assert letters(html.escape(record["question"] or "", quote=False)) == letters(
            html.escape(value["questionText"], quote=False)
        )
        assert letters(html.escape(record["answer"] or "", quote=False)) == letters(value["answerText"])
        assert (record["answered_on"] or "") == (value["dateAnswered"] or "")[:10]


def in_reach(values: Iterable[Value], day: date, days: int = 3) -> list[Value]:
    """Return the questions that some window of a few days shows, without withdrawn ones, whose texts the API takes back."""
    first = (day - timedelta(days=days - 1)).isoformat()
    dates = ("dateTabled", "dateAnswered", "dateAnswerCorrected")
    return [
        value
        for value in values
        if not value["isWithdrawn"] and any(first <= (value[key] or "")[:10] <= day.isoformat() for key in dates)
    ]


def test_each_match_is_mailed_once_and_again_only_if_it_changed(desk: Desk, parliament: Parliament) -> None:
    before = {value["uin"]: value for value in parliament.values()}
    first = desk.run("run", "--as-of", FIRST)
    assert (first.code, first.failures, len(desk.messages())) == (0, [], 1)
    again = desk.run("run", "--as-of", FIRST)
    assert (again.code, len(desk.messages())) == (0, 1)

    parliament.now = SECOND_DAY
    second = desk.run("run", "--as-of", SECOND)
    assert (second.code, second.failures, len(desk.messages())) == (0, [], 2)
    assert_stored_in_full(desk, in_reach(parliament.values(), SECOND_DAY))
    after = {value["uin"]: value for value in parliament.values()}
    whole = {uin: numbers for uin, numbers in mails_by_question(desk.messages(), after).items() if 1 in numbers}
    unchanged = {uin for uin in whole if before.get(uin) == after[uin]}
    assert whole
    assert not {uin for uin in unchanged if after[uin]["dateAnswered"]}
    assert desk.run("run", "--as-of", SECOND).code == 0
    assert len(desk.messages()) == 2


def test_a_run_for_an_earlier_day_mails_nothing_again(desk: Desk, parliament: Parliament) -> None:
    parliament.now = SECOND_DAY
    desk.run("run", "--as-of", SECOND)
    assert desk.run("run", "--as-of", FIRST).code == 0
    first, *later = desk.messages()
    uins = re.findall(r"detail/\S+/(\w+)", text_of(first))
    assert not [uin for uin in uins for message in later if f"UIN {uin}, answered" in text_of(message)]


def recorded(shared_data: Path) -> list[Value]:
    """Return the thirty questions tabled on 27 August 2024, with full texts if these were recorded."""
    path = shared_data / "written-questions-api" / "detail-commons-tabled-2024-08.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        values = [json.loads(line) for line in lines]
    return [value for value in values if value["dateTabled"].startswith("2024-08-27")]


def assert_heals(desk: Desk, values: list[Value], day: date) -> None:
    """Check that a run reports what it could not read, and that later runs read it."""
    for number in range(4):
        done = desk.run("run", "--as-of", (day + timedelta(days=number)).isoformat())
        assert done.code == (1 if done.failures else 0), done.err
        if not done.code:
            break
    assert done.code == 0
    assert_stored_in_full(desk, values)


@pytest.mark.longest
@pytest.mark.parametrize("is_recorded", [True, False], ids=["recorded", "sample"])
def test_runs_recover_from_all_faults_at_once(
    tmp_path: Path, mail: MailServer, is_recorded: bool, request: pytest.FixtureRequest
) -> None:
    if is_recorded:
        values, day = recorded(request.getfixturevalue("shared_data")), date(2024, 8, 28)
    else:
        days = (FIRST, (FIRST_DAY - timedelta(days=1)).isoformat())
        published = in_reach(sample().parliament(FIRST_DAY).values(), FIRST_DAY, 2)
        values = [value for value in published if value["house"] == "Commons" and value["dateTabled"][:10] in days]
        day = FIRST_DAY
    with Parliament.from_values(values) as parliament:
        faults = parliament.faults
        faults.every_500, faults.every_429, faults.retry_after, faults.every_cut = 7, 9, "1", 11
        assert_heals(Desk(folder=tmp_path / "desk", parliament=parliament, mail=mail, questions=NARROW), values, day)
    assert len(parliament.requests) > 20


def test_unknown_members_do_not_fail_a_run(tmp_path: Path, mail: MailServer) -> None:
    with Parliament(sample().entries, (), now=FIRST_DAY) as parliament:
        desk = Desk(folder=tmp_path / "desk", parliament=parliament, mail=mail, questions=FEW_DAYS).with_archive()
        done = desk.run("run", "--as-of", FIRST)
        asked = [request for request in parliament.requests if request.path.lower().startswith("/api/members/")]
        again = desk.run("run", "--as-of", FIRST)
    assert (done.code, done.failures, again.code) == (0, [], 0)
    assert asked
    (message,) = desk.messages()
    assert re.search(r"^Member \d+ asked the Home Office", text_of(message), re.MULTILINE)
    assert "A member" not in text_of(message)
    asked_by = {record["asked_by"]["member_id"] for record in desk.stored().values() if record["asked_by"]}
    assert asked_by <= {value["askingMemberId"] for value in parliament.values()}
    assert len(asked_by) > 5


def test_an_outage_of_the_source_is_reported_and_caught_up(desk: Desk, parliament: Parliament) -> None:
    parliament.faults.every_429, parliament.faults.retry_after = 1, "4000"
    done = desk.run("run", "--as-of", FIRST)
    assert done.code == 1
    assert any("2024-11-26" in line and "commons" in line.lower() for line in done.failures)
    assert len(done.failures) < 5
    assert (len(desk.stored()), desk.messages()) == (0, [])
    assert json.loads((desk.folder / "archive.db.status.json").read_text(encoding="utf-8"))["ok"] is False
    parliament.faults.every_429 = 0
    asked = len(parliament.requests)
    too_soon = desk.run("run", "--as-of", FIRST)
    assert too_soon.code == 1
    assert any("wants to be left alone until" in line for line in too_soon.failures)
    assert len(parliament.requests) == asked
    with closing(open_archive(f"sqlite:///{desk.folder / 'archive.db'}")) as archive:
        archive.runs.set_fact(host_pauses.FACT, "{}")  # as if the time had gone by
    # Nothing was mailed, so the slot of the day is still open.
    again = desk.run("run", "--as-of", FIRST)
    assert again.code == 0
    assert_stored_in_full(desk, in_reach(parliament.values(), FIRST_DAY))
    assert len(desk.messages()) == 1
    status = json.loads((desk.folder / "archive.db.status.json").read_text(encoding="utf-8"))
    assert (status["ok"], status["failures"], status["mails"]["sent"]) == (True, [], 1)


def test_a_failed_detail_is_named_and_read_by_the_next_run(desk: Desk, parliament: Parliament) -> None:
    number = next(value["id"] for value in parliament.values() if (value["dateAnswered"] or "").startswith(FIRST))
    parliament.faults.gone.add(number)
    done = desk.run("run", "--as-of", FIRST)
    assert done.code == 1
    assert any(str(number) in line for line in done.failures)
    assert f"q-{number}" not in desk.stored()
    parliament.faults.gone.clear()
    assert desk.run("run", "--as-of", FIRST).code == 0
    assert desk.stored()[f"q-{number}"]["answer"]


def test_a_digest_is_written_into_the_folder_and_its_path_to_stdout(filing_desk: Desk) -> None:
    done = filing_desk.run("run", "--as-of", FIRST)
    page = Path(done.out.strip())
    assert page.parent == filing_desk.outbox
    assert "<html" in page.read_text(encoding="utf-8")
    assert page.with_suffix(".eml").is_file()
    assert filing_desk.run("run", "--as-of", FIRST).out == ""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Value]:
    """Return a desk after one run, and the JSON that the run printed."""
    with sample().parliament(FIRST_DAY) as parliament:
        folder = tmp_path_factory.mktemp("whole")
        desk = Desk(folder=folder, parliament=parliament, questions=FEW_DAYS).with_archive()
        return desk, desk.run("run", "--as-of", FIRST, "--json").data


def test_the_stages_one_by_one_do_the_same_as_run(filing_desk: Desk, whole: tuple[Desk, Value]) -> None:
    steps, (run_desk, done) = filing_desk, whole
    for stage, options in (("collect", FIRST), ("match", None), ("compose", FIRST), ("deliver", None)):
        words = [stage, "--json", *(("--as-of", options) if options else ())]
        assert steps.run(*words).data == {stage: done[stage], "ok": True, "failures": []}
    whole_has, steps_have = (without_times(desk.stored()) for desk in (run_desk, steps))
    assert whole_has == steps_have
    assert [text_of(message) for message in steps.messages()] == [text_of(message) for message in run_desk.messages()]


def without_times(stored: dict[str, Value]) -> dict[str, Value]:
    return {key: {**record, "first_seen_at": None} for key, record in stored.items()}


def test_json_of_a_run_has_every_stage_with_its_counts(whole: tuple[Desk, Value]) -> None:
    _, data = whole
    assert list(data) == ["collect", "match", "compose", "deliver", "ok", "failures", "first_run"]
    assert (data["ok"], data["failures"]) == (True, [])
    assert data["collect"]["new"] == 50
    assert data["compose"]["digests"] == data["deliver"]["sent"] == 1


def test_a_dry_run_leaves_no_trace(mailed_desk: Desk, tmp_path: Path, parliament: Parliament, mail: MailServer) -> None:
    desk = mailed_desk
    desk.env["TMPDIR"] = str(tmp_path)
    before, outbox = tables(desk), sorted(desk.outbox.iterdir())
    parliament.now = SECOND_DAY
    done = desk.run("run", "--dry-run", "--as-of", SECOND)
    assert done.code == 0
    assert "Subject: CORRECTED" in done.out
    assert mail.messages == []
    assert tables(desk) == before
    assert [path.name for path in tmp_path.iterdir()] == ["desk"]
    assert sorted(desk.outbox.iterdir()) == outbox
    desk.run("run", "--as-of", SECOND)
    (message,) = desk.messages()
    assert str(message["Subject"]) in done.out


def tables(desk: Desk) -> dict[str, list[Any]]:
    """Return all rows of the archive by table."""
    connection = sqlite3.connect(desk.folder / "archive.db")
    try:
        names = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        return {name: connection.execute(f"select * from {name}").fetchall() for name in names}  # noqa: S608
    finally:
        connection.close()


def test_the_second_of_two_runs_at_once_ends_with_one_line(desk: Desk, parliament: Parliament) -> None:
    seconds: list[Any] = []

    def second(request: Request) -> None:
        if not seconds and "questions" in request.path:
            seconds.append(desk.run("run", "--as-of", FIRST))

    parliament.on_request = second
    first = desk.run("run", "--as-of", FIRST)
    parliament.on_request = None
    assert (first.code, seconds[0].code, seconds[0].out) == (0, 0, "")
    assert re.fullmatch(r"Another run holds the archive \(process \d+ on .*\): nothing to do\.\n", seconds[0].err)
    assert len(desk.messages()) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_ends_a_run_with_its_code_and_the_next_one_goes_on(
    desk: Desk, parliament: Parliament, number: int, code: int
) -> None:
    started: list[int] = []

    def stop(_: Request) -> None:
        if len(parliament.requests) == 40:
            os.kill(started[0], number)

    parliament.on_request = stop
    with Foundry(desk) as foundry:
        started.append(foundry.start("run", "--as-of", FIRST))
        assert foundry.end() == code, foundry.said()
        said = foundry.said()
    assert "Traceback" not in said
    parliament.on_request = None
    kept = len(desk.stored())
    assert 0 < kept < len(parliament.values())
    assert ("Reading was stopped: what was read is kept" in said) == (code == 130)
    mailed = len(desk.messages())
    assert mailed == (code == 130)  # a first run mails what it read before Ctrl-C
    assert desk.run("run", "--as-of", SECOND).code == 0
    assert_stored_in_full(desk, in_reach(parliament.values(), SECOND_DAY))
    assert len(desk.messages()) == mailed + 1


def test_a_mail_refused_for_a_time_is_sent_later_and_once(desk: Desk, mail: MailServer) -> None:
    mail.trouble.replies["mail"] = "451 4.3.0 Try later"
    done = desk.run("run", "--as-of", FIRST)
    assert (done.code, mail.messages) == (1, [])
    assert any("Try later" in line for line in done.failures)
    mail.trouble.replies.clear()
    assert desk.run("deliver").code == 1  # the mail waits a minute, which the command reports
    assert mail.messages == []
    (row,) = [delivery for record in desk.run("digest", "list", "--json").data for delivery in record["deliveries"]]
    assert row["state"] == "pending"
    assert desk.run("deliver", "--release", str(row["id"])).code == 0
    assert len(mail.messages) == 1
    assert desk.run("run", "--as-of", FIRST).code == 0
    assert len(mail.messages) == 1


def test_a_long_list_is_read_page_by_page(tmp_path: Path, mail: MailServer) -> None:
    answered = next(
        value for value in sample().parliament(FIRST_DAY).values() if (value["dateAnswered"] or "").startswith(FIRST)
    )
    answered |= {
        "questionText": "How many there are.",
        "answerText": "<p>So many.</p>",
    }  # short enough to be complete in a list
    with Parliament.from_values(
        {**answered, "id": 9_800_000 + n, "uin": str(80_000 + n)} for n in range(230)
    ) as parliament:
        desk = Desk(folder=tmp_path / "desk", parliament=parliament, mail=mail, questions=NARROW).with_archive()
        done = desk.run("run", "--as-of", FIRST)
        assert done.code == 0, done.err
        assert_stored_in_full(desk, parliament.values())
    skips = [request.query["skip"][0] for request in parliament.requests if "skip" in request.query]
    assert {"100", "200"} <= set(skips)


@pytest.mark.parametrize("moment", ["first", "second"])
def test_history_is_read_and_never_mailed(desk: Desk, parliament: Parliament, moment: str) -> None:
    """In a new archive only the last day with answers and today are news, and days collected on request are not."""
    parliament.now = SECOND_DAY
    if moment == "second":
        desk.ask("collect", "--from", "2024-11-19", "--to", "2024-11-20", "--as-of", SECOND)
    desk.run("run", "--as-of", SECOND)
    (message,) = desk.messages()
    uins = set(re.findall(r"Cite: UIN (\w+)", text_of(message)))
    days = {
        max(value["dateAnswered"], value["dateAnswerCorrected"] or "")[:10]
        for value in parliament.values()
        if value["uin"] in uins and value["dateAnswered"]
    }
    assert days == {FIRST, SECOND}
