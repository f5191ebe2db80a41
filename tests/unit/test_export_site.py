"""Exported site: its pages, their content, and that a second export changes nothing."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import feedparser
import pytest

from monitor.errors import OutputError
from monitor.model.records import Event, House, Kind, Link, Member
from monitor.parliament.links import OFFICIAL_HOSTS
from monitor.presentation.feeds.document import tag
from monitor.research.export import site
from monitor.research.export.folder import MARK, Folder
from monitor.research.export.site import Collection, Sheet, page_name, pages
from tests.builders import a_question, a_revision, matches_in

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.model.records import Proceeding, Revision

SEEN = datetime(2021, 2, 2, 6, 30, tzinfo=UTC)
WATER = Collection(
    id=tag("site", "12"),
    title="Water & <waves>",
    about=("What was published.",),
    terms=("beach = foreshore",),
    topics={"water": "Water"},
    read_on=date(2021, 2, 9),
    rights="Licensed.",
)


def a_sheet(proceeding: Proceeding | None = None, *terms: str, revisions: tuple[Revision, ...] = ()) -> Sheet:
    revision = revisions[-1] if revisions else a_revision(proceeding)
    matches = [match for term in terms for match in matches_in(revision.proceeding, term)]
    return Sheet(
        revision=revision,
        first_seen_at=SEEN,
        due_on=date(2021, 2, 1),
        matches=matches,
        revisions=revisions or [revision],
    )


def on(day: date, number: int, **facts: Any) -> Sheet:
    return a_sheet(a_question(uin=str(number), answered_on=day, tabled_on=day - timedelta(days=6), **facts))


def made(*sheets: Sheet, **facts: Any) -> dict[str, str]:
    collection = Collection(**{name: getattr(WATER, name) for name in Collection.__slots__} | facts)
    found = list(pages(collection, sheets))
    assert len(found) == len(dict(found)), "each file once"
    return {name: content.decode() for name, content in found}


class Reader(HTMLParser):
    """Parser that collects a page's links, headings and other tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(name)
        if name == "a":
            self.links.append(given["href"] or "")
        elif "href" in given or "src" in given:
            self.loaded.append(given.get("href") or given.get("src") or "")


# -- which pages ------------------------------------------------------------------------------------------------------


def test_a_site_has_a_page_a_record_a_page_a_month_an_index_and_feeds() -> None:
    assert list(made(on(date(2021, 2, 1), 2), on(date(2021, 1, 29), 1))) == [
        "style.css",
        "records/q-2.html",
        "2021-02.html",
        "records/q-1.html",
        "2021-01.html",
        "feed.atom",
        "feed.json",
        "index.html",
    ]


def test_records_without_a_day_are_last() -> None:
    undated = a_question(uin="3", answered_on=None, tabled_on=None)
    found = made(on(date(2021, 2, 1), 2), a_sheet(undated))
    assert "undated.html" in found
    assert '<a href="undated.html">Without a day</a>' in found["index.html"]


def test_lists_say_of_no_oral_question_whose_words_are_not_here_that_it_was_answered() -> None:
    spoken: dict[str, Any] = {"uin": "S6O-1", "house": House.SCOTLAND, "answer": None, "answered_by": None}
    spoken |= {"answered_on": date(2021, 2, 1)}
    page = made(a_sheet(a_question(**spoken)))["2021-02.html"]
    assert "S6O-1; Ada Example (Lab, Mid Sample)</span>" in page
    in_writing = a_question(**spoken | {"answer": "Twelve.", "answered_by": Member(name="Minister for Rain")})
    assert "; answered by the Minister for Rain</span>" in made(a_sheet(in_writing))["2021-02.html"]


def test_lists_end_behind_the_day_of_a_record_of_which_nothing_else_is_known() -> None:
    facts: dict[str, Any] = dict.fromkeys(("uin", "body", "asked_by", "answer", "answered_by", "answered_on"))
    bare = a_question(**facts, kind=Kind.NOTICE, tabled_on=date(2021, 2, 1))
    assert '<span class="said">1 February 2021</span>' in made(a_sheet(bare))["index.html"]


def test_a_long_month_has_a_page_for_each_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "ON_PAGE", 2)
    found = made(on(date(2021, 2, 2), 3), on(date(2021, 2, 1), 2), on(date(2021, 2, 1), 1))
    assert (
        '<a href="2021-02-01.html">Monday 1 February 2021</a> <span class="said">(2 records)' in found["2021-02.html"]
    )
    assert "records/q-1.html" not in found["2021-02.html"]
    assert "records/q-1.html" in found["2021-02-01.html"]
    assert "records/q-3.html" not in found["2021-02-01.html"]
    assert '<a href="2021-02.html">February 2021</a>' in found["2021-02-01.html"]


def test_the_newest_are_on_the_first_page_and_in_the_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "ON_INDEX", 1)
    monkeypatch.setattr(site, "IN_FEED", 2)
    found = made(*(on(date(2021, 2, 4 - number), number) for number in (1, 2, 3)))
    assert "<h2>Newest</h2>" in found["index.html"]
    assert found["index.html"].count("records/") == 1
    assert "3 records, the newest of 3 February 2021. Sources were last read on 9 February 2021." in found["index.html"]
    entries = feedparser.parse(found["feed.atom"]).entries
    assert [entry.id for entry in entries] == [
        "tag:pqwatch.invalid,2025:record/q-1",
        "tag:pqwatch.invalid,2025:record/q-2",
    ]
    assert [load["id"] for load in json.loads(found["feed.json"])["items"]] == [entry.id for entry in entries]


@pytest.mark.parametrize(
    ("public_id", "name"),
    [
        ("q-1725947", "records/q-1725947.html"),
        ("twfy/2009-10-26:f 294925.h", "records/twfy~2f2009-10-26~3af~20294925.h.html"),
        ("s-é", "records/s-~e9.html"),
    ],
)
def test_every_record_has_its_own_file(public_id: str, name: str) -> None:
    assert page_name(public_id) == name


def test_no_id_leads_out_of_the_folder() -> None:
    assert re.fullmatch(r"records/~2f\.\.~2fetc~2fpasswd~[0-9a-f]{32}\.html", page_name("../../etc/passwd"))


def test_long_ids_stay_distinct() -> None:
    names = {page_name("q" * 150 + letter) for letter in "ab"}
    assert len(names) == 2
    assert all(len(name) < 140 for name in names)


# -- what stands on them ----------------------------------------------------------------------------------------------


def test_a_record_reads_from_its_question_to_its_reference() -> None:
    page = made(a_sheet(None, "steps"))["records/q-140001.html"]
    said = " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main>")[2]).split())
    assert said.startswith(
        "Water: Sample Vale Ada Example (Lab, Mid Sample) asked the Department for Environment, Food and Rural Affairs"
        " Question To ask the Secretary of State for Environment, Food and Rural Affairs, what steps he is taking."
        " Answer Ben Placeholder answered on 1 Feb 2021. Named day, on time (tabled 26 Jan, due 1 Feb)."
        " Steps are being taken. Reference UIN 140001, answered 1 February 2021 Official page"
    )
    assert "Found" not in said
    assert "<strong>Steps</strong>" in page
    assert '<a href="https://questions-statements.parliament.uk/written-questions/detail/2021-01-26/140001">' in page


def test_correction_shows_old_and_new_text() -> None:
    first = a_revision(a_question(answer="There were 12 samples. All were clean."))
    it = a_question(answer="There were 14 samples. All were clean.", corrected_on=date(2021, 2, 8), is_correction=True)
    corrected = a_revision(it, id=2, number=2, events=(Event.CORRECTED,))
    page = made(a_sheet(revisions=(first, corrected)))["records/q-140001.html"]
    assert '<p class="state">Corrected</p>' in page
    assert "<h3>Answer corrected on 8 February 2021</h3>" in page
    assert "There were <strong>12</strong> samples." in page
    assert "There were <strong>14</strong> samples." in page


def test_correction_without_an_earlier_revision_shows_the_original_of_the_source() -> None:
    it = a_question(answer="Fourteen.", original_answer="Twelve.", corrected_on=date(2021, 2, 8), is_correction=True)
    page = made(a_sheet(revisions=(a_revision(it, events=(Event.TABLED, Event.CORRECTED)),)))["records/q-140001.html"]
    assert "<h3>Answer corrected on 8 February 2021</h3>" in page
    assert "<strong>Twelve.</strong>" in page


def test_silent_edit_has_the_day_it_was_seen_and_a_heading_is_no_change() -> None:
    first = a_revision(a_question(answer="Twelve."))
    edited = a_revision(a_question(answer="Thirteen."), id=2, number=2, events=(Event.EDITED,), seen_at=SEEN)
    titled = a_revision(a_question(answer="Thirteen.", heading="New"), id=3, number=3, events=(Event.TITLED,))
    page = made(a_sheet(revisions=(first, edited, titled)))["records/q-140001.html"]
    assert re.findall(r"<h3>(.*?)</h3>", page) == ["Answer changed, seen on 2 February 2021"]


def test_lists_name_the_kind_of_statements_and_lords_questions() -> None:
    lords = a_question(uin="HL7", house=House.LORDS, answer=None, answered_on=None, body="Home Office")
    statement = a_question(
        id="s-1", uin="HCWS1", kind=Kind.STATEMENT, text="It flows.", question=None, answer=None, answered_on=None,
        tabled_on=None, made_on=date(2021, 1, 5), asked_by=None,
    )  # fmt: skip
    page = made(a_sheet(lords), a_sheet(statement))["2021-01.html"]
    assert "Home Office, Lords, UIN HL7; Ada Example (Lab, Mid Sample); not answered yet" in page
    assert ">Defra, HCWS1</span>" in page
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["Tuesday 26 January 2021", "Tuesday 5 January 2021"]


def test_question_without_a_heading_shows_its_text_in_lists_and_feeds() -> None:
    asking = "what recent assessment he has made of the state of " + "rivers, " * 12 + "lakes and ponds."
    it = a_question(uin="5", heading=None, question=f"To ask the Secretary of State for Health, {asking}", answer=None)
    files = made(a_sheet(it, "rivers"))
    line = f"Question 5: {asking}</a>"
    assert line in files["index.html"]
    assert line in files["2021-01.html"]
    assert "<title>Question 5: what recent assessment" in files["records/q-5.html"]
    [entry] = json.loads(files["feed.json"])["items"]
    assert entry["title"].startswith("Question 5: what recent assessment he has made")


@pytest.fixture(scope="module")
def whole() -> dict[str, str]:
    it = a_question(uin="5", answer="Figures:\n\nPlace\tNumber\nSample\t4\n\n<script>", heading="<b>A \x1b]</b>")
    return made(a_sheet(it, "figures"), on(date(2021, 1, 29), 1), url="https://example.org/water/")


def test_pages_have_one_h1_and_headings_in_order(whole: dict[str, str]) -> None:
    for name, page in whole.items():
        if name.endswith(".html"):
            levels = [int(found) for found in re.findall(r"<h([1-6])", page)]
            assert levels.count(1) == 1, name
            assert levels[0] == 1
            assert all(after <= before + 1 for before, after in pairwise(levels)), name
            assert '<html lang="en-GB">' in page


def test_pages_load_nothing_from_elsewhere_and_no_script(whole: dict[str, str]) -> None:
    for name, page in whole.items():
        if name.endswith(".html"):
            assert "default-src 'none'; style-src 'self'" in page
            reader = Reader(page)
            assert not {"script", "img", "iframe", "style", "form"} & set(reader.tags)
            assert all(not urljoin("x:/", address).startswith("http") for address in reader.loaded), name


def test_links_lead_to_pages_that_are_there_or_to_official_ones(whole: dict[str, str]) -> None:
    for name, page in whole.items():
        if name.endswith(".html"):
            reader = Reader(page)
            for link in reader.links + reader.loaded:
                if link.startswith("https:"):
                    assert link.startswith("https://questions-statements.parliament.uk/")
                else:
                    assert urljoin(f"/{PurePosixPath(name)}", link).removeprefix("/") in whole, (name, link)


def test_only_links_of_official_hosts_are_links() -> None:
    links = (
        Link(text="the guidance", href="https://www.gov.uk/guidance/a"),
        Link(text="elsewhere", href="https://evilgov.uk/"),
        Link(text="run", href="javascript:alert(1)"),
        Link(text="read", href="data:text/html,x"),
        Link(text="own", href="https://own.example/a"),
    )
    files = made(a_sheet(a_question(links=links)), hosts=(*OFFICIAL_HOSTS, "own.example"))
    for name, page in files.items():
        if name.startswith("records/") or name == "feed.atom":
            text = page if name.endswith(".html") else unescape(page)
            assert '<a href="https://www.gov.uk/guidance/a">https://www.gov.uk/guidance/a</a>' in text
            assert '<a href="https://own.example/a">' in text
            assert "elsewhere: https://evilgov.uk/" in text
            assert "javascript:" not in text
            assert "data:text" not in text


def test_what_came_from_outside_is_text(whole: dict[str, str]) -> None:
    assert "<h1>&lt;b&gt;A ]&lt;/b&gt;</h1>" in whole["records/q-5.html"]
    assert "&lt;script&gt;" in whole["records/q-5.html"]
    assert "<h1>Water &amp; &lt;waves&gt;</h1>" in whole["index.html"]


def test_feed_has_its_own_address(whole: dict[str, str]) -> None:
    read = feedparser.parse(whole["feed.atom"])
    assert not read.bozo
    assert {link.rel: link.href for link in read.feed.links} == {
        "self": "https://example.org/water/feed.atom",
        "alternate": "https://example.org/water/",
    }
    assert json.loads(whole["feed.json"])["feed_url"] == "https://example.org/water/feed.json"
    assert "example.org" not in made(on(date(2021, 1, 29), 1))["feed.atom"]


# -- the folder -------------------------------------------------------------------------------------------------------


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_second_export_writes_what_changed_and_removes_what_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "site"
    first = Folder(folder)
    first.fill([("index.html", b"1"), ("records/a.html", b"2"), ("records/b.html", b"3"), ("2021-01.html", b"4")])
    assert (first.written, first.same, first.removed, first.records) == (4, 0, 0, 2)
    (folder / "CNAME").write_text("example.org")
    (folder / "records" / ".a.html.part").write_text("killed")
    before = (folder / "records" / "a.html").stat()
    second = Folder(folder)
    second.fill([("index.html", b"1+"), ("records/a.html", b"2")])
    assert (second.written, second.same, second.removed, second.records) == (1, 1, 2, 1)
    assert names(folder) == {MARK, "CNAME", "index.html", "records/a.html"}
    assert (folder / "records" / "a.html").stat().st_mtime_ns == before.st_mtime_ns
    assert second.feed_id == first.feed_id
    assert Folder(tmp_path / "other").feed_id != first.feed_id


def test_aborted_export_keeps_the_old_pages(tmp_path: Path) -> None:
    Folder(tmp_path).fill([("index.html", b"1"), ("records/a.html", b"2")])

    def broken() -> Any:
        yield "records/b.html", b"3"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Folder(tmp_path).fill(broken())
    assert names(tmp_path) == {MARK, "index.html", "records/a.html", "records/b.html"}
    Folder(tmp_path).fill([("index.html", b"1"), ("records/a.html", b"2")])
    assert names(tmp_path) == {MARK, "index.html", "records/a.html"}


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(OutputError, match="has files in it that are not of a site"):
        Folder(tmp_path)
    with pytest.raises(OutputError, match="is a file: name a folder with --output"):
        Folder(tmp_path / "thesis.doc")
    assert names(tmp_path) == {"thesis.doc"}


def test_unreadable_marker_file_is_named(tmp_path: Path) -> None:
    Folder(tmp_path)
    (tmp_path / MARK).write_text("{}")
    with pytest.raises(OutputError, match="can't be read: remove it"):
        Folder(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="can't be written \\(Not a directory\\)"):
        Folder(tmp_path / "file" / "site")
    folder = Folder(tmp_path / "site")
    (tmp_path / "site" / "index.html").mkdir()
    with pytest.raises(OutputError, match=r"index\.html.* can't be written"):
        folder.fill([("index.html", b"1")])
