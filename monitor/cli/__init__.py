"""Command line: it prints, and never decides.

Each group of commands has a module, which is loaded when one of its commands is called, so that others start fast.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from monitor.cli.streams import finish, is_unwritable, prepare, unwritten
from monitor.errors import (
    BrokenOffError,
    ConfigError,
    LeaseError,
    LetterError,
    MonitorError,
    NotDoneError,
    SchemaError,
    sentence,
    signal_behind,
)
from monitor.operations.signals import SIGNALS, TERMINATED, Terminated

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

FAILED, WRONG_USE, NOTHING_FOUND, INTERRUPTED = 1, 2, 3, 130

COMMANDS = {
    "demo": ("monitor.cli.demo", "See the whole job done, without network or configuration."),
    "init": ("monitor.cli.init", "Write a config.toml and create the archive."),
    "run": ("monitor.cli.stages", "Collect, match, compose and deliver, once: what a cron line calls."),
    "collect": ("monitor.cli.stages", "Stage 1: read the sources and store what is new."),
    "match": ("monitor.cli.stages", "Stage 2: look for the watch terms in what is new."),
    "compose": ("monitor.cli.stages", "Stage 3: make the digests that are due."),
    "deliver": ("monitor.cli.stages", "Stage 4: hand over the mails in the outbox."),
    "bounces": ("monitor.cli.bounces", "Read mails that came back, and retire dead addresses."),
    "serve": ("monitor.cli.serve", "Do all that on a schedule, in the foreground."),
    "worker": ("monitor.cli.worker", "Do the work that serve hands out: any number, on any number of machines."),
    "web": ("monitor.cli.web", "Serve the page in a browser, and the API for programs."),
    "mcp": ("monitor.cli.mcp", "Serve the archive to an assistant (Model Context Protocol)."),
    "backfill": ("monitor.cli.backfill", "Read the past of a source; it is never mailed."),
    "reparse": ("monitor.cli.stages", "Read the kept payloads again with today's parsers."),
    "search": ("monitor.cli.search", "Search the archive."),
    "show": ("monitor.cli.show", "Show one record whole, with its story."),
    "similar": ("monitor.cli.similar", "Find more like a record or a text, by rare words that they share."),
    "cite": ("monitor.cli.cite", "Cite a record, with what it says: a reference for a letter."),
    "check": ("monitor.cli.check", "Check the quotations of a letter against the archive."),
    "audit": ("monitor.cli.audit", "Hold a paid or hand-made briefing against what you were told."),
    "draft": ("monitor.cli.draft", "Draft a letter that quotes records, with their references."),
    "matches": ("monitor.cli.matches", "List what the watch terms found."),
    "follow": (
        "monitor.cli.following",
        "Follow a question, a promise, a member or a body: be told what happens to it.",
    ),
    "unfollow": ("monitor.cli.following", "Follow something no more."),
    "following": ("monitor.cli.following", "List what is followed."),
    "done": ("monitor.cli.choices", "Say that you have dealt with a record, until it changes."),
    "not-relevant": ("monitor.cli.choices", "Say that a record is not what its topic is about."),
    "mute": ("monitor.cli.choices", "Be told nothing of a record, a term or a phrase until a day."),
    "mutes": ("monitor.cli.choices", "List what is muted."),
    "unmute": ("monitor.cli.choices", "End a mute before its day."),
    "note": ("monitor.cli.notes", "Write a note on a record, for the whole team."),
    "notes": ("monitor.cli.notes", "List and search the notes of the team."),
    "waiting": ("monitor.cli.matches", "List watched questions without an answer, days late first."),
    "calendar": ("monitor.cli.calendar", "Write due days, promises and recesses as a calendar file."),
    "promises": ("monitor.cli.promises", "List what ministers promised, and what became of it."),
    "export": ("monitor.cli.export", "Write what a query or a topic finds into a file, or a site."),
    "stats": ("monitor.cli.stats", "Count records by month, body, minister, topic and more; days taken, and late."),
    "bodies": ("monitor.cli.bodies", "Show what departments and agencies came from and became."),
    "topics": ("monitor.cli.topics", "List topics; add, rename or remove one."),
    "terms": ("monitor.cli.terms", "Add terms, and see what they find and why."),
    "subscribers": ("monitor.cli.subscribers", "List who gets digests; add, change, pause, remove or forget somebody."),
    "digest": ("monitor.cli.digest", "Preview, list, show, resend or skip digests."),
    "status": ("monitor.cli.status", "Show last runs, coverage, and what is pending or failed."),
    "doctor": ("monitor.cli.doctor", "Check the set-up."),
    "db": ("monitor.cli.db", "Upgrade, back up, restore or check the archive."),
    "help": ("monitor.cli.help", "Show the help of a command, a page at a time."),
}
"""Module and help of each command, so that listing them loads none of the modules."""

EPILOG = """\b
Examples:
  pqwatch demo                                  the whole job against a bundled Parliament
  pqwatch init                                  start here
  pqwatch doctor                                is everything right?
  pqwatch run                                   read, match, mail: what cron calls, several times a day
  pqwatch search "National Crime Agency" --since 30d
  pqwatch show 2024-11-11/14205                 one question, its answers, its story
  pqwatch help terms add                        all about a command

\b
Tab completes commands and options after: eval "$(_PQWATCH_COMPLETE=bash_source pqwatch)"
(bash; zsh_source for zsh; for fish: _PQWATCH_COMPLETE=fish_source pqwatch | source)

\b
Exit codes: 0 done; 1 done with failures; 2 wrong use or configuration; 3 nothing found;
130 interrupted; 143 terminated.
"""


class LazyGroup(click.Group):
    """Group that loads the module of a command when the command is called."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. End quietly where its output is no longer read (`| head`); click would call that a failure."""
        try:
            return super().invoke(ctx)
        except (BrokenPipeError, SystemExit) as exc:
            # rich turns a broken pipe into the end of the program.
            if isinstance(exc, SystemExit) and not isinstance(exc.__context__, BrokenPipeError):
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or raise NoSuchCommand with the nearest name: click itself only knows loaded commands."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as exc:
            from difflib import get_close_matches  # noqa: PLC0415 (only a mistyped name needs it)

            nearest = get_close_matches(exc.command_name, COMMANDS, n=1)
            raise click.NoSuchCommand(exc.command_name, possibilities=nearest, ctx=ctx) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command without loading any, as a shell waits for it."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 (only a shell asks)

        names = [
            CompletionItem(name, help=description)
            for name, (_, description) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """List the commands in the order of a first day's use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a command."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), f"{name}_command")
        _collect_garbage()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, description) for name, (_, description) in COMMANDS.items()])


@click.group(
    cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="pqwatch", prog_name="pqwatch")
def pqwatch() -> None:
    """Watch what ministers answer in Parliament, and get a digest that can be relied on."""


def _collect_garbage() -> None:
    """Collect garbage from now on, but not among the objects that imports created.

    They stay to the end, and to look through them again and again takes a tenth of the time of a search.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(50_000)
        gc.enable()


def main() -> NoReturn:
    """Run the command line. Every error is one sentence on stderr and an exit code."""
    gc.disable()  # `_collect_garbage` enables it
    prepare()
    SIGNALS.install()
    try:
        code = _run()
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else 0
    except OSError as exc:
        if not is_unwritable(exc):
            raise
        sys.exit(unwritten(exc))
    SIGNALS.leave()
    sys.exit(finish(code))


def _run() -> int:
    """Run the command line and return its exit code."""
    try:
        code = pqwatch.main(
            prog_name="pqwatch", standalone_mode=False, color=False if os.environ.get("NO_COLOR") else None
        )
    except click.ClickException as exc:
        from monitor.cli.typed import show  # noqa: PLC0415 (slow to import, and --help does without it)

        show(exc)
        code = WRONG_USE
    except click.exceptions.Abort:
        code = _interrupted()
    except (Exception, KeyboardInterrupt) as exc:
        code = _code_of(exc)
        if code is None:
            raise
    return code if isinstance(code, int) else 0


def _code_of(exc: BaseException) -> int | None:
    """Say in one sentence what ended a command, and return the exit code; None for an error that is not known."""
    interruption = signal_behind(exc)
    if isinstance(interruption, Terminated):
        return TERMINATED
    if isinstance(interruption, KeyboardInterrupt):
        return _interrupted()
    if isinstance(exc, MonitorError):
        return _explain(exc)
    return None


def _interrupted() -> int:
    _say("Interrupted; nothing that was stored is lost.", logging.WARNING)
    return INTERRUPTED


def _explain(exc: MonitorError) -> int:
    """Print an error and return the exit code."""
    if isinstance(exc, LeaseError) and not isinstance(exc, BrokenOffError | NotDoneError):
        _say(sentence(str(exc)), logging.INFO)
        return 0
    if isinstance(exc, ConfigError):
        for problem in exc.problems:
            _say(problem)
        return WRONG_USE
    _say(sentence(str(exc)))
    return WRONG_USE if isinstance(exc, SchemaError | LetterError) else FAILED


def _say(text: str, level: int = logging.ERROR) -> None:
    from monitor.cli.logs import tell  # noqa: PLC0415 (slow to import, and --help does without it)
    from monitor.cli.typed import as_typed  # noqa: PLC0415 (slow to import, and --help does without it)
    from monitor.presentation.wording import clean  # noqa: PLC0415

    tell(clean(as_typed(text)), level)
