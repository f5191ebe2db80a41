"""`doctor`: check everything that must be right, and say what to do where it is not."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections import Counter
from contextlib import closing
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from monitor import app
from monitor.cli import FAILED
from monitor.cli.doctor_delivery import (
    check_delivery,
    check_sources,
    check_webhooks_and_feeds,
    send_test_mail,
    send_test_message,
)
from monitor.cli.formats import to_json
from monitor.cli.options import config_option
from monitor.cli.output import can_print, cell, message_width, wrapped
from monitor.cli.typed import as_typed
from monitor.collect.health import health_of_file_sources, health_of_sources, is_down
from monitor.collect.missed_days import all_missed_days
from monitor.config import find, last_used, load
from monitor.config.merging import problems_of_kept, with_subscribers
from monitor.config.values import address
from monitor.delivery.retired_addresses import tell_retired
from monitor.errors import ConfigError, MonitorError, SchemaError, UnreachableError, sentence
from monitor.model.deliveries import MAIL, DeliveryState
from monitor.operations import checks, run_checks
from monitor.operations.check_results import Finding, Level, failed, fine
from monitor.operations.queue_report import find_problem, queue_report
from monitor.parliament.calendar import LONDON, load_calendar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.parliament.calendar import SittingCalendar

_OTHER_USERS: Final = stat.S_IRWXG | stat.S_IRWXO
_SIGNS: Final = {Level.OK: ("✓", "+"), Level.WARNING: ("!", "!"), Level.FAILED: ("✗", "x")}
_COLOURS: Final = {Level.OK: "green", Level.WARNING: "yellow", Level.FAILED: "red"}


def _address(_context: object, _param: object, value: str | None) -> str | None:
    """Check the address of a test mail; anything without "@" is the name of a webhook."""
    try:
        return value if value is None or "@" not in value else address(value)
    except ValueError as exc:
        raise click.BadParameter(f"{exc}.") from exc


@click.command()
@config_option
@click.option("--send-test", metavar="TO", callback=_address, help="Also send a real mail there, or post to a webhook.")
@click.option("--offline", is_flag=True, help="Ask neither Parliament nor mail servers nor webhooks.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON object.")
def doctor_command(config_path: str | None, send_test: str | None, offline: bool, as_json: bool) -> None:
    """Check the set-up: configuration, archive, sources, mail, and whether runs and digests are on time.

    Changes nothing. Exit code 1 if a check failed; warnings alone are 0.
    """
    findings: list[Finding] = []
    for finding in _findings(config_path, send_test, offline=offline):
        findings.append(finding)
        if not as_json:
            _print(finding)
    counts = Counter(finding.level for finding in findings)
    is_ok = not counts[Level.FAILED]
    if as_json:
        click.echo(to_json({"ok": is_ok, "findings": [asdict(finding) for finding in findings]}))
    else:
        summary = ", ".join(f"{counts[level]} {level.value}" for level in Level)
        click.echo(f"\n{summary}", err=True)
    if not is_ok:
        raise SystemExit(FAILED)


def _print(finding: Finding) -> None:
    """Print a finding, wrapped to the terminal: sign, level, check and sentence, and below them what to do."""
    sign = _SIGNS[finding.level][not can_print("✓✗")]
    head = f"{sign} {finding.level.value:8}"
    room = message_width(sys.stdout) - len(head)
    lines = wrapped(cell(as_typed(f"{finding.check}: {finding.text}")), room)
    lines += wrapped(cell(as_typed(finding.remedy)), room) if finding.remedy else []
    color = False if os.environ.get("NO_COLOR") else None
    click.echo(click.style(head, fg=_COLOURS[finding.level]) + lines[0], color=color)
    for line in lines[1:]:
        click.echo(" " * len(head) + line)


# -- the checks, in the order in which they are shown -----------------------------------------------------------------


def _findings(config_path: str | None, send_test: str | None, *, offline: bool) -> Iterator[Finding]:
    yield from _program()
    config, findings = _configuration(config_path)
    yield from findings
    if config is None:
        return
    yield checks.check_contact(config.http.contact)
    yield from checks.check_terms(config.term_problems, sum(len(topic.terms) for topic in config.topics))
    now = app.clock()
    is_calendar_checked = False
    for finding in _archive(config, now):
        is_calendar_checked = is_calendar_checked or finding.check == "calendar"
        yield finding
    if os.name == "posix":
        yield checks.check_private([str(path) for path in _readable_by_others(config)])
    if not is_calendar_checked:
        yield from _calendar(config, load_calendar(config.calendar.recess), "", now)
    yield from run_checks.check_folders({name: path for name, path in config.paths.items() if not path.is_dir()})
    if not offline:
        yield from check_sources(config)
    yield check_delivery(config, offline=offline)
    yield from check_webhooks_and_feeds(config, offline=offline)
    if send_test:
        if "@" in send_test:
            yield send_test_mail(config, send_test, now)
        else:
            yield send_test_message(config, send_test)


def _calendar(config: Config, calendar: SittingCalendar, failure: str, now: datetime) -> Iterator[Finding]:
    """Check how far ahead the sitting calendar reaches, and whether Parliament's own could be read."""
    is_read = config.parliament_calendar.enabled
    known_until = {house: calendar.known_until(house) for house in config.questions.houses}
    yield from run_checks.check_calendar(known_until, now.astimezone(LONDON).date(), is_read=is_read)
    yield from run_checks.check_calendar_reading(failure if is_read else "")


def _program() -> Iterator[Finding]:
    folders = {}
    for name in ("monitor", "scrapers", "db"):
        file = import_module(name).__file__
        folders[name] = str(Path(file).resolve().parents[1]) if file else "(no file)"
    yield checks.check_packages(folders)
    yield checks.check_migrations(_migrations_problem())
    from db.engine import has_full_text, sqlite_version  # noqa: PLC0415 (after the check of the packages)

    yield checks.check_sqlite(sqlite_version(), has_full_text=has_full_text())


def _migrations_problem() -> str | None:
    from db import schema  # noqa: PLC0415 (loads SQLAlchemy, which may be missing)

    try:
        schema.config()
    except (ImportError, MonitorError) as exc:
        return str(exc)
    return None


def _configuration(config_path: str | None) -> tuple[Config | None, list[Finding]]:
    """Read the configuration, without its password if only the password is wrong."""
    try:
        path = find(config_path, os.environ, Path.cwd())
    except ConfigError as exc:
        return None, [failed("configuration", str(exc), "")]
    problems: list[Finding] = []
    for needs_password in (True, False):
        try:
            config = load(path, os.environ, app.check_term, needs_password=needs_password)
        except ConfigError as exc:
            problems = problems or [failed("configuration", problem, "") for problem in exc.problems]
        else:
            return config, problems or [fine("configuration", f"{path} is in order.")]
    return None, problems


def _archive(config: Config, now: datetime) -> Iterator[Finding]:
    from db import schema  # noqa: PLC0415
    from db.archive import Archive  # noqa: PLC0415
    from db.engine import Location  # noqa: PLC0415

    try:
        location = Location.of(config.archive.url.reveal(), base=config.path.parent)
    except MonitorError as exc:
        yield failed("archive", sentence(str(exc)), "Correct archive.url in config.toml.")
        return
    try:
        if location.file is not None:
            yield from _disk(location.file)
            if app.is_archive_gone(config):
                yield from checks.check_not_lost(app.trace_of_mails(config), is_gone=True, has_run=False)
            if not location.file.exists():
                yield checks.check_schema(None, schema.HEAD, is_sqlite=True)
                return
        current = schema.current(location.engine)
        yield checks.check_schema(current, schema.HEAD, is_sqlite=location.is_sqlite)
        if current == schema.HEAD:
            with closing(Archive(location.engine)) as archive:
                yield from _runs(config, archive, now)
    except UnreachableError as exc:
        cure = "Give this user the file and its folder" if location.is_sqlite else "Start the server"
        yield failed("archive", sentence(str(exc)), f"{cure}, or correct the address of the archive.")
    except SchemaError as exc:
        problem, _, remedy = str(exc).rpartition(": ")
        yield failed("schema", sentence(problem), sentence(remedy))
    except MonitorError as exc:
        cure = "pqwatch db check, then pqwatch db restore FILE" if location.is_sqlite else "see the log of the server"
        yield failed("archive", sentence(str(exc)), f"If it stays so: {cure}.")
    finally:
        location.close()


def _readable_by_others(config: Config) -> Iterator[Path]:
    """List the files with addresses and watch terms that other users may read.

    config.toml may belong to root and be read by the group of the user who runs pqwatch; the rest is that user's own.
    """
    archive, folder = app.archive_file(config), config.delivery.folder
    own = [archive, *sorted(archive.parent.glob(f"{archive.name}.*.bak"))] if archive else []
    if folder.is_dir() and _mode(folder) & _OTHER_USERS:  # else its files can't be reached either
        own += [folder, *sorted(folder.glob("*.eml")), *sorted(folder.glob("*.html"))]
    if _mode(config.path) & stat.S_IRWXO:
        yield config.path
    yield from (path for path in own if _mode(path) & _OTHER_USERS)


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _disk(path: Path) -> Iterator[Finding]:
    folder = path.parent
    if not folder.is_dir():
        yield failed("archive", f"There is no folder {folder}.", "Make it, or correct archive.url in config.toml.")
        return
    if not os.access(folder, os.W_OK):
        yield failed("archive", f"{folder} can't be written.", "Give the user who runs pqwatch the right to.")
    mounts = Path("/proc/self/mountinfo")
    text = mounts.read_text(encoding="utf-8", errors="replace") if mounts.exists() else ""
    yield checks.check_file_system(checks.file_system_of(str(folder.resolve()), text), str(folder))
    size = path.stat().st_size if path.exists() else 0
    yield checks.check_space(shutil.disk_usage(folder).free, size, str(folder))


def _last_use(config: Config, archive: Archive) -> Finding:
    """Compare config.toml with what the archive was last used with."""
    text = archive.runs.fact(last_used.CONFIGURATION)
    topics, readers, terms = archive.watch_list.watched()
    changes = last_used.changes(
        last_used.WatchedNames(topics=topics, readers=readers, terms=frozenset(terms)), last_used.watched_now(config)
    )
    try:
        last_used.refuse_stale(last_used.Used.from_text(text) if text else None, last_used.used_now(config), changes)
    except ConfigError as exc:
        return failed("machines", str(exc), "No run uses it until then.")
    if text and changes:
        return fine("machines", f"The next run takes over from config.toml: {changes}.")
    return fine("machines", "The archive was last used with what config.toml says.")


def _runs(config: Config, archive: Archive, now: datetime) -> Iterator[Finding]:
    """Check the archive itself, and what was done with it."""
    config = with_subscribers(config, archive)
    yield from _content(config, archive, now)
    yield from _reading(config, archive, now)
    yield from _sending(config, archive, now)
    if (work := queue_report(config, archive)) is not None:
        yield run_checks.check_workers(work["alive"], find_problem(work, now))
    yield run_checks.check_quarantine(len(archive.payloads.quarantined()))


def _content(config: Config, archive: Archive, now: datetime) -> Iterator[Finding]:
    """Check the archive itself, and that it belongs to this configuration."""
    from db import integrity  # noqa: PLC0415

    engine = archive.engine
    misread, likely = app.doubtful_terms(config, archive)
    yield from checks.check_doubts(misread, likely)
    yield checks.check_writable(integrity.write_problem(engine), is_sqlite=archive.location.is_sqlite)
    has_run = archive.runs.has_ended("collect") or archive.runs.has_ended("deliver")
    yield from checks.check_not_lost(app.trace_of_mails(config), is_gone=False, has_run=has_run)
    yield _last_use(config, archive)
    yield from checks.check_kept(problems_of_kept(config, archive), len(archive.subscribers.listing()))
    yield checks.check_integrity(integrity.check(engine, is_quick=True))
    problems = archive.index.problems(is_quick=True)
    problem = problems[0] if problems else archive.index.write_problem
    yield checks.check_index(problem, archive.index.count().ahead)
    yield checks.check_clock(integrity.newest_fetch(engine), now)


def _reading(config: Config, archive: Archive, now: datetime) -> Iterator[Finding]:
    """Check what was read of the sources, and of Parliament's calendar."""
    is_collected = True
    if config.reads_anything:
        collect = run_checks.check_collect(
            archive.runs.last_ok("collect"),
            has_run=archive.runs.has_ended("collect"),
            collect_every=config.schedule.collect_every,
            longest_gap=archive.runs.longest_gap("collect"),
            now=now,
        )
        is_collected = collect.level is Level.OK
        yield collect
    today = now.astimezone(LONDON).date()
    calendar = app.sittings(config, archive, now)
    yield from _calendar(config, calendar, archive.announced_days.state().failure, now)
    sources = health_of_sources(archive, config, calendar, now=now, today=today)
    yield from run_checks.check_readings(sources, config.schedule.timezone, is_collected=is_collected)
    yield from run_checks.check_missed(all_missed_days(archive, config))
    file_sources = health_of_file_sources(archive, config, calendar, now=now, today=today)
    yield from run_checks.check_files(file_sources, config.schedule.timezone, is_collected=is_collected)


def _sending(config: Config, archive: Archive, now: datetime) -> Iterator[Finding]:
    """Check that the digests were composed, and that nothing holds up what is to be sent."""
    from db import integrity  # noqa: PLC0415

    yield from run_checks.check_digests(
        config.readers,
        config.schedule,
        since=integrity.watching_since(archive.engine),
        composed=archive.digests.composed,
        now=now,
        is_down=is_down(archive, config),
    )
    counts = archive.deliveries.counts(DeliveryState.HELD)
    yield from run_checks.check_mails(
        counts[DeliveryState.HELD],
        [tell_retired(retired) for retired in archive.deliveries.retired() if retired.needs_decision],
        archive.outbox.paused(now),
    )
    for queue, pause in archive.outbox.all_paused(now).items():
        if queue != MAIL:
            yield failed(
                "webhooks and feeds", sentence(pause), "Put the cause right; pqwatch deliver tries again at once."
            )
