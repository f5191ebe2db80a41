"""A reader's own template: what it gets, what it may not do, and how its mistakes are told."""

from __future__ import annotations

import io
from datetime import date

import pytest
from docx import Document

from monitor.errors import LetterError
from monitor.research.letters import templates
from monitor.research.letters.drafting import Draft, DraftRequest, draft_letter
from monitor.research.letters.writing import fill_template, format_of
from tests.builders import a_question


@pytest.fixture
def draft() -> Draft:
    record = a_question(answer="Steps & <measures> are being *taken*.\n\nPlace\tSamples\nNorth\t12")
    request = DraftRequest(
        to="The Minister, Home Office", written_on=date(2021, 6, 3), copies=("Ada Example", "The Clerk")
    )
    return draft_letter([record], request, lambda _text, _on: [])


def word(*paragraphs: str) -> bytes:
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def filled(draft: Draft, name: str, text: str) -> str:
    return fill_template(draft, name, text.encode()).decode()


def test_text_template_gets_the_parts_and_filters(draft: Draft) -> None:
    template = (
        "{{ salutation }} ({{ address | join(' / ') }}), {{ date | day }}, copies: {{ copies | listed }}\n"
        "{% for passage in passages %}{{ passage.lead }}\n{{ passage.quotation | quoted(passage.number) }}\n{% endfor %}"
        "{% for reference in references %}{{ reference.number }} {{ reference.reference | md }}{% endfor %}\n"
        "{{ passages[0].corrected_on | day }}|{{ to.upper() }}|{{ subject | title }}\n"
    )
    text = filled(draft, "ours.md", template)
    assert text.startswith(
        "Dear Minister (The Minister / Home Office), 3 June 2021, copies: Ada Example and The Clerk\n"
    )
    assert "\n> Steps \\& \\<measures\\> are being \\*taken\\*.\n>\n> Place\tSamples\\\n> North\t12 [1]\n" in text
    assert "\n|THE MINISTER, HOME OFFICE|Water: Sample Vale\n" in text


def test_html_template_is_escaped(draft: Draft) -> None:
    assert filled(draft, "ours.html", "<p>{{ passages[0].quotation }}</p>").startswith(
        "<p>Steps &amp; &lt;measures&gt; are"
    )


def test_word_template_is_filled_in(draft: Draft) -> None:
    body = word(
        "{{ salutation }},",
        "{%p for passage in passages %}",
        "{{ passage.lead }}",
        "{{ passage.quotation }}",
        "{%p endfor %}",
    )
    letter = Document(io.BytesIO(fill_template(draft, "ours.docx", body)))
    assert [paragraph.text for paragraph in letter.paragraphs][:1] == ["Dear Minister,"]
    assert "Steps & <measures> are being *taken*." in letter.paragraphs[2].text
    assert "Place\tSamples\nNorth\t12" in letter.paragraphs[2].text


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Dear\n{{ pasages }}", r"in line 2 '{{ pasages }}': 'pasages' is undefined"),
        ("{{ passages[0].quote }}", "in line 1 .*: 'dict object' has no attribute 'quote'"),
        ("\n\n{% for passage in passages %}", "in line 3 .*: Unexpected end of template"),
        ("{{ to | shout }}", "in line 1 .*: No filter named 'shout'"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ to.nothing }}", "has no attribute 'nothing'"),
        ("{{ date | day | day }}", "Invalid isoformat string"),
    ],
)
def test_mistakes_are_told_with_their_place(draft: Draft, template: str, said: str) -> None:
    with pytest.raises(LetterError, match=rf"^the template ours.md can't be filled in.*{said}"):
        filled(draft, "ours.md", template)


def test_mistakes_in_word_are_told_with_their_paragraph(draft: Draft) -> None:
    for text, said in (
        ("So {{ pasages }} it is", "'pasages' is undefined"),
        ("So {% if %} it is", "Expected an expression"),
    ):
        with pytest.raises(LetterError, match=f"in the paragraph '{text[:8]}.*: {said}"):
            fill_template(draft, "ours.docx", word("Dear Minister", text))


HOSTILE = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ passages.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ passages[0].__init__.__globals__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.system('true') }}",
    "{{ lipsum.__globals__ }}",
    "{{ config }}",
    "{{ '{:>1000000000}'.format(1) }}",
    "{{ '{0.__class__}'.format(to) }}",
    "{{ ''.join(['a']) }}",
    "{{ passages.append(1) }}",
    "{{ passages.clear() }}",
    "{{ to | attr('__class__') }}",
    "{{ to | map('upper') }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% from 'os' import system %}",
    "{% extends '/etc/passwd' %}",
    "{{ 'a' * 1000000000 }}",
    "{{ 2 ** 1000000000 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ to ~ to }}",
    "{{ to + to }}",
    "{% set a %}{{ to }}{% endset %}",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% filter upper %}a{% endfilter %}",
    "{% for number in range(1000000000) %}{% endfor %}",
    "{% for a in passages recursive %}{{ loop(passages) }}{% endfor %}",
    "{% set a = '"
    + "x" * 400
    + "' %}{% for a1 in a %}{% for a2 in a %}{% for a3 in a %}{% endfor %}{% endfor %}{% endfor %}",
    "{% set a = '"
    + "x" * 400
    + "' %}{% for a1 in a %}{% for a2 in 'xxxx' %}"
    + "y" * 5000
    + "{% endfor %}{% endfor %}",
    "{{ [to, to] | join('"
    + "x" * 4000
    + "') }}{% for a in '"
    + "x" * 2000
    + "' %}{{ '"
    + "y" * 4000
    + "' }}{% endfor %}",
)


@pytest.mark.parametrize("template", HOSTILE, ids=lambda text: text[:60])
def test_a_template_runs_no_code_and_ends_soon(draft: Draft, template: str) -> None:
    for name, body in (("ours.md", template.encode()), ("ours.html", template.encode()), ("ours.docx", word(template))):
        with pytest.raises(LetterError, match=r"the template ours.* can't be filled in"):
            fill_template(draft, name, body)


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("ours.md", b"\xff\xfe\x00", "is no text in UTF-8"),
        ("ours.md", b" " * (templates.MOST_CHARACTERS + 1), "more than 500,000 characters"),
        ("ours.docx", b"PK\x03\x04", "can't be read as a .docx file"),
        ("ours.txt", b"", "ours.txt ends in .txt: a letter ends in .docx, .md or .html"),
        ("ours", b"", "ours has no ending"),
    ],
)
def test_what_is_no_template(draft: Draft, name: str, body: bytes, said: str) -> None:
    with pytest.raises(LetterError, match=said):
        fill_template(draft, name, body)


def test_endings_name_the_format() -> None:
    assert [format_of(name) for name in ("a.DOCX", "a.markdown", "a.htm")] == ["docx", "md", "html"]
