"""Mails and command output for every event and every step between two states of a question, through all stages."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from monitor.model.records import Event, State
from tests.e2e.histories_of_answers import ANSWER_HISTORIES
from tests.e2e.histories_of_changes import CHANGE_HISTORIES
from tests.e2e.history_facts import ASKED, MONDAY, QUESTION, answer, edited, holding
from tests.e2e.history_world import HistoryWorld, QuestionHistory, says

if TYPE_CHECKING:
    from pathlib import Path

LOOK_BACK = 3
RUNS = (-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)

HISTORIES = ANSWER_HISTORIES | CHANGE_HISTORIES

STEPS = {
    State.TABLED: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED, State.WITHDRAWN),
    State.HOLDING: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED, State.WITHDRAWN),
    State.ANSWERED: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED, State.WITHDRAWN),
    State.CORRECTED: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED, State.WITHDRAWN),
    State.WITHDRAWN: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED),
}
"""Steps between states that the histories must cover. Lapsed questions have their own world."""


def differences(histories: dict[str, QuestionHistory], seen: dict[str, Any]) -> str:
    """Describe the differences between the expected and the observed output."""
    found = []
    for name, history in histories.items():
        observed = seen[name]
        digests = {day: " || ".join(texts) for day, texts in observed.digests.items()}
        for output, expected, got in (
            ("mailed", history.mailed, digests),
            ("waiting", history.waiting, observed.waiting),
            ("show", history.show, observed.show),
        ):
            found += [
                f"{name}, {output} on day {day}:\n   got: {got.get(day)}\n   not: {expected.get(day)}"
                for day in sorted({*expected, *got})
                if not (day in got and day in expected and says(got[day], expected[day]))
            ]
    return "\n".join(found)


@pytest.mark.longest
def test_mails_and_commands_over_the_history_of_a_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = HistoryWorld(tmp_path, MONDAY, HISTORIES, look_back=LOOK_BACK, houses=["Commons"]).play(RUNS, monkeypatch)
    assert not differences(HISTORIES, seen), differences(HISTORIES, seen)
    happened = {event for observed in seen.values() for events in observed.events for event in events}
    assert happened == {*Event} - {Event.LAPSED, Event.ANNOUNCED, Event.MOVED}  # the last two are of notices
    steps = {(before.value, after.value) for before, afters in STEPS.items() for after in afters}
    assert steps <= {step for observed in seen.values() for step in pairwise(observed.states)}


# -- the end of a session ---------------------------------------------------------------------------------------------

BEFORE_THE_END = date(2024, 5, 20)
"""Monday of the week in which the session ended, on Friday (day 4)."""

LAPSED = (
    "CHANGED SINCE YOU READ IT: 1 LAPSED | Water ... Not answered before the session ended, by prorogation or dissolution."
    " It will not be answered. A member may ask it again. It was in your digest of 20 May 2024. ..."
)
SESSION: dict[str, QuestionHistory] = {
    "open at the end": QuestionHistory(
        steps={0: ASKED | {"dateForAnswer": 3}},
        mailed={0: QUESTION, 4: "NEWLY LATE: ...", 7: LAPSED},
        waiting={4: "2024-05-23 ... 1 day late...", 7: "", 15: ""},
        show={
            15: "... lapsed without an answer ... seen 27 May 2024 Lapsed: the session ended before it was answered. ..."
        },
    ),
    "held at the end": QuestionHistory(
        steps={0: ASKED, 1: holding(1)},
        mailed={
            0: QUESTION,
            1: "...| Water ... gave a holding answer on 21 May 2024. ...",
            4: "NEWLY LATE: ...",
            7: "... LAPSED | Water ... Not answered but with the holding answer of 21 May 2024 before the session ended...",
        },
        waiting={7: ""},
    ),
    "answered all the same": QuestionHistory(
        steps={0: ASKED, 8: answer(8)},
        mailed={
            0: QUESTION,
            4: "NEWLY LATE: ...",
            7: LAPSED,
            8: "...| Water ... It had lapsed when the session ended, as your digest of 27 May 2024 said; this answer came"
            " all the same. ... A...",
        },
    ),
    "answered after a holding answer all the same": QuestionHistory(
        steps={0: ASKED, 1: holding(1), 8: answer(8)},
        mailed={
            0: QUESTION,
            1: "...",
            4: "NEWLY LATE: ...",
            7: "... LAPSED | ...",
            8: "CHANGED SINCE YOU READ IT: 1 NOW ANSWERED | ... this answer came all the same. The answer after a holding"
            " answer. ... A...",
        },
    ),
    "Lords": QuestionHistory(
        steps={0: {"HL62": {}}, 4: {"HL62": answer(4, "I will write to the noble Lord.")}},
        mailed={
            0: QUESTION,
            4: "...| Water Lord Specimen ... in the House of Lords ... On time (tabled 20 May,"
            " due 3 Jun). ... I will write to the noble Lord. It promises a letter."
            " You will be told when the letter appears. ...",
        },
        waiting={15: "... A letter was promised on 24 May 2024, not seen yet. ..."},
        uins=("HL62",),
    ),
    "Lords at the end": QuestionHistory(
        steps={0: {"HL61": {}}}, mailed={0: QUESTION, 7: LAPSED}, waiting={4: "2024-06-03...", 7: ""}, uins=("HL61",)
    ),
    "tabled after it": QuestionHistory(
        steps={11: {"dateTabled": 11, "dateForAnswer": 14}}, mailed={11: QUESTION, 15: "NEWLY LATE: ..."}
    ),
}


def test_open_questions_lapse_once_when_the_session_ends_and_are_never_late_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = (-1, 0, 1, 4, 7, 8, 11, 15)
    seen = HistoryWorld(tmp_path, BEFORE_THE_END, SESSION, look_back=LOOK_BACK).play(runs, monkeypatch)
    assert not differences(SESSION, seen), differences(SESSION, seen)


# -- silent edits -----------------------------------------------------------------------------------------------------

LONG = "The water is tested each week. " * 10
"""Text longer than the beginning that lists of the API show."""


def silent(*days: int) -> dict[int, Any]:
    """Return the steps of an answer of day 0 whose end changes on each of these days."""
    return {
        0: answer(0, f"{LONG}It was clean."),
        **{day: edited(f"{LONG}It was clean from day {day}.") for day in days},
    }


SILENT: dict[str, QuestionHistory] = {
    "after each reading": QuestionHistory(
        steps=silent(2, 4, 8, 15, 31),
        mailed={
            0: "...",
            3: "... CHANGED | ...",
            7: "... CHANGED | ...",
            14: "... CHANGED | ...",
            30: "... CHANGED | ...",
            90: "... CHANGED | ...",
        },
    ),
    "on the day after": QuestionHistory(steps=silent(1), mailed={0: "...", 1: "... CHANGED | ..."}),
    "later than all": QuestionHistory(steps=silent(91), mailed={0: "..."}),
    "of nobody's interest": QuestionHistory(
        steps={
            0: silent()[0] | {"questionText": "To ask the Secretary of State, how clean the air is."},
            2: edited(f"{LONG}It was so on day 2."),
            15: edited(f"{LONG}It was so on day 15."),
        },
        mailed={},
    ),
}


def test_an_edit_that_lists_do_not_show_is_mailed_when_the_answer_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = (-1, 0, 1, 2, 3, 4, 7, 8, 14, 15, 30, 31, 90, 91)
    seen = HistoryWorld(tmp_path, MONDAY, SILENT, look_back=1, houses=["Commons"]).play(runs, monkeypatch)
    assert not differences(SILENT, seen), differences(SILENT, seen)
    # An answer without a match is not mailed, and is read again for two weeks only.
    assert seen["of nobody's interest"].events == [("answered",), ("edited",)]


def test_one_reading_catches_up_for_a_machine_that_slept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asleep = {"asleep": QuestionHistory(steps=silent(9), mailed={0: "...", 9: "... CHANGED | ..."})}
    seen = HistoryWorld(tmp_path, MONDAY, asleep, look_back=1, houses=["Commons"]).play((-1, 0, 9, 10, 11), monkeypatch)
    assert not differences(asleep, seen), differences(asleep, seen)
    assert seen["asleep"].events == [("answered",), ("edited",)]
