"""Quotations checked against an archive: exact, altered, corrected since, or not found."""

from __future__ import annotations

import re
from datetime import date
from itertools import chain, repeat
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
from monitor.research.quotations.checking import check
from monitor.research.quotations.outcomes import Verdict
from tests.archive_kit import READ_AT, store
from tests.builders import ASKER, MINISTER, a_question
from tests.fakes import Clock
from tests.real_texts import full_texts
from tests.servers import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.model.records import Proceeding
    from monitor.research.quotations.outcomes import QuotationFinding

ANSWER = "The Unit has 45 officers, and the Home Office keeps their number under review. It has asked for more of them."
OTHER = "Nothing of the kind is planned for beaches, waters or tents in any part of the country at present."


def only_finding(archive: Archive, letter: str) -> QuotationFinding:
    [found] = check(archive, from_text(letter))
    return found


def uin(finding: QuotationFinding) -> str | None:
    return finding.place.record.uin if finding.place else None


@pytest.fixture
def filled(archive: Archive) -> Archive:
    """Fill an archive with two records of one answer, one of them corrected later, and a third. Some are not indexed."""
    store(archive, a_question(uin="1", answer=ANSWER, answered_on=date(2021, 1, 28)))
    store(
        archive, a_question(uin="2", answer=ANSWER, question="To ask what a tent costs.", answered_on=date(2021, 1, 27))
    )
    store(archive, a_question(uin="3", answer=OTHER))
    archive.index.follow()
    corrected = ANSWER.replace("45", "38")
    store(archive, a_question(uin="2", answer=corrected, answered_on=date(2021, 1, 27), corrected_on=date(2021, 1, 30)))
    return archive


def test_an_exact_quotation_has_its_place_and_the_number_of_records_with_it(filled: Archive) -> None:
    found = only_finding(
        filled, 'It says "the Unit has 45 officers, and the Home Office keeps their number under review".'
    )
    assert (found.verdict, uin(found), found.records, found.is_more) == (Verdict.EXACT, "1", 2, False)
    place = found.place
    assert place is not None
    assert (place.part, place.number, place.said_by) == ("answer", 1, MINISTER)
    assert place.passage == ANSWER[:77]


def test_the_record_that_the_letter_names_is_preferred(filled: Archive) -> None:
    found = only_finding(filled, '"[T]he Home Office keeps their number under review" (UIN 2, 1 January 2021)')
    assert (found.verdict, uin(found)) == (Verdict.EXACT, "2")
    assert found.attribution is not None
    assert found.attribution.agreed == ("2",)
    assert len(found.attribution.warnings) == 1


def test_a_quotation_corrected_since_has_its_old_and_new_words(filled: Archive) -> None:
    found = only_finding(filled, '"The Unit has 45 officers, and the Home Office" (UIN 222, answered 27 January 2021)')
    assert (found.verdict, uin(found)) == (Verdict.CORRECTED, "2")
    assert found.place is not None
    assert found.now is not None
    assert (found.place.number, found.now.number) == (1, 2)
    assert found.now.passage == "The Unit has 38 officers, and the Home Office"
    assert [(change.record, change.letter) for change in found.now.comparison.changes] == [("38", "45")]


@pytest.mark.parametrize(("rest", "until"), [("", "third quarter of next year"), (" with all its staff", "third")])
def test_new_words_reach_to_the_end_of_the_sentence_where_the_old_ones_did(
    archive: Archive, rest: str, until: str
) -> None:
    quoted = "The Unit will move to its new place in the spring"
    before = f"{quoted}{rest}. Its name will stay."
    now = before.replace("spring", "third quarter of next year")
    store(archive, a_question(answer=now, original_answer=before, corrected_on=date(2021, 2, 3)))
    found = only_finding(archive, f'"{quoted}"').now
    assert found is not None
    assert found.passage == quoted.replace("spring", until)


def test_the_first_answer_is_found_if_only_the_correction_was_stored(archive: Archive) -> None:
    now = a_question(answer=ANSWER.replace("45", "38"), original_answer=ANSWER, corrected_on=date(2021, 2, 3))
    store(archive, now)
    found = only_finding(archive, '"The Unit has 45 officers, and the Home Office keeps their number under review."')
    assert (found.verdict, found.records) == (Verdict.CORRECTED, 1)
    assert found.place is not None
    assert (found.place.number, found.place.passage) == (None, ANSWER[:77])
    assert found.now is not None
    assert found.now.passage.startswith("The Unit has 38 officers")


def test_an_altered_quotation_names_the_changed_words(filled: Archive) -> None:
    found = only_finding(filled, '"The Unit had 54 officers ... It has asked for more of them" (UIN 1)')
    assert (found.verdict, uin(found)) == (Verdict.ALTERED, "1")
    assert found.place is not None
    assert [(change.record, change.letter) for change in found.place.comparison.changes] == [("has 45", "had 54")]
    assert found.attribution is not None
    assert found.attribution.agreed == ("1",)


def test_a_short_quotation_with_a_changed_word_in_the_middle_is_found(filled: Archive) -> None:
    found = only_finding(filled, '"Nothing of the sort is planned"')
    assert (found.verdict, uin(found)) == (Verdict.ALTERED, "3")


def test_a_quotation_that_is_not_found_has_the_nearest_passage(filled: Archive) -> None:
    found = only_finding(
        filled, '"We will buy beaches, waters or tents for each town, village and school by the summer of next year"'
    )
    assert (found.verdict, uin(found), found.attribution) == (Verdict.NOT_FOUND, "3", None)
    assert found.place is not None
    assert found.place.comparison.likeness < 0.5
    nothing = only_finding(filled, '"Quite unheard whispers flutter beyond"')
    assert (nothing.verdict, nothing.place) == (Verdict.NOT_FOUND, None)


def test_the_named_record_is_compared_even_if_few_words_agree(filled: Archive) -> None:
    found = only_finding(filled, '"Quite unheard whispers of officers flutter beyond" (UIN 1, 28 January 2021)')
    assert (found.verdict, uin(found)) == (Verdict.NOT_FOUND, "1")


def test_very_short_quotations_are_exact_or_not_checked(filled: Archive) -> None:
    assert only_finding(filled, '"number under review"').verdict is Verdict.EXACT
    found = only_finding(filled, '"under no review"')
    assert (found.verdict, found.place) == (Verdict.UNCHECKED, None)


def test_a_word_or_two_in_quotation_marks_is_checked_only_if_it_has_a_figure(filled: Archive) -> None:
    assert check(filled, from_text("Some 'experts' call it \"under review\" and \u00abso called\u00bb.")) == []
    assert only_finding(filled, '"54 officers"').verdict is Verdict.UNCHECKED
    assert only_finding(filled, '"45 officers"').verdict is Verdict.EXACT


@pytest.mark.parametrize(
    ("quoted", "own"),
    [
        ("the Home Office (HO) keeps their number under review", ("(HO)", "")),
        ("(HO) keeps their number under review. It has asked for more", None),
        ("The (HO) keeps their number under review", ("(HO)", "Home Office")),
        ("and the (HO) keeps their number under review. It has", ("(HO)", "Home Office")),
        ("The Unit has 45 officers (in London)", None),
        ("The Unit (in London) has 45 officers, and", ("(in London)", "")),
    ],
)
def test_a_gloss_in_round_brackets_is_the_letters_own(
    filled: Archive, quoted: str, own: tuple[str, str] | None
) -> None:
    found = only_finding(filled, f'You wrote "{quoted}" (UIN 1).')
    assert (found.verdict, uin(found)) == (Verdict.GLOSSED, "1")
    assert found.place is not None
    assert found.place.comparison.own == ((own,) if own else ())


@pytest.mark.parametrize(
    "quoted",
    [
        "The Unit (not) has 45 officers, and the Home Office",
        "The Unit (with 90 officers) has 45 officers, and the Home",
    ],
)
def test_brackets_that_negate_or_have_a_figure_are_no_gloss(filled: Archive, quoted: str) -> None:
    assert only_finding(filled, f'"{quoted}"').verdict is Verdict.ALTERED


FIRST, SECOND = ANSWER.split(". ", 1)
GLOSSED = FIRST.replace("the Home Office", "the Home Office (in London)")


@pytest.mark.parametrize(
    ("paragraphs", "expected"),
    [
        ([f"{FIRST}.", SECOND], [Verdict.EXACT]),
        ([f"{FIRST}.", SECOND.replace("asked", "begged")], [Verdict.ALTERED]),
        ([f"{GLOSSED}.", SECOND.replace("asked", "begged")], [Verdict.ALTERED]),
        ([f"{FIRST}.", "It was ever so.", SECOND], [Verdict.ALTERED]),
        ([f"{FIRST}.", SECOND, OTHER], [Verdict.EXACT, Verdict.EXACT]),
        ([f"{FIRST}. (UIN 1)", OTHER], [Verdict.EXACT, Verdict.EXACT]),
        ([f"{FIRST}. (UIN 1)", f"{SECOND} (UIN 1)"], [Verdict.EXACT, Verdict.EXACT]),
        ([ANSWER, OTHER.replace("beaches, waters", "pools")], [Verdict.EXACT, Verdict.ALTERED]),
        ([f"{FIRST}.", OTHER, SECOND], [Verdict.EXACT, Verdict.EXACT, Verdict.EXACT]),
        ([f"{FIRST}.", "Quite unheard whispers flutter beyond."], [Verdict.ALTERED]),
        (["Quite unheard whispers flutter beyond.", "Others quiver silently therein forever."], [Verdict.NOT_FOUND]),
    ],
)
def test_paragraphs_set_as_one_quotation_may_be_several(
    filled: Archive, paragraphs: list[str], expected: list[Verdict]
) -> None:
    findings = check(filled, from_text("> " + "\n>\n> ".join(paragraphs)))
    assert [finding.verdict for finding in findings] == expected
    assert not any(finding.attribution.warnings for finding in findings if finding.attribution)


def test_a_source_that_the_record_has_divides_no_quotation(archive: Archive) -> None:
    answer = "I refer the Member to the answer given before (Official Report, column 5).\n\nNothing has changed since."
    store(archive, a_question(uin="1", answer=answer))
    quoted = (
        "> I refer the Member to the answer given before (Official Report, column 5).\n>\n> Nothing is changed since."
    )
    assert [finding.verdict for finding in check(archive, from_text(quoted))] == [Verdict.ALTERED]


def test_a_quotation_stays_whole_if_time_is_over_before_its_parts_are_checked(filled: Archive) -> None:
    is_over = chain([False], repeat(True))
    [found] = check(filled, from_text(f"> {FIRST}.\n>\n> {OTHER}"), is_over=lambda: next(is_over))
    assert found.verdict is Verdict.ALTERED


def test_the_title_of_a_report_is_no_altered_quotation(filled: Archive) -> None:
    store(filled, a_question(uin="9", answer="The Tackling Child Sexual Abuse Strategy of 2021 is being carried out."))
    titles = (
        'The "Tackling Child Sexual Exploitation and Abuse Strategy" came out.',
        'In your report "Keeping officers under review in the Home Office" it says so.',
        '"The Unit and the Home Office and their officers", the annual report, says so.',
        'As set out in "Keeping the number of officers under review", it is so.',
    )
    assert [only_finding(filled, title).verdict for title in titles] == [Verdict.TITLE] * 4
    quotations = (
        '"The Unit has 54 officers, and the Home Office", the report said.',
        'The report says "The Unit has 54 officers, and the Home Office".',
        'Your report "The Unit has 54 officers, and the Home Office keeps".',
        'It says so in "The Unit has 54 officers, and the Home Office keeps".',
        'We read of "the Home Office keeping their number under review".',
    )
    assert [only_finding(filled, quoted).verdict for quoted in quotations] == [Verdict.ALTERED] * 5
    assert only_finding(filled, '"Tackling Child Sexual Abuse Strategy" is its name.').verdict is Verdict.EXACT
    assert (
        only_finding(filled, '"Tackling Child Abuse Strategy of 2021 Is Being Carried Out" (UIN 9)').verdict
        is Verdict.ALTERED
    )


def test_a_quotation_attributed_to_another_record_has_warnings(filled: Archive) -> None:
    found = only_finding(
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
    found = only_finding(filled, '"keeps their number under review" (UIN 17)')
    assert (found.verdict, uin(found)) == (Verdict.EXACT, "17")
    assert found.attribution is not None
    assert found.attribution.warnings == ()


def test_words_of_a_question_are_attributed_to_its_asker(filled: Archive) -> None:
    found = only_finding(filled, '"what a tent costs"')
    assert found.place is not None
    assert (found.place.part, found.place.said_by) == ("question", ASKER)


def test_revisions_not_indexed_yet_are_read_once_per_step_for_all_quotations(
    filled: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """During a backfill these are many: reading them for each altered quotation took minutes."""
    numbers: list[int] = []
    look = db.passages._not_indexed

    def count(archive: Any, indexed_to: Any, needs: Any, *others: Any) -> Any:
        numbers.append(len(needs))
        return look(archive, indexed_to, needs, *others)

    monkeypatch.setattr(db.passages, "_not_indexed", count)
    letter = from_text(
        "\n\n".join(f'"The Unit has {number} officers, and the Office" was said.' for number in range(50, 90))
    )
    found = check(filled, letter)
    assert {finding.verdict for finding in found} == {Verdict.ALTERED}
    assert len(found) == 40
    assert len(numbers) == 3


def test_a_quotation_of_symbols_alone_is_not_checked(archive: Archive) -> None:
    assert only_finding(archive, 'It costs "\u00a3 % \u20ac".').verdict is Verdict.UNCHECKED


def test_very_common_words_are_compared_in_some_records_and_counted_in_the_others(
    filled: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(filled, *(a_question(uin=f"1{number}", answer=ANSWER) for number in range(6)))
    filled.index.follow()
    monkeypatch.setattr(checking, "LOOKED_AT", 2)
    monkeypatch.setattr(checking, "MANY", 5)
    found = only_finding(filled, '"keeps their number under review"')
    assert (found.verdict, found.records, found.is_more) == (
        Verdict.EXACT,
        4,
        True,
    )  # one record has two revisions with these words


def test_a_second_source_with_other_words_is_named(archive: Archive) -> None:
    store(archive, a_question(source="questions", answer=ANSWER))
    theirs = a_question(source="theyworkforyou", answer=ANSWER.replace("keeps", "holds"))
    _store_as(archive, theirs)
    archive.index.follow()
    found = only_finding(archive, '"the Home Office holds their number under review"')
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


def test_a_quotation_of_a_withdrawn_record_says_so(archive: Archive) -> None:
    store(archive, a_question(answer=ANSWER))
    store(archive, a_question(question=None, answer=None, answered_on=date(2021, 2, 1), is_withdrawn=True))
    found = only_finding(archive, '"the Home Office keeps their number under review"')
    assert (found.verdict, found.now, found.notes) == (Verdict.CORRECTED, None, ("It was withdrawn.",))
    assert found.place is not None
    assert found.place.record.state is State.WITHDRAWN


# -- recorded texts ---------------------------------------------------------------------------------------------------

QUOTED = 40


@pytest.fixture(scope="module")
def recorded(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Archive, list[str]]]:
    """Make an archive of different recorded answers. Yield it and the answers."""
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
    """Yield spans of words from these texts, without signs that would end or split a quotation."""
    while True:
        words = chance.choice(texts).split()
        size = chance.randint(least, 40)
        start = chance.randrange(max(len(words) - size, 1))
        span = " ".join(words[start : start + size])
        if not re.search(r"[\"\u201c\u201d\[\]\u2026]|\.\.|[\s(]['\u2018]|\u2019\s|'\s", f" {span} "):
            yield span


def test_spans_of_recorded_answers_are_exact(recorded: tuple[Archive, list[str]]) -> None:
    archive, texts = recorded
    candidates = spans(texts, Random(6), 6)  # noqa: S311 (the same each time)
    letter = "\n\n".join(f'You said "{next(candidates)}".' for _ in range(QUOTED))
    found = check(archive, from_text(letter))
    assert [finding.quotation.text for finding in found if finding.verdict is not Verdict.EXACT] == []
    assert len(found) == QUOTED


def changed(span: str, chance: Random) -> str:
    """Change a span: drop a word, exchange two, or replace a word or figure; sometimes two of these."""
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
    candidates = spans(texts, chance, 10)
    pairs = [(span, changed(span, chance)) for span in (next(candidates) for _ in range(QUOTED))]
    found = check(archive, from_text("\n\n".join(f'You said "{quoted}".' for _, quoted in pairs)))
    altered = [finding for finding in found if finding.verdict is Verdict.ALTERED]
    # Dropping one of two equal words can go unnoticed, and the changed words may be exact in another answer.
    assert len(altered) >= QUOTED - 2
    for (span, _), finding in zip(pairs, found, strict=True):
        assert finding.verdict in (Verdict.ALTERED, Verdict.EXACT)
        assert finding.place is not None
        words, origin = set(span.casefold().split()), " ".join(finding.place.passage.casefold().split())
        assert len(words & set(origin.split())) >= len(words) * 0.8, (span, origin)
        assert (
            sum(len(change.letter.split()) + len(change.record.split()) for change in finding.place.comparison.changes)
            <= 14
        )


def test_words_put_together_by_chance_are_not_found(recorded: tuple[Archive, list[str]]) -> None:
    archive, texts = recorded
    chance = Random(8)  # noqa: S311 (the same each time)
    pool = [word for text in texts[:100] for word in re.findall(r"[a-z]+", text)]
    letter = "\n\n".join(f'You said "{" ".join(chance.sample(pool, 25))}".' for _ in range(10))
    assert {finding.verdict for finding in check(archive, from_text(letter))} == {Verdict.NOT_FOUND}
