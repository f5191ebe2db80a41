"""`db merged`: records that were found to be one, and how that is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.cli.formats import emit, format_option
from monitor.cli.options import config_option
from monitor.cli.output import Column
from monitor.cli.workspace import open_workspace
from monitor.collect.records import undo_merging

if TYPE_CHECKING:
    from monitor.model.archive import Merging

_COLUMNS = (
    Column("id", lambda row: row["id"]),
    Column("record", lambda row: row["kept"]),
    Column("was also", lambda row: row["gone"]),
    Column("merged", lambda row: row["merged_at"][:10]),
    Column("taken back", lambda row: (row["undone_at"] or "")[:10]),
    Column("for both are", lambda row: row["reason"]),
)


@click.command("merged", short_help="List records that were found to be one, or take that back.")
@format_option
@config_option
@click.option("--undo", "number", type=int, metavar="ID", help="Take this one back: make two records of it again.")
def merged_command(output: str, config_path: str | None, number: int | None) -> None:
    """List records that were found to be one, newest first; with --undo take that back, for good.

    Sources of one question are joined by what they call it. What is taken back stays two records, with all that each of
    their sources told. Refuses while a run holds the archive.
    """
    with open_workspace(config_path) as workspace:
        if number is not None:
            with workspace.archive.runs.lease():
                undo_merging(workspace.archive, number)
            click.echo(f"Took merging {number} back: its records are two again, and stay so.", err=True)
            return
        records = [_row(one) for one in workspace.archive.mergings.listing()]
    if not records:
        click.echo("No two records were found to be one so far.", err=True)
    emit(records, _COLUMNS, output)


def _row(merging: Merging) -> dict[str, Any]:
    return {
        "id": merging.id,
        "kept": merging.kept,
        "gone": merging.gone,
        "reason": merging.reason,
        "merged_at": merging.merged_at.isoformat(),
        "undone_at": merging.undone_at.isoformat() if merging.undone_at else None,
    }
