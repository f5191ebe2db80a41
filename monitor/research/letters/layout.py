"""Paragraphs of a drafted letter in their order, which each format writes in its own way.

What only the sender knows stands in square brackets, and every format makes these stand out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from monitor.presentation.wording import long_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.research.letters.drafting import Draft, QuotedPassage

SENDER: Final = ("[Your name]", "[Your organisation]", "[Your address]", "[Your telephone number and email address]")
"""Lines above the date, which the writer fills in."""
SIGNED: Final = ("[Your signature]", "[Your name]", "[Your position, your organisation]")
ADDRESS: Final = "[Address of the department or office]"

_WHOLE_ADDRESS: Final = 3
_BLANK: Final = re.compile(r"(\[[^\[\]]+\])")


class BlockKind(StrEnum):
    """Kind of a paragraph. `BLANK`: what the writer has to say themselves."""

    SENDER = "sender"
    DATE = "date"
    ADDRESS = "address"
    SALUTATION = "salutation"
    SUBJECT = "subject"
    TEXT = "text"
    BLANK = "blank"
    QUOTATION = "quotation"
    PROMISE = "promise"
    CLOSING = "closing"
    SIGNED = "signed"
    COPIES = "copies"
    HEADING = "heading"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph of a letter.

    `lines` of an address or a list of names; others have one. `number` of a reference: of the one that it is, or that stands
    behind it; 0 for none. `after`: what follows the quotation of a promise. `url`: address of a reference. `has_blanks`:
    square brackets in it are for the writer to fill in. `is_lead`: it stays with the paragraph that follows.
    """

    kind: BlockKind
    lines: tuple[str, ...]
    number: int = 0
    after: str = ""
    url: str = ""
    has_blanks: bool = False
    is_lead: bool = False

    @property
    def text(self) -> str:
        """All lines as one text."""
        return "\n".join(self.lines)


def letter_blocks(draft: Draft) -> Iterator[Block]:
    """Yield the paragraphs of a letter."""
    yield _own(BlockKind.SENDER, *SENDER)
    yield Block(kind=BlockKind.DATE, lines=(long_day(draft.written_on),))
    yield Block(kind=BlockKind.ADDRESS, lines=draft.address)
    if len(draft.address) < _WHOLE_ADDRESS:
        yield _own(BlockKind.ADDRESS, ADDRESS)
    yield Block(kind=BlockKind.SALUTATION, lines=(f"{draft.salutation.rstrip(',')},",))
    yield Block(kind=BlockKind.SUBJECT, lines=(draft.subject,))
    yield _own(BlockKind.TEXT, f"I am writing on behalf of [your organisation] about what {draft.audience} been told.")
    for passage in draft.passages:
        yield from _passage_blocks(passage)
    if draft.has_promises:
        ask = "I should be grateful if you would tell me how this stands, and on what day it will be done."
        yield Block(kind=BlockKind.TEXT, lines=(ask,))
    yield _own(
        BlockKind.BLANK, "[What you ask, why it matters to those for whom you speak, and by when you hope to hear]"
    )
    yield Block(kind=BlockKind.CLOSING, lines=("Yours sincerely,",), is_lead=True)
    yield _own(BlockKind.SIGNED, *SIGNED)
    if draft.copies:
        yield Block(kind=BlockKind.COPIES, lines=draft.copies)
    yield Block(kind=BlockKind.HEADING, lines=("References",), is_lead=True)
    for reference in draft.references:
        yield Block(kind=BlockKind.REFERENCE, lines=(reference.text,), number=reference.number, url=reference.url)


def _own(kind: BlockKind, *lines: str) -> Block:
    return Block(kind=kind, lines=lines, has_blanks=True)


def _passage_blocks(passage: QuotedPassage) -> Iterator[Block]:
    if not passage.quotation:
        yield Block(kind=BlockKind.TEXT, lines=(passage.lead,), number=passage.number)
        return
    yield Block(kind=BlockKind.TEXT, lines=(passage.lead,), is_lead=True)
    yield Block(kind=BlockKind.QUOTATION, lines=(passage.quotation,), number=passage.number)
    days: dict[str, dict[str, None]] = {}
    for promise in passage.promises:
        days.setdefault(" ".join(promise.sentence.split()), {})[promise.days] = None
    if not passage.promise_lead:
        for said in days.values():
            yield Block(kind=BlockKind.TEXT, lines=(f"This was promised {'; '.join(said)}.",))
        return
    yield Block(kind=BlockKind.TEXT, lines=(passage.promise_lead,), is_lead=True)
    for sentence, said in days.items():
        after = f"\u2013 {'; '.join(said)}."
        yield Block(kind=BlockKind.PROMISE, lines=(sentence,), number=passage.number, after=after)


def parted(text: str) -> Iterator[tuple[str, bool]]:
    """Part a text of the letter's own at its square brackets: the words, and whether they are to be filled in."""
    for piece in _BLANK.split(text):
        if piece:
            yield piece, bool(_BLANK.fullmatch(piece))


def quotation_lines(quotation: str) -> list[list[str]]:
    """Return the lines of each paragraph of a quotation, without space around them."""
    paragraphs = (paragraph.split("\n") for paragraph in quotation.split("\n\n"))
    return [found for lines in paragraphs if (found := [line.strip() for line in lines if line.strip()])]
