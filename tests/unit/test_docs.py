"""Manual and program agree: commands, options, libraries, parts, links."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from db import tables
from monitor.app import check_term
from monitor.cli import COMMANDS, pqwatch
from monitor.model.records import Event, State
from monitor.research.quotations.outcomes import Verdict
from monitor.research.quotations.styles import Style

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "bench").glob("*.md"),
        *(ROOT / "tests").rglob("*.md"),
    ]
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TOP = click.Context(pqwatch, info_name="pqwatch")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def command(words: list[str]) -> click.Command | None:
    """Return the command that these words name, or None."""
    found: click.Command | None = pqwatch
    for word in words:
        found = found.get_command(TOP, word) if isinstance(found, click.Group) else None
    return found


def commands(words: tuple[str, ...] = ()) -> dict[tuple[str, ...], click.Command]:
    """Return every command that does something, by its words."""
    found = command(list(words))
    if isinstance(found, click.Group):
        names = found.list_commands(TOP)
        return {path: leaf for name in names for path, leaf in commands((*words, name)).items()}
    assert found is not None, words
    return {words: found}


def options(of: click.Command) -> set[str]:
    given = [param for param in of.params if isinstance(param, click.Option)]
    return {flag for param in given for flag in (*param.opts, *param.secondary_opts)} | {"--help", "-h"}


def sections() -> dict[str, str]:
    """Return the sections of docs/commands.md by their command. The key "" has the part for all commands."""
    common, *parts = re.split(r"(?m)^### `pqwatch ", read("docs/commands.md"))
    named = (part.split("`", 1) for part in parts)
    return {"": common} | {re.sub(r" [\[A-Z].*", "", name): text.split("\n## ")[0] for name, text in named}


def flags(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(re.findall(r"`([^`]+)`", text))))


def test_every_command_has_its_section() -> None:
    assert {" ".join(path) for path in commands()} == set(sections()) - {""}


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_every_option_is_explained_and_exists(path: tuple[str, ...]) -> None:
    has = options(commands()[path])
    section = sections()[" ".join(path)]
    listed = re.findall(r"(?m)^(?:- `-.*|(?:Also|Options:) `-.*)$", section)
    explained = flags("".join(line for line in listed if line.startswith("- ")))
    common = flags("".join(re.findall(r"(?m)^- `-.*$", sections()[""])))
    assert flags("".join(listed)) == has - {"--help", "-h"}
    assert has - explained - {"--help", "-h"} <= common
    assert {"--help", "-h"} <= flags(sections()[""])


def test_readme_names_every_command() -> None:
    table = re.findall(r"(?m)^\| (`pqwatch .*?`) \|", read("README.md"))
    named = {word for cell in table for word in re.findall(r"`(?:pqwatch )?([\w-]+)`", cell)}
    assert named == set(COMMANDS)


def code(text: str) -> str:
    """Return the lines of a page that a reader may type."""
    fenced = re.findall(r"(?ms)^```(\w*)\n(.*?)^```", text)
    typed = [lines for language, lines in fenced if language in ("sh", "ini", "cron")]
    return "\n".join([*typed, *re.findall(r"(?m)^ {4}(pqwatch .*)", text)])


def written_commands() -> list[tuple[str, str]]:
    """Return what follows `pqwatch` wherever the manual says to type it, with its page."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8")
        typed = re.findall(r"(?m)^.*?(?:^|[ /])pqwatch ((?:[a-z][a-z-]*|--version)\b.*)$", code(text))
        named = [line.replace("\\|", "|") for line in re.findall(r"(?<!`)`pqwatch ([a-z][^`\n]*)`", text)]
        found += [(page.name, line) for line in typed + named]
    return found


@pytest.mark.parametrize(("page", "line"), written_commands())
def test_commands_in_the_manual_exist(page: str, line: str) -> None:
    words = shlex.split(line.partition("&&")[0], comments=True)
    path: list[str] = []
    while words and isinstance(command(path), click.Group) and re.fullmatch(r"[a-z][a-z-]*", words[0]):
        path.append(words.pop(0))
    found = command(path)
    assert found is not None, f"{page}: pqwatch {line}"
    used = {word for word in words if re.fullmatch(r"--[a-z-]+", word)}
    assert used <= options(found), f"{page}: pqwatch {line}"


@pytest.mark.parametrize(("page", "line"), written_commands())
def test_values_in_the_manual_are_taken(page: str, line: str) -> None:
    words = shlex.split(re.split(r"&&|[|<>]", line)[0], comments=True)
    if any(word.isupper() or word.startswith("~") for word in words):
        return  # something stands for a value, or for a folder of the reader
    path: list[str] = []
    while words and isinstance(command(path), click.Group) and command([*path, words[0]]) is not None:
        path.append(words.pop(0))
    found = command(path)
    assert found is not None
    try:
        found.make_context(" ".join(path), words).close()
    except (click.MissingParameter, click.exceptions.Exit):
        pass  # it is only named, or asked for its help
    except click.BadParameter as exc:
        pytest.fail(f"{page}: pqwatch {line}: {exc.format_message()}")
    except click.UsageError:
        pass  # words behind it explain it


def test_manual_has_commands() -> None:
    lines = written_commands()
    assert ("README.md", "doctor                          # is everything right?") in lines
    assert {page for page, _ in lines} >= {"README.md", "running.md", "commands.md"}


def libraries(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w-]", requirement, maxsplit=1)[0] for requirement in requirements}


def test_every_library_has_its_reason() -> None:
    page = read("docs/dependencies.md")
    run, develop = (part.split("\n## ")[0] for part in re.split(r"## To (?:run|develop)\n", page)[1:])
    assert set(re.findall(r"(?m)^\| ([\w-]+) \| [A-Z]", run)) == libraries(PROJECT["project"]["dependencies"])
    assert set(re.findall(r"(?m)^\| ([\w-]+) \| [^-]", develop)) - {"library"} == libraries(
        PROJECT["dependency-groups"]["dev"]
    )
    for extra in PROJECT["project"]["optional-dependencies"].values():
        assert all(f"**{name}**" in run for name in libraries(extra))


def test_every_part_is_on_the_map() -> None:
    tree = read("docs/architecture.md")
    parts = [path for package in ("monitor", "scrapers", "db") for path in (ROOT / package).iterdir()]
    names = {path.stem for path in parts if path.suffix == ".py" or (path / "__init__.py").is_file()}
    named = set(re.findall(r"\w+", tree.split("## The tree")[1].split("\n## ")[0]))
    assert names - {"__init__", "__main__", "base", "codec", "retries", "members"} - named == set()


def test_readme_points_to_every_table_of_the_configuration() -> None:
    pattern = r"`\[+([a-z_.]+)\]+`"
    tables = re.findall(rf"(?m)^## {pattern}", read("docs/configuration.md"))
    assert set(re.findall(rf"\[{pattern}\]\(", read("README.md"))) == set(tables)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_of_configuration_can_be_read(page: Path) -> None:
    for block in re.findall(r"(?ms)^```toml\n(.*?)^```", page.read_text("utf-8")):
        given = tomllib.loads(block)
        terms = [term for topic in given.get("topics", []) for term in [*topic["terms"], *topic.get("exclude", [])]]
        assert [check_term(term) for term in terms] == [None] * len(terms)


def anchors(page: Path) -> set[str]:
    """Return the anchors of headings, as GitHub makes them."""
    headings = re.findall(r"(?m)^#+ (.*)$", page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(((?!https?:)[^)]+)\)", page.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.is_file(), target
        assert not anchor or anchor in anchors(there), target


def first_cells(page: str, heading: str) -> set[str]:
    """Return the first cells of the tables of a section, as words."""
    section = read(page).partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"(?m)^\| ([^|]+) \|", section)
    return {word for cell in cells for word in re.split(r", ", cell.replace("`", "").strip())}


def test_every_citation_style_is_shown() -> None:
    assert {style.value for style in Style} <= first_cells("docs/quoting.md", "## Cite a record")


def test_every_event_and_state_is_explained() -> None:
    assert {event.value for event in Event} <= first_cells("docs/record.md", "## Events")
    assert {state.value for state in State} <= first_cells("docs/record.md", "## States of a question")


def test_every_verdict_is_explained() -> None:
    named = set(re.findall(r"`(\w+)`", read("docs/json.md").partition("| `verdict` |")[2].partition("\n")[0]))
    assert named == {verdict.value for verdict in Verdict}
    assert len(first_cells("docs/quoting.md", "## Check a letter")) > len(Verdict)


def test_every_label_is_explained() -> None:
    search = command(["search"])
    assert search is not None
    (label,) = [param for param in search.params if param.name == "label"]
    assert isinstance(label.type, click.Choice)
    assert set(label.type.choices) <= first_cells("docs/alike.md", "## Labels")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page: Path) -> None:
    folders = "monitor|scrapers|db|tests|bench|deploy|alembic|docs"
    named = re.findall(rf"`((?:{folders})/[\w./-]*)`", page.read_text("utf-8"))
    assert [name for name in named if name != "db/_migrations" and not (ROOT / name).exists()] == []


def test_every_table_of_the_archive_is_named() -> None:
    assert set(tables.metadata.tables) <= first_cells("docs/archive.md", "## The tables")


def test_tables_from_which_a_person_is_erased_are_named_as_personal() -> None:
    rows, found, _ = read("docs/archive.md").partition("\n\n**Personal data** is in the tables of the last four lines")
    assert found
    personal = {name for row in rows.splitlines()[-4:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    [erased] = re.findall(r"VACUUM FULL ([\w, ]+)`", read("docs/delivery.md"))
    assert set(erased.split(", ")) <= personal


def test_options_of_our_own_checks_exist() -> None:
    used = re.findall(r"`uv run python (\.ci/\w+\.py)([^`]*)`", read("CONTRIBUTING.md"))
    assert used
    for script, given in used:
        assert [flag for flag in re.findall(r"--[a-z-]+", given) if f'"{flag}"' not in read(script)] == []


def test_manual_has_an_index() -> None:
    listed = set(re.findall(r"\]\((\w+\.md)\)", read("docs/index.md")))
    assert listed == {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}


def test_decisions_are_numbered_and_listed() -> None:
    files = sorted(path for path in (ROOT / "docs" / "adr").glob("*.md") if path.name != "index.md")
    assert [int(path.name[:4]) for path in files] == list(range(1, len(files) + 1))
    titles = [re.match(r"# (\d+\. .+)\n\nStatus: .+\n\n## Context\n", path.read_text("utf-8")) for path in files]
    listed = re.findall(r"(?m)^- \[(.*)\]\((.*)\)$", read("docs/adr/index.md"))
    assert listed == [(title[1], path.name) for title, path in zip(titles, files, strict=True) if title]


def test_site_lists_every_page() -> None:
    nav = read("zensical.toml").partition("\nnav = [")[2].partition("\n]")[0]
    listed = re.findall(r'"([\w./-]+\.md)"', nav)
    assert sorted(listed) == sorted(
        [
            *(path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")),
            "CONTRIBUTING.md",
            "CHANGELOG.md",
        ]
    )


def test_changelog_knows_this_version() -> None:
    page = read("CHANGELOG.md")
    assert f"## [{PROJECT['project']['version']}]" in page or "## [Unreleased]" in page


def test_every_benchmark_is_listed() -> None:
    listed = set(re.findall(r"\]\((\w+\.py)\)", read("bench/README.md")))
    assert listed == {path.name for path in (ROOT / "bench").glob("*.py")}


def test_every_proof_is_on_its_map() -> None:
    folder = ROOT / "tests/reliability"
    page = read("tests/reliability/README.md")
    parts = {
        path.name for path in folder.glob("*.py") if not path.name.startswith(("test_", "scenes", "readers", "life_"))
    }
    assert [name for name in sorted(parts) if f"`{name}`" not in page] == []
