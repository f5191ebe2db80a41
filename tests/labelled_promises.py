"""Precision and recall of the rules of promises on labelled sentences: `python -m tests.labelled_promises` prints them.

Most of those sentences are in recorded answers that are not in the project. They were drawn from three strata: with a word
of promises and a time, with such a word, and without. Later the first two were drawn in two parts each, of what the rules
found then and what they missed, and again from late answers alone. A sentence counts as often as its stratum was thinned.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.parliament.calendar import load_calendar
from monitor.parliament.promises.find import find_promises
from monitor.text.sentences import sentences
from scrapers.markup import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.model.promises import FoundPromise

DATA = Path(__file__).parent / "data"
RECORDED = DATA.parents[2] / "shared/data/written-questions-api"

OPEN = "labelled_promises.tsv"
UNSEEN = "labelled_promises_unseen.tsv"
PARTS = "labelled_promises_parts.tsv"
LATE = "labelled_promises_late.tsv"
"""Files of labels, by their sentences: those that the rules were first made by, those that no author of the rules has seen,
those drawn where earlier rules found something and where they found nothing, and those of answers since July 2024."""

CALENDAR = load_calendar()

STRATA = {
    "dated-cue": 4227,
    "cue": 10916,
    "none": 40238,
    "dated-cue-found": 1552,
    "cue-found": 756,
    "dated-cue-missed": 1795,
    "cue-missed": 9290,
    "late-dated-cue": 1443,
    "late-cue": 3350,
}
"""Sentences of each stratum in the recorded answers. Those in parts, and the late ones, leave out what was drawn before."""

Label = tuple[str, str, str]
"""Kind, first and last day, as a file of labels writes them."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A labelled sentence. `labels` is empty where it promises nothing."""

    stratum: str
    text: str
    on: date
    labels: tuple[Label, ...]

    def found(self) -> list[FoundPromise]:
        return find_promises(self.text, self.on, CALENDAR)


@dataclass(frozen=True, slots=True)
class Score:
    """Sentences that the rules found rightly, falsely, missed, and found with another interval.

    `weights`: sentences of a stratum for each that was drawn from it.
    """

    right: tuple[Sentence, ...]
    false: tuple[Sentence, ...]
    missed: tuple[Sentence, ...]
    other_days: tuple[Sentence, ...]
    weights: dict[str, float]

    @property
    def precision(self) -> float:
        return self._weight(self.right) / (self._weight(self.right) + self._weight(self.false))

    @property
    def recall(self) -> float:
        """Share found of the promises that have a word of promises."""
        right, missed = ([s for s in part if s.stratum != "none"] for part in (self.right, self.missed))
        return self._weight(right) / (self._weight(right) + self._weight(missed))

    @property
    def interval(self) -> float:
        return 1 - len(self.other_days) / len(self.right)

    def _weight(self, part: Iterable[Sentence]) -> float:
        return sum(self.weights[sentence.stratum] for sentence in part)


def recorded_sentences(folder: Path = RECORDED, file: str = OPEN) -> list[Sentence]:
    """Read the labelled places of a file, and their sentences from the recorded answers."""
    places: dict[tuple[str, int], list[list[str]]] = defaultdict(list)
    for row in _rows(file):
        places[row[1], int(row[2])].append(row)
    texts = _texts(folder, {record for record, _ in places})
    return [_sentence(rows, _sentence_at(texts[record], place)) for (record, place), rows in places.items()]


def invented_sentences() -> list[Sentence]:
    """Read the invented sentences, which every checkout has."""
    found: dict[str, list[list[str]]] = defaultdict(list)
    for row in _rows("labelled_promises_invented.tsv"):
        found[row[4]].append(["dated-cue", "", "", *row])
    return [_sentence(rows, text) for text, rows in found.items()]


def score(labelled: Iterable[Sentence]) -> Score:
    """Run the rules over labelled sentences."""
    labelled = list(labelled)
    drawn = Counter(sentence.stratum for sentence in labelled)
    weights = {stratum: STRATA[stratum] / count for stratum, count in drawn.items()}
    right, false, missed, other_days = [], [], [], []
    for sentence in labelled:
        found = sentence.found()
        if found and sentence.labels:
            right.append(sentence)
            if not has_right_days(sentence, found):
                other_days.append(sentence)
        elif found:
            false.append(sentence)
        elif sentence.labels:
            missed.append(sentence)
    return Score(tuple(right), tuple(false), tuple(missed), tuple(other_days), weights)


def has_right_days(sentence: Sentence, found: Iterable[FoundPromise]) -> bool:
    """Return whether each dated promise has its interval, and a sentence without one has none."""
    dated = {label for label in sentence.labels if label[0] == "dated"}
    got = {label_of(promise) for promise in found if promise.due_from}
    return dated <= got and bool(dated) == bool(got)


def label_of(promise: FoundPromise) -> Label:
    if promise.due_from is None:
        return (promise.kind.value, "-", "-")
    return (promise.kind.value, promise.due_from.isoformat(), promise.due_to.isoformat() if promise.due_to else "?")


def _rows(name: str) -> Iterator[list[str]]:
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def _sentence(rows: list[list[str]], text: str) -> Sentence:
    labels = tuple((row[4], row[5], row[6]) for row in rows if row[4] != "none")
    return Sentence(rows[0][0], text, date.fromisoformat(rows[0][3]), labels)


def _texts(folder: Path, wanted: set[str]) -> dict[str, str]:
    """Return the plain answers by their record. A detail comes before the same question in the full texts."""
    texts: dict[str, str] = {}
    for path in (*sorted(folder.glob("detail-*.gz")), folder / "fulltext-commons-2023-09_2024-12.jsonl.gz"):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                item = json.loads(line)
                key = f"q-{item['id']}"
                if key in wanted and key not in texts and item["answerText"] and item.get("textIsComplete", True):
                    texts[key] = plain_text(item["answerText"])[0]
    return texts


def _sentence_at(text: str, place: int) -> str:
    start, end = text.rfind("\n", 0, place) + 1, text.find("\n", place)
    spans = sentences(text, start, len(text) if end < 0 else end)
    return next(text[left:right].strip() for left, right in spans if left == place)


def figures(result: Score) -> str:
    """Return the score of the rules."""
    return f"precision {result.precision:.3f}, recall {result.recall:.3f}, interval {result.interval:.3f}"


def report(result: Score) -> str:
    """Return the score of the rules, and the sentences that they get wrong."""
    parts = {"false": result.false, "missed": result.missed, "other days": result.other_days}
    wrong = [f"  {what}: {sentence.text} {sentence.labels}" for what, part in parts.items() for sentence in part]
    return "\n".join([figures(result), *wrong])


if __name__ == "__main__":
    print("recorded:", report(score(recorded_sentences())))  # noqa: T201 (the output of the script)
    print("parts:", figures(score(recorded_sentences(file=PARTS))))  # noqa: T201 (the same)
    print("unseen:", figures(score(recorded_sentences(file=UNSEEN))))  # noqa: T201 (the same)
    print("late:", figures(score(recorded_sentences(file=LATE))))  # noqa: T201 (the same)
    print("invented:", report(score(invented_sentences())))  # noqa: T201 (the same)
