"""A mail server that fails, each way at each stage of the conversation, and oddities that are no failure.

The fault happens once (an oddity lasts for the whole first try). After it the mail must arrive by the second try, and
twice only if no one but the server knows whether it has the mail. There is no cell for recipients that are refused in
part, because a mail has one recipient.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import trustme

from monitor.delivery.stage import Connections, send_pending
from monitor.model.deliveries import DeliveryState
from tests.reliability.tally import Proof, Tally
from tests.smtpserver import FAULTS, STAGES, SmtpServer
from tests.unit.delivery_kit import HASTY, PATIENT, bench, letter, mailer, server_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

    from monitor.delivery.smtp import SmtpMailer
    from monitor.delivery.smtp_session import Timeouts
    from tests.reliability.tally import Budget
    from tests.unit.delivery_kit import Bench, Letter

UNKNOWABLE = frozenset({("dot", "drop"), ("dot", "hang"), ("dot", "garbage"), ("dot", "late")})
"""Faults after which the server has the mail but the client does not know it."""

TRIES = 2
"""Tries after the fault within which a mail arrives."""

NO_FAILURE = frozenset({"slow replies", "lines of 10 kB", "replies of many lines"})
"""Oddities with which the mail is sent at the first try."""

LONG = b"x" * 10_000
_GOOD_ANYWHERE = {
    "greet": b"220",
    "MAIL": b"250",
    "RCPT": b"250",
    "DATA": b"354",
    "AUTH": b"235",
    "dot": b"250",
    "QUIT": b"221",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A fault at a stage, or an oddity, which has no stage. Over several `connections` several mails are sent at once.

    `takes_ahead`: the server offers that commands are sent ahead (PIPELINING).
    """

    stage: str
    fault: str
    connections: int = 1
    takes_ahead: bool = False

    def __str__(self) -> str:
        what = f"{self.fault} at {self.stage}" if self.stage else self.fault
        what = f"{what}, commands ahead" if self.takes_ahead else what
        return what if self.connections == 1 else f"{what}, {self.connections} connections"


MATRIX = tuple(Cell(stage, fault) for stage in STAGES for fault in FAULTS)
ODDITIES = (
    Cell("", "no 8BITMIME"),
    Cell("", "no SMTPUTF8"),
    Cell("", "slow replies"),
    Cell("", "replies slower than we wait"),
    Cell("", "lines of 10 kB"),
    Cell("", "replies of many lines"),
    Cell("MAIL", "late"),
    Cell("dot", "late"),
)
SEVERAL = tuple(Cell(stage, fault, connections=3) for stage in STAGES for fault in FAULTS)
AHEAD = tuple(Cell(cell.stage, cell.fault, takes_ahead=True) for cell in MATRIX + ODDITIES)
CELLS = MATRIX + ODDITIES + SEVERAL + AHEAD
LETTERS = 5
"""Mails that are sent over several connections."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Context of the server, and the file that the client trusts."""

    context: ssl.SSLContext
    cafile: Path


def certificates(folder: Path) -> Certificates:
    """Make an authority of our own, and a certificate from it."""
    authority = trustme.CA()
    cafile = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(cafile))
    return Certificates(server_context(authority), cafile)


def _letter(cell: Cell) -> Letter:
    if cell.fault == "no 8BITMIME":
        return letter(text="Zwölf Zeilen.\r\n")
    if cell.fault == "no SMTPUTF8":
        return letter(recipient="jörg@example.org")
    return letter()


def _timeouts(cell: Cell) -> Timeouts:
    return HASTY if cell.fault in ("hang", "late", "replies slower than we wait") else PATIENT


def _make_odd(server: SmtpServer, cell: Cell) -> None:
    server.features += ("PIPELINING",) * cell.takes_ahead
    if cell.fault == "no 8BITMIME":
        server.features = ("AUTH PLAIN LOGIN", "SMTPUTF8", *(("PIPELINING",) * cell.takes_ahead))
    elif cell.fault == "slow replies":
        server.seconds_a_byte = 0.0005
    elif cell.fault == "replies slower than we wait":
        server.seconds_a_byte = 0.05
    elif cell.fault == "lines of 10 kB":
        server.replies = {stage: [code + b" " + LONG] for stage, code in _GOOD_ANYWHERE.items()}
    elif cell.fault == "replies of many lines":
        lines = {stage: b"-and then\r\n".join([code] * 50) for stage, code in _GOOD_ANYWHERE.items()}
        server.replies = {stage: [line + b" the end"] for stage, line in lines.items()}


def _make_ordinary(server: SmtpServer, cell: Cell) -> None:
    server.features = ("8BITMIME", "AUTH PLAIN LOGIN", "SMTPUTF8", *(("PIPELINING",) * cell.takes_ahead))
    server.seconds_a_byte = 0
    server.replies = {}


def try_cell(cell: Cell, certificates: Certificates, folder: Path) -> Tally:
    """Send a mail with this fault, then try again. The archive is made in the folder."""
    post = bench(folder)
    if cell.connections == 1:
        post.add(_letter(cell))
    else:
        post.add(*(letter(number, recipient=f"r{number}@example.org") for number in range(1, LETTERS + 1)))
    with SmtpServer(cell.stage, cell.fault if cell.stage else "", tls=certificates.context) as server:
        _make_odd(server, cell)
        _send(cell, post, lambda: mailer(server, certificates.cafile, _timeouts(cell)))
        _make_ordinary(server, cell)
        for _ in range(TRIES):
            _wait(post)
            _send(cell, post, lambda: mailer(server, certificates.cafile))
    post.outbox.store.engine.dispose()
    return _judge(cell, post, server)


def _wait(post: Bench) -> None:
    """Wait until the next try: a quarter of an hour, or a day if the address was refused."""
    due = [row.next_try_at for row in post.outbox.deliveries.listing() if row.next_try_at]
    post.clock.now = max([post.clock.now, *due]) + timedelta(minutes=16)


def _send(cell: Cell, post: Bench, open_mailer: Callable[[], SmtpMailer]) -> None:
    several = Connections(count=cell.connections, open=open_mailer) if cell.connections > 1 else None
    send_pending(post.outbox, open_mailer(), post.clock, connections=several)


def _judge(cell: Cell, post: Bench, server: SmtpServer) -> Tally:
    return _judge_one(cell, post, server) if cell.connections == 1 else _judge_several(cell, post, server)


def _judge_several(cell: Cell, post: Bench, server: SmtpServer) -> Tally:
    """Judge mails that went at once: which of them met the fault is chance."""
    tally = Tally(tried=1)
    arrived = Counter(server.message_ids())
    for row in post.outbox.deliveries.listing():
        copies = arrived.pop(row.message_id, 0)
        tally.flagged += row.ambiguous
        if row.state is not DeliveryState.SENT or not copies:
            tally.lost += 1
            tally.failures.append(f"{cell}: mail {row.id} is {row.state}, the server has {copies}, {row.error}")
        if copies - 1 > row.ambiguous:
            tally.duplicated += 1
            tally.failures.append(f"{cell}: the server has {copies}, marked as maybe sent twice {row.ambiguous} times")
    if cell.stage and server.times:
        tally.failures.append(f"{cell}: the fault never happened")
    if arrived:
        tally.failures.append(f"{cell}: the server has mails that were never written: {arrived}")
    return tally


def _judge_one(cell: Cell, post: Bench, server: SmtpServer) -> Tally:
    tally = Tally(tried=1)
    row = post.row()
    copies = len(server.accepted)
    tally.flagged = row.ambiguous
    if cell.stage and server.times:
        tally.failures.append(f"{cell}: the fault never happened")
    if row.state is not DeliveryState.SENT or not copies:
        tally.lost = 1
        tally.failures.append(
            f"{cell}: the mail is {row.state}, the server has {copies}, {post.outbox.deliveries.listing()[0].error}"
        )
    if copies - 1 > row.ambiguous:
        tally.duplicated = 1
        tally.failures.append(f"{cell}: the server has {copies}, marked as maybe sent twice {row.ambiguous} times")
    if set(server.message_ids()) - {row.message_id}:
        tally.failures.append(
            f"{cell}: the server has {server.message_ids()}, but only {row.message_id} should be sent"
        )
    if not cell.stage and (len(server.connections) == 1) is not (cell.fault in NO_FAILURE):
        tally.failures.append(f"{cell}: it took {len(server.connections)} connections")
    expected = int((cell.stage, cell.fault) in UNKNOWABLE)
    if (copies, row.ambiguous) != (1 + expected, expected) and not _may_be_doubted(cell):
        tally.failures.append(f"{cell}: the server has {copies}, marked {row.ambiguous} times, not {expected}")
    return tally


def _may_be_doubted(cell: Cell) -> bool:
    """Return whether a break may be noticed only at the dot, because it comes while the text is sent."""
    return cell.stage == "body"


def matrix(folder: Path, budget: Budget) -> Tally:
    """Try all cells in order."""
    tally = Tally()
    trusted = certificates(folder)
    while budget.allows_another(tally.tried):
        cell = CELLS[tally.tried % len(CELLS)]
        place = folder / str(tally.tried)
        place.mkdir()
        tally.add(try_cell(cell, trusted, place))
    return tally


PROOFS = (Proof(name="mail server faults", unit="cell", full=len(CELLS), run=matrix, share=0.3),)
