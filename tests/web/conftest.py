"""A browser's view of the page: the archive of the demo's two days, and a client that asks as a browser does."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from monitor.demo.run import demo
from monitor.desk.desks import Desks
from monitor.web.application import make_application
from monitor.web.rate_limit import Limits
from tests.shared_folders import shared_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST_DAY, SECOND_DAY = date(2024, 11, 26), date(2024, 11, 27)
EVENING = datetime.combine(SECOND_DAY, time(20), UTC)
ADDRESS = "http://127.0.0.1"


@dataclass(frozen=True)
class Office:
    """A folder with the config.toml and the archive of the demo, for one test alone."""

    folder: Path

    @property
    def config(self) -> Path:
        """The config.toml."""
        return self.folder / "config.toml"

    def add(self, text: str) -> None:
        """Add to config.toml, at its end."""
        with self.config.open("a", encoding="utf-8") as file:
            file.write(text)

    def set_web(self, **values: object) -> None:
        """Set keys of the table [web]."""
        lines = self.config.read_text("utf-8").splitlines()
        start = lines.index("[web]")
        for key, value in values.items():
            shown = (
                str(value).lower() if isinstance(value, bool) else value if isinstance(value, list) else f'"{value}"'
            )
            kept = [line for line in lines[start + 1 :] if not line.startswith(f"{key} =")]
            lines = [*lines[: start + 1], f"{key} = {shown}", *kept]
        self.config.write_text("\n".join(lines) + "\n", "utf-8")

    @contextmanager
    def browser(
        self, *, now: datetime = EVENING, limits: Limits | None = None, client: tuple[str, int] = ("127.0.0.1", 50_000)
    ) -> Iterator[TestClient]:
        """Start the page, and give a client that keeps its cookies and follows redirects. `client`: its address."""
        application = make_application(
            Desks(str(self.config), lambda: now), limits=limits or Limits(burst=10_000, per_minute=10_000)
        )
        with TestClient(application, base_url=ADDRESS, client=client) as browser:
            yield browser


def many_readers(count: int) -> str:
    """Return tables of subscribers for config.toml: Reader 0, Reader 1 and so on."""
    return "".join(
        f'\n[[subscribers]]\nname = "Reader {number}"\nemail = "reader{number}@example.org"\ncadence = "weekly"\n'
        for number in range(count)
    )


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the demo ran, as `pqwatch demo --web` leaves it. Tests only copy it."""
    return shared_folder(tmp_path_factory, "demo", _run_demo)


def _run_demo(folder: Path) -> None:
    assert len(list(demo(folder, is_in_the_past=True))) == 2


def copied(demo_folder: Path, folder: Path) -> Office:
    """Copy the folder in which the demo ran."""
    shutil.copytree(demo_folder, folder)
    office = Office(folder)
    text = office.config.read_text("utf-8").replace(str(demo_folder), str(office.folder))
    office.config.write_text(text, "utf-8")
    return office


@pytest.fixture
def office(demo_folder: Path, tmp_path: Path) -> Office:
    """Return an office with the archive of both days."""
    return copied(demo_folder, tmp_path / "office")


@pytest.fixture(scope="session")
def reading_office(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Return an office that tests share: they change nothing in it."""
    return copied(demo_folder, tmp_path_factory.mktemp("reading") / "office")


@pytest.fixture(scope="module")
def reading_browser(reading_office: Office) -> Iterator[TestClient]:
    """Return a browser that the tests of a module share: they change nothing."""
    with reading_office.browser() as browser:
        yield browser


@pytest.fixture
def browser(office: Office) -> Iterator[TestClient]:
    """Return a browser on the evening of the second day, with nothing of [web] configured."""
    with office.browser() as browser:
        yield browser
