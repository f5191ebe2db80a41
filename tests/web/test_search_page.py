"""The search page: form, facets, words in context, paging, files, and what it says where nothing is found."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup, Tag
from sqlalchemy import func, literal, select

from db import search as db_search
from db.search_filters import conditions
from monitor.desk import hits
from monitor.desk.search import SearchForm
from monitor.model.search import BODY_IN_YEAR, Facets
from monitor.web import search, search_facets
from monitor.web.search_facets import Narrowing
from tests.web.forms import form_of, problem_with
from tests.web.search_kit import found, headings, link, printed, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from tests.web.conftest import Office

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def browser(reading_office: Office) -> Iterator[TestClient]:
    """Return a browser that all tests of this file share: they change nothing."""
    with reading_office.browser() as browser:
        yield browser


# -- the form -----------------------------------------------------------------------------------------------------------


def test_an_empty_form_finds_nothing_and_says_how_to_search(browser: TestClient) -> None:
    page = found(browser)
    assert not headings(page)
    assert "How to write a search" in text(page)
    names = "q from to house body asker minister speaker party kind state topic label lineage sort"
    assert {field["name"] for field in page.select("form [name]")} == set(names.split())


def test_every_field_has_a_label(browser: TestClient) -> None:
    page = found(browser)
    labelled = {label.get("for") for label in page.find_all("label")}
    for field in page.select("form input:not([type=hidden]), form select"):
        assert field.get("id") in labelled or field.find_parent("label") is not None


def test_words_find_what_the_command_finds(browser: TestClient, office: Office) -> None:
    page = found(browser, q="police")
    ids = [str(anchor["href"]).removeprefix("/records/") for anchor in page.select("ul.records h3 a")]
    records = json.loads(printed(office, "police", "--limit", "0", "--json"))
    assert ids == [record["id"] for record in records]
    assert f"{len(records)} records" in text(page)
    assert page.select("ul.records strong")


def test_all_filters_narrow_and_can_be_removed(browser: TestClient) -> None:
    page = found(
        browser, q="police", from_="2024-11-20", to="today", house="commons", body="home office", kind="question",
        state=["answered", "corrected"], asker="harbinder", minister="lockstone", party="labour",
    )  # fmt: skip
    assert 0 < len(headings(page)) < len(headings(found(browser, q="police")))
    words = text(page)
    assert "House: House of Commons" in words
    assert "State: Answered, Corrected" in words
    assert "State" not in text(BeautifulSoup(str(link(page, "remove the filter State")), "html.parser"))
    assert "state=" not in link(page, "remove the filter State")
    assert "house=commons" in link(page, "remove the filter State")


def test_a_topic_by_its_name(browser: TestClient) -> None:
    assert headings(found(browser, topic="Hi-tech crime policing"))
    refused = found(browser, 400, topic="Hi-tech crime polcing")
    assert "Did you mean Hi-tech crime policing?" in text(refused)


def test_a_label_and_a_speaker(browser: TestClient) -> None:
    assert headings(found(browser, label="not_held"))
    assert "There is no label zz." in text(found(browser, 400, label="zz"))
    assert "Nothing found" in text(found(browser, speaker="zz", q="police"))


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"from_": "tomorrow"}, "tomorrow is no day. Write 2024-11-26, today, yesterday or 30d."),
        ({"from_": "2024-11-27", "to": "2024-11-26"}, "From 2024-11-27 is after to 2024-11-26: exchange them."),
        ({"q": "police", "after": "x"}, "x is no place in this list: begin with its first page."),
        ({"q": "police", "after": "2.20241126.5"}, "2.20241126.5 is no place in this list"),
        ({"q": "police", "sort": "relevance", "after": "20241126.5"}, "20241126.5 is no place in this list"),
    ],
)
def test_wrong_values_are_explained_on_the_form(browser: TestClient, parameters: dict[str, str], said: str) -> None:
    page = found(browser, 400, **parameters)
    alert = page.find(role="alert")
    assert alert is not None
    assert said in " ".join(alert.get_text(" ").split())
    assert page.find("form", role="search") is not None


@pytest.mark.parametrize(
    ("parameters", "field", "said"),
    [
        ({"from": "soon"}, "from", ": From: soon is no day."),
        ({"to": "soon"}, "to", "To: soon is no day."),
        ({"from": "2024-11-27", "to": "2024-11-26"}, "to", "To: From 2024-11-27 is after to 2024-11-26"),
    ],
)
def test_a_day_that_can_not_be_read_is_marked(
    browser: TestClient, parameters: dict[str, str], field: str, said: str
) -> None:
    page = browser.get("/search", params=parameters).text
    assert said in problem_with(page, field)
    assert form_of(page, "/search")[field] == parameters[field]


@pytest.mark.parametrize(
    "parameters", [{"house": "moon"}, {"sort": "best"}, {"view": "x"}, {"q": "a" * 2001}, {"state": ["tabled"] * 13}]
)
def test_values_out_of_range_are_refused(browser: TestClient, parameters: dict[str, str | list[str]]) -> None:
    page = found(browser, 422, **parameters)
    assert "this value can't be used" in text(page)


# -- errors and suggestions ---------------------------------------------------------------------------------------------


def test_a_mistake_has_its_caret_and_its_remedy(browser: TestClient) -> None:
    page = found(browser, 400, q="asylum AND (police")
    shown = page.find("pre")
    assert isinstance(shown, Tag)
    assert shown.get_text() == "asylum AND (police\n           ^"
    assert "A bracket is never closed." in text(page)
    assert "Write a ) after what belongs in the brackets." in text(page)


def test_what_may_be_meant_is_a_link(browser: TestClient) -> None:
    page = found(browser, 400, q="police near/5 cyber NEAR/zz unit")
    assert page.find("pre") is not None


def test_suggestions_are_links(browser: TestClient) -> None:
    page = found(browser, q="polcie")
    assert "Nothing found for polcie." in text(page)
    assert headings(BeautifulSoup(browser.get(link(page, "Search for police")).text, "html.parser"))


def test_filters_that_stop_everything_are_named(browser: TestClient) -> None:
    page = found(browser, q="police", house="lords", kind="statement")
    path = link(page, "Search without")
    assert headings(BeautifulSoup(browser.get(path).text, "html.parser"))


def test_a_name_leads_to_the_filter_and_to_the_page_of_the_person(browser: TestClient) -> None:
    page = found(browser, q="Harcastle")
    assert link(page, "Asked by: Harcastle") == "/search?asker=Harcastle"
    path = link(page, "Bethan Harcastle")
    assert path == "/people/Bethan%20Harcastle"
    assert browser.get(path).status_code == 200
    assert "Watch this" not in text(page)
    page = found(browser, q="DSIT")
    assert link(page, "Answering body: DSIT") == "/search?body=DSIT"
    assert "all that the archive has of this person" not in text(page)
    assert "Watch this" in text(found(browser, q="unicorn"))


def test_names_are_not_tried_once_time_is_over(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_SECONDS", -1)
    page = found(browser, q="Harcastle")
    assert "Nothing found for Harcastle." in text(page)
    assert page.find("a", string="Asked by: Harcastle") is None


def test_another_party_with_the_word_in_its_name_is_told(browser: TestClient) -> None:
    page = found(browser, party="Labour")
    said = "Party Labour also finds Social Democratic & Labour Party, because the word is in the name."
    assert said in text(page)
    assert link(page, "Search for party Lab") == "/search?party=Lab"
    page = found(browser, q="party:Labour")
    assert said in text(page)
    assert page.find("a", string="Search for party Lab") is None
    assert said not in text(found(browser, party="Lab"))


def test_filters_among_the_words_are_removed_and_the_others_stay(browser: TestClient) -> None:
    page = found(browser, q="police kind:statement", house="lords", body="Home")
    path = link(page, "Search for police")
    assert {"q=police", "house=lords", "body=Home"} <= set(path.partition("?")[2].split("&"))
    assert headings(BeautifulSoup(browser.get(path).text, "html.parser"))


def test_a_number_finds_its_record_and_offers_the_figure(browser: TestClient) -> None:
    page = found(browser, q="91090")
    assert headings(page) == ["Police: ICT"]
    assert link(page, "Look for the figure 91090") == "/search?q=%2291090%22"


def test_an_unknown_reference(browser: TestClient) -> None:
    assert "No record goes by 2024-11-26/77777." in text(found(browser, q="2024-11-26/77777"))


# -- pages --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["newest", "oldest", "relevance"])
def test_pages_follow_each_other_without_gaps(browser: TestClient, monkeypatch: pytest.MonkeyPatch, sort: str) -> None:
    whole = headings(found(browser, q="police", sort=sort))
    monkeypatch.setattr(search, "ON_A_PAGE", 5)
    page = found(browser, q="police", sort=sort)
    assert f"Next page ({len(whole) - 5} more)" in text(page)
    seen = headings(page)
    while page.find("a", rel="next"):
        page = BeautifulSoup(browser.get(link(page, "Next page")).text, "html.parser")
        seen += headings(page)
    assert seen == whole
    assert "q=police" in link(page, "First page")
    assert "after=" not in link(page, "First page")


def test_beyond_the_last_record(browser: TestClient) -> None:
    page = found(browser, q="police", after="19000101.1")
    assert "No more records" in text(page)


def test_a_search_ends_when_its_time_is_over(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hits, "MOST_SECONDS", -1)
    monkeypatch.setattr(search, "ON_A_PAGE", 100)
    page = found(browser, q="police")
    assert "Nothing found so far" in text(page)
    assert "This search takes too long: narrow it by days, a body or rarer words." in text(page)
    over = iter([False, False] + 100 * [True])
    monkeypatch.setattr(hits, "time_limit", lambda _: lambda: next(over))
    monkeypatch.setattr("db.filtered_search._FIRST", 4)
    page = found(browser, q="police")
    assert headings(page)
    assert "This search takes too long" in text(page)
    monkeypatch.undo()
    assert headings(BeautifulSoup(browser.get(link(page, "Go on searching")).text, "html.parser"))


# -- facets -------------------------------------------------------------------------------------------------------------


def test_each_facet_narrows(browser: TestClient) -> None:
    page = found(browser, q="police")
    assert [heading.get_text() for heading in page.select("#narrow ~ .fields h3")] == [
        "Answering body", "Answered by", "Asked by", "Year", "Party of who asked",
    ]  # fmt: skip
    path = link(page, "Labour")
    narrowed = BeautifulSoup(browser.get(path).text, "html.parser")
    assert "8 records" in text(narrowed)
    assert "Party of who asked: Labour" in text(narrowed)


def test_a_name_that_is_part_of_longer_ones_says_what_its_words_find(browser: TestClient) -> None:
    page = found(browser, q="police OR water OR school")
    [entry] = [item for item in page.select("#narrow ~ .fields li") if item.get_text().startswith("Labour (")]
    count, finds = (int(number) for number in re.findall(r"\d+", entry.get_text()))
    assert entry.get_text() == f"Labour ({count}; with longer names {finds})"
    narrowed = BeautifulSoup(browser.get(str(entry.select("a")[0]["href"])).text, "html.parser")
    assert f"{finds} records" in text(narrowed)
    assert finds > count


def test_a_body_that_was_split_says_what_its_line_finds() -> None:
    names: dict[str | None, int] = {
        "commons/2021/Department for Business, Energy and Industrial Strategy": 4,
        "commons/2024/Department for Business and Trade": 2,
        "commons/2024/Home Office": 1,
    }
    bodies: dict[str | None, int] = {str(name).rpartition("/")[2]: count for name, count in names.items()}
    facets = Facets(total=7, counts={"body": bodies, BODY_IN_YEAR: names})
    [shown] = search_facets.facet_lists(Narrowing(SearchForm(words="police", lineage=True), "list"), facets, ["body"])
    assert [(value.count, value.found) for value in shown.first] == [(4, 6), (2, 6), (1, 1)]
    assert {value.more for value in shown.first} == {"with what it came from and became"}


def test_a_value_whose_words_all_records_have_is_no_link() -> None:
    facets = Facets(total=3, counts={"body": {"Health": 1, "Health and Social Care": 2}})
    [bodies] = search_facets.facet_lists(Narrowing(SearchForm(words="police"), "list"), facets, ["body"])
    assert [(value.words, value.count, value.found, bool(value.path)) for value in bodies.first] == [
        ("Health and Social Care", 2, 2, True),
        ("Health", 1, 3, False),
    ]


def test_bodies_with_one_abbreviation_are_written_out() -> None:
    media = ["Department for Digital, Culture, Media and Sport", "Department for Culture, Media and Sport"]
    facets = Facets(total=6, counts={"body": {media[0]: 3, media[1]: 2, "Department for Education": 1}})
    [bodies] = search_facets.facet_lists(Narrowing(SearchForm(words="police"), "list"), facets, ["body"])
    assert [value.words for value in bodies.first] == [*media, "DfE"]


def test_a_year_is_its_days() -> None:
    facets = Facets(total=3, counts={"year": {"2023": 1, None: 1, "2024": 1}})
    [years] = search_facets.facet_lists(Narrowing(SearchForm(words="police"), "list"), facets, ["year"])
    assert [(value.words, value.path) for value in years.first] == [
        ("2024", "/search?q=police&from=2024-01-01&to=2024-12-31"),
        ("2023", "/search?q=police&from=2023-01-01&to=2023-12-31"),
        ("not known", ""),
    ]


def test_a_year_keeps_the_days_that_were_asked_for() -> None:
    facets = Facets(total=3, counts={"year": {"2023": 1, "2024": 2}})
    form = SearchForm(words="police", first="2023-12-10", last="30d")
    narrowing = Narrowing(form, "list", (date(2023, 12, 10), date(2024, 8, 1)))
    [years] = search_facets.facet_lists(narrowing, facets, ["year"])
    assert [value.path for value in years.first] == [
        "/search?q=police&from=2024-01-01&to=2024-08-01",
        "/search?q=police&from=2023-12-10&to=2023-12-31",
    ]


def test_facets_of_a_part_say_so(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_facets, "MOST_COUNTED", 4)
    monkeypatch.setattr(search, "ON_A_PAGE", 3)
    page = found(browser, q="police")
    assert "Counted among the newest 4 records only." in text(page)
    assert "At least 4 records" in text(page)
    assert "Next page (At least 1 more)" in text(page)
    more = BeautifulSoup(browser.get(link(page, "Count more")).text, "html.parser")
    assert "16 records" in text(more)
    assert "Counted among" not in text(more)


def test_counting_ends_when_its_time_is_over(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_facets, "TIME", -1)
    monkeypatch.setattr(db_search, "SURELY", 1)
    assert "16 records" in text(found(browser, q="police"))  # fewer than are read at once
    monkeypatch.setattr("db.filtered_search._FIRST", 2)
    monkeypatch.setattr(search, "ON_A_PAGE", 1)
    assert "At least 2 records" in text(found(browser, q="police", sort="oldest", house="commons"))


# -- words in context ---------------------------------------------------------------------------------------------------


def rows(page: BeautifulSoup) -> list[tuple[str, str, str]]:
    """Return the rows of the table: before, found, after."""
    shown = []
    for row in page.select("table.kwic tbody tr"):
        left, words, right = (cell.get_text().strip() for cell in row.find_all("td"))
        shown.append((left, words, right))
    return shown


def test_each_find_has_a_row_with_its_record(browser: TestClient) -> None:
    page = found(browser, q="police", view="kwic")
    shown = rows(page)
    assert ("", "Police", ": Training") in shown
    assert all(words.lower().startswith("police") for _, words, _ in shown)
    assert len(shown) > 14
    first = page.select("table.kwic tbody th a")[0]
    assert browser.get(str(first["href"])).status_code == 200


def test_rows_are_sorted_by_what_stands_beside(browser: TestClient) -> None:
    page = found(browser, q="police", view="kwic")
    assert "Only the rows of this page are put in order." in text(page)
    by_left = rows(BeautifulSoup(browser.get(link(page, "the words before")).text, "html.parser"))
    assert sorted(by_left) == sorted(rows(page))
    last_words = [left.rstrip(": ").lower().rpartition(" ")[2] for left, _, _ in by_left]
    assert last_words == sorted(last_words)
    by_right = rows(BeautifulSoup(browser.get(link(page, "the words after")).text, "html.parser"))
    first_words = [right.lstrip(":,. ").lower().partition(" ")[0].strip(".,;:") for _, _, right in by_right]
    assert first_words == sorted(first_words)


def test_many_rows_are_cut_and_said(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_ROWS", 3)
    page = found(browser, q="police", view="kwic")
    assert len(rows(page)) == 3
    assert "The first 3 rows are shown" in text(page)


def test_without_words_there_is_no_context(browser: TestClient) -> None:
    assert "Write words into the search to see them in context." in text(found(browser, house="lords", view="kwic"))


def test_the_view_stays_while_pages_are_turned(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "ON_A_KWIC_PAGE", 4)
    page = found(browser, q="police", view="kwic", order="right")
    following = link(page, "Next page")
    assert "view=kwic" in following
    assert "order=right" in following
    assert rows(BeautifulSoup(browser.get(following).text, "html.parser"))


# -- links and hostile texts --------------------------------------------------------------------------------------------


def test_a_search_can_be_watched_and_repeated_as_a_command(browser: TestClient) -> None:
    page = found(browser, q="cyber crime", house="commons")
    assert link(page, "Watch this") == "/topics/try?term=cyber+crime"
    command = page.select("pre")[-1].get_text()
    assert command == "pqwatch search --house commons 'cyber crime'"
    assert "Watch this" not in text(found(browser, house="commons"))


def test_a_public_page_shows_no_topics(office: Office) -> None:
    office.set_web(public=True)
    with office.browser() as browser:
        page = found(browser, q="police")
        assert "Watch this" not in text(page)
        assert "Hi-tech crime policing" not in text(page)
        refused = found(browser, 403, topic="Hi-tech crime policing")
        assert "Topics are not shown on this page." in text(refused)
        assert "Hi-tech crime" not in browser.get("/search.jsonl?q=police").text.replace("Hi-Tech", "")
        assert browser.get("/search.csv?topic=Water").status_code == 403


@pytest.mark.parametrize("name", ["q", "body", "asker", "topic", "from", "after", "label"])
def test_hostile_values_stay_text(browser: TestClient, name: str) -> None:
    response = browser.get(
        "/search", params={"q": "police", name: HOSTILE[:20] if name in ("from", "after") else HOSTILE}
    )
    assert "<script>alert" not in response.text
    assert response.status_code in (200, 400)


def test_characters_that_databases_refuse_are_no_error(browser: TestClient) -> None:
    assert (
        browser.get("/search", params={"q": "police\0", "body": "\0", "topic": "\0", "after": "\0"}).status_code == 200
    )
    assert browser.get("/search", params={"q": "2024-11-14/91090\0"}).status_code == 200


def test_texts_that_deceive_are_cleaned(browser: TestClient) -> None:
    response = browser.get("/search", params={"q": "\u202epolice\x1b[31m"})
    assert "\u202e" not in response.text
    assert "\x1b" not in response.text


def test_the_same_page_is_not_sent_twice(browser: TestClient) -> None:
    first = browser.get("/search?q=police")
    again = browser.get("/search?q=police", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_a_search_by_filters_alone_that_takes_too_long_says_so(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = select(literal(1).label("number")).cte("counted", recursive=True)
    counted = counted.union_all(select(counted.c.number + 1))
    endless = select(func.count()).select_from(counted).where(counted.c.number < 0).scalar_subquery()
    monkeypatch.setattr("db.filtered_search.conditions", lambda *given: [*conditions(*given), endless == 1])
    monkeypatch.setattr(hits, "MOST_SECONDS", 0.2)
    page = found(browser, house="lords")
    assert "Nothing found so far" in text(page)
    assert "This search takes too long: narrow it by days, a body or rarer words." in text(page)
    refused = browser.get("/api/v1/search?house=lords")
    assert refused.status_code == 503
    assert "takes too long" in refused.json()["error"]


def test_a_body_is_followed_through_time_if_asked(browser: TestClient) -> None:
    page = found(browser, body="Home Department", lineage="true")
    box = page.find("input", {"name": "lineage"})
    assert box is not None
    assert box.has_attr("checked")
    assert headings(page) == headings(found(browser, body="Home Office"))
    assert headings(page)
    assert "--lineage" in text(page)
    assert "Answering body: Home Department, followed through time: the Home Office" in text(page)
    assert headings(found(browser, body="Home Department")) == []
    rows = browser.get("/api/v1/facets", params={"facet": "body", "lineage": "true"}).json()["items"]
    assert all(row["facet"] == "body" and row["records"] for row in rows)
    shown = browser.get("/statistics", params={"by": "body", "lineage": "true"}).text
    assert 'name="lineage" value="true" checked' in shown


def test_a_search_that_cannot_be_read_names_the_error_in_its_title_and_at_the_field(
    reading_browser: TestClient,
) -> None:
    shown = BeautifulSoup(reading_browser.get("/search", params={"q": "(crime"}).text, "html.parser")
    field = shown.select_one("#q")
    assert field is not None
    assert shown.title is not None
    assert shown.title.get_text().startswith("Error: ")
    assert field["aria-invalid"] == "true"
    assert "problem" in field["aria-describedby"]
    assert shown.select_one("#problem") is not None


def test_a_filter_that_cannot_be_read_is_shown_among_the_open_filters(reading_browser: TestClient) -> None:
    shown = BeautifulSoup(reading_browser.get("/search", params={"q": "crime", "from": "xyz"}).text, "html.parser")
    filters = shown.select_one("#from")
    assert filters is not None
    details = filters.find_parent("details")
    assert details is not None
    assert details.has_attr("open")
    assert "aria-invalid" not in shown.select_one("#q").attrs  # type: ignore[union-attr]  # the page has the field


def test_a_topic_whose_name_has_two_spaces_is_found(office: Office) -> None:
    text = office.config.read_text("utf-8").replace('"Hi-tech crime policing"', '"Hi-tech  crime policing"')
    office.config.write_text(text, "utf-8")
    with office.browser() as browser:
        assert browser.get("/search", params={"topic": "Hi-tech  crime policing"}).status_code == 200
        assert browser.get("/search", params={"topic": "Nonsense"}).status_code == 400
