"""Questions of the Northern Ireland Assembly: what becomes of them, and of an API that tells failures as answers."""

from __future__ import annotations

import json
import logging
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.records import House
from monitor.model.sources import Payload, Window, WindowPage
from scrapers import northern_ireland
from scrapers.northern_ireland import _IGNORED, MAX_RANGE, NorthernIrelandSource
from tests.scrapers.assembly import Assembly, an_answer, question, wrapped
from tests.scrapers.faulty import Asked, FaultyServer, Reply, as_json, http
from tests.scrapers.golden import as_plain, check

if TYPE_CHECKING:
    from scrapers.http.client import Client

EXAMPLES = Path(__file__).parent / "examples" / "northern_ireland"
NOW = datetime(2031, 6, 17, 7, 0, tzinfo=UTC)
DAY = date(2031, 6, 2)
CASES = sorted(path.stem for path in EXAMPLES.glob("*.json") if ".expected" not in path.name)


@pytest.fixture
def source() -> NorthernIrelandSource:
    return NorthernIrelandSource(None, "https://assembly.example")  # type: ignore[arg-type] # asks no server


def payload(data: Any, key: str = "900101") -> Payload:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Payload(source="northern_ireland", key=key, url="", fetched_at=NOW, body=body)


@pytest.mark.parametrize("case", CASES)
def test_example_is_understood_as_expected(source: NorthernIrelandSource, case: str) -> None:
    found = question(case)
    parsed = source.parse(payload(wrapped(found), str(found["DocumentId"])))
    check(as_plain(parsed), EXAMPLES / f"{case}.expected.json")


@pytest.mark.parametrize("name", ["Reference", "TabledDate", "QuestionText"])
@pytest.mark.parametrize("value", ["", None, 1.5, "x" * 31, "missing"])
def test_what_says_what_a_question_is_must_be_there(source: NorthernIrelandSource, name: str, value: Any) -> None:
    found = question(**{name: value})
    if value == "missing":
        del found[name]
    elif name == "QuestionText" and value == "x" * 31:
        return
    with pytest.raises(ParseError, match=f"Question 900101 has .* as {name}: report it"):
        source.parse(payload(wrapped(found)))


@pytest.mark.parametrize("name", sorted(set(question("answered")) - {"DocumentId", *_IGNORED}))
def test_wrong_type_is_refused(source: NorthernIrelandSource, name: str) -> None:
    with pytest.raises(ParseError, match=rf"has \['x'\] as {name}: report it"):
        source.parse(payload(wrapped(question("answered", **{name: ["x"]}))))


@pytest.mark.parametrize("name", ["AnsweredOnDate", "AnswerByDate"])
@pytest.mark.parametrize("value", ["soon", "2031-02-30T00:00:00", "1066-10-14"])
def test_odd_day_is_refused(source: NorthernIrelandSource, name: str, value: str) -> None:
    with pytest.raises(ParseError, match=f"as {name}: report it"):
        source.parse(payload(wrapped(question("answered", **{name: value}))))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 200_000, b"[]", b'{"Message": "An error has occurred."}'])
def test_payload_that_is_no_answer_is_refused(source: NorthernIrelandSource, body: bytes) -> None:
    with pytest.raises(ParseError, match="Question 900101 is no answer of the Assembly's API"):
        source.parse(payload(body))


@pytest.mark.parametrize("found", [None, [], "", "x", [question(), question()]])
def test_payload_without_just_one_question_is_refused(source: NorthernIrelandSource, found: Any) -> None:
    with pytest.raises(ParseError, match="Question 900101 came as"):
        source.parse(payload(wrapped(found)))


@pytest.mark.parametrize("key", [None, "", "x", "12/3", True, 1.5, "1" * 10])
def test_question_without_an_id_is_refused(source: NorthernIrelandSource, key: Any) -> None:
    with pytest.raises(ParseError, match="without a DocumentId"):
        source.parse(payload(wrapped(question(DocumentId=key))))


def test_another_question_than_was_asked_for_is_refused(source: NorthernIrelandSource) -> None:
    with pytest.raises(ParseError, match="Question 900101 came when 5 was asked for"):
        source.parse(payload(wrapped(question()), "5"))


def test_unknown_keys_are_told_once(source: NorthernIrelandSource, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        source.parse(payload(wrapped(question(Colour="blue"))))
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "unknown keys=['Colour'] source=northern_ireland")
    ]


# Windows


def window(by: str = "tabled", day: date = DAY) -> Window:
    return Window(source="northern_ireland", house=House.NORTHERN_IRELAND, by=by, day=day)


def read(client: Client, data: Any, by: str = "tabled") -> tuple[WindowPage, FaultyServer]:
    with FaultyServer(lambda _: as_json(data)) as server:
        [page] = NorthernIrelandSource(client, server.url + "/").read_window(window(by))
    return page, server


@pytest.mark.parametrize(
    ("by", "operation"),
    [
        ("tabled", "GetQuestionsForWrittenAnswer_TabledInRange"),
        ("answered", "GetQuestionsForWrittenAnswer_AnsweredInRange"),
    ],
)
def test_a_day_is_asked_for_with_the_next(client: Client, by: str, operation: str) -> None:
    page, server = read(client, wrapped([question(), question(DocumentId="900102")]), by)
    [asked] = server.asked
    assert asked.target == f"/questions.asmx/{operation}_JSON?startDate=2031-06-02&endDate=2031-06-03"
    assert [(entry.payload.key, entry.proceeding, entry.error) for entry in page.entries] == [
        ("900101", None, None),
        ("900102", None, None),
    ]
    assert (page.total, page.is_whole) == (2, True)


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (wrapped(question()), 1),
        (wrapped([question()]), 1),
        (wrapped([question(), question()]), 1),
        (wrapped(None), 0),
        (wrapped([]), 0),
        ({"QuestionsList": None}, 0),
        ({"QuestionsList": ""}, 0),
    ],
)
def test_one_is_no_list_and_none_is_null(client: Client, data: Any, count: int) -> None:
    page, _ = read(client, data)
    assert (len(page.entries), page.total, page.is_whole) == (count, count, True)


def test_what_was_tabled_on_the_next_day_is_left_out(client: Client) -> None:
    later = question(DocumentId="900102", TabledDate="2031-06-03T00:00:00+01:00")
    page, _ = read(client, wrapped([question(), later]))
    assert [entry.payload.key for entry in page.entries] == ["900101"]
    page, _ = read(client, wrapped([question(), later]), "answered")
    assert [entry.payload.key for entry in page.entries] == ["900101", "900102"]


def test_what_can_not_be_understood_does_not_hide_the_others(client: Client) -> None:
    page, _ = read(client, wrapped([question(TabledDate="soon"), "x", question(DocumentId="900102")]))
    assert [(entry.payload.key, entry.error is None) for entry in page.entries] == [
        ("900101", False),
        ("", False),
        ("900102", True),
    ]


@pytest.mark.parametrize(
    "data",
    [{"Message": "An error has occurred."}, {"Error": "Execution Timeout Expired"}, {}, [], "x"],
)
def test_a_failure_that_comes_as_an_answer_is_one(client: Client, data: Any) -> None:
    with pytest.raises(FetchError, match="The Assembly's API failed"):
        read(client, data)


def test_a_window_that_the_api_ignored_is_an_error(client: Client) -> None:
    with pytest.raises(FetchError, match="counts 5001 questions in a day"):
        read(client, wrapped(["x"] * 5001))


def test_an_answered_list_carries_the_answers(client: Client) -> None:
    listed = question("answered_in_plain_text")
    page, _ = read(client, wrapped(listed), "answered")
    [entry] = page.entries
    assert entry.proceeding is not None
    assert entry.proceeding.answer == "Twelve < thirteen.\n\nNo more."
    assert entry.proceeding.answered_on == date(2031, 6, 13)
    assert not entry.lacks_answers


@pytest.mark.parametrize(
    "missing", ["AnswerPlainText", "AnsweredOnDate", "Department", "TablerName", "QuestionText", "Reference"]
)
@pytest.mark.parametrize("is_empty", [True, False])
def test_an_answered_entry_that_lacks_something_is_read_in_full(client: Client, missing: str, is_empty: bool) -> None:
    listed = question("answered_in_plain_text")
    listed[missing] = "" if is_empty else listed.pop(missing) and None
    page, _ = read(client, wrapped(listed), "answered")
    assert [(entry.payload.key, entry.proceeding) for entry in page.entries] == [(listed["DocumentId"], None)]


def test_a_department_goes_by_either_name(client: Client) -> None:
    listed = question("answered_in_plain_text")
    other = {name: value for name, value in listed.items() if name not in ("Department", "DepartmentID")}
    other |= {"DepartmentName": listed["Department"], "DepartmentId": listed["DepartmentID"]}
    found = [read(client, wrapped(asked), "answered")[0].entries[0].proceeding for asked in (listed, other)]
    assert found[0] is not None
    assert found[0] == found[1]


def test_a_tabled_list_never_shows_answers(client: Client) -> None:
    page, _ = read(client, wrapped(question("answered")))
    [entry] = page.entries
    assert (entry.proceeding, entry.error, entry.lacks_answers) == (None, None, True)


# Ranges


def days_before(last: date, count: int, by: str = "answered") -> list[Window]:
    return [window(by, last - timedelta(days=number)) for number in range(count)]


def test_days_in_a_row_are_asked_for_together(client: Client) -> None:
    answers = [an_answer(number, DAY, DAY - timedelta(days=number)) for number in (0, 1, 1, 3, 200)]
    assembly = Assembly(*answers)
    with FaultyServer(assembly.answer) as server:
        source = NorthernIrelandSource(client, server.url)
        windows = days_before(DAY, 14)
        source.read_ahead([*windows, window("answered", DAY - timedelta(days=40))])
        found = {
            window.day: [entry.payload.key for page in source.read_window(window) for entry in page.entries]
            for window in windows
        }
        assert assembly.ranges == [("answered", 14)]
        [_] = source.read_window(windows[0])  # once more: what waited was given away
    assert assembly.ranges == [("answered", 14), ("answered", 1)]
    assert {day: keys for day, keys in found.items() if keys} == {
        DAY: ["900000"],
        DAY - timedelta(days=1): ["900001"],
        DAY - timedelta(days=3): ["900003"],
    }


def test_ranges_grow_to_half_a_year_at_most(client: Client) -> None:
    assembly = Assembly()
    with FaultyServer(assembly.answer) as server:
        source = NorthernIrelandSource(client, server.url)
        windows = days_before(DAY, 800)
        source.read_ahead(windows)
        for day in windows:
            assert [page.total for page in source.read_window(day)] == [0]
    assert [days for _, days in assembly.ranges] == [31, 62, 124, MAX_RANGE, MAX_RANGE, MAX_RANGE, 37]
    assert MAX_RANGE <= 183


def test_a_large_answer_makes_the_next_range_shorter(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(northern_ireland, "LARGE_RANGE", 4_000)
    assembly = Assembly(*(an_answer(number, DAY, DAY - timedelta(days=number)) for number in range(120)))
    with FaultyServer(assembly.answer) as server:
        source = NorthernIrelandSource(client, server.url)
        windows = days_before(DAY, 40)
        source.read_ahead(windows)
        found = [entry.payload.key for day in windows for page in source.read_window(day) for entry in page.entries]
    assert len(set(found)) == 40
    lengths = [days for _, days in assembly.ranges]
    assert lengths[0] == 31
    assert all(days < 10 for days in lengths[1:])


def test_a_range_that_fails_is_made_shorter_until_it_is_a_day(client: Client) -> None:
    assembly = Assembly(an_answer(1, DAY, DAY))
    assembly.longest = 4
    with FaultyServer(assembly.answer) as server:
        source = NorthernIrelandSource(client, server.url)
        windows = days_before(DAY, 14)
        source.read_ahead(windows)
        [page] = source.read_window(windows[0])
        assert ([days for _, days in assembly.ranges], page.total) == ([14, 7, 3], 1)
        assembly.longest = 0
        with pytest.raises(FetchError, match="Execution Timeout Expired"):
            list(source.read_window(windows[5]))
    assert assembly.ranges[-1] == ("answered", 1)


def test_what_has_no_day_or_another_comes_with_the_newest_day(client: Client) -> None:
    odd = [
        question("answered", DocumentId="1", AnsweredOnDate="soon"),
        question("answered", DocumentId="2", AnsweredOnDate="2020-01-01T00:00:00"),
        "x",
    ]
    with FaultyServer(lambda _: as_json(wrapped(odd))) as server:
        source = NorthernIrelandSource(client, server.url)
        windows = days_before(DAY, 2)
        source.read_ahead(windows)
        newest, day_before = ([entry for page in source.read_window(day) for entry in page.entries] for day in windows)
    assert [entry.payload.key for entry in newest] == ["1", "2", ""]
    assert day_before == []


# Details


def test_details_are_asked_for_by_id(client: Client) -> None:
    def answer(asked: Asked) -> Reply:
        key = parse_qs(urlsplit(asked.target).query)["documentId"][0]
        replies = {
            "2": http(b"", 404),
            "3": as_json({"Error": "Execution Timeout Expired"}),
            "4": as_json(wrapped(None)),
        }
        return replies.get(key, as_json(wrapped(question("answered", DocumentId=key))))

    with FaultyServer(answer) as server:
        source = NorthernIrelandSource(client, server.url)
        details = {detail.key: detail for detail in source.read_details(["1", "2", "3", "4"])}
    assert {urlsplit(asked.target).path for asked in server.asked} == {"/questions.asmx/GetQuestionDetails_JSON"}
    assert isinstance(details["2"].error, GoneError)
    assert type(details["3"].error) is FetchError
    assert "Execution Timeout Expired" in str(details["3"].error)
    assert isinstance(details["4"].error, GoneError)
    found = details["1"].payload
    assert found is not None
    assert source.parse(found).id == "ni-1"
