"""Descriptions of records, and what is meant by a key or name."""

from __future__ import annotations

import pytest

from monitor.model.records import Member
from monitor.model.watching import keys_named
from tests.builders import a_question


@pytest.mark.parametrize(
    ("name", "printed", "called"),
    [
        ("Ada Example", None, "Ada Example"),
        ("Ada Example", "Ms. Example", "Ada Example"),
        ("Ada Example", "The Rt. Hon. ADA EXAMPLE, QC", "Ada Example"),
        ("Ada B Example", "Ada C. Example", "Ada B Example"),
        ("Anne Wedlock", "Anne Maiden", "Anne Wedlock (Anne Maiden)"),
        ("Kenneth Sample", "Mr. Ken Sample", "Kenneth Sample (Mr. Ken Sample)"),
        ("Ada Example", "The Solicitor-General", "Ada Example (The Solicitor-General)"),
        (None, None, None),
        (None, "Ada", None),
    ],
)
def test_member_is_shown_with_the_printed_name_if_it_differs(
    name: str | None, printed: str | None, called: str | None
) -> None:
    member = Member(name=name, printed=printed)
    assert member.called == called
    facts = a_question(asked_by=member, answered_by=member).facts
    assert (facts.asker, facts.minister) == (called, called)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("care", ["care"]),  # a key counts before any name
        ("Health", ["care"]),  # a name as it is written counts before one in other capitals
        ("health", ["NHS"]),
        ("HEALTH", ["care", "NHS"]),
        ("CARE", ["care", "old", "older"]),
        ("Care", ["old", "older"]),
        ("nhs", ["NHS"]),
        ("Rail", []),
    ],
)
def test_a_key_or_name_means_what_is_nearest_to_it(given: str, meant: list[str]) -> None:
    names = {"care": ("Health",), "NHS": ("health",), "old": ("Care",), "older": ("Care",)}
    assert keys_named(names, given) == meant
