"""Small tree of files like TheyWorkForYou's, with invented answers of as many days as a test needs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

_HEAD = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<publicwhip scrapeversion="{letter}" latest="{latest}">\n'
_QUESTION = """
<major-heading id="uk.org.publicwhip/wrans/{day}{letter}.{number}.mh" nospeaker="true" colnum="{column}W">
{body}
</major-heading>
<minor-heading id="uk.org.publicwhip/wrans/{day}{letter}.{number}.h" nospeaker="true" colnum="{column}W">
{heading}
</minor-heading>
<ques id="uk.org.publicwhip/wrans/{day}{letter}.{number}.q0" speakerid="uk.org.publicwhip/member/9001"\
 speakername="Ann Otherly" colnum="{column}W"><p qnum="{number}">{question}</p>
</ques>
<reply id="uk.org.publicwhip/wrans/{day}{letter}.{number}.r0" speakerid="uk.org.publicwhip/member/9002"\
 speakername="Bob Sampleton" colnum="{column}W"><p>{answer}</p>
</reply>
"""


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """Question with its answer."""

    number: int
    answer: str = "The Serious Organised Crime Agency was asked."
    question: str = "To ask the Secretary of State for the Home Department what was asked of agencies."
    heading: str = "Organised Crime"


def write_day(root: Path, day: date, letter: str, questions: Sequence[AnsweredQuestion]) -> Path:
    """Write a version of the written answers of a day, and empty the earlier versions as TheyWorkForYou does."""
    folder = root / "scrapedxml" / "wrans"
    folder.mkdir(parents=True, exist_ok=True)
    for older in folder.glob(f"answers{day}*.xml"):
        older.write_text(_HEAD.format(letter=older.stem[-1], latest="no") + "</publicwhip>\n", encoding="iso-8859-1")
    path = folder / f"answers{day}{letter}.xml"
    blocks = [
        _QUESTION.format(
            day=day, letter=letter, number=question.number, column=100 + place, body="HOME DEPARTMENT",
            heading=question.heading, question=question.question, answer=question.answer,
        )
        for place, question in enumerate(questions)
    ]  # fmt: skip
    path.write_text(
        _HEAD.format(letter=letter, latest="yes") + "".join(blocks) + "</publicwhip>\n", encoding="iso-8859-1"
    )
    with (folder / "changedates.txt").open("a", encoding="ascii") as changes:
        changes.write(f"{1_256_000_000 + len(list(folder.iterdir()))},{path.name}\n")
    os.utime(path)
    return path
