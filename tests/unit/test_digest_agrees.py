"""No count or sentence of a digest contradicts another: in the subject, the text, the HTML and a message to a channel."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.digest import size_limits
from monitor.digest.arrange import gravity, is_new_correction, is_new_withdrawal, is_newly_late, is_wanted
from monitor.digest.formats.brief import brief_of
from monitor.digest.page import entries_of
from monitor.digest.render import render
from monitor.digest.size_limits import is_mention
from monitor.model.deliveries import SLACK
from monitor.model.records import Event, House, Kind
from monitor.model.watching import NewTerm, UnreadableTerm, Watching
from tests.builders import a_question, a_reading, a_subscriber, a_waiting
from tests.golden.cases import TOPICS, a_day, due, item

if TYPE_CHECKING:
    from monitor.digest.render import Rendered
    from monitor.model.digests import Digest, Item, ReadOf

pytestmark = pytest.mark.slow

DAY = date(2021, 2, 1)
FAILURES = ("the source answered 503 three times.", "record 140003: 500", "the source does not answer.")
WINDOWS = ("answers of 1 February 2021", "corrections of 1 February 2021")
SHAPES = (
    *("about", "mention", "holding", "corrected", "corrected unsent", "edited", "withdrawn", "withdrawn mention"),
    *("statement", "asked"),
)


def an_item_like(shape: str, number: int, length: int) -> Item:
    """Build an item of this shape that is about bathing water or only mentions it."""
    is_mentioned = shape in {"mention", "withdrawn mention"}
    question = a_question(
        uin=str(140_000 + number),
        heading=f"Matter {number}",
        question="To ask him, why." if is_mentioned else "To ask him, how many bathing waters there are.",
        answer=f"Bathing water {number} is tested. " + "It is wet. " * length,
    )
    first = replace(question, answer="It was another answer on bathing water.")
    fixed: dict[str, Any] = {"corrected_on": DAY + timedelta(days=1), "is_correction": True}
    made = {"kind": Kind.STATEMENT, "made_on": DAY, "answered_on": None, "tabled_on": None, "answer": None}
    statement = {"heading": f"Bathing water {number}", "question": None, "text": question.answer} | made
    earlier = {"before": first, "told_on": DAY}
    changes: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "holding": ({"is_holding": True}, {"events": (Event.HOLDING,)}),
        "corrected": (fixed, {"events": (Event.CORRECTED,)} | earlier),
        "corrected unsent": (fixed | {"original_answer": first.answer}, {"events": (Event.CORRECTED,)}),
        "edited": ({}, {"events": (Event.EDITED,)} | earlier),
        "withdrawn": ({"is_withdrawn": True}, {"events": (Event.WITHDRAWN,)} | earlier),
        "withdrawn mention": ({"is_withdrawn": True}, {"events": (Event.WITHDRAWN,)}),
        "statement": (statement, {}),
        "asked": ({"answer": None, "answered_on": None}, {"events": (Event.TABLED,)}),
    }
    facts, story = changes.get(shape, ({}, {}))
    return item(replace(question, **facts), **story)


@st.composite
def readings(draw: st.DrawFn, house: House) -> ReadOf:
    published = draw(st.integers(0, 2_000))
    return a_reading(
        house=house,
        from_on=DAY - timedelta(days=draw(st.integers(0, 3))),
        to_on=DAY + timedelta(days=draw(st.integers(0, 1))),
        published=published,
        read=max(0, published - draw(st.sampled_from((0, 0, 0, 2)))),
        incomplete=tuple(draw(st.lists(st.sampled_from(WINDOWS), max_size=2, unique=True))),
        failures=tuple(draw(st.lists(st.sampled_from(FAILURES), max_size=3))),
        silent=draw(st.sampled_from(("", "", "Nothing was read of the House since Monday."))),
        missed=draw(st.sampled_from(("", "", "Never read: 1 to 3 June 2020."))),
    )


@st.composite
def digests(draw: st.DrawFn) -> Digest:
    many = st.sampled_from((0, 1, 2, 8, 60))
    shapes = draw(st.lists(st.sampled_from(SHAPES), max_size=8)) + [draw(st.sampled_from(SHAPES))] * draw(many)
    length = draw(st.sampled_from((0, 0, 200)))
    is_new = draw(st.booleans())
    waiting = [
        a_waiting(a_question(uin=f"9{n}", heading=f"Wait {n}", question=f"Why {n}?", answer=None), is_new=is_new)
        for n in range(draw(many))
    ]
    bad = UnreadableTerm(topic="water", term="cat or dog", reason="Write OR.")
    new = NewTerm(topic="water", term="lake", records=2, newest_on=DAY)
    return a_day(
        *(an_item_like(shape, number, length) for number, shape in enumerate(shapes)),
        waiting=waiting,
        read=draw(st.sampled_from(([], [House.COMMONS], [House.COMMONS, House.LORDS])).flatmap(
            lambda houses: st.tuples(*map(readings, houses)))),
        subscriber=a_subscriber(
            topics=tuple(TOPICS),
            mentions=draw(st.sampled_from(("short", "full", "off"))),
            new_questions=draw(st.booleans()),
        ),
        watching=Watching(
            unreadable=(bad,) * draw(st.integers(0, 1)), new_terms=(new,) * draw(st.integers(0, 1))
        ),
        missed=draw(st.sampled_from((0, 0, 3))),
    )  # fmt: skip


def forms(digest: Digest, done: Rendered) -> dict[str, str]:
    """Return the rendered digest in each of its forms, as a reader sees it, on one line."""
    page = re.sub(r"(?s)<style.*?</style>|<div class=\"h\".*?</div>|<span>|</span>", "", done.html)
    to_channel = replace(digest, subscriber=replace(digest.subscriber, channel=SLACK, email=""))
    brief = brief_of(to_channel, due, "0123")
    lines = [
        line
        for group in brief.groups
        for line in (group.title, *(f"{line.heading} {line.said}" for line in group.lines))
    ]
    said = {
        "text": done.text,
        "html": html.unescape(re.sub(r"<[^>]+>", " ", page)),
        "brief": "\n".join([brief.title, *brief.lead, *lines, *brief.foot]),
    }
    return {name: " ".join(form.split()) for name, form in said.items()}


@settings(max_examples=25, deadline=None)
@given(digests())
def test_statements_about_reading_agree(digest: Digest) -> None:
    counts = [(part.read, part.published) for part in digest.read]
    failures = {failure for part in digest.read for failure in part.failures}
    windows = {window for part in digest.read for window in part.incomplete}
    is_missed = any(part.missed for part in digest.read)
    is_short = is_missed or any(read < published for read, published in counts)
    is_well = bool(counts) and not (is_short or failures or windows or any(part.silent for part in digest.read))
    for name, form in forms(digest, render(digest, due)).items():
        assert ("Nothing failed" in form) is (is_well and not digest.watching.unreadable), name
        assert ("Not read in full" in form) is is_short, name
        assert ("Read in full" in form) is (bool(counts) and not is_short and not windows), name
        assert ("Still incomplete" in form) is bool(windows), name
        assert ("Never read: 1 to 3 June 2020." in form) is is_missed, name
        for count in re.findall(r"(\d+) failures?:", form):
            assert int(count) == len(failures), name
        if len(failures) == 1:
            assert f"1 failure: {min(failures).rstrip('.')}." in form, name
        assert ("can't be read" in form) is bool(digest.watching.unreadable), name
        assert ("is new: it is in 2 records" in form) is bool(digest.watching.new_terms), name
        assert name in {"text", "html"} or "at the end" not in form, name


@settings(max_examples=25, deadline=None)
@given(digests())
def test_announced_cuts_are_made(digest: Digest) -> None:
    done, entries = render(digest, due), entries_of(digest, due)
    count = len(entries.answers) + len(entries.to_come)
    text = " ".join(done.text.split())
    html_items = done.html.count("<h3") - min(len(entries.waiting), size_limits.MOST_LISTED)
    cut = re.search(r"(\d+) of (\d+) items are shown in full", text)
    is_cut_sentence = "keeps mail services from cutting the mail" in text
    assert is_cut_sentence is (done.csv is not None)
    assert is_cut_sentence is ("Cut:" in done.html)
    if cut:
        parts = [int(found.replace(",", "")) for found in re.findall(
            r"(\d[\d,]*) (?:of \S+ items are shown in full|by the sentence|in one line each|only as counts)",
            text[cut.start() : text.index("This keeps")],
        )]  # fmt: skip
        assert (int(cut[1]), int(cut[2]), sum(parts)) == (html_items, count, count)
        assert int(cut[1]) < count
    else:
        mentions = sum(is_mention(digest, item) for item in digest.changed + digest.new)
        assert html_items == count - mentions
        assert is_cut_sentence is (len(entries.waiting) > size_limits.MOST_LISTED)


@settings(max_examples=25, deadline=None)
@given(digests())
def test_title_summary_and_sections_agree(digest: Digest) -> None:
    changed = [item for item in digest.changed if not (is_new_correction(item) or is_new_withdrawal(item))]
    withdrawn = [item for item in digest.changed if is_new_withdrawal(item)]
    corrected = [item for item in digest.changed if is_new_correction(item)]
    about = [item for item in digest.new if is_wanted(item)]
    done = render(digest, due)
    for name, form in forms(digest, done).items():
        for count, said in (
            (len(changed), r"changes? to what"),
            (len(withdrawn), r"withdrawn or lapsed questions? that you had not been sent\."),
            (len(corrected), r"corrections? of (?:an answer|answers) that you had"),
        ):
            assert [int(found) for found in re.findall(rf"(\d+) {said}", form)] == [count] * bool(count), name
        answers = sum(item.revision.proceeding.kind is Kind.QUESTION for item in about)
        found = re.findall(
            r"(\d+) answers?(?:,| and [^.]*)? about your topics|(\d+) answers?, [^.]*about your topics", form
        )
        assert {int(a or b) for a, b in found} <= {answers}, name
        assert ("No new answer" in form) is (not digest.is_empty and not (digest.changed or digest.new)), name
    text = done.text
    assert ("\nCORRECTED\n" in text) is bool(corrected)
    assert ("\nCHANGED SINCE YOU READ IT\n" in text) is bool(changed)
    assert ("\nWITHDRAWN OR LAPSED\n" in text) is bool(withdrawn)
    if digest.changed and not digest.new:
        assert "Answers" not in text.splitlines()[0].title()
    if any(item in corrected or Event.CORRECTED in item.events for item in digest.changed):
        assert done.subject.startswith("CORRECTED")


@settings(max_examples=25, deadline=None)
@given(digests(), st.sampled_from(("topics", "counts", "terms")))
def test_subject_agrees_with_the_first_lines(digest: Digest, style: str) -> None:
    digest = replace(digest, subscriber=replace(digest.subscriber, subject=style))
    done = render(digest, due)
    beginnings = {"subject": done.subject, "first lines": " ".join(done.text.split("\n\n")[0].split())}
    about = [item.revision.proceeding for item in digest.new if is_wanted(item)]
    corrected = sum(gravity(item) == 0 for item in digest.changed)
    counts = {
        r"(?:holding )?answers?(?! only| read)": sum(record.kind is Kind.QUESTION for record in about),
        r"statements?(?! only)": sum(record.kind is Kind.STATEMENT for record in about),
        r"new questions?": len(digest.questions),
        r"(?:questions? newly )?late": sum(map(is_newly_late, digest.waiting)),
    }
    for name, words in beginnings.items():
        for noun, count in counts.items():
            assert {int(found) for found in re.findall(rf"(\d+) {noun}\b", words)} <= {count}, (name, noun)
    if corrected and style == "counts":
        assert done.subject.startswith(f"{corrected} corrected")
    elif corrected:
        assert done.subject.startswith("CORRECTED: ")
        assert (f", +{corrected - 1}" in done.subject) is (corrected > 1)
    else:
        assert "CORRECTED" not in done.subject
        assert "corrected" not in done.subject.lower()
