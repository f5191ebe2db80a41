"""Results of a search as files and as a feed: the records of the command, bounded, and never a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from monitor.web import search_downloads
from tests.unit.workbooks import sheets
from tests.web.search_kit import found, link, printed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from tests.web.conftest import Office

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def browser(reading_office: Office) -> Iterator[TestClient]:
    """Return a browser that all tests of this file share: they change nothing."""
    with reading_office.browser() as browser:
        yield browser


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
@pytest.mark.parametrize("at_a_time", [3, 200])
def test_files_are_those_of_the_command(
    browser: TestClient,
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
    at_a_time: int,
) -> None:
    monkeypatch.setattr(search_downloads, "AT_A_TIME", at_a_time)
    response = browser.get(f"/search.{ending}", params={"q": "police", "sort": "relevance"})
    assert response.headers["content-disposition"] == f'attachment; filename="pqwatch-police.{ending}"'
    command = ["police", "--sort", "relevance", "--limit", "0", "--format", ending]
    assert response.text == printed(office, *command)


def test_a_file_that_takes_too_long_breaks_off(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_downloads, "MOST_SECONDS", -1)
    for ending in ("csv", "jsonl", "xlsx", "atom"):
        refused = browser.get(f"/search.{ending}?q=police")
        assert refused.status_code == 503
        assert "This search takes too long" in refused.text


def test_files_are_bounded(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_downloads, "MOST_DOWNLOADED", 7)
    monkeypatch.setattr(search_downloads, "AT_A_TIME", 3)
    lines = browser.get("/search.jsonl", params={"q": "police"}).text.splitlines()
    assert len(lines) == 7


def test_a_workbook(browser: TestClient) -> None:
    response = browser.get("/search.xlsx", params={"q": "police", "house": "lords"})
    assert response.headers["content-type"].startswith("application/vnd.openxmlformats")
    head, *records = sheets(response.content)["Records"]
    assert [record[head.index("heading")] for record in records] == ["Police: Digital Technology"]


def test_a_feed(browser: TestClient, office: Office) -> None:
    page = found(browser, q="police", sort="oldest")
    response = browser.get(link(page, "Atom feed"))
    feed = ET.fromstring(response.text)  # noqa: S314 (our own)
    titles = [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")]
    assert titles[0] == "Question: Police: Training"
    assert len(titles) == 14
    assert feed.findtext(f"{ATOM}title") == "Search: police"
    again = browser.get(link(page, "Atom feed"), headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304
    office.set_web(base_url="https://answers.example.org")
    with office.browser() as other:
        links = ET.fromstring(other.get("/search.atom?q=police").text).findall(f"{ATOM}link")  # noqa: S314
    assert [anchor.get("href") for anchor in links] == [
        "https://answers.example.org/search.atom?q=police",
        "https://answers.example.org/search?q=police",
    ]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "xlsx", "atom"])
def test_files_of_a_search_that_cannot_be_read(browser: TestClient, ending: str) -> None:
    refused = browser.get(f"/search.{ending}", params={"q": "(police"})
    assert refused.status_code == 400
    assert "A bracket is never closed" in refused.text
    assert browser.get(f"/search.{ending}", params={"from": "x"}).status_code == 400
    assert browser.get(f"/search.{ending}", params={"q": "zzyzx"}).status_code == 200


def test_no_cell_of_a_file_is_a_formula(browser: TestClient) -> None:
    content = browser.get("/search.csv", params={"house": "commons"}).text
    for row in csv.reader(io.StringIO(content)):
        assert not any(cell[:1] in tuple("=+@\t") for cell in row)
