"""Repetition of a promise, on pairs that were labelled before the rule was written."""

from __future__ import annotations

import gzip
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from monitor.model.promises import PromiseKind
from monitor.parliament.promises.find import find_promises
from monitor.parliament.promises.repetition import Wording, alikeness, sentence_key, wording_of
from scrapers.markup import plain_text

PAIRS = Path(__file__).parents[1] / "data" / "promise_repetitions.tsv"
ACTS = (
    "publish",
    "respond",
    "consult",
    "announce",
    "introduce",
    "legislate",
    "launch",
    "complete",
    "set",
    "lay",
    "bring",
)


def labelled() -> list[tuple[bool, str, str, str, str]]:
    lines = [line for line in PAIRS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    rows = [line.split("\t") for line in lines]
    return [(row[0] == "yes", *row[1:5]) for row in rows]  # type: ignore[misc]


def worded(heading: str, sentence: str, body: str = "Sample Office") -> Wording:
    expression = " ".join(re.findall(r"(?:in|by) (?:(?:early|spring|summer|autumn|June|December) )*20\d\d", sentence))
    act = next((act for act in ACTS if act in sentence.replace("laid", "lay").casefold()), "publish")
    return wording_of(sentence, act, body, heading, expression)


def test_pairs_that_are_called_one_promise_are_one() -> None:
    found = [(label, alikeness(worded(*pair[:2]), worded(*pair[2:])) > 0, pair) for label, *pair in labelled()]
    wrong = [pair for label, is_same, pair in found if is_same and not label]
    missed = [pair for label, is_same, pair in found if label and not is_same]
    assert wrong == []
    assert len(missed) <= 1, missed


def test_pairs_that_are_one_promise_are_found_by_a_key() -> None:
    for label, *pair in labelled():
        first, second = worded(*pair[:2]), worded(*pair[2:])
        if label and alikeness(first, second):
            assert set(first.keys) & set(second.keys), pair


@pytest.mark.parametrize("body", ["Another Office", ""])
def test_another_body_repeats_nothing(body: str) -> None:
    sentence = "We will publish the private parking code of practice in the summer."
    assert not alikeness(worded("Parking", sentence), worded("Parking", sentence, body))


def test_a_promise_without_words_and_heading_has_no_key() -> None:
    assert wording_of("We will publish details in due course.", "publish", "Sample Office", None).keys == ()


def test_one_rare_word_is_a_key_by_itself() -> None:
    wording = Wording(body="sample", act="publish", words={"quinquennial": 12.0}, heading=frozenset())
    assert len(wording.keys) == 1


def test_a_sentence_is_the_same_in_other_typography() -> None:
    assert sentence_key("We\u2019ll  publish the \u2018Plan\u2019.") == sentence_key("We'll publish the 'plan'")


RECORDED = PAIRS.with_name("promise_repetitions_recorded.tsv")


def test_recorded_answers_repeat_what_their_readers_said(shared_data: Path) -> None:
    rows = [line.split("\t") for line in RECORDED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    records = recorded(shared_data, {int(number) for row in rows for number in row[1:]})
    wrong = []
    for label, first, second in rows:
        earlier, later = wordings_of(records[int(first)]), wordings_of(records[int(second)])
        is_same = any(alikeness(before, after) for before in earlier for after in later)
        if earlier and later and is_same is not (label == "yes"):
            wrong.append((label, first, second))
    assert [row for row in wrong if row[0] == "no"] == []
    assert len(wrong) <= 2, wrong


def recorded(folder: Path, numbers: set[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for path in sorted((folder / "written-questions-api").glob("detail-*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            found |= {value["id"]: value for value in map(json.loads, lines) if value["id"] in numbers}
    return found


def wordings_of(value: dict[str, Any]) -> list[Wording]:
    text = plain_text(value["answerText"])[0]
    on = date.fromisoformat(value["dateAnswered"][:10])
    return [
        wording_of(
            text[found.start : found.end], found.act, value["answeringBodyName"], value["heading"], found.expression
        )
        for found in find_promises(text, on)
        if found.kind is not PromiseKind.LETTER
    ]
