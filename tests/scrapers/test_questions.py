"""The questions source: what it makes of records, and how it reads a day that changes under its hands."""

from __future__ import annotations

import gzip
import json
import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.records import Grouped, House, Kind, Member
from monitor.model.sources import Payload, Window, WindowPage
from scrapers.questions_statements.api import list_hash, read_public_page
from scrapers.questions_statements.questions import QuestionsSource
from tests.scrapers.faulty import Asked, FaultyServer, Reply, as_json, http
from tests.scrapers.golden import as_plain, check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scrapers.http.client import Client

EXAMPLES = Path(__file__).parent / "examples" / "questions"
NOW = datetime(2031, 3, 12, 7, 0, tzinfo=UTC)
LISTS = "/api/writtenquestions/questions"
WINDOW = Window(source="questions", house=House.LORDS, by="answered", day=date(2031, 3, 11))


@pytest.fixture
def source(client: Client) -> QuestionsSource:
    return QuestionsSource(client, "https://questions.example")


def payload(entry: Any, key: str | None = None) -> Payload:
    """An entry as if it had been asked for by its id."""
    body = entry if isinstance(entry, bytes) else json.dumps(entry).encode()
    key = str(entry["value"]["id"]) if key is None else key
    return Payload(source="questions", key=key, url="https://questions.example/1", fetched_at=NOW, body=body)


def example(case: str = "tabled", /, **changes: Any) -> dict[str, Any]:
    """An entry of our examples, with some keys of its value changed."""
    entry: dict[str, Any] = json.loads((EXAMPLES / f"{case}.json").read_text())
    entry["value"].update(changes)
    return entry


CASES = sorted(path.stem for path in EXAMPLES.glob("*.json") if not path.name.endswith(".expected.json"))


@pytest.mark.parametrize("case", CASES)
def test_example_is_understood_as_expected(source: QuestionsSource, case: str) -> None:
    found = as_plain(source.parse(payload(example(case))))
    check(found, EXAMPLES / f"{case}.expected.json")


# Recorded data


def recorded_entries(shared_data: Path) -> Iterator[dict[str, Any]]:
    """Give every third record of files with thousands, and all that were put aside as odd."""
    folder = shared_data / "written-questions-api"
    for path in sorted(folder.glob("recorded-2021-02-01/wqapi_*_fetch_[aq]*.json")):
        yield from json.loads(path.read_text())["results"]
    for path in sorted(folder.glob("detail-*.jsonl.gz")):
        for line in gzip.decompress(path.read_bytes()).splitlines()[::3]:
            value = json.loads(line)
            del value["textIsComplete"]  # the recorder's key, not Parliament's
            yield {"value": value}
    for path in sorted(folder.glob("snapshots-*/*.gz")):
        yield from json.loads(gzip.decompress(path.read_bytes()))[::3]
    yield from json.loads((folder / "wqapi_list_20_2024-03-12.json").read_text())["results"]
    yield json.loads((folder / "wqapi_detail_1679416.json").read_text())
    yield from (edge["item"] for edge in json.loads((folder / "edge-cases.json").read_text()))


def day(text: str | None) -> date | None:
    return datetime.fromisoformat(text).date() if text else None


def member(value: dict[str, Any], role: str) -> Member | None:
    if not value[f"{role}MemberId"]:
        return None
    about = value[f"{role}Member"] or {}
    return Member(
        member_id=value[f"{role}MemberId"],
        name=about.get("name"),
        party=about.get("party"),
        constituency=about.get("memberFrom"),
    )


def test_recorded_records_are_understood(
    source: QuestionsSource, shared_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    count = 0
    for entry in recorded_entries(shared_data):
        value = entry["value"]
        found = source.parse(payload(entry))
        count += 1
        assert (found.id, found.source, found.kind) == (f"q-{value['id']}", "questions", Kind.QUESTION)
        assert found.house.value == value["house"].lower()
        assert found.uin == value["uin"]
        assert found.heading == (" ".join(value["heading"].split()) if value["heading"] else None)
        assert (found.body_id, found.body) == (value["answeringBodyId"], value["answeringBodyName"].strip())
        assert found.tabled_on == day(value["dateTabled"])
        assert found.date_for_answer == day(value["dateForAnswer"])
        assert found.answered_on == day(value["dateAnswered"])
        assert found.holding_on == day(value["dateHoldingAnswer"])
        assert found.corrected_on == day(value["dateAnswerCorrected"])
        assert (found.is_holding, found.is_correction) == (value["answerIsHolding"], value["answerIsCorrection"])
        assert (found.named_day, found.has_interest) == (value["isNamedDay"], value["memberHasInterest"])
        assert found.is_withdrawn is False
        assert found.asked_by == member(value, "asking")
        assert found.answered_by == member(value, "answering")
        assert found.corrected_by == member(value, "correcting")
        assert found.grouped_with == tuple(
            Grouped(uin=other["questionUin"], tabled_on=day(other["dateTabled"]))
            for other in value["groupedQuestionsDates"]
        )
        assert found.question
        assert (found.answer is None) == (value["answerText"] is None)
        assert len(found.links) <= (value["answerText"] or "").count("<a ")
        assert found.original_answer is None
        assert found.url is not None
        assert found.url.endswith(f"/detail/{value['dateTabled'][:10]}/{value['uin']}")
    assert count == 7_056
    assert caplog.text == ""


def test_recorded_states_are_as_counted(source: QuestionsSource, shared_data: Path) -> None:
    path = shared_data / "written-questions-api" / "edge-cases.json"
    states: dict[str, set[str]] = {}
    for edge in json.loads(path.read_text()):
        for tag in edge["tag"]:
            states.setdefault(tag, set()).add(source.parse(payload(edge["item"])).state.value)
    assert states["holding"] == {"holding"}
    assert states["holding-then-answered"] == {"answered"}
    assert states["corrected"] == {"corrected"}
    assert states["unanswered"] == {"tabled"}


# What is refused

NEEDED = {
    *("house", "uin", "dateTabled", "questionText", "heading", "answeringBodyId", "answeringBodyName", "dateForAnswer"),
    *("isWithdrawn", "isNamedDay", "memberHasInterest", "answerIsHolding", "answerIsCorrection", "answerText"),
    *("dateAnswered", "dateAnswerCorrected", "dateHoldingAnswer"),
    *("askingMemberId", "answeringMemberId", "correctingMemberId"),
}


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_missing_key_is_refused(source: QuestionsSource, name: str) -> None:
    entry = example()
    del entry["value"][name]
    with pytest.raises(ParseError, match=f"has nothing as {name}: report it") as error:
        source.parse(payload(entry))
    assert error.value.key == str(entry["value"]["id"])


@pytest.mark.parametrize("name", sorted(set(example()["value"]) - NEEDED - {"id"}))
def test_other_key_may_be_missing(source: QuestionsSource, name: str) -> None:
    entry = example()
    whole = source.parse(payload(entry))
    del entry["value"][name]
    assert source.parse(payload(entry)) == whole


@pytest.mark.parametrize("name", sorted(set(example()["value"]) - {"id"}))
def test_wrong_type_is_refused(source: QuestionsSource, name: str) -> None:
    entry = example(**{name: 1.5})
    with pytest.raises(ParseError, match=rf"9000001 has 1\.5 as {name}"):
        source.parse(payload(entry))


ODD: dict[str, list[Any]] = {
    "house": ["Bicameral", "", None],
    "uin": ["", "../../evil", "1 2", "1\n", None, "1" * 21],
    "dateTabled": ["", "2031-02-30T00:00:00", "04/03/2031", "2031-03-04 and more", None],
    "dateAnswered": ["soon", "", "0001-01-01T00:00:00", "1799-12-31", "2200-01-01", "9999-12-31T00:00:00"],
    "questionText": ["", " \n", None],
    "isWithdrawn": [None, 1, "false"],
    "answerIsHolding": ["true", 0],
    "answeringBodyId": [True, 0, -1, 2**31],
    "askingMemberId": [0, 2**40],
    "askingMember": [{"id": 90009, "name": "Somebody Else"}, {"id": 90001, "name": 7}, []],
    "groupedQuestions": [[1], [None], ["1\0"], "123"],
    "groupedQuestionsDates": [
        ["1"],
        [{"questionUin": 1}],
        [{"questionUin": "1"}],
        [{"questionUin": "1", "dateTabled": "x"}],
    ],
    "attachments": [
        ["a"],
        [{"title": 1}],
        [{"fileSizeBytes": "31"}],
        [{"fileSizeBytes": True}],
        [{"fileSizeBytes": 2**53}],
    ],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in ODD.items() for value in values])
def test_odd_value_is_refused(source: QuestionsSource, name: str, value: Any) -> None:
    with pytest.raises(ParseError, match=f"as {name}: report it") as error:
        source.parse(payload(example(**{name: value})))
    assert error.value.key == "9000001"


def test_what_is_refused_is_quoted_however_deep_it_is(source: QuestionsSource) -> None:
    deep: list[Any] = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(ParseError, match=r"has \[\[\[\[\.\.\.\]\]\]\] as house"):
        source.parse(payload(example(house=deep)))


@pytest.mark.parametrize("number", [None, 0, -1, "1", True, 1.0, 2**31])
def test_record_without_an_id_is_refused(source: QuestionsSource, number: Any) -> None:
    with pytest.raises(ParseError, match="without an id"):
        source.parse(payload(example(id=number), key=""))


@pytest.mark.parametrize("body", [b"[", b"\xff", b"[" * 200_000])
def test_payload_that_is_no_json_is_refused(source: QuestionsSource, body: bytes) -> None:
    with pytest.raises(ParseError, match="is no JSON") as error:
        source.parse(payload(body, key="5"))
    assert error.value.key == "5"


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"value": []}', b"null"])
def test_payload_without_a_value_is_refused(source: QuestionsSource, body: bytes) -> None:
    with pytest.raises(ParseError, match="has no value"):
        source.parse(payload(body, key="5"))


def test_answer_about_another_question_is_refused(source: QuestionsSource) -> None:
    with pytest.raises(ParseError, match="9000001 came when 9000002 was asked for"):
        source.parse(payload(example(), key="9000002"))


def test_unknown_keys_are_told_once(source: QuestionsSource, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        source.parse(payload(example(colour="blue", size=3)))
    source.parse(payload(example(colour="blue", shape="round")))
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "unknown keys=['colour', 'size'] source=questions"),
        (logging.WARNING, "unknown keys=['shape'] source=questions"),
    ]


# The hash of a list's view


@pytest.mark.parametrize(
    "name", ["askingMember", "answeringMember", "correctingMember", "attachments", "attachmentCount"]
)
def test_list_hash_ignores_what_lists_say_only_sometimes(name: str) -> None:
    assert list_hash(example(**{name: "other"})) == list_hash(example())


def test_list_hash_ignores_order_and_links() -> None:
    entry = example()
    turned = {"links": [], "value": dict(reversed(entry["value"].items()))}
    assert list_hash(turned) == list_hash(entry)


@pytest.mark.parametrize(
    "name", sorted(set(example()["value"]) - {"askingMember", "answeringMember", "correctingMember"})
)
def test_list_hash_sees_everything_else(name: str) -> None:
    is_seen = list_hash(example(**{name: "other"})) != list_hash(example())
    assert is_seen is (name not in {"attachments", "attachmentCount"})


def test_list_hash_of_what_is_no_entry() -> None:
    assert list_hash([1]) != list_hash("x")


# Windows


def entries(*numbers: int, **changes: Any) -> list[dict[str, Any]]:
    return [example(**{"id": number, "uin": f"HL{number}", "house": "Lords", **changes}) for number in numbers]


def a_list(total: int, results: list[Any]) -> Reply:
    return as_json({"totalResults": total, "results": results})


class Script:
    """Serves lists: each look at the window takes the next state of it, the last state stays."""

    def __init__(self, *states: list[Any]) -> None:
        self._states = list(states)

    def __call__(self, asked: Asked) -> Reply:
        query = parse_qs(urlsplit(asked.target).query)
        skip, take = int(query["skip"][0]), int(query["take"][0])
        state = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        return a_list(len(state), state[skip : skip + take])


def read(client: Client, answer: Callable[[Asked], Reply], take: int = 2) -> tuple[list[WindowPage], FaultyServer]:
    with FaultyServer(answer) as server:
        pages = list(QuestionsSource(client, server.url + "/", take=take).read_window(WINDOW))
    return pages, server


def keys(pages: list[WindowPage]) -> list[str]:
    return [entry.payload.key for page in pages for entry in page.entries]


def test_window_is_asked_for_as_the_api_wants_it(client: Client) -> None:
    pages, server = read(client, Script([]), take=100)
    assert [asked.target for asked in server.asked] == [
        LISTS
        + "?answeredWhenFrom=2031-03-11&answeredWhenTo=2031-03-11&house=Lords"
        + "&includeWithdrawn=true&sessionStatus=Any&skip=0&take=100"
    ]
    assert [(page.entries, page.total, page.is_whole, page.note) for page in pages] == [
        ((), 0, None, ""),
        ((), 0, True, ""),
    ]


def test_window_of_one_page_is_read_once(client: Client) -> None:
    pages, server = read(client, Script(entries(1, 2)), take=3)
    assert keys(pages) == ["1", "2"]
    assert [page.is_whole for page in pages] == [None, True]
    assert len(server.asked) == 1


def test_window_of_several_pages_ends_with_a_second_look_at_the_first(client: Client) -> None:
    pages, server = read(client, Script(entries(1, 2, 3, 4, 5)))
    assert [keys([page]) for page in pages] == [["1", "2"], ["3", "4"], ["5"], []]
    assert (pages[-1].is_whole, pages[-1].total) == (True, 5)
    assert [parse_qs(urlsplit(asked.target).query)["skip"] for asked in server.asked] == [["0"], ["2"], ["4"], ["0"]]


def test_smaller_pages_than_asked_for_are_no_end(client: Client) -> None:
    def answer(asked: Asked) -> Reply:
        skip = int(parse_qs(urlsplit(asked.target).query)["skip"][0])
        return a_list(5, entries(1, 2, 3, 4, 5)[skip : skip + 2])

    pages, _ = read(client, answer, take=100)
    assert keys(pages) == ["1", "2", "3", "4", "5"]
    assert pages[-1].is_whole is True


@pytest.mark.parametrize("total", [0, 1, 2, 3, 4])
def test_total_that_counts_too_few_hides_nothing(client: Client, total: int) -> None:
    def answer(asked: Asked) -> Reply:
        skip = int(parse_qs(urlsplit(asked.target).query)["skip"][0])
        return a_list(total, entries(1, 2, 3, 4, 5)[skip : skip + 2])

    pages, _ = read(client, answer)
    assert keys(pages) == ["1", "2", "3", "4", "5"]


def test_full_page_that_comes_again_and_again_is_the_end(client: Client) -> None:
    pages, server = read(client, lambda _: a_list(2, entries(1, 2)))
    assert keys(pages) == ["1", "2"]
    assert len(server.asked) == 3  # the page, the next one, and the second look at the first


@pytest.mark.parametrize("page", [[0, 1, 2, 0], [0, 1, 0]], ids=["added", "in place of another"])
def test_row_that_comes_twice_in_a_page_costs_no_other(client: Client, page: list[int]) -> None:
    def answer(asked: Asked) -> Reply:
        skip = int(parse_qs(urlsplit(asked.target).query)["skip"][0])
        rows = entries(1, 2, 3, 4, 5, 6, 7)
        return a_list(7, [rows[skip + number] for number in page if skip + number < 7])

    pages, _ = read(client, answer, take=3)
    assert keys(pages) == ["1", "2", "3", "4", "5", "6", "7"]
    assert pages[-1].is_whole is True


def test_rows_that_move_between_pages_are_read_again(client: Client) -> None:
    # 3 slips to the front after the first page, so that 2 comes twice and 3 would be missed.
    before, after = entries(1, 2, 3, 4), entries(3, 1, 2, 4)
    pages, server = read(client, Script(before, after, after))
    assert keys(pages) == ["1", "2", "4", "3"]
    assert pages[-1].is_whole is True
    assert len(server.asked) == 7


def test_total_that_grows_is_read_again(client: Client) -> None:
    pages, _ = read(client, Script(entries(1, 2, 3), entries(1, 2, 3, 4)))
    assert keys(pages) == ["1", "2", "3", "4"]
    assert (pages[-1].is_whole, pages[-1].total) == (True, 4)


def test_window_that_never_rests_is_not_whole(client: Client) -> None:
    states = [entries(*range(1, number)) for number in range(4, 40)]
    pages, server = read(client, Script(*states))
    assert pages[-1].is_whole is False
    assert "while it was read" in pages[-1].note
    assert [page.is_whole for page in pages[:-1]] == [None] * (len(pages) - 1)
    assert len(server.asked) < 30


def test_first_page_that_keeps_changing_is_not_whole(client: Client) -> None:
    states = [entries(number, 100, 101) for number in range(1, 12)]
    pages, _ = read(client, Script(*states))
    assert (pages[-1].is_whole, pages[-1].note) == (False, "its first page changed while it was read")


def test_fewer_entries_than_counted_are_not_whole(client: Client) -> None:
    def answer(asked: Asked) -> Reply:
        skip = int(parse_qs(urlsplit(asked.target).query)["skip"][0])
        return a_list(4, entries(1, 2, 2)[skip : skip + 2])

    pages, server = read(client, answer)
    assert keys(pages) == ["1", "2"]
    assert (pages[-1].is_whole, pages[-1].note) == (False, "2 of 4 questions were found")
    assert len(server.asked) == 3 * 4


def test_entry_that_changed_between_two_looks_comes_again(client: Client) -> None:
    before = entries(1, 2, 3)
    after = [*entries(1, heading="Umbrellas: Repair"), *entries(2, 3, 4)]
    pages, _ = read(client, Script(before, before, after))
    assert keys(pages) == ["1", "2", "3", "1", "4"]
    assert pages[-1].is_whole is True


def test_pages_before_a_failure_are_kept(client: Client) -> None:
    good = Script(entries(1, 2, 3))
    with FaultyServer(lambda asked: good(asked) if "skip=0" in asked.target else http(b"", 400)) as server:
        pages = QuestionsSource(client, server.url, take=2).read_window(WINDOW)
        assert keys([next(pages)]) == ["1", "2"]
        with pytest.raises(FetchError, match="answered 400"):
            next(pages)


def test_cut_page_is_asked_for_again(client: Client) -> None:
    whole, replies = Script(entries(1, 2)), [http(b'{"totalResults": 2, "results": [')]
    pages, server = read(client, lambda asked: replies.pop() if replies else whole(asked), take=3)
    assert keys(pages) == ["1", "2"]
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        {"totalResults": 1},
        {"totalResults": "1", "results": []},
        {"totalResults": -1, "results": []},
        {"results": []},
    ],
)
def test_list_of_another_shape_is_an_error(client: Client, data: Any) -> None:
    with pytest.raises(FetchError, match="without totalResults or results"):
        read(client, lambda _: as_json(data))


def test_window_that_the_api_ignored_is_an_error(client: Client) -> None:
    with pytest.raises(FetchError, match="counts 500000 questions in a day"):
        read(client, lambda _: a_list(500_000, entries(1, 2)))


def test_list_entry_is_whole_only_if_short_and_unanswered(client: Client) -> None:
    holding = {"answerIsHolding": True, "dateHoldingAnswer": "2031-03-11T00:00:00"}
    listed = [
        *entries(1),
        *entries(2, questionText="x" * 254),
        *entries(3, questionText="x" * 255),
        *entries(4, answerText="Twelve."),
        *entries(5, dateAnswered="2031-03-11T00:00:00"),
        *entries(6, **holding),
        *entries(7, questionText=" " + "x" * 254),
        *entries(8, isWithdrawn=True),
        *entries(9, questionText="x" * 253 + "\N{UMBRELLA ON GROUND}\N{CLOUD WITH LIGHTNING}"),
    ]
    pages, _ = read(client, Script(listed), take=100)
    whole = {entry.payload.key: entry.proceeding is not None for entry in pages[0].entries}
    assert whole == {
        "1": True,
        "2": True,
        "3": False,
        "4": False,
        "5": False,
        "6": False,
        "7": False,
        "8": True,
        "9": False,
    }
    assert all(entry.error is None for entry in pages[0].entries)


def test_list_entry_carries_its_own_payload(client: Client) -> None:
    [entry] = entries(1)
    pages, server = read(client, Script([entry]))
    [listed] = pages[0].entries
    assert json.loads(listed.payload.body) == entry
    assert listed.payload == Payload(
        source="questions",
        key="1",
        url=f"{server.url}/api/writtenquestions/questions/1",
        fetched_at=NOW,
        body=listed.payload.body,
    )
    assert listed.proceeding == QuestionsSource(client, "").parse(listed.payload)
    assert listed.list_hash == list_hash(entry)


def test_entries_that_cannot_be_understood_do_not_hide_the_others(client: Client) -> None:
    odd = [*entries(1, house="Bicameral"), {"value": {"id": None}}, "x", *entries(2)]
    pages, _ = read(client, Script(odd), take=100)
    assert [(entry.payload.key, entry.error is None) for entry in pages[0].entries] == [
        ("1", False),
        ("", False),
        ("", False),
        ("2", True),
    ]
    assert pages[-1].is_whole is True


# Details


def test_details_are_asked_for_by_id_with_members(client: Client) -> None:
    def answer(asked: Asked) -> Reply:
        key = urlsplit(asked.target).path.rsplit("/", 1)[1]
        return {"2": http(b"", 404), "3": http(b"", 400)}.get(key, as_json(example(id=int(key))))

    with FaultyServer(answer) as server:
        source = QuestionsSource(client, server.url)
        details = {detail.key: detail for detail in source.read_details(["1", "2", "3", "4"])}
    assert {asked.target for asked in server.asked} == {
        f"/api/writtenquestions/questions/{key}?expandMember=true&sessionStatus=Any" for key in "1234"
    }
    assert isinstance(details["2"].error, GoneError)
    assert type(details["3"].error) is FetchError
    for key in ("1", "4"):
        found = details[key].payload
        assert found is not None
        assert details[key].error is None
        assert (found.source, found.fetched_at) == ("questions", NOW)
        assert source.parse(found).id == f"q-{key}"


def test_detail_may_be_asked_for_by_day_and_uin(client: Client) -> None:
    with FaultyServer(lambda _: as_json(example(id=7))) as server:
        source = QuestionsSource(client, server.url)
        [detail] = source.read_details(["2031-03-04/HL12"])
    [asked] = server.asked
    assert urlsplit(asked.target).path == f"{LISTS}/2031-03-04/HL12"
    assert detail.key == "2031-03-04/HL12"
    assert detail.payload is not None
    assert detail.payload.key == "7"
    assert source.parse(detail.payload).id == "q-7"


@pytest.mark.parametrize("body", [[], {"value": {"id": None}}, {"value": 1}])
def test_detail_by_day_and_uin_without_an_id_keeps_that_key(client: Client, body: Any) -> None:
    with FaultyServer(lambda _: as_json(body)) as server:
        source = QuestionsSource(client, server.url)
        [detail] = source.read_details(["2031-03-04/12"])
    assert detail.payload is not None
    assert detail.payload.key == "2031-03-04/12"
    with pytest.raises(ParseError):
        source.parse(detail.payload)


PAGES = "//questions-statements.parliament.uk/written-"


@pytest.mark.parametrize(
    ("url", "named"),
    [
        (f"https:{PAGES}questions/detail/2031-03-04/12", ("questions", date(2031, 3, 4), "12")),
        (f"http:{PAGES}statements/detail/2031-03-04/hlws7/?a=1#b", ("statements", date(2031, 3, 4), "HLWS7")),
        (f" https:{PAGES}questions/detail/2031-03-04/HL12 ".title(), ("questions", date(2031, 3, 4), "HL12")),
        (f"https:{PAGES}questions", None),
        (f"https:{PAGES}questions/detail/2031-02-30/12", None),
        (f"https://evil.example/https:{PAGES}questions/detail/2031-03-04/12", None),
        (f"https:{PAGES}questions/detail/2031-03-04/..", None),
    ],
)
def test_public_page_names_a_record(url: str, named: tuple[str, date, str] | None) -> None:
    assert read_public_page(url) == named
