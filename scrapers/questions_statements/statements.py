"""Written statements of both Houses, from https://questions-statements-api.parliament.uk (Open Parliament Licence v3.0).

A record is `{"value": {17 keys}, "links": [...]}`, in lists and alone as questions are (see `api`). What is odd
about it, as recorded in 2021:

- A list strips mark-up without leaving a space, cuts the text after 255 characters with "...", and shows neither
  attachments nor linked statements: so every statement is read whole by its id.
- The published description of the API says that a statement asked for by its id comes in a list of one; clients read it
  alone. Both are understood.
- A minister's statement is given once in each House, under two UINs (HCWS751, HLWS745): two records, as Parliament has it.
- `noticeNumber` is 0 in the Lords, and says nothing that a reader could use.
- What `linkedStatementId` counts where the link is a corrected answer is not known, so that link is left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from monitor.model.records import House, Kind, Proceeding
from monitor.parliament.identifiers import WRITTEN_STATEMENTS, uin_key
from scrapers.json_fields import Extras, is_number, shown
from scrapers.markup import plain_text
from scrapers.questions_statements.api import HOUSES, Half, Lists, attachments, check_key, fields_of, member

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.model.sources import Detail, Page, Payload, Window
    from scrapers.http.client import Client
    from scrapers.json_fields import Fields

NAME = "statements"
SITE = "https://questions-statements.parliament.uk/written-statements/detail"

_HALF = Half(source=NAME, noun="statement", path="/api/writtenstatements/statements", params={"sessionStatus": "Any"})
_UIN = re.compile(r"[A-Za-z0-9/-]{1,20}")
_LINKS = frozenset({"CorrectedStatement", "JointStatement"})


class StatementsSource:
    """Reads written statements by the days on which they were made. Each page asks for `take`."""

    name = NAME
    by = ("made",)

    def __init__(
        self, client: Client, base_url: str, houses: tuple[House, ...] = (House.COMMONS, House.LORDS), take: int = 100
    ) -> None:
        self.houses = houses
        self._lists = Lists(client, base_url, _HALF, self._never_whole, take)
        self._extras = Extras(NAME)

    def read_window(self, window: Window) -> Iterator[Page]:
        """Read a day as `api.Lists` does. Raises FetchError; what came before it holds."""
        return self._lists.read_window(window)

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Read statements in full, by id or by `DAY/UIN`, several in flight, in any order."""
        return self._lists.read_details(keys)

    def parse(self, payload: Payload) -> Proceeding:
        """Understand a list entry or a detail. Raises ParseError."""
        fields = fields_of(payload, "Statement")
        proceeding = _parse(fields)
        check_key(payload, fields)
        self._extras.tell(fields.rest())
        return proceeding

    def _never_whole(self, entry: Any, payload: Payload) -> None:  # noqa: ARG002 - a list's entry is never enough
        self.parse(payload)


def _parse(fields: Fields) -> Proceeding:
    house = HOUSES.get(fields.take("house", str, needed=True))
    if house is None:
        raise fields.refuse("house", "an unknown word")
    uin = fields.take("uin", str)
    if uin is not None and not _UIN.fullmatch(uin):
        raise fields.refuse("uin", shown(uin))
    made_on = fields.as_day("dateMade", fields.take("dateMade", str, needed=True))
    text, links = plain_text(fields.take("text", str) or "")
    for name, kind in (("noticeNumber", int), ("hasAttachments", bool), ("hasLinkedStatements", bool)):
        fields.take_if_there(name, kind)
    return Proceeding(
        id=f"s-{fields.key}",
        source=NAME,
        kind=Kind.STATEMENT,
        house=house,
        url=f"{SITE}/{made_on}/{quote(uin, safe='')}" if uin else None,
        uin=uin,
        heading=fields.line("title"),
        text=text or None,
        made_on=made_on,
        made_by=member(fields, "memberId", "member", office=fields.line_if_there("memberRole")),
        series=WRITTEN_STATEMENTS,
        keys=(uin_key(house, made_on, uin),) if uin else (),
        refers=_linked(fields),
        body_id=fields.number("answeringBodyId"),
        body=fields.line("answeringBodyName"),
        attachments=attachments(fields),
        links=links,
    )


def _linked(fields: Fields) -> tuple[str, ...]:
    """The statements that it is linked to, by the keys that they have here."""
    keys = []
    for link in fields.take_if_there("linkedStatements", list) or []:
        number = link.get("linkedStatementId") if isinstance(link, dict) else None
        if not is_number(number) or not isinstance(link.get("linkType"), str | None):
            raise fields.refuse("linkedStatements", shown(link))
        if link.get("linkType") in _LINKS:
            keys.append(f"s-{number}")
    return tuple(dict.fromkeys(keys))
