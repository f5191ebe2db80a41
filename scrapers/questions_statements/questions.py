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

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from monitor.model.records import Grouped, House, Kind, Proceeding
from scrapers.json_fields import Extras, shown
from scrapers.markup import plain_question, plain_text
from scrapers.questions_statements.api import (
    CUT,
    HOUSES,
    Half,
    Lists,
    attachments,
    check_key,
    fields_of,
    list_hash,
    member,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from monitor.model.sources import Detail, Page, Payload, Window
    from scrapers.http.client import Client
    from scrapers.json_fields import Fields

__all__ = ("NAME", "QuestionsSource", "list_hash")

NAME = "questions"
SITE = "https://questions-statements.parliament.uk/written-questions/detail"

_HALF = Half(
    source=NAME,
    noun="question",
    path="/api/writtenquestions/questions",
    params={"includeWithdrawn": "true", "sessionStatus": "Any"},
)
_UIN = re.compile(r"[A-Za-z0-9/-]{1,20}")


class QuestionsSource:
    """Reads the questions API by days. Each page asks for `take` questions."""

    name = NAME
    by = ("tabled", "answered", "corrected")

    def __init__(
        self, client: Client, base_url: str, houses: tuple[House, ...] = (House.COMMONS, House.LORDS), take: int = 100
    ) -> None:
        self.houses = houses
        self._lists = Lists(client, base_url, _HALF, self._whole_in_list, take)
        self._extras = Extras(NAME)

    def read_window(self, window: Window) -> Iterator[Page]:
        """Read a day as `api.Lists` does. Raises FetchError; what came before it holds."""
        return self._lists.read_window(window)

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Read questions in full, by id or by `DAY/UIN`, several in flight, in any order."""
        return self._lists.read_details(keys)

    def parse(self, payload: Payload) -> Proceeding:
        """Understand a list entry or a detail. Raises ParseError."""
        fields = fields_of(payload, "Question")
        proceeding = _parse(fields)
        check_key(payload, fields)
        self._extras.tell(fields.rest())
        return proceeding

    def _whole_in_list(self, entry: Any, payload: Payload) -> Proceeding | None:
        proceeding = self.parse(payload)
        return proceeding if _is_whole_in_list(entry["value"], proceeding) else None


def _is_whole_in_list(value: dict[str, Any], proceeding: Proceeding) -> bool:
    """Whether a list shows the question as its detail would: unanswered, and surely not cut."""
    is_unanswered = not (proceeding.answer or proceeding.answered_on or proceeding.holding_on or proceeding.is_holding)
    # The server counts UTF-16 units.
    return is_unanswered and len(value["questionText"].encode("utf-16-le", "surrogatepass")) // 2 < CUT


def _is_uin(value: Any) -> bool:
    return isinstance(value, str) and _UIN.fullmatch(value) is not None


def _parse(fields: Fields) -> Proceeding:
    house = HOUSES.get(fields.take("house", str, needed=True))
    if house is None:
        raise fields.refuse("house", "an unknown word")
    uin = fields.take("uin", str, needed=True)
    if not _is_uin(uin):
        raise fields.refuse("uin", shown(uin))
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
        asked_by=member(fields, "askingMemberId", "askingMember"),
        answered_by=member(fields, "answeringMemberId", "answeringMember"),
        corrected_by=member(fields, "correctingMemberId", "correctingMember"),
        grouped_with=_grouped(fields, uin, tabled_on),
        attachments=attachments(fields),
        links=links,
        original_answer=original or None,
    )


def _question(fields: Fields, *, is_withdrawn: bool) -> str | None:
    text = plain_question(fields.take("questionText", str, needed=True))
    if not text and not is_withdrawn:
        raise fields.refuse("questionText", "an empty text")
    return text or None


def _grouped(fields: Fields, uin: str, tabled_on: date | None) -> tuple[Grouped, ...]:
    """The other questions of the group, in the source's order, each once."""
    uins = fields.take_if_there("groupedQuestions", list) or []
    pairs = fields.take_if_there("groupedQuestionsDates", list) or []
    if not all(map(_is_uin, uins)):
        raise fields.refuse("groupedQuestions", shown(uins))
    days: dict[str, list[date]] = {}
    for pair in pairs:
        if not isinstance(pair, dict) or not _is_uin(pair.get("questionUin")):
            raise fields.refuse("groupedQuestionsDates", shown(pair))
        day = pair.get("dateTabled")
        days.setdefault(pair["questionUin"], []).append(fields.as_day("groupedQuestionsDates", str(day)))
    names = dict.fromkeys([*uins, *days])
    found = [Grouped(uin=other, tabled_on=day) for other in names for day in dict.fromkeys(days.get(other, [None]))]
    return tuple(group for group in found if group.uin != uin or group.tabled_on not in (None, tabled_on))
