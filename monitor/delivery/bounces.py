"""Note mails that came back: which mail each is about, what kind of return it is, and what follows."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.delivery.returned_mail import read_returned, texts_with_addresses
from monitor.model.bounces import BounceKind, Reason, Returned

if TYPE_CHECKING:
    from db.bounces import Bounces
    from monitor.delivery.return_address import ReturnAddress
    from monitor.model.bounces import SentMail

CONSEQUENCE = {
    Reason.BOUNCED: "mails of three days came back from {}, so nothing is sent there any more",
    Reason.COMPLAINED: "the reader at {} called a mail unwanted, so nothing is sent there any more",
}


@dataclass(slots=True)
class BounceReport:
    """Result of reading mails that came back.

    `counts`: mails by kind. `repeated`: those that were read before. `retired`: one sentence for each address.
    """

    counts: Counter[BounceKind] = field(default_factory=Counter)
    repeated: int = 0
    retired: list[str] = field(default_factory=list)


def note_returned(bounces: Bounces, address: ReturnAddress, data: bytes, report: BounceReport) -> None:
    """Note a mail that came back. Reading it again changes nothing, and without our signature it is only counted."""
    fingerprint = hashlib.sha256(data).hexdigest()
    if bounces.is_known(fingerprint):
        report.repeated += 1
        return
    mail = _mail_of(bounces, address, data)
    returned = read_returned(data, mail.recipient) if mail else Returned(kind=BounceKind.UNSIGNED)
    reason = bounces.note(fingerprint, mail, returned)
    report.counts[returned.kind] += 1
    if mail and reason:
        undo = f"pqwatch bounces --reinstate {mail.recipient}"
        report.retired.append(f"{CONSEQUENCE[reason].format(mail.recipient)} ({undo} undoes it)")


def _mail_of(bounces: Bounces, address: ReturnAddress, data: bytes) -> SentMail | None:
    """Find the mail that a mail is about, by the signed return address that stands anywhere in it."""
    for text in texts_with_addresses(data):
        for number, signature in address.found_in(text):
            for mail in bounces.sent_mails(number):
                if address.is_genuine(number, signature, mail.recipient):
                    return mail
    return None
