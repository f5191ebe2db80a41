"""Reading of JSON records field by field: missing or null may mean nothing, a wrong type is an error.

A record that no longer says what it used to say is refused and kept in quarantine, never guessed at. Unknown keys are no
reason to refuse one: they are logged, once each.
"""

from __future__ import annotations

import logging
import re
import reprlib
import threading
from datetime import date
from typing import Any, TypeGuard

from monitor.errors import ParseError
from scrapers.markup import one_line

FIRST_DAY, LAST_DAY = date(1800, 1, 1), date(2199, 12, 31)
"""Days outside are slips of the source (.NET's empty date is 0001-01-01); no due day could be reckoned from them."""
MAX_INT = 2**31 - 1

_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_SHORT_REPR = reprlib.Repr()
_SHORT_REPR.maxlevel, _SHORT_REPR.maxstring = 3, 60

logger = logging.getLogger(__name__)


class Fields:
    """Fields of one record, taken out one by one, each with the type it must have.

    `noun` and `key` name the record in errors: "Question 1725947". Every method that reads a field raises ParseError.
    """

    def __init__(self, value: dict[str, Any], noun: str, key: str) -> None:
        self._value = value
        self.noun, self.key = noun, key

    def refuse(self, name: str, found: str) -> ParseError:
        """Return the error for a field that holds `found`."""
        return ParseError(f"{self.noun} {self.key} has {found} as {name}: report it.", key=self.key)

    def take(self, name: str, kind: type | tuple[type, ...], *, needed: bool = False) -> Any:
        """Take a field that must be there; it may be null unless it is `needed`."""
        if name not in self._value:
            raise self.refuse(name, "nothing")
        return self.take_if_there(name, kind, needed=needed)

    def take_if_there(self, name: str, kind: type | tuple[type, ...], *, needed: bool = False) -> Any:
        """Take a field that may be missing, which counts as null."""
        value = self._value.pop(name, None)
        if value is None and not needed:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.refuse(name, shorten(value))
        return value

    def ignore(self, *names: str) -> None:
        """Drop fields that are known and tell us nothing, whatever they hold."""
        for name in names:
            self._value.pop(name, None)

    def line(self, name: str) -> str | None:
        """Take a text of one line; None if it is empty."""
        return one_line(self.take(name, str))

    def line_if_there(self, name: str) -> str | None:
        """Take a text of one line from a field that may be missing."""
        return one_line(self.take_if_there(name, str))

    def number(self, name: str) -> int | None:
        """Take an id, from 1 to what fits into 32 bits."""
        value = self.take(name, int)
        if value is not None and not is_number(value):
            raise self.refuse(name, str(value)[:60])
        return int(value) if value is not None else None

    def day(self, name: str, *, needed: bool = False) -> date | None:
        """Take a date. A time behind it is ignored: the sources always write midnight."""
        text = self.take(name, str, needed=needed)
        return None if text is None else self.as_day(name, text)

    def day_if_there(self, name: str) -> date | None:
        """Take a date from a field that may be missing or empty."""
        text = self.take_if_there(name, str)
        return self.as_day(name, text) if text else None

    def as_day(self, name: str, text: str) -> date:
        """Read the text of a field as a date."""
        match = _DATE.fullmatch(text)
        try:
            day = date.fromisoformat(match[1] if match else "")
        except ValueError as exc:
            raise self.refuse(name, shorten(text)) from exc
        if not FIRST_DAY <= day <= LAST_DAY:
            raise self.refuse(name, str(day))
        return day

    def unread(self) -> set[str]:
        """Return the names of the fields that were not taken."""
        return set(self._value)


class UnknownKeys:
    """Log of the keys of a source that we do not know; each is logged once."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._logged: set[str] = set()
        self._lock = threading.Lock()

    def log(self, keys: set[str]) -> None:
        """Log those of the keys that are new."""
        with self._lock:
            new = keys - self._logged
            self._logged |= new
        if new:
            logger.warning("unknown keys=%r source=%s", sorted(new), self._source)


def shorten(value: Any) -> str:
    """Quote a value of any kind in an error: only its start, however long it is or how deeply nested."""
    return _SHORT_REPR.repr(value)[:60]


def is_number(value: Any) -> TypeGuard[int]:
    """Return whether a value can be an id."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_INT
