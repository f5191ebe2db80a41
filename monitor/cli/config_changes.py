"""Change config.toml from the command line: check terms, plan the change, make it or only show it."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from monitor import app
from monitor.cli import WRONG_USE
from monitor.cli.output import cell, say
from monitor.config.editing import carry_out_rewrite
from monitor.errors import ConfigError, MonitorError, sentence
from monitor.model.search import Filters
from monitor.presentation.wording import clean
from monitor.research.term_tools import topic_changes
from monitor.research.term_tools.topic_changes import TopicEditor, likely_doubts
from monitor.terms.matcher import compile_query
from monitor.terms.parser import parse_term
from monitor.terms.slips import may_have_slips

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.config.editing import Rewrite
    from monitor.config.settings import Config
    from monitor.model.watching import Topic
    from monitor.research.term_tools.doubts import Doubt
    from monitor.terms.matcher import Query
    from monitor.terms.tree import Term
    from monitor.terms.vocabulary import Lexicon


class TermUsageError(click.ClickException):
    """A term that can't be read, or not in this place: exit code 2."""

    exit_code = WRONG_USE

    def show(self, file: Any = None) -> None:
        """Print the message without "Error:" before it."""
        click.echo(self.format_message(), file=file, err=True)


def quoted(text: str) -> str:
    """Return a name or term in quotation marks, for use within a sentence."""
    return f"“{cell(text)}”"


# -- terms ------------------------------------------------------------------------------------------------------------


@contextmanager
def refusals() -> Iterator[None]:
    """Make refused terms errors of the command line: the mistake, the term with a caret, and the remedy."""
    try:
        yield
    except topic_changes.RefusedTermError as exc:
        caret = "\n".join(f"  {line}" for line in exc.caret.split("\n")) if exc.caret else ""
        raise TermUsageError("\n".join(filter(None, (exc.problem, clean(caret), exc.remedy, exc.better)))) from exc


def read_term(text: str) -> Term:
    """Parse a term from the command line. Raises TermUsageError with the place and the remedy."""
    with refusals():
        return topic_changes.read_term(text)


def refuse_misread(text: str) -> None:
    """Raise TermUsageError where a term is certainly misread, while there is no archive to count in yet."""
    with refusals():
        topic_changes.refuse_misread(text, find_doubts(text, None, None))


def editor(config: Config) -> TopicEditor:
    """Return what plans changes of the topics in config.toml. Its refusals are those of `refusals`."""
    return TopicEditor(config, app.check_term, partial(_doubts_before_saving, config=config))


def _doubts_before_saving(text: str, config: Config) -> list[Doubt]:
    """Find doubts even where the archive can't be read: the term can be saved without it."""
    if not may_have_slips(text):
        return []
    try:
        archive = app.archive(config)
    except ConfigError:
        raise
    except MonitorError:
        return find_doubts(text, config, None)
    try:
        return find_doubts(text, config, archive)
    finally:
        archive.close()


def find_doubts(text: str, config: Config | None, archive: Archive | None, today: date | None = None) -> list[Doubt]:
    """Find what may be slips in a term, judged by what the archive holds. `today` is given for a query."""
    if not may_have_slips(text):
        return []
    from monitor.research.term_tools.doubts import doubts  # noqa: PLC0415 (few terms may have slips)

    count = app.record_counter(config, archive) if config and archive and not archive.records.is_empty() else None
    return doubts(text, count, today)


def words_not_found(archive: Archive, lexicon: Lexicon, terms: Iterable[Term]) -> list[str]:
    """Say, for terms that find nothing, which of their words no record has and what these may be slips for."""
    from monitor.research.suggestions import unknown_words  # noqa: PLC0415 (most terms find something)

    return list(dict.fromkeys(line for term in terms for line in unknown_words(archive, lexicon, term)))


def members_in_doubt(archive: Archive, terms: Iterable[str]) -> list[str]:
    """Say whom filters on members find in terms, where they find several."""
    from monitor.research.term_tools.checking import ambiguous_members  # noqa: PLC0415 (most commands check no term)

    return [line for term in terms for line in ambiguous_members(term, archive.search.names)]


def say_likely_doubts(doubts: Iterable[Doubt]) -> None:
    """Warn on stderr of likely slips, while the command does something else."""
    for doubt in likely_doubts(doubts):
        say(doubt.said)


def doubts_json(doubts: Iterable[Doubt]) -> list[Mapping[str, Any]]:
    """Return doubts as JSON has them."""
    return [
        {
            "said": doubt.said,
            "position": doubt.slip.position,
            "write": doubt.slip.better,
            "keep": doubt.slip.keep,
            "records": doubt.as_typed,
            "records_meant": doubt.as_meant,
            "misread": doubt.is_misread,
        }
        for doubt in doubts
    ]


# -- changes ----------------------------------------------------------------------------------------------------------


def topic_of(config: Config, key: str) -> Topic:
    """Return the topic with a key."""
    return next(topic for topic in config.topics if topic.key == key)


def plan_change(config: Config, change: Callable[[str], str]) -> tuple[Rewrite, Config]:
    """Return the changed text of config.toml, and the configuration that it would be.

    Raises ConfigError with what would be wrong in it.
    """
    return editor(config).plan(change)


def carry_out(plan: Rewrite, *, dry_run: bool, as_json: bool) -> None:
    """Write the change to the file, or only show it."""
    if not dry_run:
        carry_out_rewrite(plan)
        return
    if not as_json:
        for line in plan.diff():
            click.echo(line)
    say("Nothing was changed: --dry-run.")


def diff_json(plan: Rewrite | None, *, dry_run: bool) -> str | None:
    """Return the difference as JSON has it: only where the change was not made."""
    if not dry_run:
        return None
    return "\n".join(plan.diff()) if plan else ""


# -- the archive, where it can be read --------------------------------------------------------------------------------


@contextmanager
def archive_if_readable(config: Config, purpose: str) -> Iterator[Archive | None]:
    """Open the archive. Where it can't be read, say that `purpose` can't be told and yield None: the change goes on."""
    try:
        archive = app.archive(config)
    except ConfigError:
        raise
    except MonitorError as exc:
        say(f"{purpose} can't be told: {exc}")
        yield None
        return
    try:
        yield archive
    finally:
        archive.close()


MOST_READ: Final = 5_000
"""Records that are read to see which of them the new terms of a topic find."""


class TermCounts(NamedTuple):
    """Numbers of records that each term finds, and sentences on words that no record has and on names of several members.

    `in_topic`: how many of the records the topic has, by the terms that it had before. `noise`: for each term "", or how
    many records it finds, where that is more than anyone reads.
    """

    records: list[int]
    in_topic: list[int]
    hints: list[str]
    noise: list[str]


def count_records(config: Config, terms: Sequence[str], topic: Topic | None = None) -> TermCounts | None:
    """Count the records in which each term is found; None where the archive can't be read."""
    try:
        archive = app.archive(config)
        try:
            lexicon = app.lexicon(config, archive)
            queries = [compile_query(term, lexicon) for term in terms]
            counts = archive.search.counts(queries, Filters())
            in_topic = [
                _count_in_topic(archive, lexicon, query, topic, is_read=count <= MOST_READ)
                for query, count in zip(queries, counts, strict=True)
                if topic
            ]
            silent = [parse_term(term) for term, count in zip(terms, counts, strict=True) if not count]
            hints = [*words_not_found(archive, lexicon, silent), *members_in_doubt(archive, terms)]
            return TermCounts(counts, in_topic, hints, _noise(archive, queries, counts))
        finally:
            archive.close()
    except ConfigError:
        raise
    except MonitorError as exc:
        say(f"What it finds already can't be told: {exc}")
        return None


def _count_in_topic(archive: Archive, lexicon: Lexicon, query: Query, topic: Topic, *, is_read: bool) -> int:
    """Count the records that a topic has already: those that a run found, and with `is_read` what its newer terms find."""
    from monitor.research.term_tools.trial import find_by_new_terms  # noqa: PLC0415 (most commands count nothing)

    find_new = find_by_new_terms(archive, [topic], lexicon) if is_read else None
    if find_new is None:
        return archive.search.counts([query], Filters(topic=topic.key))[0]
    return sum(
        any(match.topic == topic.key for match in hit.matches) or bool(find_new(hit))
        for hit in archive.search.hits(query, Filters())
    )


def _noise(archive: Archive, queries: Sequence[Query], counts: Sequence[int]) -> list[str]:
    from monitor.research.term_tools.checking import newest_days, noise  # noqa: PLC0415 (most commands check no term)

    records = archive.matches.records_by_day() if any(counts) else {}
    newest = Filters(first=min(newest_days(records), default=None))
    return [
        noise(Counter(archive.search.days_of(query, newest)), records) if count else ""
        for query, count in zip(queries, counts, strict=True)
    ]


def noise_lines(terms: Iterable[str], noise: Iterable[str]) -> list[str]:
    """Say of each term that finds more than anyone reads how much that is, and what to do."""
    from monitor.research.term_tools.checking import noise_remedy  # noqa: PLC0415 (most commands check no term)

    return [
        f"{quoted(term)} may be too wide: {said}. {sentence(noise_remedy(term))}"
        for term, said in zip(terms, noise, strict=True)
        if said
    ]
