"""`pqwatch stats`: counts, tables and plots."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from monitor import app
from monitor.errors import OutputError
from monitor.model.promises import PromiseState
from monitor.model.records import House, Kind, Member, Proceeding
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import NOW, READ_AT, Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW)


def lines(result: Result) -> list[list[str]]:
    return [line.split() for line in result.stdout.splitlines()]


def test_months_show_days_taken_and_late_answers(desk: Desk) -> None:
    result = desk.run("stats", "--from", "2020-12-01")
    assert result.exit_code == 0
    head, december, january, february, every = result.stdout.splitlines()
    assert head.split() == ["month", "records", "answered", "median", "days", "90", "%", "came", "late"]
    assert december.split() == ["2020-12", "0", "0"]
    assert january.split()[:3] == ["2021-01", "2", "1"]
    assert february.split()[:5] == ["2021-02", "so", "far", "4", "3"]
    assert february.rstrip().endswith("█" * 30)
    assert january.rstrip().endswith(" " + "█" * 15)
    assert every.split()[:3] == ["all", "6", "4"]


def test_bodies_are_sorted_by_count(desk: Desk) -> None:
    rows = lines(desk.run("stats", "--by", "body"))
    assert [(row[0], row[-1]) for row in rows[1:3]] == [("Defra", "█" * 30), ("Home", "█" * 5)]


def test_a_query_counts_what_search_finds(desk: Desk) -> None:
    found = json.loads(desk.run("search", "bathing water", "--json").stdout)
    counted = json.loads(desk.run("stats", "bathing water", "--by", "house", "--json").stdout)
    assert [(row["house"], row["records"]) for row in counted] == [("commons", len(found))]
    assert len(found) == 2


@pytest.mark.parametrize("by", ["topic", "term"])
def test_topics_and_terms_come_from_the_configuration(desk: Desk, by: str) -> None:
    result = desk.run("stats", "--by", by)
    assert "A record may stand in several lines: there are 7 in all." in result.stderr
    names = [line.split("  ")[0] for line in result.stdout.splitlines()[1:-1]]
    assert names == {"topic": ["Water", "Flood defences", "none"],
                     "term": ["bathing water", "beach", "flood defence", "none"]}[by]  # fmt: skip


def test_scripts_get_every_measure(desk: Desk) -> None:
    rows = json.loads(desk.run("stats", "--by", "year", "--by", "state", "--json").stdout)
    by = {(row["year"], row["state"]): row for row in rows}
    assert by["2019", "answered"] == {
        "year": "2019",
        "state": "answered",
        "records": 1,
        "answered": 1,
        "days_median": 4,
        "days_90th": 4,
        "due_known": by["2019", "answered"]["due_known"],
        "late": 0,
        "late_share": by["2019", "answered"]["late_share"],
        "is_whole": True,
        "first_on": "2019-03-08",
        "last_on": "2019-03-08",
        "promises_open": None,
        "promises_overdue": None,
        "promises_kept": None,
    }
    assert by["2020", "answered"]["records"] == 0
    assert by["2021", "tabled"]["is_whole"] is False


def test_empty_years_are_folded_for_people_and_complete_for_programs(desk: Desk) -> None:
    shown = desk.run("stats", "--by", "year", "--from", "1990-01-01").stdout
    assert [line.split("  ")[0] for line in shown.splitlines()] == [
        "year", "1990 to 2018", "2019", "2020", "2021 so far", "all",
    ]  # fmt: skip
    rows = json.loads(desk.run("stats", "--by", "year", "--from", "1990-01-01", "--json").stdout)
    assert [row["year"] for row in rows] == [str(year) for year in range(1990, 2022)]


def test_bars_leave_out_unknown_values(desk: Desk) -> None:
    rows = {line.split("  ")[0]: line for line in desk.run("stats", "--by", "topic").stdout.splitlines()}
    assert rows["Water"].endswith("█" * 30)
    assert "█" not in rows["none"]


def test_bars_show_a_known_nought(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    archive = app.archive(app.configuration(str(desk.folder / "config.toml"), env={}), now=lambda: READ_AT)
    same_day = date(2021, 1, 20)
    try:
        store(archive, a_question(uin="160010", body="Cabinet Office", tabled_on=same_day, answered_on=same_day))
    finally:
        archive.close()
    shown = desk.run("stats", "--by", "body", "--measure", "days").stdout.splitlines()
    rows = {line.split("  ")[0]: line for line in shown}
    where = shown[0].rindex("median days taken")
    assert [rows[name][where:] for name in ("Cabinet Office", "Home Office")] == ["0", ""]


def test_named_day_question_without_an_answer_is_late_today(desk: Desk) -> None:
    (row,) = json.loads(desk.run("stats", "Floods in:heading", "--by", "house", "--json").stdout)
    assert (row["due_known"], row["late"], row["late_share"]) == (1, 1, 1.0)


def test_csv_has_one_line_per_group(desk: Desk) -> None:
    rows = list(csv.DictReader(io.StringIO(desk.run("stats", "--by", "house", "--format", "csv").stdout)))
    assert {row["house"]: row["records"] for row in rows} == {"commons": "6", "lords": "1"}


def test_table_of_two_dimensions(desk: Desk) -> None:
    result = desk.run("stats", "--by", "house", "--by", "state")
    assert lines(result) == [
        ["house", "answered", "tabled", "corrected"],
        ["commons", "4", "1", "1"],
        ["lords", "1"],
    ]
    assert "Cells: records." in result.stderr


def test_table_of_two_dimensions_shows_the_requested_measure(desk: Desk) -> None:
    result = desk.run("stats", "--by", "house", "--by", "year", "--measure", "days")
    assert lines(result)[1][:2] == ["commons", "4"]
    assert "Cells: median days taken." in result.stderr


def test_names_beyond_the_limit_are_mentioned(desk: Desk) -> None:
    result = desk.run("stats", "--by", "asker", "--limit", "1")
    assert len(result.stdout.splitlines()) == 3
    assert "2 more: --limit 0" in result.stderr


def test_plot_is_written_to_a_file(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "plot.svg"
    result = desk.run("stats", "--by", "month", "--by", "topic", "--svg", str(path))
    assert result.exit_code == 0
    assert f"Plot: {path}" in result.stderr
    drawn = path.read_text("utf-8")
    assert drawn.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<svg ')
    assert "Flood defences" in drawn


def test_a_table_and_its_plot_name_the_query_and_the_filters(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "plot.svg"
    filters = ("--body", "Defra", "--lineage", "--topic", "Flood defences", "--from", "2020-12-01")
    said = (
        "topic: Flood defences; body: the Department for Environment, Food and Rural Affairs, and what it was and became; "
        "from 1 December 2020."
    )
    result = desk.run("stats", *filters, "--svg", str(path))
    assert f"Only {said}\n" in result.stderr
    drawn = path.read_text("utf-8")
    assert f'<title id="t">Records by month: Records. Only {said}</title>' in drawn
    assert f"records in all. Only {said}" in drawn
    assert ">Records. Only topic: Flood defences; body: the Department for Environment" in drawn
    assert "Only flood; " in desk.run("stats", "flood", *filters).stderr
    assert "Only" not in desk.run("stats").stderr
    assert "Only" not in desk.run("stats", *filters, "--json").stderr


def test_a_plot_of_who_is_new_says_in_which_days(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "plot.svg"
    result = desk.run("stats", "--by", "asker", "--new", "--from", "2021-01-01", "--svg", str(path))
    assert result.exit_code == 0
    assert "Only for the first time in the archive, 1 January to" in path.read_text("utf-8")


def test_plot_that_cannot_be_written_is_reported(desk: Desk, tmp_path: Path) -> None:
    result = desk.run("stats", "--svg", str(tmp_path / "nowhere" / "plot.svg"))
    assert isinstance(result.exception, OutputError), "exit code 1"
    assert "plot.svg can't be written (No such file or directory)" in str(result.exception)


def test_plain_leaves_out_the_bars_alone(desk: Desk) -> None:
    drawn, plain = (desk.run("stats", *words).stdout.splitlines() for words in ((), ("--plain",)))
    assert plain == [line.rstrip(" █") for line in drawn]
    assert plain != drawn


@pytest.mark.parametrize("by", [("month", "month"), ("month", "body", "house")])
def test_more_than_two_dimensions_are_refused(desk: Desk, by: tuple[str, ...]) -> None:
    result = desk.run("stats", *(word for thing in by for word in ("--by", thing)))
    assert result.exit_code == 2
    assert "--by is given once or twice" in result.stderr


def test_empty_count_is_reported(desk: Desk) -> None:
    result = desk.run("stats", "xylophone", "--json")
    assert (result.exit_code, result.stdout) == (3, "[]\n")
    assert "Nothing found for xylophone." in result.stderr


def test_plain_encoding_gets_other_bars(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.cli.stats.can_print", lambda _letter: False)
    assert desk.run("stats", "--by", "house").stdout.splitlines()[1].endswith("#" * 30)


def test_month_is_over_on_the_next_day(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: datetime(2021, 3, 1, 12, tzinfo=UTC))
    assert "so far" not in desk.run("stats").stdout


# -- people -----------------------------------------------------------------------------------------------------------


def test_people_come_with_their_first_and_newest_day(desk: Desk) -> None:
    head, first, *_, every = desk.run("stats", "--by", "asker").stdout.splitlines()
    assert head.split()[-2:] == ["first", "newest"]
    assert first.split()[:3] == ["Ada", "Example", "5"]
    assert first.split()[-3:-1] == ["2019-03-04", "2021-02-08"]
    assert every.split()[:3] == ["all", "7", "5"]


def test_a_topic_says_who_asked_for_the_first_time(desk: Desk) -> None:
    result = desk.run("stats", "--by", "asker", "--topic", "Flood defences", "--new", "--from", "2021-01-01", "--json")
    [row] = json.loads(result.stdout)
    assert (row["asker"], row["first_on"], row["last_on"], row["records"]) == (
        "Siân Sample",
        "2021-01-26",
        "2021-01-26",
        1,
    )
    assert result.stderr == (
        "1 asker for the first time in the archive, 1 January to 10 February 2021. Its records of this begin on 26 January "
        "2021.\n"
    )


def test_who_asked_before_these_days_is_not_new(desk: Desk) -> None:
    shown = desk.run("stats", "--by", "asker", "--new")  # in the last 30 days
    assert [line.split()[0] for line in shown.stdout.splitlines()[1:]] == ["Eve[5m", "Siân", "all"]
    result = desk.run("stats", "--by", "asker", "--new", "--from", "2021-02-09")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("0 askers for the first time in the archive, 9 to 10 February 2021.")


ZED = Member(name="Zed Sample")
ASKED_BY_ZED = tuple(
    a_question(uin=f"16000{number}", tabled_on=tabled_on, answered_on=answered_on, asked_by=ZED, answered_by=ZED)
    for number, (tabled_on, answered_on) in enumerate(
        [
            (date(2021, 1, 5), date(2021, 1, 7)),
            (date(2021, 1, 8), date(2021, 1, 14)),
            (date(2021, 2, 1), date(2021, 2, 3)),
        ]
    )
)


@pytest.mark.parametrize(
    ("by", "records", "last_on"), [("asker", 2, "2021-01-08"), ("minister", 1, "2021-01-07")], ids=["asker", "minister"]
)
def test_only_records_of_these_days_count_for_who_is_new(tmp_path: Path, by: str, records: int, last_on: str) -> None:
    desk = make_desk(tmp_path)
    archive = app.archive(app.configuration(str(desk.folder / "config.toml"), env={}), now=lambda: READ_AT)
    try:
        store(archive, *ASKED_BY_ZED)
    finally:
        archive.close()
    days = ("--from", "2021-01-01", "--to", "2021-01-10")
    [row] = json.loads(desk.run("stats", "--by", by, "--new", *days, "--json").stdout)
    assert (row[by], row["records"], row["last_on"]) == ("Zed Sample", records, last_on)


def test_before_all_records_nobody_is_new(desk: Desk) -> None:
    result = desk.run("stats", "--by", "asker", "--new", "--from", "2018-01-01", "--to", "2018-01-10")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "2019-03-08 to 2021-02-08: none is of the days asked for" in result.stderr


SPEECH = Proceeding(
    id="sp-1", source="theyworkforyou", kind=Kind.SPEECH, house=House.COMMONS, text="Of water.",
    made_on=date(1999, 5, 4), made_by=Member(name="Ada Example"),
)  # fmt: skip


def test_who_is_new_is_said_of_the_days_since_which_somebody_asked(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    archive = app.archive(app.configuration(str(desk.folder / "config.toml"), env={}), now=lambda: READ_AT)
    try:
        store(archive, SPEECH)
    finally:
        archive.close()
    result = desk.run("stats", "--by", "asker", "--new")
    assert result.stderr.endswith(" Its records of this begin on 4 March 2019.\n")


def test_days_in_the_query_do_not_hide_who_came_before(desk: Desk) -> None:
    result = desk.run("stats", "in:answer flood* from:2021-02-09", "--by", "asker", "--new")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--new looks back over all days: give its days with --from and --to, not in the query" in result.stderr


@pytest.mark.parametrize("by", [("month",), ("asker", "month")])
def test_only_people_can_be_new(desk: Desk, by: tuple[str, ...]) -> None:
    result = desk.run("stats", *(word for thing in by for word in ("--by", thing)), "--new")
    assert result.exit_code == 2
    assert "--new says who came first: give it with --by asker, or --by minister or speaker, alone" in result.stderr


PROMISED = (
    a_question(uin="150001", answer="We will publish a water strategy in spring 2020.", answered_on=date(2020, 2, 3)),
    a_question(uin="150002", answer="We will lay the regulations on cockles by the end of 2030."),
    a_question(
        uin="150003", answer="We will publish a report on limpets in March 2020.", answered_on=date(2020, 2, 3),
        answered_by=Member(name="Cy Specimen"),
    ),
    a_question(uin="150004", answer="I will write to the hon. Member.", answered_by=Member(name="Di Sample")),
)  # fmt: skip


def test_ministers_come_with_their_promises(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    settings = app.configuration(str(desk.folder / "config.toml"), env={})
    archive = app.archive(settings, now=lambda: READ_AT)
    try:
        store(archive, *PROMISED)
        with app.pipeline(settings, archive, as_of=NOW) as pipeline:
            pipeline.match()
        [kept] = [promise for group in archive.promises.listing() for promise in group if "limpets" in promise.sentence]
        archive.promises.decide(kept.number, PromiseState.KEPT, None, "It was published.", "Policy desk")
    finally:
        archive.close()
    rows = json.loads(desk.run("stats", "--by", "minister", "--json").stdout)
    assert {
        row["minister"]: (row["promises_open"], row["promises_overdue"], row["promises_kept"])
        for row in rows
        if row["minister"]
    } == {"Ben Placeholder": (1, 1, 0), "Cy Specimen": (0, 0, 1), "Di Sample": (0, 0, 0)}
    table = desk.run("stats", "--by", "minister").stdout
    assert "1 open, 1 overdue, 0 kept" in table
    [row] = json.loads(desk.run("stats", "cockles", "--by", "minister", "--json").stdout)
    assert (row["promises_open"], row["promises_overdue"]) == (1, 0)


def test_without_a_ledger_nothing_is_said_of_promises(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    [first, *_] = json.loads(desk.run("stats", "--by", "minister", "--json").stdout)
    assert first["promises_open"] is None
    assert "promises" not in desk.run("stats", "--by", "minister").stdout
