"""The work of a morning, in a browser: from today to a record, a search, a term, a letter; and without JavaScript."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from monitor import app
from monitor.delivery.links import ReaderLinks, Signer, secret_of
from tests.browser.conftest import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Locator, Page

    from tests.web.conftest import Office

LETTER = Path(__file__).resolve().parents[1] / "data" / "letter.txt"
TOKEN = "correct-horse-battery-staple-7731"  # noqa: S105 (of this test alone)


def test_the_morning_from_today_to_a_checked_letter(open_page: Callable[..., Page]) -> None:
    page = open_page("/", permissions=["clipboard-read", "clipboard-write"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Wednesday 27 November 2024")
    page.get_by_role("region", name="To act on").get_by_role("link", name="Paedophiles: Internet").click()

    expect(page.get_by_text("Answered, and corrected since")).to_be_visible()
    page.get_by_role("link", name="See what changed").click()
    expect(page).to_have_url(re.compile("/records/q-9091160#revisions$"))
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    reference = page.evaluate("navigator.clipboard.readText()")
    assert reference == "UIN 91160, answered 26 November 2024, corrected 27 November 2024"

    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Check a letter").click()
    page.get_by_label("Paste the letter").fill(LETTER.read_text(encoding="utf-8"))
    page.get_by_role("button", name="Check", exact=True).click()
    for verdict in ("Exact", "Altered", "Corrected since", "Not found"):
        expect(page.get_by_role("heading", level=3).filter(has_text=re.compile(verdict, re.IGNORECASE))).to_have_count(
            1
        )


def test_a_letter_is_uploaded_as_a_file(open_page: Callable[..., Page]) -> None:
    page = open_page("/check")
    page.get_by_label("Or choose a file").set_input_files(LETTER)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("letter.txt")


def test_a_search_leads_to_a_record_and_back(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Search").click()
    page.get_by_label("Words, or the number of a record").fill("paedophil* NEAR/8 online")
    page.get_by_label("Words, or the number of a record").press("Enter")
    page.locator(".records a").first.click()
    expect(page.locator("article blockquote").first).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Words, or the number of a record")).to_have_value("paedophil* NEAR/8 online")


def test_a_search_that_cannot_be_read_says_where_and_what_to_do(open_quietly: Callable[..., Page]) -> None:
    page = open_quietly("/search?q=(crime")
    expect(page.get_by_role("alert")).to_contain_text("This search")
    expect(page.get_by_role("alert")).to_contain_text("^")


def test_a_term_is_tried_added_and_finds(open_page: Callable[..., Page], office: Office) -> None:
    page = open_page("/topics")
    page.get_by_label("Try a term").fill("safeguarded")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("heading", name="Forms found")).to_be_visible()
    page.get_by_label("Topic", exact=True).select_option(label="Hi-tech crime policing")
    page.get_by_role("button", name="Add the term").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page).to_have_url(re.compile("/topics/[^/?]+[?]done="))
    expect(page.get_by_role("button", name="Remove safeguarded")).to_be_visible()
    assert '"safeguarded"' in office.config.read_text(encoding="utf-8")


@contextmanager
def behind_a_token(chromium: Browser, office: Office) -> Iterator[BrowserContext]:
    """Serve a page that asks for a token, and yield a browser that has not given it."""
    (office.folder / "token").write_text(TOKEN, encoding="utf-8")
    (office.folder / "token").chmod(0o600)
    office.set_web(auth="token", token_file="token")  # noqa: S106 (the name of a file)
    with serving(office) as address:
        yield chromium.new_context(base_url=address)


def test_with_a_token_nothing_is_shown_until_it_is_given(chromium: Browser, office: Office) -> None:
    with behind_a_token(chromium, office) as context:
        page = context.new_page()
        page.goto("/records/q-9091160")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        page.get_by_label("Token").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("this is not the token")
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Paedophiles: Internet")
        assert all(kept.get("httpOnly") and kept.get("sameSite") == "Lax" for kept in context.cookies())
        context.close()


def test_names_and_notes_written_from_right_to_left_leave_figures_in_their_place(
    chromium: Browser, office: Office
) -> None:
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(
        text.replace('name = "Policy desk"', 'name = "מרים"\nid = "Policy desk"'), encoding="utf-8"
    )
    with serving(office) as address:
        context = chromium.new_context(base_url=address)
        page = context.new_page()
        page.goto("/digests")
        line = page.locator(".records .quiet", has_text="מרים").first
        assert left_of(line, "מרים") < left_of(line, "13 items")
        page.goto("/records/q-9091160")
        page.get_by_text("Write a note").click()
        page.get_by_label("Note, as").fill("שלום 2024")
        page.get_by_role("button", name="Add the note").click()
        line = page.locator("#notes ~ ul .quiet").first
        assert left_of(line, "מרים") < left_of(line, "27 November")
        note = page.locator("#notes ~ ul p").nth(1)
        assert note.evaluate("e => getComputedStyle(e).direction") == "rtl"
        context.close()


def left_of(line: Locator, words: str) -> float:
    """Return how far from the left edge the first letter of some words of a line is shown."""
    return float(
        line.evaluate(
            """(line, words) => {
                const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
                while (walker.nextNode() && !walker.currentNode.data.includes(words));
                const range = document.createRange(), start = walker.currentNode.data.indexOf(words);
                range.setStart(walker.currentNode, start);
                range.setEnd(walker.currentNode, start + 1);
                return range.getBoundingClientRect().left;
            }""",
            words,
        )
    )


def test_what_was_written_is_still_there_after_signing_in_again(chromium: Browser, office: Office) -> None:
    with behind_a_token(chromium, office) as context:
        page = context.new_page()
        page.goto("/draft?ref=91160")
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Copies to").fill("Ada Example MP")
        context.clear_cookies(name="pqwatch_session")
        page.get_by_role("button", name="Show the letter").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in first")
        with context.expect_page() as opened:
            page.get_by_role("link", name="Sign in in another tab").click()
        other = opened.value
        other.get_by_label("Token").fill(TOKEN)
        other.get_by_role("button", name="Sign in").click()
        expect(other.get_by_role("button", name="Sign out")).to_be_visible()
        page.go_back()
        expect(page.get_by_label("Copies to")).to_have_value("Ada Example MP")
        page.get_by_role("button", name="Show the letter").click()
        expect(page.get_by_role("region", name="The letter")).to_contain_text("Ada Example MP")
        context.close()


def test_a_copied_text_is_said_and_one_that_is_not_too(open_page: Callable[..., Page]) -> None:
    page = open_page("/records/q-9091160", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").first.click()
    heard = page.locator("main > [aria-live]")
    expect(heard).to_have_text("Copied")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()) }")
    page.get_by_role("button", name="Copy", exact=True).first.click()
    expect(heard).to_have_text("Not copied: mark the text and copy it by hand")


def test_the_same_work_is_done_without_javascript(open_page: Callable[..., Page], office: Office) -> None:
    page = open_page("/", java_script_enabled=False, width=320)
    page.locator("#act").locator("..").get_by_role("link", name="Paedophiles: Internet").click()
    expect(page.locator("pre.citation").first).to_contain_text("UIN 91160")
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    page.get_by_role("link", name="Search", exact=True).click()
    page.get_by_label("Words, or the number of a record").fill("91162")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("main")).to_contain_text("National Crime Agency")
    page.goto("/topics/try?term=safeguarded")
    page.get_by_label("Topic", exact=True).select_option(label="Hi-tech crime policing")
    page.get_by_role("button", name="Add the term").click()
    expect(page.get_by_role("button", name="Remove safeguarded")).to_be_visible()
    assert '"safeguarded"' in office.config.read_text(encoding="utf-8")
    page.goto("/check")
    page.get_by_label("Paste the letter").fill(LETTER.read_text(encoding="utf-8"))
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("status")).to_be_visible()


def test_mails_are_stopped_from_the_link_in_a_mail(open_page: Callable[..., Page], office: Office) -> None:
    config = app.configuration(str(office.config), env={})
    archive = app.archive(config)
    links = ReaderLinks.of(Signer(secret_of(archive)), "", config.subscribers[0], "<mail@example.org>")
    archive.close()
    page = open_page(links.unsubscribe)
    expect(page.get_by_role("heading", level=1)).to_have_text("Stop these mails?")
    page.get_by_role("link", name="change your preferences").click()
    page.get_by_label("Pause my mails").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Your mails are paused.")
    page.get_by_role("link", name="Stop these mails").click()
    page.get_by_role("button", name="Stop these mails").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You get no more of these mails")
    assert app.configuration(str(office.config), env={}).subscribers == ()


def test_a_public_page_shows_no_topics_and_changes_nothing(chromium: Browser, office: Office) -> None:
    office.set_web(public=True)
    with serving(office) as address:
        context = chromium.new_context(base_url=address)
        page = context.new_page()
        for path in ("/", "/topics", "/records/q-9091160", "/status", "/digests"):
            page.goto(path)
            shown = page.locator("main").inner_text()
            assert "Hi-tech crime policing" not in shown
            assert "Policy desk" not in shown
            assert page.locator("form[method=post]").count() == 0
        context.close()


def test_from_an_answer_to_a_checked_letter(open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page("/", java_script_enabled=False)
    page.get_by_role("region", name="To act on").get_by_role("link", name="Online Safety: Education").click()

    marked = page.locator("article mark.promise")
    expect(marked).to_contain_text("The Department will publish revised guidance for schools in the spring.")
    page.get_by_role("link", name="DfE: Online Safety: Education").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Promise: DfE: Online Safety: Education")
    expect(page.locator("main")).to_contain_text("Its day moved: December 2024")
    page.get_by_role("button", name="Follow it", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("It is followed from now on")
    page.get_by_label("Note, as Policy desk").fill("Ask again in June.")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator("#notes ~ ul")).to_contain_text("Ask again in June.")

    page.get_by_role("link", name="Following", exact=True).click()
    expect(page.get_by_role("heading", name="Followed (1)")).to_be_visible()
    with page.expect_download() as given:
        page.get_by_role("link", name="Open it now").click()
    days = Path(given.value.path()).read_text("utf-8")
    assert "UID:promise-p-1d2c520e73@pqwatch.invalid" in days

    page.get_by_role("heading", name="Followed (1)").locator("~ ul").get_by_role("link").first.click()
    page.get_by_role("link", name="Draft a letter").click()
    expect(page.get_by_label("To", exact=True)).to_have_value("Yasmin Faroqui-Dale")
    page.get_by_label("Copies to").fill("Ada Example MP")
    page.get_by_role("button", name="Show the letter").click()
    letter = page.get_by_role("region", name="The letter")
    expect(letter).to_contain_text("This was promised for the time from 1 March 2025 to 31 May 2025.")
    with page.expect_download() as given:
        page.get_by_role("button", name="Save as Word (.docx)").click()
    assert given.value.suggested_filename == "letter.docx"
    file = tmp_path / "letter.docx"
    given.value.save_as(file)

    page.get_by_role("link", name="check it").click()
    page.get_by_label("Or choose a file").set_input_files(file)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("letter.docx: 1 quotation: 1 exact.")
    page.get_by_label("Or choose a file").set_input_files(file)
    with page.expect_download() as given:
        page.get_by_role("button", name="Check a .docx, and save it").click()
    assert given.value.suggested_filename == "letter-checked.docx"
