"""A digest as its reader gets it: subject, first hidden line, text, HTML and, where the mail is cut, a file with the rest.

Pure: the same digest gives the same bytes. Nothing is loaded from the network, neither here nor by who reads it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import css_inline
import jinja2
from markupsafe import Markup, escape

from monitor.digest import size_limits
from monitor.digest.csv_attachment import sheet_of
from monitor.digest.page import entries_of, page_of
from monitor.digest.subject import preheader_of, subject_of
from monitor.parliament.calendar import LONDON
from monitor.parliament.links import OFFICIAL_HOSTS
from monitor.presentation.entry import entry_of
from monitor.presentation.excerpt import plain
from monitor.presentation.plain_text import fill, inline, led_to, quoted, ruled, table
from monitor.presentation.wording import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitor.delivery.links import ReaderLinks
    from monitor.digest.page import DigestPage
    from monitor.digest.shared_entries import MakeEntry
    from monitor.digest.size_limits import Extent, Plan
    from monitor.model.digests import Digest
    from monitor.presentation.entry import Due, Entry, PageLink
    from monitor.presentation.excerpt import Line

MOST_TOGETHER = 12
_ADDRESS = re.compile(r"(?<=:)//|(?<=\w)\.(?=[a-z]{2})")
"""Characters by which mail programs recognise an address; these patterns break them up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A digest ready to be mailed. `csv` is there, under `csv_name`, where not everything stands whole in the mail."""

    subject: str
    preheader: str
    text: str
    html: str
    csv: str | None = None
    csv_name: str = ""


def render(
    digest: Digest,
    due: Due,
    *,
    stop: str = "",
    hosts: Sequence[str] = OFFICIAL_HOSTS,
    links: ReaderLinks | None = None,
    make_entry: MakeEntry = entry_of,
) -> Rendered:
    """Write a digest out.

    `due` tells when a question's answer is due, None where the calendar does not say. `stop` is the address to write to
    for no more mail, "" for no such address; `hosts` are those whose links in answers may be clicked; `links` lead to
    the page, where there is one; `make_entry` puts one item into words. Shows as much as keeps the HTML under 90 kB, and
    says what it cut.
    """
    subject, preheader = subject_of(digest), preheader_of(digest)
    name = f"pqwatch-{digest.as_of.astimezone(LONDON).date().isoformat()}.csv"

    entries = entries_of(digest, due, hosts, make_entry)

    def attempt(plan: Plan) -> tuple[DigestPage, str]:
        page = page_of(digest, entries, plan, attached=name, stop=stop, has_links=links is not None)
        return page, _html(page, preheader, links)

    plan, page, html = _largest(digest, entries.extent(digest), attempt)
    return Rendered(
        subject=subject,
        preheader=preheader,
        text=_text(page, links),
        html=html,
        csv=sheet_of(digest, due) if plan.is_cut else None,
        csv_name=name if plan.is_cut else "",
    )


def _largest(
    digest: Digest, extent: Extent, attempt: Callable[[Plan], tuple[DigestPage, str]]
) -> tuple[Plan, DigestPage, str]:
    """Find the plan that shows most and fits: as many whole items as possible, then as many lines.

    Lists beside the items become short before a line of an item goes.
    """
    order = size_limits.largest_plan(digest, extent)
    whole_plan = partial(size_limits.plan, digest, extent, order)
    most, few = size_limits.MOST_ITEMS, size_limits.FEW_ROWS
    searches: tuple[tuple[int, Callable[[int], Plan]], ...] = (
        (min(len(order), most), whole_plan),
        (min(len(order), most), lambda whole: whole_plan(whole, rows=few)),
        (most, lambda lines: whole_plan(0, most_items=lines, rows=few)),
    )
    for highest, plan_of in searches:
        if found := _search(highest, plan_of, attempt):
            return found
    plan = whole_plan(0, most_items=0, rows=1)
    return plan, *attempt(plan)


def _search(
    high: int, plan_of: Callable[[int], Plan], attempt: Callable[[Plan], tuple[DigestPage, str]]
) -> tuple[Plan, DigestPage, str] | None:
    """Find the plan of the highest number up to `high` that fits; None for none. Most digests fit with `high` itself."""
    low, middle, best = 0, high, None
    while low <= high:
        plan = plan_of(middle)
        page, html = attempt(plan)
        if _fits(html):
            best, low = (plan, page, html), middle + 1
        else:
            high = middle - 1
        middle = (low + high) // 2
    return best


def _fits(html: str) -> bool:
    return len(html.encode()) <= size_limits.MOST_HTML


def _html(page: DigestPage, preheader: str, links: ReaderLinks | None) -> str:
    template = _environment("html").get_template("digest.html")
    whole = template.render(page=page, preheader=preheader, links=links)
    return css_inline.CSSInliner(load_remote_stylesheets=False).inline(whole) + "\n"


def _text(page: DigestPage, links: ReaderLinks | None) -> str:
    whole = _environment("txt").get_template("digest.txt").render(page=page, links=links)
    return whole.strip("\n") + "\n"


@cache
def _environment(kind: str) -> jinja2.Environment:
    """Return the templates. They escape HTML and remove characters that could deceive a reader."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        finalize=_not_linked if kind == "html" else _safe,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(fill=fill, quoted=quoted, inline=inline, table=table, ruled=ruled, led_to=led_to)
    environment.filters.update(longest=_longest, is_together=_is_together, linked=_linked)
    environment.globals["once"] = _once
    return environment


def _once(entry: Entry, form: str, write: Callable[[Entry], str]) -> str:
    """Write an entry in a form by a macro that needs nothing else, unless that was done for another digest."""
    if form not in entry.written:
        entry.written[form] = write(entry)
    return entry.written[form]


def _linked(text: str, pages: Iterable[PageLink]) -> Markup:
    """Let each page that a text names be linked where it is named first."""
    left = [page for page in pages if page.name]
    names = "|".join(sorted({re.escape(page.name) for page in left}, key=len, reverse=True))
    written = []
    for part in re.split(rf"({names})(?!\w)", text) if names else [text]:
        page = next((page for page in left if page.name == part), None)
        if page is None:
            written.append(_not_linked(part))
        else:
            left.remove(page)
            written.append(Markup('<a href="{}">{}</a>').format(page.url, _not_linked(part)))
    return Markup("").join(written)


def _longest(line: Line) -> int:
    """Letters of the longest word of a line, or of its part up to a hyphen: what no program breaks by itself."""
    return max(map(len, plain(line).replace("-", " ").split()), default=0)


def _is_together(line: Line) -> bool:
    """Return whether a table cell should not be broken: a figure, or a year with a hyphen."""
    return any(c.isdigit() for c in plain(line)) and len(plain(line)) <= MOST_TOGETHER


def _safe(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


def _not_linked(value: Any) -> Any:
    """Escape a text and keep mail programs from making links of the addresses in it: what is Markup already is left."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    escaped = _ADDRESS.sub(lambda found: f"<span>{found.group()}</span>", str(escape(clean(value))))
    return Markup(escaped)  # noqa: S704 - escaped above
