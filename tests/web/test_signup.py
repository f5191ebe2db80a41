"""Sign-up of new readers: nothing is stored before the link in a mail was opened and confirmed."""

from __future__ import annotations

import random
from datetime import timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup

from monitor import app
from monitor.config.editing import remove_topic
from monitor.model.deliveries import DeliveryState
from monitor.model.watching import ALL_TOPICS
from monitor.web.signup import CONFIRM_FOR, MailLimit
from tests.web.forms import problem_with
from tests.web.test_subscriptions import FIRST, THIRD, csrf, kept, subscribers

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from monitor.model.watching import Subscriber
    from tests.web.conftest import Office

BASE = "http://127.0.0.1"
ANN = {"name": "Ann", "email": "ann@example.org", "topic": [FIRST, THIRD], "cadence": "weekly"}


@pytest.fixture
def open_office(office: Office) -> Office:
    """Return an office whose visitors may subscribe."""
    office.set_web(signup=True, base_url=BASE)
    return office


def ask(browser: TestClient, **fields: Any) -> Any:
    """Send the form."""
    form = {**ANN, "csrf": csrf(browser.get("/subscribe").text)} | fields
    return browser.post("/subscribe", data={name: value for name, value in form.items() if value is not None})


def links(office: Office) -> list[str]:
    """Return the paths of the links in the mails that wait, by recipient."""
    archive = app.archive(app.configuration(str(office.config), needs_password=False))
    try:
        waiting = [archive.deliveries.get(row.id) for row in archive.deliveries.listing() if row.digest_id is None]
    finally:
        archive.close()
    texts = [str(message_from_bytes(mail.message, policy=policy.default).get_content()) for mail in waiting if mail]
    return [
        line.removeprefix(BASE) for text in texts for line in text.splitlines() if line.startswith(f"{BASE}/subscribe/")
    ]


def test_no_one_signs_up_unless_it_is_allowed(reading_browser: TestClient) -> None:
    assert reading_browser.get("/subscribe").status_code == 404
    assert reading_browser.post("/subscribe", data=ANN).status_code == 404
    assert reading_browser.get("/subscribe/confirm/x").status_code == 404


def test_a_reader_is_added_once_the_link_was_confirmed(open_office: Office) -> None:
    with open_office.browser() as browser:
        assert "A mail with a link goes to ann@example.org" in ask(browser).text
        assert kept(open_office) == []
        [path] = links(open_office)
        page = browser.get(path)
        assert kept(open_office) == []  # a program that follows links adds no one
        form = BeautifulSoup(page.text, "html.parser").find("form")
        assert form is not None
        done = browser.post(str(form["action"]), data={"csrf": csrf(page.text)})
        assert "You get these mails now" in done.text
        [ann] = kept(open_office)
        assert (ann.key, ann.name, ann.email, ann.cadence, ann.at) == ("Ann", "Ann", "ann@example.org", "weekly", "")
        assert ann.topics == (FIRST, THIRD)
        again = browser.post(path, data={"csrf": csrf(browser.get(path).text)})
    assert again.status_code == 200
    assert len(kept(open_office)) == 1
    assert len(subscribers(open_office)) == 1  # config.toml stays as it is


def test_topics_are_chosen_by_the_reader_alone(open_office: Office) -> None:
    with open_office.browser() as browser:
        form = BeautifulSoup(browser.get("/subscribe").text, "html.parser")
    assert form.select('input[name="topic"]')
    assert form.select('input[name="topic"][checked]') == []  # a ticked "All topics" would count beside a chosen one


def test_a_name_that_is_taken_gets_the_address_behind_it(open_office: Office) -> None:
    with open_office.browser() as browser:
        ask(browser, name="policy desk", topic=["*"])
        [path] = links(open_office)
        browser.post(path, data={"csrf": csrf(browser.get(path).text)})
    assert [(reader.name, reader.topics) for reader in kept(open_office)] == [
        ("policy desk (ann@example.org)", (ALL_TOPICS,))
    ]


def confirmed(browser: TestClient, office: Office, **fields: Any) -> Any:
    """Sign up and open the link; return the page that follows."""
    before = links(office)
    ask(browser, **fields)
    [path] = set(links(office)) - set(before)
    return browser.post(path, data={"csrf": csrf(browser.get(path).text)})


def test_a_long_name_that_is_taken_fits_with_a_long_address(open_office: Office) -> None:
    name, long = "N" * 100, f"{'a' * 60}@{'b' * 60}.{'c' * 60}.example.org"
    with open_office.browser() as browser:
        for email in ("ann@example.org", long):
            assert "You get these mails now" in confirmed(browser, open_office, name=name, email=email).text
        path = links(open_office)[-1]
        assert browser.post(path, data={"csrf": csrf(browser.get(path).text)}).status_code == 200  # they are known
    assert [reader.email for reader in kept(open_office)] == ["ann@example.org", long]
    assert kept(open_office)[1].name == f"{name} ({long[:96]}…)"
    assert len(kept(open_office)[1].name) == 200


def test_a_name_that_others_have_even_with_the_address_is_refused(open_office: Office) -> None:
    with open_office.browser() as browser:
        for name, email in (("Ann", "ann@example.org"), ("Ann (bob@example.org)", "ann@example.net")):
            assert confirmed(browser, open_office, name=name, email=email).status_code == 200
        answer = confirmed(browser, open_office, email="bob@example.org")
    assert answer.status_code == 422
    assert "Your name: another reader has it. Choose another one." in problem_with(answer.text, "name")
    assert len(kept(open_office)) == 2


def test_a_new_reader_does_not_get_the_id_of_somebody_else(open_office: Office) -> None:
    def confirm(browser: TestClient, email: str) -> tuple[str, str]:
        confirmed(browser, open_office, email=email)
        [reader] = kept(open_office)
        note_and_remove(open_office, reader)
        return reader.key, reader.name

    with open_office.browser() as browser:
        assert confirm(browser, "ann@example.org") == ("Ann", "Ann")
        assert confirm(browser, "ann@example.net") == ("Ann 2", "Ann")
    with open_office.browser() as browser:
        assert confirm(browser, "Ann@Example.org") == ("Ann", "Ann")


def note_and_remove(office: Office, reader: Subscriber) -> None:
    """Let a run see a reader, who leaves after it."""
    archive = app.archive(app.configuration(str(office.config), needs_password=False))
    try:
        archive.watch_list.sync_subscribers([reader])
        archive.subscribers.remove(reader.key)
    finally:
        archive.close()


def test_who_chose_topics_that_are_gone_chooses_again(open_office: Office) -> None:
    with open_office.browser() as browser:
        ask(browser, topic=[THIRD], cadence="weekly")
        [path] = links(open_office)
        page = browser.get(path).text
        open_office.config.write_text(remove_topic(open_office.config.read_text(encoding="utf-8"), THIRD))
        answer = browser.post(path, data={"csrf": csrf(page)})
    assert answer.status_code == 422
    form = BeautifulSoup(answer.text, "html.parser")
    assert "Topics: those that you chose are not watched any more." in problem_with(answer.text, "topic")
    checked = [str(box["value"]) for box in form.find_all("input", checked=True)]
    assert checked == ["weekly"]
    assert kept(open_office) == []


def test_a_hostile_name_stays_a_name(open_office: Office) -> None:
    name = '"]\n[delivery]\nfolder = "/" <script>\u202e'
    with open_office.browser() as browser:
        ask(browser, name=name)
        [path] = links(open_office)
        page = browser.get(path).text
        assert "<script" not in page
        browser.post(path, data={"csrf": csrf(page)})
    config = app.configuration(str(open_office.config), needs_password=False)
    assert len(config.subscribers) == 1
    assert str(config.delivery.folder) != "/"
    [reader] = kept(open_office)
    assert "\n" not in reader.name


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": " "}, "Your name: write it"),
        ({"name": "x" * 101}, "Your name: write it"),
        ({"name": "x" * 2_000}, "Your name: write it"),
        ({"email": "ann"}, "Your email address: write it as"),
        ({"email": f"{'a' * 250}@example.org"}, "Your email address: shorten it to 254 characters at most."),
        ({"email": "ann@example.org, bob@example.org"}, "Your email address: write it as"),
        ({"email": "ann@example.org\nBcc: bob@example.org"}, "Your email address: write it as"),
        ({"email": "ann@["}, "Your email address: write it as"),
        ({"topic": None}, "Topics: choose at least one of them."),
        ({"topic": ["Nonsense"]}, "Topics: choose at least one of them."),
        ({"cadence": "hourly"}, "How often: choose one of them."),
    ],
)
def test_what_is_missing_is_told_and_nothing_is_sent(open_office: Office, fields: dict[str, Any], said: str) -> None:
    with open_office.browser() as browser:
        response = ask(browser, **fields)
    assert response.status_code == 422
    assert said in problem_with(response.text, next(iter(fields)))
    assert links(open_office) == []


def test_no_link_is_sent_that_could_not_be_opened(open_office: Office) -> None:
    dice = random.Random(7)  # noqa: S311 (the same names each time)
    names = [dice.randbytes(20).hex() for _ in range(1_000)]
    open_office.add("".join(f'\n[[topics]]\nname = "{name}"\nterms = ["rare{name}"]\n' for name in names))
    with open_office.browser() as browser:
        refused = ask(browser, topic=names)
        assert refused.status_code == 422
        assert "Topics: choose all topics, or fewer" in problem_with(refused.text, "topic")
        assert links(open_office) == []
        assert ask(browser, topic=names[:150]).status_code == 200
        [path] = links(open_office)
        page = browser.get(path)
        assert "You get these mails now" in browser.post(path, data={"csrf": csrf(page.text)}).text
    [ann] = kept(open_office)
    assert ann.topics == tuple(names[:150])


def test_a_form_of_another_site_sends_nothing(open_office: Office) -> None:
    with open_office.browser() as browser:
        assert ask(browser, csrf="").status_code == 403
    assert links(open_office) == []


def test_strangers_can_not_fill_a_mailbox(open_office: Office) -> None:
    with open_office.browser() as browser:
        for _ in range(3):
            assert ask(browser).status_code == 200
    assert len(links(open_office)) == 1
    now = [0.0]
    limit = MailLimit(in_all=2, clock=lambda: now[0])
    assert [limit.allows(address) for address in ("a@x", "A@x", "b@x", "c@x")] == [True, False, True, False]
    now[0] = 3_600
    assert limit.allows("a@x")


def test_the_link_lasts_three_days(open_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_000_000_000)
    with open_office.browser() as browser:
        ask(browser)
        [path] = links(open_office)
        monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_000_000_001 + CONFIRM_FOR)
        assert browser.get(path).status_code == 404
        assert browser.get(f"{path}x").status_code == 404


@pytest.mark.parametrize(("scope", "days"), [("recipient", 3), ("message", 6)])
def test_a_mistyped_address_leaves_the_operator_nothing_to_decide(open_office: Office, scope: str, days: int) -> None:
    with open_office.browser() as browser:
        ask(browser)
    archive = app.archive(app.configuration(str(open_office.config), needs_password=False))
    try:
        states = []
        for day in range(days):
            now = archive.deliveries.listing()[0].created_at + timedelta(days=day)
            claimed = archive.outbox.claim(now)
            assert claimed is not None
            delivery, token = claimed
            states.append(archive.outbox.failed(delivery.id, token, now, "no such user", scope))
        assert states == [DeliveryState.PENDING] * (days - 1) + [DeliveryState.DISCARDED]
        assert archive.deliveries.retired() == ()
    finally:
        archive.close()


def test_where_everyone_may_read_the_form_names_no_topics(open_office: Office) -> None:
    open_office.set_web(public=True)
    with open_office.browser() as browser:
        assert FIRST not in browser.get("/subscribe").text
        assert ask(browser, topic=None).status_code == 200
        [path] = links(open_office)
        page = browser.get(path).text
        assert FIRST not in page
        browser.post(path, data={"csrf": csrf(page)})
    assert [reader.topics for reader in kept(open_office)] == [(ALL_TOPICS,)]
