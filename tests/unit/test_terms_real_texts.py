"""Matcher and oracle agree on real questions and answers, over terms of every kind.

The oracle is slow, so this takes a part of the texts. `PQWATCH_EVERY_TEXT=1` takes all of them, in some minutes.
"""

from __future__ import annotations

import gzip
import json
import os
import tomllib
from collections import Counter
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import accumulate, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.model.records import Facts, House, Kind
from monitor.model.watching import Topic
from monitor.terms import canonical_prefilter
from monitor.terms.matcher import compile_terms
from monitor.terms.parser import parse_term
from monitor.terms.tree import Phrase, Scope
from monitor.terms.vocabulary import Lexicon
from monitor.text.tokens import tokens
from monitor.text.word_forms import spellings, word_forms
from scrapers.markup import plain_question, plain_text
from tests.oracle import reference
from tests.real_texts import two_days_of_2009

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.model.watching import Match
    from monitor.terms.matcher import Matcher

EVERY = int(os.environ.get("PQWATCH_EVERY_TEXT", "60"))
"""One text in this number is compared."""

SHIPPED = tomllib.loads((Path(__file__).parents[2] / "config.toml").read_text(encoding="utf-8"))["topics"]

PHRASES = (
    "water companies", "asylum", "asylum hotel", "NHS", "NHS dentist", "mental health", "mental health support team",
    "SEND", "special educational needs", "biodivers*", "cyber security", "cybercrime", "cyber-attack", "A&E", "R&D",
    '"local authority"', "local authority", "local authorities", "immigration detention",
    "serious and organised crime", "organised crime", "child care", "child protection", "child benefit",
    "children's home", "online safety", "on-line", "hi-tech", "high tech", "not-for-profit", "long-term",
    "long term plan", "e-cigarette", "email", "task force", "taskforces", "heat pump", "heat-pump", "net zero",
    "net-zero", "decarbonis*", "decarbonization", "privatisation", "haemophilia", "anaesthetist", "paediatrician",
    "oesophag*", "labour market", "neighbour", "colour", "behaviour", "armour", "programme", "COVID-19", "Covid-19",
    "covid", "long covid", "HS2", "5G", "4G", "UK", "UK-EU", "EU", "US", "Wales", "Welsh Government", "Cymru",
    "Northern Ireland Executive", "Gaza", "Ukraine", "Universal Credit", '"Universal Credit"',
    "personal independence payment", "PIP", "PIP assessment", "HMRC", "DWP", "BBC", "Ofcom", "Ofgem", "Ofsted", "FOI",
    "GP", "GPs", "GP surgery", "GP's", "MPs", "MP", "the police", "police officer", "police forces", "policewoman",
    "firemen", "women", "woman's", "\u00a35 million", "5 million", "\u00a31 billion", "billion", "10%", "20 per cent",
    "per cent", "2023-24", "2023 to 2024", "2022/23", "section 21", "No. 10", "Mr Bates", "St Helens", "gov.uk",
    "data.gov.uk", '"whether he will"', "if she will make a statement", '"make a statement"', '"the Government"',
    "Minister for Women", "Department for Education", "Secretary of State for Health and Social Care", "social care",
    '"social care"', "health and social care", "business and trade", "home department", "foreign affairs",
    "transport", "education", "energy security", "science", "work and pensions", "levelling up", "housing", "hous*",
    "farm*", "electri* vehicle", "electric vehic*", "charg* point", "rail", "rails", "bus", "buses", "gas", "gases",
    "tax", "taxes", "company", "companies", "analysis", "analyses", "criteria", "criterion", "crisis", "news",
    "customs", "arms", "goods", "good", "axis", "life", "lives", '"and the"', "research and development",
    "law and order", "terms and conditions", "health & safety", "trade and industry", "data centre", "fertilis*",
    "vape* product", "single-use vape", "sewage",
)  # fmt: skip

TREES = (
    "police NEAR/5 crime", "vape NEAR children", "(asylum OR refugee) NEAR/3 (hotel OR accommodation)",
    "rail AND strike", "rail NEAR/1 ticket", "water NEAR/2 quality", '"water companies" NEAR/10 sewage',
    "housing NOT social", "housing NOT (in:heading housing)", "in:question Gaza", "in:answer Gaza",
    "in:heading (Gaza OR Ukraine)", "in:heading hospital AND dentist*", "dentist* AND (NHS OR GP) NOT wales",
    "(in:question schools) AND (in:answer funding)", "body:Transport rail", 'body:"Home Office" asylum',
    '(body:"Health Care") NOT NHS', "house:commons prison NEAR/4 officer", "house:lords prison",
    "kind:question kind:question armour", "farm* NEAR/50 payment*", "COVID-19 NEAR/3 vaccin*",
    "A&E = accident and emergency = urgent care", "SEND = special educational needs",
    'UC = Universal Credit = "credit"', "GP NEAR/2 appointment", "(heat OR hot) NEAR/1 (pump OR water OR network)",
    "hospital NEAR/1 hospital", "tax NEAR/2 tax", "electric NEAR/3 vehicle NOT (hybrid OR bus)",
    "Gaza OR Ukraine AND aid", "government NEAR/1 policy",
)  # fmt: skip

TOPICS = (
    *(Topic(key=t["name"], name=t["name"], terms=tuple(t["terms"]), exclude=tuple(t.get("exclude", ()))) for t in SHIPPED),
    Topic(key="phrases", name="Phrases", terms=PHRASES),
    Topic(key="trees", name="Trees", terms=TREES),
    Topic(
        key="excluding",
        name="Excluding",
        terms=("police", "care", "child", "crime NOT police", "care NEAR/5 child", '"care"', "unit"),
        exclude=("police officer", "social care", '"child care"', "crime NEAR/3 police", "in:answer care home"),
    ),
)  # fmt: skip

LEXICON = Lexicon()


def nodes(node: Any) -> Iterator[Any]:
    """Yield a node and all nodes within it."""
    if isinstance(node, tuple):
        for child in node:
            yield from nodes(child)
    elif is_dataclass(node):
        yield node
        for field in fields(node):
            yield from nodes(getattr(node, field.name))


def beginnings(phrase: Phrase) -> set[str]:
    """Return letters of which a text needs one, with its words joined, for a phrase to be found in it. Crude, and safe."""
    first = phrase.words[0].text
    runs = [first.split("&")[0], *accumulate(word.text for word in phrase.words)]
    for group in LEXICON.equivalents:
        heads = [member.split()[0] for member in group]
        runs += heads if any(first in word_forms(head) for head in heads) else []
    return {form.replace("'", "") for run in runs for form in word_forms(run) | spellings(run, is_prefix=True)}


def needed(term: str) -> frozenset[str]:
    """Return the letters of which a text needs one for the term to hold there."""
    root = parse_term(term).root
    if any(isinstance(node, Scope) and node.node is None for node in nodes(root)):
        return frozenset({""})
    return frozenset(beginning for node in nodes(root) if isinstance(node, Phrase) for beginning in beginnings(node))


@cache
def needed_by_term() -> dict[str, frozenset[str]]:
    return {term: needed(term) for topic in TOPICS for term in topic.terms}


def possible_topics(parts: dict[str, str]) -> tuple[Topic, ...]:
    """Return the topics without terms that certainly find nothing here, so that the oracle has less to do."""
    wanted = needed_by_term()
    letters = "|".join("".join(token.text for token in tokens(text)) for text in parts.values()).replace("'", "")
    return tuple(
        Topic(
            key=topic.key,
            name=topic.name,
            terms=tuple(
                term for term in topic.terms if any(needed_letters in letters for needed_letters in wanted[term])
            ),
            exclude=topic.exclude,
        )
        for topic in TOPICS
    )


def compare(records: Iterable[tuple[dict[str, str], Facts]]) -> Counter[str]:
    """Compare oracle and matcher on these records, of a short list and of a long one, and count the matches of each term."""
    matchers = [compile_terms(TOPICS, LEXICON)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical_prefilter, "MANY_PHRASES", 0)
        matchers.append(compile_terms(TOPICS, LEXICON))
    assert matchers[0].problems == ()
    counts: Counter[str] = Counter()
    for parts, facts in records:
        counts.update(match.term for match in assert_agreed(matchers, parts, facts))
    return counts


def assert_agreed(matchers: Sequence[Matcher], parts: dict[str, str], facts: Facts) -> tuple[Match, ...]:
    """Return the matches of a record, after a check that all find the same."""
    expected, holding = reference(possible_topics(parts), parts, facts, LEXICON)
    for matcher in matchers:
        assert matcher.matches(parts, None, lambda: facts) == expected
        assert matcher.holding(parts, None, lambda: facts) == holding
    return expected


def questions(folder: Path) -> Iterator[tuple[dict[str, str], Facts]]:
    """Read questions with their full answers, and with heading and answering body if these are on record."""
    known: dict[int, dict[str, Any]] = {}
    for path in sorted(folder.glob("detail-commons-tabled-*.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            known |= {item["id"]: item for item in map(json.loads, lines)}
    with gzip.open(folder / "fulltext-commons-2023-09_2024-12.jsonl.gz", "rt") as lines:
        for line in islice(lines, 0, None, EVERY):
            item = json.loads(line)
            more = known.get(item["id"], {})
            parts = {
                "heading": more.get("heading") or "",
                "question": plain_question(item["questionText"] or ""),
                "answer": plain_text(item["answerText"] or "")[0],
            }
            yield {name: text for name, text in parts.items() if text}, a_record(more.get("answeringBodyName"))


def a_record(body: str | None, house: House = House.COMMONS) -> Facts:
    return Facts(kind=Kind.QUESTION, house=house, body=body, asker=None, party=None, minister=None, day=None)


def test_on_questions_and_answers(shared_data: Path) -> None:
    counts = compare(questions(shared_data / "written-questions-api"))
    assert len(counts) > len(needed_by_term()) / 2


def test_on_two_days_of_2009(shared_data: Path) -> None:
    lords = a_record(None, House.LORDS)
    counts = compare((record.parts, lords) for record in two_days_of_2009(shared_data, EVERY))
    of_any_year = {
        term for topic in TOPICS[len(SHIPPED) :] for term in topic.terms
    }  # the shipped terms are for today's texts
    assert len(counts.keys() & of_any_year) > len(of_any_year) / 4
