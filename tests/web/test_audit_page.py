"""Audits: a briefing that is uploaded, held against what a reader was told, and forgotten."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from monitor.web import audits
from monitor.web.security import LARGEST_BODY
from tests.web.conftest import EVENING
from tests.web.forms import csrf_of, form_of, problem_with, two_readers
from tests.web.test_check import docx

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.web.conftest import Office

BRIEFING = """The canary's weekly briefing, 26 to 27 November 2024

UIN 91165 Online Safety: Education

UIN 91188 Internet: Regulation

HL99999 Something <b>else</b>
"""


def post(browser: TestClient, body: bytes = BRIEFING.encode(), name: str = "brief.txt", **fields: str) -> Response:
    form: dict[str, Any] = {"csrf": csrf_of(browser, "/audit"), **fields}
    return browser.post("/audit", files={**{key: (None, value) for key, value in form.items()}, "file": (name, body)})


def rows(page: str) -> list[list[list[str]]]:
    """Return the cells of each table."""
    tables = BeautifulSoup(page, "html.parser").select("table")
    return [
        [[cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])] for row in table.select("tbody tr")]
        for table in tables
    ]


def test_the_page_says_what_the_command_says(
    reading_browser: TestClient, reading_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "clock", lambda: EVENING)
    path = reading_office.folder / "brief.txt"
    path.write_text(BRIEFING, "utf-8")
    command = ["audit", str(path), "--config", str(reading_office.config)]
    printed = CliRunner().invoke(pqwatch, command).stdout
    path.unlink()
    page = post(reading_browser)
    assert page.status_code == 200
    summary = BeautifulSoup(page.text, "html.parser").find(role="status")
    assert summary is not None
    assert summary.get_text() == f"brief.txt: {printed.splitlines()[0]}"
    assert "Days: 26 to 27 November 2024 (from its items)." in page.text
    items, lacking = rows(page.text)
    assert [row[3] for row in items] == ["Told", "Told", "Not in archive"]
    assert items[0][:3] == ["1", "Online Safety: Education", "UIN 91165, answered 26 November 2024"]
    assert len(lacking) > 10
    assert '<a href="/records/q-9091165">' in page.text
    assert "<b>else</b>" not in page.text


def test_days_that_are_given_count(reading_browser: TestClient) -> None:
    days: dict[str, Any] = {"from": "2024-11-27", "to": "2024-11-27"}
    page = post(reading_browser, **days).text
    assert "Days: Wednesday 27 November 2024 (as given)." in page
    assert 'name="from" type="date" value="2024-11-27"' in page


def test_a_word_file_is_read(reading_browser: TestClient) -> None:
    page = post(reading_browser, docx("Briefing of 26 November 2024: UIN 91165"), "brief.docx").text
    assert "brief.docx: The briefing has 1 item" in page


@pytest.mark.parametrize(
    ("body", "fields", "field", "said"),
    [
        (b"", {}, "file", "The briefing: there is nothing to read: choose a file."),
        (b"Nothing of Parliament here.", {}, "file", "Nothing in it could be read as an item"),
        (b"PK\x03\x04 damaged", {}, "file", "Not read:"),
        (b"%PDF-1.7", {}, "file", "Not read:"),
        (BRIEFING.encode(), {"from": "soon"}, "from", "First day: soon is no day: write 2024-11-26, today or 30d."),
        (BRIEFING.encode(), {"from": "<b>"}, "from", "<b> is no day"),
        (BRIEFING.encode(), {"to": "9" * 5_000}, "to", "is no day"),
        (
            BRIEFING.encode(),
            {"from": "2024-11-27", "to": "2024-11-26"},
            "to",
            "Last day: the days end before they begin: 2024-11-27 to 2024-11-26.",
        ),
    ],
)
def test_what_can_not_be_read_is_said_beside_its_field(
    reading_browser: TestClient, body: bytes, *, fields: dict[str, str], field: str, said: str
) -> None:
    response = post(reading_browser, body, **fields)
    assert response.status_code == 422
    assert said in problem_with(response.text, field)
    assert form_of(response.text, "/audit").get("from") == fields.get("from", "")


def test_it_is_for_the_reader_who_is_chosen(office: Office) -> None:
    two_readers(office)
    with office.browser() as browser:
        unchosen = "Not read: Compared with what was told to: choose for whom this is."
        assert problem_with(post(browser).text, "reader") == unchosen
        assert "2 were told to you" in post(browser, reader="Policy desk").text
        assert "told to you" not in post(browser, reader="Ada Example").text
        assert post(browser, reader="Nobody").status_code == 404


def test_a_second_briefing_waits_for_the_first(reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audits, "PATIENCE", 0.01)
    with audits._place:
        response = post(reading_browser)
    assert response.status_code == 503
    assert "Another briefing is being read now" in response.text
    assert post(reading_browser).status_code == 200


def test_wrong_forms_are_refused(reading_browser: TestClient) -> None:
    csrf = csrf_of(reading_browser, "/audit")
    assert post(reading_browser, csrf="wrong").status_code == 403
    assert reading_browser.post("/audit", data={"csrf": csrf}).status_code == 415
    damaged = reading_browser.post(
        "/audit", content=b"--x\r\nno form", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert damaged.status_code in (400, 403)
    assert post(reading_browser, b"x" * (LARGEST_BODY + 1)).status_code == 413


def test_a_public_page_audits_nothing(office: Office) -> None:
    with office.browser() as browser:
        csrf = csrf_of(browser, "/audit")
    office.set_web(public=True)
    with office.browser() as browser:
        assert browser.get("/audit").status_code == 403
        form: dict[str, Any] = {"csrf": (None, csrf), "file": ("brief.txt", BRIEFING.encode())}
        refused = browser.post("/audit", files=form)
        assert refused.status_code == 403
        assert "What readers were told is not shown on this page." in refused.text
        assert "/audit" not in browser.get("/check").text


def test_nothing_of_a_briefing_is_logged_or_kept(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with office.browser() as browser:
        response = post(browser)
    assert response.headers["cache-control"] == "no-store"
    assert "canary" not in caplog.text
