"""Parties that a filter finds besides the one that was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from monitor.model.search import Filters
from monitor.research.parties import shared_word
from monitor.terms.matcher import compile_query

if TYPE_CHECKING:
    from db.archive import Archive

NAMES = (
    "Conservative", "Independent", "Labour", "Labour (Co-op)", "Liberal Democrat", "Sample Labour Party",
    "Social Democratic & Labour Party", "Vale Independent",
)  # fmt: skip


class FakeArchive:
    """An archive with the names above."""

    def __init__(self, names: tuple[str, ...] = NAMES) -> None:
        self._names = names

    @property
    def search(self) -> FakeArchive:
        return self

    def names(self, filter_name: str) -> list[str]:
        assert filter_name == "party"
        return list(self._names)


def shared(query: str = "", party: str | None = None, archive: Any = None) -> Any:
    compiled = compile_query(query) if query else None
    return shared_word(cast("Archive", archive or FakeArchive()), compiled, Filters(party=party))


@pytest.mark.parametrize(("query", "party"), [("", "Labour"), ("crime party:labour", None), ("party:Labour", "Labour")])
def test_word_in_the_names_of_several_parties_is_told(query: str, party: str | None) -> None:
    found = shared(query, party)
    assert found.meant == ("Labour", "Labour (Co-op)")
    assert found.others == ("Sample Labour Party", "Social Democratic & Labour Party")
    assert found.better == "Lab"
    assert found.said.endswith(
        "abour also finds Sample Labour Party and Social Democratic & Labour Party, because the word is in the name."
    )
    assert found.alone == "For Labour and Labour (Co-op) alone"


@pytest.mark.parametrize(
    ("query", "party"),
    [
        ("crime", None),
        ("", None),
        ("", "Lab"),
        ("", "Liberal"),
        ("", "Party"),
        ("", "Labour (Co-op)"),
        ("crime NOT (party:Labour)", None),
        ("(crime party:Labour) OR fraud", None),
    ],
)
def test_other_filters_need_no_note(query: str, party: str | None) -> None:
    assert shared(query, party) is None


def test_no_abbreviation_is_advised_that_finds_others_too() -> None:
    assert shared(party="Independent").better == "Ind"
    assert shared(party="Sample", archive=FakeArchive(("Sample Party", "New Sample Party"))).better == ""
