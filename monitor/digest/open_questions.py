"""Wording of questions without an answer: new, late and still waiting.

Questions have no heading for some days, so their text is shown: whole up to 40 words, otherwise 40 words around the match.
This module cleans the texts that come from outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.digest.arrange import is_newly_late
from monitor.model.records import House
from monitor.parliament.calendar import LONDON
from monitor.presentation.citation import name_of
from monitor.presentation.entry import MOST_PAGES, PageLink, main_topic, pages_of
from monitor.presentation.excerpt import marked_in, question_around
from monitor.presentation.match_reasons import found_line
from monitor.presentation.own_lines import follow_line, own_lines
from monitor.presentation.plain_text import inline
from monitor.presentation.question_groups import Asked, together
from monitor.presentation.record_names import asker_of, heading_of
from monitor.presentation.since import since_shown
from monitor.presentation.wording import (
    body_name,
    count_of,
    house_name,
    house_short,
    listed,
    long_day,
    member_name,
    official_url,
    one_line,
    short_body,
    short_day,
    short_days,
    shorten,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from datetime import date

    from monitor.model.digests import Digest, Item, Waiting
    from monitor.model.records import Proceeding
    from monitor.presentation.entry import Due
    from monitor.presentation.excerpt import Excerpt

MOST_WORDINGS: Final = 8
"""Questions of one item whose texts are shown; the others are named."""

LONGEST_LINE: Final = 300
"""Letters of a question in messages that have no room for more."""

_MOST_NAMES: Final = 3

NEWLY_LATE: Final = "Newly late"
DUE_TODAY: Final = "Due today"
STILL_WAITING: Final = "Still waiting"
LETTERS: Final = "Promised letters"
NEW: Final = "New questions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A question's text.

    `label`: "Q", or its number where an item has several texts; `url`: then its page; `asked_as`: the numbers it was asked
    under, where that is more than one.
    """

    label: str
    url: str
    question: Excerpt
    asked_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedEntry:
    """One or several questions without an answer, in words; strings are "" where there is nothing to say.

    `section`: one of those above. `number` is 0 in lists without numbers. `heading` stands for it in lists, `title` over the
    item itself. `aside`: what lists say behind the heading. `when`: the day it is due, or how late it is. `questions`: how
    many there are. `further` names those whose text is not shown, `without_page` those that `pages` leaves out. `record`:
    the id of the first.
    """

    section: str
    number: int
    topic: str
    also: str
    heading: str
    title: str
    url: str
    record: str
    aside: str
    body: str
    names: str
    askers: str
    asked: str
    when: str
    questions: int
    wordings: tuple[Wording, ...]
    further: str
    pages: tuple[PageLink, ...]
    without_page: str
    why: tuple[str, ...]

    @property
    def placed(self) -> str:
        """Body and numbers, for the brackets in a list."""
        return ", ".join(part for part in (self.body, self.names) if part)


def new_questions(digest: Digest, due: Due) -> list[AskedEntry]:
    """Put the new questions of a digest into words, those that are one item together. They have no numbers yet."""
    asked = [
        Asked(
            proceeding=item.revision.proceeding,
            matches=item.matches,
            topics=item.topics,
            own=(*_since(item), *own_lines(item, digest.topics)),
        )
        for item in digest.questions
    ]
    today = digest.as_of.astimezone(LONDON).date() if digest.subscriber.waiting else None
    return [
        _entry(group, NEW, f"{_for_answer(group, due)}{_due_today(group, due, today)}", "", digest.topics)
        for group in together(asked)
    ]


def _since(item: Item) -> list[str]:
    """Say that a new question was withdrawn before the digest."""
    words = since_shown(item).words
    return [f"{words.capitalize()}."] if words else []


def late_questions(digest: Digest) -> list[AskedEntry]:
    """Put the questions that are late, due or waiting into words: newly late, due today, then those told of before."""
    sections: dict[str, dict[Hashable, list[Waiting]]] = {NEWLY_LATE: {}, DUE_TODAY: {}, STILL_WAITING: {}, LETTERS: {}}
    for waiting in digest.waiting:
        key = (waiting.due_on, waiting.days_late, waiting.promised_on, _held_on(waiting))
        sections[section_of(waiting)].setdefault(key, []).append(waiting)
    return [
        _entry(group, section, _how_late(same_day[0]), _late_in_short(same_day[0]), digest.topics)
        for section, by_day in sections.items()
        for same_day in by_day.values()
        for group in together(_asked(waiting) for waiting in same_day)
    ]


def section_of(waiting: Waiting) -> str:
    """Return the section of a question without an answer."""
    if waiting.promised_on:
        return LETTERS
    if is_newly_late(waiting):
        return NEWLY_LATE
    return DUE_TODAY if waiting.days_late == 0 else STILL_WAITING


def _asked(waiting: Waiting) -> Asked:
    own = () if waiting.topics else (follow_line(waiting.proceeding),)
    return Asked(proceeding=waiting.proceeding, matches=waiting.matches, topics=waiting.topics, own=own)


def _entry(group: Sequence[Asked], section: str, when: str, late: str, topics: Mapping[str, str]) -> AskedEntry:
    questions = [asked.proceeding for asked in group]
    first = group[0]
    main = main_topic(first)
    keys = [key for key in topics if any(key in asked.topics for asked in group)] or list(first.topics)
    others = [one_line(topics.get(key, key)) for key in keys if key != main]
    heading = _common_heading(questions)
    names = _names(questions)
    texts = _wordings(group)
    wordings = tuple(_wording(text, questions, is_one=len(texts) == 1) for text in texts[:MOST_WORDINGS])
    return AskedEntry(
        section=section,
        number=0,
        topic=one_line(topics.get(main, main)) or "Followed questions",
        also=f"Also under {listed(others)}." if others else "",
        heading=heading or heading_of(first.proceeding),
        title=f"{heading} ({names})" if heading else names,
        url=official_url(first.proceeding),
        record=first.proceeding.id,
        aside=_aside(questions, section, late),
        body=_bodies_in_short(questions),
        names=names,
        askers=_people([asker_of(question) for question in questions]),
        asked=f" asked {_bodies(questions)}{_house(first.proceeding)}{_interest(questions)}.",
        when=when,
        questions=len(group),
        wordings=wordings,
        further=_each(questions, [asked.proceeding for text in texts[MOST_WORDINGS:] for asked in text]),
        pages=pages_of(questions[:MOST_PAGES]),
        without_page=_each(questions, questions[MOST_PAGES:]),
        why=(*_why(group, wordings, topics), *_own(group)),
    )


# -- the texts --------------------------------------------------------------------------------------------------------


def _wordings(group: Sequence[Asked]) -> list[list[Asked]]:
    """Group the questions of an item by their text; the name of the department does not count."""
    found: dict[tuple[str, ...], list[Asked]] = {}
    for asked in group:
        found.setdefault(asked.wording, []).append(asked)
    return list(found.values())


def _wording(same_text: Sequence[Asked], questions: Sequence[Proceeding], *, is_one: bool) -> Wording:
    first = same_text[0]
    own = PageLink(name=name_of(first.proceeding), url=official_url(first.proceeding))
    return Wording(
        label="Q" if is_one else _number(first.proceeding),
        url="" if is_one else own.url,
        question=question_around(first.proceeding, first.matches),
        asked_as=_each(questions, [asked.proceeding for asked in same_text]) if len(same_text) > 1 else "",
    )


def _each(questions: Sequence[Proceeding], named: Sequence[Proceeding]) -> str:
    """Name some questions of an item, each with what is its own: its body, its asker, its heading."""
    are_several = len({_body_of(question) for question in questions}) > 1
    are_many = len({asker_of(question) for question in questions}) > 1
    heading = _common_heading(questions)
    names = []
    for question in named:
        own = [
            short_body(question.body) if are_several else "",
            member_name(question.asked_by) if are_many else "",
            own_heading(question) if own_heading(question) != heading else "",
        ]
        inside = ", ".join(part for part in own if part)
        names.append(f"{name_of(question)}{f' ({inside})' if inside else ''}")
    return listed(names)


def _why(group: Sequence[Asked], wordings: Sequence[Wording], topics: Mapping[str, str]) -> tuple[str, ...]:
    """Say why the reader gets it, where the words in bold and the headings do not say so."""
    shown = [one_line(asked.proceeding.heading) for asked in group]
    shown += [text for wording in wordings for text in marked_in(wording.question)]
    matches = [match for asked in group for match in asked.matches]
    line = found_line(matches, topics, shown, unnamed=main_topic(group[0]))
    return (line,) if line else ()


def _own(group: Sequence[Asked]) -> tuple[str, ...]:
    """Return the lines that only the reader gets; of several questions, each after the name of its question."""
    if len(group) == 1:
        return group[0].own
    return tuple(f"{name_of(asked.proceeding)}: {line}" for asked in group for line in asked.own)


# -- who asked whom ---------------------------------------------------------------------------------------------------


def own_heading(question: Proceeding) -> str:
    """Return the heading without the name of the body asked: "Equality" for "Home Office: Equality"."""
    heading, body = one_line(question.heading), one_line(question.body)
    bare = heading.removeprefix(f"{body.removeprefix('HM ')}: ").removeprefix(f"{body}: ") if body else heading
    return bare or heading


def _body_of(question: Proceeding) -> str:
    return body_name(question.body)


def _common_heading(questions: Sequence[Proceeding]) -> str:
    """Return the heading of the first question that has one."""
    if len({_body_of(question) for question in questions}) == 1:
        return next((one_line(question.heading) for question in questions if question.heading), "")
    return next((own_heading(question) for question in questions if question.heading), "")


def _number(question: Proceeding) -> str:
    return one_line(question.uin) or one_line(question.id)


def _names(questions: Sequence[Proceeding]) -> str:
    """Name the questions of an item: "UIN 24548, 24549 and 24551", or the first and how many more."""
    names = [name_of(question) for question in questions]
    shown = names[:1] + [name.removeprefix("UIN ") for name in names[1:]]
    if len(shown) > _MOST_NAMES:
        return f"{shown[0]} and {len(shown) - 1} more"
    return listed(shown)


def _people(names: Iterable[str]) -> str:
    people = list(dict.fromkeys(names))
    if len(people) > _MOST_NAMES:
        return f"{', '.join(people[: _MOST_NAMES - 1])} and {len(people) - _MOST_NAMES + 1} more members"
    return listed(people)


def _bodies(questions: Sequence[Proceeding]) -> str:
    bodies = list(dict.fromkeys(_body_of(question) for question in questions))
    return f"{len(bodies)} departments" if len(bodies) > _MOST_NAMES else listed(bodies)


def _bodies_in_short(questions: Sequence[Proceeding]) -> str:
    """Return the short name of the body; "" for several bodies, which are counted instead."""
    bodies = list(dict.fromkeys(short_body(question.body) for question in questions))
    return "" if len(bodies) > 1 else "".join(bodies)


def _house(question: Proceeding) -> str:
    return "" if question.house is House.COMMONS else f" in the {house_name(question.house)}"


def _interest(questions: Sequence[Proceeding]) -> str:
    return ", declaring an interest" if any(question.has_interest for question in questions) else ""


def _aside(questions: Sequence[Proceeding], section: str, late: str) -> str:
    """Return the notes after a heading in a list: House if not the Commons, number of questions and bodies, days late."""
    first, count = questions[0], len(questions)
    bodies = len({_body_of(question) for question in questions})
    kind = "new question" if section == NEW else "question"
    inside = [
        "" if first.house is House.COMMONS else house_short(first.house),
        "new question" if section == NEW and count == 1 else "",
        count_of(count, kind) if count > 1 else "",
        f"asked of {bodies} departments" if bodies > 1 else "",
        late,
    ]
    return f" ({', '.join(part for part in inside if part)})" if any(inside) else ""


# -- when -------------------------------------------------------------------------------------------------------------


def _for_answer(group: Sequence[Asked], due: Due) -> str:
    """Return when questions were tabled and are due: "Tabled 1 Feb 2021, for answer by 3 Feb 2021, due 10 Feb 2021"."""
    questions = [asked.proceeding for asked in group]
    tabled = [question.tabled_on for question in questions if question.tabled_on]
    due_days = [due(question) for question in questions]
    asked_for = [question.date_for_answer or day for question, day in zip(questions, due_days, strict=True)]
    days, known = [day for day in asked_for if day], [day for day in due_days if day]
    has_other_due_days = len(known) == len(due_days) and due_days != asked_for
    is_named = all(question.named_day for question in questions)
    parts = [
        f"tabled {short_days(tabled)}" if tabled else "",
        f"for answer {'on' if is_named else 'by'} {short_days(days)}" if days else "",
        "named day" if is_named and days else "",
        f"due {short_days(known)}" if has_other_due_days else "",
    ]
    words = ", ".join(part for part in parts if part)
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def _due_today(group: Sequence[Asked], due: Due, today: date | None) -> str:
    """Say that new questions are due today: they do not stand among those that are due today besides."""
    count = sum(due(asked.proceeding) == today for asked in group) if today else 0
    if not count:
        return ""
    return " Due today." if count == len(group) else f" {count} of them due today."


def _how_late(waiting: Waiting) -> str:
    if waiting.promised_on:
        return f"A letter was promised on {long_day(waiting.promised_on)}, not seen yet."
    held_on, tabled = _held_on(waiting), waiting.proceeding.tabled_on
    held = f", with a holding answer of {short_day(held_on)}" if held_on else ""
    if waiting.days_late and waiting.due_on:
        return f"{count_of(waiting.days_late, 'day')} late (due {short_day(waiting.due_on)}){held}."
    if waiting.due_on:
        return f"Due {short_day(waiting.due_on)}{held}."
    return f"Waiting{f' since {short_day(tabled)}' if tabled else ''}{held}."


def _held_on(waiting: Waiting) -> date | None:
    """Return the day of the holding answer that a question has in place of an answer."""
    return waiting.proceeding.answered_on if waiting.proceeding.is_holding else None


def _late_in_short(waiting: Waiting) -> str:
    if waiting.days_late:
        return f"{count_of(waiting.days_late, 'day')} late"
    return "due today" if waiting.days_late == 0 else ""


def line_of(entry: AskedEntry) -> str:
    """Return the first text of an item on one line, for short messages."""
    return shorten(inline(entry.wordings[0].question).replace("*", ""), LONGEST_LINE)
