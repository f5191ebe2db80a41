"""A small world in which pqwatch works while it is killed or fails: Parliament, a mail server, three readers.

`FaultWorld.publish` publishes answers, `run` lets the program work (and die, or meet an error), and `checkpoint` runs the
program until it is idle and judges the results: what was published is stored, each reader was mailed about each event in
exactly one digest, and no mail came twice unless it is marked as maybe sent twice. Digests are identified by the Message-ID
of the mails that arrived. Nothing relies on what the program believes to have sent.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from itertools import count
from typing import TYPE_CHECKING, Any

import trustme
from sqlalchemy import create_engine, func, make_url, select, update

from db.tables import digest, digest_promise, meta, outbox, proceeding, promise
from monitor.demo.mailserver import MailServer
from monitor.demo.parliament import Parliament
from monitor.demo.sample import FIRST_DAY
from tests.e2e.desk import Desk, Foundry, an_answer
from tests.reliability.points import ERROR_LINE, LEDGER, Plan, Point, read_points
from tests.reliability.tally import Tally
from tests.servers import database, postgres_server, run_on

if TYPE_CHECKING:
    import random
    import signal
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Engine

    Setting = Callable[["FaultWorld"], AbstractContextManager[Any]]

Value = dict[str, Any]

FIRST_UIN = 70_000
MOST_COPIES = 3
"""Most copies of one digest: the first and two more, as docs/reliability.md promises. A person may ask for another."""
MOST_RUNS_UNTIL_IDLE = 6
MOST_REPEATS = 3
"""Repetitions of a command that was interrupted."""
MOST_PLAYS = 8
"""Most scenes that are played in a setting before it is judged and entered anew."""
MOST_EVENTS = 100
"""Most events of one world. The time to read, serve and judge all that was published grows with it."""
LONGER_THAN_ANY_WAIT = timedelta(hours=5)
"""Longer than the longest wait of a mail, of a queue, and of a mail that may have been sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Database of a world's archive ("sqlite", "postgresql") and transport of its digests ("smtp", "file").

    `connections`: those over which mails go at once.
    """

    archive: str
    transport: str
    connections: int = 1

    def __str__(self) -> str:
        several = f", {self.connections} connections" if self.connections > 1 else ""
        return f"{self.archive}, {self.transport}{several}"


SQLITE = Place(archive="sqlite", transport="smtp")
POSTGRESQL = Place(archive="postgresql", transport="smtp")
FOLDER = Place(archive="sqlite", transport="file")
SEVERAL = Place(archive="sqlite", transport="smtp", connections=3)
PLACES = (SQLITE, POSTGRESQL, FOLDER)


@dataclass(frozen=True, slots=True)
class Reader:
    """A subscriber. An instant one is mailed by the next run, a daily one once a day."""

    name: str
    address: str
    topics: str
    cadence: str

    @property
    def table(self) -> str:
        """Table of the reader in config.toml."""
        words = f'name = "{self.name}"\nemail = "{self.address}"\ntopics = {self.topics}\ncadence = "{self.cadence}"'
        return f"[[subscribers]]\n{words}\n"


POLICY = Reader("Policy desk", "policy@example.org", '["*"]', "instant")
READERS = (
    POLICY,
    Reader("Agencies desk", "agencies@example.org", '["Agencies"]', "instant"),
    Reader("Morning desk", "morning@example.org", '["*"]', "daily"),
)
OPERATOR = "operator@example.org"
ALL_READERS = "*"
_FINAL_STATES = ("sent", "discarded")
_FIRST_YEAR = "2020"
"""First year that is judged. The scenes of the past store older records."""


@dataclass(frozen=True, slots=True)
class Event:
    """A change of a question, after `letters_before` letters. `hidden_from`: the reader who must not be mailed it."""

    uin: str
    change: str
    letters_before: int
    hidden_from: str = ""

    def concerns(self, reader: Reader) -> bool:
        """Return whether the reader must be mailed about this event."""
        return self.hidden_from not in (reader.name, ALL_READERS)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it arrived. `key` is the Message-ID of this copy, `uins` are the questions that it links to."""

    key: str
    address: str
    uins: frozenset[str]
    is_copy: bool
    content_hash: int


@dataclass(frozen=True, slots=True)
class CommandResult:
    """Exit code of a command (negative if killed), its output, and, if it had a plan, the points that it reached."""

    code: int
    output: str
    points: tuple[Point, ...] = ()

    @property
    def error_at(self) -> Point | None:
        """Point at which the planned error happened, if it did."""
        numbers = [point.number for point in self.points if point.kind == ERROR_LINE]
        return next((point for point in self.points if numbers and point.number == numbers[0]), None)

    @property
    def reasons(self) -> list[str]:
        """Lines of the output that say what went wrong."""
        lines = [line for line in self.output.splitlines() if line.strip()]
        return [line for line in lines if line.startswith("! ")] or lines[-1:]


@dataclass(kw_only=True)
class _Desk(Desk):
    """A desk that sends mail over TLS, or into a folder."""

    certificate: str = ""
    connections: int = 1

    def configure(self) -> None:
        """Write config.toml, with a short life of payloads and one trusted certificate."""
        super().configure()
        text = self.config.read_text(encoding="utf-8")
        text = text.replace("[archive]\n", "[archive]\nkeep_raw_days = 1\n")
        text = text.replace("[http]\n", f'[http]\nca_file = "{self.certificate}"\n')
        self.config.write_text(text, encoding="utf-8")

    def _delivery(self) -> str:
        common = f'from = "pqwatch <pqwatch@example.org>"\noperator = "{OPERATOR}"'
        if self.mail is None:
            return f'[delivery]\ntransport = "file"\n{common}'
        server = f'host = "127.0.0.1"\nport = {self.mail.port}\ntls = "starttls"\nca_file = "{self.certificate}"'
        server += f"\nconnections = {self.connections}"
        return f'[delivery]\ntransport = "smtp"\n{common}\n[delivery.smtp]\n{server}'


@dataclass(slots=True, kw_only=True)
class FaultWorld:
    """Parliament, program and readers at work. `today` counts as now; `published` has all questions, by UIN.

    `server`: a PostgreSQL server, if there is one. `put_empty_archive` replaces the archive by one without records.
    `code` and `output` are those of the last command. `reached`: functions of db/ that committed. `released`: mails
    that were sent again by command. `forgotten`: mails that were sent but are unknown to the archive, because an older
    one was restored. `props`: what the setting gives to its scenes.
    """

    place: Place
    desk: Desk
    foundry: Foundry
    parliament: Parliament
    engine: Engine
    server: str
    put_empty_archive: Callable[[], None]
    today: date = FIRST_DAY
    published: dict[str, Value] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    misread: Value | None = None
    events: list[Event] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    released: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    code: int = 0
    output: str = ""
    reached: set[str] = field(default_factory=set)
    tally: Tally = field(default_factory=Tally)
    props: Any = None
    _setting: Setting | None = None
    _plays: int = 0
    _left: ExitStack = field(default_factory=ExitStack)
    _numbers: Iterator[int] = field(default_factory=count)
    _events_judged: int = 0
    _mails_read: int = 0
    _files_read: set[str] = field(default_factory=set)
    _letters_judged: int = 0

    # -- Parliament ---------------------------------------------------------------------------------------------------

    def publish(self, how_many: int = 1, *, hidden_from: str = "") -> None:
        """Publish new answers."""
        for number in (next(self._numbers) for _ in range(how_many)):
            value = {**_an_answer(number, self.today), "askingMemberId": 900_000 + number}
            self._set(value, "answered", hidden_from=hidden_from)
        self.serve()

    def change_a_question(self, chance: random.Random, change: str = "") -> None:
        """Make a random change, or `change`, to a recent and known question, if there is one."""
        touched = {event.uin for event in self.events[self._events_judged :]}
        fresh = {f"{self.today - timedelta(days=1)}T00:00:00", f"{self.today}T00:00:00"}
        known = [
            value
            for uin, value in self.published.items()
            if uin not in touched | self.gone
            and not value["isWithdrawn"]
            and (value["dateAnswered"] or value["dateTabled"]) in fresh
            and any(event.uin == uin and not event.hidden_from for event in self.events[: self._events_judged])
        ]
        change = change or chance.choice(("tabled", "corrected", "edited", "withdrawn", "vanished", "replied"))
        if change == "tabled":
            self.table()
            return
        fitting = [value for value in known if (value["dateAnswered"] is None) is (change == "replied")]
        if fitting:
            self._set(_changed(chance.choice(fitting), change, self.today), change)
        self.serve()

    def table(self, how_many: int = 1) -> list[str]:
        """Publish new questions without an answer, and return their numbers."""
        values = [_unanswered(_an_answer(next(self._numbers), self.today), self.today) for _ in range(how_many)]
        for value in values:
            self._set(value, "tabled")
        self.serve()
        return [value["uin"] for value in values]

    def change(self, uin: str, change: str) -> None:
        """Make a change to a question."""
        self._set(_changed(self.published[uin], change, self.today), change)
        self.serve()

    def next_day(self) -> None:
        """Go on to the next morning."""
        self.today += timedelta(days=1)

    def _set(self, value: Value, change: str, *, hidden_from: str = "") -> None:
        self.published[value["uin"]] = value
        if change == "vanished":
            self.gone.add(value["uin"])
        self.events.append(Event(value["uin"], change, len(self.letters), hidden_from))

    def serve(self) -> None:
        """Let Parliament serve what is published."""
        visible = [value for uin, value in self.published.items() if uin not in self.gone]
        self.parliament.replace([*visible, *([self.misread] if self.misread else [])])

    # -- the program --------------------------------------------------------------------------------------------------

    def run(self, *words: str, plan: Plan | None = None) -> CommandResult:
        """Run a command in a process of its own; without words, a `run` as of today."""
        code = self.foundry.run(*(words or self.words), plan=self.plan_fields(plan))
        return self._result(code, with_points=plan is not None)

    def run_in_place(self, *words: str) -> CommandResult:
        """Run a command without faults, in a process that does one such command after the other."""
        return self._result(self.foundry.in_place(*(words or self.words)), with_points=False)

    def kill_after(self, seconds: float) -> CommandResult:
        """Start a run as of today, and kill it after some seconds. It may have ended before."""
        pid = self.foundry.start(*self.words)
        time.sleep(seconds)
        return self._result(self.foundry.kill(pid), with_points=False)

    def stop_after(self, seconds: float, number: signal.Signals) -> CommandResult:
        """Start a run as of today, and send it a signal after some seconds. It may have ended before."""
        pid = self.foundry.start(*self.words)
        time.sleep(seconds)
        os.kill(pid, number)
        return self._result(self.foundry.end(), with_points=False)

    @property
    def words(self) -> tuple[str, ...]:
        """Command line of a run as of today."""
        return ("run", "--as-of", self.today.isoformat())

    def plan_fields(self, plan: Plan | None) -> Value | None:
        """Return a plan as the process gets it."""
        if plan is None:
            return None
        return {**asdict(plan), "driver": self.place.archive, "has_both": bool(self.server)}

    def _result(self, code: int, *, with_points: bool) -> CommandResult:
        ledger = (self.desk.folder / LEDGER).read_text("utf-8", "replace") if with_points else ""
        self.collect_letters()
        result = CommandResult(code, self.foundry.said(), read_points(ledger))
        self.code, self.output = code, result.output
        self.reached |= {point.name for point in result.points if point.kind == "after commit"}
        if "Traceback" in result.output:
            self.tally.failures.append(f"{self.place}: a traceback: {result.output.strip().splitlines()[-1]}")
        return result

    def let_time_pass(self) -> None:
        """Move all waits into the past, as though hours had gone by."""
        with self.engine.begin() as connection:
            columns = (outbox.c.id, outbox.c.dotted_at, outbox.c.next_try_at)
            rows = connection.execute(select(*columns).where(outbox.c.state.not_in(_FINAL_STATES))).all()
            for row in rows:
                if row.dotted_at is not None or row.next_try_at is not None:
                    earlier = {name: getattr(row, name) for name in ("dotted_at", "next_try_at")}
                    values = {name: stamp and stamp - LONGER_THAN_ANY_WAIT for name, stamp in earlier.items()}
                    connection.execute(update(outbox).where(outbox.c.id == row.id).values(**values))
            # Mail has one pause; webhooks have one each.
            for key in ("outbox_pause", "outbox_pauses"):
                pause = connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()
                if pause is not None:
                    value = json.loads(pause)
                    for entry in [value] if key == "outbox_pause" else value.values():
                        entry["until"] = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
                    connection.execute(update(meta).where(meta.c.key == key).values(value=json.dumps(value)))

    @contextmanager
    def no_mail(self) -> Iterator[None]:
        """Break the mail: the server is closing, or the folder is a file."""
        if self.desk.mail is not None:
            self.desk.mail.trouble.replies["greeting"] = "421 4.3.2 Closing"
        else:
            self.desk.outbox.rename(self.desk.outbox.with_name("put-away"))
            self.desk.outbox.touch()
        try:
            yield
        finally:
            if self.desk.mail is not None:
                self.desk.mail.trouble.replies.clear()
            else:
                self.desk.outbox.unlink()
                self.desk.outbox.with_name("put-away").rename(self.desk.outbox)

    def enter(self, setting: Setting | None) -> None:
        """Go on in a setting, such as a webhook in config.toml; None is the plain world.

        What a setting needs before and after a scene takes many runs. So several scenes share it, and it is judged when
        it is left.
        """
        if setting is not self._setting or self._plays == MOST_PLAYS:
            self._setting, self.props, self._plays = None, None, 0
            self._left.close()
            if setting is not None:
                self.props = self._left.enter_context(setting(self))
                self._setting = setting
        self._plays += setting is not None

    # -- what arrived -------------------------------------------------------------------------------------------------

    def collect_letters(self) -> None:
        """Read the mails that came since the last time."""
        if self.desk.mail is not None:
            contents = [mail.content for mail in self.desk.mail.messages[self._mails_read :]]
            self._mails_read += len(contents)
        else:
            known = {letter.key for letter in self.letters}
            paths = [path for path in sorted(self.desk.outbox.glob("*.eml")) if path.name not in self._files_read]
            self._files_read |= {path.name for path in paths}
            contents = [content for path in paths if _key(content := path.read_bytes()) not in known]
        self.letters += [_letter(content) for content in contents]

    # -- parts of scenes ----------------------------------------------------------------------------------------------

    def repeat_until_done(self, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Repeat the last command until it ends with 0, and note a failure if it never does."""
        for _ in range(MOST_REPEATS):
            if self.code == 0:
                return
            yield words
        self.expect(self.code == 0, f"{' '.join(words[:2])} ends with {self.code}: {self.output.strip()[-200:]}")

    def expect(self, is_met: bool, failure: str) -> None:
        """Note a failure where something is not as it should be."""
        if not is_met:
            self.tally.failures.append(f"{self.place}: {failure}")

    # -- judgement -----------------------------------------------------------------------------------------------------

    def checkpoint(self) -> None:
        """Leave the setting, run until idle, and judge what happened since the last checkpoint."""
        self.enter(None)
        self.run_until_idle()
        problems = self._judge_stored() + self._judge_copies() + self._judge_integrity()
        for reader in READERS:
            problems += self._judge_instant(reader)
        self.tally.failures += [f"{self.place}: {problem}" for problem in problems]
        self._events_judged = len(self.events)
        self._letters_judged = len(self.letters)
        self.next_day()

    def finish(self) -> Tally:
        """Judge for the last time, after a daily digest, so that the daily reader must have heard of everything."""
        self.checkpoint()
        while self.today.isoweekday() > 5:  # there is no daily digest at weekends
            self.next_day()
        self.run_until_idle()
        problems = [*self._judge_copies(), *self._judge_daily()]
        self.tally.failures += [f"{self.place}: {problem}" for problem in problems]
        return self.tally

    def run_first_day(self) -> None:
        """Publish the first answers, mail them, and judge."""
        self.publish(2)
        self.run_in_place()
        self.checkpoint()

    def is_old(self) -> bool:
        """Return whether so much has happened that each command has much to read."""
        return len(self.events) > MOST_EVENTS

    def start_over(self) -> Tally:
        """Judge for the last time, and begin a new world with an empty archive. Return the tally of the old one."""
        tally, reached = self.finish(), self.reached
        for attribute in fields(self):
            if attribute.default is not MISSING:
                setattr(self, attribute.name, attribute.default)
            elif attribute.default_factory is not MISSING:
                setattr(self, attribute.name, attribute.default_factory())
        self.reached = reached
        self._clear()
        self.serve()
        self.run_in_place()
        self.run_first_day()
        return tally

    def _clear(self) -> None:
        self.engine.dispose()
        for path in self.desk.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.desk.configure()
        self.put_empty_archive()
        self.parliament.requests.clear()
        if self.desk.mail is not None:
            self.desk.mail.messages.clear()

    def run_until_idle(self) -> None:
        """Run until nothing is left to do. Held mails are released, as a person would."""
        for number in range(MOST_RUNS_UNTIL_IDLE):
            self.let_time_pass()
            for row in self.outbox_rows():
                if row.state == "held":
                    self.released.add(row.message_id)
                    self.run_in_place("deliver", "--release", str(row.id))
            letters_before = len(self.letters)
            result = self.run_in_place() if number else self.run()
            if (
                result.code == 0
                and len(self.letters) == letters_before
                and all(row.state in _FINAL_STATES for row in self.outbox_rows())
            ):
                return
        self.tally.failures.append(f"{self.place}: not idle after {MOST_RUNS_UNTIL_IDLE} runs: {result.output[-300:]}")

    def outbox_rows(self) -> list[Any]:
        """Return the rows of the outbox."""
        with self.engine.connect() as connection:
            names = ("id", "message_id", "state", "ambiguous", "channel")
            query = select(*(outbox.c[name] for name in names)).order_by(outbox.c.id)
            return list(connection.execute(query).all())

    def unfinished_work(self) -> str:
        """Return what is not yet stored, mailed to the instant readers or sent, or "".

        Nothing is judged after a question vanished, because only a second run believes that it is gone.
        """
        if any(event.change == "vanished" for event in self.events[self._events_judged :]):
            return ""
        if waiting := [row.id for row in self.outbox_rows() if row.state not in _FINAL_STATES]:
            return f"mails {waiting} are not sent"
        found = [
            *self._judge_stored(),
            *(problem for reader in READERS for problem in self._judge_instant(reader, is_count=False)),
        ]
        return "; ".join(found)

    def _judge_stored(self) -> list[str]:
        """Check that each question is stored as Parliament last had it."""
        result = self.run_in_place("search", "--limit", "0", "--format", "jsonl")
        records = {
            record["uin"]: record
            for record in map(json.loads, _json_lines(result.output))
            if record["date"] >= _FIRST_YEAR and record["kind"] == "question"
        }
        found = []
        for event in self.events[self._events_judged :]:
            value, record = self.published[event.uin], records.get(event.uin)
            if record is None:
                self.tally.lost += 1
                found.append(f"question {event.uin} ({event.change}) is not stored")
                continue
            is_withdrawn = value["isWithdrawn"] or event.uin in self.gone
            text = record["answer"] or record["question"]
            if (record["state"] == "withdrawn") is not is_withdrawn or _mark(value) not in text:
                self.tally.lost += 1
                found.append(f"question {event.uin} is not stored as {event.change}: {record['state']}")
        if extra := records.keys() - self.published.keys():
            found.append(f"questions {sorted(extra)} were never published")
        return found + self._judge_promises()

    def _judge_promises(self) -> list[str]:
        """Check that each answer has its promise in the ledger once, and that no subscriber was told twice of its making."""
        record = proceeding.c
        answers = select(record.uin).where(
            record.state.in_(("answered", "corrected")), record.day >= date(int(_FIRST_YEAR), 1, 1)
        )
        held = (
            select(record.uin, func.count())
            .join(promise, promise.c.proceeding_id == record.id)
            .where(promise.c.gone_revision_id.is_(None))
            .group_by(record.uin)
        )
        told = (
            select(digest.c.subscriber_id, digest_promise.c.promise_id)
            .join(digest, digest.c.id == digest_promise.c.digest_id)
            .where(digest_promise.c.news == "made")
            .group_by(digest.c.subscriber_id, digest_promise.c.promise_id)
            .having(func.count() > 1)
        )
        with self.engine.connect() as connection:
            wanted = set(connection.execute(answers).scalars()) & self.published.keys()
            counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(held)}
            twice = connection.execute(told).all()
        found = [f"answer {uin} has {counts.get(uin, 0)} promises" for uin in sorted(wanted) if counts.get(uin) != 1]
        return found + [f"promise {row.promise_id} was told twice as new" for row in twice]

    def _judge_instant(self, reader: Reader, *, is_count: bool = True) -> list[str]:
        """Check that an instant reader was mailed about each event since the last checkpoint once, and nothing else."""
        if reader.cadence != "instant":
            return []
        mailed = self._count_digests(reader, self._letters_judged)
        expected = Counter(event.uin for event in self.events[self._events_judged :] if event.concerns(reader))
        lost, extra = expected - mailed, mailed - expected
        if is_count:
            self.tally.lost += lost.total()
            self.tally.duplicated += extra.total()
        change_by_uin = {event.uin: event.change for event in self.events[self._events_judged :]}
        missing = [f"{uin} ({change_by_uin[uin]})" for uin in sorted(lost)]
        found = [f"{reader.name} was never mailed about {', '.join(missing)}"] if lost else []
        return found + ([f"{reader.name} was mailed too often about {sorted(extra)}"] if extra else [])

    def _judge_daily(self) -> list[str]:
        """Check that a daily reader was mailed about each event after it, and not in more digests than events."""
        found = []
        for reader in READERS:
            if reader.cadence == "instant":
                continue
            mailed = self._count_digests(reader, 0)
            expected = Counter(event.uin for event in self.events if event.concerns(reader))
            last = {event.uin: event for event in self.events if event.concerns(reader)}
            for uin, event in last.items():
                is_heard = any(uin in letter.uins for letter in self._letters_to(reader, event.letters_before))
                self.tally.lost += not is_heard
                found += [] if is_heard else [f"{reader.name} was never mailed that {uin} was {event.change}"]
            extra = mailed - expected
            self.tally.duplicated += extra.total()
            found += [f"{reader.name} was mailed too often about {sorted(extra)}"] if extra else []
        return found

    def _letters_to(self, reader: Reader, start: int) -> list[Letter]:
        return [letter for letter in self.letters[start:] if letter.address == reader.address and not letter.is_copy]

    def _count_digests(self, reader: Reader, start: int) -> Counter[str]:
        """Count the digests in which each question stands."""
        digests = {letter.key: letter.uins for letter in self._letters_to(reader, start)}
        return Counter(uin for uins in digests.values() for uin in uins)

    def _judge_copies(self) -> list[str]:
        """Check that a mail came twice only if the outbox says that it may have, and then with the same bytes."""
        rows = {row.message_id: row for row in self.outbox_rows() if row.channel == "mail"}
        copies = Counter(letter.key for letter in self.letters)
        found = []
        self.tally.flagged = 0
        for key, number in copies.items():
            row = rows.get(key)
            if row is None:
                found += [] if key in self.forgotten else [f"mail {key} is not in the outbox"]
                continue
            if number - 1 > row.ambiguous:
                self.tally.duplicated += number - 1 - row.ambiguous
                found.append(f"mail {key} came {number} times and is marked {row.ambiguous} times")
            self.tally.flagged += min(number - 1, row.ambiguous)
            if number > MOST_COPIES and key not in self.released:
                found.append(f"mail {key} came {number} times, but no one released it")
        for key in {key for key, row in rows.items() if row.state == "sent"} - copies.keys():
            self.tally.lost += 1
            found.append(f"mail {key} is marked as sent and never came")
        if len({(letter.key, letter.content_hash) for letter in self.letters}) != len(copies):
            found.append("a second copy has other bytes than the first")
        return found

    def _judge_integrity(self) -> list[str]:
        result = self.run_in_place("db", "check")
        return [] if result.code == 0 else [f"db check: {result.output.strip()[-300:]}"]


@contextmanager
def open_worlds(folder: Path, places: Iterable[Place] = PLACES) -> Iterator[list[FaultWorld]]:
    """Open worlds in folders of their own, with a PostgreSQL server if one is needed."""
    with ExitStack() as stack:
        wanted = list(places)
        server = stack.enter_context(postgres_server()) if POSTGRESQL in wanted else ""
        yield [
            stack.enter_context(_world(folder / f"world-{number}", place, server))
            for number, place in enumerate(wanted)
        ]


@contextmanager
def _world(folder: Path, place: Place, server: str) -> Iterator[FaultWorld]:
    with ExitStack() as stack:
        folder.mkdir(parents=True)
        archive = "sqlite:///archive.db"
        if place.archive == "postgresql":
            archive = stack.enter_context(database(server))
        parliament = stack.enter_context(Parliament.from_values([]))
        certificate, tls = _certificate(folder)
        mail = stack.enter_context(MailServer(tls=tls)) if place.transport == "smtp" else None
        desk = _Desk(
            folder=folder / "desk",
            certificate=certificate,
            connections=place.connections,
            parliament=parliament,
            mail=mail,
            archive=archive,
            questions='houses = ["Commons"]\nlook_back_days = 2',
            subscribers="".join(reader.table for reader in READERS),
        )
        engine = create_engine(archive if server and "postgresql" in archive else f"sqlite:///{desk.folder}/archive.db")
        stack.callback(engine.dispose)
        foundry = stack.enter_context(Foundry(desk))
        spare = _Spare(engine, server if place.archive == "postgresql" else "", folder / "empty.db")
        world = FaultWorld(
            place=place,
            desk=desk,
            foundry=foundry,
            parliament=parliament,
            engine=engine,
            server=server,
            put_empty_archive=spare.put,
        )
        for words in (("db", "upgrade"), ()):
            result = world.run(*words, plan=Plan())
            assert result.code == 0, result.output
            if words:
                stack.enter_context(spare.kept())
        yield world


@dataclass(frozen=True, slots=True)
class _Spare:
    """A copy of an archive that was just created: a file, or a database of its own on the server."""

    engine: Engine
    server: str
    file: Path

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the copy while the block runs."""
        self.engine.dispose()
        if not self.server:
            shutil.copyfile(str(self.engine.url.database), self.file)
            yield
            return
        with database(self.server, template=str(self.engine.url.database)) as url:
            self.file.write_text(str(make_url(url).database), encoding="utf-8")
            yield

    def put(self) -> None:
        """Put the copy in the archive's place."""
        here = str(self.engine.url.database)
        if not self.server:
            shutil.copyfile(self.file, here)
            return
        run_on(self.server, f"drop database {here} with (force)")
        run_on(self.server, f"create database {here} template {self.file.read_text(encoding='utf-8')}")


# -- values and mails --------------------------------------------------------------------------------------------------


def _certificate(folder: Path) -> tuple[str, Any]:
    import ssl  # noqa: PLC0415

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path), context


def _an_answer(number: int, day: date) -> Value:
    """Return a question that matches, with an answer that makes a promise of its own."""
    value = an_answer(number, day)
    name = "".join("abcdefghij"[int(digit)] for digit in str(number))
    return {**value, "answerText": f"{value['answerText']}<p>We will publish the sample{name} plan in due course.</p>"}


def _unanswered(value: Value, day: date) -> Value:
    """Return the question before its answer, due in two months."""
    empty = {"answerText": None, "dateAnswered": None, "answeringMemberId": None, "answeringMember": None}
    return {**value, **empty, "dateForAnswer": f"{day + timedelta(days=60)}T00:00:00"}


def _changed(value: Value, change: str, day: date) -> Value:
    """Return the question after a change.

    Its text names question and version in one word, because changes of the same words are folded into one, of which the
    others are named without a link.
    """
    version = int((re.search(r"version \d{5}(\d+)", value["answerText"] or "") or ["", "1"])[1]) + 1
    text = re.sub(
        r"^<p>",
        f"<p>version {value['uin']}{version}: ",
        _an_answer(int(value["uin"]) - FIRST_UIN, day)["answerText"],
    )
    stamp = f"{day}T00:00:00"
    match change:
        case "corrected":
            who = {f"correcting{part}": value[f"answering{part}"] for part in ("MemberId", "Member")}
            flags = {
                "answerIsCorrection": True,
                "dateAnswerCorrected": stamp,
                "originalAnswerText": value["answerText"],
            }
            return {**value, **who, **flags, "answerText": text}
        case "edited":
            return {**value, "answerText": text}
        case "withdrawn":
            return {**value, "isWithdrawn": True}
        case "replied":
            return {
                **_an_answer(int(value["uin"]) - FIRST_UIN, day),
                "dateTabled": value["dateTabled"],
                "answerText": text,
            }
    return value


def _mark(value: Value) -> str:
    found = re.search(r"version \d+", value["answerText"] or "")
    return found[0] if found else f"number {int(value['uin']) - FIRST_UIN}"


def _json_lines(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith("{")]


def _key(content: bytes) -> str:
    found = re.search(rb"^Resent-Message-ID: *(\S+)", content, re.MULTILINE) or re.search(
        rb"^Message-ID:\s*(\S+)", content, re.MULTILINE
    )
    assert found is not None
    return found[1].decode("ascii")


def _letter(content: bytes) -> Letter:
    message = message_from_bytes(content, policy=policy.default)
    text = "".join(str(part.get_content()) for part in message.walk() if not part.is_multipart())
    uins = frozenset(re.findall(r"/(7\d{4})\b", text))
    copy = message["Resent-Message-ID"] is not None
    return Letter(_key(content), str(message["Resent-To"] or message["To"]), uins, copy, hash(content))
