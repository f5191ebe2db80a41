from __future__ import annotations

import csv
import io
import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.config.values import address as checked_address
from monitor.digest.formats.email import build_message
from monitor.digest.render import Rendered, render
from monitor.errors import ConfigError
from monitor.model.copies import passed_on
from tests.builders import a_digest
from tests.golden.cases import CASES, after_recess, due, hostile

if TYPE_CHECKING:
    from email.message import EmailMessage

SENT_AT = datetime(2026, 11, 24, 7, 31, tzinfo=UTC)
A_MAIL = Rendered(subject="1 answer", preheader="x", text="Body\n", html="<p>Body</p>\n")


def raw(rendered: Rendered = A_MAIL, /, **facts: Any) -> bytes:
    given_facts: dict[str, Any] = {
        "sender": "pqwatch <digest@pqwatch.example.org>",
        "recipient": "reader@example.org",
        "message_id": "<1.2@pqwatch.example.org>",
        "date": SENT_AT,
        "list_id": "Policy desk <digest.pqwatch.example.org>",
    }
    return build_message(rendered, **(given_facts | facts))


def parsed(*args: Any, **facts: Any) -> EmailMessage:
    return message_from_bytes(raw(*args, **facts), policy=default)


def header_lines(mail: bytes) -> list[str]:
    return mail.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")


def test_headers_mark_an_automatic_mail_to_one_reader() -> None:
    mail = parsed()
    assert mail["From"] == "pqwatch <digest@pqwatch.example.org>"
    assert mail["To"] == "reader@example.org"
    assert mail["Date"].datetime == SENT_AT
    assert mail["Message-ID"] == "<1.2@pqwatch.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"  # and not NDR: it tells of a dead address
    assert mail["Content-Language"] == "en-GB"
    assert mail["List-Id"] == '"Policy desk" <digest.pqwatch.example.org>'
    assert "List-Unsubscribe" not in mail
    assert "List-Unsubscribe-Post" not in mail


def test_text_comes_before_html_and_both_arrive_as_written() -> None:
    mail = parsed(replace(A_MAIL, text="Siân \u2013 £5\n", html="<p>Siân \u2013 £5</p>\n"))
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content().replace("\r\n", "\n") for part in mail.iter_parts()] == [
        "Siân \u2013 £5\n",
        "<p>Siân \u2013 £5</p>\n",
    ]


def test_file_is_attached_whole_and_opens_in_a_spreadsheet() -> None:
    rendered = render(after_recess(), due)
    mail = parsed(rendered)
    body, attached = mail.iter_parts()
    assert body.get_content_type() == "multipart/alternative"
    assert attached.get_filename() == "pqwatch-2024-09-10.csv"
    assert attached.get_content_type() == "text/csv"
    assert attached.get_content_charset() == "utf-8"
    content = attached.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content == b"\xef\xbb\xbf" + (rendered.csv or "").encode()
    assert len(list(csv.reader(io.StringIO(rendered.csv)))) == 305


@pytest.mark.parametrize(
    ("unsubscribe", "target", "post"),
    [
        ("stop@example.org", "<mailto:stop@example.org?subject=STOP>", None),
        ("mailto:stop@example.org", "<mailto:stop@example.org>", None),
        ("https://example.org/u/abc", "<https://example.org/u/abc>", "List-Unsubscribe=One-Click"),
    ],
)
def test_list_unsubscribe_says_how_to_stop(unsubscribe: str, target: str, post: str | None) -> None:
    mail = parsed(unsubscribe=unsubscribe)
    assert mail["List-Unsubscribe"] == target
    assert mail["List-Unsubscribe-Post"] == post


def test_long_addresses_are_never_folded_or_encoded() -> None:
    address = "https://example.org/u/" + "a1b2c3" * 60
    lines = header_lines(raw(unsubscribe=address, message_id="<" + "m" * 120 + "@example.org>"))
    assert f"List-Unsubscribe: <{address}>" in lines
    assert f"Message-ID: <{'m' * 120}@example.org>" in lines


def test_address_too_long_for_a_line_is_left_out() -> None:
    assert "List-Unsubscribe" not in parsed(unsubscribe="https://example.org/" + "a" * 1000)


def test_list_id_is_plain_ascii() -> None:
    assert 'List-Id: "Sian\'s =_list" <a.example.org>' in header_lines(raw(list_id="Siân's =?list\r\n <a.example.org>"))
    assert "List-Id: <a.example.org>" in header_lines(raw(list_id="a.example.org"))


def test_names_and_subjects_in_any_script_are_kept() -> None:
    subject = "3 answers: dŵr yfed 2, £5 \u2013 “x” 1 (Mon 1 Feb) " + "Môn " * 20
    mail = parsed(replace(A_MAIL, subject=subject), recipient='"Ŵyn, Siân" <sian@exämple.org>')
    assert mail["Subject"] == subject.strip()
    assert mail["To"].addresses[0].display_name == "Ŵyn, Siân"
    assert mail["To"].addresses[0].addr_spec == "sian@xn--exmple-cua.org"


def test_names_with_marks_are_quoted() -> None:
    mail = parsed(recipient='"Example, \\"Ada\\" (Desk)" <ada@example.org>')
    assert mail["To"].addresses[0].display_name == 'Example, "Ada" (Desk)'
    assert 'To: "Example, \\"Ada\\" (Desk)" <ada@example.org>' in header_lines(raw(recipient=str(mail["To"])))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@example.org, b@example.org",
        "A <a@example.org>, b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "é@example.org",
        "a@" + "x" * 80 + ".org",
        "a@b@example.org",
        "group: a@example.org;",
    ],
)
@pytest.mark.parametrize("role", ["sender", "recipient"])
def test_invalid_address_is_refused(role: str, address: str) -> None:
    with pytest.raises(ConfigError, match=f"is not one mail address: give the {role} as name@example.org"):
        raw(**{role: address})


PARTS = st.text(st.sampled_from("ab1.-_@[]()<>:;,/\\\"'=?!+ \u00fc"), min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(address=st.lists(PARTS, min_size=2, max_size=2).map("@".join))
@example("jo@[192.0.2.7]")
@example("jo@[")
@example("=?x?=@b")
@example('"a@b"@c')
@example(f"jo@{'a' * 64}.org")
@example(f"jo@{'a.' * 130}org")
@example("o'hara+pq@xn--bcher-kva.example.org")
def test_address_that_config_takes_can_stand_in_a_mail(address: str) -> None:
    with suppress(ValueError):
        taken = checked_address(address)
        assert parsed(recipient=taken)["To"] == taken
        assert parsed(sender=taken)["From"] == taken


@pytest.mark.parametrize("address", ["o'hara@example.org", "jo/x@xn--bcher-kva.example", "a=b?c@b", "jo@localhost"])
def test_config_takes_addresses_with_signs(address: str) -> None:
    assert checked_address(address) == address


@pytest.mark.parametrize(
    "number",
    [
        *("", "<>", "a", "a@", "@b", "a..b@example.org", "a@b@c", "a<b@c", "\u2028@example.org", "a" * 400 + "@b"),
        *("a@[b.example.org", "a@b]c", "a@[]"),  # the first case crashes the standard library's parser of headers
    ],
)
def test_invalid_message_id_is_refused(number: str) -> None:
    with pytest.raises(ConfigError, match="is not a Message-ID: give delivery"):
        raw(message_id=number)


def test_scraped_text_never_makes_a_header() -> None:
    mail = parsed(render(hostile(), due))
    assert "Bcc" not in mail
    assert "evil" not in str(mail["To"])


def test_encoded_word_in_a_subject_is_not_decoded() -> None:
    mail = parsed(replace(A_MAIL, subject="=?utf-8?q?a=0D=0ABcc:_x@example.org?= b"))
    assert mail["Subject"] == "= ?utf-8?q?a=0D=0ABcc:_x@example.org?= b"
    assert "Bcc" not in mail


@pytest.mark.parametrize("begins", ["=?", "= ?", "=\n?", "==??", '="?', "=\\?", "=>?"])
@pytest.mark.parametrize("field", ["list_id", "unsubscribe", "one_click"])
def test_no_encoded_word_begins_where_characters_are_taken_out(field: str, begins: str) -> None:
    word = f"{begins}utf-8?q?a=0D=0ABcc:_x@example.org?="
    mail = raw(**{field: f"https://example.org/{word}"})
    assert not [line for line in header_lines(mail) if line.startswith("Bcc")]


@settings(max_examples=150, deadline=None)
@given(text=st.text(st.characters(), max_size=300))
def test_no_text_breaks_a_mail(text: str) -> None:
    rendered = Rendered(subject=text, preheader=text, text=text, html=text, csv=text, csv_name="x.csv")
    mail = raw(rendered, list_id=f"{text[:40]}<digest.example.org>")
    names = [line.partition(":")[0] for line in header_lines(mail) if not line.startswith((" ", "\t"))]
    assert names == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "List-Id",
        "MIME-Version",
        "Content-Type",
        "Content-Language",
    ]
    assert b"\0" not in mail
    assert mail.isascii()


@pytest.mark.parametrize("name", list(CASES))
def test_mail_suits_any_server(name: str) -> None:
    mail = raw(render(CASES[name](), due, stop="stop@example.org"), unsubscribe="stop@example.org")
    assert mail.isascii()
    assert b"\n" not in mail.replace(b"\r\n", b"")
    assert max(len(line) for line in mail.split(b"\r\n")) <= 78
    lists = [line for line in header_lines(mail) if line.startswith("List-")]
    assert len(lists) == 2
    assert not any("=?" in line for line in lists)


def test_boundary_depends_on_the_message_id_alone() -> None:
    def boundaries(mail: bytes) -> list[bytes]:
        return re.findall(rb'boundary="([^"]+)"', mail)

    with_file = replace(A_MAIL, csv="a\r\n", csv_name="a.csv")
    assert boundaries(raw(with_file)) == boundaries(raw(with_file, date=datetime(2027, 1, 1, tzinfo=UTC)))
    assert len(set(boundaries(raw(with_file)))) == 2
    assert boundaries(raw(with_file)) != boundaries(raw(with_file, message_id="<other@example.org>"))


def test_quiet_mail_has_all_parts() -> None:
    mail = parsed(render(a_digest(), due))
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


ONE_CLICK = "https://pq.example.org/unsubscribe/token"


@pytest.mark.parametrize(
    ("unsubscribe", "value"),
    [
        ("", f"<{ONE_CLICK}>"),
        ("stop@example.org", f"<{ONE_CLICK}>, <mailto:stop@example.org?subject=STOP>"),
        ("mailto:stop@example.org", f"<{ONE_CLICK}>, <mailto:stop@example.org>"),
        ("https://example.org/stop", f"<{ONE_CLICK}>"),
        (f"{'a' * 1_000}@example.org", f"<{ONE_CLICK}>"),
    ],
)
def test_a_mail_program_may_post_to_the_page(unsubscribe: str, value: str) -> None:
    mail = parsed(one_click=ONE_CLICK, unsubscribe=unsubscribe)
    assert mail["List-Unsubscribe"] == value
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert all(len(line) <= 998 for line in header_lines(raw(one_click=ONE_CLICK, unsubscribe=unsubscribe)))


def test_mail_that_is_passed_on_keeps_its_other_headers_to_the_letter() -> None:
    host = f"{'parliamentary.' * 4}questions.example.org"
    facts = {
        "sender": f"Desg Bolisi Cymru ac Iwerddon \u2013 Undeb Addysg Genedlaethol <desk@{host}>",
        "message_id": f"<{'0' * 32}@{host}>",
        "list_id": f"Policy desk of the whole organisation <digest.{host}>",
        "one_click": "https://pq.example.org/unsubscribe/token",
    }
    mail = raw(**facts)
    copy = passed_on(mail)
    kept = [line for line in header_lines(mail) if not line.startswith("List-Unsubscribe")]
    assert header_lines(copy) == kept
    assert message_from_bytes(copy, policy=default)["From"].startswith("Desg Bolisi Cymru ac Iwerddon \u2013 Undeb")
