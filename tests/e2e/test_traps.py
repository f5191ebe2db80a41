"""Faults of other monitors, each with a test that pqwatch does not have it, or the name of such a test elsewhere.

All stages run, with a source and a mail server in memory.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.digest.render import render
from monitor.errors import DeliveryError
from monitor.model.deliveries import DeliveryState
from monitor.model.search import Filters
from monitor.model.watching import Topic
from tests.builders import a_digest, a_question, a_subscriber, an_item
from tests.fakes import WATER, Clock, FakePost, World, a_config, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.model.records import Proceeding

TESTS = Path(__file__).resolve().parents[1]
MONDAY = date(2024, 11, 18)
DAY = timedelta(days=1)

TESTED_ELSEWHERE = {
    "a query that can't be read is refused, not made simpler": (
        "unit/test_terms_parser.py",
        "test_unreadable_term_is_refused_with_position_and_remedy",
    ),
    "a search refuses what a watch term refuses": (
        "unit/test_terms_matcher.py",
        "test_a_query_refuses_what_a_term_refuses",
    ),
    "a term finds words, never a piece of one": ("unit/test_terms_matcher.py", "test_what_a_term_finds"),
    "an exclusion is a phrase, and takes away only what lies in it": (
        "unit/test_terms_matcher.py",
        "test_exclusions_remove_matches_inside_them_for_their_topic_alone",
    ),
    "a digest has a limit": (
        "unit/test_digest_limits.py",
        "test_beyond_two_hundred_items_the_rest_is_counted_by_topic",
    ),
    "what is over the limit is in its file": ("unit/test_digest_limits.py", "test_file_holds_everything"),
    "a body's or an office's old name is told, with what it is called today": (
        "unit/test_term_tools_checking.py",
        "test_old_name_is_reported_with_the_current_one",
    ),
    "a term that fell silent is told": (
        "unit/test_term_tools_checking.py",
        "test_quiet_term_is_reported_with_its_last_day",
    ),
    "a filter that lets nothing through since a body or party was renamed is told": (
        "unit/test_term_tools_checking.py",
        "test_body_or_party_of_another_name_is_reported_with_the_nearest",
    ),
    "a name that is nobody's is told, with the nearest": (
        "unit/test_cli_search.py",
        "test_unknown_name_gets_the_nearest",
    ),
}
"""Faults for which there is a test elsewhere: its file and its name."""


class Post(FakePost):
    """Fake post that refuses the recipients in `refuses`."""

    def __init__(self) -> None:
        super().__init__()
        self.refuses: set[str] = set()

    def deliver(
        self, message: bytes, recipient: str, before_dot: Callable[[], None], accepted: Callable[[str], None]
    ) -> None:
        """Take a mail or refuse it."""
        if recipient in self.refuses:
            raise DeliveryError("try again later", scope="message")
        super().deliver(message, recipient, before_dot, accepted)


def answered(number: int = 1, **facts: object) -> Proceeding:
    """Return an answer about bathing water, of Monday unless `facts` say otherwise."""
    given: dict[str, object] = {
        "uin": f"{140000 + number}",
        "question": "What steps he is taking on bathing water.",
        "answer": f"It was tested {number} times.",
        "tabled_on": MONDAY,
        "answered_on": MONDAY,
    }
    return a_question(**(given | facts))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Make a world whose first run was on Monday at eight, with nothing published."""
    clock = Clock(at(MONDAY, 8))
    world = World(new_archive(tmp_path, clock), clock, post=Post())
    assert world.run().ok
    yield world
    world.archive.close()


def run_on(world: World, day: date, hour: int = 9) -> bool:
    """Run at an hour of a day. Return whether the run was without failures."""
    world.clock.now = at(day, hour)
    return world.run().ok


def sent(world: World, uin: str) -> list[str]:
    """Return the recipients of the mails that contain a question."""
    return [recipient for recipient, message in world.post.sent if uin.encode() in message]


def test_a_mail_that_failed_is_sent_later(world: World) -> None:
    """TheyWorkForYou noted all mails as sent although some had failed, and never sent these."""
    assert isinstance(world.post, Post)
    both = (a_subscriber(), a_subscriber(key="two", name="Two", email="two@example.org"))
    world.config = a_config(subscribers=both)
    assert run_on(world, MONDAY, 10)
    world.source.publish(answered())
    world.post.refuses = {"two@example.org"}
    assert not run_on(world, MONDAY + DAY)
    assert sent(world, "140001") == ["policy@example.org"]
    world.post.refuses.clear()
    assert run_on(world, MONDAY + 2 * DAY)
    assert sent(world, "140001") == ["policy@example.org", "two@example.org"]


def test_a_seen_item_is_not_taken_for_a_mailed_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """OPca marked an item as seen before it composed the mail, and lost the item if it died in between."""
    world.source.publish(answered())
    with monkeypatch.context() as broken:
        broken.setattr("monitor.digest.compose.Compose.run", _die)
        with pytest.raises(SystemExit):
            run_on(world, MONDAY + DAY)
    assert world.events("140001") == [("answered",)]
    assert run_on(world, MONDAY + DAY, 10)
    assert sent(world, "140001") == ["policy@example.org"]


def test_a_queued_mail_is_not_taken_for_a_sent_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """CourtListener marked queued mails as sent, by a query that it ran again after it had queued them."""
    world.source.publish(answered())
    with monkeypatch.context() as broken:
        broken.setattr("monitor.pipeline.send_pending", _die)
        with pytest.raises(SystemExit):
            run_on(world, MONDAY + DAY)
    assert world.archive.deliveries.counts()[DeliveryState.PENDING] == 1
    assert world.archive.deliveries.counts()[DeliveryState.SENT] == 0
    world.source.publish(answered(2, answered_on=MONDAY + DAY))  # published between queueing and sending
    assert run_on(world, MONDAY + DAY, 10)
    assert (sent(world, "140001"), sent(world, "140002")) == (["policy@example.org"], [])
    assert run_on(world, MONDAY + 2 * DAY)
    assert sent(world, "140002") == ["policy@example.org"]


def _die(*_: object, **__: object) -> None:
    raise SystemExit(1)


def test_a_reparse_mails_nothing(world: World) -> None:
    """OpenAustralia mailed items of many years after it had parsed them again."""
    world.source.publish(answered())
    assert run_on(world, MONDAY + DAY)
    before = len(world.post.sent)
    parse = world.source.parse
    world.source.parse = lambda payload: replace(parse(payload), answer="Read otherwise.")  # type: ignore[method-assign]  # of this source alone
    world.pipeline().reparse()
    assert len(world.archive.records.revisions(1)) == 2
    assert run_on(world, MONDAY + 2 * DAY)
    assert len(world.post.sent) == before


def test_an_outage_does_not_make_old_items_new(world: World) -> None:
    """rss2email forgot the items of a feed that failed once, and mailed all of them again."""
    world.source.publish(answered())
    assert run_on(world, MONDAY + DAY)
    world.source.is_down = True
    assert not run_on(world, MONDAY + 2 * DAY)
    world.source.is_down = False
    assert run_on(world, MONDAY + 3 * DAY)
    assert sent(world, "140001") == ["policy@example.org"]
    assert world.events("140001") == [("answered",)]


def test_a_changed_url_makes_no_new_question(world: World) -> None:
    """rss2email identified items by their link, and took a page that moved for a new item."""
    world.source.publish(answered())
    assert run_on(world, MONDAY + DAY)
    world.source.change("140001", url="https://questions-statements.parliament.uk/elsewhere/140001")
    assert run_on(world, MONDAY + 2 * DAY)
    assert world.archive.cross_references.find("140001") == [1]
    assert sent(world, "140001") == ["policy@example.org"]


def test_two_subscriptions_with_one_address_both_get_their_mails(world: World) -> None:
    """GOV.UK sent a document once to each address, and so left out the second subscription of a reader."""
    desk = a_subscriber(key="second", name="Second list", topics=("other",))
    other = Topic(key="other", name="Other", terms=("tested",))
    world.config = a_config(topics=(WATER, other), subscribers=(a_subscriber(), desk))
    assert run_on(world, MONDAY, 10)
    world.source.publish(answered())
    assert run_on(world, MONDAY + DAY)
    assert sent(world, "140001") == ["policy@example.org"] * 2
    assert [world.digests(key)[-1][1:] for key in ("desk", "second")] == [("mailed", 1)] * 2


def test_no_empty_digest_is_mailed(world: World) -> None:
    """GOV.UK sent empty digests if all their items had been removed."""
    desk = a_subscriber(new_questions=False, waiting=False)
    world.config = a_config(subscribers=(desk,))
    world.source.publish(answered(answer=None, answered_on=None), answered(2, question="What of tea.", answer="Much."))
    assert run_on(world, MONDAY + DAY)
    assert world.digests()[-1][1] == "empty"
    assert world.post.sent == []


def test_the_listed_matches_are_the_mailed_ones(world: World) -> None:
    """CourtListener's link to all results of an alert ran another query than the alert itself."""
    world.source.publish(
        answered(1), answered(2, question="Of tea.", answer="Bathing waters."), answered(3, question="Of tea.")
    )
    assert run_on(world, MONDAY + DAY)
    with closing(world.archive.search.hits(None, Filters(topic="water"))) as listed:
        uins = {hit.revision.proceeding.uin for hit in listed}
    assert uins == {uin for uin in ("140001", "140002", "140003") if sent(world, uin)}
    assert len(uins) == 2


def test_words_after_the_beginning_that_lists_show_are_found(world: World) -> None:
    """Lists show 255 characters of an answer. A monitor that reads only lists misses two answers in three."""
    world.source.publish(answered(question="Of tea.", answer="Nothing is known of it. " * 20 + "See bathing water."))
    assert run_on(world, MONDAY + DAY)
    assert sent(world, "140001") == ["policy@example.org"]


def test_highlighting_breaks_no_link() -> None:
    """TheyWorkForYou also highlighted words in the addresses of links."""
    url = "https://questions-statements.parliament.uk/written-questions/detail/2021-01-26/140001"
    question = a_question(
        heading="Detail: Questions", question="What detail of written questions.", answer="See written detail."
    )
    html = render(a_digest(new=(an_item(question, "detail", "written", "questions"),)), lambda _: None).html
    found = _Links(html)
    assert set(found.hrefs) == {url}
    assert any("written questions" in words for words in found.marked)
    assert not re.search(r"<[^>]*<", html)


class _Links(HTMLParser):
    """Parser that collects the links of a page and the highlighted words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.marked: set[str] = set()
        self._is_marked = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link, and the beginning of highlighted words."""
        self._is_marked = tag in ("strong", "b", "mark")
        self.hrefs += [value or "" for name, value in attrs if tag == "a" and name == "href"]

    def handle_data(self, data: str) -> None:
        """Note highlighted words."""
        if self._is_marked:
            self.marked.add(data.strip())

    def handle_endtag(self, tag: str) -> None:
        """Note the end of highlighted words."""
        self._is_marked = self._is_marked and tag not in ("strong", "b", "mark")


@pytest.mark.parametrize("fault", TESTED_ELSEWHERE)
def test_a_test_named_here_exists(fault: str) -> None:
    file, name = TESTED_ELSEWHERE[fault]
    assert f"\ndef {name}(" in (TESTS / file).read_text(encoding="utf-8")
