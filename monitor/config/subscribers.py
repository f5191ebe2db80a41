"""Changes of subscribers in config.toml, from text to text: every line that is not about the change stays as it is.

Webhooks are paused, resumed and removed as subscribers are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.config.draft import Draft, folded, literal
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_TABLE = "subscribers"
_WEBHOOKS = "webhooks"


def add_subscriber(text: str, facts: Mapping[str, str | bool | Sequence[str]]) -> str:
    """The text with one subscriber more, behind the others, or behind the topics where there is none.

    `facts` are keys of `[[subscribers]]` in the order in which they are written, "name" among them. Raises ConfigError.
    """
    file = Draft(text)
    name = str(facts["name"])
    there = file.tables(_TABLE)
    taken = {folded(one[key]) for one in there for key in ("name", "id") if key in one}
    if taken & {folded(name), folded(str(facts.get("id", name)))}:
        raise ConfigError(f"There is a subscriber {name!r} already. Choose another name: two digests need two names.")
    pairs = [f"{key} = {_written(value)}" for key, value in facts.items()]
    if (_TABLE,) in file.spans:
        file.append((_TABLE,), f"{{ {', '.join(pairs)} }}")
        return file.text()
    topics = file.tables("topics")
    last = (_TABLE, len(there) - 1) if there else ("topics", len(topics) - 1) if topics else None
    file.add_table("\n".join([f"[[{_TABLE}]]", *pairs]), after=last)
    return file.text()


def set_paused(text: str, subscriber: str, *, paused: bool) -> str:
    """The text with a subscriber paused, or no more. `subscriber`: what he is known by, or his name. Raises ConfigError."""
    file = Draft(text)
    path = _place(file, subscriber)
    if (*path, "paused") in file.spans:
        file.replace((*path, "paused"), _written(paused))
    else:
        file.add_key(path, "paused", _written(paused), after=("at", "cadence", "topics", "email", "kind", "name"))
    return file.text()


def remove_subscribers(text: str, subscribers: Iterable[str]) -> str:
    """The text without some subscribers, each named as for `set_paused`. Raises ConfigError."""
    file = Draft(text)
    for path in sorted({_place(file, one) for one in subscribers}, reverse=True):
        file = Draft(text)  # one at a time: those side by side would share the lines between them
        file.remove_table(path)
        text = file.text()
    return text


def place_of(text: str, subscriber: str) -> int:
    """The line, from 1, on which a subscriber begins."""
    file = Draft(text)
    return file.line(_place(file, subscriber))


def _place(file: Draft, subscriber: str) -> tuple[str, int]:
    """The table of a subscriber, else of a webhook. Raises ConfigError."""
    try:
        return (_TABLE, file.number_of(_TABLE, subscriber))
    except ConfigError as exc:
        try:
            return (_WEBHOOKS, file.number_of(_WEBHOOKS, subscriber))
        except ConfigError:
            raise exc from None


def _written(value: str | bool | Sequence[str]) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return literal(value) if isinstance(value, str) else f"[{', '.join(map(literal, value))}]"
