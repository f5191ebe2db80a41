"""Changes of topics and terms in config.toml, made by forms of the page: the checks are those of the command line."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Form, HTTPException, Request, Response

from monitor import app
from monitor.config import mark_of
from monitor.config.editing import carry_out_rewrite
from monitor.config.merging import refuse_only_topic, take_topic_off
from monitor.desk.desks import CONFIG_LOCK
from monitor.desk.terms import find_doubts
from monitor.errors import ConfigError
from monitor.presentation.wording import one_line
from monitor.research.term_tools.topic_changes import KnownTerm, RefusedTermError, TopicEditor, find_term
from monitor.web.desk import DeskOf
from monitor.web.readers import DONE, see_other
from monitor.web.rendering import page, path_with
from monitor.web.security import check_own_form
from monitor.web.topics import (
    LONGEST_NAME,
    LONGEST_TERM,
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

STALE: Final = (
    "config.toml was changed after you loaded the page. Nothing was written. Look at the topics as they are now, and do it"
    " again."
)

Token = Annotated[str, Form(max_length=500)]
Seen = Annotated[str, Form(max_length=100)]
Key = Annotated[str, Form(max_length=LONGEST_NAME)]
Name = Annotated[str, Form(max_length=LONGEST_NAME)]
GivenTerm = Annotated[str, Form(max_length=LONGEST_TERM)]


@router.post("/topics/terms/add")
def add_term(
    request: Request,
    desk: DeskOf,
    topic: Key,
    term: GivenTerm = "",
    exclude: Annotated[str, Form(max_length=10)] = "",
    csrf: Token = "",
    seen: Seen = "",
) -> Response:
    """Add a term to a topic, or to what does not count for it."""
    editor = _editor(request, desk, csrf)
    target = topic_of(desk, topic)
    try:
        with _changing(desk, seen):
            change = editor.add_term(target, term, is_exclude=bool(exclude))
            if isinstance(change, KnownTerm):
                return _done(topic_path(target.key, done="there"))
            _write(change.plan, f"added {change.term!r} to {target.key!r}", request)
    except (RefusedTermError, ConfigError) as exc:
        if not (isinstance(exc, StaleError) and _has_terms(request, target.key, [term], is_exclude=bool(exclude))):
            return _refused(request, desk, exc, topic=target.key, term=term)
    return _done(topic_path(target.key, done="excluded" if exclude else "added"))


@router.post("/topics/terms/remove")
def remove_term(
    request: Request,
    desk: DeskOf,
    topic: Key,
    term: GivenTerm,
    exclude: Annotated[str, Form(max_length=10)] = "",
    csrf: Token = "",
    seen: Seen = "",
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
            return _refused(request, desk, exc, topic=target.key)
    return _done(topic_path(target.key, done="readmitted" if exclude else "removed"))


@router.post("/topics/new")
def add_topic(
    request: Request,
    desk: DeskOf,
    name: Name = "",
    terms: Annotated[str, Form(max_length=MOST_TERMS)] = "",
    note: Annotated[str, Form(max_length=500)] = "",
    csrf: Token = "",
    seen: Seen = "",
) -> Response:
    """Add a topic. Its terms stand one on a line."""
    editor = _editor(request, desk, csrf)
    try:
        given, name = _lines(terms), _name(name)
        with _changing(desk, seen):
            change = editor.add_topic(name, given, note=one_line(note))
            _write(change.plan, f"added the topic {change.key!r}", request)
    except (RefusedTermError, ConfigError) as exc:
        if not (isinstance(exc, StaleError) and _has_terms(request, name, given)):
            return _refused(request, desk, exc, name=name, terms=terms, note=note)
    return _done(topic_path(name, done="new"))


@router.post("/topics/rename")
def rename_topic(
    request: Request, desk: DeskOf, topic: Key, name: Name = "", csrf: Token = "", seen: Seen = ""
) -> Response:
    """Give a topic another name. Its key and its history stay."""
    editor = _editor(request, desk, csrf)
    target = topic_of(desk, topic)
    try:
        name = _name(name)
        if name == target.name:
            return _done(topic_path(target.key))
        with _changing(desk, seen):
            change = editor.rename_topic(target, name)
            _write(change.plan, f"renamed the topic {target.key!r} to {name!r}", request)
    except (RefusedTermError, ConfigError) as exc:
        return _refused(request, desk, exc, topic=target.key)
    return _done(topic_path(target.key, done="renamed"))


@router.post("/topics/remove")
def remove_topic(request: Request, desk: DeskOf, topic: Key, csrf: Token = "", seen: Seen = "") -> Response:
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
        return _refused(request, desk, exc, topic=target.key)
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


def _name(given: str) -> str:
    name = one_line(given)
    if not name:
        raise ConfigError("A topic needs a name. Write one.")
    return name


def _lines(terms: str) -> list[str]:
    given = [line.strip() for line in terms.splitlines() if line.strip()]
    if not given:
        raise ConfigError("A topic needs a term. Write at least one, each on a line of its own.")
    return given


def _done(path: str) -> Response:
    return see_other(path, DONE)


def _refused(request: Request, desk: Desk, exc: RefusedTermError | ConfigError, **given: str) -> Response:
    """Say why nothing was written, with what was given, so that it can be corrected and sent again."""
    error = exc if isinstance(exc, RefusedTermError) else RefusedTermError(" ".join(exc.problems))
    topic = given.get("topic", "")
    names = desk.topic_names
    return page(
        request,
        "topic_refused.html",
        status=409 if isinstance(exc, StaleError) else 422,
        error=error,
        topic=topic,
        topic_name=names.get(topic, ""),
        back=topic_path(topic) if topic else "/topics",
        term=given.get("term", ""),
        name=given.get("name", ""),
        terms=given.get("terms", ""),
        note=given.get("note", ""),
        **editing_facts(desk),
    )
