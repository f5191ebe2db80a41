"""`pqwatch demo` as the README describes it: without configuration and network, in any folder, with two mails."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import asdict, replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from monitor.cli import pqwatch
from tests.e2e.desk import Desk, Done, text_of
from tests.e2e.forge import PATIENCE
from tests.shared_folders import shared_folder

if TYPE_CHECKING:
    from email.message import EmailMessage

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Path]:
    """Return the output of the demo and a copy of its folder, as though it had been made there."""
    shared = shared_folder(tmp_path_factory, "shown", _run_demo)
    made, folder = shared / "new" / "demo", tmp_path_factory.mktemp("demo") / "demo"
    shutil.copytree(made, folder)
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace(str(made), str(folder)), "utf-8")
    done = Done(**json.loads((shared / "done.json").read_text("utf-8")))
    return replace(done, out=done.out.replace(str(made), str(folder))), folder


def _run_demo(shared: Path) -> None:
    """Run the demo in an empty folder with an empty home."""
    desk = Desk(folder=shared / "empty")
    desk.config.unlink()
    # No process listens at this proxy: a request to any address but loopback would fail.
    env = {**desk.environment, "HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    process = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-m", "monitor", "demo", "--folder", str(shared / "new" / "demo")],
        cwd=desk.folder,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert list(desk.folder.iterdir()) == []
    done = Done(process.returncode, process.stdout, process.stderr)
    (shared / "done.json").write_text(json.dumps(asdict(done)), "utf-8")


def mails(folder: Path) -> list[EmailMessage]:
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]


def test_the_demo_runs_two_days_and_prints_what_it_did(shown: tuple[Done, Path]) -> None:
    done, folder = shown
    assert (done.code, done.err) == (0, "")
    for stage in ("collect", "match", "compose", "deliver"):
        assert len(re.findall(rf"(?m)^  {stage} +\d+ ", done.out)) == 2
    first, second = mails(folder)
    assert re.match(r"11 answers \(\d holding\), 1 late, \d new questions, 3 coming: ", str(first["Subject"]))
    assert str(second["Subject"]).startswith("CORRECTED: Paedophiles: Internet")
    assert f"Subject: {first['Subject']}" in done.out
    assert all(f"  | {line}".rstrip() in done.out for line in text_of(second).splitlines())


def test_the_files_of_the_demo_are_where_it_says_and_nowhere_else(shown: tuple[Done, Path]) -> None:
    done, folder = shown
    named = {Path(line.strip()) for line in done.out.splitlines() if line.strip().startswith(str(folder))}
    assert named == {folder / f"digest-2024-11-{day}.{kind}" for day in (26, 27) for kind in ("html", "eml")}
    assert all(path.is_file() for path in named)
    others = {path.name for path in folder.iterdir()} - {path.name for path in named}
    databases = {f"{name}{end}" for name in ("pqwatch.db", "pqwatch.db.index") for end in ("", "-wal", "-shm")}
    assert others <= {"config.toml", "pqwatch.db.index-lock"} | databases
    page = (folder / "digest-2024-11-26.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert text_of(mails(folder)[0], "html").replace("\r\n", "\n") == page


def test_every_command_that_the_demo_names_works(shown: tuple[Done, Path]) -> None:
    done, folder = shown
    commands = re.findall(r"(?m)^  pqwatch (.+ --config .+)$", done.out)
    assert len(commands) == 3
    desk = Desk(folder=folder.parent / "elsewhere")
    for command in commands:
        words = [word.strip('"') for word in re.findall(r'"[^"]+"|\S+', command)]
        looked = desk.run(*words)
        assert looked.code == 0, looked.err
        assert looked.out


def test_the_archive_of_the_demo_is_sound(shown: tuple[Done, Path]) -> None:
    connection = sqlite3.connect(shown[1] / "pqwatch.db")
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()


def test_brief_leaves_out_the_digests_and_a_missing_folder_is_made(brief_demo: tuple[Done, Path]) -> None:
    done, folder = brief_demo
    assert done.code == 0
    assert "  | " not in done.out
    assert len(mails(folder)) == 2


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    desk = Desk(folder=tmp_path / "full")
    done = desk.run("demo", "--folder", str(desk.folder))
    assert done.code == 2
    assert "is not empty: name a new folder" in done.err
    assert [path.name for path in desk.folder.iterdir()] == ["config.toml"]


LETTER = Path(__file__).resolve().parents[1] / "data" / "letter.txt"


def test_the_quotations_of_a_letter_are_checked_against_the_demo(shown: tuple[Done, Path]) -> None:
    """The first has ninety words, dots at its beginning and a word in brackets. The others are not exact."""
    _, folder = shown
    result = CliRunner().invoke(pqwatch, ["check", str(LETTER), "--json", "--config", str(folder / "config.toml")])
    assert result.exit_code == 1
    long, corrected, altered, invented = json.loads(result.stdout)  # "at stake" is not a quotation
    assert 90 <= len(long["quotation"].split()) <= 95
    assert [quotation["verdict"] for quotation in (long, corrected, altered, invented)] == [
        "exact",
        "corrected",
        "altered",
        "not_found",
    ]
    assert (long["reference"], long["said_by"]) == ("UIN 91188, answered 27 November 2024", "Harriet Osgathorpe")
    assert long["insertions"] == [{"letter": "[Ofcom]", "record": "the regulator"}]
    assert (long["agreed"], long["warnings"]) == (["91188", "27 November 2024"], [])
    assert [(change["record"], change["letter"]) for change in corrected["now"]["changes"]] == [("1,174", "1,147")]
    assert [(change["record"], change["letter"]) for change in altered["changes"]] == [("142", "124"), ("", "to")]
    assert altered["warnings"] == [
        "The letter names 27 October 2024; this was tabled on 19 November 2024 and answered on 26 November 2024."
    ]
    assert invented["likeness"] < 0.5


# -- in a browser -------------------------------------------------------------------------------------------------------


def test_the_page_is_served_over_both_days_until_ctrl_c(tmp_path: Path) -> None:
    """The stand-ins are gone by then, and the clock stands at the evening of the second day."""
    desk = Desk(folder=tmp_path / "empty")
    desk.config.unlink()
    folder = tmp_path / "demo"
    with desk.start("demo", "--web", "--folder", str(folder)) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if found := re.fullmatch(r"  pqwatch is at (http://127\.0\.0\.1:\d+)/ \(Ctrl-C ends it\)\n", line):
                break
        else:
            pytest.fail("".join(lines))
        with urlopen(found[1], timeout=PATIENCE) as answer:  # noqa: S310 (our own server)
            page = answer.read().decode()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (0, "", "")
    assert "Wednesday 27 November 2024" in page
    assert "Corrected, withdrawn or changed (5)" in page
    assert "".join(lines).count("  Subject: ") == 2
    assert list(desk.folder.iterdir()) == []


def test_a_port_without_the_page_is_refused(tmp_path: Path) -> None:
    done = Desk(folder=tmp_path / "desk").run("demo", "--port", "8080", "--folder", str(tmp_path / "new"))
    assert done.code == 2
    assert "--port is for the page: add --web." in done.err
    assert not (tmp_path / "new").exists()
