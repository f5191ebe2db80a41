"""Bounds of answers: what is cut, what is left out, and how the rest is had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from monitor import app
from monitor.mcp import answers
from monitor.mcp.answers import Answer, Item, fitted, size_of
from tests.archive_kit import store
from tests.assistants.kit import assistant
from tests.builders import a_question
from tests.unit.cli_kit import make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.assistants.kit import Assistant

MANY = 60
WORDS = "Bathing water was tested again and again in every bay. "


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """Return an assistant of an archive with many long answers."""
    folder = make_desk(tmp_path_factory.mktemp("long")).folder
    archive = app.archive(app.configuration(str(folder / "config.toml")))
    store(
        archive, *(a_question(uin=f"15{number:04}", answer=WORDS * 40 + f"In all {number}.") for number in range(MANY))
    )
    store(archive, a_question(uin="160000", answer=WORDS * 2_000))
    archive.close()
    with assistant(folder / "config.toml") as connected:
        yield connected


def characters(answer: dict[str, Any]) -> int:
    return size_of(answer)


def test_no_answer_is_longer_than_the_bound(talkative: Assistant) -> None:
    letter = " ".join(f"“{WORDS * 3}In all {number}.”" for number in range(40))
    calls: dict[str, dict[str, Any]] = {
        "search": {"query": "bathing water", "limit": 50, "fields": ["answer", "question", "matches"]},
        "read": {"reference": "160000"},
        "story": {"reference": "150001"},
        "compare": {"reference": "160000", "other": "150001"},
        "cite": {"references": [f"15{number:04}" for number in range(20)]},
        "check_quotations": {"text": letter},
        "try_term": {"term": "bathing water"},
    }
    for tool, arguments in calls.items():
        answer = talkative.ask(tool, **arguments)
        assert characters(answer) <= answers.MOST_CHARACTERS, tool
        assert answer["items"], tool
        if tool not in ("story", "try_term"):
            assert answer["cut"], tool


def test_long_texts_of_a_list_are_cut_and_named(talkative: Assistant) -> None:
    found = talkative.ask("search", query="tested again", limit=3, fields=["answer"])
    for item in found["items"]:
        assert len(item["quoted"]["answer"]) == answers.LONGEST_IN_LIST
        assert item["cut"]["answer"] > answers.LONGEST_IN_LIST
    assert found["cut"] == ["Texts named under `cut` are not whole here. `read` gives them."]


def test_items_that_do_not_fit_come_with_the_next_page(talkative: Assistant) -> None:
    place, seen = "", list[str]()
    while place is not None:
        page = talkative.ask("search", query="bathing water", limit=50, after=place, fields=["answer"])
        seen += [item["id"] for item in page["items"]]
        place = page["next"]
        if place:
            assert f"ask again with after = '{place}'" in page["cut"][-1] or len(page["items"]) == 50
    assert len(seen) == len(set(seen)) == MANY + 1 + 2


def test_quotations_that_do_not_fit_come_with_the_next_page(talkative: Assistant) -> None:
    letter = " ".join(f"“{WORDS * 3}In all {number}.”" for number in range(40))
    after, numbers = 0, list[int]()
    while after is not None:
        page = talkative.ask("check_quotations", text=letter, after=after)
        numbers += [item["number"] for item in page["items"]]
        after = page["next"]
    assert numbers == list(range(1, 41))


def test_one_item_that_is_too_long_is_cut_until_it_fits() -> None:
    item = Item(
        id="q-1", reference=None, url=None, revision=None, quoted={"story": [{"text": "x" * 90}] * 500, "a": "y" * 900}
    )
    answer = fitted(Answer(items=[item]), [1], "Ask for less.")
    assert size_of(answer) <= answers.MOST_CHARACTERS
    assert answer.items[0].cut == {"story": 500}
    assert answer.items[0].quoted["a"] == "y" * 900
    assert answer.cut == ["Texts named under `cut` are not whole here. Ask for less."]


def test_what_can_not_be_cut_is_given() -> None:
    item = Item.model_validate(
        {"id": "q-1", "reference": None, "url": None, "revision": None, "quoted": {}, "numbers": list(range(10_000))}
    )
    assert fitted(Answer(items=[item]), [1], "").items == [item]


def test_long_facts_are_left_out_with_a_word(talkative: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.mcp.reading.MOST_CHARACTERS", 500)
    answer = talkative.ask("coverage")
    assert answer["cut"][0].startswith("Left out: ")
    assert characters(answer) < 1_500
