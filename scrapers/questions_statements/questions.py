"""Written questions of both Houses, with their answers.

Source: https://questions-statements-api.parliament.uk/api/writtenquestions/questions (Open Parliament Licence v3.0).
A record is `{"value": {30 keys}, "links": [...]}`; see `scrapers.questions_statements.api` for lists. Oddities:

- A list cuts a question after 255 characters without a mark, and an answer after 255 with "..."; it strips mark-up without
  leaving a space, and never shows attachments. Only an unanswered, short question is whole in a list.
- A failure may come with status 200 and a problem report as its body (the client deals with that).
- A holding answer sets `dateAnswered`, and the answer proper moves it; a correction leaves it alone.
- `groupedQuestionsDates` came in March 2021 and is absent from older records.

Last checked: November 2026, against recordings of 2021 to 2024.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from monitor.model.records import Grouped, Kind, Proceeding
from scrapers.json_fields import shorten
from scrapers.markup import plain_question, plain_text
from scrapers.questions_statements.api import (
    LIST_TEXT,
    UIN,
    ApiSource,
    RecordType,
    take_attachments,
    take_house,
    take_member,
)

if TYPE_CHECKING:
    from datetime import date

    from scrapers.json_fields import Fields

NAME = "questions"
SITE = "https://questions-statements.parliament.uk/written-questions/detail"


def _parse(fields: Fields) -> Proceeding:
    house = take_house(fields)
    uin = fields.take("uin", str, needed=True)
    if not _is_uin(uin):
        raise fields.refuse("uin", shorten(uin))
    tabled_on = fields.day("dateTabled", needed=True)
    answer, links = plain_text(fields.take("answerText", str) or "")
    original_answer, _ = plain_text(fields.take_if_there("originalAnswerText", str) or "")
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
        question=_take_question(fields, is_withdrawn=is_withdrawn),
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
        asked_by=take_member(fields, "askingMemberId", "askingMember"),
        answered_by=take_member(fields, "answeringMemberId", "answeringMember"),
        corrected_by=take_member(fields, "correctingMemberId", "correctingMember"),
        grouped_with=_take_group(fields, uin, tabled_on),
        attachments=take_attachments(fields),
        links=links,
        original_answer=original_answer or None,
    )


def _take_question(fields: Fields, *, is_withdrawn: bool) -> str | None:
    text = plain_question(fields.take("questionText", str, needed=True))
    if not text and not is_withdrawn:
        raise fields.refuse("questionText", "an empty text")
    return text or None


def _take_group(fields: Fields, uin: str, tabled_on: date | None) -> tuple[Grouped, ...]:
    """Take the other questions of the group, in the source's order, each once."""
    uins = fields.take_if_there("groupedQuestions", list) or []
    pairs = fields.take_if_there("groupedQuestionsDates", list) or []
    if not all(map(_is_uin, uins)):
        raise fields.refuse("groupedQuestions", shorten(uins))
    days: dict[str, list[date]] = {}
    for pair in pairs:
        if not isinstance(pair, dict) or not _is_uin(pair.get("questionUin")):
            raise fields.refuse("groupedQuestionsDates", shorten(pair))
        day = fields.as_day("groupedQuestionsDates", str(pair.get("dateTabled")))
        days.setdefault(pair["questionUin"], []).append(day)
    others: list[Grouped] = []
    for other in dict.fromkeys([*uins, *days]):
        for day_tabled in dict.fromkeys(days.get(other, [None])):
            is_itself = other == uin and day_tabled in (None, tabled_on)
            if not is_itself:
                others.append(Grouped(uin=other, tabled_on=day_tabled))
    return tuple(others)


def _is_whole_in_list(value: dict[str, Any], question: Proceeding) -> bool:
    """Return whether a list shows a question as its detail would: unanswered, and certainly not cut."""
    has_answer = question.answer or question.answered_on or question.holding_on or question.is_holding
    # The server counts UTF-16 units.
    length = len(value["questionText"].encode("utf-16-le", "surrogatepass")) // 2
    return not has_answer and length < LIST_TEXT


def _is_uin(value: Any) -> bool:
    return isinstance(value, str) and UIN.fullmatch(value) is not None


class QuestionsSource(ApiSource):
    """Written questions, by the days on which they were tabled, answered or corrected."""

    record_type = RecordType(
        source=NAME,
        noun="question",
        path="/api/writtenquestions/questions",
        list_params={"includeWithdrawn": "true", "sessionStatus": "Any"},
        by=("tabled", "answered", "corrected"),
        parse=_parse,
        is_whole_in_list=_is_whole_in_list,
    )
