"""The Members API and the `expandMember` objects of the questions API, made from one record of a member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.demo.store import PARTIES, DemoMember

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitor.demo.store import Value

ROLES = ("asking", "answering", "correcting")
MOST_IN_A_PAGE = 20


def thumbnail(member_id: int) -> str:
    """Return the address of a portrait, which is printed and never requested."""
    return f"https://members-api.parliament.uk/api/Members/{member_id}/Thumbnail"


def short_member(member: DemoMember) -> dict[str, Any]:
    """Return a member as an expanded object of the questions API."""
    _, abbreviation, colour = PARTIES.get(member.party, (0, None, None))
    return {
        "id": member.id,
        "listAs": member.list_as,
        "name": member.name,
        "party": member.party,
        "partyColour": colour,
        "partyAbbreviation": abbreviation,
        "memberFrom": member.constituency,
        "thumbnailUrl": thumbnail(member.id),
    }


def from_short(short: Mapping[str, Any], house: str) -> DemoMember:
    """Return the member of an expanded object in a recorded value."""
    return DemoMember(
        id=short["id"],
        name=short["name"],
        list_as=short["listAs"],
        party=short["party"],
        constituency=short["memberFrom"],
        house=house,
    )


def with_members(value: Value, members: Mapping[int, DemoMember], *, expand: bool) -> Value:
    """Return the value with its member objects, which are null unless requested, and for unknown members."""
    people = {}
    for role in ROLES:
        known = members.get(value[f"{role}MemberId"] or 0)
        people[f"{role}Member"] = short_member(known) if expand and known else None
    return {**value, **people}


def long_member(member: DemoMember) -> dict[str, Any]:
    """Return a member as the Members API sends it, in its envelope."""
    number, abbreviation, colour = PARTIES.get(member.party, (0, None, None))
    is_lord = member.house == "Lords"
    return {
        "value": {
            "id": member.id,
            "nameListAs": member.list_as,
            "nameDisplayAs": member.name,
            "nameFullTitle": member.name if is_lord else f"{member.name} MP",
            "nameAddressAs": member.name,
            "latestParty": {
                "id": number,
                "name": member.party,
                "abbreviation": abbreviation,
                "backgroundColour": colour,
                "foregroundColour": "FFFFFF",
                "isLordsMainParty": False,
                "isLordsSpiritualParty": member.party == "Bishops",
                "governmentType": None,
                "isIndependentParty": member.party == "Independent",
            },
            "gender": member.gender,
            "latestHouseMembership": _membership(member, is_lord=is_lord),
            "thumbnailUrl": thumbnail(member.id),
        },
        "links": [{"rel": "self", "href": f"/Members/{member.id}", "method": "GET"}],
    }


def _membership(member: DemoMember, *, is_lord: bool) -> dict[str, Any]:
    return {
        "membershipFrom": member.constituency,
        "membershipFromId": member.id,
        "house": 2 if is_lord else 1,
        "membershipStartDate": "2024-07-04T00:00:00",
        "membershipEndDate": None,
        "membershipEndReason": None,
        "membershipEndReasonNotes": None,
        "membershipEndReasonId": None,
        "membershipStatus": {
            "statusIsActive": True,
            "statusDescription": "Current Member",
            "statusNotes": None,
            "statusId": 0,
            "status": 0,
            "statusStartDate": "2024-07-04T00:00:00",
        },
    }


def search_members(members: Iterable[DemoMember], *, name: str, house: str, skip: int, take: int) -> dict[str, Any]:
    """Return the answer of `/api/Members/Search`. `house` is 1, 2, a word or empty. A page has at most twenty members."""
    houses = {"": ("Commons", "Lords"), "1": ("Commons",), "2": ("Lords",)}.get(house, (house.capitalize(),))
    found = [member for member in members if name.lower() in member.name.lower() and member.house in houses]
    take = min(take, MOST_IN_A_PAGE)
    return {
        "items": [
            long_member(member) for member in sorted(found, key=lambda member: member.list_as)[skip : skip + take]
        ],
        "totalResults": len(found),
        "resultContext": None,
        "skip": skip,
        "take": take,
        "links": [],
        "resultType": None,
    }
