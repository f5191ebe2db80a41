"""A record with everything that goes with it, as the JSON object of `pqwatch show`."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from monitor.parliament.provenance import preferred_revision
from monitor.presentation.record_json import whole
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
    from monitor.research.records import DueDate
    from monitor.research.related import RelatedRecords


def whole_record(
    archive: Archive,
    hit: Hit,
    due_date: DueDate,
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
