"""Index queries for tests, made without the term language, and a plain matcher that says which texts meet them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from monitor.model.index_query import AllOf, AnyOf, NearBy, PhraseRequirement
from monitor.model.records import PARTS
from monitor.model.watching import Match
from monitor.text.search_form import forms_of
from monitor.text.tokens import CAPITAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitor.model.index_query import IndexQuery
    from monitor.model.records import Facts

WORDS = [
    "river",
    "rivers",
    "bus",
    "a",
    "he'll",
    "5200.5",
    "r&d",
    f"{CAPITAL}nhs",
    "nhs",
    "AND",
    "NOT",
    "NEAR",
    "x" * 300,
]
"""Words that may stand in a search form, some of which are operators of a database's query language."""

MARKS = ["£", ".", "|", "\u00b6", "\u24d0", "-", "%"]
STRANGE = [
    '"',
    "'",
    "\\",
    "*",
    "''",
    '""',
    "(",
    ")",
    "{answer}",
    ":",
    "--",
    ";",
    "\0",
    "\u65e5\u672c",
    "\U0001f600",
    "&",
    "!",
    "",
]
"""Strings that no search form contains but that a query may contain."""


def holds(need: IndexQuery, forms: Mapping[str, str]) -> bool:
    """Return whether search forms, by part, meet an index query."""
    if isinstance(need, PhraseRequirement):
        return any(
            _stands(need.words, form.split()) for name, form in forms.items() if not need.parts or name in need.parts
        )
    assert not isinstance(need, NearBy), "distances are not supported here"
    return (all if isinstance(need, AllOf) else any)(holds(operand, forms) for operand in need.needs)


def _stands(words: tuple[str, ...], form: list[str]) -> bool:
    *before, last = words
    for start in range(len(form) - len(before)):
        found = form[start : start + len(words)]
        is_last = found[-1].startswith(last[:-1]) if last.endswith("*") else found[-1] == last
        if found[:-1] == before and is_last:
            return True
    return False


@dataclass(frozen=True)
class StubQuery:
    """Query that finds exactly the records whose forms meet an index query, without terms.

    `asks` false: the index is not used. The only span is the whole of the first part.
    """

    wanted: IndexQuery
    asks: bool = True
    source: str = "a need"

    conditions: tuple[tuple[str, str], ...] = ()

    @property
    def need(self) -> IndexQuery | None:
        """Query for the index, or None to read every record."""
        return self.wanted if self.asks else None

    def spans(
        self,
        parts: Mapping[str, str],
        forms: Mapping[str, str] | None = None,
        facts: Callable[[], Facts] | None = None,
    ) -> tuple[Match, ...] | None:
        """Return one match that covers the first part, or None if the forms do not meet the query."""
        made = forms_of(parts)
        assert forms is None or forms == made
        if not holds(self.wanted, made):
            return None
        assert facts is None or facts().kind == "question"
        name, text = next(iter(parts.items()))
        return (Match(topic="", term=self.source, form=text, part=name, start=0, end=len(text)),)

    def holds(
        self,
        parts: Mapping[str, str],
        forms: Mapping[str, str] | None = None,
        facts: Callable[[], Facts] | None = None,
    ) -> bool:
        """Return whether the forms meet the query."""
        return self.spans(parts, forms, facts) is not None


def runs(words: list[str]) -> st.SearchStrategy[PhraseRequirement]:
    """Draw one to three of these words in sequence, the last perhaps shortened to a prefix."""
    several = st.lists(st.sampled_from(words), min_size=1, max_size=3).map(tuple)
    parts = st.frozensets(st.sampled_from(PARTS), max_size=2)
    begun = st.tuples(several, st.integers(1, 4)).map(lambda both: (*both[0][:-1], f"{both[0][-1][: both[1]]}*"))
    return st.builds(PhraseRequirement, several | begun, parts)


def needs(words: list[str]) -> st.SearchStrategy[IndexQuery]:
    """Draw an index query of any shape without distances."""
    return st.recursive(
        runs(words),
        lambda more: (
            st.builds(AllOf, st.lists(more, max_size=3).map(tuple))
            | st.builds(AnyOf, st.lists(more, min_size=1, max_size=3).map(tuple))
        ),
        max_leaves=6,
    )
