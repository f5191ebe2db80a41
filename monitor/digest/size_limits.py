"""Plan of a long digest: what is shown in full, in one line, or only counted. Mail services cut long mails.

Items are answers, what changed, questions that are newly late or due, and new questions. Forty are shown whole; of more,
five of each topic, what changed always first. Beyond what fits, an item is one line, and beyond two hundred items
a count. Whatever is cut is said at the top and stands whole in an attached file.

The lists beside the items (counts by topic, topics whose items have no place, failures, idle topics, mutes) say at their
end how many rows they leave out. They give way before a line of an item does.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.digest.arrange import is_new_correction, is_new_withdrawal, is_wanted
from monitor.presentation.entry import main_topic

if TYPE_CHECKING:
    from monitor.model.digests import Digest, Item

MOST_WHOLE = 40
WHOLE_PER_TOPIC = 5
MOST_ITEMS = 200
MOST_LISTED = 50
MOST_ROWS = 50
FEW_ROWS = 10
MOST_HTML = 90_000
"""Bytes of HTML: Gmail hides what is beyond 102 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Plan of the items by position: shown in full, as a line, or only counted.

    The items are those of `Digest.items`, then the questions to come, newly late ones first. Mentions that are "whole"
    take their two lines. `listed`: how many of the questions that still wait have a place, and how many of the promises.
    `rows`: how many rows each list beside the items has.
    """

    whole: frozenset[int]
    lines: frozenset[int]
    counted: frozenset[int]
    listed: int
    rows: int
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Number of entries besides answers and changes: the topic of each question to come, how many still wait, promises."""

    to_come: tuple[str, ...] = ()
    waiting: int = 0
    promises: int = 0


def largest_plan(digest: Digest, extent: Extent) -> list[int]:
    """List the positions that may be shown whole, the first to be kept first."""
    items = digest.items
    mentions = [i for i, item in enumerate(items) if is_mention(digest, item)]
    answers = [i for i in range(len(items)) if i not in set(mentions)]
    to_come = list(range(len(items), len(items) + len(extent.to_come)))
    if len(answers) + len(to_come) <= MOST_WHOLE:
        return answers + to_come + mentions
    seen: Counter[tuple[bool, str]] = Counter()
    kept = []
    for i in (*answers, *to_come):
        if i < len(digest.changed):
            kept.append(i)
            continue
        is_answer = i < len(items)
        topic = main_topic(items[i]) if is_answer else extent.to_come[i - len(items)]
        seen[is_answer, topic] += 1
        if seen[is_answer, topic] <= WHOLE_PER_TOPIC:
            kept.append(i)
    return kept


def plan(
    digest: Digest,
    extent: Extent,
    order: list[int],
    whole: int,
    *,
    most_items: int = MOST_ITEMS,
    rows: int = MOST_ROWS,
) -> Plan:
    """Show the first `whole` of `order` whole and of the rest as many lines as `most_items` in all allows."""
    count = len(digest.items) + len(extent.to_come)
    chosen = frozenset(order[:whole])
    rest = [i for i in range(count) if i not in chosen]
    lines = frozenset(rest[: max(0, most_items - len(chosen))])
    listed = min(MOST_LISTED, most_items)
    return Plan(
        whole=chosen,
        lines=lines,
        counted=frozenset(rest) - lines,
        listed=listed,
        rows=rows,
        is_cut=bool(rest) or max(extent.waiting, extent.promises) > listed,
    )


def is_mention(digest: Digest, item: Item) -> bool:
    """Return whether an item is shown as a mention, in two lines after the answers.

    A correction or a withdrawal never is, nor is anything that is coming: its day counts.
    """
    if item.revision.proceeding.occasion is not None or is_new_correction(item) or is_new_withdrawal(item):
        return False
    return digest.subscriber.mentions == "short" and not is_wanted(item)
