"""Letters drafted from recorded answers, then checked: every quotation exact, each with its own reference."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from db.archive import Archive
from db.engine import open_engine
from monitor import app
from monitor.parliament.promises.find import find_promises
from monitor.research.letters.drafting import STYLES, DraftRequest, draft_letter
from monitor.research.letters.writing import write_letter
from monitor.research.quotations.checking import check
from monitor.research.quotations.outcomes import Verdict
from tests.archive_kit import store
from tests.builders import a_question
from tests.real_texts import full_texts
from tests.servers import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.model.records import Proceeding

RECORDS = 240
IN_A_LETTER = 12


@pytest.fixture(scope="module")
def recorded(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Archive, list[Proceeding]]]:
    """Make an archive of recorded answers, under invented names. Yield it and its records."""
    url = f"sqlite:///{tmp_path_factory.mktemp('recorded') / 'archive.db'}"
    migrate(url)
    texts: dict[str, str | None] = {}
    for record in full_texts(shared_data, every=11):
        if answer := record.parts.get("answer"):
            texts.setdefault(answer, record.parts.get("question"))
        if len(texts) == RECORDS:
            break
    questions = [
        a_question(uin=str(140001 + number), question=question, answer=answer)
        for number, (answer, question) in enumerate(texts.items())
    ]
    archive = Archive(open_engine(url))
    store(archive, *questions)
    archive.index.follow()
    yield archive, questions
    archive.close()


@pytest.mark.parametrize("output", ["docx", "md", "html"])
def test_drafts_of_recorded_answers_are_exact(recorded: tuple[Archive, list[Proceeding]], output: str) -> None:
    archive, questions = recorded
    for place in range(0, RECORDS, IN_A_LETTER):
        request = DraftRequest(to="The Minister", written_on=date(2021, 6, 3), style=STYLES[place // IN_A_LETTER % 3])
        draft = draft_letter(questions[place : place + IN_A_LETTER], request, find_promises)
        findings = check(archive, app.letter(f"letter.{output}", write_letter(draft, output)))
        wrong = [
            (finding.verdict, finding.quotation.text, finding.attribution)
            for finding in findings
            if finding.verdict is not Verdict.EXACT or finding.attribution is None or finding.attribution.warnings
        ]
        assert wrong == []
        assert {finding.place.record.id for finding in findings if finding.place} == {
            passage.record.id for passage in draft.passages if passage.quotation
        }
