"""A stateful model of Parliament: whatever happens to a question, to the source, to the program and to those who watch,
in any order, each thing that is owed is told once, and nothing else.

The machine drives the real stages against the stand-in's own replies. After each run every new digest is compared with what
the reference says (`life_model`); after each sequence the faults end, enough days pass for the readings that are promised,
and what is stored and what was told last is compared with what is published.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

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
    from collections.abc import Callable
    from pathlib import Path

    from monitor.demo.parliament import Request
    from tests.reliability.tally import Budget

PEOPLE = (
    Member(member_id=9001, name="Ada Example", party="Labour", constituency="Mid Sample"),
    Member(member_id=9002, name="Ben Placeholder", party="Conservative", constituency="Sample Vale"),
)
SURE, WORDS = "osprey", ("osprey", "heron", "walrus", "osprey walrus", "heron narwhal", "badger")
"""The term that is never taken off the list, and what questions are about; nobody watches badgers."""

DAYS = (date(2026, 10, 19), date(2027, 3, 24), date(2026, 2, 3))
"""A few days before either change of the clock, and far from both."""

SOON, LATER = (1, 30, 180), (720, 1440, 1440, 2880, 4320)
"""Minutes between two runs: several in a slot; a day, or a machine that slept."""

FAULTS = ("down", "cut", "detail", "misread", "throttled", "shifted", "arrives", "no post")
READINGS = 12
"""A change that only a detail shows comes no later than so many days after the answer: the last look is after 14."""

pick = st.integers(0, 63)
words = st.sampled_from(WORDS)


class Life(RuleBasedStateMachine):
    """See the module. `bench` is given by whoever runs it, with what is called before each example."""

    bench: Bench
    begun: Callable[[], None]
    has_failed = False

    def __init__(self) -> None:
        super().__init__()
        if not self.has_failed:  # else it is being told how
            type(self).begun()
        self.is_ready = False

    # -- the world ----------------------------------------------------------------------------------------------------

    @initialize(day=st.sampled_from(DAYS), look_back=st.sampled_from((5, 5, 14)), take=st.integers(1, 3), some=words)
    def begin(self, day: date, look_back: int, take: int, some: str) -> None:
        """An archive that was filled from what was there."""
        self.clock = Clock(at(day, 9))
        self.look_back = look_back
        self.published = Published(self.clock, take)
        self.desk = Desk.open(self.bench, self.clock, self.published.source, FakeMembers(*PEOPLE), self._synced)
        self.topics = {"birds": (SURE, "heron"), "seals": ("walrus",)}
        self.readers: dict[str, dict[str, Any]] = {"ann": _a_reader(), "bob": _a_reader(cadence="weekly", at="18:00")}
        self.kept: dict[str, dict[str, Any]] = {"cat": _a_reader(cadence="instant", new_questions=False)}
        self.calendar = SittingCalendar(known={}, recesses={})
        for ago in (3, 1):
            old = self.published.table(some, day - timedelta(days=ago), self.clock())
            self.published.answer(old, day - timedelta(days=ago), SURE)
        self.published.table(some, day - timedelta(days=2), self.clock())
        self.model = Model(look_back=look_back, floor=day - timedelta(days=1))
        self.judge = Judge(self.desk, self.published, self.model)
        self._run()
        self.judge.began = self.clock.now
        self.is_ready = True

    @property
    def post(self) -> Post:
        """The mail server."""
        post = self.desk.world.post
        assert isinstance(post, Post)
        return post

    @property
    def today(self) -> date:
        """The day in London."""
        return self.clock.now.astimezone(LONDON).date()

    def _synced(self) -> None:
        self.model.watch(self.topics, self.readers, self.clock.now)

    def _configure(self) -> None:
        topics = tuple(Topic(key=key, name=key.title(), terms=terms) for key, terms in self.topics.items())
        subscribers = tuple(a_subscriber(key=key, name=key.title(), **wish) for key, wish in self.readers.items())
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

    def _some(self, number: int, wanted: Callable[[Question], bool]) -> Question | None:
        able = [question for question in self.published.questions.values() if wanted(question)]
        return able[number % len(able)] if able else None

    def _is_fresh(self, question: Question) -> bool:
        """Whether one of the promised readings is still to come."""
        is_shown = question.is_there and not question.value["isWithdrawn"]
        is_in_time = (self.today - question.day).days <= READINGS if question.value["dateAnswered"] else True
        return is_shown and is_in_time and not self._has_lapsed(question)

    def _has_lapsed(self, question: Question) -> bool:
        end = self.model.session_end
        return end is not None and not question.is_answered and question.tabled_on <= end

    # -- what Parliament does -----------------------------------------------------------------------------------------

    @rule(some=words, late=st.integers(0, 13))
    def table(self, some: str, late: int) -> None:
        """A question, on the day or some days late."""
        self.published.table(some, self.today - timedelta(days=min(late, self.look_back - 1)), self.clock())

    @rule(some=words, late=st.integers(0, 13), holding=st.booleans())
    def publish(self, some: str, late: int, holding: bool) -> None:
        """A question with its answer, on the day or some days late."""
        day = self.today - timedelta(days=min(late, self.look_back - 1))
        self.published.answer(self.published.table(some, day, self.clock()), day, some, holding=holding)

    @rule(number=pick, some=words, late=st.integers(0, 13), holding=st.booleans())
    def answer(self, number: int, some: str, late: int, holding: bool) -> None:
        """The answer of a question that waits for it, or after a holding answer the real one."""
        one = self._some(number, lambda one: one.is_open and not self._has_lapsed(one))
        if one:
            day = max(self.today - timedelta(days=min(late, self.look_back - 1)), one.day)
            self.published.answer(one, day, some, holding=holding and not one.value["answerIsHolding"])

    @rule(number=pick, some=words, dated=st.booleans())
    def correct(self, number: int, some: str, dated: bool) -> None:
        """A correction, with its date or by the flag alone; of what was corrected before, another."""
        one = self._some(number, lambda one: one.is_answered and self._is_fresh(one))
        if one:
            self.published.correct(one, self.today if dated else None, some)

    @rule(number=pick, far=st.booleans())
    def edit(self, number: int, far: bool) -> None:
        """Other words in an answer, and nothing said of it."""
        one = self._some(number, lambda one: bool(one.value["answerText"]) and self._is_fresh(one))
        if one:
            self.published.edit(one, far=far)

    @rule(number=pick, how=st.sampled_from(("transfer", "reword", "title", "attach", "withdraw", "withdraw")))
    def touch(self, number: int, how: str) -> None:
        """Another body, other words, a heading, a file; or it is taken back."""
        one = self._some(number, lambda one: self._is_fresh(one) and (how != "attach" or one.is_answered))
        if one:
            getattr(self.published, how)(one)

    @rule(number=pick, other=pick)
    def regroup(self, number: int, other: int) -> None:
        """It shares its answer with another."""
        one = self._some(number, self._is_fresh)
        with_ = self._some(other, lambda two: two is not one)
        if one and with_:
            self.published.regroup(one, with_)

    @rule(number=pick)
    def vanish(self, number: int) -> None:
        """It is no longer there."""
        one = self._some(number, self._is_fresh)
        if one and sum(not two.is_there for two in self.published.questions.values()) < 3:
            one.is_there = False

    @rule(number=pick)
    def bring_back(self, number: int) -> None:
        """What was withdrawn or had vanished is published again, while a window shows it."""
        first = self.today - timedelta(days=self.look_back - 3)

        def may_return(question: Question) -> bool:
            is_away = not question.is_there or question.value["isWithdrawn"]
            return is_away and question.day >= first and not self._has_lapsed(question)

        one = self._some(number, may_return)
        if one:
            self.published.bring_back(one)

    @precondition(lambda self: self.is_ready and self.model.session_end is None)
    @rule()
    def prorogue(self) -> None:
        """The session ends today: what has no answer gets none."""
        self.model.session_end = self.today
        self.calendar = SittingCalendar(known={}, recesses={}, session_ends=(self.today,))
        self.judge.excuse(lambda one: not one.is_answered)

    # -- what readers do ----------------------------------------------------------------------------------------------

    @rule(topic=st.sampled_from(("birds", "seals")), term=st.sampled_from(("heron", "walrus", "narwhal")))
    def edit_terms(self, topic: str, term: str) -> None:
        """Add a term, or take it off the list."""
        terms = self.topics[topic]
        less = tuple(one for one in terms if one != term)
        self.topics[topic] = (less or terms) if term in terms else (*terms, term)

    @rule(key=st.sampled_from(("bob", "cat")))
    def join_or_leave(self, key: str) -> None:
        """A subscriber is added, or removed, or comes back."""
        here, there = (self.readers, self.kept) if key in self.readers else (self.kept, self.readers)
        there[key] = here.pop(key)

    @rule(key=st.sampled_from(("bob", "cat")), name=st.sampled_from(("paused", "new_questions")))
    def wish(self, key: str, name: str) -> None:
        """A subscriber is paused or resumed, or wants new questions or no more."""
        self.readers.get(key, {}).update({name: not self.readers[key][name]} if key in self.readers else {})

    @rule(key=st.sampled_from(("bob", "cat")), listed=st.sampled_from((("birds",), ("seals",), ("birds", "seals"))))
    def choose(self, key: str, listed: tuple[str, ...]) -> None:
        """A subscriber wants other topics."""
        if key in self.readers:
            self.readers[key]["topics"] = listed

    # -- what the program meets ---------------------------------------------------------------------------------------

    @rule(gap=st.sampled_from(SOON))
    def run_soon(self, gap: int) -> None:
        """A run with nothing wrong, soon after the last."""
        self.clock.tick(minutes=gap)
        self._run()

    @rule(gap=st.sampled_from(LATER))
    def run_later(self, gap: int) -> None:
        """A run with nothing wrong, a day later or when the machine wakes."""
        self.clock.tick(minutes=gap)
        self._run()

    @rule(gap=st.sampled_from(SOON + LATER), far=pick)
    def crash(self, gap: int, far: int) -> None:
        """A run that dies at one of its statements or commits."""
        self.clock.tick(minutes=gap)
        self._run(dies_at=(far + 0.5) / 64)

    @rule(gap=st.sampled_from(SOON + LATER), fault=st.sampled_from(FAULTS), number=pick)
    def run_with(self, gap: int, fault: str, number: int) -> None:
        """A run that meets trouble at the source or at the mail server."""
        self.clock.tick(minutes=gap)
        faults, one = self.published.parliament.faults, self._some(number, lambda one: one.is_there)
        if fault == "down":
            faults.down = True
        elif fault == "cut":
            faults.deep_skip = 1
        elif fault == "detail" and one:
            faults.fail_detail = {one.value["id"]: 99}
        elif fault == "misread":
            self.published.misread = {one.key} if one and (self.today - one.day).days < 2 else set()
        elif fault == "throttled":
            faults.every_429 = 2 + number % 4
        elif fault == "shifted":
            faults.shift = (-1, 1)[number % 2]
        elif fault == "arrives":
            self.published.parliament.on_request = self._arrive
        self.post.is_down = fault == "no post"
        self._run()
        self._cure()

    def _arrive(self, request: Request) -> None:
        """While the second page of a list is asked for, an answer is published that comes before all others."""
        if request.path == QUESTIONS and request.query["skip"] != ["0"]:
            self.published.parliament.on_request = None
            self.publish_now()

    def publish_now(self) -> None:
        """Publish an answer at once."""
        day = self.today
        self.published.answer(self.published.table(SURE, day, self.clock.now), day, SURE)
        self.published.serve()

    def _cure(self) -> None:
        faults = self.published.parliament.faults
        faults.down, faults.deep_skip, faults.every_429, faults.shift = False, None, 0, 0
        faults.fail_detail, self.published.misread = {}, set()
        self.published.parliament.on_request = None
        self.post.is_down = False

    # -- the end ------------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Faults end, days pass; then all must be there."""
        broken = sys.exception()
        if broken is not None:
            type(self).has_failed |= isinstance(broken, AssertionError)
        elif self.is_ready:
            try:
                self._quiesce()
            except AssertionError:
                type(self).has_failed = True
                raise

    def _quiesce(self) -> None:
        for days in (0.1, 1, 1, 5, 8, 1):
            self.clock.now = _a_morning(self.clock.tick(days=days))
            self._run()
        self.judge.at_the_end()


def _a_morning(now: datetime) -> datetime:
    """Nine o'clock of its day, where that is not over."""
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


class Enough(BaseException):
    """The time is over."""


def prove(folder: Path, budget: Budget, *, steps: int = 100) -> Tally:
    """So many sequences of so many steps."""
    tally, is_over = Tally(), False
    bench = Bench(folder)

    def begun() -> None:
        nonlocal is_over
        if not budget.goes_on(tally.tried):
            is_over = True
            raise Enough
        tally.tried += 1

    machine = seed(budget.seed)(type("Life", (Life,), {"bench": bench, "begun": staticmethod(begun)}))
    chosen = settings(
        max_examples=budget.count,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except Enough:
        pass
    except Exception as exc:  # noqa: BLE001 (whatever it is, it is told with the steps that lead to it)
        if is_over:  # the library minds a sequence that ends before it began
            return tally
        told = "; ".join(line.strip() for note in getattr(exc, "__notes__", ()) for line in note.splitlines())
        tally.failures.append(f"seed {budget.seed}: {exc}: {told}")
    return tally


PROOFS = (Proof(name="life of an answer", unit="100-step sequence", full=20_000, run=prove, share=2.0),)
