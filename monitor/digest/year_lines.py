"""Wording of the last year of each topic: a plot of characters, and sentences that say the same without it.

Mail programs show the plot without pictures. Readers who can't see it get the same from the sentences.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises.state import current
from monitor.presentation.citation import name_of
from monitor.presentation.promise_words import due_words
from monitor.presentation.wording import clean, count_of, listed, long_month, one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model.digests import Digest
    from monitor.model.promises import Promise
    from monitor.model.topic_years import Newcomer, TopicYear

BLOCKS: Final = "\u2581\u2582\u2583\u2585\u2587"
"""Five heights that fonts have; others stand lower or higher in some."""
NONE: Final = "\u00b7"
"""Sign of a month without a record."""

MOST_TOPICS: Final = 20
MOST_NEWCOMERS: Final = 5
_LONGEST_SENTENCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class YearLine:
    """The last year of a topic in words. `plot`: "" for no plot; `said`: what the plot shows, and the rest."""

    topic: str
    plot: str
    said: tuple[str, ...]


def year_lines(digest: Digest, most: int = MOST_TOPICS) -> list[YearLine]:
    """Put the last year of each topic into words; of very many topics the first, `most` of them at most."""
    lines = [_line(year, digest) for year in digest.years[: min(most, MOST_TOPICS)]]
    more = len(digest.years) - len(lines)
    if more > 0:
        lines.append(YearLine(topic=f"{count_of(more, 'more topic')}", plot="", said=("pqwatch stats --by topic",)))
    return lines


def plot_of(values: Sequence[int]) -> str:
    """Return a plot of numbers, a character each: higher blocks for larger ones, a dot for none."""
    most = max(values, default=0)
    return "".join(BLOCKS[math.ceil(value * len(BLOCKS) / most) - 1] if value else NONE for value in values)


def _line(year: TopicYear, digest: Digest) -> YearLine:
    return YearLine(
        topic=one_line(digest.topics.get(year.topic, year.topic)),
        plot=plot_of([count for _, count in year.months]),
        said=tuple(said for said in (_months_said(year), _newcomers_said(year.newcomers), *_late_said(year)) if said),
    )


def _months_said(year: TopicYear) -> str:
    """Say what the plot shows: "31 records from December 2023 to November 2024, most in March 2024: 14"."""
    if not year.months:
        return ""
    total = sum(count for _, count in year.months)
    most = max(count for _, count in year.months)
    months = [month for month, count in year.months if count == most]
    best = f"most in {long_month(months[-1])}: {most:,}" if len(months) == 1 else f"at most {most:,} in a month"
    first, last = long_month(year.months[0][0]), long_month(year.months[-1][0])
    return f"{count_of(total, 'record')} from {first} to {last}, {best}."


def _newcomers_said(newcomers: Sequence[Newcomer]) -> str:
    if not newcomers:
        return ""
    names = [
        one_line(newcomer.name) + (f" ({count_of(newcomer.questions, 'question')})" if newcomer.questions > 1 else "")
        for newcomer in newcomers[:MOST_NEWCOMERS]
    ]
    more = len(newcomers) - len(names)
    return f"Asked for the first time: {listed([*names, f'{more:,} more'] if more else names)}."


def _late_said(year: TopicYear) -> list[str]:
    said = [_promise_said(group) for group in year.late]
    more = year.late_count - len(said)
    if more:
        said.append(f"{count_of(more, 'more promise')} late: pqwatch promises --state overdue")
    return said


def _promise_said(group: Sequence[Promise]) -> str:
    promise = current(group)
    sentence = shorten(one_line(clean(promise.sentence)), _LONGEST_SENTENCE)
    name = name_of(promise.record)
    return f"Promised for {due_words(promise)}, and late: \u201c{sentence}\u201d{f' ({name})' if name else ''}"
