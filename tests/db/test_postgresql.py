"""Servers of PostgreSQL that do not answer or are slow: a silent server is given up soon, a slow one is waited for."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import socket
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from db import integrity, postgresql
from db.archive import Archive, open_archive
from db.database_errors import has_answered, translated
from db.engine import open_engine
from db.transactions import reading, take_your_time, writing
from monitor.cli import pqwatch
from monitor.delivery.sending import RetryLimit
from monitor.delivery.stage import send_pending
from monitor.demo.sample import FIRST_DAY, sample
from monitor.errors import ArchiveError, LockedError, UnreachableError
from monitor.model.collection import RunOutcome
from monitor.model.deliveries import DeliveryState
from monitor.model.jobs import conclude_job
from tests.coroutines import awaited
from tests.e2e.desk import Desk
from tests.servers import database, migrate, run_on
from tests.unit.delivery_kit import Bench, Clock, letter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from monitor.ports import Accepted, Callback

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
SILENT = "does not answer: is the database server up, and can it be reached from here?"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten all timeouts. The shortest for a connection is two seconds."""
    seconds = {
        "CONNECT_SECONDS": 2,
        "PROBE_SECONDS": 2,
        "SILENT_SECONDS": 0.3,
        "AGAIN_SECONDS": 0.3,
        "ANSWER_SECONDS": 0.3,
    }
    for name, value in seconds.items():
        monkeypatch.setattr(postgresql, name, value)


@pytest.fixture
def black_hole() -> Iterator[str]:
    """Return the URL of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"postgresql+psycopg://reader:geheim@127.0.0.1:{listening.getsockname()[1]}/archive"


class BlockableProxy:
    """Proxy to a server. While it is blocked, nothing passes in either direction and no connection ends.

    With `loses_answers` what the server says on the first connection does not come through.
    """

    def __init__(self, url: str) -> None:
        self._to = f"{make_url(url).query['host']}/.s.PGSQL.{make_url(url).port or 5432}"
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        self.url = make_url(url).set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
        self.is_blocked = self.loses_answers = self._is_over = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in [end for pair in self._pairs for end in pair]:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._to)
                self._pairs.append((client, server))
                threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError), selectors.DefaultSelector() as selector, client, server:
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while not self._is_over:
                if self.is_blocked:
                    time.sleep(0.05)
                    continue
                for key, _ in selector.select(0.05):
                    data = key.fileobj.recv(65_536)  # type: ignore[union-attr]  # these are sockets
                    if not data:
                        return
                    is_lost = self.loses_answers and key.fileobj is self._pairs[0][1]
                    if not self.is_blocked and not is_lost:
                        key.data.sendall(data)


@pytest.fixture
def proxy(postgres_archive: Engine) -> Iterator[BlockableProxy]:
    url = postgres_archive.url.render_as_string(hide_password=False)
    if "host" not in make_url(url).query:
        pytest.skip("this server is not reached through a Unix socket")
    with BlockableProxy(url) as proxy:
        yield proxy


@pytest.mark.usefixtures("hasty")
def test_a_server_that_never_answers_is_given_up(black_hole: str) -> None:
    with pytest.raises(UnreachableError) as caught:
        open_archive(black_hole)
    assert str(caught.value).endswith(SILENT)
    assert "geheim" not in str(caught.value)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("command", [["run"], ["status"], ["search", "slurry"]])
def test_commands_end_with_one_sentence_if_the_server_does_not_answer(
    command: list[str], black_hole: str, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f'[archive]\nurl = "{black_hole.replace(":geheim", "")}"\n[[topics]]\nname = "Water"\nterms = ["slurry"]\n'
        '[[subscribers]]\nname = "Desk"\nemail = "desk@example.org"\ntopics = ["*"]\n'
    )
    config.chmod(0o600)
    result = CliRunner().invoke(pqwatch, [command[0], "--config", str(config), *command[1:]])
    assert isinstance(result.exception, UnreachableError)  # the exit status is then 1
    assert str(result.exception).endswith(SILENT)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("idle_for", [0.0, 60.0])
def test_a_server_that_stops_answering_is_given_up_and_later_used_again(
    idle_for: float, proxy: BlockableProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "IDLE_SECONDS", idle_for)
    engine = open_engine(proxy.url)
    try:
        with reading(engine) as connection:
            assert connection.exec_driver_sql("select 1").scalar() == 1
        proxy.is_blocked = True
        for _ in range(2):
            with pytest.raises(UnreachableError, match="does not answer"), reading(engine) as connection:
                connection.exec_driver_sql("select 1")
        proxy.is_blocked = False
        with reading(engine) as connection:
            assert connection.exec_driver_sql("select 2").scalar() == 2
    finally:
        engine.dispose()


def test_an_idle_connection_that_the_server_ended_is_replaced(
    postgres_archive: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "IDLE_SECONDS", 0.0)
    url = postgres_archive.url.render_as_string(hide_password=False)
    engine = open_engine(url)
    try:
        with reading(engine) as connection:
            process = connection.exec_driver_sql("select pg_backend_pid()").scalar_one()
        run_on(url, f"select pg_terminate_backend({process})")
        with reading(engine) as connection:
            assert connection.exec_driver_sql("select pg_backend_pid()").scalar_one() != process
    finally:
        engine.dispose()


@pytest.mark.usefixtures("hasty")
def test_a_server_that_stops_answering_within_a_transaction_is_given_up(proxy: BlockableProxy) -> None:
    engine = open_engine(proxy.url)
    try:
        with pytest.raises(UnreachableError, match="does not answer"), writing(engine) as connection:  # noqa: PT012
            connection.exec_driver_sql("select 1")
            proxy.is_blocked = True
            connection.exec_driver_sql("select 2")
    finally:
        proxy.is_blocked = False
        engine.dispose()


@pytest.mark.usefixtures("hasty")
def test_a_slow_statement_is_waited_for(proxy: BlockableProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "PROBE_SECONDS", 20)  # enough on a machine that is busy with other tests
    monkeypatch.setattr(postgresql, "CONNECT_SECONDS", 20)
    engine = open_engine(proxy.url)
    try:
        with reading(engine) as connection:
            assert connection.exec_driver_sql("select 7 from pg_sleep(2)").scalar() == 7
    finally:
        engine.dispose()


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("says", ["as it is", "nothing"])
def test_an_answer_that_comes_while_the_server_is_asked_is_taken(
    says: str, proxy: BlockableProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, said = postgresql._ask_server, []

    def ask_late(asked: tuple[list[Any], dict[str, Any]], process: int) -> postgresql._Server:
        time.sleep(2)  # the statement ends meanwhile
        said.append(ask(asked, process) if says == "as it is" else postgresql._Server.IS_SILENT)
        return said[-1]

    monkeypatch.setattr(postgresql, "_ask_server", ask_late)
    engine = open_engine(proxy.url)
    try:
        with reading(engine) as connection:
            assert connection.exec_driver_sql("select 7 from pg_sleep(1)").scalar() == 7
    finally:
        engine.dispose()
    assert said == [postgresql._Server.HAS_ENDED if says == "as it is" else postgresql._Server.IS_SILENT]


@pytest.mark.usefixtures("hasty")
def test_a_server_whose_answer_was_lost_is_given_up(proxy: BlockableProxy) -> None:
    engine = open_engine(proxy.url)
    try:
        with pytest.raises(UnreachableError, match="does not answer"), reading(engine) as connection:  # noqa: PT012
            proxy.loses_answers = True
            connection.exec_driver_sql("select 1")
    finally:
        engine.dispose()


def test_options_in_the_url_are_kept(postgres_archive: Engine) -> None:
    assert postgresql.connect_options({"connect_timeout": "30", "tcp_user_timeout": "0"}) == {
        "keepalives": 1,
        "keepalives_idle": 5,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "client_encoding": "utf8",
    }
    assert set(postgresql.connect_options({})) == {
        "connect_timeout",
        "tcp_user_timeout",
        *postgresql.connect_options({"connect_timeout": 1}),
    }
    url = postgres_archive.url
    for query, expected in (({}, "10min"), ({"options": "-c statement_timeout=7000"}, "7s")):
        engine = open_engine(url.update_query_dict(query).render_as_string(hide_password=False))
        try:
            with reading(engine) as connection:
                assert connection.exec_driver_sql("show statement_timeout").scalar() == expected
        finally:
            engine.dispose()


@pytest.mark.parametrize(
    "setting", ["datestyle = 'German, DMY'", "client_encoding = 'LATIN1'", "timezone = 'Asia/Kabul'"]
)
def test_settings_of_a_database_change_no_value(postgres: str, setting: str) -> None:
    with database(postgres) as url:
        run_on(url, f"alter database {make_url(url).database} set {setting}")
        migrate(url)
        with closing(open_archive(url, clock=lambda: NOON)) as archive:
            run_id = archive.runs.begin("collect", NOON)
            archive.runs.end(run_id, RunOutcome.FAILED, {}, "£5, €6 and “Łódź”")
            [run] = archive.runs.last(1)
            assert (run.started_at, run.error) == (NOON, "£5, €6 and “Łódź”")
            archive.share_work()
            archive.jobs.put([conclude_job(not_before=NOON)])
            assert awaited(_times_of_jobs(archive)) == [NOON]


async def _times_of_jobs(archive: Archive) -> list[datetime | None]:
    """Return when the jobs of an archive may begin, as workers see it."""
    async with archive.jobs.procrastinate_app().open_async() as queue:
        return [job.scheduled_at for job in await queue.job_manager.list_jobs_async()]


@pytest.mark.parametrize(
    "more", ["options=-c%20statement_timeout%3D30min", "host=/nowhere", "application_name=pq%20watch"]
)
def test_workers_understand_the_address_of_the_archive(postgres_archive: Engine, more: str) -> None:
    address = postgres_archive.url.render_as_string(hide_password=False)
    assert "host=" in address  # a Unix socket, to which more can be added
    with closing(open_archive(f"{address}&{more}", clock=lambda: NOON)) as archive:
        archive.share_work()
        archive.jobs.put([conclude_job(not_before=NOON)])
        assert awaited(_times_of_jobs(archive)) == [NOON]


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_keeps_texts_in_another_encoding_is_refused(postgres: str, encoding: str) -> None:
    name = f"texts_{encoding.lower()}_{os.getpid()}"
    run_on(postgres, f"create database {name} template template0 encoding '{encoding}' lc_collate 'C' lc_ctype 'C'")
    try:
        url = make_url(postgres).set(database=name).update_query_dict({"sslpassword": "hunter2"})
        with pytest.raises(ArchiveError, match=f"keeps texts as {encoding}: make it with --encoding=UTF8") as caught:
            migrate(url.render_as_string(hide_password=False))
        assert "hunter2" not in str(caught.value)
    finally:
        run_on(postgres, f"drop database {name} with (force)")


def test_a_statement_that_exceeds_its_timeout_is_reported(postgres_archive: Engine) -> None:
    url = postgres_archive.url.update_query_dict({"options": "-c statement_timeout=100"})
    engine = open_engine(url.render_as_string(hide_password=False))
    try:
        with (
            pytest.raises(ArchiveError, match=r"took longer than it may .*statement_timeout"),
            reading(engine) as here,
        ):
            here.exec_driver_sql("select pg_sleep(5)")
        with writing(engine) as here:
            take_your_time(here)
            assert here.exec_driver_sql("select 3 from pg_sleep(0.3)").scalar() == 3
        with reading(engine) as here:
            assert here.exec_driver_sql("show statement_timeout").scalar() == "100ms"
    finally:
        engine.dispose()


@pytest.mark.parametrize("severity", ["FATAL", "ВАЖНО", "致命的エラー"])
def test_what_a_server_says_at_connecting_is_understood_in_each_language(severity: str, emptied: Engine) -> None:
    said = (
        f'connection failed: connection to server at "db", port 5432 failed: {severity}:  das Datenbanksystem startet'
    )
    with pytest.raises(UnreachableError, match=r"refuses the connection \(.*startet\): wait"), translated(emptied):
        raise OperationalError("select 1", {}, psycopg.OperationalError(said))
    assert has_answered(psycopg.OperationalError(said))
    assert not has_answered(
        psycopg.OperationalError(f"{said.partition(severity)[0]}Connection refused\n\tIs it running?")
    )


@pytest.mark.parametrize(
    ("code", "kind", "expected"),
    [
        ("08006", UnreachableError, "can't be reached (nix zu machen): is the database server up"),
        ("57P01", UnreachableError, "can't be reached (nix zu machen): is the database server up"),
        ("55P03", LockedError, "is in use by another process"),
        ("40P01", LockedError, "is in use by another process"),
        ("25006", ArchiveError, "is read-only (nix zu machen): it is a standby"),
        ("40001", ArchiveError, "ended a statement (nix zu machen): try again"),
        ("42501", ArchiveError, "does not let its user do this (nix zu machen): pqwatch doctor says"),
        ("53100", ArchiveError, "the disk of the database server is full (nix zu machen)"),
        ("57014", ArchiveError, "took longer than it may (nix zu machen)"),
        ("XX001", ArchiveError, ": nix zu machen"),
    ],
)
def test_what_a_server_refuses_is_understood_in_each_language(
    code: str, kind: type[ArchiveError], expected: str, emptied: Engine
) -> None:
    statement = f"do $$ begin raise exception 'nix zu machen' using errcode = '{code}'; end $$"
    with pytest.raises(kind) as caught, reading(emptied) as connection:
        connection.exec_driver_sql(statement)
    assert expected in str(caught.value)


def test_a_socket_that_is_not_there_belongs_to_a_server_that_can_t_be_reached(tmp_path: Path) -> None:
    engine = open_engine(f"postgresql+psycopg://reader@/archive?host={tmp_path}")
    with pytest.raises(UnreachableError, match=r"can't be reached .*No such file or directory"), reading(engine):
        pass
    engine.dispose()


@pytest.mark.parametrize("whose", ["role", "database"])
def test_a_server_without_room_for_another_connection_is_waited_for(postgres: str, whose: str) -> None:
    name = f"full_{whose}_{os.getpid()}"
    run_on(postgres, f"create role {name} login connection limit {0 if whose == 'role' else 9}")
    run_on(postgres, f"create database {name} template template0 connection limit {0 if whose == 'database' else 9}")
    try:
        url = make_url(postgres).set(database=name, username=name).render_as_string(hide_password=False)
        engine = open_engine(url)
        with pytest.raises(UnreachableError, match=f"takes no more connections now .*too many.* for {whose}"):
            reading(engine).__enter__()
        engine.dispose()
    finally:
        run_on(postgres, f"drop database {name} with (force)")
        run_on(postgres, f"drop role {name}")


@pytest.mark.parametrize(
    "said",
    [
        "FATAL:  sorry, too many clients already",
        'FATAL:  remaining connection slots are reserved for roles with the "SUPERUSER" attribute',
        "FATAL:  no more connections allowed (max_client_conn)",
    ],
)
def test_each_sentence_of_a_server_without_room_is_understood(said: str, emptied: Engine) -> None:
    with pytest.raises(UnreachableError, match="takes no more connections now"), translated(emptied):
        raise OperationalError("select 1", {}, psycopg.OperationalError(f"connection failed: {said}"))


@pytest.mark.parametrize(
    "said",
    [
        "consuming input failed: SSL error: unexpected eof while reading",
        "consuming input failed: SSL SYSCALL error: EOF detected",
        "consuming input failed: SSL connection has been closed unexpectedly",
        "flushing failed: could not send data to server: Broken pipe",
        "the connection is closed",
        "[Errno -2] Name or service not known",
        "failed to resolve host 'db.example.org': [Errno -3] Temporary failure in name resolution",
    ],
)
def test_a_connection_that_breaks_off_is_told_as_a_server_that_cannot_be_reached(said: str, emptied: Engine) -> None:
    with pytest.raises(UnreachableError, match="can't be reached"), translated(emptied):
        raise OperationalError("select 1", {}, Exception(said))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('FATAL:  password authentication failed for user "reader"', "else correct user, password or database"),
        ("fe_sendauth: no password supplied", "else correct user, password or database"),
        ("server does not support SSL, but SSL was required", "see sslmode, sslrootcert"),
        ("SSL error: certificate verify failed", "has its certificate expired"),
        ("SSL error: sslv3 alert certificate expired", "has its certificate expired"),
    ],
)
def test_a_wrong_setting_is_not_told_as_a_server_that_is_down(said: str, expected: str, emptied: Engine) -> None:
    with pytest.raises(UnreachableError, match=expected) as caught, translated(emptied):
        raise OperationalError("select 1", {}, psycopg.OperationalError(f"connection failed: {said}"))
    assert "is the database server up" not in str(caught.value)


# -- users of the database --------------------------------------------------------------------------------------------


@pytest.fixture
def users(postgres: str) -> Iterator[dict[str, str]]:
    """Yield the address of a new archive for each user that docs/running.md makes: pqwatch, its worker and its reader."""
    names = {whose: f"pqwatch{os.getpid()}{whose}" for whose in ("", "_worker", "_reader")}
    text = re.search(r"```sql\n(.*?)```", Path("docs/running.md").read_text("utf-8"), re.DOTALL)
    assert text is not None
    run_on(postgres, f"create role {names['']} login")
    try:
        with database(postgres) as url:
            run_on(postgres, f"alter database {make_url(url).database} owner to {names['']}")
            urls = {
                whose: make_url(url).set(username=name).render_as_string(hide_password=False).replace(":@", "@")
                for whose, name in names.items()
            }
            migrate(urls[""])
            run_on(url, re.sub(r"\bpqwatch(_\w+)?\b", lambda found: names[found[1] or ""], text[1]))
            yield urls
    finally:
        for name in reversed(names.values()):
            run_on(postgres, f"drop role if exists {name}")


def test_the_worker_of_the_manual_does_all_but_upgrades(users: dict[str, str], tmp_path: Path) -> None:
    run_on(users[""], "create table of_a_later_upgrade (id serial primary key)")
    run_on(users["_worker"], "insert into of_a_later_upgrade default values")
    with sample().parliament(FIRST_DAY) as parliament:
        desk = Desk(folder=tmp_path, parliament=parliament, archive=users["_worker"], questions="look_back_days = 1")
        done = desk.run("run", "--as-of", FIRST_DAY.isoformat())
    assert done.code == 0, done.err
    with closing(open_archive(users["_worker"])) as archive:
        assert integrity.write_problem(archive.engine) == ""
        archive.share_work()
        assert archive.jobs.put([conclude_job(not_before=NOON)]) == 1


def test_the_reader_of_the_manual_reads_and_is_told_what_it_may_not(users: dict[str, str], tmp_path: Path) -> None:
    desk = Desk(folder=tmp_path, archive=users["_reader"])
    assert desk.run("status").code == 0
    assert desk.run("search", "slurry").code == 3  # nothing found
    refused = desk.run("run")
    assert refused.code == 1
    assert "does not let its user do this (permission denied for table lease): pqwatch doctor says" in refused.err
    [finding] = [
        found for found in desk.run("doctor", "--offline", "--json").data["findings"] if found["check"] == "archive"
    ]
    assert finding["level"] == "failed"
    assert "The database user may not write to alias, announced, announced_id_seq and " in finding["text"]


@pytest.mark.parametrize(
    ("takes", "what"), [("usage on sequence run_id_seq", "run_id_seq"), ("delete on table lease", "lease")]
)
def test_a_single_right_that_is_missing_is_named(takes: str, what: str, users: dict[str, str]) -> None:
    name = make_url(users["_worker"]).username
    run_on(users[""], f"revoke {takes} from {name}")
    engine = open_engine(users["_worker"])
    assert integrity.write_problem(engine) == f"the database user may not write to {what}"
    engine.dispose()


# -- failures between the dot and the record --------------------------------------------------------------------------


class Carrier:
    """Fake post that takes every mail. It calls `between` after the final dot, before the reply."""

    is_idempotent = False

    def __init__(self, between: object) -> None:
        self.between = between
        self.got: list[str] = []

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        assert message
        before_dot()
        self.got.append(recipient)
        assert callable(self.between)
        self.between()
        accepted("250 2.0.0 queued")

    def close(self) -> None:
        pass


def limit_without_waiting(now: list[float], seconds: float = 60) -> RetryLimit:
    """Return a retry limit that does not sleep but moves its clock, at least a second each time."""

    def sleep(seconds: float) -> None:
        now[0] += max(seconds, 1.0)

    return RetryLimit(seconds=seconds, sleep=sleep, now=lambda: now[0])


def bench_at(url: str) -> tuple[Archive, Bench]:
    clock = Clock()
    archive = Archive(open_engine(url), clock=clock)
    post = Bench(archive.outbox, clock)
    post.add(letter())
    return archive, post


def test_a_reply_is_recorded_after_the_database_closed_every_connection(emptied: Engine) -> None:
    url = emptied.url.render_as_string(hide_password=False)
    here, post = bench_at(url)
    others = "datname = current_database() and pid <> pg_backend_pid()"
    end_all = f"select pg_terminate_backend(pid) from pg_stat_activity where {others}"  # noqa: S608 (our own words)
    carrier = Carrier(lambda: run_on(url, end_all))
    try:
        report = send_pending(post.outbox, carrier, post.clock, retry_limit=limit_without_waiting([0.0]))
        assert (report.sent, post.row().state, post.row().ambiguous) == (1, DeliveryState.SENT, 0)
    finally:
        here.close()
        emptied.dispose()  # its connections were closed too


@pytest.mark.usefixtures("hasty", "emptied")
def test_a_reply_is_recorded_when_the_database_is_back(proxy: BlockableProxy, caplog: pytest.LogCaptureFixture) -> None:
    here, post = bench_at(proxy.url)
    carrier = Carrier(lambda: setattr(proxy, "is_blocked", True))
    now = [0.0]

    def sleep(_seconds: float) -> None:
        now[0] += 1.0
        proxy.is_blocked = False

    retry_limit = RetryLimit(seconds=60, sleep=sleep, now=lambda: now[0])
    try:
        report = send_pending(post.outbox, carrier, post.clock, retry_limit=retry_limit)
        assert (report.sent, post.row().state) == (1, DeliveryState.SENT)
        assert "not recorded yet" in caplog.text
    finally:
        here.close()


@pytest.mark.usefixtures("hasty", "emptied")
def test_a_reply_that_is_never_recorded_is_reported(proxy: BlockableProxy) -> None:
    here, post = bench_at(proxy.url)
    carrier = Carrier(lambda: setattr(proxy, "is_blocked", True))
    try:
        with pytest.raises(UnreachableError):
            # Each attempt waits two seconds for the server, whatever the clock says: three are enough.
            send_pending(post.outbox, carrier, post.clock, retry_limit=limit_without_waiting([0.0], seconds=2))
        proxy.is_blocked = False
        assert post.row().state is DeliveryState.DOTTED
        post.clock.advance(minutes=15)
        [doubt] = [
            failure
            for failure in send_pending(post.outbox, Carrier(lambda: None), post.clock).failures
            if "nobody knows" in failure
        ]
        assert "is sent again" in doubt
        assert post.row().ambiguous == 1
    finally:
        here.close()


def test_a_run_in_a_hurry_does_not_retry() -> None:
    retry_limit = RetryLimit(seconds_left=lambda: 0.0, sleep=lambda _: pytest.fail("it slept"))
    retry_limit.pause(9)
    assert retry_limit.is_over(retry_limit.now())


def test_a_reply_that_is_recorded_twice_changes_nothing(archive: Archive) -> None:
    clock = Clock()
    post = Bench(archive.outbox, clock)
    post.add(letter())
    claimed = archive.outbox.claim(clock())
    assert claimed is not None
    for _ in range(2):  # as if the connection broke after the commit and before its reply
        archive.outbox.sent(1, claimed[1], clock(), "250 2.0.0 ok")
    assert post.row().state is DeliveryState.SENT
