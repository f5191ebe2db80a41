"""Workflows and forms in .github: everything they call exists and is pinned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def test_workflows_and_forms_exist() -> None:
    assert {path.stem for path in WORKFLOWS} == {"ci", "nightly", "docs", "release"}
    assert {path.stem for path in FORMS} == {"bug", "term", "source", "config"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_to_a_commit_and_name_its_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_may_only_read_unless_they_say_why(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "\npermissions:\n  contents: read\n" in text
    for granted in re.findall(r"(?m)^ +[\w-]+: write.*$", text):
        assert "#" in granted, granted


@pytest.mark.parametrize("path", [*WORKFLOWS, *FORMS], ids=lambda path: path.name)
def test_files_and_commands_that_are_called_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for script in re.findall(r"(?:run: |python )((?:\.ci|bench|docs)/\S+)", text):
        assert (ROOT / script).is_file(), script
    for recipe in re.findall(r"uv run just (\w+)", text):
        assert f"\n{recipe}" in (ROOT / "justfile").read_text(encoding="utf-8"), recipe
    typed = [*re.findall(r"`pqwatch ([a-z]+)", text), *re.findall(r"run: .*?pqwatch ([a-z]+)", text)]
    assert set(typed) <= set(COMMANDS)


def test_tests_that_the_checks_name_exist() -> None:
    named = set(re.findall(r"tests/[\w/]+(?:\.py)?", (ROOT / ".ci" / "run").read_text(encoding="utf-8")))
    assert len(named) > 5
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_nothing_is_published_with_a_stored_password() -> None:
    release = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    assert "uv publish --trusted-publishing always" in release
    assert "secrets." not in "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
