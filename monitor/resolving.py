"""Which records a record refers to, and which refer to it, as far as the archive has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.references import chosen, targets
from monitor.witnesses import counting

if TYPE_CHECKING:
    from monitor.model import Proceeding
    from monitor.ports import Archive


def referred(archive: Archive, proceeding: Proceeding) -> list[Proceeding]:
    """The records that one refers to, each once, in the order of its references.

    Several only where it names several, or a column in which it can't be told which of the answers is meant.
    """
    keys = targets(proceeding)
    if not keys:
        return []
    named = archive.records.by_keys([key for key in keys if ":" in key])
    found: dict[str, Proceeding] = {}
    for key in keys:
        if ":" in key:
            meant = chosen(proceeding, (_counting(archive, one) for one in named.get(key, ())))
        else:
            question = archive.digests.find_by_uin(key, before=proceeding.answered_on)
            meant = [question] if question else []
        found |= {one.id: one for one in meant if one.id != proceeding.id}
    return list(found.values())


def referring(archive: Archive, proceeding_id: int, proceeding: Proceeding) -> list[Proceeding]:
    """The records that refer to one, the oldest first; `proceeding_id` is its row id."""
    ids = archive.records.referring(archive.records.keys_of(proceeding_id))
    found = [_counting(archive, one) for one in ids if one != proceeding_id]
    # A number comes again in another session, and a column holds several answers: only what refers to this one counts.
    return [one for one in found if any(meant.id == proceeding.id for meant in referred(archive, one))]


def _counting(archive: Archive, proceeding_id: int) -> Proceeding:
    return counting(archive.records.revisions(proceeding_id)).proceeding
