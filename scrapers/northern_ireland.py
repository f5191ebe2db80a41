"""Questions for written answer of the Northern Ireland Assembly.

Source: https://data.niassembly.gov.uk (licence not stated).
An operation is called as `/questions.asmx/{operation}_JSON?...` and answers `{"QuestionsList": {"Question": [...]}}`.
No response was recorded. All of this is known from other programs that read it; docs/sources.md says how certain it is.
Oddities:

- A single hit is an object instead of a list, no hit is null. All values are texts, numbers and flags too.
- Lists of a range of days contain no answers, and look the same before and after an answer. So the list of answered
  questions tells which to read again, and every question is read whole by its `DocumentId`.
- It is not known whether a range includes its last day, so the day after it is asked for too. Questions tabled on that day
  are left out by their date; those answered on it are read as well, which does no harm.
- A failure may come with status 200 as `{"Message": "An error has occurred."}` or `{"Error": "Execution Timeout Expired"}`.
- Ministers are named by their office alone. Dates have a time zone (`2026-06-22T00:00:00+01:00`) but mean days; .NET's empty
  date (0001-01-01) stands for no date.

Last checked: November 2026.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from monitor.errors import FetchError, GoneError, ParseError, without_frames
from monitor.model.records import House, Kind, Member, Proceeding
from monitor.model.sources import Detail, Listed, Payload, WindowPage
from scrapers.http.client import LIST_SECONDS
from scrapers.json_fields import Fields, UnknownKeys, shorten
from scrapers.markup import one_line, plain_question, plain_text
from scrapers.strict_json import read_strict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from monitor.model.records import Link
    from monitor.model.sources import Window
    from scrapers.http.client import Client

NAME = "northern_ireland"
SITE = "https://aims.niassembly.gov.uk/questions/printquestionsummary.aspx?docid="
MAX_TOTAL: Final = 5_000
"""More questions than any two days can have."""
MAX_REFERENCE: Final = 30
"""Characters of a reference; "AQW 49327/22-27" has 15."""

_OPERATIONS = {
    "tabled": "GetQuestionsForWrittenAnswer_TabledInRange",
    "answered": "GetQuestionsForWrittenAnswer_AnsweredInRange",
}
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
        self._hashes_of_answered: dict[str, str] = {}
        self._unknown_keys = UnknownKeys(NAME)

    def read_window(self, window: Window) -> Iterator[WindowPage]:
        """Read a day, in one page. Raises FetchError."""
        last = window.day + timedelta(days=1)
        url = self._address(_OPERATIONS[window.by], startDate=window.day.isoformat(), endDate=last.isoformat())
        response, data = self._client.get_json(url, seconds=LIST_SECONDS)
        questions = _questions_in(data, url)
        if window.by == "tabled":
            questions = [question for question in questions if _may_be_tabled_on(question, window.day)]
        if len(questions) > MAX_TOTAL:
            count = len(questions)
            text = f"The Assembly's API counts {count} questions in a day, so it ignored what was asked: report it."
            raise FetchError(text, url=url)
        entries: dict[str, Listed] = {}
        for question in questions:
            key = _key_of(question)
            body = json.dumps({"QuestionsList": {"Question": question}}).encode()
            address = self._detail_url(key) if key else url
            payload = Payload(source=NAME, key=key, url=address, fetched_at=response.fetched_at, body=body)
            list_hash = self._list_hash(window, key, body)
            entries[key or list_hash] = Listed(
                payload=payload, list_hash=list_hash, proceeding=None, error=self._error_in(payload)
            )
        yield WindowPage(entries=tuple(entries.values()), total=len(entries), is_whole=True)

    def _list_hash(self, window: Window, key: str, body: bytes) -> str:
        """Hash a list's entry together with whether it is answered, which only the list that it stands in tells.

        Windows of answers are read before those in which their questions were tabled, the newest day first.
        """
        if window.by == "answered" and key:
            self._hashes_of_answered[key] = hashlib.sha256(b"answered " + body).hexdigest()
        return self._hashes_of_answered.get(key) or hashlib.sha256(body).hexdigest()

    def _error_in(self, payload: Payload) -> ParseError | None:
        try:
            self.parse(payload)
        except ParseError as exc:
            return without_frames(exc)
        return None

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


def _may_be_tabled_on(entry: Any, day: date) -> bool:
    """Return whether a question was tabled on a day, or does not say so in the usual way."""
    tabled = entry.get("TabledDate") if isinstance(entry, dict) else None
    if not isinstance(tabled, str) or not re.match(r"\d{4}-\d\d-\d\d", tabled):
        return True
    return tabled.startswith(day.isoformat())


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
    """Take the answer from its mark-up, which has the tables, else from the plain text."""
    plain = plain_question(fields.take_if_there("AnswerPlainText", str) or "")
    text, links = plain_text(fields.take_if_there("AnswerHtml", str) or "")
    return (text, links) if text else (plain, ())


def _take_day(fields: Fields, name: str) -> date | None:
    text = fields.take_if_there(name, str)
    return fields.as_day(name, text) if text and not text.startswith(_NO_DAY) else None


def _take_asker(fields: Fields) -> Member | None:
    """Take the member who asked, with the constituency if the title names it ("MLA - North Antrim")."""
    name, title = fields.line_if_there("TablerName"), fields.line_if_there("TablerTitle")
    seat = _SEAT.fullmatch(title or "")
    return Member(name=name, constituency=seat[1] if seat else None) if name else None
