"""Results of a search as files and as a feed: the records of the command, bounded, and never a formula."""

from __future__ import annotations

import csv
import http.client
import io
import json
import logging
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from monitor import app
from monitor.desk.desks import Desks
from monitor.errors import LockedError
from monitor.model.records import House
from monitor.research.records import records_json
from monitor.web import search_downloads, server
from monitor.web.application import make_application
from tests.archive_kit import store
from tests.builders import a_question
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


@contextmanager
def served(office: Office) -> Iterator[tuple[str, int]]:
    """Serve the page as `pqwatch web` does. Give host and port."""
    listener = server._listen("127.0.0.1", 0)
    running = server.server_of(make_application(Desks(str(office.config))))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not running.started:
            time.sleep(0.01)
        yield listener.getsockname()[:2]
    finally:
        running.should_exit = True
        thread.join()
        listener.close()


def after_the_first_part(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> None:
    """Let the time be over, or an error happen, when the second part of a file is read."""
    limits = iter([lambda: False])
    monkeypatch.setattr(search_downloads, "AT_A_TIME", 3)
    if error is None:
        monkeypatch.setattr(search_downloads, "time_limit", lambda _seconds: next(limits, lambda: True))
        return
    parts = iter([1])

    def read(*given: Any) -> Iterator[dict[str, Any]]:
        if not next(parts, 0):
            raise error
        return records_json(*given)

    monkeypatch.setattr(search_downloads, "records_json", read)


SAID = "This file is not whole. This search takes too long: narrow it by days, a body or rarer words."


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_file_that_can_not_be_finished_says_so_and_is_cut(
    reading_office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, ending: str
) -> None:
    after_the_first_part(monkeypatch)
    with served(reading_office) as address:
        connection = http.client.HTTPConnection(*address, timeout=60)
        connection.request("GET", f"/search.{ending}?q=police")
        response = connection.getresponse()
        assert response.status == 200
        with pytest.raises(http.client.IncompleteRead) as cut:
            response.read()
        connection.close()
    came = io.StringIO(cut.value.partial.decode(), newline="")
    lines = list(csv.reader(came)) if ending == "csv" else [[json.loads(line).get("incomplete")] for line in came]
    assert len(lines) == 3 + 1 + (ending == "csv")
    assert lines[-1] == [SAID]
    [told] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert told.getMessage() == f"request path=/search.{ending} was cut off: {SAID.partition('. ')[2]}"
    assert told.exc_info is None


@pytest.mark.parametrize(
    ("public", "said"),
    [(False, "This file is not whole. The archive is locked: try again."), (True, "This file is not whole.")],
)
def test_an_archive_that_fails_within_a_file_is_told_to_its_readers(
    office: Office, monkeypatch: pytest.MonkeyPatch, public: bool, said: str
) -> None:
    office.set_web(public=public)
    after_the_first_part(monkeypatch, LockedError("the archive is locked: try again"))
    with office.browser() as browser:
        lines = browser.get("/search.jsonl?q=police").text.splitlines()
        assert (len(lines), json.loads(lines[-1])) == (4, {"incomplete": said})


def test_a_workbook_and_a_feed_are_whole_or_refused(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    after_the_first_part(monkeypatch)
    refused = browser.get("/search.xlsx?q=police")
    assert (refused.status_code, refused.headers["content-type"]) == (503, "text/html; charset=utf-8")
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
    assert len(titles) == 16
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


def test_pages_and_feeds_name_the_licence_of_each_legislature(office: Office) -> None:
    with closing(app.archive(app.configuration(str(office.config), needs_password=False))) as archive:
        store(archive, a_question(uin="S6W-1", house=House.SCOTLAND), a_question(uin="WQ1", house=House.SENEDD))
    parliament = "Contains Parliamentary information licensed under the Open Parliament Licence v3.0."
    scottish = "Contains information licensed under the Scottish Parliament Copyright Licence."
    welsh = "Contains public sector information licensed under the Open Government Licence v3.0."
    every = f"{parliament} {scottish} {welsh}"
    with office.browser() as browser:
        assert f"<p>{every} Collected by pqwatch." in browser.get("/").text
        assert f"<p>{every} Collected by pqwatch." in browser.get("/nowhere").text
        assert f"DESCRIPTION:{every}\r\n" in browser.get("/calendar.ics").text.replace("\r\n ", "")
        feed = ET.fromstring(browser.get("/search.atom", params={"house": "scotland"}).content)  # noqa: S314 (our own)
    assert feed.findtext(f"{ATOM}rights") == scottish


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
