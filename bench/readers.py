# ruff: noqa: INP001, T201 - a script that prints, no part of a package
"""Cost of composing digests for many readers: CPU time in all and for each, on a first and a second day.

`uv run python bench/readers.py [--readers 20,200] [--answers 20000] [--news 250] [--years 2 [--follows]]
[--terms 100000] [--folder FOLDER] [--sample] [--postgresql] [--profile FILE] [--alike 600]`. It makes an archive of
invented answers, as `search.py` does, watched by 37 topics, and for each number of readers a copy of it. Readers have one
to five topics each, most a digest every day, some every week or after each run. Then two working days pass with so many new
answers, new questions and some corrections each, and it prints the CPU time of the stages of both days, and of a run on the
second day that finds nothing to do.

How it grows is what to look at: CPU time for each reader of the greatest number beside that of the smallest, in one run on
one machine. On PostgreSQL only the CPU time of this process counts, not that of the server. `--alike` is another measure:
arranging one digest of so many answers that are nearly the same. With `--years` the readers joined so many years ago, and
were told all that the archive holds on their topics; with `--follows` they follow 20 records, a member and a body too. With
`--folder` the archive without readers stays there and is used again. With `--terms` they watch so many rare terms in topics
of 25, as `matching.py` draws them, in place of the 37 topics.
"""

from __future__ import annotations

import argparse
import cProfile
import logging
import resource
import shutil
import sys
import tempfile
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from matching_terms import TermMaker
from matching_terms import topics as in_topics
from readers_past import give_past
from search_corpus import answers, proceeding_of, read_recorded, read_sample
from search_engines import Pqwatch
from timing import Took, timed

sys.path.insert(0, str(Path(__file__).parents[1]))

from db.archive import open_archive
from db.archive_copy import copy_archive
from monitor.collect.calendar import sitting_calendar
from monitor.collect.revisions import store_readings
from monitor.config import load
from monitor.digest.arrange import arrange
from monitor.ledger import LedgerCounts, read_news, read_rest
from monitor.model.digests import Digest, Item
from monitor.model.records import Event, Member, Revision
from monitor.model.sources import Payload, Reading
from monitor.model.watching import Match, Subscriber
from monitor.parliament.calendar import LONDON, load_calendar
from monitor.pipeline import Pipeline
from tests.fakes import FakePost
from tests.servers import database, migrate, postgres_server, run_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from search_corpus import Answer
    from search_texts import Recorded

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.records import Proceeding

    Topics = Sequence[tuple[str, tuple[str, ...]]]

RECORDED: Final = Path(__file__).parents[2] / "shared/data/written-questions-api"
FIRST_DAY: Final = date(2026, 10, 28)
SECOND_DAY: Final = date(2026, 10, 29)
WATCHED: Final = datetime(2026, 10, 1, tzinfo=UTC)
"""Time since which the topics are watched."""
BEFORE: Final = datetime(2026, 10, 26, 18, tzinfo=UTC)
"""Time at which readers are added: their first digests are those of the first day."""

TOPICS: Final[Topics] = (
    ("Asylum", ("asylum", "refugee = refugees")),
    ("Police", ("police officer", "policing")),
    ("Schools", ("school funding", "free school meals")),
    ("Special needs", ("special educational needs = SEND", "autism")),
    ("Universities", ("university", "student loan")),
    ("Childcare", ("childcare", "early years")),
    ("Hospitals", ("hospital", "waiting list = waiting lists")),
    ("General practice", ("general practice = GP", "primary care")),
    ("Dentists", ("dentist*", "dental")),
    ("Mental health", ("mental health", "CAMHS")),
    ("Cancer", ("cancer", "screening programme")),
    ("Social care", ("social care", "carer")),
    ("Housing", ("social housing", "housebuilding = new homes")),
    ("Homelessness", ("homeless*", "rough sleep*")),
    ("Planning", ("planning permission", "planning system")),
    ("Rail", ("railway", "train operator")),
    ("Roads", ("potholes", "road safety")),
    ("Buses", ("bus service = bus services",)),
    ("Aviation", ("airport", "aviation")),
    ("Energy", ("electricity", "energy bills")),
    ("Climate", ("climate change", "net zero")),
    ("Water", ("water company = water companies", "sewage")),
    ("Farming", ("farmer", "agriculture")),
    ("Fisheries", ("fishing", "fisheries")),
    ("Animals", ("animal welfare", "livestock")),
    ("Defence", ("armed forces", "veteran")),
    ("Ukraine", ("Ukraine", "Russia")),
    ("Gaza", ("Gaza", "Israel")),
    ("China", ("China", "Hong Kong")),
    ("Aid", ("official development assistance", "humanitarian")),
    ("Benefits", ("universal credit", "personal independence payment")),
    ("Pensions", ("state pension", "pension credit")),
    ("Taxes", ("VAT", "income tax")),
    ("Business", ("small business", "high street")),
    ("Prisons", ("prison", "probation")),
    ("Courts", ("court backlog = crown court", "legal aid")),
    ("Online safety", ("Online Safety Act", "artificial intelligence = AI")),
)
CADENCES: Final = ("daily",) * 8 + ("weekly", "instant")
MENTIONS: Final = ("short",) * 4 + ("full", "off")
ASKED: Final = 60
"""New questions of a day; as many that are older still wait."""
CORRECTED: Final = 4
"""Corrections of the first day's answers that come on the second."""


def main() -> None:
    """Build, compose, print."""
    given = _arguments()
    logging.disable(logging.INFO)
    if given.alike:
        _measure_alike(given.alike)
        return
    with ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        real = read_sample() if given.sample else read_recorded(RECORDED)
        stored, news = _split(answers(real, given.answers + 2 * (given.news + ASKED)), given.news)
        topics = _drawn(real, given.terms) if given.terms else TOPICS
        base = folder / f"archive-{given.answers}{f'-{given.terms}' if given.terms else ''}.db"
        if not base.exists():
            _build(base, stored, topics)
        scene = _Scene(
            base=base,
            topics=topics,
            news=news,
            years=given.years,
            follows=given.follows,
            server=_server(stack) if given.postgresql else None,
            profile=cProfile.Profile() if given.profile else None,
        )
        figures = {}
        for readers in given.readers:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
            figures[readers] = _two_days(scene, work, readers)
            shutil.rmtree(work, ignore_errors=True)
        if scene.profile:
            scene.profile.dump_stats(given.profile)
        _print_growth(figures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Composing digests for many readers.")
    parser.add_argument("--readers", type=lambda text: [int(part) for part in text.split(",")], default=[20, 200])
    parser.add_argument("--answers", type=int, default=20_000, help="answers that the archive holds before")
    parser.add_argument("--news", type=int, default=250, help="answers of each of the two days")
    parser.add_argument("--years", type=float, default=0.0, help="years of digests that the readers were sent before")
    parser.add_argument("--follows", action="store_true", help="let readers of so many years follow something too")
    parser.add_argument("--terms", type=int, default=0, help="watch so many terms in topics of 25")
    parser.add_argument("--folder", type=Path, help="where to keep the archive that is built; else nothing is kept")
    parser.add_argument("--sample", action="store_true", help="answers made from the demo's, which are few")
    parser.add_argument("--postgresql", action="store_true", help="compose on a PostgreSQL server of the tests' own")
    parser.add_argument("--profile", help="write a profile of composing to this file")
    parser.add_argument(
        "--alike", type=int, help="arrange one digest of so many nearly equal answers, and nothing else"
    )
    return parser.parse_args()


# -- the archive --------------------------------------------------------------------------------------------------------


def _split(days: Iterable[list[Answer]], news: int) -> tuple[Iterator[list[Answer]], list[list[Answer]]]:
    """Return the answers of the past, and those of the two days, the newest last."""
    every = list(days)
    last = [answer for day in every for answer in day][-2 * (news + ASKED) :]
    newest = {answer.number for answer in last}
    past = ([answer for answer in day if answer.number not in newest] for day in every)
    return (day for day in past if day), [last[: news + ASKED], last[news + ASKED :]]


def _build(path: Path, stored: Iterable[list[Answer]], topics: Topics) -> None:
    """Fill an archive, its index and its ledger of promises."""
    partial = path.with_name(f"{path.name}.partial")
    for left in path.parent.glob(f"{partial.name}*"):
        left.unlink()
    made = Pqwatch(f"sqlite:///{partial.resolve()}", BEFORE)
    took, _ = timed(lambda: made.build(stored))
    with made.archive.runs.lease():
        read_news(made.archive, load_calendar(), BEFORE.date(), LedgerCounts())
        ledger, _ = timed(
            lambda: read_rest(made.archive, load_calendar(), BEFORE.date(), LedgerCounts(), seconds=3_600)
        )
    made.close()
    watched = _watch(partial, topics)
    partial.rename(path)
    for left in path.parent.glob(f"{partial.name}*"):
        left.rename(path.with_name(left.name.replace(partial.name, path.name)))
    print(
        f"archive built in {took.wall:,.0f} s, its ledger in {ledger.wall:,.0f} s, topics found in {watched.wall:,.0f} s",
        flush=True,
    )


def _watch(path: Path, topics: Topics) -> Took:
    """Let the topics find what they find in the past, before there are readers."""
    url = f"sqlite:///{path.resolve()}"
    with tempfile.TemporaryDirectory() as folder, closing(open_archive(url, clock=lambda: WATCHED)) as archive:
        config = Path(folder) / "config.toml"
        config.write_text(_config(url, Path(folder), topics, 0), encoding="utf-8")
        work = _pipeline(archive, load(config, {}), WATCHED, lambda: WATCHED)
        with archive.runs.lease():
            work.sync()
            took, _ = timed(work.match)
    return took


def _readings(day: date, answers: Sequence[Answer], before: Sequence[Answer]) -> Iterator[list[Reading]]:
    """Yield what the questions API tells on a day: answers, new and older questions, corrections of the day before."""
    asked, answered = answers[:ASKED], answers[ASKED:]
    told = [_answered(answer, day) for answer in answered]
    told += [_open(answer, day - timedelta(days=1 if number % 2 else 12)) for number, answer in enumerate(asked)]
    told += [_corrected(answer, day) for answer in before[ASKED : ASKED + CORRECTED]]
    seen_at = datetime.combine(day, time(6), LONDON).astimezone(UTC)
    yield [
        Reading(
            payload=Payload(source="questions", key=record.id, url=record.url or "", fetched_at=seen_at, body=b""),
            proceeding=record,
            is_detail=True,
        )
        for record in told
    ]


def _answered(answer: Answer, day: date) -> Proceeding:
    return replace(proceeding_of(answer), answered_on=day, date_for_answer=day)


def _open(answer: Answer, day: date) -> Proceeding:
    return replace(
        proceeding_of(answer),
        tabled_on=day,
        date_for_answer=day + timedelta(days=3),
        answered_on=None,
        answered_by=None,
        answer=None,
        links=(),
        grouped_with=(),
    )


def _corrected(answer: Answer, day: date) -> Proceeding:
    record = _answered(answer, FIRST_DAY)
    text = f"{record.answer} The figure given before was wrong."
    return replace(record, is_correction=True, corrected_on=day, answer=text, original_answer=record.answer)


# -- readers ------------------------------------------------------------------------------------------------------------


def _drawn(real: Sequence[Recorded], count: int) -> Topics:
    """Return topics of so many terms, of which three in ten stand in the answers."""
    parts = [{"question": answer.question, "answer": answer.answer} for answer in real]
    return [(topic.name, topic.terms) for topic in in_topics(TermMaker(parts).terms(count))]


def _config(url: str, folder: Path, watched: Topics, count: int) -> str:
    """Return a config.toml with so many readers."""
    chance = Random(1)  # noqa: S311 (no secret)
    topics = [f'[[topics]]\nname = "{name}"\nterms = [{", ".join(map(_quoted, terms))}]\n' for name, terms in watched]
    readers = [
        "\n".join(
            (
                "[[subscribers]]",
                f'name = "Reader {number}"',
                f'email = "reader{number}@example.org"',
                f"topics = [{', '.join(_quoted(name) for name, _ in chance.sample(watched, chance.randint(1, 5)))}]",
                f'cadence = "{chance.choice(CADENCES)}"',
                f'mentions = "{chance.choice(MENTIONS)}"',
                f"new_questions = {str(chance.random() < 0.5).lower()}",  # noqa: PLR2004 (half of them)
            )
        )
        for number in range(1, count + 1)
    ]
    head = (
        f'[archive]\nurl = "{url}"\n[sources.calendar]\nenabled = false\n[schedule]\nweekly_on = "wednesday"\n'
        f'[delivery]\ntransport = "file"\nfrom = "bench@example.org"\nfolder = "{folder / "outbox"}"\n'
    )
    return "\n".join([head, *topics, *readers, ""])


def _quoted(text: str) -> str:
    return f'"{text}"'


class _Clock:
    """A clock that is set by hand and goes on by a millisecond each time that it is read."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


class _NoMembers:
    """A source of members that knows none."""

    def read_members(self, ids: Iterable[int]) -> Iterator[tuple[int, Member | None]]:
        """Know none of them."""
        return ((number, None) for number in ids)


def _pipeline(archive: Archive, config: Config, now: datetime, clock: Callable[[], datetime]) -> Pipeline:
    """Return the stages as of an instant, without sources. Mails are taken and kept in memory."""
    return Pipeline(
        archive=archive,
        config=config,
        calendar=sitting_calendar(archive, (), now.astimezone(LONDON).date()),
        as_of=now,
        clock=clock,
        sources=(),
        members=_NoMembers(),
        mailer=FakePost,
    )


def _sync_and_match(work: Pipeline) -> None:
    work.sync()
    work.match()


def _deliver_and_tidy(work: Pipeline) -> None:
    work.deliver()
    work.tidy()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """Facts that are the same for each number of readers."""

    base: Path
    topics: Topics
    news: Sequence[list[Answer]]
    years: float
    follows: bool
    server: str | None
    profile: cProfile.Profile | None


def _two_days(scene: _Scene, folder: Path, readers: int) -> dict[str, Took]:
    """Compose both days for so many readers; returns what each step took."""
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'archive.db'}"
        shutil.copyfile(scene.base, folder / "archive.db")
        shutil.copyfile(f"{scene.base}.index", folder / "archive.db.index")
        if scene.server:
            url = _copied(stack, url, scene.server)
        path = folder / "config.toml"
        path.write_text(_config(url, folder, scene.topics, readers), encoding="utf-8")
        took: dict[str, Took] = {}
        took["read config.toml"], config = timed(lambda: load(path, {}))
        clock = _Clock(BEFORE)
        archive = stack.enter_context(closing(open_archive(url, clock=clock)))
        with archive.runs.lease():
            took["first sync"], _ = timed(_pipeline(archive, config, clock.now, clock).sync)
        print(f"\n{readers:,} readers, {archive.engine.dialect.name}", flush=True)
        if scene.years:
            told = give_past(archive.engine, scene.years, BEFORE, follows=scene.follows)
            print(f"  {told:,} items told in {scene.years:g} years", flush=True)
            if scene.server:
                run_on(url, "analyze")  # as PostgreSQL does by itself, but not in the tests' server
        for number, day in enumerate((FIRST_DAY, SECOND_DAY)):
            clock.now = datetime.combine(day, time(6), LONDON).astimezone(UTC)
            for readings in _readings(day, scene.news[number], scene.news[number - 1] if number else ()):
                store_readings(archive, readings, today=day, is_news=lambda *_: True)
            clock.now = datetime.combine(day, time(8), LONDON).astimezone(UTC)
            with archive.runs.lease():
                work = _pipeline(archive, config, clock.now, clock)
                name = "second" if number else "first"
                took[f"{name} day: sync and match"], _ = timed(partial(_sync_and_match, work))
                if scene.profile:
                    scene.profile.enable()
                took[f"{name} day: compose"], _ = timed(work.compose)
                if scene.profile:
                    scene.profile.disable()
                counts = work.report.stages["compose"]
                print(f"  {name} day: {counts['digests']:,} digests, {counts['empty']:,} empty,", end=" ")
                print(f"{counts['items']:,} items", "".join(work.report.failures[:1]), flush=True)
        with archive.runs.lease():
            took["both days: deliver"], _ = timed(work.deliver)
        clock.now += timedelta(minutes=30)
        with archive.runs.lease():
            work = _pipeline(archive, config, clock.now, clock)
            took["nothing due: sync and match"], _ = timed(partial(_sync_and_match, work))
            took["nothing due: compose"], _ = timed(work.compose)
            took["nothing due: deliver and tidy"], _ = timed(partial(_deliver_and_tidy, work))
    for step, spent in took.items():
        each = f"{1000 * spent.cpu / readers:>9.2f} ms a reader"
        print(f"  {step:32}{spent.cpu:>9.2f} s CPU{spent.wall:>9.2f} s{each}", flush=True)
    print(f"  most memory so far: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB", flush=True)
    return took


def _print_growth(figures: dict[int, dict[str, Took]]) -> None:
    """Print how the cost of each reader grows with their number."""
    if len(figures) < 2:  # noqa: PLR2004 (nothing to compare)
        return
    few, many = min(figures), max(figures)
    print(f"\nCPU time a reader of {many:,} readers: times that of {few:,}")
    for step, took in figures[few].items():
        ratio = (figures[many][step].cpu / many) / max(took.cpu / few, 1e-9)
        print(f"  {step:32}{ratio:>9.2f}")


# -- PostgreSQL ---------------------------------------------------------------------------------------------------------


def _server(stack: ExitStack) -> str:
    """Start a server of the tests' own."""
    return stack.enter_context(postgres_server())


def _copied(stack: ExitStack, url: str, server: str) -> str:
    """Copy an archive into a database of its own on the server."""
    target = stack.enter_context(database(server))
    migrate(target)
    with closing(open_archive(url)) as here, closing(open_archive(target)) as there:
        copy_archive(here, there)
    return target


# -- answers that are alike ---------------------------------------------------------------------------------------------


def _measure_alike(count: int) -> None:
    """Arrange one digest of nearly equal answers of one body and day: the worst case of a comparison each with each."""
    for places, name in ((1, "alike"), (5, "alike, but in too many places")):
        for size in (count // 4, count // 2, count):
            items = [_alike(number, places) for number in range(size)]
            took, digest = timed(partial(_arranged, items))
            print(f"{size:>7,} answers {name}: {len(digest.new):>6,} items, {took.cpu:>8.2f} s CPU", flush=True)


def _arranged(items: Sequence[Item]) -> Digest:
    reader = Subscriber(key="r", name="Reader", email="r@example.org", topics=("t",))
    digest = Digest(subscriber=reader, slot="", as_of=datetime(2026, 10, 28, 8, tzinfo=UTC), topics={"t": "Topic"})
    return arrange(digest, items, ())


def _alike(number: int, places: int) -> Item:
    """Return an answer that differs from the others in so many places."""
    sentence = "The Department keeps the arrangements for this service under review and works with local partners."
    figures = [f"In {number * place} of them there were more." for place in range(1, places + 1)]
    answer = " ".join(f"{sentence} {figure}" for figure in (*figures, *[""] * (6 - places)))
    record = _proceeding(number, answer)
    revision = Revision(id=number, proceeding=record, number=1, seen_at=BEFORE, events=(Event.ANSWERED,), is_news=True)
    match = Match(topic="t", term="services", form="services", part="heading", start=0, end=8)
    return Item(revision=revision, events=(Event.ANSWERED,), matches=(match,), topics=("t",))


def _proceeding(number: int, answer: str) -> Proceeding:
    facts: dict[str, Any] = {"id": f"q-{number}", "uin": str(number), "heading": "Services", "answer": answer}
    return replace(_any_answer(), answered_on=FIRST_DAY, links=(), **facts)


@cache
def _any_answer() -> Proceeding:
    (made,) = answers(read_sample(), 1)
    return proceeding_of(made[0])


if __name__ == "__main__":
    main()
