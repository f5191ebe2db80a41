"""Generated parts of the manual, compared with the program's output."""

from __future__ import annotations

import doctest
import importlib.util
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    from tests.e2e.desk import Done

DOCS = Path(__file__).resolve().parents[2] / "docs"
REMEDY = "write it again with: uv run python docs/make_pages.py"


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_pages", DOCS / "make_pages.py")
    assert spec is not None and spec.loader is not None  # noqa: PT018 (for the type checker)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES: Any = maker()


@pytest.mark.parametrize("name", PAGES.FILLED)
def test_a_generated_page_agrees_with_the_program(name: str) -> None:
    page = (DOCS / name).read_text("utf-8")
    assert page.count("<!-- end -->") >= (1 if name == "assistants.md" else 10)
    assert PAGES.FILLED[name](page) == page, REMEDY


@pytest.mark.parametrize("name", PAGES.PLAYED)
def test_a_page_shows_what_its_commands_print(name: str, brief_demo: tuple[Done, Path], tmp_path: Path) -> None:
    shutil.copytree(brief_demo[1], tmp_path / "practice")
    page = (DOCS / name).read_text("utf-8")
    assert page.count("\n$ pqwatch ") > 5
    assert PAGES.played(page, tmp_path) == page, REMEDY


def test_the_readme_shows_what_the_demo_mails(brief_demo: tuple[Done, Path]) -> None:
    page = (DOCS.parent / "README.md").read_text("utf-8")
    assert page.count("<!-- digest: ") == 3
    last = max(brief_demo[1].rglob("*.eml"), key=lambda path: path.name)
    assert PAGES.with_digest(page, last.read_bytes()) == page, REMEDY


def test_the_examples_of_the_python_interface_print_what_the_page_shows(
    brief_demo: tuple[Done, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(brief_demo[1], tmp_path / "demo")
    monkeypatch.chdir(tmp_path / "demo")
    blocks = re.findall(r"(?ms)^```pycon\n(.*?)^```$", (DOCS / "api.md").read_text("utf-8"))
    examples = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "docs/api.md", None, 0)
    assert len(examples.examples) > 15
    printed: list[str] = []
    doctest.DocTestRunner().run(examples, out=printed.append)
    assert "".join(printed) == ""


def test_a_section_that_the_digest_does_not_have_is_an_error() -> None:
    page = "<!-- digest: Owls -->\n```text\n```\n"
    with pytest.raises(ValueError, match="no 'Owls'"):
        PAGES.with_digest(page, b"Subject: x\n\nNothing\n")
