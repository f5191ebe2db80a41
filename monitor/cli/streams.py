"""Prepare the standard streams: any encoding takes any text, and a full device or a closed stream causes no traceback."""

from __future__ import annotations

import codecs
import errno
import os
import re
import sys
import unicodedata
from contextlib import suppress
from encodings import ascii as plain
from typing import TYPE_CHECKING, Final

from monitor.text.raised_figures import RAISED, RAISED_MINUS, lower_figures

if TYPE_CHECKING:
    from typing import TextIO

FAILED: Final = 1

_PLAIN_SIGNS: Final = "pqwatch-plain-signs"
_PLAIN_ASCII: Final = "pqwatch_ascii"
_INSTEAD: Final = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2015": "-", "\u2212": "-",
    "\u2026": "...", "\u2022": "*", "\u00b7": "*", "\u00ab": '"', "\u00bb": '"', "\u2039": "'", "\u203a": "'",
    "\u00a3": "GBP ", "\u20ac": "EUR ", "\u2588": "#", "\u2713": "+", "\u2717": "x", "\u00d7": "x", "\u00df": "ss",
    "\u00e6": "ae", "\u00c6": "AE", "\u0153": "oe", "\u0152": "OE", "\u00f8": "o", "\u00d8": "O", "\u2192": "->",
}  # fmt: skip
"""Replacements for characters that an encoding lacks. Letters lose their accents, all others become a question mark."""

_RAISED_NUMBER: Final = re.compile(f"{RAISED_MINUS}?[{RAISED}]+")

_UNWRITABLE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
"""Errors of a device that takes no more output, other than a closed pipe."""


def prepare() -> None:
    """Let stdout and stderr take any text. A closed stream takes everything and drops it; a closed stdin is empty."""
    codecs.register_error(_PLAIN_SIGNS, _with_plain_signs)
    codecs.register(_plain_ascii)
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 (open until the program ends)
    sys.stdout, sys.stderr = _ready(sys.stdout), _ready(sys.stderr)


def finish(code: int) -> int:
    """Flush stdout and return the exit code with which the program ends."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _drop()
    except OSError as exc:
        return unwritten(exc)
    return code


def is_unwritable(exc: OSError) -> bool:
    """Return whether an error comes from printing: an error of a file would name the file."""
    return exc.errno in _UNWRITABLE and exc.filename is None


def unwritten(exc: OSError) -> int:
    """Say in one sentence that nothing more can be printed, and return the exit code."""
    _drop()
    with suppress(OSError):
        sys.stderr.write(f"Nothing more can be printed: {exc.strerror or exc}.\n")
        sys.stderr.flush()
    return FAILED


def _drop() -> None:
    """Drop what is left to print, so that nothing fails when the program ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _ready(stream: TextIO | None) -> TextIO:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 (open until the program ends)
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        is_ascii = codecs.lookup(stream.encoding).name == "ascii"
        reconfigure(encoding=_PLAIN_ASCII if is_ascii else None, errors=_PLAIN_SIGNS)
    return stream


def _with_plain_signs(exc: UnicodeError) -> tuple[str, int]:
    if not isinstance(exc, UnicodeEncodeError):
        raise exc
    lacking = _RAISED_NUMBER.sub(lambda raised: f"^{lower_figures(raised[0])}", exc.object[exc.start : exc.end])
    return "".join(map(_plain_sign, lacking)), exc.end


def _plain_sign(sign: str) -> str:
    """Return what is printed for a character that an encoding lacks, in ASCII."""
    if sign in _INSTEAD:
        return _INSTEAD[sign]
    if unicodedata.category(sign) == "Mn":  # a combining accent
        return ""
    without_accents = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return without_accents if without_accents.strip() or sign.isspace() else "?"


def _plain_ascii(name: str) -> codecs.CodecInfo | None:
    """Return ASCII under another name: click would write UTF-8 to a stream whose encoding is called ASCII."""
    if name != _PLAIN_ASCII:
        return None
    known = plain.getregentry()
    return codecs.CodecInfo(
        name=_PLAIN_ASCII,
        encode=known.encode,
        decode=known.decode,
        incrementalencoder=known.incrementalencoder,
        incrementaldecoder=known.incrementaldecoder,
        streamwriter=known.streamwriter,
        streamreader=known.streamreader,
    )
