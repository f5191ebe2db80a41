"""Whole runs over HTTP and SMTP on what is coming: moved once and called off once, whatever the mail server does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.demo.parliament import Parliament
from tests.coming_kit import ADA, DAY, TODAY, an_api, items_in
from tests.e2e.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from monitor.demo.mailserver import MailServer
    from tests.e2e.desk import Done

TOPICS = '[[topics]]\nname = "Water"\nterms = ["bathing water", "river*"]\n'
SUBSCRIBER = '[[subscribers]]\nname = "Desk"\nemail = "desk@example.org"\ntopics = ["*"]\ncadence = "instant"\n'


@pytest.fixture
def parliament() -> Iterator[Parliament]:
    with Parliament((), (ADA,), now=TODAY) as parliament:
        parliament.coming = an_api()
        yield parliament


@pytest.fixture
def desk(tmp_path: Path, parliament: Parliament, mail: MailServer) -> Desk:
    sources = ("oral_questions", "whats_on", "committees")
    return Desk(
        folder=tmp_path / "desk",
        parliament=parliament,
        mail=mail,
        topics=TOPICS,
        subscribers=SUBSCRIBER,
        questions='houses = ["Commons"]\nlook_back_days = 1',
        tables="\n".join(f'[sources.{name}]\nbase_url = "{parliament.url}"' for name in sources),
    ).with_archive()


def run(desk: Desk, day: date = TODAY) -> Done:
    return desk.run("run", "--as-of", day.isoformat())


def test_moves_and_cancellations_are_told_once_under_failing_mail(
    desk: Desk, parliament: Parliament, mail: MailServer
) -> None:
    assert run(desk).code == 0
    assert [items_in(message) for message in desk.messages()] == [
        ["WATER | Bathing water in spring", "WATER | Oral question 900001", "WATER | Rivers and towns"]
    ]

    mail.trouble.replies["mail"] = "451 4.3.0 Try later"
    parliament.coming.events[0]["StartDate"] = f"{TODAY + 5 * DAY}T00:00:00"
    assert run(desk, TODAY + DAY).code == 1
    assert run(desk, TODAY + DAY).code == 1
    assert len(desk.messages()) == 1

    mail.trouble.replies.clear()
    mail.trouble.hang_up, mail.trouble.times = {"data"}, 1
    parliament.coming.events[0]["CancelledDate"] = f"{TODAY}T10:00:00"
    run(desk, TODAY + 2 * DAY)
    for _ in range(4):
        for number in pending(desk):
            desk.run("deliver", "--release", str(number))
    assert pending(desk) == []
    assert mail.trouble.times == 0
    told = sorted(item for message in desk.messages()[1:] for item in items_in(message))
    assert told == ["CANCELLED | Bathing water in spring", "MOVED | Bathing water in spring"]
    assert run(desk, TODAY + 2 * DAY).code == 0
    assert len(desk.messages()) == 3


def pending(desk: Desk) -> list[int]:
    """Return the numbers of the mails that wait, oldest first."""
    digests = desk.ask("digest", "list", "--json").data
    waiting = [delivery for digest in digests for delivery in digest["deliveries"] if delivery["state"] == "pending"]
    return sorted(delivery["id"] for delivery in waiting)
