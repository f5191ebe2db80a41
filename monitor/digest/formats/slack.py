"""A digest as a message to Slack: blocks, for an incoming webhook.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and /reference/block-kit/blocks: a message has 50
blocks, a section 3,000 characters, a header 150, all texts together 40,000. Links are written as Slack has them, and
nothing in a text can call a channel or a person.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from monitor.digest.formats.brief import largest
from monitor.presentation.wording import shorten

if TYPE_CHECKING:
    from monitor.digest.formats.brief import Brief, BriefLine

MOST_BLOCKS: Final = 50
MOST_IN_BLOCK: Final = 3_000
MOST_IN_HEADER: Final = 150
MOST_IN_ALL: Final = 40_000


def slack(brief: Brief) -> bytes:
    """Return the message, with as many items as Slack accepts."""
    return json.dumps(largest(brief, _message, _fits), ensure_ascii=False).encode("utf-8", "replace")


def _fits(message: dict[str, Any]) -> bool:
    return len(message["blocks"]) <= MOST_BLOCKS and len(json.dumps(message["blocks"])) <= MOST_IN_ALL


def _message(brief: Brief) -> dict[str, Any]:
    header = {"type": "plain_text", "text": shorten(brief.title, MOST_IN_HEADER), "emoji": False}
    lead = [_plain(sentence) for sentence in (brief.cut, *brief.lead) if sentence]
    texts = [text for group in brief.groups for text in _packed(f"*{_plain(group.title)}*", map(_item, group.lines))]
    foot = {"type": "mrkdwn", "text": " ".join(map(_plain, brief.foot))}
    return {
        "text": _plain(brief.title),
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [
            {"type": "header", "text": header},
            *(
                {"type": "section", "text": {"type": "mrkdwn", "text": text}}
                for text in (*_packed("", lead), *texts)
                if text
            ),
            {"type": "context", "elements": [foot]},
        ],
    }


def _packed(title: str, items: Any) -> list[str]:
    """Return a title, "" for none, and its items in as few text blocks as possible."""
    texts = [title]
    for item in items:
        if len(texts[-1]) + 1 + len(item) > MOST_IN_BLOCK:
            texts.append(item)
        else:
            texts[-1] += f"\n{item}" if texts[-1] else item
    return texts


def _item(line: BriefLine) -> str:
    label = f"*{_plain(line.label)}:* " if line.label else ""
    heading = _link(line.heading, line.url) if line.url else _plain(line.heading)
    return f"• {label}{heading}{line.after_heading(_plain, _link)}"


def _link(text: str, url: str) -> str:
    address = url.replace("|", "%7C").replace(">", "%3E").replace("<", "%3C")
    return f"<{address}|{_plain(text)}>"


def _plain(text: str) -> str:
    """Escaped as Slack asks for: so that what is quoted is no link and no mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
