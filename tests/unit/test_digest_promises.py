"""Promises in a digest: what is news of one, and how the mail, a message and JSON say it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from monitor.digest.formats.brief import brief_of
from monitor.digest.formats.plain_json import Related, plain
from monitor.digest.formats.topic_feed import topic_feed
from monitor.digest.promise_entries import promise_entries
from monitor.digest.promises import is_new, news_of, rows_to_store
from monitor.digest.render import render
from monitor.digest.shared import SharedReads
from monitor.digest.subject import subject_of
from monitor.model.digests import Item, PendingItem, PromiseItem
from monitor.model.promises import (
    ComingPromise,
    Decision,
    FoundPromise,
    Promise,
    PromiseKind,
    PromiseNews,
    PromiseState,
    ReportedPromise,
)
from monitor.model.records import Attachment, Event, Member, Proceeding
from monitor.parliament.promises.state import begins_to_be_due, current, state_on
from monitor.presentation.promise_words import drift_words, due_words, made_lines, said_words, why
from tests.builders import a_digest, a_question, a_revision, a_subscriber, a_waiting, an_item

SENTENCE = "We will publish the bathing water plan for Sampleton in spring 2021."
MADE_ON = date(2021, 1, 11)


def a_promise(**facts: Any) -> Promise:
    """A promise of 11 January 2021 for spring 2021."""
    sentence = facts.pop("sentence", SENTENCE)
    found: dict[str, Any] = {
        "start": 0,
        "end": len(sentence),
        "act": "publish",
        "expression": "will publish ... in spring 2021",
        "kind": PromiseKind.DATED,
        "due_from": date(2021, 3, 1),
        "due_to": date(2021, 5, 31),
    }
    found |= {name: facts.pop(name) for name in list(facts) if name in found}
    given: dict[str, Any] = {
        "number": 1,
        "id": "p-0000000001",
        "record": a_question(answer=sentence),
        "proceeding_id": 1,
        "part": "answer",
        "sentence": sentence,
        "found": FoundPromise(**found),
        "made_on": MADE_ON,
        "topics": ("water",),
        "noted_on": MADE_ON,
        "revision": 1,
    }
    return Promise(**(given | facts))


def vague(**facts: Any) -> Promise:
    sentence = "We will publish the bathing water plan for Sampleton in due course."
    return a_promise(sentence=sentence, kind=PromiseKind.VAGUE, due_from=None, due_to=None, **facts)


def decided(state: PromiseState, on: date, **facts: str) -> Decision:
    at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    return Decision(**({"state": state, "record": "", "reason": "", "decided_by": "", "decided_at": at} | facts))  # type: ignore[arg-type]


def an_entry(news: PromiseNews, *group: Promise) -> PromiseItem:
    group = group or (a_promise(),)
    return PromiseItem(promise=group[-1], group=group, news=news, topics=("water",))


# -- state ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2021, 2, 28), PromiseState.OPEN),
        (date(2021, 3, 1), PromiseState.DUE),
        (date(2021, 5, 31), PromiseState.DUE),
        (date(2021, 6, 1), PromiseState.OVERDUE),
    ],
)
def test_a_season_is_due_from_its_beginning(day: date, state: PromiseState) -> None:
    assert state_on([a_promise()], day) is state


def test_by_a_day_is_due_in_its_last_four_weeks() -> None:
    promise = a_promise(due_from=MADE_ON, due_to=date(2021, 5, 31))
    assert begins_to_be_due(promise) == date(2021, 5, 3)
    assert state_on([promise], date(2021, 5, 2)) is PromiseState.OPEN
    assert state_on([promise], date(2021, 5, 3)) is PromiseState.DUE


def test_coming_weeks_begin_at_once_and_are_due_near_their_end() -> None:
    promise = a_promise(due_from=MADE_ON + timedelta(days=1), due_to=MADE_ON + timedelta(weeks=8))
    assert begins_to_be_due(promise) == date(2021, 2, 8)


def test_no_end_and_no_time_stay_open() -> None:
    assert state_on([a_promise(due_to=None)], date(2031, 1, 1)) is PromiseState.OPEN
    assert state_on([vague()], date(2031, 1, 1)) is PromiseState.OPEN


def test_the_day_named_last_counts_as_long_as_it_is_held() -> None:
    later = a_promise(
        number=2, repeats=1, made_on=date(2021, 5, 1), due_from=date(2021, 6, 1), due_to=date(2021, 8, 31)
    )
    assert state_on([a_promise(), later], date(2021, 5, 20)) is PromiseState.OPEN
    gone = replace(later, is_gone=True)
    assert current([a_promise(), gone]).number == 1
    assert state_on([a_promise(is_gone=True), gone], date(2021, 5, 20)) is PromiseState.DROPPED


def test_the_last_decision_on_any_of_them_counts_and_open_takes_it_back() -> None:
    kept, back = decided(PromiseState.KEPT, date(2021, 4, 1)), decided(PromiseState.OPEN, date(2021, 4, 2))
    second = a_promise(number=2, repeats=1, made_on=date(2021, 2, 1))
    assert state_on([a_promise(decisions=(kept,)), second], date(2021, 7, 1)) is PromiseState.KEPT
    assert (
        state_on([a_promise(decisions=(kept,)), replace(second, decisions=(back,))], date(2021, 7, 1))
        is PromiseState.OVERDUE
    )


def test_a_letter_is_kept_by_a_file_or_another_answer() -> None:
    letter = a_promise(kind=PromiseKind.LETTER, due_from=None, due_to=None)
    assert state_on([letter], MADE_ON) is PromiseState.OPEN
    with_file = a_question(attachments=(Attachment(title="Letter"),))
    assert state_on([replace(letter, record=with_file)], MADE_ON) is PromiseState.KEPT
    assert state_on([replace(letter, is_gone=True)], MADE_ON) is PromiseState.KEPT
    withdrawn = replace(letter, is_gone=True, record=a_question(is_withdrawn=True))
    assert state_on([withdrawn], MADE_ON) is PromiseState.DROPPED
    assert why([withdrawn], PromiseState.DROPPED) == "the record was withdrawn"
    assert why([replace(letter, record=with_file)], PromiseState.KEPT) == "the letter came with a file"


# -- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2021, 3, 1), date(2021, 5, 31), "spring 2021"),
        (date(2021, 12, 1), date(2022, 2, 28), "winter 2021/22"),
        (date(2021, 4, 1), date(2021, 4, 30), "April 2021"),
        (date(2022, 1, 1), date(2022, 12, 31), "2022"),
        (date(2021, 4, 1), date(2022, 3, 31), "financial year 2021/22"),
        (date(2021, 6, 4), date(2021, 6, 4), "4 June 2021"),
        (MADE_ON, date(2021, 6, 4), "by 4 June 2021"),
        (None, date(2021, 6, 4), "by 4 June 2021"),
        (date(2021, 2, 10), date(2021, 6, 4), "10 February 2021 to 4 June 2021"),
        (date(2021, 2, 1), date(2021, 5, 31), "1 February 2021 to 31 May 2021"),
    ],
)
def test_an_interval_has_the_name_that_people_use(first: date | None, last: date, words: str) -> None:
    assert due_words(a_promise(due_from=first, due_to=last)) == words


def test_vague_times_are_told_in_their_words() -> None:
    assert due_words(vague()) == "in due course"
    no_time = a_promise(sentence="We will publish it.", kind=PromiseKind.VAGUE, due_from=None, due_to=None)
    assert due_words(no_time) == "no time named"
    sentence = "The guidance is under review following a consultation and will be published in due course."
    own = vague(expression="will be published ... in due course")
    assert due_words(replace(own, sentence=sentence)) == "in due course"
    session = a_promise(sentence="We will legislate in this session.", due_to=None)
    assert due_words(session) == "this session, end not known"
    unknown = a_promise(sentence="We will legislate.", due_to=None)
    assert due_words(unknown) == "from 1 March 2021, end not known"


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("We will publish it by Easter.", "by Easter"),
        ("We will publish it no later than the next Spending Review.", "no later than the next Spending Review"),
        ("We will publish it no later than the end of the trial.", "no time named"),
        ("We will publish what the Autumn Budget announced in due course.", "in due course"),
        ("We will deliver what was announced at the Autumn Budget.", "no time named"),
        ("We will once again publish the samples.", "no time named"),
        ("We will publish it at once.", "no time named"),
        ("We will publish it once the trial is over.", "once the trial is over"),
        ("We will publish it later.", "later"),
        (
            "We will publish it when the Department's budget for the next year has been settled and agreed by all.",
            "when the Department's budget for the next year has been...",
        ),
        (
            "We will publish it after consideration of all the responses received.",
            "after consideration of all the responses received",
        ),
    ],
)
def test_time_without_a_day_is_told_where_one_is_named(sentence: str, words: str) -> None:
    promise = a_promise(sentence=sentence, kind=PromiseKind.VAGUE, due_from=None, due_to=None)
    assert due_words(promise) == words


def test_drift_names_each_day_once() -> None:
    again = a_promise(number=2, repeats=1, made_on=date(2021, 2, 1))
    course = vague(number=3, repeats=1, made_on=date(2021, 6, 20))
    assert drift_words([a_promise(), again]) == ""
    assert (
        drift_words([a_promise(), again, course]) == "spring 2021 (said 11 Jan 2021), then in due course (20 Jun 2021)"
    )


def test_a_time_without_a_known_end_does_not_drift() -> None:
    sentence = "We will build 1,000 piers over the next Parliament."
    first, second = (
        a_promise(number=number, repeats=number - 1 or None, sentence=sentence, made_on=day, due_from=day, due_to=None)
        for number, day in ((1, MADE_ON), (2, date(2021, 1, 14)))
    )
    assert due_words(first) == "the next Parliament, end not known"
    assert drift_words([first, second]) == ""
    assert drift_words([first, second, a_promise(number=3, repeats=1, made_on=date(2021, 2, 1))]) == (
        "the next Parliament, end not known (said 11 Jan 2021), then spring 2021 (1 Feb 2021)"
    )


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "today"),
        (1, "1 day ago"),
        (40, "40 days ago"),
        (280, "9 months ago"),
        (400, "1 year and 1 month ago"),
        (735, "2 years ago"),
    ],
)
def test_the_age_of_a_promise_is_told_in_days_months_or_years(days: int, words: str) -> None:
    assert said_words([vague()], MADE_ON + timedelta(days=days)) == f"first said {words}"


def test_age_counts_the_records_that_said_it_again() -> None:
    again = vague(number=2, repeats=1, made_on=date(2021, 6, 20), record=a_question(uin="2"))
    assert said_words([vague(), again], date(2021, 7, 1)) == "first said 5 months ago, again in 1 record"


def test_a_decision_says_who_when_and_why() -> None:
    made = decided(PromiseState.KEPT, date(2021, 4, 1), decided_by="Ada", record="ws-1", reason="it is out")
    said = "marked as kept by Ada on 1 April 2021, shown by ws-1: it is out"
    assert why([a_promise(decisions=(made,))], PromiseState.KEPT) == said
    assert why([a_promise()], PromiseState.OPEN) == ""


def test_a_decision_is_of_the_day_in_london() -> None:
    late = datetime(2021, 7, 1, 23, 30, tzinfo=UTC)
    made = replace(decided(PromiseState.KEPT, date(2021, 7, 1)), decided_at=late)
    assert why([a_promise(decisions=(made,))], PromiseState.KEPT) == "marked as kept on 2 July 2021"


# -- news -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("has_followed", [False, True])
def test_a_promise_is_watched_from_the_day_in_london(*, has_followed: bool) -> None:
    late = datetime(2021, 7, 1, 23, 30, tzinfo=UTC)
    coming = ComingPromise(number=1, first=1, noted_on=MADE_ON, added_at=late, is_decided=False)
    archive = Mock()
    archive.promises.watched_since.return_value = {} if has_followed else {"water": late}
    archive.promises.may_be_news.return_value = {"water": [coming]}
    archive.promises.followed_news.return_value = [coming]
    archive.promises.outlines.return_value = archive.promises.groups.return_value = [(a_promise(),)]
    shared = SharedReads(archive, date(2021, 7, 5))
    [(_, watched_from)] = shared.coming_promises("desk", (), has_followed=has_followed)
    assert watched_from == date(2021, 7, 2)


def reported(news: PromiseNews, due_to: date | None = date(2021, 5, 31)) -> ReportedPromise:
    return ReportedPromise(group=1, number=1, due_to=due_to, news=news)


def test_due_and_overdue_are_news_once_each() -> None:
    group = [a_promise()]
    assert news_of(group, [], date(2021, 2, 20), MADE_ON) is None
    assert news_of(group, [], date(2021, 3, 1), MADE_ON) is PromiseNews.DUE
    assert news_of(group, [reported(PromiseNews.DUE)], date(2021, 3, 2), MADE_ON) is None
    assert news_of(group, [reported(PromiseNews.DUE)], date(2021, 6, 1), MADE_ON) is PromiseNews.OVERDUE
    assert news_of(group, [reported(PromiseNews.OVERDUE)], date(2021, 6, 2), MADE_ON) is None


def test_what_was_over_when_the_ledger_reached_it_is_no_news() -> None:
    assert news_of([a_promise()], [], date(2021, 6, 2), date(2021, 6, 1)) is None
    assert news_of([a_promise()], [], date(2021, 6, 2), date(2021, 5, 31)) is PromiseNews.OVERDUE


def test_a_day_that_was_moved_is_told_again() -> None:
    moved = a_promise(
        number=2, repeats=1, made_on=date(2021, 5, 1), due_from=date(2021, 6, 1), due_to=date(2021, 8, 31)
    )
    told_of_first = [reported(PromiseNews.DUE), reported(PromiseNews.OVERDUE)]
    assert news_of([a_promise(), moved], told_of_first, date(2021, 6, 1), MADE_ON) is PromiseNews.DUE


def test_what_was_told_counts_whichever_of_a_group_is_the_oldest() -> None:
    """The day of a repetition may turn out to be earlier than that of the promise after which the group goes."""
    older = a_promise(number=2, repeats=1, made_on=date(2020, 12, 1))
    told = [reported(PromiseNews.DUE), reported(PromiseNews.OVERDUE)]
    assert news_of([older, a_promise()], told, date(2021, 6, 2), MADE_ON) is None


def test_what_was_said_lately_is_not_told_as_due() -> None:
    lately = a_promise(made_on=date(2021, 2, 25))
    assert news_of([lately], [], date(2021, 3, 1), MADE_ON) is None
    assert news_of([lately], [], date(2021, 3, 11), MADE_ON) is PromiseNews.DUE


def test_kept_is_news_once_and_for_a_month() -> None:
    group = [a_promise(decisions=(decided(PromiseState.KEPT, date(2021, 4, 1)),))]
    assert news_of(group, [], date(2021, 4, 2), MADE_ON) is PromiseNews.KEPT
    assert news_of(group, [reported(PromiseNews.KEPT)], date(2021, 4, 2), MADE_ON) is None
    assert news_of(group, [], date(2021, 6, 2), MADE_ON) is None


def test_dropped_vague_and_letters_are_no_news() -> None:
    dropped = a_promise(decisions=(decided(PromiseState.DROPPED, date(2021, 4, 1)),))
    letter = a_promise(kind=PromiseKind.LETTER, due_from=None, due_to=None)
    for promise in (dropped, vague(), letter, a_promise(is_gone=True)):
        assert news_of([promise], [], date(2021, 7, 1), MADE_ON) is None


def test_new_is_what_the_reader_was_not_sent_before() -> None:
    def pending(now: Proceeding, before: Proceeding | None = None) -> PendingItem:
        return PendingItem(
            proceeding_id=1,
            revisions=(a_revision(now),),
            newest=a_revision(now),
            events=(),
            matches=(),
            topics=frozenset(),
            before=a_revision(before) if before else None,
            told_at=None,
            due_floor_on=None,
        )

    answered, other = a_question(answer=SENTENCE), a_question(answer="Nothing.")
    assert is_new(a_promise(), pending(answered))
    assert is_new(a_promise(), pending(answered, other))
    assert not is_new(a_promise(), pending(answered, answered))
    assert not is_new(a_promise(), pending(other))
    assert not is_new(a_promise(is_gone=True), pending(answered))
    assert not is_new(a_promise(kind=PromiseKind.LETTER), pending(answered))


def test_each_row_is_stored_once() -> None:
    made, due = an_entry(PromiseNews.MADE), an_entry(PromiseNews.DUE)
    assert rows_to_store([due, due], [made]) == ((1, PromiseNews.DUE), (1, PromiseNews.MADE))


# -- mail -------------------------------------------------------------------------------------------------------------

LATE = an_entry(PromiseNews.OVERDUE)
LINE = f"Promised: \u201c{SENTENCE}\u201d (spring 2021)."


def promising() -> Item:
    question = a_question(answer=f"{SENTENCE} It is long.")
    return an_item(question, "sample", promises=(an_entry(PromiseNews.MADE),))


def test_a_new_promise_stands_in_its_answer() -> None:
    rendered = render(a_digest(new=(promising(),)), lambda _: None)
    assert LINE in " ".join(rendered.text.split())
    assert LINE in rendered.html.replace("<span>", "").replace("</span>", "")
    assert subject_of(a_digest(new=(promising(),))) == "1 answer: Water 1 (Mon 1 Feb)"


def test_a_sentence_that_promises_and_puts_off_is_quoted_once() -> None:
    sentence = "We will publish the list of samples in due course."
    words = "Much is known about each of these samples. " * 80
    promise = a_promise(sentence=sentence, kind=PromiseKind.VAGUE, due_from=None, due_to=None)
    answer = a_question(heading="Sample", answer=f"{words}{sentence} {words}")
    told = an_item(answer, "lists", promises=(an_entry(PromiseNews.MADE, promise),))
    text = " ".join(render(a_digest(new=(told,)), lambda _: None).text.split())
    assert text.count(sentence) == 1
    assert f"Promised: \u201c{sentence}\u201d" in text
    alone = " ".join(render(a_digest(new=(replace(told, promises=()),)), lambda _: None).text.split())
    assert f"In due course: \u201c{sentence}\u201d" in alone


def test_a_mention_and_a_line_say_that_there_is_one() -> None:
    item = an_item(a_question(answer=f"{SENTENCE}"), "bathing water", promises=(an_entry(PromiseNews.MADE),))
    item = replace(item, matches=tuple(match for match in item.matches if match.part == "answer"))
    assert "(makes a promise)" in render(a_digest(new=(item,)), lambda _: None).text


def test_promises_said_again_name_how_their_day_moved() -> None:
    again = vague(number=2, repeats=1, made_on=date(2021, 6, 20))
    [line] = made_lines([an_entry(PromiseNews.MADE, a_promise(), again)], 5)
    assert line.startswith("Promised again: ")
    assert line.endswith(
        "in due course.\u201d Its day moved: spring 2021 (said 11 Jan 2021), then in due course (20 Jun 2021)."
    )


def test_who_answered_made_the_promise_and_not_who_corrected_another_sentence() -> None:
    record = a_question(
        answer=SENTENCE,
        answered_on=MADE_ON,
        corrected_on=date(2021, 1, 20),
        corrected_by=Member(name="Cai Sample"),
    )
    assert a_promise(record=record).made_by == record.answered_by
    assert a_promise(record=record, made_on=date(2021, 1, 20)).made_by == record.corrected_by
    entry = an_entry(PromiseNews.DUE, a_promise(record=record))
    assert "Ben Placeholder, 11 January 2021" in promise_entries(a_digest(promises=(entry,)))[0].said


def test_one_answer_to_several_questions_promises_once() -> None:
    other = a_promise(number=2, repeats=1, proceeding_id=2, record=a_question(uin="2", answer=SENTENCE))
    [line] = made_lines([an_entry(PromiseNews.MADE, a_promise(), other)], 5)
    assert line.startswith("Promised: ")
    changed = a_promise(number=2, repeats=1, sentence="We will publish the plan soon.")  # in the place of the first
    [line] = made_lines([an_entry(PromiseNews.MADE, a_promise(), changed)], 5)
    assert line.startswith("Promised again: ")


def test_a_change_tells_of_the_promise_that_it_makes() -> None:
    before = a_revision(a_question(answer="We will publish the plan in December."))
    now = a_revision(a_question(answer=SENTENCE), number=2)
    item = an_item(now.proceeding, "bathing water", promises=(an_entry(PromiseNews.MADE),))
    changed = replace(item, revision=now, before=before, told_on=date(2021, 1, 12), events=(Event.EDITED,))
    digest = a_digest(changed=(changed,))
    for shown in (render(digest, lambda _: None).text, render(digest, lambda _: None).html):
        assert "Promised: \u201c" in " ".join(shown.split())


def test_two_acts_of_a_sentence_are_one_line_and_many_lines_are_cut() -> None:
    second = a_promise(number=2, act="consult", due_from=date(2021, 6, 1), due_to=date(2021, 8, 31))
    [line] = made_lines([an_entry(PromiseNews.MADE), an_entry(PromiseNews.MADE, second)], 5)
    assert line.endswith("(publish spring 2021; consult summer 2021).")
    others = [an_entry(PromiseNews.MADE, a_promise(sentence=f"We will publish plan {n}.")) for n in range(7)]
    assert made_lines(others, 5)[-1] == "And 2 more promises in it."


def test_overdue_due_and_kept_have_sections() -> None:
    kept = a_promise(decisions=(decided(PromiseState.KEPT, date(2021, 2, 1), reason="it is out"),))
    digest = a_digest(promises=(LATE, an_entry(PromiseNews.DUE), an_entry(PromiseNews.KEPT, kept)))
    rendered = render(digest, lambda _: None)
    text = " ".join(rendered.text.split())
    for title in ("PROMISES OVERDUE", "PROMISES DUE", "PROMISES KEPT"):
        assert title in text.upper()
    when = "Was due: spring 2021 (until 31 May 2021)."
    assert f"\u201c{SENTENCE}\u201d {when} Ben Placeholder, 11 January 2021, UIN 140001." in text
    assert "Marked as kept on 1 February 2021: it is out." in text
    for words in ("Promises overdue", SENTENCE, "Marked as kept on 1 February 2021: it is out", "p-0000000001"):
        assert words in rendered.html.replace("<span>", "").replace("</span>", "")
    assert "1 promise overdue, 1 promise due and 1 promise kept." in text


@pytest.mark.parametrize(
    ("facts", "subject", "title"),
    [
        ({"promises": (LATE,)}, "1 promise due: ", "PROMISES DUE"),
        ({"promises": (an_entry(PromiseNews.KEPT),)}, "1 promise kept", "PROMISES KEPT"),
        ({"promises": (LATE, LATE), "new": (promising(),)}, "1 answer, 2 promises due: Water 1", "ANSWERS PUBLISHED"),
        (
            {"promises": (LATE,), "waiting": (a_waiting(is_new=True),)},
            "1 question late, 1 promise due: Water 1",
            "QUESTIONS NEWLY LATE",
        ),
    ],
)  # fmt: skip
def test_the_subject_counts_what_is_due(facts: dict[str, Any], subject: str, title: str) -> None:
    rendered = render(a_digest(**facts), lambda _: None)
    assert rendered.subject.startswith(subject.removesuffix(": "))
    assert title in rendered.text
    if not facts.get("new"):
        assert rendered.preheader == SENTENCE


def test_more_promises_than_have_a_place_stand_in_the_file() -> None:
    many = tuple(an_entry(PromiseNews.OVERDUE, a_promise(number=n, id=f"p-{n:010}")) for n in range(1, 61))
    rendered = render(a_digest(promises=many), lambda _: None)
    assert "50 of 60 promises are shown." in " ".join(rendered.text.split())
    assert "10 more in pqwatch-2021-02-02.csv, attached." in rendered.text
    rows = list(csv.DictReader(io.StringIO(rendered.csv or "")))
    assert len(rows) == 60
    assert (rows[0]["section"], rows[0]["due_on"], rows[0]["answer"]) == ("promises", "2021-05-31", SENTENCE)


def test_messages_and_json_have_them() -> None:
    digest = a_digest(subscriber=a_subscriber(channel="json"), promises=(LATE,), new=(promising(),))
    brief = brief_of(digest, lambda _: None, "id")
    [group] = [group for group in brief.groups if group.title == "Promises overdue"]
    assert SENTENCE in group.lines[0].said
    message = json.loads(plain(digest, digest.new, lambda _: None, "id", lambda _: Related((), ())))
    assert message["promises"][0]["news"] == "overdue"
    assert message["items"][0]["promises"][0]["due_to"] == "2021-05-31"


def test_a_feed_says_what_an_answer_promises() -> None:
    now = datetime(2021, 2, 2, tzinfo=UTC)
    feed = topic_feed(
        a_subscriber(), [promising()], {"water": "Water"}, lambda _: None, instance="x", now=now, rights=""
    )
    assert LINE in feed.entries[0].html
