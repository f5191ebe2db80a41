"""Digests compared with the files in tests/golden. PQWATCH_GOLDEN=1 writes the files anew."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from monitor.digest.formats.email import build_message
from monitor.digest.render import Rendered, render
from tests.golden.cases import CASES, due

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SENT_AT = datetime(2026, 11, 24, 7, 31, tzinfo=UTC)


def mail_of(rendered: Rendered, name: str) -> bytes:
    return build_message(
        rendered,
        sender="pqwatch <digest@pqwatch.example.org>",
        recipient="Siân Example <sian@example.org>",
        message_id=f"<{name}.1@pqwatch.example.org>",
        date=SENT_AT,
        list_id="Policy desk <digest.pqwatch.example.org>",
        unsubscribe="stop@pqwatch.example.org",
    )


@cache
def once(name: str) -> Rendered:
    return render(CASES[name](), due, stop="stop@pqwatch.example.org")


def compare(path: Path, now: bytes) -> None:
    if os.environ.get("PQWATCH_GOLDEN") and (not path.exists() or path.read_bytes() != now):
        path.write_bytes(now)
        pytest.fail(f"{path.name} is written anew: review and commit")
    assert path.exists(), f"{path.name} is missing: run with PQWATCH_GOLDEN=1, review and commit"
    assert now.decode() == path.read_bytes().decode()


@pytest.mark.parametrize("form", ["txt", "html", "csv", "eml"])
@pytest.mark.parametrize("name", list(CASES))
def test_digest_equals_the_reviewed_file(name: str, form: str) -> None:
    rendered = once(name)
    now = {
        "txt": rendered.text.encode(),
        "html": rendered.html.encode(),
        "csv": rendered.csv.encode() if rendered.csv is not None else None,
        # The mail only packs the two above, so it is kept only where it is small.
        "eml": mail_of(rendered, name) if name != "after-recess" else None,
    }[form]
    path = GOLDEN / f"{name}.{form}"
    if now is None:
        assert not path.exists()
    else:
        compare(path, now)


@pytest.mark.parametrize("name", list(CASES))
def test_same_digest_gives_the_same_bytes(name: str) -> None:
    again = render(CASES[name](), due, stop="stop@pqwatch.example.org")
    assert mail_of(again, name) == mail_of(once(name), name)
