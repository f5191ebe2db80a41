"""Spoilt copies of good examples: bytes and texts that a broken or hostile source might send."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    Bytes = TypeVar("Bytes", str, bytes)

BITS: Final = (
    # controls, invisible marks, lone surrogates, letters that change their length
    "\0", "\x07", "\t", "\n", "\r", "\r\n", "\x0b", "\x1b[2J", "\x1b]0;x\x07", "\x7f", "\x85", "\x9b31m", "\xa0", "\xad",
    "\u061c", "\u200b", "\u200d", "\u2028", "\u2029", "\u202e", "\u2066", "\u2069", "\ufeff", "\ufffd", "\uffff",
    "\ud800", "\udfff", "\U000e0041", "\U0010ffff", "\u0130", "\u1e9e", "e\u0301\u0301", "\u0dbd\u0dd4", "\uff1d",
    # mark-up
    '"', "'", "\\", "\\u0000", "\\ud83d", "<", ">", "</p>", "<p>", "<table><tr><td>", "</td></tr>", "<!--", "]]>",
    "<![CDATA[", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "<script>", "<svg onload=x>", "<a href='javascript:x'>",
    "<a href='//a.example'>", "&amp;", "&lt;", "&#0;", "&#1114112;", "&#xd800;", "&#x110000;", "&nosuch;", "&",
    # JSON, TOML, headers, numbers and days
    "{", "}", "[", "]", ",", ":", "null", "true", "NaN", "-0", "1e999", "9" * 40, "9" * 5000, "-1", "0x1F", "2147483648",
    "0001-01-01", "9999-12-31", "2024-02-30", "2024-11-26T07:30+23:59", "[[", "]]", '"""', "'''", "#", "=", "==",
    "=?utf-8?q?a=0D=0Ab?=", "\r\nBcc: a@b.example",
    # terms and sentences
    " AND ", " OR ", " NOT ", " NEAR/5 ", "NEAR/0", "(", ")", "*", "in:answer ", "house:", "from:", "to:9999-12-31",
    "-", "\u2013", "/", "?", "~", "%", "£", "@", "|", ";", "  ", "a", "A", "Z.", "I.", "Mr. ", "\u00e9", "\u4e2d",
    "To ask the Secretary of State for X, ", "I refer the hon. Member to the answer ",
)  # fmt: skip
"""Pieces that upset parsers, terminals, mail programs and spreadsheets."""

_ENCODED: Final = (
    *(bit.encode("utf-8", "surrogatepass") for bit in BITS), b"\xff\xfe", b"\x80", b"\xc0\x80", b"\xf4\x90\x80\x80",
)  # fmt: skip

LONGEST_RUN: Final = 4000
MOST_CHANGES: Final = 6


def spoilt_text(seeds: Sequence[str], dice: random.Random) -> str:
    """Return one of the texts, spoilt."""
    return _spoilt(dice.choice(seeds), seeds, BITS, "", dice)


def spoilt_bytes(seeds: Sequence[bytes], dice: random.Random) -> bytes:
    """Return one of the byte strings, spoilt as text is, and in single bits."""
    bits = [*_ENCODED, bytes([dice.randrange(256)]), dice.randbytes(4)]
    spoilt = bytearray(_spoilt(dice.choice(seeds), seeds, bits, b"", dice))
    if spoilt and dice.random() < 0.3:
        for _ in range(dice.randint(1, 4)):
            spoilt[dice.randrange(len(spoilt))] ^= 1 << dice.randrange(8)
    return bytes(spoilt)


def spoilt_gzip(data: bytes, dice: random.Random) -> bytes:
    """Return a gzip stream of the data, whole or spoilt, in two members."""
    half = dice.randrange(len(data) + 1)
    stream = gzip.compress(data[:half], 1, mtime=0) + gzip.compress(data[half:], 1, mtime=0)
    return stream if dice.random() < 0.2 else spoilt_bytes([stream], dice)


def _spoilt(seed: Bytes, seeds: Sequence[Bytes], bits: Sequence[Bytes], empty: Bytes, dice: random.Random) -> Bytes:
    """Make a few changes: cut, insert, double, replace, join with another example, repeat."""
    text = seed
    for _ in range(dice.randint(1, MOST_CHANGES)):
        at, to = sorted((dice.randrange(len(text) + 1), dice.randrange(len(text) + 1)))
        to = min(to, at + dice.choice((1, 8, 64, 512)))
        match dice.randrange(8):
            case 0:
                text = text[:at] + text[to:]
            case 1 | 2:
                text = text[:at] + dice.choice(bits) + text[at:]
            case 3:
                text = text[:at] + dice.choice(bits) + text[to:]
            case 4:
                text = text[:at] + text[at:to] * 2 + text[to:]
            case 5:
                other = dice.choice(seeds)
                text = text[:at] + other[dice.randrange(len(other) + 1) :]
            case 6:
                bit = dice.choice(bits)
                times = dice.choice((2, 10, 1000))
                text = text[:at] + (bit * times)[:LONGEST_RUN] + text[at:]
            case _:
                text = text[:at] if dice.random() < 0.5 else text[at:] + empty
    return text
