"""The reference: what must be stored, and who must have been told what, how often. As plain as it can be.

It knows the rules of docs/record.md in its own words, and takes two things as they are: what was published, and the moment
at which a state of it came into the archive. From these it says what each digest tells.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from monitor.model.records import Proceeding, Revision
    from tests.reliability.life_parliament import Value

LONDON = ZoneInfo("Europe/London")
Plain = tuple[object, ...]


def published(value: Value) -> Plain:
    """What of a published state must be found in the archive."""
    text = (value["answerText"] or "").removeprefix("<p>").removesuffix("</p>")
    days = (value[name] for name in ("dateTabled", "dateHoldingAnswer", "dateAnswered", "dateAnswerCorrected"))
    return (
        value["heading"] or None,
        value["questionText"] or None,
        text or None,
        value["answeringBodyId"],
        tuple((day or "")[:10] for day in days),
        bool(value["answerIsHolding"]),
        value["answerIsCorrection"],
        value["isWithdrawn"],
        tuple(value["groupedQuestions"]),
        tuple(file["title"] for file in value["attachments"]),
    )


def stored(p: Proceeding) -> Plain:
    """The same, of what the archive holds."""
    return (
        p.heading,
        p.question,
        p.answer,
        p.body_id,
        tuple(str(day or "") for day in (p.tabled_on, p.holding_on, p.answered_on, p.corrected_on)),
        bool(p.is_holding),
        p.is_correction,
        p.is_withdrawn,
        tuple(group.uin for group in p.grouped_with),
        tuple(file.title for file in p.attachments),
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """A state as it came into the archive. `audience`: "all", "followers" or "nobody" is told of the step to it."""

    id: int
    key: str
    at: datetime
    is_news: bool
    audience: str
    p: Proceeding


@dataclass(slots=True)
class Reader:
    """What the archive must remember of a subscriber; `dealt` and `told`: the last state by question."""

    added: datetime
    topics: dict[str, datetime] = field(default_factory=dict)
    wants_questions: bool = True
    is_there: bool = True
    is_paused: bool = False
    resumed: datetime | None = None
    last_digest: datetime | None = None
    dealt: dict[str, int] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Model:
    """What was stored, who watches what since when, and what each was told."""

    look_back: int
    floor: date
    session_end: date | None = None
    reach: int = 0
    states: dict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    terms: dict[tuple[str, str], datetime] = field(default_factory=dict)
    watched: set[tuple[str, str]] = field(default_factory=set)
    found: set[tuple[int, str, str]] = field(default_factory=set)
    readers: dict[str, Reader] = field(default_factory=dict)

    # -- what is watched ----------------------------------------------------------------------------------------------

    def watch(self, topics: dict[str, tuple[str, ...]], readers: dict[str, dict[str, object]], now: datetime) -> None:
        """Somebody wrote this into the configuration, and it holds from now on."""
        pairs = {(topic, term) for topic, terms in topics.items() for term in terms}
        self.terms |= dict.fromkeys(pairs - self.watched, now)
        self.watched = pairs
        for key in self.readers.keys() - readers.keys():
            self.readers[key].is_there = False
        for key, wish in readers.items():
            reader = self.readers.setdefault(key, Reader(added=now))
            if not reader.is_there:
                reader.is_there, reader.added, reader.last_digest = True, now, None
            self._wish(reader, wish, now)

    def _wish(self, reader: Reader, wish: dict[str, object], now: datetime) -> None:
        listed = wish["topics"]
        assert isinstance(listed, tuple)
        reader.topics = {topic: reader.topics.get(topic, now) for topic in listed}
        reader.wants_questions = bool(wish["new_questions"])
        if reader.is_paused and not wish["paused"]:
            reader.resumed = now
        reader.is_paused = bool(wish["paused"])

    # -- what came ----------------------------------------------------------------------------------------------------

    def store(self, key: str, revision: Revision) -> None:
        """A state came into the archive."""
        before = self.states[key][-1].p if self.states[key] else None
        p, today = revision.proceeding, revision.seen_at.astimezone(LONDON).date()
        seen = Seen(revision.id, key, revision.seen_at, self._is_news(before, p, today), audience(before, p), p)
        self.states[key].append(seen)

    def _is_news(self, before: Proceeding | None, p: Proceeding, today: date) -> bool:
        """Its day is not long ago; what the source gives no date for counts on the day on which it was found."""
        if before is not None and p.is_lapsed and not before.is_lapsed:
            assert self.session_end is not None
            return self._is_recent(self.session_end, today)
        return has_no_date(before, p) or self._is_recent(p.day, today)

    def _is_recent(self, day: date | None, today: date) -> bool:
        return day is not None and day >= self.floor and (today - day).days <= self.look_back + self.reach

    def look(self) -> None:
        """Every word that is watched was looked for in everything."""
        for seen in (one for state in self.states.values() for one in state):
            self.found |= {(seen.id, *pair) for pair in self.watched if holds(seen.p, pair[1])}

    # -- what is owed -------------------------------------------------------------------------------------------------

    def owed(self, key: str) -> dict[str, tuple[list[Seen], Seen, bool]]:
        """By question: the states that are owed to a reader now, the one that is shown, and whether he is told."""
        reader = self.readers[key]
        found = {}
        for question, states in self.states.items():
            mine = [state for state in states if self._is_owed(reader, state)]
            if not mine:
                continue
            shown = next((state for state in (states[-1], *reversed(mine)) if self._matches(reader, state)), states[-1])
            follows = question in reader.told
            is_told = any(one.audience == "all" or (follows and one.audience == "followers") for one in mine)
            if shown.p.state == "tabled" and not follows and not reader.wants_questions:
                is_told = False
            found[question] = (mine, shown, is_told)
        return found

    def _is_owed(self, reader: Reader, seen: Seen) -> bool:
        if not seen.is_news or seen.id <= reader.dealt.get(seen.key, 0) or seen.at < reader.added:
            return False
        if reader.resumed and seen.at < reader.resumed:
            return False
        if seen.id > reader.told.get(seen.key, seen.id):
            return True
        since_last = reader.last_digest is not None and seen.at >= reader.last_digest
        return any(
            since_last or seen.at >= max(reader.topics[topic], self.terms[topic, term])
            for topic, term in self._matches(reader, seen)
        )

    def _matches(self, reader: Reader, seen: Seen) -> list[tuple[str, str]]:
        return [pair for pair in self.terms if pair[0] in reader.topics and (seen.id, *pair) in self.found]

    def supplement(self, key: str, some: Collection[str]) -> dict[str, Seen]:
        """A supplement to a digest tells a reader of these questions: of what is owed, and came since that digest.

        How much of it could not be read for the digest is not known here; the next digest must tell all the rest.
        """
        reader, told = self.readers[key], {}
        for question, (mine, shown, is_told) in self.owed(key).items():
            is_late = reader.last_digest is not None and any(one.at >= reader.last_digest for one in mine)
            if question in some and is_told and is_late:
                reader.told[question] = reader.dealt[question] = max(one.id for one in (*mine, shown))
                told[question] = shown
        return told

    def compose(self, key: str, at: datetime) -> dict[str, Seen]:
        """A digest is made for a reader: what it tells, by question."""
        reader, told = self.readers[key], {}
        for question, (mine, shown, is_told) in self.owed(key).items():
            newest = max(one.id for one in ([*mine, shown] if is_told else mine))
            reader.dealt[question] = max(reader.dealt.get(question, 0), newest)
            if is_told:
                reader.told[question] = newest
                told[question] = shown
        reader.last_digest = at
        return told


def holds(p: Proceeding, word: str) -> bool:
    """Whether a word stands in a state."""
    return any(word in text.split() for text in (p.heading, p.question, p.answer) if text)


def audience(before: Proceeding | None, p: Proceeding) -> str:
    """Who is told of the step between two states."""
    if before is None:
        return "all"
    was_away, is_away = (one.is_withdrawn or one.is_gone for one in (before, p))
    if is_away:
        return "nobody" if was_away else "all"
    if p.is_lapsed and not before.is_lapsed:
        return "all"
    if p.answer != before.answer or _answered(p) != _answered(before):
        return "all"
    asked = (p.question, p.body_id, p.attachments) != (before.question, before.body_id, before.attachments)
    return "followers" if was_away or asked else "nobody"


def has_no_date(before: Proceeding | None, p: Proceeding) -> bool:
    """Whether something happened that the source gives no date for."""
    if before is None:
        return False
    was_away, is_away = (one.is_withdrawn or one.is_gone for one in (before, p))
    if is_away:
        return not was_away
    changed = p.answer != before.answer or _answered(p) != _answered(before)
    is_silent = changed and before.answer is not None and _dates(p) == _dates(before)
    asked = (p.question, p.body_id, p.attachments) != (before.question, before.body_id, before.attachments)
    return was_away or is_silent or asked


def _dates(p: Proceeding) -> tuple[object, ...]:
    return (p.holding_on, p.answered_on, p.corrected_on)


def _answered(p: Proceeding) -> tuple[object, ...]:
    """How far the answer is."""
    corrected = bool(p.corrected_on or p.is_correction)
    return (p.answered_on is not None, bool(p.is_holding) and not corrected, corrected, p.corrected_on)
