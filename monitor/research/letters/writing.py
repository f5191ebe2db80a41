"""A drafted letter in one of the formats, as it is or in a reader's own template."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from monitor.errors import LetterError

if TYPE_CHECKING:
    from monitor.research.letters.drafting import Draft

_ENDINGS: Final = {".docx": "docx", ".md": "md", ".markdown": "md", ".html": "html", ".htm": "html"}


def format_of(name: str) -> str:
    """Return the format of a file by its ending: "docx", "md" or "html". Raises LetterError for any other."""
    ending = PurePath(name).suffix.lower()
    if ending not in _ENDINGS:
        said = f"ends in {ending}" if ending else "has no ending"
        raise LetterError(f"{name} {said}: a letter ends in .docx, .md or .html")
    return _ENDINGS[ending]


def write_letter(draft: Draft, output: str) -> bytes:
    """Write a letter as "docx", "md" or "html"."""
    if output == "docx":
        from monitor.research.letters.word import letter_word  # noqa: PLC0415 (only what is used is loaded)

        return letter_word(draft)
    if output == "html":
        from monitor.research.letters.html import letter_html  # noqa: PLC0415

        return letter_html(draft).encode()
    from monitor.research.letters.markdown import letter_markdown  # noqa: PLC0415

    return letter_markdown(draft).encode()


def fill_template(draft: Draft, name: str, body: bytes) -> bytes:
    """Write a letter into a reader's template, in its format. Raises LetterError."""
    from monitor.research.letters import templates  # noqa: PLC0415 (only what is used is loaded)
    from monitor.research.letters.parts import draft_parts  # noqa: PLC0415

    output, parts = format_of(name), draft_parts(draft)
    if output == "docx":
        return templates.fill_word(name, body, parts)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise LetterError(f"the template {name} is no text in UTF-8: save it so") from exc
    return templates.fill_text(name, text, parts, is_html=output == "html").encode()
