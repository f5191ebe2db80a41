"""The tail of a search form, in fewer words, for the archive's index, asked for words, and for two beside each other.

An entry that the main part has too says nothing new there, for an index passes marks and breaks over. Of two entries of
which one ends as the other begins, one is made: "our tenyear", "tenyear plan" become "our tenyear plan". So the tail takes
three fifths of its words, most of which are of addresses: each hyphen there has up to thirty in the whole tail.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from monitor.terms.form import BEFORE_ENTRY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PASSED: Final = re.compile(r" [!-/:-@\[-`{-~\n\u00a2-\u00a5\u00b0\u00b1\u00d7\u00f7\u20a0-\u20cf\u24b6-\u24e9]+(?= )")
"""A mark or break that every index passes over, as it is no letter and no figure: of what is not here, an entry stays."""


def shortened(form: str) -> str:
    """The search form with another tail: what were neighbours in one entry of it still are, there or in the main part."""
    main, *entries = form.split(BEFORE_ENTRY)
    if not entries:
        return form
    there = _PASSED.sub("", f" {main} ")
    news = [entry.split(" ") for entry in entries if f" {entry} " not in there]
    trails = list(_trails([entry for entry in news if len(entry) > 1]))
    said = {word for trail in trails for word in trail}
    words = [entry for entry in news if len(entry) == 1 and entry[0] not in said]
    return BEFORE_ENTRY.join([main, *map(" ".join, (*trails, *words))])


def _trails(pairs: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """As few rows of words as can be had without much ado, in which each pair stands next to each other once."""
    after: dict[str, list[str]] = {}
    for left, right in pairs:
        after.setdefault(left, []).append(right)
    begun = Counter(left for left, _ in pairs)
    begun.subtract(right for _, right in pairs)
    for word in (*begun.elements(), *after):  # first what more pairs begin with than end
        while after[word]:
            trail = [word]
            while after.get(trail[-1]):
                trail.append(after[trail[-1]].pop())
            yield trail
