"""A term tried before it is saved: how it is read, what it finds, how much of that is new, and what is noise."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Request, Response

from monitor.desk.terms import find_doubts, trial_bounds, words_not_found
from monitor.desk.terms import try_term as try_out
from monitor.presentation.wording import long_day, one_line, so_many
from monitor.research.term_tools.checking import ambiguous_members, is_covered
from monitor.research.term_tools.explaining import NO_OTHER
from monitor.research.term_tools.nearby import IN_NAMES
from monitor.research.term_tools.overlap import find_equivalent
from monitor.research.term_tools.reports import not_found, rules_of
from monitor.research.term_tools.topic_changes import RefusedTermError, likely_doubts, read_term
from monitor.research.term_tools.trial_sentences import (
    example_runs,
    exclusion_effect,
    few_names,
    found_sentence,
    new_sentence,
    small_letters_sentences,
)
from monitor.text.tokens import folded
from monitor.web.desk import DeskOf
from monitor.web.fields import FieldProblem
from monitor.web.rendering import page, record_path
from monitor.web.topics import (
    LONGEST_NAME,
    LONGEST_TERM,
    PUBLIC,
    TERM,
    editing_facts,
    months_plot,
    topic_of,
    topic_path,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.desk.desks import Desk
    from monitor.model.watching import Topic
    from monitor.terms.tree import Term
    from monitor.terms.vocabulary import Equivalents

router = APIRouter(include_in_schema=False)

MOST_FORMS: Final = 12
MOST_WATCHED: Final = 8
PASSAGE: Final = 300
"""Characters of a sample."""


@dataclass(slots=True)
class Said:
    """A line of how a term is read, with the lines that belong beneath it."""

    text: str
    inner: list[Said] = field(default_factory=list)


@router.get("/topics/try")
def try_term(
    request: Request,
    desk: DeskOf,
    term: Annotated[str, Query(max_length=LONGEST_TERM)] = "",
    topic: Annotated[str, Query(max_length=LONGEST_NAME)] = "",
) -> Response:
    """Show what a term would find. Without a term, only the form for one."""
    if desk.config.web.public:
        raise HTTPException(403, PUBLIC)
    target = topic_of(desk, topic) if topic else None
    facts: dict[str, Any] = {"given": term, "target": target, "trial": None, **editing_facts(desk)}
    facts |= {"error": FieldProblem(), "refused_term": None}
    if not term.strip():
        return page(request, "topic_try.html", **facts)
    try:
        parsed = read_term(term)
    except RefusedTermError as exc:
        refused = {"error": FieldProblem(exc.problem, *TERM), "refused_term": exc}
        return page(request, "topic_try.html", status=422, **facts | refused)
    return page(request, "topic_try.html", **facts | {"trial": _trial(desk, parsed, target)})


def _trial(desk: Desk, term: Term, target: Topic | None) -> dict[str, Any]:
    """Return what the page says of a term that can be read."""
    found = try_out(desk, term, target.exclude if target else (), target)
    reading = rules_of(term, desk.lexicon)
    near = not_found(term.root, desk.archive, desk.lexicon, trial_bounds())
    months = {month["month"]: month["records"] for month in found["months"]}
    return {
        "term": term.source,
        "read_as": found["read_as"] if folded(found["read_as"]) != folded(found["term"]) else "",
        "in_words": _nested(found["in_words"]),
        "doubts": [
            *(one_line(doubt.said) for doubt in likely_doubts(find_doubts(desk, term.source))),
            *map(one_line, ambiguous_members(term.source, desk.archive.search.names)),
        ],
        "rules": _rules(reading["phrases"]),
        "found": f"{found_sentence(found)}.",
        "records": found["records"],
        "unknown": [] if found["records"] else words_not_found(desk, term),
        "is_cut": found["is_cut"],
        "small_letters": list(small_letters_sentences(found)),
        "new": new_sentence(found) if found["records"] else "",
        "months": months_plot(months, term.label, desk.today, "tried"),
        "is_part": found["looked_at"] < found["records"],
        "looked_at": found["looked_at"],
        "forms": found["forms"][:MOST_FORMS],
        "more_forms": max(len(found["forms"]) - MOST_FORMS, 0),
        "samples": [
            {
                "which": sample["which"].capitalize(),
                "path": record_path(sample["id"]),
                "lead": _lead(sample),
                "runs": example_runs(sample, PASSAGE),
            }
            for sample in found["samples"]
        ],
        "exclusions": [(exclusion["term"], exclusion_effect(exclusion)) for exclusion in found["excluded"]],
        "beside": [(place, words) for place, words in found["beside"].items() if words],
        "also_found_by": _watched(desk, found["also_found_by"]),
        "overlaps": list(_overlaps(term.source, target, desk.lexicon.equivalents)),
        "near": _near(reading, near),
    }


def _lead(sample: Mapping[str, Any]) -> str:
    """Say which record a sample is, and in which part of it the words stand."""
    day = f"{long_day(date.fromisoformat(sample['day']))}, " if sample["day"] else ""
    part = f", {sample['part']}" if sample["part"] else ""
    return f"{day}{one_line(sample['reference'])}{part}"


def _nested(lines: Iterable[Mapping[str, Any]]) -> list[Said]:
    """Return lines with a depth as lists within lists."""
    root = Said("")
    open_lines = [root]
    for line in lines:
        said = Said(line["said"])
        del open_lines[line["depth"] + 1 :]
        open_lines[-1].inner.append(said)
        open_lines.append(said)
    return root.inner


def _rules(phrases: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Return by which rules words are found that are written otherwise: what is written, other forms, the rule."""
    rules = {
        (rule["written"], ", ".join(rule["also"]), rule["why"]): None
        for phrase in phrases
        for rule in phrase["finds"]
        if rule["why"] != NO_OTHER
    }
    return list(rules)


def _watched(desk: Desk, found: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str, int]]:
    """Return the watched terms that find the same records: topic, its address, term, and number of records."""
    names = desk.topic_names
    return [
        (one_line(names[row["topic"]]), topic_path(row["topic"]), row["term"], row["records"])
        for row in found
        if row["topic"] in names
    ][:MOST_WATCHED]


def _overlaps(term: str, target: Topic | None, equivalents: Equivalents) -> Iterable[str]:
    """Say which term of the topic makes this one needless."""
    if target is None:
        return
    known = find_equivalent(target.terms, term)
    if known is not None:
        yield f"“{one_line(target.name)}” has it already: {one_line(known)}"
        return
    covered = is_covered(target.key, term, [*target.terms, term], {}, equivalents)
    if covered is not None:
        yield f"In “{one_line(target.name)}” it adds nothing: {one_line(covered.said)}."


def _near(reading: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return what lies near the term and is not found, in how many records, and what to write to find it."""
    names = {phrase["phrase"]: phrase["names"] for phrase in reading["phrases"]}
    return [
        {
            "what": _near_what(reading, row, names),
            "records": so_many(row["records"], is_more=row["is_more"]),
            "write": row["write"],
            "query": row["query"],
        }
        for row in rows
        if row["records"]
    ]


def _near_what(reading: Mapping[str, Any], row: Mapping[str, Any], names: Mapping[str, Sequence[str]]) -> str:
    what = one_line(row["what"])
    if what == IN_NAMES:
        what += f": {few_names(names[row['phrase']])}"
    return what if row["phrase"] == reading["read_as"] else f"{one_line(row['phrase'])}: {what}"
