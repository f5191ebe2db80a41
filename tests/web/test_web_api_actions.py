"""The API for promises, what readers follow, and the days of the calendar: the objects of the commands."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from tests.web.conftest import EVENING
from tests.web.forms import send
from tests.web.test_following_page import PAGE, pressed

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.conftest import Office

ROOT = "/api/v1"
PROMISE = "p-1d2c520e73"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: EVENING)


def items(browser: TestClient, path: str, **parameters: Any) -> list[dict[str, Any]]:
    response = browser.get(f"{ROOT}/{path}", params=parameters)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


def printed(office: Office, *arguments: str) -> Any:
    result = CliRunner().invoke(pqwatch, [*arguments, "--json", "--config", str(office.config)])
    return json.loads(result.stdout)


def test_promises(reading_browser: TestClient, reading_office: Office) -> None:
    found = items(reading_browser, "promises")
    assert found == printed(reading_office, "promises")
    assert len(found) > 2
    command = ["promises", "--all", "--state", "open", "--body", "home"]
    assert items(reading_browser, "promises", all="true", state="open", body="home") == printed(
        reading_office, *command
    )


def test_one_promise(reading_browser: TestClient, reading_office: Office) -> None:
    assert reading_browser.get(f"{ROOT}/promises/{PROMISE}").json() == printed(
        reading_office, "promises", "show", PROMISE
    )
    unknown = reading_browser.get(f"{ROOT}/promises/p-0000000000")
    assert unknown.status_code == 404
    assert unknown.json()["error"] == "No promise goes by p-0000000000."


def test_promises_go_on_after_a_place(reading_browser: TestClient) -> None:
    whole = items(reading_browser, "promises", all="true")
    first = reading_browser.get(f"{ROOT}/promises", params={"all": "true", "limit": 3})
    assert 'rel="next"' in first.headers["Link"]
    for after in (first.json()["next"], 3):
        rest = reading_browser.get(f"{ROOT}/promises", params={"all": "true", "limit": 200, "after": after}).json()
        assert first.json()["items"] + rest["items"] == whole
        assert rest["next"] is None


def test_a_place_of_promises_stays_when_others_come(office: Office) -> None:
    """Counted from the beginning, the last promise of a page came again on the next one, and those beyond 20,000 never."""
    with office.browser() as browser:
        whole = [promise["id"] for promise in items(browser, "promises", all="true")]
        place = browser.get(f"{ROOT}/promises", params={"all": "true", "limit": 3}).json()["next"]
        with closing(sqlite3.connect(office.folder / "pqwatch.db")) as connection, connection:
            connection.execute("create table newer as select * from promise where repeats_id is null limit 1")
            connection.execute("update newer set id = 1000, public_id = 'p-0123456789', made_on = '2024-11-28'")
            connection.execute("insert into promise select * from newer")
            connection.execute("drop table newer")
        assert len(items(browser, "promises", all="true")) == len(whole) + 1
        assert [promise["id"] for promise in items(browser, "promises", all="true", after=place)] == whole[3:]


def test_promises_that_are_cut_go_on(reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = items(reading_browser, "promises", all="true")
    monkeypatch.setattr("monitor.desk.promises.time_limit", lambda _seconds: lambda: True)
    found, after = [], ""
    while True:
        page = reading_browser.get(f"{ROOT}/promises", params={"all": "true", "after": after}).json()
        found += page["items"]
        if (after := page["next"]) is None:
            break
    assert found == whole


def test_a_list_that_takes_too_long_says_so(reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.desk.promises.time_limit", lambda _seconds: lambda: True)
    assert reading_browser.get(f"{ROOT}/promises").json()["is_cut"] is True


@pytest.mark.parametrize(
    ("path", "parameters", "status", "said"),
    [
        ("promises", {"state": "lost"}, 400, "state: choose one of"),
        ("promises", {"body": "Home Ofice"}, 400, "Did you mean Home Office?"),
        ("promises", {"limit": "0"}, 422, "limit"),
        ("promises", {"after": "-1"}, 422, "after"),
        ("promises", {"after": "20001"}, 422, "after: 20001 is no place in this list"),
        ("promises", {"after": "20241399.1"}, 422, "after"),
        ("calendar", {"topic": "Badgers"}, 400, "There is no topic Badgers."),
        ("calendar", {"subscriber": "Nobody"}, 404, "There is no such reader"),
        ("following", {}, 403, "only with a token"),
    ],
)
def test_wrong_values_are_refused(
    reading_browser: TestClient, path: str, parameters: dict[str, str], status: int, said: str
) -> None:
    response = reading_browser.get(f"{ROOT}/{path}", params=parameters)
    assert response.status_code == status
    assert said in response.json()["error"]


def test_what_is_followed_is_given_only_with_a_token(office: Office) -> None:
    with office.browser() as browser:
        pressed(browser, PAGE, "Follow it")
    (office.folder / "token").write_text("correct-horse-battery-staple", "utf-8")
    (office.folder / "token").chmod(0o600)
    office.set_web(auth="token", token_file="token")  # noqa: S106 (the name of a file)
    with office.browser() as browser:
        assert browser.get(f"{ROOT}/following").status_code == 401
        browser.headers["Authorization"] = "Bearer correct-horse-battery-staple"
        found = items(browser, "following")
        assert found == printed(office, "following")
        assert items(browser, "following", subscriber="Policy desk") == found
        assert browser.get(f"{ROOT}/following", params={"subscriber": "Nobody"}).status_code == 404


def test_the_calendar(reading_browser: TestClient, reading_office: Office) -> None:
    assert items(reading_browser, "calendar") == printed(reading_office, "calendar")
    topic = "Hi-tech crime policing"
    command = ["calendar", "--topic", topic, "--no-recess"]
    assert items(reading_browser, "calendar", topic=topic, recess="false") == printed(reading_office, *command)
    command = ["calendar", "--subscriber", "Policy desk", "--sitting-days"]
    assert items(reading_browser, "calendar", subscriber="Policy desk", sitting="true") == printed(
        reading_office, *command
    )


def test_a_public_page_gives_nothing_of_topics_and_readers(office: Office) -> None:
    path = f"/promises/{PROMISE}"
    with office.browser() as browser:
        send(browser, path, f"{path}/note", text="a secret note")
        send(browser, path, f"{path}/decide", state="kept", reason="a secret reason")
        pressed(browser, "/records/q-9091019", "Follow it")
    office.set_web(public=True)
    with office.browser() as browser:
        for address in ("promises", f"promises/{PROMISE}", "calendar"):
            given = browser.get(f"{ROOT}/{address}")
            assert given.status_code == 200
            for secret in ("secret", "Policy desk", "Hi-tech crime policing", '"followed":true'):
                assert secret not in given.text
        assert browser.get(f"{ROOT}/following").status_code == 403
        assert browser.get(f"{ROOT}/calendar", params={"subscriber": "Policy desk"}).status_code == 404
        assert browser.get(f"{ROOT}/promises", params={"topic": "Hi-tech crime policing"}).status_code == 403


def test_they_are_described(reading_browser: TestClient) -> None:
    paths = reading_browser.get(f"{ROOT}/openapi.json").json()["paths"]
    for path in ("/promises", "/promises/{public_id}", "/following", "/calendar"):
        described = paths[f"{ROOT}{path}"]["get"]
        assert described["summary"]
        assert all(parameter.get("description") for parameter in described.get("parameters", ()))
