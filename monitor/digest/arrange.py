"""Arrange the items of a digest into its sections. Pure functions of values."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from monitor.model.promises import PromiseNews
from monitor.model.records import Event, House, Kind, State
from monitor.parliament.identifiers import UINS_SINCE
from monitor.parliament.links import resolve_link
from monitor.presentation.differences import BriefCandidates, brief_exceptions, differences
from monitor.presentation.entry import is_about, main_topic
from monitor.presentation.wording import one_line, uin_order
from monitor.text.search_form import search_form
from monitor.text.similarity import NEAR_FROM, likeness, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from monitor.model.digests import Digest, Item, ReadOf, Waiting
    from monitor.model.records import Proceeding
    from monitor.model.watching import Match


MOST_NEARLY = 4
"""Answers that are nearly that of an item and stand beside it: of each of these it is told how it differs."""

TELLING_WORDS = 4
"""An answer of fewer words once stood under any question."""

_CHANGED = "changed"
_CORRECTED = "corrected"
_NEW = "new"
_COMING = "coming"
_QUESTIONS = "questions"


def arrange(digest: Digest, items: Iterable[Item], waiting: Iterable[Waiting]) -> Digest:
    """Put items and reminders into the sections of a digest that has everything else. The order depends on them alone.

    `items`: one for each proceeding, in any order, without `same_as`: this function groups items with the same answer and
    corrections with the same cause. New questions, mentions and waiting questions that the subscriber does not want are left
    out.
    """
    subscriber = digest.subscriber
    order = {key: place for place, key in enumerate(digest.topics)}
    sections: dict[str, list[Item]] = {_CHANGED: [], _CORRECTED: [], _NEW: [], _COMING: [], _QUESTIONS: []}
    for item in sorted(items, key=lambda item: _item_order(item, order)):
        sections[section_of(item)].append(item)
    changed = _folded(sections[_CHANGED], _same_change, order)
    corrected = _folded(sections[_CORRECTED], _same_correction, order)
    new = _nearly_folded(_folded(sections[_NEW], _same_answer, order), order)
    coming = sorted(sections[_COMING], key=lambda item: item.revision.proceeding.takes_place_on or date.max)
    if subscriber.mentions == "off":
        changed = [item for item in changed if is_wanted(item)]
        corrected = [item for item in corrected if is_wanted(item)]
        new = [item for item in new if is_wanted(item)]
        coming = [item for item in coming if is_wanted(item)]
    asked = [item for item in sections[_QUESTIONS] if subscriber.new_questions or item.follows]
    questions, reminders = _each_once(asked, list(waiting) if subscriber.waiting else [])
    return replace(
        digest,
        changed=(*sorted(changed, key=lambda item: (is_new_withdrawal(item), gravity(item))), *corrected),
        new=tuple(new),
        coming=tuple(coming),
        questions=tuple(questions),
        waiting=tuple(sorted(reminders, key=_waiting_order)),
        read=tuple(sorted(digest.read, key=_reading_order)),
    )


def _each_once(questions: Sequence[Item], waiting: Sequence[Waiting]) -> tuple[list[Item], list[Waiting]]:
    """Let a new question that is late stand among the late ones alone, and one that is due today among the new ones."""
    late = {reminder.proceeding.id for reminder in waiting if reminder.days_late}
    new = [item for item in questions if item.revision.proceeding.id not in late]
    ids = {item.revision.proceeding.id for item in new}
    return new, [reminder for reminder in waiting if reminder.proceeding.id not in ids]


def section_of(item: Item) -> str:
    """Name the section that an item belongs to: "changed", "corrected", "new", "coming" or "questions".

    "changed": what the subscriber was told and what has changed since, and withdrawals. "new": also the answer to a
    question that the subscriber was told without one. "corrected": an answer that is corrected before it was ever sent.
    """
    now = item.revision.proceeding
    if now.occasion is not None:
        return _COMING
    state = now.state if now.kind is Kind.QUESTION else None
    if state in (State.WITHDRAWN, State.LAPSED):
        return _CHANGED
    if is_new_correction(item):
        return _CORRECTED
    if item.before is None:
        return _QUESTIONS if state is State.TABLED else _NEW
    if state is State.TABLED:
        return _CHANGED
    had_answer = item.before.proceeding.answered_on is not None or now.kind is not Kind.QUESTION
    return _CHANGED if had_answer or not _is_answered_now(item) else _NEW


def _is_answered_now(item: Item) -> bool:
    return bool({Event.ANSWERED, Event.HOLDING, Event.CORRECTED} & set(item.events))


def is_newly_late(waiting: Waiting) -> bool:
    """Return whether a question is told as late for the first time."""
    return waiting.is_new and bool(waiting.days_late)


def promises_due(digest: Digest) -> int:
    """Count the promises of a digest that are due or overdue."""
    return sum(item.news is not PromiseNews.KEPT for item in digest.promises)


def is_wanted(item: Item) -> bool:
    """Return whether an item is more than a mention: about one of its topics, told before, or followed."""
    return (
        item.before is not None
        or bool(item.follows)
        or not item.matches
        or any(is_about(item, topic) for topic in item.topics)
    )


def gravity(item: Item) -> int:
    """Return how urgent a change is, 0 first: correction, silent edit, withdrawal, the rest."""
    state = item.revision.proceeding.state
    if is_correction(item) or is_new_correction(item):
        return 0
    if state in (State.WITHDRAWN, State.LAPSED):
        return 2 if state is State.WITHDRAWN else 3
    return 1 if Event.EDITED in item.events else 4


def is_correction(item: Item) -> bool:
    """Return whether the change is a correction. A corrected answer may be edited later like any other."""
    return item.revision.proceeding.state is State.CORRECTED and Event.CORRECTED in item.events


def is_new_correction(item: Item) -> bool:
    """Return whether an answer was corrected before the subscriber was sent any version of it or a holding answer."""
    now, before = item.revision.proceeding, item.before
    if now.state is not State.CORRECTED:
        return False
    return before is None or (now.kind is Kind.QUESTION and before.proceeding.answered_on is None)


def is_new_withdrawal(item: Item) -> bool:
    """Return whether a question was withdrawn or lapsed before the subscriber was sent it as a new one."""
    return item.before is None and section_of(item) == _CHANGED


def _item_order(item: Item, order: dict[str, int]) -> tuple[Hashable, ...]:
    """About before mentions, topics in the subscriber's order, holding answers last, the strongest first."""
    now = item.revision.proceeding
    topic = main_topic(item)
    parts = Counter(match.part for match in item.matches if match.topic == topic)
    return (
        not is_wanted(item),
        order.get(topic, len(order)),
        now.state is State.HOLDING,
        -bool(parts["heading"]),
        -bool(parts["question"]),
        -min(parts.total(), 9),
        one_line(now.heading),
        now.day.isoformat() if now.day else "",
        now.house.value,
        uin_order(now.uin),
        now.id,
    )


def _waiting_order(waiting: Waiting) -> tuple[Hashable, ...]:
    """Newly late ones first, then by days."""
    asked = waiting.proceeding
    tabled = asked.tabled_on.isoformat() if asked.tabled_on else ""
    return (not waiting.is_new, -(waiting.days_late or 0), tabled, uin_order(asked.uin), asked.id)


def _same_answer(item: Item) -> Hashable | None:
    """Return a key that items with the same answer on the same day share; None for an item that stands alone.

    Holding answers are the same few sentences under any question, so they are grouped within a topic only. If the source
    names no body, or a short answer of old says no more than "None.", they are grouped under the same heading only. Answers
    with other files or links stand apart: "the table is attached" is another answer with another table.
    """
    now = item.revision.proceeding
    if now.kind is not Kind.QUESTION or not now.answer or not now.answered_on or item.latest is not None:
        return None
    holding = main_topic(item) if now.state is State.HOLDING else None
    words = now.answer.split()
    is_short = len(words) < TELLING_WORDS and now.answered_on < UINS_SINCE
    is_telling = now.body is not None and not is_short
    matter = None if is_telling else (now.house, one_line(now.heading).casefold())
    return (now.body, now.day, now.state, holding, matter, " ".join(words), _files(now), tuple(_targets(now)))


def _same_correction(item: Item) -> Hashable | None:
    """Return a key that corrections of unsent answers share: the answer, and the day and words of the first version."""
    now, same = item.revision.proceeding, _same_answer(item)
    first = now.original_answer or (item.earlier.proceeding.answer if item.earlier else None) or ""
    return None if same is None else (same, now.answered_on, " ".join(first.split()))


def _same_change(item: Item) -> Hashable | None:
    """Return a key that corrections (or silent edits) with one cause share: the body, and the words and files that changed.

    None for an item that stands alone.
    """
    now, before = item.revision.proceeding, item.before
    if before is None or not now.answer or before.proceeding.is_holding or not before.proceeding.answer:
        return None
    if now.state not in (State.ANSWERED, State.CORRECTED):
        return None
    change = differences(before.proceeding.answer, now.answer)
    if change.is_none:
        return None
    files = _files(now) if _files(now) != _files(before.proceeding) else ()
    return (now.body, is_correction(item), change.removed, change.added, files)


def _folded(items: Sequence[Item], common: Callable[[Item], Hashable | None], order: dict[str, int]) -> list[Item]:
    """Join items with the same key into the first of them. The order stays."""
    groups: dict[Hashable, list[Item]] = {}
    for number, item in enumerate(items):
        key = common(item)
        groups.setdefault(("alone", number) if key is None else ("same", key), []).append(item)
    return [_joined(group, order) for group in groups.values()]


def _nearly_folded(items: Sequence[Item], order: dict[str, int]) -> list[Item]:
    """Join nearly equal answers of one day, body and heading, if no information is lost."""
    words = cache(_words_of_answer)
    groups: list[list[Item]] = []
    alike: dict[Hashable, tuple[list[list[Item]], BriefCandidates]] = {}
    for item in items:
        now = item.revision.proceeding
        key = (now.body, now.day, now.state, now.house, one_line(now.heading).casefold())
        similar_groups, candidates = alike.setdefault(key, ([], BriefCandidates()))
        numbers = sorted(candidates.of(now.answer or ""))
        group = next((similar_groups[n] for n in numbers if _is_nearly(similar_groups[n], item, words)), None)
        if group is None:
            group = []
            groups.append(group)
            candidates.add(len(similar_groups), now.answer or "")
            similar_groups.append(group)
        group.append(item)
    return [_joined(group, order) for group in groups]


def _is_nearly(group: Sequence[Item], item: Item, words_of_answer: Callable[[str], Sequence[str]]) -> bool:
    """Return whether an answer can be told beside the first of a group by the few words in which it differs.

    It must be about the same topics, found by the same terms, and have the same links and attachments, so that a reader of
    the first answer and of these words has everything.
    """
    first = group[0]
    shown, other = first.revision.proceeding, item.revision.proceeding
    if other.body is None or not _is_plain(item) or not _is_plain(first) or not set(item.topics) <= set(first.topics):
        return False
    if (
        shown.attachments != other.attachments
        or _targets(shown) != _targets(other)
        or not _found_by(item) <= _found_by(first)
    ):
        return False
    if sum(1 + len(joined.same_as) for joined in (*group[1:], item)) > MOST_NEARLY:
        return False
    words, other_words = words_of_answer(shown.answer or ""), words_of_answer(other.answer or "")
    is_near = min(len(words), len(other_words)) >= NEAR_FROM and likeness(words, other_words) > 0
    return is_near and bool(brief_exceptions(shown.answer or "", other.answer or ""))


def _words_of_answer(answer: str) -> list[str]:
    return words_of(search_form(answer))


def _files(proceeding: Proceeding) -> tuple[Hashable, ...]:
    """Return what the files of an answer are known by. Each question of a group has its own address of the same file."""
    return tuple(sorted(file.identity for file in proceeding.attachments))


def _targets(proceeding: Proceeding) -> list[tuple[str, str]]:
    """Return the links of an answer, with the addresses inside link wrappers, which differ each time."""
    return [(link.text, resolve_link(link).address) for link in proceeding.links]


def _is_plain(item: Item) -> bool:
    """Return whether an item is an answer about one of its topics and nothing else."""
    now = item.revision.proceeding
    is_answer = now.kind is Kind.QUESTION and now.state in (State.ANSWERED, State.CORRECTED) and is_wanted(item)
    others = (item.before, item.earlier, item.refers_to, item.latest)
    return is_answer and all(other is None for other in others)


def _found_by(item: Item) -> set[tuple[str, str]]:
    """Return the topics and terms by which an answer was found."""
    return {(match.topic, match.term) for match in item.matches if match.part == "answer"}


def _joined(group: list[Item], order: dict[str, int]) -> Item:
    """One item for several: the first, with the others' proceedings, topics and matches in the answer they share."""
    first, *others = group
    if not others:
        return first
    known = {first.revision.proceeding.id}
    further: list[Proceeding] = []
    for proceeding in [p for item in group for p in (item.revision.proceeding, *item.same_as)]:
        if proceeding.id not in known:
            known.add(proceeding.id)
            further.append(proceeding)
    topics = {topic for item in group for topic in item.topics}
    matches = first.matches + tuple(_shared_matches(first, others))
    explained = {match.topic for match in matches}
    return replace(
        first,
        same_as=tuple(sorted(further, key=lambda p: (uin_order(p.uin), p.id))),
        topics=tuple(sorted(topics, key=lambda topic: (order.get(topic, len(order)), topic))),
        matches=matches,
        found_in=_found_in(group),
        same_matches=tuple(match for item in others for match in item.matches if match.topic not in explained),
        follows=tuple(dict.fromkeys(reason for item in group for reason in item.follows)),
        muted=next((item.muted for item in group if item.muted), None),
        notes=tuple(note for item in group for note in item.notes),
    )


def _found_in(group: Iterable[Item]) -> dict[str, tuple[Match, ...]]:
    """Give the matches in each record of a group, by its id."""
    found: dict[str, tuple[Match, ...]] = {}
    for item in group:
        found |= {**item.found_in, item.revision.proceeding.id: item.matches}
    return found


def _shared_matches(first: Item, others: list[Item]) -> list[Match]:
    """Return the matches of the other items that the first item's answer has too."""
    answer = first.revision.proceeding.answer
    shared = {
        match: None
        for item in others
        if item.revision.proceeding.answer == answer
        for match in item.matches
        if match.part == "answer" and match not in first.matches
    }
    return list(shared)


def _reading_order(part: ReadOf) -> tuple[bool, str, int]:
    """Return the order of a report: by source and House, files of all Houses last."""
    return part.house is None, part.source, list(House).index(part.house) if part.house else 0
