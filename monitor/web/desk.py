"""Desk of a request of the page, and the reader whom it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, HTTPException, Request

from monitor.config.subscribers import readers_named
from monitor.desk.desks import Desk, Desks
from monitor.model.watching import Subscriber

if TYPE_CHECKING:
    from collections.abc import Iterable


def desk_of(request: Request) -> Desk:
    """Return the desk of a request."""
    desks: Desks = request.app.state.desks
    desk = desks.current()
    request.state.problem = "" if desk.config.web.public else desk.problem
    return desk


DeskOf = Annotated[Desk, Depends(desk_of)]
"""Parameter of a page: its desk."""


def reader_of(desk: Desk, given: str) -> Subscriber | None:
    """Return the reader whose topics are asked for; None for all topics. Raises HTTPException 404."""
    return one_of(() if desk.config.web.public else desk.config.subscribers, given) if given else None


def one_of(readers: Iterable[Subscriber], given: str) -> Subscriber:
    """Return the reader of an id, or of a name or address that no other one has. Raises HTTPException 404."""
    found = readers_named(readers, given)
    if not found:
        raise HTTPException(404, "There is no such reader.")
    if len(found) > 1:
        raise HTTPException(404, "Several readers have this name or address: give the id of one.")
    return found[0]
