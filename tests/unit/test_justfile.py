"""Justfile, the developer's manual: everything that it names exists and works."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
JUST = shutil.which("just", path=str(Path(sys.executable).parent))
TASKS = {"setup", "test", "quick", "lint", "types", "docs", "demo", "bench", "release"}


@pytest.fixture(scope="module")
def recipes() -> dict[str, Any]:
    assert JUST is not None, "just is in the development group"
    dumped = subprocess.run(  # noqa: S603 (the program that is installed here)
        [JUST, "--dump", "--dump-format", "json"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(dumped.stdout)["recipes"]
    return found


def commands(recipe: dict[str, Any]) -> list[str]:
    return ["".join(part if isinstance(part, str) else "X" for part in line) for line in recipe["body"]]


def test_every_task_has_a_comment(recipes: dict[str, Any]) -> None:
    assert set(recipes) >= TASKS
    assert [name for name, recipe in recipes.items() if not recipe["doc"]] == []


def test_recipes_call_existing_files(recipes: dict[str, Any]) -> None:
    called = [line for recipe in recipes.values() for line in commands(recipe)]
    assert len(called) > len(TASKS)
    folder = Path(sys.executable).parent
    for line in called:
        for program in re.findall(r"uv run ([\w-]+)", line):
            assert shutil.which(program, path=str(folder)), line
        for path in re.findall(r"(?<![\w/])\.?[a-z]+/[\w./]+", line):
            assert (ROOT / path).exists(), line
        for recipe in re.findall(r"\bjust (\w+)", line):
            assert recipe in recipes, line


def test_options_of_scripts_exist(recipes: dict[str, Any]) -> None:
    for recipe in recipes.values():
        for line in commands(recipe):
            script = re.search(r"uv run python ((?:bench|docs|\.ci)/\S+)(.*)", line)
            for option in re.findall(r"--[a-z-]+", script[2] if script else ""):
                assert script is not None
                assert f'"{option}"' in (ROOT / script[1]).read_text(encoding="utf-8"), line


def test_justfile_is_formatted(recipes: dict[str, Any]) -> None:
    assert recipes
    assert JUST is not None
    checked = subprocess.run(  # noqa: S603 (the program that is installed here)
        [JUST, "--fmt", "--check", "--unstable"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
