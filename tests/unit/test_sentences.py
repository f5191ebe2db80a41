"""Messages as sentences."""

from __future__ import annotations

import pytest

from monitor.errors import sentence


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("the archive is locked", "The archive is locked."),
        ("can't be read: try again!", "Can't be read: try again!"),
        ("nothing, of all", "Nothing, of all."),
        ("letter.txt can't be read", "letter.txt can't be read."),
        ("q-12 is no number?", "q-12 is no number?"),
        ("http://127.0.0.1 is down", "http://127.0.0.1 is down."),
    ],
)
def test_message_is_a_sentence_with_names_unchanged(message: str, said: str) -> None:
    assert sentence(message) == said
