"""Erase a person's address from config.toml, the archive, the folder of digests and the status file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.config.editing import carry_out_rewrite
from monitor.errors import ArchiveError
from monitor.operations import status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from db.archive import Archive
    from monitor.config.editing import Rewrite
    from monitor.config.settings import Config
    from monitor.model.deliveries import Forgotten
    from monitor.model.watching import Subscriber

_BYTES_READ_AT_ONCE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Traces:
    """Places where an address is known: subscriptions, rows of the archive, files of digests."""

    subscribers: tuple[Subscriber, ...]
    stored: Forgotten
    files: tuple[Path, ...]

    def __bool__(self) -> bool:
        stored = self.stored
        has_own = stored.choices or stored.notes or stored.kept
        return bool(self.subscribers or self.files or stored.mails or stored.subscribers or stored.notices or has_own)


def find_traces(config: Config, archive: Archive, address: str) -> Traces:
    """Find where an address is known."""
    from monitor.delivery.folder import files_to  # noqa: PLC0415 (loads what writes feeds)

    subscribers = tuple(subscriber for subscriber in config.subscribers if subscriber.email.lower() == address.lower())
    return Traces(subscribers, archive.outbox.count_erasable(address), tuple(files_to(config.delivery.folder, address)))


def role_of(config: Config, address: str) -> str | None:
    """Return the key of [delivery] that uses an address, which therefore can't be erased."""
    for key in ("operator", "unsubscribe"):
        if getattr(config.delivery, key).lower() == address.lower():
            return key
    return None


@dataclass(frozen=True, slots=True)
class Erased:
    """Traces that were erased, and files that could not be deleted."""

    traces: Traces
    undeleted: tuple[Path, ...]


def erase(
    config: Config, archive: Archive, address: str, traces: Traces, *, plan: Rewrite | None, status_file: Path | None
) -> Erased:
    """Erase an address. `plan`: the change of config.toml.

    The archive's change is committed once config.toml is written: while one of them fails, neither is changed. Raises
    ArchiveError, and NotDoneError while a run holds the archive.
    """
    is_written = False

    def write_config() -> None:
        nonlocal is_written
        if plan is not None:
            carry_out_rewrite(plan)
            is_written = True

    with archive.runs.lease(by_hand=True):  # so that no run mails from what it read before
        try:
            stored = archive.outbox.forget(address, write_config)
        except ArchiveError as exc:
            if not is_written:
                raise
            raise ArchiveError(
                f"{exc}. {address} is out of {config.path} already, but not out of the archive: do it again"
            ) from exc
        undeleted = [path for path in traces.files if not _delete(path)]
        deleted = tuple(path for path in traces.files if path not in undeleted)
        if status_file is not None and not _forget_in_status(status_file, address):
            undeleted.append(status_file)
    overwrite_remains(archive, address)
    return Erased(Traces(traces.subscribers, stored, deleted), tuple(undeleted))


def overwrite_remains(archive: Archive, address: str) -> None:
    """Write a SQLite archive again if its file still holds an address, of which no row is left.

    Raises ArchiveError, with what to do, where that fails.
    """
    file = archive.location.file
    if file is None or not _may_name(file, address):
        return
    try:
        archive.overwrite_unused()
    except ArchiveError as exc:
        raise ArchiveError(
            f"{address} is erased, but unused bytes of the archive may still hold it: run the command again. {exc}"
        ) from exc


def _delete(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _forget_in_status(status_file: Path, address: str) -> bool:
    """Take out of the status file what it quotes of an address; return whether that worked."""
    try:
        status.forget(status_file, address)
    except OSError:
        return False
    return True


# -- what may be left -------------------------------------------------------------------------------------------------


def lines_naming(path: Path, address: str) -> list[int]:
    """Return the numbers of the lines of config.toml that still name an address."""
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    return [number for number, line in enumerate(lines, 1) if address.lower() in line.lower()]


def copies_naming(originals: Sequence[Path], address: str) -> list[Path]:
    """Return the copies beside some files that may name an address: of config.toml, or of the archive."""
    copies = {copy for path in originals for copy in path.parent.glob(f"{path.name}.*") if copy.is_file()}
    return [copy for copy in sorted(copies) if _may_name(copy, address)]


def _may_name(path: Path, address: str) -> bool:
    """Return whether a file, however large, contains an address; a file that can't be read may contain it."""
    wanted, before = address.lower().encode(), b""
    try:
        with path.open("rb") as file:
            while chunk := file.read(_BYTES_READ_AT_ONCE).lower():
                if wanted in before + chunk:
                    return True
                before = chunk[-len(wanted) :]
    except OSError:
        return True
    return False
