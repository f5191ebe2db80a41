"""`terms try`: what a term would find, before it is saved."""

from __future__ import annotations

import shlex
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.config_changes import doubts_json, find_doubts, likely_doubts, quoted, read_term, topic_of
from monitor.cli.formats import to_json
from monitor.cli.options import config_option
from monitor.cli.output import Printer, can_print, cell, say
from monitor.cli.terms_explain import example_of, print_example, print_reading
from monitor.cli.workspace import open_workspace, topic_key
from monitor.model.archive import Filters, Hit
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of
from monitor.research.term_tools.overlap import find_equivalent
from monitor.terms.printer import format_term

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.cli.workspace import Workspace
    from monitor.model.watching import Topic
    from monitor.ports import Query
    from monitor.research.term_tools.trial import Kept
    from monitor.terms.tree import Term

LOOKED_AT = 5_000
"""So many of the newest records are looked at for exclusions, neighbours and samples."""

_MOST_MONTHS = 24
_BAR = 30


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
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
@config_option
def try_command(
    term: tuple[str, ...], exclude: tuple[str, ...], topic: str | None, as_json: bool, config_path: str | None
) -> None:
    """Try TERM before it is saved: how often it would be found, three samples, and how much of it is new to you.

    Also what exclusions would take away, and the words that stand beside it most: these show what is noise. Changes
    nothing.
    """
    read = read_term(" ".join(term))
    given = [read_term(one).source for one in exclude]
    with open_workspace(config_path) as workspace:
        where = topic_of(workspace.config, topic_key(workspace.config, topic)) if topic else None
        told = _told(workspace, read, list(dict.fromkeys([*(where.exclude if where else ()), *given])), where)
        is_empty = not told["records"] and workspace.archive.records.is_empty()
    if as_json:
        click.echo(to_json(told))
        return
    _print(Printer.for_stdout(), told)
    if is_empty:
        say("The archive is empty. To fill it: pqwatch run")
    elif not told["records"]:
        say(f"What lies near it: pqwatch terms explain {shlex.quote(read.source)}")
    elif where and (known := find_equivalent(where.terms, read.source)):
        say(f"{quoted(where.name)} has it already: {cell(known)}")
    else:
        name = shlex.quote(where.name) if where else "TOPIC"
        say(f"To watch it: pqwatch terms add {name} {shlex.quote(read.source)}")


# -- what there is to tell --------------------------------------------------------------------------------------------


def _told(workspace: Workspace, read: Term, exclude: Sequence[str], where: Topic | None) -> dict[str, Any]:
    from monitor.research.term_tools import explaining, trial  # noqa: PLC0415 (a term that can't be read needs neither)
    from monitor.terms.matcher import compile_query  # noqa: PLC0415

    query = compile_query(read.source, workspace.lexicon)
    hits = list(workspace.archive.search.hits(query, Filters(), limit=LOOKED_AT))
    kept = trial.try_term(read.source, exclude, hits, workspace.lexicon)
    before, after = trial.beside(kept)
    count, oldest = len(hits), list[Hit]()
    if count == LOOKED_AT:
        count = workspace.archive.search.count(query, Filters())
        oldest = list(workspace.archive.search.hits(query, Filters(oldest_first=True), limit=1))
    shown = [*kept, *trial.try_term(read.source, exclude, oldest, workspace.lexicon)]
    return {
        "schema": SCHEMA,
        "term": read.source,
        "read_as": format_term(read.root),
        "in_words": [{"depth": depth, "said": said} for depth, said in explaining.in_words(read.root)],
        "topic": where.key if where else None,
        "exclude": list(exclude),
        "doubts": doubts_json(likely_doubts(find_doubts(read.source, workspace.config, workspace.archive))),
        "records": count,
        "small_letters": _small_letters(workspace, read),
        "looked_at": len(hits),
        "kept": len(kept),
        "known": sum(bool(one.hit.matches) for one in kept),
        "known_to_topic": sum(any(match.topic == where.key for match in one.hit.matches) for one in kept)
        if where
        else None,
        "excluded": [
            {"term": one.term, "records": one.records, "occurrences": one.occurrences}
            for one in trial.exclusions(read.source, exclude, hits, workspace.lexicon)
        ],
        "months": _months(workspace, query, kept, is_whole=len(hits) == count),
        "beside": {
            name: [{"word": word, "records": records} for word, records in words]
            for name, words in (("before", before), ("after", after))
        },
        "samples": [{"which": which} | _sample(one) for which, one in trial.samples(read.source, shown)],
    }


def _small_letters(workspace: Workspace, read: Term) -> list[dict[str, Any]]:
    """The acronyms of the term in small letters, which it does not find, where some record has them."""
    from monitor.research.term_tools.nearby import in_small_letters  # noqa: PLC0415
    from monitor.terms.matcher import compile_query  # noqa: PLC0415

    small = in_small_letters(read.root)
    counts = workspace.archive.search.counts([compile_query(one.query, workspace.lexicon) for one in small], Filters())
    return [{"write": one.write, "records": count} for one, count in zip(small, counts, strict=True) if count]


def _months(workspace: Workspace, query: Query, kept: Sequence[Kept], *, is_whole: bool) -> list[dict[str, Any]]:
    """By month, with exclusions where all records were looked at, else without."""
    from monitor.research.term_tools import trial  # noqa: PLC0415

    days = sorted(workspace.archive.matches.records_by_day())
    if not days:
        return []
    if is_whole:
        months = trial.by_month((one.hit.revision.proceeding.day for one in kept), days[0], days[-1])
    else:
        months = trial.by_month((), days[0], days[-1])
        for month in months:
            first = date.fromisoformat(f"{month}-01")
            last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            months[month] = workspace.archive.search.count(query, Filters(first=first, last=last))
    return [{"month": month, "records": count} for month, count in months.items()]


def _sample(one: Kept) -> dict[str, Any]:
    return example_of(one.hit, one.matches[0] if one.matches else None)


# -- on a terminal ----------------------------------------------------------------------------------------------------


def _print(printer: Printer, told: Mapping[str, Any]) -> None:
    print_reading(printer, told)
    for one in told["doubts"]:
        printer.line()
        printer.paragraph(f"! {cell(one['said'])}")
    count, kept = told["records"], told["kept"]
    if not count:
        printer.line()
        printer.line(printer.bold("Finds no record of the archive"))
        _print_small_letters(printer, told)
        return
    left = f", {kept:,} of them in spite of the exclusions" if told["exclude"] and told["looked_at"] == count else ""
    printer.line()
    printer.paragraph(printer.bold(f"Finds {count_of(count, 'record')} of the archive{left}"))
    _print_small_letters(printer, told)
    _print_months(printer, told["months"])
    printer.line()
    printer.paragraph(_known(told), "")
    _print_exclusions(printer, told)
    _print_beside(printer, told["beside"])
    printer.line()
    printer.line(printer.bold("Samples"))
    for sample in told["samples"]:
        printer.line(f"  {sample['which']}")
        print_example(printer, sample, "    ")


def _print_small_letters(printer: Printer, told: Mapping[str, Any]) -> None:
    for one in told["small_letters"]:
        more = count_of(one["records"], "more record") if told["records"] else count_of(one["records"], "record")
        said = f"Not found: “{cell(one['write'])}”, which {more} {'has' if one['records'] == 1 else 'have'} in small letters"
        printer.paragraph(f"{said} or with a capital first. To find any case, write it small.", "")


def _known(told: Mapping[str, Any]) -> str:
    kept, known = told["kept"], told["known"]
    if told["looked_at"] < told["records"]:
        said = (
            f"Of the newest {told['looked_at']:,}, which all that follows is about, your terms find {known:,} already"
        )
    else:
        said = f"Your terms find {known:,} of these already"
    said += f"; {kept - known:,} would be new."
    if told["known_to_topic"] is not None:
        said += f" The topic has {told['known_to_topic']:,} of them."
    return said


def _print_months(printer: Printer, months: Sequence[Mapping[str, Any]]) -> None:
    from monitor.research.term_tools.trial import by_year  # noqa: PLC0415

    counts = {one["month"]: one["records"] for one in months}
    if len(counts) > _MOST_MONTHS:
        counts = by_year(counts)
    most = max(counts.values(), default=0)
    size = len(f"{most:,}")
    room = min(_BAR, printer.width - size - 13) if printer.width else _BAR
    for name, count in counts.items():
        bar = ("▇" if can_print("▇") else "#") * (-(-count * room // most) if most else 0)
        printer.line(f"  {name:7}  {count:>{size},}  {bar}".rstrip())


def _print_exclusions(printer: Printer, told: Mapping[str, Any]) -> None:
    if not told["excluded"]:
        return
    printer.line()
    printer.line(printer.bold("Exclusions, each by itself"))
    for one in told["excluded"]:
        taken = (
            f"takes away {count_of(one['records'], 'record')} and {count_of(one['occurrences'], 'occurrence')} in all"
        )
        printer.beside("  ", f"{cell(one['term'])}: {taken if one['occurrences'] else 'takes nothing away'}")


def _print_beside(printer: Printer, beside: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    if not any(beside.values()):
        return
    printer.line()
    printer.line(printer.bold("Most often beside it, in records"))
    for name, words in beside.items():
        if words:
            said = ", ".join(f"{cell(one['word'])}\u00a0{one['records']:,}" for one in words)
            printer.beside(f"  {name:6}  ", said)
