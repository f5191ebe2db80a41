"""Gather what a letter quotes: records by their references, and promises with each time that they were repeated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.errors import LetterError
from monitor.parliament.provenance import preferred_revision
from monitor.presentation.wording import one_line
from monitor.research.promises import PROMISE_ID, find_entry
from monitor.research.quotations.selection import split_references
from monitor.research.references import find_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.promises import Promise
    from monitor.model.records import Proceeding, Revision
    from monitor.model.watching import Match


class NoPromiseError(LetterError):
    """No promise goes by an id, or its record no longer holds the sentence."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Records in the order asked for, the sentences of promises in them, and what terms found, by the records' ids."""

    records: tuple[Proceeding, ...]
    own_quotes: tuple[tuple[str, str], ...]
    matches: Mapping[str, Sequence[Match]]


def gather(
    archive: Archive, words: Sequence[str], today: date, find: Callable[[str], tuple[int, Revision]] | None = None
) -> Gathered:
    """Find what the words of some references name, records by `find`, which gives a row id and the newest revision.

    Raises LetterError for one that names nothing, NoPromiseError if it is the id of a promise.
    """
    records: list[Proceeding] = []
    own_quotes: list[tuple[str, str]] = []
    matches: dict[str, Sequence[Match]] = {}
    for reference in split_references(words):
        if PROMISE_ID.fullmatch(reference):
            promises = _standing(archive, reference, today)
            records += [promise.record for promise in promises]
            own_quotes += [(promise.record.id, promise.sentence) for promise in promises]
            continue
        number, revision = find(reference) if find else _record(archive, reference)
        records.append(revision.proceeding)
        matches[revision.proceeding.id] = archive.matches.of_record(number).get(revision.id, [])
    return Gathered(tuple(records), tuple(own_quotes), matches)


def _record(archive: Archive, reference: str) -> tuple[int, Revision]:
    ids = find_ids(archive, reference)
    if not ids:
        raise LetterError(f"no record goes by {one_line(reference)}: name a question number, or a promise")
    return ids[0], preferred_revision(archive.records.revisions(ids[0]))


def _standing(archive: Archive, public_id: str, today: date) -> list[Promise]:
    """Return a promise and its repetitions that their records still hold, oldest first."""
    entry = find_entry(archive, public_id, today)
    if entry is None:
        raise NoPromiseError(f"no promise goes by {public_id}")
    standing = [promise for promise in entry.promises if not promise.is_gone]
    if not standing:
        raise NoPromiseError(f"the sentence of {public_id} is no longer in its record: name the record in its place")
    return standing
