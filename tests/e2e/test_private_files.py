"""Files that only their owner may read under any umask, and an archive that was lost."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from monitor.cli import pqwatch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

pytestmark = pytest.mark.skipif(os.name != "posix", reason="only POSIX has file modes")


@pytest.fixture(params=[0o000, 0o022])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(pqwatch, [*words, "--config", str(folder / "config.toml")])


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """Make a folder with an archive and a configuration that mails quiet days and reads no source."""
    folder = tmp_path / "office"
    assert run(folder, "init", "--yes", "--email", "desk@example.org").exit_code == 0
    config = folder / "config.toml"
    text = config.read_text("utf-8")
    for old, new in (("quiet_days = false", "quiet_days = true"), ("enabled = true", "enabled = false")):
        assert old in text
        text = text.replace(old, new, 1)
    config.write_text(text, "utf-8")
    return folder


def modes(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): oct(stat.S_IMODE(path.stat().st_mode)) for path in folder.rglob("*")}


@pytest.mark.usefixtures("umask")
def test_only_their_owner_may_read_files_that_pqwatch_makes(office: Path) -> None:
    assert run(office, "match").exit_code == 0
    assert run(office, "compose", "--now").exit_code == 0
    assert run(office, "deliver").exit_code == 0
    assert run(office, "db", "backup", str(office / "saved.bak")).exit_code == 0
    assert run(office, "init", "--yes", "--force", "--email", "desk@example.org").exit_code == 0
    found = modes(office)
    assert {"config.toml", "config.toml.bak", "pqwatch.db", "saved.bak", "outbox"} <= found.keys()
    assert any(name.endswith(".eml") for name in found)
    assert any(name.endswith(".html") for name in found)
    del found["pqwatch.db.status.json"]
    assert found.pop("outbox") == "0o700"
    assert set(found.values()) == {"0o600"}


@pytest.mark.usefixtures("umask")
def test_only_its_owner_may_read_a_restored_archive(office: Path) -> None:
    backup = office / "saved.bak"
    run(office, "db", "backup", str(backup))
    assert run(office, "db", "restore", str(backup), "--yes", "--no-skip-told").exit_code == 0
    assert oct(stat.S_IMODE((office / "pqwatch.db").stat().st_mode)) == "0o600"


def lose_archive(office: Path, *, is_empty: bool) -> None:
    run(office, "compose", "--now")
    run(office, "deliver")
    for path in office.glob("pqwatch.db*"):
        if not path.name.endswith(".json"):
            path.unlink()
    if is_empty:
        (office / "pqwatch.db").touch()


@pytest.mark.parametrize("is_empty", [False, True])
def test_no_new_archive_is_begun_beside_mails_of_the_old_one(office: Path, *, is_empty: bool) -> None:
    lose_archive(office, is_empty=is_empty)
    for command in ("run", "match", "search"):
        result = run(office, command)
        assert result.exit_code != 0, command
        message = str(result.exception)
        assert message.startswith("the archive is gone or empty, but "), command
        assert "pqwatch db restore FILE" in message
        assert not (office / "pqwatch.db").exists() or not (office / "pqwatch.db").stat().st_size, command
    assert run(office, "db", "upgrade").exit_code == 0
    assert run(office, "match").exit_code == 0


def test_the_folder_of_mails_alone_prevents_a_new_archive(office: Path) -> None:
    lose_archive(office, is_empty=False)
    (office / "pqwatch.db.status.json").write_text("not JSON")
    assert f"but {office / 'outbox'} knows of mails from it" in str(run(office, "match").exception)


def test_an_archive_is_made_if_there_are_no_mails_of_an_old_one(office: Path) -> None:
    (office / "pqwatch.db").unlink()
    assert run(office, "match").exit_code == 0
    assert (office / "pqwatch.db").stat().st_size
