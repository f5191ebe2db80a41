"""Signals: handled at once, but later while a mail is handed over."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from monitor.cli import main, pqwatch
from monitor.errors import DeliveryError, signal_behind
from monitor.operations.signals import SignalHandler, Terminated, UninterruptedMailer
from tests.ctrl_c import handled_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.ports import Accepted, Callback

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals can't be sent to oneself there")
BOTH = [(signal.SIGTERM, Terminated), (signal.SIGINT, KeyboardInterrupt)]


@pytest.fixture
def signals() -> Iterator[SignalHandler]:
    with handled_signals() as signals:
        yield signals


class Post:
    """Mailer that calls a function of the test during delivery."""

    is_idempotent = False

    def __init__(self, act: Callable[[], object]) -> None:
        self.act = act
        self.is_closed = False

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        before_dot()
        self.act()
        accepted(f"{recipient} {len(message)}")

    def close(self) -> None:
        self.is_closed = True


def send(number: int) -> None:
    os.kill(os.getpid(), number)


def unreached() -> None:
    pytest.fail("the signal was ignored")


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(("number", "exception"), BOTH)
def test_a_signal_is_raised_at_once(number: int, exception: type[BaseException]) -> None:
    with pytest.raises(exception):  # noqa: PT012 (the second statement must not be reached)
        send(number)
        unreached()


@pytest.mark.parametrize(("number", "exception"), BOTH)
def test_signal_waits_for_the_end_of_the_protected_block(
    signals: SignalHandler, number: int, exception: type[BaseException]
) -> None:
    steps: list[str] = []
    with pytest.raises(exception), signals.deferred():  # noqa: PT012
        with signals.deferred():
            send(number)
            steps.append("inner")
        steps.append("outer")
    assert steps == ["inner", "outer"]
    with signals.deferred():
        steps.append("again")
    assert steps[-1] == "again"


def test_error_during_the_wait_comes_first(signals: SignalHandler) -> None:
    with pytest.raises(DeliveryError), signals.deferred():
        raise DeliveryError("no", scope="message")
    with signals.deferred():
        pass


def test_mail_that_is_being_handed_over_is_completed(signals: SignalHandler) -> None:
    replies: list[str] = []
    post = Post(lambda: send(signal.SIGTERM))
    mailer = UninterruptedMailer(post, signals)
    with pytest.raises(Terminated):
        mailer.deliver(b"mail", "a@example.org", lambda: replies.append("dot"), replies.append)
    assert replies == ["dot", "a@example.org 4"]
    assert mailer.is_idempotent is False
    mailer.close()
    assert post.is_closed


class Untidy:
    def __del__(self) -> None:
        send(signal.SIGTERM)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_whose_exception_is_lost_is_remembered(
    signals: SignalHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: lost.append(args.exc_type))
    assert not signals.was_received()
    Untidy()
    assert lost == [Terminated]
    assert signals.was_received()


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(("number", "exception"), BOTH)
def test_a_signal_whose_exception_was_forgotten_is_sent_again(number: int, exception: type[BaseException]) -> None:
    class Disposed:
        """Object whose disposal raises the signal, as that of a connection's generator may."""

        def __del__(self) -> None:
            send(number)

    with pytest.raises(exception):  # noqa: PT012 (the waiting is what the signal must end)
        Disposed()
        threading.Event().wait(20)
        unreached()


@pytest.mark.usefixtures("signals")
def test_termination_exits_with_143() -> None:
    with pytest.raises(SystemExit) as caught:
        send(signal.SIGTERM)
    assert caught.value.code == 143


def test_a_signal_while_an_object_is_disposed_of_is_heard_and_prints_no_trace(
    signals: SignalHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    unraisable: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    signals.install()

    class Disposed:
        """Object whose disposal sends the signal, or fails."""

        def __init__(self, act: Callable[[], object]) -> None:
            self.act = act

        def __del__(self) -> None:
            self.act()

    Disposed(lambda: 1 / 0)
    assert len(unraisable) == 1
    Disposed(lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert signals.was_received()
    Disposed(lambda: 1 / 0)
    assert len(unraisable) == 1


class Interrupting:
    """Descriptor that raises while its class is made, as an import may."""

    def __init__(self, exception: BaseException) -> None:
        self._exception = exception

    def __set_name__(self, owner: type, name: str) -> None:
        raise self._exception


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(
    ("exception", "code"), [(Terminated(), 143), (KeyboardInterrupt(), 130), (ValueError("of its own"), None)]
)
def test_a_signal_while_a_class_is_made_ends_with_its_code(
    monkeypatch: pytest.MonkeyPatch, exception: BaseException, code: int | None
) -> None:
    def make(**_: object) -> None:
        type("Made", (), {"member": Interrupting(exception)})

    monkeypatch.setattr(pqwatch, "main", make)
    monkeypatch.setattr("monitor.cli.SIGNALS", SignalHandler())
    monkeypatch.setattr(SignalHandler, "install", lambda _: None)
    with pytest.raises((SystemExit, RuntimeError, ValueError)) as ended:
        main()
    assert getattr(ended.value, "code", None) == code


@pytest.mark.usefixtures("signals")
def test_a_signal_after_the_end_of_a_command_ends_the_process_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pqwatch, "main", lambda **_: 0)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert [signal.getsignal(number) for number, _ in BOTH] == [signal.SIG_DFL, signal.SIG_DFL]


def raise_in_place_of(exception: BaseException) -> None:
    """Raise an error as a library does that cleans up after a signal."""
    try:
        raise exception
    finally:
        raise AssertionError("half changed")


@pytest.mark.parametrize("exception", [Terminated(), KeyboardInterrupt()])
def test_an_error_in_place_of_a_signal_is_told_from_others(exception: BaseException) -> None:
    with pytest.raises(AssertionError) as raised:
        raise_in_place_of(exception)
    assert signal_behind(raised.value) is exception
    assert signal_behind(exception) is exception
    with pytest.raises(AssertionError) as raised:
        raise_in_place_of(ValueError())
    assert signal_behind(raised.value) is None


def test_a_signal_that_comes_as_a_command_ends_is_ignored(signals: SignalHandler) -> None:
    handler = signal.getsignal(signal.SIGINT)
    assert callable(handler)
    signals.leave()
    handler(signal.SIGINT, None)
