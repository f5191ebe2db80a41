from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor.digest import size_limits
from monitor.digest.csv_attachment import COLUMNS
from monitor.digest.formats.brief import brief_of
from monitor.digest.formats.slack import MOST_IN_BLOCK, slack
from monitor.digest.formats.teams import teams
from monitor.digest.page import entries_of, page_of
from monitor.digest.render import render
from monitor.model.following import Mute, MuteKind, MuteReport
from monitor.model.records import Event, House, Kind, Member, Occasion, Proceeding
from monitor.model.watching import Watching
from monitor.presentation.spreadsheet import guarded
from tests.builders import a_question, a_reading, a_revision, a_subscriber, a_waiting, an_item, matches_in
from tests.golden.cases import a_day, after_recess, correction_day, due, item, ordinary_day

if TYPE_CHECKING:
    from monitor.model.digests import Digest, Item


def matter(number: int, *, answer: str = "We have a plan.", **facts: object) -> Item:
    question = "To ask the Secretary of State for Education, what he plans on apprenticeships."
    return item(
        a_question(
            **(
                {
                    "uin": str(number),
                    "heading": f"Matter {number}",
                    "question": question,
                    "answer": f"{answer} It is plan {number}.",
                }
                | facts
            )
        )
    )


def rows(digest: Digest) -> list[dict[str, str]]:
    done = render(digest, due)
    assert done.csv is not None
    return list(csv.DictReader(io.StringIO(done.csv)))


def test_forty_short_answers_are_whole_and_nothing_is_cut() -> None:
    done = render(a_day(*(matter(n) for n in range(40))), due)
    assert done.csv is None
    assert done.csv_name == ""
    assert done.html.count("<h3") == 40
    assert "Cut" not in done.html


def test_above_forty_items_five_of_a_topic_are_whole_and_the_rest_are_lines() -> None:
    done = render(a_day(*(matter(n) for n in range(41))), due)
    assert done.html.count("<h3") == 5
    assert "5 of 41 items are shown in full and 36 in one line each" in done.html
    assert "5 of 41 items are shown in full and 36 in one line each" in " ".join(done.text.split())
    assert all(f"UIN {n})" in done.text for n in range(41) if f"Cite: UIN {n}," not in done.text)
    assert "attached file pqwatch-2021-02-02.csv" in " ".join(done.text.split())


def test_topic_that_is_no_longer_configured_is_counted() -> None:
    gone = [an_item(a_question(uin=f"7{n}", answer=f"Plan {n}."), "water", topic="gone") for n in range(42)]
    done = render(a_day(*gone, topics={"apprentices": "A"}), due)
    assert re.search(r"gone +42 +0\n", done.text)


def test_changes_stay_whole_when_much_is_new() -> None:
    changed = correction_day().changed
    digest = a_day(*(matter(n) for n in range(50)), *changed)
    done = render(digest, due)
    assert done.html.count("<h3") == len(digest.changed) + 5


def test_long_answers_become_lines_when_the_mail_gets_too_big() -> None:
    done = render(a_day(*(matter(n, answer="“Words — words” " * 70) for n in range(40))), due)
    whole = done.html.count("<h3")
    assert 10 < whole < 40
    assert f"{whole} of 40 items are shown in full and {40 - whole} in one line each" in done.html
    assert 85_000 < len(done.html.encode()) <= size_limits.MOST_HTML


def test_one_answer_too_big_for_any_mail_is_a_line_and_whole_in_the_file() -> None:
    huge = "\n\n".join("apprenticeships " + "\N{CJK UNIFIED IDEOGRAPH-4E00}" * 9000 for _ in range(5))
    digest = a_day(matter(1, answer=huge))
    done = render(digest, due)
    assert "0 of 1 items are shown in full and 1 in one line each" in done.html
    assert len(done.html.encode()) <= size_limits.MOST_HTML
    assert huge in rows(digest)[0]["answer"]


def test_lines_become_counts_when_lines_are_too_big() -> None:
    digest = a_day(*(matter(n, heading="Heading " * 150 + str(n)) for n in range(200)))
    done = render(digest, due)
    assert len(done.html.encode()) <= size_limits.MOST_HTML
    assert re.search(r"\d+ only as counts", done.html)
    assert len(rows(digest)) == 200


def test_beyond_two_hundred_items_the_rest_is_counted_by_topic() -> None:
    done = render(after_recess(), due)
    assert "20 of 304 items are shown in full, 180 in one line each and 104 only as counts" in done.html
    assert "101 more items in the attached file." in done.html
    assert re.search(r"Online scams +54 +26\n", done.text)
    assert re.search(r"All +203 +101\n", done.text)


def test_file_holds_everything() -> None:
    digest = after_recess()
    assert len(rows(digest)) == len(digest.new)
    assert {row["relevance"] for row in rows(digest)} == {"about", "mentions"}


def asked(number: int, **facts: object) -> Item:
    """Build a new question with distinct words by a distinct member."""
    member = Member(member_id=number, name=f"Member {number}")
    given = {
        "uin": f"77{number:03}",
        "heading": None,
        "question": f"To ask the Secretary of State for Education, what he plans on apprenticeships in area {number}.",
        "answer": None,
        "asked_by": member,
    }
    return item(a_question(**(given | facts)))


def test_new_questions_count_among_the_forty_items() -> None:
    answers = [matter(n) for n in range(25)]
    whole = render(a_day(*answers, *(asked(n) for n in range(15))), due)
    assert whole.csv is None
    assert whole.html.count("<h3") == 40
    digest = a_day(*answers, *(asked(n) for n in range(16)))
    done = render(digest, due)
    assert "10 of 41 items are shown in full and 31 in one line each" in done.html
    assert all(f"77{n:03}" in done.text and f"77{n:03}" in done.html for n in range(16))
    assert re.search(r"Topic +About it +Only mentioned +New questions\n", done.text)
    assert re.search(r"Apprenticeships +25 +0 +16\n", done.text)
    assert len(rows(digest)) == 41
    in_lines = done.html.split("In one line each")[-1].split("</ol>")[0]
    assert re.findall(r'<li value="(\d+)"', in_lines) == [str(n) for n in range(31, 42)]


def lines_of(digest: Digest) -> tuple[str, str]:
    """Return what a digest tells in one line each, as text on one line and as HTML: answers, then questions."""
    done = render(digest, due)
    in_text = " ".join("".join(done.text.split("In one line each:")[1:]).split())
    return in_text, "".join(part.split("</ol>")[0] for part in done.html.split("In one line each")[1:])


def test_questions_that_share_a_line_are_linked_or_named() -> None:
    same = [
        asked(n, question="To ask the Secretary of State, what he plans on apprenticeships.") for n in range(50, 82)
    ]
    urls = [str(question.revision.proceeding.url) for question in same]
    in_text, in_html = lines_of(a_day(*(matter(n) for n in range(25)), *(asked(n) for n in range(16)), *same))
    further = "UIN 77080 (Member 80) and UIN 77081 (Member 81)"
    assert f"(32 new questions) (Defra, UIN 77050 and 31 more) {' '.join(urls[:30])} Also {further}." in in_text
    _, pages = in_html.split("Pages: ")
    assert [pages.count(f'href="{url}"') for url in urls] == [1] * 30 + [0, 0]
    assert f", also {further}</span>" in pages


def announced(number: int, **facts: Any) -> Item:
    """Build a debate that is set down for a day of its own, from the eighth on about another topic."""
    debate = Proceeding(
        source="whats_on",
        id=f"wo-{number}",
        kind=Kind.NOTICE,
        house=House.COMMONS,
        heading=f"{'Bathing water' if number > 7 else 'Rural buses'}: site {number}",
        made_on=date(2021, 2, 1),
        occasion=Occasion.BUSINESS,
        takes_place_on=date(2021, 2, 3) + timedelta(days=number),
        **facts,
    )
    return item(debate, events=(Event.ANNOUNCED,))


def test_lines_of_several_topics_name_theirs_and_keep_their_numbers() -> None:
    debates = [announced(n, url=f"https://whatson.parliament.uk/{n}/") for n in range(1, 15)]
    in_text, in_html = lines_of(a_day(*debates, *(asked(n) for n in range(40))))
    assert re.search(r" 7 RURAL BUSES \| Rural buses: site 7 .* 13 WATER \| Bathing water: site 13 ", in_text)
    assert re.search(r'<li value="7"[^>]*>Rural buses \| <a [^>]*>Rural buses: site 7</a>', in_html)
    assert re.search(r'<li value="13"[^>]*>Water \| <a [^>]*>Bathing water: site 13</a>', in_html)
    assert "()" not in in_text + in_html
    assert " APPRENTICESHIPS | Question 77030: " in in_text
    assert re.search(r">Apprenticeships \| <a [^>]*>Question 77030: ", in_html)


def test_lines_of_mentions_name_their_topic_and_those_under_a_topic_do_not() -> None:
    mentions = [matter(n, question="To ask him, why.", answer="“Apprenticeships” are in it.") for n in range(300, 360)]
    done = render(a_day(*(matter(n) for n in range(180)), *mentions), due)
    assert "\nAPPRENTICESHIPS | Matter 310 (" in done.text
    assert re.search(r"<li[^>]*>Apprenticeships \| <a [^>]*>Matter 310</a>", done.html)
    assert re.search(r"\n\d+  Matter 99 \(", done.text)


def test_questions_with_the_same_answer_have_a_link_each_in_one_line() -> None:
    others = [a_question(uin=str(number), heading="Matter 99", answer="We have a plan.") for number in range(901, 909)]
    grouped = replace(matter(99), same_as=tuple(others))
    in_text, in_html = lines_of(a_day(*(matter(n) for n in range(50)), grouped))
    urls = [str(question.url) for question in (grouped.revision.proceeding, *others)]
    assert f"UIN 907 and UIN 908) {' '.join(urls)}" in in_text
    assert [in_html.count(f'href="{url}"') for url in urls] == [1] * 9
    assert in_html.count("UIN 908") == 1
    done = render(a_day(grouped), due)
    assert [done.html.count(f'href="{url}"') for url in urls] == [1] * 9
    assert [done.text.count(f"{url}\n") for url in urls] == [1] * 9


def test_questions_of_a_mention_have_a_link_each() -> None:
    words = "“Apprenticeships” are a part of it."
    first = matter(99, question="To ask him, why.", answer=words)
    other = a_question(uin="901", heading="Matter 99", question="To ask him, since when.", answer=words)
    done = render(a_day(matter(1), replace(first, same_as=(other,))), due)
    urls = [str(question.url) for question in (first.revision.proceeding, other)]
    assert "\n".join(["are a part of it. [...]", *urls]) in done.text
    assert [done.html.count(f'href="{url}"') for url in urls] == [1, 1]
    assert re.search(rf'UIN 99; also <a href="{urls[1]}"[^>]*>UIN 901</a>', done.html)


def test_questions_beyond_two_hundred_items_are_counted() -> None:
    digest = a_day(*(matter(n) for n in range(150)), *(asked(n) for n in range(100)))
    done = render(digest, due)
    assert "10 of 250 items are shown in full, 190 in one line each and 50 only as counts" in done.html
    assert "50 more items in the attached file." in done.html
    assert [row["section"] for row in rows(digest)].count("questions") == 100


def test_long_questions_fit_into_the_mail_with_a_gap() -> None:
    words = "To ask the Secretary of State for Education, " + "what “Words — words” " * 400 + " apprenticeships."
    digest = a_day(*(asked(n, question=f"{words} {n}") for n in range(40)))
    done = render(digest, due)
    assert len(done.html.encode()) <= size_limits.MOST_HTML
    assert done.csv is None
    assert done.html.count("<strong>apprenticeships</strong>") == 40


def test_huge_headings_at_a_glance_never_break_the_cap() -> None:
    done = render(a_day(*(matter(n, heading="Heading " * 300 + str(n)) for n in range(40))), due)
    assert len(done.html.encode()) <= size_limits.MOST_HTML
    assert "At a glance" in done.html


def test_huge_headings_of_questions_never_break_the_cap() -> None:
    digest = a_day(*(asked(n, heading="Heading " * 200 + str(n)) for n in range(300)))
    done = render(digest, due)
    assert len(done.html.encode()) <= size_limits.MOST_HTML
    assert len(rows(digest)) == 300


def test_long_list_of_waiting_questions_is_cut_with_a_note() -> None:
    waiting = [a_waiting(asked(n).revision.proceeding) for n in range(55)]
    digest = a_day(matter(1), waiting=waiting)
    done = render(digest, due)
    assert "5 more in pqwatch-2021-02-02.csv, attached." in done.text
    assert "50 of 55 questions and letters that are still awaited are shown. This keeps" in " ".join(done.text.split())
    assert "are shown in full" not in done.html
    assert [row["section"] for row in rows(digest)].count("waiting") == 55


def test_reminders_without_any_place_are_counted_under_their_title() -> None:
    waiting = [a_waiting(asked(n).revision.proceeding) for n in range(3)]
    digest = a_day(matter(1), waiting=waiting)
    entries = entries_of(digest, due)
    nothing = size_limits.plan(digest, entries.extent(digest), [], 0, most_items=0)
    [section] = page_of(digest, entries, nothing, attached="a.csv", stop="").waiting
    assert (section.title, section.whole, section.more) == ("Still waiting", (), "3 more in a.csv, attached.")


def with_many_topics(count: int, **facts: Any) -> Digest:
    """Build a digest with an answer on each of many topics, and a question that still waits."""
    topics = {f"t{n}": f"Policy topic number {n} of the desk" for n in range(count)}
    answers = [
        a_question(uin=str(1000 + n), heading=f"Matter {n}", question="Why water?", answer=f"Water {n} is good.")
        for n in range(count)
    ]
    items = [
        an_item(answer, matches=matches_in(answer, "water", topic), topics=(topic,))
        for answer, topic in zip(answers, topics, strict=True)
    ]
    waiting = [a_waiting(asked(1).revision.proceeding)]
    given = {"topics": topics, "subscriber": a_subscriber(topics=tuple(topics)), "waiting": waiting} | facts
    return a_day(*items, **given)


def sizes(digest: Digest) -> dict[str, int]:
    """Return the bytes of a digest as HTML and as a message to each kind of channel."""
    brief = brief_of(digest, due, "0123")
    return {
        "html": len(render(digest, due).html.encode()),
        "slack": len(slack(brief)),
        "teams": len(teams(brief)),
    }


def test_hundred_and_fifty_topics_leave_each_item_its_line() -> None:
    digest = with_many_topics(150)
    done = render(digest, due)
    text = " ".join(done.text.split())
    assert max(sizes(digest).values()) <= size_limits.MOST_HTML
    assert all(f"UIN {1000 + n}" in text for n in range(150))
    assert "only as counts" not in text
    assert re.search(r"Policy topic number 49 of the desk +1 +0\n100 more topics +100 +0\nAll +150 +0\n", done.text)
    assert "100 more topics" in done.html
    assert "Still waiting" in done.html


def test_four_hundred_topics_have_as_many_lines_as_fit_and_the_rest_is_counted() -> None:
    digest = with_many_topics(400)
    done = render(digest, due)
    text = " ".join(done.text.split())
    assert 85_000 < len(done.html.encode()) <= size_limits.MOST_HTML
    assert max(sizes(digest).values()) <= size_limits.MOST_HTML
    [(lines, counted)] = re.findall(
        r"0 of 400 items are shown in full, (\d+) in one line each and (\d+) only as counts", text
    )
    assert int(lines) + int(counted) == 400
    assert int(lines) > 130
    unnamed = int(counted) - size_limits.FEW_ROWS
    for form in (text, done.html):
        assert f"{unnamed} more items on {unnamed} more topics in the attached file." in form
        assert (
            form.count(" 1 more item in the attached file." if form is text else ">1 more item in the attached") == 10
        )
        assert "390 more topics" in form
    assert len(rows(digest)) == 401


def test_five_hundred_failures_leave_the_items_whole() -> None:
    failures = tuple(f"record 17{n:05}: the source answered 500 three times." + " It is down." * 15 for n in range(500))
    read = (a_reading(failures=failures[:30]), a_reading(house=House.LORDS, failures=failures[30:]))
    digest = a_day(*(matter(n) for n in range(40)), waiting=[a_waiting(asked(1).revision.proceeding)], read=read)
    done = render(digest, due)
    assert max(sizes(digest).values()) <= size_limits.MOST_HTML
    assert done.csv is None
    assert done.html.count("<h3") == 41
    for form in (" ".join(done.text.split()), done.html):
        assert "record 1700049:" in form
        assert "record 1700050:" not in form
        assert "And 450 more failures: `pqwatch status --json` lists them." in form


def test_failures_give_way_to_items() -> None:
    failures = tuple(f"record 17{n:05}: " + "it answered 500. " * 50 for n in range(500))
    digest = a_day(*(matter(n, heading="Heading " * 100) for n in range(60)), read=(a_reading(failures=failures),))
    done = render(digest, due)
    assert len(done.html.encode()) <= size_limits.MOST_HTML
    assert "and 55 in one line each" in done.html
    assert "And 490 more failures: `pqwatch status --json` lists them." in " ".join(done.text.split())


def a_mute(number: int) -> Mute:
    made_at = datetime(2021, 1, 1, tzinfo=UTC)
    text, until = f"mute {number}", date(2021, 2, 2)
    return Mute(
        number=number, subscriber="desk", kind=MuteKind.PHRASE, text=text, until=until, made_at=made_at, hidden=3
    )


@pytest.mark.parametrize("is_quiet", [False, True])
def test_hundreds_of_idle_topics_and_mutes_are_counted(is_quiet: bool) -> None:
    many = {f"t{n}": f"Policy topic number {n} of the desk" for n in range(400)}
    watching = Watching(idle_topics=tuple(many), idle_since=date(2020, 2, 3))
    mutes = [a_mute(n) for n in range(60)]
    report = MuteReport(hiding=tuple((mute, 2) for mute in mutes), ended=tuple(mutes))
    items = [] if is_quiet else [matter(1)]
    digest = a_day(*items, topics=many, watching=watching, mutes=report)
    done = render(digest, due)
    assert max(sizes(digest).values()) <= size_limits.MOST_HTML
    text = " ".join(done.text.split())
    assert "“Policy topic number 49 of the desk” and 350 more have found nothing for a year" in text
    assert "120 items left out: you muted “mute 0” until 2 February 2021, " in text
    assert "“mute 49” until 2 February 2021 and 10 more. `pqwatch mutes` lists them." in text
    assert "And 10 more mutes of yours have ended, with 30 records left out." in text
    lead = " ".join(brief_of(digest, due, "0123").lead)
    assert "“Policy topic number 9 of the desk” and 390 more have found nothing" in lead
    assert "And 50 more mutes of yours have ended" in lead


def test_long_lead_takes_several_blocks_of_a_message_to_slack() -> None:
    mutes = tuple(replace(a_mute(n), text="Bathing water " * 20 + str(n)) for n in range(20))
    report = MuteReport(hiding=tuple((mute, 2) for mute in mutes), ended=mutes)
    brief = brief_of(a_day(matter(1), mutes=report), due, "0123")
    assert len("\n".join(brief.lead)) > MOST_IN_BLOCK
    texts = [block["text"]["text"] for block in json.loads(slack(brief))["blocks"] if block["type"] == "section"]
    assert max(map(len, texts)) <= MOST_IN_BLOCK
    assert "\n".join(texts).startswith("\n".join(brief.lead))


def test_one_mute_more_than_have_a_row_is_counted() -> None:
    mute = replace(a_mute(1), hidden=0)
    text = " ".join(render(a_day(matter(1), mutes=MuteReport(ended=(mute,) * 51)), due).text.split())
    assert "And 1 more mute of yours has ended, with nothing left out." in text


def test_a_mute_that_ended_names_the_day_in_london_on_which_it_was_made() -> None:
    mute = replace(a_mute(1), made_at=datetime(2020, 7, 1, 23, 30, tzinfo=UTC))
    text = " ".join(render(a_day(matter(1), mutes=MuteReport(ended=(mute,))), due).text.split())
    assert "`pqwatch matches --since 2020-07-02` lists what was found." in text


def test_hundreds_of_incomplete_windows_are_counted() -> None:
    windows = tuple(f"answers of window {n}" for n in range(60))
    text = " ".join(render(a_day(matter(1), read=(a_reading(incomplete=windows),)), due).text.split())
    assert "answers of window 49 and 10 more." in text


def test_mentions_are_cut_before_answers() -> None:
    mentions = [matter(n, question="To ask him, why.", answer="“Apprenticeships” " + "é" * 900) for n in range(60)]
    digest = a_day(*mentions, matter(99))
    done = render(digest, due)
    assert "1. " in done.html
    assert done.html.count("<h3") == 1
    [counts] = re.findall(
        r"(\d+) of 61 items are shown in full, (\d+) by the sentence with your words and (\d+) in one line each",
        done.html,
    )
    whole, sentences, lines = map(int, counts)
    assert whole == done.html.count("<h3") == 1
    assert whole + sentences + lines == 61


def test_questions_with_the_same_answer_have_their_own_row() -> None:
    digest = a_day(*ordinary_day().new, *(matter(n) for n in range(50)))
    same = [row for row in rows(digest) if row["same_answer_as"]]
    assert [(row["uin"], row["same_answer_as"]) for row in same] == [("144703", "144704"), ("144705", "144704")]
    assert len({row["answer"] for row in same}) == 1


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t=", "\r=", "\uff1d", "\uff0b", "\uff0d", "\uff20", "  =", "\0="]
)
def test_cell_that_looks_like_a_formula_is_disarmed(start: str) -> None:
    cell = guarded(f"{start}HYPERLINK(1)")
    assert cell.startswith("'")


def test_plain_cells_stay_as_they_are() -> None:
    assert guarded("Café, 5 - 3\nx") == "Café, 5 - 3\nx"


def test_file_is_read_back_field_by_field() -> None:
    asked = Member(name="=Ada", party="Lab", constituency='Sample "Vale"')
    hit = an_item(
        a_question(
            uin="HL5", house=House.LORDS, heading="A, B", question="Water?", answer="One\n\nTwo", asked_by=asked
        ),
        "water",
    )
    filler = [matter(n) for n in range(41)]
    row = next(
        row for row in rows(a_day(hit, *filler, topics={"water": "W", "apprentices": "A"})) if row["uin"] == "HL5"
    )
    assert list(row) == list(COLUMNS)
    assert row["asked_by"] == "'=Ada"
    assert row["asked_by_constituency"] == 'Sample "Vale"'
    assert row["answer"] == "One\n\nTwo"
    assert (row["house"], row["heading"], row["state"]) == ("lords", "A, B", "answered")
    assert (row["tabled_on"], row["answered_on"], row["due_on"]) == ("2021-01-26", "2021-02-01", "")
    assert (row["words_found"], row["found_by"]) == ("Water", "water")


def a_table(first: str, rows: int) -> str:
    """Return an answer with a table, whose rows begin with other words if `first` is another."""
    lines = (f"{first} {number}\t{number}\t{number + 1}\t{number + 2}" for number in range(rows))
    return "\n".join(["Apprenticeships by area.\n\nArea\t2018\t2019\t2020", *lines])


def corrected(was: str, now: str, **facts: Any) -> Item:
    """Return a correction of an answer on apprenticeships; `before` as for an item."""
    fixed = matter(99, answer=now, corrected_on=date(2021, 3, 1), is_correction=True, **facts)
    return replace(fixed, before=a_revision(matter(99, answer=was).revision.proceeding), events=(Event.CORRECTED,))


def test_correction_of_a_large_table_leaves_room_for_the_other_items() -> None:
    fixed = corrected(a_table("Area", 300), a_table("Ward", 300))
    done = render(a_day(fixed, *(matter(number) for number in range(10))), due)
    assert done.csv is None
    for form in (done.text, done.html):
        told = " ".join(form.split())
        assert "280 more sentences or rows of tables changed: `pqwatch show` with `--revision` has each version" in told
    assert done.text.count("Cite: ") == 10


def test_few_of_many_figures_that_changed_are_listed() -> None:
    was, now = (
        " and ".join(f"{number} of {10 * number}" for number in range(first, first + 30)) for first in (100, 200)
    )
    text = " ".join(render(a_day(corrected(f"We had {was}.", f"We had {now}.")), due).text.split())
    assert "Figures: 100 became 200; 1000 became 2000; 101 became 201;" in text
    assert "109 became 209; 1090 became 2090; and 40 more If you quoted it" in text


def test_file_tells_what_changed_and_the_words_before() -> None:
    fixed = corrected("There were 11.", "There were 12.")
    unsent = replace(corrected("", "12.", uin="98", original_answer="11."), before=None)
    question = a_question(uin="97", answer=None)
    reworded = an_item(replace(question, question="What?"), before=question, events=(Event.REWORDED,))
    waits = a_question(uin="96", answer=None)
    late = a_waiting(waits, is_new=True, matches=tuple(matches_in(waits, "water")))
    table = rows(a_day(fixed, unsent, reworded, *(matter(number) for number in range(41)), waiting=[late]))
    told = {row["uin"]: (row["change"], row["was"]) for row in table}
    assert told["99"] == ("Corrected", "There were 11. It is plan 99.")
    assert (told["98"], told["97"]) == (("Corrected", "11."), ("Reworded", question.question))
    assert (told["96"], told["0"]) == (("newly late", ""), ("", ""))
    assert [(row["words_found"], row["found_by"]) for row in table if row["uin"] == "96"] == [("Water", "water")]


def test_mentions_shown_in_full_count_as_answers() -> None:
    mention = matter(1, question="To ask him, why.", answer="Apprenticeships are not for him.")
    digest = a_day(mention, subscriber=a_subscriber(mentions="full"))
    assert "<h3" in render(digest, due).html
    assert "<h3" not in render(a_day(mention), due).html
