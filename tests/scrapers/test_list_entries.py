"""Entries of lists: one that can't be parsed costs no other."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.errors import ParseError
from monitor.model.sources import Payload
from scrapers.list_entries import listed_entry
from tests.builders import a_question

PAYLOAD = Payload(source="questions", key="7", url="", fetched_at=datetime(2031, 3, 12, 7, 0, tzinfo=UTC), body=b"{}")


@pytest.mark.parametrize(
    "error", [ParseError("7 has no house", key="7"), KeyError("house"), RecursionError("too deep")]
)
def test_entry_that_can_not_be_parsed_comes_with_its_error(error: Exception) -> None:
    def refuse(_payload: Payload) -> None:
        raise error

    listed = listed_entry(refuse, {}, PAYLOAD)  # type: ignore[arg-type]
    assert listed.proceeding is None
    assert listed.error is not None
    assert listed.error.key == "7"
    assert str(error) in str(listed.error)


def test_entry_comes_parsed() -> None:
    question = a_question()
    listed = listed_entry(lambda _payload: question, {}, PAYLOAD)
    assert (listed.proceeding, listed.error) == (question, None)
