"""Mails over days and months: a dead address, a digest too large to mail in full, texts that are deleted in time."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest

from monitor.errors import ArchiveError, DeliveryError
from monitor.model.deliveries import DeliveryState
from tests.builders import a_question, a_subscriber
from tests.fakes import Clock, FakePost, World, a_config, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from monitor.model.records import Proceeding

MONDAY = date(2024, 11, 18)
DEAD = "DESK@example.org"


class ChoosyServer(FakePost):
    """Mail server that does not know some addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.unknown: set[str] = set()
        self.tried: list[str] = []

    def deliver(
        self, message: bytes, recipient: str, before_dot: Callable[[], None], accepted: Callable[[str], None]
    ) -> None:
        """Take a mail if its address is known."""
        self.tried.append(recipient)
        if recipient in self.unknown:
            raise DeliveryError(f"the server refused {recipient}: 550 5.1.1 no such user", scope="recipient")
        super().deliver(message, recipient, before_dot, accepted)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    archive = new_archive(tmp_path, clock := Clock(at(MONDAY, 6)))
    yield World(archive, clock, post=ChoosyServer())
    archive.close()


def answered(number: int, day: date) -> Proceeding:
    return a_question(
        uin=str(140_000 + number),
        question="To ask what is done for bathing water.",
        answer=f"Number {number} is done for bathing water.",
        tabled_on=day,
        answered_on=day,
        date_for_answer=day,
    )


def run_on(world: World, day: int) -> list[str]:
    """Publish an answer and run at eight on a day in November 2024. Return the failures of the run."""
    world.clock.now = at(date(2024, 11, day), 8)
    world.source.publish(answered(day, date(2024, 11, day)))
    return list(world.run().failures)


def states(world: World) -> list[str]:
    return [entry.state.value for entry in world.archive.deliveries.listing()]


def test_a_dead_address_is_tried_on_three_days_and_no_more(world: World) -> None:
    """The mails then wait for a person to decide. Other subscribers get theirs, and a new address is used at once."""
    post = world.post
    assert isinstance(post, ChoosyServer)
    dead, other = a_subscriber(email=DEAD), a_subscriber(key="other", email="other@example.org")
    world.config = a_config(subscribers=(dead, other))
    post.unknown = {DEAD}
    for day in (18, 19, 20, 21, 22):
        failures = run_on(world, day)
    tried = post.tried.count(DEAD)
    assert tried == 6  # three mails, the first of them on three days
    assert any(
        "desk@example.org has been refused on three days" in failure and "5 mails wait" in failure
        for failure in failures
    )
    assert len(post.sent) == 5
    assert world.archive.deliveries.counts()[DeliveryState.REFUSED] == 5
    assert [kind for _, kind, _ in world.digests()] == ["mailed"] * 5

    world.config = a_config(subscribers=(replace(dead, email="new@example.org"), other))
    failures = run_on(world, 25)
    assert post.sent[-2][0] == "new@example.org"
    assert post.tried.count(DEAD) == tried
    assert any("5 mails wait" in failure for failure in failures)
    for entry in world.archive.deliveries.listing(DeliveryState.REFUSED):
        world.archive.outbox.discard(entry.id)
    assert not run_on(world, 26)


def test_an_accepted_released_mail_ends_the_retirement_of_an_address(world: World) -> None:
    post = world.post
    assert isinstance(post, ChoosyServer)
    world.config = a_config(subscribers=(a_subscriber(email=DEAD),))
    post.unknown = {DEAD}
    for day in (18, 19, 20, 21):
        run_on(world, day)
    post.unknown = set()
    world.archive.outbox.release(4)
    pipeline = world.pipeline()
    pipeline.deliver(is_asked=True)
    assert [recipient for recipient, _ in post.sent] == [DEAD]
    assert any(
        "3 mails were put aside while desk@example.org was refused" in failure for failure in pipeline.report.failures
    )
    run_on(world, 22)
    assert len(post.sent) == 2


@pytest.mark.slow
def test_six_hundred_items_are_one_mail_with_all_of_them_in_its_table(world: World) -> None:
    # Most questions have their own heading; questions with the same heading would all be compared with each other.
    world.source.publish(
        *(replace(answered(number, MONDAY), heading=f"Bathing water {number}") for number in range(600))
    )
    world.source.page_size = 1_000
    world.clock.now = at(MONDAY, 8)
    report = world.run()
    [(_, content)] = world.post.sent
    message = message_from_bytes(content, policy=policy.default)
    [table] = list(message.iter_attachments())
    rows = list(csv.DictReader(io.StringIO(str(table.get_content()))))
    assert len(rows) == 600
    assert {row["uin"] for row in rows} == {str(140_000 + number) for number in range(600)}
    page, text = (message.get_body((kind,)) for kind in ("html", "plain"))
    assert page is not None
    assert text is not None
    assert len(str(page.get_content()).encode()) < 102_000
    for body in (page, text):
        assert "600" in str(body.get_content())
        assert "attached" in str(body.get_content())
    assert str(table.get_filename()) in str(text.get_content())
    assert report.ok
    assert world.digests() == [("2024-11-18T07:30", "mailed", 600)]


def test_mails_whose_texts_were_deleted_are_not_sent_again(world: World) -> None:
    run_on(world, 18)
    [digest] = world.archive.digests.listing()
    world.clock.tick(days=89)
    world.pipeline().tidy()
    assert world.archive.deliveries.of_digest(digest.id)[0].message
    world.clock.tick(days=2)
    world.pipeline().tidy()
    assert world.archive.deliveries.of_digest(digest.id)[0].message == b""
    world.run(as_of=at(MONDAY, 8))
    world.pipeline().deliver(is_asked=True)
    assert (len(world.post.sent), states(world)) == (1, ["sent"])
    with pytest.raises(ArchiveError, match=r"mail of digest 1 is not kept any more, so it can't be sent again"):
        world.archive.outbox.resend(digest.id, None, world.clock())
