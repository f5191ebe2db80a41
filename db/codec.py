"""A proceeding to and from what a row can hold."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from monitor.model import PARTS, Attachment, Grouped, House, Kind, Link, Member, Proceeding

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_KEPT = frozenset({*PARTS, "keys"})
"""Parts have rows of their own, and so have keys."""
_WORDS = ("refers",)
_DATES = ("made_on", "tabled_on", "date_for_answer", "holding_on", "answered_on", "corrected_on")
_MEMBERS = ("asked_by", "answered_by", "corrected_by", "made_by")
_SHORT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""Made once: to make it takes as long as to write a record with it. Names come in alphabetical order."""
_KNOWN_OR_NOT = frozenset({"named_day", "is_holding", "is_correction"})
"""False and unknown are different answers to these."""
_KEPT = tuple(sorted(field.name for field in fields(Proceeding) if field.name not in _NOT_KEPT))
_VALUES = attrgetter(*_KEPT)
_FIELDS = {kind: tuple(sorted(field.name for field in fields(kind))) for kind in (Member, Grouped, Attachment, Link)}
_LISTS: dict[str, type] = {"grouped_with": Grouped, "attachments": Attachment, "links": Link}


def facts_of(proceeding: Proceeding) -> str:
    """Everything of a proceeding but its parts, as JSON; absent values are left out."""
    facts: dict[str, Any] = {}
    for name, value in zip(_KEPT, _VALUES(proceeding), strict=True):
        if value is None or (not value and (value == () or (value is False and name not in _KNOWN_OR_NOT))):
            continue
        facts[name] = value if isinstance(value, (str, int)) else _plain(value)
    return _SHORT.encode(facts)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if names := _FIELDS.get(type(value)):
        pairs = ((name, getattr(value, name)) for name in names)
        return {name: _plain(item) for name, item in pairs if item is not None}
    return value


def proceeding_of(facts: str, parts: Mapping[str, str]) -> Proceeding:
    """The proceeding that `facts_of` took apart."""
    values: dict[str, Any] = json.loads(facts)
    values["kind"] = Kind(values["kind"])
    values["house"] = House(values["house"])
    for name in _DATES:
        if name in values:
            values[name] = date.fromisoformat(values[name])
    for name in _MEMBERS:
        if name in values:
            values[name] = Member(**values[name])
    for name in _WORDS:
        values[name] = tuple(values.get(name, ()))
    for name, kind in _LISTS.items():
        values[name] = tuple(_record(kind, item) for item in values.get(name, ()))
    return Proceeding(**{**values, **parts})


def _record(kind: type, item: dict[str, Any]) -> Any:
    if item.get("tabled_on"):
        item["tabled_on"] = date.fromisoformat(item["tabled_on"])
    return kind(**item)
