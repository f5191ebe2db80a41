"""Record as JSON, which always has every key, and its timeline."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from monitor.model.digests import DigestMention
from monitor.model.records import Attachment, Event, Grouped, House, Kind, Member, Proceeding, Revision
from monitor.model.watching import Match
from monitor.parliament.lifecycle import days_taken
from monitor.presentation.record_json import as_dict, whole
from monitor.presentation.timeline import chronicle
from tests.builders import ASKER, a_question, a_revision

SEEN = datetime(2021, 2, 2, 6, 30, tzinfo=UTC)
KEYS = [
    "schema",
    "id",
    "kind",
    "legislature",
    "house",
    "uin",
    "column",
    "heading",
    "state",
    "date",
    "tabled_on",
    "date_for_answer",
    "due_on",
    "named_day",
    "holding_on",
    "answered_on",
    "corrected_on",
    "days_taken",
    "asked_by",
    "answered_by",
    "made_by",
    "body",
    "url",
    "reference",
    "question",
    "answer",
    "text",
    "attachments",
    "grouped_with",
    "same_answer_as",
    "refers_to",
    "letter_promised_on",
    "sources",
    "first_seen_at",
    "matches",
    "source",
    "made_on",
    "corrected_by",
    "series",
    "column_to",
    "volume",
    "session",
    "gid",
    "conflicts",
    "labels",
    "links",
    "due_on_by_parliament",
    "occasion",
    "takes_place_on",
    "cancelled",
]


def member(**facts: object) -> dict[str, object]:
    """Return a member as JSON has it, with only these facts known."""
    keys = ("name", "party", "constituency", "member_id", "person_id", "printed", "office")
    return dict.fromkeys(keys) | facts


def record(**facts: object) -> dict[str, object]:
    revision = a_revision(a_question(**facts))
    return as_dict(revision, first_seen_at=SEEN, due_on=date(2021, 2, 1), matches=[])


def test_all_keys_are_present_in_this_order() -> None:
    assert list(record()) == KEYS
    bare = {"heading": None, "answer": None, "asked_by": None, "body": None, "url": None, "tabled_on": None}
    assert list(record(**bare)) == KEYS
    assert list(record(kind=Kind.STATEMENT, house=House.SCOTLAND)) == KEYS


def test_an_answered_question() -> None:
    said = record()
    assert (
        said
        | {
            "schema": 1,
            "id": "q-140001",
            "kind": "question",
            "legislature": "uk",
            "house": "commons",
            "uin": "140001",
            "state": "answered",
            "date": "2021-02-01",
            "tabled_on": "2021-01-26",
            "due_on": "2021-02-01",
            "named_day": True,
            "corrected_on": None,
            "days_taken": 6,
            "asked_by": member(name="Ada Example", party="Labour", constituency="Mid Sample", member_id=9001),
            "made_by": None,
            "reference": "UIN 140001, answered 1 February 2021",
            "sources": ["questions"],
            "first_seen_at": "2021-02-02T06:30:00+00:00",
            "matches": [],
        }
        == said
    )


def test_only_questions_have_a_state() -> None:
    assert record(kind=Kind.STATEMENT)["state"] is None


def test_attachments_and_links_are_listed() -> None:
    said = record(
        attachments=(Attachment(title="Table", file_type="pdf", size_bytes=9, url="https://example.org/t"),),
        grouped_with=(Grouped(uin="140002", tabled_on=date(2021, 1, 25)), Grouped(uin="140003")),
        asked_by=Member(member_id=7),
    )
    assert said["attachments"] == [
        {"title": "Table", "file_type": "pdf", "size_bytes": 9, "url": "https://example.org/t"}
    ]
    assert said["grouped_with"] == [
        {"uin": "140002", "tabled_on": "2021-01-25"},
        {"uin": "140003", "tabled_on": None},
    ]
    assert said["asked_by"] == member(member_id=7)


@pytest.mark.parametrize(("topic", "said"), [("", None), ("water", "water")])
def test_a_match_of_a_query_has_no_topic(topic: str, said: str | None) -> None:
    match = Match(topic=topic, term="steps", form="Steps", part="answer", start=0, end=5)
    revision = a_revision()
    [found] = as_dict(revision, first_seen_at=SEEN, due_on=None, matches=[match])["matches"]
    assert found == {
        "topic": said, "term": "steps", "form": "Steps", "part": "answer", "start": 0, "end": 5, "successor": None,
    }  # fmt: skip


def test_a_match_of_a_successor_says_of_which_body_and_since_when() -> None:
    term = "NHTCU = successors of NHTCU"
    soca = Match(topic="crime", term=term, form="SOCA", part="answer", start=0, end=4, member=1)
    found = as_dict(a_revision(), first_seen_at=SEEN, due_on=None, matches=[soca])["matches"]
    assert [match["successor"] for match in found] == [
        {"name": "Serious Organised Crime Agency", "of": "National Hi-Tech Crime Unit", "since": "2006-04-01"}
    ]


@pytest.mark.parametrize(
    ("facts", "days"),
    [
        ({}, 6),
        ({"corrected_on": date(2021, 2, 9), "is_correction": True}, 6),
        ({"answered_on": date(2021, 1, 26)}, 0),
        ({"is_holding": True}, None),
        ({"answer": None}, None),
        ({"is_withdrawn": True}, None),
        ({"tabled_on": None}, None),
    ],
)
def test_days_taken_count_from_tabling_to_the_answer_proper(facts: dict[str, object], days: int | None) -> None:
    assert days_taken(a_question(**facts)) == days


# -- the timeline -----------------------------------------------------------------------------------------------------

TODAY = date(2021, 2, 10)


def story(*revisions: Revision, due_on: date | None = date(2021, 2, 1)) -> list[str]:
    steps = chronicle(revisions, due_on, TODAY)
    return [f"{'seen ' if step.is_seen else ''}{step.day:%d %b} {step.event}: {step.text}" for step in steps]


def test_timeline_of_an_answered_question() -> None:
    tabled, *others = story(a_revision(a_question(answered_on=date(2021, 2, 3), body="Home Office")))
    by = "Ada Example (Lab, Mid Sample)"
    assert tabled == f"26 Jan tabled: Tabled by {by} to the Home Office, for answer on 1 February 2021, a named day."
    assert others == [
        "01 Feb due: Due.",
        "03 Feb answered: Answered by Ben Placeholder (Con, Sample Vale), 8 days after it was tabled, 2 days late.",
    ]


def test_an_answer_in_time_says_so() -> None:
    assert story(a_revision(a_question(answered_on=date(2021, 1, 26))))[1:] == [
        "26 Jan answered: Answered by Ben Placeholder (Con, Sample Vale), on the day it was tabled.",
        "01 Feb due: Due; answered in time.",
    ]


def test_an_open_question_says_how_late_it_is_today() -> None:
    open_one = a_question(answer=None, asked_by=None, date_for_answer=None)
    assert story(a_revision(open_one)) == [
        "26 Jan tabled: Tabled to the Department for Environment, Food and Rural Affairs.",
        "01 Feb due: Due; 9 days late today.",
    ]
    assert story(a_revision(open_one), due_on=date(2021, 2, 10))[1] == "10 Feb due: Due."
    assert len(story(a_revision(open_one), due_on=None)) == 1


def test_holding_answer_stays_in_the_timeline() -> None:
    held = a_question(is_holding=True, answered_on=date(2021, 1, 29), holding_on=date(2021, 1, 29))
    answered = a_question(answered_on=date(2021, 2, 1), holding_on=date(2021, 1, 29))
    lines = story(a_revision(held), a_revision(answered, number=2, events=(Event.ANSWERED,)))
    assert [line.split(":")[0] for line in lines] == [
        "26 Jan tabled",
        "29 Jan holding",
        "01 Feb due",
        "01 Feb answered",
    ]
    assert lines[1] == "29 Jan holding: Holding answer by Ben Placeholder (Con, Sample Vale)."


def test_a_correction_names_who_made_it() -> None:
    other = Member(name="Cat Corrector")
    corrected = a_question(corrected_on=date(2021, 2, 5), corrected_by=other, is_correction=True)
    assert story(a_revision(), a_revision(corrected, number=2, events=(Event.CORRECTED,)))[-1] == (
        "05 Feb corrected: Answer corrected by Cat Corrector."
    )


def test_steps_that_the_source_does_not_date_anew_are_dated_when_they_were_seen() -> None:
    def seen(number: int, proceeding: Proceeding, *events: Event) -> Revision:
        on = datetime(2021, 2, number, 9, tzinfo=UTC)
        return a_revision(proceeding, number=number, events=events, seen_at=on)

    answered = a_question(answered_on=date(2021, 1, 29))
    gone = replace(answered, answer=None, answered_on=None)
    first = seen(1, answered, Event.ANSWERED)
    assert story(first, seen(2, gone, Event.EDITED), seen(3, answered, Event.ANSWERED))[-2:] == [
        "seen 02 Feb edited: The answer was taken away.",
        "seen 03 Feb answered: An answer is there again.",
    ]
    flagged = replace(answered, is_correction=True)
    assert (
        story(first, seen(2, flagged, Event.CORRECTED))[-1]
        == "seen 02 Feb corrected: Corrected; the source gives no day."
    )
    assert story(seen(2, flagged, Event.CORRECTED))[-1] == "seen 02 Feb corrected: Corrected; the source gives no day."
    once = replace(answered, corrected_on=date(2021, 2, 2))
    assert story(first, seen(2, once, Event.CORRECTED), seen(3, once, Event.CORRECTED))[-2:] == [
        "02 Feb corrected: Answer corrected by Ben Placeholder (Con, Sample Vale).",
        "seen 03 Feb corrected: Corrected again, under the same day.",
    ]
    held = replace(answered, is_holding=True, holding_on=date(2021, 1, 28), answered_on=date(2021, 1, 28))
    assert story(seen(1, held, Event.HOLDING), seen(2, answered, Event.ANSWERED), seen(3, held, Event.HOLDING))[-1] == (
        "seen 03 Feb holding: A holding answer is there again."
    )


def test_event_without_a_day_is_dated_when_it_was_seen() -> None:
    before = a_question(answer=None)
    steps = {
        Event.TITLED: (replace(before, heading="Rain"), "Headed: Rain"),
        Event.REWORDED: (before, "The question's words were changed."),
        Event.TRANSFERRED: (
            replace(before, body="Home Office"),
            "Transferred from the Department for Environment, Food and Rural Affairs to the Home Office.",
        ),
        Event.REGROUPED: (replace(before, grouped_with=(Grouped(uin="5"), Grouped(uin="6"))), "Grouped with 5 and 6."),
        Event.RESCHEDULED: (
            replace(before, date_for_answer=date(2021, 2, 8)),
            "Set down for 8 February 2021, a named day.",
        ),
        Event.EDITED: (before, "The answer's words were changed; the source does not call it a correction."),
        Event.ATTACHED: (replace(before, attachments=(Attachment(title="Map"),)), "File attached: Map."),
        Event.WITHDRAWN: (replace(before, is_gone=True), "No longer published: its page is gone."),
        Event.REAPPEARED: (before, "Published again."),
        Event.LAPSED: (replace(before, is_lapsed=True), "Lapsed: the session ended before it was answered."),
    }
    for event, (after, said) in steps.items():
        later = a_revision(after, number=2, events=(event,), seen_at=datetime(2021, 2, 9, 23, 30, tzinfo=UTC))
        assert story(a_revision(before), later)[-1] == f"seen 09 Feb {event.value}: {said}"


def test_removals_are_mentioned() -> None:
    before = a_question(grouped_with=(Grouped(uin="5"),), attachments=(Attachment(title="Map"),))
    after = replace(before, heading=None, grouped_with=(), attachments=(), date_for_answer=None)
    events = (Event.TITLED, Event.REGROUPED, Event.RESCHEDULED, Event.ATTACHED)
    lines = [line.split(": ", 1)[1] for line in story(a_revision(before), a_revision(after, number=2, events=events))]
    assert lines[-4:] == [
        "Its heading was taken away.",
        "No longer grouped with another question.",
        "Set down for no day.",
        "File taken away: Map.",
    ]


def test_removed_answer_and_withdrawn_correction_are_not_called_edits() -> None:
    answered = a_question()
    gone = a_revision(a_question(answer=None), number=2, events=(Event.EDITED,))
    assert story(a_revision(answered), gone)[-1].endswith("edited: The answer was taken away.")
    held = a_revision(a_question(is_holding=True))
    assert story(held, gone)[-1].endswith("edited: The holding answer was taken away.")
    corrected = a_revision(a_question(corrected_on=date(2021, 2, 5), is_correction=True))
    back = a_revision(a_question(answer="Other."), number=2, events=(Event.EDITED,))
    assert "seen 02 Feb edited: The correction was taken back." in story(corrected, back)


PROMISED = a_question(answer="I will write to the hon. Member.")


@pytest.mark.parametrize(
    ("after", "event", "said"),
    [
        (
            {"attachments": (Attachment(title="Letter"),)},
            Event.ATTACHED,
            "The letter promised on 1 February 2021 is there.",
        ),
        (
            {"answer": "I have written to the hon. Member."},
            Event.EDITED,
            "The letter promised on 1 February 2021 is there.",
        ),
        (
            {"answer": "There were 12."},
            Event.EDITED,
            "An answer stands in the place of the letter promised on 1 February 2021.",
        ),
    ],
)
def test_promised_letter_is_in_the_timeline(after: dict[str, Any], event: Event, said: str) -> None:
    lines = story(a_revision(PROMISED), a_revision(replace(PROMISED, **after), number=2, events=(event,)))
    assert lines[2].endswith("days after it was tabled; it only promises a letter.")
    assert lines[-1] == f"seen 02 Feb {event.value}: {said}"
    assert record(answer=PROMISED.answer)["letter_promised_on"] == "2021-02-01"


def test_digests_are_in_the_timeline_on_request() -> None:
    at = datetime(2021, 2, 2, 7, tzinfo=UTC)
    mentions = [
        DigestMention(
            subscriber="Policy desk",
            digest_id=7,
            kind=kind,
            slot="s",
            as_of=at,
            revision=1,
        )
        for kind in ("mailed", "skipped")
    ]
    steps = chronicle([a_revision()], None, TODAY, mentions)
    assert [(step.event, step.text) for step in steps][-2:] == [
        ("told", "Told to Policy desk, digest 7 (revision 1)."),
        ("told", "Marked as told to Policy desk, digest 7 (revision 1)."),
    ]
    assert whole(record(), [], [], mentions)["told"][1] == {
        "subscriber": "Policy desk",
        "digest": 7,
        "kind": "skipped",
        "slot": "s",
        "as_of": "2021-02-02T07:00:00+00:00",
        "revision": 1,
    }


def test_end_before_the_first_reading_is_in_the_timeline() -> None:
    assert story(a_revision(a_question(answer=None, is_withdrawn=True)))[-1] == "seen 02 Feb withdrawn: Withdrawn."
    assert story(a_revision(a_question(answer=None, is_lapsed=True)))[-1] == (
        "seen 02 Feb lapsed: Lapsed: the session ended before it was answered."
    )


def test_an_oral_question_in_scotland_has_the_day_of_its_meeting() -> None:
    spoken = a_question(house=House.SCOTLAND, uin="S6O-1", body=None, answer=None, answered_on=date(2021, 2, 3))
    assert story(a_revision(spoken), due_on=None)[-1] == (
        "03 Feb answered: The meeting for which it was set down. What was said there is only in the Official Report."
    )


def test_other_kinds_have_a_day_of_publication() -> None:
    statement = a_question(kind=Kind.STATEMENT, tabled_on=None, made_by=ASKER)
    assert story(a_revision(statement)) == ["01 Feb tabled: Published by Ada Example (Lab, Mid Sample)."]


def test_no_revisions_have_no_timeline() -> None:
    assert chronicle([], None, TODAY) == ()


def test_whole_record_has_its_revisions_and_timeline() -> None:
    first, second = a_revision(), a_revision(a_question(corrected_on=date(2021, 2, 5), is_correction=True), number=2)
    said = whole(record(), [first, second], chronicle([first, second], None, TODAY))
    assert list(said) == [*KEYS, "referred_by", "revisions", "story", "told"]
    assert [(sentence["number"], sentence["state"], sentence["corrected_on"]) for sentence in said["revisions"]] == [
        (1, "answered", None),
        (2, "corrected", "2021-02-05"),
    ]
    assert said["story"][-1] == {
        "date": "2021-02-05",
        "event": "corrected",
        "text": "Answer corrected by Ben Placeholder (Con, Sample Vale).",
        "is_seen": False,
    }
