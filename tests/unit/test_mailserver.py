"""Bundled mail server: it keeps mail, and fails as instructed."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage

import pytest
import trustme

from monitor.demo.mailserver import MailServer

SENDER = "pqwatch@example.org"
READER = "desk@example.org"
BODY = b"Subject: Digest\r\n\r\nLine one\r\n.A dot\r\n"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def send(server: MailServer, *recipients: str) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP(server.host, server.port, timeout=5) as client:
        return client.sendmail(SENDER, recipients or (READER,), BODY)


def test_a_message_is_kept_byte_for_byte_with_its_envelope() -> None:
    with MailServer() as server:
        send(server, READER, "second@example.org")
        (message,) = server.messages
    assert message.content == BODY
    assert (message.sender, message.recipients) == (SENDER, (READER, "second@example.org"))
    assert (message.username, message.is_encrypted) == (None, False)
    assert server.connections == 1


def test_a_message_with_accents_in_its_headers_arrives() -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Siân", SENDER, READER
    message.set_content("Llŷr")
    with MailServer() as server, smtplib.SMTP(server.host, server.port, timeout=5) as client:
        client.send_message(message)
        assert b"Subject: =?utf-8?" in server.messages[0].content


def test_starttls_and_a_password_are_asked_for(tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with MailServer(tls=tls, credentials={"desk": "secret"}) as server:
        with smtplib.SMTP(server.host, server.port, timeout=5) as client:
            with pytest.raises(smtplib.SMTPSenderRefused, match="Authentication required"):
                client.sendmail(SENDER, READER, BODY)
            client.starttls(context=trusting)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("desk", "wrong")
        with smtplib.SMTP(server.host, server.port, timeout=5) as client:
            client.starttls(context=trusting)
            client.login("desk", "secret")
            client.sendmail(SENDER, READER, BODY)
        assert [(mail.username, mail.is_encrypted) for mail in server.messages] == [("desk", True)]


def test_tls_from_the_first_byte(tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with MailServer(tls=tls, implicit_tls=True, credentials={"desk": "secret"}) as server:
        with smtplib.SMTP_SSL(server.host, server.port, timeout=5, context=trusting) as client:
            client.login("desk", "secret")
            client.sendmail(SENDER, READER, BODY)
        assert [(mail.username, mail.is_encrypted) for mail in server.messages] == [("desk", True)]


def test_one_recipient_is_refused_and_the_other_gets_it() -> None:
    with MailServer() as server:
        server.trouble.recipients["gone@example.org"] = "550 5.1.1 No such user"
        assert send(server, READER, "gone@example.org") == {"gone@example.org": (550, b"5.1.1 No such user")}
        assert server.messages[0].recipients == (READER,)


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        ("greeting", smtplib.SMTPConnectError),
        ("mail", smtplib.SMTPSenderRefused),
        ("rcpt", smtplib.SMTPRecipientsRefused),
        ("data", smtplib.SMTPDataError),
        ("dot", smtplib.SMTPDataError),
    ],
)
def test_another_reply_is_given_at_a_stage(stage: str, error: type[Exception]) -> None:
    with MailServer() as server:
        server.trouble.replies[stage] = "451 4.3.0 Try again later"
        with pytest.raises(error):
            send(server)
        assert server.messages == []


def test_a_refused_ehlo_is_tried_as_helo() -> None:
    with MailServer() as server:
        server.trouble.replies["ehlo"] = "502 5.5.1 Not known here"
        send(server)
        assert len(server.messages) == 1


def test_starttls_and_login_are_refused(tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with MailServer(tls=tls, credentials={"desk": "secret"}) as server:
        server.trouble.replies |= {"starttls": "454 4.7.0 Not now", "auth": "454 4.7.0 Not now"}
        with smtplib.SMTP(server.host, server.port, timeout=5) as client:
            with pytest.raises(smtplib.SMTPResponseException, match="Not now"):
                client.starttls(context=trusting)
            del server.trouble.replies["starttls"]
            client.starttls(context=trusting)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("desk", "secret")


def test_the_service_closes_with_421() -> None:
    with MailServer() as server:
        server.trouble.replies["mail"] = "421 4.3.2 Closing"
        with pytest.raises(smtplib.SMTPException):
            send(server)
        assert server.messages == []


@pytest.mark.parametrize("stage", ["greeting", "ehlo", "mail", "rcpt", "data"])
def test_the_line_goes_dead_before_the_message(stage: str) -> None:
    with MailServer() as server:
        server.trouble.hang_up.add(stage)
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            send(server)
        assert server.messages == []


@pytest.mark.parametrize("is_kept", [True, False])
def test_the_line_goes_dead_after_the_dot(is_kept: bool) -> None:
    with MailServer() as server:
        server.trouble.hang_up.add("dot")
        server.trouble.keeps_dropped = is_kept
        with pytest.raises(smtplib.SMTPServerDisconnected):
            send(server)
        assert len(server.messages) == is_kept


def test_trouble_ends_after_the_given_times() -> None:
    with MailServer() as server:
        server.trouble.hang_up.add("dot")
        server.trouble.keeps_dropped = False
        server.trouble.times = 1
        with pytest.raises(smtplib.SMTPServerDisconnected):
            send(server)
        send(server)
        assert len(server.messages) == 1


def test_a_late_reply_runs_into_the_senders_limit() -> None:
    with MailServer() as server:
        server.trouble.delays["dot"] = 30
        with (
            smtplib.SMTP(server.host, server.port, timeout=2) as client,
            pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"),
        ):
            client.sendmail(SENDER, READER, BODY)
        assert len(server.messages) == 1


def test_leaving_the_context_closes_what_is_open() -> None:
    with MailServer() as server:
        client = smtplib.SMTP(server.host, server.port, timeout=5)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        client.noop()
    client.close()
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP(server.host, server.port, timeout=5)
