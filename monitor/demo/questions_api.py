"""Rules of the API of written questions and statements, and of its feed of answers, as pure functions over values.

It imitates recorded responses: lists show the first 255 characters of a question, and an answer whose tags are deleted and
whose text is cut to 255 characters and three dots; attachments and earlier texts are in the detail only; `links` do not
lead to the record; unknown parameters are ignored. A value is an answer of the detail endpoint.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from monitor.demo.members_api import short_member

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitor.demo.store import DemoMember, Value

LIST_LENGTH = 255
LARGEST = 2147483647
LINK_OFFSET = 711048
"""Number added to the id in `links`, because the recorded links of 2021 name another record."""

ENUMS = {
    "answered": ("Any", "Answered", "Unanswered"),
    "questionstatus": ("NotAnswered", "AnsweredOnly", "AllQuestions"),
    "sessionstatus": ("Current", "Any"),
    "house": ("Bicameral", "Commons", "Lords"),
}
NUMBERS = {"askingmemberid": 1, "answeringmemberid": 1, "skip": 0, "take": 0}
NUMBER_LISTS = ("answeringbodies", "members")
FLAGS = ("includewithdrawn", "expandmember")
WINDOWS = {
    "tabledwhen": "dateTabled",
    "dateforanswerwhen": "dateForAnswer",
    "answeredwhen": "dateAnswered",
    "correctedwhen": "dateAnswerCorrected",
}

_PAGES = "https://questions-statements.parliament.uk/written-questions/detail"


class BadRequestError(Exception):
    """A parameter does not have the form that the API requires."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"The value '{text}' is not valid.")
        self.name = name


class ServerSideError(Exception):
    """The API fails with 500, as it does for some search terms."""


@dataclass(frozen=True, slots=True)
class ApiQuery:
    """Checked parameters of a request, with names in small letters and without unknown ones."""

    given: Mapping[str, Any]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a parameter by its name in small letters."""
        return self.given.get(name, default)


def parse_query(pairs: Iterable[tuple[str, str]]) -> ApiQuery:
    """Read the parameters of a query string, in any case. An empty value counts as missing. Raises BadRequestError."""
    given: dict[str, Any] = {}
    for written, text in pairs:
        name = written.lower()
        if text == "":
            continue
        if name in NUMBER_LISTS:
            given.setdefault(name, []).append(_number(written, text, 0))
        elif (read := _reader(name)) is not None:
            given[name] = read(written, text)
    return ApiQuery(given)


def _reader(name: str) -> Callable[[str, str], Any] | None:
    if name in NUMBERS:
        return lambda written, text: _number(written, text, NUMBERS[name])
    if name in ENUMS:
        return lambda written, text: _word(written, text, ENUMS[name])
    if name in FLAGS:
        return lambda written, text: _word(written, text, ("true", "false")) == "true"
    if name in {window + end for window in (*WINDOWS, "madewhen") for end in ("from", "to")}:
        return _day
    return (lambda _, text: text) if name in ("searchterm", "uin") else None


def _number(written: str, text: str, least: int) -> int:
    if not re.fullmatch(r"-?[0-9]{1,10}", text) or not least <= int(text) <= LARGEST:
        raise BadRequestError(written, text)
    return int(text)


def _word(written: str, text: str, words: tuple[str, ...]) -> str:
    for word in words:
        if word.lower() == text.lower():
            return word
    raise BadRequestError(written, text)


def _day(written: str, text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError as exc:
        raise BadRequestError(written, text) from exc


def select(values: Iterable[Value], query: ApiQuery, *, session_start: date | None = None) -> list[Value]:
    """Return the values that a query asks for, newest first.

    `session_start`: questions tabled before are shown with sessionStatus=Any only; None: there is one session. Raises
    ServerSideError for a search term that makes the API fail.
    """
    if "international" in query.get("searchterm", "").lower():
        raise ServerSideError
    found = [value for value in values if _is_wanted(value, query, session_start)]
    return sorted(found, key=_rank, reverse=True)


def _rank(value: Value) -> tuple[str, int]:
    """Return the key of the order of lists: by the day of the answer or its correction, open questions last."""
    return max(value["dateAnswered"] or "", value["dateAnswerCorrected"] or ""), value["id"]


def _is_wanted(value: Value, query: ApiQuery, session_start: date | None) -> bool:
    if value["isWithdrawn"] and not query.get("includewithdrawn", False):
        return False
    if query.get("house", "Bicameral") not in ("Bicameral", value["house"]):
        return False
    return (
        is_in_session(value, query, session_start)
        and _is_in_windows(value, query)
        and _is_in_state(value, query)
        and _is_of_people(value, query)
        and _has_words(value, query)
    )


def is_in_session(value: Value, query: ApiQuery, session_start: date | None) -> bool:
    """Return whether the question belongs to the requested sessions."""
    if session_start is None or query.get("sessionstatus") == "Any":
        return True
    tabled: str = value["dateTabled"]
    return tabled[:10] >= session_start.isoformat()


def _is_in_windows(value: Value, query: ApiQuery) -> bool:
    for window, key in WINDOWS.items():
        first, last = query.get(window + "from"), query.get(window + "to")
        if first is None and last is None:
            continue
        day = (value[key] or "")[:10]
        if not day or (first and day < first) or (last and day > last):
            return False
    return True


def _is_in_state(value: Value, query: ApiQuery) -> bool:
    is_answered = value["dateAnswered"] is not None
    wanted = {
        query.get("answered", "Any"): {"Answered": True, "Unanswered": False},
        query.get("questionstatus", "AllQuestions"): {"AnsweredOnly": True, "NotAnswered": False},
    }
    return all(states.get(word, is_answered) == is_answered for word, states in wanted.items())


def _is_of_people(value: Value, query: ApiQuery) -> bool:
    people = (value["askingMemberId"], value["answeringMemberId"])
    return (
        query.get("askingmemberid", people[0]) == people[0]
        and query.get("answeringmemberid", people[1]) == people[1]
        and ("members" not in query.given or any(person in query.get("members") for person in people))
        and ("answeringbodies" not in query.given or value["answeringBodyId"] in query.get("answeringbodies"))
    )


def _has_words(value: Value, query: ApiQuery) -> bool:
    """Search loosely: every word must occur somewhere, and a hyphen makes a phrase."""
    uin = query.get("uin")
    if uin is not None and uin.lower() != value["uin"].lower():
        return False
    term = query.get("searchterm", "").lower()
    text = " ".join(value[key] or "" for key in ("heading", "questionText", "answerText")).lower()
    return all(word.replace("-", " ") in text or word in text for word in term.split())


def page_of(found: list[Value], query: ApiQuery, *, shift: int = 0) -> list[Value]:
    """Return the page of skip and take. `shift` rows came before it since the last page, or went if it is negative."""
    skip, take = query.get("skip", 0), query.get("take", 20)
    first = max(skip - shift, 0) if skip else 0
    return found[first : first + take]


def list_view(value: Value) -> Value:
    """Return a value as lists show it: with cut texts, without attachments and earlier texts."""
    return {
        **value,
        "questionText": value["questionText"][:LIST_LENGTH],
        "answerText": cut_answer(value["answerText"]),
        "originalAnswerText": "",
        "comparableAnswerText": "",
        "attachmentCount": 0,
        "attachments": [],
    }


def cut_answer(html: str | None) -> str | None:
    """Return an answer as lists show it: without tags, with entities, cut with three dots."""
    if html is None:
        return None
    text = re.sub("<[^>]+>", "", html)
    return text if len(text) <= LIST_LENGTH else text[:LIST_LENGTH] + "..."


def item(value: Value) -> dict[str, Any]:
    """Return a value in its envelope, whose link leads to another record."""
    link = {"rel": "self", "href": f"/Questions/{value['id'] + LINK_OFFSET}", "method": "GET"}
    return {"value": value, "links": [link]}


def problem(status: int, title: str, **more: Any) -> dict[str, Any]:
    """Return a ProblemDetails object."""
    return {
        "type": f"https://httpstatuses.io/{status}",
        "title": title,
        "status": status,
        "detail": None,
        "instance": None,
        **more,
    }


# -- statements -------------------------------------------------------------------------------------------------------


def select_statements(values: Iterable[Value], query: ApiQuery) -> list[Value]:
    """Return the statements that a query asks for, newest first."""
    first, last = query.get("madewhenfrom", ""), query.get("madewhento", "9999")
    house = query.get("house", "Bicameral")
    found = [
        value for value in values if first <= value["dateMade"][:10] <= last and house in ("Bicameral", value["house"])
    ]
    return sorted(found, key=lambda value: (value["dateMade"], value["id"]), reverse=True)


def statement_list_view(value: Value) -> Value:
    """Return a statement as lists show it: with a cut text, without attachments and links."""
    return {**value, "text": cut_answer(value["text"]), "attachments": [], "linkedStatements": []}


def with_member(value: Value, members: Mapping[int, DemoMember], *, expand: bool) -> Value:
    """Return the value with the object of its member, which is null unless requested, and for unknown members."""
    known = members.get(value["memberId"] or 0)
    return {**value, "member": short_member(known) if expand and known else None}


# -- the feed of answers ----------------------------------------------------------------------------------------------


def answers_feed(values: Iterable[Value], members: Mapping[int, DemoMember], *, address: str, body: str | None) -> str:
    """Return the feed of answered `values` as RSS 2.0, newest first. `body`: its only answering body, if it has one.

    A correction repeats guid and link of the answer with the day of the correction.
    """
    items = [_feed_item(list_view(value), members) for value in values if value["dateAnswered"]]
    source = f" from the {body}" if body else ""
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">',
            "<channel>",
            f"<title>Written answers to parliamentary questions{escape(source)}</title>",
            f"<description>Answers to written questions{escape(source)}</description>",
            f"<link>{_PAGES}</link>",
            "<copyright>https://www.parliament.uk/site-information/copyright-parliament/</copyright>",
            "<language>en-uk</language>",
            "<managingEditor>feeds@example.org</managingEditor>",
            f'<atom:link rel="self" type="application/rss+xml" href="{escape(address)}" />',
            *items,
            "</channel>",
            "</rss>",
            "",
        ]
    )


def _hashtags(heading: str | None) -> str:
    """Return the heading as the feed prints it: its parts, cut at the colon, as one word each."""
    parts = (heading or "Question").split(":")
    return " ".join("#" + "".join(word[:1].upper() + word[1:] for word in re.findall(r"\w+", part)) for part in parts)


def _feed_item(value: Value, members: Mapping[int, DemoMember]) -> str:
    day = value["dateAnswerCorrected"] or value["dateAnswered"]
    published = format_datetime(datetime.fromisoformat(day).replace(tzinfo=UTC))
    tabled = datetime.fromisoformat(value["dateTabled"])
    page = f"{_PAGES}/{tabled:%Y-%m-%d}/{value['uin']}"
    asker = _member_name(members, value["askingMemberId"])
    subject = f"a question on {_hashtags(value['heading'])} tabled by {asker} on {tabled:%d-%m-%Y} has been"
    if value["dateAnswerCorrected"]:
        title = f"An earlier answer to {subject} corrected by {_member_name(members, value['correctingMemberId'])}."
    else:
        title = f"A{subject[1:]} answered by {_member_name(members, value['answeringMemberId'])}."
    text = f"<p>[Question] {value['questionText']}</p> <p>[Answer] {value['answerText']}</p>"
    return (
        f"<item><guid>{page}</guid><title>{escape(title)}</title><link>{page}</link><pubDate>{published}</pubDate>"
        f"<description><![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]></description></item>"
    )


def _member_name(members: Mapping[int, DemoMember], member_id: int | None) -> str:
    member = members.get(member_id or 0)
    return member.name if member else "a member"
