"""RSS and Atom feeds that the user names: announcements, committees, searches. Each entry is a notice.

Any version of RSS (0.9 to 2.0, RDF) and Atom, read by feedparser from bytes, never from an address. What is odd about feeds:

- Mark-up that is broken is the rule: feedparser reads on, which is logged and no failure. What is no feed at all (a page
  that says so in HTML) is one.
- An entry is known by its guid, or where there is none (TheyWorkForYou's searches) by its link, or else by its words.
- The day is that in London of the publication, else of the last change; one that is missing, unreadable, before feeds were
  thought of or more than a day ahead is a slip, and the day on which the feed was fetched counts.
- Texts are mark-up, plain, or either without saying so. feedparser's cleaning is off: words come through `scrapers.markup`,
  which keeps no script and no address but of the web and of mail.
- Parliament's own feeds of written answers and statements (https://api.parliament.uk/written-answers) cut texts as lists do.
  Their entries lead to a question or a statement, which is read whole from its own source instead (`announced`); only
  where that source is not read does the entry count as a notice.
"""

from __future__ import annotations

import calendar
import hashlib
import io
import logging
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin
from xml.sax.saxutils import escape

import feedparser

from monitor.errors import FetchError, ParseError, without_frames
from monitor.model.records import House, Kind, Proceeding
from monitor.model.sources import Announced, FileRef, Parsed, Payload
from monitor.parliament.calendar import LONDON
from scrapers.folders import get_cached
from scrapers.markup import one_line, plain_question, plain_text
from scrapers.questions_statements.api import page_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from monitor.model.records import Link
    from monitor.ports import Cache
    from scrapers.http.client import Client

NAME = "feeds"
FIRST_DAY: Final = date(1990, 1, 1)
"""Before feeds were thought of: a day before it is an empty date (1970-01-01)."""

_SITE = b"questions-statements.parliament.uk"
_KINDS: Final[Mapping[str, type]] = {
    **dict.fromkeys(("links", "content"), list),
    **dict.fromkeys(("title_detail", "summary_detail"), dict),
    **dict.fromkeys(("id", "link", "title", "summary", "published"), str),
    **dict.fromkeys(("published_parsed", "updated_parsed", "created_parsed"), tuple),
}
"""What feedparser's own words stand for."""
_ENTITY = re.compile(rb"<!ENTITY\b", re.IGNORECASE)
_SIGN = re.compile(
    rb"""<!ENTITY\s+[\w.-]+\s+(?:"(?:[^"&%<]|&\#\w+;){0,50}"|'(?:[^'&%<]|&\#\w+;){0,50}')\s*>""", re.IGNORECASE
)
"""An entity that stands for a few letters, as old feeds declare for a no-break space."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFeed:
    """A feed of the configuration; its notices count as of `house`."""

    name: str
    url: str
    house: House = House.COMMONS


class Feeds:
    """The feeds of the configuration, each a file of many entries.

    `elsewhere`: the sources that read for themselves what entries lead to ("questions", "statements"): such entries are no
    notices.
    """

    name = NAME
    version = 1

    def __init__(
        self,
        client: Client,
        cache: Cache | None,
        feeds: Sequence[NamedFeed],
        elsewhere: Collection[str] = (),
    ) -> None:
        self._client, self._cache, self._elsewhere = client, cache, frozenset(elsewhere)
        self._feeds = {feed.name: feed for feed in feeds}
        self._at_hand: dict[str, Payload] = {}

    @property
    def houses(self) -> tuple[House, ...]:
        """The Houses that the feeds are filed under."""
        return tuple(dict.fromkeys(feed.house for feed in self._feeds.values()))

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:  # noqa: ARG002 - it holds what it holds
        """Every feed, whatever the days: only reading it tells which it has."""
        return (FileRef(name=name) for name in self._feeds)

    def fetch(self, ref: FileRef) -> Payload:
        """A feed as it is now. Raises FetchError."""
        at_hand = self._at_hand.pop(ref.name, None)
        if at_hand is not None:
            return at_hand
        feed = self._feeds[ref.name]
        received = get_cached(self._client, self._cache, feed.url)
        return Payload(source=NAME, key=feed.name, url=feed.url, fetched_at=received.fetched_at, body=received.body)

    def records(self, payload: Payload) -> Iterator[Parsed]:
        """The notices of a feed, each once, the newest of those with one guid. Raises ParseError for what is no feed."""
        feed = self._feed(payload)
        newest: dict[str, tuple[date, Any]] = {}
        for entry in _entries(payload):
            named = page_names(_address(entry, payload.url))
            key = _key(entry, payload.url)
            if not key or (named and named[0] in self._elsewhere):
                continue
            day = _day(entry, payload)
            if key not in newest or day > newest[key][0]:
                newest[key] = (day, entry)
        for key, (day, entry) in newest.items():
            yield _parsed(feed, key, day, entry, payload.url)

    def _feed(self, payload: Payload) -> NamedFeed:
        """The feed that a payload is of, or of one entry of which it is (`NAME#KEY`), configured still or no more."""
        starts = [name for name in self._feeds if payload.key == name or payload.key.startswith(f"{name}#")]
        if starts:
            return self._feeds[max(starts, key=len)]
        return NamedFeed(name=payload.key.partition("#")[0], url=payload.url)

    def announced(self, source: str) -> Iterator[Announced]:
        """The records of another source that entries lead to. A feed that can't be read raises nothing: it is told later."""
        for name in self._feeds:
            try:
                payload = self.fetch(FileRef(name=name))
                entries = _entries(payload) if _SITE in payload.body.lower() else []
            except (FetchError, ParseError) as exc:
                logger.info("announced feed=%r error=%r", name, str(exc))
                continue
            self._at_hand[name] = payload
            for entry in entries:
                named = page_names(_address(entry, payload.url))
                if named and named[0] == source:
                    yield Announced(dated_on=named[1], uin=named[2], day=_day(entry, payload))


def _entries(payload: Payload) -> list[dict[str, Any]]:
    """What feedparser finds. Raises ParseError for what is no feed, and for one that declares what it may not."""
    seen = payload.body.replace(b"\0", b"")
    if len(_ENTITY.findall(seen)) != len(_SIGN.findall(seen)):
        raise ParseError(
            f"The feed {payload.key} declares entities, with which texts can be blown up: it is not read.",
            key=payload.key,
        )
    try:
        found = feedparser.parse(
            io.BytesIO(_SIGN.sub(b"", payload.body)),  # feedparser knows the usual ones, and garbles those declared
            response_headers={"content-type": "application/xml"},  # so that what the file says of its letters counts
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as exc:  # it is upset by half a surrogate pair, for one, and what else nobody knows
        raise ParseError(f"The feed {payload.key} can't be read ({exc!r:.100}).", key=payload.key) from exc
    entries = [_own(entry) for entry in found["entries"]]
    if not entries and not found.get("version"):
        raise ParseError(f"What came from {payload.url} is neither RSS nor Atom: check url.", key=payload.key)
    if found["bozo"]:
        logger.warning("feed name=%r is not well formed: %s", payload.key, found.get("bozo_exception"))
    return entries


def _own(entry: dict[str, Any]) -> dict[str, Any]:
    """What feedparser says of an entry: an element that is called as one of its own words, `<links>`, comes as a text."""
    # Its own ways give one date for another.
    kept: dict[str, Any] = {
        name: value for name, value in dict.items(entry) if isinstance(value, _KINDS.get(name, object))
    }
    for name in ("links", "content"):
        kept[name] = [one for one in kept.get(name, ()) if isinstance(one, dict)]
    for name in ("title", "summary"):
        kept.setdefault(f"{name}_detail", {"value": kept.get(name)})
    return kept


def _parsed(feed: NamedFeed, key: str, day: date, entry: Mapping[str, Any], base: str) -> Parsed:
    try:
        text, links = _words(entry)
    except ParseError as exc:
        return Parsed(key=key, error=without_frames(exc), excerpt=_alone(entry))
    return Parsed(
        key=key,
        proceeding=Proceeding(
            id=f"n-{_digits(feed.name, key)}",
            source=NAME,
            kind=Kind.NOTICE,
            house=feed.house,
            url=_address(entry, base) or None,
            heading=one_line(_plain(entry["title_detail"])[0]),
            text=text or None,
            made_on=day,
            links=links,
        ),
    )


def _words(entry: Mapping[str, Any]) -> tuple[str, tuple[Link, ...]]:
    """The longest of what an entry says: its content, else its summary."""
    details = [*entry["content"], entry["summary_detail"]]
    return max((_plain(detail) for detail in details), key=lambda found: len(found[0]))


def _plain(detail: Mapping[str, Any]) -> tuple[str, tuple[Link, ...]]:
    """A text as plain text: mark-up unless it is said to be plain."""
    text = detail.get("value") or ""
    if detail.get("type") == "text/plain":
        return plain_question(text), ()
    return plain_text(text)


def _key(entry: Mapping[str, Any], base: str) -> str:
    """What an entry is known by in its feed; "" for one that says nothing at all."""
    known = one_line(entry.get("id")) or _address(entry, base)
    if known:
        return known
    words = "\n".join(filter(None, (entry.get("title"), entry.get("summary"))))
    return f"words {_digits(words)}" if words.strip() else ""


def _address(entry: Mapping[str, Any], base: str) -> str:
    """The page of an entry, "" where it names none of the web. `base`: where the feed is, for one that is relative."""
    links = [link.get("href") for link in entry["links"] if link.get("rel") == "alternate"]
    for address in (*(_joined(base, link) for link in links), one_line(entry.get("link")), one_line(entry.get("id"))):
        if address and address.lower().startswith(("http://", "https://")) and " " not in address:
            return address
    return ""


def _joined(base: str, link: str | None) -> str | None:
    try:
        return one_line(urljoin(base, link.strip())) if link and link.strip() else None
    except ValueError:  # half a bracket, say
        return None


def _day(entry: Mapping[str, Any], payload: Payload) -> date:
    """The day of publication in London, else of the last change, else on which it was fetched."""
    fetched_on = payload.fetched_at.astimezone(LONDON).date()
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        parsed = entry.get(name)
        if parsed is None:
            continue
        try:
            day = datetime.fromtimestamp(calendar.timegm(parsed), UTC).astimezone(LONDON).date()
        except (ValueError, OverflowError, OSError):
            continue
        if FIRST_DAY <= day <= fetched_on + timedelta(days=1):
            return day
    return fetched_on


def _digits(*texts: str) -> str:
    """A hash in figures, for ids end in one."""
    digest = hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).digest()
    return f"{int.from_bytes(digest[:8]):020d}"


def _alone(entry: Mapping[str, Any]) -> bytes:
    """An entry as a feed of its own, as far as it could not be read."""
    tags = {
        "guid": entry.get("id"),
        "link": entry.get("link"),
        "title": entry.get("title"),
        "pubDate": entry.get("published"),
        "description": max((one.get("value") or "" for one in entry["content"]), default=entry.get("summary")),
    }
    inner = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in tags.items() if text)
    return f'<rss version="2.0"><channel><item>{inner}</item></channel></rss>'.encode("utf-8", "replace")
