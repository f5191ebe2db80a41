"""`terms list` and `terms check`: what each watched term has found, and what may be wrong with it."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from monitor import app
from monitor.cli.config_changes import find_doubts
from monitor.cli.formats import emit, format_option
from monitor.cli.options import config_option, topic_option
from monitor.cli.output import Printer, cell, say
from monitor.cli.workspace import open_workspace, topic_key, topic_names
from monitor.errors import sentence
from monitor.model.archive import Filters
from monitor.parliament.calendar import LONDON
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of
from monitor.terms.matcher import compile_query
from monitor.terms.parser import parse_term
from monitor.terms.printer import format_term
from monitor.terms.tree import TermError
from monitor.text.nearest import nearest
from monitor.text.tokens import folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from monitor.cli.workspace import Workspace
    from monitor.model.archive import Watched
    from monitor.model.watching import Topic
    from monitor.research.term_tools.checking import Finding

_TITLES = ("records", "last found", "since", "term")
_INDENT = " " * 33


@click.command("list")
@topic_option
@format_option
@config_option
def list_command(topic: str | None, output: str, config_path: str | None) -> None:
    """List the watch terms: in how many records each was found, when last, and since when it is watched."""
    with open_workspace(config_path) as workspace:
        topics = _topics(workspace, topic)
        rows = list(_rows(workspace, topics))
        if output == "table":
            _print(Printer.for_stdout(), rows)
        else:
            emit(rows, (), output)
        if not rows:
            say(f"No terms are watched. Add [[topics]] to {workspace.config.path}, or: pqwatch topics add NAME TERM")


def _topics(workspace: Workspace, given: str | None) -> list[Topic]:
    key = topic_key(workspace.config, given) if given else None
    return [one for one in workspace.config.topics if key in (None, one.key)]


def _rows(workspace: Workspace, topics: Sequence[Topic]) -> Iterator[dict[str, Any]]:
    watched = {(one.topic, one.term): one for one in workspace.archive.matches.watched_terms()}
    unread = {(one.topic, one.term): one for one in workspace.config.term_problems}
    misread = {key: {"problem": one.text} for key, one in unread.items() if one.is_misread}
    for topic in topics:
        for term in topic.terms:
            yield _row(topic, term, watched.get((topic.key, term))) | misread.get((topic.key, term), {})
        for term in topic.exclude:
            yield _row(topic, term, None, is_exclude=True) | misread.get((topic.key, term), {})
        for (key, term), problem in unread.items():
            if key == topic.key and not problem.is_misread:
                yield _row(topic, term, None) | {"read_as": None, "problem": problem.text}


def _row(topic: Topic, term: str, found: Watched | None, *, is_exclude: bool = False) -> dict[str, Any]:
    days = [day for day in found.days if day] if found else []
    return {
        "schema": SCHEMA,
        "topic": topic.key,
        "topic_name": topic.name,
        "term": term,
        "exclude": is_exclude,
        "read_as": _read_as(term),
        "since": found.added_at.astimezone(LONDON).date().isoformat() if found else None,
        "records": sum(found.days.values()) if found and not (found.is_behind and not found.days) else None,
        "last_found_on": max(days).isoformat() if days else None,
        "problem": None,
    }


def _read_as(term: str) -> str | None:
    try:
        return format_term(parse_term(term).root)
    except TermError:
        return None


def _print(printer: Printer, rows: Sequence[Mapping[str, Any]]) -> None:
    topic = None
    for row in rows:
        if row["topic"] != topic:
            topic = row["topic"]
            printer.line(printer.bold(cell(row["topic_name"])))
            printer.line(f"  {_TITLES[0]:>7}  {_TITLES[1]:10}  {_TITLES[2]:10}  {_TITLES[3]}")
        _print_row(printer, row)


def _print_row(printer: Printer, row: Mapping[str, Any]) -> None:
    if row["problem"]:
        firsts = f"  {'!':>7}  {'':10}  {'':10}"
    elif row["exclude"]:
        firsts = f"  {'not':>7}  {'':10}  {'':10}"
    elif row["records"] is None:
        firsts = f"  {'-':>7}  {'next run':10}  {row['since'] or '':10}"
    else:
        firsts = f"  {row['records']:>7,}  {row['last_found_on'] or 'never':10}  {row['since']:10}"
    _put(printer, firsts, cell(row["term"]))
    if row["read_as"] is not None and folded(row["read_as"]) != folded(row["term"]):
        printer.paragraph(f"read as {cell(row['read_as'])}", _indent(printer))
    if row["problem"]:
        said = "can't be read" if row["read_as"] is None else "misread"
        printer.paragraph(f"{said}: {cell(row['problem'])}", _indent(printer))


def _put(printer: Printer, firsts: str, term: str) -> None:
    """A row; on a narrow terminal the term stands below the figures."""
    if printer.width is not None and printer.width < len(firsts) + 2 + min(len(term), 40):
        printer.line(firsts.rstrip())
        printer.paragraph(term, "      ")
    else:
        printer.beside(f"{firsts}  ", term)


def _indent(printer: Printer) -> str:
    return _INDENT + "  " if printer.width is None or printer.width >= len(_INDENT) + 40 else "      "


# -- check ------------------------------------------------------------------------------------------------------------


@click.command(
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
    letters, that name an office by an old name, that filter by a name which nobody has any more, and such as can't be
    read, or were probably meant in another way. And topics that have found nothing for a year. These are hints: nothing is
    changed.
    """
    with open_workspace(config_path) as workspace:
        topics = _topics(workspace, topic)
        findings = _findings(workspace, topics, app.clock())
        names = topic_names(workspace.config)
        if output == "table":
            _print_findings(Printer.for_stdout(), findings, names)
        else:
            emit(({"schema": SCHEMA, **asdict(one), "topic_name": names[one.topic]} for one in findings), (), output)
        faulty = {(one.topic, one.term) for one in findings if one.term}
        every = faulty | {(one.key, term) for one in topics for term in one.terms}
        count = count_of(len(every), "term")
        silent = [one for one in findings if not one.term]
        said = f"{len(faulty)} of {count} may need a look" if faulty or silent else f"Nothing to say of {count}"
        say(f"{said}; {count_of(len(silent), 'topic')} found nothing for a year." if silent else f"{said}.")


def _findings(workspace: Workspace, topics: Sequence[Topic], now: datetime) -> list[Finding]:
    from monitor.research.term_tools import checking, renamed_bodies  # noqa: PLC0415 (the lists of names: only here)
    from monitor.research.term_tools.known_words import shipped_words  # noqa: PLC0415

    today = now.astimezone(LONDON).date()
    matches, search = workspace.archive.matches, workspace.archive.search
    records = matches.records_by_day()
    months = checking.months_at_work(records, today)
    watched = {(one.topic, one.term): one for one in matches.watched_terms()}
    hits = islice(search.hits(None, Filters(), limit=checking.SAMPLE), checking.SAMPLE)
    newest = [hit.revision.proceeding for hit in hits]
    used = checking.words_in_use(one.parts() for one in newest)
    facts = [one.facts for one in newest]
    names = cache(search.names)

    def count(text: str) -> int:
        return search.count(compile_query(text, workspace.lexicon), Filters())

    def has(text: str, records: int) -> bool:
        return len(list(search.hits(compile_query(text, workspace.lexicon), Filters(), limit=records))) == records

    def forms(text: str) -> list[str]:
        some = search.hits(compile_query(text, workspace.lexicon), Filters(), limit=checking.MOST_FORMS)
        return [hit.spans[0].form for hit in some if hit.spans]

    every = [term for topic in workspace.config.topics for term in topic.terms]
    known = shipped_words()
    found: list[Finding | None] = []
    for topic in topics:
        unread = [one for one in workspace.config.term_problems if one.topic == topic.key and not one.is_misread]
        found += [checking.unread(one.topic, one.term, one.text) for one in unread]
        inside = checking.covered(matches.spans(topic.key))
        of_topic = [watched[topic.key, term] for term in topic.terms if (topic.key, term) in watched]
        found.append(checking.silent_topic(topic.key, topic.name, of_topic, records, today))
        for term in topic.terms:
            doubt = checking.misread(topic.key, term, find_doubts(term, workspace.config, workspace.archive))
            if doubt is not None:  # all else would be about a term that nobody means
                found.append(doubt)
                continue
            if one := watched.get((topic.key, term)):
                found += [
                    checking.never_found(one, count, has),
                    checking.gone_quiet(one, months),
                    checking.too_noisy(one, records),
                ]
            found += [
                checking.is_covered(topic.key, term, topic.terms, inside),
                checking.in_capitals_only(topic.key, term, forms),
                checking.misspelt(topic.key, term, used, has, known),
                checking.is_nobodys(topic.key, term, facts, names, nearest),
                renamed_bodies.renamed(topic.key, term, every, today),
            ]
    return [one for one in found if one is not None]


def _print_findings(printer: Printer, findings: Sequence[Finding], names: Mapping[str, str]) -> None:
    topic, term = "", ""
    for one in findings:
        if one.topic != topic:
            printer.line(printer.bold(cell(names[one.topic])))
        if one.term and (one.topic, one.term) != (topic, term):
            printer.paragraph(cell(one.term), "  ")
        topic, term = one.topic, one.term
        printer.paragraph(f"{sentence(cell(one.said))} {sentence(cell(one.remedy))}", "      ")
