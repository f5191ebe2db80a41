"""Feeds: their content as feedparser reads it, and equal bytes for equal feeds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import feedparser
import pytest

from monitor.model.records import Event, Kind
from monitor.presentation.feeds.document import Feed, FeedEntry, tag
from monitor.presentation.feeds.entries import feed_entry
from monitor.presentation.feeds.formats import atom, json_feed
from tests.builders import a_question, a_revision, found_by, matches_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.model.records import Proceeding

SEEN = datetime(2021, 2, 2, 6, 30, tzinfo=UTC)
TOPICS = {"water": "Water"}
ATOM = "{http://www.w3.org/2005/Atom}"


def an_entry(proceeding: Proceeding | None = None, *terms: str, **facts: Any) -> FeedEntry:
    proceeding = proceeding or a_question()
    matches = [match for term in terms for match in matches_in(proceeding, term)]
    return feed_entry(a_revision(proceeding, **facts), SEEN, matches, TOPICS, lambda _: None)


def a_feed(*entries: FeedEntry, **facts: Any) -> Feed:
    given: dict[str, Any] = {
        "id": tag("feed", "1234", "water"),
        "title": "Water",
        "about": "What is said of it.",
        "updated": SEEN,
    }
    return Feed(**(given | {"entries": entries} | facts))


def test_entry_has_question_and_answer_with_matches_marked() -> None:
    entry = an_entry(None, "steps")
    assert entry.id == "tag:pqwatch.invalid,2025:record/q-140001"
    assert entry.title == "Water: Sample Vale"
    assert entry.url == "https://questions-statements.parliament.uk/written-questions/detail/2021-01-26/140001"
    assert entry.author == "Ben Placeholder"
    assert entry.summary == (
        "Ada Example (Lab, Mid Sample) asked the Department for Environment, Food and Rural Affairs."
        " Ben Placeholder answered on 1 Feb 2021."
    )
    assert "<blockquote>\n<p><strong>Steps</strong> are being taken.</p>\n</blockquote>" in entry.html
    assert "what <strong>steps</strong> he is taking" in entry.html
    assert "Found" not in entry.html
    assert 'Cite: <a href="https://questions' in entry.html
    assert entry.tags == ("Water", "Department for Environment, Food and Rural Affairs")


def test_entry_gives_a_reason_if_bold_words_do_not_show_it() -> None:
    question = a_question()
    family = [found_by(match, "action = steps") for match in matches_in(question, "steps")]
    entry = feed_entry(a_revision(question), SEEN, family, TOPICS, lambda _: None)
    assert "Found: steps, by action" in entry.html


def test_an_entry_without_a_match_gives_no_reason() -> None:
    assert "told" not in an_entry().html
    assert "Found" not in an_entry().html


@pytest.mark.parametrize(
    ("facts", "title", "author"),
    [
        ({"answer": None, "answered_on": None, "answered_by": None}, "Question: Water", "Ada Example"),
        ({"is_holding": True}, "Holding answer: Water", "Ben Placeholder"),
        ({"corrected_on": date(2021, 2, 8)}, "Corrected: Water", "Ben Placeholder"),
        ({"is_withdrawn": True}, "Withdrawn: Water", "Ben Placeholder"),
        ({"answered_by": None, "asked_by": None}, "Water", "Department of Samples"),
    ],
)
def test_entry_begins_with_the_state_of_a_question(facts: dict[str, Any], title: str, author: str) -> None:
    entry = an_entry(a_question(heading="Water", body="Department of Samples", **facts))
    assert (entry.title, entry.author) == (title, author)


def test_author_of_a_statement_is_who_made_it() -> None:
    it = a_question(kind=Kind.STATEMENT, question=None, answer=None, text="It flows.", answered_on=None, tabled_on=None)
    entry = an_entry(replace(it, made_on=date(2021, 2, 1), made_by=it.asked_by, asked_by=None))
    assert entry.summary == "Ada Example (Lab, Mid Sample), 1 Feb 2021."
    assert entry.author == "Ada Example"
    assert "<p>It flows.</p>" in entry.html


def test_news_is_dated_when_it_was_seen_and_history_by_its_day() -> None:
    summer = a_question(answered_on=date(2005, 7, 7), tabled_on=date(2005, 7, 1))
    assert an_entry(summer).updated == SEEN
    assert an_entry(summer, is_news=False).updated == datetime(2005, 7, 6, 23, tzinfo=UTC)  # midnight in London
    undated = replace(summer, answered_on=None, tabled_on=None)
    assert an_entry(undated, is_news=False).updated == SEEN
    assert an_entry(undated).published is None


def test_a_correction_is_the_same_entry_changed() -> None:
    before = an_entry()
    it = a_question(answer="Other steps are being taken.", corrected_on=date(2021, 2, 8), is_correction=True)
    seen = datetime(2021, 2, 9, 6, 30, tzinfo=UTC)
    after = an_entry(it, seen_at=seen, events=(Event.CORRECTED,))
    assert after.id == before.id
    assert after.published == before.published
    assert after.updated == seen > before.updated


def test_feedparser_reads_the_atom_back() -> None:
    feed = a_feed(
        an_entry(None, "steps"), url="https://example.org/water.atom", page="https://example.org/", rights="OPL"
    )
    read = feedparser.parse(atom(feed))
    assert not read.bozo
    assert read.version == "atom10"
    assert (read.feed.id, read.feed.title, read.feed.subtitle) == (feed.id, "Water", "What is said of it.")
    assert (read.feed.updated, read.feed.author, read.feed.rights) == ("2021-02-02T06:30:00Z", "pqwatch", "OPL")
    assert {link.rel: link.href for link in read.feed.links} == {"self": feed.url, "alternate": feed.page}
    (entry,) = read.entries
    assert (entry.id, entry.title, entry.author) == (feed.entries[0].id, "Water: Sample Vale", "Ben Placeholder")
    assert entry.link == feed.entries[0].url
    assert (entry.published, entry.updated) == ("2021-02-01T00:00:00Z", "2021-02-02T06:30:00Z")
    assert [tag.term for tag in entry.tags] == list(feed.entries[0].tags)
    assert entry.content[0].type == "text/html"
    assert "<strong>Steps</strong> are being taken." in entry.content[0].value


def test_atom_has_the_elements_that_rfc_4287_requires() -> None:
    bare = FeedEntry(id="tag:x,2025:1", title="A < B & C", url="", updated=SEEN, html="<p>x</p>")
    root = ET.fromstring(atom(a_feed(bare)))  # noqa: S314 - our own
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en-GB"
    [entry] = root.findall(f"{ATOM}entry")
    for element in (root, entry):
        assert {f"{ATOM}{name}" for name in ("id", "title", "updated")} <= {child.tag for child in element}
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "pqwatch"
    assert root.findtext(f"{ATOM}entry/{ATOM}title") == "A < B & C"
    assert root.find(f"{ATOM}entry/{ATOM}link") is None


def test_characters_that_xml_forbids_are_left_out() -> None:
    read = feedparser.parse(atom(a_feed(an_entry(a_question(heading="Wa\0ter\uffff", answer="It\x0b flows\ufffe.")))))
    assert not read.bozo
    assert read.entries[0].title == "Water"


def test_mark_up_in_a_text_is_text() -> None:
    entry = an_entry(a_question(answer="<script>alert(1)</script>", heading="<b>"))
    assert "<script" not in entry.html
    assert "&lt;script&gt;" in entry.html
    assert feedparser.parse(atom(a_feed(entry))).entries[0].title_detail.type == "text/plain"


def test_table_stays_a_table() -> None:
    html = an_entry(a_question(answer="The figures:\n\nArea\tNumber\nMid Sample\t12\nSample Vale\t30")).html
    assert '<th scope="col">Area</th>' in html
    assert '<td class="figure">12</td>' in html


def test_json_feed_has_the_same() -> None:
    feed = a_feed(an_entry(None, "steps"), url="https://example.org/water.json", page="https://example.org/")
    read = json.loads(json_feed(feed))
    assert read["version"] == "https://jsonfeed.org/version/1.1"
    assert (read["title"], read["feed_url"], read["home_page_url"]) == ("Water", feed.url, feed.page)
    (item,) = read["items"]
    assert item["id"] == feed.entries[0].id
    assert item["content_html"] == feed.entries[0].html
    assert (item["date_published"], item["date_modified"]) == ("2021-02-01T00:00:00Z", "2021-02-02T06:30:00Z")
    assert item["authors"] == [{"name": "Ben Placeholder"}]


def test_json_feed_leaves_out_unknown_values() -> None:
    read = json.loads(json_feed(a_feed(FeedEntry(id="tag:x,2025:1", title="", url="", updated=SEEN, html="<p>x</p>"))))
    assert "home_page_url" not in read
    assert set(read["items"][0]) == {"id", "content_html", "date_modified"}


@pytest.mark.parametrize("write", [atom, json_feed])
def test_the_same_feed_is_the_same_bytes(write: Callable[[Feed], bytes]) -> None:
    assert write(a_feed(an_entry(None, "steps"))) == write(a_feed(an_entry(None, "steps")))


def test_a_tag_can_hold_any_name() -> None:
    assert tag("feed", "12ab", "Hi-tech crime / policing") == (
        "tag:pqwatch.invalid,2025:feed/12ab/Hi-tech%20crime%20%2F%20policing"
    )
