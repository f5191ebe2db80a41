"""Records that were found, as JSON and on a terminal: what `search`, `matches`, `waiting` and `show` share."""

from __future__ import annotations

import difflib
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from monitor import app
from monitor.cli.output import WIDE
from monitor.model.archive import Filters
from monitor.model.records import Kind, State
from monitor.presentation.citation import heading_of
from monitor.presentation.excerpt import Run, mark, question_start
from monitor.presentation.match_reasons import reasons
from monitor.presentation.passage import passage
from monitor.presentation.record_json import MOST_SAME, as_dict
from monitor.presentation.source_differences import conflicts
from monitor.presentation.wording import house_short, member_details, member_name, one_line, short_body, shorten
from monitor.research.reference_parser import sought

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.cli.output import Printer
    from monitor.config.settings import Config
    from monitor.model.archive import Hit
    from monitor.model.records import Member, Proceeding
    from monitor.model.watching import Match

    Due = Callable[[Proceeding, date | None], date | None]

INDENT = " " * 12
_AT_ONCE = 200
_PASSAGE_LINES = 2
_PIPED_ROOM = 300
_LABELS = {"question": "Question: ", "answer": "Answer: ", "text": ""}


def due_days(config: Config) -> Due:
    """When an answer is due, for a question and the latest day that it was ever set down for."""
    from monitor.parliament.calendar import load_calendar  # noqa: PLC0415 (the calendar is slow to import, and seldom needed)
    from monitor.parliament.lifecycle import due_on  # noqa: PLC0415

    sittings = load_calendar(config.calendar.recess)
    return lambda proceeding, floor: due_on(proceeding, sittings, floor)


def record_of(archive: Archive, hit: Hit, matches: Iterable[Match], due: Due) -> dict[str, Any]:
    """A hit as the record of docs/json.md, with these matches."""
    sources = archive.records.sources([hit.proceeding_id])[hit.proceeding_id]
    return _record(archive, hit, matches, due, sources, archive.similar.equal_ids(hit.revision, at_most=MOST_SAME))


def records_of(
    archive: Archive, hits: Iterable[Hit], shown_of: Callable[[Hit], Iterable[Match]], due: Due
) -> Iterator[dict[str, Any]]:
    """Many hits as such records, some read ahead at a time: faster, but the first comes later."""
    rest = iter(hits)
    while some := list(islice(rest, _AT_ONCE)):
        sources = archive.records.sources([hit.proceeding_id for hit in some])
        alike = archive.similar.with_equals([hit.revision for hit in some])
        for hit in some:
            same = archive.similar.equal_ids(hit.revision, at_most=MOST_SAME) if hit.revision.id in alike else ()
            yield _record(archive, hit, shown_of(hit), due, sources[hit.proceeding_id], same)


def _record(
    archive: Archive, hit: Hit, matches: Iterable[Match], due: Due, sources: Sequence[str], same: Sequence[str]
) -> dict[str, Any]:
    differ = conflicts(archive.records.revisions(hit.proceeding_id)) if len(sources) > 1 else ()
    return as_dict(
        hit.revision,
        first_seen_at=hit.first_seen_at,
        due_on=due(hit.revision.proceeding, hit.due_floor_on),
        matches=matches,
        refers_to=[one.id for one in archive.cross_references.cited(hit.revision.proceeding)],
        same_answer_as=same,
        sources=sources,
        differ=differ,
    )


def ids_of(archive: Archive, text: str) -> list[int] | None:
    """Row ids of the records that a text refers to, newest first; None where it is no reference."""
    asked = sought(text)
    if asked is None:
        return None
    if asked.known_as:
        ids = archive.cross_references.find(asked.known_as)
        if asked.is_sure or not ids:
            return ids
        filters = Filters(ids=ids)
    else:
        filters = Filters(first=asked.on, last=asked.on)
    with closing(archive.search.hits(None, filters)) as hits:
        return [hit.proceeding_id for hit in hits if asked.is_meant(hit.revision.proceeding)]


def topic_key(config: Config, given: str, hint: str = "--topic") -> str:
    """The key of a topic named by key or name. Raises BadParameter with the nearest names."""
    wanted = given.casefold()
    for topic in config.topics:
        if given == topic.key or wanted in (topic.key.casefold(), topic.name.casefold()):
            return topic.key
    names = [topic.name for topic in config.topics]
    near = nearest(given, names)
    remedy = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(map(repr, names)) or 'none'}."
    raise click.BadParameter(f"there is no topic {given!r}. {remedy}", param_hint=hint)


def topic_names(config: Config) -> dict[str, str]:
    """Topic names by key."""
    return {topic.key: topic.name for topic in config.topics}


def nearest(given: str, names: Iterable[str], count: int = 3) -> list[str]:
    """The names that are spelt most alike, or hold a word that is, best first."""
    wanted = given.casefold()

    def likeness(name: str) -> float:
        parts = [name.casefold(), *name.casefold().split()]
        return max(difflib.SequenceMatcher(None, wanted, part).ratio() for part in parts)

    scored = sorted(((likeness(name), name) for name in names), key=lambda pair: (-pair[0], pair[1]))
    return [name for score, name in scored if score >= 0.6][:count]  # noqa: PLR2004 - difflib's own measure of alike


def print_hit(printer: Printer, hit: Hit, spans: Sequence[Match], topics: Mapping[str, str] | None = None) -> None:
    """A record in a list: its day, reference, state, body and heading, then the passages with the words found.

    With `topics` (names by key) it says for which of them it was found, and by which terms.
    """
    it = hit.revision.proceeding
    state = it.state.value if it.kind is Kind.QUESTION else it.kind.value
    print_lines(printer, [_day(it.day), reference(it), state], it, spans)
    for said in reasons(spans, topics) if topics is not None else ():
        printer.paragraph(said, INDENT)
    print_passages(printer, it, spans)


def print_lines(printer: Printer, cells: Sequence[str], it: Proceeding, spans: Sequence[Match] = ()) -> None:
    """The first lines of a record in a list: day, reference and state, the answering body, the heading, who said it."""
    day, name, state = cells
    lead = f"{day:10}  {name:14}  {state:12}"
    heading = printer.runs(_heading(it, spans))
    body = short_body(it.body)
    if printer.width is None or printer.width >= WIDE:
        printer.cut_line(f"{lead}  {shorten(body, 36):36}  {heading}")
    else:
        printer.cut_line(f"{lead}  {body}")
        printer.paragraph(heading, INDENT, max_lines=2)
    if said_by := people(it):
        printer.paragraph(said_by, INDENT)


def people(it: Proceeding) -> str:
    """Who asked and who answered, or who spoke; "" where nobody is named."""
    if it.kind is not Kind.QUESTION:
        return f"{'Made' if it.kind is Kind.STATEMENT else 'Said'} by {_called(it.made_by)}" if it.made_by else ""
    minister = it.corrected_by or it.answered_by
    answered = "holding answer" if it.state is State.HOLDING else "answered"
    said = [
        *([f"asked by {_called(it.asked_by)}"] if it.asked_by else []),
        *([f"{answered} by {_called(minister)}"] if minister else []),
    ]
    line = ", ".join(said)
    return line[:1].upper() + line[1:]


def _called(member: Member) -> str:
    return f"{member_name(member)}{member_details(member)}"


def named(keys: Iterable[str], topics: Mapping[str, str]) -> str:
    """Topics by name, apart by semicolons."""
    return "; ".join(one_line(topics.get(key, key)) for key in keys)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _heading(it: Proceeding, spans: Sequence[Match]) -> list[Run]:
    if not it.heading:
        return [Run(heading_of(it, app.clock().date()))]
    runs = mark(it.heading, 0, len(it.heading), _spans(spans, "heading"))
    return [Run(" ".join(run.text.split("\n")), run.mark) for run in runs]


def print_passages(printer: Printer, it: Proceeding, spans: Sequence[Match]) -> None:
    """One passage of each part in which something was found."""
    for part, label in _LABELS.items():
        found = _spans(spans, part)
        text = it.parts().get(part)
        if found and text:
            room = (printer.width - len(INDENT)) * _PASSAGE_LINES - len(label) - 20 if printer.width else _PIPED_ROOM
            opening = question_start(text) if part == "question" else 0
            printer.paragraph(
                label + printer.runs(passage(text, found, room, opening)), INDENT, max_lines=_PASSAGE_LINES + 1
            )


def _spans(matches: Iterable[Match], part: str) -> list[tuple[int, int]]:
    return sorted({(match.start, match.end) for match in matches if match.part == part})


def reference(it: Proceeding) -> str:
    """House and UIN in a list, "Commons 14205"; of what has none the column, "Commons c171", or the id."""
    column = f"c{one_line(it.column)}" if it.column else ""
    return f"{house_short(it.house)} {one_line(it.uin) or column or it.id}"
