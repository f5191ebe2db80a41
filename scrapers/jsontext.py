"""JSON as sources send it, read within bounds: how deep, how many values, how long a number."""

from __future__ import annotations

import json
import math
from itertools import chain
from typing import Any, Final

MAX_DEPTH: Final = 100
"""Of lists and objects in each other; questions have five. What is nested deeper could not be shown or stored."""
MAX_VALUES: Final = 500_000
"""Brackets and commas in a body; a page of questions has some ten thousand. Empty lists take thirty times their bytes."""
MAX_TEXT: Final = 4_000_000
"""Characters of a text, twenty times the longest answer on record. One odd letter makes four bytes of each of them."""

_MAX_DIGITS = 100
"""Of an integer. Python itself reads up to 4,300, and for one with more it refuses all that stands around it."""


class TooMuchError(ValueError):
    """JSON, but more of it than we take; the text says in what way."""


def loads(body: bytes) -> Any:
    """Read JSON, in UTF-8, UTF-16 or UTF-32. Raises ValueError and RecursionError.

    A number that is too long, or too large for a float, is kept as its text: valid JSON, which does no harm where nobody
    looks at it, and is refused where a number is needed. NaN and the like are refused, for they are no JSON. Where a key
    comes twice the last one counts.
    """
    return json.loads(body, parse_constant=_refuse, parse_int=_integer, parse_float=_float)


def read(body: bytes) -> Any:
    """As `loads`, of what is bounded in every way. Raises TooMuchError, and ValueError where it is no JSON."""
    if sum(map(body.count, (b"[", b"{", b","))) > MAX_VALUES:
        raise TooMuchError(f"holds more than {MAX_VALUES:,} values")
    try:
        data = loads(body)
    except RecursionError as exc:
        raise TooMuchError("is nested too deeply") from exc
    if excess := _excess(data):
        raise TooMuchError(excess)
    return data


def _excess(data: Any) -> str:
    """In what way it is too much: a text or a key that is too long, or too deep; "" if it is not."""
    level: list[Any] = [[data]]
    for _ in range(MAX_DEPTH + 1):
        below = []
        for each in chain.from_iterable(chain(one, one.values()) if isinstance(one, dict) else one for one in level):
            if isinstance(each, str):
                if len(each) > MAX_TEXT:
                    return f"holds a text of {len(each):,} characters"
            elif isinstance(each, (dict, list)):
                below.append(each)
        if not below:
            return ""
        level = below
    return "is nested too deeply"


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= _MAX_DIGITS else text


def _float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _refuse(name: str) -> None:
    raise ValueError(name)
