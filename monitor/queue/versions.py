"""Version of the program that works on an archive: workers of two versions never share it."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from monitor.errors import VersionError

if TYPE_CHECKING:
    from db.archive import Archive

VERSION: Final = "workers_version"
"""Key of the fact with the version of the program whose workers share the archive."""


@cache
def own_version() -> str:
    """Return the version of this program."""
    return version("pqwatch")


def announce_version(archive: Archive) -> bool:
    """Note that this version works on the archive from now on; return whether an earlier one did until now.

    Raises VersionError where a newer one does.
    """
    noted, own = archive.runs.fact(VERSION), own_version()
    if noted is not None and _numbers(noted) > _numbers(own):
        raise VersionError(f"pqwatch {noted} works on the archive, and this is {own}: install the newer version")
    if noted == own:
        return False
    archive.runs.set_fact(VERSION, own)
    return noted is not None


def refuse_other_version(archive: Archive, *keys: str) -> dict[str, str]:
    """Raise SchemaError or VersionError where another version works on the archive; return some facts, read at once."""
    facts, own = archive.facts(VERSION, *keys), own_version()
    noted = facts.get(VERSION)
    if noted is None:
        archive.runs.set_fact(VERSION, own)
    elif noted != own:
        remedy = (
            "install the newer version"
            if _numbers(noted) > _numbers(own)
            else "run pqwatch db upgrade with this version first, or restart pqwatch serve with it"
        )
        raise VersionError(f"pqwatch {noted} works on the archive, and this worker is {own}: {remedy}")
    return facts


def _numbers(written: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", written)))
