"""`done`, `not-relevant`, `mute`, `mutes` and `unmute`: what a reader has dealt with, and does not want to be told."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.following import reader_names, say_others, unknown_is_nothing_found
from monitor.cli.formats import emit, format_option, json_option, to_json
from monitor.cli.options import LastDay, config_option, subscriber_option
from monitor.cli.output import Column, say
from monitor.cli.workspace import chosen_reader, command_line, find_reader, open_workspace, topic_names
from monitor.model.following import MarkKind, MuteKind
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of, long_day, one_line
from monitor.research.following import (
    PROMISE_ID,
    UnknownTargetError,
    find_mute,
    find_muted,
    find_record_or_promise,
    mute_json,
    mute_title,
    record_title,
)
from monitor.research.term_tools.marked_records import proposals_after

if TYPE_CHECKING:
    from datetime import date

    from monitor.cli.workspace import Workspace
    from monitor.model.following import Mute
    from monitor.model.watching import Subscriber
    from monitor.research.following import FoundTarget
    from monitor.research.term_tools.exclusion_proposals import Proposal

_undo_option = click.option("--undo", is_flag=True, help="Take it back.")


# -- done, and not relevant -------------------------------------------------------------------------------------------


@click.command(
    epilog="""\b
Exit codes: 0 done; 2 wrong use; 3 nothing found, or nothing to take back.
"""
)
@click.argument("words", nargs=-1, required=True, metavar="REF")
@_undo_option
@subscriber_option
@json_option
@config_option
def done_command(
    words: tuple[str, ...], undo: bool, subscriber: str | None, as_json: bool, config_path: str | None
) -> None:
    """Say that you have dealt with a record: no reminder that it is late, or of the letter that it promised.

    As soon as it changes it is back. REF is as for `pqwatch show`.
    """
    with open_workspace(config_path, uses_terms=False) as workspace:
        reader = chosen_reader(workspace.config, subscriber)
        found = _find(workspace, " ".join(words))
        _mark(workspace, reader, found, MarkKind.DONE, undo=undo)
    if as_json:
        click.echo(to_json(_marked_json(reader, found, MarkKind.DONE, undo=undo)))
        return
    said = "is open again for" if undo else "is dealt with by"
    say(f"{_title(found)} {said} {one_line(reader.name)}", is_error=False)


@click.command(
    epilog="""\b
Exit codes: 0 done; 2 wrong use; 3 nothing found, or nothing to take back.
"""
)
@click.argument("words", nargs=-1, required=True, metavar="REF")
@_undo_option
@subscriber_option
@json_option
@config_option
def not_relevant_command(
    words: tuple[str, ...], undo: bool, subscriber: str | None, as_json: bool, config_path: str | None
) -> None:
    """Say that a record was found, but is not what the topic is about. You are not reminded of it any more.

    After three of a topic an exclusion is proposed that would have kept them out, with what else it would take away. It is
    never added by itself. REF is as for `pqwatch show`.
    """
    with open_workspace(config_path) as workspace:
        reader = chosen_reader(workspace.config, subscriber)
        found = _find(workspace, " ".join(words))
        _mark(workspace, reader, found, MarkKind.NOT_RELEVANT, undo=undo)
        proposals = (
            []
            if undo
            else proposals_after(
                workspace.archive, workspace.config.topics, reader.key, _row(found), lambda: workspace.lexicon
            )
        )
        if as_json:
            rows = [_proposal_json(workspace, proposal) for proposal in proposals]
            click.echo(to_json({**_marked_json(reader, found, MarkKind.NOT_RELEVANT, undo=undo), "proposals": rows}))
            return
        said = "is relevant again to" if undo else "is not relevant to"
        say(f"{_title(found)} {said} {one_line(reader.name)}", is_error=False)
        for proposal in proposals:
            _say_proposal(workspace, proposal)


def _find(workspace: Workspace, words: str) -> FoundTarget:
    with unknown_is_nothing_found():
        if PROMISE_ID.fullmatch(words):
            raise UnknownTargetError(f"{words} is a promise: pqwatch promises keep or drop settles it.")
        found = find_record_or_promise(workspace.archive, words)
        if found is None:
            raise UnknownTargetError(
                f"No record goes by {words}. To look for these words: pqwatch search {shlex.quote(words)}"
            )
    say_others(found)
    return found


def _row(found: FoundTarget) -> int:
    return found.target.proceeding_id or 0


def _title(found: FoundTarget) -> str:
    return record_title(found.record) if found.record else found.target.ref


def _mark(workspace: Workspace, reader: Subscriber, found: FoundTarget, kind: MarkKind, *, undo: bool) -> None:
    choices = workspace.archive.choices
    if not undo:
        choices.mark(reader, kind, _row(found))
    elif not choices.unmark(reader, kind, _row(found)):
        say(f"{_title(found)} is not marked so by {one_line(reader.name)}: there is nothing to take back.")
        raise SystemExit(NOTHING_FOUND)


def _marked_json(reader: Subscriber, found: FoundTarget, kind: MarkKind, *, undo: bool) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "subscriber": reader.name,
        "record": found.target.ref,
        "mark": kind.value,
        "marked": not undo,
    }


def _proposal_json(workspace: Workspace, proposal: Proposal) -> dict[str, Any]:
    return {
        "topic": proposal.topic,
        "exclude": proposal.term,
        "marked": proposal.marked,
        "of_marked": proposal.of_marked,
        "others": proposal.others,
        "of_others": proposal.of_others,
        "command": _command(workspace, proposal),
    }


def _command(workspace: Workspace, proposal: Proposal) -> str:
    return command_line(workspace.config, "terms", "add", proposal.topic, proposal.term, "--exclude")


def _say_proposal(workspace: Workspace, proposal: Proposal) -> None:
    topic = topic_names(workspace.config)[proposal.topic]
    say(
        f"{count_of(proposal.marked, 'record')} of {one_line(topic)} are not relevant to you, and {proposal.of_marked:,} of "
        f"them share \u201c{one_line(proposal.words)}\u201d. An exclusion would take these away, and {proposal.of_others:,} "
        f"of the {proposal.others:,} others. It is not added unless you say so:",
        is_error=False,
    )
    click.echo(f"  {_command(workspace, proposal)}")


# -- mute -------------------------------------------------------------------------------------------------------------


@click.command(
    epilog="""\b
Examples:
  pqwatch mute "bathing water" --until 2026-12-24   all that this watch term alone finds
  pqwatch mute "school trips" --until 30d           records with these words
  pqwatch mute 14205 --until 2026-12-24             this record

\b
Exit codes: 0 done; 2 wrong use.
"""
)
@click.argument("words", nargs=-1, required=True, metavar="REF|TERM|PHRASE")
@click.option("--until", type=LastDay(), required=True, help="The last day: 2026-12-24, tomorrow, or 14d.")
@subscriber_option
@json_option
@config_option
def mute_command(
    words: tuple[str, ...], until: date, subscriber: str | None, as_json: bool, config_path: str | None
) -> None:
    """Be told nothing of a record, of what a watch term alone finds, or of records with a phrase, until a day.

    It ends by itself, and the next digest says so and how much was left out; that is not told later. A correction, a
    withdrawal or a silent change of what you were sent is told all the same.
    """
    with open_workspace(config_path, uses_terms=False) as workspace:
        reader = chosen_reader(workspace.config, subscriber)
        with unknown_is_nothing_found():
            found = find_muted(workspace.archive, workspace.config.topics, reader, " ".join(words))
        number = workspace.archive.choices.mute(reader, found.kind, found.text, until, found.proceeding_id)
        mute = next(mute for mute in workspace.archive.choices.mutes(reader.key) if mute.number == number)
        names = reader_names(workspace)
    if as_json:
        click.echo(to_json(mute_json(mute, names)))
        return
    say(f"Muted for {one_line(reader.name)} until {long_day(until)}: {_kind_in_words(mute)}", is_error=False)
    say(f"To end it before: pqwatch unmute {number}", is_error=False)


def _kind_in_words(mute: Mute) -> str:
    title = mute_title(mute)
    if mute.kind is MuteKind.RECORD:
        return title
    if mute.kind is MuteKind.TERM:
        return f"all that the term {title} alone finds"
    return f"records with the words {title}"


_COLUMNS: Final = (
    Column("number", lambda row: row["number"], is_number=True),
    Column("until", lambda row: row["until"]),
    Column("kind", lambda row: row["kind"]),
    Column("left out", lambda row: row["hidden"], is_number=True),
    Column("what", lambda row: row["title"]),
    Column("for", lambda row: row["subscriber"]),
)


@click.command()
@subscriber_option
@format_option
@config_option
def mutes_command(subscriber: str | None, output: str, config_path: str | None) -> None:
    """List the mutes, the first to end first: of one subscriber, or without --subscriber of all.

    One whose day is over stays here until a digest has said so; it hides nothing any more.
    """
    with open_workspace(config_path, uses_terms=False) as workspace:
        key = find_reader(workspace.config, subscriber, "--subscriber").key if subscriber else None
        names = reader_names(workspace)
        rows = [mute_json(mute, names) for mute in workspace.archive.choices.mutes(key)]
    if rows or output != "table":
        emit(rows, _COLUMNS, output)
    if not rows:
        say("Nothing is muted. To mute a term for two weeks: pqwatch mute TERM --until 14d")


@click.command(
    epilog="""\b
Exit codes: 0 done; 2 wrong use; 3 there is no such mute.
"""
)
@click.argument("words", nargs=-1, required=True, metavar="N|REF|TERM|PHRASE")
@subscriber_option
@json_option
@config_option
def unmute_command(words: tuple[str, ...], subscriber: str | None, as_json: bool, config_path: str | None) -> None:
    """End a mute before its day. What it left out so far is not told later.

    N is its number in `pqwatch mutes`. Or name what is muted, as for `pqwatch mute`.
    """
    with open_workspace(config_path, uses_terms=False) as workspace:
        reader = chosen_reader(workspace.config, subscriber)
        choices, names = workspace.archive.choices, reader_names(workspace)
        try:
            mute = find_mute(workspace.archive, workspace.config.topics, reader, " ".join(words))
        except UnknownTargetError as exc:
            say(f"{one_line(reader.name)} {exc}. pqwatch mutes lists them.")
            raise SystemExit(NOTHING_FOUND) from exc
        choices.unmute(reader.key, mute.number)
    if as_json:
        click.echo(to_json({**mute_json(mute, names), "ended": True}))
    else:
        say(f"{one_line(reader.name)} is told again of {mute_title(mute)}", is_error=False)
