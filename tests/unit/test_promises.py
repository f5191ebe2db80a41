"""Answers that only promise a letter, and signs that the letter came. All sentences are invented."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from monitor.model.records import Attachment
from monitor.parliament.promises import letters
from monitor.parliament.promises.letters import CUES, find_promise, letter_came, letter_promised_on
from scrapers.markup import plain_text
from tests.builders import a_question

if TYPE_CHECKING:
    from pathlib import Path

PROMISES = (
    "I will write to the hon. Member and place a copy of my letter in the Library of the House.",
    "I will write to the right hon. Member for Mid Sample.",
    "The figures are not to hand. Once they are, I will write to the hon. Lady with them.",
    "I shall write to my hon. Friend.",
    "I will write to my noble Friend shortly.",
    "I will write to the noble Lord.",
    "I will write to Lord Specimen with the details.",
    "I will write to him when the samples are counted, and place a copy of this letter in the Library.",
    "I\u2019ll write to you as soon as the count is complete.",
    "I will write with the details.",
    "My officials will write to the hon. Member.",
    "The Chief Executive of the Beach Agency will write directly to the hon. Gentleman.",
    "I have asked the Chief Executive, Fay Template, to write to the hon. Member for Mid Sample.",
    "I will ask the chief executive to write to the hon. Member.",
    "I have asked the Chief Constable to reply to the hon. Member, and a copy of his letter will be placed in the Library.",
    "The Beach Authority will respond to the right honourable Member by letter.",
    "I will respond in writing.",
    "The Minister will respond in writing.",
    "A letter will be sent to the hon. Member.",
    "I will send her a letter.",
    "A written response to your Questions 1 and 2 will be provided.",
    "I shall, of course, write to the noble Baroness.",
    "I shall look into it and write to the hon. Gentleman.",
    "I shall write with the details as soon as they are to hand.",
    "I am writing to the hon. Member with the figures.",
    "I have asked the Chief Executive of Beaches Scotland to write to the member with the information.",
    "I have asked the Beach Authority to reply to the hon. Member.",
    "I have asked the Beach Authority to reply.",
    "The Chief Executive has been asked to write to the hon. Member.",
    "I will set this out in a letter to the hon. Member.",
)
NONE = (
    "",
    "I have written to the hon. Member, and a copy of my letter is in the Library of the House.",
    "I wrote to the hon. Member on 3 May.",
    "The Department will write to all schools.",
    "We will be writing shortly to the 1,200 households concerned.",
    "The Secretary of State will write to the Beach Authority to tell them so.",
    "I will write to the Swimmers' Union with an update.",
    "We will write off the debt.",
    "I will not write to the hon. Member.",
    "I will write to the hon. Member's council.",
    "I will write to the hon. Member\u2019s constituent.",
    "My predecessor said that he will write to the hon. Member.",
    "She asked whether I will write to the hon. Member.",
    "On 3 May the Minister told the House: “I will write to the hon. Member.” That was done.",
    'The answer of 3 May was "I will write to the hon. Member".',
    "A copy of the letter will be placed in the Library.",
    "Applicants will be told in writing. The hon. Member may wish to write to the agency.",
    "The Department will respond in writing to the consultation.",
    "The Secretary of State has asked me to write to you.",
    "I have been asked to reply.",
    "The pension scheme will write to the member.",
    "We will write to member states. I have asked the Commission to write to the member states.",
    "I will not ask again and write to the hon. Member's council.",
    "I have asked the chief executive to write to the hon. Member.\n\nLetter from Fay Template:\n\nThere were 12.",
)


@pytest.mark.parametrize("text", PROMISES)
def test_a_promise_of_a_letter_is_found(text: str) -> None:
    found = find_promise(f"The samples are being counted.\n\n{text}")
    assert found
    assert found[0] >= len("The samples are being counted.")
    assert any(cue in text.lower() for cue in CUES)


@pytest.mark.parametrize("text", NONE)
def test_other_sentences_on_writing_promise_no_letter(text: str) -> None:
    assert find_promise(text) is None


def test_promise_after_a_similar_sentence_is_found() -> None:
    text = "The Minister said that he will write to the hon. Member. I will write to her too, and to the hon. Member."
    found = find_promise(text)
    assert found
    assert text[slice(*found)] == "I will write to her"


ANSWERED_ON, LATER = date(2021, 2, 1), date(2021, 3, 1)
PROMISED = a_question(answer=PROMISES[0], answered_on=ANSWERED_ON)
FILE = (Attachment(title="Letter"),)


@pytest.mark.parametrize(
    ("facts", "day"),
    [
        ({}, ANSWERED_ON),
        ({"answer": "There were 12."}, None),
        ({"attachments": FILE}, None),
        ({"is_holding": True}, None),
        ({"is_withdrawn": True}, None),
        ({"corrected_on": LATER}, ANSWERED_ON),
        ({"corrected_on": LATER, "original_answer": "There were 12."}, LATER),
        ({"corrected_on": LATER, "original_answer": PROMISES[1]}, ANSWERED_ON),
    ],
)
def test_the_day_of_a_promise(facts: dict[str, Any], day: date | None) -> None:
    assert letter_promised_on(replace(PROMISED, **facts)) == day


@pytest.mark.parametrize(
    ("facts", "how"),
    [
        ({}, ""),
        ({"attachments": FILE}, "file"),
        ({"answer": "I have written to the hon. Member."}, "text"),
        ({"answer": "There were 12."}, "answer"),
        ({"answer": "There were 12.", "corrected_on": LATER, "is_correction": True}, "answer"),
        ({"answer": PROMISES[1]}, ""),
        ({"answer": None}, ""),
        ({"is_withdrawn": True, "attachments": FILE}, ""),
    ],
)
def test_signs_that_a_letter_came(facts: dict[str, Any], how: str) -> None:
    assert letter_came(PROMISED, replace(PROMISED, **facts)) == how


def test_file_without_a_promise_is_no_letter() -> None:
    answered = a_question(answer="There were 12.")
    assert letter_came(answered, replace(answered, attachments=FILE)) == ""


def test_no_promise_is_missed_where_only_some_words_are_looked_at() -> None:
    """A new pattern that begins with another word needs that word in _BEGINNING."""
    for answer in (*PROMISES, *(f"The samples are being counted. {text}" for text in PROMISES), *NONE):
        everywhere = [found.start() for found in letters._promises().finditer(answer)]
        beginnings = {found.start() for found in letters._BEGINNING.finditer(answer)}
        assert beginnings.issuperset(everywhere), answer


def test_promises_in_recorded_answers(shared_data: Path) -> None:
    """All the promises were checked by a reader. Of the promises in other words, one is missed."""
    path = shared_data / "written-questions-api/fulltext-commons-2023-09_2024-12.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = (json.loads(line)["answerText"] or "" for line in lines if any(cue in line for cue in CUES))
        answers = {plain_text(answer)[0] for answer in texts}
    assert sum(find_promise(answer) is not None for answer in answers) == 47
