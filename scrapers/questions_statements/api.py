"""Common part of written questions and written statements: lists that move while they are read, details, members, files.

Source: https://questions-statements-api.parliament.uk (Open Parliament Licence v3.0).
A record is `{"value": {...}, "links": [...]}`, alone (detail) or in `{"totalResults": n, "results": [...]}` (list).
Oddities:

- `links` may name another record: only `value.id` counts.
- Rows move between pages while the list is read, and some come twice.
- A total that counts too few must not hide the rows behind it, so a list goes on for as long as its pages are full.
- Unknown parameters are ignored without an error, so a misspelt one would return the whole archive.

Last checked: November 2026, against recordings of 2021 to 2024.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import quote, urlencode

from monitor.errors import FetchError, ParseError
from monitor.model.records import Attachment, House, Member
from monitor.model.sources import Detail, Listed, Payload, WindowPage
from scrapers.http.client import LIST_SECONDS
from scrapers.json_fields import Fields, UnknownKeys, is_number, shorten
from scrapers.list_entries import parse_entry
from scrapers.markup import one_line
from scrapers.strict_json import read_strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from monitor.model.records import Proceeding
    from monitor.model.sources import Window
    from scrapers.http.client import Client
    from scrapers.http.exchange import Response

LIST_TEXT: Final = 255
"""Characters that a list shows of a question at most, and of an answer or a statement before its "..."."""
MAX_PASSES: Final = 3
"""Readings of a window that moves while it is read."""
MAX_TOTAL: Final = 20_000
"""More records than any day can have (the most on record is some 1,500)."""
UIN: Final = re.compile(r"[A-Za-z0-9/-]{1,20}")

_HOUSES: Final = {"Commons": House.COMMONS, "Lords": House.LORDS}
_HOUSE_NAMES: Final = {house: name for name, house in _HOUSES.items()}
_MAX_FILE_SIZE: Final = 2**53
"""Bytes beyond any disk; a larger number could not even be divided."""
_PUBLIC_KEY: Final = re.compile(r"\d{4}-\d\d-\d\d/[A-Za-z0-9-]{1,20}")
_NOT_HASHED: Final = frozenset(
    {"askingMember", "answeringMember", "correctingMember", "member", "attachments", "attachmentCount"}
)
"""Fields that lists show only sometimes, or wrongly."""
_PUBLIC_PAGE: Final = re.compile(
    r"https?://questions-statements\.parliament\.uk/written-(question|statement)s/detail/"
    r"(\d{4}-\d\d-\d\d)/([A-Za-z0-9-]{1,20})/?(?:[?#].*)?",
    re.IGNORECASE,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordType:
    """Kind of record of the API: source name, noun for errors, path, and parameters of its lists.

    `by`: the dates by which windows are read. `parse` raises ParseError. `is_whole_in_list` decides whether a list's entry
    shows all that the detail would.
    """

    source: str
    noun: str
    path: str
    list_params: Mapping[str, str]
    by: tuple[str, ...]
    parse: Callable[[Fields], Proceeding]
    is_whole_in_list: Callable[[dict[str, Any], Proceeding], bool]


class ApiSource:
    """Source of one record type, read by days. Each page of a list asks for `take` records."""

    record_type: ClassVar[RecordType]

    def __init__(
        self, client: Client, base_url: str, houses: tuple[House, ...] = (House.COMMONS, House.LORDS), take: int = 100
    ) -> None:
        self.houses = houses
        self.name, self.by = self.record_type.source, self.record_type.by
        self._client, self._take = client, take
        self._address = base_url.rstrip("/") + self.record_type.path
        self._unknown_keys = UnknownKeys(self.name)

    def read_window(self, window: Window) -> Iterator[WindowPage]:
        """Read a day, page by page, until nothing moved while it was read, at most `MAX_PASSES` times.

        An entry comes again only if it changed in between. Raises FetchError; pages that came before it stay valid.
        """
        given: dict[str, str] = {}
        note = ""
        for number in range(MAX_PASSES):
            reading = _WindowReading(self.record_type.noun)
            yield from self._read_pass(window, reading, given)
            note = reading.complaint()
            if not note:
                break
            logger.info(
                "window house=%s by=%s day=%s pass=%d note=%r", window.house, window.by, window.day, number, note
            )
        yield WindowPage(entries=(), total=reading.total, is_whole=not note, note=note)

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Read records in full, several in flight, in any order.

        A key is the source's own, or `DAY/UIN` as in the address of a public page; then the payload has the source's own.
        """
        query = urlencode({"expandMember": "true", "sessionStatus": "Any"})
        by_url = {f"{self._address}/{_as_path(key)}?{query}": key for key in keys}
        for url, answer in self._client.get_many(by_url):
            key = by_url[url]
            if isinstance(answer, FetchError):
                yield Detail(key=key, error=answer)
                continue
            own_key = (_key_in_detail(answer.body) or key) if _PUBLIC_KEY.fullmatch(key) else key
            payload = Payload(source=self.name, key=own_key, url=url, fetched_at=answer.fetched_at, body=answer.body)
            yield Detail(key=key, payload=payload)

    def parse(self, payload: Payload) -> Proceeding:
        """Parse a list's entry or a detail. Raises ParseError."""
        fields = _fields_of(payload, self.record_type.noun.capitalize())
        proceeding = self.record_type.parse(fields)
        # Last, so that an error within the record is reported first.
        if payload.key != fields.key:
            raise ParseError(f"{fields.noun} {fields.key} came when {payload.key} was asked for.", key=payload.key)
        self._unknown_keys.log(fields.unread())
        return proceeding

    def _read_pass(self, window: Window, reading: _WindowReading, given: dict[str, str]) -> Iterator[WindowPage]:
        skip, has_more = 0, True
        while has_more and skip <= MAX_TOTAL:
            response, total, entries = self._read_page(window, skip)
            is_full = reading.add(total, entries) >= self._take
            new = tuple(listed for listed in self._listed(entries, response) if _is_new(listed, given))
            yield WindowPage(entries=new, total=total)
            # A row that comes twice in a page may have pushed another one out, so step by the distinct rows.
            skip += len({list_hash(entry) for entry in entries})
            has_more = bool(entries) and (skip < total or is_full)
        if reading.pages > 1:
            _, total, entries = self._read_page(window, 0)
            reading.add_first_page_again(total, entries)

    def _read_page(self, window: Window, skip: int) -> tuple[Response, int, list[Any]]:
        day, noun = window.day.isoformat(), self.record_type.noun
        params = {
            f"{window.by}WhenFrom": day,
            f"{window.by}WhenTo": day,
            "house": _HOUSE_NAMES[window.house],
            **self.record_type.list_params,
            "skip": str(skip),
            "take": str(self._take),
        }
        response, data = self._client.get_json(self._address, params, seconds=LIST_SECONDS)
        results = data.get("results") if isinstance(data, dict) else None
        total = data.get("totalResults") if isinstance(data, dict) else None
        if not isinstance(results, list) or type(total) is not int or total < 0:
            raise FetchError(
                f"The {noun}s API sent a list without totalResults or results: report it.", url=response.url
            )
        if total > MAX_TOTAL:
            text = f"The {noun}s API counts {total} {noun}s in a day, so it ignored what was asked: report it."
            raise FetchError(text, url=response.url)
        return response, total, results

    def _listed(self, entries: list[Any], response: Response) -> Iterator[Listed]:
        for entry in entries:
            key = _key_of(entry)
            payload = Payload(
                source=self.name,
                key=key,
                url=f"{self._address}/{key}" if key else response.url,
                fetched_at=response.fetched_at,
                body=json.dumps(entry).encode(),
            )
            parsed, error = parse_entry(self.parse, payload)
            is_whole = parsed is not None and self.record_type.is_whole_in_list(entry["value"], parsed)
            proceeding = parsed if is_whole else None
            yield Listed(payload=payload, list_hash=list_hash(entry), proceeding=proceeding, error=error)


class _WindowReading:
    """One pass over a window: what its pages said of it."""

    def __init__(self, noun: str) -> None:
        self.pages = self.total = 0
        self._noun = noun
        self._ids: set[str] = set()
        self._without_id = 0
        self._totals: set[int] = set()
        self._first_page: list[str] = []
        self._has_moved = False

    def add(self, total: int, entries: list[Any]) -> int:
        """Take note of the next page; return how many of its records this pass had not seen."""
        before = len(self._ids)
        keys = [_key_of(entry) for entry in entries]
        if not self.pages:
            self._first_page = keys
        self.pages += 1
        self.total = total
        self._totals.add(total)
        self._ids.update(filter(None, keys))
        self._without_id += keys.count("")
        return len(self._ids) - before

    def add_first_page_again(self, total: int, entries: list[Any]) -> None:
        """Take note of the first page, read once more after the last."""
        self.total = total
        self._totals.add(total)
        self._has_moved = {_key_of(entry) for entry in entries} != set(self._first_page)

    def complaint(self) -> str:
        """Say why the window can't be taken as whole; "" if it can."""
        if len(self._totals) > 1:
            return f"its total moved between {min(self._totals)} and {max(self._totals)} while it was read"
        if self._has_moved:
            return "its first page changed while it was read"
        found = len(self._ids) + self._without_id
        return f"{found} of {self.total} {self._noun}s were found" if found < self.total else ""


def list_hash(entry: Any) -> str:
    """Hash a list's view of a record, without the fields that lists show only sometimes or wrongly."""
    value = entry.get("value") if isinstance(entry, dict) else entry
    if isinstance(value, dict):
        value = {name: field for name, field in value.items() if name not in _NOT_HASHED}
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def read_public_page(url: str) -> tuple[str, date, str] | None:
    """Read the address of a public page as "questions" or "statements", day and UIN; None for any other page."""
    match = _PUBLIC_PAGE.fullmatch(url.strip())
    if match is None:
        return None
    try:
        return f"{match[1].lower()}s", date.fromisoformat(match[2]), match[3].upper()
    except ValueError:
        return None


def take_house(fields: Fields) -> House:
    """Take the House of a record. Raises ParseError."""
    house = _HOUSES.get(fields.take("house", str, needed=True))
    if house is None:
        raise fields.refuse("house", "an unknown word")
    return house


def take_member(fields: Fields, number_name: str, name: str, *, office: str | None = None) -> Member | None:
    """Take the member in a role. Lists give only the number. Raises ParseError."""
    number = fields.number(number_name)
    value = fields.take_if_there(name, dict)
    if value is None:
        return None if number is None else Member(member_id=number, office=office)
    if number is not None and value.get("id") != number:
        raise fields.refuse(name, f"member {shorten(value.get('id'))} instead of {number}")
    texts = [value.get(key) for key in ("name", "party", "memberFrom")]
    if not all(text is None or isinstance(text, str) for text in texts):
        raise fields.refuse(name, "a name, party or seat that is no text")
    full_name, party, constituency = map(one_line, texts)
    return Member(member_id=number, name=full_name, party=party, constituency=constituency, office=office)


def take_attachments(fields: Fields) -> tuple[Attachment, ...]:
    """Take the files that come with a record; lists never show any. Raises ParseError."""
    return tuple(_attachment(fields, value) for value in fields.take_if_there("attachments", list) or [])


def _attachment(fields: Fields, value: Any) -> Attachment:
    if not isinstance(value, dict):
        raise fields.refuse("attachments", shorten(value))
    texts: list[Any] = [value.get(name) for name in ("title", "fileType", "url")]
    size = value.get("fileSizeBytes")
    is_size = size is None or (type(size) is int and abs(size) < _MAX_FILE_SIZE)
    if not is_size or not all(text is None or isinstance(text, str) for text in texts):
        raise fields.refuse("attachments", shorten(value))
    title, file_type, url = map(one_line, texts)
    return Attachment(title=title or url or "untitled", file_type=file_type, size_bytes=size, url=url)


def _fields_of(payload: Payload, noun: str) -> Fields:
    """Return the fields of the record in a payload. Raises ParseError."""
    try:
        data = read_strict(payload.body)
    except (ValueError, RecursionError) as exc:
        raise ParseError(f"{noun} {payload.key} is no JSON: report it.", key=payload.key) from exc
    entry = _unwrap(data)
    value = entry.get("value") if isinstance(entry, dict) else None
    if not isinstance(value, dict):
        raise ParseError(f"{noun} {payload.key} has no value: report it.", key=payload.key or None)
    fields = dict(value)
    number = fields.pop("id", None)
    if not is_number(number):
        raise ParseError(f"A {noun.lower()} came without an id: report it.")
    return Fields(fields, noun, str(number))


def _as_path(key: str) -> str:
    return key if _PUBLIC_KEY.fullmatch(key) else quote(key, safe="")


def _unwrap(data: Any) -> Any:
    """Return the record of a detail. It may stand in a list of one: so the API's description says of statements."""
    results = data.get("results") if isinstance(data, dict) else None
    return results[0] if isinstance(results, list) and len(results) == 1 else data


def _key_in_detail(body: bytes) -> str:
    try:
        return _key_of(_unwrap(read_strict(body)))
    except (ValueError, RecursionError):
        return ""


def _key_of(entry: Any) -> str:
    """Return the id of an entry, "" if it has none."""
    value = entry.get("value") if isinstance(entry, dict) else None
    number = value.get("id") if isinstance(value, dict) else None
    return str(number) if is_number(number) else ""


def _is_new(listed: Listed, given: dict[str, str]) -> bool:
    """Return whether this view of an entry was not given yet, and remember it."""
    key = listed.payload.key or listed.list_hash
    is_new = given.get(key) != listed.list_hash
    given[key] = listed.list_hash
    return is_new
