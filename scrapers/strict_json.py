"""JSON read strictly, and within limits on how deep it is nested, how many values it holds and how long a text is."""

from __future__ import annotations

import json
import math
from typing import Any, Final

MAX_DEPTH: Final = 100
"""Lists and objects within each other. Questions have five; what is nested deeper could not be shown or stored."""
MAX_VALUES: Final = 500_000
"""Brackets and commas in a body. A page of questions has some ten thousand. Empty lists take thirty times their bytes."""
MAX_TEXT: Final = 4_000_000
"""Characters of a text: twenty times the longest answer on record. A single emoji makes four bytes of each of them."""

_MAX_DIGITS: Final = 100
"""Digits of an integer. Python reads up to 4,300; for one with more it would refuse the whole document."""


class ExcessError(ValueError):
    """JSON that exceeds a limit. The text says which, as in "is nested too deeply"."""


def read_strict(body: bytes) -> Any:
    """Read JSON in UTF-8, UTF-16 or UTF-32. Raises ValueError and RecursionError.

    A number that is too long, or too large for a float, is kept as text: it is valid JSON, harmless where its field is
    ignored, and refused where a number is needed. NaN and Infinity are not JSON, and are refused. Of two equal keys the
    last counts.
    """
    return _DECODER.decode(body.decode(json.detect_encoding(body), "surrogatepass"))


def read_bounded(body: bytes) -> Any:
    """Read JSON from outside, within all limits. Raises ExcessError, and ValueError if it is no JSON."""
    if sum(map(body.count, (b"[", b"{", b","))) > MAX_VALUES:
        raise ExcessError(f"holds more than {MAX_VALUES:,} values")
    try:
        data = read_strict(body)
    except RecursionError as exc:
        raise ExcessError("is nested too deeply") from exc
    _check_depth_and_texts(data)
    return data


def _check_depth_and_texts(data: Any) -> None:
    """Look through a document level by level. Raises ExcessError."""
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for value in level:
            if isinstance(value, str):
                if len(value) > MAX_TEXT:
                    raise ExcessError(f"holds a text of {len(value):,} characters")
            elif isinstance(value, dict):
                below.extend(value)
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        if not below:
            return
        level = below
    raise ExcessError("is nested too deeply")


def _read_int(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MAX_DIGITS else digits


def _read_float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_read_int, parse_float=_read_float)
"""Built once: `json.loads` builds one for each document."""
