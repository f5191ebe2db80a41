"""The whole digest in words, section by section: what both templates set."""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from monitor.digest.arrange import is_new_correction, is_new_withdrawal, is_newly_late, is_wanted
from monitor.digest.open_questions import (
    DUE_TODAY,
    LETTERS,
    NEW,
    NEWLY_LATE,
    STILL_WAITING,
    AskedEntry,
    late_questions,
    new_questions,
)
from monitor.digest.personal import mute_sentences
from monitor.digest.promise_entries import DUE, KEPT, OVERDUE, PromiseEntry, promise_entries
from monitor.digest.reading_lines import licence_of, read_at_length, read_in_short
from monitor.digest.size_limits import MOST_WHOLE, Extent, is_mention
from monitor.digest.subject import headline
from monitor.digest.summary import quiet_lines, summary_of
from monitor.digest.term_notices import novelties_of, warnings_of
from monitor.digest.year_lines import YearLine, year_lines
from monitor.parliament.links import OFFICIAL_HOSTS
from monitor.presentation.entry import Entry, entry_of, main_topic
from monitor.presentation.plain_text import WIDTH, fill
from monitor.presentation.wording import (
    count_of,
    listed,
    one_line,
    shorten,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.digest.shared_entries import MakeEntry
    from monitor.digest.size_limits import Plan
    from monitor.model.digests import Digest, Item
    from monitor.presentation.entry import Due

SHOWN_TOPICS = 8
_BEFORE_HEADING = " " * 4
"""The place of a number at a glance."""
_WIDEST_BODY = 22
_LONGEST_GLANCED = 300
"""Letters of a heading at a glance, which the size of a mail does not shorten further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A topic, or what changed, or the mentions: whole items, then lines, then how many more."""

    title: str
    whole: tuple[Entry, ...] = ()
    lines: tuple[Entry, ...] = ()
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCome:
    """Questions without an answer: whole, then lines, then how many more; or promises."""

    title: str
    whole: tuple[AskedEntry, ...] = ()
    lines: tuple[AskedEntry, ...] = ()
    promises: tuple[PromiseEntry, ...] = ()
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """All items of a digest in words.

    `answers`: those of `Digest.items`, numbered but for mentions. `to_come`: questions that are newly late or due today
    and new questions, numbered after them. `waiting`: questions whose being late was told before, and promised letters.
    `promises`: overdue, due and kept ones, without numbers.
    """

    answers: tuple[Entry, ...]
    to_come: tuple[AskedEntry, ...]
    waiting: tuple[AskedEntry, ...]
    promises: tuple[PromiseEntry, ...] = ()

    def extent(self, digest: Digest) -> Extent:
        """Return the extent of the questions, for the plan of what is shown."""
        names = {_topic(digest, key): key for key in digest.topics}
        topics = tuple(names.get(entry.topic, "") for entry in self.to_come)
        return Extent(to_come=topics, waiting=len(self.waiting), promises=len(self.promises))


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """An item at a glance: its number, what it is, and its body."""

    number: int
    heading: str
    body: str

    def set(self, room: int) -> str:
        """Set it as text, with so many columns for the body."""
        width = WIDTH - len(_BEFORE_HEADING) - (room + 2 if room else 0)
        heading = textwrap.wrap(self.heading, width, break_long_words=False, break_on_hyphens=False) or [""]
        body = textwrap.wrap(self.body, room, break_long_words=False) if self.body else []
        first = f"{self.number:>2}".ljust(len(_BEFORE_HEADING))
        return "\n".join(
            f"{_BEFORE_HEADING if line else first}{left:<{width}}  {right}".rstrip()
            for line, (left, right) in enumerate(zip_longest(heading, body, fillvalue=""))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GlancedTopic:
    """A topic at a glance."""

    topic: str
    items: tuple[Glimpse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCounts:
    """A topic's row in the table of a long digest."""

    topic: str
    about: int = 0
    mentions: int = 0
    questions: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPage:
    """Everything that a digest says. `late`: newly late and due today; `waiting`: told before; `questions`: new ones."""

    title: str
    reader: str
    warnings: tuple[str, ...]
    novelties: tuple[str, ...]
    summary: tuple[str, ...]
    read_short: str
    cut: str
    glance: tuple[GlancedTopic, ...]
    counts: tuple[TopicCounts, ...]
    years: tuple[YearLine, ...]
    sections: tuple[Section, ...]
    mentions: Section | None
    coming: Section | None
    late: tuple[ToCome, ...]
    promises: tuple[ToCome, ...]
    waiting: tuple[ToCome, ...]
    questions: ToCome | None
    read: tuple[str, ...]
    licence: str
    why: str
    quiet: tuple[str, ...]

    @property
    def to_come(self) -> list[ToCome]:
        """The sections of questions and promises, in order."""
        return [*self.late, *self.promises, *self.waiting, *([self.questions] if self.questions else [])]

    @property
    def glance_text(self) -> str:
        """The glance as text: a line for each topic, and beneath it its items, their bodies in one column for all."""
        bodies = [item.body for topic in self.glance for item in topic.items]
        room = min(max(map(len, bodies)), _WIDEST_BODY)
        cells = [
            line for topic in self.glance for line in (fill(topic.topic), *(item.set(room) for item in topic.items))
        ]
        return "\n".join(cells)

    @property
    def count_rows(self) -> list[list[str]]:
        """The counts as a table with its header and its sum; what no topic has any of has no column."""
        total = _sum_of("All", self.counts)
        columns = [("About it", "about"), ("Only mentioned", "mentions")]
        columns += [("New questions", "questions")] if total.questions else []
        columns += [("Newly late", "late")] if total.late else []
        rows = [[row.topic, *(f"{getattr(row, name):,}" for _, name in columns)] for row in (*self.counts, total)]
        return [["Topic", *(title for title, _ in columns)], *rows]


def page_of(
    digest: Digest, entries: Entries, plan: Plan, *, attached: str, stop: str, has_links: bool = False
) -> DigestPage:
    """Put a digest into words, as far as the plan shows it.

    `entries` are those of `entries_of`; `attached` names the file with the rest. `has_links`: links of the reader's own
    follow, so how to stop need not be said.
    """
    numbered = sum(bool(entry.number) for entry in entries.answers) + len(entries.to_come)
    is_long = numbered > MOST_WHOLE
    to_come = _to_come(digest, entries, plan)
    return DigestPage(
        title=headline(digest),
        reader=one_line(digest.subscriber.name),
        warnings=tuple(warnings_of(digest, plan.rows)),
        novelties=(*mute_sentences(digest, plan.rows), *novelties_of(digest)),
        summary=tuple(summary_of(digest)),
        read_short=read_in_short(digest),
        cut=_cut(digest, entries, plan, attached),
        glance=tuple(_glance(digest, entries)) if numbered > 1 and not is_long else (),
        counts=tuple(_first_counts(_counts(digest), plan.rows)) if is_long else (),
        years=tuple(year_lines(digest, plan.rows)),
        sections=tuple(_sections(digest, entries.answers, plan)),
        mentions=_mentions(digest, entries.answers, plan),
        coming=_coming(digest, entries.answers, plan),
        late=tuple(to_come[title] for title in (NEWLY_LATE, DUE_TODAY) if title in to_come),
        promises=tuple(_promises(entries, plan, attached)),
        waiting=tuple(_waiting(entries, plan, attached)),
        questions=to_come.get(NEW),
        read=tuple(read_at_length(digest, plan.rows)),
        licence=licence_of(digest),
        why=_why(digest, stop, has_links=has_links),
        quiet=tuple(quiet_lines(digest)) if digest.is_empty else (),
    )


def entries_of(
    digest: Digest, due: Due, hosts: Sequence[str] = OFFICIAL_HOSTS, make_entry: MakeEntry = entry_of
) -> Entries:
    """Put all items into words. `hosts`: those whose links may be clicked. `make_entry` puts one item into words."""
    answers = []
    number = 0
    for item in digest.items:
        mention = is_mention(digest, item)
        number += not mention
        answers.append(make_entry(item, digest.topics, due, 0 if mention else number, hosts=hosts))
    late = late_questions(digest)
    to_come = [*(entry for entry in late if entry.section not in (STILL_WAITING, LETTERS)), *new_questions(digest, due)]
    return Entries(
        answers=tuple(answers),
        to_come=tuple(replace(entry, number=number + place) for place, entry in enumerate(to_come, 1)),
        waiting=tuple(entry for entry in late if entry.section in (STILL_WAITING, LETTERS)),
        promises=tuple(promise_entries(digest)),
    )


def _glance(digest: Digest, entries: Entries) -> list[GlancedTopic]:
    """List the numbered items by topic, in the subscriber's order; what stands under none of their topics last."""
    topics: dict[str, list[Glimpse]] = {_topic(digest, key): [] for key in digest.topics}
    for item, entry in zip(digest.items, entries.answers, strict=True):
        if entry.number:
            label = f"{entry.change.label}: " if entry.change and entry.change.label else ""
            heading = f"{label}{shorten(entry.heading, _LONGEST_GLANCED)}{entry.aside}"
            shown = Glimpse(number=entry.number, heading=heading, body=entry.body)
            topics.setdefault(_topic(digest, main_topic(item)), []).append(shown)
    for question in entries.to_come:
        heading = f"{shorten(question.heading, _LONGEST_GLANCED)}{question.aside}"
        shown = Glimpse(number=question.number, heading=heading, body=question.body)
        topics.setdefault(question.topic, []).append(shown)
    return [GlancedTopic(topic=topic, items=tuple(items)) for topic, items in topics.items() if items]


def _cut(digest: Digest, entries: Entries, plan: Plan, attached: str) -> str:
    """Say what is not shown whole, and where it is."""
    if not plan.is_cut:
        return ""
    sentences = [*_cut_items(digest, plan), *_cut_waiting(entries, plan), *_cut_promises(entries, plan)]
    sentences.append("This keeps mail services from cutting the mail.")
    return f"{' '.join(sentences)} Everything is in the attached file {attached}."


def _cut_items(digest: Digest, plan: Plan) -> list[str]:
    """Say how many items are shown and how, where one of them is not shown whole."""
    if not (plan.lines or plan.counted):
        return []
    items = digest.items
    count = len(plan.whole) + len(plan.lines) + len(plan.counted)
    mentions = sum(i < len(items) and is_mention(digest, items[i]) for i in plan.whole)
    others = [
        (mentions, "by the sentence with your words"),
        (len(plan.lines), "in one line each"),
        (len(plan.counted), "only as counts"),
    ]
    whole = f"{len(plan.whole) - mentions:,} of {count:,} items are shown in full"
    return [f"{listed([whole, *(f'{count:,} {how}' for count, how in others if count)])}."]


def _cut_waiting(entries: Entries, plan: Plan) -> list[str]:
    """Say how many of the questions that still wait stand here, where not all of them do."""
    if len(entries.waiting) <= plan.listed:
        return []
    shown = sum(entry.questions for entry in entries.waiting[: plan.listed])
    count = sum(entry.questions for entry in entries.waiting)
    return [f"{shown:,} of {count:,} questions and letters that are still awaited are shown."]


def _cut_promises(entries: Entries, plan: Plan) -> list[str]:
    """Say how many promises stand here, where not all of them do."""
    if len(entries.promises) <= plan.listed:
        return []
    return [f"{plan.listed:,} of {count_of(len(entries.promises), 'promise')} are shown."]


def _counts(digest: Digest) -> list[TopicCounts]:
    """Count by topic: answers, mentions, new questions, and questions that are newly late."""
    counts: dict[str, Counter[str]] = {key: Counter() for key in digest.topics}
    for item in digest.new:
        counts.setdefault(main_topic(item), Counter())["about" if is_wanted(item) else "mentions"] += 1
    for item in digest.questions:
        counts.setdefault(main_topic(item), Counter())["questions"] += 1
    for waiting in digest.waiting:
        if is_newly_late(waiting):
            counts.setdefault(main_topic(waiting), Counter())["late"] += 1
    return [TopicCounts(topic=_topic(digest, key), **found) for key, found in counts.items() if found]


def _first_counts(counts: Sequence[TopicCounts], most: int) -> list[TopicCounts]:
    """Return the rows of the first topics and a row for all others together."""
    rest = counts[most:]
    return [*counts[:most], *([_sum_of(count_of(len(rest), "more topic"), rest)] if rest else [])]


def _sum_of(title: str, rows: Iterable[TopicCounts]) -> TopicCounts:
    rows = list(rows)
    return TopicCounts(
        topic=title,
        about=sum(row.about for row in rows),
        mentions=sum(row.mentions for row in rows),
        questions=sum(row.questions for row in rows),
        late=sum(row.late for row in rows),
    )


def _topic(digest: Digest, key: str) -> str:
    return one_line(digest.topics.get(key, key)) or "Followed questions"


def _sections(digest: Digest, entries: Sequence[Entry], plan: Plan) -> list[Section]:
    """List what changed, what was withdrawn or corrected before it was sent, then each topic in the subscriber's order.

    Topics of whose items none has a place are named as far as the plan has rows, and the others counted.
    """
    groups: dict[tuple[bool, str], list[int]] = {}
    for i, item in enumerate(digest.changed):
        groups.setdefault((False, _title_of_change(item)), []).append(i)
    for i, item in enumerate(digest.new, start=len(digest.changed)):
        if not is_mention(digest, item):
            groups.setdefault((True, _topic(digest, main_topic(item))), []).append(i)
    shown = plan.whole | plan.lines
    unshown = [name for name, group in groups.items() if name[0] and shown.isdisjoint(group)]
    unnamed = {name: groups.pop(name) for name in unshown[plan.rows :]}
    sections = [_section(title, group, entries, plan) for (_, title), group in groups.items()]
    if unnamed:
        items = count_of(sum(map(len, unnamed.values())), "more item")
        more = f"{items} on {count_of(len(unnamed), 'more topic')} in the attached file."
        sections.append(Section(title="More topics", more=more))
    return sections


def _title_of_change(item: Item) -> str:
    if is_new_correction(item):
        return "Corrected"
    return "Withdrawn or lapsed" if is_new_withdrawal(item) else "Changed since you read it"


def _section(title: str, group: list[int], entries: Sequence[Entry], plan: Plan) -> Section:
    counted = sum(i in plan.counted for i in group)
    return Section(
        title=title,
        whole=tuple(entries[i] for i in group if i in plan.whole),
        lines=tuple(entries[i] for i in group if i in plan.lines),
        more=f"{count_of(counted, 'more item')} in the attached file." if counted else "",
    )


def _mentions(digest: Digest, entries: Sequence[Entry], plan: Plan) -> Section | None:
    group = [i for i, item in enumerate(digest.items) if is_mention(digest, item)]
    return _section("Only mentioned", group, entries, plan) if group else None


def _coming(digest: Digest, entries: Sequence[Entry], plan: Plan) -> Section | None:
    count = len(digest.items)
    group = list(range(count - len(digest.coming), count))
    return _section("Coming up", group, entries, plan) if group else None


def _to_come(digest: Digest, entries: Entries, plan: Plan) -> dict[str, ToCome]:
    """Lay out the questions that are newly late or due today and the new ones, by the titles of their sections."""
    first = len(digest.items)
    sections: dict[str, list[int]] = {}
    for place, entry in enumerate(entries.to_come):
        sections.setdefault(entry.section, []).append(place)
    found = {}
    for title, places in sections.items():
        counted = sum(first + place in plan.counted for place in places)
        found[title] = ToCome(
            title=title,
            whole=tuple(entries.to_come[place] for place in places if first + place in plan.whole),
            lines=tuple(entries.to_come[place] for place in places if first + place in plan.lines),
            more=f"{count_of(counted, 'more item')} in the attached file." if counted else "",
        )
    return found


def _promises(entries: Entries, plan: Plan, attached: str) -> list[ToCome]:
    """Lay out the promises that are overdue, due or kept."""
    shown = entries.promises[: plan.listed]
    found = [
        ToCome(title=title, promises=of_section)
        for title in (OVERDUE, DUE, KEPT)
        if (of_section := tuple(entry for entry in shown if entry.section == title))
    ]
    return _with_more(found, entries.promises[plan.listed :], attached)


def _waiting(entries: Entries, plan: Plan, attached: str) -> list[ToCome]:
    """Lay out what was told before: questions that still wait, and letters that were promised."""
    shown = entries.waiting[: plan.listed]
    found = [
        ToCome(title=title, whole=of_section)
        for title in (STILL_WAITING, LETTERS)
        if (of_section := tuple(entry for entry in shown if entry.section == title))
    ]
    return _with_more(found, entries.waiting[plan.listed :], attached)


def _with_more(sections: list[ToCome], left: Sequence[AskedEntry | PromiseEntry], attached: str) -> list[ToCome]:
    """Say under the last section how many are left out; under a title of its own where no section has a place."""
    if not left:
        return sections
    last = sections[-1] if sections else ToCome(title=left[0].section)
    return [*sections[:-1], replace(last, more=f"{len(left):,} more in {attached}, attached.")]


def _why(digest: Digest, stop: str, *, has_links: bool) -> str:
    name = one_line(digest.subscriber.name)
    why = f'You get this as "{name}", because pqwatch watches {_watched(digest)} for you.'
    if has_links:
        return why
    where = one_line(stop).removeprefix("mailto:")
    how = f"{'open' if '://' in where else 'write to'} {where}" if where else "ask the person who runs pqwatch for you"
    return f"{why} To stop, {how}."


def _watched(digest: Digest) -> str:
    names = [one_line(name) for name in digest.topics.values()]
    return listed(names) if 0 < len(names) <= SHOWN_TOPICS else count_of(len(names), "topic")
