"""Pages for operators: the status, the one word of health, and the figures."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING
from unittest.mock import Mock

from bs4 import BeautifulSoup
from prometheus_client.parser import text_string_to_metric_families

from monitor.desk.desks import Desks
from monitor.research.term_tools import doubts
from monitor.web import operators
from tests.web.conftest import EVENING, many_readers

if TYPE_CHECKING:
    import pytest
    from starlette.testclient import TestClient

    from tests.web.conftest import Office


def execute(office: Office, statement: str, *values: object) -> None:
    """Change the archive behind the back of the program."""
    with sqlite3.connect(office.folder / "pqwatch.db") as connection:
        connection.execute(statement, values)
    connection.close()


def run_just_now(office: Office, minutes: int = 10) -> None:
    """Set the times of the demo's runs and readings, which are of the real clock, to some minutes before EVENING."""
    at = (EVENING - timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S.%f")
    execute(office, "update run set started_at = ?, ended_at = ?", at, at)
    execute(office, "update coverage set read_at = ?", at)


def figures(text: str) -> dict[str, float]:
    """Return figures by name and labels."""
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


# -- status -------------------------------------------------------------------------------------------------------------


def test_the_status_is_that_of_the_command(reading_browser: TestClient) -> None:
    page = BeautifulSoup(reading_browser.get("/status").text, "html.parser")
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in page.find_all("tr")]
    assert [row[0] for row in rows if row[0] in ("collect", "match", "compose", "deliver")] == [
        "collect", "match", "compose", "deliver",
    ]  # fmt: skip
    assert ["questions-statements.parliament.uk", "Commons"] in [row[:2] for row in rows]
    assert any(row[0] == "Policy desk" and row[1] == "daily" for row in rows)
    assert "Mails: 2 sent." in page.get_text()
    assert "config.toml" in page.get_text()


def test_digests_of_many_readers_are_shown_in_groups(office: Office) -> None:
    office.add(many_readers(70))
    with office.browser() as browser:
        page = BeautifulSoup(browser.get("/status").text, "html.parser")
    (table,) = page.select("table:has(#digests)")
    assert table.select("caption")[0].get_text() == "Digests of 71 readers"
    rows = [[cell.get_text() for cell in row.find_all("td")] for row in table.find_all("tr")[1:]]
    assert rows[0][:3] == ["70", "weekly", "none"]
    assert sum(int(row[0]) for row in rows) == 71
    assert "Reader 7" not in page.get_text()


def test_many_retired_addresses_are_cut(office: Office) -> None:
    since = json.dumps({f"{number}@example.org": "2024-11-26T09:00:00+00:00" for number in range(60)})
    for number in range(60):
        row = (f"{number}", f"{number}", f"{number}@example.org", "2024-11-26")
        execute(office, 'insert into subscriber ("key", name, email, added_at) values (?, ?, ?, ?)', *row)
    execute(office, "insert into meta values ('retired_addresses', ?)", since)
    with office.browser() as browser:
        page = browser.get("/status").text
    assert page.count("has been refused on three days") == 50
    assert "10 more addresses: pqwatch status --json lists all." in page


def watch(office: Office, *terms: str) -> None:
    """Watch these terms in place of one of the demo's."""
    text = office.config.read_text("utf-8")
    office.config.write_text(text.replace('"National Crime Squad"', json.dumps(terms)[1:-1]), "utf-8")


def test_the_status_names_a_misread_term_once_and_says_that_it_is_not_switched_off(office: Office) -> None:
    watch(office, "NATIONAL", "crime AND")
    with office.browser() as browser:
        page = browser.get("/status").text
    assert page.count("<strong>A term was misread:</strong>") == 1
    assert page.count("NATIONAL is read as an acronym") == 1
    assert page.count("<strong>A term is switched off:</strong>") == 1


def test_many_unreadable_terms_are_cut(office: Office) -> None:
    watch(office, *(f"crime {number} AND" for number in range(60)))
    with office.browser() as browser:
        page = browser.get("/status").text
    assert page.count("<strong>A term is switched off:</strong>") == 50
    assert "10 more of such terms: <code>pqwatch status --json</code> lists all." in page


def test_the_archive_is_asked_of_misread_terms_once_between_runs(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch(office, "NATIONAL")
    asked = Mock(side_effect=doubts.misread_terms)
    monkeypatch.setattr(doubts, "misread_terms", asked)
    now = [EVENING]
    with closing(Desks(str(office.config), lambda: now[0])) as desks:
        for minutes in (0, 2, 4):
            now[0] = EVENING + timedelta(minutes=minutes)
            [problem] = desks.current().config.term_problems
            assert problem.is_misread
        assert asked.call_count == 1
        execute(office, "update run set id = id + 1 where id = (select max(id) from run)")
        now[0] += timedelta(minutes=2)
        assert desks.current().config.term_problems == (problem,)
        assert asked.call_count == 2


def test_the_status_names_mails_that_wait(office: Office) -> None:
    execute(office, "update outbox set state = 'held', error = '<b>no</b> reply' where id = 1")
    with office.browser() as browser:
        page = browser.get("/status").text
    assert "policy@example.org" in page
    assert "&lt;b&gt;no&lt;/b&gt; reply" in page
    assert "--release NUMBER" in page


def test_the_status_says_until_when_a_mail_waits(office: Office) -> None:
    later = (EVENING + timedelta(hours=4)).strftime("%Y-%m-%d %H:%M:%S.%f")
    execute(office, "update outbox set state = 'pending', attempts = 7, next_try_at = ? where id = 1", later)
    with office.browser() as browser:
        page = BeautifulSoup(browser.get("/status").text, "html.parser")
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in page.find_all("tr")]
    [row] = [row for row in rows if row[:2] == ["1", "pending"]]
    assert row[3:5] == ["7", f"{later[:16]} UTC"]


def test_a_public_status_names_no_reader_no_term_and_no_path(office: Office) -> None:
    execute(office, "update outbox set state = 'held', error = 'secret.example refused it' where id = 1")
    execute(office, "update run set error = 'policy@example.org is odd' where stage = 'deliver'")
    office.set_web(public=True)
    with office.browser() as browser:
        page = browser.get("/status").text
    assert "collect" in page
    for secret in ("policy@example.org", "Policy desk", "secret.example", str(office.folder), "config.toml"):
        assert secret not in page


def test_an_archive_without_runs_has_a_status_too(office: Office) -> None:
    execute(office, "delete from run")
    execute(office, "delete from coverage")
    with office.browser() as browser:
        page = browser.get("/status").text
    assert "Nothing was run yet" in page
    assert "No day was read yet." in page


# -- health -------------------------------------------------------------------------------------------------------------


def test_all_is_well_after_a_run(office: Office) -> None:
    run_just_now(office)
    with office.browser() as browser:
        response = browser.get("/healthz")
        assert (response.status_code, response.text) == (200, "ok\n")
        assert browser.head("/healthz").status_code == 200


def test_a_run_that_is_too_old_is_told(office: Office) -> None:
    run_just_now(office, minutes=3 * 24 * 60)
    with office.browser() as browser:
        response = browser.get("/healthz")
    assert response.status_code == 503
    assert "The last good collect began 3 days ago." in response.text
    assert "Nothing was read of the House of Commons" in response.text


def test_mails_that_are_held_or_refused_are_told_without_an_address(office: Office) -> None:
    run_just_now(office)
    execute(office, "update outbox set state = 'held' where id = 1")
    execute(office, "insert into meta (key, value) values ('retired', ?)", '{"policy@example.org": "2024-11-20"}')
    with office.browser() as browser:
        response = browser.get("/healthz")
    assert response.status_code == 503
    assert "1 mail is held" in response.text
    assert "example.org" not in response.text


def test_health_needs_no_sign_in_and_is_shown_to_everyone(office: Office) -> None:
    run_just_now(office)
    office.set_web(auth="proxy")
    with office.browser() as browser:
        assert browser.get("/healthz").status_code == 200
        assert browser.get("/status").status_code == 401


def test_an_archive_that_hangs_is_told_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators, "HEALTH_WITHIN", 0.05)
    monkeypatch.setattr(operators, "reasons_unwell", lambda *_: time.sleep(1.5))
    with office.browser() as browser:
        response = browser.get("/healthz")
    assert (response.status_code, response.text) == (503, "The archive does not answer.\n")


def test_a_config_that_can_not_be_used_is_told(office: Office) -> None:
    run_just_now(office)
    with office.browser() as browser:
        office.add("\n[nonsense")
        response = browser.get("/healthz")
    assert response.status_code == 503
    assert "config.toml can't be used as it is." in response.text


# -- figures ------------------------------------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_archive(office: Office) -> None:
    execute(office, "update outbox set state = 'pending', created_at = ? where id = 2", "2024-11-27 19:00:00.000000")
    with office.browser() as browser:
        response = browser.get("/metrics")
        found = figures(response.text)
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert found["pqwatch_mails['sent']"] == 1
    assert found["pqwatch_mail_queue_age_seconds[]"] == 3600
    assert found["pqwatch_last_run_ok['collect']"] == 1
    assert found["pqwatch_runs['collect', 'ok']"] == 2
    assert found["pqwatch_records[]"] > 0
    assert found["pqwatch_matches[]"] > 0
    assert found["pqwatch_answers_read['commons', 'questions']"] > 0
    assert any(name.startswith("pqwatch_windows[") for name in found)


def test_a_run_that_is_at_work_has_not_ended_badly(office: Office) -> None:
    execute(
        office,
        "insert into run (stage, as_of, started_at, outcome, counts) values ('collect', ?, ?, 'running', '{}')",
        *["2024-11-27 19:30:00.000000"] * 2,
    )
    with office.browser() as browser:
        found = figures(browser.get("/metrics").text)
    assert found["pqwatch_runs['collect', 'running']"] == 1
    began = EVENING - timedelta(minutes=30)
    assert found["pqwatch_last_run_timestamp_seconds['collect']"] == began.timestamp()
    assert found["pqwatch_last_run_ok['collect']"] == 1
    assert "pqwatch_last_run_seconds['collect']" in found


def test_searches_are_timed(browser: TestClient) -> None:
    browser.get("/search", params={"q": "water"})
    browser.get("/status")
    assert figures(browser.get("/metrics").text)["pqwatch_search_seconds_count[]"] == 1


def test_figures_of_two_applications_do_not_mix(office: Office) -> None:
    with office.browser() as first, office.browser() as second:
        first.get("/search", params={"q": "water"})
        assert figures(second.get("/metrics").text)["pqwatch_search_seconds_count[]"] == 0


def test_figures_are_not_for_everyone(office: Office) -> None:
    office.set_web(public=True)
    with office.browser() as browser:
        assert browser.get("/metrics").status_code == 403


def test_figures_ask_a_program_to_sign_in(office: Office) -> None:
    (office.folder / "token").write_text("0123456789abcdef0123", "utf-8")
    (office.folder / "token").chmod(0o600)
    office.set_web(auth="token", token_file="token")  # noqa: S106 (the name of a file)
    with office.browser() as browser:
        assert browser.get("/metrics").status_code == 401
        signed_in = browser.get("/metrics", headers={"Authorization": "Bearer 0123456789abcdef0123"})
        assert signed_in.status_code == 200


def test_an_answer_that_took_long_is_given_again_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    now, takes = [0.0], [0.1, 3.0, 30.0, 0.1]
    found: list[int] = []

    def find() -> int:
        now[0] += takes[len(found)]
        found.append(len(found) + 1)
        return found[-1]

    monkeypatch.setattr("time.monotonic", lambda: now[0])
    kept = operators.Kept(15, 120, find)
    given = []
    for moment in (0.0, 15.0, 15.2, 75.0, 78.1, 78.3, 228.2, 228.4):
        now[0] = max(now[0], moment)
        given.append(kept.get())
    assert given == [1, 1, 2, 2, 2, 3, 3, 4]
