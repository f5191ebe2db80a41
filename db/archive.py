"""Open an archive; one attribute for each part of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import column, select, table

from db import schema, tables
from db.engine import Location, open_engine
from db.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine, Select

    from db.announced_days import AnnouncedDays
    from db.audits import Audits
    from db.bounces import Bounces
    from db.calendar_days import CalendarDays
    from db.choices import Choices
    from db.collection import Coverage, Files
    from db.cross_references import CrossReferences
    from db.deliveries import Deliveries
    from db.digests import Digests
    from db.following import Following
    from db.host_turns import HostTurns
    from db.index import Index
    from db.index_process import IndexingProcess
    from db.jobs import Jobs
    from db.last_years import LastYears
    from db.match_ranges import MatchRanges
    from db.matches import Matches
    from db.notes import Notes
    from db.outbox import Outbox
    from db.passages import Passages
    from db.payloads import Cache, Payloads
    from db.pending import PendingItems
    from db.people import People
    from db.promise_ledger import PromiseLedger
    from db.promises import Promises
    from db.records import Members, Records
    from db.revisions import Revisions
    from db.rounds import Rounds
    from db.runs import Runs
    from db.search import Search
    from db.shared_words import SharedWords
    from db.similar import SimilarAnswers
    from db.source_records import SourceRecords
    from db.split_readings import SplitReadings
    from db.statistics import RecordStatistics
    from db.subscribers import Subscribers
    from db.watch_list import WatchList

_REFERENCES_SINCE = "0003"
"""First version of the schema that stores references."""


@cache
def _version_and_facts(keys: tuple[str, ...]) -> Select[Any]:
    """Select the version of the schema, with facts. Built once, because building it takes longer than executing it."""
    version, fact = table("alembic_version", column("version_num")), tables.meta
    return select(version.c.version_num, fact.c.key, fact.c.value).select_from(
        version.outerjoin(fact, fact.c.key.in_(keys))
    )


LEASE_FOR = timedelta(minutes=10)
"""Time after which a lease ends that is not renewed: longer than the longest wait for one page or one mail."""


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


class Archive:
    """The archive, with one attribute for each part of it. Every method of a part is one transaction.

    A part is imported when it is first used: a search needs a third of them, and the imports are most of the time that a
    command takes to start.
    """

    def __init__(
        self, engine: Engine, *, clock: Callable[[], datetime] = now, lease_for: timedelta = LEASE_FOR
    ) -> None:
        self.engine = engine
        self._store = Store(engine, clock, lease_for)

    @property
    def location(self) -> Location:
        """File or address of the archive."""
        return Location(self.engine)

    @cached_property
    def runs(self) -> Runs:
        """Ledger of runs, lease and facts about the archive."""
        from db.runs import Runs

        return Runs(self._store)

    @cached_property
    def revisions(self) -> Revisions:
        """Revisions: every state of a record that a source told."""
        from db.revisions import Revisions

        return Revisions(self._store)

    @cached_property
    def records(self) -> Records:
        """Records and their revisions."""
        from db.records import Records

        return Records(self._store)

    @cached_property
    def source_records(self) -> SourceRecords:
        """Records of a source: when they were seen, read and looked up."""
        from db.source_records import SourceRecords

        return SourceRecords(self._store)

    @cached_property
    def cross_references(self) -> CrossReferences:
        """Records by the references that name them."""
        from db.cross_references import CrossReferences

        return CrossReferences(self._store)

    @cached_property
    def members(self) -> Members:
        """Names of members."""
        from db.records import Members

        return Members(self._store)

    @cached_property
    def coverage(self) -> Coverage:
        """Days that were read of each source."""
        from db.collection import Coverage

        return Coverage(self._store)

    @cached_property
    def announced_days(self) -> AnnouncedDays:
        """Days that Parliament announced."""
        from db.announced_days import AnnouncedDays

        return AnnouncedDays(self._store)

    @cached_property
    def files(self) -> Files:
        """Files that were read of each source."""
        from db.collection import Files

        return Files(self._store)

    @cached_property
    def payloads(self) -> Payloads:
        """Bytes received."""
        from db.payloads import Payloads

        return Payloads(self._store)

    @cached_property
    def cache(self) -> Cache:
        """Responses for conditional requests."""
        from db.payloads import Cache

        return Cache(self._store)

    @cached_property
    def watch_list(self) -> WatchList:
        """Topics, terms and subscribers."""
        from db.watch_list import WatchList

        return WatchList(self._store)

    @cached_property
    def subscribers(self) -> Subscribers:
        """Subscribers that are kept in the archive."""
        from db.subscribers import Subscribers

        return Subscribers(self._store)

    @cached_property
    def matches(self) -> Matches:
        """Matches of the watched terms."""
        from db.matches import Matches

        return Matches(self._store, self.index)

    @cached_property
    def match_ranges(self) -> MatchRanges:
        """Ranges of revisions that several workers search."""
        from db.match_ranges import MatchRanges

        return MatchRanges(self._store, self.jobs)

    @cached_property
    def split_readings(self) -> SplitReadings:
        """Readings of sources that several workers share."""
        from db.split_readings import SplitReadings

        return SplitReadings(self._store, self.jobs)

    @cached_property
    def index(self) -> Index:
        """The search index."""
        from db.index import Index

        return Index(self._store)

    def index_beside(self) -> IndexingProcess | None:
        """Let a second process index what is stored from now on; None for an archive that has no index."""
        from db.index_process import IndexingProcess

        return IndexingProcess(self.engine) if self.index.is_kept else None

    @cached_property
    def search(self) -> Search:
        """Searches."""
        from db.search import Search

        return Search(self._store, self.index)

    @cached_property
    def similar(self) -> SimilarAnswers:
        """Similar answers."""
        from db.similar import SimilarAnswers

        return SimilarAnswers(self.index)

    @cached_property
    def shared_words(self) -> SharedWords:
        """Records that share words with a text."""
        from db.shared_words import SharedWords

        return SharedWords(self.index)

    @cached_property
    def passages(self) -> Passages:
        """Revisions that may hold a quotation."""
        from db.passages import Passages

        return Passages(self._store, self.index)

    @cached_property
    def statistics(self) -> RecordStatistics:
        """Records as statistics count them."""
        from db.statistics import RecordStatistics

        return RecordStatistics(self.index)

    @cached_property
    def pending(self) -> PendingItems:
        """Items owed to subscribers."""
        from db.pending import PendingItems

        return PendingItems(self._store)

    @cached_property
    def digests(self) -> Digests:
        """Digests and what they told."""
        from db.digests import Digests

        return Digests(self._store, self.outbox)

    @cached_property
    def people(self) -> People:
        """People in figures."""
        from db.people import People

        return People(self._store)

    @cached_property
    def audits(self) -> Audits:
        """Records that readers were told of, and reasons why not."""
        from db.audits import Audits

        return Audits(self._store)

    @cached_property
    def ledger(self) -> PromiseLedger:
        """Ledger of promises, for the stage that fills it."""
        from db.promise_ledger import PromiseLedger

        return PromiseLedger(self._store)

    @cached_property
    def promises(self) -> Promises:
        """Promises, and what people decided about them."""
        from db.promises import Promises

        return Promises(self._store)

    @cached_property
    def last_years(self) -> LastYears:
        """The last year of each topic: who asked for the first time, and what is late."""
        from db.last_years import LastYears

        return LastYears(self._store)

    @cached_property
    def outbox(self) -> Outbox:
        """Messages on their way to their recipients."""
        from db.outbox import Outbox

        return Outbox(self._store)

    @cached_property
    def deliveries(self) -> Deliveries:
        """Deliveries as lists and figures: what was sent and what waits."""
        from db.deliveries import Deliveries

        return Deliveries(self._store)

    @cached_property
    def jobs(self) -> Jobs:
        """The queue of jobs, on PostgreSQL."""
        from db.jobs import Jobs

        return Jobs(self._store)

    @cached_property
    def rounds(self) -> Rounds:
        """Rounds of work that is shared by workers."""
        from db.rounds import Rounds

        return Rounds(self._store, self.jobs)

    @cached_property
    def host_turns(self) -> HostTurns:
        """Turns at hosts, for all workers."""
        from db.host_turns import HostTurns

        return HostTurns(self._store)

    def facts(self, *keys: str) -> dict[str, str]:
        """Return facts about the archive, those that are set, at once. Raises SchemaError if it was upgraded meanwhile."""
        rows = self._store.rows(_version_and_facts(keys))
        version = rows[0].version_num if rows else None
        if version != schema.HEAD:
            raise schema.other_version(version)
        return {row.key: row.value for row in rows if row.key is not None}

    def one_view(self) -> AbstractContextManager[None]:
        """Let all that this thread reads until the end see one moment; see `Store.one_view`."""
        return self._store.one_view()

    def share_work(self) -> None:
        """Add a job for each message that comes into the outbox."""
        self._store.jobs = self.jobs

    @cached_property
    def bounces(self) -> Bounces:
        """Mails that came back."""
        from db.bounces import Bounces

        return Bounces(self._store)

    @cached_property
    def calendar_days(self) -> CalendarDays:
        """Questions and promises with a day."""
        from db.calendar_days import CalendarDays

        return CalendarDays(self._store)

    @cached_property
    def following(self) -> Following:
        """Things that subscribers follow."""
        from db.following import Following

        return Following(self._store)

    @cached_property
    def choices(self) -> Choices:
        """Records that subscribers have dealt with or do not want, and their mutes."""
        from db.choices import Choices

        return Choices(self._store)

    @cached_property
    def notes(self) -> Notes:
        """Notes of the team."""
        from db.notes import Notes

        return Notes(self._store)

    def overwrite_unused(self) -> None:
        """Write an archive on SQLite again, so that no unused byte holds what was deleted. Raises ArchiveError."""
        from db.backup import overwrite_unused

        if self.location.file is not None:
            overwrite_unused(self.location.file)

    def close(self) -> None:
        """Give the connections back."""
        if "index" in vars(self):  # it was used
            self.index.close()
        self.engine.dispose()


def open_archive(
    url: str, *, base: Path | None = None, clock: Callable[[], datetime] = now, only_reads: bool = False
) -> Archive:
    """Open an archive, brought to this program's schema.

    A SQLite archive is made if it is missing, and upgraded, after a backup beside it, if it is older. PostgreSQL is
    upgraded by `pqwatch db upgrade` only: others may be using it. With `only_reads` nothing is made or upgraded, and the
    database refuses every change. Raises SchemaError with the command to run.
    """
    engine = open_engine(url, base=base, only_reads=only_reads)
    try:
        _bring_up(engine, only_reads=only_reads)
    except BaseException:
        engine.dispose()
        raise
    return Archive(engine, clock=clock)


def _bring_up(engine: Engine, *, only_reads: bool) -> None:
    version = schema.current(engine)
    if version == schema.HEAD:
        return
    if only_reads or engine.dialect.name != "sqlite" or (version is not None and version > schema.HEAD):
        raise schema.other_version(version)
    upgrade(engine)


def upgrade(engine: Engine) -> Path | None:
    """Upgrade an archive to this program's schema, after a backup of a SQLite file; returns the path of the backup."""
    before = schema.current(engine)
    saved: list[Path] = []
    is_older = before is not None and before < _REFERENCES_SINCE
    schema.upgrade(
        engine,
        before=lambda: saved.extend(_save(engine)),
        after=_note_earlier_references if is_older else _nothing_more,
    )
    return saved[0] if saved else None


def _note_earlier_references(connection: Connection) -> None:
    """Note the references of the revisions of an archive that did not note them yet."""
    from db.cross_references import note_earlier_references

    note_earlier_references(connection)


def _nothing_more(_connection: Connection) -> None:
    """Add nothing to an archive whose references are noted already."""


def _save(engine: Engine) -> list[Path]:
    """Back up a SQLite archive, unless another process upgraded it before it was our turn."""
    version = schema.current(engine)
    if version is None or version == schema.HEAD or engine.dialect.name != "sqlite":
        return []
    from db.backup import back_up

    return [back_up(engine, _free_name(f"{engine.url.database}.{version}"))]


def _free_name(start: str) -> Path:
    """Return a free name for a backup; one from an upgrade that failed may be there already."""
    numbers = count(2)
    path = Path(f"{start}.bak")
    while path.exists():
        path = Path(f"{start}-{next(numbers)}.bak")
    return path
