"""Verdicts: whether a reader was told of a record, and if not, why. Pure functions of what the archive knows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from monitor.model.following import MuteKind
from monitor.parliament.calendar import LONDON
from monitor.presentation.wording import count_of, listed, long_day, one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from monitor.model.audits import AuditedReader, KeptOut, RecordTellings, Telling, TermFind
    from monitor.model.watching import Subscriber


class Verdict(StrEnum):
    """Standing of an item of a briefing to a reader, the best first."""

    TOLD = "told"
    OWED = "owed"
    SKIPPED = "skipped"
    MUTED = "muted"
    LEFT_OUT = "left_out"
    PAUSED = "paused"
    BEFORE = "before"
    HISTORY = "history"
    NOT_TOLD = "not_told"
    NOT_MATCHED = "not_matched"
    EXCLUDED = "excluded"
    SWITCHED_OFF = "switched_off"
    OTHER_TOPIC = "other_topic"
    NO_TERM = "no_term"
    AMBIGUOUS = "ambiguous"
    NOT_READ = "not_read"
    NOT_IN_ARCHIVE = "not_in_archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with its reason in one sentence, and the topics (by key) and terms that found the record.

    `told`: the first digest that told it.
    """

    verdict: Verdict
    why: str
    topics: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    told: Telling | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Reasons for which a record was in no digest and is found by no term of the reader.

    `excluded_by`: exclusions of a topic without which its term would find the record, by topic. `unreadable`: terms of the
    reader that can't be read and whose words stand in the record.
    """

    excluded_by: Mapping[str, Sequence[str]]
    unreadable: tuple[str, ...] = ()


def judge(
    known: RecordTellings,
    reader: Subscriber,
    state: AuditedReader | None,
    *,
    owed: Collection[int],
    names: Mapping[str, str],
    beside: Beside,
) -> Judgement:
    """Judge one record. `state`: None where the archive does not know the reader; `owed`: row ids of what is owed to them.

    `names`: names of topics by key.
    """
    finds = [find for find in known.finds if find.removed_at is None and find.topic in reader.topics]
    topics = tuple(key for key in reader.topics if any(find.topic == key for find in finds))
    terms = tuple(dict.fromkeys(find.term for find in finds))
    verdict, why, told = _of_digests(known, reader)
    if verdict is None and finds:
        verdict, why = _of_finds(known, finds, state, known.proceeding_id in owed)
    elif verdict is None:
        verdict, why = _of_nothing(known, reader, names, beside)
    return Judgement(verdict=verdict, why=why, topics=topics, terms=terms, told=told)


def _of_digests(known: RecordTellings, reader: Subscriber) -> tuple[Verdict | None, str, Telling | None]:
    """Judge a record by the digests that have it."""
    for telling in known.tellings:
        if telling.is_told and telling.kind == "mailed":
            how = "reminded of it" if telling.is_reminder else "told"
            return Verdict.TOLD, f"{how.capitalize()} in digest {telling.digest} of {_day(telling.as_of)}.", telling
    for telling in known.tellings:
        if telling.is_told and telling.kind == "skipped":
            return Verdict.SKIPPED, f"Marked as told without a mail on {_day(telling.as_of)} (digest skip).", telling
    if known.mutes:
        return Verdict.MUTED, f"Kept out by what you muted: {_muted(known.mutes[0])}.", None
    if known.tellings:
        return Verdict.LEFT_OUT, f"Found, and left out on {_day(known.tellings[0].as_of)}: {_unwanted(reader)}.", None
    return None, "", None


def _muted(kept: KeptOut) -> str:
    what = "this record" if kept.kind is MuteKind.RECORD else f"the {kept.kind.value} {one_line(kept.text)}"
    return f"{what}, until {long_day(kept.until)}"


def _unwanted(reader: Subscriber) -> str:
    """Say what a reader chose not to be told, which is why it may have been left out."""
    choices = [
        "no new questions" if not reader.new_questions else "",
        "no mere mentions" if reader.mentions == "off" else "",
        "no reminders" if not reader.waiting else "",
    ]
    chosen = [choice for choice in choices if choice]
    wishes = f"you chose {listed(chosen)}; " if chosen else ""
    return f"{wishes}small changes are never told"


def _of_finds(
    known: RecordTellings, finds: Sequence[TermFind], state: AuditedReader | None, is_owed: bool
) -> tuple[Verdict, str]:
    """Judge a record that a term of the reader found, and that no digest told."""
    if state is None:
        return Verdict.BEFORE, "You were added after the last run: the next run makes your first digest."
    if is_owed and not _is_paused(state):
        return Verdict.OWED, "Owed to you: it goes into your next digest."
    news = {revision.id: revision for revision in known.revisions if revision.is_news}
    new_finds = [find for find in finds if find.revision in news and not find.is_history]
    if not new_finds:
        found_later = "Found only by newer equivalents or a newer pqwatch, after a digest could have told it."
        never_mailed = "Read as history (a backfill, or before pqwatch began), which is never mailed."
        return Verdict.HISTORY, found_later if any(find.revision in news for find in finds) else never_mailed
    seen_at = max(news[find.revision].seen_at for find in new_finds)
    if reason := _what_came_later(new_finds, seen_at, state):
        return Verdict.BEFORE, f"Read on {_day(seen_at)}, before {reason}."
    if state.paused_at is not None and (state.resumed_at is None or seen_at < state.resumed_at):
        until = f"to {_day(state.resumed_at)}" if state.resumed_at else "on"
        return Verdict.PAUSED, f"Your digests were paused from {_day(state.paused_at)} {until}."
    return Verdict.NOT_TOLD, "Found by your terms, and in no digest yet: pqwatch digest preview shows what comes next."


def _is_paused(state: AuditedReader) -> bool:
    return state.paused_at is not None and state.resumed_at is None


def _what_came_later(finds: Sequence[TermFind], seen_at: datetime, state: AuditedReader) -> str:
    """Say what came after a record was read: the reader, their topic, or the term; "" if all were there before."""
    if seen_at < state.added_at:
        return f"you subscribed on {_day(state.added_at)}"
    listed_at = min((state.topics[find.topic] for find in finds if find.topic in state.topics), default=None)
    if listed_at is not None and seen_at < listed_at:
        return f"the topic came onto your list on {_day(listed_at)}"
    added_at = min(find.added_at for find in finds)
    return f"its term was added on {_day(added_at)}" if seen_at < added_at else ""


def _of_nothing(
    known: RecordTellings, reader: Subscriber, names: Mapping[str, str], beside: Beside
) -> tuple[Verdict, str]:
    """Judge a record that no term of the reader finds now."""
    if known.is_behind:
        return Verdict.NOT_MATCHED, "Your terms were not looked for in it yet: run: pqwatch match"
    if beside.excluded_by:
        topic, excluded = next(iter(beside.excluded_by.items()))
        shown = listed([one_line(term) for term in excluded])
        return (
            Verdict.EXCLUDED,
            f"An exclusion of the topic {one_line(names.get(topic, topic))} takes it away: {shown}.",
        )
    watched = {*reader.topics}
    removed = [find for find in known.finds if find.removed_at and (find.topic in watched or find.topic not in names)]
    if removed:
        last = max(removed, key=lambda find: (str(find.removed_at), find.term))
        ended_at = last.removed_at or last.added_at
        return (
            Verdict.SWITCHED_OFF,
            f"The term {one_line(last.term)} found it; it was removed or changed on {_day(ended_at)}.",
        )
    if beside.unreadable:
        terms = listed([one_line(term) for term in beside.unreadable])
        noun = "A term" if len(beside.unreadable) == 1 else "Terms"
        return Verdict.SWITCHED_OFF, f"{noun} whose words stand in it can't be read and finds nothing: {terms}."
    others = [find.topic for find in known.finds if find.topic not in watched and find.removed_at is None]
    if others:
        found_by = list(dict.fromkeys(one_line(names.get(topic, topic)) for topic in others))
        return Verdict.OTHER_TOPIC, f"Found by {_topics(found_by)}, which you do not get."
    return Verdict.NO_TERM, "No term of yours finds it."


def _topics(names: list[str]) -> str:
    return f"{'the topic' if len(names) == 1 else count_of(len(names), 'topic') + ':'} {listed(names)}"


def _day(instant: datetime) -> str:
    return long_day(instant.astimezone(LONDON).date())
