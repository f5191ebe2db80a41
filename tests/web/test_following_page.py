"""Following: the page of a reader, the forms on a record, notes, and the link in a mail."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup

from monitor import app
from monitor.delivery.links import FOLLOW, FOLLOW_FOR, ReaderLinks, Signer, secret_of, subscription_value
from monitor.research.references import find_ids
from monitor.research.term_tools.exclusion_proposals import Proposal
from monitor.web import security
from tests.web.conftest import EVENING, copied
from tests.web.forms import archive_of, csrf_of, form_of, problem_with, send, two_readers
from tests.web.test_digests import BASE, body, composed
from tests.web.test_operators import execute

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from tests.web.conftest import Office

RECORD = "q-9091165"
"""A question of the demo, answered with a promise and changed since: UIN 91165."""
PROMISE = "p-1d2c520e73"
PAGE = f"/records/{RECORD}"
LOOK = "Look for it under Search or Promises: each page there has a button to follow it."


def words(page: str) -> str:
    """Return the words of a page on one line."""
    return " ".join(BeautifulSoup(page, "html.parser").get_text(" ").split())


def pressed(browser: TestClient, page: str, button: str, **fields: str) -> str:
    """Press a button of a page, by the words on it. Return the page that comes then."""
    found = BeautifulSoup(browser.get(page).text, "html.parser")
    for form in found.find_all("form", {"method": "post"}):
        pushed = form.find("button")
        if pushed is not None and " ".join(pushed.get_text(" ").split()).startswith(button):
            text = form_of(str(form), str(form["action"]))
            response = browser.post(str(form["action"]), data={**text, **fields})
            assert response.status_code == 200, response.text
            return str(response.text)
    raise AssertionError(f"there is no button {button}")


# -- on a record --------------------------------------------------------------------------------------------------------


def test_a_record_is_followed_and_no_more(browser: TestClient) -> None:
    page = pressed(browser, PAGE, "Follow it")
    assert "You follow it from now on." in page
    assert "Followed since 27 November 2024" in page
    [followed] = archive_of(browser).following.listing("Policy desk")
    assert followed.target.ref == RECORD
    page = pressed(browser, PAGE, "Follow it no more")
    assert "You follow it no more." in page
    assert archive_of(browser).following.listing("Policy desk") == []


def test_what_its_asker_asks_and_its_body_on_a_topic_are_followed(browser: TestClient) -> None:
    pressed(browser, PAGE, "Follow what Amabel Thirlestone asks")
    pressed(browser, PAGE, "Follow Department for Education on Paedophile units")
    assert [thing.target.kind for thing in archive_of(browser).following.listing("Policy desk")] == ["asker", "body"]
    page = words(browser.get("/following").text)
    assert "What Amabel Thirlestone asks" in page
    assert "Department for Education on Paedophile units and child protection online" in page
    pressed(browser, PAGE, "No longer follow what Amabel Thirlestone asks")
    pressed(browser, PAGE, "No longer follow Department for Education")
    assert archive_of(browser).following.listing("Policy desk") == []


def test_a_record_is_dealt_with_and_leaves_what_is_to_be_acted_on(browser: TestClient) -> None:
    act = BeautifulSoup(browser.get("/").text, "html.parser").select("section[aria-labelledby=act] h4 a")
    assert PAGE in [link["href"] for link in act]
    assert "You have dealt with it" in pressed(browser, PAGE, "Dealt with")
    today = browser.get("/").text
    act = BeautifulSoup(today, "html.parser").select("section[aria-labelledby=act] h4 a")
    assert PAGE not in [link["href"] for link in act]
    assert "1 record left out: dealt with." in today
    assert "Dealt with, 27 November 2024" in words(browser.get("/following").text)
    assert "It is open again for you." in pressed(browser, PAGE, "Open it again")
    assert "left out" not in browser.get("/").text
    pressed(browser, PAGE, "Dealt with")
    assert "It is open again for you." in pressed(browser, "/following", "Take it back")


def test_what_changed_after_the_page_was_loaded_is_not_dealt_with(browser: TestClient) -> None:
    """A correction that came while the page was open is still to be acted on."""
    archive = archive_of(browser)
    [row] = find_ids(archive, RECORD) or []
    loaded, changed = archive.records.revisions(row)
    assert form_of(browser.get(PAGE).text, "/following/mark")["seen"] == str(changed.id)
    page = pressed(browser, PAGE, "Dealt with", seen=str(loaded.id))
    assert "It changed after you loaded the page, so it is still open." in page
    assert PAGE in browser.get("/").text
    assert "You have dealt with it" in pressed(browser, PAGE, "Dealt with")
    assert "1 record left out: dealt with." in browser.get("/").text


def test_waiting_leaves_out_what_is_dealt_with(browser: TestClient) -> None:
    waiting = BeautifulSoup(browser.get("/waiting").text, "html.parser").select(".records h3 a[href^='/records/']")
    path = str(waiting[0]["href"])
    pressed(browser, path, "Dealt with")
    page = browser.get("/waiting").text
    assert "1 record left out: dealt with." in page
    assert f'<h3><a href="{path}">' not in page
    assert f'<h3><a href="{path}">' in browser.get("/waiting", params={"all": "yes"}).text


def test_a_record_that_is_not_relevant_is_said_so(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    topic = "Paedophile units and child protection online"
    proposal = Proposal(
        topic=topic, term='"military <bands>"', words="military <bands>", marked=3, of_marked=2, others=10, of_others=1
    )
    monkeypatch.setattr("monitor.web.record_actions.proposals_after", lambda *_: [proposal])
    page = pressed(browser, PAGE, "Not relevant")
    assert "It is not relevant to you" in page
    assert "military &lt;bands&gt;" in page
    assert "An exclusion would take these away, and 1 of the 10 others." in words(page)
    form = form_of(page, "/topics/terms/add")
    assert (form["topic"], form["term"], form["exclude"]) == (topic, '"military <bands>"', "yes")
    assert "An exclusion" not in browser.get(PAGE).text
    assert "It is relevant to you again." in pressed(browser, PAGE, "It is relevant")


def test_a_record_and_a_term_are_muted_until_a_day(browser: TestClient) -> None:
    page = pressed(browser, PAGE, "Mute")
    assert "It is muted." in page
    assert "Muted until 11 December 2024: this record" in words(page)
    term = str(BeautifulSoup(page, "html.parser").select("select[name=words] option")[1]["value"])
    page = pressed(browser, PAGE, "Mute", words=term, until="2025-01-31")
    assert "Muted until 31 January 2025: all that the term" in words(page)
    mutes = archive_of(browser).choices.mutes("Policy desk")
    assert sorted(mute.kind for mute in mutes) == ["record", "term"]
    assert "It is told to you again." in pressed(browser, PAGE, "End it")


def test_only_terms_of_the_readers_own_topics_can_be_muted(office: Office) -> None:
    office.add('\n[[topics]]\nname = "Kites"\nterms = ["kite"]\n')
    office.add('\n[[subscribers]]\nname = "Ada"\nemail = "ada@example.org"\ntopics = ["Kites"]\n')
    with office.browser() as browser:
        pages = {name: browser.get(f"{PAGE}?reader={name}").text for name in ("Ada", "Policy desk")}
    choices = {name: BeautifulSoup(page, "html.parser").select("#muted option") for name, page in pages.items()}
    assert [option.get_text() for option in choices["Ada"]] == ["this record"]
    assert len(choices["Policy desk"]) > 1


def test_what_is_muted_is_left_out_of_today_and_counted(browser: TestClient) -> None:
    read = BeautifulSoup(browser.get("/").text, "html.parser").select("section[aria-labelledby=read] h4 a")
    path = str(read[0]["href"])
    pressed(browser, path, "Mute")
    page = browser.get("/").text
    assert "1 record left out: muted." in page
    read = BeautifulSoup(page, "html.parser").select("section[aria-labelledby=read] h4 a")
    assert path not in [link["href"] for link in read]


def test_a_mute_hides_no_change_of_a_text(browser: TestClient) -> None:
    pressed(browser, PAGE, "Mute")
    act = BeautifulSoup(browser.get("/").text, "html.parser").select("section[aria-labelledby=act] h4 a")
    assert PAGE in [link["href"] for link in act]


def test_a_note_is_written_and_found(browser: TestClient) -> None:
    page = pressed(browser, PAGE, "Add the note", text="Ask <b>again</b>.\nBefore spring.")
    assert "Ask &lt;b&gt;again&lt;/b&gt;.<br>Before spring." in page
    pressed(browser, f"/promises/{PROMISE}", "Add the note", text="Raised with the office.")
    found = browser.get("/following", params={"q": "raised"}).text
    assert "1 note, newest first" in found
    assert "Promise in UIN 91165" in found
    assert "Ask" not in BeautifulSoup(found, "html.parser").get_text()
    assert "2 notes, newest first" in browser.get("/following", params={"q": "online safety"}).text
    assert "No note has all these words." in browser.get("/following", params={"q": "badgers"}).text


# -- its page -----------------------------------------------------------------------------------------------------------


def test_an_empty_page_says_what_to_do(reading_browser: TestClient) -> None:
    page = words(reading_browser.get("/following").text)
    assert "Following, for Policy desk" in page
    assert "Nothing yet. Each record and each promise has a button" in page
    assert "There are none. Each record and each promise has a field for them." in page


@pytest.mark.parametrize(
    ("ref", "topic", "status", "said"),
    [
        ("91165", "", 200, "Followed (1)"),
        (PROMISE, "", 200, "promise p-1d2c520e73, made in UIN 91165"),
        ("home office", "Hi-tech crime policing", 200, "Home Office on Hi-tech crime policing"),
        ("Amabel Thirlestone", "", 200, "What Amabel Thirlestone asks"),
    ],
)
def test_something_is_followed_by_its_name(browser: TestClient, ref: str, topic: str, status: int, said: str) -> None:
    response = send(browser, "/following", "/following/follow", ref=ref, topic=topic)
    assert response.status_code == status
    assert said.lower() in response.text.lower()


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"ref": "Amabel Thirlestoan"}, "ref", "Follow: No record, and no member who asks, goes by"),
        ({"ref": "<script>"}, "ref", "'<script>'"),
        ({"ref": ""}, "ref", "write what to follow."),
        ({"ref": None}, "ref", "write what to follow."),
        ({"ref": "member:1"}, "ref", f"goes by member:1. {LOOK}"),
        ({"ref": "p-0000000000"}, "ref", f"No promise goes by p-0000000000. {LOOK}"),
        ({"ref": "Zzzz", "topic": "Hi-tech crime policing"}, "ref", f"No body goes by 'Zzzz'. {LOOK}"),
        ({"ref": "x" * 600}, "ref", "shorten it to 500 characters at most. It has 600."),
        ({"ref": "91165", "topic": "Badgers"}, "topic", "Topic, of a body: this topic is not watched any more."),
    ],
)
def test_what_can_not_be_followed_is_said_beside_what_was_given(
    browser: TestClient, fields: dict[str, Any], field: str, said: str
) -> None:
    response = send(browser, "/following", "/following/follow", **fields)
    assert response.status_code == 422
    assert "Nothing was changed: " in problem_with(response.text, field)
    assert said in problem_with(response.text, field)
    assert form_of(response.text, "/following/follow")["ref"] == (fields["ref"] or "")


@pytest.mark.parametrize(
    ("given", "until", "status", "said"),
    [
        ("school trips", "2024-12-24", 200, "Until 24 December 2024. 0 records left out so far."),
        ("school trips", "7d", 200, "Until 4 December 2024."),
        ("91165", "tomorrow", 200, "UIN 91165, Online Safety: Education"),
    ],
)
def test_something_is_muted_by_its_name(browser: TestClient, given: str, until: str, status: int, said: str) -> None:
    response = send(browser, "/following", "/following/mute", words=given, until=until)
    assert response.status_code == status
    assert said in words(response.text)


@pytest.mark.parametrize(
    ("given", "until", "field", "said"),
    [
        ("school trips", "soon", "until", "Until the end of: 'soon' is no day: write 2026-12-24, tomorrow, or 14d."),
        ("school trips", "2024-11-26", "until", "26 November 2024 is over: name a day from today on."),
        ("school trips", "", "until", "choose a day."),
        ("school trips", "9" * 21, "until", "shorten it to 20 characters at most."),
        ("...", "2024-12-24", "words", "Mute: '...' has no word that could be muted."),
        (PROMISE, "2024-12-24", "words", "mute the record that it was made in"),
        (" ", "2024-12-24", "words", "write what to mute."),
        ("x" * 501, "2024-12-24", "words", "shorten it to 500 characters at most."),
    ],
)
def test_what_can_not_be_muted_is_said_beside_what_was_given(
    browser: TestClient, given: str, until: str, *, field: str, said: str
) -> None:
    response = send(browser, "/following", "/following/mute", words=given, until=until)
    assert response.status_code == 422
    assert said in problem_with(response.text, field)
    form = form_of(response.text, "/following/mute")
    assert (form["words"], form["until"]) == (given, until)


@pytest.mark.parametrize(("path", "action"), [(PAGE, "/following/note"), (f"/promises/{PROMISE}", None)])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  ", "it is empty. Write what the team should know."),
        ("x\r\n" * 5_001, "shorten it to 10,000 characters at most. It has 10,001."),
    ],
)
def test_a_note_that_is_refused_can_be_corrected(
    browser: TestClient, path: str, *, action: str | None, text: str, said: str
) -> None:
    to = action or f"{path}/note"
    response = send(browser, path, to, text=text)
    assert response.status_code == 422
    assert f"Not added: Note, as Policy desk: {said}" in problem_with(response.text, "text")
    form = form_of(response.text, to)
    assert form["text"] == text.replace("\r\n", "\n")
    page = browser.post(to, data=form | {"text": "Ask again in June.\r\nBoth Houses."}).text
    assert "The note was added." in page
    [note] = archive_of(browser).notes.listing()
    assert note.text == "Ask again in June.\nBoth Houses."


def test_a_note_has_as_many_characters_as_are_seen(browser: TestClient) -> None:
    assert "The note was added." in send(browser, PAGE, "/following/note", text="x\r\n" * 5_000).text


def test_a_mute_that_is_over_says_so(office: Office) -> None:
    with office.browser() as browser:
        send(browser, "/following", "/following/mute", words="school trips", until="today")
    with office.browser(now=EVENING.replace(month=12)) as browser:
        page = words(browser.get("/following").text)
        assert "It ended on 27 November 2024, which the next digest says." in page
        assert "Take it away" in page


@pytest.mark.parametrize(
    ("action", "fields", "status", "said"),
    [
        ("mark", {"kind": "done", "ref": "q-0"}, 404, "No record goes by q-0."),
        ("mark", {"kind": "done", "ref": PROMISE}, 422, "This is a promise"),
        ("mark", {"kind": "done", "ref": "p-0000000000"}, 404, "No promise goes by"),
        ("mark", {"kind": "eaten", "ref": RECORD}, 422, "kind: this value can&#39;t be used."),
        ("note", {"ref": "q-0", "text": "words"}, 404, "No record goes by q-0."),
        ("note", {"ref": "x" * 501, "text": "words"}, 422, "ref: this value can&#39;t be used. Load the page again"),
        ("unfollow", {"number": "x"}, 422, "number: this value can&#39;t be used. Load the page again and repeat it."),
        ("unfollow", {}, 422, "number: this value can&#39;t be used. Load the page again and repeat it."),
        ("unmute", {"number": "0"}, 422, "number: this value can&#39;t be used."),
        ("unfollow", {"number": "77"}, 200, "You follow it no more."),
    ],
)
def test_wrong_values_are_refused_in_a_sentence(
    browser: TestClient, action: str, fields: dict[str, str], status: int, said: str
) -> None:
    form = {"csrf": csrf_of(browser, "/following"), "back": "/following"}
    response = browser.post(f"/following/{action}", data={**form, **fields})
    assert response.status_code == status
    assert said in response.text


def test_a_form_leads_to_no_other_site(browser: TestClient) -> None:
    form = {"csrf": csrf_of(browser, "/following"), "ref": RECORD, "kind": "done"}
    for back in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"):
        response = browser.post("/following/mark", data={**form, "back": back}, follow_redirects=False)
        assert response.headers["Location"] == "/?done=done#done"


def test_readers_are_apart_and_notes_are_shared(office: Office) -> None:
    two_readers(office)
    with office.browser() as browser:
        assert "Choose a reader" in browser.get("/following").text
        assert "Follow it</button>" not in browser.get(PAGE).text
        pressed(browser, f"{PAGE}?reader=Ada+Example", "Follow it")
        pressed(browser, f"{PAGE}?reader=Ada+Example", "Add the note", text="A note of Ada.")
        other = browser.get(PAGE, params={"reader": "Policy desk"}).text
        assert "Followed since" not in other
        assert "A note of Ada." in other
        assert "A note of Ada." in browser.get(PAGE).text
        assert "Followed (1)" in browser.get("/following", params={"reader": "Ada Example"}).text
        assert browser.get("/following", params={"reader": "Nobody"}).status_code == 404


def test_without_readers_no_one_can_follow(office: Office) -> None:
    text = office.config.read_text("utf-8")
    start, end = text.index("[[subscribers]]"), text.index("[calendar]")
    office.config.write_text(text[:start] + text[end:], "utf-8")
    with office.browser() as browser:
        assert "No one gets digests yet" in browser.get("/following").text
        assert "Write a note" not in browser.get(PAGE).text


ACTIONS = ("follow", "unfollow", "mark", "mute", "unmute", "note", "calendar")


def test_a_form_that_is_too_old_is_sent_again_with_all_that_was_written(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = '"Ask again",\nbut <kindly>.\n'
    with monkeypatch.context() as patched:
        patched.setattr(security, "FORM_FOR", -1)
        refused = send(browser, PAGE, "/following/note", text=note)
    assert refused.status_code == 403
    assert refused.headers["cache-control"] == "no-store"
    assert archive_of(browser).notes.listing() == []
    again = form_of(refused.text, "/following/note")
    assert again["text"] == note
    assert browser.post("/following/note", data=again).status_code == 200
    [kept] = archive_of(browser).notes.listing()
    assert kept.text == '"Ask again",\nbut <kindly>.'


def test_a_form_is_sent_again_after_its_browser_lost_the_cookie(browser: TestClient) -> None:
    form = form_of(browser.get(PAGE).text, "/following/follow")
    browser.cookies.clear()
    refused = browser.post("/following/follow", data=form)
    assert refused.status_code == 403
    browser.post("/following/follow", data=form_of(refused.text, "/following/follow"))
    assert len(archive_of(browser).following.listing("Policy desk")) == 1


@pytest.mark.parametrize("action", ACTIONS)
def test_a_form_of_another_page_or_browser_changes_nothing(reading_browser: TestClient, action: str) -> None:
    form = {"ref": RECORD, "kind": "done", "words": "x", "until": "7d", "text": "x", "number": "1"}
    for csrf in ("", "wrong"):
        response = reading_browser.post(f"/following/{action}", data={**form, "csrf": csrf})
        assert response.status_code == 403
        assert "This form is too old" in response.text
    own = csrf_of(reading_browser, "/following")
    headers = {"Origin": "https://elsewhere.example"}
    assert reading_browser.post(f"/following/{action}", data={**form, "csrf": own}, headers=headers).status_code == 403


@pytest.mark.parametrize("action", ACTIONS)
def test_a_public_page_changes_nothing(public_browser: tuple[TestClient, str], action: str) -> None:
    browser, csrf = public_browser
    form = {"ref": RECORD, "kind": "done", "words": "x", "until": "7d", "text": "x", "number": "1", "csrf": csrf}
    response = browser.post(f"/following/{action}", data=form)
    assert response.status_code == 403
    assert "everyone may read this page" in response.text


def test_a_public_page_shows_nothing_of_readers(public_browser: tuple[TestClient, str]) -> None:
    browser, _ = public_browser
    assert browser.get("/following").status_code == 403
    page = browser.get(PAGE).text
    for secret in ("A secret note", "Policy desk", "Followed since", "Dealt with", '<form method="post"'):
        assert secret not in page
    assert "Promise in it" in page  # the record is public, and so is what it promises
    assert "left out" not in browser.get("/").text
    assert "left out" not in browser.get("/waiting").text


@pytest.fixture(scope="module")
def public_browser(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str]]:
    """Return a browser at a public page whose reader has a note, a follow and a mark, and a token of a form of before.

    Tests share it: they change nothing, or try to.
    """
    office = copied(demo_folder, tmp_path_factory.mktemp("public") / "office")
    with office.browser() as browser:
        pressed(browser, PAGE, "Follow it")
        pressed(browser, PAGE, "Dealt with")
        pressed(browser, PAGE, "Add the note", text="A secret note")
        csrf = csrf_of(browser, PAGE)
    office.set_web(public=True)
    with office.browser() as browser:
        yield browser, csrf


# -- the link in a mail -------------------------------------------------------------------------------------------------


def link(browser: TestClient, office: Office, ref: str = RECORD) -> str:
    """Return the path of the link that a mail has for a record or a promise."""
    config = app.configuration(str(office.config), env={}, needs_password=False)
    signer = Signer(secret_of(archive_of(browser)))
    return ReaderLinks.of(signer, "", config.subscribers[0], "<mail@example.org>").follow(ref)


@pytest.mark.parametrize(
    ("ref", "title"), [(RECORD, "UIN 91165, Online Safety: Education"), (PROMISE, f"Promise {PROMISE}")]
)
def test_the_link_in_a_mail_asks_first(office: Office, ref: str, title: str) -> None:
    office.set_web(auth="proxy")  # it asks for no sign-in
    with office.browser() as browser:
        path = link(browser, office, ref)
        page = browser.get(path).text
        assert "Follow this?" in page
        assert title in page
        assert archive_of(browser).following.listing() == []
        page = send(browser, path, path).text
        assert "You follow this" in page
        assert "Policy desk" in page
        assert [thing.target.ref for thing in archive_of(browser).following.listing()] == [ref]
        assert "Follow this?" in send(browser, path, path).text
        assert archive_of(browser).following.listing() == []


def test_links_that_are_not_whole_or_have_ended_are_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with office.browser() as browser:
        path = link(browser, office)
        assert browser.get(f"{path}x").status_code == 404
        assert browser.get("/follow/x").status_code == 404
        assert browser.post(path, data={"csrf": "wrong"}).status_code == 403
        signer = Signer(secret_of(archive_of(browser)))
        for value in (f"{'0' * 32} {RECORD}", "x"):
            response = browser.get(f"/follow/{signer.sign(FOLLOW, value)}")
            assert response.status_code == (410 if " " in value else 404)
        reader = app.configuration(str(office.config), env={}, needs_password=False).subscribers[0]
        for ref in ("q-0", "p-0000000000"):
            gone = browser.get(f"/follow/{signer.sign(FOLLOW, f'{subscription_value(reader)} {ref}')}")
            assert gone.status_code == 410
            assert "not in the archive any more" in gone.text
        other = signer.sign("subscription", f"{subscription_value(reader)} {RECORD}")
        assert browser.get(f"/follow/{other}").status_code == 404
        monkeypatch.setattr("monitor.web.follow_link.FOLLOW_FOR", -1)
        assert browser.get(path).status_code == 404
    assert FOLLOW_FOR > 300 * 24 * 3600


def test_each_item_of_a_mail_has_its_link(office: Office) -> None:
    mail = composed(office, base_url=BASE)
    in_html = set(re.findall(rf'{BASE}(/follow/[^"]+)"', body(mail, "html")))
    in_text = set(re.findall(rf"(?m)^{BASE}(/follow/\S+)\r?$", body(mail, "plain")))
    assert len(in_html) == len(in_text) > 3
    with office.browser() as browser:
        assert {browser.get(path).status_code for path in in_html | in_text} == {200}


def test_without_a_page_a_mail_has_no_such_links(office: Office) -> None:
    mail = composed(office)
    assert "/follow/" not in body(mail, "plain")
    assert "/follow/" not in body(mail, "html")


def test_who_reads_a_mail_that_was_passed_on_can_not_follow_for_its_reader(office: Office) -> None:
    mail = composed(office, base_url=BASE)
    execute(office, "update outbox set message = ? where id = 1", zlib.compress(mail.as_bytes()))
    with office.browser() as browser:
        page = browser.get("/digests/1").text
    assert "/records/" in page
    assert "/follow/" not in page
