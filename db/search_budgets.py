"""Limits of how far a search goes: a number of documents, a time, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable


class ScanBudget:
    """Number of documents that a search may still look through; it ends when that is spent.

    `must_end` says that a statement of the database has taken too long, which is then broken off; that ends it too.
    """

    def __init__(self, documents: int, must_end: Callable[[], bool] | None = None) -> None:
        self._left = documents
        self.must_end: Final = must_end
        self.is_broken_off = False

    @property
    def is_spent(self) -> bool:
        """True where there may be more records than were found."""
        return self._left <= 0 or self.is_broken_off

    def spend(self, documents: int) -> None:
        """Count documents that are looked through."""
        self._left -= documents


class SoonBudget(ScanBudget):
    """Number of documents that a search may still look through: so many, and more as long as it has time."""

    def __init__(
        self, documents: int, at_most: int, is_over: Callable[[], bool], must_end: Callable[[], bool] | None = None
    ) -> None:
        super().__init__(at_most, must_end)
        self._surely, self._is_over = documents, is_over

    @property
    def is_spent(self) -> bool:
        """True where there may be more records than were found."""
        return super().is_spent or (self._surely <= 0 and self._is_over())

    def spend(self, documents: int) -> None:
        """Count documents that are looked through."""
        super().spend(documents)
        self._surely -= documents


class TimeBudget(ScanBudget):
    """Leave to look through documents until a time is over."""

    def __init__(self, is_over: Callable[[], bool]) -> None:
        super().__init__(1, is_over)
        self._is_over = is_over

    @property
    def is_spent(self) -> bool:
        """True once the time is over."""
        return self._is_over()

    def spend(self, documents: int) -> None:
        """Count nothing."""
