"""What written questions and written statements have in common: one API, its lists that move, its details, its members.

A record is `{"value": {...}, "links": [...]}`, alone (detail) or in `{"totalResults": n, "results": [...]}` (list). `links`
may name another record: only `value.id` counts. Rows move between pages while one reads, and some come twice. Unknown
parameters are ignored without a word, so a misspelt one would give the whole archive.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from monitor.errors import FetchError, ParseError, without_frames
from monitor.model.records import Attachment, House, Member
from monitor.model.sources import Detail, Listed, Page, Payload
from scrapers.http.client import LIST_SECONDS
from scrapers.json_fields import Fields, is_number, shown
from scrapers.markup import one_line
from scrapers.strict_json import read_strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from monitor.model.records import Proceeding
    from monitor.model.sources import Window
    from scrapers.http.client import Client
    from scrapers.http.exchange import Response

HOUSES = {"Commons": House.COMMONS, "Lords": House.LORDS}
CUT = 255
"""So many characters of a question a list shows at most, and of an answer or a statement before its "..."."""
MAX_PASSES = 3
MAX_TOTAL = 20_000
"""More than any day can have (the most on record is some 1,500)."""

_WORDS = {house: word for word, house in HOUSES.items()}
_MAX_SIZE = 2**53
_PUBLIC_KEY = re.compile(r"\d{4}-\d\d-\d\d/[A-Za-z0-9-]{1,20}")
_NOT_HASHED = ("askingMember", "answeringMember", "correctingMember", "member", "attachments", "attachmentCount")
_PAGES = re.compile(
    r"https?://questions-statements\.parliament\.uk/written-(question|statement)s/detail/"
    r"(\d{4}-\d\d-\d\d)/([A-Za-z0-9-]{1,20})/?(?:[?#].*)?",
    re.IGNORECASE,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One half of the API: the source's name, what a record is called, where they are, what lists are asked besides."""

    source: str
    noun: str
    path: str
    params: Mapping[str, str]


class Lists:
    """Reads windows and details of one half. Each page asks for `take` records.

    `understand` makes a list's entry, given with its payload, a proceeding where the list shows it whole, else None; it
    raises ParseError.
    """

    def __init__(
        self,
        client: Client,
        base_url: str,
        half: Half,
        understand: Callable[[Any, Payload], Proceeding | None],
        take: int = 100,
    ) -> None:
        self._client, self._half, self._understand, self._take = client, half, understand, take
        self._address = base_url.rstrip("/") + half.path

    def read_window(self, window: Window) -> Iterator[Page]:
        """Read a day, page by page, until nothing moved while it was read, at most three times over.

        An entry comes again only if it changed in between. Raises FetchError; what came before it holds.
        """
        seen: dict[str, str] = {}
        note = ""
        for number in range(MAX_PASSES):
            reading = _Reading(self._half.noun)
            yield from self._read_pass(window, reading, seen)
            note = reading.complaint()
            if not note:
                break
            logger.info(
                "window house=%s by=%s day=%s pass=%d note=%r", window.house, window.by, window.day, number, note
            )
        yield Page(entries=(), total=reading.total, is_whole=not note, note=note)

    def _read_pass(self, window: Window, reading: _Reading, seen: dict[str, str]) -> Iterator[Page]:
        skip = 0
        while True:
            response, total, entries = self._read_page(window, skip)
            reading.add(total, entries)
            fresh = tuple(entry for entry in self._listed(entries, response) if _is_news(entry, seen))
            yield Page(entries=fresh, total=total)
            # A row that comes twice in a page may have pushed another one out, so step by what was really there.
            skip += len({list_hash(entry) for entry in entries})
            if not entries or skip >= total:
                break
        if reading.pages > 1:
            _, total, entries = self._read_page(window, 0)
            reading.look_again(total, entries)

    def _read_page(self, window: Window, skip: int) -> tuple[Response, int, list[Any]]:
        day, noun = window.day.isoformat(), self._half.noun
        params = {
            f"{window.by}WhenFrom": day,
            f"{window.by}WhenTo": day,
            "house": _WORDS[window.house],
            **self._half.params,
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
                source=self._half.source,
                key=key,
                url=f"{self._address}/{key}" if key else response.url,
                fetched_at=response.fetched_at,
                body=json.dumps(entry).encode(),
            )
            proceeding, error = None, None
            try:
                proceeding = self._understand(entry, payload)
            except ParseError as exc:
                error = without_frames(exc)
            yield Listed(payload=payload, list_hash=list_hash(entry), proceeding=proceeding, error=error)

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Read records in full, several in flight, in any order.

        A key is the source's own, or `DAY/UIN` as the public page of a record has it; then the payload has its own.
        """
        query = urlencode({"expandMember": "true", "sessionStatus": "Any"})
        by_url = {f"{self._address}/{_in_path(key)}?{query}": key for key in keys}
        for url, answer in self._client.get_many(by_url):
            key = by_url[url]
            if isinstance(answer, FetchError):
                yield Detail(key=key, error=answer)
                continue
            own = (_own_key(answer.body) or key) if _PUBLIC_KEY.fullmatch(key) else key
            payload = Payload(
                source=self._half.source, key=own, url=url, fetched_at=answer.fetched_at, body=answer.body
            )
            yield Detail(key=key, payload=payload)


class _Reading:
    """One pass over a window: what its pages said of it."""

    def __init__(self, noun: str) -> None:
        self.pages = self.total = 0
        self._noun = noun
        self._ids: set[str] = set()
        self._nameless = 0
        self._totals: set[int] = set()
        self._first: list[str] = []
        self._has_moved = False

    def add(self, total: int, entries: list[Any]) -> None:
        """Take the next page."""
        keys = [_key_of(entry) for entry in entries]
        if not self.pages:
            self._first = keys
        self.pages += 1
        self.total = total
        self._totals.add(total)
        self._ids.update(filter(None, keys))
        self._nameless += keys.count("")

    def look_again(self, total: int, entries: list[Any]) -> None:
        """Take the first page once more, read after the last."""
        self.total = total
        self._totals.add(total)
        self._has_moved = set(map(_key_of, entries)) != set(self._first)

    def complaint(self) -> str:
        """Why the window can't be taken as whole; "" if it can."""
        if len(self._totals) > 1:
            return f"its total moved between {min(self._totals)} and {max(self._totals)} while it was read"
        if self._has_moved:
            return "its first page changed while it was read"
        found = len(self._ids) + self._nameless
        return f"{found} of {self.total} {self._noun}s were found" if found < self.total else ""


def fields_of(payload: Payload, noun: str) -> Fields:
    """The fields of the record that a payload holds, which must be the one that was asked for. Raises ParseError."""
    try:
        data = read_strict(payload.body)
    except (ValueError, RecursionError) as exc:
        raise ParseError(f"{noun} {payload.key} is no JSON: report it.", key=payload.key) from exc
    entry = _alone(data)
    value = entry.get("value") if isinstance(entry, dict) else None
    if not isinstance(value, dict):
        raise ParseError(f"{noun} {payload.key} has no value: report it.", key=payload.key or None)
    rest = dict(value)
    number = rest.pop("id", None)
    if not is_number(number):
        raise ParseError(f"A {noun.lower()} came without an id: report it.")
    return Fields(rest, noun, str(number))


def check_key(payload: Payload, fields: Fields) -> None:
    """Refuse a record that was not asked for; what is wrong within it is told first. Raises ParseError."""
    if payload.key != fields.key:
        raise ParseError(f"{fields.noun} {fields.key} came when {payload.key} was asked for.", key=payload.key)


def list_hash(entry: Any) -> str:
    """A hash of what a list says of a record, without what lists say only sometimes or never rightly."""
    value = entry.get("value") if isinstance(entry, dict) else entry
    if isinstance(value, dict):
        value = {name: field for name, field in value.items() if name not in _NOT_HASHED}
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def page_names(url: str) -> tuple[str, date, str] | None:
    """What the address of a public page names: "questions" or "statements", day and UIN; None for any other page."""
    match = _PAGES.fullmatch(url.strip())
    try:
        return (f"{match[1].lower()}s", date.fromisoformat(match[2]), match[3].upper()) if match else None
    except ValueError:
        return None


def _in_path(key: str) -> str:
    return key if _PUBLIC_KEY.fullmatch(key) else quote(key, safe="")


def _alone(data: Any) -> Any:
    """The record of a detail, which may stand in a list of one: so the API's description has it of statements."""
    results = data.get("results") if isinstance(data, dict) else None
    return results[0] if isinstance(results, list) and len(results) == 1 else data


def _own_key(body: bytes) -> str:
    """The id in a detail, "" where it has none."""
    try:
        return _key_of(_alone(read_strict(body)))
    except (ValueError, RecursionError):
        return ""


def _key_of(entry: Any) -> str:
    """The id of an entry, "" if it has none."""
    value = entry.get("value") if isinstance(entry, dict) else None
    number = value.get("id") if isinstance(value, dict) else None
    return str(number) if is_number(number) else ""


def _is_news(entry: Listed, seen: dict[str, str]) -> bool:
    """Whether this view of the entry was not yet given; it is remembered."""
    key = entry.payload.key or entry.list_hash
    is_news = seen.get(key) != entry.list_hash
    seen[key] = entry.list_hash
    return is_news


def member(fields: Fields, number_name: str, name: str, *, office: str | None = None) -> Member | None:
    """The member in a role; lists know the number only."""
    number = fields.number(number_name)
    value = fields.take_if_there(name, dict)
    if value is None:
        return None if number is None else Member(member_id=number, office=office)
    if number is not None and value.get("id") != number:
        raise fields.refuse(name, f"member {shown(value.get('id'))} instead of {number}")
    names = [value.get(key) for key in ("name", "party", "memberFrom")]
    if not all(one is None or isinstance(one, str) for one in names):
        raise fields.refuse(name, "a name, party or seat that is no text")
    full, party, seat = map(one_line, names)
    return Member(member_id=number, name=full, party=party, constituency=seat, office=office)


def attachments(fields: Fields) -> tuple[Attachment, ...]:
    """The files that come with a record; lists never show any."""
    return tuple(_attachment(fields, value) for value in fields.take_if_there("attachments", list) or [])


def _attachment(fields: Fields, value: Any) -> Attachment:
    inner = value if isinstance(value, dict) else {"title": 0}
    texts: list[Any] = [inner.get(name) for name in ("title", "fileType", "url")]
    size = inner.get("fileSizeBytes")
    if not all(text is None or isinstance(text, str) for text in texts) or not _is_size(size):
        raise fields.refuse("attachments", shown(value))
    title, file_type, url = map(one_line, texts)
    return Attachment(title=title or url or "untitled", file_type=file_type, size_bytes=size, url=url)


def _is_size(value: Any) -> bool:
    """Whether it may be the bytes of a file; what is beyond any disk could not even be divided."""
    return value is None or (type(value) is int and abs(value) < _MAX_SIZE)
