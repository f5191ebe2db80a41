"""The mail that carries a digest, as the bytes that are kept and handed over.

Same input, same bytes: nothing here is random and nothing reads a clock. One recipient a mail, never a list.
"""

from __future__ import annotations

import re
import unicodedata
from email.header import Header
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from monitor.errors import ConfigError
from monitor.presentation.wording import one_line

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.digest.render import Rendered

LONGEST_SUBJECT = 150
LONGEST_NAME = 100
LONGEST_ADDRESS = 254
LONGEST_HEADER = 900
"""Characters of a header that is not folded: a line of a mail has 998 at most."""


class _Policy(EmailPolicy):
    """Writes headers by its own hand where the standard library breaks them.

    It folds and encodes long addresses of machines, and drops spaces between the encoded words of a long subject.
    """

    _AS_IS = frozenset({"list-id", "list-unsubscribe", "list-unsubscribe-post", "message-id"})

    def _fold(self, name: str, value: Any, refold_binary: bool = False) -> str:
        kind = name.lower()
        if kind in self._AS_IS:
            return f"{name}: {value}{self.linesep}"
        if kind == "subject":
            return f"{name}: {_encoded(str(value), len(name), self.linesep)}{self.linesep}"
        if kind in ("from", "to"):
            (address,) = value.addresses
            words = address.display_name
            shown = words if _PLAIN.fullmatch(words) else _quoted(words) if words.isascii() else ""
            shown = shown or _encoded(words, len(name), self.linesep)
            target = f"<{address.addr_spec}>" if words else address.addr_spec
            return f"{name}: {shown}{' ' if words else ''}{target}{self.linesep}"
        folded: str = super()._fold(name, value, refold_binary)  # type: ignore[misc]  # not public, and so not typed
        return folded


_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")


def _quoted(words: str) -> str:
    """Return a display name, quoted if it has special characters."""
    escaped = re.sub(r'(["\\])', r"\\\1", words)
    return f'"{escaped}"'


def _encoded(text: str, used: int, linesep: str) -> str:
    """Return a header value, folded, and encoded if it is not ASCII. `used`: columns taken on its first line."""
    charset = "us-ascii" if text.isascii() else "utf-8"
    return Header(text, charset, maxlinelen=76, header_name="x" * used).encode(linesep=linesep)


_USER, _HOST = r"[!#-'*+/-9=?A-Z^-~.-]+", r"[^\s,;:<>()\[\]\"@]+"
_ONE_ADDRESS = re.compile(
    rf"(?P<name>[^<>]*)<(?P<user>{_USER})@(?P<domain>{_HOST})>|(?P<bare_user>{_USER})@(?P<bare_domain>{_HOST})"
)
_ONE_ID = re.compile(r"[!#-'*+/-9=?A-Z^-~-]+(?:\.[!#-'*+/-9=?A-Z^-~-]+)*@(?:[\w:.-]+|\[[\w:.-]+\])", re.ASCII)


_UNWANTED = "DR, RN, NRN, OOF, AutoReply"
"""Replies that Exchange is not to send ([MS-OXCMAIL] 2.1.3.2.20). "All" would include NDR: that a mail did not arrive."""


class _HeaderClasses(HeaderRegistry):
    """Keeps the classes of headers: the library makes one anew for each header of each mail."""

    __getitem__ = cache(HeaderRegistry.__getitem__)  # names of headers are our own, and few


_POLICY = _Policy(linesep="\r\n", max_line_length=78, cte_type="7bit", header_factory=_HeaderClasses())


def build_message(
    rendered: Rendered,
    *,
    sender: str,
    recipient: str,
    message_id: str,
    date: datetime,
    list_id: str,
    unsubscribe: str = "",
    one_click: str = "",
) -> bytes:
    """Build the mail, lines ended by CRLF, all in ASCII.

    `sender` and `recipient` are addresses, with or without a name in front; `message_id` and the address in `list_id`
    stand in angle brackets or not; `date` is aware; `unsubscribe` is an address, a mailto: or an https: address;
    `one_click` is an https: address that a mail program may post to (RFC 8058). Raises ConfigError where `sender` or
    `recipient` is not one address, or `message_id` is not a Message-ID.
    """
    mail = _opened(rendered.subject, sender, recipient, message_id, date)
    for name, value in _list_headers(list_id, unsubscribe, one_click):
        mail[name] = _without_encoded_words(value)
    mail.set_content(_storable(rendered.text), cte="quoted-printable")
    mail.add_alternative(_storable(rendered.html), subtype="html", cte="quoted-printable")
    if rendered.csv is not None:
        _attach(mail, rendered.csv, rendered.csv_name)
    mail["Content-Language"] = "en-GB"
    _set_boundaries(mail, mail["Message-ID"])
    return mail.as_bytes()


def build_notice(subject: str, text: str, *, sender: str, recipient: str, message_id: str, date: datetime) -> bytes:
    """Build a mail of plain text, as `build_message` builds a digest. Raises ConfigError."""
    mail = _opened(subject, sender, recipient, message_id, date)
    mail.set_content(_storable(text), cte="quoted-printable")
    mail["Content-Language"] = "en-GB"
    return mail.as_bytes()


def _opened(subject: str, sender: str, recipient: str, message_id: str, date: datetime) -> EmailMessage:
    """Return a mail with the headers that every mail has."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = _address(sender, "sender")
    mail["To"] = _address(recipient, "recipient")
    mail["Subject"] = _header(subject)[:LONGEST_SUBJECT].rstrip()
    mail["Date"] = date
    mail["Message-ID"] = f"<{_id(message_id)}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = _UNWANTED
    return mail


def _list_headers(list_id: str, unsubscribe: str, one_click: str) -> list[tuple[str, str]]:
    """Return the list headers (RFC 2369, RFC 2919, RFC 8058). Those that do not fit on one line are left out."""
    name, bracket, rest = _ascii(list_id, spaces=True)[:LONGEST_HEADER].partition("<")
    words = re.sub(r'["\\]', "", name).strip() if bracket else ""
    address = re.sub(r"[<>\s]", "", rest if bracket else name)
    headers = [("List-Id", f'"{words}" <{address}>' if words else f"<{address}>")]
    target, one_click = _ascii(unsubscribe).strip("<>"), _ascii(one_click)
    if target and ":" not in target:
        target = f"mailto:{target}?subject=STOP"
    is_second = bool(one_click)  # then only what writes a mail may follow: the mail program posts to the first address
    if (is_second and not target.lower().startswith("mailto:")) or len(one_click) + len(target) > LONGEST_HEADER:
        target = ""
    targets = [address for address in (one_click, target) if address]
    if not targets:
        return headers
    headers.append(("List-Unsubscribe", ", ".join(f"<{address}>" for address in targets)))
    if targets[0].lower().startswith("https:"):
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return headers


def _address(text: str, role: str) -> Address:
    """Read one address with or without a name. Raises ConfigError."""
    found = _ONE_ADDRESS.fullmatch(_header(text))
    domain = _domain(found["domain"] or found["bare_domain"]) if found else ""
    if not found or not domain or len(text) > LONGEST_NAME + LONGEST_ADDRESS:
        raise ConfigError(f"'{one_line(text)}' is not one mail address: give the {role} as name@example.org.")
    return Address(
        display_name=(found["name"] or "").strip().strip('"').replace('\\"', '"')[:LONGEST_NAME],
        username=found["user"] or found["bare_user"],
        domain=domain,
    )


def _id(text: str) -> str:
    """Return a Message-ID without its brackets. Raises ConfigError."""
    plain = _without_encoded_words(_ascii(text).strip("<>"))
    if not _ONE_ID.fullmatch(plain) or len(plain) > LONGEST_NAME + LONGEST_ADDRESS:
        raise ConfigError(
            f"'{one_line(text)}' is not a Message-ID: give delivery.from an address such as name@example.org."
        )
    return plain


def _domain(name: str) -> str:
    """Return a domain in ASCII; "" if it is no domain."""
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return ""


def _header(text: str) -> str:
    """Return text for a header: on one line, without control characters, and without encoded words."""
    return one_line(text).replace("=?", "= ?")


def _without_encoded_words(text: str) -> str:
    """Return text in which no encoded word begins: the library would decode it, with line ends that begin a header."""
    return text.replace("=?", "=_")


def _ascii(text: str, *, spaces: bool = False) -> str:
    """Printable ASCII only, accents dropped, without spaces unless they may stay."""
    plain = unicodedata.normalize("NFKD", one_line(text)).encode("ascii", "ignore").decode()
    return plain if spaces else plain.replace(" ", "")


def _storable(text: str) -> str:
    """Return the text without lone surrogates and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _attach(mail: EmailMessage, csv: str, name: str) -> None:
    # A mark at the start tells spreadsheets that this is UTF-8; without it they break every pound sign.
    mail.add_attachment(_storable(csv).encode("utf-8-sig"), maintype="text", subtype="csv", filename=name)
    for part in mail.iter_attachments():
        part.set_param("charset", "utf-8")


def _set_boundaries(mail: EmailMessage, token: str) -> None:
    """Derive the marks between the parts from the Message-ID: the library would choose them at random."""
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        digest = sha256(f"{number} {token}".encode()).hexdigest()[:32]
        part.set_boundary(f"=_{digest}")
