# ruff: noqa: INP001, T201, S101 - a script of the checks: it asserts and prints
"""Digests of the sample, sent through a mail server and read from its mailbox: `mailed.py PORT CA MAILBOX`."""

from __future__ import annotations

import mailbox
import sys
import tempfile
import time
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitor.demo.sample import FIRST_DAY, SECOND_DAY, sample
from tests.e2e.desk import Desk

if TYPE_CHECKING:
    from email.message import EmailMessage

PATIENCE = 60.0


def arrived(path: Path, count: int) -> list[bytes]:
    """Wait for so many messages in a mailbox, and return them without their From lines."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if path.exists():
            box = mailbox.mbox(path, create=False)
            contents = [box.get_bytes(key) for key in box.keys()]  # noqa: SIM118 (a mailbox is not a mapping)
            box.close()
            if len(contents) >= count:
                return contents
        time.sleep(0.2)
    sys.exit(f"{count} mails did not arrive in {path}")


def parts(message: EmailMessage) -> list[tuple[str, bytes]]:
    """Return the content type and the decoded bytes of each part that has a content of its own."""
    return [
        (part.get_content_type(), bytes(part.get_payload(decode=True)).replace(b"\r\n", b"\n"))
        for part in message.walk()
        if not part.is_multipart()
    ]


def check(sent: bytes, got: bytes) -> EmailMessage:
    """Compare a mail as sent and as received: a server may put headers in front and end lines otherwise."""
    ours, theirs = (message_from_bytes(content, policy=policy.default) for content in (sent, got))
    assert got.rstrip(b"\n").endswith(sent.replace(b"\r\n", b"\n").rstrip(b"\n")), "the bytes differ"
    for name in ("Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "List-Id"):
        assert str(ours[name]) == str(theirs[name]), name
    assert parts(ours) == parts(theirs)
    assert not theirs.defects
    assert "with ESMTPS" in str(theirs["Received"]), "it did not come over TLS"
    return theirs


def main() -> None:
    """Run two days, each twice."""
    port, ca_file, box = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    server = f'host = "127.0.0.1"\nport = {port}\ntls = "starttls"\nca_file = "{ca_file}"'
    smtp = f'transport = "smtp"\nfrom = "pqwatch <pqwatch@example.org>"\n[delivery.smtp]\n{server}'
    with tempfile.TemporaryDirectory() as folder, sample().parliament(FIRST_DAY) as parliament:
        desk = Desk(folder=Path(folder) / "desk", parliament=parliament)
        desk.config.write_text(desk.config.read_text().replace('transport = "file"', smtp))
        for number, day in enumerate((FIRST_DAY, SECOND_DAY), start=1):
            parliament.now = day
            for _ in range(2):
                done = desk.run("run", "--as-of", day.isoformat())
                assert done.code == 0, done.err
            with desk.start("digest", "show", str(number), "--raw", text=False, encoding=None) as process:
                sent: Any = process.communicate()[0]  # bytes, because text is off
            got = arrived(box, number)
            assert len(got) == number, f"{len(got)} mails for {number} digests"
            message = check(sent, got[-1])
            kinds = ", ".join(kind for kind, _ in parts(message))
            print(
                f"{message['Subject']}\n  {message['Message-ID']}: {len(sent)} bytes, {kinds}: the same in the mailbox"
            )
    print("2 digests over STARTTLS through Postfix, each once, byte for byte what was sent")


main()
