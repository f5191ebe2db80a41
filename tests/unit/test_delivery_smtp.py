"""Conversation with a mail server: commands, replies that are believed, and attacks from the network."""

from __future__ import annotations

import base64
import logging
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from monitor.delivery import smtp_session as session_module
from monitor.delivery.smtp import SmtpMailer
from monitor.delivery.smtp_session import NoReplyError, Reply, Server, Session, Timeouts
from monitor.demo.mailserver import MailServer
from monitor.errors import AmbiguousDeliveryError, ConfigError, DeliveryError, LeaseError
from tests.smtpserver import SmtpServer
from tests.unit.delivery_kit import HASTY, PASSWORD, Letter, letter, mailer, plain, server_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


AUTHORITY = trustme.CA()
FEATURES = (("8BITMIME",), ("8BITMIME", "PIPELINING"))
"""Offers of servers: commands one by one, or several at once."""


@pytest.fixture(scope="module")
def cafile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return path


class Steps:
    def __init__(self) -> None:
        self.done: list[str] = []

    def before_dot(self) -> None:
        self.done.append("before_dot")

    def accepted(self, reply: str) -> None:
        self.done.append(reply)


def send(post: SmtpMailer, mail: Letter | None = None, *, recipient: str = "") -> Steps:
    mail = mail or letter()
    steps = Steps()
    try:
        post.deliver(mail.message, recipient or mail.recipient, steps.before_dot, steps.accepted)
    finally:
        post.close()
    return steps


def failure(post: SmtpMailer, mail: Letter | None = None, *, recipient: str = "") -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(post, mail, recipient=recipient)
    assert "\n" not in str(caught.value)
    return caught.value


def untrusted(_: Path) -> tuple[trustme.CA, str]:
    return trustme.CA(), "localhost"


def wrong_name(_: Path) -> tuple[trustme.CA, str]:
    return AUTHORITY, "mail.example.org"


@pytest.mark.parametrize("certificate", [untrusted, wrong_name])
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_server_that_is_not_who_it_says_gets_no_password(
    tls: str, certificate: Callable[[Path], tuple[trustme.CA, str]], cafile: Path
) -> None:
    authority, name = certificate(cafile)
    with SmtpServer(tls=server_context(authority, name), is_implicit=tls == "tls") as server:
        error = failure(mailer(server, cafile, tls=tls))
    assert error.scope == "server"
    assert "certificate is not to be trusted" in str(error)
    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)


def test_without_starttls_nothing_is_sent(cafile: Path) -> None:
    with SmtpServer() as server:
        error = failure(mailer(server, cafile))
    assert error.scope == "server"
    assert "offers no STARTTLS" in str(error)
    assert {command.split(" ")[0].upper() for command in server.commands} == {"EHLO"}


def test_reply_before_tls_is_not_trusted(cafile: Path) -> None:
    injected = {"STARTTLS": [b"220 go ahead\r\n250 AUTH PLAIN"]}
    with SmtpServer(tls=server_context(AUTHORITY), replies=injected) as server:
        error = failure(mailer(server, cafile))
    assert "before TLS began" in str(error)


def test_tls_from_the_first_byte(cafile: Path) -> None:
    with SmtpServer(tls=server_context(AUTHORITY), is_implicit=True) as server:
        assert send(mailer(server, cafile, tls="tls")).done == ["before_dot", "250 2.0.0 queued as 4711"]
    assert server.accepted == [letter().message]


def test_tls_cut_off_during_the_handshake(cafile: Path) -> None:
    with SmtpServer(
        "STARTTLS", "garbage", times=0, replies={"STARTTLS": [b"220 go"]}, features=("STARTTLS",)
    ) as server:
        error = failure(mailer(server, cafile))
    assert error.scope == "server"
    assert "TLS with" in str(error)


def test_tls_with_a_server_that_does_not_speak_it(cafile: Path) -> None:
    with SmtpServer() as server:
        error = failure(mailer(server, cafile, tls="tls"))
    assert (error.scope, "TLS with localhost" in str(error)) == ("server", True)


def test_tls_with_a_server_that_says_nothing(cafile: Path) -> None:
    with SmtpServer("greet", "hang") as server:
        error = failure(mailer(server, cafile, HASTY, tls="tls"))
    assert (error.scope, "no answer in time" in str(error)) == ("server", True)


def test_password_is_never_sent_in_the_clear_by_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "_start_tls", lambda _session, _server: None)
    with SmtpServer() as server:
        error = failure(mailer(server, None))
    assert "is not secure, so no password is sent" in str(error)
    assert not any(command.startswith("AUTH") for command in server.commands)


def test_a_password_never_goes_without_tls() -> None:
    with pytest.raises(ConfigError, match="only goes over TLS"):
        Server(host="127.0.0.1", port=25, tls="none", username="reader", password=PASSWORD)


def test_unknown_kind_of_encryption() -> None:
    with pytest.raises(ConfigError, match='use "starttls", "tls" or "none"'):
        Server(host="127.0.0.1", port=25, tls="ssl")


def test_password_appears_in_no_text(cafile: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    blob = base64.b64encode(f"\0reader\0{PASSWORD}".encode())
    echo = b"535 5.7.8 what is " + blob + b" or " + PASSWORD.encode() + b" to me" + b" " * 90 + b"x" * 136 + blob
    with SmtpServer(tls=server_context(AUTHORITY), replies={"AUTH": [echo]}) as server:
        post = mailer(server, cafile)
        error = failure(post)
    assert error.scope == "server"
    assert "535 5.7.8 what is *** or *** to me" in str(error)
    for text in (repr(post.server), caplog.text, str(error.__cause__)):
        assert PASSWORD not in text
        assert blob.decode()[:8] not in text


def test_logging_in_by_plain(cafile: Path) -> None:
    with SmtpServer(tls=server_context(AUTHORITY)) as server:
        send(mailer(server, cafile))
    said = next(command for command in server.commands if command.startswith("AUTH"))
    assert base64.b64decode(said.split(" ")[2]).decode() == f"\0reader\0{PASSWORD}"


def test_logging_in_by_login(cafile: Path) -> None:
    steps = {"AUTH": [b"334 VXNlcm5hbWU6", b"235 welcome"]}
    with SmtpServer(tls=server_context(AUTHORITY), features=("AUTH LOGIN",), replies=steps) as server:
        send(mailer(server, cafile))
    assert base64.b64encode(PASSWORD.encode()).decode() in server.commands
    assert server.accepted == [letter().message]


@pytest.mark.parametrize("is_implicit", [False, True])
def test_server_of_another_library_takes_mail(is_implicit: bool, cafile: Path) -> None:
    mail = letter(text="Môn\r\n.\r\n..\r\n")
    certified: dict[str, Any] = {"tls": server_context(AUTHORITY), "implicit_tls": is_implicit}
    with MailServer(**certified, credentials={"reader": PASSWORD}) as server:
        post, steps = mailer(server, cafile, tls="tls" if is_implicit else "starttls"), Steps()
        for _ in range(2):
            post.deliver(mail.message, mail.recipient, steps.before_dot, steps.accepted)
        post.close()
    assert [received.content for received in server.messages] == [mail.message] * 2
    assert server.connections == 1


def test_a_refused_login_says_what_the_server_said(cafile: Path) -> None:
    server_options: dict[str, Any] = {"features": ("AUTH LOGIN",), "replies": {"AUTH": [b"535 5.7.8 who"]}}
    with SmtpServer(tls=server_context(AUTHORITY), **server_options) as server:
        error = failure(mailer(server, cafile, password=""))
    assert "did not accept the name and password: 535 5.7.8 who" in str(error)


def test_no_common_way_to_log_in(cafile: Path) -> None:
    with SmtpServer(tls=server_context(AUTHORITY), features=("AUTH XOAUTH2",)) as server:
        error = failure(mailer(server, cafile))
    assert "takes no password by PLAIN or LOGIN (it offers: XOAUTH2)" in str(error)


def test_a_port_where_nothing_listens_is_a_failure_of_the_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with SmtpServer() as server:
        post = mailer(server, None, host="127.0.0.1", port=port, tls="none", username="", password="")
        error = failure(post)
    assert error.scope == "server"
    assert "can't be reached" in str(error)


def test_lone_dots_and_odd_line_ends_arrive_as_lines() -> None:
    text = ".\r\n..two\r\n.hidden\nbare\rend\r\n.\r\nMAIL FROM:<thief@example.org>"
    with SmtpServer() as server:
        send(plain(server), letter(text=text))
    (arrived,) = server.accepted
    assert arrived.endswith(b"\r\n\r\n.\r\n..two\r\n.hidden\r\nbare\r\nend\r\n.\r\nMAIL FROM:<thief@example.org>\r\n")
    assert [command for command in server.commands if command.startswith("MAIL")] == ["MAIL FROM:<pqwatch@example.org>"]


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize(
    ("stage", "reply", "scope"),
    [
        ("RCPT", b"550 5.1.1 no such user", "recipient"),
        ("RCPT", b"553 5.1.3 bad address", "recipient"),
        ("RCPT", b"550 5.1.10 no such recipient", "recipient"),
        ("RCPT", b"550 5.4.1 Recipient address rejected: Access denied. AS(1) [x.outlook.com]", "recipient"),
        ("RCPT", b"550 5.4.1 no answer from host", "message"),
        ("RCPT", b"550 #5.1.0 Address rejected.", "recipient"),
        ("RCPT", b"450 4.1.1 not now", "message"),
        ("RCPT", b"550 5.1.8 <pqwatch@example.org>: Sender address rejected: Domain not found", "server"),
        ("RCPT", b"450 4.1.8 <pqwatch@example.org>: Sender address rejected: Domain not found", "server"),
        ("RCPT", b"501 5.1.7 invalid address", "server"),
        ("RCPT", b"550 5.1.0 <pqwatch@example.org>: Sender address rejected: User unknown", "server"),
        ("RCPT", b"553 5.7.1 <pqwatch@example.org>: Sender address rejected: not owned by user ada", "server"),
        ("RCPT", b"554 5.1.0 Sender denied", "server"),
        ("RCPT", b"550 5.1.90 the limit of recipients in a day is reached", "message"),
        ("RCPT", b"550 5.7.1 this group takes no mail from outside", "message"),
        ("RCPT", b"550 no", "message"),
        ("RCPT", b"530 5.7.0 log in first", "server"),
        ("RCPT", b"421 4.3.2 closing", "server"),
        ("MAIL", b"550 5.7.1 not from you", "server"),
        ("MAIL", b"451 4.3.0 later", "server"),
        ("MAIL", b"552 5.3.4 too big", "message"),
        ("DATA", b"451 4.3.0 later", "message"),
        ("DATA", b"250 what", "message"),
        ("dot", b"552 5.3.4 too big", "message"),
        ("dot", b"554 5.7.1 spam", "message"),
        ("dot", b"451 4.7.1 greylisted", "message"),
        ("dot", b"421 4.3.2 closing", "server"),
        ("greet", b"554 5.7.1 go away", "server"),
        ("EHLO", b"502 5.5.1 what", "server"),
    ],
)
def test_meaning_of_refusals(stage: str, reply: bytes, scope: str, features: tuple[str, ...]) -> None:
    with SmtpServer(replies={stage: [reply]}, features=features) as server:
        error = failure(plain(server))
    assert error.scope == scope
    assert not isinstance(error, AmbiguousDeliveryError)
    assert reply.decode() in str(error)
    assert server.accepted == []


@pytest.mark.parametrize("reply", [b"354 again", b"25", b"999 odd", b"ok", b""])
def test_missing_reply_to_the_dot_means_doubt(reply: bytes) -> None:
    with SmtpServer(replies={"dot": [reply]}) as server, pytest.raises(AmbiguousDeliveryError) as caught:
        send(plain(server))
    assert "nobody knows whether the mail to reader@example.org went" in str(caught.value)


def test_a_refused_mail_does_not_spoil_the_connection() -> None:
    with SmtpServer(replies={"RCPT": [b"550 5.1.1 no such user", b"250 ok"]}) as server:
        post, steps = plain(server), Steps()
        with pytest.raises(DeliveryError):
            post.deliver(letter(1).message, "gone@example.org", steps.before_dot, steps.accepted)
        for number in (2, 3):
            post.deliver(letter(number).message, "reader@example.org", steps.before_dot, steps.accepted)
        post.close()
    assert len(server.connections) == 1
    assert [command.split(" ")[0] for command in server.commands].count("RSET") == 2
    assert server.commands[-1] == "QUIT"
    assert server.accepted == [letter(2).message, letter(3).message]


class ReadsAhead:
    """A server that offers PIPELINING, and answers the commands of a mail when all of them are there."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.groups: list[bytes] = []

    def serve(self) -> None:
        connection = self.listener.accept()[0]
        with self.listener, connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 mail\r\n")
            lines.readline()
            connection.sendall(b"250-mail\r\n250 PIPELINING\r\n")
            group = b""
            while line := lines.readline():
                group += line
                if line == b"QUIT\r\n":
                    connection.sendall(b"221 bye\r\n")
                elif line == b"DATA\r\n":
                    self.groups.append(group)
                    connection.sendall(b"250 ok\r\n" * (group.count(b"\r\n") - 1) + b"354 go on\r\n")
                    while lines.readline() != b".\r\n":
                        pass
                    connection.sendall(b"250 taken\r\n")
                    group = b""


def test_commands_go_at_once_to_a_server_that_offers_that() -> None:
    server, steps = ReadsAhead(), Steps()
    thread = threading.Thread(target=server.serve)
    thread.start()
    post = SmtpMailer(Server(host="127.0.0.1", port=server.port, tls="none"), HASTY)
    for number in (1, 2):
        post.deliver(letter(number).message, "reader@example.org", steps.before_dot, steps.accepted)
    post.close()
    thread.join()
    envelope = [b"MAIL", b"RCPT", b"DATA"]
    assert [[line[:4] for line in group.splitlines()] for group in server.groups] == [envelope, [b"RSET", *envelope]]
    assert steps.done == ["before_dot", "250 taken"] * 2


@pytest.mark.parametrize(
    ("to_data", "connections"), [(b"354 go", 2), (b"554 5.5.1 no valid recipients", 1)], ids=["waits", "refuses it too"]
)
def test_a_refused_recipient_ends_a_connection_only_if_the_server_waits_for_the_mail(
    to_data: bytes, connections: int
) -> None:
    replies = {"RCPT": [b"550 5.1.1 no such user", b"250 ok"], "DATA": [to_data, b"354 go"]}
    with SmtpServer(replies=replies, features=("PIPELINING",)) as server:
        post, steps = plain(server), Steps()
        with pytest.raises(DeliveryError) as caught:
            post.deliver(letter(1).message, "gone@example.org", steps.before_dot, steps.accepted)
        post.deliver(letter(2).message, "reader@example.org", steps.before_dot, steps.accepted)
        post.close()
    assert caught.value.scope == "recipient"
    assert len(server.connections) == connections
    assert server.accepted == [letter(2).message]


@pytest.mark.parametrize("reply", [b"421 4.3.2 enough", b"so it goes"])
@pytest.mark.parametrize("stage", ["RSET", "MAIL"])
@pytest.mark.parametrize("features", FEATURES)
def test_a_connection_that_ends_between_two_mails_is_opened_anew(
    features: tuple[str, ...], stage: str, reply: bytes
) -> None:
    good = [b"250 ok"] if stage == "MAIL" else []
    with SmtpServer(replies={stage: [*good, reply, b"250 ok"]}, features=features) as server:
        post, steps = plain(server), Steps()
        for number in (1, 2):
            post.deliver(letter(number).message, "reader@example.org", steps.before_dot, steps.accepted)
        post.close()
    assert len(server.connections) == 2
    assert server.accepted == [letter(1).message, letter(2).message]


@pytest.mark.parametrize("stage", ["RCPT", "DATA"])
@pytest.mark.parametrize("features", FEATURES)
def test_a_server_that_closes_a_used_connection_in_the_envelope_gets_the_mail_over_a_new_one(
    features: tuple[str, ...], stage: str
) -> None:
    good = b"354 go ahead" if stage == "DATA" else b"250 ok"
    enough = b"421 4.7.0 too many mails over this connection"
    with SmtpServer(replies={stage: [good, enough, good]}, features=features) as server:
        post, steps = plain(server), Steps()
        for number in (1, 2):
            post.deliver(letter(number).message, "reader@example.org", steps.before_dot, steps.accepted)
        post.close()
    assert len(server.connections) == 2
    assert server.accepted == [letter(1).message, letter(2).message]
    assert steps.done == ["before_dot", "250 2.0.0 queued as 4711"] * 2


@pytest.mark.parametrize("stage", ["RCPT", "DATA"])
def test_a_new_connection_that_the_server_closes_in_the_envelope_makes_the_queue_wait(stage: str) -> None:
    with SmtpServer(replies={stage: [b"421 4.7.0 no more today"]}) as server:
        error = failure(plain(server))
    assert (error.scope, len(server.connections)) == ("server", 1)


def test_mail_over_the_size_limit_is_not_sent() -> None:
    with SmtpServer(features=("SIZE 1000",)) as server:
        error = failure(plain(server), letter(text="x" * 2000))
    assert error.scope == "message"
    assert "takes no mail over 1000 bytes" in str(error)
    assert not any(command.startswith("MAIL") for command in server.commands)


def test_size_is_announced() -> None:
    with SmtpServer(features=("SIZE 100000",)) as server:
        send(plain(server))
    assert f"MAIL FROM:<pqwatch@example.org> SIZE={len(letter().message)}" in server.commands


def test_eight_bit_mail() -> None:
    with SmtpServer(features=("8BITMIME",)) as server:
        send(plain(server), letter(text="Môn\r\n"))
    assert "MAIL FROM:<pqwatch@example.org> BODY=8BITMIME" in server.commands
    with SmtpServer(features=("HELP",)) as server:
        error = failure(plain(server), letter(text="Môn\r\n"))
    assert (error.scope, "takes ASCII only" in str(error)) == ("message", True)


def test_addresses_beyond_ascii() -> None:
    with SmtpServer(features=("SMTPUTF8",)) as server:
        send(plain(server), recipient="siân@example.org")
    assert server.recipients == ["RCPT TO:<siân@example.org>"]
    with SmtpServer(features=("HELP",)) as server:
        send(plain(server), recipient="reader@môn.example.org")
    assert server.recipients == ["RCPT TO:<reader@xn--mn-8ja.example.org>"]
    with SmtpServer(features=("HELP",)) as server:
        error = failure(plain(server), recipient="siân@example.org")
    assert (error.scope, "ASCII addresses only" in str(error)) == ("recipient", True)
    foreign = Letter(message="From: pqwatch <siân@example.org>\r\n\r\nhello\r\n".encode())
    with SmtpServer(features=("8BITMIME",)) as server:
        error = failure(plain(server), foreign)
    assert (error.scope, "ASCII addresses only" in str(error)) == ("message", True)


def test_domain_without_an_ascii_form() -> None:
    with SmtpServer(features=("HELP",)) as server:
        error = failure(plain(server), recipient=f"reader@{'ô' * 80}.example.org")
    assert error.scope == "recipient"


@pytest.mark.parametrize("recipient", ["reader", "a@b>\r\nRCPT TO:<c@d", "two words@example.org", "a@b\n"])
def test_invalid_address_gets_no_mail(recipient: str) -> None:
    with SmtpServer() as server:
        error = failure(plain(server), recipient=recipient)
    assert error.scope == "recipient"
    assert server.commands == []


def test_a_mail_without_a_sender() -> None:
    with SmtpServer() as server:
        error = failure(plain(server), Letter(message=b"Subject: none\r\n\r\n"))
    assert (error.scope, "set delivery.from" in str(error)) == ("message", True)


def test_slow_reply_ends_at_the_deadline() -> None:
    with SmtpServer(seconds_a_byte=0.1) as server:
        error = failure(plain(server, Timeouts(step=0.5, dot=0.5, quit=0.5)))
    assert "did not answer in time" in str(error)


def test_long_replies_are_read_and_cut() -> None:
    with SmtpServer(replies={"RCPT": [b"550-" + b"x" * 10_000 + b"\r\n550 5.1.1 no"]}) as server:
        error = failure(plain(server))
    assert error.scope == "message"
    assert len(str(error)) < 400


@pytest.mark.parametrize(
    ("reply", "what"),
    [(b"550 " + b"x" * 200_000, "a line without an end"), (b"550-x\r\n" * 300, "a reply without an end")],
)
def test_endless_replies_are_given_up(reply: bytes, what: str) -> None:
    with SmtpServer(replies={"RCPT": [reply]}) as server:
        error = failure(plain(server))
    assert (error.scope, what in str(error)) == ("message", True)


def test_control_characters_of_a_server_reach_no_terminal() -> None:
    with SmtpServer(replies={"RCPT": [b"550 5.1.1 \x1b[31mno\x07 \xe2\x80\xaesuch"]}) as server:
        error = failure(plain(server))
    assert str(error).isprintable()


def test_unsolicited_reply_means_that_no_mail_was_taken() -> None:
    steps = Steps()
    with SmtpServer(replies={"DATA": [b"354 go ahead\r\n451 4.3.0 on second thoughts"]}) as server:
        post = plain(server)
        with pytest.raises(DeliveryError, match="on second thoughts"):
            post.deliver(letter().message, "reader@example.org", steps.before_dot, steps.accepted)
        post.close()
    assert steps.done == []
    assert server.accepted == []


def test_server_that_closes_during_the_body_has_no_mail() -> None:
    steps, long = Steps(), letter(text=f"{'x' * 900}\r\n" * 16_000)  # more than the sockets' buffers hold
    with (
        SmtpServer("body", "drop") as server,
        pytest.raises(DeliveryError, match="closed the connection") as caught,
    ):
        plain(server).deliver(long.message, "reader@example.org", steps.before_dot, steps.accepted)
    assert caught.value.scope == "message"
    assert steps.done == []


def test_check_of_a_connection() -> None:
    ours, theirs = socket.socketpair()
    session = Session()
    session.patience, session.sock = 5, ours
    assert session.early() is None
    theirs.sendall(b"421 closing\r\n")
    assert session.early() == Reply(421, "closing")
    theirs.close()
    with pytest.raises(NoReplyError, match="closed the connection"):
        session.early()
    with pytest.raises(NoReplyError, match="closed the connection"):
        session.reply()


def test_check_of_a_broken_connection() -> None:
    ours, theirs = socket.socketpair()
    session = Session()
    session.patience, session.sock = 5, ours
    ours.close()
    with pytest.raises(NoReplyError, match="closed the connection"):
        session.early()
    theirs.close()


def test_run_that_lost_its_claim_sends_no_dot() -> None:
    def lost() -> None:
        raise LeaseError("another run took over")

    steps = Steps()
    with SmtpServer() as server:
        post = plain(server)
        with pytest.raises(LeaseError):
            post.deliver(letter().message, "reader@example.org", lost, steps.accepted)
        post.close()
    assert server.accepted == []
    assert server.commands[-1] == "DATA"
