"""Responses that are no page: content that is known by an ETag, and files that are sent while they are read."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import IO, TYPE_CHECKING, Final

from fastapi import Response
from fastapi.responses import StreamingResponse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fastapi import Request

_CHUNK: Final = 64 * 1024
_LONGEST_NAME: Final = 60


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
