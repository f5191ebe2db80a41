"""Workers of one archive on PostgreSQL in processes of their own, and a plain oracle of what each reader must get.

The readers have mixed cadences and topics. Some are in config.toml, the others are kept in the archive, and every second
worker has a config.toml of its own that names no one. Answers of today match one or more topics. A worker may be killed,
stopped or told to end at any moment; at the end every reader has every answer of their topics in exactly one digest.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from unittest.mock import patch

from sqlalchemy import select
from sqlalchemy.engine import make_url

from db import tables
from db.engine import open_engine
from monitor import app
from monitor.config.subscribers import new_subscriber
from monitor.demo.mailserver import MailServer
from monitor.demo.parliament import Parliament
from monitor.errors import ArchiveError, LeaseError
from monitor.model.deliveries import DeliveryState
from monitor.operations.signals import TERMINATED
from monitor.parliament.calendar import LONDON
from monitor.queue.dispatch import begin_round, deliver_due, follow_configuration
from tests.e2e.desk import Desk, an_answer, text_of
from tests.reliability.forked_worker import ForkedWorker
from tests.reliability.hasty_worker import AMBIGUOUS_WAIT
from tests.reliability.tally import Tally
from tests.servers import migrate, run_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

TOPICS = 6
ROOT = Path(__file__).resolve().parents[2]
MOST_KEPT = 1_000
"""Readers of whom half are kept in the archive: each is added by a transaction of their own."""
CADENCES = ("daily", "weekly", "instant")
STUCK_AFTER_SECONDS = 120.0
"""Seconds without any progress after which work counts as stuck."""
LOOK_SECONDS = 0.2
DELIVER_SECONDS = 2.0
"""Seconds after which messages without a job are looked for, as `serve` does each minute."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Readers and answers, by the numbers of their topics."""

    readers: tuple[frozenset[int], ...]
    answers: tuple[frozenset[int], ...]

    @classmethod
    def of(cls, readers: int, answers: int, seed: int) -> Plan:
        """Choose topics by chance, at least one for each."""
        dice = random.Random(seed)  # noqa: S311 (the same choice each time)

        def some() -> frozenset[int]:
            return frozenset(dice.sample(range(TOPICS), dice.randint(1, 3)))

        return cls(tuple(some() for _ in range(readers)), tuple(some() for _ in range(answers)))

    def expected(self, reader: int) -> set[str]:
        """Return the UINs that a reader must be told: the oracle."""
        return {uin(number) for number, topics in enumerate(self.answers) if topics & self.readers[reader]}


def uin(number: int) -> str:
    return f"{70_000 + number}"


def address(reader: int) -> str:
    return f"reader{reader}@example.org"


def answers_of(plan: Plan) -> list[dict[str, object]]:
    """Return the answers of today as Parliament gives them. Each names the words of its topics."""
    today = datetime.now(UTC).astimezone(LONDON).date()
    made = []
    for number, topics in enumerate(plan.answers):
        words = " and ".join(f"quoll{topic}" for topic in sorted(topics))
        text = f"<p>Number {number} is about {words}. {'It is nothing but a number. ' * 15}</p>"
        made.append({**an_answer(number, today), "questionText": f"What is number {number}?", "answerText": text})
    return made


def subscribers_of(plan: Plan) -> str:
    """Return the tables of the readers in config.toml, whose cadences take turns."""
    return "\n".join(
        f'[[subscribers]]\nname = "Reader {number}"\nemail = "{address(number)}"\ncadence = "{CADENCES[number % 3]}"\n'
        f"topics = {_names(topics)}"
        for number, topics in enumerate(plan.readers)
        if not is_kept(number)
    )


def is_kept(reader: int) -> bool:
    """Return whether a reader is kept in the archive: half of the first ones are, of every cadence."""
    return reader % 2 == 1 and reader < MOST_KEPT


def _names(topics: Iterable[int]) -> list[str]:
    return [f"Topic {topic}" for topic in sorted(topics)]


class PatientMailServer(MailServer):
    """A mail server that lets senders wait once it has `most` mails, if that is a number."""

    most: int | None = None

    @property
    def is_full(self) -> bool:
        """Return whether senders wait."""
        return self.most is not None and len(self.messages) >= self.most

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, sender: str, options: list[str]) -> str:  # noqa: N802 (the library's name)
        """Accept a sender, when there is room."""
        while self.is_full:  # noqa: ASYNC110 (another thread makes room)
            await asyncio.sleep(LOOK_SECONDS / 4)
        return await super().handle_MAIL(server, session, envelope, sender, options)


@dataclass(kw_only=True)
class Yard:
    """A desk whose work is shared, its servers, and its workers.

    `url`: of an empty database on PostgreSQL. `program`: the module that workers run.
    """

    folder: Path
    url: str
    plan: Plan
    tables: str = ""
    workers: list[ForkedWorker] = field(default_factory=list)
    ended: list[ForkedWorker] = field(default_factory=list)
    program: str = "tests.reliability.hasty_worker"
    changes: int = 0

    def __enter__(self) -> Self:
        self.short_wait = patch("db.outbox.AMBIGUOUS_WAIT", AMBIGUOUS_WAIT)
        self.short_wait.start()
        # The servers of tests lose what they committed last when they break down, as no real one does.
        run_on(self.url, f'alter database "{make_url(self.url).database}" set synchronous_commit = on')
        migrate(self.url)
        self.parliament = Parliament.from_values(self.published())
        self.mail = PatientMailServer()
        self.parliament.__enter__()
        self.mail.__enter__()
        self.desk = self.desk_at(datetime.now(UTC).astimezone(LONDON).strftime("%A").lower())
        self.desk.config.chmod(0o600)
        (self.folder / "said").touch()
        self.config = app.configuration(str(self.desk.config), env=self.desk.environment)
        self.archive = app.archive(self.config, now=self.now)
        self.keep_readers()
        self.write_bare_config()
        return self

    def now(self) -> datetime:
        """Return the time at which the work is done."""
        return app.clock()

    def published(self) -> list[dict[str, object]]:
        """Return what Parliament has published."""
        return answers_of(self.plan)

    def desk_at(self, today: str) -> Desk:
        """Return the desk with its configuration. `today`: the name of the day."""
        topics = "\n".join(f'[[topics]]\nname = "Topic {topic}"\nterms = ["quoll{topic}"]' for topic in range(TOPICS))
        schedule = f'[schedule]\ndigest_at = "00:00"\ndigest_days = "mon-sun"\nweekly_on = "{today}"'
        return Desk(
            folder=self.folder,
            parliament=self.parliament,
            mail=self.mail,
            archive=self.url,
            topics=topics,
            subscribers=subscribers_of(self.plan),
            questions='houses = ["Commons"]\nlook_back_days = 2',
            tables=f"{schedule}\n[workers]\nenabled = true\n{self.tables}",
        )

    def keep_readers(self) -> None:
        """Keep those readers in the archive who are not in config.toml."""
        for number, topics in enumerate(self.plan.readers):
            if is_kept(number):
                wishes = {"name": f"Reader {number}", "email": address(number), "cadence": CADENCES[number % 3]}
                self.archive.subscribers.add(new_subscriber(self.config, {**wishes, "topics": _names(topics)}))

    def write_bare_config(self) -> None:
        """Write a config.toml for every second worker, which names no subscribers."""
        text = self.desk.config.read_text(encoding="utf-8")
        self.bare_config = self.folder / "bare" / "config.toml"
        self.bare_config.parent.mkdir(exist_ok=True)
        self.bare_config.write_text(text.replace(self.desk.subscribers, ""), encoding="utf-8")
        self.bare_config.chmod(0o600)
        self.configs = cycle([self.bare_config, self.desk.config])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self.workers:
            worker.kill()  # also one that stands still
        for worker in (*self.workers, *self.ended):
            worker.wait()
        self.short_wait.stop()
        self.archive.close()
        self.mail.__exit__(kind, error, trace)
        self.parliament.__exit__(kind, error, trace)

    def change_watching(self) -> None:
        """Edit each config.toml as a person would, and add a reader, of whom nothing is expected."""
        self.changes += 1
        for path in (self.bare_config, self.desk.config):
            text = path.read_text(encoding="utf-8")
            noted = rf'\1\nnote = "{self.changes}"'
            changed = re.sub(r'(\[\[topics\]\]\nname = ".*")(?:\nnote = ".*")?', noted, text, count=1)
            path.write_text(changed, encoding="utf-8")
        self.add_guest()

    def add_guest(self) -> None:
        """Add a reader of all topics, of whom nothing is expected."""
        wishes = {"name": f"Guest {self.changes}", "email": f"guest{self.changes}@example.org", "cadence": "daily"}
        self.archive.subscribers.add(new_subscriber(self.config, {**wishes, "topics": _names(range(TOPICS))}))

    # -- workers ------------------------------------------------------------------------------------------------------

    def start(self, count: int = 1, *words: str) -> None:
        """Start workers. What they say goes into the file `said`."""
        for _ in range(count):
            env = {**self.desk.environment, "PQWATCH_CONFIG": str(next(self.configs))}
            self.workers.append(ForkedWorker(self.program, ["worker", *words], env, self.folder / "said"))

    def wait_for_workers(self, count: int) -> None:
        """Wait until so many workers are at work: long work is split only between several."""
        until = time.monotonic() + STUCK_AFTER_SECONDS
        while self.archive.jobs.count_living_workers() < count:
            assert time.monotonic() < until, self.said()
            time.sleep(LOOK_SECONDS)

    def kill(self, worker: ForkedWorker) -> None:
        """Kill a worker and start another."""
        worker.kill()
        self._replace(worker)

    def end(self, worker: ForkedWorker) -> int:
        """Tell a worker to end, and start another; return its exit code, 0 if it was still being loaded."""
        worker.terminate()
        code = self._code(worker)
        self._replace(worker)
        return code

    def replace_ended(self) -> None:
        """Start others for workers that ended by themselves, as a service manager does."""
        for worker in [worker for worker in self.workers if worker.poll() is not None]:
            self._replace(worker)

    def _code(self, worker: ForkedWorker) -> int:
        """Wait for the end of a worker; return its exit code, 0 if SIGTERM came while it was being loaded."""
        code = worker.wait(STUCK_AFTER_SECONDS)
        was_at_work = f"worker pid={worker.pid} " in self.said()
        return 0 if code == -signal.SIGTERM or (code == TERMINATED and not was_at_work) else code

    def _replace(self, worker: ForkedWorker) -> None:
        self.workers.remove(worker)
        self.ended.append(worker)
        self.start()

    def stop(self) -> list[int]:
        """Tell all workers to end; return their exit codes, 0 for those that were still being loaded."""
        for worker in self.workers:
            worker.terminate()
        codes = [self._code(worker) for worker in self.workers]
        self.ended += self.workers
        self.workers.clear()
        return codes

    def said(self) -> str:
        return (self.folder / "said").read_text(encoding="utf-8")

    # -- work ---------------------------------------------------------------------------------------------------------

    def begin(self) -> bool:
        """Hand out a round, as `pqwatch serve` does: with config.toml as it is now."""
        if self.changes:
            self._read_config()
        return begin_round(self.archive, self.config, self.now(), reads_sources=True)

    def look(self) -> tuple[bool, str]:
        """Return whether every mail is sent and no job is left, and what is left in words."""
        queues, counts = self.archive.jobs.state().queues, self.archive.deliveries.counts()
        left = sum(counts[state] for state in (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DOTTED))
        is_done = not left and not any(queue.waiting + queue.later + queue.doing for queue in queues)
        return is_done, f"{queues} {counts}"

    def work_off(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Wait until all work is done. `meanwhile` is called again and again. Fails where nothing goes on any more."""
        seen, until, delivered_at = "", time.monotonic() + STUCK_AFTER_SECONDS, -DELIVER_SECONDS
        while True:
            with contextlib.suppress(ArchiveError):  # the database may be away
                if time.monotonic() - delivered_at >= DELIVER_SECONDS:
                    self._look_after_the_round()
                    delivered_at = time.monotonic()
                is_done, state = self.look()
                if is_done:
                    return
                if state != seen:
                    seen, until = state, time.monotonic() + STUCK_AFTER_SECONDS
            assert time.monotonic() < until, f"stuck: {seen}\n{self.said()[-5000:]}"
            self.replace_ended()
            with contextlib.suppress(ArchiveError):
                meanwhile()
            time.sleep(LOOK_SECONDS)

    def _look_after_the_round(self) -> None:
        """Hand out what is lost, and take a changed config.toml in, as `pqwatch serve` does from minute to minute."""
        deliver_due(self.archive, self.config, self.now())
        if self.changes:
            self._read_config()
            with contextlib.suppress(LeaseError):  # terms are looked for just now
                follow_configuration(self.archive, self.config)

    def _read_config(self) -> None:
        self.config = app.configuration(str(self.desk.config), env=self.desk.environment)

    def judge(self) -> Tally:
        """Compare what arrived with the oracle."""
        tally = Tally(tried=sum(len(self.plan.expected(reader)) for reader in range(len(self.plan.readers))))
        copies: Counter[str] = Counter()
        told: dict[str, Counter[str]] = {}
        for received in self.mail.messages:
            message = message_from_bytes(received.content, policy=policy.default)
            copies[str(message["Message-ID"])] += 1
            if copies[str(message["Message-ID"])] == 1:
                uins = set(re.findall(r"/(7\d{4})\b", text_of(message)))
                told.setdefault(received.recipients[0], Counter()).update(uins)
        for reader in range(len(self.plan.readers)):
            found, expected = told.get(address(reader), Counter()), self.plan.expected(reader)
            tally.lost += len(expected - set(found))
            twice = [key for key, count in found.items() if count > 1]
            tally.duplicated += len(twice)
            if set(found) != expected or twice:
                tally.failures.append(f"{address(reader)} got {sorted(found.elements())}, expected {sorted(expected)}")
        self.count_copies(copies, tally)
        return tally

    def count_copies(self, copies: Counter[str], tally: Tally) -> None:
        """Add mails that came more than once, by Message-ID, to a tally."""
        flags = self._ambiguous()
        for message_id, count in copies.items():
            if count - 1 > flags.get(message_id, 0):
                tally.duplicated += 1
                tally.failures.append(
                    f"{message_id} came {count} times, and is flagged {flags.get(message_id, 0)} times"
                )
            elif count > 1:
                tally.flagged += count - 1

    def _ambiguous(self) -> dict[str, int]:
        engine = open_engine(self.url)
        with engine.connect() as connection:
            rows = connection.execute(select(tables.outbox.c.message_id, tables.outbox.c.ambiguous)).all()
        engine.dispose()
        return {row.message_id: row.ambiguous for row in rows}
