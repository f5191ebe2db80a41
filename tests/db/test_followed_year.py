"""A year of recorded questions, lived through by readers who follow and mute, against what they must be told.

The questions are of five recorded months. Each is tabled, answered and corrected on the days on which it was, but that some
come to their body on the day after. What each reader must be told of a day follows from these days and from what they chose
before, without the program.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

import pytest

from db import settled
from monitor.model.following import FollowKind, FollowTarget, MuteKind
from monitor.model.sources import Payload
from monitor.model.watching import Topic
from monitor.terms.matcher import compile_terms
from monitor.terms.vocabulary import Lexicon
from scrapers.http.client import Client
from scrapers.questions_statements.questions import QuestionsSource
from tests.builders import a_subscriber
from tests.db.follow_kit import row_of
from tests.fakes import World, a_config, at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from db.archive import Archive
    from monitor.model.records import Proceeding
    from tests.fakes import Clock

pytestmark = [pytest.mark.slow, pytest.mark.longest]

Body: TypeAlias = tuple[int, str]
"""Number and name of an answering body."""

EACH = 60
"""One question in so many is published."""

FEWEST = 20
"""Items that each reader is told at least, so that the test says something."""

HEALTH = Topic(key="health", name="Health", terms=("hospital", "school", "child", "council"))
NOTHING = Topic(key="nothing", name="Nothing", terms=("quite unheard of words",))
READ_AT = datetime(2024, 12, 1, tzinfo=UTC)
COMMON = {"cadence": "instant", "waiting": False}
FOLLOWER = a_subscriber(key="follower", name="Follower", email="follower@example.org", topics=("nothing",), **COMMON)
MUTER = a_subscriber(key="muter", name="Muter", email="muter@example.org", topics=("health",), **COMMON)


def recorded(folder: Path) -> Iterator[Proceeding]:
    """Give some of the recorded questions, as the program parses them."""
    with Client("mailto:you@example.org", "0", min_interval=0) as client:
        source = QuestionsSource(client, "https://questions.example")
        for path in sorted((folder / "written-questions-api").glob("detail-commons-tabled-*.jsonl.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                for line in islice(lines, 0, None, EACH):
                    value = json.loads(line)
                    body = json.dumps({"value": value}).encode()
                    payload = Payload(source="questions", key=str(value["id"]), url="", fetched_at=READ_AT, body=body)
                    yield source.parse(payload)


def states(question: Proceeding, another: Body) -> dict[date, tuple[str, Proceeding]]:
    """Return what a question is from each day on that changes it. One in five is tabled to another body at first."""
    unanswered = replace(
        question,
        answer=None,
        answered_on=None,
        answered_by=None,
        holding_on=None,
        is_holding=False,
        corrected_on=None,
        corrected_by=None,
        is_correction=False,
        original_answer=None,
        attachments=(),
        links=(),
        is_withdrawn=False,
    )
    found = {question.tabled_on: ("tabled", unanswered)} if question.tabled_on else {}
    waits = question.answered_on and question.tabled_on and question.answered_on - question.tabled_on
    if question.tabled_on and waits and waits > timedelta(days=2) and int(question.uin or 0) % 5 == 0:
        body_id, body = another
        found[question.tabled_on] = ("tabled", replace(unanswered, body_id=body_id, body=body))
        found[question.tabled_on + timedelta(days=1)] = ("transferred", unanswered)
    if question.answered_on and question.answer:
        answered = replace(
            question, corrected_on=None, corrected_by=None, is_correction=False, holding_on=None, is_holding=False
        )
        answered = replace(answered, original_answer=None, is_withdrawn=False)
        found[question.answered_on] = ("answered", answered)
        if question.uin and int(question.uin) % 4 == 0:  # few were corrected: these are, a week later
            day = question.answered_on + timedelta(days=7)
            text = f"{question.answer} The figure was wrong."
            found[day] = ("corrected", replace(answered, answer=text, corrected_on=day, is_correction=True))
    return found


@dataclass
class Oracle:
    """Choices of the readers, and the items that they must have been sent."""

    records: set[str] = field(default_factory=set)
    askers: set[int] = field(default_factory=set)
    bodies: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    told: dict[str, str] = field(default_factory=dict)
    mutes: list[tuple[MuteKind, str, date]] = field(default_factory=list)
    muter_told: dict[str, str] = field(default_factory=dict)

    def must_go_to_follower(self, event: str, question: Proceeding) -> bool:
        asker = question.asked_by.member_id if question.asked_by else None
        if question.id in self.records or asker in self.askers:
            return True
        if question.body in self.bodies and terms_in(question):
            return True
        if question.id not in self.told:
            return False
        is_sent = self.told[question.id] in ("answered", "corrected")
        return question.id not in self.ended or (event == "corrected" and is_sent)

    def must_go_to_muter(self, event: str, question: Proceeding, today: date) -> bool:
        terms = terms_in(question)
        if question.id not in self.muter_told and (not terms or event == "transferred"):
            return False
        is_sent = self.muter_told.get(question.id) in ("answered", "corrected")
        return not self._is_muted(question, terms, today) or (event == "corrected" and is_sent)

    def _is_muted(self, question: Proceeding, terms: set[str], today: date) -> bool:
        text = " ".join(question.parts().values()).casefold()
        return any(
            today <= until and (terms == {words} if kind is MuteKind.TERM else words in text)
            for kind, words, until in self.mutes
        )


MATCHER = compile_terms([HEALTH], Lexicon())


def terms_in(question: Proceeding) -> set[str]:
    """Return the terms of the topic that are found in a question or its answer."""
    return {match.term for match in MATCHER.matches(question.parts(), None, lambda: question.facts)}


def mailed_since(archive: Archive, reader: str, before: int) -> tuple[list[str], int]:
    """Return the ids that the digests after one told, and the number of the last digest."""
    digests = [digest for digest in archive.digests.listing(subscriber=reader) if digest.id > before]
    rows = [row for digest in digests for row in archive.digests.records_of(digest.id)]
    ids = [archive.records.revisions(row)[-1].proceeding.id for row in rows]
    return ids, max((digest.id for digest in digests), default=before)


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_each_event_of_a_year_is_told_once_to_those_who_must_be_told(
    archive: Archive, clock: Clock, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settled, "SETTLE_EVERY", 1)
    chance = random.Random(17)  # noqa: S311 (no secret)
    days: dict[date, list[tuple[str, Proceeding]]] = defaultdict(list)
    questions = list(recorded(shared_data))
    bodies = sorted({(question.body_id or 0, question.body or "") for question in questions})
    for question in questions:
        another = chance.choice([body for body in bodies if body[0] != question.body_id])
        for day, state in states(question, another).items():
            days[day].append(state)
    first = min(days)
    clock.now = at(first - timedelta(days=1), 20)
    world = World(archive, clock)
    world.config = a_config(topics=(HEALTH, NOTHING), subscribers=(FOLLOWER, MUTER))
    assert world.run().ok
    oracle, last, counts = Oracle(), {"follower": 0, "muter": 0}, {"follower": 0, "muter": 0}
    moved: set[str] = set()
    for day in sorted(days):
        choose(world, oracle, day, chance)
        world.source.publish(*(question for _, question in days[day]))
        clock.now = at(day, 20)
        assert world.run().ok
        expected = {question.id: event for event, question in days[day] if oracle.must_go_to_follower(event, question)}
        told, last["follower"] = mailed_since(archive, "follower", last["follower"])
        assert len(told) == len(set(told)), day
        assert not expected.keys() - set(told), day
        by_id = {question.id: (event, question) for event, question in days[day]}
        for extra in set(told) - expected.keys():  # it refers to something that is followed
            event, question = by_id[extra]
            assert "uestion" in (question.answer or ""), (day, extra)
            expected[extra] = event
        moved |= {key for key in expected if expected[key] == "transferred" and key not in oracle.told}
        oracle.told |= expected
        wanted = {question.id: event for event, question in days[day] if oracle.must_go_to_muter(event, question, day)}
        told, last["muter"] = mailed_since(archive, "muter", last["muter"])
        assert sorted(told) == sorted(wanted), day
        oracle.muter_told |= wanted
        counts["follower"] += len(expected)
        counts["muter"] += len(wanted)
    assert min(counts.values()) > FEWEST, counts
    assert moved, "no question came to a body that is followed"
    assert oracle.bodies
    assert world.pending("follower") == world.pending("muter") == {}


def choose(world: World, oracle: Oracle, day: date, chance: random.Random) -> None:
    """Let the readers follow, unfollow and mute now and then."""
    archive = world.archive
    known = sorted(world.source.published)
    if known and chance.random() < 0.5:
        key = chance.choice(known)
        question = world.source.published[key]
        target = FollowTarget(kind=FollowKind.RECORD, ref=question.id, proceeding_id=row_of(world, key))
        if archive.following.follow(FOLLOWER, target):
            oracle.records.add(question.id)
            oracle.ended.discard(question.id)
    if known and chance.random() < 0.1:
        asker = world.source.published[chance.choice(known)].asked_by
        if asker and asker.member_id:
            target = FollowTarget(kind=FollowKind.ASKER, ref=f"member {asker.member_id}", member_id=asker.member_id)
            archive.following.follow(FOLLOWER, target)
            oracle.askers.add(asker.member_id)
    if known and chance.random() < 0.08:
        body = world.source.published[chance.choice(known)].body
        if body:
            archive.following.follow(FOLLOWER, FollowTarget(kind=FollowKind.BODY, ref=body, topic="health"))
            oracle.bodies.add(body)
    followed = [thing for thing in archive.following.listing("follower") if thing.target.kind is FollowKind.RECORD]
    if followed and chance.random() < 0.2:
        thing = chance.choice(followed)
        archive.following.unfollow("follower", thing.number)
        oracle.records.discard(thing.target.ref)
        oracle.ended.add(thing.target.ref)
    if chance.random() < 0.2:
        kind, words = chance.choice(
            [(MuteKind.TERM, "hospital"), (MuteKind.TERM, "school"), (MuteKind.PHRASE, "england")]
        )
        until = day + timedelta(days=chance.randint(0, 12))
        archive.choices.mute(MUTER, kind, words, until)
        oracle.mutes = [mute for mute in oracle.mutes if mute[:2] != (kind, words)] + [(kind, words, until)]
