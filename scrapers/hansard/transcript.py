"""Records made of what speakers said, in the order of print: for sources that transcribe the Official Report.

A written answer is a run of questions, each by one member, and the reply to all of them. A question with a printed number is
known by it, whichever source it comes from; the others by their column and their place in it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from monitor.model.records import Grouped, Kind, Proceeding
from monitor.model.sources import Parsed
from monitor.parliament import identifiers
from scrapers.hansard.notation import (
    QuestionPart,
    ReplyNote,
    column_name,
    continues_sentence,
    join_sentence,
    split_note,
    split_question,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from monitor.model.records import House, Link, Member
    from monitor.ports import Register
    from scrapers.hansard.notation import Speaker


_USABLE_ID: Final = re.compile(r"[\w.:-]*\d", re.ASCII)
"""A source's own id that can become part of a public one."""


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
    """Words of one speaker, or words printed without a speaker. It grows as its paragraphs are read.

    `id` is the source's own for the first paragraph, "" if it has none. `column` is the one in which it begins.
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
        """Add a paragraph that ends in the column. `is_cut`: a mark stands before it, so a sentence may continue."""
        if not text:
            return
        if is_cut and self.paragraphs and continues_sentence(self.paragraphs[-1], text):
            self.paragraphs[-1] = join_sentence(self.paragraphs[-1], text)
        else:
            self.paragraphs.append(text)
        self.column_to = column


@dataclass(slots=True)
class Exchange:
    """Questions, and the replies that they have in common."""

    questions: list[Contribution] = field(default_factory=list)
    replies: list[Contribution] = field(default_factory=list)

    @property
    def contributions(self) -> list[Contribution]:
        """Return the questions and replies in order."""
        return [*self.questions, *self.replies]


@dataclass(slots=True, kw_only=True)
class Section:
    """The contributions under one heading, with the department above it. `page` is its path on the source's site.

    `record_count` counts the records made of it, `question_count` the questions among them.
    """

    heading: str | None = None
    body: str | None = None
    page: str | None = None
    url: str | None = None
    contributions: list[Contribution] = field(default_factory=list)
    record_count: int = 0
    question_count: int = 0

    def add(self, contribution: Contribution, *, continues: bool, is_cut: bool = False) -> None:
        """Add the next paragraph.

        Without a speaker it belongs to the contribution before if `continues` says so, as in written answers; if that one
        has no words yet; or if a mark cut a sentence (`is_cut`).
        """
        last = self.contributions[-1] if self.contributions else None
        if last is None or contribution.speaker or contribution.is_question:
            self.contributions.append(contribution)
            return
        text = contribution.text
        is_same_sentence = is_cut and continues_sentence(last.text, text)
        if continues or not last.paragraphs or is_same_sentence:
            last.add(text, contribution.column_to, is_cut=is_cut)
            last.links += contribution.links
        else:
            self.contributions.append(contribution)


class RecordWriter:
    """Writes the records of one file, in the order of print: it counts the records that begin in each column.

    `id_prefix` is that of ids ("hh"). `counts_columns` is False if a file does not hold everything that begins in a column,
    so that places in a column are not known.
    """

    def __init__(self, source: str, id_prefix: str, register: Register, *, counts_columns: bool = True) -> None:
        self._source, self._id_prefix, self._register = source, id_prefix, register
        self._counts_columns = counts_columns
        self._counts: Counter[tuple[Sitting, str | None, str]] = Counter()
        self._texts_by_key: dict[str, int] = {}  # hashes of the texts

    def write(self, sitting: Sitting, section: Section) -> Iterator[Parsed]:
        """Write the records of a section and empty it, so that it may be filled again."""
        contributions = [contribution for contribution in section.contributions if contribution.paragraphs]
        section.contributions.clear()
        if sitting.series == identifiers.WRITTEN_ANSWERS:
            for exchange in _split_into_exchanges(contributions):
                yield from self._write_exchange(sitting, section, exchange)
        else:
            for contribution in contributions:
                yield from self._write_alone(sitting, section, contribution)

    def _write_exchange(self, sitting: Sitting, section: Section, exchange: Exchange) -> Iterator[Parsed]:
        if not any(contribution.speaker for contribution in exchange.contributions):
            # A line that introduces the answers. It has no speaker, but it may be searched for.
            for contribution in exchange.contributions:
                yield from self._write_alone(sitting, section, contribution)
            return
        answer = _Answer.from_replies(exchange.replies, sitting)
        answered_by = self._member(exchange.replies[0].speaker, sitting) if exchange.replies else None
        asked = [(question, split_question(question.text)) for question in exchange.questions]
        if not asked:  # a reply whose question was lost
            asked = [(exchange.replies[0], [])]
        numbers = list(dict.fromkeys(part.number for _, parts in asked for part in parts if part.number))
        for contribution, parts in asked:
            asked_by = self._member(contribution.speaker, sitting) if parts else None
            for part in parts or [QuestionPart("", None)]:
                question = Proceeding(
                    id="",
                    source=self._source,
                    kind=Kind.QUESTION,
                    house=sitting.house,
                    url=contribution.url or section.url,
                    uin=part.number,
                    heading=section.heading,
                    body=section.body,
                    question=part.text or None,
                    answer=answer.text or None,
                    asked_by=asked_by,
                    answered_by=answered_by,
                    answered_on=answer.note.replied_on or sitting.day,
                    holding_on=answer.note.holding_on,
                    corrected_on=sitting.day if answer.note.replied_on else None,
                    is_holding=False,
                    is_correction=answer.note.replied_on is not None,
                    series=sitting.series,
                    column=contribution.column,
                    column_to=_last_column(contribution, answer.column_to or contribution.column_to),
                    volume=sitting.volume,
                    session=sitting.session,
                    links=answer.links,
                    refers=answer.refers,
                    grouped_with=tuple(Grouped(uin=number) for number in numbers if number != part.number),
                )
                yield from self._identify(question, sitting, section, contribution)

    def _write_alone(self, sitting: Sitting, section: Section, contribution: Contribution) -> Iterator[Parsed]:
        """Write a speech or a statement."""
        is_statement = sitting.series == identifiers.WRITTEN_STATEMENTS and contribution.speaker is not None
        proceeding = Proceeding(
            id="",
            source=self._source,
            kind=Kind.STATEMENT if is_statement else Kind.SPEECH,
            house=sitting.house,
            url=contribution.url or section.url,
            heading=section.heading,
            body=section.body,
            text=contribution.text,
            made_on=sitting.day,
            made_by=self._member(contribution.speaker, sitting),
            series=sitting.series,
            column=contribution.column,
            column_to=_last_column(contribution, contribution.column_to),
            volume=sitting.volume,
            session=sitting.session,
            links=tuple(contribution.links),
        )
        yield from self._identify(proceeding, sitting, section, contribution)

    def _identify(
        self, proceeding: Proceeding, sitting: Sitting, section: Section, contribution: Contribution
    ) -> Iterator[Parsed]:
        """Give a record its id and its keys, strongest first. Leave out what is printed twice, word for word.

        A number or an id that also stands at something else in this file is a slip of print or of transcription: the first
        keeps it.
        """
        section.record_count += 1
        section.question_count += proceeding.kind is Kind.QUESTION
        self._counts[sitting, contribution.column, "all"] += 1
        ids_by_key = self._find_keys(proceeding, sitting, section, contribution)
        text = hash(tuple(proceeding.parts().items()))
        if any(self._texts_by_key.get(key) == text for key in ids_by_key):
            return
        ids_by_key = {key: own_id for key, own_id in ids_by_key.items() if key not in self._texts_by_key}
        self._texts_by_key |= dict.fromkeys(ids_by_key, text)
        own_id = next(filter(None, ids_by_key.values()), "") or self._id_by_place(sitting, section, contribution)
        yield Parsed(key=own_id, proceeding=replace(proceeding, id=own_id, keys=tuple(ids_by_key)))

    def _find_keys(
        self, proceeding: Proceeding, sitting: Sitting, section: Section, contribution: Contribution
    ) -> dict[str, str]:
        """Find the keys of a record, each with the id that goes with it ("" if none does).

        Words without a speaker do not count in a column, for another source may not have them. The n-th question of a
        section is the same on its page and in its volume, however many paragraphs they make of it.
        """
        ids_by_key: dict[str, str] = {}
        house, session, number = sitting.house, sitting.session, proceeding.uin
        is_question = proceeding.kind is Kind.QUESTION
        numbered = identifiers.number_key(house, session, number) if number and session else None
        if numbered:
            ids_by_key[numbered] = f"pq-{house}-{session}-{number}".lower()
        if _USABLE_ID.fullmatch(contribution.id):
            ids_by_key[f"hansard:{contribution.id.lower()}"] = f"{self._id_prefix}-{contribution.id.lower()}"
        if section.page and is_question:
            ids_by_key[f"hansard:{section.page}:{section.question_count}"] = ""
        column = contribution.column
        if column and self._counts_columns and (is_question or contribution.speaker):
            self._counts[sitting, column, proceeding.kind] += 1
            place = self._counts[sitting, column, proceeding.kind]
            key = identifiers.column_key(house, sitting.day, sitting.series, column, place)
            if numbered is None or numbered in self._texts_by_key:
                ids_by_key[key] = f"pq-{house}-{sitting.day}-{column}-{place}".lower() if is_question else ""
        return ids_by_key

    def _id_by_place(self, sitting: Sitting, section: Section, contribution: Contribution) -> str:
        """Make an id from the place on the page of the section, or in the column, for a record without a better one."""
        if section.page and not self._counts_columns:
            return f"{self._id_prefix}-{section.page.replace('/', '-')}-{section.record_count}"
        place = self._counts[sitting, contribution.column, "all"]
        column = contribution.column or 0
        return f"{self._id_prefix}-{sitting.house}-{sitting.day}-{sitting.series}-{column}-{place}".lower()

    def _member(self, speaker: Speaker | None, sitting: Sitting) -> Member | None:
        if speaker is None:
            return None
        member = self._register.by_name(
            speaker.name, sitting.house, sitting.day, constituency=speaker.constituency, office=speaker.office
        )
        return replace(member, party=member.party or speaker.party)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """Replies to an exchange as one text: where several speak, those after the first by name."""

    text: str = ""
    note: ReplyNote = field(default_factory=ReplyNote)
    column_to: str | None = None
    links: tuple[Link, ...] = ()
    refers: tuple[str, ...] = ()

    @classmethod
    def from_replies(cls, replies: list[Contribution], sitting: Sitting) -> _Answer:
        """Join replies that were printed on the day of the sitting."""
        if not replies:
            return cls()
        whole = replies[0].text
        note, rest = split_note(whole, sitting.day)
        # The note stays as a paragraph of its own, as other sources have it.
        printed_note = whole[: len(whole) - len(rest)].strip(" :")
        others = (f"{reply.speaker.name}: {reply.text}" if reply.speaker else reply.text for reply in replies[1:])
        note = note or ReplyNote()
        return cls(
            text="\n\n".join(["\n\n".join(filter(None, [printed_note, rest])), *others]),
            note=note,
            column_to=replies[-1].column_to,
            links=tuple(link for reply in replies for link in reply.links),
            refers=tuple(_refers(note, sitting)),
        )


def _refers(note: ReplyNote, sitting: Sitting) -> Iterator[str]:
    """Find the references to the columns of the earlier reply that a note names."""
    for printed in note.columns if note.replied_on else ():
        column = column_name(printed, sitting.house, sitting.series)
        if column and note.replied_on:
            yield identifiers.column_reference(sitting.house, note.replied_on, sitting.series, column)


def _split_into_exchanges(contributions: Iterable[Contribution]) -> Iterator[Exchange]:
    """Group questions with their replies. A question behind a reply begins a new exchange."""
    exchange = Exchange()
    for contribution in contributions:
        if contribution.is_question:
            if exchange.replies:
                yield exchange
                exchange = Exchange()
            exchange.questions.append(contribution)
        else:
            exchange.replies.append(contribution)
    if exchange.contributions:
        yield exchange


def _last_column(contribution: Contribution, column: str | None) -> str | None:
    """Return the column in which a record ends, if it is not the one in which it begins."""
    return column if column != contribution.column else None
