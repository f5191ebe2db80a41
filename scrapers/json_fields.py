"""Taking a record of JSON apart, field by field: what is missing or null may be nothing, a wrong type is an error.

A record that says something else than it used to must not be guessed at: it is refused, and kept in quarantine. New keys
are no reason for that: they are logged, once each.
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
"""Beyond them a day is a slip of the source (.NET's empty date is 0001-01-01), and a due day could not be reckoned."""
MAX_INT = 2**31 - 1

_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_QUOTE = reprlib.Repr()
_QUOTE.maxlevel, _QUOTE.maxstring = 3, 60

logger = logging.getLogger(__name__)


class Fields:
    """Takes the fields of a record out one by one, each of the type it must have.

    `noun` and `key` are what errors call it: "Question 1725947".
    """

    def __init__(self, value: dict[str, Any], noun: str, key: str) -> None:
        self._value = value
        self.noun, self.key = noun, key

    def refuse(self, name: str, what: str) -> ParseError:
        """An error about one field."""
        return ParseError(f"{self.noun} {self.key} has {what} as {name}: report it.", key=self.key)

    def take(self, name: str, kind: type | tuple[type, ...], *, needed: bool = False) -> Any:
        """A field that must be there, null unless `needed` or of the type."""
        if name not in self._value:
            raise self.refuse(name, "nothing")
        return self.take_if_there(name, kind, needed=needed)

    def take_if_there(self, name: str, kind: type | tuple[type, ...], *, needed: bool = False) -> Any:
        """A field that may be missing, which is as good as null."""
        value = self._value.pop(name, None)
        if value is None and not needed:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.refuse(name, shown(value))
        return value

    def pass_over(self, *names: str) -> None:
        """Fields that are known and say nothing for us, whatever they hold."""
        for name in names:
            self._value.pop(name, None)

    def line(self, name: str) -> str | None:
        """A text of one line; None if it is empty."""
        return one_line(self.take(name, str))

    def line_if_there(self, name: str) -> str | None:
        """As `line`, of a field that may be missing."""
        return one_line(self.take_if_there(name, str))

    def number(self, name: str) -> int | None:
        """An id, from 1 to what fits in 32 bits."""
        value = self.take(name, int)
        if value is not None and not is_number(value):
            raise self.refuse(name, str(value)[:60])
        return int(value) if value is not None else None

    def day(self, name: str, *, needed: bool = False) -> date | None:
        """A civil day; the time after it, if there is one, means nothing."""
        text = self.take(name, str, needed=needed)
        return None if text is None else self.as_day(name, text)

    def day_if_there(self, name: str) -> date | None:
        """As `day`, of a field that may be missing; an empty text is as good as null."""
        text = self.take_if_there(name, str)
        return self.as_day(name, text) if text else None

    def as_day(self, name: str, text: str) -> date:
        """The day that a text names."""
        match = _DATE.fullmatch(text)
        try:
            day = date.fromisoformat(match[1] if match else "")
        except ValueError as exc:
            raise self.refuse(name, shown(text)) from exc
        if not FIRST_DAY <= day <= LAST_DAY:
            raise self.refuse(name, str(day))
        return day

    def rest(self) -> set[str]:
        """The names of the fields that nobody took."""
        return set(self._value)


class Extras:
    """Tells of keys of a source that we do not know, once each."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def tell(self, keys: set[str]) -> None:
        """Log those that are new."""
        with self._lock:
            fresh = keys - self._told
            self._told |= fresh
        if fresh:
            logger.warning("unknown keys=%r source=%s", sorted(fresh), self._source)


def shown(value: Any) -> str:
    """A value of any kind as an error quotes it: its start, however long it is or how deeply nested."""
    return _QUOTE.repr(value)[:60]


def is_number(value: Any) -> TypeGuard[int]:
    """Whether it may be an id."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_INT
