"""Sign-up of new readers, where `[web] signup = true`: a mail goes to the address, and its link adds the subscriber."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Form, HTTPException, Path, Request, Response

from monitor.config.merging import with_subscribers, with_unused_id
from monitor.config.subscribers import LONGEST_NAME as LONGEST_IN_ARCHIVE
from monitor.config.subscribers import new_subscriber
from monitor.config.values import address as check_address
from monitor.delivery.links import Signer
from monitor.desk.desks import CONFIG_LOCK
from monitor.digest.formats.email import build_notice
from monitor.digest.messages import domain_of, message_id
from monitor.errors import TakenNameError
from monitor.model.deliveries import SIGN_UP_SUBJECT
from monitor.model.digests import Mail
from monitor.model.watching import ALL_TOPICS
from monitor.presentation.wording import one_line
from monitor.web.desk import DeskOf
from monitor.web.fields import FieldProblem, find_too_long
from monitor.web.rendering import page
from monitor.web.security import check_own_form
from monitor.web.subscriptions import CADENCE, CADENCES, MANY_FIELDS, MOST_TOPICS, TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.config.settings import Config
    from monitor.desk.desks import Desk

log = logging.getLogger(__name__)

router = APIRouter(include_in_schema=False)

SIGN_UP: Final = "signup"
"""Purpose of the token in the mail."""
CONFIRM_FOR: Final = 3 * 24 * 3600
"""Seconds within which the link in the mail has to be opened."""
LONGEST_TOKEN: Final = 7_000
"""Characters of the token in the mail, which has the topics that were chosen: no server takes an endless address."""
LONGEST_NAME: Final = 100
LONGEST_EMAIL: Final = 254
NAME: Final = ("name", "Your name")
"""Id and label of a field of the form."""
EMAIL: Final = ("email", "Your email address")
_LONGEST_BEHIND_NAME: Final = LONGEST_IN_ARCHIVE - LONGEST_NAME - len(" ()")

Csrf = Annotated[str, Form(max_length=1_000)]
Token = Annotated[str, Path(max_length=LONGEST_TOKEN)]


@dataclass
class MailLimit:
    """Bound of the mails that strangers can have sent: one an hour to an address, and so many an hour in all."""

    in_all: int = 30
    within: float = 3_600.0
    clock: Callable[[], float] = time.monotonic
    _sent: OrderedDict[str, float] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def allows(self, address: str) -> bool:
        """Count a mail to an address; say whether it may be sent."""
        with self._lock:
            now = self.clock()
            while self._sent and now - next(iter(self._sent.values())) >= self.within:
                self._sent.popitem(last=False)
            if address.lower() in self._sent or len(self._sent) >= self.in_all:
                return False
            self._sent[address.lower()] = now
            return True


# -- asking -------------------------------------------------------------------------------------------------------------


@router.get("/subscribe")
def show_form(request: Request, desk: DeskOf) -> Response:
    """Show the form."""
    _refuse_unless_open(desk.config)
    return _form(request, desk, {})


@router.post("/subscribe", form_limits=MANY_FIELDS)
def ask(
    request: Request,
    desk: DeskOf,
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    topic: Annotated[list[str], Form(max_length=MOST_TOPICS)] = [],  # noqa: B006 (FastAPI copies it)
    cadence: Annotated[str, Form(max_length=20)] = "daily",
    csrf: Csrf = "",
) -> Response:
    """Send a mail with a link. The page says the same whether the address is known or not."""
    _refuse_unless_open(desk.config)
    check_own_form(request, csrf)
    chosen = [ALL_TOPICS] if desk.config.web.public or ALL_TOPICS in topic else topic
    wanted: dict[str, Any] = {
        "name": one_line(name).strip(),
        "email": email.strip(),
        "topics": chosen,
        "cadence": cadence,
    }
    if problem := _problem(desk.config, wanted):
        return _form(request, desk, wanted, problem)
    token = request.app.state.signer.sign(SIGN_UP, json.dumps(wanted))
    if len(token) > LONGEST_TOKEN:
        too_many = "choose all topics, or fewer: so many do not fit into the link of the mail."
        return _form(request, desk, wanted, FieldProblem(too_many, *TOPICS))
    limit: MailLimit = request.app.state.signup_limit
    if limit.allows(wanted["email"]):
        _send(desk, wanted["email"], token)
    return page(request, "subscribe.html", step="sent", email=wanted["email"])


def _refuse_unless_open(config: Config) -> None:
    if not config.web.signup:
        raise HTTPException(404, "No one can sign up here: ask the person who runs pqwatch.")


def _problem(config: Config, wanted: dict[str, Any]) -> FieldProblem | None:
    """Say what is missing or wrong; None if nothing is."""
    if not wanted["name"] or len(wanted["name"]) > LONGEST_NAME:
        return FieldProblem(f"write it, with {LONGEST_NAME} characters at most.", *NAME)
    if too_long := find_too_long((wanted["email"], LONGEST_EMAIL, EMAIL)):
        return too_long
    try:
        check_address(wanted["email"])
    except ValueError:
        return FieldProblem("write it as name@example.org.", *EMAIL)
    if not wanted["topics"] or not set(wanted["topics"]) <= {ALL_TOPICS, *(topic.key for topic in config.topics)}:
        return FieldProblem("choose at least one of them.", *TOPICS)
    if wanted["cadence"] not in CADENCES:
        return FieldProblem("choose one of them.", *CADENCE)
    return None


def _form(request: Request, desk: Desk, given: dict[str, Any], problem: FieldProblem | None = None) -> Response:
    return page(
        request,
        "subscribe.html",
        status=422 if problem else 200,
        step="form",
        error=problem or FieldProblem(),
        given={"name": "", "email": "", "topics": [], "cadence": "daily", **given},
        topics=() if desk.config.web.public else desk.config.topics,
        cadences=CADENCES,
    )


def _send(desk: Desk, recipient: str, token: str) -> None:
    """Put the mail with the link into the outbox: it goes with the next delivery."""
    config = desk.config
    link = f"{config.web.base_url}/subscribe/confirm/{token}"
    sender = config.delivery.sender
    key = f"{SIGN_UP}\n{recipient}\n{desk.now}"
    number = message_id(desk.archive.runs.instance(), key, recipient, domain_of(sender))
    text = (
        f"Somebody, probably you, asked at {config.web.base_url} for digests of answers in\n"
        "Parliament to this address. To get them, open this page within three days:\n\n"
        f"{link}\n\n"
        "If it was not you, do nothing: nothing more is sent.\n"
    )
    subject = SIGN_UP_SUBJECT
    message = build_notice(subject, text, sender=sender, recipient=recipient, message_id=number, date=desk.now)
    desk.archive.outbox.put(Mail(recipient=recipient, message_id=number, subject=subject, message=message), {})


# -- confirming ---------------------------------------------------------------------------------------------------------


@router.get("/subscribe/confirm/{token}")
def ask_to_confirm(request: Request, desk: DeskOf, token: Token) -> Response:
    """Ask once more: a program that follows every link of a mail signs no one up."""
    wanted = _wanted(request, desk, token)
    return page(request, "subscribe.html", step="confirm", token=token, email=wanted["email"])


@router.post("/subscribe/confirm/{token}")
def confirm(request: Request, desk: DeskOf, token: Token, csrf: Csrf = "") -> Response:
    """Add the subscriber to the archive."""
    wanted = _wanted(request, desk, token)
    check_own_form(request, csrf)
    known = {topic.key for topic in desk.config.topics}
    topics = [ALL_TOPICS]
    if ALL_TOPICS not in wanted["topics"]:
        topics = [key for key in wanted["topics"] if key in known]
    if not topics:
        gone = "those that you chose are not watched any more. Choose from these."
        return _form(request, desk, wanted, FieldProblem(gone, *TOPICS))
    with CONFIG_LOCK:  # two forms sent together must not choose the same name
        config = with_subscribers(desk.config, desk.archive)
        name = _free_name(config, wanted["name"], wanted["email"])
        if name:
            facts = {"name": name, "email": wanted["email"], "topics": topics, "cadence": wanted["cadence"]}
            try:
                made = with_unused_id(new_subscriber(config, facts), config, desk.archive)
                desk.archive.subscribers.add(made)
            except TakenNameError:
                taken = FieldProblem("another reader has it. Choose another one.", *NAME)
                return _form(request, desk, wanted, taken)
            log.info("a reader signed up")
    return page(request, "subscribe.html", step="done", email=wanted["email"])


def _wanted(request: Request, desk: Desk, token: str) -> dict[str, Any]:
    _refuse_unless_open(desk.config)
    signer: Signer = request.app.state.signer
    value = signer.read(SIGN_UP, token, lasting=CONFIRM_FOR)
    if value is None:
        raise HTTPException(404, "This link is not whole, or older than three days: sign up again.")
    wanted: dict[str, Any] = json.loads(value)
    return wanted


def _free_name(config: Config, name: str, email: str) -> str:
    """Return the name under which to add a subscriber; "" if the address has a subscription of that name already."""
    mine = {reader.name.casefold() for reader in config.subscribers if reader.email.casefold() == email.casefold()}
    with_address = f"{name} ({_shortened(email)})"
    if {name.casefold(), with_address.casefold()} & mine:
        return ""
    taken = {word.casefold() for reader in config.readers for word in (reader.key, reader.name)}
    return with_address if name.casefold() in taken else name


def _shortened(email: str) -> str:
    """Return an address with its end cut off where it would be too long behind a name."""
    return email if len(email) <= _LONGEST_BEHIND_NAME else f"{email[: _LONGEST_BEHIND_NAME - 1]}…"
