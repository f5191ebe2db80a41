"""A source that sends anything at all: each fault to a list and to a detail, through the real client and the real source.

What must come of it: the records whole and right, or an error of ours that says what; never a half, and never more memory
or time than promised. The proof runs each cell in a process with 256 MiB to spare; the test beside it runs them as they are.

uv run python -m tests.reliability.hostile_http "silence, detail, always"     # one cell again, as the proof runs it
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
from tests.reliability.hostile_replies import FAULTS, Becomes, Fault, Shot
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
"""Bytes that a cell may take on top of what a good answer takes."""
DEADLINE: Final = 60.0
"""Seconds after which a cell is ended. It is there to end what hangs, not to measure."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A fault in the answer to a list or a detail, that stays or that happens once."""

    fault: Fault
    is_list: bool
    is_once: bool

    def __str__(self) -> str:
        return f"{self.fault.name}, {'list' if self.is_list else 'detail'}, {'once' if self.is_once else 'always'}"

    @property
    def becomes(self) -> Becomes:
        """What must come of it."""
        if self.is_once:
            return Becomes("whole", asked=2)
        becomes = self.fault.in_list if self.is_list else self.fault.in_detail
        assert becomes is not None
        return becomes


def _cells() -> tuple[Cell, ...]:
    found = []
    for fault in FAULTS:
        for is_list in (True, False):
            if (fault.in_list if is_list else fault.in_detail) is not None:
                found.append(Cell(fault, is_list, is_once=False))
                found += [Cell(fault, is_list, is_once=True)] * fault.heals
    return tuple(found)


CELLS: Final = _cells()


# -- what is good -----------------------------------------------------------------------------------------------------


def record(number: int, answer: str | None) -> dict[str, Any]:
    """A question as the source sends it."""
    entry: dict[str, Any] = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    entry["value"] |= {"id": number, "uin": f"1000{number}", "questionText": QUESTION, "heading": HEADING}
    if answer:
        entry["value"] |= {"answerText": f"<p>{answer}</p>", "dateAnswered": "2031-03-11T00:00:00"}
    return entry


def body(*, is_list: bool) -> bytes:
    """A list of a question that waits and one that is answered; or the latter in full."""
    answered = record(2, ANSWER)
    data = {"totalResults": 2, "results": [record(1, None), answered]} if is_list else answered
    return json.dumps(data, ensure_ascii=False).encode()


# -- one cell ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Outcome:
    """What came of it, in the words of `Becomes`; `wrong` says where a record is not as sent."""

    kind: str
    says: str = ""
    wrong: str = ""


class Bench:
    """What cells share: a certificate to trust, so that no client reads all of the system's."""

    def __init__(self, folder: Path) -> None:
        self._ca_file = folder / "ca.pem"
        trustme.CA().cert_pem.write_to_path(str(self._ca_file))

    def trouble(self, cell: Cell) -> list[str]:
        """Let it happen; what is wrong with what came of it, nothing if all is well."""
        time, over, good = Time(), threading.Event(), body(is_list=cell.is_list)
        slips: list[str] = []
        seconds = LIST_SECONDS if cell.is_list else DETAIL_SECONDS
        lock, numbers = threading.Lock(), iter(range(1000))

        def answer(_: Asked) -> Reply:
            with lock:
                number = next(numbers)
            if cell.is_once and number:
                return http(good)
            try:
                return cell.fault.send(Shot(good, number, seconds, time, trap.url, over))
            except Exception as exc:  # the cell itself is wrong
                slips.append(repr(exc))
                raise

        with FaultyServer(lambda _: http(good)) as trap, FaultyServer(answer) as server:
            try:
                with self._client(time) as client:
                    source = QuestionsSource(client, server.url)
                    for _ in range(cell.fault.readings):
                        outcome = through_list(source) if cell.is_list else through_detail(source)
            finally:
                over.set()
        wanted = cell.becomes
        found = [
            (outcome.kind == wanted.kind, f"became {outcome.kind} ({outcome.says}), not {wanted.kind}"),
            (wanted.says in outcome.says, f"says {outcome.says!r}, nothing of {wanted.says!r}"),
            (len(server.asked) == wanted.asked, f"was asked {len(server.asked)} times, not {wanted.asked}"),
            (time.now - 1000.0 >= wanted.waited, f"was left alone for {time.now - 1000:g} s, not {wanted.waited:g}"),
            (not trap.asked, "led the client to another server"),
            (not outcome.wrong, outcome.wrong),
            (not slips, f"could not be sent: {slips}"),
        ]
        return [f"{cell}: {text}" for is_good, text in found if not is_good]

    def _client(self, time: Time) -> Client:
        return Client(
            "x", "1", concurrency=1, ca_file=str(self._ca_file), clock=time.clock, sleep=time.sleep, now=lambda: NOW
        )


def through_list(source: QuestionsSource) -> Outcome:
    """Read the window: what comes before an error counts as well."""
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
    """What is not as sent in an entry of a list; "" if nothing."""
    try:
        value = json.loads(entry.payload.body, parse_constant=_refuse)["value"]
    except ValueError as exc:
        return f"what is kept of an entry is no JSON: {exc}"
    is_right = (value["questionText"], value["heading"]) == (QUESTION, HEADING)
    if value["answerText"] is None:
        found = entry.proceeding
        is_right &= found is not None and (found.question, found.heading, found.answer) == (QUESTION, HEADING, None)
    else:
        is_right &= value["answerText"] == f"<p>{ANSWER}</p>" and entry.proceeding is None
    return "" if is_right else f"the entry is {value}"


def _refuse(name: str) -> None:
    raise ValueError(name)


def through_detail(source: QuestionsSource) -> Outcome:
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
    """What is not understood is kept as it came."""
    return "" if detail.payload and detail.payload.body and detail.payload.key == "2" else "nothing was kept of it"


# -- each in a process of its own -------------------------------------------------------------------------------------


def in_child(bench: Bench, cell: Cell) -> list[str]:
    """Try a cell in a fork that has little memory to spare, and that is ended when it hangs."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        with os.fdopen(writing, "w", encoding="utf-8") as out:
            json.dump(_bounded(bench, cell), out)
        os._exit(0)
    os.close(writing)
    said = b""
    with os.fdopen(reading, "rb") as pipe:
        if select.select([pipe], [], [], DEADLINE)[0]:
            said = pipe.read()
        else:
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not said:
        return [f"{cell}: the process ended with {os.waitstatus_to_exitcode(status)} and told nothing"]
    return [str(text) for text in json.loads(said)]


def _bounded(bench: Bench, cell: Cell) -> list[str]:
    """A good answer first, which loads what is loaded late; then the cell, in that memory and a bit."""
    good = Fault("good", lambda shot: http(shot.body), Becomes("whole"), Becomes("whole"))
    os.environ["NO_PROXY"] = "*"
    try:
        wrong = bench.trouble(replace(cell, fault=good, is_once=False))
        limit = _size() + MEMORY
        if limit > MEMORY:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        return wrong + bench.trouble(cell)
    except BaseException as exc:  # noqa: BLE001 (that it comes is what is told)
        place = traceback.extract_tb(exc.__traceback__)[-1]
        return [f"{cell}: {type(exc).__name__}: {exc!s:.200} (at {Path(place.filename).name}:{place.lineno})"]


def _size() -> int:
    """The bytes of address space that this process has; 0 where the system does not say."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 0


def hostile(folder: Path, budget: Budget) -> Tally:
    """All cells, each in a process of its own."""
    bench, tally = Bench(folder), Tally()
    logging.getLogger("scrapers").setLevel(logging.CRITICAL)
    while budget.goes_on(tally.tried):
        tally.failures += in_child(bench, CELLS[tally.tried % len(CELLS)])
        tally.tried += 1
    return tally


PROOFS = (Proof(name="HTTP fault", unit="cell", full=len(CELLS), run=hostile, share=0.3),)


def main(name: str) -> None:
    """Show a cell again."""
    [cell] = [cell for cell in CELLS if str(cell) == name]
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(in_child(Bench(Path(folder)), cell)) or "ok")  # noqa: T201 (what was asked for)


if __name__ == "__main__":
    main(*sys.argv[1:])
