"""Fakes in memory: sources that publish what a test gives them, names of members, and a world with all stages.

Everything in them is invented.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from db import tables
from db.archive import Archive
from db.engine import open_engine
from db.rows import compressed, expanded, facts_of, proceeding_of
from monitor.config import settings
from monitor.config.tables import Secret
from monitor.demo.whats_on_api import WhatsOnDays
from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.records import House, Member, Proceeding
from monitor.model.sources import Detail, FileRef, Listed, Parsed, Payload, WindowPage
from monitor.model.watching import Topic
from monitor.parliament.calendar import load_calendar
from monitor.pipeline import Pipeline
from scrapers.whats_on.calendar import parse_answer_day, parse_periods, parse_sessions, parse_sittings
from tests.builders import a_subscriber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitor.model.announced_days import Announcement
    from monitor.model.sources import Window
    from monitor.parliament.calendar import SittingCalendar
    from monitor.pipeline import Report
    from monitor.ports import Source

LONDON = ZoneInfo("Europe/London")
CUT = 255
LOOK_BACK = 3
"""Fewer days than the shipped value, because each day has three windows."""

WATER = Topic(key="water", name="Water", terms=("bathing water",))


class Clock:
    """The clock of a test: it goes on by a millisecond at each look, and otherwise as the test says."""

    def __init__(self, now: datetime = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.tick(milliseconds=1)

    def tick(self, **parts: float) -> datetime:
        """Let the clock go on. Return the new time."""
        self.now += timedelta(**parts)
        return self.now


def new_archive(folder: Path, clock: Clock, content: bytes | None = None) -> Archive:
    """Make a SQLite archive without migrations. `content`: the bytes of another archive, to copy it."""
    path = folder / "archive.db"
    path.write_bytes(content or empty_archive())
    return Archive(open_engine(f"sqlite:///{path}"), clock=clock)


@cache
def empty_archive() -> bytes:
    """Return the file of an empty archive, which is made once."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "archive.db")
        engine = open_engine(f"sqlite:///{path}")
        tables.metadata.create_all(engine)
        engine.dispose()
        return path.read_bytes()


def at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """Return a London time of a day as an instant."""
    return datetime.combine(day, time(hour, minute), LONDON).astimezone(UTC)


class FakeSource:
    """A source of the questions in `published`, by key ("140001" for "q-140001"); its lists cut answers as real ones do.

    Keys: `hidden` are in no list, `gone` are in no list and answer 404, `failing` have details that fail, `broken` have
    details that can't be understood, `garbled` have entries in lists that can't be. `down`: windows that fail after their
    first page.
    """

    name = "questions"
    by: tuple[str, ...] = ("tabled", "answered", "corrected")

    def __init__(self, *published: Proceeding, houses: tuple[House, ...] = (House.COMMONS,)) -> None:
        self.houses = houses
        self.published: dict[str, Proceeding] = {}
        self.publish(*published)
        self.hidden: set[str] = set()
        self.gone: set[str] = set()
        self.failing: set[str] = set()
        self.broken: set[str] = set()
        self.garbled: set[str] = set()
        self.down: set[Window] = set()
        self.is_down = False
        self.page_size = 100
        self.windows: list[Window] = []
        self.details: list[str] = []
        self.before_page: Callable[[Window, int], None] = lambda _window, _number: None

    def publish(self, *proceedings: Proceeding) -> None:
        """Publish questions, in place of those with the same keys."""
        for proceeding in proceedings:
            self.published[proceeding.id.removeprefix("q-")] = proceeding

    def change(self, key: str, **facts: Any) -> None:
        """Publish a question with other facts."""
        self.published[key] = replace(self.published[key], **facts)

    def read_window(self, window: Window) -> Iterator[WindowPage]:
        """Return the pages of a window; the last one says that the window is whole."""
        self.windows.append(window)
        if self.is_down:
            raise FetchError("the source does not answer", url="http://source.example")
        found = [key for key, proceeding in self.published.items() if self._is_listed(window, key, proceeding)]
        for number, start in enumerate(range(0, len(found), self.page_size) or [0]):
            self.before_page(window, number)
            keys = found[start : start + self.page_size]
            yield WindowPage(entries=tuple(self._listed(key) for key in keys), total=len(found))
            if window in self.down:
                raise FetchError("the source broke off", url="http://source.example")
        yield WindowPage(entries=(), total=len(found), is_whole=True)

    def _is_listed(self, window: Window, key: str, proceeding: Proceeding) -> bool:
        days = {
            "tabled": proceeding.tabled_on,
            "answered": proceeding.answered_on,
            "corrected": proceeding.corrected_on,
            "made": proceeding.made_on,
        }
        is_there = key not in self.hidden | self.gone
        return is_there and proceeding.house is window.house and days[window.by] == window.day

    def _listed(self, key: str) -> Listed:
        proceeding = self.published[key]
        cut = replace(proceeding, answer=(proceeding.answer or "")[:CUT] or None, attachments=())
        error = ParseError("the entry makes no sense", key=key) if key in self.garbled else None
        body = _written(cut)
        return Listed(
            payload=_payload(key, body),
            list_hash=hashlib.sha256(body).hexdigest(),
            proceeding=proceeding if proceeding.answer is None and error is None else None,
            error=error,
        )

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Return each question whole. A key may be `DAY/UIN`."""
        public = {
            f"{proceeding.tabled_on or proceeding.made_on}/{proceeding.uin}": key
            for key, proceeding in self.published.items()
        }
        for asked in keys:
            self.details.append(asked)
            key = public.get(asked, asked)
            if key in self.gone or key not in self.published:
                yield Detail(key=asked, error=GoneError("404", url="http://source.example"))
            elif key in self.failing:
                yield Detail(key=asked, error=FetchError("500", url="http://source.example"))
            else:
                body = b"not json" if key in self.broken else _written(self.published[key])
                yield Detail(key=asked, payload=_payload(key, body))

    def parse(self, payload: Payload) -> Proceeding:
        """Read the question of a payload."""
        try:
            facts, parts = json.loads(payload.body)
        except ValueError as exc:
            raise ParseError(f"question {payload.key} makes no sense", key=payload.key) from exc
        return proceeding_of(compressed(facts), parts)


class FakeFileSource:
    """A source of files with questions, by name. `publish` replaces the questions of a file.

    A file has one line for each record. `garbled`: records that can't be understood. `down`: files that can't be fetched;
    with `is_down` the listing breaks off at its end. `broken`: files that can't be read from a record on, by its number.
    `bug`: files on which the parser fails. `has_stamps`: the listing says what changed.
    """

    def __init__(self, name: str = "theyworkforyou", houses: tuple[House, ...] = (House.COMMONS,)) -> None:
        self.name, self.houses, self.version = name, houses, 1
        self.bodies: dict[str, bytes] = {}
        self.days: dict[str, date | None] = {}
        self.down: set[str] = set()
        self.broken: dict[str, int] = {}
        self.bug: set[str] = set()
        self.garbled: set[str] = set()
        self.has_stamps = True
        self.is_down = False
        self.fetched: list[str] = []
        self.asked: list[tuple[date | None, date | None]] = []
        self.before_record: Callable[[str], None] = lambda _key: None

    def publish(self, file: str, day: date | None, *proceedings: Proceeding) -> None:
        """Put questions into a file, in place of its questions."""
        self.days[file] = day
        self.bodies[file] = b"\n".join(_written(proceeding) for proceeding in proceedings)

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:
        """Return the files of these days, newest first."""
        self.asked.append((first, last))
        for name in sorted(self.bodies, key=lambda name: (self.days[name] or date.max, name), reverse=True):
            day = self.days[name]
            if day is None or ((first is None or day >= first) and (last is None or day <= last)):
                stamp = hashlib.sha256(self.bodies[name]).hexdigest() if self.has_stamps else ""
                yield FileRef(name=name, day=day, stamp=stamp)
        if self.is_down:
            raise FetchError("the place does not answer", url="http://files.example")

    def fetch(self, ref: FileRef) -> Payload:
        """Return the bytes of a file."""
        self.fetched.append(ref.name)
        if ref.name in self.down:
            raise FetchError(f"{ref.name} does not come", url="http://files.example")
        return replace(_payload(ref.name, self.bodies[ref.name]), source=self.name)

    def records(self, payload: Payload) -> Iterator[Parsed]:
        """Read the questions of a file one by one."""
        for number, line in enumerate(payload.body.splitlines()):
            if number == self.broken.get(payload.key):
                raise ParseError(f"{payload.key} breaks off", key=payload.key)
            if payload.key in self.bug:
                raise IndexError("no such thing")
            facts, parts = json.loads(line)
            proceeding = proceeding_of(compressed(facts), parts)
            key = proceeding.id
            self.before_record(key)
            if key in self.garbled:
                yield Parsed(key=key, error=ParseError(f"{key} makes no sense", key=key), excerpt=line)
            else:
                yield Parsed(key=key, proceeding=replace(proceeding, source=self.name))


def _written(proceeding: Proceeding) -> bytes:
    return json.dumps([expanded(facts_of(proceeding)), proceeding.parts()]).encode()


def _payload(key: str, body: bytes) -> Payload:
    fetched_at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    return Payload(source="questions", key=key, url=f"http://source.example/{key}", fetched_at=fetched_at, body=body)


class FakeMembers:
    """Names of members by number. With `is_down` it returns the names that it has, then fails."""

    def __init__(self, *members: Member) -> None:
        self.known = {member.member_id: member for member in members}
        self.is_down = False
        self.asked: list[int] = []

    def read_members(self, ids: Iterable[int]) -> Iterator[tuple[int, Member | None]]:
        """Look up members by number."""
        for number in ids:
            if self.is_down:
                raise FetchError("the members can't be asked", url="http://members.example")
            self.asked.append(number)
            yield number, self.known.get(number)


class FakePost:
    """A mailer that takes every mail; `sent` has their bytes."""

    is_idempotent = False

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    def deliver(
        self, message: bytes, recipient: str, before_dot: Callable[[], None], accepted: Callable[[str], None]
    ) -> None:
        """Take a mail."""
        before_dot()
        self.sent.append((recipient, message))
        accepted("250 taken")

    def close(self) -> None:
        """Close nothing, because nothing is open."""


def looking_back(days: int) -> settings.QuestionsSettings:
    """Return the questions of the Commons, of so many days in each run."""
    return settings.QuestionsSettings(houses=(House.COMMONS,), look_back_days=days)


def a_config(**parts: Any) -> settings.Config:
    """Return a configuration with one topic and one subscriber, unless others are given; the rest is nearly as shipped."""
    given: dict[str, Any] = {
        "path": Path("/nowhere/config.toml"),
        "archive": settings.ArchiveSettings(url=Secret("sqlite://")),
        "http": settings.HttpSettings(try_again_for=timedelta(0)),
        "schedule": settings.ScheduleSettings(),
        "questions": looking_back(LOOK_BACK),
        "members": settings.MembersSettings(),
        "topics": (WATER,),
        "subscribers": (a_subscriber(),),
        "calendar": settings.CalendarSettings(),
        "delivery": settings.DeliverySettings(folder=Path("/nowhere/outbox")),
        "smtp": settings.SmtpSettings(),
        "monitoring": settings.MonitoringSettings(),
    }
    return settings.Config(**(given | parts))


@dataclass
class FakeCalendarSource:
    """Parliament's calendar in memory: the days of the stand-in, as the reader of the service parses them.

    `down`: all requests fail. `missing`: those that answer 404, of "days", "sessions" and "answers".
    """

    days: WhatsOnDays = field(default_factory=WhatsOnDays)
    down: bool = False
    missing: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def read_days(self, house: House, first: date, last: date) -> list[Announcement]:
        self._ask("days")
        days = {"startdate": [str(first)], "enddate": [str(last)]}
        sittings = self.days.answer(f"proceduraldates/{house.value}/sittingdates", days)
        asked = {f"queryparameters.{name}": value for name, value in {**days, "house": [house.value]}.items()}
        periods = self.days.answer("events/nonsitting", asked)
        return [*parse_sittings(sittings, house), *parse_periods(periods, house)]

    def read_sessions(self) -> list[Announcement]:
        self._ask("sessions")
        return parse_sessions(self.days.sessions)

    def read_answer_days(self, tabled: Iterable[date]) -> Iterator[Announcement]:
        for day in tabled:
            for name in ("named", "ordinary"):
                self._ask("answers")
                asked = {"questiontype": [name], "tableddate": [str(day)]}
                yield parse_answer_day(self.days.answer("proceduraldates/commons/answerdate", asked), day, name)

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.down:
            raise FetchError("whatson.example is down.", url="http://whatson.example")
        if what in self.missing:
            raise GoneError("whatson.example no longer has it.", url="http://whatson.example")


@dataclass
class World:
    """An archive, sources, a configuration, and the clock that they share."""

    archive: Archive
    clock: Clock
    source: FakeSource = field(default_factory=FakeSource)
    more_sources: tuple[Source, ...] = ()
    files: tuple[FakeFileSource, ...] = ()
    members: FakeMembers = field(default_factory=FakeMembers)
    post: FakePost = field(default_factory=FakePost)
    config: settings.Config = field(default_factory=a_config)
    calendar: SittingCalendar = field(default_factory=load_calendar)
    calendar_source: FakeCalendarSource | None = None
    ask_again: Callable[[], None] = lambda: None
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Let the clock go on, and note for how long."""
        self.slept.append(seconds)
        self.clock.tick(seconds=seconds)

    def pipeline(self, as_of: datetime | None = None) -> Pipeline:
        """Return the stages as of an instant, by default now."""
        return Pipeline(
            archive=self.archive,
            config=self.config,
            calendar=self.calendar,
            as_of=as_of or self.clock(),
            clock=self.clock,
            sources=[self.source, *self.more_sources],
            files=lambda: self.files,
            members=self.members,
            mailer=lambda: self.post,
            ask_again=self.ask_again,
            sleep=self.sleep,
            calendar_source=self.calendar_source,
        )

    def run(self, as_of: datetime | None = None) -> Report:
        """Run all four stages."""
        return self.pipeline(as_of).run()

    def collect(self, as_of: datetime | None = None) -> Report:
        """Run the first stage only."""
        pipeline = self.pipeline(as_of)
        pipeline.collect()
        return pipeline.report

    def events(self, key: str) -> list[tuple[str, ...]]:
        """Return what happened to a question, revision by revision."""
        [found] = self.archive.cross_references.find(f"q-{key}")
        revisions = self.archive.records.revisions(found)
        return [tuple(event.value for event in revision.events) for revision in revisions]

    def pending(self, subscriber: str = "desk") -> dict[str, tuple[str, ...]]:
        """Return the events of each item that is owed to a subscriber, by the key of its question."""
        return {
            item.newest.proceeding.id.removeprefix("q-"): tuple(event.value for event in item.events)
            for item in self.archive.pending.items(subscriber)
        }

    def digests(self, subscriber: str = "desk") -> list[tuple[str, str, int]]:
        """Return slot, kind and number of revisions of each digest, oldest first."""
        rows = self.archive.digests.listing(subscriber=subscriber)
        return [(row.slot, row.kind, row.items) for row in reversed(rows)]
