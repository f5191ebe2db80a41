"""Hostile text on terminals: no command that prints it, on a real terminal or to a script, prints control characters.

One archive has fifty hostile strings in every place where a source's text can stand.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import os
import pty
import re
import subprocess
import sys
import unicodedata
from contextlib import closing
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from monitor import app
from monitor.cli import _say, pqwatch
from monitor.cli.formats import to_json
from monitor.cli.logs import start_logging
from monitor.demo.parliament import Parliament
from monitor.demo.sample import FIRST_DAY
from monitor.errors import FetchError
from monitor.model.collection import RunOutcome
from monitor.model.records import Attachment, Grouped, Member
from monitor.model.sources import Payload
from tests.archive_kit import store
from tests.builders import a_question
from tests.e2e.desk import Desk, an_answer
from tests.unit.cli_kit import CONFIG, NOW, READ_AT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    from monitor.model.records import Proceeding

    Command = Callable[..., Result]

pytestmark = pytest.mark.slow

HOSTILE = (
    # controls of a terminal: titles, clipboard, links, colours, the screen, modes, reports, keys, other character sets
    "\x1b]0;owned\x07", "\x1b]2;owned\x1b\\", "\x1b]52;c;cm0gLXJm\x07", "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "\x1b[31m", "\x1b[0m", "\x1b[8m", "\x1b[2J", "\x1b[H", "\x1b[1A\x1b[2K", "\x1b[?1049h", "\x1b[?25l", "\x1b[6n",
    "\x1b[5i", "\x1b[c", "\x1b[21t", "\x1b[200~", "\x1bP$qp\x1b\\", "\x1bc", "\x1b(0", "\x1b^x\x1b\\", "\x1b_x\x1b\\",
    "\x1bX\x1b\\",
    "\x1b#8",
    "\x9b31m", "\x9d0;owned\x9c", "\x90q\x9c", "\x85", "\x8d", "\x98x\x9c",
    # characters that move or hide printed text
    "\b\b\b", "\r", "safe\rowned", "\x07", "\x7f\x7f", "\x0e", "\x0f", "\v", "\f", "\x05", "\x1a",
    # marks of direction, invisible letters, line separators
    "\u202eexe", "\u2066\u2069", "\u200f", "\u061c", "\u200b", "\u2060", "\ufeff", "\xad", "\u2028", "\u2029", "\U000e0041",
    # placeholder letters of the code that wraps lines
    "\U000f001b[31m", "\U000f0007",
)  # fmt: skip
ALL = " water ".join(HOSTILE)
UINS = tuple(f"15{n:04}" for n in range(3))


def harmful(text: str) -> list[str]:
    """Return the characters of a text that are not letters, line ends or colours."""
    rest = re.sub("\x1b\\[[0-9;]*m", "", text)
    kinds = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return [f"{character!a} in {rest[max(at - 20, 0) : at + 20]!a}" for at, character in enumerate(rest)
            if character != "\n" and unicodedata.category(character) in kinds]  # fmt: skip


def of_a_stranger(uin: str) -> list[Proceeding]:
    who = Member(member_id=9001, name=f"Eve {ALL}", party=f"Party {ALL}", constituency=f"Seat {ALL}")
    first = a_question(
        uin=uin,
        heading=f"Bathing water {ALL}",
        question=f"To ask the Secretary of State for X, {ALL} if bathing water {ALL} is clean.",
        answer=f"Bathing water {ALL}\n\nPlace\tSamples {ALL.replace(chr(10), ' ')}\nNorth\t12\n\nUIN {UINS[0]} {ALL}",
        body=f"Office {ALL}",
        asked_by=who,
        answered_by=replace(who, member_id=9002),
        attachments=(
            Attachment(title=f"Table {ALL}", file_type=f"pdf{ALL}", size_bytes=9, url=f"https://e.org/{ALL}"),
        ),
        grouped_with=(Grouped(uin=f"1{ALL}", tabled_on=date(2021, 1, 26)),),
        url=f"https://questions-statements.parliament.uk/{ALL}",
    )
    corrected = replace(
        first, answer=f"Other {ALL} bathing water {ALL}.", corrected_on=date(2021, 2, 5), is_correction=True
    )
    return [first, corrected]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "config.toml").write_text(
        CONFIG + '[delivery]\ntransport = "file"\n[sources.questions]\nbase_url = "http://127.0.0.1:9"\n'
        '[sources.members]\nbase_url = "http://127.0.0.1:9"\n',
        encoding="utf-8",
    )
    settings = app.configuration(str(folder / "config.toml"), env={})
    with closing(app.archive(settings, now=lambda: READ_AT)) as archive:
        for state in zip(*(of_a_stranger(uin) for uin in UINS), strict=True):
            store(archive, *state)
        store(archive, a_question(uin="160000", heading=f"Bathing water {ALL}", answer=None, asked_by=Member(name=ALL)))
        body = Payload(source="questions", key=f"9{ALL}", url=f"http://e.org/{ALL}", fetched_at=READ_AT, body=b"{")
        archive.payloads.quarantine(body, f"the source sent {ALL}")
        archive.runs.end(archive.runs.begin("collect", READ_AT), RunOutcome.FAILED, {}, f"the source said {ALL}")
        with app.pipeline(settings, archive, as_of=NOW) as pipeline:
            pipeline.sync()
            pipeline.match()
            pipeline.compose(now=True)
    return folder


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    monkeypatch.setattr(app, "clock", lambda: NOW)
    yield lambda *words: CliRunner().invoke(pqwatch, [*words, "--config", str(folder / "config.toml")])
    for handler in logging.root.handlers[:]:
        if type(handler).__name__ == "_Stderr":
            logging.root.removeHandler(handler)


TOLD = [
    f"search bathing --since 2021-01-01 --format {output}" for output in ("table", "json", "jsonl", "csv")
] + [
    *(f"show {UINS[0]} --format {output}" for output in ("table", "json", "jsonl", "csv")),
    f"show {UINS[0]} --revision 1",
    *(f"matches --since 2021-01-01 --format {output}" for output in ("table", "json", "jsonl", "csv")),
    *(f"waiting --format {output}" for output in ("table", "json", "csv")),
    *(f"digest list --format {output}" for output in ("table", "json", "csv")),
    "digest preview",
    "digest preview --html",
    "digest show 1",
    "digest show 1 --html",
    "status",
    "status --json",
    "doctor --offline",
    "doctor --offline --json",
    "terms explain bathing",
    "terms explain bathing --json",
    "terms try bathing",
    "terms try bathing --json",
    "terms list",
    "terms check",
    "topics list",
    "subscribers list",
]  # fmt: skip


@pytest.mark.parametrize("words", TOLD)
def test_nothing_printed_steers_a_terminal(words: str, run: Command) -> None:
    result = run(*words.split())
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.stdout or words == "terms check"
    ours = "\u034f\u200c" if "--html" in words else "\0"  # fills the line that mail programs show as a preview
    assert harmful(result.stdout.replace(ours, "")) == []
    assert harmful(result.stderr) == []


def test_scripts_read_what_was_published(run: Command) -> None:
    [record] = json.loads(run("search", UINS[0], "--format", "json").stdout)[:1]
    assert record["asked_by"]["name"] == f"Eve {ALL}"
    rows = list(csv.reader(io.StringIO(run("search", UINS[0], "--format", "csv").stdout)))
    assert any("Bathing water" in cell for cell in rows[1])


@pytest.mark.parametrize("hostile", [*HOSTILE, "\ud800"], ids=ascii)
def test_json_escapes_hostile_characters_and_keeps_other_letters(hostile: str) -> None:
    written = to_json({"é\u2019\u4e2d": f"a{hostile}b\n"})
    assert harmful(written) == []
    assert "\x1b" not in written
    assert "é\u2019\u4e2d" in written
    assert json.loads(written) == {"é\u2019\u4e2d": f"a{hostile}b\n"}


SCREENS = ["search bathing --since 2021-01-01", f"show {UINS[0]}", "status"]


@pytest.mark.parametrize("words", SCREENS)
def test_a_real_terminal_gets_letters_and_colours_only(words: str, folder: Path) -> None:
    shown = on_a_terminal(folder, *words.split())
    assert len(shown) > 100
    assert "\x1b[1m" in shown or words == "status"
    assert harmful(shown) == []


BAR = re.compile(r"\r(?!\n)|\x1b\[(?:\?25[lh]|1A|2K)")
"""Codes that the progress bar writes itself: to the line's start, up, clear the line, hide the cursor."""


def test_a_run_on_a_real_terminal_says_its_lines_and_no_more(tmp_path: Path) -> None:
    said = " water ".join(hostile for hostile in HOSTILE if not BAR.search(hostile))
    value = an_answer(1)
    good = {"heading": said, "questionText": f"<p>{said}</p>", "answerText": f"<p>{said} the National Crime Agency</p>"}
    bad = {"id": 9_700_002, "uin": f"70002{said}", "house": f"Commons {said}", "dateTabled": said}
    with Parliament.from_values([value | good, value | bad]) as parliament:
        desk = Desk(folder=tmp_path, parliament=parliament, questions="look_back_days = 1")
        shown = on_a_terminal(desk.folder, "run", "--as-of", FIRST_DAY.isoformat(), codes=(0, 1))
        assert any(str(9_700_002) in request.path or "house" in request.query for request in parliament.requests)
    assert re.search(r" INFO +deliver .*sent=1", shown, re.MULTILINE)
    assert harmful(BAR.sub("", shown)) == []


def on_a_terminal(folder: Path, *words: str, codes: tuple[int, ...] = (0,)) -> str:
    """Return the output of a command on a terminal of its own, with plain line ends."""
    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "monitor", *words, "--config", str(folder / "config.toml")]
    with subprocess.Popen(  # noqa: S603 (our own program)
        command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65_536):
                shown += piece
        except OSError:  # the other end is closed, as a terminal ends
            pass
        finally:
            os.close(ours)
        assert process.wait(60) in codes
    return shown.decode("utf-8").replace("\r\n", "\n")


def fail() -> None:
    raise FetchError(f"it said {ALL}", url=ALL)


def test_a_log_record_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.root.handlers[:], logging.root.level
    try:
        start_logging()
        logging.getLogger("monitor").info("read %s", ALL + "\nsent mail to nobody")
        try:
            fail()
        except FetchError:
            logging.getLogger("monitor").exception("it failed\n%s", ALL)
    finally:
        logging.root.handlers[:], logging.root.level = before
    output = capsys.readouterr().err
    assert harmful(output) == []
    first, second, *trace = output.splitlines()
    assert " INFO    read " in first
    assert first.endswith("sent mail to nobody")
    assert " ERROR   it failed " in second
    assert trace[0] == "Traceback (most recent call last):"


def test_an_error_at_the_end_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    _say(f"It ended: {ALL}.")
    output = capsys.readouterr().err
    assert output.startswith("It ended: ")
    assert harmful(output) == []


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_harmful_characters_are_all_recognised_except_colours(hostile: str) -> None:
    is_let_through = re.fullmatch("(?:\x1b\\[[0-9;]*m|\U000f001b.*|\U000f0007)", hostile)
    assert bool(harmful(f"a{hostile}b")) is not bool(is_let_through)
