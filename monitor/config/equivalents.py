"""The table `[equivalents]`: words and phrases that mean the same to this user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.config.tables import words
from monitor.terms.tree import TermError
from monitor.terms.vocabulary import merge_equivalents, read_equivalent

if TYPE_CHECKING:
    from monitor.config.tables import Table
    from monitor.terms.vocabulary import Equivalents


def read_equivalents(table: Table) -> Equivalents:
    """The shipped groups and those of the file: a key means the same as its value, or as each element of it."""
    groups = [_group(table, key) for key in table.written()]
    table.close()
    return merge_equivalents([group for group in groups if len(group) > 1])


def _group(table: Table, key: str) -> tuple[str, ...]:
    said = table.read(key, lambda: _equivalent(key))
    others = table.take_one_or_each(key, _equivalent)
    if table.holds_nothing(key):
        table.complain(key, "has no equivalent; write a word or a phrase, or remove it")
    if said in others:
        table.complain(key, "its equivalent is the same words, which terms find by themselves; remove it")
    return (said, *others) if said else ()


def _equivalent(value: Any) -> str:
    try:
        return read_equivalent(words(value))
    except TermError as wrong:
        raise ValueError(str(wrong)) from None
