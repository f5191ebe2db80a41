"""Fields of an item: which there are, which are given unless others are asked for, and which hold words of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from monitor.errors import MonitorError
from monitor.mcp.answers import Item, tidy
from monitor.presentation.wording import listed, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.mcp.answers import RevisionMark

ALWAYS: Final = ("id", "reference", "url", "revision")
"""Fields of every item."""

RECORD: Final = (
    "kind",
    "legislature",
    "house",
    "uin",
    "column",
    "heading",
    "state",
    "date",
    "tabled_on",
    "date_for_answer",
    "due_on",
    "named_day",
    "holding_on",
    "answered_on",
    "corrected_on",
    "days_taken",
    "asked_by",
    "answered_by",
    "made_by",
    "body",
    "question",
    "answer",
    "text",
    "attachments",
    "grouped_with",
    "same_answer_as",
    "refers_to",
    "letter_promised_on",
    "sources",
    "first_seen_at",
    "matches",
    "source",
    "made_on",
    "corrected_by",
    "series",
    "column_to",
    "volume",
    "session",
    "gid",
    "conflicts",
    "labels",
    "links",
)
"""Fields of a record: keys of docs/json.md."""

QUOTED: Final = frozenset(
    {
        "heading", "asked_by", "answered_by", "made_by", "corrected_by", "body", "question", "answer", "text", "excerpt",
        "attachments", "links", "matches", "conflicts", "story", "near_answers", "changes", "sentence", "act", "expression",
        "now", "repetitions", "drift", "decisions", "candidates", "why", "quotation", "passage", "said_by", "citation",
        "insertions", "agreed", "warnings", "notes", "beside", "forms",
    }
)  # fmt: skip
"""Fields that hold words which others published."""


class RefusedCallError(MonitorError):
    """A value that a tool can't use. The text says what to write instead."""


def chosen(given: Sequence[str] | None, known: Sequence[str], usual: Sequence[str]) -> tuple[str, ...]:
    """Return the fields asked for, else the usual ones. Raises RefusedCallError, which lists all."""
    if not given:
        return tuple(usual)
    unknown = [name for name in given if name not in known and name not in ALWAYS]
    if unknown:
        raise RefusedCallError(
            f"There is no field {one_line(unknown[0])[:40]}. There are: {listed(sorted({*known, *ALWAYS}))}."
        )
    return tuple(name for name in dict.fromkeys(given) if name not in ALWAYS)


def make_item(
    values: Mapping[str, Any],
    fields: Sequence[str],
    *,
    known_by: tuple[str | None, str | None, str | None],
    revision: RevisionMark | None,
) -> Item:
    """Return an item with these fields, the words of others apart. `known_by`: its id, reference and address."""
    record_id, reference, url = known_by
    own = {name: values[name] for name in fields if name not in QUOTED}
    quoted = {name: tidy(values[name]) for name in fields if name in QUOTED and values[name] is not None}
    return Item(id=record_id, reference=one_line(reference) or None, url=url, revision=revision, quoted=quoted, **own)
