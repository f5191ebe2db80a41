"""A stand-in for Parliament, a mail server and a desk for each test."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from monitor.demo.mailserver import MailServer
from monitor.demo.sample import FIRST_DAY, sample
from tests.e2e.desk import Desk

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


@pytest.fixture
def desk(tmp_path: Path, parliament: Parliament, mail: MailServer) -> Desk:
    """Reads the sample, mails to the mail server."""
    return Desk(folder=tmp_path / "desk", parliament=parliament, mail=mail)


@pytest.fixture
def filing_desk(tmp_path: Path, parliament: Parliament) -> Desk:
    """Reads the sample, puts digests into a folder."""
    return Desk(folder=tmp_path / "desk", parliament=parliament)


@pytest.fixture(scope="session")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a desk that has read and told the first day, digests in a folder; for tests to copy or only read."""
    with sample().parliament(FIRST_DAY) as parliament:
        desk = Desk(folder=tmp_path_factory.mktemp("first-day") / "desk", parliament=parliament)
        done = desk.run("run", "--as-of", FIRST_DAY.isoformat())
    assert done.code == 0, done.err
    return desk.folder


@pytest.fixture
def reader(tmp_path: Path, first_day: Path) -> Desk:
    """A desk that has read and told the first day, with no Parliament to read any more."""
    shutil.copytree(first_day, tmp_path / "desk")
    return Desk(folder=tmp_path / "desk")
