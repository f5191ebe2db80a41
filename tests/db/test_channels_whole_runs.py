"""Webhooks and feeds over days: messages composed, written, sent again, kept, skipped and paused."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from monitor.config.settings import TopicFeedSettings, WebhookSettings
from monitor.config.tables import Secret
from monitor.delivery.folder import FeedFolder
from monitor.digest.compose import Compose
from monitor.errors import ArchiveError, DeliveryError
from monitor.model.deliveries import JSON, MAIL, SLACK, TEAMS, DeliveryState
from monitor.model.search import Filters
from monitor.parliament.lifecycle import DueDays
from monitor.research.records import record_json
from tests.builders import a_question, a_subscriber
from tests.fakes import Clock, FakePost, World, a_config, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.model.records import Proceeding
    from monitor.model.watching import Subscriber
    from monitor.pipeline import Pipeline, Report

pytestmark = pytest.mark.slow

MONDAY = date(2024, 11, 18)
TUESDAY = date(2024, 11, 19)
FEED = a_subscriber(key="feed water", name="Water", email="", channel="feed", cadence="instant", waiting=False)


def hook(channel: str, **facts: Any) -> WebhookSettings:
    reader = a_subscriber(key=channel, name=channel, email="", channel=channel, cadence="instant", **facts)
    return WebhookSettings(reader=reader, url=Secret(f"https://example.org/{channel}"))


@dataclass
class WebhookWorld(World):
    """World with a folder of feeds and a fake post for each webhook."""

    posts: dict[str, FakePost] = field(default_factory=dict)

    def pipeline(self, as_of: Any = None) -> Pipeline:
        pipeline = super().pipeline(as_of)
        pipeline.other_mailers = self.ways
        return pipeline

    def ways(self) -> Iterator[tuple[str, Any]]:
        for webhook in self.config.webhooks:
            yield webhook.reader.recipient, self.posts.setdefault(webhook.reader.channel, FakePost())
        feeds = self.config.topic_feeds
        if feeds.folder:
            yield (
                "feed",
                FeedFolder(feeds.folder, feeds.keep, "https://example.org/f", self.archive.deliveries.feed_messages),
            )

    def run_on(self, day: date, hour: int = 9) -> Report:
        self.clock.now = at(day, hour)
        return self.run()

    def messages(self, channel: str) -> list[Any]:
        return [json.loads(message) for _, message in self.posts[channel].sent]

    def entries(self) -> list[str]:
        assert self.config.topic_feeds.folder
        feed = json.loads((self.config.topic_feeds.folder / "water.json").read_text("utf-8"))
        return [item["title"] for item in feed["items"]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[WebhookWorld]:
    """Make a world whose first run was on Monday at eight, with nothing published."""
    archive = new_archive(tmp_path, clock := Clock(at(MONDAY, 8)))
    feeds = TopicFeedSettings(folder=tmp_path / "feeds", keep=3, readers=(FEED,))
    hooks = tuple(map(hook, (SLACK, TEAMS, JSON)))
    world = WebhookWorld(archive, clock, config=a_config(subscribers=(), webhooks=hooks, topic_feeds=feeds))
    world.run()
    yield world
    archive.close()


def answered(number: int, day: date = MONDAY, **facts: Any) -> Proceeding:
    given = {
        "uin": str(140_000 + number),
        "heading": f"Place {number}",
        "question": "What is done for bathing water.",
        "answer": f"The bathing water was tested {number} times.",
        "tabled_on": day,
        "answered_on": day,
        "date_for_answer": day,
    }
    return a_question(**(given | facts))


def test_every_channel_gets_the_same_news(world: WebhookWorld) -> None:
    world.source.publish(answered(1), answered(2))
    report = world.run_on(MONDAY)
    assert report.failures == []
    assert report.stages["deliver"]["sent"] == 4
    assert world.messages(SLACK)[0]["text"] == "2 answers: Water 2 (Mon 18 Nov)"
    assert world.messages(TEAMS)[0]["type"] == "message"
    assert [item["record"]["id"] for item in world.messages(JSON)[0]["items"]] == ["q-140001", "q-140002"]
    assert world.entries() == ["Place 1", "Place 2"]
    assert world.run_on(MONDAY, 10).stages["deliver"]["sent"] == 0
    world.source.change("140001", answer="It was tested 7 times.", is_correction=True, corrected_on=TUESDAY)
    world.run_on(TUESDAY)
    assert world.messages(SLACK)[1]["text"].startswith("CORRECTED: Place 1")
    assert world.messages(JSON)[1]["items"][0]["label"] == "Corrected"
    assert world.entries() == ["Corrected: Place 1", "Place 1", "Place 2"]
    rows = world.archive.deliveries.listing()
    assert {row.channel for row in rows} == {SLACK, TEAMS, JSON, "feed"}
    assert len({row.message_id for row in rows}) == len(rows)


def test_plain_json_names_the_records_with_the_same_answer(world: WebhookWorld) -> None:
    world.source.publish(*(answered(number, answer="The bathing water was tested twice.") for number in (1, 2)))
    world.run_on(MONDAY)
    items = world.messages(JSON)[0]["items"]
    assert [item["record"]["same_answer_as"] for item in items] == [["q-140002"], ["q-140001"]]


def test_plain_json_has_the_facts_that_the_archive_has(world: WebhookWorld) -> None:
    """A correction does not make a record new, and Parliament's own due day stands in each."""
    world.calendar = replace(world.calendar, answer_days={(MONDAY, True): date(2024, 11, 20)})
    world.source.publish(answered(1))
    world.run_on(MONDAY)
    world.source.change("140001", answer="It was tested 7 times.", is_correction=True, corrected_on=TUESDAY)
    world.run_on(TUESDAY)
    [hit] = world.archive.search.hits(None, Filters())
    known = record_json(world.archive, hit, hit.matches, DueDays(lambda: world.calendar))
    written = [message["items"][0]["record"] for message in world.messages(JSON)]
    assert written[-1] | {"matches": []} == known | {"matches": []}
    assert {record["first_seen_at"] for record in written} == {hit.first_seen_at.isoformat()}
    assert {record["due_on_by_parliament"] for record in written} == {"2024-11-20"}


def test_a_feed_exists_from_the_first_run_and_is_begun_once(world: WebhookWorld) -> None:
    assert world.entries() == []
    world.run_on(MONDAY)
    world.run_on(TUESDAY)
    assert [row.subject for row in world.archive.deliveries.listing()] == [
        "Nothing on your topics (Mon 18 Nov); 0 answers read"
    ]


def test_a_feed_keeps_the_newest_and_is_repaired(world: WebhookWorld) -> None:
    """The archive drops the text of entries that fall out; the next news restores files that were deleted or damaged."""
    feeds = world.config.topic_feeds.folder
    assert feeds is not None
    for number in range(1, 6):
        world.source.publish(answered(number))
        world.run_on(MONDAY, 8 + number)
    assert world.entries() == ["Place 5", "Place 4", "Place 3"]
    entries = [world.archive.deliveries.get(row.id) for row in world.archive.deliveries.listing()]
    assert sum(entry.channel == "feed" for entry in entries if entry and entry.message) == 3
    (feeds / "water.json").unlink()
    (feeds / "water.atom").write_text("broken", encoding="utf-8")
    world.source.publish(answered(6))
    world.run_on(MONDAY, 15)
    assert world.entries() == ["Place 6", "Place 5", "Place 4"]
    assert (feeds / "water.atom").read_text("utf-8").count("<entry>") == 3
    world.archive.deliveries.purge(at(date(2030, 1, 1)))
    assert len(world.archive.deliveries.feed_messages(FEED.recipient, 99)) == 3


def test_a_feed_that_cant_be_written_waits(world: WebhookWorld) -> None:
    feeds = world.config.topic_feeds.folder
    assert feeds is not None
    for path in feeds.iterdir():
        path.unlink()
    feeds.rmdir()
    feeds.write_text("a file", encoding="utf-8")
    world.source.publish(answered(1))
    report = world.run_on(MONDAY)
    assert any(
        "the feed can't be written to" in failure and "delivery.feeds.folder" in failure for failure in report.failures
    )
    assert len(world.posts[SLACK].sent) == 1
    feeds.unlink()
    assert world.run_on(MONDAY, 10).failures == []
    assert world.entries() == ["Place 1"]


def test_a_link_is_not_written_through(world: WebhookWorld, tmp_path: Path) -> None:
    feeds = world.config.topic_feeds.folder
    assert feeds is not None
    (feeds / "water.json").unlink()
    (feeds / "water.json").symlink_to(tmp_path / "elsewhere")
    world.source.publish(answered(1))
    assert any("symbolic link" in failure for failure in world.run_on(MONDAY).failures)
    assert not (tmp_path / "elsewhere").exists()


class Down(FakePost):
    """Fake post of a receiver that is down."""

    def deliver(self, _message: bytes, recipient: str, *_: Any) -> None:
        raise DeliveryError(f"{recipient} is down", scope="server")


def test_a_webhook_that_is_down_does_not_delay_the_others(world: WebhookWorld) -> None:
    world.posts[SLACK] = Down()
    world.source.publish(answered(1))
    report = world.run_on(MONDAY)
    assert report.stages["deliver"]["sent"] == 3
    assert report.stages["deliver"]["pending"] == 1
    [failure] = report.failures
    assert failure.startswith("nothing is sent to webhook slack before 2024-11-18 09:0")
    world.posts[SLACK] = FakePost()
    assert world.run_on(MONDAY, 10).failures == []
    assert [message["text"] for message in world.messages(SLACK)] == ["1 answer: Water 1 (Mon 18 Nov)"]


def test_an_address_that_changed_is_tried_at_once(world: WebhookWorld) -> None:
    world.posts[SLACK] = Down()
    world.source.publish(answered(1))
    world.run_on(MONDAY)
    world.posts[SLACK] = FakePost()
    [first, *others] = world.config.webhooks
    moved = replace(first, url=Secret("https://example.org/moved"))
    world.config = replace(world.config, webhooks=(moved, *others))
    world.clock.now = at(MONDAY, 9)
    assert world.run().stages["deliver"]["sent"] == 1
    fact = world.archive.runs.fact("webhook_marks") or ""
    assert "moved" not in fact
    assert set(json.loads(fact)) == {"webhook slack", "webhook teams", "webhook json"}


def test_messages_for_a_removed_webhook_are_held(world: WebhookWorld) -> None:
    world.posts[SLACK] = Down()
    world.source.publish(answered(1))
    world.run_on(MONDAY)
    webhooks = world.config.webhooks
    world.config = replace(world.config, webhooks=webhooks[1:])
    report = world.run_on(MONDAY, 12)
    assert any("config.toml no longer has webhook slack" in failure for failure in report.failures)
    assert report.stages["deliver"]["held"] == 1
    world.config = replace(world.config, webhooks=webhooks)
    world.posts[SLACK] = FakePost()
    [held] = world.archive.deliveries.listing(DeliveryState.HELD)
    world.archive.outbox.release(held.id)
    assert world.run_on(MONDAY, 13).stages["deliver"]["sent"] == 1


def test_messages_for_a_removed_feed_are_held(world: WebhookWorld) -> None:
    world.source.publish(answered(1))
    world.clock.now = at(MONDAY, 9)
    pipeline = world.pipeline()
    with world.archive.runs.lease():
        pipeline.sync()
        pipeline.collect()
        pipeline.match()
        pipeline.compose()
    world.config = replace(world.config, topic_feeds=TopicFeedSettings())
    assert any("no longer has feed water" in failure for failure in world.run_on(MONDAY, 10).failures)


def digest_of(world: WebhookWorld, subscriber: str) -> int:
    return world.archive.digests.last_of_each()[subscriber].id


def test_a_message_is_sent_again_as_a_copy(world: WebhookWorld) -> None:
    world.source.publish(answered(1))
    world.run_on(MONDAY)
    for channel in (JSON, SLACK):
        world.archive.outbox.resend(digest_of(world, channel), None, world.clock())
    world.run_on(MONDAY, 10)
    first, copy = world.messages(JSON)
    assert (first["copy_of"], copy["copy_of"]) == (None, first["id"])
    assert copy["id"] != first["id"]
    assert {**copy, "id": 0, "copy_of": 0} == {**first, "id": 0, "copy_of": 0}
    assert world.messages(SLACK)[1]["text"] == f"Copy: {world.messages(SLACK)[0]['text']}"
    with pytest.raises(ArchiveError, match=r"is for webhook json: send it again without another address"):
        world.archive.outbox.resend(digest_of(world, JSON), "a@example.org", world.clock())


def test_messages_are_kept_as_long_as_mails_are(world: WebhookWorld) -> None:
    world.source.publish(answered(1))
    world.run_on(MONDAY)
    world.archive.deliveries.purge(at(date(2025, 6, 1)))
    with pytest.raises(ArchiveError, match="not kept any more"):
        world.archive.outbox.resend(digest_of(world, JSON), None, world.clock())


def test_a_digest_and_its_records_are_found_by_its_message_id(world: WebhookWorld) -> None:
    world.source.publish(answered(1), answered(2))
    world.run_on(MONDAY)
    number = digest_of(world, SLACK)
    own_id = world.messages(SLACK)[0]["blocks"][-1]["elements"][0]["text"].split()[-1]
    assert world.archive.digests.find_by_message_id(own_id) == [number]
    (whole,) = {mail.message_id for mail in world.archive.deliveries.of_digest(number)}
    assert world.archive.digests.find_by_message_id(whole.strip("<>")) == [number]
    assert len(world.archive.digests.records_of(number)) == 2
    assert world.archive.digests.find_by_message_id("%") == []


def compose_stage(world: WebhookWorld) -> Compose:
    return Compose(world.archive, world.config, world.calendar, world.clock(), world.clock)


def readers(world: WebhookWorld) -> dict[str, Subscriber]:
    return {reader.key: reader for reader in world.config.readers}


def test_skipped_news_is_in_no_message_and_no_feed(world: WebhookWorld) -> None:
    world.source.publish(answered(1))
    world.collect(at(MONDAY, 9))
    world.pipeline(at(MONDAY, 9)).match()
    for key in (SLACK, "feed water"):
        assert len(compose_stage(world).skip(readers(world)[key]).told) == 1
    world.run_on(MONDAY)
    assert SLACK not in {row.channel for row in world.archive.deliveries.listing()}
    assert world.entries() == []
    assert len(world.messages(JSON)) == 1


def test_the_first_message_after_a_pause_counts_the_missed_records(world: WebhookWorld) -> None:
    webhooks = world.config.webhooks
    paused = replace(webhooks[2], reader=replace(webhooks[2].reader, paused=True))
    world.config = replace(world.config, webhooks=(paused,))
    world.source.publish(answered(1))
    world.run_on(MONDAY)
    world.config = replace(world.config, webhooks=webhooks[2:])
    world.source.publish(answered(2))
    world.run_on(MONDAY, 10)
    [message] = world.messages(JSON)
    assert message["missed"] == 1
    assert [item["record"]["id"] for item in message["items"]] == ["q-140002"]


def test_a_daily_webhook_catches_up_once(world: WebhookWorld) -> None:
    daily = replace(world.config.webhooks[2], reader=replace(world.config.webhooks[2].reader, cadence="daily"))
    world.config = replace(world.config, webhooks=(daily,))
    world.source.publish(answered(1))
    world.run_on(MONDAY, 9)
    world.source.publish(answered(2, TUESDAY))
    world.run_on(date(2024, 11, 21), 9)
    assert [row.kind for row in world.archive.digests.listing(subscriber=JSON)] == ["mailed", "mailed"]
    assert len(world.messages(JSON)) == 2


def test_mail_alone_needs_no_other_settings(world: WebhookWorld) -> None:
    world.config = a_config()
    world.source.publish(answered(1))
    world.run_on(MONDAY)
    world.run_on(TUESDAY)
    assert {row.channel for row in world.archive.deliveries.listing()} >= {MAIL}
    assert world.post.sent[0][0] == "policy@example.org"
