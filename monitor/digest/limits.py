"""How much of a digest is shown whole: mail services cut long mails, so a long digest says less of each item.

Forty items are shown whole; of more, five of each topic, what changed always first. Beyond what fits, an item is one
line, and beyond two hundred items a count. Whatever is cut is said at the top and stands whole in an attached file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.digest.compose import is_new_correction, is_wanted, main_topic

if TYPE_CHECKING:
    from monitor.model import Digest, Item

MOST_WHOLE = 40
WHOLE_PER_TOPIC = 5
MOST_ITEMS = 200
MOST_LISTED = 50
MOST_HTML = 90_000
"""Bytes of HTML: Gmail hides what is beyond 102 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is shown of the items of `changed` + `new`, by position: whole, as a line, or only counted.

    Mentions that are "whole" take their two lines. `listed`: how many new questions, and how many waiting, have a line.
    """

    whole: frozenset[int]
    lines: frozenset[int]
    counted: frozenset[int]
    listed: int
    is_cut: bool


def largest_plan(digest: Digest) -> list[int]:
    """The positions that may be shown whole, the first to be kept first."""
    items = digest.changed + digest.new
    mentions = [i for i, item in enumerate(items) if is_mention(digest, item)]
    answers = [i for i in range(len(items)) if i not in set(mentions)]
    if len(answers) <= MOST_WHOLE:
        return answers + mentions
    seen: dict[str, int] = {}
    kept = []
    for i in answers:
        topic = "" if i < len(digest.changed) else main_topic(items[i])
        seen[topic] = seen.get(topic, 0) + (i >= len(digest.changed))
        if seen[topic] <= WHOLE_PER_TOPIC:
            kept.append(i)
    return kept


def plan(digest: Digest, order: list[int], whole: int, most_items: int = MOST_ITEMS) -> Plan:
    """Show the first `whole` of `order` whole and of the rest as many lines as `most_items` in all allows."""
    count = len(digest.changed) + len(digest.new)
    chosen = frozenset(order[:whole])
    rest = [i for i in range(count) if i not in chosen]
    lines = frozenset(rest[: max(0, most_items - len(chosen))])
    listed = min(MOST_LISTED, most_items)
    return Plan(
        whole=chosen,
        lines=lines,
        counted=frozenset(rest) - lines,
        listed=listed,
        is_cut=bool(rest) or max(len(digest.questions), len(digest.waiting)) > listed,
    )


def is_mention(digest: Digest, item: Item) -> bool:
    """Whether an item is shown as a mention, in two lines after the answers. A correction never is."""
    return digest.subscriber.mentions == "short" and not is_wanted(item) and not is_new_correction(item)
