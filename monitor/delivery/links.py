"""Links that can't be guessed: those of mails, and that of a reader's calendar.

A mail leads to itself in a browser, to its reader's preferences, to no more mails, and from each record to following it.

A link holds a token, signed with a secret of the archive, and ends by itself. The run that composes a mail and the page
that serves its links use the same archive, so neither needs to be told the secret.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from itsdangerous import BadSignature, URLSafeTimedSerializer

from monitor.errors import ArchiveError
from monitor.parliament.links import record_page

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.watching import Subscriber

READ: Final = "read"
SUBSCRIPTION: Final = "subscription"
FOLLOW: Final = "follow"
CALENDAR: Final = "calendar"
"""Purposes of tokens in links. A token for one purpose is refused for another."""

READ_FOR: Final = 366 * 24 * 3600
SUBSCRIPTION_FOR: Final = 2 * READ_FOR
FOLLOW_FOR: Final = READ_FOR
CALENDAR_FOR: Final = 20 * READ_FOR
"""Seconds for which these links work. A calendar program keeps its link for years; its reader can end it."""

SECRET_FACT: Final = "web_secret"  # noqa: S105 (the name of a fact)


class Signer:
    """Signs and reads the tokens of forms, sign-ins and links, with a secret that the archive keeps."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def sign(self, purpose: str, value: str) -> str:
        """Return a token that holds a value."""
        return URLSafeTimedSerializer(self._secret, salt=purpose).dumps(value)

    def read(self, purpose: str, token: str, *, lasting: int) -> str | None:
        """Return the value of a token; None if it was not signed here, for this purpose, within so many seconds."""
        try:
            value = URLSafeTimedSerializer(self._secret, salt=purpose).loads(token, max_age=lasting)
        except BadSignature:
            return None
        return value if isinstance(value, str) else None


def secret_of(archive: Archive) -> str:
    """Return the secret that signs forms and links, made once and kept in the archive.

    An archive that can only be read gets one that lasts as long as this process: forms loaded before must be loaded again.
    """
    kept = archive.runs.fact(SECRET_FACT)
    if kept:
        return kept
    made = secrets.token_urlsafe(32)
    try:
        return archive.runs.set_fact_once(SECRET_FACT, made)
    except ArchiveError:
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLinks:
    """Addresses for the reader of one mail, and those of records. `base_url` has no slash at its end."""

    base_url: str
    read: str
    preferences: str
    unsubscribe: str
    signer: Signer
    subscription: str

    @classmethod
    def of(cls, signer: Signer, base_url: str, subscriber: Subscriber, message_id: str) -> ReaderLinks:
        """Return the links for a mail with this Message-ID."""
        subscription = subscription_value(subscriber)
        own = signer.sign(SUBSCRIPTION, subscription)
        return cls(
            base_url=base_url,
            read=f"{base_url}/read/{signer.sign(READ, message_id.strip('<>'))}",
            preferences=f"{base_url}/preferences/{own}",
            unsubscribe=f"{base_url}/unsubscribe/{own}",
            signer=signer,
            subscription=subscription,
        )

    def record(self, record_id: str) -> str:
        """Return the address of a record's page: its story, what changed, and how to cite it."""
        return record_page(self.base_url, record_id)

    def follow(self, record_id: str) -> str:
        """Return the address of a page that asks whether the reader wants to follow a record or promise."""
        return f"{self.base_url}/follow/{self.signer.sign(FOLLOW, f'{self.subscription} {record_id}')}"


def subscription_value(subscriber: Subscriber) -> str:
    """Return what stands for a subscription in its links: no name, and another one when the address changes."""
    return sha256(f"{subscriber.key}\n{subscriber.email.lower()}".encode()).hexdigest()[:32]
