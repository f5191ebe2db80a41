"""A record's page: every kind of record, its addresses, its revisions, and what goes with it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from monitor.model.records import Grouped, House, Kind, Member
from tests.builders import a_question
from tests.fakes import Clock, FakeFileSource, World

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from monitor.model.records import Proceeding
    from tests.web.conftest import Office

CORRECTED, WITHDRAWN, WITH_TABLE, LORDS, WAITING = "q-9091160", "q-9091230", "q-9091162", "q-9591002", "q-9091253"
HOSTILE = "<script>alert(1)</script> \u202egnp.exe {{ 7*7 }} & \"'"


def soup_of(browser: TestClient, path: str, code: int = 200) -> BeautifulSoup:
    """Return a page."""
    got = browser.get(path)
    assert got.status_code == code, got.text
    return BeautifulSoup(got.text, "html.parser")


def section(page: BeautifulSoup, heading: str) -> str:
    """Return the text from a heading of the second level to the next."""
    found = next(tag for tag in page.find_all("h2") if tag.get_text() == heading)
    parts = []
    for tag in found.find_next_siblings():
        if tag.name in ("h2", "nav"):
            break
        parts.append(tag.get_text(" ", strip=True))
    return " ".join(parts)


def headings(page: BeautifulSoup) -> list[str]:
    return [tag.get_text() for tag in page.find_all("h2")]


def facts(page: BeautifulSoup) -> dict[str, str]:
    """Return the facts of a record by their labels."""
    (found,) = [tag for tag in page.find_all("h2") if tag.get_text() == "Facts"]
    terms = found.find_next("dl")
    assert terms is not None
    return {
        term.get_text(): described.get_text()
        for term, described in zip(terms.find_all("dt"), terms.find_all("dd"), strict=True)
    }


def a_recent(number: int, **changes: Any) -> Proceeding:
    """Return a question of these days, answered unless `changes` say otherwise."""
    answered_on = None if "answer" in changes and changes["answer"] is None else date(2024, 11, 26)
    given = {"id": f"q-{number}", "uin": f"70000{number}", "tabled_on": date(2024, 11, 20), "answered_on": answered_on}
    return a_question(**(given | {"date_for_answer": date(2024, 11, 26)} | changes))


def publish(office: Office, *proceedings: Proceeding) -> None:
    """Put records into the archive, as if a source of files had told them."""
    archive = app.archive(app.configuration(str(office.config), env={}))
    files = FakeFileSource()
    for number, proceeding in enumerate(proceedings):
        files.publish(f"file{number}", proceeding.day, proceeding)
    try:
        World(archive, Clock(datetime(2024, 11, 27, 19, tzinfo=UTC)), files=(files,)).collect()
    finally:
        archive.close()


# -- addresses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reference",
    [
        "91160",
        "2024-11-19/91160",
        "q-9091160",
        "UIN 91160",
        "https://questions-statements.parliament.uk/written-questions/detail/2024-11-19/91160",
    ],
)
def test_a_record_has_one_address_to_which_all_its_names_lead(browser: TestClient, reference: str) -> None:
    got = browser.get(f"/records/{reference}")
    assert got.status_code == 200
    assert got.url.path == "/records/q-9091160"


def test_what_an_address_asks_for_survives_the_way_to_the_id(browser: TestClient) -> None:
    got = browser.get("/records/91160?revision=1")
    assert str(got.url).endswith("/records/q-9091160?revision=1")


@pytest.mark.parametrize(
    "reference", ["99999999", "nothing/here", "%3Cb%3E", "q-9091160%00", "x" * 3_000, "..%2f..%2fetc"]
)
def test_an_unknown_record_is_refused_in_a_sentence(browser: TestClient, reference: str) -> None:
    page = soup_of(browser, f"/records/{reference}", 404)
    assert "No record goes by " in page.get_text()
    assert page.find("b") is None


def test_a_column_with_several_records_shows_the_newest_and_names_the_others(office: Office) -> None:
    printed = a_recent(
        1,
        id="t-2024-11-26a.1366.1",
        uin=None,
        column="1366W",
        heading="First of the column",
        gid="x1",
    )
    other = replace(printed, id="t-2024-11-26a.1366.2", heading="Second of the column", gid="x2")
    publish(office, printed, other)
    with office.browser() as browser:
        got = browser.get("/records/2024-11-26/1366W")
        assert got.status_code == 200
        assert "2 records go by this name." in got.text
        assert "First of the column" in got.text
        assert "Second of the column" in got.text
        assert browser.get("/records/t-2024-11-26a.1366.1").status_code == 200


# -- kinds --------------------------------------------------------------------------------------------------------------


def test_every_record_of_the_demo_has_a_page_with_its_headings_in_order(browser: TestClient, office: Office) -> None:
    listing = CliRunner().invoke(
        pqwatch, ["search", "--format", "jsonl", "--limit", "0", "--config", str(office.config)]
    )
    ids = re.findall(r'"id": ?"(q-\d+)"', listing.stdout)
    assert len(set(ids)) == 117
    for record_id in sorted(set(ids))[::4]:
        page = soup_of(browser, f"/records/{record_id}")
        levels = [int(tag.name[1]) for tag in page.find_all(re.compile("^h[1-6]$"))]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(level <= before + 1 for before, level in pairwise(levels)), record_id
        ids_of_page = [tag["id"] for tag in page.find_all(id=True)]
        assert len(ids_of_page) == len(set(ids_of_page))
        assert page.find(style=True) is None


def test_a_corrected_answer_says_so_first_and_shows_what_changed(browser: TestClient) -> None:
    page = soup_of(browser, f"/records/{CORRECTED}")
    assert "Answered, and corrected since See what changed" in page.get_text(" ", strip=True)
    changed = section(page, "What changed")
    assert "Answer: was" in changed
    assert "1,147" in changed
    assert "1,174" in changed
    assert "The forces" not in changed
    assert facts(page)["Corrected"] == "27 November 2024"


def test_the_story_and_the_answer_are_those_of_the_command_line(browser: TestClient, office: Office) -> None:
    shown = CliRunner().invoke(pqwatch, ["show", CORRECTED, "--config", str(office.config)], env={"COLUMNS": "200"})
    story = " ".join(shown.stdout.split("Story\n")[1].split("Earlier revisions")[0].split())
    page = soup_of(browser, f"/records/{CORRECTED}")
    steps = next(tag for tag in page.find_all("h2") if tag.get_text() == "Story").find_next("dl")
    assert steps is not None
    assert len(steps.find_all("dd")) == 6
    for step in steps.find_all("dd"):
        assert " ".join(step.get_text().split()) in story
    for paragraph in page.select("article blockquote p"):
        assert " ".join(paragraph.get_text().split()) in " ".join(shown.stdout.replace("*", "").split())


def test_a_withdrawn_question_says_so(browser: TestClient) -> None:
    page = soup_of(browser, f"/records/{WITHDRAWN}")
    state = page.find(class_="state")
    assert state is not None
    assert state.get_text() == "Withdrawn"
    assert page.find("a", string="See what changed") is None
    assert "withdrawn" in section(page, "What changed")
    assert "Due" not in facts(page)


def test_an_open_question_says_when_it_is_due_and_has_no_answer(browser: TestClient) -> None:
    page = soup_of(browser, f"/records/{WAITING}")
    assert "Due" in facts(page)
    assert "Answer" not in headings(page)


def test_a_question_of_the_lords_names_its_house(browser: TestClient) -> None:
    assert facts(soup_of(browser, f"/records/{LORDS}"))["House"] == "House of Lords"


def test_a_table_stands_on_its_grid(browser: TestClient) -> None:
    page = soup_of(browser, f"/records/{WITH_TABLE}")
    tables = page.select("article table")
    assert len(tables) == 2
    assert tables[0].find("th", colspan="6") or tables[0].find("th", colspan=True)
    assert tables[1].find("td", class_="figure")


def test_a_holding_answer_a_statement_and_a_lapsed_question(office: Office) -> None:
    holding = a_recent(1, is_holding=True, holding_on=date(2024, 11, 26))
    lapsed = a_recent(2, answer=None, tabled_on=date(2024, 11, 26), is_lapsed=True)
    statement = replace(
        a_recent(3, answer=None, id="s-1", uin="HCWS9001", heading="Bathing water"),
        kind=Kind.STATEMENT,
        question=None,
        text="I am publishing the review of bathing water today.",
        tabled_on=None,
        date_for_answer=None,
        named_day=None,
        asked_by=None,
        made_on=date(2024, 11, 27),
        made_by=Member(member_id=4, name="Adaeze Lockstone"),
    )
    publish(office, holding, lapsed, statement)
    with office.browser() as browser:
        page = soup_of(browser, "/records/q-1")
        assert "Holding answer" in headings(page)
        assert "Lapsed without an answer" in soup_of(browser, "/records/q-2").get_text()
        page = soup_of(browser, "/records/HCWS9001")
        assert "Question" not in headings(page)
        assert "I am publishing the review of bathing water today." in page.get_text()
        assert facts(page)["Made"] == "27 November 2024"
        assert page.find("a", string="Adaeze Lockstone") is not None


def test_an_oral_question_whose_words_are_not_here_is_not_called_answered(office: Office) -> None:
    spoken = {"uin": "S6O-1", "house": House.SCOTLAND, "answer": None, "answered_by": None}
    publish(office, a_recent(1, **spoken, answered_on=date(2024, 11, 27)))
    with office.browser() as browser:
        state = soup_of(browser, "/records/q-1").find(class_="state")
        assert state is not None
        assert state.get_text() == "Oral question"
        found = soup_of(browser, "/search?house=scotland").get_text(" ")
    assert "oral question" in found
    config = ["--config", str(office.config)]
    assert "Scottish Parliament, oral question" in CliRunner().invoke(pqwatch, ["show", "q-1", *config]).stdout
    assert (
        "Scotland S6O-1  oral question"
        in CliRunner().invoke(pqwatch, ["search", "--house", "scotland", *config]).stdout
    )


def test_hostile_texts_are_shown_as_text(office: Office) -> None:
    hostile = a_recent(
        1,
        heading=HOSTILE,
        question=HOSTILE,
        answer=HOSTILE,
        body=HOSTILE,
        url="javascript:alert(1)",
        asked_by=Member(member_id=9, name=HOSTILE),
        answered_by=Member(member_id=8, name='"><img src=x onerror=alert(1)>'),
    )
    publish(office, hostile)
    with office.browser() as browser:
        got = browser.get("/records/q-1")
        page = BeautifulSoup(got.text, "html.parser")
        assert [tag.get("src") for tag in page.find_all("script")] == ["/static/copy.js"]
        assert page.find("img") is None
        assert "javascript:" not in "".join(str(tag["href"]) for tag in page.find_all("a"))
        assert "\u202e" not in got.text
        assert "49" not in str(page.find("h1"))
        assert "{{ 7*7 }}" in page.get_text()


# -- revisions ----------------------------------------------------------------------------------------------------------


def test_an_earlier_revision_is_shown_as_it_was(browser: TestClient) -> None:
    page = soup_of(browser, f"/records/{CORRECTED}?revision=1")
    assert "As it was in revision 1 of 2." in page.get_text()
    answer = section(page, "Answer") if "Answer" in headings(page) else ""
    assert "1,147" in answer
    assert "1,174" not in answer


@pytest.mark.parametrize(
    ("query", "code"),
    [("revision=3", 404), ("revision=0", 422), ("revision=x", 422), ("before=1&after=1", 404), ("before=1&after=9", 404),
     ("before=2", 404), ("revision=99999999999999999999", 404)],
)  # fmt: skip
def test_revisions_that_are_not_there_are_refused(browser: TestClient, query: str, code: int) -> None:
    page = soup_of(browser, f"/records/{CORRECTED}?{query}", code)
    assert page.find("h1") is not None


def test_any_two_revisions_are_compared(office: Office) -> None:
    first = a_recent(1)
    archive = app.archive(app.configuration(str(office.config), env={}))
    files = FakeFileSource()
    world = World(archive, Clock(datetime(2024, 11, 27, 19, tzinfo=UTC)), files=(files,))
    for answer in ("The figure is 10.", "The figure is 20.", "The figure is 30."):
        files.publish("file", first.day, replace(first, answer=answer))
        world.collect()
        world.clock.tick(hours=7)
    archive.close()
    with office.browser() as browser:
        page = soup_of(browser, "/records/q-1")
        assert "From revision 2 to revision 3" in section(page, "What changed")
        assert [select["name"] for select in page.select("form[method=get] select")] == ["before", "after"]
        changed = section(soup_of(browser, "/records/q-1?before=1&after=3"), "What changed")
        assert "From revision 1 to revision 3" in changed
        assert "10" in changed
        assert "30" in changed
        assert changed == section(soup_of(browser, "/records/q-1?before=3&after=1"), "What changed")


# -- what goes with it --------------------------------------------------------------------------------------------------


def test_people_body_and_days_lead_to_pages_that_are_there(browser: TestClient) -> None:
    page = soup_of(browser, f"/records/{CORRECTED}")
    for words, at in (
        ("Harbinder Maulkar", "/people/Harbinder Maulkar"),
        ("Adaeze Lockstone", "/people/Adaeze Lockstone"),
        ("Home Office", "/bodies/Home Office"),
        ("27 November 2024", "/search?from=2024-11-27&to=2024-11-27"),
    ):
        link = page.find("a", string=words)
        assert link is not None, words
        assert unquote(str(link["href"])) == at
        if not at.startswith("/search"):
            assert browser.get(at).status_code == 200


def test_each_question_of_a_group_is_linked(office: Office) -> None:
    group = tuple(Grouped(uin=uin, tabled_on=date(2024, 11, 20)) for uin in ("700002", "700003"))
    publish(office, a_recent(1, grouped_with=group), a_recent(2))
    with office.browser() as browser:
        page = soup_of(browser, "/records/q-1")
        assert facts(page)["Answered together with"] == "700002, 700003"
        found = [page.find("a", string=uin) for uin in ("700002", "700003")]
        there, missing = (browser.get(str(link["href"])).text for link in found if link is not None)
        assert "/records/q-2" in there
        assert "No record goes by 2024-11-20/700003." in missing


def test_it_says_which_terms_found_it_and_a_public_page_does_not(office: Office) -> None:
    with office.browser() as browser:
        page = soup_of(browser, f"/records/{CORRECTED}")
        assert "by POLIT = Paedophile On-Line Investigation Team" in section(page, "Found by your topics")
        assert "Told to Policy desk" in section(page, "Story")
    office.set_web(public=True)
    with office.browser() as browser:
        page = soup_of(browser, f"/records/{CORRECTED}")
        assert "Found by your topics" not in headings(page)
        assert "Told to" not in page.get_text()
        assert page.select("article strong.found, article blockquote strong") == []


def test_references_go_both_ways_and_the_same_answers_are_named(browser: TestClient) -> None:
    assert "91098" in section(soup_of(browser, "/records/q-9091192"), "It refers to")
    assert headings(soup_of(browser, "/records/q-9091192"))[3:6] == ["It refers to", "For Policy desk", "To cite it"]
    assert "91192" in section(soup_of(browser, "/records/q-9091098"), "Referred to by")
    assert "9117" in section(soup_of(browser, "/records/q-9091171"), "The same answer")


def test_the_citations_are_those_of_the_command_line(browser: TestClient, office: Office) -> None:
    page = soup_of(browser, f"/records/{CORRECTED}")
    shown = [tag.get_text() for tag in page.find_all("pre", class_="citation")]
    assert shown[:2] == [
        "UIN 91160, answered 26 November 2024, corrected 27 November 2024",
        "HC Written Answer UIN 91160, 26 November 2024 (corrected 27 November 2024)",
    ]
    for style, text in zip(("hansard", "markdown", "bibtex", "ris"), shown[3:], strict=True):
        cited = CliRunner().invoke(pqwatch, ["cite", CORRECTED, "--style", style, "--config", str(office.config)])
        assert text.strip() == cited.stdout.strip()


def test_the_buttons_that_copy_name_their_text_and_are_hidden_without_scripts(browser: TestClient) -> None:
    page = soup_of(browser, f"/records/{CORRECTED}")
    buttons = page.select("button[data-copy]")
    assert len(buttons) == 7
    for button in buttons:
        assert button.has_attr("hidden")
        assert page.find(id=str(button["data-copy"])) is not None
    assert "navigator.clipboard" in browser.get("/static/copy.js").text


def test_the_records_before_and_after_lead_back(browser: TestClient) -> None:
    after = soup_of(browser, f"/records/{CORRECTED}").find("a", rel="next")
    assert after is not None
    before = soup_of(browser, str(after["href"])).find("a", rel="prev")
    assert before is not None
    assert before["href"] == f"/records/{CORRECTED}"


def test_a_page_that_the_browser_has_is_not_sent_again(browser: TestClient) -> None:
    tag = browser.get(f"/records/{LORDS}").headers["etag"]
    browser.get(f"/records/{LORDS}")
    again = browser.get(f"/records/{LORDS}", headers={"If-None-Match": tag})
    assert again.status_code in (200, 304)


def test_a_promise_is_marked_in_the_answer_and_listed(browser: TestClient) -> None:
    page = soup_of(browser, "/records/q-9091165")
    marked = "".join(mark.get_text() for mark in page.select("article mark.promise"))
    assert marked == "The Department will publish revised guidance for schools in the spring."
    assert "Its day moved: December 2024" in section(page, "Promise in it")
    earlier = soup_of(browser, "/records/q-9091165?revision=1")
    assert [mark.get_text() for mark in earlier.select("article mark.promise")] == [
        marked.replace("the spring", "December")
    ]
    assert soup_of(browser, f"/records/{CORRECTED}").select("mark.promise") == []


# -- languages ----------------------------------------------------------------------------------------------------------

WELSH = "Mae'r Adran Sampl wedi rhoi arian i bob ysgol yn y sir, ac mae'r gwaith wedi dechrau."
GAELIC = "Chan eil figearan againn airson na h-ùine seo. Bidh sinn gam foillseachadh ron t-samhradh."
ENGLISH = "The Department works with Llywodraeth Cymru and Bòrd na Gàidhlig on each of these schools."


def test_paragraphs_in_welsh_and_gaelic_say_so(office: Office) -> None:
    publish(office, a_recent(40, question=WELSH, answer=f"{ENGLISH}\n\n{WELSH}\n\n{GAELIC}"))
    with office.browser() as browser:
        page = soup_of(browser, "/records/q-40")
        marked = [(tag["lang"], tag.get_text()) for tag in page.select("main blockquote [lang]")]
        assert marked == [("cy", WELSH), ("cy", WELSH), ("gd", GAELIC)]
        [english] = [tag for tag in page.select("blockquote p") if tag.get_text() == ENGLISH]
        assert "lang" not in english.attrs
        assert page.html is not None
        assert page.html["lang"] == "en-GB"


def test_what_a_search_quotes_in_welsh_says_so(office: Office) -> None:
    publish(office, a_recent(41, heading="Ysgolion", answer=WELSH), a_recent(42, heading="Schools", answer=ENGLISH))
    with office.browser() as browser:
        for words, languages in (("ysgol yn y sir", ["cy"]), ("Llywodraeth Cymru", [])):
            listed = soup_of(browser, f'/search?q="{words}"')
            assert [tag["lang"] for tag in listed.select("ul.records .passage [lang]")] == languages
            rows = soup_of(browser, f'/search?q="{words}"&view=kwic')
            assert rows.select("table.kwic tbody tr")
            assert [tag["lang"] for tag in rows.select("table.kwic [lang]")] == languages * 3


def test_a_heading_in_welsh_says_so(office: Office) -> None:
    publish(office, a_recent(43, heading="Faint o arian y mae ysgolion wedi ei gael"), a_recent(44, heading="Schools"))
    with office.browser() as browser:
        for number, language in ((43, "cy"), (44, None)):
            title = soup_of(browser, f"/records/q-{number}").select_one("h1")
            [listed] = soup_of(browser, f"/search?q=70000{number}").select("ul.records h3 a")
            assert title is not None
            assert (title.get("lang"), listed.get("lang")) == (language, language)
