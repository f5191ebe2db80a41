"""Feeds written into a folder: each topic's as Atom and as JSON Feed, whole each time, from what the outbox holds of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.delivery.folder import write_into
from monitor.errors import DeliveryError
from monitor.files import sync_folder
from monitor.model.deliveries import file_of_feed
from monitor.presentation.feeds.atom import atom
from monitor.presentation.feeds.document import feed_of
from monitor.presentation.feeds.jsonfeed import json_feed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from monitor.ports import Accepted, Callback


class FeedFolder:
    """Writes `<topic>.atom` and `<topic>.json` into a folder, which is made where it is missing.

    `frozen` gives what was composed for a feed, by its name in the outbox, newest first: the entries of all of it, at most
    `keep`, stand in the files. So doing it twice writes the same, and files that were lost are whole again. A file is there
    whole or not at all. `base_url` is where the folder can be read from, "" where that is nowhere.
    """

    is_idempotent = True

    def __init__(self, folder: Path, keep: int, base_url: str, frozen: Callable[[str, int], Sequence[bytes]]) -> None:
        self.folder = folder
        self.keep = keep
        self.base_url = base_url
        self._frozen = frozen

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        """Write a topic's files; see monitor.ports.Mailer. The message is among what is frozen."""
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
        """Nothing is kept open."""
