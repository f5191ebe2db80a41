"""A record with everything that goes with it, as the JSON object of `pqwatch show`."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from monitor.parliament.provenance import preferred_revision
from monitor.presentation.record_json import whole
from monitor.presentation.revision_changes import NoSuchRevisionError
from monitor.presentation.timeline import chronicle
from monitor.research.following import note_json
from monitor.research.records import record_json
from monitor.research.related import find_related, related_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.digests import DigestMention
    from monitor.model.following import Note
    from monitor.model.records import Proceeding, Revision
    from monitor.model.search import Hit
    from monitor.model.watching import Match
    from monitor.parliament.lifecycle import DueDays
    from monitor.research.related import RelatedRecords


def hit_in_revision(archive: Archive, hit: Hit, own: Sequence[Revision], number: int) -> Hit:
    """Return a record as it was in an earlier revision of its source, with what today's terms found in that.

    `own`: the revisions of the source. Raises NoSuchRevisionError.
    """
    earlier = next((revision for revision in own if revision.number == number), None)
    if earlier is None:
        raise NoSuchRevisionError(f"It has no revision {number}: there are {len(own)}.")
    [found] = archive.search.hits_of([earlier.id])
    return replace(found, first_seen_at=hit.first_seen_at, due_floor_on=hit.due_floor_on)


def whole_record(
    archive: Archive,
    hit: Hit,
    due_date: DueDays,
    today: date,
    *,
    matches: Sequence[Match],
    mentions: Sequence[DigestMention],
    revisions: Sequence[Revision] | None = None,
    cited_by: Sequence[Proceeding] | None = None,
    related: RelatedRecords | None = None,
    notes: Sequence[Note] = (),
) -> dict[str, Any]:
    """Return a record with its revisions, its story, and the records that go with it.

    `mentions`: the digests that told of it. `notes`: of the team, for those who may see them. What a caller has read
    already need not be read again.
    """
    revisions = archive.records.revisions(hit.proceeding_id) if revisions is None else revisions
    current = preferred_revision(revisions).proceeding
    if cited_by is None:
        cited_by = archive.cross_references.citing(hit.proceeding_id, current)
    story = chronicle(revisions, due_date(current, hit.due_floor_on), today)
    record = record_json(archive, hit, matches, due_date)
    record = whole(record, revisions, story, mentions, map(attrgetter("id"), cited_by))
    record |= related_json(related or find_related(archive, hit.revision), hit.revision.proceeding)
    return record | {"notes": list(map(note_json, notes))}
