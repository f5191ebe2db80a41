"""Mistakes in the fields of a form: the field that is meant, and what to write in it.

No field in which something is written has a length that is checked before its page sees it: what is too long is shown
again, with a sentence beside it. `monitor.web.security` bounds the whole of what is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Form
from pydantic import AfterValidator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.desk.search import RefusedSearchError

NO_FIELD: Final = ("", "")
"""Id and label of no field."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """Reason why a form was refused. `text` goes on after `label`, or is a sentence where no single field is meant.

    `field`: the field's id on the page, to which the message leads. `label`: its label there. Both are "" for no one field.
    """

    text: str = ""
    field: str = ""
    label: str = ""


def as_written(text: str) -> str:
    """Return a text as its writer sees it: a form sends two characters for the end of each line."""
    return text.replace("\r\n", "\n")


Lines = Annotated[str, Form(), AfterValidator(as_written)]
"""Parameter of a form: a field of several lines."""


def find_too_long(*written: tuple[str, int, tuple[str, str]]) -> FieldProblem | None:
    """Return the problem of the first text that is too long: of each its most characters, and its field's id and label."""
    for text, most, field in written:
        if len(text) > most:
            return FieldProblem(f"shorten it to {most:,} characters at most. It has {len(text):,}.", *field)
    return None


def problem_of_search(exc: RefusedSearchError, labels: Mapping[str, str]) -> FieldProblem:
    """Return the problem of a search, with its field where the page has one: `labels` by the fields' ids."""
    if exc.parameter in labels:
        return FieldProblem(exc.problem, exc.parameter, labels[exc.parameter])
    return FieldProblem(str(exc))
