"""Reads mails that came back: delivery status notifications (RFC 3464), complaints (RFC 5965), and bounces in words.

The words of a mail only decide what kind of return it is. Its signed address says which mail came back.
"""

from __future__ import annotations

import re
from email import message_from_bytes
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING

from monitor.model.bounces import UNKNOWN_TO_MICROSOFT, BounceKind, Returned
from monitor.presentation.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from email.message import Message

LONGEST = 1_000_000
"""Bytes of a mail that are read: what matters comes before the mail that is returned with it."""
_SHOWN = 300

_ENHANCED = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?!\w|\.\d)")
"""Status code, which stands alone: in words about a server there may be its IP address."""
_DEAD_SUBJECTS = frozenset({"1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "2.1"})
"""Subjects of status codes with which an address or its domain is dead, or its mailbox closed for good."""
_VAGUE = (".0.0", ".1.0")
"""Ends of status codes beside which another one says more."""
_PASSED_ON = re.compile(r"unknown address error [45]\d\d(.*)", re.IGNORECASE | re.DOTALL)
"""Words of Cisco's servers, which call each refusal 5.1.0, also one for a bad reputation, and quote the true reason."""
_NOT_DEAD = re.compile(
    r"receiving mail (?:at a rate|too quickly)|sender (?:address )?(?:is |was )?(?:denied|rejected)", re.IGNORECASE
)
"""Words beside codes and words of dead addresses: of Google about a mailbox that gets too many mails for the moment, and of
Microsoft and Postfix about the sender.
"""
_REPLY = re.compile(r"\b(?:550|551|553)\b")
_DEAD_WORDS = re.compile(
    r"user unknown|unknown user|no such (?:user|mailbox|recipient|address)|does(?:n.t| not) exist|mailbox not found"
    r"|unknown (?:recipient|address|mailbox)|invalid (?:recipient|mailbox)|recipient not found|address not found"
    r"|no longer (?:valid|in use|active)|account (?:is |has been )?(?:disabled|closed)|(?:host|domain)(?: name)? not found",
    re.IGNORECASE,
)
_FROM_A_SERVER = re.compile(r"mailer-daemon|postmaster|mail delivery|mail administrator", re.IGNORECASE)
_OF_A_PROGRAM = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "Precedence")
"""Fields of automatic replies. Programs that answer for a person leave the sender of the envelope empty, as servers do."""
_AWAY = re.compile(r"auto(?:matic|mated)?[ -]?(?:reply|response)|out of (?:the )?office", re.IGNORECASE)
_RETURNED = re.compile(
    r"^[ \t>]*(?:-{2,}[ \t]*(?:below this line|this is a copy|original message|(?:undelivered|unsent|returned) message"
    r"|message header|the header of)|(?:return-path|received|mime-version):)",
    re.IGNORECASE | re.MULTILINE,
)
"""Line with which the returned mail begins, where it stands in the text of a server: our own words say nothing of it."""
_ADDRESS = re.compile(r"(?<![^\s<>;])[^\s<>;@]++@[^\s<>;]++")
_NO_ARRIVAL = frozenset({"delivered", "relayed", "expanded", "delayed"})
"""Actions of a report that tell of no failure."""


def read_returned(data: bytes, recipient: str = "") -> Returned:
    """Say what kind of return a mail is. Any bytes can be read; what is not understood is `other`.

    `recipient`: address of the mail that came back. A failure at another address, to which theirs led, is not theirs.
    """
    parts = _parts(data)
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            return _read_complaint(part)
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            return _read_status(part, recipient)
    if any(part.get_content_type() == "message/disposition-notification" for part in parts):  # RFC 8098
        return _NOTHING
    if _is_from_a_server(parts[0]):
        return _read_words("\n".join(_words_of_server(parts[0])))
    return Returned(kind=BounceKind.OTHER)


def texts_with_addresses(data: bytes) -> Iterator[str]:
    """Yield the texts of a mail in which its return address may stand: the bytes, and decoded parts."""
    yield data[:LONGEST].decode("latin-1")
    yield from _texts(_parts(data))


def _parts(data: bytes) -> list[Message]:
    """Return a mail and all its parts. Of one that is nested so deep that Python gives up, the header alone is read."""
    try:
        return list(message_from_bytes(data[:LONGEST]).walk())
    except RecursionError:
        return [BytesHeaderParser().parsebytes(data[:LONGEST])]


def _texts(parts: Sequence[Message]) -> Iterator[str]:
    for part in parts:
        if part.get_content_maintype() == "text":
            yield _text(part)


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _words_of_server(message: Message) -> Iterator[str]:
    """Yield the texts of a mail without the mail that is returned in it, which may say anything."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if part.get_content_maintype() == "multipart":
            waiting += reversed(_inner(part))
        elif part.get_content_maintype() == "text" and part.get_content_type() != "text/rfc822-headers":
            yield _RETURNED.split(_text(part), maxsplit=1)[0]


def _inner(part: Message) -> list[Message]:
    """Return the parts of a part, or the groups of fields of a report."""
    payload = part.get_payload() if part.is_multipart() else []  # of a text it would be decoded, in any charset
    return [inner for inner in payload if not isinstance(inner, str)]


def _read_complaint(part: Message) -> Returned:
    kinds = {str(group.get("Feedback-Type", "")).strip().lower() for group in _inner(part)}
    is_complaint = bool(kinds & {"abuse", "fraud", "virus", "other"})  # "not-spam" takes a complaint back
    return Returned(
        kind=BounceKind.COMPLAINT if is_complaint else BounceKind.OTHER,
        diagnostic=one_line(" ".join(sorted(kinds)))[:_SHOWN],
    )


def _read_status(part: Message, recipient: str) -> Returned:
    """Read the groups about recipients: a mail of ours has one, but a list passes it on to several."""
    found = [_read_group(group, recipient) for group in _inner(part) if group.get("Action")]
    order = (BounceKind.HARD, BounceKind.SOFT)
    return min(
        found, key=lambda group: order.index(group.kind) if group.kind in order else len(order), default=_NOTHING
    )


def _read_group(group: Message, recipient: str) -> Returned:
    action = str(group["Action"]).strip().lower()
    diagnostic = one_line(str(group.get("Diagnostic-Code", "")))
    read = _judge(_telling(_ENHANCED.search(str(group.get("Status", ""))), diagnostic), diagnostic)
    final = _ADDRESS.search(str(group.get("Final-Recipient", "")))
    is_of_other = recipient and final and final[0].lower() != recipient.lower()
    kind = BounceKind.SOFT if is_of_other and read.kind is BounceKind.HARD else read.kind
    return Returned(
        kind=BounceKind.OTHER if action in _NO_ARRIVAL else kind,
        status=read.status,
        diagnostic=diagnostic[:_SHOWN],
    )


def _telling(code: re.Match[str] | None, words: str) -> re.Match[str] | None:
    """Return the code that says most: the one of a report, or one of the server's words where that says little."""
    if code is not None and not code[0].endswith(_VAGUE):
        return code
    found = [code] if code is not None and not code[0].endswith(".0.0") else []
    found += _ENHANCED.finditer(words)
    return next((other for other in found if not other[0].endswith(_VAGUE)), found[0] if found else code)


def _read_words(text: str) -> Returned:
    code = _telling(None, text)
    if code is None and not _DEAD_WORDS.search(text) and not _REPLY.search(text):
        return _NOTHING
    return _judge(code, text)


def _judge(code: re.Match[str] | None, words: str) -> Returned:
    """Say whether a failure is about the address. Words decide where the code says nothing, or is known to mislead."""
    status = code[0] if code else ""
    if code is None or status.endswith(".0.0"):
        is_dead = (code is None or code[1] == "5") and _DEAD_WORDS.search(words) is not None
    else:
        is_of_address = f"{code[2]}.{code[3]}" in _DEAD_SUBJECTS or UNKNOWN_TO_MICROSOFT.search(words)
        is_dead = code[1] == "5" and bool(is_of_address)
        if is_dead and status.endswith(".1.0") and (passed_on := _PASSED_ON.search(words)):
            is_dead = _DEAD_WORDS.search(passed_on[1]) is not None
    return Returned(
        kind=BounceKind.HARD if is_dead and not _NOT_DEAD.search(words) else BounceKind.SOFT,
        status=status,
        diagnostic=one_line(words)[:_SHOWN],
    )


def _is_from_a_server(message: Message) -> bool:
    if "X-Failed-Recipients" in message:  # Exim, which calls its bounces replies
        return True
    if str(message.get("Auto-Submitted", "")).lower().startswith("auto-replied"):
        return False
    if _FROM_A_SERVER.search(str(message.get("From", ""))):
        return True
    is_without_sender = str(message.get("Return-Path", "")).strip() == "<>"
    return is_without_sender and not _is_automatic_reply(message)


def _is_automatic_reply(message: Message) -> bool:
    """Return whether a program answers for a person, who is away or has read the mail."""
    is_automatic = str(message.get("Auto-Submitted", "no")).lower() != "no"
    subject = str(message.get("Subject", ""))
    return is_automatic or any(name in message for name in _OF_A_PROGRAM) or _AWAY.match(subject) is not None


_NOTHING = Returned(kind=BounceKind.OTHER)
