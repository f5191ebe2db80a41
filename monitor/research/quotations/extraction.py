"""The quotations of a letter, with what the letter says beside them.

Quotations stand in marks, or a paragraph is set as one without marks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from monitor.model.letters import Paragraph
from monitor.research.quotations.numbered import numbered_references, with_reference, without_mark
from monitor.research.quotations.pieces import has_glosses, pieces
from monitor.research.quotations.quotation_marks import (
    MOST_PARAGRAPHS,
    continuation,
    is_single,
    opening,
    spans,
    unclosed,
)
from monitor.research.quotations.titles import is_title
from monitor.text.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.model.letters import Letter
    from monitor.research.quotations.pieces import Piece

SHORT: Final = 5
"""Words from which on a quotation is looked for among what is alike; shorter ones are anybody's words."""

NEAR: Final = 300
"""Characters of the letter before and after a quotation that may say where it is from."""

SCARE: Final = 2
"""Words of a short phrase in quotation marks that quotes nothing. A figure among them is checked."""

_NAMES_SOURCE = r"(?:UIN|Deb\b|Hansard|Official Report|\bcols?\b|\bc\d|\bHL\d|HCWS|HLWS|answered)"
_SOURCE: Final = re.compile(
    rf"\s*[(\[][^()\[\]]{{0,200}}{_NAMES_SOURCE}[^()\[\]]{{0,200}}[)\]]\.?$"
    r"|(?<=[.!?\u2026\"'\u2019\u201d])\s*[(\[][^()\[\]]{0,200}\b(?:1[89]|20)\d\d\b[^()\[\]]{0,60}[)\]]\.?$"
    rf"|(?<=[.!?\u2026\"'\u2019\u201d])\s*(?:[\u2014\u2013]|--?)\s?(?=[A-Z])[^\u2014\u2013]{{3,200}}$"
)
"""Source at the end of a quotation that is set without quotation marks."""
_SOURCE_ALONE: Final = re.compile(
    rf"[(\[][^()\[\]]{{0,200}}(?:{_NAMES_SOURCE}|\b(?:1[89]|20)\d\d\b)[^()\[\]]{{0,200}}[)\]]\.?"
    r"|(?:[\u2014\u2013]|--)\s?(?=[A-Z])[^\u2014\u2013]{3,200}(?<![.,:;])"
)
"""Source in a paragraph of its own within what is set as a quotation. An item of a list ends with a stop."""
_MOST_OF_SOURCE: Final = 600
_ONLY_SOURCE: Final = re.compile(r"[(\[].{0,250}[)\]]\.?|(?:[\u2014\u2013]|--)\s?.{3,250}")
_BEGINNING: Final = 20
"""A quotation that begins within so many characters of its paragraph is introduced by the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """A quotation as it stands in the letter, without its marks.

    `paragraph` is where it begins, counted from 1. `before` and `after` are what the letter says beside it. `is_set`: a
    paragraph set as a quotation, without marks. `parts`: the quotations that its paragraphs may be instead.
    """

    text: str
    paragraph: int
    before: str = ""
    after: str = ""
    is_set: bool = False
    pieces: tuple[Piece, ...] = field(default=())
    parts: tuple[Quotation, ...] = ()

    @property
    def words(self) -> int:
        """Return the number of words that must stand in the record."""
        return sum(len(tokens(piece.text)) for piece in self.pieces)

    @property
    def is_scare(self) -> bool:
        """Return whether these are a word or two in quotation marks that quote nothing."""
        return not self.is_set and self.words <= SCARE and not any(map(str.isdigit, self.text))

    @property
    def is_title(self) -> bool:
        """Return whether this is the title of a report, a law or the like, by its capitals or the words beside it."""
        return not self.is_set and is_title(self.text, self.before, self.after)

    @property
    def glossed(self) -> tuple[Piece, ...]:
        """The pieces where words in round brackets count as the writer's own; none where it has no such words."""
        return pieces(self.text, with_glosses=True) if has_glosses(self.text) else ()

    @property
    def bracketed(self) -> tuple[Piece, ...]:
        """The pieces where words in square brackets are the record's own; none where it has no such words."""
        text = without_mark(self.text)
        return pieces(text.replace("[", " ").replace("]", " ")) if "[" in text else ()

    @property
    def is_short(self) -> bool:
        """Return whether it has too few words for a search other than exact."""
        return self.words < SHORT


def quotations(letter: Letter) -> list[Quotation]:
    """Return the quotations of a letter in order."""
    found: list[Quotation] = []
    paragraphs = list(letter.paragraphs)
    at = 0
    while at < len(paragraphs):
        if paragraphs[at].is_quotation and not _is_marked(paragraphs[at].text):
            last = at
            while last + 1 < len(paragraphs) and paragraphs[last + 1].is_quotation and _goes_on(paragraphs[last + 1]):
                last += 1
            found.append(_set(paragraphs, at, last))
            at = last + 1
            continue
        marked, at, unread = _in_marks(paragraphs, at)
        found += marked
        if unread:  # read as a paragraph of its own, for what stands before it is about another quotation
            paragraphs[at - 1 : at + 1] = [Paragraph(text=""), Paragraph(text=unread)]
    references = numbered_references(letter)
    return list(_with_references(found, references))


def _with_references(found: Sequence[Quotation], references: dict[int, str]) -> Iterator[Quotation]:
    """Yield the quotations that have words, with what their numbers stand for."""
    for quotation in found:
        if quotation.words:
            parts = tuple(_with_references(quotation.parts, references))
            yield with_reference(replace(quotation, parts=parts), references)


def _goes_on(paragraph: Paragraph) -> bool:
    """Return whether a paragraph set as a quotation may continue the one before; one with its own marks does not."""
    return not paragraph.is_apart and not _is_marked(paragraph.text)


def _is_marked(text: str) -> bool:
    """Return whether most of a paragraph set as a quotation is in quotation marks, which then delimit the quotation."""
    return sum(end - start for start, end in spans(text)) > len(text) / 2 or unclosed(text, 0) is not None


# -- set as quotations ------------------------------------------------------------------------------------------------


def _set(paragraphs: Sequence[Paragraph], first: int, last: int) -> Quotation:
    """Return paragraphs set as one quotation; where it is from may stand at the end of the last, or be the last.

    They may also be several quotations, which nothing in the letter tells from one, so these are its `parts`.
    """
    texts = [paragraph.text for paragraph in paragraphs[first : last + 1]]
    if first < last and _SOURCE_ALONE.fullmatch(texts[-1]):
        source = texts.pop()
    else:
        source = _source(texts[-1])
        texts[-1] = texts[-1].removesuffix(source)
    before = _ahead(paragraphs, first)
    after = f"{source} {_behind(paragraphs, last)}".strip()
    text = "\n".join(filter(None, texts))
    groups = _groups(paragraphs, first, last)
    return Quotation(
        text=text,
        paragraph=first + 1,
        before=before.strip()[-NEAR:],
        after=after[:NEAR],
        is_set=True,
        pieces=pieces(text),
        parts=tuple(_set(paragraphs, *group) for group in groups) if 1 < len(groups) <= MOST_PARAGRAPHS else (),
    )


def joined(parts: Sequence[Quotation]) -> Quotation:
    """Return paragraphs that follow each other as one quotation."""
    text = "\n".join(part.text for part in parts)
    return replace(parts[-1], text=text, paragraph=parts[0].paragraph, before=parts[0].before, pieces=pieces(text))


def _source(text: str) -> str:
    """Return the source at the end of a paragraph set as a quotation."""
    named = _SOURCE.search(text, max(len(text) - _MOST_OF_SOURCE, 0))
    return named.group() if named and named.start() else ""


def _groups(paragraphs: Sequence[Paragraph], first: int, last: int) -> list[tuple[int, int]]:
    """Return the first and last paragraphs of quotations that end with a source each; without such, each paragraph."""
    texts = [paragraph.text for paragraph in paragraphs[first : last + 1]]
    starts = [at for at in range(1, len(texts)) if not _SOURCE_ALONE.fullmatch(texts[at])]
    after_source = [at for at in starts if _source(texts[at - 1]) or _SOURCE_ALONE.fullmatch(texts[at - 1])]
    bounds = [0, *(after_source or starts), len(texts)]
    return [(first + start, first + end - 1) for start, end in pairwise(bounds)]


def _ahead(paragraphs: Sequence[Paragraph], at: int) -> str:
    """Return the text of the paragraph before after its last quotation."""
    while at and paragraphs[at - 1].is_note:
        at -= 1
    if not at or paragraphs[at - 1].is_quotation:
        return ""
    text = paragraphs[at - 1].text
    return text[max((end for _, end in spans(text)), default=0) :]


def _behind(paragraphs: Sequence[Paragraph], at: int) -> str:
    """Return the notes of a paragraph, or the next paragraph if it is only a source."""
    notes = []
    while at + 1 < len(paragraphs) and paragraphs[at + 1].is_note:
        notes.append(paragraphs[at + 1].text)
        at += 1
    if notes:
        return " ".join(notes)
    following = paragraphs[at + 1].text if at + 1 < len(paragraphs) else ""
    return following if _ONLY_SOURCE.fullmatch(following) else ""


# -- in marks ---------------------------------------------------------------------------------------------------------


def _in_marks(paragraphs: Sequence[Paragraph], at: int) -> tuple[list[Quotation], int, str]:
    """Return the quotations that begin in a paragraph, the index of the paragraph to go on with, and what is unread of it.

    That is "" unless others begin behind the end of a quotation over several paragraphs, in the last of these.
    """
    text = paragraphs[at].text
    marked = [(start, end, text[start + 1 : end - 1]) for start, end in spans(text)]
    last, behind = at, ""
    start = unclosed(text, marked[-1][1] if marked else 0)
    if start is not None:
        more, last, behind = continuation(paragraphs, at, start)
        if more or not is_single(text[start]):
            marked.append((start, len(text), "\n".join([text[start + 1 :], *more])))
    next_start = opening(behind, 0)
    last_after = (
        f"{behind[:next_start] if last > at else text[marked[-1][1] :]} {_behind(paragraphs, last)}" if marked else ""
    )
    found = []
    for number, (start, end, words) in enumerate(marked):
        left = marked[number - 1][1] if number else 0
        is_introduced = left or start > _BEGINNING
        before = text[left:start] if is_introduced else f"{_ahead(paragraphs, at)} {text[:start]}"
        after = text[end : marked[number + 1][0]] if number + 1 < len(marked) else last_after
        found.append(
            Quotation(
                text=words.strip(),
                paragraph=at + 1,
                before=before.strip()[-NEAR:],
                after=after.strip()[:NEAR],
                pieces=pieces(words),
            )
        )
    return (found, last + 1, "") if next_start is None else (found, last, behind)
