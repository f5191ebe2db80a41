"""The subject, the headline and the first hidden line."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from monitor.digest.arrange import gravity, is_correction, is_new_correction, is_newly_late, is_wanted, promises_due
from monitor.model.records import Event, Kind, State
from monitor.model.sources import COMING_SOURCES
from monitor.parliament.calendar import LONDON
from monitor.presentation.changes import change_of
from monitor.presentation.citation import is_only_spoken
from monitor.presentation.coming import occasion_in_short
from monitor.presentation.entry import main_topic
from monitor.presentation.excerpt import question_start
from monitor.presentation.match_reasons import term_name
from monitor.presentation.record_names import counted, heading_of, title_of
from monitor.presentation.wording import (
    clean,
    count_of,
    long_range,
    one_line,
    short_body,
    short_range,
    shorten,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from monitor.model.digests import Digest, Item, Waiting

ANSWERING = ("questions", "northern_ireland")
"""The sources of which the answers are counted; of others the questions, or whatever they hold."""

LONGEST = 130
"""Letters of a subject: mail programs on a desk show about as many, those on a telephone the first fifty."""
_ROOM = ((3, 30), (2, 30), (2, 20), (1, 20), (0, 20))
"""Most names in a subject, and characters of each. A heading may have twice as many."""
_LEADS = {0: "CORRECTED", 2: "WITHDRAWN", 3: "LAPSED"}
"""First words of a subject by urgency of the change; for all others "CHANGED"."""


def answer_days(digest: Digest) -> list[date]:
    """Return the days of a digest: of its answers and corrections, otherwise of its questions or of what was read."""
    answers = [item.revision.proceeding.day for item in digest.new]
    answers += [_changed_on(item) for item in digest.changed]
    asked = [item.revision.proceeding.day for item in digest.questions]
    read = [day for part in digest.read for day in (part.from_on, part.to_on)]
    for days in (answers, asked, read):
        known = [day for day in days if day]
        if known:
            return known
    return [digest.as_of.astimezone(LONDON).date()]


def _changed_on(item: Item) -> date | None:
    """Return the official day of a change; None for a silent edit, a withdrawal and the like."""
    now = item.revision.proceeding
    return now.corrected_on or (now.answered_on if Event.ANSWERED in item.events else None)


def subject_of(digest: Digest) -> str:
    """Say what is in a digest, the weightiest first, then the day.

    Counts come before names, so that a mail program that cuts the subject leaves the counts. Where it gets long, fewer names
    are given, then none.
    """
    day = f" ({short_range(answer_days(digest))})"
    if digest.is_empty:
        parts = [part for part in digest.read if part.source not in COMING_SOURCES]
        read = sum(part.read for part in parts)
        is_answers = all(part.source in ANSWERING for part in parts)
        return f"{_nothing(digest)}{day}; {count_of(read, 'answer' if is_answers else 'record')} read"
    topics_part, mark = "", _mark(digest)
    for shown, width in _ROOM:
        topics_part = mark + "; ".join([*_led(digest, width), *_counted(digest, shown, width)]) + day
        if len(topics_part) <= LONGEST:
            return topics_part
    return shorten(topics_part.removesuffix(day), LONGEST - len(day)) + day


def _mark(digest: Digest) -> str:
    """Mark what is no ordinary digest."""
    if digest.first_since:
        return "First digest: "
    return "Supplement: " if digest.supplement_to else ""


def _led(digest: Digest, width: int) -> list[str]:
    """Let what changed lead, under the word for the gravest of it."""
    if not digest.changed:
        return []
    if digest.subscriber.subject == "counts":
        corrected = sum(gravity(item) == 0 for item in digest.changed)
        other = len(digest.changed) - corrected
        counts = [f"{corrected} corrected" if corrected else "", f"{other} changed" if other else ""]
        return [", ".join(count for count in counts if count)]
    first = min(digest.changed, key=gravity)
    more = sum(gravity(item) == gravity(first) for item in digest.changed) - 1
    lead = _LEADS.get(gravity(first), "CHANGED")
    heading = shorten(heading_of(first.revision.proceeding), 2 * width)
    return [f"{lead}: {heading}{f', +{more}' if more else ''}"]


def _counted(digest: Digest, shown: int, width: int) -> list[str]:
    """Count all kinds, and the first of them by topic or by term: "12 answers (1 holding), 2 late: asylum 8, +4"."""
    about = [item for item in digest.new if is_wanted(item)]
    late = [waiting for waiting in digest.waiting if is_newly_late(waiting)]
    counts = [
        _counted_other_changes(digest),
        *_counted_answers(about),
        "" if about or not digest.new else count_of(len(digest.new), "mention"),
        f"{len(late)} late" if late and (digest.items or digest.questions) else "",
        _counted_promises(digest) if digest.items or digest.questions or digest.waiting else "",
        count_of(len(digest.questions), "new question") if digest.questions else "",
        *_counted_coming(digest),
    ]
    if not (digest.items or digest.questions):
        counts = [_counted_waiting(digest, len(late)) if digest.waiting else "", _counted_promises(digest)]
    total = ", ".join(count for count in counts if count)
    names = _named(digest, about or digest.new or digest.questions or digest.coming or late, shown, width)
    return [f"{total}: {names}" if names else total] if total else []


def _counted_other_changes(digest: Digest) -> str:
    """Count what changed besides what leads the subject."""
    if not digest.changed or digest.subscriber.subject == "counts":
        return ""
    gravest = min(map(gravity, digest.changed))
    other = sum(gravity(item) != gravest for item in digest.changed)
    return f"{other} changed" if other else ""


def _counted_answers(about: Sequence[Item]) -> list[str]:
    """Count what was published by kind, holding answers apart: "3 answers (1 holding)"."""
    proceedings = [item.revision.proceeding for item in about]
    holding = sum(proceeding.state is State.HOLDING for proceeding in proceedings)
    counts = counted(proceedings)
    if holding and holding == sum(proceeding.kind is Kind.QUESTION for proceeding in proceedings):
        return [count_of(holding, "holding answer"), *counts[1:]]
    return [f"{counts[0]} ({holding} holding)", *counts[1:]] if holding else counts


def _counted_coming(digest: Digest) -> list[str]:
    """Count what is coming, and what of it was moved or called off since the reader was told: "3 coming", "1 moved"."""
    labels = [change.label if (change := change_of(item)) else "" for item in digest.coming]
    moved = labels.count("Moved")
    new = labels.count("") + labels.count("Back")
    other = len(labels) - moved - new
    counts = ((new, "coming"), (moved, "moved"), (other, "called off"))
    return [f"{count} {word}" for count, word in counts if count]


def _counted_promises(digest: Digest) -> str:
    """Count the promises that are due or overdue; where there are only kept ones, these."""
    if count := promises_due(digest):
        return f"{count_of(count, 'promise')} due"
    return f"{count_of(len(digest.promises), 'promise')} kept" if digest.promises else ""


def _counted_waiting(digest: Digest, late: int) -> str:
    """Say what a mail is for that tells of nothing but questions without their answer."""
    if late:
        return f"{count_of(late, 'question')} late"
    due = sum(waiting.days_late == 0 for waiting in digest.waiting)
    if due:
        return f"{count_of(due, 'question')} due today"
    letters = sum(waiting.promised_on is not None for waiting in digest.waiting)
    waiting = len(digest.waiting) - letters
    return f"{count_of(waiting, 'question')} still waiting" if waiting else count_of(letters, "promised letter")


def _named(digest: Digest, items: Sequence[Item | Waiting], shown: int, width: int) -> str:
    """Count by topic or by term: "asylum 4, school meals 4, +4"; "" where no names are wanted."""
    style = digest.subscriber.subject
    if style == "counts" or not shown or not items:
        return ""
    names: Counter[str] = Counter()
    for item in items:
        key = main_topic(item)
        name = digest.topics.get(key, key) if style == "topics" else _term(item)
        names[shorten(one_line(name), width) or "followed"] += 1
    first = [f"{name} {count}" for name, count in names.most_common(shown)]
    rest = len(items) - sum(count for _, count in names.most_common(shown))
    return ", ".join([*first, f"+{rest}"] if rest else first)


def _term(item: Item | Waiting) -> str:
    """Return the term that an item counts under: the first one found."""
    return term_name(item.matches[0].term) if item.matches else ""


def headline(digest: Digest) -> str:
    """Return the heading of the page."""
    days = long_range(answer_days(digest))
    if digest.new:
        new = [item.revision.proceeding for item in digest.new]
        is_answers = all(now.kind is Kind.QUESTION for now in new) and not all(map(is_only_spoken, new))
        return (
            _headline_of_answers(digest, days) if is_answers else f"Published {'on ' if _is_one(digest) else ''}{days}"
        )
    if digest.changed:
        return f"{_changes(digest).capitalize()} of {days}"
    if digest.questions:
        return f"New questions of {days}"
    return _headline_of_days(digest) or f"{_nothing(digest)}: {days}"


def _nothing(digest: Digest) -> str:
    """Say that there is nothing, or nothing new where there was something before a topic was on the reader's list."""
    return f"Nothing{' new' if digest.came_before else ''} on your topics"


def _headline_of_days(digest: Digest) -> str:
    """Return the heading of a digest that tells of days alone, ahead or past; "" where it tells of none."""
    if digest.coming:
        return "Coming up"
    if digest.promises and not any(map(is_newly_late, digest.waiting)):
        return "Promises due" if promises_due(digest) else "Promises kept"
    return _headline_of_waiting(digest.waiting) if digest.waiting else ""


def _headline_of_waiting(waiting: Sequence[Waiting]) -> str:
    """Return the heading of a digest that tells of nothing but questions without their answer, and promised letters."""
    if any(map(is_newly_late, waiting)):
        return "Questions newly late"
    if any(question.days_late == 0 for question in waiting):
        return "Questions due today"
    return "Promised letters" if all(question.promised_on for question in waiting) else "Questions still waiting"


def _headline_of_answers(digest: Digest, days: str) -> str:
    if digest.changed:
        return f"Answers and {_changes(digest)} of {days}"
    return f"Answers published {days}" if _is_one(digest) else f"Answers of {days}"


def _changes(digest: Digest) -> str:
    """Call what changed by its name where all of it is corrections."""
    is_corrections = all(is_correction(item) or is_new_correction(item) for item in digest.changed)
    return "corrections" if is_corrections else "changes"


def _is_one(digest: Digest) -> bool:
    return len(set(answer_days(digest))) == 1


def preheader_of(digest: Digest) -> str:
    """Return the hidden first line: the best item and the beginning of its answer."""
    for items in (digest.new, digest.changed, digest.questions, digest.coming):
        if items:
            best = items[0].revision.proceeding
            asked = best.question or ""
            words = clean(best.answer or best.text or asked[question_start(asked) :])
            placed = occasion_in_short(best) or short_body(best.body) or best.house.value
            return shorten(one_line(f"{title_of(best)} ({placed}): {words}"), 140)
    if digest.promises:
        return shorten(one_line(clean(digest.promises[0].promise.sentence)), 140)
    if digest.waiting:
        return heading_of(digest.waiting[0].proceeding)
    return "Next mail when there is news."
