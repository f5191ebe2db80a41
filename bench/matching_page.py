# ruff: noqa: INP001 - a script's module, no part of a package
"""The output of `matching.py`: a table for each list of terms, and the aims."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from matching_engines import HAS_SPACY, HELD, NOT_INSTALLED, RE_FORM, RE_TEXT, SPACY, SPANS, SPANS_TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Measurements of an engine. `us`: median CPU microseconds an answer, `spread` of the rounds as a share of it.

    `terms`: different terms found, an answer; `missed`, `extra`: pairs of answer and term that pqwatch alone, or the engine
    alone, found in the first `checked` answers.
    """

    engine: str
    read: int
    us: float
    spread: float
    compile_s: float
    terms: float | None = None
    checked: int = 0
    missed: int = 0
    extra: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One list of terms. `with_match`: share of answers in which at least one is found; `matches`: spans in all of them.

    `one_by_one`: how many matches pqwatch found as searches for each term alone found them, and how many not.
    """

    count: int
    occurring: int
    with_match: float
    matches: int
    one_by_one: tuple[int, int]
    footprint: dict[str, float | None]
    rows: tuple[Row, ...]


def aims(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Return each aim, the measurement, and whether it is met, for the measured lists."""
    by_count = {table.count: table for table in tables}
    few, some, many = by_count.get(10), by_count.get(1000), by_count.get(100_000)
    wanted = [
        ("1,000 terms, spans, stored forms: at least 40,000 answers a second", a_second(us(some, SPANS)), 40_000, None),
        ("1,000 terms, spans, plain text: at least 20,000", a_second(us(some, SPANS_TEXT)), 20_000, None),
        ("1,000 terms: at most 1.3 times the cost of 10", times(us(few, SPANS), us(some, SPANS)), None, 1.3),
        ("1,000 terms: at least 40 times re in plain text", times(us(some, SPANS), us(some, RE_TEXT)), 40, None),
        ("1,000 terms: at least 8 times spaCy", times(us(some, SPANS), us(some, SPACY)), 8, None),
        ("100,000 terms, which match: at least 12,000 answers a second", a_second(us(many, HELD)), 12_000, None),
        ("100,000 terms: under 300 MB", many.footprint["after_pass_mb"] if many else None, None, 300),
        ("100,000 terms: compiled in under 5 seconds", many.footprint["compile_s"] if many else None, None, 5),
    ]
    return [
        {"aim": aim, "measured": measured, "is_met": (least or 0) <= measured <= (most or inf)}
        for aim, measured, least, most in wanted
        if measured is not None
    ]


def us(table: Table | None, engine: str) -> float | None:
    """Microseconds an answer of this engine, None where it was not measured."""
    return next((row.us for row in table.rows if row.engine == engine), None) if table else None


def a_second(taken: float | None) -> float | None:
    """Answers a second."""
    return None if taken is None else 1e6 / taken


def times(taken: float | None, other: float | None) -> float | None:
    """Return the second time as a multiple of the first."""
    return None if taken is None or other is None else other / taken


def page(told: dict[str, Any], tables: Sequence[Table], always: Sequence[Row]) -> str:
    """Return the page as text."""
    size = f"{told['answers']:,} answers of {told['characters']:,} characters with their questions"
    head = f"{size}; {told['machine']}, {told['day']}"
    lines = [head, "", *heading("reading alone"), *(line(row) for row in always)]
    for table in tables:
        lines += ["", *list_lines(table)]
    lines.append("")
    for aim in told["aims"]:
        lines.append(f"{'ok' if aim['is_met'] else 'MISSED':<7}{number(aim['measured']):>8}  {aim['aim']}")
    return "\n".join(lines)


def list_lines(table: Table) -> list[str]:
    """Return the block of one list."""
    cost, (same, other) = table.footprint, table.one_by_one
    found = f"found in {table.with_match:.1%} of the answers, {table.matches:,} matches"
    compiled = f"compiled in {number(cost['compile_s'])} s, {number(cost['matcher_mb'])} MB"
    after = f"{number(cost['after_pass_mb'])} MB after a first pass of {number(cost['first_pass_us'])} us an answer"
    return [
        *heading(f"{table.count:,} terms"),
        *(line(row, table) for row in table.rows),
        *([] if HAS_SPACY else [f"{SPACY:<38}{NOT_INSTALLED}"]),
        f"{table.occurring:,} terms drawn from the texts; {found}; searched one by one: {same:,} alike, {other:,} not",
        f"in a process of its own, from plain text: {compiled}, {after}",
    ]


def heading(title: str) -> list[str]:
    """Return the heads of the columns."""
    columns = f"{'read':>7}{'us':>10}{'a second':>10}{'spread':>8}{'re':>9}{'re form':>9}{'spaCy':>8}{'compile':>9}"
    return [f"{title:<38}{columns}{'terms':>8}{'missed':>8}{'extra':>7}"]


def line(row: Row, table: Table | None = None) -> str:
    """One engine."""
    ratios = [number(times(row.us, us(table, rival))) if table else "" for rival in (RE_TEXT, RE_FORM, SPACY)]
    counts = ("", "", "") if row.terms is None else (f"{row.terms:.2f}", f"{row.missed:,}", f"{row.extra:,}")
    return (
        f"{row.engine:<38}{row.read:>7,}{number(row.us):>10}{1e6 / row.us:>10,.0f}{row.spread:>8.0%}"
        f"{ratios[0]:>9}{ratios[1]:>9}{ratios[2]:>8}{row.compile_s:>8.2f}s{counts[0]:>8}{counts[1]:>8}{counts[2]:>7}"
    )


def number(value: float | None) -> str:
    """Three figures or so; "-" for what was not measured."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - enough
