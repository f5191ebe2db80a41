"""Topics of config.toml on labelled sentences and on texts that Parliament published.

test_topics_page.py counts their matches in recent questions, because it reads those already.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from monitor.terms.matcher import compile_terms
from tests.labelled import FILES, TOPICS, Score, labelled_sentences, report, scores, shipped_topics
from tests.real_texts import Record, pages, two_days_of_2009

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FLOORS = {
    "labelled_topics.tsv": {"tech": (0.96, 0.92), "agencies": (0.92, 0.94), "children": (0.93, 0.98)},
    "labelled_topics_of_today.tsv": {"tech": (0.94, 0.97), "agencies": (0.96, 0.96), "children": (0.95, 0.95)},
}
"""Least precision and recall on the labelled sentences, by file."""

LEAST = {"labelled_topics.tsv": 300, "labelled_topics_of_today.tsv": 250}
"""Least number of sentences."""


@pytest.mark.parametrize("file", FILES)
def test_there_are_enough_labelled_sentences_and_half_are_traps(file: str) -> None:
    sentences = labelled_sentences(file)
    assert len({sentence.text for sentence in sentences}) == len(sentences) >= LEAST[file]
    assert {label for sentence in sentences for label in sentence.labels} == set(TOPICS)
    assert {sentence.part for sentence in sentences} == {"heading", "question", "answer"}
    assert 2 * sum(not sentence.labels for sentence in sentences) >= len(sentences)


def test_no_sentence_is_in_two_files() -> None:
    assert len({sentence.text for sentence in labelled_sentences()}) == len(labelled_sentences())


def test_the_labels_name_the_shipped_topics() -> None:
    assert [topic.name for topic in shipped_topics()] == list(TOPICS.values())


@pytest.mark.parametrize("file", FILES)
def test_shipped_topics_find_the_labelled_sentences(file: str) -> None:
    found = scores(shipped_topics(), labelled_sentences(file))
    table = report(found)
    print(table)  # noqa: T201 (shown with -s, and when it fails)
    for label, (precision, recall) in FLOORS[file].items():
        assert found[label].precision >= precision, table
        assert found[label].recall >= recall, table


def test_errors_are_exactly_those_in_the_notes() -> None:
    """If terms now get a sentence right, remove "false find" or "missed" from its note."""
    total = sum(scores(shipped_topics(), labelled_sentences()).values(), Score((), (), ()))
    noted = {
        word: {sentence.text for sentence in labelled_sentences() if word in sentence.note}
        for word in ("false find", "missed")
    }
    assert {sentence.text for sentence in total.false} == noted["false find"]
    assert {sentence.text for sentence in total.missed} == noted["missed"]


def found_in(records: Iterable[Record]) -> tuple[Counter[str], dict[str, set[str]]]:
    """Count records by topic and by term, and collect the forms of each term, those of NEAR and single words included."""
    topics = shipped_topics()
    matcher = compile_terms(topics)
    name_of = {topic.key: topic.name for topic in topics}
    counts: Counter[str] = Counter()
    forms: dict[str, set[str]] = {}
    for record in records:
        matches = matcher.matches(record.parts, None, record.ask)
        counts.update({name_of[match.topic] for match in matches} | {short(match.term) for match in matches})
        for match in matches:
            forms.setdefault(short(match.term), set()).add(match.form)
    return counts, forms


def short(term: str) -> str:
    """Return the name under which a family is reported."""
    return term.partition(" = ")[0]


TECH, AGENCIES, CHILDREN = TOPICS.values()

IN_2009 = {
    TECH: 2, "PCeU": 2, "policing cyber crime": 2,
    AGENCIES: 4, "SOCA": 4,
    CHILDREN: 2, "CEOP": 2, "children online": 2,
    "(protect* children OR protection for children OR children from) NEAR/8 (online OR internet OR platform)": 2,
}  # fmt: skip
"""Records that each term finds. All were read: read each changed one before you accept it."""


def test_matches_in_two_days_of_2009(shared_data: Path) -> None:
    counts, _ = found_in(two_days_of_2009(shared_data))
    assert counts == IN_2009


def test_the_spellings_of_1998_to_2009(shared_data: Path) -> None:
    counts, forms = found_in(Record({"text": page}, facts=None) for page in pages(shared_data))  # type: ignore[arg-type]  # none is asked for
    assert {name: counts[name] for name in TOPICS.values()} == {TECH: 6, AGENCIES: 6, CHILDREN: 9}
    assert forms["NHTCU"] == {"National Hi-Tech Crime Unit"}
    assert forms["hi-tech crime unit"] == {"Hi-Tech Crime Unit", "Hi-Tech Crime", "hi-tech crime", "high tech crime"}
    assert forms["PCeU"] == {"E-Crime Unit", "e-Crime unit"}
    assert forms["cyber crime unit"] == {"computer crime unit", "computer crime units"}
    assert forms["SOCA"] == {"Serious Organised Crime Agency", "Serious Organised Crime Agency's", "SOCA's"}
    assert forms["National Crime Squad"] == {"National Crime Squad", "National Crime Squad's"}
    assert forms["National Criminal Intelligence Service"] == {
        "National Criminal Intelligence Service",
        "National Criminal Intelligence Unit",
    }
    assert forms["paedophil* unit"] == {"paedophile units"}
    assert forms["Obscene Publications and Internet Unit"] == {"Obscene Publications and Internet Unit"}
    assert forms["CEOP"] == {"Child Exploitation and Online Protection"}
    assert forms["Internet Watch Foundation"] == {"Internet Watch Foundation", "IWF"}
    assert {"paedophiles", "on-line", "internet"} <= forms["paedophiles online"]
