"""The subject, the headline and the first hidden line."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.digest.compose import gravity, is_correction, is_new_correction, is_wanted, main_topic
from monitor.digest.entry import heading_of
from monitor.digest.reason import term_name
from monitor.digest.wording import clean, count_of, counted, long_range, one_line, short_body, short_range, shorten
from monitor.model import Event, Kind

if TYPE_CHECKING:
    from datetime import date

    from monitor.model import Digest, Item

ANSWERING = ("questions", "scotland", "northern_ireland")
"""The sources that have nothing but questions and answers."""

LONGEST = 150
SHOWN_TOPICS = 3
_LONDON = ZoneInfo("Europe/London")
_LEADS = {0: "CORRECTED", 2: "WITHDRAWN", 3: "LAPSED"}
"""What leads a subject, by gravity; all else is "CHANGED"."""


def answer_days(digest: Digest) -> list[date]:
    """The days that a digest speaks of: of its answers and corrections, else of its questions, else what was read."""
    answers = [item.revision.proceeding.day for item in digest.new]
    answers += [_changed_on(item) for item in digest.changed]
    asked = [item.revision.proceeding.day for item in digest.questions]
    read = [day for part in digest.read for day in (part.from_on, part.to_on)]
    for days in (answers, asked, read):
        known = [day for day in days if day]
        if known:
            return known
    return [digest.as_of.astimezone(_LONDON).date()]


def _changed_on(item: Item) -> date | None:
    """The official day of a change; a silent edit, a withdrawal and the like have none."""
    now = item.revision.proceeding
    return now.corrected_on or (now.answered_on if Event.ANSWERED in item.events else None)


def subject_of(digest: Digest) -> str:
    """The subject: what is in it, strongest first, then the day; 150 characters at most."""
    day = f" ({short_range(answer_days(digest))})"
    said = _said(digest)
    if digest.is_empty:
        read = sum(part.read for part in digest.read)
        is_answers = all(part.source in ANSWERING for part in digest.read)
        return f"Nothing on your topics{day}; {count_of(read, 'answer' if is_answers else 'record')} read"
    return shorten("; ".join(said), LONGEST - len(day)) + day


def _said(digest: Digest) -> list[str]:
    """The parts of a subject."""
    about = [item for item in digest.new if is_wanted(item)]
    said = _led(digest)
    if about:
        kinds = [item.revision.proceeding.kind for item in about]
        said.append(_counted(digest, about, ", ".join(counted(kinds))))
    elif digest.new:
        said.append(_counted(digest, list(digest.new), count_of(len(digest.new), "mention")))
    if not digest.new and digest.questions:
        said.append(_counted(digest, list(digest.questions), count_of(len(digest.questions), "new question")))
    if not said:
        late = [waiting for waiting in digest.waiting if waiting.days_late]
        said.append(
            f"{count_of(len(late), 'question')} late"
            if late
            else f"{count_of(len(digest.waiting), 'question')} still waiting"
        )
    return said


def _led(digest: Digest) -> list[str]:
    """What changed leads, under the word for the gravest of it."""
    if not digest.changed:
        return []
    first = min(digest.changed, key=gravity)
    more = len(digest.changed) - 1
    if digest.subscriber.subject == "counts":
        return [f"{len(digest.changed)} changed"]
    lead = _LEADS.get(gravity(first), "CHANGED")
    heading = shorten(heading_of(first.revision.proceeding), 60)
    return [f"{lead}: {heading}{f', +{more}' if more else ''}"]


def _counted(digest: Digest, items: list[Item], total: str) -> str:
    """Count items by topic or by term behind their total: "12 answers: asylum 4, school meals 4, +4"."""
    style = digest.subscriber.subject
    if style == "counts":
        return total
    names: Counter[str] = Counter()
    for item in items:
        key = main_topic(item)
        name = digest.topics.get(key, key) if style == "topics" else _term(item)
        names[shorten(one_line(name), 30) or "followed"] += 1
    first = [f"{name} {count}" for name, count in names.most_common(SHOWN_TOPICS)]
    rest = len(items) - sum(count for _, count in names.most_common(SHOWN_TOPICS))
    return f"{total}: {', '.join([*first, f'+{rest}'] if rest else first)}"


def _term(item: Item) -> str:
    """The term that an item counts under: the first found."""
    return term_name(item.matches[0].term) if item.matches else ""


def headline(digest: Digest) -> str:
    """The heading of the page."""
    days = long_range(answer_days(digest))
    if digest.new:
        is_answers = all(item.revision.proceeding.kind is Kind.QUESTION for item in digest.new)
        return (
            _headline_of_answers(digest, days) if is_answers else f"Published {'on ' if _is_one(digest) else ''}{days}"
        )
    if digest.changed:
        return f"{_changes(digest).capitalize()} of {days}"
    if digest.questions:
        return f"New questions of {days}"
    if digest.waiting:
        return "Questions still waiting"
    return f"Nothing on your topics: {days}"


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
    """The first hidden line: the best hit and how its answer begins."""
    for items in (digest.new, digest.changed, digest.questions):
        if items:
            best = items[0].revision.proceeding
            words = clean(best.answer or best.text or best.question or "")
            return shorten(one_line(f"{heading_of(best)} ({short_body(best.body) or best.house.value}): {words}"), 140)
    if digest.waiting:
        return heading_of(digest.waiting[0].proceeding)
    return "Next mail when there is news."
