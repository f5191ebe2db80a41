"""Differences between the sources of one record: in words, days and people.

A value that one source leaves out is not a difference, nor is what each source prints in its own way: typography, the
opening words of a question, a name with or without a title.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.model.records import PARTS
from monitor.parliament.provenance import preferred_revision, source_rank
from monitor.presentation.differences import differences
from monitor.presentation.excerpt import question_start
from monitor.presentation.wording import member_name, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.model.records import Member, Proceeding, Revision

_DAYS: Final = ("tabled_on", "holding_on", "answered_on", "corrected_on", "made_on")
_PEOPLE: Final = ("asked_by", "answered_by", "made_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A difference between two sources. `what`: its JSON key; parts are whole, days in ISO form.

    `source`, the source that counts, says `value`; `by` says `other`.
    """

    what: str
    source: str
    value: str
    by: str
    other: str

    @property
    def is_part(self) -> bool:
        """True if words differ rather than a fact."""
        return self.what in PARTS


def by_source(revisions: Iterable[Revision]) -> dict[str, list[Revision]]:
    """Return the revisions of each source, oldest first; sources in order of precedence."""
    found: dict[str, list[Revision]] = {}
    for revision in revisions:
        found.setdefault(revision.proceeding.source, []).append(revision)
    return dict(sorted(found.items(), key=lambda pair: source_rank(pair[0])))


def conflicts(revisions: Sequence[Revision]) -> tuple[Conflict, ...]:
    """Return the differences between the source that counts and the latest revision of each other source."""
    if not revisions:
        return ()
    now = preferred_revision(revisions).proceeding
    others = [of_source[-1].proceeding for source, of_source in by_source(revisions).items() if source != now.source]
    return tuple(conflict for other in others for conflict in (*_facts(now, other), *_parts(now, other)))


def _facts(now: Proceeding, other: Proceeding) -> list[Conflict]:
    facts = [("body", one_line(now.body), one_line(other.body))]
    for name in _DAYS:
        day, also = getattr(now, name), getattr(other, name)
        facts.append((name, day.isoformat() if day else "", also.isoformat() if also else ""))
    for name in _PEOPLE:
        person, somebody = getattr(now, name), getattr(other, name)
        if not _is_one(person, somebody):
            facts.append((name, member_name(person), member_name(somebody)))
    return [
        Conflict(what=what, source=now.source, value=value, by=other.source, other=also)
        for what, value, also in facts
        if value and also and value.casefold() != also.casefold()
    ]


def _is_one(first: Member | None, second: Member | None) -> bool:
    """Return whether two members may be one person: by number if both have one, otherwise by the last name."""
    if first is None or second is None:
        return True
    for number in ("member_id", "person_id"):
        mine, theirs = getattr(first, number), getattr(second, number)
        if mine is not None and theirs is not None:
            return bool(mine == theirs)
    return _surname(first) == _surname(second)


def _surname(member: Member) -> str:
    return (one_line(member.name).casefold().split() or [""])[-1]


def _parts(now: Proceeding, other: Proceeding) -> list[Conflict]:
    mine, theirs = now.parts(), other.parts()
    return [
        Conflict(what=part, source=now.source, value=mine[part], by=other.source, other=theirs[part])
        for part in mine
        if part in theirs and _differ(part, mine[part], theirs[part])
    ]


def _differ(part: str, first: str, second: str) -> bool:
    if part == "question":
        first, second = first[question_start(first) :], second[question_start(second) :]
    if part == "heading":
        first, second = first.casefold(), second.casefold()
    return not differences(first, second).is_none
