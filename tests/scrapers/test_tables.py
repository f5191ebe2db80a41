"""Tables keep their columns: every cell stands where the source's own grid has it.

The grids of recorded tables are laid out a second time by a builder of its own, over another parser's tree.
"""

from __future__ import annotations

import gzip
import json
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import pytest
from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from monitor.presentation.feeds.entries import leaf_html, leaf_of
from monitor.text.raised_figures import lower_figures
from scrapers.markup import plain_text
from scrapers.tables import MAX_COLUMNS
from scrapers.theyworkforyou.documents import BrokenBlock, open_document, read_text
from tests.builders import a_question, a_revision

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CASES = {
    "a heading over two columns": (
        (
            "<tr><td>Area</td><td colspan=2>2024</td><td colspan=2>2025</td></tr>"
            "<tr><td></td><td>Men</td><td>Women</td><td>Men</td><td>Women</td></tr>"
            "<tr><td>North</td><td>1</td><td>2</td><td>3</td><td>4</td></tr>"
        ),
        "Area\t2024\t\t2025\n\tMen\tWomen\tMen\tWomen\nNorth\t1\t2\t3\t4",
    ),
    "a heading beside two rows of headings": (
        (
            "<tr><th rowspan=2>Area</th><th colspan=2>2024</th></tr><tr><th>Men</th><th>Women</th></tr>"
            "<tr><td>North</td><td>1</td><td>2</td></tr>"
        ),
        "Area\t2024\n\tMen\tWomen\nNorth\t1\t2",
    ),
    "a group of rows": (
        (
            "<tr><td rowspan=3>North</td><td>Men</td><td>1</td></tr><tr><td>Women</td><td>2</td></tr>"
            "<tr><td></td><td>3</td></tr><tr><td>South</td><td>Men</td><td>4</td></tr>"
        ),
        "North\tMen\t1\n\tWomen\t2\n\t\t3\nSouth\tMen\t4",
    ),
    "a block of columns and rows": (
        "<tr><td colspan=2 rowspan=2>A</td><td>b</td></tr><tr><td>c</td></tr><tr><td>d</td><td>e</td><td>f</td></tr>",
        "A\t\tb\n\t\tc\nd\te\tf",
    ),
    "a span that runs past the edge": (
        "<tr><td colspan=9 rowspan=99>Title</td></tr><tr><td>a</td><td>b</td></tr>",
        "Title\n\t\t\t\t\t\t\t\t\ta\tb",
    ),
    "rows of a group end with it": (
        "<thead><tr><th rowspan=5>Area</th><th>2024</th></tr></thead><tbody><tr><td>North</td><td>1</td></tr></tbody>",
        "Area\t2024\nNorth\t1",
    ),
    "a rowspan of nought reaches to the end of the group": (
        "<tbody><tr><td rowspan=0>A</td><td>1</td></tr><tr><td>2</td></tr></tbody><tbody><tr><td>B</td></tr></tbody>",
        "A\t1\n\t2\nB",
    ),
    "a cell that overlaps one from above": (
        "<tr><td>a</td><td rowspan=2>b</td><td>c</td></tr><tr><td colspan=2>d</td><td>e</td></tr>",
        "a\tb\tc\nd\t\te",
    ),
    "missing cells": (
        "<tr><td>a</td><td>b</td><td>c</td></tr><tr><td>d</td></tr><tr></tr><tr><td></td><td>e</td></tr>",
        "a\tb\tc\nd\n\te",
    ),
    "a row that is covered whole": (
        "<tr><td rowspan=2>a</td><td rowspan=2>b</td></tr><tr></tr><tr><td>c</td><td>d</td></tr>",
        "a\tb\nc\td",
    ),
    "no number of columns": (
        (
            "<tr><td colspan=0>a</td><td colspan=-2>b</td><td colspan=x>c</td><td colspan=''>d</td><td colspan='2px'>e</td>"
            "<td rowspan='-1'>f</td></tr><tr><td>1</td><td>2</td><td>3</td><td>4</td><td>5</td><td>6</td><td>7</td></tr>"
        ),
        "a\tb\tc\td\te\t\tf\n1\t2\t3\t4\t5\t6\t7",
    ),
    "words that stand in no cell": (
        "<caption>Costs by <b>year</b></caption><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr>",
        "Costs by year\n\na\tb\n1\t2",
    ),
    "a table of one cell within a cell": (
        "<tr><td>a</td><td>b</td></tr><tr><td><table><tr><td>1</td></tr></table></td><td>2</td></tr>",
        "a\tb\n1\t2",
    ),
    "a table around a table": (
        (
            "<tr><td><p>As follows:<table><tr><td></td><td colspan=2>x</td></tr>"
            "<tr><td>y</td><td>1</td><td>2</td></tr></table>End</td></tr>"
        ),
        "As follows:\n\tx\ny\t1\t2\nEnd",
    ),
    "a table within a cell divides its column": (
        (
            "<tr><td>Area</td><td>Men and women</td><td>All</td></tr>"
            "<tr><td>North</td><td><table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table></td><td>10</td></tr>"
            "<tr><td>South</td><td>5</td><td>6</td></tr>"
        ),
        "Area\tMen and women\t\tAll\nNorth\t1\t2\t10\n\t3\t4\nSouth\t5\t\t6",
    ),
    "a table within cells that are merged": (
        (
            "<tr><td>a</td><td>b</td><td>c</td></tr>"
            "<tr><td colspan=2><table><tr><td>1</td><td>2</td><td>3</td></tr></table></td><td>4</td></tr>"
        ),
        "a\tb\t\tc\n1\t2\t3\t4",
    ),
    "a table between rows": (
        "<tr><td>a</td><td>b</td></tr><tr><table><tr><td>1</td><td>2</td></tr></table></tr><tr><td>c</td><td>d</td></tr>",
        "a\tb\n1\t2\nc\td",
    ),
}


@pytest.mark.parametrize(("rows", "expected"), CASES.values(), ids=CASES)
def test_a_table_is_laid_out_on_its_grid(rows: str, expected: str) -> None:
    assert plain_text(f"<table>{rows}</table>")[0] == expected


def test_links_within_merged_cells_keep_their_words() -> None:
    _, links = plain_text(
        '<table><tr><td colspan="3">See <a href="https://example.org/a">the <b>re</b>port</a></td></tr></table>'
    )
    assert [link.text for link in links] == ["the report"]


HOSTILE = {
    "columns": "<table>" + "<tr><td colspan=1000>a<td colspan=1000>b" * 60_000,
    "rows": "<table>" + "<tr>" + "<td rowspan=65534>a" * 1_000 + "<tr><td>b" * 60_000,
    "columns of one row": "<table><tr>" + "<td colspan=1000>a" * 100_000,
    "blocks": "<table>" + "<tr><td colspan=1000 rowspan=65534>a" * 60_000,
    "tables within cells that are merged": "<table>"
    + "<tr><td colspan=1000 rowspan=9999><table><tr><td>a<td>b<tr><td>c</table>" * 20_000,
    "nested": "<table><tr><td colspan=2 rowspan=2>a<td>b<td>" * 20_000,
    "nested side by side": ("<table><tr>" + "<td><table><tr><td>a<td>b</table>" * 20) * 400,
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_absurd_tables_stay_small(html: str) -> None:
    text, _ = plain_text(html)
    assert set(text) <= set("abc\t\n ")
    assert text.count("a") == html.count(">a")
    assert len(text) < 2 * len(html) + 3_000_000


def test_a_cell_spans_no_more_columns_than_html_allows() -> None:
    text, _ = plain_text("<table><tr><td colspan=99999>a</td><td>b</td></tr></table>")
    assert text == "a" + "\t" * MAX_COLUMNS + "b"


# -- against a grid of another making ---------------------------------------------------------------------------------


def own_grid(table: Tag) -> list[list[str]]:
    """The rows of a table without others in it, each place with its words, "" where none are or another cell covers it."""
    covering: dict[tuple[int, int], str] = {}
    groups: list[list[Tag]] = []
    for row in table.find_all("tr"):
        if groups and groups[-1][0].parent is row.parent:
            groups[-1].append(row)
        else:
            groups.append([row])
    y = 0
    for group in groups:
        for below, row in enumerate(group):
            x = 0
            for cell in row.find_all(["td", "th"]):
                while (y, x) in covering:
                    x += 1
                columns, rows = number(cell, "colspan") or 1, number(cell, "rowspan") or len(group)
                for dy in range(min(rows, len(group) - below)):
                    for dx in range(columns):
                        covering.setdefault((y + dy, x + dx), "")
                covering[y, x] = " ".join(lower_figures(seen(cell)).split())
                x += columns
            y += 1
    width = max((x + 1 for _, x in covering), default=0)
    return [[covering.get((row, column), "") for column in range(width)] for row in range(y)]


def number(cell: Tag, name: str) -> int:
    value = str(cell.get(name, "1"))
    return int(value) if value.isdigit() else 1


def seen(cell: Tag) -> str:
    """The words of a cell, apart where a tag that is not inline parts them."""
    words: list[str] = []
    for piece in cell.descendants:
        if isinstance(piece, NavigableString):
            words.append(str(piece))
        elif isinstance(piece, Tag) and piece.name in ("p", "br", "li", "ul", "ol", "div"):
            words.append(" ")
    return "".join(words).replace("\u200b", "").replace("\xad", "").replace("\ufeff", "")


def rows_of(text: str, width: int) -> list[list[str]]:
    """The lines of a text as rows of so many cells."""
    rows = (line.split("\t") for line in text.split("\n"))
    return [row + [""] * (width - len(row)) for row in rows]


class RecordedTable(NamedTuple):
    """A table that holds no other: the answer that it is in, its rows with words, and what the tests ask of it."""

    html: str
    grid: list[list[str]]
    is_nested: bool
    is_merged: bool

    @property
    def cells(self) -> int:
        """The number of cells with words."""
        return sum(bool(cell) for row in self.grid for cell in row)


@cache
def recorded_tables(folder: Path) -> list[RecordedTable]:
    """List the tables with words of each different answer. Reading them takes seconds, so that the tests share them."""
    told = set()
    found: list[RecordedTable] = []
    for path in sorted((folder / "written-questions-api").glob("*.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            for line in lines:
                html = json.loads(line).get("answerText") or ""
                if "<table" in html and html not in told:
                    told.add(html)
                    found += _tables_in(html)
    return found


def _tables_in(html: str) -> Iterator[RecordedTable]:
    for table in BeautifulSoup(html, "html.parser").find_all("table"):
        if table.find("table") is None and (grid := [row for row in own_grid(table) if any(row)]):
            is_merged = bool(table.select("[colspan], [rowspan]"))
            yield RecordedTable(html, grid, is_nested=table.find_parent("table") is not None, is_merged=is_merged)


def test_every_cell_of_recorded_tables_stands_in_its_column(shared_data: Path) -> None:
    tables = merged = cells = 0
    for table in recorded_tables(shared_data):
        if table.is_nested and table.cells == 1:
            continue  # a table of one cell within another's is words of that
        tables += 1
        merged += table.is_merged
        cells += table.cells
        rows = rows_of(lower_figures(plain_text(table.html)[0]), len(table.grid[0]))
        assert any(rows[start : start + len(table.grid)] == table.grid for start in range(len(rows))), table
    assert tables > 500
    assert merged > 90
    assert cells > 19_000


@lru_cache(maxsize=1)
def shown_rows(html: str) -> list[list[str]]:
    """The rows of an answer as it is shown: of tables by their own grid, of paragraphs line by line.

    The tables of an answer come one after the other, and share them.
    """
    leaf = leaf_of(a_revision(a_question(answer=lower_figures(plain_text(html)[0]))), (), {}, lambda _: None)
    page = leaf_html(leaf).replace("<br>", "\n")
    rows: list[list[str]] = []
    for block in BeautifulSoup(page, "lxml").select("blockquote p, blockquote table"):
        if block.name == "table":
            rows += own_grid(block)
        else:
            rows += [[" ".join(line.split())] for line in block.get_text("", strip=False).split("\n")]
    return rows


@pytest.mark.slow
def test_every_cell_of_recorded_tables_is_shown_in_its_column(shared_data: Path) -> None:
    tables = 0
    for table in recorded_tables(shared_data):
        if table.is_nested:
            continue
        tables += 1
        width = len(table.grid[0])
        rows = [row[:width] + [""] * (width - len(row)) for row in shown_rows(table.html)]
        assert any(rows[start : start + len(table.grid)] == table.grid for start in range(len(rows))), table
    assert tables > 500


def test_every_cell_of_recorded_tables_of_print_stands_in_its_column(shared_data: Path) -> None:
    tables = merged = 0
    for path in sorted((shared_data / "theyworkforyou").rglob("*.xml")):
        for element in open_document(path.read_bytes(), path.name).blocks:
            for table in element.iter("table") if not isinstance(element, BrokenBlock) else ():
                soup = BeautifulSoup(etree.tostring(table, encoding="unicode", with_tail=False), "xml").table
                assert soup is not None
                grid = [row for row in own_grid(soup) if any(row)]
                if grid:
                    tables += 1
                    merged += bool(soup.select("[colspan]"))
                    assert rows_of(lower_figures(read_text([table])[0]), len(grid[0])) == grid
    assert tables > 250
    assert merged > 50


SPANS = st.sampled_from(
    ["", "", "", " colspan=2", " rowspan=2", " colspan=3 rowspan=2", " rowspan=0", " colspan=2 rowspan=9"]
)
CELLS = st.tuples(SPANS, st.sampled_from(["td", "th"]), st.booleans())
GROUPS = st.lists(st.lists(st.lists(CELLS, max_size=5), max_size=4), max_size=3)


@settings(max_examples=300, deadline=None)
@given(GROUPS)
def test_any_table_has_the_places_of_its_own_grid(groups: list[list[list[tuple[str, str, bool]]]]) -> None:
    said = iter(range(1_000))
    html = "".join(
        "<tbody>"
        + "".join(
            "<tr>"
            + "".join(f"<{name}{span}>{next(said) if has_words else ''}</{name}>" for span, name, has_words in row)
            + "</tr>"
            for row in rows
        )
        + "</tbody>"
        for rows in groups
    )
    html = f"<table>{html}</table>"
    grid = [row for row in own_grid(BeautifulSoup(html, "html.parser")) if any(row)]
    text, _ = plain_text(html)
    assert rows_of(text, len(grid[0]) if grid else 0) == (grid or [[""]])
