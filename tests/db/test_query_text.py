"""Queries of any text are searched on both databases or refused with a sentence, and never fail otherwise."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.search import Filters
from monitor.terms.matcher import compile_query
from monitor.terms.tree import TermError
from tests.archive_kit import store
from tests.builders import a_question
from tests.db.test_index import ONE_ARCHIVE

if TYPE_CHECKING:
    from db.archive import Archive

TODAY = date(2021, 2, 10)
TYPED = (
    "river water bus A&E NHS S.O.C.A. hi-tech rive* 5,200.5 £ '' AND OR NOT NEAR NEAR/5 ( ) \" = in:answer in:heading"
    ' house:lords body:"Home" from:2021-01-01 to:7d party: - + & | ! \\ % _ ; -- /* {answer} { } : , ^ ~ <-> \ue000 \ue001'
    " \u00b6 \u2019 \u201c \0 \udcff \u202e \u0301 \ufb01 \u0130 \u01c5 \u65e5\u672c \U0001f600"
)
TEXTS = st.lists(st.sampled_from(TYPED.split(" ")) | st.text(max_size=4), max_size=12).map(" ".join) | st.text(
    max_size=30
)


@settings(ONE_ARCHIVE, max_examples=40)
@given(text=TEXTS)
def test_no_query_text_makes_the_archive_fail(archive: Archive, text: str) -> None:
    _fill(archive)
    with suppress(TermError):
        query = compile_query(text, today=TODAY)
        newest = [hit.place for hit in archive.search.hits(query, Filters())]
        relevant = [hit.place for hit in archive.search.hits(query, Filters(by_relevance=True))]
        assert sorted(place.revision for place in newest if place) == sorted(
            place.revision for place in relevant if place
        )
        assert archive.search.count(query, Filters()) == len(newest)
        assert archive.search.facets(query, Filters(), ["body"]).total == len(newest)


@settings(ONE_ARCHIVE, max_examples=12)
@given(text=st.text(max_size=20))
def test_no_filter_text_makes_the_archive_fail(archive: Archive, text: str) -> None:
    _fill(archive)
    for filters in (Filters(body=text), Filters(asker=text, party=text), Filters(minister=text, topic=text)):
        assert archive.search.count(None, filters) == len(
            list(archive.search.hits(compile_query("river OR bus"), filters))
        )


def _fill(archive: Archive) -> None:
    """Store three records, one of them not indexed, unless the archive has them."""
    if archive.records.is_empty():
        store(
            archive, a_question(uin="1", answer="The river NHS hi-tech bus."), a_question(uin="2", heading="River: A&E")
        )
        archive.index.follow()
        store(
            archive,
            a_question(uin="3", question="To ask the Minister, what a river bus costs.", answer="\u00a35,200.5"),
        )
