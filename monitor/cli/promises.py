"""`promises`: list what ministers promised; show one, and say that it was kept or dropped."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.formats import emit, format_option, json_option, to_json
from monitor.cli.options import Commands, Day, config_option, subscriber_option, today_in_london, topic_option
from monitor.cli.output import Printer, paged, pager_option, say
from monitor.cli.paging import limit_option
from monitor.cli.records import INDENT, find_record, topic_list
from monitor.cli.workspace import (
    chosen_reader,
    command_line,
    did_you_mean,
    open_workspace,
    say_what_no_run_saw,
    topic_key,
    topic_names,
)
from monitor.model.following import FollowKind, FollowTarget
from monitor.model.promises import PromiseFilters, PromiseKind, PromiseState
from monitor.parliament.calendar import LONDON
from monitor.presentation.citation import cite, heading_of, name_of
from monitor.presentation.promise_words import drift_words, due_words, said_words, why
from monitor.presentation.wording import clean, count_of, long_day, member_name, official_url, one_line, short_body
from monitor.research.promises import (
    PROMISE_ID,
    entries_of_record,
    entry_json,
    entry_notes,
    find_candidates,
    find_entries,
    find_entry,
    ledger_reach,
    whole_json,
)
from monitor.research.references import find_ids
from monitor.research.waiting import EMPTY_ARCHIVE, NO_TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from monitor.cli.workspace import Workspace
    from monitor.research.promises import Candidate, LedgerEntry

_STATES: Final = [state.value for state in PromiseState]
_QUOTE_LINES: Final = 4


def _list_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a list, which `promises` and `promises list` share."""
    options = (
        topic_option,
        click.option(
            "--state", type=click.Choice(_STATES, case_sensitive=False), help="Only those in this state today."
        ),
        click.option(
            "--body", metavar="WORDS", help="Made by a body with these words in its name, or this abbreviation."
        ),
        click.option(
            "--all", "is_all", is_flag=True, help="Of every answer and statement, not of the watched topics alone."
        ),
        click.option("--since", type=Day(), help="Said on this day or later: 2024-11-26 or 30d."),
        limit_option,
        format_option,
        pager_option,
        config_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group(cls=Commands, invoke_without_command=True)
@_list_options
@click.pass_context
def promises_command(context: click.Context, /, **given: Any) -> None:
    """List what ministers promised; show one, and say that it was kept or dropped. Alone it lists them."""
    if context.invoked_subcommand is None:
        context.invoke(list_command, **given)
    else:  # options before the subcommand hold for it
        context.default_map = {name: {"config_path": given["config_path"]} for name in promises_command.commands}


@promises_command.command(
    "list",
    epilog="""\b
Examples:
  pqwatch promises --since 30d
  pqwatch promises --topic Water --state overdue
  pqwatch promises --all --body Transport --since 2025-01-01 --format csv

\b
Exit codes: 0 found; 2 wrong use; 3 nothing found.
""",
)
@_list_options
def list_command(
    topic: str | None,
    state: str | None,
    body: str | None,
    is_all: bool,
    since: date | None,
    limit: int,
    output: str,
    without_pager: bool,
    config_path: str | None,
) -> None:
    """List what ministers promised on the watched topics, said last first.

    A promise that was said again is one, with its repetitions, and its day is that which was named last. `open`: its days
    have not come, or it names none. `due`: they have. `overdue`: they are over.
    """
    if is_all and topic:
        raise click.UsageError("--all and --topic exclude each other: leave out one of them.")
    today = today_in_london()
    with open_workspace(config_path) as workspace:
        filters = PromiseFilters(
            topics=None if is_all else _topics(workspace, topic),
            bodies=_bodies(workspace, body) if body else None,
            since=since,
            state=PromiseState(state.lower()) if state else None,
            today=today,
        )
        with closing(find_entries(workspace.archive, filters, today)) as found:
            shown = list(islice(found, limit or None))
            is_more = bool(limit) and next(found, None) is not None
        if output == "table":
            _print_list(workspace, shown, today, without_pager=without_pager)
        else:
            emit(map(entry_json, shown), (), output)
        if is_more:
            say(f"There is more than these {limit}: --limit 0 lists all of it.")
        _say_reach(workspace)
        say_what_no_run_saw(workspace, filters.topics or ())
        if not shown:
            say(_why_nothing(workspace, filters))
            raise SystemExit(NOTHING_FOUND)


def _topics(workspace: Workspace, topic: str | None) -> tuple[str, ...]:
    if topic:
        return (topic_key(workspace.config, topic),)
    return tuple(watched.key for watched in workspace.config.topics)


def _bodies(workspace: Workspace, words: str) -> tuple[str, ...]:
    found = workspace.archive.promises.bodies(words)
    if not found:
        known = workspace.archive.records.bodies()
        raise click.BadParameter(
            f"no answering body has {words!r} in its name. {did_you_mean(words, known)}", param_hint="--body"
        )
    return found


def _say_reach(workspace: Workspace) -> None:
    reach = ledger_reach(workspace.archive)
    if not reach.is_whole:
        say(
            f"The ledger has read {reach.read:,} of {count_of(reach.of, 'revision')} so far; each run goes on, and so does: "
            f"{command_line(workspace.config, 'match')}"
        )


def _why_nothing(workspace: Workspace, filters: PromiseFilters) -> str:
    if workspace.archive.records.is_empty():
        return EMPTY_ARCHIVE
    if filters.topics == ():
        return f"{NO_TOPICS} Those of every answer: {command_line(workspace.config, 'promises', '--all')}"
    return "No promise was found here." + ("" if filters.topics is None else " Those of every answer: --all")


# -- print ------------------------------------------------------------------------------------------------------------


def _print_list(workspace: Workspace, entries: Sequence[LedgerEntry], today: date, *, without_pager: bool) -> None:
    names = topic_names(workspace.config)
    with paged(without_pager=without_pager) as printer:
        for entry in entries:
            _print_entry(printer, entry, names, today, lines=_QUOTE_LINES)


def _print_entry(
    printer: Printer, entry: LedgerEntry, names: Mapping[str, str], today: date, *, lines: int | None = None
) -> None:
    now, record = entry.now, entry.now.record
    due = "letter" if now.found.kind is PromiseKind.LETTER else due_words(now)
    printer.cut_line(f"{entry.first.id:12}  {printer.bold(f'{entry.state.value:8}')}  {clean(due)}")
    body = f"{short_body(record.body)}: " if record.body else ""
    printer.paragraph(f"{body}{clean(heading_of(record, today))}", INDENT, max_lines=2)
    printer.paragraph(f"\u201c{one_line(now.sentence)}\u201d", INDENT, max_lines=lines)
    said = f"{member_name(now.made_by, 'A minister')}, {long_day(now.made_on)}, {name_of(record)}"
    history = drift_words(entry.promises) or (said_words(entry.promises, today) if len(entry.promises) > 1 else "")
    age = said_words(entry.promises, today) if entry.state is PromiseState.OPEN and not history else ""
    printer.paragraph("; ".join(part for part in (said, history or age) if part), INDENT)
    if reason := why(entry.promises, entry.state):
        printer.paragraph(f"{reason[:1].upper()}{reason[1:]}", INDENT)
    topics = dict.fromkeys(topic for promise in entry.promises for topic in promise.topics if topic in names)
    if topics:
        printer.paragraph(f"Topics: {topic_list(topics, names)}", INDENT)


# -- one promise ------------------------------------------------------------------------------------------------------


@promises_command.command(
    "show",
    epilog="""\b
Examples:
  pqwatch promises show 14205                   the promises of an answer
  pqwatch promises show p-3f9a2c71d0
""",
)
@click.argument("reference", metavar="ID|REF")
@json_option
@config_option
def show_command(reference: str, as_json: bool, config_path: str | None) -> None:
    """Show a promise whole: who said it when and again, what may show that it was kept, decisions and notes.

    ID is that of a promise (p-3f9a2c71d0). Of a record (REF, as in `pqwatch show`) its promises are shown; in JSON they are
    an array.
    """
    today = today_in_london()
    with open_workspace(config_path) as workspace:
        if PROMISE_ID.fullmatch(reference.strip()):
            entry = _entry(workspace, reference, today)
            whole = _Whole(workspace, entry)
            if as_json:
                click.echo(to_json(whole.as_json()))
            else:
                whole.print(today)
            return
        _show_record(workspace, reference, today, as_json=as_json)


def _show_record(workspace: Workspace, reference: str, today: date, *, as_json: bool) -> None:
    record = find_record(workspace.archive, reference).proceeding
    ids = workspace.archive.cross_references.find(record.id)
    entries = entries_of_record(workspace.archive, ids[0], today) if ids else []
    if as_json:
        click.echo(to_json([_Whole(workspace, entry).as_json() for entry in entries]))
    else:
        for entry in entries:
            _print_entry(Printer.for_stdout(), entry, topic_names(workspace.config), today)
    if not entries:
        say(f"{name_of(record) or record.id} holds no promise.")
        _say_reach(workspace)
        raise SystemExit(NOTHING_FOUND)


class _Whole:
    """A promise with its candidates and notes."""

    def __init__(self, workspace: Workspace, entry: LedgerEntry) -> None:
        self.workspace = workspace
        self.entry = entry
        self.candidates: list[Candidate] = find_candidates(workspace.archive, workspace.lexicon, entry)
        self.notes = entry_notes(workspace.archive, entry)

    def as_json(self) -> dict[str, Any]:
        return whole_json(self.entry, self.candidates, self.notes)

    def print(self, today: date) -> None:
        printer = Printer.for_stdout()
        _print_entry(printer, self.entry, topic_names(self.workspace.config), today)
        if len(self.entry.promises) > 1:
            printer.line()
            printer.line(printer.bold(f"Said {len(self.entry.promises)} times"))
            for promise in self.entry.promises:
                gone = ", no longer there" if promise.is_gone else ""
                said = f"{promise.made_on}  {due_words(promise)}{gone} ({cite(promise.record)})"
                printer.paragraph(clean(said), "  ")
        if self.candidates:
            printer.line()
            printer.line(printer.bold("May show that it was kept; you decide"))
            for candidate in self.candidates:
                record = candidate.record
                named = f"{record.day}  {name_of(record) or record.id}: {heading_of(record, today)}"
                printer.paragraph(f"{clean(named)} ({', '.join(candidate.words)})", "  ")
        for note in self.notes:
            printer.line()
            printer.paragraph(
                f"Note of {one_line(note.author)}, {long_day(note.written_at.astimezone(LONDON).date())}: {clean(note.text)}"
            )
        if url := official_url(self.entry.now.record):
            printer.line()
            printer.line(url)


def _entry(workspace: Workspace, public_id: str, today: date) -> LedgerEntry:
    """Return the promise with an id. Ends the command with exit code 3 if the ledger has no such promise."""
    entry = find_entry(workspace.archive, public_id.strip(), today)
    if entry is None:
        command = command_line(workspace.config, "promises", "--all")
        click.echo(clean(f"No promise goes by {public_id}. To list all: {command}"), err=True)
        _say_reach(workspace)
        raise SystemExit(NOTHING_FOUND)
    return entry


# -- decide -----------------------------------------------------------------------------------------------------------

_reason_option: Final = click.option("--reason", metavar="TEXT", default="", help="Why; shown with it.")
_id_argument: Final = click.argument("public_id", metavar="ID")


@promises_command.command(
    "keep",
    epilog="""\b
Example:
  pqwatch promises keep p-3f9a2c71d0 --by HCWS751 --reason "published with the statement"
""",
)
@_id_argument
@click.option("--by", "shown_by", metavar="REF", help="The record that shows it: as in `pqwatch show`.")
@_reason_option
@json_option
@config_option
def keep_command(public_id: str, shown_by: str | None, reason: str, as_json: bool, config_path: str | None) -> None:
    """Mark a promise as kept. It is told once in the digests of those who watch its topics."""
    _decide(config_path, public_id, PromiseState.KEPT, reason, as_json=as_json, shown_by=shown_by)


@promises_command.command("drop")
@_id_argument
@_reason_option
@json_option
@config_option
def drop_command(public_id: str, reason: str, as_json: bool, config_path: str | None) -> None:
    """Mark a promise as dropped: it was taken back, or will not be kept."""
    _decide(config_path, public_id, PromiseState.DROPPED, reason, as_json=as_json)


@promises_command.command("open")
@_id_argument
@_reason_option
@json_option
@config_option
def open_command(public_id: str, reason: str, as_json: bool, config_path: str | None) -> None:
    """Take back that a promise was kept or dropped."""
    _decide(config_path, public_id, PromiseState.OPEN, reason, as_json=as_json)


def _decide(
    config_path: str | None,
    public_id: str,
    state: PromiseState,
    reason: str,
    *,
    as_json: bool,
    shown_by: str | None = None,
) -> None:
    today = today_in_london()
    with open_workspace(config_path, uses_terms=False) as workspace:
        archive = workspace.archive
        entry = _entry(workspace, _checked_id(public_id), today)
        record = _shown_by(workspace, shown_by) if shown_by else None
        archive.promises.decide(entry.first.number, state, record, reason.strip(), "")
        after = _entry(workspace, entry.first.id, today)
        if as_json:
            click.echo(to_json(entry_json(after)))
        else:
            done = "open again" if state is PromiseState.OPEN else state.value
            still = "" if after.state is state else f": {after.state.value} now"
            say(f"{entry.first.id} is {done}{still if state is PromiseState.OPEN else ''}.", is_error=False)


def _checked_id(public_id: str) -> str:
    if not PROMISE_ID.fullmatch(public_id.strip()):
        raise click.BadParameter(
            f"{public_id!r} is no id of a promise: write it as the list has it, p-3f9a2c71d0. Those of a record: "
            "pqwatch promises show REF",
            param_hint="ID",
        )
    return public_id.strip()


def _shown_by(workspace: Workspace, reference: str) -> int:
    ids = find_ids(workspace.archive, reference)
    if not ids:
        raise click.BadParameter(
            f"no record goes by {reference!r}: name one as in pqwatch show REF, or leave --by out", param_hint="--by"
        )
    find_record(workspace.archive, reference)  # names others of the same number
    return ids[0]


# -- note -------------------------------------------------------------------------------------------------------------


@promises_command.command("note")
@_id_argument
@click.argument("text")
@subscriber_option
@config_option
def note_command(public_id: str, text: str, subscriber: str | None, config_path: str | None) -> None:
    """Write a note on a promise, which the whole team sees."""
    if not text.strip():
        raise click.BadParameter("the note is empty: write some words", param_hint="TEXT")
    with open_workspace(config_path, uses_terms=False) as workspace:
        entry = _entry(workspace, _checked_id(public_id), today_in_london())
        reader = chosen_reader(workspace.config, subscriber)
        about = FollowTarget(kind=FollowKind.PROMISE, ref=entry.first.id, promise_id=entry.first.number)
        workspace.archive.notes.add(reader, about, text.strip())
        say(f"Noted on {entry.first.id}, as {one_line(reader.name)}.", is_error=False)
