"""Answers of each tool: the values of the commands, and what every text is known by."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from db.search import Search
from monitor import app
from monitor.mcp import answers, calls
from monitor.mcp.fields import OWN, RECORD
from monitor.operations import not_read
from tests.archive_kit import store
from tests.assistants.kit import NOW, RefusedError, assistant, note_window
from tests.builders import a_question

if TYPE_CHECKING:
    from tests.assistants.kit import Assistant
    from tests.unit.cli_kit import Desk


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW)


def printed(desk: Desk, *words: str) -> Any:
    """Return what a command prints with --json."""
    return json.loads(desk.run(*words, "--json").stdout)


def flat(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item as the record that a command prints: the words of others among its own."""
    return {
        **item["quoted"],
        **{name: value for name, value in item.items() if name not in ("quoted", "revision", "cut")},
    }


def without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [without_nulls(part) for part in value]
    if isinstance(value, dict):
        return {name: without_nulls(part) for name, part in value.items() if part is not None}
    return value


# -- search -------------------------------------------------------------------------------------------------------------


def test_a_search_finds_what_the_command_finds(shared: Assistant, shared_desk: Desk) -> None:
    fields = [
        name
        for name in RECORD
        if name not in ("answer", "first_seen_at", "matches", "question", "links", "attachments")
    ]
    found = shared.ask("search", query="bathing water OR flood*", house=["commons"], fields=fields)
    records = printed(shared_desk, "search", "bathing water OR flood*", "--house", "commons")
    assert len(records) > 2
    clean_ones = [record for record in records if record["uin"] != "140010"]  # its control characters are left out
    for record, item in zip(records, found["items"], strict=True):
        assert item["id"] == record["id"]
        if record in clean_ones:
            wanted = {name: record[name] for name in ("id", "reference", "url", *fields)}
            assert without_nulls(flat(item)) == without_nulls(wanted)


def test_every_field_of_a_record_is_known(shared: Assistant, shared_desk: Desk) -> None:
    [record] = printed(shared_desk, "search", "140002")
    assert set(RECORD) == set(record) - {"schema", "id", "reference", "url"}
    [item] = shared.ask("search", query="140002", fields=list(RECORD))["items"]
    assert without_nulls(flat(item)) == without_nulls({name: record[name] for name in record if name != "schema"})


def test_what_is_found_is_shown_in_its_sentence(shared: Assistant) -> None:
    found = shared.ask("search", query="bathing water", limit=1)
    [item] = found["items"]
    [excerpt] = item["quoted"]["excerpt"]
    assert excerpt.startswith("Answer: [...] No bathing waters were clean. Nothing to see")
    assert excerpt.endswith("[...]")
    assert found["notes"] == ["1 more than these."]
    assert set(item) >= {"id", "reference", "url", "revision", "kind", "house", "state", "date"}
    assert "answer" not in item["quoted"]


def test_pages_follow_each_other(shared: Assistant) -> None:
    whole = [item["id"] for item in shared.ask("search", limit=50)["items"]]
    place, seen = "", list[str]()
    while place is not None:
        page = shared.ask("search", limit=3, after=place)
        seen += [item["id"] for item in page["items"]]
        place = page["next"]
    assert seen == whole
    assert len(whole) > 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"query": "bathing AND"}, "AND has nothing after it"),
        ({"since": "someday"}, "From: someday is no day. Write 2024-11-26, today, yesterday or 30d."),
        ({"since": "2021-02-02", "until": "2021-02-01"}, "From 2021-02-02 is after to 2021-02-01: exchange them."),
        ({"topic": "Watr"}, "There is no topic Watr. Did you mean Water?"),
        ({"label": ["odd"]}, "There is no label odd."),
        ({"after": "nowhere"}, "Nowhere is no place in this list: begin with its first page."),
        ({"limit": 51}, "`limit`: input should be less than or equal to 50."),
        ({"house": ["moon"]}, "`house.0`: input should be 'commons', 'lords'"),
        ({"fields": ["answr"]}, "There is no field answr. There are: answer,"),
    ],
)
def test_a_value_that_cant_be_used_is_told_in_a_sentence(
    shared: Assistant, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        shared.ask("search", **arguments)
    assert said in str(refused.value)


def test_a_query_that_cant_be_read_is_told_as_the_command_line_tells_it(shared: Assistant, shared_desk: Desk) -> None:
    command = shared_desk.run("search", "bathing AND")
    with pytest.raises(RefusedError) as refused:
        shared.ask("search", query="bathing AND")
    assert str(refused.value) in command.stderr


def test_nothing_found_is_explained(shared: Assistant) -> None:
    found = shared.ask("search", query="clean bathing waters of Sample Vale")
    assert found["items"] == []
    assert found["next"] is None
    assert found["notes"]


def test_a_name_is_explained(shared: Assistant) -> None:
    notes = shared.ask("search", query="Placeholder")["notes"]
    assert notes[1] == "It is part of names, which a search for words does not cover."
    assert notes[2].startswith("As minister, Placeholder finds ")


def test_filters_that_find_nothing_are_explained(shared: Assistant) -> None:
    assert shared.ask("search", query="bathing water", house=["lords"])["notes"][1] == "Without houses finds 2 records."


def test_a_number_may_have_been_a_figure(shared: Assistant) -> None:
    assert "put it in quotes" in shared.ask("search", query="140002")["notes"][0]


@pytest.mark.parametrize(
    ("party", "other", "note"),
    [
        ("Labour", "Social Labour", "Social Labour, because the word is in the name. For Labour alone: Lab."),
        ("Sample", "The Sample", "The Sample, because the word is in the name."),
    ],
)
def test_another_party_with_the_word_in_its_name_is_told(
    shared: Assistant, monkeypatch: pytest.MonkeyPatch, party: str, other: str, note: str
) -> None:
    monkeypatch.setattr(Search, "names", lambda _search, _name: [party, other])
    assert f"Party {party} also finds {note}" in shared.ask("search", party=party)["notes"]


def test_a_search_that_takes_too_long_says_so(shared: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "time_limit", lambda _seconds: lambda: True)
    with pytest.raises(RefusedError, match="This search takes too long"):
        shared.ask("search", query="water OR nothing")


def test_what_was_found_in_time_is_given(shared: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "time_limit", lambda _seconds: lambda: True)  # without a query all is read at once
    found = shared.ask("search", limit=50)
    assert found["items"]
    assert found["next"]
    assert found["not_read"]["is_whole"] is False
    assert found["not_read"]["missing"][0].startswith("This search takes too long")


# -- one record -----------------------------------------------------------------------------------------------------------


def test_a_record_is_read_whole(shared: Assistant, shared_desk: Desk) -> None:
    for reference in ("140001", "2021-01-26/140001", "q-140001"):
        [item] = shared.ask("read", reference=reference)["items"]
        record = printed(shared_desk, "show", reference)
        assert item["quoted"]["answer"] == record["answer"]
        assert item["revision"]["number"] == 2
        assert item["reference"] == record["reference"]


def test_the_hash_is_of_the_words_as_they_are_given(shared: Assistant) -> None:
    for reference in ("140001", "140010"):
        [item] = shared.ask("read", reference=reference)["items"]
        whole = "\n\n".join(item["quoted"][part] for part in ("heading", "question", "answer"))
        assert item["revision"]["text_hash"] == hashlib.sha256(whole.encode()).hexdigest()


def test_an_earlier_revision_is_read(shared: Assistant) -> None:
    found = shared.ask("read", reference="140001", revision=1, fields=["answer", "state"])
    [item] = found["items"]
    assert "All bathing waters" in item["quoted"]["answer"]
    assert (item["revision"]["number"], item["state"]) == (1, "answered")
    assert found["notes"] == ["As it was: revision 1 of 2."]
    with pytest.raises(RefusedError, match=r"It has no revision 3: there are 2\."):
        shared.ask("read", reference="140001", revision=3)


def test_others_of_the_same_number_are_named(shared: Assistant) -> None:
    found = shared.ask("read", reference="140009")
    assert found["items"][0]["quoted"]["heading"] == "A new one"
    assert found["notes"] == ["Also: UIN 140009, answered 8 March 2019 (q-9)"]


@pytest.mark.parametrize("tool", ["read", "story", "compare"])
def test_a_reference_without_a_record_is_refused(shared: Assistant, tool: str) -> None:
    with pytest.raises(RefusedError, match=r"No record goes by 999999\."):
        shared.ask(tool, reference="999999")
    with pytest.raises(RefusedError, match="It is no reference: look for these words with the tool search"):
        shared.ask(tool, reference="some words")


def test_a_part_is_read_piece_by_piece(shared: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.mcp.records.LONGEST_PART", 200)
    [item] = shared.ask("read", reference="140001", fields=["answer"])["items"]
    pieces, offset = [], 0
    while offset is not None:
        page = shared.ask("read", reference="140001", part="answer", offset=offset)
        pieces.append(page["items"][0]["quoted"]["answer"])
        assert page["items"][0]["cut"] == {"answer": len(item["quoted"]["answer"])}
        offset = page["next"]
    assert "".join(pieces) == item["quoted"]["answer"]
    assert len(pieces) > 2
    with pytest.raises(RefusedError, match="offset is a number below that"):
        shared.ask("read", reference="140001", part="answer", offset=1_000_000)
    with pytest.raises(RefusedError, match=r"It has no text\. There are: heading, question and answer"):
        shared.ask("read", reference="140001", part="text")


def test_the_story_of_a_record(shared: Assistant, shared_desk: Desk) -> None:
    [item] = shared.ask("story", reference="140001")["items"]
    record = printed(shared_desk, "show", "140001")
    assert item["quoted"]["story"] == record["story"]
    assert [revision["number"] for revision in item["revisions"]] == [1, 2]
    assert item["revisions"][1]["events"] == ["corrected"]
    assert item["revisions"][1]["text_hash"] == item["revision"]["text_hash"]
    assert item["referred_by"] == record["referred_by"] == ["q-140011"]


def test_two_revisions_are_compared(shared: Assistant) -> None:
    [item] = shared.ask("compare", reference="140001")["items"]
    [change] = item["quoted"]["changes"]
    assert change["part"] == "answer"
    assert change["words"] == [{"was": "All", "now": "No"}]
    assert (item["before"]["number"], item["revision"]["number"], item["events"]) == (1, 2, ["corrected"])
    assert item["before"]["text_hash"] != item["revision"]["text_hash"]
    assert shared.ask("compare", reference="140001", before=1)["items"] == [item]
    with pytest.raises(RefusedError, match=r"Choose two revisions, from 1 to 2\."):
        shared.ask("compare", reference="140001", before=1, after=9)


def test_a_record_that_never_changed(shared: Assistant) -> None:
    found = shared.ask("compare", reference="140002")
    assert found["items"][0]["quoted"]["changes"] == []
    assert found["notes"] == ["It has 1 revision, and no word of it has changed since it was first read."]


def test_two_records_are_compared(shared: Assistant) -> None:
    found = shared.ask("compare", reference="140001", other="140011")
    assert {change["part"] for change in found["items"][0]["quoted"]["changes"]} == {"heading", "answer"}
    assert "(q-140011)" in found["notes"][0]
    same = shared.ask("compare", reference="140002", other="140002")
    assert same["notes"][-1] == "Both have the same words."
    with pytest.raises(RefusedError, match="Revisions are of one record"):
        shared.ask("compare", reference="140001", other="140011", before=1)


def test_an_answer_of_which_only_the_correction_was_seen(desk: Desk) -> None:
    archive = app.archive(app.configuration(str(desk.folder / "config.toml")))
    record = a_question(
        uin="140020",
        answer="There were 12.",
        original_answer="There were 21.",
        corrected_on=date(2021, 2, 5),
        is_correction=True,
    )
    store(archive, record)
    archive.close()
    with assistant(desk.folder / "config.toml") as client:
        found = client.ask("compare", reference="140020")
    [item] = found["items"]
    assert item["quoted"]["changes"][0]["figures"] == [{"was": "21", "now": "12"}]
    assert item["before"]["number"] is None
    assert found["notes"] == ["`was` is the answer as first given, as the source keeps it."]


# -- quotations -----------------------------------------------------------------------------------------------------------


def test_records_are_cited(shared: Assistant, shared_desk: Desk) -> None:
    [item] = shared.ask("cite", references=["140011"], style="oscola")["items"]
    row = printed(shared_desk, "cite", "140011", "--style", "oscola")
    assert flat(item) == {name: value for name, value in row.items() if value is not None}
    both = shared.ask("cite", references=["140011", "140001", "q-140011"])["items"]
    assert [item["id"] for item in both] == ["q-140011", "q-140001"]


def test_words_that_do_not_stand_there_are_not_cited(shared: Assistant, shared_desk: Desk) -> None:
    [item] = shared.ask("cite", references=["140011"], quote="the answer given ... Question 140001")["items"]
    assert item["quoted"]["quotation"].startswith("the answer given on 1 February")
    quote = "I refer the hon. Member to the answer given on 2 February 2021"
    command = shared_desk.run("cite", "140011", "--quote", quote)
    with pytest.raises(RefusedError, match="These words don't stand in 140011 as they are given") as refused:
        shared.ask("cite", references=["140011"], quote=quote)
    assert str(refused.value).rstrip(".") in command.stderr
    with pytest.raises(RefusedError, match="name one reference with it"):
        shared.ask("cite", references=["140011", "140001"], quote="the answer")
    with pytest.raises(RefusedError, match="Quote: there is no word in it"):
        shared.ask("cite", references=["140011"], quote="...")
    with pytest.raises(RefusedError, match="`style`: input should be 'hansard'"):
        shared.ask("cite", references=["140011"], style="loud")


LETTER = (
    "The minister said “I refer the hon. Member to the answer given on 1 February 2021 to Question 140001”. Before that "
    "“No bathing waters were ever clean”, and “The moon is made of a green cheese that nobody eats”."
)


def test_quotations_are_checked(shared: Assistant, shared_desk: Desk) -> None:
    found = shared.ask("check_quotations", text=LETTER)
    (shared_desk.folder / "letter.txt").write_text(LETTER, "utf-8")
    rows = printed(shared_desk, "check", str(shared_desk.folder / "letter.txt"))
    assert [item["verdict"] for item in found["items"]] == [row["verdict"] for row in rows]
    assert [item["verdict"] for item in found["items"]] == ["exact", "altered", "not_found"]
    assert found["notes"] == ["3 quotations: 1 exact, 1 altered, 1 not found."]
    exact = found["items"][0]
    assert (exact["id"], exact["revision"]["number"]) == ("q-140011", 1)
    assert exact["revision"]["text_hash"] == shared.ask("read", reference="140011")["items"][0]["revision"]["text_hash"]
    assert found["items"][1]["quoted"]["changes"] == rows[1]["changes"]
    rest = shared.ask("check_quotations", text=LETTER, after=2)
    assert rest["items"] == found["items"][2:]
    assert rest["next"] is None


def test_a_text_without_quotations(shared: Assistant) -> None:
    assert shared.ask("check_quotations", text="No words of others.")["notes"] == ["There are no quotations in it."]


def test_a_check_that_takes_too_long_says_so(shared: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "time_limit", lambda _seconds: lambda: True)
    monkeypatch.setattr("monitor.research.quotations.checking.AT_ONCE", 1)
    with pytest.raises(RefusedError, match="quotations were checked in the time that a check may take"):
        shared.ask("check_quotations", text=LETTER)


# -- watching -------------------------------------------------------------------------------------------------------------


def test_a_term_is_tried(shared: Assistant, shared_desk: Desk) -> None:
    found = shared.ask("try_term", term="bathing water", topic="water", exclude=["red bathing water"])
    report = printed(shared_desk, "terms", "try", "bathing water", "--topic", "water", "--exclude", "red bathing water")
    for name in ("term", "read_as", "records", "kept", "known", "known_to_topic", "excluded", "looked_at"):
        assert found["facts"][name] == report[name], name
    assert found["facts"]["records"] == 2
    assert [item["id"] for item in found["items"]] == [sample["id"] for sample in report["samples"]]
    assert all(item["revision"]["text_hash"] for item in found["items"])
    assert found["notes"][0] == "Finds 2 records of the archive, 2 of them in spite of the exclusions."
    notes = shared.ask("try_term", term="bathinng water")["notes"]
    assert notes == [
        "Finds no record of the archive.",
        "No record of the archive has the word “bathinng”. If it is a typing error, write “bathing”.",
    ]
    with pytest.raises(RefusedError, match="There is no topic Beach"):
        shared.ask("try_term", term="bathing", topic="Beach")
    with pytest.raises(RefusedError, match="star"):
        shared.ask("try_term", term="SOC*")


def test_a_trial_that_was_cut_says_so(shared: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.desk.terms.LONGEST_STEP", -1.0)
    found = shared.ask("try_term", term="bathing water")
    assert "Reading ended when its time was over, so there may be more." in found["not_read"]["missing"]


def test_questions_that_wait(shared: Assistant, shared_desk: Desk) -> None:
    rows = printed(shared_desk, "waiting")
    found = shared.ask("waiting")
    assert [item["id"] for item in found["items"]] == [row["id"] for row in rows] == ["q-140002", "q-HL77"]
    assert (found["items"][0]["days_late"], found["items"][0]["topics"]) == (rows[0]["days_late"], ["Flood defences"])
    assert found["items"][0]["revision"]["number"] == 1
    assert shared.ask("waiting", topic="water")["notes"] == ["1 record in all."]
    with pytest.raises(RefusedError, match="q-1 does not wait any more"):
        shared.ask("waiting", after="q-1")


def test_pages_of_what_waits_follow_each_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = app.archive(app.configuration(str(desk.folder / "config.toml")))
    store(archive, *(a_question(uin=f"14100{number}", heading="Flood defence", answer=None) for number in range(4)))
    with app.pipeline(app.configuration(str(desk.folder / "config.toml")), archive, as_of=NOW) as pipeline:
        pipeline.match()
    archive.close()
    with assistant(desk.folder / "config.toml") as client:
        whole = [item["id"] for item in client.ask("waiting")["items"]]
        first = client.ask("waiting", limit=2)
        assert first["next"] == whole[1]
        assert [item["id"] for item in client.ask("waiting", after=whole[1])["items"]] == whole[2:]
        monkeypatch.setattr(answers, "MOST_CHARACTERS", 2_500)
        short = client.ask("waiting")
        assert 0 < len(short["items"]) < len(whole)
        assert short["next"] == short["items"][-1]["id"]
    assert len(whole) == 6


@pytest.fixture
def promising(desk: Desk) -> Desk:
    """Return a desk with promises."""
    config = app.configuration(str(desk.folder / "config.toml"))
    archive = app.archive(config)
    answers_given = (
        "We will publish a bathing water strategy by spring 2021.",
        "I will write to the hon. Member about bathing water and place a copy of my letter in the Library.",
    )
    store(
        archive,
        *(
            a_question(uin=f"14200{number}", heading="Beaches", answer=text)
            for number, text in enumerate(answers_given)
        ),
    )
    with app.pipeline(config, archive, as_of=NOW) as pipeline:
        pipeline.match()
    archive.close()
    return desk


def test_promises_are_listed_and_shown(promising: Desk) -> None:
    rows = printed(promising, "promises")
    with assistant(promising.folder / "config.toml") as client:
        found = client.ask("promises")
        assert [item["id"] for item in found["items"]] == [row["id"] for row in rows]
        assert len(rows) == 2
        first = rows[0]
        item = found["items"][0]
        assert (item["record"], item["state"], item["quoted"]["sentence"]) == (
            first["record"],
            first["state"],
            first["sentence"],
        )
        assert item["revision"]["text_hash"]
        # The state goes by the day that was named last, the other days by what was said first.
        moved = [[day["said"] for day in item["quoted"]["drift"]] for item in found["items"]]
        assert moved == [[day["said"] for day in row["drift"]] for row in rows]
        assert client.ask("promises", limit=1)["next"] == 1
        assert client.ask("promises", after=1)["items"] == found["items"][1:]
        whole = client.ask("promises", promise=first["id"])["items"][0]
        shown = printed(promising, "promises", "show", first["id"])
        assert whole["quoted"]["candidates"] == shown["candidates"]
        assert client.ask("promises", state="kept")["notes"] == ["No promise was found here."]
        for arguments, said in (
            ({"promise": "p-0000000000"}, "No promise goes by p-0000000000"),
            ({"promise": "first"}, "No promise goes by first"),
            ({"topic": "Water", "everything": True}, "exclude each other"),
            ({"body": "Moon"}, "No answering body has Moon in its name"),
            ({"since": "once"}, "Since: once is no day"),
            ({"state": "broken"}, "`state`: input should be"),
        ):
            with pytest.raises(RefusedError, match=said):
                client.ask("promises", **arguments)


# -- what was not read ----------------------------------------------------------------------------------------------------

MISLEADING = {
    "search": {"query": "bathing water"},
    "waiting": {},
    "promises": {},
    "try_term": {"term": "bathing water"},
    "check_quotations": {"text": LETTER},
    "coverage": {},
}


def test_every_answer_that_could_mislead_says_what_was_not_read(desk: Desk) -> None:
    archive = app.archive(app.configuration(str(desk.folder / "config.toml")))
    for day in (date(2021, 2, 1), date(2021, 2, 5)):
        note_window(archive, day)
    note_window(archive, date(2021, 2, 8), state="failed", note="It did not come.")
    archive.close()
    commons = "House of Commons, questions-statements.parliament.uk"
    with assistant(desk.folder / "config.toml") as client:
        for tool, arguments in MISLEADING.items():
            said = client.ask(tool, **arguments)["not_read"]
            assert said["is_whole"] is False, tool
            assert said["read"][0].startswith(f"{commons}: from 1 February 2021"), tool
            assert said["missing"][-4:] == [
                f"{commons}: nothing after 8 February 2021 was read.",
                f"{commons}: not read whole: answers of 8 February 2021.",
                f"{commons}: never read: 2 to 4 February 2021 and 6 to 7 February 2021.",
                "House of Lords, questions-statements.parliament.uk: nothing was read yet.",
            ], tool


def test_an_empty_archive_says_so(tmp_path: Any) -> None:
    from tests.unit.cli_kit import make_desk  # noqa: PLC0415

    desk = make_desk(tmp_path, is_empty=True)
    with assistant(desk.folder / "config.toml") as client:
        said = client.ask("coverage")["not_read"]
    assert said == {"is_whole": False, "read": [], "missing": ["The archive is empty. To fill it: pqwatch run"]}


def test_only_a_few_of_what_is_missing_are_named() -> None:
    assert not_read._some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    report = not_read.ReadingReport(("read",), tuple(f"Missing {number}." for number in range(20)))
    said = answers.not_read_of(report, "Cut.")
    assert said.missing[0] == "Cut."
    assert said.missing[-1] == "And 9 more: the tool coverage has all of it."


def test_coverage_says_what_status_knows(shared: Assistant, shared_desk: Desk) -> None:
    facts = shared.ask("coverage")["facts"]
    status = printed(shared_desk, "status")
    assert facts["counts"]["records"] == status["counts"]["records"]
    assert [topic["id"] for topic in facts["topics"]] == ["water", "Flood defences"]
    assert not {"config", "archive", "mails", "subscribers"} & set(facts)
    assert set(shared.ask("coverage", fields=["runs"])["facts"]) == {"runs"}
    with pytest.raises(RefusedError, match="There is no field mails"):
        shared.ask("coverage", fields=["mails"])


def test_quoted_fields_are_those_of_others() -> None:
    texts = {"heading", "question", "answer", "text", "body", "asked_by", "excerpt", "story", "sentence", "passage"}
    assert not texts & OWN
    assert set(RECORD) - OWN >= {"attachments", "links", "matches", "conflicts", "answered_by", "made_by", "gid"}
