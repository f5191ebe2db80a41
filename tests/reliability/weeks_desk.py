"""Desk of weeks: the real stages over a real archive, and a judge that sees what they read and mailed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from db import tables
from db.archive import Archive
from db.archive_copy import copy_archive
from db.integrity import consistency, last_reported_day
from db.records import load
from monitor.collect.file_counts import FileCounts
from monitor.digest.compose import Compose
from monitor.model.records import House
from monitor.model.watching import Topic
from monitor.parliament.calendar import SittingCalendar
from monitor.pipeline import sync_watch_list
from monitor.terms.vocabulary import Lexicon
from tests.builders import a_subscriber
from tests.fakes import LONDON, Clock, FakeMembers, World, a_config, at
from tests.reliability.life_run import Post
from tests.reliability.weeks_databases import Databases, is_of, skip_until
from tests.reliability.weeks_judge import BrokenPromiseError, Judge
from tests.reliability.weeks_memory import Memory, Wish
from tests.reliability.weeks_published import QUESTIONS, STATEMENTS, Paper
from tests.settled import wrongly_settled

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from email.message import EmailMessage

    from monitor.model.watching import Subscriber
    from tests.reliability.weeks_memory import Place

FIRST_DAY = date(2026, 10, 12)
MARK = re.compile(r"z(\d{4})v(\d+)")


@dataclass(slots=True)
class Backup:
    """A backup: its address, when it was made, and what the archive knew then."""

    address: str
    made_at: datetime
    memory: Memory


class Desk:
    """The stages, an archive, its configuration and its backups, beside what Parliament published."""

    paper_class = Paper

    def __init__(self, databases: Databases, paper: Paper) -> None:
        self.databases, self.paper, self.judge = databases, paper, Judge(paper)
        self.clock = Clock(at(FIRST_DAY, 9))
        self.topics: dict[str, tuple[str, tuple[str, ...]]] = {
            "birds": ("Birds", ("osprey", "heron")),
            "seals": ("Seals", ("walrus",)),
        }
        self.readers = {
            "ann": Wish(("birds", "seals")),
            "bob": Wish(("birds",), cadence="daily", new_questions=False),
            "cat": Wish(("seals", "birds"), cadence="weekly", at="18:00"),
        }
        self.gone: dict[str, Wish] = {}
        self.switched_off: set[str] = set()
        self.houses: tuple[House, ...] = (House.COMMONS,)
        self.look_back = 4
        self.backups: list[Backup] = []
        self.post = Post()
        self.judged = 0
        self.engine = databases.first()
        self._open()

    def _open(self) -> None:
        self.archive = Archive(self.engine, clock=self.clock)
        self.world = World(
            self.archive,
            self.clock,
            source=self.paper.sources[QUESTIONS],
            members=FakeMembers(),
            post=self.post,
            calendar=SittingCalendar(known={}, recesses={}),
        )

    def close(self) -> None:
        """Close the archive."""
        self._close_archive()

    def _close_archive(self) -> None:
        self.archive.close()
        self.engine.dispose()

    @property
    def today(self) -> date:
        """Return the day in London."""
        return self.clock.now.astimezone(LONDON).date()

    # -- the configuration --------------------------------------------------------------------------------------------

    def places(self) -> set[Place]:
        """Return what is switched on."""
        found = {(QUESTIONS, house) for house in self.houses} | {(STATEMENTS, House.COMMONS)}
        return {place for place in found if place[0] not in self.switched_off}

    def configure(self) -> None:
        """Write `config.toml`."""
        questions, statements = (self.paper.sources[name] for name in (QUESTIONS, STATEMENTS))
        questions.houses, base = self.houses, a_config()
        self.world.config = a_config(
            topics=tuple(Topic(key=key, name=name, terms=terms) for key, (name, terms) in self.topics.items()),
            subscribers=tuple(map(self.subscriber, self.readers)),
            questions=replace(base.questions, houses=self.houses, look_back_days=self.look_back),
            statements=replace(base.statements, enabled=STATEMENTS not in self.switched_off),
        )
        self.world.source = questions
        self.world.more_sources = () if STATEMENTS in self.switched_off else (statements,)

    def subscriber(self, key: str) -> Subscriber:
        """Return a reader as `config.toml` has them."""
        wish = self.readers[key]
        return a_subscriber(
            key=key,
            name=key.title(),
            email=address(key),
            topics=tuple(topic for topic in wish.topics if topic in self.topics),
            cadence=wish.cadence,
            at=wish.at,
            paused=wish.is_paused,
            new_questions=wish.new_questions,
            quiet_days=key == "bob",
            waiting=False,
            promises=False,
            mentions="full",
        )

    def _sync(self) -> None:
        """Let the judge know what a command takes in first."""
        self.configure()
        terms = {key: terms for key, (_, terms) in self.topics.items()}
        self.judge.sync(terms, self.readers, self.places(), self.clock.now)

    def end_what_keeps_mails_back(self) -> None:
        """End the pauses, and switch on what is off."""
        self.switched_off = set()
        for wish in self.readers.values():
            wish.is_paused = False

    def mail_at_once(self) -> None:
        """Let every reader get what is found with each run."""
        for wish in self.readers.values():
            wish.cadence = "instant"

    # -- commands -----------------------------------------------------------------------------------------------------

    def run(self, *, down: Iterable[str] = (), is_post_down: bool = False, first: bool = False) -> None:
        """Call `pqwatch run`. `down`: sources that do not answer."""
        self.clock.now = self.clock.now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        self._sync()
        for name in down:
            self.paper.sources[name].is_down = True
        self.post.is_down = is_post_down
        self._run_stages(first=first)
        self.post.is_down = False
        for source in self.paper.sources.values():
            source.is_down = False
        self._note_read()
        self.judge.end_run({place for place in self.places() if place[0] not in down}, self.clock.now)
        self.look()

    def _run_stages(self, *, first: bool) -> None:
        self.world.pipeline().run(first=first)

    def backfill(self, source: str, first: date) -> None:
        """Call `pqwatch backfill`."""
        self._sync()
        pipeline = self.world.pipeline()
        with self.archive.runs.lease():
            pipeline.sync()
            pipeline.backfill(source, FileCounts(), first=first)
            pipeline.match()
        self._note_read()

    def reparse(self) -> None:
        """Call `pqwatch reparse`."""
        self._sync()
        pipeline = self.world.pipeline()
        with self.archive.runs.lease():
            pipeline.sync()
            pipeline.reparse()
            pipeline.match()
        self._note_read()

    def skip(self, keys: Iterable[str]) -> None:
        """Call `pqwatch digest skip`."""
        self._sync()
        with self.archive.runs.lease():
            config = sync_watch_list(self.archive, self.world.config, Lexicon())
            compose = Compose(self.archive, config, self.world.calendar, self.clock(), self.clock)
            for reader in config.readers:
                if reader.key in keys:
                    compose.skip(reader)
                    self.judge.skip(reader.key)

    def back_up(self) -> None:
        """Call `pqwatch db backup`, or `pg_dump`."""
        saved = self.databases.back_up(self.engine)
        self.backups.append(Backup(saved, self.clock.now, self.judge.saved()))

    def proposed_day(self) -> date:
        """Return the day that `pqwatch db restore` proposes."""
        return last_reported_day(self.engine) or self.today - timedelta(days=1)

    def fitting_backups(self) -> list[Backup]:
        """Return the last backups that can be put in the place of the archive, and are not too old to catch up."""
        fresh = [backup for backup in self.backups[-3:] if self.clock.now - backup.made_at < timedelta(days=25)]
        return [backup for backup in fresh if is_of(backup.address, self.engine)]

    def restore(self, backup: Backup, told_until: date | None, *, says_later: bool = False) -> None:
        """Call `pqwatch db restore`, or `pg_restore` and `pqwatch digest skip --until`; decide on the mails held."""
        says_later = says_later or self.engine.dialect.name != "sqlite"
        self.archive.close()
        until = None if says_later else told_until
        self.engine = self.databases.restore(self.engine, backup.address, self.clock, until)
        self._open()
        if says_later and told_until is not None:
            skip_until(self.archive, told_until, self.clock())
        self.judge.restore(backup.memory, told_until, self.clock.now)
        self._decide_on_held()

    def _decide_on_held(self) -> None:
        """Drop the mails that went since the backup, and send those that did not."""
        messages = [(to, message_from_bytes(raw, policy=policy.default)) for to, raw in self.post.sent]
        gone = {str(message["Message-ID"]): (to, message) for to, message in messages}
        for delivery in self.archive.deliveries.listing():
            if delivery.state != "held":
                continue
            if delivery.message_id in gone:
                to, message = gone[delivery.message_id]
                self.judge.gone_before(key_of(to), shown_in(text_of(message)))
                self.archive.outbox.discard(delivery.id)
            else:
                self.archive.outbox.release(delivery.id)

    def copy(self, *, shared: bool) -> None:
        """Call `pqwatch db copy`, and go on with the new archive."""
        engine = self.databases.empty(shared=shared)
        target = Archive(engine, clock=self.clock)
        copy_archive(self.archive, target)
        target.close()
        self._close_archive()
        self.engine = engine
        self._open()

    # -- what came of it ----------------------------------------------------------------------------------------------

    def _note_read(self) -> None:
        """Tell the judge of the versions that came into the archive."""
        memory = self.judge.memory
        with self.engine.connect() as connection:
            revisions = load(connection, tables.revision.c.id > memory.last_revision)
        for revision in revisions:
            memory.last_revision = max(memory.last_revision, revision.id)
            shown = shown_in(f"{revision.proceeding.question} {revision.proceeding.answer}")
            [mark] = (f"z{record}v{number}" for record, number in shown.items())
            if mark not in memory.read:
                self.judge.read(mark, revision.seen_at)

    def look(self) -> None:
        """Let the judge see the mails that came, and check that the archive is of one piece."""
        new, self.judged = self.post.sent[self.judged :], len(self.post.sent)
        messages = [(key_of(recipient), message_from_bytes(raw, policy=policy.default)) for recipient, raw in new]
        for key, message in sorted(messages, key=lambda mail: mail[1]["Date"].datetime):
            if not message["Resent-Message-ID"]:
                text = text_of(message)
                self.judge.check_pause_sentence(key, text)
                self.judge.mailed(key, shown_in(text), message["Date"].datetime, self.clock.now)
        for problem in (*consistency(self.engine), *wrongly_settled(self.engine)):
            raise BrokenPromiseError(problem)


def address(key: str) -> str:
    """Return the address of a reader."""
    return f"{key}@example.org"


def key_of(recipient: str) -> str:
    """Return the reader of an address."""
    return recipient.partition("@")[0]


def text_of(message: EmailMessage) -> str:
    """Return the text of a mail."""
    body = message.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def shown_in(text: str) -> dict[str, int]:
    """Return the newest version of each record that a text shows, by number."""
    found: dict[str, int] = {}
    for record, number in MARK.findall(text):
        found[record] = max(found.get(record, 0), int(number))
    return found
