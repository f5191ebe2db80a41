"""Holds what the real stages did against the reference, run by run, and at the end against what is published."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from tests.reliability.life_model import LONDON, published, stored
from tests.reliability.life_run import LINK, squeezed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from monitor.pipeline import Report
    from tests.reliability.life_model import Model, Seen
    from tests.reliability.life_parliament import Published, Question
    from tests.reliability.life_run import Desk, Told


class BrokenPromiseError(AssertionError):
    """Something was lost, told twice, or told that was not owed."""


def promise(holds: bool, said: str) -> None:
    """Raise unless it holds."""
    if not holds:
        raise BrokenPromiseError(said)


class Judge:
    """Follows one sequence."""

    def __init__(self, desk: Desk, parliament: Published, model: Model) -> None:
        self.desk, self.published, self.model = desk, parliament, model
        self.began = desk.clock.now
        self.excused: set[str] = set()
        self.slots: set[tuple[str, str]] = set()
        self.tellings: dict[tuple[str, str], list[Seen]] = {}

    def excuse(self, wanted: Callable[[Question], bool]) -> None:
        """Questions whose last state nothing promises to see, unless it is in the archive already."""
        for question in self.published.questions.values():
            states = self.model.states.get(question.key)
            is_seen = states and stored(states[-1].p) == published(question.value) and question.is_there
            if wanted(question) and not is_seen:
                self.excused.add(question.key)

    # -- run by run ---------------------------------------------------------------------------------------------------

    def before_run(self, today: date) -> None:
        """How long ago everything was read whole: the look-back is longer by that."""
        whole = self.desk.world.archive.runs.fact("whole_on")
        missed = (today - datetime.fromisoformat(whole).date()).days - 1 if whole else 0
        self.model.reach = min(max(missed, 0), 30)

    def after_run(self, report: Report | None) -> None:
        """What was stored is what was published; what was found is what is there; what was told is what was owed."""
        for key, revision in self.desk.revisions():
            self._was_published(key, stored(revision.proceeding))
            self.model.store(key, revision)
        self._found()
        for digest in self.desk.digests():
            self._digest(digest)
        problems = [*self.desk.problems(), *self.desk.post_problems()]
        promise(not problems, "; ".join(problems))
        if report is not None and not report.stages["collect"]["incomplete"]:  # else a digest of nothing may wait
            self._slots()

    def _was_published(self, key: str, found: object) -> None:
        one = self.published.questions[key]
        promise(any(published(value) == found for value in one.states), f"{key} was never published as {found}")

    def _found(self) -> None:
        before = set(self.model.found)
        self.model.look()
        true, found = self.model.found, self.desk.found()
        promise(found <= true, f"found though not there: {sorted(found - true)[:3]}")
        if self.desk.has_matched:
            promise(true <= found, f"not found though there: {sorted(true - found)[:3]}")
        self.model.found = before | found

    def _digest(self, digest: Told) -> None:
        reader = self.model.readers[digest.reader]
        promise(reader.is_there and not reader.is_paused, f"{digest.reader} is not there to be told")
        promise((digest.reader, digest.slot) not in self.slots, f"two digests of {digest.slot}")
        self.slots.add((digest.reader, digest.slot))
        slot, *supplement = digest.slot.split(" supplement")
        if supplement:
            promise((digest.reader, slot) in self.slots, f"{digest.slot} has no digest before it")
            promise(bool(digest.told), f"{digest.slot} tells nothing")
            told = self.model.supplement(digest.reader, digest.told)
        else:
            told = self.model.compose(digest.reader, digest.at)
        name = f"the digest of {digest.reader} for {digest.slot}"
        lost, more = sorted(told.keys() - digest.told.keys()), sorted(digest.told.keys() - told.keys())
        promise(not lost, f"{name} does not tell {lost}")
        promise(not more, f"{name} tells {more}, which is not owed")
        promise(not told or digest.kind == "mailed", f"{name} tells something and was not mailed")
        if digest.kind == "mailed":
            self._mail(name, digest, told)
        for key, shown in told.items():
            self._telling(digest.reader, key, shown)

    def _telling(self, reader: str, key: str, shown: Seen) -> None:
        earlier = self.tellings.setdefault((reader, key), [])
        promise(not earlier or earlier[-1].id < shown.id, f"{key} is told again to {reader}")
        earlier.append(shown)

    def _mail(self, name: str, digest: Told, told: dict[str, Seen]) -> None:
        """The mail has just what the archive says that it tells, and each answer in its newest words."""
        said = squeezed(digest.mail)
        uins = {self.published.questions[key].uin for key in told}
        links = set(LINK.findall(said))
        promise(uins == links, f"{name} has {sorted(links)} in it in place of {sorted(uins)}")
        for key, shown in told.items():
            before = self.tellings.get((digest.reader, key))
            is_new = before is None or before[-1].p.answer != shown.p.answer
            if shown.p.answer and is_new and shown.p.state not in ("withdrawn", "lapsed"):
                word = newest_word(shown.p.answer)
                promise(word in said, f"{name} does not have the newest words of {key}: {word}")

    def _slots(self) -> None:
        """Who gets a digest by the clock has that of the last slot."""
        now = self.desk.clock.now
        for subscriber in self.desk.world.config.subscribers:
            slot = last_slot(subscriber.cadence, subscriber.at, now)
            if slot and not subscriber.paused:
                promise((subscriber.key, slot) in self.slots, f"{subscriber.key} has no digest for {slot}")

    # -- at the end ---------------------------------------------------------------------------------------------------

    def at_the_end(self) -> None:
        """All that is published is stored as it is, all mail went, and who was always there was told how it stands."""
        for one in self.published.questions.values():
            if one.key not in self.excused:
                self._is_stored(one)
                self._is_told(one)
        promise(not self.desk.unsent(), f"mails that never went: {self.desk.unsent()}")
        for key in self.model.readers:
            reader = self.model.readers[key]
            owed = [question for question, (_, _, is_told) in self.model.owed(key).items() if is_told]
            is_daily = key == "ann"
            promise(not (owed and is_daily and reader.is_there), f"still owed to {key}: {owed}")

    def _is_stored(self, question: Question) -> None:
        states = self.model.states.get(question.key)
        if not states:
            promise(not question.is_there, f"{question.key} is published and not stored")
            return
        newest = states[-1].p
        if not question.is_there:
            promise(
                newest.is_gone or newest.is_lapsed or newest.is_withdrawn,
                f"{question.key} is gone, and stored as there",
            )
            return
        promise(not newest.is_gone, f"{question.key} is published, and stored as gone")
        promise(
            stored(newest) == published(question.value),
            f"{question.key} is published as {published(question.value)}, and stored as {stored(newest)}",
        )
        end = self.model.session_end
        if end and question.is_open and question.tabled_on <= end:
            promise(newest.is_lapsed, f"{question.key} was open when the session ended, and has not lapsed")

    def _is_told(self, question: Question) -> None:
        """Ann was there all the time, and what never left her list stands in the question: the last word is told."""
        if (
            question.since is None
            or question.since <= self.began
            or not question.is_there
            or question.value["isWithdrawn"]
        ):
            return
        if any(seen.p.day and seen.p.day < self.model.floor for seen in self.model.states[question.key]):
            return  # of before the first run
        if "osprey" not in question.value["questionText"] or not question.is_answered:
            return
        told = self.tellings.get(("ann", question.key))
        promise(bool(told), f"{question.key} was never told to ann")
        assert told
        promise(
            told[-1].p.answer == published(question.value)[2],
            f"of {question.key} ann was told {told[-1].p.answer} at last",
        )


def newest_word(answer: str) -> str:
    """The word by which a state of an answer is told from those before it."""
    found: list[str] = re.findall(r"m\d+v\d+", answer)
    return max(found, key=lambda word: int(word.partition("v")[2]))


def last_slot(cadence: str, at: str, now: datetime) -> str | None:
    """The slot that a reader's digest of now belongs to, in local time: on weekdays, or on Mondays."""
    local = now.astimezone(LONDON)
    days = {"daily": range(5), "weekly": range(1)}.get(cadence, range(0))
    for ago in range(9):
        day = local.date() - timedelta(days=ago)
        if day.weekday() in days and (ago or local.time() >= time.fromisoformat(at)):
            return f"{day}T{at}"
    return None
