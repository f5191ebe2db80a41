"""`terms explain`: how a term is read, what it finds and by which rule, and what lies near that it does not find."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor import app
from monitor.cli.config_changes import doubts_json, find_doubts, likely_doubts, read_term
from monitor.cli.formats import to_json
from monitor.cli.options import config_option
from monitor.cli.output import Printer, cell, say
from monitor.cli.records import short_reference
from monitor.config import find
from monitor.errors import ConfigError, MonitorError
from monitor.model.archive import Filters, Hit
from monitor.presentation.excerpt import Run, question_start
from monitor.presentation.passage import passage
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of, one_line, shorten
from monitor.research.term_tools.explaining import NO_OTHER, in_words, looked_for
from monitor.research.term_tools.nearby import IN_NAMES, names_with, nearby
from monitor.research.term_tools.tally import Tally
from monitor.terms.matcher import compile_query
from monitor.terms.printer import format_term
from monitor.terms.tree import phrases_of
from monitor.text.tokens import folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.watching import Match
    from monitor.research.term_tools.doubts import Doubt
    from monitor.research.term_tools.tally import FormFound
    from monitor.terms.tree import Node, Phrase, Term
    from monitor.terms.vocabulary import Lexicon

LOOKED_AT = 5_000
"""So many of the newest records with the term are looked at for its forms."""

SELDOM = 2
"""What fewer records than these have is not worth a guess."""

_FORMS = 12
_NAMES = 3
_PIPED_ROOM = 200
_PLACE = 24


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
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
@config_option
def explain_command(term: tuple[str, ...], show_all: bool, as_json: bool, config_path: str | None) -> None:
    """Explain TERM: how it is read, every form it finds, with counts and examples from the archive.

    Also what lies near that it does not find, and what to write to find that. Works without an archive, then without
    counts.
    """
    read = read_term(" ".join(term))
    with _perhaps_open(config_path) as (config, archive, lexicon):
        doubts = likely_doubts(find_doubts(read.source, config, archive))
        if as_json:
            told = _reading(read, lexicon) | _found(read, archive, lexicon)
            told["not_found"] = _not_found(read.root, archive, lexicon)
            told["doubts"] = doubts_json(doubts)
            click.echo(to_json(told))
        else:
            _print(Printer.for_stdout(), read, archive, lexicon, doubts, show_all=show_all)


@contextmanager
def _perhaps_open(config_path: str | None) -> Iterator[tuple[Config | None, Archive | None, Lexicon]]:
    """Configuration, archive and its lists.

    None and the shipped lists where there is no configuration, or the archive can't be read.
    """
    from monitor.terms.vocabulary import Lexicon  # noqa: PLC0415 (a term that cannot be read needs none)

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


# -- what there is to tell --------------------------------------------------------------------------------------------


def _reading(read: Term, lexicon: Lexicon) -> dict[str, Any]:
    """What can be told without an archive."""
    return {
        "schema": SCHEMA,
        "term": read.source,
        "read_as": format_term(read.root),
        "in_words": [{"depth": depth, "said": said} for depth, said in in_words(read.root)],
        "phrases": [_phrase(phrase, lexicon) for phrase in dict.fromkeys(phrases_of(read.root))],
    }


def _found(read: Term, archive: Archive | None, lexicon: Lexicon) -> dict[str, Any]:
    """The records of the archive, and the forms in them."""
    if archive is None:
        return {"records": None, "looked_at": None, "forms": None}
    query = compile_query(read.source, lexicon)
    tally, hits = Tally(phrases_of(read.root)), list[Hit]()
    for hit in archive.search.hits(query, Filters(), limit=LOOKED_AT):
        tally.add(hit.spans)
        hits.append(hit)
    return {
        "records": len(hits) if len(hits) < LOOKED_AT else archive.search.count(query, Filters()),
        "looked_at": len(hits),
        "forms": [_form(one, hits) for one in tally.forms()],
    }


def _phrase(phrase: Phrase, lexicon: Lexicon) -> dict[str, Any]:
    return {
        "phrase": format_term(phrase),
        "finds": [
            {"written": one.written, "also": list(one.finds), "why": one.why} for one in looked_for(phrase, lexicon)
        ],
        "names": [] if phrase.is_quoted else names_with(phrase, lexicon.names.names),
    }


def _not_found(root: Node, archive: Archive | None, lexicon: Lexicon) -> list[dict[str, Any]]:
    near = nearby(root, lexicon)
    counts: Sequence[int | None] = [None] * len(near)
    if archive is not None:
        counts = archive.search.counts([compile_query(one.query, lexicon) for _, one in near], Filters())
    return [
        {"phrase": format_term(node), "what": one.said, "records": count, "write": one.write, "query": one.query}
        for (node, one), count in zip(near, counts, strict=True)
        if not one.is_guess or (count or 0) >= SELDOM
    ]


def _form(one: FormFound, hits: Sequence[Hit]) -> dict[str, Any]:
    return {
        "form": one.form,
        "why": one.why,
        "records": one.records,
        "example": example_of(hits[one.record], one.match),
    }


def example_of(hit: Hit, match: Match | None) -> dict[str, Any]:
    """A record with one occurrence in it; without one, its heading or first text."""
    it = hit.revision.proceeding
    parts = it.parts()
    part = match.part if match else next(iter(parts), None)
    return {
        "id": it.id,
        "reference": short_reference(it),
        "day": it.day.isoformat() if it.day else None,
        "part": part,
        "start": match.start if match else None,
        "end": match.end if match else None,
        "text": parts[part] if part else None,
    }


# -- on a terminal ----------------------------------------------------------------------------------------------------


def _print(
    printer: Printer, read: Term, archive: Archive | None, lexicon: Lexicon, doubts: Sequence[Doubt], *, show_all: bool
) -> None:
    """Each part as soon as it is known: counting takes its time in a large archive."""
    reading = _reading(read, lexicon)
    print_reading(printer, reading)
    print_doubts(printer, doubts)
    _print_rules(printer, reading["phrases"])
    found = _found(read, archive, lexicon)
    if found["forms"] is not None:
        _print_forms(printer, found, show_all=show_all)
    _print_not_found(printer, reading, _not_found(read.root, archive, lexicon), has_counts=archive is not None)


def print_reading(printer: Printer, told: Mapping[str, Any]) -> None:
    """A term, and how it was read."""
    printer.line(printer.bold(cell(told["term"])))
    if folded(told["read_as"]) != folded(told["term"]):
        printer.paragraph(f"read as {cell(told['read_as'])}", "  ")
    for line in told["in_words"]:
        printer.paragraph(cell(line["said"]), "  " * (line["depth"] + 1))


def print_doubts(printer: Printer, doubts: Sequence[Doubt]) -> None:
    """What may be slips in a term."""
    for one in doubts:
        printer.line()
        printer.paragraph(f"! {cell(one.said)}")


def _print_rules(printer: Printer, phrases: Sequence[Mapping[str, Any]]) -> None:
    rows = list(
        {(row["written"], tuple(row["also"]), row["why"]): row for one in phrases for row in one["finds"]}.values()
    )
    rows = [row for row in rows if row["why"] != NO_OTHER]
    if not rows:
        return
    printer.line()
    printer.line(printer.bold("Finds by rule"))
    size = min(max(len(cell(row["written"])) for row in rows), _PLACE)
    for row in rows:
        also = f"{', '.join(map(cell, row['also']))} " if row["also"] else ""
        lead = f"  {cell(row['written']):{size}}  "
        printer.beside(lead, f"{also}({row['why']})" if also else f"{row['why']}")


def _print_forms(printer: Printer, told: Mapping[str, Any], *, show_all: bool) -> None:
    forms, count = told["forms"], told["records"]
    of = f", the newest {told['looked_at']:,} of which were looked at" if told["looked_at"] < count else ""
    found = count_of(count, "record") if count else "no record"
    printer.line()
    printer.line(printer.bold(f"Found in {found} of the archive{of}"))
    shown = forms if show_all else forms[:_FORMS]
    size = max((len(f"{one['records']:,}") for one in shown), default=1)
    for one in shown:
        printer.beside(f"  {one['records']:>{size},}  ", f"{cell(one['form'])} ({one['why']})")
        print_example(printer, one["example"], " " * (size + 6))
    if len(forms) > len(shown):
        printer.paragraph(f"and {count_of(len(forms) - len(shown), 'form')} more: --all", "  ")


def print_example(printer: Printer, example: Mapping[str, Any], indent: str) -> None:
    """A record with the words around an occurrence."""
    lead = f"{example['day'] or 'no day'} {example['reference']}"
    if example["text"] is None:
        printer.paragraph(cell(lead), indent)
        return
    lead += f", {example['part']}: "
    text, span = example["text"], (example["start"] or 0, example["end"] or 0)
    room = max((printer.width - len(indent)) * 2 - len(lead) - 12, 60) if printer.width else _PIPED_ROOM
    opening = question_start(text) if example["part"] == "question" else 0
    runs = passage(text, [span], room, opening) if span[1] else [Run(shorten(one_line(text), room))]
    printer.paragraph(f"{cell(lead)} {printer.runs(runs)}", indent)


def _print_not_found(
    printer: Printer, reading: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], *, has_counts: bool
) -> None:
    if not rows:
        return
    names = {row["phrase"]: row["names"] for row in reading["phrases"]}
    printer.line()
    printer.line(printer.bold(f"Near it, but not found{' (in so many records more)' if has_counts else ''}"))
    size = max(len(f"{row['records'] or 0:,}") for row in rows)
    for row in rows:
        lead = f"  {row['records']:>{size},}  " if has_counts else "  "
        said = cell(row["what"])
        if said == IN_NAMES:
            said += f": {_names(names[row['phrase']])}"
        if row["phrase"] != reading["read_as"]:
            said = f"{cell(row['phrase'])}: {said}"
        printer.beside(lead, said)
        if row["records"] or not has_counts:
            printer.beside(" " * len(lead), f"to find them: {printer.bold(cell(row['write']))}")


def _names(names: Sequence[str]) -> str:
    """A few, the shortest first."""
    shown = sorted(names, key=lambda name: (len(name), name))[:_NAMES]
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return f"{', '.join(map(cell, shown))}{more}"
