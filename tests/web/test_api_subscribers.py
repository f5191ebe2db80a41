"""The API for subscribers: who may use it, and what it lists, adds, changes and removes."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from monitor.config.editing import remove_subscribers
from monitor.model.deliveries import DeliveryState
from tests.web.conftest import EVENING
from tests.web.test_operators import execute
from tests.web.test_signup import note_and_remove
from tests.web.test_subscriptions import FIRST, SECOND, kept, subscribers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from tests.web.conftest import Office

PATH = "/api/v1/subscribers"
TOKEN = "0123456789abcdef-token"  # noqa: S105 (of this test)
AS_JSON = {"Content-Type": "application/json"}
ANN = {"name": "Ann", "email": "ann@example.org", "topics": [FIRST]}


@pytest.fixture
def token_office(office: Office) -> Office:
    file = office.folder / "token"
    file.write_text(TOKEN, encoding="utf-8")
    file.chmod(0o600)
    office.set_web(auth="token", token_file="token")  # noqa: S106 (the name of a file)
    return office


@pytest.fixture
def program(token_office: Office) -> Iterator[TestClient]:
    """Return a program that signs in by the token."""
    with token_office.browser() as browser:
        browser.headers["Authorization"] = f"Bearer {TOKEN}"
        yield browser


# -- who may ------------------------------------------------------------------------------------------------------------


def test_no_one_may_where_no_one_signs_in(office: Office) -> None:
    for settings in ({}, {"public": True}):
        office.set_web(**settings)
        with office.browser() as browser:
            for answer in (browser.get(PATH), browser.post(PATH, json=ANN), browser.delete(f"{PATH}/Ann")):
                assert answer.status_code == 403
                assert answer.json()["error"].startswith("Subscribers are given only with a token")
    assert kept(office) == []


def test_no_one_may_without_the_token(token_office: Office) -> None:
    with token_office.browser() as browser:
        for answer in (
            browser.get(PATH),
            browser.post(PATH, json=ANN),
            browser.patch(f"{PATH}/Ann", json={"paused": True}),
            browser.delete(f"{PATH}/Ann", headers={"Authorization": "Bearer wrong"}),
        ):
            assert (answer.status_code, "error" in answer.json()) == (401, True)
    assert kept(token_office) == []


def test_a_page_of_another_site_changes_nothing(office: Office) -> None:
    office.set_web(auth="proxy", base_url="https://pq.example.org")
    with office.browser() as browser:
        browser.headers["X-Forwarded-User"] = "ann"
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            for answer in (
                browser.post(PATH, json=ANN, headers=headers),
                browser.patch(f"{PATH}/Policy desk", json={"paused": True}, headers=headers),
                browser.delete(f"{PATH}/Policy desk", headers=headers),
            ):
                assert answer.status_code == 403
        assert kept(office) == []
        assert browser.post(PATH, json=ANN).status_code == 201
        form = browser.post(PATH, data={"name": "Bob", "email": "bob@example.org"})
        assert form.status_code == 422  # a form is no JSON
    assert [reader.name for reader in kept(office)] == ["Ann"]


# -- what it does -------------------------------------------------------------------------------------------------------


def test_a_subscriber_is_added_changed_and_removed(token_office: Office, program: TestClient) -> None:
    added = program.post(PATH, json={**ANN, "id": "a", "quiet_days": True})
    assert added.status_code == 201
    row = added.json()
    assert (row["id"], row["name"], row["topics"], row["at"], row["kept_in"]) == (
        "a",
        "Ann",
        [FIRST],
        "18:30",
        "archive",
    )
    changed = program.patch(f"{PATH}/a", json={"topics": ["*"], "cadence": "weekly", "paused": True})
    assert changed.status_code == 200
    assert len(changed.json()["topics"]) == 3
    assert changed.json()["paused"]
    [ann] = kept(token_office)
    assert (ann.topics, ann.cadence, ann.paused, ann.quiet_days, ann.email) == (
        ("*",),
        "weekly",
        True,
        True,
        "ann@example.org",
    )
    assert program.delete(f"{PATH}/a").status_code == 204
    assert kept(token_office) == []
    assert program.delete(f"{PATH}/a").status_code == 404


def test_mails_that_wait_for_a_removed_subscriber_are_given_up(token_office: Office, program: TestClient) -> None:
    [reader] = subscribers(token_office)
    text = token_office.config.read_text("utf-8")
    token_office.config.write_text(remove_subscribers(text, [reader["name"]]), "utf-8")
    assert program.post(PATH, json={key: reader[key] for key in ("name", "email")}).json()["id"] == reader["name"]
    execute(token_office, "update outbox set state = 'pending' where id = 2")
    assert program.delete(f"{PATH}/{reader['name']}").status_code == 204
    with closing(app.archive(app.configuration(str(token_office.config), needs_password=False))) as archive:
        assert [mail.state for mail in archive.deliveries.listing()] == [DeliveryState.SENT, DeliveryState.DISCARDED]


def test_an_id_may_have_a_slash(token_office: Office, program: TestClient) -> None:
    assert program.post(PATH, json={**ANN, "name": "Health/Care desk"}).json()["id"] == "Health/Care desk"
    for path in (f"{PATH}/Health%2FCare%20desk", f"{PATH}/Health/Care desk"):
        assert program.patch(path, json={"cadence": "weekly"}).status_code == 200
    assert program.delete(f"{PATH}/Health%2FCare%20desk").status_code == 204
    assert kept(token_office) == []
    assert program.delete(f"{PATH}/").status_code == 404


def test_a_new_subscriber_gets_the_id_of_somebody_else_only_if_it_is_asked_for(
    token_office: Office, program: TestClient
) -> None:
    bob = {**ANN, "email": "bob@example.org"}
    program.post(PATH, json=ANN)
    note_and_remove(token_office, *kept(token_office))
    assert program.post(PATH, json=bob).json()["id"] == "Ann 2"
    program.delete(f"{PATH}/Ann 2")
    assert program.post(PATH, json={**bob, "id": "Ann"}).json()["id"] == "Ann"


def test_the_list_is_that_of_the_command(
    token_office: Office, program: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "clock", lambda: EVENING)
    program.post(PATH, json=ANN)
    found = program.get(PATH).json()
    assert [(row["name"], row["kept_in"]) for row in found["items"]] == [
        ("Policy desk", "config.toml"),
        ("Ann", "archive"),
    ]
    command = CliRunner().invoke(pqwatch, ["subscribers", "list", "--json", "--config", str(token_office.config)])
    assert found["items"] == json.loads(command.stdout)


def test_those_of_the_file_are_not_changed(token_office: Office, program: TestClient) -> None:
    for answer in (program.patch(f"{PATH}/Policy desk", json={"paused": True}), program.delete(f"{PATH}/Policy desk")):
        assert answer.status_code == 409
        assert answer.json()["error"] == "Policy desk is in config.toml: change them there."
    assert not subscribers(token_office)[0]["paused"]


@pytest.mark.parametrize(
    ("wanted", "status", "said"),
    [
        ({"name": "policy DESK", "email": "x@example.org"}, 409, "There is a subscriber 'policy DESK' already."),
        ({"name": "Ann", "email": "ann"}, 400, "'ann' is no e-mail address"),
        ({"name": "Ann"}, 400, "Email is missing."),
        ({**ANN, "topics": ["Nonsense"]}, 400, 'there is no topic "Nonsense"'),
        ({**ANN, "cadence": "hourly"}, 400, '"hourly" must be one of'),
        ({**ANN, "paused": "perhaps"}, 422, "paused: this value can't be used."),
        ({**ANN, "colour": "red"}, 422, "colour: this value can't be used."),
    ],
)
def test_what_can_not_be_stored_is_told(
    token_office: Office, program: TestClient, wanted: dict[str, Any], status: int, said: str
) -> None:
    answer = program.post(PATH, json=wanted)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert kept(token_office) == []


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (r'{"name": "Ann", "email": "ann@example.org", "topics": ["\ud800"]}', 400, 'there is no topic "\ud800".'),
        ('{"name": ', 422, "body: this value can't be used."),
    ],
)
def test_what_is_no_text_is_refused_in_a_sentence(program: TestClient, body: str, status: int, said: str) -> None:
    answer = program.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert said in answer.json()["error"]


def test_a_wrong_change_is_told(token_office: Office, program: TestClient) -> None:
    program.post(PATH, json=ANN)
    program.post(PATH, json={"name": "Bob", "email": "bob@example.org", "topics": [SECOND]})
    assert program.patch(f"{PATH}/Bob", json={"name": "ann"}).status_code == 409
    assert program.patch(f"{PATH}/Bob", json={"email": "x"}).status_code == 400
    assert program.patch(f"{PATH}/Nobody", json={"paused": True}).status_code == 404
    assert [reader.name for reader in kept(token_office)] == ["Ann", "Bob"]


@pytest.mark.parametrize("key", ["cadence", "subject", "mentions"])
def test_letters_that_no_encoding_has_are_refused(program: TestClient, key: str) -> None:
    added = program.post(PATH, content=json.dumps({**ANN, key: "\ud800"}), headers=AS_JSON)
    assert (added.status_code, "ud800" in added.json()["error"]) == (400, False)
    program.post(PATH, json=ANN)
    changed = program.patch(f"{PATH}/Ann", content=json.dumps({key: "\ud800"}), headers=AS_JSON)
    assert changed.status_code == 400


def test_a_body_that_is_no_json_is_named(program: TestClient) -> None:
    answer = program.post(PATH, content="{", headers=AS_JSON)
    assert (answer.status_code, answer.json()) == (422, {"error": "body: this value can't be used. JSON decode error"})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps(ANN), "application/x-www-form-urlencoded"),
        (json.dumps([ANN]), "application/json"),
        ("", "text/plain"),
    ],
)
def test_a_body_that_is_no_object_is_told_what_it_has_to_be(program: TestClient, body: str, kind: str) -> None:
    answer = program.post(PATH, content=body, headers={"Content-Type": kind})
    needed = "The body has to be a JSON object, with the header Content-Type: application/json."
    assert (answer.status_code, answer.json()) == (422, {"error": needed})


def test_it_describes_itself(program: TestClient) -> None:
    document = program.get("/api/v1/openapi.json").json()
    paths, new = document["paths"], document["components"]["schemas"]["NewSubscriber"]
    assert (new["required"], new["additionalProperties"]) == (["name", "email"], False)
    assert set(paths[PATH]) == {"get", "post"}
    assert set(paths[f"{PATH}/{{subscriber_id}}"]) == {"patch", "delete"}
