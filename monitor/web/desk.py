"""Desk of a request of the page, and the reader whom it is for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from monitor.desk.desks import Desk, Desks
from monitor.model.watching import Subscriber


def desk_of(request: Request) -> Desk:
    """Return the desk of a request."""
    desks: Desks = request.app.state.desks
    desk = desks.current()
    request.state.problem = "" if desk.config.web.public else desk.problem
    return desk


DeskOf = Annotated[Desk, Depends(desk_of)]
"""Parameter of a page: its desk."""


def reader_of(desk: Desk, key: str) -> Subscriber | None:
    """Return the reader whose topics are asked for; None for all topics. Raises HTTPException 404."""
    if not key:
        return None
    for subscriber in desk.config.subscribers:
        if subscriber.key == key and not desk.config.web.public:
            return subscriber
    raise HTTPException(404, "There is no such reader.")
