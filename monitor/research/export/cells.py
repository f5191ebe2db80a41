"""A record of docs/json.md as a row that people read: names and figures, no JSON in a cell.

Keys of JSON are the columns; of a person the name stands under the key, party and constituency beside it. Other lists'
records come out as they are.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from monitor.parliament.links import record_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

PEOPLE: Final = ("asked_by", "answered_by", "made_by", "corrected_by")
_FIRST: Final = (
    "date",
    "house",
    "kind",
    "uin",
    "heading",
    "state",
    "asked_by",
    "asked_by_party",
    "asked_by_constituency",
    "body",
    "question",
    "answered_by",
    "answered_by_party",
    "answer",
    "made_by",
    "made_by_party",
    "text",
    "found",
    "found_by",
    "tabled_on",
    "due_on",
    "answered_on",
    "corrected_on",
    "days_taken",
    "reference",
    "url",
    "id",
)
"""Columns that come first."""

Cell = str | int | float | bool | None


def with_pages(records: Iterable[dict[str, Any]], base_url: str) -> Iterator[dict[str, Any]]:
    """Add to each record the address of its own page, as `page`; "" for `base_url` means that there is no page."""
    for record in records:
        yield {**record, "page": record_page(base_url, record["id"])} if base_url else record


def row(record: Mapping[str, Any]) -> dict[str, Cell]:
    """Return the cells of a record by column. All records of a list have the same columns in the same order."""
    cells = dict(_cells(record))
    if not is_record(record):
        return cells
    return {**{name: cells[name] for name in _FIRST if name in cells}, **cells}


def people(record: Mapping[str, Any]) -> dict[str, str | None]:
    """Name, party and constituency of each person in a record, by column: asked_by_name ...; none of another list's."""
    return {
        f"{key}_{fact}": (record[key] or {}).get(fact)
        for key in PEOPLE
        if key in record and is_record(record)
        for fact in ("name", "party", "constituency")
    }


def is_record(record: Mapping[str, Any]) -> bool:
    """Return whether an object is a record, and not a topic, a subscriber or a digest."""
    return {"id", "kind", "reference", "heading"} <= record.keys()


def _cells(record: Mapping[str, Any]) -> list[tuple[str, Cell]]:
    found: list[tuple[str, Cell]] = []
    for key, value in record.items():
        if key == "schema":
            continue
        if key in PEOPLE:
            found += _person(key, value or {})
        elif key == "matches":
            found += [("found", _joined(value, "form")), ("found_by", _joined(value, "term"))]
        else:
            found.append((key, _cell(key, value)))
    return found


def _person(key: str, member: Mapping[str, Any]) -> list[tuple[str, Cell]]:
    return [
        (key, member.get("name")),
        (f"{key}_party", member.get("party")),
        (f"{key}_constituency", member.get("constituency")),
    ]


def _cell(key: str, value: object) -> Cell:
    if key == "attachments" and isinstance(value, list):
        return "; ".join(" ".join(filter(None, (part["title"], part["url"]))) for part in value) or None
    if key == "links" and isinstance(value, list):
        return "; ".join(" ".join(filter(None, (part["text"], part["url"]))) for part in value) or None
    if key == "grouped_with" and isinstance(value, list):
        return _joined(value, "uin")
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "; ".join(value) or None
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False) if value else None
    return value if isinstance(value, str | int | float | bool) else None


def _joined(values: Sequence[Mapping[str, Any]], name: str) -> str | None:
    return "; ".join(dict.fromkeys(value[name] for value in values if value[name])) or None
