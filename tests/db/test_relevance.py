"""Order by relevance, compared with the order worked out record by record: records about a term, then mentions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

import db.filtered_search
from db.fts5_expression import NOWHERE, within
from db.index_view import IndexView, row_of
from monitor.model.index_query import AllOf, AnyOf, PhraseRequirement
from monitor.model.records import House
from monitor.model.search import Filters, SearchPosition
from monitor.terms.matcher import Query, compile_query
from tests.archive_kit import store
from tests.builders import a_question
from tests.db.test_search import ADA, SIAN, reading, uins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.archive import Archive
    from monitor.model.index_query import IndexQuery
    from monitor.model.records import Proceeding
    from monitor.model.search import Hit

FIRST = date(2021, 1, 4)
ORDINARY = "To ask the Secretary of State for Environment, Food and Rural Affairs,"
HEADINGS = ("Water", "River: Buses", "NHS", "Bus Services: Rivers", "")
QUESTIONS = ("what is the river bus.", "if he will list buses.", "how much water the NHS has.", "what steps he takes.")
ANSWERS = ("The river bus stops. A bus.", "Water.", "The NHS has no bus.", "nhs", "We have rivers. Buses by a river.")
QUERIES = (
    "bus",
    "river bus",
    "river AND bus",
    "water OR river",
    "bus NOT water",
    "river NEAR/3 bus",
    "rive*",
    "NHS",
    "NHS OR (in:answer water)",
    "in:answer bus",
    "in:question (bus OR NHS)",
    "(in:heading river) AND water",
    "house:lords",
    "(house:lords) OR river",
    "house:commons bus",
    "environment",
    '"the"',
    "nowhere",
)
FILTERS = (
    Filters(by_relevance=True),
    Filters(by_relevance=True, houses=["lords"]),
    Filters(by_relevance=True, first=FIRST + timedelta(days=2), asker="sian"),
)


def many(seed: int, count: int) -> list[Proceeding]:
    random = Random(seed)  # noqa: S311 - texts of a test
    return [
        a_question(
            uin=str(number),
            house=random.choice(list(House)[:2]),
            heading=random.choice(HEADINGS) or None,
            question=f"{ORDINARY} {random.choice(QUESTIONS)}",
            answer=random.choice(ANSWERS),
            answered_on=FIRST + timedelta(days=random.randrange(5)),
            asked_by=random.choice([SIAN, ADA]),
        )
        for number in range(1, count + 1)
    ]


def tier(query: Query, proceeding: Proceeding) -> int | None:
    """Return the tier of a record for a query as the manual defines it, or None if the query finds nothing in it."""
    parts = proceeding.parts()
    if query.spans(parts, None, lambda: proceeding.facts) is None:
        return None
    heading = {name: text for name, text in parts.items() if name == "heading"}
    about = {name: text for name, text in parts.items() if name in ("heading", "question")}
    for number, tier_parts in enumerate((heading, about), 1):
        if tier_parts and query.spans(tier_parts, None, lambda: proceeding.facts) is not None:
            return number
    return 3


def in_order(query: Query, hits: list[Hit]) -> list[SearchPosition]:
    """Work out the positions of hits in the order of relevance, without the search."""
    places = [
        SearchPosition(number, hit.revision.proceeding.day, hit.revision.id)
        for hit in hits
        if (number := tier(query, hit.revision.proceeding)) is not None
    ]
    return sorted(places, key=lambda place: (place.tier, -row_of(place.day, place.revision)))


@pytest.mark.parametrize(("indexed", "few"), [(0, 100), (19, 0), (19, 7)])
def test_a_search_by_relevance_finds_the_same_records_in_the_order_of_tiers(
    archive: Archive, indexed: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Up to this number of candidates are sorted at once. More are searched tier by tier.
    monkeypatch.setattr(db.filtered_search, "_FEW", few)
    questions = many(indexed, 25)
    store(archive, *questions[:indexed])
    archive.index.follow()
    store(archive, *questions[indexed:])
    random = Random(indexed)  # noqa: S311 - pages of a test
    # Both databases share the code for the order, so every other query is enough for PostgreSQL.
    asked = list(enumerate(QUERIES))[:: 1 if archive.engine.dialect.name == "sqlite" else 2]
    for number, text in asked:
        query, filters = compile_query(text), FILTERS[(number + indexed) % len(FILTERS)]
        newest = list(archive.search.hits(query, replace(filters, by_relevance=False)))
        expected = in_order(query, newest)
        found = list(archive.search.hits(query, filters))
        assert [hit.place for hit in found] == expected, text
        assert {hit.revision.id: hit.spans for hit in found} == {hit.revision.id: hit.spans for hit in newest}
        if expected:
            at = random.randrange(len(expected))
            rest = archive.search.hits(query, filters, after=expected[at], limit=3)
            assert [hit.place for hit in rest] == expected[at + 1 : at + 4], text
            left = len(expected) - at - 1
            assert archive.search.count(query, filters, after=expected[at]) == left
            assert archive.search.more(query, filters, expected[at], at_most=left + 1) == (left, True)


@pytest.mark.parametrize("oldest_first", [False, True])
@pytest.mark.parametrize("text", [None, "water OR river"])
def test_pages_follow_each_other_without_gap_or_overlap(
    archive: Archive, text: str | None, *, oldest_first: bool
) -> None:
    store(archive, *many(7, 20), a_question(uin="21", tabled_on=None, answered_on=None, answer=None, heading="Water"))
    archive.index.follow()
    store(
        archive, *many(8, 30)[20:], a_question(uin="31", tabled_on=None, answered_on=None, answer=None, heading="River")
    )
    query, filters = text and compile_query(text), Filters(oldest_first=oldest_first)
    whole = [hit.place for hit in archive.search.hits(query or None, filters)]
    assert len(whole) == len(set(whole)) >= 10
    paged: list[SearchPosition | None] = []
    while page := list(archive.search.hits(query or None, filters, after=paged[-1] if paged else None, limit=4)):
        paged += [hit.place for hit in page]
        assert archive.search.count(query or None, filters, after=paged[-1]) == len(whole) - len(paged)
    assert paged == whole


def test_further_hits_are_counted_only_as_far_as_that_is_quick(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(archive, *(a_question(uin=str(number), heading="Water") for number in range(1, 101)))
    archive.index.follow()
    query, filters = compile_query("water"), Filters()
    [first] = archive.search.hits(query, filters, limit=1)
    assert first.place
    assert archive.search.more(query, filters, first.place, at_most=99) == (99, False)
    assert archive.search.more(query, filters, first.place, at_most=100) == (99, True)
    monkeypatch.setattr("db.search.SCANNED", 50)
    found, is_all = archive.search.more(query, filters, first.place, at_most=1000)
    assert 50 <= found < 99
    assert not is_all
    assert archive.search.more(None, filters, first.place, at_most=1000) == (99, True)
    monkeypatch.setattr("db.search.SCANNED", 0)
    assert archive.search.more(query, filters, first.place, at_most=1000) == (0, False)


def test_the_next_page_is_the_same_after_new_records_come(archive: Archive) -> None:
    store(archive, *many(1, 10))
    hits = list(archive.search.hits(None, Filters()))
    store(archive, *(a_question(uin=f"9{number}", answered_on=hits[3].revision.proceeding.day) for number in range(5)))
    rest = archive.search.hits(None, Filters(), after=hits[5].place)
    assert [hit.place for hit in rest] == [hit.place for hit in hits[6:]]


def test_the_first_hits_of_a_common_word_need_little_reading(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.filtered_search, "_FIRST", 2)
    store(archive, *(a_question(uin=str(number), heading="River", answer="A river.") for number in range(1, 30)))
    archive.index.follow()
    query = compile_query("river")
    read = reading(query, monkeypatch)
    assert uins(islice(archive.search.hits(query, Filters(by_relevance=True), limit=2), 2)) == ["29", "28"]
    assert len(read) == 2


def test_few_hits_need_one_query_besides_that_for_headings(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    store(
        archive,
        a_question(uin="1", heading="River"),
        *(a_question(uin=str(number), answer="A river.") for number in (2, 3)),
    )
    archive.index.follow()
    queries: list[IndexQuery] = []

    candidates = IndexView.candidates

    def look(view: IndexView, need: IndexQuery, rows: tuple[int, int], **how: Any) -> Iterator[int] | None:
        queries.append(need)
        return candidates(view, need, rows, **how)

    monkeypatch.setattr(IndexView, "candidates", look)
    query = compile_query("river")
    assert query.need is not None
    assert sorted(map(str, uins(archive.search.hits(query, Filters(by_relevance=True))))) == ["1", "2", "3"]
    assert queries == [within(query.need, HEADING), query.need]


HEADING, ANSWER = frozenset({"heading"}), frozenset({"answer"})
ONE, OTHER = PhraseRequirement(("one",)), PhraseRequirement(("other",), ANSWER)


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        (ONE, PhraseRequirement(("one",), HEADING)),
        (PhraseRequirement(("one",), HEADING | ANSWER), PhraseRequirement(("one",), HEADING)),
        (OTHER, NOWHERE),
        (AllOf((ONE, OTHER)), NOWHERE),
        (AnyOf((ONE, OTHER)), AnyOf((PhraseRequirement(("one",), HEADING),))),
        (AnyOf((OTHER, AllOf((ONE, OTHER)))), NOWHERE),
        (
            AllOf((ONE, AnyOf((ONE, OTHER)))),
            AllOf((PhraseRequirement(("one",), HEADING), AnyOf((PhraseRequirement(("one",), HEADING),)))),
        ),
    ],
)
def test_a_query_is_narrowed_to_one_part(need: IndexQuery, expected: IndexQuery) -> None:
    assert within(need, HEADING) == expected


@pytest.mark.parametrize(
    ("place", "written"),
    [
        (SearchPosition(0, date(2024, 11, 26), 184233), "20241126.184233"),
        (SearchPosition(2, date(2024, 11, 26), 1), "2.20241126.1"),
        (SearchPosition(0, None, 7), "0.7"),
        (SearchPosition(3, None, 7), "3.0.7"),
    ],
)
def test_a_search_position_is_read_as_it_is_written(place: SearchPosition, written: str) -> None:
    assert str(place) == written
    assert SearchPosition.read(written) == place


@pytest.mark.parametrize("written", ["", "20241126", "20241332.1", "1.2.3.4", "20241126.1 ", "0.1234567890"])
def test_text_that_is_not_a_search_position_is_refused(written: str) -> None:
    assert SearchPosition.read(written) is None
