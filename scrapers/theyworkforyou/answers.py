"""Written questions with their answers, in both generations of the files.

A group is `ques`, one for each member who asked, then `reply`; headings stand before it, in a flat list. Until September
2014 ids have the day of the report, and the number of each question stands at its paragraph: the paragraphs before the first
number are common to all parts. Since then ids have the day of tabling and the UIN, and the file's day is the answer's.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from monitor.errors import ParseError, without_frames
from monitor.model.records import Grouped, House, Kind, Proceeding
from monitor.model.sources import Parsed
from monitor.parliament.identifiers import WRITTEN_ANSWERS, column_key, column_reference, uin_key
from scrapers.hansard.notation import body_name, column_name, split_note
from scrapers.theyworkforyou.context import SOURCE
from scrapers.theyworkforyou.documents import BrokenBlock, line_of, read_attachments, read_contents, read_text
from scrapers.theyworkforyou.gids import read_gid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from monitor.model.records import Attachment, Link
    from scrapers.hansard.notation import ReplyNote
    from scrapers.theyworkforyou.context import FileContext
    from scrapers.theyworkforyou.documents import Block
    from scrapers.theyworkforyou.gids import Gid

_NUMBER = re.compile(r"(?:HL)?0*[1-9]\d{0,6}R?", re.IGNORECASE | re.ASCII)
_UIN = re.compile(r"(?:HL)?\d{1,9}", re.IGNORECASE | re.ASCII)
_SCOTTISH_NUMBER = re.compile(r"S\d[A-Z]{1,2}-\d{1,6}", re.ASCII)
_UNTITLED = "Question"
"""Heading that the files since 2014 have for a question without one."""
_SENTENCE_ENDS = (".", "?", "!")


@dataclass(slots=True)
class _Question:
    """One question: the words under its number, alone or behind the words that all parts have in common."""

    element: etree._Element
    gid: Gid
    number: str | None
    text: str


@dataclass(slots=True)
class _Group:
    """Questions with their one answer, and the headings that they stand under.

    `next_column`: the column in which the next block begins.
    """

    major_heading: Block | None = None
    minor_heading: Block | None = None
    questions: list[Block] = field(default_factory=list)
    replies: list[Block] = field(default_factory=list)
    next_column: str | None = None

    @property
    def blocks(self) -> list[Block]:
        """All blocks, in order."""
        headings = [heading for heading in (self.major_heading, self.minor_heading) if heading is not None]
        return [*headings, *self.questions, *self.replies]


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer to all questions of a group."""

    text: str
    links: tuple[Link, ...]
    attachments: tuple[Attachment, ...]
    note: ReplyNote | None


def read_questions(context: FileContext) -> Iterator[Parsed]:
    """Parse the questions of a file, in its order. A group that can't be understood is an error, with the group."""
    reader = _GroupReader(context)
    for group in _groups(context):
        try:
            questions = [question for question in reader.read(group) if not context.is_repeated(question)]
        except ParseError as exc:
            key = exc.key or context.name
            yield Parsed(key=key, error=without_frames(exc), excerpt=context.document.excerpt(group.blocks))
        else:
            for question in questions:
                yield Parsed(key=question.id, proceeding=question)


def _groups(context: FileContext) -> Iterator[_Group]:
    """Group the blocks of a file: a heading, or a question behind a reply, begins a new group."""
    group = _Group()
    for block in context.document.blocks:
        is_heading = block.tag in ("major-heading", "minor-heading")
        begins_group = is_heading or (block.tag == "ques" and group.replies)
        if begins_group and (group.questions or group.replies):
            group.next_column = None if isinstance(block, BrokenBlock) else context.column(block)
            yield group
            group = _Group(group.major_heading, group.minor_heading)
        if block.tag == "major-heading":
            group = _Group(major_heading=block)
        elif block.tag == "minor-heading":
            group = _Group(group.major_heading, minor_heading=block)
        elif block.tag == "ques":
            group.questions.append(block)
        elif block.tag == "reply":
            group.replies.append(block)
    if group.questions or group.replies:
        yield group


class _GroupReader:
    """Reads the groups of a file one after the other, and knows which numbers and ids it has seen."""

    def __init__(self, context: FileContext) -> None:
        self._context = context
        self._seen_ids: set[str] = set()
        self._count_in_column: Counter[str] = Counter()
        self._minor_heading: Block | None = None
        asked = [
            block for block in context.document.blocks if not isinstance(block, BrokenBlock) and block.tag == "ques"
        ]
        self._numbers = {block.get("spid", "") for block in asked}
        self._numbers.update(paragraph.get("qnum", "") for block in asked for paragraph in block.iterfind("p"))

    def read(self, group: _Group) -> Iterator[Proceeding]:
        """Parse the questions of a group. Raises ParseError, with the id of the group as its key."""
        key = _key_of(group)
        asked_elements = self._well_formed(group.questions, key)
        replies = self._well_formed(group.replies, key)
        if not asked_elements:
            raise ParseError(
                f"A reply in {self._context.name} ({key}) stands without its question: report it.", key=key
            )
        questions = [question for element in asked_elements for question in self._split(element, key)]
        common = self._common_fields(group, asked_elements, replies)
        for position, question in enumerate(questions):
            yield Proceeding(
                question=question.text or None,
                url=self._context.url(question.element, question.gid),
                asked_by=self._context.member(question.element),
                grouped_with=tuple(_others(questions, question, self._context.house)),
                gid=question.gid.text,
                **common,
                **self._identity(group, questions, position),
            )

    def _well_formed(self, blocks: list[Block], key: str) -> list[etree._Element]:
        """Return blocks as elements. Raises ParseError if one is broken."""
        elements: list[etree._Element] = []
        for block in blocks:
            if isinstance(block, BrokenBlock):
                raise ParseError(f"Question {key} of {self._context.name} {block.reason}: report it.", key=key)
            elements.append(block)
        return elements

    def _split(self, element: etree._Element, key: str) -> Iterator[_Question]:
        """Split the words of one member into questions, one for each number, each behind the common words."""
        gid = read_gid(element.get("id"))
        if gid is None:
            raise ParseError(f"A question in {self._context.name} has no id that can be read: report it.", key=key)
        if self._context.house is House.SCOTLAND:
            yield _Question(element, gid, element.get("spid") or gid.number, read_text(element)[0])
            return
        common_paragraphs, parts = _split_parts(element)
        common, _ = read_text(common_paragraphs) if parts else read_contents([element])
        for number, paragraphs in parts or [("", [])]:
            text, _ = read_text(paragraphs)
            yield _Question(element, gid, number if _is_number(number) else None, _join(common, text))

    def _read_answer(self, replies: list[etree._Element]) -> _Answer:
        paragraphs = [child for reply in replies for child in reply if isinstance(child.tag, str)]
        attachments = read_attachments(replies[-1]) if replies else ()
        text, links = read_contents(replies, without=len(attachments))
        note = self._read_note(paragraphs[0]) if len(paragraphs) > len(attachments) else None
        return _Answer(text, links, attachments, note)

    def _read_note(self, paragraph: etree._Element) -> ReplyNote | None:
        """Read what the first paragraph says of an earlier answer: the day of a holding one, or of one that it corrects."""
        is_marked = paragraph.get("class") == "holdinganswer"
        begin = (paragraph.text or "").lstrip()[:1]
        if begin.isascii() and begin.isalpha() and not is_marked:  # nearly always: a note begins with a bracket
            return None
        line = line_of(paragraph)
        if is_marked:
            line = f"[{line.strip('[]: ')}]"
        note, _ = split_note(line, self._context.day)
        return note

    def _common_fields(
        self, group: _Group, asked: list[etree._Element], replies: list[etree._Element]
    ) -> dict[str, Any]:
        """Return the fields that all questions of a group have in common."""
        context, answer, day = self._context, self._read_answer(replies), self._context.day
        reply = replies[0] if replies else None
        column = context.column(asked[0])
        replied_on = answer.note.replied_on if answer.note else None
        holding_on = answer.note.holding_on if answer.note else None
        refers = dict.fromkeys(context.refers([*asked, *replies]))
        if answer.note:
            refers.update(dict.fromkeys(self._refers_of_note(answer.note)))
        return {
            "source": SOURCE,
            "kind": Kind.QUESTION,
            "house": context.house,
            "heading": self._heading(group, column),
            "body": (body_name(line_of(group.major_heading)) or None) if group.major_heading is not None else None,
            "answer": answer.text or None,
            "answered_by": context.member(reply),
            "answered_on": replied_on or day,
            "corrected_on": day if replied_on else None,
            "is_correction": True if replied_on else None,
            "is_holding": False if column else None,
            "holding_on": holding_on or _read_day(asked[0].get("holdingdate")),
            "series": context.kind.series if column else None,
            "column": column,
            "column_to": context.ends_in(column, context.column(reply), group.next_column),
            "refers": tuple(refers),
            "attachments": answer.attachments,
            "links": answer.links,
        }

    def _heading(self, group: _Group, column: str | None) -> str | None:
        heading = line_of(group.minor_heading) if group.minor_heading is not None else ""
        is_placeholder = self._context.kind.series and not column and heading == _UNTITLED
        return None if is_placeholder else heading or None

    def _refers_of_note(self, note: ReplyNote) -> Iterator[str]:
        """Give the references to the columns of the earlier answer that a note names."""
        house = self._context.house
        for printed in note.columns if note.replied_on else ():
            column = column_name(printed, house, WRITTEN_ANSWERS)
            if column and note.replied_on:
                yield column_reference(house, note.replied_on, WRITTEN_ANSWERS, column)

    def _identity(self, group: _Group, questions: list[_Question], position: int) -> dict[str, Any]:
        """Return the fields by which a question is known: id, number, session or day of tabling, keys."""
        context, question = self._context, questions[position]
        if context.house is House.SCOTLAND:
            number = question.number or ""
            if not _SCOTTISH_NUMBER.fullmatch(number):
                raise self._without_number(question)
            fields: dict[str, Any] = {"id": f"spq-{number}".lower(), "uin": number}
            key: str | None = f"spq:{number}"
        elif column := context.column(question.element):
            fields, key = self._identity_by_number(question, column)
            is_second_of_number = question.number and fields["id"].rpartition("-")[2] != _bare(question.number).lower()
            if is_second_of_number:  # its gids belong to the first
                return fields | {"keys": (key,) if key else ()}
        else:
            uin = (question.number or question.gid.number or "").upper()
            if not _UIN.fullmatch(uin):
                raise self._without_number(question)
            tabled_on = question.gid.day
            fields = {"id": f"pq-{context.house}-{tabled_on}-{uin}".lower(), "uin": uin, "tabled_on": tabled_on}
            key = uin_key(context.house, tabled_on, uin)
        keys = (key, *self._gid_keys(group, questions, position))
        return fields | {"keys": tuple(dict.fromkeys(filter(None, keys)))}

    def _without_number(self, question: _Question) -> ParseError:
        key = question.gid.key
        return ParseError(f"A question in {self._context.name} ({key}) has no number: report it.", key=key)

    def _identity_by_number(self, question: _Question, column: str) -> tuple[dict[str, Any], str | None]:
        """Identify a question by House, session and number; without a number of its own by its place in the column."""
        context = self._context
        session = context.session(question.element.get("url"))
        self._count_in_column[column] += 1
        fields: dict[str, Any] = {"session": session}
        if question.number and session:
            fields["uin"] = _bare(question.number)
            own_id = f"pq-{context.house}-{session}-{fields['uin']}".lower()
            if own_id not in self._seen_ids:  # else the number was misprinted in one of two places
                self._seen_ids.add(own_id)
                return fields | {"id": own_id}, context.number_key(session, question.number)
        place = self._count_in_column[column]
        own_id = f"pq-{context.house}-{context.day}-{column}-{place}".lower()
        return fields | {"id": own_id}, column_key(context.house, context.day, WRITTEN_ANSWERS, column, place)

    def _gid_keys(self, group: _Group, questions: list[_Question], position: int) -> Iterator[str]:
        """Give the keys of a question's gids, present and past. Those of its group go to the first question of it."""
        context, question, gid = self._context, questions[position], questions[position].gid
        own_key = None
        if gid.number and question.number:
            own_key = f"gid:{gid.kind}/{gid.sitting}.{question.number}"
            yield own_key
        for element in self._elements_of(group, questions, position):
            element_gid = read_gid(element.get("id"))
            present = [element_gid.key] if element_gid else []
            for key in (*present, *context.earlier_keys(element.get("id"))):
                # A gid with a number belongs to the question of that number.
                if key == own_key or key.rpartition(".")[2] not in self._numbers:
                    yield key

    def _elements_of(self, group: _Group, questions: list[_Question], position: int) -> Iterator[etree._Element]:
        """Give the elements whose gids belong to a question: its own, and for the first question those of the group."""
        question = questions[position]
        is_first_of_asker = position == 0 or questions[position - 1].element is not question.element
        if is_first_of_asker:
            yield question.element
        if position == 0:
            yield from (block for block in group.replies if not isinstance(block, BrokenBlock))
            heading = group.minor_heading
            if heading is not None and not isinstance(heading, BrokenBlock) and heading is not self._minor_heading:
                self._minor_heading = heading
                yield heading


def _others(questions: list[_Question], question: _Question, house: House) -> Iterator[Grouped]:
    """Give the other questions of a group, by number, each once."""
    seen = {question.number}
    for other in questions:
        if other.number and other.number not in seen:
            seen.add(other.number)
            has_day_of_tabling = other.element.get("colnum") is None and house is not House.SCOTLAND
            yield Grouped(uin=_bare(other.number), tabled_on=other.gid.day if has_day_of_tabling else None)


def _split_parts(element: etree._Element) -> tuple[list[etree._Element], list[tuple[str, list[etree._Element]]]]:
    """Split a question into the paragraphs that all parts have in common, and the paragraphs of each number.

    The Lords' files give every paragraph below "asked Her Majesty's Government:" a number, "0" where none is printed: it
    belongs to the next number. At a paragraph that is marked as a part ("(2) ...") "0" means that its own number is missing.
    Remarks of parlparse itself (class "error") are left out.
    """
    common: list[etree._Element] = []
    parts: list[tuple[str, list[etree._Element]]] = []
    waiting: list[etree._Element] = []  # for the next number
    for child in element:
        number, style = child.get("qnum", "").strip(), child.get("class")
        if style == "error":
            continue
        if number and not _is_number(number) and style != "numindent":
            waiting.append(child)
        elif number and (not parts or number != parts[-1][0]):
            parts.append((number, [*waiting, child]))
            waiting = []
        elif parts:
            parts[-1][1].append(child)
        else:
            common.append(child)
    if waiting and parts:
        parts[-1][1].extend(waiting)
    elif waiting:
        parts.append(("", waiting))
    return common, parts


def _key_of(group: _Group) -> str:
    first = (group.questions or group.replies)[0]
    text = first.id if isinstance(first, BrokenBlock) else first.get("id", "")
    gid = read_gid(text)
    return gid.key if gid else text or "unknown"


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _bare(number: str) -> str:
    """Return a number without the R that is printed behind it if the member has an interest."""
    return number.upper().removesuffix("R")


def _read_day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _join(common: str, part: str) -> str:
    """Put a part behind the words that all parts have in common, which seldom are a sentence of their own."""
    return f"{common}\n\n{part}" if common.endswith(_SENTENCE_ENDS) and part else f"{common} {part}".strip()
