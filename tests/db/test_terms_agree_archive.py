"""Searches and matches in the archive compared with the oracle's on every record, on both databases."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

import db.matches
from db import tables
from db.archive import Archive
from db.engine import open_engine
from monitor.model.index_query import AnyOf
from monitor.model.records import Kind, Member, Proceeding
from monitor.model.search import Filters
from monitor.model.watching import Topic
from monitor.terms.matcher import compile_query, compile_terms
from monitor.terms.tree import TermError
from tests import term_cases
from tests.archive_kit import store
from tests.index_kit import asked_as_if_large
from tests.oracle import reference_matches, reference_query
from tests.term_cases import LEXICON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from monitor.model.index_query import IndexQuery
    from monitor.model.search import Document
    from monitor.model.watching import Match
    from monitor.terms.matcher import Matcher
    from tests.fakes import Clock

TODAY = date(2026, 11, 2)

FEW_EXAMPLES = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""Few examples without shrinking, because each makes its own archive."""


@dataclass(frozen=True)
class Case:
    """Records, later states of some of them, and the queries and topics to search for."""

    records: tuple[Proceeding, ...]
    changed: tuple[Proceeding, ...]
    queries: tuple[str, ...]
    topics: tuple[Topic, ...]


def can_be_read(term: str) -> bool:
    try:
        compile_query(term, LEXICON)
    except TermError:
        return False
    return True


@st.composite
def records(draw: st.DrawFn, speech: term_cases.Speech, number: int) -> Proceeding:
    facts = draw(term_cases.records())
    parts: dict[str, Any] = draw(term_cases.documents(speech))
    by = Member(name=facts.minister) if facts.minister else None
    return Proceeding(
        id=f"q-{number}",
        source="questions",
        uin=str(number),
        kind=facts.kind,
        house=facts.house,
        body=facts.body,
        asked_by=Member(name=facts.asker, party=facts.party),
        answered_by=by if facts.kind is Kind.QUESTION else None,
        made_by=None if facts.kind is Kind.QUESTION else by,
        answered_on=facts.day,
        **parts,
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    speech = draw(term_cases.speeches())
    first = tuple(draw(records(speech, number)) for number in range(draw(st.integers(2, 9))))
    terms = term_cases.terms(speech).filter(can_be_read)
    words = (word for record in first for text in record.parts().values() for word in text.lower().split())
    beginnings = dict.fromkeys(f"{word[:4]}*" for word in words if word[:4].isalpha())
    return Case(
        records=first,
        # A record's kind and House never change.
        changed=tuple(
            replace(draw(records(speech, int(record.uin or 0))), kind=record.kind, house=record.house)
            for record in first[: draw(st.integers(0, 3))]
        ),
        queries=(
            *draw(st.lists(terms, min_size=3, max_size=7, unique=True)),
            *[beginning for beginning in beginnings if can_be_read(beginning)][:3],
        ),
        topics=tuple(
            Topic(
                key=key,
                name=key,
                terms=tuple(draw(st.lists(terms, min_size=1, max_size=3, unique=True))),
                exclude=tuple(draw(st.lists(terms, max_size=1))),
            )
            for key in ("one", "other")
        ),
    )


@pytest.fixture
def new_archive(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path, clock: Clock
) -> Iterator[Callable[[], Archive]]:
    """Return a function that makes an empty archive and closes the one before."""
    made: list[Archive] = []

    def make() -> Archive:
        while made:
            made.pop().close()
        if dialect == "sqlite":
            path = tmp_path / "agree.db"
            for leftover in tmp_path.glob("agree.db*"):
                leftover.unlink()
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            url = f"sqlite:///{path}"
        else:
            engine = request.getfixturevalue("postgres_archive")
            with engine.connect() as connection:
                names = ", ".join(tables.metadata.tables)
                connection.execute(text(f"truncate {names} restart identity cascade"))
            url = engine.url.render_as_string(hide_password=False)
        made.append(Archive(open_engine(url), clock=clock))
        made[-1].index._look_at = inf  # searches do not update the index
        return made[-1]

    yield make
    while made:
        made.pop().close()


def newest(archive: Archive) -> dict[str, Proceeding]:
    """Return the records of the archive by id, read without a query."""
    return {hit.revision.proceeding.id: hit.revision.proceeding for hit in archive.search.hits(None, Filters())}


def found(archive: Archive, query: str) -> dict[str, list[Any]]:
    hits = archive.search.hits(compile_query(query, LEXICON), Filters())
    return {hit.revision.proceeding.id: in_short(hit.spans) for hit in hits}


def expected(held: Mapping[str, Proceeding], query: str) -> dict[str, list[Any]]:
    spans = {key: reference_query(query, record.parts(), record.facts, LEXICON) for key, record in held.items()}
    return {key: in_short(matches) for key, matches in spans.items() if matches is not None}


def in_short(matches: Sequence[Match]) -> list[Any]:
    return [(match.part, match.start, match.end, match.form) for match in matches]


@FEW_EXAMPLES
@given(cases())
@pytest.mark.slow
def test_searches_agree_with_the_oracle_at_every_state_of_the_index(
    new_archive: Callable[[], Archive], case: Case
) -> None:
    archive = new_archive()
    half = len(case.records) // 2

    def agree() -> None:
        held = newest(archive)
        for query in case.queries:
            wanted = expected(held, query)
            assert found(archive, query) == wanted, query
            with asked_as_if_large():
                assert found(archive, query) == wanted, query

    store(archive, *case.records[:half])
    agree()
    archive.index.follow()
    agree()
    store(archive, *case.records[half:])
    store(archive, *case.changed)
    agree()
    archive.index.follow()
    agree()
    archive.index.rebuild()
    agree()
    assert len(newest(archive)) == len(case.records)


def match(archive: Archive, topics: Sequence[Topic]) -> None:
    """Do all matching work that is due, through the index."""
    archive.watch_list.sync(topics, [], "1")
    while (work := archive.matches.next_work()) is not None:
        matcher = compile_terms(work.topics, LEXICON)
        for documents, done_to in archive.matches.read_documents(work, partial(need_of_any, matcher)):
            found = [
                (document.revision_id, matcher.matches(document.parts, document.forms, document.facts))
                for document in documents
            ]
            archive.matches.store(work, found, done_to)


def need_of_any(matcher: Matcher) -> IndexQuery | None:
    needs = matcher.needs().values()
    return None if None in needs else AnyOf(tuple(need for need in needs if need is not None))


def all_documents(archive: Archive) -> list[Document]:
    """Return the documents of all revisions, old ones too."""
    archive.watch_list.sync([Topic(key="none", name="none", terms=("nothing",))], [], "2")
    work = archive.matches.next_work()
    assert work is not None
    return [document for documents, _ in archive.matches.read_documents(work) for document in documents]


def watched(archive: Archive) -> Mapping[int, set[Any]]:
    out: dict[int, set[Any]] = {}
    with archive.engine.connect() as connection:
        proceedings = connection.execute(text("select id from proceeding")).scalars().all()
    for proceeding in proceedings:
        for revision, matches in archive.matches.of_record(proceeding).items():
            out[revision] = {(match.topic, match.term, *in_short([match])[0]) for match in matches}
    return out


@FEW_EXAMPLES
@given(cases())
@pytest.mark.slow
def test_terms_that_are_added_later_find_every_revision(new_archive: Callable[[], Archive], case: Case) -> None:
    with pytest.MonkeyPatch.context() as patched:
        for name in ("_SHORT", "_FOR_A_TERM"):
            patched.setattr(db.matches, name, 0)  # use the index even for few records
        archive = new_archive()
        store(archive, *case.records)
        match(archive, case.topics[:1])
        store(archive, *case.changed)
        archive.index.follow()
        match(archive, case.topics)
    documents = all_documents(archive)
    expected = {
        document.revision_id: {
            (match.topic, match.term, *in_short([match])[0])
            for match in reference_matches(case.topics, document.parts, document.facts(), LEXICON)
        }
        for document in documents
    }
    assert watched(archive) == {revision: matches for revision, matches in expected.items() if matches}
