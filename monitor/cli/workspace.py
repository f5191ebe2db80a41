"""Open the configuration and the archive for a command, and find what its arguments name in them."""

from __future__ import annotations

import logging
import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import click

from monitor import app
from monitor.cli.logs import tell
from monitor.cli.output import say
from monitor.cli.typed import config_words
from monitor.config.merging import with_subscribers
from monitor.config.subscribers import readers_named
from monitor.model.deliveries import FEED
from monitor.model.watching import keys_named
from monitor.presentation.wording import listed_briefly
from monitor.text.similarity import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from db.archive import Archive
    from monitor.config.settings import Config, TermProblem
    from monitor.model.watching import Subscriber
    from monitor.parliament.calendar import SittingCalendar
    from monitor.terms.vocabulary import Lexicon

MOST_MISREAD: Final = 5
"""Most misread terms that a command warns of one by one."""
NO_READERS: Final = "No one gets digests yet: pqwatch subscribers add NAME EMAIL"


@dataclass(frozen=True)
class Workspace:
    """A configuration and the archive that it names."""

    config: Config
    archive: Archive

    @cached_property
    def lexicon(self) -> Lexicon:
        """Equivalents and names of offices that matching depends on."""
        return app.lexicon(self.config, self.archive)

    @cached_property
    def calendar(self) -> SittingCalendar:
        """Sitting calendar, as the archive knows it."""
        return app.sittings(self.config, self.archive, app.clock())


@contextmanager
def open_workspace(
    config_path: str | None, *, needs_password: bool = False, uses_terms: bool = True
) -> Iterator[Workspace]:
    """Read the configuration, warn of terms that can't be read, open the archive, and close it at the end.

    `uses_terms`: warn of watch terms that were misread too. The archive is asked for each that may have been, which takes
    a fifth of the time of a search; a command that has nothing to do with watch terms does without.
    """
    config = app.configuration(config_path, needs_password=needs_password)
    for problem in config.term_problems:
        tell(f"{_with_caret(problem)}\nThe term is switched off; all others work.", logging.WARNING)
    archive = app.archive(config)
    try:
        config = with_subscribers(config, archive)
        judged = app.with_misread_terms(config, archive) if uses_terms else config
        misread = judged.term_problems[len(config.term_problems) :]
        for problem in misread[:MOST_MISREAD]:
            tell(f"{_with_caret(problem)}\nIt is looked for as it is read until it is corrected.", logging.WARNING)
        if len(misread) > MOST_MISREAD:
            tell(_more_misread(config, len(misread) - MOST_MISREAD), logging.WARNING)
        yield Workspace(judged, archive)
    finally:
        archive.close()


def _more_misread(config: Config, count: int) -> str:
    others = "1 more term was" if count == 1 else f"{count} more terms were"
    return f"{others} surely meant in another way. To see all: {command_line(config, 'doctor', '--offline')}"


def _with_caret(problem: TermProblem) -> str:
    caret = problem.caret.replace("\n", "\n    ")
    return f"{problem.text}\n    {caret}"


def command_line(config: Config, *words: str) -> str:
    """Return a command as the user has to type it: with `--config` where the file is not found without it."""
    return shlex.join(["pqwatch", *words, *config_words(config.path)])


def say_what_no_run_saw(workspace: Workspace, topics: Collection[str], readers: Iterable[Subscriber] = ()) -> None:
    """Say which terms of some topics, and which readers, no run has seen yet: an empty list says nothing about them."""
    known_topics, known_readers, seen = workspace.archive.watch_list.watched()
    if not known_topics:  # before the first run
        return
    new = [reader.name for reader in readers if reader.key not in known_readers]
    for topic in workspace.config.topics:
        if topic.key in topics:
            new += [term for term in topic.terms if (topic.key, term) not in seen]
    if new:
        say(
            f"New in config.toml since the last run, and left out here: {listed_briefly([f'“{name}”' for name in new], 5)}. "
            f"To have it here now: {command_line(workspace.config, 'match')}"
        )


def topic_key(config: Config, given: str, hint: str = "--topic") -> str:
    """Return the key of a topic that is named by key or name. Raises BadParameter with the nearest names, or all meant."""
    as_listed = {topic.key: (topic.name, " ".join(topic.name.split())) for topic in config.topics}
    found = keys_named(as_listed, given)
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(map(repr, found))
        problem = f"{len(found)} topics are called {given!r}: name one by its id: {ids}."
        raise click.BadParameter(problem, param_hint=hint)
    names = [topic.name for topic in config.topics]
    raise click.BadParameter(f"there is no topic {given!r}. {did_you_mean(given, names)}", param_hint=hint)


def find_reader(config: Config, given: str, hint: str | None = None) -> Subscriber:
    """Return the subscriber or webhook with an id, name or address. Raises BadParameter with the nearest names."""
    readers = [reader for reader in config.readers if reader.channel != FEED]
    found = readers_named(readers, given)
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(repr(reader.key) for reader in found)
        problem = f"{len(found)} subscribers are called {given!r}: name one by its id: {ids}."
        raise click.BadParameter(problem, param_hint=hint)
    problem = f"there is no subscriber {given!r}. {did_you_mean(given, [reader.name for reader in readers])}"
    raise click.BadParameter(problem, param_hint=hint)


def chosen_reader(config: Config, given: str | None) -> Subscriber:
    """Return the subscriber that --subscriber names; without it the only one. Raises UsageError."""
    if given is not None:
        return find_reader(config, given, "--subscriber")
    if len(config.subscribers) == 1:
        return config.subscribers[0]
    if not config.subscribers:
        raise click.UsageError(NO_READERS)
    names = listed_briefly([repr(subscriber.name) for subscriber in config.subscribers])
    raise click.UsageError(f"Say for whom: --subscriber NAME. There are: {names}.")


def did_you_mean(given: str, names: list[str]) -> str:
    """Return a sentence with the nearest name, or with all names where no name is near."""
    near = nearest(given, names)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {listed_briefly(list(map(repr, names))) or 'none'}."


def topic_names(config: Config) -> dict[str, str]:
    """Return topic names by key."""
    return {topic.key: topic.name for topic in config.topics}
