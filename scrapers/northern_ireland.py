"""Questions for written answer of the Northern Ireland Assembly.

Source: https://data.niassembly.gov.uk (licence not stated).
An operation is called as `/questions.asmx/{operation}_JSON?...` and answers `{"QuestionsList": {"Question": [...]}}`.
No response was recorded. All of this is known from other programs that read it; docs/sources.md says how certain it is.
Oddities:

- A single hit is an object instead of a list, no hit is null. All values are texts, numbers and flags too.
- The list of answered questions has the answers as plain text, so an entry that has one is taken as it stands. The list of
  tabled questions has no answers, and looks the same before and after one: a question that is not known as answered is
  read by its `DocumentId`, and so is an answered one whose entry lacks something.
- A range may have many days. Half a year is fine, several years are 100 MB. The days that are to be read are asked for
  together, in ranges that grow only while the answers stay small.
- It is not known whether a range includes its last day, so the day after it is asked for too. Questions tabled on that day
  are left out by their date; those answered on it are read as well, which does no harm.
- The department is `Department` and `DepartmentID`, or `DepartmentName` and `DepartmentId`.
- A failure may come with status 200 as `{"Message": "An error has occurred."}` or `{"Error": "Execution Timeout Expired"}`.
- Ministers are named by their office alone. Dates have a time zone (`2026-06-22T00:00:00+01:00`) but mean days; .NET's empty
  date (0001-01-01) stands for no date.

Last checked: November 2026.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from monitor.errors import FetchError, GoneError, ParseError, without_frames
from monitor.model.records import House, Kind, Member, Proceeding
from monitor.model.sources import Detail, Listed, Payload, WindowPage
from monitor.text.tokens import change_form
from scrapers.http.client import LIST_SECONDS
from scrapers.json_fields import Fields, UnknownKeys, shorten
from scrapers.list_entries import parse_entry
from scrapers.markup import one_line, plain_question, plain_text
from scrapers.strict_json import read_strict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from monitor.model.records import Link
    from monitor.model.sources import Window
    from scrapers.http.client import Client

NAME = "northern_ireland"
SITE = "https://aims.niassembly.gov.uk/questions/printquestionsummary.aspx?docid="
MAX_TOTAL: Final = 5_000
"""More questions than any two days can have."""
FIRST_RANGE: Final = 31
MAX_RANGE: Final = 182
"""Days of the first range that is asked for, and of the longest: half a year."""
LARGE_RANGE: Final = 4 * 1024 * 1024
"""Bytes of an answer above which the next range is shorter. In memory they take about six times as much."""
MAX_REFERENCE: Final = 30
"""Characters of a reference; "AQW 49327/22-27" has 15."""

_OPERATIONS = {
    "tabled": "GetQuestionsForWrittenAnswer_TabledInRange",
    "answered": "GetQuestionsForWrittenAnswer_AnsweredInRange",
}
_DATES = {"tabled": "TabledDate", "answered": "AnsweredOnDate"}
_KEY = re.compile(r"\d{1,9}")
_NO_DAY = "0001-01-01"
_SEAT = re.compile(r"MLA\s*-\s*(.+)")
_IGNORED = (
    *("TablerPersonId", "TablerAffiliationId", "MinisterPersonId", "DepartmentId", "DepartmentID", "PriorityRequest"),
    *("DocumentType", "QOralAnswerRequested", "OralAnswerRequested", "QuestionDetails", "AnswerOpenXml"),
)


class NorthernIrelandSource:
    """Reads questions by the days on which they were tabled and answered."""

    name = NAME
    by = ("tabled", "answered")
    houses = (House.NORTHERN_IRELAND,)

    def __init__(self, client: Client, base_url: str) -> None:
        self._client, self._base = client, base_url.rstrip("/")
        self._expected: dict[str, set[date]] = {}
        self._waiting: dict[Window, tuple[datetime, list[Any]]] = {}
        self._range = FIRST_RANGE
        self._unknown_keys = UnknownKeys(NAME)

    def read_ahead(self, windows: Sequence[Window]) -> None:
        """Note which windows are going to be read, so that days in a row are asked for together."""
        self._waiting = {}
        self._expected = {by: {window.day for window in windows if window.by == by} for by in self.by}

    def read_window(self, window: Window) -> Iterator[WindowPage]:
        """Read a day, in one page. Raises FetchError."""
        if window not in self._waiting:
            self._read_range(window)
        fetched_at, questions = self._waiting.pop(window)
        entries: dict[str, Listed] = {}
        for question in questions:
            entry = self._list(window, question, fetched_at)
            entries[entry.payload.key or entry.list_hash] = entry
        yield WindowPage(entries=tuple(entries.values()), total=len(entries), is_whole=True)

    def _read_range(self, window: Window) -> None:
        """Read a window together with the days before it that are going to be read. A range that fails is made shorter."""
        while True:
            days = self._days_before(window)
            try:
                fetched_at, questions = self._ask(window.by, days[-1], window.day)
            except FetchError:
                if len(days) == 1:
                    raise
                self._range = len(days) // 2
                continue
            self._expected.get(window.by, set()).difference_update(days)
            by_day = _sort_by_day(window, days, questions)
            for day in days:
                self._waiting[replace(window, day=day)] = fetched_at, by_day[day]
            return

    def _days_before(self, window: Window) -> list[date]:
        """Return the day of a window and those right before it that are going to be read, within the present range."""
        expected = self._expected.get(window.by, set())
        days = [window.day]
        while len(days) < self._range and days[-1] - timedelta(days=1) in expected:
            days.append(days[-1] - timedelta(days=1))
        return days

    def _ask(self, by: str, first: date, last: date) -> tuple[datetime, list[Any]]:
        """Ask for a range of days; return when it was received, and its questions. Raises FetchError."""
        url = self._list_url(by, first, last)
        response, data = self._client.get_json(url, seconds=LIST_SECONDS)
        questions = _questions_in(data, url)
        days = (last - first).days + 1
        if len(questions) > MAX_TOTAL * days:
            counted = f"{len(questions)} questions in {'a day' if days == 1 else f'{days} days'}"
            text = f"The Assembly's API counts {counted}, so it ignored what was asked: report it."
            raise FetchError(text, url=url)
        if days == self._range or len(response.body) > LARGE_RANGE:
            self._range = max(1, min(MAX_RANGE, 2 * days, LARGE_RANGE * days // max(len(response.body), 1)))
        return response.fetched_at, questions

    def _list(self, window: Window, question: Any, fetched_at: datetime) -> Listed:
        """Make an entry of a list. Its bytes have the form of a detail, so that they are parsed alike."""
        key = _key_of(question)
        body = json.dumps({"QuestionsList": {"Question": question}}).encode()
        url = self._detail_url(key) if key else self._list_url(window.by, window.day, window.day)
        payload = Payload(source=NAME, key=key, url=url, fetched_at=fetched_at, body=body)
        has_answers = window.by == "answered"
        proceeding, error = parse_entry(self.parse, payload)
        return Listed(
            payload=payload,
            list_hash=hashlib.sha256(b"answered " + body if has_answers and key else body).hexdigest(),
            proceeding=proceeding if has_answers and proceeding and _is_whole(proceeding) else None,
            error=error,
            lacks_answers=not has_answers,
        )

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Read questions in full, several in flight, in any order."""
        by_url = {self._detail_url(key): key for key in keys}
        for url, answer in self._client.get_many(by_url):
            key = by_url[url]
            if isinstance(answer, FetchError):
                yield Detail(key=key, error=answer)
                continue
            try:
                if not _questions_in(read_strict(answer.body), url):
                    raise GoneError(f"The Assembly's API has no question {key}.", url=url)
            except FetchError as exc:
                yield Detail(key=key, error=without_frames(exc))
                continue
            payload = Payload(source=NAME, key=key, url=url, fetched_at=answer.fetched_at, body=answer.body)
            yield Detail(key=key, payload=payload)

    def parse(self, payload: Payload) -> Proceeding:
        """Parse a list's entry or a detail. Raises ParseError."""
        try:
            found = _questions_in(read_strict(payload.body), payload.url)
        except (ValueError, RecursionError, FetchError) as exc:
            raise ParseError(f"Question {payload.key} is no answer of the Assembly's API: report it.",
                             key=payload.key or None) from exc  # fmt: skip
        if len(found) != 1 or not isinstance(found[0], dict):
            raise ParseError(f"Question {payload.key} came as {shorten(found)}: report it.", key=payload.key or None)
        key = _key_of(found[0])
        if not key:
            raise ParseError("A question of the Assembly came without a DocumentId: report it.")
        fields = Fields(dict(found[0]), "Question", key)
        proceeding = _parse(fields)
        if payload.key != key:
            raise ParseError(f"Question {key} came when {payload.key} was asked for.", key=payload.key)
        self._unknown_keys.log(fields.unread())
        return proceeding

    def _list_url(self, by: str, first: date, last: date) -> str:
        until = last + timedelta(days=1)
        return self._address(_OPERATIONS[by], startDate=first.isoformat(), endDate=until.isoformat())

    def _detail_url(self, key: str) -> str:
        return self._address("GetQuestionDetails", documentId=key)

    def _address(self, operation: str, **given: str) -> str:
        return f"{self._base}/questions.asmx/{operation}_JSON?{urlencode(given)}"


def _questions_in(data: Any, url: str) -> list[Any]:
    """Return the questions of an answer, however many. Raises FetchError for the report of a failure."""
    if not isinstance(data, dict) or "QuestionsList" not in data:
        message = data.get("Message") or data.get("Error") if isinstance(data, dict) else None
        raise FetchError(f"The Assembly's API failed ({shorten(message or data)}); the next run asks again.", url=url)
    inner = data["QuestionsList"]
    found = inner.get("Question") if isinstance(inner, dict) else inner
    if found is None or found == "":
        return []
    return found if isinstance(found, list) else [found]


def _key_of(entry: Any) -> str:
    """Return the id of a question, "" if it has none."""
    key = entry.get("DocumentId") if isinstance(entry, dict) else None
    text = str(key) if isinstance(key, (str, int)) and not isinstance(key, bool) else ""
    return text if _KEY.fullmatch(text) else ""


def _sort_by_day(window: Window, days: Sequence[date], questions: Iterable[Any]) -> dict[date, list[Any]]:
    """Sort the questions of a range by the days on which they were tabled or answered.

    One without a readable day counts under the newest. So does one that was answered on another day; one that was tabled
    on another day is left out, because it comes with that day.
    """
    by_day: dict[date, list[Any]] = {day: [] for day in days}
    for question in questions:
        day = _day_of(question, _DATES[window.by])
        if day in by_day:
            by_day[day].append(question)
        elif day is None or window.by == "answered":
            by_day[window.day].append(question)
    return by_day


def _day_of(entry: Any, name: str) -> date | None:
    """Return the day that a field of an entry begins with; None if it does not, or is no day."""
    text = entry.get(name) if isinstance(entry, dict) else None
    try:
        return date.fromisoformat(text[:10]) if isinstance(text, str) else None
    except ValueError:
        return None


def _is_whole(proceeding: Proceeding) -> bool:
    """Return whether an entry has all that the detail of an answered question has."""
    return bool(proceeding.answer and proceeding.answered_on and proceeding.body and proceeding.asked_by)


def _parse(fields: Fields) -> Proceeding:
    fields.ignore("DocumentId", *_IGNORED)
    question = plain_question(fields.take("QuestionText", str, needed=True))
    if not question:
        raise fields.refuse("QuestionText", "an empty text")
    reference = one_line(fields.take("Reference", str, needed=True))
    if not reference or len(reference) > MAX_REFERENCE:
        raise fields.refuse("Reference", shorten(reference))
    answer, links = _take_answer(fields)
    answered_on = _take_day(fields, "AnsweredOnDate")
    minister = fields.line_if_there("MinisterTitle")
    department, department_name = fields.line_if_there("Department"), fields.line_if_there("DepartmentName")
    return Proceeding(
        id=f"ni-{fields.key}",
        source=NAME,
        kind=Kind.QUESTION,
        house=House.NORTHERN_IRELAND,
        url=f"{SITE}{fields.key}",
        uin=reference,
        question=question,
        answer=answer or None,
        body=department or department_name,
        tabled_on=fields.as_day("TabledDate", fields.take("TabledDate", str, needed=True)),
        date_for_answer=_take_day(fields, "AnswerByDate"),
        answered_on=answered_on,
        is_holding=False if answered_on else None,
        asked_by=_take_asker(fields),
        answered_by=Member(name=minister) if minister and answered_on else None,
        links=links,
    )


def _take_answer(fields: Fields) -> tuple[str, tuple[Link, ...]]:
    """Take the answer from its mark-up, which has the tables, unless the plain text has other words or stands alone.

    Lists have the plain text only. An answer that is read both ways would look edited at each reading.
    """
    plain = plain_question(fields.take_if_there("AnswerPlainText", str) or "")
    text, links = plain_text(fields.take_if_there("AnswerHtml", str) or "")
    has_same_words = change_form(" ".join(text.split())) == change_form(" ".join(plain.split()))
    return (text if has_same_words else plain or text), links


def _take_day(fields: Fields, name: str) -> date | None:
    text = fields.take_if_there(name, str)
    return fields.as_day(name, text) if text and not text.startswith(_NO_DAY) else None


def _take_asker(fields: Fields) -> Member | None:
    """Take the member who asked, with the constituency if the title names it ("MLA - North Antrim")."""
    name, title = fields.line_if_there("TablerName"), fields.line_if_there("TablerTitle")
    seat = _SEAT.fullmatch(title or "")
    return Member(name=name, constituency=seat[1] if seat else None) if name else None
