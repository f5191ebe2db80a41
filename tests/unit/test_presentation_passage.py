"""Passages: the words around a match, on one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.presentation.passage import passage

if TYPE_CHECKING:
    from monitor.presentation.excerpt import Run

WORDS = "Some words come first here. Then the bathing water of the beach is named. More words come last of all."
SPAN = (WORDS.index("bathing"), WORDS.index(" of the beach"))


def text_of(runs: list[Run]) -> str:
    return "".join(f"*{run.text}*" if run.mark == "found" else run.text for run in runs)


def test_short_paragraph_is_shown_whole_and_gaps_replace_the_others() -> None:
    text = f"Before.\n\n{WORDS}\n\nAfter."
    span = (SPAN[0] + 9, SPAN[1] + 9)
    assert text_of(passage(text, [span], 500)) == f"[...] {WORDS.replace('bathing water', '*bathing water*')} [...]"
    assert text_of(passage(WORDS, [SPAN], 500)) == WORDS.replace("bathing water", "*bathing water*")


def test_a_long_paragraph_is_cut_at_a_sentence_and_at_words() -> None:
    assert text_of(passage(WORDS, [SPAN], 50)) == "[...] Then the *bathing water* of the beach is named. More [...]"
    assert text_of(passage(WORDS, [SPAN], 30)) == "[...] Then the *bathing water* of the [...]"


def test_a_sentence_without_end_is_cut_before_the_span_too() -> None:
    text = "word " * 50 + "found " + "word " * 50
    assert text_of(passage(text, [(250, 255)], 40)) == "[...] word word word *found* word word word word [...]"
    solid = "x" * 100
    assert text_of(passage(solid, [(50, 60)], 20)) == f"[...] *{'x' * 10}* [...]"


def test_text_before_the_opening_is_left_out_unless_it_has_a_match() -> None:
    assert text_of(passage(WORDS, [SPAN], 500, 28)).startswith("[...] Then the")
    assert text_of(passage(WORDS, [(5, 10)], 500, 28)).startswith("Some *words*")
