"""Speeches (debates, Westminster Hall, the Lords, committees, Northern Ireland) and written statements: `speech` elements.

Headings stand before them in a flat list. A `speech` without a speaker is procedure (a new clause, "Question put"): no
record; one with the name of somebody who is no member (a witness) is one. Ids are made of column and place, and so of one
version only; a record goes by the id that it had in the first version of which the redirects tell. Since 2014 a statement
has its UIN in its id.
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
from scrapers.theyworkforyou.documents import Broken, attachments_of, contents_of, words
from scrapers.theyworkforyou.gids import read_gid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml import etree

    from scrapers.theyworkforyou.context import Context
    from scrapers.theyworkforyou.gids import Gid

_TOPICAL = "topical questions"
HEADINGS: Final = ("bill", "oral-heading", "major-heading", "minor-heading")

_STATEMENT = re.compile(r"(?P<uin>H[CL]WS\d{1,6})\.\d{1,3}", re.IGNORECASE)
_PLACED = re.compile(r"[\w.-]*\d", re.ASCII)
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


@dataclass(slots=True)
class _Headings:
    """What stands above a speech. `bill`: what a committee sits on.

    Of the Commons no major heading ends where it should: that of the department whose questions come first stands above the
    bill that follows them. So `is_sure` is False there, and a major heading counts only above questions, each of which is
    the first speech under its minor heading (`is_asked`). Since 2014 bills have major headings of their own, so there it
    counts above clauses too (`has_bills`).
    """

    is_sure: bool
    has_bills: bool
    bill: str = ""
    major: str = ""
    minor: str = ""
    is_asked: bool = False

    def take(self, block: etree._Element | Broken) -> None:
        """A heading ends those below it."""
        if block.tag == "bill":
            self.bill = words(block)
        elif block.tag == "minor-heading":
            self.minor = _CHAIR.sub("", words(block))
            self.is_asked = self.minor.lower() == _TOPICAL
        else:
            self.major, self.minor = body_name(words(block)), ""

    @property
    def of_speech(self) -> str | None:
        """The bill or the subject, and what of it."""
        is_of_bill = self.has_bills and _OF_BILL.match(self.minor)
        major = self.major if self.is_sure or self.is_asked or is_of_bill or not self.minor else ""
        return ": ".join(filter(None, (self.bill or major, self.minor))) or None


def speeches(context: Context) -> Iterator[Parsed]:
    """The speeches or statements of a file, in its order; one that can't be understood is an error, alone."""
    reader, blocks = _Reader(context), context.document.blocks
    headings = _Headings(
        is_sure=context.folder.name not in ("debates", "westminhall"),
        has_bills="scraperversion" in context.document.attributes,  # so it is spelt since 2014, and only then
    )
    for place, block in enumerate(blocks):
        if block.tag in HEADINGS:
            headings.take(block)
        elif block.tag == "speech" and not _is_procedure(block):
            headings.is_asked |= not isinstance(block, Broken) and block.get("oral-qnum") is not None
            try:
                proceeding = reader.read(block, headings, _next_column(context, blocks, place))
                is_new = bool(proceeding.text) and not context.is_told(proceeding)
            except ParseError as exc:
                excerpt = context.document.excerpt([*_above(blocks, place), block])
                yield Parsed(key=exc.key or context.name, error=without_frames(exc), excerpt=excerpt)
            else:
                if is_new:
                    yield Parsed(key=proceeding.id, proceeding=proceeding)


class _Reader:
    """Reads the speeches of a file one after the other; knows their ids, and how many began in each column."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._ids = _ids(context)
        self._in_column: Counter[tuple[str, str]] = Counter()
        self._words: dict[str, list[dict[str, str]]] = {}

    def read(self, block: etree._Element | Broken, headings: _Headings, following: str | None) -> Proceeding:
        """One speech or statement; `following` is the column in which something else begins. Raises ParseError."""
        context = self._context
        gid = read_gid(block.id if isinstance(block, Broken) else block.get("id"))
        if isinstance(block, Broken):
            key = gid.key if gid else None
            raise ParseError(
                f"What {block.id or 'somebody'} says in {context.name} {block.reason}: report it.", key=key
            )
        if gid is None or not _PLACED.fullmatch(gid.place):
            raise ParseError(f"A speech in {context.name} has no id that can be read: report it.", key=block.get("id"))
        series = _series(context, block)
        column = context.column(block, series)
        attachments = attachments_of(block)
        text, links = contents_of([block], without=len(attachments))
        speaker = context.speaker(block)
        proceeding = Proceeding(
            id=self._ids[gid.text],
            source=SOURCE,
            kind=context.folder.kind,
            house=context.house,
            url=context.url(block, gid),
            heading=headings.of_speech,
            text=text or None,
            made_on=context.day,
            made_by=speaker,
            series=series if column else None,
            column=column,
            column_to=context.ends_in(column, None, following),
            session=context.session(block.get("url")),
            gid=gid.text,
            keys=tuple(self._keys(gid, series, column if speaker else None)),
            refers=tuple(dict.fromkeys(context.refers([block]))),
            links=links,
            attachments=attachments,
        )
        proceeding = self._apart(proceeding, gid)
        numbers = [number for one in block.iterfind("p") if _NUMBER.fullmatch(number := one.get("qnum", ""))]
        if context.folder.kind is Kind.STATEMENT:
            return self._statement(proceeding, gid, headings, numbers)
        return replace(proceeding, uin=numbers[0].upper().removesuffix("R")) if numbers else proceeding

    def _apart(self, proceeding: Proceeding, gid: Gid) -> Proceeding:
        """Where other words have that id in this file already, with an id of its own; the gid stays with the first."""
        words = self._words.setdefault(gid.text, [])
        if (parts := dict(proceeding.parts())) not in words:
            words.append(parts)
        nth = words.index(parts) + 1
        if nth == 1:
            return proceeding
        keys = tuple(key for key in proceeding.keys if not key.startswith("gid:"))
        return replace(proceeding, id=f"{proceeding.id}x{nth}", keys=keys)

    def _keys(self, gid: Gid, series: str | None, column: str | None) -> Iterator[str]:
        """Ids present and past, then column and place: not of committees, several of which may sit on a day.

        `column` is None for what nobody says, which other sources do not count.
        """
        yield gid.key
        yield from self._context.earlier_keys(gid.text)
        if column and series:
            self._in_column[series, column] += 1
            if series != COMMITTEE:
                nth = self._in_column[series, column]
                yield column_key(self._context.house, self._context.day, series, column, nth)

    def _statement(self, proceeding: Proceeding, gid: Gid, headings: _Headings, numbers: list[str]) -> Proceeding:
        """A statement has its department above it. One that corrects an answer prints the number of its question."""
        context = self._context
        corrected = (context.number_key(proceeding.session, number) for number in numbers)
        statement = replace(
            proceeding,
            heading=headings.minor or None,
            body=headings.major or None,
            refers=tuple(dict.fromkeys([*proceeding.refers, *filter(None, corrected)])),
        )
        match = _STATEMENT.fullmatch(gid.place)
        if match is None:
            return statement
        uin = match["uin"].upper()
        keys = (uin_key(context.house, gid.day, uin), *statement.keys)
        return replace(statement, uin=uin, made_on=gid.day, session=None, keys=keys)


def _ids(context: Context) -> dict[str, str]:
    """The public id of each speech by its gid. What stood in an earlier version keeps its own; what came later makes way."""
    blocks = (block for block in context.document.blocks if not isinstance(block, Broken) and block.tag == "speech")
    gids = dict.fromkeys(gid for block in blocks if (gid := read_gid(block.get("id"))))
    firsts = {gid.text: context.redirects.first(gid) for gid in gids}
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for gid in sorted(gids, key=lambda gid: firsts[gid.text] is gid):
        first = firsts[gid.text]
        known = _id(context, first, "")
        ids[gid.text] = _id(context, first, first.letter) if known in taken else known
        taken.add(ids[gid.text])
    return ids


def _id(context: Context, gid: Gid, letter: str) -> str:
    """Without the letter of a version, unless another speech has that id."""
    begin = f"st-{context.house}" if context.folder.kind is Kind.STATEMENT else f"sp-{gid.kind}"
    sitting, place = gid.sitting.removeprefix("standing"), gid.place.replace(".", "-")
    if _STATEMENT.fullmatch(gid.place):
        place = place.rpartition("-")[0]
    return re.sub(r"[^\w.:-]", "-", f"{begin}-{sitting}{letter}-{place}".lower())


def _series(context: Context, block: etree._Element) -> str | None:
    """Grand Committees stand in the files of the Lords' chamber, with columns of their own."""
    if context.house is House.LORDS and _GRAND_COMMITTEE.fullmatch(block.get("colnum", "")):
        return GRAND_COMMITTEE
    return context.folder.series


def _is_procedure(block: etree._Element | Broken) -> bool:
    if isinstance(block, Broken):
        return _NO_SPEAKER.match(block.source) is not None
    return is_no_member(block) and not block.get("speakername", "").strip(" :")


def _next_column(context: Context, blocks: Sequence[etree._Element | Broken], place: int) -> str | None:
    """The column in which the next thing begins that has one."""
    for block in blocks[place + 1 : place + 4]:
        if not isinstance(block, Broken) and block.get("colnum"):
            return context.column(block, _series(context, block))
    return None


def _above(blocks: Sequence[etree._Element | Broken], place: int) -> list[etree._Element | Broken]:
    """The headings that a speech stands under, in order."""
    found: dict[str, etree._Element | Broken] = {}
    for block in blocks[:place]:
        if block.tag in HEADINGS:
            if block.tag == "major-heading":
                found.pop("minor-heading", None)
            found[str(block.tag)] = block
    return [found[tag] for tag in HEADINGS if tag in found]
