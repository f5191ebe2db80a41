"""Mailer that writes the feed of a topic into a folder, as Atom and as JSON Feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.delivery.folder import write_into
from monitor.errors import DeliveryError
from monitor.files import sync_folder
from monitor.model.deliveries import file_of_feed
from monitor.presentation.feeds.document import feed_of
from monitor.presentation.feeds.formats import atom, json_feed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from monitor.ports import Accepted, Callback


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
                write_into(self.folder, f"{name}.{suffix}", written(feed_of(messages, self.keep, url)))
            sync_folder(self.folder)
        except OSError as exc:
            reason = exc.strerror or type(exc).__name__
            what = f"the feed can't be written to {self.folder}: {reason}"
            text = f"{what}; free space there, or set another delivery.feeds.folder"
            raise DeliveryError(text, scope="server") from exc
        accepted(f"written to {self.folder / name}.atom and .json")

    def close(self) -> None:
        """Do nothing: no file stays open."""
