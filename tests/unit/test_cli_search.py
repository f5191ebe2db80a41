"""`search`, `matches`, `waiting`, `topics list`: output, formats and exit codes."""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from db.search import Search
from monitor import app
from monitor.cli.paging import with_words
from monitor.model.records import House, Member
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import NOW, Desk, make_desk, without_option
from tests.unit.test_record import KEYS

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def empty_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("empty"), is_empty=True)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW)


def uins(result: Result) -> list[str]:
    """Return the UINs of a table, in order."""
    return re.findall(r"^\d{4}-\d\d-\d\d  (?:Commons|Lords) (\w+)", result.stdout, re.MULTILINE)


# -- search -----------------------------------------------------------------------------------------------------------


def test_without_a_query_all_is_listed_newest_first(desk: Desk) -> None:
    result = desk.run("search")
    assert result.exit_code == 0
    assert uins(result) == ["HL77", "140001", "140009", "140011", "140010", "140002", "140009"]
    assert result.stderr == ""


def test_words_are_a_phrase_and_bold_in_their_passage(desk: Desk) -> None:
    result = desk.run("search", "bathing", "water", "--since", "2021-02-01")
    assert uins(result) == ["140001"]
    first, said_by, passage = result.stdout.splitlines()
    assert first.split() == ["2021-02-05", "Commons", "140001", "corrected", "Defra", "Beaches:", "Sample", "Vale"]
    assert (
        said_by == f"{' ' * 12}Asked by Ada Example (Lab, Mid Sample), answered by Ben Placeholder (Con, Sample Vale)"
    )
    assert passage.strip().startswith("Answer: [...] ")
    assert "No *bathing waters* were clean." in passage
    assert passage.endswith(" [...]")


def test_matches_in_the_heading_are_bold_there(desk: Desk) -> None:
    assert desk.run("search", "Beaches").stdout.splitlines()[0].endswith("*Beaches*: Sample Vale")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["--house", "LORDS"], ["HL77"]),
        (["--house", "lords", "--house", "commons", "--state", "Tabled"], ["HL77", "140002"]),
        (["--body", "home office"], ["HL77"]),
        (["--asker", "sian"], ["140002"]),
        (["--minister", "placeholder", "--to", "2020-01-01"], ["140009"]),
        (["--party", "plaid"], ["140002"]),
        (["--kind", "question", "--from", "7d"], ["HL77", "140001", "140009"]),
        (["--topic", "flood DEFENCES"], ["140002"]),
        (["--topic", "water", "--sort", "oldest"], ["140010", "140001", "HL77"]),
    ],
)
def test_filters_choose_among_the_records(desk: Desk, filters: list[str], expected: list[str]) -> None:
    result = desk.run("search", *filters)
    assert (uins(result), result.exit_code) == (expected, 0)


def test_limited_list_says_how_many_more_there_are(desk: Desk) -> None:
    result = desk.run("search", "--limit", "2")
    assert uins(result) == ["HL77", "140001"]
    assert result.stderr == f"5 more; next page: {desk.command('search', '--limit', '2')} --after 20210205.8\n"
    assert desk.run("search", "--limit", "7").stderr == ""
    assert desk.run("search", "--limit", "0").stderr == ""


def test_search_does_not_wait_to_count_all_hits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    total = int(desk.run("search", "water", "--count").stdout)
    assert desk.run("search", "water", "--limit", "1").stderr.startswith(f"{total - 1} more; next page: ")
    monkeypatch.setattr("monitor.research.queries.MANY", 1)
    assert desk.run("search", "water", "--limit", "1").stderr.startswith("At least 1 more; next page: ")
    monkeypatch.setattr("db.search.SCANNED", 0)  # no record was verified, but the one that does not fit is there
    assert desk.run("search", "water", "--limit", "1").stderr.startswith("At least 1 more; next page: ")


def test_script_learns_only_that_there_is_more(desk: Desk) -> None:
    result = desk.run("search", "--limit", "2", "--json")
    assert len(json.loads(result.stdout)) == 2
    assert (
        result.stderr
        == f"There is more; next page: {desk.command('search', '--limit', '2', '--json')} --after 20210205.8\n"
    )


def test_a_count_alone(desk: Desk) -> None:
    assert desk.run("search", "bathing water", "--count").stdout == "2\n"
    nothing = desk.run("search", "unheard", "--count")
    assert (nothing.stdout, nothing.exit_code) == ("0\n", 3)


@pytest.mark.parametrize("reference", ["140009", "2019-03-04/140009", "q-9", "hl77"])
def test_a_reference_finds_its_record(desk: Desk, reference: str) -> None:
    result = desk.run("search", reference)
    assert result.exit_code == 0
    assert set(uins(result)) == {"HL77" if reference == "hl77" else "140009"}
    assert ("For the figure" in result.stderr) is reference.isdigit()


def test_a_uin_says_how_to_search_for_the_figure(desk: Desk) -> None:
    command = desk.command("search", '"140001"')
    assert f"For the figure 140001 in the texts: {command}\n" in desk.run("search", "140001").stderr


def test_number_that_is_not_a_uin_is_a_word(desk: Desk) -> None:
    result = desk.run("search", "1204")
    assert uins(result) == ["140009"]
    assert "Place | Samples North Sample | 12 South Sample | *1,204*" in result.stdout


def test_reference_to_a_missing_record_is_not_read_as_words(desk: Desk) -> None:
    result = desk.run("search", "2021-01-26/1")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "No record goes by 2021-01-26/1.\n"


def test_reference_excluded_by_a_filter_is_reported(desk: Desk) -> None:
    result = desk.run("search", "HL77", "--house", "commons")
    assert (result.exit_code, result.stderr) == (3, "No record goes by HL77 and passes the filters.\n")


def test_json_has_every_key_and_the_spans_of_the_query(desk: Desk) -> None:
    [record] = json.loads(desk.run("search", "flood defence", "--json").stdout)
    assert list(record) == KEYS
    start = record["question"].index("flood defences")
    assert record["matches"] == [
        {
            "topic": None,
            "term": "flood defence",
            "form": "flood defences",
            "part": "question",
            "start": start,
            "end": start + len("flood defences"),
            "successor": None,
        }
    ]


def test_json_names_what_an_answer_refers_to(desk: Desk) -> None:
    [record] = json.loads(desk.run("search", "140011", "--json").stdout)
    assert record["refers_to"] == ["q-140001"]
    assert record["due_on"] == "2021-02-01"


def test_json_lines_and_csv(desk: Desk) -> None:
    lines = desk.run("search", "bathing water", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["uin"] for line in lines] == ["140001", "140010"]
    rows = list(csv.DictReader(io.StringIO(desk.run("search", "bathing water", "--format", "csv").stdout)))
    assert [row["uin"] for row in rows] == ["140001", "140010"]
    assert list(rows[0])[: len(KEYS)] == KEYS


def test_source_text_prints_no_control_characters(desk: Desk) -> None:
    for args in (["search", "bathing water"], ["matches"], ["show", "140010"], ["search", "140010"]):
        assert not set(desk.run(*args).stdout) & set("\x1b\x07\u202e"), args


def test_unreadable_query_shows_the_position_and_the_remedy(desk: Desk) -> None:
    result = desk.run("search", "water", "AND")
    assert (result.exit_code, result.stdout) == (2, "")
    _, term, caret, remedy = result.stderr.splitlines()
    assert (term.strip(), caret.index("^")) == ("water AND", term.index("AND"))
    assert remedy.startswith("Write a term there")


def test_position_is_shown_in_a_long_unreadable_query(desk: Desk) -> None:
    result = desk.run("search", "--", f"{'water AND ' * 20}(clean OR {'water OR ' * 10} river")
    _, term, caret, _ = result.stderr.splitlines()
    assert term[caret.index("^")] == "("
    assert (term[:5], term[-3:], len(term)) == ("  ...", "...", 2 + 3 + 120 + 3)


@pytest.mark.parametrize(
    "query", ["wat\udcffer", "water\0", '"' * 100_000, "(" * 100_000, "water-" * 20_000, "w" * 100_000]
)
def test_text_that_is_not_a_query_is_refused_briefly(desk: Desk, query: str) -> None:
    result = desk.run("search", "--", query)
    assert result.exit_code == 2
    assert len(result.stderr) < 500


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["search", "--from", "2021-02-02", "--to", "2021-02-01"], "exchange them"),
        (["search", "--from", "2021-02-02", "--since", "3d"], "give one of them"),
        (["search", "--topic", "Waters"], "Did you mean 'Water'?"),
        (["search", "--topic", "xyzzy"], "There are: 'Water' and 'Flood defences'."),
        (["matches", "--topic", "Waters"], "Did you mean 'Water'?"),
        (["waiting", "--topic", "flood"], "Did you mean 'Flood defences'?"),
        (["search", "--since", "soon"], "is no day"),
        (["search", "--house", "senate"], "'commons'"),
    ],
)
def test_usage_errors_name_the_remedy(desk: Desk, args: list[str], said: str) -> None:
    result = desk.run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


# -- nothing found ----------------------------------------------------------------------------------------------------


def said(result: Result) -> str:
    assert result.exit_code == 3
    assert result.stdout == ""
    return result.stderr


def test_phrase_without_results_is_tried_in_parts(desk: Desk) -> None:
    assert said(desk.run("search", "clean bathing water")) == (
        "No record has this phrase: clean bathing water.\n"
        "1 record holds all its words, in any place:\n"
        f"  {desk.command('search', 'clean AND bathing AND water')}   finds 1\n"
        f"  {desk.command('search', 'bathing water')}   finds 2\n"
        f"  {desk.command('search', 'clean')}   finds 1\n"
        f"  {desk.command('search', 'bathing')}   finds 2\n"
    )


def test_words_that_are_in_another_part_or_further_apart_are_offered(desk: Desk) -> None:
    assert said(desk.run("search", "in:heading bathing water")) == (
        "Nothing found for in:heading bathing water.\n"
        f"In any part of a record:\n  {desk.command('search', 'bathing water')}   finds 2\n"
    )
    assert said(desk.run("search", "beaches NEAR/3 clean house:commons")) == (
        "Nothing found for beaches NEAR/3 clean.\n"
        f"Both sides, anywhere in a record:\n  {desk.command('search', 'beaches AND clean')}   finds 1\n"
    )
    assert said(desk.run("search", "in:heading unicorn")) == "Nothing found for in:heading unicorn.\n"


@pytest.mark.parametrize("citation", ["HC Deb 8 December 1905 c1366W", "HL77777", "UIN 77777", "S5W-77777"])
def test_a_citation_is_not_tried_in_parts(desk: Desk, citation: str) -> None:
    assert said(desk.run("search", citation)) == f"No record goes by {citation}, and none has these words.\n"


def test_words_that_share_no_record(desk: Desk) -> None:
    message = said(desk.run("search", "bathing unicorn"))
    assert f"In no record: unicorn.\n  {desk.command('search', 'bathing')}   finds 2\n" in message
    assert "No record holds all its words.\n" in said(desk.run("search", "foreshore floods"))


def test_a_figure_that_is_also_a_uin_is_offered_in_quotes(desk: Desk) -> None:
    message = said(desk.run("search", "unicorn 140001"))
    command = desk.command("search", '"140001"')
    assert f"In no record: unicorn.\n  {command}   finds 1\n" in message
    assert uins(desk.run("search", '"140001"')) == ["140011"]


def test_a_quoted_phrase_is_tried_without_quotes(desk: Desk) -> None:
    command = desk.command("search", "flood defence")
    assert f"  {command}   finds 1\n" in said(desk.run("search", '"flood defence"'))


def test_search_for_an_office_name_says_that_office_names_do_not_count(desk: Desk) -> None:
    message = (
        "Within the name of an office it only counts in quotation marks, and in the words that open a question never.\n"
    )
    assert said(desk.run("search", "exchequer")) == f"Nothing found for exchequer.\n{message}"
    assert message in said(desk.run("search", "lord chancellor"))
    assert "question" not in said(desk.run("search", "exchequer fund"))
    assert said(desk.run("search", '"exchequer"')) == (
        'Nothing found for "exchequer".\nIn the words that open a question it does not count.\n'
    )


def test_word_found_only_in_office_names_is_tried_in_quotation_marks(desk: Desk) -> None:
    message = said(desk.run("search", "office"))
    command = desk.command("search", '"office"')
    assert f"never.\n  {command}   finds 1\n" in message


def test_single_word_and_family_are_not_split(desk: Desk) -> None:
    assert said(desk.run("search", "unicorn")) == "Nothing found for unicorn.\n"
    assert said(desk.run("search", "unicorn = griffin")) == "Nothing found for unicorn = griffin.\n"


@pytest.mark.parametrize(
    ("asked", "meant", "count"),
    [
        (["bathng water"], "bathing water", 2),
        (["bathng watr"], "bathing water", 2),
        (["bathing NOT clean AND watre"], "bathing NOT clean AND water", 1),
        (["FLOODS"], "floods", 1),
        (["FLODOS"], "floods", 1),
        (["bathing not clean"], "bathing NOT clean", 1),
        (["bathing and clean"], "bathing AND clean", 1),
        (["bathing near clean"], "bathing NEAR clean", 1),
    ],
)
def test_probable_spelling_is_offered(desk: Desk, asked: list[str], meant: str, count: int) -> None:
    message = said(desk.run("search", *asked))
    assert f"  {desk.command('search', meant)}   finds {count}\n" in message
    assert message.count("\n  ") <= 5


def test_filters_that_exclude_results_are_named(desk: Desk) -> None:
    assert said(desk.run("search", "bathing water", "--house", "lords")) == (
        f"Nothing found that passes the filter. Without it:\n  {desk.command('search', 'bathing water')}   finds 2\n"
    )
    assert said(desk.run("search", "bathing water", "--house=lords", "--since", "30d", "--body", "food")) == (
        "Nothing found that passes the filters. Without one of them:\n"
        f"  {desk.command('search', 'bathing water', '--since', '30d', '--body', 'food')}   finds 2\n"
    )
    assert said(desk.run("search", "bathing water", "--house", "lords", "--state", "lapsed")) == (
        f"Nothing found that passes the filters. Without them:\n  {desk.command('search', 'bathing water')}   finds 2\n"
    )
    assert said(desk.run("search", "unicorn", "--house", "lords")) == "Nothing found for unicorn.\n"


def test_days_outside_the_archive_are_reported(desk: Desk) -> None:
    assert said(desk.run("search", "--to", "2001-01-01")) == (
        "The records of the archive are of 2019-03-08 to 2021-02-08: none is of the days asked for.\n"
    )
    assert "2019-03-08" in said(desk.run("search", "water", "--since", "2022-01-01"))
    assert "2019-03-08" not in said(desk.run("search", "unicorn", "--since", "2020-01-01"))


def test_unknown_name_gets_the_nearest(desk: Desk) -> None:
    message = said(desk.run("search", "--body", "Hom Office"))
    assert message == "No answering body has these words in the name: Hom Office. Nearest: Home Office.\n"
    assert said(desk.run("search", "water", "--asker", "Zzz")) == (
        "No member who asked has these words in the name: Zzz.\n"
    )


def test_unknown_body_gets_those_that_share_a_word_or_all_that_there_are(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, is_empty=True)
    offices = ["Health", "First Minister", "Cabinet Secretary for Health"]
    with closing(app.archive(app.configuration(str(tmp_path / "config.toml"), env={}))) as archive:
        store(archive, *(a_question(uin=f"WQ{number}", body=body) for number, body in enumerate(offices)))
        unknown = "No answering body has these words in the name"
        assert said(desk.run("search", 'body:"Department of Health"')) == (
            f"{unknown}: Department of Health. Nearest: Cabinet Secretary for Health, Health.\n"
        )
        assert said(desk.run("search", "--body", "Welsh Government")) == (
            f"{unknown}: Welsh Government. There are: Cabinet Secretary for Health; First Minister; Health.\n"
        )
        store(archive, *(a_question(uin=f"WQ1{number}", body=f"{number * 'X'}Q Y") for number in range(1, 9)))
        message = without_option(said(desk.run("search", "--body", "Welsh Government")))
        assert message == f"{unknown}: Welsh Government. All that there are: pqwatch search --facet body --limit 0\n"


@pytest.mark.parametrize(
    ("short", "whole"), [("Defra", "environment"), ("DEFRA", "environment"), ("defra food", "food")]
)
def test_abbreviation_of_a_body_finds_what_its_name_finds(desk: Desk, short: str, whole: str) -> None:
    expected = uins(desk.run("search", "--body", whole))
    assert expected
    assert uins(desk.run("search", "--body", short)) == expected
    assert uins(desk.run("search", f'body:"{short}"')) == expected
    assert uins(desk.run("search", "--body", short, "--lineage")) == expected


def test_abbreviation_of_a_party_finds_what_its_name_finds(desk: Desk) -> None:
    expected = uins(desk.run("search", "water", "--party", "Labour"))
    assert expected
    assert uins(desk.run("search", "water", "--party", "Lab")) == expected
    assert uins(desk.run("search", "water", "party:lab")) == expected


@pytest.mark.parametrize(
    ("asked", "advice"),
    [
        (["search", "--party", "Labour"], "For Labour alone: --party Lab"),
        (["search", "water party:Labour"], 'For Labour alone: party:"Lab"'),
        (["stats", "--party", "Labour"], "For Labour alone: --party Lab"),
        (["search", "--party", "Sample"], None),
    ],
)
def test_another_party_with_the_word_in_its_name_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, asked: list[str], advice: str | None
) -> None:
    names = ["Labour", "Sample", "Sample Party", "Social Labour", "The Sample"]
    monkeypatch.setattr(Search, "names", lambda _search, _name: names)
    said_by = "Party Labour also finds Social Labour" if advice else "Party Sample also finds The Sample"
    expected = f"{said_by}, because the word is in the name.{f' {advice}' if advice else ''}"
    assert expected in desk.run(*asked).stderr.splitlines()


def test_filters_among_the_words_are_explained_as_options_are(desk: Desk) -> None:
    assert said(desk.run("search", "water to:2001-01-01")) == (
        "The records of the archive are of 2019-03-08 to 2021-02-08: none is of the days asked for.\n"
    )
    assert said(desk.run("search", "water from:2021-02-01", "--to", "2001-01-01")).startswith("The records of the arch")
    assert said(desk.run("search", 'water body:"Hom Office"')) == (
        "No answering body has these words in the name: Hom Office. Nearest: Home Office.\n"
    )
    assert said(desk.run("search", "(water asker:Zzz) NOT tents")) == (
        "No member who asked has these words in the name: Zzz.\n"
    )
    assert said(desk.run("search", "unicorn house:lords")) == "Nothing found for unicorn.\n"


@pytest.mark.parametrize(
    ("asked", "reason", "better", "count"),
    [
        (["bathing water house:lords"], "filter. Without it", ["bathing water"], 2),
        (
            ["--since", "30d", "bathing water body:food house:lords"],
            "filters. Without one of them",
            ["--since", "30d", "body:food bathing water"],
            2,
        ),
        (
            ["--since", "30d", "bathing", "water", "house:lords", "--body=food"],
            "filters. Without one of them",
            ["--since", "30d", "bathing water", "--body=food"],
            2,
        ),
    ],
)
def test_filters_among_the_words_that_exclude_results_are_named(
    desk: Desk, asked: list[str], reason: str, better: list[str], count: int
) -> None:
    assert said(desk.run("search", *asked)) == (
        f"Nothing found that passes the {reason}:\n  {desk.command('search', *better)}   finds {count}\n"
    )


@pytest.mark.parametrize(
    "asked", [["bathing water house:lords kind:speech"], ["bathing water house:lords", "--kind=speech"]]
)
def test_all_filters_are_removed_if_one_is_not_enough(desk: Desk, asked: list[str]) -> None:
    assert said(desk.run("search", *asked)) == (
        f"Nothing found that passes the filters. Without them:\n  {desk.command('search', 'bathing water')}   finds 2\n"
    )


def test_filters_without_words_are_removed_one_by_one(desk: Desk) -> None:
    assert said(desk.run("search", "house:lords body:food")) == (
        "Nothing found that passes the filters. Without one of them:\n"
        f"  {desk.command('search', 'body:food')}   finds 6\n"
        f"  {desk.command('search', 'house:lords')}   finds 1\n"
    )


def test_filters_alone_that_exclude_each_other_are_not_removed(desk: Desk) -> None:
    assert said(desk.run("search", "house:lords kind:speech body:food")) == "No record passes the filters.\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["a", "b"], ["x"]),
        (["--to", "a", "b", "--to=c", "d"], ["--to", "a", "x", "--to=c"]),
        (["--json", "b", "--to"], ["--json", "x", "--to", ""]),
        (["--json", "--", "-b", "--to"], ["--json", "--", "x"]),
    ],
)
def test_words_of_a_command_are_replaced(arguments: list[str], expected: list[str]) -> None:
    assert with_words(arguments, "x", {"--to"}) == expected


def test_words_with_a_hyphen_are_no_option() -> None:
    assert with_words(["a", "--json"], "-x", ()) == ["--json", "--", "-x"]


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("Example", [("--asker", 5)]),
        ("Ada Example", [("--asker", 5)]),
        ("placeholder", [("--minister", 5)]),
        ("Defra", [("--body", 6)]),
    ],
)
def test_names_are_tried_by_filters(desk: Desk, words: str, options: list[tuple[str, int]]) -> None:
    lines = said(desk.run("search", words)).splitlines()
    assert "It is part of names, which a search for words does not cover." in lines
    found = [f"  {desk.command('search', option, words)}   finds {count}" for option, count in options]
    assert [line for line in lines if re.search("--(?!config)", line)] == found


def test_a_name_is_no_typing_error(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    assert desk.command("search", "bathing") in said(desk.run("search", "Bathin"))
    archive = app.archive(app.configuration(str(desk.folder / "config.toml"), env={}))
    store(archive, a_question(uin="140900", asked_by=Member(name="Ada Bathin")))
    archive.close()
    lines = said(desk.run("search", "Bathin")).splitlines()
    assert [line for line in lines if "finds" in line] == [f"  {desk.command('search', '--asker', 'Bathin')}   finds 1"]


def test_words_that_are_no_whole_name_are_not_tried_as_one(desk: Desk) -> None:
    for words in ("Exampl*", "unicorn", "Ada AND Escape", "Labour"):
        assert not re.search("--(?!config)", said(desk.run("search", words)))


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (["Are unicorns kept?"], "No record has this phrase: Are unicorns kept?\n"),
        (["unicorns!"], "Nothing found for unicorns!\n"),
        (["water", "--asker", "Zzz Jr."], "No member who asked has these words in the name: Zzz Jr.\n"),
    ],
)
def test_words_that_end_with_a_stop_get_no_second_one(desk: Desk, asked: list[str], reason: str) -> None:
    assert said(desk.run("search", *asked)).startswith(reason)


def test_an_empty_archive_says_how_to_fill_it(empty_desk: Desk) -> None:
    assert without_option(said(empty_desk.run("search", "water"))) == "The archive is empty. To fill it: pqwatch run\n"
    assert without_option(said(empty_desk.run("matches"))) == "The archive is empty. To fill it: pqwatch run\n"


def test_nothing_found_is_an_empty_list_in_json(desk: Desk) -> None:
    result = desk.run("search", "unicorn", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (3, [])


# -- matches, waiting, topics -----------------------------------------------------------------------------------------


def test_matches_show_topic_and_words(desk: Desk) -> None:
    result = desk.run("matches")
    assert uins(result) == ["HL77", "140001", "140010", "140002"]
    assert "Found for Water: Foreshore (heading), by beach\n" in result.stdout
    assert "Found for Water: Beaches (heading); bathing waters (answer)\n" in result.stdout
    assert "Question: [...] what *flood defences* there are." in result.stdout


def test_matches_of_one_topic_since_a_day(desk: Desk) -> None:
    assert uins(desk.run("matches", "--topic", "Water", "--since", "2021-02-01")) == ["HL77", "140001"]
    limited = desk.run("matches", "--limit", "1")
    assert (uins(limited), limited.stderr[:18]) == (["HL77"], "3 more; next page:")
    assert said(desk.run("matches", "--since", "2021-02-09")) == "The watch terms found nothing here.\n"


def test_matches_as_json(desk: Desk) -> None:
    [record] = json.loads(desk.run("matches", "--topic", "Flood defences", "--json").stdout)
    assert list(record) == KEYS
    assert [(record["topic"], record["form"]) for record in record["matches"]] == [("Flood defences", "flood defences")]


def test_waiting_lists_days_late_first(desk: Desk) -> None:
    result = desk.run("waiting")
    assert result.exit_code == 0
    assert re.findall(r"^(\S+)  \w+ (\w+) +(\d+ days late|since \d+ \w+)", result.stdout, re.MULTILINE) == [
        ("2021-02-01", "140002", "9 days late"),
        ("2021-02-22", "HL77", "since 8 Feb"),
    ]
    assert "Asked by Siân Sample (PC, Dyffryn)\n            Topics: Flood defences" in result.stdout


def test_waiting_as_of_another_day(desk: Desk) -> None:
    assert "2 days late" in desk.run("waiting", "--topic", "water", "--as-of", "2021-02-24").stdout


def test_waiting_as_json_has_two_more_keys(desk: Desk) -> None:
    late, other = json.loads(desk.run("waiting", "--json").stdout)
    assert list(late) == [*KEYS, "days_late", "topics"]
    assert (late["days_late"], late["topics"], late["due_on"]) == (9, ["Flood defences"], "2021-02-01")
    assert (other["days_late"], other["topics"]) == (0, ["water"])


def test_waiting_names_a_legislature_in_words(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    archive = app.archive(app.configuration(str(tmp_path / "config.toml"), env={}))
    asked = a_question(house=House.NORTHERN_IRELAND, uin="AQW 7/27-32", heading="Flood defences", answer=None)
    store(archive, asked)
    with app.pipeline(app.configuration(str(tmp_path / "config.toml"), env={}), archive, as_of=NOW) as pipeline:
        pipeline.match()
    archive.close()
    assert "no due day  Northern Ireland AQW 7/27-32  since 26 Jan" in desk.run("waiting").stdout


def test_empty_waiting_list_is_not_a_failure(empty_desk: Desk) -> None:
    result = empty_desk.run("waiting")
    assert (result.exit_code, result.stdout) == (0, "")
    assert without_option(result.stderr) == "The archive is empty. To fill it: pqwatch run\n"


def test_waiting_list_without_questions_says_so(desk: Desk) -> None:
    config = desk.folder / "config.toml"
    text = config.read_text("utf-8")
    try:
        desk.run("topics", "add", "Quiet", "xylophone")
        result = desk.run("waiting", "--topic", "Quiet")
    finally:
        config.write_text(text, "utf-8")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (0, "No watched question waits for an answer.")


def test_topics_are_listed(desk: Desk) -> None:
    assert desk.run("topics", "list").stdout == (
        "Water (id: water)\n"
        "    3 records found; told to Policy desk\n"
        "    Terms: bathing water; beach = foreshore\n"
        "    Not: sea water\n"
        "    Note: clean or not\n"
        "Flood defences\n"
        "    1 record found; told to Policy desk\n"
        "    Terms: flood defence\n"
    )
    assert json.loads(desk.run("topics", "list", "--json").stdout)[0] == {
        "schema": 1,
        "id": "water",
        "name": "Water",
        "terms": ["bathing water", "beach = foreshore"],
        "exclude": ["sea water"],
        "note": "clean or not",
        "subscribers": ["Policy desk"],
        "records": 3,
    }


@pytest.fixture(scope="module")
def unwatched_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("unwatched"), config='[archive]\nurl = "sqlite:///pqwatch.db"\n')


def test_missing_topics_are_reported_with_where_to_add_one(unwatched_desk: Desk) -> None:
    for args in (["topics", "list"], ["matches"], ["waiting"]):
        assert "No topics are watched. Add [[topics]] to " in unwatched_desk.run(*args).stderr
    assert "no topic 'x'. There are: none." in unwatched_desk.run("search", "--topic", "x").stderr


@pytest.mark.parametrize("words", [("clean", "-hotel"), ("-flood", "clean")])
def test_a_minus_before_a_word_leads_to_not(desk: Desk, words: tuple[str, ...]) -> None:
    result = desk.run("search", *words)
    assert result.exit_code == 2
    minus = next(word for word in words if word.startswith("-"))
    assert f"Error: {minus} is no option. To leave out a word, write NOT: asylum NOT hotel" in result.stderr
    assert "Error: -limit is no option. Did you mean --limit?" in desk.run("search", "clean", "-limit", "3").stderr
    assert "No such option '--nothing'" in desk.run("search", "clean", "--nothing").stderr
