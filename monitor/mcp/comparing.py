"""Tool that compares two revisions of a record, or two records: compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from monitor.mcp.answers import Answer, RevisionMark, fitted, known_by, mark_of, mark_of_revision, tidy
from monitor.mcp.calls import Calls, find_records, noted
from monitor.mcp.fields import RefusedCallError, make_item
from monitor.mcp.parameters import LONGEST_REFERENCE, Reference
from monitor.model.records import Proceeding, Revision
from monitor.presentation.citation import cite
from monitor.presentation.plain_text import inline
from monitor.presentation.revision_changes import PartChange, changed_parts, compare_revisions
from monitor.presentation.source_differences import by_source
from monitor.presentation.wording import count_of


class ComparingTools:
    """The tool."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def compare(
        self,
        reference: Reference,
        before: Annotated[int | None, Field(ge=1, description="Number of the earlier revision.")] = None,
        after: Annotated[int | None, Field(ge=1, description="Number of the later revision.")] = None,
        other: Annotated[
            str, Field(max_length=LONGEST_REFERENCE, description="Another record to compare it with, by its reference.")
        ] = "",
    ) -> Answer:
        """Compare two revisions of a record, or two records, word by word.

        Without numbers: the last two revisions that differ in words. Where only the correction of an answer was seen, the
        answer as it was first given. With `other`: the newest revisions of both records.
        """
        desk = self._calls.desk()
        [hit, *_] = find_records(desk, reference)
        if other:
            if before is not None or after is not None:
                raise RefusedCallError("Revisions are of one record: leave out `other`, or the numbers.")
            [compared, *_] = find_records(desk, other)
            return noted(desk, _compared_records(hit.revision, compared.revision))
        own = by_source(desk.archive.records.revisions(hit.proceeding_id))[hit.revision.proceeding.source]
        found = compare_revisions(own, before, after)
        if found is not None:
            pair = mark_of_revision(found.before), mark_of_revision(found.after)
            events = [event.value for event in found.after.events]
            return noted(desk, _comparison(found.after.proceeding, pair, events, found.changes))
        first = own[0].proceeding
        if first.original_answer and first.answer:
            return noted(desk, _first_answer(own[0]))
        answer = _comparison(own[-1].proceeding, (None, mark_of_revision(own[-1])), [], ())
        notes = [f"It has {count_of(len(own), 'revision')}, and no word of it has changed since it was first read."]
        return noted(desk, answer.model_copy(update={"notes": notes}))


def _compared_records(here: Revision, there: Revision) -> Answer:
    pair = mark_of_revision(there), mark_of_revision(here)
    changes = changed_parts(there.proceeding, here.proceeding)
    answer = _comparison(here.proceeding, pair, [], changes)
    other = there.proceeding
    notes = [f"`was` is {cite(other)} ({other.id}), `now` is {cite(here.proceeding)} ({here.proceeding.id})."]
    if not changes:
        notes.append("Both have the same words.")
    return answer.model_copy(update={"notes": notes})


def _first_answer(revision: Revision) -> Answer:
    """Compare an answer with what it was before it was corrected, where pqwatch never saw that itself."""
    now = revision.proceeding
    was = Proceeding(id=now.id, source=now.source, kind=now.kind, house=now.house, answer=now.original_answer)
    pair = mark_of(was, number=None, seen_at=None), mark_of_revision(revision)
    changes = [change for change in changed_parts(was, now) if change.part == "answer"]
    answer = _comparison(now, pair, [], changes)
    return answer.model_copy(update={"notes": ["`was` is the answer as first given, as the source keeps it."]})


def _comparison(
    record: Proceeding,
    pair: tuple[RevisionMark | None, RevisionMark],
    events: list[str],
    changes: Sequence[PartChange],
) -> Answer:
    before, after = pair
    values = {
        "before": before.model_dump() if before else None,
        "events": events,
        "changes": [_change(change) for change in changes],
    }
    item = make_item(values, ("before", "events", "changes"), known_by=known_by(record), revision=after)
    return fitted(Answer(items=[item]), [0], "Read both revisions with `read`.")


def _change(change: PartChange) -> dict[str, Any]:
    difference = change.difference
    words: dict[str, Any] = tidy(
        {
            "part": change.part,
            "words": [{"was": was, "now": now} for was, now in difference.pairs],
            "figures": [{"was": was, "now": now} for was, now in difference.figures],
            "was": inline(difference.was),
            "now": inline(difference.now),
        }
    )
    return words
