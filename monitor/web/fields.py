"""Mistakes in the fields of a form: the field that is meant, and what to write in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """Reason why a form was refused. `text` goes on after `label`, or is a sentence where no single field is meant.

    `field`: the field's id on the page, to which the message leads. `label`: its label there. Both are "" for no one field.
    """

    text: str = ""
    field: str = ""
    label: str = ""
