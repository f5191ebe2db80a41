"""The server on the standard streams of a process, until its client closes them or a signal comes."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self, cast

import anyio
import anyio.from_thread
import anyio.lowlevel
from mcp.server.stdio import stdio_server

from monitor import app
from monitor.desk.desks import Desks
from monitor.mcp.server import make_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mcp.server.lowlevel import Server

    from monitor.mcp.calls import Calls

log = logging.getLogger(__name__)

LONGEST_LINE: Final = 16 * 1024 * 1024
"""Bytes of a message. A longer one ends the server, as its client has lost count."""

_STDIN: Final = 0
_AT_ONCE: Final = 64 * 1024


def serve(config_path: str | None, now: Callable[[], datetime] = app.clock) -> None:
    """Serve until stdin is closed, or SIGTERM or Ctrl-C comes. Raises ConfigError, ArchiveError."""
    desks = Desks(config_path, now, is_local=True)
    try:
        server, calls = make_server(desks)
        anyio.run(_run, server, calls)
    finally:
        desks.close()


async def _run(server: Server[Any], calls: Calls) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_end_on_signal, calls, tasks.cancel_scope)
        with _Lines() as lines:
            async with stdio_server(stdin=cast("Any", lines)) as (received, sent):
                tasks.start_soon(_end_with, lines, calls)
                await server.run(received, sent, server.create_initialization_options())
        tasks.cancel_scope.cancel()


async def _end_on_signal(calls: Calls, scope: anyio.CancelScope) -> None:
    """End at SIGTERM or Ctrl-C. Where the system has no such signals, they are raised as exceptions."""
    if sys.platform == "win32":
        return
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            calls.end()
            scope.cancel()
            return


async def _end_with(lines: _Lines, calls: Calls) -> None:
    """End the calls that are being worked on once the client has closed stdin: no one waits for them."""
    await lines.ended.wait()
    calls.end()


class _Lines:
    """Lines of stdin, read by a thread that need not end: a signal could not wake one that waits for a line."""

    def __init__(self) -> None:
        self.ended = anyio.Event()
        self._send, self._lines = anyio.create_memory_object_stream[str](0)
        self._token = anyio.lowlevel.current_token()

    def __enter__(self) -> Self:
        threading.Thread(target=self._read, name="stdin", daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._lines.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        try:
            return await self._lines.receive()
        except anyio.EndOfStream:
            self.ended.set()
            raise StopAsyncIteration from None

    def _read(self) -> None:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, RuntimeError):  # the server ended first
            for line in _lines_of_stdin():
                anyio.from_thread.run(self._send.send, line, token=self._token)
            anyio.from_thread.run_sync(self._send.close, token=self._token)


def _lines_of_stdin() -> Any:
    """Give the lines of stdin, the last one also without an end."""
    rest = bytearray()
    while piece := os.read(_STDIN, _AT_ONCE):
        rest += piece
        while (end := rest.find(b"\n")) >= 0:
            yield bytes(rest[:end]).decode("utf-8", "replace")
            del rest[: end + 1]
        if len(rest) > LONGEST_LINE:
            log.error("a message on stdin is longer than %d bytes: the server ends", LONGEST_LINE)
            return
    if rest.strip():
        yield bytes(rest).decode("utf-8", "replace")
