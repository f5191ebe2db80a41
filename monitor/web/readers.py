"""The reader for whom a page is shown, and the forms by which readers write into the archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Form, HTTPException, Query, Request, Response

from monitor.presentation.wording import clean, one_line
from monitor.research.following import LONGEST_NOTE
from monitor.web.desk import DeskOf, reader_of
from monitor.web.fields import FieldProblem, find_too_long
from monitor.web.rendering import page, path_with
from monitor.web.security import check_own_form, own_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.desk.desks import Desk
    from monitor.model.watching import Subscriber

LONGEST_NAME: Final = 200
LONGEST_REFERENCE: Final = 500

PUBLIC: Final = "Nothing can be changed here, because everyone may read this page."
FOR_WHOM: Final = "Choose for whom this is: load the page again and name a reader."

Csrf = Annotated[str, Form(max_length=1_000)]
ReaderKey = Annotated[str, Form(max_length=LONGEST_NAME)]
Reference = Annotated[str, Form(max_length=LONGEST_REFERENCE)]
ReaderQuery = Annotated[str, Query(max_length=LONGEST_NAME)]
DONE: Final = "done"
"""Anchor of the words that say what a form has just done."""

DoneQuery = Annotated[str, Query(max_length=20)]
"""Name of what a form has just done, which the page says once."""


def readers_of(desk: Desk) -> Sequence[Subscriber]:
    """Return the readers that the page may name: none where everyone may read it."""
    return () if desk.config.web.public else desk.config.subscribers


def chosen_reader(request: Request, desk: Desk, given: str = "") -> Subscriber | None:
    """Return the reader for whom a page is shown: the one who is named, else who signed in, else the only one.

    None where that leaves it open, and on a public page. Raises HTTPException 404 for a name of no reader.
    """
    if given:
        return reader_of(desk, given)
    readers = readers_of(desk)
    user = who(request).casefold()
    if user:
        signed_in = [reader for reader in readers if user in (reader.key.casefold(), reader.email.casefold())]
        signed_in = signed_in or [reader for reader in readers if reader.name.casefold() == user]
        if len(signed_in) == 1:
            return signed_in[0]
    return readers[0] if len(readers) == 1 else None


def who(request: Request) -> str:
    """Return who has signed in, as the server before pqwatch says; "" for no one in particular."""
    return one_line(getattr(request.state, "user", ""))


def reader_facts(request: Request, desk: Desk, given: str = "") -> dict[str, Any]:
    """Return what templates need to choose a reader, and to show their forms."""
    return {
        "reader": chosen_reader(request, desk, given),
        "readers": readers_of(desk),
        "may_write": not desk.config.web.public,
    }


# -- forms --------------------------------------------------------------------------------------------------------------


def check_form(request: Request, desk: Desk, csrf: str) -> None:
    """Refuse a form that changes something. Raises HTTPException 403 on a public page, and for a form that is not ours."""
    if desk.config.web.public:
        raise HTTPException(403, PUBLIC)
    check_own_form(request, csrf)


@dataclass(frozen=True, slots=True)
class ReaderWrite:
    """A form that a reader sent, which was checked. `back`: the page that it was sent from."""

    desk: Desk
    reader: Subscriber
    back: str

    def done(self, what: str) -> Response:
        """Lead back to the page, to where it says what was done."""
        return see_other(with_parameter(self.back, "done", what), DONE)


def reader_write(
    request: Request,
    desk: DeskOf,
    reader: ReaderKey = "",
    csrf: Csrf = "",
    back: Annotated[str, Form(max_length=2_000)] = "/following",
) -> ReaderWrite:
    """Check the form of a reader. Raises HTTPException for one that is refused."""
    check_form(request, desk, csrf)
    chosen = chosen_reader(request, desk, reader)
    if chosen is None:
        raise HTTPException(422, FOR_WHOM)
    return ReaderWrite(desk, chosen, own_path(back))


WriteOf = Annotated[ReaderWrite, Depends(reader_write)]
"""Parameter of a form that a reader sends."""


def note_text(text: str) -> str:
    """Return the words of a note."""
    return clean(text).strip()


def problem_of_note(reader: Subscriber, text: str) -> FieldProblem | None:
    """Say what is wrong with a note of a reader; None if nothing is."""
    field = ("text", f"Note, as {one_line(reader.name)}")
    if not note_text(text):
        return FieldProblem("it is empty. Write what the team should know.", *field)
    return find_too_long((note_text(text), LONGEST_NOTE, field))


def refused_note(request: Request, write: ReaderWrite, problem: FieldProblem, text: str, *, ref: str = "") -> Response:
    """Show a note that is refused, to be corrected and sent again to where it was sent."""
    return page(
        request,
        "note_refused.html",
        status=422,
        error=problem,
        reader=write.reader,
        back=write.back,
        ref=ref,
        text=text,
    )


def see_other(path: str, anchor: str = "") -> Response:
    """Lead a browser to a page after a form."""
    return Response(status_code=303, headers={"Location": f"{path}#{anchor}" if anchor else path})


def with_parameter(path: str, name: str, value: str) -> str:
    """Return an address of the page with a parameter set, in place of one of this name."""
    parted = urlsplit(path)
    kept = [(key, given) for key, given in parse_qsl(parted.query) if key != name]
    parameters: dict[str, Any] = {}
    for key, given in (*kept, (name, value)):
        parameters.setdefault(key, []).append(given)
    return path_with(parted.path, parameters)
