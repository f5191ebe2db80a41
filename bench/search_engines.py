# ruff: noqa: INP001, D102 - a script's module, no part of a package; `Engine` says what the methods do
"""Engines that `search.py` measures: this archive, and the libraries FTS5 and tantivy.

Every engine gets the same answers and the same questions, each in its own language, and hands out the first twenty with a
passage of each, newest first or the most relevant first.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from search_corpus import proceeding_of
from sqlalchemy import make_url
from sqlalchemy import text as sql

from db.archive import Archive, upgrade
from db.backup import compact
from db.engine import open_engine
from db.index_file import index_path
from monitor.collect.revisions import store_readings
from monitor.model.records import House
from monitor.model.search import Filters
from monitor.model.sources import Payload, Reading
from monitor.presentation.passage import passage
from monitor.terms.matcher import compile_query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from search_corpus import Answer

    from monitor.model.search import Hit

FIRST: Final = 20
NEAR: Final = 10
ROOM: Final = 300
"""Characters of a passage."""
NEWEST: Final = "newest"
RELEVANT: Final = "relevance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question to search for. `kind`: word, phrase, and, near, prefix; `level`: rare, middling, common, or one filtered.

    `documents`: how many plain FTS5 finds, filters aside. `first`, `last`: days, both included.
    """

    kind: str
    level: str
    words: tuple[str, ...]
    documents: int
    house: str = ""
    body: str = ""
    first: date | None = None
    last: date | None = None


class Found(NamedTuple):
    """The numbers of the first answers, in order, and a passage of each."""

    numbers: list[int]
    passages: list[str]


class Engine(Protocol):
    """An engine with its index in a folder."""

    name: str
    about: str

    def build(self, made: Iterable[list[Answer]]) -> None:
        """Take the answers in, oldest first."""

    def size(self) -> int:
        """Bytes on the disk, texts and index."""

    def open(self) -> None:
        """Be ready for questions."""

    def first(self, asked: Asked, order: str) -> Found:
        """Return the first twenty hits."""

    def count(self, asked: Asked) -> int:
        """Count the hits."""

    def close(self) -> None:
        """Let go of files and processes."""


class UnavailableError(Exception):
    """An engine that can't be had here, and why."""


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


# -- pqwatch ----------------------------------------------------------------------------------------------------------


class Pqwatch:
    """The archive of this project, filled as a collect fills it; its index follows."""

    def __init__(self, url: str, now: datetime, name: str = "pqwatch") -> None:
        self.name = name
        self.about = "this archive"
        self.url = url
        self._now = now
        self._archive: Archive | None = None

    @property
    def archive(self) -> Archive:
        """The archive, which is open."""
        assert self._archive is not None  # noqa: S101 (who asks opened it)
        return self._archive

    def build(self, made: Iterable[list[Answer]]) -> None:
        self.store(made)
        self.index()

    def store(self, made: Iterable[list[Answer]]) -> None:
        """Make the archive, and store what the sources tell, a day at a time."""
        engine = open_engine(self.url)
        upgrade(engine)
        self._archive = Archive(engine, clock=lambda: self._now)
        for day in made:
            for readings in _readings(day, self._now):
                store_readings(self.archive, readings, today=self._now.date(), is_news=lambda *_: False)

    def index(self) -> None:
        """Let the index take in what is stored."""
        self.open()
        self.archive.index.follow()

    def open(self) -> None:
        if self._archive is None:
            self._archive = Archive(open_engine(self.url), clock=lambda: self._now)

    def compacted(self) -> int:
        """Return the size after `pqwatch db compact`; of PostgreSQL, which has no such command, the size as it is."""
        url = make_url(self.url)
        if url.get_backend_name() == "sqlite":
            self.close()
            compact(Path(url.database or ""))
            self.open()
        return self.size()

    def size(self) -> int:
        """Bytes of the archive with the file of its index, without kept payloads, which are texts once more."""
        path = index_path(self.archive.engine)
        of_index = path.stat().st_size if path is not None and path.exists() else 0
        return of_index + sum(size for name, size in self.sizes().items() if "payload" not in name)

    def sizes(self) -> dict[str, int]:
        """Bytes of each table and each index."""
        query = "SELECT name, sum(pgsize) FROM dbstat WHERE aggregate = TRUE GROUP BY name ORDER BY 2 DESC"
        if self.archive.engine.dialect.name != "sqlite":
            query = (
                "SELECT relname, pg_relation_size(oid) + coalesce(pg_relation_size(nullif(reltoastrelid, 0)), 0)"
                " FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC"
            )
        with self.archive.engine.connect() as connection:
            return {str(name): int(size) for name, size in connection.execute(sql(query))}

    def first(self, asked: Asked, order: str) -> Found:
        query = compile_query(in_our_language(asked))
        filters = our_filters(asked, order)
        with closing(self.archive.search.hits(query, filters, limit=FIRST)) as hits:
            found = list(hits)
        return Found([hit.proceeding_id for hit in found], [_passages(hit) for hit in found])

    def count(self, asked: Asked) -> int:
        return self.archive.search.count(compile_query(in_our_language(asked)), our_filters(asked, NEWEST))

    def close(self) -> None:
        if self._archive is not None:
            self._archive.close()
            self._archive = None


def in_our_language(asked: Asked) -> str:
    """Return the question as a user types it."""
    joined = {"and": " AND ", "near": f" NEAR/{NEAR} "}.get(asked.kind, " ").join(asked.words)
    return f"{joined}*" if asked.kind == "prefix" else joined


def our_filters(asked: Asked, order: str) -> Filters:
    """Return the filters of a search."""
    return Filters(
        first=asked.first,
        last=asked.last,
        houses=[House(asked.house).value] if asked.house else (),
        body=asked.body or None,
        by_relevance=order == RELEVANT,
    )


def _passages(hit: Hit) -> str:
    """Return a passage of each part with a match, as on the command line."""
    lines = []
    for name, text in hit.revision.proceeding.parts().items():
        if spans := sorted({(span.start, span.end) for span in hit.spans if span.part == name}):
            lines.append("".join(run.text for run in passage(text, spans, ROOM)))
    return "\n".join(lines)


def _readings(day: Sequence[Answer], now: datetime) -> Iterator[list[Reading]]:
    """Yield the readings of a day: a file with all answers, or a response for each, without the bytes."""
    told: dict[str, list[Reading]] = {}
    file = _payload("theyworkforyou", f"answers{date.fromordinal(day[0].day)}a.xml", now)
    for answer in day:
        proceeding = proceeding_of(answer)
        if proceeding.source == "questions":
            payload = _payload("questions", proceeding.id.removeprefix("q-"), now)
            reading = Reading(payload=payload, proceeding=proceeding, is_detail=True)
        else:
            reading = Reading(payload=file, proceeding=proceeding, key=proceeding.id)  # as `read_questions` gives it
        told.setdefault(proceeding.source, []).append(reading)
    yield from told.values()


def _payload(source: str, key: str, now: datetime) -> Payload:
    return Payload(source=source, key=key, url=f"https://example.org/{key}", fetched_at=now, body=b"")


# -- plain FTS5 -------------------------------------------------------------------------------------------------------


class Fts5:
    """SQLite's FTS5 over a table of texts, with its own snippets; relevance is its bm25."""

    name = "FTS5"
    about = f"SQLite {sqlite3.sqlite_version}, external content, unicode61"

    def __init__(self, folder: Path) -> None:
        self._path = folder / "fts5.db"
        self.open()

    def open(self) -> None:
        self.connection = sqlite3.connect(self._path)
        self.connection.execute("PRAGMA cache_size = -65536")

    def build(self, made: Iterable[list[Answer]]) -> None:
        self.connection.executescript(
            "PRAGMA journal_mode = WAL;"
            "CREATE TABLE answer (id INTEGER PRIMARY KEY, day INTEGER, house TEXT, body TEXT,"
            " heading TEXT, question TEXT, answer TEXT);"
            "CREATE VIRTUAL TABLE words USING fts5(heading, question, answer, content='answer', content_rowid='id',"
            " tokenize='unicode61 remove_diacritics 0');"
        )
        for day in made:
            rows = [(a.number, a.day, a.house, a.body, a.heading, a.question, a.answer) for a in day]
            self.connection.executemany("INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self.connection.execute("INSERT INTO words (words) VALUES ('rebuild')")
        self.connection.commit()
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def size(self) -> int:
        return self._path.stat().st_size

    def first(self, asked: Asked, order: str) -> Found:
        match, (condition, values) = in_fts5(asked), _fts5_conditions(asked)
        by = "rank" if order == RELEVANT else "words.rowid DESC"
        found = [
            row[0]
            for row in self.connection.execute(
                f"SELECT words.rowid FROM words {condition} ORDER BY {by} LIMIT {FIRST}",  # noqa: S608 (our own words)
                [match, *values],
            )
        ]
        query = "SELECT snippet(words, -1, '*', '*', '...', 40) FROM words WHERE words MATCH ? AND rowid = ?"
        return Found(found, [self.connection.execute(query, (match, number)).fetchone()[0] for number in found])

    def count(self, asked: Asked) -> int:
        condition, values = _fts5_conditions(asked)
        query = f"SELECT count(*) FROM words {condition}"  # noqa: S608 (our own words)
        return int(self.connection.execute(query, [in_fts5(asked), *values]).fetchone()[0])

    def close(self) -> None:
        self.connection.close()


def in_fts5(asked: Asked) -> str:
    """Return the question in FTS5's language."""
    quoted = [f'"{word}"' for word in asked.words]
    if asked.kind == "near":
        return f"NEAR({' '.join(quoted)}, {NEAR})"
    return {"and": " AND ", "phrase": " + "}.get(asked.kind, "").join(quoted) + ("*" if asked.kind == "prefix" else "")


def _fts5_conditions(asked: Asked) -> tuple[str, list[Any]]:
    chosen = conditions(asked)
    join = "JOIN answer ON answer.id = words.rowid " if chosen else ""
    return " AND ".join([f"{join}WHERE words MATCH ?", *(f"answer.{condition} ?" for condition in chosen)]), list(
        chosen.values()
    )


def conditions(asked: Asked) -> dict[str, Any]:
    """Return the filters as beginnings of SQL conditions, with their values."""
    given = {"house =": asked.house, "body =": asked.body}
    days = {"day >=": asked.first, "day <=": asked.last}
    return {
        **{name: value for name, value in given.items() if value},
        **{n: d.toordinal() for n, d in days.items() if d},
    }


# -- tantivy ----------------------------------------------------------------------------------------------------------


class Tantivy:
    """tantivy, in the process, by its Python binding; relevance is its BM25."""

    name = "tantivy"

    def __init__(self, folder: Path) -> None:
        try:
            import tantivy  # noqa: PLC0415 (of the group bench)
        except ModuleNotFoundError as exc:
            raise UnavailableError("not installed: uv run --group bench python bench/search.py") from exc
        self._tantivy: Any = tantivy
        self.about = f"{version('tantivy')}, one writer, its default analysis"
        self._folder = folder / "tantivy"

    def build(self, made: Iterable[list[Answer]]) -> None:
        self._folder.mkdir()
        builder = self._tantivy.SchemaBuilder()
        for name in ("number", "day"):
            builder.add_unsigned_field(name, stored=name == "number", indexed=True, fast=True)
        for name in ("house", "body"):
            builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("text", stored=True)
        schema = builder.build()
        writer = self._tantivy.Index(schema, path=str(self._folder)).writer(256_000_000, 1)
        for answer in chain.from_iterable(made):
            text = f"{answer.heading}\n\n{answer.question}\n\n{answer.answer}"
            row = {"number": answer.number, "day": answer.day, "house": answer.house, "body": answer.body, "text": text}
            writer.add_document(self._tantivy.Document.from_dict(row, schema))
        writer.commit()
        writer.wait_merging_threads()

    def open(self) -> None:
        self._index = self._tantivy.Index.open(str(self._folder))
        self._schema = self._index.schema
        self._searcher = self._index.searcher()

    def size(self) -> int:
        return size_of(self._folder)

    def first(self, asked: Asked, order: str) -> Found:
        query = self._query(asked)
        by = {"order_by_field": "number"} if order == NEWEST else {}
        result = self._searcher.search(query, FIRST, count=False, **by)
        maker = self._tantivy.SnippetGenerator.create(self._searcher, query, self._schema, "text")
        documents = [self._searcher.doc(address) for _, address in result.hits]
        return Found(
            [document.get_first("number") for document in documents],
            [maker.snippet_from_doc(document).fragment() for document in documents],
        )

    def count(self, asked: Asked) -> int:
        return int(self._searcher.search(self._query(asked), 1, count=True).count)

    def _query(self, asked: Asked) -> Any:
        make, schema, words = self._tantivy.Query, self._schema, list(asked.words)
        if asked.kind == "phrase":
            query = make.phrase_query(schema, "text", words)
        elif asked.kind == "near":
            ways = [make.phrase_query(schema, "text", way, slop=NEAR) for way in (words, words[::-1])]
            query = ways[0].or_should_match(ways[1])
        elif asked.kind == "prefix":
            query = make.regex_query(schema, "text", f"{words[0]}.*")
        else:
            query = make.term_query(schema, "text", words[0])
            for word in words[1:]:
                query = query.and_must_match(make.term_query(schema, "text", word))
        for name in ("house", "body"):
            if value := getattr(asked, name):
                query = query.and_must_match(make.term_query(schema, name, value))
        if asked.first or asked.last:
            first, last = (asked.first or date.min).toordinal(), (asked.last or date.max).toordinal()
            kind = self._tantivy.FieldType.Unsigned
            query = query.and_must_match(make.range_query(schema, "day", kind, first, last))
        return query

    def close(self) -> None:
        self._searcher = self._index = None
