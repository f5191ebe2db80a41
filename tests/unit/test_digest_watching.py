"""First lines of a digest: unreadable terms, topics without matches, and matches of new terms."""

from __future__ import annotations

import shlex
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from monitor.digest.formats.brief import brief_of
from monitor.digest.render import render
from monitor.model.watching import NewTerm, UnreadableTerm, Watching
from tests.builders import a_digest, a_question, a_subscriber, an_item
from tests.golden.cases import due

if TYPE_CHECKING:
    from monitor.model.digests import Digest

BAD = UnreadableTerm(topic="water", term="cat or dog", reason="Write OR in capitals.")
ITEM = an_item(a_question(), "water")


def text_of(digest: Digest) -> str:
    return " ".join(render(digest, due).text.split())


def watched(*, is_quiet: bool = False, **facts: Any) -> Digest:
    return a_digest(watching=Watching(**facts), new=() if is_quiet else (ITEM,))


@pytest.mark.parametrize("is_quiet", [False, True])
def test_unreadable_term_is_reported_first(is_quiet: bool) -> None:
    digest = watched(unreadable=(BAD,), is_quiet=is_quiet)
    said = (
        "1 of your terms can't be read, so it is switched off and finds nothing until corrected in config.toml: "
        "“cat or dog” in Water (Write OR in capitals)."
    )
    text = text_of(digest)
    assert said in text[:300]
    assert "Nothing failed" not in text
    html = render(digest, due).html
    assert "1 of your terms can" in html
    assert "Nothing failed" not in html
    assert said in brief_of(digest, due, "0123").lead[0]


def test_many_unreadable_terms_are_counted() -> None:
    bad = tuple(UnreadableTerm(topic="water", term=f"x{n} or", reason="No.") for n in range(7))
    text = text_of(watched(unreadable=bad))
    assert "7 of your terms can't be read, so they are switched off and find nothing" in text
    assert "“x4 or” in Water (No); and 2 more: `pqwatch doctor` lists them." in text
    assert "x5" not in text


def test_unreadable_exclusion_is_reported_as_an_exclusion() -> None:
    text = text_of(watched(unreadable=(UnreadableTerm(topic="water", term="(", reason="x", is_exclude=True),)))
    assert "1 of your exclusions can't be read, so it is switched off and leaves nothing out: “(” in Water (x)." in text
    assert "of your terms" not in text


def test_misread_term_is_reported_with_its_probable_meaning() -> None:
    said = "A comma makes no list. Ready to paste: 'cat OR dog'."
    bad = UnreadableTerm(topic="water", term="cat, dog", reason=said, is_misread=True)
    digest = watched(unreadable=(bad,))
    text = text_of(digest)
    assert "1 of your terms finds nothing and was surely meant in another way, so correct it in config.toml:" in text
    assert "“cat, dog” in Water (A comma makes no list. Ready to paste: 'cat OR dog')." in text
    assert "switched off" not in text
    assert "Nothing failed" not in text


def test_topic_without_matches_for_a_year_is_reported() -> None:
    since = date(2020, 2, 3)
    assert (
        "Your topic “Water” has found nothing for a year: nothing read since 3 February 2020 contains any of its terms. "
        "`pqwatch terms check` may say why." in text_of(watched(idle_topics=("water",), idle_since=since))
    )
    assert "Your topics “Water” and “gone” have found nothing for a year" in text_of(
        watched(idle_topics=("water", "gone"), idle_since=since)
    )
    assert "for a year" not in text_of(watched(idle_since=since))


def test_new_term_shows_its_matches_and_the_command_to_list_them() -> None:
    new = NewTerm(topic="water", term="river's edge", records=42, newest_on=date(2020, 3, 12))
    command = shlex.join(["pqwatch", "search", "river's edge"])
    said = (
        "The term “river's edge” of Water is new: it is in 42 records of the archive, the newest of 12 March 2020. "
        f"`{command}` lists them."
    )
    for is_quiet in (False, True):
        assert said in text_of(watched(new_terms=(new,), is_quiet=is_quiet))
    assert said in brief_of(watched(new_terms=(new,)), due, "0123").lead


def test_new_terms_without_matches_new_topics_and_many_new_terms() -> None:
    nothing = NewTerm(topic="water", term="lake", records=0)
    topic = NewTerm(topic="water", term=None, records=1, newest_on=None)
    many = tuple(NewTerm(topic="water", term=f"lake {n}", records=1) for n in range(7))
    assert "The term “lake” of Water is new: nothing in the archive has it yet." in text_of(
        watched(new_terms=(nothing,))
    )
    assert (
        "The topic “Water” is new to you: its terms are in 1 record of the archive. `pqwatch matches --topic water` "
        "lists them." in text_of(watched(new_terms=(topic,)))
    )
    text = text_of(watched(new_terms=many))
    assert "“lake 4”" in text
    assert "“lake 5”" not in text
    assert "And 2 more new terms: `pqwatch terms list` counts what each found." in text


def test_readers_of_other_topics_see_nothing() -> None:
    digest = a_digest(subscriber=a_subscriber(), new=(ITEM,))
    assert digest.watching == Watching()
    assert "Your watching" not in render(digest, due).html
