"""Responses that are no page: content that is known by an ETag, and files that are sent while they are read."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Final

from fastapi import HTTPException, Response
from fastapi.responses import StreamingResponse

from monitor.desk.hits import TOO_LONG

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fastapi import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CHUNK: Final = 64 * 1024
_LONGEST_NAME: Final = 60


class CutOffError(Exception):
    """A response that was begun can't be finished. Its connection is cut, so that its reader knows."""


class TooLongError(HTTPException):
    """A search that takes too long for what was asked for."""

    def __init__(self) -> None:
        super().__init__(503, TOO_LONG)


class HeadAsGet:
    """Middleware that lets every page answer HEAD as it answers GET, without its body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            await send({"type": "http.response.body", "body": b""})
            if message.get("more_body"):
                raise _HeadSentError

        with suppress(_HeadSentError):
            await self._app({**scope, "method": "GET"}, receive, send_head)


class _HeadSentError(Exception):
    """The headers are sent: the rest of the response need not be made."""


def tagged(request: Request, content: bytes, media_type: str, headers: dict[str, str] | None = None) -> Response:
    """Return content with its ETag; 304 where it is there already."""
    tag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    every = {**(headers or {}), "ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=every)
    return Response(content, media_type=media_type, headers=every)


def streamed(pieces: Iterable[bytes], name: str, media_type: str) -> Response:
    """Return a file that a browser saves under a name, sent piece by piece."""
    return StreamingResponse(
        pieces, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def attached(content: bytes, name: str, media_type: str) -> Response:
    """Return a file that a browser saves under a name and keeps nowhere else."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


def file_name(words: str, suffix: str, *, before: str = "pqwatch-", otherwise: str = "search") -> str:
    """Return a name for a file from some words: letters and figures of ASCII alone."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_NAME].strip("-")
    return f"{before}{slug or otherwise}{suffix}"


def in_pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Read a file to its end, and close it."""
    with file:
        while piece := file.read(_CHUNK):
            yield piece
