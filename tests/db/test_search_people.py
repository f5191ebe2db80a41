"""Searches by name that find a person under every spelling that sources print."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.model.records import House, Member
from monitor.model.search import Filters
from monitor.model.watching import Topic
from monitor.terms.matcher import compile_query, compile_terms
from scrapers.people import People
from tests.archive_kit import store
from tests.builders import a_question

if TYPE_CHECKING:
    from db.archive import Archive

EXAMPLES = Path(__file__).parents[1] / "scrapers" / "examples" / "people" / "to_2015"
BEFORE, AFTER = date(2003, 1, 15), date(2004, 3, 15)
PRINTED = [
    ("1", House.COMMONS, AFTER, "Anne Wedlock"),
    ("2", House.COMMONS, AFTER, "Mrs. Wedlock"),
    ("3", House.COMMONS, AFTER, "WEDLOCK, rh Mrs. Anne"),
    ("4", House.COMMONS, AFTER, "Anne Wedlock (Changeford) (Lab)"),
    ("5", House.COMMONS, BEFORE, "Anne Maiden"),
    ("6", House.COMMONS, AFTER, "Ms Twin"),
    ("7", House.LORDS, AFTER, "Baroness Sample"),
]


@pytest.fixture
def filled(archive: Archive) -> Archive:
    people = People(((path.name, path.read_bytes()) for path in EXAMPLES.iterdir()), complete=dict.fromkeys(House, 5))
    questions = [
        a_question(uin=uin, house=house, tabled_on=None, answered_on=day, asked_by=people.by_name(printed, house, day))
        for uin, house, day, printed in PRINTED
    ]
    store(archive, *questions, is_news=False)
    return archive


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Wedlock", ["1", "2", "3", "4", "5"]),
        ("Anne Wedlock", ["1", "2", "3", "4", "5"]),
        ("Maiden", ["5"]),
        ("Sampleton", ["7"]),
        ("Twin", ["6"]),
        ("Jane", []),
    ],
)
def test_a_name_finds_one_person_under_every_printed_name(filled: Archive, words: str, expected: list[str]) -> None:
    """An option of a search, a condition in its query and a watched term find the same records."""
    by_option = filled.search.hits(None, Filters(asker=words))
    by_query = filled.search.hits(compile_query(f'steps asker:"{words}"'), Filters())
    assert sorted(hit.revision.proceeding.uin or "" for hit in by_option) == expected
    assert sorted(hit.revision.proceeding.uin or "" for hit in by_query) == expected
    filled.watch_list.sync([Topic(key="t", name="T", terms=(f'steps asker:"{words}"',))], [], "1")
    work = filled.matches.next_work()
    assert work is not None
    matcher = compile_terms(work.topics)
    found = [
        document.revision_id
        for documents, _ in filled.matches.read_documents(work)
        for document in documents
        if list(matcher.matches(document.parts, document.forms, document.facts))
    ]
    assert len(found) == len(expected)


def test_a_member_given_only_by_number_is_found_by_a_name_learnt_before(archive: Archive) -> None:
    """Lists of new questions give only the number of a member, and so does each change of a question."""
    ada = Member(member_id=9001, name="Ada Example", party="Labour")
    archive.members.remember({9001: ada, 9002: None}, date(2021, 2, 2))
    first = a_question(uin="1", answer=None, asked_by=Member(member_id=9001))
    unknown = a_question(uin="2", answer=None, asked_by=Member(member_id=9002))
    for questions in ((first, unknown), (replace(first, heading="Water"),)):
        store(archive, *questions, is_news=False)
        for filters in (Filters(asker="Example"), Filters(party="Labour")):
            found = [hit.revision.proceeding for hit in archive.search.hits(None, filters)]
            assert [(proceeding.uin, proceeding.asked_by) for proceeding in found] == [("1", ada)]
