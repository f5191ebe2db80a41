"""Mail to whoever runs pqwatch: what went wrong, once a day until it is cured, and then that it is.

It goes through the outbox like any digest. That mail itself is broken can't be told by mail: exit codes, `pqwatch doctor`
and `monitoring.ping_url` tell it.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

CURED = "cured"
WIDTH = 72
MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A mail to the operator; `told` is what to remember of it until the next run."""

    subject: str
    text: str
    told: str


def notice(problems: Sequence[str], told: str | None, today: date) -> Notice | None:
    """What to tell the operator now, if anything.

    `problems`: one sentence each. `told`: what the last notice left to remember, None before the first.
    """
    if problems:
        if told == today.isoformat():
            return None
        count = f"{len(problems)} thing{'' if len(problems) == 1 else 's'}"
        return Notice(subject=f"pqwatch: {count} went wrong", text=_told(problems), told=today.isoformat())
    if told is None or told == CURED:
        return None
    text = f"The last run went well. What was told on {told} is cured.\n"
    return Notice(subject="pqwatch: all is well again", text=text, told=CURED)


def _told(problems: Sequence[str]) -> str:
    lines = ["In the last run:", ""]
    for problem in problems[:MOST]:
        lines += textwrap.wrap(problem, WIDTH, initial_indent="- ", subsequent_indent="  ", break_long_words=False)
    if len(problems) > MOST:
        lines.append(f"- and {len(problems) - MOST} more")
    lines += [
        "",
        "pqwatch status says more, and pqwatch doctor what to do.",
        "You are told once a day until it is cured.",
    ]
    return "\n".join(lines) + "\n"
