"""Waiting: late, not due yet, promised letters; the same records as `pqwatch waiting`."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from monitor.web import waiting
from tests.web.conftest import EVENING

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Office


def shown_ids(page: str) -> list[str]:
    return re.findall(r'<h3><a href="/records/([^"]+)">', page)


def test_the_page_has_the_records_of_the_command_in_its_order(
    reading_browser: TestClient, reading_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "clock", lambda: EVENING)
    result = CliRunner().invoke(pqwatch, ["waiting", "--json", "--config", str(reading_office.config)])
    told = [record["id"] for record in json.loads(result.stdout)]
    page = reading_browser.get("/waiting").text
    assert shown_ids(page) == told
    assert len(told) == 8
    assert 'id="late"' in page
    assert 'id="due"' in page
    assert re.search(r"Due on 15 November 2024, \d+ days late\.", page)


def test_one_topic_by_its_name_or_key(reading_browser: TestClient) -> None:
    page = reading_browser.get("/waiting", params={"topic": "Hi-tech crime policing"}).text
    assert "<h1>Waiting: Hi-tech crime policing</h1>" in page
    assert 0 < len(shown_ids(page)) < 8
    topics = re.findall(r"Topics: (.*?)</p>", page)
    assert topics == ["Hi-tech crime policing"] * len(shown_ids(page))


def test_one_reader(reading_browser: TestClient) -> None:
    page = reading_browser.get("/waiting", params={"reader": "Policy desk"}).text
    assert "<h1>Waiting, for Policy desk</h1>" in page


@pytest.mark.parametrize(
    ("parameters", "status", "said"),
    [
        ({"topic": "Badgers"}, 404, "There is no topic Badgers."),
        ({"reader": "Badger"}, 404, "There is no such reader."),
        ({"page": "2"}, 404, "There is no page 2: 8 questions wait."),
        ({"page": "0"}, 422, "page: this value can&#39;t be used."),
        ({"topic": "x" * 300}, 422, "topic: this value can&#39;t be used."),
        ({"topic": "<script>alert(1)</script>"}, 404, "&lt;script&gt;"),
    ],
)
def test_wrong_values_are_refused_in_a_sentence(
    reading_browser: TestClient, parameters: dict[str, str], status: int, said: str
) -> None:
    response = reading_browser.get("/waiting", params=parameters)
    assert response.status_code == status
    assert said in response.text


def test_a_topic_whose_name_several_have_is_named_by_its_id(office: Office) -> None:
    for key, name in (("sea", "Tides"), ("river", "tides")):
        office.add(f'\n[[topics]]\nid = "{key}"\nname = "{name}"\nterms = ["tide"]\n')
    with office.browser() as browser:
        several = browser.get("/waiting", params={"topic": "TIDES"})
        assert several.status_code == 404
        assert "2 topics are called TIDES: name one by its id: sea, river." in several.text
        assert browser.get("/waiting", params={"topic": "tides"}).status_code == 200


def test_a_long_list_goes_on_over_pages(reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shown_ids(reading_browser.get("/waiting").text)
    monkeypatch.setattr(waiting, "ON_A_PAGE", 3)
    pages = [reading_browser.get("/waiting", params={"page": number}).text for number in (1, 2, 3)]
    assert [record for page in pages for record in shown_ids(page)] == whole
    assert 'rel="next"' in pages[1]
    assert 'rel="prev"' in pages[1]
    assert 'rel="next"' not in pages[2]


def test_a_public_page_names_no_topics_and_no_readers(office: Office) -> None:
    office.set_web(public=True)
    with office.browser() as browser:
        page = browser.get("/waiting").text
        assert len(shown_ids(page)) == 8
        assert "Topics:" not in page
        assert "Policy desk" not in page
        assert "Hi-tech crime policing" not in page
        assert browser.get("/waiting", params={"topic": "Hi-tech crime policing"}).status_code == 403
        assert browser.get("/waiting", params={"reader": "Policy desk"}).status_code == 404


def test_promises_that_are_due_or_overdue_wait_too(reading_office: Office) -> None:
    with reading_office.browser(now=datetime(2025, 6, 2, 20, tzinfo=UTC)) as browser:
        page = browser.get("/waiting").text
        promised = page[page.index('id="promised"') :]
        assert promised.index("in the spring.") < promised.index("All that are overdue")
        assert '<a href="/promises?state=overdue">' in promised
        assert 'id="promised"' not in browser.get("/waiting", params={"topic": "Badgers"}).text
    with reading_office.browser() as browser:
        assert 'id="promised"' not in browser.get("/waiting").text


def test_promises_are_shown_also_where_no_question_waits(
    reading_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "waiting_questions", lambda *_: [])
    with reading_office.browser(now=datetime(2025, 6, 2, 20, tzinfo=UTC)) as browser:
        page = browser.get("/waiting").text
    assert "No watched question waits for an answer." in page
    assert "in the spring." in page[page.index('id="promised"') :]
    assert 'id="feed"' in page


def test_where_all_is_dealt_with_the_sentence_ends(
    reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    [reader] = reading_browser.app.state.desks.current().config.subscribers  # type: ignore[attr-defined]
    monkeypatch.setattr(waiting, "dealt_with", lambda _archive, key: range(10**6) if key == reader.key else ())
    page = reading_browser.get("/waiting").text
    assert "0 watched questions without an answer, or with the promise of a letter.</p>" in page
    assert "8 records left out: dealt with." in page
