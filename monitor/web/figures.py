"""Tables of figures: the rows of a tally with their measures, as `pqwatch stats` has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.research.stats.report import TITLES, figures, labels
from monitor.research.stats.tally import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitor.research.stats.tally import Tally

THING_NAMES: Final = {
    "topic": "Topic",
    "term": "Term",
    "month": "Month",
    "year": "Year",
    "body": "Answering body",
    "minister": "Minister who answered",
    "speaker": "Speaker",
    "asker": "Member who asked",
    "party": "Party of the member who asked",
    "house": "House",
    "kind": "Kind of record",
    "state": "State",
    "days": "Days taken",
    "label": "What the answer does",
}
"""Names of the things that records are counted by."""

TABLE_TITLES: Final = tuple(title.capitalize() for title in TITLES)


@dataclass(frozen=True, slots=True)
class FigureTable:
    """A table: its caption, the titles of its columns, and its rows, each a name, its address or "", and its cells."""

    caption: str
    titles: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[str, ...]], ...]
    total: tuple[str, ...] = ()


def figure_table(
    found: Tally,
    caption: str,
    topics: Mapping[str, str],
    *,
    columns: int = len(TITLES),
    path_of: Callable[[str], str] | None = None,
) -> FigureTable:
    """Lay out a tally of one thing, with the first columns only where the others have nothing to say.

    `path_of`: the page of a name, where names have one.
    """
    shown = folded(found)
    names = labels(shown, 0, topics)
    return FigureTable(
        caption=caption,
        titles=(THING_NAMES[found.by[0]], *TABLE_TITLES[:columns]),
        rows=tuple(
            (names[row.key[0]], _path(row.key[0], path_of), figures(row.measures)[:columns]) for row in shown.rows
        ),
        total=figures(found.total)[:columns],
    )


def _path(value: str | None, path_of: Callable[[str], str] | None) -> str:
    return path_of(value) if value and path_of else ""
