"""Every public method of the archive's parts while another process holds the database.

The methods are found by looking, so that none can be forgotten; what they are called with follows from their annotations.
Held by a writer, what only reads goes on and what writes says LockedError, or does its work when the writer lets go in time.
Held altogether, every one says LockedError. No other error comes out, and nothing is changed by half.
"""

from __future__ import annotations

import inspect
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, select

from db import engine as engines
from db import tables
from db.archive import Archive, open_archive
from db.engine import WRITERS, open_engine
from monitor.errors import LockedError, MonitorError
from monitor.model.archive import FileRead, Filters, Mail, NewDigest, SearchPosition, WindowCoverage, Work
from monitor.model.index_query import PhraseRequirement
from monitor.model.records import House
from monitor.model.sources import Cached, Payload, Reading, Window
from monitor.model.watching import Topic
from monitor.terms.matcher import compile_query
from tests.builders import a_question, a_revision, a_subscriber
from tests.reliability.dumps import VERSIONS, load, restored
from tests.reliability.tally import Proof, Tally
from tests.servers import database, migrate, postgres_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from tests.reliability.tally import Budget

PATIENCE_MS = 4

NOW = datetime(2024, 11, 28, 9, 0, tzinfo=UTC)
TODAY = date(2024, 11, 28)
WINDOW = Window(source="questions", house=House.COMMONS, by="answered", day=TODAY)
PAYLOAD = Payload(
    source="questions",
    key="140001",
    url="http://source.example/140001",
    fetched_at=NOW,
    body=b"{}",
)

VALUES: dict[str, Any] = {
    "str": "x",
    "int": 1,
    "bool": False,
    "date": TODAY,
    "datetime": NOW,
    "House": House.COMMONS,
    "Window": WINDOW,
    "Payload": PAYLOAD,
    "Cached": Cached(body=b"x", etag="x"),
    "FileRead": FileRead(
        source="x",
        name="x",
        day=TODAY,
        stamp="",
        sha256="",
        version=1,
        read_at=NOW,
        outcome="read",
        counts={},
        years={},
    ),
    "Filters": Filters(),
    "Proceeding": a_question(
        answer="I refer the hon. Member to the answer given on 26 January 2021 to Question 14205."
    ),
    "SearchPosition": SearchPosition(0, TODAY, 1),
    "Query": compile_query("river"),
    "IndexQuery": PhraseRequirement(("river",)),
    "Sequence[IndexQuery]": [PhraseRequirement(("river",))],
    "Sequence[Revision]": [a_revision(a_question(answer="The river is clean, and has been for years."))],
    "Revision": a_revision(a_question(answer="The river is clean, and has been for years.")),
    "NewsRule": lambda *_: True,
    "WindowCoverage": WindowCoverage(window=WINDOW, state="open", read_at=NOW, total=1, held=1),
    "Mail": Mail(
        recipient="operator@example.org",
        message_id="<x@example.org>",
        subject="x",
        message=b"x",
    ),
    "NewDigest": NewDigest(subscriber="desk", slot="x", kind="empty", as_of=NOW, subject="x", told_on=TODAY),
    "Work": Work(topics=(), term_ids={}, history_to={}, after=0, to=9),
    "Collection[str]": ["mail"],
    "Collection[Event]": [],
    "Iterable[int]": [1],
    "Sequence[int]": [1],
    "Iterable[str]": ["x"],
    "Sequence[str]": ["x"],
    "Sequence[Query]": [compile_query("river")],
    "Sequence[Reading]": [Reading(payload=PAYLOAD, proceeding=a_question())],
    "Sequence[Topic]": [Topic(key="water", name="Water", terms=("river*",))],
    "Sequence[Subscriber]": [a_subscriber()],
    "Mapping[str, str]": {"x": "1"},
    "Mapping[str, int]": {"new": 1},
    "Mapping[str, Sequence[House]]": {"questions": [House.COMMONS]},
    "Mapping[int, Member | None]": {1: None},
    "Iterable[tuple[int, Iterable[Match]]]": [],
    "Callable[[Connection, IndexView], _T]": lambda archive, _index: archive.execute(select(tables.run.c.id)).all(),
}
"""What a parameter is given, by its annotation, None left aside."""

OF_PARAMETER: dict[str, Any] = {
    "subscriber": "desk",
    "on_ambiguous": "resend",
    "scope": "message",
    "filter_name": "body",
    "names": ["body"],
    "recipient": "reader@example.org",
    "address": "reader@example.org",
}
"""And by its name, where any value will not do."""


class UnknownValueError(Exception):
    """A new method asks for something that is not in VALUES yet."""


@dataclass(frozen=True, slots=True)
class Method:
    """A public method of a part of the archive; `part` is "" for what opens one."""

    part: str
    name: str

    def __str__(self) -> str:
        return f"{self.part}.{self.name}" if self.part else self.name

    def call(self, archive: Archive) -> None:
        """Call it, and take all that it gives."""
        if not self.part:
            open_archive(archive.engine.url.render_as_string(hide_password=False)).close()
            return
        method = getattr(getattr(archive, self.part), self.name)
        given = method(**arguments(method))
        if hasattr(given, "__enter__"):
            with given:
                return
        if inspect.isgenerator(given):
            list(given)


def arguments(method: Callable[..., Any]) -> dict[str, Any]:
    """What to call a method with; what it can do without is left out."""
    found: dict[str, Any] = {}
    for name, one in inspect.signature(method).parameters.items():
        if one.default is not one.empty or one.kind is one.VAR_POSITIONAL:
            continue
        annotation = str(one.annotation).removesuffix(" | None")
        if name not in OF_PARAMETER and annotation not in VALUES:
            raise UnknownValueError(f"tests/reliability/locked.py has no value for {name}: {annotation}")
        found[name] = OF_PARAMETER.get(name, VALUES.get(annotation))
    return found


def methods() -> list[Method]:
    """All there are, but those that are part of their caller's transaction."""
    engine = create_engine("sqlite://")
    archive = Archive(engine)
    parts = {name: getattr(archive, name) for name, part in vars(Archive).items() if isinstance(part, cached_property)}
    engine.dispose()
    found = [Method("", "open_archive")]
    for part, value in parts.items():
        for name, function in inspect.getmembers(type(value), inspect.isfunction):
            is_inside = "Connection" in [
                str(parameter.annotation) for parameter in inspect.signature(function).parameters.values()
            ]
            if not name.startswith("_") and not is_inside:
                found.append(Method(part, name))
    return found


# -- who holds it -----------------------------------------------------------------------------------------------------


@contextmanager
def patience(milliseconds: int = PATIENCE_MS) -> Iterator[None]:
    """Engines that are opened inside wait no longer than this."""
    before = engines.BUSY_TIMEOUT_MS
    engines.BUSY_TIMEOUT_MS = milliseconds
    try:
        yield
    finally:
        engines.BUSY_TIMEOUT_MS = before


@contextmanager
def held_by_a_writer(url: str) -> Iterator[Callable[[], None]]:
    """Another process writes; what is given lets go."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as holder:
            yield _take(
                holder,
                "BEGIN EXCLUSIVE",
                f"BEGIN; SELECT pg_advisory_xact_lock({WRITERS})",
            )
    finally:
        engine.dispose()


@contextmanager
def held_altogether(url: str) -> Iterator[Callable[[], None]]:
    """Another process lets nobody read either."""
    locked = ", ".join(
        [
            *(f'"{name}"' for name in tables.metadata.tables),
            "alembic_version",
        ]
    )
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as holder:
            if engine.dialect.name == "sqlite":
                holder.exec_driver_sql("PRAGMA locking_mode = EXCLUSIVE")
            yield _take(
                holder,
                "BEGIN EXCLUSIVE",
                f"BEGIN; LOCK TABLE {locked} IN ACCESS EXCLUSIVE MODE",
            )
    finally:
        engine.dispose()


def _take(holder: Connection, sqlite: str, postgresql: str) -> Callable[[], None]:
    for statement in (sqlite if holder.dialect.name == "sqlite" else postgresql).split("; "):
        holder.exec_driver_sql(statement)
    return lambda: _let_go(holder)


def _let_go(holder: Connection) -> None:
    holder.exec_driver_sql("ROLLBACK")


# -- what comes of it -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Outcome:
    """How a call ended: "done", "locked", "refused" (an error of ours that is about the call), or what was raised."""

    how: str

    @classmethod
    def of(cls, method: Method, archive: Archive) -> Outcome:
        """Call it."""
        try:
            method.call(archive)
        except LockedError:
            return cls("locked")
        except MonitorError:
            return cls("refused")
        except UnknownValueError:
            raise
        except Exception as exc:  # noqa: BLE001 (that is what is looked for)
            return cls(f"{type(exc).__name__}: {exc}")
        return cls("done")


def lets_go(method: Method, template: Path, folder: Path) -> tuple[bool, Tally]:
    """Whether a method has to wait for a writer, and whether it does its work when the writer lets go; on SQLite."""
    path = folder / "archive.db"
    shutil.copy(template, path)
    url = f"sqlite:///{path}"
    archive = Archive(open_engine(url), clock=lambda: NOW)
    waited: list[object] = []

    with held_by_a_writer(url) as let_go, closing(archive):

        def meet(context: object) -> None:
            if not waited:
                let_go()
            waited.append(context)

        event.listen(archive.engine, "handle_error", meet)
        outcome = Outcome.of(method, archive)
    tally = Tally(tried=1)
    if outcome.how not in ("done", "refused"):
        tally.failures.append(f"{method}, when a writer let go: {outcome.how}")
    return bool(waited), tally


OF_INDEX = frozenset({"index.reading", "search.known_words", "similar.with_equals", "similar.with_words"})
"""What may find nothing in the index that the archive need be asked about."""


def held(method: Method, archive: Archive, who: str, *, is_locked: bool) -> Tally:
    """Call a method while somebody holds the database and does not let go."""
    outcome = Outcome.of(method, archive)
    is_right = outcome.how == "locked" if is_locked else outcome.how in ("done", "refused")
    is_right = is_right or (str(method) in OF_INDEX and outcome.how == "done")
    expected = "locked" if is_locked else "done"
    told = f"{method} on {archive.engine.dialect.name}, held {who}: {outcome.how}, not {expected}"
    return Tally(tried=1, failures=[] if is_right else [told])


def contents(engine: Engine) -> dict[str, list[str]]:
    """All rows of all tables."""
    with engine.connect() as connection:
        rows = {name: connection.execute(select(table)) for name, table in tables.metadata.tables.items()}
        return {name: sorted(map(repr, some)) for name, some in rows.items()}


def sweep(url: str, waits: Mapping[Method, bool]) -> Tally:
    """Every method under both holders on the archive at `url`; `waits`: whether it has to wait for a writer."""
    tally = Tally()
    quiet = create_engine(url)
    before = contents(quiet)
    quiet.dispose()
    for who, holder in (
        ("by a writer", held_by_a_writer),
        ("altogether", held_altogether),
    ):
        with holder(url):
            archive = Archive(open_engine(url), clock=lambda: NOW)
            for method, is_writing in waits.items():
                is_locked = is_writing if who == "by a writer" else _touches_a_table(method, archive.engine)
                tally.add(held(method, archive, who, is_locked=is_locked))
            archive.close()
        if contents(quiet) != before:
            tally.failures.append(f"held {who}, something was changed")
        quiet.dispose()
    return tally


def _touches_a_table(method: Method, engine: Engine) -> bool:
    """PostgreSQL, all of whose tables are locked, has besides them only the lock of writers; `of` only names a queue."""
    if str(method) == "outbox.of":
        return False
    return engine.dialect.name == "sqlite" or str(method) not in ("runs.renew", "revisions.batch")


def waiting(template: Path, folder: Path, tally: Tally, chosen: Iterable[Method]) -> dict[Method, bool]:
    """Which methods have to wait for a writer; found on SQLite, true of both."""
    found = {}
    for method in chosen:
        try:
            found[method], one = lets_go(method, template, folder)
        except UnknownValueError as exc:
            one = Tally(tried=1, failures=[f"{method}: {exc}"])
        tally.add(one)
    return found


def populated(folder: Path) -> Path:
    """An archive of this schema that has rows in every table."""
    path = restored(VERSIONS[-1], folder)
    url = f"sqlite:///{path}"
    archive = open_archive(url)
    archive.index.follow()
    archive.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def on_sqlite(template: Path, chosen: Iterable[Method]) -> tuple[dict[Method, bool], Tally]:
    """The sweep on SQLite, with a copy of an archive beside it; also which methods write."""
    tally = Tally()
    with patience():
        waits = waiting(template, template.parent, tally, chosen)
        tally.add(sweep(f"sqlite:///{template}", waits))
    return waits, tally


def on_postgresql(server: str, template: Path, waits: Mapping[Method, bool]) -> Tally:
    """The sweep on a database of a PostgreSQL server."""
    with database(server) as url:
        migrate(url)
        load(template, url)
        with patience():
            return sweep(url, waits)


def locked(folder: Path, budget: Budget) -> Tally:
    """Both, the second where it is in the budget."""
    template = populated(folder)
    waits, tally = on_sqlite(template, methods())
    if budget.goes_on(tally.tried):
        with postgres_server() as server:
            tally.add(on_postgresql(server, template, waits))
    return tally


PROOFS = (
    Proof(
        name="locked database",
        unit="call",
        full=5 * len(methods()),
        run=locked,
        share=0.3,
    ),
)
