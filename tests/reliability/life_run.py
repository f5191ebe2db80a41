"""A run of the real stages in the machine's world: with what goes wrong, and read for what it stored, told and sent."""

from __future__ import annotations

import re
import shutil
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, select, text

from db import tables
from db.archive import Archive
from db.engine import open_engine
from db.integrity import consistency
from db.records import load
from monitor.errors import DeliveryError
from tests.fakes import FakeMembers, FakePost, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from monitor.model.records import Revision
    from monitor.pipeline import Report
    from tests.fakes import Clock

NOBODY = 2**22 + 1
"""A process id that no process has."""

LINK = re.compile(r"/written-questions/detail/\d{4}-\d\d-\d\d/(\d+)")


class CrashError(BaseException):
    """The process is gone: nobody catches it."""


class Points:
    """The statements and commits of an engine, counted; at the chosen one the process dies, and runs nothing more."""

    def __init__(self, engine: Engine) -> None:
        self.done = 0
        self.dies_at: int | None = None
        event.listen(engine, "before_cursor_execute", self._pass)
        event.listen(engine, "commit", self._pass)

    def _pass(self, *_: object) -> None:
        self.done += 1
        if self.dies_at is not None and self.done >= self.dies_at:
            raise CrashError


class Post(FakePost):
    """Takes every mail unless it is down."""

    def __init__(self) -> None:
        super().__init__()
        self.is_down = False

    def deliver(
        self, message: bytes, recipient: str, before_dot: Callable[[], None], accepted: Callable[[str], None]
    ) -> None:
        """Take a mail, or refuse to listen."""
        if self.is_down:
            raise DeliveryError("the server does not answer", scope="server")
        super().deliver(message, recipient, before_dot, accepted)


@dataclass(slots=True)
class Told:
    """A digest as the archive has it: what it tells, the last state by question, and the mail that carries it."""

    id: int
    reader: str
    slot: str
    at: Any
    kind: str
    told: dict[str, int]
    mail: bytes


class Bench:
    """One database file for all examples: emptied by a copy, with the statements compiled once."""

    def __init__(self, folder: Path) -> None:
        self.empty, self.path = folder / "empty.db", folder / "life.db"
        engine = open_engine(f"sqlite:///{self.empty}")
        tables.metadata.create_all(engine)
        with engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        engine.dispose()
        self.engine = open_engine(f"sqlite:///{self.path}")
        event.listen(self.engine, "connect", _hurry)
        self.points = Points(self.engine)

    def fresh(self) -> None:
        """Let an empty archive be there."""
        self.engine.dispose()
        for tail in ("-wal", "-shm"):
            self.path.with_name(self.path.name + tail).unlink(missing_ok=True)
        shutil.copyfile(self.empty, self.path)


def _hurry(connection: Any, _record: object) -> None:
    """What dies here are processes, not machines: nothing need be forced to the disk."""
    connection.execute("PRAGMA synchronous = OFF")


@dataclass
class Desk:
    """The real stages over the bench's archive. `synced` is called when the archive took in the configuration."""

    bench: Bench
    clock: Clock
    world: World
    synced: Callable[[], None]
    steps: int = 200
    last_revision: int = 0
    last_digest: int = 0
    copies: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    has_matched: bool = False
    deaths: int = 0

    @classmethod
    def open(cls, bench: Bench, clock: Clock, source: Any, members: FakeMembers, synced: Callable[[], None]) -> Desk:
        """A desk with an empty archive."""
        bench.fresh()
        world = World(Archive(bench.engine, clock=clock), clock, source=source, members=members, post=Post())
        return cls(bench, clock, world, synced)

    def run(self, *, dies_at: float | None = None) -> Report | None:
        """One run; None where it died. `dies_at`: how far, between 0 and 1 of the steps of the last whole run."""
        points, began = self.bench.points, self.bench.points.done
        points.dies_at = None if dies_at is None else began + 1 + int(dies_at * self.steps)
        archive = self.world.archive
        self.has_matched = False
        try:
            with (
                _told_of(archive.watch_list, "sync", lambda _: self.synced()),
                _told_of(archive.matches, "next_work", self._worked),
            ):
                report = self.world.run()
        except CrashError:
            self._die()
            return None
        finally:
            points.dies_at = None
        self.steps = points.done - began
        return report

    def _worked(self, left: object) -> None:
        self.has_matched = left is None

    def _die(self) -> None:
        """What a process leaves behind, and a new process after it."""
        self.deaths += 1
        self.bench.points.dies_at = None
        self.bench.engine.dispose()
        with self.bench.engine.begin() as connection:
            connection.execute(tables.lease.update().values(pid=NOBODY))
        self.world.archive = Archive(self.bench.engine, clock=self.clock)

    # -- what came of it ----------------------------------------------------------------------------------------------

    def revisions(self) -> Iterator[tuple[str, Revision]]:
        """The states that are new in the archive, with their keys."""
        with self.bench.engine.connect() as connection:
            fresh = load(connection, tables.revision.c.id > self.last_revision)
        for one in fresh:
            self.last_revision = one.id
            yield one.proceeding.id.removeprefix("q-"), one

    def found(self) -> set[tuple[int, str, str]]:
        """Which terms were found in which states."""
        query = (
            select(tables.match.c.revision_id, tables.topic.c.key, tables.term.c.text)
            .select_from(tables.match.join(tables.term).join(tables.topic))
            .distinct()
        )
        with self.bench.engine.connect() as connection:
            return {(row[0], row[1], row[2]) for row in connection.execute(query)}

    def digests(self) -> list[Told]:
        """The digests that are new, oldest first."""
        digest, item, outbox = tables.digest, tables.digest_item, tables.outbox
        with self.bench.engine.connect() as connection:
            rows = connection.execute(
                select(digest, tables.subscriber.c.key.label("reader"), outbox.c.message)
                .select_from(digest.join(tables.subscriber).outerjoin(outbox, outbox.c.digest_id == digest.c.id))
                .where(digest.c.id > self.last_digest)
                .order_by(digest.c.id)
            ).all()
            told: dict[int, dict[str, int]] = defaultdict(dict)
            items = (
                select(item.c.digest_id, tables.proceeding.c.public_id, item.c.revision_id)
                .join(tables.proceeding, tables.proceeding.c.id == item.c.proceeding_id)
                .where(item.c.digest_id > self.last_digest, item.c.is_told)
                .order_by(item.c.revision_id)
            )
            for row in connection.execute(items):
                told[row.digest_id][row.public_id.removeprefix("q-")] = row.revision_id
        self.last_digest = rows[-1].id if rows else self.last_digest
        return [
            Told(row.id, row.reader, row.slot, row.composed_at, row.kind, told[row.id], row.message or b"")
            for row in rows
        ]

    def post_problems(self) -> list[str]:
        """Mails that went twice without a mark, or in other words than before."""
        post, problems = self.world.post, []
        with self.bench.engine.connect() as connection:
            columns = select(tables.outbox.c.message_id, tables.outbox.c.ambiguous)
            marks = {row.message_id: row.ambiguous for row in connection.execute(columns)}
        numbers = Counter(_number_of(message) for _, message in post.sent)
        for _, message in post.sent:
            self.copies[_number_of(message)].add(message)
        problems += [f"{number} went with other words" for number, some in self.copies.items() if len(some) > 1]
        problems += [f"{number} went {n} times" for number, n in numbers.items() if n - 1 > marks.get(number, 0)]
        if sum(marks.values()) > self.deaths:  # one that dies can leave one mail in doubt, nothing else does
            problems.append(f"{sum(marks.values())} mails in doubt after {self.deaths} runs that died")
        return problems

    def unsent(self) -> list[str]:
        """The mails that did not go, as the archive has them and as the server does."""
        sent = {_number_of(message) for _, message in self.world.post.sent}
        return [one.message_id for one in self.world.archive.outbox.listing() if one.message_id not in sent]

    def problems(self) -> list[str]:
        """Where rows of the archive do not agree."""
        return consistency(self.bench.engine)


@contextmanager
def _told_of(part: Any, name: str, then: Callable[[Any], None]) -> Iterator[None]:
    """Let something hear what a method of a part of the archive gave."""
    call = getattr(part, name)

    def both(*args: Any) -> Any:
        given = call(*args)
        then(given)
        return given

    setattr(part, name, both)
    try:
        yield
    finally:
        delattr(part, name)


def _number_of(message: bytes) -> str:
    found = re.search(rb"(?m)^Message-ID: (<[^>]+>)", message)
    return found[1].decode() if found else ""


def squeezed(message: bytes) -> str:
    """The text of a mail without space and marks, so that no line end breaks a word."""
    body = message_from_bytes(message, policy=policy.default).get_body(("plain",))
    assert body is not None
    return re.sub(r"[\s*]", "", body.get_content())
