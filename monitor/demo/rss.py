"""Parliament's own feed of written answers: RSS 2.0, newest first, texts cut as lists cut them.

A correction repeats guid and link of the answer with the day of the correction.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from monitor.demo.questions_api import list_view

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitor.demo.store import DemoMember, Value

PAGES = "https://questions-statements.parliament.uk/written-questions/detail"


def answers_feed(values: Iterable[Value], members: Mapping[int, DemoMember], *, address: str, body: str | None) -> str:
    """Return the feed of answered `values`, newest first. `body`: the only answering body of the feed, if it has one."""
    items = [_item(list_view(value), members) for value in values if value["dateAnswered"]]
    source = f" from the {body}" if body else ""
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">',
            "<channel>",
            f"<title>Written answers to parliamentary questions{escape(source)}</title>",
            f"<description>Answers to written questions{escape(source)}</description>",
            f"<link>{PAGES}</link>",
            "<copyright>https://www.parliament.uk/site-information/copyright-parliament/</copyright>",
            "<language>en-uk</language>",
            "<managingEditor>feeds@example.org</managingEditor>",
            f'<atom:link rel="self" type="application/rss+xml" href="{escape(address)}" />',
            *items,
            "</channel>",
            "</rss>",
            "",
        ]
    )


def hashtags(heading: str | None) -> str:
    """Return the heading as the feed prints it: its parts, cut at the colon, as one word each."""
    parts = (heading or "Question").split(":")
    return " ".join("#" + "".join(word[:1].upper() + word[1:] for word in re.findall(r"\w+", part)) for part in parts)


def _item(value: Value, members: Mapping[int, DemoMember]) -> str:
    day = value["dateAnswerCorrected"] or value["dateAnswered"]
    published = format_datetime(datetime.fromisoformat(day).replace(tzinfo=UTC))
    tabled = datetime.fromisoformat(value["dateTabled"])
    page = f"{PAGES}/{tabled:%Y-%m-%d}/{value['uin']}"
    asker = _name(members, value["askingMemberId"])
    subject = f"a question on {hashtags(value['heading'])} tabled by {asker} on {tabled:%d-%m-%Y} has been"
    if value["dateAnswerCorrected"]:
        title = f"An earlier answer to {subject} corrected by {_name(members, value['correctingMemberId'])}."
    else:
        title = f"A{subject[1:]} answered by {_name(members, value['answeringMemberId'])}."
    text = f"<p>[Question] {value['questionText']}</p> <p>[Answer] {value['answerText']}</p>"
    return (
        f"<item><guid>{page}</guid><title>{escape(title)}</title><link>{page}</link><pubDate>{published}</pubDate>"
        f"<description><![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]></description></item>"
    )


def _name(members: Mapping[int, DemoMember], member_id: int | None) -> str:
    member = members.get(member_id or 0)
    return member.name if member else "a member"
