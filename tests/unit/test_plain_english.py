"""Check of plain English: it finds every fault that it must refuse, and nothing else."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load_checker() -> Any:
    """Load the script, which is not part of a package."""
    spec = importlib.util.spec_from_file_location("plain_english", ROOT / ".ci" / "plain_english.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


checker = load_checker()


def faults(text: str, name: str = "monitor/digest/arrange.py") -> list[str]:
    return [f"{fault.line}: {fault.text.partition(':')[0]}" for fault in checker.faults_of(name, text)]


@pytest.mark.parametrize(
    "docstring",
    [
        "What of a collect is news.",
        "Which revisions pass a search.",
        "That a run may end anywhere.",
        "Whether a digest is due.",
        "Where a phrase stands.",
        "How many mails wait.",
        "Whoever gets a digest.",
        "It in a sentence.",
        "Those of a day.",
        "Of several sources, the newest.",
    ],
)
def test_docstring_that_is_a_riddle_is_refused(docstring: str) -> None:
    begins = f'docstring begins with "{docstring.split(maxsplit=1)[0]}"'
    assert f"1: {begins}" in faults(f'"""{docstring}"""\n')
    assert f"2: {begins}" in faults(f'def decide():\n    """{docstring}"""\n')
    assert f"2: {begins}" in faults(f'class Plan:\n    """{docstring}"""\n')
    assert f"2: {begins}" in faults(f'LIMIT = 3\n"""{docstring}"""\n')
    assert f"3: {begins}" in faults(f'class Plan:\n    limit: int = 3\n    """{docstring}"""\n')


@pytest.mark.parametrize(
    "docstring",
    [
        "Return whether a digest is due.",
        "Decide which new revisions may be mailed.",
        "Sitting calendar of both Houses.",
        "Whole answers, oldest first.",
        "Time at which the run began.",
        "Item of a digest.",
    ],
)
def test_order_or_noun_phrase_passes(docstring: str) -> None:
    assert faults(f'"""{docstring}"""\nLIMIT = 3\n"""{docstring}"""\n') == []


@pytest.mark.parametrize(
    "phrase",
    [
        "Nobody reads it",
        "for whoever asks",
        "the mail that he gets",
        "the subscriber and his topics",
        "one of those that are late",
        "an answer that is none",
        "given to him",
        "its cost hangs on the text",
    ],
)
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("monitor/app.py", '"""Send mail.\n\n{}.\n"""\n'),
        ("monitor/app.py", "limit = 3\n# {}\n"),
        ("monitor/app.py", 'raise ValueError(\n    "{}. Try again."\n)\n'),
        ("docs/running.md", "# Running\n{}.\n"),
        ("config.toml", "[mail]\nhost = 'a'  # {}\n"),
        ("monitor/digest/templates/digest.txt", "\n{}\n"),
    ],
)
def test_refused_phrase_is_found_in_prose_of_every_kind(phrase: str, name: str, text: str) -> None:
    assert len(faults(text.format(phrase), name)) == 1


def test_phrase_is_found_across_lines() -> None:
    assert faults("# Items, one of those\n# that are late\n") == ['1: "one of those that"']
    assert faults('"""Items.\n\nAn answer that is\nnone counts.\n"""\n') == ['3: "is none"']


@pytest.mark.parametrize(
    "text",
    [
        '"""Return the letter.\n\n`date` is None where it has no date.\n"""\n',
        '# The formula "what steps he is taking" does not count.\n',
        "# The formula `what steps he is taking` does not count.\n",
        "# he'll is one word\n",
        'COMMON = frozenset("a an the he him his nobody whoever".split())\n',
        'PROMISE = re.compile(r"\\b(?:I|he) will write to him\\b, soon")\n',
    ],
)
def test_code_quotations_and_lists_of_words_pass(text: str) -> None:
    assert faults(text) == []


def test_code_in_a_page_passes_and_lines_keep_their_numbers() -> None:
    page = "# Search\n\n```text\nwhat he said\n```\n\nNobody: `nobody`.\n"
    assert faults(page, "docs/search.md") == ['7: "Nobody"']


def test_tests_may_quote_what_is_said_in_parliament() -> None:
    assert faults('QUESTION = "What steps he is taking."\n', "tests/unit/test_digest.py") == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", f"monitor/{'kindred'}.py"),
        ("", "monitor/workbench/checks.py"),
        ("", "tests/unit/test_retold.py"),
        ("class Shelf: ...\n", "db/files.py"),
        ("class ToldBefore: ...\n", "db/files.py"),
        ("def find_told(): ...\n", "db/files.py"),
        ("def _owed(): ...\n", "db/files.py"),
    ],
)
def test_retired_name_is_refused(text: str, name: str) -> None:
    assert len(faults(text, name)) == 1


def test_names_that_only_contain_the_letters_of_a_retired_word_pass() -> None:
    assert faults("class CareHome: ...\ndef untoldable(): ...\ndef test_reader_is_told_once(): ...\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "for one in rows: ...\n",
        "for key, it in rows: ...\n",
        "lines = [str(some) for some in rows]\n",
        "def show(one): ...\n",
        "key = lambda one: one.day\n",
    ],
)
def test_vague_name_is_refused(text: str) -> None:
    assert [fault.partition(" does")[0][3:] for fault in faults(text)] in (['"one"'], ['"it"'], ['"some"'])


def test_every_kind_of_text_is_checked() -> None:
    checked = set(checker.files_in_git([]))
    assert {"monitor/cli/__init__.py", "README.md", "pyproject.toml", ".ci/run"} <= checked
    assert not any(name.startswith("tests/golden/") for name in checked)


def test_files_of_a_folder_are_checked() -> None:
    assert "monitor/cli/__init__.py" in checker.files_in_git([ROOT / "monitor" / "cli"])


def test_script_names_the_place_and_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    (tmp_path / "good.md").write_text("# Page\n\nNo one reads this.\n")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "page.md").write_text("# Page\n\nNobody reads it.\n")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)  # noqa: S603, S607 (a new repository)
    monkeypatch.setattr(checker, "ROOT", tmp_path)
    assert checker.main([]) == 1
    assert capsys.readouterr().out.splitlines()[0].startswith('new/page.md:3: "Nobody"')
    assert checker.main([str(tmp_path / "good.md")]) == 0
