"""Drafts: the form, the letter as it would be, the letter as a file, and what a check says of it."""

from __future__ import annotations

import io
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup
from docx import Document

from monitor.research.letters import drafting
from monitor.web import drafts
from monitor.web.security import LARGEST_BODY
from tests.web.forms import form_of, problem_with
from tests.web.test_check import send as check

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.web.conftest import Office

PROMISE = "p-1d2c520e73"
TO = "Ada Example MP, Minister for Water"
LABELS = {
    "ref": "What it is about",
    "to": "To",
    "copies": "Copies to",
    "style": "Style of the references",
    "dear": "It begins",
    "quotes": "Other words to quote",
}


def post(browser: TestClient, ref: str = f"{PROMISE} 91012", **fields: Any) -> Response:
    """Send the form for some references. Lists are sent as several fields, None leaves a field out."""
    form: dict[str, Any] = {**form_of(browser.get("/draft").text, "/draft"), "ref": ref, "to": TO, **fields}
    return browser.post("/draft", data={name: value for name, value in form.items() if value is not None})


def letter(page: str) -> str:
    """Return the words of the letter on the page."""
    found = BeautifulSoup(page, "html.parser").find("section", class_="letter")
    assert found is not None
    return " ".join(found.get_text(" ").split())


def keys(page: str, *, only_kept: bool = False) -> list[str]:
    """Return the keys of the passages that are offered."""
    boxes = BeautifulSoup(page, "html.parser").select("input[name=keep]")
    return [str(box["value"]) for box in boxes if not only_kept or box.has_attr("checked")]


def test_the_form_knows_what_the_letter_is_about(reading_browser: TestClient) -> None:
    form = form_of(reading_browser.get("/draft", params={"ref": [PROMISE, "91012"]}).text, "/draft")
    assert form["ref"].split() == [PROMISE, "91012"]
    assert form["to"] == "Adaeze Lockstone"
    assert form_of(reading_browser.get("/draft").text, "/draft")["ref"] == ""
    wrong = reading_browser.get("/draft", params={"ref": "<script>"})
    assert wrong.status_code == 422
    assert "no record goes by &lt;script&gt;" in wrong.text


def test_the_letter_is_shown_before_it_is_saved(reading_browser: TestClient) -> None:
    page = post(reading_browser, copies="Ben Placeholder\n\nThe Clerk, 1 Sample Street", dear="Dear Ada").text
    text = letter(page)
    assert "Dear Ada," in text
    assert "The Department will publish revised guidance for schools in the spring. [1]" in text
    assert "This was promised for the time from 1 March 2025 to 31 May 2025." in text
    assert "Copies to: Ben Placeholder The Clerk, 1 Sample Street" in text
    assert "UIN 91012, answered 26 November 2024" in text
    assert "[Your name]" in text
    form = form_of(page, "/draft")
    assert (form["to"], form["dear"]) == (TO, "Dear Ada")


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("md", "text/markdown; charset=utf-8"),
        ("html", "text/html; charset=utf-8"),
    ],
)
def test_a_saved_letter_is_one_that_a_check_finds_exact(reading_browser: TestClient, output: str, kind: str) -> None:
    response = post(reading_browser, output=output)
    assert response.headers["content-type"] == kind
    assert response.headers["content-disposition"] == f'attachment; filename="letter.{output}"'
    assert response.headers["cache-control"] == "no-store"
    checked = check(reading_browser, file=(f"letter.{output}", response.content)).text
    summary = BeautifulSoup(checked, "html.parser").find(role="status")
    assert summary is not None
    assert summary.get_text() == f"letter.{output}: 3 quotations: 3 exact."


def test_passages_are_left_out_and_others_added(reading_browser: TestClient) -> None:
    page = post(reading_browser).text
    first, second = keys(page)
    assert keys(page, only_kept=True) == [first, second]
    page = post(reading_browser, offered=[first, second], keep=[first]).text
    assert "The next assessment" not in letter(page)
    assert keys(page) == [first, second]
    assert keys(page, only_kept=True) == [first]
    quotes = "The next assessment ... the summer."
    page = post(reading_browser, offered=[first, second], keep=[first], quotes=quotes).text
    assert "The next assessment is due to be completed before the summer. [2]" in letter(page)
    assert "We keep the arrangements" not in letter(page)


def test_references_come_in_the_chosen_style(reading_browser: TestClient) -> None:
    assert "HC Written Answer UIN 91012" in letter(post(reading_browser, style="oscola").text)


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"ref": ""}, "ref", "What it is about: there is nothing to quote. Write the number of a question"),
        ({"ref": None}, "ref", "there is nothing to quote."),
        ({"ref": "q-0"}, "ref", "no record goes by q-0: name a question number, or a promise."),
        ({"ref": "p-0000000000"}, "ref", "no promise goes by p-0000000000."),
        ({"ref": "9\r\n" * 2_001}, "ref", "shorten it to 4,000 characters at most. It has 4,002."),
        ({"to": " "}, "to", "To: there is no name to write to"),
        ({"to": "x" * 400}, "to", "a name of 400 characters is no name"),
        ({"to": "x" * 5_000}, "to", "a name of 5000 characters is no name"),
        ({"copies": f"Ben Placeholder\r\n{'x' * 400}"}, "copies", "Copies to: a name of 400 characters is no name"),
        ({"copies": "Ada Example MP\r\n" * 400}, "copies", "shorten it to 4,000 characters at most. It has 6,000."),
        ({"dear": "x" * 301}, "dear", "It begins: shorten it to 300 characters at most. It has 301."),
        ({"style": "bibtex"}, "style", "Style of the references: choose one of Hansard, OSCOLA, APA."),
        ({"style": "<b>"}, "style", "choose one of Hansard, OSCOLA, APA."),
        ({"quotes": "words that stand nowhere at all"}, "quotes", "Other words to quote: the words"),
        ({"quotes": "..."}, "quotes", "there is no word in it"),
        ({"quotes": "x" * 20_001}, "quotes", "shorten it to 20,000 characters at most. It has 20,001."),
    ],
)
def test_what_can_not_be_drafted_is_said_beside_what_was_given(
    reading_browser: TestClient, fields: dict[str, Any], field: str, said: str
) -> None:
    given = {"copies": "Ben Placeholder\r\nThe Clerk", "dear": "Dear Ada", "quotes": "The next assessment", **fields}
    response = post(reading_browser, **given)
    assert response.status_code == 422
    assert f"Not drafted: {LABELS[field]}: " in problem_with(response.text, field)
    assert said in problem_with(response.text, field)
    shown = form_of(response.text, "/draft")
    for name in LABELS.keys() - {"style"}:
        typed = given.get(name, {"ref": f"{PROMISE} 91012", "to": TO}.get(name))
        assert shown[name].strip("\n") == (typed or "").replace("\r\n", "\n").strip("\n")


def test_a_letter_without_passages_is_refused(reading_browser: TestClient) -> None:
    response = post(reading_browser, offered=keys(post(reading_browser).text), keep=[])
    assert response.status_code == 422
    assert "nothing is left to quote: keep a passage" in problem_with(response.text, "quotes")


def test_passages_of_a_record_that_is_added_later_are_kept(reading_browser: TestClient) -> None:
    [promised] = keys(post(reading_browser, ref=PROMISE).text)
    page = post(reading_browser, offered=[promised], keep=[promised]).text
    assert len(keys(page)) == 2
    assert keys(page, only_kept=True) == keys(page)
    assert "We keep the arrangements under review." in letter(page)


def test_the_end_of_a_line_counts_as_one_character(reading_browser: TestClient) -> None:
    page = post(reading_browser, copies="Ada Example MP\r\n" * 266).text
    assert letter(page).count("Ada Example MP") == 267
    assert 'maxlength="4000"' not in page


@pytest.mark.parametrize("wrong", [{"to": ""}, {"quotes": "words that stand nowhere at all"}, {"ref": "q-0"}])
def test_passages_that_were_left_out_stay_out_where_a_letter_is_refused(
    reading_browser: TestClient, wrong: dict[str, str]
) -> None:
    first, second = keys(post(reading_browser).text)
    page = post(reading_browser, offered=[first, second], keep=[second], **wrong).text
    refused = BeautifulSoup(page, "html.parser")
    assert [box["value"] for box in refused.select("input[name=offered]")] == [first, second]
    boxes = refused.select("input[name=keep]")
    sent = [box["value"] for box in boxes if box["type"] == "hidden" or box.has_attr("checked")]
    assert sent == [second]
    if "ref" not in wrong:
        assert [box["value"] for box in boxes] == [first, second]


def test_wrong_forms_are_refused(reading_browser: TestClient) -> None:
    assert post(reading_browser, output="pdf").status_code == 422
    assert post(reading_browser, keep=["x" * 300]).status_code == 200
    refused = post(reading_browser, csrf="wrong")
    assert refused.status_code == 403
    assert "This form is too old" in refused.text
    assert post(reading_browser, csrf=None).status_code == 403


@pytest.mark.parametrize("csrf", [{}, {"csrf": "wrong"}])
def test_a_field_may_be_as_long_as_a_whole_form(reading_browser: TestClient, csrf: dict[str, str]) -> None:
    refused = post(reading_browser, copies="x" * 1_500_000, **csrf)
    assert refused.status_code == (403 if csrf else 422)
    assert form_of(refused.text, "/draft")["copies"] == "x" * 1_500_000


def test_a_letter_of_more_than_four_megabytes_is_refused_whole(reading_browser: TestClient) -> None:
    refused = post(reading_browser, quotes="x" * LARGEST_BODY)
    assert refused.status_code == 413
    assert "at most 4 MB can be sent" in refused.text


def test_hostile_words_stay_words(reading_browser: TestClient) -> None:
    hostile = "<script>alert(1)</script> [x](javascript:1)"
    page = post(reading_browser, to=hostile, copies=hostile).text
    assert "<script>alert" not in page
    assert hostile in letter(page)
    saved = post(reading_browser, to=hostile, copies=hostile, output="html").text
    assert "<script>" not in saved
    word = post(reading_browser, to=hostile, output="docx").content
    assert any(hostile in paragraph.text for paragraph in Document(io.BytesIO(word)).paragraphs)


def test_a_warning_names_the_remedy_of_the_page(reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = drafting.draft_letter

    def warning(*given: Any) -> Any:
        text = "UIN 1 has 2 more passages that may matter: name them with --quote."
        return replace(whole(*given), warnings=(text,))

    monkeypatch.setattr(drafts, "draft_letter", warning)
    page = post(reading_browser).text
    assert "name them under “Other words”." in page
    assert "--quote" not in page


def test_nothing_of_a_letter_is_logged_or_kept(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    before = {path: path.stat().st_size for path in office.folder.iterdir() if "pqwatch.db" not in path.name}
    with office.browser() as browser:
        page = post(browser, to="Canary Sample")
        assert page.headers["cache-control"] == "no-store"
    assert "Canary" not in caplog.text
    assert {path: path.stat().st_size for path in before} == before


def test_a_public_page_drafts_without_what_terms_found(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    whole = drafting.draft_letter

    def noted(*given: Any) -> Any:
        seen.append(given[3])
        return whole(*given)

    monkeypatch.setattr(drafts, "draft_letter", noted)
    with office.browser() as browser:
        post(browser, ref="91012")
    office.set_web(public=True)
    with office.browser() as browser:
        assert post(browser, ref="91012").status_code == 200
    assert seen[0]["q-9091012"]
    assert seen[1] == {}
