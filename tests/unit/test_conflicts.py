"""Differences between the sources of one record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from monitor.model.records import Event, Kind, Member
from monitor.presentation.source_differences import Conflict, by_source, conflicts
from monitor.presentation.timeline import chronicle
from tests.builders import ASKER, MINISTER, a_question, a_revision

THEIRS = a_question(source="theyworkforyou")
OFFICIAL = a_revision(a_question(), id=1)


def differ(**facts: Any) -> list[tuple[str, str, str]]:
    """Return the differences if TheyWorkForYou gives these facts."""
    other = a_revision(replace(THEIRS, **facts), id=2)
    return [(conflict.what, conflict.value, conflict.other) for conflict in conflicts([OFFICIAL, other])]


def test_sources_that_agree_have_no_differences() -> None:
    assert differ() == []
    assert conflicts([]) == ()
    assert conflicts([OFFICIAL, a_revision(a_question(answer="Other."), id=2, number=2)]) == ()


def test_each_difference_names_both_sources() -> None:
    other = a_revision(replace(THEIRS, answered_on=date(2021, 2, 2)), id=2)
    assert conflicts([OFFICIAL, other]) == (
        Conflict(what="answered_on", source="questions", value="2021-02-01", by="theyworkforyou", other="2021-02-02"),
    )


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"body": "Home Office"}, [("body", "Department for Environment, Food and Rural Affairs", "Home Office")]),
        ({"body": "DEPARTMENT FOR ENVIRONMENT, FOOD AND RURAL AFFAIRS"}, []),
        ({"body": None, "tabled_on": None, "answer": None, "is_holding": None}, []),
        ({"tabled_on": date(2021, 1, 25)}, [("tabled_on", "2021-01-26", "2021-01-25")]),
        ({"heading": "WATER: SAMPLE VALE"}, []),
        ({"heading": "Rivers"}, [("heading", "Water: Sample Vale", "Rivers")]),
        ({"question": "To ask the Minister for Water, what steps he is taking."}, []),
        ({"answer": "Steps are  being\ntaken."}, []),
        ({"answer": "No steps are being taken."}, [("answer", "Steps are being taken.", "No steps are being taken.")]),
        ({"asked_by": replace(ASKER, member_id=1)}, [("asked_by", "Ada Example", "Ada Example")]),
    ],
)
def test_differences_in_facts_and_words(facts: dict[str, Any], found: list[tuple[str, str, str]]) -> None:
    assert differ(**facts) == [difference for difference in found if difference[1] != difference[2]]


def test_people_are_compared_by_number_or_else_by_last_name() -> None:
    assert differ(answered_by=Member(name="Mr. Placeholder", printed="Mr. Placeholder")) == []
    assert differ(answered_by=Member(name="Mr. Sample")) == [("answered_by", "Ben Placeholder", "Mr. Sample")]
    assert differ(answered_by=Member(member_id=MINISTER.member_id, name="B. Placeholder-Sample")) == []
    assert differ(answered_by=None) == []


def test_preferred_source_comes_first_in_a_difference() -> None:
    theirs = a_revision(replace(THEIRS, answer="Other."), id=1)
    [one] = conflicts([theirs, replace(OFFICIAL, id=2)])
    assert (one.source, one.by, one.is_part) == ("questions", "theyworkforyou", True)


def test_revisions_are_grouped_by_source_best_first() -> None:
    others = [a_revision(replace(THEIRS, source=source), id=n) for n, source in enumerate(("x", "historic"), 2)]
    assert list(by_source([*others, OFFICIAL])) == ["questions", "historic", "x"]


def test_timeline_follows_the_preferred_source() -> None:
    theirs = a_revision(replace(THEIRS, answered_on=date(2021, 2, 3)), id=2, events=(Event.ANSWERED,))
    days = [step.day.isoformat() for step in chronicle([OFFICIAL, theirs], None, date(2021, 2, 10))]
    assert days == ["2021-01-26", "2021-02-01"]


def test_timeline_of_a_statement_has_its_changes() -> None:
    facts: dict[str, Any] = {
        "kind": Kind.STATEMENT,
        "tabled_on": None,
        "answered_on": None,
        "made_on": date(2021, 2, 1),
    }
    made = a_question(**facts, question=None, answer=None, text="One.", made_by=ASKER)
    edited = a_revision(replace(made, text="Two."), id=2, number=2, events=(Event.EDITED,))
    corrected = replace(made, text="Three.", corrected_on=date(2021, 2, 5))
    last = a_revision(corrected, id=3, number=3, events=(Event.CORRECTED,))
    steps = chronicle([a_revision(made), edited, last], None, date(2021, 2, 10))
    assert [step.text for step in steps] == [
        "Published by Ada Example (Lab, Mid Sample).",
        "The statement's words were changed; the source does not call it a correction.",
        "Corrected.",
    ]
    speech = a_revision(replace(made, kind=Kind.SPEECH))
    assert chronicle([speech], None, date(2021, 2, 10))[0].text == "Said by Ada Example (Lab, Mid Sample)."
