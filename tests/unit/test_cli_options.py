"""Days, instants and mistyped commands on the command line, help, and completion by Tab."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from monitor import app
from monitor.cli import COMMANDS, pqwatch
from monitor.cli.options import AsOf, Day, Number, full_path
from monitor.cli.workspace import topic_key
from monitor.errors import ConfigError
from monitor.model.watching import Topic
from tests.fakes import a_config


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: datetime(2021, 2, 10, 9, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2024-11-26", date(2024, 11, 26)),
        ("today", date(2021, 2, 10)),
        ("yesterday", date(2021, 2, 9)),
        ("7d", date(2021, 2, 3)),
        ("99999d", date(1747, 4, 29)),
        ("1000-01-01", date(1000, 1, 1)),
        ("2999-12-31", date(2999, 12, 31)),
    ],
)
def test_days_that_are_understood(typed: str, day: date) -> None:
    assert Day().convert(typed, None, None) == day


@pytest.mark.parametrize("typed", ["", "soon", "2024-02-30", "999999d", "0999-12-31", "0001-01-01", "3000-01-01"])
def test_days_that_are_refused(typed: str) -> None:
    with pytest.raises(click.BadParameter, match="is no day: write 2024-11-26"):
        Day().convert(typed, None, None)


@pytest.mark.parametrize("name", ["db", "digest", "promises", "subscribers", "terms", "topics"])
def test_help_of_a_group_has_whole_sentences(name: str) -> None:
    shown = CliRunner().invoke(pqwatch, [name, "--help"], terminal_width=80).stdout
    listed = " ".join(shown.partition("Commands:")[2].split())
    group = pqwatch.get_command(click.Context(pqwatch), name)
    assert isinstance(group, click.Group)
    for command in group.commands.values():
        assert f"{command.name} {command.get_short_help_str(500)}" in listed


def test_numbers_that_no_archive_has_are_refused() -> None:
    assert Number().convert("7", None, None) == 7
    for typed in ("", "x", "-1", "1.5", "99999999999999999999", "\u0663"):
        with pytest.raises(click.BadParameter, match="is no number of the list: write it as it stands there"):
            Number().convert(typed, None, None)
    for command in (
        ["deliver", "--release"],
        ["deliver", "--discard"],
        ["digest", "resend"],
        ["db", "merged", "--undo"],
    ):
        assert CliRunner().invoke(pqwatch, [*command, "9" * 30]).exit_code == 2


def test_a_home_folder_that_is_not_known_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    path, said = "~no-such-user-here/x", "the home folder is not known; write the whole path"
    with pytest.raises(click.UsageError, match=said):
        full_path(path)
    with pytest.raises(ConfigError, match=said):
        app.configuration(path)
    monkeypatch.setenv("PQWATCH_CONFIG", path)
    assert isinstance(CliRunner().invoke(pqwatch, ["status"]).exception, ConfigError)
    assert CliRunner().invoke(pqwatch, ["init", "--yes"]).exit_code == 2


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2024-11-26", datetime(2024, 11, 26, 23, 59, 59, tzinfo=UTC)),
        ("2024-07-01", datetime(2024, 7, 1, 22, 59, 59, tzinfo=UTC)),
        ("2024-07-01T07:30", datetime(2024, 7, 1, 6, 30, tzinfo=UTC)),
        ("2024-07-01T07:30+00:00", datetime(2024, 7, 1, 7, 30, tzinfo=UTC)),
    ],
)
def test_instants_that_are_understood(typed: str, instant: datetime) -> None:
    assert AsOf().convert(typed, None, None) == instant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "7d",
        "2024-02-30",
        "2024-11-26 at 5",
        "0001-01-01",
        "0001-01-01T00:00+05:00",
        "9999-12-31T23:59-10:00",
        "3000-01-01",
    ],
)
def test_instants_that_are_refused(typed: str) -> None:
    with pytest.raises(click.BadParameter, match="is no instant: write 2024-11-26 or"):
        AsOf().convert(typed, None, None)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["serch"], "No such command 'serch'. Did you mean 'search'?"),
        (["subscribers", "lst"], "No such command 'lst'. Did you mean 'list'?"),
        (["help", "terms", "ad"], "No such command 'ad'. Did you mean 'add'?"),
        (["help", "docter"], "No such command 'docter'. Did you mean 'doctor'?"),
        (["help", "run", "dry"], "pqwatch run has no commands of its own: pqwatch help run"),
        (["run", "--dryrun"], "No such option '--dryrun'. Did you mean '--dry-run'?"),
    ],
)
def test_mistyped_command_gets_the_nearest_one(words: list[str], message: str) -> None:
    result = CliRunner().invoke(pqwatch, words, prog_name="pqwatch")
    assert result.exit_code == 2
    assert f"Error: {message}" in result.output


@pytest.mark.parametrize("words", [[], ["search"], ["terms", "add"]])
def test_help_command_equals_the_help_flag(words: list[str]) -> None:
    by_command = CliRunner().invoke(pqwatch, ["help", *words], prog_name="pqwatch")
    by_flag = CliRunner().invoke(pqwatch, [*words, "--help"], prog_name="pqwatch")
    assert by_command.exit_code == 0
    assert by_command.output == by_flag.output


WITHOUT_ARCHIVE = {"demo", "help"}
"""The demo makes an archive of its own, and the help needs none."""


def _commands(command: click.Command, name: str = "") -> list[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        return [(name, command)]
    context = click.Context(command)
    found = [(word, command.get_command(context, word)) for word in command.list_commands(context)]
    return [pair for word, inner in found if inner for pair in _commands(inner, f"{name} {word}".strip())]


def test_every_command_takes_a_configuration() -> None:
    refusing = {
        name for name, command in _commands(pqwatch) if not any("--config" in option.opts for option in command.params)
    }
    assert refusing == WITHOUT_ARCHIVE


def test_tab_completes_a_command_without_loading_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "searched", ("no.such.module", "Not there."))
    completed = ShellComplete(pqwatch, {}, "pqwatch", "_PQWATCH_COMPLETE").get_completions([], "se")
    assert {entry.value for entry in completed} == {"search", "serve", "searched"}


@pytest.mark.parametrize("given", ["Health care", "health CARE", "Health  care"])
def test_a_topic_goes_by_its_name_as_it_is_listed(given: str) -> None:
    topics = (Topic(key="Health  care", name="Health  care", terms=("hospital",)),)
    assert topic_key(a_config(topics=topics), given) == "Health  care"
