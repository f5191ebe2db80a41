"""The calendar feed: for all topics, one topic, and a reader by a link of their own that they can end."""

from __future__ import annotations

import re
from contextlib import closing
from html import unescape
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from icalendar import Calendar

from db.archive import Archive
from db.archive_copy import copy_archive
from db.engine import open_engine
from monitor import app
from monitor.cli import pqwatch
from monitor.delivery.links import CALENDAR, SUBSCRIPTION, Signer, secret_of, subscription_value
from monitor.errors import ArchiveError
from monitor.model.watching import LONGEST_FACT
from tests.servers import database
from tests.web.forms import archive_of, send, two_readers
from tests.web.test_following_page import PAGE, pressed

if TYPE_CHECKING:
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.web.conftest import Office

TOPIC = "Hi-tech crime policing"
ARCHIVE_URL = re.compile(r'^url = "sqlite:[^\n]*', re.MULTILINE)


def events(response: Response) -> dict[str, str]:
    """Return the titles of the events of a feed by their identities."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    return {str(event["uid"]): str(event["summary"]) for event in Calendar.from_ical(response.content).walk("VEVENT")}


def own_feed(browser: TestClient, page: str = "/following") -> str:
    """Return the path of the reader's own feed, as a page shows it."""
    found = re.search(r'id="feed"[^>]*>http://127\.0\.0\.1(/calendar/[^<]+)<', browser.get(page).text)
    assert found is not None
    return unescape(found[1])


def test_the_feed_has_the_events_of_the_command(reading_browser: TestClient, reading_office: Office) -> None:
    printed = CliRunner().invoke(pqwatch, ["calendar", "--config", str(reading_office.config)]).stdout_bytes
    response = reading_browser.get("/calendar.ics")
    assert response.content.replace(b"\r\n", b"\n") == printed.replace(b"\r\n", b"\n")
    assert len(events(response)) > 8


def test_one_topic_by_its_name(reading_browser: TestClient) -> None:
    every, of_topic = (
        events(reading_browser.get("/calendar.ics")),
        events(reading_browser.get("/calendar.ics", params={"topic": TOPIC, "recess": "no"})),
    )
    assert 0 < len(of_topic) < len(every)
    assert of_topic.keys() <= every.keys()
    unknown = reading_browser.get("/calendar.ics", params={"topic": "Badgers"})
    assert unknown.status_code == 404
    assert "There is no topic Badgers." in unknown.text


def test_recesses_are_left_out_and_days_of_sittings_added(reading_browser: TestClient) -> None:
    without = events(reading_browser.get("/calendar.ics", params={"recess": "no"}))
    assert not any("recess" in uid for uid in without)
    assert any("sitting" in uid for uid in events(reading_browser.get("/calendar.ics", params={"sitting": "yes"})))


def test_a_feed_that_did_not_change_is_not_sent_again(reading_browser: TestClient) -> None:
    first = reading_browser.get("/calendar.ics")
    assert first.headers["last-modified"].endswith("GMT")
    again = reading_browser.get("/calendar.ics", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_a_reader_has_a_link_of_their_own_that_asks_for_no_sign_in(office: Office) -> None:
    with office.browser() as browser:
        pressed(browser, PAGE, "Follow Department for Education on")
        path = own_feed(browser)
    office.set_web(auth="proxy")
    with office.browser() as browser:
        assert browser.get("/calendar.ics").status_code == 401
        whole = browser.get(path)
        assert b"X-WR-CALNAME:Parliament: Policy desk" in whole.content
        assert len(events(whole)) > 8
        of_topic = browser.get(path, params={"topic": TOPIC})
        assert b"X-WR-CALNAME:Parliament: Hi-tech crime policing" in of_topic.content
        assert 0 < len(events(of_topic)) < len(events(whole))
        assert browser.get(path, params={"topic": "Badgers"}).status_code == 404


def test_what_is_dealt_with_is_cancelled_in_the_reader_s_own(office: Office) -> None:
    with office.browser() as browser:
        path = own_feed(browser)
        uid = next(uid for uid in events(browser.get(path)) if uid.startswith("answer-"))
        record = uid.removeprefix("answer-").partition("@")[0]
        pressed(browser, f"/records/{record}", "Dealt with")
        assert events(browser.get(path))[uid].startswith("Dealt with: ")
        assert not events(browser.get("/calendar.ics"))[uid].startswith("Dealt with: ")


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_another_link_ends_those_of_before(
    dialect: str, office: Office, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if dialect == "sqlite":
        another_link_ends_those_of_before(office)
        return
    with database(request.getfixturevalue("postgres")) as url:
        monkeypatch.setenv("PQWATCH_TEST_ARCHIVE", url)
        copy_to(office, url)
        office.config.write_text(ARCHIVE_URL.sub('url_env = "PQWATCH_TEST_ARCHIVE"', office.config.read_text("utf-8")))
        another_link_ends_those_of_before(office)


def copy_to(office: Office, url: str) -> None:
    """Copy the archive of an office into another database."""
    with (
        closing(app.archive(app.configuration(str(office.config), needs_password=False))) as source,
        closing(Archive(open_engine(url))) as target,
    ):
        copy_archive(source, target)


def another_link_ends_those_of_before(office: Office) -> None:
    """Let a reader ask for another link twice."""
    with office.browser() as browser:
        path = own_feed(browser)
        page = send(browser, "/following", "/following/calendar").text
        assert "Your calendar has a new address" in page
        response = browser.get(path)
        assert response.status_code == 410
        assert "This link has ended" in response.text
        again = own_feed(browser)
        assert events(browser.get(again))
        send(browser, "/following", "/following/calendar")
        assert browser.get(again).status_code == 410


def test_a_link_that_ended_under_the_longer_key_of_before_stays_ended(office: Office, tmp_path: Path) -> None:
    with office.browser() as browser:
        path = own_feed(browser)
        [reader] = browser.app.state.desks.current().config.subscribers  # type: ignore[attr-defined]
        archive_of(browser).runs.set_fact(f"calendar_link:{subscription_value(reader)}", "2")
        assert browser.get(path).status_code == 410
        assert browser.get(own_feed(browser)).status_code == 200
    url = f"sqlite:///{tmp_path / 'copied.db'}"
    copy_to(office, url)
    office.config.write_text(ARCHIVE_URL.sub(f'url = "{url}"', office.config.read_text("utf-8")))
    with office.browser() as browser:
        facts = archive_of(browser).runs
        assert facts.fact(f"calendar_link:{subscription_value(reader)}"[:LONGEST_FACT]) == "2"
        assert browser.get(path).status_code == 410
        again = own_feed(browser)
        send(browser, "/following", "/following/calendar")
        assert browser.get(again).status_code == 410


def test_a_link_ends_with_its_reader(office: Office) -> None:
    with office.browser() as browser:
        path = own_feed(browser)
    text = office.config.read_text("utf-8")
    office.config.write_text(text.replace("policy@example.org", "other@example.org"), "utf-8")
    with office.browser() as browser:
        assert browser.get(path).status_code == 410


def test_the_log_does_not_have_the_token_of_a_link(
    browser: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calendar programs ask every few hours, also while the archive is locked; a link works for years."""
    path = own_feed(browser)

    def locked(*_: object) -> None:
        raise ArchiveError("the archive is locked")

    monkeypatch.setattr("monitor.web.calendar_feed.calendar_contents", locked)
    assert browser.get(path).status_code == 503
    assert "request path=/calendar/... failed: the archive is locked" in caplog.text
    monkeypatch.setattr("monitor.web.calendar_feed.calendar_contents", None)
    assert browser.get(path).status_code == 500
    assert "request path=/calendar/... failed" in caplog.text
    own = [record for record in caplog.records if record.name.startswith("monitor.")]  # the test's client has a log too
    token = path.split("/")[-1].removesuffix(".ics")
    assert not any(token in f"{record.getMessage()} {record.exc_text}" for record in own)


def test_a_link_that_is_not_whole_is_refused(browser: TestClient) -> None:
    signer = Signer(secret_of(archive_of(browser)))
    for token in ("x", signer.sign(SUBSCRIPTION, "x 1"), own_feed(browser).split("/")[-1][:-5]):
        response = browser.get(f"/calendar/{token}.ics")
        assert response.status_code == 404
        assert "This link is not whole" in response.text
    assert browser.get(f"/calendar/{signer.sign(CALENDAR, 'x')}.ics").status_code == 410
    assert browser.get(f"/calendar/{'x' * 1_100}.ics").status_code == 422


def test_waiting_has_the_address_for_its_topic(browser: TestClient) -> None:
    path = own_feed(browser, "/waiting?topic=Hi-tech+crime+policing")
    assert path.endswith("?topic=Hi-tech+crime+policing")
    assert events(browser.get(path))


def test_addresses_are_those_of_base_url(office: Office) -> None:
    office.set_web(base_url="https://answers.example.org")
    with office.browser() as browser:
        assert "https://answers.example.org/calendar/" in browser.get("/following").text
        assert b"https://answers.example.org/records/" in browser.get("/calendar.ics").content.replace(b"\r\n ", b"")


def test_a_public_feed_names_no_topics(office: Office) -> None:
    office.set_web(public=True)
    with office.browser() as browser:
        content = browser.get("/calendar.ics").content.replace(b"\r\n ", b"")
        assert len(events(browser.get("/calendar.ics"))) > 8
        for secret in (b"Hi-tech", b"Policy desk", b"Topics:", b"organised crime agencies"):
            assert secret not in content
        assert browser.get("/calendar.ics", params={"topic": TOPIC}).status_code == 403
        assert "/calendar.ics" in browser.get("/waiting").text


@pytest.mark.parametrize("auth", ["proxy", "none"])
def test_without_a_reader_a_page_behind_a_sign_in_has_no_address(office: Office, auth: str) -> None:
    two_readers(office)
    office.set_web(auth=auth)
    with office.browser() as browser:
        page = browser.get("/waiting", headers={"X-Forwarded-User": "someone"}).text
        assert ("Subscribe to these days" in page) == (auth == "none")
