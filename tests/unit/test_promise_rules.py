"""Promises in a text: what the rules find, on sentences that were labelled before the rules were written."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from monitor.model.promises import PromiseKind
from monitor.parliament.promises.find import find_promises
from tests.labelled_promises import LATE, PARTS, UNSEEN, invented_sentences, recorded_sentences, score

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.model.promises import FoundPromise
    from tests.labelled_promises import Sentence

ON = date(2024, 11, 5)


def test_recorded_sentences_meet_the_bars(shared_data: Path) -> None:
    result = score(recorded_sentences(shared_data / "written-questions-api"))
    assert result.precision >= 0.9
    assert result.recall >= 0.8
    assert result.interval >= 0.95


def test_sentences_that_earlier_rules_missed_meet_the_bars(shared_data: Path) -> None:
    result = score(recorded_sentences(shared_data / "written-questions-api", PARTS))
    assert result.precision >= 0.92
    assert result.recall >= 0.83
    assert result.interval >= 0.96


def test_sentences_of_late_answers_meet_the_bars(shared_data: Path) -> None:
    result = score(recorded_sentences(shared_data / "written-questions-api", LATE))
    assert result.precision >= 0.94
    assert result.recall >= 0.88
    assert result.interval >= 0.96


def test_sentences_that_no_author_has_seen_are_read_no_worse_than_the_manual_says(shared_data: Path) -> None:
    result = score(recorded_sentences(shared_data / "written-questions-api", UNSEEN))
    assert result.precision >= 0.9
    assert result.recall >= 0.8
    assert result.interval >= 0.94


def test_invented_sentences_are_read_as_they_are_labelled() -> None:
    labelled = invented_sentences()
    result = score(labelled)
    assert len(labelled) >= 120
    assert [sentence.text for sentence in (*result.false, *result.missed, *result.other_days)] == []


@pytest.mark.parametrize("sentence", [s for s in invented_sentences() if s.labels], ids=lambda s: s.text[:50])
def test_kind_of_an_invented_sentence(sentence: Sentence) -> None:
    assert sorted(promise.kind.value for promise in sentence.found()) == sorted(kind for kind, _, _ in sentence.labels)


def only(text: str) -> FoundPromise:
    (found,) = find_promises(text, ON)
    return found


def test_promise_has_the_place_of_its_whole_sentence() -> None:
    text = "Piers are old.\nThis is well known. We will publish a plan for piers in the spring. It will be long."
    found = only(text)
    assert text[found.start : found.end] == "We will publish a plan for piers in the spring."


@pytest.mark.parametrize(
    ("text", "act", "expression"),
    [
        ("We will publish a plan in due course.", "publish", "will publish ... in due course"),
        ("We will shortly publish a plan.", "publish", "will shortly publish"),
        ("We intend to set out our plans by March 2025.", "set out", "intend to set out ... by March 2025"),
        ("The plan is due to be published next year.", "publish", "due to be published ... next year"),
        ("The response is expected in the spring.", "respond", "expected ... in the spring"),
        ("The plan is planned for publication in 2025.", "publish", "planned for publication ... in 2025"),
        ("We will consult.", "consult", "will consult"),
        (
            "We will carefully, and with all the harbour masters of the coast, work with others and publish a plan.",
            "publish",
            "will ... publish",
        ),
        ("I will write to the hon. Member.", "write", "I will write to the hon. Member"),
    ],
)
def test_promise_says_its_act_and_its_words(text: str, act: str, expression: str) -> None:
    found = only(text)
    assert (found.act, found.expression) == (act, expression)


def test_promises_come_in_their_order() -> None:
    text = "We will publish a plan. I will write to the hon. Member. Gulls are loud. We will consult in 2025."
    assert [promise.kind for promise in find_promises(text, ON)] == [
        PromiseKind.VAGUE,
        PromiseKind.LETTER,
        PromiseKind.DATED,
    ]


def test_two_promises_of_a_sentence_share_its_place() -> None:
    text = "We will consult in 2025 and will publish a plan in 2026."
    first, second = find_promises(text, ON)
    assert (first.start, first.end) == (second.start, second.end) == (0, len(text))
    assert (first.act, second.act) == ("consult", "publish")


def test_day_of_the_answer_decides_what_is_past() -> None:
    text = "We will publish a plan by March 2025."
    assert find_promises(text, date(2025, 3, 31))[0].due_to == date(2025, 3, 31)
    assert find_promises(text, date(2025, 4, 1))[0].kind is PromiseKind.VAGUE


@pytest.mark.parametrize(
    "text", ["", "\n", "Gulls are loud.", "The will of the people.", "will", "We will be", "to be"]
)
def test_text_without_a_promise(text: str) -> None:
    assert find_promises(text, ON) == []


def test_quoted_promise_is_another_speaker() -> None:
    assert find_promises("The charity asked: \u201cWe will publish a plan.\u201d", ON) == []


def test_list_that_is_longer_than_any_sentence_is_left_alone() -> None:
    assert find_promises("We will publish " + "piers, " * 500 + "in due course.", ON) == []


@pytest.mark.parametrize(
    "text",
    [
        "The Prime Minister of Ruritania will announce a plan next year.",
        "The Welsh Government has said it will publish a plan in 2025.",
        "Which harbours will be closed will be decided by the councils in 2025.",
        "The contract is set to conclude in October 2025.",
        "A bank plans to open branches on piers in 2026.",
        "From April 2025 ferries will begin to pay more.",
        "People will be assessed in 2025.",
        "The plan will be informed by a survey in 2025.",
        "Elections will be held in May 2025.",
        "The Secretary of State will also be able to publish a statement.",
        "We will meet our targets by 2030.",
        "We will review the policy should any new evidence become available.",
        "We are committed to reviewing the evidence.",
        "Piers to be published are listed.",
        "Data need to be published by March 2025.",
        "Once the survey is done, we will be able to publish a plan.",
        "The keepers plan, expected to cost more, is long.",
        "Ofcom are carrying out a review of piers that is due for publication in spring 2025.",
        "The OBR is preparing a report on piers, which will be published in spring 2025.",
    ],
)
def test_words_that_only_look_like_a_promise_are_none(text: str) -> None:
    assert find_promises(text, ON) == []


@pytest.mark.parametrize(
    "text",
    [
        "The Secretary of State for Science, Harbours and Ferries will publish a plan.",
        "Yes, the Ministry of Defence plans to send a ship to the lighthouse in 2025.",
        "The Department has started work, which is hard, and will publish a plan.",
        "The Government has announced that it will legislate.",
        "Officials in the Department are preparing to publish a plan.",
        "Departments responsible for piers will publish their plans in due course.",
        "We expect the survey to be completed in 2025.",
        "The survey will have been completed by June 2025.",
        "We plan to have opened ten harbours by 2026.",
        "The Government will, subject to the vote, publish a plan.",
        "The plan, which will be published in the spring, is long.",
        "The taskforce has begun urgent work to publish a plan in the spring.",
        "Work is under way to bring the Piers Act into force as soon as possible.",
        "We will be publishing a plan.",
        "The consultation will close on 3 March 2025.",
        "A meeting is planned for December.",
        "The report will be available in the spring.",
        "We are also building piers and, in due course, will publish a plan.",
    ],
)
def test_forms_of_a_promise(text: str) -> None:
    assert find_promises(text, ON) != []


def test_number_of_a_note_is_no_part_of_a_day() -> None:
    text = "We will publish the plan\u00b9 by 31 March 2027\u00b2. The rest follows."
    [found] = find_promises(text, ON)
    assert (found.due_to, text[found.start : found.end]) == (date(2027, 3, 31), text.partition(" The rest")[0])
