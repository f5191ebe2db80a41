"""Parliament's calendar, as the What's On service tells it. All days and names are invented."""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from monitor.demo.parliament import Parliament
from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.announced_days import AnnouncedKind, Announcement
from monitor.model.records import House
from scrapers.http.client import Client
from scrapers.json_fields import Fields
from scrapers.whats_on.api import WhatsOn, take_house
from scrapers.whats_on.calendar import (
    CalendarReader,
    parse_answer_day,
    parse_periods,
    parse_sessions,
    parse_sittings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMONS = House.COMMONS
PERIOD = {
    "Id": 50123,
    "StartDate": "2026-12-18T00:00:00",
    "EndDate": "2027-01-04T00:00:00",
    "SummarisedDetails": "House of Commons: Recess: Christmas",
    "StartTime": None,
    "EndTime": None,
    "Description": "Christmas  recess",
    "SortOrder": 1,
    "Category": "Recess",
    "Location": None,
    "Type": "Non-Sitting",
    "House": "Commons",
    "CategoryCode": "REC",
}
SESSION = {
    "SessionId": 41,
    "Number": "2026-27",
    "StartDate": "2026-05-13T00:00:00",
    "EndDate": None,
    "CommonsDescription": "2026-27",
    "LordsDescription": "2026-27",
    "SessionNumber": "1",
    "ParliamentNumber": "60",
}


def test_sitting_days_in_order_and_once_each() -> None:
    days = [{"Date": "2026-11-30T00:00:00"}, {"Date": "2026-11-26T00:00:00"}, {"Date": "2026-11-26T00:00:00"}]
    found = parse_sittings({"SittingDates": days}, COMMONS)
    assert [row.first_on for row in found] == [date(2026, 11, 26), date(2026, 11, 30)]
    assert found[0] == Announcement(
        kind=AnnouncedKind.SITTING,
        house=COMMONS,
        key="2026-11-26",
        first_on=date(2026, 11, 26),
        last_on=date(2026, 11, 26),
    )
    assert parse_sittings({"SittingDates": None}, COMMONS) == []


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"SittingDates": {}}, {"SittingDates": ["2026-11-26"]}, {"SittingDates": [{"Date": "soon"}]},
     {"SittingDates": [{"Date": None}]}, {"SittingDates": [{}]}],
)  # fmt: skip
def test_a_list_of_sitting_days_that_says_something_else_is_refused(data: Any) -> None:
    with pytest.raises(ParseError, match="report it"):
        parse_sittings(data, COMMONS)


def test_a_period_without_a_sitting() -> None:
    assert parse_periods([PERIOD], COMMONS) == [
        Announcement(
            kind=AnnouncedKind.PERIOD,
            house=COMMONS,
            key="50123",
            first_on=date(2026, 12, 18),
            last_on=date(2027, 1, 4),
            name="Christmas recess",
            code="REC",
        )
    ]


def test_a_period_may_lack_its_end_number_house_and_description() -> None:
    bare = {"StartDate": "2026-12-04T00:00:00", "EndDate": "0001-01-01T00:00:00", "Category": "Non-sitting day"}
    [found] = parse_periods([bare], COMMONS)
    assert (found.first_on, found.last_on, found.name, found.code) == (
        date(2026, 12, 4), date(2026, 12, 4), "Non-sitting day", "",
    )  # fmt: skip
    assert found.key == "Non-sitting day 2026-12-04"


def test_periods_of_the_other_house_are_left_out() -> None:
    assert parse_periods([PERIOD | {"House": "Lords"}], COMMONS) == []


@pytest.mark.parametrize(
    "change",
    [{"StartDate": None}, {"StartDate": "Christmas"}, {"EndDate": "2026-12-01T00:00:00"},
     {"EndDate": "2199-12-31T00:00:00"}, {"House": "Senate"},
     {"Id": "x"}, {"Id": -1}, {"Description": 3}, {"CategoryCode": 7}],
)  # fmt: skip
def test_a_period_that_says_something_else_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ParseError, match="report it"):
        parse_periods([PERIOD | change], COMMONS)


def test_an_entry_that_is_no_object_is_refused() -> None:
    with pytest.raises(ParseError, match="Period without a sitting of What's On is 'recess'"):
        parse_periods(["recess"], COMMONS)


def test_a_list_that_is_longer_than_any_is_refused() -> None:
    with pytest.raises(ParseError, match=r"a list of 2,001 entries, so it ignored what was asked"):
        parse_periods([PERIOD] * 2001, COMMONS)


def test_a_session_may_have_no_end_yet() -> None:
    ended = SESSION | {"SessionId": 40, "StartDate": "2024-07-17T00:00:00", "EndDate": "2026-04-29T00:00:00"}
    found = parse_sessions([SESSION, ended])
    assert [(row.key, row.first_on, row.last_on, row.name) for row in found] == [
        ("41", date(2026, 5, 13), None, "2026-27"),
        ("40", date(2024, 7, 17), date(2026, 4, 29), "2026-27"),
    ]


@pytest.mark.parametrize("change", [{"SessionId": None}, {"StartDate": None}, {"EndDate": "2026-05-01T00:00:00"}])
def test_a_session_that_says_something_else_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ParseError, match="report it"):
        parse_sessions([SESSION | change])


def test_first_day_for_an_answer() -> None:
    found = parse_answer_day("2026-11-30T00:00:00", date(2026, 11, 26), "ordinary")
    assert (found.key, found.first_on, found.last_on) == (
        "2026-11-26 ordinary", date(2026, 11, 26), date(2026, 11, 30),
    )  # fmt: skip
    for wrong in (None, 7, "", "0001-01-01T00:00:00", {"Date": "2026-11-30"}):
        with pytest.raises(ParseError, match="Day tabled 2026-11-26 has"):
            parse_answer_day(wrong, date(2026, 11, 26), "ordinary")


def test_an_unknown_house_is_refused_and_none_is_the_one_asked_for() -> None:
    assert take_house(Fields({"House": ""}, "Event", "1"), House.LORDS) is House.LORDS
    with pytest.raises(ParseError, match="Event 1 has 'Both' as House"):
        take_house(Fields({"House": "Both"}, "Event", "1"), House.LORDS)


# -- over HTTP --------------------------------------------------------------------------------------------------------


@pytest.fixture
def parliament() -> Iterator[Parliament]:
    with Parliament() as there:
        yield there


@pytest.fixture
def client() -> Iterator[Client]:
    with Client("mailto:you@example.org", "0", min_interval=0, sleep=lambda _: None) as asked:
        yield asked


def test_each_part_is_one_small_request(parliament: Parliament, client: Client) -> None:
    reader = CalendarReader(client, f"{parliament.url}/")
    found = reader.read_days(COMMONS, date(2024, 12, 16), date(2025, 1, 10))
    sat = [row.first_on for row in found if row.kind is AnnouncedKind.SITTING]
    assert sat == [date(2024, 12, day) for day in (16, 17, 18, 19)] + [date(2025, 1, day) for day in (6, 7, 8, 9, 10)]
    [recess] = [row for row in found if row.kind is AnnouncedKind.PERIOD]
    assert (recess.first_on, recess.last_on) == (date(2024, 12, 20), date(2025, 1, 5))
    assert reader.read_sessions()[-1].first_on == date(2026, 5, 13)
    [named, ordinary] = reader.read_answer_days([date(2024, 12, 18)])
    assert (named.name, named.last_on) == ("named", date(2025, 1, 7))
    assert (ordinary.name, ordinary.last_on) == ("ordinary", date(2025, 1, 6))
    assert [request.path for request in parliament.requests] == [
        "/calendar/proceduraldates/Commons/sittingdates.json",
        "/calendar/events/nonsitting.json",
        "/calendar/sessions/list.json",
        "/calendar/proceduraldates/Commons/answerdate.json",
        "/calendar/proceduraldates/Commons/answerdate.json",
    ]
    assert parliament.requests[1].query == {
        "queryparameters.house": ["Commons"],
        "queryparameters.startdate": ["2024-12-16"],
        "queryparameters.enddate": ["2025-01-10"],
    }


def test_days_that_were_not_asked_for_are_left_out(parliament: Parliament, client: Client) -> None:
    parliament.calendar.extra[COMMONS] = {date(2024, 12, 21)}
    reader = CalendarReader(client, parliament.url)
    found = reader.read_days(COMMONS, date(2024, 12, 20), date(2024, 12, 22))
    assert [row.first_on for row in found if row.kind is AnnouncedKind.SITTING] == [date(2024, 12, 21)]


def test_a_service_that_is_down_and_a_path_that_is_gone(parliament: Parliament, client: Client) -> None:
    reader = CalendarReader(client, parliament.url)
    parliament.faults.calendar_down = True
    with pytest.raises(FetchError, match="503"):
        reader.read_days(COMMONS, date(2024, 12, 20), date(2024, 12, 22))
    parliament.faults.calendar_down = False
    client.ask_again()
    with pytest.raises(GoneError):
        WhatsOn(client, parliament.url, "calendar").get("proceduraldates/Lords/answerdate")


def test_an_answer_of_another_shape_is_a_failure(parliament: Parliament, client: Client) -> None:
    parliament.calendar.sessions = {"Sessions": []}  # type: ignore[assignment] # what a changed service may send
    with pytest.raises(ParseError, match=r"What.s On sent .*Sessions.* for sessions/list: report it"):
        CalendarReader(client, parliament.url).read_sessions()


def test_unknown_keys_are_logged_once(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    service = WhatsOn(client, "http://127.0.0.1:9", "calendar")
    with caplog.at_level(logging.WARNING):
        parse_periods([PERIOD | {"Chamber": "x"}, PERIOD | {"Chamber": "y"}], COMMONS, service)
    assert [record.message for record in caplog.records] == ["unknown keys=['Chamber'] source=calendar"]
