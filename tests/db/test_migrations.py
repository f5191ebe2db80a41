"""Migrations of the schema from each version to the next, on both databases."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import sqlite3
import traceback
import warnings
import zlib
from contextlib import closing
from functools import cache
from itertools import count
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, insert, inspect, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from db import schema, tables
from db.archive import Archive, open_archive, upgrade
from db.cross_references import records_citing
from db.engine import open_engine
from db.index import Count
from db.integrity import check
from db.rows import expanded
from db.transactions import writing
from monitor.collect.revisions import store_readings
from monitor.errors import ArchiveError, SchemaError
from monitor.model.records import PARTS
from monitor.model.search import Filters
from monitor.model.sources import Payload, Reading
from monitor.parliament.identifiers import id_of_number
from monitor.terms.matcher import compile_query
from tests.builders import NOW, a_question
from tests.index_kit import RUIN
from tests.new_archives import bring_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

DUMPS = Path(__file__).parent / "dumps"
INDEX_FACTS = ("index_version", "indexed_to", "stale_to")
"""Facts about the index that archives before version 0010 held."""
ZLIB = b"\x78"
"""First byte of zlib's output. No mail begins with it."""
SINCE_0012 = (
    "promise",
    "promise_key",
    "promise_decision",
    "digest_promise",
    "follow",
    "mark",
    "mute",
    "mute_item",
    "note",
)
"""Tables that version 0012 added."""
SINCE_0013 = ("announced",)
"""Table that version 0013 added."""

VERSIONS = sorted(path.stem for path in DUMPS.glob("*.sql"))


def downgrade(engine: Engine, revision: str) -> None:
    settings = schema.config()
    settings.attributes["engine"] = engine
    command.downgrade(settings, revision)


def difference(engine: Engine) -> list[Any]:
    """Return the differences between the models and the database, without the tables of the queue."""
    with engine.connect() as connection:
        options = {"compare_type": True, "include_name": lambda name, _kind, _parents: not is_of_queue(name)}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, tables.metadata))


def is_of_queue(name: str | None) -> bool:
    """Return whether a table or index belongs to the queue, which is Procrastinate's own."""
    return name is not None and "procrastinate" in name


def is_of_index(table: str) -> bool:
    """Return whether a table belongs to the index that archives before version 0010 held."""
    return table.startswith("full_text") or table in ("likeness", "label")


def table_names(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return sorted(inspect(connection).get_table_names())


def contents(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows by table, as the models read them."""
    with engine.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in tables.metadata.tables.items()
        }


def restored(version: str, folder: Path) -> Path:
    """Make the archive of an earlier version from its dump."""
    path = folder / f"{version}.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((DUMPS / f"{version}.sql").read_text(encoding="utf-8"))
    return path


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that upgrades the dump of a version. Tests share the result and only read or copy it."""
    folder = tmp_path_factory.mktemp("upgraded")

    @cache
    def upgraded_from(version: str) -> Path:
        path = restored(version, folder)
        open_archive(f"sqlite:///{path}").close()
        return path

    return upgraded_from


def with_more_migrations(monkeypatch: pytest.MonkeyPatch, folder: Path, *bodies: str) -> None:
    """Add migrations to those of the program, numbered from the head on."""
    target = folder / "migrations"
    shutil.copytree(schema.migrations(), target, ignore=shutil.ignore_patterns("__pycache__"))
    before = schema.HEAD
    for body in bodies:
        after = f"{int(before) + 1:04}"
        (target / "versions" / f"{after}_more.py").write_text(
            f'revision = "{after}"\ndown_revision = "{before}"\nimport sqlalchemy as sa\nfrom alembic import op\n\n\n'
            f"def upgrade():\n{body}\n",
            encoding="utf-8",
        )
        before = after
    monkeypatch.setattr(schema, "migrations", lambda: target)
    monkeypatch.setattr(schema, "HEAD", before)


def test_there_is_one_head_and_the_program_knows_it() -> None:
    assert ScriptDirectory.from_config(schema.config()).get_heads() == [schema.HEAD]


def test_there_is_a_dump_of_each_version() -> None:
    scripts = ScriptDirectory.from_config(schema.config()).walk_revisions()
    assert sorted(script.revision for script in scripts) == VERSIONS


@pytest.mark.parametrize(
    "name", ["ix_proceeding_open", "ix_proceeding_coming", "ix_revision_news_seen", "ix_revision_payload"]
)
def test_a_partial_index_is_partial_in_postgresql_too(name: str) -> None:
    tables.add_postgresql_options()
    [index] = [index for table in tables.metadata.tables.values() for index in table.indexes if index.name == name]
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own has no types
    assert " WHERE " in str(CreateIndex(index).compile(dialect=dialect))


def test_models_and_migrations_agree(empty_engine: Engine) -> None:
    schema.upgrade(empty_engine)
    assert difference(empty_engine) == []
    assert schema.current(empty_engine) == schema.HEAD


def test_the_schema_goes_down_and_up_again(empty_engine: Engine) -> None:
    schema.upgrade(empty_engine)
    downgrade(empty_engine, "base")
    assert table_names(empty_engine) == ["alembic_version"]
    assert schema.current(empty_engine) is None
    schema.upgrade(empty_engine)
    assert difference(empty_engine) == []


def test_an_upgrade_of_an_archive_that_is_up_to_date_does_nothing(empty_engine: Engine) -> None:
    schema.upgrade(empty_engine)
    before = contents(empty_engine)
    schema.upgrade(empty_engine)
    assert upgrade(empty_engine) is None
    assert contents(empty_engine) == before


@pytest.mark.parametrize("version", VERSIONS)
def test_a_populated_archive_is_upgraded_without_loss(
    version: str, tmp_path: Path, upgraded: Callable[[str], Path]
) -> None:
    with closing(sqlite3.connect(restored(version, tmp_path))) as connection:
        before = rows(connection)
    move_to_current_tables(before)
    with closing(sqlite3.connect(upgraded(version))) as connection:
        after = rows(connection, {name: columns for name, (columns, _) in before.items()})
        assert connection.execute("pragma foreign_key_check").fetchall() == []
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    del before["alembic_version"], after["alembic_version"]
    assert {name: len(table_rows) for name, (_, table_rows) in before.items() if not table_rows} == {"lease": 0}
    assert after == before


def test_a_populated_archive_goes_down_and_up_again_without_loss(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{restored(schema.HEAD, tmp_path)}")
    before = contents(engine)
    downgrade(engine, "0004")
    with engine.connect() as connection:
        expected = connection.exec_driver_sql("select count(distinct source || proceeding_id) from revision").scalar()
        noted = connection.exec_driver_sql("select count(distinct source || proceeding_id) from source_record").scalar()
        facts = connection.exec_driver_sql("select facts from revision limit 1").scalar()
    assert noted == expected
    assert str(facts).startswith("{")
    schema.upgrade(engine)
    # A downgrade drops the reasons of matches. The matcher adds them again when its version changes.
    place = {column.name: number for number, column in enumerate(tables.match.columns)}
    assert all(row[place["is_evident"]] is not None for row in before["match"])
    before["match"] = sorted(((*row[: place["member"]], None, None) for row in before["match"]), key=repr)
    # It drops the marks of subscribers, which their next digests set again.
    before["subscriber"] = [(*row[:-1], 0) for row in before["subscriber"]]
    # It drops the ledger, which the next run fills again, what readers follow, mark, mute and note, the calendar, what came
    # back, and the subscribers that are kept in the archive.
    before |= {name: [] for name in (*SINCE_0012, *SINCE_0013, "host_turn", "bounce", "kept_subscriber")}
    before["meta"] = [row for row in before["meta"] if not row[0].startswith(("promises", "calendar"))]
    assert contents(engine) == before
    engine.dispose()


def move_to_current_tables(found: dict[str, tuple[list[str], list[tuple[Any, ...]]]]) -> None:
    """Move the rows of an older archive to the tables and columns of today. Facts about its old index are dropped."""
    if "part" in found:
        texts: dict[int, dict[str, str]] = {}
        for revision_id, name, words, _form in found.pop("part")[1]:
            texts.setdefault(revision_id, {})[name] = words
        found["parts"] = (
            ["revision_id", *PARTS],
            sorted(((revision_id, *map(parts.get, PARTS)) for revision_id, parts in texts.items()), key=repr),
        )
    columns, revisions = found["revision"]
    kept = [place for place, name in enumerate(columns) if name != "fingerprint"]
    found["revision"] = (
        [columns[place] for place in kept],
        sorted((tuple(row[place] for place in kept) for row in revisions), key=repr),
    )
    aliases = {row[0]: row[1] for row in found["alias"][1]}
    columns, known = found["source_record"]
    found["source_record"] = (columns, [row for row in known if any(row[3:]) or aliases.get(row[1]) != row[2]])
    own = own_ids(found["proceeding"])
    found["alias"] = (
        found["alias"][0],
        sorted(((hashed(key), record) for key, record in aliases.items() if not is_in_id(own, key, record)), key=repr),
    )
    found["meta"] = (found["meta"][0], [row for row in found["meta"][1] if row[0] not in INDEX_FACTS])


def own_ids(proceedings: tuple[list[str], list[tuple[Any, ...]]]) -> dict[str, int]:
    """Return the row numbers of the records that are not merged into others, by public id."""
    columns, found = proceedings
    records = (dict(zip(columns, row, strict=True)) for row in found)
    return {record["public_id"]: record["id"] for record in records if record.get("merged_into") is None}


def is_in_id(own: dict[str, int], key: str, record: int) -> bool:
    """Return whether a key follows from the public id of a record, so that no alias is stored for it."""
    return record in {own.get(key), own.get(id_of_number(key) or key)}


def hashed(key: str) -> str:
    """Return a key of an older version as it is stored today."""
    if not key.startswith("asked:") or "#" not in key:
        return key
    return f"asked:{hashlib.blake2b(key.removeprefix('asked:').encode(), digest_size=8).hexdigest()}"


def rows(
    connection: sqlite3.Connection, wanted: dict[str, list[str]] | None = None
) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """Return the columns and rows of each table. `wanted`: the columns to read, by table."""
    connection.create_function("plain", 1, lambda facts: expanded(facts) if isinstance(facts, bytes) else facts)
    connection.create_function("mail", 1, lambda mail: zlib.decompress(mail) if mail[:1] == ZLIB else mail)
    tables = connection.execute("select name from sqlite_master where type = 'table'")
    names = [name for (name,) in tables if not is_of_index(name)]
    found = {}
    for name in wanted or names:
        columns = (wanted or {}).get(name) or [row[1] for row in connection.execute(f"pragma table_info({name})")]
        read = {"facts": "plain(facts)", "message": "mail(message)"}
        listed = ", ".join(read.get(column, f'"{column}"') for column in columns)
        found[name] = (columns, sorted(connection.execute(f"select {listed} from {name}"), key=repr))  # noqa: S608 (the schema's own names)
    return found


def sample_hits(archive: Archive) -> list[list[tuple[int, Any]]]:
    """Return the hits of several queries in the sample, each of which must find something."""
    queries = [compile_query(text) for text in ("river", "fraud*", "NHS", "in:heading police", "house:lords")]
    found = [[(hit.proceeding_id, hit.spans) for hit in archive.search.hits(query, Filters())] for query in queries]
    assert all(found)
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_a_populated_archive_finds_the_same_with_and_without_its_index(
    version: str, tmp_path: Path, upgraded: Callable[[str], Path]
) -> None:
    archive = open_archive(f"sqlite:///{shutil.copy(upgraded(version), tmp_path)}")
    archive.index._look_at = inf  # searches do not update the index
    before = sample_hits(archive)
    assert archive.index.count().rows == 0
    revisions = archive.index.follow()
    assert archive.index.count() == Count(rows=revisions, indexed=revisions, ahead=0)
    assert sample_hits(archive) == before
    archive.index.rebuild()
    assert sample_hits(archive) == before
    archive.close()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_populated_archive_is_copied_to_postgresql(
    version: str, tmp_path: Path, archive_url: str, upgraded: Callable[[str], Path]
) -> None:
    sqlite = open_archive(f"sqlite:///{shutil.copy(upgraded(version), tmp_path)}")
    sqlite.index.follow()
    postgres = Archive(open_engine(archive_url))
    postgres.index._look_at = inf
    with sqlite.engine.connect() as here, writing(postgres.engine) as there:
        for table in tables.metadata.sorted_tables:
            found = [dict(row._mapping) for row in here.execute(select(table))]
            if found:
                there.execute(insert(table), found)
    try:
        assert contents(postgres.engine) == contents(sqlite.engine)
        assert postgres.index.count().rows == 0  # the index is not copied, and counts as missing
        expected = sample_hits(sqlite)
        assert sample_hits(postgres) == expected
        assert postgres.index.follow() == sqlite.index.count().rows
        assert sample_hits(postgres) == expected
    finally:
        sqlite.close()
        postgres.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_populated_archive_can_be_read(version: str, upgraded: Callable[[str], Path]) -> None:
    archive = open_archive(f"sqlite:///{upgraded(version)}")
    with archive.engine.connect() as connection:
        numbers = list(connection.execute(select(tables.proceeding.c.id)).scalars())
        count = len(connection.execute(select(tables.revision.c.id)).all())
    revisions = [revision for number in numbers for revision in archive.records.revisions(number)]
    archive.close()
    assert len(revisions) == count > len(numbers) > 100
    assert all(revision.proceeding.question or revision.proceeding.occasion for revision in revisions)


@pytest.mark.parametrize("version", VERSIONS)
def test_references_of_older_answers_are_known_after_an_upgrade(version: str, upgraded: Callable[[str], Path]) -> None:
    archive = open_archive(f"sqlite:///{upgraded(version)}")
    with archive.engine.connect() as connection:
        found = records_citing(connection, ["91098"])
    words = [archive.records.revisions(row)[-1].proceeding.answer or "" for row in found]
    archive.close()
    assert ["91098" in word for word in words] == [True]


@pytest.mark.parametrize("version", ["0001", "0002"])
def test_an_upgrade_that_fails_at_references_of_older_answers_changes_nothing(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_connection: object) -> None:
        raise RuntimeError

    url = f"sqlite:///{restored(version, tmp_path)}"
    with monkeypatch.context() as patched:
        patched.setattr("db.cross_references.note_earlier_references", fail)
        with pytest.raises(RuntimeError):
            open_archive(url)
    engine = open_engine(url)
    assert schema.current(engine) == version
    engine.dispose()


def populate(engine: Engine) -> None:
    archive = Archive(engine)
    payload = Payload(source="questions", key="1", url="x", fetched_at=NOW, body=b"{}")
    reading = Reading(payload=payload, proceeding=a_question())
    store_readings(archive, [reading], today=NOW.date(), is_news=lambda *_: True)


REBUILD = """    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("revision", recreate=recreate) as batch:
        batch.add_column(sa.Column("extra", sa.Text))"""
FAIL = """    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("update proceeding set uin = 'lost'")
    op.execute("this is no sql")"""
ORPHAN = """    op.execute("delete from revision")"""


def test_a_rebuilt_table_keeps_the_rows_that_refer_to_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty_engine: Engine
) -> None:
    schema.upgrade(empty_engine)
    populate(empty_engine)
    before = contents(empty_engine)
    with_more_migrations(monkeypatch, tmp_path, REBUILD)
    schema.upgrade(empty_engine)
    assert contents(empty_engine) == before
    assert len(before["parts"]) == 1
    with empty_engine.connect() as connection:
        assert "extra" in {column["name"] for column in inspect(connection).get_columns("revision")}
        if empty_engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 1


def test_a_migration_that_fails_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty_engine: Engine
) -> None:
    schema.upgrade(empty_engine)
    populate(empty_engine)
    before, there, before_head = contents(empty_engine), table_names(empty_engine), schema.HEAD
    with_more_migrations(monkeypatch, tmp_path, REBUILD, FAIL)
    with pytest.raises(ArchiveError):
        schema.upgrade(empty_engine)
    assert table_names(empty_engine) == there
    assert contents(empty_engine) == before
    assert schema.current(empty_engine) == before_head


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_migration_that_would_leave_orphans_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty_engine: Engine
) -> None:
    """Foreign keys are not enforced while tables are rebuilt, so they are checked before the commit."""
    schema.upgrade(empty_engine)
    populate(empty_engine)
    before = contents(empty_engine)
    with_more_migrations(monkeypatch, tmp_path, ORPHAN)
    with pytest.raises(SchemaError, match="would leave 1 rows without what they belong to"):
        schema.upgrade(empty_engine)
    assert contents(empty_engine) == before


def test_two_processes_upgrade_at_once(empty_url: str, empty_engine: Engine) -> None:
    start, go = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # about threads; the children use none
        children = [os.fork() or upgrade_in_child(empty_url, start, go) for _ in range(2)]
    os.close(start)
    os.close(go)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    assert difference(empty_engine) == []
    assert schema.current(empty_engine) == schema.HEAD


def upgrade_in_child(url: str, start: int, go: int) -> NoReturn:
    """Wait for the start, upgrade, and end the process: with 0 if the upgrade went well."""
    code = 1
    try:
        signal.alarm(60)  # end a child that hangs
        os.close(go)
        os.read(start, 1)
        schema.upgrade(open_engine(url))
        code = 0
    except BaseException:  # noqa: BLE001 (it is printed)
        traceback.print_exc()
    finally:
        os._exit(code)


def test_alembic_runs_the_migrations_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'archive.db'}"
    monkeypatch.setenv("PQWATCH_ARCHIVE_URL", url)
    command.upgrade(schema.config(), "head")
    engine = open_engine(url)
    assert schema.current(engine) == schema.HEAD
    engine.dispose()


# -- opening an archive -----------------------------------------------------------------------------------------------


def test_a_new_sqlite_archive_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("db.archive._bring_up", bring_up)
    archive = open_archive("sqlite:///archive.db", base=tmp_path)
    archive.close()
    assert [path.name for path in tmp_path.iterdir()] == ["archive.db"]
    assert archive.runs._store.clock().tzinfo is not None


def test_an_older_sqlite_archive_is_upgraded_after_a_backup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'archive.db'}"
    open_archive(url).close()
    before = schema.HEAD
    with_more_migrations(monkeypatch, tmp_path, REBUILD)
    archive = open_archive(url)
    assert schema.current(archive.engine) == schema.HEAD > before
    archive.close()
    saved = open_engine(f"sqlite:///{tmp_path / f'archive.db.{before}.bak'}")
    assert schema.current(saved) == before
    saved.dispose()


def test_an_upgrade_that_failed_is_tried_again_after_another_backup(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'archive.db'}"
    open_archive(url).close()
    before = schema.HEAD
    with_more_migrations(monkeypatch, tmp_path, FAIL)
    for _ in range(3):
        with pytest.raises(ArchiveError, match="syntax error"):
            open_archive(url)
    names = sorted(path.name for path in tmp_path.glob("*.bak"))
    assert names == [f"archive.db.{before}{tail}.bak" for tail in ("-2", "-3", "")]


def test_postgresql_is_upgraded_on_request_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty_engine: Engine, empty_url: str
) -> None:
    if empty_engine.dialect.name == "sqlite":
        open_archive(empty_url).close()
        return
    with pytest.raises(SchemaError, match=r"^there is no archive yet: run: pqwatch init, or pqwatch db upgrade$"):
        open_archive(empty_url)
    assert table_names(empty_engine) == []
    assert upgrade(empty_engine) is None
    open_archive(empty_url).close()
    before = schema.HEAD
    with_more_migrations(monkeypatch, tmp_path, REBUILD)
    older = rf"\({before}\) is older than this program \({schema.HEAD}\): run: pqwatch db upgrade$"
    with pytest.raises(SchemaError, match=older):
        open_archive(empty_url)


@pytest.mark.parametrize("version", ["0003", "9f2c1d8a4e77"])
def test_tables_of_another_program_are_left_alone(version: str, empty_engine: Engine, empty_url: str) -> None:
    with empty_engine.begin() as connection:
        connection.exec_driver_sql("create table alembic_version (version_num varchar(32) primary key)")
        connection.execute(text("insert into alembic_version values (:version)"), {"version": version})
    for use in (lambda: open_archive(empty_url), lambda: upgrade(empty_engine)):
        with pytest.raises(
            SchemaError, match=rf"tables of another program \(its alembic_version says {version}\): name"
        ):
            use()
    assert inspect(empty_engine).get_table_names() == ["alembic_version"]


def test_an_archive_of_a_newer_program_is_refused(empty_engine: Engine, empty_url: str) -> None:
    schema.upgrade(empty_engine)
    with writing(empty_engine) as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    newer = f"(9999) is newer than this program ({schema.HEAD}): install the newer"
    with pytest.raises(SchemaError, match=re.escape(newer)):
        open_archive(empty_url)


def test_missing_migrations_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_file", lambda _self: False)
    with pytest.raises(SchemaError, match="installed without its migrations"):
        schema.migrations()


def test_a_process_that_waited_for_another_upgrade_makes_no_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process has upgraded the archive and has made the backup."""
    path = restored(VERSIONS[0], tmp_path)
    url = f"sqlite:///{path}"
    upgrade_schema = schema.upgrade

    def after_another(engine: Engine, **options: Any) -> None:
        monkeypatch.setattr(schema, "upgrade", upgrade_schema)
        open_archive(url).close()
        upgrade_schema(engine, **options)

    monkeypatch.setattr(schema, "upgrade", after_another)
    open_archive(url).close()
    assert [saved.name for saved in tmp_path.glob("*.bak")] == [f"{path.name}.{VERSIONS[0]}.bak"]


# -- the index in archives before version 0010 ------------------------------------------------------------------------


def index_rows(engine: Engine) -> dict[str, int]:
    """Return the number of rows in each table of the index that an archive before version 0010 held."""
    words = "full_text_idx" if engine.dialect.name == "sqlite" else "full_text"
    names = [name for name in (words, "full_text_headings", "likeness", "label") if name in table_names(engine)]
    with engine.connect() as connection:
        counted = {name: connection.execute(text(f"select count(*) from {name}")) for name in names}  # noqa: S608
        return {name: result.scalar_one() for name, result in counted.items()}


def test_an_upgrade_drops_the_old_index_and_a_downgrade_makes_an_empty_one(empty_engine: Engine) -> None:
    schema.upgrade(empty_engine, "0009")
    words = "full_text (rowid, answer)" if empty_engine.dialect.name == "sqlite" else "full_text (row_number, words)"
    with writing(empty_engine) as connection:
        connection.execute(text(f"insert into {words} values (1, 'river')"))  # noqa: S608
        connection.execute(text("insert into label values ('not_held', 1)"))
        connection.execute(text("insert into meta values ('index_version', '1'), ('indexed_to', '1'), ('other', '1')"))
    schema.upgrade(empty_engine)
    assert not any(map(is_of_index, table_names(empty_engine)))
    with empty_engine.connect() as connection:
        assert connection.execute(select(tables.meta.c.key)).scalars().all() == ["other"]
    downgrade(empty_engine, "0009")
    assert [*index_rows(empty_engine).values()] == [0, 0, 0]
    schema.upgrade(empty_engine)
    assert not any(map(is_of_index, table_names(empty_engine)))


@pytest.mark.parametrize("damage", [RUIN, "delete from full_text_data", "drop table full_text_config"])
def test_an_upgrade_drops_a_damaged_index_too(tmp_path: Path, damage: str) -> None:
    path = restored("0009", tmp_path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "insert into full_text (rowid, answer) values (?, ?)", [(n, f"no {n}") for n in range(999)]
        )
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(damage)
    archive = open_archive(f"sqlite:///{path}")
    assert not any(map(is_of_index, table_names(archive.engine)))
    assert check(archive.engine) == []
    archive.index.follow()
    assert sample_hits(archive)
    archive.close()


def read_definitions(path: Path, *, full_at: int = 0) -> int:
    """Upgrade, and return how often a definition of a table was read. At number `full_at` the disk is full.

    Then SQLite takes the transaction back by itself.
    """
    engine, reads = open_engine(f"sqlite:///{path}"), count(1)
    number = 0

    @event.listens_for(engine, "do_execute")
    def read(cursor: sqlite3.Cursor, statement: str, *_: object) -> None:
        nonlocal number
        if statement.startswith("SELECT sql FROM"):
            number = next(reads)
            if number == full_at:
                cursor.connection.rollback()
                raise sqlite3.OperationalError("database or disk is full")

    try:
        schema.upgrade(engine)
    finally:
        engine.dispose()
    return number


def test_a_full_disk_that_the_library_passes_over_ends_an_upgrade(tmp_path: Path) -> None:
    """SQLAlchemy asks again where it can't read a table's definition, and by then nothing holds the upgrade together."""
    first = restored("0001", tmp_path)
    before = first.read_bytes()
    reads = read_definitions(first)
    assert reads > 10
    for number in range(1, reads + 1):
        archive = tmp_path / f"{number}.db"
        archive.write_bytes(before)
        with closing(sqlite3.connect(archive)) as connection:
            content = sorted(connection.iterdump())
            with pytest.raises(ArchiveError, match="the disk is full"):
                read_definitions(archive, full_at=number)
            assert sorted(connection.iterdump()) == content
