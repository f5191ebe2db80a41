"""Failures at every stage of the conversation with a mail server, and a kill between any two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.outbox import Outbox
from monitor.delivery.stage import send_pending
from monitor.model.deliveries import DeliveryState
from monitor.model.limits import NO_LIMITS, SendingLimits
from tests.reliability.smtp import CELLS, PROOFS, UNKNOWABLE, Cell, Certificates, certificates, try_cell
from tests.reliability.tally import Budget
from tests.smtpserver import SmtpServer
from tests.unit.delivery_kit import Bench, bench, letter, mailer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime
    from pathlib import Path

    from monitor.model.deliveries import Delivery

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_mail_arrives_once_the_fault_clears(cell: Cell, trusted: Certificates, tmp_path: Path) -> None:
    tally = try_cell(cell, trusted, tmp_path)
    assert tally.failures == []
    assert tally.is_good
    assert tally.flagged == ((cell.stage, cell.fault) in UNKNOWABLE) or cell.stage == "body"


def test_proof_covers_all_cells(tmp_path: Path) -> None:
    assert [proof.full for proof in PROOFS] == [len(set(CELLS))] == [196]
    [proof] = PROOFS
    tally = proof.run(tmp_path, Budget(seed=1, count=2))
    assert (tally.tried, tally.is_good) == (2, True)


def test_proof_detects_a_sender_that_forgets_what_it_sent(
    trusted: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the note before the final dot, the proof reports a mail that was sent twice and not marked."""
    monkeypatch.setattr(Outbox, "dotted", lambda *_: None)
    monkeypatch.setattr(Outbox, "ambiguous", lambda self, row_id, token, error: self.failed(
        row_id, token, self.store.clock(), error, "message"))  # fmt: skip
    tally = try_cell(Cell("dot", "drop"), trusted, tmp_path)
    assert (tally.duplicated, tally.is_good) == (1, False)
    assert tally.failures[0] == "drop at dot: the server has 2, marked as maybe sent twice 0 times"


class Killed(BaseException):
    """Stand-in for the end of the process."""


class DyingOutbox(Outbox):
    """Outbox that dies once, before or after one step is recorded."""

    __slots__ = ("dies",)
    dies: set[str]

    def _maybe(self, name: str) -> None:
        if name in self.dies:
            self.dies.remove(name)
            raise Killed

    def claim(
        self, now: datetime, limits: SendingLimits = NO_LIMITS, *, avoid: Collection[str] = ()
    ) -> tuple[Delivery, str] | None:
        claimed = super().claim(now, limits, avoid=avoid)
        if claimed:
            self._maybe("claim:after")
        return claimed

    def dotted(self, row_id: int, token: str, now: datetime) -> None:
        self._around("dotted", lambda: super(DyingOutbox, self).dotted(row_id, token, now))

    def sent(self, row_id: int, token: str, now: datetime, reply: str) -> None:
        self._around("sent", lambda: super(DyingOutbox, self).sent(row_id, token, now, reply))

    def _around(self, name: str, step: Callable[[], None]) -> None:
        self._maybe(f"{name}:before")
        step()
        self._maybe(f"{name}:after")


def _dying(post: Bench, *points: str) -> DyingOutbox:
    outbox = DyingOutbox(post.outbox.store)
    object.__setattr__(outbox, "dies", set(points))
    return outbox


@pytest.mark.parametrize(
    ("point", "copies", "ambiguous"),
    [
        ("claim:after", 1, 0),
        ("dotted:before", 1, 0),
        ("dotted:after", 1, 1),
        ("sent:before", 2, 1),
        ("sent:after", 1, 0),
    ],
)
def test_kill_between_two_steps_loses_nothing(
    point: str, copies: int, ambiguous: int, trusted: Certificates, tmp_path: Path
) -> None:
    post = bench(tmp_path)
    post.add(letter())
    with SmtpServer(tls=trusted.context) as server:
        with pytest.raises(Killed):
            send_pending(_dying(post, point), mailer(server, trusted.cafile), post.clock)
        send_pending(post.outbox, mailer(server, trusted.cafile), post.clock)
        post.clock.advance(minutes=16)
        send_pending(post.outbox, mailer(server, trusted.cafile), post.clock)
    assert post.row().state is DeliveryState.SENT
    assert post.row().ambiguous == ambiguous
    assert server.message_ids() == [post.row().message_id] * copies


def test_unsent_mail_is_retried_at_once_and_doubtful_mail_waits(
    trusted: Certificates, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    post = bench(tmp_path)
    post.add(letter())
    with SmtpServer(tls=trusted.context) as server:
        with pytest.raises(Killed):
            send_pending(_dying(post, "dotted:after"), mailer(server, trusted.cafile), post.clock)
        report = send_pending(post.outbox, mailer(server, trusted.cafile), post.clock)
        assert (report.sent, report.ambiguous) == (0, 1)
        post.clock.advance(minutes=15)
        report = send_pending(post.outbox, mailer(server, trusted.cafile), post.clock)
    assert (report.sent, report.ambiguous) == (1, 0)
    assert f"message may be sent more than once message_id={post.row().message_id}" in caplog.text


def test_a_server_that_never_answers_the_dot_gets_three_copies_and_no_more(
    trusted: Certificates, tmp_path: Path
) -> None:
    post = bench(tmp_path)
    post.add(letter())
    with SmtpServer("dot", "drop", times=9, tls=trusted.context) as server:
        for _ in range(6):
            report = send_pending(post.outbox, mailer(server, trusted.cafile), post.clock)
            post.clock.advance(hours=5)
    assert len(server.accepted) == 3
    assert len(set(server.message_ids())) == 1
    assert post.row().state is DeliveryState.HELD
    assert post.row().ambiguous == 3
    assert report.held == 1


def test_hold_sends_no_second_copy(trusted: Certificates, tmp_path: Path) -> None:
    post = bench(tmp_path)
    post.add(letter())
    with SmtpServer("dot", "garbage", tls=trusted.context) as server:
        for _ in range(3):
            report = send_pending(post.outbox, mailer(server, trusted.cafile), post.clock, on_ambiguous="hold")
            post.clock.advance(hours=5)
    assert len(server.accepted) == 1
    assert report.held == 1
