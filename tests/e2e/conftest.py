"""A stand-in for Parliament, a mail server and a desk for each test."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from monitor.demo.mailserver import MailServer
from monitor.demo.sample import FIRST_DAY, sample
from tests.e2e.desk import FEW_DAYS, Desk, Done

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.demo.parliament import Parliament


@pytest.fixture
def parliament() -> Iterator[Parliament]:
    """The sample as it stands at the end of its first day."""
    with sample().parliament(FIRST_DAY) as parliament:
        yield parliament


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def practised(first_day: Path) -> Path:
    """What the process that is forked has done once: its forks have at hand what it made of statements and words."""
    return first_day


@pytest.fixture
def desk(tmp_path: Path, parliament: Parliament, mail: MailServer) -> Desk:
    """Reads the last days of the sample, mails to the mail server."""
    return Desk(folder=tmp_path / "desk", parliament=parliament, mail=mail, questions=FEW_DAYS).with_archive()


@pytest.fixture
def filing_desk(tmp_path: Path, parliament: Parliament) -> Desk:
    """Reads the last days of the sample, puts digests into a folder."""
    return Desk(folder=tmp_path / "desk", parliament=parliament, questions=FEW_DAYS).with_archive()


@pytest.fixture(scope="session")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a desk that has read and told the first day, digests in a folder; for tests to copy or only read.

    It looks back as far as it does by default, and its first run made its archive.
    """
    with sample().parliament(FIRST_DAY) as parliament:
        desk = Desk(folder=tmp_path_factory.mktemp("first-day") / "desk", parliament=parliament)
        done = desk.ask("run", "--as-of", FIRST_DAY.isoformat())
    assert done.code == 0, done.err
    return desk.folder


@pytest.fixture
def told_desk(tmp_path: Path, parliament: Parliament, mail: MailServer, first_day: Path) -> Desk:
    """Has read and told the first day, and goes on with the last days alone, mailing to the mail server."""
    shutil.copytree(first_day, tmp_path / "desk")
    return Desk(folder=tmp_path / "desk", parliament=parliament, mail=mail, questions=FEW_DAYS)


@pytest.fixture(scope="session")
def brief_demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Path]:
    """What `pqwatch demo --brief` says, and the folder that it made for itself; for tests to copy or only read."""
    folder = tmp_path_factory.mktemp("brief")
    done = Desk(folder=folder / "empty", env={"TMPDIR": str(folder)}).run("demo", "--brief")
    (made,) = folder.glob("pqwatch-demo-*")
    return done, made


@pytest.fixture
def reader(tmp_path: Path, first_day: Path) -> Desk:
    """A desk that has read and told the first day, with no Parliament to read any more."""
    shutil.copytree(first_day, tmp_path / "desk")
    return Desk(folder=tmp_path / "desk")
