"""An audit of our own digests: everything in them was told."""

from __future__ import annotations

import email
import email.policy
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from monitor.cli import pqwatch
from monitor.demo.run import demo

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demo")
    for day in demo(made):
        message = email.message_from_bytes(day.mail.read_bytes(), policy=email.policy.default)
        body = message.get_body(("plain",))
        (made / f"digest-{day.day}.txt").write_text(body.get_content() if body else "", encoding="utf-8")
    return made


@pytest.mark.parametrize("kind", ["eml", "html", "txt"])
@pytest.mark.parametrize(("day", "count"), [("2024-11-26", 22), ("2024-11-27", 14)])
def test_a_digest_that_is_fed_back_was_told_wholly(folder: Path, day: str, count: int, kind: str) -> None:
    words = ["audit", str(folder / f"digest-{day}.{kind}"), "--config", str(folder / "config.toml"), "--json"]
    result = CliRunner().invoke(pqwatch, words)
    assert result.exit_code == 0
    rows = json.loads(result.stdout)
    assert [row["verdict"] for row in rows if row["item"]] == ["told"] * count
    if day == "2024-11-26":
        assert f"{count} were told to you; pqwatch had nothing that it lacks." in result.stderr


def test_every_record_of_a_digest_is_found_by_its_reference(folder: Path) -> None:
    config = ["--config", str(folder / "config.toml")]
    shown = CliRunner().invoke(pqwatch, ["digest", "show", "2", "--all", "--json", *config])
    records = [record for record in json.loads(shown.stdout) if record["kind"] != "notice"]  # these have no number
    briefing = folder / "references.txt"
    briefing.write_text("\n\n".join(record["reference"] for record in records), encoding="utf-8")
    rows = json.loads(CliRunner().invoke(pqwatch, ["audit", str(briefing), *config, "--json"]).stdout)
    told = {row["id"]: row["digest"] for row in rows if row["item"] and row["verdict"] == "told"}
    assert set(told) == {record["id"] for record in records}
