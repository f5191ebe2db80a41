"""The nouns of the field, as frozen records that one stage hands to the next.

Dates (`_on`) are civil days in London. Instants (`_at`) are aware datetimes in UTC. Offsets are Unicode code points of a
part's plain text. Texts are plain text as `scrapers.markup` makes it: paragraphs apart by a blank line, list items and
table rows by a line, cells by a tab.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date, datetime


TEXT_RULES: Final = 2
"""Counts changes of the rules by which mark-up becomes plain text: of different versions, offsets can't be compared.

1 counted the cells of a row, whatever they span; 2 lays tables out on their grid.
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
        """The legislature that the House is part of: "uk", or the devolved one itself."""
        return "uk" if self in (House.COMMONS, House.LORDS) else self.value


class Kind(StrEnum):
    """What was published."""

    QUESTION = "question"
    STATEMENT = "statement"
    SPEECH = "speech"
    NOTICE = "notice"


class State(StrEnum):
    """Where a question stands in its life."""

    TABLED = "tabled"
    HOLDING = "holding"
    ANSWERED = "answered"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Event(StrEnum):
    """What happened between two revisions; `story.classify` names them."""

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


PARTS = ("heading", "question", "answer", "text")
"""The parts of a proceeding that hold words, in reading order."""

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
"""Offices that a member may have without being of the government."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member as of the day. Anything may be unknown.

    `member_id` is Parliament's own number, `person_id` that of parlparse, which holds across Houses, seats and spellings.
    `name` is the full name where the person is known, else what the source prints; `printed` what it prints where that is
    something else ("Mr. Gummer"); `office` the office named with it, of a speech also where it is not printed each time.
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
        """Whether an office of the government is named with the member, or stands for the name: "The Prime Minister"."""
        named = [one for one in (self.printed, self.name) if one and one.casefold().startswith("the ")]
        offices = [*([self.office] if self.office else []), *named]
        return any(_OF_GOVERNMENT.search(one) and not _OF_OTHERS.search(one) for one in offices)

    @property
    def called(self) -> str | None:
        """What a filter by name looks at: the name, and behind it what is printed where that has a word of its own.

        So "Helen Clark (Helen Brinton)" is found by either name, whichever a source printed; "Mr. Clark" adds nothing.
        """
        if not self.printed or not self.name:
            return self.name
        known = _STYLES.union(_WORD.findall(self.name.casefold()))
        own = [word for word in _WORD.findall(self.printed.casefold()) if len(word) > 1 and word not in known]
        return f"{self.name} ({self.printed})" if own else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that comes with an answer: named and never read. `file_type` is the source's own word ("pdf")."""

    title: str
    file_type: str | None = None
    size_bytes: int | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """Another question that was answered by the same answer."""

    uin: str
    tabled_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link in an answer: the words that carried it and where it led."""

    text: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proceeding:
    """One thing that Parliament published, as one source tells it at one reading.

    `id` is public, in small letters and never all digits ("q-1725947"). `made_on` is the day of what is no question.
    `column` is the printed column in which it begins ("1366W"), `column_to` the one in which it ends where that is another;
    `volume` that of the Official Report, `session` "2008-09", `series` the part of the Official Report it stands in
    (`monitor.parliament.identifiers` has the words). `gid` is what the source calls it now, which may change any
    day. `keys`: what else it
    is known by, strongest first, as `monitor.parliament.identifiers` writes keys. `refers`: keys of what its mark-up
    points to.

    `named_day`, `is_holding` and `is_correction` are None where the
    source does not say. `is_gone`: the source no longer has it. `is_lapsed`: it was open when the session ended. Neither
    is the source's word but ours, hence the two last. `text_rules`: the version of the rules that its texts were made by.
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
    text_rules: int = field(default=TEXT_RULES, compare=False)

    @property
    def state(self) -> State:
        """Where the question stands. Anything else is complete when it is published, which counts as answered."""
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
        """Whether an answer is still to come."""
        return self.state in (State.TABLED, State.HOLDING)

    @property
    def day(self) -> date | None:
        """The day of the newest official event: corrected, else answered or made, else tabled."""
        return self.corrected_on or self.answered_on or self.made_on or self.tabled_on

    @property
    def minister(self) -> Member | None:
        """Who answered it, or corrected the answer; of what is no question whoever made it for the government."""
        if answered := self.corrected_by or self.answered_by:
            return answered
        is_of_government = self.made_by and (self.kind is Kind.STATEMENT or self.made_by.is_minister)
        return self.made_by if is_of_government else None

    @property
    def facts(self) -> Facts:
        """What the filters of a term look at."""
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
        """The parts that hold words, in reading order; empty ones are left out."""
        texts = {"heading": self.heading, "question": self.question, "answer": self.answer, "text": self.text}
        return {name: text for name, text in texts.items() if text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the filters of a term look at. `minister`: who answered, or spoke for the government."""

    kind: Kind
    house: House
    body: str | None
    asker: str | None
    party: str | None
    minister: str | None
    day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The state of a proceeding as one source told it between two readings that differ.

    `number` counts from 1 for each (proceeding, source). `events` is what `story.classify` said of the step from the
    revision before. `is_news`: may be mailed; else it is history. `seen_at`: when we first saw it.
    """

    id: int
    proceeding: Proceeding
    number: int
    seen_at: datetime
    events: tuple[Event, ...]
    is_news: bool
