"""Records to be cited, with the words that are quoted, and a citation as the JSON object of docs/json.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.errors import MonitorError
from monitor.presentation.wording import one_line
from monitor.research.quotations.selection import Selection, select_part, select_words, speaker_of
from monitor.research.quotations.styles import Cited, Style, reference

if TYPE_CHECKING:
    from monitor.model.records import Proceeding


class NotInRecordError(MonitorError):
    """Words that were to be quoted do not stand in the record as they are given."""


def selection_of(proceeding: Proceeding, quote: str | None) -> Selection | None:
    """Select the words to cite: those asked for, else the whole answer or text.

    Raises NotInRecordError with the nearest words, and ValueError where `quote` has no word.
    """
    if quote is None:
        return select_part(proceeding)
    selection = select_words(proceeding, quote)
    if selection is None or not selection.is_exact:
        message = f"These words don't stand in {one_line(proceeding.uin) or proceeding.id} as they are given."
        nearest = f" Nearest: {one_line(selection.words(proceeding))}" if selection else ""
        raise NotInRecordError(message + nearest)
    return selection


def cited_record(proceeding: Proceeding, selection: Selection | None) -> Cited:
    """Return a record with the words selected and who said them."""
    quotation = selection.words(proceeding).strip() if selection else ""
    speaker = selection.speaker(proceeding) if selection else speaker_of(proceeding)
    return Cited(record=proceeding, quotation=quotation, speaker=speaker)


def citation_json(cited: Cited, selection: Selection | None, style: Style, citation: str) -> dict[str, Any]:
    """Return a citation as its JSON object."""
    proceeding = cited.record
    return {
        "id": proceeding.id,
        "style": style.value,
        "reference": reference(proceeding, style, speaker=cited.speaker),
        "quotation": cited.quotation or None,
        "part": selection.part if selection else None,
        "start": selection.start if selection else None,
        "end": selection.end if selection else None,
        "said_by": cited.speaker.name if cited.speaker else None,
        "date": proceeding.day.isoformat() if proceeding.day else None,
        "url": proceeding.url,
        "citation": citation,
    }
