"""A stateful model of Parliament, whose rules change questions, the source, the program and the readers in any order.

Each reader must be mailed everything that is due to them once, and nothing else. The machine drives the real stages
against the replies of the stand-in. After each run every new digest is compared with the reference (`life_model`).
After each sequence the faults end, enough days pass for the promised readings, and the stored and last mailed states
are compared with what is published.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from db import settled
from monitor.demo.parliament import QUESTIONS
from monitor.model.records import Member
from monitor.model.watching import Topic
from monitor.parliament.calendar import SittingCalendar
from tests.builders import a_subscriber
from tests.fakes import LONDON, Clock, FakeMembers, a_config, at
from tests.reliability.life_check import Judge
from tests.reliability.life_model import Model
from tests.reliability.life_parliament import Published, Question
from tests.reliability.life_run import Bench, Desk, Post
from tests.reliability.tally import Proof, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from monitor.demo.parliament import Request
    from monitor.model.watching import Subscriber
    from tests.reliability.tally import Budget

PEOPLE = (
    Member(member_id=9001, name="Ada Example", party="Labour", constituency="Mid Sample"),
    Member(member_id=9002, name="Ben Placeholder", party="Conservative", constituency="Sample Vale"),
)
ALWAYS_WATCHED, UNWATCHED = "osprey", "badger"
WORDS = (ALWAYS_WATCHED, "heron", "walrus", "osprey walrus", "heron narwhal", UNWATCHED, UNWATCHED)
"""Words that questions are about: one is watched always, others at times, and badgers never."""

DAYS = (date(2026, 10, 19), date(2027, 3, 24), date(2026, 2, 3))
"""A few days before each change of the clock, and a day far from both."""

SOON, LATER = (1, 30, 180), (720, 1440, 1440, 2880, 4320)
"""Minutes between two runs: several in a slot; a day, or a machine that slept."""

FAULTS = ("down", "cut", "detail", "misread", "throttled", "shifted", "arrives", "no post")
READINGS = 12
"""Days after the answer until which a change may come that only a detail shows. The last reading is after 14 days."""

SEEDS_OF_A_PART = 1_000_000
"""Distance between the seeds of two parts of the proof."""

pick = st.integers(0, 63)
words = st.sampled_from(WORDS)


class Life(RuleBasedStateMachine):
    """State machine of this module. `bench` and `on_begin`, which is called before each example, come from `prove`."""

    bench: Bench
    on_begin: Callable[[], None]
    has_failed = False

    def __init__(self) -> None:
        super().__init__()
        if not self.has_failed:  # after a failure the library replays the example
            type(self).on_begin()
        self.is_ready = self.had_outage = self.had_backfill = False

    # -- the world ----------------------------------------------------------------------------------------------------

    @initialize(
        day=st.sampled_from(DAYS),
        look_back=st.sampled_from((5, 5, 14)),
        take=st.integers(1, 3),
        subject=words,
        dies_at=st.none() | st.floats(0, 1),
    )
    def begin(self, day: date, look_back: int, take: int, subject: str, dies_at: float | None) -> None:
        """Begin with an archive that was filled from older questions, by a first run that may die."""
        self.clock = Clock(at(day, 9))
        self.look_back = look_back
        self.published = Published(self.clock, take)
        self.desk = Desk.open(self.bench, self.clock, self.published.source, FakeMembers(*PEOPLE), self._note_sync)
        self.topics = {"birds": (ALWAYS_WATCHED, "heron"), "seals": ("walrus",)}
        self.readers: dict[str, dict[str, Any]] = {"ann": _a_reader(), "bob": _a_reader(cadence="weekly", at="18:00")}
        self.removed_readers: dict[str, dict[str, Any]] = {"cat": _a_reader(cadence="instant", new_questions=False)}
        self.calendar = SittingCalendar(known={}, recesses={})
        for ago in (3, 1):
            old = self.published.table(subject, day - timedelta(days=ago), self.clock())
            self.published.answer(old, day - timedelta(days=ago), ALWAYS_WATCHED)
        self.published.table(subject, day - timedelta(days=2), self.clock())
        self.model = Model(look_back=look_back, news_floor=day - timedelta(days=1))
        self.judge = Judge(self.desk, self.published, self.model)
        self._run(dies_at=dies_at)
        if self.desk.world.archive.runs.fact("news_floor") is None:  # it died before it knew what is news
            self._run()
        self.judge.began_at = self.clock.now
        self.is_ready = True

    @property
    def post(self) -> Post:
        """The mail server."""
        post = self.desk.world.post
        assert isinstance(post, Post)
        return post

    @property
    def today(self) -> date:
        """Today's date in London."""
        return self.clock.now.astimezone(LONDON).date()

    def _note_sync(self) -> None:
        self.model.watch(self.topics, self.readers, self.clock.now)

    def _configure(self) -> None:
        topics = tuple(Topic(key=key, name=key.title(), terms=terms) for key, terms in self.topics.items())
        subscribers = tuple(map(self._subscriber, self.readers))
        plain = a_config()
        questions = replace(plain.questions, look_back_days=self.look_back)
        world = self.desk.world
        world.config = a_config(topics=topics, subscribers=subscribers, questions=questions)
        world.calendar = self.calendar

    def _run(self, *, dies_at: float | None = None) -> None:
        self.clock.now = self.clock.now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        self._configure()
        self.published.serve()
        self.judge.before_run(self.today)
        report = self.desk.run(dies_at=dies_at)
        self.judge.after_run(report)

    def _choose_question(self, number: int, wanted: Callable[[Question], bool]) -> Question | None:
        candidates = [question for question in self.published.questions.values() if wanted(question)]
        return candidates[number % len(candidates)] if candidates else None

    def _will_be_read_again(self, question: Question) -> bool:
        """Return whether a promised reading of the question is still to come."""
        is_shown = question.is_there and not question.value["isWithdrawn"]
        is_in_time = (self.today - question.day).days <= READINGS if question.value["dateAnswered"] else True
        return is_shown and is_in_time and not self._has_lapsed(question)

    def _has_lapsed(self, question: Question) -> bool:
        end = self.model.session_end
        return end is not None and not question.is_answered and question.tabled_on <= end

    # -- rules of Parliament ------------------------------------------------------------------------------------------

    @rule(subject=words, late=st.integers(0, 13))
    def table(self, subject: str, late: int) -> None:
        """Table a question, published at once or some days late."""
        self.published.table(subject, self.today - timedelta(days=min(late, self.look_back - 1)), self.clock())

    @rule(subject=words, late=st.integers(0, 13), holding=st.booleans())
    def publish(self, subject: str, late: int, holding: bool) -> None:
        """Publish a question with its answer, at once or some days late."""
        day = self.today - timedelta(days=min(late, self.look_back - 1))
        self.published.answer(self.published.table(subject, day, self.clock()), day, subject, holding=holding)

    @rule(number=pick, subject=words, late=st.integers(0, 13), holding=st.booleans())
    def answer(self, number: int, subject: str, late: int, holding: bool) -> None:
        """Answer a question that waits, or that has a holding answer."""
        question = self._choose_question(number, lambda question: question.is_open and not self._has_lapsed(question))
        if question:
            day = max(self.today - timedelta(days=min(late, self.look_back - 1)), question.day)
            self.published.answer(question, day, subject, holding=holding and not question.value["answerIsHolding"])

    @rule(number=pick, subject=words, dated=st.booleans())
    def correct(self, number: int, subject: str, dated: bool) -> None:
        """Correct an answer, with a date or with only the flag, also an answer that was corrected before."""
        question = self._choose_question(
            number, lambda question: question.is_answered and self._will_be_read_again(question)
        )
        if question:
            self.published.correct(question, self.today if dated else None, subject)

    @rule(number=pick, far=st.booleans())
    def edit(self, number: int, far: bool) -> None:
        """Change the words of an answer without notice."""
        question = self._choose_question(
            number, lambda question: bool(question.value["answerText"]) and self._will_be_read_again(question)
        )
        if question:
            self.published.edit(question, far=far)

    @rule(number=pick, how=st.sampled_from(("transfer", "reword", "title", "attach", "withdraw", "withdraw")))
    def touch(self, number: int, how: str) -> None:
        """Transfer, reword, title or withdraw a question, or attach a file to its answer."""
        question = self._choose_question(
            number, lambda question: self._will_be_read_again(question) and (how != "attach" or question.is_answered)
        )
        if question:
            getattr(self.published, how)(question)

    @rule(number=pick, other=pick)
    def regroup(self, number: int, other: int) -> None:
        """Group a question with another that shares its answer."""
        question = self._choose_question(number, self._will_be_read_again)
        other_question = self._choose_question(other, lambda candidate: candidate is not question)
        if question and other_question:
            self.published.regroup(question, other_question)

    @rule(number=pick)
    def vanish(self, number: int) -> None:
        """Let a question vanish."""
        question = self._choose_question(number, self._will_be_read_again)
        if question and sum(not candidate.is_there for candidate in self.published.questions.values()) < 3:
            question.is_there = False

    @rule(number=pick)
    def bring_back(self, number: int) -> None:
        """Publish a withdrawn or vanished question again, while a window shows it."""
        first = self.today - timedelta(days=self.look_back - 3)

        def may_return(question: Question) -> bool:
            is_away = not question.is_there or question.value["isWithdrawn"]
            return is_away and question.day >= first and not self._has_lapsed(question)

        question = self._choose_question(number, may_return)
        if question:
            self.published.bring_back(question)

    @precondition(lambda self: self.is_ready and self.model.session_end is None)
    @rule()
    def prorogue(self) -> None:
        """End the session today. Questions without an answer get none."""
        self.model.session_end = self.today
        self.calendar = SittingCalendar(known={}, recesses={}, session_ends=(self.today,))
        self.judge.exempt(lambda question: not question.is_answered)

    # -- rules of readers ---------------------------------------------------------------------------------------------

    @rule(topic=st.sampled_from(("birds", "seals")), term=st.sampled_from(("heron", "walrus", "narwhal")))
    def edit_terms(self, topic: str, term: str) -> None:
        """Add or remove a term."""
        terms = self.topics[topic]
        remaining = tuple(other for other in terms if other != term)
        self.topics[topic] = (remaining or terms) if term in terms else (*terms, term)

    @rule(key=st.sampled_from(("bob", "cat")))
    def join_or_leave(self, key: str) -> None:
        """Add or remove a subscriber."""
        here, there = (
            (self.readers, self.removed_readers) if key in self.readers else (self.removed_readers, self.readers)
        )
        there[key] = here.pop(key)

    @rule(key=st.sampled_from(("bob", "cat")), name=st.sampled_from(("paused", "new_questions")))
    def wish(self, key: str, name: str) -> None:
        """Pause or resume a subscriber, or switch new questions on or off."""
        self.readers.get(key, {}).update({name: not self.readers[key][name]} if key in self.readers else {})

    @rule(key=st.sampled_from(("bob", "cat")), listed=st.sampled_from((("birds",), ("seals",), ("birds", "seals"))))
    def choose(self, key: str, listed: tuple[str, ...]) -> None:
        """Choose other topics for a subscriber."""
        if key in self.readers:
            self.readers[key]["topics"] = listed

    @rule(
        key=st.sampled_from(("ann", "bob", "cat")),
        number=pick,
        what=st.sampled_from(("member", "unwatched", "stored")),
    )
    def follow(self, key: str, number: int, what: str) -> None:
        """Follow a member who asks, or a question that the archive has; an "unwatched" one is one that no term finds."""
        reader = self.model.readers.get(key)
        if key not in self.readers or reader is None or not reader.is_there:
            return
        stored = {question for question, states in self.model.states.items() if states}
        choices: dict[str, Sequence[str | Member]] = {
            "member": PEOPLE,
            "unwatched": sorted(stored - self.model.watched_questions()),
            "stored": sorted(stored),
        }
        if stored and choices[what]:
            chosen = choices[what][number % len(choices[what])]
            self.desk.follow(self._subscriber(key), chosen)
            self.model.follow(key, chosen if isinstance(chosen, str) else str(chosen.member_id))

    @precondition(lambda self: self.is_ready and any(map(self.model.known_by_follows, self.readers)))
    @rule(number=pick, how=st.sampled_from(("answer", "reword", "transfer", "attach", "edit", "withdraw")))
    def unfollow(self, number: int, how: str) -> None:
        """End what made a reader know of a question, and let something happen to it."""
        known = [(reader, key) for reader in self.readers for key in sorted(self.model.known_by_follows(reader))]
        reader, key = known[number % len(known)]
        for followed in self.model.known_by_follows(reader)[key]:
            self.desk.unfollow(reader, followed)
            self.model.unfollow(reader, followed)
        question = self.published.questions[key]
        if not self._will_be_read_again(question):
            return
        if how == "answer" and question.is_open:
            self.published.answer(question, self.today, UNWATCHED)
        elif how == "edit" and question.value["answerText"]:
            self.published.edit(question, far=False)
        elif how in ("reword", "transfer", "withdraw") or (how == "attach" and question.is_answered):
            getattr(self.published, how)(question)

    @rule(key=st.sampled_from(("bob", "cat")), number=pick, term=st.sampled_from((*WORDS, "")), days=st.integers(0, 20))
    def mute(self, key: str, number: int, term: str, days: int) -> None:
        """Mute a term, or a question that the archive has."""
        reader, until = self.model.readers.get(key), self.today + timedelta(days=days)
        stored = sorted(question for question, states in self.model.states.items() if states)
        if key in self.readers and reader is not None and reader.is_there and stored:
            muted = term or stored[number % len(stored)]
            self.desk.mute(self._subscriber(key), muted, until, is_term=bool(term))
            self.model.mute(key, muted, until)

    def _subscriber(self, key: str) -> Subscriber:
        return a_subscriber(key=key, name=key.title(), **self.readers[key])

    # -- rules of the program -----------------------------------------------------------------------------------------

    @rule(gap=st.sampled_from(SOON))
    def run_soon(self, gap: int) -> None:
        """Run without a fault, soon after the last run."""
        self.clock.tick(minutes=gap)
        self._run()

    @rule(gap=st.sampled_from(LATER))
    def run_later(self, gap: int) -> None:
        """Run without a fault, a day later or when the machine wakes."""
        self.clock.tick(minutes=gap)
        self._run()

    @rule(gap=st.sampled_from(SOON + LATER), far=pick)
    def crash(self, gap: int, far: int) -> None:
        """Run, and die at one of the statements or commits."""
        self.clock.tick(minutes=gap)
        self._run(dies_at=(far + 0.5) / 64)

    @rule(gap=st.sampled_from(SOON + LATER), fault=st.sampled_from(FAULTS), number=pick)
    def run_with(self, gap: int, fault: str, number: int) -> None:
        """Run with a fault at the source or at the mail server."""
        self.clock.tick(minutes=gap)
        faults, question = (
            self.published.parliament.faults,
            self._choose_question(number, lambda question: question.is_there),
        )
        if fault == "down":
            faults.down = True
        elif fault == "cut":
            faults.deep_skip = 1
        elif fault == "detail" and question:
            faults.fail_detail = {question.value["id"]: 99}
        elif fault == "misread":
            self.published.misread = {question.key} if question and (self.today - question.day).days < 2 else set()
        elif fault == "throttled":
            faults.every_429 = 2 + number % 4
        elif fault == "shifted":
            faults.shift = (-1, 1)[number % 2]
        elif fault == "arrives":
            self.published.parliament.on_request = self._arrive
        self.post.is_down = fault == "no post"
        self._run()
        self._end_faults()

    @precondition(lambda self: self.is_ready and not self.had_outage)
    @rule(weeks=st.integers(1, 9), is_asleep=st.booleans(), subject=words, number=pick)
    def long_outage(self, weeks: int, is_asleep: bool, subject: str, number: int) -> None:
        """Let weeks go by, once, in which questions are asked and answered: no run comes, or none reaches Parliament."""
        self.had_outage = True
        self.published.parliament.faults.down = True
        for week in range(weeks):
            self.clock.tick(days=7)
            self.publish(subject, number % self.look_back, holding=bool(number % 2))
            self.answer(number + week, subject, number % self.look_back, holding=False)
            if not is_asleep:
                self._run()
        self._end_faults()
        self._run()

    @precondition(lambda self: self.is_ready and not self.had_backfill)
    @rule(gap=st.sampled_from(SOON), days=st.integers(0, 30))
    def backfill(self, gap: int, days: int) -> None:
        """Read so many days and today by a backfill, once, before the next run does."""
        self.had_backfill = True
        self.clock.tick(minutes=gap)
        self._configure()
        self.published.serve()
        self.desk.backfill(self.today - timedelta(days=days))
        self.judge.after_backfill(self.today)

    def _arrive(self, request: Request) -> None:
        """Publish an answer that comes first in the list while its second page is requested."""
        if request.path == QUESTIONS and request.query["skip"] != ["0"]:
            self.published.parliament.on_request = None
            self.publish_now()

    def publish_now(self) -> None:
        day = self.today
        self.published.answer(self.published.table(ALWAYS_WATCHED, day, self.clock.now), day, ALWAYS_WATCHED)
        self.published.serve()

    def _end_faults(self) -> None:
        faults = self.published.parliament.faults
        faults.down, faults.deep_skip, faults.every_429, faults.shift = False, None, 0, 0
        faults.fail_detail, self.published.misread = {}, set()
        self.published.parliament.on_request = None
        self.post.is_down = False

    # -- the end ------------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """End the faults, let days pass, judge, and close the archive."""
        broken = sys.exception()
        try:
            if self.is_ready and broken is None:
                self._end_faults_and_judge()
        except AssertionError as exc:
            broken = exc
            raise
        finally:
            type(self).has_failed |= isinstance(broken, AssertionError)
            if hasattr(self, "desk"):  # also where `begin` failed
                self.desk.close()

    def _end_faults_and_judge(self) -> None:
        for days in (0.1, 1, 1, 5, 8, 1):
            self.clock.now = _a_morning(self.clock.tick(days=days))
            self._run()
        self.judge.at_the_end()


def _a_morning(now: datetime) -> datetime:
    """Return nine o'clock of that day, or the instant itself if it is later."""
    morning = datetime.combine(now.astimezone(LONDON).date(), time(9), LONDON).astimezone(UTC)
    return max(now, morning)


def _a_reader(**wish: Any) -> dict[str, Any]:
    return {
        "topics": ("birds", "seals"),
        "new_questions": True,
        "paused": False,
        "waiting": False,
        "mentions": "full",
    } | wish


class TimeIsUpError(BaseException):
    """The time of the budget is over."""


def prove(folder: Path, budget: Budget, *, steps: int = 100) -> Tally:
    """Try sequences of this many steps."""
    tally, is_over = Tally(), False
    count, start = len(range(budget.part, budget.count, budget.parts)), budget.seed + budget.part * SEEDS_OF_A_PART
    bench = Bench(folder)

    def on_begin() -> None:
        nonlocal is_over
        if tally.tried >= count or not budget.allows_another(tally.tried):
            is_over = True
            raise TimeIsUpError
        tally.tried += 1

    machine = seed(start)(type("Life", (Life,), {"bench": bench, "on_begin": staticmethod(on_begin)}))
    chosen = settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    try:
        with mock.patch.object(settled, "SETTLE_EVERY", 1):  # with each digest
            run_state_machine_as_test(machine, settings=chosen)
    except TimeIsUpError:
        pass
    except Exception as exc:  # noqa: BLE001 (it is reported with the steps that lead to it)
        if is_over:  # the library raises an error if a sequence ends before it begins
            return tally
        steps_taken = "; ".join(line.strip() for note in getattr(exc, "__notes__", ()) for line in note.splitlines())
        tally.failures.append(f"seed {start}: {exc}: {steps_taken}")
    return tally


PROOFS = (
    Proof(name="life of an answer", unit="100-step sequence", full=20_000, run=prove, share=2.0, hours=12, parts=12),
)
