"""Mails that are sent again to somebody else than their reader."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from monitor.digest.formats.email import build_message
from monitor.digest.render import Rendered
from monitor.model.copies import passed_on

PAGE = (
    '<p>Ärzte said "<b>no</b>".</p><a href="https://desk.example/records/q-1">Story</a>'
    '<span class="own-link">, <a href="https://desk.example/own/T1">follow it</a></span>'
    '<p class="m" id="own-links"><a href="https://desk.example/own/T2">your preferences</a></p>'
)
TEXT = """1  WATER
Story, changes, citations:
https://desk.example/records/q-1
Follow it:
https://desk.example/own/T1

A  Follow it: he said: https://www.gov.uk/
You get this as "Ärzte".
Read it in a browser: https://desk.example/own/T3
Your preferences: https://desk.example/own/T2
Stop these mails: https://desk.example/own/T4
"""


def a_mail(text: str, page: str, *, one_click: str = "") -> bytes:
    return build_message(
        Rendered(subject="Wässer", preheader="", text=text, html=page),
        sender="watch@example.org",
        recipient="ann@example.org",
        message_id=f"<{'0' * 32}@example.org>",
        date=datetime(2026, 12, 1, tzinfo=UTC),
        list_id="pqwatch <desk.example.org>",
        unsubscribe="stop@example.org",
        one_click=one_click,
    )


def test_the_reader_keeps_their_links_for_themselves() -> None:
    mail = message_from_bytes(
        passed_on(a_mail(TEXT, PAGE, one_click="https://desk.example/own/T4")), policy=policy.default
    )
    text, page = (
        str(part.get_content()).replace("\r\n", "\n") for kind in ("plain", "html") if (part := mail.get_body((kind,)))
    )
    assert "/own/" not in str(mail) + text + page
    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (None, None)
    assert text == TEXT.replace("Follow it:\nhttps://desk.example/own/T1\n", "").partition("Read it")[0]
    assert page.startswith(PAGE.partition("<span")[0])
    assert (mail["Subject"], mail["To"], mail["Message-ID"]) == (
        "Wässer",
        "ann@example.org",
        f"<{'0' * 32}@example.org>",
    )
    assert mail["List-Id"] == '"pqwatch" <desk.example.org>'


@pytest.mark.parametrize("is_bare", [True, False])
def test_a_mail_without_such_links_stays_as_it_is(is_bare: bool) -> None:
    mail = b"Subject: water\r\n\r\nNo links.\r\n" if is_bare else a_mail("No links.\n", "<p>No links.</p>")
    assert passed_on(mail) == mail
