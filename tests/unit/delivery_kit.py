"""Kit of the delivery tests: an outbox on SQLite, a clock that is set by hand, certificates, mails."""

from __future__ import annotations

import ssl
import weakref
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from db.engine import open_engine
from db.outbox import Outbox
from db.store import Store
from monitor.delivery.smtp import SmtpMailer
from monitor.delivery.smtp_session import Server, Timeouts
from monitor.model.digests import Mail
from tests.fakes import empty_archive

if TYPE_CHECKING:
    from pathlib import Path

    import trustme

    from monitor.demo.mailserver import MailServer
    from monitor.model.deliveries import Delivery
    from tests.smtpserver import SmtpServer

PASSWORD = "canary-Zaunkönig-7731"  # noqa: S105 (invented)
PATIENT = Timeouts(step=15, dot=15, quit=15)
HASTY = Timeouts(step=0.4, dot=0.4, quit=0.4)


@dataclass
class Clock:
    now: datetime = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter(Mail):
    recipient: str = "reader@example.org"
    message_id: str = "<0123456789abcdef0123456789abcdef@example.org>"
    subject: str = "Three answers on slurry"
    message: bytes = field(default=b"")


def letter(number: int = 1, *, recipient: str = "reader@example.org", text: str = "A line.\r\n") -> Letter:
    own_id = f"<{number:032x}@example.org>"
    head = (
        "From: pqwatch <pqwatch@example.org>",
        f"To: {recipient}",
        "Subject: Three answers on slurry",
        "Date: Tue, 24 Nov 2026 07:30:00 +0000",
        f"Message-ID: {own_id}",
        "",
        text,
    )
    return Letter(recipient=recipient, message_id=own_id, message="\r\n".join(head).encode())


@dataclass
class Bench:
    outbox: Outbox
    clock: Clock

    def add(self, *letters: Mail) -> None:
        with self.outbox.store.write() as connection:
            self.outbox.add(connection, None, letters, self.clock())

    def row(self, row_id: int = 1) -> Delivery:
        found = self.outbox.deliveries.get(row_id)
        assert found is not None
        return found


def bench(folder: Path) -> Bench:
    """Return an empty outbox. Its archive is closed when the bench is deleted: hold it as long as its store."""
    clock = Clock()
    path = folder / "archive.db"
    path.write_bytes(empty_archive())
    engine = open_engine(f"sqlite:///{path}")
    made = Bench(Outbox(Store(engine, clock, timedelta(seconds=90))), clock)
    weakref.finalize(made, engine.dispose)  # Python 3.13 and later warn of a connection that stays open
    return made


def post_for(folder: Path, count: int, domain: str = "x.org") -> Bench:
    """Return an outbox with mails to so many readers."""
    post = bench(folder)
    post.add(*(letter(number, recipient=f"r{number}@{domain}") for number in range(1, count + 1)))
    return post


def server_context(authority: trustme.CA, host: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


def mailer(
    server: SmtpServer | MailServer, cafile: Path | None, timeouts: Timeouts = PATIENT, **changed: Any
) -> SmtpMailer:
    settings: dict[str, Any] = {
        "host": "localhost",
        "port": server.port,
        "tls": "starttls",
        "username": "reader",
        "password": PASSWORD,
        "cafile": cafile,
    }
    return SmtpMailer(Server(**{**settings, **changed}), timeouts)


def plain(server: SmtpServer | MailServer, timeouts: Timeouts = PATIENT) -> SmtpMailer:
    """Return a mailer without encryption and password."""
    return mailer(server, None, timeouts, host="127.0.0.1", tls="none", username="", password="")
