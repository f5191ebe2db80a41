"""Written statements of both Houses.

Source: https://questions-statements-api.parliament.uk/api/writtenstatements/statements (Open Parliament Licence v3.0).
A record is `{"value": {17 keys}, "links": [...]}`; see `scrapers.questions_statements.api` for lists. Oddities:

- A list strips mark-up without leaving a space, cuts the text after 255 characters with "...", and shows neither
  attachments nor linked statements: so every statement is read whole by its id.
- The published description of the API says that a statement asked for by its id comes in a list of one; clients read it
  alone. Both are understood.
- A minister's statement is given once in each House, under two UINs (HCWS751, HLWS745): two records, as Parliament has it.
- `noticeNumber` is 0 in the Lords, and says nothing that a reader could use.
- What `linkedStatementId` counts where the link is a corrected answer is not known, so that link is left out.

Last checked: November 2026, against lists recorded in 2021; the detail is known from its published description.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from monitor.model.records import Kind, Proceeding
from monitor.parliament.identifiers import WRITTEN_STATEMENTS, uin_key
from scrapers.json_fields import is_number, shorten
from scrapers.markup import plain_text
from scrapers.questions_statements.api import UIN, ApiSource, RecordType, take_attachments, take_house, take_member

if TYPE_CHECKING:
    from scrapers.json_fields import Fields

NAME = "statements"
SITE = "https://questions-statements.parliament.uk/written-statements/detail"

_UNDERSTOOD_LINKS = frozenset({"CorrectedStatement", "JointStatement"})


def _parse(fields: Fields) -> Proceeding:
    house = take_house(fields)
    uin = fields.take("uin", str)
    if uin is not None and not UIN.fullmatch(uin):
        raise fields.refuse("uin", shorten(uin))
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
        made_by=take_member(fields, "memberId", "member", office=fields.line_if_there("memberRole")),
        series=WRITTEN_STATEMENTS,
        keys=(uin_key(house, made_on, uin),) if uin else (),
        refers=_take_linked(fields),
        body_id=fields.number("answeringBodyId"),
        body=fields.line("answeringBodyName"),
        attachments=take_attachments(fields),
        links=links,
    )


def _take_linked(fields: Fields) -> tuple[str, ...]:
    """Take the statements that this one is linked to, as their ids in the archive."""
    keys = []
    for link in fields.take_if_there("linkedStatements", list) or []:
        number = link.get("linkedStatementId") if isinstance(link, dict) else None
        if not is_number(number) or not isinstance(link.get("linkType"), str | None):
            raise fields.refuse("linkedStatements", shorten(link))
        if link.get("linkType") in _UNDERSTOOD_LINKS:
            keys.append(f"s-{number}")
    return tuple(dict.fromkeys(keys))


class StatementsSource(ApiSource):
    """Written statements, by the days on which they were made."""

    record_type = RecordType(
        source=NAME,
        noun="statement",
        path="/api/writtenstatements/statements",
        list_params={"sessionStatus": "Any"},
        by=("made",),
        parse=_parse,
        is_whole_in_list=lambda _value, _statement: False,
    )
