"""Sentences of a letter around its quotations: who asked and when, who answered, and when a promise is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.model.promises import PromiseKind
from monitor.model.records import Kind, State
from monitor.presentation.citation import cite, manner_of, name_of, title_of
from monitor.presentation.wording import (
    body_name,
    count_of,
    host_of,
    house_name,
    long_day,
    member_name,
    name_in_sentence,
    one_line,
)
from monitor.research.letters.address import address_lines, plain_name
from monitor.research.quotations.speakers import words_of_name

if TYPE_CHECKING:
    from datetime import date

    from monitor.model.promises import FoundPromise
    from monitor.model.records import Member, Proceeding

_NOUNS = {Kind.QUESTION: "answer", Kind.STATEMENT: "statement", Kind.SPEECH: "speech", Kind.NOTICE: "notice"}


def first_lead(record: Proceeding, part: str, to: str) -> str:
    """Introduce the first passage of a record. `to`: the name or office that the letter is to."""
    if record.kind is Kind.QUESTION:
        if part in ("question", "heading") or not record.answer:
            return _asked(record)
        return f"{_question(record)} {_answered(record, to)}"
    day = f"On {long_day(record.day)} " if record.day else ""
    who = _who(record.made_by, to)
    titled = f"({_title(record)})"
    if record.kind is Kind.STATEMENT:
        verb = f"made a written statement {titled}, which says:"
        return _capital(f"{day}{who} {verb}" if who else f"{day}{body_name(record.body)} {verb}")
    if record.kind is Kind.SPEECH:
        place = f"in the {house_name(record.house)} {titled}:"
        return _capital(f"{day}{who} said {place}" if who else f"{day}this was said {place}")
    publisher = one_line(record.body) or (host_of(record.url) if record.url else "")
    return _capital(f"{day}{publisher} published {titled}:" if publisher else f"{day}this was published {titled}:")


def next_lead(record: Proceeding, part: str) -> str:
    """Introduce a further passage of a record."""
    if part == "question":
        return f"The question{f' of {long_day(record.tabled_on)}' if record.tabled_on else ''} also says:"
    return f"The {_dated(record)} also says:"


def same_lead(record: Proceeding, part: str, first: Proceeding, to: str) -> str:
    """Refer to a record of which a part has the same words as one that is quoted already."""
    if part == "answer":
        return f"{_question(record)} {_answered(record, to)} the words that are quoted above from {cite(first)}."
    name = name_of(record) or title_of(record)
    return f"The same words are quoted above from {cite(first)}; they stand in {name} too."


def promise_lead(record: Proceeding) -> str:
    """Introduce the promises in a passage that says more than these."""
    return f"In the {_dated(record)} this was promised:"


def _dated(record: Proceeding) -> str:
    """Name the answer, or what else a record is, with its day, and that of its correction."""
    noun, day = _NOUNS[record.kind], record.answered_on or record.made_on or record.day
    corrected = f", as corrected on {long_day(record.corrected_on)}," if record.corrected_on else ""
    return f"{noun}{f' of {long_day(day)}' if day else ''}{corrected}"


def promise_days(promise: FoundPromise, made_on: date | None, today: date) -> str:
    """Say when a promise is due, or how old it is, behind "promised": "for the time from 1 March 2025 to 31 May 2025"."""
    first, last = promise.due_from, promise.due_to
    if promise.kind is not PromiseKind.DATED or not (first or last):
        age = f", {count_of((today - made_on).days, 'day')} ago" if made_on and made_on < today else ""
        return f"with no day named{age}"
    if last is None:
        return f"for the time from {long_day(first)} on, with no last day named" if first else "with no day named"
    if first == last:
        said = f"for {long_day(last)}"
    else:
        said = f"for the time from {long_day(first)} to {long_day(last)}" if first else f"by {long_day(last)}"
    return f"{said}{', which has passed' if last < today else ''}"


def is_addressee(member: Member | None, to: str) -> bool:
    """Return whether a letter is to a member: only if the whole name is a line of the address, and no more than that."""
    names = [name for name in (member.name, member.printed) if name] if member else []
    lines = address_lines(to)
    theirs, first = {words_of_name(line) for line in lines}, plain_name(lines[0]).casefold()
    return any(
        name.casefold() == first or (len(words := words_of_name(name)) > 1 and words in theirs) for name in names
    )


def warnings_of(record: Proceeding) -> list[str]:
    """Return what the writer must know of a record before they quote it."""
    name = name_of(record) or title_of(record)
    if record.state is State.WITHDRAWN:
        how = "was withdrawn" if record.is_withdrawn else "is no longer published"
        return [f"{name} {how}: say so, or leave it out."]
    if record.state is State.HOLDING:
        return [f"{name} has a holding answer only: it says that the answer will follow."]
    if record.state is State.LAPSED:
        return [f"{name} lapsed without an answer when the session ended."]
    if record.kind is Kind.QUESTION and not record.answer:
        return [f"{name} has no answer in the archive: the question is quoted."]
    if record.state is State.CORRECTED:
        on = f" on {long_day(record.corrected_on)}" if record.corrected_on else ""
        return [f"{name} was corrected{on}: the corrected answer is quoted."]
    return []


def _question(record: Proceeding) -> str:
    """Say who asked, and when."""
    day = f"On {long_day(record.tabled_on)} " if record.tabled_on else ""
    asker = member_name(record.asked_by, "a member")
    manner = "an oral" if manner_of(record) == "oral" else "a written"
    return _capital(f"{day}{asker} asked {_whom(record)} {manner} question ({_title(record)}).")


def _asked(record: Proceeding) -> str:
    """Introduce a question that is quoted itself."""
    day = f"On {long_day(record.tabled_on)} " if record.tabled_on else ""
    asker = member_name(record.asked_by, "a member")
    ends = {
        State.WITHDRAWN: ", which was withdrawn" if record.is_withdrawn else ", which is no longer published",
        State.LAPSED: ", which lapsed without an answer",
        State.TABLED: ", which we have seen no answer to",
    }
    end = ends.get(record.state, "")
    return _capital(f"{day}{asker} asked {_whom(record)} this {manner_of(record)} question ({_title(record)}){end}:")


def _whom(record: Proceeding) -> str:
    """Name the body that was asked."""
    return body_name(record.body)


def _answered(record: Proceeding, to: str) -> str:
    """Say who answered and when, and what became of the answer."""
    day = f"On {long_day(record.answered_on)} " if record.answered_on else ""
    who = _who(record.answered_by, to)
    if record.state is State.CORRECTED:
        corrected = f"on {long_day(record.corrected_on)} " if record.corrected_on else ""
        first = f"{day}{who} answered, and" if who else "It was answered, and"
        return _capital(f"{first} {corrected}the answer was corrected. As corrected it says:")
    if record.is_holding:
        verb = "gave a holding answer, which only says that the answer will follow:"
        return _capital(f"{day}{who} {verb}" if who else f"{day}the department {verb}")
    taken = ""
    if record.state is State.WITHDRAWN:
        taken = " (withdrawn since)" if record.is_withdrawn else " (no longer published)"
    return _capital(f"{day}{who} answered{taken}:" if who else f"{day}it was answered{taken}:")


def _who(member: Member | None, to: str) -> str:
    """Return "you" for the member whom the letter is to, else the name, or the office; "" if unknown."""
    return "you" if is_addressee(member, to) else name_in_sentence(member, "")


def _title(record: Proceeding) -> str:
    """Return the heading and the number of a record."""
    number = name_of(record) if record.uin else ""
    title = one_line(record.heading).replace("(", "").replace(")", "")
    return ", ".join(filter(None, (title, number))) or name_of(record) or title_of(record)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
