"""Worker that may be killed or fail at a planned point. It ends when nothing is left to do.

`python -m tests.reliability.pointed_worker worker`, with a plan as JSON in the variable PQWATCH_TEST_PLAN (see
tests/reliability/points.py), or "{}" for none. First it hands out a round and the past of a source, as `pqwatch serve` and
`pqwatch backfill` do. Its loop is that of every worker, in which Procrastinate fetches jobs; but what waits for a moment
gets its turn at once, so that the points come in one order, whatever the clock says.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

import procrastinate
import psycopg.pq
from sqlalchemy.engine import make_url

import db.jobs
import monitor.cli
from monitor import app, match
from monitor.collect import parts
from monitor.errors import MonitorError
from monitor.queue import dispatch, sources, work, worker
from scrapers.http import client
from tests.reliability import hasty_worker
from tests.reliability.points import install

MOST_HURRIES = 25
"""Most times that waiting jobs get their turn. Work that is not done by then never ends."""
MOST_TRIES = 10
"""Most tries to hand out the work, which fails as often as there are errors."""
PAUSE = 0.1
"""Seconds for which Parliament is left alone when it asks for a pause; a second at least otherwise."""
NEVER = 600
"""Seconds longer than any process here lives."""

_HURRY = b"""
    UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' AND scheduled_at > now();
    UPDATE outbox SET next_try_at = next_try_at - interval '5 hours', dotted_at = dotted_at - interval '5 hours'
        WHERE state IN ('pending', 'sending', 'dotted');
    SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
"""


def main() -> None:
    """Hand out a round, and work it off."""
    plan = json.loads(os.environ["PQWATCH_TEST_PLAN"])
    config_path = os.environ["PQWATCH_CONFIG"]
    os.chdir(Path(config_path).parent)
    sys.dont_write_bytecode = True  # writing it would be a point
    hasty_worker.shorten()
    end_when_all_is_done(app.configuration(config_path).archive.url.reveal())
    if plan:
        install({**plan, "driver": "postgresql", "has_queue": True})
    for _ in range(MOST_TRIES):
        try:
            hand_out(config_path, os.environ["PQWATCH_TEST_PAST"])
            break
        except MonitorError as exc:  # `serve` and a person try again
            sys.stderr.write(f"! {exc}\n")
    monitor.cli.main()


def hand_out(config_path: str, past: str) -> None:
    """Make jobs of what is due, and of the past of the questions between two days."""
    config = app.configuration(config_path)
    archive = app.archive(config)
    try:
        dispatch.begin_round(archive, config, app.clock(), reads_sources=True)
        first, last = map(date.fromisoformat, past.split())
        dispatch.begin_backfill(archive, config, "questions", first, last)
        dispatch.deliver_due(archive, config, app.clock())
    finally:
        archive.close()


def end_when_all_is_done(url: str) -> None:
    """Let a worker end when there is no job, split work alone, and take up what was left whenever nothing comes."""
    for module, name, value in (
        (parts, "WINDOWS_IN_A_PART", 3),
        (match, "RANGE", 1),
        (match, "MANY", 2),
        (client, "_FIRST_BUSY_PAUSE", 0.01),
        (client, "retry_after", lambda *_: PAUSE),
        (sources, "SEVERAL", 1),
        (work, "SEVERAL", 1),
        (db.jobs, "STALLED_SECONDS", NEVER),
        (worker, "STALLED_SECONDS", NEVER),
        (worker, "HEARTBEAT_SECONDS", NEVER),
        (worker, "LISTEN_SECONDS", 0.3),
        (worker, "UNNOTED_SECONDS", 0.2),
        (worker, "RECONNECT_SECONDS", (0.02,)),
    ):
        assert hasattr(module, name)
        setattr(module, name, value)
    fetch, run = worker.Fetching._work, procrastinate.App.run_worker_async
    run_worker, turn = worker.Worker.run, worker.Worker._turn
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    hurries = iter(range(MOST_HURRIES))

    async def fetch_until_idle(self: worker.Fetching) -> None:
        await fetch(self)
        if not hurry(address) or next(hurries, None) is None:
            self._stopping.set()

    def take_up_and_run(self: worker.Worker) -> None:
        self._take_up_stalled()
        run_worker(self)

    def turn_and_take_up(self: worker.Worker) -> None:
        before = dict(self._ended)
        turn(self)
        if self._ended == before:
            self._take_up_stalled()

    @functools.wraps(run)
    async def run_until_idle(self: procrastinate.App, **how: Any) -> None:
        await run(self, **{**how, "wait": False, "listen_notify": False})

    for owner, name, function in (
        (worker.Fetching, "_work", fetch_until_idle),
        (worker.Worker, "run", take_up_and_run),
        (worker.Worker, "_turn", turn_and_take_up),
        (procrastinate.App, "run_worker_async", run_until_idle),
    ):
        assert hasattr(owner, name)
        setattr(owner, name, function)


def hurry(address: str) -> int:
    """Let the moment come for which jobs and messages wait; return how many jobs are left. Below what points watch."""
    connection = psycopg.pq.PGconn.connect(address.encode())
    try:
        done = connection.exec_(_HURRY)
        assert done.status == psycopg.pq.ExecStatus.TUPLES_OK, connection.error_message
        return int(done.get_value(0, 0) or b"0")
    finally:
        connection.finish()


if __name__ == "__main__":
    sys.argv[0] = "pqwatch"
    main()
