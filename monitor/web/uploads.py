"""Forms with a file, which are read in memory and forgotten: nothing of them is ever written to a disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastapi import HTTPException, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from monitor.presentation.wording import one_line
from monitor.web.security import LARGEST_BODY

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIELDS: Final = 10
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class SentForm:
    """A form as it was sent: its fields, and a file with its name; "" and no bytes without one."""

    fields: Mapping[str, str]
    name: str = ""
    body: bytes = b""

    def text(self, field: str) -> str:
        """Return what a field holds; "" for one that is missing."""
        return self.fields.get(field, "")


class _InMemory(MultiPartParser):
    """Reads a form without ever writing to a disk. A body has at most so many bytes in all."""

    spool_max_size = LARGEST_BODY + 1


async def read_upload(request: Request) -> SentForm:
    """Read a form with a file. Raises HTTPException for any other form, and for one that came damaged."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise HTTPException(415, "Send the file with the form of this page.")
    parser = _InMemory(request.headers, request.stream(), max_files=1, max_fields=_FIELDS, max_part_size=LARGEST_BODY)
    try:
        form = await parser.parse()
    except (MultiPartException, ClientDisconnect, LookupError, UnicodeError) as exc:
        raise HTTPException(400, "This form came damaged: load the page again and repeat it.") from exc
    try:
        file = form.get("file")
        name, body = (file.filename or "", await file.read()) if isinstance(file, UploadFile) else ("", b"")
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        return SentForm(fields=fields, name=one_line(name)[-_LONGEST_NAME:], body=body)
    finally:
        await form.close()
