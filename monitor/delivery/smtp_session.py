"""Connection to a mail server, up to the point where it accepts mail.

It extends smtplib with deadlines and strict replies. smtplib takes any line as a reply, waits for ever for a server that
sends a byte a minute, keeps what came before TLS, and can't tell a refusal from an unknown reply.
"""

# ruff: noqa: PLR2004 (reply codes, RFC 5321 and 4954, are best known by their numbers)
from __future__ import annotations

import base64
import contextlib
import math
import re
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_REPLY = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_LONGEST_LINE = 65_536
_MOST_LINES = 200
_SHOWN = 200
_SLICE = 0.5
"""Longest read in seconds, after which `seconds_left` is looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Address and login of a mail server.

    `tls`: "starttls", "tls" (from the first byte) or "none"; the first two always verify the certificate. `cafile`:
    certificates to trust instead of the system's.
    """

    host: str
    port: int
    tls: str = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    cafile: Path | None = None

    def __post_init__(self) -> None:
        if self.tls not in ("starttls", "tls", "none"):
            raise ConfigError(f'delivery.smtp.tls is "{self.tls}": use "starttls", "tls" or "none"')
        if self.tls == "none" and self.username:
            raise ConfigError(
                'delivery.smtp.username is set but tls is "none": a password only goes over TLS, '
                'so set tls = "starttls" or leave the username out'
            )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait: for each step, for the reply to the final dot (RFC 5321, 4.5.3.2.6), for the reply to QUIT.

    `prompt`: after this time without a reply to the dot, the next mail is sent over another connection.
    """

    step: float = 60
    dot: float = 600
    quit: float = 5
    prompt: float = 15


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of the server: code and text."""

    code: int
    text: str

    def __str__(self) -> str:
        text = " ".join("".join(char if char.isprintable() else " " for char in self.text).split())
        return f"{self.code} {text}"[:_SHOWN].strip()

    @property
    def is_yes(self) -> bool:
        """True if the server did what it was asked (2xx)."""
        return 200 <= self.code < 300

    @property
    def is_no(self) -> bool:
        """True if the server refused, for now (4xx) or for good (5xx)."""
        return self.code >= 400

    @property
    def enhanced(self) -> str:
        """Enhanced status code (RFC 3463) without its class, "1.1" for 5.1.1; "" if the reply has none."""
        found = re.match(r"#?[245]\.(\d{1,3}\.\d{1,3})\b", self.text)  # Cisco's servers write "#5.1.0"
        return found[1] if found else ""


class NoReplyError(Exception):
    """The connection broke, or the server sent something that is no reply. The text completes "the server ..."."""


def unlimited() -> float:
    """Return the seconds left to a program that does not have to end."""
    return math.inf


class Session(smtplib.SMTP):
    """A connection with a deadline for each whole reply. It is closed as soon as a reply can't be read."""

    patience: float
    unread: bytes = b""
    ahead: int = 0
    """Commands that were sent ahead, and whose replies are not read yet."""
    is_used: bool = False
    """True once a mail was handed over, or refused, on this connection."""
    seconds_left: Callable[[], float] = staticmethod(unlimited)
    """Seconds until the program has to end, which bound every wait."""

    def send(self, s: bytes | str) -> None:  # type: ignore[override]  # no buffer is ever sent
        """Send within `patience` seconds. Raises NoReplyError."""
        try:
            connected = self.connected()
            connected.settimeout(self.patience)
            connected.sendall(s.encode(self.command_encoding) if isinstance(s, str) else s)
        except OSError as exc:
            self.close()
            raise NoReplyError(_broken(exc)) from exc

    def getreply(self) -> tuple[int, bytes]:
        """Read one reply to its end. Raises NoReplyError."""
        try:
            return self._read_reply(time.monotonic() + self.patience)
        except OSError as exc:
            self.close()
            raise NoReplyError(_broken(exc)) from exc
        except BaseException:
            self.close()
            raise

    def _read_reply(self, deadline: float) -> tuple[int, bytes]:
        texts: list[bytes] = []
        while len(texts) < _MOST_LINES:
            found = _REPLY.fullmatch(self._line(deadline))
            if found is None:
                raise NoReplyError("sent something that is no reply")
            texts.append(found[3] or b"")
            if found[2] != b"-":
                return int(found[1]), b"\n".join(texts)
        raise NoReplyError("sent a reply without an end")

    def _line(self, deadline: float) -> bytes:
        while b"\n" not in self.unread:
            if len(self.unread) > _LONGEST_LINE:
                raise NoReplyError("sent a line without an end")
            self._receive_by(deadline)
        line, _, self.unread = self.unread.partition(b"\n")
        return line.rstrip(b"\r")

    def _receive_by(self, deadline: float) -> None:
        """Receive some bytes. Raises TimeoutError at the deadline, or when the program has to end."""
        while True:
            left = min(deadline - time.monotonic(), self.seconds_left())
            try:
                self._receive(max(min(left, _SLICE), 0.001))  # 0 would switch the time-out off
            except TimeoutError:
                if left <= _SLICE:
                    raise
            else:
                return

    def _receive(self, timeout: float) -> None:
        connected = self.connected()
        connected.settimeout(timeout)
        data = connected.recv(4096)
        if not data:
            raise NoReplyError("closed the connection")
        self.unread += data

    def connected(self) -> socket.socket:
        """Return the socket. Raises NoReplyError if the connection is closed."""
        if self.sock is None:
            raise NoReplyError("closed the connection")
        return self.sock

    def send_ahead(self, commands: Sequence[str]) -> None:
        """Send the next commands at once if the server allows that (RFC 2920). Raises NoReplyError.

        The caller then asks the same commands in turn, and gets the replies to them.
        """
        if self.has_extn("pipelining"):
            self.send("".join(f"{command}\r\n" for command in commands))
            self.ahead = len(commands)

    def ask(self, command: str) -> Reply:
        """Send a command and read the reply. Raises NoReplyError, also if the server spoke before the command."""
        if self.ahead:
            self.ahead -= 1
            return self.reply()
        if self.unread:
            self.close()
            raise NoReplyError("said more than it was asked")
        code, text = self.docmd(command)
        return Reply(code, text.decode("utf-8", "replace"))

    def reply(self) -> Reply:
        """Read one reply. Raises NoReplyError."""
        code, text = self.getreply()
        return Reply(code, text.decode("utf-8", "replace"))

    def early(self) -> Reply | None:
        """Return what the server says before its turn; None for nothing. Raises NoReplyError if the connection broke."""
        if not self.unread:
            try:
                self._receive(0)
            except (BlockingIOError, ssl.SSLWantReadError):
                return None
            except (OSError, NoReplyError) as exc:
                self.close()
                raise NoReplyError(_broken(exc) if isinstance(exc, OSError) else str(exc)) from exc
        return self.reply()

    def answers(self, seconds: float) -> bool:
        """Return whether the server starts to answer within some seconds. Raises NoReplyError."""
        try:
            if not self.unread:
                self._receive_by(time.monotonic() + seconds)
        except TimeoutError:
            return False
        except (OSError, NoReplyError) as exc:
            self.close()
            raise NoReplyError(_broken(exc) if isinstance(exc, OSError) else str(exc)) from exc
        return True


class TlsSession(Session, smtplib.SMTP_SSL):
    """A session with TLS from the first byte."""


def open_session(server: Server, timeouts: Timeouts) -> Session:
    """Connect, secure, log in. Raises the error of `refusal`; the password is not in its text."""
    session = _connect(server, timeouts)
    try:
        _greet(session, server)
        if server.tls == "starttls":
            _start_tls(session, server)
            _greet(session, server)
        if server.username:
            _log_in(session, server)
    except BaseException as exc:
        session.close()
        if isinstance(exc, NoReplyError):
            raise refusal(server, f"{server} {exc}") from exc
        raise
    return session


def quit_session(session: Session, timeouts: Timeouts) -> None:
    """Send QUIT and close the connection. Errors no longer matter."""
    session.patience = timeouts.quit
    with contextlib.suppress(NoReplyError):
        session.ask("QUIT")
    session.close()


def refusal(server: Server, what: str, *, at_connecting: bool = True) -> DeliveryError:
    """Return the error that no mail can be sent. `at_connecting`: as in DeliveryError."""
    text = f"no mail can be sent: {what} (delivery.smtp in config.toml names {server})"
    return DeliveryError(text, scope="server", at_connecting=at_connecting)


def _connect(server: Server, timeouts: Timeouts) -> Session:
    try:
        if server.tls == "tls":
            session: Session = TlsSession(timeout=timeouts.step, context=_trust(server))
        else:
            session = Session(timeout=timeouts.step)
        session.patience = timeouts.step
        session._host = server.host  # type: ignore[attr-defined] # noqa: SLF001 (the name to verify; only a constructor that leaks sets it)
        code, text = session.connect(server.host, server.port)
    except ssl.SSLError as exc:
        raise refusal(server, f"TLS with {server} failed: {_why(exc)}") from exc
    except OSError as exc:
        raise refusal(server, f"{server} can't be reached: {_why(exc)}") from exc
    except NoReplyError as exc:
        raise refusal(server, f"{server} {exc} instead of a greeting") from exc
    if code != 220:
        session.close()
        raise refusal(server, f"{server} answered the connection with: {Reply(code, text.decode('utf-8', 'replace'))}")
    # The final dot is a small packet: without TCP_NODELAY it waits until the packets before it are acknowledged.
    session.connected().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return session


def _greet(session: Session, server: Server) -> None:
    code, text = session.ehlo()
    if code != 250:
        raise refusal(server, f"{server} answered EHLO with: {Reply(code, text.decode('utf-8', 'replace'))}")


def _start_tls(session: Session, server: Server) -> None:
    if not session.has_extn("starttls"):
        raise refusal(server, f'{server} offers no STARTTLS, and without TLS nothing is sent (tls = "starttls")')
    reply = session.ask("STARTTLS")
    if reply.code != 220:
        raise refusal(server, f"{server} answered STARTTLS with: {reply}")
    if session.unread:
        raise refusal(server, f"{server} sent more than its reply before TLS began, as an attacker would")
    try:
        session.sock = _wrap(session, server)
    except OSError as exc:
        raise refusal(server, f"TLS with {server} failed: {_why(exc)}") from exc
    session.esmtp_features = {}  # an attacker may have sent what was offered before TLS


def _wrap(session: Session, server: Server) -> socket.socket:
    plain = session.connected()
    plain.settimeout(session.patience)
    return _trust(server).wrap_socket(plain, server_hostname=server.host)


def _trust(server: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.cafile) if server.cafile else None)


def _log_in(session: Session, server: Server) -> None:
    if not isinstance(session.sock, ssl.SSLSocket):
        raise refusal(server, f"the connection to {server} is not secure, so no password is sent")
    offered = session.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in offered:
        reply = session.ask(f"AUTH PLAIN {_plain(server)}")
    elif "LOGIN" in offered:
        reply = session.ask(f"AUTH LOGIN {_b64(server.username)}")
        if reply.code == 334:
            reply = session.ask(_b64(server.password))
    else:
        names = " ".join(offered) or "none"
        raise refusal(server, f"{server} takes no password by PLAIN or LOGIN (it offers: {names})")
    if reply.code != 235:
        safe_reply = Reply(reply.code, _without_secrets(reply.text, server))
        raise refusal(server, f"{server} did not accept the name and password: {safe_reply}")


def _without_secrets(text: str, server: Server) -> str:
    for secret in (_plain(server), _b64(server.password), server.password):
        if secret:
            text = text.replace(secret, "***")
    return text


def _plain(server: Server) -> str:
    return _b64(f"\0{server.username}\0{server.password}")


def _b64(value: str) -> str:
    return base64.b64encode(value.encode()).decode("ascii")


def _broken(exc: Exception) -> str:
    if isinstance(exc, TimeoutError):
        return "did not answer in time"
    return "closed the connection"


def _why(exc: OSError) -> str:
    if isinstance(exc, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted ({exc.verify_message})"
    if isinstance(exc, TimeoutError):
        return "no answer in time"
    return exc.strerror or type(exc).__name__
