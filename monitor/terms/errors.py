"""How a term that can't be read is refused."""

from __future__ import annotations

from monitor.errors import MonitorError


class TermError(MonitorError):
    """A term can't be read.

    `position` is the character (from 0) of `term` that it is about; `remedy` says what to write. `better` is the term as it
    was probably meant, "" where that can't be told. The text is one sentence with both, and the better term after it.
    """

    def __init__(self, problem: str, *, term: str, position: int, remedy: str, better: str = "") -> None:
        self.problem = problem
        self.term = term
        self.position = position
        self.remedy = remedy
        self.better = better
        super().__init__(" ".join(filter(None, (f"{problem}: {remedy}.", ready(better)))))

    @property
    def caret(self) -> str:
        """Two lines: the term, and a caret under the character."""
        return f"{self.term}\n{' ' * self.position}^"


def ready(term: str) -> str:
    """A sentence with a term as it can be pasted into config.toml, or a shell; "" where there is none.

    In single quotes double ones stay as they are, in both.
    """
    quote = "'" if "'" not in term else '"' if '"' not in term else ""
    return f"Ready to paste: {quote}{term}{quote}." if term else ""


def refused(problem: str, term: str, position: int, remedy: str) -> TermError:
    """The error to raise."""
    return TermError(problem, term=term, position=position, remedy=remedy)
