"""Feeds: what notices their entries become, whatever shape they are in, and what they announce of other sources."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.collect.files import FileCollector
from monitor.collect.news import Scope
from monitor.demo.questions_api import answers_feed
from monitor.errors import FetchError, ParseError
from monitor.model.records import House, Kind
from monitor.model.sources import Announced, Cached, FileRef, Payload
from monitor.parliament.calendar import LONDON
from monitor.ports import Discovery
from scrapers import markup
from scrapers.feeds import Feeds, NamedFeed
from scrapers.http.client import Client
from tests.fakes import Clock, new_archive
from tests.scrapers.faulty import Asked, FaultyServer, Reply, Time, http
from tests.scrapers.golden import as_plain, check

if TYPE_CHECKING:
    from monitor.model.records import Proceeding

EXAMPLES = Path(__file__).parent / "examples" / "feeds"
NOW = datetime(2031, 3, 12, 23, 30, tzinfo=UTC)
URL = "https://umbrellas.example/news/feed"
FEED = NamedFeed(name="Umbrellas", url=URL)


class MemoryCache:
    """A cache in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, Cached] = {}

    def get(self, url: str) -> Cached | None:
        return self._kept.get(url)

    def put(self, url: str, answer: Cached) -> None:
        self._kept[url] = answer


@pytest.fixture
def feeds() -> Feeds:
    peers = NamedFeed(name="Peers", url=URL, house=House.LORDS)
    return Feeds(None, None, [FEED, peers])  # type: ignore[arg-type] # asks no server


def payload(body: bytes, name: str = "Umbrellas", now: datetime = NOW) -> Payload:
    return Payload(source="feeds", key=name, url=URL, fetched_at=now, body=body)


def read(feeds: Feeds, body: bytes, name: str = "Umbrellas", now: datetime = NOW) -> list[Proceeding]:
    found = list(feeds.records(payload(body, name, now)))
    assert all(record.error is None for record in found)
    return [record.proceeding for record in found if record.proceeding is not None]


def a_feed(*items: str) -> bytes:
    return f'<rss version="2.0"><channel>{"".join(f"<item>{item}</item>" for item in items)}</channel></rss>'.encode()


@pytest.mark.parametrize("case", sorted(path.stem for path in EXAMPLES.glob("*.xml")))
def test_example_is_understood_as_expected(feeds: Feeds, case: str) -> None:
    found = read(feeds, (EXAMPLES / f"{case}.xml").read_bytes(), now=datetime(2031, 6, 12, tzinfo=UTC)
                 if case == "rss20" else NOW)  # fmt: skip
    check([as_plain(record) for record in found], EXAMPLES / f"{case}.expected.json")


def test_ids_are_those_of_the_record(feeds: Feeds) -> None:
    for path in sorted(EXAMPLES.glob("*.xml")):
        for record in read(feeds, path.read_bytes()):
            assert re.fullmatch(r"n-\d{20}", record.id)
            assert record.kind is Kind.NOTICE


def test_an_entry_is_the_same_whatever_changes_in_it_but_its_guid(feeds: Feeds) -> None:
    [record] = read(feeds, a_feed("<guid>g</guid><title>Ribs</title>"))
    [changed] = read(feeds, a_feed("<guid>g</guid><title>Handles</title><link>https://a.example</link>"))
    [other] = read(feeds, a_feed("<guid>h</guid><title>Ribs</title>"))
    [elsewhere] = read(feeds, a_feed("<guid>g</guid><title>Ribs</title>"), name="Peers")
    assert record.id == changed.id
    assert len({record.id, other.id, elsewhere.id}) == 3
    assert (record.house, elsewhere.house) == (House.COMMONS, House.LORDS)


def test_a_feed_that_is_no_longer_configured_can_still_be_read(feeds: Feeds) -> None:
    [record] = read(feeds, a_feed("<guid>g</guid><title>Ribs</title>"), name="Gone")
    [alone] = read(feeds, a_feed("<guid>g</guid><title>Ribs</title>"), name="Gone#g")
    assert record.house is House.COMMONS
    assert alone.id == record.id


def test_a_thousand_entries_come_each_once(feeds: Feeds) -> None:
    found = read(feeds, a_feed(*(f"<guid>{number}</guid><title>{number}</title>" for number in range(1_000))))
    assert len({record.id for record in found}) == 1_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no feed",
        b'{"version": "https://jsonfeed.org/version/1"}',
        b"<!DOCTYPE html><html><head><title>Sorry</title></head><body><p>Try again later.</p></body></html>",
        b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body><p>Sorry.</p></body></html>",
        b"\xff\xfe\x00",
        b"/etc/passwd",
        b"file:///etc/passwd",
    ],
)
def test_what_is_no_feed_is_an_error(feeds: Feeds, body: bytes) -> None:
    with pytest.raises(ParseError, match="is neither RSS nor Atom: check url") as error:
        list(feeds.records(payload(body)))
    assert error.value.key == "Umbrellas"


def test_what_upsets_the_library_is_an_error(feeds: Feeds) -> None:
    body = b'<rss version="2.0"><channel><item><title>&#xd800;</title><guid>a</guid></item></channel>'
    with pytest.raises(ParseError, match="The feed Umbrellas can't be read \\(UnicodeEncodeError"):
        list(feeds.records(payload(body)))


BOMBS = [
    '<!ENTITY a "ha"> <!ENTITY b "&a;&a;&a;">',
    f'<!ENTITY a "{"x" * 1000}">',
    "<!ENTITY a SYSTEM 'file:///etc/passwd'>",
    '<!ENTITY % a PUBLIC "-//x" "https://evil.example/x.dtd"> %a;',
    '<!entity a "&b;">',
]


@pytest.mark.parametrize("declared", BOMBS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_that_could_grow_or_fetch_are_refused(feeds: Feeds, declared: str, encoding: str) -> None:
    text = f'<!DOCTYPE rss [{declared}]><rss version="2.0"><channel><item><title>&a;</title></item></channel></rss>'
    with pytest.raises(ParseError, match="declares entities"):
        list(feeds.records(payload(text.encode(encoding))))


def test_broken_mark_up_is_a_warning(feeds: Feeds, caplog: pytest.LogCaptureFixture) -> None:
    assert read(feeds, (EXAMPLES / "broken.xml").read_bytes())
    assert "feed name='Umbrellas' is not well formed" in caplog.text
    caplog.clear()
    assert read(feeds, (EXAMPLES / "rss20.xml").read_bytes())
    assert caplog.text == ""


def test_an_entry_that_is_too_long_is_kept_apart(feeds: Feeds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "MAX_LENGTH", 50)
    long = "<guid>g</guid><title>Ribs &amp; all</title><pubDate>Tue, 04 Mar 2031</pubDate>"
    long += f"<description>{'x' * 60}</description>"
    bad, good = feeds.records(payload(a_feed(long, "<guid>h</guid><title>Handles</title>")))
    assert (bad.key, bad.proceeding) == ("g", None)
    assert "longer than any answer" in str(bad.error)
    assert good.proceeding is not None
    [again] = feeds.records(payload(bad.excerpt))
    assert (again.key, again.excerpt) == ("g", bad.excerpt)
    monkeypatch.undo()
    [healed] = read(feeds, bad.excerpt, name="Peers#g")
    [whole] = read(feeds, a_feed(long), name="Peers")
    assert (healed.id, healed.house) == (whole.id, House.LORDS)
    assert (healed.heading, healed.text, healed.made_on) == ("Ribs & all", "x" * 60, date(2031, 3, 4))


# Fetching


def test_every_feed_is_a_file_and_is_asked_for_only_when_it_changed(client: Client) -> None:
    def answer(asked: Asked) -> Reply:
        if "if-none-match" in asked.headers:
            return http(b"", 304)
        return http(a_feed("<guid>g</guid>"), headers=['ETag: "7"'])

    with FaultyServer(answer) as server:
        feeds = Feeds(client, MemoryCache(), [NamedFeed(name="A", url=f"{server.url}/a?b=c")])
        assert list(feeds.files(date(2031, 3, 1), date(2031, 3, 2))) == [FileRef(name="A")]
        first, second = (feeds.fetch(FileRef(name="A")) for _ in range(2))
    assert [asked.target for asked in server.asked] == ["/a?b=c"] * 2
    assert server.asked[1].headers["if-none-match"] == '"7"'
    assert first == second == Payload(
        source="feeds", key="A", url=f"{server.url}/a?b=c", fetched_at=NOW, body=a_feed("<guid>g</guid>")
    )  # fmt: skip
    assert feeds.houses == (House.COMMONS,)


def test_a_feed_that_does_not_come_is_an_error(client: Client) -> None:
    with FaultyServer(lambda _: http(b"", 404)) as server, pytest.raises(FetchError):
        Feeds(client, None, [NamedFeed(name="A", url=server.url)]).fetch(FileRef(name="A"))


# Announcements


def test_entries_that_another_source_reads_are_announced_and_no_notices(client: Client) -> None:
    body = (EXAMPLES / "answers.xml").read_bytes()
    with FaultyServer(lambda _: http(body)) as server:
        feeds = Feeds(client, None, [NamedFeed(name="A", url=server.url)], other_sources=("questions",))
        assert isinstance(feeds, Discovery)
        day = date(2031, 3, 4)
        assert list(feeds.announced("questions")) == [Announced(dated_on=date(2031, 3, 3), uin="12", day=day)]
        assert list(feeds.announced("statements")) == [Announced(dated_on=day, uin="HLWS9", day=day)]
        [notice] = feeds.records(feeds.fetch(FileRef(name="A")))
        assert notice.proceeding is not None
        assert notice.proceeding.heading == "Repair fund"
        assert len(server.asked) == 1
        feeds.fetch(FileRef(name="A"))
    assert len(server.asked) == 2


@pytest.mark.parametrize("reply", [http(b"", 404), http(b"<html>questions-statements.parliament.uk</html>")])
def test_a_feed_that_can_not_be_read_announces_nothing(client: Client, reply: Reply) -> None:
    good = (EXAMPLES / "answers.xml").read_bytes()
    with FaultyServer(lambda asked: http(good) if asked.target == "/good" else reply) as server:
        named = [NamedFeed(name=name, url=f"{server.url}/{name}") for name in ("bad", "good")]
        assert [record.uin for record in Feeds(client, None, named).announced("questions")] == ["12"]


def test_the_feed_of_the_demo_is_understood(feeds: Feeds) -> None:
    value = {
        "dateAnswered": "2031-03-04T00:00:00",
        "dateAnswerCorrected": None,
        "dateTabled": "2031-03-03T00:00:00",
        "uin": "12",
        "askingMemberId": 1,
        "answeringMemberId": 2,
        "heading": "Umbrellas: Repair",
        "questionText": "To ask about ribs.",
        "answerText": "<p>There are eight.</p>",
    }
    [found] = read(feeds, answers_feed([value], {}, address=URL, body=None).encode())
    assert found.made_on == date(2031, 3, 4)
    assert found.text == "[Question] To ask about ribs.\n\n[Answer] There are eight."


@pytest.mark.parametrize(
    "name",
    ["links", "content", "title_detail", "summary_detail", "published_parsed", "updated_parsed", "created_parsed"],
)
def test_elements_that_are_called_as_words_of_the_parser_change_nothing(feeds: Feeds, name: str) -> None:
    item = "<guid>g</guid><title>Ribs</title><description>There are eight.</description>"
    [found] = read(feeds, a_feed(f"{item}<{name}>loose words</{name}>"))
    assert (found.heading, found.made_on) == ("Ribs", None)
    assert "There are eight." in (found.text or "") or found.text == "loose words"


def test_entry_without_a_day_keeps_the_one_on_which_it_was_first_read(tmp_path: Path) -> None:
    clock = Clock(NOW)
    archive = new_archive(tmp_path, clock)
    item = "<guid>g</guid><title>Ribs</title><pubDate>soon</pubDate>"

    def answer(_: Asked) -> Reply:
        return http(a_feed(f"{item}<!-- fetched {clock.now} -->"))

    with FaultyServer(answer) as server:
        for number in range(3):
            clock.now = NOW + timedelta(days=number)
            time = Time()
            with Client("x", "1", clock=time.clock, sleep=time.sleep, now=lambda: clock.now) as client:
                source = Feeds(client, archive.cache, [NamedFeed(name="Umbrellas", url=server.url)])
                scope = Scope(as_of=clock.now, look_back_days=14)
                assert FileCollector(archive=archive, source=source, scope=scope, clock=clock).run().files == 1
    read_states = [(revision.number, revision.proceeding.made_on) for revision in archive.records.revisions(1)]
    archive.close()
    assert read_states == [(1, NOW.astimezone(LONDON).date())]
