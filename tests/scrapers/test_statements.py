"""Written statements: what becomes of records, and how a day of them is read."""

from __future__ import annotations

import json
import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from monitor.errors import FetchError, ParseError
from monitor.model.records import House, Kind, State
from monitor.model.sources import Payload, Window
from scrapers.questions_statements.statements import StatementsSource
from tests.scrapers.faulty import Asked, FaultyServer, Reply, as_json
from tests.scrapers.golden import as_plain, check

if TYPE_CHECKING:
    from scrapers.http.client import Client

EXAMPLES = Path(__file__).parent / "examples" / "statements"
NOW = datetime(2031, 3, 12, 7, 0, tzinfo=UTC)
LISTS = "/api/writtenstatements/statements"
WINDOW = Window(source="statements", house=House.LORDS, by="made", day=date(2031, 3, 4))


@pytest.fixture
def source() -> StatementsSource:
    return StatementsSource(None, "https://statements.example")  # type: ignore[arg-type] # asks no server


def example(case: str = "commons", /, **changes: Any) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads((EXAMPLES / f"{case}.json").read_text())
    if changes:
        entry["value"].update(changes)
    return entry


def payload(entry: Any) -> Payload:
    inner = entry["results"][0] if "results" in entry else entry
    return Payload(
        source="statements", key=str(inner["value"]["id"]), url="", fetched_at=NOW, body=json.dumps(entry).encode()
    )


CASES = sorted(path.stem for path in EXAMPLES.glob("*.json") if not path.name.endswith(".expected.json"))


@pytest.mark.parametrize("case", CASES)
def test_example_is_understood_as_expected(source: StatementsSource, case: str) -> None:
    check(as_plain(source.parse(payload(example(case)))), EXAMPLES / f"{case}.expected.json")


def test_every_recorded_statement_is_understood(
    source: StatementsSource, shared_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = shared_data / "written-questions-api" / "recorded-2021-02-01"
    count = 0
    for path in sorted(folder.glob("*_fetch_statements_*.json")):
        for entry in json.loads(path.read_text())["results"]:
            value, found = entry["value"], source.parse(payload(entry))
            count += 1
            assert (found.id, found.kind, found.state) == (f"s-{value['id']}", Kind.STATEMENT, State.ANSWERED)
            assert (found.uin, found.house.value) == (value["uin"], value["house"].lower())
            assert found.made_on == found.day == date.fromisoformat(value["dateMade"][:10])
            assert found.made_by is not None
            assert found.made_by.member_id == value["memberId"]
            assert (found.made_by.name, found.made_by.office) == (value["member"]["name"], value["memberRole"].strip())
            assert (found.heading, found.body) == (value["title"].strip(), value["answeringBodyName"].strip())
            assert found.text is not None
            assert found.text.endswith("...") is (len(value["text"]) == 258)
            assert found.url is not None
            assert found.url.endswith(f"/written-statements/detail/{value['dateMade'][:10]}/{value['uin']}")
    assert count == 13
    assert caplog.text == ""


NEEDED = {"house", "uin", "dateMade", "text", "title", "memberId", "answeringBodyId", "answeringBodyName"}


@pytest.mark.parametrize("name", sorted(set(example()["value"]) - {"id"}))
def test_key_may_be_missing_unless_it_says_what_the_record_is(source: StatementsSource, name: str) -> None:
    entry = example()
    whole = source.parse(payload(entry))
    del entry["value"][name]
    if name in NEEDED:
        with pytest.raises(ParseError, match=f"Statement 9100001 has nothing as {name}: report it"):
            source.parse(payload(entry))
    elif name not in ("member", "memberRole"):
        assert source.parse(payload(entry)) == whole
    else:
        assert source.parse(payload(entry)).made_by != whole.made_by


@pytest.mark.parametrize("name", sorted(set(example()["value"]) - {"id"}))
def test_wrong_type_is_refused(source: StatementsSource, name: str) -> None:
    with pytest.raises(ParseError, match=rf"9100001 has 1\.5 as {name}"):
        source.parse(payload(example(**{name: 1.5})))


ODD: dict[str, list[Any]] = {
    "house": ["Bicameral", None],
    "uin": ["", "../x", "HC WS", "H" * 21],
    "dateMade": ["", None, "2031-02-30", "0001-01-01T00:00:00", "4 March 2031"],
    "linkedStatements": [["x"], [{}], [{"linkedStatementId": "1"}], [{"linkedStatementId": 1, "linkType": 2}]],
    "member": [{"id": 5}, {"id": 90011, "name": 7}],
    "attachments": [["a"], [{"title": 1}]],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in ODD.items() for value in values])
def test_odd_value_is_refused(source: StatementsSource, name: str, value: Any) -> None:
    with pytest.raises(ParseError, match=f"as {name}: report it") as error:
        source.parse(payload(example(**{name: value})))
    assert error.value.key == "9100001"


def test_a_link_that_does_not_say_of_which_kind_it_is_leads_nowhere(source: StatementsSource) -> None:
    linked = [{"linkedStatementId": 1}, {"linkedStatementId": 2, "linkType": "JointStatement"}]
    assert source.parse(payload(example(linkedStatements=linked))).refers == ("s-2",)


def test_another_statement_than_was_asked_for_is_refused(source: StatementsSource) -> None:
    asked = Payload(source="statements", key="1", url="", fetched_at=NOW, body=json.dumps(example()).encode())
    with pytest.raises(ParseError, match="Statement 9100001 came when 1 was asked for"):
        source.parse(asked)


def test_unknown_keys_are_told_once(source: StatementsSource, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        source.parse(payload(example(colour="blue")))
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "unknown keys=['colour'] source=statements")
    ]


def test_window_gives_every_statement_to_be_read_whole(client: Client) -> None:
    odd = {"value": {**example()["value"], "id": 2, "house": "Both"}}
    with FaultyServer(lambda _: as_json({"totalResults": 2, "results": [example(text="Short."), odd]})) as server:
        pages = list(StatementsSource(client, server.url).read_window(WINDOW))
    [asked] = server.asked
    assert asked.target == (
        f"{LISTS}?madeWhenFrom=2031-03-04&madeWhenTo=2031-03-04&house=Lords&sessionStatus=Any&skip=0&take=100"
    )
    listed = [(entry.payload.key, entry.proceeding, entry.error is None) for page in pages for entry in page.entries]
    assert listed == [("9100001", None, True), ("2", None, False)]
    assert pages[-1].is_whole is True


def test_window_tells_of_statements_where_something_is_wrong(client: Client) -> None:
    with (
        FaultyServer(lambda _: as_json({"totalResults": 30_000, "results": []})) as server,
        pytest.raises(FetchError, match="statements API counts 30000 statements in a day"),
    ):
        list(StatementsSource(client, server.url).read_window(WINDOW))


def test_details_are_asked_for_by_id_and_by_day_and_uin(client: Client) -> None:
    def answer(asked: Asked) -> Reply:
        return as_json(example("in_a_list_of_one") if "HCWS" in asked.target else example())

    with FaultyServer(answer) as server:
        source = StatementsSource(client, server.url)
        found = {record.key: record.payload for record in source.read_details(["9100001", "2031-03-04/HCWS907"])}
    assert {urlsplit(asked.target).path for asked in server.asked} == {
        f"{LISTS}/9100001",
        f"{LISTS}/2031-03-04/HCWS907",
    }
    whole = [source.parse(record).id for record in found.values() if record is not None]
    assert sorted(whole) == ["s-9100001", "s-9100007"]
