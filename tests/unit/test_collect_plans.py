"""Plans of the collect stage, without an archive: which readings become revisions, and to which records they belong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from monitor.collect.identify import RecordMatching, find_repeats, plan_merge, plan_record
from monitor.collect.revisions import RecordReading, plan_records, plan_revisions
from monitor.model.records import Event, Proceeding, SourceRevision
from monitor.model.revisions import LatestRevision, RecordHistory, RevisionPlan
from tests.builders import a_question

API, THEIRS, HISTORIC = "questions", "theyworkforyou", "historic"
NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
SEEN = NOW - timedelta(days=1)
OPEN = a_question(answer=None)
ANSWERED = a_question()


def revision(number: int, source: str, proceeding: Proceeding, *, is_news: bool = True) -> SourceRevision:
    return SourceRevision(id=number, source=source, proceeding=proceeding, is_news=is_news)


def history(proceeding: Proceeding | None, *others: SourceRevision) -> dict[int, RecordHistory]:
    own = None if proceeding is None else LatestRevision(3, SEEN, proceeding, is_news=True)
    return {1: RecordHistory(own=own, others=list(others))}


def plan(
    reading: Proceeding, histories: dict[int, RecordHistory], source: str = API, *, is_fresh: bool = True
) -> list[RevisionPlan]:
    readings = [RecordReading(1, reading, 7, is_fresh)]
    return plan_revisions(readings, histories, source=source, now=NOW, is_news=lambda *_: True)


# -- revisions --------------------------------------------------------------------------------------------------------


def test_first_reading_of_a_record_becomes_its_first_revision() -> None:
    [planned] = plan(OPEN, {})
    assert (planned.record, planned.number, planned.seen_at, planned.payload_id) == (1, 1, NOW, 7)
    assert (planned.events, planned.is_news) == ((Event.TABLED,), True)


def test_unchanged_reading_becomes_no_revision() -> None:
    assert plan(OPEN, history(OPEN)) == []


def test_answer_becomes_the_next_revision() -> None:
    histories = history(OPEN)
    [planned] = plan(ANSWERED, histories)
    assert (planned.number, planned.events) == (4, (Event.ANSWERED,))
    assert histories[1].own == LatestRevision(4, NOW, ANSWERED, is_news=True)


def test_older_file_read_after_a_newer_one_changes_nothing() -> None:
    earlier = replace(ANSWERED, answered_on=date(2000, 1, 1), answer="Not yet.")
    assert plan(earlier, history(ANSWERED), is_fresh=False) == []
    assert len(plan(earlier, history(ANSWERED))) == 1  # a source that shows it at this moment is believed


def test_answer_known_from_another_source_is_kept_but_not_news() -> None:
    [planned] = plan(ANSWERED, history(None, revision(5, API, ANSWERED)), THEIRS)
    assert not planned.is_news


def test_row_of_a_record_follows_the_revision_that_counts() -> None:
    histories = history(None, revision(5, API, ANSWERED))
    revisions = plan(OPEN, histories, THEIRS)
    [record] = plan_records(revisions, histories, THEIRS)
    assert (record.preferred, record.facts) == (5, ANSWERED)
    histories = history(OPEN)
    revisions = plan(ANSWERED, histories)
    [record] = plan_records(revisions, histories, API)
    assert (record.preferred, record.facts) == (None, ANSWERED)  # the revision that is about to be stored


def test_row_of_a_record_takes_its_number_and_column_from_a_source_that_has_them() -> None:
    bare = replace(ANSWERED, uin=None, column=None)
    printed = replace(ANSWERED, series="wrans", column="12W")
    facts = plan_record(1, [revision(1, API, bare), revision(2, THEIRS, printed)]).facts
    assert (facts.uin, facts.column, facts.series) == (printed.uin, "12W", "wrans")


# -- records ----------------------------------------------------------------------------------------------------------


def matching(source: str, keys: list[str], aliases: dict[str, int], sources: dict[int, set[str]]) -> RecordMatching:
    return RecordMatching(
        source=source,
        keys={"own": keys},
        aliases=aliases,
        sources=sources,
        numbers={"own": "1234"},
        record_numbers={1: "1234", 2: "99"},
    )


def test_reading_joins_the_record_that_its_key_names() -> None:
    found = matching(THEIRS, ["t-1", "uin:a"], {"uin:a": 1}, {1: {API}})
    assert found.join() == {}
    assert found.ids == {"own": 1}


def test_record_is_named_by_its_best_source() -> None:
    assert matching(API, ["q-1", "uin:a"], {"uin:a": 1}, {1: {THEIRS}}).join() == {1: "q-1"}


def test_reading_does_not_join_a_record_that_its_source_already_has() -> None:
    found = matching(THEIRS, ["t-2", "uin:a"], {"uin:a": 1}, {1: {THEIRS}})
    found.join()
    assert found.ids == {}


def test_weak_key_does_not_join_questions_with_other_numbers() -> None:
    found = matching(HISTORIC, ["h-1", "col:a#b"], {"col:a#b": 2}, {2: {API}})
    found.join()
    assert found.ids == {}


def test_records_named_by_one_reading_are_merged_unless_one_source_has_both() -> None:
    found = matching(HISTORIC, ["h-1", "uin:a", "num:b"], {"uin:a": 1, "num:b": 2}, {1: {API}, 2: {THEIRS}})
    found.join()
    assert list(found.merges()) == [(1, 2, "num:b")]
    found = matching(HISTORIC, ["h-1", "uin:a", "num:b"], {"uin:a": 1, "num:b": 2}, {1: {API}, 2: {API}})
    found.join()
    assert list(found.merges()) == []


def test_record_of_the_better_source_stays_and_repeats_are_no_news() -> None:
    revisions = {1: [revision(4, THEIRS, ANSWERED)], 2: [revision(6, API, ANSWERED)]}
    merge = plan_merge(1, 2, revisions)
    assert (merge.kept, merge.gone, merge.repeats) == (2, 1, [6])
    assert find_repeats([revision(4, THEIRS, OPEN), revision(6, API, ANSWERED)]) == []
