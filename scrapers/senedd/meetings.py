"""Questions that a meeting of the Senedd did not reach, with their written answers, from the record's files in XML.

`/XMLExport` lists the meetings of a committee between two days as a table; each row links to the files of the meeting, among
them that of questions not reached (QNR) if there were any. Such a file has an element for each text, whose name differs from
meeting to meeting. A question (contribution type QNR) comes right before its answer (ANR). Oddities:

- Texts come as they were spoken or written (`contribution_verbatim`) and in the other language (`contribution_translated`),
  often the same twice. Both are kept if they differ.
- Mark-up is escaped twice: the text of the element is `&lt;p&gt;`.
- The number that orders the texts is given to an answer and to the next question. Answers have an office and no member.
- The file does not say when a question was answered. It counts under the day of the meeting.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from lxml import etree

from monitor.errors import ParseError
from monitor.model.records import House, Kind, Member, Proceeding
from scrapers.markup import one_line, plain_text, resolve_entities

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model.records import Link

PLENARY: Final = ((date(2026, 5, 8), "908"), (date(2021, 5, 7), "700"), (date(2016, 5, 6), "401"))
"""Numbers of plenary in the export, newest first, each with the first day of its Senedd."""

_LIST: Final = re.compile(r"<table\b|XMLExport|SelectedCommitteeID", re.IGNORECASE)
"""Sign of a list of meetings, also of one without any."""
_ROW: Final = re.compile(r"<tr\b[^>]*>(.*?)</tr>", re.DOTALL | re.IGNORECASE)
_FILE: Final = re.compile(r"meetingID=(\d{1,7})&(?:amp;)?xmlDownloadType=QNR\b")
_ROW_DAY: Final = re.compile(r"\b(\d\d)/(\d\d)/(\d{4})\b")
_KEY: Final = re.compile(r"qnr-(\d{1,7})-(\d{1,6})")
_MEETING_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:T.*)?")
_ESCAPED_TAG: Final = re.compile(r"&lt;/?[a-zA-Z]")
_FILE_NAME: Final = "The Senedd's file of questions not reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A question not reached and its answer, as a file of their own. `key` is "" where it can't be read as such."""

    key: str
    body: bytes


def plenary_on(day: date) -> str | None:
    """Return the number that plenary had in the export on a day; None before the record begins."""
    return next((number for first, number in PLENARY if day >= first), None)


def meetings_with_files(html: str, day: date) -> list[str]:
    """Return the numbers of the meetings of a day that have a file of questions not reached.

    Only the rows of this day count: the site may list others than were asked for. Raises ParseError for any other page: a
    site that is being mended may say so with status 200, and its day would count as read.
    """
    if not _LIST.search(html):
        raise ParseError("The Senedd's list of meetings is a page without a list, so the page has changed: report it.")
    found: dict[str, None] = {}
    for row in _ROW.finditer(html):
        file, printed = _FILE.search(row[1]), _ROW_DAY.search(row[1])
        if file and printed and printed.group(3, 2, 1) == (f"{day:%Y}", f"{day:%m}", f"{day:%d}"):
            found[file[1]] = None
    return list(found)


def meeting_of(key: str) -> str | None:
    """Return the number of the meeting in the key of a question not reached; None for any other key."""
    match = _KEY.fullmatch(key)
    return match[1] if match else None


def split_file(body: bytes) -> Iterator[Pair]:
    """Give the questions of a file that have an answer, each with it. Raises ParseError for what is no such file.

    An answer that follows no question, or whose question has no number of its own, comes without a key.
    """
    question: etree._Element | None = None
    seen: set[str] = set()
    for element in _read_root(body):
        kind = _text(element, "contribution_type")
        if kind == "QNR":
            question = element
        elif kind == "ANR":
            key = _key_of(question)
            yield Pair(key="" if key in seen else key, body=_join(question, element))
            seen.add(key)
            question = None


def _key_of(question: etree._Element | None) -> str:
    if question is None:
        return ""
    key = f"qnr-{_text(question, 'Meeting_ID')}-{_text(question, 'Contribution_Order_ID')}"
    return key if _KEY.fullmatch(key) else ""


def read_pair(body: bytes, key: str, source: str, base_url: str) -> Proceeding:
    """Parse a question and its answer. Raises ParseError."""
    parts = _read_root(body)
    if [_text(part, "contribution_type") for part in parts] != ["QNR", "ANR"]:
        raise ParseError(f"{_FILE_NAME} has an answer that follows no question: report it.", key=key or None)
    if not key:
        raise ParseError(f"{_FILE_NAME} has no number of its own for a question: report it.")
    asked, answered = parts
    question, _ = _texts(asked)
    answer, links = _texts(answered)
    day = _day(_text(asked, "MeetingDate"))
    if not question or not answer or day is None:
        missing = "question" if not question else "answer" if not answer else "day"
        raise ParseError(f"Question {key} of the Senedd has no {missing}: report it.", key=key)
    office = one_line(_text(answered, "Member_job_title_English"))
    name = one_line(_text(asked, "Member_name_English"))
    return Proceeding(
        id=f"sn-{key}",
        source=source,
        kind=Kind.QUESTION,
        house=House.SENEDD,
        url=f"{base_url}/Plenary/{meeting_of(key)}",
        heading=one_line(_text(asked, "Agenda_item_english")),
        question=question,
        answer=answer,
        body=office,
        answered_on=day,
        is_holding=False,
        asked_by=Member(name=name) if name else None,
        answered_by=Member(name=office) if office else None,
        links=links,
    )


def _read_root(body: bytes) -> list[etree._Element]:
    """Return the elements of a file that hold texts. Raises ParseError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise ParseError(f"{_FILE_NAME} can't be read as XML ({exc}): report it.") from exc
    if root.tag != "dataroot":
        raise ParseError(f"{_FILE_NAME} begins with {str(root.tag)[:40]!r} instead of 'dataroot': report it.")
    return [element for element in root if isinstance(element.tag, str)]


def _join(question: etree._Element | None, answer: etree._Element) -> bytes:
    root = etree.Element("dataroot")
    root.extend([deepcopy(element) for element in (question, answer) if element is not None])
    return etree.tostring(root, encoding="utf-8")


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _texts(element: etree._Element) -> tuple[str, tuple[Link, ...]]:
    """Return what was said, and its translation if that has other words."""
    said, links = _plain(_text(element, "contribution_verbatim"))
    translated, others = _plain(_text(element, "contribution_translated"))
    if not translated or translated == said:
        return said, links
    return "\n\n".join(filter(None, (said, translated))), tuple(dict.fromkeys([*links, *others]))


def _plain(text: str) -> tuple[str, tuple[Link, ...]]:
    return plain_text(resolve_entities(text) if _ESCAPED_TAG.search(text) else text)


def _day(text: str) -> date | None:
    match = _MEETING_DAY.fullmatch(text)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None
