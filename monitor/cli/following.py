"""`follow`, `unfollow` and `following`: questions, promises, members who ask and bodies that a reader follows."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.config_changes import topic_of
from monitor.cli.formats import emit, format_option, json_option, to_json
from monitor.cli.options import config_option, subscriber_option
from monitor.cli.output import Column, say
from monitor.cli.workspace import chosen_reader, find_reader, open_workspace, topic_key, topic_names
from monitor.errors import sentence
from monitor.parliament.calendar import LONDON
from monitor.presentation.wording import clean, one_line
from monitor.research.following import UnknownTargetError, find_followed, find_target, follow_json, follow_title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.cli.workspace import Workspace
    from monitor.model.following import Followed
    from monitor.model.watching import Subscriber
    from monitor.research.following import FoundTarget

_about_topic = click.option("--topic", metavar="TOPIC", help="REF is a body: what it answers on this topic.")


@contextmanager
def unknown_is_nothing_found() -> Iterator[None]:
    """End the command with exit code 3 and one sentence where nothing goes by what was typed."""
    try:
        yield
    except UnknownTargetError as exc:
        say(sentence(str(exc)))
        raise SystemExit(NOTHING_FOUND) from exc


def say_others(found: FoundTarget) -> None:
    """Name on stderr the other records that go by what was typed."""
    for other in found.others:
        click.echo(clean(f"Also: {other}"), err=True)


def reader_names(workspace: Workspace) -> dict[str, str]:
    """Return the names of subscribers and webhooks by key."""
    return {reader.key: one_line(reader.name) for reader in workspace.config.readers}


# -- follow and unfollow ----------------------------------------------------------------------------------------------


@click.command(
    epilog="""\b
Examples:
  pqwatch follow 14205                              a question, and what becomes of its answer
  pqwatch follow p-3f9a2c71d0                       a promise of the ledger
  pqwatch follow Ada Example                        all that a member asks
  pqwatch follow "Home Office" --topic Policing     what a body answers on a topic
  pqwatch follow 14205 --subscriber "Policy desk"

\b
Exit codes: 0 followed, also before; 2 wrong use; 3 nothing found.
"""
)
@click.argument("words", nargs=-1, required=True, metavar="REF")
@_about_topic
@subscriber_option
@json_option
@config_option
def follow_command(
    words: tuple[str, ...], topic: str | None, subscriber: str | None, as_json: bool, config_path: str | None
) -> None:
    """Follow a question, an answer, a promise, a member who asks, or a body on a topic.

    What happens to it from now on is told once, in the next digest, whether or not a term matches: an answer, a correction,
    another body, a changed text, and a later answer that refers to it. Nothing of the past is told.

    REF is what `pqwatch show` takes, the id of a promise, or the name of a member; `member:4514` is a member by number.
    """
    with open_workspace(config_path, uses_terms=False) as workspace:
        reader = chosen_reader(workspace.config, subscriber)
        with unknown_is_nothing_found():
            found = _target(workspace, words, topic)
        say_others(found)
        is_new = workspace.archive.following.follow(reader, found.target)
        mine = workspace.archive.following.listing(reader.key)
        followed = next(followed for followed in reversed(mine) if followed.target.is_same_as(found.target))
        _report(
            workspace, reader, followed, as_json=as_json, verb="follows" if is_new else "follows already", is_on=True
        )
        if is_new and not as_json:
            say(_what_comes(reader), is_error=False)
            say(f"To end it: {_to_unfollow(words, topic, subscriber)}", is_error=False)


def _target(workspace: Workspace, words: tuple[str, ...], topic: str | None) -> FoundTarget:
    config = workspace.config
    of_topic = topic_of(config, topic_key(config, topic)) if topic else None
    return find_target(workspace.archive, " ".join(words), of_topic)


def _what_comes(reader: Subscriber) -> str:
    if reader.paused:
        return "The digest is paused: what happens meanwhile waits until pqwatch subscribers resume."
    return "What happens to it from now on is told once, in the next digest."


def _to_unfollow(words: tuple[str, ...], topic: str | None, subscriber: str | None) -> str:
    """Return the command that ends what these words began."""
    given = {"--topic": topic, "--subscriber": subscriber}
    options = [word for option, value in given.items() if value is not None for word in (option, value)]
    return shlex.join(["pqwatch", "unfollow", *words, *options])


@click.command(
    epilog="""\b
Exit codes: 0 done; 2 wrong use; 3 it is not followed.
"""
)
@click.argument("words", nargs=-1, required=True, metavar="REF")
@_about_topic
@subscriber_option
@json_option
@config_option
def unfollow_command(
    words: tuple[str, ...], topic: str | None, subscriber: str | None, as_json: bool, config_path: str | None
) -> None:
    """Follow something no more. REF is as for `pqwatch follow`, or what `pqwatch following` shows.

    A text that was sent stays watched: its correction, withdrawal or silent change is still told.
    """
    with open_workspace(config_path, uses_terms=False) as workspace:
        config, following = workspace.config, workspace.archive.following
        reader = chosen_reader(config, subscriber)
        of_topic = topic_of(config, topic_key(config, topic)) if topic else None
        with unknown_is_nothing_found():
            followed = find_followed(workspace.archive, following.listing(reader.key), " ".join(words), of_topic)
        following.unfollow(reader.key, followed.number)
        _report(workspace, reader, followed, as_json=as_json, verb="no longer follows", is_on=False)


def _report(
    workspace: Workspace, reader: Subscriber, followed: Followed, *, as_json: bool, verb: str, is_on: bool
) -> None:
    topics = topic_names(workspace.config)
    if as_json:
        row = follow_json(followed, reader_names(workspace), topics)
        click.echo(to_json({**row, "followed": is_on}))
    else:
        say(f"{one_line(reader.name)} {verb} {follow_title(followed, topics)}", is_error=False)


# -- list -------------------------------------------------------------------------------------------------------------

_COLUMNS: Final = (
    Column("kind", lambda row: row["kind"]),
    Column("since", lambda row: row["since"]),
    Column("state", lambda row: row["state"]),
    Column("what", lambda row: row["title"]),
    Column("ref", lambda row: row["ref"]),
)
_WHO: Final = Column("for", lambda row: row["subscriber"])


@click.command()
@subscriber_option
@format_option
@config_option
def following_command(subscriber: str | None, output: str, config_path: str | None) -> None:
    """List what is followed, the latest last: by one subscriber, or without --subscriber by all."""
    with open_workspace(config_path, uses_terms=False) as workspace:
        key = find_reader(workspace.config, subscriber, "--subscriber").key if subscriber else None
        readers, topics = reader_names(workspace), topic_names(workspace.config)
        rows = [follow_json(followed, readers, topics) for followed in workspace.archive.following.listing(key)]
    if output == "table":
        has_several = len({row["subscriber"] for row in rows}) > 1
        if rows:
            emit([*map(_with_day, rows)], (*((_WHO,) if has_several else ()), *_COLUMNS), output)
    else:
        emit(rows, (), output)
    if not rows:
        say("Nothing is followed. To follow a question: pqwatch follow UIN")


def _with_day(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "since": datetime.fromisoformat(row["started_at"]).astimezone(LONDON).date().isoformat()}
