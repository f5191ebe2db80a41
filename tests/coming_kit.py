"""A world that reads what is coming: the stand-in's three APIs without a network, and the client that asks them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

from monitor.config.settings import COMMITTEES, ORAL_QUESTIONS, WHATS_ON
from monitor.demo.coming_api import ComingApi, event, inquiry, oral_question
from monitor.demo.store import DemoMember
from monitor.errors import FetchError, GoneError
from monitor.model.watching import Topic
from scrapers.committees import Committees
from scrapers.http.exchange import Response
from scrapers.oral_questions import OralQuestions
from scrapers.whats_on.business import Business
from tests.builders import a_subscriber
from tests.e2e.desk import text_of
from tests.fakes import Clock, World, a_config, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from email.message import EmailMessage
    from pathlib import Path

    from scrapers.http.client import Client

TODAY = date(2031, 6, 2)
DAY = timedelta(days=1)
HOME_OFFICE = (1, "Home Office")
ADA = DemoMember(id=9_001, name="Ada Example", list_as="Example, Ada", party="Labour", constituency="Mid Sample")
RIVERS = Topic(key="water", name="Water", terms=("bathing water", "river*"))
ADDRESS = "https://coming.example"


class MemoryClient:
    """A client that asks the three APIs in memory. `down`: paths that fail, in small letters; `asked`: the addresses.

    `answer`: gives the answers of the APIs; tests put others in its place.
    """

    def __init__(self, api: ComingApi) -> None:
        self.api = api
        self.answer: Callable[[str, dict[str, list[str]]], Any] = api.answer
        self.down: set[str] = set()
        self.asked: list[str] = []

    def get_json(
        self, url: str, params: Mapping[str, str] | None = None, *, seconds: float = 0
    ) -> tuple[Response, Any]:
        del seconds
        address = f"{url}?{urlencode(params)}" if params else url
        parts = urlsplit(address)
        path = parts.path.lower()
        self.asked.append(address)
        if path in self.down:
            raise FetchError(f"{path} is down.", url=address)
        found = self.answer(path, {name.lower(): given for name, given in parse_qs(parts.query).items()})
        if found is None:
            raise GoneError(f"{path} is not there.", url=address)
        fetched_at = datetime(2031, 6, 2, 9, tzinfo=UTC)
        body = json.dumps(found).encode()
        return Response(url=address, status=200, fetched_at=fetched_at, headers={}, body=body), json.loads(body)

    def get_many(self, urls: Iterable[str]) -> Iterator[tuple[str, Response | FetchError]]:
        for url in urls:
            try:
                yield url, self.get_json(url)[0]
            except FetchError as exc:
                yield url, exc


def an_api() -> ComingApi:
    """Set down three things on a watched topic, and a question on another."""
    return ComingApi(
        oral=[
            oral_question(700_001, "What steps she is taking on bathing water.", TODAY + 8 * DAY, ADA, HOME_OFFICE),
            oral_question(700_002, "What steps she is taking on buses.", TODAY + 8 * DAY, ADA, HOME_OFFICE),
        ],
        events=[event(35_011, "Bathing water in spring", TODAY + 3 * DAY, "Debate")],
        inquiries=[inquiry(4_001, "Rivers and towns", "<p>The Committee asks.</p>", TODAY - DAY, TODAY + 20 * DAY)],
        committees={4_001: [("Sample Affairs Committee", "Commons")]},
    )


def sources_of(client: MemoryClient) -> tuple[OralQuestions, Business, Committees]:
    """Return the three sources over a client in memory."""
    asked = cast("Client", client)
    return OralQuestions(asked, ADDRESS), Business(asked, ADDRESS), Committees(asked, ADDRESS)


class ComingWorld(World):
    """A world of the three sources, with one subscriber who is told after each run."""

    api: ComingApi
    client: MemoryClient

    @classmethod
    def made_in(cls, folder: Path, **subscriber: Any) -> ComingWorld:
        """Make a world with an archive in a folder."""
        clock = Clock(at(TODAY))
        config = a_config(
            topics=(RIVERS,),
            subscribers=(a_subscriber(topics=("water",), **({"cadence": "instant"} | subscriber)),),
            oral_questions=replace(ORAL_QUESTIONS, enabled=True),
            whats_on=replace(WHATS_ON, enabled=True),
            committees=replace(COMMITTEES, enabled=True),
        )
        world = cls(new_archive(folder, clock), clock, config=config)
        world.api = an_api()
        world.client = MemoryClient(world.api)
        world.more_sources = sources_of(world.client)
        return world

    def mails_of(self, day: date = TODAY) -> list[EmailMessage]:
        """Run all stages on a day; return the mails that came with it."""
        before = len(self.post.sent)
        self.clock.now = max(at(day), self.clock.now)
        self.run()
        return [message_from_bytes(sent, policy=policy.default) for _, sent in self.post.sent[before:]]

    def items_on(self, day: date = TODAY) -> list[str]:
        """Run all stages on a day; return the items of the mails that came with it."""
        return [item for mail in self.mails_of(day) for item in items_in(mail)]


def items_in(mail: EmailMessage) -> list[str]:
    """Return the first lines of the items that stand in a mail, without their numbers."""
    return items_of(text_of(mail))


def items_of(text: str) -> list[str]:
    """Return the first lines of items, without their numbers."""
    return re.findall(r"^ ?\d+  ([A-Z ]+ \| .*)$", text.replace("\r\n", "\n"), re.MULTILINE)
