"""Mail to whoever runs pqwatch: what went wrong, once a day until it is cured, and then that it is.

It goes through the outbox like any digest. That mail itself is broken can't be told by mail: exit codes, `pqwatch doctor`,
the status file and `monitoring.ping_url` tell it.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

CURED = "cured"
TOLD = "operator_told"
SILENT = "silence_told"
WIDTH = 72
MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A mail to the operator; `facts` are what to remember of it until the next run."""

    subject: str
    text: str
    facts: Mapping[str, str] = field(default_factory=dict)


def notice(problems: Sequence[str], told: str | None, today: date) -> Notice | None:
    """What to tell the operator now, if anything.

    `problems`: one sentence each. `told`: what the last notice left to remember under `TOLD`, None before the first.
    """
    if problems:
        if told == today.isoformat():
            return None
        count = f"{len(problems)} thing{'' if len(problems) == 1 else 's'}"
        last = "You are told once a day until it is cured."
        text = _text("In the last run:", problems, f"pqwatch status says more, and pqwatch doctor what to do.\n{last}")
        return Notice(subject=f"pqwatch: {count} went wrong", text=text, facts={TOLD: today.isoformat()})
    if told is None or told == CURED:
        return None
    text = f"The last run went well. What was told on {told} is cured.\n"
    return Notice(subject="pqwatch: all is well again", text=text, facts={TOLD: CURED})


def silence(silent: Mapping[str, str], told: str | None) -> Notice | None:
    """That nothing comes of a source any more, once, and that it is back, once.

    `silent`: a sentence for each, by its key. `told`: what the last such notice left to remember under `SILENT`.
    """
    known: dict[str, str] = json.loads(told) if told else {}
    new = {key: sentence for key, sentence in silent.items() if key not in known}
    back = [sentence for key, sentence in known.items() if key not in silent]
    if not new and not back:
        return None
    facts = {SILENT: json.dumps({**{key: known[key] for key in silent if key in known}, **new}, sort_keys=True)}
    silent_now = _text("No answers come any more:", list(new.values()), "You are told again when they do.")
    over = _text("Answers come again. This is over:", back, "What was missed meanwhile is read by now.")
    if not new:
        return Notice(subject="pqwatch: a silent source is back", text=over, facts=facts)
    count = "a source has" if len(new) == 1 else f"{len(new)} sources have"
    text = f"{silent_now}\n{over}" if back else silent_now
    return Notice(subject=f"pqwatch: {count} fallen silent", text=text, facts=facts)


def note(notes: Sequence[str]) -> Notice | None:
    """What is worth knowing and nothing that went wrong."""
    if not notes:
        return None
    return Notice(subject="pqwatch: worth knowing", text=_text("In the last run:", notes, "Nothing went wrong."))


def _text(first: str, sentences: Sequence[str], last: str) -> str:
    lines = [first, "", *_listed(sentences[:MOST])]
    if len(sentences) > MOST:
        lines.append(f"- and {len(sentences) - MOST} more")
    return "\n".join([*lines, "", last]) + "\n"


def _listed(sentences: Iterable[str]) -> Iterable[str]:
    for one in sentences:
        yield from textwrap.wrap(one, WIDTH, initial_indent="- ", subsequent_indent="  ", break_long_words=False)
