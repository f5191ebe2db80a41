"""The demo: two days with the bundled stand-in for Parliament and the bundled mail server.

The configuration is the default one with other addresses, and the stages are those of every run.
"""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from monitor import app
from monitor.config.default import default_config_text
from monitor.demo.coming_sample import coming_sample
from monitor.demo.mailserver import MailServer
from monitor.demo.sample import FIRST_DAY, SECOND_DAY, sample
from monitor.errors import MonitorError, OutputError
from monitor.parliament.calendar import LONDON

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import EmailMessage
    from pathlib import Path

    from monitor.config.settings import Config
    from monitor.demo.parliament import Parliament

DIGEST_AT = time(18, 30)
"""The demo reads in the evening, when a day's answers are out."""

COMING: Final = {
    "oral_questions": "https://oralquestionsandmotions-api.parliament.uk",
    "whats_on": "https://whatson-api.parliament.uk",
    "committees": "https://committees-api.parliament.uk",
}
"""Sources of what is coming, which the default configuration leaves off, with their addresses."""

EVENING = datetime.combine(SECOND_DAY, time(20), LONDON).astimezone(UTC)
"""Instant at which the demo's page stands: the second day's digest is out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the demo: the counts of each stage, and the mail as the mail server got it."""

    day: date
    stages: Mapping[str, Mapping[str, int]]
    requests: int
    subject: str
    text: str
    mail: Path
    page: Path


def demo(folder: Path, *, is_in_the_past: bool = False) -> Iterator[Day]:
    """Run both days, with all files in `folder`. Raises MonitorError if a day fails.

    `is_in_the_past`: what is stored was seen on these days too, for a page whose clock stands at `EVENING`. Commands would
    say of such an archive that nothing was read for years.
    """
    with sample().parliament(FIRST_DAY) as parliament, MailServer() as server:
        path = folder / "config.toml"
        _write(path, demo_config(parliament.url, server.host, server.port).encode())
        config = app.configuration(str(path), env={})
        asker = next(iter(parliament.members.values()))
        for day in (FIRST_DAY, SECOND_DAY):
            parliament.coming = coming_sample(asker, has_moved=day == SECOND_DAY)
            yield _one_day(config, parliament, server, day, folder, is_in_the_past=is_in_the_past)


def demo_config(parliament: str, mail_host: str, mail_port: int) -> str:
    """Return the default configuration with the addresses of the stand-in and of the bundled mail server."""
    text = default_config_text()
    for was, now in (
        ('"https://questions-statements-api.parliament.uk"', f'"{parliament}"'),
        ('"https://members-api.parliament.uk"', f'"{parliament}"'),
        ('"https://whatson-api.parliament.uk"', f'"{parliament}"'),
        *(_turned_on(name, host, parliament) for name, host in COMING.items()),
        ("concurrency = 4", "concurrency = 1"),  # in order, so that each demo stores the same archive
        ('min_interval = "200ms"', 'min_interval = "0ms"'),
        ('digest_at = "07:30"', f'digest_at = "{DIGEST_AT:%H:%M}"'),
        ('transport = "file"', 'transport = "smtp"'),
        ('host = "127.0.0.1"', f'host = "{mail_host}"'),
        ("port = 587", f"port = {mail_port}"),
        ('tls = "starttls"', 'tls = "none"'),
    ):
        if was not in text:
            raise MonitorError(f"the default configuration has no line {was}: this copy of pqwatch is damaged")
        text = text.replace(was, now, 1)
    return text


def _turned_on(name: str, host: str, parliament: str) -> tuple[str, str]:
    """Return the lines of a source of what is coming, off, and what they become."""
    comment = next(line for line in default_config_text().splitlines() if line.startswith(f"[sources.{name}]"))
    return f'{comment}\nenabled = false\nbase_url = "{host}"', f'{comment}\nenabled = true\nbase_url = "{parliament}"'


def _one_day(
    config: Config, parliament: Parliament, server: MailServer, day: date, folder: Path, *, is_in_the_past: bool
) -> Day:
    parliament.now = datetime.combine(day, DIGEST_AT, LONDON)
    asked, got = len(parliament.requests), len(server.messages)
    as_of = datetime.combine(day, DIGEST_AT, LONDON).astimezone(UTC)
    shift = as_of - app.clock() if is_in_the_past else timedelta(0)

    def clock() -> datetime:
        return app.clock() + shift

    archive = app.archive(config, now=clock)
    try:
        with app.pipeline(config, archive, as_of=as_of, now=clock) as pipeline:
            report = pipeline.run()
    finally:
        archive.close()
    if report.interrupted:  # a run mails what it read; half a demo shows nothing
        raise KeyboardInterrupt
    if not report.ok or len(server.messages) != got + 1:
        raise MonitorError(f"the demo of {day} went wrong: {'; '.join(report.failures) or 'no mail came'}")
    content = server.messages[-1].content
    message = email.message_from_bytes(content, policy=email.policy.default)
    mail, page = folder / f"digest-{day}.eml", folder / f"digest-{day}.html"
    _write(mail, content)
    _write(page, _part(message, "html").encode())
    return Day(
        day=day,
        stages=report.stages,
        requests=len(parliament.requests) - asked,
        subject=str(message["Subject"]),
        text=_part(message, "plain"),
        mail=mail,
        page=page,
    )


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as exc:
        raise OutputError(f"{path} can't be written ({exc.strerror}): name another folder with --folder") from exc


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    content: str = body.get_content() if body is not None else ""
    return content.replace("\r\n", "\n")
