"""`terms explain` and `terms try`: what a term finds and why, and what it would find before it is saved."""

from __future__ import annotations

import os
import shlex
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli.config_changes import (
    doubts_json,
    find_doubts,
    members_in_doubt,
    noise_lines,
    quoted,
    read_term,
    topic_of,
    words_not_found,
)
from monitor.cli.formats import to_json
from monitor.cli.options import config_option, today_in_london
from monitor.cli.output import Printer, can_print, cell, plain_option, say
from monitor.cli.workspace import open_workspace, topic_key
from monitor.config import find
from monitor.errors import ConfigError, MonitorError
from monitor.presentation.wording import count_of, day_in_words, so_many
from monitor.research.term_tools.topic_changes import likely_doubts
from monitor.research.term_tools.trial_sentences import (
    example_lead,
    example_runs,
    exclusion_effect,
    few_names,
    found_sentence,
    months_or_years,
    new_sentence,
    small_letters_sentences,
)
from monitor.terms.tree import Phrase
from monitor.text.tokens import folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.research.term_tools.doubts import Doubt
    from monitor.terms.tree import Term
    from monitor.terms.vocabulary import Lexicon

_MOST_FORMS: Final = 12
_BAR_WIDTH: Final = 30
_WORDS_WIDTH: Final = 24
_PASSAGE_LENGTH: Final = 200
"""Characters of a passage where stdout is no terminal."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")


def _read_one_term(command: str, words: Sequence[str]) -> Term:
    """Read a term whose words may be arguments of their own. Say so where several terms became one phrase."""
    term = read_term(" ".join(words))
    if len(words) > 1 and isinstance(term.root, Phrase) and any(" " in word for word in words):
        first = shlex.join(["pqwatch", "terms", command, words[0]])
        say(f"Read as one phrase: {cell(term.source)}. For several terms, one at a time: {first}")
    return term


# -- explain ----------------------------------------------------------------------------------------------------------


@click.command(
    "explain",
    epilog="""\b
Examples:
  pqwatch terms explain "water companies"
  pqwatch terms explain 'paedophil* NEAR/5 unit'
  pqwatch terms explain SOCA --json
""",
)
@click.argument("term", nargs=-1, required=True)
@click.option("--all", "show_all", is_flag=True, help="Show every form that was found, not only the commonest.")
@json_option
@config_option
def explain_command(term: tuple[str, ...], show_all: bool, as_json: bool, config_path: str | None) -> None:
    """Explain TERM: how it is read, every form it finds, with counts and examples from the archive.

    Also what lies near that it does not find, and what to write to find that. Works without an archive, then without
    counts.
    """
    parsed = _read_one_term("explain", term)
    from monitor.research.term_tools import reports  # noqa: PLC0415 (a term that can't be read does without)

    with _open_if_possible(config_path) as (config, archive, lexicon):
        doubts = likely_doubts(find_doubts(parsed.source, config, archive))
        if as_json:
            report = reports.rules_of(parsed, lexicon) | reports.forms_found(parsed, archive, lexicon)
            report["not_found"] = reports.not_found(parsed.root, archive, lexicon)
            report["doubts"] = doubts_json(doubts)
            report["ended_bodies"] = reports.ended_bodies_report(parsed, today_in_london())
            click.echo(to_json(report))
        else:
            _print_explanation(Printer.for_stdout(), parsed, archive, lexicon, doubts, show_all=show_all)


@contextmanager
def _open_if_possible(config_path: str | None) -> Iterator[tuple[Config | None, Archive | None, Lexicon]]:
    """Yield configuration, archive and lexicon: None and the shipped lexicon where one of them can't be read."""
    from monitor.terms.vocabulary import Lexicon  # noqa: PLC0415 (a term that can't be read does without)

    try:
        find(config_path, os.environ, Path.cwd())
    except ConfigError:
        say("No config.toml here, so this is without counts.")
        yield None, None, Lexicon()
        return
    config = app.configuration(config_path, needs_password=False)
    try:
        archive = app.archive(config)
    except ConfigError:
        raise
    except MonitorError as exc:
        say(f"Without counts, for the archive can't be read: {exc}")
        yield config, None, Lexicon(config.equivalents)
        return
    try:
        is_empty = archive.records.is_empty()
        if is_empty:
            say("The archive is empty, so this is without counts. To fill it: pqwatch run")
        yield config, None if is_empty else archive, app.lexicon(config, archive)
    finally:
        archive.close()


def _print_explanation(
    printer: Printer, term: Term, archive: Archive | None, lexicon: Lexicon, doubts: Sequence[Doubt], *, show_all: bool
) -> None:
    """Print each section as soon as it is known: counting takes its time in a large archive."""
    from monitor.research.term_tools import reports  # noqa: PLC0415

    reading = reports.rules_of(term, lexicon)
    _print_reading(printer, reading)
    for doubt in doubts:
        printer.line()
        printer.paragraph(f"! {cell(doubt.said)}")
    for line in members_in_doubt(archive, [term.source]) if archive is not None else ():
        printer.line()
        printer.paragraph(f"! {cell(line)}")
    _print_ended_bodies(printer, reports.ended_bodies_report(term, today_in_london()))
    _print_rules(printer, reading["phrases"])
    found = reports.forms_found(term, archive, lexicon)
    if found["forms"] is not None:
        _print_forms(printer, found, show_all=show_all)
    if archive is not None and not found["records"]:
        for line in words_not_found(archive, lexicon, [term]):
            printer.paragraph(cell(line))
    not_found = reports.not_found(term.root, archive, lexicon)
    if not_found:
        _print_not_found(printer, reading, not_found, has_counts=archive is not None)


def _print_reading(printer: Printer, report: Mapping[str, Any]) -> None:
    """Print a term and how it was read."""
    printer.line(printer.bold(cell(report["term"])))
    if folded(report["read_as"]) != folded(report["term"]):
        printer.paragraph(f"read as {cell(report['read_as'])}", "  ")
    for line in report["in_words"]:
        printer.paragraph(cell(line["said"]), "  " * (line["depth"] + 1))


def _print_ended_bodies(printer: Printer, bodies: Sequence[Mapping[str, Any]]) -> None:
    """Offer the successors of bodies that the term names and that have ended. None is added by itself."""
    if not bodies:
        return
    printer.line()
    printer.line(printer.bold("Names a body that has ended"))
    for body in bodies:
        until = f" until {day_in_words(body['ended'])}" if body["ended"] else ", which has ended"
        printer.paragraph(f"{cell(body['name'])}{until}; then:", "  ")
        for successor in body["successors"]:
            since = f", since {day_in_words(successor['since'])}" if successor["since"] else ", from a day not known"
            printer.paragraph(f"{cell(successor['name'])}{since}", "    ")
        printer.paragraph(f"to find them too: {printer.bold(cell(body['write']))}", "  ")


def _print_rules(printer: Printer, phrases: Sequence[Mapping[str, Any]]) -> None:
    from monitor.research.term_tools.explaining import NO_OTHER  # noqa: PLC0415

    rules = {
        (rule["written"], tuple(rule["also"]), rule["why"]): rule
        for phrase in phrases
        for rule in phrase["finds"]
        if rule["why"] != NO_OTHER
    }
    if not rules:
        return
    printer.line()
    printer.line(printer.bold("Finds by rule"))
    size = min(max(len(cell(written)) for written, _, _ in rules), _WORDS_WIDTH)
    for written, also, why in rules:
        text = f"{', '.join(map(cell, also))} ({why})" if also else why
        printer.beside(f"  {cell(written):{size}}  ", text)


def _print_forms(printer: Printer, report: Mapping[str, Any], *, show_all: bool) -> None:
    forms, count = report["forms"], report["records"]
    found = count_of(count, "record") if count else "no record"
    only_newest = ""
    if report["looked_at"] < count:
        only_newest = f", the newest {report['looked_at']:,} of which were looked at"
    printer.line()
    printer.line(printer.bold(f"Found in {found} of the archive{only_newest}"))
    shown = forms if show_all else forms[:_MOST_FORMS]
    size = max((len(f"{form['records']:,}") for form in shown), default=1)
    for form in shown:
        printer.beside(f"  {form['records']:>{size},}  ", f"{cell(form['form'])} ({form['why']})")
        _print_example(printer, form["example"], " " * (size + 6))
    if len(forms) > len(shown):
        printer.paragraph(f"and {count_of(len(forms) - len(shown), 'form')} more: --all", "  ")


def _print_example(printer: Printer, example: Mapping[str, Any], indent: str) -> None:
    """Print a record with the words around an occurrence."""
    lead = example_lead(example)
    length = _PASSAGE_LENGTH
    if printer.width is not None:
        length = max((printer.width - len(indent)) * 2 - len(lead) - 12, 60)
    printer.paragraph(f"{cell(lead)} {printer.runs(example_runs(example, length))}".rstrip(), indent)


def _print_not_found(
    printer: Printer, reading: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], *, has_counts: bool
) -> None:
    from monitor.research.term_tools.nearby import IN_NAMES  # noqa: PLC0415

    names = {phrase["phrase"]: phrase["names"] for phrase in reading["phrases"]}
    printer.line()
    printer.line(printer.bold(f"Near it, but not found{' (in so many records more)' if has_counts else ''}"))
    counts = [so_many(row["records"] or 0, is_more=row["is_more"]) for row in rows]
    size = max(map(len, counts))
    for row, count in zip(rows, counts, strict=True):
        lead = f"  {count:>{size}}  " if has_counts else "  "
        text = cell(row["what"])
        if text == IN_NAMES:
            text += f": {few_names(names[row['phrase']])}"
        if row["phrase"] != reading["read_as"]:
            text = f"{cell(row['phrase'])}: {text}"
        printer.beside(lead, text)
        if row["records"] or not has_counts:
            printer.beside(" " * len(lead), f"to find them: {printer.bold(cell(row['write']))}")


# -- try --------------------------------------------------------------------------------------------------------------


@click.command(
    "try",
    epilog="""\b
Examples:
  pqwatch terms try grooming
  pqwatch terms try grooming --exclude "animal grooming" --topic "Online safety"
""",
)
@click.argument("term", nargs=-1, required=True)
@click.option("--exclude", metavar="TERM", multiple=True, help="Where it would not count. May be given again.")
@click.option("--topic", metavar="TOPIC", help="Where it would be added: with the exclusions that are there.")
@plain_option
@json_option
@config_option
def try_command(
    term: tuple[str, ...],
    exclude: tuple[str, ...],
    topic: str | None,
    plain: bool,
    as_json: bool,
    config_path: str | None,
) -> None:
    """Try TERM before it is saved: how often it would be found, three samples, and how much of it is new to you.

    Also what exclusions would take away, and the words that stand beside it most: these show what is noise. Changes
    nothing.
    """
    parsed = _read_one_term("try", term)
    given = [read_term(exclusion).source for exclusion in exclude]
    from monitor.research.term_tools.overlap import find_equivalent  # noqa: PLC0415 (only for a term that can be read)
    from monitor.research.term_tools.reports import trial_of  # noqa: PLC0415

    with open_workspace(config_path) as workspace:
        config, archive = workspace.config, workspace.archive
        target = topic_of(config, topic_key(config, topic)) if topic else None
        exclusions = list(dict.fromkeys([*(target.exclude if target else ()), *given]))
        report = trial_of(parsed, exclusions, target, archive, workspace.lexicon, topics=config.topics)
        report["doubts"] = doubts_json(likely_doubts(find_doubts(parsed.source, config, archive)))
        unknown = [] if report["records"] or as_json else words_not_found(archive, workspace.lexicon, [parsed])
        several = members_in_doubt(archive, [parsed.source])
        is_empty = not report["records"] and archive.records.is_empty()
    if as_json:
        click.echo(to_json(report))
        return
    _print_trial(Printer.for_stdout(), report, several, has_bars=not plain)
    if is_empty:
        say("The archive is empty. To fill it: pqwatch run")
    elif not report["records"]:
        for line in unknown:
            say(line)
        say(f"What lies near it: pqwatch terms explain {shlex.quote(parsed.source)}")
    elif target and (known := find_equivalent(target.terms, parsed.source)):
        say(f"{quoted(target.name)} has it already: {cell(known)}")
    else:
        name = shlex.quote(target.name) if target else "TOPIC"
        say(f"To watch it: pqwatch terms add {name} {shlex.quote(parsed.source)}")


def _print_trial(printer: Printer, report: Mapping[str, Any], several: Sequence[str], *, has_bars: bool) -> None:
    _print_reading(printer, report)
    for said in (*(doubt["said"] for doubt in report["doubts"]), *several):
        printer.line()
        printer.paragraph(f"! {cell(said)}")
    printer.line()
    if not report["records"]:
        printer.line(printer.bold(found_sentence(report)))
        _print_small_letters(printer, report)
        return
    printer.paragraph(printer.bold(found_sentence(report)))
    _print_small_letters(printer, report)
    _print_months(printer, report["months"], has_bars=has_bars)
    printer.line()
    printer.paragraph(new_sentence(report))
    for line in noise_lines([report["term"]], [report["noise"] or ""]):
        printer.paragraph(f"! {line}")
    _print_exclusions(printer, report["excluded"])
    _print_beside(printer, report["beside"])
    printer.line()
    printer.line(printer.bold("Samples"))
    for sample in report["samples"]:
        printer.line(f"  {sample['which']}")
        _print_example(printer, sample, "    ")


def _print_small_letters(printer: Printer, report: Mapping[str, Any]) -> None:
    for line in small_letters_sentences(report):
        printer.paragraph(line)


def _print_months(printer: Printer, months: Sequence[Mapping[str, Any]], *, has_bars: bool) -> None:
    """Print a count and a bar for each month, or for each year where there are many months."""
    counts = months_or_years(months)
    most = max(counts.values(), default=0)
    size = len(f"{most:,}")
    room = min(_BAR_WIDTH, printer.width - size - 13) if printer.width else _BAR_WIDTH
    block = "▇" if can_print("▇") else "#"
    for name, count in counts.items():
        length = -(-count * room // most) if most and has_bars else 0
        printer.line(f"  {name:7}  {count:>{size},}  {block * length}".rstrip())


def _print_exclusions(printer: Printer, exclusions: Sequence[Mapping[str, Any]]) -> None:
    if not exclusions:
        return
    printer.line()
    printer.line(printer.bold("Exclusions, each by itself"))
    for exclusion in exclusions:
        printer.beside("  ", f"{cell(exclusion['term'])}: {exclusion_effect(exclusion)}")


def _print_beside(printer: Printer, beside: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    if not any(beside.values()):
        return
    printer.line()
    printer.line(printer.bold("Most often beside it, in records"))
    for place, words in beside.items():
        if words:
            listed = ", ".join(f"{cell(word['word'])}\u00a0{word['records']:,}" for word in words)
            printer.beside(f"  {place:6}  ", listed)
