"""People and bodies: their figures by year, and their records."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from html import unescape
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from monitor.web import people
from monitor.web.people import body_path, person_path
from tests.servers import migrated_database
from tests.web.conftest import EVENING

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Office


def shown_ids(page: str) -> list[str]:
    return re.findall(r'<h3><a href="/records/([^"]+)">', page)


def cells(page: str) -> list[list[str]]:
    table = BeautifulSoup(page, "html.parser").find("table")
    assert table is not None
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]


def ask(office: Office, *words: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(pqwatch, [*words, "--json", "--config", str(office.config)])
    assert result.exit_code == 0, result.output
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def test_a_body_has_the_figures_of_the_command(
    reading_browser: TestClient, reading_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "clock", lambda: EVENING)
    [told] = ask(reading_office, "stats", "--by", "year", "--body", "Home Office")
    page = reading_browser.get(body_path("Home Office")).text
    head, year, every = cells(page)
    assert head == ["Year", "Records", "Answered", "Median days", "90 % came", "Late"]
    assert year[:4] == ["2024 so far", str(told["records"]), str(told["answered"]), str(told["days_median"])]
    assert year[5].startswith(f"{told['late']} of {told['due_known']} (")
    assert every == ["All", *year[1:]]
    assert "Half of the answers came within" in page


def test_figures_by_year_say_in_which_a_question_counts(reading_browser: TestClient, reading_office: Office) -> None:
    asker = str(ask(reading_office, "stats", "--by", "asker")[0]["asker"])
    for path in (person_path(asker), body_path("Home Office")):
        page = reading_browser.get(path).text
        assert "A question counts in the year in which it was corrected, else answered, else tabled." in page
    assert "A question counts under the day on which it was corrected" in reading_browser.get("/statistics").text


def test_the_records_of_a_body_go_on_over_pages(reading_browser: TestClient, reading_office: Office) -> None:
    every = [record["id"] for record in ask(reading_office, "search", "--body", "Home Office", "--limit", "0")]
    page = reading_browser.get(body_path("Home Office"))
    found = shown_ids(page.text)
    while following := BeautifulSoup(page.text, "html.parser").find("a", rel="next"):
        page = reading_browser.get(str(following["href"]))
        assert page.status_code == 200
        found += shown_ids(page.text)
    assert found == every
    assert len(found) > people.ON_A_PAGE


def test_open_and_late_questions_of_a_body(reading_browser: TestClient) -> None:
    page = reading_browser.get(body_path("Home Office")).text
    counts = dict(re.findall(r">(Questions without an answer|Late now)</a> \((\d+)\)", page))
    waiting = reading_browser.get(body_path("Home Office"), params={"show": "open"}).text
    late = reading_browser.get(body_path("Home Office"), params={"show": "late"}).text
    assert len(shown_ids(waiting)) == int(counts["Questions without an answer"])
    assert len(shown_ids(late)) == int(counts["Late now"]) == 1
    assert re.search(r"Due on 15 November 2024, \d+ days late\.", late)


def test_a_long_list_of_late_questions_says_where_it_stopped(
    reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "LOOKED_AT", 2)
    first = reading_browser.get(body_path("Home Office"), params={"show": "late"})
    assert "the next page looks further" in first.text
    following = BeautifulSoup(first.text, "html.parser").find("a", rel="next")
    assert following is not None
    assert reading_browser.get(str(following["href"])).status_code == 200


def test_a_minister_has_days_taken_and_an_asker_their_questions(
    reading_browser: TestClient, reading_office: Office
) -> None:
    answered = ask(reading_office, "stats", "--by", "minister")
    minister = max(answered, key=lambda row: (row["minister"] is not None, row["records"]))
    page = reading_browser.get(person_path(str(minister["minister"])))
    assert page.status_code == 200
    assert "Answers, and statements for the government" in page.text
    assert re.search(r"Answered (after \d+ days?|on the day it was tabled)", page.text)
    asker = str(ask(reading_office, "stats", "--by", "asker")[0]["asker"])
    page = reading_browser.get(person_path(asker))
    assert "<h2>Questions asked</h2>" in page.text
    told = [record["id"] for record in ask(reading_office, "search", "--asker", asker)]
    assert shown_ids(page.text) == told


def test_only_this_very_name_counts(reading_browser: TestClient) -> None:
    assert reading_browser.get(person_path("Lord")).status_code == 404
    assert reading_browser.get(body_path("Office")).status_code == 404


def test_people_are_found_by_words_of_their_names(reading_browser: TestClient) -> None:
    page = reading_browser.get("/people", params={"q": "haverstoke"}).text
    assert '<a href="/people/Lord%20Haverstoke">Lord Haverstoke</a>' in page
    near = reading_browser.get("/people", params={"q": "Haverstok"}).text
    assert "Did you mean:" in near
    assert "Lord Haverstoke" in near
    assert "/people/" not in reading_browser.get("/people").text


def test_bodies_are_listed(reading_browser: TestClient) -> None:
    page = reading_browser.get("/bodies").text
    assert '<a href="/bodies/Home%20Office">Home Office</a>' in page
    assert "/bodies/Foreign%2C%20Commonwealth%20and%20Development%20Office" in page
    assert "Treasury" not in reading_browser.get("/bodies", params={"q": "office"}).text
    assert "/bodies/Ministry%20of%20Defence" in reading_browser.get("/bodies", params={"q": "MoD"}).text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/people/Nemo", 404, "The archive has no person by the name Nemo."),
        ("/bodies/Home%20Ofice", 404, "Did you mean Home Office?"),
        ("/people/%3Cscript%3Ealert(1)%3C%2Fscript%3E", 404, "by the name <script>alert(1)</script>."),
        ("/people/a%2F..%2F%00b", 404, "The archive has no person"),
        ("/people/Lord%20Haverstoke?as=speaker", 404, "no records of Lord Haverstoke in this role"),
        ("/people/Lord%20Haverstoke?as=king", 422, "as: this value can't be used."),
        ("/people/Lord%20Haverstoke?after=never", 422, "this is no place in the list"),
        ("/people/Lord%20Haverstoke?after=1.20241126.1", 422, "this is no place in the list"),
        ("/bodies/Home%20Office?show=everything", 422, "show: this value can't be used."),
        ("/bodies/Home%20Office?after=20241126.99999999999", 422, "this is no place in the list"),
        (f"/people/{'x' * 3000}", 404, "The archive has no person"),
        (f"/people?q={'x' * 300}", 422, "q: this value can't be used."),
    ],
)
def test_wrong_values_are_refused_in_a_sentence(reading_browser: TestClient, path: str, status: int, said: str) -> None:
    response = reading_browser.get(path)
    assert response.status_code == status
    assert said in unescape(response.text)
    assert "<script>alert" not in response.text


def test_a_character_that_postgresql_does_not_take_is_in_no_name(
    office: Office, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with migrated_database(postgres) as url:
        monkeypatch.setenv("PQWATCH_TEST_ARCHIVE", url)
        text = re.sub(r'(?m)^url = "sqlite:.*$', 'url_env = "PQWATCH_TEST_ARCHIVE"', office.config.read_text("utf-8"))
        office.config.write_text(text, "utf-8")
        with office.browser() as browser:
            for path in ("/people/a%00b", "/bodies/%00"):
                assert browser.get(path).status_code == 404
            assert browser.get("/api/v1/digests", params={"subscriber": "a\0b"}).json()["items"] == []


@pytest.mark.parametrize("name", ["O'Brien & Sons / Ltd?", "Siân Prydderch-Rees", "<b>#1</b>%41", "..", "a\\b"])
def test_addresses_of_names_are_encoded(name: str) -> None:
    assert re.fullmatch(r"/people/[\w.~%-]+", person_path(name), re.ASCII)
    assert body_path(name).count("/") == 2


def test_hostile_names_stay_text_and_have_their_page(office: Office) -> None:
    name = '<img src=x onerror="alert(1)">/../O\'Brien?#'
    with closing(sqlite3.connect(office.folder / "pqwatch.db")) as archive, archive:
        archive.execute("UPDATE proceeding SET asker = ? WHERE asker IS NOT NULL", (name,))
    with office.browser() as browser:
        found = BeautifulSoup(browser.get("/people", params={"q": "O'Brien"}).text, "html.parser")
        [at] = [str(link["href"]) for link in found.select("main li a")]
        assert at == person_path(name)
        page = browser.get(at)
        assert page.status_code == 200
        assert "<img" not in page.text
        title = BeautifulSoup(page.text, "html.parser").find("h1")
        assert title is not None
        assert title.get_text() == name


def test_a_minister_has_their_promises(reading_browser: TestClient) -> None:
    page = BeautifulSoup(reading_browser.get("/people/Harriet%20Osgathorpe").text, "html.parser")
    links = {link.get_text(): str(link["href"]) for link in page.select("main a")}
    [path] = {at for words, at in links.items() if re.fullmatch(r"\d+ promises?", words)}
    assert path == "/promises?minister=Harriet+Osgathorpe"
    assert f"{path}&state=open" in links.values()
    listed = reading_browser.get(path).text
    assert "<h1>Promises of Harriet Osgathorpe</h1>" in listed
    assert "The Act will also be reviewed as a whole within five years." in listed
    assert "Promises</h2>" not in reading_browser.get("/people/Amabel%20Thirlestone").text
