"""`show`: one record whole, with its story."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import date
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

import click

from monitor import app
from monitor.cli import NOTHING_FOUND
from monitor.cli.formats import emit, format_option, to_json
from monitor.cli.options import config_option
from monitor.cli.output import Printer, paged, pager_option
from monitor.cli.records import due_date_rule
from monitor.cli.show_alike import as_keys, lines_of_asked, lines_of_labels, lines_of_records, lines_of_same
from monitor.cli.workspace import open_workspace, topic_names
from monitor.model.records import PARTS, Kind, State
from monitor.parliament.calendar import LONDON
from monitor.parliament.lifecycle import is_only_reformatted
from monitor.parliament.links import OFFICIAL_HOSTS
from monitor.parliament.provenance import preferred_revision
from monitor.presentation.citation import cite, heading_of
from monitor.presentation.differences import differences
from monitor.presentation.entry import linked
from monitor.presentation.excerpt import quote, with_links
from monitor.presentation.match_reasons import finds
from monitor.presentation.plain_text import fill, led_to, quoted
from monitor.presentation.record_json import whole
from monitor.presentation.source_differences import by_source, conflicts
from monitor.presentation.timeline import chronicle
from monitor.presentation.wording import (
    house_name,
    listed,
    long_day,
    member_details_as_printed,
    member_name,
    office_of,
    one_line,
    short_day,
    source_name,
)
from monitor.research.records import find_ids, record_json
from monitor.research.related import kindred

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from db.archive import Archive
    from monitor.cli.workspace import Workspace
    from monitor.model.archive import Hit
    from monitor.model.records import Member, Proceeding, Revision
    from monitor.model.watching import Match
    from monitor.presentation.differences import Difference
    from monitor.presentation.match_reasons import Find
    from monitor.presentation.source_differences import Conflict
    from monitor.presentation.timeline import Step
    from monitor.research.related import Kindred

_EVERYTHING = 10**9
_STATES = {
    State.TABLED: "not answered yet",
    State.HOLDING: "a holding answer only",
    State.ANSWERED: "answered",
    State.CORRECTED: "answered, and corrected since",
    State.WITHDRAWN: "withdrawn",
    State.LAPSED: "lapsed without an answer",
}


_DIFFERING = {
    "body": "The body",
    "tabled_on": "The day tabled",
    "holding_on": "The day of the holding answer",
    "answered_on": "The day of the answer",
    "corrected_on": "The day of the correction",
    "made_on": "The day",
    "asked_by": "Who asked",
    "answered_by": "Who answered",
    "made_by": "Who made it",
}


@click.command(
    epilog="""\b
Examples:
  pqwatch show 14205                                the newest question of this number
  pqwatch show 2024-11-11/14205                     the one tabled on that day
  pqwatch show q-1725947 --json
  pqwatch show 14205 --revision 1                   as it was when it was first seen
  pqwatch show 2005-12-07/1366W                     what stands in a column of that day
  pqwatch show HC Deb 7 December 2005 c1366W        the same, as it is cited
  pqwatch show https://questions-statements.parliament.uk/written-questions/detail/2024-11-11/14205

\b
Exit codes: 0 found; 2 wrong use; 3 nothing found.
"""
)
@click.argument("words", nargs=-1, required=True, metavar="REF")
@click.option(
    "--revision", type=click.IntRange(min=1), metavar="N", help="As it was in revision N, and what was found then."
)
@format_option
@pager_option
@config_option
def show_command(
    words: tuple[str, ...], revision: int | None, output: str, without_pager: bool, config_path: str | None
) -> None:
    """Show one record whole: every revision, its story, what the watch terms found in it.

    REF is an id, a UIN (the newest question with it; others are named), a day tabled and a UIN, a day and a column, a
    citation, an id of TheyWorkForYou, or the address of the record's page.
    """
    ref = " ".join(words)
    today = app.clock().astimezone(LONDON).date()
    with open_workspace(config_path) as workspace:
        hit = _find(workspace.archive, ref)
        revisions = workspace.archive.records.revisions(hit.proceeding_id)
        if revision is not None:
            hit = _as_it_was(workspace.archive, hit, revisions, revision)
        due = due_date_rule(workspace.config)
        now = preferred_revision(revisions).proceeding
        due_on = due(now, hit.due_floor_on)
        told = workspace.archive.digests.mentions(hit.proceeding_id)
        story = chronicle(revisions, due_on, today)
        referred_by = workspace.archive.cross_references.citing(hit.proceeding_id, now)
        like = kindred(workspace.archive, hit.revision)
        record = whole(
            record_json(workspace.archive, hit, hit.matches, due),
            revisions,
            story,
            told,
            map(attrgetter("id"), referred_by),
        )
        record |= as_keys(like, hit.revision.proceeding)
        if output == "table":
            story = chronicle(revisions, due_on, today, told)
            with paged(without_pager=without_pager) as printer:
                _print(printer, workspace, hit, revisions, story, referred_by, like)
        elif output == "json":
            click.echo(to_json(record))
        else:
            emit([record], (), output)


def _seen_on(revision: Revision) -> date:
    return revision.seen_at.astimezone(LONDON).date()


def _find(archive: Archive, ref: str) -> Hit:
    """The newest record that goes by the reference; the others are named on stderr."""
    ids = find_ids(archive, ref)
    if not ids:
        _say(
            f"No record goes by {ref}."
            + ("" if ids is not None else f" To look for these words: pqwatch search {shlex.quote(ref)}")
        )
        raise SystemExit(NOTHING_FOUND)
    newest, *others = ids
    for other in others:
        it = preferred_revision(archive.records.revisions(other)).proceeding
        _say(f"Also: {_day_and_uin(it)}  {one_line(it.heading)}")
    [hit] = archive.search.hits_of([preferred_revision(archive.records.revisions(newest)).id])
    return hit


def _as_it_was(archive: Archive, hit: Hit, revisions: Sequence[Revision], number: int) -> Hit:
    """The record in an earlier state, with what the terms that are watched now found in that."""
    own = by_source(revisions)[hit.revision.proceeding.source]
    found = next((one for one in own if one.number == number), None)
    if found is None:
        _say(f"It has no revision {number}: there are {len(own)}.")
        raise SystemExit(NOTHING_FOUND)
    [earlier] = archive.search.hits_of([found.id])
    return replace(earlier, first_seen_at=hit.first_seen_at, due_floor_on=hit.due_floor_on)


def _day_and_uin(it: Proceeding) -> str:
    return f"{it.tabled_on}/{one_line(it.uin)}" if it.tabled_on and it.uin else it.id


# -- for people -------------------------------------------------------------------------------------------------------


def _print(
    printer: Printer,
    workspace: Workspace,
    hit: Hit,
    revisions: Sequence[Revision],
    story: Sequence[Step],
    referred_by: Sequence[Proceeding],
    like: Kindred,
) -> None:
    """In the order of what a reader needs: its words, what stands beside them, how they came about, what found them."""
    it = hit.revision.proceeding
    own = by_source(revisions)[it.source]
    printer.line(printer.bold(heading_of(it, app.clock().date())))
    printer.line(cite(it))
    printer.line(f"{house_name(it.house)}{f', {_state(it)}' if it.kind is Kind.QUESTION else ''}")
    if it.url:
        printer.line(one_line(it.url))
    if hit.revision.id != own[-1].id:
        printer.line(
            f"As it was: revision {hit.revision.number} of {len(own)}, seen {long_day(_seen_on(hit.revision))}"
        )
    printer.line()
    for label, value in _facts(it):
        printer.line(fill(value, " " * 17, f"{label:<15}  "))
    for part in PARTS[1:]:
        _print_part(printer, it, part, hit.matches)
    _section(printer, "Attachments, not read by pqwatch", list(_attachments(it)))
    _section(printer, "Links", list(_links(it, workspace.config.digest.hosts)))
    _section(printer, "Labels", list(lines_of_labels(it)))
    _section(printer, "Refers to", list(lines_of_records(workspace.archive.cross_references.cited(it))))
    _section(printer, "Referred to by", list(lines_of_records(referred_by)))
    _section(printer, "Same words", list(lines_of_same(it, like)))
    _section(printer, "Asked before", list(lines_of_asked(like)))
    _section(printer, "To quote it", [f"   pqwatch cite {it.id}"])
    _section(printer, "Story", [_step(step) for step in story])
    _section(printer, "Earlier revisions", list(_earlier(printer, own)))
    if len(by_source(revisions)) > 1:
        _section(printer, "Sources", list(_sources(printer, revisions)))
        _section(printer, "Where they differ", list(_conflicts(printer, conflicts(revisions))))
    _section(printer, "Found by the watch terms", list(_found_by(workspace, hit)))


def _section(printer: Printer, title: str, lines: Sequence[str]) -> None:
    if lines:
        printer.line()
        printer.line(printer.bold(title))
        for line in lines:
            printer.line(line)


def _state(it: Proceeding) -> str:
    return "no longer published" if it.state is State.WITHDRAWN and not it.is_withdrawn else _STATES[it.state]


def _facts(it: Proceeding) -> Iterator[tuple[str, str]]:
    for label, member in (
        ("Asked by", it.asked_by),
        ("Answered by", it.answered_by),
        ("Corrected by", it.corrected_by),
        ("Made by", it.made_by),
    ):
        if member is not None:
            yield label, _who(member)
    if it.uin and it.kind is Kind.QUESTION and one_line(it.uin) not in cite(it):
        yield "Question number", one_line(it.uin)
    if it.has_interest:
        yield "Interest", "the member declared one"
    if it.body:
        yield "Answering body", one_line(it.body)
    if it.grouped_with:
        yield "Grouped with", listed([_grouped(one.uin, one.tabled_on) for one in it.grouped_with])
    yield "Id", it.id


def _who(member: Member) -> str:
    return f"{member_name(member)}{member_details_as_printed(member)}{office_of(member).rstrip(',')}"


def _grouped(uin: str, tabled_on: date | None) -> str:
    return f"{tabled_on}/{one_line(uin)}" if tabled_on else one_line(uin)


def _step(step: Step) -> str:
    day = f"{'seen ' if step.is_seen else ''}{short_day(step.day)}"
    return fill(step.text, " " * 20, f"  {day:>16}  ")


def _print_part(printer: Printer, it: Proceeding, part: str, matches: Iterable[Match]) -> None:
    text = it.parts().get(part)
    if not text:
        return
    spans = sorted((match.start, match.end) for match in matches if match.part == part)
    excerpt = with_links(quote(text, spans, whole_up_to=_EVERYTHING, opening=0), OFFICIAL_HOSTS)
    title = {"question": "Question", "answer": "Answer", "text": "Text"}[part]
    if part == "answer" and it.is_holding:
        title = "Holding answer"
    _section(printer, title, [printer.starred(quoted(excerpt, " "), excerpt)])


def _attachments(it: Proceeding) -> Iterator[str]:
    for one in it.attachments:
        size = f"{one.size_bytes / 1_000_000:.1f} MB" if one.size_bytes else ""
        inside = ", ".join(part for part in (one_line(one.file_type), size) if part)
        yield f"   {one_line(one.title)}{f' ({inside})' if inside else ''}"
        if one.url:
            yield f"   {one_line(one.url)}"


def _links(it: Proceeding, hosts: Sequence[str]) -> Iterator[str]:
    """The words of each link, and where it leads, on a line that is never broken."""
    for link in it.links:
        shown = linked(link, hosts)
        yield led_to(shown.words, shown.address, "   ")


def _earlier(printer: Printer, revisions: Sequence[Revision]) -> Iterator[str]:
    """Each revision before the newest, newest first, with the words that the next one changed."""
    for before, after in reversed(list(pairwise(revisions))):
        if is_only_reformatted(before.proceeding, after.proceeding):
            continue
        events = listed([event.value for event in after.events]) or "no change that has a name"
        seen = before.seen_at.astimezone(LONDON).date()
        next_seen = long_day(after.seen_at.astimezone(LONDON).date())
        yield fill(
            f"Revision {before.number}, seen {long_day(seen)}; replaced on {next_seen}: {events}", "     ", "   "
        )
        yield from _changes(printer, before.proceeding, after.proceeding)
    first = revisions[0].proceeding
    if first.original_answer and first.answer:
        yield fill("As first answered, before it was seen here", "     ", "   ")
        yield from _difference(printer, "answer", differences(first.original_answer, first.answer))


def _changes(printer: Printer, before: Proceeding, after: Proceeding) -> Iterator[str]:
    """The words that changed, part by part. A holding answer shares none with the answer: it is shown whole."""
    for part in PARTS:
        was, now = before.parts().get(part, ""), after.parts().get(part, "")
        if part == "answer" and before.is_holding and not after.is_holding and was:
            yield "     The holding answer:"
            yield quoted(quote(was, [], whole_up_to=_EVERYTHING, opening=0), "     was")
        elif was and now and was != now:
            yield from _difference(printer, part, differences(was, now))


def _difference(printer: Printer, part: str, change: Difference) -> Iterator[str]:
    if change.is_none:
        return
    yield f"     The {part}:"
    yield printer.starred(quoted(change.was, "     was"), change.was)
    yield printer.starred(quoted(change.now, "     now"), change.now)


def _sources(printer: Printer, revisions: Sequence[Revision]) -> Iterator[str]:
    """Each source that tells of the record, the one that counts first, and all that it told."""
    now = preferred_revision(revisions).proceeding.source
    told = by_source(revisions)
    for source in sorted(told, key=lambda source: source != now):
        some = told[source]
        count = f", {len(some)} revisions" if len(some) > 1 else ""
        shown = "; this is shown" if source == now else ""
        yield fill(f"{source_name(source)}: first seen {long_day(_seen_on(some[0]))}{count}{shown}", "     ", "   ")
        if source == now:
            continue
        if url := some[-1].proceeding.url:
            yield f"     {one_line(url)}"
        for before, after in pairwise(some):
            if is_only_reformatted(before.proceeding, after.proceeding):
                continue
            events = listed([event.value for event in after.events]) or "no change that has a name"
            yield fill(f"Its revision {after.number}, seen {long_day(_seen_on(after))}: {events}", "       ", "     ")
            yield from _changes(printer, before.proceeding, after.proceeding)


def _conflicts(printer: Printer, found: Iterable[Conflict]) -> Iterator[str]:
    """What sources print differently, fact by fact and word by word."""
    for one in found:
        if not one.is_part:
            said = f"{source_name(one.source)} has {_fact(one.value)}, {source_name(one.by)} {_fact(one.other)}"
            yield fill(f"{_DIFFERING[one.what]}: {said}", "     ", "   ")
            continue
        yield f"   The {one.what}:"
        change = differences(one.value, one.other)
        for source, excerpt in ((one.source, change.was), (one.by, change.now)):
            yield f"     {source_name(source)} prints"
            yield printer.starred(quoted(excerpt, "      "), excerpt)


def _fact(value: str) -> str:
    try:
        return long_day(date.fromisoformat(value))
    except ValueError:
        return one_line(value)


def _found_by(workspace: Workspace, hit: Hit) -> Iterator[str]:
    """What was found in the newest revision, by topic; also by terms that were edited or removed since."""
    names = topic_names(workspace.config)
    for find in finds(hit.matches, names):
        yield _found(find, names, one_line(find.term))
    before = workspace.archive.matches.of_record(hit.proceeding_id).get(hit.revision.id, [])
    watched = {(topic.key, term) for topic in workspace.config.topics for term in topic.terms}
    for find in finds((match for match in before if match not in hit.matches), names):
        is_watched = (find.topic, find.term) in watched
        how = "{}, before its exclusions were changed" if is_watched else "a term no longer watched: {}"
        yield _found(find, names, how.format(one_line(find.term)))


def _found(find: Find, names: Mapping[str, str], term: str) -> str:
    return fill(f"{one_line(names.get(find.topic, find.topic))}: {find.found_by(term)}", "     ", "   ")


def _say(text: str) -> None:
    click.echo(text, err=True)
