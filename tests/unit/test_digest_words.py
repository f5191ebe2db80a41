"""Wording of a digest: subjects, items, changes and small pieces."""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from monitor.digest.arrange import is_wanted
from monitor.digest.render import Rendered, render
from monitor.model.records import Attachment, Event, Grouped, House, Kind, Link, Member, Proceeding
from monitor.model.watching import Subscriber
from monitor.parliament.calendar import load_calendar
from monitor.parliament.lifecycle import due_on
from monitor.presentation.changes import Change, SameChange, change_of
from monitor.presentation.citation import cite
from monitor.presentation.entry import Entry, entry_of
from monitor.presentation.feeds.entries import feed_entry
from monitor.presentation.plain_text import WIDTH, fill, inline
from monitor.presentation.record_lines import people_line
from monitor.presentation.record_names import asker_of, heading_of
from monitor.presentation.wording import (
    body_name,
    clean,
    count_of,
    host_of,
    listed,
    listed_briefly,
    long_range,
    official_url,
    one_line,
    short_body,
    short_range,
    shorten,
    uin_order,
)
from tests.builders import (
    NOW,
    a_digest,
    a_match,
    a_question,
    a_reading,
    a_revision,
    a_subscriber,
    a_waiting,
    an_item,
    found_by,
    matches_in,
)
from tests.golden.cases import TOPICS, a_day, after_recess, correction_day, due, item, ordinary_day, quiet_day

if TYPE_CHECKING:
    from monitor.model.digests import Digest, Item
    from monitor.presentation.excerpt import Excerpt

WATER = {"water": "Water"}


def no_due(_: Proceeding) -> None:
    return None


def entry(question: Proceeding, *terms: str, **facts: Any) -> Entry:
    return entry_of(an_item(question, *terms, **facts), WATER, due)


def words(excerpt: Excerpt) -> str:
    return inline(excerpt)


def text_of(digest: Digest, **facts: Any) -> str:
    return " ".join(render(digest, due, **facts).text.split())


def subject(digest: Digest) -> str:
    return render(digest, no_due).subject


def styled(digest: Digest, style: str) -> Digest:
    return replace(digest, subscriber=replace(digest.subscriber, subject=style))


# -- subject ----------------------------------------------------------------------------------------------------------


def test_subject_counts_by_topic_and_names_the_day() -> None:
    assert subject(ordinary_day()) == (
        "7 answers (1 holding), 2 new questions: Online scams 3, Water 2, Rural buses 1, +1 (Mon 1 Feb)"
    )
    assert subject(after_recess()).endswith("(26 Jul to 9 Sep)")


def test_subject_may_only_count_or_name_terms() -> None:
    assert subject(styled(ordinary_day(), "counts")) == "7 answers (1 holding), 2 new questions (Mon 1 Feb)"
    assert subject(styled(correction_day(), "counts")) == "2 corrected, 4 changed; 1 answer (Tue 26 Nov)"
    assert subject(styled(ordinary_day(), "terms")) == (
        "7 answers (1 holding), 2 new questions: fraudulent website 2, online scam 1, water quality 1, +3 (Mon 1 Feb)"
    )


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("topics", "CORRECTED: Water: Sample Vale; 1 changed, 3 answers (1 holding), 1 late, 2 new questions: Water 3"),
        ("counts", "1 corrected, 1 changed; 3 answers (1 holding), 1 late, 2 new questions"),
        ("terms", "CORRECTED: Water: Sample Vale; 1 changed, 3 answers (1 holding), 1 late, 2 new questions: water 3"),
    ],
)
def test_subject_mentions_everything_in_the_mail(style: str, said: str) -> None:
    new = (an_item(a_question(uin="1"), "water"), an_item(a_question(uin="2"), "water"))
    fixed = a_question(uin="5", answer="Six.", is_correction=True, corrected_on=date(2021, 2, 1))
    digest = a_digest(
        subscriber=a_subscriber(subject=style),
        changed=(
            an_item(fixed, "water", before=a_question(uin="5"), events=(Event.CORRECTED,)),
            an_item(a_question(uin="6", answer="x"), "water", before=a_question(uin="6"), events=(Event.EDITED,)),
        ),
        new=(*new, an_item(a_question(uin="3", is_holding=True), "water")),
        questions=(
            an_item(a_question(uin="7", answer=None), "water"),
            an_item(a_question(uin="8", answer=None), "water"),
        ),
        waiting=(a_waiting(is_new=True), a_waiting(), a_waiting(days_late=0)),
    )
    assert subject(digest) == f"{said} (Mon 1 Feb)"


def test_subject_of_holding_answers_alone_calls_them_so() -> None:
    held = tuple(an_item(a_question(uin=str(n), is_holding=True), "water") for n in range(2))
    assert subject(a_digest(new=held)) == "2 holding answers: Water 2 (Mon 1 Feb)"


def test_long_subject_gives_up_names_before_counts() -> None:
    topics = {f"t{n}": f"Topic number {n} with a name that is long" for n in range(4)}
    new = tuple(an_item(a_question(uin=str(n), heading=f"Water {n}"), "water", topic=f"t{n % 4}") for n in range(9))
    changed = an_item(a_question(heading="W" * 50 + " " + "W" * 50), before=a_question(), events=(Event.EDITED,))
    asked = an_item(a_question(answer=None), "water")
    digest = a_digest(new=new, changed=(changed,), questions=(asked,), topics=topics, waiting=(a_waiting(is_new=True),))
    said = subject(digest)
    assert len(said) <= 130
    assert "; 9 answers, 1 late, 1 new question" in said
    assert said.endswith(" (Mon 1 Feb)")


def test_family_is_named_by_its_first_member() -> None:
    family = an_item(a_question(), matches=(a_match("Sample Unit", term="SU = Sample Unit"),))
    digest = a_digest(subscriber=a_subscriber(subject="terms"), new=(family,))
    assert subject(digest) == "1 answer: SU 1 (Mon 1 Feb)"
    assert entry_of(family, WATER, due).why == ("Found: Sample Unit (question), by SU",)


def test_correction_leads_the_subject() -> None:
    assert subject(correction_day()) == (
        "CORRECTED: Bus Services: Finance, +1; 4 changed, 1 answer: Rural buses 1 (Tue 26 Nov)"
    )


@pytest.mark.parametrize(
    ("now", "lead"),
    [
        (a_question(is_withdrawn=True), "WITHDRAWN: Water: Sample Vale"),
        (a_question(answer=None, is_lapsed=True), "LAPSED: Water: Sample Vale"),
        (a_question(answer="x"), "CHANGED: Water: Sample Vale"),
    ],
)
def test_other_changes_lead_too(now: Proceeding, lead: str) -> None:
    changed = an_item(now, before=a_question(), events=(Event.EDITED,))
    assert subject(a_digest(changed=(changed,))) == f"{lead} (Mon 1 Feb)"


def test_what_went_before_it_was_sent_is_no_change_to_what_was_told() -> None:
    asked = a_question(answer=None)
    told = an_item(replace(asked, id="q-1", is_lapsed=True), before=asked, events=(Event.LAPSED,))
    new = an_item(replace(asked, id="q-2", is_withdrawn=True), "water", events=(Event.WITHDRAWN,))
    text = text_of(a_digest(changed=(told, new)))
    assert " 1 change to what you were told. 1 withdrawn or lapsed question that you had not been sent. " in text
    assert text.index(" CHANGED SINCE YOU READ IT ") < text.index("1 LAPSED |") < text.index(" WITHDRAWN OR LAPSED ")
    alone = text_of(a_digest(changed=(new,)))
    assert "1 withdrawn or lapsed question that you had not been sent." in alone
    assert "you were told" not in alone
    assert "CHANGED SINCE" not in alone


def test_subject_of_mentions_questions_and_waiting_alone() -> None:
    mention = an_item(a_question(heading="H", answer="On water."), "water")
    asked = an_item(a_question(answer=None), "water")
    assert subject(a_digest(new=(mention,))) == "1 mention: Water 1 (Mon 1 Feb)"
    assert subject(a_digest(questions=(asked, asked))) == "2 new questions: Water 2 (Tue 26 Jan)"
    late = (a_waiting(is_new=True), a_waiting(days_late=None))
    assert subject(a_digest(waiting=late)) == "1 question late: Water 1 (Mon 1 Feb)"
    assert subject(a_digest(waiting=(a_waiting(days_late=0),))) == "1 question due today (Mon 1 Feb)"
    assert subject(a_digest(waiting=(a_waiting(days_late=None),))) == "1 question still waiting (Mon 1 Feb)"


def test_quiet_subject_says_what_was_read() -> None:
    assert subject(quiet_day()) == "Nothing on your topics (Tue 24 Sep); 5 answers read"
    assert subject(a_digest(read=())) == "Nothing on your topics (Tue 2 Feb); 0 answers read"


def test_followed_question_has_a_place_in_the_subject() -> None:
    followed = an_item(a_question(), topics=(), before=a_question(answer=None))
    assert subject(a_digest(new=(followed,))) == "1 answer: followed 1 (Mon 1 Feb)"


def test_subject_keeps_its_day_when_it_is_long() -> None:
    digest = a_day(*(item(a_question(uin=str(n), heading="Bathing Water", answer=str(n))) for n in range(3)))
    digest = replace(digest, topics=dict.fromkeys(TOPICS, "T" * 200), changed=correction_day().changed)
    assert len(subject(digest)) <= 150
    assert subject(digest).endswith("(1 Feb 2021 to 26 Nov 2024)")


def test_preview_line_is_the_best_match() -> None:
    assert render(ordinary_day(), due).preheader == (
        "Fraudulent Websites (Home Office): I refer the noble Baroness to the answer that I gave on 14 January."
    )
    words = "To ask the Secretary of State for Transport, how many buses cross water."
    asked = a_question(question=words, answer=None)
    assert render(a_digest(questions=(an_item(asked, "water"),)), due).preheader.endswith(
        "): how many buses cross water."
    )
    assert render(a_digest(waiting=(a_waiting(),)), due).preheader == "Water: Sample Vale"
    assert render(a_digest(), due).preheader == "Next mail when there is news."
    for digest in (ordinary_day(), correction_day()):
        done = render(digest, due)
        assert done.preheader in done.html.replace("&#x27;", "'").replace("&amp;", "&")


# -- items ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, " answered on 1 Feb 2021. Named day, on time (tabled 26 Jan, due 1 Feb)."),
        ({"answered_on": date(2021, 2, 2)},
         " answered on 2 Feb 2021. Named day, 1 day late (tabled 26 Jan, due 1 Feb)."),
        ({"answered_on": date(2021, 3, 1), "named_day": False},
         " answered on 1 Mar 2021. 28 days late (tabled 26 Jan, due 1 Feb)."),
        ({"house": House.LORDS, "named_day": None}, " answered on 1 Feb 2021. Tabled 26 Jan."),
        ({"house": House.LORDS, "named_day": None, "tabled_on": None}, " answered on 1 Feb 2021."),
        ({"tabled_on": date(2020, 12, 30)}, " answered on 1 Feb 2021. Named day, on time (tabled 30 Dec 2020, due 1 Feb)."),
        (
            {"holding_on": date(2021, 1, 28), "named_day": False},
            " answered on 1 Feb 2021. On time (tabled 26 Jan, due 1 Feb, holding answer 28 Jan).",
        ),
        ({"is_holding": True}, " gave a holding answer on 1 Feb 2021. Named day (tabled 26 Jan, due 1 Feb)."),
        ({"answer": None}, ""),
    ],
)  # fmt: skip
def test_item_says_whether_the_answer_came_in_time(facts: dict[str, Any], said: str) -> None:
    assert entry(a_question(**facts)).answered == said


def test_item_names_who_asked_whom() -> None:
    assert entry(a_question()).authored == (
        " (Lab, Mid Sample) asked the Department for Environment, Food and Rural Affairs"
    )
    lords = a_question(house=House.LORDS, body=None, asked_by=None, has_interest=True)
    assert (entry(lords).author, entry(lords).authored) == (
        "A member",
        " asked the Government in the House of Lords, declaring an interest",
    )
    assert asker_of(a_question(asked_by=Member(name="Ada", party="Sample Party"))) == "Ada (Sample Party)"
    assert entry(a_question(answered_by=None)).answerer == "A minister"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Minister of Rain", "The Minister of Rain"),
        ("First Minister and deputy First Minister", "The First Minister and deputy First Minister"),
        ("Cabinet Secretary for Rain", "The Cabinet Secretary for Rain"),
        ("Senedd Commission", "The Senedd Commission"),
        ("Ben Minister", "Ben Minister"),
    ],
)
def test_an_office_that_answered_has_its_article(name: str, said: str) -> None:
    answered = a_question(house=House.SENEDD, body=name, answered_by=Member(name=name))
    within = said.replace("The ", "the ", 1)
    assert f" {said} answered on 1 Feb 2021." in text_of(a_digest(new=(an_item(answered, "water"),)))
    assert f" {said} answered on 1 Feb 2021." in feed_summary(answered)
    assert people_line(answered).endswith(f", answered by {within}")


def test_statement_and_speech_are_shown_by_their_text() -> None:
    made_by = Member(name="Ben Placeholder")
    statement = a_question(kind=Kind.STATEMENT, question=None, answer=None, text="Water is safe.", made_by=made_by)
    shown = entry(statement, "safe")
    assert (shown.author, shown.authored) == ("Ben Placeholder", " made a written statement on 26 Jan 2021")
    assert words(shown.answer) == "Water is *safe*."
    assert words(shown.sentence) == "Water is *safe*."
    assert shown.cite == "Written statement 140001, 26 January 2021"
    assert entry(replace(statement, kind=Kind.SPEECH, uin=None)).cite == "HC Deb 26 January 2021, Water: Sample Vale"
    assert cite(replace(statement, uin=None, heading=None)) == "Written statement, Water is safe, 26 January 2021"
    assert entry(replace(statement, text="It is dry."), "water").answer_note == "No match in the text:"


def made(kind: Kind, **facts: Any) -> Proceeding:
    """Build a record of another kind than a question, made on Tuesday 26 October 2009 by an invented minister."""
    given: dict[str, Any] = {
        "kind": kind,
        "uin": None,
        "id": "sp-1",
        "heading": "Water",
        "question": None,
        "answer": None,
        "text": "Water is safe.",
        "tabled_on": None,
        "answered_on": None,
        "made_on": date(2009, 10, 26),
        "made_by": Member(name="Ben Placeholder", party="Labour"),
        "body": None,
    }
    return a_question(**(given | facts))


@pytest.mark.parametrize(
    ("proceeding", "said"),
    [
        (made(Kind.SPEECH, series="debates"), " (Lab) said in the House of Commons on 26 Oct 2009"),
        (made(Kind.SPEECH, house=House.LORDS, series="debates"), " (Lab) said in the House of Lords on 26 Oct 2009"),
        (made(Kind.SPEECH, series="westminster_hall"), " (Lab) said in Westminster Hall on 26 Oct 2009"),
        (
            made(Kind.SPEECH, series="grand_committee", house=House.LORDS),
            " (Lab) said in Grand Committee on 26 Oct 2009",
        ),
        (made(Kind.SPEECH, series="committee"), " (Lab) said in committee on 26 Oct 2009"),
        (
            made(Kind.SPEECH, series="committee", body="Sample Bill"),
            " (Lab) said in committee on the Sample Bill on 26 Oct 2009",
        ),
        (
            made(Kind.STATEMENT, house=House.LORDS),
            " (Lab) made a written statement in the House of Lords on 26 Oct 2009",
        ),
        (
            made(
                Kind.STATEMENT,
                made_by=Member(name="Ben Placeholder", office="Minister of State", printed="The Minister"),
            ),
            ' (printed "The Minister"), Minister of State, made a written statement on 26 Oct 2009',
        ),
        (made(Kind.NOTICE), " published this on 26 Oct 2009"),
        (made(Kind.NOTICE, made_on=None), " published this"),
    ],
)
def test_item_says_what_was_done_and_where(proceeding: Proceeding, said: str) -> None:
    assert entry(proceeding).authored.endswith(said)


def test_only_letters_that_come_with_the_answer_are_said_to_be_told() -> None:
    promised = a_question(answer="I will write to the Member.", house=House.LORDS)
    assert "It promises a letter. You will be told when the letter appears." in entry(promised).notes
    assert "It promises a letter." in entry(replace(promised, house=House.NORTHERN_IRELAND)).notes


def test_of_an_oral_question_in_scotland_it_is_not_said_that_a_minister_answered() -> None:
    spoken = a_question(
        house=House.SCOTLAND, uin="S6O-1", heading=None, body="First Minister", answer=None, answered_by=None,
        answered_on=date(2021, 2, 1), named_day=None,
    )  # fmt: skip
    said = "Oral question for the meeting of 1 Feb 2021. Tabled 26 Jan. What was said there is only in the Official Report."
    text, summary = text_of(a_digest(new=(an_item(spoken, "water"),))), feed_summary(spoken)
    assert said in " ".join(text.split())
    assert "answered" not in text.split("Oral question")[1].split("Cite")[0]
    assert "Cite: S6O-1, tabled 26 January 2021" in text
    assert summary.endswith(f"asked the First Minister. {said}")
    assert entry(spoken).aside == " (Scotland, oral question)"
    in_writing = replace(spoken, answer="Twelve.", answered_by=Member(name="Ben Placeholder"))
    assert entry(in_writing).answered.startswith(" answered on 1 Feb 2021.")


def test_oral_questions_whose_words_are_not_here_are_counted_apart() -> None:
    answered = an_item(a_question(), "water")
    spoken = [
        an_item(a_question(house=House.SCOTLAND, uin=f"S6O-{n}", answer=None, answered_on=date(2021, 2, 1)), "water")
        for n in (1, 2)
    ]
    done = render(a_digest(new=(answered, *spoken)), due)
    assert done.subject == "1 answer, 2 oral questions: Water 3 (Mon 1 Feb)"
    assert "ANSWERS PUBLISHED MONDAY 1 FEBRUARY 2021" in done.text
    assert "1 answer and 2 oral questions about your topics." in " ".join(done.text.split())
    alone = render(a_digest(new=tuple(spoken)), due)
    assert alone.subject == "2 oral questions: Water 2 (Mon 1 Feb)"
    assert "PUBLISHED ON MONDAY 1 FEBRUARY 2021" in alone.text


def test_lists_tell_questions_that_the_senedd_did_not_reach_apart_by_their_words() -> None:
    heading = "Questions to the First Minister"
    not_reached = a_question(
        house=House.SENEDD, uin=None, tabled_on=None, heading=heading, question="How is the water?"
    )
    assert heading_of(not_reached) == f"{heading}: How is the water?"
    assert entry(not_reached).title == heading
    assert heading_of(replace(not_reached, house=House.COMMONS)) == heading


def feed_summary(proceeding: Proceeding) -> str:
    return feed_entry(a_revision(proceeding), NOW, (), {}, due).summary


def test_notice_is_by_its_publisher_and_is_a_link_where_it_is_parliaments() -> None:
    notice = made(Kind.NOTICE, body="Sample news", url="https://www.news.example/a")
    assert (entry(notice).author, entry(notice).name, entry(notice).house) == ("Sample news", "", "")
    assert [(link.words, link.address, link.url) for link in entry(notice).links] == [
        ("Page", "https://www.news.example/a", "")
    ]
    [official] = entry(replace(notice, url="https://www.ofcom.org.uk/a")).links
    assert official.url == "https://www.ofcom.org.uk/a"
    assert entry(replace(notice, body=None)).author == "news.example"
    ours = replace(notice, url="https://committees.parliament.uk/a", house=House.LORDS)
    assert (entry(ours).links, entry(ours).url) == ((), "https://committees.parliament.uk/a")
    assert entry(ours).aside == " (notice)"
    assert entry(ours).placed == "Sample news"


def test_lists_name_records_by_their_usual_reference() -> None:
    assert entry(a_question()).placed == "Defra, UIN 140001"
    old = a_question(tabled_on=None, answered_on=date(2005, 12, 7), uin="30444", body="Transport")
    assert entry(old).placed == "Transport, question 30444"
    assert entry(replace(old, uin=None, column="1366W")).placed == "Transport, HC Deb 7 December 2005 vol 440 c1366W"
    assert entry(a_question(house=House.SCOTLAND, uin="S6W-1", body=None)).placed == "S6W-1"
    assert entry(made(Kind.STATEMENT, uin="HCWS7", body="Home Office")).placed == "Home Office, HCWS7"
    assert entry(made(Kind.SPEECH, column="171")).placed == "HC Deb 26 October 2009 vol 498 c171"
    committee = made(Kind.SPEECH, column="5", series="committee", body="Sample Bill")
    assert entry(committee).placed == "Sample Bill, PBC Deb 26 October 2009 c5"


def test_record_without_a_heading_is_named_by_its_kind() -> None:
    headings = [entry(made(kind, heading=None)).heading for kind in (Kind.STATEMENT, Kind.SPEECH, Kind.NOTICE)]
    assert headings == ["Written statement sp-1", "Speech sp-1", "Notice sp-1"]


def test_old_questions_in_a_group_are_not_called_uins() -> None:
    old = a_question(tabled_on=None, answered_on=date(2005, 12, 7), grouped_with=(Grouped(uin="7"),))
    assert entry(old).notes == ("Answered together with question 7.",)
    two = replace(old, grouped_with=(Grouped(uin="7"), Grouped(uin="8")))
    assert entry(two).notes == ("Answered together with questions 7 and 8.",)


def test_printed_name_is_added_if_it_differs() -> None:
    minister = Member(name="Ben Placeholder", printed="Mr. Placeholder", office="The Minister")
    shown = entry(a_question(answered_by=minister, tabled_on=None, date_for_answer=None, named_day=None))
    assert shown.answered == ' (printed "Mr. Placeholder"), The Minister, answered on 1 Feb 2021.'
    asked = a_question(asked_by=Member(name="Ada Example", printed="Ms Example", party="Labour"))
    assert entry(asked).authored.startswith(' (Lab; printed "Ms Example") asked the')
    same = a_question(asked_by=Member(name="Ada Example", printed="Dr. Ada Example"))
    assert entry(same).authored.startswith(" asked the")


def test_kinds_are_counted_separately() -> None:
    items = [
        an_item(a_question(), "water"),
        an_item(made(Kind.STATEMENT, id="s-1"), "water"),
        *(an_item(made(Kind.SPEECH, id=f"sp-{n}"), "water") for n in range(2)),
        an_item(made(Kind.SPEECH, id="sp-9", heading="Salt"), "water"),
    ]
    digest = a_digest(new=tuple(items))
    assert subject(digest).startswith("1 answer, 1 statement, 2 speeches: Water 4 (26 Oct 2009 to 1 Feb 2021)")
    text = text_of(digest)
    assert "1 answer, 1 statement and 2 speeches about your topics. 1 more speech only mentions your words" in text
    assert text.startswith("PUBLISHED 26 OCTOBER 2009 TO 1 FEBRUARY 2021")
    alone = a_digest(new=(items[-1],))
    assert "1 speech only mentions your words" in text_of(alone)
    assert subject(alone).startswith("1 mention: Water 1")
    assert text_of(alone).startswith("PUBLISHED ON MONDAY 26 OCTOBER 2009")


def test_reading_of_other_sources_counts_records() -> None:
    nothing = a_digest(read=(a_reading(source="theyworkforyou", house=None), a_reading()))
    assert subject(nothing) == "Nothing on your topics (Mon 1 Feb); 752 records read"
    assert "TheyWorkForYou 376 of 376, Commons 376 of 376" in text_of(nothing)
    one = a_digest(new=(an_item(a_question(), "water"),), read=(a_reading(source="statements"),))
    assert "parliament.uk, Monday 1 February 2021: 376 of 376 statements read." in text_of(one)


OFFICE_FILE = "application/vnd.openxmlformats-officedocument."


def test_item_names_files_links_and_other_questions_and_says_that_they_were_not_read() -> None:
    question = a_question(
        grouped_with=(Grouped(uin="7"), Grouped(uin="8")),
        attachments=(
            Attachment(title="T", file_type="pdf", size_bytes=1),
            Attachment(title=""),
            Attachment(title="Big", size_bytes=2_345_678),
            Attachment(title="Table", file_type=f"{OFFICE_FILE}spreadsheetml.sheet", url="https://x.example/T%201.XLSX"),
            Attachment(title="Note", file_type="application/pdf"),
        ),
        links=(
            Link(text="guidance", href="https://www.gov.example/a"),
            Link(text="https://www.gov.example/b", href="https://www.gov.example/b"),
            Link(text="www.gov.example", href="https://other.example/b"),
            Link(text="bad", href="http://[::1"),
        ),
    )  # fmt: skip
    assert entry(question).notes == (
        "Answered together with UIN 7 and 8.",
        "Attached: T (pdf, 1 kB); a file without a name; Big (2.3 MB); Table (xlsx); Note (pdf). Not read by pqwatch.",
    )
    assert [(link.words, link.address, link.url) for link in entry(question).links] == [
        ("guidance", "https://www.gov.example/a", ""),
        ("", "https://www.gov.example/b", ""),
        ("www.gov.example", "https://other.example/b", ""),
        ("bad", "http://[::1", ""),
    ]
    many = entry(a_question(links=tuple(Link(text=f"l{n}", href=f"https://x.example/{n}") for n in range(12))))
    assert (len(many.links), many.links_more) == (10, "And 2 more links: see the page.")


@pytest.mark.parametrize("is_text", [True, False], ids=["text", "html"])
def test_a_link_of_an_official_host_is_whole_and_can_be_clicked(is_text: bool) -> None:
    address = "https://www.gov.uk/government/publications/" + "a-very-long-name-of-a-publication-" * 6 + "?page=1&x=2"
    guarded = (
        f"https://eur03.safelinks.protection.outlook.com/?url={quote(address, safe='')}&data=05%7C02%7CX&reserved=0"
    )
    links = (Link(text="the guidance", href=guarded), Link(text="elsewhere", href="https://news.example/a"))
    done = render(a_digest(new=(an_item(a_question(links=links), "water"),)), due)
    if is_text:
        assert f"\n  the guidance:\n  {address}\n  elsewhere: https://news.example/a\n" in done.text
    else:
        assert f'<a href="{escape(address)}"' in done.html
        assert 'news.example/a"' not in done.html
        assert "outlook" not in done.html


def test_an_address_that_is_written_out_can_be_clicked_with_what_was_found_in_it() -> None:
    said = "It is on water at https://www.gov.uk/water/clean-rivers, and at https://evilgov.uk/water."
    done = render(a_digest(new=(an_item(a_question(answer=said), "water"),)), due)
    address = "https://www.gov.uk/water/clean-rivers"
    assert set(re.findall(r'href="(https://[a-z.]*gov.uk/water[^"]*)"', done.html)) == {address}
    linked = "".join(re.findall(rf'<a href="{address}"[^>]*>(.*?)</a>', done.html))
    assert re.sub(r"<.*?>", "", linked) == address
    assert "<strong>water</strong>" in linked
    assert f"It is on *water* at {address}, and at https://evilgov.uk/water." in " ".join(done.text.split())


def test_hosts_of_the_configuration_can_be_clicked_too() -> None:
    digest = a_digest(new=(an_item(a_question(links=(Link(text="n", href="https://www.nice.example/a"),)), "water"),))
    assert 'href="https://www.nice.example/a"' not in render(digest, due).html
    assert 'href="https://www.nice.example/a"' in render(digest, due, hosts=("nice.example",)).html


def test_a_file_that_came_with_an_answer_is_a_link() -> None:
    address = "https://qna.files.parliament.uk/qna-attachments/1/original/T.pdf"
    files = (Attachment(title="T", file_type="pdf", url=address), Attachment(title="U", url="https://u.example/u.pdf"))
    assert [(link.words, link.url) for link in entry(a_question(attachments=files)).links] == [("T", address)]


def test_item_gives_its_reason() -> None:
    question = a_question(heading="Water", question="Water and waters?", answer="Salt water.")
    assert entry(question, "water", "salt").why == ()
    family = found_by(matches_in(question, "salt")[0], "sea = salt")
    assert entry(question, matches=(family,)).why == ("Found: Salt, by sea",)
    assert entry(question).why == ("Why: you were told of this question before",)


def test_item_names_its_other_topics() -> None:
    question = a_question(heading="Waters", question="On buses.", answer="No.")
    matches = (*matches_in(question, "buses", "rural"), *matches_in(question, "water"))
    by_other_words = tuple(found_by(match, f"vehicle = {match.term}") for match in matches)
    both = an_item(question, matches=by_other_words, topics=("rural", "water"))
    shown = entry_of(both, {"rural": "Rural buses", "water": "Water"}, due)
    assert shown.also == "Also under Water."
    assert shown.why == ("Found: buses, by vehicle; for Water: Waters, by vehicle",)
    withdrawn = entry(replace(question, is_withdrawn=True), "buses")
    assert (withdrawn.also, withdrawn.why) == ("Under Water.", ("Found: buses (question)",))
    followed = entry(replace(question, is_withdrawn=True), "buses", before=question)
    assert (followed.also, followed.why) == ("Under Water.", ())


def test_item_says_which_topics_another_question_with_its_answer_is_about() -> None:
    other = matches_in(a_question(heading="Buses"), "buses", "rural")
    topics = {"rural": "Rural buses", "water": "Water"}
    both = an_item(a_question(heading="Water"), "water", topics=("water", "rural"), same_matches=other)
    assert entry_of(both, topics, due).why == ("Found in another question for Rural buses: Buses (heading)",)
    followed = an_item(a_question(), topics=("rural",), same_matches=other)
    assert entry_of(followed, topics, due).why == ("Found in another question: Buses (heading)",)
    mention = an_item(
        a_question(answer="In water.", heading="Sea"), matches=(a_match("water", part="answer"),), same_matches=other
    )
    assert entry_of(mention, topics, due).sentence_why == (
        "Found: water (answer); found in another question for Rural buses: Buses (heading)",
    )


def test_new_question_says_why_it_is_listed() -> None:
    asked = an_item(a_question(heading="Water", question="On bathing waters?", answer=None), "bathing water")
    text = text_of(a_digest(questions=(asked,)))
    assert "Tabled 26 Jan 2021, for answer on 1 Feb 2021, named day. Q On *bathing waters*? https://" in text
    family = replace(asked, matches=(found_by(asked.matches[0], "sea = bathing water"),))
    assert "Q On *bathing waters*? Found: bathing waters, by sea https" in text_of(a_digest(questions=(family,)))


def test_mention_says_why_unless_its_sentence_says_it() -> None:
    question = a_question(heading="Salt", question="On salt?", answer="It is in water. It is in waters.")
    plain = replace(question, answer="It is in water.")
    assert entry(plain, "water").sentence_why == ()
    assert entry(question, "water").sentence_why == ()
    family = matches_in(plain, "water")[0]
    item = an_item(plain, matches=(found_by(family, "sea = water"),))
    assert "It is in *water*. Found: water, by sea https://" in text_of(a_digest(new=(item,)))


def test_every_match_in_the_sentence_of_a_mention_is_bold() -> None:
    question = a_question(
        heading="Salt", question="On salt?", answer="Yes. Child sexual abuse is a crime against a child."
    )
    matches = (
        *matches_in(question, "child"),
        *matches_in(question, "child sexual abuse", "other"),
        *matches_in(question, "crime"),
    )
    shown = entry(question, matches=matches, topics=("water", "other"))
    assert words(shown.sentence) == "[...] *Child sexual abuse* is a *crime* against a *child*."


def test_mention_by_filters_alone_does_not_quote_the_first_sentence() -> None:
    question = a_question(heading="Salt", question="On salt?", answer="Yes. It is in water.")
    filtered = a_match("", part="answer", start=0, term="house:commons")
    shown = entry(question, matches=(filtered, *matches_in(question, "water")))
    assert words(shown.sentence) == "[...] It is in *water*."


def test_matches_in_other_questions_with_the_answer_are_bold() -> None:
    first = item(a_question(uin="1", question="On bathing water?", answer="Yes, it is so."))
    other = item(a_question(uin="2", question="What of bathing waters there?", answer="Yes, it is so."))
    done = render(a_day(first, other), due)
    assert "What of *bathing waters* there?" in done.text
    assert re.search(r"What of <strong[^>]*>bathing waters</strong> there\?", done.html)


def test_filters_alone_do_not_report_missing_words() -> None:
    found = (a_match("", term="house:commons", part="heading"),)
    shown = entry_of(an_item(a_question(question="On water?", answer="No."), matches=found), WATER, due)
    assert (shown.why, shown.answer_note) == (("Found: by its House or legislature, not by words",), "")
    text = text_of(a_digest(new=(an_item(a_question(answer="No."), matches=found),)))
    assert "Found: by its House or legislature, not by words Cite: UIN 140001" in text


def test_answer_without_the_matched_words_says_so() -> None:
    short = entry(a_question(question="On water?", answer="No."), "on")
    assert short.answer_note == "No match in the answer:"
    long = entry(a_question(question="On water?", answer="No such thing. " * 90), "on water")
    assert long.answer_note == "No match in the answer; it begins:"
    assert words(long.answer) == "No such thing. No such thing. [...]"
    assert entry(a_question(question="On water?", answer=""), "on water").answer_note == ""


def test_long_question_is_cut_and_short_ones_are_whole_after_the_formula() -> None:
    formula = "To ask the Secretary of State for Education, "
    short = entry(a_question(question=f"{formula}what she does about water."), "water")
    assert words(short.question) == "what she does about *water*."
    long = entry(a_question(question=f"{formula}what she does. {'And so on. ' * 60} Is it water?"), "water")
    assert words(long.question) == "what she does. [...] Is it *water*?"


def test_all_questions_with_the_same_answer_are_named() -> None:
    others = tuple(a_question(uin=str(n), heading="Other" if n == 1 else "Water: Sample Vale") for n in range(1, 9))
    shown = entry(a_question(), same_as=others)
    assert [other.name for other in shown.same] == [f"UIN {n}" for n in range(1, 6)]
    assert shown.same_more == "UIN 6, UIN 7 and UIN 8"
    assert shown.same[0].heading == "Other"
    assert shown.same[1].heading == ""
    assert words(shown.same[0].question) == "what steps he is taking."
    assert shown.aside == " (9 questions, also Other)"


def test_each_different_heading_is_named_with_its_questions() -> None:
    headings = [*["Water: Sample Vale"] * 5, "Rivers", "water: Sample Vale", "Lakes", "Rivers", None, "Ponds"]
    others = tuple(a_question(uin=str(n), heading=heading) for n, heading in enumerate(headings, 1))
    shown = entry(a_question(), same_as=others)
    assert shown.same_more == "UIN 6 and UIN 9 (Rivers); UIN 7 and UIN 10; UIN 8 (Lakes); UIN 11 (Ponds)"
    assert shown.placed.startswith("Defra, UIN 140001; also UIN 1, UIN 2,")
    assert shown.placed.endswith("; UIN 6 and UIN 9 (Rivers); UIN 8 (Lakes); UIN 11 (Ponds)")
    assert shown.aside == " (12 questions under 4 headings)"


def test_joined_corrections_name_their_headings() -> None:
    other = a_question(uin="7", heading="Rivers", is_correction=True, corrected_on=date(2021, 2, 3))
    fixed = a_question(answer="Six steps.", is_correction=True, corrected_on=date(2021, 2, 3))
    change = change_of(
        an_item(fixed, before=a_question(), told_on=date(2021, 2, 2), events=(Event.CORRECTED,), same_as=(other,))
    )
    assert change is not None
    assert change.same_said == "The same correction was made in 1 more answer:"
    assert change.same == (SameChange(name="UIN 7", notes=" (Rivers, answered 1 February 2021)", url=other.url or ""),)


def test_heading_may_be_missing() -> None:
    shown = entry(a_question(heading=None))
    assert shown.heading == "Question 140001: what steps he is taking."
    assert shown.title == "Question 140001"
    assert entry(a_question(heading=None, question=None)).heading == "Question 140001"
    assert entry(a_question(heading=None, uin=None, question=None, id="q-1")).heading == "Question q-1"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("Home Department", "the Home Department"),
        ("Transport", "the department for Transport"),
        ("Trade and Industry", "the department for Trade and Industry"),
        ("Prime Minister", "the Prime Minister"),
        ("Solicitor-General", "the Solicitor-General"),
        ("Scottish Parliamentary Corporate Body", "the Scottish Parliamentary Corporate Body"),
        ("Trefnydd and Chief Whip", "the Trefnydd and Chief Whip"),
        ("Llywydd", "the Llywydd"),
    ],
)
def test_former_departments_are_named_by_subject(body: str, said: str) -> None:
    assert body_name(body) == said


# -- changes ----------------------------------------------------------------------------------------------------------


def test_change_of_a_statement_shows_the_changed_words() -> None:
    before = made(Kind.STATEMENT, uin="HCWS7")
    edited = changed(replace(before, text="Water is not safe."), before, Event.EDITED, told_on=date(2021, 2, 2))
    assert edited.label == "Changed"
    assert edited.sentence == (
        "You had the statement of 26 October 2009, in your digest of 2 February 2021. "
        "Its text has changed since; the source does not call it a correction."
    )
    assert edited.instead == "Written statement HCWS7, 26 October 2009"
    now = replace(before, text="Water is not safe.", corrected_on=date(2009, 10, 28))
    corrected = changed(now, before, Event.CORRECTED)
    assert (corrected.label, corrected.sentence[-29:]) == ("Corrected", "Corrected on 28 October 2009.")
    again = changed(replace(now, text="It is."), now, Event.CORRECTED)
    assert again.sentence.endswith("Corrected again on 28 October 2009.")


def test_other_changes_of_other_kinds() -> None:
    before = made(Kind.SPEECH)
    file = changed(replace(before, attachments=(Attachment(title="Map"),)), before, Event.ATTACHED)
    assert file.sentence.endswith("With it: 1 file attached (Map), not read by pqwatch.")
    back = changed(before, replace(before, is_gone=True), Event.REAPPEARED)
    assert back.label == "Back"
    assert "and is published again." in back.sentence
    assert back.sentence.endswith("Its words are unchanged.")
    gone = changed(replace(before, is_gone=True), before, Event.WITHDRAWN)
    assert gone.sentence.startswith("This speech is no longer published: its page is gone.")
    first = change_of(an_item(replace(before, corrected_on=date(2009, 10, 28), original_answer="Water is so.")))
    assert first is not None
    assert first.difference is not None


def changed(now: Proceeding, before: Proceeding | None, *events: Event, **facts: Any) -> Change:
    change = change_of(an_item(now, before=before, events=events, **facts))
    assert change is not None
    return change


ANSWER = a_question(answer="There were 12 steps.")


def test_correction_says_what_to_quote_instead() -> None:
    now = replace(
        ANSWER, answer="There were 14 steps.", corrected_on=date(2021, 3, 1), corrected_by=Member(name="Fay Template")
    )
    change = changed(now, ANSWER, Event.CORRECTED, told_on=date(2021, 2, 2))
    assert change.label == "Corrected"
    assert change.sentence == (
        "First answer 1 February 2021, in your digest of 2 February 2021. Corrected on 1 March 2021 by Fay Template."
    )
    assert change.figures == "12 became 14"
    assert change.instead == "UIN 140001, answered 1 February 2021, corrected 1 March 2021"
    assert change.difference
    assert words(change.difference.was) == "There were *12* steps."


def test_correction_without_another_word_says_so() -> None:
    change = changed(replace(ANSWER, is_correction=True), ANSWER, Event.CORRECTED)
    assert change.sentence == "First answer 1 February 2021. Corrected. The words of the answer are unchanged."
    assert (change.difference, change.instead) == (None, "")


def test_an_answer_of_a_devolved_legislature_that_has_a_later_day_was_given_again() -> None:
    held = a_question(house=House.SCOTLAND, answer="I shall reply as soon as possible.")
    later = replace(held, answer="There were 12 steps.", answered_on=date(2021, 2, 9))
    change = changed(later, held, Event.EDITED, told_on=date(2021, 2, 2))
    assert change.label == "Changed"
    assert change.sentence == (
        "First answer 1 February 2021, in your digest of 2 February 2021. It was answered again on 9 February 2021; "
        "the first answer may have been a holding answer, which the Scottish Parliament does not mark as such."
    )
    edited = "Its text has changed since; the source does not call it a correction."
    for other in (replace(later, answered_on=held.answered_on), replace(later, house=House.COMMONS)):
        assert changed(other, held, Event.EDITED).sentence == f"First answer 1 February 2021. {edited}"


def test_silent_edit_is_not_called_a_correction() -> None:
    change = changed(replace(ANSWER, answer="There were steps."), ANSWER, Event.EDITED)
    assert change.label == "Changed"
    assert change.sentence.endswith("Its text has changed since; the source does not call it a correction.")
    assert change.figures == "12 is gone"
    assert changed(ANSWER, replace(ANSWER, answer="There were steps."), Event.EDITED).figures == "12 is new"
    assert changed(replace(ANSWER, answer="5."), replace(ANSWER, answer="5x5."), Event.EDITED).figures == ""


def test_correction_of_an_unmailed_answer_is_an_answer_with_its_history() -> None:
    now = replace(ANSWER, corrected_on=date(2021, 3, 1), original_answer="There were 11 steps.")
    change = changed(now, None, Event.CORRECTED)
    assert change.is_answer
    assert change.label == "Corrected"
    assert change.sentence == "First answered on 1 February 2021. Corrected on 1 March 2021."
    assert change.figures == "11 became 12"
    assert changed(replace(now, original_answer=None), None, Event.CORRECTED).difference is None
    assert changed(replace(now, original_answer=now.answer), None, Event.CORRECTED).difference is None
    followed = changed(now, replace(ANSWER, answer=None, answered_on=None), Event.ANSWERED, Event.CORRECTED)
    assert (followed.label, followed.sentence) == (change.label, change.sentence)
    statement = replace(
        now, kind=Kind.STATEMENT, answer=None, text="x", answered_on=None, made_on=date(2021, 2, 1), question=None
    )
    assert changed(statement, None, Event.CORRECTED).sentence == (
        "First published on 1 February 2021. Corrected on 1 March 2021."
    )


def test_correction_of_an_unmailed_answer_shows_the_answer_once() -> None:
    words = "More words here. " * 60
    now = replace(
        ANSWER,
        answer=f"First. Second. {words}There were 12 steps.",
        original_answer=f"First. Second. {words}There were 11 steps.",
        corrected_on=date(2021, 3, 1),
    )
    done = render(a_digest(new=(an_item(now, events=(Event.CORRECTED,)),)), lambda _: None)
    said = " ".join(done.text.split())
    assert "A First. Second. [...] There were *12* steps." in said
    assert "was: [...] There were *11* steps. Figures: 11 became 12" in said
    assert "now:" not in said
    assert done.html.count("There were <strong>") == 2


def test_holding_answer_that_became_real() -> None:
    held = replace(ANSWER, is_holding=True, answer="I will write.")
    change = changed(ANSWER, held, Event.ANSWERED, told_on=date(2021, 1, 30))
    assert change.is_answer
    assert (
        change.sentence == "The answer after a holding answer. Your digest of 30 January 2021 had the holding answer."
    )
    corrected = changed(replace(ANSWER, is_correction=True), held, Event.ANSWERED, Event.CORRECTED)
    assert corrected.label == "Answered, corrected"
    assert corrected.sentence == ("The answer after a holding answer. First answered on 1 February 2021. Corrected.")


def test_withdrawal_lapse_and_missing_page() -> None:
    asked = a_question(answer=None)
    assert changed(replace(asked, is_withdrawn=True), asked, Event.WITHDRAWN, told_on=date(2021, 1, 27)).sentence == (
        "This question is withdrawn. It was in your digest of 27 January 2021."
    )
    gone = changed(replace(ANSWER, is_gone=True), ANSWER, Event.WITHDRAWN)
    assert (gone.label, gone.sentence) == (
        "No longer published",
        "This question is no longer published: its page is gone.",
    )
    assert changed(replace(asked, is_lapsed=True), asked, Event.LAPSED).label == "Lapsed"
    assert cite(replace(ANSWER, is_gone=True)) == "UIN 140001, answered 1 February 2021, no longer published"


def test_followed_question_has_one_line() -> None:
    asked = a_question(answer=None)
    moved = changed(replace(asked, body="Home Office"), asked, Event.TRANSFERRED)
    assert moved.sentence == (
        "Transferred from the Department for Environment, Food and Rural Affairs to the Home Office."
    )
    reworded = changed(replace(asked, question="What steps?"), asked, Event.REWORDED)
    assert reworded.difference
    assert words(reworded.difference.now) == "*What steps?*"
    assert changed(asked, replace(asked, is_withdrawn=True), Event.REAPPEARED).label == "Back"
    assert changed(asked, asked, Event.TITLED).sentence == "The question's record was changed."


def test_change_without_another_word_says_so() -> None:
    change = changed(replace(ANSWER, body="Treasury"), ANSWER, Event.TRANSFERRED)
    assert change.label == "Changed"
    assert change.sentence == (
        "First answer 1 February 2021. The words of the answer are unchanged. "
        "Transferred from the Department for Environment, Food and Rural Affairs to the Treasury."
    )
    edited = changed(replace(ANSWER, body="Treasury"), ANSWER, Event.EDITED)
    assert edited.sentence.endswith("It was changed for a time. Its words are now those that you were sent.")


def test_file_attached_later_is_named() -> None:
    now = replace(ANSWER, attachments=(Attachment(title="Table 1"),))
    change = changed(now, ANSWER, Event.ATTACHED)
    assert change.label == "File attached"
    assert change.sentence == (
        "First answer 1 February 2021. Its text is unchanged: 1 file attached (Table 1), not read by pqwatch."
    )


@pytest.mark.parametrize(
    ("files", "label", "said"),
    [
        (("Map", "Plan"), "File attached", "1 file attached (Plan), not read by pqwatch; 1 file taken away (Table 1)"),
        (("Map",), "File taken away", "1 file taken away (Table 1)"),
        (("Map", "Table 1 anew"), "File replaced", "1 file replaced (Table 1), not read by pqwatch"),
    ],
)
def test_files_that_were_replaced_or_taken_away_are_named(files: tuple[str, ...], label: str, said: str) -> None:
    had = replace(ANSWER, attachments=(Attachment(title="Map", url="/1"), Attachment(title="Table 1", size_bytes=1)))
    has = tuple(
        Attachment(title=title.removesuffix(" anew"), size_bytes=2 if title.endswith("anew") else None, url="/2")
        for title in files
    )
    change = changed(replace(ANSWER, attachments=has), had, Event.ATTACHED)
    assert (change.label, change.sentence) == (
        label,
        f"First answer 1 February 2021. Its text is unchanged: {said}.",
    )


def test_correction_says_which_file_it_took_away() -> None:
    had = replace(ANSWER, attachments=(Attachment(title="Table 1"),))
    change = changed(
        replace(ANSWER, answer="There were 13 steps.", corrected_on=date(2021, 2, 5)), had, Event.CORRECTED
    )
    assert change.sentence == (
        "First answer 1 February 2021. Corrected on 5 February 2021. With it: 1 file taken away (Table 1)."
    )


@pytest.mark.parametrize(
    ("facts", "aside", "note"),
    [
        (
            {"answer": "There were 13 paces.", "corrected_on": date(2021, 2, 2)},
            "corrected since",
            "Corrected since, on 2 February 2021: do not quote this. The link leads to the new words.",
        ),
        (
            {"answer": "There were 13 paces."},
            "changed since",
            "Its words were changed since. The link leads to the new ones.",
        ),
        ({"answer": None, "is_withdrawn": True}, "withdrawn since", "Withdrawn since: this is what it said."),
        ({"is_gone": True}, "no longer published", "No longer published: this is what it said."),
        ({"heading": "Paces"}, "", ""),
    ],
)
def test_what_became_of_a_version_that_is_told_is_said(facts: dict[str, Any], aside: str, note: str) -> None:
    told = an_item(ANSWER, "steps", latest=a_revision(replace(ANSWER, **facts), number=2))
    shown = entry_of(told, TOPICS, no_due)
    assert shown.aside == (f" ({aside})" if aside else "")
    assert shown.answer_note == note
    assert note in text_of(a_digest(new=(told,)))


def test_new_question_that_was_withdrawn_says_so() -> None:
    asked = a_question(answer=None, question="What steps he is taking.")
    new = an_item(asked, "steps", latest=a_revision(replace(asked, question=None, is_withdrawn=True), number=2))
    assert " Withdrawn since. " in text_of(a_digest(questions=(new,)))


def test_new_record_is_not_a_change() -> None:
    assert change_of(an_item(ANSWER)) is None
    assert change_of(an_item(ANSWER, before=a_question(answer=None))) is None


def test_changed_question_shows_only_what_changed_but_its_answer_when_it_is_one() -> None:
    text = text_of(correction_day())
    assert "There were 212 *rural bus* routes in 2023." in text
    assert text.count("Q how much was spent") == 5  # three that are shown as answers are whole, two others are a line
    assert "The same correction was made in 2 more answers: UIN 3294 (answered 4 September 2024) https://" in text


# -- the page ---------------------------------------------------------------------------------------------------------


def test_quiet_day_takes_four_lines() -> None:
    lines = text_of(quiet_day())
    assert lines.startswith(
        "No answer of Tuesday 24 September 2024 matches your 4 topics. Read in full: Commons 5 of 5, Lords published "
        "none. Nothing failed. The House of Commons is in recess until Monday 7 October 2024. "
    )
    assert "Next mail: Thursday 26 September 2024, 07:30." in lines
    assert "matches your topic." in text_of(a_digest())
    assert "Nothing was read: no source answered for these days." in text_of(a_digest(read=()))


def test_quiet_day_does_not_deny_what_came_before_a_topic_was_listed() -> None:
    assert subject(a_digest(came_before=1)) == "Nothing new on your topics (Mon 1 Feb); 376 answers read"
    lines = text_of(a_digest(came_before=1))
    assert "Nothing new on your topics: Monday 1 February 2021" in render(a_digest(came_before=1), no_due).html
    assert lines.startswith(
        "No new answer of Monday 1 February 2021 matches your topic. 1 record of these days that came before your topic was "
        "on your list is not included; `pqwatch matches` lists it. "
    )
    several = a_digest(came_before=2, topics={"water": "Water", "rivers": "Rivers"})
    assert (
        "2 records of these days that came before a topic was on your list are not included; `pqwatch matches` lists them."
        in text_of(several)
    )


def test_what_is_coming_is_counted_only_where_some_of_it_is_missing() -> None:
    business = a_reading(source="whats_on", read=2, published=2)
    whole = text_of(a_digest(new=(an_item(a_question(), "water"),), read=(business, a_reading())))
    assert "Read in full: Commons 376 of 376, what is coming. Nothing failed." in whole
    assert "What is coming, What's On, House of Commons: 2 of 2 records read." in whole
    short = text_of(a_digest(read=(replace(business, read=1), a_reading())))
    assert "Not read in full: What's On 1 of 2, Commons 376 of 376." in short


def test_what_was_read_of_devolved_legislatures_is_counted_and_named_once() -> None:
    read = (
        a_reading(source="scotland", house=House.SCOTLAND),
        a_reading(source="northern_ireland", house=House.NORTHERN_IRELAND),
        a_reading(source="senedd", house=House.SENEDD),
    )
    said = " ".join(text_of(a_digest(new=(an_item(a_question(), "water"),), read=read)).split())
    assert "Scottish Parliament, Monday 1 February 2021: 376 of 376 records read. " in said
    assert " Northern Ireland Assembly, Monday 1 February 2021: 376 of 376 answers read. " in said
    assert " Senedd, Monday 1 February 2021: 376 of 376 records read. " in said  # it has no list of answers
    assert "Assembly, Northern" not in said
    assert subject(a_digest(read=read)) == "Nothing on your topics (Mon 1 Feb); 1,128 records read"


@pytest.mark.parametrize(
    ("items", "read", "said"),
    [
        ([House.LORDS], [], "Contains Parliamentary information licensed under the Open Parliament Licence v3.0."),
        ([House.SCOTLAND], [], "Contains information licensed under the Scottish Parliament Copyright Licence."),
        ([], [House.SENEDD], "Contains public sector information licensed under the Open Government Licence v3.0."),
        ([House.SCOTLAND], [House.COMMONS], (
            "Contains Parliamentary information licensed under the Open Parliament Licence v3.0. Contains information "
            "licensed under the Scottish Parliament Copyright Licence."
        )),
        ([House.NORTHERN_IRELAND], [House.NORTHERN_IRELAND], ""),
    ],
)  # fmt: skip
def test_each_source_is_attributed_as_its_own_licence_asks(items: list[House], read: list[House], said: str) -> None:
    new = tuple(an_item(a_question(house=house, uin=house.value), "water") for house in items)
    digest = a_digest(new=new, waiting=(a_waiting(),), read=tuple(a_reading(house=house) for house in read))
    text, html = text_of(digest), render(digest, no_due).html
    assert " ".join(re.findall(r"Contains [^.]*(?:v3\.0|Licence)\.", " ".join(text.split()))) == said
    assert html.count("Contains ") == said.count("Contains ")


def test_pause_ends_with_a_count() -> None:
    assert (
        "Your mail was paused: 12 items that came meanwhile are not included; `pqwatch matches` lists them."
        in text_of(after_recess())
    )
    assert "1 item that came meanwhile is not included" in text_of(a_digest(missed=1))


def test_unread_days_are_mentioned_at_the_top_and_listed_at_the_end() -> None:
    text = text_of(correction_day())
    assert (
        "Not read in full: Commons 410 of 412. Still incomplete: answers of 26 November 2024 (Commons). 1 failure: "
        "questions-statements-api.parliament.uk answered 503 three times. AT A GLANCE" in text
    )
    assert text.count("answered 503 three times.") == 2
    other = a_digest(new=(an_item(a_question(), "water"),), read=(a_reading(source="other", house=House.SENEDD),))
    assert "Senedd, other, Monday 1 February 2021: 376 of 376 records read." in text_of(other)
    in_recess = replace(other, in_recess_until={House.LORDS: date(2021, 2, 22)})
    assert "House of Lords: in recess until Monday 22 February 2021." in text_of(in_recess)
    assert "Nothing was read." in text_of(replace(other, read=()))


def test_a_digest_beyond_the_sitting_calendar_says_so_at_its_foot() -> None:
    known = {
        House.COMMONS: (date(2017, 6, 13), date(2020, 12, 30)),
        House.LORDS: (date(2017, 6, 13), date(2021, 1, 2)),
    }
    text = text_of(a_digest(new=(an_item(a_question(), "water"),), calendar_known=known))
    foot = text[text.index("WHAT WAS READ") :]
    assert (
        "House of Commons: the sitting calendar is known from 13 June 2017 to 30 December 2020; outside these days only"
        " questions for a named day are called late."
    ) in foot
    assert "House of Lords: the sitting calendar is known from 13 June 2017 to 2 January 2021." in foot
    assert "the sitting calendar is known" in text_of(a_digest(calendar_known=known)), "on a quiet day too"
    assert "sitting calendar" not in text_of(a_digest())


def test_digest_of_waiting_questions_alone_says_that_nothing_is_new() -> None:
    text = text_of(a_digest(waiting=(a_waiting(), a_waiting(days_late=None), a_waiting(days_late=None, due_on=None))))
    assert text.startswith("QUESTIONS STILL WAITING For Policy desk. No new answer matches your topics.")
    assert "Rural Affairs. 6 days late (due 26 Jan 2021). Q what steps he is taking. https" in text
    assert "Rural Affairs. Due 26 Jan 2021. Q" in text
    assert "Rural Affairs. Waiting since 26 Jan 2021. Q" in text
    assert "Rural Affairs. Waiting. Q" in text_of(
        a_digest(waiting=(a_waiting(a_question(answer=None, tabled_on=None), days_late=None, due_on=None),))
    )


def test_new_question_says_for_when_it_is_set_down() -> None:
    asked = an_item(a_question(answer=None, date_for_answer=date(2021, 2, 4)), "water")
    text = text_of(a_digest(questions=(asked,)))
    assert "for answer on 4 Feb 2021, named day. Q what steps he is taking. http" in text
    asked = an_item(a_question(answer=None, date_for_answer=date(2021, 2, 4), named_day=False), "water")
    assert "Tabled 26 Jan 2021, for answer by 4 Feb 2021. Q" in text_of(a_digest(questions=(asked,)))
    asked = an_item(a_question(answer=None, date_for_answer=None), "water")
    assert "Rural Affairs. Tabled 26 Jan 2021. Q what steps" in text_of(a_digest(questions=(asked,)))


def test_new_question_says_when_it_is_due_where_that_is_later() -> None:
    set_down = date(2021, 2, 4)
    first, second = (
        an_item(a_question(uin=uin, answer=None, date_for_answer=set_down, named_day=False), "water")
        for uin in ("140001", "140002")
    )
    sittings = load_calendar()
    digest = a_digest(questions=(first, second))
    text = " ".join(render(digest, lambda question: due_on(question, sittings)).text.split())
    assert "Tabled 26 Jan 2021, for answer by 4 Feb 2021, due 11 Feb 2021. Q" in text
    one_known = {"140001": date(2021, 2, 11)}
    text = " ".join(render(digest, lambda question: one_known.get(question.uin or "")).text.split())
    assert "for answer by 4 Feb 2021. Q" in text


def test_headline_fits_the_content() -> None:
    asked = an_item(a_question(answer=None), "water")
    edited = an_item(ANSWER, before=a_question(), events=(Event.EDITED,))
    assert text_of(a_digest(questions=(asked,))).startswith("NEW QUESTIONS OF TUESDAY 26 JANUARY 2021")
    assert text_of(a_digest(changed=(edited,))).startswith("CHANGES OF MONDAY 1 FEBRUARY 2021")


def test_headline_names_what_waits() -> None:
    letter = a_waiting(a_question(), days_late=None, due_on=None, promised_on=date(2020, 12, 1))
    today = a_waiting(days_late=0)
    assert text_of(a_digest(waiting=(a_waiting(), today, letter))).startswith("QUESTIONS DUE TODAY For")
    assert text_of(a_digest(waiting=(today, a_waiting(is_new=True)))).startswith("QUESTIONS NEWLY LATE For")
    assert text_of(a_digest(waiting=(letter,))).startswith("PROMISED LETTERS For")
    assert text_of(a_digest(waiting=(letter, a_waiting()))).startswith("QUESTIONS STILL WAITING For")


def test_answer_to_a_question_that_no_topic_finds_any_more_is_not_about_topics() -> None:
    told = an_item(ANSWER, topics=(), before=replace(ANSWER, answer=None, answered_on=None), told_on=date(2021, 2, 1))
    assert "1 answer about what you watch or follow." in text_of(a_digest(new=(told,)))


def test_reader_learns_why_and_how_to_stop() -> None:
    assert text_of(a_digest(), stop="stop@example.org").endswith(
        'You get this as "Policy desk", because pqwatch watches Water for you. To stop, write to stop@example.org.'
    )
    assert text_of(a_digest(), stop="mailto:stop@example.org").endswith("To stop, write to stop@example.org.")
    assert text_of(a_digest(), stop="https://example.org/u").endswith("To stop, open https://example.org/u.")
    many = {f"t{n}": f"T {n}" for n in range(9)}
    assert text_of(a_digest(topics=many)).endswith(
        "watches 9 topics for you. To stop, ask the person who runs pqwatch for you."
    )
    assert "for answer on 4 Feb 2021" in text_of(ordinary_day())


def test_both_parts_have_the_licence() -> None:
    done: Rendered = render(ordinary_day(), due)
    licence = "Contains Parliamentary information licensed under the Open Parliament Licence v3.0."
    assert licence in done.html
    assert licence in " ".join(done.text.split())


def test_single_item_needs_no_list_of_contents() -> None:
    single: Item = an_item(a_question(), "water")
    assert "At a glance" not in render(a_digest(new=(single,)), due).html
    assert "At a glance" in render(ordinary_day(), due).html


# -- pieces -----------------------------------------------------------------------------------------------------------


@given(st.text(st.characters()))
def test_clean_text_has_no_deceptive_characters(text: str) -> None:
    shown = clean(text)
    assert shown == clean(shown)
    assert not set(shown) & {chr(n) for n in (*range(9), *range(11, 32), *range(127, 160), 0x202E, 0x200B, 0xFEFF)}
    shown.encode()
    assert "\n" not in one_line(text)


def test_clean_leaves_words_as_they_are() -> None:
    assert clean("Siân\u2019s “£5” \u2013 dŵr\n\n\tx") == "Siân\u2019s “£5” \u2013 dŵr\n\n\tx"
    assert clean("a\r\nb\rc\u2028d\x0ce") == "a\nb\nc\nd\ne"


@pytest.mark.parametrize(
    ("url", "is_linked"),
    [
        ("https://questions-statements.parliament.uk/written-questions/detail/2021-01-26/140001", True),
        ("https://www.theyworkforyou.com/wrans/?id=2009-10-26a.1.2", True),
        ("https://hansard.parliament.uk/x%20y", True),
        ("http://questions-statements.parliament.uk/x", False),
        ("https://questions-statements.parliament.uk.evil.example/x", False),
        ("https://evilparliament.uk/x", False),
        ("https://user@www.parliament.uk/x", False),
        ("https://www.parliament.uk:8443/x", False),
        ('https://www.parliament.uk/"onload=', False),
        ("https://www.parliament.uk/x\ny", False),
        ("https://www.gov.uk/x", False),
        ("javascript:alert(1)//.parliament.uk/", False),
        (None, False),
    ],
)
def test_only_official_pages_may_be_clicked(url: str | None, is_linked: bool) -> None:
    assert official_url(a_question(url=url)) == (url if is_linked else "")


@pytest.mark.parametrize(
    ("given", "now"),
    [
        ("http://www.publications.parliament.uk/pa/x.htm#a_1", "https://publications.parliament.uk/pa/x.htm#a_1"),
        ("http://hansard.millbanksystems.com/lords/1803", "https://api.parliament.uk/historic-hansard/lords/1803"),
        ("http://www.theyworkforyou.com/wms/?id=1", "https://www.theyworkforyou.com/wms/?id=1"),
    ],
)
def test_pages_that_have_moved_are_linked_where_they_are_now(given: str, now: str) -> None:
    assert official_url(a_question(url=given)) == now


def test_days_and_counts_are_written_as_people_do() -> None:
    one, two = date(2024, 12, 31), date(2025, 1, 2)
    assert short_range([two, one]) == "31 Dec 2024 to 2 Jan 2025"
    assert short_range([one]) == "Tue 31 Dec"
    assert long_range([one, two]) == "31 December 2024 to 2 January 2025"
    assert long_range([date(2024, 12, 1), one]) == "1 to 31 December 2024"
    assert long_range([date(2024, 11, 1), one]) == "1 November to 31 December 2024"
    assert (count_of(1, "day"), count_of(1204, "day")) == ("1 day", "1,204 days")
    assert (listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])) == (
        "",
        "a",
        "a and b",
        "a, b and c",
    )


def test_lines_are_cut_at_words() -> None:
    assert shorten("one two three", 13) == "one two three"
    assert shorten("one two, three", 12) == "one two..."
    assert shorten("onetwothreefour", 8) == "onetw..."


def test_bodies_have_short_names_and_articles() -> None:
    assert short_body("Department of Health and Social Care") == "DHSC"
    assert short_body("Department of Health") == "Department of Health"  # Northern Ireland has one too
    assert short_body("Church Commissioners") == "Church Commissioners"
    assert body_name("Prime Minister") == "the Prime Minister"
    assert body_name("Women and Equalities") == "Women and Equalities"
    assert body_name("HM Treasury") == "HM Treasury"


def test_hosts_are_read_from_anything() -> None:
    assert host_of("https://WWW.Gov.example:80/x") == "www.gov.example"
    assert host_of("mailto:x@y.example") == "an unknown place"
    assert host_of(None) == "an unknown place"


def test_numbers_are_sorted_as_numbers() -> None:
    assert sorted(["100", "99", "HL7", None, "HL10"], key=uin_order) == [None, "99", "100", "HL7", "HL10"]


def test_day_of_a_digest_is_that_of_london() -> None:
    late = datetime(2021, 7, 1, 23, 30, tzinfo=UTC)
    assert subject(a_digest(read=(), as_of=late)) == "Nothing on your topics (Fri 2 Jul); 0 answers read"


def test_subscriber_without_topics_is_written_to_as_well() -> None:
    reader = Subscriber(key="x", name="X", email="x@example.org", topics=())
    assert "0 topics" in text_of(a_digest(subscriber=reader, topics={}))


# -- corrections of what was never sent -------------------------------------------------------------------------------


def unsent(uin: str = "140001", **facts: Any) -> Item:
    """Build a correction of an answer on bathing water that the reader never got before."""
    first = "In 2020 we tested the bathing water 11 times."
    given = {
        "uin": uin,
        "answer": first.replace("11", "12"),
        "original_answer": first,
        "corrected_on": date(2021, 3, 1),
        "is_correction": True,
    }
    return item(a_question(**(given | facts)), events=(Event.CORRECTED,))


def test_correction_of_an_unmailed_answer_counts_as_a_correction_everywhere() -> None:
    done = render(a_day(unsent()), due)
    assert done.subject == "CORRECTED: Water: Sample Vale (Mon 1 Mar)"
    text = " ".join(done.text.split())
    assert text.startswith(
        "CORRECTIONS OF MONDAY 1 MARCH 2021 For Policy desk. 1 correction of an answer that you had not been sent."
    )
    assert "CORRECTED ===" in text
    assert "First answered on 1 February 2021. Corrected on 1 March 2021." in text
    assert "about your topics" not in text
    assert "<h2>Corrected</h2>" in re.sub(r" style=\"[^\"]*\"", "", done.html)
    counts = render(styled(a_day(unsent()), "counts"), due)
    assert counts.subject == "1 corrected (Mon 1 Mar)"


def test_correction_that_only_mentions_the_words_is_no_mention() -> None:
    mentioned = unsent(heading="Sea", question="To ask the Minister, what he does.")
    assert "ONLY MENTIONED" not in render(a_day(mentioned), due).text
    reader = a_subscriber(topics=tuple(TOPICS), mentions="off")
    assert a_day(mentioned, subscriber=reader).changed == ()


def test_withdrawal_that_only_mentions_the_words_is_no_mention() -> None:
    words = {"question": "To ask the Minister, what he does.", "answer": "Bathing water is tested."}
    mentioned = item(a_question(heading="Sea", is_withdrawn=True, **words), events=(Event.WITHDRAWN,))
    assert not is_wanted(mentioned)
    text = render(a_day(mentioned), due).text
    assert "ONLY MENTIONED" not in text
    assert re.findall(r"^ ?(\d+)  WITHDRAWN \|", text, re.MULTILINE) == ["1"]
    reader = a_subscriber(topics=tuple(TOPICS), mentions="off")
    assert a_day(mentioned, subscriber=reader).changed == ()


def test_corrections_of_unmailed_answers_follow_the_changes() -> None:
    digest = replace(correction_day(), changed=(*correction_day().changed,))
    assert [item.revision.proceeding.uin for item in digest.changed][-1] == "4901"
    text = render(digest, due).text
    assert text.index("CHANGED SINCE YOU READ IT") < text.index("\nCORRECTED\n") < text.index("\nRURAL BUSES\n")


def test_corrections_of_unmailed_answers_are_whole_unless_they_are_equal() -> None:
    first, same = unsent("140001"), unsent("140002")
    other = unsent("140003", answer="On bathing water: 12.", original_answer="On bathing water: 11.")
    uins = [[p.uin for p in (item.revision.proceeding, *item.same_as)] for item in a_day(first, same, other).changed]
    assert sorted(uins) == [["140001", "140002"], ["140003"]]
    assert "One answer to 2 questions. Also asked: UIN 140002" in text_of(a_day(first, same))


def test_corrections_of_unmailed_answers_stand_apart_where_the_first_versions_differ() -> None:
    first = unsent("140001")
    others = (
        unsent("140002", original_answer="In 2020 we tested the bathing water 10 times."),
        unsent("140003", answered_on=date(2021, 2, 3)),
    )
    earlier = a_revision(a_question(answer="In 2020 we tested the bathing water 9 times."))
    found = replace(unsent("140004", original_answer=None), earlier=earlier)
    text = text_of(a_day(first, *others, found))
    assert "4 corrections of answers that you had not been sent." in text
    assert [f"Figures: {was} became 12" in text for was in (9, 10, 11)] == [True] * 3
    assert "First answered on 3 February 2021." in text


def test_topic_named_like_a_section_stays_separate() -> None:
    digest = a_day(unsent(), item(a_question(uin="7", heading="Bathing Water", answer="Clean.")))
    named = replace(digest, topics=digest.topics | {"water": "Corrected"})
    assert render(named, due).text.count("\nCORRECTED\n====") == 2


_PIECES = st.sampled_from(("a", "word", "", "\u00a0", "\t", "\n", "\u200b", "\u2003", "hyphen-ated", "x" * 80))


@given(
    st.lists(_PIECES, max_size=16).map(" ".join),
    st.sampled_from((("", None), ("   ", ""), ("  ", "! "), ("    ", "  "))),
)
def test_a_short_line_is_set_as_the_library_sets_any(text: str, indents: tuple[str, str | None]) -> None:
    indent, first = indents
    expected = textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    assert fill(text, indent, first) == expected


@pytest.mark.parametrize(
    ("words", "most", "text"),
    [
        ([], 2, ""),
        (["a"], 2, "a"),
        (["a", "b"], 2, "a and b"),
        (["a", "b", "c"], 2, "a, b and 1 more"),
        ([str(number) for number in range(2_000)], 3, "0, 1, 2 and 1,997 more"),
    ],
)
def test_many_words_are_listed_briefly(words: list[str], most: int, text: str) -> None:
    assert listed_briefly(words, most) == text
