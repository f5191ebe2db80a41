"""Rules of sites: what they allow is read, what they forbid is not, and nothing while they can't be had."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from monitor.errors import FetchError, GoneError
from scrapers.folders import WebFolder
from scrapers.historic import HistoricPages
from scrapers.http.client import Client
from scrapers.http.robots import LONGEST_DELAY, SiteRules
from tests.scrapers.faulty import Asked, FaultyServer, Reply, Time, http
from tests.scrapers.source_kit import InventedRegister

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2031, 3, 12, 7, 0, tzinfo=UTC)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def client(time: Time) -> Iterator[Client]:
    with Client("x", "1", clock=time.clock, sleep=time.sleep, now=lambda: NOW, random=lambda: 0.0) as client:
        yield client


def site(rules: Reply | Callable[[], Reply]) -> FaultyServer:
    """A server that has every page, and these rules."""

    def answer(asked: Asked) -> Reply:
        if asked.target != "/robots.txt":
            return http(b"a page")
        return rules if isinstance(rules, Reply) else rules()

    return FaultyServer(answer)


def folder(client: Client, server: FaultyServer) -> WebFolder:
    return WebFolder(client, f"{server.url}/pa", rules=SiteRules(client, f"{server.url}/pa"))


def test_rules_are_asked_for_once_before_the_first_page(client: Client) -> None:
    with site(http(b"User-agent: *\nDisallow: /private/\n")) as server:
        pages = folder(client, server)
        assert [pages.read(name).body for name in ("a.htm", "b.htm")] == [b"a page", b"a page"]
    assert [asked.target for asked in server.asked] == ["/robots.txt", "/pa/a.htm", "/pa/b.htm"]


@pytest.mark.parametrize(
    "rules",
    [
        b"User-agent: *\nDisallow: /pa/cm\n",
        b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /pa/*/index/\r\n",
        b"User-agent: *\nAllow: /\n\nUser-agent: PQWatch\nDisallow: /\n",
    ],
    ids=["beginning", "wildcard", "our name"],
)
def test_a_page_that_the_site_forbids_is_not_asked_for(client: Client, rules: bytes) -> None:
    with site(http(rules)) as server:
        pages = folder(client, server)
        with pytest.raises(FetchError, match=r"robots\.txt does not allow programs to read .*/pa/cm1/index/1\.htm"):
            pages.read("cm1/index/1.htm")
    assert [asked.target for asked in server.asked] == ["/robots.txt"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_site_without_rules_allows_every_page(client: Client, status: int) -> None:
    with site(http(b"User-agent: *\nDisallow: /\n", status)) as server:
        assert folder(client, server).read("a.htm").body == b"a page"


def test_an_error_page_in_place_of_rules_forbids_nothing(client: Client) -> None:
    with site(http(b"<!DOCTYPE html><html><body>\xff Not found</body></html>")) as server:
        assert folder(client, server).read("a.htm").body == b"a page"


@pytest.mark.parametrize("rules", [http(b"", 503), http(b"", 500), Reply([], reset=True)], ids=["503", "500", "reset"])
def test_no_page_is_read_while_the_rules_can_not_be_had(client: Client, rules: Reply) -> None:
    with site(rules) as server:
        pages = folder(client, server)
        with pytest.raises(FetchError, match="while the site's rules for programs can't be had"):
            pages.read("a.htm")
    assert [asked.target for asked in server.asked] == ["/robots.txt"] * 5


def test_rules_that_could_not_be_had_are_asked_for_again(client: Client) -> None:
    replies = iter([*[http(b"", 503)] * 5, http(b"User-agent: *\nAllow: /\n")])
    with site(lambda: next(replies)) as server:
        pages = folder(client, server)
        with pytest.raises(FetchError, match="rules"):
            pages.read("a.htm")
        assert pages.read("a.htm").body == b"a page"


@pytest.mark.parametrize(("asked_for", "kept"), [("7", 7.0), ("0.01", 0.2), ("3600", LONGEST_DELAY)])
def test_the_site_sets_the_pace_within_limits(client: Client, time: Time, asked_for: str, kept: float) -> None:
    with site(http(f"User-agent: *\nCrawl-delay: {asked_for}\n".encode())) as server:
        pages = folder(client, server)
        pages.read("a.htm")
        began = time.clock()
        pages.read("b.htm")
        pages.read("c.htm")
    assert time.clock() - began == pytest.approx(2 * kept, abs=0.1)


def test_a_day_that_has_no_page_is_no_day_that_is_forbidden(client: Client) -> None:
    def answer(asked: Asked) -> Reply:
        forbids = b"User-agent: *\nDisallow: /h/sittings/2003/may/07\n"
        return http(forbids) if asked.target == "/robots.txt" else http(b"", 404)

    with FaultyServer(answer) as server:
        pages = WebFolder(client, f"{server.url}/h", rules=SiteRules(client, f"{server.url}/h"))
        with pytest.raises(GoneError):
            pages.read("sittings/2003/may/06")
        source = HistoricPages(pages, InventedRegister())
        with pytest.raises(FetchError, match="does not allow programs"):
            list(source.files(date(2003, 5, 6), date(2003, 5, 7)))
