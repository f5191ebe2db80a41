"""Details that can't be read for a while, over real HTTP: nothing of them waits for another day, and nothing comes twice."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from monitor.demo.parliament import Parliament
from tests.e2e.desk import Desk, Foundry, an_answer, text_of
from tests.e2e.forge import PATIENCE
from tests.e2e.test_serve import TODAY, until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from monitor.demo.mailserver import MailServer

pytestmark = pytest.mark.longest
THURSDAY, FRIDAY, MONDAY = date(2024, 11, 21), date(2024, 11, 22), date(2024, 11, 25)
NUMBERS = range(1, 9)
LORDS = range(4, 9)
"""So many details that use up their tries that the client asks no more in this run: it is over in a quarter of a minute."""
HOUSES = 'houses = ["Commons", "Lords"]\nlook_back_days = 2'


@pytest.fixture
def house() -> Iterator[Parliament]:
    """Answers of Thursday, three of the Commons and five of the Lords."""
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


def told(desk: Desk) -> list[list[int]]:
    """The numbers of the answers that each mail tells."""
    found = [re.findall(r"detail/\S+?/(?:HL)?7000(\d)", text_of(message)) for message in desk.messages()]
    return [sorted({int(number) for number in numbers}) for numbers in found]


def subjects(desk: Desk) -> list[str]:
    return [str(message["Subject"]) for message in desk.messages()]


def run_at(desk: Desk, day: date, hour: int, minute: int = 31) -> int:
    return desk.run("run", "--as-of", f"{day}T{hour:02}:{minute}+00:00").code


def fail(parliament: Parliament, numbers: Iterable[int]) -> None:
    """Have these details fail from now on, and no others."""
    parliament.faults.details_down = {9_700_000 + number for number in numbers}


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "known"])
def test_details_that_fail_at_half_past_seven_are_told_that_morning(
    office: Desk, house: Parliament, is_new: bool
) -> None:
    if not is_new:
        house.replace([])
        assert run_at(office, THURSDAY, 7) == 0
        house.replace(thursday())
    fail(house, NUMBERS)
    assert run_at(office, FRIDAY, 7) == 1
    assert told(office) == []
    fail(house, ())
    assert run_at(office, FRIDAY, 8) == 0
    assert told(office) == [list(NUMBERS)]
    assert run_at(office, FRIDAY, 9) == 0
    assert run_at(office, MONDAY, 7) == 0
    assert told(office) == [list(NUMBERS)]


def test_details_of_one_house_come_marked_as_a_supplement(office: Desk, house: Parliament) -> None:
    fail(house, LORDS)
    assert run_at(office, FRIDAY, 7) == 1
    assert told(office) == [[1, 2, 3]]
    fail(house, ())
    assert run_at(office, FRIDAY, 9) == 0
    assert told(office) == [[1, 2, 3], [4, 5, 6, 7, 8]]
    first, second = subjects(office)
    assert second.startswith("Supplement: 5 answers")
    assert not first.startswith("Supplement")
    assert run_at(office, FRIDAY, 10) == 0
    assert run_at(office, MONDAY, 7) == 0
    assert len(office.messages()) == 2


def test_details_that_fail_all_day_are_in_the_next_digest(office: Desk, house: Parliament) -> None:
    fail(house, LORDS)
    for hour in (7, 18):
        assert run_at(office, FRIDAY, hour) == 1
    fail(house, ())
    assert run_at(office, MONDAY, 7) == 0
    assert told(office) == [[1, 2, 3], [4, 5, 6, 7, 8]]
    assert not any(subject.startswith("Supplement") for subject in subjects(office))


def test_cron_that_calls_once_a_day_has_it_in_its_one_run(office: Desk, house: Parliament) -> None:
    """Five details that use up their tries open the circuit; after a pause the host is asked again all the same."""
    office.try_again_for = "1m"
    office.configure()
    fail(house, NUMBERS)
    failed = threading.Event()

    def heal() -> None:
        failed.wait(PATIENCE)
        fail(house, ())

    thread = threading.Thread(target=heal)
    thread.start()
    with office.start("run", "--as-of", f"{FRIDAY}T07:31+00:00") as process:
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line
            if "collect again" in line:
                failed.set()
    thread.join()
    assert process.returncode == 0, said
    assert told(office) == [list(NUMBERS)]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM there")
def test_sigterm_ends_a_run_that_waits_and_the_next_one_tells_all(office: Desk, house: Parliament) -> None:
    office.try_again_for = "5m"
    office.configure()
    fail(house, NUMBERS)
    with office.start("run", "--as-of", f"{FRIDAY}T07:31+00:00") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "collect again" in line:
                process.send_signal(signal.SIGTERM)
                break
        began = time.monotonic()
        process.communicate(timeout=PATIENCE)
        assert time.monotonic() - began < 10  # so it is promised to whoever stops a service
    assert process.returncode == 143
    fail(house, ())
    assert run_at(office, FRIDAY, 8) == 0
    assert told(office) == [list(NUMBERS)]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM there")
def test_serve_brings_what_its_digest_lacked(tmp_path: Path, mail: MailServer) -> None:
    """By the real clock: it collects every minute, whose first run made a digest without one detail."""
    now = datetime.now(UTC)
    with Parliament.from_values([an_answer(number, TODAY) for number in (1, 2)]) as parliament:
        desk = Desk(
            folder=tmp_path / "desk",
            parliament=parliament,
            mail=mail,
            questions='houses = ["Commons"]\nlook_back_days = 2',
            tables='[schedule]\ntimezone = "UTC"\ncollect_every = "1m"\ndigest_days = "mon-sun"\n'
            f'digest_at = "{now:%H:%M}"',
        ).with_archive()
        fail(parliament, [2])
        with Foundry(desk) as foundry:
            pid = foundry.start("serve")
            until(lambda: len(mail.messages) == 1)
            fail(parliament, ())
            until(lambda: len(mail.messages) == 2)
            os.kill(pid, signal.SIGTERM)
            assert foundry.end() == 0
    assert told(desk) == [[1], [2]]
    assert subjects(desk)[1].startswith("Supplement: ")
