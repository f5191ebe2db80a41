"""Reports on a term, as `terms explain` and `terms try` print them: keys as JSON has them."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from monitor.model.search import Filters
from monitor.parliament.body_lists import shipped_bodies
from monitor.presentation.citation import short_reference
from monitor.presentation.record_json import SCHEMA
from monitor.research.term_tools import trial
from monitor.research.term_tools.checking import noise
from monitor.research.term_tools.explaining import in_words, looked_for
from monitor.research.term_tools.nearby import in_small_letters, names_with, nearby
from monitor.research.term_tools.renamed_bodies import ended_bodies_of
from monitor.research.term_tools.trial import FormTally
from monitor.terms.found_successors import successors_of
from monitor.terms.matcher import compile_query
from monitor.terms.printer import format_term
from monitor.terms.tree import Family, Phrase, phrases_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.search import Hit
    from monitor.model.watching import Match, Topic
    from monitor.research.term_tools.trial import FormFound, Kept
    from monitor.terms.matcher import Query
    from monitor.terms.tree import Node, Term
    from monitor.terms.vocabulary import Lexicon

LOOKED_AT: Final = 5_000
"""Newest records with a term that are read for its forms, exclusions, neighbours and samples."""

SELDOM: Final = 2
"""Fewer records than these are too few for a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of a report that may not take long: the newest records that are read, the most that are counted, and time.

    `begin` begins a step of the report, and returns a function that says whether its time is over.
    """

    looked_at: int
    counted: int
    begin: Callable[[], Callable[[], bool]]


def time_limit(seconds: float) -> Callable[[], bool]:
    """Return a function that says whether this many seconds have passed since now."""
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() > deadline


_NEAR: Final = Bounds(looked_at=LOOKED_AT, counted=LOOKED_AT, begin=partial(time_limit, 5.0))
"""Bounds within which the records that lie near a term are counted, unless others are given."""


# -- explain ----------------------------------------------------------------------------------------------------------


def reading_of(term: Term) -> dict[str, Any]:
    """Report how a term is read."""
    return {
        "schema": SCHEMA,
        "term": term.source,
        "read_as": format_term(term.root),
        "in_words": [{"depth": depth, "said": line} for depth, line in in_words(term.root)],
    }


def rules_of(term: Term, lexicon: Lexicon) -> dict[str, Any]:
    """Report how a term is read, and by which rules it finds words that are written otherwise."""
    phrases = dict.fromkeys(phrases_of(term.root))
    return {**reading_of(term), "phrases": [_phrase(phrase, lexicon) for phrase in phrases]}


def forms_found(term: Term, archive: Archive | None, lexicon: Lexicon) -> dict[str, Any]:
    """Report how many records of the archive a term finds, and in which forms."""
    if archive is None:
        return {"records": None, "looked_at": None, "forms": None}
    query = compile_query(term.source, lexicon)
    tally, hits = FormTally(phrases_of(term.root)), list[Any]()
    for hit in archive.search.hits(query, Filters(), limit=LOOKED_AT):
        tally.add(hit.spans)
        hits.append(hit)
    return {
        "records": len(hits) if len(hits) < LOOKED_AT else archive.search.count(query, Filters()),
        "looked_at": len(hits),
        "forms": [_form(form, hits) for form in tally.forms()],
    }


def ended_bodies_report(term: Term, today: date) -> list[dict[str, Any]]:
    """Report the bodies that a term names and that have ended, with their successors and the term that finds them too."""
    return [
        {
            "name": found.body.name,
            "ended": found.body.ended or None,
            "successors": [
                {"name": step.body.name, "since": step.since or None}
                for step in shipped_bodies().successors(found.body)
            ],
            "write": f"{term.source} = {found.write}" if isinstance(term.root, Phrase | Family) else found.write,
        }
        for found in ended_bodies_of(term.root, today)
        if found.body.name not in {successors.body for successors in successors_of(term.root)}
    ]


def not_found(
    root: Node, archive: Archive | None, lexicon: Lexicon, bounds: Bounds | None = None
) -> list[dict[str, Any]]:
    """Report what lies near a term that it does not find, with what to write to find it.

    Without bounds, records are counted up to `LOOKED_AT` and for five seconds; `is_more` says whether there may be more.
    """
    near = nearby(root, lexicon)
    counts: Sequence[tuple[int | None, bool]] = [(None, False)] * len(near)
    if archive is not None:
        queries = [compile_query(other.query, lexicon) for _, other in near]
        counts = _counts(archive, queries, bounds or _NEAR)
    return [
        {
            "phrase": format_term(node),
            "what": other.said,
            "records": count,
            "is_more": is_more,
            "write": other.write,
            "query": other.query,
        }
        for (node, other), (count, is_more) in zip(near, counts, strict=True)
        if not other.is_guess or (count or 0) >= SELDOM
    ]


def _phrase(phrase: Phrase, lexicon: Lexicon) -> dict[str, Any]:
    finds = [
        {"written": rule.written, "also": list(rule.finds), "why": rule.why} for rule in looked_for(phrase, lexicon)
    ]
    names = [] if phrase.is_quoted else names_with(phrase, lexicon.names.names)
    return {"phrase": format_term(phrase), "finds": finds, "names": names}


def _form(form: FormFound, hits: Sequence[Hit]) -> dict[str, Any]:
    example = example_of(hits[form.record], form.match)
    return {"form": form.form, "why": form.why, "records": form.records, "example": example}


def example_of(hit: Hit, match: Match | None) -> dict[str, Any]:
    """Report a record with one occurrence in it; without an occurrence, its heading or first text."""
    proceeding = hit.revision.proceeding
    parts = proceeding.parts()
    part = match.part if match else next(iter(parts), None)
    return {
        "id": proceeding.id,
        "reference": short_reference(proceeding),
        "day": proceeding.day.isoformat() if proceeding.day else None,
        "part": part,
        "start": match.start if match else None,
        "end": match.end if match else None,
        "text": parts[part] if part else None,
    }


# -- try --------------------------------------------------------------------------------------------------------------


def trial_of(
    term: Term,
    exclude: Sequence[str],
    topic: Topic | None,
    archive: Archive,
    lexicon: Lexicon,
    *,
    topics: Sequence[Topic] = (),
    bounds: Bounds | None = None,
) -> dict[str, Any]:
    """Report what a term would find with these exclusions, how much of it is new, and what stands beside it.

    What their terms find that no run has looked for yet is known for these `topics` only.

    With `bounds`, months count only the records that were read. Then the report also says which forms these have, which
    watched terms find them too, whether there may be more than were counted (`is_more`), and whether reading ended because
    its time was over (`is_cut`).
    """
    query = compile_query(term.source, lexicon)
    most = bounds.looked_at if bounds else LOOKED_AT
    is_over = bounds.begin() if bounds else None
    hits = list(archive.search.hits(query, Filters(), limit=most, is_over=is_over))
    is_cut = len(hits) < most and is_over is not None and is_over()
    kept = trial.try_term(term.source, exclude, hits, lexicon)
    days = [record.hit.revision.proceeding.day for record in kept]
    if len(hits) < most:
        total = _Total(records=len(hits), is_more=is_cut, days=days)
    else:
        total = _total(archive, query, days, read=most, bounds=bounds)
    is_whole = bounds is None or (bool(kept) and not total.is_more and len(hits) == total.records)
    find_new = trial.find_by_new_terms(archive, topics, lexicon)
    known = [
        {match.topic for match in record.hit.matches} | (find_new(record.hit) if find_new else set()) for record in kept
    ]
    sampled = [*kept, *trial.try_term(term.source, exclude, total.oldest, lexicon)]
    before, after = trial.beside(kept)
    return {
        **reading_of(term),
        "topic": topic.key if topic else None,
        "exclude": list(exclude),
        "doubts": [],
        "records": total.records,
        "small_letters": _small_letters(term, archive, lexicon, bounds),
        "looked_at": len(hits),
        "kept": len(kept),
        "known": sum(map(bool, known)),
        "known_to_topic": sum(topic.key in keys for keys in known) if topic else None,
        "noise": None if bounds else noise(Counter(total.days), archive.matches.records_by_day()) or None,
        "excluded": [
            {"term": exclusion.term, "records": exclusion.records, "occurrences": exclusion.occurrences}
            for exclusion in trial.exclusions(term.source, exclude, hits, lexicon)
        ],
        "months": _by_month(total.days, archive.search.days() if is_whole else None),
        "beside": {"before": _word_counts(before), "after": _word_counts(after)},
        "samples": [
            {"which": which} | example_of(record.hit, record.matches[0] if record.matches else None)
            for which, record in trial.samples(term.source, sampled)
        ],
        **(_details(term, hits, kept) | {"is_more": total.is_more, "is_cut": is_cut} if bounds else {}),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Total:
    """All records that a term finds: how many, and whether there may be more.

    `days`: those of the records, as far as they are known. `oldest`: the oldest record, where it is not among those read.
    """

    records: int
    is_more: bool
    days: Sequence[date | None]
    oldest: Sequence[Hit] = ()


def _total(archive: Archive, query: Query, days: Sequence[date | None], *, read: int, bounds: Bounds | None) -> _Total:
    """Count the records of a term that finds more than the `read` newest, whose days these are."""
    if bounds is None:
        days = archive.search.days_of(query, Filters())
        records, is_more = len(days), False
    else:
        [(records, is_more)] = _counts(archive, [query], bounds)
    is_over = bounds.begin() if bounds else None
    oldest = archive.search.hits(query, Filters(oldest_first=True), limit=1, is_over=is_over)
    return _Total(records=max(records, read), is_more=is_more, days=days, oldest=list(oldest))


def _details(term: Term, hits: Sequence[Hit], kept: Iterable[Kept]) -> dict[str, Any]:
    """Report what the page shows besides: the forms found, and the watched terms that find the same records."""
    tally = FormTally(phrases_of(term.root))
    for hit in hits:
        tally.add(hit.spans)
    watched = Counter(place for record in kept for place in {(match.topic, match.term) for match in record.hit.matches})
    return {
        "forms": [_form(form, hits) for form in tally.forms()],
        "also_found_by": [
            {"topic": topic, "term": text, "records": count} for (topic, text), count in watched.most_common()
        ],
    }


def _word_counts(words: Iterable[tuple[str, int]]) -> list[Mapping[str, Any]]:
    return [{"word": word, "records": records} for word, records in words]


def _small_letters(term: Term, archive: Archive, lexicon: Lexicon, bounds: Bounds | None) -> list[dict[str, Any]]:
    """Report the acronyms of a term that records have in small letters, which the term does not find."""
    small = in_small_letters(term.root)
    counts = _counts(archive, [compile_query(other.query, lexicon) for other in small], bounds)
    return [
        {"write": other.write, "records": count} | ({"is_more": is_more} if bounds else {})
        for other, (count, is_more) in zip(small, counts, strict=True)
        if count
    ]


def _counts(archive: Archive, queries: Sequence[Query], bounds: Bounds | None) -> list[tuple[int, bool]]:
    """Count the records that each query finds, and say of each whether there may be more."""
    if bounds is None:
        return [(count, False) for count in archive.search.counts(queries, Filters())]
    is_over = bounds.begin()
    counts = archive.search.counts(queries, Filters(), at_most=bounds.counted, is_over=is_over)
    is_late = is_over()
    return [(count, is_late or count >= bounds.counted) for count in counts]


def _by_month(days: Iterable[date | None], span: tuple[date, date] | None) -> list[dict[str, Any]]:
    """Count the days of records by month: in `span`, or else from the first of them to the last."""
    known = sorted(filter(None, days))
    if known and span is None:
        span = (known[0], known[-1])
    months = trial.by_month(known, *span) if span else {}
    return [{"month": month, "records": count} for month, count in months.items()]
