"""`export`: the records that pass, as a file or a site, and the closing message."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from monitor import app
from monitor.model.records import House
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import CONFIG, NOW, Desk, make_desk
from tests.unit.workbooks import sheets

if TYPE_CHECKING:
    from pathlib import Path

LICENCE = "Contains Parliamentary information licensed under the Open Parliament Licence v3.0."


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW)


def test_records_go_to_stdout_and_the_count_to_stderr(desk: Desk) -> None:
    result = desk.run("export", "--format", "csv")
    assert result.exit_code == 0
    assert [row["uin"] for row in csv.DictReader(io.StringIO(result.stdout))] == [
        "HL77", "140001", "140009", "140011", "140010", "140002", "140009",
    ]  # fmt: skip
    assert result.stderr == f"Wrote 7 records. {LICENCE}\n"


def test_export_has_the_records_that_search_lists(desk: Desk) -> None:
    for asked in (["bathing", "water"], ["--topic", "water", "--house", "commons"], ["140002"]):
        listed = desk.run("search", *asked, "--limit", "0", "--format", "jsonl").stdout
        exported = desk.run("export", *asked, "--format", "jsonl").stdout
        assert [json.loads(entry)["id"] for entry in exported.splitlines()] == [
            json.loads(entry)["id"] for entry in listed.splitlines()
        ]


def test_export_of_a_topic_shows_the_matches_of_that_topic(desk: Desk) -> None:
    lines = desk.run("export", "--topic", "water", "--format", "jsonl").stdout.splitlines()
    assert {match["topic"] for line in lines for match in json.loads(line)["matches"]} == {"water"}


def test_file_extension_sets_the_format(desk: Desk, tmp_path: Path) -> None:
    result = desk.run("export", "clean", "--output", str(tmp_path / "clean.xlsx"))
    assert result.exit_code == 0, result.output
    assert result.stderr == f"Wrote 1 record to {tmp_path / 'clean.xlsx'}. {LICENCE}\n"
    found = sheets((tmp_path / "clean.xlsx").read_bytes())
    assert len(found["Records"]) == 2
    assert found["About"] == [
        ["Title", "clean"],
        ["What", "What was published in Parliament and in which these words are found."],
        ["Term", "clean"],
        ["Exported", "10 February 2021"],
        ["Licence", LICENCE],
    ]


def test_markdown_names_its_content_and_licence(desk: Desk) -> None:
    found = desk.run("export", "--topic", "water", "--house", "lords", "--title", "Our #1", "--format", "md").stdout
    assert found.startswith(
        "# Our \\#1\n\n"
        "What was published in Parliament and in which a term of this topic is found.\n\n"
        "clean or not.\n\n"
        "Only of the House of Lords.\n\n"
        "- bathing water\n\n- beach = foreshore\n\n"
        "## [Foreshore]"
    )
    assert found.endswith(f"\n\n{LICENCE}\n")


def test_each_legislature_is_attributed_as_its_own_licence_asks(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    with closing(app.archive(app.configuration(str(tmp_path / "config.toml"), env={}))) as archive:
        store(
            archive,
            a_question(uin="S6W-1", house=House.SCOTLAND),
            a_question(uin="AQW 1", house=House.NORTHERN_IRELAND),
        )
    scottish = "Contains information licensed under the Scottish Parliament Copyright Licence."

    def licence(*args: str) -> str:
        return desk.run("export", "--format", "csv", *args).stderr.partition(". ")[2].strip()

    assert licence() == licence("--house", "lords", "--house", "scotland") == f"{LICENCE} {scottish}"
    assert licence("--house", "scotland") == scottish
    assert licence("--house", "northern_ireland") == ""
    assert desk.run("export", "--house", "northern_ireland", "--format", "md").stdout.endswith("`)\n")
    desk.run("export", "--house", "northern_ireland", "--output", str(tmp_path / "ni.xlsx"))
    assert sheets((tmp_path / "ni.xlsx").read_bytes())["About"][-1][0] == "Exported"
    desk.run("export", "--house", "scotland", "--format", "site", "--output", str(tmp_path / "site"))
    pages = {path.name: path.read_text() for path in (tmp_path / "site").glob("*.*")}
    assert all(scottish in pages[name] and LICENCE not in pages[name] for name in ("index.html", "feed.atom"))
    desk.run("stats", "--by", "house", "--svg", str(tmp_path / "plot.svg"))
    assert f">{LICENCE}</text>" in (plot := (tmp_path / "plot.svg").read_text())
    assert f">{scottish}</text>" in plot
    assert f"\nDESCRIPTION:{LICENCE} {scottish}\n" in desk.run("calendar").stdout.replace("\n ", "")


def test_filters_are_listed(desk: Desk) -> None:
    words = ["--asker", "example", "--state", "corrected", "--from", "2021-01-01", "--to", "2021-12-31"]
    found = desk.run("export", "--topic", "water", "clean", *words, "--format", "md").stdout
    assert "\n\nOnly what a term of Water is found in.\n\n" in found
    assert (
        "\n\nOnly member who asked: example; state: corrected; from 1 January 2021; to 31 December 2021.\n\n" in found
    )


def test_labels_and_lines_of_bodies_are_listed_too(desk: Desk) -> None:
    words = ["--body", "food", "--lineage", "--label", "refers"]
    found = desk.run("export", *words, "--format", "md").stdout
    assert (
        "\n\nOnly body: food, and what it was and became; label of the answer: Refers to another answer.\n\n" in found
    )


def test_site_is_written_and_updated(desk: Desk, tmp_path: Path) -> None:
    words = ["export", "--topic", "water", "--format", "site", "--output", str(tmp_path / "site")]
    first = desk.run(*words, "--base-url", "https://example.org/water")
    assert first.exit_code == 0, first.output
    said = f"Wrote 3 records to {tmp_path / 'site'}: 9 files written, 0 as they were, 0 removed. {LICENCE}\n"
    assert first.stderr == said
    page = (tmp_path / "site" / "records" / "q-140001.html").read_text("utf-8")
    assert "<h3>Answer corrected on 5 February 2021</h3>" in page
    assert "due 1 Feb" in page
    assert 'href="https://example.org/water/feed.atom"' in (tmp_path / "site" / "feed.atom").read_text("utf-8")
    again = desk.run(*words, "--base-url", "https://example.org/water")
    assert ": 0 files written, 9 as they were, 0 removed." in again.stderr
    less = desk.run(*words, "--house", "lords")
    assert "Wrote 1 record" in less.stderr
    assert "3 removed" in less.stderr


def test_export_of_nothing_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "found.csv").write_text("before")
    result = desk.run("export", "unheard of", "--output", str(tmp_path / "found.csv"))
    assert result.exit_code == 3
    assert result.stderr == f"Nothing found for unheard of.\n{tmp_path / 'found.csv'} is as it was.\n"
    assert (tmp_path / "found.csv").read_text() == "before"
    result = desk.run("export", "unheard of", "--format", "site", "--output", str(tmp_path / "site"))
    assert result.exit_code == 3
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("command", ["stats", "export"])
def test_where_nothing_is_found_it_is_said_why_as_in_a_search(desk: Desk, command: str) -> None:
    format_ = ("--format", "csv")
    unknown = desk.run(command, "--minister", "Nobody Known", *format_)
    assert (unknown.exit_code, unknown.stdout) == (3, "")
    assert unknown.stderr == "No minister who answered has these words in the name: Nobody Known.\n"
    too_narrow = desk.run(command, "--house", "scotland", *format_)
    assert too_narrow.exit_code == 3
    assert f"Without it:\n  {desk.command(command, *format_)}   finds " in too_narrow.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Choose a format: --format csv|xlsx|jsonl|md|site, or a file with that ending: --output found.csv"),
        (["--output", "found.txt"], "Choose a format"),
        (["--format", "site"], "A site is a folder: add --output FOLDER"),
        (["--format", "csv", "--base-url", "https://example.org"], "--base-url is for --format site."),
        (
            ["--format", "site", "--output", "x", "--base-url", "example.org"],
            "--base-url example.org is no address of the web: https://example.org/answers/",
        ),
        (["NEAR/", "--format", "csv"], "NEAR"),
    ],
)
def test_usage_errors_name_the_remedy(desk: Desk, words: list[str], said: str) -> None:
    result = desk.run("export", *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_records_lead_to_their_pages_where_readers_reach_these(desk: Desk, tmp_path: Path) -> None:
    served = make_desk(tmp_path, config=f'{CONFIG}\n[web]\nbase_url = "https://pq.example.org"\n')
    [record] = map(json.loads, served.run("export", "clean", "--format", "jsonl").stdout.splitlines())
    assert record["page"] == f"https://pq.example.org/records/{record['id']}"
    assert "page" not in json.loads(desk.run("export", "clean", "--format", "jsonl").stdout)
