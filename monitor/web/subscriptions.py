"""Subscriptions by the links in mails: no more mails, also by one click of a mail program (RFC 8058), and preferences.

The link is the proof: it names one subscription to one address, and can't be guessed. What is changed here is written where
the subscriber is kept, in config.toml or in the archive, by the functions that `pqwatch subscribers` calls.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import logging
from dataclasses import dataclass
from email.utils import parseaddr
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Form, HTTPException, Path, Request, Response

from monitor import app
from monitor.config.editing import (
    carry_out_rewrite,
    change_subscriber,
    has_all_topics,
    remove_subscribers,
    set_paused,
)
from monitor.config.positions import tables_of
from monitor.config.subscribers import changed_subscriber, topics_to_write
from monitor.config.values import clock
from monitor.delivery.links import SUBSCRIPTION, SUBSCRIPTION_FOR, Signer, subscription_value
from monitor.desk.desks import CONFIG_LOCK
from monitor.digest.schedule import due_readers, next_slot
from monitor.errors import ArchiveError, ConfigError
from monitor.model.deliveries import DeliveryState
from monitor.model.watching import ALL_TOPICS, ARCHIVE, FILE
from monitor.presentation.wording import week_day
from monitor.research.term_tools.topic_changes import TopicEditor
from monitor.web.desk import DeskOf
from monitor.web.fields import FieldProblem
from monitor.web.rendering import page
from monitor.web.security import check_own_form

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitor.config.settings import Config
    from monitor.desk.desks import Desk
    from monitor.model.watching import Subscriber

log = logging.getLogger(__name__)

router = APIRouter(include_in_schema=False)

CADENCES: Final = {
    "daily": "Daily",
    "weekly": "Weekly",
    "instant": "As soon as something is found",
}
CHANGED: Final = (
    "What you get, or the list of topics, changed after you loaded this page. This is how it is now: choose again."
)
ENDED: Final = "This subscription has ended, or has another address now."
_TRIES: Final = 3
"""Times that a change is begun anew, if somebody else changes config.toml at the same time."""
_UNSENT: Final = (DeliveryState.PENDING, DeliveryState.HELD, DeliveryState.REFUSED)

TOPICS: Final = ("topic", "Topics")
"""Id and label of a field of the form."""
CADENCE: Final = ("cadence", "How often")
TIME: Final = ("at", "Time of the mail")

MOST_TOPICS: Final = 10_000
"""Topics that can be chosen in a form."""
MANY_FIELDS: Final[Any] = {"max_fields": MOST_TOPICS + 20}
"""Limit of a form with a box for each topic: without it, forms have 1,000 fields at most."""

Token = Annotated[str, Path(max_length=1_000)]
Csrf = Annotated[str, Form(max_length=1_000)]


# -- no more mails ------------------------------------------------------------------------------------------------------


@router.get("/unsubscribe/{token}")
def ask_to_end(request: Request, desk: DeskOf, token: Token) -> Response:
    """Ask whether the mails shall end: a program that follows every link of a mail ends nothing."""
    subscriber = _subscriber(request, desk, token)
    return _ending(request, desk, token, subscriber)


@router.post("/unsubscribe/{token}")
def end(
    request: Request,
    desk: DeskOf,
    token: Token,
    one_click: Annotated[str, Form(alias="List-Unsubscribe", max_length=100)] = "",
) -> Response:
    """End the mails of a subscription: for the form of the page, and for a mail program, which sends the same.

    No cookie is asked for, no redirect sent, and a second time is as good as the first.
    """
    if one_click.strip().lower() != "one-click":
        raise HTTPException(422, "Nothing was ended: send the form of the page, or List-Unsubscribe=One-Click.")
    subscriber = _subscriber(request, desk, token)
    if subscriber is not None:
        _remove(desk, subscriber)
        discard_unsent(desk, subscriber)
        log.info("subscription key=%s ended by its link", subscriber.key)
    return _ending(request, desk, token, None)


def _ending(request: Request, desk: Desk, token: str, subscriber: Subscriber | None) -> Response:
    """Ask whether the mails shall end, or say that they have."""
    return page(
        request,
        "unsubscribe.html",
        token=token,
        subscriber=subscriber,
        is_done=subscriber is None,
        may_subscribe=desk.config.web.signup,
    )


def _remove(desk: Desk, subscriber: Subscriber) -> None:
    _refuse_other_file(desk, subscriber)
    if subscriber.kept_in == FILE:
        write_config(desk, lambda text: _without(text, subscriber.key))
    desk.archive.subscribers.remove(subscriber.key)  # also one that config.toml had hidden so far


def _without(text: str, key: str) -> str:
    """Remove a subscriber from the text of config.toml, unless another request did so at the same moment."""
    if not text.strip():  # an editor empties the file before it writes
        raise ConfigError("config.toml is empty now")
    keys = {table.get("id", table.get("name", "")).strip() for table in tables_of(text, "subscribers")}
    return remove_subscribers(text, [key]) if key in keys else text


def discard_unsent(desk: Desk, subscriber: Subscriber) -> None:
    """Give up the mails that are made and not sent yet."""
    digests = {digest.id for digest in desk.archive.digests.listing(subscriber=subscriber.key, limit=100)}
    for mail in desk.archive.deliveries.listing(*_UNSENT):
        if mail.digest_id in digests and mail.recipient == subscriber.email:
            with contextlib.suppress(ArchiveError):  # it goes at this very moment
                desk.archive.outbox.discard(mail.id)


@dataclass(frozen=True, slots=True)
class Choice:
    """The fields of the form: keys of topics, also "*", and when mails come."""

    topics: frozenset[str]
    cadence: str
    at: str
    quiet_days: bool
    paused: bool


# -- preferences --------------------------------------------------------------------------------------------------------


@router.get("/preferences/{token}")
def show_preferences(request: Request, desk: DeskOf, token: Token, saved: bool = False) -> Response:
    """Show what a subscriber gets, and when, as a form."""
    return _preferences(request, desk, token, _known(request, desk, token), is_saved=saved)


@router.post("/preferences/{token}", form_limits=MANY_FIELDS)
def change_preferences(
    request: Request,
    desk: DeskOf,
    token: Token,
    topic: Annotated[list[str], Form(max_length=MOST_TOPICS)] = [],  # noqa: B006 (FastAPI copies it)
    cadence: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
    quiet_days: Annotated[bool, Form()] = False,
    paused: Annotated[bool, Form()] = False,
    csrf: Csrf = "",
    seen: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Store what a subscriber wants. `seen`: what the form was made from; it undoes no change that it did not show."""
    subscriber = _known(request, desk, token)
    check_own_form(request, csrf)
    chosen = Choice(frozenset(topic), cadence, at, quiet_days, paused)
    has_all = _has_all_topics(desk, subscriber)
    if seen and seen != _seen(desk, subscriber, has_all=has_all):
        if chosen == _choice_of(subscriber, has_all=has_all):  # the form was sent twice
            return _saved(token)
        return _preferences(request, desk, token, subscriber, status=409, problem=FieldProblem(CHANGED))
    problem = _problem(desk.config, topic, cadence, at)
    if problem:
        return _preferences(request, desk, token, subscriber, status=422, problem=problem, chosen=chosen)

    def facts(*, has_all: bool) -> dict[str, Any]:
        wanted: dict[str, Any] = {"cadence": cadence, "at": at or subscriber.at, "quiet_days": quiet_days}
        wanted = {key: value for key, value in wanted.items() if value != getattr(subscriber, key)}
        topics = _topics(desk.config, subscriber, topic, has_all=has_all)
        return wanted if topics is None else {**wanted, "topics": topics}

    def change(text: str) -> str:
        wanted = facts(has_all=has_all_topics(text, subscriber.key))
        changed = change_subscriber(text, subscriber.key, wanted) if wanted else text
        return changed if paused == subscriber.paused else set_paused(changed, subscriber.key, paused=paused)

    _refuse_other_file(desk, subscriber)
    if subscriber.kept_in == FILE:
        write_config(desk, change)
    else:
        stored = _stored(desk, subscriber)
        wanted = {**facts(has_all=ALL_TOPICS in stored.topics), "paused": paused}
        desk.archive.subscribers.change(stored, changed_subscriber(desk.config, stored, wanted))
    log.info("subscription key=%s changed by its link", subscriber.key)
    return _saved(token)


def _saved(token: str) -> Response:
    return Response(status_code=303, headers={"Location": f"/preferences/{token}?saved=true#done"})


def _problem(config: Config, topics: Sequence[str], cadence: str, at: str) -> FieldProblem | None:
    """Say what can't be stored; None if everything can."""
    if not topics:
        none = (
            "choose at least one. To get no mails for a while, choose “Pause my mails”; for good, “Stop these mails”."
        )
        return FieldProblem(none, *TOPICS)
    if not set(topics) <= {ALL_TOPICS, *(topic.key for topic in config.topics)}:
        return FieldProblem("one that you chose is not watched any more. Choose from those that are.", *TOPICS)
    if cadence not in CADENCES:
        return FieldProblem("choose one of them.", *CADENCE)
    try:
        clock(at or "07:30")
    except ValueError:
        return FieldProblem("write hours and minutes, such as 07:30.", *TIME)
    return None


def _topics(config: Config, subscriber: Subscriber, chosen: Sequence[str], *, has_all: bool) -> list[str] | None:
    """Return the list of topics to write, in the order of the digest so far; None if it stays as it is.

    "All topics" comes with a box for each: if it was chosen before, and one box is empty now, it counts no more.
    """
    every, boxes = {topic.key for topic in config.topics}, set(chosen) - {ALL_TOPICS}
    if ALL_TOPICS in chosen and (not has_all or not boxes or boxes == every):
        return None if has_all else [ALL_TOPICS]
    if not has_all and boxes == set(subscriber.topics):
        return None
    kept = [key for key in subscriber.topics if key in boxes]
    new = [topic.key for topic in config.topics if topic.key in boxes and topic.key not in kept]
    return topics_to_write(config.topics, [*kept, *new])


def _preferences(
    request: Request,
    desk: Desk,
    token: str,
    subscriber: Subscriber,
    *,
    status: int = 200,
    problem: FieldProblem | None = None,
    chosen: Choice | None = None,
    is_saved: bool = False,
) -> Response:
    has_all = _has_all_topics(desk, subscriber)
    chosen = chosen or _choice_of(subscriber, has_all=has_all)
    next_at = None if subscriber.paused else next_slot(subscriber, desk.config.schedule, desk.now)
    return page(
        request,
        "preferences.html",
        status=status,
        subscriber=subscriber,
        seen=_seen(desk, subscriber, has_all=has_all),
        token=token,
        topics=desk.config.topics,
        chosen=chosen,
        cadences=CADENCES,
        is_due=bool(due_readers(desk.archive, [subscriber], desk.config.schedule, desk.now)),
        next_at=f"{week_day(next_at.date())}, {next_at:%H:%M}" if next_at else "",
        error=problem or FieldProblem(),
        is_saved=is_saved,
    )


def _choice_of(subscriber: Subscriber, *, has_all: bool) -> Choice:
    """Return the fields of the form for what a subscriber gets."""
    topics = frozenset([*([ALL_TOPICS] if has_all else []), *subscriber.topics])
    return Choice(topics, subscriber.cadence, subscriber.at, subscriber.quiet_days, subscriber.paused)


def _seen(desk: Desk, subscriber: Subscriber, *, has_all: bool) -> str:
    """Return a fingerprint of what the form is made from: the topics that there are, and what the subscriber gets."""
    gets = [subscriber.topics, subscriber.cadence, subscriber.at, subscriber.quiet_days, subscriber.paused]
    made_from = [[topic.key for topic in desk.config.topics], has_all, *gets]
    return sha256(json.dumps(made_from).encode()).hexdigest()[:16]


# -- shared -------------------------------------------------------------------------------------------------------------


def _has_all_topics(desk: Desk, subscriber: Subscriber) -> bool:
    """Return whether a subscriber gets all topics, those too that are added later."""
    if subscriber.kept_in == ARCHIVE:
        return ALL_TOPICS in _stored(desk, subscriber).topics
    if subscriber.kept_in != FILE:
        return len(subscriber.topics) == len(desk.config.topics)
    try:
        return has_all_topics(desk.config.path.read_text(encoding="utf-8"), subscriber.key)
    except (OSError, ValueError, ConfigError):  # ValueError: a file with a mistake, while somebody edits it
        raise HTTPException(503, "config.toml can't be read now: try again in a minute.") from None


def _stored(desk: Desk, subscriber: Subscriber) -> Subscriber:
    """Return a subscriber as the archive has them. Raises HTTPException 410 for one who was removed this moment."""
    for stored in desk.archive.subscribers.listing():
        if stored.key == subscriber.key:
            return stored
    raise HTTPException(410, ENDED)


def _refuse_other_file(desk: Desk, subscriber: Subscriber) -> None:
    """Raise HTTPException 503 for a subscriber whom the config.toml of another machine names."""
    if subscriber.kept_in not in (FILE, ARCHIVE):
        log.warning("a reader can't be changed here: they are in %s", subscriber.kept_in)
        raise HTTPException(503, by_hand(desk.config))


def _subscriber(request: Request, desk: Desk, token: str) -> Subscriber | None:
    """Return the subscriber of a link; None if the subscription has ended, or has another address now."""
    signer: Signer = request.app.state.signer
    value = signer.read(SUBSCRIPTION, token, lasting=SUBSCRIPTION_FOR)
    if value is None:
        where = address_to_write_to(desk.config)
        raise HTTPException(
            404, f"This link is not whole, or too old: copy all of it from the mail, or write to {where}."
        )
    readers = (reader for reader in desk.config.subscribers if hmac.compare_digest(subscription_value(reader), value))
    return next(readers, None)


def _known(request: Request, desk: Desk, token: str) -> Subscriber:
    subscriber = _subscriber(request, desk, token)
    if subscriber is None:
        raise HTTPException(410, ENDED)
    return subscriber


def address_to_write_to(config: Config) -> str:
    """Return the address at which a person is asked, where the page can't do it."""
    stop = config.delivery.unsubscribe.removeprefix("mailto:").partition("?")[0]
    return stop if "@" in stop and "://" not in stop else parseaddr(config.delivery.sender)[1]


def write_config(desk: Desk, change: Callable[[str], str]) -> Config:
    """Change config.toml as the command line does, and return what it says then.

    Raises 503, with the address to write to, where the file can't be changed.
    """
    editor = TopicEditor(desk.config, app.check_term, lambda _term: [])
    problem = ""
    with CONFIG_LOCK:
        for _ in range(_TRIES):
            try:
                plan, after = editor.plan(change)
                if plan.after != plan.before:
                    carry_out_rewrite(plan)
            except ConfigError as exc:
                problem = str(exc)
            else:
                return after
    log.warning("config.toml could not be changed for a reader: %s", problem)
    raise HTTPException(503, by_hand(desk.config))


def by_hand(config: Config) -> str:
    """Say to whom a person has to write, where the page can't change something."""
    where = address_to_write_to(config)
    return f"This can't be changed here now, and nothing was. Write to {where}: it is done by hand."
