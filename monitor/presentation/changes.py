"""Wording of changes: what was, what is, and what to quote instead.

A change is told against what the subscriber was sent, not against the revision before: everything in between is one change.
The subscriber may have been sent a question, a holding answer, an answer, or a withdrawal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.model.records import WESTMINSTER, Event, Kind, State
from monitor.parliament.promises.letters import letter_came, letter_promised_on
from monitor.presentation.citation import cite, name_of
from monitor.presentation.coming import called_off
from monitor.presentation.differences import Difference, differences
from monitor.presentation.file_changes import FileChanges, file_changes
from monitor.presentation.wording import (
    body_name,
    count_of,
    house_name,
    kind_name,
    listed,
    long_day,
    member_name,
    official_url,
    one_line,
    week_day,
)

if TYPE_CHECKING:
    from monitor.model.digests import Item
    from monitor.model.records import Proceeding

MOST_FIGURES: Final = 20
"""Figures that changed in one answer and are listed."""

_WORDS_OF_CELL: Final = 4
"""Words that a cell of a changed table counts for: a mail has room for twenty rows of four, which are shown twice."""

_WHY_WITHDRAWN = "It is off the order paper: withdrawn, transferred, or left for a written answer."
_EDITED = "Its text has changed since; the source does not call it a correction."
_CHANGED_BACK = "It was changed for a time. Its words are now those that you were sent."


@dataclass(frozen=True, slots=True, kw_only=True)
class SameChange:
    """Another answer that was changed in the same way. `notes`: how it differs, in brackets. `url`: its page, or ""."""

    name: str
    notes: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change in words; `label` names it.

    `is_answer`: the item is to be shown as an answer, whole, with the words marked that `difference` has of it, so that only
    what was is to be told besides. `is_brief`: no more than this is to be said of it.
    `instead` is the reference to quote now, "" where nothing was quoted or nothing is left to quote. `same_said` leads to
    the answers of `same`.
    """

    label: str
    sentence: str
    is_answer: bool = False
    is_brief: bool = False
    difference: Difference | None = None
    figures: str = ""
    instead: str = ""
    same_said: str = ""
    same: tuple[SameChange, ...] = ()

    @property
    def more(self) -> str:
        """Sentence about what changed besides and did not fit; "" where all of it is told."""
        if self.difference is None:
            return ""
        count = self.difference.was.left_out if self.is_answer else self.difference.left_out
        what = "sentence or row of a table" if count == 1 else "sentences or rows of tables"
        return (
            f"{count:,} more {what} changed: `pqwatch show` with `--revision` has each version whole." if count else ""
        )


def change_of(item: Item) -> Change | None:
    """Put into words what happened to what was told; None for what is simply new."""
    now = item.revision.proceeding
    if now.occasion is not None:
        return _of_notice(item, item.before.proceeding, now) if item.before else None
    if now.state is State.WITHDRAWN:
        return _withdrawn(item, now)
    if now.state is State.LAPSED:
        return _lapsed(item, now)
    if item.before is None:
        return _first_answer(item, now)
    if now.kind is not Kind.QUESTION:
        return _of_text(item, item.before.proceeding, now)
    return _since(item, item.before.proceeding, now)


def _since(item: Item, before: Proceeding, now: Proceeding) -> Change | None:
    """Describe what happened to a record since the subscriber was told of it. It is not withdrawn or lapsed now."""
    if _has_answer(before) and not now.answer:
        return _vanished(item, before, now)
    if now.answered_on is None:
        return _of_question(item, before, now)
    if now.state is State.HOLDING:
        return _held(item, before, now)
    if not _has_answer(before) or before.is_holding:
        return _now_answered(item, before, now)
    return _of_answer(item, before, now)


def _words(proceeding: Proceeding) -> str:
    """Return the words of the minister or the speaker."""
    return (proceeding.answer if proceeding.kind is Kind.QUESTION else proceeding.text) or ""


def _what(proceeding: Proceeding) -> str:
    return "question" if proceeding.kind is Kind.QUESTION else kind_name(proceeding.kind)


def _has_answer(before: Proceeding) -> bool:
    """Return whether the subscriber was sent an answer. Parliament removes the texts of withdrawn records."""
    return bool(before.answered_on and before.answer)


def _was_in(item: Item) -> str:
    """Say in which digest it stood, with a space before; "" where none is known."""
    return f" It was in your digest of {long_day(item.told_on)}." if item.told_on else ""


def _in_digest(item: Item) -> str:
    return f", in your digest of {long_day(item.told_on)}" if item.told_on else ""


def _as_sent(item: Item) -> str:
    return f", as your digest of {long_day(item.told_on)} said" if item.told_on else ""


# -- what is coming ----------------------------------------------------------------------------------------------------


def _of_notice(item: Item, before: Proceeding, now: Proceeding) -> Change | None:
    """Describe what became of something coming that the subscriber was told of: called off, back, on another day."""
    was = f"Its day was {week_day(before.takes_place_on)}{_as_sent(item)}" if before.takes_place_on else "It had no day"
    if label := called_off(now):
        how = _WHY_WITHDRAWN if label == "Withdrawn" else f"It is {label.lower()}."
        return Change(label=label, sentence=f"{how} {was}.", is_brief=True)
    is_moved = before.takes_place_on != now.takes_place_on
    now_on = f"It is now {week_day(now.takes_place_on)}." if now.takes_place_on else "It has no day any more."
    moved = f"{was}. {now_on}" if is_moved else ""
    if before.state is State.WITHDRAWN:
        back = f"It had been called off{'' if is_moved else _as_sent(item)}, and is set down again."
        return Change(label="Back", sentence=f"{back} {moved}".strip(), is_brief=True)
    return Change(label="Moved", sentence=moved, is_brief=True) if is_moved else None


# -- taken back -------------------------------------------------------------------------------------------------------


def _withdrawn(item: Item, now: Proceeding) -> Change:
    how = "withdrawn" if now.is_withdrawn else "no longer published: its page is gone"
    label = "Withdrawn" if now.is_withdrawn else "No longer published"
    return Change(label=label, sentence=f"This {_what(now)} is {how}.{_was_in(item)}")


def _lapsed(item: Item, now: Proceeding) -> Change:
    held = now.is_holding and now.answered_on
    but = f" but with the holding answer of {long_day(now.answered_on)}" if held and now.answered_on else ""
    sentence = f"Not answered{but} before the session ended, by prorogation or dissolution. It will not be answered."
    return Change(label="Lapsed", sentence=f"{sentence} A member may ask it again.{_was_in(item)}")


def _vanished(item: Item, before: Proceeding, now: Proceeding) -> Change:
    """Describe an answer whose words are gone."""
    what = "holding answer" if before.is_holding else "answer"
    day = f" of {long_day(before.answered_on)}" if before.answered_on else ""
    stands = "" if now.answered_on else " The question stands as not answered."
    return Change(
        label=f"{what.capitalize()} gone",
        sentence=f"The {what}{day} is no longer there.{stands}{_was_in(item)}",
        is_brief=True,
        difference=_compared(before.answer or "", ""),
    )


# -- answers to what had none -----------------------------------------------------------------------------------------


def _first_answer(item: Item, now: Proceeding) -> Change | None:
    """Tell a correction of an answer that the reader never had as an answer, with the words that it corrects."""
    if now.state is not State.CORRECTED:
        return None
    return _as_answer(item, now, "Corrected", [_both_days(now)])


def _now_answered(item: Item, before: Proceeding, now: Proceeding) -> Change | None:
    """Describe an answer to a question that the subscriber was told without one."""
    sentences = [*_came_back(item, before), *_moved(item, before, now)]
    if before.state is State.LAPSED:
        sentences.append(f"It had lapsed when the session ended{_as_sent(item)}; this answer came all the same.")
    if before.is_holding:
        is_known = item.told_on and before.state is State.HOLDING
        had = f" Your digest of {long_day(item.told_on)} had the holding answer." if is_known and item.told_on else ""
        sentences.append(f"The answer after a holding answer.{had}")
    if item.before and before.state is State.TABLED and Event.EDITED in item.before.events:
        sentences.append("An answer that had gone is back.")
    label = "Now answered" if before.answered_on else ""
    if now.state is State.CORRECTED:
        sentences.append(_both_days(now))
        label = "Answered, corrected" if label else "Corrected"
    if not sentences:
        return None
    return _as_answer(item, now, label, sentences)


def _as_answer(item: Item, now: Proceeding, label: str, sentences: list[str]) -> Change:
    """Tell an answer whole; where it was corrected before it was told, with the words that it corrects."""
    first = now.original_answer or (_words(item.earlier.proceeding) if item.earlier else "")
    change = _compared(first, _words(now)) if first and now.state is State.CORRECTED else None
    shown = change if change and not change.is_none else None
    return Change(label=label, sentence=" ".join(sentences), is_answer=True, difference=shown, figures=_figures(shown))


def _both_days(now: Proceeding) -> str:
    """Name the day of the first version and that of its correction."""
    is_question = now.kind is Kind.QUESTION
    first_on = now.answered_on if is_question else now.made_on
    corrected = _who_corrected(now)
    if not first_on:
        return corrected
    return f"First {'answered' if is_question else 'published'} on {long_day(first_on)}. {corrected}"


def _who_corrected(now: Proceeding, again: str = "") -> str:
    day = f" on {long_day(now.corrected_on)}" if now.corrected_on else ""
    by = f" by {member_name(now.corrected_by)}" if now.corrected_by else ""
    return f"Corrected{again}{day}{by}."


def _held(item: Item, before: Proceeding, now: Proceeding) -> Change | None:
    """Describe a holding answer: the first, a later one, or one in place of an answer."""
    sentences = [*_came_back(item, before), *_moved(item, before, now)]
    if not _has_answer(before):
        return _as_answer(item, now, "", sentences) if sentences else None
    change = _compared(before.answer or "", now.answer or "")
    figures = _figures(change)
    day = f" of {long_day(before.answered_on)}" if before.answered_on else ""
    if not before.is_holding:
        label, figures = "Answer taken back", ""
        sentences.append(f"The answer{day} was replaced by a holding answer.{_was_in(item)}")
    elif Event.HOLDING in item.events:
        label = "Still no answer"
        sentences.append(f"Another holding answer. The one before was{day or ' known'}{_in_digest(item)}.")
    else:
        label = "Back" if Event.REAPPEARED in item.events and change.is_none else "Changed"
        sentences += [] if change.is_none else [f"The words of the holding answer{day} were changed."]
    sentences += _other(item, before, now)
    return Change(
        label=label,
        sentence=" ".join(sentences or ["The question's record was changed."]),
        is_brief=True,
        difference=None if change.is_none else change,
        figures=figures,
    )


# -- changes of what the reader had -----------------------------------------------------------------------------------


def _of_question(item: Item, before: Proceeding, now: Proceeding) -> Change:
    """Describe the change of a question without an answer in one line."""
    sentences = [*_came_back(item, before), *_moved(item, before, now), *_other(item, before, now)]
    labels = (
        ("Transferred", bool(_moved(item, before, now))),
        ("Reworded", Event.REWORDED in item.events),
        ("Back", Event.REAPPEARED in item.events),
    )
    reworded = _compared(before.question or "", now.question or "") if before.question else None
    is_shown = reworded and not reworded.is_none and Event.REWORDED in item.events
    return Change(
        label=next((label for label, holds in labels if holds), "Changed"),
        sentence=" ".join(sentences) or "The question's record was changed.",
        difference=reworded if is_shown else None,
        is_brief=True,
    )


def _of_answer(item: Item, before: Proceeding, now: Proceeding) -> Change:
    """Describe a change of an answer that the subscriber was sent."""
    change = _compared(before.answer or "", now.answer or "")
    is_corrected = now.state is State.CORRECTED and Event.CORRECTED in item.events
    sentences = [*_came_back(item, before), *_what_they_had(item, before)]
    if is_corrected:
        sentences.append(_who_corrected(now, " again" if before.state is State.CORRECTED else ""))
    elif before.state is State.CORRECTED and now.state is State.ANSWERED:
        sentences.append("The correction was taken back.")
    elif not change.is_none:
        sentences.append(_answered_again(before, now) or _EDITED)
    letter = _letter(before, now)
    files = FileChanges() if letter else file_changes(before, now)
    other = [*_moved(item, before, now), *_other(item, before, now)]
    if change.is_none and not (letter or files.label):
        sentences.append(_CHANGED_BACK if Event.EDITED in item.events else "The words of the answer are unchanged.")
    if is_corrected:
        label = "Corrected"
    elif letter:
        label = "Letter"
    elif change.is_none and files.label:
        label = files.label
    else:
        label = "Back" if change.is_none and Event.REAPPEARED in item.events else "Changed"
    return Change(
        label=label,
        sentence=" ".join([*sentences, *letter, *_files_of_answer(item, files, is_same=change.is_none), *other]),
        is_brief=change.is_none and not is_corrected,
        difference=None if change.is_none else change,
        figures=_figures(change),
        instead="" if change.is_none else cite(now),
        same_said=_same_said(item, "correction" if is_corrected else "change"),
        same=tuple(_same(other, now) for other in item.same_as),
    )


def _of_text(item: Item, before: Proceeding, now: Proceeding) -> Change:
    """Describe a change of a statement, speech or notice that the subscriber was sent."""
    change = _compared(_words(before), _words(now))
    is_corrected = now.state is State.CORRECTED and Event.CORRECTED in item.events
    day = f" of {long_day(before.made_on)}" if before.made_on else ""
    sentences = [*_came_back(item, before), f"You had the {_what(now)}{day}{_in_digest(item)}."]
    if is_corrected:
        sentences.append(_who_corrected(now, " again" if before.state is State.CORRECTED else ""))
    elif not change.is_none:
        sentences.append(_EDITED)
    if files := file_changes(before, now).clauses:
        sentences.append(f"With it: {files}.")
    elif change.is_none and not is_corrected:
        sentences.append("Its words are unchanged.")
    is_back = change.is_none and Event.REAPPEARED in item.events
    return Change(
        label="Corrected" if is_corrected else "Back" if is_back else "Changed",
        sentence=" ".join(sentences),
        is_brief=change.is_none and not is_corrected,
        difference=None if change.is_none else change,
        figures=_figures(change),
        instead="" if change.is_none else cite(now),
    )


def _what_they_had(item: Item, before: Proceeding) -> list[str]:
    """Name the version that the reader had, and where."""
    if before.state is State.WITHDRAWN:
        return []
    if before.state is State.CORRECTED and before.corrected_on:
        return [f"You had it as corrected on {long_day(before.corrected_on)}{_in_digest(item)}."]
    first = f"First answer {long_day(before.answered_on)}" if before.answered_on else "First answered before"
    if item.before and Event.EDITED in item.before.events:
        return [f"{first}; you had it as changed since{_in_digest(item)}."]
    return [f"{first}{_in_digest(item)}."]


def _answered_again(before: Proceeding, now: Proceeding) -> str:
    """Say that an answer of a devolved legislature has a later day now; "" for any other. These mark no holding answers."""
    if now.house in WESTMINSTER or not (
        before.answered_on and now.answered_on and before.answered_on < now.answered_on
    ):
        return ""
    unmarked = (
        f"the first answer may have been a holding answer, which the {house_name(now.house)} does not mark as such"
    )
    return f"It was answered again on {long_day(now.answered_on)}; {unmarked}."


def _letter(before: Proceeding, now: Proceeding) -> list[str]:
    """Say that a letter which the answer promised has come."""
    how, promised_on = letter_came(before, now), letter_promised_on(before)
    if not how:
        return []
    day = f" on {long_day(promised_on)}" if promised_on else ""
    if how == "answer":
        return [f"A letter was promised{day}; the answer has now replaced it."]
    names = listed([one_line(file.title) for file in now.attachments])
    return [f"The letter promised{day} is there{f': {names}, not read by pqwatch' if names else ''}."]


def _files_of_answer(item: Item, files: FileChanges, *, is_same: bool) -> list[str]:
    """Say which files came with an answer that the reader had, were replaced or went."""
    if not files.clauses:
        return []
    return [f"{'Its text is unchanged' if is_same and Event.ATTACHED in item.events else 'With it'}: {files.clauses}."]


def _compared(before: str, after: str) -> Difference:
    """Compare two texts as a mail shows it."""
    return differences(before, after, words_of_cell=_WORDS_OF_CELL)


# -- sentences that fit anywhere --------------------------------------------------------------------------------------


def _came_back(item: Item, before: Proceeding) -> list[str]:
    """Say that it was taken back for a time, whether or not the reader was told so."""
    if before.state is State.WITHDRAWN:
        how = "withdrawn" if before.is_withdrawn else "no longer published"
        return [f"It was {how}{_as_sent(item)}, and is published again."]
    if {Event.WITHDRAWN, Event.REAPPEARED} <= set(item.events):
        return ["It was taken back for a time and is published again."]
    return [f"The {_what(item.revision.proceeding)} is published again."] if Event.REAPPEARED in item.events else []


def _moved(item: Item, before: Proceeding, now: Proceeding) -> list[str]:
    """Say that another body answers than the one that the reader was told of."""
    if Event.TRANSFERRED not in item.events or one_line(before.body) == one_line(now.body):
        return []
    return [f"Transferred from {body_name(before.body)} to {body_name(now.body)}."]


def _other(item: Item, before: Proceeding, now: Proceeding) -> list[str]:
    """Say what else happened to a question that the reader follows."""
    sentences = []
    if Event.REWORDED in item.events and before.state is not State.WITHDRAWN:
        sentences.append("The question's words were changed.")
    if Event.ATTACHED in item.events and not _has_answer(now):
        files = file_changes(before, now).clauses
        sentences.append(f"The question's record was changed{f': {files}' if files else ''}.")
    return sentences


def _figures(change: Difference | None) -> str:
    """Return the figures that changed."""
    changes = []
    for was, now in change.figures if change else ():
        if was and now:
            changes.append(f"{was} became {now}")
        elif was or now:
            changes.append(f"{was} is gone" if was else f"{now} is new")
    told = list(dict.fromkeys(changes))
    more = [f"and {len(told) - MOST_FIGURES:,} more"] if len(told) > MOST_FIGURES else []
    return "; ".join([*told[:MOST_FIGURES], *more])


def _same_said(item: Item, noun: str) -> str:
    more = count_of(len(item.same_as), "more answer")
    return f"The same {noun} was made in {more}:" if item.same_as else ""


def _same(other: Proceeding, now: Proceeding) -> SameChange:
    return SameChange(name=name_of(other), notes=_in_brackets(other, now), url=official_url(other))


def _in_brackets(other: Proceeding, now: Proceeding) -> str:
    """Return the heading and days of another answer where they differ from those of the first."""
    heading = one_line(other.heading)
    notes = [heading] if heading.casefold() != one_line(now.heading).casefold() and heading else []
    notes += [f"answered {long_day(other.answered_on)}"] if other.answered_on else []
    if other.corrected_on and other.corrected_on != now.corrected_on:
        notes.append(f"corrected {long_day(other.corrected_on)}")
    return f" ({', '.join(notes)})" if notes else ""
