"""Checks of `doctor` that use the network: sources, mail, webhooks and feeds."""

from __future__ import annotations

import os
import secrets
from email.utils import parseaddr
from importlib.metadata import version
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from monitor import app
from monitor.digest.messages import trial
from monitor.errors import ConfigError, DeliveryError, FetchError, GoneError, sentence
from monitor.operations.check_results import Finding, failed, fine
from monitor.presentation.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from monitor.config.settings import Config, WebhookSettings

_SECONDS: Final = 20
"""Time that a server may take to answer, as a person is waiting."""
_WEBHOOK_REMEDY: Final = "Correct what its url_file or url_env leads to, http.proxy or the network."


def check_sources(config: Config) -> Iterator[Finding]:
    """Send one request to each source."""
    if config.questions.enabled:
        url = f"{config.questions.base_url}/api/writtenquestions/questions"
        yield _reach(config, "questions", url, {"take": "1", "skip": "0", "house": "Commons"})
    if config.statements.enabled:
        url = f"{config.statements.base_url}/api/writtenstatements/statements"
        yield _reach(config, "statements", url, {"take": "1", "skip": "0", "house": "Commons"})
    yield _reach(config, "members", f"{config.members.base_url}/api/Members/172", {})
    if config.parliament_calendar.enabled:
        yield _reach(config, "calendar", f"{config.parliament_calendar.base_url}/calendar/sessions/list.json", {})
    coming = (
        ("oral_questions", config.oral_questions, "/oralquestions/list", {"parameters.take": "1"}),
        ("whats_on", config.whats_on, "/calendar/events/list.json", {"queryParameters.eventId": "1"}),
        ("committees", config.committees, "/api/CommitteeBusiness", {"Take": "1"}),
    )
    for name, settings, path, params in coming:
        if settings.enabled:
            yield _reach(config, name, f"{settings.base_url}{path}", params)


def _reach(config: Config, name: str, url: str, params: dict[str, str]) -> Finding:
    from scrapers.http.client import Client  # noqa: PLC0415 (slow to import)

    def give_up(_seconds: float) -> None:
        """Raise FetchError in place of the pause before the next attempt."""
        raise FetchError("no answer", url=url)

    http = config.http
    remedy = f"Try again later; else correct sources.{name}.base_url, http.proxy or the network."
    try:
        ca_file = str(http.ca_file or "")
        with Client(http.contact, version("pqwatch"), proxy=http.proxy, ca_file=ca_file, sleep=give_up) as client:
            client.get_json(url, params, seconds=_SECONDS)
    except GoneError:
        pass  # this member is missing, but the source answers
    except FetchError as exc:
        cause = exc.__cause__ or exc.__context__ or exc
        reason = str(cause) or type(cause).__name__  # a connection that breaks off has no text
        return failed(f"source {name}", f"{url} can't be read: {reason.rstrip('.')}.", remedy)
    except ConfigError as exc:
        return failed(f"source {name}", sentence(str(exc)), "Correct [http] in config.toml.")
    place = url.partition("/api/")[0].partition("/calendar/")[0].partition("/oralquestions/")[0]
    return fine(f"source {name}", f"{place} answers.")


def check_delivery(config: Config, *, offline: bool) -> Finding:
    """Check that mail could leave, without sending any."""
    from monitor.delivery.smtp import SmtpMailer  # noqa: PLC0415
    from monitor.delivery.smtp_session import Timeouts, open_session, quit_session  # noqa: PLC0415 (only what is used is loaded)

    smtp = config.smtp
    timeouts = Timeouts(step=_SECONDS)
    try:
        mailer = app.mailer(config, None)
        if not isinstance(mailer, SmtpMailer):
            return _check_folder(config.delivery.folder)
        if offline:
            return fine("delivery", f"Mail goes through {mailer.server}, which was not asked.")
        if smtp.username and smtp.password is None:
            return failed(
                "delivery", "The mail server was not asked, for lack of a password.", "See configuration above."
            )
        quit_session(open_session(mailer.server, timeouts), timeouts)
    except (DeliveryError, ConfigError) as exc:
        return failed("delivery", sentence(str(exc)), "Correct [delivery.smtp] in config.toml, or the server.")
    login = f" and takes the login {smtp.username}" if smtp.username else ""
    return fine("delivery", f"The mail server {mailer.server} answers{login}.")


def _check_folder(folder: Path) -> Finding:
    if not _is_writable(folder):
        return failed(
            "delivery", f"Digests can't be written to {folder}.", "Name another delivery.folder in config.toml."
        )
    return fine("delivery", f"Digests are written to {folder}.")


def send_test_mail(config: Config, recipient: str, now: datetime) -> Finding:
    """Send a real mail without storing it in the outbox."""
    message = _test_message(config, recipient, now)
    replies: list[str] = []

    try:
        mailer = app.mailer(config, None)
        try:
            mailer.deliver(message, recipient, lambda: None, replies.append)
        finally:
            mailer.close()
    except (DeliveryError, ConfigError) as exc:
        return failed(
            "test mail", sentence(str(exc)), "Correct [delivery] in config.toml, or the server; then try again."
        )
    if config.delivery.transport == "file":
        return fine("test mail", f'Was {replies[0]}: with transport "file" nothing is mailed.')
    return fine("test mail", f"{config.smtp.host} took the mail to {recipient} ({replies[0]}): see that it arrives.")


def _test_message(config: Config, recipient: str, now: datetime) -> bytes:
    from monitor.digest.formats.email import build_message  # noqa: PLC0415
    from monitor.digest.render import Rendered  # noqa: PLC0415

    words = "This is a test mail from pqwatch. That you can read it means that digests can reach you."
    domain = parseaddr(config.delivery.sender)[1].rpartition("@")[2]
    page = (
        '<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>Test mail</title></head>'
        f"<body><h1>Test mail</h1><p>{words}</p></body></html>"
    )
    return build_message(
        Rendered(subject="pqwatch: test mail", preheader="", text=f"{words}\n", html=page),
        sender=config.delivery.sender,
        recipient=recipient,
        message_id=f"<test.{secrets.token_hex(16)}@{domain}>",
        date=now,
        list_id=f"pqwatch digest <digest.{domain}>",
        unsubscribe=config.delivery.unsubscribe,
    )


# -- webhooks and feeds -----------------------------------------------------------------------------------------------


def check_webhooks_and_feeds(config: Config, *, offline: bool) -> Iterator[Finding]:
    """Check each webhook, and the feeds if there are any."""
    for webhook in config.webhooks:
        yield _check_webhook(config, webhook, offline=offline)
    if config.topic_feeds.folder is not None:
        yield _check_feeds(config.topic_feeds.folder, len(config.topics))


def _check_webhook(config: Config, webhook: WebhookSettings, *, offline: bool) -> Finding:
    """Check that the host of a webhook answers. Nothing is posted, and only the host of its address is used."""
    check = webhook.reader.recipient
    if webhook.url is None:
        return failed(check, "It was not asked, for lack of its address.", "See configuration above.")
    parts = urlsplit(webhook.url.reveal())
    content = f"{count_of(len(webhook.reader.topics), 'topic')} in the form of {webhook.reader.channel}"
    if offline:
        return fine(check, f"Is told of {content} by {parts.hostname}, which was not asked.")
    poster = None
    try:
        poster = app.poster(config)
        poster.reach(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/")
    except FetchError as exc:
        return failed(check, f"{parts.hostname} {exc}.", _WEBHOOK_REMEDY)
    except ConfigError as exc:
        return failed(check, sentence(str(exc)), "Correct [http] in config.toml.")
    finally:
        if poster is not None:
            poster.close()
    paused = " It is paused." if webhook.reader.paused else ""
    return fine(check, f"{parts.hostname} answers; it is told of {content}.{paused} Nothing was posted.")


def _check_feeds(folder: Path, count: int) -> Finding:
    if not _is_writable(folder):
        return failed(
            "feeds", f"Feeds can't be written to {folder}.", "Name another delivery.feeds.folder in config.toml."
        )
    return fine("feeds", f"The feeds of {count_of(count, 'topic')} are written to {folder}.")


def send_test_message(config: Config, name: str) -> Finding:
    """Post a real message to a webhook without storing it in the outbox."""
    wanted = name.casefold()
    found = [
        webhook
        for webhook in config.webhooks
        if wanted in (webhook.reader.key.casefold(), webhook.reader.name.casefold())
    ]
    if not found or found[0].url is None:
        names = ", ".join(webhook.reader.name for webhook in config.webhooks) or "none"
        return failed("test message", f"There is no webhook {name!r} that could be told.", f"There are: {names}.")
    webhook = found[0]
    replies: list[str] = []

    try:
        mailer = app.webhook_mailer(config, webhook)
        try:
            message = trial(webhook.reader.channel, secrets.token_hex(6))
            mailer.deliver(message, webhook.reader.recipient, lambda: None, replies.append)
        finally:
            mailer.close()
    except (DeliveryError, ConfigError) as exc:
        return failed("test message", sentence(str(exc)), _WEBHOOK_REMEDY)
    return fine("test message", f"{webhook.reader.recipient} was sent one ({replies[0]}): see that it arrives.")


def _is_writable(folder: Path) -> bool:
    """Return whether a folder can be written, or made where it is missing."""
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK)
