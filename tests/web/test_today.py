"""The page of a day: its three zones, its readers, and the days around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Office


def zone(page: str, name: str) -> str:
    """Return the text of a zone."""
    found = BeautifulSoup(page, "html.parser").find(id=name)
    assert found is not None
    assert found.parent is not None
    return found.parent.get_text(" ", strip=True)


def test_the_day_has_what_to_act_on_to_read_and_what_is_coming(browser: TestClient) -> None:
    page = browser.get("/").text
    assert "Corrected, withdrawn or changed (4)" in zone(page, "act")
    assert "New answers and statements" in zone(page, "read")
    assert "New questions" in zone(page, "coming")
    assert "Wednesday 27 November 2024" in page


def test_it_says_what_was_read(browser: TestClient) -> None:
    assert "Read in full: Commons 12 of 12, Lords 2 of 2." in browser.get("/").text


def test_a_day_before_and_no_day_after_today(browser: TestClient) -> None:
    page = BeautifulSoup(browser.get("/").text, "html.parser")
    before = page.find("a", rel="prev")
    assert before is not None
    assert "Tuesday 26 November 2024" in browser.get(str(before["href"])).text
    assert page.find("a", rel="next") is None


def test_a_reader_sees_their_own_topics(browser: TestClient) -> None:
    assert "for Policy desk" in browser.get("/", params={"reader": "Policy desk"}).text
    unknown = browser.get("/", params={"reader": "Nobody"})
    assert unknown.status_code == 404
    assert "There is no such reader in config.toml." in unknown.text


def test_impossible_days_are_refused_in_a_sentence(browser: TestClient) -> None:
    assert browser.get("/", params={"day": "1066-10-14"}).status_code == 404
    wrong = browser.get("/", params={"day": "tomorrow"})
    assert wrong.status_code == 422
    assert "day: this value can&#39;t be used." in wrong.text


def test_without_topics_it_says_where_to_begin(office: Office) -> None:
    text = office.config.read_text("utf-8")
    start, end = text.index("[[topics]]"), text.index("# Subscribers:")
    office.config.write_text(text[:start] + text[end:].replace("[[subscribers]]", "[[subscribers]]"), "utf-8")
    with office.browser() as browser:
        assert "No topics are watched yet." in browser.get("/").text


def test_visitors_are_led_to_the_mail_where_they_may_subscribe(office: Office) -> None:
    with office.browser() as browser:
        assert 'href="/subscribe"' not in browser.get("/").text
    office.set_web(base_url="https://pqwatch.example.org", signup=True)
    with office.browser() as browser:
        assert 'href="/subscribe"' in browser.get("/").text


def test_it_says_what_changed_where_the_source_does_not(browser: TestClient) -> None:
    act = zone(browser.get("/").text, "act")
    assert "Its text was changed; the source does not call it a correction." in act


def test_letters_that_did_not_come_yet_are_no_work_of_the_day(browser: TestClient) -> None:
    assert "Promised letters" not in zone(browser.get("/").text, "act")
