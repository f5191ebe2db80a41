"""Readers of what sources send, each with good examples to spoil and checks of what it returns."""

from __future__ import annotations

import gzip
import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from unittest.mock import patch

import httpx

from monitor.model.records import House
from monitor.model.sources import Payload, Window
from monitor.parliament.calendar import load_calendar
from monitor.parliament.lifecycle import classify, days_late, due_on, fingerprint, is_reread_due
from monitor.parliament.references import referred_uins
from monitor.presentation.record_json import as_dict
from monitor.presentation.timeline import chronicle
from monitor.text.tokens import change_form
from scrapers.http import exchange
from scrapers.http.client import Client
from scrapers.markup import plain_question, plain_text
from scrapers.members import parse_member
from scrapers.questions_statements.questions import QuestionsSource
from tests.builders import ANSWERED_ON, NOW, a_question, a_revision
from tests.reliability.mutants import spoilt_bytes, spoilt_gzip, spoilt_text

if TYPE_CHECKING:
    import random

    from monitor.model.records import Proceeding

Make: TypeAlias = Callable[["random.Random"], Any]
Read: TypeAlias = Callable[[Any], object]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "tests" / "scrapers" / "examples" / "questions"
RECORDED = ROOT.parent / "shared" / "data" / "written-questions-api"
"""Folder of recordings beside the project. They are used if they are there."""

HIDDEN_CATEGORIES = ("Cc", "Cf", "Cs")


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A reader of outside input. `prepare` takes a folder and returns a maker of spoilt examples and their reader.

    Reading returns a value or raises a MonitorError or one of `refusals`. An AssertionError says which promise is
    broken. `full` is the count of the proof, `few` that of the tests.
    """

    name: str
    full: int
    few: int
    prepare: Callable[[Path], tuple[Make, Read]]
    refusals: tuple[type[Exception], ...] = ()


def example_bodies() -> list[bytes]:
    """Return questions as the API sends them: ours, and 400 recorded ones if there are recordings."""
    bodies = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.json")) if ".expected" not in path.name]
    for path in sorted(RECORDED.glob("detail-*.jsonl.gz")):
        with gzip.open(path) as lines:
            bodies += [line for _, line in zip(range(80), lines, strict=False)]
    return bodies


def _values() -> list[dict[str, Any]]:
    examples = [json.loads(body) for body in example_bodies()]
    return [example["value"] for example in examples if isinstance(example.get("value"), dict)]


def has_hidden_characters(text: str) -> bool:
    return any(unicodedata.category(letter) in HIDDEN_CATEGORIES and letter not in "\n\t" for letter in text)


# -- sources ----------------------------------------------------------------------------------------------------------


def _questions(_: Path) -> tuple[Make, Read]:
    source, calendar = QuestionsSource(None, "https://a.example"), load_calendar()  # type: ignore[arg-type] # it makes no request
    values = _values()
    bodies = [json.dumps({"value": value}).encode() for value in values]

    def make(dice: random.Random) -> tuple[str, bytes]:
        number = dice.randrange(len(values))
        if dice.random() < 0.5:  # spoilt within a text, so that it stays JSON
            value = dict(values[number])
            for name in dice.sample(sorted(value), 2):
                old = value[name] if isinstance(value[name], str) else json.dumps(value[name])
                new = (
                    dice.choice(_ODD_DAYS)
                    if name.startswith("date") and dice.random() < 0.8
                    else spoilt_text([old], dice)
                )
                value[name] = (
                    new if dice.random() < 0.8 else dice.choice((None, 0, -1, 2**40, [], {}, [[new]], True, 1e300))
                )
            return str(values[number]["id"]), json.dumps({"value": value}).encode()
        return str(values[number]["id"]), spoilt_bytes([bodies[number], *bodies[:3]], dice)

    def read(mutant: tuple[str, bytes]) -> None:
        key, body = mutant
        payload = Payload(source="questions", key=key, url="", fetched_at=NOW, body=body)
        found = source.parse(payload)
        _check_texts(found)
        due = due_on(found, calendar)
        days_late(found, due, NOW.date())
        if found.answered_on:
            is_reread_due(found.answered_on, ANSWERED_ON, NOW.date(), matched=True)
        revision = a_revision(found, events=classify(None, found))
        chronicle([revision], due, NOW.date())
        json.dumps(as_dict(revision, first_seen_at=NOW, due_on=due, matches=()))
        classify(a_question(), found)
        fingerprint(found)

    return make, read


_ODD_DAYS = (
    "0001-01-01T00:00:00",
    "1066-10-14",
    "1800-01-01",
    "2024-02-29T23:59:59.999Z",
    "2199-12-31",
    "9999-12-31T00:00:00",
)


def _check_texts(found: Proceeding) -> None:
    """Check texts that databases and readers can't use: NUL and lone surrogates."""
    texts: list[Any] = [
        found.heading,
        found.question,
        found.answer,
        found.uin,
        found.body,
        found.url,
        found.original_answer,
    ]
    for member in (found.asked_by, found.answered_by, found.corrected_by):
        texts += [member.name, member.party, member.constituency] if member else []
    texts += [
        text for attachment in found.attachments for text in (attachment.title, attachment.file_type, attachment.url)
    ]
    texts += [text for link in found.links for text in (link.text, link.href)]
    for text in filter(None, texts):
        assert "\0" not in text, f"NUL in {text!r}"
        text.encode()
    assert all(link.href.lower().startswith(("http://", "https://", "mailto:")) for link in found.links), found.links


def _lists(_: Path) -> tuple[Make, Read]:
    """Prepare pages of a list, compressed or not, that are read through the client."""
    pages = []
    values = _values()
    for size in (0, 1, 3):
        results = [{"value": value, "links": []} for value in values[:size]]
        pages.append(json.dumps({"totalResults": size, "results": results}).encode())
    now: list[tuple[bytes, str]] = [(b"", "")]
    client = Client("mailto:desk@example.org", "1", min_interval=0, sleep=lambda _: None)
    client._http.close()

    def answer(_: httpx.Request) -> httpx.Response:
        body, encoding = now[0]
        return httpx.Response(200, headers={"Content-Encoding": encoding} if encoding else {}, stream=_Sent(body))

    def make(dice: random.Random) -> tuple[bytes, str]:
        body = spoilt_bytes(pages, dice)
        return (spoilt_gzip(body, dice), "gzip") if dice.random() < 0.3 else (body, "")

    def read(mutant: tuple[bytes, str]) -> None:
        now[0] = mutant
        client._hosts.clear()  # otherwise the client asks no more after five failures
        for page in source.read_window(window):
            for entry in page.entries:
                assert json.loads(entry.payload.body) is not None or entry.error

    client._http = httpx.Client(transport=httpx.MockTransport(answer))
    source = QuestionsSource(client, "http://a.example")
    window = Window(source="questions", house=House.COMMONS, by="tabled", day=date(2024, 11, 26))
    return make, read


class _Sent(httpx.SyncByteStream):
    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    def __iter__(self) -> Any:
        yield from self._pieces


def _members(_: Path) -> tuple[Make, Read]:
    value = {
        "id": 4000,
        "nameDisplayAs": "Siân Example",
        "latestParty": {"id": 1, "name": "Labour", "abbreviation": "Lab"},
        "latestHouseMembership": {"membershipFrom": "Mid Sample", "house": 1},
    }
    seeds = [json.dumps({"value": value}).encode(), json.dumps({"value": {**value, "latestParty": None}}).encode()]

    def read(body: bytes) -> None:
        found = parse_member(body, 4000)
        for text in filter(None, (found.name, found.party, found.constituency)):
            assert "\0" not in text, f"NUL in {text!r}"
            text.encode()

    return partial(spoilt_bytes, seeds), read


def _markup(_: Path) -> tuple[Make, Read]:
    seeds = [str(value.get("answerText") or "plain") for value in _values()]
    seeds += [
        "<table><thead><tr><th>Year</th><th>Grants</th></tr></thead><tbody><tr><td>2020</td><td>1</td></tr></tbody></table>",
        "<p>See <a href='https://a.example/b'>the list</a>.</p><ul><li>one<p>two</p></li></ul>CO<sub>2</sub><br>x",
    ]

    def read(html: str) -> None:
        text, links = plain_text(html)
        for kept in (text, plain_question(html)):
            assert not has_hidden_characters(kept), f"a control in {kept!r:.200}"
            assert kept == kept.rstrip().lstrip(" \n"), (
                f"space around {kept!r:.200}"
            )  # a row may begin with empty cells
        assert all(link.href.lower().startswith(("http://", "https://", "mailto:")) for link in links), links
        referred_uins(text)
        change_form(text)

    return partial(spoilt_text, seeds), read


def _gzip(_: Path) -> tuple[Make, Read]:
    bodies = [*example_bodies()[:5], b"", b"\0" * 100_000]

    def make(dice: random.Random) -> tuple[list[bytes], int]:
        stream = spoilt_gzip(dice.choice(bodies), dice)
        cuts = sorted(dice.randrange(len(stream) + 1) for _ in range(3))
        pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
        return pieces, dice.choice((1, 100, 1_000_000))

    def read(mutant: tuple[list[bytes], int]) -> None:
        pieces, limit = mutant
        reply = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=_Sent(*pieces))
        with patch.object(exchange, "MAX_BYTES", limit):
            out = exchange.read_body(reply, lambda: None)
        assert len(out) <= limit, f"{len(out)} bytes, but only {limit} were allowed"

    return make, read


SOURCES = (
    Reader(name="questions", full=300_000, few=900, prepare=_questions),
    Reader(name="lists", full=40_000, few=60, prepare=_lists),
    Reader(name="members", full=1_000_000, few=1500, prepare=_members),
    Reader(name="mark-up", full=300_000, few=800, prepare=_markup),
    Reader(name="gzip", full=500_000, few=1000, prepare=_gzip, refusals=(exchange.TransientError, exchange.FinalError)),
)
