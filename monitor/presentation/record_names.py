"""Names of records, and of those who asked, answered or made them, in words for a line."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from monitor.model.records import House, Kind, State
from monitor.parliament.identifiers import COMMITTEE, GRAND_COMMITTEE, WESTMINSTER_HALL
from monitor.presentation.citation import is_only_spoken, name_of
from monitor.presentation.coming import actor_of, occasion_in_short, occasion_name, set_down
from monitor.presentation.excerpt import question_start
from monitor.presentation.wording import (
    body_name,
    count_of,
    host_of,
    house_name,
    kind_name,
    member_details,
    member_details_as_printed,
    member_name,
    name_in_sentence,
    office_of,
    one_line,
    printed_name,
    short_day,
    shorten,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from monitor.model.records import Member, Proceeding

LONGEST_LINE = 80
"""Letters of a question that stand for its heading."""
ONLY_SPOKEN = "What was said there is only in the Official Report."
_SERIES = {WESTMINSTER_HALL: "Westminster Hall", GRAND_COMMITTEE: "Grand Committee"}
_UNTITLED = {Kind.STATEMENT: "Written statement", Kind.SPEECH: "Speech", Kind.NOTICE: "Notice"}


def heading_of(proceeding: Proceeding, width: int = LONGEST_LINE) -> str:
    """Return the heading, or the kind, number and first letters of the question; both where questions share a heading.

    A list names the occasion of an oral question beside it, so there the question is enough.
    """
    asked = line_of_question(proceeding, width)
    if heading := one_line(proceeding.heading):
        return f"{heading}: {asked}" if asked and _is_not_reached(proceeding) else heading
    number = _named_by_number(proceeding)
    if asked and proceeding.occasion is not None:
        return asked.rstrip(".")
    return f"{number}: {asked}" if asked else number


def _is_not_reached(proceeding: Proceeding) -> bool:
    """Return whether a meeting of the Senedd did not reach a question: it has no number, and its minister's heading."""
    return proceeding.house is House.SENEDD and not proceeding.uin


def title_of(proceeding: Proceeding) -> str:
    """Return the heading, or the kind and number, for a place with the question beneath."""
    return one_line(proceeding.heading) or _named_by_number(proceeding)


def _named_by_number(proceeding: Proceeding) -> str:
    """Name a record without a heading: "Question 24548", "Oral question 900123"."""
    what = occasion_name(proceeding).capitalize() or _UNTITLED.get(proceeding.kind, "Question")
    return f"{what} {one_line(proceeding.uin) or one_line(proceeding.id)}"


def line_of_question(proceeding: Proceeding, width: int) -> str:
    """Return the beginning of a question after "To ask the Secretary of State for X,", on one line; "" for no question."""
    text = proceeding.question or ""
    return shorten(one_line(text[question_start(text) :]), width)


def line_of(now: Proceeding) -> str:
    """Name a record and who made it: "UIN 4004, asked by Ada Example (Lab, Mid Sample)."."""
    if now.occasion is not None:
        return f"{actor_of(now)}{set_down(now)}."
    verb = "asked by " if now.kind is Kind.QUESTION else "by "
    author = _publisher(now) if now.kind is Kind.NOTICE else asker_of(now)
    return f"{', '.join(part for part in (name_of(now), f'{verb}{author}') if part)}."


def counted(records: Iterable[Proceeding]) -> list[str]:
    """Count records by kind, with oral questions whose words are not here apart: "2 answers", "8 oral questions"."""
    numbers = Counter((record.kind, is_only_spoken(record)) for record in records)
    return [
        count_of(number, "oral question") if is_spoken else f"{number:,} {kind_name(kind, number)}"
        for kind in Kind
        for is_spoken in (False, True)
        if (number := numbers[kind, is_spoken])
    ]


def kind_of(now: Proceeding) -> str:
    """Return what a record is where that is no answer to read, with the day of what is coming."""
    if now.occasion is not None:
        return occasion_in_short(now)
    if is_only_spoken(now):
        return "oral question"
    return "" if now.kind is Kind.QUESTION else kind_name(now.kind)


def is_of_feed(proceeding: Proceeding) -> bool:
    """Return whether a record is an entry of a feed."""
    return proceeding.kind is Kind.NOTICE and proceeding.occasion is None


def asker_of(proceeding: Proceeding) -> str:
    """Return the asker with party and constituency."""
    return f"{member_name(_author(proceeding))}{member_details(_author(proceeding))}"


def author_name(now: Proceeding) -> str:
    """Return the name of the person or body that the record is by."""
    if now.occasion is not None:
        return actor_of(now)
    return _publisher(now) if now.kind is Kind.NOTICE else member_name(_author(now))


def _author(now: Proceeding) -> Member | None:
    return now.asked_by if now.kind is Kind.QUESTION else now.made_by


def authored(now: Proceeding) -> str:
    """Return the words after the author's name."""
    if now.occasion is not None:
        return set_down(now)
    house = "" if now.house is House.COMMONS else f" in the {house_name(now.house)}"
    if now.kind is not Kind.QUESTION:
        day = f" on {short_day(now.day)}" if now.day else ""
        return f"{member_details_as_printed(now.made_by)}{office_of(now.made_by)} {_made(now, house)}{day}"
    asked = body_name(now.body)
    interest = ", declaring an interest" if now.has_interest else ""
    return f"{member_details_as_printed(now.asked_by)} asked {asked}{house}{interest}"


def _made(now: Proceeding, house: str) -> str:
    """Return the verb for the person who made the record."""
    if now.kind is Kind.STATEMENT:
        return f"made a written statement{house}"
    if now.kind is Kind.NOTICE:
        return "published this"
    if now.series == COMMITTEE:
        return f"said in committee{f' on the {one_line(now.body)}' if now.body else ''}"
    where = _SERIES.get(now.series or "")
    return f"said in {where}" if where else f"said in the {house_name(now.house)}"


def _publisher(now: Proceeding) -> str:
    """Return the publisher of a notice: the feed's name, otherwise its host."""
    return one_line(now.body) or host_of(now.url).removeprefix("www.")


def answerer(now: Proceeding) -> str:
    """Return the name of the minister who answered; "" for no answer. Who answered an oral question may not be known."""
    if now.kind is not Kind.QUESTION or not now.answered_on:
        return ""
    if is_only_spoken(now):
        return "Oral question"
    name = name_in_sentence(now.answered_by, "A minister")
    return name[:1].upper() + name[1:]


def answered(now: Proceeding, due_on: date | None) -> str:
    """Say when a question was answered, and whether in time."""
    on = now.answered_on
    if now.kind is not Kind.QUESTION or on is None:
        return ""
    if is_only_spoken(now):
        tabled = f" Tabled {short_day(now.tabled_on, on)}." if now.tabled_on else ""
        return f" for the meeting of {short_day(on)}.{tabled} {ONLY_SPOKEN}"
    is_held = now.state is State.HOLDING
    verb = "gave a holding answer" if is_held else "answered"
    printed = printed_name(now.answered_by)
    who = (f' (printed "{printed}")' if printed else "") + office_of(now.answered_by)
    timing = _timing((on - due_on).days) if due_on and not is_held else ""
    note = ", ".join(part for part in ("named day" if now.named_day else "", timing) if part)
    held_on = None if is_held or now.holding_on == on else now.holding_on
    days = (("tabled", now.tabled_on), ("due", due_on), ("holding answer", held_on))
    known = ", ".join(f"{event} {short_day(day, on)}" for event, day in days if day)
    tail = f"{note} ({known})" if note and known else note or known
    return f"{who} {verb} on {short_day(on)}." + (f" {tail[:1].upper()}{tail[1:]}." if tail else "")


def _timing(days_late: int) -> str:
    if days_late <= 0:
        return "on time"
    return "1 day late" if days_late == 1 else f"{days_late} days late"
