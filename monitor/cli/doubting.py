"""What is said of a term that can be read, and was perhaps meant in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor import app
from monitor.cli.output import say
from monitor.errors import ConfigError, MonitorError
from monitor.terms.slips import may_have_slips

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.research.term_tools.doubts import Doubt


def doubts_of(text: str, config: Config | None, archive: Archive | None, today: date | None = None) -> list[Doubt]:
    """What may be slips in a term, counted where there is an archive that holds something. `today`: it is a query."""
    if not may_have_slips(text):
        return []
    from monitor.research.term_tools.doubts import doubts  # noqa: PLC0415 (seldom needed)

    count = app.counter(config, archive) if config and archive and not archive.records.is_empty() else None
    return doubts(text, count, today)


def doubts_before(text: str, config: Config) -> list[Doubt]:
    """The same before a term is written down, whatever becomes of the archive."""
    if not may_have_slips(text):
        return []
    try:
        archive = app.archive(config)
    except ConfigError:
        raise
    except MonitorError:
        return doubts_of(text, config, None)
    try:
        return doubts_of(text, config, archive)
    finally:
        archive.close()


def likely(found: Sequence[Doubt]) -> list[Doubt]:
    """Those that are worth a word."""
    return [one for one in found if one.is_likely]


def tell_likely(found: Sequence[Doubt]) -> None:
    """Say them on stderr, to somebody who asked for something else."""
    for one in likely(found):
        say(one.said)


def as_records(found: Sequence[Doubt]) -> list[Mapping[str, Any]]:
    """The same for scripts."""
    return [
        {
            "said": one.said,
            "position": one.slip.position,
            "write": one.slip.better,
            "keep": one.slip.keep,
            "records": one.as_typed,
            "records_meant": one.as_meant,
            "misread": one.is_misread,
        }
        for one in found
    ]
