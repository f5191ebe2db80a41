"""A record as it is read by itself, away from digests: whole, in the words of the digest, as HTML that stands anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jinja2

from monitor.digest.compose import main_topic
from monitor.digest.entry import Entry, entry_of
from monitor.digest.excerpt import Excerpt, quote, with_links
from monitor.digest.reason import found_line
from monitor.digest.wording import clean, one_line
from monitor.links import OFFICIAL_HOSTS
from monitor.model import Item, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from monitor.digest.excerpt import Span
    from monitor.model import Match, Proceeding, Revision

    Due = Callable[[Proceeding], date | None]

TEMPLATES: Final = Path(__file__).with_name("templates")
_WHOLE: Final = 10**9
"""Words: as many as there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A record in words: `entry` as a digest has it, but with the whole of its texts.

    `text` is the answer, or what was stated or said. `why`: a line for each topic that found it.
    """

    entry: Entry
    question: Excerpt
    text: Excerpt
    why: tuple[str, ...]


def leaf_of(
    revision: Revision,
    matches: Sequence[Match],
    topics: Mapping[str, str],
    due: Due,
    hosts: Sequence[str] = OFFICIAL_HOSTS,
) -> Leaf:
    """Put a record into words, with what was found in it. `topics`: names by key; `hosts`: whose links may be clicked."""
    it = revision.proceeding
    keys = tuple(dict.fromkeys(match.topic for match in matches))
    item = Item(revision=revision, events=revision.events, matches=tuple(matches), topics=keys)
    part = "answer" if it.kind is Kind.QUESTION else "text"
    entry = entry_of(item, dict(topics), due, hosts=hosts)
    return Leaf(
        entry=entry,
        question=with_links(_whole(it.question or "", _spans(matches, "question")), hosts),
        text=with_links(_whole(it.parts().get(part, ""), _spans(matches, part)), hosts),
        why=_why(item, topics),
    )


def _why(item: Item, topics: Mapping[str, str]) -> tuple[str, ...]:
    """Say what found a record where its bold words do not: the texts stand whole, so every word found is bold."""
    shown = [one_line(item.revision.proceeding.heading), *(one_line(match.form) for match in item.matches)]
    line = found_line(item.matches, topics, shown, unnamed=main_topic(item))
    return (line,) if line else ()


def leaf_html(leaf: Leaf) -> str:
    """The record as HTML without headings, for an entry of a feed."""
    return environment(TEMPLATES).get_template("leaf.html").render(leaf=leaf)


def environment(*folders: Path) -> jinja2.Environment:
    """Templates in these folders: escaped, and nothing leaves them with characters that could deceive."""
    return _environment(folders)


@cache
def _environment(folders: tuple[Path, ...]) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_safe,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _safe(value: Any) -> Any:
    return clean(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _whole(text: str, spans: list[Span]) -> Excerpt:
    return quote(text, spans, whole_up_to=_WHOLE, opening=0)


def _spans(matches: Sequence[Match], part: str) -> list[Span]:
    return [(match.start, match.end) for match in matches if match.part == part]
