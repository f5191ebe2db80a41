# ruff: noqa: INP001 - a script, no part of a package
"""Cost of the full-text index on a large archive, in wall time on this machine.

`uv run python bench/index.py [--answers 200000] [--url sqlite:////tmp/bench.db]`. It makes an archive of that many answered
questions (recorded texts again and again, a thousand a day; `--sample`: texts of the demo), into some of which words are
planted that no text has, and measures: indexing; the time until a term that is new has found all that it finds, for terms
of 50 to 50,000 hits; the time until a search has its first 20 records, and until it has counted 20,000. Each is timed three
times, with new words for the terms, and the median told: wall time, and CPU time of this process, which on SQLite is all
there is and on a busy machine says more. An archive that is there already is used as it is.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from matching_terms import recorded_answers, sample_answers
from sqlalchemy import insert
from timing import Took, timed

from db import schema, tables
from db.archive import Archive
from db.engine import open_engine
from db.rows import facts_of
from db.transactions import writing
from monitor.model.index_query import AnyOf
from monitor.model.records import PARTS, House, Kind, Member, Proceeding
from monitor.model.search import Filters
from monitor.model.watching import Topic
from monitor.terms.matcher import compile_query, compile_terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.model.search import Hit
    from monitor.terms.matcher import Matcher, Query

RECORDED: Final = (
    Path(__file__).parents[2] / "shared/data/written-questions-api/fulltext-commons-2023-09_2024-12.jsonl.gz"
)
HITS: Final = (50, 500, 5_000, 50_000)
ROUNDS: Final = 3
MOST_COUNTED: Final = 20_000
A_DAY: Final = 1_000
SEEN_AT: Final = datetime(2026, 11, 1, tzinfo=UTC)
NEWEST: Final = date(2026, 10, 30)
SEARCHES: Final = (
    "planted50x0",
    "government",
    '"the"',
    "NHS",
    "local authorit*",
    "child NEAR/5 poverty",
    "NHS AND dentist*",
)


def main() -> None:
    """Measure and print."""
    given = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(given.url or f"sqlite:///{folder}/bench.db")
        archive = Archive(engine)
        if schema.current(engine) is None:
            schema.upgrade(engine)
            texts = sample_answers(2_000) if given.sample else recorded_answers(RECORDED)
            took, _ = timed(lambda: _fill(archive, texts, given.answers))
            _say("storing", took, f"{given.answers / took.wall:,.0f} answers/s")
        if not archive.index.count().rows or given.reindex:
            took, done = timed(archive.index.follow)
            _say("follow", took, f"{done / took.wall:,.0f} answers/s")
            took, done = timed(archive.index.rebuild)
            _say("rebuild", took, f"{done / took.wall:,.0f} answers/s")
        _measure_terms(archive)
        _measure_searches(archive)
        archive.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The full-text index.")
    parser.add_argument("--answers", type=int, default=200_000)
    parser.add_argument("--url", help="where the archive is, or is to be made; else in a temporary folder")
    parser.add_argument("--sample", action="store_true", help="answers made of the demo's sentences")
    parser.add_argument("--reindex", action="store_true", help="index anew even what is indexed")
    return parser.parse_args()


def _say(what: str, took: Took, more: str = "") -> None:
    print(f"{what:34}{took.wall * 1000:>12,.1f} ms{took.cpu * 1000:>12,.1f} ms CPU   {more}", flush=True)  # noqa: T201 - this is what it is for


# -- the archive ------------------------------------------------------------------------------------------------------


def _fill(archive: Archive, texts: Sequence[Mapping[str, str]], count: int) -> None:
    rows = _rows(texts, count)
    while some := list(islice(rows, 5_000)):
        with writing(archive.engine) as connection:
            for number, table in enumerate((tables.proceeding, tables.revision, tables.parts)):
                connection.execute(insert(table), [row[number] for row in some])


def _rows(texts: Sequence[Mapping[str, str]], count: int) -> Iterator[tuple[Any, Any, Any]]:
    for number in range(1, count + 1):
        parts = texts[number % len(texts)]
        if planted := _planted(number, count):
            parts = {**parts, "answer": _in_the_middle(parts["answer"], planted)}
        day = NEWEST - timedelta(days=(count - number) // A_DAY)
        proceeding = Proceeding(
            id=f"q-{number}",
            source="questions",
            kind=Kind.QUESTION,
            house=House.COMMONS,
            uin=str(number % 100_000),
            body=("Home Office", "Treasury", "Department for Transport")[number % 3],
            body_id=number % 3,
            tabled_on=day - timedelta(days=5),
            answered_on=day,
            asked_by=Member(member_id=number % 600, name=f"Member {number % 600}", party="Labour"),
            answered_by=Member(member_id=number % 90, name=f"Minister {number % 90}", party="Conservative"),
        )
        yield (
            _record(number, proceeding),
            _revision(number, proceeding),
            {"revision_id": number, **dict.fromkeys(PARTS), **parts},
        )


def _in_the_middle(text: str, words: str) -> str:
    before, space, after = text[len(text) // 2 :].partition(" ")
    return f"{text[: len(text) // 2]}{before} {words}{space}{after}"


def _planted(number: int, count: int) -> str:
    """Return the words to plant into an answer, spread evenly: some for each number of hits and round."""
    return " ".join(
        f"planted{hits}x{turn}"
        for hits in HITS
        for turn in range(ROUNDS)
        if hits < count and (number + turn) % (count // hits) == 0
    )


def _record(number: int, proceeding: Proceeding) -> dict[str, Any]:
    asker, minister = proceeding.asked_by, proceeding.answered_by
    return {
        "id": number,
        "public_id": proceeding.id,
        "kind": proceeding.kind.value,
        "legislature": "uk",
        "house": proceeding.house.value,
        "uin": proceeding.uin,
        "state": proceeding.state.value,
        "day": proceeding.day,
        "tabled_on": proceeding.tabled_on,
        "answered_on": proceeding.answered_on,
        "body": proceeding.body,
        "asker": asker.name if asker else None,
        "asker_party": asker.party if asker else None,
        "minister": minister.name if minister else None,
        "first_seen_at": SEEN_AT,
        "latest_revision_id": number,
    }


def _revision(number: int, proceeding: Proceeding) -> dict[str, Any]:
    return {
        "id": number,
        "proceeding_id": number,
        "source": proceeding.source,
        "number": 1,
        "seen_at": SEEN_AT,
        "day": proceeding.day,
        "events": "tabled answered",
        "is_news": False,
        "facts": facts_of(proceeding),
    }


# -- what is measured -------------------------------------------------------------------------------------------------


def _measure_terms(archive: Archive) -> None:
    """Measure the time from adding a term to storing all its matches, as `pqwatch match` does it."""
    for hits in HITS:
        took, found = [], 0
        for turn in range(ROUNDS):
            text = f"planted{hits}x{turn}"
            topic = Topic(key=f"{text} {perf_counter()}", name=text, terms=(text,))
            archive.watch_list.sync([topic], [], "1")
            took.append(timed(partial(_match, archive))[0])
            found = _found(archive, topic)
        median = statistics.median_low(took)
        _say(f"a new term with {found:,} matches", median, f"{found / median.cpu:,.0f} matches a second of CPU")


def _found(archive: Archive, topic: Topic) -> int:
    return archive.search.count(None, Filters(topic=topic.key))


def _match(archive: Archive) -> None:
    while (work := archive.matches.next_work()) is not None:
        matcher = compile_terms(work.topics)
        for documents, done_to in archive.matches.read_documents(work, partial(_need_of_any, matcher)):
            found = [
                (document.revision_id, matcher.matches(document.parts, document.forms, document.facts))
                for document in documents
            ]
            archive.matches.store(work, found, done_to)


def _need_of_any(matcher: Matcher) -> AnyOf:
    return AnyOf(tuple(need for need in matcher.needs().values() if need is not None))


def _measure_searches(archive: Archive) -> None:
    for text in SEARCHES:
        query = compile_query(text)
        first = [timed(partial(_first, archive, query))[0] for _ in range(ROUNDS)]
        _say(f"the first 20 of {text}", statistics.median_low(first))
        took, total = timed(partial(archive.search.count, query, Filters(), at_most=MOST_COUNTED))
        _say(f"  counting {total:,}", took, f"{total / took.cpu:,.0f} a second of CPU")


def _first(archive: Archive, query: Query) -> list[Hit]:
    return list(archive.search.hits(query, Filters(), limit=20))


if __name__ == "__main__":
    main()
