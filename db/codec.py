"""Convert a proceeding to and from the columns of a row.

Its facts are JSON, compressed: one byte with the number of a dictionary (`db.dictionary`), then a raw deflate stream that
begins with that dictionary. So they take a fifth of their room; docs/record.md says how any program reads them.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import fields
from datetime import date
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select

from db import tables
from db.dictionary import FACTS
from monitor.model.records import PARTS, TEXT_RULES, Attachment, Grouped, House, Kind, Link, Member, Proceeding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection


_NOT_KEPT = frozenset({*PARTS, "keys", "text_rules"})
"""Parts and keys have rows of their own. The version of the text rules is kept only where it matters: with tables."""
_WORDS = ("refers",)
_DATES = ("made_on", "tabled_on", "date_for_answer", "holding_on", "answered_on", "corrected_on")
_MEMBERS = ("asked_by", "answered_by", "corrected_by", "made_by")
_SHORT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""Built once: that takes as long as encoding a record with it. Names come in alphabetical order."""
_KNOWN_OR_NOT = frozenset({"named_day", "is_holding", "is_correction"})
"""False and unknown are different answers to these."""
_KEPT = tuple(sorted(field.name for field in fields(Proceeding) if field.name not in _NOT_KEPT))
_VALUES = attrgetter(*_KEPT)
_FIELDS = {kind: tuple(sorted(field.name for field in fields(kind))) for kind in (Member, Grouped, Attachment, Link)}
_LISTS: dict[str, type] = {"grouped_with": Grouped, "attachments": Attachment, "links": Link}


FIRST_RULES: Final = 1
"""Rules of texts with tables whose facts name no version; other texts are the same by all rules."""

_DICTIONARY: Final = max(FACTS)
"""Number of the dictionary that new facts are compressed with."""
_WINDOW: Final = -12
"""Logarithm of 4 KiB, room for the dictionary and nearly all facts; negative: a stream without frame or checksum."""
_ANY_WINDOW: Final = -15


def facts_of(proceeding: Proceeding) -> bytes:
    """Compress the facts of a proceeding, without its parts; absent values are left out."""
    facts: dict[str, Any] = {}
    for name, value in zip(_KEPT, _VALUES(proceeding), strict=True):
        if value is None or (not value and (value == () or (value is False and name not in _KNOWN_OR_NOT))):
            continue
        facts[name] = value if isinstance(value, (str, int)) else _plain(value)
    if proceeding.text_rules != FIRST_RULES and _has_table(proceeding.parts()):
        facts["text_rules"] = proceeding.text_rules
    return compressed(_SHORT.encode(facts))


def _has_table(parts: Mapping[str, str]) -> bool:
    """Return whether a text has a table, or lines that look like one."""
    return any("\t" in text for text in parts.values())


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if names := _FIELDS.get(type(value)):
        pairs = ((name, getattr(value, name)) for name in names)
        return {name: _plain(item) for name, item in pairs if item is not None}
    return value


def compressed(text: str) -> bytes:
    """Compress the JSON of facts."""
    press = zlib.compressobj(wbits=_WINDOW, zdict=FACTS[_DICTIONARY])
    return bytes((_DICTIONARY,)) + press.compress(text.encode()) + press.flush()


def expanded(facts: bytes) -> str:
    """Expand what `compressed` made."""
    return zlib.decompressobj(_ANY_WINDOW, zdict=FACTS[facts[0]]).decompress(memoryview(facts)[1:]).decode()


def proceeding_of(facts: bytes, parts: Mapping[str, str]) -> Proceeding:
    """Build a proceeding from the facts and parts of a row."""
    values: dict[str, Any] = json.loads(expanded(facts))
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
    values.setdefault("text_rules", FIRST_RULES if _has_table(parts) else TEXT_RULES)
    return Proceeding(**{**values, **parts})


def _record(kind: type, item: dict[str, Any]) -> Any:
    if item.get("tabled_on"):
        item["tabled_on"] = date.fromisoformat(item["tabled_on"])
    return kind(**item)


_PARTS = [tables.parts.c[name] for name in ("revision_id", *PARTS)]
_PARTS_OF = select(*_PARTS).where(tables.parts.c.revision_id.in_(bindparam("ids", expanding=True)))
"""Built once: building statements is a good part of the time of a search."""


def load_parts(connection: Connection, revision_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Load the texts of revisions by part, in reading order; revisions without text are left out."""
    rows = connection.execute(_PARTS_OF, {"ids": revision_ids})
    return {
        revision_id: {name: text for name, text in zip(PARTS, texts, strict=True) if text is not None}
        for revision_id, *texts in rows
    }
