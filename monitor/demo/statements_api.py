"""Rules of written statements in the API, as pure functions over values: the choice of lists, and their cut texts.

A value is an answer of the detail endpoint. `demo.questions_api` has the rules that questions and statements share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.demo.members_api import short_member
from monitor.demo.questions_api import ApiQuery, cut_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitor.demo.store import DemoMember, Value


def select(values: Iterable[Value], query: ApiQuery) -> list[Value]:
    """Return the statements that a query asks for, newest first."""
    first, last = query.get("madewhenfrom", ""), query.get("madewhento", "9999")
    house = query.get("house", "Bicameral")
    found = [
        value for value in values if first <= value["dateMade"][:10] <= last and house in ("Bicameral", value["house"])
    ]
    return sorted(found, key=lambda value: (value["dateMade"], value["id"]), reverse=True)


def list_view(value: Value) -> Value:
    """Return a statement as lists show it: with a cut text, without attachments and links."""
    return {**value, "text": cut_answer(value["text"]), "attachments": [], "linkedStatements": []}


def with_member(value: Value, members: Mapping[int, DemoMember], *, expand: bool) -> Value:
    """Return the value with the object of its member, which is null unless requested, and for unknown members."""
    known = members.get(value["memberId"] or 0)
    return {**value, "member": short_member(known) if expand and known else None}
