"""The sample: invented questions and answers in readable files, as values that the stand-in serves.

`sample/README.md` describes the files.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from monitor.demo.parliament import Parliament
from monitor.demo.store import DemoMember, StoreChange, StoreEntry, start_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from monitor.demo.store import Value

FIRST_DAY = date(2024, 11, 26)
SECOND_DAY = date(2024, 11, 27)
SESSION_START = date(2024, 7, 17)

BODIES = {
    "Home Office": 1,
    "Scotland Office": 2,
    "Ministry of Housing, Communities and Local Government": 7,
    "Church Commissioners": 9,
    "Ministry of Defence": 11,
    "Department for Environment, Food and Rural Affairs": 13,
    "Treasury": 14,
    "Department of Health and Social Care": 17,
    "House of Commons Commission": 18,
    "Northern Ireland Office": 21,
    "Department for Transport": 27,
    "Wales Office": 28,
    "Department for Work and Pensions": 29,
    "Women and Equalities": 31,
    "Cabinet Office": 53,
    "Ministry of Justice": 54,
    "Department for Education": 60,
    "Foreign, Commonwealth and Development Office": 208,
    "Department for Business and Trade": 214,
    "Department for Energy Security and Net Zero": 215,
    "Department for Science, Innovation and Technology": 216,
    "Department for Culture, Media and Sport": 217,
}
"""Answering bodies of the sample, with the numbers and names of the API."""

HOLDING = (
    "<p>The {body} has indicated that it will not be possible to answer this question within the usual time period. "
    "An answer is being prepared and will be provided as soon as it is available.</p>"
)
ATTACHMENTS = "https://qna.files.parliament.example/qna-attachments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Entries and members of the sample, in order of tabling."""

    entries: tuple[StoreEntry, ...]
    members: tuple[DemoMember, ...]

    def parliament(self, now: date | datetime | None = None) -> Parliament:
        """Make a stand-in that serves the sample as published at `now`, or after all changes for None."""
        return Parliament(self.entries, self.members, now=now, session_start=SESSION_START)


def sample() -> Sample:
    """Read the sample from the files in the package."""
    folder = files("monitor.demo") / "sample"
    read = {
        path.name: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.iterdir(), key=lambda file: file.name)
        if path.name.endswith(".toml")
    }
    members = tuple(DemoMember(**row) for row in read.pop("members.toml")["member"])
    rows = [row for table in read.values() for row in table["question"]]
    return Sample(entries=_entries(rows, members), members=members)


def _entries(rows: list[dict[str, Any]], members: tuple[DemoMember, ...]) -> tuple[StoreEntry, ...]:
    numbers = {member.name: member.id for member in members}
    tabled = {row["uin"]: row["tabled"] for row in rows}
    entries = [_entry(row, numbers, tabled) for row in rows]
    return tuple(sorted(entries, key=lambda entry: (entry.base["dateTabled"], entry.id)))


def _entry(row: dict[str, Any], numbers: Mapping[str, int], tabled: Mapping[str, date]) -> StoreEntry:
    row = dict(row)
    changes = [dict(change) for change in row.pop("change", [])]
    if "answered" in row:
        keys = ("by", "answer", "answer_html", "attachments")
        first = {key: row.pop(key) for key in keys if key in row}
        changes.insert(0, {"at": row.pop("answered"), "what": "answer", **first})
    base = _base(row, numbers, tabled)
    value, steps = base, []
    for change in changes:
        step = _change(change, value, numbers, tabled)
        value = {**value, **step.set}
        steps.append(step)
    return StoreEntry(
        base=base, changes=tuple(steps), published_at=start_of(row["tabled"]), oddity=tuple(row.get("oddity", ()))
    )


def _base(row: Mapping[str, Any], numbers: Mapping[str, int], tabled: Mapping[str, date]) -> Value:
    is_lords = row["uin"].startswith("HL")
    is_named = row.get("named", False)
    due = row.get("due") or _due(row["tabled"], is_lords=is_lords, is_named=is_named)
    number = int(row["uin"].removeprefix("HL")) + (9_500_000 if is_lords else 9_000_000)
    asker = row["asker"]
    return {
        "id": row.get("id", number),
        "askingMemberId": asker if isinstance(asker, int) else numbers[asker],
        "askingMember": None,
        "house": "Lords" if is_lords else "Commons",
        "memberHasInterest": row.get("interest", False),
        "dateTabled": f"{row['tabled']}T00:00:00",
        "dateForAnswer": f"{due}T00:00:00",
        "uin": row["uin"],
        "questionText": _line(row["text"]),
        **_body(row["body"]),
        "isWithdrawn": False,
        "isNamedDay": is_named,
        **_group(row.get("group", []), tabled),
        **dict.fromkeys(("answerIsHolding", "answerIsCorrection", "answeringMemberId", "answeringMember")),
        **dict.fromkeys(("correctingMemberId", "correctingMember", "dateAnswered", "answerText")),
        "originalAnswerText": "",
        "comparableAnswerText": "",
        "dateAnswerCorrected": None,
        "dateHoldingAnswer": None,
        "attachmentCount": 0,
        "heading": row.get("heading"),
        "attachments": [],
    }


def _due(tabled: date, *, is_lords: bool, is_named: bool) -> date:
    if is_lords:
        return tabled + timedelta(days=14)
    day, left = tabled, 3 if is_named else 2
    while left:
        day += timedelta(days=1)
        left -= day.isoweekday() <= 5  # noqa: PLR2004 - Friday
    return day


def _body(name: str) -> Value:
    return {"answeringBodyId": BODIES[name], "answeringBodyName": name}


def _group(uins: list[str], tabled: Mapping[str, date]) -> Value:
    days = [{"questionUin": uin, "dateTabled": f"{tabled[uin]}T00:00:00"} for uin in uins]
    return {"groupedQuestions": uins, "groupedQuestionsDates": days}


def _change(
    change: Mapping[str, Any], before: Value, numbers: Mapping[str, int], tabled: Mapping[str, date]
) -> StoreChange:
    at, what = change["at"], change["what"]
    if what == "vanish":
        return StoreChange(at=start_of(at), is_gone=True)
    set_: Value = {"withdraw": {"isWithdrawn": True}, "return": {"isWithdrawn": False}}.get(what, {})
    set_ |= _texts(change, before) | _said(change, before, numbers)
    if "heading" in change:
        set_["heading"] = change["heading"]
    if "text" in change:
        set_["questionText"] = _line(change["text"])
    if "body" in change:
        set_ |= _body(change["body"])
    if "due" in change:
        set_["dateForAnswer"] = f"{change['due']}T00:00:00"
    if "group" in change:
        set_ |= _group(change["group"], tabled)
    return StoreChange(at=start_of(at), set=set_)


def _said(change: Mapping[str, Any], before: Value, numbers: Mapping[str, int]) -> Value:
    """Return the keys of an answer or a correction: member, day and flags."""
    day = f"{change['at']:%Y-%m-%d}T00:00:00"
    match change["what"]:
        case "holding" | "answer":
            is_holding = change["what"] == "holding"
            return {
                "answeringMemberId": numbers[change["by"]],
                "answerIsHolding": is_holding,
                "answerIsCorrection": False,
                "dateAnswered": day,
                "dateHoldingAnswer": day if is_holding else before["dateHoldingAnswer"],
            }
        case "correction":
            return {
                "correctingMemberId": numbers[change["by"]],
                "answerIsCorrection": True,
                "dateAnswerCorrected": day,
                "originalAnswerText": before["answerText"],
            }
    return {}


def _texts(change: Mapping[str, Any], before: Value) -> Value:
    """Return the mark-up of the answer and its files, if the change has them."""
    texts: Value = {}
    if change["what"] == "holding":
        texts["answerText"] = HOLDING.format(body=before["answeringBodyName"])
    if "answer" in change:
        texts["answerText"] = _marked_up(change["answer"])
    if "answer_html" in change:
        texts["answerText"] = change["answer_html"].strip("\n")
    if "attachments" in change:
        texts["attachments"] = [_attachment(file, before) for file in change["attachments"]]
        texts["attachmentCount"] = len(texts["attachments"])
    return texts


def _attachment(file: Mapping[str, Any], before: Value) -> Value:
    name = escape(file["title"]).replace(" ", "%20")
    return {
        "url": f"{ATTACHMENTS}/{before['id']}/{name}.{file['type']}",
        "title": file["title"],
        "fileType": file["type"],
        "fileSizeBytes": file["size"],
    }


def _line(text: str) -> str:
    """Join the lines of a text that the file breaks to be readable."""
    return " ".join(text.strip().split("\n"))


def _marked_up(text: str) -> str:
    """Mark up paragraphs, which blank lines separate, as the API does."""
    paragraphs = [_line(part) for part in text.strip().split("\n\n")]
    return "".join(f"<p>{escape(part, quote=False)}</p>" for part in paragraphs)
