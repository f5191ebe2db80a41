"""`doctor`: looks at everything that must be right, and says what to do where it is not."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import stat
import sys
from collections import Counter
from contextlib import closing
from dataclasses import asdict
from email.utils import parseaddr
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor import app
from monitor.cli import FAILED
from monitor.cli.doctor_outlets import check_outlets
from monitor.cli.doctor_outlets import send_test as send_message
from monitor.cli.formats import to_json
from monitor.cli.options import config_option
from monitor.cli.output import can_print, cell, message_width, wrapped
from monitor.collect.health import health_of_file_sources, health_of_sources, is_down
from monitor.config import find, last_used, load
from monitor.config.values import address
from monitor.delivery.stage import tell_retired
from monitor.errors import ConfigError, DeliveryError, FetchError, GoneError, MonitorError, sentence
from monitor.model.deliveries import MAIL, DeliveryState
from monitor.operations import checks
from monitor.operations.checks import Finding, Level, failed, fine
from monitor.parliament.calendar import LONDON, load_calendar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Engine

    from db.archive import Archive
    from monitor.config.settings import Config

_ANYBODY_ELSE = stat.S_IRWXG | stat.S_IRWXO
SECONDS = 20
"""How long a server may take here: a person is waiting."""
_SIGNS = {Level.OK: ("✓", "+"), Level.WARNING: ("!", "!"), Level.FAILED: ("✗", "x")}
_COLOURS = {Level.OK: "green", Level.WARNING: "yellow", Level.FAILED: "red"}


def _address(_ctx: object, _param: object, value: str | None) -> str | None:
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
    found: list[Finding] = []
    for finding in _findings(config_path, send_test, offline=offline):
        found.append(finding)
        if not as_json:
            _print(finding)
    counted = Counter(finding.level for finding in found)
    is_well = not counted[Level.FAILED]
    if as_json:
        click.echo(to_json({"ok": is_well, "findings": [asdict(one) for one in found]}))
    else:
        told = ", ".join(f"{counted[level]} {level.value}" for level in Level)
        click.echo(f"\n{told}", err=True)
    if not is_well:
        raise SystemExit(FAILED)


def _print(finding: Finding) -> None:
    """A finding, wrapped to the terminal: sign, level, check, then the sentence and beneath it what to do."""
    sign = _SIGNS[finding.level][not can_print("✓✗")]
    head = f"{sign} {finding.level.value:8}"
    left = message_width(sys.stdout) - len(head)
    lines = wrapped(cell(f"{finding.check}: {finding.text}"), left)
    lines += wrapped(cell(finding.remedy), left) if finding.remedy else []
    coloured = None if not os.environ.get("NO_COLOR") else False
    click.echo(click.style(head, fg=_COLOURS[finding.level]) + lines[0], color=coloured)
    for line in lines[1:]:
        click.echo(" " * len(head) + line)


# -- the checks, in the order in which they are told ------------------------------------------------------------------


def _findings(config_path: str | None, send_test: str | None, *, offline: bool) -> Iterator[Finding]:
    yield from _program()
    config, findings = _configuration(config_path)
    yield from findings
    if config is None:
        return
    yield checks.check_contact(config.http.contact)
    yield from checks.check_terms(config.term_problems, sum(len(topic.terms) for topic in config.topics))
    now = app.clock()
    yield from _archive(config, now)
    if os.name == "posix":
        yield checks.check_private([str(path) for path in _readable_by_others(config)])
    known = load_calendar(config.calendar.recess)
    today = now.astimezone(LONDON).date()
    yield from checks.check_calendar({house: known.known_until(house) for house in config.questions.houses}, today)
    yield from checks.check_folders({name: path for name, path in config.paths.items() if not path.is_dir()})
    if not offline:
        yield from _sources(config)
    yield _delivery(config, offline=offline)
    yield from check_outlets(config, offline=offline)
    if send_test:
        yield _send_test(config, send_test, now) if "@" in send_test else send_message(config, send_test)


def _program() -> Iterator[Finding]:
    places = {}
    for name in ("monitor", "scrapers", "db"):
        file = import_module(name).__file__
        places[name] = str(Path(file).resolve().parents[1]) if file else "(no file)"
    yield checks.check_packages(places)
    yield checks.check_migrations(_migrations_problem())
    yield checks.check_sqlite(sqlite3.sqlite_version_info, has_full_text=_has_full_text())


def _has_full_text() -> bool:
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE probe USING fts5(words)")
        except sqlite3.OperationalError:
            return False
    return True


def _migrations_problem() -> str | None:
    from db import schema  # noqa: PLC0415 (loads the database's library, which may be what is missing)

    try:
        schema.config()
    except (ImportError, MonitorError) as exc:
        return str(exc)
    return None


def _configuration(config_path: str | None) -> tuple[Config | None, list[Finding]]:
    """The configuration as far as it can be read: without its password where that is all that is wrong."""
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
    from db.engine import open_engine  # noqa: PLC0415

    try:
        engine = open_engine(config.archive.url.reveal(), base=config.path.parent)
    except MonitorError as exc:
        yield failed("archive", sentence(str(exc)), "Correct archive.url in config.toml.")
        return
    is_sqlite = engine.dialect.name == "sqlite"
    try:
        if is_sqlite:
            yield from _disk(Path(engine.url.database or ""))
            if app.is_archive_gone(config):
                yield from checks.check_not_lost(app.trace_of_mails(config), is_gone=True, has_run=False)
            if not Path(engine.url.database or "").exists():
                yield checks.check_schema(None, schema.HEAD, is_sqlite=True)
                return
        current = schema.current(engine)
        yield checks.check_schema(current, schema.HEAD, is_sqlite=is_sqlite)
        if current == schema.HEAD:
            yield from _runs(config, engine, now)
    except MonitorError as exc:
        yield failed("archive", sentence(str(exc)), "If it stays so: pqwatch db check, then pqwatch db restore FILE.")
    finally:
        engine.dispose()


def _readable_by_others(config: Config) -> Iterator[Path]:
    """List the files with addresses and watch terms that other users may read.

    config.toml may belong to root and be read by the group of the user who runs pqwatch; the rest is that user's own.
    """
    archive, folder = app.archive_file(config), config.delivery.folder
    own = [archive, *sorted(archive.parent.glob(f"{archive.name}.*.bak"))] if archive else []
    if folder.is_dir() and _mode(folder) & _ANYBODY_ELSE:  # else nobody reaches its files either
        own += [folder, *sorted(folder.glob("*.eml")), *sorted(folder.glob("*.html"))]
    if _mode(config.path) & stat.S_IRWXO:
        yield config.path
    yield from (path for path in own if _mode(path) & _ANYBODY_ELSE)


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


def _drift(config: Config, archive: Archive) -> Finding:
    """Compare config.toml with what the archive was last used with."""
    text = archive.runs.fact(last_used.CONFIGURATION)
    topics, readers, terms = archive.watch_list.watched()
    told = last_used.changes(
        last_used.Watched(topics=topics, readers=readers, terms=frozenset(terms)), last_used.watched_now(config)
    )
    try:
        last_used.refuse_stale(last_used.Used.from_text(text) if text else None, last_used.used_now(config), told)
    except ConfigError as exc:
        return failed("machines", str(exc), "No run uses it until then.")
    if text and told:
        return fine("machines", f"The next run takes over from config.toml: {told}.")
    return fine("machines", "The archive was last used with what config.toml says.")


def _runs(config: Config, engine: Engine, now: datetime) -> Iterator[Finding]:
    """What the archive says of itself and of what was done."""
    from db import integrity  # noqa: PLC0415
    from db.archive import Archive  # noqa: PLC0415

    archive = Archive(engine)
    misread, likely = app.doubtful_terms(config, archive)
    yield from checks.check_doubts(misread, likely)
    yield checks.check_writable(integrity.write_problem(engine))
    has_run = archive.runs.has_ended("collect") or archive.runs.has_ended("deliver")
    yield from checks.check_not_lost(app.trace_of_mails(config), is_gone=False, has_run=has_run)
    yield _drift(config, archive)
    yield checks.check_integrity(integrity.check(engine, is_quick=True))
    problems = archive.index.problems(is_quick=True)
    yield checks.check_index(problems[0] if problems else "", archive.index.count().ahead)
    yield checks.check_clock(integrity.newest_fetch(engine), now)
    is_collected = True
    if config.reads_anything:
        collect = checks.check_collect(
            archive.runs.last_ok("collect"),
            has_run=archive.runs.has_ended("collect"),
            collect_every=config.schedule.collect_every,
            longest_gap=archive.runs.longest_gap("collect"),
            now=now,
        )
        is_collected = collect.level is Level.OK
        yield collect
    today = now.astimezone(LONDON).date()
    sittings = load_calendar(config.calendar.recess)
    standings = health_of_sources(archive, config, sittings, now=now, today=today)
    yield from checks.check_readings(standings, config.schedule.timezone, is_collected=is_collected)
    shelves = health_of_file_sources(archive, config, sittings, now=now, today=today)
    yield from checks.check_files(shelves, config.schedule.timezone, is_collected=is_collected)
    yield from checks.check_digests(
        config.readers,
        config.schedule,
        since=integrity.watching_since(engine),
        is_composed=archive.digests.exists,
        now=now,
        is_down=is_down(archive, config),
    )
    counts = archive.outbox.counts()
    yield from checks.check_mails(
        counts[DeliveryState.HELD],
        [tell_retired(one) for one in archive.outbox.retired()],
        archive.outbox.paused(now),
    )
    for queue, told in archive.outbox.all_paused(now).items():
        if queue != MAIL:
            yield failed(
                "webhooks and feeds", sentence(told), "Put the cause right; pqwatch deliver tries again at once."
            )
    yield checks.check_quarantine(len(archive.payloads.quarantined()))


# -- the network ------------------------------------------------------------------------------------------------------


def _sources(config: Config) -> Iterator[Finding]:
    """One request to each source."""
    if config.questions.enabled:
        url = f"{config.questions.base_url}/api/writtenquestions/questions"
        yield _reach(config, "questions", url, {"take": "1", "skip": "0", "house": "Commons"})
    if config.statements.enabled:
        url = f"{config.statements.base_url}/api/writtenstatements/statements"
        yield _reach(config, "statements", url, {"take": "1", "skip": "0", "house": "Commons"})
    yield _reach(config, "members", f"{config.members.base_url}/api/Members/172", {})


def _reach(config: Config, name: str, url: str, params: dict[str, str]) -> Finding:
    from scrapers.http.client import Client  # noqa: PLC0415 (slow to import)

    def once(_seconds: float) -> None:
        """The client waits before it asks again: here it shall not."""
        raise FetchError("no answer", url=url)

    http = config.http
    remedy = f"Try again later; else correct sources.{name}.base_url, http.proxy or the network."
    try:
        ca_file = str(http.ca_file or "")
        with Client(http.contact, version("pqwatch"), proxy=http.proxy, ca_file=ca_file, sleep=once) as client:
            client.get_json(url, params, seconds=SECONDS)
    except GoneError:
        pass  # the one asked for is not there, but the source is
    except FetchError as exc:
        reason = str(exc) if exc.__context__ is None else str(exc.__context__)
        return failed(f"source {name}", f"{url} can't be read: {reason.rstrip('.')}.", remedy)
    except ConfigError as exc:
        return failed(f"source {name}", sentence(str(exc)), "Correct [http] in config.toml.")
    return fine(f"source {name}", f"{url.partition('/api/')[0]} answers.")


def _delivery(config: Config, *, offline: bool) -> Finding:
    """Whether mail could leave, without sending any."""
    from monitor.delivery.smtp import SmtpMailer  # noqa: PLC0415
    from monitor.delivery.smtp_session import Timeouts, open_session, quit_session  # noqa: PLC0415 (only what is used is loaded)

    smtp = config.smtp
    timeouts = Timeouts(step=SECONDS)
    try:
        mailer = app.mailer(config)
        if not isinstance(mailer, SmtpMailer):
            return _folder(config.delivery.folder)
        if offline:
            return fine("delivery", f"Mail goes through {mailer.server}, which was not asked.")
        if smtp.username and smtp.password is None:
            return failed(
                "delivery", "The mail server was not asked, for lack of a password.", "See configuration above."
            )
        quit_session(open_session(mailer.server, timeouts), timeouts)
    except (DeliveryError, ConfigError) as exc:
        return failed("delivery", sentence(str(exc)), "Correct [delivery.smtp] in config.toml, or the server.")
    login = f" and takes the login {smtp.username}" if smtp.username else ""
    return fine("delivery", f"The mail server {mailer.server} answers{login}.")


def _folder(folder: Path) -> Finding:
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        return failed(
            "delivery", f"Digests can't be written to {folder}.", "Name another delivery.folder in config.toml."
        )
    return fine("delivery", f"Digests are written to {folder}.")


def _send_test(config: Config, recipient: str, now: datetime) -> Finding:
    """Hand a real mail over, past the outbox: nothing of it is stored."""
    message = _test_message(config, recipient, now)
    replies: list[str] = []

    def accepted(reply: str) -> None:
        replies.append(reply)

    try:
        mailer = app.mailer(config)
        try:
            mailer.deliver(message, recipient, lambda: None, accepted)
        finally:
            mailer.close()
    except (DeliveryError, ConfigError) as exc:
        return failed(
            "test mail", sentence(str(exc)), "Correct [delivery] in config.toml, or the server; then try again."
        )
    if config.delivery.transport == "file":
        return fine("test mail", f'Was {replies[0]}: with transport "file" nothing is mailed.')
    return fine("test mail", f"{config.smtp.host} took the mail to {recipient} ({replies[0]}): see that it arrives.")


def _test_message(config: Config, recipient: str, now: datetime) -> bytes:
    from monitor.digest.formats.email import build_message  # noqa: PLC0415
    from monitor.digest.render import Rendered  # noqa: PLC0415

    words = "This is a test mail from pqwatch. That you can read it means that digests can reach you."
    domain = parseaddr(config.delivery.sender)[1].rpartition("@")[2]
    page = (
        '<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>Test mail</title></head>'
        f"<body><h1>Test mail</h1><p>{words}</p></body></html>"
    )
    return build_message(
        Rendered(subject="pqwatch: test mail", preheader="", text=f"{words}\n", html=page),
        sender=config.delivery.sender,
        recipient=recipient,
        message_id=f"<test.{secrets.token_hex(16)}@{domain}>",
        date=now,
        list_id=f"pqwatch digest <digest.{domain}>",
        unsubscribe=config.delivery.unsubscribe,
    )
