r"""Markdown that GitHub and pandoc read alike: a readable block for each record, a table for lists of anything else.

    ## [Beaches: Sample Vale](<https://...>)

    **Ada Example** (Labour, Mid Sample) to the Home Office, 26 January 2021:

    > what steps they are taking.

    **Ben Placeholder**, 1 February 2021:

    > Steps are being **taken**.

    Reference: UIN 140001, answered 1 February 2021

Texts are as they were published: whatever is a mark in Markdown has a backslash before it. Words found are bold.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from monitor.parliament.links import clickable_url
from monitor.presentation.excerpt import quote
from monitor.presentation.wording import body_name, clean, long_day, one_line
from monitor.research.export.cells import is_record, row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.presentation.excerpt import Block, Excerpt, Line

_MARKS = re.compile(r"[\\`*_\[\]<>|~#$^@&]")
_NUMBER = re.compile(r"\d{1,9}(?=[.)](?:\s|$))")
"""Beginning of a list, whose numbers Markdown would change."""
_WEB = re.compile(r"https?://[^\s<>]+")
_WHOLE = 10**9
"""Words: as many as there are."""


def markdown(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield records as lines of Markdown."""
    rest = iter(records)
    for first in rest:
        if not is_record(first) or "matches" not in first:  # a promise has the heading of its record, and no texts
            yield from _table([row(first), *map(row, rest)])
            return
        yield from _block(first)
        for record in rest:
            yield ""
            yield from _block(record)


def escaped(text: str) -> str:
    """Return a text on one line, with all Markdown characters escaped."""
    return _MARKS.sub(r"\\\g<0>", one_line(text))


def _block(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield a record: heading, question, answer, reference."""
    heading = escaped(record["heading"] or f"{record['kind'].capitalize()} {record['uin'] or record['id']}")
    yield f"## {_link(heading, record['url'])}"
    for author, part in _parts(record):
        spans = [(match["start"], match["end"]) for match in record["matches"] if match["part"] == part]
        yield from ("", f"{author}:", "")
        yield from _quoted(quote(record[part], spans, whole_up_to=_WHOLE, opening=0))
    for attachment in record["attachments"]:
        title = escaped(attachment["title"] or "a file without a name")
        yield from ("", f"Attached: {_link(title, attachment['url'])}")
    for link in record.get("links", ()):
        yield from ("", f"Link: {_linked(link)}")
    yield from ("", f"Reference: {escaped(record['reference'])} (`{record['id']}`)")


def _parts(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return the author and name of each part."""
    if record["question"]:
        body = body_name(record["body"])
        asked = f"{_person(record['asked_by'], 'A member')} to {escaped(body)}"
        yield f"{asked}{_on(record['tabled_on'])}", "question"
    if record["answer"]:
        minister = record["corrected_by"] or record["answered_by"]
        held = ", holding answer" if record["state"] == "holding" else ""
        day = record["corrected_on"] or record["answered_on"]
        corrected = ", corrected" if record["corrected_on"] else ""
        yield f"{_person(minister, 'A minister')}{held}{corrected}{_on(day)}", "answer"
    if record["text"]:
        yield f"{_person(record['made_by'], record['body'] or 'Parliament')}{_on(record['date'])}", "text"


def _person(member: Mapping[str, Any] | None, otherwise: str) -> str:
    member = member or {}
    known = [escaped(member[key]) for key in ("party", "constituency") if member.get(key)]
    details = f" ({', '.join(known)})" if known else ""
    return f"**{escaped(member.get('name') or otherwise)}**{details}"


def _on(day: str | None) -> str:
    return f", {long_day(date.fromisoformat(day))}" if day else ""


def _link(text: str, url: str | None) -> str:
    return f"[{text}](<{url}>)" if url and _WEB.fullmatch(clean(url)) else text


def _linked(link: Mapping[str, Any]) -> str:
    """Return a link of a text: clickable if it leads to an official host, otherwise as written."""
    words, url = escaped(link["text"]), clickable_url(link["url"])
    return f"[{words or escaped(url)}](<{url}>)" if url else f"{words} {escaped(link['url'])}".strip()


def _quoted(excerpt: Excerpt) -> Iterator[str]:
    """Yield an excerpt as a block quotation, with its paragraphs and lines."""
    for place, block in enumerate(excerpt.blocks):
        if place:
            yield ">"
        lines = _rows(block) if block.rows else [_line(line) for line in block.lines]
        ends = "" if block.rows else "\\"
        yield from (f"> {line}{ends}" for line in lines[:-1])
        yield f"> {lines[-1]}"


def _line(line: Line) -> str:
    """Return a line that Markdown reads as text from its first character on."""
    text = _runs(line)
    number = _NUMBER.match(text)
    if number:
        return f"{text[: number.end()]}\\{text[number.end() :]}"
    return f"\\{text}" if text.startswith(("-", "+", "=")) else text


def _runs(line: Line) -> str:
    return " ".join("".join(_run(run.text, is_found=run.mark == "found") for run in line).split())


def _run(text: str, *, is_found: bool) -> str:
    marked = _MARKS.sub(r"\\\g<0>", text)
    return f"**{marked.strip()}**" if is_found and text.strip() else marked


def _rows(block: Block) -> list[str]:
    """Yield a table. Its first row names the columns; without header rows, the header is empty."""
    rows = [[_runs(cell) for cell in cells] for cells in block.rows]
    head = rows[:1] if block.heads else [[""] * block.columns]
    rest = rows[1:] if block.heads else rows
    return [_cells(column, block.columns) for column in (*head, ["---"] * block.columns, *rest)]


def _cells(cells: Sequence[str], columns: int) -> str:
    return f"| {' | '.join([*cells, *[''] * (columns - len(cells))])} |"


def _table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Rows of anything as a table."""
    columns = list(rows[0])
    yield _cells([escaped(name) for name in columns], len(columns))
    yield _cells(["---"] * len(columns), len(columns))
    for cells in rows:
        yield _cells(["" if cells[name] is None else escaped(str(cells[name])) for name in columns], len(columns))
