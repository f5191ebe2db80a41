"""`terms`: terms added to config.toml, listed, checked, explained and tried."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import click

from monitor import app
from monitor.cli import terms_explain, terms_list, terms_try
from monitor.cli.config_changes import (
    carry_out,
    count_records,
    plan_change,
    quoted,
    read_term,
    refuse_misread,
    say_likely_doubts,
    topic_of,
)
from monitor.cli.formats import json_option, to_json
from monitor.cli.options import config_option, dry_run_option
from monitor.cli.output import say
from monitor.cli.workspace import topic_key
from monitor.config.edit import add_term, place, remove_term
from monitor.model.archive import Filters
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of
from monitor.research.term_tools.overlap import find_equivalent
from monitor.terms.parser import parse_term
from monitor.terms.tree import TermError
from monitor.text.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.config.settings import Config
    from monitor.model.watching import Topic


@click.group()
def terms_command() -> None:
    """Add terms to topics, remove them, and see what they find and why."""


terms_command.add_command(terms_list.list_command)
terms_command.add_command(terms_list.check_command)
terms_command.add_command(terms_explain.explain_command)
terms_command.add_command(terms_try.try_command)


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
    if len(term) > 1:
        again = shlex.join(["pqwatch", "terms", "add", topic, " ".join(term)])
        raise click.UsageError(f"One term at a time; the shell needs quotes around several words: {again}")
    config = app.configuration(config_path, needs_password=False)
    one = topic_of(config, topic_key(config, topic, "TOPIC"))
    source = read_term(term[0]).source
    there = find_equivalent(one.exclude if is_exclude else one.terms, source)
    if there is not None:
        text = config.path.read_text(encoding="utf-8")
        done = _done(config, one, source, is_exclude) | {"there_as": there, "line": _line(text, one, there, is_exclude)}
    else:
        doubts = refuse_misread(source, config)
        plan, _ = plan_change(config, lambda text: add_term(text, one.key, source, exclude=is_exclude), [source])
        carry_out(plan, dry_run=dry_run, as_json=as_json)
        say_likely_doubts(doubts)
        done = _done(config, one, source, is_exclude) | {
            "line": _line(plan.after.decode("utf-8"), one, source, is_exclude),
            "added": not dry_run,
            "diff": "\n".join(plan.diff()) if dry_run else None,
        }
    done |= _found(config, one, source)
    if as_json:
        click.echo(json.dumps(done, ensure_ascii=False, indent=2))
    else:
        _tell(config, one, done)


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
    if len(term) > 1:
        again = shlex.join(["pqwatch", "terms", "remove", topic, " ".join(term)])
        raise click.UsageError(f"One term at a time; the shell needs quotes around several words: {again}")
    config = app.configuration(config_path, needs_password=False)
    one = topic_of(config, topic_key(config, topic, "TOPIC"))
    there = _there(config, one, term[0].strip(), is_exclude=is_exclude)
    plan, _ = plan_change(config, lambda text: remove_term(text, one.key, there, exclude=is_exclude))
    line = _line(plan.before.decode("utf-8"), one, there, is_exclude)
    carry_out(plan, dry_run=dry_run, as_json=as_json)
    if as_json:
        done = _done(config, one, there, is_exclude)
        keys = ("schema", "topic", "term", "exclude", "path")
        diff = "\n".join(plan.diff()) if dry_run else None
        click.echo(to_json({key: done[key] for key in keys} | {"line": line, "removed": not dry_run, "diff": diff}))
    elif not dry_run:
        where = f"what does not count for {quoted(one.name)}" if is_exclude else quoted(one.name)
        say(f"Removed {quoted(there)} from {where}: {config.path}, line {line}", is_error=False)
        owed = "What it found until the last run is still told to those who are owed it, and stays in the archive."
        say("The topic is matched anew at the next run." if is_exclude else owed, is_error=False)


def _there(config: Config, topic: Topic, given: str, *, is_exclude: bool) -> str:
    """The term of a topic that is meant, also one that can't be read. Raises BadParameter with the nearest."""
    unread = [one.term for one in config.term_problems if one.topic == topic.key and one.is_exclude == is_exclude]
    terms = list(dict.fromkeys([*(topic.exclude if is_exclude else topic.terms), *unread]))
    if given in terms:
        return given
    try:
        same = find_equivalent([one for one in terms if one not in unread], parse_term(given).source)
    except TermError:
        same = None
    if same is not None:
        return same
    near = nearest(given, terms)
    remedy = f"Did you mean {near[0]!r}?" if near else f"To see what there is: pqwatch terms list --topic {topic.key!r}"
    kind = "exclusion" if is_exclude else "term"
    raise click.BadParameter(f"{topic.name!r} has no such {kind}: {given}. {remedy}", param_hint="TERM")


def _line(text: str, topic: Topic, term: str, is_exclude: bool) -> int:
    return place(text, topic.key, term, exclude=is_exclude)


def _done(config: Config, topic: Topic, source: str, is_exclude: bool) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "topic": topic.key,
        "term": source,
        "exclude": is_exclude,
        "path": str(config.path),
        "line": None,
        "added": False,
        "there_as": None,
        "diff": None,
    }


def _found(config: Config, topic: Topic, source: str) -> dict[str, int | None]:
    found = count_records(config, [source], Filters(), Filters(topic=topic.key))
    (records,), (in_topic,) = found or ([None], [None])
    return {"records": records, "records_in_topic": in_topic}


def _tell(config: Config, topic: Topic, done: Mapping[str, Any]) -> None:
    place_said = f"{config.path}, line {done['line']}"
    name, is_exclude = quoted(topic.name), done["exclude"]
    if done["there_as"] is not None:
        written = "" if done["there_as"] == done["term"] else f" as {quoted(done['there_as'])}"
        where = f"what does not count for {name}" if is_exclude else name
        say(f"{quoted(done['term'])} is in {where} already{written}: {place_said}", is_error=False)
    elif done["added"]:
        where = f"what does not count for {name}" if is_exclude else name
        say(f"Added {quoted(done['term'])} to {where}: {place_said}", is_error=False)
    if done["records"] is not None:
        say(_count_said(done), is_error=False)
        if not done["records"]:
            say(f"What lies near it: pqwatch terms explain {shlex.quote(done['term'])}")
    if done["added"]:
        say("The topic is matched anew at the next run." if is_exclude else "Matched at the next run.", is_error=False)


def _count_said(done: Mapping[str, Any]) -> str:
    count, shared = done["records"], done["records_in_topic"]
    verb = "stands in" if done["exclude"] else "finds"
    if not count:
        return f"It {verb} no record of the archive yet."
    said = f"It {verb} {count_of(count, 'record')} of the archive"
    if done["exclude"]:
        return f"{said}; the topic has {shared:,} of these now." if shared else f"{said}; the topic has none of these."
    if not shared:
        return f"{said}; the topic has none of these yet."
    return f"{said}; the topic has {shared:,} of these already."
