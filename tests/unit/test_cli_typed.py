"""Commands that messages name: with --config where the file is not found without it, so that they can be typed."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click
import pytest

from monitor.cli import COMMANDS, pqwatch
from monitor.cli.typed import as_typed, note_config
from tests.unit.cli_kit import CONFIG, make_desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Call a command with --config, from a folder where the file is not found without it."""
    path = tmp_path / "a folder" / "config.toml"
    path.parent.mkdir()
    path.write_text(CONFIG, encoding="utf-8")
    monkeypatch.delenv("PQWATCH_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    note_config(None, None, str(path))
    return path


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("To fill it: pqwatch run", "To fill it: pqwatch run OPTION"),
        ("`pqwatch deliver --release 1` sends it", "`pqwatch deliver OPTION --release 1` sends it"),
        ("pqwatch terms add TOPIC 'two words'", "pqwatch terms add OPTION TOPIC 'two words'"),
        ("No worker is alive: start pqwatch worker.", "No worker is alive: start pqwatch worker OPTION"),
        ("pqwatch topics lists them", "pqwatch topics OPTION lists them"),
        ("pqwatch not-relevant 7; or: pqwatch done 7.", "pqwatch not-relevant OPTION 7; or: pqwatch done OPTION 7."),
        ("pqwatch matches --limit 0 --config 'x y'", "pqwatch matches --limit 0 --config 'x y'"),
        ("pqwatch had not run; pqwatch help run; pqwatch demo", "pqwatch had not run; pqwatch help run; pqwatch demo"),
        ("nothing", "nothing"),
    ],
)
def test_commands_get_the_option(given: Path, said: str, typed: str) -> None:
    assert as_typed(said) == typed.replace("OPTION", f"--config '{given}'")


def test_a_file_that_is_found_needs_no_option(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(given.parent)
    assert as_typed("pqwatch run") == "pqwatch run"
    monkeypatch.chdir("/")
    assert as_typed("pqwatch run") == f"pqwatch run --config '{given}'"
    monkeypatch.setenv("PQWATCH_CONFIG", str(given))
    assert as_typed("pqwatch run") == "pqwatch run"
    note_config(None, None, None)
    monkeypatch.delenv("PQWATCH_CONFIG")
    assert as_typed("pqwatch run") == "pqwatch run"


def test_without_a_home_folder_a_message_stays_as_it_is(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    note_config(None, None, "~no-such-user-here/config.toml")
    assert as_typed("pqwatch run") == "pqwatch run"


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("demo", "help", "init")])
def test_each_command_takes_the_option(name: str) -> None:
    command = pqwatch.get_command(click.Context(pqwatch), name)
    assert command is not None
    within = list(command.commands.values()) if isinstance(command, click.Group) else [command]
    for called in within:
        assert "config_path" in [option.name for option in called.params], f"{name} {called.name}"


def test_what_messages_suggest_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "our desk").mkdir()
    desk = make_desk(tmp_path / "our desk")
    monkeypatch.delenv("PQWATCH_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    option = f"--config '{desk.folder / 'config.toml'}'"
    muted = desk.run("mute", "school trips", "--until", "14d").stdout
    assert f"To end it before: pqwatch unmute {option} 1" in " ".join(muted.split())
    assert f"pqwatch cite {option} q-140001" in desk.run("show", "140001").stdout
    missing = desk.run("show", "clean water").stderr
    assert missing.endswith(f"To look for these words: pqwatch search {option} 'clean water'\n")
    found = desk.run(*shlex.split(missing.rpartition("pqwatch ")[2])[:-1], "bathing water")
    assert (found.exit_code, "140001" in found.stdout) == (0, True)
