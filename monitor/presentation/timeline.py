"""The story of a record in plain words: what happened to it and on which day.

Parliament dates four steps itself: tabled, held, answered, corrected. All other steps are dated by the day in London on
which they were first seen, and say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from monitor.model.records import Event, Kind, State
from monitor.parliament.calendar import LONDON
from monitor.parliament.lifecycle import days_late, days_taken
from monitor.parliament.promises.letters import letter_came, letter_promised_on
from monitor.parliament.provenance import preferred_revision
from monitor.presentation.citation import is_only_spoken
from monitor.presentation.coming import actor_of, called_off, on_its_day, set_down
from monitor.presentation.file_changes import file_changes
from monitor.presentation.record_names import ONLY_SPOKEN
from monitor.presentation.wording import (
    body_name,
    count_of,
    kind_name,
    listed,
    long_day,
    member_details,
    member_name,
    name_in_sentence,
    one_line,
    week_day,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from monitor.model.digests import DigestMention
    from monitor.model.records import Proceeding, Revision


_ORDER = ("tabled", "announced", "due", "holding", "answered", "corrected")
TOLD = "told"
_MADE = {Kind.STATEMENT: "Published", Kind.SPEECH: "Said", Kind.NOTICE: "Published"}
_DATED = frozenset({Event.TABLED, Event.HOLDING, Event.ANSWERED, Event.CORRECTED, Event.ANNOUNCED})


_UNDATED = {
    Event.HOLDING: "A holding answer came; the source gives no day.",
    Event.ANSWERED: "Answered; the source gives no day.",
    Event.CORRECTED: "Corrected; the source gives no day.",
}
_AGAIN = {
    Event.HOLDING: "A holding answer is there again.",
    Event.ANSWERED: "An answer is there again.",
    Event.CORRECTED: "Corrected again, under the same day.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. `event` is that of a revision, or "due" or "told".

    `is_seen`: `day` is when it was seen, not when it happened.
    """

    day: date
    event: str
    text: str
    is_seen: bool = False


def chronicle(
    revisions: Sequence[Revision], due_on: date | None, today: date, mentions: Sequence[DigestMention] = ()
) -> tuple[Step, ...]:
    """Return the steps of a record from its revisions, oldest first; steps of one day in the order of a question's life.

    Only the source that counts is used. `mentions`: digests to include as steps.
    """
    if not revisions:
        return ()
    now = preferred_revision(revisions).proceeding
    revisions = [revision for revision in revisions if revision.proceeding.source == now.source]
    if now.occasion is not None:
        steps = list(_announced(revisions[0].proceeding, now))
    elif now.kind is not Kind.QUESTION:
        steps = list(_published(now))
    else:
        steps = [*_tabled(revisions[0].proceeding), *_due(now, due_on, today), *_answers(revisions, due_on, today)]
    for before, after in pairwise(revisions):
        steps += _seen(before, after)
    steps += _without_own_day(revisions)
    steps += _ended_before_seen(revisions[0])
    steps += map(_digest_step, mentions)
    return tuple(sorted(steps, key=lambda step: (step.day, _rank(step))))


def _rank(step: Step) -> int:
    if step.event == TOLD:
        return len(_ORDER) + 1
    return len(_ORDER) if step.is_seen else _ORDER.index(step.event)


def _digest_step(mention: DigestMention) -> Step:
    how = "Told to" if mention.kind == "mailed" else "Marked as told to"
    text = f"{how} {one_line(mention.subscriber)}, digest {mention.digest_id} (revision {mention.revision})."
    return Step(day=mention.as_of.astimezone(LONDON).date(), event=TOLD, text=text)


def _published(now: Proceeding) -> Iterator[Step]:
    if now.day:
        by = f" by {member_name(now.made_by)}{member_details(now.made_by)}" if now.made_by else ""
        yield Step(day=now.made_on or now.day, event="tabled", text=f"{_MADE[now.kind]}{by}.")
    if now.corrected_on:
        yield Step(day=now.corrected_on, event="corrected", text="Corrected.")


def _announced(first: Proceeding, now: Proceeding) -> Iterator[Step]:
    """Return the steps of something that is coming: that it was announced, and its day."""
    if first.made_on:
        text = f"Announced: {actor_of(first)}{set_down(first)}."
        yield Step(day=first.made_on, event=Event.ANNOUNCED.value, text=text)
    if now.takes_place_on and now.state is not State.WITHDRAWN:
        yield Step(day=now.takes_place_on, event="due", text=on_its_day(now))


def _tabled(first: Proceeding) -> Iterator[Step]:
    if first.tabled_on is None:
        return
    by = f"by {member_name(first.asked_by)}{member_details(first.asked_by)} " if first.asked_by else ""
    asked = body_name(first.body)
    named = ", a named day" if first.named_day else ""
    wanted = f", for answer on {long_day(first.date_for_answer)}{named}" if first.date_for_answer else ""
    yield Step(day=first.tabled_on, event="tabled", text=f"Tabled {by}to {asked}{wanted}.")


def _due(now: Proceeding, due_on: date | None, today: date) -> Iterator[Step]:
    if due_on is None or now.state in (State.WITHDRAWN, State.LAPSED):
        return
    late = days_late(now, due_on, today) or 0
    if now.is_open:
        text = f"Due; {count_of(late, 'day')} late today." if late else "Due."
    else:
        text = "Due." if late else "Due; answered in time."
    yield Step(day=due_on, event="due", text=text)


def _answers(revisions: Sequence[Revision], due_on: date | None, today: date) -> Iterator[Step]:
    """Return the steps with an official day, each once: later revisions repeat them."""
    known: set[tuple[str, date]] = set()
    for proceeding in (revision.proceeding for revision in revisions):
        by = (
            f" by {name_in_sentence(proceeding.answered_by)}{member_details(proceeding.answered_by)}"
            if proceeding.answered_by
            else ""
        )
        steps = [("holding", _held_on(proceeding), f"Holding answer{by if proceeding.is_holding else ''}.")]
        if not proceeding.is_holding:
            promise = "; it only promises a letter" if letter_promised_on(proceeding) else ""
            said = f"Answered{by}{_after(proceeding, due_on, today)}{promise}."
            if is_only_spoken(proceeding):
                said = f"The meeting for which it was set down. {ONLY_SPOKEN}"
            steps.append(("answered", proceeding.answered_on, said))
        corrector = proceeding.corrected_by or proceeding.answered_by
        by = f" by {name_in_sentence(corrector)}{member_details(corrector)}" if corrector else ""
        steps.append(("corrected", proceeding.corrected_on, f"Answer corrected{by}."))
        for event, day, text in steps:
            if day is not None and (event, day) not in known:
                known.add((event, day))
                yield Step(day=day, event=event, text=text)


def _held_on(proceeding: Proceeding) -> date | None:
    return proceeding.holding_on or (proceeding.answered_on if proceeding.is_holding else None)


def _without_own_day(revisions: Sequence[Revision]) -> Iterator[Step]:
    """Return the steps that have an official day elsewhere and have none here, or that of an earlier such step."""
    known: set[tuple[Event, date | None]] = set()
    for revision in revisions:
        now = revision.proceeding
        days = {Event.CORRECTED: now.corrected_on}
        if now.kind is Kind.QUESTION:
            days |= {Event.HOLDING: _held_on(now)} if now.is_holding else {Event.ANSWERED: now.answered_on}
        for event, day in days.items():
            if event in revision.events and (day is None or (event, day) in known):
                text = _AGAIN[event] if day else _UNDATED[event]
                yield Step(day=seen_on(revision), event=event.value, text=text, is_seen=True)
        known.update(days.items())


def _after(proceeding: Proceeding, due_on: date | None, today: date) -> str:
    days, late = days_taken(proceeding), days_late(proceeding, due_on, today)
    timing = (
        [] if days is None else [f"{count_of(days, 'day')} after it was tabled" if days else "on the day it was tabled"]
    )
    timing += [f"{count_of(late, 'day')} late"] if late else []
    return f", {', '.join(timing)}" if timing else ""


def _ended_before_seen(first: Revision) -> Iterator[Step]:
    """Return the step of a question that had ended before it was first read."""
    if first.proceeding.state in (State.WITHDRAWN, State.LAPSED):
        event = Event.WITHDRAWN if first.proceeding.state is State.WITHDRAWN else Event.LAPSED
        text = _SAID[event](first.proceeding, first.proceeding)
        yield Step(day=seen_on(first), event=event.value, text=text, is_seen=True)


def _seen(before: Revision, after: Revision) -> Iterator[Step]:
    """Return the steps between two revisions without an official day."""
    for event in after.events:
        if event not in _DATED:
            text = _SAID[event](before.proceeding, after.proceeding)
            yield Step(day=seen_on(after), event=event.value, text=text, is_seen=True)
    if sentence := _letter(before.proceeding, after.proceeding):
        yield Step(day=seen_on(after), event=after.events[-1].value, text=sentence, is_seen=True)


def _letter(before: Proceeding, after: Proceeding) -> str:
    """Say that a promised letter has come, or an answer in its place."""
    how, promised_on = letter_came(before, after), letter_promised_on(before)
    if not how or promised_on is None:
        return ""
    if how == "answer":
        return f"An answer stands in the place of the letter promised on {long_day(promised_on)}."
    return f"The letter promised on {long_day(promised_on)} is there."


def seen_on(revision: Revision) -> date:
    """Return the day on which a revision was first seen, in London."""
    return revision.seen_at.astimezone(LONDON).date()


def _titled(_before: Proceeding, after: Proceeding) -> str:
    return f"Headed: {one_line(after.heading)}" if after.heading else "Its heading was taken away."


def _transferred(before: Proceeding, after: Proceeding) -> str:
    return f"Transferred from {body_name(before.body)} to {body_name(after.body)}."


def _regrouped(_before: Proceeding, after: Proceeding) -> str:
    uins = [one_line(question.uin) for question in after.grouped_with]
    return f"Grouped with {listed(uins)}." if uins else "No longer grouped with another question."


def _rescheduled(_before: Proceeding, after: Proceeding) -> str:
    named = ", a named day" if after.named_day else ""
    return (
        f"Set down for {long_day(after.date_for_answer)}{named}." if after.date_for_answer else "Set down for no day."
    )


def _attached(before: Proceeding, after: Proceeding) -> str:
    return " ".join(file_changes(before, after).sentences) or "Its files were changed."


def _moved(before: Proceeding, after: Proceeding) -> str:
    was, now = before.takes_place_on, after.takes_place_on
    if was is None or now is None:
        return f"Set down for {week_day(now)}." if now else "Set down for no day."
    return f"Moved from {week_day(was)} to {week_day(now)}."


def _withdrawn(_before: Proceeding, after: Proceeding) -> str:
    if word := called_off(after):
        return f"{word}."
    return "Withdrawn." if after.is_withdrawn else "No longer published: its page is gone."


def _edited(before: Proceeding, after: Proceeding) -> str:
    what = "holding answer" if before.is_holding else "answer" if after.kind is Kind.QUESTION else kind_name(after.kind)
    if (before.answer or before.text) and not (after.answer or after.text):
        return f"The {what} was taken away."
    if before.state is State.CORRECTED and after.state is State.ANSWERED:
        return "The correction was taken back."
    return f"The {what}'s words were changed; the source does not call it a correction."


_SAID: dict[Event, Callable[[Proceeding, Proceeding], str]] = {
    Event.TITLED: _titled,
    Event.REWORDED: lambda _before, _after: "The question's words were changed.",
    Event.TRANSFERRED: _transferred,
    Event.REGROUPED: _regrouped,
    Event.RESCHEDULED: _rescheduled,
    Event.EDITED: _edited,
    Event.ATTACHED: _attached,
    Event.MOVED: _moved,
    Event.WITHDRAWN: _withdrawn,
    Event.REAPPEARED: lambda _before, _after: "Published again.",
    Event.LAPSED: lambda _before, _after: "Lapsed: the session ended before it was answered.",
}
