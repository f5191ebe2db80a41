"""Attribution of a quotation in a letter: the number, column, day or speaker that it names, and whether that is right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from monitor.model.records import Kind
from monitor.parliament.identifiers import column_parts
from monitor.presentation.citation import cite
from monitor.presentation.wording import listed, long_day, name_in_sentence, one_line
from monitor.research.quotations.named_references import named_in
from monitor.research.quotations.speakers import is_of_office, is_same, speakers
from monitor.text.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import date

    from monitor.model.records import Member, Proceeding
    from monitor.model.search import PassageCandidate
    from monitor.research.quotations.extraction import Quotation
    from monitor.research.quotations.named_references import Columns, Named
    from monitor.research.quotations.speakers import Speaker

_T = TypeVar("_T")

_IN_BRACKETS: Final = re.compile(r"[\s.,;:]*[(\[](?P<inside>[^()\[\]]*(?:\([^()]*\)[^()\[\]]*)*)[)\]]")
_ANOTHER: Final = re.compile(r";|,?\s(?:and|but|while)\s(?![A-Z])")
"""End of a clause after which another source may be named."""
_MOST_OF_CLAUSE: Final = 200
_ONE_SESSION: Final = timedelta(days=200)


class Lookups(Protocol):
    """Cached look-ups in the archive of what a letter names."""

    def called(self, number: str) -> Proceeding | None:
        """Return the newest record with a number, or None."""
        ...

    def is_person(self, words: frozenset[str]) -> bool:
        """Return whether a member has all these words in the name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Judgement of what the letter says about a source: what agrees, and a sentence about what does not."""

    agreed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def fits(passage: PassageCandidate, named: Named) -> int:
    """Return how many kinds of references agree with the record of a passage."""
    numbers = passage.uin is not None and passage.uin.replace(" ", "").upper() in named.numbers
    columns = passage.columns is not None and any(
        passage.columns[0] <= column.last and column.first <= passage.columns[1] for column in named.columns
    )
    return numbers + columns + any(is_one_of(day, passage.days) for day in named.days)


def beside(quotation: Quotation) -> Named:
    """Return every reference that the letter names beside a quotation."""
    return named_in(f"{quotation.before} \n {quotation.after}")


def is_sourced(quotation: Quotation) -> bool:
    """Return whether a number or column follows a quotation in brackets."""
    named = named_in(next(_zones(quotation)))
    return bool(named.numbers or named.columns)


def attribution(quotation: Quotation, proceeding: Proceeding, part: str, archive: Lookups) -> Attribution:
    """Judge whether the references and speakers beside a quotation are right.

    A reference in brackets right after the quotation counts alone. Otherwise any reference beside the quotation may be
    meant, and there is a warning only if none of them fits.
    """
    named, zones = beside(quotation), list(_zones(quotation))
    near = [named_in(zone) for zone in zones]
    own, days, answer_days = _numbers(proceeding), _dates(proceeding), _dates_of_answer(proceeding)
    judged = (
        _judge(
            named.numbers,
            [references.numbers for references in near],
            own.__contains__,
            str,
            lambda given: _own_number(proceeding, given, archive),
        ),
        _judge(
            named.columns,
            [references.columns for references in near],
            lambda column: _stands_in(column, proceeding),
            _column,
            lambda _: _column_of(proceeding),
        ),
        _judge(
            named.days,
            [references.days for references in near],
            lambda day: is_one_of(day, answer_days if part == "answer" and day in named.answer_days else days),
            _day,
            lambda _: _days_of(proceeding),
        ),
        _judge_speakers(speakers(zones[1], zones[0], zones[2]), proceeding, part, archive),
    )
    return Attribution(
        agreed=tuple(name for agreed, _ in judged for name in agreed),
        warnings=tuple(warning for _, warning in judged if warning),
    )


def _excludes(other: Proceeding, proceeding: Proceeding) -> bool:
    """Return whether a number certainly belongs to another record.

    Numbers start again in each session, and the numbers of some old questions are not known.
    """
    if proceeding.uin or proceeding.kind is not Kind.QUESTION:
        return True
    return other.day is not None and proceeding.day is not None and abs(other.day - proceeding.day) <= _ONE_SESSION


def _judge(
    named: Sequence[_T],
    zones: Iterable[Sequence[_T]],
    is_so: Callable[[_T], bool],
    label: Callable[[_T], str],
    own: Callable[[Sequence[_T]], str],
) -> tuple[list[str], str]:
    """Return which references of one kind agree, and a warning if none does."""
    in_brackets, *others = zones
    agreed = [label(bracket) for bracket in in_brackets or named if is_so(bracket)]
    given = next((zone for zone in (in_brackets, *others) if zone), ())
    if agreed or not given or not (theirs := own(given)):
        return agreed, ""
    return [], f"The letter names {listed([label(name) for name in given])}; {theirs}."


def _judge_speakers(
    named: Sequence[Speaker], proceeding: Proceeding, part: str, archive: Lookups
) -> tuple[list[str], str]:
    """Return which named speakers are right, and a warning if none of them can be."""
    sayers = _sayers(proceeding, part)
    if not named or not sayers:
        return [], ""
    others = [proceeding.asked_by, proceeding.answered_by, proceeding.corrected_by, proceeding.made_by]
    agreed = [speaker.name for speaker in named if _may_be(speaker, proceeding, part, sayers)]
    # In a source the member who asked, or the minister who answered them, may be named too.
    if agreed or any(not speaker.is_sayer and any(is_same(speaker, other) for other in others) for speaker in named):
        return agreed, ""
    sure = [speaker for speaker in named if speaker.is_sure or archive.is_person(speaker.words)]
    judged = [name for name in sure if not name.is_office or (part != "question" and proceeding.body)]
    if not judged:
        return [], ""
    verb = {"question": "asked by", "answer": "answered by"}.get(part, "said by")
    of_body = f", {one_line(proceeding.body)}" if proceeding.body and part != "question" else ""
    name = listed([name_in_sentence(sayer) for sayer in sayers])
    return (
        [],
        f"The letter names {listed([one_line(speaker.name) for speaker in judged])}; this was {verb} {name}{of_body}.",
    )


def _may_be(named: Speaker, proceeding: Proceeding, part: str, sayers: Sequence[Member]) -> bool:
    if named.is_office:
        return part != "question" and is_of_office(named, proceeding)
    return any(is_same(named, sayer) for sayer in sayers)


def _sayers(proceeding: Proceeding, part: str) -> list[Member]:
    """Return the possible speakers of a part of a record; for a corrected answer also the first minister."""
    if part == "question":
        some = [proceeding.asked_by]
    elif part == "answer":
        some = [proceeding.answered_by, proceeding.corrected_by]
    else:
        some = [proceeding.made_by]
    return list(dict.fromkeys(member for member in some if member and (member.name or member.printed)))


def _zones(quotation: Quotation) -> Iterator[str]:
    """Yield the places of a source, surest first: brackets after it, the sentence before, the words after it."""
    behind = _IN_BRACKETS.match(quotation.after)
    yield behind["inside"] if behind else ""
    before = quotation.before
    of_the_last = _IN_BRACKETS.match(before)
    before = before[of_the_last.end() :] if of_the_last else before
    yield before[sentences(before, 0, len(before))[-1][0] :] if before else ""
    rest = (quotation.after[behind.end() :] if behind else quotation.after).lstrip(" .,")
    rest = rest[: sentences(rest, 0, len(rest))[0][1]] if rest else ""
    clause = _ANOTHER.split(rest, maxsplit=1)[0]
    yield clause if len(clause) <= _MOST_OF_CLAUSE else ""


# -- numbers, columns, days -------------------------------------------------------------------------------------------


def _numbers(proceeding: Proceeding) -> set[str]:
    """Return the numbers of a record and of questions answered together with it."""
    own = [proceeding.uin, *(question.uin for question in proceeding.grouped_with)]
    return {number.replace(" ", "").upper() for number in own if number}


def _stands_in(named: Columns, proceeding: Proceeding) -> bool:
    first = column_parts(proceeding.column or "")
    if first is None:
        return False
    last = column_parts(proceeding.column_to or "") or first
    is_there = first[0] <= named.last and named.first <= last[0]
    return is_there and (not named.suffix or not first[1] or named.suffix == first[1])


def _dates(proceeding: Proceeding) -> frozenset[date]:
    days = (
        proceeding.tabled_on,
        proceeding.holding_on,
        proceeding.answered_on,
        proceeding.corrected_on,
        proceeding.made_on,
    )
    return frozenset(day for day in days if day)


def _dates_of_answer(proceeding: Proceeding) -> frozenset[date]:
    """Return the days on which the answer was given or corrected; of one that only holds, the day of that."""
    days = (proceeding.answered_on, proceeding.corrected_on)
    return frozenset(day for day in days if day) or _dates(proceeding)


def is_one_of(named: tuple[date, bool], days: Collection[date]) -> bool:
    """Return whether a day that a text names, with its year or without, is one of some days."""
    day, has_year = named
    return day in days if has_year else any((day.month, day.day) == (known.month, known.day) for known in days)


def _day(named: tuple[date, bool]) -> str:
    day, has_year = named
    return long_day(day) if has_year else long_day(day).rsplit(" ", 1)[0]


def _column(named: Columns) -> str:
    if named.last == named.first:
        return f"column {named.first}{named.suffix}"
    return f"columns {named.first}{named.suffix} to {named.last}{named.suffix}"


# -- what is so -------------------------------------------------------------------------------------------------------


def _own_number(proceeding: Proceeding, given: Sequence[str], archive: Lookups) -> str:
    """Say which number a record has, and which records have the numbers that the letter gives; "" for no number."""
    records = [(number, record) for number in given if (record := archive.called(number))]
    others = [(number, record) for number, record in records if _excludes(record, proceeding)]
    known_as = proceeding.uin or (cite(proceeding) if others else "")
    if not known_as:
        return ""
    named = [f"{number} is another record, {one_line(cite(record))}" for number, record in others]
    return "; ".join([f"this is {one_line(known_as)}", *named])


def _column_of(proceeding: Proceeding) -> str:
    return f"this begins in column {one_line(proceeding.column)}" if proceeding.column else "this stands in no column"


def _days_of(proceeding: Proceeding) -> str:
    events = (
        ("tabled", proceeding.tabled_on),
        ("answered", proceeding.answered_on),
        ("corrected", proceeding.corrected_on),
        ("made", proceeding.made_on),
    )
    own = [f"{what} on {long_day(day)}" for what, day in events if day]
    return f"this was {listed(own)}" if own else ""
