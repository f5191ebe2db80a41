"""Statements that are broken off when a search has taken too long.

SQLite asks now and then, while it works, whether to go on. A PostgreSQL server is told to stop, and the transaction goes on
from a savepoint: `statement_timeout` would count each statement by itself, and the time is of the whole search.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from sqlalchemy import Connection, Row, Select

    IsOver = Callable[[], bool]

_STEPS: Final = 20_000
"""Steps of SQLite's machine between two looks at the time: less than a millisecond."""

_MOST_ROWS: Final = 1_000
"""Rows that are read at once."""

_CANCELLED: Final = "57014"


class OutOfTimeError(Exception):
    """A statement was broken off because the time was over."""


@contextmanager
def in_time(connection: Connection, is_over: IsOver | None) -> Iterator[None]:
    """Break the statements within off once `is_over` says so; None lets them run. Raises OutOfTimeError.

    The transaction can be used afterwards.
    """
    driver: Any = connection.connection.driver_connection if is_over is not None else None
    try:
        if hasattr(driver, "set_progress_handler"):
            driver.set_progress_handler(is_over, _STEPS)
            try:
                yield
            finally:
                driver.set_progress_handler(None, 0)
        elif hasattr(driver, "is_over"):
            with connection.begin_nested():
                driver.is_over = is_over
                try:
                    yield
                finally:
                    driver.is_over = None
        else:
            yield
    except OperationalError as exc:
        if is_over is not None and _is_broken_off(exc):
            raise OutOfTimeError from exc
        raise


def _is_broken_off(exc: OperationalError) -> bool:
    name, state = getattr(exc.orig, "sqlite_errorname", ""), getattr(exc.orig, "sqlstate", "")
    return name == "SQLITE_INTERRUPT" or state == _CANCELLED


def rows_in_time(
    connection: Connection, query: Select[Any], is_over: IsOver | None
) -> Generator[Row[*tuple[Any, ...]], None, None]:
    """Read the rows of a query while they are taken, few at first. Raises OutOfTimeError, see `in_time`.

    The database keeps the rest until it is asked for.
    """
    with in_time(connection, is_over):
        result = connection.execute(query, execution_options={"yield_per": _MOST_ROWS})
    with closing(result):
        size = 1
        while True:
            with in_time(connection, is_over):
                rows = result.fetchmany(size)
            yield from rows
            if len(rows) < size:
                return
            size = min(2 * size, _MOST_ROWS)
