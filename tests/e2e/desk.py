"""Desk with pqwatch: a folder with a configuration, and the real command line in its own processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from db.archive import open_archive
from monitor.demo.sample import FIRST_DAY, sample
from tests.e2e.forge import FORGE, PATIENCE, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date
    from email.message import EmailMessage
    from types import TracebackType

    from monitor.demo.mailserver import MailServer, Received
    from monitor.demo.parliament import Parliament

CANARY = "canary-Zaunkönig-7731"
"""Password in the environment of every process here, which must never appear in output: see tests/canaries.py."""

_KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "PYTHONPYCACHEPREFIX")

TOPICS = """
[[topics]]
name = "Units"
terms = ["NHTCU = National Hi-Tech Crime Unit", "hi-tech crime unit", "PCeU", "NCCU = National Cyber Crime Unit"]

[[topics]]
name = "Agencies"
terms = ["SOCA = Serious Organised Crime Agency", "NCA = National Crime Agency"]

[[topics]]
name = "Children online"
terms = ["paedophil*", "Internet Watch Foundation", "online safety", "CEOP"]
"""
SUBSCRIBER = """
[[subscribers]]
name = "Policy desk"
email = "policy@example.org"
topics = ["*"]
"""

FEW_DAYS = "look_back_days = 3"
"""Settings of `[sources.questions]` for tests that are not about the look-back, because each day has six windows."""

_WORDS = "the National Crime Agency"


@dataclass(frozen=True, slots=True)
class Done:
    """End of a command: its exit code, negative for a signal, and its output on stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    @property
    def failures(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("! ")]


class Running(subprocess.Popen[str]):
    """Process that ends with its test, even if the test fails."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.kill()
        super().__exit__(kind, error, trace)


@dataclass(kw_only=True)
class Desk:
    """Desk with a folder. `tables`: further TOML. `archive`: its URL. Without a mail server digests go into a folder.

    `smtp`: further lines of `[delivery.smtp]`.
    """

    folder: Path
    parliament: Parliament | None = None
    mail: MailServer | None = None
    archive: str = "sqlite:///archive.db"
    topics: str = TOPICS
    subscribers: str = SUBSCRIBER
    questions: str = ""
    try_again_for: str = "0m"
    tables: str = ""
    smtp: str = ""
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.configure()

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    @property
    def environment(self) -> dict[str, str]:
        """Environment without settings of this machine, so that no other configuration is found."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        ours = {
            "HOME": str(self.folder),
            "PYTHONWARNINGS": "error",
            "LC_ALL": "C.UTF-8",
            "PQWATCH_SMTP_PASSWORD": CANARY,
        }
        return {**kept, **ours, **self.env}

    def with_archive(self) -> Self:
        """Give the desk an empty archive, which saves its first command the time to make one."""
        (self.folder / "archive.db").write_bytes(an_archive())
        return self

    def configure(self) -> None:
        """Write config.toml."""
        address = self.parliament.url if self.parliament else "http://127.0.0.1:9"
        calendar = (
            f'base_url = "{address}"' if self.parliament else "enabled = false"
        )  # a refused reading is tried again
        parts = [
            f'[archive]\nurl = "{self.archive}"',
            f'[http]\nmin_interval = "0ms"\ntry_again_for = "{self.try_again_for}"',
            f'[sources.questions]\nbase_url = "{address}"\n{self.questions}',
            f'[sources.members]\nbase_url = "{address}"',
            f"[sources.calendar]\n{calendar}",
            self.topics,
            self.subscribers,
            self._delivery(),
            self.tables,
        ]
        self.config.write_text("\n".join(parts), encoding="utf-8")

    def _delivery(self) -> str:
        if self.mail is None:
            return '[delivery]\ntransport = "file"'
        server = f'[delivery.smtp]\nhost = "{self.mail.host}"\nport = {self.mail.port}\ntls = "none"\n{self.smtp}'
        sender = "pqwatch <pqwatch@example.org>"
        return f'[delivery]\ntransport = "smtp"\nfrom = "{sender}"\n{server}'

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "monitor", *words]

    def start(self, *words: str, **settings: Any) -> Running:
        """Start a command with this configuration and with pipes as streams."""
        how: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
        env = {**self.environment, "PQWATCH_CONFIG": str(self.config)}
        words_in_full = self.command(*words)
        return Running(words_in_full, cwd=self.folder, env=env, stdin=subprocess.DEVNULL, **(how | settings))

    def run(self, *words: str, **settings: Any) -> Done:
        """Run a command to its end, in a fork of a process that has loaded the program, or in a new one with `settings`."""
        if not settings and (done := self._forked(words)) is not None:
            return done
        with self.start(*words, **settings) as process:
            out, err = process.communicate(timeout=PATIENCE)
            return Done(process.returncode, out or "", err or "")

    def ask(self, *words: str) -> Done:
        """Run a command that only prepares or reads, in place if the process that is forked is free: see `Forge`."""
        return (None if FORGE.is_at_work else self._forged(FORGE.in_place, words)) or self.run(*words)

    def _forked(self, words: tuple[str, ...]) -> Done | None:
        return self._forged(FORGE.run, words)

    def _forged(self, run: Callable[[Place, Sequence[str]], int | None], words: Sequence[str]) -> Done | None:
        """Run a command in a fork. Return None while another command runs."""
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            code = run(self.place(out, err), words)
            return None if code is None else Done(code, out.read_text("utf-8"), err.read_text("utf-8"))

    def place(self, out: Path, err: Path) -> Place:
        """Return the place in which commands of this desk run in forks."""
        return Place({**self.environment, "PQWATCH_CONFIG": str(self.config)}, self.folder, out, err)

    def messages(self) -> list[EmailMessage]:
        """Return the mails that arrived, oldest first, by SMTP or in the folder."""
        if self.mail is not None:
            return [read(received) for received in self.mail.messages]
        paths = sorted(self.outbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]

    def stored(self) -> dict[str, dict[str, Any]]:
        """Return the records of the archive by id, as `pqwatch search` prints them."""
        done = self.ask("search", "--limit", "0", "--format", "jsonl")
        return {record["id"]: record for record in map(json.loads, done.out.splitlines())}


@cache
def an_archive() -> bytes:
    """Return an empty archive, made once, because all migrations take a quarter of a second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "archive.db")
        open_archive(f"sqlite:///{path}").close()
        return path.read_bytes()


def read(received: Received) -> EmailMessage:
    return message_from_bytes(received.content, policy=policy.default)


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def mails_by_question(messages: Iterable[EmailMessage], uins: Iterable[str]) -> dict[str, list[int]]:
    """Return the numbers (from 0) of the mails that link to the page of each question."""
    texts = [text_of(message) for message in messages]
    return {uin: [number for number, text in enumerate(texts) if f"/{uin}" in text] for uin in uins}


_MODEL = next(
    value
    for value in sample().parliament(FIRST_DAY).values()
    if value["house"] == "Commons" and value["dateAnswered"] and not value["groupedQuestions"]
)


def an_answer(number: int, day: date = FIRST_DAY) -> dict[str, Any]:
    """Return a question that matches, tabled and answered on one day, with its own number and texts."""
    return {
        **_MODEL,
        "id": 9_700_000 + number,
        "uin": f"{70_000 + number}",
        "heading": f"Number {number}",
        "dateTabled": f"{day}T00:00:00",
        "dateAnswered": f"{day}T00:00:00",
        "dateForAnswer": f"{day}T00:00:00",
        "dateHoldingAnswer": None,
        "dateAnswerCorrected": None,
        "answerIsHolding": False,
        "answerIsCorrection": False,
        "questionText": f"To ask the Secretary of State, what number {number} is to {_WORDS}.",
        "answerText": f"<p>To {_WORDS} it is number {number}. {'It is nothing but a number. ' * 15}</p>",
        "attachments": [],
        "attachmentCount": 0,
    }


class Foundry:
    """Commands of one desk in processes that can be killed, one at a time: see `Forge`.

    The output of a command on stdout and stderr goes into the file `said`.
    """

    def __init__(self, desk: Desk) -> None:
        self._said = desk.folder / "said"
        self._place = desk.place(self._said, self._said)
        self._is_at_work = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_at_work:
            self.end()

    def start(self, *words: str, plan: Mapping[str, Any] | None = None) -> int:
        """Start a command and return its process id. A `plan` sets its faults: see tests/reliability/points.py."""
        pid = FORGE.start(self._place, words, plan=plan)
        self._is_at_work = True
        return pid

    def end(self) -> int:
        """Wait for the end of the command. Return the exit code, negative for a signal."""
        self._is_at_work = False
        return FORGE.end()

    def kill(self, pid: int) -> int:
        """Kill the command unless it has ended. Return its exit code, negative for a signal."""
        os.kill(pid, signal.SIGKILL)  # not reaped before `end`, so the id still belongs to it
        return self.end()

    def run(self, *words: str, plan: Mapping[str, Any] | None = None) -> int:
        """Start a command and wait for its end."""
        self.start(*words, plan=plan)
        return self.end()

    def in_place(self, *words: str) -> int:
        """Run a command without faults within the process that is forked, which saves the fork."""
        return FORGE.in_place(self._place, words)

    def said(self) -> str:
        """Return the output of the last command."""
        said = self._said.read_text(encoding="utf-8")
        assert CANARY not in said
        return said
