"""Filters of a search in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.presentation.wording import day_in_words, listed

if TYPE_CHECKING:
    from datetime import date

    from monitor.parliament.bodies import Body

_MOST_NAMED: Final = 2
"""Bodies that are named: Westminster's and that of Northern Ireland. More were found by words in their names."""


def body_followed(words: str, last: date | None = None) -> str:
    """Name the body that a search follows through time, and when it began where others bore its name.

    `last`: the last day that is searched. Return "" where there are several bodies with these words in a name, or none.
    """
    # Imported where a body is followed: the table of bodies takes its time, and most searches do without.
    from monitor.parliament.body_lines import bodies_meant  # noqa: PLC0415

    meant = bodies_meant(words, last)
    return listed(list(map(_named, meant))) if len(meant) <= _MOST_NAMED else ""


def _named(body: Body) -> str:
    from monitor.parliament.bodies import name_key  # noqa: PLC0415 (see above)
    from monitor.parliament.body_lists import shipped_bodies  # noqa: PLC0415 (see above)

    if body.legislature:
        return f"the {body.name.removeprefix('The ')} of Northern Ireland"
    namesakes = [
        other
        for other in shipped_bodies().all
        if other.is_answering and not other.legislature and name_key(other.name) == name_key(body.name)
    ]
    named = body.name if body.name.startswith("HM ") else f"the {body.name}"
    if len(namesakes) == 1:
        return named
    began, ended = day_in_words(body.began), day_in_words(body.ended) if body.ended else ""
    return f"{named} ({f'{began} to {ended}' if ended else f'since {began}'})"
