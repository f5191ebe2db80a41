"""Decide which items a subscriber is told: those that are owed, less those that they muted.

A mute hides a record that it names, records whose matches are all of its term, and records that hold its phrase, up to and
including its last day. It never hides that a text changed which the subscriber was sent: they may have quoted it. A record
that they follow by itself is hidden only by a mute of this very record.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from monitor.model.following import FollowKind, MuteKind, MuteReport
from monitor.model.records import Event
from monitor.parliament.lifecycle import is_coming_news, is_reported
from monitor.terms.compiled_phrase import CompiledPhrase
from monitor.terms.document_view import stands_in
from monitor.terms.tree import Phrase, Word
from monitor.terms.vocabulary import Lexicon
from monitor.text.tokens import HYPHEN, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from monitor.model.digests import OpenQuestion, PendingItem
    from monitor.model.following import FollowReason, Mute
    from monitor.model.records import Proceeding
    from monitor.model.watching import Match

CHANGES_OF_DAY: Final = frozenset({Event.WITHDRAWN, Event.REAPPEARED, Event.MOVED})
CHANGES_OF_TEXT: Final = frozenset({Event.CORRECTED, Event.EDITED}) | CHANGES_OF_DAY
"""Events that change what a subscriber was sent: its words, its day, or whether it takes place."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """Owed items, sifted. `told`: those to tell. `hidden`: those that a mute hides, with the mute.

    `in_spite_of`: by the row id of a record that is told, the mute that hides everything else of it.
    """

    told: tuple[PendingItem, ...]
    hidden: tuple[tuple[PendingItem, Mute], ...]
    in_spite_of: dict[int, Mute]

    def report(self, mutes: Iterable[Mute], today: date) -> MuteReport:
        """Return what the digest says of mutes: what they keep out of it, and which have ended."""
        counts: dict[Mute, int] = {}
        for _, mute in self.hidden:
            counts[mute] = counts.get(mute, 0) + 1
        return MuteReport(
            hiding=tuple(sorted(counts.items(), key=lambda pair: (pair[0].until, pair[0].number))),
            ended=tuple(mute for mute in mutes if mute.until < today),
        )


def sift(items: Iterable[PendingItem], mutes: Sequence[Mute], today: date) -> Sifted:
    """Decide what of the items that are owed is told, on a day of the calendar in London."""
    told: list[PendingItem] = []
    hidden: list[tuple[PendingItem, Mute]] = []
    in_spite_of: dict[int, Mute] = {}
    for pending in items:
        if not is_to_tell(pending) or not _is_timely(pending, today):
            continue
        mute = hiding(mutes, pending.newest.proceeding, pending.matches, today, follows=pending.follows)
        if mute is not None and not changes_what_was_sent(pending):
            hidden.append((pending, mute))
            continue
        told.append(pending)
        if mute is not None:
            in_spite_of[pending.proceeding_id] = mute
    return Sifted(tuple(told), tuple(hidden), in_spite_of)


def is_to_tell(pending: PendingItem) -> bool:
    """Return whether an item is told to a subscriber without mutes.

    Of a record that only follows made known, and that is followed no more, they are told what changes what they were sent.
    """
    is_known = pending.before is not None or any(_is_of_itself(reason) for reason in pending.follows)
    if not is_reported(pending.events, followed=is_known):
        return False
    if pending.was_followed and not pending.follows and not pending.topics:
        return changes_what_was_sent(pending)
    return True


def _is_timely(pending: PendingItem, today: date) -> bool:
    """Return whether an item on something that is coming tells a subscriber what they do not know, and in time.

    Other words alone are no reason: business is worded anew until its day. Nor is a day that moved and is back.
    """
    before, now = pending.before.proceeding if pending.before else None, pending.newest.proceeding
    if now.occasion is None:
        return True
    is_known = before is not None and (before.takes_place_on, before.state) == (now.takes_place_on, now.state)
    return not is_known and is_coming_news(before, now, today)


def changes_what_was_sent(pending: PendingItem) -> bool:
    """Return whether an item changes a text that the subscriber was sent."""
    if pending.sent is None or CHANGES_OF_TEXT.isdisjoint(pending.events):
        return False
    sent = pending.sent.proceeding
    has_text = bool(sent.answer or sent.text)
    return has_text or not CHANGES_OF_DAY.isdisjoint(pending.events)


def hiding(
    mutes: Iterable[Mute],
    proceeding: Proceeding,
    matches: Sequence[Match],
    today: date,
    *,
    follows: Sequence[FollowReason] = (),
) -> Mute | None:
    """Return the mute that hides a record on a day, the one that lasts longest; None if none does."""
    found = [mute for mute in mutes if today <= mute.until and _hides(mute, proceeding, matches, follows)]
    return max(found, key=lambda mute: (mute.until, -mute.number), default=None)


def is_question_hidden(mutes: Iterable[Mute], question: OpenQuestion, today: date) -> bool:
    """Return whether a mute hides the reminders of a question that waits."""
    return hiding(mutes, question.proceeding, question.matches, today) is not None


def _hides(mute: Mute, proceeding: Proceeding, matches: Sequence[Match], follows: Sequence[FollowReason]) -> bool:
    if mute.kind is MuteKind.RECORD:
        return mute.text == proceeding.id or (mute.record is not None and mute.record.id == proceeding.id)
    if any(_is_of_itself(reason) for reason in follows):
        return False
    if mute.kind is MuteKind.TERM:
        return bool(matches) and not follows and all(match.term == mute.text for match in matches)
    return has_phrase(proceeding, mute.text)


def _is_of_itself(reason: FollowReason) -> bool:
    """Return whether the record itself is followed, alone or by a promise, not those that it belongs to or refers to."""
    return reason.kind in (FollowKind.RECORD, FollowKind.PROMISE) and reason.cites is None


def has_phrase(proceeding: Proceeding, phrase: str) -> bool:
    """Return whether a record holds the words of a phrase side by side, in small letters or capitals, in any number.

    As for a term, the opening formula of a question and names of offices hide them, and no phrase runs on from one sentence
    to the next: a mute of social care must not hide all that is asked of the Department of Health and Social Care.
    """
    compiled = _compiled(phrase)
    return compiled is not None and stands_in(proceeding.parts(), compiled, _AS_WRITTEN.names)


_AS_WRITTEN: Final = Lexicon(equivalents=())


@lru_cache(maxsize=1_000)
def _compiled(phrase: str) -> CompiledPhrase | None:
    """Compile the words of a phrase, in small letters; None if it has no word."""
    words = tuple(
        Word(text=token.text, written=token.text, is_hyphened=token.gap == HYPHEN)
        for token in tokens(phrase)
        if not token.is_mark
    )
    return CompiledPhrase(Phrase(words=words), _AS_WRITTEN) if words else None
