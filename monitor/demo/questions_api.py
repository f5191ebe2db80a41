"""Rules of the written questions API, as pure functions over values: parameters, filters, order, the cut lists.

It imitates recorded responses: lists show the first 255 characters of a question, and an answer whose tags are deleted and
whose text is cut to 255 characters and three dots; attachments and earlier texts are in the detail only; `links` do not
lead to the record; unknown parameters are ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitor.demo.store import Value

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
