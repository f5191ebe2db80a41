"""`help`: show the help of a command or subcommand, a page at a time."""

from __future__ import annotations

import click

from monitor.cli.output import paged, pager_option


@click.command(
    epilog="""\b
Examples:
  pqwatch help search
  pqwatch help terms add
"""
)
@click.argument("command", nargs=-1)
@pager_option
@click.pass_context
def help_command(context: click.Context, command: tuple[str, ...], without_pager: bool) -> None:
    """Show the help of a command, a page at a time: the same as --help behind it. Alone it lists the commands."""
    page = context.find_root()
    for name in command:
        page = _subcommand(page, name)
    with paged(without_pager=without_pager):
        click.echo(page.get_help())


def _subcommand(page: click.Context, name: str) -> click.Context:
    """Return the context of a subcommand. Raises UsageError, with the nearest name if there is one."""
    group = page.command
    if not isinstance(group, click.Group):
        raise click.UsageError(f"{page.command_path} has no commands of its own: pqwatch help {group.name}")
    _, found, _ = group.resolve_command(page, [name])
    if found is None:
        raise click.NoSuchCommand(name, possibilities=group.list_commands(page), ctx=page)
    return click.Context(found, info_name=name, parent=page, **found.context_settings)
