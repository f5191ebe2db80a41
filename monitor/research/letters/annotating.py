"""A letter that was checked, given back as a .docx with its findings as comments at the quotations.

Nothing else of the letter changes: the marks of a comment are set between its words, and a run of words is parted where a
quotation begins or ends within it, as Word itself does. Words are looked for by their letters and figures alone, because
the checked text was read by another library. What stands in a note or a text box has its comment where that hangs.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from docx import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn

from monitor.errors import LetterError
from monitor.presentation.wording import clean
from monitor.research.quotations.outcomes import Verdict
from monitor.research.quotations.report import in_words
from monitor.research.quotations.styles import Style, reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docx.document import Document as WordDocument

    from monitor.research.quotations.outcomes import QuotationFinding

AUTHOR: Final = "pqwatch"
INITIALS: Final = "pq"

_MARKS: Final = "\"'\u201c\u201d\u2018\u2019\u201e\u201a\u00ab\u00bb\u2039\u203a"
_SKIPPED: Final = frozenset(map(qn, ("w:del", "w:moveFrom", "w:instrText", "w:delText")))
_NOTES: Final = {qn("w:footnoteReference"): "footnotes", qn("w:endnoteReference"): "endnotes"}
_NOTE: Final = {"footnotes": qn("w:footnote"), "endnotes": qn("w:endnote")}
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_P, _R, _T, _FORM = qn("w:p"), qn("w:r"), qn("w:t"), qn("w:rPr")
_STOPS: Final = ".!?"


def annotate(name: str, body: bytes, findings: Sequence[QuotationFinding], style: Style = Style.HANSARD) -> bytes:
    """Return a letter with a comment at each quotation. Raises LetterError.

    The caller has read the letter before, so that it is within the limits.
    """
    try:
        document = Document(io.BytesIO(body))
        _add_comments(document, findings, style)
        out = io.BytesIO()
        document.save(out)
    except Exception as exc:  # the library lets anything through: KeyError, ValueError, XMLSyntaxError
        raise LetterError(f"{name} can't be given comments: save it in Word as .docx again") from exc
    return out.getvalue()


def comment_of(finding: QuotationFinding, style: Style = Style.HANSARD) -> str:
    """Return the comment on a quotation: its verdict, what the record says, and a reference to paste."""
    said = in_words(finding)
    lines = [f"{said.title}.", *said.before]
    if finding.verdict is Verdict.ALTERED and finding.place is not None:
        lines.append(f"The record says: \u201c{' '.join(finding.place.passage.split())}\u201d")
    lines += said.after
    lines += [f"Warning: {warning}" for warning in said.warnings]
    if finding.place is not None and said.source:
        is_sourced = finding.attribution is not None and finding.attribution.agreed
        lead = "Nearest: " if finding.verdict is Verdict.NOT_FOUND else "" if is_sourced else "Reference to paste: "
        lines.append(f"{lead}{reference(finding.place.record, style, speaker=finding.place.said_by)}")
        lines += [said.url] if said.url else []
    return clean("\n".join(lines))


# -- the words of a document ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Words:
    """Letters and figures of a document in one row. `starts`, `places`: which run each stretch of them is from.

    A place is a run, the offset of a letter in its text, and whether the run itself may be parted there.
    """

    letters: list[str] = field(default_factory=list)
    places: list[tuple[Any, int, bool]] = field(default_factory=list)
    before: list[str] = field(default_factory=list)

    def add(self, run: Any, text: str, last: str, *, is_own: bool) -> str:
        """Add the text of a run behind the sign `last`, and return its last sign that is no space."""
        for offset, sign in enumerate(text):
            if sign.isalnum():
                for letter in sign.casefold():
                    self.letters.append(letter)
                    self.places.append((run, offset, is_own))
                    self.before.append(last)
            if not sign.isspace():
                last = sign
        return last


def _words_of(document: WordDocument) -> _Words:
    words = _Words()
    notes = {kind: _notes(document, kind) for kind in _NOTE}
    last = ""
    for paragraph in _outer_paragraphs(document.element.body):
        pending: list[tuple[Any, str]] = []
        for run in _runs(paragraph):
            for element, kind in _NOTES.items():
                pending += [(run, notes[kind].get(str(mark.get(qn("w:id"))), "")) for mark in run.iter(element)]
            last = words.add(run, _text(run), last, is_own=run.getparent() is paragraph)
            for box in run.iter(qn("w:txbxContent")):
                if not any(parent.tag == _FALLBACK for parent in box.iterancestors()):
                    pending.append((run, _whole_text(box)))
        for run, text in pending:
            last = words.add(run, text, "", is_own=False)
    return words


def _outer_paragraphs(body: Any) -> Iterator[Any]:
    """Yield the paragraphs of a document, of its tables too, but not those of text boxes."""
    for paragraph in body.iter(_P):
        if not any(parent.tag == _P for parent in paragraph.iterancestors()):
            yield paragraph


def _runs(paragraph: Any) -> Iterator[Any]:
    """Yield the runs of a paragraph that are read: not those of its text boxes, and none that was deleted."""
    for run in list(paragraph.iter(_R)):
        parents = []
        for parent in run.iterancestors():
            if parent is paragraph:
                break
            parents.append(parent.tag)
        if _P not in parents and not _SKIPPED.intersection(parents):
            yield run


def _text(run: Any) -> str:
    """Return the text of a run, a sign for each place at which it may be parted."""
    return "".join(child.text or "" if child.tag == _T else "\n" for child in run if child.tag != _FORM)


def _whole_text(element: Any) -> str:
    return "\n".join("".join(text.text or "" for text in paragraph.iter(_T)) for paragraph in element.iter(_P))


def _notes(document: WordDocument, kind: str) -> dict[str, str]:
    """Return the texts of the footnotes or endnotes by their ids."""
    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.endswith(f"/{kind}"):
            root = parse_xml(relation.target_part.blob)
            return {str(note.get(qn("w:id"))): _whole_text(note) for note in root.iter(_NOTE[kind])}
    return {}


# -- comments ---------------------------------------------------------------------------------------------------------


def _add_comments(document: WordDocument, findings: Sequence[QuotationFinding], style: Style) -> None:
    words = _words_of(document)
    row = "".join(words.letters)
    marked: list[tuple[int, int, int]] = []
    at = 0
    for finding in findings:
        text = comment_of(finding, style)
        comment = document.comments.add_comment(text=text, author=AUTHOR, initials=INITIALS)
        sought = "".join(sign.casefold() for sign in finding.quotation.text if sign.isalnum())
        start = _find(row, words, sought, at)
        if start is None:
            marked.append((-1, -1, comment.comment_id))
            continue
        at = start + 1
        marked.append((start, start + len(sought) - 1, comment.comment_id))
    # From the last to the first, so that the places of those before stay what they are.
    for start, end, comment_id in sorted(marked, key=lambda mark: mark[:2], reverse=True):
        if start < 0:
            _mark_beginning(document, comment_id)
        else:
            _mark(words.places[start], words.places[end], comment_id)


def _find(row: str, words: _Words, sought: str, at: int) -> int | None:
    """Return where a quotation begins: preferably behind a quotation mark, and not before the one before it."""
    if not sought:
        return None
    for begin in (at, 0):
        first = row.find(sought, begin)
        place = first
        while place >= 0:
            if words.before[place] in _MARKS and words.before[place]:
                return place
            place = row.find(sought, place + 1)
        if first >= 0:
            return first
    return None


def _mark(first: tuple[Any, int, bool], last: tuple[Any, int, bool], comment_id: int) -> None:
    """Set the marks of a comment around words, and the comment's own behind them."""
    (run, offset, is_own), (end_run, end_offset, ends_own) = first, last
    if ends_own:
        stop = end_offset + 1 if _text(end_run)[end_offset + 1 : end_offset + 2] in tuple(_STOPS) else end_offset
        _part(end_run, stop + 1)
    start = _part(run, offset) if is_own and offset else run
    if run is end_run and ends_own and start is not run:
        end_run = start
    opening, closing = OxmlElement("w:commentRangeStart"), OxmlElement("w:commentRangeEnd")
    for mark in (opening, closing):
        mark.set(qn("w:id"), str(comment_id))
    _of_paragraph(start).addprevious(opening)
    behind = _of_paragraph(end_run)
    behind.addnext(closing)
    closing.addnext(_comment_mark(comment_id))


def _mark_beginning(document: WordDocument, comment_id: int) -> None:
    """Hang a comment of which the words were not found at the first paragraph."""
    paragraph = next(_outer_paragraphs(document.element.body), None)
    if paragraph is None:
        paragraph = document.add_paragraph()._p  # noqa: SLF001 (the library's way to its XML)
    paragraph.append(_comment_mark(comment_id))


def _comment_mark(comment_id: int) -> Any:
    run, mark = OxmlElement("w:r"), OxmlElement("w:commentReference")
    mark.set(qn("w:id"), str(comment_id))
    run.append(mark)
    return run


def _of_paragraph(element: Any) -> Any:
    """Return the element itself or the link or tracked change around it that stands in the paragraph."""
    while element.getparent().tag != _P:
        element = element.getparent()
    return element


def _part(run: Any, offset: int) -> Any:
    """Part a run at a place of its text. It keeps what is before; return the new run with the rest, or itself at its end."""
    ends: list[int] = []
    total = 0
    children = [child for child in run if child.tag != _FORM]
    for child in children:
        total += len(child.text or "") if child.tag == _T else 1
        ends.append(total)
    if offset >= total:
        return run
    rest = deepcopy(run)
    kept = bisect_right(ends, offset)
    inside = offset - (ends[kept - 1] if kept else 0)
    copies = [child for child in rest if child.tag != _FORM]
    for number, (child, copy) in enumerate(zip(children, copies, strict=True)):
        if number < kept:
            rest.remove(copy)
        elif number > kept or not inside:
            run.remove(child)
        else:
            whole = child.text or ""
            _set_text(child, whole[:inside])
            _set_text(copy, whole[inside:])
    run.addnext(rest)
    return rest


def _set_text(element: Any, text: str) -> None:
    element.text = text
    element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
