"""Pages for operators: what `pqwatch status` shows, whether all is well in one word, and figures for Prometheus."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import anyio
import anyio.to_thread
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from monitor import app
from monitor.collect.health import LOOK_BACK
from monitor.delivery.retired_addresses import tell_retired
from monitor.errors import MonitorError
from monitor.model.collection import RunOutcome
from monitor.model.deliveries import MAILS_COUNTED
from monitor.operations import calendar_report, overview, queue_report
from monitor.operations.check_results import ago, shown_size
from monitor.operations.status import reasons_unwell, silences
from monitor.presentation.wording import source_name
from monitor.web.desk import DeskOf
from monitor.web.rendering import page
from monitor.web.visitors import client_address, is_this_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from monitor.desk.desks import Desk, Desks

router = APIRouter(include_in_schema=False)

Answer = TypeVar("Answer")

HEALTH_WITHIN: Final = 5.0
"""Seconds after which the archive counts as one that does not answer."""
HEALTH_FOR: Final = 10.0
FIGURES_FOR: Final = 15.0
"""Seconds for which an answer is given again, however often a monitor asks."""
FIGURES_FOR_AT_MOST: Final = 120.0
LARGEST_SHARE: Final = 0.05
"""Part of the time that may go into finding figures: those that took long are given again for longer."""
RUNS_COUNTED: Final = 500
SEARCHES: Final = frozenset({"/search", "/api/v1/search"})
MOST_ROWS: Final = 50


# -- status -------------------------------------------------------------------------------------------------------------


@router.get("/status")
def show_status(request: Request, desk: DeskOf) -> Response:
    """Show the last runs, which days were read whole, and what waits. Without names and addresses where all may read."""
    found = app.overview(desk.config, desk.archive, desk.now)
    is_public = desk.config.web.public
    own = {} if is_public else _own_facts(found)
    return page(
        request,
        "status.html",
        is_public=is_public,
        facts=_facts(found, is_public=is_public),
        runs=found["runs"],
        coverage=found["coverage"],
        files=found["files"],
        calendar=found["calendar"]["houses"],
        calendar_remarks=calendar_report.remarks(found["calendar"]),
        silent=found["silent"],
        mails_by_state={name: count for name, count in found["outbox"].items() if count},
        not_understood=len(found["quarantined"]),
        most=MOST_ROWS,
        ago=lambda instant: ago(desk.now - instant),
        waits_until=lambda mail: overview.waits_until(mail, desk.now),
        words=overview,
        workers=found["workers"],
        workers_problem=queue_report.problem_in_words(found["workers"], desk.now),
        oldest_in_words=lambda queue: queue_report.oldest_in_words(queue, desk.now),
        calendar_words=calendar_report,
        source_name=source_name,
        **{"terms": [], "subscribers": [], "warnings": [], "mails": [], "quarantined": [], **own},
    )


def _facts(found: Mapping[str, Any], *, is_public: bool) -> dict[str, str]:
    """Return the facts at the top of the page; paths and process numbers only for those who run pqwatch."""
    holds = ", ".join(f"{count:,} {name}" for name, count in found["counts"].items())
    facts = {"Holds": holds, "News since": found["news_floor"], "Mails": overview.queue_in_words(found)}
    if not is_public:
        size = f"{found['archive']} ({shown_size(found['size_bytes'])}, schema {found['schema']})"
        facts = {"Configuration": found["config"], "Archive": size, **facts, "In use by": found["held_by"]}
        facts["Feeds"] = found["feeds"]
    return {name: fact for name, fact in facts.items() if fact}


def _own_facts(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what names readers, terms or servers."""
    retired = overview.retired_of(found)
    return {
        "terms": [
            ("A term was misread" if term["misread"] else "A term is switched off", term["problem"].splitlines()[0])
            for term in found["unreadable_terms"]
        ],
        "subscribers": found["subscribers"],
        "warnings": [
            *(f"{pause}; pqwatch deliver tries at once." for pause in found["queues_paused"].values()),
            *(f"{tell_retired(address)}." for address in retired[:MOST_ROWS]),
            *(
                [f"{len(retired) - MOST_ROWS:,} more addresses: pqwatch status --json lists all."]
                if len(retired) > MOST_ROWS
                else []
            ),
        ],
        "mails": found["mails"],
        "quarantined": found["quarantined"],
    }


# -- health -------------------------------------------------------------------------------------------------------------


class Kept(Generic[Answer]):
    """Answer that is given again for so many seconds; if finding it took long, for longer, up to `at_most`.

    Several threads may ask for it.
    """

    def __init__(self, seconds: float, at_most: float, find: Callable[[], Answer]) -> None:
        self._seconds, self._at_most, self._find = seconds, at_most, find
        self._lock = threading.Lock()
        self._known: tuple[float, Answer] | None = None

    def get(self) -> Answer:
        """Return the answer."""
        with self._lock:
            began = time.monotonic()
            if self._known is None or began >= self._known[0]:
                answer = self._find()
                ended = time.monotonic()
                kept_for = max(self._seconds, min(self._at_most, (ended - began) / LARGEST_SHARE))
                self._known = ended + kept_for, answer
            return self._known[1]


class Health:
    """Reasons why something is not well: looked up in a thread of its own, and kept for a few seconds."""

    def __init__(self, desks: Desks) -> None:
        self._desks = desks
        self._limiter: anyio.CapacityLimiter | None = None
        self._kept = Kept(HEALTH_FOR, HEALTH_FOR, self._found)  # what was slow to answer may be well soon

    async def reasons(self) -> list[str]:
        """Return the reasons, one sentence each. It takes five seconds at most."""
        self._limiter = self._limiter or anyio.CapacityLimiter(2)
        with anyio.move_on_after(HEALTH_WITHIN):
            return await anyio.to_thread.run_sync(self._kept.get, abandon_on_cancel=True, limiter=self._limiter)
        return ["The archive does not answer."]

    def _found(self) -> list[str]:
        try:
            desk = self._desks.current()
            reasons = reasons_unwell(desk.archive, desk.config, desk.calendar, desk.now)
        except MonitorError:
            return ["The archive can't be read."]
        return [*(["config.toml can't be used as it is."] if desk.problem else []), *reasons]


@router.get("/healthz")
async def show_health(request: Request) -> Response:
    """Say "ok", or 503 and a sentence for each reason to call the operator."""
    health: Health = request.app.state.health
    reasons = await health.reasons()
    return PlainTextResponse("\n".join([*reasons, ""]) if reasons else "ok\n", status_code=503 if reasons else 200)


# -- figures ------------------------------------------------------------------------------------------------------------


class Figures:
    """Figures of one application: what the archive says when they are asked for, and how long searches took."""

    def __init__(self, desks: Desks) -> None:
        self.registry = CollectorRegistry()
        self.search_seconds = Histogram(
            "pqwatch_search_seconds",
            "Time from a search's request to the end of its page.",
            buckets=(0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8),
            registry=self.registry,
        )
        self.registry.register(_ArchiveFigures(desks))

    def text(self) -> bytes:
        """Return the figures in Prometheus' text format."""
        return generate_latest(self.registry)


class _ArchiveFigures(Collector):
    """Figures that the archive says, kept for a few seconds."""

    def __init__(self, desks: Desks) -> None:
        self._kept = Kept(FIGURES_FOR, FIGURES_FOR_AT_MOST, lambda: list(_figures(desks.current())))

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Return nothing: what is known is said when it is asked for."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return the figures."""
        return self._kept.get()


def _figures(desk: Desk) -> Iterable[GaugeMetricFamily]:
    archive = desk.archive
    yield from _run_figures(desk)
    yield from _reading_figures(desk)
    yield from _queue_figures(desk)
    for name, count in app.counts(archive, "records", "matches").items():
        yield _gauge(name, f"Number of {name} in the archive.", (), {(): count})
    mails = {(state.value,): count for state, count in archive.deliveries.counts().items()}
    yield _gauge("mails", "Mails and messages, by state.", ("state",), mails)
    queue = archive.deliveries.figures()
    age = max(0.0, (desk.now - (queue.oldest or desk.now)).total_seconds())
    yield _gauge("mail_queue_age_seconds", "Age of the oldest mail that is to be sent; 0 without one.", (), {(): age})
    last = f"of the last {MAILS_COUNTED:,} mails and messages"
    yield _gauge("mail_tries", f"Tries {last}.", (), {(): queue.tries})
    yield _gauge("mails_tried_again", f"Those {last} that took more than one try.", (), {(): queue.tried_again})
    bounces = {(kind.value,): count for kind, count in archive.bounces.counts().items()}
    yield _gauge("bounces", "Mails that came back, by kind.", ("kind",), bounces)
    retired = Counter((address.reason.value,) for address in archive.deliveries.retired() if address.since)
    yield _gauge("retired_addresses", "Addresses to which nothing is sent, by reason.", ("reason",), retired)
    silent = len(silences(archive, desk.config, desk.calendar, desk.now))
    yield _gauge("silent_sources", "Sources that have fallen silent.", (), {(): silent})


def _run_figures(desk: Desk) -> Iterable[GaugeMetricFamily]:
    runs = desk.archive.runs.last(RUNS_COUNTED)
    outcomes = Counter((run.stage, run.outcome) for run in runs)
    yield _gauge("runs", f"Stages among the last {RUNS_COUNTED}, by outcome.", ("stage", "outcome"), outcomes)
    last = overview.last_of_each(runs)
    started = {(run.stage,): run.started_at.timestamp() for run in last}
    yield _gauge("last_run_timestamp_seconds", "When the last run of a stage began.", ("stage",), started)
    # a run that is still at work has neither ended well nor badly: what is said is of the one before
    ended = overview.last_of_each(run for run in runs if run.outcome is not RunOutcome.RUNNING)
    took = {(run.stage,): (run.ended_at - run.started_at).total_seconds() for run in ended if run.ended_at}
    yield _gauge("last_run_seconds", "How long the last run of a stage took that has ended.", ("stage",), took)
    good = {(run.stage,): float(run.outcome is RunOutcome.OK) for run in ended}
    yield _gauge("last_run_ok", "1 if the last run of a stage that has ended did so well.", ("stage",), good)


def _reading_figures(desk: Desk) -> Iterable[GaugeMetricFamily]:
    since = desk.today - LOOK_BACK
    windows, read, published = Counter[tuple[str, ...]](), Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for coverage in desk.archive.coverage.windows(since=since):
        key = (coverage.window.source, coverage.window.house.value)
        windows[*key, coverage.state] += 1
        if coverage.window.by in ("answered", "made"):
            read[key] += coverage.held
            published[key] += coverage.total
    days = f"of the last {LOOK_BACK.days} days"
    labels = ("source", "house")
    yield _gauge("windows", f"Windows {days}, by state.", (*labels, "state"), windows)
    yield _gauge("answers_read", f"Answers {days} that are stored in full.", labels, read)
    yield _gauge("answers_published", f"Answers {days} that the sources count.", labels, published)


def _queue_figures(desk: Desk) -> Iterable[GaugeMetricFamily]:
    """Return the figures of the queue of jobs, where workers share the work."""
    report = queue_report.queue_report(desk.config, desk.archive)
    if report is None:
        return
    states = ("waiting", "later", "doing", "failed")
    jobs = {(queue["queue"], state): queue[state] for queue in report["queues"] for state in states}
    yield _gauge("jobs", "Jobs in the queues of workers, by state.", ("queue", "state"), jobs)
    ages = {
        (queue["queue"],): max(0.0, (desk.now - queue["due_since"]).total_seconds()) if queue["due_since"] else 0.0
        for queue in report["queues"]
    }
    yield _gauge(
        "job_age_seconds", "For how long the oldest waiting job could have run; 0 without one.", ("queue",), ages
    )
    yield _gauge("workers", "Workers that were heard of in the last half minute.", (), {(): report["alive"]})


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> GaugeMetricFamily:
    """Return a figure. `values`: by the values of its labels."""
    family = GaugeMetricFamily(f"pqwatch_{name}", text, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


@router.get("/metrics")
def show_figures(request: Request, desk: DeskOf) -> Response:
    """Show the figures: to this machine, or to those who signed in. Where everyone may read, to no one."""
    web = desk.config.web
    if web.auth == "none" and (web.public or not is_this_machine(client_address(request, web))):
        raise HTTPException(403, "Figures are for this machine, or for those who sign in: see [web] auth.")
    figures: Figures = request.app.state.figures
    return Response(figures.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class SearchTimer:
    """Middleware that measures searches."""

    def __init__(self, app: ASGIApp, *, figures: Figures) -> None:
        self._app, self._figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http" or scope["path"] not in SEARCHES:
            await self._app(scope, receive, send)
            return
        with self._figures.search_seconds.time():
            await self._app(scope, receive, send)
