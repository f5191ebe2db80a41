"""Sentences at the top of a digest, which count what it holds, and the lines of a day without news."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from monitor.digest.arrange import is_new_correction, is_new_withdrawal, is_newly_late, is_wanted
from monitor.digest.reading_lines import calendar_notes, read_in_short
from monitor.digest.subject import answer_days
from monitor.model.deliveries import MAIL
from monitor.model.promises import PromiseNews
from monitor.presentation.changes import change_of
from monitor.presentation.record_names import counted
from monitor.presentation.wording import count_of, house_name, listed, long_day, long_range, week_day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from monitor.model.digests import Digest
    from monitor.model.records import Proceeding


def summary_of(digest: Digest) -> list[str]:
    """Say in a few sentences what the digest holds."""
    about = [item.revision.proceeding for item in digest.new if is_wanted(item)]
    mentions = [item.revision.proceeding for item in digest.new if not is_wanted(item)]
    corrected = sum(is_new_correction(item) for item in digest.changed)
    withdrawn = sum(is_new_withdrawal(item) for item in digest.changed)
    changed = len(digest.changed) - corrected - withdrawn
    sentences = []
    if digest.supplement_to:
        sentences.append(f"Supplement to your digest of {_slot(digest.supplement_to)}: this could not be read then.")
    if changed:
        sentences.append(f"{count_of(changed, 'change')} to what you were told.")
    if withdrawn:
        sentences.append(f"{count_of(withdrawn, 'withdrawn or lapsed question')} that you had not been sent.")
    if corrected:
        answers = "an answer" if corrected == 1 else "answers"
        sentences.append(f"{count_of(corrected, 'correction')} of {answers} that you had not been sent.")
    if about:
        is_followed_alone = any(not item.topics for item in digest.new)
        watched = "what you watch or follow" if is_followed_alone else "your topics"
        sentences.append(f"{listed(counted(about))} about {watched}.")
    if mentions:
        verb = "only mentions" if len(mentions) == 1 else "only mention"
        sentences.append(f"{_more_of(mentions) if about else listed(counted(mentions))} {verb} your words.")
    if not digest.items:
        sentences.append(f"No new answer {_matches(digest)} your topics.")
    return [*_first(digest), *sentences, *_in_short(digest), *_missed(digest)]


def quiet_lines(digest: Digest) -> list[str]:
    """Return the four lines of a day without news."""
    topics = "topic" if len(digest.topics) == 1 else count_of(len(digest.topics), "topic")
    recess = [
        f"The {house_name(house)} is in recess until {week_day(until)}."
        for house, until in digest.in_recess_until.items()
    ]
    what = "mail" if digest.subscriber.channel == MAIL else "message"
    earlier = ", or before that when there is news" if digest.is_recess and digest.subscriber.cadence == "daily" else ""
    following = (
        f"Next {what}: {_slot(digest.next_at)}{earlier}."
        if digest.next_at
        else f"The next {what} comes when there is news."
    )
    answer = f"No {'new ' if digest.came_before else ''}answer of {long_range(answer_days(digest))}"
    return [
        " ".join([f"{answer} {_matches(digest)} your {topics}.", *_came_before(digest), *_missed(digest)]),
        " ".join([read_in_short(digest), *recess, *calendar_notes(digest)]),
        _quiet_waiting(digest),
        following,
    ]


def _first(digest: Digest) -> list[str]:
    """Say that it is a first digest, and what the next ones have."""
    if digest.first_since is None:
        return []
    since = long_day(digest.first_since)
    return [
        f"Your first digest: everything since {since} that you have not been sent yet. The next ones have only what is new."
    ]


def _matches(digest: Digest) -> str:
    """Say "matches", or "is about" to a reader for whom mentions are left out."""
    return "is about" if digest.subscriber.mentions == "off" else "matches"


def _in_short(digest: Digest) -> list[str]:
    """Count the questions without an answer: newly late, due today, waiting as before, new."""
    late = sum(is_newly_late(waiting) for waiting in digest.waiting)
    today = sum(waiting.days_late == 0 for waiting in digest.waiting)
    letters = sum(waiting.promised_on is not None for waiting in digest.waiting)
    before = len(digest.waiting) - late - today - letters
    parts = [
        *_coming_in_short(digest),
        f"{count_of(late, 'question')} newly late" if late else "",
        f"{today if late else count_of(today, 'question')} due today" if today else "",
        f"{before if late or today else count_of(before, 'question')} still waiting" if before else "",
        f"{count_of(letters, 'promised letter')} not seen yet" if letters else "",
        *_promises_in_short(digest),
        count_of(len(digest.questions), "new question") if digest.questions else "",
    ]
    words = listed([part for part in parts if part])
    return [f"{words}."] if words else []


def _coming_in_short(digest: Digest) -> list[str]:
    """Count what is coming on the reader's topics, and what of it changed since they were told."""
    changed = sum(change_of(item) is not None for item in digest.coming)
    new = len(digest.coming) - changed
    return [
        f"{new:,} coming up" if new else "",
        f"{count_of(changed, 'change')} to what is coming up" if changed else "",
    ]


def _promises_in_short(digest: Digest) -> list[str]:
    """Count the promises that are overdue, due and kept."""
    counts = Counter(item.news for item in digest.promises)
    names = {PromiseNews.OVERDUE: "overdue", PromiseNews.DUE: "due", PromiseNews.KEPT: "kept"}
    return [f"{count_of(counts[news], 'promise')} {word}" for news, word in names.items() if counts[news]]


def _more_of(records: Sequence[Proceeding]) -> str:
    """Count what comes besides: "2 more answers and 1 speech"."""
    first, *others = counted(records)
    return listed([first.replace(" ", " more ", 1), *others])


def _came_before(digest: Digest) -> list[str]:
    """Say in one sentence what was there before a topic was on the reader's list, which digests leave out."""
    if not digest.came_before:
        return []
    count = count_of(digest.came_before, "record")
    of_topics = "your topic was" if len(digest.topics) == 1 else "a topic was"
    verb, them = ("is", "it") if digest.came_before == 1 else ("are", "them")
    what = f"{count} of these days that came before {of_topics} on your list"
    return [f"{what} {verb} not included; `pqwatch matches` lists {them}."]


def _missed(digest: Digest) -> list[str]:
    """Say in one sentence what a pause kept back."""
    if not digest.missed:
        return []
    items, verb = count_of(digest.missed, "item"), "is" if digest.missed == 1 else "are"
    what = "Your mail" if digest.subscriber.channel == MAIL else "This"
    return [f"{what} was paused: {items} that came meanwhile {verb} not included; `pqwatch matches` lists them."]


def _quiet_waiting(digest: Digest) -> str:
    """Say how many questions wait for an answer, and when the next is due."""
    if not digest.open_count:
        return "No question on your topics waits for an answer."
    verb = "waits" if digest.open_count == 1 else "wait"
    due = f" The next is due on {week_day(digest.next_due_on)}." if digest.next_due_on else ""
    count = count_of(digest.open_count, "question")
    return f"{count} on your topics {verb} for an answer, none newly late.{due} `pqwatch waiting` lists them."


def _slot(slot: datetime) -> str:
    """Name a slot in its own zone, which is that of the schedule."""
    return f"{week_day(slot.date())}, {slot:%H:%M}"
