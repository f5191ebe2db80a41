"""Public methods of the archive's parts, found by inspection, with arguments that follow from their annotations."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, select

from db import tables
from db.archive import Archive, open_archive
from monitor.model.announced_days import AnnouncedKind, Announcement, CalendarChanges, CalendarState
from monitor.model.bounces import BounceKind, Returned, SentMail
from monitor.model.collection import FileOutcome, FileRead, RunOutcome, WindowCoverage, WindowState
from monitor.model.digests import Mail, NewDigest
from monitor.model.following import FollowKind, FollowTarget, MarkKind, MuteKind
from monitor.model.index_query import PhraseRequirement
from monitor.model.jobs import Attempt, match_job
from monitor.model.matching import MatchWork
from monitor.model.promises import PromiseState, Reach
from monitor.model.records import House, Member
from monitor.model.search import Filters, SearchPosition
from monitor.model.sources import Cached, Payload, Reading, Window
from monitor.model.split_readings import PartFindings, SplitReading
from monitor.model.watching import Topic
from monitor.terms.matcher import compile_query
from tests.builders import a_question, a_revision, a_subscriber

if TYPE_CHECKING:
    from collections.abc import Callable

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

VALUES_BY_ANNOTATION: dict[str, Any] = {
    "str": "x",
    "int": 1,
    "float": 0.0,
    "bool": False,
    "date": TODAY,
    "datetime": NOW,
    "timedelta": timedelta(days=90),
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
        outcome=FileOutcome.READ,
        counts={},
        years={},
    ),
    "Filters": Filters(),
    "Sequence[Filters]": [Filters()],
    "Proceeding": a_question(
        answer="I refer the hon. Member to the answer given on 26 January 2021 to Question 14205."
    ),
    "SearchPosition": SearchPosition(0, TODAY, 1),
    "Query": compile_query("river"),
    "IndexQuery": PhraseRequirement(("river",)),
    "Need": lambda: PhraseRequirement(("river",)),
    "Sequence[IndexQuery]": [PhraseRequirement(("river",))],
    "Sequence[Revision]": [a_revision(a_question(answer="The river is clean, and has been for years."))],
    "Revision": a_revision(a_question(answer="The river is clean, and has been for years.")),
    "NewsRule": lambda *_: True,
    "WindowCoverage": WindowCoverage(window=WINDOW, state=WindowState.OPEN, read_at=NOW, total=1, held=1),
    "Mail": Mail(
        recipient="operator@example.org",
        message_id="<x@example.org>",
        subject="x",
        message=b"x",
    ),
    "NewDigest": NewDigest(subscriber="desk", slot="x", kind="empty", as_of=NOW, subject="x", told_on=TODAY),
    "MatchWork": MatchWork(topics=(), term_ids={("x", "x"): 1}, history_to={1: 0}, after=0, to=9),
    "Subscriber": a_subscriber(),
    "Job": match_job(),
    "Iterable[Job]": [match_job()],
    "Collection[Attempt]": [Attempt(1, 1, 0)],
    "PartFindings": PartFindings(look_up=("1",)),
    "SplitReading": SplitReading(name="x", began_at=NOW, as_of=NOW, units=2, left=(1,)),
    "FollowTarget": FollowTarget(kind=FollowKind.ASKER, ref="x", member_id=1),
    "Sequence[FollowTarget]": [FollowTarget(kind=FollowKind.ASKER, ref="x", member_id=1)],
    "CalendarChanges": CalendarChanges(
        new=(Announcement(kind=AnnouncedKind.PERIOD, house=House.COMMONS, key="1", first_on=TODAY, last_on=TODAY),)
    ),
    "CalendarState": CalendarState(read_at=NOW, read_on=TODAY),
    "SentMail": SentMail(id=1, recipient="reader@example.org", sent_at=NOW),
    "Returned": Returned(kind=BounceKind.SOFT),
    "RunOutcome": RunOutcome.OK,
    "MarkKind": MarkKind.DONE,
    "MuteKind": MuteKind.PHRASE,
    "PromiseState": PromiseState.KEPT,
    "Reach": Reach(rules="1", began=0, news_to=0, read_to=0),
    "Collection[str]": ["mail"],
    "Collection[int]": [1],
    "Collection[Event]": [],
    "Iterable[int]": [1],
    "Sequence[int]": [1],
    "Iterable[str]": ["x"],
    "Sequence[str]": ["x"],
    "Sequence[Sequence[str]]": [["river"]],
    "Sequence[Proceeding]": [a_question(asked_by=Member(member_id=1))],
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
"""Value of a parameter by its annotation, without "| None"."""

VALUES_BY_NAME: dict[str, Any] = {
    "subscriber": "desk",
    "on_ambiguous": "resend",
    "scope": "message",
    "filter_name": "body",
    "names": ["body"],
    "recipient": "reader@example.org",
    "address": "reader@example.org",
}
"""Value of a parameter by its name, where not every value will do."""


SHARED_WORK = frozenset({"jobs", "rounds", "host_turns", "match_ranges", "split_readings"})
"""Parts for workers alone, on PostgreSQL."""


class UnknownValueError(Exception):
    """A new method has a parameter that is not in VALUES_BY_ANNOTATION yet."""


@dataclass(frozen=True, slots=True)
class Method:
    """A public method of a part of the archive. `part` is "" for `open_archive`."""

    part: str
    name: str

    def __str__(self) -> str:
        return f"{self.part}.{self.name}" if self.part else self.name

    def call(self, archive: Archive) -> None:
        """Call the method, and consume its result."""
        if not self.part:
            open_archive(archive.engine.url.render_as_string(hide_password=False)).close()
            return
        method = getattr(getattr(archive, self.part), self.name)
        result = method(**arguments(method))
        if hasattr(result, "__enter__"):
            with result:
                return
        if inspect.isgenerator(result):
            list(result)


def arguments(method: Callable[..., Any]) -> dict[str, Any]:
    """Return the arguments for a method, without those that have a default."""
    found: dict[str, Any] = {}
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.default is not parameter.empty or parameter.kind is parameter.VAR_POSITIONAL:
            continue
        annotation = str(parameter.annotation).removesuffix(" | None")
        if name not in VALUES_BY_NAME and annotation not in VALUES_BY_ANNOTATION:
            raise UnknownValueError(f"tests/reliability/archive_methods.py has no value for {name}: {annotation}")
        found[name] = VALUES_BY_NAME.get(name, VALUES_BY_ANNOTATION.get(annotation))
    return found


def methods() -> list[Method]:
    """Return all public methods, except those of shared work, of the transaction of their caller, and those that close."""
    return [Method("", "open_archive"), *_methods(lambda part: part not in SHARED_WORK)]


def methods_of_workers() -> list[Method]:
    """Return the methods of shared work, except the one that asks for the time: it needs no table."""
    return [method for method in _methods(lambda part: part in SHARED_WORK) if method != Method("jobs", "now")]


def _methods(is_wanted: Callable[[str], bool]) -> list[Method]:
    engine = create_engine("sqlite://")
    archive = Archive(engine)
    parts = {
        name: getattr(archive, name)
        for name, part in vars(Archive).items()
        if isinstance(part, cached_property) and is_wanted(name)
    }
    engine.dispose()
    found = []
    for part, value in parts.items():
        for name, function in inspect.getmembers(type(value), inspect.isfunction):
            is_inside = "Connection" in [
                str(parameter.annotation) for parameter in inspect.signature(function).parameters.values()
            ]
            if not name.startswith("_") and name != "close" and not is_inside:
                found.append(Method(part, name))
    return found
