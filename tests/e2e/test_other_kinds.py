"""Statements and feeds beside the questions, from the network to the digest, each mailed once."""

from __future__ import annotations

from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from monitor.demo.sample import FIRST_DAY
from tests.e2e.desk import Desk, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.demo.mailserver import MailServer
    from monitor.demo.parliament import Parliament

DAY = FIRST_DAY.isoformat()
WORDS = "The paedophile unit of the Umbrella Office moves to Upper Sample."


class Feed(BaseHTTPRequestHandler):
    """Server of one feed, with an ETag."""

    body: ClassVar[bytes] = b""
    sent: ClassVar[list[int]] = []

    def do_GET(self) -> None:
        status = 304 if self.headers.get("If-None-Match") == '"1"' else 200
        self.sent.append(status)
        body = self.body if status == 200 else b""
        self.send_response(status)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def feed() -> Iterator[str]:
    """Serve a feed with one entry of the day. Yield its URL."""
    Feed.body = (
        '<rss version="2.0"><channel><title>Umbrella Office</title><item><guid>u1</guid><title>News of the office</title>'
        f"<link>https://umbrellas.example/1</link><pubDate>{FIRST_DAY:%a, %d %b %Y} 09:00:00 GMT</pubDate>"
        f"<description>{WORDS}</description></item></channel></rss>"
    ).encode()
    Feed.sent.clear()
    server = HTTPServer(("127.0.0.1", 0), Feed)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/news.rss"
    server.shutdown()
    thread.join()
    server.server_close()


def a_statement(**facts: Any) -> dict[str, Any]:
    made = {
        "id": 9100001,
        "uin": "HCWS901",
        "house": "Commons",
        "dateMade": f"{DAY}T00:00:00",
        "title": "Moves of offices",
    }
    text = "<p>I am today telling the House where offices go. " + "It is a long list. " * 20 + f"</p><p>{WORDS}</p>"
    about = {"memberId": None, "member": None, "memberRole": "Minister for Umbrellas", "noticeNumber": 1}
    body = {"answeringBodyId": 901, "answeringBodyName": "Department for Umbrellas"}
    rest = {"hasAttachments": False, "hasLinkedStatements": False, "linkedStatements": [], "attachments": []}
    return {**made, "text": text, **about, **body, **rest, **facts}


def test_statements_and_notices_are_found_and_mailed_once(
    tmp_path: Path, parliament: Parliament, mail: MailServer, feed: str
) -> None:
    last, older = (f"{FIRST_DAY - timedelta(days=days)}T00:00:00" for days in (1, 4))
    parliament.statements = [
        a_statement(),
        a_statement(id=9100002, uin="HLWS902", house="Lords", dateMade=last),
        a_statement(id=9100003, uin="HLWS903", house="Lords", dateMade=older),
    ]
    tables = f'[sources.statements]\nbase_url = "{parliament.url}"\n[[sources.feeds]]\nname = "Office"\nurl = "{feed}"'
    five_days = "look_back_days = 5"
    desk = Desk(folder=tmp_path / "desk", parliament=parliament, mail=mail, questions=five_days, tables=tables)
    desk.with_archive()
    for _ in range(2):
        done = desk.run("run", "--as-of", DAY)
        assert done.code == 0, done.err
    stored = desk.stored()
    statement, history = stored["s-9100001"], stored["s-9100003"]
    assert (statement["kind"], statement["date"], statement["uin"]) == ("statement", DAY, "HCWS901")
    assert statement["text"].endswith(WORDS)
    assert (history["house"], history["uin"]) == ("lords", "HLWS903")
    [notice] = [record for record in stored.values() if record["kind"] == "notice"]
    assert (notice["text"], notice["date"], notice["url"]) == (WORDS, DAY, "https://umbrellas.example/1")
    [message] = desk.messages()
    text = text_of(message)
    assert "Moves of offices" in text
    assert "News of the office" in text
    assert "HLWS902" in text  # a first run mails the last day with statements
    assert "HLWS903" not in text
    assert Feed.sent == [200, 304]
