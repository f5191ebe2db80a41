"""Checks of every page: at 320 pixels, wide, light, dark and printed; names, headings, contrast, its own files only."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from monitor.cli import pqwatch
from tests.web.forms import two_readers
from tests.web.test_operators import execute

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

    from tests.web.conftest import Office

FAULTS = Path(__file__).with_name("faults.js").read_text(encoding="utf-8")
PAGES = (
    "/",
    "/?day=2024-11-26",
    "/?day=2024-11-24",
    "/search",
    "/search?q=crime",
    "/search?q=crime&view=kwic",
    "/search?q=crime&label=no_plans&house=lords&sort=relevance",
    "/search?q=(crime",
    "/search?q=zzzzqqq",
    "/records/q-9091160",
    "/records/q-9091160?revision=1",
    "/records/q-9091162",
    "/records/q-9091230",
    "/records/q-9591027",
    "/people",
    "/people?q=lock",
    "/people/Adaeze%20Lockstone",
    "/people/Harbinder%20Maulkar",
    "/bodies",
    "/bodies/Home%20Office",
    "/records/q-9091165",
    "/promises",
    "/promises?all=yes",
    "/promises?state=kept",
    "/promises?body=zzzz",
    "/promises/p-1d2c520e73",
    "/following",
    "/following?q=zzzz",
    "/draft",
    "/draft?ref=p-1d2c520e73",
    "/draft?ref=zzzz",
    "/audit",
    "/topics",
    "/topics/try?term=cyber*",
    "/topics/try?term=(",
    "/waiting",
    "/statistics",
    "/statistics?q=crime",
    "/check",
    "/digests",
    "/status",
    "/sign-in",
    "/no-such-page",
)


VIEWS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((320, "light"), (320, "dark"), (1100, "light"))
"""Widths in pixels and colour schemes in which each page is judged."""


def faults_of(page: Page, path: str) -> list[str]:
    """Load a page once, and judge it in each view: its style sheet alone decides how it looks there."""
    page.goto(path)
    return faults_in(page)


def faults_in(page: Page) -> list[str]:
    """Judge a page that is loaded in each view."""
    found: list[str] = []
    for width, scheme in VIEWS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        found += [f"{page.url}, {width} pixels, {scheme}: {fault}" for fault in page.evaluate(FAULTS)]
    return found


@pytest.mark.longest
def test_pages_fit_can_be_read_and_name_what_they_hold(open_quietly: Callable[..., Page]) -> None:
    page = open_quietly()
    paths = [
        *PAGES,
        *linked(page, "/topics", "main h2 a[href^='/topics/']"),
        *linked(page, "/digests", "main a[href^='/records/']"),
    ]
    assert [fault for path in paths for fault in faults_of(page, path)] == []


def linked(page: Page, path: str, selector: str) -> list[str]:
    """Return where the first link of a kind leads, if there is one."""
    page.goto(path)
    return [str(link.get_attribute("href")) for link in page.locator(selector).all()[:1]]


def test_the_check_of_faults_finds_them(open_quietly: Callable[..., Page]) -> None:
    page = open_quietly("/")
    page.evaluate(
        """() => {
            document.querySelector("main").innerHTML = `<h1>One</h1><h4>Four</h4><p class="bad">Grey</p><input name="x">
                <a href="#nowhere">Away</a><div class="wide">Wide</div><button></button>`;
            document.querySelector(".bad").style.color = "#ccc";
            document.querySelector(".wide").style.width = "3000px";
        }"""
    )
    found = " ".join(page.evaluate(FAULTS))
    for fault in (
        "leaps to h4",
        "contrast",
        "no label: x",
        "leads nowhere",
        "sticks out",
        "no name",
        "style or script",
    ):
        assert fault in found


def test_a_keyboard_reaches_the_content_first_and_sees_where_it_is(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.text_content() == "Skip to the content"
    assert skip.is_visible()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.evaluate("e => document.querySelector('main').contains(e)")
    assert focused.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


@pytest.mark.parametrize(
    ("path", "fields", "button"),
    [
        ("/following", {"Mute": "crime"}, "Mute"),
        ("/following", {}, "Make another address, and end this one"),
        ("/records/q-9091160", {}, "Dealt with"),
        ("/promises/p-1d2c520e73", {"Note, as Policy desk": "Ask again."}, "Add the note"),
        ("/topics/try?term=safeguarded&topic=Hi-tech+crime+policing", {}, "Add the term"),
    ],
)
def test_what_a_form_has_done_is_seen_and_heard(
    open_page: Callable[..., Page], path: str, fields: dict[str, str], button: str
) -> None:
    page = open_page(path)
    page.set_viewport_size({"width": 1000, "height": 600})
    for label, text in fields.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name=button, exact=True).focus()
    page.keyboard.press("Enter")
    said = page.get_by_role("status")
    expect(said).to_be_focused()
    expect(said).to_be_in_viewport(ratio=1)


def test_choosing_for_whom_a_record_is_leads_back_to_the_buttons(
    open_page: Callable[..., Page], office: Office
) -> None:
    two_readers(office)
    page = open_page("/records/q-9091160")
    page.set_viewport_size({"width": 1000, "height": 600})
    page.get_by_label("Follow, mark and note as").select_option("Ada Example")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page.get_by_role("heading", name="For Ada Example")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(
    ("path", "label", "text"),
    [
        ("/following", "Follow", "zzzz"),
        ("/draft?ref=zzzz", "To", "Ada Example MP"),
        ("/search", "Words, or the number of a record", "("),
    ],
)
def test_after_a_mistake_the_keyboard_goes_on_behind_the_words_that_say_it(
    open_quietly: Callable[..., Page], path: str, label: str, text: str
) -> None:
    page = open_quietly(path)
    page.get_by_label(label, exact=True).fill(text)
    page.get_by_label(label, exact=True).press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.locator(":focus").evaluate("e => document.querySelector('main').contains(e)")


@dataclass(frozen=True)
class Mistake:
    """Fields of a form as they are written, the button that sends it, and the id of the field that is wrong."""

    path: str
    fields: dict[str, str]
    button: str
    wrong: str


LONG = "Ada Example MP\n" * 400
LETTER = {"What it is about": "p-1d2c520e73", "To": "Ada Example MP", "Copies to": "Ben Placeholder\nThe Clerk"}
TOPIC = {"Name of the topic": "Asylum hotels", "Terms, one on each line": "asylum hotel\nhotel NEAR asylum"}
MISTAKES = (
    Mistake("/draft", LETTER | {"Copies to": LONG}, "Show the letter", "copies"),
    Mistake("/draft", LETTER | {"What it is about": "q-0"}, "Show the letter", "ref"),
    Mistake("/draft", LETTER | {"Other words to quote": "that no one said"}, "Show the letter", "quotes"),
    Mistake("/topics", TOPIC | {"Name of the topic": "Hi-tech crime policing"}, "Add the topic", "new-name"),
    Mistake("/topics", TOPIC | {"Terms, one on each line": LONG * 4}, "Add the topic", "new-terms"),
    Mistake(
        "/topics", TOPIC | {"Terms, one on each line": "asylum\nonline NEAR/ safety"}, "Add the topic", "new-terms"
    ),
    Mistake("/topics", {"Try a term": "online NEAR/ safety"}, "Try it", "try-term"),
    Mistake("/following", {"Follow": "zzzz"}, "Follow", "ref"),
    Mistake("/promises/p-1d2c520e73", {"Note, as Policy desk": LONG * 2}, "Add the note", "text"),
    Mistake("/promises/p-1d2c520e73", {"Record that shows it (optional)": "q-0"}, "It was kept", "shown_by"),
    Mistake("/check", {}, "Check", "letter"),
    Mistake("/search?from=30d", {"From": "soon"}, "Search", "from"),
    Mistake("/statistics?from=30d", {"From day": "soon"}, "Count", "from"),
    Mistake("/promises?since=30d", {"Said on this day or later": "soon"}, "Show", "since"),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.path}-{mistake.wrong}")
def test_a_mistake_leads_to_its_field_and_nothing_is_lost(open_quietly: Callable[..., Page], mistake: Mistake) -> None:
    page = open_quietly(mistake.path)
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    for label, text in mistake.fields.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name=mistake.button, exact=True).click()

    said = page.get_by_role("alert")
    expect(said).to_be_focused()
    assert page.title().startswith("Error: ")
    field = page.locator('[aria-invalid="true"]')
    expect(field).to_have_attribute("id", mistake.wrong)
    expect(field).to_have_accessible_description(re.compile(re.escape(said.inner_text().split(": ", 2)[2][:20])))
    for label, text in mistake.fields.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(text)
    assert faults_in(page) == []

    said.get_by_role("link").press("Enter")
    expect(field).to_be_focused()
    expect(field).to_be_in_viewport()


def test_a_place_that_scrolls_shows_that_it_has_the_focus(open_page: Callable[..., Page]) -> None:
    page = open_page("/following")
    page.locator("#until").focus()
    page.locator("#feed").focus()
    assert page.locator("#feed").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


def test_a_message_to_a_webhook_is_read_without_scrolling_sideways(
    open_page: Callable[..., Page], office: Office
) -> None:
    words = "One paragraph of a digest, as long as an answer often is. " * 5
    message = json.dumps({"blocks": [{"text": {"text": words}}]})
    execute(office, "update outbox set channel = 'slack', message = ? where id = 1", zlib.compress(message.encode()))
    page = open_page("/digests/1", width=320)
    text = page.get_by_role("group", name="The message")
    assert "as long as an answer" in text.inner_text()
    assert text.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_buttons_can_be_told_from_text_in_forced_colours(open_page: Callable[..., Page]) -> None:
    page = open_page("/statistics", forced_colors="active")
    button = page.get_by_role("button", name="Count")
    assert button.evaluate("e => getComputedStyle(e).borderTopWidth") == "2px"
    border, ground = button.evaluate(
        "e => [getComputedStyle(e).borderTopColor, getComputedStyle(document.body).backgroundColor]"
    )
    assert border != ground


@pytest.mark.parametrize("path", ["/search", "/statistics", "/draft"])
def test_a_form_fits_a_telephone_with_letters_twice_as_large(open_page: Callable[..., Page], path: str) -> None:
    page = open_page(path, width=320)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    assert [fault for fault in page.evaluate(FAULTS) if fault.startswith(("wide", "sticks out"))] == []


def test_a_printed_page_of_words_in_context_has_all_of_them(open_page: Callable[..., Page]) -> None:
    page = open_page("/search?q=crime&view=kwic", width=700)
    page.emulate_media(media="print")
    cut = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
    assert page.locator(".kwic td").evaluate_all(cut) == []


def test_a_printed_record_is_its_words_without_navigation_and_forms(open_page: Callable[..., Page]) -> None:
    page = open_page("/records/q-9091160")
    page.emulate_media(media="print")
    assert page.locator("blockquote").first.is_visible()
    for hidden in ("body > header", "button", ".neighbours"):
        assert not page.locator(hidden).first.is_visible()


def test_an_exported_site_is_read_from_a_folder_with_letters_twice_as_large(
    chromium: Browser, office: Office, tmp_path: Path
) -> None:
    folder = tmp_path / "a site"
    args = ["export", "crime", "--format", "site", "--output", str(folder), "--config", str(office.config)]
    assert CliRunner().invoke(pqwatch, args).exit_code == 0
    page = chromium.new_page(viewport={"width": 320, "height": 900})
    page.goto((folder / "index.html").as_uri())
    assert page.evaluate("getComputedStyle(document.body).boxSizing") == "border-box", "its style was not loaded"
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert [fault for fault in page.evaluate(FAULTS) if fault.startswith(("wide", "sticks out"))] == []
    page.locator(".months a").click()
    page.locator(".records a").first.click()
    expect(page.get_by_role("heading", name="Reference")).to_be_visible()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="crime").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("crime")
    page.close()
