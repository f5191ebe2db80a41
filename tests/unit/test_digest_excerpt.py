from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.presentation.differences import differences
from monitor.presentation.excerpt import (
    GAP,
    Excerpt,
    Run,
    mark,
    plain,
    question_start,
    quote,
    sentence_at,
)
from monitor.presentation.plain_text import fill, inline, quoted, table
from monitor.presentation.table_layout import column_spans, is_figure
from monitor.presentation.wording import clean

if TYPE_CHECKING:
    from pathlib import Path


def shown(excerpt: Excerpt) -> str:
    """Return an excerpt as one line: matched words in stars, blocks separated by a bar."""
    return " / ".join(inline(Excerpt(blocks=(block,))) for block in excerpt.blocks)


def spans_of(text: str, *words: str) -> list[tuple[int, int]]:
    return [found.span() for word in words for found in re.finditer(re.escape(word), text)]


def pieces(excerpt: Excerpt) -> list[str]:
    """Return the pieces of an excerpt between its gaps, without white space."""
    runs = [
        run for block in excerpt.blocks for line in (*block.lines, *(c for r in block.rows for c in r)) for run in line
    ]
    return [run.text for run in runs if run.mark != "gap"]


SENTENCES = "One is here. Two has water. Three is dry. Four has water too. Five ends it."


def test_short_text_is_quoted_whole() -> None:
    assert shown(quote(SENTENCES, spans_of(SENTENCES, "water"), whole_up_to=150, opening=2)) == (
        "One is here. Two has *water*. Three is dry. Four has *water* too. Five ends it."
    )


def test_long_text_is_cut_to_its_beginning_and_matched_sentences_with_gaps() -> None:
    excerpt = quote(SENTENCES, spans_of(SENTENCES, "Four"), whole_up_to=5, opening=2)
    assert shown(excerpt) == "One is here. Two has water. [...] *Four* has water too. [...]"
    assert excerpt.is_cut


def test_text_without_a_match_shows_its_beginning() -> None:
    assert shown(quote(SENTENCES, [], whole_up_to=5, opening=2)) == "One is here. Two has water. [...]"


def test_gap_between_paragraphs_ends_the_one_before() -> None:
    text = "First one. First two.\n\nLost.\n\nThird has water. Third two."
    assert shown(quote(text, spans_of(text, "water"), whole_up_to=3, opening=1)) == (
        "First one. [...] / Third has *water*. [...]"
    )


def test_gap_before_the_first_sentence_shown_is_marked() -> None:
    assert shown(sentence_at(SENTENCES, spans_of(SENTENCES, "Three")[0])) == "[...] *Three* is dry. [...]"


@pytest.mark.parametrize(
    "text",
    [
        "The hon. Member asked Mr. Smith of St. Ives. Next.",
        "He paid approx. £5, i.e. 3.5% of No. 10. Next.",
        "J. R. Hartley wrote it. Next.",
    ],
)
def test_abbreviations_do_not_end_a_sentence(text: str) -> None:
    assert shown(sentence_at(text, (0, 1))).count(GAP) == 1
    assert shown(sentence_at(text, (0, 1))).endswith(". [...]")
    assert "Next" not in shown(sentence_at(text, (0, 1)))


def test_endless_sentence_is_cut_into_pieces() -> None:
    text = " ".join(f"w{n}" for n in range(400))
    excerpt = quote(text, spans_of(text, "w399"), whole_up_to=150, opening=2)
    assert (
        shown(excerpt)
        == f"{' '.join(f'w{n}' for n in range(160))} [...] {' '.join(f'w{n}' for n in range(320, 399))} *w399*"
    )


def test_sentences_that_do_not_fit_are_counted() -> None:
    text = " ".join(f"Sentence {n} has water in it and {'more ' * 12}words." for n in range(40))
    excerpt = quote(text, spans_of(text, "water"), whole_up_to=150, opening=2)
    assert excerpt.left_out == 24
    assert excerpt.note == "24 more sentences with your words on the page."


IN_A_LIST = (
    "The following are not included:\n\nroads\nwater\nbuses",
    "These are the rules:\n\nThe following are not included:\n\nroads\nwater",
    "The following are not included:\n(a) roads;\n(b) water;\n(c) buses.",
    "The following are not included:\n\n- roads\n\n- water\n\n- buses",
    "The following are not included:\n\ni) Roads. They cost more.\n\nii) Rivers. They hold water.",
    "The following are not included:\n\nArea\tSites\nNorth\t1\nwater\t2",
    "It was reviewed. The following are not included:\n\nroads and water",
)


@pytest.mark.parametrize("body", IN_A_LIST)
def test_item_of_a_list_stands_behind_the_sentence_that_leads_into_it(body: str) -> None:
    text = f"One is here. Two is here.\n\n{body}\n\n{'More words here. ' * 20}"
    for excerpt in (
        quote(text, spans_of(text, "water"), whole_up_to=20, opening=1),
        sentence_at(text, spans_of(text, "water")[0]),
    ):
        assert 0 < shown(excerpt).find("The following are not included:") < shown(excerpt).index("*water*")


def test_item_of_a_list_does_not_lead_into_the_next_one() -> None:
    text = f"One is here.\n\nNot included:\n\n(a) roads:\n\nM1\n\n(b) water:\n\nA river. {'More words here. ' * 20}"
    assert shown(quote(text, spans_of(text, "water"), whole_up_to=20, opening=1)) == (
        "One is here. [...] / (b) *water*: [...]"
    )


def test_paragraph_behind_a_list_has_no_sentence_that_leads_into_it() -> None:
    text = f"One is here.\n\nNot included:\n\nroads\nbuses\n\nThere is water. {'More words here. ' * 20}"
    assert shown(quote(text, spans_of(text, "water"), whole_up_to=20, opening=1)) == (
        "One is here. [...] / There is *water*. [...]"
    )


def test_table_keeps_its_header_and_matched_rows() -> None:
    text = "Figures follow.\n\nYear\tCount\n2018\t1\n2019\t2\n2020\twater\n2021\t3\n\n" + "More words here. " * 20
    excerpt = quote(text, spans_of(text, "water"), whole_up_to=20, opening=1)
    rows = [[shown_cell(cell) for cell in row] for row in excerpt.blocks[1].rows]
    assert rows == [["Year", "Count"], ["[...]"], ["2020", "*water*"]]
    assert shown(excerpt).endswith("2020 | *water* / [...]")


def shown_cell(cell: tuple[Run, ...]) -> str:
    return "".join(f"*{run.text}*" if run.mark == "found" else run.text for run in cell)


TWO_HEADS = "\t2019\t2020\nArea\tStops\tRoutes\nNorth\t1,000\t2\nUplands water\t3\t[c]\nSouth\t5\t6"


def test_matched_rows_follow_all_header_rows() -> None:
    text = f"Figures follow.\n\n{TWO_HEADS}\n\n" + "More words here. " * 20
    table_shown = quote(text, spans_of(text, "water"), whole_up_to=20, opening=1).blocks[1]
    rows = [[shown_cell(cell) for cell in row] for row in table_shown.rows]
    assert rows == [
        ["", "2019", "2020"],
        ["Area", "Stops", "Routes"],
        ["[...]"],
        ["Uplands *water*", "3", "[c]"],
    ]
    assert table_shown.heads == 2
    assert table_shown.is_figures == (False, True, False)
    mention = inline(sentence_at(text, spans_of(text, "water")[0]))
    assert mention == "[...] | 2019 | 2020 / Area | Stops | Routes / [...] / Uplands *water* | 3 | [c] [...]"


@pytest.mark.parametrize(
    ("table_text", "heads"),
    [
        ("Area\t2019\t2020\nNorth\t1\t2", 1),
        ("2019\t1\n2020\t2", 0),
        ("Area\tNote\nNorth\tnone\nSouth\tsome", 1),
        ("North\tnone", 0),
        ("All\tMen\nArea\tStops\tRoutes\nNorth\t1\t2", 2),
        ("Years that sites waited\t1\t2\t3\nNorth\t4\t0\t1\nSouth\t1", 1),
        ("North\t1\t2\t4\nSouth\t4\t0\t1", 0),
        ("North\t1\t2\nSouth\t4\t0", 0),
        ("\tStops\tRoutes\n2019\nNorth\t1\t2\n2020\nNorth\t3\t4", 1),
        ("Table 1\t\nBuses\nArea\tStops\tRoutes\nNorth\t1\t2", 3),
    ],
)
def test_header_rows_have_no_figures_but_years(table_text: str, heads: int) -> None:
    assert quote(table_text, [], whole_up_to=99, opening=1).blocks[0].heads == heads


def test_row_stands_below_the_row_that_names_its_part_of_a_table() -> None:
    text = "Area\tStops\tRoutes\n2019\nNorth\t1\t2\nSouth\t3\t4\n2020\nNorth\t5\t6\nSouth water\t7\t8"
    assert shown(quote(text, spans_of(text, "water"), whole_up_to=5, opening=0)) == (
        "Area | Stops | Routes / [...] / 2020 / [...] / South *water* | 7 | 8"
    )
    assert inline(sentence_at(text, spans_of(text, "water")[0])) == (
        "Area | Stops | Routes / [...] / 2020 / [...] / South *water* | 7 | 8"
    )


@pytest.mark.parametrize(
    "text", ["Area\tStops\nNorth\t1\nSouth\nwater\t3", "Year\tA\tB\n2019\t1\t2\n2020\n2021\t3\twater"]
)
def test_row_without_its_figures_names_no_part_of_a_table(text: str) -> None:
    assert "[...]" in shown(quote(text, spans_of(text, "water"), whole_up_to=2, opening=0))
    assert not re.search(r"South|2020", shown(quote(text, spans_of(text, "water"), whole_up_to=2, opening=0)))


@pytest.mark.parametrize(
    ("cell", "is_one"),
    [
        ("1,210", True),
        ("£4.2m", True),
        ("12%", True),
        ("(3)", True),
        ("0 (0%)", True),
        ("1,210\u00b2", True),
        ("2019\u00b9", False),
        ("2017/18", False),
        ("2019", False),
        ("19 to 24", False),
        ("1st", False),
    ],
)
def test_figures_are_recognised_by_form(cell: str, is_one: bool) -> None:
    assert is_figure(cell) is is_one


def test_days_and_numbers_of_questions_stay_on_one_line() -> None:
    line = "x" * 60
    assert fill(f"{line} answered 1 February 2021") == f"{line} answered\n1 February 2021"
    assert fill(f"{line}12345 UIN 140001, now") == f"{line}12345\nUIN 140001, now"


def test_empty_cells_keep_their_place() -> None:
    excerpt = quote("\tA\t\n\t\tB", [], whole_up_to=9, opening=1)
    assert [[shown_cell(cell) for cell in row] for row in excerpt.blocks[0].rows] == [["", "A", ""], ["", "", "B"]]


def test_spans_that_overlap_or_touch_are_marked_once() -> None:
    text = "unaccompanied child asylum seekers came"
    assert mark(text, 0, len(text), [(20, 34), (0, 19), (14, 19)]) == [
        Run("unaccompanied child asylum seekers", "found"),
        Run(" came"),
    ]


def test_spans_outside_the_excerpt_mark_nothing() -> None:
    assert mark("one two three", 4, 7, [(0, 3), (8, 13)]) == [Run("two")]


def test_empty_text_has_an_empty_excerpt() -> None:
    assert quote("", [], whole_up_to=5, opening=2) == Excerpt()
    assert sentence_at("", (0, 0)) == Excerpt()


@pytest.mark.parametrize(
    ("question", "start"),
    [
        ("To ask the Secretary of State for Education, what she plans.", "what she"),
        ("To ask the Secretary of State for Housing, Communities and Local Government, if he will act.", "if he"),
        ("To ask the Secretary of State for Transport, pursuant to the Answer of 5 May, what is next.", "pursuant to"),
        ("To ask the hon. Member for Sample, representing the Church Commissioners, how many bats.", "how many"),
        ("To ask Her Majesty's Government what plans they have.", "what plans"),
        ("To ask His Majesty\u2019s Government, further to the answer, whether they know.", "further to"),
        ("To ask the Senior Deputy Speaker what plans, if any, exist.", "what plans"),
        ("To ask the Prime Minister, in light of events, what he thinks.", "in light"),
        ("To ask the Secretary of State for Transport, What assessment he made.", "What assessment"),
        ("To ask the Secretary of State for Transport,(further to his Answer) what he plans.", "(further to"),
        ("To ask the Secretary of State for Transport", "To ask"),
        ("What steps she is taking.", "What steps"),
        ("", ""),
    ],
)
def test_question_begins_after_its_formula(question: str, start: str) -> None:
    assert question[question_start(question) :].startswith(start)
    assert question_start("To ask the " + "X" * 300 + ", what") == 0


def test_recorded_questions_begin_with_what_is_asked(shared_data: Path) -> None:
    path = shared_data / "written-questions-api" / "detail-commons-tabled-2024-11.jsonl.gz"
    with gzip.open(path, "rt") as lines:
        questions = [json.loads(line)["questionText"] for _, line in zip(range(1500), lines, strict=False)]
    begun = [question[question_start(question) :] for question in questions]
    odd = [text for text in begun if text.startswith("To ask") or text[:1].isupper()]
    assert len(questions) == 1500
    assert len(odd) < 0.01 * len(questions)


WORDS = st.lists(
    st.sampled_from(["water", "dry.", "Next", "a\tb", "\n", "\n\n", "hon.", "x" * 9, "\u202e", "é", "?"]), max_size=80
)


@given(
    words=WORDS,
    spans=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 40)), max_size=6),
    limit=st.integers(0, 60),
)
def test_quoted_pieces_are_in_the_text_in_order(words: list[str], spans: list[tuple[int, int]], limit: int) -> None:
    text = " ".join(words)
    excerpt = quote(text, [(start, start + size) for start, size in spans], whole_up_to=limit, opening=1)
    at, plain = 0, clean(text)
    for piece in pieces(excerpt):
        found = plain.find(piece, at) if piece.strip() else at
        assert found >= 0
        at = found + len(piece) if piece.strip() else at


@given(words=WORDS)
def test_short_texts_are_quoted_without_loss(words: list[str]) -> None:
    text = " ".join(words)
    excerpt = quote(text, [], whole_up_to=1000, opening=0)
    assert "".join("".join(pieces(excerpt)).split()) == "".join(clean(text).split())


def test_correction_shows_old_and_new_text_and_lists_figures() -> None:
    before = "Spending was £4,210 in 2019. It rose by 5%. " + "Other matters are as they were. " * 10
    after = before.replace("4,210", "4,120").replace("5%", "just under 4.5%")
    change = differences(before, after)
    assert shown(change.was) == "Spending was *£4,210* in 2019. It rose by *5%.* [...]"
    assert shown(change.now) == "Spending was *£4,120* in 2019. It rose by *just under 4.5%.* [...]"
    assert change.figures == (("4,210", "4,120"), ("5%", "4.5%"))
    assert change.removed == ("£4,210", "5%.")


def test_inserted_words_are_marked_in_the_old_text() -> None:
    change = differences("It is so. It ends.", "It is so. It ends. Nobody knew.")
    assert shown(change.was) == "It is so. It ends."
    assert shown(change.now) == "It is so. It ends. *Nobody knew.*"
    assert (change.removed, change.added) == ((), ("Nobody knew.",))


def test_neither_side_seems_to_have_lost_sentences() -> None:
    before = f"It is so. {'It goes on. ' * 12}It ends."
    change = differences(before, before.replace("It is so", "It is not so"))
    assert (shown(change.was), shown(change.now)) == ("It is so. [...]", "It is *not* so. [...]")


def test_deleted_words_show_what_stays() -> None:
    change = differences("It is not so.", "It is so.")
    assert (shown(change.was), shown(change.now)) == ("It is *not* so.", "It is so.")


def test_added_and_removed_figures_are_listed() -> None:
    assert differences("Of 12 men and 3 women.", "Of men and women.").figures == (("12", ""), ("3", ""))
    assert differences("Of 1 2 3 x.", "Of 4 x.").figures == (("1, 2, 3", "4"),)


def test_other_typography_is_no_change() -> None:
    assert differences("It's  \u201cso\u201d \u2013 5-6.", 'It\u2019s "so" - 5\u20136.').is_none


def test_very_long_texts_differ_in_one_piece() -> None:
    before = " ".join(f"a{n}" for n in range(1500))
    change = differences(f"same {before} end", f"same {before.replace('a', 'b')} end")
    assert len(change.removed) == len(change.added) == 1
    assert change.removed[0].startswith("a0 a1 ")


@given(before=WORDS, after=WORDS)
def test_unchanged_parts_are_equal_in_old_and_new(before: list[str], after: list[str]) -> None:
    change = differences(" ".join(before), " ".join(after))
    assert change.is_none == (" ".join(before).split() == " ".join(after).split()) or "\u202e" in before + after


def test_text_is_indented_behind_its_label() -> None:
    excerpt = quote("One two.\n\nThree\nfour", [], whole_up_to=9, opening=1)
    assert quoted(excerpt, "A") == "A  One two.\n\n   Three\n   four"
    assert quoted(Excerpt(), "A") == ""


def test_table_has_figures_aligned_right() -> None:
    rows = [["Year", "Count", "Note"], ["2019", "1,210", "a"], ["2020", "98"]]
    assert table(rows, "   ") == "   Year  Count  Note\n   2019  1,210  a\n   2020     98"


def test_wide_columns_are_wrapped_to_fit() -> None:
    rows = [["Name", "Text"], ["One", "word " * 30], ["Two", "x"]]
    lines = table(rows, "   ").splitlines()
    assert all(len(line) <= 72 for line in lines)
    assert lines[2].startswith("         word")


def test_columns_that_do_not_fit_continue_below_with_row_names() -> None:
    rows = [["Area", *(f"column-{n}" for n in range(12))], ["North", *(str(n) for n in range(12))], ["South"]]
    first, second = table(rows).split("\n\n")
    assert first.splitlines()[0].split() == ["Area", *(f"column-{n}" for n in range(6))]
    assert first.splitlines()[1].split() == ["North", *map(str, range(6))]
    assert second.splitlines()[0].split() == ["Area", *(f"column-{n}" for n in range(6, 12))]
    assert second.splitlines()[1].split() == ["North", *map(str, range(6, 12))]
    for part in (first, second):
        heads, figures = part.splitlines()[:2]
        assert all(len(line) <= 72 for line in part.splitlines())
        assert [m.end() for m in re.finditer(r"\S+", heads)][1:] == [m.end() for m in re.finditer(r"\S+", figures)][1:]


def test_parts_of_a_table_repeat_a_heading_that_continues() -> None:
    years = ["", "2024", *[""] * 11, "2025", ""]
    months = ["Area", *(f"month-{n:02}" for n in range(12)), "month-12", "month-13"]
    parts = table([years, months, ["North", *(str(n) for n in range(14))]], heads=2).split("\n\n")
    assert [part.splitlines()[0].split() for part in parts] == [["2024"], ["2024"], ["2025"]]
    assert " ".join(" ".join(part.splitlines()[1].split()[1:]) for part in parts).split() == months[1:]


def test_parts_of_a_table_keep_a_row_with_words_only_where_rows_are_named() -> None:
    """ "2023: not published" has words in the first two columns alone, which stand in each part."""
    heads = ["Year", "Appeals registered", *(f"Appeals determined {n:02}" for n in range(9))]
    rows = [["2022", "1 or so", *(str(n) for n in range(9))], ["2023", "not published"]]
    parts = table([heads, *rows]).split("\n\n")
    assert len(parts) > 1
    assert all(part.split()[-3:] == ["2023", "not", "published"] for part in parts)


def test_columns_below_a_long_heading_share_its_room() -> None:
    rows = [["", "Officers, and in brackets vacancies", ""], ["Area", "2023", "2024"], ["North", "1 (2)", "3 (4)"]]
    assert table(rows, heads=2).splitlines() == [
        "       Officers, and in brackets vacancies",
        "Area          2023         2024",
        "North        1 (2)        3 (4)",
    ]


def test_table_that_never_fits_is_printed_row_by_row() -> None:
    address = "https://example.org/" + "a" * 60
    lines = table([["Name", "Page", "Since"], ["North", address, "2024"]]).splitlines()
    assert lines == ["Name: North | Page:", f"  {address}", "  | Since: 2024"]


def test_a_line_between_rows_is_a_row_over_the_whole_table() -> None:
    text = "Title\n\tMen\tWomen\nNorth\nOld\t1\t2\nSouth of the river\nOld\t3\t4\nSource: us. And them."
    title, block, source = quote(text, [], whole_up_to=99, opening=0).blocks
    assert [plain(line) for line in (*title.lines, *source.lines)] == ["Title", "Source: us. And them."]
    assert [len(row) for row in block.rows] == [3, 1, 3, 1, 3]
    assert block.spans == [[1, 1, 1], [3, 0, 0], [1, 1, 1], [3, 0, 0], [1, 1, 1]]
    assert quoted(Excerpt(blocks=(block,)), "A").splitlines() == [
        "A       Men  Women",
        "   North",
        "   Old    1      2",
        "   South of the river",
        "   Old    3      4",
    ]


@pytest.mark.parametrize(
    ("rows", "heads", "spans"),
    [
        ([["", "2024", "", "2025"], ["Area", "a", "b", "c", "d"], ["N", "1", "2", "3", "4"]], 2, [1, 2, 0, 2, 0]),
        ([["Area", "2024", "", "", "All"], ["", "a", "b", "c"], ["N", "1", "2", "3", "4"]], 2, [1, 3, 0, 0, 1]),
        ([["", "2024", ""], ["Area", "a"], ["N", "1", "2"]], 2, [1, 1, 1]),
        ([["Area", "2024", ""], ["N", "1", "2"]], 1, [1, 1, 1]),
        ([["Title"], ["Area", "a"], ["N", "1"]], 2, [2, 0]),
    ],
)
def test_heading_spans_the_headings_below(rows: list[list[str]], heads: int, spans: list[int]) -> None:
    assert column_spans(rows, heads, max(map(len, rows)))[0] == spans
