"""Records that Parliament published, as the matcher reads them, for tests of what terms find in earnest."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from lxml import etree

from monitor.model.records import Facts, House, Kind
from scrapers.markup import plain_question, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTS_2009 = {"ques": "question", "reply": "answer", "speech": "text"}


@dataclass(frozen=True, slots=True)
class Record:
    """The parts of a record by name, what filters ask of it, and the month in which it was tabled ("2024-07")."""

    parts: dict[str, str]
    facts: Facts
    month: str = ""

    def ask(self) -> Facts:
        """The same, as a matcher asks for it."""
        return self.facts


def full_texts(folder: Path, every: int = 1) -> Iterator[Record]:
    """13,647 Commons questions of September 2023 to December 2024 with their whole answers; no headings, no bodies.

    `every`: only each of this number.
    """
    for item in _lines(folder / "written-questions-api/fulltext-commons-2023-09_2024-12.jsonl.gz", every):
        yield _question(item)


def five_months(folder: Path) -> Iterator[Record]:
    """12,082 Commons questions tabled in five months, with heading and body; two of three texts are cut."""
    for path in sorted((folder / "written-questions-api").glob("detail-commons-tabled-*.jsonl.gz")):
        for item in _lines(path):
            yield _question(item)


def two_days_of_2009(folder: Path, every: int = 1) -> Iterator[Record]:
    """Yield each question, reply and speech of the recorded files of October 2009, all versions, under its heading.

    `every`: only each of this number is read to plain text.
    """
    number = -1
    for path in sorted((folder / "theyworkforyou/scrapedxml").rglob("*.xml")):
        heading = None
        for element in etree.parse(path, etree.XMLParser(recover=True)).getroot():
            if str(element.tag).endswith("heading"):
                heading = element
            elif element.tag in PARTS_2009:
                number += 1
                if number % every == 0 and (text := _text(element)):
                    above = "" if heading is None else _text(heading)
                    yield _record({"heading": above, PARTS_2009[element.tag]: text}, None)


def _text(element: etree._Element) -> str:
    return plain_text(etree.tostring(element, encoding="unicode", with_tail=False))[0]


def pages(folder: Path) -> Iterator[str]:
    """Plain text of pages of Hansard, 1998 to 2009, and of one of the BBC."""
    with (folder / "excerpts/hansard-1998-2009.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield plain_question(json.loads(line)["text"])


def _lines(path: Path, every: int = 1) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, islice(lines, 0, None, every))


def _question(item: dict[str, Any]) -> Record:
    parts = {
        "heading": item.get("heading") or "",
        "question": plain_question(item["questionText"] or ""),
        "answer": _plain(item["answerText"] or ""),
    }
    return _record(parts, item.get("answeringBodyName"), item.get("monthTabled") or item["dateTabled"][:7])


@lru_cache(50)
def _plain(answer: str) -> str:
    """A fifth of the answers stand in the record of each question that they answer, one soon after the other."""
    return plain_text(answer)[0]


def _record(parts: dict[str, str], body: str | None, month: str = "") -> Record:
    given = {name: text for name, text in parts.items() if text}
    facts = Facts(
        kind=Kind.QUESTION, house=House.COMMONS, body=body, asker=None, party=None, minister=None, day=None
    )  # fmt: skip
    return Record(given, facts, month)
