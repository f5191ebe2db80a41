"""Statistics: the figures of `pqwatch stats`, with a plot and a CSV file."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from monitor.model.records import House
from monitor.web import statistics
from tests.web.conftest import EVENING
from tests.web.forms import problem_with

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Office


def table_of(page: str) -> list[list[str]]:
    table = BeautifulSoup(page, "html.parser").find("table")
    assert table is not None
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]


def printed(office: Office, *words: str) -> str:
    result = CliRunner().invoke(pqwatch, ["stats", *words, "--config", str(office.config)])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: EVENING)


@pytest.mark.parametrize(
    ("parameters", "options"),
    [
        ({}, []),
        ({"by": "body", "limit": "5"}, ["--by", "body", "--limit", "5"]),
        ({"by": ["month", "topic"], "measure": "late"}, ["--by", "month", "--by", "topic", "--measure", "late"]),
        (
            {"by": "minister", "and": "state", "measure": "days"},
            ["--by", "minister", "--by", "state", "--measure", "days"],
        ),
        ({"q": "police", "by": "label"}, ["police", "--by", "label"]),
        ({"by": "minister"}, ["--by", "minister"]),
        ({"by": "term"}, ["--by", "term"]),
        (
            {
                "by": "kind",
                "and": "",
                "house": "commons",
                "from": "2024-11-20",
                "to": "2024-11-26",
                "body": "home office",
            },
            [
                "--by",
                "kind",
                "--house",
                "commons",
                "--from",
                "2024-11-20",
                "--to",
                "2024-11-26",
                "--body",
                "home office",
            ],
        ),
    ],
)
def test_the_page_and_the_file_have_the_figures_of_the_command(
    reading_browser: TestClient, reading_office: Office, parameters: dict[str, Any], options: list[str]
) -> None:
    page = reading_browser.get("/statistics", params=parameters)
    assert page.status_code == 200
    lines = [re.split(r"\s{2,}", line.strip()) for line in printed(reading_office, *options).splitlines()]
    shown = table_of(page.text)
    for line, row in zip(lines[1:], shown[1:], strict=True):
        figures = [cell for cell in row[1:] if cell]
        assert line[1 : len(figures) + 1] == figures
    csv = reading_browser.get("/statistics.csv", params=parameters)
    assert csv.headers["content-disposition"] == 'attachment; filename="statistics.csv"'
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert csv.text == printed(reading_office, *options, "--format", "csv")


def test_the_plot_is_part_of_the_page_without_styles_of_its_own(reading_browser: TestClient) -> None:
    for by in (["month"], ["body"], ["month", "topic"], ["body", "state"]):
        page = reading_browser.get("/statistics", params={"by": by}).text
        [plot] = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
        assert "style" not in plot
        assert "xmlns" not in plot
        root = ET.fromstring(plot)  # noqa: S314 (made here)
        assert root.find("title") is not None
        assert root.attrib["role"] == "img"


def test_plot_and_table_name_the_filters(reading_browser: TestClient) -> None:
    asked = {"by": "month", "body": "Home Office", "from": "2024-01-01"}
    page = BeautifulSoup(reading_browser.get("/statistics", params=asked).text, "html.parser")
    said = "Only body: Home Office; from 1 January 2024"
    assert f"Records. {said}." in [line.text for line in page.select("svg text")]
    assert [caption.text for caption in page.select("caption")] == [f"Records by month. {said}"]
    page = BeautifulSoup(reading_browser.get("/statistics", params={**asked, "q": "police"}).text, "html.parser")
    assert [line.text for line in page.select("svg text")][:2] == ["police", f"Records. {said}."]
    assert [caption.text for caption in page.select("caption")] == ["Records by month. Only police; " + said[5:]]


def test_hostile_words_stay_words(reading_browser: TestClient) -> None:
    words = '"</text></svg><script>alert(1)</script>" OR police'
    page = reading_browser.get("/statistics", params={"q": words, "by": "house"})
    assert page.status_code == 200
    assert "<svg" in page.text
    assert "<script>alert" not in page.text


def test_names_lead_to_their_pages(reading_browser: TestClient) -> None:
    assert (
        '<a href="/bodies/Home%20Office">Home Office</a>'
        in reading_browser.get("/statistics", params={"by": "body"}).text
    )
    assert '<a href="/people/' in reading_browser.get("/statistics", params={"by": "minister"}).text


def test_longer_tables_say_what_they_leave_out_and_the_file_has_all(reading_browser: TestClient) -> None:
    page = reading_browser.get("/statistics", params={"by": "asker", "limit": "10"}).text
    rest = re.search(r"The CSV file has (\d+) more lines?\.", page)
    assert rest is not None
    at = BeautifulSoup(page, "html.parser").find("a", href=re.compile("^/statistics.csv"))
    assert at is not None
    assert len(reading_browser.get(str(at["href"])).text.splitlines()) == 1 + 10 + int(rest[1])


def test_nothing_found_is_said(reading_browser: TestClient) -> None:
    page = reading_browser.get("/statistics", params={"q": "zyzzyva"})
    assert page.status_code == 200
    assert "Nothing to count: no record passes." in page.text
    assert "/statistics.csv" not in page.text
    assert reading_browser.get("/statistics.csv", params={"q": "zyzzyva"}).text == ""


@pytest.mark.parametrize(
    ("parameters", "field", "said"),
    [
        ({"q": "(crime"}, "q", "Not counted: Words: A bracket is never closed."),
        ({"from": "soon"}, "from", "From day: soon is no day."),
        ({"from": "2024-11-27", "to": "2024-11-26"}, "to", "To day: From 2024-11-27 is after to 2024-11-26"),
    ],
)
def test_the_field_that_is_wrong_is_marked(
    reading_browser: TestClient, parameters: dict[str, str], field: str, said: str
) -> None:
    assert said in problem_with(reading_browser.get("/statistics", params=parameters).text, field)


@pytest.mark.parametrize(
    ("parameters", "status", "said"),
    [
        ({"q": "police AND"}, 422, "Not counted:"),
        ({"from": "soon"}, 422, "soon is no day."),
        ({"from": "2024-11-27", "to": "2024-11-26"}, 422, "exchange them"),
        ({"topic": "Badgers"}, 422, "There is no topic Badgers."),
        ({"by": "weather"}, 422, "by: records are counted by one or two of topic, term, month"),
        ({"by": ["month", "month"]}, 422, "by: name one thing, or two different things."),
        ({"by": ["month", "body", "house"]}, 422, "by: name one thing, or two different things."),
        ({"measure": "weight"}, 422, "measure: this value can't be used."),
        ({"limit": "-1"}, 422, "limit: this value can't be used."),
        ({"house": "Congress"}, 422, "this value can't be used."),
        ({"q": "x" * 3000}, 422, "q: this value can't be used."),
        ({"label": "<script>"}, 422, "There is no label <script>."),
    ],
)
def test_wrong_values_are_refused_in_a_sentence(
    reading_browser: TestClient, parameters: dict[str, Any], status: int, said: str
) -> None:
    for path in ("/statistics", "/statistics.csv"):
        response = reading_browser.get(path, params=parameters)
        if path.endswith("csv") and "measure" in parameters:
            continue
        assert response.status_code == status
        assert said.replace("Not counted:", "") in unescape(response.text)
        assert "<script>" not in response.text


def test_a_mistake_is_shown_with_a_caret(reading_browser: TestClient) -> None:
    page = reading_browser.get("/statistics", params={"q": "police AND"}).text
    assert re.search(r"<pre[^>]*>police AND\n +\^</pre>", page)


def test_a_count_that_takes_too_long_says_so(reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MOST_SECONDS", -1)
    for words in ("", "police"):
        page = reading_browser.get("/statistics", params={"q": words, "by": "body"})
        assert page.status_code == 503
        assert "This takes too long to count: ask for fewer days, a body or other words." in page.text
        assert reading_browser.get("/statistics.csv", params={"q": words}).status_code == 503


def test_the_first_page_comes_without_figures_where_they_would_take_long(
    reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "FIRST_SECONDS", 0)
    page = reading_browser.get("/statistics")
    assert page.status_code == 200
    assert "<svg" not in page.text


def test_a_table_with_too_many_lines_is_refused(reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MOST_ROWS", 10)
    for parameters in ({"by": ["asker", "minister"]}, {"by": ["month", "house"], "from": "1803-01-01"}):
        page = reading_browser.get("/statistics", params=parameters)
        assert page.status_code == 503
        assert "This table would have more than 10 lines" in page.text


def test_while_others_count_it_says_so(reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MOST_SECONDS", 0.05)
    for _ in range(statistics.AT_ONCE):
        statistics._places.acquire()
    try:
        page = reading_browser.get("/statistics", params={"by": "body"})
        assert reading_browser.get("/statistics.csv").status_code == 503
    finally:
        for _ in range(statistics.AT_ONCE):
            statistics._places.release()
    assert page.status_code == 503
    assert "Others are counting now: try again in a moment." in page.text


def test_a_public_page_shows_no_topics(office: Office) -> None:
    office.set_web(public=True)
    with office.browser() as browser:
        page = browser.get("/statistics").text
        assert 'value="topic"' not in page
        assert "Hi-tech crime policing" not in page
        for parameters in ({"by": "term"}, {"by": ["month", "topic"]}, {"topic": "Hi-tech crime policing"}):
            for path in ("/statistics", "/statistics.csv"):
                assert browser.get(path, params=parameters).status_code == 403


def test_the_form_keeps_what_was_chosen(reading_browser: TestClient) -> None:
    page = reading_browser.get(
        "/statistics", params={"by": "party", "house": [house.value for house in House][:2]}
    ).text
    form = BeautifulSoup(page, "html.parser").find("form")
    assert form is not None
    assert [option["value"] for option in form.select("#by option[selected]")] == ["party"]
    assert len(form.select('input[name="house"][checked]')) == 2
    labelled = {label.get("for") for label in form.find_all("label")}
    assert {field["id"] for field in form.select("input[id], select[id]")} <= labelled
