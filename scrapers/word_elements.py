"""Elements of Word files that mammoth does not read, put as those that it does: it drops the words of what it does not know.

The files are within the limits of `scrapers.letters`, which are checked before.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Final

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_DRAWING: Final = f"{_W}drawing"
_TEXT_BOX: Final = f"{_W}txbxContent"
_WRAPPERS: Final = (f"{_W}fldSimple", f"{_W}bdo", f"{_W}dir")
"""A simple field, such as one of a mail merge, and a run of words with a direction of its own."""
_BREAKS: Final = {f"{_W}cr": f"{_W}br", f"{_W}ptab": f"{_W}tab"}
"""Other forms of a line break and of a tab, and the forms that mammoth reads."""
_UNKNOWN: Final = re.compile(rb"[<:](?:fldSimple|bdo|dir|cr|ptab|txbxContent)\b")


def in_known_elements(body: bytes) -> bytes:
    """Return a .docx in which all words stand in elements that mammoth reads. Raises what zipfile and lxml raise."""
    changed: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        for name in packed.namelist():
            content = packed.read(name) if name.startswith("word/") else b""
            if _UNKNOWN.search(content):
                changed[name] = _rewritten(content)
        return _repacked(packed, changed) if changed else body


def _repacked(packed: zipfile.ZipFile, changed: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        for name in packed.namelist():
            written.writestr(name, changed.get(name) or packed.read(name))
    return out.getvalue()


def _rewritten(content: bytes) -> bytes:
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    boxes = list(_unread_boxes(root))  # found before anything moves
    for wrapper in list(root.iter(*_WRAPPERS)):
        _unwrap(wrapper)
    for element in list(root.iter(*_BREAKS)):
        element.tag = _BREAKS[str(element.tag)]
    for box in boxes:
        _put_as_picture(box)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _unwrap(wrapper: etree._Element) -> None:
    """Put the contents of an element in its place."""
    parent = wrapper.getparent()
    if parent is not None:
        place = parent.index(wrapper)
        parent[place : place + 1] = list(wrapper)


def _put_as_picture(drawing: etree._Element) -> None:
    """Put the text boxes of a drawing as Word 2007 wrote them."""
    parent = drawing.getparent()
    if parent is not None:
        picture = etree.Element(f"{_W}pict")
        picture.extend(list(drawing.iter(_TEXT_BOX)))
        parent.replace(drawing, picture)


def _unread_boxes(root: etree._Element) -> Iterator[etree._Element]:
    """Yield the outermost drawings with a text box for which there is no older form, which alone mammoth reads."""
    for drawing in root.iter(_DRAWING):
        if drawing.find(f".//{_TEXT_BOX}") is None or next(drawing.iterancestors(_DRAWING), None) is not None:
            continue
        either = next(drawing.iterancestors(f"{_MC}AlternateContent"), None)
        if either is None:
            yield drawing
        elif either.find(f"{_MC}Fallback//{_TEXT_BOX}") is None:
            yield either
