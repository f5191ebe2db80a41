"""From what speakers said, in the order of print, to proceedings: for the sources that transcribe the Official Report.

A written answer is a run of questions, each by one Member, and the reply to all of them. A question that has a number is
known by it, whatever source tells of it; the rest by the column and the place in it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from monitor.model.records import Grouped, Kind, Proceeding
from monitor.model.sources import Parsed
from monitor.parliament import identifiers
from scrapers.hansard.notation import Note, Part, column_name, continues, join_words, question_parts, take_note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from monitor.model.records import House, Link, Member
    from monitor.ports import Register
    from scrapers.hansard.notation import Speaker


_PLAIN: Final = re.compile(r"[\w.:-]*\d", re.ASCII)
"""What of a source's own ids can be part of a public one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """One House on one day, in one series of the Official Report."""

    house: House
    day: date
    series: str
    session: str | None = None
    volume: int | None = None


@dataclass(slots=True, kw_only=True)
class Contribution:
    """What one speaker says, or what is printed without one. It grows as its paragraphs are read.

    `id` is the source's own for its first paragraph, "" where it has none. `column` is where it begins.
    """

    speaker: Speaker | None
    is_question: bool = False
    id: str = ""
    url: str | None = None
    column: str | None = None
    column_to: str | None = None
    paragraphs: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All its paragraphs."""
        return "\n\n".join(self.paragraphs)

    def add(self, text: str, column: str | None, *, is_cut: bool = False) -> None:
        """One paragraph more, which ends in the column. `is_cut`: a mark stands before it, so a sentence may go on."""
        if not text:
            return
        if is_cut and self.paragraphs and continues(self.paragraphs[-1], text):
            self.paragraphs[-1] = join_words(self.paragraphs[-1], text)
        else:
            self.paragraphs.append(text)
        self.column_to = column


@dataclass(slots=True)
class Exchange:
    """Questions, and the reply that they had in common."""

    questions: list[Contribution] = field(default_factory=list)
    replies: list[Contribution] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Section:
    """What stands under one heading, with the department above it. `page` is its path on the site of its source.

    `told` counts the records made of it, `asked` the questions among them.
    """

    heading: str | None = None
    body: str | None = None
    page: str | None = None
    url: str | None = None
    contributions: list[Contribution] = field(default_factory=list)
    told: int = 0
    asked: int = 0

    def take(self, said: Contribution, *, goes_on: bool, is_cut: bool = False) -> None:
        """The next paragraph.

        Without a speaker it belongs to what came before where `goes_on` says so, as in answers, where what came before
        has no words yet, and where a mark cut a sentence (`is_cut`).
        """
        last = self.contributions[-1] if self.contributions else None
        text = said.text
        if last is None or said.speaker or said.is_question:
            self.contributions.append(said)
        elif goes_on or not last.paragraphs or (is_cut and continues(last.text, text)):
            last.add(text, said.column_to, is_cut=is_cut)
            last.links += said.links
        else:
            self.contributions.append(said)


def exchanges(contributions: Iterable[Contribution]) -> Iterator[Exchange]:
    """Questions with their replies. Who answers first and asks later begins anew; what nobody says goes on."""
    current = Exchange()
    for contribution in contributions:
        if contribution.is_question:
            if current.replies:
                yield current
                current = Exchange()
            current.questions.append(contribution)
        else:
            current.replies.append(contribution)
    if current.questions or current.replies:
        yield current


class Scribe:
    """Writes proceedings for one source, from one file, in the order of print: it counts what begins in each column.

    `prefix` is that of ids ("hh"). `counts_columns` is False where a file does not hold all that begins in a column, so
    that a place in it can't be told.
    """

    def __init__(self, source: str, prefix: str, register: Register, *, counts_columns: bool = True) -> None:
        self._source, self._prefix, self._register = source, prefix, register
        self._counts_columns = counts_columns
        self._places: Counter[tuple[Sitting, str | None, str]] = Counter()
        self._given: dict[str, int] = {}  # each key, with a hash of the words of what has it

    def write(self, sitting: Sitting, section: Section) -> Iterator[Parsed]:
        """All that stands in a section; it is empty then, and may be filled again."""
        contributions = [one for one in section.contributions if one.paragraphs]
        section.contributions.clear()
        if sitting.series == identifiers.WRITTEN_ANSWERS:
            told = (one for each in exchanges(contributions) for one in self._exchange(sitting, section, each))
        else:
            told = (self._alone(sitting, section, one) for one in contributions)
        yield from (Parsed(key=one.id, proceeding=one) for one in told if one is not None)

    def _exchange(self, sitting: Sitting, section: Section, exchange: Exchange) -> Iterator[Proceeding | None]:
        if not any(one.speaker for one in [*exchange.questions, *exchange.replies]):
            # A line that introduces the answers: nobody's, but words all the same.
            yield from (self._alone(sitting, section, one) for one in [*exchange.questions, *exchange.replies])
            return
        answer = _Answer.of(exchange.replies, sitting)
        answered_by = self._member(exchange.replies[0].speaker, sitting) if exchange.replies else None
        asked = [(one, question_parts(one.text)) for one in exchange.questions] or [(exchange.replies[0], [])]
        numbers = list(dict.fromkeys(part.number for _, parts in asked for part in parts if part.number))
        for one, parts in asked:
            asked_by = self._member(one.speaker, sitting) if parts else None
            for part in parts or [Part("", None)]:
                proceeding = Proceeding(
                    id="", source=self._source, kind=Kind.QUESTION, house=sitting.house,
                    url=one.url or section.url, uin=part.number, heading=section.heading, body=section.body,
                    question=part.text or None, answer=answer.text or None, asked_by=asked_by, answered_by=answered_by,
                    answered_on=answer.note.replied_on or sitting.day, holding_on=answer.note.holding_on,
                    corrected_on=sitting.day if answer.note.replied_on else None, is_holding=False,
                    is_correction=answer.note.replied_on is not None,
                    series=sitting.series, column=one.column, column_to=_other(answer.column_to or one.column_to, one),
                    volume=sitting.volume, session=sitting.session, links=answer.links, refers=answer.refers,
                    grouped_with=tuple(Grouped(uin=other) for other in numbers if other != part.number),
                )  # fmt: skip
                yield self._named(proceeding, sitting, section, one)

    def _alone(self, sitting: Sitting, section: Section, one: Contribution) -> Proceeding | None:
        is_statement = sitting.series == identifiers.WRITTEN_STATEMENTS and one.speaker is not None
        proceeding = Proceeding(
            id="", source=self._source, kind=Kind.STATEMENT if is_statement else Kind.SPEECH, house=sitting.house,
            url=one.url or section.url, heading=section.heading, body=section.body, text=one.text, made_on=sitting.day,
            made_by=self._member(one.speaker, sitting), series=sitting.series, column=one.column,
            column_to=_other(one.column_to, one), volume=sitting.volume, session=sitting.session, links=tuple(one.links),
        )  # fmt: skip
        return self._named(proceeding, sitting, section, one)

    def _named(
        self, proceeding: Proceeding, sitting: Sitting, section: Section, one: Contribution
    ) -> Proceeding | None:
        """With its id, and its keys, strongest first; None for what is printed twice, word for word.

        A number, or an id, that stands at something else in this file too is a slip of print or of transcription: the
        first keeps it.
        """
        section.told += 1
        section.asked += proceeding.kind is Kind.QUESTION
        self._places[sitting, one.column, "all"] += 1
        names = self._names(proceeding, sitting, section, one)
        words = hash(tuple(proceeding.parts().items()))
        if any(self._given.get(key) == words for key in names):
            return None
        names = {key: name for key, name in names.items() if key not in self._given}
        self._given |= dict.fromkeys(names, words)
        identifier = next(filter(None, names.values()), "") or self._by_place(sitting, section, one)
        return replace(proceeding, id=identifier, keys=tuple(names))

    def _names(self, proceeding: Proceeding, sitting: Sitting, section: Section, one: Contribution) -> dict[str, str]:
        """What it may be known by: each key with the id that goes with it, "" where none does.

        What nobody says counts in no column, for another source may not have it. The n-th question of a section is the
        same on its page and in its volume, however many paragraphs they make of it.
        """
        names: dict[str, str] = {}
        number, session, house = proceeding.uin, sitting.session, sitting.house
        is_question = proceeding.kind is Kind.QUESTION
        numbered = identifiers.number_key(house, session, number) if number and session else None
        if numbered:
            names[numbered] = f"pq-{house}-{session}-{number}".lower()
        if _PLAIN.fullmatch(one.id):
            names[f"hansard:{one.id.lower()}"] = f"{self._prefix}-{one.id.lower()}"
        if section.page and is_question:
            names[f"hansard:{section.page}:{section.asked}"] = ""
        if one.column and self._counts_columns and (is_question or one.speaker):
            self._places[sitting, one.column, proceeding.kind] += 1
            place = self._places[sitting, one.column, proceeding.kind]
            key = identifiers.column_key(house, sitting.day, sitting.series, one.column, place)
            if numbered is None or numbered in self._given:
                names[key] = f"pq-{house}-{sitting.day}-{one.column}-{place}".lower() if is_question else ""
        return names

    def _by_place(self, sitting: Sitting, section: Section, one: Contribution) -> str:
        """An id for what has nothing better: its place on the page of its section, or in its column."""
        if section.page and not self._counts_columns:
            return f"{self._prefix}-{section.page.replace('/', '-')}-{section.told}"
        place = self._places[sitting, one.column, "all"]
        return f"{self._prefix}-{sitting.house}-{sitting.day}-{sitting.series}-{one.column or 0}-{place}".lower()

    def _member(self, speaker: Speaker | None, sitting: Sitting) -> Member | None:
        if speaker is None:
            return None
        return self._register.by_name(
            speaker.name, sitting.house, sitting.day, constituency=speaker.constituency, office=speaker.office
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """The replies to an exchange as one text: where several speak, those after the first by name."""

    text: str = ""
    note: Note = field(default_factory=Note)
    column_to: str | None = None
    links: tuple[Link, ...] = ()
    refers: tuple[str, ...] = ()

    @classmethod
    def of(cls, replies: list[Contribution], sitting: Sitting) -> _Answer:
        """What the replies say, printed on the day of the sitting."""
        if not replies:
            return cls()
        note, first = take_note(replies[0].text, sitting.day)
        # The mark is kept as a paragraph of its own: other sources have it so.
        first = "\n\n".join(filter(None, [replies[0].text[: len(replies[0].text) - len(first)].strip(" :"), first]))
        note = note or Note()
        others = (f"{one.speaker.name}: {one.text}" if one.speaker else one.text for one in replies[1:])
        return cls(
            text="\n\n".join([first, *others]),
            note=note,
            column_to=replies[-1].column_to,
            links=tuple(link for one in replies for link in one.links),
            refers=tuple(
                identifiers.column_reference(sitting.house, note.replied_on, sitting.series, column)
                for printed in note.columns
                if note.replied_on and (column := column_name(printed, sitting.house, sitting.series))
            ),
        )


def _other(column: str | None, one: Contribution) -> str | None:
    """The column in which something ends, if it is not the one in which it begins."""
    return column if column != one.column else None
