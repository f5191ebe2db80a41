"""Rules that every HTML part keeps, checked with parsers."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import date
from functools import cache, partial
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.delivery.links import ReaderLinks, Signer
from monitor.digest.render import Rendered, render
from monitor.model.records import Attachment, Event, Link, Member
from monitor.parliament.links import clickable_url
from tests.builders import a_digest, a_match, a_question, a_subscriber, a_waiting, an_item
from tests.golden.cases import CASES, TERMS, a_day, due, item

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.model.digests import Digest

LINKED = re.compile(
    r"https://questions-statements\.parliament\.uk/written-(?:questions|statements)/detail/[0-9-]+/\w+"
    r"|https://www\.theyworkforyou\.com/\w+/\?id=[\w.-]+|https://publications\.parliament\.uk/pa/[\w./#]+"
)


class Page(HTMLParser):
    """Parser that collects what the tests need."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.free_words: list[str] = []
        self.is_in_link = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.is_in_link = tag in ("a", "title", "style")
        self.attributes += [(name, value or "") for name, value in attrs]
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if not self.is_in_link:
            self.free_words.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.is_in_link = self.is_in_link and tag not in ("a", "title", "style")


def many(count: int, words: int = 20) -> Digest:
    """Build a day with `count` answers of about this many words."""
    terms = [terms[0] for terms in TERMS.values()]
    questions = [
        a_question(
            uin=str(1000 + n),
            heading=f"Matter {n}",
            question=f"To ask the Secretary of State for Sample Affairs, what he plans on {terms[n % 4]} in area {n}.",
            answer=f"Of area {n} we say “this”: " + f"“the {terms[n % 4]} & more” " * (words // 5) + ".",
        )
        for n in range(count)
    ]
    return a_day(*(item(question) for question in questions))


DIGESTS: dict[str, Callable[[], Digest]] = {**CASES, **{str(n): partial(many, n, 140) for n in (40, 41, 700)}}


@pytest.fixture(params=list(DIGESTS))
def rendered(request: pytest.FixtureRequest) -> Rendered:
    return rendered_once(request.param)


@cache
def rendered_once(name: str) -> Rendered:
    """Render a digest once for all tests: a fixture of the module would do it anew for most, in their random order."""
    return render(DIGESTS[name](), due, stop="stop@example.org")


def test_page_is_small_enough_for_mail_services(rendered: Rendered) -> None:
    assert len(rendered.html.encode()) <= 90_000


def test_only_official_pages_are_linked_and_the_text_has_the_same_links(rendered: Rendered) -> None:
    lines = set(rendered.text.replace("\n  https", "\nhttps").splitlines())
    for link in Page(rendered.html).links:
        assert LINKED.fullmatch(link) or clickable_url(link) == link
        assert link in lines


@pytest.mark.slow
def test_mail_programs_find_no_other_address_to_link(rendered: Rendered) -> None:
    for words in Page(rendered.html).free_words:
        assert not re.search(r"://|www\.|\w\.(com|net|org|uk|example)", words)


def test_headings_are_in_order(rendered: Rendered) -> None:
    levels = [int(tag[1]) for tag in Page(rendered.html).tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_nothing_is_loaded_or_run(rendered: Rendered) -> None:
    page = Page(rendered.html)
    allowed = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "div",
        "span",
        "table",
        "tbody",
        "tr",
        "td",
        "th",
        "h1",
    }
    allowed |= {"h2", "h3", "p", "a", "strong", "br", "blockquote", "ol", "ul", "li"}
    assert set(page.tags) <= allowed
    assert not any(name.startswith("on") or name in ("src", "srcset", "background") for name, _ in page.attributes)
    assert not any("url(" in value or "http:" in value or "javascript:" in value for _, value in page.attributes)
    assert "@import" not in rendered.html
    assert "@font-face" not in rendered.html


def test_language_and_both_schemes_are_declared(rendered: Rendered) -> None:
    assert '<html lang="en-GB"' in rendered.html
    assert '<meta name="color-scheme" content="light dark">' in rendered.html
    assert "@media (prefers-color-scheme: dark)" in rendered.html


def test_every_line_of_text_fits_unless_it_has_no_space(rendered: Rendered) -> None:
    for line in rendered.text.splitlines():
        assert len(line) <= 72 or " " not in line.strip()


def test_text_and_html_have_the_same_words(rendered: Rendered) -> None:
    html = " ".join("".join(Page(rendered.html).words).split())
    for link in re.findall(r"UIN (\w+)", rendered.text):
        assert link in html


def test_inline_styles_do_not_override_the_dark_scheme() -> None:
    html = render(CASES["correction-day"](), due).html
    dark = html.partition("@media (prefers-color-scheme: dark)")[2].partition("</style>")[0]
    assert "<strong style" not in html
    assert dark.count("color: #") == dark.count(" !important;")


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of WCAG 2: https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_enough_in_both_schemes() -> None:
    html = render(CASES["ordinary-day"](), due).html
    dark = html.partition("@media (prefers-color-scheme: dark)")[2].partition("</style>")[0]
    light = html.partition("</style>")[0].partition("@media (prefers")[0] + html.partition("</head>")[2]

    def colour(source: str, before: str, name: str = "color") -> str:
        found = re.search(rf"{before}[^}}]*?(?<![-a-z]){name}: (#[0-9a-f]{{6}})", source)
        assert found
        return found.group(1)

    grounds = {
        "light": (
            colour(light, 'class="w"', "background-color"),
            colour(light, "blockquote strong", "background-color"),
        ),
        "dark": (colour(dark, r"\.w \{", "background-color"), colour(dark, "blockquote strong", "background-color")),
    }
    inks = {
        "light": [colour(light, 'class="b"'), colour(light, "<a "), colour(light, 'class="m"')],
        "dark": [colour(dark, r"\.b \{"), colour(dark, r"\na \{"), colour(dark, r"\.m \{")],
    }
    for scheme, (ground, marked) in grounds.items():
        assert all(contrast(ink, ground) >= 4.5 for ink in inks[scheme])
        assert contrast(inks[scheme][0], marked) >= 4.5


def test_hostile_text_is_shown_and_does_nothing() -> None:
    done = render(CASES["hostile"](), due)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in done.html
    words = "".join(Page(done.html).words)
    assert "{{ 7 * 7 }}" in words
    assert "www.gov.uk: https://evil.example/www.gov.uk" in words
    assert "x: an unknown place" in words
    assert Page(done.html).links == []
    for character in "\u202e\u202c\u200b\x1b\0\ud800\r":
        assert character not in done.text + done.subject + done.preheader
        assert character not in done.html


SCRAPS = st.one_of(
    st.text(st.characters(), max_size=60),
    st.sampled_from(
        ["<b>&", "</style><script>", "{{ x }}{% if %}", "-->", "]]>", "\n\n\t\t\n", "a\tb\nc", "]" * 50, "https://x.uk"]
    ),
)


@settings(max_examples=100, deadline=None)
@given(scraps=st.lists(SCRAPS, min_size=8, max_size=8), start=st.integers(0, 60), size=st.integers(0, 60))
@pytest.mark.slow
def test_no_scraped_text_breaks_a_page(scraps: list[str], start: int, size: int) -> None:
    heading, question, answer, before, name, body, file, link = scraps
    now = a_question(
        heading=heading,
        question=question,
        answer=answer,
        uin=name,
        url=link,
        body=body,
        asked_by=Member(name=name, party=name, constituency=name),
        attachments=(Attachment(title=file, file_type=file),),
        links=(Link(text=link, href=link),),
        corrected_on=date(2021, 2, 3),
    )
    matches = tuple(
        a_match(name, part=part, start=start, end=start + size) for part in ("question", "answer", "heading")
    )
    hit = an_item(now, matches=matches, refers_to=now, before=a_question(answer=before), events=(Event.CORRECTED,))
    waiting = a_waiting(now)
    mention = an_item(replace(now, corrected_on=None), matches=matches[1:2])
    digest = a_digest(changed=(hit,), new=(mention, hit), questions=(hit,), waiting=(waiting,))
    done = render(digest, due)
    page = Page(done.html)
    assert page.links == []
    assert not {"script", "b", "img"} & set(page.tags)
    assert page.tags.count("h1") == 1
    assert page.tags.count("h3") == 4
    done.html.encode()
    done.text.encode()


def test_the_words_of_each_link_say_where_it_leads() -> None:
    links = ReaderLinks.of(Signer("s" * 32), "https://desk.example", a_subscriber(), "<mail@example.org>")
    new = tuple(an_item(a_question(uin=str(number), heading=f"Water {number}")) for number in (1, 2, 3))
    html = render(a_digest(new=new), due, links=links).html
    targets: dict[str, set[str]] = {}
    for address, words in re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', html):
        targets.setdefault(words, set()).add(address)
    assert len([words for words in targets if words.startswith("follow ")]) == len(new)
    assert [words for words, addresses in targets.items() if len(addresses) > 1] == []


@pytest.mark.parametrize("name", list(CASES))
def test_no_paragraph_is_empty_or_begins_with_a_break(name: str) -> None:
    html = render(CASES[name](), due).html
    assert not re.search(r"<p[^>]*>\s*(?:<br>|</p>)", html)


def test_a_paragraph_in_welsh_says_so() -> None:
    welsh = "Mae'r Adran Sampl wedi rhoi arian i bob ysgol yn y sir, ac mae'r gwaith ar yr online scam wedi dechrau."
    question = a_question(heading="Ysgolion", question=f"Pa gamau y mae hyn yn eu cynnwys? {welsh}", answer=welsh)
    html = render(a_day(item(question)), due).html
    assert html.count('<p lang="cy"') == 2
    assert "<p lang=" not in rendered_once("ordinary-day").html
