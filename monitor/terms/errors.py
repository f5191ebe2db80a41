"""How a term that can't be read is refused."""

from __future__ import annotations

from monitor.errors import MonitorError


class TermError(MonitorError):
    """A term can't be read.

    `position` is the character (from 0) of `term` that it is about; `remedy` says what to write. The text is one sentence
    with both.
    """

    def __init__(self, problem: str, *, term: str, position: int, remedy: str) -> None:
        self.problem = problem
        self.term = term
        self.position = position
        self.remedy = remedy
        super().__init__(f"{problem}: {remedy}.")

    @property
    def caret(self) -> str:
        """Two lines: the term, and a caret under the character."""
        return f"{self.term}\n{' ' * self.position}^"


def refused(problem: str, term: str, position: int, remedy: str) -> TermError:
    """The error to raise."""
    return TermError(problem, term=term, position=position, remedy=remedy)
