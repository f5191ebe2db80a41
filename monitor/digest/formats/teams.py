"""A digest as a message to Microsoft Teams: an Adaptive Card, for a webhook of the Workflows app.

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook: 28 kB in all. Texts
are Markdown there, which is escaped, so that they are shown as they are.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from monitor.digest.formats.brief import largest

if TYPE_CHECKING:
    from monitor.digest.formats.brief import Brief, BriefLine

MOST_BYTES: Final = 28_000
_MARKS: Final = re.compile(r"([\\*_\[\]`~#<>|])")
_AT_BEGIN: Final = re.compile(r"^(\d+|)([.)+-])")
"""Characters that would begin a list in Markdown."""


def teams(brief: Brief) -> bytes:
    """Return the message, with as many items as Teams accepts."""
    return largest(brief, _message, lambda written: len(written) <= MOST_BYTES)


def _message(brief: Brief) -> bytes:
    body = [_text(_plain(brief.title), weight="Bolder", size="Large")]
    body += [_text(_plain(brief.cut), weight="Bolder")] if brief.cut else []
    body += [_text(" ".join(map(_plain, brief.lead)))] if brief.lead else []
    for group in brief.groups:
        body.append(_text(_plain(group.title), weight="Bolder", size="Medium"))
        body += [_text(f"- {_item(line)}", spacing="Small") for line in group.lines]
    body.append(_text(" ".join(map(_plain, brief.foot)), isSubtle=True, size="Small"))
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return json.dumps({"type": "message", "attachments": [content]}, ensure_ascii=False).encode("utf-8", "replace")


def _text(text: str, **look: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **look}


def _item(line: BriefLine) -> str:
    label = f"**{_plain(line.label)}:** " if line.label else ""
    heading = _link(line.heading, line.url) if line.url else _plain(line.heading)
    return f"{label}{heading}{line.after_heading(_plain, _link)}"


def _link(text: str, url: str) -> str:
    address = url.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
    return f"[{_plain(text)}]({address})"


def _plain(text: str) -> str:
    return _AT_BEGIN.sub(r"\1\\\2", _MARKS.sub(r"\\\1", text))
