"""What a record is about comes before what only mentions it: an order that its reader can foresee, without a formula.

First the records in whose heading a query holds by itself, then those in whose heading and question together it does,
then all others that it is found in. A statement has no question, and a speech neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitor.model.records import Facts
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
    forms: Mapping[str, str],
    facts: Callable[[], Facts] | None,
    up_to: int = LAST,
) -> int | None:
    """The tier, from 1, of a document if the query is found in it. None where that is a later one than `up_to`.

    Only the parts that decide are looked at: whether the query holds in the whole, where it has a NOT, is not asked.
    """
    for tier, chosen in enumerate(TIERS[:up_to], 1):
        if chosen is None:
            return tier
        some = [name for name in parts if name in chosen]
        if some and query.holds({name: parts[name] for name in some}, {name: forms[name] for name in some}, facts):
            return tier
    return None
