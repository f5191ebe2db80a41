"""Fake Parliament, mail server and desk for each test."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from monitor.demo.mailserver import MailServer
from monitor.demo.sample import FIRST_DAY, sample
from tests.e2e.desk import FEW_DAYS, Desk, Done
from tests.shared_folders import shared_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.demo.parliament import Parliament


@pytest.fixture
def parliament() -> Iterator[Parliament]:
    """Serve the sample as published at the end of its first day."""
    with sample().parliament(FIRST_DAY) as parliament:
        yield parliament


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def practised(first_day: Path) -> Path:
    """Run a command once in the process that is forked, so that its forks have prepared statements and word lists."""
    return first_day


@pytest.fixture
def desk(tmp_path: Path, parliament: Parliament, mail: MailServer) -> Desk:
    """Return a desk that reads the last days of the sample and mails to the mail server."""
    return Desk(folder=tmp_path / "desk", parliament=parliament, mail=mail, questions=FEW_DAYS).with_archive()


@pytest.fixture
def filing_desk(tmp_path: Path, parliament: Parliament) -> Desk:
    """Return a desk that reads the last days of the sample and puts digests into a folder."""
    return Desk(folder=tmp_path / "desk", parliament=parliament, questions=FEW_DAYS).with_archive()


@pytest.fixture(scope="session")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a desk that has read and mailed the first day into a folder. Tests copy it or only read it.

    It looks back as far as by default, and its first run made its archive.
    """
    with sample().parliament(FIRST_DAY) as parliament:
        desk = Desk(folder=tmp_path_factory.mktemp("first-day") / "desk", parliament=parliament)
        done = desk.ask("run", "--as-of", FIRST_DAY.isoformat())
    assert done.code == 0, done.err
    return desk.folder


@pytest.fixture
def mailed_desk(tmp_path: Path, parliament: Parliament, mail: MailServer, first_day: Path) -> Desk:
    """Return a desk that has mailed the first day, and reads only the last days from now on."""
    shutil.copytree(first_day, tmp_path / "desk")
    return Desk(folder=tmp_path / "desk", parliament=parliament, mail=mail, questions=FEW_DAYS)


@pytest.fixture(scope="session")
def brief_demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Path]:
    """Return the output of `pqwatch demo --brief`, and the folder that it made. Tests copy it or only read it."""
    folder = shared_folder(tmp_path_factory, "brief", _run_brief_demo)
    (made,) = folder.glob("pqwatch-demo-*")
    return Done(**json.loads((folder / "done.json").read_text("utf-8"))), made


def _run_brief_demo(folder: Path) -> None:
    done = Desk(folder=folder / "empty", env={"TMPDIR": str(folder)}).run("demo", "--brief")
    assert done.code == 0, done.err
    (folder / "done.json").write_text(json.dumps(asdict(done)), "utf-8")


@pytest.fixture
def reader(tmp_path: Path, first_day: Path) -> Desk:
    """Return a desk that has mailed the first day, and can no longer reach Parliament."""
    shutil.copytree(first_day, tmp_path / "desk")
    return Desk(folder=tmp_path / "desk")
