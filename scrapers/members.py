"""Members' names, parties and constituencies by their number.

Source: https://members-api.parliament.uk (Open Parliament Licence v3.0).
`/api/Members/{id}` gives one member as of today: `nameDisplayAs`, `latestParty.name` and
`latestHouseMembership.membershipFrom`, which is a constituency or, for a peer, "Life peer" and the like. Party and
membership may be null.

Last checked: November 2026.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.records import Member
from scrapers.markup import one_line
from scrapers.strict_json import read_strict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scrapers.http.client import Client

logger = logging.getLogger(__name__)


class MembersSource:
    """Looks members up by number, several at a time."""

    def __init__(self, client: Client, base_url: str) -> None:
        self._client = client
        self._base = base_url.rstrip("/")

    def read_members(self, ids: Iterable[int]) -> Iterator[tuple[int, Member | None]]:
        """Look up each number once, in any order; None for one that the source does not know.

        Raises FetchError at the end, after all known members were given, if some could not be looked up.
        """
        by_url = {f"{self._base}/api/Members/{number}": number for number in ids}
        failures: list[str] = []
        for url, answer in self._client.get_many(by_url):
            number = by_url[url]
            if isinstance(answer, GoneError):
                yield number, None
            elif isinstance(answer, FetchError):
                failures.append(str(answer))
            else:
                try:
                    member = parse_member(answer.body, number)
                except ParseError as exc:
                    logger.warning("member id=%d refused=%r", number, str(exc))
                    failures.append(str(exc))
                else:
                    yield number, member
        if failures:
            text = f"{len(failures)} of {len(by_url)} members could not be looked up, the first because: {failures[0]}"
            raise FetchError(text, url=f"{self._base}/api/Members")


def parse_member(body: bytes, number: int) -> Member:
    """Parse `/api/Members/{number}`. Raises ParseError."""
    try:
        data = read_strict(body)
    except (ValueError, RecursionError) as exc:
        raise ParseError(
            f"The Members API's answer for member {number} is no JSON: report it.", key=str(number)
        ) from exc
    value = data.get("value") if isinstance(data, dict) else None
    if not isinstance(value, dict) or value.get("id") != number:
        raise ParseError(
            f"The Members API's answer for member {number} is about somebody else: report it.", key=str(number)
        )
    return Member(
        member_id=number,
        name=_text_in(value.get("nameDisplayAs"), number),
        party=_text_in(_object_in(value, "latestParty", number).get("name"), number),
        constituency=_text_in(_object_in(value, "latestHouseMembership", number).get("membershipFrom"), number),
    )


def _object_in(value: dict[str, Any], key: str, number: int) -> dict[str, Any]:
    inner = value.get(key)
    if inner is not None and not isinstance(inner, dict):
        raise ParseError(f"Member {number} has a {key} that is no object: report it.", key=str(number))
    return inner or {}


def _text_in(value: Any, number: int) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ParseError(f"Member {number} has a name, party or seat that is no text: report it.", key=str(number))
    return one_line(value)
