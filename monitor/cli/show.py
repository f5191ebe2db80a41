"""`show`: one record in full, with its story and what is related to it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.formats import emit, format_option, to_json
from monitor.cli.options import config_option, today_in_london
from monitor.cli.output import paged, pager_option
from monitor.cli.records import due_date_rule, find_record
from monitor.cli.typed import as_typed
from monitor.cli.workspace import open_workspace, topic_names
from monitor.model.records import PARTS, Kind, State
from monitor.parliament.answer_labels import RULES, label_answer
from monitor.parliament.lifecycle import is_only_reformatted
from monitor.parliament.links import OFFICIAL_HOSTS
from monitor.parliament.provenance import preferred_revision
from monitor.presentation.calendar_words import differing_due_days
from monitor.presentation.citation import cite, heading_of, is_only_spoken, name_of
from monitor.presentation.differences import differences, exceptions
from monitor.presentation.excerpt import quote, with_links
from monitor.presentation.match_reasons import finds
from monitor.presentation.own_lines import note_line
from monitor.presentation.plain_text import fill, led_to, quoted
from monitor.presentation.record_lines import ORAL_QUESTION, people_line
from monitor.presentation.revision_changes import NoSuchRevisionError
from monitor.presentation.shown_links import file_in_words, linked
from monitor.presentation.source_differences import by_source, conflicts
from monitor.presentation.timeline import chronicle, seen_on
from monitor.presentation.wording import (
    count_of,
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
from monitor.research.related import COUNTED, find_related, query_for_answer
from monitor.research.whole_record import hit_in_revision, whole_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from db.archive import Archive
    from monitor.cli.output import Printer
    from monitor.cli.workspace import Workspace
    from monitor.model.following import Note
    from monitor.model.records import Member, Proceeding, Revision
    from monitor.model.search import Hit
    from monitor.model.watching import Match
    from monitor.presentation.differences import Difference
    from monitor.presentation.match_reasons import Find
    from monitor.presentation.source_differences import Conflict
    from monitor.presentation.timeline import Step
    from monitor.research.related import RelatedRecords


_EVERYTHING: Final = 10**9
_STATES: Final = {
    State.TABLED: "not answered yet",
    State.HOLDING: "a holding answer only",
    State.ANSWERED: "answered",
    State.CORRECTED: "answered, and corrected since",
    State.WITHDRAWN: "withdrawn",
    State.LAPSED: "lapsed without an answer",
}


_FACT_NAMES: Final = {
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

_MOST_EXCEPTIONS: Final = 8
"""Places named one by one in which a nearly equal answer differs."""


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
    with open_workspace(config_path, uses_terms=False) as workspace:
        archive, due_date = workspace.archive, due_date_rule(workspace)
        [hit] = archive.search.hits_of([find_record(archive, " ".join(words)).id])
        revisions = archive.records.revisions(hit.proceeding_id)
        if revision is not None:
            hit = _earlier_hit(archive, hit, revisions, revision)
        current = preferred_revision(revisions).proceeding
        due_on = due_date(current, hit.due_floor_on)
        mentions = archive.digests.mentions(hit.proceeding_id)
        cited_by = archive.cross_references.citing(hit.proceeding_id, current)
        related = find_related(archive, hit.revision)
        notes = archive.notes.on([hit.proceeding_id]).get(hit.proceeding_id, [])
        today = today_in_london()
        if output == "table":
            story = chronicle(revisions, due_on, today, mentions)
            due_days = differing_due_days(due_on, due_date.by_parliament(current, hit.due_floor_on))
            with paged(without_pager=without_pager) as printer:
                _print(printer, _Shown(workspace, hit, revisions, story, due_days, cited_by, related, notes))
            return
        record = whole_record(
            archive,
            hit,
            due_date,
            today,
            matches=hit.matches,
            mentions=mentions,
            revisions=revisions,
            cited_by=cited_by,
            related=related,
            notes=notes,
        )
        if output == "json":
            click.echo(to_json(record))
        else:
            emit([record], (), output)


def _earlier_hit(archive: Archive, hit: Hit, revisions: Sequence[Revision], number: int) -> Hit:
    """Return the record in an earlier revision, with what today's terms found in that."""
    try:
        return hit_in_revision(archive, hit, by_source(revisions)[hit.revision.proceeding.source], number)
    except NoSuchRevisionError as exc:
        click.echo(str(exc), err=True)
        raise SystemExit(NOTHING_FOUND) from exc


@dataclass(frozen=True, slots=True)
class _Shown:
    """A record with everything that is shown beside it."""

    workspace: Workspace
    hit: Hit
    revisions: Sequence[Revision]
    story: Sequence[Step]
    due_days: str
    cited_by: Sequence[Proceeding]
    related: RelatedRecords
    notes: Sequence[Note]


def _print(printer: Printer, shown: _Shown) -> None:
    """Print in the order in which a reader needs it: its words, what stands beside them, its story, what found it."""
    hit, archive = shown.hit, shown.workspace.archive
    proceeding = hit.revision.proceeding
    sources = by_source(shown.revisions)
    own = sources[proceeding.source]
    printer.line(printer.bold(heading_of(proceeding, today_in_london())))
    printer.line(cite(proceeding))
    state = f", {_state(proceeding)}" if proceeding.kind is Kind.QUESTION else ""
    printer.line(f"{house_name(proceeding.house)}{state}")
    if proceeding.url:
        printer.line(one_line(proceeding.url))
    if hit.revision.id != own[-1].id:
        seen = long_day(seen_on(hit.revision))
        printer.line(f"As it was: revision {hit.revision.number} of {len(own)}, seen {seen}")
    printer.line()
    for label, value in (*_facts(proceeding), *([("Due", shown.due_days)] if shown.due_days else [])):
        printer.line(fill(value, " " * 17, f"{label:<15}  "))
    for part in PARTS[1:]:
        _print_part(printer, proceeding, part, hit.matches)
    cited = archive.cross_references.cited(proceeding)
    sections = {
        "Attachments, not read by pqwatch": _attachments(proceeding),
        "Links": _links(proceeding, shown.workspace.config.digest.hosts),
        "Labels": _label_lines(proceeding),
        "Refers to": record_lines(cited),
        "Referred to by": record_lines(shown.cited_by),
        "Same words": _same_answer_lines(proceeding, shown.related),
        "Asked before": _asked_before_lines(shown.related),
        "To quote it": [f"   {as_typed(f'pqwatch cite {proceeding.id}')}"],
        "Notes": (_item(note_line(note, _EVERYTHING)) for note in shown.notes),
        "Story": map(_step, shown.story),
        "Earlier revisions": _earlier_revisions(printer, own),
        "Sources": _sources(printer, shown.revisions) if len(sources) > 1 else (),
        "Where they differ": _conflicts(printer, conflicts(shown.revisions)) if len(sources) > 1 else (),
        "Found by the watch terms": _found_by(shown.workspace, hit),
    }
    for title, lines in sections.items():
        _section(printer, title, list(lines))


def _section(printer: Printer, title: str, lines: Sequence[str]) -> None:
    if lines:
        printer.line()
        printer.line(printer.bold(title))
        for line in lines:
            printer.line(line)


# -- the record itself ------------------------------------------------------------------------------------------------


def _state(proceeding: Proceeding) -> str:
    if proceeding.state is State.WITHDRAWN and not proceeding.is_withdrawn:
        return "no longer published"
    return ORAL_QUESTION if is_only_spoken(proceeding) else _STATES[proceeding.state]


def _facts(proceeding: Proceeding) -> Iterator[tuple[str, str]]:
    for label, member in (
        ("Asked by", proceeding.asked_by),
        ("Answered by", proceeding.answered_by),
        ("Corrected by", proceeding.corrected_by),
        ("Made by", proceeding.made_by),
    ):
        if member is not None:
            yield label, _person(member)
    uin = one_line(proceeding.uin)
    if uin and proceeding.kind is Kind.QUESTION and uin not in cite(proceeding):
        yield "Question number", uin
    if proceeding.has_interest:
        yield "Interest", "the member declared one"
    if proceeding.body:
        yield "Answering body", one_line(proceeding.body)
    if proceeding.grouped_with:
        yield (
            "Grouped with",
            listed(
                [
                    f"{other.tabled_on}/{one_line(other.uin)}" if other.tabled_on else one_line(other.uin)
                    for other in proceeding.grouped_with
                ]
            ),
        )
    yield "Id", proceeding.id


def _person(member: Member) -> str:
    return f"{member_name(member)}{member_details_as_printed(member)}{office_of(member).rstrip(',')}"


def _step(step: Step) -> str:
    day = f"{'seen ' if step.is_seen else ''}{short_day(step.day)}"
    return fill(step.text, " " * 20, f"  {day:>16}  ")


def _print_part(printer: Printer, proceeding: Proceeding, part: str, matches: Iterable[Match]) -> None:
    text = proceeding.parts().get(part)
    if not text:
        return
    spans = sorted((match.start, match.end) for match in matches if match.part == part)
    excerpt = with_links(quote(text, spans, whole_up_to=_EVERYTHING, opening=0), OFFICIAL_HOSTS)
    title = {"question": "Question", "answer": "Answer", "text": "Text"}[part]
    if part == "answer" and proceeding.is_holding:
        title = "Holding answer"
    _section(printer, title, [printer.starred(quoted(excerpt, " "), excerpt)])


def _attachments(proceeding: Proceeding) -> Iterator[str]:
    for attachment in proceeding.attachments:
        yield f"   {file_in_words(attachment)}"
        if attachment.url:
            yield f"   {one_line(attachment.url)}"


def _links(proceeding: Proceeding, hosts: Sequence[str]) -> Iterator[str]:
    """Return the words and the address of each link; an address is never broken, so that it can be copied."""
    for link in proceeding.links:
        shown = linked(link, hosts)
        yield led_to(shown.words, shown.address, "   ")


# -- its history ------------------------------------------------------------------------------------------------------


def _earlier_revisions(printer: Printer, revisions: Sequence[Revision]) -> Iterator[str]:
    """Return each revision before the newest, newest first, with the words that the next one changed."""
    for before, after in reversed(list(pairwise(revisions))):
        if is_only_reformatted(before.proceeding, after.proceeding):
            continue
        seen, replaced = long_day(seen_on(before)), long_day(seen_on(after))
        yield _item(f"Revision {before.number}, seen {seen}; replaced on {replaced}: {_events(after)}")
        yield from _changes(printer, before.proceeding, after.proceeding)
    first = revisions[0].proceeding
    if first.original_answer and first.answer:
        yield _item("As first answered, before it was seen here")
        yield from _difference(printer, "answer", differences(first.original_answer, first.answer))


def _events(revision: Revision) -> str:
    return listed([event.value for event in revision.events]) or "no change that has a name"


def _changes(printer: Printer, before: Proceeding, after: Proceeding) -> Iterator[str]:
    """Return the words that changed, part by part. A holding answer is shown whole: the answer has other words."""
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
    """Return each source of the record, the preferred one first, with all that it published."""
    preferred = preferred_revision(revisions).proceeding.source
    sources = by_source(revisions)
    for source in sorted(sources, key=lambda source: source != preferred):
        own = sources[source]
        count = f", {len(own)} revisions" if len(own) > 1 else ""
        is_shown = "; this is shown" if source == preferred else ""
        yield _item(f"{source_name(source)}: first seen {long_day(seen_on(own[0]))}{count}{is_shown}")
        if source == preferred:
            continue
        if url := own[-1].proceeding.url:
            yield f"     {one_line(url)}"
        for before, after in pairwise(own):
            if is_only_reformatted(before.proceeding, after.proceeding):
                continue
            text = f"Its revision {after.number}, seen {long_day(seen_on(after))}: {_events(after)}"
            yield fill(text, "       ", "     ")
            yield from _changes(printer, before.proceeding, after.proceeding)


def _conflicts(printer: Printer, found: Iterable[Conflict]) -> Iterator[str]:
    """Return what sources print differently, fact by fact and word by word."""
    for conflict in found:
        source, other = source_name(conflict.source), source_name(conflict.by)
        if not conflict.is_part:
            facts = f"{source} has {_fact(conflict.value)}, {other} {_fact(conflict.other)}"
            yield _item(f"{_FACT_NAMES[conflict.what]}: {facts}")
            continue
        yield f"   The {conflict.what}:"
        change = differences(conflict.value, conflict.other)
        for name, excerpt in ((source, change.was), (other, change.now)):
            yield f"     {name} prints"
            yield printer.starred(quoted(excerpt, "      "), excerpt)


def _fact(value: str) -> str:
    try:
        return long_day(date.fromisoformat(value))
    except ValueError:
        return one_line(value)


def _found_by(workspace: Workspace, hit: Hit) -> Iterator[str]:
    """Return what was found in this revision, by topic; also by terms that were edited or removed since."""
    config, names = workspace.config, topic_names(workspace.config)
    for find in finds(hit.matches, names):
        yield _find(find, names, one_line(find.term))
    stored = workspace.archive.matches.of_record(hit.proceeding_id).get(hit.revision.id, [])
    watched = {(topic.key, term) for topic in config.topics for term in topic.terms}
    for find in finds((match for match in stored if match not in hit.matches), names):
        term = one_line(find.term)
        if (find.topic, find.term) in watched:
            yield _find(find, names, f"{term}, before its exclusions were changed")
        else:
            yield _find(find, names, f"a term no longer watched: {term}")


def _find(find: Find, names: Mapping[str, str], term: str) -> str:
    return _item(f"{one_line(names.get(find.topic, find.topic))}: {find.found_by(term)}")


def _item(text: str) -> str:
    """Return a text set as an item of a section."""
    return fill(text, "     ", "   ")


# -- other records ----------------------------------------------------------------------------------------------------


def _label_lines(proceeding: Proceeding) -> Iterator[str]:
    """Return each label of the answer with the sentence that it comes from."""
    answer = proceeding.answer or ""
    for label in label_answer(answer):
        sentence = one_line(answer[label.start : label.end])
        yield _item(f"{RULES[label.name].said}: \u201c{sentence}\u201d")


def record_lines(records: Iterable[Proceeding]) -> Iterator[str]:
    """Return records, each with heading, reference, id and people."""
    for proceeding in records:
        heading = f"{one_line(proceeding.heading)}: " if proceeding.heading else ""
        is_open = proceeding.kind is Kind.QUESTION and proceeding.state in (State.TABLED, State.HOLDING)
        unanswered = ", not answered yet" if is_open else ""
        people = people_line(proceeding)
        yield _item(f"{heading}{cite(proceeding)}{unanswered} ({proceeding.id}){f'. {people}' if people else ''}")


def _same_answer_lines(proceeding: Proceeding, related: RelatedRecords) -> Iterator[str]:
    """Return the records with the same answer, and those with nearly the same and how theirs differs."""
    answer = proceeding.answer or ""
    named, count = related.same_answer, related.same_answer_count
    if named:
        more = f"more than {COUNTED - len(named):,}" if count > COUNTED else f"{count - len(named):,}"
        rest = f", and to {more} more:" if count > len(named) else "."
        yield _item(f"The same answer was given to {_by_day(named)}{rest}")
    if count > len(named) and (query := query_for_answer(answer)):
        yield f"     {as_typed(f'pqwatch search {shlex.quote(query)}')}"
    similar = [similar.proceeding for similar in related.similar_answer]
    for places, group in groupby(similar, key=lambda other: exceptions(answer, other.answer or "")):
        shown = list(places[:_MOST_EXCEPTIONS])
        if len(places) > _MOST_EXCEPTIONS:
            shown.append(count_of(len(places) - _MOST_EXCEPTIONS, "more place"))
        yield _item(f"{_by_day(group)}, nearly the same: {'; '.join(shown)}")


def _by_day(records: Iterable[Proceeding]) -> str:
    """Return the names of records, those answered on one day together."""
    days = []
    for day, group in groupby(records, key=lambda proceeding: proceeding.answered_on):
        names = listed([name_of(proceeding) for proceeding in group])
        days.append(f"{names} ({long_day(day)})" if day else names)
    return listed(days)


def _asked_before_lines(related: RelatedRecords) -> Iterator[str]:
    """Return the questions tabled before in the same words, or nearly."""
    for similar in related.asked_before:
        question = similar.proceeding
        day = f", tabled {long_day(question.tabled_on)}" if question.tabled_on else ""
        asker = f" by {one_line(question.asked_by.name)}" if question.asked_by and question.asked_by.name else ""
        nearly = "" if similar.share == 1 else ", in nearly the same words"
        answered = ""
        if question.answered_on and not question.is_holding:
            answered = f"; answered {long_day(question.answered_on)}"
        yield _item(f"{name_of(question)}{day}{asker}{nearly}{answered} ({question.id})")
