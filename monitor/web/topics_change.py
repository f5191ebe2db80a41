"""Changes of topics and terms in config.toml, made by forms of the page: the checks are those of the command line."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Form, HTTPException, Request, Response

from monitor import app
from monitor.config import mark_of
from monitor.config.editing import carry_out_rewrite
from monitor.config.merging import refuse_only_topic, take_topic_off
from monitor.desk.desks import CONFIG_LOCK
from monitor.desk.terms import find_doubts
from monitor.errors import ConfigError, RefusedChangeError
from monitor.presentation.wording import one_line
from monitor.research.term_tools.topic_changes import KnownTerm, RefusedTermError, TopicEditor, find_term
from monitor.web.desk import DeskOf
from monitor.web.fields import NO_FIELD, FieldProblem, Lines, find_too_long
from monitor.web.readers import DONE, see_other
from monitor.web.rendering import page, path_with
from monitor.web.security import check_own_form
from monitor.web.topics import (
    LONGEST_NAME,
    LONGEST_TERM,
    TERM,
    TOPIC,
    editing_facts,
    topic_of,
    topic_path,
    why_not_editable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.config.editing import Rewrite
    from monitor.desk.desks import Desk

log = logging.getLogger(__name__)

router = APIRouter(include_in_schema=False)

MOST_TERMS: Final = 20_000
"""Characters of the terms of a new topic together."""
LONGEST_NOTE: Final = 500

NAME: Final = ("new-name", "Name of the topic")
"""Id and label of a field of the form."""
TERMS: Final = ("new-terms", "Terms, one on each line")
NOTE: Final = ("new-note", "Why you follow it (optional)")
NEW_NAME: Final = ("new-name", "New name")

STALE: Final = (
    "config.toml was changed after you loaded the page. Nothing was written. Look at the topics as they are now, and do it"
    " again."
)

Text = Annotated[str, Form()]


@router.post("/topics/terms/add")
def add_term(
    request: Request,
    desk: DeskOf,
    topic: Text = "",
    term: Text = "",
    exclude: Text = "",
    csrf: Text = "",
    seen: Text = "",
) -> Response:
    """Add a term to a topic, or to what does not count for it."""
    editor = _editor(request, desk, csrf)
    given = {"form": "try", "topic": topic, "term": term}
    unchosen = None if topic else FieldProblem("choose one of them.", *TOPIC)
    if problem := unchosen or find_too_long((term, LONGEST_TERM, TERM)):
        return _refused(request, desk, Refusal(problem), **given)
    try:
        target = topic_of(desk, topic)
    except HTTPException as exc:
        gone = FieldProblem(f"{exc.detail} Choose another one.", *TOPIC)
        return _refused(request, desk, Refusal(gone, status=exc.status_code), **given)
    try:
        with _changing(desk, seen):
            change = editor.add_term(target, term, is_exclude=bool(exclude))
            if isinstance(change, KnownTerm):
                return _done(topic_path(target.key, done="there"))
            _write(change.plan, f"added {change.term!r} to {target.key!r}", request)
    except (RefusedTermError, ConfigError) as exc:
        if not (isinstance(exc, StaleError) and _has_terms(request, target.key, [term], is_exclude=bool(exclude))):
            return _refused(request, desk, _refusal(exc, of_term=TERM), **given)
    return _done(topic_path(target.key, done="excluded" if exclude else "added"))


@router.post("/topics/terms/remove")
def remove_term(
    request: Request,
    desk: DeskOf,
    topic: Text,
    term: Text,
    exclude: Text = "",
    csrf: Text = "",
    seen: Text = "",
) -> Response:
    """Remove a term from a topic, or from what does not count for it."""
    editor = _editor(request, desk, csrf)
    target = topic_of(desk, topic)
    try:
        with _changing(desk, seen):
            known = find_term(desk.config, target, term, is_exclude=bool(exclude)) or term
            change = editor.remove_term(target, known, is_exclude=bool(exclude))
            _write(change.plan, f"removed {term!r} from {target.key!r}", request)
    except (RefusedTermError, ConfigError) as exc:
        if not isinstance(exc, StaleError) or _has_terms(request, target.key, [term], is_exclude=bool(exclude)):
            advice = "Add another one first, or remove the topic."
            return _refused(request, desk, _refusal(exc, advice), topic=target.key)
    return _done(topic_path(target.key, done="readmitted" if exclude else "removed"))


@router.post("/topics/new")
def add_topic(
    request: Request,
    desk: DeskOf,
    name: Text = "",
    terms: Lines = "",
    note: Text = "",
    csrf: Text = "",
    seen: Text = "",
) -> Response:
    """Add a topic. Its terms stand one on a line."""
    editor = _editor(request, desk, csrf)
    given = {"form": "new", "name": name, "terms": terms, "note": note}
    lines, key = _lines(terms), one_line(name)
    if problem := _problem_of_new(name, terms, note):
        return _refused(request, desk, Refusal(problem), **given)
    try:
        with _changing(desk, seen):
            change = editor.add_topic(key, lines, note=one_line(note))
            _write(change.plan, f"added the topic {change.key!r}", request)
    except (RefusedTermError, ConfigError) as exc:
        if not (isinstance(exc, StaleError) and _has_terms(request, key, lines)):
            advice = "Choose another name, or add the terms on the page of that topic."
            return _refused(request, desk, _refusal(exc, advice, of_change=NAME, of_term=TERMS), **given)
    return _done(topic_path(key, done="new"))


def _problem_of_new(name: str, terms: str, note: str) -> FieldProblem | None:
    """Say which field of a new topic is wrong by itself; None if none is."""
    if not one_line(name):
        return FieldProblem("a topic needs a name. Write one.", *NAME)
    if not _lines(terms):
        return FieldProblem("a topic needs a term. Write at least one, each on a line of its own.", *TERMS)
    return find_too_long((name, LONGEST_NAME, NAME), (terms, MOST_TERMS, TERMS), (note, LONGEST_NOTE, NOTE))


@router.post("/topics/rename")
def rename_topic(
    request: Request, desk: DeskOf, topic: Text, name: Text = "", csrf: Text = "", seen: Text = ""
) -> Response:
    """Give a topic another name. Its key and its history stay."""
    editor = _editor(request, desk, csrf)
    target = topic_of(desk, topic)
    given, new = {"form": "rename", "topic": target.key, "name": name}, one_line(name)
    problem = find_too_long((name, LONGEST_NAME, NEW_NAME))
    if not new:
        problem = FieldProblem("a topic needs a name. Write one.", *NEW_NAME)
    if problem:
        return _refused(request, desk, Refusal(problem), **given)
    if new == target.name:
        return _done(topic_path(target.key))
    try:
        with _changing(desk, seen):
            change = editor.rename_topic(target, new)
            _write(change.plan, f"renamed the topic {target.key!r} to {new!r}", request)
    except (RefusedTermError, ConfigError) as exc:
        return _refused(request, desk, _refusal(exc, "Choose another name.", of_change=NEW_NAME), **given)
    return _done(topic_path(target.key, done="renamed"))


@router.post("/topics/remove")
def remove_topic(request: Request, desk: DeskOf, topic: Text, csrf: Text = "", seen: Text = "") -> Response:
    """Remove a topic, and its name from the lists of those who get it."""
    editor = _editor(request, desk, csrf)
    target = topic_of(desk, topic)
    try:
        with _changing(desk, seen):
            refuse_only_topic(desk.archive, target)
            change = editor.remove_topic(target)
            _write(change.plan, f"removed the topic {target.key!r}", request)
            take_topic_off(desk.archive, target)
    except (RefusedTermError, ConfigError) as exc:
        advice = "Give them another one first, by their preferences or in config.toml."
        return _refused(request, desk, _refusal(exc, advice), topic=target.key)
    return _done(path_with("/topics", {"done": "topic-removed"}))


# -- one change ---------------------------------------------------------------------------------------------------------


class StaleError(ConfigError):
    """config.toml is no longer what the sender of a form saw."""


def _editor(request: Request, desk: Desk, csrf: str) -> TopicEditor:
    """Return what plans the change. Raises HTTPException where nothing may be changed."""
    refusal = why_not_editable(desk)
    if refusal:
        raise HTTPException(403, refusal)
    check_own_form(request, csrf)
    return TopicEditor(desk.config, app.check_term, lambda term: find_doubts(desk, term))


@contextmanager
def _changing(desk: Desk, seen: str) -> Iterator[None]:
    """Let one change at a time be made. Raises StaleError where the file is no longer what the form was made from."""
    with CONFIG_LOCK:
        if seen != mark_of(desk.config.path) or seen != desk.config.mark:
            raise StaleError(STALE)
        yield


def _has_terms(request: Request, key: str, terms: Sequence[str], *, is_exclude: bool = False) -> bool:
    """Return whether a topic has these terms by now: of a form that is sent twice, the first one changed the file."""
    desk: Desk = request.app.state.desks.current()
    topic = next((known for known in desk.config.topics if known.key == key), None)
    return topic is not None and all(find_term(desk.config, topic, term, is_exclude=is_exclude) for term in terms)


def _write(plan: Rewrite, what: str, request: Request) -> None:
    try:
        carry_out_rewrite(plan)
    except ConfigError as exc:
        raise StaleError(exc.problems) from None
    user = getattr(request.state, "user", "")
    log.info("config.toml: %s%s", what, f" by={user}" if user else "")


def _lines(terms: str) -> list[str]:
    return [line.strip() for line in terms.splitlines() if line.strip()]


def _done(path: str) -> Response:
    return see_other(path, DONE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Reason why nothing was written. `term`: the one that was refused, with the place in it."""

    problem: FieldProblem
    term: RefusedTermError | None = None
    status: int = 422


def _refusal(
    exc: RefusedTermError | ConfigError,
    advice: str = "",
    *,
    of_change: tuple[str, str] = NO_FIELD,
    of_term: tuple[str, str] = NO_FIELD,
) -> Refusal:
    """Return why a change was refused.

    `advice`: what to do on the page about a change that can't be made; `of_change`: the field that is meant then, `of_term`:
    the one of a term that was refused.
    """
    if isinstance(exc, RefusedTermError):
        return Refusal(FieldProblem(exc.problem, *of_term), exc)
    if isinstance(exc, RefusedChangeError):
        return Refusal(FieldProblem(f"{exc.problem} {advice}", *of_change))
    return Refusal(FieldProblem(" ".join(exc.problems)), status=409 if isinstance(exc, StaleError) else 422)


def _refused(request: Request, desk: Desk, refusal: Refusal, **given: str) -> Response:
    """Say why nothing was written, with what was given, so that it can be corrected and sent again.

    `given`: `form`, which form to show again ("try", "new", "rename", or none), `topic`, its key, and what the fields held.
    """
    topic = given.get("topic", "")
    return page(
        request,
        "topic_refused.html",
        status=refusal.status,
        error=refusal.problem,
        refused_term=refusal.term,
        topic_name=desk.topic_names.get(topic, ""),
        back=topic_path(topic) if topic else "/topics",
        **{"form": "", "topic": "", "term": "", "name": "", "terms": "", "note": ""} | given,
        **editing_facts(desk),
    )
