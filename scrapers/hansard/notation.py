"""Notation of the printed Official Report, the same from 1803 to 2014: days, columns, numbers, notes and names.

All sources that transcribe it share these conventions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from monitor.model.records import House
from monitor.parliament import identifiers
from monitor.parliament.abbreviations import PARTIES

if TYPE_CHECKING:
    from collections.abc import Iterable

COLUMN_SUFFIXES: Final = {
    (House.COMMONS, identifiers.WRITTEN_ANSWERS): "W",
    (House.LORDS, identifiers.WRITTEN_ANSWERS): "WA",
    (House.COMMONS, identifiers.WRITTEN_STATEMENTS): "WS",
    (House.LORDS, identifiers.WRITTEN_STATEMENTS): "WS",
    (House.COMMONS, identifiers.WESTMINSTER_HALL): "WH",
    (House.LORDS, identifiers.GRAND_COMMITTEE): "GC",
}
"""Letters that a citation puts behind a column. The page may print them there ("31WS"), before ("GC 1") or not at all."""

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
"""Names that the Scottish Parliament's own service gives to the parties whose codes its Official Report prints."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th)?,?\s+(?:of\s+)?"
    r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?(?:,?\s+(\d{4}))?\b",
    re.IGNORECASE,
)
_COLUMN = re.compile(r"(?:([A-Z]{2})\s*)?(\d{1,5})\s*([A-Z]{0,2})", re.IGNORECASE)
COLUMN_MARK: Final = re.compile(
    r"(?:\[\s*|(?<!\s)\s+)?(?:(?P<day>\d{1,2}\s+[A-Z][a-z]+\.?\s+\d{4})\s*:\s*)?Column(?:\s+Number)?:?\s*"
    r"(?P<column>(?:[A-Z]{2}\s*)?\d{1,5}(?:\s*[A-Z]{1,2})?)(?:\s*[\u2014\u2013-]+\s*continued)?\s*\]?"
)
_NUMBER = re.compile(
    r"\[\s*((?:HL)?\s?\d{1,7})\s?R?\s*\][.;,]*(?=\s*(?:$|\n|\[|(?:and\s*)?\(\d))", re.IGNORECASE | re.MULTILINE
)
_ENDS_NUMBERED = re.compile(r"\[\s*(?:HL)?\s?\d{2,7}\s?R?\s*\]\s*$", re.IGNORECASE)
_FIRST_PERSON = re.compile(
    r"\bI (?:am|can|gave|have|made|refer|set|shall|will|would|wrote)\b|\b[Mm]y (?:answer|reply)\b"
)
"""Words of a reply that leads to another answer, and may end with its number: "I refer to my reply of today [75841]"."""
_PART = re.compile(r"(?<!\w)\((\d{1,2})\)\s*")
_MAX_COLUMNS: Final = 50
"""Columns of a range that are listed; a longer range is a misprint."""
_BEFORE_PART = re.compile(r"[\];\n]\s*(?:and\s*)?$")
_MAX_BEFORE_PART: Final = 60
"""Characters before a part that are looked at, so that the search stays short."""
_OPENING = re.compile(r"[^\n]{1,120}:\s*\n\s*")
"""The Lords print the common part of a question as a line of its own: "asked Her Majesty's Government:"."""
_NOTE = re.compile(r"\s*\[([^\]\n]{1,200})\]\s*:?\s*")
_HOLDING = re.compile(r"\s*holding\s+(?:answer|reply)", re.IGNORECASE)
_PURSUANT = re.compile(
    r"\s*pursuant\s+to\b(?=.*(?:\bOfficial\s+Report\b|\bc(?:c|ols?|olumns?)?\b\.?\s*\d))", re.IGNORECASE
)
"""Takes up a reply, and says where that was printed. Without that it may be the first answer after "I shall reply"."""
_NOTE_COLUMNS = re.compile(
    r"\bc(?:c|ols?|olumns?)?\b\.?\s*(\d{1,5})(?:\s*[\u2013\u2014-]+\s*(\d{1,5}))?\s*([A-Z]{1,2})?\b"
)
_TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Dr|Sir|Dame|Lord|Lady|Viscount|Viscountess|Earl|Countess|Baroness|Marquess|Duke|Rev|Reverend|"
    r"Prof|Professor|Colonel|Col|Lieut|Lt|Major|Maj|Captain|Capt|Commander|Comdr|Brigadier|Brig|General|Gen|Admiral|Adm|"
    r"Vice|Rear|Wing|Air|Squadron|Group|Flight|Alderman|Ald|Hon|Rt)"
)
_UNMARKED_ASKER = re.compile(
    rf"(?:\d+\.\s+)?((?:The\s+(?=Earl|Duke|Marquess|Lord|Viscount|Countess))?{_TITLE}\b[^:;?!]{{1,80}}?)"
    r"\s+(asked\s+(?:the|Her|His|Mr|Sir|hon)\b.*)",
    re.DOTALL,
)
_SPEAKING_TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Dr|Sir|Dame|Lord|Lady|Viscount|Viscountess|Earl|Countess|Baroness|Marquess|Duke|Reverend|Rev|Colonel"
    r"|Col|Lieut|Captain|Capt|Commander|Comdr|Brigadier|Major|Admiral|Rear-Admiral|Group Captain|Wing Commander"
    r"|Air Commodore|Squadron Leader|Flight Lieutenant|Alderman)"
)
"""Titles before a name, without those that are also everyday words: "Group A: none"."""
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
_SEAT = re.compile(r"([^()]*[^()\s])\s*\(((?:[^()]|\([^()]*\))+)\)?\s*")
_PARTY = re.compile(r"(?<=\))\s*\(([^()]{1,30})\)$")
"""Party behind the seat, as it is printed since 2003: "(Fylde) (Con)"."""
_PARTY_NAMES: Final = {code: name for name, code in PARTIES.items()}
_NO_SEAT = re.compile(r"\b(?:private notice|urgent question)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_SMALL_WORDS = frozenset({"a", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"})
_ABBREVIATIONS = frozenset({"BBC", "EU", "HM", "HMRC", "NHS", "UK", "NATO", "QC", "MP"})
_SENTENCE_ENDS = tuple(".?!:;\"'\u2019\u201d)]\u2014")


@dataclass(frozen=True, slots=True)
class Speaker:
    """A speaker as printed: the name, and the office, constituency or party if it is printed with the name."""

    name: str
    office: str | None = None
    constituency: str | None = None
    party: str | None = None


@dataclass(frozen=True, slots=True)
class ReplyNote:
    """A note in brackets before a reply: the day of its holding answer, or day and columns of the reply that it corrects."""

    holding_on: date | None = None
    replied_on: date | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionPart:
    """A question under one number; None if no number is printed."""

    text: str
    number: str | None


def find_day(text: str, near: date | None = None) -> date | None:
    """Find the first day that a text names. One without a year is the latest such day up to `near`."""
    for match in _DAY.finditer(text):
        month = _MONTHS.index(match[2][:3].lower()) + 1
        if not match[3] and near is None:
            continue
        try:
            if match[3]:
                return date(int(match[3]), month, int(match[1]))
            if near is not None:
                in_same_year = date(near.year, month, int(match[1]))
                return in_same_year if in_same_year <= near else in_same_year.replace(year=near.year - 1)
        except ValueError:
            continue
    return None


def column_name(text: str, house: House, series: str) -> str | None:
    """Write a column as citations do ("1366W", "31WS", "1GC"); None if the text is no column."""
    match = _COLUMN.fullmatch(text.strip())
    if match is None:
        return None
    suffix = match[1] or match[3] or COLUMN_SUFFIXES.get((house, series), "")
    return f"{int(match[2])}{suffix.upper()}"


@lru_cache(maxsize=1000)
def body_name(printed: str) -> str:
    """Write a department in ordinary letters where its heading is printed in capitals."""
    if not printed.isupper():
        return printed
    return " ".join(_lower_capitals(word, is_first=position == 0) for position, word in enumerate(printed.split()))


def _lower_capitals(word: str, *, is_first: bool) -> str:
    if word.strip(",()") in _ABBREVIATIONS:
        return word
    if not is_first and word.lower() in _SMALL_WORDS:
        return word.lower()
    return _WORD.sub(lambda part: part[0].capitalize(), word)


def read_column_mark(text: str) -> tuple[str, date | None] | None:
    """Read the column and the day of a mark such as "7 Dec 2005 : Column 1366W-continued"; None for any other text."""
    match = COLUMN_MARK.fullmatch(text.strip())
    return (match["column"], find_day(match["day"] or "")) if match else None


def read_speaker(printed: str) -> Speaker | None:
    """Read the speaker from the words before the colon; None if there are no words.

    "The Minister of State (Mr. X)" is Mr. X with the office; "Mr. X (Exton) (Ind)" is Mr. X with the seat.
    """
    text, party = split_party(" ".join(printed.split()).strip(" :"))
    match = _SEAT.fullmatch(text)
    if match and (match[1].startswith(("The ", "THE ")) or _TITLED.match(match[2])):
        return Speaker(match[2].strip(), office=match[1], party=party)
    if match and _NO_SEAT.search(match[2]):
        return Speaker(match[1])
    if match:
        return Speaker(match[1], constituency=match[2].strip(), party=party)
    return Speaker(text) if text else None


def split_party(printed: str) -> tuple[str, str | None]:
    """Split the party off a name or a seat: "(Fylde) (Con)" is "(Fylde)" and Conservative; None where none is printed."""
    printed = printed.strip()
    match = _PARTY.search(printed)
    if match is None or _NO_SEAT.search(match[1]):
        return printed, None
    return printed[: match.start()], _PARTY_NAMES.get(match[1].replace("/", " "), match[1])


def scottish_party_name(printed: str | None) -> str | None:
    """Return the name of a party of the Scottish Parliament for its printed code; any other text unchanged."""
    return _SCOTTISH_PARTIES.get((printed or "").strip().casefold().rstrip("."), printed)


def read_aside(printed: str) -> str:
    """Find the words beside a name that tell how a question is asked: "(by Private Notice)"; "" if there are none."""
    match = _SEAT.fullmatch(" ".join(printed.split()).strip(" :"))
    return f"({match[2]})" if match and _NO_SEAT.search(match[2]) else ""


def split_asker(text: str) -> tuple[str, str] | None:
    """Split "Mr. X asked the Minister ..." into name and question, where no mark-up does; None for any other text."""
    match = _UNMARKED_ASKER.match(text)
    return (match[1].strip(" ,"), match[2]) if match else None


def split_speaker(text: str) -> tuple[str, str] | None:
    """Split "Mr. X: ..." into name and words, where no mark-up does; None for any other text.

    Old volumes print answers like that ("Mr. HALDANE:", "The SECRETARY of STATE for WAR (Mr. Haldane):").
    """
    match = _UNMARKED_SPEAKER.match(text)
    return (match[1].strip(), match[2]) if match else None


def begins_as_question(text: str) -> bool:
    """Return whether a text begins as questions do: "To ask the Secretary of State", "asked the Minister"."""
    return _ASKS.match(text) is not None


def ends_with_number(text: str) -> bool:
    """Return whether a text ends as questions do, with a number in brackets, even if its first words were lost.

    A reply may end with the number of another question, to whose answer it leads.
    """
    return _ENDS_NUMBERED.search(text) is not None and not _FIRST_PERSON.search(text)


def split_note(text: str, day: date) -> tuple[ReplyNote | None, str]:
    """Split a reply, printed on `day`, into the note in brackets at its start and the rest.

    Other words in brackets ("[R]", "[Interruption]", "[pursuant to her reply, 13 December]") stay in the reply.
    """
    match = _NOTE.match(text)
    if match is None:
        return None, text
    rest = text[match.end() :]
    if _HOLDING.match(match[1]) and (held := find_day(match[1], day)):
        return ReplyNote(holding_on=held), rest
    if _PURSUANT.match(match[1]) and (replied := find_day(match[1], day)):
        return ReplyNote(replied_on=replied, columns=tuple(_columns(match[1]))), rest
    return None, text


def split_question(text: str) -> list[QuestionPart]:
    """Split a question into its parts, one for each number, each behind the words that all parts share.

    "To ask the Minister (1) what he did; [158986] (2) why. [158990]" becomes "To ask the Minister (1) what he did;" and "To
    ask the Minister (2) why.", as in other sources of the Official Report. Numbers may be missing, printed twice, or have
    the next part glued to them. Without any number all parts are one question, as in the time before numbers were printed.
    """
    if not _NUMBER.search(text):
        return [QuestionPart(text.strip(), None)]
    stem, pieces = _split(text)
    parts: list[QuestionPart] = []
    for piece in pieces:
        numbers = list(dict.fromkeys(match[1].replace(" ", "").upper() for match in _NUMBER.finditer(piece)))
        words = _NUMBER.sub("", piece).strip()
        if words:
            asked = f"{stem} {words}".strip()
        elif parts:
            asked = parts[-1].text  # a second number of the same words
        parts += [QuestionPart(asked, number) for number in numbers or [None] if words or number]
    return _without_repeats(parts)


def continues_sentence(before: str, after: str) -> bool:
    """Return whether the sentence before a new column did not end, so that the text behind it belongs to it."""
    return bool(before and after) and not before.rstrip().endswith(_SENTENCE_ENDS)


def join_sentence(before: str, after: str) -> str:
    """Join a cut sentence, and a word that was cut at its hyphen."""
    is_cut_word = before.endswith("-") and after[:1].islower()
    return f"{before}{after}" if is_cut_word else f"{before} {after}"


def _columns(text: str) -> Iterable[str]:
    """List the columns that a reference names, of a range all of them ("756-57W" is 756W and 757W)."""
    for match in _NOTE_COLUMNS.finditer(text):
        first, last = match[1], match[2] or match[1]
        last = first[: max(0, len(first) - len(last))] + last  # "57" of "756-57" is 757
        columns = range(int(first), min(int(last), int(first) + _MAX_COLUMNS) + 1)
        yield from (f"{number}{match[3] or ''}" for number in columns)


def _split(text: str) -> tuple[str, list[str]]:
    """Split off the stem, and the parts. Without marks of parts each number ends one; only the Lords then have a stem."""
    starts = _find_part_starts(text)
    if len(starts) > 1:
        stem = " ".join(text[: starts[0]].split())
        return stem, [text[start:end] for start, end in pairwise([*starts, len(text)])]
    opening = _OPENING.match(text)
    begin = opening.end() if opening else 0
    ends = [match.end() for match in _NUMBER.finditer(text, begin)]
    return text[:begin].strip(), [text[start:end] for start, end in pairwise([begin, *ends, len(text)])]


def _find_part_starts(text: str) -> list[int]:
    """Find where the parts "(1)", "(2)" and so on begin: each behind the end of the part before it."""
    starts: list[int] = []
    for match in _PART.finditer(text):
        start = match.start()
        is_next = int(match[1]) == len(starts) + 1
        if is_next and (not starts or _BEFORE_PART.search(text, max(starts[-1], start - _MAX_BEFORE_PART), start)):
            starts.append(start)
    return starts


def _without_repeats(parts: list[QuestionPart]) -> list[QuestionPart]:
    """Keep each number once: a number that is printed twice is one question."""
    seen: set[str] = set()
    kept = []
    for part in parts:
        if part.number not in seen:
            kept.append(part)
        if part.number:
            seen.add(part.number)
    return kept
