"""Where a letter itself says that a quotation is from: a number, a column, a day; and whether that is so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, TypeVar

from monitor.digest.wording import listed, long_day, one_line
from monitor.identity import column_parts
from monitor.references import COLUMN, DAY, day_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitor.model import Proceeding
    from monitor.quoting.passages import Passage
    from monitor.quoting.quotations import Quotation

_T = TypeVar("_T")

_NUMBER: Final = re.compile(
    r"\b(?:UINs?|W?PQs?)(?:\s(?:number|no\.?))?\s?:?\s?(?P<number>(?:HL)?\d{1,8})\b"
    r"|\bquestions?(?:\s(?:number|no\.?))?\s?(?P<question>(?:HL)?\d{2,8})\b"
    r"|\b(?P<named>(?:HL|HCWS|HLWS)\d{1,8}|S\d[A-Z]{1,2}-\d{1,6}|AQ[WOT]\s?\d{1,6}/\d\d(?:-\d\d)?)\b"
    r"|\[(?P<bracketed>(?:HL)?\d{3,8})\]",
    re.IGNORECASE,
)
_COLUMN: Final = re.compile(rf"\b(?:columns?|cols?\b\.?|cc?\b\.?|cc?(?=\d))[\s:]{{0,3}}{COLUMN}(?!\w)", re.IGNORECASE)
_DAY: Final = re.compile(rf"\b{DAY}", re.IGNORECASE)
_ISO: Final = re.compile(r"\b(?P<year>1[89]\d\d|20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b")
_SLASHED: Final = re.compile(r"\b(?P<day>\d{1,2})[/.](?P<month>\d{1,2})[/.](?P<year>1[89]\d\d|20\d\d)\b")
_IN_BRACKETS: Final = re.compile(r"[\s.,;:]*[(\[](?P<inside>[^()\[\]]*(?:\([^()]*\)[^()\[\]]*)*)[)\]]")
_CLAUSE: Final = re.compile(r"[^.;]{0,100}?(?=[.;]|,?\s(?:and|but|while)\b|$)")
_SENTENCE: Final = re.compile(r"(?:.*[.!?]\s)?(?P<last>.*)", re.DOTALL)
_NO_YEAR: Final = 2000  # a leap year, for days named without one


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a text names: numbers of questions and statements, columns, days; a day without its year has none."""

    numbers: tuple[str, ...] = ()
    columns: tuple[tuple[int, str], ...] = ()
    days: tuple[tuple[date, bool], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """What the letter says of a quotation's source: what of it is so, and a sentence for what is not."""

    agreed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def named_in(text: str) -> Named:
    """What a text names, each once, in order."""
    numbers = dict.fromkeys(
        re.sub(r"\s", "", next(filter(None, found.groups())).upper()) for found in _NUMBER.finditer(text)
    )
    columns = dict.fromkeys(
        (int(found["first"]), (found["before"] or found["suffix"] or "").upper()) for found in _COLUMN.finditer(text)
    )
    return Named(numbers=tuple(numbers), columns=tuple(columns), days=tuple(dict.fromkeys(_days(text))))


def fits(passage: Passage, named: Named) -> int:
    """How many kinds of what is named fit the record of a passage."""
    numbers = passage.uin is not None and passage.uin.replace(" ", "").upper() in named.numbers
    columns = passage.columns is not None and any(
        passage.columns[0] <= number <= passage.columns[1] for number, _ in named.columns
    )
    return numbers + columns + any(_is_one_of(day, passage.days) for day in named.days)


def beside(quotation: Quotation) -> Named:
    """All that the letter names beside a quotation."""
    return named_in(f"{quotation.before} \n {quotation.after}")


def attribution(quotation: Quotation, it: Proceeding) -> Attribution:
    """Whether what the letter names beside a quotation is the record that it was found in.

    What stands in brackets right behind the quotation is what it says. Where nothing does, all that is named beside it may
    be meant: there is a warning only where none of it fits.
    """
    named, near = beside(quotation), [named_in(zone) for zone in _zones(quotation)]
    own, days = _numbers(it), _dates(it)
    judged = (
        _judge(named.numbers, [one.numbers for one in near], own.__contains__, str, _number_of(it)),
        _judge(named.columns, [one.columns for one in near], lambda one: _stands_in(one, it), _column, _column_of(it)),
        _judge(named.days, [one.days for one in near], lambda one: _is_one_of(one, days), _day, _days_of(it)),
    )
    return Attribution(
        agreed=tuple(one for agreed, _ in judged for one in agreed),
        warnings=tuple(warning for _, warning in judged if warning),
    )


def _judge(
    named: Sequence[_T],
    zones: Iterable[Sequence[_T]],
    is_so: Callable[[_T], bool],
    label: Callable[[_T], str],
    own: str,
) -> tuple[list[str], str]:
    """Of one kind of thing that is named what is so, and a warning where nothing is."""
    in_brackets, *others = zones
    agreed = [label(one) for one in in_brackets or named if is_so(one)]
    given = next((zone for zone in (in_brackets, *others) if zone), ())
    if agreed or not given or not own:
        return agreed, ""
    return [], f"The letter names {listed([label(one) for one in given])}; {own}."


def _zones(quotation: Quotation) -> Iterator[str]:
    """Where a source is given, the surest place first."""
    behind = _IN_BRACKETS.match(quotation.after)
    yield behind["inside"] if behind else ""
    before = quotation.before
    of_the_last = _IN_BRACKETS.match(before)
    before = before[of_the_last.end() :] if of_the_last else before
    sentence = _SENTENCE.fullmatch(before)
    yield sentence["last"] if sentence else ""
    rest = quotation.after[behind.end() :] if behind else quotation.after
    clause = _CLAUSE.match(rest.lstrip(" .,"))
    yield clause.group() if clause else ""


# -- numbers, columns, days -------------------------------------------------------------------------------------------


def _numbers(it: Proceeding) -> set[str]:
    """The numbers that a record goes by; of questions answered together any will do."""
    own = [it.uin, *(one.uin for one in it.grouped_with)]
    return {number.replace(" ", "").upper() for number in own if number}


def _stands_in(named: tuple[int, str], it: Proceeding) -> bool:
    first = column_parts(it.column or "")
    if first is None:
        return False
    last = column_parts(it.column_to or "") or first
    return first[0] <= named[0] <= last[0] and (not named[1] or not first[1] or named[1] == first[1])


def _dates(it: Proceeding) -> frozenset[date]:
    days = (it.tabled_on, it.holding_on, it.answered_on, it.corrected_on, it.made_on)
    return frozenset(day for day in days if day)


def _days(text: str) -> Iterator[tuple[date, bool]]:
    """The days that a text names, and whether with their year."""
    for found in _DAY.finditer(text):
        has_year = bool(found["year"])
        day = day_of(found) if has_year else day_of(found, date(_NO_YEAR, 12, 31))
        if day is not None:
            yield day, has_year
    for found in (*_ISO.finditer(text), *_SLASHED.finditer(text)):
        try:
            yield date(int(found["year"]), int(found["month"]), int(found["day"])), True
        except ValueError:
            continue


def _is_one_of(named: tuple[date, bool], days: frozenset[date]) -> bool:
    day, has_year = named
    return day in days if has_year else any((day.month, day.day) == (one.month, one.day) for one in days)


def _day(named: tuple[date, bool]) -> str:
    day, has_year = named
    return long_day(day) if has_year else long_day(day).rsplit(" ", 1)[0]


def _column(named: tuple[int, str]) -> str:
    return f"column {named[0]}{named[1]}"


# -- what is so -------------------------------------------------------------------------------------------------------


def _number_of(it: Proceeding) -> str:
    return f"this is {one_line(it.uin)}" if it.uin else ""


def _column_of(it: Proceeding) -> str:
    return f"this begins in column {one_line(it.column)}" if it.column else "this stands in no column"


def _days_of(it: Proceeding) -> str:
    said = (
        ("tabled", it.tabled_on),
        ("answered", it.answered_on),
        ("corrected", it.corrected_on),
        ("made", it.made_on),
    )
    own = [f"{what} on {long_day(day)}" for what, day in said if day]
    return f"this was {listed(own)}" if own else ""
