"""Tool that says what the archive has read, and what not: coverage."""

from __future__ import annotations

from typing import Any, Final

from pydantic_core import to_jsonable_python

from monitor import app
from monitor.desk.desks import Desk
from monitor.mcp.answers import MOST_CHARACTERS, Answer, size_of
from monitor.mcp.calls import Calls, noted
from monitor.mcp.fields import chosen
from monitor.mcp.parameters import Fields
from monitor.presentation.wording import one_line, shorten
from monitor.research.promises import ledger_reach

COVERAGE_FIELDS: Final = (
    "coverage",
    "files",
    "silent",
    "quarantined",
    "runs",
    "counts",
    "topics",
    "ledger",
    "news_floor",
)
_USUAL: Final = ("coverage", "files", "silent", "quarantined", "counts", "topics", "ledger")
_MOST_ROWS: Final = 10
_LONGEST: Final = 200


class ReadingTools:
    """Tool that says what the archive has read."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def coverage(self, fields: Fields = None) -> Answer:
        """Say what the archive has read, and what not: days, Houses and sources, failures, and the watched topics.

        Ask before you say that something was never said in Parliament: the archive knows only what it has read.
        """
        desk, shown = self._calls.desk(), chosen(fields, COVERAGE_FIELDS, _USUAL)
        known = _known(desk)
        facts = {name: known[name] for name in shown if name in known}
        answer = Answer(items=[], facts=to_jsonable_python(facts), not_read=self._calls.not_read(desk))
        return noted(desk, _fitted(answer))


def _known(desk: Desk) -> dict[str, Any]:
    """Return what `pqwatch status` knows of reading, without paths, readers and mails."""
    found = app.overview(desk.config, desk.archive, desk.now)
    reach = ledger_reach(desk.archive)
    quarantined = [
        {"source": row["source"], "key": _short(row["key"]), "reason": _short(row["reason"])}
        for row in found["quarantined"]
    ]
    return {
        "coverage": [_window_row(row) for row in found["coverage"]],
        "files": [_file_row(row) for row in found["files"]],
        "silent": found["silent"],
        "quarantined": {"records": len(quarantined), "first": quarantined[:_MOST_ROWS]},
        "runs": [{name: run[name] for name in ("stage", "outcome", "started_at", "ended_at")} for run in found["runs"]],
        "counts": {name: found["counts"].get(name) for name in ("records", "revisions", "matches")},
        "topics": [{"id": topic.key, "name": topic.name, "terms": len(topic.terms)} for topic in desk.config.topics],
        "ledger": {"revisions_read": reach.read, "of": reach.of},
        "news_floor": found["news_floor"],
    }


def _window_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return what was read of a source and House; the first of what is missing, and how many there are."""
    missing = [{**window, "note": _short(window["note"])} for window in row["incomplete"]]
    more = {"incomplete": missing[:_MOST_ROWS], "incomplete_windows": len(missing), "gaps": row["gaps"][:_MOST_ROWS]}
    return {**row, **more}


def _file_row(row: dict[str, Any]) -> dict[str, Any]:
    short = {
        name: [{"file": _short(file["file"]), "why": _short(file["why"])} for file in row[name][:_MOST_ROWS]]
        for name in ("failed", "unreadable")
    }
    counts = {f"{name}_files": len(row[name]) for name in ("failed", "unreadable")}
    return {**row, **short, **counts}


def _short(text: str | None) -> str:
    return shorten(one_line(text), _LONGEST)


def _fitted(answer: Answer) -> Answer:
    """Leave out the longest facts until the answer is within the bounds."""
    facts, left_out = dict(answer.facts or {}), list[str]()
    while facts and size_of(answer.model_copy(update={"facts": facts})) > MOST_CHARACTERS - _LONGEST:
        longest = max(facts, key=lambda name: size_of(facts[name]))
        left_out.append(longest)
        del facts[longest]
    cut = [f"Left out: {', '.join(left_out)}. Ask for one with `fields`, or: pqwatch status."] if left_out else []
    return answer.model_copy(update={"facts": facts, "cut": cut})
