"""Output in any encoding, to a full device and to a closed pipe. Each command is a process."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import app
from monitor.cli.streams import _plain_sign
from monitor.presentation.spreadsheet import guarded
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import READ_AT, Desk, make_desk

if TYPE_CHECKING:
    from subprocess import CompletedProcess

HARD = (
    "\u201cHigh\u2011tech\u201d \u2013 \u20ac5, \u00a37, Si\u00e2n, \u0141\u00f3d\u017a, \u2264 10\u00a0km \u2026 "
    "\u4e2d\u6587 \U0001f600 bathing waters \u00d7 10\u207b\u00b9\u00b2 m\u00b2"
)
ENCODINGS = ("cp1252", "latin-1", "cp437", "ascii", "utf-16")
FULL = Path("/dev/full")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = make_desk(tmp_path_factory.mktemp("desk"))
    archive = app.archive(app.configuration(str(made.folder / "config.toml"), env={}), now=lambda: READ_AT)
    store(archive, a_question(uin="140099", heading=HARD, question=HARD, answer=f"{HARD}\n\n{HARD}", body=HARD))
    archive.close()
    return made


def run(
    desk: Desk, *words: str, encoding: str = "utf-8", stdout: int | None = subprocess.PIPE
) -> CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PQWATCH_CONFIG": str(desk.folder / "config.toml")}
    return subprocess.run(  # noqa: S603 (the program under test)
        [sys.executable, "-m", "monitor", *words],
        env=environment, stdout=stdout, stderr=subprocess.PIPE, check=False, timeout=120,
    )  # fmt: skip


COMMANDS = (
    ("search", "bathing waters", "--format", "csv"),
    ("search", "bathing waters", "--format", "md"),
    ("show", "140099"),
    ("cite", "140099"),
    ("stats", "--by", "body"),
)


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        *((encoding, ("search", "bathing waters")) for encoding in ENCODINGS),
        *(("cp1252", words) for words in COMMANDS),
        ("ascii", COMMANDS[0]),
        ("cp437", COMMANDS[3]),
    ],
)
def test_each_sign_has_a_substitute_in_any_encoding(desk: Desk, words: tuple[str, ...], encoding: str) -> None:
    done = run(desk, *words, encoding=encoding)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert "Traceback" not in done.stderr.decode(errors="replace")
    assert "tech" in done.stdout.decode(encoding)


@pytest.mark.parametrize(("encoding", "lines"), [("cp1252", "json"), ("ascii", "jsonl")])
def test_json_is_the_same_in_any_encoding(desk: Desk, lines: str, encoding: str) -> None:
    printed = run(desk, "search", "140099", "--format", lines, encoding=encoding).stdout.decode(encoding)
    records = json.loads(printed)
    assert (records[0] if lines == "json" else records)["heading"] == HARD


def test_text_stays_readable_without_its_signs(desk: Desk) -> None:
    printed = run(desk, "cite", "140099", encoding="ascii").stdout.decode("ascii")
    assert '"High-tech" - EUR 5, GBP 7, Sian, ' in printed
    assert "10 km ... ?? ? bathing waters x 10^-12 m^2" in printed


@given(st.characters())
def test_substitutes_are_plain_ascii(sign: str) -> None:
    _plain_sign(sign).encode("ascii")


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("search", "--limit", "0"),
        *(("search", "--limit", "0", "--format", name) for name in ("json", "csv", "xlsx")),
        ("export", "--format", "jsonl"),
        ("status",),
    ],
    ids=" ".join,
)
def test_full_device_is_reported_in_one_sentence(desk: Desk, words: tuple[str, ...]) -> None:
    with FULL.open("wb") as full:
        done = run(desk, *words, stdout=full.fileno())
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1] == "Nothing more can be printed: No space left on device."
    assert "Traceback" not in done.stderr.decode()


@pytest.mark.parametrize(
    "words",
    [("search", "--limit", "0", "--json"), ("--help",), ("search", "--format", "xlsx"), ("search", "nowhere at all")],
    ids=" ".join,
)
def test_closed_pipe_is_silent(desk: Desk, words: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = run(desk, *words, stdout=writer)
    os.close(writer)
    assert done.returncode in (0, 1, 3)
    assert "Traceback" not in done.stderr.decode()
    assert "Exception ignored" not in done.stderr.decode()
    assert "Broken pipe" not in done.stderr.decode()


@pytest.mark.parametrize("output", ["table", "csv"])
def test_closed_stdout_is_no_error(desk: Desk, output: str) -> None:
    words = f"{sys.executable} -m monitor search --format {output} --config {desk.folder}/config.toml >&-"
    shell = ["/bin/sh", "-c", words]
    done = subprocess.run(shell, stderr=subprocess.PIPE, check=False, timeout=120)  # noqa: S603 (the same)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr.decode()


@pytest.mark.parametrize(("words", "code"), [("check -", 0), ("similar -", 2)])
def test_closed_stdin_is_empty(desk: Desk, words: str, code: int) -> None:
    shell = ["/bin/sh", "-c", f"{sys.executable} -m monitor {words} --config {desk.folder}/config.toml <&-"]
    done = subprocess.run(shell, capture_output=True, check=False, timeout=120)  # noqa: S603 (the same)
    assert done.returncode == code
    assert "Traceback" not in done.stderr.decode()


@pytest.mark.parametrize(
    ("name", "said"),
    [("found.foo", "ends in .foo, which says nothing"), ("found", "has no ending"), ("found.CVS", "ends in .CVS")],
)
def test_unknown_extension_is_refused(desk: Desk, tmp_path: Path, name: str, said: str) -> None:
    result = desk.run("search", "--output", str(tmp_path / name))
    assert result.exit_code == 2
    assert said in result.stderr
    assert ".csv, .json, .jsonl, .markdown, .md, .txt, .xlsx, or add --format." in result.stderr
    assert not list(tmp_path.iterdir())
    assert desk.run("search", "--format", "csv", "--output", str(tmp_path / name)).exit_code == 0


def test_table_is_written_to_a_text_file(desk: Desk, tmp_path: Path) -> None:
    assert desk.run("search", "bathing waters", "--output", str(tmp_path / "found.txt")).exit_code == 0
    assert "Commons" in (tmp_path / "found.txt").read_text("utf-8")


def test_csv_appends_columns_for_name_party_and_constituency(desk: Desk) -> None:
    rows = list(csv.DictReader(io.StringIO(desk.run("search", "--format", "csv").stdout)))
    columns = list(rows[0])
    people = [f"{role}_{fact}" for role in ("asked_by", "answered_by", "made_by", "corrected_by")
              for fact in ("name", "party", "constituency")]  # fmt: skip
    assert columns[-12:] == people
    keys = list(json.loads(desk.run("search", "--json").stdout)[0])
    assert columns[:-12] == keys
    for row in rows:
        asked = json.loads(row["asked_by"]) if row["asked_by"] else {}
        assert row["asked_by_name"] == guarded(asked.get("name") or "")
        assert row["asked_by_constituency"] == guarded(asked.get("constituency") or "")
    assert any(row["answered_by_name"] for row in rows)
    assert "asked_by_name" not in desk.run("topics", "list", "--format", "csv").stdout
