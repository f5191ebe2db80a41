"""Mailers: what carries messages to a mail server, into a folder, to webhooks and into feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.model.deliveries import FEED
from monitor.operations.signals import SIGNALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.archive import Archive
    from monitor.config.settings import Config, WebhookSettings
    from monitor.delivery.return_address import ReturnAddress
    from monitor.delivery.stage import Connections
    from monitor.ports import Mailer
    from scrapers.http.posting import HttpPoster


def return_address(config: Config, archive: Archive) -> ReturnAddress | None:
    """Return the addresses to which mails come back, if the configuration has some."""
    from monitor.delivery.return_address import ReturnAddress  # noqa: PLC0415 (only what is used is loaded)

    if not config.delivery.bounces:
        return None
    return ReturnAddress(pattern=config.delivery.bounces, secret=archive.bounces.secret())


def mailer(config: Config, returns: ReturnAddress | None) -> Mailer:
    """Return the mailer that the configuration names: SMTP, or a folder. `returns`: see `return_address`."""
    if config.delivery.transport == "file":
        from monitor.delivery.folder import FolderMailer  # noqa: PLC0415 (only what is used is loaded)

        return FolderMailer(config.delivery.folder)
    from monitor.delivery.smtp import SmtpMailer  # noqa: PLC0415
    from monitor.delivery.smtp_session import Server  # noqa: PLC0415

    smtp = config.smtp
    return SmtpMailer(
        Server(
            host=smtp.host,
            port=smtp.port,
            tls=smtp.tls,
            username=smtp.username,
            password=smtp.password.reveal() if smtp.password else "",
            cafile=smtp.ca_file,
        ),
        seconds_left=SIGNALS.seconds_left,
        return_address=returns,
    )


def mail_connections(config: Config, archive: Archive) -> Connections | None:
    """Return how mail is sent over several connections; None where there is one, or a folder."""
    from monitor.delivery.stage import Connections  # noqa: PLC0415 (only what is used is loaded)

    if config.delivery.transport == "file" or config.smtp.connections == 1:
        return None
    return Connections(
        count=config.smtp.connections,
        open=lambda: mailer(config, return_address(config, archive)),
        defer_signals=SIGNALS.deferred,
        seconds_left=SIGNALS.seconds_left,
    )


def mailers_by_queue(config: Config, archive: Archive) -> Iterator[tuple[str, Mailer]]:
    """Return the queues of the outbox beside the one for mails, each with the mailer that empties it.

    A webhook whose address was not read from the environment has no mailer.
    """
    for webhook in config.webhooks:
        if webhook.url is not None:
            yield webhook.reader.recipient, webhook_mailer(config, webhook)
    feeds = config.topic_feeds
    if feeds.folder is not None:
        from monitor.delivery.folder import FeedFolder  # noqa: PLC0415 (only what is used is loaded)

        yield FEED, FeedFolder(feeds.folder, feeds.keep, feeds.base_url, archive.deliveries.feed_messages)


def webhook_mailer(config: Config, webhook: WebhookSettings) -> Mailer:
    """Return the mailer that posts to a webhook."""
    from monitor.delivery.webhook import WebhookMailer  # noqa: PLC0415 (only what is used is loaded)

    return WebhookMailer(
        webhook.reader.recipient,
        webhook.url.reveal() if webhook.url else "",
        poster(config),
        secret=webhook.signing_secret.reveal().strip() if webhook.signing_secret else "",
    )


def poster(config: Config) -> HttpPoster:
    """Return the client that posts to webhooks and checks that their hosts answer."""
    from importlib.metadata import version  # noqa: PLC0415 (slow to import)

    from scrapers.http.posting import HttpPoster  # noqa: PLC0415 (only what is used is loaded)

    http = config.http
    return HttpPoster(http.contact, version("pqwatch"), proxy=http.proxy, ca_file=str(http.ca_file or ""))
