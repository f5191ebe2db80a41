"""`topics`: list what is watched; add, remove or rename a topic in config.toml."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli.config_changes import (
    archive_if_readable,
    carry_out,
    count_records,
    diff_json,
    editor,
    noise_lines,
    quoted,
    refusals,
    say_likely_doubts,
    topic_of,
)
from monitor.cli.formats import emit, format_option, json_option, to_json
from monitor.cli.options import Commands, config_option, dry_run_option
from monitor.cli.output import Column, Printer, cell, print_table, say
from monitor.cli.reader_changes import open_readers
from monitor.cli.workspace import open_workspace, say_what_no_run_saw, topic_key
from monitor.config.merging import refuse_only_topic, take_topic_off, with_subscribers
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of, listed_briefly, one_line
from monitor.research.term_tools.term_list import topic_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INDENT: Final = "    "


@click.group(cls=Commands, invoke_without_command=True)
@format_option
@config_option
@click.pass_context
def topics_command(context: click.Context, output: str, config_path: str | None) -> None:
    """List the topics that are watched, add one, remove one, or give one another name. Alone it lists them."""
    if context.invoked_subcommand is None:
        context.invoke(list_command, output=output, config_path=config_path)
    else:  # options before the subcommand hold for it
        given = {"config_path": config_path, "output": output}
        context.default_map = dict.fromkeys(topics_command.commands, given)


# -- list -------------------------------------------------------------------------------------------------------------


@topics_command.command("list")
@format_option
@config_option
def list_command(output: str, config_path: str | None) -> None:
    """List topics, with their terms, who gets them, and how many records the terms found."""
    with open_workspace(config_path) as workspace:
        rows = list(topic_rows(workspace.config, workspace.archive))
        if output == "table":
            printer = Printer.for_stdout()
            for row in rows:
                _print_row(printer, row)
        else:
            emit(rows, (), output)
        say_what_no_run_saw(workspace, {topic.key for topic in workspace.config.topics})
        if not rows:
            say(f"No topics are watched. Add [[topics]] to {workspace.config.path}, or: pqwatch topics add NAME TERM")


def _print_row(printer: Printer, row: Mapping[str, Any]) -> None:
    known_as = f" (id: {one_line(row['id'])})" if row["id"] != row["name"] else ""
    printer.line(printer.bold(one_line(row["name"])) + known_as)
    readers = listed_briefly([one_line(name) for name in row["subscribers"]]) or "no one"
    printer.paragraph(f"{count_of(row['records'], 'record')} found; told to {readers}", INDENT)
    printer.paragraph(f"Terms: {_terms(row['terms'])}", INDENT)
    if row["exclude"]:
        printer.paragraph(f"Not: {_terms(row['exclude'])}", INDENT)
    if row["note"]:
        printer.paragraph(f"Note: {one_line(row['note'])}", INDENT)


def _terms(terms: Sequence[str]) -> str:
    return "; ".join(one_line(term) for term in terms) or "none"


# -- add --------------------------------------------------------------------------------------------------------------


@topics_command.command(
    "add",
    epilog="""\b
Examples:
  pqwatch topics add "Modern slavery" "modern slavery" "human trafficking"
  pqwatch topics add Grooming grooming --exclude "animal grooming" --note "for the review"
""",
)
@click.argument("name")
@click.argument("terms", metavar="TERM...", nargs=-1, required=True)
@click.option("--exclude", metavar="TERM", multiple=True, help="Where a term does not count. May be given again.")
@click.option("--id", "id_", metavar="ID", default="", help="What it is known by, if the name may change.")
@click.option("--note", metavar="TEXT", default="", help="Why you follow this.")
@dry_run_option
@json_option
@config_option
def add_command(
    name: str,
    terms: tuple[str, ...],
    exclude: tuple[str, ...],
    id_: str,
    note: str,
    dry_run: bool,
    as_json: bool,
    config_path: str | None,
) -> None:
    """Add a topic to config.toml, behind the others, and say how many records its terms find already."""
    config = app.configuration(config_path, needs_password=False)
    with refusals():
        change = editor(config).add_topic(name, terms, exclude, id_, note)
    carry_out(change.plan, dry_run=dry_run, as_json=as_json)
    with archive_if_readable(config, "Who is in the archive") as archive:
        after = with_subscribers(change.after, archive) if archive else change.after
    say_likely_doubts(change.doubts)
    counts = count_records(config, change.terms)
    records = counts.records if counts else [None] * len(change.terms)
    noise = counts.noise if counts else [""] * len(change.terms)
    done: dict[str, Any] = {
        "schema": SCHEMA,
        "id": change.key,
        "name": change.name,
        "path": str(config.path),
        "line": change.line,
        "terms": [
            {"term": term, "records": count, "noise": said or None}
            for term, count, said in zip(change.terms, records, noise, strict=True)
        ],
        "exclude": list(change.exclude),
        "note": note.strip() or None,
        "subscribers": [reader.name for reader in after.subscribers if change.key in reader.topics],
        "added": not dry_run,
        "diff": diff_json(change.plan, dry_run=dry_run),
    }
    if as_json:
        click.echo(to_json(done))
    else:
        same = [f"Left out: {quoted(term)} finds the same as {quoted(known)}." for term, known in change.same]
        _say_added(done, [*same, *(counts.hints if counts else []), *noise_lines(change.terms, noise)])


def _say_added(done: Mapping[str, Any], hints: Sequence[str]) -> None:
    verb = "Added the topic" if done["added"] else "Would add the topic"
    # One line, however long: the path can then be copied.
    click.echo(cell(f"{verb} {quoted(done['name'])}: {done['path']}, line {done['line']}"))
    rows = [
        {"term": term["term"], "records": f"{term['records']:,}"}
        for term in done["terms"]
        if term["records"] is not None
    ]
    if rows:
        columns = [Column("in the archive", itemgetter("records"), is_number=True), Column("term", itemgetter("term"))]
        print_table(rows, columns, indent=INDENT)
    for line in hints:
        say(line)
    if done["added"]:
        say("Matched at the next run.", is_error=False)
    if not done["subscribers"]:
        say(f"No one gets it yet: add {quoted(done['name'])} to the topics of a subscriber.")


# -- rename and remove ------------------------------------------------------------------------------------------------


@topics_command.command(
    "rename",
    epilog="""\b
Example:
  pqwatch topics rename "Hi-tech crime policing" "Cyber crime policing"
""",
)
@click.argument("old")
@click.argument("new")
@dry_run_option
@json_option
@config_option
def rename_command(old: str, new: str, dry_run: bool, as_json: bool, config_path: str | None) -> None:
    """Give a topic another name in config.toml, there and in the lists of subscribers.

    OLD is its name or id. What it found and what was told of it stays: a topic without an id gets its old name for one.
    """
    config = app.configuration(config_path, needs_password=False)
    topic = topic_of(config, topic_key(config, old, "OLD"))
    new = new.strip()
    if new == topic.name:
        say(f"The topic is called {quoted(new)} already.")
        return
    change = editor(config).rename_topic(topic, new)
    carry_out(change.plan, dry_run=dry_run, as_json=as_json)
    done = {
        "schema": SCHEMA,
        "id": topic.key,
        "old_name": topic.name,
        "name": new,
        "path": str(config.path),
        "line": change.line,
        "renamed": not dry_run,
        "diff": diff_json(change.plan, dry_run=dry_run),
    }
    if as_json:
        click.echo(to_json(done))
    elif not dry_run:
        say(f"Renamed {quoted(topic.name)} to {quoted(new)}: {config.path}, line {done['line']}", is_error=False)
        say(f"It is still known by the id {quoted(topic.key)}, so its history stays.", is_error=False)


@topics_command.command(
    "remove",
    epilog="""\b
Example:
  pqwatch topics remove "Modern slavery" --dry-run
""",
)
@click.argument("topic")
@dry_run_option
@json_option
@config_option
def remove_command(topic: str, dry_run: bool, as_json: bool, config_path: str | None) -> None:
    """Remove a topic from config.toml, and from the lists of those who get it.

    TOPIC is a name or an id. Its terms go with it, and the comments in it. What it found stays in the archive, but is told
    no more. Somebody who gets no other topic has to be given one, or removed, first.
    """
    with open_readers(config_path) as (config, archive):
        removed = topic_of(config, topic_key(config, topic, "TOPIC"))
        if archive is not None:
            refuse_only_topic(archive, removed)
        change = editor(config).remove_topic(removed)
        carry_out(change.plan, dry_run=dry_run, as_json=as_json)
        taken_off = list(change.taken_off)
        if archive is not None and not dry_run:
            taken_off += take_topic_off(archive, removed)
    readers = [*config.subscribers, *(webhook.reader for webhook in config.webhooks)]
    done: dict[str, Any] = {
        "schema": SCHEMA,
        "id": removed.key,
        "name": removed.name,
        "path": str(config.path),
        "line": change.line,
        "terms": list(removed.terms),
        "subscribers": [reader.name for reader in readers if removed.key in reader.topics],
        "taken_off": taken_off,
        "removed": not dry_run,
        "diff": diff_json(change.plan, dry_run=dry_run),
    }
    if as_json:
        click.echo(to_json(done))
    elif not dry_run:
        _say_removed(done, is_last=not change.after.topics)


def _say_removed(done: Mapping[str, Any], *, is_last: bool) -> None:
    count = count_of(len(done["terms"]), "term")
    say(f"Removed the topic {quoted(done['name'])} with {count}: {done['path']}, line {done['line']}", is_error=False)
    if done["taken_off"]:
        say(f"Taken off the list of {listed_briefly([quoted(name) for name in done['taken_off']])}.", is_error=False)
    if done["subscribers"]:
        readers = listed_briefly([quoted(name) for name in done["subscribers"]])
        verb = "get" if len(done["subscribers"]) > 1 else "gets"
        say(f"{readers} {verb} nothing new of it any more, not even what is found and not told yet.", is_error=False)
    say("What it found stays in the archive: pqwatch search finds it.", is_error=False)
    if is_last:
        say("No topic is watched now: pqwatch topics add NAME TERM")
