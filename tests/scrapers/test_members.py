"""Names for numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from monitor.errors import FetchError, ParseError
from monitor.model.records import Member
from scrapers.http.client import Client
from scrapers.members import MembersSource, parse_member
from tests.scrapers.faulty import Asked, FaultyServer, Reply, Time, as_json, http

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def client() -> Iterator[Client]:
    time = Time()
    with Client("x", "1", clock=time.clock, sleep=time.sleep) as client:
        yield client


def a_member(number: int = 90001, **changes: Any) -> dict[str, Any]:
    """An invented member in the format of the Members API."""
    value = {
        "id": number,
        "nameListAs": "Puddle, Ada",
        "nameDisplayAs": "Ada  Puddle",
        "nameFullTitle": "Ada Puddle MP",
        "latestParty": {"id": 901, "name": "Rain Party", "abbreviation": "RP"},
        "latestHouseMembership": {"membershipFrom": "Drizzleton", "house": 1, "membershipStatus": None},
    }
    return {"value": {**value, **changes}, "links": []}


def parse(data: Any) -> Member:
    return parse_member(json.dumps(data).encode(), 90001)


def test_member_is_named() -> None:
    expected = Member(member_id=90001, name="Ada Puddle", party="Rain Party", constituency="Drizzleton")
    assert parse(a_member()) == expected


def test_recorded_member_is_named(shared_data: Path) -> None:
    body = (shared_data / "members" / "membersapi_Members_172.json").read_bytes()
    value = json.loads(body)["value"]
    assert parse_member(body, 172) == Member(
        member_id=172,
        name=value["nameDisplayAs"],
        party=value["latestParty"]["name"],
        constituency=value["latestHouseMembership"]["membershipFrom"],
    )


def test_what_is_null_is_unknown() -> None:
    entry = a_member(nameDisplayAs=None, latestParty=None, latestHouseMembership=None)
    assert parse(entry) == Member(member_id=90001)


@pytest.mark.parametrize("data", [[], {}, {"value": []}, {"value": {}}, a_member(90002)])
def test_answer_about_somebody_else_is_refused(data: Any) -> None:
    with pytest.raises(ParseError, match="is about somebody else") as error:
        parse(data)
    assert error.value.key == "90001"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"nameDisplayAs": 7}, "that is no text"),
        ({"latestParty": "Rain Party"}, "has a latestParty that is no object"),
        ({"latestParty": {"name": ["Rain Party"]}}, "that is no text"),
        ({"latestHouseMembership": {"membershipFrom": 1}}, "that is no text"),
    ],
)
def test_wrong_type_is_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ParseError, match=text):
        parse(a_member(**changes))


def test_what_no_archive_can_store_is_kept_out() -> None:
    found = parse(a_member(nameDisplayAs="Ada\0 \ud800Puddle", latestParty={"name": "\x1b[2J\u202e"}))
    assert (found.name, found.party) == ("Ada Puddle", "[2J")


@pytest.mark.parametrize("body", [b"", b'{"value":', b"[" * 200_000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError, match="is no JSON") as error:
        parse_member(body, 90001)
    assert error.value.key == "90001"


def test_members_are_looked_up_once_each(client: Client) -> None:
    def answer(asked: Asked) -> Reply:
        number = int(asked.target.rsplit("/", 1)[1])
        return http(b"", 404) if number == 3 else as_json(a_member(number))

    with FaultyServer(answer) as server:
        found = dict(MembersSource(client, server.url + "/").read_members(iter([1, 2, 2, 3, 1])))
    assert sorted(asked.target for asked in server.asked) == [f"/api/Members/{number}" for number in (1, 2, 3)]
    assert found[3] is None
    assert [(record := found[number]) and record.member_id for number in (1, 2)] == [1, 2]


def test_failures_are_told_when_the_others_are_known(client: Client) -> None:
    broken = {"/api/Members/1": http(b"", 400), "/api/Members/4": as_json(a_member(5))}
    found: list[tuple[int, Member | None]] = []
    with FaultyServer(lambda asked: broken.get(asked.target) or as_json(a_member(int(asked.target[-1])))) as server:
        members = MembersSource(client, server.url).read_members([1, 2, 3, 4])
        with pytest.raises(FetchError, match=r"2 of 4 members could not be looked up, the first because: .+") as error:
            found.extend(members)
    assert error.value.url == f"{server.url}/api/Members"
    assert sorted(number for number, _ in found) == [2, 3]


def test_nobody_to_look_up(client: Client) -> None:
    assert list(MembersSource(client, "https://members.example").read_members([])) == []
