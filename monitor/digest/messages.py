"""Messages: the bytes that are kept and sent, for a digest by mail or by another way, and for a test of a webhook."""

from __future__ import annotations

import hashlib
import json
from email.utils import parseaddr
from typing import TYPE_CHECKING, Final

from monitor.digest.formats.brief import Brief, brief_of
from monitor.digest.formats.email import build_message
from monitor.digest.formats.plain_json import plain
from monitor.digest.formats.slack import slack
from monitor.digest.formats.teams import teams
from monitor.digest.reading_lines import licence_of
from monitor.model.deliveries import FEED, JSON, MAIL, SLACK
from monitor.model.digests import Mail
from monitor.parliament.links import OFFICIAL_HOSTS
from monitor.presentation.record_json import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from monitor.config.settings import DeliverySettings
    from monitor.delivery.links import ReaderLinks
    from monitor.digest.formats.plain_json import Related
    from monitor.digest.render import Rendered
    from monitor.model.digests import Digest, Item
    from monitor.model.records import Revision
    from monitor.presentation.entry import Due

_OWN_ID = 12

_TRIAL_TITLE: Final = "pqwatch: test message"
_TRIAL_WORDS: Final = "That you can read this means that digests can reach you."


def message_id(instance: str, digest_key: str, recipient: str, domain: str) -> str:
    """Return the Message-ID of a digest, which is the same each time that it is composed."""
    name = f"{instance}\n{digest_key}\n{recipient}"
    return f"<{hashlib.sha256(name.encode()).hexdigest()[:32]}@{domain}>"


def domain_of(sender: str) -> str:
    """Return the domain of an address, with or without a display name."""
    return parseaddr(sender)[1].rpartition("@")[2]


def envelope(
    digest: Digest,
    items: Sequence[Item],
    rendered: Rendered,
    due: Due,
    *,
    delivery: DeliverySettings,
    message_id: str,
    instance: str,
    now: datetime,
    related: Callable[[Revision], Related],
    hosts: Sequence[str] = OFFICIAL_HOSTS,
    links: ReaderLinks | None = None,
) -> Mail:
    """Return the message of a digest for the channel of its subscriber.

    `items`: one for each record. `now`: the real time. `related(revision)` looks into the archive. `hosts`: hosts whose
    links in answers may be clicked. `links`: the reader's own, where there is a page.
    """
    to = digest.subscriber
    if to.channel == MAIL:
        message = _mail(rendered, to.email, delivery, message_id, now, links)
    elif to.channel == FEED:
        message = _feed(digest, items, due, instance=instance, now=now, hosts=hosts)
    elif to.channel == JSON:
        message = plain(digest, items, due, message_id, related)
    else:
        message = _chat_message(brief_of(digest, due, message_id.strip("<>")[:_OWN_ID]), to.channel)
    return Mail(
        recipient=to.recipient, channel=to.channel, message_id=message_id, subject=rendered.subject, message=message
    )


def _mail(  # noqa: PLR0917 (a mail has so many facts)
    rendered: Rendered,
    recipient: str,
    delivery: DeliverySettings,
    message_id: str,
    now: datetime,
    links: ReaderLinks | None,
) -> bytes:
    return build_message(
        rendered,
        sender=delivery.sender,
        recipient=recipient,
        message_id=message_id,
        date=now,
        list_id=f"pqwatch digest <digest.{domain_of(delivery.sender)}>",
        unsubscribe=delivery.unsubscribe,
        one_click=links.unsubscribe if links and links.unsubscribe.startswith("https://") else "",
    )


def _feed(
    digest: Digest, items: Sequence[Item], due: Due, *, instance: str, now: datetime, hosts: Sequence[str]
) -> bytes:
    from monitor.digest.formats.topic_feed import topic_feed  # noqa: PLC0415 (most have no feeds)
    from monitor.presentation.feeds.document import freeze  # noqa: PLC0415

    feed = topic_feed(
        digest.subscriber,
        items,
        digest.topics,
        due,
        instance=instance,
        now=now,
        rights=licence_of(digest),
        hosts=hosts,
    )
    return freeze(feed)


def trial(channel: str, own_id: str) -> bytes:
    """Return a test message in the format of a webhook's channel, with the id `own_id`."""
    if channel == JSON:
        return json.dumps(
            {"schema": SCHEMA, "type": "test", "id": own_id, "subject": _TRIAL_TITLE, "text": _TRIAL_WORDS}
        ).encode()
    brief = Brief(title=_TRIAL_TITLE, lead=(_TRIAL_WORDS,), groups=(), foot=(f"pqwatch {own_id}",), own_id=own_id)
    return _chat_message(brief, channel)


def _chat_message(brief: Brief, channel: str) -> bytes:
    return slack(brief) if channel == SLACK else teams(brief)
