"""Compare the real stages with the reference, run by run, and at the end with what is published."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from tests.reliability.life_model import LONDON, published_fields, stored_fields
from tests.reliability.life_run import linked_questions, says_that_all_was_read, whole_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from monitor.pipeline import Report
    from tests.reliability.life_model import Model, StoredState
    from tests.reliability.life_parliament import Published, Question
    from tests.reliability.life_run import Desk, StoredDigest

MOST_DAYS = 30
"""Days without a run that the next one reads."""


class BrokenPromiseError(AssertionError):
    """A question was lost, mailed twice, or mailed to a reader who must not get it."""


def require(condition: bool, problem: str) -> None:
    """Raise BrokenPromiseError unless the condition holds."""
    if not condition:
        raise BrokenPromiseError(problem)


class Judge:
    """Judge of one sequence."""

    def __init__(self, desk: Desk, parliament: Published, model: Model) -> None:
        self.desk, self.published, self.model = desk, parliament, model
        self.began_at = desk.clock.now
        self.exempted: set[str] = set()
        self.slots: set[tuple[str, str]] = set()
        self.mailings: dict[tuple[str, str], list[StoredState]] = {}
        self.answered_on: dict[str, date] = {}
        self.last_on: dict[str, date] = {}

    def exempt(self, wanted: Callable[[Question], bool]) -> None:
        """Exempt questions whose last state need not be seen, unless it is in the archive already."""
        for question in self.published.questions.values():
            states = self.model.states.get(question.key)
            is_seen = (
                states
                and stored_fields(states[-1].proceeding) == published_fields(question.value)
                and question.is_there
            )
            if wanted(question) and not is_seen:
                self.exempted.add(question.key)

    # -- run by run ---------------------------------------------------------------------------------------------------

    def before_run(self, today: date) -> None:
        """Extend the look-back by the days since everything was last read in full, and note what a first run can read."""
        last = self._last_whole_reading(today)
        missed = (today - last).days - 1
        self.model.extra_days = max(missed, 0)
        if missed > MOST_DAYS:  # no run reads what is older, unless one before could not
            first = today - timedelta(days=self.model.look_back + MOST_DAYS + 1)
            self.exempt(lambda question: last < question.day < first)
        if self.desk.world.archive.runs.fact("full_read_on") != today.isoformat():  # later runs read fewer days
            self.answered_on = {
                question.key: answered_on
                for question in self.published.questions.values()
                if (answered_on := question.answered_on)
            }

    def _last_whole_reading(self, today: date) -> date:
        fact = self.desk.world.archive.runs.fact
        whole = fact("whole_on") or fact("news_floor")
        return datetime.fromisoformat(whole).date() if whole else today

    def after_backfill(self, today: date) -> None:
        """Check that a backfill stored nothing that a run would have read and told."""
        last, look_back = self._last_whole_reading(today), timedelta(days=self.model.look_back)
        first = today - look_back - min(today - last, timedelta(days=MOST_DAYS + 1))
        for key, revision in self.desk.revisions():
            self._check_was_published(key, stored_fields(revision.proceeding))
            self.model.store(key, revision, is_history=True)
            day = revision.proceeding.day
            assert day is not None
            require(
                day < first and not last - look_back <= day <= last,
                f"a backfill stored {key} of {day}, which the next run reads",
            )
            self.exempted.add(key)
        self._check_matches()

    def after_run(self, report: Report | None) -> None:
        """Check what was stored, found and mailed."""
        for key, revision in self.desk.revisions():
            self._check_was_published(key, stored_fields(revision.proceeding))
            self.model.store(key, revision)
        self._check_matches()
        for digest in self.desk.digests():
            self._check_digest(digest)
        problems = [*self.desk.problems(), *self.desk.post_problems()]
        require(not problems, "; ".join(problems))
        if report is not None and not report.stages["collect"]["incomplete"]:  # otherwise an empty digest may wait
            self._check_slots()

    def _check_was_published(self, key: str, found: object) -> None:
        question = self.published.questions[key]
        require(
            any(published_fields(value) == found for value in question.states), f"{key} was never published as {found}"
        )

    def _check_matches(self) -> None:
        before = set(self.model.found)
        self.model.find_terms()
        true, found = self.model.found, self.desk.found()
        require(found <= true, f"found but not there: {sorted(found - true)[:3]}")
        if self.desk.has_matched:
            require(true <= found, f"there but not found: {sorted(true - found)[:3]}")
        self.model.found = before | found

    def _check_digest(self, digest: StoredDigest) -> None:
        reader = self.model.readers[digest.reader]
        require(reader.is_there and not reader.is_paused, f"{digest.reader} does not want digests")
        require((digest.reader, digest.slot) not in self.slots, f"two digests of {digest.slot}")
        self.slots.add((digest.reader, digest.slot))
        slot, *supplement = digest.slot.split(" supplement")
        if supplement:
            require((digest.reader, slot) in self.slots, f"{digest.slot} has no digest before it")
            require(bool(digest.revisions), f"{digest.slot} is empty")
            expected = self.model.supplement(digest.reader, digest.at, digest.revisions)
        else:
            expected = self.model.compose(digest.reader, digest.at)
        name = f"the digest of {digest.reader} for {digest.slot}"
        lost, more = (
            sorted(expected.keys() - digest.revisions.keys()),
            sorted(digest.revisions.keys() - expected.keys()),
        )
        require(not lost, f"{name} does not contain {lost}")
        require(not more, f"{name} contains {more}, which it must not")
        require(not expected or digest.kind == "mailed", f"{name} has content and was not mailed")
        if digest.kind == "mailed":
            self._check_mail(name, digest, expected)
        for key, shown in expected.items():
            self._check_mailing(digest.reader, key, shown)
        self.last_on[digest.reader] = digest.at.astimezone(LONDON).date()

    def _check_mailing(self, reader: str, key: str, shown: StoredState) -> None:
        earlier = self.mailings.setdefault((reader, key), [])
        require(not earlier or earlier[-1].id < shown.id, f"{key} is mailed again to {reader}")
        earlier.append(shown)

    def _check_mail(self, name: str, digest: StoredDigest, expected: dict[str, StoredState]) -> None:
        """Check that the mail has the questions that the archive says, each answer in its newest words.

        A long digest tells some answers in one line; their words are in its file, which has everything.
        """
        if digest.reader in self.last_on and says_that_all_was_read(digest.mail):
            self._check_claim(name, self.last_on[digest.reader])
        text, links = whole_words(digest.mail), linked_questions(digest.mail)
        uins = {self.published.questions[key].uin for key in expected}
        require(uins == links, f"{name} has {sorted(links)} instead of {sorted(uins)}")
        for key, shown in expected.items():
            mailed = self.mailings.get((digest.reader, key))
            before = mailed[-1] if mailed else self.model.known_when_followed(digest.reader, key)
            is_new = before is None or before.proceeding.answer != shown.proceeding.answer
            if shown.proceeding.answer and is_new and shown.proceeding.state not in ("withdrawn", "lapsed"):
                word = newest_word(shown.proceeding.answer)
                require(word in text, f"{name} does not have the newest words of {key}: {word}")

    def _check_claim(self, name: str, first: date) -> None:
        """Check that what was answered since a day is stored with its answer, because a digest says that all was read."""
        unread = [
            key
            for key, day in self.answered_on.items()
            if day >= first and not any(seen.proceeding.answer for seen in self.model.states.get(key, ()))
        ]
        require(not unread, f"{name} says that all was read, but {unread} were not")

    def _check_slots(self) -> None:
        """Check that each reader with a fixed hour has the digest of the last slot."""
        now = self.desk.clock.now
        for subscriber in self.desk.world.config.subscribers:
            slot = last_slot(subscriber.cadence, subscriber.at, now)
            if slot and not subscriber.paused:
                require((subscriber.key, slot) in self.slots, f"{subscriber.key} has no digest for {slot}")

    # -- at the end ---------------------------------------------------------------------------------------------------

    def at_the_end(self) -> None:
        """Check that all that is published is stored, that all mail was sent, and that Ann knows the last state."""
        for question in self.published.questions.values():
            if question.key not in self.exempted:
                self._check_stored(question)
                self._check_mailed(question)
        require(not self.desk.unsent(), f"mails that were never sent: {self.desk.unsent()}")
        today = self.desk.clock.now.astimezone(LONDON).date()
        pending = [key for key, (_, _, is_mailed) in self.model.pending("ann", today).items() if is_mailed]
        require(not pending, f"still pending for ann: {pending}")

    def _check_stored(self, question: Question) -> None:
        states = self.model.states.get(question.key)
        if not states:
            require(not question.is_there, f"{question.key} is published but not stored")
            return
        newest = states[-1].proceeding
        if not question.is_there:
            require(
                newest.is_gone or newest.is_lapsed or newest.is_withdrawn,
                f"{question.key} is gone, but stored as there",
            )
            return
        require(not newest.is_gone, f"{question.key} is published, but stored as gone")
        require(
            stored_fields(newest) == published_fields(question.value),
            f"{question.key} is published as {published_fields(question.value)}, but stored as {stored_fields(newest)}",
        )
        end = self.model.session_end
        if end and question.is_open and question.tabled_on <= end:
            require(newest.is_lapsed, f"{question.key} was open when the session ended, and has not lapsed")

    def _check_mailed(self, question: Question) -> None:
        """Check that Ann, who was always there, was mailed the last state of a question with her permanent term."""
        if (
            question.published_at is None
            or question.published_at <= self.began_at
            or not question.is_there
            or question.value["isWithdrawn"]
        ):
            return
        if any(
            seen.proceeding.day and seen.proceeding.day < self.model.news_floor
            for seen in self.model.states[question.key]
        ):
            return  # it is from before the first run
        if "osprey" not in question.value["questionText"] or not question.is_answered:
            return
        mailed = self.mailings.get(("ann", question.key))
        require(bool(mailed), f"{question.key} was never mailed to ann")
        assert mailed
        require(
            mailed[-1].proceeding.answer == published_fields(question.value)[2],
            f"ann was last mailed {mailed[-1].proceeding.answer} about {question.key}",
        )


def newest_word(answer: str) -> str:
    """Return the word that marks the newest state of an answer."""
    found: list[str] = re.findall(r"m\d+v\d+", answer)
    return max(found, key=lambda word: int(word.partition("v")[2]))


def last_slot(cadence: str, at: str, now: datetime) -> str | None:
    """Return a reader's latest slot in local time: on weekdays, or on Mondays."""
    local = now.astimezone(LONDON)
    days = {"daily": range(5), "weekly": range(1)}.get(cadence, range(0))
    for ago in range(9):
        day = local.date() - timedelta(days=ago)
        if day.weekday() in days and (ago or local.time() >= time.fromisoformat(at)):
            return f"{day}T{at}"
    return None
