"""What a record is about comes before what only mentions it: an order that its reader can foresee, without a formula.

First the records in whose heading a query holds by itself, then those in whose heading and question together it does,
then all others that it is found in. A statement has no question, and a speech neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from monitor.model import Facts
    from monitor.ports import Query

TIERS: Final[tuple[frozenset[str] | None, ...]] = (
    frozenset({"heading"}),
    frozenset({"heading", "question"}),
    None,
)
"""The parts in which a query holds by itself, tier after tier; None: all of them. A tier is named by its number, from 1."""

LAST: Final = len(TIERS)


def tier_of(
    query: Query,
    parts: Mapping[str, str],
    forms: Mapping[str, str] | None,
    facts: Callable[[], Facts] | None,
) -> int:
    """The tier, from 1, of a document in which a query was found."""
    for tier, chosen in enumerate(TIERS, 1):
        if chosen is None:
            break
        some = _within(parts, chosen)
        if some and query.holds(some, None if forms is None else _within(forms, chosen), facts):
            return tier
    return LAST


def _within(parts: Mapping[str, str], chosen: Collection[str]) -> dict[str, str]:
    return {name: text for name, text in parts.items() if name in chosen}
