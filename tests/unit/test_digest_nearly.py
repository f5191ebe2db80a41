"""Equal and nearly equal answers, of the same day and earlier, in the digest. All is invented."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from monitor.digest.arrange import MOST_NEARLY
from monitor.digest.csv_attachment import sheet_of
from monitor.digest.render import render
from monitor.model.records import Attachment, Event, Link
from monitor.presentation.differences import BriefCandidates, brief_exceptions, exceptions
from monitor.presentation.entry import entry_of
from tests.builders import a_question, an_item
from tests.golden.cases import TOPICS, a_day, due, item

if TYPE_CHECKING:
    from monitor.model.digests import Digest, Item
    from monitor.model.records import Proceeding

COUNTED = (
    "The Sample Agency tests the bathing waters of forty-five beaches each month in the season, and publishes the results. "
    "In the last year {n} samples were taken at {place}, of which none failed the standard."
)
NORTH = COUNTED.format(n="45", place="North Sample")
SOUTH = COUNTED.format(n="38", place="South Sample")
LONG = " ".join(f"The beach of number {n} was visited and found to be in good order." for n in range(20))


def answered(uin: str, answer: str = NORTH, **facts: Any) -> Item:
    return item(a_question(**({"uin": uin, "heading": "Bathing Water", "answer": answer} | facts)))


def uins(digest: Digest) -> list[list[str | None]]:
    return [[item.revision.proceeding.uin, *(also.uin for also in item.same_as)] for item in digest.new]


@pytest.mark.parametrize(
    ("shown", "other", "said"),
    [
        ("Of 45 samples, two.", "Of 38 samples, two.", ["45 becomes 38"]),
        ("It cost £45, or more.", "It cost £38, or more.", ["£45 becomes £38"]),
        ("The north is clean.", "The far north is clean.", ["\u201cfar\u201d is added"]),
        ("The far north is clean.", "The north is clean.", ["\u201cfar\u201d is left out"]),
        ("In the north, 4.", "In the south, 5.", ["\u201cnorth, 4\u201d becomes \u201csouth, 5\u201d"]),
        ("The  north is\n\nclean.", "The north is clean.", []),
    ],
)
def test_changed_words_are_listed_place_by_place(shown: str, other: str, said: list[str]) -> None:
    assert exceptions(shown, other) == brief_exceptions(shown, other) == said


def test_capitals_and_punctuation_count_as_differences() -> None:
    assert exceptions("The Government acts", "The government acts") == []
    assert brief_exceptions("The Government acts", "The government acts") == [
        "\u201cGovernment\u201d becomes \u201cgovernment\u201d"
    ]


@pytest.mark.parametrize(
    "other", ["w1 b w2 d w3 f w4 h", "a b c d e f g h " + "more " * 9, "a b c and\n\nso d e f g h"]
)
def test_large_differences_are_not_summarised(other: str) -> None:
    assert brief_exceptions("a b c d e f g h", other) == []


WORDS = "agency beach coast count depth north river samples south tests water weather".split()  # noqa: SIM905 - reads best so


def changed(chance: Random, text: str) -> str:
    """Change a text in up to five places, each by up to ten words; now and then in its spaces and invisible characters."""
    words = text.split(" ")
    for _ in range(chance.randint(0, 5)):
        at = chance.randint(0, len(words))
        added = chance.choices(WORDS, k=chance.randint(0, 10))
        words[at : at + chance.randint(0, 10)] = added
    if chance.random() < 0.2:
        words.insert(chance.randint(0, len(words)), chance.choice(["\u200b", "\u2060 \u2060", "\n\n", "\u2019s", "'s"]))
    return " ".join(words)


@pytest.mark.parametrize("seed", range(8))
def test_no_text_that_differs_briefly_is_passed_over(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 (no secret)
    texts = [" ".join(chance.choices(WORDS, k=chance.choice([3, 22, 30, 60, 150, 400]))) for _ in range(4)]
    for _ in range(40):
        texts.append(changed(chance, chance.choice(texts)))
    candidates = BriefCandidates()
    for number, text in enumerate(texts):
        briefly = {other for other in range(number) if brief_exceptions(texts[other], text)}
        assert briefly <= candidates.of(text)
        candidates.add(number, text)


def test_texts_without_a_long_run_in_common_are_passed_over() -> None:
    candidates = BriefCandidates()
    candidates.add(1, LONG)
    candidates.add(2, " ".join(reversed(LONG.split())))
    assert candidates.of(LONG) == {1}


@pytest.mark.parametrize("seed", range(3))
def test_answers_are_grouped_as_by_comparing_each_with_each(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Random(seed)  # noqa: S311 (no secret)
    texts = [NORTH, SOUTH, LONG, *(" ".join(chance.choices(WORDS, k=80)) for _ in range(3))]
    for _ in range(40):
        texts.append(changed(chance, chance.choice(texts)))
    items = [answered(str(number), text) for number, text in enumerate(texts, 1)]
    found = uins(a_day(*items))
    monkeypatch.setattr("monitor.digest.arrange.BriefCandidates", EachWithEach)
    assert found == uins(a_day(*items))
    assert len(found) < len(texts) - 5


class EachWithEach:
    """Takes every text for a candidate."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def add(self, number: int, _text: str) -> None:
        self.numbers.append(number)

    def of(self, _text: str) -> list[int]:
        return self.numbers


def test_nearly_equal_answers_of_a_day_are_one_item_with_their_differences() -> None:
    digest = a_day(answered("1"), answered("2", SOUTH), answered("3"))
    assert uins(digest) == [["1", "2", "3"]]
    done = render(digest, due)
    assert "One answer, or nearly, to 3 questions. Also asked:\n  UIN 2, " in done.text
    difference = "Its answer: as above, except: 45 becomes 38; \u201cNorth\u201d becomes \u201cSouth\u201d."
    for text in (done.text, done.html):
        assert " ".join(text.split()).count(difference) == 1


def test_the_table_of_all_calls_only_equal_answers_the_same() -> None:
    rows = list(csv.DictReader(io.StringIO(sheet_of(a_day(answered("1"), answered("2", SOUTH), answered("3")), due))))
    assert [(row["uin"], row["same_answer_as"]) for row in rows] == [("1", ""), ("2", ""), ("3", "1")]
    assert [row["answer"] for row in rows] == [NORTH, SOUTH, NORTH]


@pytest.mark.parametrize(
    "facts",
    [
        {"body": "Treasury"},
        {"answered_on": date(2021, 2, 2)},
        {"heading": "Bathing Water: South"},
        {"is_holding": True},
        {"attachments": (Attachment(title="Table", url="https://example.org/t", file_type="pdf", size_bytes=1),)},
        {"links": (Link(text="here", href="https://www.gov.uk/x"),)},
        {"answer": f"{SOUTH} A sentence of its own says what else there is to be said of all that."},
        {"answer": SOUTH.replace("forty-five beaches", "forty-five beaches by bus services")},
    ],
    ids=["body", "day", "heading", "holding", "file", "link", "more differs", "found by another term"],
)
def test_answers_are_separate_items_if_something_would_be_lost(facts: dict[str, Any]) -> None:
    assert sorted(map(len, uins(a_day(answered("1"), answered("2", **({"answer": SOUTH} | facts)))))) == [1, 1]


ONE_FILE = Attachment(title="Table 1", url="https://example.org/1", file_type="pdf", size_bytes=1)


@pytest.mark.parametrize(
    ("first", "second", "items"),
    [
        ({"attachments": (ONE_FILE,)}, {"attachments": (replace(ONE_FILE, title="Table 2"),)}, 2),
        ({"attachments": (ONE_FILE,)}, {}, 2),
        (
            {"links": (Link(text="here", href="https://www.gov.uk/1"),)},
            {"links": (Link(text="here", href="https://www.gov.uk/2"),)},
            2,
        ),
        ({"attachments": (ONE_FILE,)}, {"attachments": (replace(ONE_FILE, url="https://example.org/2"),)}, 1),
        ({}, {}, 1),
    ],
    ids=["other files", "no file", "other links", "the same file at another address", "neither"],
)
def test_equal_answers_are_separate_items_if_their_files_or_links_differ(
    first: dict[str, Any], second: dict[str, Any], items: int
) -> None:
    words = "The numbers of bathing water samples are in the attached table."
    assert len(a_day(answered("1", words, **first), answered("2", words, **second)).new) == items


@pytest.mark.parametrize(("title", "items"), [("Table 1", 1), ("Table 2", 2)])
def test_corrections_that_bring_other_files_are_separate_items(title: str, items: int) -> None:
    corrected = []
    for uin, name in (("1", "Table 1"), ("2", title)):
        was = a_question(uin=uin, heading="Bathing Water", answer="There are 3 beaches with bathing water.")
        facts: dict[str, Any] = {"corrected_on": date(2021, 2, 2), "attachments": (replace(ONE_FILE, title=name),)}
        now = replace(was, answer="There are 4 beaches with bathing water.", **facts)
        corrected.append(item(now, before=an_item(was).revision, events=(Event.CORRECTED,)))
    assert len(a_day(*corrected).changed) == items


def test_an_answer_that_was_changed_since_is_a_separate_item() -> None:
    changed = answered("2")
    latest = replace(changed.revision, id=2, proceeding=replace(changed.revision.proceeding, answer="None."))
    assert len(a_day(answered("1"), replace(changed, latest=latest)).new) == 2


def test_formulaic_answers_are_separate_items() -> None:
    refers = "I refer the hon. Member to the answer on bathing water that I gave to Question {n}."
    assert len(a_day(answered("1", refers.format(n=7)), answered("2", refers.format(n=8))).new) == 2


@pytest.mark.parametrize("facts", [{"before": a_question(uin="2", answer=None)}, {"refers_to": a_question(uin="9")}])
def test_answers_with_more_to_say_are_separate_items(facts: dict[str, Any]) -> None:
    other = item(a_question(uin="2", heading="Bathing Water", answer=SOUTH), **facts)
    other = replace(other, before=an_item(other.before).revision) if isinstance(other.before, type(other)) else other
    assert len(a_day(answered("1"), other).new) == 2


def test_mentions_are_separate_items() -> None:
    mentions = [
        item(a_question(uin=uin, heading="Rocks", answer=answer)) for uin, answer in (("1", NORTH), ("2", SOUTH))
    ]
    assert len(a_day(*mentions).new) == 2


def test_number_of_answers_in_one_item_is_limited() -> None:
    answers = [answered(str(n), COUNTED.format(n=n, place="North Sample")) for n in range(10, 17)]
    assert [len(uin) for uin in uins(a_day(*answers))] == [1 + MOST_NEARLY, 7 - 1 - MOST_NEARLY]


def before(answer: str = NORTH) -> Proceeding:
    return a_question(uin="143790", answer=answer, answered_on=date(2021, 1, 12))


@pytest.mark.parametrize(
    ("earlier", "note"),
    [
        (None, None),
        (before(), "Same words as the answer of 12 January 2021 (UIN 143790)."),
        (
            before(NORTH.replace("45 samples", "38 samples")),
            "As the answer of 12 January 2021 (UIN 143790), except: 38 becomes 45.",
        ),
    ],
)
def test_answer_that_was_given_before_is_marked(earlier: Proceeding | None, note: str | None) -> None:
    notes = entry_of(replace(answered("1"), said_before=earlier), TOPICS, due).notes
    assert notes == ((note,) if note else ())


def test_label_comes_with_its_sentence_if_that_is_not_shown() -> None:
    said = "The number of boats is not held centrally."
    hidden = entry_of(answered("1", f"{LONG} {said} {LONG}"), TOPICS, due)
    assert f"Not held: \u201c{said}\u201d" in hidden.notes
    for answer in (said, f"{said} {LONG} {LONG}", f"{LONG} I will write to the hon. Member. {LONG}"):
        assert not [note for note in entry_of(answered("1", answer), TOPICS, due).notes if "\u201c" in note]
