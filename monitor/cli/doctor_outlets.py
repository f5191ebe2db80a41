"""What `doctor` looks at of ways out that are no mail: whether webhooks can be reached, whether feeds can be written."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor import app
from monitor.digest.formats.trial import trial
from monitor.errors import ConfigError, DeliveryError, FetchError, sentence
from monitor.operations.checks import Finding, failed, fine
from monitor.presentation.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.config.settings import Config, Webhook

_REMEDY = "Correct what its url_file or url_env leads to, http.proxy or the network."


def check_outlets(config: Config, *, offline: bool) -> Iterator[Finding]:
    """A finding for each webhook, and one for the feeds if there are any."""
    for webhook in config.webhooks:
        yield _webhook(config, webhook, offline=offline)
    if config.topic_feeds.folder is not None:
        yield _feeds(config.topic_feeds.folder, len(config.topics))


def _webhook(config: Config, webhook: Webhook, *, offline: bool) -> Finding:
    """Whether its host answers. Nothing is posted, and its address is asked for no more than the host in it."""
    check = webhook.reader.recipient
    if webhook.url is None:
        return failed(check, "It was not asked, for lack of its address.", "See configuration above.")
    parts = urlsplit(webhook.url.reveal())
    what = f"{count_of(len(webhook.reader.topics), 'topic')} in the form of {webhook.reader.channel}"
    if offline:
        return fine(check, f"Is told of {what} by {parts.hostname}, which was not asked.")
    poster = None
    try:
        poster = app.poster(config)
        poster.reach(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/")
    except FetchError as exc:
        return failed(check, f"{parts.hostname} {exc}.", _REMEDY)
    except ConfigError as exc:
        return failed(check, sentence(str(exc)), "Correct [http] in config.toml.")
    finally:
        if poster is not None:
            poster.close()
    paused = " It is paused." if webhook.reader.paused else ""
    return fine(check, f"{parts.hostname} answers; it is told of {what}.{paused} Nothing was posted.")


def _feeds(folder: Path, count: int) -> Finding:
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        return failed(
            "feeds", f"Feeds can't be written to {folder}.", "Name another delivery.feeds.folder in config.toml."
        )
    return fine("feeds", f"The feeds of {count_of(count, 'topic')} are written to {folder}.")


def send_test(config: Config, name: str) -> Finding:
    """Post a real message to a webhook, past the outbox: nothing of it is stored."""
    wanted = name.casefold()
    found = [one for one in config.webhooks if wanted in (one.reader.key.casefold(), one.reader.name.casefold())]
    if not found or found[0].url is None:
        names = ", ".join(one.reader.name for one in config.webhooks) or "none"
        return failed("test message", f"There is no webhook {name!r} that could be told.", f"There are: {names}.")
    webhook = found[0]
    replies: list[str] = []

    def accepted(reply: str) -> None:
        replies.append(reply)

    try:
        mailer = app.webhook_mailer(config, webhook)
        try:
            message = trial(webhook.reader.channel, secrets.token_hex(6))
            mailer.deliver(message, webhook.reader.recipient, lambda: None, accepted)
        finally:
            mailer.close()
    except (DeliveryError, ConfigError) as exc:
        return failed("test message", sentence(str(exc)), _REMEDY)
    return fine("test message", f"{webhook.reader.recipient} was sent one ({replies[0]}): see that it arrives.")
