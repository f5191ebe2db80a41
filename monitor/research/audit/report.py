"""An audit: each item of a briefing judged for one reader, and what pqwatch had that the briefing lacks."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from monitor.model.collection import FileOutcome
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of, listed, one_line
from monitor.research.audit.days import reading_of
from monitor.research.audit.items import read_items
from monitor.research.audit.suggested_terms import Suggester
from monitor.research.audit.verdicts import Beside, Judgement, Verdict, judge
from monitor.terms.matcher import compile_terms
from monitor.text.tokens import words as words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.audits import AuditedReader, RecordTellings
    from monitor.model.briefings import Briefing
    from monitor.model.records import Proceeding
    from monitor.model.watching import Subscriber
    from monitor.research.audit.days import Span
    from monitor.research.audit.items import BriefingItem
    from monitor.research.audit.suggested_terms import SuggestedTerm
    from monitor.terms.matcher import Matcher
    from monitor.terms.vocabulary import Lexicon

MOST_NAMED: Final = 5
"""Records that an item may mean, up to which they are named."""

_OPERATORS: Final = frozenset(("AND", "OR", "NOT", "NEAR"))
_SAID: Final = {
    Verdict.TOLD: ("was told to you", "were told to you"),
    Verdict.OWED: ("goes into your next digest", "go into your next digest"),
    Verdict.SKIPPED: ("you marked as told", "you marked as told"),
    Verdict.MUTED: ("you muted", "you muted"),
    Verdict.LEFT_OUT: ("was left out", "were left out"),
    Verdict.PAUSED: ("came while you were paused", "came while you were paused"),
    Verdict.BEFORE: ("came before you asked for it", "came before you asked for them"),
    Verdict.HISTORY: ("is history, which is never mailed", "are history, which is never mailed"),
    Verdict.NOT_TOLD: ("was found and not told yet", "were found and not told yet"),
    Verdict.NOT_MATCHED: ("waits to be matched", "wait to be matched"),
    Verdict.EXCLUDED: ("an exclusion takes away", "an exclusion takes away"),
    Verdict.SWITCHED_OFF: ("only a term that is off would find", "only a term that is off would find"),
    Verdict.OTHER_TOPIC: ("is on a topic that you do not get", "are on topics that you do not get"),
    Verdict.NO_TERM: ("no term of yours finds", "no term of yours finds"),
    Verdict.AMBIGUOUS: ("may be one of several records", "may be one of several records"),
    Verdict.NOT_READ: (
        "is not in the archive, and its day was not read",
        "are not in the archive, and their days were not read",
    ),
    Verdict.NOT_IN_ARCHIVE: ("is not in the archive", "are not in the archive"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One item, or one record that the briefing lacks (`item` is None then).

    `record`: None where it is not in the archive, or not sure. `candidates`: ids of the records that may be meant.
    """

    item: BriefingItem | None
    judgement: Judgement
    record: Proceeding | None = None
    candidates: tuple[str, ...] = ()
    suggestions: tuple[SuggestedTerm, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The items of a briefing, what it lacks, its days (None: not known), and headings that are of no record."""

    items: tuple[AuditRow, ...]
    lacking: tuple[AuditRow, ...]
    span: Span | None
    unread: tuple[str, ...] = ()


def audit(
    archive: Archive,
    config: Config,
    lexicon: Lexicon,
    briefing: Briefing,
    reader: Subscriber,
    *,
    first: date | None = None,
    last: date | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> Audit:
    """Hold a briefing against the archive and what a reader was told. `first`, `last`: its days, where they are given.

    Raises LetterError where `is_over` says that looking its references up has taken too long.
    """
    read = read_items(archive, briefing, first, last, own_page=config.web.base_url, is_over=is_over)
    records = list(dict.fromkeys(record for item in read.items for record in item.candidates))
    had = archive.audits.had_in(reader.key, read.span.first, read.span.last) if read.span else []
    lacking = [record for record in had if record not in set(records)]
    desk = _Desk(archive, config, lexicon, reader)
    desk.load([*records, *lacking])
    return Audit(
        items=tuple(desk.row(item, read.span) for item in read.items),
        lacking=tuple(
            AuditRow(item=None, judgement=desk.judged(record), record=desk.records[record]) for record in lacking
        ),
        span=read.span,
        unread=read.unread,
    )


@dataclass
class _Desk:
    """Everything that judging needs, read from the archive once."""

    archive: Archive
    config: Config
    lexicon: Lexicon
    reader: Subscriber
    known: dict[int, RecordTellings] = field(default_factory=dict)
    records: dict[int, Proceeding] = field(default_factory=dict)

    def load(self, ids: Sequence[int]) -> None:
        """Read records by row id."""
        self.known = self.archive.audits.of_records(self.reader.key, ids)
        newest = self.archive.audits.newest_revisions(ids)
        for hit in self.archive.search.hits_of(list(newest.values())):
            self.records[hit.proceeding_id] = hit.revision.proceeding

    def row(self, item: BriefingItem, span: Span | None) -> AuditRow:
        """Judge one item."""
        if not item.candidates:
            reading = reading_of(item.reference, item.days, span, self._windows, self._files)
            verdict = Verdict.NOT_IN_ARCHIVE if reading.is_read else Verdict.NOT_READ
            return AuditRow(item=item, judgement=Judgement(verdict=verdict, why=reading.why))
        if len(item.candidates) > 1:
            return self._ambiguous(item)
        [record] = item.candidates
        judgement, proceeding = self.judged(record), self.records[record]
        is_missed = judgement.verdict is Verdict.NO_TERM
        suggestions = self._suggester.suggest(proceeding) if is_missed else ()
        return AuditRow(item=item, judgement=judgement, record=proceeding, suggestions=suggestions)

    def _ambiguous(self, item: BriefingItem) -> AuditRow:
        told = sum(self.judged(record).verdict is Verdict.TOLD for record in item.candidates)
        names = [one_line(_reference(self.records[record])) for record in item.candidates[:MOST_NAMED]]
        more = len(item.candidates) - len(names)
        shown = listed([*names, f"{more:,} more"] if more else names)
        why = f"{count_of(len(item.candidates), 'record')} may be meant: {shown}; {told:,} of them told to you."
        judgement = Judgement(verdict=Verdict.AMBIGUOUS, why=why)
        return AuditRow(
            item=item, judgement=judgement, candidates=tuple(self.records[record].id for record in item.candidates)
        )

    def judged(self, record: int) -> Judgement:
        """Judge one record."""
        known = self.known[record]
        is_found = any(find.removed_at is None and find.topic in self.reader.topics for find in known.finds)
        beside = Beside(excluded_by={}) if known.tellings or is_found else self._beside(self.records[record])
        return judge(known, self.reader, self._state, owed=self._pending, names=self._names, beside=beside)

    def _beside(self, proceeding: Proceeding) -> Beside:
        """Find exclusions and unreadable terms that keep a record from the reader."""
        parts = proceeding.parts()
        found = self._without_exclusions.matches(parts, None, lambda: proceeding.facts)
        topics = {topic.key: topic.exclude for topic in self.config.topics}
        stand = words_of(" ".join(parts.values()).casefold())
        unreadable = [
            problem.term
            for problem in self.config.term_problems
            if problem.topic in self.reader.topics
            and not (problem.is_misread or problem.is_exclude)
            and (wanted := _words_of_term(problem.term))
            and wanted <= stand
        ]
        return Beside(excluded_by={match.topic: topics[match.topic] for match in found}, unreadable=tuple(unreadable))

    @cached_property
    def _without_exclusions(self) -> Matcher:
        mine = [topic for topic in self.config.topics if topic.key in self.reader.topics and topic.exclude]
        return compile_terms([replace(topic, exclude=()) for topic in mine], self.lexicon)

    @cached_property
    def _suggester(self) -> Suggester:
        mine = [topic for topic in self.config.topics if topic.key in self.reader.topics]
        return Suggester(self.archive, self.lexicon, mine)

    @cached_property
    def _state(self) -> AuditedReader | None:
        return self.archive.audits.reader(self.reader.key)

    @cached_property
    def _pending(self) -> frozenset[int]:
        return frozenset(item.proceeding_id for item in self.archive.pending.items(self.reader.key))

    @cached_property
    def _names(self) -> dict[str, str]:
        return {topic.key: topic.name for topic in self.config.topics}

    @cached_property
    def _windows(self) -> list[Any]:
        return self.archive.coverage.windows()

    @cached_property
    def _files(self) -> Mapping[date, FileOutcome]:
        files = self.archive.files.listing()
        return {file.day: file.outcome for file in files if file.day and file.outcome is not FileOutcome.GONE}


def _words_of_term(term: str) -> set[str]:
    """Return the words of a term that can't be read, without operators."""
    return {word.casefold() for word in re.findall(r"\w+", term) if word not in _OPERATORS}


# -- in words ---------------------------------------------------------------------------------------------------------


def summary(found: Audit) -> str:
    """Sum an audit up in one sentence."""
    counts = Counter(row.judgement.verdict for row in found.items)
    parts = [f"{counts[verdict]:,} {_SAID[verdict][counts[verdict] != 1]}" for verdict in Verdict if counts[verdict]]
    items = f"The briefing has {count_of(len(found.items), 'item')}"
    had = (
        "pqwatch had nothing that it lacks"
        if not found.lacking
        else f"pqwatch had {len(found.lacking):,} that it lacks"
    )
    if found.span is None:
        had = "its days are not known, so what it lacks can't be said"
    return f"{items}: {', '.join(parts)}; {had}."


def title_of(row: AuditRow) -> str:
    """Return the heading of a row's record, else how the briefing calls it."""
    if row.record is not None and row.record.heading:
        return one_line(row.record.heading)
    return row.item.written if row.item else one_line(_reference(row.record)) if row.record else ""


def _reference(proceeding: Proceeding) -> str:
    from monitor.presentation.citation import cite  # noqa: PLC0415 (only for a few)

    return cite(proceeding)


def as_records(found: Audit) -> list[dict[str, Any]]:
    """Return each row as the object of docs/json.md: the items first, then what the briefing lacks."""
    return [_as_json(number, row) for number, row in enumerate(found.items, 1)] + [
        _as_json(None, row) for row in found.lacking
    ]


def _as_json(number: int | None, row: AuditRow) -> dict[str, Any]:
    record, judgement, told = row.record, row.judgement, row.judgement.told
    return {
        "schema": SCHEMA,
        "item": number,
        "written": row.item.written if row.item else None,
        "how": row.item.how.value if row.item else None,
        "given_reference": (row.item.reference or None) if row.item else None,
        "verdict": judgement.verdict.value,
        "why": judgement.why,
        "id": record.id if record else None,
        "uin": record.uin if record else None,
        "house": record.house.value if record else None,
        "heading": record.heading if record else None,
        "date": record.day.isoformat() if record and record.day else None,
        "body": record.body if record else None,
        "reference": _reference(record) if record else None,
        "url": record.url if record else None,
        "digest": told.digest if told else None,
        "told_at": told.as_of.isoformat() if told else None,
        "topics": list(judgement.topics),
        "terms": list(judgement.terms),
        "candidates": list(row.candidates),
        "suggested_terms": [
            {"term": term.term, "topic": term.topic, "records": term.records, "why": term.why}
            for term in row.suggestions
        ],
    }
