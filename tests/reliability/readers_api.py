"""Readers of statements, feeds and the devolved legislatures: a spoilt copy gives records or errors of ours."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from monitor.demo.whats_on_api import WhatsOnDays
from monitor.errors import ParseError
from monitor.model.announced_days import CalendarState, KnownAnnouncements, StoredAnnouncement
from monitor.model.records import House
from monitor.model.sources import Payload
from monitor.parliament.announcements import plan_changes, reach_of, recess_news
from monitor.parliament.calendar import load_calendar
from monitor.presentation.calendar_words import news_in_words
from scrapers.committees import Committees
from scrapers.feeds import Feeds, NamedFeed
from scrapers.folders import LocalFolder
from scrapers.northern_ireland import NorthernIrelandSource
from scrapers.oral_questions import OralQuestions
from scrapers.questions_statements.statements import StatementsSource
from scrapers.scotland import LocalDumps, Scotland
from scrapers.senedd import SeneddSource
from scrapers.senedd.meetings import split_file
from scrapers.strict_json import read_strict
from scrapers.whats_on.business import Business
from scrapers.whats_on.calendar import parse_periods, parse_sessions, parse_sittings
from tests.builders import NOW
from tests.reliability.mutants import spoilt_bytes, spoilt_text
from tests.reliability.readers import ROOT, Make, Read, Reader
from tests.reliability.readers_files import check_proceeding, check_records

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from monitor.model.records import Proceeding

_EXAMPLES = ROOT / "tests" / "scrapers" / "examples"
_ODD: tuple[Any, ...] = (None, 0, -1, 2**40, [], {}, [["x"]], True, 1e300, "0001-01-01T00:00:00", "2199-12-31")


class Parser(Protocol):
    """Parser of payloads of one record."""

    @property
    def name(self) -> str: ...
    def parse(self, payload: Payload) -> Proceeding: ...


def _examples(name: str) -> list[Any]:
    found = sorted((_EXAMPLES / name).glob("*.json"))
    return [json.loads(path.read_bytes()) for path in found if ".expected" not in path.name]


def _spoil(record: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """Change two values of a record, which stays JSON."""
    spoilt = dict(record)
    for name in dice.sample(sorted(spoilt), min(2, len(spoilt))):
        old = spoilt[name] if isinstance(spoilt[name], str) else json.dumps(spoilt[name])
        spoilt[name] = spoilt_text([old], dice) if dice.random() < 0.7 else dice.choice(_ODD)
    return spoilt


def _records(source: Parser, pairs: list[tuple[str, dict[str, Any]]], outer: tuple[str, ...]) -> tuple[Make, Read]:
    """Prepare a source whose payloads are single records. `outer` are the keys around a record, outermost first."""

    def wrapped(record: Any) -> bytes:
        for name in reversed(outer):
            record = {name: record}
        return json.dumps(record).encode()

    def make(dice: random.Random) -> tuple[str, bytes]:
        key, record = dice.choice(pairs)
        if dice.random() < 0.6:
            return key, wrapped(_spoil(record, dice))
        return key, spoilt_bytes([wrapped(record)], dice)

    def read(mutant: tuple[str, bytes]) -> None:
        key, body = mutant
        payload = Payload(source=source.name, key=key, url="", fetched_at=NOW, body=body)
        check_proceeding(source.parse(payload))

    return make, read


def _statements(_: Path) -> tuple[Make, Read]:
    values = [example["value"] for example in _examples("statements") if "value" in example]
    source = StatementsSource(None, "https://a.example")  # type: ignore[arg-type] # it makes no request
    return _records(source, [(str(value["id"]), value) for value in values], ("value",))


def _northern_ireland(_: Path) -> tuple[Make, Read]:
    questions = [example["QuestionsList"]["Question"] for example in _examples("northern_ireland")]
    source = NorthernIrelandSource(None, "https://a.example")  # type: ignore[arg-type] # it makes no request
    return _records(
        source, [(str(question["DocumentId"]), question) for question in questions], ("QuestionsList", "Question")
    )


def _oral_questions(_: Path) -> tuple[Make, Read]:
    source = OralQuestions(None, "https://a.example")  # type: ignore[arg-type] # it makes no request
    return _records(source, [(f"{value['Id']}-{value['UIN']}", value) for value in _examples("oral_questions")], ())


def _whats_on(_: Path) -> tuple[Make, Read]:
    source = Business(None, "https://a.example")  # type: ignore[arg-type] # it makes no request
    events = _examples("whats_on")
    return _records(
        source, [(f"{'com' if event.get('Committee') else 'cal'}{event['Id']}", event) for event in events], ()
    )


def _committees(_: Path) -> tuple[Make, Read]:
    source = Committees(None, "https://a.example")  # type: ignore[arg-type] # it makes no request
    return _records(source, [(str(value["business"]["id"]), value) for value in _examples("committees")], ())


def _senedd(_: Path) -> tuple[Make, Read]:
    pages = {"answered": "99101", "to_be_answered": "99102", "of_2018": "1234", "lines_only": "99104"}
    bodies = [(key, (_EXAMPLES / "senedd" / f"{name}.html").read_bytes()) for name, key in pages.items()]
    pairs = split_file((_EXAMPLES / "senedd" / "not_reached.xml").read_bytes())
    bodies += [(pair.key, pair.body) for pair in pairs]
    source = SeneddSource(None, "https://a.example")  # type: ignore[arg-type] # it makes no request

    def make(dice: random.Random) -> tuple[str, bytes]:
        key, body = dice.choice(bodies)
        return key, spoilt_bytes([body], dice)

    def read(mutant: tuple[str, bytes]) -> None:
        key, body = mutant
        check_proceeding(source.parse(Payload(source=source.name, key=key, url="", fetched_at=NOW, body=body)))

    return make, read


def _scotland(folder: Path) -> tuple[Make, Read]:
    rows = [row for example in _examples("scotland") for row in example if row and "EventID" in row]
    source = Scotland(LocalDumps(LocalFolder(folder)))

    def make(dice: random.Random) -> bytes:
        chosen_rows = [_spoil(row, dice) if dice.random() < 0.5 else row for row in dice.sample(rows, 3)]
        body = json.dumps(chosen_rows).encode()
        return body if dice.random() < 0.6 else spoilt_bytes([body], dice)

    def read(body: bytes) -> None:
        check_records(source, "questions-2031", body)

    return make, read


def _feeds(_: Path) -> tuple[Make, Read]:
    bodies = [path.read_bytes() for path in sorted((_EXAMPLES / "feeds").glob("*.xml"))]
    feed = NamedFeed(name="Umbrellas", url="https://a.example/feed")
    source = Feeds(None, None, [feed])  # type: ignore[arg-type] # it makes no request

    def make(dice: random.Random) -> bytes:
        body = spoilt_bytes([dice.choice(bodies), *bodies[:3]], dice)
        return body.decode("utf-8", "replace").encode("utf-16") if dice.random() < 0.05 else body

    def read(body: bytes) -> None:
        check_records(source, "Umbrellas", body)

    return make, read


def _calendar(_: Path) -> tuple[Make, Read]:
    """Read spoilt answers of the What's On service, and make a sitting calendar of what is accepted."""
    days, asked = WhatsOnDays(), (date(2026, 11, 2), date(2027, 12, 1))
    known_days = {"startdate": [str(asked[0])], "enddate": [str(asked[1])]}
    sittings = days.answer("proceduraldates/commons/sittingdates", known_days)
    house = {"queryparameters.house": ["Commons"]} | {
        f"queryparameters.{name}": day for name, day in known_days.items()
    }
    periods, sessions = days.answer("events/nonsitting", house), days.sessions

    def make(dice: random.Random) -> bytes:
        lists = [sittings["SittingDates"][:9], periods, sessions]
        spoilt = [[_spoil(entry, dice) if dice.random() < 0.02 else entry for entry in rows] for rows in lists]
        body = json.dumps({"SittingDates": spoilt[0], "periods": spoilt[1], "sessions": spoilt[2]}).encode()
        return body if dice.random() < 0.8 else spoilt_bytes([body], dice)

    def read(body: bytes) -> None:
        try:
            data = read_strict(body)
        except (ValueError, RecursionError) as exc:  # the client refuses it
            raise ParseError("no JSON") from exc
        found = parse_sittings(data, House.COMMONS)
        found += parse_periods(_list(data, "periods"), House.COMMONS) + parse_sessions(_list(data, "sessions"))
        changes = plan_changes(KnownAnnouncements(), found, {House.COMMONS: asked})
        rows = tuple(
            StoredAnnouncement(number=number, announcement=row, first_seen_at=NOW, last_seen_at=NOW, gone_at=None)
            for number, row in enumerate(changes.new)
        )
        reach = reach_of(found, asked, asked[0], None)
        state = CalendarState(reach={House.COMMONS: reach} if reach else {})
        calendar = load_calendar((), KnownAnnouncements(stored=rows, state=state))
        due = calendar.nth_sitting_day_after(House.COMMONS, asked[0], 5)
        assert due is None or due > asked[0]
        news_in_words(recess_news(calendar.periods, None, asked[0]))

    return make, read


def _list(data: Any, name: str) -> list[Any]:
    rows = data.get(name) if isinstance(data, dict) else None
    if not isinstance(rows, list):  # the client refuses it
        raise ParseError("no list")
    return rows


API = (
    Reader(name="statements", full=200_000, few=500, prepare=_statements),
    Reader(name="feeds", full=60_000, few=250, prepare=_feeds),
    Reader(name="scotland", full=100_000, few=300, prepare=_scotland),
    Reader(name="senedd", full=60_000, few=200, prepare=_senedd),
    Reader(name="parliament_calendar", full=60_000, few=150, prepare=_calendar),
    Reader(name="northern_ireland", full=200_000, few=500, prepare=_northern_ireland),
    Reader(name="oral_questions", full=200_000, few=300, prepare=_oral_questions),
    Reader(name="whats_on", full=200_000, few=300, prepare=_whats_on),
    Reader(name="committees", full=200_000, few=300, prepare=_committees),
)
