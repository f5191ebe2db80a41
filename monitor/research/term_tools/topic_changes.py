"""Planned changes of topics and their terms in config.toml: what is checked before anything is written.

The command line and the page both plan a change here. `monitor.config.editing.carry_out_rewrite` then puts the planned
text in the file's place, unless somebody else changed the file meanwhile.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.config import load
from monitor.config.editing import add_term, add_topic, plan_rewrite, remove_term, remove_topic, rename_topic
from monitor.config.positions import line_of_term, line_of_topic, readers_by_name
from monitor.errors import MonitorError
from monitor.research.term_tools.overlap import find_equivalent
from monitor.terms.parser import parse_term
from monitor.terms.tree import TermError, paste_hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from monitor.config.editing import Rewrite
    from monitor.config.settings import Config
    from monitor.model.watching import Topic
    from monitor.research.term_tools.doubts import Doubt
    from monitor.terms.tree import Term


class RefusedTermError(MonitorError):
    """A term that can't be read, or not in this place, or that certainly means something else.

    Attributes:
        problem: The mistake, as sentences.
        caret: The term, and below it a caret under the place; "" where it is no single place.
        remedy: What to write instead; "" where `problem` says it.
        better: A sentence with the term as it was probably meant; "" where that is not known.
    """

    def __init__(self, problem: str, *, caret: str = "", remedy: str = "", better: str = "") -> None:
        self.problem, self.caret, self.remedy, self.better = problem, caret, remedy, better
        super().__init__(" ".join(filter(None, (problem, remedy, better))))


def read_term(text: str) -> Term:
    """Parse a term. Raises RefusedTermError with the place and the remedy."""
    try:
        return parse_term(text)
    except TermError as exc:
        remedy = f"{exc.remedy[:1].upper()}{exc.remedy[1:]}."
        better = paste_hint(exc.better)
        raise RefusedTermError(f"{exc.problem}.", caret=exc.caret, remedy=remedy, better=better) from exc


def refuse_misread(text: str, doubts: Sequence[Doubt]) -> None:
    """Raise RefusedTermError if a term that is to be saved certainly means something else."""
    for doubt in doubts:
        if doubt.is_misread:
            raise RefusedTermError(doubt.said, caret=f"{text}\n{' ' * doubt.slip.position}^")


def likely_doubts(doubts: Iterable[Doubt]) -> list[Doubt]:
    """Return the doubts that are worth a warning."""
    return [doubt for doubt in doubts if doubt.is_likely]


def written_terms(config: Config, topic: Topic, *, is_exclude: bool) -> list[str]:
    """Return the terms of a topic, or its exclusions, also those that can't be read: these come last."""
    return list(
        dict.fromkeys([*(topic.exclude if is_exclude else topic.written), *_unreadable(config, topic, is_exclude)])
    )


def find_term(config: Config, topic: Topic, given: str, *, is_exclude: bool) -> str | None:
    """Return the term of a topic that is meant: as it is written, or one that means the same. None where no term is."""
    terms = written_terms(config, topic, is_exclude=is_exclude)
    if given in terms:
        return given
    unreadable = _unreadable(config, topic, is_exclude)
    try:
        return find_equivalent([term for term in terms if term not in unreadable], parse_term(given).source)
    except TermError:
        return None


def _unreadable(config: Config, topic: Topic, is_exclude: bool) -> list[str]:
    return [
        problem.term
        for problem in config.term_problems
        if problem.topic == topic.key and problem.is_exclude == is_exclude
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermChange:
    """A term to be added or removed. `line`: its line of config.toml, after the change or before it."""

    term: str
    plan: Rewrite
    line: int | None
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTerm:
    """A term that need not be added: the topic has one with the same meaning, `there_as`, in this line."""

    term: str
    there_as: str
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChange:
    """A topic to be added, renamed or removed, and its line in config.toml: `after` is the configuration it would be.

    `same`: terms that are not added, each with the one before it that means the same. `taken_off`: names of those whose
    lists name the topic, and will no more.
    """

    key: str
    name: str
    plan: Rewrite
    after: Config
    line: int | None
    terms: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    same: tuple[tuple[str, str], ...] = ()
    doubts: tuple[Doubt, ...] = ()
    taken_off: tuple[str, ...] = ()


@dataclass(frozen=True)
class TopicEditor:
    """Plans changes of the topics in a config.toml.

    All plans raise ConfigError with what would be wrong in the file, and RefusedTermError for a term that it can't have.
    `check_term` says what is wrong with a term, as `monitor.config.load` asks it. `find_doubts` returns what may be slips in
    a term.
    """

    config: Config
    check_term: Callable[[str], tuple[str, str] | None]
    find_doubts: Callable[[str], list[Doubt]]
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def plan(self, change: Callable[[str], str], new_terms: Iterable[str] = ()) -> tuple[Rewrite, Config]:
        """Return the changed text of config.toml, and the configuration that it would be."""
        plan = plan_rewrite(self.config.path, change)
        after = load(self.config.path, self.env, self.check_term, needs_password=False, source=plan.source)
        added = set(new_terms)
        for problem in after.term_problems:
            if problem.term in added:
                raise RefusedTermError(problem.text)
        return plan, after

    def add_term(self, topic: Topic, text: str, *, is_exclude: bool = False) -> TermChange | KnownTerm:
        """Plan to add a term to a topic, or to its exclusions. One that is there, however it is written, is not added."""
        source = read_term(text).source
        known = find_equivalent(topic.exclude if is_exclude else topic.written, source)
        if known is not None:
            written = self.config.path.read_text(encoding="utf-8")
            line = line_of_term(written, topic.key, known, exclude=is_exclude)
            return KnownTerm(term=source, there_as=known, line=line)
        doubts = self._acceptable(source)
        plan, _ = self.plan(lambda written: add_term(written, topic.key, source, exclude=is_exclude), [source])
        line = line_of_term(plan.after.decode("utf-8"), topic.key, source, exclude=is_exclude)
        return TermChange(term=source, plan=plan, line=line, doubts=tuple(doubts))

    def remove_term(self, topic: Topic, term: str, *, is_exclude: bool = False) -> TermChange:
        """Plan to remove a term, as `find_term` found it, from a topic or from its exclusions."""
        plan, _ = self.plan(lambda written: remove_term(written, topic.key, term, exclude=is_exclude))
        line = line_of_term(plan.before.decode("utf-8"), topic.key, term, exclude=is_exclude)
        return TermChange(term=term, plan=plan, line=line)

    def add_topic(
        self, name: str, terms: Iterable[str], exclude: Iterable[str] = (), id_: str = "", note: str = ""
    ) -> TopicChange:
        """Plan to add a topic behind the others."""
        name, id_ = name.strip(), id_.strip()
        sources, same = _without_same(dict.fromkeys(read_term(term).source for term in terms))
        excluded, same_excluded = _without_same(dict.fromkeys(read_term(term).source for term in exclude))
        doubts = [doubt for term in (*sources, *excluded) for doubt in self._acceptable(term)]
        plan, after = self.plan(
            lambda written: add_topic(written, name, sources, excluded, id_=id_, note=note.strip()),
            [*sources, *excluded],
        )
        key = id_ or name
        return TopicChange(
            key=key,
            name=name,
            plan=plan,
            after=after,
            line=line_of_topic(plan.after.decode("utf-8"), key),
            terms=tuple(sources),
            exclude=tuple(excluded),
            same=(*same, *same_excluded),
            doubts=tuple(doubts),
        )

    def rename_topic(self, topic: Topic, new: str) -> TopicChange:
        """Plan to give a topic another name, also in the lists of those who get it. Its key and its history stay."""
        plan, after = self.plan(lambda written: rename_topic(written, topic.key, new))
        line = line_of_topic(plan.after.decode("utf-8"), topic.key)
        return TopicChange(key=topic.key, name=new, plan=plan, after=after, line=line, terms=topic.written)

    def remove_topic(self, topic: Topic) -> TopicChange:
        """Plan to remove a topic, and its name from the lists of those who get it."""
        plan, after = self.plan(lambda written: remove_topic(written, topic.key))
        before = plan.before.decode("utf-8")
        return TopicChange(
            key=topic.key,
            name=topic.name,
            plan=plan,
            after=after,
            line=line_of_topic(before, topic.key),
            terms=topic.written,
            taken_off=tuple(readers_by_name(before, topic.key)),
        )

    def _acceptable(self, term: str) -> list[Doubt]:
        """Return the doubts about a term that is to be saved. Raises RefusedTermError if it is certainly misread."""
        doubts = self.find_doubts(term)
        refuse_misread(term, doubts)
        return doubts


def _without_same(terms: Iterable[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the terms without those that mean the same as an earlier one, and these, each with the earlier one."""
    kept: list[str] = []
    same: list[tuple[str, str]] = []
    for term in terms:
        known = find_equivalent(kept, term)
        if known is None:
            kept.append(term)
        else:
            same.append((term, known))
    return kept, same
