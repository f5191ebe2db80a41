"""Promises: lists with their filters, one promise, and the forms by which people decide, note and follow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from monitor.model.promises import PromiseFilters
from monitor.research.promises import Candidate, find_entries
from monitor.web import promises
from tests.web.conftest import EVENING, SECOND_DAY
from tests.web.forms import archive_of, csrf_of, form_of, problem_with, send, two_readers

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Office

SPRING = "p-1d2c520e73"
"""A promise of the demo that was said twice: "in December", then "in the spring"."""
SUMMER = "p-4e0c9c4a92"


def shown(page: str) -> list[str]:
    """Return the ids of the promises of a list."""
    links = BeautifulSoup(page, "html.parser").select(".records h2 a")
    return [str(link["href"]).removeprefix("/promises/") for link in links]


# -- lists --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ([], {}),
        (["--all"], {"all": "yes"}),
        (["--topic", "Hi-tech crime policing"], {"topic": "Hi-tech crime policing"}),
        (["--all", "--body", "home"], {"all": "yes", "body": "home"}),
        (["--all", "--state", "open", "--since", "2024-11-26"], {"all": "1", "state": "open", "since": "2024-11-26"}),
    ],
)
def test_the_page_has_the_promises_of_the_command_in_its_order(
    reading_browser: TestClient,
    reading_office: Office,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    parameters: dict[str, str],
) -> None:
    monkeypatch.setattr(app, "clock", lambda: EVENING)
    command = ["promises", *options, "--json", "--config", str(reading_office.config)]
    told = [row["id"] for row in json.loads(CliRunner().invoke(pqwatch, command).stdout)]
    page = reading_browser.get("/promises", params=parameters)
    assert page.status_code == 200
    assert told
    assert shown(page.text) == told


def test_a_promise_stands_whole_with_its_state_and_how_its_day_moved(reading_browser: TestClient) -> None:
    page = " ".join(BeautifulSoup(reading_browser.get("/promises").text, "html.parser").get_text(" ").split())
    assert "The Department will publish revised guidance for schools in the spring." in page
    assert "Its day moved: December 2024 (said 26 Nov 2024), then spring 2025 (the answer was changed)." in page
    assert "Open by 31 May 2025" in page
    assert "Topics: Hi-tech crime policing; Serious and organised crime agencies" in page


def test_each_state_is_a_link_that_keeps_the_filters(reading_browser: TestClient) -> None:
    page = BeautifulSoup(reading_browser.get("/promises", params={"all": "1", "state": "kept"}).text, "html.parser")
    tabs = page.select("nav[aria-label=States] a")
    assert [tab.get_text() for tab in tabs] == ["All", "Open", "Due", "Overdue", "Kept", "Dropped"]
    assert tabs[1]["href"] == "/promises?state=open&all=yes"
    assert [tab.get_text() for tab in tabs if tab.get("aria-current")] == ["Kept"]
    assert "No promise was found here." in page.get_text()


@pytest.mark.parametrize(
    ("parameters", "status", "said"),
    [
        ({"topic": "Badgers"}, 422, "There is no topic Badgers."),
        ({"topic": "Hi-tech crime policing", "all": "1"}, 422, "exclude each other"),
        ({"state": "lost"}, 422, "state: choose one of open, due, overdue, kept, dropped."),
        ({"since": "soon"}, 422, "soon is no day. Write 2024-11-26, today or 30d."),
        ({"body": "Home Ofice"}, 422, "Did you mean Home Office?"),
        ({"body": "<b>"}, 422, "&lt;b&gt;"),
        ({"page": "3"}, 404, "There is no page 3 of this list."),
        ({"page": "0"}, 422, "page: this value can&#39;t be used."),
        ({"body": "x" * 300}, 422, "body: this value can&#39;t be used. String should have at most 200"),
    ],
)
def test_wrong_values_are_refused_in_a_sentence(
    reading_browser: TestClient, parameters: dict[str, str], status: int, said: str
) -> None:
    response = reading_browser.get("/promises", params=parameters)
    assert response.status_code == status
    assert said in response.text


def test_a_long_list_goes_on_over_pages(reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shown(reading_browser.get("/promises", params={"all": "1"}).text)
    monkeypatch.setattr(promises, "ON_A_PAGE", 3)
    pages = [reading_browser.get("/promises", params={"all": "1", "page": number}).text for number in (1, 2, 3)]
    assert [promise for page in pages for promise in shown(page)] == whole
    assert 'rel="next"' in pages[1]
    assert 'rel="prev"' in pages[1]
    assert 'rel="next"' not in pages[2]


def test_a_list_that_takes_too_long_ends_and_says_so(
    reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.desk.promises.time_limit", lambda _seconds: lambda: True)
    page = reading_browser.get("/promises").text
    assert "Reading took too long" in page
    assert len(shown(page)) == 1


def test_without_topics_the_way_to_all_is_named(office: Office) -> None:
    text = office.config.read_text("utf-8")
    start = text.index("[[topics]]")
    office.config.write_text(text[:start] + text[text.index("[[subscribers]]") :], "utf-8")
    with office.browser() as browser:
        page = browser.get("/promises").text
    assert "No topics are watched." in page
    assert '<a href="/promises?all=yes">Those of every answer</a>' in page


def test_how_far_the_ledger_reaches_is_said(reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "has read" not in reading_browser.get("/promises").text
    monkeypatch.setattr("monitor.research.promises.rules_version", lambda: "another")
    assert "The ledger has read 0 of 138 revisions so far." in reading_browser.get("/promises").text


# -- one promise --------------------------------------------------------------------------------------------------------


def test_a_promise_has_its_repetitions_facts_and_the_way_to_a_letter(reading_browser: TestClient) -> None:
    page = BeautifulSoup(reading_browser.get(f"/promises/{SPRING.upper()}").text, "html.parser")
    text = " ".join(page.get_text(" ").split())
    assert "Said 2 times" in text
    assert "26 November 2024: December 2024 , no longer there" in text
    assert "Last day 31 May 2025" in text
    links = {link.get_text(): str(link["href"]) for link in page.select("main a")}
    assert links["Draft a letter"] == f"/draft?ref={SPRING}"
    assert links["Yasmin Faroqui-Dale"] == "/people/Yasmin%20Faroqui-Dale"
    assert links["Department for Education"] == "/bodies/Department%20for%20Education"


@pytest.mark.parametrize("public_id", ["p-0000000000", "p-1", "x", "%3Cscript%3E"])
def test_a_promise_that_is_none_is_not_found(reading_browser: TestClient, public_id: str) -> None:
    response = reading_browser.get(f"/promises/{public_id}")
    assert response.status_code == 404
    assert "No promise goes by" in response.text
    assert "<script>" not in response.text


def test_candidates_are_offered_with_the_words_that_both_have(
    reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    [entry, *_] = find_entries(archive_of(reading_browser), PromiseFilters(), SECOND_DAY)
    record = entry.first.record
    candidate = Candidate(record, ("assessment", "cybercrime"))
    monkeypatch.setattr("monitor.web.promise.find_candidates", lambda *_: [candidate])
    page = reading_browser.get(f"/promises/{SUMMER}").text
    assert "Words that both have: assessment, cybercrime" in page
    assert f'name="shown_by" value="{record.id}"' in page


# -- forms --------------------------------------------------------------------------------------------------------------


def test_a_promise_is_kept_dropped_and_opened_again(office: Office) -> None:
    path = f"/promises/{SUMMER}"
    office.set_web(auth="proxy")
    with office.browser() as browser:
        browser.headers["X-Forwarded-User"] = "ada"
        page = send(browser, path, f"{path}/decide", state="kept", shown_by="91188", reason=" <b>published</b> ").text
        assert "It is marked as kept." in page
        text = " ".join(BeautifulSoup(page, "html.parser").get_text(" ").split())
        assert "Marked as kept by ada, shown by q-9091188 : <b>published</b>" in text
        assert "Marked as kept by ada on 27 November 2024, shown by q-9091188" in text
        assert shown(browser.get("/promises", params={"state": "kept"}).text) == [SUMMER]
        page = send(browser, path, f"{path}/decide", state="open").text
        assert "The decision was taken back." in page
        page = send(browser, path, f"{path}/decide", state="dropped").text
        assert "It is marked as dropped." in page
        [entry] = [
            entry
            for entry in find_entries(archive_of(browser), PromiseFilters(), SECOND_DAY)
            if entry.first.id == SUMMER
        ]
        assert [decision.state for decision in entry.first.decisions] == ["kept", "open", "dropped"]
        assert [decision.decided_by for decision in entry.first.decisions] == ["ada"] * 3


def test_a_decision_and_a_note_that_are_sent_twice_are_one(office: Office) -> None:
    path = f"/promises/{SUMMER}"
    with office.browser() as browser:
        csrf = csrf_of(browser, path)
        for _ in range(2):
            browser.post(f"{path}/decide", data={"csrf": csrf, "state": "kept", "reason": "published"})
            browser.post(f"{path}/note", data={"csrf": csrf, "text": "Raised today."})
        page = browser.get(path).text
        assert page.count("<dd>Marked as kept") == 1
        assert page.count("Raised today.") == 1
        browser.post(f"{path}/decide", data={"csrf": csrf, "state": "kept", "reason": "published in full"})
        assert browser.get(path).text.count("<dd>Marked as kept") == 2


@pytest.mark.parametrize(
    ("parameter", "value", "said"),
    [
        ("since", "soon", "Said on this day or later: soon is no day."),
        ("body", "Home Ofice", "Answering body: No answering body has Home Ofice in its name."),
    ],
)
def test_a_filter_that_can_not_be_used_is_marked(
    reading_browser: TestClient, parameter: str, value: str, said: str
) -> None:
    page = reading_browser.get("/promises", params={parameter: value}).text
    assert f"Not shown: {said}" in problem_with(page, parameter)
    assert form_of(page, "/promises")[parameter] == value


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"shown_by": "<9>"}, "shown_by", "Record that shows it (optional): no record goes by <9>."),
        ({"shown_by": "9" * 501}, "shown_by", "shorten it to 500 characters at most. It has 501."),
        ({"reason": "x" * 1_001}, "reason", "Why (optional): shorten it to 1,000 characters at most."),
    ],
)
def test_what_shows_nothing_is_said_beside_what_was_given(
    reading_browser: TestClient, fields: dict[str, str], field: str, said: str
) -> None:
    path = f"/promises/{SUMMER}"
    given = {"shown_by": "91165", "reason": "why", **fields}
    response = send(reading_browser, path, f"{path}/decide", state="kept", **given)
    assert response.status_code == 422
    assert said in problem_with(response.text, field)
    form = form_of(response.text, f"{path}/decide")
    assert {name: form[name] for name in given} == given
    assert send(reading_browser, path, f"{path}/decide", state="lost").status_code == 422
    entries = find_entries(archive_of(reading_browser), PromiseFilters(), SECOND_DAY)
    assert not any(promise.decisions for entry in entries for promise in entry.promises)


def test_a_record_for_a_promise_that_was_decided_meanwhile_leads_to_no_field(office: Office) -> None:
    path = f"/promises/{SUMMER}"
    with office.browser() as browser:
        send(browser, path, f"{path}/decide", state="kept")
        response = send(browser, path, f"{path}/decide", state="dropped", shown_by="q-0")
        assert response.status_code == 422
        [problem] = BeautifulSoup(response.text, "html.parser").select("[role=alert]")
        assert "Nothing was changed: no record goes by q-0." in " ".join(problem.get_text().split())
        assert problem.find("a") is None


def test_a_note_is_added_and_the_team_sees_it(office: Office) -> None:
    path = f"/promises/{SUMMER}"
    with office.browser() as browser:
        page = send(browser, path, f"{path}/note", text="Raised <i>today</i>.\nAgain in May.").text
        assert "The note was added." in page
        assert "<strong>Policy desk</strong>" in page
        assert "Raised &lt;i&gt;today&lt;/i&gt;.<br>Again in May." in page
        for wrong in ("   ", "x" * 10_001):
            assert send(browser, path, f"{path}/note", text=wrong).status_code == 422
        assert [note.promise for note in archive_of(browser).notes.listing()] == [SUMMER]


def test_a_promise_is_followed_and_no_more(office: Office) -> None:
    path = f"/promises/{SPRING}"
    with office.browser() as browser:
        page = send(browser, path, f"{path}/follow").text
        assert "It is followed from now on" in page
        [followed] = archive_of(browser).following.listing()
        assert followed.target.ref == SPRING
        page = send(browser, path, f"{path}/unfollow").text
        assert "It is no longer followed." in page
        assert archive_of(browser).following.listing() == []


def test_of_several_readers_one_has_to_be_chosen(office: Office) -> None:
    two_readers(office)
    path = f"/promises/{SPRING}"
    with office.browser() as browser:
        page = browser.get(path).text
        assert "choose a reader" in page
        assert f'action="{path}/follow"' not in page
        form = {"csrf": csrf_of(browser, path)}
        response = browser.post(f"{path}/follow", data=form)
        assert response.status_code == 422
        assert "Choose for whom this is" in response.text
        assert browser.post(f"{path}/follow", data={**form, "reader": "No one"}).status_code == 404
        chosen = f"{path}?reader=Ada+Example"
        page = send(browser, chosen, f"{path}/follow").text
        assert "Ada Example follows this promise" in page
        assert [followed.subscriber for followed in archive_of(browser).following.listing()] == ["Ada Example"]


def test_who_signed_in_is_the_reader(office: Office) -> None:
    two_readers(office)
    office.set_web(auth="proxy")
    with office.browser() as browser:
        page = browser.get(f"/promises/{SPRING}", headers={"X-Forwarded-User": "ADA@example.org"}).text
    assert "Ada Example does not follow it." in page


ACTIONS = ("decide", "note", "follow", "unfollow")


@pytest.mark.parametrize("action", ACTIONS)
def test_a_form_of_another_page_or_browser_changes_nothing(reading_browser: TestClient, action: str) -> None:
    path = f"/promises/{SPRING}"
    form = {"state": "kept", "text": "words"}
    for csrf in ("", "wrong"):
        response = reading_browser.post(f"{path}/{action}", data={**form, "csrf": csrf})
        assert response.status_code == 403
        assert "This form is too old" in response.text
    own = csrf_of(reading_browser, path)
    foreign = {"Origin": "https://elsewhere.example"}
    response = reading_browser.post(f"{path}/{action}", data={**form, "csrf": own}, headers=foreign)
    assert response.status_code == 403
    missing = reading_browser.post(f"/promises/p-0000000000/{action}", data={**form, "csrf": own})
    assert missing.status_code == 404


@pytest.mark.parametrize("action", ACTIONS)
def test_a_public_page_shows_the_ledger_and_changes_nothing(office: Office, action: str) -> None:
    path = f"/promises/{SUMMER}"
    with office.browser() as browser:
        send(browser, path, f"{path}/decide", state="kept", reason="a secret reason")
        send(browser, path, f"{path}/note", text="a secret note")
        csrf = csrf_of(browser, path)
    office.set_web(public=True)
    with office.browser() as browser:
        page = browser.get(path).text
        assert "The next assessment is due to be completed" in page
        for secret in ("secret", "Policy desk", "Hi-tech crime policing", "<form"):
            assert secret not in page
        listed = browser.get("/promises").text
        assert SUMMER in listed
        for secret in ("secret", "Policy desk", "Hi-tech crime policing", 'href="/following"'):
            assert secret not in listed
        assert browser.get("/promises", params={"topic": "Hi-tech crime policing"}).status_code == 403
        assert browser.get(path, params={"reader": "Policy desk"}).status_code == 404
        response = browser.post(f"{path}/{action}", data={"csrf": csrf, "state": "open", "text": "words"})
        assert response.status_code == 403
        assert "everyone may read this page" in response.text
