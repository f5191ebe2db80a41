"""Labels of answers: sentences that each rule finds, and sentences that it leaves alone. All sentences are invented.

Two labels are measured on sentences that were labelled before the rules were changed for them.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.parliament.answer_labels import RULES, label_answer
from monitor.text.sentences import sentence_around
from tests.real_texts import full_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

LABELLED = Path(__file__).resolve().parents[1] / "data/labelled_answers.tsv"

FOUND = {
    "not_held": [
        "The information requested is not held centrally.",
        "Figures for ferries in the form requested are not currently collected.",
        "The Department does not hold this information.",
        "We do not routinely collect or hold data on lighthouses.",
        "The Ministry does not keep a list of its ladders.",
        "No central record is kept.",
        "There is no central register of piers.",
        "This data is no longer collected.",
        "Information on the colour of boats is neither held nor published.",
    ],
    "disproportionate_cost": [
        "The information could be obtained only at disproportionate cost.",
        "To provide it would incur a disproportionate cost.",
        "This could not be done without incurring disproportionate costs.",
        "It would take a disproportionate amount of time to count them.",
    ],
    "refers": [
        "I refer the hon. Member to the answer I gave on 12 January to Question 123.",
        "I would refer the noble Lord to my Written Statement of 3 May.",
        "I refer him to the reply given by my predecessor.",
        "Please refer to the answer to Question 123.",
        "On piers, I also refer my hon. Friend to my letter of 4 June.",
    ],
    "in_due_course": [
        "We will publish our response in due course.",
        "Further details will be announced in due course.",
        "The Department plans to set out its approach in due course.",
        "In due course the Government will publish a plan for piers.",
    ],
    "letter": ["I will write to the hon. Member and place a copy of my letter in the Library."],
    "no_plans": [
        "There are no plans to widen the pier.",
        "The Government has no current plans to do so.",
        "The Department does not plan to count them again.",
        "We do not currently intend to publish the minutes.",
        "DSEA has no plans to close it.",
        "My right hon. Friend has no plans to do so.",
        "The Port of Fenmouth currently has no plans to close it.",
        "The Department does not have any plans to widen it.",
        "There are not currently any plans to widen it.",
        "There are, however, no plans to widen it.",
        "We have read the report but have no plan to publish it.",
        "The board does not intend to close it.",
        "It is not our intention to close it.",
    ],
    "no_assessment": [
        "No assessment has been made of the effect on gulls.",
        "The Department has made no recent estimate of the number of gulls.",
        "We have not made a formal assessment.",
        "The Secretary of State has not made any assessment of the effect.",
    ],
    "commercial": [
        "These details are commercially sensitive.",
        "For reasons of commercial confidentiality the price is not published.",
        "We cannot share it, as it would prejudice commercial interests.",
        "I am unable to disclose commercially confidential figures.",
    ],
    "no_comment": [
        "The Department does not comment on individual cases.",
        "It would not be appropriate to comment on a live inquiry.",
        "It would be inappropriate for Ministers to comment further.",
        "We can neither confirm nor deny it.",
        "It is long-standing policy not to comment on such matters.",
        "For security reasons the number of guards is not published.",
        "The list cannot be shared for reasons of national security.",
    ],
}
REFUSED = {
    "not_held": [
        "The information is held centrally.",
        "The information was not held at that time.",
        "Local people who do not hold a licence give their details at the gate.",
        "The figures show how many ferries that are not recorded sail at night.",
        "If the information is not held, the port will say so.",
        "The port said that it does not hold this information.",
        "The report says \u201cthe information is not held\u201d.",
        "Figures show that ministers are not held to account.",
        "2021\tData not held\t12",
        "We do not hold elections for this office.",
    ],
    "disproportionate_cost": [
        "The scheme puts disproportionate costs on small boats.",
        "Gulls are disproportionately at risk.",
        "A disproportionate number of gulls was counted.",
    ],
    "refers": [
        "Doctors refer patients to a clinic and await its response.",
        "The figures refer to ferries.",
        "I refer to gulls as birds.",
        "Please refer to the tables below.",
        "She was referred to the answer.",
    ],
    "in_due_course": [
        "The work was published in due course.",
        "The boats will sail in due course.",
        "We will not publish them in due course or ever.",
    ],
    "letter": ["The Department wrote to the port."],
    "no_plans": [
        "There were no plans at that time.",
        "Operators that have no plans of their own pay more.",
        "If there are no plans for a pier, the port pays.",
        "The Government has plans to widen it.",
        "Ports which do not plan to grow are exempt.",
        "Pupils with no education, health and care plan get support too.",
        "The pier has no plan B.",
        "Unless the port has no plans of its own, the fund does not pay.",
        "The port said that it has no plans to grow.",
    ],
    "no_assessment": [
        "An assessment has been made.",
        "The Department has made an assessment of what no estimate shows.",
        "No boat has been lost since the assessment was made.",
    ],
    "commercial": [
        "Nothing commercially sensitive was shared.",
        "Boards must handle commercially sensitive information with care.",
        "The plans will be published, subject to redactions for commercial sensitivities.",
    ],
    "no_comment": [
        "The public may comment on the plan, which is not final.",
        "Restrictions stay in place for security reasons.",
        "Social security is not paid to gulls.",
        "People who do not comment are counted all the same.",
    ],
}
LEAST_RIGHT = {"letter": (0.98, 0.98), "no_plans": (0.98, 0.95)}
"""Least precision and recall on the labelled sentences."""

LEAST_FOUND = {"not_held": 100, "disproportionate_cost": 40, "refers": 20, "in_due_course": 60, "no_plans": 40}


def names(answer: str) -> list[str]:
    return [label.name for label in label_answer(answer)]


@pytest.mark.parametrize(
    ("name", "sentence"), [(name, sentence) for name, sentences in FOUND.items() for sentence in sentences]
)
def test_sentence_of_a_label_is_found(name: str, sentence: str) -> None:
    answer = f"The pier was built in 1899. {sentence} It is open every day."
    [label] = [label for label in label_answer(answer) if label.name == name]
    assert answer[label.start : label.end] == sentence


@pytest.mark.parametrize(
    ("name", "sentence"), [(name, sentence) for name, sentences in REFUSED.items() for sentence in sentences]
)
def test_similar_sentence_gets_no_label(name: str, sentence: str) -> None:
    assert name not in names(f"The pier was built in 1899. {sentence} It is open every day.")


def labelled() -> Iterator[tuple[str, str]]:
    """Read each sentence of the file with its label, or "-" if it has none."""
    for line in LABELLED.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, sentence = line.split("\t")
            yield name, sentence


def test_there_are_enough_labelled_sentences_and_no_duplicates() -> None:
    counts = Counter(name for name, _ in labelled())
    assert set(counts) == {"letter", "no_plans", "-"}
    assert min(counts.values()) >= 70
    assert len({sentence for _, sentence in labelled()}) == counts.total() >= 200


@pytest.mark.parametrize("name", LEAST_RIGHT)
def test_rules_find_the_labelled_sentences_and_few_others(name: str) -> None:
    wanted = {sentence for label, sentence in labelled() if label == name}
    found = {sentence for _, sentence in labelled() if name in names(sentence)}
    precision, recall = LEAST_RIGHT[name]
    assert len(found & wanted) >= precision * len(found), found - wanted
    assert len(found & wanted) >= recall * len(wanted), wanted - found


def test_every_rule_has_sentences_to_find_and_to_refuse() -> None:
    assert list(FOUND) == list(REFUSED) == list(RULES)


def test_labels_come_once_each_in_the_order_of_the_rules() -> None:
    answer = (
        "There are no plans to count gulls. There are no plans to count boats.\n\n"
        "The information is not held and could be obtained only at disproportionate cost."
    )
    assert names(answer) == ["not_held", "disproportionate_cost", "no_plans"]
    assert label_answer(answer)[2].end == len("There are no plans to count gulls.")


def test_first_matching_sentence_is_shown_after_one_that_does_not_match() -> None:
    answer = "If the information is not held, we say so. This information is not held."
    [label] = label_answer(answer)
    assert answer[label.start : label.end] == "This information is not held."


def test_denial_at_the_start_of_a_sentence() -> None:
    assert names("No estimate has been made. no plans. not now. ") == ["no_assessment"]


def test_offsets_are_right_where_lower_case_is_longer() -> None:
    answer = "\u0130\u0130\u0130 Pier. This information is not held."
    [label] = label_answer(answer)
    assert answer[label.start : label.end] == "This information is not held."


@pytest.mark.parametrize("answer", ["", " ", "\n\n", "None."])
def test_answer_without_such_words_has_no_label(answer: str) -> None:
    assert label_answer(answer) == ()


def test_sentence_around_an_offset() -> None:
    text = "One here. Two, by the hon. Member, there. \nThree."
    sentences = [text[slice(*sentence_around(text, place))] for place in (0, 9, 10, 27, 42, 43)]
    two = "Two, by the hon. Member, there."
    assert sentences == ["One here.", "One here.", two, two, two, "Three."]


def test_each_label_of_a_recorded_answer_is_one_sentence(shared_data: Path) -> None:
    recorded = (record.parts["answer"] for record in full_texts(shared_data) if "answer" in record.parts)
    found = [(answer, label) for answer in islice(recorded, 2_500) for label in label_answer(answer)]
    assert all(
        answer[label.start : label.end].strip() and "\n" not in answer[label.start : label.end]
        for answer, label in found
    )
    counts = Counter(label.name for _, label in found)
    assert all(counts[name] > least for name, least in LEAST_FOUND.items()), counts
