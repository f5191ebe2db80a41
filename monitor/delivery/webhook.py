"""Mailer that posts messages to a webhook, and always knows whether the receiver may have a message.

The last byte of an HTTP request does what the final dot does in SMTP: before it the receiver has no complete message.
docs/delivery.md lists what each status code means.
"""

# ruff: noqa: PLR2004 (status codes are best known by their numbers)
from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from monitor.errors import AmbiguousDeliveryError, DeliveryError, FetchError
from monitor.presentation.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.model.sources import Posted
    from monitor.ports import Accepted, Callback, Poster

_GONE = frozenset({401, 403, 404, 410})
"""Status codes for a webhook that does not exist or refuses access."""
_BUSY = frozenset({429, 503})
_SHOWN = 200
_SECRET_LENGTH = 8
"""Least length of a part of the URL that counts as a secret, in characters."""
_FAILED_ALL_THE_SAME = "Webhook message delivery failed"
"""First words of a response of Microsoft's connectors with status 200 that means that nothing was delivered."""


_BASE64_MARK = "whsec_"
"""Prefix of a base64 secret, by the Standard Webhooks specification."""


class WebhookMailer:
    """Posts to one webhook, the recipient `recipient` of the outbox. The URL is secret and appears in no message.

    With a `secret`, each message is signed by the Standard Webhooks specification (standardwebhooks.com). `seconds()`:
    time of the signature, in seconds since 1970.
    """

    is_idempotent = False

    def __init__(
        self, recipient: str, url: str, poster: Poster, *, secret: str = "", seconds: Callable[[], float] = time.time
    ) -> None:
        self.recipient = recipient
        self._url = url
        self._poster = poster
        self._secret = secret
        self._seconds = seconds

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        """Post the message; see monitor.ports.Mailer."""
        del recipient  # it is always the same
        sent: list[str] = []

        def pieces() -> Iterator[bytes]:
            sent.append("a part")
            yield message[:-1]
            before_dot()
            sent.append("all")
            yield message[-1:]

        own_id = _own_id(message)
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": own_id}
        if self._secret:
            headers |= signature_headers(self._secret, own_id, int(self._seconds()), message)
        try:
            answer = self._poster.post(self._url, pieces(), len(message), headers)
        except FetchError as exc:
            raise self._unanswered(str(exc), sent) from exc
        self._judge(answer)
        accepted(self._said(answer))

    def close(self) -> None:
        """Close the connection."""
        self._poster.close()

    def _unanswered(self, what: str, sent: list[str]) -> DeliveryError:
        if "all" in sent:
            text = (
                f"nobody knows whether the message to {self.recipient} went: all of it was sent, then the server {what}"
            )
            return AmbiguousDeliveryError(text, scope="message")
        text = f"the message to {self.recipient} did not go: the server {what}"
        return DeliveryError(text, scope="message" if sent else "server")

    def _judge(self, answer: Posted) -> None:
        """Raise the error for a response that is no success."""
        status, reply = answer.status, self._said(answer)
        if status in _BUSY:
            text = f"{self.recipient} takes no messages for now: the server answered {reply}"
            raise DeliveryError(text, scope="server", wait=answer.retry_after)
        if 300 <= status < 400:
            text = f"{self.recipient} is somewhere else, where it is not followed to: the server answered {reply}"
            raise DeliveryError(text, scope="recipient")
        if status in _GONE:
            raise DeliveryError(f"{self.recipient} is refused: the server answered {reply}", scope="recipient")
        if not 200 <= status < 300 or answer.text.startswith(_FAILED_ALL_THE_SAME):
            text = f"{self.recipient} did not take the message: the server answered {reply}"
            raise DeliveryError(text, scope="message")

    def _said(self, answer: Posted) -> str:
        """Return a response on one line, without control characters and secret parts of the URL that it may repeat."""
        text = one_line(answer.text)
        for secret in secrets_of(self._url):
            text = text.replace(secret, "***")
        known = answer.status in HTTPStatus._value2member_map_
        words = f"({HTTPStatus(answer.status).phrase})" if known else ""
        return " ".join(part for part in (str(answer.status), text[:_SHOWN].strip() or words) if part)


def signature_headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Sign a message by the Standard Webhooks specification: HMAC-SHA-256 over id, timestamp and body."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(_key_of(secret), signed, "sha256")).decode("ascii")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def _key_of(secret: str) -> bytes:
    """Return the bytes of a secret: base64 after "whsec_", otherwise the text."""
    if secret.startswith(_BASE64_MARK):
        try:
            return base64.b64decode(secret.removeprefix(_BASE64_MARK), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def secrets_of(url: str) -> list[str]:
    """List the secret parts of a webhook's URL, the longest first."""
    parts = urlsplit(url)
    path_and_query = parts.path + (f"?{parts.query}" if parts.query else "")
    pieces = [*parts.path.split("/"), *(value for pair in parts.query.split("&") for value in pair.split("="))]
    found = {url, path_and_query, parts.password or "", *pieces, *map(unquote, pieces)}
    return sorted((part for part in found if len(part) >= _SECRET_LENGTH), key=len, reverse=True)


def _own_id(message: bytes) -> str:
    """Return the id of a message, which stays the same when it is sent again."""
    own_id = json.loads(message).get("id")
    return str(own_id).strip("<>") if own_id else hashlib.sha256(message).hexdigest()[:32]
