"""Written questions of both Houses, from https://questions-statements-api.parliament.uk (Open Parliament Licence v3.0).

A record is `{"value": {30 keys}, "links": [...]}`, alone (detail) or in `{"totalResults": n, "results": [...]}` (list).
What is odd about it, as recorded from 2021 to 2024:

- A list cuts a question after 255 characters without a mark, and an answer after 255 with "..."; it strips mark-up
  without leaving a space, and never shows attachments. Only an unanswered, short question is whole in a list.
- `links` may name another record: only `value.id` counts.
- Rows move between pages while one reads, and some come twice.
- A failure may come as status 200 with a problem report as its body (the client sees to that).
- Unknown parameters are ignored without a word, so a misspelt one would give the whole archive.
- A holding answer sets `dateAnswered`, and the answer proper moves it; a correction leaves it alone.
- `groupedQuestionsDates` came in March 2021 and is absent from older records.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import reprlib
import threading
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from monitor.errors import FetchError, ParseError
from monitor.model import Attachment, Grouped, House, Kind, Member, Proceeding
from monitor.ports import Detail, Listed, Page, Payload, Window
from scrapers.client import LIST_SECONDS
from scrapers.jsontext import loads
from scrapers.markup import one_line, plain_question, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scrapers.client import Client, Response

NAME = "questions"
HOUSES = {"Commons": House.COMMONS, "Lords": House.LORDS}
CUT = 255
"""So many characters of a question a list shows at most."""
MAX_PASSES = 3
MAX_TOTAL = 20_000
"""More than any day can have (the most on record is some 1,500)."""
SITE = "https://questions-statements.parliament.uk/written-questions/detail"

_PATH = "/api/writtenquestions/questions"
_WORDS = {house: word for word, house in HOUSES.items()}
_UIN = re.compile(r"[A-Za-z0-9/-]{1,20}")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_MAX_INT = 2**31 - 1
_MAX_SIZE = 2**53
_FIRST_DAY, _LAST_DAY = date(1800, 1, 1), date(2199, 12, 31)
"""Beyond them a day is a slip of the source (.NET's empty date is 0001-01-01), and a due day could not be reckoned."""
_QUOTE = reprlib.Repr()
_QUOTE.maxlevel, _QUOTE.maxstring = 3, 60
_NOT_HASHED = ("askingMember", "answeringMember", "correctingMember", "attachments", "attachmentCount")

logger = logging.getLogger(__name__)


class QuestionsSource:
    """Reads the questions API by days. Each page asks for `take` questions."""

    name = NAME
    by = ("tabled", "answered", "corrected")

    def __init__(
        self, client: Client, base_url: str, houses: tuple[House, ...] = (House.COMMONS, House.LORDS), take: int = 100
    ) -> None:
        self.houses = houses
        self._client, self._base, self._take = client, base_url.rstrip("/"), take
        self._extras = _Extras()

    def read_window(self, window: Window) -> Iterator[Page]:
        """Read a day, page by page, until nothing moved while it was read, at most three times over.

        An entry comes again only if it changed in between. Raises FetchError; what came before it holds.
        """
        seen: dict[str, str] = {}
        note = ""
        for number in range(MAX_PASSES):
            reading = _Reading()
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
        day = window.day.isoformat()
        params = {
            f"{window.by}WhenFrom": day,
            f"{window.by}WhenTo": day,
            "house": _WORDS[window.house],
            "includeWithdrawn": "true",
            "sessionStatus": "Any",
            "skip": str(skip),
            "take": str(self._take),
        }
        response, data = self._client.get_json(self._base + _PATH, params, seconds=LIST_SECONDS)
        results = data.get("results") if isinstance(data, dict) else None
        total = data.get("totalResults") if isinstance(data, dict) else None
        if not isinstance(results, list) or type(total) is not int or total < 0:
            raise FetchError(
                "The questions API sent a list without totalResults or results: report it.", url=response.url
            )
        if total > MAX_TOTAL:
            text = f"The questions API counts {total} questions in a day, so it ignored what was asked: report it."
            raise FetchError(text, url=response.url)
        return response, total, results

    def _listed(self, entries: list[Any], response: Response) -> Iterator[Listed]:
        for entry in entries:
            key = _key_of(entry)
            payload = Payload(
                source=NAME,
                key=key,
                url=f"{self._base}{_PATH}/{key}" if key else response.url,
                fetched_at=response.fetched_at,
                body=json.dumps(entry).encode(),
            )
            proceeding, error = None, None
            try:
                proceeding = self.parse(payload)
            except ParseError as exc:
                error = exc
            is_whole = proceeding is not None and _is_whole_in_list(entry["value"], proceeding)
            yield Listed(
                payload=payload,
                list_hash=list_hash(entry),
                proceeding=proceeding if is_whole else None,
                error=error,
            )

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Read questions in full, several in flight, in any order."""
        query = urlencode({"expandMember": "true", "sessionStatus": "Any"})
        by_url = {f"{self._base}{_PATH}/{quote(key, safe='')}?{query}": key for key in keys}
        for url, answer in self._client.get_many(by_url):
            key = by_url[url]
            if isinstance(answer, FetchError):
                yield Detail(key=key, error=answer)
            else:
                payload = Payload(source=NAME, key=key, url=url, fetched_at=answer.fetched_at, body=answer.body)
                yield Detail(key=key, payload=payload)

    def parse(self, payload: Payload) -> Proceeding:
        """Understand a list entry or a detail. Raises ParseError."""
        try:
            data = loads(payload.body)
        except (ValueError, RecursionError) as exc:
            raise ParseError(f"Question {payload.key} is no JSON: report it.", key=payload.key) from exc
        value = data.get("value") if isinstance(data, dict) else None
        if not isinstance(value, dict):
            raise ParseError(f"Question {payload.key} has no value: report it.", key=payload.key or None)
        fields = _Fields(dict(value))
        proceeding = _parse(fields)
        if payload.key != fields.key:
            raise ParseError(f"Question {fields.key} came when {payload.key} was asked for.", key=payload.key)
        self._extras.tell(fields.rest())
        return proceeding


class _Reading:
    """One pass over a window: what its pages said of it."""

    def __init__(self) -> None:
        self.pages = self.total = 0
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
        return f"{found} of {self.total} questions were found" if found < self.total else ""


class _Extras:
    """Tells of keys that we do not know, once each."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def tell(self, keys: set[str]) -> None:
        """Log those that are new."""
        with self._lock:
            fresh = keys - self._told
            self._told |= fresh
        if fresh:
            logger.warning("unknown keys=%r source=%s", sorted(fresh), NAME)


def list_hash(entry: Any) -> str:
    """A hash of what a list says of a question, without what lists say only sometimes or never rightly."""
    value = entry.get("value") if isinstance(entry, dict) else entry
    if isinstance(value, dict):
        value = {name: field for name, field in value.items() if name not in _NOT_HASHED}
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _key_of(entry: Any) -> str:
    """The id of an entry, "" if it has none."""
    value = entry.get("value") if isinstance(entry, dict) else None
    number = value.get("id") if isinstance(value, dict) else None
    return str(number) if _is_number(number) else ""


def _is_news(entry: Listed, seen: dict[str, str]) -> bool:
    """Whether this view of the entry was not yet given; it is remembered."""
    key = entry.payload.key or entry.list_hash
    is_news = seen.get(key) != entry.list_hash
    seen[key] = entry.list_hash
    return is_news


def _is_whole_in_list(value: dict[str, Any], proceeding: Proceeding) -> bool:
    """Whether a list shows the question as its detail would: unanswered, and surely not cut."""
    is_unanswered = not (proceeding.answer or proceeding.answered_on or proceeding.holding_on or proceeding.is_holding)
    # The server counts UTF-16 units.
    return is_unanswered and len(value["questionText"].encode("utf-16-le", "surrogatepass")) // 2 < CUT


def _shown(value: Any) -> str:
    """A value of any kind as an error quotes it: its start, however long it is or how deeply nested."""
    return _QUOTE.repr(value)[:60]


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_INT


def _is_size(value: Any) -> bool:
    """Whether it may be the bytes of a file; what is beyond any disk could not even be divided."""
    return value is None or (type(value) is int and abs(value) < _MAX_SIZE)


def _is_uin(value: Any) -> bool:
    return isinstance(value, str) and _UIN.fullmatch(value) is not None


class _Fields:
    """Takes the fields of a question out one by one, each of the type it must have."""

    def __init__(self, value: dict[str, Any]) -> None:
        self._value = value
        number = value.pop("id", None)
        if not _is_number(number):
            raise ParseError("A question came without an id: report it.")
        self.key = str(number)

    def refuse(self, name: str, what: str) -> ParseError:
        """An error about one field."""
        return ParseError(f"Question {self.key} has {what} as {name}: report it.", key=self.key)

    def take(self, name: str, kind: type | tuple[type, ...], *, needed: bool = False) -> Any:
        """A field that must be there, null unless `needed` or of the type."""
        if name not in self._value:
            raise self.refuse(name, "nothing")
        return self.take_if_there(name, kind, needed=needed)

    def take_if_there(self, name: str, kind: type | tuple[type, ...], *, needed: bool = False) -> Any:
        """A field that may be missing, which is as good as null."""
        value = self._value.pop(name, None)
        if value is None and not needed:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.refuse(name, _shown(value))
        return value

    def line(self, name: str) -> str | None:
        """A text of one line; None if it is empty."""
        return one_line(self.take(name, str))

    def number(self, name: str) -> int | None:
        """An id, from 1 to what fits in 32 bits."""
        value = self.take(name, int)
        if value is not None and not _is_number(value):
            raise self.refuse(name, str(value)[:60])
        return int(value) if value is not None else None

    def day(self, name: str, *, needed: bool = False) -> date | None:
        """A civil day; the time after it, if there is one, means nothing."""
        text = self.take(name, str, needed=needed)
        return None if text is None else self.as_day(name, text)

    def as_day(self, name: str, text: str) -> date:
        """The day that a text names."""
        match = _DATE.fullmatch(text)
        try:
            day = date.fromisoformat(match[1] if match else "")
        except ValueError as exc:
            raise self.refuse(name, _shown(text)) from exc
        if not _FIRST_DAY <= day <= _LAST_DAY:
            raise self.refuse(name, str(day))
        return day

    def rest(self) -> set[str]:
        """The names of the fields that nobody took."""
        return set(self._value)


def _parse(fields: _Fields) -> Proceeding:
    house = HOUSES.get(fields.take("house", str, needed=True))
    if house is None:
        raise fields.refuse("house", "an unknown word")
    uin = fields.take("uin", str, needed=True)
    if not _is_uin(uin):
        raise fields.refuse("uin", _shown(uin))
    tabled_on = fields.day("dateTabled", needed=True)
    answer, links = plain_text(fields.take("answerText", str) or "")
    original, _ = plain_text(fields.take_if_there("originalAnswerText", str) or "")
    fields.take_if_there("comparableAnswerText", str)
    fields.take_if_there("attachmentCount", int)
    is_withdrawn = fields.take("isWithdrawn", bool, needed=True)
    return Proceeding(
        id=f"q-{fields.key}",
        source=NAME,
        kind=Kind.QUESTION,
        house=house,
        url=f"{SITE}/{tabled_on}/{quote(uin, safe='')}",
        uin=uin,
        heading=fields.line("heading"),
        question=_question(fields, is_withdrawn=is_withdrawn),
        answer=answer or None,
        body_id=fields.number("answeringBodyId"),
        body=fields.line("answeringBodyName"),
        tabled_on=tabled_on,
        date_for_answer=fields.day("dateForAnswer"),
        named_day=fields.take("isNamedDay", bool),
        holding_on=fields.day("dateHoldingAnswer"),
        answered_on=fields.day("dateAnswered"),
        corrected_on=fields.day("dateAnswerCorrected"),
        is_holding=fields.take("answerIsHolding", bool),
        is_correction=fields.take("answerIsCorrection", bool),
        is_withdrawn=is_withdrawn,
        has_interest=fields.take("memberHasInterest", bool) or False,
        asked_by=_member(fields, "asking"),
        answered_by=_member(fields, "answering"),
        corrected_by=_member(fields, "correcting"),
        grouped_with=_grouped(fields, uin, tabled_on),
        attachments=_attachments(fields),
        links=links,
        original_answer=original or None,
    )


def _question(fields: _Fields, *, is_withdrawn: bool) -> str | None:
    text = plain_question(fields.take("questionText", str, needed=True))
    if not text and not is_withdrawn:
        raise fields.refuse("questionText", "an empty text")
    return text or None


def _member(fields: _Fields, role: str) -> Member | None:
    """The member in a role; lists know the number only."""
    number = fields.number(f"{role}MemberId")
    value = fields.take_if_there(f"{role}Member", dict)
    if value is None:
        return None if number is None else Member(member_id=number)
    if number is not None and value.get("id") != number:
        raise fields.refuse(f"{role}Member", f"member {_shown(value.get('id'))} instead of {number}")
    names = [value.get(name) for name in ("name", "party", "memberFrom")]
    if not all(name is None or isinstance(name, str) for name in names):
        raise fields.refuse(f"{role}Member", "a name, party or seat that is no text")
    name, party, seat = map(one_line, names)
    return Member(member_id=number, name=name, party=party, constituency=seat)


def _grouped(fields: _Fields, uin: str, tabled_on: date | None) -> tuple[Grouped, ...]:
    """The other questions of the group, in the source's order, each once."""
    uins = fields.take_if_there("groupedQuestions", list) or []
    pairs = fields.take_if_there("groupedQuestionsDates", list) or []
    if not all(map(_is_uin, uins)):
        raise fields.refuse("groupedQuestions", _shown(uins))
    days: dict[str, list[date]] = {}
    for pair in pairs:
        if not isinstance(pair, dict) or not _is_uin(pair.get("questionUin")):
            raise fields.refuse("groupedQuestionsDates", _shown(pair))
        day = pair.get("dateTabled")
        days.setdefault(pair["questionUin"], []).append(fields.as_day("groupedQuestionsDates", str(day)))
    names = dict.fromkeys([*uins, *days])
    found = [Grouped(uin=other, tabled_on=day) for other in names for day in dict.fromkeys(days.get(other, [None]))]
    return tuple(group for group in found if group.uin != uin or group.tabled_on not in (None, tabled_on))


def _attachments(fields: _Fields) -> tuple[Attachment, ...]:
    return tuple(_attachment(fields, value) for value in fields.take_if_there("attachments", list) or [])


def _attachment(fields: _Fields, value: Any) -> Attachment:
    inner = value if isinstance(value, dict) else {"title": 0}
    texts: list[Any] = [inner.get(name) for name in ("title", "fileType", "url")]
    size = inner.get("fileSizeBytes")
    if not all(text is None or isinstance(text, str) for text in texts) or not _is_size(size):
        raise fields.refuse("attachments", _shown(value))
    title, file_type, url = map(one_line, texts)
    return Attachment(title=title or url or "untitled", file_type=file_type, size_bytes=size, url=url)
