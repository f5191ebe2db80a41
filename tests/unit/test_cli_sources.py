"""`show`, `search` and JSON where several sources have a record, and where records refer to each other."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from monitor import app
from monitor.model.records import House, Kind, Member, Proceeding
from monitor.parliament.identifiers import column_reference, number_key
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import NOW, Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from db.archive import Archive

READ_AT = datetime(2021, 2, 2, 6, 30, tzinfo=UTC)
PAGE = "http://www.publications.parliament.uk/pa/cm200506/cmhansrd/vo051207/text/51207w27.htm"


def a_printed(number: str, column: str, day: date = date(2005, 12, 7), **facts: Any) -> Proceeding:
    """Build a written answer of 2005 as TheyWorkForYou publishes it."""
    given: dict[str, Any] = {
        "id": f"pq-commons-2005-06-{number}",
        "source": "theyworkforyou",
        "uin": number,
        "keys": (number_key(House.COMMONS, "2005-06", number), f"gid:wrans/{day}.{number}"),
        "heading": f"Kites {number}",
        "question": "To ask the Secretary of State for the Home Department how many kites there are.",
        "answer": "There are 40 kites.",
        "answered_on": day,
        "tabled_on": None,
        "date_for_answer": None,
        "named_day": None,
        "is_correction": None,
        "series": "written_answers",
        "column": column,
        "session": "2005-06",
        "body": "Home Department",
        "body_id": None,
        "asked_by": Member(person_id=10, name="Ada Example", party="Labour", printed="Ms Example"),
        "answered_by": Member(person_id=11, name="Ben Placeholder", printed="Mr. Placeholder"),
        "url": f"{PAGE}#51207w27.html_wqn{number[-1]}",
    }
    return a_question(**(given | facts))


TOLD = a_printed("30444", "1366W", column_to="1367W")
EARLIER = a_printed("30001", "756W", date(2005, 11, 3), heading="Kites 30444")
NEIGHBOUR = a_printed("30002", "756W", date(2005, 11, 3), heading="Bridges")
ANSWER = "I refer my hon. Friend to the answer of 3 November, Official Report, column 756W."
REFERRING = replace(TOLD, answer=ANSWER)
ON_THE_PAGE = replace(
    TOLD, source="publications", answer="There are 41 kites.", asked_by=Member(name="Mr. Other"), body="Defence"
)
SPEECH = a_question(
    id="sp-debates-2009-10-26-171-1",
    source="theyworkforyou",
    kind=Kind.SPEECH,
    uin=None,
    keys=("gid:debate/2009-10-26b.171.1",),
    heading="Kites",
    question=None,
    answer=None,
    text="As the answer said (HC Deb, 7 December 2005, c. 1366W), there are kites.",
    tabled_on=None,
    answered_on=None,
    made_on=date(2009, 10, 26),
    made_by=Member(name="Dev Instance", office="Minister of State"),
    series="debates",
    column="171",
)


def opened(folder: Path) -> Archive:
    return app.archive(app.configuration(str(folder / "config.toml"), env={}), now=lambda: READ_AT)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("sources")
    desk = make_desk(folder, is_empty=True)
    archive = opened(folder)
    store(
        archive,
        TOLD,
        EARLIER,
        NEIGHBOUR,
        ON_THE_PAGE,
        replace(TOLD, heading="Kites: Costs"),
        REFERRING,
        SPEECH,
        is_news=False,
    )
    archive.close()
    return desk


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW)


@pytest.mark.parametrize(
    "reference",
    [
        "30444",
        "[30444]",
        "2005-12-07/1366W",
        "2005-12-07/1367W",
        "HC Deb 7 December 2005 vol 440 c1366W",
        "Official Report, 7 December 2005; Vol. 440, c. 1366W",
        "7 Dec 2005 : Column 1366W",
        "uk.org.publicwhip/wrans/2005-12-07c.30444.q0",
        "https://www.theyworkforyou.com/wrans/?id=2005-12-07c.30444.h",
        f"{PAGE}#51207w27.html_wqn4",
        f"{PAGE}#column_1366",
        "pq-commons-2005-06-30444",
    ],
)
def test_a_printed_answer_is_found_by_any_of_its_references(desk: Desk, reference: str) -> None:
    shown = desk.run("show", *reference.split(" "))
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("Kites 30444\nHC Deb 7 December 2005 vol 440 cc1366-7W\n")
    found = desk.run("search", reference, "--format", "jsonl")
    assert [json.loads(line)["id"] for line in found.stdout.splitlines()] == ["pq-commons-2005-06-30444"]


def test_citation_of_a_missing_record_finds_nothing(desk: Desk) -> None:
    shown = desk.run("show", "HC Deb 8 December 2005 c1366W")
    assert (shown.exit_code, shown.stderr) == (3, "No record goes by HC Deb 8 December 2005 c1366W.\n")
    assert desk.run("show", f"{PAGE}#51207w27.html_wqn9").exit_code == 3
    assert desk.run("search", "UIN 30444, answered 8 December 2005").exit_code == 3


def test_show_lists_sources_and_their_differences(desk: Desk) -> None:
    shown = desk.run("show", "30444").stdout
    assert 'Asked by         Ada Example (Lab; printed "Ms Example")\n' in shown
    proceedings = " ".join(shown[shown.index("\nSources\n") :].split())
    assert "TheyWorkForYou: first seen 2 February 2021, 3 revisions; this is shown" in proceedings
    assert f"publications.parliament.uk: first seen 2 February 2021 {PAGE}" in proceedings
    assert "The body: TheyWorkForYou has Home Department, publications.parliament.uk Defence" in proceedings
    assert "Who asked: TheyWorkForYou has Ada Example, publications.parliament.uk Mr. Other" in proceedings
    assert "The answer: TheyWorkForYou prints *I refer my hon. Friend" in proceedings
    assert "publications.parliament.uk prints *There are 41 kites.*" in proceedings


def test_earlier_revisions_come_from_the_shown_source(desk: Desk) -> None:
    shown = desk.run("show", "30444").stdout
    earlier = shown[shown.index("\nEarlier revisions\n") : shown.index("\nSources\n")]
    assert earlier.count("   Revision ") == 2
    assert "41" not in earlier
    was = desk.run("show", "30444", "--revision", "1").stdout
    assert "As it was: revision 1 of 3, seen 2 February 2021" in was
    assert "There are 40 kites." in was
    assert desk.run("show", "30444", "--revision", "4").stderr == "It has no revision 4: there are 3.\n"


def test_json_has_sources_conflicts_and_references_both_ways(desk: Desk) -> None:
    record = json.loads(desk.run("show", "30444", "--json").stdout)
    assert record["sources"] == ["theyworkforyou", "publications"]
    assert record["source"] == "theyworkforyou"
    assert (record["column"], record["column_to"], record["session"]) == ("1366W", "1367W", "2005-06")
    assert [proceeding["what"] for proceeding in record["conflicts"]] == ["body", "asked_by", "answer"]
    assert record["conflicts"][0]["values"] == [
        {"source": "theyworkforyou", "value": "Home Department"},
        {"source": "publications", "value": "Defence"},
    ]
    assert record["refers_to"] == ["pq-commons-2005-06-30001"]
    assert record["referred_by"] == ["sp-debates-2009-10-26-171-1"]
    assert record["asked_by"]["printed"] == "Ms Example"
    earlier = json.loads(desk.run("show", "30001", "--json").stdout)
    assert earlier["referred_by"] == ["pq-commons-2005-06-30444"]
    assert json.loads(desk.run("show", "30002", "--json").stdout)["referred_by"] == []


def test_show_lists_records_that_refer_to_this_one(desk: Desk) -> None:
    shown = desk.run("show", "30001").stdout
    proceedings = " ".join(shown.partition("Referred to by\n")[2].partition("\n\n")[0].split())
    assert proceedings.startswith("Kites 30444: HC Deb 7 December 2005 vol 440 cc1366-7W (pq-commons-2005-06-30444). ")
    assert "answered by Ben Placeholder" in proceedings
    assert "\nSources\n" not in shown


def test_other_kinds_are_listed_by_kind_and_column(desk: Desk) -> None:
    listed = desk.run("search", "--kind", "speech").stdout
    assert listed.startswith("2009-10-26  Commons c171    speech ")
    shown = desk.run("show", "sp-debates-2009-10-26-171-1").stdout
    assert shown.startswith("Kites\nHC Deb 26 October 2009 vol 498 c171\nHouse of Commons\n")
    assert "Made by          Dev Instance, Minister of State\n" in shown


def test_reused_number_does_not_refer_to_another_session(tmp_path: Path) -> None:
    make_desk(tmp_path, is_empty=True)
    archive = opened(tmp_path)
    old = a_question(uin="11234", id="q-1", tabled_on=date(2018, 1, 8), answered_on=date(2018, 1, 9))
    new = a_question(uin="11234", id="q-2", tabled_on=date(2020, 12, 8), answered_on=date(2020, 12, 9))
    answer = "I refer the hon. Member to the answer of 9 December 2020 to Question 11234."
    store(archive, old, new, a_question(uin="20001", id="q-3", answer=answer), is_news=False)
    by_id = {
        proceeding.id: (row, proceeding)
        for row in (1, 2, 3)
        for proceeding in [archive.records.revisions(row)[-1].proceeding]
    }
    assert [proceeding.id for proceeding in archive.cross_references.cited(by_id["q-3"][1])] == ["q-2"]
    assert [proceeding.id for proceeding in archive.cross_references.citing(*by_id["q-2"])] == ["q-3"]
    assert archive.cross_references.citing(*by_id["q-1"]) == []
    archive.close()


@pytest.mark.parametrize(
    ("house", "number", "id_", "page"),
    [
        (House.SCOTLAND, "S6W-12345", "spq-s6w-12345", "https://www.parliament.scot/x/question?ref=S6W-12345"),
        (
            House.NORTHERN_IRELAND,
            "AQW 49327/22-27",
            "ni-42",
            "https://aims.niassembly.gov.uk/questions/printquestionsummary.aspx?docid=42",
        ),
        (House.SENEDD, "WQ99808", "sn-99808", "https://record.senedd.wales/WrittenQuestion/99808"),
    ],
)
def test_questions_of_the_devolved_legislatures_are_found(
    tmp_path: Path, house: House, number: str, id_: str, page: str
) -> None:
    desk = make_desk(tmp_path, is_empty=True)
    archive = opened(tmp_path)
    store(archive, a_question(house=house, uin=number, id=id_, source=house.value, url=page), is_news=False)
    archive.close()
    for reference in (number, f"{number}, answered 1 February 2021", page, id_):
        assert desk.run("show", reference).stdout.startswith(
            f"Water: Sample Vale\n{number}, answered 1 February 2021\n"
        )
    assert desk.run("search", f"{number}, answered 2 February 2021").exit_code == 3


def test_references_in_the_mark_up_are_found(tmp_path: Path) -> None:
    make_desk(tmp_path, is_empty=True)
    archive = opened(tmp_path)
    key = column_reference(House.COMMONS, date(2005, 11, 3), "written_answers", "756W")
    store(archive, EARLIER, replace(TOLD, refers=(key, "gid:wrans/2005-11-03.99999")), is_news=False)
    proceedings = archive.records.revisions(2)[-1].proceeding
    assert [proceeding.id for proceeding in archive.cross_references.cited(proceedings)] == [EARLIER.id]
    assert archive.cross_references.cited(EARLIER) == []
    archive.close()
