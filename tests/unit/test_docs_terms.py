"""Examples of docs/terms.md: a term finds exactly the texts in its table."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from monitor.model.records import Facts, House, Kind
from monitor.model.watching import Match, Topic
from monitor.presentation.match_reasons import reasons
from monitor.terms.matcher import compile_query, compile_terms
from monitor.terms.parser import parse_query, parse_term
from monitor.terms.tree import TermError
from monitor.terms.vocabulary import Lexicon, merge_equivalents, read_equivalent

TODAY = date(2024, 4, 1)
PAGE = (Path(__file__).resolve().parents[2] / "docs/terms.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"(?ms)^```(\w+)\n((?:heading|\[equiv).*?)^```", PAGE))
EQUIVALENTS = tomllib.loads(BLOCKS["toml"])["equivalents"]
LEXICON = Lexicon(
    merge_equivalents(
        tuple(map(read_equivalent, [key, *([value] if isinstance(value, str) else value)]))
        for key, value in EQUIVALENTS.items()
    )
)
RECORD = dict(re.findall(r"(?m)^(\w+): +(.+)$", BLOCKS["text"]))
PARTS = {part: RECORD[part] for part in ("heading", "question", "answer")}


def facts() -> Facts:
    names = {name: RECORD[name] for name in ("body", "asker", "party", "minister")}
    return Facts(kind=Kind.QUESTION, house=House(RECORD["house"]), day=date.fromisoformat(RECORD["day"]), **names)


def rows(*header: str) -> list[list[list[str]]]:
    """Return the tables with this header: for each row the code in each cell."""
    found = []
    for table in re.findall(r"(?m)(?:^ *\|.*\n)+", PAGE):
        first, _, *lines = [
            [cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines()
        ]
        if first == list(header):
            found += [[re.findall("`([^`]+)`", cell) for cell in line] for line in lines]
    return found


def cases(*header: str) -> list[list[list[str]]]:
    found = rows(*header)
    assert found, header
    return found


def spans(term: str, text: str, part: str = "answer") -> tuple[Match, ...]:
    """Return what a term finds in a text, in which ¶ ends a paragraph."""
    return compile_query(term, LEXICON).spans({part: text.replace("¶", "\n\n")}, None, facts) or ()


def agree(term: str, found: list[str], missed: list[str], part: str = "answer") -> None:
    assert found
    assert [text for text in found if not spans(term, text, part)] == []
    assert [text for text in missed if spans(term, text, part)] == []


@pytest.mark.parametrize(("term", "found", "missed"), cases("term", "finds", "does not find"))
def test_a_term_finds_what_the_page_says(term: list[str], found: list[str], missed: list[str]) -> None:
    [written] = term
    agree(written, found, missed)
    assert missed


@pytest.mark.parametrize("part", ["heading", "question"])
def test_parts_are_as_the_page_says(part: str) -> None:
    for [term], found, missed in cases("term", f"{part}s that it finds", f"{part}s that it does not find"):
        agree(term, found, missed, part)


@pytest.mark.parametrize(("term", "exclude", "found", "missed"), cases("term", "exclude", "finds", "does not find"))
def test_exclusions_are_as_the_page_says(
    term: list[str], exclude: list[str], found: list[str], missed: list[str]
) -> None:
    matcher = compile_terms([Topic(key="t", name="t", terms=tuple(term), exclude=tuple(exclude))])
    assert not matcher.problems
    assert [text for text in found if not matcher.matches({"answer": text})] == []
    assert [text for text in missed if matcher.matches({"answer": text})] == []
    assert found
    assert missed


@pytest.mark.parametrize(("term", "found"), cases("term", "finds"))
def test_record_of_the_page_is_found_as_the_page_says(term: list[str], found: list[str]) -> None:
    (written,) = term
    matches = compile_query(written, LEXICON, today=TODAY).spans(PARTS, None, facts)
    assert [match.form for match in matches or ()] == found


@pytest.mark.parametrize(("term", "same"), cases("term", "is read as"))
def test_a_term_is_read_as_the_page_says(term: list[str], same: list[str]) -> None:
    assert parse_term(*term).root == parse_term(*same).root
    assert term != same


def refused(term: str) -> bool:
    try:
        parse_term(term)
    except TermError:
        return True
    return False


def test_filters_are_allowed_where_the_page_says() -> None:
    for good, bad in cases("write", "not"):
        assert [refused(term) for term in (*good, *bad)] == [False, True]


def test_the_remedies_of_the_page_can_be_read() -> None:
    remedies = [term for _, cell in cases("you wrote", "write") for term in cell]
    assert len(remedies) > 15
    assert [term for term in remedies if refused(term)] == []


def test_all_examples_can_be_read() -> None:
    for terms, others in cases("you write", "it means"):
        for term in terms:
            parse_query(term, TODAY)
        assert not any(map(refused, [term for term in others if " " in term]))


def test_quotes_are_those_of_toml() -> None:
    section = PAGE.split("## Quotes in config.toml\n")[1].split("\n## ")[0]
    values = [tomllib.loads(f"term = {value}")["term"] for value in re.findall("`('[^`]+')`", section)]
    assert len(values) == 2
    assert [value for value in values if refused(value)] == []


def test_topics_of_the_page_can_be_watched() -> None:
    (topic,) = [tomllib.loads(block)["topics"][0] for block in re.findall(r"(?ms)^```toml\n(\[\[topics.*?)^```", PAGE)]
    matcher = compile_terms([Topic(key="t", name="t", terms=tuple(topic["terms"]), exclude=tuple(topic["exclude"]))])
    assert not matcher.problems


def test_why_reads_as_the_page_says() -> None:
    family, near = "NHTCU = National Hi-Tech Crime Unit", "paedophil* NEAR/5 unit"
    matches = (*spans(family, "National High Tech Crime Units"), *spans(near, "A unit for paedophiles", "question"))
    shown = re.search(r"(?m)^    (Found: .*\n      .*)$", PAGE)
    assert shown is not None
    assert shown[1].split() == reasons(matches, {}, unnamed="")[0].split()
