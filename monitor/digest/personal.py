"""Parts of a digest that are its reader's own: notes of their team, records dealt with, and mutes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from monitor.model.watching import ARCHIVE
from monitor.parliament.calendar import LONDON
from monitor.presentation.wording import count_of, listed_briefly, long_day, one_line, shorten
from monitor.research.following import mute_title
from monitor.research.mutes import is_question_hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date

    from monitor.config.settings import Config
    from monitor.model.digests import Digest, Item, OpenQuestion, PendingItem, PromiseItem
    from monitor.model.following import Mute, Note
    from monitor.model.promises import Promise
    from monitor.model.watching import Subscriber

LONGEST_TITLE: Final = 80


def settled(done: Collection[int], mutes: Sequence[Mute], today: date) -> Callable[[OpenQuestion], bool]:
    """Return a function that says of which waiting questions a subscriber needs no reminder: dealt with, or muted.

    `done`: records (row ids) that they dealt with.
    """

    def is_settled(question: OpenQuestion) -> bool:
        return question.proceeding_id in done or is_question_hidden(mutes, question, today)

    return is_settled


def with_personal(
    items: Sequence[Item],
    reported: Sequence[PendingItem],
    notes: Mapping[int, Sequence[Note]],
    in_spite_of: Mapping[int, Mute],
    promises: Mapping[int, tuple[PromiseItem, ...]],
) -> list[Item]:
    """Give each item the notes on its record, the mute that it is told in spite of, and the promises newly made in it.

    `reported`: what they tell.
    """
    return [
        replace(item, notes=tuple(notes.get(row, ())), muted=in_spite_of.get(row), promises=promises.get(row, ()))
        for item, row in zip(items, (pending.proceeding_id for pending in reported), strict=True)
    ]


def may_be_stranger(config: Config, subscriber: Subscriber) -> bool:
    """Return whether a subscriber may not be of the team: on a page for everyone, anybody can sign up into the archive."""
    return config.web.public and subscriber.kept_in == ARCHIVE


def without_names(promises: Sequence[PromiseItem]) -> tuple[PromiseItem, ...]:
    """Return promises without the names and reasons of those of the team who decided about them."""
    return tuple(
        replace(item, promise=_nameless(item.promise), group=tuple(map(_nameless, item.group))) for item in promises
    )


def _nameless(promise: Promise) -> Promise:
    decisions = tuple(replace(decision, decided_by="", reason="") for decision in promise.decisions)
    return replace(promise, decisions=decisions)


def mute_sentences(digest: Digest, most: int) -> list[str]:
    """Say what the reader's mutes keep out of a digest, and which of them have ended. `most`: mutes named of either."""
    sentences = [*_hiding(digest, most), *(_ended(mute) for mute in digest.mutes.ended[:most])]
    if unnamed := digest.mutes.ended[most:]:
        have, left_out = "has" if len(unnamed) == 1 else "have", sum(mute.hidden for mute in unnamed)
        counted = f"{count_of(left_out, 'record') if left_out else 'nothing'} left out"
        sentences.append(f"And {count_of(len(unnamed), 'more mute')} of yours {have} ended, with {counted}.")
    return sentences


def _hiding(digest: Digest, most: int) -> list[str]:
    hiding = digest.mutes.hiding
    if not hiding:
        return []
    count = sum(records for _, records in hiding)
    muted = listed_briefly([f"{_short(mute)} until {long_day(mute.until)}" for mute, _ in hiding], most)
    lists = " `pqwatch mutes` lists them." if len(hiding) > most else ""
    return [f"{count_of(count, 'item')} left out: you muted {muted}.{lists}"]


def _ended(mute: Mute) -> str:
    count = f"{count_of(mute.hidden, 'record')} left out" if mute.hidden else "nothing left out"
    made_on = mute.made_at.astimezone(LONDON).date()
    lists = f" `pqwatch matches --since {made_on}` lists what was found." if mute.hidden else ""
    return f"Your mute of {_short(mute)} ended on {long_day(mute.until)}, with {count}.{lists}"


def _short(mute: Mute) -> str:
    return shorten(one_line(mute_title(mute)), LONGEST_TITLE)
