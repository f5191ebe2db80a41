"""Fields of an item: all that there are, those asked for, and those that hold words of others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import MonitorError
from monitor.mcp.answers import Item, tidy
from monitor.model.records import House, Kind, Proceeding, Revision
from monitor.presentation.record_json import as_dict
from monitor.presentation.wording import listed, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.mcp.answers import RevisionMark

ALWAYS: Final = ("id", "reference", "url", "revision")
"""Fields of every item."""

_BLANK: Final = Revision(
    id=0,
    proceeding=Proceeding(id="", source="", kind=Kind.NOTICE, house=House.COMMONS),
    number=1,
    seen_at=datetime(2024, 1, 1, tzinfo=UTC),
    events=(),
    is_news=False,
)
RECORD: Final = tuple(
    key
    for key in as_dict(_BLANK, first_seen_at=_BLANK.seen_at, due_on=None, matches=())
    if key not in ("schema", *ALWAYS)
)
"""Fields of a record: the keys of docs/json.md."""

OWN: Final = frozenset(
    """
    kind legislature house uin column column_to volume session series state sources source first_seen_at labels
    date tabled_on date_for_answer due_on due_on_by_parliament named_day holding_on answered_on corrected_on made_on
    takes_place_on cancelled days_taken days_late letter_promised_on
    grouped_with same_answer_as same_answers refers_to referred_by asked_before revisions before events topics
    record due_from due_to number paragraph verdict likeness part start end records is_more style which
    """.split()  # noqa: SIM905 (reads best so)
)
"""Fields that hold what pqwatch knows itself, numbers, days, and names by which records are known.

All others, those too that are still to come, hold words that others published.
"""


class RefusedCallError(MonitorError):
    """A value that a tool can't use. The text says what to write instead."""


def chosen(given: Sequence[str] | None, known: Sequence[str], usual: Sequence[str]) -> tuple[str, ...]:
    """Return the fields asked for, else the usual ones. Raises RefusedCallError, which lists all."""
    if not given:
        return tuple(usual)
    unknown = [name for name in given if name not in known and name not in ALWAYS]
    if unknown:
        raise RefusedCallError(
            f"There is no field {one_line(unknown[0])[:40]}. There are: {listed(sorted({*known, *ALWAYS}))}."
        )
    return tuple(name for name in dict.fromkeys(given) if name not in ALWAYS)


def make_item(
    values: Mapping[str, Any],
    fields: Sequence[str],
    *,
    known_by: tuple[str | None, str | None, str | None],
    revision: RevisionMark | None,
) -> Item:
    """Return an item with these fields, the words of others apart. `known_by`: its id, reference and address."""
    record_id, reference, url = known_by
    own = {name: values[name] for name in fields if name in OWN}
    quoted = {name: tidy(values[name]) for name in fields if name not in OWN and values[name] is not None}
    return Item(id=record_id, reference=one_line(reference) or None, url=url, revision=revision, quoted=quoted, **own)
