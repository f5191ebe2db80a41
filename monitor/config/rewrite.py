"""Putting a changed text in the place of config.toml: read before it counts, whole or not at all."""

from __future__ import annotations

import contextlib
import difflib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import TYPE_CHECKING

from monitor.errors import ConfigError
from monitor.files import OWNER_ONLY, whole_file

if TYPE_CHECKING:
    from collections.abc import Callable

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A file and what is to stand in it instead."""

    path: Path
    before: bytes
    after: bytes

    @property
    def source(self) -> str:
        """The new text as the configuration's reader takes it: no byte order mark, line ends as a line feed."""
        return self.after.decode("utf-8-sig").replace("\r\n", "\n")

    def diff(self) -> list[str]:
        """The lines of a unified diff."""
        old, new = (one.decode("utf-8-sig").splitlines() for one in (self.before, self.after))
        name = str(self.path)
        return list(difflib.unified_diff(old, new, name, name, lineterm=""))


def rewrite(path: Path, change: Callable[[str], str]) -> Rewrite:
    """What a change of the text makes of a file that was read as a configuration. Raises ConfigError."""
    try:
        before = path.read_bytes()
    except OSError as wrong:
        raise ConfigError(f"{path} can't be read ({wrong.strerror}). Check its path and permissions.") from None
    try:
        return Rewrite(path, before, change(before.decode("utf-8")).encode("utf-8"))
    except (UnicodeDecodeError, TOMLDecodeError):
        raise ConfigError(f"{path} was changed by somebody else just now, and can't be read. Do it again.") from None


def replace(planned: Rewrite) -> None:
    """Put the new text in the file's place, in one step. Raises ConfigError, and then nothing is changed.

    Mode and, where that is allowed, owner stay; a link is followed. What somebody else wrote meanwhile is not overwritten.
    """
    path = Path(os.path.realpath(planned.path))
    try:
        mode = path.stat().st_mode
        if not mode & _WRITABLE or not os.access(path, os.W_OK):
            raise ConfigError(f"{planned.path} is read-only. Allow writing to it, or write the change by hand.")
        _replace(path, planned)
    except OSError as wrong:
        raise ConfigError(
            f"{planned.path} can't be replaced ({wrong.strerror}). Check the permissions of {path.parent}, "
            "or write the change by hand."
        ) from None


def _replace(path: Path, planned: Rewrite) -> None:
    with whole_file(path, mode=OWNER_ONLY) as file:
        file.write(planned.after)
        file.flush()
        shutil.copymode(path, file.name)
        _keep_owner(path, file.name)
        _check_unchanged(path, planned)


def _check_unchanged(path: Path, planned: Rewrite) -> None:
    if path.read_bytes() != planned.before:
        raise ConfigError(f"{planned.path} was changed by somebody else just now. Do it again.")


def _keep_owner(path: Path, name: str) -> None:
    if os.name == "posix":
        there = path.stat()
        with contextlib.suppress(PermissionError):  # only root may give files away
            os.chown(name, there.st_uid, there.st_gid)
