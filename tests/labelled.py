"""How well the shipped topics find what they are for, on labelled sentences: `python -m tests.labelled` prints the table."""

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
"""By the label of a topic in the file: its name in config.toml."""


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
"""In tests/data: sentences in the style of 1998 to 2024, and those of 2023 to 2026."""


def labelled_sentences(*files: str) -> list[Sentence]:
    """Read the sentences of these files, of all where none is named."""
    folder = Path(__file__).parent / "data"
    lines = [line for name in files or FILES for line in (folder / name).read_text(encoding="utf-8").splitlines()]
    return [_sentence(line) for line in lines if not line.startswith("#")]


def _sentence(line: str) -> Sentence:
    labels, part, text, *note = line.split("\t")
    return Sentence(text, part, frozenset(labels.split(",")) - {"-"}, *note)


@dataclass(frozen=True, slots=True)
class Score:
    """What a topic found rightly, what it found falsely, and what it missed."""

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
    """By the label of a topic."""
    matcher = compile_terms(topics)
    key_of = {topic.name: topic.key for topic in topics}
    found = [{match.topic for match in matcher.matches({one.part: one.text})} for one in sentences]
    return {label: _score(label, key_of[name], sentences, found) for label, name in TOPICS.items()}


def _score(label: str, key: str, sentences: Sequence[Sentence], found: Sequence[set[str]]) -> Score:
    judged = [(one, label in one.labels, key in keys) for one, keys in zip(sentences, found, strict=True)]
    return Score(
        right=tuple(one for one, is_about, is_found in judged if is_about and is_found),
        false=tuple(one for one, is_about, is_found in judged if is_found and not is_about),
        missed=tuple(one for one, is_about, is_found in judged if is_about and not is_found),
    )


def report(found: dict[str, Score]) -> str:
    """The table, and each sentence that the terms get wrong."""
    total = sum(found.values(), Score((), (), ()))
    rows = [(TOPICS[label], score) for label, score in found.items()] + [("All", total)]
    lines = [f"{'topic':<46} right false missed precision recall"]
    lines += [
        f"{name:<46} {len(one.right):5} {len(one.false):5} {len(one.missed):6} {one.precision:9.3f} {one.recall:6.3f}"
        for name, one in rows
    ]
    for label, score in found.items():
        lines += [*_wrong(f"{label} finds falsely", score.false), *_wrong(f"{label} misses", score.missed)]
    return "\n".join(lines)


def _wrong(what: str, sentences: Sequence[Sentence]) -> Iterator[str]:
    for one in sentences:
        yield f"{what}: {one.text}" + (f" ({one.note})" if one.note else "")


if __name__ == "__main__":
    for file in FILES:
        print(file, report(scores(shipped_topics(), labelled_sentences(file))), sep="\n")  # noqa: T201 (what it is called for)
