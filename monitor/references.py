"""Where a text points to another record: "the answer of 5 November 2024, to Question 11234", "Official Report, column 808W".

Hansard has printed such references in many forms for two centuries. Only what is surely one counts: a column needs the
Official Report before it, or a suffix that only its columns have ("808W"), and the day of its volume.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Final

from monitor.identity import (
    COMMITTEE,
    DEBATES,
    GRAND_COMMITTEE,
    UINS_SINCE,
    WESTMINSTER_HALL,
    WRITTEN_ANSWERS,
    WRITTEN_STATEMENTS,
    column_reference,
    number_key,
    session_on,
)
from monitor.model import House

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.model import Proceeding

MOST_REFERENCES: Final = 500
"""No text has so many that a reader would follow."""

SERIES: Final = {
    "": DEBATES,
    "W": WRITTEN_ANSWERS,
    "WA": WRITTEN_ANSWERS,
    "WS": WRITTEN_STATEMENTS,
    "WH": WESTMINSTER_HALL,
    "GC": GRAND_COMMITTEE,
}
"""The series of the Official Report by the suffix of its columns."""

_HOUSE_OF_SUFFIX = {"W": House.COMMONS, "WH": House.COMMONS, "WA": House.LORDS, "GC": House.LORDS}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?\.?|July?\.?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?"
)
DAY: Final = (
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s{{1,3}}(?:of\s)?(?P<month>{_MONTH})(?![a-z])"
    r"(?:,?\s{1,3}(?P<year>1[89]\d\d|20\d\d)\b)?"
)
"""A day as it is printed: "3 February 2004", "7 Dec. 2005", "20th May"."""

SUFFIX: Final = r"W[ASH]?|GC"
COLUMN: Final = rf"(?:(?P<before>{SUFFIX})\s?)?(?P<first>\d{{1,4}})(?:\s?(?P<suffix>{SUFFIX})\b)?"
"""A column as it is printed: "808W", "WA 216", "171"."""

_TO = rf"\s{{0,2}}(?:[-\u2013\u2014]|to\b)\s{{0,2}}(?:{SUFFIX})?\s?\d{{1,4}}(?:\s?(?P<last_suffix>{SUFFIX})\b)?"
_DATED = re.compile(rf"\b{DAY}", re.IGNORECASE)
_SLASHED = re.compile(r"\b(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4}|\d\d)\b")
_COMMITTEE = re.compile(r"\bCommittee\b")
_COLUMNS = re.compile(
    rf"\b(?:columns?|cols?\b\.?|cc?\b\.?|cc?(?=\d))[\s:]{{0,3}}(?P<one>{COLUMN}(?:{_TO})?)\b"
    rf"(?P<more>(?:\s{{0,2}}(?:,|and|&|;)\s{{0,2}}(?:(?:{SUFFIX})\s?)?\d{{1,4}}(?:\s?(?:{SUFFIX})\b)?"
    rf"(?:\s{{0,2}}[-\u2013]\s{{0,2}}\d{{1,4}}(?:\s?(?:{SUFFIX})\b)?)?(?![\d,]|\s[A-Z])){{0,5}})"
    r"(?P<lords>,?\s?(?:HL\b|\[Lords\]))?",
    re.IGNORECASE,
)
_ONE_COLUMN = re.compile(rf"{COLUMN}(?:{_TO})?", re.IGNORECASE)
_REPORT = re.compile(r"\bOfficial\s{1,3}Report|\bHansard\b|\bH[CL]\s{1,3}Deb|\bDeb(?:ates)?\b", re.IGNORECASE)
_LORDS = re.compile(r"\bHouse\s{1,3}of\s{1,3}Lords\b|\bHL\b|\bLords\b", re.IGNORECASE)
_COMMONS = re.compile(r"\bHouse\s{1,3}of\s{1,3}Commons\b|\bHC\b|\bCommons\b", re.IGNORECASE)
_AT_LEAST = ("olumn", "Official Report", "OFFICIAL REPORT", "Hansard", "Deb", "col.", "cols")
"""A text with none of these names no column; to look for them takes no time beside the pattern."""
_BEFORE = 240
"""How far before a column its day may stand, in characters; the Official Report stands within `_NEAR`."""
_NEAR = 70

_REFERS = re.compile(r"\brefer(?:s|red|ring)?\b[^\n]{0,200}?\b(?:answers?|reply|response)\b[^\n]{0,300}", re.IGNORECASE)
_UIN = re.compile(
    r"\b(?:questions?|PQs?|UINs?|number|no\.?)\s{0,3}(?:UINs?|PQs?|numbers?|no\.?)?\s{0,3}:?\s{0,3}"
    r"(?P<uins>(?:HL)?\d{1,7}(?:(?:\s{0,3},\s{0,3}|\s{1,3}and\s{1,3}|\s{0,3},\s{0,3}and\s{1,3})(?:HL)?\d{1,7})*)"
    r"|\bHL\d{1,7}\b",
    re.IGNORECASE,
)
_ONE = re.compile(r"(?:HL)?\d{1,7}", re.IGNORECASE)


def targets(proceeding: Proceeding) -> tuple[str, ...]:
    """What a record points to, each once: what its mark-up names, then what its words do, in their order.

    Keys as `monitor.identity` writes them: `column_reference` of each column, `number_key` of each question number before
    September 2014; and since then plain UINs ("11234"), for the day on which such a question was tabled is not printed.
    """
    found = dict.fromkeys(proceeding.refers)
    day = proceeding.day
    if day is not None:
        for text in (proceeding.question, proceeding.answer, proceeding.text):
            found.update(dict.fromkeys(columns(text, proceeding.house, day) if text else ()))
    for number in referred(proceeding.answer or ""):
        if day is None or day >= UINS_SINCE:
            found[number] = None
        elif key := number_key(_house_of_number(number, proceeding.house), session_on(day) or "", number):
            found[key] = None
    return tuple(found)


def referred(answer: str) -> list[str]:
    """The UINs of the questions that an answer refers to, in order, each once; usually none."""
    found: dict[str, None] = {}
    if "efer" not in answer:
        return []
    for reference in _REFERS.finditer(answer):
        for uins in _UIN.finditer(reference.group()):
            found.update(dict.fromkeys(uin.upper() for uin in _ONE.findall(uins["uins"] or uins.group())))
    return list(found)


def columns(text: str, house: House, spoken_on: date) -> list[str]:
    """The columns that a text names, as `identity.column_reference` writes them; of a range its first.

    `house`: that of the text, meant where no other is named; `spoken_on`: its day, before which the days named lie.
    """
    if not any(word in text for word in _AT_LEAST):
        return []
    found: dict[str, None] = {}
    for named in islice(_COLUMNS.finditer(text), MOST_REFERENCES):
        before = _sentence_before(text, named.start())
        is_report = bool(_REPORT.search(before[-_NEAR:]))
        day = _day_named(before, spoken_on)
        if day is None:
            continue
        for number, suffix in _each(named):
            if is_report or suffix:
                said = _said_of_report(before[-_NEAR:])
                where = _house_of(said, named["lords"], suffix, house)
                series = COMMITTEE if not suffix and _COMMITTEE.search(said) else SERIES[suffix]
                if where in (House.COMMONS, House.LORDS):
                    found[column_reference(where, day, series, f"{number}{suffix}")] = None
    return list(found)


def day_of(printed: re.Match[str], before: date | None = None) -> date | None:
    """The day that a match of `DAY` names; without its year the latest such day up to another; None if there is none."""
    month = _MONTHS.index(printed["month"][:3].lower()) + 1
    try:
        if printed["year"]:
            return date(int(printed["year"]), month, int(printed["day"]))
        if before is None:
            return None
        this_year = date(before.year, month, int(printed["day"]))
        return this_year if this_year <= before else date(before.year - 1, month, int(printed["day"]))
    except ValueError:
        return None


def chosen(pointing: Proceeding, candidates: Iterable[Proceeding]) -> list[Proceeding]:
    """Which of the records in a column an answer means, as far as that can be told.

    A column holds several answers. Those on the same matter as the one that points there are meant, else those to the same
    member, else those of the same body; where none of this tells them apart, all that are left.
    """
    left = [one for one in candidates if one.id != pointing.id]
    for is_alike in (_is_same_matter, _is_same_asker, _is_same_body):
        if len(left) < 2:  # noqa: PLR2004 - one is no choice
            break
        left = [one for one in left if is_alike(pointing, one)] or left
    return left


def _is_same_matter(one: Proceeding, other: Proceeding) -> bool:
    return bool(one.heading) and (one.heading or "").casefold() == (other.heading or "").casefold()


def _is_same_asker(one: Proceeding, other: Proceeding) -> bool:
    asker, also = one.asked_by, other.asked_by
    if asker is None or also is None:
        return False
    if asker.member_id is not None and also.member_id is not None:
        return asker.member_id == also.member_id
    return bool(asker.name) and asker.name == also.name


def _is_same_body(one: Proceeding, other: Proceeding) -> bool:
    return bool(one.body) and (one.body or "").casefold() == (other.body or "").casefold()


def _house_of_number(number: str, house: House) -> House:
    return House.LORDS if number.startswith("HL") else house


def _sentence_before(text: str, end: int) -> str:
    """The text before a place, at most 240 characters of its own paragraph."""
    start = max(text.rfind("\n\n", 0, end) + 1, end - _BEFORE, 0)
    return text[start:end]


def _day_named(before: str, spoken_on: date) -> date | None:
    """The last day named in a text, in words or as the Lords print it ("30/6/09")."""
    days = [(named.start(), day_of(named, spoken_on)) for named in _DATED.finditer(before)]
    days += [(named.start(), _slashed_day(named, spoken_on)) for named in _SLASHED.finditer(before)]
    return max(days, default=(0, None), key=lambda pair: pair[0])[1]


def _slashed_day(named: re.Match[str], spoken_on: date) -> date | None:
    """A day in figures; a year of two is the latest such year."""
    year = int(named["year"])
    if len(named["year"]) == 2:  # noqa: PLR2004 - "09"
        year += spoken_on.year // 100 * 100
        year -= 100 if year > spoken_on.year else 0
    try:
        return date(year, int(named["month"]), int(named["day"]))
    except ValueError:
        return None


def _each(named: re.Match[str]) -> Iterator[tuple[int, str]]:
    """The columns of a match, number and suffix; a suffix stands with the last of a range, and of several columns."""
    pieces = [*_ONE_COLUMN.finditer(named["one"]), *_ONE_COLUMN.finditer(named["more"])]
    suffixes = [(one["before"] or one["suffix"] or one["last_suffix"] or "").upper() for one in pieces]
    last = next((suffix for suffix in reversed(suffixes) if suffix), "")
    for piece, suffix in zip(pieces, suffixes, strict=True):
        yield int(piece["first"]), suffix or last


def _said_of_report(near: str) -> str:
    """The words from the Official Report on, with the "HL" or "HC" before it."""
    reports = list(_REPORT.finditer(near))
    return near[max(reports[-1].start() - 4, 0) :] if reports else near


def _house_of(said: str, lords: str | None, suffix: str, house: House) -> House:
    """Whose Official Report is meant."""
    if suffix in _HOUSE_OF_SUFFIX:
        return _HOUSE_OF_SUFFIX[suffix]
    if lords or _LORDS.search(said):
        return House.LORDS
    return House.COMMONS if _COMMONS.search(said) else house
