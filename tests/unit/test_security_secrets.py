"""Secrets: permissions of their files, and canaries in the processes of whole runs. Also values in SQL."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest

from monitor import app
from monitor.errors import ConfigError
from tests.canaries import PASSWORD, URL_PASSWORD, sung
from tests.e2e.desk import Desk, Foundry
from tests.unit.cli_kit import CONFIG

ROOT = Path(__file__).resolve().parents[2]
SMTP = (
    CONFIG
    + '[delivery]\ntransport = "smtp"\nfrom = "a@example.org"\n[delivery.smtp]\nhost = "mail.example.org"\n'
    + 'username = "reader"\n'
)
FILES = {
    "password": (SMTP + 'password_file = "secret"\n', PASSWORD),
    "archive": (
        CONFIG.replace('url = "sqlite:///pqwatch.db"', 'url_file = "secret"'),
        f"postgresql+psycopg://u:{URL_PASSWORD}@h/db",
    ),
}


@pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of POSIX")
@pytest.mark.parametrize("mode", [0o600 | 1 << bit for bit in range(6)] + [0o777, 0o644])
@pytest.mark.parametrize("which", FILES)
def test_a_file_that_anybody_else_may_touch_is_refused(which: str, mode: int, tmp_path: Path) -> None:
    config, secret = FILES[which]
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    file = tmp_path / "secret"
    file.write_text(secret, encoding="utf-8")
    file.chmod(0o600)
    read = app.configuration(str(tmp_path / "config.toml"), env={}, needs_password=True)
    assert not sung(repr(read))
    file.chmod(mode)
    with pytest.raises(ConfigError, match="others may read") as caught:
        app.configuration(str(tmp_path / "config.toml"), env={}, needs_password=True)
    assert not sung(str(caught.value))


def test_processes_of_whole_runs_carry_a_canary(tmp_path: Path) -> None:
    desk = Desk(folder=tmp_path)
    assert desk.environment["PQWATCH_SMTP_PASSWORD"] == PASSWORD
    (tmp_path / "said").write_text(f"it is {PASSWORD}", encoding="utf-8")
    with pytest.raises(AssertionError):
        Foundry(desk).said()


# -- statements -------------------------------------------------------------------------------------------------------

STATEMENT = re.compile(
    r"\s*(?:SELECT\s|INSERT\s+INTO|UPDATE\s+\S*\s*SET|DELETE\s+FROM|WITH\s+\w+\s+AS|"
    r"(?:CREATE|DROP|ALTER|TRUNCATE|ATTACH|VACUUM|PRAGMA|COPY|LOCK|SET|GRANT|REINDEX)\s)"
)
"""Beginning of an SQL statement. Our own are in capitals."""

OURS = {
    "db/backup.py": {
        "page_size": "a number",
        "name": "a name out of this module",
        "states": "question marks",
    },
    "db/integrity.py": {"pragma": "a name out of this module"},
    "db/engine.py": {
        "pragma": "a name out of this module",
        "BUSY_TIMEOUT_MS * TRIES": "a number of this module",
    },
    "db/transactions.py": {"WRITERS": "a number of this module"},
    "alembic/versions/0005_less_room.py": {
        "', '.join(PARTS)": "columns named in it",
        "columns": "the same",
        "name": "one of them",
        "made": "one of two texts of it",
        "KEPT": "a text of it",
        "fingerprint": "a column's name, or nothing",
        "nothing": "an empty text, or nothing",
    },
    "alembic/versions/0010_index_file.py": {"table": "a table named in it", "end": "the same"},
    "db/index.py": {
        "table": "a table named in db.index_view",
        "', '.join(parts)": "its columns, named there",
        "signs(parts)": "question marks",
        "_MADE": "settings of FTS5",
    },
    "db/index_file.py": {
        "pragma": "a name out of this module",
        "-CACHE_KIB": "a number",
        "BUSY_TIMEOUT_MS if tries else 0": "the same",
        "'quick_check' if is_quick else 'integrity_check'": "one of the two",
        "table": "a table named in db.index",
    },
    "db/index_view.py": {
        "order": "ASC or DESC",
        "'DESC' if newest_first else 'ASC'": "the same",
        "condition": "a text of it, or nothing",
        "table": "a table named in it",
        "chosen if labels else ''": "a condition of question marks, or nothing",
        "each": "question marks in a text of it",
        "signs(found)": "question marks",
        "signs(own)": "the same",
    },
    "db/jobs.py": {"_WAITS": "a text of it"},
    "db/rows.py": {
        "quote(table.name)": "a table of db.tables, quoted",
        "', '.join(map(quote, names))": "columns of it, quoted",
        "signs": "question marks",
        "', '.join(PARTS)": "columns named in monitor.model.records",
    },
}
"""Expressions that are formatted into statements, with the reason that each is safe."""


def pieces(source: str) -> set[str]:
    """Return the expressions that are put into texts that begin like SQL, by any means."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr) and _is_sql(node.values[0] if node.values else node):
            found |= {ast.unparse(value.value) for value in node.values if isinstance(value, ast.FormattedValue)}
        if (
            isinstance(node, ast.BinOp)
            and _is_sql(node.left)
            and not isinstance(node.right, ast.Constant | ast.JoinedStr)
        ):
            found.add(ast.unparse(node.right))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_sql(node.func.value):
            found.add(ast.unparse(node))
    return found


def _is_sql(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(STATEMENT.match(node.value))


@pytest.mark.slow
def test_no_statement_is_put_together_of_texts() -> None:
    found = {}
    for package in ("monitor", "scrapers", "db", "alembic"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if put := pieces(path.read_text("utf-8")):
                found[path.relative_to(ROOT).as_posix()] = put
    assert found == {path: set(reasons) for path, reasons in OURS.items()}


@pytest.mark.parametrize(
    "source",
    [
        "run(f'SELECT a FROM b WHERE c = {name}')",
        "run(f'DELETE FROM {name}')",
        "run('UPDATE a SET b = %s' % name)",
        "run('INSERT INTO a VALUES (' + name)",
        "run('DROP TABLE {}'.format(name))",
    ],
)
def test_composed_statement_is_found(source: str) -> None:
    assert pieces(source)


def test_each_exception_from_the_linter_has_its_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for package in ("monitor", "scrapers", "db", "alembic")
        for path in (ROOT / package).rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"noqa:[^(#]*\bS\d+", line)
        and not re.search(r"noqa:[^(#]*\bS\d+[^(]*(?:\(\w.{8}| - \w.{8})", line)
    ]
    assert bare == []
