"""A mail server that fails on demand, at any stage of the conversation, in any of six ways, down to the bytes."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

STAGES = ("greet", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "body", "dot", "QUIT")
FAULTS = ("drop", "hang", "4xx", "421", "5xx", "garbage")
_GOOD = {
    "greet": b"220 mail.example.org ESMTP",
    "STARTTLS": b"220 go ahead",
    "AUTH": b"235 2.7.0 welcome",
    "MAIL": b"250 2.1.0 ok",
    "RCPT": b"250 2.1.5 ok",
    "DATA": b"354 go ahead",
    "dot": b"250 2.0.0 queued as 4711",
    "RSET": b"250 2.0.0 ok",
    "QUIT": b"221 2.0.0 bye",
}
_BAD = {
    "4xx": b"451 4.3.0 later",
    "421": b"421 4.3.2 closing",
    "5xx": b"554 5.3.0 no",
    "garbage": b"\x00\xff so it goes",
}


_TOO_SOON = b"450 4.7.1 Error: too much mail from you"


@dataclass(frozen=True, slots=True)
class Rate:
    """Mails that a server takes within some seconds. At `stage` it puts each further one off."""

    mails: int
    seconds: float
    stage: str


class _Gone(Exception):  # noqa: N818 (not an error: the other side left)
    pass


@dataclass
class SmtpServer:
    """A mail server with a `fault` at a `stage` for the first `times` times. Set its fields before use.

    Besides `FAULTS` there is "late", the right reply after the client has given up, and "slow", the right reply once `go_on`
    is set. Asked for STARTTLS without `tls`, it agrees and closes the connection.

    `replies`: replies by stage in place of the usual ones; several for one stage are used in order, the last one again and
    again. `besides`: bytes that are sent in addition for the first mail: at "body" after its first line, at "dot" in one
    packet with the reply and before it, at "after" behind it. `accepted`: the mails that the server took, as they came.
    `commands`: the commands of the client, by connection. `most_at_once`: connections that it takes at a time; each further
    one is refused, and counted in `turned_away`. `most_mails`: mails that it takes over one connection. 0: any number.
    `rate`: how many it takes in a time; those that it puts off are counted in `too_soon`. `seconds_a_mail`: time after the
    final dot until it answers.
    """

    stage: str = ""
    fault: str = ""
    times: int = 1
    tls: ssl.SSLContext | None = None
    is_implicit: bool = False
    features: tuple[str, ...] = ("8BITMIME", "AUTH PLAIN LOGIN")
    replies: dict[str, list[bytes]] = field(default_factory=dict)
    besides: dict[str, bytes] = field(default_factory=dict)
    go_on: threading.Event = field(default_factory=threading.Event)
    seconds_a_byte: float = 0
    seconds_a_mail: float = 0
    accepted: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: list[list[str]] = field(default_factory=list)
    most_at_once: int = 0
    most_mails: int = 0
    turned_away: int = 0
    rate: Rate | None = None
    too_soon: int = 0
    _open: int = 0
    _taken_at: deque[float] = field(default_factory=deque)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Condition()
        self._start(self._listen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def commands(self) -> list[str]:
        return [command for said in self.connections for command in said]

    def message_ids(self) -> list[str]:
        return [re.findall(rb"(?m)^Message-ID: (\S+)", mail)[0].decode() for mail in self.accepted]

    def wait_until_left(self) -> None:
        """Wait until the server has seen that every client closed its connection."""
        with self._lock:
            assert self._lock.wait_for(lambda: not self._open, 10), "a connection stayed open"

    def _start(self, target: Callable[..., object], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        said: list[str] = []
        self.connections.append(said)
        talk = _Talk(self, connection, said)
        with contextlib.suppress(OSError, _Gone):
            if self._let_in():
                try:
                    talk.run()
                finally:
                    with self._lock:
                        self._open -= 1
                        self._lock.notify_all()
            else:
                connection.sendall(b"421 4.7.0 too many connections\r\n")
        with contextlib.suppress(OSError):
            talk.connection.close()

    def _let_in(self) -> bool:
        with self._lock:
            is_full = bool(self.most_at_once) and self._open >= self.most_at_once
            self.turned_away += is_full
            self._open += not is_full
            return not is_full

    def _is_too_soon(self, stage: str) -> bool:
        if self.rate is None or stage != self.rate.stage:
            return False
        with self._lock:
            now = time.monotonic()
            while self._taken_at and self._taken_at[0] <= now - self.rate.seconds:
                self._taken_at.popleft()
            is_too_soon = len(self._taken_at) >= self.rate.mails
            self.too_soon += is_too_soon
            if not is_too_soon:
                self._taken_at.append(now)
            return is_too_soon

    def _fails(self, stage: str) -> bool:
        with self._lock:
            if stage != self.stage or self.times < 1:
                return False
            self.times -= 1
            return True

    def _reply(self, stage: str) -> bytes:
        with self._lock:
            given = self.replies.get(stage)
            if not given:
                return _GOOD[stage]
            return given.pop(0) if len(given) > 1 else given[0]


class _Talk:
    def __init__(self, server: SmtpServer, connection: socket.socket, said: list[str]) -> None:
        self.server = server
        self.connection = connection
        self.said = said
        self.buffer = self.ahead = b""
        self.is_secure = False
        self.mails = 0
        connection.settimeout(20)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self) -> None:
        if self.server.is_implicit:
            self._secure()
        self._answer("greet")
        while True:
            line = self._line().decode("utf-8", "replace")
            self.said.append(line)
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                self._ehlo()
            elif verb == "STARTTLS":
                self._answer("STARTTLS")
                self._secure()
            elif verb == "DATA":
                self._data()
            elif verb == "MAIL" and 0 < self.server.most_mails <= self.mails:
                self._send(b"421 4.7.0 too many mails over one connection")
                return
            elif verb in _GOOD:
                self._answer(verb)
                if verb == "RCPT":
                    self.server.recipients.append(line)
                if verb == "QUIT":
                    return
            else:
                self._answer("AUTH")  # the name or the password of AUTH LOGIN

    def _secure(self) -> None:
        if self.server.tls is None:
            raise _Gone
        self.buffer = b""
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.is_secure = True

    def _ehlo(self) -> None:
        if self._trouble("EHLO"):
            return
        if "EHLO" in self.server.replies:
            self._send(self.server._reply("EHLO"))
            return
        offers = ["mail.example.org", *self.server.features]
        if self.server.tls is not None and not self.is_secure:
            offers.append("STARTTLS")
        last = offers.pop()
        self._send(b"".join(f"250-{offer}\r\n".encode() for offer in offers) + f"250 {last}".encode())

    def _data(self) -> None:
        reply = self._answer("DATA")
        if not reply.startswith(b"354"):
            return
        lines: list[bytes] = []
        while (line := self._line()) != b".":
            if not lines:
                self._trouble("body")
                self._say_besides("body")
            lines.append(line.removeprefix(b"."))
        if self.server.fault in ("4xx", "421", "5xx") and self.server.stage == "dot" and self.server.times > 0:
            self._answer("dot")
            return
        if self.server._is_too_soon("dot"):
            self._send(_TOO_SOON)
            return
        time.sleep(self.server.seconds_a_mail)
        is_taken = self.server.replies.get("dot", [b"250"])[0].startswith(b"2")
        if is_taken:
            self.mails += 1
            self.server.accepted.append(b"".join(line + b"\r\n" for line in lines))
        if said := self.server.besides.pop("dot", b""):
            self.ahead = said + b"\r\n"  # in one packet with the reply
        self._answer("dot")
        self._say_besides("after")

    def _say_besides(self, stage: str) -> None:
        if said := self.server.besides.get(stage, b""):
            self._send(said)
            del self.server.besides[stage]  # now it was sent, and a test may wait for that

    def _answer(self, stage: str) -> bytes:
        bad = self._trouble(stage)
        if bad:
            return bad
        is_too_soon = stage != "dot" and self.server._is_too_soon(stage)  # that of a dot was decided before
        reply = _TOO_SOON if is_too_soon else self.server._reply(stage)
        self._send(reply)
        return reply

    def _trouble(self, stage: str) -> bytes:
        """Do the fault of this stage, if it has one now. Return the bad reply that was sent."""
        if not self.server._fails(stage):
            return b""
        fault = self.server.fault
        if fault == "drop":
            raise _Gone
        if fault == "slow":
            self.server.go_on.wait(30)
            return b""
        if fault in ("hang", "late"):
            while self.connection.recv(65_536):
                pass
            if fault == "late":
                self._send(self.server._reply(stage))
            raise _Gone
        self._send(_BAD[fault])
        if fault == "421" or stage in ("STARTTLS", "body"):
            raise _Gone
        return _BAD[fault]

    def _send(self, reply: bytes) -> None:
        reply, self.ahead = self.ahead + reply, b""
        if not self.server.seconds_a_byte:
            self.connection.sendall(reply + b"\r\n")
            return
        for byte in reply + b"\r\n":
            time.sleep(self.server.seconds_a_byte)
            self.connection.sendall(bytes([byte]))

    def _line(self) -> bytes:
        while b"\r\n" not in self.buffer:
            data = self.connection.recv(65_536)
            if not data:
                raise _Gone
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line
