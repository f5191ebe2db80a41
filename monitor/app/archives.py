"""Archives: opened to be written or read, with the word lists and the sitting calendar that belong to them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from db.archive import open_archive as open_archive_at
from monitor.app.places import is_archive_gone, refuse_missing_file, trace_of_mails
from monitor.errors import ArchiveError
from monitor.parliament.calendar import LONDON

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.parliament.calendar import SittingCalendar
    from monitor.terms.vocabulary import Lexicon


def clock() -> datetime:
    """Return the time of the real clock."""
    return datetime.now(UTC)


def archive(config: Config, *, now: Callable[[], datetime] = clock, may_begin: bool = False) -> Archive:
    """Open the archive, or make a new one.

    Raises SchemaError with the command to run if the schema belongs to another version, and ArchiveError if the archive is
    gone although mails were sent from it: a new one would mail everything again. `may_begin` allows a new one even so.
    """
    if not may_begin and is_archive_gone(config) and (trace := trace_of_mails(config)):
        raise ArchiveError(
            f"the archive is gone or empty, but {trace} knows of mails from it. Put it back, or restore a backup: pqwatch "
            "db restore FILE. To begin a new one, which knows nothing of what was mailed: pqwatch db upgrade"
        )
    opened = open_archive_at(config.archive.url.reveal(), base=config.path.parent, clock=now)
    if config.workers.enabled:
        opened.share_work()
    return opened


def archive_to_read(config: Config, *, now: Callable[[], datetime] = clock) -> Archive:
    """Open the archive so that nothing can change it: none is made, and none is upgraded. Raises ArchiveError."""
    address, base = config.archive.url.reveal(), config.path.parent
    refuse_missing_file(address, base)
    return open_archive_at(address, base=base, clock=now, only_reads=True)


def counts(archive: Archive, *names: str) -> dict[str, int]:
    """Return how many of these an archive has: records, revisions, payloads, matches, digests, mails; else of all."""
    from db import integrity  # noqa: PLC0415 (only what is used is loaded)

    return integrity.counts(archive.engine, names or integrity.COUNTED)


def lexicon(config: Config, archive: Archive) -> Lexicon:
    """Return the lists that matching uses: shipped ones, the configuration's, and names of bodies in the archive."""
    from monitor.terms.vocabulary import Lexicon  # noqa: PLC0415 (only what is used is loaded)
    from monitor.text.office_names import shipped_names  # noqa: PLC0415

    return Lexicon(config.equivalents, shipped_names().with_more(archive.records.bodies()))


def sittings(config: Config, archive: Archive, now: datetime) -> SittingCalendar:
    """Return the sitting calendar: the shipped table, what Parliament announced, and the recesses of config.toml."""
    return calendar_of(archive, config.calendar.recess, now.astimezone(LONDON).date())


def calendar_of(archive: Archive, recesses: Sequence[tuple[date, date]], today: date) -> SittingCalendar:
    """Return the sitting calendar as of a day in London, with recesses of the user's own."""
    from monitor.collect.calendar import sitting_calendar  # noqa: PLC0415 (slow to import; most searches do without)

    return sitting_calendar(archive, recesses, today)
