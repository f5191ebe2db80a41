"""RSS and Atom feeds that the user names: announcements, committees, searches. Each entry becomes a notice.

Source: the addresses in the configuration; the licence is that of their publishers.
Any version of RSS (0.9 to 2.0, RDF) and Atom, read by feedparser from bytes, never from an address. Oddities:

- Broken mark-up is the rule: feedparser reads on, which is logged and is no failure. A page that is no feed at all, such as
  an error message in HTML, is one.
- An entry is known by its guid, or without one (TheyWorkForYou's searches) by its link, or else by its words.
- Its day is that of the publication in London, else of the last change. A day that is missing, unreadable, before feeds
  existed or more than a day ahead is a slip; then the day on which the entry was first read counts. It is not known here, so
  such a notice has no day yet: that of each fetching would make another notice of it every day.
- Texts are mark-up, plain, or either without saying so. feedparser's cleaning is off: words come through `scrapers.markup`,
  which keeps no script and no links but those of the web and of mail.
- Parliament's own feeds of written answers and statements (https://api.parliament.uk/written-answers) cut texts as lists do.
  Their entries lead to a question or a statement, which is read whole from its own source instead (`announced`); only if
  that source is not read does the entry count as a notice.

Last checked: November 2026, with feedparser 6.0; Parliament's own feeds are known from the program that writes them.
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
from scrapers.questions_statements.api import read_public_page

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from monitor.model.records import Link
    from monitor.ports import Cache
    from scrapers.http.client import Client

NAME = "feeds"
FIRST_DAY: Final = date(1990, 1, 1)
"""Start of the decade in which feeds were invented: an earlier day is an empty date (1970-01-01)."""

_PUBLIC_SITE = b"questions-statements.parliament.uk"
_TYPES: Final[Mapping[str, type]] = {
    **dict.fromkeys(("links", "content"), list),
    **dict.fromkeys(("title_detail", "summary_detail"), dict),
    **dict.fromkeys(("id", "link", "title", "summary", "published"), str),
    **dict.fromkeys(("published_parsed", "updated_parsed", "created_parsed"), tuple),
}
"""Types of feedparser's own keys."""
_ENTITY = re.compile(rb"<!ENTITY\b", re.IGNORECASE)
_CHARACTER_ENTITY = re.compile(
    rb"""<!ENTITY\s+[\w.-]+\s+(?:"(?:[^"&%<]|&\#\w+;){0,50}"|'(?:[^'&%<]|&\#\w+;){0,50}')\s*>""", re.IGNORECASE
)
"""An entity that stands for a few characters, as old feeds declare for a no-break space."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFeed:
    """A feed of the configuration. Its notices are filed under `house`."""

    name: str
    url: str
    house: House = House.COMMONS


class Feeds:
    """Feeds of the configuration, each a file of many entries.

    `other_sources`: the names of sources that read for themselves what entries lead to ("questions", "statements"). Such
    entries are no notices.
    """

    name = NAME
    version = 1

    def __init__(
        self,
        client: Client,
        cache: Cache | None,
        feeds: Sequence[NamedFeed],
        other_sources: Collection[str] = (),
    ) -> None:
        self._client, self._cache, self._other_sources = client, cache, frozenset(other_sources)
        self._feeds = {feed.name: feed for feed in feeds}
        self._announcing: dict[str, Payload] = {}

    @property
    def houses(self) -> tuple[House, ...]:
        """Houses that the feeds are filed under."""
        return tuple(dict.fromkeys(feed.house for feed in self._feeds.values()))

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:  # noqa: ARG002 - see below
        """List every feed, whatever the days: only its contents tell which days it holds."""
        return (FileRef(name=name) for name in self._feeds)

    def fetch(self, ref: FileRef) -> Payload:
        """Fetch a feed as it is now. Raises FetchError."""
        fetched_before = self._announcing.pop(ref.name, None)
        if fetched_before is not None:
            return fetched_before
        feed = self._feeds[ref.name]
        received = get_cached(self._client, self._cache, feed.url)
        return Payload(source=NAME, key=feed.name, url=feed.url, fetched_at=received.fetched_at, body=received.body)

    def records(self, payload: Payload) -> Iterator[Parsed]:
        """Parse the notices of a feed, of those with one guid the newest. Raises ParseError for a body that is no feed."""
        feed = self._feed_of(payload)
        fetched_on = _fetched_on(payload)
        newest: dict[str, tuple[date | None, Any]] = {}
        for entry in _read_entries(payload):
            page = read_public_page(_address_of(entry, payload.url))
            key = _key_of(entry, payload.url)
            is_read_elsewhere = page is not None and page[0] in self._other_sources
            if not key or is_read_elsewhere:
                continue
            day = _day_of(entry, fetched_on)
            if key not in newest or (day or fetched_on) > (newest[key][0] or fetched_on):
                newest[key] = (day, entry)
        for key, (day, entry) in newest.items():
            yield _parse(feed, key, day, entry, payload.url)

    def _feed_of(self, payload: Payload) -> NamedFeed:
        """Find the feed of a payload, which may hold a single entry (`NAME#KEY`), even if it is no longer configured."""
        names = [name for name in self._feeds if payload.key == name or payload.key.startswith(f"{name}#")]
        if names:
            return self._feeds[max(names, key=len)]
        return NamedFeed(name=payload.key.partition("#")[0], url=payload.url)

    def announced(self, source: str) -> Iterator[Announced]:
        """Find the records of another source that entries lead to. A feed that can't be read is only logged."""
        for name in self._feeds:
            try:
                payload = self.fetch(FileRef(name=name))
                entries = _read_entries(payload) if _PUBLIC_SITE in payload.body.lower() else []
            except (FetchError, ParseError) as exc:
                logger.info("announced feed=%r error=%r", name, str(exc))
                continue
            self._announcing[name] = payload
            fetched_on = _fetched_on(payload)
            for entry in entries:
                page = read_public_page(_address_of(entry, payload.url))
                if page and page[0] == source:
                    yield Announced(dated_on=page[1], uin=page[2], day=_day_of(entry, fetched_on) or fetched_on)


def _read_entries(payload: Payload) -> list[dict[str, Any]]:
    """Let feedparser read a body. Raises ParseError if it is no feed, or declares entities that may grow."""
    body = payload.body.replace(b"\0", b"")
    if len(_ENTITY.findall(body)) != len(_CHARACTER_ENTITY.findall(body)):
        raise ParseError(
            f"The feed {payload.key} declares entities, with which texts can be blown up: it is not read.",
            key=payload.key,
        )
    try:
        feed = feedparser.parse(
            io.BytesIO(
                _CHARACTER_ENTITY.sub(b"", payload.body)
            ),  # it knows the usual entities, and garbles declared ones
            response_headers={"content-type": "application/xml"},  # so that the encoding that the file declares counts
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as exc:  # feedparser raises many kinds, on half a surrogate pair for example
        raise ParseError(f"The feed {payload.key} can't be read ({exc!r:.100}).", key=payload.key) from exc
    entries = [_clean_entry(entry) for entry in feed["entries"]]
    if not entries and not feed.get("version"):
        raise ParseError(f"What came from {payload.url} is neither RSS nor Atom: check url.", key=payload.key)
    if feed["bozo"]:
        logger.warning("feed name=%r is not well formed: %s", payload.key, feed.get("bozo_exception"))
    return entries


def _clean_entry(entry: dict[str, Any]) -> dict[str, Any]:
    """Keep the values that have the type of their key: an element called `<links>`, for one, comes as a text."""
    # dict.items, since feedparser's own methods give one date for another.
    kept: dict[str, Any] = {
        name: value for name, value in dict.items(entry) if isinstance(value, _TYPES.get(name, object))
    }
    for name in ("links", "content"):
        kept[name] = [value for value in kept.get(name, ()) if isinstance(value, dict)]
    for name in ("title", "summary"):
        kept.setdefault(f"{name}_detail", {"value": kept.get(name)})
    return kept


def _parse(feed: NamedFeed, key: str, day: date | None, entry: Mapping[str, Any], base: str) -> Parsed:
    try:
        text, links = _longest_text(entry)
    except ParseError as exc:
        return Parsed(key=key, error=without_frames(exc), excerpt=_as_feed(entry))
    return Parsed(
        key=key,
        proceeding=Proceeding(
            id=f"n-{_hash_digits(feed.name, key)}",
            source=NAME,
            kind=Kind.NOTICE,
            house=feed.house,
            url=_address_of(entry, base) or None,
            heading=one_line(_plain_text(entry["title_detail"])[0]),
            text=text or None,
            made_on=day,
            links=links,
        ),
    )


def _longest_text(entry: Mapping[str, Any]) -> tuple[str, tuple[Link, ...]]:
    """Return the longest text of an entry: its content or its summary."""
    details = [*entry["content"], entry["summary_detail"]]
    texts = (_plain_text(detail) for detail in details)
    return max(texts, key=lambda text_and_links: len(text_and_links[0]))


def _plain_text(detail: Mapping[str, Any]) -> tuple[str, tuple[Link, ...]]:
    """Turn a text into plain text. It is mark-up unless the feed says otherwise."""
    text = detail.get("value") or ""
    if detail.get("type") == "text/plain":
        return plain_question(text), ()
    return plain_text(text)


def _key_of(entry: Mapping[str, Any], base: str) -> str:
    """Return the key of an entry in its feed; "" for one without any words."""
    known = one_line(entry.get("id")) or _address_of(entry, base)
    if known:
        return known
    words = "\n".join(filter(None, (entry.get("title"), entry.get("summary"))))
    return f"words {_hash_digits(words)}" if words.strip() else ""


def _address_of(entry: Mapping[str, Any], base: str) -> str:
    """Find the web address of an entry's page, "" if it has none. `base`: the feed's own address."""
    links = [link.get("href") for link in entry["links"] if link.get("rel") == "alternate"]
    for address in (*(_join_url(base, link) for link in links), one_line(entry.get("link")), one_line(entry.get("id"))):
        if address and address.lower().startswith(("http://", "https://")) and " " not in address:
            return address
    return ""


def _join_url(base: str, link: str | None) -> str | None:
    try:
        return one_line(urljoin(base, link.strip())) if link and link.strip() else None
    except ValueError:  # an address with half a bracket, for example
        return None


def _fetched_on(payload: Payload) -> date:
    return payload.fetched_at.astimezone(LONDON).date()


def _day_of(entry: Mapping[str, Any], fetched_on: date) -> date | None:
    """Find the day of publication in London, else of the last change; None where there is no day that can be."""
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
    return None


def _hash_digits(*texts: str) -> str:
    """Hash texts into digits, since ids end in a number."""
    digest = hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).digest()
    return f"{int.from_bytes(digest[:8]):020d}"


def _as_feed(entry: Mapping[str, Any]) -> bytes:
    """Write an entry as a feed of its own, for the quarantine."""
    tags = {
        "guid": entry.get("id"),
        "link": entry.get("link"),
        "title": entry.get("title"),
        "pubDate": entry.get("published"),
        "description": max((content.get("value") or "" for content in entry["content"]), default=entry.get("summary")),
    }
    inner = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in tags.items() if text)
    return f'<rss version="2.0"><channel><item>{inner}</item></channel></rss>'.encode("utf-8", "replace")
