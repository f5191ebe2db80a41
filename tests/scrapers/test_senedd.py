"""The Senedd's record: results, pages of questions, files of questions not reached, and what is not as it is known."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from monitor.collect.news import Scope
from monitor.collect.windows import WindowCollector
from monitor.errors import FetchError, GoneError, ParseError
from monitor.model.records import House, State
from monitor.model.sources import Payload, Window
from scrapers.http.client import Client
from scrapers.senedd import NAME, SeneddSource
from scrapers.senedd.meetings import meetings_with_files, plenary_on, read_pair, split_file
from scrapers.senedd.pages import read_question, read_results
from tests.fakes import Clock, World, new_archive
from tests.scrapers.faulty import Asked, FaultyServer, Reply, Time, http
from tests.scrapers.golden import as_plain, check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.collect.window_results import WindowCounts
    from monitor.model.sources import WindowPage

EXAMPLES = Path(__file__).parent / "examples" / "senedd"
NOW = datetime(2031, 7, 26, 7, 0, tzinfo=UTC)
DAY = date(2031, 7, 16)
PAGES = {
    "answered": "99101",
    "to_be_answered": "99102",
    "withdrawn": "99103",
    "lines_only": "99104",
    "of_2018": "1234",
}
BASE = "https://record.example"


def example(name: str) -> str:
    return (EXAMPLES / name).read_text()


def payload(body: str | bytes, key: str = "99101") -> Payload:
    return Payload(source=NAME, key=key, url="", fetched_at=NOW, body=body.encode() if isinstance(body, str) else body)


@pytest.fixture
def source() -> SeneddSource:
    return SeneddSource(None, BASE)  # type: ignore[arg-type] # asks no server


# Pages


@pytest.mark.parametrize("case", PAGES)
def test_page_is_understood_as_expected(source: SeneddSource, case: str) -> None:
    parsed = source.parse(payload(example(f"{case}.html"), PAGES[case]))
    check(as_plain(parsed), EXAMPLES / f"{case}.expected.json")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("WQ99101", "Number 99101", "has no number"),
        ("Tabled on 16/07/2031 for answer on 23/07/2031", "Tabled on Wednesday", "has no day on which it was tabled"),
        ("Tabled on 16/07/2031", "Tabled on 31/02/2031", "has '31/02/2031' as a day"),
        ("Answered by Cabinet Secretary", "Reply by Cabinet Secretary", "does not say whether it was answered"),
        (
            "<p>Will the Minister say how many umbrellas were repaired in Cwm Sample &amp; district?</p>",
            "",
            "has no text",
        ),
    ],
)
def test_page_in_other_words_is_refused(source: SeneddSource, old: str, new: str, message: str) -> None:
    page = example("answered.html")
    assert old in page
    with pytest.raises(ParseError, match=f"Question 99101 of the Senedd {re.escape(message)}"):
        source.parse(payload(page.replace(old, new)))


def test_answer_without_a_text_is_refused(source: SeneddSource) -> None:
    page = example("answered.html")
    start, end = page.index("<p>Twelve"), page.index("</table>") + len("</table>")
    with pytest.raises(ParseError, match="was answered without a text"):
        source.parse(payload(page[:start] + page[end:]))


def test_another_question_than_was_asked_for_is_refused(source: SeneddSource) -> None:
    with pytest.raises(ParseError, match="Question WQ99101 came when 99105 was asked for"):
        source.parse(payload(example("answered.html"), "99105"))


def test_what_stands_around_a_question_is_no_part_of_it() -> None:
    page = read_question(example("lines_only.html"), "99104")
    assert (page.name, page.area, page.question) == ("Mair Sample", "Cwm Sample", "How many umbrellas were lost?")
    assert page.answer == "Three.\n\nNone was found."


# Results


def test_results_are_read_with_their_count() -> None:
    results, total = read_results(example("results.html"))
    assert ([result.key for result in results], total) == (["99101", "99102", ""], 3)
    assert [result.tabled_on for result in results] == [date(2031, 7, 16), date(2031, 7, 17), None]


def test_page_without_results_is_none_and_another_page_an_error() -> None:
    assert read_results('<div class="searchResultContainer">No results</div>') == ([], 0)
    with pytest.raises(ParseError, match="a page without results"):
        read_results("<html><body><div id='app'></div></body></html>")
    with pytest.raises(ParseError, match="says 'Many results' instead of a count"):
        read_results('<div class="searchResultContainer"><b class="searchResultCount">Many results</b></div>')


# Questions not reached


def test_pairs_are_understood_as_expected() -> None:
    found = [
        as_plain(read_pair(pair.body, pair.key, NAME, BASE))
        for pair in split_file((EXAMPLES / "not_reached.xml").read_bytes())
    ]
    check(found, EXAMPLES / "not_reached.expected.json")


def changed(old: str, new: str) -> bytes:
    body = example("not_reached.xml")
    assert old in body
    return body.replace(old, new).encode()


@pytest.mark.parametrize(
    ("old", "new", "key", "message"),
    [
        (
            "<contribution_type>QNR</contribution_type>",
            "<contribution_type>I</contribution_type>",
            "",
            "follows no question",
        ),
        ("<Contribution_Order_ID>0<", "<Contribution_Order_ID><", "", "no number of its own"),
        ("Faint o ymbaréls sydd yng Nghwm Sample?</", "</", "qnr-29101-0", None),
        ("2031-06-02T13:30:00", "yesterday", "qnr-29101-0", "has no day"),
    ],
)
def test_odd_pair_is_refused_alone(old: str, new: str, key: str, message: str | None) -> None:
    first, *_ = split_file(changed(old, new))
    assert first.key == key
    if message:
        with pytest.raises(ParseError, match=message):
            read_pair(first.body, first.key, NAME, BASE)
    else:  # the translation is there
        assert read_pair(first.body, first.key, NAME, BASE).question == "How many umbrellas are there in Cwm Sample?"


def test_two_questions_with_one_number_are_not_mixed_up() -> None:
    keys = [pair.key for pair in split_file(changed("<Contribution_Order_ID>2<", "<Contribution_Order_ID>0<"))]
    assert keys == ["qnr-29101-0", ""]


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"<html/>", b"<dataroot>", b'<!DOCTYPE d [<!ENTITY a "b">]><x>&a;</x>']
)
def test_what_is_no_file_is_an_error(body: bytes) -> None:
    with pytest.raises(ParseError, match="The Senedd's file of questions not reached"):
        list(split_file(body))


def test_meetings_of_other_days_do_not_count() -> None:
    assert meetings_with_files(example("meetings.html"), date(2031, 6, 2)) == ["29101"]
    assert meetings_with_files(example("meetings.html"), date(2031, 3, 24)) == []


def test_another_page_than_a_list_of_meetings_is_an_error() -> None:
    assert meetings_with_files("<form><select name='SelectedCommitteeID'></select></form>", date(2031, 6, 2)) == []
    with pytest.raises(ParseError, match="a page without a list"):
        meetings_with_files("<html><body><h1>The Record is being mended</h1></body></html>", date(2031, 6, 2))


def test_plenary_has_a_number_for_each_senedd() -> None:
    days = (date(2026, 6, 2), date(2026, 4, 1), date(2020, 1, 1), date(2010, 1, 1))
    assert [plenary_on(day) for day in days] == ["908", "700", "401", None]


def test_recorded_file_has_as_many_questions_as_another_reader_counts(shared_data: Path) -> None:
    body = (shared_data / "senedd" / "qnr_sample.xml").read_bytes()
    kinds = [element.findtext("contribution_type") for element in ET.fromstring(body)]  # noqa: S314 (recorded)
    found = [read_pair(pair.body, pair.key, NAME, BASE) for pair in split_file(body)]
    assert len(found) == kinds.count("QNR") == kinds.count("ANR") == 2
    names = re.findall(rb"<Member_name_English>([^<]+)", body)
    assert [record.asked_by.name.encode() for record in found if record.asked_by and record.asked_by.name] == names
    assert all(record.answer and "<" not in record.answer and "&" not in record.answer for record in found)
    assert all(record.question and record.question.count("\n\n") == 1 for record in found)  # Welsh, and English below
    assert {record.body for record in found} == {"First Minister"}


# The source


@contextmanager
def site(answer: Callable[[str, dict[str, str]], Reply]) -> Iterator[tuple[SeneddSource, FaultyServer]]:
    """The source, and a server that answers by path and parameters."""

    def reply(asked: Asked) -> Reply:
        parts = urlsplit(asked.target)
        given = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        return answer(parts.path, given)

    time = Time()
    with (
        FaultyServer(reply) as server,
        Client("x", "1", clock=time.clock, sleep=time.sleep, now=lambda: NOW) as client,
    ):
        yield SeneddSource(client, server.url + "/"), server


def window(by: str = "tabled", day: date = DAY) -> Window:
    return Window(source=NAME, house=House.SENEDD, by=by, day=day)


def read(source: SeneddSource, by: str = "tabled", day: date = DAY) -> WindowPage:
    [page] = source.read_window(window(by, day))
    return page


def result(number: int, day: str = "16/07/2031") -> str:
    return (
        f'<div class="searchResult writtenQuestion"><a class="detail" href="../WrittenQuestion/{number}">'
        f'<span class="title">Written Question - WQ{number}</span><span class="subTitle">Tabled on {day}</span></a></div>'
    )


def results(*numbers: int, total: int) -> str:
    count = f'<span class="searchResultCount">Showing {len(numbers)} of {total} results found</span>' if total else ""
    return f'<div class="searchResultContainer">{count}{"".join(map(result, numbers))}</div>'


def test_search_is_asked_for_a_day_and_the_next() -> None:
    with site(lambda _path, _given: http(example("results.html").encode())) as (source, server):
        page = read(source)
    [asked] = server.asked
    assert asked.target == "/Search/?query=&type=7&start=2031-07-16&end=2031-07-17"
    assert [entry.payload.key for entry in page.entries] == ["99101", ""]  # that of the 17th comes with its day
    assert "leads to no question" in str(page.entries[1].error)
    assert all(entry.proceeding is None and entry.lacks_answers for entry in page.entries)
    assert page.is_whole


@pytest.mark.parametrize("first_page", [1, 2])
def test_more_results_are_asked_for_until_all_are_there(first_page: int) -> None:
    numbers = list(range(1, 21))

    def answer(path: str, given: dict[str, str]) -> Reply:
        if path == "/Search/":
            return http(results(*numbers[:8], total=20).encode())
        start = 8 * (int(given["Page"]) - 2 + first_page)
        return http(json.dumps({"Results": list(map(result, numbers[start : start + 8]))}).encode())

    with site(answer) as (source, _):
        page = read(source)
    assert sorted(int(entry.payload.key) for entry in page.entries) == numbers
    assert (page.is_whole, page.note) == (True, "")


def test_a_window_with_fewer_results_than_counted_is_not_whole() -> None:
    def answer(path: str, _given: dict[str, str]) -> Reply:
        return http(results(1, 2, total=120).encode()) if path == "/Search/" else http(b'{"Results": []}')

    with site(answer) as (source, server):
        page = read(source)
    assert (page.is_whole, page.note) == (False, "the search showed 2 of 120 results")
    assert len(server.asked) == 3


def test_more_results_in_another_form_are_an_error() -> None:
    def answer(path: str, _given: dict[str, str]) -> Reply:
        return http(results(1, 2, total=9).encode() if path == "/Search/" else b'{"Html": "<div>"}')

    with site(answer) as (source, _), pytest.raises(ParseError, match="no list of more results"):
        read(source)


def test_details_are_pages_and_files() -> None:
    def answer(path: str, given: dict[str, str]) -> Reply:
        pages = {"/WrittenQuestion/99101": "answered.html", "/WrittenQuestion/99102": "to_be_answered.html"}
        if path in pages:
            return http(example(pages[path]).encode())
        if given.get("meetingID") == "29101":
            return http(example("not_reached.xml").encode())
        if path == "/WrittenQuestion/2":
            return http(b"", 500)
        return http(b"<html><body>Record</body></html>")

    keys = ["99101", "99102", "1", "2", "qnr-29101-0", "qnr-29101-9", "qnr-5-0"]
    with site(answer) as (source, _):
        details = {detail.key: detail for detail in source.read_details(keys)}
        found = {key: source.parse(detail.payload) for key, detail in details.items() if detail.payload}
    assert {key: record.id for key, record in found.items()} == {
        "99101": "sn-99101",
        "99102": "sn-99102",
        "qnr-29101-0": "sn-qnr-29101-0",
    }
    assert [type(details[key].error) for key in ("1", "2", "qnr-29101-9", "qnr-5-0")] == [
        GoneError,
        FetchError,
        GoneError,
        FetchError,
    ]


def test_questions_not_reached_come_with_the_day_of_their_meeting() -> None:
    def answer(path: str, _given: dict[str, str]) -> Reply:
        return http(example("meetings.html" if path == "/XMLExport" else "not_reached.xml").encode())

    with site(answer) as (source, server):
        page = read(source, "meeting", date(2031, 6, 2))
        assert read(source, "meeting", date(2010, 6, 2)).total == 0
    assert [asked.target for asked in server.asked] == [
        "/XMLExport?SelectedCommitteeID=908&Start=02%2F06%2F2031&End=02%2F06%2F2031",
        "/XMLExport/Download?meetingID=29101&xmlDownloadType=QNR",
    ]
    assert [entry.proceeding.id for entry in page.entries if entry.proceeding] == ["sn-qnr-29101-0", "sn-qnr-29101-2"]


def collect(world: World, url: str) -> WindowCounts:
    """Read a site as a run does at the time of the world's clock."""
    time = Time()
    with Client("x", "1", clock=time.clock, sleep=time.sleep, now=world.clock) as client:
        return WindowCollector(
            archive=world.archive,
            source=SeneddSource(client, url),
            members=world.members,
            scope=Scope(as_of=world.clock.now, look_back_days=14),
            calendar=world.calendar,
            clock=world.clock,
        ).run()


def test_an_open_question_is_read_once_a_day_and_an_answered_one_no_more(tmp_path: Path) -> None:
    pages = {"99101": "answered.html", "99102": "to_be_answered.html"}
    asked_for: list[str] = []

    def answer(path: str, given: dict[str, str]) -> Reply:
        if path == "/Search/":
            numbers = [99101, 99102] if given["start"] == "2031-07-16" else []
            return http(results(*numbers, total=len(numbers)).encode())
        if path == "/XMLExport":
            return http(b"<table></table>")
        asked_for.append(path.rpartition("/")[2])
        return http(example(pages[asked_for[-1]]).encode())

    now = datetime(2031, 7, 24, 18, tzinfo=UTC)
    world = World(new_archive(tmp_path, Clock(now)), Clock(now))
    with FaultyServer(
        lambda asked: answer(
            urlsplit(asked.target).path,
            {name: values[0] for name, values in parse_qs(urlsplit(asked.target).query).items()},
        )
    ) as server:
        for hours in (0, 1, 24):
            world.clock.now = now + timedelta(hours=hours)
            counts = collect(world, server.url)
            assert counts.failures == []
            asked_for.append("|")
    world.archive.close()
    first, same_day, next_day = " ".join(asked_for).split("|")[:3]
    assert sorted(first.split()) == ["99101", "99102"]
    assert same_day.split() == []
    # The answer of 22 July is also read again some days later, as all are that were read by their number.
    assert "99102" in next_day.split()


def test_a_site_that_is_being_mended_takes_nothing_back(tmp_path: Path) -> None:
    now = datetime(2031, 7, 24, 18, tzinfo=UTC)
    world = World(new_archive(tmp_path, Clock(now)), Clock(now))

    def answer(asked: Asked) -> Reply:
        path, _, query = asked.target.partition("?")
        if world.clock.now >= now + timedelta(days=1):
            return http(b"<html><body><h1>The Record is being mended</h1></body></html>")
        if path == "/Search/":
            is_day = "start=2031-07-16" in query
            return http(results(*[99101] * is_day, total=int(is_day)).encode())
        return http(b"<table></table>" if path == "/XMLExport" else example("answered.html").encode())

    with FaultyServer(answer) as server:
        for days in range(3):
            world.clock.now = now + timedelta(days=days)
            counts = collect(world, server.url)
            assert counts.incomplete == (counts.windows if days else 0)
    states = [revision.proceeding.state for revision in world.archive.records.revisions(1)]
    world.archive.close()
    assert states == [State.ANSWERED]


def test_odd_values_of_fragments_do_not_break_a_search(source: SeneddSource) -> None:
    del source
    odd: list[Any] = [{"Results": None}, {"Results": [1]}, [], "x"]
    for data in odd:

        def answer(path: str, _given: dict[str, str], data: Any = data) -> Reply:
            return http(results(1, total=2).encode() if path == "/Search/" else json.dumps(data).encode())

        with site(answer) as (reader, _), pytest.raises(ParseError, match="no list of more results"):
            read(reader)
