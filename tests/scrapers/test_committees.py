"""Inquiries of committees: what becomes of them, and of an API that sends something else."""

from __future__ import annotations

import json
import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from monitor.demo.coming_api import inquiry
from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.records import House
from monitor.model.sources import COMING, Payload, Window
from scrapers.committees import Committees
from tests.coming_kit import ADDRESS, DAY, TODAY, MemoryClient, an_api
from tests.scrapers.golden import as_plain, check

EXAMPLES = Path(__file__).parent / "examples" / "committees"
CASES = sorted(path.stem for path in EXAMPLES.glob("*.json") if ".expected" not in path.name)
WINDOW = Window(source="committees", house=House.COMMONS, by=COMING, day=TODAY)
READ_AT = datetime(2031, 6, 2, 9, tzinfo=UTC)
READS_NOTHING = cast("Any", None)
DETAIL = "/api/committeebusiness/4001"


def example(name: str = "open", *, changes: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    value = json.loads((EXAMPLES / f"{name}.json").read_bytes())
    return {**value, "business": {**value["business"], **(changes or {}), **more}}


def parse(value: Any, key: str | None = None, read_at: datetime = READ_AT) -> Any:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    business = value.get("business") if isinstance(value, dict) else None
    own = str(business.get("id")) if isinstance(business, dict) else ""
    payload = Payload(source="committees", key=own if key is None else key, url="", fetched_at=read_at, body=body)
    return Committees(READS_NOTHING, ADDRESS).parse(payload)


@pytest.fixture
def client() -> MemoryClient:
    return MemoryClient(an_api())


@pytest.fixture
def source(client: MemoryClient) -> Committees:
    return Committees(cast("Any", client), ADDRESS, take=1)


@pytest.mark.parametrize("case", CASES)
def test_example_is_understood_as_expected(case: str) -> None:
    check(as_plain(parse(example(case))), EXAMPLES / f"{case}.expected.json")


@pytest.mark.parametrize("name", ["title", "scope", "openDate", "openSubmissionPeriods", "closedSubmissionPeriods"])
def test_wrong_type_is_refused(name: str) -> None:
    with pytest.raises(ParseError, match=rf"Inquiry 4001 has .* as {name}: report it"):
        parse(example(changes={name: 1.5}))


@pytest.mark.parametrize("value", [1, {"submissionType": "WrittenEvidence", "endDate": 1},
                                   {"submissionType": "WrittenEvidence", "startDate": "soon"}])  # fmt: skip
def test_an_odd_period_is_refused(value: Any) -> None:
    with pytest.raises(ParseError, match="as openSubmissionPeriods: report it"):
        parse(example(openSubmissionPeriods=[value]))


@pytest.mark.parametrize("committees", [None, [], {"items": None}, {"items": [1]}])
def test_an_inquiry_without_its_list_of_committees_is_refused(committees: Any) -> None:
    with pytest.raises(ParseError, match="as committees: report it"):
        parse({**example(), "committees": committees})


def test_an_inquiry_without_a_title_is_refused() -> None:
    with pytest.raises(ParseError, match="Inquiry 4001 has nothing as title"):
        parse(example(title=" "))


def test_empty_dates_are_no_days() -> None:
    [period] = example()["business"]["openSubmissionPeriods"]
    found = parse(example(openDate="0001-01-01T00:00:00", openSubmissionPeriods=[{**period, "endDate": "0001-01-01"}]))
    assert (found.takes_place_on, found.made_on) == (None, date(2031, 5, 1))


def test_evidence_is_closed_on_the_day_after_its_last_day_in_london() -> None:
    [period] = example()["business"]["openSubmissionPeriods"]
    periods = [{**period, "endDate": f"{day}T23:59:00"} for day in ("2031-06-01", "2031-06-30")]
    evening, night = (datetime(2031, 6, 1, hour, 30, tzinfo=UTC) for hour in (22, 23))
    assert parse(example(openSubmissionPeriods=periods), read_at=evening).takes_place_on == date(2031, 6, 1)
    assert parse(example(openSubmissionPeriods=periods), read_at=night).takes_place_on == date(2031, 6, 30)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 200_000])
def test_a_payload_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError, match="Inquiry 5 is no JSON"):
        parse(body, "5")


@pytest.mark.parametrize("value", [[], "x", {}, {"business": {"id": "x"}}, {"business": {"id": True}}])
def test_an_inquiry_without_an_id_is_refused(value: Any) -> None:
    with pytest.raises(ParseError, match="without an id"):
        parse(value, "5")


def test_another_inquiry_than_was_asked_for_is_refused() -> None:
    with pytest.raises(ParseError, match="Inquiry 4001 came when 5 was asked for"):
        parse(example(), "5")


def test_unknown_keys_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    parse(example(Colour="blue"))
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "unknown keys=['Colour'] source=committees")
    ]


def test_the_list_is_read_page_by_page_and_every_inquiry_whole(source: Committees, client: MemoryClient) -> None:
    client.api.inquiries.append(inquiry(4_002, "Buses", "", TODAY, TODAY + DAY))
    (page,) = source.read_window(WINDOW)
    assert [(entry.payload.key, entry.proceeding) for entry in page.entries] == [("4001", None), ("4002", None)]
    assert (page.total, page.is_whole) == (2, True)
    assert all("CurrentlyAcceptingEvidence=true" in address for address in client.asked)


def test_a_report_or_a_meeting_is_no_change_of_the_list(source: Committees, client: MemoryClient) -> None:
    (before,) = next(source.read_window(WINDOW)).entries
    client.api.inquiries[0]["latestReport"] = {"id": 1}
    client.api.inquiries[0]["nextOralEvidenceSession"] = {"id": 2}
    (after,) = next(source.read_window(WINDOW)).entries
    assert before.list_hash == after.list_hash
    client.api.inquiries[0]["title"] = "Rivers, towns and villages"
    (renamed,) = next(source.read_window(WINDOW)).entries
    assert renamed.list_hash != after.list_hash


def test_an_entry_without_an_id_is_listed_with_its_error(source: Committees, client: MemoryClient) -> None:
    client.api.inquiries = [{"id": None, "openSubmissionPeriods": [1]}]
    (entry,) = next(source.read_window(WINDOW)).entries
    assert entry.payload.key == ""
    assert "without an id" in str(entry.error)


@pytest.mark.parametrize("data", [[], {}, {"items": [], "totalResults": "1"}, {"items": [], "totalResults": 2_001}])
def test_a_list_of_another_shape_fails(source: Committees, client: MemoryClient, data: Any) -> None:
    client.answer = lambda _path, _query: data
    with pytest.raises(FetchError, match="The committees API sent"):
        list(source.read_window(WINDOW))


def test_an_inquiry_and_its_committees_come_together(source: Committees, client: MemoryClient) -> None:
    found = {detail.key: detail for detail in source.read_details(["4001", "9"])}
    payload = found["4001"].payload
    assert payload is not None
    parsed = source.parse(payload)
    assert (parsed.body, parsed.house, parsed.heading) == (
        "Sample Affairs Committee",
        House.COMMONS,
        "Rivers and towns",
    )
    assert isinstance(found["9"].error, GoneError)
    for path in (DETAIL, "/api/committees"):
        client.down = {path}
        (failed,) = source.read_details(["4001"])
        assert "is down" in str(failed.error), path
