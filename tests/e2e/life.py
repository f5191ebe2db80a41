"""Lives of questions, and what a reader sees of each: the stand-in for Parliament, every stage, digests and commands.

All lives of a world run side by side through one archive, in one process. Each has a question (or some), a topic that only
its questions match, and a reader of that topic: so what one reader is sent is the story of one life. A world's clock goes
from day to day; each day's publications are there when the run of seven in the morning reads.
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
class Life:
    """What is published on which day (a number, from the world's first day), and what is seen of it then.

    `steps`: facts of the API that change on a day, by UIN where there are several questions; `GONE` takes the page away.
    `told`: what the digest of a day says, with "..." for what does not matter; on all other days there is none.
    `waiting` and `show`: what the commands say on a day, in the same way.
    """

    steps: Mapping[int, Any]
    told: Mapping[int, str]
    waiting: Mapping[int, str] = field(default_factory=dict)
    show: Mapping[int, str] = field(default_factory=dict)
    uins: tuple[str, ...] = ()


GONE: Value = {"gone": True}


def on(day: date) -> str:
    """A day as the API writes it."""
    return f"{day}T00:00:00"


@dataclass
class Seen:
    """What came of a life: the text of each digest by day, and what the commands said."""

    digests: dict[int, list[str]] = field(default_factory=dict)
    waiting: dict[int, str] = field(default_factory=dict)
    show: dict[int, str] = field(default_factory=dict)
    events: list[tuple[str, ...]] = field(default_factory=list)
    states: list[str] = field(default_factory=list)


class World:
    """Runs lives from the day before `start`. `days`: the days that have a run."""

    def __init__(
        self,
        folder: Path,
        start: date,
        lives: Mapping[str, Life],
        *,
        look_back: int,
        houses: Iterable[str] = ("Commons", "Lords"),
    ) -> None:
        self.folder = folder
        self.start = start
        self.lives = lives
        self.look_back = look_back
        self.houses = houses
        self.words = dict(zip(lives, _words(), strict=False))
        self.uins = {name: life.uins or (f"{3001 + n}",) for n, (name, life) in enumerate(lives.items())}
        self.values: dict[str, Value] = {}
        self.clock = datetime.combine(start, time(), LONDON)
        self.seen = {name: Seen() for name in lives}
        self._mailed = 0

    def now(self) -> datetime:
        """The clock of all: it goes on whenever it is looked at."""
        self.clock += timedelta(milliseconds=1)
        return self.clock

    def day(self, number: int) -> date:
        """A day by its number."""
        return self.start + timedelta(days=number)

    def play(self, days: Iterable[int], patch: pytest.MonkeyPatch) -> dict[str, Seen]:
        """Let the days pass; gives what was seen, by life."""
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
                    self._look(number)
                self._tell_story(archive)
            finally:
                archive.close()
        return self.seen

    def _publish(self, number: int, parliament: Parliament) -> None:
        for name, life in self.lives.items():
            for uin, facts in self._step(name, life.steps.get(number, {})).items():
                self.values[uin] = {**self.values.get(uin, self._asked(name, uin)), **facts}
        parliament.entries = [StoreEntry(base=value) for value in self.values.values() if not value.get("gone")]
        self.clock = datetime.combine(self.day(number), time(7), LONDON)

    def _look(self, number: int) -> None:
        for reader, text in self._new_mails():
            self.seen[reader].digests.setdefault(number, []).append(text)
        for name, life in self.lives.items():
            if number in life.waiting:
                self.seen[name].waiting[number] = self._said("waiting", "--topic", name)
            if number in life.show:
                self.seen[name].show[number] = self._said("show", self.uins[name][0])

    def _step(self, name: str, facts: Any) -> dict[str, Value]:
        """What changes, by UIN."""
        by_uin = facts if set(facts) <= set(self.uins[name]) else {self.uins[name][0]: facts}
        return {uin: self._settled(some) for uin, some in by_uin.items()}

    def _settled(self, facts: Value) -> Value:
        """Days as numbers become those of the API."""
        return {
            key: on(self.day(fact)) if key.startswith("date") and isinstance(fact, int) else fact
            for key, fact in facts.items()
        }

    def _asked(self, name: str, uin: str) -> Value:
        """A question as it is tabled on the first day: for answer on the third day after, a named day."""
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

    def _said(self, *words: str) -> str:
        """What a command says on stdout, its lines joined to one."""
        done = CliRunner().invoke(pqwatch, [*words, "--config", str(self.folder / "config.toml")])
        assert done.exit_code == 0, done.output
        return " ".join(done.stdout.split())

    def _new_mails(self) -> list[tuple[str, str]]:
        """The digests that went since, with whose they are."""
        mails = sorted((self.folder / "outbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        new, self._mailed = mails[self._mailed :], len(mails)
        readers = {f"{word}@example.org": name for name, word in self.words.items()}
        read = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in new]
        return [(readers[str(one["To"])], body_of(text_of(one))) for one in read]

    def _tell_story(self, archive: Archive) -> None:
        """What the archive says happened to the first question of each life, and through which states it went."""
        for name, seen in self.seen.items():
            [found] = archive.cross_references.find(self.uins[name][0])
            revisions = archive.records.revisions(found)
            seen.events = [tuple(event.value for event in revision.events) for revision in revisions]
            seen.states = [revision.proceeding.state.value for revision in revisions]


def body_of(text: str) -> str:
    """The sections of a digest on one line, without the contents, what was read, and the links."""
    text = text.replace("\r\n", "\n")
    sections = re.split(r"\n\n(?=[^a-z\n]+\n=+\n)", re.sub(r"^https://\S+\n", "", text, flags=re.MULTILINE))[1:]
    kept = [section for section in sections if not section.startswith(("AT A GLANCE", "WHAT WAS READ"))]
    return " ".join(re.sub(r"\n=+\n", ": ", "\n".join(kept)).split())


def says(text: str, expected: str) -> bool:
    """Whether a text says what is expected, from beginning to end; "..." stands for anything."""
    return bool(re.fullmatch(".*?".join(map(re.escape, expected.split("..."))), text))


def _words() -> Iterable[str]:
    """Words that no other word is the beginning of: a term for each life."""
    letters = "bcdfghjklmnpqrtvw"
    return (f"z{a}o{b}ix" for a in letters for b in letters)
