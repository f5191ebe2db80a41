"""The reference: what must be stored, which reader must be mailed what, and how often. It is as plain as possible.

It has the rules of docs/record.md in its own words, and takes two facts as given: what was published, and the moment at
which a state of it came into the archive. From these it derives the content of each digest.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from monitor.model.records import Proceeding, Revision
    from tests.reliability.life_parliament import Value

LONDON = ZoneInfo("Europe/London")
ComparedFields = tuple[object, ...]


def published_fields(value: Value) -> ComparedFields:
    """Return the fields of a published state that the archive must have."""
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


def stored_fields(proceeding: Proceeding) -> ComparedFields:
    """Return the same fields of a stored state."""
    return (
        proceeding.heading,
        proceeding.question,
        proceeding.answer,
        proceeding.body_id,
        tuple(
            str(day or "")
            for day in (proceeding.tabled_on, proceeding.holding_on, proceeding.answered_on, proceeding.corrected_on)
        ),
        bool(proceeding.is_holding),
        proceeding.is_correction,
        proceeding.is_withdrawn,
        tuple(group.uin for group in proceeding.grouped_with),
        tuple(file.title for file in proceeding.attachments),
    )


@dataclass(frozen=True, slots=True)
class StoredState:
    """A state that came into the archive. `audience` is "all", "followers" or "none": who hears of the step to it."""

    id: int
    key: str
    at: datetime
    is_news: bool
    audience: str
    proceeding: Proceeding


@dataclass(slots=True)
class Reader:
    """State of a subscriber.

    `handled`, `mailed`: the last state of each question that was decided on, or mailed. `follows`: the last state of all
    that was stored when they began to follow a question, or a member by number. `once_followed`: those that they ended.
    `mutes`: the last day of each mute of a term or a question.
    """

    added: datetime
    topics: dict[str, datetime] = field(default_factory=dict)
    wants_questions: bool = True
    is_there: bool = True
    is_paused: bool = False
    resumed: datetime | None = None
    last_digest: datetime | None = None
    handled: dict[str, int] = field(default_factory=dict)
    mailed: dict[str, int] = field(default_factory=dict)
    follows: dict[str, int] = field(default_factory=dict)
    once_followed: set[str] = field(default_factory=set)
    mutes: dict[str, date] = field(default_factory=dict)


@dataclass(slots=True)
class Model:
    """Reference of what was stored, what each reader watches and since when, and what each was mailed."""

    look_back: int
    news_floor: date
    session_end: date | None = None
    extra_days: int = 0
    states: dict[str, list[StoredState]] = field(default_factory=lambda: defaultdict(list))
    terms: dict[tuple[str, str], datetime] = field(default_factory=dict)
    watched: set[tuple[str, str]] = field(default_factory=set)
    found: set[tuple[int, str, str]] = field(default_factory=set)
    readers: dict[str, Reader] = field(default_factory=dict)

    # -- topics and subscribers -----------------------------------------------------------------------------------------

    def watch(self, topics: dict[str, tuple[str, ...]], readers: dict[str, dict[str, object]], now: datetime) -> None:
        """Take in the configuration, which holds from now on."""
        pairs = {(topic, term) for topic, terms in topics.items() for term in terms}
        self.terms |= dict.fromkeys(pairs - self.watched, now)
        self.watched = pairs
        for key in self.readers.keys() - readers.keys():
            self.readers[key].is_there = False
        for key, wish in readers.items():
            reader = self.readers.setdefault(key, Reader(added=now))
            if not reader.is_there:
                reader.is_there, reader.added = True, now  # their last digest still counts
                reader.follows.clear()
                reader.mutes.clear()
            self._wish(reader, wish, now)

    def _wish(self, reader: Reader, wish: dict[str, object], now: datetime) -> None:
        listed = wish["topics"]
        assert isinstance(listed, tuple)
        reader.topics = {topic: reader.topics.get(topic, now) for topic in listed}
        reader.wants_questions = bool(wish["new_questions"])
        if reader.is_paused and not wish["paused"]:
            reader.resumed = now
        reader.is_paused = bool(wish["paused"])

    def follow(self, key: str, followed: str) -> None:
        """Let a reader follow a question from now on, or a member."""
        newest = max(state.id for states in self.states.values() for state in states)
        self.readers[key].follows.setdefault(followed, newest)

    def unfollow(self, key: str, followed: str) -> None:
        """End what a reader follows."""
        del self.readers[key].follows[followed]
        self.readers[key].once_followed.add(followed)

    def mute(self, key: str, muted: str, until: date) -> None:
        """Let a reader mute a term or a question until a day, that included."""
        self.readers[key].mutes[muted] = until

    def known_by_follows(self, key: str) -> dict[str, list[str]]:
        """Return the questions without a term that a reader was mailed, each with what they follow of it."""
        reader = self.readers.get(key)
        if reader is None or not reader.is_there:
            return {}
        names = {
            question: _names(self.states[question][-1]) for question in reader.mailed.keys() - self.watched_questions()
        }
        followed = {question: [name for name in both if name in reader.follows] for question, both in names.items()}
        return {question: named for question, named in followed.items() if named}

    def known_when_followed(self, key: str, question: str) -> StoredState | None:
        """Return the state that a question had when a reader began to follow it; None if they don't follow it."""
        newest = self.readers[key].follows.get(question, 0)
        return next((state for state in reversed(self.states[question]) if state.id <= newest), None)

    # -- stored states --------------------------------------------------------------------------------------------------

    def store(self, key: str, revision: Revision, *, is_history: bool = False) -> None:
        """Take in a state that came into the archive; with `is_history`, by a backfill."""
        before = self.states[key][-1].proceeding if self.states[key] else None
        proceeding, today = revision.proceeding, _day(revision.seen_at)
        seen = StoredState(
            revision.id,
            key,
            revision.seen_at,
            not is_history and self._is_news(before, proceeding, today),
            audience(before, proceeding),
            proceeding,
        )
        self.states[key].append(seen)

    def _is_news(self, before: Proceeding | None, proceeding: Proceeding, today: date) -> bool:
        """Decide whether a state is recent. A change without a date counts on the day on which it was found."""
        if before is not None and proceeding.is_lapsed and not before.is_lapsed:
            assert self.session_end is not None
            return self._is_recent(self.session_end, today)
        return is_undated_change(before, proceeding) or self._is_recent(proceeding.day, today)

    def _is_recent(self, day: date | None, today: date) -> bool:
        return day is not None and day >= self.news_floor and (today - day).days <= self.look_back + self.extra_days

    def find_terms(self) -> None:
        """Look for every watched term in every state."""
        for seen in chain.from_iterable(self.states.values()):
            self.found |= {(seen.id, *pair) for pair in self.watched if has_word(seen.proceeding, pair[1])}

    def watched_questions(self) -> set[str]:
        """Return the questions in which a term was ever found."""
        found = {number for number, _, _ in self.found}
        return {key for key, states in self.states.items() if any(state.id in found for state in states)}

    # -- digests --------------------------------------------------------------------------------------------------------

    def pending(self, key: str, today: date) -> dict[str, tuple[list[StoredState], StoredState, bool]]:
        """Return, by question, the states pending for a reader, the state to show, and whether it is mailed on a day."""
        reader = self.readers[key]
        found = {}
        for question, states in self.states.items():
            pending_states = [state for state in states if self._is_pending(reader, state)]
            if not pending_states:
                continue
            shown = states[-1]
            if shown not in pending_states and not self._matches(reader, shown):
                shown = next((state for state in reversed(pending_states) if self._matches(reader, state)), shown)
            follows = question in reader.mailed or question in reader.follows
            is_mailed = any(
                state.audience == "all" or (follows and state.audience == "followers") for state in pending_states
            )
            is_followed = any(_is_followed(reader, state) for state in pending_states)
            if shown.proceeding.state == "tabled" and not follows and not is_followed and not reader.wants_questions:
                is_mailed = False
            is_on_topic = any(self._matches(reader, state) for state in states)
            if not reader.once_followed.isdisjoint(_names(shown)) and not is_followed and not is_on_topic:
                is_mailed = is_mailed and self._changes_what_was_read(reader, question, pending_states)
            if self._is_muted(reader, shown, today, is_followed=is_followed):
                is_mailed = is_mailed and self._changes_what_was_read(reader, question, pending_states)
            found[question] = (pending_states, shown, is_mailed)
        return found

    def _is_pending(self, reader: Reader, seen: StoredState) -> bool:
        if not seen.is_news or seen.id <= reader.handled.get(seen.key, 0) or seen.at < reader.added:
            return False
        if _is_followed(reader, seen):
            return True  # also what came in a pause
        if reader.resumed and seen.at < reader.resumed:
            return False
        if seen.id > reader.mailed.get(seen.key, seen.id):
            return True
        since_last = reader.last_digest is not None and seen.at >= reader.last_digest
        return any(
            since_last or seen.at >= max(reader.topics[topic], self.terms[topic, term])
            for topic, term in self._matches(reader, seen)
        )

    def _is_muted(self, reader: Reader, shown: StoredState, today: date, *, is_followed: bool) -> bool:
        """Return whether a mute of the question, or of the only term that is found in it, hides it."""
        mutes = {muted for muted, until in reader.mutes.items() if today <= until}
        terms = {term for _, term in self._matches(reader, shown)}
        return shown.key in mutes or (not is_followed and len(terms) == 1 and terms <= mutes)

    def _changes_what_was_read(self, reader: Reader, question: str, pending_states: list[StoredState]) -> bool:
        """Return whether a text that the reader was mailed was corrected, edited, withdrawn or published again."""
        states = self.states[question]
        steps = [(before.proceeding, after.proceeding) for before, after in pairwise(states) if after in pending_states]
        sent = next((state.proceeding for state in states if state.id == reader.mailed.get(question)), None)
        if sent is None:
            return False
        return any(comes_or_goes(*step) or (sent.answer is not None and is_other_text(*step)) for step in steps)

    def _matches(self, reader: Reader, seen: StoredState) -> list[tuple[str, str]]:
        return [pair for pair in self.terms if pair[0] in reader.topics and (seen.id, *pair) in self.found]

    def supplement(self, key: str, at: datetime, questions: Collection[str]) -> dict[str, StoredState]:
        """Record a supplement with these questions, and return what it must contain: pending and newer than the digest.

        How much could not be read for the digest is unknown here. The next digest must have all the rest.
        """
        reader, mailed = self.readers[key], {}
        for question, (pending_states, shown, is_mailed) in self.pending(key, _day(at)).items():
            is_late = reader.last_digest is not None and any(state.at >= reader.last_digest for state in pending_states)
            if question in questions and is_mailed and is_late:
                reader.mailed[question] = reader.handled[question] = max(state.id for state in (*pending_states, shown))
                mailed[question] = shown
        return mailed

    def compose(self, key: str, at: datetime) -> dict[str, StoredState]:
        """Record a digest for a reader, and return what it must contain, by question."""
        reader, mailed = self.readers[key], {}
        for question, (pending_states, shown, is_mailed) in self.pending(key, _day(at)).items():
            newest = max(state.id for state in ([*pending_states, shown] if is_mailed else pending_states))
            reader.handled[question] = max(reader.handled.get(question, 0), newest)
            if is_mailed:
                reader.mailed[question] = newest
                mailed[question] = shown
        reader.last_digest = at
        return mailed


def has_word(proceeding: Proceeding, word: str) -> bool:
    """Return whether a word stands in a state."""
    return any(word in text.split() for text in (proceeding.heading, proceeding.question, proceeding.answer) if text)


def audience(before: Proceeding | None, proceeding: Proceeding) -> str:
    """Return who hears of the step between two states."""
    if before is None:
        return "all"
    was_away, is_away = (state.is_withdrawn or state.is_gone for state in (before, proceeding))
    if is_away:
        return "none" if was_away else "all"
    if proceeding.is_lapsed and not before.is_lapsed:
        return "all"
    if proceeding.answer != before.answer or _answered(proceeding) != _answered(before):
        return "all"
    asked = (proceeding.question, proceeding.body_id, proceeding.attachments) != (
        before.question,
        before.body_id,
        before.attachments,
    )
    return "followers" if was_away or asked else "none"


def _day(at: datetime) -> date:
    return at.astimezone(LONDON).date()


def _names(seen: StoredState) -> tuple[str, str]:
    """Return what a reader may follow: the question, and the member who asks."""
    asker = seen.proceeding.asked_by
    return seen.key, str(asker.member_id if asker else None)


def _is_followed(reader: Reader, seen: StoredState) -> bool:
    """Return whether a state came after a reader began to follow the question, or who asked it."""
    return any(seen.id > reader.follows.get(name, seen.id) for name in _names(seen))


def comes_or_goes(before: Proceeding, after: Proceeding) -> bool:
    """Return whether a question is withdrawn, gone, or back."""
    return (before.is_withdrawn or before.is_gone) != (after.is_withdrawn or after.is_gone)


def is_other_text(before: Proceeding, after: Proceeding) -> bool:
    """Return whether an answer is corrected, or edited without notice."""
    is_changed = before.answer != after.answer or _answered(before) != _answered(after)
    is_corrected = bool(after.corrected_on or after.is_correction)
    return is_changed and (is_corrected or (before.answer is not None and _dates(before) == _dates(after)))


def is_undated_change(before: Proceeding | None, proceeding: Proceeding) -> bool:
    """Return whether something happened that the source gives no date for."""
    if before is None:
        return False
    was_away, is_away = (state.is_withdrawn or state.is_gone for state in (before, proceeding))
    if is_away:
        return not was_away
    changed = proceeding.answer != before.answer or _answered(proceeding) != _answered(before)
    is_silent = changed and before.answer is not None and _dates(proceeding) == _dates(before)
    # Files that come with a new answer are part of it.
    has_other_files = not changed and proceeding.attachments != before.attachments
    asked = (proceeding.question, proceeding.body_id) != (before.question, before.body_id)
    return was_away or is_silent or has_other_files or asked


def _dates(proceeding: Proceeding) -> tuple[object, ...]:
    return (proceeding.holding_on, proceeding.answered_on, proceeding.corrected_on)


def _answered(proceeding: Proceeding) -> tuple[object, ...]:
    """Return how far the answer is."""
    corrected = bool(proceeding.corrected_on or proceeding.is_correction)
    return (
        proceeding.answered_on is not None,
        bool(proceeding.is_holding) and not corrected,
        corrected,
        proceeding.corrected_on,
    )
