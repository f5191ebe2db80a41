"""Speeches (debates, Westminster Hall, the Lords, committees, Northern Ireland) and written statements: `speech` elements.

Headings stand before them in a flat list. A `speech` without a speaker is procedure (a new clause, "Question put") and no
record; a witness, who is named but no member, makes one. Ids are made of column and place, and so hold for one version only:
a record goes by the id that it had in the first version that the redirects know. Since 2014 a statement has its UIN in its
id.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from monitor.errors import ParseError, without_frames
from monitor.model.records import House, Kind, Proceeding
from monitor.model.sources import Parsed
from monitor.parliament.identifiers import COMMITTEE, GRAND_COMMITTEE, column_key, uin_key
from scrapers.hansard.notation import body_name
from scrapers.theyworkforyou.context import SOURCE, is_no_member
from scrapers.theyworkforyou.documents import BrokenBlock, line_of, read_attachments, read_contents
from scrapers.theyworkforyou.gids import read_gid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml import etree

    from scrapers.theyworkforyou.context import FileContext
    from scrapers.theyworkforyou.documents import Block
    from scrapers.theyworkforyou.gids import Gid

_TOPICAL = "topical questions"
HEADINGS: Final = ("bill", "oral-heading", "major-heading", "minor-heading")

_STATEMENT_PLACE = re.compile(r"(?P<uin>H[CL]WS\d{1,6})\.\d{1,3}", re.IGNORECASE)
_USABLE_PLACE = re.compile(r"[\w.-]*\d", re.ASCII)
_GRAND_COMMITTEE = re.compile(r"GC\s*\d+|\d+\s*GC", re.IGNORECASE)
_CHAIR = re.compile(
    r"^\[[^\]]{1,80} in the Chair\]\s*[\u2014\u2013-]*\s*(?=\S)"
    r"|(?<=[^\s\u2014\u2013-])\s*[\u2014\u2013-]+\s*\[[^\]]{1,80} in the Chair\]$"
)
_OF_BILL = re.compile(
    r"(?:new |government )*(?:clauses?|schedules?|part|title|preamble)\b|(?:second|third) reading\b", re.IGNORECASE
)
_NO_SPEAKER = re.compile(rb"""^<speech\b(?![^>]*\bspeakername\s*=)[^>]*\bnospeaker\s*=\s*["']true["']""", re.IGNORECASE)
_NUMBER = re.compile(r"(?:HL)?\d{1,7}R?", re.IGNORECASE)
_LOOK_AHEAD = 3
"""Blocks behind a speech among which the next column is looked for."""


@dataclass(slots=True)
class _Headings:
    """Headings above a speech. `bill`: the bill that a committee considers.

    In the Commons' files no major heading ends where it should: the heading of the department whose questions come first
    stands above the bill that follows them. So `majors_are_reliable` is False there, and a major heading counts only above
    questions, each of which is the first speech under its minor heading (`is_question_time`). Since 2014 bills have major
    headings of their own, so there they count above clauses too (`has_bill_headings`).
    """

    majors_are_reliable: bool
    has_bill_headings: bool
    bill: str = ""
    major: str = ""
    minor: str = ""
    is_question_time: bool = False

    def add(self, block: Block) -> None:
        """Take in a heading, which ends those below it."""
        if block.tag == "bill":
            self.bill = line_of(block)
        elif block.tag == "minor-heading":
            self.minor = _CHAIR.sub("", line_of(block))
            self.is_question_time = self.minor.lower() == _TOPICAL
        else:
            self.major, self.minor = body_name(line_of(block)), ""

    @property
    def of_speech(self) -> str | None:
        """Heading of a speech: the bill or the subject, then the clause or question."""
        is_of_bill = self.has_bill_headings and _OF_BILL.match(self.minor) is not None
        counts = self.majors_are_reliable or self.is_question_time or is_of_bill or not self.minor
        major = self.major if counts else ""
        return ": ".join(filter(None, (self.bill or major, self.minor))) or None


def read_speeches(context: FileContext) -> Iterator[Parsed]:
    """Parse the speeches or statements of a file, in its order. One that can't be understood is an error by itself."""
    reader, blocks = _SpeechReader(context), context.document.blocks
    headings = _Headings(
        majors_are_reliable=context.kind.name not in ("debates", "westminhall"),
        has_bill_headings="scraperversion" in context.document.attributes,  # spelt so only since 2014
    )
    for place, block in enumerate(blocks):
        if block.tag in HEADINGS:
            headings.add(block)
        elif block.tag == "speech" and not _is_procedure(block):
            headings.is_question_time |= not isinstance(block, BrokenBlock) and block.get("oral-qnum") is not None
            try:
                proceeding = reader.read(block, headings, _next_column(context, blocks, place))
                is_new = bool(proceeding.text) and not context.is_repeated(proceeding)
            except ParseError as exc:
                excerpt = context.document.excerpt([*_headings_above(blocks, place), block])
                yield Parsed(key=exc.key or context.name, error=without_frames(exc), excerpt=excerpt)
            else:
                if is_new:
                    yield Parsed(key=proceeding.id, proceeding=proceeding)


class _SpeechReader:
    """Reads the speeches of a file one after the other; knows their ids, and how many began in each column."""

    def __init__(self, context: FileContext) -> None:
        self._context = context
        self._ids = _public_ids(context)
        self._count_in_column: Counter[tuple[str, str]] = Counter()
        self._texts_by_gid: dict[str, list[dict[str, str]]] = {}

    def read(self, block: Block, headings: _Headings, next_column: str | None) -> Proceeding:
        """Parse one speech or statement. `next_column`: the one in which the next block begins. Raises ParseError."""
        context = self._context
        element, gid = self._check(block)
        series = _series(context, element)
        column = context.column(element, series)
        attachments = read_attachments(element)
        text, links = read_contents([element], without=len(attachments))
        speaker = context.speaker(element)
        proceeding = Proceeding(
            id=self._ids[gid.text],
            source=SOURCE,
            kind=context.kind.record_kind,
            house=context.house,
            url=context.url(element, gid),
            heading=headings.of_speech,
            text=text or None,
            made_on=context.day,
            made_by=speaker,
            series=series if column else None,
            column=column,
            column_to=context.ends_in(column, None, next_column),
            session=context.session(element.get("url")),
            gid=gid.text,
            keys=tuple(self._keys(gid, series, column if speaker else None)),
            refers=tuple(dict.fromkeys(context.refers([element]))),
            links=links,
            attachments=attachments,
        )
        proceeding = self._distinguish(proceeding, gid)
        printed = (paragraph.get("qnum", "") for paragraph in element.iterfind("p"))
        numbers = [number for number in printed if _NUMBER.fullmatch(number)]
        if context.kind.record_kind is Kind.STATEMENT:
            return self._as_statement(proceeding, gid, headings, numbers)
        return replace(proceeding, uin=numbers[0].upper().removesuffix("R")) if numbers else proceeding

    def _check(self, block: Block) -> tuple[etree._Element, Gid]:
        """Return the element and its id. Raises ParseError if either can't be read."""
        name = self._context.name
        if isinstance(block, BrokenBlock):
            gid = read_gid(block.id)
            key = gid.key if gid else None
            raise ParseError(f"A speech in {name} ({block.id or 'without an id'}) {block.reason}: report it.", key=key)
        gid = read_gid(block.get("id"))
        if gid is None or not _USABLE_PLACE.fullmatch(gid.place):
            raise ParseError(f"A speech in {name} has no id that can be read: report it.", key=block.get("id"))
        return block, gid

    def _distinguish(self, proceeding: Proceeding, gid: Gid) -> Proceeding:
        """Give a record an id of its own if another text has that id in this file; the gid stays with the first."""
        texts = self._texts_by_gid.setdefault(gid.text, [])
        if (parts := dict(proceeding.parts())) not in texts:
            texts.append(parts)
        number = texts.index(parts) + 1
        if number == 1:
            return proceeding
        keys = tuple(key for key in proceeding.keys if not key.startswith("gid:"))
        return replace(proceeding, id=f"{proceeding.id}x{number}", keys=keys)

    def _keys(self, gid: Gid, series: str | None, column: str | None) -> Iterator[str]:
        """Give the keys of ids, present and past, then of column and place; several committees may sit on one day.

        `column` is None for words without a speaker, which other sources do not count.
        """
        yield gid.key
        yield from self._context.earlier_keys(gid.text)
        if column and series:
            self._count_in_column[series, column] += 1
            if series != COMMITTEE:
                place = self._count_in_column[series, column]
                yield column_key(self._context.house, self._context.day, series, column, place)

    def _as_statement(self, proceeding: Proceeding, gid: Gid, headings: _Headings, numbers: list[str]) -> Proceeding:
        """Add the department above a statement, and the question whose answer it corrects, by its printed number."""
        context = self._context
        corrected = (context.number_key(proceeding.session, number) for number in numbers)
        statement = replace(
            proceeding,
            heading=headings.minor or None,
            body=headings.major or None,
            refers=tuple(dict.fromkeys([*proceeding.refers, *filter(None, corrected)])),
        )
        match = _STATEMENT_PLACE.fullmatch(gid.place)
        if match is None:
            return statement
        uin = match["uin"].upper()
        keys = (uin_key(context.house, gid.day, uin), *statement.keys)
        return replace(statement, uin=uin, made_on=gid.day, session=None, keys=keys)


def _public_ids(context: FileContext) -> dict[str, str]:
    """Choose the public id of each speech, by gid. Speeches of an earlier version keep theirs; later ones make way."""
    elements = (
        block for block in context.document.blocks if not isinstance(block, BrokenBlock) and block.tag == "speech"
    )
    gids = dict.fromkeys(gid for element in elements if (gid := read_gid(element.get("id"))))
    first_gids = {gid.text: context.redirects.first(gid) for gid in gids}
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for gid in sorted(gids, key=lambda gid: first_gids[gid.text] is gid):
        first = first_gids[gid.text]
        public_id = _public_id(context, first, "")
        if public_id in taken:
            public_id = _public_id(context, first, first.letter)
        ids[gid.text] = public_id
        taken.add(public_id)
    return ids


def _public_id(context: FileContext, gid: Gid, letter: str) -> str:
    """Write a public id. `letter`: that of the version, if another speech has the id without it."""
    prefix = f"st-{context.house}" if context.kind.record_kind is Kind.STATEMENT else f"sp-{gid.kind}"
    sitting, place = gid.sitting.removeprefix("standing"), gid.place.replace(".", "-")
    if _STATEMENT_PLACE.fullmatch(gid.place):
        place = place.rpartition("-")[0]
    return re.sub(r"[^\w.:-]", "-", f"{prefix}-{sitting}{letter}-{place}".lower())


def _series(context: FileContext, element: etree._Element) -> str | None:
    """Return the series of a speech: Grand Committees stand in the Lords' files, with columns of their own."""
    if context.house is House.LORDS and _GRAND_COMMITTEE.fullmatch(element.get("colnum", "")):
        return GRAND_COMMITTEE
    return context.kind.series


def _is_procedure(block: Block) -> bool:
    if isinstance(block, BrokenBlock):
        return _NO_SPEAKER.match(block.source) is not None
    return is_no_member(block) and not block.get("speakername", "").strip(" :")


def _next_column(context: FileContext, blocks: Sequence[Block], place: int) -> str | None:
    """Find the column in which the next block with a column begins."""
    for block in blocks[place + 1 : place + 1 + _LOOK_AHEAD]:
        if not isinstance(block, BrokenBlock) and block.get("colnum"):
            return context.column(block, _series(context, block))
    return None


def _headings_above(blocks: Sequence[Block], place: int) -> list[Block]:
    """Find the headings that a speech stands under, in order."""
    headings: dict[str, Block] = {}
    for block in blocks[:place]:
        if block.tag in HEADINGS:
            if block.tag == "major-heading":
                headings.pop("minor-heading", None)
            headings[str(block.tag)] = block
    return [headings[tag] for tag in HEADINGS if tag in headings]
