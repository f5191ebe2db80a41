"""The topics of docs/topics.md can be read, and find in what Parliament published what the page says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from monitor.model import Topic
from monitor.terms.form import search_form
from monitor.terms.matcher import compile_terms
from tests.real_texts import five_months, full_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.model import Match
    from monitor.terms.matcher import Matcher
    from tests.real_texts import Record

PAGE = (Path(__file__).resolve().parents[2] / "docs/topics.md").read_text(encoding="utf-8")

FOUND = re.compile(
    r"Found: (\d+) full texts \((\d\.\d\d) %\), (\d+) about it; (\d+) in five months \((\d+) a month\), (\d+) about it\.\n"
    r"`exclude` alone took away (\d+) full texts? and (\d+) in five months: "
)
HEADINGS = re.compile(r"Typical headings: (.*)\.")


class Counted(NamedTuple):
    """Records that a topic finds, is about, and would find but for `exclude`; headings and terms that were found."""

    records: int
    about: int
    excluded: int
    headings: set[str | None]
    terms: set[str]


class Sections(NamedTuple):
    """The page: by the name of a topic, the topic and what is told of it."""

    topics: dict[str, Topic]
    told: dict[str, str]


def sections() -> Sections:
    topics, told = {}, {}
    for section in PAGE.split("\n## ")[1:]:
        heading, text = section.split("\n", 1)
        (block,) = re.findall(r"(?ms)^```toml\n(.*?)^```", text)
        (given,) = tomllib.loads(block)["topics"]
        topics[heading] = Topic(
            key=given["name"], name=given["name"], terms=tuple(given["terms"]), exclude=tuple(given["exclude"])
        )
        told[heading] = text
    return Sections(topics, told)


def found_of(topics: Iterable[Topic], records: Iterable[Record]) -> dict[str, Counted]:
    """What each topic finds, by its name."""
    given = tuple(topics)
    ours = compile_terms(given)
    without = compile_terms([Topic(key=topic.key, name=topic.name, terms=topic.terms) for topic in given])
    found = []
    for record in records:
        forms = {name: search_form(text, is_heading=name == "heading") for name, text in record.parts.items()}
        if held := {topic for topic, _ in without.holding(record.parts, forms, lambda record=record: record.facts)}:
            found.append((record, found_in(ours, record, forms), held))
    return {topic.name: counted_of(topic.key, found) for topic in given}


def found_in(matcher: Matcher, record: Record, forms: dict[str, str]) -> dict[str, list[Match]]:
    """By the key of a topic."""
    found: dict[str, list[Match]] = {}
    for match in matcher.matches(record.parts, forms, lambda: record.facts):
        found.setdefault(match.topic, []).append(match)
    return found


def counted_of(key: str, found: list[tuple[Record, dict[str, list[Match]], set[str]]]) -> Counted:
    """What a topic finds, of records with what was found in them and which topics would without any `exclude`."""
    ours = [(record, matches[key]) for record, matches, _ in found if key in matches]
    return Counted(
        records=len(ours),
        about=sum(any(match.part in {"heading", "question"} for match in matches) for _, matches in ours),
        excluded=sum(key in without and key not in matches for _, matches, without in found),
        headings={record.parts.get("heading") for record, _ in ours},
        terms={match.term for _, matches in ours for match in matches},
    )


def test_there_are_ten_and_each_is_what_it_is_headed() -> None:
    topics = sections().topics
    assert len(topics) == 10
    assert [topic.name for topic in topics.values()] == list(topics)


def test_they_can_be_read() -> None:
    assert compile_terms(sections().topics.values()).problems == ()


@pytest.mark.parametrize("name", sections().told)
def test_each_tells_what_it_found(name: str) -> None:
    text = sections().told[name]
    assert FOUND.search(text), name
    assert len(re.findall(r'"([^"]+)"', HEADINGS.findall(text)[0])) == 3


def test_they_find_what_the_page_says(shared_data: Path) -> None:
    """In the full texts and in the five months, which take long to read: one test, so that they are read once.

    Each term finds something, but the one that the page keeps for what may come.
    """
    topics = sections().topics
    in_full, in_months = (found_of(topics.values(), read(shared_data)) for read in (full_texts, five_months))
    for name, text in sections().told.items():
        full, months = in_full[name], in_months[name]
        told = FOUND.search(text)
        assert told
        assert told.groups() == (
            str(full.records),
            f"{100 * full.records / 13_647:.2f}",
            str(full.about),
            str(months.records),
            f"{months.records / 5:.0f}",
            str(months.about),
            str(full.excluded),
            str(months.excluded),
        ), name
        assert set(re.findall(r'"([^"]+)"', HEADINGS.findall(text)[0])) <= months.headings, name
    found = {name: in_full[name].terms | in_months[name].terms for name in topics}
    vain = {term for name, topic in topics.items() for term in set(topic.terms) - found[name]}
    assert vain == {"VIP lane"}
