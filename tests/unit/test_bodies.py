"""Bodies through time: the lists, what a body became and came from, and the names under which answers are printed."""

from __future__ import annotations

import gzip
import importlib.util
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.parliament.bodies import ENDS, NORTHERN_IRELAND, Body, first_day, name_key
from monitor.parliament.body_lines import latest_name, lineage_of, printed_names
from monitor.parliament.body_lists import GOVUK_SOURCE, shipped_bodies

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
TABLE = shipped_bodies()


def the(name: str) -> Body:
    (body,) = TABLE.find(name)
    return body


def line(name: str) -> list[tuple[str, str]]:
    return [(step.body.name, step.since) for step in TABLE.successors(the(name))]


# -- what became of a body --------------------------------------------------------------------------------------------

SOCA = ("Serious Organised Crime Agency", "2006-04-01")
NCA = ("National Crime Agency", "2013-10-07")
CEOP = ("Child Exploitation and Online Protection Centre", "2006-04")


@pytest.mark.parametrize(
    ("name", "successors"),
    [
        ("NHTCU", [SOCA, NCA]),
        ("National Hi-Tech Crime Unit", [SOCA, NCA]),
        ("NCIS", [SOCA, NCA]),
        ("National Crime Squad", [SOCA, NCA]),
        ("SOCA", [NCA]),
        ("POLIT", [CEOP, NCA]),
        ("Paedophile On-Line Investigation Team", [CEOP, NCA]),
        ("CEOP", [NCA]),
        ("Virtual Global Taskforce", []),
        ("National Crime Agency", []),
    ],
)
def test_police_units_lead_to_the_national_crime_agency(name: str, successors: list[tuple[str, str]]) -> None:
    assert line(name) == successors


@pytest.mark.parametrize(
    ("name", "began", "ended"),
    [
        ("National Crime Squad", "1998-04-01", "2006-04-01"),
        ("National Hi-Tech Crime Unit", "2001-04-18", "2006-04-01"),
        ("Serious Organised Crime Agency", "2006-04-01", "2013-10-07"),
        ("National Crime Agency", "2013-10-07", ""),
        ("National Criminal Intelligence Service", "1992", "2006-04-01"),
    ],
)
def test_days_are_as_exact_as_they_are_certain(name: str, began: str, ended: str) -> None:
    assert (the(name).began, the(name).ended) == (began, ended)


def test_a_body_that_gave_some_of_its_work_away_has_not_ended() -> None:
    revenue = the("HMRC")
    assert [(change.how, change.became) for change in revenue.changes] == [
        ("part", ("Serious Organised Crime Agency",))
    ]
    assert not revenue.has_ended
    assert TABLE.successors(revenue) == []
    assert {before.name for before, _ in TABLE.origins(the("SOCA"))} >= {
        "National Criminal Intelligence Service", "National Crime Squad", "HM Revenue and Customs", "UK Immigration Service",
    }  # fmt: skip


def test_predecessors_come_the_nearest_first() -> None:
    names = [step.body.name for step in TABLE.predecessors(the("National Crime Agency"))]
    assert names.index("Serious Organised Crime Agency") < names.index("National Hi-Tech Crime Unit")
    assert "Paedophile Online Investigation Team" in names
    assert "HM Revenue and Customs" not in names


def test_a_split_has_a_day_for_each_successor() -> None:
    assert line("UK Border Agency") == [
        ("Border Force", "2012-03-01"),
        ("UK Visas and Immigration", "2013-04-01"),
        ("Immigration Enforcement", "2013-04-01"),
    ]


def test_a_name_that_came_back_is_a_second_body() -> None:
    first, second = TABLE.find("Department for Culture, Media and Sport")
    assert (first.began, first.ended, second.began, second.ended) == ("1997-07-14", "2017-07-03", "2023-02-07", "")
    assert [step.body for step in TABLE.successors(first)][1] is second


def test_northern_ireland_has_departments_of_its_own() -> None:
    london, belfast = TABLE.find("Department of Health")
    assert (london.legislature, belfast.legislature) == ("", NORTHERN_IRELAND)
    assert [step.body.name for step in TABLE.predecessors(belfast)] == [
        "Department of Health, Social Services and Public Safety"
    ]
    assert TABLE.find("Department of the Environment (Northern Ireland)")[0].legislature == NORTHERN_IRELAND


def test_a_devolved_body_is_not_followed() -> None:
    body = the("Creative Scotland")
    assert [(change.how, change.became) for change in body.changes] == [("devolved", ("The Scottish Government",))]
    assert not body.has_ended
    assert TABLE.successors(body) == []


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("Department of Energy & Climate Change", "Department for Energy and Climate Change"),
        ("HM Courts Service", "Her Majesty's Courts Service"),
        ("The Pensions Advisory Service", "Pensions Advisory Service"),
    ],
)
def test_small_differences_of_a_name_do_not_count(written: str, other: str) -> None:
    assert name_key(written) == name_key(other)


def test_near_names_are_offered() -> None:
    assert "National Crime Squad" in TABLE.near("Natonal Crime Squad")


def test_near_names_of_departments_come_first() -> None:
    assert TABLE.near("Helth")[0] == "Department of Health"
    assert TABLE.near("Minstry of Defense")[0] == "Ministry of Defence"
    assert TABLE.near("Nonsens") == []


# -- the lists --------------------------------------------------------------------------------------------------------


def test_no_line_leads_back_and_every_day_can_be_read() -> None:
    for body in TABLE.all:
        assert all(step.body is not body for step in TABLE.successors(body)), body.name
        for written in (body.began, body.ended, *(change.on for change in body.changes)):
            assert first_day(written) is not None or not written, body.name


def test_every_followed_change_leads_to_a_body_of_the_table_and_names_its_source() -> None:
    for body in TABLE.all:
        for change in body.changes:
            assert change.source, body.name
            if change.is_followed:
                assert change.how in ENDS, body.name
                assert TABLE.heirs(body, change), (body.name, change.became)


def test_only_govuk_and_old_offices_lack_the_day_of_a_change() -> None:
    without = {
        body.name for body in TABLE.all for change in body.changes if not change.on and change.source != GOVUK_SOURCE
    }
    assert without == {"Law Officers' Department", "Electoral Commission Committee"}


def api(shared_data: Path) -> list[dict[str, Any]]:
    path = shared_data / "govuk-organisations" / "gov.uk_api_organisations.json.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        found: list[dict[str, Any]] = json.load(file)["results"]
    return found


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_bodies", ROOT / ".ci" / "make_bodies.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_all_bodies_of_the_register_with_successors_are_there_with_the_same(shared_data: Path) -> None:
    organisations, clean = api(shared_data), script().clean
    titles = {body["id"]: clean(body["title"]) for body in organisations}
    titles["https://www.gov.uk/api/organisations/scotland-office"] = "Scotland Office"
    count = 0
    for body in organisations:
        if became := {titles[heir["id"]] for heir in body["superseding_organisations"]}:
            count += 1
            found = TABLE.find(titles[body["id"]])
            named = [
                {name for change in known.changes if change.source == GOVUK_SOURCE for name in change.became}
                for known in found
            ]
            assert became in named, body["title"]
            assert all(TABLE.find(name) for name in became), body["title"]
    assert count == 268


def test_the_successors_of_the_register_stand_on_the_line(shared_data: Path) -> None:
    """Another list may know a step between, or a better name; then GOV.UK's successor comes later on the line, if at all."""
    organisations, clean = api(shared_data), script().clean
    titles = {body["id"]: clean(body["title"]) for body in organisations}
    missing = set()
    for body in organisations:
        if body["details"]["govuk_closed_status"] in (None, "devolved"):
            continue
        for heir in body["superseding_organisations"]:
            lines = [TABLE.successors(known) for known in TABLE.find(titles[body["id"]])]
            reached = {name_key(name) for steps in lines for step in steps for name in step.body.names}
            if heir["id"] in titles and name_key(titles[heir["id"]]) not in reached:
                missing.add((titles[body["id"]], titles[heir["id"]]))
    assert missing == MORE_OF_GOVUK


MORE_OF_GOVUK = {
    ("Scottish Office", "The Scottish Government"),
    ("Scottish Office", "Office of the Secretary of State for Scotland"),
    ("Department of Culture, Arts and Leisure", "Department for Infrastructure (Northern Ireland)"),
    (
        "Department of Culture, Arts and Leisure",
        "Department of Agriculture, Environment and Rural Affairs (Northern Ireland)",
    ),
}
"""Successors that GOV.UK names beside those of the list of departments, which is the one that is followed."""


def test_the_script_writes_the_table(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = script()
    shipped = make.TARGET.read_text(encoding="utf-8")
    monkeypatch.setattr(make, "TARGET", tmp_path / "bodies.tsv")
    folder = shared_data / "govuk-organisations"
    make.main([folder / "gov.uk_api_organisations.json.gz", folder / "government-organisation-register.csv"])
    assert make.TARGET.read_text(encoding="utf-8") == shipped


# -- answering bodies -------------------------------------------------------------------------------------------------

IN_2009, IN_2024 = date(2009, 10, 26), date(2024, 11, 26)


def names_of(words: str) -> set[str]:
    return {body.name for body in lineage_of(words).bodies}


def test_health_of_2009_leads_to_todays_department() -> None:
    health = lineage_of("Health")
    assert health.covers("Health", "commons", IN_2009)
    assert health.covers("Department of Health and Social Care", "commons", IN_2024)
    assert lineage_of("Department of Health and Social Care").covers("Health", "commons", IN_2009)
    assert lineage_of("Department of Health and Social Care").covers("HEALTH", "lords", IN_2009)
    assert not health.covers("Social Security", "commons", date(1999, 1, 1))
    assert not health.covers(None, "commons", IN_2009)


def test_a_line_has_no_siblings() -> None:
    assert "Department for Work and Pensions" not in names_of("Health")
    assert names_of("Department for Science, Innovation and Technology") >= {"Department of Trade and Industry"}
    assert "Department for Business and Trade" not in names_of("Department for Science, Innovation and Technology")


def test_words_that_are_no_whole_name_mean_every_body_with_them() -> None:
    assert names_of("Business Innovation") >= {"Department for Business, Innovation and Skills"}
    assert lineage_of("Business Innovation").covers("Department for Energy Security and Net Zero", "lords", IN_2024)


def test_a_name_that_came_back_belongs_to_a_line_in_its_days_alone() -> None:
    science = lineage_of("Science, Innovation and Technology")
    assert science.covers("Culture, Media and Sport", "commons", IN_2009)
    assert not science.covers("Department for Culture, Media and Sport", "commons", IN_2024)


def test_a_name_of_belfast_is_another_one_in_westminster() -> None:
    health = lineage_of("Department of Health and Social Care")
    assert health.covers("Department of Health", "commons", IN_2009)
    assert not health.covers("Department of Health", "northern_ireland", IN_2024)
    assert not health.covers("Health", "scotland", IN_2009)


def test_a_name_of_a_former_office_does_not_count_for_ever() -> None:
    housing = lineage_of("Housing, Communities and Local Government")
    assert housing.covers("Deputy Prime Minister", "commons", date(2004, 6, 1))
    assert not housing.covers("Deputy Prime Minister", "commons", date(2012, 6, 1))


@pytest.mark.parametrize(
    ("name", "house", "day", "latest"),
    [
        ("Health", "commons", IN_2009, "Department of Health and Social Care"),
        ("Department of Health", "northern_ireland", IN_2024, "Department of Health"),
        ("Culture, Media and Sport", "commons", IN_2009, "Department for Culture, Media and Sport"),
        ("Children, Schools and Families", "commons", IN_2009, "Department for Education"),
        ("Home Department", "commons", IN_2009, "Home Office"),
        ("Foreign and Commonwealth Affairs", "commons", IN_2009, "Foreign, Commonwealth and Development Office"),
        ("Scotland", "commons", date(1995, 1, 9), "Scotland Office"),
        ("Trade and Industry", "commons", date(2005, 1, 10), "Department of Trade and Industry"),
        ("Prime Minister", "commons", IN_2024, "Prime Minister"),
        ("Health", "scotland", IN_2009, "Health"),
        ("Department of Health and Social Care", "commons", None, "Department of Health and Social Care"),
    ],
)
def test_records_of_one_line_are_counted_under_its_latest_name(
    name: str, house: str, day: date | None, latest: str
) -> None:
    assert latest_name(name, house, day) == latest


def test_names_under_which_answers_are_printed() -> None:
    assert {"Home Office", "Home Department"} <= set(printed_names(the("Home Office")))
    assert "Scotland" in printed_names(the("Scottish Office"))
