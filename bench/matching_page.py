# ruff: noqa: INP001 - a script's module, no part of a package
"""The output of `matching.py`: a table for each list of terms, and the aims."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Final

from matching_engines import (
    FORM_ALONE,
    HAS_HYPERSCAN,
    HAS_SPACY,
    HYPERSCAN,
    NOT_INSTALLED,
    RE_FORM,
    RE_TEXT,
    SPACY,
    SPANS,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matching_processes import AllCores

FORM_US: Final = 31
"""Microseconds for the search form of an answer on the quiet machine that the aims were set for, on 24 November 2026."""


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
    all_cores: tuple[AllCores, ...]
    rows: tuple[Row, ...]


def aims(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Return each aim, the measurement, and whether it is met, for the measured lists."""
    by_count = {table.count: table for table in tables}
    few, some, many = by_count.get(10), by_count.get(1000), by_count.get(100_000)
    form, text, held = "spans, form", "spans, plain text", "which terms, form"
    wanted = [
        ("1,000 terms, spans, stored forms, all cores: at least 50,000 a second", by_cpu(some, form), 50_000, None),
        ("1,000 terms, spans, plain text, all cores: at least 20,000", by_cpu(some, text), 20_000, None),
        ("1,000 terms: at most 1.3 times the cost of 10", times(us(few, SPANS), us(some, SPANS)), None, 1.3),
        ("1,000 terms: at least 40 times re in plain text", times(us(some, SPANS), us(some, RE_TEXT)), 40, None),
        ("1,000 terms: at least 8 times spaCy", times(us(some, SPANS), us(some, SPACY)), 8, None),
        ("100,000 terms, which match, all cores: at least 12,000 a second", by_cpu(many, held), 12_000, None),
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


def by_cpu(table: Table | None, way: str) -> float | None:
    """Answers a second of all cores, by CPU time."""
    return next((row.by_cpu for row in table.all_cores if row.way == way), None) if table else None


def slowness(always: Sequence[Row]) -> float:
    """Return how many times as long as on a quiet machine everything takes here, by the time for a search form."""
    return next(row.us for row in always if row.engine == FORM_ALONE) / FORM_US


def times(taken: float | None, other: float | None) -> float | None:
    """Return the second time as a multiple of the first."""
    return None if taken is None or other is None else other / taken


def speed(times_as_long: float) -> str:
    """Speed of the machine in a sentence."""
    return f"a search form takes {times_as_long:.2f} times as long as on the quiet machine of the aims"


def page(told: dict[str, Any], tables: Sequence[Table], always: Sequence[Row]) -> str:
    """Return the page as text."""
    size = f"{told['answers']:,} answers of {told['characters']:,} characters with their questions"
    head = f"{size}; {told['machine']}, {told['day']}"
    lines = [head, speed(told["slowness"]), "", *heading("reading alone"), *(line(row) for row in always)]
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
        *([] if HAS_HYPERSCAN else [f"{HYPERSCAN:<38}{NOT_INSTALLED}"]),
        *map(of_all, table.all_cores),
        f"{table.occurring:,} terms drawn from the texts; {found}; searched one by one: {same:,} alike, {other:,} not",
        f"in a process of its own, from plain text: {compiled}, {after}",
    ]


def of_all(row: AllCores) -> str:
    """All cores together."""
    return (
        f"pqwatch, {row.way}: {row.cores} processes do {row.by_cpu:,.0f} answers a second of {row.cores} free cores,"
        f" by CPU time; {row.by_clock:,.0f} on the clock"
    )


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
