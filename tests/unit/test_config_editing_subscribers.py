"""Changes of subscribers in config.toml. Nothing else in the file changes."""

from __future__ import annotations

import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from monitor.config.editing import add_subscriber, remove_subscribers, set_paused
from monitor.config.positions import line_of_reader
from monitor.errors import ConfigError

SHIPPED = (Path(__file__).resolve().parents[2] / "config.toml").read_text(encoding="utf-8")
THREE = """\
[[topics]]
name = "Water"
terms = ["water"]

# Who gets a digest

[[subscribers]]
name = "One"      # the first
email = "one@example.org"

# Two is on leave
# until May
[[subscribers]]
name = "Two"
id = "second"
email = "two@example.org"
paused = true     # until May
# her cadence = "weekly"

[[subscribers]]
name = "Three"
email = "three@example.org"

[calendar]
recess = []
"""
INLINE = """\
subscribers = [
  { name = "One", email = "one@example.org" },
  { name = "Two", id = "second", email = "two@example.org", paused = true },  # why
  { name = "Three", email = "three@example.org" }
]
"""
FLAT = """\
subscribers = [{name = "One", email = "one@example.org"}, {name = "Two", id = "second", email = "two@example.org"}]
"""


def names(text: str) -> list[str]:
    return [entry["name"] for entry in tomllib.loads(text).get("subscribers", [])]


def test_subscriber_is_added_after_the_others() -> None:
    new = '[[subscribers]]\nname = "Four"\nemail = "four@example.org"\ntopics = ["Water"]\nquiet_days = true\n'
    facts: dict[str, Any] = {"name": "Four", "email": "four@example.org", "topics": ["Water"], "quiet_days": True}
    assert add_subscriber(THREE, facts) == THREE.replace("[calendar]", f"{new}\n[calendar]")
    assert add_subscriber(INLINE, facts) == INLINE.replace(
        'three@example.org" }\n',
        'three@example.org" },\n  {name = "Four", email = "four@example.org", topics = ["Water"], quiet_days = true}\n',
    )


def test_first_subscriber_is_added_after_the_topics() -> None:
    facts = {"name": "One", "email": "one@example.org"}
    new = '[[subscribers]]\nname = "One"\nemail = "one@example.org"\n'
    topics = '[[topics]]\nname = "Water"\nterms = ["water"]\n'
    assert add_subscriber(f"{topics}\n[calendar]\n", facts) == f"{topics}\n{new}\n[calendar]\n"
    assert add_subscriber("[calendar]\n", facts) == f"[calendar]\n\n{new}"


@pytest.mark.parametrize("name", ["one", "SECOND", " Two "])
def test_two_digests_need_two_names(name: str) -> None:
    with pytest.raises(ConfigError, match="already"):
        add_subscriber(THREE, {"name": name, "email": "x@example.org"})
    with pytest.raises(ConfigError, match="already"):
        add_subscriber(THREE, {"name": "Four", "id": name, "email": "x@example.org"})


def test_a_pause_is_one_line() -> None:
    assert set_paused(THREE, "One", paused=True) == THREE.replace(
        'one@example.org"\n', 'one@example.org"\npaused = true\n'
    )
    assert set_paused(THREE, "Two", paused=False) == THREE.replace("paused = true", "paused = false")
    crlf = THREE.replace("\n", "\r\n").replace("true     # until May", "true")
    assert set_paused(crlf, "Two", paused=False) == crlf.replace("paused = true", "paused = false")
    assert set_paused(SHIPPED, "Policy desk", paused=True) == SHIPPED.replace("paused = false", "paused = true", 1)
    assert set_paused(INLINE, "One", paused=True) == INLINE.replace(
        'one@example.org" }', 'one@example.org", paused = true}'
    )


def test_comments_of_a_removed_subscriber_go_too() -> None:
    assert remove_subscribers(THREE, ["second"]) == THREE.replace(
        THREE[THREE.index("# Two is") : THREE.index('[[subscribers]]\nname = "Three"')], ""
    )
    assert remove_subscribers(THREE, ["One"]) == THREE.replace(
        THREE[THREE.index('[[subscribers]]\nname = "One"') : THREE.index("# Two is")], ""
    )
    assert remove_subscribers(THREE, ["One", "Two", "Three"]) == (
        THREE[: THREE.index("[[subscribers]]")] + "[calendar]\nrecess = []\n"
    )


def test_a_removed_subscriber_at_the_end_of_the_file() -> None:
    text = THREE.partition("\n[calendar]")[0]
    assert remove_subscribers(text, ["Three"]) == text[: text.index('\n[[subscribers]]\nname = "Three"')]
    assert remove_subscribers(text.rstrip("\n"), ["Three"]) == text[: text.index('\n[[subscribers]]\nname = "Three"')]
    assert remove_subscribers('[[subscribers]]\nname = "a"\n', ["a"]) == ""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("text", [THREE, INLINE, FLAT, SHIPPED], ids=["tables", "inline", "flat", "shipped"])
def test_removal_of_any_subscriber_leaves_the_rest_unchanged(text: str, newline: str) -> None:
    text = text.replace("\n", newline)
    before = tomllib.loads(text)
    for name in names(text):
        after = remove_subscribers(text, [name])
        left = [entry for entry in before["subscribers"] if entry["name"] != name]
        assert tomllib.loads(after).get("subscribers", []) == left
        assert tomllib.loads(after) | {"subscribers": left} == before | {"subscribers": left}
        assert set(after.splitlines()) <= {*text.splitlines()} or text.startswith("subscribers = [{")
        assert "\n\n\n" not in after.replace("\r", "")
        assert after.count("\r") == (after.count("\n") if newline == "\r\n" else 0)
    assert names(remove_subscribers(text, names(text))) == []


def test_unknown_subscriber() -> None:
    for change in (partial(remove_subscribers, THREE, ["Five"]), partial(set_paused, THREE, "Five", paused=True)):
        with pytest.raises(ConfigError, match=r"There is no subscriber 'Five'.*pqwatch subscribers list"):
            change()


def test_line_of_a_subscriber() -> None:
    assert THREE.splitlines()[line_of_reader(THREE, "second") : line_of_reader(THREE, "second") + 1] == ['name = "Two"']
