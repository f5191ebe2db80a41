"""Addresses of archives, as people write them: a SQLite file, or a PostgreSQL server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from monitor.config.tables import placed
from monitor.model.archive_address import POSTGRESQL, SECRET_OPTIONS, SQLITE, file_address, file_of

if TYPE_CHECKING:
    from pathlib import Path

_SERVER = re.compile(
    re.escape(POSTGRESQL) + r"(?:[^:/]*(?::[^@]*)?@)?"  # name and password, as SQLAlchemy reads them
    r"(?:\[[^/?]+\]|[^:/?@]*)(?::(?P<port>[^/?@]*))?"
    r"(?:/[^?@]*)?(?:\?.*)?",
    re.DOTALL,
)
_UNREADABLE = "can't be read as an address; check its brackets and port"


def archive_url(written: str, base: Path) -> str:
    """Check the address of an archive (`monitor.model.archive_address`); the path of a SQLite file becomes absolute."""
    if (file := file_of(written)) is not None:
        path = placed(base, str(file))
        if written.removeprefix(SQLITE) in ("", ":memory:") or "?" in written:
            raise ValueError('names no file that can be kept; write it as "sqlite:///pqwatch.db"')
        return file_address(path)
    if written.startswith(POSTGRESQL):
        return _server_url(written)
    raise ValueError(f'must begin with "{SQLITE}" or "{POSTGRESQL}"')


def _server_url(written: str) -> str:
    """Check that the address of a server can be read in one way: what stands behind a password is shown to people."""
    found = _SERVER.fullmatch(written)
    if found is None and "@" in written:
        raise ValueError('has an "@" too many: write each @ of a password as %40, and each % as %25')
    if found is None or not (found["port"] or "0").isdecimal():
        raise ValueError(_UNREADABLE)
    return written


def holds_password(url: str) -> bool:
    """Return whether the address of a database holds a password, also among its options. Raises ValueError."""
    try:
        parts = urlsplit(url)
        return bool(parts.password) or not SECRET_OPTIONS.isdisjoint(parse_qs(parts.query))
    except ValueError:
        raise ValueError(_UNREADABLE) from None


def without_password(url: str) -> str:
    """Refuse an address that holds a password."""
    if holds_password(url):
        raise ValueError("a password does not belong in config.toml; use url_file or url_env for the whole address")
    return url
