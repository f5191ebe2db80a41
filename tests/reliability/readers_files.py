"""Readers of files with many records: a spoilt copy gives records, errors with the bytes to keep, or an error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from monitor.errors import ParseError
from monitor.model.records import Kind, Member
from monitor.model.sources import Payload
from scrapers.folders import LocalFolder
from scrapers.theyworkforyou import TheyWorkForYou
from tests.builders import NOW
from tests.reliability.mutants import spoilt_bytes
from tests.reliability.readers import ROOT, Make, Read, Reader, has_hidden_characters

if TYPE_CHECKING:
    import random
    from datetime import date
    from pathlib import Path

    from monitor.model.records import House, Proceeding
    from monitor.model.sources import Parsed
    from monitor.ports import FileSource

_EXAMPLES = ROOT / "tests" / "scrapers" / "examples"
_ID = re.compile(r"[a-z]+-[\w.:-]*\d")


class EmptyRegister:
    """A register of members that is empty."""

    def by_number(self, number: str, printed: str | None, day: date) -> Member:
        del number, day
        return Member(name=printed)

    def by_name(
        self, printed: str, house: House, day: date, *, constituency: str | None = None, office: str | None = None
    ) -> Member:
        del house, day
        return Member(name=printed, constituency=constituency, office=office)

    def office_of(self, member: Member, day: date) -> str | None:
        del member, day
        return None


def _theyworkforyou(folder: Path) -> tuple[Make, Read]:
    root = _EXAMPLES / "theyworkforyou"
    files = {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.glob("*/*.xml"))}
    source = TheyWorkForYou(LocalFolder(folder), EmptyRegister())

    def make(dice: random.Random) -> tuple[str, bytes]:
        name = dice.choice(sorted(files))
        return name, spoilt_bytes([files[name]], dice)

    def read(mutant: tuple[str, bytes]) -> None:
        check_records(source, *mutant)

    return make, read


def check_records(source: FileSource, name: str, body: bytes) -> None:
    """Read a file, then each part that could not be read: alone it must give the same kind of result."""
    payload = Payload(source=source.name, key=name, url="", fetched_at=NOW, body=body)
    ids = []
    for parsed in source.records(payload):
        if parsed.proceeding is None:
            _check_error(source, name, parsed)
        else:
            ids.append(parsed.key)
            check_proceeding(parsed.proceeding)
    assert len(ids) == len(set(ids)), f"a record came twice among {ids}"


def _check_error(source: FileSource, name: str, parsed: Parsed) -> None:
    assert parsed.error is not None
    assert parsed.key
    assert parsed.excerpt
    again = Payload(source=source.name, key=f"{name}#{parsed.key}", url="", fetched_at=NOW, body=parsed.excerpt)
    try:
        assert any(True for _ in source.records(again)), f"nothing comes of the excerpt {parsed.excerpt!r}"
    except ParseError as exc:
        raise AssertionError(f"the excerpt is refused: {exc}: {parsed.excerpt!r}") from exc


def check_proceeding(found: Proceeding) -> None:
    """Check what the archive and readers rely on."""
    assert _ID.fullmatch(found.id), found.id
    assert found.id == found.id.lower(), found.id
    assert found.day or found.kind is Kind.NOTICE, found.id  # a notice without one gets that on which it is first read
    texts: list[Any] = [found.heading, found.question, found.answer, found.text, found.uin, found.body, found.url]
    texts += [found.column, found.column_to, found.session, found.gid, *found.keys, *found.refers]
    for member in (found.asked_by, found.answered_by, found.made_by):
        texts += [member.name, member.party, member.constituency, member.office] if member else []
    texts += [
        text for attachment in found.attachments for text in (attachment.title, attachment.file_type, attachment.url)
    ]
    for text in filter(None, texts):
        assert "\0" not in text, f"NUL in {text!r}"
        text.encode()
    for text in found.parts().values():
        assert not has_hidden_characters(text), f"a control in {text!r:.200}"
        assert text == text.strip(), f"space around {text!r:.200}"
    assert all(link.href.lower().startswith(("http://", "https://", "mailto:")) for link in found.links), found.links


FILES = (Reader(name="theyworkforyou", full=100_000, few=300, prepare=_theyworkforyou),)
