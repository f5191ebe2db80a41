"""Retired addresses in words: what was put aside for each, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.delivery.bounces import CONSEQUENCE
from monitor.model.bounces import Reason
from monitor.model.deliveries import is_webhook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model.deliveries import Retired

_SHOWN = 12
"""Mails that are listed one by one in a message to the operator."""


def tell_retired(retired: Retired) -> str:
    """Say what to do about a retired address, or about mails put aside for an address that is in use again."""
    count = len(retired.waiting)
    mails = f"{count} mail{'' if count == 1 else 's'}"
    if retired.since is None:
        return (
            f"{mails} {'was' if count == 1 else 'were'} put aside while {retired.address} was refused: "
            f"`pqwatch deliver {_each('--release', retired.waiting)}` sends {'it' if count == 1 else 'them'} now, "
            "`--discard` in its place gives up"
        )
    wait = f"; {mails} {'waits' if count == 1 else 'wait'}" if count else ""
    again = f", or `pqwatch deliver --release {retired.waiting[0]}` asks again" if count else ""
    if retired.reason is not Reason.REFUSED:
        why = CONSEQUENCE[retired.reason].format(retired.address)
        undo = f"`pqwatch bounces --reinstate {retired.address}`"
        return f"{why}, since {retired.since:%Y-%m-%d}{wait}: {undo} undoes it"
    if is_webhook(retired.address):
        return (
            f"{retired.address} has refused messages on three days, so nothing is sent there since "
            f"{retired.since:%Y-%m-%d}{wait}: set its address anew, which is tried at once, "
            f"or paused = true in config.toml{again}"
        )
    return (
        f"{retired.address} has been refused on three days, so nothing is sent there since "
        f"{retired.since:%Y-%m-%d}{wait}: correct the address with "
        f"`pqwatch subscribers change`, or `pqwatch subscribers pause` or `remove` the subscriber{again}"
    )


def _each(option: str, numbers: Sequence[int]) -> str:
    """Return the option once for each mail, at most for the first few."""
    shown = " ".join(f"{option} {number}" for number in numbers[:_SHOWN])
    return shown if len(numbers) <= _SHOWN else f"{shown} ..."
