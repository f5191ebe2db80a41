"""Subscriptions by the links in mails: ending them, by a form and by one click of a mail program, and preferences."""

from __future__ import annotations

import re
import tomllib
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup

from monitor import app
from monitor.config import editing
from monitor.config.subscribers import new_subscriber
from monitor.delivery.links import SUBSCRIPTION, SUBSCRIPTION_FOR, Signer, secret_of, subscription_value
from tests.web.forms import form_of, problem_with
from tests.web.test_operators import execute

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from monitor.model.watching import Subscriber
    from tests.web.conftest import Office

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
FIRST, SECOND, THIRD = (
    "Hi-tech crime policing",
    "Serious and organised crime agencies",
    "Paedophile units and child protection online",
)


def token(office: Office) -> str:
    """Return the token of the only subscription."""
    config = app.configuration(str(office.config), needs_password=False)
    archive = app.archive(config)
    try:
        return Signer(secret_of(archive)).sign(SUBSCRIPTION, subscription_value(config.subscribers[0]))
    finally:
        archive.close()


def subscribers(office: Office) -> list[dict[str, Any]]:
    """Return the subscribers as config.toml has them."""
    found: list[dict[str, Any]] = tomllib.loads(office.config.read_text("utf-8")).get("subscribers", [])
    return found


def kept(office: Office) -> list[Subscriber]:
    """Return the subscribers that the archive has."""
    with closing(app.archive(app.configuration(str(office.config), needs_password=False))) as archive:
        return archive.subscribers.listing()


def csrf(page: str) -> str:
    """Return the token of a form."""
    field = BeautifulSoup(page, "html.parser").find("input", {"name": "csrf"})
    assert field is not None
    return str(field["value"])


def save(browser: TestClient, path: str, **fields: Any) -> Any:
    """Send the form of preferences as it was loaded, with some fields changed. None: the box is empty."""
    form = {
        "topic": ["*", FIRST, SECOND, THIRD],
        "cadence": "daily",
        "at": "07:30",
        "csrf": csrf(browser.get(path).text),
    }
    return browser.post(path, data={name: value for name, value in (form | fields).items() if value is not None})


@pytest.mark.parametrize("mistake", [b"[[topics]\n", b"# \xff\n"])
def test_preferences_say_that_a_file_with_a_mistake_cannot_be_read(office: Office, mistake: bytes) -> None:
    """The page goes on with what it read before, but what a reader chose stands in the file."""
    path, whole = f"/preferences/{token(office)}", office.config.read_bytes()
    with office.browser() as browser:
        office.config.write_bytes(mistake + whole)
        response = browser.get(path)
        assert response.status_code == 503
        assert "config.toml can&#39;t be read now: try again in a minute." in response.text
        office.config.write_bytes(whole)
        assert browser.get(path).status_code == 200


def test_a_file_that_is_empty_for_a_moment_ends_no_subscription(office: Office) -> None:
    link, whole = token(office), office.config.read_bytes()
    with office.browser() as browser:
        office.config.write_bytes(b"")
        assert "is empty, and was in use before." in browser.get("/").text
        assert browser.post(f"/unsubscribe/{link}", data=ONE_CLICK).status_code == 503
        office.config.write_bytes(whole)
        assert browser.get(f"/preferences/{link}").status_code == 200


# -- ending -------------------------------------------------------------------------------------------------------------


def test_following_the_link_asks_and_ends_nothing(office: Office) -> None:
    before = office.config.read_bytes()
    with office.browser() as browser:
        page = BeautifulSoup(browser.get(f"/unsubscribe/{token(office)}").text, "html.parser")
    form = page.find("form")
    assert form is not None
    assert form["method"] == "post"
    assert "Stop these mails?" in page.get_text()
    assert "policy@example.org" not in page.get_text()
    assert office.config.read_bytes() == before


def test_the_form_ends_the_subscription_in_config_toml(office: Office) -> None:
    path = f"/unsubscribe/{token(office)}"
    with office.browser() as browser:
        page = BeautifulSoup(browser.get(path).text, "html.parser")
        form = page.find("form")
        assert form is not None
        fields = {str(field["name"]): str(field["value"]) for field in form.find_all("input")}
        response = browser.post(str(form["action"]), data=fields)
    assert response.status_code == 200
    assert "You get no more of these mails" in response.text
    assert subscribers(office) == []
    assert app.configuration(str(office.config), needs_password=False).topics  # the rest stands


def test_who_has_left_is_shown_the_way_back_where_there_is_one(office: Office) -> None:
    path = f"/unsubscribe/{token(office)}"
    with office.browser() as browser:
        browser.post(path, data=ONE_CLICK)
        assert "/subscribe" not in browser.get(path).text.replace(path, "")
        office.set_web(signup=True, base_url="http://127.0.0.1")
        left = BeautifulSoup(browser.get(path).text, "html.parser").select_one('main a[href="/subscribe"]')
        assert left is not None
        assert browser.get(str(left["href"])).status_code == 200


@pytest.mark.parametrize("is_multipart", [False, True])
def test_one_click_of_a_mail_program_ends_it(office: Office, is_multipart: bool) -> None:
    office.set_web(auth="proxy", base_url="https://pq.example.org")
    path = f"/unsubscribe/{token(office)}"
    headers = {"Origin": "https://mail.example.com", "Sec-Fetch-Site": "cross-site", "User-Agent": "Mail/1"}
    body: dict[str, Any] = {"files": {"List-Unsubscribe": (None, "One-Click")}} if is_multipart else {"data": ONE_CLICK}
    with office.browser() as browser:
        response = browser.post(path, headers=headers, follow_redirects=False, **body)
        assert response.status_code == 200
        assert "set-cookie" not in response.headers
        assert subscribers(office) == []
        assert browser.post(path, headers=headers, follow_redirects=False, **body).status_code == 200


def test_two_requests_at_the_same_moment_both_end_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail program and the reader's browser: the second finds the subscriber gone when its turn comes."""
    path = f"/unsubscribe/{token(office)}"
    with office.browser() as browser:
        [still_there] = app.configuration(str(office.config), needs_password=False).subscribers
        monkeypatch.setattr("monitor.web.subscriptions._subscriber", lambda *_: still_there)
        assert [browser.post(path, data=ONE_CLICK).status_code for _ in range(2)] == [200, 200]
    assert subscribers(office) == []


def test_a_post_without_the_words_ends_nothing(office: Office) -> None:
    with office.browser() as browser:
        path = f"/unsubscribe/{token(office)}"
        for body in ({}, {"List-Unsubscribe": "no"}):
            assert browser.post(path, data=body).status_code == 422
    assert len(subscribers(office)) == 1


def test_mails_that_wait_are_given_up(office: Office) -> None:
    execute(office, "update outbox set state = 'pending' where id = 2")
    with office.browser() as browser:
        browser.post(f"/unsubscribe/{token(office)}", data=ONE_CLICK)
        assert "1 sent, 1 discarded" in browser.get("/status").text


def test_a_new_address_ends_old_links(office: Office) -> None:
    old = token(office)
    text = office.config.read_text("utf-8").replace("policy@example.org", "new@example.org")
    office.config.write_text(text, "utf-8")
    with office.browser() as browser:
        assert "This subscription has ended" in browser.get(f"/unsubscribe/{old}").text
        assert browser.post(f"/unsubscribe/{old}", data=ONE_CLICK).status_code == 200
        assert browser.get(f"/preferences/{old}").status_code == 410
    assert len(subscribers(office)) == 1


def test_a_link_that_was_not_made_here_ends_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_000_000_000)
    good = token(office)
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_000_000_001 + SUBSCRIPTION_FOR)
    with office.browser() as browser:
        for wrong in (good, good[:-2], "x"):
            response = browser.post(f"/unsubscribe/{wrong}", data=ONE_CLICK)
            assert response.status_code == 404
            assert "write to pqwatch@example.org" in response.text
    assert len(subscribers(office)) == 1


def test_where_the_file_can_not_be_written_it_says_whom_to_write_to(office: Office) -> None:
    text = office.config.read_text("utf-8").replace('unsubscribe = ""', 'unsubscribe = "stop@example.org"')
    office.config.write_text(text, "utf-8")
    path = token(office)
    office.config.chmod(0o400)
    with office.browser() as browser:
        for response in (
            browser.post(f"/unsubscribe/{path}", data=ONE_CLICK),
            save(browser, f"/preferences/{path}", cadence="weekly"),
        ):
            assert response.status_code == 503
            assert "Write to stop@example.org: it is done by hand." in response.text
            assert str(office.folder) not in response.text
    assert office.config.read_text("utf-8") == text


def test_a_change_by_somebody_else_at_the_same_time_is_kept(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    path = token(office)
    tries: list[Any] = []
    replace = editing._replace

    def disturbed(file: Any, planned: Any) -> None:
        if not tries:
            office.add("# by somebody else\n")
        tries.append(file)
        replace(file, planned)

    monkeypatch.setattr(editing, "_replace", disturbed)
    with office.browser() as browser:
        assert browser.post(f"/unsubscribe/{path}", data=ONE_CLICK).status_code == 200
    assert len(tries) == 2
    assert subscribers(office) == []
    assert office.config.read_text("utf-8").endswith("# by somebody else\n")


# -- preferences --------------------------------------------------------------------------------------------------------


def test_the_form_shows_what_counts_now(office: Office) -> None:
    with office.browser() as browser:
        page = BeautifulSoup(browser.get(f"/preferences/{token(office)}").text, "html.parser")
    checked = [str(field["value"]) for field in page.find_all("input", checked=True)]
    assert checked == ["*", FIRST, SECOND, THIRD, "daily"]
    time = page.find("input", {"name": "at"})
    assert time is not None
    assert re.fullmatch(r"\d\d:\d\d", str(time["value"]))


def test_what_is_saved_stands_in_config_toml(office: Office) -> None:
    path = f"/preferences/{token(office)}"
    with office.browser() as browser:
        fields = {"topic": [FIRST, THIRD], "cadence": "weekly", "at": "18:15", "quiet_days": "true", "paused": "true"}
        response = save(browser, path, **fields)
        assert response.status_code == 200
        assert "Your mails are paused." in response.text
        [stored] = subscribers(office)
        assert stored["topics"] == [FIRST, THIRD]
        assert (stored["cadence"], stored["at"], stored["quiet_days"], stored["paused"]) == (
            "weekly", "18:15", True, True,
        )  # fmt: skip
        assert "# names or ids of topics" in office.config.read_text("utf-8")
        soon = save(browser, path, topic=["*"], cadence="daily", at="00:00").text  # that time has passed today
        assert "Your next mail comes soon, if there is news." in soon
        assert (
            "Your next mail comes as soon as something is found."
            in save(browser, path, topic=["*"], cadence="instant").text
        )
    [stored] = subscribers(office)
    assert (stored["topics"], stored["cadence"], stored["paused"]) == (["*"], "instant", False)


def test_a_reader_of_a_thousand_topics_chooses_among_them(office: Office) -> None:
    names = [f"Topic {number}" for number in range(1_000)]
    office.add("".join(f'\n[[topics]]\nname = "{name}"\nterms = ["rare {name}"]\n' for name in names))
    path = f"/preferences/{token(office)}"
    with office.browser() as browser:
        page = BeautifulSoup(browser.get(path).text, "html.parser")
        every = [str(field["value"]) for field in page.find_all("input", {"name": "topic"}, checked=True)]
        assert every == ["*", FIRST, SECOND, THIRD, *names]
        assert "Saved." in save(browser, path, topic=every, cadence="weekly").text
        assert "Saved." in save(browser, path, topic=[name for name in every if name != THIRD], cadence="weekly").text
    [stored] = subscribers(office)
    assert stored["cadence"] == "weekly"
    assert stored["topics"] == [FIRST, SECOND, *names]


def test_saving_without_a_change_leaves_the_file_alone(office: Office) -> None:
    before, path = office.config.read_bytes(), f"/preferences/{token(office)}"
    with office.browser() as browser:
        at = BeautifulSoup(browser.get(path).text, "html.parser").find("input", {"name": "at"})
        assert at is not None
        assert save(browser, path, at=str(at["value"])).status_code == 200
    assert office.config.read_bytes() == before


def test_a_form_from_before_another_change_undoes_nothing(office: Office) -> None:
    """A topic that was added meanwhile has no box in the form: it would be taken for one that was not wanted."""
    link = token(office)
    path = f"/preferences/{link}"
    with office.browser() as browser:
        loaded = form_of(browser.get(path).text, path) | {"topic": ["*", FIRST, SECOND, THIRD], "cadence": "weekly"}
        office.add('\n[[topics]]\nname = "Rivers"\nterms = ["river"]\n')
        before = office.config.read_bytes()
        response = browser.post(path, data=loaded)
        assert response.status_code == 409
        assert "changed after you loaded this page. This is how it is now: choose again." in response.text
        assert office.config.read_bytes() == before
        now = form_of(response.text, path) | {"topic": ["*", FIRST, SECOND, THIRD, "Rivers"], "cadence": "weekly"}
        assert browser.post(path, data=now).status_code == 200
    [stored] = subscribers(office)
    assert (stored["topics"], stored["cadence"]) == (["*"], "weekly")


def test_a_form_that_is_sent_twice_is_saved(office: Office) -> None:
    path = f"/preferences/{token(office)}"
    with office.browser() as browser:
        for topics, cadence in (([THIRD, FIRST], "weekly"), (["*", FIRST, SECOND, THIRD], "daily")):
            loaded = form_of(browser.get(path).text, path) | {"topic": topics, "cadence": cadence}
            loaded.pop("paused")
            for _ in range(2):
                response = browser.post(path, data=loaded)
                assert (response.status_code, "Saved." in response.text) == (200, True)
    [stored] = subscribers(office)
    assert (stored["topics"], stored["cadence"]) == (["*"], "daily")


def test_one_topic_less_than_all_is_not_all(office: Office) -> None:
    with office.browser() as browser:
        save(browser, f"/preferences/{token(office)}", topic=["*", FIRST, SECOND])
    assert subscribers(office)[0]["topics"] == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"topic": None}, "Topics: choose at least one."),
        ({"topic": ["Nonsense"]}, "Topics: one that you chose is not watched any more"),
        ({"cadence": "hourly"}, "How often: choose one of them."),
        ({"at": "25:00"}, "Time of the mail: write hours and minutes"),
    ],
)
def test_what_can_not_be_stored_is_told(office: Office, fields: dict[str, Any], said: str) -> None:
    before = office.config.read_bytes()
    with office.browser() as browser:
        response = save(browser, f"/preferences/{token(office)}", **fields)
    assert response.status_code == 422
    assert said in problem_with(response.text, next(iter(fields)))
    shown = BeautifulSoup(response.text, "html.parser").find("input", {"name": "at"})
    assert shown is not None
    assert shown["value"] == fields.get("at", "07:30")  # what was written stays in the form
    assert office.config.read_bytes() == before


def test_preferences_in_a_form_that_is_too_old_are_sent_again(office: Office) -> None:
    path = f"/preferences/{token(office)}"
    with office.browser() as browser:
        refused = save(browser, path, topic=[FIRST, THIRD], cadence="weekly", csrf="")
        form = BeautifulSoup(refused.text, "html.parser").select_one(f'form[action="{path}"]')
        assert form is not None
        fields = [(str(field["name"]), str(field["value"])) for field in form.select("input")]
        assert [value for name, value in fields if name == "topic"] == [FIRST, THIRD]
        again = {name: [value for key, value in fields if key == name] for name, _ in fields}
        assert "<strong>Saved.</strong>" in browser.post(path, data=again).text
    [subscriber] = subscribers(office)
    assert (subscriber["topics"], subscriber["cadence"]) == ([FIRST, THIRD], "weekly")


def test_preferences_of_another_form_are_refused(office: Office) -> None:
    before, path = office.config.read_bytes(), f"/preferences/{token(office)}"
    with office.browser() as browser:
        browser.get(path)
        assert save(browser, path, csrf="").status_code == 403
        foreign = browser.post(path, data={"cadence": "weekly"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
    assert office.config.read_bytes() == before


def test_an_address_is_found_by_whom_it_belongs_to_alone(office: Office) -> None:
    text = office.config.read_text("utf-8")
    other = '\n[[subscribers]]\nname = "Other"\nemail = "policy@example.org"\n'
    office.config.write_text(text.replace("\n# Webhooks:", f"{other}\n# Webhooks:"), "utf-8")
    with office.browser() as browser:
        browser.post(f"/unsubscribe/{token(office)}", data=ONE_CLICK)
    assert [stored["name"] for stored in subscribers(office)] == ["Other"]


# -- subscribers that are kept in the archive ---------------------------------------------------------------------------


def keep(office: Office, **facts: Any) -> str:
    """Keep a subscriber in the archive; return the token of their subscription."""
    config = app.configuration(str(office.config), needs_password=False)
    made = new_subscriber(config, {"name": "Ann", "email": "ann@example.org"} | facts)
    with closing(app.archive(config)) as archive:
        archive.subscribers.add(made)
        return Signer(secret_of(archive)).sign(SUBSCRIPTION, subscription_value(made))


@pytest.mark.parametrize("is_open_before", [False, True])
def test_one_click_ends_a_subscription_of_the_archive(office: Office, is_open_before: bool) -> None:
    before = office.config.read_bytes()
    with office.browser() as browser:
        if is_open_before:  # the page notices what changes in the archive
            assert browser.get("/healthz").status_code == 200
        path = f"/unsubscribe/{keep(office)}"
        assert "Stop these mails?" in browser.get(path).text
        assert browser.post(path, data=ONE_CLICK).status_code == 200
        assert "This subscription has ended" in browser.get(path.replace("unsubscribe", "preferences")).text
    assert kept(office) == []
    assert office.config.read_bytes() == before


def test_what_is_saved_stands_in_the_archive(office: Office) -> None:
    path = f"/preferences/{keep(office)}"
    before = office.config.read_bytes()
    with office.browser() as browser:
        form = BeautifulSoup(browser.get(path).text, "html.parser")
        assert len(form.select("input[name=topic][checked]")) == 4  # all topics, and each of the three
        assert save(browser, path, at="18:30").status_code == 200
        [ann] = kept(office)
        assert (ann.topics, ann.at, ann.paused) == (("*",), "", False)  # nothing was changed
        answered = save(browser, path, topic=[THIRD, FIRST], cadence="weekly", at="18:00", paused="true")
        assert "Your mails are paused." in answered.text
        [ann] = kept(office)
        assert (ann.topics, ann.cadence, ann.at, ann.paused) == ((FIRST, THIRD), "weekly", "18:00", True)
        save(browser, path, topic=[THIRD, FIRST], cadence="weekly", at="18:00")
    assert not kept(office)[0].paused
    assert office.config.read_bytes() == before


def test_a_removal_from_the_file_does_not_bring_back_one_of_the_archive(office: Office) -> None:
    path = f"/unsubscribe/{token(office)}"
    config = app.configuration(str(office.config), needs_password=False)
    [desk] = config.subscribers
    with closing(app.archive(config)) as archive:
        archive.subscribers.add(desk)
    with office.browser() as browser:
        assert browser.post(path, data=ONE_CLICK).status_code == 200
    assert (subscribers(office), kept(office)) == ([], [])


def test_those_of_the_file_of_another_machine_are_told_whom_to_write_to(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = token(office)
    config = app.configuration(str(office.config), needs_password=False)
    with closing(app.archive(config)) as archive:
        archive.subscribers.note_file("other:/config.toml", config.subscribers)
    monkeypatch.setattr("monitor.config.merging.goes_by_other_file", lambda *_: True)
    with office.browser() as browser:
        for response in (
            browser.post(f"/unsubscribe/{path}", data=ONE_CLICK),
            save(browser, f"/preferences/{path}", cadence="weekly"),
        ):
            assert response.status_code == 503
            assert "Write to pqwatch@example.org: it is done by hand." in response.text
    assert len(subscribers(office)) == 1


def test_somebody_who_is_removed_at_the_same_time_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/preferences/{keep(office)}"
    with office.browser() as browser:
        fields = {"topic": ["*"], "cadence": "daily", "csrf": csrf(browser.get(path).text)}
        monkeypatch.setattr("monitor.desk.desks.is_up_to_date", lambda *_: True)  # it was read a moment before
        with closing(app.archive(app.configuration(str(office.config), needs_password=False))) as archive:
            archive.subscribers.remove("Ann")
        assert browser.post(path, data=fields).status_code == 410
        assert browser.get(path).status_code == 410
