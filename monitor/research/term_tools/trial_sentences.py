"""Sentences on a term that is explained or tried: what it finds, how much of it is new, what exclusions take away.

Each takes a report of `monitor.research.term_tools.reports`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from monitor.presentation.excerpt import Run, question_start
from monitor.presentation.passage import passage
from monitor.presentation.wording import count_of, one_line, shorten, so_many

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MOST_NAMES: Final = 3
_MOST_MONTHS: Final = 24
"""More months than these are shown as years."""


def found_sentence(report: Mapping[str, Any]) -> str:
    """Say in how many records a term is found, and in how many in spite of its exclusions."""
    count, kept = report["records"], report["kept"]
    if not count:
        return "Finds no record of the archive"
    rest = ""
    if report["exclude"] and report["looked_at"] == count:
        rest = f", {kept:,} of them in spite of the exclusions"
    number = so_many(count, is_more=bool(report.get("is_more")))
    return f"Finds {number} {'record' if count == 1 else 'records'} of the archive{rest}"


def new_sentence(report: Mapping[str, Any]) -> str:
    """Say how many of the records the watched terms find already, and how many would be new."""
    kept, known = report["kept"], report["known"]
    if report["looked_at"] < report["records"]:
        newest = f"Of the newest {report['looked_at']:,}, which all that follows is about"
        text = f"{newest}, your terms find {known:,} already"
    else:
        text = f"Your terms find {known:,} of these already"
    text += f"; {kept - known:,} would be new."
    if report["known_to_topic"] is not None:
        text += f" The topic has {report['known_to_topic']:,} of them."
    return text


def small_letters_sentences(report: Mapping[str, Any]) -> Iterator[str]:
    """Say of each acronym that records have it in small letters, which the term does not find."""
    noun = "more record" if report["records"] else "record"
    for small in report["small_letters"]:
        is_one = small["records"] == 1 and not small.get("is_more")
        count = f"at least {small['records']:,} {noun}s" if small.get("is_more") else count_of(small["records"], noun)
        yield (
            f"Not found: “{one_line(small['write'])}”, which {count} {'has' if is_one else 'have'} in small letters or "
            "with a capital first. To find any case, write it small."
        )


def exclusion_effect(exclusion: Mapping[str, Any]) -> str:
    """Say what an exclusion takes away."""
    if not exclusion["occurrences"]:
        return "takes nothing away"
    records = count_of(exclusion["records"], "record")
    return f"takes away {records} and {count_of(exclusion['occurrences'], 'occurrence')} in all"


def months_or_years(months: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return counts by month, or by year where there are many months."""
    from monitor.research.term_tools.trial import by_year  # noqa: PLC0415 (loads the matcher)

    counts = {month["month"]: month["records"] for month in months}
    return by_year(counts) if len(counts) > _MOST_MONTHS else counts


def few_names(names: Sequence[str]) -> str:
    """Return a few names, the shortest first."""
    shown = sorted(names, key=lambda name: (len(name), name))[:_MOST_NAMES]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"{', '.join(map(one_line, shown))}{more}"


def example_lead(example: Mapping[str, Any]) -> str:
    """Say which record an example is, and in which part of it the words stand."""
    lead = f"{example['day'] or 'no day'} {example['reference']}"
    return lead if example["text"] is None else f"{lead}, {example['part']}: "


def example_runs(example: Mapping[str, Any], length: int) -> list[Run]:
    """Return the words around an occurrence; without one, how the text begins."""
    text, end = example["text"], example["end"] or 0
    if text is None:
        return []
    if not end:
        return [Run(shorten(one_line(text), length))]
    opening = question_start(text) if example["part"] == "question" else 0
    return passage(text, [(example["start"] or 0, end)], length, opening)
