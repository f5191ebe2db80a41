"""Places: the same of a folder and of a web server, nothing from outside, nothing twice."""

from __future__ import annotations

import gzip
import os
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from monitor.errors import FetchError, GoneError
from monitor.model.sources import Cached
from scrapers import folders as places
from scrapers.folders import FileEntry, LocalFolder, WebFolder, get_cached
from tests.scrapers.faulty import Asked, FaultyServer, Reply, gzipped, http
from tests.scrapers.source_kit import MemoryCache

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scrapers.http.client import Client

NOW = datetime(2031, 3, 12, 7, 0, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a file, a packed one of each kind, and a folder in it."""
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    (root / "in" / "a.xml").write_bytes(b"<a/>")
    (root / "in" / "b.xml.gz").write_bytes(gzip.compress(b"<b/>"))
    with zipfile.ZipFile(root / "in" / "c.zip", "w") as archive:
        archive.writestr("folder/", "")
        archive.writestr("folder/c.xml", "<c/>")
    (root / "in" / "folder").mkdir()
    return root


def place(root: Path) -> LocalFolder:
    return LocalFolder(root, lambda: NOW)


# A folder


def test_files_are_listed_as_what_they_are_unpacked(root: Path) -> None:
    assert [entry.name for entry in place(root).entries("in")] == ["in/a.xml", "in/b.xml", "in/c.xml"]
    assert [entry.name for entry in place(root / "in").entries()] == ["a.xml", "b.xml", "c.xml"]


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_files_are_read_unpacked(root: Path, name: str) -> None:
    received = place(root).read(f"in/{name}.xml")
    assert received.body == f"<{name}/>".encode()
    assert received.fetched_at == NOW
    assert received.url.startswith("file://")


def test_file_that_is_there_twice_counts_unpacked(root: Path) -> None:
    (root / "in" / "a.xml.gz").write_bytes(gzip.compress(b"<old/>"))
    assert place(root).read("in/a.xml").body == b"<a/>"
    (entry,) = [entry for entry in place(root).entries("in") if entry.name == "in/a.xml"]
    assert entry.stamp.startswith("4-")


def test_zip_in_capitals_is_one(root: Path) -> None:
    (root / "in" / "c.zip").rename(root / "in" / "c.ZIP")
    assert [entry.name for entry in place(root).entries("in")] == ["in/a.xml", "in/b.xml", "in/c.xml"]
    assert place(root).read("in/c.xml").body == b"<c/>"


def test_stamp_changes_with_the_file(root: Path) -> None:
    before = place(root).entries("in")[0]
    assert place(root).entries("in")[0] == before
    os.utime(root / "in" / "a.xml", ns=(1, 1))
    assert place(root).entries("in")[0].stamp != before.stamp


def test_what_is_not_there_is_gone(root: Path) -> None:
    with pytest.raises(GoneError, match=r"has no file in/d\.xml"):
        place(root).read("in/d.xml")
    with pytest.raises(GoneError, match="is no folder: check path"):
        place(root).entries("out")
    with pytest.raises(GoneError, match="is no folder: check path"):
        place(root).entries("in/a.xml")


@pytest.mark.parametrize("name", ["../secret.xml", "in/../../secret.xml", "/etc/passwd", "in\\a.xml", "in/a\0.xml"])
def test_names_that_lead_elsewhere_are_refused(root: Path, name: str) -> None:
    (root.parent / "secret.xml").write_text("secret")
    with pytest.raises(FetchError, match="is no name of a file"):
        place(root).read(name)


def test_links_that_lead_elsewhere_are_as_good_as_not_there(root: Path) -> None:
    (root.parent / "secret.xml").write_text("secret")
    (root / "in" / "d.xml").symlink_to(root.parent / "secret.xml")
    (root / "in" / "e.xml").symlink_to(root / "in" / "a.xml")
    assert [entry.name for entry in place(root).entries("in")][-1] == "in/e.xml"
    assert "in/d.xml" not in [entry.name for entry in place(root).entries("in")]
    with pytest.raises(GoneError):
        place(root).read("in/d.xml")


def test_folder_that_leads_elsewhere_is_as_good_as_not_there(root: Path) -> None:
    (root.parent / "other").mkdir()
    (root / "link").symlink_to(root.parent / "other")
    with pytest.raises(GoneError, match="leads out of"):
        place(root).entries("link")


def test_all_folders_are_walked_through_but_links_and_hidden_ones(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("in/folder/deep", ".git"):
        (root / name).mkdir(parents=True)
        (root / name / "d.xml").write_bytes(b"<d/>")
    (root / "in" / "circle").symlink_to(root)
    names = [entry.name for entry in place(root).walk()]
    assert names == ["in/a.xml", "in/b.xml", "in/c.xml", "in/folder/deep/d.xml"]
    assert place(root).read(names[-1]).body == b"<d/>"
    monkeypatch.setattr(places, "MAX_DEPTH", 2)
    assert [entry.name for entry in place(root).walk()] == names[:-1]


def test_folder_may_be_named_by_a_link(root: Path) -> None:
    (root.parent / "link").symlink_to(root)
    assert place(root.parent / "link").read("in/a.xml").body == b"<a/>"


def test_what_can_not_be_unpacked_is_an_error(root: Path) -> None:
    (root / "in" / "b.xml.gz").write_bytes(gzip.compress(b"<b/>")[:-4])
    (root / "in" / "c.zip").write_bytes(b"no zip")
    (root / "in" / "d.xml.gz").write_bytes(b"no gzip")
    for name in ("b", "c", "d"):
        with pytest.raises(FetchError, match="can't be read"):
            place(root).read(f"in/{name}.xml")


@pytest.mark.parametrize("members", [[], ["a.xml", "b.xml"]])
def test_zip_that_holds_not_one_file_is_refused(root: Path, members: list[str]) -> None:
    with zipfile.ZipFile(root / "in" / "d.zip", "w") as archive:
        for name in members:
            archive.writestr(name, "<d/>")
    with pytest.raises(FetchError, match=f"holds {len(members)} files, not one: unpack it"):
        place(root).read("in/d.xml")


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_file_that_is_too_large_is_refused(root: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MAX_FILE", 3)
    with pytest.raises(FetchError, match="MiB"):
        place(root).read(f"in/{name}.xml")


def test_folder_that_can_not_be_read_is_an_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = place(root).walk()
    (root / "a.xml").write_bytes(b"<a/>")
    assert next(walk).name == "a.xml"

    def refuse(_path: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)  # the tests may run as root, whom nothing is denied
    with pytest.raises(FetchError, match=r"can't be read: Permission denied\."):
        place(root).entries("in")
    with pytest.raises(FetchError, match=r"can't be read: Permission denied\."):
        list(walk)


# A web server

APACHE = b"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN"><html><head><title>Index of /x/in</title></head><body>
<table><tr><th><a href="?C=N;O=D">Name</a></th></tr>
<tr><td><a href="/x/">Parent Directory</a></td></tr>
<tr><td><a href="a.xml">a.xml</a></td><td>2009-10-27 08:18</td><td>219K</td></tr>
<tr><td><A HREF='b%20b.xml'>b b.xml</A></td></tr>
<tr><td><a class=x href=/x/in/c&amp;d.xml>c</a><a href="a.xml#top">again</a></td></tr>
<tr><td><a href="sub/">sub/</a><a href="../up.xml">up</a><a href="http://elsewhere.example/x/in/e.xml">e</a>
<a href="http://[half/f.xml">f</a><a href="mailto:x@y.example">mail</a><a href="%2e%2e">up</a><a name="g.xml">g</a>
<a href="sub/h.xml">h</a><a href="i%5Cj.xml">i</a></td></tr></table></body></html>"""


def test_listing_is_read_by_its_links_alone(client: Client) -> None:
    with FaultyServer(lambda _asked: http(APACHE)) as server:
        found = WebFolder(client, f"{server.url}/x/").entries("in")
    assert found == [FileEntry("in/a.xml"), FileEntry("in/b b.xml"), FileEntry("in/c&d.xml")]
    assert [asked.target for asked in server.asked] == ["/x/in/"]


def test_listing_of_the_base_itself(client: Client) -> None:
    with FaultyServer(lambda _asked: http(b'<a href="a.xml">a</a>')) as server:
        assert WebFolder(client, f"{server.url}/x").entries() == [FileEntry("a.xml")]


def test_a_page_that_lists_no_file_is_no_listing(client: Client) -> None:
    page = b'<html><h1>We will be back soon</h1><a href="/help/">Help</a></html>'
    with FaultyServer(lambda _asked: http(page)) as server, pytest.raises(FetchError, match="/x/in/ lists no file"):
        WebFolder(client, f"{server.url}/x").entries("in")


def test_names_are_written_as_addresses_are(client: Client) -> None:
    with FaultyServer(lambda _asked: gzipped(b"<b/>")) as server:
        assert WebFolder(client, f"{server.url}/x").read("in/b b?.xml").body == b"<b/>"
        with pytest.raises(FetchError, match="is no name of a file"):
            WebFolder(client, f"{server.url}/x").read("../b.xml")
    assert [asked.target for asked in server.asked] == ["/x/in/b%20b%3F.xml"]


def test_folders_are_called_what_they_were_given(client: Client, root: Path) -> None:
    assert str(WebFolder(client, "https://files.example/x/")) == "https://files.example/x"
    assert str(place(root)) == str(root)


def test_file_that_the_server_does_not_have_is_gone(client: Client) -> None:
    with FaultyServer(lambda _asked: http(b"", 404)) as server, pytest.raises(GoneError):
        WebFolder(client, server.url).read("a.xml")


# Conditional requests


def tagged(asked: Asked) -> Reply:
    """A server that knows what it sent last."""
    if asked.headers.get("if-none-match") == '"1"' or asked.headers.get("if-modified-since") == "Mon":
        return http(b"", 304)
    headers = (
        ['ETag: "1"'] if asked.target == "/etag" else ["Last-Modified: Mon"] if asked.target == "/modified" else []
    )
    return http(b"body of " + asked.target.encode(), headers=headers)


@pytest.mark.parametrize("path", ["/etag", "/modified"])
def test_what_did_not_change_is_not_sent_again(client: Client, path: str) -> None:
    shelf = MemoryCache()
    with FaultyServer(tagged) as server:
        first = get_cached(client, shelf, server.url + path)
        again = get_cached(client, shelf, server.url + path)
    assert first == again
    assert again.body == b"body of " + path.encode()
    assert [bool({"if-none-match", "if-modified-since"} & asked.headers.keys()) for asked in server.asked] == [
        False,
        True,
    ]


def test_what_changed_is_kept_anew(client: Client) -> None:
    shelf = MemoryCache()
    with FaultyServer(tagged) as server:
        shelf.put(f"{server.url}/etag", Cached(body=b"old", etag='"0"'))
        assert get_cached(client, shelf, f"{server.url}/etag").body == b"body of /etag"
    assert shelf.kept[f"{server.url}/etag"] == Cached(body=b"body of /etag", etag='"1"')


def test_nothing_is_kept_that_could_not_be_asked_about(client: Client) -> None:
    shelf = MemoryCache()
    with FaultyServer(tagged) as server:
        get_cached(client, shelf, f"{server.url}/plain")
        assert shelf.kept == {}
        shelf.put(f"{server.url}/plain", Cached(body=b"old", etag='"0"'))
        get_cached(client, shelf, f"{server.url}/plain")
        assert shelf.kept[f"{server.url}/plain"] == Cached(body=b"body of /plain")


def test_nothing_is_kept_where_that_is_not_wanted(client: Client) -> None:
    shelf = MemoryCache()
    with FaultyServer(tagged) as server:
        WebFolder(client, server.url, shelf).read("etag", keep=False)
    assert shelf.kept == {}


def test_unchanged_that_nobody_asked_about_is_an_error(client: Client) -> None:
    with FaultyServer(lambda _asked: http(b"", 304)) as server, pytest.raises(FetchError, match="answered 304"):
        get_cached(client, None, server.url)


def test_retries_ask_the_same(client: Client) -> None:
    replies = iter([http(b"", 503), http(b"", 304)])
    shelf = MemoryCache()
    with FaultyServer(lambda _asked: next(replies)) as server:
        shelf.put(server.url, Cached(body=b"kept", etag='"1"', last_modified="Mon"))
        assert get_cached(client, shelf, server.url).body == b"kept"
    assert [(record.headers["if-none-match"], record.headers["if-modified-since"]) for record in server.asked] == [
        ('"1"', "Mon")
    ] * 2
