"""Canary secrets: a test that leaks one fails, and commands that fail keep them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import pqwatch
from tests.canaries import PASSWORD, TOKEN, URL_PASSWORD, Ears, sung

ROOT = Path(__file__).resolve().parents[2]

LEAKS = """
import logging, os, subprocess, sys, click, click.testing
from tests.canaries import PASSWORD, TOKEN

def test_print(): print("it is", PASSWORD)
def test_stderr(): print("it is", TOKEN, file=sys.stderr)
def test_log(): logging.getLogger("a").warning("it is %s", os.environ["PQWATCH_SMTP_PASSWORD"])
def test_process(): subprocess.run([sys.executable, "-c", f"print({TOKEN!r})"], capture_output=True)
def test_command():
    click.testing.CliRunner().invoke(click.command()(lambda: click.echo(TOKEN)))
def test_nothing(): print("it is not said")
"""


def test_who_lets_a_canary_out_fails(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "from tests.canaries import pytest_configure, pytest_runtest_makereport, pytest_unconfigure\n", encoding="utf-8"
    )
    (tmp_path / "test_leaks.py").write_text(LEAKS, encoding="utf-8")
    report = tmp_path / "report"
    with report.open("wb") as out:  # not through a pipe, or this test would detect the canaries too
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", str(tmp_path)]
        done = subprocess.run(command, stdout=out, stderr=out, check=False, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})  # noqa: S603 (ourselves)
    text = report.read_text("utf-8")
    assert done.returncode == 1
    assert "5 failed, 1 passed" in text


@pytest.mark.parametrize(
    "form", [PASSWORD, PASSWORD.encode(), f"x{TOKEN}x", f"//u:{URL_PASSWORD}@h", "Y2FuYXJ5LVphdW5rw7ZuaWctNzczMQ=="]
)
def test_canary_is_recognised_in_every_encoding(form: str | bytes) -> None:
    assert sung(form)


def test_text_without_a_canary_passes() -> None:
    ears = Ears()
    for text in (None, b"\xff", "canary", "***"):
        ears.listen(text, "nowhere")
    assert ears.heard == []


CONFIG = f"""
[archive]
url = "postgresql+psycopg://reader:{URL_PASSWORD}@127.0.0.1:9/pqwatch"
[http]
proxy = "http://reader:{URL_PASSWORD}@127.0.0.1:9"
[monitoring]
ping_url = "http://127.0.0.1:9/ping/{TOKEN}"
[delivery]
from = "pqwatch@example.org"
[delivery.smtp]
host = "127.0.0.1"
port = 9
username = "reader"
password_env = "PQWATCH_SMTP_PASSWORD"
[[topics]]
name = "Water"
terms = ["bathing water"]
[[subscribers]]
name = "Desk"
email = "desk@example.org"
topics = ["*"]
"""


ADDRESS = f"postgresql+psycopg://reader:{URL_PASSWORD}@127.0.0.1:9/pqwatch"


@pytest.mark.parametrize("archive", [ADDRESS, "sqlite:///a.db"], ids=["no server", "file"])
@pytest.mark.parametrize("command", ["status", "doctor", "deliver", "db upgrade", "db check", "search x"])
def test_commands_that_fail_keep_their_secrets(command: str, archive: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG.replace(ADDRESS, archive), encoding="utf-8")
    result = CliRunner().invoke(pqwatch, [*command.split(), "--config", str(tmp_path / "config.toml")])
    output = f"{result.output}{result.exception!r}"
    assert result.exit_code != 0 or result.output
    assert not sung(output)
