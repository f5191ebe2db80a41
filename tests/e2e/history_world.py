"""World in which questions have a history: a fake Parliament, every stage, digests and commands.

All histories of a world go through one archive in one process. Each has one question or several, a topic that only these
match, and a reader of that topic, so that the mails to one reader show one history. The clock goes from day to day. The
publications of a day are there when the run at seven in the morning reads.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from monitor.demo.parliament import Parliament
from monitor.demo.store import DemoMember, StoreEntry
from tests.e2e.desk import an_archive, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pytest

    from db.archive import Archive

Value = dict[str, Any]

LONDON = ZoneInfo("Europe/London")

MEMBERS = (
    DemoMember(id=9001, name="Ada Example", list_as="Example, Ada", party="Labour", constituency="Mid Sample"),
    DemoMember(id=9002, name="Ben Placeholder", list_as="Placeholder, Ben", party="Labour", constituency="Sample Vale"),
    DemoMember(
        id=9003,
        name="Lord Specimen",
        list_as="Specimen, L.",
        party="Crossbench",
        constituency="Life peer",
        house="Lords",
    ),
)

_CONFIG = """
[archive]
url = "sqlite:///archive.db"

[http]
min_interval = "0ms"
try_again_for = "0m"

[sources.questions]
base_url = "{url}"
houses = {houses}
look_back_days = {look_back}

[sources.members]
base_url = "{url}"

[sources.calendar]
base_url = "{url}"

[schedule]
digest_at = "07:00"
"""

_TOPIC = """
[[topics]]
name = "{name}"
terms = ["bathing water {word}"]

[[subscribers]]
name = "{name}"
email = "{word}@example.org"
topics = ["{name}"]
"""


@dataclass(frozen=True, kw_only=True)
class QuestionHistory:
    """History of a question by day, and the expected output. Days are numbers from the world's first day.

    `steps`: facts of the API that change on a day, by UIN if there are several questions. `GONE` removes the page.
    `mailed`: text of the digest of a day, with "..." for any text. There is no digest on other days.
    `waiting` and `show`: output of these commands on a day, written in the same way.
    """

    steps: Mapping[int, Any]
    mailed: Mapping[int, str]
    waiting: Mapping[int, str] = field(default_factory=dict)
    show: Mapping[int, str] = field(default_factory=dict)
    uins: tuple[str, ...] = ()


GONE: Value = {"gone": True}


def on(day: date) -> str:
    """Write a day as the API does."""
    return f"{day}T00:00:00"


@dataclass
class Observed:
    """Observations of a history: the texts of digests and the output of commands by day, events and states."""

    digests: dict[int, list[str]] = field(default_factory=dict)
    waiting: dict[int, str] = field(default_factory=dict)
    show: dict[int, str] = field(default_factory=dict)
    events: list[tuple[str, ...]] = field(default_factory=list)
    states: list[str] = field(default_factory=list)


class HistoryWorld:
    """Archive, Parliament and readers for some histories. Day 0 is `start`."""

    def __init__(
        self,
        folder: Path,
        start: date,
        histories: Mapping[str, QuestionHistory],
        *,
        look_back: int,
        houses: Iterable[str] = ("Commons", "Lords"),
    ) -> None:
        self.folder = folder
        self.start = start
        self.histories = histories
        self.look_back = look_back
        self.houses = houses
        self.words = dict(zip(histories, _words(), strict=False))
        self.uins = {name: history.uins or (f"{3001 + n}",) for n, (name, history) in enumerate(histories.items())}
        self.values: dict[str, Value] = {}
        self.clock = datetime.combine(start, time(), LONDON)
        self.seen = {name: Observed() for name in histories}
        self._mailed = 0

    def now(self) -> datetime:
        """Return the time of the world, which goes on by a millisecond at each look."""
        self.clock += timedelta(milliseconds=1)
        return self.clock

    def day(self, number: int) -> date:
        """Return the date of a day number."""
        return self.start + timedelta(days=number)

    def play(self, days: Iterable[int], patch: pytest.MonkeyPatch) -> dict[str, Observed]:
        """Publish and run on each of these days. Return the observations by the name of the history."""
        patch.setattr(app, "clock", self.now)
        (self.folder / "archive.db").write_bytes(an_archive())
        with Parliament((), MEMBERS) as parliament:
            text = _CONFIG.format(url=parliament.url, look_back=self.look_back, houses=json.dumps(list(self.houses)))
            topics = [_TOPIC.format(name=name, word=word) for name, word in self.words.items()]
            (self.folder / "config.toml").write_text(text + "".join(topics), encoding="utf-8")
            config = app.configuration(str(self.folder / "config.toml"), env={})
            archive = app.archive(config, now=self.now)
            try:
                for number in days:
                    self._publish(number, parliament)
                    with app.pipeline(config, archive, now=self.now) as pipeline:
                        report = pipeline.run()
                    assert report.failures == []
                    self._observe(number)
                self._observe_events(archive)
            finally:
                archive.close()
        return self.seen

    def _publish(self, number: int, parliament: Parliament) -> None:
        for name, history in self.histories.items():
            for uin, facts in self._step(name, history.steps.get(number, {})).items():
                self.values[uin] = {**self.values.get(uin, self._asked(name, uin)), **facts}
        parliament.entries = [StoreEntry(base=value) for value in self.values.values() if not value.get("gone")]
        self.clock = datetime.combine(self.day(number), time(7), LONDON)

    def _observe(self, number: int) -> None:
        for reader, text in self._new_mails():
            self.seen[reader].digests.setdefault(number, []).append(text)
        for name, history in self.histories.items():
            if number in history.waiting:
                self.seen[name].waiting[number] = self._output("waiting", "--topic", name)
            if number in history.show:
                self.seen[name].show[number] = self._output("show", self.uins[name][0])

    def _step(self, name: str, facts: Any) -> dict[str, Value]:
        """Return the facts that change in a step by UIN, with dates."""
        by_uin = facts if set(facts) <= set(self.uins[name]) else {self.uins[name][0]: facts}
        return {uin: self._with_dates(changed) for uin, changed in by_uin.items()}

    def _with_dates(self, facts: Value) -> Value:
        """Replace day numbers by dates of the API."""
        return {
            key: on(self.day(fact)) if key.startswith("date") and isinstance(fact, int) else fact
            for key, fact in facts.items()
        }

    def _asked(self, name: str, uin: str) -> Value:
        """Return a question as tabled on the first day. In the Commons it names the day three days later."""
        is_lords = uin.startswith("HL")
        given = dict.fromkeys(
            (
                *("askingMember", "answerIsHolding", "answerIsCorrection", "answeringMemberId", "answeringMember"),
                *("correctingMemberId", "correctingMember", "dateAnswered", "answerText"),
                *("dateAnswerCorrected", "dateHoldingAnswer"),
            )
        )
        return given | {
            "id": 1_700_000 + int(uin.removeprefix("HL")),
            "askingMemberId": 9003 if is_lords else 9001,
            "house": "Lords" if is_lords else "Commons",
            "memberHasInterest": False,
            "dateTabled": on(self.start),
            "dateForAnswer": on(self.day(14 if is_lords else 3)),
            "uin": uin,
            "questionText": f"To ask the Secretary of State, how clean bathing water {self.words[name]} is.",
            "answeringBodyId": 1,
            "answeringBodyName": "Home Office",
            "isWithdrawn": False,
            "isNamedDay": not is_lords,
            "groupedQuestions": [],
            "groupedQuestionsDates": [],
            "originalAnswerText": "",
            "comparableAnswerText": "",
            "attachmentCount": 0,
            "heading": "Water",
            "attachments": [],
        }

    def _output(self, *words: str) -> str:
        """Return the output of a command in one line."""
        done = CliRunner().invoke(pqwatch, [*words, "--config", str(self.folder / "config.toml")])
        assert done.exit_code == 0, done.output
        return " ".join(done.stdout.split())

    def _new_mails(self) -> list[tuple[str, str]]:
        """Return the digests sent since the last call, each with the name of its history."""
        mails = sorted((self.folder / "outbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        new, self._mailed = mails[self._mailed :], len(mails)
        readers = {f"{word}@example.org": name for name, word in self.words.items()}
        read = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in new]
        return [(readers[str(message["To"])], body_of(text_of(message))) for message in read]

    def _observe_events(self, archive: Archive) -> None:
        """Note the events and states of the first question of each history."""
        for name, seen in self.seen.items():
            [found] = archive.cross_references.find(self.uins[name][0])
            revisions = archive.records.revisions(found)
            seen.events = [tuple(event.value for event in revision.events) for revision in revisions]
            seen.states = [revision.proceeding.state.value for revision in revisions]


def body_of(text: str) -> str:
    """Return the sections of a digest in one line, without the contents, the account of what was read, and links."""
    text = text.replace("\r\n", "\n")
    sections = re.split(r"\n\n(?=[^a-z\n]+\n=+\n)", re.sub(r"^https://\S+\n", "", text, flags=re.MULTILINE))[1:]
    kept = [section for section in sections if not section.startswith(("AT A GLANCE", "WHAT WAS READ"))]
    return " ".join(re.sub(r"\n=+\n", ": ", "\n".join(kept)).split())


def says(text: str, expected: str) -> bool:
    """Return whether a text is the expected one, in which "..." stands for any text."""
    return bool(re.fullmatch(".*?".join(map(re.escape, expected.split("..."))), text))


def _words() -> Iterable[str]:
    """Yield words of which none begins with another: one for the term of each history."""
    letters = "bcdfghjklmnpqrtvw"
    return (f"z{a}o{b}ix" for a in letters for b in letters)
