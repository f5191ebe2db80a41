"""Questions for written answer of the Northern Ireland Assembly, from https://data.niassembly.gov.uk.

No response was recorded: what follows is what others who read it say, and docs/sources.md marks how sure it is. An operation
is asked as `/questions.asmx/{operation}_JSON?...` and answers `{"QuestionsList": {"Question": [...]}}`. Its oddities:

- One hit is an object and no list, none is null. All values are texts, numbers and flags too.
- The lists of a range of days have no answers, and look the same before and after one: so the list of what was answered
  tells that a question is to be read again, and every question is read whole by its `DocumentId`.
- Whether the last day of a range belongs to it is not known: so the day after it is asked for too. What was tabled on it is
  left out by its date; what was answered on it is read with it, which does no harm.
- A failure may come with status 200 as `{"Message": "An error has occurred."}` or `{"Error": "Execution Timeout Expired"}`.
- Ministers are known by their office alone. Days have a time zone (`2026-06-22T00:00:00+01:00`) and are days all the same;
  .NET's empty date (0001-01-01) stands for none.
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
from monitor.model.sources import Detail, Listed, Page, Payload
from scrapers.http.client import LIST_SECONDS
from scrapers.json_fields import Extras, Fields, shown
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
"""More than any two days can have."""

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
        self._answered: dict[str, str] = {}
        self._extras = Extras(NAME)

    def read_window(self, window: Window) -> Iterator[Page]:
        """A day, in one page. Raises FetchError."""
        last = window.day + timedelta(days=1)
        url = self._address(_OPERATIONS[window.by], startDate=window.day.isoformat(), endDate=last.isoformat())
        response, data = self._client.get_json(url, seconds=LIST_SECONDS)
        found = [one for one in _questions(data, url) if window.by != "tabled" or _is_of(one, window.day)]
        if len(found) > MAX_TOTAL:
            text = (
                f"The Assembly's API counts {len(found)} questions in a day, so it ignored what was asked: report it."
            )
            raise FetchError(text, url=url)
        entries: dict[str, Listed] = {}
        for one in found:
            key = _key_of(one)
            body = json.dumps({"QuestionsList": {"Question": one}}).encode()
            address = self._detail(key) if key else url
            payload = Payload(source=NAME, key=key, url=address, fetched_at=response.fetched_at, body=body)
            entry = Listed(
                payload=payload, list_hash=self._hash(window, key, body), proceeding=None, error=self._trouble(payload)
            )
            entries[key or entry.list_hash] = entry
        yield Page(entries=tuple(entries.values()), total=len(entries), is_whole=True)

    def _hash(self, window: Window, key: str, body: bytes) -> str:
        """A hash of a list's entry and of being answered, which shows in nothing but the list it stands in.

        Windows of answers are read before those in which their questions were tabled, the newest day first.
        """
        if window.by == "answered" and key:
            self._answered[key] = hashlib.sha256(b"answered " + body).hexdigest()
        return self._answered.get(key) or hashlib.sha256(body).hexdigest()

    def _trouble(self, payload: Payload) -> ParseError | None:
        try:
            self.parse(payload)
        except ParseError as exc:
            return without_frames(exc)
        return None

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Read questions in full, several in flight, in any order."""
        by_url = {self._detail(key): key for key in keys}
        for url, answer in self._client.get_many(by_url):
            key = by_url[url]
            if isinstance(answer, FetchError):
                yield Detail(key=key, error=answer)
                continue
            try:
                if not _questions(read_strict(answer.body), url):
                    raise GoneError(f"The Assembly's API has no question {key}.", url=url)
            except FetchError as exc:
                yield Detail(key=key, error=without_frames(exc))
                continue
            payload = Payload(source=NAME, key=key, url=url, fetched_at=answer.fetched_at, body=answer.body)
            yield Detail(key=key, payload=payload)

    def parse(self, payload: Payload) -> Proceeding:
        """Understand a list entry or a detail. Raises ParseError."""
        try:
            found = _questions(read_strict(payload.body), payload.url)
        except (ValueError, RecursionError, FetchError) as exc:
            raise ParseError(f"Question {payload.key} is no answer of the Assembly's API: report it.",
                             key=payload.key or None) from exc  # fmt: skip
        if len(found) != 1 or not isinstance(found[0], dict):
            raise ParseError(f"Question {payload.key} came as {shown(found)}: report it.", key=payload.key or None)
        key = _key_of(found[0])
        if not key:
            raise ParseError("A question of the Assembly came without a DocumentId: report it.")
        fields = Fields(dict(found[0]), "Question", key)
        proceeding = _parse(fields)
        if payload.key != key:
            raise ParseError(f"Question {key} came when {payload.key} was asked for.", key=payload.key)
        self._extras.tell(fields.rest())
        return proceeding

    def _detail(self, key: str) -> str:
        return self._address("GetQuestionDetails", documentId=key)

    def _address(self, operation: str, **given: str) -> str:
        return f"{self._base}/questions.asmx/{operation}_JSON?{urlencode(given)}"


def _questions(data: Any, url: str) -> list[Any]:
    """The questions of an answer, however many. Raises FetchError for what tells of a failure."""
    if not isinstance(data, dict) or "QuestionsList" not in data:
        told = data.get("Message") or data.get("Error") if isinstance(data, dict) else None
        raise FetchError(f"The Assembly's API failed ({shown(told or data)}); the next run asks again.", url=url)
    inner = data["QuestionsList"]
    found = inner.get("Question") if isinstance(inner, dict) else inner
    if found is None or found == "":
        return []
    return found if isinstance(found, list) else [found]


def _key_of(entry: Any) -> str:
    """The id of a question, "" if it has none."""
    key = entry.get("DocumentId") if isinstance(entry, dict) else None
    text = str(key) if isinstance(key, (str, int)) and not isinstance(key, bool) else ""
    return text if _KEY.fullmatch(text) else ""


def _is_of(entry: Any, day: date) -> bool:
    """Whether it was tabled on a day; what does not say it in the usual way is taken for it."""
    told = entry.get("TabledDate") if isinstance(entry, dict) else None
    return not isinstance(told, str) or not re.match(r"\d{4}-\d\d-\d\d", told) or told.startswith(day.isoformat())


def _parse(fields: Fields) -> Proceeding:
    fields.pass_over("DocumentId", *_IGNORED)
    question = plain_question(fields.take("QuestionText", str, needed=True))
    if not question:
        raise fields.refuse("QuestionText", "an empty text")
    reference = one_line(fields.take("Reference", str, needed=True))
    if not reference or len(reference) > 30:  # noqa: PLR2004 ("AQW 49327/22-27" has 15)
        raise fields.refuse("Reference", shown(reference))
    answer, links = _answer(fields)
    answered_on = _day(fields, "AnsweredOnDate")
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
        date_for_answer=_day(fields, "AnswerByDate"),
        answered_on=answered_on,
        is_holding=False if answered_on else None,
        asked_by=_asker(fields),
        answered_by=Member(name=minister) if minister and answered_on else None,
        links=links,
    )


def _answer(fields: Fields) -> tuple[str, tuple[Link, ...]]:
    """The answer with its mark-up, which has the tables; else as it is told plain."""
    plain = plain_question(fields.take_if_there("AnswerPlainText", str) or "")
    text, links = plain_text(fields.take_if_there("AnswerHtml", str) or "")
    return (text, links) if text else (plain, ())


def _day(fields: Fields, name: str) -> date | None:
    text = fields.take_if_there(name, str)
    return fields.as_day(name, text) if text and not text.startswith(_NO_DAY) else None


def _asker(fields: Fields) -> Member | None:
    """The member who asked, with the seat where the title tells it ("MLA - North Antrim")."""
    name, title = fields.line_if_there("TablerName"), fields.line_if_there("TablerTitle")
    seat = _SEAT.fullmatch(title or "")
    return Member(name=name, constituency=seat[1] if seat else None) if name else None
