"""Commands that upgrade, check and describe an archive, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from db import schema
from monitor.cli import pqwatch
from monitor.config.default import default_config_text, with_values
from monitor.errors import SchemaError
from monitor.queue import versions
from tests.servers import run_on

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def config(empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a configuration whose archive is a database without a schema."""
    monkeypatch.setenv("PQWATCH_DATABASE", empty_url)
    path = tmp_path / "config.toml"
    text = with_values(default_config_text(), {("http", "contact"): "mailto:desk@example.org"})
    path.write_text(text.replace('url = "sqlite:///pqwatch.db"', 'url_env = "PQWATCH_DATABASE"', 1))
    return path


def run(config: Path, *flags: str) -> Result:
    result = CliRunner().invoke(pqwatch, [*flags, "--config", str(config)])
    if result.exception is not None and not isinstance(result.exception, SystemExit | SchemaError):
        raise result.exception
    return result


def levels(config: Path) -> dict[str, str]:
    report = json.loads(run(config, "doctor", "--offline", "--json").stdout)
    return {finding["check"]: finding["level"] for finding in report["findings"]}


def test_upgrade_check_and_status_from_an_empty_database(config: Path, dialect: str) -> None:
    assert levels(config)["schema"] == ("warning" if dialect == "sqlite" else "failed")
    made = run(config, "db", "upgrade")
    assert made.exit_code == 0
    assert f"at {schema.HEAD}" in made.stderr
    assert "already" in run(config, "db", "upgrade").stderr
    checked = run(config, "db", "check")
    assert (checked.exit_code, checked.stdout) == (0, "")
    found = levels(config)
    assert (found["schema"], found["integrity"], found["collect"]) == ("ok", "ok", "warning")
    status = json.loads(run(config, "status", "--json").stdout)
    assert status["schema"] == schema.HEAD
    assert status["size_bytes"] > 10_000
    assert status["counts"]["records"] == 0
    assert run(config, "status").stdout.count("\n") > 8


def test_upgrade_says_that_workers_of_an_earlier_version_are_alive(
    config: Path, empty_url: str, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "earlier version" not in run(config, "db", "upgrade").stderr
    if dialect == "sqlite":
        return  # no workers share such an archive
    run_on(empty_url, "insert into procrastinate_workers values (default)")
    assert "earlier version" not in run(config, "db", "upgrade").stderr
    monkeypatch.setattr(versions, "own_version", lambda: "99.0")
    said = run(config, "db", "upgrade").stderr
    assert "Still running: 1 worker of the earlier version" in said
    assert "Start pqwatch worker" in said
    run_on(empty_url, "insert into procrastinate_workers values (default)")
    monkeypatch.setattr(versions, "own_version", lambda: "99.1")
    assert "Still running: 2 workers of the earlier version" in run(config, "db", "upgrade").stderr


def test_status_of_an_empty_database(config: Path, dialect: str) -> None:
    result = run(config, "status")
    if dialect == "sqlite":  # there is no file yet
        assert result.exit_code == 0
    else:
        assert isinstance(result.exception, SchemaError)
        assert "pqwatch db upgrade" in str(result.exception)
