"""A record in a list: its state, its people, and the passages that hold the words found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.model.records import Kind, State
from monitor.presentation.citation import is_only_spoken
from monitor.presentation.coming import actor_of, called_off, occasion_in_short, set_down
from monitor.presentation.excerpt import Run, mark, plain, question_start
from monitor.presentation.passage import passage
from monitor.presentation.wording import member_details, name_in_sentence
from monitor.text.language import language_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from monitor.model.records import Member, Proceeding
    from monitor.model.watching import Match

ORAL_QUESTION: Final = "oral question"
"""Word for a question that counts as answered because its meeting is over, whose words are not here."""

PART_LABELS: Final = {"question": "Question: ", "answer": "Answer: ", "text": ""}
"""Parts in which passages are shown, with what stands before them."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Words around a find in one part. `label` stands before them, "Answer: "; "" where the record has no other."""

    label: str
    runs: list[Run]

    @property
    def language(self) -> str:
        """Language of the words where it is known not to be English: see `language_of`."""
        return language_of(plain(tuple(self.runs)))


def state_of(proceeding: Proceeding) -> str:
    """Return the state of a question, or what else the record is, in a word; of what is coming its day too."""
    if proceeding.occasion is not None:
        return called_off(proceeding).lower() or occasion_in_short(proceeding)
    if proceeding.state is State.ANSWERED and is_only_spoken(proceeding):
        return ORAL_QUESTION
    return proceeding.state.value if proceeding.kind is Kind.QUESTION else proceeding.kind.value


def people_line(proceeding: Proceeding) -> str:
    """Return who asked and who answered, or who spoke; "" where no person is named. What is coming has its day there."""
    if proceeding.occasion is not None:
        return f"{actor_of(proceeding)}{set_down(proceeding)}"
    if proceeding.kind is not Kind.QUESTION:
        verb = "Made" if proceeding.kind is Kind.STATEMENT else "Said"
        return f"{verb} by {_name(proceeding.made_by)}" if proceeding.made_by else ""
    phrases = []
    if proceeding.asked_by:
        phrases.append(f"asked by {_name(proceeding.asked_by)}")
    if minister := proceeding.corrected_by or proceeding.answered_by:
        verb = "holding answer" if proceeding.state is State.HOLDING else "answered"
        phrases.append(f"{verb} by {_name(minister)}")
    line = ", ".join(phrases)
    return line[:1].upper() + line[1:]


def heading_runs(proceeding: Proceeding, spans: Iterable[Match], otherwise: str) -> list[Run]:
    """Return the heading on one line, with the words found marked; `otherwise` stands for one that is not there yet."""
    if not proceeding.heading:
        return [Run(otherwise)]
    runs = mark(proceeding.heading, 0, len(proceeding.heading), places(spans, "heading"))
    return [Run(" ".join(run.text.split("\n")), run.mark) for run in runs]


def passages(proceeding: Proceeding, spans: Iterable[Match], room: Callable[[str], int]) -> Iterator[Passage]:
    """Return one passage of each part in which something was found. `room`: characters that one after a label has."""
    found = list(spans)
    for part, label in PART_LABELS.items():
        in_part = places(found, part)
        text = proceeding.parts().get(part)
        if in_part and text:
            opening = question_start(text) if part == "question" else 0
            yield Passage(label, passage(text, in_part, room(label), opening))


def places(matches: Iterable[Match], part: str) -> list[tuple[int, int]]:
    """Return the places of matches in one part, in order."""
    return sorted({(match.start, match.end) for match in matches if match.part == part})


def _name(member: Member) -> str:
    return f"{name_in_sentence(member)}{member_details(member)}"
