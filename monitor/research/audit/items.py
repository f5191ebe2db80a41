"""Items of a briefing: each mention and title resolved to a record, to several that it may mean, or to none."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from monitor.errors import LetterError
from monitor.research.audit.days import Span, span_of
from monitor.research.audit.mentions import How, Surroundings, contents_of, first_words, form_of
from monitor.research.quotations.attribution import is_one_of
from monitor.research.quotations.named_references import named_in
from monitor.research.references import find_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.audits import RecordTitle
    from monitor.model.briefings import Briefing
    from monitor.research.audit.mentions import Contents, Mention, Title

MARGIN: Final = timedelta(days=3)
"""Time before and after the days of a briefing in which its headings are looked up, unless the days were given."""

NEARLY: Final = 0.9
"""Least likeness of nearly equal headings, by difflib's measure."""

_LIKE_HEADING: Final = re.compile(r"[A-Z][^:.]{2,60}: [A-Z][^:.]{2,60}$")
"""A line in the form of Parliament's headings: "Fisheries: Quotas"."""

MOST_ITEMS: Final = 2_000
"""Items of a briefing that are looked up."""

MOST_COMPARED: Final = 500
"""Lines whose nearly equal headings are looked for."""

MOST_CANDIDATES: Final = 200
"""Records with the same heading that are told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefingItem:
    """One item of a briefing. `written`: how the briefing calls it; `reference`: as it was found, "" for a heading.

    `candidates`: row ids of the records that it may mean: one where it is sure, none where the archive has none.
    `days`: those that stand beside it.
    """

    block: int
    how: How
    written: str
    reference: str = ""
    candidates: tuple[int, ...] = ()
    days: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadItems:
    """The items of a briefing in their order, its days, and headings that are of no record of these days."""

    items: tuple[BriefingItem, ...]
    span: Span | None
    unread: tuple[str, ...] = ()


@dataclass(slots=True)
class _Finding:
    """Records by what names them, looked up once each."""

    archive: Archive
    contents: Contents
    around: Surroundings
    titles: dict[int, RecordTitle] = field(default_factory=dict)
    ids: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def of_reference(self, reference: str) -> tuple[int, ...]:
        """Return the records that have a reference."""
        if reference not in self.ids:
            self.ids[reference] = tuple((find_ids(self.archive, reference) or [])[:MOST_CANDIDATES])
            missing = [record for record in self.ids[reference] if record not in self.titles]
            self.titles |= self.archive.audits.titles_of(missing)
        return self.ids[reference]

    def narrowed(self, candidates: Sequence[int], mention: Mention | Title, span: Span | None) -> tuple[int, ...]:
        """Leave the records out that what stands around the mention speaks against, as far as any is left."""
        left = list(candidates)
        if len(left) < 2:  # noqa: PLR2004 (a single one needs no choice)
            return tuple(left)
        near = form_of(self.around.text_at(mention.block))
        days: frozenset[date] = getattr(mention, "days", frozenset())
        tests: list[Callable[[RecordTitle], bool]] = [
            lambda record: bool(record.days & days),
            lambda record: span is not None and any(map(span.has, record.days)),
            lambda record: bool(question := first_words(record.question)) and question in near,
            lambda record: bool(record.asker) and form_of(record.asker) in near,
            lambda record: bool(record.heading) and form_of(record.heading) in near,
        ]
        for is_meant in tests:
            left = [record for record in left if is_meant(self.titles[record])] or left
        return tuple(left)


def read_items(
    archive: Archive,
    briefing: Briefing,
    first: date | None,
    last: date | None,
    *,
    own_page: str = "",
    is_over: Callable[[], bool] = lambda: False,
) -> ReadItems:
    """Find the items of a briefing in the archive. `first`, `last`: its days, where they were given.

    `is_over` is asked now and then whether that has taken too long. Raises LetterError then.
    """
    contents = contents_of(briefing, own_page)
    finding = _Finding(archive, contents, Surroundings(briefing, contents))
    mentions = contents.mentions[:MOST_ITEMS]
    for number, mention in enumerate(mentions, 1):
        finding.of_reference(mention.reference)
        if is_over() and number < len(mentions):
            raise LetterError(
                f"{number:,} of {len(mentions):,} references were looked up in the time that an audit may take: "
                "give the briefing in parts"
            )
    clear = [
        mention for mention in mentions if len(finding.of_reference(mention.reference)) == 1 and not mention.is_weak
    ]
    sure = {finding.ids[mention.reference][0] for mention in clear}
    span = span_of(first, last, _days_of(finding, clear), contents.days, briefing.sent_on)
    items = _items_of_mentions(finding, mentions, span, sure)
    named = {record for item in items for record in item.candidates}
    more, unread = _items_of_titles(finding, span, named)
    ordered = sorted([*items, *more], key=lambda item: item.block)
    return ReadItems(items=tuple(ordered[:MOST_ITEMS]), span=span, unread=tuple(unread))


def _days_of(finding: _Finding, mentions: Iterable[Mention]) -> list[date]:
    """Return the days on which what a briefing names was answered or made; if nothing was, those on which it was tabled.

    A record may have changed since: where the briefing gives a day beside it, that one counts.
    """
    texts: dict[int, list[str]] = {}
    for mention in mentions:
        texts.setdefault(finding.ids[mention.reference][0], []).append(finding.around.text_at(mention.block))
    closed: list[date] = []
    tabled: list[date] = []
    for number, around in texts.items():
        record = finding.titles[number]
        if record.day is None:
            continue
        found = named_in(" \n ".join(around)).days
        named = [day for day in record.days if any(is_one_of(written, {day}) for written in found)]
        day = max(named, default=record.day)
        is_open = record.is_open if day == record.day else day == record.tabled_on
        (tabled if is_open else closed).append(day)
    return closed or tabled


# -- references -------------------------------------------------------------------------------------------------------


def _items_of_mentions(
    finding: _Finding, mentions: Sequence[Mention], span: Span | None, sure: set[int]
) -> list[BriefingItem]:
    """Make one item for each record, and one for each reference without one."""
    items: dict[object, BriefingItem] = {}
    missing: dict[str, object] = {}
    for mention in mentions:
        found = finding.of_reference(mention.reference)
        if len(found) > 1 and (already := [record for record in found if record in sure]):
            found = tuple(already[:1])  # the number of a record that an address names as well
        candidates = finding.narrowed(found, mention, span)
        if mention.is_weak and not _is_of_days(finding, candidates, span):
            continue
        number = mention.reference.upper().rstrip("/").rpartition("/")[2]
        key: object = candidates or missing.setdefault(number, ("missing", number))
        item = BriefingItem(
            block=mention.block,
            how=mention.how,
            written=finding.around.written_at(mention.block),
            reference=mention.reference,
            candidates=candidates,
            days=mention.days,
        )
        items.setdefault(key, item)
    return list(items.values())


def _is_of_days(finding: _Finding, candidates: Sequence[int], span: Span | None) -> bool:
    """Return whether one record is meant, of the days of the briefing: a bare number may also be a figure."""
    return len(candidates) == 1 and span is not None and any(map(span.has, finding.titles[candidates[0]].days))


# -- headings and questions -------------------------------------------------------------------------------------------


def _items_of_titles(finding: _Finding, span: Span | None, named: set[int]) -> tuple[list[BriefingItem], list[str]]:
    """Find the records of lines that no reference goes with; return also the headings that are of no record."""
    if span is None:
        return [], []
    by_heading: dict[str, list[int]] = {}
    by_question: dict[str, list[int]] = {}
    margin = timedelta(0) if span.is_given else MARGIN
    for record in finding.archive.audits.titles(span.first - margin, span.last + margin):
        finding.titles.setdefault(record.proceeding_id, record)
        by_heading.setdefault(form_of(record.heading), []).append(record.proceeding_id)
        by_question.setdefault(first_words(record.question), []).append(record.proceeding_id)
    items: list[BriefingItem] = []
    unread: list[str] = []
    taken = set(named)
    compared = 0
    for title in finding.contents.titles:
        index = by_heading if title.how is How.HEADING else by_question
        found = _records_of(title, index)
        if not found and title.is_alone and compared < MOST_COMPARED:
            compared += 1
            found = _nearly(title, by_heading)
        if finding.around.has_reference(title) or taken & set(found):
            continue
        if not found:
            is_listed = title.is_heading or (title.is_alone and _LIKE_HEADING.match(title.written))
            if title.how is How.HEADING and is_listed and not _begins_with(title, by_heading):
                unread.append(title.written)
            continue
        taken |= set(found)
        candidates = finding.narrowed(found[:MOST_CANDIDATES], title, span)
        items.append(BriefingItem(block=title.block, how=title.how, written=title.written, candidates=candidates))
    return items, unread


def _begins_with(title: Title, index: dict[str, list[int]]) -> bool:
    """Return whether a line begins with a heading, behind which a body or the like follows."""
    words = title.forms[-1].split()
    return any(" ".join(words[:length]) in index for length in range(2, len(words)))


def _records_of(title: Title, index: dict[str, list[int]]) -> list[int]:
    """Return the records with this heading or question."""
    for form in title.forms:
        if form in index and (title.is_heading or title.how is How.QUESTION or " " in form):
            return index[form]
    return []


def _nearly(title: Title, index: dict[str, list[int]]) -> list[int]:
    """Return the records with nearly the heading of a line that stands alone."""
    form = title.forms[-1]
    of_length = [heading for heading in index if abs(len(heading) - len(form)) <= len(form) // 5 + 1]
    return [record for heading in get_close_matches(form, of_length, n=2, cutoff=NEARLY) for record in index[heading]]
