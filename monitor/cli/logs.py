"""Log on stderr: one line for each event, as text or as JSON."""

from __future__ import annotations

import logging
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.formats import to_json
from monitor.cli.output import cell
from monitor.operations.signals import SIGNALS
from monitor.presentation.wording import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

log = logging.getLogger(__name__)

LOG_FORMATS = ("text", "json")
_CHOSEN = "pqwatch.log_format"
_PLACEHOLDER = re.compile(r"(?:(?P<key>\w+)=)?%[-#0 +]*\d*(?:\.\d+)?[a-zA-Z%]")


def log_format_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--log-format`. `start_logging` looks up what was chosen, so the command gets no argument for it."""

    def remember(ctx: click.Context, _param: click.Parameter, value: str) -> None:
        ctx.meta[_CHOSEN] = value

    return click.option(
        "--log-format",
        type=click.Choice(LOG_FORMATS),
        default="text",
        show_default=True,
        expose_value=False,
        callback=remember,
        help="How the log on stderr is written: a line of text an event, or a line of JSON.",
    )(command)


def start_logging() -> None:
    """Write the log to stderr in the format that `--log-format` chose."""
    context = click.get_current_context(silent=True)
    chosen = context.meta.get(_CHOSEN) if context else None
    with SIGNALS.deferred():  # logging has a handler on its list before the handler is ready
        handler = _Stderr()
    handler.setFormatter(_Json() if chosen == "json" else _Line())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for library in ("httpx", "httpcore", "alembic", "apscheduler"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # SQLAlchemy logs a traceback when a signal comes while a connection is returned; the signal itself is raised on.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


def tell(text: str, level: int = logging.ERROR) -> None:
    """Say something on stderr: as it is, or as an event where the log is JSON, so that all of it can be read as such."""
    if any(isinstance(handler.formatter, _Json) for handler in logging.root.handlers):
        log.log(level, "%s", text)
    else:
        click.echo(text, err=True)


class _Stderr(logging.StreamHandler[Any]):
    """Handler that writes to the current sys.stderr: a progress bar replaces it, so that log lines appear above the bar."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        self.stream = sys.stderr
        super().emit(record)


class _Line(logging.Formatter):
    """Formatter for text: one line that can't steer a terminal. Only a traceback has lines of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's own name)
        """Write time, level and message in one line."""
        return f"{_time(record)} {record.levelname:7} {cell(record.message)}"

    def formatException(self, ei: Any) -> str:  # noqa: N802 (logging's own name)
        """Write a traceback, whose text may come from outside."""
        return clean(super().formatException(ei))


class _Json(logging.Formatter):
    """Formatter for JSON: `time`, `level`, `logger`, `message`, `fields`, and `error` with a traceback.

    `fields` has the values that the message gives as `key=value`. They are taken from the arguments of the log call and not
    from the finished line, so that a text from outside can't add one.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write the object in one line."""
        entry = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": cell(record.getMessage()),
            "fields": dict(_fields(record)),
            "error": self.formatException(record.exc_info) if record.exc_info else None,
        }
        return to_json(entry, indent=None, default=str)


def _time(record: logging.LogRecord) -> str:
    """Return the time of a record in UTC, to the millisecond: "2026-11-27T07:30:00.123Z"."""
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    yield from getattr(record, "fields", {}).items()
    if not isinstance(record.args, tuple):
        return
    keys = [match["key"] for match in _PLACEHOLDER.finditer(str(record.msg)) if not match[0].endswith("%%")]
    for key, value in zip(keys, record.args, strict=False):
        if key:
            yield key, value if isinstance(value, int | float | bool) else str(value)
