"""Messages posted to webhooks, so that it is always known whether the receiver may have one.

Over HTTP the last byte of a request is what the final dot is over SMTP: before it the receiver has no whole message. What
its answers mean is told in docs/delivery.md.
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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.model.sources import Posted
    from monitor.ports import Accepted, Callback, Poster

_GONE = frozenset({401, 403, 404, 410})
"""Nobody is there, or lets us in."""
_BUSY = frozenset({429, 503})
_SHOWN = 200
_TELLING = 8
"""Letters of a piece of an address from which on it is kept to ourselves."""
_FAILED_ALL_THE_SAME = "Webhook message delivery failed"
"""How an answer of Microsoft's connectors begins that says 200 and means that nothing was delivered."""


_BASE64_MARK = "whsec_"
"""How a secret begins that is written in base64, by the Standard Webhooks specification."""


class WebhookMailer:
    """Posts to one webhook, known to the outbox as `recipient`. Nobody hears of its address, `url`, from here.

    With a `secret` each message is signed as the Standard Webhooks specification (standardwebhooks.com) says. `seconds`
    gives the time of the signature, in seconds since 1970.
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
        del recipient  # there is but one
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
        """Let the connection go."""
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
        """Raise what an answer means that is no yes."""
        status, told = answer.status, self._said(answer)
        if status in _BUSY:
            text = f"{self.recipient} takes no messages for now: the server answered {told}"
            raise DeliveryError(text, scope="server", wait=answer.retry_after)
        if 300 <= status < 400:
            text = f"{self.recipient} is somewhere else, where it is not followed to: the server answered {told}"
            raise DeliveryError(text, scope="recipient")
        if status in _GONE:
            raise DeliveryError(f"{self.recipient} is refused: the server answered {told}", scope="recipient")
        if not 200 <= status < 300 or answer.text.startswith(_FAILED_ALL_THE_SAME):
            text = f"{self.recipient} did not take the message: the server answered {told}"
            raise DeliveryError(text, scope="message")

    def _said(self, answer: Posted) -> str:
        """An answer in one line, without what it may repeat of the address."""
        text = answer.text
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
    """Give the bytes of a secret: in base64 behind "whsec_", else as they are written."""
    if secret.startswith(_BASE64_MARK):
        try:
            return base64.b64decode(secret.removeprefix(_BASE64_MARK), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def secrets_of(url: str) -> list[str]:
    """The pieces of an address by which one could post there, the longest first."""
    parts = urlsplit(url)
    path_and_query = parts.path + (f"?{parts.query}" if parts.query else "")
    pieces = [*parts.path.split("/"), *(value for pair in parts.query.split("&") for value in pair.split("="))]
    found = {url, path_and_query, parts.password or "", *pieces, *map(unquote, pieces)}
    return sorted((one for one in found if len(one) >= _TELLING), key=len, reverse=True)


def _own_id(message: bytes) -> str:
    """What tells a message from others, and not from itself sent again."""
    own_id = json.loads(message).get("id")
    return str(own_id).strip("<>") if own_id else hashlib.sha256(message).hexdigest()[:32]
