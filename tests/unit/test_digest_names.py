"""Names of members in a digest."""

from __future__ import annotations

import pytest

from monitor.model.records import Member
from monitor.presentation.wording import member_name


@pytest.mark.parametrize(
    ("member", "name"),
    [
        (Member(member_id=94001, name="Ann Invented"), "Ann Invented"),
        (Member(name="Ann\n Invented"), "Ann Invented"),
        (Member(member_id=94001), "Member 94001"),
        (Member(), "A member"),
        (None, "A member"),
    ],
)
def test_member_without_a_name_is_shown_by_number(member: Member | None, name: str) -> None:
    assert member_name(member) == name
