"""Names of members, which lists of questions and answers give as numbers only."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from monitor.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from db.archive import Archive
    from monitor.model.records import Member
    from monitor.model.sources import Reading
    from monitor.ports import MemberSource

log = logging.getLogger(__name__)

MEMBERS = "members: "
"""Beginning of a sentence about names that could not be had."""


def numbers_without_names(readings: Iterable[Reading]) -> set[int]:
    """Return the numbers of members whose names are not in the records."""
    records = [reading.proceeding for reading in readings]
    return {
        member.member_id
        for record in records
        for member in (record.asked_by, record.answered_by, record.corrected_by, record.made_by)
        if member is not None and member.name is None and member.member_id is not None
    }


def name_members(archive: Archive, members: MemberSource, numbers: set[int], today: date) -> str:
    """Look up names that the archive does not have; return a sentence about the failure, "" for none.

    After a failure the number stays, and the next run asks again.
    """
    found: dict[int, Member | None] = {}
    failure = ""
    try:
        found.update(members.read_members(archive.members.unknown(numbers, today)))
    except FetchError as exc:
        failure = f"{MEMBERS}{exc}"
        log.warning("members failed error=%r", str(exc))
    archive.members.remember(found, today)
    return failure
