"""Mailer that hands mail to an SMTP server, and always knows whether the server may have a mail."""

# ruff: noqa: PLR2004 (reply codes, RFC 5321, are best known by their numbers)
from __future__ import annotations

import math
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import TYPE_CHECKING

from monitor.delivery.smtp_session import (
    NoReplyError,
    Reply,
    Server,
    Session,
    Timeouts,
    open_session,
    quit_session,
    refusal,
    unlimited,
)
from monitor.errors import AmbiguousDeliveryError, DeliveryError, SilentServerError
from monitor.model.bounces import UNKNOWN_TO_MICROSOFT

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.delivery.return_address import ReturnAddress
    from monitor.ports import Accepted, Callback

_ADDRESS = re.compile(r"[^\s<>\x00-\x1f\x7f]+@[^\s<>@\x00-\x1f\x7f]+")
_CHUNK = 16_384
_NOT_NOW = frozenset({421, 530, 535, 538})  # closing; log in first; log-in failed; only over TLS
_TO_QUIT = frozenset({221, 421})
_OF_RECIPIENT = frozenset({"1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.10"})
_OF_SENDER = frozenset({"1.7", "1.8"})
"""Subjects of status codes (RFC 3463) that are about an address."""
_SENDER_REFUSED = re.compile(
    r"[45]\.\d{1,3}\.\d{1,3} (?:<[^>]*>: )?Sender (?:address )?(?:rejected|denied)", re.IGNORECASE
)
"""Words of Postfix and Microsoft, which keep what they have against a sender until RCPT, under several codes."""

_GREYLISTED = re.compile(r"gr[ea]y-?\s?list", re.IGNORECASE)
"""Word of servers that put off each first mail from a sender to a reader, and take it when it comes again."""


class SmtpMailer:
    """Hands mails to one server over one connection, for as long as the connection lasts. It is not thread-safe.

    One `deliver` hands a mail over at most once. A connection that broke between two mails is opened again.
    `seconds_left()`: seconds until the program has to end, after which a reply to the final dot is no longer waited for.
    """

    is_idempotent = False

    def __init__(
        self,
        server: Server,
        timeouts: Timeouts | None = None,
        seconds_left: Callable[[], float] = unlimited,
        return_address: ReturnAddress | None = None,
    ) -> None:
        self.server = server
        self._seconds_left = seconds_left
        self._return_address = return_address
        self.timeouts = timeouts or Timeouts()
        self._kept: Session | None = None

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        """Hand a mail over; see monitor.ports.Mailer. The sender of the envelope is a return address, or else From."""
        mail = _prepare(message, recipient, self._return_address)
        session = self._begin(mail)
        try:
            if not self._announce(session, mail):
                session = self._open(mail)
                self._announce(session, mail)
            self._hand_over(session, mail, before_dot, accepted)
        except NoReplyError as exc:
            session.close()
            text = f"the mail to {recipient} did not go: {self.server} {exc}"
            raise DeliveryError(text, scope="message", may_be_server=True) from exc
        except SilentServerError:
            raise  # the connection is needed for the late reply
        except DeliveryError:
            self._keep(session)
            raise
        except BaseException:
            session.close()
            raise
        self._keep(session)

    def close(self) -> None:
        """End the connection."""
        if self._kept is not None:
            quit_session(self._kept, self.timeouts)
            self._kept = None

    def _keep(self, session: Session) -> None:
        """Keep the connection for the next mail, unless it broke or the server still answers what it was sent."""
        if session.ahead:
            session.close()
        session.is_used = True
        self._kept = session if session.sock is not None else None

    def _begin(self, mail: _Mail) -> Session:
        """Open a connection, or take the open one, and send MAIL."""
        if self._kept is not None:
            session, self._kept = self._kept, None
            try:
                if self._reset(session, mail):
                    self._mail_from(session, mail)
                    return session
            except (DeliveryError, NoReplyError):
                pass  # a broken old connection says nothing about the server: a new one does
            session.close()
        return self._open(mail)

    def _open(self, mail: _Mail) -> Session:
        """Open a connection and send MAIL."""
        session = open_session(self.server, self.timeouts)
        try:
            session.send_ahead(_envelope(session, mail, self.server))
            self._mail_from(session, mail)
        except NoReplyError as exc:
            raise refusal(self.server, f"{self.server} {exc} after MAIL") from exc
        except BaseException:
            session.close()
            raise
        return session

    def _reset(self, session: Session, mail: _Mail) -> bool:
        """Begin a further mail; return whether the connection is in step. Raises NoReplyError.

        A reply that is there before the command belongs to an earlier mail: every further reply would be one too late. With
        commands sent ahead such a reply is noticed at the latest at DATA, whose own reply is unlike all others.
        """
        if session.early() is not None:
            return False
        session.send_ahead(["RSET", *_envelope(session, mail, self.server)])
        return session.ask("RSET").is_yes and (bool(session.ahead) or session.early() is None)

    def _mail_from(self, session: Session, mail: _Mail) -> None:
        command = _mail_command(session, mail, self.server)
        reply = session.ask(command)
        if not reply.is_yes:
            is_big = reply.code == 552 or reply.enhanced == "3.4"
            raise self._refused(session, reply, mail, "message" if is_big else "server")

    def _announce(self, session: Session, mail: _Mail) -> bool:
        """Send RCPT and DATA; return False if the server closes a connection over which earlier mails were sent.

        Many servers do so after a number of mails, and take the next one over a new connection.
        """
        reply = session.ask(_rcpt_command(mail))
        is_taken = reply.is_yes
        if is_taken:
            reply = session.ask("DATA")
        if reply.code == 354 and is_taken:
            return True
        if reply.code == 421 and session.is_used:
            session.close()
            return False
        if session.ahead:
            self._end_envelope(session)
        raise self._refused(session, reply, mail, "message" if is_taken else _scope_at_rcpt(reply))

    def _end_envelope(self, session: Session) -> None:
        """Read the reply to a DATA that was sent ahead of a refusal. A server that waits for a text now gets none."""
        session.patience = self.timeouts.quit
        with suppress(NoReplyError):
            if session.ask("DATA").is_no:
                session.patience = self.timeouts.step
                return
        session.close()

    def _hand_over(self, session: Session, mail: _Mail, before_dot: Callback, accepted: Accepted) -> None:
        for start in range(0, len(mail.body), _CHUNK):
            session.send(mail.body[start : start + _CHUNK])
        self._hear_early(session, mail)
        before_dot()
        self._hear_early(session, mail)  # recording took a moment
        reply = self._dot(session, mail)
        if not reply.is_yes:
            raise self._refused(session, reply, mail, "message")
        accepted(str(reply))

    def _hear_early(self, session: Session, mail: _Mail) -> None:
        """Give up if the server answers before the final dot, which is then never sent. Raises DeliveryError."""
        early = session.early()
        if early is not None:
            session.close()
            raise self._refused(session, early, mail, "message")

    def _dot(self, session: Session, mail: _Mail) -> Reply:
        """Send the final dot and read the reply. Raises SilentServerError if it does not come promptly."""
        until = time.monotonic() + self.timeouts.dot
        is_last = self.timeouts.dot <= self.timeouts.prompt
        session.seconds_left = self._seconds_left
        try:
            session.patience = self.timeouts.step
            session.send(b".\r\n")
            has_come = session.answers(min(self.timeouts.prompt, self.timeouts.dot))
        except NoReplyError as exc:
            raise self._unknown(mail, str(exc)) from exc
        if has_come:
            return self._dot_reply(session, mail, until)
        unknown = self._unknown(mail, "did not answer in time")
        if is_last or self._seconds_left() < math.inf:
            session.close()
            raise unknown
        raise SilentServerError(
            str(unknown), wait_on=lambda seconds_left: self._wait_on(session, mail, until, seconds_left)
        )

    def _wait_on(self, session: Session, mail: _Mail, until: float, seconds_left: Callable[[], float]) -> str:
        """Wait for the late reply to a final dot, and close the connection."""
        session.seconds_left = seconds_left
        try:
            reply = self._dot_reply(session, mail, until)
            if not reply.is_yes:
                raise self._refused(session, reply, mail, "message")
            return str(reply)
        finally:
            session.close()

    def _dot_reply(self, session: Session, mail: _Mail, until: float) -> Reply:
        """Read the one reply to the final dot, apart from anything else that the server says."""
        session.patience = max(until - time.monotonic(), 0.0)
        try:
            reply = session.reply()
            if not reply.is_yes or session.unread:
                reply = self._last_word(session, mail, reply)
        except NoReplyError as exc:
            raise self._unknown(mail, str(exc)) from exc
        session.patience, session.seconds_left = self.timeouts.step, unlimited
        if not (reply.is_yes or reply.is_no):
            session.close()
            raise self._unknown(mail, "sent something that is no reply to a mail")
        return reply

    def _last_word(self, session: Session, mail: _Mail, first: Reply) -> Reply:
        """Return the reply to the final dot if the first reply may belong to something before it.

        A server that breaks off in the middle of a mail may answer twice. QUIT has a reply of its own, so every reply before
        that one belongs to the dot. Raises AmbiguousDeliveryError if the replies contradict each other.
        """
        session.patience = self.timeouts.quit
        replies = [first]
        try:
            session.send(b"QUIT\r\n")
            while (reply := session.reply()).code not in _TO_QUIT:
                replies.append(reply)
        except NoReplyError:
            pass
        session.close()
        if len({reply.is_yes for reply in replies}) > 1:
            raise self._unknown(mail, f"gave several replies: {'; '.join(map(str, replies))}")
        return replies[-1]

    def _unknown(self, mail: _Mail, what: str) -> AmbiguousDeliveryError:
        text = f"nobody knows whether the mail to {mail.recipient} went: all of it was sent, then {self.server} {what}"
        return AmbiguousDeliveryError(text, scope="message")

    def _refused(self, session: Session, reply: Reply, mail: _Mail, scope: str) -> DeliveryError:
        if reply.code == 421 or not reply.is_no:  # an unknown reply: the conversation is out of step
            session.close()
        if scope == "server" or reply.code in _NOT_NOW:
            return refusal(self.server, f"{self.server} answered: {reply}", at_connecting=scope == "server")
        if scope == "recipient":
            return DeliveryError(f"{self.server} refused the address {mail.recipient}: {reply}", scope="recipient")
        is_of_mail = reply.enhanced.startswith(("1.", "2.")) or _GREYLISTED.search(reply.text) is not None
        return DeliveryError(
            f"{self.server} did not take the mail to {mail.recipient}: {reply}",
            scope="message",
            may_be_server=reply.code < 500 and not is_of_mail,
            is_reply=True,
        )


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail ready to send: `body` ends with a line end and has its dots doubled; only the final dot is missing."""

    sender: str
    recipient: str
    body: bytes

    @property
    def is_ascii(self) -> bool:
        return self.body.isascii()


def _prepare(message: bytes, recipient: str, return_address: ReturnAddress | None) -> _Mail:
    header = BytesHeaderParser().parsebytes(message)
    sender = parseaddr(str(header["From"] or ""))[1]
    if not _ADDRESS.fullmatch(sender):
        raise DeliveryError("the mail has no usable From address: set delivery.from in config.toml", scope="message")
    if not _ADDRESS.fullmatch(recipient):
        raise DeliveryError(f"{recipient!r} is no mail address: correct it in config.toml", scope="recipient")
    if return_address is not None:
        message_id = str(header["Resent-Message-ID"] or header["Message-ID"] or "")
        sender = return_address.of(message_id, recipient) or sender
    # Servers disagree whether a bare CR or LF ends a line. Attackers have used this to smuggle mails (CVE-2023-51764).
    body = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    return _Mail(_ascii_domain(sender), _ascii_domain(recipient), re.sub(rb"(?m)^\.", b"..", body))


def _scope_at_rcpt(reply: Reply) -> str:
    """Say what a refusal of RCPT is about."""
    subject = reply.enhanced if reply.code >= 500 else ""
    if subject in _OF_SENDER or _SENDER_REFUSED.match(reply.text):
        return "server"
    is_unknown = subject in _OF_RECIPIENT or UNKNOWN_TO_MICROSOFT.match(reply.text)
    return "recipient" if is_unknown else "message"


def _ascii_domain(address: str) -> str:
    if address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


def _envelope(session: Session, mail: _Mail, server: Server) -> list[str]:
    """Return the commands from MAIL to DATA. Raises DeliveryError if the server can't take the mail."""
    return [_mail_command(session, mail, server), _rcpt_command(mail), "DATA"]


def _rcpt_command(mail: _Mail) -> str:
    return f"RCPT TO:<{mail.recipient}>"


def _mail_command(session: Session, mail: _Mail, server: Server) -> str:
    options = ""
    limit = session.esmtp_features.get("size", "")
    if limit.isdecimal():
        if 0 < int(limit) < len(mail.body):
            text = f"{server} takes no mail over {limit} bytes, and the one to {mail.recipient} has {len(mail.body)}"
            raise DeliveryError(text, scope="message")
        options += f" SIZE={len(mail.body)}"
    if not mail.is_ascii:
        if not session.has_extn("8bitmime"):
            raise DeliveryError(
                f"{server} takes ASCII only, which the mail to {mail.recipient} is not", scope="message"
            )
        options += " BODY=8BITMIME"
    session.command_encoding = "ascii"
    if not (mail.sender + mail.recipient).isascii():
        if not session.has_extn("smtputf8"):
            scope = "message" if mail.recipient.isascii() else "recipient"
            text = f"{server} takes ASCII addresses only, so {mail.sender} can't send to {mail.recipient}"
            raise DeliveryError(text, scope=scope)
        session.command_encoding = "utf-8"
        options += " SMTPUTF8"
    return f"MAIL FROM:<{mail.sender}>{options}"
