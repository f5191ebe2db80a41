"""Each way to fail at each stage of the conversation with a mail server, and a death between any two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme

from db.outbox import Outbox
from monitor.delivery.protocol import send_pending
from monitor.model import DeliveryState
from tests.smtpserver import FAULTS, STAGES, SmtpServer
from tests.unit.delivery_kit import HASTY, PATIENT, Bench, bench, letter, mailer, server_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

UNKNOWABLE = {("dot", "drop"), ("dot", "hang"), ("dot", "garbage")}


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    authority = trustme.CA()
    cafile = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(cafile))
    return server_context(authority), cafile


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("stage", STAGES)
def test_mail_arrives_once_the_fault_clears(
    stage: str, fault: str, tls: tuple[ssl.SSLContext, Path], tmp_path: Path
) -> None:
    context, cafile = tls
    post = bench(tmp_path)
    post.add(letter())
    timeouts = HASTY if fault == "hang" else PATIENT
    with SmtpServer(stage, fault, tls=context) as server:
        send_pending(post.outbox, mailer(server, cafile, timeouts), post.clock)
        for _ in range(2):
            post.clock.advance(minutes=16)
            send_pending(post.outbox, mailer(server, cafile), post.clock)
    assert server.times == 0, "the fault never happened"
    row = post.row()
    assert row.state is DeliveryState.SENT
    assert set(server.message_ids()) == {row.message_id}
    if (stage, fault) in UNKNOWABLE:
        assert len(server.accepted) == 2
        assert row.ambiguous == 1
    else:
        assert len(server.accepted) == 1
    if stage not in ("dot", "body"):
        assert row.ambiguous == 0


class Killed(BaseException):
    """The process died."""


class DyingOutbox(Outbox):
    """Dies before or after one step is recorded, once."""

    __slots__ = ("dies",)

    def _maybe(self, name: str) -> None:
        if name in self.dies:
            self.dies.remove(name)
            raise Killed

    def claim(self, now: datetime) -> object:  # type: ignore[override]
        claimed = super().claim(now)
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
def test_death_between_two_steps_loses_nothing(
    point: str, copies: int, ambiguous: int, tls: tuple[ssl.SSLContext, Path], tmp_path: Path
) -> None:
    context, cafile = tls
    post = bench(tmp_path)
    post.add(letter())
    with SmtpServer(tls=context) as server:
        with pytest.raises(Killed):
            send_pending(_dying(post, point), mailer(server, cafile), post.clock)  # type: ignore[arg-type]
        send_pending(post.outbox, mailer(server, cafile), post.clock)
        post.clock.advance(minutes=16)
        send_pending(post.outbox, mailer(server, cafile), post.clock)
    assert post.row().state is DeliveryState.SENT
    assert post.row().ambiguous == ambiguous
    assert server.message_ids() == [post.row().message_id] * copies


def test_surely_unsent_mail_is_retried_at_once_and_doubtful_mail_waits(
    tls: tuple[ssl.SSLContext, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    context, cafile = tls
    post = bench(tmp_path)
    post.add(letter())
    with SmtpServer(tls=context) as server:
        with pytest.raises(Killed):
            send_pending(_dying(post, "dotted:after"), mailer(server, cafile), post.clock)  # type: ignore[arg-type]
        report = send_pending(post.outbox, mailer(server, cafile), post.clock)
        assert (report.sent, report.ambiguous) == (0, 1)
        post.clock.advance(minutes=15)
        report = send_pending(post.outbox, mailer(server, cafile), post.clock)
    assert (report.sent, report.ambiguous) == (1, 0)
    assert f"message may be sent more than once message_id={post.row().message_id}" in caplog.text


def test_a_server_that_never_answers_the_dot_gets_three_copies_and_no_more(
    tls: tuple[ssl.SSLContext, Path], tmp_path: Path
) -> None:
    context, cafile = tls
    post = bench(tmp_path)
    post.add(letter())
    with SmtpServer("dot", "drop", times=9, tls=context) as server:
        for _ in range(6):
            report = send_pending(post.outbox, mailer(server, cafile), post.clock)
            post.clock.advance(hours=5)
    assert len(server.accepted) == 3
    assert len(set(server.message_ids())) == 1
    assert post.row().state is DeliveryState.HELD
    assert post.row().ambiguous == 3
    assert report.held == 1


def test_hold_sends_no_second_copy(tls: tuple[ssl.SSLContext, Path], tmp_path: Path) -> None:
    context, cafile = tls
    post = bench(tmp_path)
    post.add(letter())
    with SmtpServer("dot", "garbage", tls=context) as server:
        for _ in range(3):
            report = send_pending(post.outbox, mailer(server, cafile), post.clock, on_ambiguous="hold")
            post.clock.advance(hours=5)
    assert len(server.accepted) == 1
    assert report.held == 1
