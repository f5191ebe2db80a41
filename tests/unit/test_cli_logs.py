"""Log on stderr, as text and as JSON."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from monitor.cli import pqwatch
from monitor.cli.logs import log_format_option, start_logging

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger("monitor.example")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@click.command()
@log_format_option
def an_example() -> None:
    start_logging()
    log.info("collect source=%s read=%d%% of=%d", "questions\x1b[2J", 100, 7)
    log.info("match found=3 outcome=ok", extra={"fields": {"stage": "match", "found": 3}})
    try:
        int("no\x1b[2J")
    except ValueError:
        log.exception("compose subscriber=%s", "a=1 b=2")


def lines(*words: str) -> list[str]:
    return CliRunner().invoke(an_example, words).stderr.splitlines()


def test_text_line_has_time_and_level() -> None:
    first, second, third, *trace = lines()
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert re.fullmatch(stamp + r" INFO    collect source=questions\[2J read=100% of=7", first)
    assert re.fullmatch(stamp + r" INFO    match found=3 outcome=ok", second)
    assert re.fullmatch(stamp + r" ERROR   compose subscriber=a=1 b=2", third)
    assert trace[0].startswith("Traceback")
    assert trace[-1].startswith("ValueError: invalid literal")


def test_json_line_has_the_logged_values_as_fields() -> None:
    entries: list[dict[str, Any]] = [json.loads(line) for line in lines("--log-format", "json")]
    assert [list(line) for line in entries] == [["time", "level", "logger", "message", "fields", "error"]] * 3
    assert [line["level"] for line in entries] == ["info", "info", "error"]
    assert {line["logger"] for line in entries} == {"monitor.example"}
    assert entries[0]["fields"] == {"source": "questions\x1b[2J", "read": 100, "of": 7}
    assert entries[0]["message"] == "collect source=questions[2J read=100% of=7"
    assert entries[1]["fields"] == {"stage": "match", "found": 3}
    assert entries[2]["fields"] == {"subscriber": "a=1 b=2"}
    assert entries[2]["error"].startswith("Traceback")
    assert "ValueError: invalid literal" in entries[2]["error"]


def test_json_has_one_line_per_event_and_no_control_characters() -> None:
    output = CliRunner().invoke(an_example, ["--log-format", "json"]).stderr
    assert len(output.splitlines()) == 3
    assert "\x1b" not in output


@pytest.mark.parametrize("command", ["run", "collect", "match", "compose", "deliver", "reparse", "serve", "backfill"])
def test_logging_commands_have_the_option(command: str) -> None:
    assert "--log-format" in CliRunner().invoke(pqwatch, [command, "--help"]).output
    refused = CliRunner().invoke(pqwatch, [command, "--log-format", "xml"])
    assert refused.exit_code == 2
    assert "'text', 'json'" in refused.output
