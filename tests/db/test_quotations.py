"""Checking quotations against an archive: what stands there, what was changed, what was corrected since, what is nowhere."""

from __future__ import annotations

import re
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

import db.passages
from db.archive import Archive
from db.engine import open_engine
from monitor.collect.revisions import store_readings
from monitor.model.letters import from_text
from monitor.model.records import State
from monitor.model.sources import Payload, Reading
from monitor.research.quotations import checking
from monitor.research.quotations.checking import Verdict, check
from tests.builders import ASKER, MINISTER, a_question
from tests.db.test_search import READ_AT, store
from tests.fakes import Clock
from tests.real_texts import full_texts
from tests.servers import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.model.records import Proceeding
    from monitor.research.quotations.checking import QuotationFinding

ANSWER = "The Unit has 45 officers, and the Home Office keeps their number under review. It has asked for more of them."
OTHER = "Nothing of the kind is planned for beaches, waters or tents in any part of the country at present."


def one(archive: Archive, letter: str) -> QuotationFinding:
    [found] = check(archive, from_text(letter))
    return found


def uin(finding: QuotationFinding) -> str | None:
    return finding.place.record.uin if finding.place else None


@pytest.fixture
def filled(archive: Archive) -> Archive:
    """Two records with the same answer, one of them corrected since, and another; the index has not taken in all."""
    store(archive, a_question(uin="1", answer=ANSWER, answered_on=date(2021, 1, 28)))
    store(
        archive, a_question(uin="2", answer=ANSWER, question="To ask what a tent costs.", answered_on=date(2021, 1, 27))
    )
    store(archive, a_question(uin="3", answer=OTHER))
    archive.index.follow()
    corrected = ANSWER.replace("45", "38")
    store(archive, a_question(uin="2", answer=corrected, answered_on=date(2021, 1, 27), corrected_on=date(2021, 1, 30)))
    return archive


def test_an_exact_one_is_given_where_it_stands_now_with_how_many_have_it(filled: Archive) -> None:
    found = one(filled, 'It says "the Unit has 45 officers, and the Home Office keeps their number under review".')
    assert (found.verdict, uin(found), found.records, found.is_more) == (Verdict.EXACT, "1", 2, False)
    place = found.place
    assert place is not None
    assert (place.part, place.number, place.said_by) == ("answer", 1, MINISTER)
    assert place.passage == ANSWER[:77]


def test_of_several_the_one_that_the_letter_names_is_given(filled: Archive) -> None:
    found = one(filled, '"[T]he Home Office keeps their number under review" (UIN 2, 1 January 2021)')
    assert (found.verdict, uin(found)) == (Verdict.EXACT, "2")
    assert found.attribution is not None
    assert found.attribution.agreed == ("2",)
    assert len(found.attribution.warnings) == 1


def test_one_that_was_corrected_since_is_given_as_it_was_and_as_it_is(filled: Archive) -> None:
    found = one(filled, '"The Unit has 45 officers, and the Home Office" (UIN 222, answered 27 January 2021)')
    assert (found.verdict, uin(found)) == (Verdict.CORRECTED, "2")
    assert found.place is not None
    assert found.now is not None
    assert (found.place.number, found.now.number) == (1, 2)
    assert found.now.passage == "The Unit has 38 officers, and the Home Office"
    assert [(change.record, change.letter) for change in found.now.comparison.changes] == [("38", "45")]


def test_what_was_first_answered_is_known_where_only_the_correction_was_seen(archive: Archive) -> None:
    now = a_question(answer=ANSWER.replace("45", "38"), original_answer=ANSWER, corrected_on=date(2021, 2, 3))
    store(archive, now)
    found = one(archive, '"The Unit has 45 officers, and the Home Office keeps their number under review."')
    assert (found.verdict, found.records) == (Verdict.CORRECTED, 1)
    assert found.place is not None
    assert (found.place.number, found.place.passage) == (None, ANSWER[:77])
    assert found.now is not None
    assert found.now.passage.startswith("The Unit has 38 officers")


def test_an_altered_one_says_at_which_words(filled: Archive) -> None:
    found = one(filled, '"The Unit had 54 officers ... It has asked for more of them" (UIN 1)')
    assert (found.verdict, uin(found)) == (Verdict.ALTERED, "1")
    assert found.place is not None
    assert [(change.record, change.letter) for change in found.place.comparison.changes] == [("has 45", "had 54")]
    assert found.attribution is not None
    assert found.attribution.agreed == ("1",)


def test_a_brief_one_with_another_word_in_its_middle_is_found(filled: Archive) -> None:
    found = one(filled, '"Nothing of the sort is planned"')
    assert (found.verdict, uin(found)) == (Verdict.ALTERED, "3")


def test_one_that_is_nowhere_comes_with_what_is_nearest(filled: Archive) -> None:
    found = one(
        filled, '"We will buy beaches, waters or tents for each town, village and school by the summer of next year"'
    )
    assert (found.verdict, uin(found), found.attribution) == (Verdict.NOT_FOUND, "3", None)
    assert found.place is not None
    assert found.place.comparison.likeness < 0.5
    nothing = one(filled, '"Quite unheard whispers flutter beyond"')
    assert (nothing.verdict, nothing.place) == (Verdict.NOT_FOUND, None)


def test_what_the_letter_names_is_compared_though_hardly_a_word_is_its_own(filled: Archive) -> None:
    found = one(filled, '"Quite unheard whispers of officers flutter beyond" (UIN 1, 28 January 2021)')
    assert (found.verdict, uin(found)) == (Verdict.NOT_FOUND, "1")


def test_short_ones_are_exact_or_not_checked(filled: Archive) -> None:
    assert one(filled, '"number under review"').verdict is Verdict.EXACT
    found = one(filled, '"under no review"')
    assert (found.verdict, found.place) == (Verdict.UNCHECKED, None)


def test_a_word_or_two_in_marks_quote_nobody_but_a_figure_is_checked(filled: Archive) -> None:
    assert check(filled, from_text("Some 'experts' call it \"under review\" and \u00abso called\u00bb.")) == []
    assert one(filled, '"54 officers"').verdict is Verdict.UNCHECKED
    assert one(filled, '"45 officers"').verdict is Verdict.EXACT


@pytest.mark.parametrize(
    ("said", "own"),
    [
        ("the Home Office (HO) keeps their number under review", ("(HO)", "")),
        ("(HO) keeps their number under review. It has asked for more", None),
        ("The (HO) keeps their number under review", ("(HO)", "Home Office")),
        ("and the (HO) keeps their number under review. It has", ("(HO)", "Home Office")),
        ("The Unit has 45 officers (in London)", None),
        ("The Unit (in London) has 45 officers, and", ("(in London)", "")),
    ],
)
def test_a_gloss_in_round_brackets_is_the_letters_own(filled: Archive, said: str, own: tuple[str, str] | None) -> None:
    found = one(filled, f'You wrote "{said}" (UIN 1).')
    assert (found.verdict, uin(found)) == (Verdict.GLOSSED, "1")
    assert found.place is not None
    assert found.place.comparison.own == ((own,) if own else ())


@pytest.mark.parametrize(
    "said",
    [
        "The Unit (not) has 45 officers, and the Home Office",
        "The Unit (with 90 officers) has 45 officers, and the Home",
    ],
)
def test_what_turns_it_round_or_has_a_figure_is_no_gloss(filled: Archive, said: str) -> None:
    assert one(filled, f'"{said}"').verdict is Verdict.ALTERED


def test_the_title_of_a_report_is_no_altered_quotation(filled: Archive) -> None:
    store(filled, a_question(uin="9", answer="The Tackling Child Sexual Abuse Strategy of 2021 is being carried out."))
    titles = (
        'The "Tackling Child Sexual Exploitation and Abuse Strategy" came out.',
        'In your report "Keeping officers under review in the Home Office" it says so.',
        '"The Unit and the Home Office and their officers", the annual report, says so.',
        'As set out in "Keeping the number of officers under review", it is so.',
    )
    assert [one(filled, title).verdict for title in titles] == [Verdict.TITLE] * 4
    quotations = (
        '"The Unit has 54 officers, and the Home Office", the report said.',
        'The report says "The Unit has 54 officers, and the Home Office".',
        'Your report "The Unit has 54 officers, and the Home Office keeps".',
        'It says so in "The Unit has 54 officers, and the Home Office keeps".',
        'We read of "the Home Office keeping their number under review".',
    )
    assert [one(filled, said).verdict for said in quotations] == [Verdict.ALTERED] * 5
    assert one(filled, '"Tackling Child Sexual Abuse Strategy" is its name.').verdict is Verdict.EXACT
    assert (
        one(filled, '"Tackling Child Abuse Strategy of 2021 Is Being Carried Out" (UIN 9)').verdict is Verdict.ALTERED
    )


def test_words_claimed_for_another_record_are_warned_of(filled: Archive) -> None:
    found = one(
        filled, 'Ada Example asked, and Mr. Smith said "the Unit has 45 officers, and the Home Office" (UIN 3).'
    )
    assert found.attribution is not None
    number, speaker = found.attribution.warnings
    assert number == "The letter names 3; this is 1; 3 is another record, UIN 3, answered 1 February 2021."
    assert speaker.startswith("The letter names Mr. Smith; this was answered by Ben Placeholder")


def test_a_named_record_is_found_among_thousands_with_the_same_words(
    filled: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(filled, *(a_question(uin=f"1{number}", answer=ANSWER) for number in range(8)))
    filled.index.follow()
    monkeypatch.setattr(checking, "LOOKED_AT", 2)
    monkeypatch.setattr(checking, "MANY", 3)
    found = one(filled, '"keeps their number under review" (UIN 17)')
    assert (found.verdict, uin(found)) == (Verdict.EXACT, "17")
    assert found.attribution is not None
    assert found.attribution.warnings == ()


def test_words_of_a_question_are_the_askers(filled: Archive) -> None:
    found = one(filled, '"what a tent costs"')
    assert found.place is not None
    assert (found.place.part, found.place.said_by) == ("question", ASKER)


def test_what_the_index_has_not_taken_in_is_read_through_once_a_step_for_all_quotations(
    filled: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a backfill writes that is much: read for each altered quotation it took minutes."""
    asked: list[int] = []
    look = db.passages._not_indexed

    def count(archive: Any, indexed_to: Any, needs: Any, *others: Any) -> Any:
        asked.append(len(needs))
        return look(archive, indexed_to, needs, *others)

    monkeypatch.setattr(db.passages, "_not_indexed", count)
    letter = from_text(
        "\n\n".join(f'"The Unit has {number} officers, and the Office" was said.' for number in range(50, 90))
    )
    found = check(filled, letter)
    assert {one.verdict for one in found} == {Verdict.ALTERED}
    assert len(found) == 40
    assert len(asked) == 3


def test_marks_alone_are_not_looked_for(archive: Archive) -> None:
    assert one(archive, 'It costs "\u00a3 % \u20ac".').verdict is Verdict.UNCHECKED


def test_of_words_that_stand_everywhere_some_are_looked_at_and_the_others_counted(
    filled: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(filled, *(a_question(uin=f"1{number}", answer=ANSWER) for number in range(6)))
    filled.index.follow()
    monkeypatch.setattr(checking, "LOOKED_AT", 2)
    monkeypatch.setattr(checking, "MANY", 5)
    found = one(filled, '"keeps their number under review"')
    assert (found.verdict, found.records, found.is_more) == (Verdict.EXACT, 4, True)  # one has two revisions with them


def test_a_second_source_that_prints_other_words_is_named(archive: Archive) -> None:
    store(archive, a_question(source="questions", answer=ANSWER))
    theirs = a_question(source="theyworkforyou", answer=ANSWER.replace("keeps", "holds"))
    _store_as(archive, theirs)
    archive.index.follow()
    found = one(archive, '"the Home Office holds their number under review"')
    assert found.verdict is Verdict.EXACT
    assert found.notes == ("So TheyWorkForYou has it; questions-statements.parliament.uk has other words.",)


def _store_as(archive: Archive, proceeding: Proceeding) -> None:
    payload = Payload(source=proceeding.source, key=proceeding.id, url="", fetched_at=READ_AT, body=b"theirs")
    store_readings(
        archive,
        [Reading(payload=payload, proceeding=proceeding)],
        today=date(2021, 2, 3),
        is_news=lambda _before, _after, _events: False,
    )


def test_what_was_withdrawn_says_so(archive: Archive) -> None:
    store(archive, a_question(answer=ANSWER))
    store(archive, a_question(question=None, answer=None, answered_on=date(2021, 2, 1), is_withdrawn=True))
    found = one(archive, '"the Home Office keeps their number under review"')
    assert (found.verdict, found.now, found.notes) == (Verdict.CORRECTED, None, ("It was withdrawn.",))
    assert found.place is not None
    assert found.place.record.state is State.WITHDRAWN


# -- texts of nobody of ours ------------------------------------------------------------------------------------------

QUOTED = 40


@pytest.fixture(scope="module")
def recorded(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Archive, list[str]]]:
    """An archive of recorded answers, each of which is there once, and these."""
    url = f"sqlite:///{tmp_path_factory.mktemp('recorded') / 'archive.db'}"
    migrate(url)
    texts: dict[str, None] = {}
    for record in full_texts(shared_data):
        answer = record.parts.get("answer", "")
        if len(answer.split()) > 60 and answer not in texts:
            texts[answer] = None
        if len(texts) == 300:
            break
    archive = Archive(open_engine(url), clock=Clock())
    store(archive, *(a_question(uin=str(140001 + number), answer=text) for number, text in enumerate(texts)))
    archive.index.follow()
    yield archive, list(texts)
    archive.close()


def spans(texts: list[str], chance: Random, least: int) -> Iterator[str]:
    """Spans of words out of these texts, without what a letter would take for its own."""
    while True:
        words = chance.choice(texts).split()
        size = chance.randint(least, 40)
        start = chance.randrange(max(len(words) - size, 1))
        span = " ".join(words[start : start + size])
        if not re.search(r"[\"\u201c\u201d\[\]\u2026]|\.\.|[\s(]['\u2018]|\u2019\s|'\s", f" {span} "):
            yield span


def test_spans_of_recorded_answers_stand_there(recorded: tuple[Archive, list[str]]) -> None:
    archive, texts = recorded
    some = spans(texts, Random(6), 6)  # noqa: S311 (the same each time)
    letter = "\n\n".join(f'You said "{next(some)}".' for _ in range(QUOTED))
    found = check(archive, from_text(letter))
    assert [one.quotation.text for one in found if one.verdict is not Verdict.EXACT] == []
    assert len(found) == QUOTED


def changed(span: str, chance: Random) -> str:
    """The span with a word dropped, two exchanged, or a figure or word changed; now and then with two of these."""
    words = span.split()
    for _ in range(1 + (len(words) > 20 and chance.random() < 0.4)):
        place = chance.randrange(2, len(words) - 3)
        way = chance.choice(("drop", "exchange", "change"))
        if way == "drop":
            del words[place]
        elif way == "exchange" and words[place].casefold() != words[place + 1].casefold():
            words[place : place + 2] = words[place + 1], words[place]
        else:
            words[place] = "1947" if words[place].isdigit() else "zebras"
    return " ".join(words)


def test_changed_spans_are_altered_at_their_words(recorded: tuple[Archive, list[str]]) -> None:
    archive, texts = recorded
    chance = Random(7)  # noqa: S311 (the same each time)
    some = spans(texts, chance, 10)
    pairs = [(span, changed(span, chance)) for span in (next(some) for _ in range(QUOTED))]
    found = check(archive, from_text("\n\n".join(f'You said "{quoted}".' for _, quoted in pairs)))
    altered = [one for one in found if one.verdict is Verdict.ALTERED]
    # A word that is dropped before the same word, or a span that stands elsewhere too, is no change.
    assert len(altered) >= QUOTED - 2
    for (span, _), one in zip(pairs, found, strict=True):
        assert one.verdict in (Verdict.ALTERED, Verdict.EXACT)
        assert one.place is not None
        words, origin = set(span.casefold().split()), " ".join(one.place.passage.casefold().split())
        assert len(words & set(origin.split())) >= len(words) * 0.8, (span, origin)
        assert (
            sum(len(change.letter.split()) + len(change.record.split()) for change in one.place.comparison.changes)
            <= 14
        )


def test_words_put_together_by_chance_are_not_found(recorded: tuple[Archive, list[str]]) -> None:
    archive, texts = recorded
    chance = Random(8)  # noqa: S311 (the same each time)
    pool = [word for text in texts[:100] for word in re.findall(r"[a-z]+", text)]
    letter = "\n\n".join(f'You said "{" ".join(chance.sample(pool, 25))}".' for _ in range(10))
    assert {one.verdict for one in check(archive, from_text(letter))} == {Verdict.NOT_FOUND}
