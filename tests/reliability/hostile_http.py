"""Faulty replies of a source: each fault to a list and to a detail, through the real client and the real source.

The result must be whole and right records, or one of our errors with a reason; never half a record, and never more
memory or time than promised. The proof runs each cell in a process with 256 MiB to spare; the test runs them in its own
process.

uv run python -m tests.reliability.hostile_http "silence, detail, always"     # runs a cell again, as the proof does
"""

from __future__ import annotations

import json
import logging
import os
import resource
import select
import signal
import sys
import tempfile
import threading
import traceback
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import trustme

from monitor.errors import FetchError, ParseError
from monitor.model.records import House
from monitor.model.sources import Window
from scrapers.http.client import DETAIL_SECONDS, LIST_SECONDS, Client
from scrapers.questions_statements.questions import QuestionsSource
from tests.reliability.hostile_replies import FAULTS, Expected, Fault, FaultyRequest
from tests.reliability.tally import Budget, Proof, Tally
from tests.scrapers.faulty import FaultyServer, Time, http

if TYPE_CHECKING:
    from monitor.model.sources import Detail, Listed
    from tests.scrapers.faulty import Asked, Reply

NOW: Final = datetime(2031, 3, 12, 7, 0, tzinfo=UTC)
WINDOW: Final = Window(source="questions", house=House.COMMONS, by="tabled", day=date(2031, 3, 4))
EXAMPLE: Final = Path(__file__).parents[1] / "scrapers" / "examples" / "questions" / "tabled.json"

QUESTION: Final = "To ask the Secretary of State for Weather, what a façade of £5 costs in Llanŵnda \N{UMBRELLA}."
ANSWER: Final = "“Twelve” \N{EN DASH} no more than €3 \N{FACE WITH TEARS OF JOY} each, naïvely."
HEADING: Final = "Façades: Costs"

MEMORY: Final = 256 * 1024 * 1024
"""Bytes that a cell may take in addition to those of a good reply."""
DEADLINE: Final = 60.0
"""Seconds after which a cell is ended. It ends what hangs; it is not a measurement."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A fault in the reply to a list or a detail, that happens once or always."""

    fault: Fault
    is_list: bool
    is_once: bool

    def __str__(self) -> str:
        return f"{self.fault.name}, {'list' if self.is_list else 'detail'}, {'once' if self.is_once else 'always'}"

    @property
    def expected(self) -> Expected:
        """Expected outcome."""
        if self.is_once:
            return Expected("whole", asked=2)
        expected = self.fault.in_list if self.is_list else self.fault.in_detail
        assert expected is not None
        return expected


def _cells() -> tuple[Cell, ...]:
    found = []
    for fault in FAULTS:
        for is_list in (True, False):
            if (fault.in_list if is_list else fault.in_detail) is not None:
                found.append(Cell(fault, is_list, is_once=False))
                found += [Cell(fault, is_list, is_once=True)] * fault.heals
    return tuple(found)


CELLS: Final = _cells()


# -- good replies -----------------------------------------------------------------------------------------------------


def record(number: int, answer: str | None) -> dict[str, Any]:
    """Return a question as the source sends it."""
    entry: dict[str, Any] = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    entry["value"] |= {"id": number, "uin": f"1000{number}", "questionText": QUESTION, "heading": HEADING}
    if answer:
        entry["value"] |= {"answerText": f"<p>{answer}</p>", "dateAnswered": "2031-03-11T00:00:00"}
    return entry


def body(*, is_list: bool) -> bytes:
    """Return a list of a waiting and an answered question, or the answered question in full."""
    answered = record(2, ANSWER)
    data = {"totalResults": 2, "results": [record(1, None), answered]} if is_list else answered
    return json.dumps(data, ensure_ascii=False).encode()


# -- one cell ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Outcome:
    """Outcome of a cell, in the words of `Expected`. `wrong` says how a record differs from what was sent."""

    kind: str
    says: str = ""
    wrong: str = ""


class Bench:
    """Certificate that the clients of all cells trust, so that none has to read those of the system."""

    def __init__(self, folder: Path) -> None:
        self._ca_file = folder / "ca.pem"
        trustme.CA().cert_pem.write_to_path(str(self._ca_file))

    def problems_with(self, cell: Cell) -> list[str]:
        """Try a cell, and return what is wrong with its outcome."""
        time, finished, good = Time(), threading.Event(), body(is_list=cell.is_list)
        mistakes: list[str] = []
        seconds = LIST_SECONDS if cell.is_list else DETAIL_SECONDS
        lock, numbers = threading.Lock(), iter(range(1000))

        def answer(_: Asked) -> Reply:
            with lock:
                number = next(numbers)
            if cell.is_once and number:
                return http(good)
            try:
                return cell.fault.send(FaultyRequest(good, number, seconds, time, trap.url, finished))
            except Exception as exc:  # a mistake in the cell itself
                mistakes.append(repr(exc))
                raise

        with FaultyServer(lambda _: http(good)) as trap, FaultyServer(answer) as server:
            try:
                with self._client(time) as client:
                    source = QuestionsSource(client, server.url)
                    for _ in range(cell.fault.readings):
                        outcome = read_list(source) if cell.is_list else read_detail(source)
            finally:
                finished.set()
        expected = cell.expected
        checks = [
            (outcome.kind == expected.kind, f"became {outcome.kind} ({outcome.says}), not {expected.kind}"),
            (expected.says in outcome.says, f"says {outcome.says!r}, nothing of {expected.says!r}"),
            (len(server.asked) == expected.asked, f"was asked {len(server.asked)} times, not {expected.asked}"),
            (time.now - 1000.0 >= expected.waited, f"paused for {time.now - 1000:g} s, not {expected.waited:g}"),
            (not trap.asked, "led the client to another server"),
            (not outcome.wrong, outcome.wrong),
            (not mistakes, f"could not be sent: {mistakes}"),
        ]
        return [f"{cell}: {problem}" for is_met, problem in checks if not is_met]

    def _client(self, time: Time) -> Client:
        return Client(
            "x", "1", concurrency=1, ca_file=str(self._ca_file), clock=time.clock, sleep=time.sleep, now=lambda: NOW
        )


def read_list(source: QuestionsSource) -> Outcome:
    """Read the window. A page that comes before an error is wrong."""
    entries: list[Listed] = []
    try:
        for page in source.read_window(WINDOW):
            entries += page.entries
    except FetchError as exc:
        return Outcome(type(exc).__name__, str(exc), "a page came before the error" if entries else "")
    errors = [entry.error for entry in entries if entry.error]
    rest = "; ".join(filter(None, (_wrong_entry(entry) for entry in entries if not entry.error)))
    if errors:
        is_alone = len(errors) == 1 and len(entries) == 2 and entries[0].proceeding
        return Outcome("ParseError", str(errors[0]), rest or ("" if is_alone else "the other record is not there"))
    if not page.is_whole:
        return Outcome("part", page.note, rest)
    return Outcome("whole", "", rest or ("" if len(entries) == 2 else f"{len(entries)} entries, not 2"))


def _wrong_entry(entry: Listed) -> str:
    """Return how an entry of a list differs from what was sent, or ""."""
    try:
        value = json.loads(entry.payload.body, parse_constant=_refuse)["value"]
    except ValueError as exc:
        return f"the kept payload of an entry is no JSON: {exc}"
    is_right = (value["questionText"], value["heading"]) == (QUESTION, HEADING)
    if value["answerText"] is None:
        found = entry.proceeding
        is_right &= found is not None and (found.question, found.heading, found.answer) == (QUESTION, HEADING, None)
    else:
        is_right &= value["answerText"] == f"<p>{ANSWER}</p>" and entry.proceeding is None
    return "" if is_right else f"the entry is {value}"


def _refuse(name: str) -> None:
    raise ValueError(name)


def read_detail(source: QuestionsSource) -> Outcome:
    """Read the answered question in full."""
    [detail] = source.read_details(["2"])
    if detail.payload is None:
        return Outcome(type(detail.error).__name__, str(detail.error))
    try:
        found = source.parse(detail.payload)
    except ParseError as exc:
        return Outcome("ParseError", str(exc), _wrong_bytes(detail))
    is_right = (found.question, found.answer, found.heading, found.uin) == (QUESTION, ANSWER, HEADING, "10002")
    return Outcome("whole", "", "" if is_right else f"the record is {found}")


def _wrong_bytes(detail: Detail) -> str:
    """Check that the bytes of a record that can't be understood are kept. Return what is wrong, or ""."""
    return "" if detail.payload and detail.payload.body and detail.payload.key == "2" else "its bytes were not kept"


# -- cells in processes of their own ------------------------------------------------------------------------------------


def try_in_child(bench: Bench, cell: Cell) -> list[str]:
    """Try a cell in a fork that has little memory to spare and is killed when it hangs."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        with os.fdopen(writing, "w", encoding="utf-8") as out:
            json.dump(_try_with_memory_limit(bench, cell), out)
        os._exit(0)
    os.close(writing)
    output = b""
    with os.fdopen(reading, "rb") as pipe:
        if select.select([pipe], [], [], DEADLINE)[0]:
            output = pipe.read()
        else:
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not output:
        return [f"{cell}: the process ended with {os.waitstatus_to_exitcode(status)} and printed nothing"]
    return [str(text) for text in json.loads(output)]


def _try_with_memory_limit(bench: Bench, cell: Cell) -> list[str]:
    """Try a cell under a limit on memory. A good reply first loads what is imported late."""
    good = Fault("good", lambda shot: http(shot.body), Expected("whole"), Expected("whole"))
    os.environ["NO_PROXY"] = "*"
    try:
        problems = bench.problems_with(replace(cell, fault=good, is_once=False))
        limit = _size() + MEMORY
        if limit > MEMORY:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        return problems + bench.problems_with(cell)
    except BaseException as exc:  # noqa: BLE001 (it is the problem)
        place = traceback.extract_tb(exc.__traceback__)[-1]
        return [f"{cell}: {type(exc).__name__}: {exc!s:.200} (at {Path(place.filename).name}:{place.lineno})"]


def _size() -> int:
    """Return the size of this process's address space in bytes, or 0 where the system does not say."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 0


def try_cells(folder: Path, budget: Budget) -> Tally:
    """Try all cells, each in a process of its own."""
    bench, tally = Bench(folder), Tally()
    logging.getLogger("scrapers").setLevel(logging.CRITICAL)
    while budget.allows_another(tally.tried):
        tally.failures += try_in_child(bench, CELLS[tally.tried % len(CELLS)])
        tally.tried += 1
    return tally


PROOFS = (Proof(name="HTTP fault", unit="cell", full=len(CELLS), run=try_cells, share=0.3),)


def main(name: str) -> None:
    """Show a cell again."""
    [cell] = [cell for cell in CELLS if str(cell) == name]
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(try_in_child(Bench(Path(folder)), cell)) or "ok")  # noqa: T201 (the output of this command)


if __name__ == "__main__":
    main(*sys.argv[1:])
