"""Exported files: whole or missing, within the limits of Excel, and with text escaped in Markdown."""

from __future__ import annotations

import io
import os
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from monitor.cli.formats import whole_file
from monitor.errors import OutputError
from monitor.model.records import Attachment, Grouped, House, Kind, Link
from monitor.presentation.record_json import as_dict
from monitor.research.export import workbook
from monitor.research.export.cells import row
from monitor.research.export.markdown import escaped, markdown
from monitor.research.export.workbook import Written, write_workbook
from tests.builders import NOW, a_question, a_revision, matches_in
from tests.unit.workbooks import sheets

if TYPE_CHECKING:
    from pathlib import Path


def a_record(*terms: str, **facts: Any) -> dict[str, Any]:
    it = a_question(**facts)
    matches = [match for term in terms for match in matches_in(it, term)]
    return as_dict(a_revision(it), first_seen_at=NOW, due_on=date(2021, 2, 1), matches=matches)


# -- files ------------------------------------------------------------------------------------------------------------


def test_a_file_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "found.csv"
    path.write_text("before")
    with whole_file(path) as file:
        file.write(b"after")
        assert path.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["found.csv"]
    assert path.read_text() == "after"
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


def test_aborted_write_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "found.csv").write_text("before")
    with pytest.raises(KeyboardInterrupt):
        _write_half(tmp_path / "found.csv")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("found.csv", "before")]


def _write_half(path: Path) -> None:
    with whole_file(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("before")
    (tmp_path / "link.csv").symlink_to("real.csv")
    with whole_file(tmp_path / "link.csv") as file:
        file.write(b"after")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "after"


def test_full_disk_is_reported(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="can't be written \\(No space left on device\\)"), whole_file(tmp_path / "x"):
        raise OSError(28, "No space left on device")
    assert not list(tmp_path.iterdir())


# -- cells and workbooks ----------------------------------------------------------------------------------------------


def book(*records: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]], Written]:
    out = io.BytesIO()
    written = write_workbook(records, out)
    head, *rows = next(iter(sheets(out.getvalue()).values()))
    return head, [dict(zip(head, row, strict=False)) for row in rows], written


def test_row_begins_with_the_main_columns_and_has_all_values() -> None:
    record = a_record("steps")
    cells = row(record)
    assert list(cells)[:6] == ["date", "house", "kind", "uin", "heading", "state"]
    assert set(record) - {"schema", "matches"} <= set(cells)
    assert cells["found"] == "steps; Steps"
    assert cells["found_by"] == "steps"
    assert cells["refers_to"] is None
    assert cells["sources"] == "questions"


def test_lists_in_a_record_are_plain_text() -> None:
    cells = row(
        a_record(
            attachments=(Attachment(title="Table", url="https://example.org/t"), Attachment(title="Note")),
            grouped_with=(Grouped(uin="7"), Grouped(uin="8")),
        )
    )
    assert cells["attachments"] == "Table https://example.org/t; Note"
    assert cells["grouped_with"] == "7; 8"


def test_other_lists_keep_their_columns() -> None:
    assert row({"schema": 1, "name": "Water", "terms": ["a", "b"], "counts": {"x": 1}, "none": []}) == {
        "name": "Water",
        "terms": "a; b",
        "counts": '{"x": 1}',
        "none": None,
    }


def test_cells_have_the_types_of_dates_numbers_and_text() -> None:
    _, (cells,), _ = book({**a_record(), "due_on_by_parliament": "2021-02-02"})
    assert cells["answered_on"] == 44228  # 1 February 2021, as Excel counts
    assert cells["due_on_by_parliament"] == 44229
    assert cells["first_seen_at"] == pytest.approx(44229.3125)
    assert cells["days_taken"] == 6
    assert cells["uin"] == "140001"
    assert cells["named_day"] is True


def test_date_outside_the_range_of_excel_is_text() -> None:
    _, (cells,), _ = book(a_record(answered_on=date(1899, 12, 31), tabled_on=date(1803, 11, 29)))
    assert (cells["tabled_on"], cells["answered_on"]) == ("1803-11-29", "1899-12-31")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "12", "http://example.org", "_x0041_", " lead"])
def test_a_text_is_that_text(text: str) -> None:
    _, (cells,), _ = book(a_record(answer=text))
    assert cells["answer"] == text


def test_text_too_long_for_excel_is_cut_and_reported() -> None:
    long = "a" * 40_000
    head, (first, second, third), written = book(
        a_record(answer=long), a_record(), a_record(answer="\U0001f30a" * 20_000, question=long)
    )
    assert head[-1] == "cut"
    assert first["answer"] == "a" * 32_767
    assert first["cut"] == "answer"
    assert second.get("cut") is None
    assert third["answer"] == "\U0001f30a" * 16_383
    assert third["cut"] == "question, answer"
    assert written == Written(rows=3, cut=2)


def test_a_full_sheet_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    out = io.BytesIO()
    write_workbook([a_record(uin=str(number)) for number in range(5)], out, [("Title", "=Water")])
    found = sheets(out.getvalue())
    assert {name: len(rows) for name, rows in found.items()} == {
        "Records": 3, "Records 2": 3, "Records 3": 2, "About": 1,
    }  # fmt: skip
    assert found["Records 3"][0] == found["Records"][0]
    assert found["About"] == [["Title", "=Water"]]


def test_empty_workbook_can_be_opened() -> None:
    out = io.BytesIO()
    assert write_workbook([], out) == Written(0, 0)
    assert sheets(out.getvalue()) == {"Records": []}


# -- Markdown ---------------------------------------------------------------------------------------------------------


def lines(*terms: str, **facts: Any) -> list[str]:
    return list(markdown([a_record(*terms, **facts)]))


def test_marks_in_a_text_are_text() -> None:
    assert escaped("*a* _b_ [c](d) <e> `f` \\ # | ~ $x^2$ &lt; @g") == (
        r"\*a\* \_b\_ \[c\](d) \<e\> \`f\` \\ \# \| \~ \$x\^2\$ \&lt; \@g"
    )


def test_a_record_without_a_heading_keeps_the_capitals_of_its_number() -> None:
    assert (
        lines(heading=None, house=House.NORTHERN_IRELAND, uin="AQW 7/27-32", url=None)[0] == "## Question AQW 7/27-32"
    )


def test_links_of_official_hosts_are_links_and_others_text() -> None:
    found = lines(
        links=(
            Link(text="the *guidance*", href="https://www.gov.uk/a_b"),
            Link(text="", href="https://www.nhs.uk/"),
            Link(text="more", href="https://news.example/a_b"),
        )
    )
    assert [line for line in found if line.startswith("Link: ")] == [
        r"Link: [the \*guidance\*](<https://www.gov.uk/a_b>)",
        "Link: [https://www.nhs.uk/](<https://www.nhs.uk/>)",
        r"Link: more https://news.example/a\_b",
    ]


def test_line_is_neither_list_nor_rule() -> None:
    found = lines(answer="5. five\n7) seven\n- dash\n+ plus\n===\n---\n2021 was dry. 3.5 were wet.")
    at = found.index(r"> 5\. five" + "\\")
    assert found[at : at + 7] == [
        r"> 5\. five" + "\\",
        r"> 7\) seven" + "\\",
        r"> \- dash" + "\\",
        r"> \+ plus" + "\\",
        r"> \===" + "\\",
        r"> \---" + "\\",
        "> 2021 was dry. 3.5 were wet.",
    ]


def test_matches_are_bold_and_paragraphs_are_separate() -> None:
    found = lines("clean", answer="All were clean.\n\nNone was not.")
    at = found.index("> All were **clean**.")
    assert found[at + 1 : at + 3] == [">", "> None was not."]


def test_table_has_a_header_even_if_the_answer_has_none() -> None:
    found = lines(answer="South|East\t48\nNorth\t61\nWest\t1")
    at = found.index("> |  |  |")
    assert found[at : at + 3] == ["> |  |  |", "> | --- | --- |", r"> | South\|East | 48 |"]


@pytest.mark.parametrize("url", [None, "javascript:alert(1)", "https://a b/", "https://a/<b>"])
def test_invalid_address_is_no_link(url: str | None) -> None:
    assert lines(url=url)[0] == "## Water: Sample Vale"


def test_record_without_a_heading_is_named_by_number() -> None:
    assert lines(heading=None, url=None)[0] == "## Question 140001"


def test_files_that_came_with_an_answer_are_named() -> None:
    found = lines(attachments=(Attachment(title="Table", url="https://example.org/t.pdf"), Attachment(title="")))
    assert "Attached: [Table](<https://example.org/t.pdf>)" in found
    assert "Attached: a file without a name" in found


def test_holding_answers_and_statements_say_so() -> None:
    held = lines(is_holding=True, answer="Soon.")
    assert "**Ben Placeholder** (Conservative, Sample Vale), holding answer, 1 February 2021:" in held
    it = lines(kind=Kind.STATEMENT, question=None, answer=None, text="It flows.", answered_on=None, asked_by=None)
    assert "**Department for Environment, Food and Rural Affairs**, 26 January 2021:" in it
    assert "> It flows." in it
