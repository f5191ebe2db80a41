"""config.toml as a frozen `Config`: found, read and checked as a whole, with all mistakes reported at once.

`find` says which file counts, `load` reads it. Nothing here opens the archive, the network or a mail server; apart from
the file itself only the files are read that it names for secrets. docs/configuration.md tells users about every key.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.config.sections import ConfigReader
from monitor.config.settings import (
    ArchiveSettings,
    CalendarSettings,
    Config,
    DeliverySettings,
    HttpSettings,
    MembersSettings,
    MonitoringSettings,
    QuestionsSettings,
    ScheduleSettings,
    SmtpSettings,
    TermProblem,
)
from monitor.config.tables import Problems, Secret, Table, placed
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "ArchiveSettings",
    "CalendarSettings",
    "Config",
    "DeliverySettings",
    "HttpSettings",
    "MembersSettings",
    "MonitoringSettings",
    "QuestionsSettings",
    "ScheduleSettings",
    "Secret",
    "SmtpSettings",
    "TermProblem",
    "find",
    "is_current",
    "load",
    "mark_of",
    "refuse_emptied",
]

SYSTEM_FILE = Path("/etc/pqwatch/config.toml")


def find(cli_path: str | None, env: Mapping[str, str], cwd: Path) -> Path:
    """Find the config.toml that counts: the one named by --config, else by $PQWATCH_CONFIG, else the first that exists.

    Looked for in the current folder (only if it has an [archive] table: the name is a common one), in the user's
    configuration folder, in /etc/pqwatch. A file that was named is returned even where it does not exist; `load` says so.
    """
    named = cli_path or env.get("PQWATCH_CONFIG")
    if named:
        try:
            return placed(cwd, named)
        except ValueError as exc:
            raise ConfigError(str(exc)) from None
    here = cwd / "config.toml"
    if _has_archive_table(here):
        return here
    elsewhere = [SYSTEM_FILE] if (user_file := _user_file()) is None else [user_file, SYSTEM_FILE]
    for path in elsewhere:
        if path.is_file():
            return path
    if here.is_file():
        raise ConfigError(
            "config.toml in this folder has no [archive] table that can be read, so it is not taken: it may be another "
            "program's. Add a line with [archive] to it, or name it with --config."
        )
    raise ConfigError(
        f"There is no config.toml: neither in this folder, nor {', nor '.join(map(str, elsewhere))}. "
        "Run `pqwatch init` to write one, or `pqwatch demo` to look around first."
    )


def load(
    path: Path,
    env: Mapping[str, str],
    check_term: Callable[[str], tuple[str, str] | None] | None = None,
    *,
    needs_password: bool = True,
    needs_token: bool = False,
    source: str | None = None,
) -> Config:
    """Read and check a config.toml, or a text that is to take its place.

    `check_term` says what is wrong with a term, in a sentence and in two lines with a caret, or None. Terms that it refuses
    are left out of their topics and put into `term_problems`: they never stop the rest. With `needs_password` false the
    SMTP password is not looked for, so that a command that sends nothing runs without it; only with `needs_token` the token
    of the page is. `source` is that text, without carriage returns. Raises ConfigError with every other mistake in the file.
    """
    path = path.absolute()
    received = None
    if source is None:
        received = _read(path)
        source = _decoded(path, received)
    data = _parse(path, source)
    problems = Problems(path, source)
    reading = ConfigReader(
        root=Table(problems, data),
        base=path.parent,
        env=env,
        check_term=check_term or (lambda _term: None),
        needs_password=needs_password,
        needs_token=needs_token,
    )
    config = reading.config(path)
    if problems.found:
        raise ConfigError(problems.in_order())
    return config if received is None else replace(config, mark=_mark(received))


def mark_of(path: Path) -> str:
    """Return a fingerprint of a file's content; "" if it can't be read."""
    try:
        return _mark(path.read_bytes())
    except OSError:
        return ""


def is_current(config: Config) -> bool:
    """Return whether the file still has the content from which this was read.

    If the file is gone, the configuration is current; so is one that was not read from a file.
    """
    return config.mark is None or mark_of(config.path) in (config.mark, "")


def refuse_emptied(config: Config) -> None:
    """Raise ConfigError for a file without any content, where another one was in use before.

    A new one may be all defaults. But an editor or a copy over the network empties a file before it writes, and on a full
    disk it stays so: that ends no topics and no readers, and changes nothing about where mail goes.
    """
    if config.mark == _mark(b""):
        raise ConfigError(f"{config.path} is empty, and was in use before. Put back what stood in it.")


def _mark(received: bytes) -> str:
    return hashlib.sha256(received).hexdigest()


def _user_file() -> Path | None:
    """Return the file in the user's configuration folder; None for a user without a home, as in some containers."""
    from platformdirs import user_config_path  # noqa: PLC0415 - only needed where nothing nearer is found

    try:
        return user_config_path("pqwatch", appauthor=False) / "config.toml"
    except RuntimeError:
        return None


def _has_archive_table(path: Path) -> bool:
    try:
        received = path.read_bytes()
    except OSError:
        return False
    # Not parsed: a file with a slip in it is still ours, and its slip is what the user must hear about. So is one that
    # PowerShell wrote, in UTF-16.
    is_utf_16 = received.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    source = received.decode("utf-16" if is_utf_16 else "utf-8", errors="replace")
    return re.search(r"^\s*\[\s*archive\s*\]", source, re.MULTILINE) is not None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"There is no file {path}. Correct the path, or run `pqwatch init` to write one.") from None
    except OSError as wrong:
        raise ConfigError(f"{path} can't be read ({wrong.strerror}). Check its path and permissions.") from None


def _decoded(path: Path, received: bytes) -> str:
    try:
        return received.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as wrong:
        line = received.count(b"\n", 0, wrong.start) + 1
        raise ConfigError(f"{path.name} line {line}: is not UTF-8. Save the file with that encoding.") from None


def _parse(path: Path, source: str) -> dict[str, object]:
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as wrong:
        from monitor.config.syntax_errors import slip  # noqa: PLC0415 (most files have no error)

        found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(wrong), re.DOTALL)
        reason, line, column = found.groups() if found else (str(wrong), None, None)
        lines = source.rstrip().split("\n")
        place = int(line or len(lines)), int(column or len(lines[-1]) + 1)
        slip_found = slip(source, reason, *place)
        text = f"{slip_found[2]}." if slip_found else f"{reason}. Correct it; texts stand in quotes, lists in [ ]."
        at = slip_found or place
        raise ConfigError(f"{path.name} line {at[0]}, column {at[1]}: {text}") from None
    except ValueError:  # a number of thousands of digits: Python's own bound, told without a place
        raise ConfigError(f"{path.name} line 1: holds a number that is far too long. Shorten it.") from None
    except RecursionError:
        raise ConfigError(f"{path.name} line 1: brackets are nested too deeply. Remove the needless ones.") from None
