"""A feed as Atom (RFC 4287), and as JSON Feed 1.1 (jsonfeed.org/version/1.1).

Written by the standard library: those of feed libraries that are kept up take the clock where a date is missing, and write
links to nowhere where there is no page. The result depends on the feed alone.
"""

from __future__ import annotations

import json
import re
from datetime import UTC
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from monitor.presentation.feeds.document import AUTHOR, LANGUAGE

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.presentation.feeds.document import Feed, FeedEntry

_ATOM_TYPE = "application/atom+xml"
_ATOM = "http://www.w3.org/2005/Atom"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow."""


# -- Atom -------------------------------------------------------------------------------------------------------------


def atom(feed: Feed) -> bytes:
    """Write a feed as Atom, in UTF-8. The same feed gives the same bytes."""
    register_namespace("", _ATOM)
    root = Element(f"{{{_ATOM}}}feed", {"xml:lang": LANGUAGE})
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    if feed.about:
        _add(root, "subtitle", feed.about)
    _add(root, "updated", _instant(feed.updated))
    _add(_add(root, "author"), "name", AUTHOR)
    if feed.url:
        _add(root, "link", rel="self", type=_ATOM_TYPE, href=feed.url)
    if feed.page:
        _add(root, "link", rel="alternate", type="text/html", href=feed.page)
    if feed.rights:
        _add(root, "rights", feed.rights)
    for entry in feed.entries:
        _add_entry(root, entry)
    indent(root, space="")  # a line for each element: what changed is seen by comparing
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _add_entry(root: Element, entry: FeedEntry) -> None:
    element = _add(root, "entry")
    _add(element, "id", entry.id)
    _add(element, "title", entry.title)
    if entry.published:
        _add(element, "published", _instant(entry.published))
    _add(element, "updated", _instant(entry.updated))
    if entry.author:
        _add(_add(element, "author"), "name", entry.author)
    if entry.url:
        _add(element, "link", rel="alternate", type="text/html", href=entry.url)
    for tag in entry.tags:
        _add(element, "category", term=tag)
    if entry.summary:
        _add(element, "summary", entry.summary)
    _add(element, "content", entry.html, type="html")


def _add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    element = SubElement(parent, f"{{{_ATOM}}}{name}", {key: _in_xml(value) for key, value in attributes.items()})
    element.text = _in_xml(text) or None
    return element


def _in_xml(text: str) -> str:
    return _NOT_IN_XML.sub("", text)


# -- JSON Feed --------------------------------------------------------------------------------------------------------


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
