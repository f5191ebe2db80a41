"""A digest at a glance: a line an item, with its link and its reference, what changed first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.digest.open_questions import line_of
from monitor.digest.page import entries_of, page_of
from monitor.digest.promise_entries import promises_line
from monitor.digest.size_limits import FEW_ROWS, Plan
from monitor.digest.subject import subject_of
from monitor.presentation.plain_text import inline
from monitor.presentation.wording import count_of, listed_briefly, shorten

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from monitor.digest.open_questions import AskedEntry
    from monitor.digest.promise_entries import PromiseEntry
    from monitor.model.digests import Digest
    from monitor.presentation.entry import Due, Entry, PageLink

    T = TypeVar("T")

MOST_LINES = 200
"""Most items in a message: more are not read in a channel."""
_LONGEST_HEADING = 200
_LONGEST_SAID = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefLine:
    """An item: `label` says what happened to it where that is not its being new; `url` is "" where it has no page.

    `pages`: those of each question that it stands for, where it is more than one.
    """

    heading: str
    url: str
    said: str
    label: str = ""
    pages: tuple[PageLink, ...] = ()

    def after_heading(self, plain: Callable[[str], str], link: Callable[[str, str], str]) -> str:
        """Return what is said and ten of its pages at most, as they stand after the heading, or "".

        `plain` escapes a text, `link` links a name to an address.
        """
        said = f" — {plain(self.said)}" if self.said else ""
        if not self.pages:
            return said
        pages = listed_briefly([link(page.name, page.url) for page in self.pages])
        return f"{said}{'' if said.endswith(('.', '.”')) else '.'} Pages: {pages}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Items of a topic or of a kind."""

    title: str
    lines: tuple[BriefLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """Content of a short message: title, a few sentences, the items, and the foot.

    `own_id`: beginning of the Message-ID, by which `pqwatch digest show` finds the whole digest. `cut`: what is left out,
    "" for nothing.
    """

    title: str
    lead: tuple[str, ...]
    groups: tuple[Group, ...]
    foot: tuple[str, ...]
    own_id: str
    cut: str = ""

    @property
    def count(self) -> int:
        """Number of items."""
        return sum(len(group.lines) for group in self.groups)

    def first(self, number: int) -> Brief:
        """Return the brief with its first items only, and a sentence that says so."""
        if number >= self.count:
            return self
        left, groups = number, []
        for group in self.groups:
            if left <= 0:
                break
            groups.append(replace(group, lines=group.lines[:left]))
            left -= len(group.lines)
        cut = f"{number} of {count_of(self.count, 'item')} stand here. All of them: pqwatch digest show {self.own_id} --all"
        return replace(self, groups=tuple(groups), cut=cut)


def brief_of(digest: Digest, due: Due, own_id: str) -> Brief:
    """Put a digest into lines. `due` tells when a question's answer is due."""
    entries = entries_of(digest, due)
    everything = Plan(
        whole=frozenset(range(len(entries.answers), len(entries.answers) + len(entries.to_come))),
        lines=frozenset(range(len(entries.answers))),
        counted=frozenset(),
        listed=max(len(entries.waiting), len(entries.promises), 1),
        rows=FEW_ROWS,
        is_cut=False,
    )
    page = page_of(digest, entries, everything, attached="", stop="")
    sections = [section for section in (*page.sections, page.mentions, page.coming) if section]
    groups = [Group(title=section.title, lines=tuple(map(_line, section.lines))) for section in sections]
    groups += [
        Group(title=section.title, lines=(*map(_asked, section.whole), *map(_promised, section.promises)))
        for section in page.to_come
    ]
    return Brief(
        title=subject_of(digest),
        lead=(
            *page.warnings,
            *(page.quiet or page.summary),
            *page.novelties,
        ),
        groups=tuple(groups),
        foot=(
            *([] if page.quiet else [page.read_short]),
            *([page.licence] if page.licence else []),
            f"pqwatch {own_id}",
        ),
        own_id=own_id,
    )


def largest(brief: Brief, build: Callable[[Brief], T], fits: Callable[[T], bool]) -> T:
    """Build the message with as many items as fit."""
    low, high = 0, min(brief.count, MOST_LINES)
    built = build(brief.first(high))
    if fits(built):
        return built
    best = build(brief.first(0))
    while low < high:
        middle = (low + high + 1) // 2
        built = build(brief.first(middle))
        if fits(built):
            best, low = built, middle
        else:
            high = middle - 1
    return best


def _line(entry: Entry) -> BriefLine:
    change = entry.change
    also = f"also {entry.others}" if entry.others else ""
    placed = "; ".join(part for part in (entry.author, entry.body, entry.cite, also) if part)
    asked = inline(entry.asked_line).replace("*", "")
    text = shorten(f"{change.sentence} {change.figures} {asked}".strip(), _LONGEST_SAID) if change else ""
    return BriefLine(
        heading=shorten(entry.heading, _LONGEST_HEADING) + entry.aside,
        url=entry.url,
        said=". ".join(part.rstrip(".") for part in (placed, text) if part),
        label=change.label if change else "",
        pages=_several(entry.pages),
    )


def _promised(entry: PromiseEntry) -> BriefLine:
    return BriefLine(
        heading=shorten(entry.heading, _LONGEST_HEADING),
        url=entry.url,
        said=shorten(promises_line(entry), _LONGEST_SAID),
    )


def _asked(entry: AskedEntry) -> BriefLine:
    """Return the line of a question without an answer, with its text."""
    sentences = [
        shorten(entry.askers + entry.asked, _LONGEST_SAID).rstrip("."),
        entry.names if entry.title != entry.names else "",
        entry.when.rstrip("."),
        f"\u201c{line_of(entry)}\u201d" if line_of(entry) else "",
    ]
    return BriefLine(
        heading=shorten(entry.title if entry.title == entry.names else entry.heading, _LONGEST_HEADING) + entry.aside,
        url=entry.url,
        said=". ".join(part for part in sentences if part),
        pages=_several(entry.pages),
    )


def _several(pages: tuple[PageLink, ...]) -> tuple[PageLink, ...]:
    """Return pages if they are more than the one that the heading links."""
    return pages if len(pages) > 1 else ()
