"""Parties that a filter finds besides the one that was probably meant, because their names share a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.parliament.abbreviations import PARTIES, has_name
from monitor.presentation.wording import listed, one_line
from monitor.research.inline_filters import required_filters
from monitor.text.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.archive import Archive
    from monitor.model.search import Filters
    from monitor.terms.matcher import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedWord:
    """Words of a filter that begin the name of one party and stand in the names of others.

    `meant`: the names that they begin. `others`: the rest. `better`: an abbreviation that finds those meant alone, or "".
    """

    wanted: str
    meant: tuple[str, ...]
    others: tuple[str, ...]
    better: str

    @property
    def said(self) -> str:
        """The fact in a sentence."""
        also = listed([one_line(name) for name in self.others])
        return f"Party {one_line(self.wanted)} also finds {also}, because the word is in the name."

    @property
    def alone(self) -> str:
        """Beginning of the advice on how to find only those meant."""
        return f"For {listed([one_line(name) for name in self.meant])} alone"


def shared_word(archive: Archive, query: Query | None, filters: Filters) -> SharedWord | None:
    """Return the words of a filter for parties if they find a party besides the one that was probably meant."""
    typed = (
        [condition.value for condition in required_filters(query.root) if condition.name == "party"] if query else []
    )
    asked = [*([filters.party] if filters.party else []), *typed]
    if not asked:
        return None
    names = archive.search.names("party")
    return next(filter(None, (_shared(wanted, names) for wanted in asked)), None)


def _shared(wanted: str, names: Sequence[str]) -> SharedWord | None:
    found = [name for name in names if has_name("party", name, wanted)]
    meant = [name for name in found if _begins(name, wanted) or _begins(PARTIES.get(name, ""), wanted)]
    others = [name for name in found if name not in meant]
    if not meant or not others:
        return None
    shorts = (PARTIES.get(name, "") for name in meant)
    better = (short for short in shorts if [name for name in names if has_name("party", name, short)] == meant)
    return SharedWord(wanted=wanted, meant=tuple(meant), others=tuple(others), better=next(better, ""))


def _begins(name: str, wanted: str) -> bool:
    """Return whether a name begins with these words."""
    words = [token.text for token in tokens(wanted)]
    return [token.text for token in tokens(name)][: len(words)] == words
