"""A config.toml that differs from the one that the archive was last used with."""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from monitor.config import last_used
from monitor.errors import ConfigError
from tests.unit.cli_kit import CONFIG

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

OFF = "\n[sources.questions]\nenabled = false\n"
BOB = '\n[[subscribers]]\nname = "Bob"\nemail = "bob@example.org"\ncadence = "weekly"\n'
SEWAGE = '\n[[topics]]\nname = "Sewage"\nterms = ["sewage"]\n'
OLD, NEW = 1_700_000_000, 1_800_000_000


def machine(folder: Path, text: str, saved: int) -> Path:
    """Make a folder with a config.toml of its own that uses the archive of the parent folder."""
    folder.mkdir(exist_ok=True)
    path = folder / "config.toml"
    path.write_text(text.replace("sqlite:///pqwatch.db", f"sqlite:///{folder.parent / 'pqwatch.db'}") + OFF, "utf-8")
    os.utime(path, (saved, saved))
    return path


def match(path: Path) -> Result:
    return CliRunner().invoke(pqwatch, ["match", "--config", str(path)])


def readers(path: Path) -> set[str]:
    with closing(app.archive(app.configuration(str(path), env={}))) as archive:
        return set(archive.watch_list.watched()[1].values())


def test_an_emptied_file_removes_no_subscriber(tmp_path: Path) -> None:
    """A full disk, or an editor that has not written yet, leaves an empty file: all defaults, and no readers."""
    path = tmp_path / "config.toml"
    path.write_text(CONFIG + OFF, "utf-8")
    assert match(path).exit_code == 0
    path.write_bytes(b"")
    result = match(path)
    assert str(result.exception) == f"{path} is empty, and was in use before. Put back what stood in it."
    assert readers(path) == {"Policy desk"}
    path.write_text(CONFIG + OFF, "utf-8")
    assert match(path).exit_code == 0


def test_stale_copy_on_another_machine_is_refused_and_removes_no_subscriber(tmp_path: Path) -> None:
    new = machine(tmp_path / "new", CONFIG + SEWAGE + BOB, NEW)
    assert match(new).exit_code == 0
    old = machine(tmp_path / "old", CONFIG, OLD)
    result = match(old)
    assert isinstance(result.exception, ConfigError)
    message = str(result.exception)
    assert message.startswith(f"{old} is older than the configuration that the archive was last used with")
    assert f":{new.resolve()}, saved 2027-01-15 08:00 UTC)" in message
    assert 'topic removed: "Sewage"; reader removed: "Bob"' in message
    assert readers(new) == {"Policy desk", "Bob"}
    doctor = CliRunner().invoke(pqwatch, ["doctor", "--offline", "--config", str(old)])
    assert doctor.exit_code == 1
    assert 'reader removed: "Bob"' in " ".join(doctor.output.split())


def test_of_many_changes_the_first_are_named() -> None:
    few = last_used.WatchedNames(topics={}, readers={"ann": "Ann"}, terms=frozenset())
    many = last_used.WatchedNames(
        topics={}, readers={f"{number}": f"Reader {number}" for number in range(5_000)}, terms=frozenset()
    )
    said = last_used.changes(few, many)
    assert said.startswith('reader added: "Reader 0"; reader added: "Reader 1"; ')
    assert said.endswith('reader added: "Reader 9"; 4,990 more readers added; reader removed: "Ann"')


def test_copy_that_is_saved_again_is_accepted(tmp_path: Path) -> None:
    match(machine(tmp_path / "new", CONFIG + BOB, OLD + 1))
    newer = machine(tmp_path / "other", CONFIG + SEWAGE, NEW)
    result = match(newer)
    assert result.exit_code == 0
    assert 'topic added: "Sewage"; reader removed: "Bob"' in result.stderr
    assert readers(newer) == {"Policy desk"}


def test_older_file_with_the_same_content_is_accepted(tmp_path: Path) -> None:
    match(machine(tmp_path / "new", CONFIG, NEW))
    result = match(machine(tmp_path / "old", CONFIG, OLD))
    assert result.exit_code == 0
    assert "configuration path=" not in result.stderr


def test_older_file_on_the_same_machine_is_accepted_with_a_warning(tmp_path: Path) -> None:
    match(machine(tmp_path / "one", CONFIG + BOB, NEW))
    path = machine(tmp_path / "one", CONFIG.replace('"bathing water"', '"bathing water", "lake"'), OLD)
    result = match(path)
    assert result.exit_code == 0
    assert (
        f'configuration path={path} reader removed: "Bob"; terms of other topics: 1 added, 0 removed' in result.stderr
    )
    assert readers(path) == {"Policy desk"}


def test_first_use_of_an_archive_is_not_a_change(tmp_path: Path) -> None:
    result = match(machine(tmp_path / "one", CONFIG, NEW))
    assert result.exit_code == 0
    assert "configuration path=" not in result.stderr


def test_changed_subscriber_makes_another_configuration(tmp_path: Path) -> None:
    """A stale copy that only brings back an older cadence is refused too."""
    match(machine(tmp_path / "new", CONFIG + BOB, NEW))
    result = match(machine(tmp_path / "old", CONFIG + BOB.replace("weekly", "daily"), OLD))
    assert isinstance(result.exception, ConfigError)
    assert "and differs from it. Copy that file here" in str(result.exception)


def test_used_configuration_is_stored_and_read_back(tmp_path: Path) -> None:
    now = last_used.used_now(app.configuration(str(machine(tmp_path / "one", CONFIG, NEW)), env={}))
    assert now is not None
    assert last_used.Used.from_text(now.as_text()) == now


def test_missing_file_has_no_state(tmp_path: Path) -> None:
    path = machine(tmp_path / "one", CONFIG, NEW)
    config = app.configuration(str(path), env={})
    shutil.rmtree(path.parent)
    assert last_used.used_now(config) is None


@pytest.fixture(autouse=True)
def _quiet() -> None:
    logging.getLogger().handlers[:] = [
        handler for handler in logging.getLogger().handlers if type(handler).__name__ != "_Stderr"
    ]
