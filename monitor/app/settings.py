"""The configuration: read, read again, and its terms held against the archive."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.app.archives import lexicon
from monitor.config import find, load, mark_of, refuse_emptied
from monitor.errors import ArchiveError, ConfigError
from monitor.terms.parser import parse_term
from monitor.terms.tree import TermError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from db.archive import Archive
    from monitor.config.settings import Config, TermProblem

log = logging.getLogger(__name__)

_AT_ONCE = 500
"""Terms that are looked for in the archive at a time."""


def check_term(text: str) -> tuple[str, str] | None:
    """Return a sentence with the remedy, and two lines with a caret under the place, if a term can't be read."""
    try:
        parse_term(text)
    except TermError as exc:
        return str(exc), exc.caret
    return None


def configuration(
    given: str | None = None,
    *,
    env: Mapping[str, str] | None = None,
    needs_password: bool = True,
    needs_token: bool = False,
) -> Config:
    """Find and read the configuration. Raises ConfigError."""
    env = os.environ if env is None else env
    return load(find(given, env, Path.cwd()), env, check_term, needs_password=needs_password, needs_token=needs_token)


def configuration_again(before: Config, given: str | None) -> tuple[Config, bool]:
    """Read config.toml again after a change; return what is in force now, and whether it is new.

    A file with mistakes is reported, and what was read before stays in force.
    """
    mark = mark_of(before.path)
    try:
        config = configuration(given)
        refuse_emptied(config)
    except ConfigError as exc:
        for problem in exc.problems:
            log.error("config unchanged: %s", problem)  # noqa: TRY400 (one line is what an operator needs)
        return replace(before, mark=mark), False
    log.info("config read again path=%s", config.path)
    return config, True


def changed_at(config: Config) -> tuple[tuple[float, int], ...]:
    """Return when config.toml and the files of its secrets were last written, with their sizes.

    Seconds since 1970; zeros for a file that is gone. A file that is read while it is being written may get no later time
    by its second half, but another size.
    """
    return tuple(_state_of(path) for path in (config.path, *config.secret_files))


def _state_of(path: Path) -> tuple[float, int]:
    try:
        found = path.stat()
    except OSError:
        return 0.0, 0
    return found.st_mtime, found.st_size


def with_misread_terms(config: Config, archive: Archive) -> Config:
    """Return the configuration with one more problem for each term that was certainly meant in another way.

    These terms stay in their topics and find what they find as they are read. Without a readable archive, none is known.
    """
    from monitor.terms.slips import may_have_slips  # noqa: PLC0415 (only what is used is loaded)

    if not any(may_have_slips(term) for topic in config.topics for term in (*topic.terms, *topic.exclude)):
        return config
    from monitor.research.term_tools.doubts import misread_terms  # noqa: PLC0415

    try:
        misread = misread_terms(config, _counts_of_terms(config, archive))
    except ArchiveError:  # commands that do not need the index go on without it
        return config
    return replace(config, term_problems=(*config.term_problems, *misread))


class JudgedTerms:
    """Misread terms for a process that keeps running, which asks the archive again only after another stage of a run.

    A long list has thousands of doubtful terms, and only a run brings records that decide about them.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._last: tuple[tuple[object, ...], tuple[TermProblem, ...]] | None = None

    def judged(self, config: Config) -> Config:
        """Return the configuration as `with_misread_terms` does."""
        key = (config.topics, config.equivalents, config.term_problems, self._archive.rounds.state())
        if self._last is None or self._last[0] != key:
            self._last = key, with_misread_terms(config, self._archive).term_problems
        return replace(config, term_problems=self._last[1])


def doubtful_terms(config: Config, archive: Archive) -> tuple[list[TermProblem], list[str]]:
    """Return the terms that were certainly meant in another way, and a sentence for each that may have been."""
    from monitor.research.term_tools.doubts import doubted_terms  # noqa: PLC0415 (only what is used is loaded)

    return doubted_terms(config, _counts_of_terms(config, archive))


def record_counter(config: Config, archive: Archive) -> Callable[[str, int], int]:
    """Return a function that counts the records that a term finds, up to a largest number."""
    from monitor.model.search import Filters  # noqa: PLC0415 (only what is used is loaded)
    from monitor.terms.matcher import compile_query  # noqa: PLC0415

    known = lexicon(config, archive)
    return lambda text, most: archive.search.count(compile_query(text, known), Filters(), at_most=most)


def _counts_of_terms(config: Config, archive: Archive) -> Callable[[Sequence[str], int], list[int]]:
    """Return a function that counts the records that each of some terms finds, up to a largest number.

    Many terms at a time, so that a record that several of them may find is read once.
    """
    from monitor.model.search import Filters  # noqa: PLC0415 (only what is used is loaded)
    from monitor.terms.matcher import compile_query  # noqa: PLC0415

    known = lexicon(config, archive)

    def counts(texts: Sequence[str], most: int) -> list[int]:
        found: list[int] = []
        for start in range(0, len(texts), _AT_ONCE):
            queries = [compile_query(text, known) for text in texts[start : start + _AT_ONCE]]
            found += archive.search.counts(queries, Filters(), at_most=most)
        return found

    return counts
