"""JSON within bounds."""

from __future__ import annotations

import json

import pytest

from scrapers import jsontext
from scrapers.jsontext import MAX_DEPTH, MAX_TEXT, MAX_VALUES, TooMuchError, loads, read

LONG = b"1" + b"0" * 5000


@pytest.mark.parametrize(("body", "text"), [(LONG, LONG.decode()), (b"-" + LONG, f"-{LONG.decode()}"), (b"1e999", "1e999"),
                                            (b"-1e999", "-1e999")])  # fmt: skip
def test_number_that_no_machine_holds_is_kept_as_its_text(body: bytes, text: str) -> None:
    assert loads(b'{"a": %b}' % body) == {"a": text}
    assert json.loads(json.dumps(loads(body))) == text


def test_ordinary_numbers_stay_numbers() -> None:
    assert loads(b"[12, -3, 1.5, 1e3, 99999999999999999999]") == [12, -3, 1.5, 1000.0, 99999999999999999999]


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match=word):
        loads(f"[{word}]".encode())


def test_last_of_two_keys_counts() -> None:
    assert loads(b'{"a": 1, "a": 2}') == {"a": 2}


def test_too_many_values_are_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsontext, "loads", lambda _: pytest.fail("read"))
    with pytest.raises(TooMuchError, match="more than 500,000 values"):
        read(b"[" + b"[]," * (MAX_VALUES // 2) + b"0]")


def test_so_many_values_are_read() -> None:
    assert len(read(b"[" + b"0," * (MAX_VALUES - 1) + b"0]")) == MAX_VALUES


@pytest.mark.parametrize("shape", [b'"%b"', b'[{"a": "%b"}]', b'{"%b": 1}'], ids=["alone", "within", "as a key"])
def test_text_that_is_too_long_is_refused(shape: bytes) -> None:
    with pytest.raises(TooMuchError, match="holds a text of 4,000,001 characters"):
        read(shape % (b"x" * (MAX_TEXT + 1)))
    assert read(shape % (b"x" * MAX_TEXT))


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_depth_has_a_bound(opening: bytes, closing: bytes) -> None:
    assert read(opening * MAX_DEPTH + b"1" + closing * MAX_DEPTH)
    for depth in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(TooMuchError, match="nested too deeply"):
            read(opening * depth + b"1" + closing * depth)
