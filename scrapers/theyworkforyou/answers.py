"""Written questions with their answers, in both generations of the files.

A block is `ques`, one for each member who asked, then `reply`; headings stand before it, in a flat list. Until September
2014 ids have the day of the report, and the number of each question stands at its paragraph: what precedes the first number
is what all parts have in common. Since then ids have the day of tabling and the UIN, and the file's day is the answer's.
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
from scrapers.theyworkforyou.documents import Broken, attachments_of, contents_of, text_of, words
from scrapers.theyworkforyou.gids import read_gid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from monitor.model.records import Attachment, Link
    from scrapers.hansard.notation import ReplyNote
    from scrapers.theyworkforyou.context import Context
    from scrapers.theyworkforyou.gids import Gid

_NUMBER = re.compile(r"(?:HL)?0*[1-9]\d{0,6}R?", re.IGNORECASE | re.ASCII)
_UIN = re.compile(r"(?:HL)?\d{1,9}", re.IGNORECASE | re.ASCII)
_SPID = re.compile(r"S\d[A-Z]{1,2}-\d{1,6}", re.ASCII)
_UNTITLED = "Question"
"""What the files since 2014 write where there is no heading."""
_SENTENCE_ENDS = (".", "?", "!")


@dataclass(slots=True)
class _Asked:
    """One question: the words of its number, alone or behind what all parts have in common."""

    element: etree._Element
    gid: Gid
    number: str | None
    text: str


@dataclass(slots=True)
class _Group:
    """Questions with their one answer, and the headings that they stand under."""

    headings: tuple[etree._Element | Broken | None, etree._Element | Broken | None]
    questions: list[etree._Element | Broken] = field(default_factory=list)
    replies: list[etree._Element | Broken] = field(default_factory=list)
    following: str | None = None

    @property
    def blocks(self) -> list[etree._Element | Broken]:
        return [*(heading for heading in self.headings if heading is not None), *self.questions, *self.replies]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What all questions of a group were told."""

    text: str
    links: tuple[Link, ...]
    attachments: tuple[Attachment, ...]
    note: ReplyNote | None


def questions(context: Context) -> Iterator[Parsed]:
    """The questions of a file, in its order; of a block that can't be understood one error, with the block."""
    reader = _Reader(context)
    for group in _groups(context):
        try:
            found = [one for one in reader.read(group) if not context.is_told(one)]
        except ParseError as exc:
            key = exc.key or context.name
            yield Parsed(key=key, error=without_frames(exc), excerpt=context.document.excerpt(group.blocks))
        else:
            for proceeding in found:
                yield Parsed(key=proceeding.id, proceeding=proceeding)


def _groups(context: Context) -> Iterator[_Group]:
    major: etree._Element | Broken | None = None
    minor: etree._Element | Broken | None = None
    group = _Group((None, None))
    for block in context.document.blocks:
        is_heading = block.tag in ("major-heading", "minor-heading")
        if (is_heading or (block.tag == "ques" and group.replies)) and (group.questions or group.replies):
            group.following = None if isinstance(block, Broken) else context.column(block)
            yield group
            group = _Group((major, minor))
        if block.tag == "major-heading":
            major, minor = block, None
        elif block.tag == "minor-heading":
            minor = block
        if is_heading:
            group = _Group((major, minor))
        elif block.tag == "ques":
            group.questions.append(block)
        elif block.tag == "reply":
            group.replies.append(block)
    if group.questions or group.replies:
        yield group


class _Reader:
    """Reads the groups of a file one after the other; knows which numbers and ids it has seen in it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seen: set[str] = set()
        self._in_column: Counter[str] = Counter()
        self._page: etree._Element | Broken | None = None
        asked = [one for one in context.document.blocks if not isinstance(one, Broken) and one.tag == "ques"]
        self._numbers = {one.get("spid", "") for one in asked}  # and so those of its group are nobody else's
        self._numbers.update(paragraph.get("qnum", "") for one in asked for paragraph in one.iterfind("p"))

    def read(self, group: _Group) -> Iterator[Proceeding]:
        """The questions of a group. Raises ParseError, with the id of the group as its key."""
        key = _key_of(group)
        for block in (*group.questions, *group.replies):
            if isinstance(block, Broken):
                raise ParseError(f"Question {key} of {self._context.name} {block.reason}: report it.", key=key)
        if not group.questions:
            raise ParseError(
                f"A reply in {self._context.name} ({key}) stands without its question: report it.", key=key
            )
        elements = [element for element in group.questions if not isinstance(element, Broken)]
        asked = [one for element in elements for one in self._asked(element, key)]
        replies = [element for element in group.replies if not isinstance(element, Broken)]
        told = self._told(group, elements, replies)
        for place, one in enumerate(asked):
            yield Proceeding(
                question=one.text or None,
                url=self._context.url(one.element, one.gid),
                asked_by=self._context.member(one.element),
                grouped_with=tuple(_others(asked, one, self._context.house)),
                gid=one.gid.text,
                **told,
                **self._identity(group, asked, place),
            )

    def _asked(self, element: etree._Element, key: str) -> Iterator[_Asked]:
        """The questions of one member: one for each number, the common stem before each part."""
        gid = read_gid(element.get("id"))
        if gid is None:
            raise ParseError(f"A question in {self._context.name} has no id that can be read: report it.", key=key)
        if self._context.house is House.SCOTLAND:
            yield _Asked(element, gid, element.get("spid") or gid.number, text_of(element)[0])
            return
        stem, parts = _parts(element)
        common = (text_of(stem) if parts else contents_of([element]))[0]
        for number, elements in parts or [("", [])]:
            yield _Asked(element, gid, number if _is_number(number) else None, _joined(common, text_of(elements)[0]))

    def _answer(self, replies: list[etree._Element]) -> _Answer:
        paragraphs = [child for reply in replies for child in reply if isinstance(child.tag, str)]
        attachments = attachments_of(replies[-1]) if replies else ()
        text, links = contents_of(replies, without=len(attachments))
        note = self._mark(paragraphs[0]) if len(paragraphs) > len(attachments) else None
        return _Answer(text, links, attachments, note)

    def _mark(self, paragraph: etree._Element) -> ReplyNote | None:
        """What the first paragraph says of an earlier answer: the day of a holding one, or of one that this takes up."""
        said = words(paragraph)
        if paragraph.get("class") == "holdinganswer":
            said = f"[{said.strip('[]: ')}]"
        return split_note(said, self._context.day)[0]

    def _told(self, group: _Group, asked: list[etree._Element], replies: list[etree._Element]) -> dict[str, Any]:
        """What all questions of a group have in common."""
        context, answer = self._context, self._answer(replies)
        major, minor = group.headings
        reply = replies[0] if replies else None
        column = context.column(asked[0])
        heading = words(minor) if minor is not None else ""
        if context.folder.series and not column and heading == _UNTITLED:
            heading = ""
        note, day, replied_on = answer.note, context.day, answer.note.replied_on if answer.note else None
        refers = dict.fromkeys(context.refers([*asked, *replies]))
        if note and replied_on:
            columns = (column_name(printed, context.house, WRITTEN_ANSWERS) for printed in note.columns)
            pointed = (column_reference(context.house, replied_on, WRITTEN_ANSWERS, one) for one in columns if one)
            refers.update(dict.fromkeys(pointed))
        return dict(  # noqa: C408 - the fields of a Proceeding, as it takes them
            source=SOURCE,
            kind=Kind.QUESTION,
            house=context.house,
            heading=heading or None,
            body=(body_name(words(major)) or None) if major is not None else None,
            answer=answer.text or None,
            answered_by=context.member(reply),
            answered_on=replied_on or day,
            corrected_on=day if replied_on else None,
            is_correction=True if replied_on else None,
            is_holding=False if column else None,
            holding_on=(note.holding_on if note else None) or _day(asked[0].get("holdingdate")),
            series=context.folder.series if column else None,
            column=column,
            column_to=context.ends_in(column, context.column(reply), group.following),
            refers=tuple(refers),
            attachments=answer.attachments,
            links=answer.links,
        )

    def _identity(self, group: _Group, asked: list[_Asked], place: int) -> dict[str, Any]:
        """What a question is known by."""
        context, one = self._context, asked[place]
        keys: list[str | None] = []
        known: dict[str, Any]
        if context.house is House.SCOTLAND:
            if not _SPID.fullmatch(one.number or ""):
                raise ParseError(
                    f"A question in {context.name} ({one.gid.key}) has no number: report it.", key=one.gid.key
                )
            known = {"id": f"spq-{one.number}".lower(), "uin": one.number}
            keys.append(f"spq:{one.number}")
        elif column := context.column(one.element):
            known = self._by_number(one, column)
            keys.append(known.pop("key"))
            if one.number and known["id"].rpartition("-")[2] != _bare(one.number).lower():
                return known | {"keys": tuple(filter(None, keys))}  # its ids are those of the other of that number
        else:
            uin = (one.number or one.gid.number or "").upper()
            if not _UIN.fullmatch(uin):
                raise ParseError(
                    f"A question in {context.name} ({one.gid.key}) has no number: report it.", key=one.gid.key
                )
            known = {"id": f"pq-{context.house}-{one.gid.day}-{uin}".lower(), "uin": uin, "tabled_on": one.gid.day}
            keys.append(uin_key(context.house, one.gid.day, uin))
        known["keys"] = tuple(dict.fromkeys(key for key in (*keys, *self._gids(group, asked, place)) if key))
        return known

    def _by_number(self, one: _Asked, column: str) -> dict[str, Any]:
        """House, session and number; without a number of its own the column and the place in it."""
        context, url = self._context, one.element.get("url")
        session = context.session(url)
        self._in_column[column] += 1
        known: dict[str, Any] = {"session": session}
        if one.number and session:
            known["uin"] = _bare(one.number)
            known["id"] = f"pq-{context.house}-{session}-{known['uin']}".lower()
            if known["id"] not in self._seen:  # else it was misprinted in one of two places
                self._seen.add(known["id"])
                return known | {"key": context.number_key(session, one.number)}
        nth = self._in_column[column]
        known["id"] = f"pq-{context.house}-{context.day}-{column}-{nth}".lower()
        return known | {"key": column_key(context.house, context.day, WRITTEN_ANSWERS, column, nth)}

    def _gids(self, group: _Group, asked: list[_Asked], place: int) -> Iterator[str]:
        """Keys of the ids of a question, present and past; those of its group go to the first of it."""
        context, one = self._context, asked[place]
        is_first_of_asker = place == 0 or asked[place - 1].element is not one.element
        own = f"gid:{one.gid.kind}/{one.gid.sitting}.{one.number}" if one.gid.number and one.number else None
        if own:
            yield own
        of_elements = [one.element] if is_first_of_asker else []
        if place == 0:
            minor = group.headings[1]
            of_elements += [block for block in group.replies if not isinstance(block, Broken)]
            if minor is not None and not isinstance(minor, Broken) and minor is not self._page:
                self._page = minor
                of_elements.append(minor)
        for element in of_elements:
            gid = read_gid(element.get("id"))
            present = [gid.key] if gid else []
            for key in (*present, *context.earlier_keys(element.get("id"))):
                if key == own or key.rpartition(".")[2] not in self._numbers:
                    yield key


def _others(asked: list[_Asked], one: _Asked, house: House) -> Iterator[Grouped]:
    """The other questions of a group, by number, each once."""
    seen = {one.number}
    for other in asked:
        if other.number not in seen and other.number:
            seen.add(other.number)
            is_dated = other.element.get("colnum") is None and house is not House.SCOTLAND
            yield Grouped(uin=_bare(other.number), tabled_on=other.gid.day if is_dated else None)


def _parts(element: etree._Element) -> tuple[list[etree._Element], list[tuple[str, list[etree._Element]]]]:
    """What all parts of a question have in common, and the paragraphs of each number.

    The Lords' files give every paragraph below "asked Her Majesty's Government:" a number, "0" where none is printed: the
    next number is of all of them. Of a part that is marked as one ("(2) ...") "0" says that its own number is missing. What
    parlparse itself says of a question (class "error") is left out.
    """
    stem: list[etree._Element] = []
    parts: list[tuple[str, list[etree._Element]]] = []
    unnumbered: list[etree._Element] = []
    for child in element:
        number, style = child.get("qnum", "").strip(), child.get("class")
        if style == "error":
            continue
        if number and not _is_number(number) and style != "numindent":
            unnumbered.append(child)
        elif number and (not parts or number != parts[-1][0]):
            parts.append((number, [*unnumbered, child]))
            unnumbered = []
        elif parts:
            parts[-1][1].append(child)
        else:
            stem.append(child)
    if unnumbered and parts:
        parts[-1][1].extend(unnumbered)
    elif unnumbered:
        parts.append(("", unnumbered))
    return stem, parts


def _key_of(group: _Group) -> str:
    first = (group.questions or group.replies)[0]
    text = first.id if isinstance(first, Broken) else first.get("id", "")
    gid = read_gid(text)
    return gid.key if gid else text or "unknown"


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _bare(number: str) -> str:
    """A number without the R that is printed behind it where the member has an interest."""
    return number.upper().removesuffix("R")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _joined(stem: str, part: str) -> str:
    """A part behind what all parts have in common, which seldom is a sentence of its own."""
    return f"{stem}\n\n{part}" if stem.endswith(_SENTENCE_ENDS) and part else f"{stem} {part}".strip()
