"""References that a text names: numbers of questions and statements, columns of the Official Report, days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.parliament.references import COLUMN, DAY, SUFFIX, day_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_MORE: Final = r"(?:(?:,\s?|,?\s(?:and|or|&)\s)(?:HL\s?)?(?!(?:1[89]|20)\d\d\b)\d{3,8})*"
_NUMBER: Final = re.compile(
    rf"\b(?:UINs?|W?PQs?)(?:\s(?:numbers?|nos?\.?))?\s?:?\s?(?P<number>(?:HL\s?)?\d{{1,8}}\b{_MORE})"
    rf"|\bquestions?(?:\s(?:UINs?|numbers?|nos?\.?))?\s?(?P<question>(?:HL\s?)?\d{{2,8}}\b{_MORE})"
    r"|\b(?P<named>(?:HL\s?(?=\d{3})|HCWS|HLWS)\d{1,8}|S\d[A-Z]{1,2}-\d{1,6}|AQ[WOT]\s?\d{1,6}/\d\d(?:-\d\d)?|WA?Q\d{4,7})\b"
    r"|\[(?P<bracketed>(?:HL)?\d{3,8})\]",
    re.IGNORECASE,
)
_ONE_NUMBER: Final = re.compile(r"(?:HL\s?)?\d{1,8}", re.IGNORECASE)
_COLUMN: Final = re.compile(
    rf"\b(?P<sign>columns?|cols?\b\.?|cc?\b\.?|cc?(?=\d))[\s:]{{0,3}}{COLUMN}"
    rf"(?:\s?(?:[-\u2013]|to\b)\s?(?P<last>\d{{1,4}})(?P<last_suffix>{SUFFIX})?)?(?![\w]|[.,]\d)",
    re.IGNORECASE,
)
_OF_REPORT: Final = re.compile(r"\b(?:Deb(?:ates?)?|Hansard|Official\sReport|vol(?:ume)?)\b", re.IGNORECASE)
"""Words that make a column of "c. 1366", which may also be a year or an amount."""
_COUNTED: Final = re.compile(
    r"\s(?!(?:that|of|and|he|she|it|they|you|the|said|says|to|in|on|where|when|as|Mr|Mrs|Ms|Dr|Lord|Lady|Baroness)\b)\w"
)
"""A word behind a number that says of what there are so many."""
_DAY: Final = re.compile(rf"\b{DAY}", re.IGNORECASE)
_ISO: Final = re.compile(r"\b(?P<year>1[89]\d\d|20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b")
_YEAR_FIRST: Final = re.compile(
    r"\b(?P<year>1[89]\d\d|20\d\d),\s(?P<month>January|February|March|April|May|June|July|August|September|October"
    r"|November|December)\s(?P<day>\d{1,2})\b"
)
"""A day as APA writes it: 2005, December 7."""
_SLASHED: Final = re.compile(r"\b(?P<day>\d{1,2})[/.](?P<month>\d{1,2})[/.](?P<year>1[89]\d\d|20\d\d)\b")
_OF_SOMETHING_ELSE: Final = re.compile(
    r"\b(?:letters?|e-?mails?|correspondence|meeting|met|conversation|call|article|interview|broadcast"
    r"|(?<!official\s)report|guidance|strategy|Act|election)\b[^.;,()]{0,30}$"
    r"|\b(?:since|until|till|before|after|between|by|from|to)\s(?:the\s)?$",
    re.IGNORECASE,
)
"""Words before a day that is that of a letter, or one end of a time, and no day of Parliament's."""
_OF_ANSWER: Final = re.compile(
    r"\b(?:answer(?:ed)?|repl(?:y|ied)|response|responded)\b(?:(?!question|tabled|asked)[^.;()\d]){0,40}$",
    re.IGNORECASE,
)
"""Words before a day that is said to be that of an answer, and not of its question."""
_NO_YEAR: Final = 2000  # a leap year, for days named without one


class Columns(NamedTuple):
    """Columns as a letter names them: the first, its suffix, and the last, which is the first where there is one alone."""

    first: int
    suffix: str
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """References in a text: numbers of questions and statements, columns, days. A day may lack its year.

    `answer_days`: those of the days that are said to be the day of an answer.
    """

    numbers: tuple[str, ...] = ()
    columns: tuple[Columns, ...] = ()
    days: tuple[tuple[date, bool], ...] = ()
    answer_days: frozenset[tuple[date, bool]] = frozenset()


def named_in(text: str) -> Named:
    """Return the references in a text, each once, in order."""
    numbers = dict.fromkeys(
        re.sub(r"\s", "", number.upper()) for found in _NUMBER.finditer(text) for number in _each(found)
    )
    columns = dict.fromkeys(
        Columns(
            int(found["first"]),
            (found["before"] or found["suffix"] or found["last_suffix"] or "").upper(),
            _last(int(found["first"]), found["last"]),
        )
        for found in _COLUMN.finditer(text)
        if _is_column(found)
    )
    days = list(_days(text))
    return Named(
        numbers=tuple(numbers),
        columns=tuple(columns),
        days=tuple(dict.fromkeys(day for day, _ in days)),
        answer_days=frozenset(day for day, is_of_answer in days if is_of_answer),
    )


def _each(found: re.Match[str]) -> list[str]:
    """Return the numbers of a match, which may be several in a row."""
    plain = found["number"] or found["question"]
    return _ONE_NUMBER.findall(plain) if plain else [found["named"] or found["bracketed"]]


def _is_column(found: re.Match[str]) -> bool:
    """Return whether a match is certainly a column: "c. 1400" alone may be a year or an amount."""
    if found["sign"][:3].lower() == "col" or found["before"] or found["suffix"] or found["last_suffix"]:
        return True
    before = found.string[max(found.start() - 60, 0) : found.start()]
    is_led = before.endswith("at ") or _OF_REPORT.search(before) or _DAY.search(before) or _ISO.search(before)
    return bool(is_led) and not _COUNTED.match(found.string, found.end())


def _last(first: int, printed: str | None) -> int:
    """Return the last column of a range, which may be shortened: 1366-7."""
    if not printed:
        return first
    whole = int(str(first)[: -len(printed)] + printed) if len(printed) < len(str(first)) else int(printed)
    return max(whole, first)


def _days(text: str) -> Iterator[tuple[tuple[date, bool], bool]]:
    """Yield the days in a text, with whether each has its year, and whether it is said to be that of an answer."""
    for day, has_year, start in _placed_days(text):
        yield (day, has_year), bool(_OF_ANSWER.search(text, max(start - 60, 0), start))


def _placed_days(text: str) -> Iterator[tuple[date, bool, int]]:
    """Yield the days in a text, whether each has its year, and where it begins."""
    for found in _DAY.finditer(text):
        if _OF_SOMETHING_ELSE.search(text, max(found.start() - 60, 0), found.start()):
            continue
        has_year = bool(found["year"])
        day = day_of(found) if has_year else day_of(found, date(_NO_YEAR, 12, 31))
        if day is not None:
            yield day, has_year, found.start()
    for found in _YEAR_FIRST.finditer(text):
        if day := day_of(found):
            yield day, True, found.start()
    for found in (*_ISO.finditer(text), *_SLASHED.finditer(text)):
        try:
            yield date(int(found["year"]), int(found["month"]), int(found["day"])), True, found.start()
        except ValueError:
            continue
