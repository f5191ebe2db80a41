"""Addresses of archives, as SQLAlchemy reads them: of a SQLite file, or of a database on a server.

As in every URL, % and two digits stand for a character; in the path of a file only % itself and ? have to be written so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import unquote

SQLITE: Final = "sqlite:///"
POSTGRESQL: Final = "postgresql+psycopg://"
SECRET_OPTIONS: Final = frozenset({"password", "sslpassword"})
"""Options of the address of a server that hold a password."""


def file_address(path: Path) -> str:
    """Return the address of a SQLite file."""
    return f"{SQLITE}{path.as_posix().replace('%', '%25').replace('?', '%3F')}"


def file_of(address: str) -> Path | None:
    """Return the file that an address names; None for an archive on a server."""
    return Path(unquote(address.removeprefix(SQLITE))) if address.startswith(SQLITE) else None
