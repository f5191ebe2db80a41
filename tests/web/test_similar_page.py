"""More like this: on the page of a record, and in the API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from tests.web.conftest import EVENING, Office

if TYPE_CHECKING:
    from starlette.testclient import TestClient


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: EVENING)


def printed(office: Office, *arguments: str) -> Any:
    """Return what the command prints with --json."""
    return json.loads(
        CliRunner().invoke(pqwatch, ["similar", *arguments, "--json", "--config", str(office.config)]).stdout
    )


def test_the_page_of_a_record_names_others_with_the_words_that_they_share(reading_browser: TestClient) -> None:
    page = BeautifulSoup(reading_browser.get("/records/q-9091160").text, "html.parser")
    heading = next(heading for heading in page.find_all("h2") if heading.get_text() == "More like this")
    records = heading.find_next_sibling("ul")
    assert records is not None
    text = records.get_text(" ")
    assert "Paedophiles: Wales" in text
    assert "Shares: " in text
    assert 1 <= len(records.find_all("h3")) <= 5


def test_the_api_finds_what_the_command_finds(reading_browser: TestClient, reading_office: Office) -> None:
    for given in ("q-9091160", "police units against paedophiles"):
        response = reading_browser.get("/api/v1/similar", params={"q": given, "house": "commons", "limit": "3"})
        assert response.status_code == 200, response.text
        assert response.json()["items"] == printed(reading_office, given, "--house", "commons", "--limit", "3")
        assert response.json()["items"][0]["shared"]
        assert response.json()["next"] is None


@pytest.mark.parametrize(
    ("parameters", "status", "said"),
    [
        ({"q": "q-404"}, 404, "No record goes by this reference."),
        ({"q": "the"}, 400, "There is no word to compare by"),
        ({}, 400, "There is no word to compare by"),
        ({"q": "police", "from": "soon"}, 400, "soon"),
    ],
)
def test_what_can_not_be_compared_is_refused(
    reading_browser: TestClient, parameters: dict[str, str], status: int, said: str
) -> None:
    response = reading_browser.get("/api/v1/similar", params=parameters)
    assert response.status_code == status
    assert said in response.json()["error"]
