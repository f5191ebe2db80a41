"""Writing terms and topics into config.toml: checked first, shown where they stand, and what they find already."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from monitor import app
from monitor.cli import WRONG_USE
from monitor.cli.doubting import doubts_before, doubts_of
from monitor.cli.output import cell, say
from monitor.config import load, rewrite
from monitor.errors import ConfigError, MonitorError
from monitor.presentation.wording import clean
from monitor.research.term_tools.overlap import same_meaning
from monitor.terms.matcher import compile_query
from monitor.terms.parser import parse_term
from monitor.terms.tree import TermError, paste_hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitor.config.rewrite import Rewrite
    from monitor.config.settings import Config
    from monitor.model.archive import Filters
    from monitor.model.watching import Topic
    from monitor.research.term_tools.doubts import Doubt
    from monitor.terms.tree import Term

dry_run_option = click.option("--dry-run", is_flag=True, help="Change nothing, print what would change.")


class TermTrouble(click.ClickException):
    """A term that can't be read, or not here: exit code 2."""

    exit_code = WRONG_USE

    def show(self, file: Any = None) -> None:
        """Say it, without a word before it."""
        click.echo(self.format_message(), file=file, err=True)


def read_term(text: str) -> Term:
    """A term from the command line. Raises TermTrouble with the place and the remedy."""
    try:
        return parse_term(text)
    except TermError as exc:
        raise trouble(exc) from exc


def refuse_misread(text: str, config: Config | None = None) -> list[Doubt]:
    """What may be slips in a term that is to be written down. Raises TermTrouble where one certainly is.

    Without a configuration there is no archive to count in yet.
    """
    found = doubts_before(text, config) if config else doubts_of(text, None, None)
    for one in found:
        if one.is_misread:
            raise TermTrouble(f"{one.said}\n  {clean(text)}\n  {' ' * one.slip.position}^")
    return found


def trouble(exc: TermError) -> TermTrouble:
    """The problem, the term with a caret under the place, and the remedy."""
    caret = "\n".join(f"  {line}" for line in exc.caret.split("\n"))
    better = f"\n{paste_hint(exc.better)}" if exc.better else ""
    return TermTrouble(f"{exc.problem}.\n{clean(caret)}\n{exc.remedy[:1].upper()}{exc.remedy[1:]}.{better}")


def topic_of(config: Config, key: str) -> Topic:
    """The topic that is known by a key."""
    return next(one for one in config.topics if one.key == key)


def there_as(terms: Iterable[str], source: str) -> str | None:
    """Which of some terms means the same as this one."""
    return next((known for known in terms if same_meaning(known, source)), None)


def planned(config: Config, change: Callable[[str], str], terms: Iterable[str] = ()) -> tuple[Rewrite, Config]:
    """What a change makes of config.toml, and the configuration that it would be.

    Raises ConfigError with what would be wrong in it, TermTrouble where it would not take one of the new terms.
    """
    plan = rewrite.rewrite(config.path, change)
    after = load(config.path, os.environ, app.check_term, needs_password=False, source=plan.source)
    new = set(terms)
    for problem in after.term_problems:
        if problem.term in new:
            raise TermTrouble(problem.text)
    return plan, after


def carry_out(plan: Rewrite, *, dry_run: bool, as_json: bool) -> None:
    """Put the change in the file, or only show it."""
    if not dry_run:
        rewrite.replace(plan)
        return
    if not as_json:
        for line in plan.diff():
            click.echo(line)
    say("Nothing was changed: --dry-run.")


def found_by(config: Config, terms: Sequence[str], *filters: Filters) -> list[list[int]] | None:
    """In how many records of the archive that pass each of some filters each term stands.

    None, which is told on stderr, where the archive can't be asked.
    """
    try:
        archive = app.archive(config)
        try:
            lexicon = app.lexicon(config, archive)
            queries = [compile_query(term, lexicon) for term in terms]
            return [archive.search.counts(queries, one) for one in filters]
        finally:
            archive.close()
    except ConfigError:
        raise
    except MonitorError as exc:
        say(f"What it finds already can't be told: {exc}")
        return None


def quoted(text: str) -> str:
    """A name or term within a sentence."""
    return f"“{cell(text)}”"
