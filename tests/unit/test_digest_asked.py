"""New, late and waiting questions: their text, how they are grouped into items, and the facts that each item shows."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.digest.open_questions import (
    DUE_TODAY,
    NEWLY_LATE,
    STILL_WAITING,
    AskedEntry,
    late_questions,
    new_questions,
)
from monitor.digest.page import entries_of
from monitor.digest.render import render
from monitor.model.records import House, Kind, Member, Proceeding
from monitor.model.watching import Topic
from monitor.presentation.excerpt import around
from monitor.presentation.plain_text import inline
from monitor.presentation.question_groups import Asked, is_one_subject, together
from monitor.terms.matcher import compile_terms
from tests.builders import a_digest, a_question, a_subscriber, a_waiting, an_item, found_by, matches_in

if TYPE_CHECKING:
    from monitor.model.digests import Item

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data" / "written-questions-api"
BODIES = ("Cabinet Office", "Department for Education", "Home Office", "Ministry of Justice", "Wales Office")
TO_HOME = "To ask the Secretary of State for the Home Department, "
OTHER = Member(member_id=9005, name="Dev Instance", party="Liberal Democrat", constituency="Northern Exemplar")


def due(_question: Proceeding) -> date | None:
    return None


def asked(uin: int, question: str, *terms: str, **facts: Any) -> Item:
    """Build a new question without a heading. Questions have none for some days."""
    given = {"uin": str(uin), "heading": None, "question": question, "answer": None}
    return an_item(a_question(**(given | facts)), *(terms or ("water",)))


def entries(*items: Item) -> list[AskedEntry]:
    return new_questions(a_digest(questions=items), due)


def links_in(html: str) -> Counter[str]:
    """Count the addresses of questions that a digest links."""
    return Counter(re.findall(r'href="([^"]*/\d+)"', html))


def text_of(*items: Item, **facts: Any) -> str:
    return " ".join(render(a_digest(questions=items, **facts), due).text.split())


def groups(*items: Item) -> list[list[str | None]]:
    questions = [Asked(proceeding=item.revision.proceeding, matches=item.matches, topics=item.topics) for item in items]
    return [[question.proceeding.uin for question in group] for group in together(questions)]


# -- the text ---------------------------------------------------------------------------------------------------------


def test_question_without_a_heading_shows_what_is_asked() -> None:
    text = text_of(asked(24548, f"{TO_HOME}what steps she is taking to keep water clean."))
    assert "1 WATER" not in text.replace("1 WATER | UIN 24548", "")
    assert (
        "WATER | UIN 24548 Ada Example (Lab, Mid Sample) asked the Department for Environment, Food and Rural Affairs. "
        "Tabled 26 Jan 2021, for answer on 1 Feb 2021, named day. "
        "Q what steps she is taking to keep *water* clean. https://"
    ) in text
    assert "Question 24548" not in text


@pytest.mark.parametrize(
    ("before", "behind", "said"),
    [
        (0, 39, "*water* " + " ".join(["b"] * 39)),
        (39, 0, " ".join(["a"] * 39) + " *water*"),
        (39, 1, " ".join(["a"] * 39) + " *water* [...]"),
        (40, 0, "[...] " + " ".join(["a"] * 39) + " *water*"),
        (100, 100, "[...] " + " ".join(["a"] * 12) + " *water* " + " ".join(["b"] * 27) + " [...]"),
    ],
)
def test_question_is_whole_up_to_forty_words_else_forty_around_the_match(before: int, behind: int, said: str) -> None:
    text = " ".join(["a"] * before + ["water"] + ["b"] * behind)
    start = text.index("water")
    shown = around(text, [(start, start + 5)])
    assert inline(shown) == said
    assert shown.is_cut == ("[...]" in said)


def test_every_match_shown_is_bold_and_the_formula_is_left_out() -> None:
    text = "To ask the Secretary of State for Health, what water\nis\tin the water of rivers."
    [entry] = entries(asked(1, text, "water", "rivers"))
    assert inline(entry.wordings[0].question) == "what *water* is in the *water* of *rivers*."
    assert entry.why == ()
    assert inline(around("", [])) == ""


def test_reason_is_given_only_if_bold_words_do_not_show_it() -> None:
    plain = asked(1, f"{TO_HOME}what water costs.")
    family = replace(plain, matches=(found_by(plain.matches[0], "sea = water"),))
    headed = asked(2, f"{TO_HOME}what it costs.", heading="Water")
    assert entries(plain)[0].why == ()
    assert entries(family)[0].why == ("Found: water, by sea",)
    assert entries(headed)[0].why == ()


# -- grouping ---------------------------------------------------------------------------------------------------------


def to_bodies(count: int = 5) -> list[Item]:
    return [
        asked(
            24548 + n,
            f"To ask the Minister, how many positions in {('his', 'her', 'their')[n % 3]} Department are on water.",
            body=body,
            body_id=n,
        )
        for n, body in enumerate(BODIES[:count])
    ]


def test_same_question_to_several_bodies_is_one_item_with_all_numbers() -> None:
    [entry] = entries(*to_bodies())
    assert entry.questions == 5
    assert entry.aside == " (5 new questions, asked of 5 departments)"
    assert (entry.title, entry.asked) == ("UIN 24548 and 4 more", " asked 5 departments.")
    [wording] = entry.wordings
    assert inline(wording.question) == "how many positions in his Department are on *water*."
    assert wording.asked_as == (
        "UIN 24548 (Cabinet Office), UIN 24549 (DfE), UIN 24550 (Home Office), UIN 24551 (MoJ) and UIN 24552 (Wales Office)"
    )
    assert [page.name for page in entry.pages] == [f"UIN {24548 + n}" for n in range(5)]


def test_name_of_the_body_does_not_make_another_question() -> None:
    said = ("what the Treasury does", "what her Department does", "what the Home Office does", "what the Treasury does")
    bodies = ("Treasury", "Home Office", "Home Office", "Home Office")
    items = [
        asked(n, f"{TO_HOME}{words} about water today.", body=body, body_id=len(body))
        for n, (words, body) in enumerate(zip(said, bodies, strict=True))
    ]
    assert groups(*items) == [["0", "1", "2"], ["3"]]


def test_headings_that_only_name_the_body_count_as_equal() -> None:
    items = [
        asked(n, f"{TO_HOME}how many posts are on water.", body=body, body_id=n, heading=f"{body}: Equality")
        for n, body in enumerate(BODIES)
    ]
    [entry] = entries(*items)
    assert (entry.heading, entry.title) == ("Equality", "Equality (UIN 0 and 4 more)")
    assert entry.wordings[0].asked_as.startswith("UIN 0 (Cabinet Office), UIN 1 (DfE)")
    renamed = replace(items[4], revision=replace(items[4].revision, proceeding=replace(
        items[4].revision.proceeding, heading="Wales Office: Recruitment")))  # fmt: skip
    assert "UIN 4 (Wales Office, Recruitment)" in entries(*items[:4], renamed)[0].wordings[0].asked_as


def test_same_question_by_several_members_names_all_members() -> None:
    same = f"{TO_HOME}what steps he takes on water."
    [entry] = entries(asked(1, same), asked(2, same, asked_by=OTHER))
    assert entry.askers == "Ada Example (Lab, Mid Sample) and Dev Instance (LD, Northern Exemplar)"
    assert entry.wordings[0].asked_as == "UIN 1 (Ada Example) and UIN 2 (Dev Instance)"


def test_same_words_in_the_other_house_are_separate_items() -> None:
    same = f"{TO_HOME}what steps he takes on water."
    assert groups(asked(1, same), asked(2, same, house=House.LORDS)) == [["1"], ["2"]]


COSTS = f"{TO_HOME}what recent estimate she has made of the cost of desalination plants for drinking water."
NUMBERS = f"{TO_HOME}how many desalination plants for drinking water are planned."
LEAKS = f"{TO_HOME}what steps she is taking to mend leaks in water pipes."


def test_questions_tabled_together_on_one_subject_are_one_item_with_both_texts() -> None:
    [entry] = entries(asked(101, COSTS), asked(102, NUMBERS))
    assert (entry.title, entry.aside) == ("UIN 101 and 102", " (2 new questions)")
    assert [wording.label for wording in entry.wordings] == ["101", "102"]
    costs, numbers = (inline(wording.question) for wording in entry.wordings)
    assert costs.endswith("for drinking *water*.")
    assert numbers == "how many desalination plants for drinking *water* are planned."
    assert entry.heading.startswith("Question 101: what recent estimate")


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"question": LEAKS}, id="another subject"),
        pytest.param({"asked_by": OTHER}, id="another member"),
        pytest.param({"asked_by": None}, id="no member known"),
        pytest.param({"tabled_on": date(2021, 1, 27)}, id="another day"),
        pytest.param({"body_id": 99, "body": "Home Office"}, id="another body"),
        pytest.param({"house": House.LORDS}, id="another House"),
    ],
)
def test_questions_not_tabled_together_on_one_subject_are_separate_items(facts: dict[str, Any]) -> None:
    other = asked(102, **({"question": NUMBERS} | facts))
    assert groups(asked(101, COSTS), other) == [["101"], ["102"]]


def test_constituency_is_not_a_subject() -> None:
    member = Member(member_id=9001, name="Ada Example", constituency="High Sample")
    surgeries = f"{TO_HOME}what he is doing on water in surgeries in {{}}."
    baths = f"{TO_HOME}what he is doing on water in swimming baths in {{}}."
    for place in ("High Sample", "Other Place and Far Valley constituency"):
        items = [asked(n, text.format(place), asked_by=member) for n, text in enumerate((surgeries, baths))]
        assert groups(*items) == [["0"], ["1"]]


def test_questions_found_by_other_terms_are_separate_items() -> None:
    assert groups(asked(101, COSTS, "desalination"), asked(102, NUMBERS, "drinking water")) == [["101"], ["102"]]


def test_matched_words_alone_are_not_a_subject() -> None:
    scheme = asked(1, f"{TO_HOME}whether he will continue the Armed Forces Help to Buy Scheme.", "armed forces")
    officer = asked(2, f"{TO_HOME}when an Armed Forces Commissioner will be established.", "armed forces")
    assert groups(scheme, officer) == [["1"], ["2"]]


def test_questions_of_one_member_under_one_heading_are_one_item_and_under_others_are_not() -> None:
    one, two = asked(1, COSTS, heading="Water"), asked(2, LEAKS, heading="water")
    assert groups(one, two) == [["1", "2"]]
    assert entries(one, two)[0].title == "Water (UIN 1 and 2)"
    assert groups(asked(1, COSTS, heading="Water"), asked(2, NUMBERS, heading="Desalination")) == [["1"], ["2"]]
    assert groups(asked(1, COSTS, heading="Water"), asked(2, NUMBERS)) == [["1", "2"]]


def test_heading_of_one_question_joins_no_others() -> None:
    """A question without a heading shares the subject of both others, whose headings differ."""
    assert groups(asked(1, COSTS), asked(2, COSTS[:-1] + " now.", heading="A"), asked(3, NUMBERS, heading="B")) == [
        ["1", "2"],
        ["3"],
    ]


def test_grouping_neither_loses_nor_repeats_a_question() -> None:
    items = [*to_bodies(), asked(101, COSTS), asked(102, NUMBERS), asked(103, LEAKS), asked(104, LEAKS, asked_by=OTHER)]
    digest = a_digest(questions=tuple(items))
    done = render(digest, due)
    for form in (done.text, done.html):
        assert all(str(item.revision.proceeding.uin) in form for item in items)
    assert done.subject.startswith("9 new questions: Water 9")
    assert "9 new questions." in " ".join(done.text.split())
    assert sum(entry.questions for entry in entries(*items)) == 9


def test_item_with_many_texts_lists_them_all() -> None:
    items = [asked(200 + n, f"{COSTS[:-1]} in area number{'x' * n}.", heading="Desalination") for n in range(12)]
    [entry] = entries(*items)
    assert len(entry.wordings) == 8
    assert entry.further == "UIN 208, UIN 209, UIN 210 and UIN 211"
    done = render(a_digest(questions=tuple(items)), due)
    assert "Asked with them: UIN 208, UIN 209, UIN 210 and UIN 211." in " ".join(done.text.split())
    assert links_in(done.html) == Counter(str(item.revision.proceeding.url) for item in (items[0], *items))


def test_item_links_each_question_once_where_it_names_it() -> None:
    done = render(a_digest(questions=to_bodies()), due)
    first, *others = [str(item.revision.proceeding.url) for item in to_bodies()]
    assert links_in(done.html) == Counter([first, first, *others])  # the first one stands in the title too
    assert done.html.count("UIN 24552") == 1


def test_question_without_a_text_is_linked_among_others_that_have_one() -> None:
    items = [asked(number, COSTS, heading="Desalination") for number in (200, 201)]
    bare = replace(items[1].revision.proceeding, question=None)
    items[1] = replace(items[1], revision=replace(items[1].revision, proceeding=bare), matches=())
    assert groups(*items) == [["200", "201"]]
    assert links_in(render(a_digest(questions=tuple(items)), due).html)[str(bare.url)] == 1


# -- late, due, waiting -----------------------------------------------------------------------------------------------


def test_late_questions_are_sorted_by_what_is_new() -> None:
    def late(uin: str, **facts: Any) -> Any:
        question = a_question(uin=uin, heading=None, question=f"{TO_HOME}what water costs in {uin}.", answer=None)
        return a_waiting(question, matches=matches_in(question, "water"), **facts)

    digest = a_digest(
        waiting=(
            late("1", is_new=True, days_late=2),
            late("2", days_late=9),
            late("3", days_late=0),
            late("4", days_late=None, due_on=None),
        )
    )
    entries_found = [(question.section, question.names, question.when) for question in late_questions(digest)]
    assert entries_found == [
        (NEWLY_LATE, "UIN 1", "2 days late (due 26 Jan 2021)."),
        (DUE_TODAY, "UIN 3", "Due 26 Jan 2021."),
        (STILL_WAITING, "UIN 2", "9 days late (due 26 Jan 2021)."),
        (STILL_WAITING, "UIN 4", "Waiting since 26 Jan 2021."),
    ]
    shown = entries_of(digest, due)
    assert [entry.number for entry in (*shown.to_come, *shown.waiting)] == [1, 2, 0, 0]
    text = " ".join(render(digest, due).text.split())
    assert "1 question newly late, 1 due today and 2 still waiting." in text
    assert text.count("Q what *water* costs in") == 4
    assert (
        text.index("NEWLY LATE") < text.index("DUE TODAY") < text.index("STILL WAITING") < text.index("WHAT WAS READ")
    )


@pytest.mark.parametrize(
    ("facts", "when"),
    [
        ({}, "6 days late (due 26 Jan 2021), with a holding answer of 26 Jan 2021."),
        ({"days_late": 0}, "Due 26 Jan 2021, with a holding answer of 26 Jan 2021."),
        ({"days_late": None, "due_on": None}, "Waiting since 26 Jan 2021, with a holding answer of 26 Jan 2021."),
    ],
)
def test_late_question_with_a_holding_answer_says_so(facts: dict[str, Any], when: str) -> None:
    held = a_question(uin="2", is_holding=True, answered_on=date(2021, 1, 26))
    waiting = (a_waiting(a_question(uin="1", answer=None), **facts), a_waiting(held, **facts))
    assert late_questions(a_digest(waiting=waiting))[1].when == when


def test_same_question_late_with_several_bodies_is_one_item() -> None:
    some = [a_waiting(body.revision.proceeding, matches=body.matches, is_new=True) for body in to_bodies()]
    [entry] = late_questions(a_digest(waiting=tuple(some)))
    assert entry.aside == " (5 questions, asked of 5 departments, 6 days late)"
    separate = [*some[:4], replace(some[4], days_late=7)]
    assert [question.questions for question in late_questions(a_digest(waiting=tuple(separate)))] == [4, 1]


# -- the whole digest -------------------------------------------------------------------------------------------------


def test_sections_are_in_order_of_importance() -> None:
    changed = an_item(a_question(uin="1", answer="Two."), "water", before=a_question(uin="1", answer="One."))
    mention = an_item(a_question(uin="3", heading="H", answer="On water."), "water")
    digest = a_digest(
        changed=(changed,),
        new=(an_item(a_question(uin="2"), "water"), mention),
        questions=(asked(4, COSTS),),
        waiting=(
            a_waiting(is_new=True),
            a_waiting(a_question(uin="8"), days_late=0),
            a_waiting(a_question(uin="7"), due_on=None, days_late=None, promised_on=date(2021, 1, 1)),
            a_waiting(a_question(uin="9", question="Why?", answer=None)),
        ),
    )
    done = render(digest, due)
    titles = (
        "Changed since you read it",
        "Water",
        "Only mentioned",
        "Newly late",
        "Due today",
        "Still waiting",
        "Promised letters",
        "New questions",
    )
    places = [done.html.index(f"<h2>{title}</h2>".replace("<h2>", ">").replace("</h2>", "</h2>")) for title in titles]
    assert places == sorted(places)
    lines = done.text.split("\n")
    in_text = [lines.index(title.upper()) for title in (*titles, "What was read")]
    assert in_text == sorted(in_text)


def test_summary_is_by_topic_and_has_every_numbered_item() -> None:
    topics = {"water": "Water", "air": "Air"}
    digest = a_digest(
        topics=topics,
        subscriber=a_subscriber(topics=tuple(topics)),
        changed=(an_item(a_question(uin="1", heading="Ponds", answer="Two."), "ponds", topic="air",
                         before=a_question(uin="1", heading="Ponds", answer="One.")),),
        new=(an_item(a_question(uin="2", heading="Lakes", is_holding=True), "lakes"),),
        questions=(asked(4, COSTS), replace(asked(5, LEAKS, "leaks"), topics=("air",))),
        waiting=(a_waiting(is_new=True),),
    )  # fmt: skip
    text = render(digest, due).text
    glance = [line.rstrip() for line in text.split("AT A GLANCE\n")[1].split("\n\n")[0].split("\n")[1:]]
    assert glance == [
        "Water",
        " 2  Lakes (holding answer)                                         Defra",
        " 3  Water: Sample Vale (6 days late)                               Defra",
        " 4  Question 4: what recent estimate she has made of the cost of   Defra",
        "    desalination plants for... (new question)",
        "Air",
        " 1  Changed: Ponds                                                 Defra",
        " 5  Question 5: what steps she is taking to mend leaks in water    Defra",
        "    pipes. (new question)",
    ]


# -- recorded questions -----------------------------------------------------------------------------------------------

SUBJECTS = {
    "schools": ("special educational needs", "school meals", "private school"),
    "health": ("mental health", "cancer", "dentist*"),
    "abroad": ("Gaza", "Ukraine", "asylum"),
    "money": ("pension credit", "winter fuel", "hospitality", "recruitment", "redundancy"),
    "water": ("sewage", "river", "water compan*"),
}


def recorded(month: str) -> list[tuple[Item, str]]:
    """Read the questions of a recorded month that the subjects find, without the headings that they got later."""
    matcher = compile_terms([Topic(key=key, name=key, terms=terms) for key, terms in SUBJECTS.items()])
    found = []
    with gzip.open(RECORDED / f"detail-commons-tabled-{month}.jsonl.gz", "rt") as lines:
        for given in map(json.loads, lines):
            question = Proceeding(
                id=f"q-{given['id']}",
                source="questions",
                kind=Kind.QUESTION,
                house=House.COMMONS,
                uin=given["uin"],
                question=given["questionText"],
                body=given["answeringBodyName"],
                body_id=given["answeringBodyId"],
                tabled_on=date.fromisoformat(given["dateTabled"][:10]),
                asked_by=Member(member_id=given["askingMemberId"]),
            )
            matches = matcher.matches(question.parts())
            if matches and given["heading"]:
                topics = tuple(key for key in SUBJECTS if any(match.topic == key for match in matches))
                found.append((an_item(question, matches=matches, topics=topics), given["heading"]))
    return found


def share_a_word(heading: str, other_heading: str) -> bool:
    """Return whether headings share a word: "Pension Credit" and "Pensioners: Universal Credit"."""
    first, second = (
        set(heading.casefold().replace(":", "").split()) - {"and", "of", "in"} for heading in (heading, other_heading)
    )
    return bool(first & second)


@pytest.mark.slow
@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded questions are not here")
@pytest.mark.parametrize("month", ["2023-12", "2024-07", "2024-09"])
def test_recorded_questions_of_one_item_later_got_similar_headings(month: str) -> None:
    by_day = defaultdict(list)
    headings = {}
    for item, heading in recorded(month):
        it = item.revision.proceeding
        headings[it.id] = heading
        by_day[it.tabled_on].append(Asked(proceeding=it, matches=item.matches, topics=item.topics))
    joined = [group for day in by_day.values() for group in together(day) if len(group) > 1]
    pairs = [
        (headings[first.proceeding.id], headings[second.proceeding.id])
        for group in joined
        for first, second in combinations(group, 2)
    ]
    right = sum(share_a_word(*pair) for pair in pairs)
    assert len(joined) >= 20
    assert right >= 0.9 * len(pairs), [pair for pair in pairs if not share_a_word(*pair)]


def test_subject_comes_from_distinctive_words() -> None:
    one = Asked(
        proceeding=a_question(question=f"{TO_HOME}what recent assessment he has made of the impact of policies.")
    )
    assert one.subject == frozenset()
    assert not is_one_subject(*(replace(one, proceeding=replace(one.proceeding, heading=None)) for _ in range(2)))
