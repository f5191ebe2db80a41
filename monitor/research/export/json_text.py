"""Values as JSON text that is safe to show: letters as they are, but nothing that is invisible or steers a terminal."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_MAYBE_INVISIBLE: Final = re.compile("[^\n -~\xa0-\xac\xae-\u02ff\u2010-\u2027\u20a0-\u20cf]")
"""Characters whose category has to be looked up: nearly all English and Welsh text is outside this set."""
_INVISIBLE: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")


def to_json(
    value: object, *, indent: int | None = 2, default: Callable[[Any], Any] | None = None, encoding: str = "utf-8"
) -> str:
    """Return a value as JSON with letters as they are.

    Characters that could steer a terminal, that cannot be seen, or that the encoding does not have are written as escapes.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=default)
    text = _MAYBE_INVISIBLE.sub(lambda found: _escape_invisible(found.group()), text)
    if _is_encodable(text, encoding):
        return text
    return "".join(letter if _is_encodable(letter, encoding) else json.dumps(letter)[1:-1] for letter in text)


def _is_encodable(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _escape_invisible(letter: str) -> str:
    if unicodedata.category(letter) not in _INVISIBLE:
        return letter
    return json.dumps(letter)[1:-1] if letter != "\x7f" else "\\u007f"
