"""Searches of the archive: filters, order, and the matches of a query."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import db.filtered_search
from db.records import documents
from db.search_filters import narrowed
from monitor.model.records import House, Kind, Member
from monitor.model.search import ANY_TOPIC, Filters
from monitor.model.watching import Match, Topic
from monitor.terms.matcher import compile_query, compile_terms
from monitor.text.tokens import is_named
from tests.archive_kit import store
from tests.builders import a_question

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.search import Hit
    from monitor.terms.matcher import Query

SIAN = Member(member_id=1, name="Siân Sample-Rees", party="Plaid Cymru")
ADA = Member(member_id=2, name="Ada Example", party="Labour (Co-op)")
BEN = Member(member_id=3, name="Baroness Placeholder of Mid Sample", party="Labour")

QUESTIONS = (
    a_question(
        uin="1", answered_on=date(2021, 2, 1), asked_by=SIAN, heading="Beaches", answer="Bathing waters are clean."
    ),
    a_question(uin="2", answered_on=date(2021, 2, 3), asked_by=ADA, body="Home Office", answered_by=BEN),
    a_question(uin="HL3", house=House.LORDS, answer=None, tabled_on=date(2021, 1, 20), answered_by=None),
    a_question(uin="4", answered_on=date(2021, 1, 29), answer="We test bathing water often.", heading="Testing"),
)
WATER = Topic(key="water", name="Water", terms=("bathing water", "we test"))
CLEAN = Topic(key="clean", name="Cleanness", terms=("clean",))


def watch(archive: Archive, *topics: Topic) -> None:
    archive.watch_list.sync(topics, [], "1")
    while work := archive.matches.next_work():
        matcher = compile_terms(work.topics)
        for read, done_to in archive.matches.read_documents(work):
            found = [(document.revision_id, matcher.matches(document.parts)) for document in read]
            archive.matches.store(work, found, done_to)


def uins(hits: Any) -> list[str | None]:
    return [hit.revision.proceeding.uin for hit in hits]


@pytest.fixture
def filled(archive: Archive) -> Archive:
    store(archive, *QUESTIONS)
    return archive


def test_without_query_or_filter_all_records_come_newest_event_first(filled: Archive) -> None:
    assert uins(filled.search.hits(None, Filters())) == ["2", "1", "4", "HL3"]
    assert uins(filled.search.hits(None, Filters(oldest_first=True))) == ["HL3", "4", "1", "2"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(first=date(2021, 2, 1)), ["2", "1"]),
        (Filters(last=date(2021, 1, 29)), ["4", "HL3"]),
        (Filters(first=date(2021, 1, 29), last=date(2021, 2, 1)), ["1", "4"]),
        (Filters(houses=["lords"]), ["HL3"]),
        (Filters(houses=["lords", "commons"], states=["tabled"]), ["HL3"]),
        (Filters(kinds=["statement"]), []),
        (Filters(body="office HOME"), ["2"]),
        (Filters(body="offic"), []),
        (Filters(asker="rees sian"), ["1"]),
        (Filters(asker="Sample"), ["1"]),
        (Filters(minister="placeholder sample"), ["2"]),
        (Filters(party="labour", asker="ada"), ["2", "4", "HL3"]),
        (Filters(party="co-op"), ["2"]),
        (Filters(asker="?"), []),
        (Filters(ids=[]), []),
    ],
)
def test_records_that_pass_a_filter(filled: Archive, filters: Filters, expected: list[str]) -> None:
    assert uins(filled.search.hits(None, filters)) == expected
    assert filled.search.count(None, filters) == len(expected)


@pytest.mark.parametrize("is_indexed", [False, True])
def test_only_questions_are_answered(filled: Archive, *, is_indexed: bool) -> None:
    statements = [
        replace(
            QUESTIONS[0], id=f"statement-{number}", kind=Kind.STATEMENT, uin=f"HCWS{number}", is_withdrawn=is_withdrawn
        )
        for number, is_withdrawn in enumerate([False, True])
    ]
    store(filled, *statements)
    if is_indexed:
        filled.index.follow()
    for query in (None, compile_query("bathing OR clean")):
        assert uins(filled.search.hits(query, Filters(states=["answered"], body="environment"))) == ["1", "4"]
        either = Filters(states=["answered", "withdrawn"], body="environment")
        assert uins(filled.search.hits(query, either)) == ["HCWS1", "1", "4"]
    assert filled.search.count(None, Filters(kinds=["statement"])) == 2
    assert filled.search.count(None, Filters(kinds=["statement"], states=["answered"])) == 0


def test_a_query_finds_the_matches_of_a_term_and_their_places(filled: Archive) -> None:
    hits = list(filled.search.hits(compile_query("bathing water"), Filters()))
    assert uins(hits) == ["1", "4"]
    assert hits[0].spans == (
        Match(topic="", term="bathing water", form="Bathing waters", part="answer", start=0, end=14),
    )


@pytest.mark.parametrize("indexed", [0, 2, 4])
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(body="environment"), ["1", "4"]),
        (Filters(asker="sian"), ["1"]),
        (Filters(houses=["commons"], states=["answered"]), ["1", "4"]),
        (Filters(houses=["lords"]), []),
        (Filters(topic="clean"), ["1"]),
        (Filters(ids=[4]), ["4"]),
        (Filters(first=date(2021, 1, 30), party="plaid"), ["1"]),
    ],
)
def test_filters_choose_among_the_candidates_of_the_index(
    archive: Archive, filters: Filters, expected: list[str], indexed: int
) -> None:
    store(archive, *QUESTIONS[:indexed])
    archive.index.follow()
    store(archive, *QUESTIONS[indexed:])
    watch(archive, WATER, CLEAN)
    query = compile_query("bathing water")
    assert uins(archive.search.hits(query, filters)) == expected
    assert archive.search.count(query, filters) == len(expected)


def test_a_query_and_filters_go_together(filled: Archive) -> None:
    query = compile_query("bathing water")
    assert uins(filled.search.hits(query, Filters(last=date(2021, 1, 31)))) == ["4"]
    assert filled.search.count(query, Filters(last=date(2021, 1, 31))) == 1


@pytest.mark.parametrize("is_indexed", [False, True])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bathing water", 2),
        ("bathing water NOT often", 1),
        ("often OR clean", 2),
        ("clean AND beaches", 1),
        ("in:heading (bathing water)", 0),
        ("house:lords", 1),
        ("test NEAR/3 often", 1),
        ("Environment", 0),
        ("nowhere", 0),
    ],
)
def test_a_count_is_the_number_of_hits(filled: Archive, text: str, expected: int, *, is_indexed: bool) -> None:
    if is_indexed:
        filled.index.follow()
    query = compile_query(text)
    assert filled.search.count(query, Filters()) == len(list(filled.search.hits(query, Filters()))) == expected
    assert filled.search.count(query, Filters(), at_most=1) == min(expected, 1)


def test_a_limit_keeps_the_first(filled: Archive) -> None:
    assert uins(filled.search.hits(None, Filters(), limit=2)) == ["2", "1"]
    assert uins(filled.search.hits(compile_query("bathing water"), Filters(), limit=1)) == ["1"]


@pytest.mark.parametrize("is_indexed", [True, False])
@pytest.mark.parametrize("filters", [Filters(), Filters(oldest_first=True), Filters(first=date(2021, 2, 1))])
def test_several_queries_are_counted_as_each_by_itself(filled: Archive, filters: Filters, *, is_indexed: bool) -> None:
    if is_indexed:
        filled.index.follow()
    texts = [
        "bathing water",
        "clean",
        "nowhere",
        "bathing* NOT often",
        "often OR clean",
        "house:lords",
        "kind:question",
    ]
    queries = list(map(compile_query, texts))
    alone = [filled.search.count(query, filters) for query in queries]
    assert filled.search.counts(queries, filters) == alone
    assert sum(alone) > 2
    assert filled.search.counts(queries, filters, at_most=1) == [min(count, 1) for count in alone]
    assert filled.search.counts(queries, filters, is_over=lambda: True) == [0] * len(queries)
    assert filled.search.counts([], filters) == []


def test_queries_that_are_counted_together_read_a_record_once(filled: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.index.follow()
    read: list[int] = []
    monkeypatch.setattr(
        "db.counting.documents", lambda archive, ids: [*map(read.append, ids)] and documents(archive, ids)
    )
    queries = list(map(compile_query, ["bathing water", "bathing*", "water", "clean"]))
    assert filled.search.counts(queries, Filters())[0] == 2
    assert len(read) == len(set(read)) > 1


def test_only_the_newest_revision_is_searched(archive: Archive) -> None:
    store(archive, a_question(uin="1", answer="The first words."))
    store(archive, a_question(uin="1", answer="Other words.", corrected_on=date(2021, 2, 2), is_correction=True))
    assert uins(archive.search.hits(compile_query("first words"), Filters())) == []
    assert uins(archive.search.hits(compile_query("other words"), Filters())) == ["1"]


def test_batches_are_joined_without_gaps_or_repeats(filled: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.filtered_search, "_FIRST", 1)
    monkeypatch.setattr(db.filtered_search, "_MOST", 1)
    assert uins(filled.search.hits(None, Filters())) == ["2", "1", "4", "HL3"]
    assert uins(filled.search.hits(compile_query("bathing water"), Filters())) == ["1", "4"]
    assert uins(filled.search.hits_of([3, 1])) == ["HL3", "1"]


def test_a_topic_filter_passes_records_with_matches_of_its_terms(filled: Archive) -> None:
    watch(filled, WATER, CLEAN)
    assert uins(filled.search.hits(None, Filters(topic="water"))) == ["1", "4"]
    assert uins(filled.search.hits(None, Filters(topic="clean"))) == ["1"]
    assert uins(filled.search.hits(None, Filters(topic=ANY_TOPIC))) == ["1", "4"]
    [first, second] = filled.search.hits(None, Filters(topic="water"))
    assert terms(first) == [("clean", "clean"), ("water", "bathing water")]
    assert terms(second) == [("water", "bathing water"), ("water", "we test")]


def test_a_removed_term_passes_nothing(filled: Archive) -> None:
    watch(filled, WATER, CLEAN)
    watch(filled, Topic(key="water", name="Water", terms=("we test",)))
    assert uins(filled.search.hits(None, Filters(topic="water"))) == ["4"]
    assert uins(filled.search.hits(None, Filters(topic="clean"))) == []
    [hit] = filled.search.hits(None, Filters(topic=ANY_TOPIC))
    assert terms(hit) == [("water", "we test")]


def terms(hit: Hit) -> list[tuple[str, str]]:
    return sorted((match.topic, match.term) for match in hit.matches)


def test_a_hit_has_the_time_it_was_first_seen_and_the_latest_due_day_ever_set(archive: Archive) -> None:
    store(archive, a_question(uin="1", answer=None, date_for_answer=date(2021, 2, 9)))
    store(archive, a_question(uin="1", answer=None, date_for_answer=date(2021, 2, 5)))
    [hit] = archive.search.hits(None, Filters())
    assert hit.due_floor_on == date(2021, 2, 9)
    assert hit.revision.number == 2
    assert hit.first_seen_at < hit.revision.seen_at


def test_names_are_those_in_the_archive(filled: Archive) -> None:
    assert filled.search.names("party") == ["Labour", "Labour (Co-op)", "Plaid Cymru"]
    assert filled.search.names("body") == ["Department for Environment, Food and Rural Affairs", "Home Office"]


def test_an_empty_archive_has_no_names(archive: Archive) -> None:
    assert [archive.search.names(name) for name in ("body", "asker")] == [[], []]


@given(
    st.lists(st.sampled_from(["ann", "Bob", "ÉLAN", "o'neill", "Smith-Jones"]), min_size=1, unique=True), st.randoms()
)
def test_a_name_is_found_by_any_of_its_words_in_any_order(words: list[str], random: Any) -> None:
    chosen = random.sample(words, random.randint(1, len(words)))
    assert is_named(" ".join(words), " ".join(chosen).swapcase())
    assert not is_named(" ".join(words), f"{chosen[0]} nobody")


@pytest.mark.parametrize(
    ("given", "conditions", "expected"),
    [
        (Filters(), [("house", "lords")], Filters(houses=["lords"])),
        (Filters(houses=["lords", "commons"]), [("house", "lords")], Filters(houses=["lords"])),
        (Filters(houses=["commons"]), [("house", "lords")], Filters(houses=["commons"], ids=[])),
        (Filters(kinds=["question"]), [("kind", "question")], Filters(kinds=["question"])),
        (Filters(body="home"), [("body", "office")], Filters(body="home office")),
        (Filters(), [("asker", "Rees"), ("asker", "Sian")], Filters(asker="Rees Sian")),
        (Filters(first=date(2021, 2, 1)), [("from", "2021-01-01")], Filters(first=date(2021, 2, 1))),
        (Filters(last=date(2021, 2, 1)), [("to", "2021-01-01")], Filters(last=date(2021, 1, 1))),
    ],
)
def test_conditions_of_a_query_narrow_the_filters(
    given: Filters, conditions: list[tuple[str, str]], expected: Filters
) -> None:
    assert narrowed(given, conditions) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("house:lords", ["HL3"]),
        ('body:"home office"', ["2"]),
        ('minister:"mid sample" to:2021-02-03', ["2"]),
        ("(house:lords) OR testing", ["4", "HL3"]),
        ("house:lords testing", []),
        ('from:2021-02-01 "bathing waters"', ["1"]),
    ],
)
def test_filters_in_a_query(filled: Archive, query: str, expected: list[str]) -> None:
    asked = compile_query(query, today=date(2021, 2, 4))
    assert uins(filled.search.hits(asked, Filters())) == expected
    assert filled.search.count(asked, Filters()) == len(expected)


def reading(query: Query, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return a list to which each later read of a document for the query is added."""
    read: list[object] = []
    spans = query.spans

    def watched(*given: Any) -> Any:
        read.append(given)
        return spans(*given)

    monkeypatch.setattr(query, "spans", watched)
    return read


def test_a_query_of_conditions_reads_only_records_that_meet_them(
    filled: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = compile_query("house:lords")
    read = reading(query, monkeypatch)
    assert uins(filled.search.hits(query, Filters())) == ["HL3"]
    assert len(read) == 1


def test_neighbours_are_what_searches_from_a_place_find_first(archive: Archive) -> None:
    store(archive, *QUESTIONS)
    every = list(archive.search.hits(None, Filters()))
    among = [Filters(), Filters(body="Home Office", are_names_whole=True), Filters(last=date(2021, 1, 30))]
    for hit in every:
        assert hit.place is not None
        expected = []
        for filters in among:
            searches = (filters, replace(filters, oldest_first=True))
            found = [next(archive.search.hits(None, search, limit=1, after=hit.place), None) for search in searches]
            expected.append(tuple(other.revision.proceeding if other else None for other in found))
        assert archive.search.neighbours(hit.place, among) == expected
    assert archive.search.neighbours(every[0].place, []) == []  # type: ignore[arg-type]
