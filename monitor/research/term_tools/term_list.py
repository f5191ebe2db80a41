"""Lists of watched topics and terms, as `topics list` and `terms list` print them: keys as JSON has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.model.watching import names_by_topic
from monitor.parliament.calendar import LONDON
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of
from monitor.terms.parser import parse_term
from monitor.terms.printer import format_term
from monitor.terms.tree import TermError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.matching import WatchedTerm
    from monitor.model.watching import Topic
    from monitor.research.term_tools.checking import TermFinding


def topic_rows(config: Config, archive: Archive) -> Iterator[dict[str, Any]]:
    """Report each topic: its terms, who gets it, and how many records its terms found."""
    days = archive.matches.topic_days()
    subscribers = names_by_topic(config.subscribers)
    for topic in config.topics:
        yield {
            "schema": SCHEMA,
            "id": topic.key,
            "name": topic.name,
            "terms": list(topic.terms),
            "exclude": list(topic.exclude),
            "note": topic.note or None,
            "subscribers": subscribers.get(topic.key, []),
            "records": sum(days.get(topic.key, {}).values()),
        }


def watched_terms(archive: Archive, topics: Sequence[Topic]) -> dict[tuple[str, str], WatchedTerm]:
    """Return the terms that are watched, by topic and term, with what they find: those of these topics at least."""
    terms = archive.matches.watched_terms(only_key(topics))
    return {(watched.topic, watched.term): watched for watched in terms}


def only_key(topics: Sequence[Topic]) -> str | None:
    """Return the key of the only topic; None for several, since an archive counts all topics as quickly."""
    return topics[0].key if len(topics) == 1 else None


def term_rows(
    config: Config, watched: Mapping[tuple[str, str], WatchedTerm], topics: Sequence[Topic]
) -> Iterator[dict[str, Any]]:
    """Report each term of some topics: in how many records it was found, when last, and since when it is watched."""
    problems = {(problem.topic, problem.term): problem for problem in config.term_problems}
    misread = {key: {"problem": problem.text} for key, problem in problems.items() if problem.is_misread}
    unreadable: dict[str, dict[str, str]] = {}
    for (key, term), problem in problems.items():
        if not problem.is_misread:
            unreadable.setdefault(key, {})[term] = problem.text
    for topic in topics:
        for term in topic.terms:
            row = _row(topic, term, watched.get((topic.key, term))) | misread.get((topic.key, term), {})
            yield row | {"added": term in topic.added}
        for term in topic.exclude:
            yield _row(topic, term, None, is_exclude=True) | misread.get((topic.key, term), {})
        for term, problem_text in unreadable.get(topic.key, {}).items():
            yield _row(topic, term, None) | {"read_as": None, "problem": problem_text}


def _row(topic: Topic, term: str, watched: WatchedTerm | None, *, is_exclude: bool = False) -> dict[str, Any]:
    row: dict[str, Any] = {
        "schema": SCHEMA,
        "topic": topic.key,
        "topic_name": topic.name,
        "term": term,
        "exclude": is_exclude,
        "read_as": _read_as(term),
        "since": None,
        "records": None,
        "last_found_on": None,
        "problem": None,
        "added": False,
    }
    if watched:
        days = [day for day in watched.days if day]
        row["since"] = watched.added_at.astimezone(LONDON).date().isoformat()
        is_still_unmatched = watched.is_behind and not watched.days
        row["records"] = None if is_still_unmatched else sum(watched.days.values())
        row["last_found_on"] = max(days).isoformat() if days else None
    return row


def _read_as(term: str) -> str | None:
    try:
        return format_term(parse_term(term).root)
    except TermError:
        return None


def review_summary(findings: Sequence[TermFinding], topics: Sequence[Topic]) -> str:
    """Say how many terms may need a look."""
    faulty = {(finding.topic, finding.term) for finding in findings if finding.term}
    every = faulty | {(topic.key, term) for topic in topics for term in topic.terms}
    silent_topics = sum(1 for finding in findings if not finding.term)
    terms = count_of(len(every), "term")
    if silent_topics:
        return f"{len(faulty)} of {terms} may need a look; {count_of(silent_topics, 'topic')} found nothing for a year."
    return f"{len(faulty)} of {terms} may need a look." if faulty else f"Nothing to say of {terms}."
