from __future__ import annotations

import difflib
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest

from monitor.model.matching import TermPlace, WatchedTerm
from monitor.research.term_tools import checking, renamed_bodies
from monitor.research.term_tools.checking import TermFinding, likely_word, months_at_work, words_in_use
from monitor.research.term_tools.known_words import shipped_words
from monitor.research.term_tools.overlap import TermsByWord, needs, same_meaning
from monitor.research.term_tools.renamed_bodies import ended_bodies_of, names_in
from monitor.terms.parser import parse_term
from monitor.terms.vocabulary import merge_equivalents
from monitor.text.similarity import nearest
from tests.builders import a_question

if TYPE_CHECKING:
    from monitor.model.records import Facts

TODAY = date(2021, 6, 15)


def watched(
    term: str = "sea wall", days: dict[date | None, int] | None = None, *, is_behind: bool = False
) -> WatchedTerm:
    at = datetime(2020, 1, 1, tzinfo=UTC)
    return WatchedTerm(topic="water", term=term, added_at=at, is_behind=is_behind, days=days or {})


TODAY = date(2024, 6, 1)
YEAR = {TODAY - timedelta(days=days): 5 for days in range(0, 400, 3)}


@pytest.mark.parametrize(
    ("days", "records", "is_silent"),
    [
        ({}, YEAR, True),
        ({TODAY - timedelta(days=366): 1}, YEAR, True),
        ({TODAY - timedelta(days=365): 1}, YEAR, False),
        ({None: 3}, YEAR, True),
        ({}, dict.fromkeys(list(YEAR)[:30], 1), False),  # too little was read to call the topic silent
    ],
)
def test_topic_is_silent_if_a_year_of_records_has_no_match(
    days: dict[date | None, int], records: dict[date, int], is_silent: bool
) -> None:
    terms = [watched(), watched("sea", days)]
    found = checking.silent_topic("water", "Water", terms, records, TODAY)
    assert (fault(found) == "silent") is is_silent
    if found:
        assert "“Water” has found nothing for a year" in found.said
        assert found.term == ""


def test_topic_is_not_silent_before_its_terms_were_searched() -> None:
    assert checking.silent_topic("water", "Water", [watched(is_behind=True)], YEAR, TODAY) is None
    assert checking.silent_topic("water", "Water", [], YEAR, TODAY) is None


@pytest.mark.parametrize("word", ["paedophiles", "nhtcu", "exploitation", "cabinet", "children"])
def test_words_of_shipped_lists_are_no_typing_errors(word: str) -> None:
    assert word in shipped_words()
    used = {word[:-1] + "x": 50, word + "x": 50}
    assert checking.misspelt("t", f"animal {word}", used, Records({}).has, shipped_words()) is None


def test_word_within_office_names_is_no_typing_error() -> None:
    used = {"exchequor": 50}
    assert checking.misspelt("t", "exchequer", used, Records({'"exchequer"': 1}).has) is None
    assert checking.misspelt("t", "exchequer", used, Records({}).has) is not None


def fault(found: TermFinding | None) -> str | None:
    return found.fault if found else None


def month(number: int) -> date:
    """Return a day of the month with this number, counted from January 2020."""
    return date(2020 + number // 12, number % 12 + 1, 10)


# -- months and days --------------------------------------------------------------------------------------------------


def test_months_with_few_records_do_not_count() -> None:
    records = {month(0): 100, month(1): 100, month(2): 24, month(3): 24, date(2020, 4, 11): 2, month(4): 99, TODAY: 500}
    assert months_at_work(records, TODAY) == [(2020, 1), (2020, 2), (2020, 4), (2020, 5)]
    assert months_at_work({}, TODAY) == []


@pytest.mark.parametrize(
    ("found", "silent", "expected"),
    [
        ([0, 1, 2, 3, 4, 5], 3, "quiet"),
        ([0, 1, 2, 3, 4, 5], 2, None),
        ([0, 1, 2, 3, 4], 4, None),
        ([0, 1, 4, 5, 6, 7], 5, "quiet"),
        ([0, 1, 4, 5, 6, 7], 4, None),
        ([], 9, None),
    ],
)
def test_a_term_is_quiet_after_a_silence_longer_than_any_before(
    found: list[int], silent: int, expected: str | None
) -> None:
    last = max(found, default=0) + silent
    months = [(month(n).year, month(n).month) for n in range(last + 1)]
    one = watched(days={month(n): 2 for n in found} | {None: 1})
    assert fault(checking.gone_quiet(one, months)) == expected


def test_quiet_term_is_reported_with_its_last_day() -> None:
    months = [(month(n).year, month(n).month) for n in range(10)]
    found = checking.gone_quiet(watched(days={month(n): 1 for n in range(6)}), months)
    assert found is not None
    assert found.said == (
        "found in 6 months until 2020-06-10, and in none of the 4 months since then in which Parliament was at work"
    )


@pytest.mark.parametrize(
    ("a_day", "of", "expected"),
    [(2, 50, None), (3, 100, "noisy"), (3, 150, None), (5, 1000, None), (6, 1000, "noisy"), (9, 10, None)],
)
def test_a_term_is_noisy_by_its_share_or_its_number(a_day: int, of: int, expected: str | None) -> None:
    days = [date(2021, 1, 1) + timedelta(days=n) for n in range(60)]
    records = dict.fromkeys(days, of)
    assert fault(checking.too_noisy(watched(days=dict.fromkeys(days, a_day)), records)) == expected


def test_nothing_can_be_excluded_from_a_filter_alone() -> None:
    assert "into exclude" in checking.noise_remedy("sea wall house:lords")
    assert checking.noise_remedy("asker:Sample") == "add words to it, or leave it if you want all of these records"


def test_noise_of_long_ago_does_not_count() -> None:
    days = [date(2021, 1, 1) + timedelta(days=n) for n in range(120)]
    noisy_once = watched(days=dict.fromkeys(days[:60], 50))
    assert checking.too_noisy(noisy_once, dict.fromkeys(days, 100)) is None


# -- covered ----------------------------------------------------------------------------------------------------------


def spans(*places: tuple[int, str, int, int]) -> list[TermPlace]:
    return [TermPlace(revision=n, term=term, part="answer", start=start, end=end) for n, term, start, end in places]


def test_term_found_only_within_another_is_covered() -> None:
    found = spans(*((n, "a b", 0, 10) for n in range(3)), *((n, "a", 0, 4) for n in range(3)), (3, "a b", 0, 10))
    found.sort(key=lambda place: place.revision)
    assert checking.covered(found, ["a", "a b"]) == {"a": "a b"}


def test_term_with_one_match_outside_or_too_few_is_not_covered() -> None:
    inside = [(n, "a", 0, 4) for n in range(3)] + [(n, "a b", 0, 10) for n in range(3)]
    outside = [*inside, (4, "a", 20, 24)]
    assert checking.covered(spans(*sorted(outside)), ["a", "a b"]) == {}
    assert checking.covered(spans(*sorted(place for place in inside if place[0] < 2)), ["a", "a b"]) == {}


def test_it_reads_no_further_once_each_term_stood_alone() -> None:
    alone = [(1, "a b", 0, 10), (1, "a", 0, 4), (2, "a", 0, 4), (3, "a b", 0, 10), (4, "a", 0, 4), (4, "a b", 0, 10)]
    found = iter(spans(*alone))
    assert checking.covered(found, ["a", "a b"]) == {}
    assert [place.revision for place in found] == [4, 4]  # the place of the third revision ended the second
    found = iter(spans(*alone))
    assert checking.covered(found, ["a", "a b", "c"]) == {}
    assert list(found) == []


def test_another_part_covers_nothing() -> None:
    found = [
        TermPlace(revision=n, term=term, part=part, start=0, end=4)
        for n in range(3)
        for term, part in (("a", "answer"), ("a b", "heading"))
    ]
    assert checking.covered(found, ["a", "a b"]) == {}


def test_later_of_two_equal_terms_is_covered() -> None:
    found = spans(*((n, term, 0, 4) for n in range(3) for term in ("first", "second")))
    assert checking.covered(found, ["first", "second"]) == {"second": "first"}


NEEDED = pytest.mark.parametrize(
    ("term", "other", "expected"),
    [
        ("hi-tech crime unit", "crime unit", True),
        ("crime unit", "hi-tech crime unit", False),
        ("NHTCU = hi-tech crime unit", "crime unit", False),
        ("big crime unit = hi-tech crime unit", "crime unit", True),
        ("hi-tech crime unit", "NCCU = crime unit", True),
        ('"hi-tech crime unit"', "crime unit", True),
        ("hi-tech crime unit", '"crime unit"', False),
        ("sea AND wall", "sea", False),
        ("all flood defences", "flood defence", True),
        ("hi-tech crime", "tech crime", False),
        ("crime unit-led", "crime unit", False),
        ("hi tech crime", "hi-tech", False),
        ("paedophile unit", "paedophil*", True),
        ("paedophil* unit", "paedophile unit", False),
        ("the SOCA officer", "SOCA", True),
        ("the soca officer", "SOCA", False),
        ("SOC*", "sea", False),
        ("health care", "health", False),
        ("health care worker", "health care", True),
        ("high tech crime", "tech crime", False),
        ("high tech crime", "high tech", True),
        ("women", "wome*", False),
        ('"women"', "wome*", True),
        ("colours", "colo*", True),
        ('"child protection"', '"children"', False),
    ],
)


@NEEDED
def test_term_needs_another_that_is_in_all_its_phrases(term: str, other: str, expected: bool) -> None:
    assert needs(term, other) is expected


@NEEDED
def test_what_a_term_needs_is_among_its_candidates(term: str, other: str, expected: bool) -> None:
    known = TermsByWord([other, "sea AND wall", "(unread", term])
    assert other in known.candidates(term) or not expected
    assert known.candidates("sea AND wall") == known.candidates("(unread") == []


def test_a_term_of_a_long_list_is_compared_with_few_others() -> None:
    """Terms that all begin with the same word are told from each other by the word that fewest have."""
    terms = [f"national unit n{number} crimes" for number in range(300)]
    known = TermsByWord(["national", "nation*", *terms, "n7 crime", "crime"])
    shared = ["national", "nation*"]
    assert known.candidates(terms[7]) == [*shared, terms[7], "n7 crime", "crime"]
    assert sum(len(known.candidates(term)) for term in terms) == 300 * 4 + 1


def test_term_that_is_also_said_in_another_way_needs_no_word_of_its_own() -> None:
    equivalents = merge_equivalents([("revenge porn", "intimate image abuse")])
    assert needs("revenge porn victim", "porn")
    assert not needs("revenge porn victim", "porn", equivalents)
    assert needs("revenge porn victim", "victim", equivalents)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Sea  Wall", "sea wall", True),
        ("SOCA", "soca", False),
        ("sea walls", "Sea wall", True),
        ('"sea walls"', '"sea wall"', False),
        ("seaw*", "seawa*", False),
        ("a b", "b a", False),
        ("dog = cat", "cat = dog", True),
        ("dog OR cat", "cat OR dog", True),
        ("dog = cat", "dog OR cat", True),
        ("dog AND cat", "cat AND dog", True),
        ("dog NOT cat", "cat NOT dog", False),
        ('"dog"', "dog", False),
        ("on-line", "on line", False),
    ],
)
def test_terms_mean_the_same_whatever_their_case_and_order(left: str, right: str, expected: bool) -> None:
    assert same_meaning(left, right) is expected


def test_covered_term_is_recognised_by_matches_or_words() -> None:
    terms = ["crime unit", "hi-tech crime unit", "Crime  Unit"]
    covers = [checking.is_covered("t", term, terms, {}) for term in terms]
    assert [cover.said if cover else None for cover in covers] == [
        None, "wherever it stands, “crime unit” stands too", "wherever it stands, “crime unit” stands too",
    ]  # fmt: skip
    by_finds = checking.is_covered("t", "unit", terms, {"unit": "crime unit"})
    assert by_finds is not None
    assert by_finds.said == "each of its occurrences lies inside one of “crime unit”"


# -- words ------------------------------------------------------------------------------------------------------------


class Records:
    """Counts of records by query, which note the queries that were asked."""

    def __init__(self, counts: dict[str, int]) -> None:
        self.counts = counts
        self.asked: list[str] = []

    def count(self, text: str) -> int:
        return self.counts.get(text, 0)

    def has(self, text: str, records: int) -> bool:
        self.asked.append(text)
        return self.count(text) >= records


SEA_WALL = {"sea": 10, "wall": 10, "sea AND wall": 3}


@pytest.mark.parametrize(
    ("watched_term", "counts", "expected"),
    [
        (watched(), {"sea": 10, "wall": 10, "sea AND wall": 3}, "never"),
        (watched(), {"sea": 10, "wall": 10, "sea AND wall": 2}, None),
        (watched(), {"sea": 10, "wall": 9, "sea AND wall": 3}, None),
        (watched(days={TODAY: 1}), {"sea": 10, "wall": 10, "sea AND wall": 3}, None),
        (watched(is_behind=True), {"sea": 10, "wall": 10, "sea AND wall": 3}, None),
        (watched(), {"sea": 10, "wall": 10, "sea AND wall": 3, "sea wall": 1}, None),
        (watched("sea wall NEAR/5 cliff"), {"sea": 10, "wall": 10, "sea AND wall": 3, "sea wall": 1}, None),
        (watched("sea"), {"sea": 10}, None),
        (watched("SW = sea wall"), {"sea": 10, "wall": 10, "sea AND wall": 3}, "never"),
        (watched("SOC*"), {}, None),
        (watched('"sea wall"'), {'"sea"': 10, '"wall"': 10, '"sea" AND "wall"': 3}, "never"),
        (watched("wall of coast*"), {"wall": 10, "coast*": 10, "wall AND coast*": 3}, "never"),
        (watched("sea wall = (sea wall OR groyne) NEAR/5 cliff"), SEA_WALL | {"groyne": 1, "cliff": 1}, None),
        (watched("(sea wall OR groyne) AND cliff"), SEA_WALL | {"groyne": 1}, None),
        (watched("(sea wall OR groyne) AND cliff"), SEA_WALL, "never"),
        (watched("groyne NEAR/5 (sea wall OR sea defence)"), SEA_WALL, "never"),
        (watched("groyne NOT sea wall"), SEA_WALL | {"groyne": 1}, None),
        (watched("sea wall NOT groyne"), SEA_WALL, "never"),
        (watched("in:heading (sea wall)"), SEA_WALL, "never"),
        (watched("house:lords"), SEA_WALL, None),
        (watched("successors of Department of Health"), SEA_WALL, None),
        (watched("sea wall NEAR/"), SEA_WALL, None),
    ],
)
def test_a_term_is_never_found_where_its_words_are_common(
    watched_term: WatchedTerm, counts: dict[str, int], expected: str | None
) -> None:
    records = Records(counts)
    assert fault(checking.never_found(watched_term, records.count, records.has)) == expected


@pytest.mark.parametrize("term", ["sea", "SW = sea", "sea AND wall", "sea NEAR/5 of the wall", "house:lords sea"])
def test_the_archive_is_not_asked_of_terms_without_a_phrase_of_two_words(term: str) -> None:
    records = Records(SEA_WALL)
    assert checking.never_found(watched(term), records.count, records.has) is None
    assert records.asked == []


def test_remedy_says_what_to_write_instead() -> None:
    records = Records({"sea": checking.MOST_COUNTED, "wall": 10, "sea AND wall": 5})
    found = checking.never_found(watched(), records.count, records.has)
    assert found is not None
    assert "(sea: 200 or more, wall: 10) and 5 records have them all" in found.said
    assert "“sea AND wall” or “sea NEAR wall”" in found.remedy


@pytest.mark.parametrize(
    ("term", "query"),
    [
        ("sea wall NEAR/5 cliff", "'sea NEAR wall'"),
        ("SW = sea wall", "'sea NEAR wall'"),
        ("big sea wall AND cliff", "'big AND sea AND wall'"),
    ],
)
def test_remedy_keeps_the_rest_of_a_term_of_which_a_part_is_missing(term: str, query: str) -> None:
    records = Records(SEA_WALL | {"cliff": 9, "big": 10, "big AND sea AND wall": 3})
    found = checking.never_found(watched(term), records.count, records.has)
    assert found is not None
    part = "big sea wall" if "big" in term else "sea wall"
    assert f"no record has its part “{part}”, though its words are common" in found.said
    assert found.remedy == (
        f"to see how these put it: pqwatch search {query}. If that is meant too, add their words to the term, "
        f"beside “{part}”; else leave it"
    )


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("gromming", "grooming"),
        ("groomng", "grooming"),
        ("groooming", "grooming"),
        ("gorming", None),
        ("grooming", None),
        ("rgooming", "grooming"),
        ("dreging", "dredging"),
    ],
)
def test_the_likely_word_is_one_slip_away(word: str, expected: str | None) -> None:
    assert likely_word(word, {"grooming": 9, "dredging": 5, "gorging": 4, "gromming2": 9}) == expected


def test_only_words_one_slip_away_are_compared_letter_by_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = Mock(side_effect=difflib.get_close_matches)
    monkeypatch.setattr(difflib, "get_close_matches", compared)
    assert likely_word("coats", {"boats": 9, "coast": 20, "water": 30, "boast": 7}) == "coast"
    assert compared.call_args.args[1] == ["boats", "coast"]


def test_commoner_of_two_likely_words_is_suggested() -> None:
    assert likely_word("coats", {"boats": 9, "coast": 20, "coat": 8}) == "coast"


def test_a_word_that_no_record_has_is_a_typing_error() -> None:
    used = words_in_use([{"answer": "Grooming and grooming."}] * 6)
    assert used["grooming"] == 6
    records = Records({})
    found = checking.misspelt("t", "animal gromming", used, records.has)
    assert found is not None
    assert found.said == "no record of the archive has the word “gromming”; 6 of the newest have “grooming”"
    assert found.remedy == "if it is a typing error, write “grooming”"
    assert records.asked == ["gromming", '"gromming"']


@pytest.mark.parametrize(
    "term", ["GROMMING", "gromming*", "groom", "Zzyzxing", "SOC*", "groomings", '"gromming grooming"', "gromings2"]
)
def test_words_that_are_no_typing_errors(term: str) -> None:
    records = Records({'"gromming"': 1})
    used = {"grooming": 9, "groom1": 9, "gloom": 2}
    assert checking.misspelt("t", term, used, records.has) is None


# -- filters ----------------------------------------------------------------------------------------------------------

OLD_BODY, NEW_BODY = "Department for Beach Affairs", "Ministry of Beach Affairs"


def newest(count: int = 1_000, **facts: str) -> list[Facts]:
    return [a_question(**facts).facts] * count


def never_passing(term: str, factses: list[Facts], **known: str) -> TermFinding | None:
    names = {
        "body": [OLD_BODY, NEW_BODY],
        "party": ["Labour", "Sample Party"],
        "asker": ["Ada Example"],
        "minister": [],
    }
    names |= {name: value.split(", ") for name, value in known.items()}
    return checking.is_nobodys("t", term, factses, lambda name: names[name], nearest)


def test_body_or_party_of_another_name_is_reported_with_the_nearest() -> None:
    found = never_passing(f'sea wall OR (groyne body:"{OLD_BODY}")', newest(body=NEW_BODY))
    assert found is not None
    assert (found.fault, found.said, found.remedy) == (
        "filter",
        f"none of the newest 1,000 records has “{OLD_BODY}” in the name of its answering body, and older ones have",
        f"if it is “{NEW_BODY}” now, write that in body:; else leave it",
    )
    assert fault(never_passing("sea NOT (tea party:Sample)", newest())) == "filter"
    assert fault(never_passing("sea party:Con", newest(), party="Conservative, Labour")) == "filter"
    assert never_passing("sea party:Lab", newest()) is None
    found = never_passing('sea party:"Beach Party"', newest(1), party="Beech Party")
    assert found is not None
    assert found.said == "no record of the archive has “Beach Party” in the name of its asker's party"


@pytest.mark.parametrize(
    ("term", "count"),
    [
        (f'sea body:"{OLD_BODY}"', 999),
        ('sea body:"Beach Affairs"', 1_000),
        ("sea house:lords from:2019-01-01", 1_000),
        ("sea asker:Ada", 1_000),
        ("sea minister:Nobody", 1_000),
        ("SOC*", 1_000),
    ],
)
def test_filter_that_may_pass_something_is_left_alone(term: str, count: int) -> None:
    assert never_passing(term, newest(count, body=NEW_BODY)) is None


def test_distant_names_are_searched_if_none_is_near() -> None:
    found = never_passing("sea asker:Zzyzx", newest())
    assert found is not None
    assert found.remedy == "see whether it has another name now; else leave it"


# -- names ------------------------------------------------------------------------------------------------------------


def renamed(topic: str, term: str, watched: list[str], today: date) -> TermFinding | None:
    return renamed_bodies.renamed(topic, term, lambda: names_in(watched), today)


def test_old_name_is_reported_with_the_current_one() -> None:
    found = renamed("t", "Department of Trade and Industry", ["sea wall"], date(2024, 12, 1))
    assert found is not None
    assert found.said.startswith("“Department of Trade and Industry” is a name until 2007-06-28; since then it is ")
    assert "“Department for Business and Trade”" in found.said


@pytest.mark.parametrize(
    ("term", "watched_too", "today"),
    [
        ("Department of Health", ["DHSC = Department of Health and Social Care"], date(2024, 12, 1)),
        ("Department of Health", [], date(2017, 12, 1)),
        ("Home Office", [], date(2024, 12, 1)),
        ("sea wall", [], date(2024, 12, 1)),
        ("SOC*", [], date(2024, 12, 1)),
    ],
)
def test_a_name_that_is_current_or_followed_is_left_alone(term: str, watched_too: list[str], today: date) -> None:
    assert renamed("t", term, watched_too, today) is None


def test_name_that_returned_is_the_current_name() -> None:
    name = "Department for Levelling Up, Housing and Communities"
    found = renamed("t", f"DLUHC = {name}", [], date(2024, 12, 1))
    assert found is not None
    assert found.remedy.startswith("add “Ministry of Housing, Communities and Local Government” to the topic")
    assert renamed("t", "Ministry of Housing, Communities and Local Government", [], date(2024, 12, 1)) is None


@pytest.mark.parametrize(
    ("term", "heir"),
    [
        ("NHTCU = National Hi-Tech Crime Unit", "“National Crime Agency”"),
        ("Serious Organised Crime Agency", "“National Crime Agency”"),
        ("primary care trusts", "“integrated care board”"),
        ("UK Border Agency", "“Border Force”, “UK Visas and Immigration” and “Immigration Enforcement”"),
        ("NHTCU", "“National Crime Agency”"),
        ("in:answer (POLIT OR child)", "“National Crime Agency”"),
    ],
)
def test_public_bodies_have_successors(term: str, heir: str) -> None:
    found = renamed("t", term, ["sea wall"], date(2024, 12, 1))
    assert found is not None
    assert found.said.endswith(f"since then it is {heir}")


def test_successor_in_the_term_itself_or_in_another_number_is_enough() -> None:
    assert renamed("t", "PCT = primary care trust = integrated care board", [], date(2024, 12, 1)) is None
    assert renamed("t", "primary care trust", ["integrated care boards"], date(2024, 12, 1)) is None


@pytest.mark.parametrize("also", ["successors of NHTCU", "NCA", "in:answer (child AND successors of NHTCU)"])
def test_a_topic_that_follows_a_body_is_left_alone(also: str) -> None:
    assert renamed("t", "NHTCU", [also], date(2024, 12, 1)) is None
    assert renamed("t", f"NHTCU = {also}" if "(" not in also else f"NHTCU OR {also}", [], date(2024, 12, 1)) is None


def test_the_offer_of_successors_can_be_read() -> None:
    (found,) = ended_bodies_of(parse_term("NHTCU = National Hi-Tech Crime Unit").root, date(2024, 12, 1))
    assert found.write == "successors of National Hi-Tech Crime Unit"
    assert [heir.name for heir in found.heirs] == ["National Crime Agency"]
    finding = renamed("t", "Department for Children, Schools and Families", [], date(2024, 12, 1))
    assert finding is not None
    assert 'or “successors of "Department for Children, Schools and Families"”' in finding.remedy


@pytest.mark.parametrize("term", ["monitor", "Monitor", "regulatory delivery", "Creative Scotland", "CO", "SCC unit"])
def test_words_that_may_mean_no_body_are_left_alone(term: str) -> None:
    assert ended_bodies_of(parse_term(term).root, date(2024, 12, 1)) == []


def test_a_body_that_ended_on_a_day_that_is_not_known() -> None:
    found = renamed("t", "Joint Forces Command", [], date(2024, 12, 1))
    assert found is not None
    assert found.said == "“Joint Forces Command” is a name no more: it is “Strategic Command”"


def test_unreadable_term_is_reported() -> None:
    assert fault(checking.unread("t", "SOC*", "line 3: …")) == "unread"
