"""A drafted letter as a JSON object, which is also what a reader's own template gets: docs/letters.md has its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.presentation.citation import cite
from monitor.presentation.record_json import iso_day
from monitor.presentation.wording import member_name, one_line
from monitor.research.letters.layout import SENDER

if TYPE_CHECKING:
    from monitor.model.records import Member
    from monitor.research.letters.drafting import Draft, DraftPromise, QuotedPassage, Reference


def draft_parts(draft: Draft) -> dict[str, Any]:
    """Return all of a letter. Keys are always all there, and absent values null."""
    return {
        "schema": 1,
        "to": draft.to,
        "address": list(draft.address),
        "salutation": draft.salutation,
        "copies": list(draft.copies),
        "date": draft.written_on.isoformat(),
        "subject": draft.subject,
        "style": draft.style.value,
        "sender": list(SENDER),
        "passages": [_passage(passage, draft) for passage in draft.passages],
        "references": [_reference(reference) for reference in draft.references],
        "warnings": list(draft.warnings),
    }


def _passage(passage: QuotedPassage, draft: Draft) -> dict[str, Any]:
    record, selection = passage.record, passage.selection
    reference = next(reference for reference in draft.references if reference.number == passage.number)
    return {
        "number": passage.number,
        "record": record.id,
        "reference": reference.text,
        "url": record.url,
        "lead": passage.lead,
        "quotation": passage.quotation or None,
        "part": selection.part if selection else None,
        "start": selection.start if selection else None,
        "end": selection.end if selection else None,
        "said_by": _name(passage.speaker),
        "uin": record.uin,
        "heading": one_line(record.heading) or None,
        "body": one_line(record.body) or None,
        "house": record.house.value,
        "state": record.state.value,
        "asked_by": _name(record.asked_by),
        "asked_on": iso_day(record.tabled_on),
        "answered_by": _name(record.answered_by),
        "answered_on": iso_day(record.answered_on),
        "corrected_on": iso_day(record.corrected_on),
        "date": iso_day(record.day),
        "promise_lead": passage.promise_lead or None,
        "promises": [_promise(promise) for promise in passage.promises],
    }


def _promise(promise: DraftPromise) -> dict[str, Any]:
    found = promise.found
    return {
        "sentence": promise.sentence,
        "act": found.act,
        "expression": found.expression,
        "kind": found.kind.value,
        "due_from": iso_day(found.due_from),
        "due_to": iso_day(found.due_to),
        "days": promise.days,
    }


def _reference(reference: Reference) -> dict[str, Any]:
    return {
        "number": reference.number,
        "record": reference.record.id,
        "reference": reference.text,
        "hansard": cite(reference.record),
        "url": reference.record.url,
    }


def _name(member: Member | None) -> str | None:
    return member_name(member, "") or None
