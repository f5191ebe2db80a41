"""Oral questions: what becomes of them, and of an API that sends something else."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.records import House
from monitor.model.sources import COMING, Payload, Window
from scrapers.oral_questions import _IGNORED, OralQuestions
from tests.builders import NOW
from tests.coming_kit import ADDRESS, TODAY, MemoryClient, an_api
from tests.scrapers.golden import as_plain, check

EXAMPLES = Path(__file__).parent / "examples" / "oral_questions"
CASES = sorted(path.stem for path in EXAMPLES.glob("*.json") if ".expected" not in path.name)
WINDOW = Window(source="oral_questions", house=House.COMMONS, by=COMING, day=TODAY)
READS_NOTHING = cast("Any", None)


def example(name: str = "substantive", *, changes: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_bytes())
    return value | (changes or {}) | more


def parse(value: Any, key: str | None = None) -> Any:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    own = f"{value.get('Id')}-{value.get('UIN')}" if isinstance(value, dict) else "1-2"
    payload = Payload(source="oral_questions", key=own if key is None else key, url="", fetched_at=NOW, body=body)
    return OralQuestions(READS_NOTHING, ADDRESS).parse(payload)


@pytest.fixture
def client() -> MemoryClient:
    return MemoryClient(an_api())


@pytest.fixture
def source(client: MemoryClient) -> OralQuestions:
    return OralQuestions(cast("Any", client), ADDRESS, take=1)


@pytest.mark.parametrize("case", CASES)
def test_example_is_understood_as_expected(case: str) -> None:
    check(as_plain(parse(example(case))), EXAMPLES / f"{case}.expected.json")


@pytest.mark.parametrize("name", sorted(set(example()) - set(_IGNORED)))
def test_wrong_type_is_refused(name: str) -> None:
    with pytest.raises(ParseError, match=rf"Oral question 700001 has .* as {name}: report it|without an Id|came when"):
        parse(example(changes={name: ["x"]}), "700001-900001")


@pytest.mark.parametrize("name", ["QuestionText", "Status", "QuestionType", "AnsweringWhen", "UIN"])
@pytest.mark.parametrize("value", [None, "", "Pondered"])
def test_what_says_what_a_question_is_must_be_there(name: str, value: Any) -> None:
    if (name, value) == ("QuestionText", "Pondered"):
        return
    with pytest.raises(ParseError, match=f"Oral question 700001 has .* as {name}: report it"):
        parse(example(changes={name: value}), "700001-900001")


@pytest.mark.parametrize("name", ["Status", "QuestionType"])
@pytest.mark.parametrize("value", [0, -1, 13, True, 1.0])
def test_a_number_without_a_word_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ParseError, match=f"Oral question 700001 has .* as {name}: report it"):
        parse(example(changes={name: value}))


@pytest.mark.parametrize("value", [{"Name": 1}, {"MnisId": "x"}, {"Party": []}])
def test_an_odd_member_is_refused(value: Any) -> None:
    with pytest.raises(ParseError, match="as AskingMember: report it"):
        parse(example(AskingMember=value))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 200_000])
def test_a_payload_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError, match="Oral question 1-2 is no JSON"):
        parse(body)


@pytest.mark.parametrize("value", [[], "x", {"Id": "x"}, {"Id": True}, {"Id": 0}])
def test_a_question_without_an_id_is_refused(value: Any) -> None:
    with pytest.raises(ParseError, match="without an Id"):
        parse(value)


def test_another_question_than_was_asked_for_is_refused() -> None:
    with pytest.raises(ParseError, match="Oral question 700001 came when 5-6 was asked for"):
        parse(example(), "5-6")


def test_unknown_keys_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    parse(example(Colour="blue"))
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "unknown keys=['Colour'] source=oral_questions")
    ]


def test_all_pages_are_read_from_the_day_on(source: OralQuestions, client: MemoryClient) -> None:
    (page,) = source.read_window(WINDOW)
    assert [entry.payload.key for entry in page.entries] == ["700001-900001", "700002-900002"]
    assert (page.total, page.is_whole) == (2, True)
    queries = [parse_qs(urlsplit(address).query) for address in client.asked]
    assert [query["parameters.skip"] for query in queries] == [["0"], ["1"]]
    assert queries[0]["parameters.answeringDateStart"] == ["2031-06-02"]
    assert "Withdrawn" in queries[0]["parameters.statuses"]
    assert "Submitted" not in queries[0]["parameters.statuses"]


@pytest.mark.parametrize("status", ["ReadyForShuffle", 4])
def test_a_question_that_is_not_on_the_order_paper_is_left_out(
    source: OralQuestions, client: MemoryClient, status: Any
) -> None:
    def answer(_path: str, _query: Any) -> Any:
        waiting = dict(client.api.oral[0], Status=status, Id=5)
        return {"PagingInfo": {"Total": 1}, "Response": [waiting]}

    client.answer = answer
    (page,) = source.read_window(WINDOW)
    assert (page.entries, page.is_whole) == ((), True)


def test_a_list_that_stays_short_is_not_whole(source: OralQuestions, client: MemoryClient) -> None:
    answer = client.api.answer

    def short(path: str, query: Any) -> Any:
        found = answer(path, query)
        found["PagingInfo"]["Total"] = 5
        return found

    client.answer = short
    (page,) = source.read_window(WINDOW)
    assert (page.is_whole, page.note) == (False, "2 of 5 were found")
    assert len(client.asked) == 3 * 3


@pytest.mark.parametrize("data", [[], {}, {"Response": []}, {"PagingInfo": {"Total": "1"}, "Response": []},
                                  {"PagingInfo": {"Total": 1}, "Response": {}},
                                  {"Success": False, "Errors": ["The date is wrong"]},
                                  {"Success": False, "Errors": ["Time-out"], "PagingInfo": {"Total": 0}, "Response": []},
                                 ])  # fmt: skip
def test_an_answer_of_another_shape_fails(source: OralQuestions, client: MemoryClient, data: Any) -> None:
    client.answer = lambda _path, _query: data
    with pytest.raises(FetchError, match="The oral questions API sent"):
        list(source.read_window(WINDOW))


def test_too_many_questions_mean_that_the_parameters_were_ignored(source: OralQuestions, client: MemoryClient) -> None:
    client.answer = lambda _path, _query: {"PagingInfo": {"Total": 10_001}, "Response": []}
    with pytest.raises(FetchError, match="counts 10001 questions"):
        list(source.read_window(WINDOW))


def test_a_question_is_looked_up_by_its_uin_and_known_by_its_id(source: OralQuestions, client: MemoryClient) -> None:
    client.api.oral.append(dict(client.api.oral[0], Id=600_001))  # of an earlier session
    found = {detail.key: detail for detail in source.read_details(["700001-900001", "700009-900009"])}
    known = found["700001-900001"].payload
    assert known is not None
    assert source.parse(known).id == "oq-700001"
    assert isinstance(found["700009-900009"].error, GoneError)
    client.down = {"/oralquestions/list"}
    (failed,) = source.read_details(["700001-900001"])
    assert "is down" in str(failed.error)


@pytest.mark.parametrize(
    "failure",
    [{"Errors": ["no"]}, {"Success": False, "PagingInfo": {"Total": 0}, "Response": []}],
    ids=["bare", "empty"],
)
def test_a_failure_takes_no_question_back(source: OralQuestions, client: MemoryClient, failure: Any) -> None:
    client.answer = lambda _path, _query: failure
    (odd,) = source.read_details(["700001-900001"])
    assert isinstance(odd.error, FetchError)
    assert not isinstance(odd.error, GoneError)
