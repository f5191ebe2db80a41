"""Promises of the ledger: lists of them, one with all that is known of it, and what may show that it was kept."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any, Final

from monitor.model.promises import PromiseKind, PromisePosition, PromiseState
from monitor.model.records import Kind
from monitor.model.search import Filters
from monitor.parliament.promises.ledger import rules_version
from monitor.parliament.promises.repetition import wording_of, words_of
from monitor.parliament.promises.state import current, state_on
from monitor.presentation.citation import cite
from monitor.presentation.promise_words import drift, due_words, why
from monitor.presentation.record_json import SCHEMA, iso_day, member_json
from monitor.presentation.wording import official_url
from monitor.terms.matcher import compile_query

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.following import Note
    from monitor.model.promises import Promise, PromiseFilters
    from monitor.model.records import Proceeding
    from monitor.model.search import Hit
    from monitor.terms.vocabulary import Lexicon

PROMISE_ID: Final = re.compile(r"p-[0-9a-f]{10}", re.IGNORECASE)
MOST_CANDIDATES: Final = 10
_RAREST: Final = 4
_SHARED: Final = 2
"""Rare words that a later record has to share."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A promise with its repetitions, oldest first, and its state on a day."""

    promises: tuple[Promise, ...]
    state: PromiseState

    @property
    def first(self) -> Promise:
        """The promise as it was made first."""
        return self.promises[0]

    @property
    def now(self) -> Promise:
        """The promise as it was said last and still stands."""
        return current(self.promises)

    @property
    def position(self) -> PromisePosition:
        """Position in the list: that of the promise as it was said last."""
        last = self.promises[-1]
        return PromisePosition(last.made_on, last.number)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A later record that may show that a promise was kept, and the rare words that it shares with it."""

    record: Proceeding
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LedgerReach:
    """Part of the archive that the ledger has read: revisions, of all there are."""

    read: int
    of: int

    @property
    def is_whole(self) -> bool:
        """True if nothing is left to read."""
        return self.read >= self.of


def entry_of(group: Sequence[Promise], today: date) -> LedgerEntry:
    """Return a promise and its repetitions with its state on a day."""
    return LedgerEntry(tuple(group), state_on(group, today))


def find_entries(archive: Archive, filters: PromiseFilters, today: date) -> Generator[LedgerEntry, None, None]:
    """Give the promises that pass, those that were said last first, as they are taken."""
    with closing(archive.promises.listing(filters)) as groups:
        for group in groups:
            entry = entry_of(group, today)
            if filters.state in (None, entry.state):
                yield entry


def find_entry(archive: Archive, public_id: str, today: date) -> LedgerEntry | None:
    """Return the promise with an id, that of a repetition too; None if there is no such promise."""
    promise = archive.promises.find(public_id.lower())
    return None if promise is None else entry_of(archive.promises.group(promise.group), today)


def entries_of_record(archive: Archive, proceeding_id: int, today: date) -> list[LedgerEntry]:
    """Return the promises of a record, in the order of its text."""
    own = archive.promises.of_records([proceeding_id]).get(proceeding_id, ())
    entries = [entry_of(group, today) for group in archive.promises.groups({promise.group for promise in own})]
    return sorted(entries, key=lambda entry: _place(entry, proceeding_id))


def _place(entry: LedgerEntry, proceeding_id: int) -> tuple[int, int]:
    return min((own.revision, own.found.start) for own in entry.promises if own.proceeding_id == proceeding_id)


def entry_notes(archive: Archive, entry: LedgerEntry) -> list[Note]:
    """Return the notes of the team on a promise or one of its repetitions, oldest first."""
    ids = {promise.id for promise in entry.promises}
    found = archive.notes.on({promise.proceeding_id for promise in entry.promises})
    notes = [note for of_record in found.values() for note in of_record if note.promise in ids]
    return sorted(notes, key=lambda note: note.number)


def ledger_reach(archive: Archive) -> LedgerReach:
    """Return how far the ledger reaches."""
    reach, newest = archive.ledger.reach()
    is_current = reach is not None and reach.rules == rules_version()
    return LedgerReach(reach.read_to if reach and is_current else 0, newest)


# -- candidates -------------------------------------------------------------------------------------------------------


def find_candidates(archive: Archive, lexicon: Lexicon, entry: LedgerEntry) -> list[Candidate]:
    """Find later answers and statements of the same body, and notices, that share rare words with a promise, likest first.

    They are offered, never taken for the deed: a person decides.
    """
    first = entry.first
    weights = wording_of(first.sentence, first.found.act, first.record.body, first.record.heading).words
    rarest = sorted(weights, key=lambda word: (-weights[word], word))[:_RAREST]
    if first.found.kind is PromiseKind.LETTER or len(rarest) < _SHARED:
        return []
    pairs = (f'("{left}" AND "{right}")' for left, right in combinations(rarest, _SHARED))
    query = compile_query(" OR ".join(pairs), lexicon)
    known = {promise.record.id for promise in entry.promises}
    found: dict[str, tuple[float, Candidate]] = {}
    for filters in _later(first):
        with closing(archive.search.hits(query, filters, limit=4 * MOST_CANDIDATES)) as hits:
            for hit in hits:
                record = hit.revision.proceeding
                shared = tuple(word for word in rarest if word in _words_in(hit))
                if record.id not in known and len(shared) >= _SHARED and record.day != first.made_on:
                    found[record.id] = sum(weights[word] for word in shared), Candidate(record, shared)
    ranked = sorted(found.values(), key=lambda pair: (-pair[0], str(pair[1].record.day), pair[1].record.id))
    return [candidate for _, candidate in islice(ranked, MOST_CANDIDATES)]


def _later(first: Promise) -> Iterator[Filters]:
    kinds = (Kind.QUESTION.value, Kind.STATEMENT.value)
    if first.record.body:
        yield Filters(first=first.made_on, kinds=kinds, body=first.record.body, oldest_first=True)
    yield Filters(first=first.made_on, kinds=(Kind.NOTICE.value,), oldest_first=True)


def _words_in(hit: Hit) -> frozenset[str]:
    return frozenset(words_of(" ".join(hit.revision.proceeding.parts().values())))


# -- JSON -------------------------------------------------------------------------------------------------------------


def entry_json(entry: LedgerEntry) -> dict[str, Any]:
    """Return a promise as its JSON object, with the keys of docs/json.md."""
    first, now = entry.first, entry.now
    return {
        "schema": SCHEMA,
        "id": first.id,
        "record": first.record.id,
        "sentence": first.sentence,
        "act": first.found.act,
        "expression": first.found.expression,
        "due_from": iso_day(first.found.due_from),
        "due_to": iso_day(first.found.due_to),
        "kind": first.found.kind.value,
        "state": entry.state.value,
        "made_on": first.made_on.isoformat(),
        "made_by": member_json(first.made_by),
        "body": first.record.body,
        "topics": sorted({topic for promise in entry.promises for topic in promise.topics}),
        "heading": first.record.heading,
        "house": first.record.house.value,
        "uin": first.record.uin,
        "part": first.part,
        "start": first.found.start,
        "end": first.found.end,
        "reference": cite(first.record),
        "url": official_url(first.record) or None,
        "why": why(entry.promises, entry.state) or None,
        "now": _said(now),
        "repetitions": [_said(promise) for promise in entry.promises[1:]],
        "drift": [
            {"made_on": promise.made_on.isoformat(), "record": promise.record.id, "said": due_words(promise),
             "due_from": iso_day(promise.found.due_from), "due_to": iso_day(promise.found.due_to)}
            for promise in drift(entry.promises)
        ],
        "decisions": [
            {
                "state": decision.state.value,
                "record": decision.record or None,
                "reason": decision.reason,
                "decided_by": decision.decided_by,
                "decided_at": decision.decided_at.isoformat(),
            }
            for promise in entry.promises
            for decision in promise.decisions
        ],
    }  # fmt: skip


def whole_json(entry: LedgerEntry, candidates: Sequence[Candidate], notes: Sequence[Note]) -> dict[str, Any]:
    """Return a promise as its JSON object, with what may show that it was kept, and the notes of the team."""
    return {
        **entry_json(entry),
        "candidates": [
            {
                "id": candidate.record.id,
                "kind": candidate.record.kind.value,
                "date": iso_day(candidate.record.day),
                "heading": candidate.record.heading,
                "reference": cite(candidate.record),
                "url": official_url(candidate.record) or None,
                "words": list(candidate.words),
            }
            for candidate in candidates
        ],
        "notes": [
            {"author": note.author, "text": note.text, "written_at": note.written_at.isoformat()} for note in notes
        ],
    }


def _said(promise: Promise) -> dict[str, Any]:
    return {
        "id": promise.id,
        "record": promise.record.id,
        "sentence": promise.sentence,
        "act": promise.found.act,
        "expression": promise.found.expression,
        "due_from": iso_day(promise.found.due_from),
        "due_to": iso_day(promise.found.due_to),
        "kind": promise.found.kind.value,
        "made_on": promise.made_on.isoformat(),
        "made_by": member_json(promise.made_by),
        "is_gone": promise.is_gone,
        "url": official_url(promise.record) or None,
    }
