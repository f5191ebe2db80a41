# ruff: noqa: INP001 - a script's module, no part of a package
"""The results of `search.py` as a page: sizes and building, the time of each class and engine, and the aims."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

OURS: Final = "pqwatch"
AIMS_MS: Final = {
    "newest": {"rare": 20, "middling": 20, "common": 20},
    "relevance": {"rare": 20, "middling": 20, "common": 150},
}
"""Milliseconds of the 95th percentile, at 1,500,000 answers."""
TIMES_FASTER: Final = 3
TIMES_THE_TEXT: Final = 2.5
PROCESS_MS: Final = 500


def percentiles(times: Sequence[float]) -> dict[str, float]:
    """Return the 50th and the 95th percentile of seconds, in milliseconds."""
    ordered = sorted(times)
    return {
        f"p{share}": 1000 * ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)] if ordered else math.nan
        for share in (50, 95)
    }


def page(told: Mapping[str, Any]) -> str:
    """Return the whole page."""
    sections = (_head, _likeness, _building, _newest, _relevance, _found, _process, _aims)
    return "\n".join(line for section in sections for line in (*section(told), ""))


def _head(told: Mapping[str, Any]) -> Iterator[str]:
    yield f"{told['answers']:,} answers, {told['day']}, {told['machine']}"
    pace = told["pace"]
    yield (
        f"  the same loop in between: {pace['least']:.1f} ms at its fastest; its median {pace['median_cpu']:.1f} ms of CPU,"
        f" {pace['median']:.1f} ms on the clock: what the machine did besides"
    )
    for name, about in told["engines"].items():
        yield f"  {name}: {about}"
    for name, why in told["missing"].items():
        yield f"  {name}: NOT MEASURED, {why}"
    if told["xapian_answers"]:
        yield f"  Xapian has the newest {told['xapian_answers']:,} of the answers alone"


def _likeness(told: Mapping[str, Any]) -> Iterator[str]:
    made = told["built"]["answers"]
    yield f"{'the answers':32}{'recorded':>12}{'made':>12}"
    names = {"mean": "characters, mean", "median": "characters, median", "p95": "characters, 95th percentile"}
    names |= {"words": "words a record", "distinct": "different words in a million", "alike": "share that others equal"}
    for name, title in names.items():
        was, now = made["recorded"][name], made["made"][name]
        yield f"{title:32}{_number(was):>12}{_number(now):>12}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"  # noqa: PLR2004 (digits that say something)


def _building(told: Mapping[str, Any]) -> Iterator[str]:
    text = told["built"]["answers"]["bytes"]
    yield f"{'built':24}{'seconds':>10}{'MB':>10}{'of the text':>14}     (text: {text / 1e6:,.0f} MB)"
    for name in told["engines"]:
        built = told["built"][f"build {name}"]
        more = (
            f"   stored in {built['stored']:,.0f} s, indexed in {built['indexed']:,.0f} s" if "stored" in built else ""
        )
        more += f", {built['compacted'] / text:.2f} compacted" if "compacted" in built else ""
        share = built["bytes"] / text
        note = "   (of a part)" if name == "Xapian" and told["xapian_answers"] else more
        yield f"{name:24}{built['seconds']:>10,.0f}{built['bytes'] / 1e6:>10,.0f}{share:>14.2f}{note}"


def _newest(told: Mapping[str, Any]) -> Iterator[str]:
    yield from _times(told, "newest", "newest first")


def _relevance(told: Mapping[str, Any]) -> Iterator[str]:
    yield from _times(told, "relevance", "by relevance")


def _times(told: Mapping[str, Any], order: str, title: str) -> Iterator[str]:
    yield f"the first twenty with passages, {title}: milliseconds on the clock, 50th / 95th percentile"
    names = list(told["engines"])
    heads = [f"{OURS}, CPU", *names]
    yield f"{'':24}{'answers':>18}" + "".join(f"{name[:22]:>23}" for name in heads)
    rows = {(row["kind"], row["level"], row["engine"]): row for row in told["times"] if row["order"] == order}
    for name, (count, fewest, most) in told["documents"].items():
        kind, _, level = name.partition(", ")
        cells = [_cell(rows[kind, level, OURS], "_cpu"), *(_cell(rows[kind, level, engine]) for engine in names)]
        yield f"{name:24}{f'{fewest:,}-{most:,}':>18}" + "".join(f"{cell:>23}" for cell in cells) + _few(count)


def _cell(row: Mapping[str, Any], of: str = "") -> str:
    mark = "+" if row["given_up"] else ""
    part = f" ({row['asked']})" if row["asked"] < row["of"] else ""
    return f"{_ms(row[f'p50{of}'])} / {_ms(row[f'p95{of}'])}{mark}{part}"


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"  # noqa: PLR2004


def _few(count: int) -> str:
    return f"   only {count} questions" if count < 30 else ""  # noqa: PLR2004 (as search_queries has it)


def _found(told: Mapping[str, Any]) -> Iterator[str]:
    yield "answers found by all rare and middling questions together (pqwatch finds other forms of a word too, and what"
    yield "NEAR finds stands in one paragraph; PostgreSQL finds words of the same stem; the others find words as written)"
    kinds = list(next(iter(told["counts"].values())))
    yield f"{'':24}" + "".join(f"{kind:>12}" for kind in kinds)
    for name, counts in told["counts"].items():
        yield f"{name:24}" + "".join(f"{counts[kind]:>12,}" for kind in kinds)
    checked = told["verified"]
    yield (
        f"{checked['questions']} questions looked for in each of {checked['answers']:,} answers without an index:"
        f" {checked['found']:,} found, {checked['wrong']} questions with another result from the archive"
    )


def _process(told: Mapping[str, Any]) -> Iterator[str]:
    yield "as a process, to the first line: milliseconds on the clock"
    for name, took in told["process"].items():
        yield f"  {name:50}{took:>8,.0f}"


# -- aims -------------------------------------------------------------------------------------------------------------


def _aims(told: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'aim':64}{'aimed at':>10}{'reached':>12}"
    for order, levels in AIMS_MS.items():
        for level, aim in levels.items():
            yield _slowest(told, order, level, aim)
        yield _slowest(told, order, "rare, filtered", levels["rare"])
    for rival in ("Xapian", "PostgreSQL"):
        if rival in told["engines"]:
            yield from _ratios(told, rival)
    built = told["built"][f"build {OURS}"]
    share = built.get("compacted", built["bytes"]) / told["built"]["answers"]["bytes"]
    yield _aim(
        "size, times the text, compacted", str(TIMES_THE_TEXT), f"{share:.2f}", is_reached=share <= TIMES_THE_TEXT
    )
    slowest = max(took for name, took in told["process"].items() if name.startswith("search"))
    yield _aim("as a process, the slowest", f"{PROCESS_MS} ms", f"{slowest:,.0f} ms", is_reached=slowest <= PROCESS_MS)


def _slowest(told: Mapping[str, Any], order: str, level: str, aim: float) -> str:
    """Return the aim, compared with the kind whose 95th percentile is the highest."""
    rows = [row for row in told["times"] if (row["order"], row["level"], row["engine"]) == (order, level, OURS)]
    worst = max(rows, key=lambda row: row["p95"])
    what = f"{order}, {level}: 95th percentile of the slowest ({worst['kind']})"
    reached = f"{_ms(worst['p95'])} ms"
    return f"{_aim(what, f'{aim} ms', reached, is_reached=worst['p95'] <= aim)}   {_ms(worst['p95_cpu'])} ms of CPU"


def _ratios(told: Mapping[str, Any], rival: str) -> Iterator[str]:
    """Return the least ratio of the rival's median to this archive's, by relevance, over all classes."""
    medians = {
        (row["kind"], row["level"], row["engine"]): row["p50"] for row in told["times"] if row["order"] == "relevance"
    }
    ratios = {
        f"{kind}, {level}": theirs / medians[kind, level, OURS]
        for (kind, level, engine), theirs in medians.items()
        if engine == rival and "filtered" not in level
    }
    least = min(ratios, key=ratios.__getitem__)
    reached = sum(ratio >= TIMES_FASTER for ratio in ratios.values())
    what = f"by relevance, times faster than {rival}: {reached} of {len(ratios)} classes, least {least}"
    yield _aim(what, str(TIMES_FASTER), f"{ratios[least]:.1f}", is_reached=ratios[least] >= TIMES_FASTER)


def _aim(what: str, aim: str, reached: str, *, is_reached: bool) -> str:
    return f"{what:64}{aim:>10}{reached:>12}{'' if is_reached else '   MISSED'}"
