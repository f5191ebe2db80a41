"""Drafted letters: passages, the sentences around them, promises and references. All records are invented."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from monitor.errors import LetterError
from monitor.model.promises import FoundPromise, PromiseKind
from monitor.model.records import House, Kind, Member, Proceeding
from monitor.research.letters.drafting import MOST_RECORDS, Draft, DraftRequest, draft_letter
from monitor.research.letters.html import letter_html
from monitor.research.letters.layout import letter_blocks
from monitor.research.letters.markdown import letter_markdown
from monitor.research.letters.parts import draft_parts
from monitor.research.letters.passages import MOST
from monitor.research.quotations.styles import Style
from tests.builders import a_match, a_question

if TYPE_CHECKING:
    from collections.abc import Sequence

TODAY = date(2021, 6, 3)
PUBLISH = "We will publish our response in spring 2021."
WRITE = "I will write to the hon. Member with the figures."
FILLER = "Nothing is promised in this sentence of ten words, none. " * 15


def find(text: str, _made_on: date) -> Sequence[FoundPromise]:
    """Find the two promises of these tests."""
    found = []
    for sentence, act, kind, days in (
        (PUBLISH, "publish", PromiseKind.DATED, (date(2021, 3, 1), date(2021, 5, 31))),
        (WRITE, "write", PromiseKind.LETTER, (None, None)),
    ):
        at = text.find(sentence)
        if at >= 0:
            expression = sentence.partition(" will ")[1].strip()
            found.append(
                FoundPromise(
                    start=at,
                    end=at + len(sentence),
                    act=act,
                    expression=expression,
                    kind=kind,
                    due_from=days[0],
                    due_to=days[1],
                )
            )
    return sorted(found, key=lambda promise: promise.start)


def draft(*records: Proceeding, matches: Any = None, **asked: Any) -> Draft:
    given: dict[str, Any] = {"to": "The Minister", "written_on": TODAY}
    return draft_letter(records, DraftRequest(**(given | asked)), find, matches)


def lead(record: Proceeding, **asked: Any) -> str:
    return draft(record, **asked).passages[0].lead


THIS = "On 26 January 2021 Ada Example asked the Home Office this written question"
ASKED = "On 26 January 2021 Ada Example asked the Home Office a written question (Water: Sample Vale, UIN 140001)."


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, f"{ASKED} On 1 February 2021 Ben Placeholder answered:"),
        ({"corrected_on": date(2021, 2, 5)},
         (f"{ASKED} On 1 February 2021 Ben Placeholder answered, and on 5 February 2021 the answer was corrected. "
         "As corrected it says:")),
        ({"is_correction": True, "answered_by": None},
         f"{ASKED} It was answered, and the answer was corrected. As corrected it says:"),
        ({"is_holding": True},
         f"{ASKED} On 1 February 2021 Ben Placeholder gave a holding answer, which only says that the answer will follow:"),
        ({"is_withdrawn": True}, f"{ASKED} On 1 February 2021 Ben Placeholder answered (withdrawn since):"),
        ({"is_gone": True}, f"{ASKED} On 1 February 2021 Ben Placeholder answered (no longer published):"),
        ({"answered_by": None}, f"{ASKED} On 1 February 2021 it was answered:"),
        ({"answered_by": None, "is_holding": True}, (f"{ASKED} On 1 February 2021 the department gave a holding answer, "
         "which only says that the answer will follow:")),
        ({"answer": None}, (f"{THIS} "
         "(Water: Sample Vale, UIN 140001), which we have seen no answer to:")),
        ({"answer": None, "is_lapsed": True}, (f"{THIS} "
         "(Water: Sample Vale, UIN 140001), which lapsed without an answer:")),
        ({"answer": None, "is_withdrawn": True}, (f"{THIS} "
         "(Water: Sample Vale, UIN 140001), which was withdrawn:")),
        ({"heading": None, "uin": None, "asked_by": None, "tabled_on": None, "body": None},
         ("A member asked the Government a written question (what steps he is taking, answered 1 February 2021). "
         "On 1 February 2021 Ben Placeholder answered:")),
        ({"house": House.SCOTLAND, "uin": "S6O-1", "body": "Scottish Government"},
         ("On 26 January 2021 Ada Example asked the Scottish Government an oral question "
          "(Water: Sample Vale, S6O-1). On 1 February 2021 Ben Placeholder answered:")),
        ({"house": House.SCOTLAND, "uin": "S6O-1", "body": "Scottish Government", "answer": None, "answered_on": None},
         ("On 26 January 2021 Ada Example asked the Scottish Government this oral question "
          "(Water: Sample Vale, S6O-1), which we have seen no answer to:")),
    ],
)  # fmt: skip
def test_lead_says_who_asked_and_what_became_of_it(facts: dict[str, Any], said: str) -> None:
    assert lead(a_question(**({"body": "Home Office"} | facts))) == said


@pytest.mark.parametrize(
    ("to", "office", "said"),
    [
        ("The First Minister", "Minister of Umbrellas", "On 1 February 2021 the Minister of Umbrellas answered:"),
        (
            "The First Minister",
            "Cabinet Secretary for Rain",
            "On 1 February 2021 the Cabinet Secretary for Rain answered:",
        ),
        ("Ada Example", "First Minister", "On 1 February 2021 the First Minister answered:"),
        ("The First Minister", "First Minister", "On 1 February 2021 you answered:"),
    ],
)
def test_an_office_that_answered_has_its_article(to: str, office: str, said: str) -> None:
    asked = a_question(house=House.SENEDD, uin="WQ99101", answered_by=Member(name=office))
    assert lead(asked, to=to).endswith(f" {said}")


@pytest.mark.parametrize(
    ("houses", "told"),
    [
        ((House.LORDS, House.COMMONS), "Parliament has been told"),
        ((House.SCOTLAND,), "the Scottish Parliament has been told"),
        ((House.SENEDD, House.COMMONS), "the Senedd and Parliament have been told"),
    ],
)
def test_letter_names_the_legislatures_that_were_told(houses: tuple[House, ...], told: str) -> None:
    records = [a_question(uin=house.value, house=house, answer=f"There were {house}.") for house in houses]
    blocks = [block.text for block in letter_blocks(draft(*records))]
    assert f"I am writing on behalf of [your organisation] about what {told}." in blocks


def a_record(kind: Kind, **facts: Any) -> Proceeding:
    given: dict[str, Any] = {
        "id": f"{kind.value}-1",
        "source": "feeds",
        "kind": kind,
        "house": House.COMMONS,
        "heading": "Sample (Vale)",
        "text": "The works begin in May, and the beach stays open.",
        "made_on": date(2021, 2, 3),
        "made_by": Member(name="Ben Placeholder"),
        "body": "Home Office",
    }
    return Proceeding(**(given | facts))


@pytest.mark.parametrize(
    ("kind", "facts", "said"),
    [
        (Kind.STATEMENT, {"uin": "HCWS9"},
         "On 3 February 2021 Ben Placeholder made a written statement (Sample Vale, HCWS9), which says:"),
        (Kind.STATEMENT, {"made_by": None},
         "On 3 February 2021 the Home Office made a written statement (Sample Vale), which says:"),
        (Kind.SPEECH, {}, "On 3 February 2021 Ben Placeholder said in the House of Commons (Sample Vale):"),
        (Kind.SPEECH, {"made_by": None, "made_on": None}, "This was said in the House of Commons (Sample Vale):"),
        (Kind.NOTICE, {"body": "Sample Trust"}, "On 3 February 2021 Sample Trust published (Sample Vale):"),
        (Kind.NOTICE, {"body": None}, "On 3 February 2021 this was published (Sample Vale):"),
        (Kind.NOTICE, {"body": None, "url": "https://example.org/a"},
         "On 3 February 2021 example.org published (Sample Vale):"),
    ],
)  # fmt: skip
def test_lead_of_other_kinds(kind: Kind, facts: dict[str, Any], said: str) -> None:
    assert lead(a_record(kind, **facts)) == said


@pytest.mark.parametrize("to", ["Ben Placeholder MP", "The Rt Hon Ben Placeholder, Minister of State"])
def test_a_minister_who_answered_is_told_so(to: str) -> None:
    assert lead(a_question(), to=to).endswith("On 1 February 2021 you answered:")


@pytest.mark.parametrize("to", ["Ben Placeholder Jones MP", "Ada Ben, Placeholder House"])
def test_a_minister_whose_name_is_part_of_the_address_is_not_taken_for_the_reader(to: str) -> None:
    assert lead(a_question(), to=to).endswith("On 1 February 2021 Ben Placeholder answered:")


def test_a_peer_is_addressed_by_their_whole_title_alone() -> None:
    record = a_question(answered_by=Member(name="Baroness Sample"))
    assert lead(record, to="Baroness Sample, Home Office").endswith("you answered:")
    assert lead(record, to="Lord Sample").endswith("Baroness Sample answered:")
    assert lead(record, to="Minister of State").endswith("Baroness Sample answered:")


def test_short_answer_is_quoted_whole_with_its_promises_and_their_days() -> None:
    answer = f"This matters. {PUBLISH} {WRITE}"
    letter = draft(a_question(answer=answer))
    [passage] = letter.passages
    assert passage.quotation == answer
    assert passage.promise_lead == "In the answer of 1 February 2021 this was promised:"
    assert [promise.days for promise in passage.promises] == [
        "for the time from 1 March 2021 to 31 May 2021, which has passed",
        "with no day named, 122 days ago",
    ]
    text = letter_markdown(letter)
    assert (
        f"- \u201c{PUBLISH}\u201d [1] \u2013 for the time from 1 March 2021 to 31 May 2021, which has passed." in text
    )
    assert "by what day" not in text
    assert "on what day it will be done" in text


def test_what_a_correction_repeats_is_due_as_of_the_answer() -> None:
    made_on: list[date] = []

    def noted(text: str, day: date) -> Sequence[FoundPromise]:
        made_on.append(day)
        return find(text, day)

    facts: dict[str, Any] = {"corrected_on": date(2021, 5, 31), "original_answer": f"There were 10. {WRITE}"}
    record = a_question(answer=f"There were 12. {WRITE}", **facts)
    letter = draft_letter([record], DraftRequest(to="The Minister", written_on=TODAY), noted)
    [passage] = letter.passages
    assert date(2021, 2, 1) in made_on
    assert passage.promise_lead == "In the answer of 1 February 2021, as corrected on 31 May 2021, this was promised:"
    assert [promise.days for promise in passage.promises] == ["with no day named, 122 days ago"]


def test_promise_alone_is_quoted_once() -> None:
    text = letter_markdown(draft(a_question(answer=PUBLISH), written_on=date(2021, 4, 1)))
    assert text.count(PUBLISH) == 1
    assert "This was promised for the time from 1 March 2021 to 31 May 2021.\n" in text


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((date(2021, 7, 1), None), "for the time from 1 July 2021 on, with no last day named"),
        ((date(2021, 7, 1), date(2021, 7, 1)), "for 1 July 2021"),
        ((None, date(2021, 7, 1)), "by 1 July 2021"),
        ((None, None), "with no day named, 122 days ago"),
    ],
)
def test_days_of_promises(days: tuple[date | None, date | None], said: str) -> None:
    def one(text: str, _on: date) -> list[FoundPromise]:
        return [
            FoundPromise(
                start=0,
                end=len(text),
                act="act",
                expression="will",
                kind=PromiseKind.DATED,
                due_from=days[0],
                due_to=days[1],
            )
        ]

    letter = draft_letter([a_question()], DraftRequest(to="The Minister", written_on=TODAY), one)
    assert [promise.days for promise in letter.passages[0].promises] == [said]


def test_holding_answer_promises_nothing_but_itself() -> None:
    letter = draft(a_question(answer=WRITE, is_holding=True))
    assert letter.passages[0].promises == ()
    assert letter.warnings == ("UIN 140001 has a holding answer only: it says that the answer will follow.",)


def test_long_answer_is_quoted_by_its_promises() -> None:
    letter = draft(a_question(answer=f"{FILLER}{PUBLISH} {WRITE} {FILLER}\n\n{FILLER}{PUBLISH[:-1]} too."))
    assert [passage.quotation for passage in letter.passages] == [f"{PUBLISH} {WRITE}"]
    assert letter.passages[0].number == 1


def test_long_answer_without_promise_is_quoted_by_what_terms_found_else_by_its_beginning() -> None:
    answer = f"{FILLER}A bathing water was dirty. {FILLER}"
    record = a_question(answer=answer)
    found = {record.id: [a_match("bathing water", answer, part="answer"), a_match("Water", part="heading")]}
    assert [passage.quotation for passage in draft(record, matches=found).passages] == ["A bathing water was dirty."]
    [beginning] = draft(record).passages
    assert answer.startswith(beginning.quotation)
    assert 40 <= len(beginning.quotation.split()) <= 50


def test_promises_beyond_the_most_are_told_to_the_writer() -> None:
    sentences = [f"We will act for the {number}th time here." for number in range(MOST + 2)]
    answer = "\n\n".join([FILLER, *sentences])

    def many(text: str, _on: date) -> list[FoundPromise]:
        return [
            FoundPromise(
                start=(at := text.index(sentence)),
                end=at + len(sentence),
                act="act",
                expression="will",
                kind=PromiseKind.VAGUE,
            )
            for sentence in sentences
        ]

    letter = draft_letter([a_question(answer=answer)], DraftRequest(to="The Minister", written_on=TODAY), many)
    assert len(letter.passages) == MOST
    assert letter.passages[1].lead == "The answer of 1 February 2021 also says:"
    assert "has 2 more passages that may matter: name them with --quote." in letter.warnings[0]


def test_asked_passages_are_taken_from_the_record_that_has_them() -> None:
    first, second = a_question(), a_question(uin="140002", answer=f"{FILLER}{PUBLISH}")
    letter = draft(first, second, quotes=("We will publish ... response", "what steps he is taking"))
    assert [(passage.number, passage.quotation) for passage in letter.passages] == [
        (1, "what steps he is taking."),
        (2, "We will publish our response"),
    ]
    assert (
        "asked the Department for Environment, Food and Rural Affairs this written question" in letter.passages[0].lead
    )


@pytest.mark.parametrize(
    ("quote", "said"),
    [
        (
            "Steps are now being taken",
            "don't stand in UIN 140001, .* as they are given; nearest, in UIN 140001.*: Steps are",
        ),
        ("zebra", "don't stand in UIN 140001, answered 1 February 2021 as they are given$"),
        ("...", "can't be quoted: there is no word in it"),
    ],
)
def test_words_that_no_record_has(quote: str, said: str) -> None:
    with pytest.raises(LetterError, match=said):
        draft(a_question(), quotes=(quote,))


def test_same_answer_is_quoted_once_and_referred_to() -> None:
    letter = draft(a_question(), a_question(uin="140002"))
    assert [passage.quotation for passage in letter.passages] == ["Steps are being taken.", ""]
    assert letter.passages[1].lead.endswith(
        "(Water: Sample Vale, UIN 140002). On 1 February 2021 Ben Placeholder answered: "
        "the words that are quoted above from UIN 140001, answered 1 February 2021."
    )
    assert "answered 1 February 2021. [2]" in letter_markdown(letter)
    speech = draft(a_record(Kind.SPEECH), a_record(Kind.SPEECH, id="speech-2", heading="Another"))
    assert speech.passages[1].lead.endswith("they stand in HC Deb 3 February 2021, Another too.")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"is_withdrawn": True}, "UIN 140001 was withdrawn: say so, or leave it out."),
        ({"is_gone": True}, "UIN 140001 is no longer published: say so, or leave it out."),
        ({"answer": None, "is_lapsed": True}, "UIN 140001 lapsed without an answer when the session ended."),
        ({"answer": None}, "UIN 140001 has no answer in the archive: the question is quoted."),
        (
            {"corrected_on": date(2021, 2, 5)},
            "UIN 140001 was corrected on 5 February 2021: the corrected answer is quoted.",
        ),
    ],
)
def test_the_writer_is_told_what_to_know(facts: dict[str, Any], said: str) -> None:
    assert draft(a_question(**facts)).warnings == (said,)
    assert said not in letter_markdown(draft(a_question(**facts)))


@pytest.mark.parametrize(
    ("records", "asked", "said"),
    [
        (
            [a_question(uin=str(number)) for number in range(MOST_RECORDS + 1)],
            {},
            "at most 50 records, and these are 51",
        ),
        ([a_question()], {"style": Style.BIBTEX}, "one of the styles hansard, oscola, apa"),
        ([a_question(question=None, answer=None)], {}, "has no text to quote: leave it out"),
        ([a_question()], {"to": " "}, "there is no name to write to"),
        ([a_question()], {"copies": ("",)}, "there is no name to write to"),
    ],
)
def test_what_cannot_be_drafted(records: list[Proceeding], asked: dict[str, Any], said: str) -> None:
    with pytest.raises(LetterError, match=said):
        draft(*records, **asked)


def test_references_are_in_the_chosen_style() -> None:
    record = a_question(uin="34567", column="1366W", tabled_on=None, answered_on=date(2005, 2, 7), url=None)
    said = {style: draft(record, style=style).references[0].text for style in (Style.HANSARD, Style.OSCOLA, Style.APA)}
    assert said[Style.HANSARD].startswith("HC Deb 7 February 2005")
    assert said[Style.OSCOLA].endswith("col 1366W")
    assert said[Style.APA].startswith("Placeholder, B. (2005, February 7).")


def test_letter_has_address_subject_copies_and_places_to_fill_in() -> None:
    letter = draft(
        a_question(),
        a_question(uin="2", heading="A & <b>"),
        a_question(uin="3", heading="C"),
        a_question(uin="4", heading="D"),
        to="Ada Example MP, Minister for Water, 1 Sample Street",
        copies=("Sir Ben Placeholder, Home Office", "The Clerk"),
        dear="Dear Ada,",
    )
    text = letter_markdown(letter)
    assert "**[Your name]**\\\n" in text
    assert "\n\n3 June 2021\n\nAda Example MP\\\nMinister for Water\\\n1 Sample Street\n\nDear Ada,\n\n" in text
    assert "[Address of" not in text
    assert letter.subject == "Water: Sample Vale; A & <b>; C; and others"
    assert "Copies to:\\\nSir Ben Placeholder, Home Office\\\nThe Clerk\n\n## References\n\n1. UIN 140001" in text
    page = letter_html(letter)
    assert "A &amp; &lt;b&gt;" in page
    assert "<mark>[Your name]</mark>" in page
    assert "http" not in page.replace("https://questions-statements.parliament.uk", "")


def test_json_has_every_part() -> None:
    parts = draft_parts(draft(a_question(answer=PUBLISH), a_question(uin="140002", answer=PUBLISH)))
    assert list(parts) == [
        "schema", "to", "address", "salutation", "copies", "date", "subject", "style", "sender", "passages", "references",
        "warnings",
    ]  # fmt: skip
    first, second = parts["passages"]
    assert list(first) == list(second)
    assert first["quotation"] == PUBLISH
    assert (second["quotation"], second["part"], second["start"]) == (None, None, None)
    assert first["promises"] == [
        {
            "sentence": PUBLISH,
            "act": "publish",
            "expression": "will",
            "kind": "dated",
            "due_from": "2021-03-01",
            "due_to": "2021-05-31",
            "days": "for the time from 1 March 2021 to 31 May 2021, which has passed",
        }
    ]
    assert (first["record"], first["asked_by"], first["asked_on"]) == ("q-140001", "Ada Example", "2021-01-26")
