"""Mailers that write into a folder: mails as .eml, with the HTML part for a browser, and the feeds of topics."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from email import message_from_bytes, policy
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import TYPE_CHECKING

from monitor.errors import DeliveryError
from monitor.files import OWNER_ONLY, sync_folder, write_whole
from monitor.model.deliveries import file_of_feed
from monitor.presentation.feeds.document import feed_of
from monitor.presentation.feeds.formats import atom, json_feed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from email.message import EmailMessage
    from pathlib import Path

    from monitor.ports import Accepted, Callback

_NAME = re.compile(r"(?:\d{4}-\d{2}-\d{2}|undated)-[a-z0-9-]+-[0-9a-f]{12}\.html")
_LONGEST_SLUG = 60


# -- mails ------------------------------------------------------------------------------------------------------------


class FolderMailer:
    """Writes `<date>-<subject>-<id>.eml` and `.html` into a folder, and makes the folder if it is missing.

    Date and subject are those of the mail; the id is made from its Message-ID. The same mail is therefore always written to
    the same files. Each file is replaced atomically.
    """

    is_idempotent = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        """Write the mail; see monitor.ports.Mailer. `recipient` is not used: the mail names it."""
        del recipient
        parsed = message_from_bytes(message, policy=policy.default)
        name = _name(parsed)
        page = _page(parsed)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            before_dot()
            if page is not None:
                _write_into(self.folder, f"{name}.html", page, mode=OWNER_ONLY)
            _write_into(self.folder, f"{name}.eml", message, mode=OWNER_ONLY)
            sync_folder(self.folder)
        except OSError as exc:
            reason = exc.strerror or type(exc).__name__
            what = f"the mail can't be written to {self.folder}: {reason}"
            text = f"{what}; let pqwatch write there, with free space, or set another delivery.folder"
            raise DeliveryError(text, scope="server") from exc
        accepted(f"written to {self.folder / name}.eml")

    def newest_html(self) -> Path | None:
        """Return the page that was written last; None for an empty folder."""
        pages = [path for path in _files(self.folder) if _NAME.fullmatch(path.name)]
        return max(pages, key=lambda path: (path.stat().st_mtime_ns, path.name), default=None)

    def close(self) -> None:
        """Do nothing: no file stays open."""


def files_to(folder: Path, address: str) -> list[Path]:
    """List the files of mails to an address (in any case) and of their copies: each mail, then its page."""
    found = []
    for path in sorted(path for path in _files(folder) if path.suffix == ".eml"):
        with path.open("rb") as file:
            fields = BytesHeaderParser().parse(file)
        recipients = getaddresses([*fields.get_all("To", []), *fields.get_all("Resent-To", [])])
        if address.lower() in {recipient.lower() for _, recipient in recipients}:
            found += [file_path for file_path in (path, path.with_suffix(".html")) if file_path.is_file()]
    return found


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_file() and not path.is_symlink()]
    except OSError:
        return []


def _name(message: EmailMessage) -> str:
    # A copy sent on request carries the original behind a Resent-Message-ID of its own.
    own_id = str(message["Resent-Message-ID"] or message["Message-ID"] or "")
    short = hashlib.sha256(own_id.strip().encode()).hexdigest()[:12]
    return f"{_day(message)}-{_slug(str(message['Subject'] or ''))}-{short}"


def _day(message: EmailMessage) -> str:
    try:
        return parsedate_to_datetime(str(message["Date"])).date().isoformat()
    except ValueError:
        return "undated"


def _slug(subject: str) -> str:
    letters = unicodedata.normalize("NFKD", subject).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:_LONGEST_SLUG].strip("-") or "mail"


def _page(message: EmailMessage) -> bytes | None:
    part = message.get_body(preferencelist=("html",))
    if part is None:
        return None
    html = str(part.get_content()).replace("\r\n", "\n")
    # A file has no header that names the encoding, so a byte order mark does if the page itself does not.
    return html.encode("utf-8" if "charset" in html[:1024].lower() else "utf-8-sig", "replace")


# -- feeds ------------------------------------------------------------------------------------------------------------


class FeedFolder:
    """Writes `<topic>.atom` and `<topic>.json` into a folder, and makes the folder if it is missing.

    Each delivery writes the whole feed: `frozen(recipient, keep)` returns the stored messages of the feed, newest first.
    A second delivery therefore writes the same files, and lost files come back. Each file is replaced atomically.
    `base_url`: public address of the folder, "" if it has none.
    """

    is_idempotent = True

    def __init__(self, folder: Path, keep: int, base_url: str, frozen: Callable[[str, int], Sequence[bytes]]) -> None:
        self.folder = folder
        self.keep = keep
        self.base_url = base_url
        self._frozen = frozen

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        """Write the files of a topic; see monitor.ports.Mailer. The stored messages include this one."""
        name = file_of_feed(recipient)
        messages = self._frozen(recipient, self.keep) or [message]
        before_dot()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for suffix, written in (("atom", atom), ("json", json_feed)):
                url = f"{self.base_url}/{name}.{suffix}" if self.base_url else ""
                _write_into(self.folder, f"{name}.{suffix}", written(feed_of(messages, self.keep, url)))
            sync_folder(self.folder)
        except OSError as exc:
            reason = exc.strerror or type(exc).__name__
            what = f"the feed can't be written to {self.folder}: {reason}"
            text = f"{what}; let pqwatch write there, with free space, or set another delivery.feeds.folder"
            raise DeliveryError(text, scope="server") from exc
        accepted(f"written to {self.folder / name}.atom and .json")

    def close(self) -> None:
        """Do nothing: no file stays open."""


# -- both -------------------------------------------------------------------------------------------------------------


def _write_into(folder: Path, name: str, content: bytes, *, mode: int = 0o666) -> None:
    """Write a file atomically. Raises OSError, and DeliveryError if its path is a symbolic link."""
    path = folder / name
    if path.is_symlink():
        raise DeliveryError(f"{path} is a symbolic link, which is not written through: remove it", scope="message")
    write_whole(path, content, mode=mode, is_shared=False)
