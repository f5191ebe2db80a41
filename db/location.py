"""Location of an archive: a SQLite file or a database on PostgreSQL, which may not exist yet."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from db.engine import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class Location:
    """Address of an archive. Looking at it neither connects nor creates anything."""

    engine: Engine

    @classmethod
    def of(cls, url: str, *, base: Path | None = None) -> Location:
        """Return the location with an address. Raises ArchiveError if the address can't be read."""
        return cls(open_engine(url, base=base))

    def close(self) -> None:
        """Close the connections that were opened."""
        self.engine.dispose()

    @property
    def is_sqlite(self) -> bool:
        """True for an archive in a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @property
    def file(self) -> Path | None:
        """File of the archive; None on PostgreSQL."""
        return Path(self.engine.url.database or "") if self.is_sqlite else None

    @property
    def name(self) -> str:
        """Path or address of the archive, without a password."""
        return str(self.file) if self.is_sqlite else self.engine.url.render_as_string(hide_password=True)

    def may_exist(self) -> bool:
        """Return whether there may be an archive: connecting to a SQLite file that is missing would create it."""
        return self.file is None or self.file.is_file()


@contextmanager
def open_location(url: str, *, base: Path | None = None) -> Iterator[Location]:
    """Open the address of an archive, and close its connections at the end. Raises ArchiveError for a bad address."""
    location = Location.of(url, base=base)
    try:
        yield location
    finally:
        location.close()
