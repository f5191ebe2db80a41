"""Worlds with readers who follow and mute, for the tests of both."""

from __future__ import annotations

from datetime import date, timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from monitor.model.following import FollowKind, FollowTarget, MuteKind
from monitor.model.records import Member
from tests.builders import a_question, a_subscriber
from tests.fakes import World, at

if TYPE_CHECKING:
    from monitor.model.records import Proceeding
    from tests.fakes import Clock

MONDAY = date(2024, 11, 18)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=n) for n in range(1, 5))
DESK = a_subscriber()
OTHER_ASKER = Member(member_id=9007, name="Cy Sample", party="Labour", constituency="Mid Sample")


def buses(number: int = 1, **facts: object) -> Proceeding:
    """Return an open question that no watched term finds, tabled on Monday."""
    given: dict[str, object] = {
        "uin": f"{140000 + number}",
        "heading": "Buses",
        "question": "What steps he is taking on buses.",
        "answer": None,
        "tabled_on": MONDAY,
        "date_for_answer": FRIDAY,
    }
    return a_question(**(given | facts))


def water(number: int = 50, **facts: object) -> Proceeding:
    """Return an answer that the term "bathing water" finds."""
    given: dict[str, object] = {
        "question": "What steps he is taking on bathing water.",
        "heading": "Bathing Water",
        "answer": f"The bathing water of Sample Bay {number} was tested.",
        "answered_on": MONDAY,
    }
    return buses(number, **(given | facts))


def run_at(world: World, clock: Clock, day: date, hour: int = 9) -> None:
    clock.now = at(day, hour)
    assert world.run().ok


def row_of(world: World, key: str) -> int:
    [found] = world.archive.cross_references.find(f"q-{key}")
    return found


def record(world: World, key: str) -> FollowTarget:
    return FollowTarget(kind=FollowKind.RECORD, ref=f"q-{key}", proceeding_id=row_of(world, key))


def follow(world: World, key: str) -> None:
    assert world.archive.following.follow(DESK, record(world, key))


def unfollow_all(world: World) -> None:
    for followed in world.archive.following.listing("desk"):
        assert world.archive.following.unfollow("desk", followed.number)


def mute(world: World, kind: MuteKind, text: str, until: date, key: str | None = None) -> int:
    return world.archive.choices.mute(DESK, kind, text, until, None if key is None else row_of(world, key))


def last_text(world: World) -> str:
    """Return the text of the last mail, on one line."""
    body = message_from_bytes(world.post.sent[-1][1], policy=policy.default).get_body(("plain",))
    return " ".join(str(body.get_content()).split()) if body else ""
