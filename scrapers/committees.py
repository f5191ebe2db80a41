"""Inquiries of committees that take written evidence, and the last day for it.

Source: https://committees-api.parliament.uk (Open Parliament Licence v3.0), described in its own OpenAPI document.
`/api/CommitteeBusiness` lists business in pages (`Skip`, `Take`), `/api/CommitteeBusiness/{id}` tells its scope, and
`/api/Committees?CommitteeBusinessId={id}` the committees whose it is. Oddities:

- The list names neither House nor committee, so an inquiry that is new or changed in the list costs two requests. Their
  answers are kept together as one.
- A business has several periods for submissions: of written evidence, oral evidence, petitions. The next last day for
  written evidence counts; with no period open, the last that was closed.
- A period may have no last day. What is listed no more is closed, or gone.

Last checked: November 2026, against the description; no recorded answer was at hand.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from monitor.errors import FetchError, ParseError
from monitor.model.records import House, Kind, Occasion, Proceeding
from monitor.model.sources import COMING, Detail, Listed, Payload, WindowPage
from monitor.parliament.calendar import LONDON
from scrapers.http.client import LIST_SECONDS
from scrapers.json_fields import Fields, UnknownKeys, is_number, shorten
from scrapers.markup import one_line, plain_text
from scrapers.paged_list import Page, entry_hash, read_whole_list
from scrapers.strict_json import read_strict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from monitor.model.sources import Window
    from scrapers.http.client import Client
    from scrapers.http.exchange import Response

NAME: Final = "committees"
SITE: Final = "https://committees.parliament.uk/work"
MAX_TOTAL: Final = 2_000
"""More inquiries than take evidence at a time."""

_WRITTEN: Final = "WrittenEvidence"
_NO_DATE: Final = "0001-01-01"
_HASHED: Final = ("id", "title", "type", "closeDate", "openSubmissionPeriods", "closedSubmissionPeriods")
"""Fields of the list whose change is a reason to read an inquiry again."""
_IGNORED: Final = (
    *("type", "closeDate", "latestReport", "nextOralEvidenceSession", "contact", "relatedInformation", "banner"),
    "hcNumbers",
)


class Committees:
    """Reads the inquiries that take written evidence. Each page of the list asks for `take` of them."""

    name = NAME
    houses = (House.COMMONS,)
    by = (COMING,)

    def __init__(self, client: Client, base_url: str, take: int = 50) -> None:
        self._client, self._base, self._take = client, base_url.rstrip("/"), take
        self._unknown_keys = UnknownKeys(NAME)

    def read_window(self, window: Window) -> Iterator[WindowPage]:  # noqa: ARG002 (the list is that of now, of both Houses)
        """Read the whole list, in one page. Raises FetchError."""
        found = read_whole_list(self._read_page, _key_of)
        entries = tuple(self._listed(entry, response) for entry, response in found.entries.values())
        yield WindowPage(entries=entries, total=len(entries), is_whole=not found.note, note=found.note)

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Read inquiries whole, with their committees."""
        urls = {self._url_of(key): key for key in keys}
        urls |= {self._committees_url(key): key for key in keys}
        waiting: dict[str, dict[str, Response | FetchError]] = {key: {} for key in keys}
        for url, answer in self._client.get_many(urls):
            key = urls[url]
            waiting[key]["business" if url == self._url_of(key) else "committees"] = answer
            if len(waiting[key]) > 1:
                yield self._detail(key, waiting.pop(key))

    def parse(self, payload: Payload) -> Proceeding:
        """Parse an inquiry and its committees. Raises ParseError."""
        try:
            data = read_strict(payload.body)
        except (ValueError, RecursionError) as exc:
            raise ParseError(f"Inquiry {payload.key} is no JSON: report it.", key=payload.key or None) from exc
        data = data if isinstance(data, dict) else {}
        business = data.get("business")
        key = _key_of(business)
        if not key or not isinstance(business, dict):
            raise ParseError(f"An inquiry came as {shorten(business)}, without an id: report it.")
        fields = Fields({name: value for name, value in business.items() if name != "id"}, "Inquiry", key)
        proceeding = _parse(fields, data.get("committees"), payload.fetched_at.astimezone(LONDON).date())
        if payload.key != key:
            raise ParseError(f"Inquiry {key} came when {payload.key} was asked for.", key=payload.key)
        self._unknown_keys.log(fields.unread())
        return proceeding

    def _read_page(self, skip: int) -> Page:
        asked = {"CurrentlyAcceptingEvidence": "true", "Skip": str(skip), "Take": str(self._take)}
        response, data = self._client.get_json(f"{self._base}/api/CommitteeBusiness", asked, seconds=LIST_SECONDS)
        items, total = (data.get("items"), data.get("totalResults")) if isinstance(data, dict) else (None, None)
        if not isinstance(items, list) or type(total) is not int or not 0 <= total <= MAX_TOTAL:
            raise FetchError(f"The committees API sent {shorten(data)} as its list: report it.", url=response.url)
        return Page(response=response, total=total, entries=items)

    def _listed(self, entry: Any, response: Response) -> Listed:
        key = _key_of(entry)
        payload = Payload(
            source=NAME,
            key=key,
            url=self._url_of(key) if key else response.url,
            fetched_at=response.fetched_at,
            body=json.dumps({"business": entry}).encode(),
        )
        error = None if key else ParseError(f"An inquiry came as {shorten(entry)}, without an id: report it.")
        known = {name: entry.get(name) for name in _HASHED} if isinstance(entry, dict) else entry
        return Listed(payload=payload, list_hash=entry_hash(known), proceeding=None, error=error)

    def _detail(self, key: str, answers: dict[str, Response | FetchError]) -> Detail:
        """Put an inquiry and its committees together, as one payload."""
        bodies = {}
        for name in ("business", "committees"):
            answer = answers[name]
            if isinstance(answer, FetchError):
                return Detail(key=key, error=answer)
            bodies[name] = read_strict(answer.body)
            url, fetched_at = self._url_of(key), answer.fetched_at
        payload = Payload(source=NAME, key=key, url=url, fetched_at=fetched_at, body=json.dumps(bodies).encode())
        return Detail(key=key, payload=payload)

    def _url_of(self, key: str) -> str:
        return f"{self._base}/api/CommitteeBusiness/{key}"

    def _committees_url(self, key: str) -> str:
        return f"{self._base}/api/Committees?{urlencode({'CommitteeBusinessId': key})}"


def _key_of(entry: Any) -> str:
    """Return the id of an inquiry, "" if it has none."""
    number = entry.get("id") if isinstance(entry, dict) else None
    return str(number) if is_number(number) else ""


def _parse(fields: Fields, committees: Any, today: date) -> Proceeding:
    fields.ignore(*_IGNORED)
    title = fields.line("title")
    if title is None:
        raise fields.refuse("title", "nothing")
    scope, links = plain_text(fields.take_if_there("scope", str) or "")
    names, house = _committees(fields, committees)
    open_periods = _take_periods(fields, "openSubmissionPeriods")
    closed_periods = _take_periods(fields, "closedSubmissionPeriods")
    started = [start for start, _ in (*open_periods, *closed_periods) if start]
    opened_on = _day(fields, "openDate", fields.take_if_there("openDate", str))
    return Proceeding(
        id=f"ci-{fields.key}",
        source=NAME,
        kind=Kind.NOTICE,
        house=house,
        url=f"{SITE}/{fields.key}/",
        heading=title,
        text=scope or None,
        made_on=max(started, default=opened_on),
        body=", ".join(names) or None,
        links=links,
        is_withdrawn=not open_periods and not closed_periods,
        occasion=Occasion.EVIDENCE,
        takes_place_on=_closes_on(open_periods, closed_periods, today),
    )


def _closes_on(
    open_periods: list[tuple[date | None, date | None]],
    closed_periods: list[tuple[date | None, date | None]],
    today: date,
) -> date | None:
    """Return the next last day for evidence; of what is closed, the last one. None where no last day is given."""
    if open_periods:
        days = [end for _, end in open_periods if end]
        return min([day for day in days if day >= today] or days, default=None)
    return max((end for _, end in closed_periods if end), default=None)


def _take_periods(fields: Fields, name: str) -> list[tuple[date | None, date | None]]:
    """Take the first and last days of the periods for written evidence."""
    found = []
    for value in fields.take_if_there(name, list) or []:
        if not isinstance(value, dict):
            raise fields.refuse(name, shorten(value))
        if value.get("submissionType") == _WRITTEN:
            found.append((_day(fields, name, value.get("startDate")), _day(fields, name, value.get("endDate"))))
    return found


def _day(fields: Fields, name: str, text: Any) -> date | None:
    if text is None or (isinstance(text, str) and text.startswith(_NO_DATE)):
        return None
    if not isinstance(text, str):
        raise fields.refuse(name, shorten(text))
    return fields.as_day(name, text)


def _committees(fields: Fields, data: Any) -> tuple[list[str], House]:
    """Return the names of the committees of an inquiry, and their House; a joint committee counts as of the Commons."""
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise fields.refuse("committees", shorten(data))
    names = [name for item in items if isinstance(item.get("name"), str) and (name := one_line(item["name"]))]
    is_of_lords = bool(items) and all(item.get("house") == "Lords" for item in items)
    return names, House.LORDS if is_of_lords else House.COMMONS
