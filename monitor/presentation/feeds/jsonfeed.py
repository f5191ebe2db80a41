"""A feed as JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from monitor.presentation.feeds.document import AUTHOR, LANGUAGE

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.presentation.feeds.document import Feed, FeedEntry

MEDIA_TYPE = "application/feed+json"


def json_feed(feed: Feed) -> bytes:
    """Write a feed as JSON Feed, in UTF-8. The same feed gives the same bytes."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        **_known(description=feed.about, home_page_url=feed.page, feed_url=feed.url),
        "language": LANGUAGE,
        "authors": [{"name": AUTHOR}],
        "items": [_item(entry) for entry in feed.entries],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


def _item(entry: FeedEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        **_known(url=entry.url, title=entry.title),
        "content_html": entry.html,
        **_known(summary=entry.summary),
        **({"date_published": _instant(entry.published)} if entry.published else {}),
        "date_modified": _instant(entry.updated),
        **({"authors": [{"name": entry.author}]} if entry.author else {}),
        **({"tags": list(entry.tags)} if entry.tags else {}),
    }


def _known(**facts: str) -> dict[str, str]:
    """Return the keys with a value: the format has no empty ones."""
    return {key: value for key, value in facts.items() if value}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
