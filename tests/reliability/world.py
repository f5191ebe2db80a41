"""A small world in which pqwatch is at work while it is killed and failed: Parliament, a mail server, three readers.

`World.publish` lets things happen in Parliament, `World.run` lets the program work (and die, or meet an error), and
`World.checkpoint` lets all come to rest and judges: what was published is stored, each reader was told of each thing that
happened in exactly one digest, and no mail came twice that is not marked as maybe sent twice. Digests are told apart by
Message-ID, as they arrived; nothing is taken from what the program believes to have sent.
"""

from __future__ import annotations

import json
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
from sqlalchemy import create_engine, make_url, select, update

from db.tables import meta, outbox
from monitor.demo.mailserver import MailServer
from monitor.demo.parliament import Parliament
from monitor.demo.sample import FIRST_DAY
from tests.e2e.desk import Desk, Foundry, an_answer
from tests.reliability.points import HAPPENED, LEDGER, Plan, Point, met
from tests.reliability.tally import Tally
from tests.servers import database, postgres_server, run_on

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

Value = dict[str, Any]

FIRST_UIN = 70_000
MOST_COPIES = 3
"""Of one digest: the first and two more, RELIABILITY's bound; a person may ask for another."""
MOST_RUNS_TO_REST = 6
MOST_ACTS = 200
"""Of one world: what it takes to read, to serve and to judge all that was published grows with it."""
LONG = timedelta(hours=5)
"""Longer than the longest wait of a mail, of a queue and of one that may have gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a world's archive is ("sqlite", "postgresql") and how its digests go ("smtp", "file")."""

    archive: str
    transport: str

    def __str__(self) -> str:
        return f"{self.archive}, {self.transport}"


SQLITE = Place(archive="sqlite", transport="smtp")
POSTGRESQL = Place(archive="postgresql", transport="smtp")
FOLDER = Place(archive="sqlite", transport="file")
PLACES = (SQLITE, POSTGRESQL, FOLDER)


@dataclass(frozen=True, slots=True)
class Reader:
    """A subscriber. An instant one is told by the next run, a daily one once a day."""

    name: str
    address: str
    topics: str
    cadence: str

    @property
    def table(self) -> str:
        """As config.toml has it."""
        words = f'name = "{self.name}"\nemail = "{self.address}"\ntopics = {self.topics}\ncadence = "{self.cadence}"'
        return f"[[subscribers]]\n{words}\n"


POLICY = Reader("Policy desk", "policy@example.org", '["*"]', "instant")
READERS = (
    POLICY,
    Reader("Agencies desk", "agencies@example.org", '["Agencies"]', "instant"),
    Reader("Morning desk", "morning@example.org", '["*"]', "daily"),
)
OPERATOR = "operator@example.org"
EVERYBODY = "*"
_DONE = ("sent", "discarded")
_LONG_AGO = "2020"
"""What was answered before is no news, and not of this world: scenes of the past store it."""


@dataclass(frozen=True, slots=True)
class Act:
    """What happened to a question, and how many letters had come before. `not_to`: who is not to hear of it."""

    uin: str
    what: str
    letters_before: int
    not_to: str = ""

    def is_owed_to(self, reader: Reader) -> bool:
        """Whether a reader is to hear of it."""
        return self.not_to not in (reader.name, EVERYBODY)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it arrived: `key` is its own Message-ID, `uins` are the questions that it links to."""

    key: str
    address: str
    uins: frozenset[str]
    is_copy: bool
    bytes_of: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended (killed: negative), what it said, and the points that it met where it had a plan."""

    code: int
    said: str
    points: tuple[Point, ...] = ()

    @property
    def error_at(self) -> Point | None:
        """The point at which the planned error came about, if it did."""
        numbers = [point.number for point in self.points if point.kind == HAPPENED]
        return next((point for point in self.points if numbers and point.number == numbers[0]), None)

    @property
    def reasons(self) -> list[str]:
        """The lines that say what went wrong."""
        lines = [line for line in self.said.splitlines() if line.strip()]
        return [line for line in lines if line.startswith("! ")] or lines[-1:]


@dataclass(kw_only=True)
class _Desk(Desk):
    """A desk whose mail goes over TLS, or into a folder."""

    certificate: str = ""

    def configure(self) -> None:
        """Write config.toml, in which even payloads are let go of, and one certificate is trusted in place of all."""
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
        return f'[delivery]\ntransport = "smtp"\n{common}\n[delivery.smtp]\n{server}'


@dataclass(slots=True, kw_only=True)
class World:
    """What goes on. `today` is the day that counts as now; `published` all questions as Parliament has them, by UIN.

    `server`: a PostgreSQL server, if there is one; `empty` puts an archive without records in place of the one that is
    there. `code` and `said`: how the last command ended. `forgotten`: mails that went and that the archive does not know
    of, for an older one was put in its place.
    """

    place: Place
    desk: Desk
    foundry: Foundry
    parliament: Parliament
    engine: Engine
    server: str
    empty: Callable[[], None]
    today: date = FIRST_DAY
    published: dict[str, Value] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    misread: Value | None = None
    acts: list[Act] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    released: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    code: int = 0
    said: str = ""
    reached: set[str] = field(default_factory=set)
    tally: Tally = field(default_factory=Tally)
    _numbers: Iterator[int] = field(default_factory=count)
    _judged: int = 0
    _read: int = 0
    _names: set[str] = field(default_factory=set)
    _before: int = 0

    # -- Parliament ---------------------------------------------------------------------------------------------------

    def publish(self, how_many: int = 1, *, not_to: str = "") -> None:
        """Publish new answers."""
        for number in (next(self._numbers) for _ in range(how_many)):
            value = {**an_answer(number, self.today), "askingMemberId": 900_000 + number}
            self._set(value, "answered", not_to=not_to)
        self.serve()

    def happen(self, chance: random.Random, what: str = "") -> None:
        """Let something happen, or just `what`, to a question that is read these days and known, if there is one."""
        touched = {act.uin for act in self.acts[self._judged :]}
        fresh = {f"{self.today - timedelta(days=1)}T00:00:00", f"{self.today}T00:00:00"}
        known = [
            value
            for uin, value in self.published.items()
            if uin not in touched | self.gone
            and not value["isWithdrawn"]
            and (value["dateAnswered"] or value["dateTabled"]) in fresh
            and any(act.uin == uin and not act.not_to for act in self.acts[: self._judged])
        ]
        what = what or chance.choice(("tabled", "corrected", "edited", "withdrawn", "vanished", "replied"))
        if what == "tabled":
            self._set({**_open(an_answer(next(self._numbers), self.today), self.today)}, what)
        else:
            fitting = [value for value in known if (value["dateAnswered"] is None) is (what == "replied")]
            if fitting:
                self._set(_changed(chance.choice(fitting), what, self.today), what)
        self.serve()

    def next_day(self) -> None:
        """The next morning."""
        self.today += timedelta(days=1)

    def _set(self, value: Value, what: str, *, not_to: str = "") -> None:
        self.published[value["uin"]] = value
        if what == "vanished":
            self.gone.add(value["uin"])
        self.acts.append(Act(value["uin"], what, len(self.letters), not_to))

    def serve(self) -> None:
        """Let Parliament serve what is published."""
        there = [one for uin, one in self.published.items() if uin not in self.gone]
        self.parliament.replace([*there, *([self.misread] if self.misread else [])])

    # -- the program --------------------------------------------------------------------------------------------------

    def run(self, *words: str, plan: Plan | None = None) -> Ended:
        """Let a command work in a process of its own: `run` as of today, if none is named."""
        code = self.foundry.run(*(words or self.words), plan=self.told(plan))
        return self._ended(code, with_points=plan is not None)

    def prepare(self, *words: str) -> Ended:
        """The same in a process that does one such command after the other: what comes before a fault, and what asks."""
        return self._ended(self.foundry.in_place(*(words or self.words)), with_points=False)

    def kill_after(self, seconds: float) -> Ended:
        """Kill a run as of today after so long; it may have ended before."""
        pid = self.foundry.start(*self.words)
        time.sleep(seconds)
        return self._ended(self.foundry.kill(pid), with_points=False)

    @property
    def words(self) -> tuple[str, ...]:
        """A run as of today."""
        return ("run", "--as-of", self.today.isoformat())

    def told(self, plan: Plan | None) -> Value | None:
        """A plan as the process gets it."""
        if plan is None:
            return None
        return {**asdict(plan), "driver": self.place.archive, "has_both": bool(self.server)}

    def _ended(self, code: int, *, with_points: bool) -> Ended:
        ledger = (self.desk.folder / LEDGER).read_text("utf-8", "replace") if with_points else ""
        self.collect_letters()
        ended = Ended(code, self.foundry.said(), met(ledger))
        self.code, self.said = code, ended.said
        self.reached |= {point.name for point in ended.points if point.kind == "after commit"}
        if "Traceback" in ended.said:
            self.tally.failures.append(f"{self.place}: a traceback: {ended.said.strip().splitlines()[-1]}")
        return ended

    def let_time_pass(self) -> None:
        """As though hours had gone by: what waits is due."""
        with self.engine.begin() as connection:
            rows = connection.execute(select(outbox.c.id, outbox.c.dotted_at, outbox.c.next_try_at)).all()
            for row in rows:
                if row.dotted_at is not None or row.next_try_at is not None:
                    earlier = {name: getattr(row, name) for name in ("dotted_at", "next_try_at")}
                    values = {name: stamp and stamp - LONG for name, stamp in earlier.items()}
                    connection.execute(update(outbox).where(outbox.c.id == row.id).values(**values))
            # Of mail one pause, of other ways out one each.
            for key in ("outbox_pause", "outbox_pauses"):
                pause = connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()
                if pause is not None:
                    value = json.loads(pause)
                    for one in [value] if key == "outbox_pause" else value.values():
                        one["until"] = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
                    connection.execute(update(meta).where(meta.c.key == key).values(value=json.dumps(value)))

    @contextmanager
    def no_mail(self) -> Iterator[None]:
        """Inside, no mail goes: the server is closing, or the folder is no folder."""
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

    # -- what arrived -------------------------------------------------------------------------------------------------

    def collect_letters(self) -> None:
        """Read what came since the last time."""
        if self.desk.mail is not None:
            contents = [mail.content for mail in self.desk.mail.messages[self._read :]]
            self._read += len(contents)
        else:
            known = {letter.key for letter in self.letters}
            paths = [path for path in sorted(self.desk.outbox.glob("*.eml")) if path.name not in self._names]
            self._names |= {path.name for path in paths}
            contents = [one for path in paths if _key(one := path.read_bytes()) not in known]
        self.letters += [_letter(content) for content in contents]

    # -- the judge ----------------------------------------------------------------------------------------------------

    def checkpoint(self) -> None:
        """Let all come to rest, and judge what happened since the last time."""
        self.come_to_rest()
        found = self._judge_stored() + self._judge_copies() + self._judge_check()
        for reader in READERS:
            found += self._judge_told(reader)
        self.tally.failures += [f"{self.place}: {one}" for one in found]
        self._judged = len(self.acts)
        self._before = len(self.letters)
        self.next_day()

    def finish(self) -> Tally:
        """The last checkpoint, after which the daily reader has been told of everything too."""
        self.checkpoint()
        while self.today.isoweekday() > 5:  # no daily digest then
            self.next_day()
        self.come_to_rest()
        found = [*self._judge_copies(), *self._judge_daily()]
        self.tally.failures += [f"{self.place}: {one}" for one in found]
        return self.tally

    def settle(self) -> None:
        """The first news, of which all is told."""
        self.publish(2)
        self.prepare()
        self.checkpoint()

    def is_old(self) -> bool:
        """Whether so much has happened that each command has much to read."""
        return len(self.acts) > MOST_ACTS

    def renew(self) -> Tally:
        """The last judgement, and a new world with an empty archive; gives what came of the old one."""
        tally, reached = self.finish(), self.reached
        for one in fields(self):
            if one.default is not MISSING:
                setattr(self, one.name, one.default)
            elif one.default_factory is not MISSING:
                setattr(self, one.name, one.default_factory())
        self.reached = reached
        self._clear()
        self.serve()
        self.prepare()
        self.settle()
        return tally

    def _clear(self) -> None:
        self.engine.dispose()
        for path in self.desk.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.desk.configure()
        self.empty()
        self.parliament.requests.clear()
        if self.desk.mail is not None:
            self.desk.mail.messages.clear()

    def come_to_rest(self) -> None:
        """Run until nothing is left to do; held mails are released, as a person would."""
        for number in range(MOST_RUNS_TO_REST):
            self.let_time_pass()
            for row in self.rows():
                if row.state == "held":
                    self.released.add(row.message_id)
                    self.prepare("deliver", "--release", str(row.id))
            letters = len(self.letters)
            ended = self.prepare() if number else self.run()
            if ended.code == 0 and len(self.letters) == letters and all(row.state in _DONE for row in self.rows()):
                return
        self.tally.failures.append(f"{self.place}: no rest after {MOST_RUNS_TO_REST} runs: {ended.said[-300:]}")

    def rows(self) -> list[Any]:
        """The outbox."""
        with self.engine.connect() as connection:
            names = ("id", "message_id", "state", "ambiguous", "channel")
            query = select(*(outbox.c[name] for name in names)).order_by(outbox.c.id)
            return list(connection.execute(query).all())

    def is_settled(self) -> str:
        """Whether what was published is stored and told to the instant readers, and no mail waits: else what is not.

        That a question is gone, a second run believes: one run settles nothing then.
        """
        if any(act.what == "vanished" for act in self.acts[self._judged :]):
            return ""
        if waiting := [row.id for row in self.rows() if row.state not in _DONE]:
            return f"mails {waiting} are not sent"
        found = [
            *self._judge_stored(),
            *(one for reader in READERS for one in self._judge_told(reader, is_count=False)),
        ]
        return "; ".join(found)

    def _judge_stored(self) -> list[str]:
        """Each question is stored as Parliament last had it."""
        ended = self.prepare("search", "--limit", "0", "--format", "jsonl")
        records = {one["uin"]: one for one in map(json.loads, _objects(ended.said)) if one["date"] >= _LONG_AGO}
        found = []
        for act in self.acts[self._judged :]:
            value, record = self.published[act.uin], records.get(act.uin)
            if record is None:
                self.tally.lost += 1
                found.append(f"question {act.uin} ({act.what}) is not stored")
                continue
            is_withdrawn = value["isWithdrawn"] or act.uin in self.gone
            text = record["answer"] or record["question"]
            if (record["state"] == "withdrawn") is not is_withdrawn or _mark(value) not in text:
                self.tally.lost += 1
                found.append(f"question {act.uin} is not stored as {act.what}: {record['state']}")
        if extra := records.keys() - self.published.keys():
            found.append(f"questions {sorted(extra)} were never published")
        return found

    def _judge_told(self, reader: Reader, *, is_count: bool = True) -> list[str]:
        """An instant reader was told of each thing since the last checkpoint once, and of nothing else."""
        if reader.cadence != "instant":
            return []
        told = self._told(reader, self._before)
        owed = Counter(act.uin for act in self.acts[self._judged :] if act.is_owed_to(reader))
        lost, twice = owed - told, told - owed
        if is_count:
            self.tally.lost += lost.total()
            self.tally.duplicated += twice.total()
        whats = {act.uin: act.what for act in self.acts[self._judged :]}
        missing = [f"{uin} ({whats[uin]})" for uin in sorted(lost)]
        found = [f"{reader.name} was never told of {', '.join(missing)}"] if lost else []
        return found + ([f"{reader.name} was told too often of {sorted(twice)}"] if twice else [])

    def _judge_daily(self) -> list[str]:
        """A daily reader was told of each thing by a digest after it; of one that happened once by one digest."""
        found = []
        for reader in READERS:
            if reader.cadence == "instant":
                continue
            told = self._told(reader, 0)
            owed = Counter(act.uin for act in self.acts if act.is_owed_to(reader))
            last = {act.uin: act for act in self.acts if act.is_owed_to(reader)}
            for uin, act in last.items():
                is_heard = any(uin in one.uins for one in self._to(reader, act.letters_before))
                self.tally.lost += not is_heard
                found += [] if is_heard else [f"{reader.name} was never told that {uin} was {act.what}"]
            twice = told - owed
            self.tally.duplicated += twice.total()
            found += [f"{reader.name} was told too often of {sorted(twice)}"] if twice else []
        return found

    def _to(self, reader: Reader, start: int) -> list[Letter]:
        return [letter for letter in self.letters[start:] if letter.address == reader.address and not letter.is_copy]

    def _told(self, reader: Reader, start: int) -> Counter[str]:
        """In how many digests each question stands."""
        digests = {one.key: one.uins for one in self._to(reader, start)}
        return Counter(uin for uins in digests.values() for uin in uins)

    def _judge_copies(self) -> list[str]:
        """A mail came more than once only where the outbox says that it may have, and as the same bytes."""
        rows = {row.message_id: row for row in self.rows() if row.channel == "mail"}
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
                found.append(f"mail {key} came {number} times, which nobody asked for")
        for key in {key for key, row in rows.items() if row.state == "sent"} - copies.keys():
            self.tally.lost += 1
            found.append(f"mail {key} is marked as sent and never came")
        if len({(letter.key, letter.bytes_of) for letter in self.letters}) != len(copies):
            found.append("a second copy has other bytes than the first")
        return found

    def _judge_check(self) -> list[str]:
        ended = self.prepare("db", "check")
        return [] if ended.code == 0 else [f"db check: {ended.said.strip()[-300:]}"]


@contextmanager
def worlds(folder: Path, places: Iterable[Place] = PLACES) -> Iterator[list[World]]:
    """Worlds at work in folders of their own; a PostgreSQL server where one is needed."""
    with ExitStack() as stack:
        wanted = list(places)
        server = stack.enter_context(postgres_server()) if POSTGRESQL in wanted else ""
        yield [
            stack.enter_context(_world(folder / f"world-{number}", one, server)) for number, one in enumerate(wanted)
        ]


@contextmanager
def _world(folder: Path, place: Place, server: str) -> Iterator[World]:
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
        world = World(
            place=place,
            desk=desk,
            foundry=foundry,
            parliament=parliament,
            engine=engine,
            server=server,
            empty=spare.put,
        )
        for words in (("db", "upgrade"), ()):
            ended = world.run(*words, plan=Plan())
            assert ended.code == 0, ended.said
            if words:
                stack.enter_context(spare.kept())
        yield world


@dataclass(frozen=True, slots=True)
class _Spare:
    """A copy of an archive that was just made: a file, or a database of its own on the server."""

    engine: Engine
    server: str
    file: Path

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Inside, there is the copy."""
        self.engine.dispose()
        if not self.server:
            shutil.copyfile(str(self.engine.url.database), self.file)
            yield
            return
        with database(self.server, template=str(self.engine.url.database)) as url:
            self.file.write_text(str(make_url(url).database), encoding="utf-8")
            yield

    def put(self) -> None:
        """Put a copy of it in the archive's place."""
        here = str(self.engine.url.database)
        if not self.server:
            shutil.copyfile(self.file, here)
            return
        run_on(self.server, f"drop database {here} with (force)")
        run_on(self.server, f"create database {here} template {self.file.read_text(encoding='utf-8')}")


# -- small things -----------------------------------------------------------------------------------------------------


def _certificate(folder: Path) -> tuple[str, Any]:
    import ssl  # noqa: PLC0415

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path), context


def _open(value: Value, day: date) -> Value:
    """The same question before its answer, due long after."""
    empty = {"answerText": None, "dateAnswered": None, "answeringMemberId": None, "answeringMember": None}
    return {**value, **empty, "dateForAnswer": f"{day + timedelta(days=60)}T00:00:00"}


def _changed(value: Value, what: str, day: date) -> Value:
    """The question after something happened to it; its text says how often, each in words of its own: like are folded."""
    version = int((re.search(r"version (\d+)", value["answerText"] or "") or ["", "1"])[1]) + 1
    text = re.sub(
        r"^<p>",
        f"<p>version {version} of {value['uin']}: ",
        an_answer(int(value["uin"]) - FIRST_UIN)["answerText"],
    )
    stamp = f"{day}T00:00:00"
    match what:
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
                **an_answer(int(value["uin"]) - FIRST_UIN, day),
                "dateTabled": value["dateTabled"],
                "answerText": text,
            }
    return value


def _mark(value: Value) -> str:
    found = re.search(r"version \d+", value["answerText"] or "")
    return found[0] if found else f"number {int(value['uin']) - FIRST_UIN}"


def _objects(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith("{")]


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
