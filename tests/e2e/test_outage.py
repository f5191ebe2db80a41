"""Outages of details over real HTTP: the details are mailed on the same day if possible, and never twice."""

from __future__ import annotations

import logging
import re
import signal
import sys
import time
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from monitor import pipeline
from monitor.cli import pqwatch
from monitor.demo.parliament import Parliament
from scrapers.http.client import Client
from tests.e2e.desk import Desk, an_answer, text_of
from tests.e2e.forge import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from monitor.demo.mailserver import MailServer

pytestmark = pytest.mark.longest
SOON = 0.01
"""Share of the longest pause before the client tries again. It is drawn at random, and the longest doubles each time."""
THURSDAY, FRIDAY, MONDAY = date(2024, 11, 21), date(2024, 11, 22), date(2024, 11, 25)
NUMBERS = range(1, 9)
LORDS = range(4, 9)
"""Details that fail in some tests: so many that the client asks no more in that run, which ends within 15 seconds."""
HOUSES = 'houses = ["Commons", "Lords"]\nlook_back_days = 2'


@pytest.fixture
def house() -> Iterator[Parliament]:
    """Run a fake Parliament with answers of Thursday, three in the Commons and five in the Lords."""
    with Parliament.from_values(thursday()) as parliament:
        yield parliament


def thursday() -> list[dict[str, Any]]:
    return [
        an_answer(number, THURSDAY) | ({"house": "Lords", "uin": f"HL{70_000 + number}"} if number in LORDS else {})
        for number in NUMBERS
    ]


@pytest.fixture
def office(tmp_path: Path, house: Parliament, mail: MailServer) -> Desk:
    return Desk(folder=tmp_path / "desk", parliament=house, mail=mail, questions=HOUSES).with_archive()


def mailed_numbers(desk: Desk) -> list[list[int]]:
    """Return the numbers of the answers in each mail."""
    found = [re.findall(r"detail/\S+?/(?:HL)?7000(\d)", text_of(message)) for message in desk.messages()]
    return [sorted({int(number) for number in numbers}) for numbers in found]


def subjects(desk: Desk) -> list[str]:
    return [str(message["Subject"]) for message in desk.messages()]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the client's pauses between tries, which are drawn at random and double."""
    defaults = Client.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "random", lambda: SOON)


@pytest.fixture
def asks_again(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run ask again after a second for what it could not read."""
    monkeypatch.setattr(pipeline, "AGAIN_AFTER", (timedelta(seconds=1),) * 5)
    office.try_again_for = "1m"
    office.configure()


class HastyDesk(Desk):
    """Desk whose own processes shorten the client's pauses between tries too."""

    def command(self, *words: str) -> list[str]:
        program = (
            "from monitor.cli import main\n"
            "from scrapers.http.client import Client\n"
            f"Client.__init__.__kwdefaults__['random'] = lambda: {SOON}\n"
            "main()"
        )
        return [sys.executable, "-c", program, *words]


def run_at(desk: Desk, day: date, hour: int, minute: int = 31) -> int:
    """Run in this process, over real HTTP and SMTP."""
    words = ["run", "--as-of", f"{day}T{hour:02}:{minute}+00:00", "--config", str(desk.config)]
    result = CliRunner(env=desk.environment).invoke(pqwatch, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.exit_code


def fail(parliament: Parliament, numbers: Iterable[int]) -> None:
    """Let these details fail from now on, and no others."""
    parliament.faults.details_down = {9_700_000 + number for number in numbers}


@contextmanager
def outage_ends_with_the_pause(parliament: Parliament) -> Iterator[None]:
    """Let all details be read from the moment on in which a run waits to ask again."""

    class EndOfOutage(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage().startswith("collect again"):
                fail(parliament, ())

    handler = EndOfOutage()
    logging.getLogger("monitor").addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger("monitor").removeHandler(handler)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("is_new", [True, False], ids=["new", "known"])
def test_details_that_fail_at_half_past_seven_are_mailed_that_morning(
    office: Desk, house: Parliament, is_new: bool
) -> None:
    if not is_new:
        house.replace([])
        assert run_at(office, THURSDAY, 7) == 0
        house.replace(thursday())
    fail(house, NUMBERS)
    assert run_at(office, FRIDAY, 7) == 1
    assert mailed_numbers(office) == []
    fail(house, ())
    assert run_at(office, FRIDAY, 8) == 0
    assert mailed_numbers(office) == [list(NUMBERS)]
    assert run_at(office, FRIDAY, 9) == 0
    assert run_at(office, MONDAY, 7) == 0
    assert mailed_numbers(office) == [list(NUMBERS)]


@pytest.mark.usefixtures("soon")
def test_details_of_one_house_come_marked_as_a_supplement(office: Desk, house: Parliament) -> None:
    fail(house, LORDS)
    assert run_at(office, FRIDAY, 7) == 1
    assert mailed_numbers(office) == [[1, 2, 3]]
    fail(house, ())
    assert run_at(office, FRIDAY, 9) == 0
    assert mailed_numbers(office) == [[1, 2, 3], [4, 5, 6, 7, 8]]
    first, second = subjects(office)
    assert second.startswith("Supplement: 5 answers")
    assert not first.startswith("Supplement")
    assert run_at(office, FRIDAY, 10) == 0
    assert run_at(office, MONDAY, 7) == 0
    assert len(office.messages()) == 2


@pytest.mark.usefixtures("soon")
def test_details_that_fail_all_day_are_in_the_next_digest(office: Desk, house: Parliament) -> None:
    fail(house, LORDS)
    for hour in (7, 18):
        assert run_at(office, FRIDAY, hour) == 1
    fail(house, ())
    assert run_at(office, MONDAY, 7) == 0
    assert mailed_numbers(office) == [[1, 2, 3], [4, 5, 6, 7, 8]]
    assert not any(subject.startswith("Supplement") for subject in subjects(office))


@pytest.mark.usefixtures("soon", "asks_again")
def test_a_single_daily_run_reads_failed_details_after_a_pause(office: Desk, house: Parliament) -> None:
    """Five details without success open the circuit breaker, and after a pause the host is asked again."""
    fail(house, NUMBERS)
    with outage_ends_with_the_pause(house):
        assert run_at(office, FRIDAY, 7) == 0
    assert house.faults.details_down == set()
    assert mailed_numbers(office) == [list(NUMBERS)]


@pytest.mark.usefixtures("soon", "asks_again")
def test_what_is_missing_twice_in_a_single_run_is_not_withdrawn(office: Desk, house: Parliament) -> None:
    assert run_at(office, THURSDAY, 18) == 0
    assert run_at(office, FRIDAY, 6) == 0
    # In the morning the source is unwell: it lacks one answer, and has details of new ones only after a pause.
    house.replace([*thursday()[1:], an_answer(20, FRIDAY), an_answer(21, FRIDAY)])
    fail(house, (20, 21))
    with outage_ends_with_the_pause(house):
        assert run_at(office, FRIDAY, 7) == 0
    assert not any("WITHDRAWN" in subject for subject in subjects(office))
    assert run_at(office, FRIDAY, 9) == 0  # the second run without it
    assert run_at(office, MONDAY, 7) == 0
    assert subjects(office)[-1].startswith("WITHDRAWN: Number 1")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM there")
def test_sigterm_ends_a_waiting_run_and_the_next_run_mails_everything(
    tmp_path: Path, house: Parliament, mail: MailServer
) -> None:
    office = HastyDesk(folder=tmp_path / "desk", parliament=house, mail=mail, questions=HOUSES, try_again_for="5m")
    office.with_archive()
    fail(house, NUMBERS)
    with office.start("run", "--as-of", f"{FRIDAY}T07:31+00:00") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "collect again" in line:
                process.send_signal(signal.SIGTERM)
                break
        began = time.monotonic()
        process.communicate(timeout=PATIENCE)
        assert time.monotonic() - began < 60  # not its five minutes; ten seconds, as promised, with a free core
    assert process.returncode == 143
    fail(house, ())
    assert run_at(office, FRIDAY, 8) == 0
    assert mailed_numbers(office) == [list(NUMBERS)]
