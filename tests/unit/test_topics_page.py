"""Topics of docs/topics.md: they find what the page says in texts that Parliament published.

The same pass counts the matches of the topics of config.toml, because the texts take long to read.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from monitor.model.watching import Topic
from monitor.terms.matcher import compile_terms
from monitor.text.search_form import search_form
from tests.labelled import TOPICS, shipped_topics
from tests.real_texts import five_months, full_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.model.watching import Match
    from monitor.terms.matcher import Matcher
    from tests.real_texts import Record

PAGE = (Path(__file__).resolve().parents[2] / "docs/topics.md").read_text(encoding="utf-8")

FOUND = re.compile(
    r"Found: (\d+) full texts \((\d\.\d\d) %\), (\d+) about it; (\d+) in five months \((\d+) a month\), (\d+) about it\.\n"
    r"`exclude` alone took away (\d+) full texts? and (\d+) in five months: "
)
HEADINGS = re.compile(r"Typical headings: (.*)\.")


class Found(NamedTuple):
    """Record with its matches by topic key, and the topics that would find it without `exclude`."""

    record: Record
    matches: dict[str, list[Match]]
    held: set[str]


class Counted(NamedTuple):
    """Counts of a topic: records found, about it, and found without `exclude`; headings and terms found."""

    records: int
    about: int
    excluded: int
    headings: set[str | None]
    terms: set[str]


class Sections(NamedTuple):
    """Sections of the page: each topic and its text, by the topic's name."""

    topics: dict[str, Topic]
    texts: dict[str, str]


def sections() -> Sections:
    topics, texts = {}, {}
    for section in PAGE.split("\n## ")[1:]:
        heading, text = section.split("\n", 1)
        (block,) = re.findall(r"(?ms)^```toml\n(.*?)^```", text)
        (given,) = tomllib.loads(block)["topics"]
        topics[heading] = Topic(
            key=given["name"], name=given["name"], terms=tuple(given["terms"]), exclude=tuple(given["exclude"])
        )
        texts[heading] = text
    return Sections(topics, texts)


def found_of(topics: Iterable[Topic], records: Iterable[Record]) -> Iterator[Found]:
    """Yield the records that a topic finds, or would find without its `exclude`."""
    given = tuple(topics)
    form = lru_cache(100)(search_form)  # a record may be several questions with one answer
    ours = compile_terms(given)
    without = compile_terms([Topic(key=topic.key, name=topic.name, terms=topic.terms) for topic in given])
    for record in records:
        forms = {name: form(text, is_heading=name == "heading") for name, text in record.parts.items()}
        if held := {topic for topic, _ in without.holding(record.parts, forms, record.ask)}:
            yield Found(record, found_in(ours, record, forms), held)


def found_in(matcher: Matcher, record: Record, forms: dict[str, str]) -> dict[str, list[Match]]:
    """Return the matches by the key of their topic."""
    found: dict[str, list[Match]] = {}
    for match in matcher.matches(record.parts, forms, record.ask):
        found.setdefault(match.topic, []).append(match)
    return found


def counted_of(key: str, found: list[Found]) -> Counted:
    """Count what a topic finds."""
    ours = [(find.record, find.matches[key]) for find in found if key in find.matches]
    return Counted(
        records=len(ours),
        about=sum(any(match.part in {"heading", "question"} for match in matches) for _, matches in ours),
        excluded=sum(key in find.held and key not in find.matches for find in found),
        headings={record.parts.get("heading") for record, _ in ours},
        terms={match.term for _, matches in ours for match in matches},
    )


def shipped_counts(found: list[Found]) -> Counter[str]:
    """Count records by the name of a shipped topic, and by the name of each of its terms."""
    topics = shipped_topics()
    counts: Counter[str] = Counter()
    for find in found:
        ours = {topic.name: find.matches[topic.key] for topic in topics if topic.key in find.matches}
        counts.update({*ours, *(match.term.partition(" = ")[0] for matches in ours.values() for match in matches)})
    return counts


def test_there_are_ten_topics_with_their_headings() -> None:
    topics = sections().topics
    assert len(topics) == 10
    assert [topic.name for topic in topics.values()] == list(topics)


def test_topics_can_be_read() -> None:
    assert compile_terms(tuple(sections().topics.values())).problems == ()


@pytest.mark.parametrize("name", sections().texts)
def test_each_topic_names_its_counts(name: str) -> None:
    text = sections().texts[name]
    assert FOUND.search(text), name
    assert len(re.findall(r'"([^"]+)"', HEADINGS.findall(text)[0])) == 3


TECH, AGENCIES, CHILDREN = TOPICS.values()

PROTECTED = "(protect* children OR protection for children OR children from) NEAR/8 (online OR internet OR platform)"
SAFE = "(children safe OR young people safe OR safe for children OR safety of children) NEAR/8 (online OR internet)"
AGES = (
    "(age assurance OR age verification) NEAR/9 (online safety OR internet OR pornography OR platform OR social media)"
)
SOCIAL = "social media NEAR/10 (child OR young person OR teenager OR adolescent)"
SCREENS = "(screen time OR smartphone use OR digital technology) NEAR/10 child"

SHIPPED = {
    "full_texts": {
        TECH: 4, "Report Fraud": 4,
        AGENCIES: 34, "National Crime Agency": 30, "ROCU": 6,
        CHILDREN: 20, "undercover online": 1, "child abuse online": 2, "livestreamed abuse": 1, "child abuse images": 2,
        "child sexual abuse material": 2, "CSAM": 1, "indecent images of children": 1, "online grooming": 1,
        "children online": 5, SAFE: 1, PROTECTED: 6, "likely to be accessed by children": 4,
        "online content and children": 2, "online exploitation of children": 1, "Protection of Children Code": 5,
        "online safety NEAR/15 (child OR young person OR pupil)": 10, "strongest protection NEAR/12 child": 3, AGES: 2,
        "harmful to children": 9, "pornograph* NEAR/12 (child OR boy OR young person)": 2, SOCIAL: 3,
    },
    "five_months": {
        TECH: 4, "Report Fraud": 4, "policing cyber crime": 1, "reports of cyber crime": 1,
        AGENCIES: 5, "National Crime Agency": 5,
        CHILDREN: 14, "child abuse online": 3, "child sexual abuse material": 2, "CSAM": 1, "online grooming": 3,
        "offences against children NEAR/1 (internet OR artificial intelligence)": 4, "children online": 6,
        PROTECTED: 2, "online content and children": 2, "online exploitation of children": 1, AGES: 1, SOCIAL: 2,
        "Protection of Children Code": 1, "online safety NEAR/15 (child OR young person OR pupil)": 6,
        "strongest protection NEAR/12 child": 1, SCREENS: 1,
        "harmful to children": 3, "pornograph* NEAR/12 (child OR boy OR young person)": 1,
    },
}  # fmt: skip
"""Records that each shipped term finds. All were read: read each changed one before you accept it."""


@pytest.mark.longest
def test_topics_find_the_counts_of_the_page(shared_data: Path) -> None:
    """Texts and five months of questions take long to read, so one test reads them once.

    Each topic finds something in the questions of one year, and each term of the page in all these, but for one that the
    page keeps for the future.
    """
    topics = sections().topics
    every = (*topics.values(), *shipped_topics())
    found_full, found_months = (list(found_of(every, read(shared_data))) for read in (full_texts, five_months))
    in_2024 = [find for find in (*found_full, *found_months) if find.record.month.startswith("2024-")]
    assert {key for find in in_2024 for key in find.matches} == {topic.key for topic in every}
    assert shipped_counts(found_full) == SHIPPED["full_texts"]
    assert shipped_counts(found_months) == SHIPPED["five_months"]
    vain = set()
    for name, text in sections().texts.items():
        full, months = (counted_of(topics[name].key, found) for found in (found_full, found_months))
        shown = FOUND.search(text)
        assert shown
        assert shown.groups() == (
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
        vain |= set(topics[name].terms) - full.terms - months.terms
    assert vain == {"VIP lane"}
