"""A run of the real stages in the state machine's world, with its faults, and what it stored, mailed and sent."""

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
from monitor.collect.file_counts import FileCounts
from monitor.errors import DeliveryError
from monitor.model.following import FollowKind, FollowTarget, MuteKind
from tests.fakes import FakeMembers, FakePost, World
from tests.settled import wrongly_settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from pathlib import Path

    from sqlalchemy import Engine

    from monitor.model.records import Member, Revision
    from monitor.model.watching import Subscriber
    from monitor.pipeline import Report
    from tests.fakes import Clock

NO_PROCESS = 2**22 + 1
"""A process id that no process has."""

LINK = re.compile(r"/written-questions/detail/\d{4}-\d\d-\d\d/(\d+)")


class CrashError(BaseException):
    """The process is gone. It is caught only where a new process begins."""


class Points:
    """Count the statements and commits of an engine. The process dies at the chosen one, and runs nothing more."""

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
    """Mail server that takes every mail unless it is down."""

    def __init__(self) -> None:
        super().__init__()
        self.is_down = False

    def deliver(
        self, message: bytes, recipient: str, before_dot: Callable[[], None], accepted: Callable[[str], None]
    ) -> None:
        """Take a mail, or do not answer."""
        if self.is_down:
            raise DeliveryError("the server does not answer", scope="server")
        super().deliver(message, recipient, before_dot, accepted)


@dataclass(slots=True)
class StoredDigest:
    """A digest in the archive, the newest revision of each question in it, and the mail that carries it."""

    id: int
    reader: str
    slot: str
    at: Any
    kind: str
    revisions: dict[str, int]
    mail: bytes


class Bench:
    """A database file for all examples: emptied by a copy, so that its statements are compiled once."""

    def __init__(self, folder: Path) -> None:
        self.empty, self.path = folder / "empty.db", folder / "life.db"
        engine = open_engine(f"sqlite:///{self.empty}")
        tables.metadata.create_all(engine)
        with engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        engine.dispose()
        self.engine = open_engine(f"sqlite:///{self.path}")
        event.listen(self.engine, "connect", _turn_off_sync)
        self.points = Points(self.engine)

    def fresh(self) -> None:
        """Put an empty archive in place."""
        self.engine.dispose()
        for tail in ("-wal", "-shm"):
            self.path.with_name(self.path.name + tail).unlink(missing_ok=True)
        shutil.copyfile(self.empty, self.path)


def _turn_off_sync(connection: Any, _record: object) -> None:
    """Write without forcing it to the disk: only processes die here, not machines."""
    connection.execute("PRAGMA synchronous = OFF")


@dataclass
class Desk:
    """The real stages over the archive of the bench. `on_sync` is called when the archive took in the configuration."""

    bench: Bench
    clock: Clock
    world: World
    on_sync: Callable[[], None]
    steps: int = 200
    last_revision: int = 0
    last_digest: int = 0
    copies: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    has_matched: bool = False
    deaths: int = 0

    @classmethod
    def open(cls, bench: Bench, clock: Clock, source: Any, members: FakeMembers, on_sync: Callable[[], None]) -> Desk:
        """Open a desk with an empty archive."""
        bench.fresh()
        world = World(Archive(bench.engine, clock=clock), clock, source=source, members=members, post=Post())
        return cls(bench, clock, world, on_sync)

    def run(self, *, dies_at: float | None = None) -> Report | None:
        """Run once. Return None if it died. `dies_at`: how far, between 0 and 1 of the steps of the last whole run."""
        points, began = self.bench.points, self.bench.points.done
        points.dies_at = None if dies_at is None else began + 1 + int(dies_at * self.steps)
        archive = self.world.archive
        self.has_matched = False
        try:
            with (
                _watch_results(archive.watch_list, "sync", lambda _: self.on_sync()),
                _watch_results(archive.matches, "next_work", self._note_work),
            ):
                report = self.world.run()
        except CrashError:
            self._die()
            return None
        finally:
            points.dies_at = None
        self.steps = points.done - began
        return report

    def backfill(self, first: date) -> None:
        """Read the days from `first` on by a backfill."""
        pipeline = self.world.pipeline()
        with _watch_results(self.world.archive.watch_list, "sync", lambda _: self.on_sync()):
            pipeline.sync()
        pipeline.backfill("questions", FileCounts(), first=first)
        pipeline.match()

    def follow(self, reader: Subscriber, followed: str | Member) -> None:
        """Let a subscriber follow a stored question, by its key, or what a member asks."""
        archive = self.world.archive
        if isinstance(followed, str):
            [found] = archive.cross_references.find(f"q-{followed}")
            target = FollowTarget(kind=FollowKind.RECORD, ref=f"q-{followed}", proceeding_id=found)
        else:
            target = FollowTarget(kind=FollowKind.ASKER, ref=followed.name or "", member_id=followed.member_id)
        archive.following.follow(reader, target)

    def unfollow(self, reader: str, followed: str) -> None:
        """End what a subscriber (by key) follows: a question by its key, or a member by number."""
        following = self.world.archive.following
        [number] = [
            thing.number
            for thing in following.listing(reader)
            if followed in (thing.target.ref.removeprefix("q-"), str(thing.target.member_id))
        ]
        following.unfollow(reader, number)

    def mute(self, reader: Subscriber, muted: str, until: date, *, is_term: bool) -> None:
        """Mute a term for a subscriber, or a stored question, by its key."""
        archive = self.world.archive
        if is_term:
            archive.choices.mute(reader, MuteKind.TERM, muted, until)
        else:
            [found] = archive.cross_references.find(f"q-{muted}")
            archive.choices.mute(reader, MuteKind.RECORD, f"q-{muted}", until, found)

    def _note_work(self, left: object) -> None:
        self.has_matched = left is None

    def close(self) -> None:
        """Close the archive."""
        self.world.archive.close()

    def _die(self) -> None:
        """Leave what a dead process leaves, and begin a new one."""
        self.deaths += 1
        self.bench.points.dies_at = None
        self.world.archive.close()
        with self.bench.engine.begin() as connection:
            connection.execute(tables.lease.update().values(pid=NO_PROCESS))
        self.world.archive = Archive(self.bench.engine, clock=self.clock)

    # -- results -------------------------------------------------------------------------------------------------------

    def revisions(self) -> Iterator[tuple[str, Revision]]:
        """Yield the new revisions in the archive, with their keys."""
        with self.bench.engine.connect() as connection:
            new = load(connection, tables.revision.c.id > self.last_revision)
        for revision in new:
            self.last_revision = revision.id
            yield revision.proceeding.id.removeprefix("q-"), revision

    def found(self) -> set[tuple[int, str, str]]:
        """Return which terms were found in which revisions."""
        query = (
            select(tables.match.c.revision_id, tables.topic.c.key, tables.term.c.text)
            .select_from(tables.match.join(tables.term).join(tables.topic))
            .distinct()
        )
        with self.bench.engine.connect() as connection:
            return {(row[0], row[1], row[2]) for row in connection.execute(query)}

    def digests(self) -> list[StoredDigest]:
        """Return the new digests, oldest first."""
        digest, item, outbox = tables.digest, tables.digest_item, tables.outbox
        with self.bench.engine.connect() as connection:
            rows = connection.execute(
                select(digest, tables.subscriber.c.key.label("reader"), outbox.c.message)
                .select_from(digest.join(tables.subscriber).outerjoin(outbox, outbox.c.digest_id == digest.c.id))
                .where(digest.c.id > self.last_digest)
                .order_by(digest.c.id)
            ).all()
            revisions: dict[int, dict[str, int]] = defaultdict(dict)
            items = (
                select(item.c.digest_id, tables.proceeding.c.public_id, item.c.revision_id)
                .join(tables.proceeding, tables.proceeding.c.id == item.c.proceeding_id)
                .where(item.c.digest_id > self.last_digest, item.c.is_told)
                .order_by(item.c.revision_id)
            )
            for row in connection.execute(items):
                revisions[row.digest_id][row.public_id.removeprefix("q-")] = row.revision_id
        self.last_digest = rows[-1].id if rows else self.last_digest
        return [
            StoredDigest(row.id, row.reader, row.slot, row.composed_at, row.kind, revisions[row.id], row.message or b"")
            for row in rows
        ]

    def post_problems(self) -> list[str]:
        """Return the mails that were sent twice without a mark, or in other words than before."""
        post, problems = self.world.post, []
        with self.bench.engine.connect() as connection:
            columns = select(tables.outbox.c.message_id, tables.outbox.c.ambiguous)
            marks = {row.message_id: row.ambiguous for row in connection.execute(columns)}
        numbers = Counter(_number_of(message) for _, message in post.sent)
        for _, message in post.sent:
            self.copies[_number_of(message)].add(message)
        problems += [f"{number} was sent in other words" for number, copies in self.copies.items() if len(copies) > 1]
        problems += [
            f"{number} was sent {count} times" for number, count in numbers.items() if count - 1 > marks.get(number, 0)
        ]
        if sum(marks.values()) > self.deaths:  # only a run that dies can leave a mail in doubt, and only one
            problems.append(f"{sum(marks.values())} mails in doubt after {self.deaths} runs that died")
        return problems

    def unsent(self) -> list[str]:
        """Return the mails in the archive that the server did not get."""
        sent = {_number_of(message) for _, message in self.world.post.sent}
        return [
            delivery.message_id
            for delivery in self.world.archive.deliveries.listing()
            if delivery.message_id not in sent
        ]

    def problems(self) -> list[str]:
        """Return the inconsistencies between rows of the archive, and what is owed to a reader but counts as settled."""
        return [*consistency(self.bench.engine), *wrongly_settled(self.bench.engine)]


@contextmanager
def _watch_results(owner: Any, name: str, on_result: Callable[[Any], None]) -> Iterator[None]:
    """Call `on_result` with each result of a method while the block runs."""
    method = getattr(owner, name)

    def call_and_report(*args: Any) -> Any:
        result = method(*args)
        on_result(result)
        return result

    setattr(owner, name, call_and_report)
    try:
        yield
    finally:
        delattr(owner, name)


def _number_of(message: bytes) -> str:
    found = re.search(rb"(?m)^Message-ID: (<[^>]+>)", message)
    return found[1].decode() if found else ""


def whole_words(message: bytes) -> str:
    """Return what a mail has whole: the file of a digest that is cut, otherwise its text.

    Without spaces and asterisks, so that no line end breaks a word.
    """
    files = [str(part.get_content()) for part in message_from_bytes(message, policy=policy.default).iter_attachments()]
    return re.sub(r"[\s*]", "", "".join(files) or _text(message))


def linked_questions(message: bytes) -> set[str]:
    """Return the UINs of the questions that the text of a mail links."""
    return set(LINK.findall(_text(message)))


def says_that_all_was_read(message: bytes) -> bool:
    """Return whether a digest claims that its days were read in full."""
    return "Read in full" in " ".join(_text(message).split())


def _text(message: bytes) -> str:
    body = message_from_bytes(message, policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())
