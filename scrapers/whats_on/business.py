"""Business of the coming weeks from the What's On service: debates, announced statements, meetings of committees.

`events/list` answers with a list of events, without pages. Oddities:

- Ids of the calendar's own events and of committees' meetings come from two systems, so a key says which ("cal35011",
  "com27003").
- What an event is stands in its `Category`, else its `Type`. What has "statement" there is an announced statement.
- `Description` is the title. Where it is empty, as of many meetings, the committee and its inquiries stand for it.
- Times and rooms change until the last moment and are left out: the page of the day has them.
- An event that was called off stays in the list, with a `CancelledDate`.

Last checked: November 2026, against the description; no recorded answer was at hand.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import FetchError, GoneError, ParseError, without_frames
from monitor.model.records import House, Kind, Member, Occasion, Proceeding
from monitor.model.sources import COMING, Detail, Listed, Payload, WindowPage
from scrapers.json_fields import Fields, is_number, shorten
from scrapers.list_entries import listed_entry, payload_of_entry
from scrapers.markup import one_line, plain_text
from scrapers.strict_json import read_strict
from scrapers.whats_on.api import HOUSE_NAMES, WhatsOn, take_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from monitor.model.sources import Window
    from scrapers.http.client import Client
    from scrapers.http.exchange import Response

NAME: Final = "whats_on"
SITE: Final = "https://whatson.parliament.uk"
LOOK_AHEAD: Final = timedelta(weeks=4)
AT_ONCE: Final = timedelta(weeks=1)
"""Days that one request asks for: some hundred events."""
MOST_EVENTS: Final = 5_000
"""More events than a week can have."""

_LIST: Final = "events/list"
_HOUSES: Final = {name: house for house, name in HOUSE_NAMES.items()}
_IGNORED: Final = (
    *("Id", "StartTime", "EndTime", "SortOrder", "EventActivities", "Location", "LocationMetadata", "HasSpeakers"),
    *("Tags", "Metadata", "BillId", "BillPageLink", "EndDate"),
)


class Business:
    """Reads the events of the coming weeks."""

    name = NAME
    by = (COMING,)

    def __init__(self, client: Client, base_url: str, houses: tuple[House, ...] = (House.COMMONS, House.LORDS)) -> None:
        self.houses = houses
        self._service = WhatsOn(client, base_url, NAME)

    def read_window(self, window: Window) -> Iterator[WindowPage]:
        """Read the events of a House, a page for each week. One that lasts counts once. Raises FetchError."""
        first, last = window.day, window.day + LOOK_AHEAD
        seen: set[str] = set()
        while first <= last:
            until = min(first + AT_ONCE - timedelta(days=1), last)
            response, events = self._read_days(window.house, first, until)
            entries = tuple(self._listed(event, response) for event in events)
            seen |= {entry.payload.key or str(entry.list_hash) for entry in entries}
            yield WindowPage(entries=entries, total=len(seen), is_whole=True if until == last else None)
            first = until + timedelta(days=1)

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Look events up by their ids."""
        for key in keys:
            try:
                response, events = self._ask({"eventId": key[3:]})
            except FetchError as exc:
                yield Detail(key=key, error=without_frames(exc))
                continue
            event = next((event for event in events if _key_of(event) == key), None)
            if event is None:
                error = GoneError(f"What's On has no event {key} any more.", url=response.url)
                yield Detail(key=key, error=error)
            else:
                yield Detail(key=key, payload=payload_of_entry(NAME, key, event, response))

    def parse(self, payload: Payload) -> Proceeding:
        """Parse an event. Raises ParseError."""
        try:
            event = read_strict(payload.body)
        except (ValueError, RecursionError) as exc:
            raise ParseError(f"Event {payload.key} is no JSON: report it.", key=payload.key or None) from exc
        key = _key_of(event)
        if not key:
            raise ParseError(f"An event came as {shorten(event)}, without an Id: report it.")
        fields = Fields(dict(event), "Event", key)
        proceeding = _parse(fields)
        if payload.key != key:
            raise ParseError(f"Event {key} came when {payload.key} was asked for.", key=payload.key)
        self._service.unknown_keys.log(fields.unread())
        return proceeding

    def _read_days(self, house: House, first: date, last: date) -> tuple[Response, list[Any]]:
        asked = {"house": HOUSE_NAMES[house], "startDate": first.isoformat(), "endDate": last.isoformat()}
        response, events = self._ask(asked)
        if len(events) > MOST_EVENTS:
            text = f"What's On sent {len(events)} events of a week, so it ignored what was asked: report it."
            raise FetchError(text, url=response.url)
        return response, events

    def _ask(self, asked: dict[str, str]) -> tuple[Response, list[Any]]:
        response, events = self._service.ask(_LIST, {f"queryParameters.{name}": value for name, value in asked.items()})
        if not isinstance(events, list):
            raise self._service.refused(_LIST, events)
        return response, events

    def _listed(self, event: Any, response: Response) -> Listed:
        return listed_entry(self.parse, event, payload_of_entry(NAME, _key_of(event), event, response))


def _key_of(event: Any) -> str:
    """Return the key of an event, "" if it has no id."""
    number = event.get("Id") if isinstance(event, dict) else None
    if not is_number(number):
        return ""
    return f"{'com' if event.get('Committee') else 'cal'}{number}"


def _parse(fields: Fields) -> Proceeding:
    fields.ignore(*_IGNORED)
    committee = fields.take_if_there("Committee", dict) or {}
    names = [fields.line_if_there(name) for name in ("Description", "SummarisedDetails")]
    body = _line(fields, committee, "Description")
    inquiries = [
        name for part in _parts(fields, committee, "Inquiries") if (name := _line(fields, part, "Description"))
    ]
    category, kind = fields.line_if_there("Category"), fields.line_if_there("Type")
    what = f"{category or ''} {kind or ''}".lower()
    heading = next(filter(None, (names[0], *inquiries, names[1], body, category, kind)), None)
    if heading is None:
        raise fields.refuse("Description", "nothing, nor any other title,")
    members = _take_members(fields)
    notes, links = plain_text(fields.take_if_there("Notes", str) or "")
    bill = fields.line_if_there("BillName")
    day = fields.as_day("StartDate", fields.take("StartDate", str, needed=True))
    house = _take_house(fields, committee)
    return Proceeding(
        id=f"wo-{fields.key}",
        source=NAME,
        kind=Kind.NOTICE,
        house=house,
        url=f"{SITE}/{house.value}/{day}/",
        heading=heading,
        text=_text(heading, (category, kind), (notes, bill, *inquiries), members),
        body=body,
        made_by=members[0] if len(members) == 1 else None,
        links=links,
        is_withdrawn=take_day(fields, "CancelledDate") is not None,
        occasion=Occasion.STATEMENT if "statement" in what else Occasion.BUSINESS,
        takes_place_on=day,
    )


def _text(
    heading: str, kinds: tuple[str | None, ...], others: tuple[str | None, ...], members: Sequence[Member]
) -> str | None:
    """Compose the text of an event: what it is, its notes, and the members named."""
    kind = ", ".join(dict.fromkeys(filter(None, kinds)))
    said = [text for text in dict.fromkeys(filter(None, others)) if text != heading]
    named = ", ".join(member.name for member in members if member.name)
    paragraphs = [f"{kind}." if kind else "", *said, f"Named: {named}." if named else ""]
    return "\n\n".join(filter(None, paragraphs)) or None


def _take_house(fields: Fields, committee: dict[str, Any]) -> House:
    """Take the House of an event; a joint one counts as of the House that leads it, else of the Commons."""
    names = [fields.line_if_there(name) for name in ("House", "LeadHouse")]
    known = next((_HOUSES[name] for name in names if name in _HOUSES), None)
    is_of_lords = committee.get("IsLords") is True and committee.get("IsCommons") is not True
    return known or (House.LORDS if is_of_lords else House.COMMONS)


def _take_members(fields: Fields) -> list[Member]:
    members = []
    for value in fields.take_if_there("Members", list) or []:
        if not isinstance(value, dict):
            raise fields.refuse("Members", shorten(value))
        number = value.get("Id")
        members.append(
            Member(
                member_id=number if is_number(number) else None,
                name=_line(fields, value, "Name"),
                party=_line(fields, value, "Party"),
                constituency=_line(fields, value, "MemberFrom"),
            )
        )
    return members


def _parts(fields: Fields, value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects in a list within an object."""
    parts = value.get(name) or []
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise fields.refuse(name, shorten(parts))
    return parts


def _line(fields: Fields, value: dict[str, Any], name: str) -> str | None:
    text = value.get(name)
    if not isinstance(text, str | None):
        raise fields.refuse(name, shorten(text))
    return one_line(text)
