"""`terms`: list and check the watch terms, add and remove them in config.toml."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli.config_changes import (
    carry_out,
    count_records,
    diff_json,
    editor,
    find_doubts,
    noise_lines,
    quoted,
    refusals,
    say_likely_doubts,
    topic_of,
)
from monitor.cli.formats import emit, format_option, json_option, to_json
from monitor.cli.options import Commands, config_option, dry_run_option, today_in_london, topic_option
from monitor.cli.output import Printer, cell, say
from monitor.cli.progress import total_bar
from monitor.cli.terms_explain import explain_command, try_command
from monitor.cli.terms_suggest import suggest_command
from monitor.cli.typed import as_typed
from monitor.cli.workspace import open_workspace, topic_key, topic_names
from monitor.errors import sentence
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of
from monitor.research.term_tools.term_list import review_summary, term_rows, watched_terms
from monitor.research.term_tools.topic_changes import KnownTerm, TermChange, find_term, written_terms
from monitor.text.similarity import nearest
from monitor.text.tokens import folded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.cli.workspace import Workspace
    from monitor.config.settings import Config
    from monitor.model.watching import Topic
    from monitor.research.term_tools.checking import TermFinding

_TITLES: Final = ("records", "last found", "since", "term")
_INDENT: Final = " " * 35
_NARROW_INDENT: Final = " " * 6
_STILL_TOLD: Final = "What it found until the last run still comes with the next digest, unless it was mailed before."


@click.group(cls=Commands)
def terms_command() -> None:
    """Add terms to topics, remove them, and see what they find and why."""


terms_command.add_command(explain_command)
terms_command.add_command(try_command)
terms_command.add_command(suggest_command)


# -- list -------------------------------------------------------------------------------------------------------------


@terms_command.command("list")
@topic_option
@format_option
@config_option
def list_command(topic: str | None, output: str, config_path: str | None) -> None:
    """List the watch terms: in how many records each was found, when last, and since when it is watched."""
    with open_workspace(config_path) as workspace:
        topics = _chosen_topics(workspace, topic)
        rows = list(term_rows(workspace.config, watched_terms(workspace.archive, topics), topics))
        if output == "table":
            _print_rows(Printer.for_stdout(), rows)
        else:
            emit(rows, (), output)
        if not rows:
            say(f"No terms are watched. Add [[topics]] to {workspace.config.path}, or: pqwatch topics add NAME TERM")


def _chosen_topics(workspace: Workspace, given: str | None) -> list[Topic]:
    key = topic_key(workspace.config, given) if given else None
    return [topic for topic in workspace.config.topics if key in (None, topic.key)]


def _print_rows(printer: Printer, rows: Sequence[Mapping[str, Any]]) -> None:
    topic = None
    for row in rows:
        if row["topic"] != topic:
            topic = row["topic"]
            printer.line(printer.bold(cell(row["topic_name"])))
            printer.line(f"  {_TITLES[0]:>7}  {_TITLES[1]:10}  {_TITLES[2]:10}  {_TITLES[3]}")
        _print_row(printer, row)


def _print_row(printer: Printer, row: Mapping[str, Any]) -> None:
    if row["problem"]:
        cells = ("!", "", "")
    elif row["exclude"]:
        cells = ("not", "", "")
    elif row["records"] is None:
        cells = ("-", "next run", row["since"] or "")
    else:
        cells = (f"{row['records']:,}", row["last_found_on"] or "never", row["since"])
    figures = f"  {cells[0]:>7}  {cells[1]:10}  {cells[2]:10}"
    term = cell(row["term"])
    if printer.width is not None and printer.width < len(figures) + 2 + min(len(term), 40):
        printer.line(figures.rstrip())
        printer.paragraph(term, _NARROW_INDENT)
    else:
        printer.beside(f"{figures}  ", term)
    is_wide = printer.width is None or printer.width >= len(_INDENT) + 38
    indent = _INDENT if is_wide else _NARROW_INDENT
    if row["read_as"] is not None and folded(row["read_as"]) != folded(row["term"]):
        printer.paragraph(f"read as {cell(row['read_as'])}", indent)
    if row["added"]:
        printer.paragraph("added by successors = true", indent)
    if row["problem"]:
        fault = "can't be read" if row["read_as"] is None else "misread"
        printer.paragraph(f"{fault}: {cell(row['problem'])}", indent)


# -- check ------------------------------------------------------------------------------------------------------------


@terms_command.command(
    "check",
    epilog="""\b
Exit codes: 0 done, whatever was found; 2 wrong use or configuration.
""",
)
@topic_option
@format_option
@config_option
def check_command(topic: str | None, output: str, config_path: str | None) -> None:
    """Look for watch terms that may not do what they are for, and say what to do.

    Terms that were never found although their words are common, that have gone quiet, that are found in too many records,
    that another term of the topic covers, that hold a typing error, that are written in capitals where records have small
    letters, that name an office by an old name, that filter by a name which no one has any more, and such as can't be
    read, or were probably meant in another way. And topics that have found nothing for a year. These are hints: nothing is
    changed.
    """
    from monitor.research.term_tools.review import Review  # noqa: PLC0415 (loads long lists of names)

    with open_workspace(config_path) as workspace:
        config, archive = workspace.config, workspace.archive
        topics = _chosen_topics(workspace, topic)
        doubts = partial(find_doubts, config=config, archive=archive)
        review = Review(topics, config, archive, workspace.lexicon, today_in_london(), doubts)
        with total_bar("checking") as progress:
            findings = review.findings(progress)
        names = topic_names(config)
        if output == "table":
            _print_findings(Printer.for_stdout(), findings, names)
        else:
            records = (
                {"schema": SCHEMA, **asdict(finding), "topic_name": names[finding.topic]} for finding in findings
            )
            emit(records, (), output)
        say(review_summary(findings, topics))


def _print_findings(printer: Printer, findings: Sequence[TermFinding], names: Mapping[str, str]) -> None:
    topic, term = "", ""
    for finding in findings:
        if finding.topic != topic:
            printer.line(printer.bold(cell(names[finding.topic])))
        if finding.term and (finding.topic, finding.term) != (topic, term):
            printer.paragraph(cell(finding.term), "  ")
        topic, term = finding.topic, finding.term
        printer.paragraph(f"{sentence(cell(finding.said))} {sentence(cell(as_typed(finding.remedy)))}", _NARROW_INDENT)


# -- add --------------------------------------------------------------------------------------------------------------


@terms_command.command(
    "add",
    epilog="""\b
Examples:
  pqwatch terms add "Online safety" "age verification"
  pqwatch terms add "Online safety" '"harmful content" AND online'
  pqwatch terms add Grooming "animal grooming" --exclude
""",
)
@click.argument("topic")
@click.argument("term", nargs=-1, required=True)
@click.option("--exclude", "is_exclude", is_flag=True, help="Add it to what does not count for the topic.")
@dry_run_option
@json_option
@config_option
def add_command(
    topic: str, term: tuple[str, ...], is_exclude: bool, dry_run: bool, as_json: bool, config_path: str | None
) -> None:
    """Add TERM to TOPIC in config.toml, and say how many records it finds already.

    TOPIC is a name or an id. A term of several words stands in quotes for the shell. One that is there already, however
    it is written, is not added again.
    """
    _refuse_several("add", topic, term)
    config = app.configuration(config_path, needs_password=False)
    target = topic_of(config, topic_key(config, topic, "TOPIC"))
    with refusals():
        change = editor(config).add_term(target, term[0], is_exclude=is_exclude)
    plan = change.plan if isinstance(change, TermChange) else None
    if isinstance(change, TermChange):
        carry_out(change.plan, dry_run=dry_run, as_json=as_json)
        say_likely_doubts(change.doubts)
    done: dict[str, Any] = {
        "schema": SCHEMA,
        "topic": target.key,
        "term": change.term,
        "exclude": is_exclude,
        "path": str(config.path),
        "line": change.line,
        "added": plan is not None and not dry_run,
        "there_as": change.there_as if isinstance(change, KnownTerm) else None,
        "diff": diff_json(plan, dry_run=dry_run) if plan else None,
    }
    counts = count_records(config, [change.term], target)
    done["records"], done["records_in_topic"] = (counts.records[0], counts.in_topic[0]) if counts else (None, None)
    done["noise"] = counts.noise[0] or None if counts and not is_exclude else None
    if as_json:
        click.echo(to_json(done))
    else:
        _say_added(target, done, counts.hints if counts else [])


def _refuse_several(command: str, topic: str, term: Sequence[str]) -> None:
    if len(term) == 1:
        return
    if any(" " in word for word in term):
        commands = (shlex.join(["pqwatch", "terms", command, topic, word]) for word in term)
        raise click.UsageError("\n  ".join(("One term at a time:", *commands)))
    again = shlex.join(["pqwatch", "terms", command, topic, " ".join(term)])
    raise click.UsageError(f"One term at a time; the shell needs quotes around several words: {again}")


def _say_added(topic: Topic, done: Mapping[str, Any], hints: Sequence[str]) -> None:
    line = f"{done['path']}, line {done['line']}"
    term = quoted(done["term"])
    where = f"what does not count for {quoted(topic.name)}" if done["exclude"] else quoted(topic.name)
    if done["there_as"] is not None:
        written = "" if done["there_as"] == done["term"] else f" as {quoted(done['there_as'])}"
        say(f"{term} is in {where} already{written}: {line}", is_error=False)
    elif done["added"]:
        say(f"Added {term} to {where}: {line}", is_error=False)
    if done["records"] is not None:
        say(_count_sentence(done), is_error=False)
        for line in [*hints, *noise_lines([done["term"]], [done["noise"] or ""])]:
            say(line)
        if not done["records"]:
            say(f"What lies near it: pqwatch terms explain {shlex.quote(done['term'])}")
    if done["added"]:
        anew = f"The topic is matched anew at the next run. {_STILL_TOLD}"
        say(anew if done["exclude"] else "Matched at the next run.", is_error=False)


def _count_sentence(done: Mapping[str, Any]) -> str:
    count, shared = done["records"], done["records_in_topic"]
    verb = "stands in" if done["exclude"] else "finds"
    if not count:
        return f"It {verb} no record of the archive yet."
    text = f"It {verb} {count_of(count, 'record')} of the archive"
    shared_count = f"{shared:,}" if shared else "none"
    when = "now" if done["exclude"] and shared else "" if done["exclude"] else "already" if shared else "yet"
    return f"{text}; the topic has {shared_count} of these{' ' + when if when else ''}."


# -- remove -----------------------------------------------------------------------------------------------------------


@terms_command.command(
    "remove",
    epilog="""\b
Examples:
  pqwatch terms remove "Online safety" "age verification"
  pqwatch terms remove Grooming "animal grooming" --exclude
""",
)
@click.argument("topic")
@click.argument("term", nargs=-1, required=True)
@click.option("--exclude", "is_exclude", is_flag=True, help="Remove it from what does not count for the topic.")
@dry_run_option
@json_option
@config_option
def remove_command(
    topic: str, term: tuple[str, ...], is_exclude: bool, dry_run: bool, as_json: bool, config_path: str | None
) -> None:
    """Remove TERM from TOPIC in config.toml.

    TOPIC is a name or an id, TERM the term as it stands there, or one that means the same. What it found is still told
    where that is owed, and stays in the archive. A topic keeps one term: to be rid of all, remove the topic.
    """
    _refuse_several("remove", topic, term)
    config = app.configuration(config_path, needs_password=False)
    target = topic_of(config, topic_key(config, topic, "TOPIC"))
    known = _find_term(config, target, term[0].strip(), is_exclude=is_exclude)
    change = editor(config).remove_term(target, known, is_exclude=is_exclude)
    carry_out(change.plan, dry_run=dry_run, as_json=as_json)
    if as_json:
        done = {
            "schema": SCHEMA,
            "topic": target.key,
            "term": known,
            "exclude": is_exclude,
            "path": str(config.path),
            "line": change.line,
            "removed": not dry_run,
            "diff": diff_json(change.plan, dry_run=dry_run),
        }
        click.echo(to_json(done))
    elif not dry_run:
        where = f"what does not count for {quoted(target.name)}" if is_exclude else quoted(target.name)
        say(f"Removed {quoted(known)} from {where}: {config.path}, line {change.line}", is_error=False)
        told = f"{_STILL_TOLD} It stays in the archive."
        say("The topic is matched anew at the next run." if is_exclude else told, is_error=False)


def _find_term(config: Config, topic: Topic, given: str, *, is_exclude: bool) -> str:
    """Return the term of a topic that is meant, even if it can't be read. Raises BadParameter with the nearest."""
    known = find_term(config, topic, given, is_exclude=is_exclude)
    if known is not None:
        return known
    if given in topic.added and not is_exclude:
        raise click.BadParameter(
            f"{given} is not in config.toml: it is looked for because of successors = true. Take that out of the topic.",
            param_hint="TERM",
        )
    near = nearest(given, written_terms(config, topic, is_exclude=is_exclude))
    remedy = f"Did you mean {near[0]!r}?" if near else f"To see what there is: pqwatch terms list --topic {topic.key!r}"
    kind = "exclusion" if is_exclude else "term"
    raise click.BadParameter(f"{topic.name!r} has no such {kind}: {given}. {remedy}", param_hint="TERM")
