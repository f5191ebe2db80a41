"""The check of a letter: pasted or uploaded, read in memory, and forgotten."""

from __future__ import annotations

import io
import logging
import re
import tempfile
import zipfile
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from monitor.cli import pqwatch
from monitor.web import letters
from monitor.web.security import LARGEST_BODY
from tests.web.forms import form_of, problem_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.web.conftest import Office

EXACT = (
    "The National Crime Agency plans to keep its cyber apprenticeship and to take 36 apprentices in 2025, of whom 12 will "
    "work in Belfast and Cardiff."
)
ALTERED = EXACT.replace("36", "63")
INVENTED = "the Government will spend eleven billion pounds on unicorns and griffins next year"
GREETING = "Dear Minister, the canary sings at midnight"
LETTER = f'{GREETING}.\n\nYou said: "{EXACT}" (UIN HL91002).\n\nThen "{ALTERED}".\n\nThen "{INVENTED}".\n'


def send(browser: TestClient, letter: str = "", file: tuple[str, bytes] | None = None, **fields: str) -> Response:
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get("/check").text)
    assert token is not None
    sent: dict[str, Any] = {
        name: (None, value) for name, value in {"letter": letter, "csrf": token[1], **fields}.items()
    }
    return browser.post("/check", files={**sent, "file": file or ("", b"")})


def findings(page: str) -> list[str]:
    return [heading.get_text(" ", strip=True) for heading in BeautifulSoup(page, "html.parser").select("section h3")]


def docx(text: str) -> bytes:
    packed = io.BytesIO()
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        )
        file.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r1" Type="{kind}" Target="word/document.xml"/></Relationships>',
        )
        file.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{word}"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>',
        )
    return packed.getvalue()


# -- what it says -------------------------------------------------------------------------------------------------------


def test_each_quotation_has_the_verdict_of_the_command(reading_browser: TestClient, reading_office: Office) -> None:
    page = send(reading_browser, LETTER)
    assert page.status_code == 200
    assert findings(page.text) == ["1. Exact", "2. Altered", "3. Not found"]
    assert "3 quotations: 1 exact, 1 altered, 1 not found." in page.text
    path = reading_office.folder / "letter.txt"
    path.write_text(LETTER, "utf-8")
    printed = CliRunner().invoke(pqwatch, ["check", str(path), "--config", str(reading_office.config)]).stdout
    path.unlink()
    shown = " ".join(BeautifulSoup(page.text, "html.parser").get_text(" ").split())
    lines = [line.strip() for line in printed.splitlines() if line.startswith("    ") and "https://" not in line]
    assert len(lines) > 8
    assert [line for line in lines if line.removeprefix("Warning: ") not in shown] == []


def test_what_differs_is_marked_on_both_sides(reading_browser: TestClient) -> None:
    page = BeautifulSoup(send(reading_browser, LETTER).text, "html.parser")
    [altered] = [section for section in page.find_all("section") if "Altered" in section.get_text()]
    assert [mark.get_text() for mark in altered.select("blockquote strong")] == ["36", "63"]
    assert "Figures: 36, quoted as 63." in altered.get_text()


def test_a_correction_since_is_told(reading_browser: TestClient) -> None:
    page = reading_browser.get("/", params={"day": "2024-11-27"}).text
    assert "Corrected" in page
    path = re.search(r'<a href="(/records/[^"]+)">[^<]*</a></h4>\s*<p class="quiet">[^<]*corrected', page)
    assert path is not None
    record = BeautifulSoup(reading_browser.get(path[1]).text, "html.parser")
    was = [part.find_next("blockquote") for part in record.select("p.label") if part.get_text().endswith("was")]
    words = " ".join(block.get_text(" ", strip=True) for block in was if block is not None)
    found = findings(send(reading_browser, f'You said: "{words}"').text)
    assert found == ["1. Corrected since"]


def test_references_come_in_the_chosen_style_and_in_the_others(reading_browser: TestClient) -> None:
    page = BeautifulSoup(send(reading_browser, LETTER, style="oscola").text, "html.parser")
    own = page.find(id="reference-1")
    assert own is not None
    assert own.get_text() == "HL Written Answer UIN HL91002, 27 November 2024"
    assert page.find(id="reference-3") is None
    lists = {str(block["id"]): block.get_text() for block in page.select("pre[id^=references-]")}
    assert list(lists) == [f"references-{name}" for name in ("oscola", "hansard", "apa", "bibtex", "ris", "markdown")]
    assert lists["references-hansard"] == "UIN HL91002, answered 27 November 2024"
    assert lists["references-bibtex"].count("@misc{") == 1
    assert [button["data-copy"] for button in page.select("button[data-copy]")][:2] == ["reference-1", "reference-2"]


def test_a_pasted_letter_stands_in_the_form_again(reading_browser: TestClient) -> None:
    letter = f'\n\n </textarea><script>alert(1)</script> "{EXACT}"'
    page = send(reading_browser, letter).text
    assert "<script>alert" not in page
    area = BeautifulSoup(page, "html.parser").find("textarea")
    assert area is not None
    assert area.get_text().lstrip("\r\n") == letter.lstrip("\n")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("letter.txt", LETTER.encode()),
        ("letter.md", f'> {EXACT}\n\nThen "{ALTERED}" and "{INVENTED}".'.encode()),
        ("letter.html", f"<p><q>{EXACT}</q></p><p><q>{ALTERED}</q> <q>{INVENTED}</q></p>".encode()),
        ("letter.docx", docx(f"\u201c{EXACT}\u201d and \u201c{ALTERED}\u201d and \u201c{INVENTED}\u201d")),
    ],
)
def test_files_are_read_as_the_command_reads_them(reading_browser: TestClient, name: str, body: bytes) -> None:
    page = send(reading_browser, file=(name, body))
    assert page.status_code == 200
    assert findings(page.text) == ["1. Exact", "2. Altered", "3. Not found"]
    assert f"{name}: 3 quotations" in page.text


def test_a_letter_without_quotations_says_so(reading_browser: TestClient) -> None:
    page = send(reading_browser, "Dear Minister, thank you.")
    assert page.status_code == 200
    assert "There are no quotations in it." in page.text


def test_a_public_page_checks_letters_too(office: Office) -> None:
    office.set_web(public=True)
    with office.browser() as browser:
        assert findings(send(browser, LETTER).text)[0] == "1. Exact"


# -- what it refuses ----------------------------------------------------------------------------------------------------


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", b" " * 30_000_000)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (("letter.pdf", b"%PDF-1.7 ..."), "letter.pdf is in a format that is not read: save it as .docx"),
        (("letter.odt", b"PK\x03\x04junk"), "letter.odt can't be read as a .docx file"),
        (("letter.docx", b"not a zip"), "letter.docx can't be read as a .docx file"),
        (("letter.docx", bomb), "letter.docx has more than 20 MB of text once it is unpacked"),
        (("letter.html", b"<div>" * 5_000), "letter.html "),
        (("letter.md", b"*" * 600_000), "letter.md has more than 500,000 characters"),
        (("<script>x</script>.pdf", b"%PDF"), "</script>.pdf is in a format"),
        (("a\u202egnp.pdf", b"%PDF"), "agnp.pdf is in a format"),
        (("letter.txt", f'"{"word " * 15_000}"'.encode()), "more than 50,000 characters"),
        (("letter.txt", b'"one two three four five six seven" ' * 2_500), "more than 2,000 quotations"),
    ],
)
def test_hostile_files_give_a_sentence(
    reading_browser: TestClient, file: tuple[str, bytes | Callable[[], bytes]], said: str
) -> None:
    name, body = file
    response = send(reading_browser, file=(name, body() if callable(body) else body))
    assert response.status_code == 422
    assert said in unescape(response.text)
    assert "<script>x" not in response.text


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"letter": LETTER, "style": "graffiti"}, 422, "style: choose one of Hansard, OSCOLA"),
        ({"letter": LETTER, "csrf": ""}, 403, "This form is too old, or cookies are off: send it again"),
        ({"letter": LETTER, "csrf": "forged"}, 403, "This form is too old, or cookies are off: send it again"),
    ],
)
def test_wrong_forms_are_refused_in_a_sentence(
    reading_browser: TestClient, sent: dict[str, Any], status: int, said: str
) -> None:
    response = send(reading_browser, **sent)
    assert response.status_code == status
    assert said in response.text
    assert "1. Exact" not in response.text


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({}, "letter", "Paste the letter: paste it, or choose a file."),
        ({"letter": "   "}, "letter", "paste it, or choose a file."),
        ({"letter": LETTER, "file": ("letter.txt", b"x")}, "file", "choose a file or paste the letter, not both."),
        ({"letter": LETTER, "give": "comments"}, "file", "Or choose a file: Comments go into Word files alone"),
        ({"letter": "*" * 2_000_001}, "letter", "The letter has more than 2,000,000 characters"),
        ({"file": ("letter.pdf", b"%PDF-1.7 ...")}, "file", "letter.pdf is in a format that is not read"),
    ],
)
def test_what_can_not_be_checked_is_said_beside_its_field(
    reading_browser: TestClient, sent: dict[str, Any], field: str, said: str
) -> None:
    response = send(reading_browser, **sent)
    assert response.status_code == 422
    assert said in problem_with(response.text, field)
    assert form_of(response.text, "/check")["letter"] == sent.get("letter", "")


def test_a_letter_in_a_form_that_is_too_old_stands_in_a_new_one(reading_browser: TestClient) -> None:
    refused = send(reading_browser, LETTER, csrf="forged")
    assert form_of(refused.text, "/check")["letter"] == LETTER
    checked = send(reading_browser, LETTER, csrf=form_of(refused.text, "/check")["csrf"])
    assert findings(checked.text)[0].startswith("1. Exact")


PART = b'--b\r\nContent-Disposition: form-data; name="letter"\r\n\r\nx\r\n'
NAMELESS = b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"


@pytest.mark.parametrize(
    ("content_type", "content", "status"),
    [
        ("application/x-www-form-urlencoded", b"letter=x", 415),
        ("", b"", 415),
        ("multipart/form-data", b"x", 400),
        ("multipart/form-data; boundary=b", b"--b\r\nnonsense", 403),
        ("multipart/form-data; boundary=b", NAMELESS, 400),
        ("multipart/form-data; boundary=b", PART * 50 + b"--b--\r\n", 400),
        ("multipart/form-data; boundary=b", PART, 403),
        ("multipart/form-data; boundary=b; charset=klingon", PART + b"--b--\r\n", 403),
    ],
)
def test_damaged_bodies_are_refused(
    reading_browser: TestClient, content_type: str, content: bytes, status: int
) -> None:
    response = reading_browser.post("/check", headers={"Content-Type": content_type}, content=content)
    assert response.status_code == status
    assert "Traceback" not in response.text


def test_a_letter_may_have_four_megabytes_and_no_more(reading_browser: TestClient) -> None:
    most = send(reading_browser, "word " * 390_000 + f'"{EXACT}"')
    assert findings(most.text) == ["1. Exact"]
    longer = send(reading_browser, "word " * 500_000)
    assert longer.status_code == 422
    assert "The letter has more than 2,000,000 characters" in longer.text
    assert send(reading_browser, "x" * LARGEST_BODY).status_code == 413


def test_a_form_of_another_site_is_refused(reading_browser: TestClient) -> None:
    response = reading_browser.post(
        "/check", files={"letter": (None, LETTER)}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert response.status_code == 403


def test_a_check_ends_when_its_time_is_up(reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "MOST_SECONDS", -1)
    response = send(reading_browser, LETTER)
    assert response.status_code == 422
    assert (
        "0 of 3 quotations were checked in the time that a check may take: give the letter in parts." in response.text
    )


def test_while_others_are_checked_a_letter_waits_and_is_kept_in_the_form(
    reading_browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "PATIENCE", 0.01)
    for _ in range(letters.AT_ONCE):
        letters._places.acquire()
    try:
        response = send(reading_browser, LETTER)
    finally:
        for _ in range(letters.AT_ONCE):
            letters._places.release()
    assert response.status_code == 503
    assert "Other letters are being checked now" in response.text
    assert GREETING in response.text


# -- what it keeps ------------------------------------------------------------------------------------------------------


def test_nothing_of_a_letter_is_stored_or_logged(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a letter was written to a disk")

    caplog.set_level(logging.DEBUG)
    long_file = LETTER.encode() + b"word " * 350_000
    with office.browser() as browser:
        monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", refuse)
        responses = [
            send(browser, LETTER),
            send(browser, file=("canary.txt", long_file)),
            send(browser, file=("canary.pdf", b"%PDF " + LETTER.encode())),
        ]
    assert [response.status_code for response in responses] == [200, 200, 422]
    assert {response.headers["cache-control"] for response in responses} == {"no-store"}
    assert "canary" not in caplog.text
    assert "unicorns" not in caplog.text
    for path in office.folder.rglob("*"):
        if path.is_file():
            assert b"canary sings" not in path.read_bytes(), path
            assert b"canary.txt" not in path.read_bytes(), path


# -- comments -----------------------------------------------------------------------------------------------------------


def test_a_word_file_comes_back_with_the_findings_as_comments(reading_browser: TestClient) -> None:
    letter = docx(f"\u201c{EXACT}\u201d and \u201c{ALTERED}\u201d")
    response = send(reading_browser, file=("Our Létter (3).docx", letter), give="comments")
    assert response.status_code == 200
    assert response.headers["content-disposition"] == 'attachment; filename="our-letter-3-checked.docx"'
    assert response.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(response.content)) as file:
        comments = re.sub(r"<[^>]+>", " ", file.read("word/comments.xml").decode())
    assert "Exact." in comments
    assert "Altered." in comments
    assert "36" in comments


@pytest.mark.parametrize(("letter", "file"), [(LETTER, None), ("", ("letter.txt", LETTER.encode()))])
def test_comments_go_into_word_files_alone(
    reading_browser: TestClient, letter: str, file: tuple[str, bytes] | None
) -> None:
    response = send(reading_browser, letter, file, give="comments")
    assert response.status_code == 422
    assert "Comments go into Word files alone: choose a .docx" in response.text
