"""A mail server on loopback that keeps what it receives, and refuses or hangs up on demand."""
# ruff: noqa: N802 - the library finds its hooks and commands by these names

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, AnyStr, Self

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message as it came. `content`: its bytes with CRLF lines, without stuffed dots; `username`: None without AUTH."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    username: str | None
    is_encrypted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """A fault at one stage: after `delay` seconds a wrong reply, or no reply and a closed connection."""

    reply: str | None = None
    hangs_up: bool = False
    delay: float = 0.0


@dataclass(slots=True, kw_only=True)
class Trouble:
    """Switches for faults, all off at first.

    Stages: "greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", and "dot" for the reply after the message.
    `replies`: stage to the reply that is sent in place of the right one ("451 4.3.0 Try later"; 421 also closes).
    `recipients`: address to the reply to its RCPT ("550 5.1.1 No such user"). `hang_up`: stages at which the connection
    closes without a reply; `keeps_dropped`: whether a message is kept though its dot was not answered. `delays`: stage
    to seconds before the reply. `times`: how often this still happens, None for always.
    """

    replies: dict[str, str] = field(default_factory=dict)
    recipients: dict[str, str] = field(default_factory=dict)
    hang_up: set[str] = field(default_factory=set)
    keeps_dropped: bool = True
    delays: dict[str, float] = field(default_factory=dict)
    times: int | None = None

    def at(self, stage: str, recipient: str = "") -> Strike | None:
        """Return what happens at a stage, for a recipient if one is named, and count it."""
        strike = Strike(
            reply=self.recipients.get(recipient) or self.replies.get(stage),
            hangs_up=stage in self.hang_up,
            delay=self.delays.get(stage, 0.0),
        )
        if self.times == 0 or strike == Strike():
            return None
        if self.times is not None:
            self.times -= 1
        return strike


class MailServer:
    """A mail server, a context manager: `with MailServer() as server:` then send to `server.host`, `server.port`.

    `tls` offers STARTTLS with this context, or speaks TLS from the first byte where `implicit_tls`. With `credentials`
    (name to password) a sender must log in first. `messages` holds all that was accepted, in order; `trouble` the faults;
    `connections` counts. Leaving the context closes every connection.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        credentials: dict[str, str] | None = None,
    ) -> None:
        self.messages: list[Received] = []
        self.trouble = Trouble()
        self.connections = 0
        self.port = 0
        self._tls = tls
        self._implicit_tls = implicit_tls
        self._credentials = credentials
        self.opened: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        server = self._loop.run_until_complete(
            self._loop.create_server(self._connection, self.host, 0, ssl=self._tls if self._implicit_tls else None)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._close())
        self._loop.close()

    async def _close(self) -> None:
        opened = list(self.opened)
        for connection in opened:
            connection.abort()
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(connection.closed.wait() for connection in opened))

    def _connection(self) -> SMTP:
        self.connections += 1
        return _Connection(
            self,
            hostname="mail.example.org",
            ident="demo",
            loop=self._loop,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            tls_context=None if self._implicit_tls else self._tls,
            auth_require_tls=self._tls is not None and not self._implicit_tls,
            auth_exclude_mechanism=() if self._credentials else ("LOGIN", "PLAIN"),
            authenticator=self._authenticate,
        )

    def _authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
        known = self._credentials or {}
        is_right = isinstance(login, LoginPassword) and known.get(login.login.decode()) == login.password.decode()
        return AuthResult(success=is_right, handled=False, auth_data=login.login.decode() if is_right else None)

    async def handle_MAIL(self, _server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """Accept a sender, who must have logged in if credentials are set."""
        if self._credentials and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_DATA(self, server: _Connection, session: Any, envelope: Any) -> str:
        """Keep a message, or lose it if a fault says so."""
        strike = self.trouble.at("dot") or Strike()
        if not strike.reply and (not strike.hangs_up or self.trouble.keeps_dropped):
            self._keep(server, session, envelope)
        await server.meet(Strike(hangs_up=strike.hangs_up, delay=strike.delay))
        return strike.reply or "250 2.0.0 OK, kept"

    def _keep(self, server: _Connection, session: Any, envelope: Any) -> None:
        self.messages.append(
            Received(
                sender=envelope.mail_from,
                recipients=tuple(envelope.rcpt_tos),
                content=bytes(envelope.original_content),
                username=session.auth_data if session.authenticated else None,
                is_encrypted=server.is_encrypted,
            )
        )


class _Connection(SMTP):
    """A connection of the library, with a possible fault before each reply."""

    def __init__(self, mail: MailServer, **settings: Any) -> None:
        self._mail = mail
        self._is_greeted = False
        self.closed = asyncio.Event()
        super().__init__(mail, **settings)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember an open connection."""
        self._mail.opened.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget a closed connection."""
        self._mail.opened.discard(self)
        super().connection_lost(error)
        self.closed.set()

    def abort(self) -> None:
        """Close the connection at once."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    @property
    def is_encrypted(self) -> bool:
        """Return whether the connection is encrypted, from the first byte or since STARTTLS."""
        return self.transport is not None and self.transport.get_extra_info("ssl_object") is not None

    async def push(self, status: AnyStr) -> None:
        """Send a reply; the first one is the greeting."""
        if not self._is_greeted:
            self._is_greeted = True
            if await self._meets("greeting"):
                return
        await super().push(status)

    async def meet(self, strike: Strike) -> bool:
        """Do a fault. Return whether a reply was sent."""
        await asyncio.sleep(strike.delay)
        if strike.hangs_up:
            self._hang_up()
        if strike.reply is None:
            return False
        await super().push(strike.reply)
        if strike.reply.startswith("421") and self.transport is not None:
            self.transport.close()
        return True

    def _hang_up(self) -> None:
        """Close the connection without a reply. The library takes a cancelled task for a client that left."""
        if self.transport is not None:
            self.transport.close()
        raise asyncio.CancelledError

    async def _meets(self, stage: str, recipient: str = "") -> bool:
        strike = self._mail.trouble.at(stage, recipient)
        return strike is not None and await self.meet(strike)

    async def smtp_EHLO(self, hostname: str) -> None:
        """Answer EHLO."""
        if not await self._meets("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        """Answer STARTTLS."""
        if not await self._meets("starttls"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        """Answer AUTH."""
        if not await self._meets("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str) -> None:
        """Answer MAIL FROM."""
        if not await self._meets("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:
        """Answer RCPT TO."""
        address = arg.partition("<")[2].partition(">")[0]
        if not await self._meets("rcpt", address):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        """Answer DATA and, with the hook above, the dot."""
        if not await self._meets("data"):
            await super().smtp_DATA(arg)
