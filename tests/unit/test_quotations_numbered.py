"""Numbered references at the end of a letter, which stand for the source of a quotation."""

from __future__ import annotations

import pytest

from monitor.model.letters import Letter, Paragraph, from_text
from monitor.research.quotations.extraction import quotations
from monitor.research.quotations.numbered import numbered_references


@pytest.mark.parametrize(
    ("end", "found"),
    [
        (
            "References\n\n1. UIN 14205\n\n2. HC Deb 7 December 2005 c1366W",
            {1: "UIN 14205", 2: "HC Deb 7 December 2005 c1366W"},
        ),
        ("Notes:\n\n1. UIN 14205\n2. UIN 7\n3. UIN 8", {1: "UIN 14205", 2: "UIN 7", 3: "UIN 8"}),
        ("SOURCES\n\n[1] UIN 14205\n\n[3] UIN 7", {1: "UIN 14205", 3: "UIN 7"}),
        ("References\n\nUIN 14205\n\nUIN 7", {1: "UIN 14205", 2: "UIN 7"}),
        (
            "References\n\n1. PBC Deb 27 October 2009 c125 (Sample Bill)",
            {1: "PBC Deb 27 October 2009 c125  Sample Bill"},
        ),
        ("References\n\n1. UIN 14205 <https://example.org/2021-01-26/1>", {1: "UIN 14205"}),
        (
            "References\n\n1. Sample, A. (2024, September 2). Water. House.\n2. Home Office. (2024, May 3). Sand.",
            {1: "Sample, A.  2024, September 2 . Water. House.", 2: "Home Office.  2024, May 3 . Sand."},
        ),
        ("The references\n\n1. UIN 14205", {}),
        ("References", {}),
    ],
)
def test_references_are_read_by_their_numbers(end: str, found: dict[int, str]) -> None:
    assert numbered_references(from_text(f"Dear Minister,\n\nSo.\n\n{end}")) == found


END = "\n\nReferences\n\n1. UIN 14205\n\n2. UIN 7"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('You said "it is so, as we think" [2] then.', "(UIN 7) [2] then."),
        ('You said "it is so, as we think".[1]', "(UIN 14205) .[1]"),
        ('You said "it is so, as we think [1]".', "(UIN 14205) ."),
        ('You said "it is so, as we think" [9].', "[9]."),
        ('You said "it is so, as we think", in [1].', ", in [1]."),
        ("You said:\n\n> It is so, as we all think here. [2]", "(UIN 7) "),
    ],
)
def test_a_number_behind_a_quotation_stands_for_its_reference(text: str, after: str) -> None:
    [found] = quotations(from_text(text + END))
    assert found.after == after
    assert "[1]" not in found.pieces[0].text


def test_a_letter_without_references_is_read_as_before() -> None:
    letter = Letter((Paragraph(text='You said "it is so, as we think" [1].'),))
    assert quotations(letter)[0].after == "[1]."
