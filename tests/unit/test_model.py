"""Descriptions of records."""

from __future__ import annotations

import pytest

from monitor.model.records import Member
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
