"""Bodies through time, as `pqwatch bodies` lists them: keys as JSON has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.parliament.body_lines import printed_names
from monitor.parliament.body_lists import shipped_bodies
from monitor.presentation.record_json import SCHEMA
from monitor.terms.successions import format_successors
from monitor.text.tokens import is_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.parliament.bodies import Body, Change, Step


def find_bodies(name: str) -> list[Body]:
    """Return the bodies with a name or an abbreviation; if there are none, those whose answers are printed under it.

    If there are none of these either, all with these words in a name.
    """
    table = shipped_bodies()
    if found := table.find(name):
        return found
    printed = [body for body in table.all if body.is_answering and _is_printed_as(body, name)]
    return printed or [body for body in table.all if any(is_named(known, name) for known in body.names)]


def _is_printed_as(body: Body, name: str) -> bool:
    return name.casefold() in {printed.casefold() for printed in printed_names(body)}


def near_names(name: str) -> Sequence[str]:
    """Return the names that are spelt most like a name."""
    return shipped_bodies().near(name)


def all_bodies() -> list[Body]:
    """Return all bodies, by name."""
    return sorted(shipped_bodies().all, key=lambda body: (body.name.casefold(), body.legislature, body.began))


def body_json(body: Body) -> dict[str, Any]:
    """Return a body with its changes and its line."""
    table = shipped_bodies()
    successors = table.successors(body)
    return {
        "schema": SCHEMA,
        "name": body.name,
        "abbreviations": list(body.abbreviations),
        "other_names": list(body.others),
        "printed_as": list(printed_names(body)) if body.is_answering else [],
        "legislature": body.legislature or "uk",
        "began": body.began or None,
        "ended": body.ended or None,
        "note": body.note or None,
        "source": body.source or None,
        "came_from": [_change(before.name, change) for before, change in table.origins(body)],
        "became": [_change(name, change) for change in body.changes for name in change.became],
        "predecessors": [_step(step) for step in table.predecessors(body)],
        "successors": [_step(step) for step in successors],
        "term": format_successors(body.name) if successors else None,
    }


def _change(name: str, change: Change) -> dict[str, Any]:
    return {
        "name": name,
        "on": change.on or None,
        "how": change.how or None,
        "source": change.source,
        "is_followed": change.is_followed,
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.body.name,
        "abbreviations": list(step.body.abbreviations),
        "since": step.since or None,
        "how": step.change.how,
        "of": step.before.name,
        "source": step.change.source,
    }
