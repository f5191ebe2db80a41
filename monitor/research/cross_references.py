"""Which records a record refers to, and which refer to it, as far as the archive has them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from monitor.parliament.provenance import preferred_revision
from monitor.parliament.references import answer_keys, is_plausible_number, narrow_candidates, reference_keys

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.records import Proceeding


def referred(archive: Archive, proceeding: Proceeding) -> list[Proceeding]:
    """The records that one refers to, each once, in the order of its references.

    Several only where it names several, or a column in which it can't be told which of the answers is meant.
    """
    keys = reference_keys(proceeding)
    if not keys:
        return []
    named = archive.records.by_keys([key for key in keys if ":" in key])
    found: dict[str, Proceeding] = {}
    for key in keys:
        if key.startswith("ans:"):
            meant = _given(archive, proceeding, key)
        elif ":" in key:
            meant = narrow_candidates(proceeding, (_counting(archive, one) for one in named.get(key, ())))
        else:
            question = archive.records.find_by_uin(key, before=proceeding.answered_on or proceeding.day)
            meant = [question] if question and is_plausible_number(proceeding, key, question) else []
        found |= {one.id: one for one in meant if one.id != proceeding.id}
    return list(found.values())


def referring(archive: Archive, proceeding_id: int, proceeding: Proceeding) -> list[Proceeding]:
    """The records that refer to one, the oldest first; `proceeding_id` is its row id."""
    keys = [*archive.records.keys_of(proceeding_id), *answer_keys(proceeding)]
    ids = archive.records.referring(keys)
    found = [_counting(archive, one) for one in ids if one != proceeding_id]
    # A number comes again in another session, and a column holds several answers: only what refers to this one counts.
    return [one for one in found if any(meant.id == proceeding.id for meant in referred(archive, one))]


def _given(archive: Archive, pointing: Proceeding, key: str) -> list[Proceeding]:
    """The answer that is named by its day and who asked, where there is only one from the same department."""
    _, house, day, _ = key.split(":", 3)
    answered = (_counting(archive, one) for one in archive.records.answered_on(house, date.fromisoformat(day)))
    meant = [one for one in answered if key in answer_keys(one) and one.id != pointing.id and _may_be(pointing, one)]
    return meant if len(meant) == 1 else []


def _may_be(pointing: Proceeding, one: Proceeding) -> bool:
    return bool(pointing.body) and (pointing.body or "").casefold() == (one.body or "").casefold()


def _counting(archive: Archive, proceeding_id: int) -> Proceeding:
    return preferred_revision(archive.records.revisions(proceeding_id)).proceeding
