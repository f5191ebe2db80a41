"""The draft of a letter as a value: who it is to, what is quoted of which record, and when the promises in it are due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.errors import LetterError
from monitor.model.records import House
from monitor.parliament.promises.corrections import first_version, with_days
from monitor.presentation.citation import cite, title_of
from monitor.presentation.wording import clean, count_of, house_name, listed, official_url, one_line
from monitor.research.letters.address import address_lines, salutation
from monitor.research.letters.leads import first_lead, next_lead, promise_days, promise_lead, same_lead, warnings_of
from monitor.research.letters.passages import asked_passages, choose_passages
from monitor.research.quotations.styles import Style, reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from monitor.model.promises import FoundPromise
    from monitor.model.records import Member, Proceeding
    from monitor.model.watching import Match
    from monitor.parliament.promises.corrections import SaidPromise
    from monitor.research.quotations.selection import Selection

STYLES: Final = (Style.HANSARD, Style.OSCOLA, Style.APA)
"""Styles of references that people read; the others are for programs."""

MOST_RECORDS: Final = 50
"""Records that one letter quotes."""

_SUBJECT: Final = 3
"""Headings that the subject of a letter names."""

_WESTMINSTER: Final = (House.COMMONS, House.LORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPromise:
    """A promise in a passage: the sentence, and when it is due as the end of a sentence.

    Two promises of one sentence are two of these.
    """

    found: FoundPromise
    sentence: str
    days: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedPassage:
    """Words of a record that the letter quotes, between its own.

    `number` is that of its reference. `selection` is None, and `quotation` "", where an earlier record of the letter has the
    same words. `speaker`: whose words these are. `promise_lead` introduces the promises if the passage says more than these,
    else it is "".
    """

    number: int
    record: Proceeding
    selection: Selection | None
    quotation: str
    lead: str
    speaker: Member | None
    promises: tuple[DraftPromise, ...] = ()
    promise_lead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A numbered reference in the chosen style. `url`: the record's page; "" if unknown, or if the text has it."""

    number: int
    record: Proceeding
    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter that is drafted. `warnings` are for its writer and stand in no letter."""

    to: str
    address: tuple[str, ...]
    salutation: str
    copies: tuple[str, ...]
    written_on: date
    subject: str
    style: Style
    passages: tuple[QuotedPassage, ...]
    references: tuple[Reference, ...]
    warnings: tuple[str, ...]

    @property
    def audience(self) -> str:
        """Name the legislatures of the records, with a verb: "Parliament has", "the Senedd and Parliament have"."""
        houses = dict.fromkeys(passage.record.house for passage in self.passages)
        names = dict.fromkeys("Parliament" if house in _WESTMINSTER else f"the {house_name(house)}" for house in houses)
        return f"{listed(list(names))} {'has' if len(names) == 1 else 'have'}"

    @property
    def has_promises(self) -> bool:
        """True if a promise is quoted."""
        return any(passage.promises for passage in self.passages)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRequest:
    """Request for a letter.

    `quotes`: passages in place of those that would be chosen, `own_quotes`: the same, each of the record with this id.
    `dear`: the salutation.
    """

    to: str
    written_on: date
    copies: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    own_quotes: tuple[tuple[str, str], ...] = ()
    style: Style = Style.HANSARD
    dear: str = ""


def draft_letter(
    records: Sequence[Proceeding],
    request: DraftRequest,
    promises_of: Callable[[str, date], Sequence[FoundPromise]],
    matches: Mapping[str, Sequence[Match]] | None = None,
) -> Draft:
    """Draft a letter that quotes records, in their order.

    `promises_of` finds the promises in a text that was given on a day. `matches`: what watch terms found in a record, by its
    id. Raises LetterError for what can't be drafted.
    """
    records = list({record.id: record for record in records}.values())
    if len(records) > MOST_RECORDS:
        raise LetterError(f"a letter quotes at most {MOST_RECORDS} records, and these are {len(records)}")
    if request.style not in STYLES:
        raise LetterError(f"references of a letter are in one of the styles {', '.join(STYLES)}")
    address = address_lines(request.to)
    asked = asked_passages(records, request.quotes, request.own_quotes)
    passages: list[QuotedPassage] = []
    references: list[Reference] = []
    warnings: list[str] = []
    quoted: dict[tuple[str, ...], Proceeding] = {}
    for number, record in enumerate(records, 1):
        promises = _promises(record, promises_of)
        chosen = choose_passages(record, [said.found for said in promises], (matches or {}).get(record.id, ()))
        selections = asked.get(record.id) or list(chosen.selections)
        if not selections:
            raise LetterError(f"{cite(record)} has no text to quote: leave it out")
        words = tuple(selection.words(record) for selection in selections)
        first = quoted.setdefault(words, record)
        if first is record:
            own = list(_passages(number, record, selections, promises, request))
        else:
            own = [_same(number, record, first, selections[0], request.to)]
        passages += own
        references.append(_reference(number, record, request.style, own[0].speaker))
        warnings += warnings_of(record)
        if chosen.left_out and record.id not in asked:
            warnings.append(
                f"{cite(record)} has {count_of(chosen.left_out, 'more passage')} that may matter: name them with --quote."
            )
    return Draft(
        to=request.to,
        address=address,
        salutation=one_line(request.dear) or salutation(address),
        copies=tuple(", ".join(address_lines(copy)) for copy in request.copies),
        written_on=request.written_on,
        subject=_subject(records),
        style=request.style,
        passages=tuple(passages),
        references=tuple(references),
        warnings=tuple(warnings),
    )


def _promises(record: Proceeding, find: Callable[[str, date], Sequence[FoundPromise]]) -> list[SaidPromise]:
    """Return the promises in the answer or text of a record. A holding answer promises only the answer itself."""
    text = record.answer or record.text
    if not text or record.day is None or record.is_holding:
        return []
    return with_days(text, find(text, record.day), record.day, first_version(record, text), find)


def _passages(
    number: int,
    record: Proceeding,
    selections: Sequence[Selection],
    promises: Sequence[SaidPromise],
    request: DraftRequest,
) -> Iterator[QuotedPassage]:
    for place, selection in enumerate(selections):
        quotation = clean(selection.words(record)).strip()
        own = tuple(_drafted(record, selection, promises, request.written_on))
        says_more = any(promise.sentence != quotation for promise in own)
        yield QuotedPassage(
            number=number,
            record=record,
            selection=selection,
            quotation=quotation,
            lead=next_lead(record, selection.part) if place else first_lead(record, selection.part, request.to),
            speaker=selection.speaker(record),
            promises=own,
            promise_lead=promise_lead(record) if says_more else "",
        )


def _drafted(
    record: Proceeding, selection: Selection, promises: Sequence[SaidPromise], today: date
) -> Iterator[DraftPromise]:
    """Yield the promises that a passage holds whole."""
    if selection.part not in ("answer", "text"):
        return
    text = record.parts()[selection.part]
    for promise, made_on in promises:
        sentence = text[promise.start : promise.end].strip()
        if selection.start <= promise.start and promise.start + len(sentence) <= selection.end:
            yield DraftPromise(
                found=promise, sentence=clean(sentence).strip(), days=promise_days(promise, made_on, today)
            )


def _reference(number: int, record: Proceeding, style: Style, speaker: Member | None) -> Reference:
    text = one_line(reference(record, style, speaker=speaker))
    url = official_url(record) or one_line(record.url)
    return Reference(number=number, record=record, text=text, url="" if url and url in text else url)


def _same(number: int, record: Proceeding, first: Proceeding, selection: Selection, to: str) -> QuotedPassage:
    """Refer to a record of which the same words are quoted already."""
    return QuotedPassage(
        number=number,
        record=record,
        selection=None,
        quotation="",
        lead=same_lead(record, selection.part, first, to),
        speaker=selection.speaker(record),
    )


def _subject(records: Sequence[Proceeding]) -> str:
    """Name the letter by the headings of its records, each once."""
    titles = list(dict.fromkeys(title_of(record) for record in records))
    if len(titles) > _SUBJECT:
        return f"{'; '.join(titles[:_SUBJECT])}; and others"
    return "; ".join(titles)
