"""`subscribers forget`: a person erased from config.toml, the archive and the folder of digests."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor import app
from monitor.cli import FAILED
from monitor.cli.config_changes import carry_out, plan_change, quoted
from monitor.cli.formats import json_option
from monitor.cli.options import config_option, dry_run_option
from monitor.cli.output import say
from monitor.cli.workspace import open_workspace
from monitor.config import rewrite
from monitor.config.subscribers import remove_subscribers
from monitor.config.values import address as checked
from monitor.delivery.folder import files_to
from monitor.errors import ArchiveError, ConfigError, LeaseError
from monitor.operations import status
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from db.archive import Archive
    from monitor.cli.workspace import Workspace
    from monitor.config.rewrite import Rewrite
    from monitor.config.settings import Config
    from monitor.model.archive import Forgotten
    from monitor.model.watching import Subscriber

_AT_ONCE = 1 << 20
_OF_POSTGRESQL = (
    "PostgreSQL keeps what was erased in its files until these tables are written anew, while nothing else runs: "
    "VACUUM FULL outbox, subscriber, run, meta. It stays in the write-ahead log (pg_wal and its archive), in base backups "
    "and on replicas until these are gone."
)


@click.command("forget")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@json_option
@config_option
def forget_command(address: str, yes: bool, dry_run: bool, as_json: bool, config_path: str | None) -> None:
    """Erase a person: all subscriptions of ADDRESS from config.toml, and address, names and mails from the archive.

    Also the mails in the folder of transport "file". Who is erased is never mailed again. There is no way back, so it asks
    before.
    """
    address = address.strip()
    try:
        checked(address)
    except ValueError as exc:
        raise click.BadParameter(f"{exc}.", param_hint="ADDRESS") from exc
    with open_workspace(config_path) as workspace:
        _refuse_operator(workspace.config, address)
        mine = [one for one in workspace.config.subscribers if one.email.lower() == address.lower()]
        plan = (
            plan_change(workspace.config, lambda text: remove_subscribers(text, [one.key for one in mine]))[0]
            if mine
            else None
        )
        found = workspace.archive.outbox.known(address)
        files = files_to(workspace.config.delivery.folder, address)
        if not (mine or files or found.mails or found.subscribers or found.notices):
            say(f"Nothing is known of {address} here.")
        elif dry_run:
            _show(workspace.config, address, mine, plan, found, files, as_json=as_json)
        elif yes or _agrees(address, mine, found, files):
            _forget(workspace, address, mine, plan, files, as_json=as_json)
        else:
            raise click.UsageError("nothing was erased. To erase without being asked: --yes")


def _refuse_operator(config: Config, address: str) -> None:
    """Whoever is told of failures can't be erased and go on being told."""
    for key in ("operator", "unsubscribe"):
        if getattr(config.delivery, key).lower() == address.lower():
            raise ConfigError(
                f"{address} is also delivery.{key} in {config.path}. Put another address there first: nothing was erased."
            )


def _agrees(address: str, mine: Sequence[Subscriber], found: Forgotten, files: Sequence[Path]) -> bool:
    try:
        return click.confirm(f"Erase {address} for good: {_what(mine, found, files)}?", err=True)
    except click.Abort:
        return False  # nobody there to answer


def _what(mine: Sequence[Subscriber], found: Forgotten, files: Sequence[Path]) -> str:
    parts = [
        ", ".join(quoted(one.name) for one in mine) and f"{', '.join(quoted(one.name) for one in mine)} in config.toml",
        f"the text of {count_of(found.mails, 'mail')}" if found.mails else "",
        f"{count_of(found.notices, 'notice')} to the operator" if found.notices else "",
        count_of(len(files), "file") if files else "",
    ]
    return listed([part for part in parts if part]) or "what the archive knew of it"


def _show(
    config: Config,
    address: str,
    mine: Sequence[Subscriber],
    plan: Rewrite | None,
    found: Forgotten,
    files: Sequence[Path],
    *,
    as_json: bool,
) -> None:
    if as_json:
        _print(config, address, mine, found, files, is_done=False, diff="\n".join(plan.diff()) if plan else "")
    else:
        say(f"Would erase {address}: {_what(mine, found, files)}.", is_error=False)
        for path in files:
            click.echo(path)
    if plan is not None:
        carry_out(plan, dry_run=True, as_json=as_json)
    else:
        say("Nothing was changed: --dry-run.")


def _forget(
    workspace: Workspace,
    address: str,
    mine: Sequence[Subscriber],
    plan: Rewrite | None,
    files: Sequence[Path],
    *,
    as_json: bool,
) -> None:
    """The archive's change is committed once config.toml is written: while one is not as it should be, neither is."""
    written: list[bool] = []

    def write() -> None:
        if plan is not None:
            rewrite.replace(plan)
            written.append(True)

    with _alone(workspace.archive):
        try:
            done = workspace.archive.outbox.forget(address, write)
        except ArchiveError as exc:
            if not written:
                raise
            raise ArchiveError(
                f"{exc}. {address} is out of {workspace.config.path} already, but not out of the archive: do it again"
            ) from exc
        left = [path for path in files if not _is_deleted(path)]
        gone = [path for path in files if path not in left]
        left += _told_still(workspace.config, address)
    if as_json:
        _print(workspace.config, address, mine, done, gone, is_done=True, diff=None)
    else:
        say(f"Erased {address}: {_what(mine, done, gone)}.", is_error=False)
        say("It is mailed no more.", is_error=False)
    _tell_what_stays(workspace, address)
    if left:
        for path in left:
            say(f"! {path} can't be deleted: check its permissions, and delete it by hand.")
        raise SystemExit(FAILED)


@contextmanager
def _alone(archive: Archive) -> Iterator[None]:
    """Hold the archive, so that no run mails from what it read before. Raises ArchiveError where a run is at work."""
    try:
        lease = archive.runs.lease()
        with lease:
            yield
    except LeaseError as exc:
        holder = str(exc).removesuffix(": nothing to do")
        raise ArchiveError(f"{holder}, so nothing was erased: do it again when that is done") from exc


def _told_still(config: Config, address: str) -> list[Path]:
    """The status file, where what it quotes of the address can't be taken out of it."""
    path = app.status_file(config)
    try:
        if path is not None:
            status.forget(path, address)
    except OSError:
        return [path] if path else []
    return []


def _is_deleted(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _tell_what_stays(workspace: Workspace, address: str) -> None:
    """Where the address may still stand, as far as can be seen from here."""
    for number, line in enumerate(_lines(workspace.config.path), 1):
        if address.lower() in line.lower():
            say(f"! {workspace.config.path} line {number} still names {address}: correct it by hand.")
    for path in filter(lambda path: _may_name(path, address), _beside(workspace)):
        say(f"! {path} may still name {address}: delete it, or keep it in mind.")
    if workspace.archive.engine.dialect.name == "postgresql":
        say(_OF_POSTGRESQL)
    say(
        "Out of reach are mails that were delivered, backups of the archive and of config.toml kept elsewhere, and your "
        "system's log. A backup that is restored brings the address back: then forget it again."
    )


def _may_name(path: Path, address: str) -> bool:
    """Whether the address stands in a file, however large; a file that can't be read may hold it."""
    wanted, before = address.lower().encode(), b""
    try:
        with path.open("rb") as file:
            while chunk := file.read(_AT_ONCE).lower():
                if wanted in before + chunk:
                    return True
                before = chunk[-len(wanted) :]
    except OSError:
        return True
    return False


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8-sig", errors="replace").splitlines()


def _beside(workspace: Workspace) -> list[Path]:
    """Copies that pqwatch itself left: of config.toml, and of a SQLite archive before an upgrade or a restore."""
    paths = [workspace.config.path]
    if workspace.archive.engine.dialect.name == "sqlite" and workspace.archive.engine.url.database:
        paths.append(Path(workspace.archive.engine.url.database))
    found = {copy for path in paths for copy in path.parent.glob(f"{path.name}.*") if copy.is_file()}
    return sorted(found)


def _print(
    config: Config,
    address: str,
    mine: Sequence[Subscriber],
    found: Forgotten,
    files: Sequence[Path],
    *,
    is_done: bool,
    diff: str | None,
) -> None:
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "address": address,
        "path": str(config.path),
        "subscribers": [one.name for one in mine],
        "mails": found.mails,
        "notices": found.notices,
        "files": [str(path) for path in files],
        "erased": is_done,
        "diff": diff,
    }
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))
