"""Keys of the program's JSON output, compared with docs/json.md."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from monitor.cli import pqwatch
from monitor.digest.formats.plain_json import Related, plain
from tests.builders import a_digest, a_question, a_waiting, an_item

if TYPE_CHECKING:
    from tests.e2e.desk import Done

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
LETTER = (
    'The answer said: "between them they arrested 9,860 people in the year before and safeguarded 11,290 children".'
)
TOPIC = "Hi-tech crime policing"

COMMANDS = {
    "search --kwic": "search online --kwic",
    "search --facet": "search online --facet body",
    "bodies": "bodies NHTCU",
    "topics list": "topics list",
    "terms list": "terms list",
    "terms check": "terms check",
    "terms explain": "terms explain paedophile",
    "terms try": "terms try vacancies",
    "terms suggest": f"terms suggest|{TOPIC}",
    "terms add": f"terms add|{TOPIC}|vacancies|--dry-run",
    "terms remove": f"terms remove|{TOPIC}|NCCU = National Cyber Crime Unit|--dry-run",
    "topics add": "topics add Vacancies vacancies --dry-run",
    "topics rename": f"topics rename|{TOPIC}|Cyber crime|--dry-run",
    "topics remove": f"topics remove|{TOPIC}|--dry-run",
    "subscribers list": "subscribers list",
    "subscribers add": "subscribers add Ann ann@example.org --dry-run",
    "subscribers change": "subscribers change|Policy desk|--cadence|weekly|--dry-run",
    "subscribers pause": "subscribers pause|Policy desk|--dry-run",
    "subscribers remove": "subscribers remove|Policy desk|--dry-run",
    "subscribers forget": "subscribers forget policy@example.org --dry-run --yes",
    "following": "follow 91160 ; following",
    "mutes": "mute fraud --until 2030-01-01 ; mutes",
    "notes": "note 91160 remember ; notes",
    "done": "done 91160",
    "digest list": "digest list",
    "status": "status",
    "doctor": "doctor --offline",
    "db check": "db check",
    "match": "match",
}
"""Arguments for each command, parted by bars where they contain spaces. A semicolon stands behind what goes first."""


def table(heading: str, number: int = 0) -> list[tuple[str, str]]:
    """Return the rows of a table of a section: the first cell and the second."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    tables = re.findall(r"(?m)(?:^\|.*\n)+", section)
    rows = [line.strip("|\n").split(" | ") for line in tables[number].splitlines()[2:]]
    return [(cells[0].strip(), cells[1].strip() if len(cells) > 1 else "") for cells in rows]


def named(cell: str) -> list[str]:
    """Return the words in code in a cell, without those in brackets."""
    outside = re.sub(r"\([^()]*\)", "", re.sub(r"\[[^]]*\]\([^)]*\)", "", cell))
    return re.findall(r"`(\w+)`", outside)


def keys(heading: str, number: int = 0) -> list[str]:
    """Return the keys in the first column of a table of a section."""
    return [key for first, _ in table(heading, number) for key in named(first)]


@pytest.fixture
def practice(brief_demo: tuple[Done, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the demo's folder and make the copy the current folder."""
    shutil.copytree(brief_demo[1], tmp_path / "practice")
    monkeypatch.chdir(tmp_path / "practice")
    return tmp_path / "practice"


def printed(line: str) -> Any:
    """Return the JSON that a command prints, or its first object if it is a list."""
    *before, line = line.split(" ; ")
    for earlier in before:
        printed(earlier)
    words = line.split("|") if "|" in line else line.split()
    head = words[0].split() if "|" in line else []
    result = CliRunner().invoke(pqwatch, [*(head or words[:1]), *words[1:], "--json"])
    found = json.loads(result.stdout)
    return found[0] if isinstance(found, list) else found


def test_a_record_has_the_keys_of_the_page(practice: Path) -> None:
    assert practice.is_dir()
    record = printed("search online --limit 1")
    assert list(record) == keys("A record")
    assert list(record["matches"][0]) == keys("A record", 1)
    shown = printed("show 91160")
    page = PAGE.partition("**`show`:**")[2].partition("\nWith `--revision")[0]
    assert set(shown) - set(record) == set(re.findall(r"(?m)^- `(\w+)`", page))
    assert set(printed("waiting")) - set(record) == {"days_late", "topics"}


def test_every_command_of_the_page_is_called() -> None:
    called = [re.findall("`([^`]+)`", first)[0] for first, _ in table("What commands add")]
    assert called == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_the_keys_of_the_page(name: str, practice: Path) -> None:
    assert practice.is_dir()
    (row,) = [second for first, second in table("What commands add") if f"`{name}`" in first]
    assert sorted(printed(COMMANDS[name])) == sorted(named(row))


def test_quotations_and_statistics_have_the_keys_of_the_page(practice: Path) -> None:
    (practice / "letter.txt").write_text(LETTER, encoding="utf-8")
    assert list(printed("check letter.txt")) == keys("Quotations")
    assert list(printed("stats")) == ["month", *keys("Statistics")]


def test_a_message_to_a_webhook_has_the_keys_of_the_page() -> None:
    item = an_item(a_question(), "water")
    waiting = a_waiting(a_question(uin="130000", answer=None, answered_on=None))
    digest = a_digest(new=(item,), waiting=(waiting,))
    message = json.loads(plain(digest, [item], lambda _: None, "<a@example.org>", lambda _: Related([], [])))
    assert list(message) == keys("Messages to webhooks")
    rows = {first: named(second) for first, second in table("Messages to webhooks")}
    assert set(message["items"][0]) == set(rows["`items`"]) - {"changed", "corrected", "new", "questions"}
    assert set(message["waiting"][0]) == set(rows["`waiting`"])
