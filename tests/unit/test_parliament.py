"""Stand-in for Parliament: it behaves as recorded, and fails as instructed."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from monitor.demo.parliament import Parliament
from monitor.demo.questions_api import cut_answer, list_view
from monitor.demo.sample import sample
from monitor.demo.store import DemoMember, StoreChange, StoreEntry, end_of, start_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUESTIONS = "/api/writtenquestions/questions"
ASKER = DemoMember(
    id=90_501, name="Ada Thornquist", list_as="Thornquist, Ada", party="Labour", constituency="Lower Mereside"
)


def a_value(number: int, **keys: Any) -> dict[str, Any]:
    """Build a value of the API that was tabled on 12 November 2024 and is not answered, changed by `keys`."""
    return {
        "id": number,
        "askingMemberId": ASKER.id,
        "askingMember": None,
        "house": "Commons",
        "memberHasInterest": False,
        "dateTabled": "2024-11-12T00:00:00",
        "dateForAnswer": "2024-11-14T00:00:00",
        "uin": str(90_000 + number),
        "questionText": "To ask the Secretary of State for Transport, how many ferries sailed.",
        "answeringBodyId": 27,
        "answeringBodyName": "Department for Transport",
        "isWithdrawn": False,
        "isNamedDay": False,
        "groupedQuestions": [],
        "answerIsHolding": None,
        "answerIsCorrection": None,
        "answeringMemberId": None,
        "answeringMember": None,
        "correctingMemberId": None,
        "correctingMember": None,
        "dateAnswered": None,
        "answerText": None,
        "originalAnswerText": "",
        "comparableAnswerText": "",
        "dateAnswerCorrected": None,
        "dateHoldingAnswer": None,
        "attachmentCount": 0,
        "heading": "Ferries",
        "attachments": [],
        "groupedQuestionsDates": [],
        **keys,
    }


def answered(number: int, day: str, **keys: Any) -> dict[str, Any]:
    given = {"dateAnswered": f"{day}T00:00:00", "answerText": "<p>Forty.</p>", "answerIsHolding": False}
    return a_value(number, **{**given, "answerIsCorrection": False, "answeringMemberId": ASKER.id, **keys})


@pytest.fixture
def parliament() -> Iterator[Parliament]:
    with Parliament.from_values([]) as running:
        running.members[ASKER.id] = ASKER
        yield running


@pytest.fixture
def client(parliament: Parliament) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=parliament.url, trust_env=False, timeout=5) as client:
        yield client


def ids(response: httpx.Response) -> list[int]:
    return [row["value"]["id"] for row in response.json()["results"]]


# What lists show


def test_a_list_cuts_texts_and_leaves_files_and_first_answers_out(parliament: Parliament, client: httpx.Client) -> None:
    html = "<p>" + "a" * 200 + "</p><p>b &amp; c" + "d" * 100 + "</p>"
    file = {"url": "https://example.org/a.pdf", "title": "A", "fileType": "pdf", "fileSizeBytes": 1}
    keys = {"questionText": "q" * 300, "answerText": html, "attachments": [file], "attachmentCount": 1}
    parliament.replace([answered(1, "2024-11-20", originalAnswerText="<p>Thirty.</p>", **keys)])
    shown = client.get(QUESTIONS).json()["results"][0]["value"]
    assert shown["questionText"] == "q" * 255
    assert shown["answerText"] == ("a" * 200 + "b &amp; c" + "d" * 100)[:255] + "..."
    assert (shown["attachments"], shown["attachmentCount"], shown["originalAnswerText"]) == ([], 0, "")
    detail = client.get(f"{QUESTIONS}/1").json()["value"]
    assert (detail["answerText"], detail["questionText"]) == (html, "q" * 300)
    assert (detail["attachments"], detail["originalAnswerText"]) == ([file], "<p>Thirty.</p>")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (None, None),
        ("<p>Accounts.</p><p>Information</p>", "Accounts.Information"),
        ("<p>" + "x" * 255 + "</p>", "x" * 255),
        ("x" * 256, "x" * 255 + "..."),
        ("x" * 255 + "...", "x" * 255 + "..."),
    ],
)
def test_an_answer_is_cut_as_recorded(html: str | None, text: str | None) -> None:
    assert cut_answer(html) == text


def test_links_lead_elsewhere(parliament: Parliament, client: httpx.Client) -> None:
    parliament.replace([a_value(7)])
    (link,) = client.get(f"{QUESTIONS}/7").json()["links"]
    assert link["rel"] == "self"
    assert link["href"].startswith("/Questions/")
    assert not link["href"].endswith("/7")


def test_newest_first_by_answer_or_correction_and_open_ones_last(parliament: Parliament, client: httpx.Client) -> None:
    corrected = answered(2, "2024-11-15", dateAnswerCorrected="2024-11-25T00:00:00")
    parliament.replace([a_value(4), answered(1, "2024-11-20"), corrected, answered(3, "2024-11-26")])
    assert ids(client.get(QUESTIONS)) == [3, 2, 1, 4]


def test_twenty_unless_asked_for_more_and_the_total_of_all(parliament: Parliament, client: httpx.Client) -> None:
    parliament.replace([a_value(number) for number in range(1, 31)])
    first = client.get(QUESTIONS)
    assert (len(ids(first)), first.json()["totalResults"]) == (20, 30)
    rest = client.get(QUESTIONS, params={"SKIP": "20", "Take": "100"})
    assert sorted(ids(first) + ids(rest)) == list(range(1, 31))
    assert ids(client.get(QUESTIONS, params={"take": 0})) == []


# Parameters


@pytest.fixture
def three(parliament: Parliament) -> Parliament:
    """Serve an answered question, a corrected one of the Lords, an open one, and a withdrawn one that lists leave out."""
    parliament.replace(
        [
            answered(1, "2024-11-20"),
            answered(
                2,
                "2024-11-18",
                house="Lords",
                uin="HL90002",
                answeringBodyId=1,
                answeringMemberId=90_600,
                heading="Cyber crime",
                dateAnswerCorrected="2024-11-21T00:00:00",
            ),
            a_value(3, dateTabled="2024-11-14T00:00:00", dateForAnswer="2024-11-18T00:00:00", askingMemberId=90_700),
            a_value(4, isWithdrawn=True),
        ]
    )
    return parliament


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3]),
        ("includeWithdrawn=true", [1, 2, 3, 4]),
        ("house=Lords", [2]),
        ("HOUSE=commons", [1, 3]),
        ("house=Bicameral", [1, 2, 3]),
        ("answered=Answered", [1, 2]),
        ("answered=Unanswered", [3]),
        ("answered=Any", [1, 2, 3]),
        ("questionStatus=NotAnswered", [3]),
        ("questionStatus=AnsweredOnly", [1, 2]),
        ("questionStatus=AllQuestions", [1, 2, 3]),
        ("tabledWhenFrom=2024-11-13", [3]),
        ("tabledWhenTo=2024-11-12T00:00:00", [1, 2]),
        ("answeredWhenFrom=2024-11-20&answeredWhenTo=2024-11-20", [1]),
        ("correctedWhenFrom=2024-11-21&correctedWhenTo=2024-11-21", [2]),
        ("dateForAnswerWhenFrom=2024-11-18", [3]),
        ("askingMemberId=90700", [3]),
        ("answeringMemberId=90600", [2]),
        ("members=90600&members=90700", [2, 3]),
        ("answeringBodies=1&answeringBodies=11", [2]),
        ("uin=hl90002", [2]),
        ("searchTerm=cyber-crime", [2]),
        ("searchTerm=ferries+sailed", [1, 2, 3]),
        ("searchTerm=submarine", []),
        ("answeredOnTheMoon=yes&house=", [1, 2, 3]),
    ],
)
def test_a_parameter_filters(three: Parliament, client: httpx.Client, query: str, expected: list[int]) -> None:
    assert three.requests == []
    assert sorted(ids(client.get(f"{QUESTIONS}?{query}"))) == expected


@pytest.mark.parametrize(
    "query",
    [
        "take=x",
        "skip=-1",
        "take=2147483648",
        "house=3",
        "answered=Yes",
        "includeWithdrawn=2",
        "answeringBodies=one",
        "askingMemberId=0",
        "tabledWhenFrom=yesterday",
        "sessionStatus=Last",
    ],
)
def test_invalid_parameter_gets_an_error(client: httpx.Client, query: str) -> None:
    response = client.get(f"{QUESTIONS}?{query}")
    body = response.json()
    assert (response.status_code, body["status"]) == (400, 400)
    assert response.headers["content-type"] == "application/problem+json; charset=utf-8"
    assert {"type", "title", "status", "detail", "instance"} <= set(body)
    assert query.partition("=")[0] in body["errors"]


def test_a_search_word_that_the_api_cannot_bear(client: httpx.Client) -> None:
    assert client.get(QUESTIONS, params={"searchTerm": "international"}).status_code == 500


def test_older_sessions_only_on_request(parliament: Parliament, client: httpx.Client) -> None:
    parliament.replace([a_value(1), a_value(2, dateTabled="2024-05-14T00:00:00")])
    parliament.session_start = date(2024, 7, 17)
    assert ids(client.get(QUESTIONS)) == [1]
    assert ids(client.get(QUESTIONS, params={"sessionStatus": "Any"})) == [2, 1]
    assert client.get(f"{QUESTIONS}/2").status_code == 200


# One question


def test_a_question_by_id_and_by_date_and_uin(parliament: Parliament, client: httpx.Client) -> None:
    parliament.replace([a_value(5, uin="HL90005")])
    for path in ("5", "2024-11-12/hl90005", "2024-11-12T00:00:00/HL90005"):
        assert client.get(f"{QUESTIONS}/{path}").json()["value"]["id"] == 5
    for path in ("6", "2024-11-13/HL90005"):
        response = client.get(f"{QUESTIONS}/{path}")
        assert (response.status_code, response.json()["title"]) == (404, "Not Found")
    assert client.get(f"{QUESTIONS}/five").status_code == 400


def test_known_members_are_expanded_on_request(parliament: Parliament, client: httpx.Client) -> None:
    parliament.replace([answered(1, "2024-11-20", answeringMemberId=99_999)])
    for path in (QUESTIONS, f"{QUESTIONS}/1"):
        plain, full = client.get(path).json(), client.get(path, params={"expandMember": "true"}).json()
        if "results" in plain:
            plain, full = plain["results"][0], full["results"][0]
        assert plain["value"]["askingMember"] is None
        assert full["value"]["askingMember"]["memberFrom"] == "Lower Mereside"
        assert full["value"]["askingMember"]["partyAbbreviation"] == "Lab"
        assert full["value"]["answeringMember"] is None


def test_the_clock_decides_what_is_published(client: httpx.Client, parliament: Parliament) -> None:
    answer = answered(1, "2024-11-20")
    parliament.entries = [
        StoreEntry(
            base=a_value(1),
            published_at=start_of(date(2024, 11, 12)),
            changes=(
                StoreChange(at=datetime(2024, 11, 20, 15, 30, tzinfo=UTC), set=answer),
                StoreChange(at=start_of(date(2024, 11, 25)), is_gone=True),
            ),
        )
    ]
    seen = []
    for now in (date(2024, 11, 11), date(2024, 11, 12), datetime(2024, 11, 20, 15, tzinfo=UTC), date(2024, 11, 20)):
        parliament.now = now
        seen.append([row["value"]["answerText"] for row in client.get(QUESTIONS).json()["results"]])
    assert seen == [[], [None], [None], ["Forty."]]
    parliament.now = None
    assert client.get(f"{QUESTIONS}/1").status_code == 404


def test_day_is_the_date_in_london_and_instants_have_a_zone() -> None:
    assert start_of(date(2024, 7, 1)).isoformat() == "2024-07-01T00:00:00+01:00"
    assert end_of(date(2024, 11, 26)).isoformat() == "2024-11-26T23:59:59.999999+00:00"
    with pytest.raises(ValueError, match="no time zone"):
        end_of(datetime(2024, 11, 26))  # noqa: DTZ001 - what is refused


# The other APIs


def test_the_members_api(parliament: Parliament, client: httpx.Client, shared_data: Path) -> None:
    recorded = json.loads((shared_data / "members" / "membersapi_Members_172.json").read_text())
    made = client.get(f"/api/Members/{ASKER.id}").json()
    assert set(made) == set(recorded)
    assert set(made["value"]) == set(recorded["value"])
    for part in ("latestParty", "latestHouseMembership"):
        assert set(made["value"][part]) == set(recorded["value"][part])
    assert made["value"]["nameFullTitle"] == "Ada Thornquist MP"
    assert client.get("/api/Members/1").status_code == 404
    assert client.get("/api/Members/one").status_code == 400
    assert parliament.requests[0].path == f"/api/Members/{ASKER.id}"


def test_the_search_for_members(client: httpx.Client) -> None:
    found = client.get("/api/Members/Search", params={"Name": "thornQ", "House": "1"}).json()
    assert (found["totalResults"], found["take"], found["items"][0]["value"]["id"]) == (1, 20, ASKER.id)
    assert client.get("/api/Members/Search", params={"House": "Lords"}).json()["items"] == []
    assert client.get("/api/Members/Search", params={"Take": "100", "Skip": "1"}).json()["items"] == []
    assert client.get("/api/Members/Search", params={"skip": "one"}).status_code == 400


def test_the_feed_of_answers(parliament: Parliament, client: httpx.Client) -> None:
    second = answered(
        2,
        "2024-11-19",
        heading="Schools: School meals",
        answerText="<p>" + "m" * 300 + " & ]]></p>",
        answeringBodyId=60,
        answeringBodyName="Department for Education",
        dateAnswerCorrected="2024-11-21T00:00:00",
        correctingMemberId=ASKER.id,
    )
    parliament.replace([answered(1, "2024-11-20", askingMemberId=99_999), second, a_value(3)])
    response = client.get("/written-answers/answers.rss")
    assert response.headers["content-type"].startswith("application/rss+xml")
    channel = ET.fromstring(response.text).find("channel")  # noqa: S314 - our own
    assert channel is not None
    first, last = channel.findall("item")
    assert first.findtext("title") == (
        "An earlier answer to a question on #Schools #SchoolMeals tabled by Ada Thornquist on 12-11-2024 "
        "has been corrected by Ada Thornquist."
    )
    assert first.findtext("pubDate") == "Thu, 21 Nov 2024 00:00:00 +0000"
    assert first.findtext("guid") == first.findtext("link")
    assert (first.findtext("description") or "").endswith("m" * 255 + "...</p>")
    assert "tabled by a member" in (last.findtext("title") or "")
    one = client.get("/written-answers/answering-bodies/60/answers.rss").text
    assert one.count("<item>") == 1
    assert "from the Department for Education" in one
    assert client.get("/written-answers/answering-bodies/2/answers.rss").status_code == 404


# The wire


def test_gzip_and_keep_alive(parliament: Parliament) -> None:
    parliament.replace([a_value(1)])
    address = ("127.0.0.1", int(parliament.url.rpartition(":")[2]))
    asked = f"GET {QUESTIONS} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n".encode()
    with socket.create_connection(address, timeout=5) as line, line.makefile("rb") as replies:
        for _ in range(2):
            line.sendall(asked)
            assert replies.readline() == b"HTTP/1.1 200 OK\r\n"
            headers = dict(row.decode().lower().rstrip().split(": ", 1) for row in iter(replies.readline, b"\r\n"))
            assert headers["content-encoding"] == "gzip"
            body = replies.read(int(headers["content-length"]))
            assert json.loads(gzip.decompress(body))["totalResults"] == 1


def test_requests_are_recorded(parliament: Parliament, client: httpx.Client) -> None:
    client.get(QUESTIONS, params={"TabledWhenFrom": "2024-11-12", "members": ["1", "2"]}, headers={"User-Agent": "t"})
    client.head("/nowhere")
    first, second = parliament.requests
    assert (first.method, first.path) == ("GET", QUESTIONS)
    assert first.query == {"tabledwhenfrom": ["2024-11-12"], "members": ["1", "2"]}
    assert first.headers["user-agent"] == "t"
    assert (second.method, second.path) == ("HEAD", "/nowhere")
    assert first.at <= second.at


def test_leaving_the_context_closes_every_connection() -> None:
    with Parliament() as parliament:
        line = socket.create_connection(("127.0.0.1", int(parliament.url.rpartition(":")[2])), timeout=5)
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert line.recv(15) == b"HTTP/1.1 404 No"
    with line:
        while line.recv(4096):
            pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(parliament.url, trust_env=False)


def test_disconnecting_client_is_not_an_error() -> None:
    with Parliament.from_values([a_value(number) for number in range(200)]) as parliament:
        parliament.faults.latency = 0.1
        parliament.faults.drip = 0.001
        line = socket.create_connection(("127.0.0.1", int(parliament.url.rpartition(":")[2])), timeout=5)
        arrived = threading.Event()
        parliament.on_request = lambda _: arrived.set()
        line.sendall(f"GET {QUESTIONS}?take=200 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert arrived.wait(5)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()
    assert parliament.errors == []


def test_publications_change_between_two_pages(parliament: Parliament, client: httpx.Client) -> None:
    parliament.replace([answered(number, "2024-11-20") for number in (1, 2, 3, 4)])
    client.get(QUESTIONS, params={"take": 2})
    parliament.on_request = lambda request: parliament.replace(
        [answered(9, "2024-11-21", uin=request.query["take"][0])]
    )
    assert ids(client.get(QUESTIONS, params={"take": 2})) == [9]


def test_a_mistake_in_what_is_served_is_raised_at_the_end() -> None:
    parliament = Parliament.from_values([{"id": 1, "house": "Commons"}])
    with (
        pytest.raises(KeyError),
        parliament,
        httpx.Client(base_url=parliament.url, trust_env=False) as client,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        client.get(QUESTIONS)


# Trouble


def statuses(client: httpx.Client, count: int, path: str = QUESTIONS) -> list[int]:
    return [client.get(path).status_code for _ in range(count)]


def test_the_stand_in_fails_as_often_as_it_is_told_to(parliament: Parliament, client: httpx.Client) -> None:
    parliament.faults.every_500 = 3
    parliament.faults.every_429 = 4
    parliament.faults.retry_after = "2"
    assert statuses(client, 6) == [200, 200, 500, 429, 200, 500]
    response = [client.get(QUESTIONS) for _ in range(2)][-1]
    assert (response.status_code, response.headers["retry-after"]) == (429, "2")
    parliament.faults.retry_after = None
    response = [client.get(QUESTIONS) for _ in range(8)][-1]
    assert (response.status_code, response.headers.get("retry-after")) == (429, None)


def test_an_error_and_a_page_that_come_with_200(parliament: Parliament, client: httpx.Client) -> None:
    parliament.faults.every_problem = 2
    parliament.faults.every_html = 3
    bodies = [client.get(QUESTIONS) for _ in range(3)]
    assert [response.status_code for response in bodies] == [200] * 3
    assert bodies[1].json()["status"] == 500
    assert bodies[2].headers["content-type"].startswith("text/html")


def test_truncated_body_and_dropped_connection(parliament: Parliament, client: httpx.Client) -> None:
    parliament.replace([a_value(number) for number in range(20)])
    parliament.faults.every_cut = 2
    client.get(QUESTIONS)
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed"):
        client.get(QUESTIONS)
    parliament.faults.every_cut = 0
    parliament.faults.every_drop = 3
    with pytest.raises(httpx.RemoteProtocolError, match="disconnected"):
        client.get(QUESTIONS)
    assert statuses(client, 2) == [200, 200]


def test_server_that_is_down_or_refuses(parliament: Parliament, client: httpx.Client) -> None:
    parliament.faults.down = True
    assert statuses(client, 1) == [503]
    parliament.faults.down = False
    with parliament.refused(), pytest.raises(httpx.ConnectError):
        client.get(QUESTIONS)
    assert statuses(client, 1) == [200]


def test_slow_to_answer_and_slow_to_send(parliament: Parliament, client: httpx.Client) -> None:
    parliament.faults.latency = 2.0
    with pytest.raises(httpx.ReadTimeout):
        client.get(QUESTIONS, timeout=0.5)
    parliament.faults.latency = 0.0
    parliament.faults.drip = 2.0
    with client.stream("GET", QUESTIONS, timeout=0.5) as response, pytest.raises(httpx.ReadTimeout):
        response.read()
    parliament.faults.drip = 0.001
    assert client.get(QUESTIONS).json()["totalResults"] == 0


@pytest.mark.parametrize(("shift", "expected"), [(1, [4, 3, 3, 2, 1]), (-1, [4, 3, 1])])
def test_rows_move_between_pages(parliament: Parliament, client: httpx.Client, shift: int, expected: list[int]) -> None:
    parliament.replace([a_value(number) for number in range(1, 5)])
    parliament.faults.shift = shift
    pages = [client.get(QUESTIONS, params={"skip": skip, "take": 2}) for skip in (0, 2, 4)]
    assert [id_ for page in pages for id_ in ids(page)] == expected
    assert [page.json()["totalResults"] for page in pages] == [4, 4 + shift, 4 + shift]


def test_rows_twice_in_a_page_and_a_wrong_total(parliament: Parliament, client: httpx.Client) -> None:
    parliament.replace([a_value(1), a_value(2)])
    parliament.faults.duplicates = True
    parliament.faults.total_offset = 5
    response = client.get(QUESTIONS)
    assert (ids(response), response.json()["totalResults"]) == ([2, 1, 2], 7)


def test_one_question_fails_twice_and_another_is_missing(parliament: Parliament, client: httpx.Client) -> None:
    parliament.replace([a_value(1), a_value(2)])
    parliament.faults.fail_detail[1] = 2
    parliament.faults.gone.add(2)
    assert statuses(client, 3, f"{QUESTIONS}/1") == [500, 500, 200]
    assert statuses(client, 1, f"{QUESTIONS}/2") == [404]
    assert ids(client.get(QUESTIONS)) == [2, 1]


def test_members_are_null_and_deep_pages_fail(parliament: Parliament, client: httpx.Client) -> None:
    parliament.replace([a_value(1)])
    parliament.faults.null_members = True
    assert client.get(f"{QUESTIONS}/1?expandMember=true").json()["value"]["askingMember"] is None
    parliament.faults.deep_skip = 40
    assert statuses(client, 1, f"{QUESTIONS}?skip=39") == [200]
    assert statuses(client, 1, f"{QUESTIONS}?skip=40") == [500]


# Against recorded responses


def recorded_details(folder: Path, month: str) -> Iterator[dict[str, Any]]:
    with gzip.open(folder / "written-questions-api" / f"detail-commons-tabled-{month}.jsonl.gz", "rt") as lines:
        for line in lines:
            yield json.loads(line)


@pytest.mark.parametrize("month", ["2023-12", "2024-07", "2024-08", "2024-09", "2024-11"])
def test_whole_texts_are_cut_as_lists_do(shared_data: Path, month: str) -> None:
    whole = [value for value in recorded_details(shared_data, month) if value["textIsComplete"]]
    assert whole
    for value in whole:
        shown = list_view(value)
        answer = shown["answerText"]
        assert len(shown["questionText"]) <= 255
        assert answer is None or len(answer) <= 255 or (len(answer) == 258 and answer.endswith("..."))
        assert answer is None or "<p>" not in answer


def test_recorded_lists_are_reproduced(shared_data: Path) -> None:
    details = {
        value["id"]: value
        for month in ("2023-12", "2024-07", "2024-08", "2024-09")
        for value in recorded_details(shared_data, month)
        if value["textIsComplete"]
    }
    cases = json.loads((shared_data / "written-questions-api" / "edge-cases.json").read_text())
    listed = [case["item"]["value"] for case in cases if case["item"]["value"]["id"] in details]
    assert len(listed) > 20
    for value in listed:
        made = list_view(details[value["id"]])
        assert {key: made[key] for key in value} == value


def test_a_recorded_list_is_served_back(shared_data: Path) -> None:
    path = shared_data / "written-questions-api" / "recorded-2021-02-01" / "wqapi_2021-02-01_fetch_answers_get.json"
    recorded = json.loads(path.read_text())
    values = [row["value"] for row in recorded["results"]]
    with (
        Parliament.from_values(values) as parliament,
        httpx.Client(base_url=parliament.url, trust_env=False, timeout=20) as client,
    ):
        days = {"answeredWhenFrom": "2021-02-01", "answeredWhenTo": "2021-02-01"}
        served = client.get(QUESTIONS, params={**days, "take": 1000, "expandMember": True}).json()
    assert served["totalResults"] == recorded["totalResults"]
    by_id = {row["value"]["id"]: row["value"] for row in served["results"]}
    for value in values:
        made = by_id[value["id"]]
        assert {**made, **_members(value)} == {**value, **_members(value)}
        assert all(made[key]["name"] == value[key]["name"] for key in _members(value) if value[key])


def _members(value: dict[str, Any]) -> dict[str, Any]:
    return {key: value[key] for key in ("askingMember", "answeringMember", "correctingMember")}


def test_sample_is_served_as_of_its_day(client: httpx.Client, parliament: Parliament) -> None:
    parliament.entries = list(sample().entries)
    window: dict[str, str | int] = {"answeredWhenFrom": "2024-11-27", "answeredWhenTo": "2024-11-27", "take": 100}
    parliament.now = date(2024, 11, 26)
    assert ids(client.get(QUESTIONS, params=window)) == []
    parliament.now = date(2024, 11, 27)
    assert len(ids(client.get(QUESTIONS, params=window))) >= 3


# Statements


def a_statement(number: int, day: str = "2024-11-12", **keys: Any) -> dict[str, Any]:
    made = {"id": number, "uin": f"HCWS{number}", "house": "Commons", "dateMade": f"{day}T00:00:00", "title": "Ferries"}
    about = {
        "memberId": ASKER.id,
        "member": None,
        "text": f"<p>{'Ferries sail. ' * 30}</p>",
        "attachments": [{"title": "A"}],
    }
    return {**made, **about, "linkedStatements": [{"linkedStatementId": 1}], **keys}


def test_statements_are_listed_by_day_and_house_and_cut(parliament: Parliament) -> None:
    parliament.statements = [
        a_statement(1),
        a_statement(2, house="Lords"),
        a_statement(3, "2024-11-13"),
        a_statement(4),
    ]
    query = "madeWhenFrom=2024-11-12&madeWhenTo=2024-11-12&house=Commons"
    body = httpx.get(f"{parliament.url}/api/writtenstatements/statements?{query}&take=1").json()
    assert body["totalResults"] == 2
    [entry] = body["results"]
    assert entry["value"]["id"] == 4
    assert len(entry["value"]["text"]) == 258
    assert (entry["value"]["attachments"], entry["value"]["linkedStatements"], entry["value"]["member"]) == (
        [],
        [],
        None,
    )


@pytest.mark.parametrize("key", ["4", "2024-11-12/hcws4"])
def test_a_statement_is_whole_by_id_and_by_day_and_uin(parliament: Parliament, key: str) -> None:
    parliament.statements = [a_statement(4)]
    value = httpx.get(f"{parliament.url}/api/writtenstatements/statements/{key}?expandMember=true").json()["value"]
    assert value == {**a_statement(4), "member": value["member"]}
    assert value["member"]["name"] == ASKER.name


def test_future_statements_are_not_served(parliament: Parliament) -> None:
    parliament.statements = [a_statement(4)]
    parliament.now = date(2024, 11, 11)
    address = f"{parliament.url}/api/writtenstatements/statements"
    assert httpx.get(address).json()["totalResults"] == 0
    assert httpx.get(f"{address}/4").status_code == 404
    parliament.now = date(2024, 11, 12)
    assert httpx.get(address).json()["totalResults"] == 1
    assert httpx.get(f"{address}ly").status_code == 404
