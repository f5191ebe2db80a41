"""JSON within bounds."""

from __future__ import annotations

import json

import pytest

from scrapers import strict_json
from scrapers.strict_json import MAX_DEPTH, MAX_TEXT, MAX_VALUES, ExcessError, read_bounded, read_strict

LONG = b"1" + b"0" * 5000


@pytest.mark.parametrize(("body", "text"), [(LONG, LONG.decode()), (b"-" + LONG, f"-{LONG.decode()}"), (b"1e999", "1e999"),
                                            (b"-1e999", "-1e999")])  # fmt: skip
def test_number_that_no_machine_holds_is_kept_as_its_text(body: bytes, text: str) -> None:
    assert read_strict(b'{"a": %b}' % body) == {"a": text}
    assert json.loads(json.dumps(read_strict(body))) == text


def test_ordinary_numbers_stay_numbers() -> None:
    assert read_strict(b"[12, -3, 1.5, 1e3, 99999999999999999999]") == [12, -3, 1.5, 1000.0, 99999999999999999999]


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match=word):
        read_strict(f"[{word}]".encode())


def test_last_of_two_keys_counts() -> None:
    assert read_strict(b'{"a": 1, "a": 2}') == {"a": 2}


def test_too_many_values_are_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "read_strict", lambda _: pytest.fail("read"))
    with pytest.raises(ExcessError, match="more than 500,000 values"):
        read_bounded(b"[" + b"[]," * (MAX_VALUES // 2) + b"0]")


def test_so_many_values_are_read() -> None:
    assert len(read_bounded(b"[" + b"0," * (MAX_VALUES - 1) + b"0]")) == MAX_VALUES


@pytest.mark.parametrize("shape", [b'"%b"', b'[{"a": "%b"}]', b'{"%b": 1}'], ids=["alone", "within", "as a key"])
def test_text_that_is_too_long_is_refused(shape: bytes) -> None:
    with pytest.raises(ExcessError, match="holds a text of 4,000,001 characters"):
        read_bounded(shape % (b"x" * (MAX_TEXT + 1)))
    assert read_bounded(shape % (b"x" * MAX_TEXT))


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_depth_has_a_bound(opening: bytes, closing: bytes) -> None:
    assert read_bounded(opening * MAX_DEPTH + b"1" + closing * MAX_DEPTH)
    for depth in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(ExcessError, match="nested too deeply"):
            read_bounded(opening * depth + b"1" + closing * depth)
