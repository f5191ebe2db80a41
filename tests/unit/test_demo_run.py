"""Code of the demo itself: its configuration, and days that fail."""

from __future__ import annotations

import errno
import os
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli.demo import demo_command
from monitor.config.default import default_config_text, with_values
from monitor.demo import run
from monitor.demo.run import demo, demo_config
from monitor.errors import MonitorError, OutputError
from monitor.pipeline import Pipeline


def test_demo_configuration_is_the_default_with_other_addresses() -> None:
    default = tomllib.loads(default_config_text())
    given = tomllib.loads(demo_config("http://127.0.0.1:8000", "127.0.0.1", 2500))
    assert given["topics"] == default["topics"]
    assert given["subscribers"] == default["subscribers"]
    assert (
        given["sources"]["questions"]["base_url"] == given["sources"]["members"]["base_url"] == "http://127.0.0.1:8000"
    )
    assert given["delivery"]["transport"] == "smtp"
    assert given["delivery"]["smtp"] == {**default["delivery"]["smtp"], "port": 2500, "tls": "none"}


def test_damaged_default_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "default_config_text", lambda: default_config_text().replace("port = 587", "port = 25"))
    with pytest.raises(MonitorError, match=r"has no line port = 587: this copy of pqwatch is damaged"):
        demo_config("http://127.0.0.1:8000", "127.0.0.1", 2500)


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the demo read one day only, which takes a tenth of the time."""
    text = with_values(default_config_text(), {("sources.questions", "look_back_days"): 1})
    monkeypatch.setattr(run, "default_config_text", lambda: text)


@pytest.mark.usefixtures("brief")
def test_a_day_without_mail_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pipeline, "compose", lambda *_: None)
    with pytest.raises(MonitorError, match="the demo of 2024-11-26 went wrong: no mail came"):
        next(demo(tmp_path))


@pytest.mark.usefixtures("brief")
def test_ctrl_c_while_it_reads_ends_the_demo_as_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Pipeline, "collect", interrupt)
    with pytest.raises(KeyboardInterrupt):
        next(demo(tmp_path))


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    result = CliRunner().invoke(demo_command, ["--folder", str(tmp_path / "file" / "demo")])
    assert isinstance(result.exception, OutputError)
    assert "can't be made (Not a directory): name another with --folder" in str(result.exception)

    def full(_path: Path, _content: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match=r"config.toml can't be written \(No space left on device\)"):
        next(demo(tmp_path))


@pytest.mark.usefixtures("brief")
def test_a_day_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pipeline, "compose", lambda self: self.report.failures.append("the ink is dry"))
    with pytest.raises(MonitorError, match="went wrong: the ink is dry"):
        next(demo(tmp_path))
