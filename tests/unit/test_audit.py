"""Decisions of an audit: verdicts, days, and what a briefing names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor.model.audits import AuditedReader, RecordTellings, SeenRevision, Telling, TermFind
from monitor.model.briefings import Block, Briefing
from monitor.model.collection import FileOutcome
from monitor.research.audit.days import DaysChecked, Span, reading_of, span_of
from monitor.research.audit.mentions import How, contents_of, first_words
from monitor.research.audit.verdicts import Beside, Judgement, Verdict, judge
from tests.builders import a_subscriber
from tests.unit.audit_kit import covered

if TYPE_CHECKING:
    from monitor.model.collection import WindowCoverage

SEEN = datetime(2021, 2, 2, 6, 30, tzinfo=UTC)
BEFORE, AFTER = SEEN - timedelta(days=9), SEEN + timedelta(days=1)
READER = a_subscriber()
STATE = AuditedReader(added_at=BEFORE, topics={"water": BEFORE})
FIND = TermFind(topic="water", term="bathing water", revision=1, added_at=BEFORE, removed_at=None, is_history=False)
KNOWN = RecordTellings(proceeding_id=7, revisions=(SeenRevision(id=1, seen_at=SEEN, is_news=True),), finds=(FIND,))
NAMES = {"water": "Water", "rail": "Rail", "buses": "Buses"}
TELLING = Telling(digest=3, kind="mailed", as_of=AFTER, is_told=True)
NOTHING = Beside(excluded_by={})


def judged(known: RecordTellings = KNOWN, **given: Any) -> Judgement:
    facts: dict[str, Any] = {"owed": (), "names": NAMES, "beside": NOTHING} | given
    return judge(known, facts.pop("reader", READER), facts.pop("state", STATE), **facts)


@pytest.mark.parametrize(
    ("known", "given", "verdict", "why"),
    [
        (replace(KNOWN, tellings=(TELLING,)), {}, "told", "Told in digest 3 of 3 February 2021."),
        (replace(KNOWN, tellings=(replace(TELLING, is_reminder=True),)), {}, "told", "Reminded of it in digest 3 of"),
        (replace(KNOWN, tellings=(replace(TELLING, kind="skipped"), TELLING)), {}, "told", "Told in digest 3"),
        (replace(KNOWN, tellings=(replace(TELLING, kind="skipped"),)), {}, "skipped", "Marked as told without a mail"),
        (replace(KNOWN, tellings=(replace(TELLING, is_told=False),)), {}, "left_out", "Found, and left out on 3 February"),
        (KNOWN, {}, "not_told", "Found by your terms, and in no digest yet"),
        (KNOWN, {"owed": {7}}, "owed", "Owed to you"),
        (KNOWN, {"state": None}, "before", "You were added after the last run"),
        (KNOWN, {"state": replace(STATE, added_at=AFTER)}, "before", "before you subscribed on 3 February 2021."),
        (KNOWN, {"state": replace(STATE, topics={"water": AFTER})}, "before", "before the topic came onto your list on 3"),
        (replace(KNOWN, finds=(replace(FIND, added_at=AFTER),)), {}, "before", "before its term was added on 3 February"),
        (KNOWN, {"state": replace(STATE, paused_at=BEFORE), "owed": {7}}, "paused", "paused from 24 January 2021 on."),
        (KNOWN, {"state": replace(STATE, paused_at=BEFORE, resumed_at=AFTER)}, "paused", "from 24 January 2021 to 3 Feb"),
        (KNOWN, {"state": replace(STATE, paused_at=BEFORE, resumed_at=BEFORE)}, "not_told", "in no digest yet"),
        (replace(KNOWN, finds=(replace(FIND, is_history=True),)), {}, "history", "newer equivalents"),
        (replace(KNOWN, finds=(replace(FIND, is_history=True),)), {"owed": {7}}, "owed", "Owed to you"),
        (replace(KNOWN, revisions=(SeenRevision(id=1, seen_at=SEEN, is_news=False),)), {}, "history", "Read as history"),
        (replace(KNOWN, finds=(), is_behind=True), {}, "not_matched", "run: pqwatch match"),
        (replace(KNOWN, finds=()), {}, "no_term", "No term of yours finds it."),
        (replace(KNOWN, finds=()), {"beside": Beside(excluded_by={"water": ["sea water"]})}, "excluded",
         "An exclusion of the topic Water takes it away: sea water."),
        (replace(KNOWN, finds=()), {"beside": Beside(excluded_by={}, unreadable=("a (b", "c )d"))}, "switched_off",
         "Terms whose words stand in it can't be read and finds nothing: a (b and c )d."),
        (replace(KNOWN, finds=(replace(FIND, removed_at=AFTER),)), {}, "switched_off", "was removed or changed on 3 Feb"),
        (replace(KNOWN, finds=(replace(FIND, topic="gone", removed_at=AFTER),)), {}, "switched_off", "removed or changed"),
        (replace(KNOWN, finds=(replace(FIND, topic="rail", removed_at=AFTER),)), {}, "no_term", "No term"),
        (replace(KNOWN, finds=(replace(FIND, topic="rail"),)), {}, "other_topic", "Found by the topic Rail, which"),
        (replace(KNOWN, finds=(replace(FIND, topic="rail"), replace(FIND, topic="buses"))), {}, "other_topic",
         "Found by 2 topics: Rail and Buses, which you do not get."),
    ],
)  # fmt: skip
def test_verdicts(known: RecordTellings, given: dict[str, Any], verdict: str, why: str) -> None:
    found = judged(known, **given)
    assert found.verdict is Verdict(verdict)
    assert why in found.why


def test_a_verdict_names_topics_and_terms_of_the_reader_alone() -> None:
    found = judged(replace(KNOWN, finds=(FIND, replace(FIND, topic="rail", term="branch line"))))
    assert (found.topics, found.terms) == (("water",), ("bathing water",))


def test_what_was_left_out_names_the_choices_of_the_reader() -> None:
    known = replace(KNOWN, tellings=(replace(TELLING, is_told=False),))
    reader = a_subscriber(new_questions=False, mentions="off", waiting=False)
    assert judged(known, reader=reader).why.endswith(
        "you chose no new questions, no mere mentions and no reminders; small changes are never told."
    )


# -- days -------------------------------------------------------------------------------------------------------------

MONDAY = date(2021, 2, 1)
TUESDAY, FRIDAY = date(2021, 2, 2), date(2021, 2, 5)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((MONDAY, TUESDAY, [FRIDAY], [], None), (MONDAY, TUESDAY)),
        ((None, None, [FRIDAY, MONDAY, TUESDAY], [], None), (MONDAY, FRIDAY)),
        ((None, None, [date(2005, 12, 7), MONDAY, TUESDAY], [], None), (MONDAY, TUESDAY)),
        ((None, None, [date(2005, 12, 7), MONDAY], [], None), (MONDAY, MONDAY)),
        ((TUESDAY, None, [MONDAY, FRIDAY], [], None), (TUESDAY, FRIDAY)),
        ((None, None, [MONDAY] * 9 + [FRIDAY], [], None), (MONDAY, MONDAY)),
        ((None, None, [MONDAY] * 7 + [FRIDAY], [], None), (MONDAY, FRIDAY)),
        ((None, None, [], [TUESDAY], FRIDAY), (TUESDAY, TUESDAY)),
        ((None, None, [], [], FRIDAY), (FRIDAY - timedelta(days=1), FRIDAY)),
        ((None, FRIDAY, [], [], None), (FRIDAY, FRIDAY)),
        ((None, None, [], [], None), None),
    ],
)
def test_days_of_a_briefing(given: tuple[Any, ...], expected: tuple[date, date] | None) -> None:
    found = span_of(*given)
    assert (found and (found.first, found.last)) == expected


WINDOWS = (
    covered("answered", MONDAY),
    covered("answered", TUESDAY, "open"),
    covered("tabled", MONDAY, "suspect"),
    covered("made", FRIDAY),
)


@pytest.mark.parametrize(
    ("reference", "days", "is_read", "why"),
    [
        ("199999", [MONDAY], True, "The answers of Monday 1 February 2021 were read in full, and it is not among them."),
        ("199999", [TUESDAY], True, "were read in full, so far, and"),
        ("199999", [], False, "It names no day, so whether that day was read can't be said."),
        ("HL199", [MONDAY], False, "The answers of Monday 1 February 2021 of the House of Lords were not read."),
        ("2021-02-01/199999", [], False, "Not read in full: questions tabled on 1 February 2021."),
        ("https://questions-statements.parliament.uk/written-statements/detail/2021-02-05/hcws7", [], True,
         "The questions and statements of 5 February 2021 of the House of Commons were read in full"),
        ("2021-13-41/199999", [MONDAY], True, "read in full"),
        ("HC Deb 7 December 2005 c1366W", [], True, "The file of 7 December 2005 was read, and it is not in it."),
        ("HC Deb 8 December 2005 c1366W", [], False, "The file of 8 December 2005 could not be read (failed)."),
        ("HC Deb 31 June 2005 c1366W", [], False, "It names no day"),
        ("https://www.theyworkforyou.com/wrans/?id=2005-12-07a.1.h", [], True, "was read"),
        ("uk.org.publicwhip/wrans/2005-13-07a.1.h", [], False, "It names no day"),
    ],
)  # fmt: skip
def test_whether_the_day_of_a_missing_record_was_read(
    reference: str, days: list[date], is_read: bool, why: str
) -> None:
    files = {date(2005, 12, 7): FileOutcome.READ, date(2005, 12, 8): FileOutcome.FAILED}
    found = reading_of(reference, days, None, WINDOWS, files)
    assert found.is_read is is_read
    assert why in found.why


def test_the_days_of_the_briefing_stand_in_for_a_day() -> None:
    span = Span(first=MONDAY, last=TUESDAY, origin="")
    windows: list[WindowCoverage] = [covered("answered", MONDAY)]
    assert reading_of("199999", [], span, windows) == DaysChecked(
        is_read=True, why="The answers of 1 to 2 February 2021 were read in full, and it is not among them."
    )


# -- what a briefing names --------------------------------------------------------------------------------------------


def named(*lines: str, links: tuple[str, ...] = (), own_page: str = "") -> list[tuple[How, str, bool]]:
    found = contents_of(Briefing(blocks=(Block(lines=lines, links=links),)), own_page)
    return [(mention.how, mention.reference, mention.is_weak) for mention in found.mentions]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("UIN 150001", [(How.REFERENCE, "150001", False)]),
        ("UINs 150001 and 150002", [(How.REFERENCE, "150001", False), (How.REFERENCE, "150002", False)]),
        ("HL777 and HCWS12", [(How.REFERENCE, "HL777", False), (How.REFERENCE, "HCWS12", False)]),
        ("150001 Beaches", [(How.REFERENCE, "150001", True)]),
        ("150001.5 litres", []),
        ("question 12", [(How.REFERENCE, "12", True)]),
        ("2021-01-26/150001", [(How.REFERENCE, "2021-01-26/150001", False)]),
        ("HC Deb 7 December 2005 c1366W", [(How.REFERENCE, "HC Deb 7 December 2005 c1366W", False)]),
        ("HL Deb 7 December 2005 c12", [(How.REFERENCE, "HL Deb 7 December 2005 c12", False)]),
        ("uk.org.publicwhip/wrans/2009-10-26f.294925.h",
         [(How.ADDRESS, "uk.org.publicwhip/wrans/2009-10-26f.294925.h", False)]),
        ("As the answer of 3 March 2020 (UIN 22222), except: ten.", []),
        ("see https://www.theyworkforyou.com/wrans/?id=2009-10-26f.294925.h.",
         [(How.ADDRESS, "https://www.theyworkforyou.com/wrans/?id=2009-10-26f.294925.h", False)]),
        ("see https://example.org/news/150001 for more", []),
    ],
)  # fmt: skip
def test_references_in_a_line(line: str, expected: list[tuple[How, str, bool]]) -> None:
    assert named(line) == expected


def test_links_of_the_own_page_name_records() -> None:
    links = ("https://pq.example.org/records/q-150001?x=1", "https://pq.example.org/search")
    assert named("Story", links=links, own_page="https://pq.example.org") == [(How.ADDRESS, "q-150001", False)]


def test_quotations_count_only_where_nothing_else_names_a_record() -> None:
    quoted = Block(lines=("I refer to Question 150002.",), is_quotation=True)
    assert [mention.reference for mention in contents_of(Briefing(blocks=(quoted,))).mentions] == ["150002"]
    both = Briefing(blocks=(quoted, Block(lines=("UIN 150001",))))
    assert [mention.reference for mention in contents_of(both).mentions] == ["150001"]


def test_first_words_stand_behind_the_formula() -> None:
    asked = "To ask the Secretary of State for Transport, what steps he is taking to mend the roof of it."
    assert (
        first_words(asked)
        == first_words("What steps he is taking to mend the roof?")
        == "what steps he is taking to mend the"
    )
    assert first_words("What steps?") == ""
