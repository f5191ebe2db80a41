"""Folder with a config.toml and an archive, run on two days against the stand-in for Parliament."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from click.testing import CliRunner
from sqlalchemy import update

from db import tables
from db.transactions import writing
from monitor import app
from monitor.config.default import default_config_text, with_values
from monitor.demo.parliament import Parliament
from monitor.demo.sample import sample
from monitor.errors import MonitorError
from tests.e2e.forge import FORGE, Place

if TYPE_CHECKING:
    import click
    from click.testing import Result

    from monitor.config.settings import Config

DAYS = (date(2024, 11, 26), date(2024, 11, 27))
NOW = datetime(2024, 11, 27, 9, 0, tzinfo=UTC)
"""Time of the last run: a Wednesday, an hour and a half after the digest was due."""
LOOK_BACK = 5
"""Days that each run reads, fewer than by default. Each is six windows."""


def config_text(url: str) -> str:
    """Return the default configuration with a stand-in at `url`, requests without pauses, and another contact."""
    ours: dict[tuple[str, str], str | int] = {
        ("http", "contact"): "mailto:desk@example.org",
        ("sources.questions", "look_back_days"): LOOK_BACK,
    }
    text = with_values(default_config_text(), ours)
    for name in ("questions-statements-api", "members-api", "whatson-api"):
        text = text.replace(f"https://{name}.parliament.uk", url)
    return text.replace('"200ms"', '"0ms"')


def build(folder: Path) -> Path:
    """Make config.toml and pqwatch.db in a folder as they are after two days of use, and return the configuration's path."""
    path = folder / "config.toml"
    loaded = sample()
    with Parliament(loaded.entries, loaded.members) as parliament:
        path.write_text(config_text(parliament.url), encoding="utf-8")
        config = app.configuration(str(path))
        for day in DAYS:
            parliament.now = day
            _run(config, datetime(day.year, day.month, day.day, 9, 0, tzinfo=UTC))
    return path


def _run(config: Config, now: datetime) -> None:
    archive = app.archive(config, now=lambda: now)
    with app.pipeline(config, archive, as_of=now, now=lambda: now) as pipeline:
        report = pipeline.run()
        assert report.ok, report.failures
    with writing(archive.engine) as connection:  # the network client uses the real clock
        connection.execute(update(tables.payload).values(fetched_at=now))
    archive.close()


def copy(built: Path, folder: Path) -> Path:
    """Copy the folder for a test that changes it, and return the configuration's path."""
    shutil.copytree(built.parent, folder, dirs_exist_ok=True)
    for name in ("config.toml", "pqwatch.db"):
        (folder / name).chmod(0o600)
    return folder / "config.toml"


def call(command: click.Command, *flags: str, answer: str = "") -> Result:
    """Run a command in this process. Unexpected exceptions are raised."""
    result = CliRunner().invoke(command, flags, input=answer)
    if result.exception is not None and not isinstance(result.exception, SystemExit | MonitorError):
        raise result.exception
    return result


def forked(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Run pqwatch in a process of its own that has the program loaded already."""
    with TemporaryDirectory() as streams:
        out, err = Path(streams, "out"), Path(streams, "err")
        code = FORGE.run(Place(_environment(), folder, out, err), flags)
        assert code is not None
        return subprocess.CompletedProcess(flags, code, out.read_text("utf-8"), err.read_text("utf-8"))


def program(folder: Path, *flags: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run pqwatch as users do, without a terminal."""
    return subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-m", "monitor", *flags],
        cwd=folder,
        env=_environment() | env,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PQWATCH")}
