"""What a subscriber sees of every event and of every step from one state to another, from one end to the other."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from monitor.model.records import Event, State
from tests.e2e.life import Life, World, says
from tests.e2e.lives import ASKED, MONDAY, QUESTION, answer, edited, holding
from tests.e2e.lives_answers import ANSWERS
from tests.e2e.lives_turns import TURNS

if TYPE_CHECKING:
    from pathlib import Path

LOOK_BACK = 3
RUNS = (-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)

LIVES = ANSWERS | TURNS

STEPS = {
    State.TABLED: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED, State.WITHDRAWN),
    State.HOLDING: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED, State.WITHDRAWN),
    State.ANSWERED: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED, State.WITHDRAWN),
    State.CORRECTED: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED, State.WITHDRAWN),
    State.WITHDRAWN: (State.TABLED, State.HOLDING, State.ANSWERED, State.CORRECTED),
}
"""What some life must show: every step but those of what lapsed, which has a world of its own."""


def wrong(lives: dict[str, Life], seen: dict[str, Any]) -> str:
    """What was seen and is not as it is written down, for people."""
    said = []
    for name, life in lives.items():
        of = seen[name]
        digests = {day: " || ".join(some) for day, some in of.digests.items()}
        for what, expected, got in (
            ("told", life.told, digests),
            ("waiting", life.waiting, of.waiting),
            ("show", life.show, of.show),
        ):
            said += [
                f"{name}, {what} on day {day}:\n   got: {got.get(day)}\n   not: {expected.get(day)}"
                for day in sorted({*expected, *got})
                if not (day in got and day in expected and says(got[day], expected[day]))
            ]
    return "\n".join(said)


@pytest.mark.longest
def test_what_a_reader_sees_of_a_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = World(tmp_path, MONDAY, LIVES, look_back=LOOK_BACK, houses=["Commons"]).play(RUNS, monkeypatch)
    assert not wrong(LIVES, seen), wrong(LIVES, seen)
    happened = {event for of in seen.values() for events in of.events for event in events}
    assert happened == {*Event} - {Event.LAPSED}
    steps = {(one.value, other.value) for one, others in STEPS.items() for other in others}
    assert steps <= {step for of in seen.values() for step in pairwise(of.states)}


# -- the end of a session ---------------------------------------------------------------------------------------------

BEFORE_THE_END = date(2024, 5, 20)
"""A Monday: the session ended on the Friday, day 4."""

LAPSED = (
    "CHANGED SINCE YOU READ IT: 1 LAPSED | Water ... Not answered before the session ended, by prorogation or dissolution."
    " It will not be answered. A member may ask it again. It was in your digest of 20 May 2024. ..."
)
SESSION: dict[str, Life] = {
    "open at the end": Life(
        steps={0: ASKED | {"dateForAnswer": 3}},
        told={0: QUESTION, 4: "NEWLY LATE: ...", 7: LAPSED},
        waiting={4: "2024-05-23 ... 1 day late...", 7: "", 15: ""},
        show={
            15: "... lapsed without an answer ... seen 27 May 2024 Lapsed: the session ended before it was answered. ..."
        },
    ),
    "held at the end": Life(
        steps={0: ASKED, 1: holding(1)},
        told={
            0: QUESTION,
            1: "...| Water ... gave a holding answer on 21 May 2024. ...",
            4: "NEWLY LATE: ...",
            7: "... LAPSED | Water ... Not answered but with the holding answer of 21 May 2024 before the session ended...",
        },
        waiting={7: ""},
    ),
    "answered all the same": Life(
        steps={0: ASKED, 8: answer(8)},
        told={
            0: QUESTION,
            4: "NEWLY LATE: ...",
            7: LAPSED,
            8: "...| Water ... It had lapsed when the session ended, as your digest of 27 May 2024 said; this answer came"
            " all the same. ... A...",
        },
    ),
    "answered after a holding answer all the same": Life(
        steps={0: ASKED, 1: holding(1), 8: answer(8)},
        told={
            0: QUESTION,
            1: "...",
            4: "NEWLY LATE: ...",
            7: "... LAPSED | ...",
            8: "CHANGED SINCE YOU READ IT: 1 NOW ANSWERED | ... this answer came all the same. The answer after a holding"
            " answer. ... A...",
        },
    ),
    "Lords": Life(
        steps={0: {"HL62": {}}, 4: {"HL62": answer(4, "I will write to the noble Lord.")}},
        told={
            0: QUESTION,
            4: "...| Water Lord Specimen ... in the House of Lords ... On time (tabled 20 May,"
            " due 3 Jun). ... I will write to the noble Lord. It promises a letter."
            " You will be told when the letter appears. ...",
        },
        waiting={15: "... A letter was promised on 24 May 2024, not seen yet. ..."},
        uins=("HL62",),
    ),
    "Lords at the end": Life(
        steps={0: {"HL61": {}}}, told={0: QUESTION, 7: LAPSED}, waiting={4: "2024-06-03...", 7: ""}, uins=("HL61",)
    ),
    "tabled after it": Life(
        steps={11: {"dateTabled": 11, "dateForAnswer": 14}}, told={11: QUESTION, 15: "NEWLY LATE: ..."}
    ),
}


def test_what_is_open_when_the_session_ends_lapses_once_and_is_never_late_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = (-1, 0, 1, 4, 7, 8, 11, 15)
    seen = World(tmp_path, BEFORE_THE_END, SESSION, look_back=LOOK_BACK).play(runs, monkeypatch)
    assert not wrong(SESSION, seen), wrong(SESSION, seen)


# -- silent edits -----------------------------------------------------------------------------------------------------

LONG = "The water is tested each week. " * 10
"""More than lists show."""


def silent(*days: int) -> dict[int, Any]:
    """An answer of day 0 whose end is another from each of these days on."""
    return {
        0: answer(0, f"{LONG}It was clean."),
        **{day: edited(f"{LONG}It was clean from day {day}.") for day in days},
    }


SILENT: dict[str, Life] = {
    "after each reading": Life(
        steps=silent(2, 4, 8, 15, 31),
        told={
            0: "...",
            3: "... CHANGED | ...",
            7: "... CHANGED | ...",
            14: "... CHANGED | ...",
            30: "... CHANGED | ...",
            90: "... CHANGED | ...",
        },
    ),
    "on the day after": Life(steps=silent(1), told={0: "...", 1: "... CHANGED | ..."}),
    "later than all": Life(steps=silent(91), told={0: "..."}),
    "of nobody's interest": Life(
        steps={
            0: silent()[0] | {"questionText": "To ask the Secretary of State, how clean the air is."},
            2: edited(f"{LONG}It was so on day 2."),
            15: edited(f"{LONG}It was so on day 15."),
        },
        told={},
    ),
}


def test_an_edit_behind_what_lists_show_is_told_at_the_next_reading_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = (-1, 0, 1, 2, 3, 4, 7, 8, 14, 15, 30, 31, 90, 91)
    seen = World(tmp_path, MONDAY, SILENT, look_back=1, houses=["Commons"]).play(runs, monkeypatch)
    assert not wrong(SILENT, seen), wrong(SILENT, seen)
    # What matches nothing is told nobody, and read again for two weeks only.
    assert seen["of nobody's interest"].events == [("answered",), ("edited",)]


def test_one_reading_makes_up_for_those_that_a_machine_slept_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep = {"asleep": Life(steps=silent(9), told={0: "...", 9: "... CHANGED | ..."})}
    seen = World(tmp_path, MONDAY, asleep, look_back=1, houses=["Commons"]).play((-1, 0, 9, 10, 11), monkeypatch)
    assert not wrong(asleep, seen), wrong(asleep, seen)
    assert seen["asleep"].events == [("answered",), ("edited",)]
