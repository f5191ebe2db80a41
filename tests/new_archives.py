"""New archives on SQLite begun as copies of one that the migrations made, once in a process.

All migrations take a quarter of a second: of a test that opens an archive in a new folder it would be most of the time.
Tests of the migrations call them by themselves, and commands in processes of their own run them.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import URL

from db import archive as archives
from db import schema
from db.engine import create_private, open_engine

if TYPE_CHECKING:
    from sqlalchemy import Engine

bring_up = archives._bring_up
"""The program's own way, by the migrations."""


@cache
def _migrated(version: str) -> bytes:
    """Return the file of an archive that all migrations up to this version made."""
    with TemporaryDirectory() as folder:
        engine = open_engine(URL.create("sqlite", database=f"{folder}/archive.db").render_as_string())
        bring_up(engine, only_reads=False)
        engine.dispose()
        assert version == schema.HEAD
        return Path(folder, "archive.db").read_bytes()


def _begin(path: Path) -> None:
    """Put an empty archive where there is no file yet. Where that fails, the program itself says why."""
    made = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        create_private(made)
        made.write_bytes(_migrated(schema.HEAD))
        os.link(made, path)  # refused if another thread was faster
    except OSError:
        pass
    finally:
        made.unlink(missing_ok=True)


def _begin_or_bring_up(engine: Engine, *, only_reads: bool) -> None:
    name = engine.url.database or ""
    if engine.dialect.name == "sqlite" and not only_reads and name and ":" not in name and not Path(name).exists():
        _begin(Path(name))
    bring_up(engine, only_reads=only_reads)


def begin_as_copies() -> None:
    """Let every archive that `open_archive` would make in this process begin as a copy from now on."""
    vars(archives)["_bring_up"] = _begin_or_bring_up
