# ruff: noqa: T201 - also a script that prints
"""A recorded month, lived through day by day by disturbed workers, and a plain oracle of what each reader is told.

Parliament publishes recorded questions on the days on which they were tabled and answered; some are corrected or withdrawn.
Each working evening it is read, matched and mailed by workers whose clocks show that evening. They are killed, stand still,
lose the database and are told to end, in turn. What a reader must be told of an evening follows from these days and from a
slow matcher of its own (tests/oracle.py).

`python -m tests.reliability.month FOLDER 2024-09 --workers 4` lives through a whole month; FOLDER has the recorded data.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from db import tables
from db.rows import proceeding_of
from monitor import app
from monitor.model.sources import Payload
from monitor.model.watching import Topic
from monitor.terms.vocabulary import Lexicon
from scrapers.http.client import Client
from scrapers.questions_statements.questions import QuestionsSource
from tests.e2e.desk import Desk, text_of
from tests.oracle import reference_matches
from tests.reliability.recorded_changes import changes_of, recorded, working_days
from tests.reliability.tally import Tally
from tests.reliability.workers import AFTER_STANDING, EveryTrouble
from tests.reliability.yard import Plan, Yard, address
from tests.servers import database, postgres_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model.records import Proceeding
    from tests.reliability.recorded_changes import Change, Value

Told = Counter[tuple[str, str]]
"""UINs with the state in which each was told."""

TOPICS = (
    Topic(key="health", name="Health", terms=("hospital", "dentist", "cancer")),
    Topic(key="schools", name="Schools", terms=("school", "teacher", "apprentic*")),
    Topic(key="justice", name="Justice", terms=("prison", "police")),
    Topic(key="country", name="Country", terms=("farm", "flood", '"water"')),
    Topic(key="abroad", name="Abroad", terms=("ukrain*", "gaza", "visa")),
    Topic(
        key="homes",
        name="Homes",
        terms=("housing", "home NEAR/6 build*", "planning AND (developer OR council)"),
        exclude=("housing association", "planning inspectorate"),
    ),
    Topic(
        key="income",
        name="Income",
        terms=("DWP = work and pensions = universal credit", "pension AND (credit OR age)", "benefit NEAR/8 claim*"),
    ),
    Topic(key="money", name="Money", terms=("tax body:Treasury", 'in:answer "spending review"', "VAT OR inflation")),
)
"""None of the terms ceases to hold when a question is answered."""

LATER_TERMS = {"schools": ("universit*", "childcare"), "abroad": ("iran", "embassy"), "money": ("pay AND rise",)}
"""Terms that are added to topics in the middle of a month."""

JOINS_LATER = 4
"""One in so many readers joins then."""

CADENCES = ("daily", "weekly", "instant")
HOUR = 18
"""Hour in UTC at which an evening begins: all of its day is published."""


def topics_of(value: Value, source: QuestionsSource, topics: Sequence[Topic]) -> set[str]:
    """Return the names of the topics that a question matches: the oracle."""
    body = json.dumps({"value": value}).encode()
    payload = Payload(source="questions", key=str(value["id"]), url="", fetched_at=datetime.now(UTC), body=body)
    question: Proceeding = source.parse(payload)
    found = reference_matches(topics, question.parts(), question.facts, Lexicon())
    names = {topic.key: topic.name for topic in topics}
    return {names[match.topic] for match in found}


@dataclass(kw_only=True)
class Month(Yard):
    """A yard that lives through recorded days.

    `histories`: what happened to each question. `today`: the day whose evening it is. `grows_on`: the day on which topics
    get more terms, and readers join. `expected`: what each reader must be told. `since_last`: what happened to questions
    since the last digest of each reader, by UIN.
    """

    histories: list[list[Change]]
    today: date
    grows_on: date
    expected: dict[int, Told] = field(default_factory=dict)
    since_last: dict[int, dict[str, Change]] = field(default_factory=dict)

    def now(self) -> datetime:
        """Return the evening of the day."""
        return datetime(self.today.year, self.today.month, self.today.day, HOUR, tzinfo=UTC)

    def published(self) -> list[dict[str, object]]:
        """Return what is tabled by today, as it is then."""
        by_now = ([change.value for change in history if change.day <= self.today] for history in self.histories)
        return [values[-1] for values in by_now if values]

    def desk_at(self, today: str) -> Desk:  # noqa: ARG002 (the weekly digest is Friday's)
        """Return the desk with its configuration."""
        schedule = '[schedule]\ndigest_at = "00:00"\ndigest_days = "mon-sun"\nweekly_on = "friday"'
        return Desk(
            folder=self.folder,
            parliament=self.parliament,
            mail=self.mail,
            archive=self.url,
            topics=self._topics_table(),
            subscribers=self._subscribers_table(),
            questions='houses = ["Commons"]\nlook_back_days = 3',
            tables=f"{schedule}\n[workers]\nenabled = true\n{self.tables}",
        )

    def keep_readers(self) -> None:
        """Keep no reader in the archive: config.toml has them all."""

    def add_guest(self) -> None:
        """Add no reader: the mails of all that there are get compared."""

    def grow(self) -> None:
        """Let config.toml have the topics and readers of today."""
        self.desk.topics, self.desk.subscribers = self._topics_table(), self._subscribers_table()
        self.desk.configure()
        self.write_bare_config()
        self.config = app.configuration(str(self.desk.config), env=self.desk.environment)

    def topics(self) -> list[Topic]:
        """Return the topics of today."""
        if self.today < self.grows_on:
            return list(TOPICS)
        return [replace(topic, terms=(*topic.terms, *LATER_TERMS.get(topic.key, ()))) for topic in TOPICS]

    def readers(self) -> list[int]:
        """Return the numbers of the readers of today."""
        every = range(len(self.plan.readers))
        return [number for number in every if self.today >= self.grows_on or number % JOINS_LATER]

    def _topics_table(self) -> str:
        return "\n".join(map(_as_toml, self.topics()))

    def _subscribers_table(self) -> str:
        return "\n".join(map(self._subscriber, self.readers()))

    def _subscriber(self, number: int) -> str:
        return (
            f'[[subscribers]]\nname = "Reader {number}"\nemail = "{address(number)}"\ncadence = "{cadence(number)}"\n'
            f"topics = {sorted(self.wanted(number))}\nwaiting = false"
        )

    def wanted(self, reader: int) -> set[str]:
        """Return the names of the topics of a reader."""
        return {TOPICS[(topic + reader) % len(TOPICS)].name for topic in self.plan.readers[reader]}

    # -- a day --------------------------------------------------------------------------------------------------------

    def live(self, day: date, workers: int, trouble: EveryTrouble, times: int, dice: random.Random) -> None:
        """Live through an evening: publish, start workers, disturb them a few times, and wait until all is done.

        `times`: how often they are disturbed at most.
        """
        self.today = day
        self.parliament.replace(self.published())
        self.desk.env["PQWATCH_TEST_NOW"] = self.now().isoformat()
        if day == self.grows_on:
            self.grow()
        assert self.begin()
        self.start(workers)
        most = trouble.done + times

        def disturb() -> None:
            trouble.stopped.wake()
            if trouble.done < most and dice.random() < 0.2:
                trouble.disturb()

        self.work_off(disturb)
        trouble.stopped.wake_all()
        codes = [*trouble.codes, *self.stop()]
        assert AFTER_STANDING.issuperset(codes), self.said()[-3000:]

    def expect(self, source: QuestionsSource) -> None:
        """Note what each reader must be told this evening: of all since their last digest, what matches today's terms."""
        topics = self.topics()
        changed = [change for history in self.histories for change in history if change.day == self.today]
        matched: dict[str, set[str]] = {}  # by UIN: all readers wait for the newest change of a question
        for reader in self.readers():
            since_last = self.since_last.setdefault(reader, {})
            since_last |= {change.value["uin"]: change for change in changed}
            if not self._is_due(reader):
                continue
            told = self.expected.setdefault(reader, Counter())
            for uin, change in since_last.items():
                if uin not in matched:
                    matched[uin] = topics_of(change.value, source, topics)
                if matched[uin] & self.wanted(reader):
                    told[uin, change.state] += 1
            since_last.clear()

    def _is_due(self, reader: int) -> bool:
        """Return whether a reader gets a digest this evening. The first comes at once."""
        is_first = self.today == self.grows_on and reader % JOINS_LATER == 0
        return is_first or cadence(reader) != "weekly" or self.today.strftime("%A") == "Friday"

    def sent_so_far(self) -> dict[int, Told]:
        """Return what each reader was told so far.

        A digest tells a question once, as it is by then, whatever else happened to it since the last digest.
        """
        item, digest, reader, revision = tables.digest_item, tables.digest, tables.subscriber, tables.revision
        query = (
            select(reader.c.email, item.c.digest_id, tables.proceeding.c.uin, revision.c.facts)
            .select_from(item)
            .join(digest, digest.c.id == item.c.digest_id)
            .join(reader, reader.c.id == item.c.subscriber_id)
            .join(revision, revision.c.id == item.c.revision_id)
            .join(tables.proceeding, tables.proceeding.c.id == item.c.proceeding_id)
            .where(item.c.is_told)
            .order_by(revision.c.id)
        )
        numbers = {address(number): number for number in range(len(self.plan.readers))}
        states: dict[tuple[int, int, str], str] = {}
        with self.archive.engine.connect() as connection:
            for row in connection.execute(query):
                states[numbers[row.email], row.digest_id, row.uin] = proceeding_of(row.facts, {}).state.value
        found: dict[int, Told] = {}
        for (reader_number, _, uin), state in states.items():
            found.setdefault(reader_number, Counter())[uin, state] += 1
        return found

    def judge_against(self, before: dict[int, Told]) -> Tally:
        """Compare what each reader was told since then with the oracle, and the mails that arrived with both."""
        tally = Tally(tried=sum(map(Counter.total, self.expected.values())))
        told = self.sent_so_far()
        for reader, expected in self.expected.items():
            found = told.get(reader, Counter()) - before.get(reader, Counter())
            tally.lost += (expected - found).total()
            tally.duplicated += sum(count - 1 for count in found.values())
            if found != expected:
                lacks, more = sorted(expected - found), sorted(found - expected)
                tally.failures.append(f"{address(reader)} ({cadence(reader)}) lacks {lacks}, got besides {more}")
        tally.add(self._mails(told))
        return tally

    def _mails(self, told: dict[int, Told]) -> Tally:
        tally = Tally()
        copies: Counter[str] = Counter()
        read: dict[str, Counter[str]] = {}
        for received in self.mail.messages:
            message = message_from_bytes(received.content, policy=policy.default)
            copies[str(message["Message-ID"])] += 1
            if copies[str(message["Message-ID"])] == 1:
                known = told.get(int(received.recipients[0].partition("@")[0].removeprefix("reader")), Counter())
                text = text_of(message)
                read.setdefault(received.recipients[0], Counter()).update(
                    uin for uin in {uin for uin, _ in known} if f"/{uin}" in text
                )
        for reader, known in told.items():
            missing = {uin for uin, _ in known} - set(read.get(address(reader), Counter()))
            if missing:
                tally.lost += len(missing)
                tally.failures.append(f"no mail to {address(reader)} has {sorted(missing)}")
        self.count_copies(copies, tally)
        return tally


def _as_toml(topic: Topic) -> str:
    return (
        f'[[topics]]\nname = "{topic.name}"\nterms = {json.dumps(topic.terms)}\nexclude = {json.dumps(topic.exclude)}'
    )


def cadence(reader: int) -> str:
    return CADENCES[reader % len(CADENCES)]


def live_through(
    month: Month, days: Sequence[date], *, workers: int = 2, times: int = 2, seed: int = 1
) -> tuple[Tally, int]:
    """Live through days, of which the first only begins the archive; judge, and count how often workers were disturbed.

    `times`: how often that is done on an evening, at most.
    """
    dice = random.Random(seed)  # noqa: S311 (the same choice each time)
    trouble = EveryTrouble(month, dice)
    month.live(days[0], workers, trouble, 0, dice)
    before = month.sent_so_far()
    with Client("mailto:you@example.org", "0", min_interval=0) as client:
        source = QuestionsSource(client, "https://questions.example")
        for day in days[1:]:
            month.live(day, workers, trouble, times, dice)
            month.expect(source)
    return month.judge_against(before), trouble.done


def a_month(folder: Path, url: str, values: list[Value], days: Sequence[date], *, readers: int, seed: int) -> Month:
    """Return a month of these days, with readers of mixed topics and cadences."""
    histories, plan = [changes_of(value) for value in values], Plan.of(readers, 0, seed)
    return Month(folder=folder, url=url, plan=plan, histories=histories, today=days[0], grows_on=days[len(days) // 2])


def main() -> None:
    """Live through a month, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of the recorded data")
    parser.add_argument("month", help="a month that was recorded, such as 2024-09")
    parser.add_argument("--days", type=int, default=23, help="working days at most")
    parser.add_argument("--one-in", type=int, default=4, help="one question in so many is published")
    parser.add_argument("--readers", type=int, default=12)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--times", type=int, default=3, help="workers are disturbed so often an evening, at most")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    values = recorded(given.folder, given.month, given.one_in)
    first = min(value["dateTabled"][:10] for value in values)
    days = [day for day in working_days(date.fromisoformat(first), given.days) if f"{day}".startswith(given.month)]
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres_server() as server,
        database(server) as url,
        a_month(Path(folder) / "month", url, values, days, readers=given.readers, seed=given.seed) as month,
    ):
        tally, disturbed = live_through(month, days, workers=given.workers, times=given.times, seed=given.seed)
        states = Counter(state for told in month.expected.values() for _, state in told.elements())
    counted = ", ".join(f"{count} {state}" for state, count in states.most_common())
    print(
        f"{given.month}: {len(values)} questions, {len(days)} evenings, {given.workers} workers, "
        f"disturbed {disturbed} times; {tally.tried} things to tell ({counted}): "
        f"{tally.lost} lost, {tally.duplicated} twice, {tally.flagged} flagged"
    )
    print("\n".join(tally.failures))
    sys.exit(not tally.is_good)


if __name__ == "__main__":
    main()
