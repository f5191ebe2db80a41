"""How a change reads: what was, what is, and what to quote instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.digest.difference import Difference, differences
from monitor.digest.wording import body_name, cite, count_of, listed, long_day, member_name, one_line
from monitor.model import Event, State

if TYPE_CHECKING:
    from datetime import date

    from monitor.model import Item, Proceeding


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change in words; `label` names it.

    `is_answer`: the item is to be shown as an answer, whole. `is_brief`: no more than this is to be said of it.
    `instead` is the reference to quote now, "" where nothing was quoted or nothing is left to quote.
    """

    label: str
    sentence: str
    is_answer: bool = False
    is_brief: bool = False
    difference: Difference | None = None
    figures: str = ""
    instead: str = ""
    same: str = ""


def change_of(item: Item) -> Change | None:
    """Put into words what happened to what was told; None for what is simply new."""
    now = item.revision.proceeding
    if now.state is State.WITHDRAWN:
        return _withdrawn(item, now)
    if now.state is State.LAPSED:
        return Change(label="Lapsed", sentence="Not answered before the session ended. It will not be answered.")
    if item.before is None:
        return _corrected_before_told(now)
    before = item.before.proceeding
    if before.state is State.HOLDING and now.answered_on and now.state is not State.HOLDING:
        told = f" Your digest of {long_day(item.told_on)} had the holding answer." if item.told_on else ""
        corrected = f" {_who_corrected(now)}" if now.state is State.CORRECTED else ""
        return Change(
            label="Now answered", sentence=f"The answer after a holding answer.{told}{corrected}", is_answer=True
        )
    if before.answered_on is None:
        return _corrected_before_told(now) if now.answered_on else _of_question(item, before, now)
    return _of_answer(item, before, now)


def _withdrawn(item: Item, now: Proceeding) -> Change:
    how = "withdrawn" if now.is_withdrawn else "no longer published: its page is gone"
    told = f" It was in your digest of {long_day(item.told_on)}." if item.told_on else ""
    label = "Withdrawn" if now.is_withdrawn else "No longer published"
    return Change(label=label, sentence=f"This question is {how}.{told}")


def _corrected_before_told(now: Proceeding) -> Change | None:
    """A correction of an answer that the reader never had: told as an answer, with what it corrects."""
    if now.state is not State.CORRECTED:
        return None
    first = f" The first answer was of {long_day(now.answered_on)}." if now.answered_on else ""
    sentence = f"{_who_corrected(now)}{first}"
    change = differences(now.original_answer, now.answer or "") if now.original_answer else None
    shown = change if change and not change.is_none else None
    return Change(label="", sentence=sentence, is_answer=True, difference=shown, figures=_figures(shown))


def _who_corrected(now: Proceeding) -> str:
    day = f" on {long_day(now.corrected_on)}" if now.corrected_on else ""
    by = f" by {member_name(now.corrected_by)}" if now.corrected_by else ""
    return f"Corrected{day}{by}."


def _of_question(item: Item, before: Proceeding, now: Proceeding) -> Change:
    """A change of a question that has no answer yet: told in one line."""
    if Event.TRANSFERRED in item.events:
        sentence = f"Transferred from {body_name(before.body)} to {body_name(now.body)}."
        return Change(label="Transferred", sentence=sentence, is_brief=True)
    if Event.REWORDED in item.events:
        change = differences(before.question or "", now.question or "")
        return Change(label="Reworded", sentence="The question's words were changed.", difference=change, is_brief=True)
    if Event.REAPPEARED in item.events:
        return Change(label="Back", sentence="The question is published again.", is_brief=True)
    return Change(label="Changed", sentence=f"The question's record was changed{_files(before, now)}.", is_brief=True)


def _files(before: Proceeding, now: Proceeding) -> str:
    """Name the files that were not there before."""
    new = [one_line(file.title) for file in now.attachments if file not in before.attachments]
    return f": {count_of(len(new), 'file')} attached ({listed(new)}), not read by pqwatch" if new else ""


def _of_answer(item: Item, before: Proceeding, now: Proceeding) -> Change:
    """An answer that the reader had and that is not what it was."""
    change = differences(before.answer or "", now.answer or "")
    first = f"First answer {long_day(before.answered_on)}" if before.answered_on else "First answered before"
    told = f", in your digest of {long_day(item.told_on)}" if item.told_on else ""
    said, label = f"{first}{told}.", "Changed"
    if now.state is State.CORRECTED:
        label, said = "Corrected", f"{said} {_who_corrected(now)}"
    elif not change.is_none:
        said = f"{said} Its text is now another; the source does not call it a correction."
    elif Event.ATTACHED in item.events:
        label, said = "File attached", f"{said} Its text is unchanged{_files(before, now)}."
    if change.is_none and Event.ATTACHED not in item.events:
        said = f"{said} No word of the answer differs."
    return Change(
        label=label,
        sentence=said,
        is_brief=change.is_none and now.state is not State.CORRECTED,
        difference=None if change.is_none else change,
        figures=_figures(change),
        instead="" if change.is_none else cite(now),
        same=_same(item.same_as),
    )


def _figures(change: Difference | None) -> str:
    """The figures that changed, apart from the other words."""
    said = []
    for was, now in change.figures if change else ():
        if was and now:
            said.append(f"{was} became {now}")
        elif was or now:
            said.append(f"{was} is gone" if was else f"{now} is new")
    return "; ".join(dict.fromkeys(said))


def _same(others: tuple[Proceeding, ...]) -> str:
    """Name the answers that were changed in the same way."""
    named = [f"UIN {one_line(p.uin) or p.id}{_of_day(p.answered_on)}" for p in others]
    more = count_of(len(named), "more answer")
    return f"The same correction was made in {more}: {listed(named)}." if named else ""


def _of_day(day: date | None) -> str:
    return f" (answered {long_day(day)})" if day else ""
