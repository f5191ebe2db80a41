"""Decide which record a reading belongs to: by the source's own key, or by any key that the record is known by.

See docs/record.md. A reading that its source did not tell of before joins the record that its strongest known key names,
unless that record has another record of the same source already. Records that the keys of one reading name are merged.
`plan_record` then decides what the row of a record says, given all that its sources told.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from monitor.model.records import Kind
from monitor.model.revisions import IdentifiedRecords, MergePlan, RecordPlan
from monitor.parliament.identifiers import column_parts, id_of_number, uin_key
from monitor.parliament.provenance import adds_nothing_new, rank_revisions, source_rank
from monitor.text.office_names import formula_end
from monitor.text.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from db.archive import Archive
    from db.revisions import RevisionBatch
    from monitor.model.records import Proceeding, SourceRevision
    from monitor.model.sources import Reading

_PLACE, _ASKED = "col:", "asked:"
_WEAK: Final = (_PLACE, _ASKED)
"""Keys that two records may share: sources count the places in a column differently, and a question is asked again."""

_FIRST_WORDS: Final = 8
_LAST_WORDS: Final = 20
"""Words at the beginning, or at the end, that must agree too if a weak key is to mean one record."""

_USUAL_LENGTH: Final = 160
"""Characters that nearly always hold more than `_LAST_WORDS` words."""

_WORD: Final = re.compile(r"[^\W_]+")


# -- keys -------------------------------------------------------------------------------------------------------------


def alias_keys(proceeding: Proceeding) -> list[str]:
    """Return the keys that a proceeding is known by, strongest first: its id; House, day and UIN; the keys it tells.

    A weak key ends in "#" and a hash of the words that it stands for, so that it means the same to every source with the
    same text. The weakest is a hash of the question in a column: one source may print the number of a question, another not.
    """
    keys = [proceeding.id]
    day = proceeding.made_on if proceeding.kind is Kind.STATEMENT else proceeding.tabled_on
    if proceeding.uin and day:
        keys.append(uin_key(proceeding.house, day, proceeding.uin))
    for key in proceeding.keys:
        if not key.startswith(_PLACE):
            keys.append(key)
        elif beginning := _hash_of_beginning(proceeding):
            keys.append(f"{key}#{beginning}")
    column = column_parts(proceeding.column) if proceeding.column else None
    asked = _hash_of_end(proceeding) if column else ""
    if column and asked:
        place = f"{proceeding.house}:{proceeding.day}:{proceeding.series}:{column[0]}#{asked}"
        keys.append(f"{_ASKED}{hashlib.blake2b(place.encode(), digest_size=8).hexdigest()}")
    return list(dict.fromkeys(keys))


def _hash_of_beginning(proceeding: Proceeding) -> str:
    """Hash the first words of a question behind its opening formula, or else of the text; "" for no words."""
    read = tokens((proceeding.question or proceeding.text or proceeding.answer or "")[:2000])
    start = formula_end(read) if proceeding.question else 0
    return _hash([token.text for token in read[start:] if token.text[:1].isalnum()][:_FIRST_WORDS])


def _hash_of_end(proceeding: Proceeding) -> str:
    """Hash the last words of a question; "" for what is not a question."""
    question = proceeding.question or ""
    words = _WORD.findall(question[-_USUAL_LENGTH:].lower())
    if len(words) <= _LAST_WORDS and len(question) > _USUAL_LENGTH:
        words = _WORD.findall(question[-300:].lower())
    return _hash(words[-_LAST_WORDS:])


def _hash(words: Sequence[str]) -> str:
    return hashlib.blake2b(" ".join(words).encode(), digest_size=6).hexdigest() if words else ""


def _number(printed: str | None) -> str | None:
    """Return a number without the R that marks an oral question."""
    return printed.upper().removesuffix("R") if printed else None


# -- matching ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class RecordMatching:
    """Readings of one source and the records that their keys name, as row ids.

    `keys`: all keys of each reading, by the source's key. `numbers` and `record_numbers`: printed numbers of the readings,
    and of the records that a weak key names.
    """

    source: str
    keys: dict[str, list[str]]
    aliases: dict[str, int]
    sources: dict[int, set[str]]
    numbers: dict[str, str | None]
    record_numbers: Mapping[int, str | None]
    ids: dict[str, int] = field(default_factory=dict)

    def join(self) -> dict[int, str]:
        """Join each new reading of the source to the record that its keys name.

        Returns the records that are known by a better source now, with their new public ids.
        """
        better: dict[int, str] = {}
        for key, names in self.keys.items():
            if key in self.ids:
                continue
            record = self._named_record(key, names)
            if record is None:
                continue
            self.ids[key] = record
            sources = self.sources.setdefault(record, set())
            if all(source_rank(self.source) < source_rank(source) for source in sources):
                better[record] = names[0]
            sources.add(self.source)
        return better

    def _named_record(self, key: str, names: Sequence[str]) -> int | None:
        """Find the record of a reading. Its own id decides; another key must not name a second record of the source."""
        own, *others = names
        if own in self.aliases:
            return self.aliases[own]
        for name in others:
            if name in self.aliases and self._may_mean(key, name):
                record = self.aliases[name]
                if self.source not in self.sources.get(record, ()):
                    return record
        return None

    def _may_mean(self, key: str, name: str) -> bool:
        """Return whether a key may mean the record of a reading: a weak one does not if their numbers differ."""
        if not name.startswith(_WEAK):
            return True
        number, other = self.numbers[key], self.record_numbers.get(self.aliases[name])
        return number is None or other is None or number == other

    def merges(self) -> Iterator[tuple[int, int, str]]:
        """Give pairs of records that the keys of one reading name, with the key, unless a source tells of both.

        Call `note_merged` for a pair that was merged before the next one is taken.
        """
        for key in list(self.ids):
            for name in self.keys[key]:
                one, other = self.ids[key], self.aliases.get(name, self.ids[key])
                if one == other or self.sources[one] & self.sources[other] or not self._may_mean(key, name):
                    continue
                yield one, other, name

    def note_merged(self, gone: int, kept: int) -> None:
        """Note that one record became part of another."""
        self.sources[kept] = self.sources[kept] | self.sources.pop(gone)
        for found in (self.ids, self.aliases):
            found.update({name: kept for name, record in found.items() if record == gone})

    def unknown(self, readings: Sequence[Reading]) -> dict[str, Proceeding]:
        """Return the first proceeding of each record that was never seen, by its public id."""
        unknown: dict[str, Proceeding] = {}
        for reading in readings:
            if reading.key not in self.ids:
                unknown.setdefault(self.keys[reading.key][0], reading.proceeding)
        return unknown

    def new_aliases(self, fresh: Mapping[str, int]) -> dict[str, int]:
        """Return the keys to store as aliases. `fresh`: new records by their public ids, which need no alias."""
        aliases: dict[str, int] = {}
        for place in range(max(map(len, self.keys.values()), default=0)):  # ids before UINs, in every reading
            for key, names in self.keys.items():
                if place < len(names) and names[place] not in self.aliases:
                    aliases.setdefault(names[place], self.ids[key])
        return {
            name: record
            for name, record in aliases.items()
            if record not in (fresh.get(name), fresh.get(id_of_number(name) or name))
        }


def identify(batch: RevisionBatch, readings: Sequence[Reading]) -> IdentifiedRecords:
    """Find the record of each reading, merging records that turn out to be one; a new record gets a row id."""
    keys: dict[str, list[str]] = {}
    for reading in readings:
        keys[reading.key] = list(dict.fromkeys([*keys.get(reading.key, ()), *alias_keys(reading.proceeding)]))
    known = batch.load_known(list(keys), [name for names in keys.values() for name in names])
    weakly_named = {record for name, record in known.aliases.items() if name.startswith(_WEAK)}
    matching = RecordMatching(
        source=batch.source,
        keys=keys,
        aliases=known.aliases,
        sources=known.sources,
        numbers={reading.key: _number(reading.proceeding.uin) for reading in readings},
        record_numbers={record: _number(uin) for record, uin in batch.load_numbers(weakly_named).items()},
        ids=dict(known.records),
    )
    matching.aliases |= batch.rename(matching.join())
    _merge_records(batch, matching)
    seen = frozenset(matching.ids.values())
    unknown = matching.unknown(readings)
    fresh = dict(zip(unknown, batch.new_record_ids(len(unknown)), strict=True))
    matching.ids |= {key: fresh[names[0]] for key, names in keys.items() if key not in matching.ids}
    noted = {
        reading.key
        for reading in readings
        if reading.key != reading.proceeding.id or reading.list_hash is not None or reading.is_detail
    }
    return IdentifiedRecords(
        ids=matching.ids,
        known=seen,
        fresh={fresh[name]: proceeding for name, proceeding in unknown.items()},
        aliases=matching.new_aliases(fresh),
        source_keys=[key for key in keys if key not in known.records and key in noted],
    )


# -- merging ----------------------------------------------------------------------------------------------------------


def _merge_records(batch: RevisionBatch, matching: RecordMatching) -> None:
    for first, second, key in matching.merges():
        if batch.were_separated(first, second):
            continue
        plan = plan_merge(first, second, batch.load_revisions([first, second]))
        batch.merge(plan, reason=key)
        matching.note_merged(plan.gone, plan.kept)


def plan_merge(first: int, second: int, revisions: Mapping[int, Sequence[SourceRevision]]) -> MergePlan:
    """Decide which of two records stays, the one of the better source, and which revisions only repeat another source."""

    def best_rank(record: int) -> tuple[int, str]:
        return min(source_rank(revision.source) for revision in revisions[record])

    kept, gone = sorted((first, second), key=best_rank)
    merged = sorted([*revisions[first], *revisions[second]], key=lambda revision: revision.id)
    return MergePlan(kept=kept, gone=gone, repeats=find_repeats(merged), record=plan_record(kept, merged))


def find_repeats(revisions: Sequence[SourceRevision]) -> list[int]:
    """Find revisions, oldest first, that were news but tell nothing that another source had not told before."""
    before: dict[str, Proceeding] = {}
    earlier: list[SourceRevision] = []
    repeats = []
    for revision in revisions:
        others = [another for another in earlier if another.source != revision.source]
        is_repeat = revision.is_news and adds_nothing_new(
            revision.source, before.get(revision.source), revision.proceeding, others
        )
        if is_repeat:
            repeats.append(revision.id)
        before[revision.source] = revision.proceeding
        earlier.append(replace(revision, is_news=revision.is_news and not is_repeat))
    return repeats


# -- the row of a record ----------------------------------------------------------------------------------------------


def plan_record(record: int, revisions: Sequence[SourceRevision]) -> RecordPlan:
    """Plan the row of a record from all of its revisions."""
    ranked = rank_revisions(revisions)
    set_down_for = latest_day(revision.proceeding.date_for_answer for revision in revisions)
    return RecordPlan(record=record, preferred=ranked[0].id, facts=complete_facts(ranked), set_down_for=set_down_for)


def complete_facts(ranked: Sequence[SourceRevision]) -> Proceeding:
    """Return the first proceeding, its number and its place in the Official Report taken from another where it has none."""
    first, *others = (revision.proceeding for revision in ranked)
    if not first.uin and (numbered := next((other for other in others if other.uin), None)):
        first = replace(first, uin=numbered.uin)
    if not first.column and (placed := next((other for other in others if other.column), None)):
        first = replace(first, series=placed.series, column=placed.column, column_to=placed.column_to)
    return first


def latest_day(days: Iterable[date | None]) -> date | None:
    """Return the latest of the days that are known."""
    return max((day for day in days if day is not None), default=None)


def undo_merging(archive: Archive, merging_id: int) -> None:
    """Make two records of a merged one again, for good. Raises ArchiveError where that can't be done."""
    with archive.revisions.batch() as batch:
        records = batch.undo_merging(merging_id)
        revisions = batch.load_revisions(records)
        batch.replace_records([plan_record(record, revisions[record]) for record in records])
