# ruff: noqa: INP001, T201 - a script of the checks: it prints
"""Write every kind of mail into a folder: `mails.py FOLDER`. Each is NAME.eml, with its parts beside it."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.model.digests import Digest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitor.digest.formats.email import build_message, build_notice
from monitor.digest.render import render
from monitor.operations.alerts import notice
from tests.golden.cases import CASES, due
from tests.unit.test_digest_html import many

SENDER = "pqwatch <digest@pqwatch.example.org>"
READER = "Siân Example <sian@example.org>"
STOP = "stop@pqwatch.example.org"
DIGESTS: dict[str, Callable[[], Digest]] = {**CASES, "long": lambda: many(40, 140), "items-600": lambda: many(600, 140)}
PROBLEMS = (
    "House of Commons, answered 2026-11-23: questions-statements-api.parliament.uk answered 503 three times.",
    "The mail server refused the address of subscriber 'desk' for the third day; it gets no more mail until you change it.",
)


def mails() -> dict[str, bytes]:
    """Return each mail by name."""
    date_of_mail = datetime.now(UTC).replace(microsecond=0)  # filters look whether a Date is of now
    made = {}
    for name, digest_of in DIGESTS.items():
        made[name] = build_message(
            render(digest_of(), due, stop=STOP),
            sender=SENDER,
            recipient=READER,
            message_id=f"<{name}.1@pqwatch.example.org>",
            date=date_of_mail,
            list_id="Policy desk <digest.pqwatch.example.org>",
            unsubscribe=STOP,
        )
    alert = notice(PROBLEMS, None, date(2026, 11, 24))
    if alert is None:
        sys.exit("no notice was written")
    made["operator-notice"] = build_notice(
        alert.subject,
        alert.text,
        sender=SENDER,
        recipient=READER,
        message_id="<notice.1@pqwatch.example.org>",
        date=date_of_mail,
    )
    return made


def main() -> None:
    """Write the mails with their parts."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in mails().items():
        (folder / f"{name}.eml").write_bytes(content)
        for part in message_from_bytes(content, policy=policy.default).walk():
            kind = {"text/plain": "txt", "text/html": "html"}.get(part.get_content_type())
            if kind:
                (folder / f"{name}.{kind}").write_bytes(bytes(part.get_payload(decode=True)))
    print(f"{len(list(folder.glob('*.eml')))} mails, {len(list(folder.glob('*.html')))} of them with HTML")


main()
