"""Quotations of a letter: where they begin and end, and the words that must be in the record."""

from __future__ import annotations

import pytest

from monitor.model.letters import Letter, Paragraph, from_text
from monitor.research.quotations.extraction import quotations
from monitor.research.quotations.pieces import pieces


def texts(letter: str) -> list[str]:
    return [quotation.text for quotation in quotations(from_text(letter))]


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        ('You said "we will act" and left.', ["we will act"]),
        ("You said \u201cwe will act\u201d, and \u2018we did\u2019.", ["we will act", "we did"]),
        ("You said 'we will act' (UIN 1).", ["we will act"]),
        ("It isn't so, and the police's or the members' say is theirs.", []),
        ("In the '90s and '80s it was 'a small unit' of the police.", ["a small unit"]),
        ("He meant 'the members' rights are safe', I think.", ["the members' rights are safe"]),
        ("He named 'the terms' and then 'the costs'.", ["the terms", "the costs"]),
        ("He named 'terms' and the members' rights.", ["terms"]),
        ('A 6" pipe and an 8" pipe.', []),
        ("He said \"I 'never' said so\" twice.", ["I 'never' said so"]),
        ("He said \u201cI \u201cnever\u201d said so\u201d twice.", ["I \u201cnever\u201d said so"]),
        ("He said \u2018a \u201cunit\u201d of five\u2019 twice.", ["a \u201cunit\u201d of five"]),
        ('("The Unit")', ["The Unit"]),
        (
            'He wrote "\u00a35 million" and "[t]he unit" and "...and so on".',
            ["\u00a35 million", "[t]he unit", "...and so on"],
        ),
        ('"One" "two"', ["One", "two"]),
        ("'Twas said, 'tis gone.", []),
        (
            "Il dit \u00ab nous agirons \u00bb et \u00abnous agissons\u00bb.",
            ["nous agirons", "nous agissons"],
        ),
        ("Er sagte \u201ewir handeln\u201c und \u201asie auch\u2018.", ["wir handeln", "sie auch"]),
        ("\u201ewir \u201ahandeln\u2018 jetzt\u201c, \u201edann\u201d", ["wir \u201ahandeln\u2018 jetzt", "dann"]),
        ("Er sagte \u00bbwir handeln\u00ab und ging.", ["wir handeln"]),
        ("Home \u00bbNews \u00bb Politics", []),
        ("\u00abil a dit \u2039oui\u203a hier\u00bb", ["il a dit \u2039oui\u203a hier"]),
        ('"..." and "[...]" hold no words.', []),
    ],
)
def test_marks_open_and_close(letter: str, expected: list[str]) -> None:
    assert texts(letter) == expected


def test_quotation_continues_if_the_next_paragraph_opens_with_a_mark() -> None:
    letter = 'He said:\n\n"The first part.\n\n"The second part.\n\n"The last part." So it was (UIN 7).\n\n"Another."'
    first, other = quotations(from_text(letter))
    assert first.text == "The first part.\nThe second part.\nThe last part."
    assert (first.paragraph, first.before, first.after) == (2, "He said:", "So it was (UIN 7).")
    assert (other.text, other.paragraph) == ("Another.", 5)


def test_unclosed_quotation_ends_with_its_paragraph() -> None:
    assert texts('He said "it is so.\n\nNot so.') == ["it is so."]
    assert texts("He said 'it is so.\n\nNot so.") == []


SET = """\
    12 Sample Street
    Sampletown

Dear Minister,

As you said:

    The Unit has forty officers, and will have
    more of them. (UIN 12345)

  - a point of ours, indented as lists are, with words enough
  - another one

> It was never so, and it will not be so
> for any length of time.

    Yours
"""


def test_a_paragraph_may_be_set_as_a_quotation() -> None:
    first, second = quotations(from_text(SET))
    assert first.text == "The Unit has forty officers, and will have more of them."
    assert (first.is_set, first.before, first.after) == (True, "As you said:", "(UIN 12345)")
    assert second.text == "It was never so, and it will not be so for any length of time."


def test_indented_letter_is_not_a_quotation() -> None:
    assert texts("   This letter is indented as a whole, as mails are.\n\n   It has no quotation.") == []
    assert texts("   Said you:\n\n       it has this one, which is set deeper than the rest.") == [
        "it has this one, which is set deeper than the rest."
    ]


def test_consecutive_block_quotations_are_one_and_marks_within_them_count() -> None:
    letter = Letter(
        (
            Paragraph(text="One part of what was said there.", is_quotation=True),
            Paragraph(text="Another part, with 'a unit' in it \u2014 as before.", is_quotation=True),
            Paragraph(text='"A third, in marks." \u2014 Home Office', is_quotation=True),
        )
    )
    assert [quotation.text for quotation in quotations(letter)] == [
        "One part of what was said there.\nAnother part, with 'a unit' in it \u2014 as before.",
        "A third, in marks.",
    ]


def test_block_quotation_set_apart_is_another_quotation() -> None:
    letter = Letter(
        (
            Paragraph(text="One part of what was said there.", is_quotation=True),
            Paragraph(text="The rest of it. (UIN 1)", is_quotation=True),
            Paragraph(text="Words of another. (UIN 2)", is_quotation=True, is_apart=True),
        )
    )
    assert [(quotation.text, quotation.after) for quotation in quotations(letter)] == [
        ("One part of what was said there.\nThe rest of it.", "(UIN 1)"),
        ("Words of another.", "(UIN 2)"),
    ]


@pytest.mark.parametrize("source", ["(UIN 2)", "[3 March 2025]", "\u2014 Ben Placeholder, Home Office"])
def test_last_paragraph_of_a_block_quotation_may_be_its_source(source: str) -> None:
    letter = from_text(f"> The Unit has forty officers.\n>\n> It will have more.\n>\n> {source}")
    [found] = quotations(letter)
    assert (found.text, found.after) == ("The Unit has forty officers.\nIt will have more.", source)
    assert [part.text for part in found.parts] == ["The Unit has forty officers.", "It will have more."]


def test_item_of_a_list_is_no_source() -> None:
    [found] = quotations(from_text("> The Unit will have\n>\n> \u2013 Two dogs.\n>\n> \u2013 Three cats."))
    assert (found.text, found.after) == ("The Unit will have\n\u2013 Two dogs.\n\u2013 Three cats.", "")


def test_paragraphs_of_a_block_quotation_are_grouped_by_their_sources() -> None:
    letter = from_text("> One. (UIN 1)\n>\n> Two.\n>\n> Two still.\n>\n> (UIN 2)\n>\n> Three.")
    [found] = quotations(letter)
    assert [(part.text, part.after, part.paragraph) for part in found.parts] == [
        ("One.", "(UIN 1)", 1),
        ("Two.\nTwo still.", "(UIN 2)", 2),
        ("Three.", "", 5),
    ]
    assert [[part.text for part in of_one.parts] for of_one in found.parts] == [[], ["Two.", "Two still."], []]


def test_a_long_block_quotation_has_no_parts() -> None:
    [found] = quotations(from_text("\n>\n".join(f"> Paragraph {number}." for number in range(51))))
    assert found.parts == ()


def test_numbered_references_of_parts_are_read() -> None:
    [found] = quotations(from_text("> One. [1]\n>\n> Two. [2]\n\nReferences\n\n[1] UIN 1\n\n[2] UIN 2"))
    assert [part.after for part in found.parts] == ["(UIN 1) ", "(UIN 2) "]


@pytest.mark.parametrize(
    ("end", "source"),
    [
        (" (HC Deb 7 December 2005 c1366W)", "(HC Deb 7 December 2005 c1366W)"),
        (" [HL1234]", "[HL1234]"),
        (" (3 March 2025)", "(3 March 2025)"),
        (" \u2014 Ben Placeholder, Home Office", "\u2014 Ben Placeholder, Home Office"),
        (" And it \u2013 the unit \u2013 goes on.", ""),
        (" Under the Act (of 2003) too.", ""),
    ],
)
def test_source_at_the_end_of_a_block_quotation_is_not_part_of_it(end: str, source: str) -> None:
    said = "The Unit has forty officers."
    (one,) = quotations(Letter((Paragraph(text=said + end, is_quotation=True),)))
    assert (one.text, one.after) == ((said, source) if source else (said + end, ""))


def test_notes_and_separate_sources_follow_the_quotation() -> None:
    letter = Letter(
        (
            Paragraph(text='You said "it has forty officers" then.'),
            Paragraph(text="UIN 12345", is_note=True),
            Paragraph(text="The Unit has forty officers.", is_quotation=True),
            Paragraph(text="(UIN 54321)"),
        )
    )
    first, second = quotations(letter)
    assert first.after == "then. UIN 12345"
    assert second.after == "(UIN 54321)"
    assert second.before == "then."


def test_context_of_a_quotation_ends_at_the_next_one() -> None:
    first, second = quotations(from_text('On 3 March "one" (UIN 1) and on 4 March "two" (UIN 2).'))
    assert (first.before, first.after) == ("On 3 March", "(UIN 1) and on 4 March")
    assert (second.before, second.after) == ("(UIN 1) and on 4 March", "(UIN 2).")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the Unit has forty", [("the Unit has forty", "", "")]),
        ("...the Unit ... has [...] forty\u2026", [("the Unit", "", ""), ("has", "gap", ""), ("forty", "gap", "")]),
        ("the Unit . . . has (...) forty", [("the Unit", "", ""), ("has", "gap", ""), ("forty", "gap", "")]),
        ("[The Unit] has [only] forty", [("has", "", ""), ("forty", "own", "[only]")]),
        ("the Unit [only] ... has", [("the Unit", "", ""), ("has", "gap", "")]),
        ("[t]he Unit", [("the Unit", "", "")]),
        ("it investigate[d] them", [("it", "", ""), ("them", "own", "investigate[d]")]),
        ("the Unti [sic] has[12] forty [emphasis added]", [("the Unti  has forty", "", "")]),
        ("[...]", []),
        ("1.5 million e.g. so", [("1.5 million e.g. so", "", "")]),
    ],
)
def test_gaps_and_insertions_divide_the_required_words(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [(piece.text, piece.joint, piece.own) for piece in pieces(text)] == expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[" + "." * 50_000, 0),
        ("(" + ". " * 50_000, 1),
        ("a" * 200_000, 1),
        ("[a" * 50_000, 1),
        ("'" * 50_000, 0),
        ("'a " * 50_000, 1),
        ("\u00bba " * 50_000, 0),
        ("\u201ea " * 50_000, 1),
    ],
)
def test_every_letter_is_read_quickly(text: str, found: int) -> None:
    """One text takes tenths of a second. An algorithm of quadratic time would not finish."""
    assert len(list(quotations(from_text(f'He said "{text}" there.')))) == found


def test_quotation_of_few_words_is_short() -> None:
    short, long = quotations(from_text('"one two ... three four" and "one two ... three four five"'))
    assert (short.words, short.is_short) == (4, True)
    assert (long.words, long.is_short) == (5, False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "He said:\n\n\u201cWe will act.\n\n\u2022 first thing\n\n\u2022 second thing\u201d (UIN 7).",
            [(2, "We will act.\n\u2022 first thing\n\u2022 second thing", "(UIN 7).")],
        ),
        ('He said: "We will act.\n\nWe will publish."', [(1, "We will act.\nWe will publish.", "")]),
        (
            "\u201cWe will act.\n\n\u201cWe will publish.\u201d Then: \u201cno more\u201d (UIN 7).\n\n\u201cA third.\u201d",
            [
                (1, "We will act.\nWe will publish.", "Then:"),
                (2, "no more", "(UIN 7)."),
                (3, "A third.", ""),
            ],
        ),
        (
            "\u201cWe will act.\n\nShe said \u201cno more money\u201d (UIN 7).",
            [(1, "We will act.", ""), (2, "no more money", "(UIN 7).")],
        ),
        ("\u2018We will act.\n\nIt is the members\u2019 right.", []),
        ("\u201cWe will act.\n\n> It is set as one of its own here.\n\nAnd so on.\u201d", [
            (1, "We will act.", ""), (2, "It is set as one of its own here.", ""),
        ]),
    ],
)  # fmt: skip
def test_one_mark_before_and_one_behind_several_paragraphs(text: str, found: list[tuple[int, str, str]]) -> None:
    read = quotations(from_text(text))
    assert [(quotation.paragraph, quotation.text, quotation.after) for quotation in read] == found


def test_notes_are_no_words_of_a_quotation_around_them() -> None:
    letter = Letter(
        (
            Paragraph(text="He said \u201cWe will act."),
            Paragraph(text="UIN 7", is_note=True),
            Paragraph(text="We will publish.\u201d So it is."),
        )
    )
    [found] = quotations(letter)
    assert (found.text, found.after) == ("We will act.\nWe will publish.", "So it is.")
