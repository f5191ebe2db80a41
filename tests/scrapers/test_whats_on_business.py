"""Business of What's On: what becomes of events, and of a service that sends something else."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from monitor.demo.coming_api import event
from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.records import House
from monitor.model.sources import COMING, Payload, Window
from scrapers.whats_on.business import _IGNORED, MOST_EVENTS, Business
from tests.builders import NOW
from tests.coming_kit import ADDRESS, DAY, TODAY, MemoryClient, an_api
from tests.scrapers.golden import as_plain, check

EXAMPLES = Path(__file__).parent / "examples" / "whats_on"
CASES = sorted(path.stem for path in EXAMPLES.glob("*.json") if ".expected" not in path.name)
WINDOW = Window(source="whats_on", house=House.COMMONS, by=COMING, day=TODAY)
READS_NOTHING = cast("Any", None)


def example(name: str = "debate", *, changes: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_bytes())
    return value | (changes or {}) | more


def parse(value: Any, key: str | None = None) -> Any:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    own = ""
    if isinstance(value, dict):
        own = f"{'com' if value.get('Committee') else 'cal'}{value.get('Id')}"
    payload = Payload(source="whats_on", key=own if key is None else key, url="", fetched_at=NOW, body=body)
    return Business(READS_NOTHING, ADDRESS).parse(payload)


@pytest.fixture
def client() -> MemoryClient:
    return MemoryClient(an_api())


@pytest.fixture
def source(client: MemoryClient) -> Business:
    return Business(cast("Any", client), ADDRESS)


@pytest.mark.parametrize("case", CASES)
def test_example_is_understood_as_expected(case: str) -> None:
    check(as_plain(parse(example(case))), EXAMPLES / f"{case}.expected.json")


@pytest.mark.parametrize("name", sorted(set(example()) - set(_IGNORED)))
def test_wrong_type_is_refused(name: str) -> None:
    with pytest.raises(ParseError, match=rf"Event (cal|com)35011 has .* as {name}: report it"):
        parse(example(changes={name: 1.5}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Committee", {"Description": 1}),
        ("Committee", {"Inquiries": {"x": 1}}),
        ("Committee", {"Inquiries": [1]}),
        ("Committee", {"Inquiries": [{"Description": 1}]}),
        ("Members", [1]),
        ("Members", [{"Name": 1}]),
        ("StartDate", None),
        ("StartDate", "soon"),
        ("StartDate", "0001-01-01T00:00:00"),
    ],
)
def test_what_is_odd_within_an_event_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ParseError, match="report it"):
        parse(example(changes={name: value}))


@pytest.mark.parametrize("day", [None, "", "0001-01-01T00:00:00"])
def test_an_event_without_a_day_on_which_it_was_cancelled_takes_place(day: str | None) -> None:
    assert not parse(example(changes={"CancelledDate": day})).is_withdrawn
    assert parse(example(changes={"CancelledDate": "2031-06-05T09:00:00"})).is_withdrawn


def test_an_event_without_any_title_is_refused() -> None:
    bare = {"Id": 35_011, "StartDate": "2031-06-10T00:00:00"}
    with pytest.raises(ParseError, match="Event cal35011 has nothing, nor any other title, as Description"):
        parse(bare)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 200_000])
def test_a_payload_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError, match="Event cal1 is no JSON"):
        parse(body, "cal1")


@pytest.mark.parametrize("value", [[], "x", {"Id": "x"}, {"Id": True}, {"Id": 0}])
def test_an_event_without_an_id_is_refused(value: Any) -> None:
    with pytest.raises(ParseError, match="without an Id"):
        parse(value, "cal1")


def test_another_event_than_was_asked_for_is_refused() -> None:
    with pytest.raises(ParseError, match="Event cal35011 came when cal5 was asked for"):
        parse(example(), "cal5")


def test_unknown_keys_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    parse(example(Colour="blue"))
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "unknown keys=['Colour'] source=whats_on")
    ]


def test_four_weeks_of_a_house_are_read_a_week_at_a_time(source: Business, client: MemoryClient) -> None:
    client.api.events += [
        event(35_012, "Last day", TODAY + timedelta(weeks=4), "Debate"),
        event(35_013, "Later", TODAY + timedelta(weeks=4) + DAY, "Debate"),
        event(35_014, "In the Lords", TODAY, "Debate", House="Lords"),
    ]
    pages = list(source.read_window(WINDOW))
    assert [entry.payload.key for page in pages for entry in page.entries] == ["cal35011", "cal35012"]
    assert [page.is_whole for page in pages] == [None, None, None, None, True]
    queries = [parse_qs(urlsplit(address).query) for address in client.asked]
    days = [(query["queryParameters.startDate"][0], query["queryParameters.endDate"][0]) for query in queries]
    assert days[0] == ("2031-06-02", "2031-06-08")
    assert days[-1] == ("2031-06-30", "2031-06-30")
    assert {query["queryParameters.house"][0] for query in queries} == {"Commons"}


def test_an_event_that_lasts_into_another_week_counts_once(source: Business, client: MemoryClient) -> None:
    [lasting] = client.api.events
    client.answer = lambda _path, _query: [lasting]
    pages = list(source.read_window(WINDOW))
    assert [page.total for page in pages] == [1, 1, 1, 1, 1]


def test_an_entry_that_makes_no_sense_is_listed_with_its_error(source: Business, client: MemoryClient) -> None:
    client.api.events = [
        event(35_011, "Odd", TODAY, "Debate", Members="x"),
        {"Id": None, "StartDate": f"{TODAY}", "House": "Commons"},
    ]
    (first, *_) = source.read_window(WINDOW)
    assert [(entry.payload.key, entry.proceeding is None, entry.error is None) for entry in first.entries] == [
        ("cal35011", True, False),
        ("", True, False),
    ]


@pytest.mark.parametrize("data", [{}, "x", {"Message": "An error has occurred."}])
def test_an_answer_of_another_shape_fails(source: Business, client: MemoryClient, data: Any) -> None:
    client.answer = lambda _path, _query: data
    with pytest.raises(FetchError, match="What's On sent"):
        list(source.read_window(WINDOW))


def test_too_many_events_mean_that_the_parameters_were_ignored(source: Business, client: MemoryClient) -> None:
    client.answer = lambda _path, _query: [{}] * (MOST_EVENTS + 1)
    with pytest.raises(FetchError, match="5001 events of a week"):
        list(source.read_window(WINDOW))


def test_an_event_is_looked_up_by_its_id(source: Business, client: MemoryClient) -> None:
    client.api.events.append(example("committee_without_a_title", Id=35_011))  # of the other system
    found = {detail.key: detail for detail in source.read_details(["cal35011", "com35011", "cal9"])}
    for key in ("cal35011", "com35011"):
        payload = found[key].payload
        assert payload is not None
        assert source.parse(payload).id == f"wo-{key}"
    assert isinstance(found["cal9"].error, GoneError)
    client.down = {"/calendar/events/list.json"}
    (failed,) = source.read_details(["cal35011"])
    assert "is down" in str(failed.error)
