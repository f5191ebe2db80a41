"""Digests as they were mailed: the list, and each by a link that can't be guessed."""

from __future__ import annotations

import re
import zlib
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup

from monitor import app
from monitor.delivery.links import READ, READ_FOR, SUBSCRIPTION, ReaderLinks, Signer, secret_of, subscription_value
from monitor.digest.compose import Compose
from monitor.parliament.calendar import load_calendar
from tests.web.conftest import EVENING
from tests.web.test_operators import execute

if TYPE_CHECKING:
    from email.message import EmailMessage

    import pytest
    from starlette.testclient import TestClient

    from tests.web.conftest import Office

BASE = "https://pq.example.org"


def signer(office: Office) -> Signer:
    """Return the signer of an office's archive."""
    archive = app.archive(app.configuration(str(office.config), needs_password=False))
    try:
        return Signer(secret_of(archive))
    finally:
        archive.close()


def message_ids(office: Office) -> list[str]:
    """Return the Message-IDs of the mails of both days, without brackets."""
    archive = app.archive(app.configuration(str(office.config), needs_password=False))
    try:
        return [mail.message_id.strip("<>") for mail in archive.deliveries.listing()]
    finally:
        archive.close()


def composed(office: Office, **web: object) -> EmailMessage:
    """Compose the digest of the second day anew, and return its mail."""
    if web:
        office.set_web(**web)
    execute(office, "delete from digest_item where digest_id = 2")
    execute(office, "delete from digest_waiting where digest_id = 2")
    execute(office, "delete from outbox where digest_id = 2")
    execute(office, "delete from digest where id = 2")
    config = app.configuration(str(office.config), needs_password=False)
    archive = app.archive(config)
    try:
        compose = Compose(archive, config, load_calendar(config.calendar.recess), EVENING, lambda: EVENING)
        prepared = compose.prepare(config.subscribers[0], "2024-11-27T20:00")
        message = compose.mail(config.subscribers[0], prepared).message
    finally:
        archive.close()
    return message_from_bytes(message, policy=policy.default)


def body(mail: EmailMessage, kind: str) -> str:
    """Return the text or the HTML of a mail."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


# -- the list -----------------------------------------------------------------------------------------------------------


def test_the_list_has_the_digests_of_both_days(reading_browser: TestClient) -> None:
    page = BeautifulSoup(reading_browser.get("/digests").text, "html.parser")
    listed = [item.get_text(" ", strip=True) for item in page.select(".records > li")]
    assert len(listed) == 2
    assert "27 November 2024, for Policy desk" in listed[0]
    assert listed[0].endswith("sent")
    link = page.select_one(".records a")
    assert link is not None
    assert reading_browser.get(str(link["href"])).status_code == 200


def test_the_list_of_one_reader_and_of_an_unknown_one(reading_browser: TestClient) -> None:
    assert "27 November 2024" in reading_browser.get("/digests", params={"reader": "Policy desk"}).text
    assert reading_browser.get("/digests", params={"reader": "Stranger"}).status_code == 404


def test_the_list_goes_on_from_a_number(reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.web.digests.ON_A_PAGE", 1)
    first = BeautifulSoup(reading_browser.get("/digests").text, "html.parser")
    older = first.find("a", rel="next")
    assert older is not None
    second = reading_browser.get(str(older["href"])).text
    assert "26 November 2024" in second
    assert "Older digests" not in second
    last = reading_browser.get("/digests", params={"before": 1, "reader": "Policy desk"}).text
    assert 'There are no older digests. <a href="/digests?reader=Policy+desk">' in last
    assert reading_browser.get("/digests", params={"before": 0}).status_code == 422


def test_a_digest_that_told_nothing_has_no_page(office: Office) -> None:
    execute(office, "update digest set kind = 'empty' where id = 1")
    execute(office, "delete from outbox where digest_id = 1")
    with office.browser() as browser:
        assert "nothing to tell" in browser.get("/digests").text
        assert browser.get("/digests/1").status_code == 404
        assert browser.get("/digests/99").status_code == 404


def test_a_message_to_a_webhook_is_shown_as_text(office: Office) -> None:
    execute(
        office,
        "update outbox set channel = 'json', message = ? where id = 1",
        zlib.compress(b'{"text": "<script>1</script>"}'),
    )
    with office.browser() as browser:
        response = browser.get("/digests/1")
    assert "&lt;script&gt;1" in response.text
    assert "<script" not in response.text


def test_where_everyone_may_read_digests_are_not_listed(office: Office) -> None:
    office.set_web(public=True)
    with office.browser() as browser:
        for path in ("/digests", "/digests/1"):
            response = browser.get(path)
            assert response.status_code == 403
            assert "Policy desk" not in response.text
        assert 'href="/digests"' not in browser.get("/").text


# -- by link ------------------------------------------------------------------------------------------------------------


def test_a_link_shows_the_mail_as_its_own_document(office: Office) -> None:
    token = signer(office).sign(READ, message_ids(office)[1])
    office.set_web(auth="proxy", base_url=BASE)  # it asks for no sign-in
    with office.browser() as browser:
        response = browser.get(f"/read/{token}")
    assert response.status_code == 200
    assert response.text.lower().startswith("<!doctype html>")
    assert "National Crime Agency" in response.text
    rules = response.headers["content-security-policy"]
    assert "default-src 'none'" in rules
    assert "style-src 'unsafe-inline'" in rules
    assert "script-src" not in rules
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["x-robots-tag"] == "noindex, nofollow"


def test_a_link_also_works_where_everyone_may_read(office: Office) -> None:
    token = signer(office).sign(READ, message_ids(office)[0])
    office.set_web(public=True)
    with office.browser() as browser:
        assert browser.get(f"/read/{token}").status_code == 200


def test_a_link_that_was_not_made_here_leads_nowhere(office: Office) -> None:
    made = signer(office)
    good = made.sign(READ, message_ids(office)[0])
    with office.browser() as browser:
        for token in (good[:-1], good + "x", "x", made.sign(SUBSCRIPTION, message_ids(office)[0])):
            response = browser.get(f"/read/{token}")
            assert response.status_code == 404
            assert "copy all of it from the mail" in response.text
        assert browser.get(f"/read/{'x' * 1_001}").status_code == 422
        assert browser.get(f"/read/{made.sign(READ, 'unknown@example.org')}").status_code == 410


def test_a_link_lasts_a_year(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    made = signer(office)
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_000_000_000)
    token = made.sign(READ, message_ids(office)[0])
    with office.browser() as browser:
        monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_000_000_000 + READ_FOR)
        assert browser.get(f"/read/{token}").status_code == 200
        monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_000_000_001 + READ_FOR)
        assert browser.get(f"/read/{token}").status_code == 404


def test_it_says_when_the_text_is_not_kept_any_more(office: Office) -> None:
    token = signer(office).sign(READ, message_ids(office)[0])
    execute(office, "update outbox set message = x''")
    with office.browser() as browser:
        response = browser.get(f"/read/{token}")
        assert response.status_code == 410
        assert "mails are kept for 90 days" in response.text
        assert "/digests/1" not in browser.get("/digests").text


# -- in the mail --------------------------------------------------------------------------------------------------------


def test_the_mail_links_to_itself_and_to_preferences(office: Office) -> None:
    mail = composed(office, base_url=BASE)
    for kind in ("plain", "html"):
        text = body(mail, kind)
        for path in ("/read/", "/preferences/", "/unsubscribe/"):
            assert f"{BASE}{path}" in text
    value = mail["List-Unsubscribe"]
    assert value.startswith(f"<{BASE}/unsubscribe/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Policy" not in value


def test_the_head_of_the_mail_has_the_address_to_write_to_as_well(office: Office) -> None:
    text = office.config.read_text("utf-8").replace('unsubscribe = ""', 'unsubscribe = "stop@example.org"')
    office.config.write_text(text, "utf-8")
    mail = composed(office, base_url=BASE)
    assert mail["List-Unsubscribe"].endswith(">, <mailto:stop@example.org?subject=STOP>")
    assert "write to" not in body(mail, "plain")[-600:]


def test_without_encryption_no_one_click_is_offered(office: Office) -> None:
    mail = composed(office, base_url="http://pq.example.org")
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None
    assert "http://pq.example.org/unsubscribe/" in body(mail, "plain")


def test_without_a_page_the_mail_has_no_links_to_one(office: Office) -> None:
    mail = composed(office)
    assert "Read it in a browser" not in body(mail, "plain")
    assert "own-links" not in body(mail, "html")
    assert "To stop, ask the person who runs pqwatch for you." in " ".join(body(mail, "plain").split())


def test_who_reads_a_digest_that_was_passed_on_can_not_change_the_subscription(office: Office) -> None:
    mail = composed(office, base_url=BASE)
    execute(office, "update outbox set message = ? where id = 1", zlib.compress(mail.as_bytes()))
    with office.browser() as browser:
        page = browser.get("/digests/1").text
    assert "/preferences/" not in page
    assert "/unsubscribe/" not in page
    assert "You get this as" in page


def test_the_link_in_the_mail_leads_to_the_mail(office: Office) -> None:
    config = app.configuration(str(office.config), needs_password=False)
    links = ReaderLinks.of(signer(office), BASE, config.subscribers[0], f"<{message_ids(office)[0]}>")
    with office.browser() as browser:
        assert browser.get(links.read.removeprefix(BASE)).status_code == 200
        assert browser.get(links.preferences.removeprefix(BASE)).status_code == 200
    assert subscription_value(config.subscribers[0]) != config.subscribers[0].key


def test_each_item_of_the_mail_leads_to_its_record(office: Office) -> None:
    mail = composed(office, base_url=BASE)
    in_html = set(re.findall(rf"{BASE}(/records/[\w-]+)", body(mail, "html")))
    in_text = set(re.findall(rf"(?m)^{BASE}(/records/[\w-]+)\r?$", body(mail, "plain")))
    assert in_html == in_text
    assert len(in_html) > 3
    with office.browser() as browser:
        assert {browser.get(path).status_code for path in in_html} == {200}
