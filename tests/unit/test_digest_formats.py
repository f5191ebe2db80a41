"""Messages to Slack and Teams, as plain JSON and as a feed: wording, limits, and cuts."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from monitor.digest.formats.brief import MOST_LINES, brief_of
from monitor.digest.formats.plain_json import Related, plain
from monitor.digest.formats.slack import MOST_BLOCKS, MOST_IN_ALL, MOST_IN_BLOCK, MOST_IN_HEADER, slack
from monitor.digest.formats.teams import MOST_BYTES, teams
from monitor.digest.formats.topic_feed import topic_feed
from monitor.digest.messages import trial
from monitor.model.copies import copy_message
from monitor.model.deliveries import (
    JSON,
    SLACK,
    TEAMS,
    WEBHOOKS,
    feed_of_topic,
    is_webhook,
    queue_of,
    slug,
    text_of,
)
from monitor.model.records import Event, House, State
from monitor.model.watching import NewTerm, UnreadableTerm, Watching
from monitor.presentation.feeds.document import feed_of, freeze
from tests.builders import NOW, a_digest, a_question, a_revision, a_subscriber, a_waiting, an_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.digest.formats.brief import Brief
    from monitor.model.digests import Digest, Item
    from monitor.model.records import Proceeding

OWN_ID = "0123456789ab"


def due(_proceeding: Proceeding) -> date | None:
    return date(2021, 2, 1)


def answered(number: int, **facts: Any) -> Item:
    facts = {
        "heading": f"Water: Place {number}",
        "question": "About bathing water.",
        "answer": f"It is {number}.",
    } | facts
    return an_item(a_question(uin=str(140_000 + number), **facts), "bathing water")


def corrected() -> Item:
    before = a_question(uin="139999", heading="Ponds", answer="There were 45 ponds.")
    now = a_question(
        uin="139999", heading="Ponds", answer="There were 38 ponds.", corrected_on=date(2021, 2, 2), is_correction=True
    )
    return an_item(now, before=before, told_on=date(2021, 2, 1), events=(Event.CORRECTED,))


def brief(*items: Item, **facts: Any) -> Brief:
    return brief_of(a_digest(new=items, **facts), due, OWN_ID)


def test_message_summarises_the_digest() -> None:
    """The order is changes, each with its link and reference, then matches by topic, late questions, new questions."""
    waiting = a_waiting(a_question(uin="130000", heading="Late", answer=None, answered_on=None))
    asked = an_item(a_question(uin="150000", heading="New", answer=None), "steps")
    lords = answered(2, house=House.LORDS)
    text = text_of(
        SLACK, slack(brief(answered(1), lords, changed=(corrected(),), waiting=(waiting,), questions=(asked,)))
    )
    assert text == GLANCE


LINK = "https://questions-statements.parliament.uk/written-questions/detail/2021-01-26"
GLANCE = f"""\
CORRECTED: Ponds; 2 answers, 1 new question: Water 2 (1 Feb to 2 Feb)

1 change to what you were told.
2 answers about your topics.
1 question still waiting and 1 new question.

*Changed since you read it*
• *Corrected:* <{LINK}/139999|Ponds> — Ada Example; Defra; UIN 139999, answered 1 February 2021, corrected 2 February 2021. \
First answer 1 February 2021, in your digest of 1 February 2021. Corrected on 2 February 2021. 45 became 38

*Water*
• <{LINK}/140001|Water: Place 1> — Ada Example; Defra; UIN 140001, answered 1 February 2021
• <{LINK}/140002|Water: Place 2 (Lords)> — Ada Example; Defra; UIN 140002, answered 1 February 2021

*Still waiting*
• <{LINK}/130000|Late (6 days late)> — Ada Example (Lab, Mid Sample) asked the Department for Environment, Food and Rural \
Affairs. UIN 130000. 6 days late (due 26 Jan 2021). “what steps he is taking.”

*New questions*
• <{LINK}/150000|New (new question)> — Ada Example (Lab, Mid Sample) asked the Department for Environment, Food and Rural \
Affairs. UIN 150000. Tabled 26 Jan 2021, for answer on 1 Feb 2021, named day. “what steps he is taking.”

Read in full, Monday 1 February 2021: Commons 376 of 376. Nothing failed. \
Contains Parliamentary information licensed under the Open Parliament \
Licence v3.0. pqwatch {OWN_ID}"""


def test_quiet_day_has_a_message() -> None:
    text = text_of(TEAMS, teams(brief()))
    assert text.startswith(
        "Nothing on your topics (Mon 1 Feb); 376 answers read\n\nNo answer of Monday 1 February 2021 matches"
    )


def several(count: int) -> Item:
    questions = [a_question(uin=str(141_000 + number), heading="Ponds", answer="As before.") for number in range(count)]
    return an_item(questions[0], "bathing water", same_as=tuple(questions[1:]))


def test_each_question_of_an_item_is_linked() -> None:
    """The heading links the first one, which is named with the others, as people look for a number."""
    text = text_of(SLACK, slack(brief(several(3))))
    pages = " and ".join([", ".join(f"<{LINK}/14100{n}|UIN 14100{n}>" for n in (0, 1)), f"<{LINK}/141002|UIN 141002>"])
    assert f"answered 1 February 2021; also UIN 141001 and UIN 141002. Pages: {pages}\n" in text
    card = text_of(TEAMS, teams(brief(several(3))))
    assert (
        f". Pages: [UIN 141000]({LINK}/141000), [UIN 141001]({LINK}/141001) and [UIN 141002]({LINK}/141002)\n" in card
    )


@pytest.mark.parametrize("form", [slack, teams])
def test_more_than_ten_pages_of_an_item_are_counted(form: Callable[[Brief], bytes]) -> None:
    content = form(brief(several(30)))
    assert is_within(content)
    [pages] = re.findall(r"Pages: (.*?)(?=\\n|\")", content.decode())
    assert (pages.count("https://"), pages.endswith(" and 20 more")) == (10, True)


HOSTILE = "<!channel> & <@U1> [x](javascript:alert) *b* _i_ `c` # h"


def test_nothing_that_is_quoted_calls_anybody() -> None:
    message = json.loads(slack(brief(answered(1, heading=HOSTILE))))
    section = message["blocks"][2]["text"]["text"]
    assert "&lt;!channel&gt; &amp; &lt;@U1&gt; [x]" in section
    assert section.count("<") == section.count("|") == 1
    assert "<" not in message["text"]
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)


def test_nothing_that_is_quoted_is_mark_up() -> None:
    text = text_of(TEAMS, teams(brief(answered(1, heading=HOSTILE))))
    assert r"[\<!channel\> & \<@U1\> \[x\](javascript:alert) \*b\* \_i\_ \`c\` \# h](https://" in text
    lists = teams(brief(answered(1, heading="1. One"), waiting=(a_waiting(),), missed=2))
    assert r"[1\. One]" in lists.decode().replace("\\\\", "\\")


def is_within(content: bytes) -> bool:
    message = json.loads(content)
    if "attachments" in message:
        return len(content) <= MOST_BYTES
    texts = [block["text"]["text"] for block in message["blocks"] if block["type"] == "section"]
    return (
        len(message["blocks"]) <= MOST_BLOCKS
        and max(map(len, texts)) <= MOST_IN_BLOCK
        and len(message["blocks"][0]["text"]["text"]) <= MOST_IN_HEADER
        and sum(map(len, texts)) <= MOST_IN_ALL
    )


@pytest.mark.parametrize("form", [slack, teams], ids=["slack", "teams"])
@pytest.mark.parametrize(
    "heading", ["Water", "Very long " * 40, "<&>" * 60, "水" * 300], ids=["short", "long", "escaped", "wide"]
)
def test_long_digest_is_cut_and_says_so(form: Any, heading: str) -> None:
    """A message has as many items as fit, and at its top the command that lists all."""
    channel = SLACK if form is slack else TEAMS
    whole = brief(*(answered(number, heading=f"{number} {heading}") for number in range(300)))
    content = form(whole)
    assert is_within(content)
    shown = content.count(b"\\u2022") + content.count("•".encode()) if form is slack else content.count(b'"text": "- ')
    assert 20 < shown <= MOST_LINES
    assert f"{shown} of 300 items stand here. All of them: pqwatch digest show {OWN_ID} --all" in text_of(
        channel, content
    )
    few = form(whole.first(shown + 1))
    assert shown == MOST_LINES or not is_within(few) or "stand here" in few.decode()


def test_digest_that_fits_is_not_cut() -> None:
    for channel, form in ((SLACK, slack), (TEAMS, teams)):
        assert "stand here" not in text_of(channel, form(brief(*map(answered, range(20)))))


# -- plain JSON -------------------------------------------------------------------------------------------------------


def written(digest: Digest, *items: Item) -> Any:
    return json.loads(plain(digest, items, due, f"<{OWN_ID}@example.org>", lambda _one: Related(["q-1"], ["q-2"])))


def test_plain_json_has_records_and_reasons() -> None:
    digest = written(a_digest(waiting=(a_waiting(),)), answered(1), corrected())
    assert list(digest) == [
        "schema", "type", "id", "copy_of", "subscriber", "slot", "as_of", "subject", "topics", "items", "left_out",
        "waiting", "missed", "muted", "unreadable_terms", "idle_topics", "new_terms",
        "promises", "topic_years",
    ]  # fmt: skip
    first, second = digest["items"]
    assert (first["section"], first["label"], first["told_on"]) == ("changed", "Corrected", "2021-02-01")
    assert (first["record"]["id"], first["record"]["state"]) == ("q-139999", "corrected")
    assert (second["section"], second["label"], second["topics"]) == ("new", None, ["water"])
    assert second["record"]["matches"][0]["term"] == "bathing water"
    assert (second["record"]["refers_to"], second["record"]["same_answer_as"]) == (["q-1"], ["q-2"])
    assert (digest["waiting"][0]["id"], digest["waiting"][0]["days_late"]) == ("q-140001", 6)


def test_items_too_large_for_a_receiver_are_listed() -> None:
    digest = written(a_digest(), *(answered(number, answer="water " * 40_000) for number in range(6)))
    assert [len(digest["items"]), len(digest["left_out"])] == [4, 2]
    assert {item["record"]["id"] for item in digest["items"]} | set(digest["left_out"]) == {
        f"q-14000{n}" for n in range(6)
    }


# -- copies, tests, names ---------------------------------------------------------------------------------------------


def test_copy_is_marked_as_a_copy() -> None:
    messages = {SLACK: slack(brief(answered(1))), TEAMS: teams(brief(answered(1)))}
    for channel, message in messages.items():
        copy = copy_message(channel, message, "webhook w", "<copy@example.org>", NOW)
        assert text_of(channel, copy) == f"Sent again on request.\n\n{text_of(channel, message)}"
    copied = json.loads(copy_message(JSON, b'{"id": "<a@b>", "copy_of": null}', "webhook w", "<copy@b>", NOW))
    assert copied == {"id": "<copy@b>", "copy_of": "<a@b>"}


@pytest.mark.parametrize("channel", WEBHOOKS)
def test_test_message_has_the_form_of_its_channel(channel: str) -> None:
    assert "digests can reach you" in text_of(channel, trial(channel, OWN_ID))


@pytest.mark.parametrize(
    ("key", "name"),
    [("Water", "water"), ("Hi-tech crime!", "hi-tech-crime"), ("Café", "cafe"), ("水", "topic"), ("../etc", "etc")],
)
def test_a_feed_has_files_with_plain_names(key: str, name: str) -> None:
    assert slug(key) == name
    assert len(slug(key * 99)) <= 60


def test_deliveries_wait_in_queues() -> None:
    assert queue_of("slack", "webhook A") == "webhook A"
    assert queue_of("mail", "a@example.org") == "mail"
    assert queue_of("feed", feed_of_topic("Water")) == "feed"
    assert is_webhook("webhook A")
    assert not is_webhook("webhook@example.org")


# -- feeds ------------------------------------------------------------------------------------------------------------

READER = a_subscriber(key="feed water", name="Water", email="", channel="feed")


def feed(*items: Item) -> bytes:
    return freeze(topic_feed(READER, items, {"water": "Water"}, due, instance="archive", now=NOW, rights="OPL"))


def test_each_version_of_a_record_has_its_own_entry() -> None:
    first = an_item(a_question(uin="139999", heading="Ponds", answer="There were 45 ponds."), "ponds")
    second = corrected()
    object.__setattr__(second, "revision", a_revision(second.revision.proceeding, number=2))
    joined = feed_of([feed(second), feed(first)], 100, "https://example.org/water.atom")
    assert [(entry.id, entry.title) for entry in joined.entries] == [
        ("tag:pqwatch.invalid,2025:record/q-139999/questions/2", "Corrected: Ponds"),
        ("tag:pqwatch.invalid,2025:record/q-139999/questions/1", "Ponds"),
    ]
    assert (
        "<strong>Corrected.</strong> First answer 1 February 2021. Corrected on 2 February 2021."
        in joined.entries[0].html
    )
    assert "your digest" not in joined.entries[0].html
    assert (joined.title, joined.url) == ("Water (pqwatch)", "https://example.org/water.atom")
    assert joined.entries[0].updated == NOW


def test_entries_are_not_repeated_and_the_newest_stay() -> None:
    pieces = [feed(answered(3), answered(2)), feed(answered(1)), feed(answered(2))]
    joined = feed_of(pieces, 2, "")
    assert [entry.title for entry in joined.entries] == ["Water: Place 3", "Water: Place 2"]
    assert len(feed_of(pieces, 100, "").entries) == 3
    assert feed_of([feed()], 100, "").entries == ()


def test_title_says_that_a_question_is_withdrawn() -> None:
    gone = an_item(a_question(heading="Ponds", is_withdrawn=True), before=a_question(heading="Ponds"))
    assert gone.revision.proceeding.state is State.WITHDRAWN
    [entry] = feed_of([feed(gone)], 100, "").entries
    assert entry.title == "Withdrawn: Ponds"


def test_plain_json_lists_problems_of_terms_and_topics() -> None:
    watching = Watching(
        unreadable=(UnreadableTerm(topic="water", term="(", reason="no end"),),
        idle_topics=("water",),
        new_terms=(NewTerm(topic="water", term="lake", records=2, newest_on=date(2021, 1, 1)),),
    )
    digest = written(a_digest(watching=watching))
    assert digest["unreadable_terms"] == [
        {"topic": "water", "term": "(", "problem": "no end", "exclude": False, "misread": False}
    ]
    assert digest["idle_topics"] == ["water"]
    assert digest["new_terms"] == [{"topic": "water", "term": "lake", "records": 2, "newest_on": "2021-01-01"}]
