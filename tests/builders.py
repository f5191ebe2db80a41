"""Records for tests, whole but for what a test says. The people, places and texts in them are invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from monitor.model.digests import Digest, Item, ReadOf, Waiting
from monitor.model.records import Event, House, Kind, Member, Proceeding, Revision
from monitor.model.watching import Match, Subscriber
from monitor.terms.matcher import Query, is_evident
from monitor.terms.parser import parse_term
from monitor.terms.printer import format_term
from monitor.terms.tree import Family, Phrase, TermError, phrases_of
from monitor.terms.vocabulary import Lexicon
from monitor.text.tokens import folded

if TYPE_CHECKING:
    from collections.abc import Mapping

ASKER = Member(member_id=9001, name="Ada Example", party="Labour", constituency="Mid Sample")
MINISTER = Member(member_id=9002, name="Ben Placeholder", party="Conservative", constituency="Sample Vale")
ANSWERED_ON = date(2021, 2, 1)
NOW = datetime(2021, 2, 2, 7, 30, tzinfo=UTC)


def a_question(**facts: Any) -> Proceeding:
    """A question of the Commons, answered on Monday 1 February 2021 unless `answer` or `answered_on` is None."""
    uin = facts.get("uin", "140001")
    is_open = "answer" in facts and facts["answer"] is None
    given: dict[str, Any] = {
        "id": f"q-{uin}",
        "source": "questions",
        "kind": Kind.QUESTION,
        "house": House.COMMONS,
        "url": f"https://questions-statements.parliament.uk/written-questions/detail/2021-01-26/{uin}",
        "uin": uin,
        "heading": "Water: Sample Vale",
        "question": "To ask the Secretary of State for Environment, Food and Rural Affairs, what steps he is taking.",
        "answer": "Steps are being taken.",
        "body_id": 13,
        "body": "Department for Environment, Food and Rural Affairs",
        "tabled_on": date(2021, 1, 26),
        "date_for_answer": date(2021, 2, 1),
        "named_day": True,
        "answered_on": None if is_open else ANSWERED_ON,
        "is_holding": False,
        "is_correction": False,
        "asked_by": ASKER,
        "answered_by": None if is_open else MINISTER,
    }
    return Proceeding(**(given | facts))


def a_revision(proceeding: Proceeding | None = None, **facts: Any) -> Revision:
    """The first revision of a question, news, seen an hour before `NOW`."""
    proceeding = proceeding or a_question()
    given: dict[str, Any] = {
        "id": 1,
        "proceeding": proceeding,
        "number": 1,
        "seen_at": datetime(2021, 2, 2, 6, 30, tzinfo=UTC),
        "events": (Event.TABLED,) if proceeding.answered_on is None else (Event.TABLED, Event.ANSWERED),
        "is_news": True,
    }
    return Revision(**(given | facts))


def a_match(form: str, text: str = "", **facts: Any) -> Match:
    """A match of the topic "water"; `start` and `end` are those of `form` in `text` unless given."""
    start = facts.get("start", max(text.find(form), 0))
    given: dict[str, Any] = {"topic": "water", "term": form, "form": form, "part": "question", "start": start}
    given |= {"end": start + len(form)} | facts
    return Match(**{**explanation(given["term"], form), **given})


def found_by(match: Match, term: str) -> Match:
    """The match as another term would have found it."""
    return replace(match, term=term, **explanation(term, match.form))


@cache
def explanation(term: str, form: str) -> Mapping[str, Any]:
    """Explain a form as the matcher does: the member of a family, and whether the form is evident."""
    try:
        root = parse_term(term).root
    except TermError:
        return {}
    for number, node in enumerate(root.members if isinstance(root, Family) else (root,)):
        if any(_finds(phrase, form) for phrase in phrases_of(node)):
            member = number if isinstance(root, Family) else None
            is_same = f" {folded(format_term(node))}" in f" {folded(form)}"
            return {"member": member, "is_evident": not member and (is_same or is_evident(node, form))}
    return {}


def _finds(phrase: Phrase, form: str) -> bool:
    found = Query("", phrase, Lexicon()).spans({"heading": form})
    return f" {folded(format_term(phrase))}" in f" {folded(form)}" or (found is not None and found[0].form == form)


def matches_in(proceeding: Proceeding, term: str, topic: str = "water") -> tuple[Match, ...]:
    """Find every occurrence of a term in a proceeding, to the end of its last word, ignoring capitals."""
    found = []
    for part, text in proceeding.parts().items():
        at = text.lower().find(term.lower())
        while at >= 0:
            end = at + len(term)
            while text[end : end + 1].isalpha():
                end += 1
            form = text[at:end]
            found.append(
                Match(topic=topic, term=term, form=form, part=part, start=at, end=end, **explanation(term, form))
            )
            at = text.lower().find(term.lower(), end)
    return tuple(found)


def an_item(proceeding: Proceeding | None = None, *terms: str, topic: str = "water", **facts: Any) -> Item:
    """An item that matches where the terms occur; `before` may be a Proceeding."""
    proceeding = proceeding or a_question()
    revision = a_revision(proceeding)
    matches = tuple(match for term in terms for match in matches_in(proceeding, term, topic))
    given: dict[str, Any] = {"revision": revision, "events": revision.events, "matches": matches, "topics": (topic,)}
    if isinstance(facts.get("before"), Proceeding):
        facts["before"] = a_revision(facts["before"])
    return Item(**(given | facts))


def a_subscriber(**facts: Any) -> Subscriber:
    """A subscriber to the topic "water"."""
    given: dict[str, Any] = {
        "key": "desk",
        "name": "Policy desk",
        "email": "policy@example.org",
        "topics": ("water",),
    }
    return Subscriber(**(given | facts))


def a_reading(**facts: Any) -> ReadOf:
    """All 376 answers of the Commons of a day, read."""
    given: dict[str, Any] = {
        "source": "questions",
        "house": House.COMMONS,
        "from_on": ANSWERED_ON,
        "to_on": ANSWERED_ON,
        "read": 376,
        "published": 376,
    }
    return ReadOf(**(given | facts))


def a_waiting(proceeding: Proceeding | None = None, **facts: Any) -> Waiting:
    """A question six days late."""
    proceeding = proceeding or a_question(answer=None)
    given: dict[str, Any] = {
        "proceeding": proceeding,
        "topics": ("water",),
        "due_on": date(2021, 1, 26),
        "days_late": 6,
    }
    return Waiting(**(given | facts))


def a_digest(**facts: Any) -> Digest:
    """The digest of a subscriber for 2 February 2021; empty but for what was read."""
    given: dict[str, Any] = {
        "subscriber": a_subscriber(),
        "slot": "2021-02-02T07:30",
        "as_of": NOW,
        "topics": {"water": "Water"},
        "read": (a_reading(),),
    }
    return Digest(**(given | facts))
