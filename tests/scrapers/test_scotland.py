"""Questions of the Scottish Parliament: what becomes of a dump, and which dumps are read."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.errors import FetchError, ParseError
from monitor.model.records import House, Kind, State
from monitor.model.sources import Cached, FileRef, Payload
from scrapers.folders import LocalFolder
from scrapers.scotland import LocalDumps, Scotland, WebDumps
from tests.scrapers.faulty import Asked, FaultyServer, Reply, as_json, http
from tests.scrapers.golden import as_plain, check

if TYPE_CHECKING:
    from monitor.model.records import Proceeding
    from scrapers.http.client import Client

EXAMPLES = Path(__file__).parent / "examples" / "scotland"
NOW = datetime(2031, 3, 12, 7, 0, tzinfo=UTC)
CASES = sorted(path.stem for path in EXAMPLES.glob("*.json") if ".expected" not in path.name and path.stem != "members")


class MemoryCache:
    """A cache in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, Cached] = {}

    def get(self, url: str) -> Cached | None:
        return self._kept.get(url)

    def put(self, url: str, answer: Cached) -> None:
        self._kept[url] = answer


@pytest.fixture
def source() -> Scotland:
    return Scotland(LocalDumps(LocalFolder(EXAMPLES, lambda: NOW)))


def row(case: str = "written", /, **changes: Any) -> dict[str, Any]:
    [found] = json.loads((EXAMPLES / f"{case}.json").read_text())
    return {**found, **changes}


def payload(body: Any, now: datetime = NOW) -> Payload:
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Payload(source="scotland", key="questions-2031", url="", fetched_at=now, body=written)


def read(source: Scotland, *rows: Any, now: datetime = NOW) -> list[Proceeding]:
    found = list(source.records(payload(list(rows), now)))
    assert [str(record.error) for record in found if record.error] == []
    return [record.proceeding for record in found if record.proceeding]


@pytest.mark.parametrize("case", CASES)
def test_example_is_understood_as_expected(source: Scotland, case: str) -> None:
    [found] = source.records(source.fetch(FileRef(name=f"{case}.json")))
    assert found.proceeding is not None
    assert found.key == found.proceeding.uin
    check(as_plain(found.proceeding), EXAMPLES / f"{case}.expected.json")


def test_every_recorded_question_is_understood(
    source: Scotland, shared_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = shared_data / "scottish-parliament" / "questions-2016-sample.json"
    body = path.read_bytes()
    found = [record.proceeding for record in source.records(payload(body)) if record.proceeding is not None]
    rows = json.loads(body)
    assert len(found) == len(re.findall(rb'"EventID": "S', body)) == 443
    assert {(record.kind, record.house) for record in found} == {(Kind.QUESTION, House.SCOTLAND)}
    assert (
        sum(record.answer is not None for record in found) == 443 - len(re.findall(rb'"AnswerText": ""', body)) == 345
    )
    assert sum(record.state is State.TABLED for record in found) == 2  # the written ones that had no answer yet
    for record, recorded in zip(found, rows, strict=True):
        assert (record.uin, record.id) == (recorded["EventID"], f"spq-{recorded['EventID'].lower()}")
        tabled = "ApprovedDate" if record.uin == "S4W-28109" else "SubmissionDateTime"
        assert str(record.tabled_on) == recorded[tabled][:10]
        assert record.date_for_answer is None or str(record.tabled_on) <= str(record.date_for_answer)
        assert str(record.answered_on)[:10] == str(recorded["AnswerDate"] or recorded["MeetingDate"])[:10]
        assert (record.question or "").split() == recorded["ItemText"].split()
        assert (record.answer or "").split() == recorded["AnswerText"].split() or "&" in recorded["AnswerText"]
        assert (record.answered_by.name if record.answered_by else "") == recorded["AnsweredByMSP"]
        assert record.asked_by is not None
        assert (record.asked_by.name, record.asked_by.party) == (f"MSP {recorded['MSPID']}", recorded["Party"])
        assert (record.question or "").startswith(f"To ask the {record.body}")
        assert record.has_interest is recorded["RegisteredInterest"]
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("question", "body"),
    [
        ("To ask the Scottish Government what it has repaired.", "Scottish Government"),
        ("To ask the Scottish Executive what it has repaired.", "Scottish Executive"),
        ("To ask the First Minister whether there are any.", "First Minister"),
        ("To ask the Scottish Parliamentary Corporate Body how many leak.", "Scottish Parliamentary Corporate Body"),
        ("What has been repaired?", None),
    ],
)
def test_the_question_names_whom_it_is_put_to(source: Scotland, question: str, body: str | None) -> None:
    [found] = read(source, row(ItemText=question))
    assert found.body == body


def test_of_a_number_that_comes_twice_the_last_counts(source: Scotland) -> None:
    [found] = read(source, row(), row(AnswerText="Thirteen."))
    assert found.answer == "Thirteen."


def test_a_spoken_question_is_answered_from_the_day_of_its_meeting_on(source: Scotland) -> None:
    question = row("oral")
    on_the_day = datetime(2031, 1, 14, 7, 0, tzinfo=UTC)
    states = [read(source, question, now=now)[0].state for now in (on_the_day.replace(day=13), on_the_day)]
    assert states == [State.TABLED, State.ANSWERED]


@pytest.mark.parametrize("name", ["EventID", "ItemText", "SubmissionDateTime", "MSPID", "AnswerText"])
def test_missing_key_is_refused(source: Scotland, name: str) -> None:
    question = row()
    del question[name]
    [found] = source.records(payload([question]))
    assert re.search(f"Question (S9W-00101|row 1) has (nothing|None) as {name}: report it", str(found.error))


def test_other_keys_may_be_missing(source: Scotland) -> None:
    needed = ("EventID", "ItemText", "SubmissionDateTime", "MSPID", "AnswerText")
    [found] = read(source, {name: value for name, value in row().items() if name in needed})
    assert found.state is State.TABLED


@pytest.mark.parametrize("name", sorted(row()))
def test_wrong_type_is_refused(source: Scotland, name: str) -> None:
    bad, good = source.records(payload([row(**{name: 1.5}), row("oral")]))
    assert bad.error is not None
    assert f"has 1.5 as {name}: report it" in str(bad.error)
    assert good.proceeding is not None
    [again] = source.records(payload(bad.excerpt))
    assert again.error is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"EventID": "W-1"},
        {"EventID": "S9W-1\n"},
        {"ItemText": " "},
        {"SubmissionDateTime": None},
        {"SubmissionDateTime": "0001-01-01T00:00:00"},
        {"AnswerDate": "soon"},
        {"MSPID": 0},
    ],
)
def test_odd_value_is_refused(source: Scotland, changes: dict[str, Any]) -> None:
    [found] = source.records(payload([row(**changes)]))
    assert found.error is not None
    assert f"as {next(iter(changes))}: report it" in str(found.error)


@pytest.mark.parametrize("odd", [None, 7, "S9W-1", []])
def test_what_is_no_record_does_not_hide_the_others(source: Scotland, odd: Any) -> None:
    bad, good = source.records(payload([odd, row()]))
    assert (bad.key, good.key) == ("row 1", "S9W-00101")
    assert "Question row 1 of the Scottish Parliament is" in str(bad.error)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 200_000, b"{}", b'{"Message": "An error"}', b"[{}, \xff]"])
def test_what_is_no_dump_is_an_error(source: Scotland, body: bytes) -> None:
    with pytest.raises(
        ParseError, match=r"questions-2031 of the Scottish Parliament (can't be read as JSON|is no list)"
    ):
        list(source.records(payload(body)))


def test_unknown_keys_are_told_once(source: Scotland, caplog: pytest.LogCaptureFixture) -> None:
    read(source, row(Colour="blue"), row("oral", Colour="red"))
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "unknown keys=['Colour'] source=scotland")
    ]


# Which dumps


def dumps(tmp_path: Path, *names: str) -> Scotland:
    for name in names:
        (tmp_path / name).write_text(json.dumps([row()]))
    return Scotland(LocalDumps(LocalFolder(tmp_path, lambda: NOW)))


def test_dumps_of_the_days_asked_for_are_read_newest_first(tmp_path: Path) -> None:
    names = ("questions-2030.json", "questions-2029.json", "questions-2031.json", "sample.json", "notes.txt")
    source = dumps(tmp_path, *names, "members.json")
    assert [ref.name for ref in source.files()] == [
        "questions-2031.json",
        "questions-2030.json",
        "questions-2029.json",
        "sample.json",
    ]
    assert all(ref.stamp for ref in source.files())
    early = [ref.name for ref in source.files(date(2031, 1, 10), date(2031, 1, 20))]
    assert early == ["questions-2031.json", "questions-2030.json", "sample.json"]
    assert [ref.name for ref in source.files(date(2031, 6, 1))] == ["questions-2031.json", "sample.json"]
    assert [ref.name for ref in source.files(None, date(2030, 6, 1))] == [
        "questions-2030.json",
        "questions-2029.json",
        "sample.json",
    ]


def test_without_a_file_of_members_numbers_stay(tmp_path: Path) -> None:
    [found] = read(dumps(tmp_path, "a.json"), row())
    assert found.asked_by is not None
    assert found.asked_by.name == "MSP 9901"


@pytest.mark.parametrize("body", ["nonsense", "{}", "[[]]", "[{}]"])
def test_a_broken_file_of_members_stops_nothing(tmp_path: Path, body: str) -> None:
    (tmp_path / "members.json").write_text(body)
    [found] = read(dumps(tmp_path, "a.json"), row())
    assert found.asked_by is not None
    assert found.asked_by.name == "MSP 9901"


class Service:
    """The web service, with a dump for each year; `has_members` until it is taken away."""

    def __init__(self) -> None:
        self.has_members = True

    def __call__(self, asked: Asked) -> Reply:
        if asked.target == "/api/members":
            return http((EXAMPLES / "members.json").read_bytes()) if self.has_members else http(b"", 404)
        return as_json([row()]) if asked.target.endswith("questions?year=2031") else http(b"", 400)


def test_years_are_asked_for_over_the_web(client: Client) -> None:
    shelf = MemoryCache()
    with FaultyServer(Service()) as server:
        source = Scotland(WebDumps(client, f"{server.url}/api/", shelf, lambda: NOW))
        names = [ref.name for ref in source.files()]
        assert (names[0], names[-1], len(names)) == ("questions-2031", "questions-1999", 33)
        assert [ref.name for ref in source.files(date(2031, 3, 1))] == ["questions-2031", "questions-2030"]
        received = source.fetch(FileRef(name="questions-2031"))
        assert [asked.target for asked in server.asked] == [
            "/api/motionsquestionsanswersquestions?year=2031",
            "/api/members",
        ]
        [found] = source.records(received)
        with pytest.raises(FetchError):
            source.fetch(FileRef(name="questions-2030"))
    assert found.proceeding is not None
    assert found.proceeding.asked_by is not None
    assert found.proceeding.asked_by.name == "Orla Sample"
    # What was kept is read again without asking anybody.
    [again] = Scotland(WebDumps(client, f"{server.url}/api/", shelf, lambda: NOW)).records(received)
    assert again == found
    [nameless] = Scotland(WebDumps(client, f"{server.url}/api/", MemoryCache(), lambda: NOW)).records(received)
    assert nameless.proceeding is not None
    assert nameless.proceeding.asked_by is not None
    assert nameless.proceeding.asked_by.name == "MSP 9901"


def test_the_newest_years_are_asked_for_four_times_a_day(client: Client) -> None:
    def stamps(hour: int) -> list[str]:
        now = NOW.replace(hour=hour)
        return [ref.stamp for ref in WebDumps(client, "https://a.example", None, lambda: now).years()][:3]

    assert stamps(6) == stamps(11) == ["2031-03-12 1", "2031-03-12 1", ""]
    assert stamps(12) != stamps(11)


@pytest.mark.parametrize("days", [0, 30, 60, 61, 66, 70, 90, 120, 200, 300])
def test_no_run_asks_for_a_year_more_often(client: Client, days: int) -> None:
    now = NOW + timedelta(days=days)
    source = Scotland(WebDumps(client, "https://a.example", None, lambda: now))
    for looked_back in (14, 45, 60):  # after a pause too
        assert all(ref.stamp for ref in source.files(now.date() - timedelta(days=looked_back)))


def test_a_service_without_members_gives_numbers(client: Client) -> None:
    service = Service()
    service.has_members = False
    with FaultyServer(service) as server:
        source = Scotland(WebDumps(client, f"{server.url}/api", None, lambda: NOW))
        [found] = source.records(source.fetch(FileRef(name="questions-2031")))
    assert found.proceeding is not None
    assert found.proceeding.asked_by is not None
    assert found.proceeding.asked_by.name == "MSP 9901"


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ([{"PersonID": 9901, "ParliamentaryName": None, "PreferredName": "Orla"}], "MSP 9901"),
        ([{"PersonID": 9901}], "MSP 9901"),
        ([{"PersonID": 9901, "ParliamentaryName": " , "}], "MSP 9901"),
        ([{"PersonID": None, "ParliamentaryName": "Sample, Orla"}], "MSP 9901"),
        ([{"ParliamentaryName": "Sample, Orla"}], "MSP 9901"),
        ([{"PersonID": 7, "ParliamentaryName": "Other, Ann"}, None, [], "x"], "MSP 9901"),
        ([{"PersonID": "9901", "ParliamentaryName": "Sample, Orla"}], "Orla Sample"),
        ([{"PersonID": 9901, "ParliamentaryName": "Sample, Orla", "Pronouns": ["she"], "IsCurrent": 1}], "Orla Sample"),
    ],
)
def test_what_is_unknown_of_members_loses_no_question(tmp_path: Path, members: list[Any], name: str) -> None:
    (tmp_path / "members.json").write_text(json.dumps(members))
    [found] = read(dumps(tmp_path, "a.json"), row())
    assert found.asked_by is not None
    assert (found.asked_by.name, found.question) == (name, row()["ItemText"])


@pytest.mark.parametrize(("number", "name"), [("9901", "Orla Sample"), ("77", "MSP 77"), ("", None), (None, None)])
def test_number_of_the_asker_may_be_a_text_or_null(source: Scotland, number: Any, name: str | None) -> None:
    [found] = read(source, row(MSPID=number))
    assert (found.asked_by.name if found.asked_by else None) == name


@pytest.mark.parametrize(
    "page",
    [http(b"", 404), http(b"<html>We will be back soon."), as_json({"Message": "An error has occurred."}), as_json([])],
    ids=["404", "a page", "a report", "none"],
)
def test_members_are_not_forgotten_for_what_comes_in_their_place(client: Client, page: Reply) -> None:
    service, shelf = Service(), MemoryCache()
    pages = [service(Asked(target="/api/members")), page, page]

    def answer(asked: Asked) -> Reply:
        return pages.pop(0) if asked.target == "/api/members" else service(asked)

    with FaultyServer(answer) as server:
        for _ in range(3):
            source = Scotland(WebDumps(client, f"{server.url}/api", shelf, lambda: NOW))
            [found] = source.records(source.fetch(FileRef(name="questions-2031")))
            assert found.proceeding is not None
            assert found.proceeding.asked_by is not None
            assert found.proceeding.asked_by.name == "Orla Sample"


def test_members_that_can_not_be_had_are_those_received_last(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    service, shelf = Service(), MemoryCache()
    is_down = False

    def answer(asked: Asked) -> Reply:
        return http(b"", 500) if is_down and asked.target == "/api/members" else service(asked)

    with FaultyServer(answer) as server:
        Scotland(WebDumps(client, f"{server.url}/api", shelf, lambda: NOW)).fetch(FileRef(name="questions-2031"))
        is_down = True
        source = Scotland(WebDumps(client, f"{server.url}/api", shelf, lambda: NOW))
        [found] = source.records(source.fetch(FileRef(name="questions-2031")))
        with pytest.raises(FetchError, match="answered 500"):
            Scotland(WebDumps(client, f"{server.url}/api", MemoryCache(), lambda: NOW)).fetch(
                FileRef(name="questions-2031")
            )
    assert found.proceeding is not None
    assert found.proceeding.asked_by is not None
    assert found.proceeding.asked_by.name == "Orla Sample"
    assert "the last ones received are used" in caplog.text
