"""Promises of a digest: those newly made in its answers, and those that fall due, are late or were kept.

Each is told once to a subscriber: that it was made, that its days have come, that they are over, that it was kept.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from monitor.model.digests import PromiseItem
from monitor.model.promises import PromiseKind, PromiseNews, PromiseState
from monitor.parliament.calendar import LONDON
from monitor.parliament.promises.state import current, state_on
from monitor.research.mutes import hiding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from monitor.digest.shared import SharedReads
    from monitor.model.digests import PendingItem
    from monitor.model.following import Mute
    from monitor.model.promises import Promise, ReportedPromise
    from monitor.model.watching import Subscriber

FRESH: Final = timedelta(days=14)
"""Time after a promise was made in which no digest says that it falls due: the reader has just read it."""

KEPT_WITHIN: Final = timedelta(days=31)
"""Time after somebody marked a promise as kept in which a digest tells of it."""

_NEWS: Final = {PromiseState.DUE: PromiseNews.DUE, PromiseState.OVERDUE: PromiseNews.OVERDUE}


def made_promises(
    shared: SharedReads, subscriber: Subscriber, reported: Sequence[PendingItem], known: Collection[int]
) -> dict[int, tuple[PromiseItem, ...]]:
    """Return the promises that are newly made for a subscriber in the records of a digest, by the row ids of records.

    `known`: promises of which a digest told the subscriber. Letters are not among them: the item says so already.
    """
    if not subscriber.promises or not reported:
        return {}
    found = shared.promises_of(pending.proceeding_id for pending in reported)
    made = {
        pending.proceeding_id: [
            promise for promise in promises if promise.number not in known and is_new(promise, pending)
        ]
        for pending in reported
        if (promises := found.get(pending.proceeding_id))
    }
    firsts = {promise.group for promises in made.values() for promise in promises}
    groups = shared.groups(sorted(firsts))
    return {
        record: tuple(_made(promise, groups[promise.group], subscriber) for promise in promises)
        for record, promises in made.items()
        if promises
    }


def is_new(promise: Promise, pending: PendingItem) -> bool:
    """Return whether a promise stands in the text that an item shows, and did not in what the subscriber was told last."""
    if promise.found.kind is PromiseKind.LETTER or promise.is_gone:
        return False
    if promise.sentence not in pending.newest.proceeding.parts().get(promise.part, ""):
        return False
    before = pending.before
    return before is None or promise.sentence not in before.proceeding.parts().get(promise.part, "")


def _made(promise: Promise, group: Sequence[Promise], subscriber: Subscriber) -> PromiseItem:
    earlier = [other for other in group if (other.made_on, other.number) <= (promise.made_on, promise.number)]
    return _item(promise, earlier, PromiseNews.MADE, subscriber)


def coming_promises(
    shared: SharedReads,
    subscriber: Subscriber,
    mutes: Sequence[Mute],
    told: Sequence[ReportedPromise],
    done: Collection[int],
    *,
    has_followed: bool = True,
) -> tuple[PromiseItem, ...]:
    """Return what a digest tells a subscriber of promises besides new ones: overdue, due and kept, in this order.

    `told`: what digests told the subscriber of promises after they were made. `done`: records (row ids) they dealt with.
    `has_followed`: they follow something, or did.
    """
    if not subscriber.promises:
        return ()
    told_of: dict[int, list[ReportedPromise]] = defaultdict(list)
    for known in told:
        told_of[known.group].append(known)
    told_late = {known.number for known in told if known.news is PromiseNews.OVERDUE}
    items = []
    for group, watched_from in shared.coming_promises(subscriber.key, told_late, has_followed=has_followed):
        promise = current(group)
        news = news_of(group, told_of.get(group[0].group, ()), shared.today, watched_from)
        is_hidden = promise.proceeding_id in done or hiding(mutes, promise.record, (), shared.today) is not None
        if news is not None and not is_hidden:
            items.append(_item(promise, group, news, subscriber))
    return tuple(sorted(items, key=_order))


def news_of(
    group: Sequence[Promise], told: Iterable[ReportedPromise], today: date, watched_from: date
) -> PromiseNews | None:
    """Return what is news of a promise and its repetitions (oldest first) on a day; None for nothing.

    Due and late are told of promises whose last day is one on which it was watched. A day that was moved is told again.
    """
    promise = current(group)
    if promise.found.kind is PromiseKind.LETTER:
        return None
    state = state_on(group, today)
    mine = [news for news in told if news.group == group[0].group]
    if state is PromiseState.KEPT:
        decided = max(decision.decided_at for own in group for decision in own.decisions)
        is_recent = today - decided.astimezone(LONDON).date() <= KEPT_WITHIN
        return PromiseNews.KEPT if is_recent and PromiseNews.KEPT not in {news.news for news in mine} else None
    news = _NEWS.get(state)
    last_day = promise.found.due_to
    if news is None or last_day is None or last_day < watched_from:
        return None
    of_this_day = {known.news for known in mine if known.due_to == last_day}
    if news in of_this_day or PromiseNews.OVERDUE in of_this_day:
        return None
    return None if news is PromiseNews.DUE and today < promise.made_on + FRESH else news


def rows_to_store(coming: Iterable[PromiseItem], made: Iterable[PromiseItem]) -> tuple[tuple[int, PromiseNews], ...]:
    """Return what counts as told with a digest, each once: row ids of promises, with the kind of news."""
    return tuple(dict.fromkeys((item.promise.number, item.news) for item in (*coming, *made)))


def _item(promise: Promise, group: Sequence[Promise], news: PromiseNews, subscriber: Subscriber) -> PromiseItem:
    topics: Collection[str] = {topic for own in group for topic in own.topics}
    return PromiseItem(
        promise=promise,
        group=tuple(group),
        news=news,
        topics=tuple(key for key in subscriber.topics if key in topics),
    )


def _order(item: PromiseItem) -> tuple[int, str, int]:
    order = (PromiseNews.OVERDUE, PromiseNews.DUE, PromiseNews.KEPT)
    return order.index(item.news), str(item.promise.found.due_to), item.promise.number
