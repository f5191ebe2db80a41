# ruff: noqa: INP001 - a script, no part of a package
"""Cost of starting: CPU time of whole processes, `pqwatch --help` and `pqwatch search`, on a small archive.

Run it from the checkout: `uv run python bench/startup.py [ROUNDS]`. It makes an archive of the bundled sample in a
temporary folder, runs each command ROUNDS times (7) in turn, and prints the least and the median of user and system time
together, and how many times the interpreter's own start that is: milliseconds differ from machine to machine, ratios
hardly. Modules are compiled once and kept, as where pqwatch is installed, also if PYTHONDONTWRITEBYTECODE is set. Modules
that a search must not load are named if it does.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from monitor import app
from monitor.collect.revisions import store_readings
from monitor.demo.sample import sample
from monitor.model.sources import Reading
from scrapers.http.client import Client
from scrapers.questions_statements.questions import QuestionsSource

HEAVY = (
    "jinja2",
    "lxml",
    "bs4",
    "httpx",
    "apscheduler",
    "css_inline",
    "alembic",
    "holidays",
    "icalendar",
    "mcp",
    "rich",
    "tomlkit",
    "sqlalchemy.dialects.postgresql",
)
COMMAND = "from monitor.cli import main; main()"


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as folder:
        config = make_archive(Path(folder))
        commands = {
            "python -c pass": ["-c", "pass"],
            "import click": ["-c", "import click"],
            "import sqlalchemy": ["-c", "import sqlalchemy"],
            "pqwatch --help": ["-c", COMMAND, "--help"],
            "pqwatch search": ["-c", COMMAND, "search", "National Crime Agency", "--config", str(config)],
            "pqwatch search --json": [
                "-c",
                COMMAND,
                "search",
                "National Crime Agency",
                "--json",
                "--config",
                str(config),
            ],
        }
        environment = with_compiled_modules(Path(folder))
        for arguments in commands.values():
            cpu_ms(arguments, environment)
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, arguments in commands.items():
                taken[name].append(cpu_ms(arguments, environment))
        loaded = heavy_modules(commands["pqwatch search"])
    bare = statistics.median(taken["python -c pass"])
    print(f"{'':24}{'least':>8}{'median':>8}   times the interpreter")  # noqa: T201 - this is what it is for
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"{name:24}{min(times):>6.0f}ms{median:>6.0f}ms{median / bare:>8.1f}")  # noqa: T201
    print(f"search loads of what it must not: {', '.join(loaded) or 'nothing'}")  # noqa: T201


def make_archive(folder: Path) -> Path:
    """Make an archive of the sample's first day; return the configuration."""
    config = folder / "config.toml"
    config.write_text('[archive]\nurl = "sqlite:///pqwatch.db"\n', encoding="utf-8")
    archive = app.archive(app.configuration(str(config)))
    try:
        store_readings(archive, readings(), today=app.clock().date(), is_news=lambda _before, _after, _events: False)
    finally:
        archive.close()
    return config


def readings() -> list[Reading]:
    """Read every question of the sample from the stand-in for Parliament."""
    bundled = sample()
    with bundled.parliament() as parliament, Client("mailto:bench@example.org", "0", min_interval=0) as client:
        source = QuestionsSource(client, parliament.url, ())
        payloads = (detail.payload for detail in source.read_details([str(entry.id) for entry in bundled.entries]))
        received = [payload for payload in payloads if payload]
        return [Reading(payload=payload, proceeding=source.parse(payload), is_detail=True) for payload in received]


def with_compiled_modules(folder: Path) -> dict[str, str]:
    """Return an environment in which Python keeps compiled modules in a folder."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**environment, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}


def cpu_ms(arguments: list[str], environment: dict[str, str]) -> float:
    """Measure user and system time of one process, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)  # noqa: S603 - our own
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def heavy_modules(arguments: list[str]) -> list[str]:
    """Return the slow libraries that a command loads."""
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"},
    )
    names = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    return [name for name in HEAVY if name in names]


if __name__ == "__main__":
    main()
