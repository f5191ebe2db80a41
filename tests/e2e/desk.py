"""A desk with pqwatch on it: a folder with a configuration, and the real command line in processes of its own."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from monitor.demo.sample import FIRST_DAY, sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from email.message import EmailMessage
    from types import TracebackType

    from monitor.demo.mailserver import MailServer, Received
    from monitor.demo.parliament import Parliament

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Seconds after which a process counts as stuck."""

CANARY = "canary-Zaunkönig-7731"
"""A password in the environment of every process here, which none of them may say: see tests/canaries.py."""

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

_WORDS = "the National Crime Agency"


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended: its exit code (of a signal: negative), what it said on stdout and on stderr."""

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
    """A process that does not outlive a test that failed."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.kill()
        super().__exit__(kind, error, trace)


@dataclass(kw_only=True)
class Desk:
    """`tables`: further TOML. `archive`: where the archive is. Without a mail server digests go into the folder outbox."""

    folder: Path
    parliament: Parliament | None = None
    mail: MailServer | None = None
    archive: str = "sqlite:///archive.db"
    topics: str = TOPICS
    subscribers: str = SUBSCRIBER
    questions: str = ""
    tables: str = ""
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
        """Nothing of the machine's own settings, so that nobody's configuration is found."""
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP") if name in os.environ}
        ours = {
            "HOME": str(self.folder),
            "PYTHONWARNINGS": "error",
            "LC_ALL": "C.UTF-8",
            "PQWATCH_SMTP_PASSWORD": CANARY,
        }
        return {**kept, **ours, **self.env}

    def configure(self) -> None:
        """Write config.toml."""
        address = self.parliament.url if self.parliament else "http://127.0.0.1:9"
        parts = [
            f'[archive]\nurl = "{self.archive}"',
            '[http]\nmin_interval = "0ms"',
            f'[sources.questions]\nbase_url = "{address}"\n{self.questions}',
            f'[sources.members]\nbase_url = "{address}"',
            self.topics,
            self.subscribers,
            self._delivery(),
            self.tables,
        ]
        self.config.write_text("\n".join(parts), encoding="utf-8")

    def _delivery(self) -> str:
        if self.mail is None:
            return '[delivery]\ntransport = "file"'
        server = f'[delivery.smtp]\nhost = "{self.mail.host}"\nport = {self.mail.port}\ntls = "none"'
        sender = "pqwatch <pqwatch@example.org>"
        return f'[delivery]\ntransport = "smtp"\nfrom = "{sender}"\n{server}'

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "monitor", *words]

    def start(self, *words: str, **settings: Any) -> Running:
        """Start a command with this configuration; its streams are pipes."""
        given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"} | settings
        env = {**self.environment, "PQWATCH_CONFIG": str(self.config)}
        words_in_full = self.command(*words)
        return Running(words_in_full, cwd=self.folder, env=env, stdin=subprocess.DEVNULL, **given)

    def run(self, *words: str, **settings: Any) -> Done:
        """Run a command to its end, in a process that had the program loaded already; with `settings` in a new one."""
        if not settings and FORGE.is_free.acquire(blocking=False):  # not so while another command is at work
            try:
                return FORGE.run(words, {**self.environment, "PQWATCH_CONFIG": str(self.config)}, self.folder)
            finally:
                FORGE.is_free.release()
        with self.start(*words, **settings) as process:
            out, err = process.communicate(timeout=PATIENCE)
            return Done(process.returncode, out or "", err or "")

    def messages(self) -> list[EmailMessage]:
        """The mails that arrived, oldest first, whichever way they went."""
        if self.mail is not None:
            return [read(one) for one in self.mail.messages]
        paths = sorted(self.outbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]

    def stored(self) -> dict[str, dict[str, Any]]:
        """What the archive has, by id, as `pqwatch search` tells it."""
        done = self.run("search", "--limit", "0", "--format", "jsonl")
        return {record["id"]: record for record in map(json.loads, done.out.splitlines())}


class Forge:
    """Runs commands in forks of one process that loaded the program once, for all desks of this process.

    Each is what a new process would be: its words, environment, folder, streams and exit code are its own. It saves the
    half second of loading, and what a run makes of files that come with the program.
    """

    def __init__(self) -> None:
        self.is_free = threading.Lock()
        self._parent: subprocess.Popen[str] | None = None

    def run(self, words: tuple[str, ...], env: Mapping[str, str], folder: Path) -> Done:
        parent = self._started()
        with tempfile.TemporaryDirectory() as streams:
            order = {"words": words, "env": dict(env), "folder": str(folder), "streams": streams}
            assert parent.stdin is not None
            assert parent.stdout is not None
            parent.stdin.write(json.dumps(order) + "\n")
            parent.stdin.flush()
            code = int(parent.stdout.readline())
            out, err = (Path(streams, name).read_text(encoding="utf-8") for name in ("out", "err"))
        return Done(code, out, err)

    def _started(self) -> subprocess.Popen[str]:
        if self._parent is None:
            kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
            self._parent = subprocess.Popen(  # noqa: S603 (our own program)
                [sys.executable, "-c", _FORGE, str(int(PATIENCE))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**kept, "PYTHONWARNINGS": "error", "LC_ALL": "C.UTF-8", "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            atexit.register(self._parent.communicate)
        return self._parent


FORGE = Forge()

_LOADED = """
import gc, json, os, signal, sys
import monitor.cli, monitor.cli.stages, monitor.cli.search, monitor.cli.digest, monitor.cli.db, monitor.app, monitor.pipeline
import monitor.composing, monitor.record, scrapers.client, scrapers.members, scrapers.questions
import monitor.delivery.smtp, monitor.digest.render, holidays.countries
import alembic.command, db.care, sqlalchemy.dialects.sqlite
from monitor.model import Topic
from monitor.terms.matcher import compile_terms
for kind in ("html", "txt"):
    monitor.digest.render._environment(kind).get_template(f"digest.{kind}")
compile_terms([Topic(key="x", name="x", terms=("National Crime Agency", "paedophil*"))])
gc.freeze()
"""
"""What every run needs and none changes: modules, templates, lists of words. What is not collected is not copied."""

_FORGE = f"""
{_LOADED}
patience = int(sys.argv[1])
for line in sys.stdin:
    order = json.loads(line)
    pid = os.fork()
    if not pid:
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["env"])
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(os.path.join(order["streams"], name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        sys.argv = ["pqwatch", *order["words"]]
        signal.alarm(patience)
        monitor.cli.main()
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


def read(received: Received) -> EmailMessage:
    return message_from_bytes(received.content, policy=policy.default)


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def told(messages: Iterable[EmailMessage], uins: Iterable[str]) -> dict[str, list[int]]:
    """Which of these mails (from 0) link to the page of each question."""
    texts = [text_of(message) for message in messages]
    return {uin: [number for number, text in enumerate(texts) if f"/{uin}" in text] for uin in uins}


_MODEL = next(
    value
    for value in sample().parliament(FIRST_DAY).values()
    if value["house"] == "Commons" and value["dateAnswered"] and not value["groupedQuestions"]
)


def an_answer(number: int, day: date = FIRST_DAY) -> dict[str, Any]:
    """A question tabled and answered on one day, that matches, with a number and texts of its own."""
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
    """Makes processes that have the program loaded already: each is a fork of one that loaded it once.

    A forked process is like one started afresh but for the half second of loading. One at a time.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._parent: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._parent = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-c", _FOUNDRY],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self._desk.folder,
            env={**self._desk.environment, "PQWATCH_CONFIG": str(self._desk.config)},
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._parent is not None
        self._parent.communicate()

    def start(self, *words: str, plan: Mapping[str, Any] | None = None) -> int:
        """Start a command; gives its process id. What it says goes into the file `said`.

        With a `plan` its points are met: see tests/faults/points.py.
        """
        return int(self._ask(json.dumps({"words": words, "plan": plan})))

    def end(self) -> int:
        """Wait for its end: the exit code, of a signal negative."""
        return int(self._ask(""))

    def kill(self, pid: int) -> int:
        """Kill it, unless it has ended already; gives how it ended."""
        os.kill(pid, signal.SIGKILL)  # not reaped before `end`, so the number is still its own
        return self.end()

    def run(self, *words: str, plan: Mapping[str, Any] | None = None) -> int:
        self.start(*words, plan=plan)
        return self.end()

    def said(self) -> str:
        said = (self._desk.folder / "said").read_text(encoding="utf-8")
        assert CANARY not in said
        return said

    def _ask(self, line: str) -> str:
        assert self._parent is not None
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(line + "\n")
        self._parent.stdin.flush()
        return self._parent.stdout.readline()


_FOUNDRY = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
sys.dont_write_bytecode = True
import tests.faults.points
{_LOADED}
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.dup2(1, 2)
        asked = json.loads(line)
        if asked["plan"]:
            tests.faults.points.install(asked["plan"])
        sys.argv = ["pqwatch", *asked["words"]]
        monitor.cli.main()
    print(pid, flush=True)
    sys.stdin.readline()
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
