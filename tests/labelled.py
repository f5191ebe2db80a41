"""Precision and recall of the shipped topics on labelled sentences: `python -m tests.labelled` prints them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.config import load
from monitor.terms.matcher import compile_terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.model.watching import Topic

ROOT = Path(__file__).resolve().parents[1]

TOPICS = {
    "tech": "Hi-tech crime policing",
    "agencies": "Serious and organised crime agencies",
    "children": "Paedophile units and child protection online",
}
"""Names of topics in config.toml, by their labels in the files of sentences."""


def shipped_topics() -> tuple[Topic, ...]:
    return load(ROOT / "config.toml", {}).topics


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a part of a record, and the labels of the topics that must find it."""

    text: str
    part: str
    labels: frozenset[str]
    note: str = ""


FILES = ("labelled_topics.tsv", "labelled_topics_of_today.tsv")
"""Files in tests/data: sentences in the style of 1998 to 2024, and of 2023 to 2026."""


def labelled_sentences(*files: str) -> list[Sentence]:
    """Read the sentences of these files; without names, of all."""
    folder = Path(__file__).parent / "data"
    lines = [line for name in files or FILES for line in (folder / name).read_text(encoding="utf-8").splitlines()]
    return [_sentence(line) for line in lines if not line.startswith("#")]


def _sentence(line: str) -> Sentence:
    labels, part, text, *note = line.split("\t")
    return Sentence(text, part, frozenset(labels.split(",")) - {"-"}, *note)


@dataclass(frozen=True, slots=True)
class Score:
    """Sentences that a topic found rightly, found falsely, and missed."""

    right: tuple[Sentence, ...]
    false: tuple[Sentence, ...]
    missed: tuple[Sentence, ...]

    @property
    def precision(self) -> float:
        return len(self.right) / (len(self.right) + len(self.false))

    @property
    def recall(self) -> float:
        return len(self.right) / (len(self.right) + len(self.missed))

    def __add__(self, other: Score) -> Score:
        return Score(self.right + other.right, self.false + other.false, self.missed + other.missed)


def scores(topics: Sequence[Topic], sentences: Sequence[Sentence]) -> dict[str, Score]:
    """Return the score of each topic by its label."""
    matcher = compile_terms(topics)
    key_of = {topic.name: topic.key for topic in topics}
    found = [{match.topic for match in matcher.matches({sentence.part: sentence.text})} for sentence in sentences]
    return {label: _score(label, key_of[name], sentences, found) for label, name in TOPICS.items()}


def _score(label: str, key: str, sentences: Sequence[Sentence], found: Sequence[set[str]]) -> Score:
    judged = [
        (sentence, label in sentence.labels, key in keys) for sentence, keys in zip(sentences, found, strict=True)
    ]
    return Score(
        right=tuple(sentence for sentence, is_about, is_found in judged if is_about and is_found),
        false=tuple(sentence for sentence, is_about, is_found in judged if is_found and not is_about),
        missed=tuple(sentence for sentence, is_about, is_found in judged if is_about and not is_found),
    )


def report(found: dict[str, Score]) -> str:
    """Return the table, and each sentence that the terms get wrong."""
    total = sum(found.values(), Score((), (), ()))
    rows = [(TOPICS[label], score) for label, score in found.items()] + [("All", total)]
    lines = [f"{'topic':<46} right false missed precision recall"]
    lines += [
        f"{name:<46} {len(score.right):5} {len(score.false):5} {len(score.missed):6}"
        f" {score.precision:9.3f} {score.recall:6.3f}"
        for name, score in rows
    ]
    for label, score in found.items():
        lines += [*_wrong(f"{label} finds falsely", score.false), *_wrong(f"{label} misses", score.missed)]
    return "\n".join(lines)


def _wrong(what: str, sentences: Sequence[Sentence]) -> Iterator[str]:
    for sentence in sentences:
        yield f"{what}: {sentence.text}" + (f" ({sentence.note})" if sentence.note else "")


if __name__ == "__main__":
    for file in FILES:
        print(file, report(scores(shipped_topics(), labelled_sentences(file))), sep="\n")  # noqa: T201 (the output of the script)
