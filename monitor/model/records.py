"""Records of Parliament: proceedings, their revisions, members, and the enums of the field.

Dates (`_on`) are civil days in London. Instants (`_at`) are aware datetimes in UTC. Offsets are Unicode code points of a
part's plain text. `scrapers.markup` makes plain text: a blank line between paragraphs, a line for each list item and table
row, a tab between cells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date, datetime


TEXT_RULES: Final = 2
"""Version of the rules that turn mark-up into plain text. Offsets of different versions can't be compared.

Version 1 took the cells of a table row one after the other; version 2 lays tables out on their grid.
"""


class House(StrEnum):
    """A House or a devolved legislature."""

    COMMONS = "commons"
    LORDS = "lords"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern_ireland"
    SENEDD = "senedd"

    @property
    def legislature(self) -> str:
        """Legislature of the House: "uk", or the name of the devolved legislature."""
        return "uk" if self in (House.COMMONS, House.LORDS) else self.value


WESTMINSTER = (House.COMMONS, House.LORDS)
"""Houses of the UK Parliament."""


class Kind(StrEnum):
    """Kind of a proceeding."""

    QUESTION = "question"
    STATEMENT = "statement"
    SPEECH = "speech"
    NOTICE = "notice"


class Occasion(StrEnum):
    """Occasion of a notice: why Parliament has set down a day ahead for it."""

    ORAL_QUESTION = "oral_question"
    TOPICAL_QUESTION = "topical_question"
    STATEMENT = "statement"
    BUSINESS = "business"
    EVIDENCE = "evidence"


class State(StrEnum):
    """State of a question in its life."""

    TABLED = "tabled"
    HOLDING = "holding"
    ANSWERED = "answered"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Event(StrEnum):
    """Event between two revisions, as `monitor.parliament.lifecycle.classify` finds it."""

    TABLED = "tabled"
    TITLED = "titled"
    REWORDED = "reworded"
    TRANSFERRED = "transferred"
    REGROUPED = "regrouped"
    RESCHEDULED = "rescheduled"
    HOLDING = "holding"
    ANSWERED = "answered"
    CORRECTED = "corrected"
    EDITED = "edited"
    ATTACHED = "attached"
    WITHDRAWN = "withdrawn"
    REAPPEARED = "reappeared"
    LAPSED = "lapsed"
    ANNOUNCED = "announced"
    MOVED = "moved"


PARTS = ("heading", "question", "answer", "text")
"""Parts of a proceeding that hold text, in reading order."""

_STYLES = frozenset(
    """
    the rt right hon honourable mr mrs ms miss dr sir dame lord lady prof rev mp qc kc
""".split()  # noqa: SIM905 - reads best so
)
_WORD = re.compile(r"[^\W\d_]+")
_OF_GOVERNMENT = re.compile(
    r"\b(?:minister|secretary|chancellor|attorney|solicitor|advocate|paymaster|postmaster|treasurer?|comptroller|whip"
    r"|chamberlain|president of the|lord president|privy seal|(?:first|civil|sea) lord|(?:lord|baroness|lady) in waiting"
    r"|captain of the|leader of the house|commissioner of works)\b",
    re.IGNORECASE,
)
_OF_OTHERS = re.compile(r"\b(?:shadow|opposition|private secretary|spokes\w+|committee|church)\b", re.IGNORECASE)
"""Offices outside the government."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member as of the day of the record. Any field may be unknown.

    `member_id` is Parliament's number, `person_id` the number of parlparse, which stays the same across Houses, seats and
    spellings. `name` is the full name if the person is known, else the name as printed. `printed` is the printed name
    where it differs ("Mr. Gummer"). `office` is the office printed with the name; for a speech, also the office that the
    speaker is known to hold.
    """

    member_id: int | None = None
    person_id: int | None = None
    name: str | None = None
    party: str | None = None
    constituency: str | None = None
    printed: str | None = None
    office: str | None = None

    @property
    def is_minister(self) -> bool:
        """True if a government office is printed with the name or in place of it ("The Prime Minister")."""
        names = [name for name in (self.printed, self.name) if name and name.casefold().startswith("the ")]
        offices = [*([self.office] if self.office else []), *names]
        return any(_OF_GOVERNMENT.search(office) and not _OF_OTHERS.search(office) for office in offices)

    @property
    def called(self) -> str | None:
        """Name for filters: the full name, with the printed name in brackets if it has a word of its own.

        "Helen Clark (Helen Brinton)" is found by either name. "Mr. Clark" adds nothing.
        """
        if not self.printed or not self.name:
            return self.name
        known = _STYLES.union(_WORD.findall(self.name.casefold()))
        own = [word for word in _WORD.findall(self.printed.casefold()) if len(word) > 1 and word not in known]
        return f"{self.name} ({self.printed})" if own else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file attached to an answer. It is named, never read. `file_type` is the source's word ("pdf")."""

    title: str
    file_type: str | None = None
    size_bytes: int | None = None
    url: str | None = None

    @property
    def identity(self) -> tuple[str, str, int]:
        """Title, type and size: a file of an answer is the same while these are, whatever its address."""
        return self.title, self.file_type or "", self.size_bytes or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """Another question that was answered by the same answer."""

    uin: str
    tabled_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link in an answer: its text and its address."""

    text: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proceeding:
    """A question with its answer, a statement, a speech or a notice, as one source published it at one reading.

    `id` is public, in small letters and never all digits ("q-1725947"). `made_on` is the day of anything but a question.

    Where it is printed: `column` is the column in which it begins ("1366W"), `column_to` the column in which it ends if
    that differs, `volume` the volume of the Official Report, `session` "2008-09", `series` the part of the Official Report
    (words of `monitor.parliament.identifiers`).

    How it is known: `gid` is the source's present identifier, which may change. `keys` are all other identifiers, strongest
    first, in the form of `monitor.parliament.identifiers`. `refers` are the keys of records that its mark-up links to.

    `takes_place_on` is the day ahead of a notice that has an `occasion`: the last day for evidence, the day of anything
    else. It is None where no day is set, as for evidence without a last day.

    `named_day`, `is_holding` and `is_correction` are None where the source does not say. Two fields are our own and not
    the source's: `is_gone` (the source no longer has it) and `is_lapsed` (it was open when the session ended).
    `text_rules` is the version of the rules by which its plain text was made.
    """

    id: str
    source: str
    kind: Kind
    house: House
    url: str | None = None
    uin: str | None = None
    heading: str | None = None
    question: str | None = None
    answer: str | None = None
    text: str | None = None
    made_on: date | None = None
    series: str | None = None
    column: str | None = None
    column_to: str | None = None
    volume: int | None = None
    session: str | None = None
    gid: str | None = None
    keys: tuple[str, ...] = ()
    refers: tuple[str, ...] = ()
    body_id: int | None = None
    body: str | None = None
    tabled_on: date | None = None
    date_for_answer: date | None = None
    named_day: bool | None = None
    holding_on: date | None = None
    answered_on: date | None = None
    corrected_on: date | None = None
    is_holding: bool | None = None
    is_correction: bool | None = None
    is_withdrawn: bool = False
    has_interest: bool = False
    asked_by: Member | None = None
    answered_by: Member | None = None
    corrected_by: Member | None = None
    made_by: Member | None = None
    grouped_with: tuple[Grouped, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    links: tuple[Link, ...] = ()
    original_answer: str | None = None
    is_gone: bool = False
    is_lapsed: bool = False
    occasion: Occasion | None = None
    takes_place_on: date | None = None
    text_rules: int = field(default=TEXT_RULES, compare=False)

    @property
    def state(self) -> State:
        """State of the question. Anything else is complete when published and counts as answered."""
        if self.is_withdrawn or self.is_gone:
            return State.WITHDRAWN
        if self.corrected_on or self.is_correction:
            return State.CORRECTED
        if self.kind is not Kind.QUESTION or (self.answered_on and not self.is_holding):
            return State.ANSWERED
        if self.is_lapsed:
            return State.LAPSED
        return State.HOLDING if self.is_holding else State.TABLED

    @property
    def is_open(self) -> bool:
        """True if an answer is still to come."""
        return self.state in (State.TABLED, State.HOLDING)

    @property
    def day(self) -> date | None:
        """Day of the newest official event: corrected, else answered or made, else tabled."""
        return self.corrected_on or self.answered_on or self.made_on or self.tabled_on

    @property
    def minister(self) -> Member | None:
        """Minister who answered or corrected the answer, made the statement, or spoke for the government."""
        if answered := self.corrected_by or self.answered_by:
            return answered
        is_of_government = self.made_by and (self.kind is Kind.STATEMENT or self.made_by.is_minister)
        return self.made_by if is_of_government else None

    @property
    def facts(self) -> Facts:
        """Values that the filters of a term test."""
        minister = self.minister
        return Facts(
            kind=self.kind,
            house=self.house,
            body=self.body,
            asker=self.asked_by.called if self.asked_by else None,
            party=self.asked_by.party if self.asked_by else None,
            minister=minister.called if minister else None,
            day=self.day,
        )

    def parts(self) -> dict[str, str]:
        """Return the parts that hold text, in reading order, without empty ones."""
        texts = {"heading": self.heading, "question": self.question, "answer": self.answer, "text": self.text}
        return {name: text for name, text in texts.items() if text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Values that the filters of a term test. `minister`: see `Proceeding.minister`."""

    kind: Kind
    house: House
    body: str | None
    asker: str | None
    party: str | None
    minister: str | None
    day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A state of a proceeding at one source, stored when a reading differs from the one before.

    `number` starts at 1 for each proceeding and source. `events`: what changed since the revision before. `is_news`: it
    may be mailed, otherwise it is history. `seen_at`: when it was first read.
    """

    id: int
    proceeding: Proceeding
    number: int
    seen_at: datetime
    events: tuple[Event, ...]
    is_news: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRevision:
    """A revision: the proceeding as one source told it, its row id, and whether it was news."""

    id: int
    source: str
    proceeding: Proceeding
    is_news: bool
