"""Oral questions of the House of Commons that are on the order paper.

Source: https://oralquestionsandmotions-api.parliament.uk (Open Parliament Licence v3.0), described in a Swagger document.
`/oralquestions/list` answers `{"PagingInfo": {"Total": n, ...}, "Success": true, "Response": [...]}`. Oddities:

- Parameters are written with `parameters.` before their name; those it does not know are ignored.
- Questions are drawn by lot. Only from then on are they on the order paper ("ToBeAsked"); what was handed in and not drawn
  is left out. "Withdrawn", "Transferred" (to another department) and "Unstarred" (left for a written answer) will not be
  asked; "Unasked" was on the order paper, and its turn did not come.
- The description has words for types and statuses. The service sends their numbers, in the order of the description from 1.
- UINs begin again in each session. A question is known by its `Id`; it is looked up by its UIN, for there is no address
  for one by its id. So its key here is both.
- There is no public page for a question: it leads to the page of What's On for its day.

Last checked: December 2026, against the description, and one answer of July 2026 that another program had recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from monitor.errors import FetchError, GoneError, ParseError, without_frames
from monitor.model.records import House, Kind, Member, Occasion, Proceeding
from monitor.model.sources import COMING, Detail, Listed, Payload, WindowPage
from scrapers.http.client import LIST_SECONDS
from scrapers.json_fields import Fields, UnknownKeys, is_number, shorten
from scrapers.list_entries import listed_entry, payload_of_entry
from scrapers.markup import one_line, plain_question
from scrapers.paged_list import Page, read_whole_list
from scrapers.strict_json import read_strict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.model.sources import Window
    from scrapers.http.client import Client
    from scrapers.http.exchange import Response

NAME: Final = "oral_questions"
PAGES: Final = "https://whatson.parliament.uk/commons"
"""Pages of What's On, by day."""
MAX_TOTAL: Final = 10_000
"""More questions than can be on the order paper of some weeks."""

_STATUSES: Final = (
    "Submitted", "Carded", "Unsaved", "ReadyForShuffle", "ToBeAsked", "ShuffleUnsuccessful", "Withdrawn", "Unstarred",
    "Draft", "ForReview", "Unasked", "Transferred",
)  # fmt: skip
_TYPES: Final = ("Substantive", "Topical")
"""Words of the description, in the order of their numbers."""
_ASKED: Final = ("ToBeAsked", "Unasked")
_NOT_ASKED: Final = ("Withdrawn", "Unstarred", "Transferred")
_NOT_ON_PAPER: Final = frozenset(_STATUSES) - {*_ASKED, *_NOT_ASKED}
"""Statuses before a question is on the order paper, or without its ever getting there."""
_OCCASIONS: Final = {"Substantive": Occasion.ORAL_QUESTION, "Topical": Occasion.TOPICAL_QUESTION}
_IGNORED: Final = (
    *("Id", "Number", "RemovedFromToBeAskedWhen", "DeclarableInterestDetail", "HansardLink", "AskingMemberId"),
    *("AnsweringMinister", "AnsweringMinisterId", "AnsweringMinisterTitle"),
)


class OralQuestions:
    """Reads the oral questions that are set down for a day and later. Each page of a list asks for `take` records."""

    name = NAME
    houses = (House.COMMONS,)
    by = (COMING,)

    def __init__(self, client: Client, base_url: str, take: int = 100) -> None:
        self._client, self._take = client, take
        self._address = f"{base_url.rstrip('/')}/oralquestions/list"
        self._unknown_keys = UnknownKeys(NAME)

    def read_window(self, window: Window) -> Iterator[WindowPage]:
        """Read all that is set down, in one page. Raises FetchError."""
        asked = [("answeringDateStart", window.day.isoformat())]
        asked += [("statuses", status) for status in (*_ASKED, *_NOT_ASKED)]
        found = read_whole_list(lambda skip: self._read_page(asked, skip), _key_of)
        entries = [self._listed(entry, response) for entry, response in found.entries.values() if _is_on_paper(entry)]
        yield WindowPage(entries=tuple(entries), total=len(entries), is_whole=not found.note, note=found.note)

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Look questions up by their UINs, several in flight, in any order."""
        by_url = {self._url([("uINs", key.partition("-")[2])], 0): key for key in keys}
        for url, answer in self._client.get_many(by_url):
            key = by_url[url]
            if isinstance(answer, FetchError):
                yield Detail(key=key, error=answer)
                continue
            try:
                _, entries = _entries_in(read_strict(answer.body), url)
            except FetchError as exc:
                yield Detail(key=key, error=without_frames(exc))
                continue
            entry = next((entry for entry in entries if _key_of(entry) == key), None)
            if entry is None:
                yield Detail(key=key, error=GoneError(f"There is no oral question {key} any more.", url=url))
            else:
                yield Detail(key=key, payload=payload_of_entry(NAME, key, entry, answer))

    def parse(self, payload: Payload) -> Proceeding:
        """Parse a question of the list. Raises ParseError."""
        try:
            entry = read_strict(payload.body)
        except (ValueError, RecursionError) as exc:
            raise ParseError(f"Oral question {payload.key} is no JSON: report it.", key=payload.key or None) from exc
        number = entry.get("Id") if isinstance(entry, dict) else None
        if not is_number(number):
            raise ParseError(f"An oral question came as {shorten(entry)}, without an Id: report it.")
        fields = Fields(dict(entry), "Oral question", str(number))
        proceeding = _parse(fields)
        if payload.key != _key_of(entry):
            raise ParseError(f"Oral question {number} came when {payload.key} was asked for.", key=payload.key)
        self._unknown_keys.log(fields.unread())
        return proceeding

    def _read_page(self, asked: Sequence[tuple[str, str]], skip: int) -> Page:
        url = self._url(asked, skip)
        response, data = self._client.get_json(url, seconds=LIST_SECONDS)
        total, entries = _entries_in(data, url)
        if total > MAX_TOTAL:
            text = f"The oral questions API counts {total} questions, so it ignored what was asked: report it."
            raise FetchError(text, url=url)
        return Page(response=response, total=total, entries=entries)

    def _url(self, asked: Sequence[tuple[str, str]], skip: int) -> str:
        params = [*asked, ("skip", str(skip)), ("take", str(self._take))]
        return f"{self._address}?{urlencode([(f'parameters.{name}', value) for name, value in params])}"

    def _listed(self, entry: Any, response: Response) -> Listed:
        return listed_entry(self.parse, entry, payload_of_entry(NAME, _key_of(entry), entry, response))


def _entries_in(data: Any, url: str) -> tuple[int, list[Any]]:
    """Return the total and the entries of an answer. Raises FetchError for anything else, and for a failure.

    A failure may come as an empty list, with which all that is known would seem to be taken back.
    """
    paging = data.get("PagingInfo") if isinstance(data, dict) else None
    total = paging.get("Total") if isinstance(paging, dict) else None
    entries = data.get("Response") if isinstance(data, dict) else None
    has_failed = isinstance(data, dict) and data.get("Success") is False
    if has_failed or type(total) is not int or total < 0 or not isinstance(entries, list):
        errors = data.get("Errors") if isinstance(data, dict) else None
        raise FetchError(f"The oral questions API sent {shorten(errors or data)}: report it.", url=url)
    return total, entries


def _key_of(entry: Any) -> str:
    """Return the key of a question, its id and its UIN; "" for one without both."""
    numbers = [entry.get(name) for name in ("Id", "UIN")] if isinstance(entry, dict) else []
    return "-".join(map(str, numbers)) if numbers and all(map(is_number, numbers)) else ""


def _is_on_paper(entry: Any) -> bool:
    return not isinstance(entry, dict) or _word_of(entry.get("Status"), _STATUSES) not in _NOT_ON_PAPER


def _word_of(value: Any, words: Sequence[str]) -> str | None:
    """Return the word that a value is, or is the number of; None for any other value."""
    if type(value) is int and 0 < value <= len(words):
        return words[value - 1]
    return value if value in words else None


def _parse(fields: Fields) -> Proceeding:
    fields.ignore(*_IGNORED)
    question = plain_question(fields.take("QuestionText", str, needed=True))
    if not question:
        raise fields.refuse("QuestionText", "an empty text")
    status = _take_word(fields, "Status", _STATUSES)
    occasion = _OCCASIONS[_take_word(fields, "QuestionType", _TYPES)]
    day = fields.as_day("AnsweringWhen", fields.take("AnsweringWhen", str, needed=True))
    uin = fields.number("UIN")
    if uin is None:
        raise fields.refuse("UIN", "nothing")
    return Proceeding(
        id=f"oq-{fields.key}",
        source=NAME,
        kind=Kind.NOTICE,
        house=House.COMMONS,
        url=f"{PAGES}/{day}/",
        uin=str(uin),
        question=question,
        made_on=fields.day_if_there("TabledWhen"),
        body_id=fields.number("AnsweringBodyId"),
        body=fields.line_if_there("AnsweringBody"),
        asked_by=_take_asker(fields),
        is_withdrawn=status not in _ASKED,
        occasion=occasion,
        takes_place_on=day,
    )


def _take_word(fields: Fields, name: str, words: Sequence[str]) -> str:
    value = fields.take(name, (str, int), needed=True)
    word = _word_of(value, words)
    if word is None:
        raise fields.refuse(name, shorten(value))
    return word


def _take_asker(fields: Fields) -> Member | None:
    value = fields.take_if_there("AskingMember", dict)
    if value is None:
        return None
    texts = [value.get(name) for name in ("Name", "Party", "Constituency")]
    number = value.get("MnisId")
    if not all(text is None or isinstance(text, str) for text in texts) or not (number is None or is_number(number)):
        raise fields.refuse("AskingMember", shorten(value))
    name, party, constituency = map(one_line, texts)
    return Member(member_id=number, name=name, party=party, constituency=constituency)
