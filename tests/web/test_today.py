"""The page of a day: its three zones, its readers, and the days around it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from tests.web.forms import send

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
    assert "Corrected, withdrawn or changed (5)" in zone(page, "act")
    assert "New answers and statements" in zone(page, "read")
    coming = zone(page, "coming")
    assert "New questions" in coming
    assert "On the order paper, announced, or open for evidence (3)" in coming
    assert "business, Thu 5 Dec" in coming
    assert "Its day was moved." in zone(page, "act")
    assert "Wednesday 27 November 2024" in page


def test_it_says_what_was_read(browser: TestClient) -> None:
    assert "Read in full: Commons 12 of 12, Lords 2 of 2, what is coming" in browser.get("/").text


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
    assert "There is no such reader." in unknown.text


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


# -- promises -----------------------------------------------------------------------------------------------------------

SPRING = "The Department will publish revised guidance for schools in the spring."
"""A promise of the demo: its days are March to May 2025, of which the first and the last are Saturdays."""


@pytest.mark.parametrize(
    ("day", "in_zone", "title"),
    [
        ("2025-02-28", "", ""),
        ("2025-03-03", "act", "Promises that fall due (1)"),
        ("2025-03-04", "", ""),
        ("2025-05-23", "", ""),
        ("2025-05-24", "coming", "Promised within a week (2)"),
        ("2025-05-31", "coming", "Promised within a week (2)"),
        ("2025-06-02", "act", "Promises overdue (2)"),
        ("2025-06-03", "", ""),
    ],
)
def test_a_promise_is_told_on_the_days_on_which_it_is_news(
    reading_office: Office, day: str, in_zone: str, title: str
) -> None:
    now = datetime.combine(date.fromisoformat(day), time(20), UTC)
    with reading_office.browser(now=now) as browser:
        page = browser.get("/").text
    for name in ("act", "read", "coming"):
        assert (SPRING in zone(page, name)) == (name == in_zone)
    if in_zone:
        assert title in zone(page, in_zone)


def test_a_promise_is_told_on_the_day_on_which_it_was_kept(office: Office) -> None:
    path = "/promises/p-1d2c520e73"
    with office.browser() as browser:
        send(browser, path, f"{path}/decide", state="kept")
        assert "Promises kept or dropped (1)" in zone(browser.get("/").text, "act")
        assert "Promises kept or dropped" not in browser.get("/", params={"day": "2024-11-26"}).text
    later = datetime(2025, 6, 2, 20, tzinfo=UTC)
    with office.browser(now=later) as browser:
        assert SPRING not in browser.get("/").text


def test_a_promise_that_is_followed_is_told_where_no_topic_finds_it(office: Office) -> None:
    """The roof of an office, which is to open on Monday 2 December 2024."""
    path, now = "/promises/p-a745a9ca6f", datetime(2024, 12, 2, 20, tzinfo=UTC)
    with office.browser() as browser:
        assert "the office will open again" not in browser.get("/").text
        send(browser, path, f"{path}/follow")
        assert "the office will open again" in zone(browser.get("/").text, "coming")
    with office.browser(now=now) as browser:
        assert "the office will open again" in zone(browser.get("/").text, "act")


def test_promises_of_records_that_are_dealt_with_or_muted_are_left_out(office: Office) -> None:
    now = datetime(2025, 6, 2, 20, tzinfo=UTC)
    with office.browser(now=now) as browser:
        send(browser, "/records/q-9091165", "/following/mark", kind="done")
        send(browser, "/records/q-9091012", "/following/mute")
        page = browser.get("/").text
        assert "Promises overdue" not in page
        assert "1 record left out: muted. 1 record left out: dealt with." in page


def test_a_public_page_tells_promises_without_topics(office: Office) -> None:
    office.set_web(public=True)
    with office.browser(now=datetime(2025, 6, 2, 20, tzinfo=UTC)) as browser:
        page = browser.get("/").text
    assert SPRING in zone(page, "act")
    assert "Topic" not in zone(page, "act")


def test_a_public_page_marks_no_words_of_watched_terms(office: Office) -> None:
    with office.browser() as browser:
        assert "<strong>High Tech Crime Unit</strong>" in browser.get("/").text
    office.set_web(public=True)
    with office.browser() as browser:
        page = browser.get("/").text
    assert "Police: ICT" in zone(page, "act")
    assert "<strong>" not in page
    assert "High Tech Crime Unit" not in page
