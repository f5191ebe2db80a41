"""Hostile networks: six servers that get neither mail nor password, and safe names of files."""

from __future__ import annotations

import os
import re
import ssl
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
import trustme

from monitor.delivery.folder import FolderMailer
from monitor.digest.formats.email import build_message
from monitor.digest.render import Rendered
from monitor.errors import DeliveryError
from tests.canaries import sung
from tests.smtpserver import SmtpServer
from tests.unit.delivery_kit import letter, mailer, server_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AUTHORITY = trustme.CA()
BOTH = b"250-mail.example.org\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS"


@pytest.fixture(scope="module")
def cafile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return path


def expired() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    years = (datetime(year, 1, 1, tzinfo=UTC) for year in (2019, 2020))
    AUTHORITY.issue_cert("localhost", not_before=next(years), not_after=next(years)).configure_cert(context)
    return context


SERVERS: dict[str, tuple[Callable[[], SmtpServer], str]] = {
    "offers no STARTTLS": (SmtpServer, "offers no STARTTLS"),
    "offers it, then garbage": (
        lambda: SmtpServer("STARTTLS", "garbage", replies={"EHLO": [BOTH]}),
        "sent something that is no reply",
    ),
    "offers it, then leaves": (lambda: SmtpServer(replies={"EHLO": [BOTH]}), "TLS with"),
    "signed by itself": (lambda: SmtpServer(tls=server_context(trustme.CA())), "not to be trusted"),
    "of another name": (lambda: SmtpServer(tls=server_context(AUTHORITY, "mail.example.org")), "not to be trusted"),
    "expired": (lambda: SmtpServer(tls=expired()), "not to be trusted"),
    "takes a password before TLS only": (
        lambda: SmtpServer(tls=server_context(AUTHORITY), replies={"EHLO": [BOTH, b"250 mail.example.org"]}),
        "password",
    ),
}


@pytest.mark.parametrize(("server", "said"), SERVERS.values(), ids=SERVERS)
def test_no_word_of_a_mail_and_no_password_before_tls_is_sure(
    server: Callable[[], SmtpServer], said: str, cafile: Path
) -> None:
    done: list[str] = []

    def accepted(reply: str) -> None:
        done.append(reply)

    with server() as it:
        post = mailer(it, cafile)
        with pytest.raises(DeliveryError, match=re.escape(said)) as caught:
            post.deliver(letter().message, letter().recipient, lambda: done.append("dot"), accepted)
        post.close()
    assert {command.split(" ")[0].upper() for command in it.commands} <= {"EHLO", "STARTTLS", "QUIT"}
    assert not any(map(sung, it.commands))
    assert (caught.value.scope, done, it.accepted, it.recipients) == ("server", [], [], [])
    assert not sung(str(caught.value))


HOSTILE = {
    "upwards": "../../../etc/cron.d/x",
    "upwards, the other way": "..\\..\\windows\\x",
    "absolute": "/etc/passwd",
    "a drive": "C:\\autoexec.bat",
    "two dots": "..",
    "one dot": ".",
    "a hidden file": ".bashrc",
    "an option": "-rf *",
    "a device": "CON",
    "another device": "nul.txt",
    "NUL": "a\0.html",
    "300 letters": "w" * 300,
    "300 letters of four bytes": "\U0001d5ba" * 300,
    "a stream": "a:stream",
    "line ends": "a\r\nb\nc",
    "wide dots and strokes": "\uff0e\uff0e\uff0fetc\uff0fpasswd",
    "nothing": "",
    "marks": "\u202e\u200b",
}


def a_mail(
    subject: str = "Slurry", own_id: str = "<1@example.org>", day: str = "Tue, 24 Nov 2026 07:30:00 +0000"
) -> bytes:
    mail = EmailMessage()
    mail["From"] = "pqwatch <pqwatch@example.org>"
    mail.set_content("Text\n")
    mail.add_alternative("<p>Page</p>", subtype="html")
    head = b"".join(
        f"{name}: {value}\r\n".encode("utf-8", "surrogateescape")
        for name, value in (("Subject", subject), ("Message-ID", own_id), ("Date", day))
    )
    return head + mail.as_bytes(policy=policy.SMTP)


def put(folder: Path, message: bytes) -> None:
    FolderMailer(folder).deliver(message, "reader@example.org", lambda: None, lambda _: None)


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


NAME = re.compile(r"outbox/(?:\d{4}-\d\d-\d\d|undated)-[a-z0-9]+(?:-[a-z0-9]+)*-[0-9a-f]{12}\.(?:eml|html)")


@pytest.mark.parametrize("field", ["subject", "own_id", "day"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_mail_is_written_under_a_name_of_ours(text: str, field: str, tmp_path: Path) -> None:
    put(tmp_path / "outbox", a_mail(**{field: " ".join(text.split())}))
    folder, *files = tree(tmp_path)
    assert folder == "outbox"
    assert len(files) == 2
    for name in files:
        assert NAME.fullmatch(name)
        assert len(name) < 120


@pytest.mark.skipif(os.name != "posix", reason="links want rights elsewhere")
@pytest.mark.parametrize("suffix", [".eml", ".html"])
@pytest.mark.parametrize("kind", ["link", "link to nothing", "folder"])
def test_what_stands_in_the_place_is_not_followed_and_not_lost(kind: str, suffix: str, tmp_path: Path) -> None:
    put(tmp_path / "first", a_mail())
    [name] = [path.name for path in (tmp_path / "first").iterdir() if path.suffix == suffix]
    precious, outbox = tmp_path / "precious", tmp_path / "outbox"
    outbox.mkdir()
    if kind == "folder":
        (outbox / name).mkdir()
        (outbox / name / "mine").write_text("mine")
    else:
        (outbox / name).symlink_to(precious)
        if kind == "link":
            precious.write_text("mine")
    with pytest.raises(DeliveryError):
        put(outbox, a_mail())
    assert not any(path.name.endswith(".part") for path in outbox.iterdir())
    assert (outbox / name / "mine").read_text() == "mine" if kind == "folder" else (outbox / name).is_symlink()
    assert precious.exists() is (kind == "link")
    assert kind != "link" or precious.read_text() == "mine"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_an_attached_file_has_a_name_of_ours(text: str) -> None:
    rendered = Rendered(subject=text, preheader=text, text=text, html=text, csv=text, csv_name="pqwatch-2021-02-02.csv")
    built = build_message(
        rendered,
        sender="pqwatch@example.org",
        recipient="reader@example.org",
        message_id="<1@example.org>",
        date=datetime(2021, 2, 2, tzinfo=UTC),
        list_id="<digest.example.org>",
    )
    mail = message_from_bytes(built, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert [part.get_filename() for part in mail.iter_attachments()] == ["pqwatch-2021-02-02.csv"]
