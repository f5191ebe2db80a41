# ruff: noqa: INP001, T201, S101 - a script of the checks: it asserts and prints
"""Digests of the sample through the mail server at a port, and back out of its mailbox: `mailed.py PORT CA MAILBOX`."""

from __future__ import annotations

import mailbox
import sys
import tempfile
import time
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitor.demo.sample import FIRST_DAY, SECOND_DAY, sample
from tests.e2e.desk import Desk

if TYPE_CHECKING:
    from email.message import EmailMessage

PATIENCE = 60.0


def arrived(path: Path, count: int) -> list[bytes]:
    """The mailbox's messages as soon as there are so many, without their From lines."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if path.exists():
            box = mailbox.mbox(path, create=False)
            contents = [box.get_bytes(key) for key in box.keys()]  # noqa: SIM118 (a mailbox is no mapping)
            box.close()
            if len(contents) >= count:
                return contents
        time.sleep(0.2)
    sys.exit(f"{count} mails did not arrive in {path}")


def parts(message: EmailMessage) -> list[tuple[str, bytes]]:
    """The content type and the decoded bytes of each part that is no container."""
    return [
        (part.get_content_type(), bytes(part.get_payload(decode=True)).replace(b"\r\n", b"\n"))
        for part in message.walk()
        if not part.is_multipart()
    ]


def check(sent: bytes, got: bytes) -> EmailMessage:
    """Nothing but what a server puts in front may differ, and lines may end otherwise."""
    ours, theirs = (message_from_bytes(one, policy=policy.default) for one in (sent, got))
    assert got.rstrip(b"\n").endswith(sent.replace(b"\r\n", b"\n").rstrip(b"\n")), "the bytes differ"
    for name in ("Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "List-Id"):
        assert str(ours[name]) == str(theirs[name]), name
    assert parts(ours) == parts(theirs)
    assert not theirs.defects
    assert "with ESMTPS" in str(theirs["Received"]), "it did not come over TLS"
    return theirs


def main() -> None:
    """Two days, each run twice."""
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
                sent = process.communicate()[0]
            got = arrived(box, number)
            assert len(got) == number, f"{len(got)} mails for {number} digests"
            message = check(sent, got[-1])
            kinds = ", ".join(kind for kind, _ in parts(message))
            print(
                f"{message['Subject']}\n  {message['Message-ID']}: {len(sent)} bytes, {kinds}: the same in the mailbox"
            )
    print("2 digests over STARTTLS through Postfix, each once, byte for byte what was sent")


main()
