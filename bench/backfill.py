# ruff: noqa: INP001, T201 - a script that prints, no part of a package
"""Measure the way from files to a searched and matched archive: answers a second, in parts, and memory.

`uv run python bench/backfill.py [--answers 27000] [--terms 1000]`. It writes recorded answers (`--sample`: texts of the
demo) as files of TheyWorkForYou, 500 questions a day, and as details of the questions API, and reads each in a process of
its own, as `pqwatch backfill` does: parse, normalise, store and match, while a second process indexes. On two free cores
that takes as long as the process that takes longer. Beside it, over the same answers, its parts, and what none of them can
undercut: lxml or json alone, and the insertion of the same rows into an SQLite file with the same tables. Times are CPU and
wall seconds; memory is the most that each process held.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from html import escape
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from lxml import etree
from matching_terms import TermMaker, recorded_answers, sample_answers, topics
from sqlalchemy import insert, select
from timing import Took, timed

from db import schema, tables
from db.archive import Archive, upgrade
from db.engine import open_engine
from db.transactions import reading, writing
from monitor.collect.files import RECORDS_AT_ONCE, FileCollector
from monitor.collect.news import Scope
from monitor.collect.revisions import store_readings
from monitor.match import MatchCounts, find_matches
from monitor.model.records import House, Member
from monitor.model.sources import FileRef, Payload, Reading
from monitor.terms.vocabulary import Lexicon
from scrapers.folders import LocalFolder
from scrapers.questions_statements.questions import QuestionsSource
from scrapers.theyworkforyou import TheyWorkForYou

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.index_process import IndexingProcess
Parts = dict[str, str]

RECORDED: Final = (
    Path(__file__).parents[2] / "shared/data/written-questions-api/fulltext-commons-2023-09_2024-12.jsonl.gz"
)
A_DAY: Final = 500
FIRST: Final = date(2005, 5, 16)
NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)
SECOND: Final = "index, in a second process"
BODIES: Final = ("HOME DEPARTMENT", "TREASURY", "TRANSPORT", "HEALTH", "DEFENCE")


def main() -> None:
    """Measure each form in a process of its own, and print."""
    given = _arguments()
    if given.form:
        gc.set_threshold(50_000)  # as the command line does, monitor/cli/__init__.py
        texts = _texts(sample=given.sample)
        print(json.dumps({"xml": _xml, "json": _json}[given.form](texts, given.answers, given.terms)))
        return
    for form in ("xml", "json"):
        command = [
            sys.executable,
            __file__,
            "--form",
            form,
            "--answers",
            str(given.answers),
            "--terms",
            str(given.terms),
        ]
        command += ["--sample"] if given.sample else []
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (ourselves)
        _print(form, json.loads(done.stdout.splitlines()[-1]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="From files to an archive that is searchable and matched.")
    parser.add_argument("--answers", type=int, default=27_000)
    parser.add_argument("--terms", type=int, default=1_000)
    parser.add_argument("--sample", action="store_true", help="answers made of the demo's sentences")
    parser.add_argument("--form", choices=("xml", "json"), help=argparse.SUPPRESS)
    return parser.parse_args()


def _texts(*, sample: bool) -> list[Parts]:
    return sample_answers(2_000) if sample else recorded_answers(RECORDED)


def _print(form: str, told: dict[str, Any]) -> None:
    count, rounds = told["answers"], told["took"]
    print(f"\n{form}: {count:,} answers, {told['megabytes']:.0f} MB of files, {told['matches']:,} matches")
    for name, (cpu, wall) in rounds.items():
        on_the_clock = "" if name == SECOND else f"{count / wall:>10,.0f} a second"
        print(f"  {name:50}{count / cpu:>10,.0f} a second of CPU{on_the_clock}")
    print(f"  {'most memory':50}{told['memory']:>10,.0f} MB, {told['memory_before']:,.0f} MB of them before it began")
    print(f"  {'most memory of the second process':50}{told['memory_of_second']:>10,.0f} MB")


# -- the two forms ----------------------------------------------------------------------------------------------------


def _xml(texts: Sequence[Parts], answers: int, terms: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        size = _write_xml(Path(folder) / "scrapedxml" / "wrans", texts, answers)
        place = LocalFolder(Path(folder), lambda: NOW)
        source = TheyWorkForYou(place, EmptyRegister(), kinds=("wrans",))
        before = _memory()
        with _archive(folder) as archive:
            took: dict[str, Took] = {}
            scope = Scope(as_of=NOW, look_back_days=14, first=FIRST, last=NOW.date())
            collector = FileCollector(archive=archive, source=source, scope=scope, clock=lambda: NOW, is_history=True)
            indexing = _begin_indexing(archive)
            took["parse, normalise, store"], counts = timed(collector.run)
            if counts.failures or counts.tally.new != answers:
                raise SystemExit(f"{counts.tally.new} of {answers} were stored: {counts.failures[:3]}")
            matches = _match_and_index(archive, texts, terms, took, indexing)
            memory = _memory()
            refs = list(source.files())
            took["parsing to records alone"], _ = timed(lambda: _parse_all(source, refs))
            took["lxml alone"], _ = timed(lambda: [etree.fromstring(source.fetch(ref).body) for ref in refs])
            _insert_alone(archive, Path(folder), took)
    return _report(answers, size, matches, took, (before, memory))


def _json(texts: Sequence[Parts], answers: int, terms: int) -> dict[str, Any]:
    payloads = [_payload(number, parts) for number, parts in enumerate(islice(cycle(texts), answers), 1)]
    source = QuestionsSource(None, "https://api.example.org")  # type: ignore[arg-type]  # it only parses
    before = _memory()
    with tempfile.TemporaryDirectory() as folder, _archive(folder) as archive:
        took: dict[str, Took] = {}
        indexing = _begin_indexing(archive)
        took["parse, normalise, store"], _ = timed(lambda: _store_all(archive, source, payloads))
        matches = _match_and_index(archive, texts, terms, took, indexing)
        memory = _memory()
        took["parsing to records alone"], _ = timed(lambda: [source.parse(payload) for payload in payloads])
        took["json alone"], _ = timed(lambda: [json.loads(payload.body) for payload in payloads])
        _insert_alone(archive, Path(folder), took)
    return _report(answers, sum(len(payload.body) for payload in payloads), matches, took, (before, memory))


def _report(
    answers: int, size: int, matches: int, took: dict[str, Took], memory: tuple[float, float]
) -> dict[str, Any]:
    first = ("parse, normalise, store", "match")
    cpu = sum(took[name].cpu for name in first)
    wall = sum(took[name].wall for name in (*first, SECOND))  # of the second: what was left when the first had done
    whole = Took(max(cpu, took[SECOND].cpu), wall)
    return {
        "answers": answers,
        "megabytes": size / 1e6,
        "matches": matches,
        "took": {
            "from file to searchable and matched, two cores": whole,
            "of it the first process": Took(cpu, wall),
            **took,
        },
        "memory_before": memory[0],
        "memory": memory[1],
        "memory_of_second": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000,
    }


def _memory() -> float:
    """Return the most memory that this process held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


class EmptyRegister:
    """Register without people: looking them up is measured in its tests."""

    def by_number(self, _number: str, printed: str | None, _day: date) -> Member:
        """Return the member as printed."""
        return Member(name=printed)

    def by_name(
        self,
        printed: str,
        _house: House,
        _day: date,
        *,
        constituency: str | None = None,  # noqa: ARG002 (the port's name)
        office: str | None = None,  # noqa: ARG002 (the same)
    ) -> Member:
        """Return the member as printed."""
        return Member(name=printed)

    def office_of(self, _member: Member, _day: date) -> str | None:
        """Return None: no office is known."""
        return None


class _archive:  # noqa: N801 (used like a function)
    """A new archive in a folder."""

    def __init__(self, folder: str) -> None:
        self._engine = open_engine(f"sqlite:///{folder}/bench.db")

    def __enter__(self) -> Archive:
        upgrade(self._engine)
        self._archive = Archive(self._engine)
        return self._archive

    def __exit__(self, *_: object) -> None:
        self._archive.close()


# -- what is measured -------------------------------------------------------------------------------------------------


def _parse_all(source: TheyWorkForYou, refs: Sequence[FileRef]) -> int:
    return sum(1 for ref in refs for _ in source.records(source.fetch(ref)))


def _store_all(archive: Archive, source: QuestionsSource, payloads: Sequence[Payload]) -> None:
    for start in range(0, len(payloads), RECORDS_AT_ONCE):
        some = payloads[start : start + RECORDS_AT_ONCE]
        readings = [Reading(payload=payload, proceeding=source.parse(payload), is_detail=True) for payload in some]
        store_readings(archive, readings, today=NOW.date(), is_news=lambda *_: False)


def _begin_indexing(archive: Archive) -> IndexingProcess:
    indexing = archive.index_beside()
    if indexing is None:
        raise SystemExit("this archive has no index")
    return indexing


def _match_and_index(
    archive: Archive, texts: Sequence[Parts], terms: int, took: dict[str, Took], indexing: IndexingProcess
) -> int:
    archive.watch_list.sync(topics(TermMaker(texts).terms(terms)), [], "1")
    counts = MatchCounts()
    took["match"], _ = timed(lambda: find_matches(archive, Lexicon(), counts))
    helped = _cpu_of_ended_processes()
    took["match"] = Took(took["match"].cpu + helped, took["match"].wall)
    began = perf_counter()
    indexing.finish(lambda: None)
    indexing.stop()
    took[SECOND] = Took(_cpu_of_ended_processes() - helped, perf_counter() - began)
    return counts.matches


def _cpu_of_ended_processes() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _insert_alone(archive: Archive, folder: Path, took: dict[str, Took]) -> None:
    """Insert the rows of a record, as read, into another file, without look-ups and index."""
    copied = (tables.proceeding, tables.alias, tables.source_record, tables.payload, tables.revision, tables.parts)
    with reading(archive.engine) as connection:
        rows = {table: [dict(row) for row in connection.execute(select(table)).mappings()] for table in copied}
    engine = open_engine(f"sqlite:///{folder}/rows.db")
    schema.upgrade(engine)

    def fill() -> None:
        for table in copied:
            for start in range(0, len(rows[table]), 10 * RECORDS_AT_ONCE):
                with writing(engine) as connection:
                    connection.execute(insert(table), rows[table][start : start + 10 * RECORDS_AT_ONCE])

    took["inserting its rows alone"], _ = timed(fill)
    engine.dispose()


# -- what is read -----------------------------------------------------------------------------------------------------


def _write_xml(folder: Path, texts: Sequence[Parts], answers: int) -> int:
    """Write days of written answers; returns their bytes."""
    folder.mkdir(parents=True)
    some, size = islice(cycle(texts), answers), 0
    for number in range(-(-answers // A_DAY)):
        day = FIRST + timedelta(days=number)
        blocks = [
            _block(day, 100_000 + number * A_DAY + place, parts) for place, parts in enumerate(islice(some, A_DAY))
        ]
        root = '<publicwhip scrapeversion="a" latest="yes">'
        text = f'<?xml version="1.0" encoding="utf-8"?>\n{root}\n{"".join(blocks)}</publicwhip>\n'
        size += (folder / f"answers{day}a.xml").write_bytes(text.encode())
    return size


def _block(day: date, number: int, parts: Parts) -> str:
    gid = f"uk.org.publicwhip/wrans/{day}a.{number}"
    column = f"{number % A_DAY + 1}W"
    answer = "".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in parts["answer"].split("\n\n"))
    head = ""
    if number % 50 == 0:
        head = f'<major-heading id="{gid}.mh" colnum="{column}">{BODIES[number // 50 % 5]}</major-heading>\n'
    return f"""{head}<minor-heading id="{gid}.h" colnum="{column}">Subject {number % 97}</minor-heading>
<ques id="{gid}.q0" speakerid="uk.org.publicwhip/member/{number % 600}" speakername="Asker {number % 600}" colnum="{column}">
<p qnum="{number}">{escape(parts["question"])}</p></ques>
<reply id="{gid}.r0" speakerid="uk.org.publicwhip/member/{number % 90}" speakername="Minister {number % 90}">
{answer}</reply>
"""


def _payload(number: int, parts: Parts) -> Payload:
    day = FIRST + timedelta(days=number // A_DAY)
    asker = {"id": number % 600 + 1, "name": f"Asker {number % 600}", "party": "Labour", "memberFrom": "Nowhere"}
    value = {
        "id": number,
        "askingMemberId": asker["id"],
        "askingMember": asker,
        "house": "Commons",
        "memberHasInterest": False,
        "dateTabled": f"{day}T00:00:00",
        "dateForAnswer": f"{day + timedelta(days=3)}T00:00:00",
        "uin": str(number),
        "questionText": parts["question"],
        "answeringBodyId": number % 5 + 1,
        "answeringBodyName": BODIES[number % 5].title(),
        "isWithdrawn": False,
        "isNamedDay": False,
        "groupedQuestions": [],
        "answerIsHolding": False,
        "answerIsCorrection": False,
        "answeringMemberId": number % 90 + 1000,
        "answeringMember": {"id": number % 90 + 1000, "name": f"Minister {number % 90}", "party": "Labour"},
        "correctingMemberId": None,
        "correctingMember": None,
        "dateAnswered": f"{day + timedelta(days=4)}T00:00:00",
        "answerText": "".join(f"<p>{escape(paragraph)}</p>" for paragraph in parts["answer"].split("\n\n")),
        "originalAnswerText": "",
        "comparableAnswerText": "",
        "dateAnswerCorrected": None,
        "dateHoldingAnswer": None,
        "attachmentCount": 0,
        "attachments": [],
        "heading": f"Subject: {number % 97}",
        "groupedQuestionsDates": [],
    }
    url = f"https://api.example.org/{number}"
    return Payload(
        source="questions", key=str(number), url=url, fetched_at=NOW, body=json.dumps({"value": value}).encode()
    )


if __name__ == "__main__":
    main()
