"""Where an answer points to another: "I refer the hon. Member to the answer of 5 November 2024, to Question 11234"."""

from __future__ import annotations

import re

_REFERS = re.compile(r"\brefer(?:s|red|ring)?\b[^\n]{0,200}?\b(?:answers?|reply|response)\b[^\n]{0,300}", re.IGNORECASE)
_UIN = re.compile(
    r"\b(?:questions?|PQs?|UINs?|number|no\.?)\s{0,3}(?:UINs?|PQs?|numbers?|no\.?)?\s{0,3}:?\s{0,3}"
    r"(?P<uins>(?:HL)?\d{1,7}(?:(?:\s{0,3},\s{0,3}|\s{1,3}and\s{1,3}|\s{0,3},\s{0,3}and\s{1,3})(?:HL)?\d{1,7})*)"
    r"|\bHL\d{1,7}\b",
    re.IGNORECASE,
)
_ONE = re.compile(r"(?:HL)?\d{1,7}", re.IGNORECASE)


def referred(answer: str) -> list[str]:
    """The UINs of the questions that an answer refers to, in order, each once; usually none."""
    found: dict[str, None] = {}
    for reference in _REFERS.finditer(answer):
        for uins in _UIN.finditer(reference.group()):
            found.update(dict.fromkeys(uin.upper() for uin in _ONE.findall(uins["uins"] or uins.group())))
    return list(found)
