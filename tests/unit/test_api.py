"""Python interface: as docs/api.md describes it, typed, and quick to import."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import monitor
from tests.unit.cli_kit import make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_desk(tmp_path).folder


@pytest.fixture
def archive(folder: Path) -> Iterator[monitor.ArchiveReader]:
    with monitor.open_archive(folder / "config.toml") as reader:
        yield reader


def test_every_name_is_on_the_page_and_can_be_imported() -> None:
    assert {name for name in monitor.__all__ if f"`{name}" not in PAGE} == set()
    assert dir(monitor) == monitor.__all__ == sorted(monitor.__all__)
    assert all(getattr(monitor, name) for name in monitor.__all__)
    with pytest.raises(AttributeError, match="no attribute 'open_database'"):
        monitor.open_database  # noqa: B018 (it raises)


@pytest.mark.parametrize("name", ["Hit", "Revision", "Proceeding", "Match"])
def test_every_field_on_the_page_exists(name: str) -> None:
    row = re.search(rf"(?m)^\| `{name}` \| (.*) \|$", PAGE)
    assert row is not None
    value: Any = getattr(monitor, name)
    fields = {field.name for field in dataclasses.fields(value)} | set(vars(value))
    named = set(re.findall(r"`([a-z_]+)`", row[1]))
    assert named
    assert named <= fields


def test_every_filter_is_on_the_page() -> None:
    table = PAGE.partition("The fields of `Filters`")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([a-z_]+)`", "".join(re.findall(r"(?m)^\| ([^|]*) \|", table))))
    assert named == {field.name for field in dataclasses.fields(monitor.Filters)} - {"ids"}


def test_import_loads_nothing_else() -> None:
    code = "import sys, monitor; print([m for m in sys.modules if m.startswith(('monitor.', 'db', 'sqlalchemy', 'click'))])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert loaded.stdout.strip() == "[]"


def test_search_and_count_take_text_queries_and_filters(archive: monitor.ArchiveReader) -> None:
    found = list(archive.search("bathing water"))
    assert archive.count("bathing water") == len(found) > 1
    assert all(hit.spans[0].form.startswith("bathing water") for hit in found)
    query = archive.compile_query("bathing water")
    assert [hit.revision.id for hit in archive.search(query)] == [hit.revision.id for hit in found]
    assert len(list(archive.search("bathing water", limit=1))) == 1
    lords = list(archive.search(None, monitor.Filters(houses=["lords"])))
    assert [hit.revision.proceeding.house for hit in lords] == [monitor.House.LORDS] * len(lords) != []
    assert archive.count("from:2000-01-01") == archive.count()


def test_newest_record_of_a_reference_comes_with_its_revisions(archive: monitor.ArchiveReader) -> None:
    hit = archive.record("140009")
    assert hit.revision.proceeding.heading == "A new one"
    assert archive.record("q-9").revision.proceeding.heading == "An old one"
    assert [revision.number for revision in archive.revisions(hit)] == [1]
    with pytest.raises(monitor.RecordNotFoundError, match="no record '999'") as error:
        archive.record("999")
    assert error.value.reference == "999"
    with pytest.raises(monitor.RecordNotFoundError):
        archive.record("not a reference")


def test_record_as_json_equals_the_output_of_the_command(folder: Path, archive: monitor.ArchiveReader) -> None:
    command = [
        sys.executable,
        "-m",
        "monitor",
        "search",
        "bathing water",
        "--json",
        "--config",
        f"{folder}/config.toml",
    ]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8").stdout  # noqa: S603
    assert [archive.as_json(hit) for hit in archive.search("bathing water")] == json.loads(printed)


def test_archive_is_opened_by_its_address_and_never_created(folder: Path) -> None:
    with monitor.open_archive(url=f"sqlite:///{folder}/pqwatch.db") as reader:
        assert reader.count("bathing water") > 1
    with pytest.raises(monitor.ArchiveError, match="there is no archive"):
        monitor.open_archive(url=f"sqlite:///{folder}/lost.db")
    assert not (folder / "lost.db").exists()
    with pytest.raises(monitor.ConfigError):
        monitor.open_archive(folder / "lost.toml")


def test_unreadable_query_names_the_position(archive: monitor.ArchiveReader) -> None:
    with pytest.raises(monitor.TermError) as error:
        next(archive.search("NEAR/5 online"))
    assert isinstance(error.value, monitor.MonitorError)
    assert (error.value.position, bool(error.value.remedy)) == (0, True)


def test_packages_are_marked_as_typed() -> None:
    assert all((ROOT / package / "py.typed").is_file() for package in ("monitor", "db", "scrapers"))
