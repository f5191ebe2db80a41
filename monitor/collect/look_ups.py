"""Records to be looked up because no window shows what became of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from monitor.model.records import WESTMINSTER
from monitor.parliament.identifiers import uin_key
from monitor.parliament.lifecycle import REREAD_DAYS_IF_MATCHED, is_reread_due

if TYPE_CHECKING:
    from db.source_records import SourceRecords
    from monitor.collect.news import Scope
    from monitor.ports import Discovery

LOOK_UP_OPEN_EVERY = timedelta(days=7)
"""Interval at which open questions outside the look-back are read again."""
SUSPECT_SHARE = 0.01
SUSPECT_COUNT = 5
"""A window, or a look-up, that lacks more known records than both of these is suspect: none is taken as withdrawn."""


def are_too_many(missing: int, known: int) -> bool:
    """Return whether more of the known records are missing than is believable."""
    return missing > SUSPECT_COUNT and missing > SUSPECT_SHARE * known


def announced_elsewhere(records: SourceRecords, source: str, scope: Scope, discovery: Discovery) -> list[str]:
    """Return the records that another source announced and that are not stored as of that day."""
    recent = [announced for announced in discovery.announced(source) if announced.day >= scope.oldest_news]
    keys_of = {
        announced: [uin_key(house, announced.dated_on, announced.uin) for house in WESTMINSTER] for announced in recent
    }
    stored_days = records.days([key for keys in keys_of.values() for key in keys])
    return [
        announced.key
        for announced in recent
        if all(stored_days.get(key, date.min) < announced.day for key in keys_of[announced])
    ]


def gone_once(records: SourceRecords, source: str, scope: Scope) -> list[str]:
    """Return the records that were gone in the last run, because their window may have left the look-back since."""
    return records.gone_once(source, _first_day_read_again(scope) - LOOK_UP_OPEN_EVERY * 4)


def answers_to_read_again(records: SourceRecords, source: str, scope: Scope) -> list[str]:
    """Return the answers that are due again some days after they were given: this is how a silent edit is found."""
    return [
        answer.key
        for answer in records.answered_since(source, _first_day_read_again(scope))
        if answer.detail_read_on is not None
        and is_reread_due(answer.day, answer.detail_read_on, scope.today, matched=answer.is_matched)
    ]


def _first_day_read_again(scope: Scope) -> date:
    return scope.oldest_news - timedelta(days=max(REREAD_DAYS_IF_MATCHED))


def open_outside_look_back(records: SourceRecords, source: str, scope: Scope) -> list[str]:
    """Return the open questions that no window of the look-back shows, each once a week."""
    return records.open_before(
        source,
        max(scope.oldest_news + timedelta(days=1), scope.first_window),
        looked_up_before=scope.today - LOOK_UP_OPEN_EVERY + timedelta(days=1),
    )
