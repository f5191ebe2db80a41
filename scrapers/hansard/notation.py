"""What the Official Report prints alike from 1803 to 2014, whoever transcribed it: days, columns, numbers, notes, names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from monitor.model.records import House
from monitor.parliament import identifiers

if TYPE_CHECKING:
    from collections.abc import Iterable

SUFFIXES: Final = {
    (House.COMMONS, identifiers.WRITTEN_ANSWERS): "W",
    (House.LORDS, identifiers.WRITTEN_ANSWERS): "WA",
    (House.COMMONS, identifiers.WRITTEN_STATEMENTS): "WS",
    (House.LORDS, identifiers.WRITTEN_STATEMENTS): "WS",
    (House.COMMONS, identifiers.WESTMINSTER_HALL): "WH",
    (House.LORDS, identifiers.GRAND_COMMITTEE): "GC",
}
"""What a citation puts behind a column, whether the page prints it there ("31WS"), before ("GC 1") or not at all ("1")."""

_SCOTTISH_PARTIES: Final = {
    "snp": "Scottish National Party",
    "lab": "Scottish Labour",
    "lab co-op": "Scottish Labour",
    "lab/co-op": "Scottish Labour",
    "con": "Scottish Conservative and Unionist Party",
    "c": "Scottish Conservative and Unionist Party",
    "ld": "Scottish Liberal Democrats",
    "libdem": "Scottish Liberal Democrats",
    "lib dem": "Scottish Liberal Democrats",
    "green": "Scottish Green Party",
    "grn": "Scottish Green Party",
    "ssp": "Scottish Socialist Party",
    "sol": "Solidarity",
    "sscup": "Scottish Senior Citizens Unity Party",
    "alba": "Alba Party",
    "reform": "Reform UK",
    "ind": "Independent",
    "npa": "No party affiliation",
}
"""Codes that the Official Report prints behind a name, and what the Parliament's own service calls these parties."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th)?,?\s+(?:of\s+)?"
    r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?(?:,?\s+(\d{4}))?\b",
    re.IGNORECASE,
)
_COLUMN = re.compile(r"(?:([A-Z]{2})\s*)?(\d{1,5})\s*([A-Z]{0,2})", re.IGNORECASE)
MARK: Final = re.compile(
    r"(?:\[\s*|(?<!\s)\s+)?(?:(?P<day>\d{1,2}\s+[A-Z][a-z]+\.?\s+\d{4})\s*:\s*)?Column(?:\s+Number)?:?\s*"
    r"(?P<column>(?:[A-Z]{2}\s*)?\d{1,5}(?:\s*[A-Z]{1,2})?)(?:\s*[\u2014\u2013-]+\s*continued)?\s*\]?"
)
_NUMBER = re.compile(
    r"\[\s*((?:HL)?\s?\d{1,7})\s?R?\s*\][.;,]*(?=\s*(?:$|\n|\[|(?:and\s*)?\(\d))", re.IGNORECASE | re.MULTILINE
)
_ENDS_NUMBERED = re.compile(r"\[\s*(?:HL)?\s?\d{2,7}\s?R?\s*\]\s*$", re.IGNORECASE)
_PART = re.compile(r"(?<!\w)\((\d{1,2})\)\s*")
_BEFORE_PART = re.compile(r"[\];\n]\s*(?:and\s*)?$")
_MOST_BEFORE_PART: Final = 60
_OPENING = re.compile(r"[^\n]{1,120}:\s*\n\s*")
"""The Lords' stem is a line of its own: "asked Her Majesty's Government:"."""
_NOTE = re.compile(r"\s*\[([^\]\n]{1,200})\]\s*:?\s*")
_HOLDING = re.compile(r"\s*holding\s+(?:answer|reply)", re.IGNORECASE)
_PURSUANT = re.compile(r"\s*pursuant\s+to\b", re.IGNORECASE)
_PURSUED = re.compile(r"\bc(?:c|ols?|olumns?)?\b\.?\s*(\d{1,5})(?:\s*[\u2013\u2014-]+\s*(\d{1,5}))?\s*([A-Z]{1,2})?\b")
_TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Dr|Sir|Dame|Lord|Lady|Viscount|Viscountess|Earl|Countess|Baroness|Marquess|Duke|Rev|Reverend|"
    r"Prof|Professor|Colonel|Col|Lieut|Lt|Major|Maj|Captain|Capt|Commander|Comdr|Brigadier|Brig|General|Gen|Admiral|Adm|"
    r"Vice|Rear|Wing|Air|Squadron|Group|Flight|Alderman|Ald|Hon|Rt)"
)
_UNMARKED = re.compile(
    rf"(?:\d+\.\s+)?((?:The\s+(?=Earl|Duke|Marquess|Lord|Viscount|Countess))?{_TITLE}\b[^:;?!]{{1,80}}?)"
    r"\s+(asked\s+(?:the|Her|His|Mr|Sir|hon)\b.*)",
    re.DOTALL,
)
_SPEAKING_TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Dr|Sir|Dame|Lord|Lady|Viscount|Viscountess|Earl|Countess|Baroness|Marquess|Duke|Reverend|Rev|Colonel"
    r"|Col|Lieut|Captain|Capt|Commander|Comdr|Brigadier|Major|Admiral|Rear-Admiral|Group Captain|Wing Commander"
    r"|Air Commodore|Squadron Leader|Flight Lieutenant|Alderman)"
)
"""Titles before a name, without those that are everyday words too: "Group A: none"."""
_PRINTED_NAME = (
    r"(?:of\s|the\s|de\s|von\s|van\s|[A-Z\u00c0-\u00de][\w'\u2019.-]{0,30}\s?)"
    r"(?:of\s|the\s|de\s|von\s|van\s|and\s(?=[A-Z])|[A-Z\u00c0-\u00de][\w'\u2019.-]{0,30}\s?){0,6}"
)
_UNMARKED_SPEAKER = re.compile(
    rf"(?:\d{{1,3}}\.\s)?\*?("
    rf"(?:[Tt]he\s(?=[EDMLVC]))?(?i:{_SPEAKING_TITLE})\b\.?\s?{_PRINTED_NAME}(?:\([^()]{{1,80}}\)\s?)?"
    rf"|(?:The|THE)\s[A-Z][^:()]{{2,100}}\((?i:{_SPEAKING_TITLE})\b\.?\s?{_PRINTED_NAME}\)\s?"
    rf"):[\s\u2014\u2013-]*(?=\S)(.*)",
    re.DOTALL,
)
_ASKS = re.compile(
    r"(?:\d{1,3}(?:\s+and\s+\d{1,3})?\.\s+)?(?:\[R\]\s*)?(?:\(?by private notice\)?\s+)?"
    r"(?:to\s+ask|to\s+move|asked)\b",
    re.IGNORECASE,
)
_TITLED = re.compile(rf"{_TITLE}\b")
_SEAT = re.compile(r"([^()]*[^()\s])\s*\(((?:[^()]|\([^()]*\))+)\)\s*")
_NO_SEAT = re.compile(r"\b(?:private notice|urgent question)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_SMALL_WORDS = frozenset({"a", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"})
_ABBREVIATIONS = frozenset({"BBC", "EU", "HM", "HMRC", "NHS", "UK", "NATO", "QC", "MP"})
_ENDS = tuple(".?!:;\"'\u2019\u201d)]\u2014")


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, as printed: the name, and the office or the seat where that is printed with it."""

    name: str
    office: str | None = None
    constituency: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What stands in brackets before a reply: that it was held, or that it takes up an earlier one, with its columns."""

    holding_on: date | None = None
    replied_on: date | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What was asked under one number; None where none is printed."""

    text: str
    number: str | None


def printed_day(text: str, near: date | None = None) -> date | None:
    """The first day that a text names; one without a year is the last of its name up to the day `near`."""
    for match in _DAY.finditer(text):
        month = _MONTHS.index(match[2][:3].lower()) + 1
        if not match[3] and near is None:
            continue
        try:
            if match[3]:
                return date(int(match[3]), month, int(match[1]))
            if near is not None:
                this_year = date(near.year, month, int(match[1]))
                return this_year if this_year <= near else this_year.replace(year=near.year - 1)
        except ValueError:
            continue
    return None


def column_name(text: str, house: House, series: str) -> str | None:
    """A column as citations have it ("1366W", "31WS", "1GC"); None where the text is no column."""
    match = _COLUMN.fullmatch(text.strip())
    if match is None:
        return None
    suffix = match[1] or match[3] or SUFFIXES.get((house, series), "")
    return f"{int(match[2])}{suffix.upper()}"


@lru_cache(maxsize=1000)
def body_name(printed: str) -> str:
    """A department as headings print it: capitals are how it was set, so they are taken back."""
    if not printed.isupper():
        return printed
    return " ".join(
        word if word.strip(",()") in _ABBREVIATIONS
        else word.lower() if place and word.lower() in _SMALL_WORDS
        else _WORD.sub(lambda part: part[0].capitalize(), word)
        for place, word in enumerate(printed.split())
    )  # fmt: skip


def column_mark(text: str) -> tuple[str, date | None] | None:
    """The column and the day of a mark such as "7 Dec 2005 : Column 1366W-continued"; None for any other text."""
    match = MARK.fullmatch(text.strip())
    return (match["column"], printed_day(match["day"] or "")) if match else None


def speaker(printed: str) -> Speaker | None:
    """Who is meant by what stands before the colon; None where nothing does.

    "The Minister of State (Mr. X)" is Mr. X with his office; "Mr. X (Exton)" is Mr. X with his seat.
    """
    text = " ".join(printed.split()).strip(" :")
    match = _SEAT.fullmatch(text)
    if match and (match[1].startswith("The ") or _TITLED.match(match[2])):
        return Speaker(match[2].strip(), office=match[1])
    if match and _NO_SEAT.search(match[2]):
        return Speaker(match[1])
    if match:
        return Speaker(match[1], constituency=match[2].strip())
    return Speaker(text) if text else None


def scottish_party(printed: str | None) -> str | None:
    """A party of the Scottish Parliament by its name, where its code is printed; any other text as it is."""
    return _SCOTTISH_PARTIES.get((printed or "").strip().casefold().rstrip("."), printed)


def aside(printed: str) -> str:
    """What is printed with a name but tells how it is asked: "(by Private Notice)"; "" where nothing is."""
    match = _SEAT.fullmatch(" ".join(printed.split()).strip(" :"))
    return f"({match[2]})" if match and _NO_SEAT.search(match[2]) else ""


def unmarked_asker(text: str) -> tuple[str, str] | None:
    """The name and the question of "Mr. X asked the Minister ...", where nothing but the words tells them apart."""
    match = _UNMARKED.match(text)
    return (match[1].strip(" ,"), match[2]) if match else None


def unmarked_speaker(text: str) -> tuple[str, str] | None:
    """The name and the words of a paragraph "Mr. X: ..." that no mark-up gives to a member; None for any other.

    So old volumes print answers ("Mr. HALDANE:", "The SECRETARY of STATE for WAR (Mr. Haldane):").
    """
    match = _UNMARKED_SPEAKER.match(text)
    return (match[1].strip(), match[2]) if match else None


def asks(text: str) -> bool:
    """Whether it begins as questions do: "To ask the Secretary of State", "asked the Minister"."""
    return _ASKS.match(text) is not None


def ends_numbered(text: str) -> bool:
    """Whether it ends as questions do, with a number in brackets, even if its first words were lost."""
    return _ENDS_NUMBERED.search(text) is not None


def take_note(text: str, day: date) -> tuple[Note | None, str]:
    """What stands in brackets at the start of a reply, and the reply without it.

    A note that says something else ("[R]", "[Interruption]") stays in the reply, for it is no mark but words.
    """
    match = _NOTE.match(text)
    if match is None:
        return None, text
    rest = text[match.end() :]
    if _HOLDING.match(match[1]) and (held := printed_day(match[1], day)):
        return Note(holding_on=held), rest
    if _PURSUANT.match(match[1]) and (replied := printed_day(match[1], day)):
        return Note(replied_on=replied, columns=tuple(_columns(match[1]))), rest
    return None, text


def question_parts(text: str) -> list[Part]:
    """What was asked under each number, with the words that all parts share before its own.

    "To ask the Minister (1) what he did; [158986] (2) why. [158990]" is "To ask the Minister (1) what he did;" and "To ask
    the Minister (2) why.", as other sources of the Official Report have them. Numbers may be missing, printed twice, or
    have the next part glued to them. Without any number all parts are one question, as before numbers were printed.
    """
    if not _NUMBER.search(text):
        return [Part(text.strip(), None)]
    stem, pieces = _split(text)
    parts: list[Part] = []
    for piece in pieces:
        numbers = list(dict.fromkeys(match[1].replace(" ", "").upper() for match in _NUMBER.finditer(piece)))
        words = _NUMBER.sub("", piece).strip()
        if words:
            asked = f"{stem} {words}".strip()
        elif parts:
            asked = parts[-1].text  # a second number of the same words
        parts += [Part(asked, number) for number in numbers or [None] if words or number]
    return _without_repeats(parts)


def continues(before: str, after: str) -> bool:
    """Whether a sentence that a new column cut goes on: it did not end, so what follows belongs to it."""
    return bool(before and after) and not before.rstrip().endswith(_ENDS)


def join_words(before: str, after: str) -> str:
    """A cut sentence whole again; a word that was cut at its hyphen is whole too."""
    is_cut_word = before.endswith("-") and after[:1].islower()
    return f"{before}{after}" if is_cut_word else f"{before} {after}"


def _columns(text: str) -> Iterable[str]:
    """The columns that a reference names; of a range those between its ends too ("756-57W" is 756W and 757W)."""
    for match in _PURSUED.finditer(text):
        first, last = match[1], match[2] or match[1]
        last = first[: max(0, len(first) - len(last))] + last
        few = range(int(first), min(int(last), int(first) + 50) + 1)
        yield from (f"{number}{match[3] or ''}" for number in few)


def _split(text: str) -> tuple[str, list[str]]:
    """The stem and the numbered parts; without part marks a piece for each number, behind a stem only in the Lords."""
    cuts: list[int] = []
    for match in _PART.finditer(text):
        start = match.start()
        goes_before = not cuts or _BEFORE_PART.search(text, max(cuts[-1], start - _MOST_BEFORE_PART), start)
        if int(match[1]) == len(cuts) + 1 and goes_before:
            cuts.append(start)
    if len(cuts) > 1:
        return " ".join(text[: cuts[0]].split()), [text[a:b] for a, b in pairwise([*cuts, len(text)])]
    opening = _OPENING.match(text)
    start = opening.end() if opening else 0
    ends = [match.end() for match in _NUMBER.finditer(text, start)]
    return text[:start].strip(), [text[a:b] for a, b in pairwise([start, *ends, len(text)])]


def _without_repeats(parts: list[Part]) -> list[Part]:
    """Each number once: a number that is printed twice is one question."""
    seen: set[str] = set()
    kept = []
    for part in parts:
        if part.number not in seen:
            kept.append(part)
        if part.number:
            seen.add(part.number)
    return kept
