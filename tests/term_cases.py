"""Invented documents and terms of the same few words, so that the terms nearly occur, to compare matchers on.

A case draws a few kinds of words (`KINDS`) and says everything with them: the terms take some of their forms, the texts
others, put together by everything that may stand between two words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from monitor.model.records import Facts, House, Kind
from monitor.model.watching import Topic
from monitor.terms.vocabulary import Lexicon, merge_equivalents, read_equivalent

if TYPE_CHECKING:
    from collections.abc import Callable

EQUIVALENTS = (
    ("asylum", "people seeking refuge"),
    ("hotel unit", "hostel"),
    ("SOCA", "serious crime", "S2OC"),
    ("R&D", "on-line"),
)
LEXICON = Lexicon(merge_equivalents([tuple(map(read_equivalent, group)) for group in EQUIVALENTS]))
"""The shipped lists, and what a user might add to them."""

KINDS = (
    ("unit", "units", "unit's", "units\u2019", "Unit"),
    ("crime", "crimes", "Crime"),
    ("hi-tech", "hi tech", "hitech", "high-tech", "High Tech", "Hi\u2013Tech", "high"),
    ("on-line", "online", "on line", "On\u2010line"),
    ("not-for-profit", "notforprofit", "notfor-profit", "not for profit", "not-for"),
    ("cyber security", "cybersecurity", "cyber-security", "cyber-securities", "cyber", "cyber*"),
    ("SOCA", "soca", "S.O.C.A.", "SOCAs", "SOCA's", "SOCA\u2019S", "SOCA-led", "anti-SOCA"),
    ("COVID-19", "COVID19", "Covid-19", "COVID 19", "COVID", "19", "covid19", "COVID-19's", "Covid-19s", "19's"),
    ("A&E", "A & E", "a&e", "A and E", "A&E's", "R&D", "a & e", "A", "E"),
    ("organised", "organized", "organise", "serious", "organis*"),
    ("serious and organised", "serious organised", "Serious & Organized", "and", "&"),
    ("paedophile", "p\u00e6dophiles", "paedophilia", "pedophile's", "paedo-philia", "paedophil*"),
    ("health care", "healthcare", "health-care", "health cares", "Health"),
    ("task force", "taskforces", "task-force", "TASK FORCE"),
    ("Si\u00e2n", "Sian", "SI\u00c2N", "Sia\u0302n's", "t\u0177", "ty", "C\u0177ngor"),
    ("first", "\ufb01rst", "fir\u00adst", "fi\u200brst"),
    ("\u00a35", "5", "5.2", "5,200", "5200", "\u00a35,200", "$5", ".5"),
    ("10%", "10", "10 %", "%", "10 per cent", "-10%", "\u221210"),
    ("under-16", "under 16s", "under\u201116's", "under16s", "under", "16", "16s", "16\u2019s"),
    ("Act 2023", "Act 2023's", "Act 2023s", "2023", "2023\u2019s", "1990", "1990s", "Act 1990\u2019s", "the 1990s"),
    ("P60", "P60s", "p60's", "F-35", "F-35s", "F35\u2019s", "5G's", "5Gs", "r&d", "r&d's", "R&Ds", "4.5's"),
    ("2022-23", "2022", "23", "2022/23", "2022\u201323", "1/2", "10:30"),
    ("child", "children", "child's", "children\u2019s", "Childs", "chil*"),
    ("the", "of", "for"),
    ("(a)", "(ii)", "(1)", "unit (b)", "(crime)"),
    ("asylum", "asylums", "Asylum", "people seeking refuge"),
    ("hotel", "hotels", "Hotel's", "hostel", "hotel unit", "hote*"),
    ("O'Neill", "ONeill", "O\u2019Neill's", "he'll", "hell", "gov.uk", "www.gov.uk/x"),
    ("anti-SOCA-led-unit-crime", "antisoca", "SOCALED", "SOCA/UK", "U.K.-wide", "UK-wide", "UK wide", "non-", "-wide"),
    (
        "5\u00b2",
        "m\u00b2",
        "\u00bd",
        "1990s",
        "90's",
        "5G",
        "\u00a31.5bn",
        "1,2",
        "5.2.1",
        "10\u00b0",
        "-5",
        "+5",
        "A1(b)",
    ),
    (
        "stra\u00dfe",
        "STRASSE",
        "\u0130zmir",
        "izmir",
        "\ufb00ect",
        "\u03a9mega",
        "\u0627\u0644\u0623\u0645\u0646",
        "\u4eba\u6a29",
    ),
    ("p.m.", "e.g. unit", "St. Helens", "No.10", "No. 10", "Mr. Smith", "i.e.", "Mr Smith", "St Helens", "para. 5"),
    ("http://www.example.org/a-b/c?x=y", "a.b@example.org", "example.org", "www", "a-b", "and/or"),
)
"""Words that differ in what a term should or should not mind."""

OFFICES = (
    ("social care", "Health and Social Care", "care", "Department of Health and Social Care", "the Department's"),
    ("Department for Education", "Secretary of State for Education", "education", "Education", "educat*"),
    ("His Majesty's Government", "Government", "To ask", "the Secretary of State", "Secretary of State", "whether"),
    ("Minister for Women", "women", "Ministers of State for Education", "Minister of State", "Office"),
)
"""Words of names within which a term that is only part of them is not found."""

JOINTS = (
    " ", "-", "-", "\u2011", ", ", ". ", ".", "; ", ": ", ": ", ":\n", "? ", "\n", "\n\n", "\t", " (", ") ", '" ',
    " \u201c", "\u2019 ", " \u2013 ", " - ", "/", "\u00a0", " \u2022 ", "\u2026", " (a) ", " (ii) ", " \u00a3", "% ", " + ",
    "&", " & ", " Mr. ", " No. ", "--", "-\u00ad", "\u200b", "...", "_", "*", " | ", "\u00b6", " -", "- ", " \u2212", "\n\t",
    ":\t", ".\n- ", "\u2028", " \U0001f3e0 ", "!", "'", "(", "\u2019s ", "'s-", ".5 ", " 1.", " \u00a3-",
    "\u2075 ", ".\u2075 ", "\u00b2", "\u207b\u00b3 ",
)  # fmt: skip
"""Strings between two words of a text."""

FORMULAE = (
    "To ask the Secretary of State for Health and Social Care, ",
    "To ask the Secretary of State for Education, whether ",
    "To ask His Majesty's Government ",
    "To ask the Secretary of State for Health and Social Care whether the Department of Health and Social Care ",
)


@dataclass(frozen=True)
class Speech:
    """The words of one case: forms of a few kinds of words, phrases of them, and strings between."""

    words: tuple[str, ...]
    phrases: tuple[str, ...]
    joints: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """Terms, and a record to look for them in."""

    topics: tuple[Topic, ...]
    parts: dict[str, str]
    facts: Facts


@st.composite
def speeches(draw: st.DrawFn, *, of_offices: bool = False) -> Speech:
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=0 if of_offices else 2, max_size=3, unique=True))
    kinds += OFFICES if of_offices else draw(st.lists(st.sampled_from(OFFICES), max_size=1))
    words = tuple(form for kind in kinds for form in kind)
    joined = st.tuples(st.sampled_from([" ", " ", " ", "-"]), st.sampled_from(words)).map("".join)
    phrase = st.tuples(st.sampled_from(words), st.lists(joined, max_size=2)).map(
        lambda both: both[0] + "".join(both[1])
    )
    joints = draw(st.lists(st.sampled_from(JOINTS), min_size=1, max_size=5))
    return Speech(words, tuple(draw(st.lists(phrase, min_size=2, max_size=4))), (" ", " ", *joints))


def phrases(speech: Speech) -> st.SearchStrategy[str]:
    """Return phrases as they are written in a term."""
    some = st.sampled_from(speech.phrases * 2 + speech.words)
    ways = st.sampled_from(["{}", "{}", "{}", '"{}"', "small"])
    return st.tuples(ways, some).map(lambda both: both[1].lower() if both[0] == "small" else both[0].format(both[1]))


def closes(speech: Speech) -> st.SearchStrategy[str]:
    """Return operands of NEAR."""
    choice = st.lists(phrases(speech), min_size=2, max_size=3).map(lambda operands: f"({' OR '.join(operands)})")
    return st.one_of(phrases(speech), phrases(speech), choice)


@st.composite
def nears(draw: st.DrawFn, speech: Speech) -> str:
    near = draw(st.sampled_from(["NEAR", "NEAR/1", "NEAR/2", "NEAR/3", "NEAR/5"]))
    return f"{draw(closes(speech))} {near} {draw(closes(speech))}"


OLD_DAYS = (date(2006, 3, 31), date(2006, 4, 1), date(2009, 10, 26), date(2018, 1, 9))
"""Days around which a body took the place of another one."""

FILTERS = (
    "house:commons", "house:lords", "kind:question", "kind:statement", 'body:"Health Social"', "body:education",
    "lineage:Health", 'lineage:"Children, Schools and Families"', "asker:O'Neill", 'asker:"Sian first"', "minister:hell",
    "party:Labour", "party:green", "minister:Asker",
)  # fmt: skip

SUCCESSORS = (
    "successors of NHTCU", "successors of SOCA", 'successors of "Department of Health"', "successors of DCSF",
)  # fmt: skip
"""Bodies whose successors have names of these words, some of them only on later days."""

SCOPES = ("in:question", "in:answer", "in:heading")


@st.composite
def expressions(draw: st.DrawFn, speech: Speech, depth: int = 2) -> str:
    """Return an expression that may be put in brackets."""
    atoms = [phrases(speech), phrases(speech), nears(speech), st.sampled_from(SUCCESSORS)]
    if depth:
        atoms.append(expressions(speech, depth - 1).map("({})".format))
    first, *others = draw(st.lists(st.one_of(atoms), min_size=1, max_size=3))
    written = first
    for other in others:
        written += f" {draw(st.sampled_from(['AND', 'AND', 'OR', 'OR', 'NOT']))} {other}"
    narrowed = draw(st.sampled_from([0] * 7 + [1, 1, 1, 2, 3]))
    if narrowed & 1:
        written = f"{draw(st.sampled_from(SCOPES))} {written}"
    if narrowed & 2:
        written = f"{draw(st.sampled_from(FILTERS))} {written}"
    return written


@st.composite
def scoped(draw: st.DrawFn, speech: Speech) -> str:
    """Return an expression with filters or parts on one side of an operator, or on both."""
    one, other = draw(phrases(speech)), draw(phrases(speech))
    here, there = draw(st.sampled_from(SCOPES)), draw(st.sampled_from([*SCOPES, *FILTERS]))
    ways = [
        "{here} ({one} NOT {other})", "({one} NOT {other}) {here}", "{one} NOT ({here} {other})",
        "({here} {one}) NOT ({there} {other})", "({here} {one}) AND {other}", "{here} ({one} OR ({there} {other}))",
        "{one} AND ({there})",
    ]  # fmt: skip
    return draw(st.sampled_from(ways)).format(one=one, other=other, here=here, there=there)


def terms(speech: Speech) -> st.SearchStrategy[str]:
    """Terms of every kind: phrases, trees, families, a filter alone."""
    member = st.one_of(phrases(speech), phrases(speech), phrases(speech), st.sampled_from(SUCCESSORS))
    family = st.lists(member, min_size=2, max_size=3).map(" = ".join)
    tree = expressions(speech)
    return st.one_of(phrases(speech), phrases(speech), tree, tree, family, st.sampled_from(FILTERS + SUCCESSORS))


def texts(speech: Speech, most: int = 12) -> st.SearchStrategy[str]:
    """Return texts of these words."""
    piece = st.tuples(st.sampled_from(speech.words + speech.phrases * 3), st.sampled_from(speech.joints)).map("".join)
    return st.lists(piece, min_size=1, max_size=most).map("".join)


@st.composite
def headings(draw: st.DrawFn, speech: Speech) -> str:
    """A heading with colons; often the end of a phrase stands before one, and its beginning behind."""
    sides = draw(st.lists(texts(speech, 3), min_size=1, max_size=3))
    words = draw(st.sampled_from(speech.phrases)).split(" ")
    if len(words) > 1:
        at = draw(st.integers(1, len(words) - 1))
        sides[:1] = [draw(st.sampled_from(["", "(a) ", sides[0]])) + " ".join(words[at:]), " ".join(words[:at])]
    return ": ".join(sides)


@st.composite
def documents(draw: st.DrawFn, speech: Speech) -> dict[str, str]:
    """Return the parts of a record."""
    parts = {}
    present = draw(st.integers(1, 7))
    if present & 1:
        parts["heading"] = draw(headings(speech))
    if present & 2:
        parts["question"] = draw(st.sampled_from(["", "", *FORMULAE])) + draw(texts(speech, 8))
    if present & 4:
        parts[draw(st.sampled_from(["answer", "answer", "text"]))] = draw(texts(speech))
    return parts


def records() -> st.SearchStrategy[Facts]:
    """Return the facts that filters look at."""
    return st.builds(
        Facts,
        kind=st.sampled_from([Kind.QUESTION, Kind.STATEMENT]),
        house=st.sampled_from([House.COMMONS, House.LORDS]),
        body=st.sampled_from([None, "Department of Health and Social Care", "Department for Education", "Health"]),
        asker=st.sampled_from([None, "Si\u00e2n First", "Con O'Neill"]),
        party=st.sampled_from([None, "Labour", "Green Party", "Labour (Co-op)"]),
        minister=st.sampled_from([None, "Baroness Hell", "Asker Minister"]),
        day=st.one_of(
            st.none(),
            st.integers(0, 3).map(lambda days: date(2026, 11, 1) + timedelta(days)),
            st.sampled_from(OLD_DAYS),
        ),
    )


def cases() -> st.SearchStrategy[Case]:
    """Return terms of every kind with a record; some kinds are more frequent."""
    every = _cases(speeches(), terms)
    offices = _cases(speeches(of_offices=True), phrases)
    return st.one_of(every, every, every, offices, _cases(speeches(), nears), _cases(speeches(), scoped))


@st.composite
def _cases(
    draw: st.DrawFn, speech: st.SearchStrategy[Speech], wanted: Callable[[Speech], st.SearchStrategy[str]]
) -> Case:
    """Return one or two topics with excludes, and a record."""
    said = draw(speech)
    topics = [
        Topic(
            key=f"topic {number}",
            name=f"Topic {number}",
            terms=tuple(draw(st.lists(wanted(said), min_size=1, max_size=4, unique=True))),
            exclude=tuple(draw(st.lists(st.one_of(phrases(said), terms(said)), max_size=number))),
        )
        for number in range(draw(st.integers(1, 2)))
    ]
    return Case(tuple(topics), draw(documents(said)), draw(records()))
