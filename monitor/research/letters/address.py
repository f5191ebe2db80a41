"""Address and salutation of a letter, by rules that never guess a title, a sex or which of the names is the family's."""

from __future__ import annotations

import re
from typing import Final

from monitor.errors import LetterError
from monitor.presentation.wording import clean, one_line

LONGEST: Final = 300
"""Characters of a name with office and address."""

_HONOURED: Final = re.compile(
    r"^(?:the\s+)?(?:(?:rt|right|most)\.?\s+)?(?:hon\.?|honourable|noble|revd?\.?|reverend)\s+(?:the\s+)?",
    re.IGNORECASE,
)
_THE: Final = re.compile(r"^the\s+", re.IGNORECASE)
_LETTERS_BEHIND: Final = frozenset(
    (
        "MP",
        "MSP",
        "MLA",
        "MS",
        "AM",
        "QC",
        "KC",
        "PC",
        "CB",
        "CBE",
        "OBE",
        "MBE",
        "KBE",
        "DBE",
        "KCB",
        "DCB",
        "CH",
        "DL",
        "FRS",
    )
)
"""Letters behind a name: seats, honours and offices."""
_PEER: Final = re.compile(r"^(Lord|Lady|Baroness|Baron|Viscount|Viscountess)\s+(\S.*)$", re.IGNORECASE)
_TERRITORY: Final = re.compile(r" of \S.*$")
_KNIGHT: Final = re.compile(r"^(Sir|Dame)\s+(\S+)", re.IGNORECASE)
_STYLED: Final = re.compile(
    r"^(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Earl|Countess|Duke|Duchess|Marquess|Marchioness|Bishop|Archbishop"
    r"|Lord|Lady)\b"
)
_OF_FIELD: Final = re.compile(r"\b(?:minister|secretary(?:\s+of\s+state)?)\s+(?:of\s+state\s+)?for\b", re.IGNORECASE)
_OFFICES: Final = (
    (r"prime minister", "Prime Minister"),
    (r"deputy prime minister", "Deputy Prime Minister"),
    (r"deputy first minister", "Deputy First Minister"),
    (r"first minister", "First Minister"),
    (r"lord chancellor", "Lord Chancellor"),
    (r"lord privy seal", "Lord Privy Seal"),
    (r"lord president of the council", "Lord President"),
    (r"chancellor of the duchy of lancaster", "Chancellor"),
    (r"chancellor of the exchequer|chancellor", "Chancellor"),
    (r"attorney[ -]general", "Attorney General"),
    (r"solicitor[ -]general", "Solicitor General"),
    (r"advocate[ -]general(?: for scotland)?", "Advocate General"),
    (r"lord advocate", "Lord Advocate"),
    (r"paymaster[ -]general", "Paymaster General"),
    (r"(?:chief|financial|economic|exchequer) secretary(?: to the treasury)?", "Minister"),
    (r"secretary of state\b.*", "Secretary of State"),
    (r"cabinet secretary\b.*", "Cabinet Secretary"),
    (r"(home|foreign|health|education|defence|transport|culture|environment|justice|business|energy) secretary", ""),
    (r"(?:parliamentary )?under[ -]secretary\b.*|parliamentary secretary\b.*", "Minister"),
    (r"(?:[\w' -]+ )?minister\b.*", "Minister"),
    (r"leader of the house\b.*", "Leader of the House"),
)
"""Offices as they are typed, in small letters, and how their holder is addressed; "" for the office itself."""


def address_lines(to: str) -> tuple[str, ...]:
    """Return the lines of an address: a name or an office as typed, what follows a comma on lines of its own.

    Raises LetterError for an empty one, or one that is too long.
    """
    if len(to) > LONGEST:
        raise LetterError(f"a name of {len(to)} characters is no name: give at most {LONGEST}")
    lines = [one_line(line) for row in clean(to).split("\n") for line in _split(row)]
    found = tuple(line for line in lines if line)
    if not found:
        raise LetterError("there is no name to write to: give a name or an office, such as 'The Minister of State'")
    return found


def _split(row: str) -> list[str]:
    """Split at the commas, but keep an office whole: the Secretary of State for Environment, Food and Rural Affairs."""
    parts = [part.strip() for part in row.split(",")]
    lines: list[str] = []
    while parts:
        end = _end_of_field(parts)
        lines.append(", ".join(parts[:end]))
        parts = parts[end:]
    return lines


def _end_of_field(parts: list[str]) -> int:
    """Return how many parts are the first line: a name with the letters behind it, or an office with its whole field."""
    end = 1
    while end < len(parts) and parts[end] and set(parts[end].split()) <= _LETTERS_BEHIND:
        end += 1
    if _OF_FIELD.search(parts[0]) and " and " not in parts[0]:
        return next((place + 1 for place, part in enumerate(parts) if place and " and " in part), end)
    return end


def salutation(lines: tuple[str, ...]) -> str:
    """Return the salutation, without a comma: "Dear Baroness Sample", "Dear Minister", else the name as it was typed."""
    name = plain_name(lines[0])
    if peer := _PEER.match(name):
        if not _office(name):
            return f"Dear {peer[1]} {_TERRITORY.sub('', peer[2])}"
    elif knight := _KNIGHT.match(name):
        return f"Dear {knight[1]} {knight[2]}"
    elif _STYLED.match(name):
        return f"Dear {name}"
    office = next(filter(None, (_office(plain_name(line)) for line in lines)), "")
    return f"Dear {office or name}"


def plain_name(line: str) -> str:
    """Return a name without "The Rt Hon" before it and the letters behind it."""
    words = _THE.sub("", _HONOURED.sub("", line)).split()
    while words and words[-1].strip(",") in _LETTERS_BEHIND:
        words.pop()
    return " ".join(words).rstrip(",") or line


def _office(line: str) -> str:
    """Return how the holder of an office is addressed; "" if the line is no office."""
    said = line.casefold()
    for pattern, address in _OFFICES:
        if re.fullmatch(pattern, said):
            return address or line.title()
    return ""
