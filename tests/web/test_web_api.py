"""The API: the objects of the commands, page by page, with errors as JSON, and nothing private on a public page."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from monitor.desk import hits
from monitor.web import api, security
from monitor.web.rate_limit import HERE_TIMES, Limits, RateLimit
from tests.web.conftest import EVENING, Office

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

ROOT = "/api/v1"


@pytest.fixture(scope="module")
def browser(reading_office: Office) -> Iterator[TestClient]:
    """Return a browser that all tests of this file share: they change nothing."""
    with reading_office.browser() as browser:
        yield browser


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: EVENING)


def items(browser: TestClient, path: str, **parameters: Any) -> list[dict[str, Any]]:
    """Return the items of a page."""
    response = browser.get(f"{ROOT}/{path}", params={name.rstrip("_"): value for name, value in parameters.items()})
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


def printed(folder: Path, *arguments: str) -> Any:
    """Return what a command prints with --json."""
    result = CliRunner().invoke(pqwatch, [*arguments, "--json", "--config", str(folder / "config.toml")])
    return json.loads(result.stdout)


# -- the objects of the commands ----------------------------------------------------------------------------------------


def test_search(browser: TestClient, reading_office: Office) -> None:
    found = items(browser, "search", q="police", house="commons", state=["answered", "corrected"], sort="relevance")
    command = ["search", "police", "--house", "commons", "--state", "answered", "--state", "corrected"]
    assert found == printed(reading_office.folder, *command, "--sort", "relevance")
    assert len(found) > 3


def test_a_name_that_no_record_has_is_told(browser: TestClient) -> None:
    unknown = "No answering body has these words in the name: Hom Office. Nearest: Home Office"
    for path, query in (("search", 'police body:"Hom Office"'), ("search", ""), ("similar", "q-9091160")):
        found = browser.get(f"{ROOT}/{path}", params={"q": query, "body": "Hom Office"}).json()
        assert found["items"] == []
        assert found["why"][0].startswith(unknown)
    assert browser.get(f"{ROOT}/search", params={"q": "unicorn"}).json()["why"] == []
    assert browser.get(f"{ROOT}/search", params={"q": "police"}).json()["why"] == []


def test_a_record(browser: TestClient, reading_office: Office) -> None:
    for reference in ("91090", "2024-11-14/91090", "q-9091090"):
        response = browser.get(f"{ROOT}/records/{reference}")
        assert response.json() == printed(reading_office.folder, "show", reference)
    assert list(response.json())[:3] == ["schema", "id", "kind"]


def test_facets(browser: TestClient, reading_office: Office) -> None:
    found = items(browser, "facets", q="police", facet=["party", "year"], limit=2)
    assert found == printed(
        reading_office.folder, "search", "police", "--facet", "party", "--facet", "year", "--limit", "2"
    )


def test_statistics(browser: TestClient, reading_office: Office) -> None:
    found = items(browser, "stats", by=["body", "topic"], house="commons", limit=200)
    command = ["stats", "--by", "body", "--by", "topic", "--house", "commons", "--limit", "200"]
    assert found == printed(reading_office.folder, *command)
    first = browser.get(f"{ROOT}/stats", params={"by": "body", "limit": 1}).json()
    assert len(first["items"]) == 1
    assert first["left_out"] > 0


def test_statistics_by_minister_count_promises(browser: TestClient, reading_office: Office) -> None:
    found = items(browser, "stats", by="minister", limit=200)
    assert found == printed(reading_office.folder, "stats", "--by", "minister", "--limit", "200")
    assert any(row["promises_open"] for row in found)


def test_topics(browser: TestClient, reading_office: Office) -> None:
    assert items(browser, "topics") == printed(reading_office.folder, "topics", "list")


def test_matches(browser: TestClient, reading_office: Office) -> None:
    topic = "Hi-tech crime policing"
    assert items(browser, "matches", limit=200) == printed(reading_office.folder, "matches", "--limit", "0")
    narrowed = items(browser, "matches", topic=topic, from_="2024-11-27")
    assert narrowed == printed(reading_office.folder, "matches", "--topic", topic, "--since", "2024-11-27")


def test_waiting(browser: TestClient, reading_office: Office) -> None:
    assert items(browser, "waiting") == printed(reading_office.folder, "waiting", "--as-of", "2024-11-27")
    topic = "Hi-tech crime policing"
    narrowed = items(browser, "waiting", topic=topic)
    assert narrowed == printed(reading_office.folder, "waiting", "--topic", topic, "--as-of", "2024-11-27")


def test_digests(browser: TestClient, reading_office: Office) -> None:
    found = items(browser, "digests")
    assert found == printed(reading_office.folder, "digest", "list")
    assert items(browser, "digests", subscriber="no one") == []


# -- pages --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["search", "matches", "waiting", "digests"])
def test_pages_follow_each_other(browser: TestClient, path: str) -> None:
    whole = items(browser, path, limit=200)
    address, seen, pages = f"{ROOT}/{path}?limit=1" if path == "digests" else f"{ROOT}/{path}?limit=7", [], 0
    while address:
        response = browser.get(address)
        page = response.json()
        seen += page["items"]
        pages += 1
        place = page["next"]
        assert ("next" in response.links) == (place is not None)
        address = response.links["next"]["url"] if place else ""
    assert [item["id"] for item in seen] == [item["id"] for item in whole]
    assert pages > 1


@pytest.mark.parametrize(("limit", "status"), [(0, 422), (1, 200), (200, 200), (201, 422), ("x", 422)])
@pytest.mark.parametrize("path", ["search", "matches", "waiting", "digests", "facets", "stats"])
def test_limits_are_bounded(browser: TestClient, path: str, limit: int | str, status: int) -> None:
    response = browser.get(f"{ROOT}/{path}", params={"limit": limit})
    assert response.status_code == status
    assert ("error" in response.json()) == (status == 422)


@pytest.mark.parametrize("path", ["search", "matches", "records/91090", "topics", "promises", "calendar", "similar"])
def test_a_parameter_that_an_address_does_not_have_is_refused(browser: TestClient, path: str) -> None:
    response = browser.get(
        f"{ROOT}/{path}", params={"q": "police", "houses": "lords"} if path == "similar" else "houses=lords"
    )
    assert response.status_code == 422
    assert response.json()["error"].startswith("This address has no parameter houses. ")


def test_the_parameters_there_are_are_named(browser: TestClient) -> None:
    said = browser.get(f"{ROOT}/matches?since=7d").json()["error"]
    assert said == "This address has no parameter since. There are: after, from, limit and topic."
    assert browser.get(f"{ROOT}/topics?q=x").json()["error"] == "This address has no parameter q. It has none."


def test_facets_of_a_part_say_so(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert browser.get(f"{ROOT}/facets?q=police").json()["is_whole"] is True
    monkeypatch.setattr(api, "MOST_ASKED_FOR", 3)
    page = browser.get(f"{ROOT}/facets?q=police").json()
    assert page["is_whole"] is False
    assert page["items"][0]["of"] == 3


def test_an_answer_is_known_by_its_tag(browser: TestClient) -> None:
    for path in ("search?q=police", "records/91090", "topics"):
        first = browser.get(f"{ROOT}/{path}")
        again = browser.get(f"{ROOT}/{path}", headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


# -- errors -------------------------------------------------------------------------------------------------------------


def test_a_query_that_cannot_be_read(browser: TestClient) -> None:
    response = browser.get(f"{ROOT}/search", params={"q": "asylum AND (police"})
    assert response.status_code == 400
    assert response.json() == {
        "error": "A bracket is never closed. Write a ) after what belongs in the brackets.",
        "term": "asylum AND (police",
        "position": 11,
        "write": None,
    }


REFUSED = ("search?q=(", "search?from=x", "search?topic=zz", "waiting?topic=zz", "similar?q=the", "promises?state=zz")


@pytest.mark.parametrize("path", REFUSED)
def test_a_refusal_has_the_keys_that_the_document_says(browser: TestClient, path: str) -> None:
    document = browser.get(f"{ROOT}/openapi.json").json()
    described = document["paths"][f"{ROOT}/{path.partition('?')[0]}"]["get"]["responses"]["400"]
    names = [kind["$ref"].rpartition("/")[2] for kind in described["content"]["application/json"]["schema"]["anyOf"]]
    said = browser.get(f"{ROOT}/{path}").json().keys()
    assert any(said == set(document["components"]["schemas"][name]["required"]) for name in names)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("search?from=x", 400, "From: x is no day."),
        ("search?after=x", 400, "x is no place in this list"),
        ("search?house=moon", 422, "house: this value can't be used."),
        ("search?topic=zz", 400, "There is no topic zz."),
        ("matches?topic=zz", 400, "There is no topic zz."),
        ("waiting?topic=zz", 400, "There is no topic zz."),
        ("waiting?after=q-1", 404, "q-1 does not wait any more"),
        ("digests?after=x", 422, "after: this value can't be used."),
        ("facets?facet=zz", 422, "this value can't be used."),
        ("stats?by=zz", 422, "by: records are counted by one or two of"),
        ("stats?q=(", 400, "bracket"),
        ("records/77777", 404, "No record goes by 77777."),
        ("records/words", 404, "No record goes by words."),
        ("nothing", 404, "There is no such page"),
    ],
)
def test_errors_are_sentences_in_json(browser: TestClient, path: str, status: int, said: str) -> None:
    response = browser.get(f"{ROOT}/{path}")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert said in response.json()["error"]


def test_what_is_invisible_is_an_escape_in_errors_too(browser: TestClient) -> None:
    response = browser.get(f"{ROOT}/search", params={"q": "(police \u202e"})
    assert response.status_code == 400
    assert "\\u202e" in response.text
    assert response.json()["term"] == "(police \u202e"


def test_a_search_that_takes_too_long(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hits, "MOST_SECONDS", -1)
    response = browser.get(f"{ROOT}/search?q=police")
    assert response.status_code == 503
    assert "takes too long" in response.json()["error"]


def test_a_refusal_at_the_door_is_json_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "RateLimit", partial(RateLimit, clock=lambda: 0.0))
    with office.browser(limits=Limits(burst=1, per_minute=1)) as browser:
        for _ in range(HERE_TIMES):
            assert browser.get(f"{ROOT}/search").status_code == 200
        refused = browser.get(f"{ROOT}/search")
    assert refused.status_code == 429
    assert refused.json() == {"error": "Too many requests: wait a moment."}
    assert int(refused.headers["retry-after"]) > 0


@pytest.mark.parametrize("path", ["search", "records/91090", "topics"])
def test_nothing_is_written(browser: TestClient, path: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert browser.request(method, f"{ROOT}/{path}").status_code == 405


def test_hostile_texts_are_escaped(browser: TestClient) -> None:
    response = browser.get(f"{ROOT}/search", params={"q": "\u202e(police\x1b[31m\x00"})
    assert response.status_code == 400
    assert "\x1b" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"


# -- public pages, and the document -------------------------------------------------------------------------------------


def test_a_public_page_gives_nothing_private(office: Office) -> None:
    office.set_web(public=True)
    with office.browser() as browser:
        for path in (
            "topics",
            "matches",
            "waiting",
            "digests",
            "search?topic=Water",
            "stats?by=topic",
            "stats?by=term",
        ):
            response = browser.get(f"{ROOT}/{path}")
            assert response.status_code == 403
            assert "not shown on this page" in response.json()["error"]
        record = browser.get(f"{ROOT}/records/91090").json()
        assert record["matches"] == record["told"] == []
        found = browser.get(f"{ROOT}/search?q=police").json()["items"]
        assert {match["topic"] for hit in found for match in hit["matches"]} == {None}


def test_the_document_names_every_address_with_a_summary(browser: TestClient) -> None:
    document = browser.get(f"{ROOT}/openapi.json").json()
    addresses = {path.removeprefix(ROOT) for path in document["paths"]}
    assert addresses == {
        "/search", "/matches", "/records/{reference}", "/facets", "/stats", "/topics", "/waiting", "/digests",
        "/promises", "/promises/{public_id}", "/following", "/calendar", "/similar", "/subscribers",
        "/subscribers/{subscriber_id}",
    }  # fmt: skip
    page = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    assert [address for address in addresses if f"`{ROOT}{address.partition('/{')[0]}" not in page] == []
    for address, path in document["paths"].items():
        assert list(path) == ["get"] or address.startswith(f"{ROOT}/subscribers")
        for operation in path.values():
            assert operation["summary"]
            assert operation["description"]
            assert {"400", "403", "404", "422", "429", "503"} <= operation["responses"].keys()
            assert {"200", "201", "204"} & operation["responses"].keys()
            assert all(parameter["description"] for parameter in operation.get("parameters", ()))
