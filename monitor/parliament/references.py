"""References to other records: "the answer of 5 November 2024, to Question 11234", "Official Report, column 808W".

Hansard has printed them in many forms for two centuries. Only certain references count: a column needs the Official Report
before it, or a suffix that only its columns have ("808W"), and the day of its volume.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Final

from monitor.model.records import House
from monitor.parliament.identifiers import (
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
from monitor.text.raised_figures import blank_raised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.model.records import Proceeding

_AHEAD: Final = 20_000
"""Most numbers that are given between the tabling of a question and its answer."""

MOST_REFERENCES: Final = 500
"""Most references that are read from a text: no reader follows so many."""

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
"""A text without any of these names no column. Looking for them is far quicker than the pattern."""
_BEFORE = 240
"""Most characters between a column and the day before it."""
_NEAR = 70
"""Most characters between a column and the words "Official Report" before it."""

_REFERS = re.compile(r"\brefer(?:s|red|ring)?\b[^\n]{0,200}?\b(?:answers?|reply|response)\b[^\n]{0,300}", re.IGNORECASE)
_UIN = re.compile(
    r"\b(?:questions?|PQs?|UINs?|number|no\.?)\s{0,3}(?:UINs?|PQs?|numbers?|no\.?)?\s{0,3}:?\s{0,3}"
    r"(?P<uins>(?:HL)?\d{1,7}(?:(?:\s{0,3},\s{0,3}|\s{1,3}and\s{1,3}|\s{0,3},\s{0,3}and\s{1,3})(?:HL)?\d{1,7})*)"
    r"|\bHL\d{1,7}\b",
    re.IGNORECASE,
)
_MORE_UINS = r"(?:(?:\s{0,3},\s{0,3}|\s{1,3}and\s{1,3}|\s{0,3},\s{0,3}and\s{1,3})(?:HL)?\d{4,7}\b)*"
_NO_MORE = r"(?![\d/%]|[,.]\d)"
_WITHIN_SENTENCE = r"(?:[^\n.?!]|\b(?:hon|Hon|rt|Rt|Mr|Mrs|Ms|Dr|No|no)\.)"
_ANSWER_TO = re.compile(
    rf"\b(?:answers?|reply|replies|responses?)\b{_WITHIN_SENTENCE}{{0,160}}?\b(?:questions?|PQs?|UINs?)\s{{0,3}}"
    rf"(?:UINs?|PQs?|numbers?|nos?\.?)?\s{{0,3}}:?\s{{0,3}}"
    rf"(?P<uins>(?:HL\d{{1,7}}|(?!(?:1[89]|20)\d\d\b)\d{{4,7}})\b{_MORE_UINS}){_NO_MORE}",
    re.IGNORECASE,
)
"""An answer to a numbered question. The number has at least four figures (surveys have numbered questions too) and is no
year."""
_BY_NUMBER = re.compile(
    rf"\b(?:PQs?|UINs?|(?:parliamentary|written)\s{{1,3}}questions?\s{{1,3}}(?:UIN|number|no\.?))\s{{0,3}}"
    rf"(?:UIN|number|no\.?)?\s{{0,3}}:?\s{{0,3}}(?P<uins>(?:HL)?\d{{2,7}}\b{_MORE_UINS}){_NO_MORE}",
    re.IGNORECASE,
)
"""A number that names a question by itself: "PQ 103784"."""
_SCOTTISH = re.compile(
    r"\b(?P<kind>S\d{1,2}[A-Z]{1,2})[-\u2010\u2011\u2013](?P<number>\d{1,6}(?:\.\d{1,3}\b)?)(?![\d])"
)
_SCOTTISH_KIND = re.compile(r"S\d")
_PEER = (
    r"(?:Lord|Lady|Baroness|Viscount|Viscountess|Earl|Countess|Marquess|Bishop)"
    r"(?:\s(?:of\s)?[A-Z][\w'\u2019-]{1,30}){1,5}"
)
_GIVEN_TO = re.compile(
    rf"\b(?:answer|reply|response)\s(?:[a-zI][\w.]{{0,20}}\s|my\s|(?:Noble|Right|Hon\.?|Friend|Minister)\s){{0,14}}?to\s"
    rf"(?:the\s|my\s|her\s|his\s)?(?:(?i:rt\.?|right|noble|hon\.?|honourable|friend,?)\s){{0,4}}(?:the\s)?"
    rf"(?:Member\sfor\s(?P<seat>[A-Z](?:[^\n;().]|\bSt\.){{2,60}}?)(?:\s\((?P<name>[^()\n]{{3,60}})\))?|(?P<peer>{_PEER})),?\son\s{DAY}"
    rf"(?P<rest>{_WITHIN_SENTENCE}{{0,120}})",
)
_ANSWERS = ("answer", "reply", "response")
"""Words one of which begins such a reference. Looking for them is far quicker than the pattern."""
_ELSEWHERE = re.compile(r"\b(?:columns?|cols?\b|Official\sReport|questions?|PQs?|UINs?)\b|\bHL\d", re.IGNORECASE)
"""Words that identify an answer better than a member and a day do."""
_FIGURE = re.compile(r"\d")
_LONG_NUMBER = re.compile(r"HL\d|(?!(?:1[89]|20)\d\d\b)\d{4}", re.IGNORECASE)
"""The beginning of a number in an answer to a numbered question."""
_ONE_UIN = re.compile(r"(?:HL)?\d{1,7}", re.IGNORECASE)


def reference_keys(proceeding: Proceeding) -> tuple[str, ...]:
    """Return the keys of all records that a record refers to, each once: first those in its mark-up, then in its words.

    The keys are those of `monitor.parliament.identifiers`: `column_reference` for a column, `number_key` for the number of
    a question before September 2014. Since then it is the plain UIN ("11234"), because the day of tabling is not printed.
    Numbers of Scottish questions are never used again. `answer_key` stands for an answer of which only a member and a day
    are named.
    """
    found = dict.fromkeys(proceeding.refers)
    day = proceeding.day
    question, answer, said = (
        blank_raised(text or "") for text in (proceeding.question, proceeding.answer, proceeding.text)
    )
    if day is not None:
        for text in (question, answer, said):
            found.update(dict.fromkeys(column_keys(text, proceeding.house, day)))
    for number in referred_uins(answer):
        if day is None or day >= UINS_SINCE:
            found[number] = None
        elif key := number_key(_house_of_number(number, proceeding.house), session_on(day) or "", number):
            found[key] = None
    for text in (answer, said, question):
        found.update(dict.fromkeys(scottish_keys(text)))
    if day is not None:
        found.update(dict.fromkeys(member_and_day_keys(answer, proceeding.house, day)))
    found.pop(f"spq:{proceeding.uin}", None)
    return tuple(found)


def scottish_keys(text: str) -> list[str]:
    """Return the keys of the Scottish questions that a text names by number ("S5W-04425"), in order."""
    if not _SCOTTISH_KIND.search(text):
        return []
    named = islice(_SCOTTISH.finditer(text), MOST_REFERENCES)
    return list(dict.fromkeys(f"spq:{question['kind']}-{question['number']}" for question in named))


def is_plausible_number(pointing: Proceeding, number: str, question: Proceeding) -> bool:
    """Decide whether a question with a number that an answer names is the one that is meant.

    Numbers begin again with each session. The question is of the session of the answer; or of an earlier one where the
    number is so high that it was not reached again yet. Else the one that is meant may be missing in the archive.
    """
    day, asked_on = pointing.answered_on or pointing.day, question.tabled_on or question.answered_on
    if day is None or asked_on is None or session_on(day) == session_on(asked_on):
        return True
    own = (pointing.uin or "").upper()
    if not own.removeprefix("HL").isdigit() or own.startswith("HL") != number.startswith("HL"):
        return False
    return int(number.removeprefix("HL")) > int(own.removeprefix("HL")) + _AHEAD


def member_and_day_keys(answer: str, house: House, spoken_on: date) -> list[str]:
    """Return the keys of answers named by member and day: "the answer given to the hon. Member for X on 5 November"."""
    if "to " not in answer or " on " not in answer or not any(word in answer for word in _ANSWERS):
        return []
    found: dict[str, None] = {}
    for named in islice(_GIVEN_TO.finditer(answer), MOST_REFERENCES):
        day = day_of(named, spoken_on)
        if day is not None and day <= spoken_on and not _ELSEWHERE.search(named["rest"]):
            where = House.LORDS if named["peer"] else house if house is not House.LORDS else House.COMMONS
            found[answer_key(where, day, named["peer"] or named["seat"])] = None
    return list(found)


def answer_key(house: House, day: date, member: str) -> str:
    """Return the key of an answer: its day, and the seat of the member who asked, or the name of a peer."""
    return f"ans:{house}:{day}:{'-'.join(re.findall(r'[a-z]+', member.casefold()))}"


def answer_keys(proceeding: Proceeding) -> list[str]:
    """Return the keys under which other texts may name an answer by the member who asked."""
    asker, day = proceeding.asked_by, proceeding.answered_on
    if asker is None or day is None:
        return []
    names = (asker.constituency, asker.name, asker.printed)
    return list(dict.fromkeys(answer_key(proceeding.house, day, name) for name in names if name))


def referred_uins(answer: str) -> list[str]:
    """Return the UINs of the questions that an answer refers to, in order, each once; usually there are none."""
    places: list[tuple[int, str]] = []
    if "efer" in answer:
        for reference in _REFERS.finditer(answer):
            begin = reference.start()
            places += [(begin + uin.start(), uin["uins"] or uin.group()) for uin in _UIN.finditer(reference.group())]
    for pattern in _patterns_of_numbers(answer):
        places += [(named.start("uins"), named["uins"]) for named in islice(pattern.finditer(answer), MOST_REFERENCES)]
    found = (uin.upper() for _, uins in sorted(places) for uin in _ONE_UIN.findall(uins))
    return list(dict.fromkeys(found))


def _patterns_of_numbers(answer: str) -> Iterator[re.Pattern[str]]:
    """Iterate over the patterns that may find the number of a question. Looking for words of theirs is far quicker."""
    if not _FIGURE.search(answer):
        return
    folded = answer.casefold()
    is_short = "pq" in folded or "uin" in folded
    if not is_short and "question" not in folded:
        return
    if _LONG_NUMBER.search(answer) and ("answer" in folded or "repl" in folded or "response" in folded):
        yield _ANSWER_TO
    if is_short or "parliamentary" in folded or "written" in folded:
        yield _BY_NUMBER


def column_keys(text: str, house: House, spoken_on: date) -> list[str]:
    """Return the references of the columns that a text names; of a range, that of its first column.

    `house` is that of the text, which is meant if no other is named. `spoken_on` is the day of the text; the days that it
    names are before it.
    """
    for word in _AT_LEAST:  # a generator would take twice the time
        if word in text:
            break
    else:
        return []
    found: dict[str, None] = {}
    for named in islice(_COLUMNS.finditer(text), MOST_REFERENCES):
        before = _sentence_before(text, named.start())
        is_report = bool(_REPORT.search(before[-_NEAR:]))
        day = _day_named(before, spoken_on)
        if day is None:
            continue
        for number, suffix in _columns_of(named):
            if is_report or suffix:
                report = _said_of_report(before[-_NEAR:])
                where = _house_of(report, named["lords"], suffix, house)
                series = COMMITTEE if not suffix and _COMMITTEE.search(report) else SERIES[suffix]
                if where in (House.COMMONS, House.LORDS):
                    found[column_reference(where, day, series, f"{number}{suffix}")] = None
    return list(found)


def day_of(printed: re.Match[str], before: date | None = None) -> date | None:
    """Return the day that a match of `DAY` names; without a year the latest such day up to `before`; None if impossible."""
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


def choose_cited(citing: Proceeding, key: str, candidates: Sequence[Proceeding]) -> list[Proceeding]:
    """Decide which of the records that a key names are meant by the record that cites it; never that record itself.

    An answer named by its day and its asker is meant only if the same department gave no second one. A column may mean
    several answers. A plain number is chosen by `monitor.parliament.cited_numbers`.
    """
    if key.startswith("ans:"):
        meant = [answer for answer in candidates if key in answer_keys(answer) and _is_same_body(citing, answer)]
        meant = [answer for answer in meant if answer.id != citing.id]
        return meant if len(meant) == 1 else []
    return narrow_candidates(citing, candidates)


def narrow_candidates(pointing: Proceeding, candidates: Iterable[Proceeding]) -> list[Proceeding]:
    """Choose the records of a column that an answer refers to, as far as possible.

    A column holds several answers. Those with the same heading as the referring answer are chosen, else those to the same
    member, else those of the same body. If none of this distinguishes them, all are returned.
    """
    left = [candidate for candidate in candidates if candidate.id != pointing.id]
    for is_alike in (_is_same_matter, _is_same_asker, _is_same_body):
        if len(left) < 2:  # noqa: PLR2004 - a single one needs no choice
            break
        left = [candidate for candidate in left if is_alike(pointing, candidate)] or left
    return left


def _is_same_matter(answer: Proceeding, other: Proceeding) -> bool:
    return bool(answer.heading) and (answer.heading or "").casefold() == (other.heading or "").casefold()


def _is_same_asker(answer: Proceeding, other: Proceeding) -> bool:
    asker, also = answer.asked_by, other.asked_by
    if asker is None or also is None:
        return False
    if asker.member_id is not None and also.member_id is not None:
        return asker.member_id == also.member_id
    return bool(asker.name) and asker.name == also.name


def _is_same_body(answer: Proceeding, other: Proceeding) -> bool:
    return bool(answer.body) and (answer.body or "").casefold() == (other.body or "").casefold()


def _house_of_number(number: str, house: House) -> House:
    return House.LORDS if number.startswith("HL") else house


def _sentence_before(text: str, end: int) -> str:
    """Return the text before a place, at most 240 characters of its own paragraph."""
    start = max(text.rfind("\n\n", 0, end) + 1, end - _BEFORE, 0)
    return text[start:end]


def _day_named(before: str, spoken_on: date) -> date | None:
    """Return the last day named in a text, in words or as the Lords print it ("30/6/09")."""
    days = [(named.start(), day_of(named, spoken_on)) for named in _DATED.finditer(before)]
    days += [(named.start(), _slashed_day(named, spoken_on)) for named in _SLASHED.finditer(before)]
    return max(days, default=(0, None), key=lambda pair: pair[0])[1]


def _slashed_day(named: re.Match[str], spoken_on: date) -> date | None:
    """Read a day in figures. A year of two figures is the latest such year."""
    year = int(named["year"])
    if len(named["year"]) == 2:  # noqa: PLR2004 - "09"
        year += spoken_on.year // 100 * 100
        year -= 100 if year > spoken_on.year else 0
    try:
        return date(year, int(named["month"]), int(named["day"]))
    except ValueError:
        return None


def _columns_of(named: re.Match[str]) -> Iterator[tuple[int, str]]:
    """Iterate over the columns of a match: number and suffix. The last column of a range or list has the suffix of all."""
    pieces = [*_ONE_COLUMN.finditer(named["one"]), *_ONE_COLUMN.finditer(named["more"])]
    suffixes = [(piece["before"] or piece["suffix"] or piece["last_suffix"] or "").upper() for piece in pieces]
    last = next((suffix for suffix in reversed(suffixes) if suffix), "")
    for piece, suffix in zip(pieces, suffixes, strict=True):
        yield int(piece["first"]), suffix or last


def _said_of_report(near: str) -> str:
    """Return the words from "Official Report" on, with the "HL" or "HC" before it."""
    reports = list(_REPORT.finditer(near))
    return near[max(reports[-1].start() - 4, 0) :] if reports else near


def _house_of(report: str, lords: str | None, suffix: str, house: House) -> House:
    """Return the House whose Official Report is meant."""
    if suffix in _HOUSE_OF_SUFFIX:
        return _HOUSE_OF_SUFFIX[suffix]
    if lords or _LORDS.search(report):
        return House.LORDS
    return House.COMMONS if _COMMONS.search(report) else house
