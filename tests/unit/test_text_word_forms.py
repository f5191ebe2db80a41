"""Forms of a word: words that find each other, and words that must not."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.tokens import STOP_WORDS, tokens
from monitor.text.word_forms import shipped, spellings, word_forms

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data" / "written-questions-api"
PLURALS = shipped("forms")["plurals"]
IRREGULAR = [line.split() for line in PLURALS["irregular"].strip().splitlines()]
NAMES = PLURALS["names"].split()

# All words of a line find each other.
TOGETHER = """
    unit units
    16 16s
    30 30s
    2023 2023s
    8 8s
    p60 p60s
    5g 5gs
    f35 f35s
    4.5 4.5s
    r&d r&ds
    company companies companys
    charity charities charitys
    day days
    child children childs childrens
    schoolchild schoolchildren
    woman women womans womens
    policeman policemen policemens
    fisherman fishermen
    person people persons peoples
    spokesperson spokespeople
    life lives
    live lives
    midwife midwives
    leaf leaves
    knife knives
    thief thieves
    archive archives
    receive receives
    analysis analyses
    analyse analyses
    basis bases
    base bases
    crisis crises
    diagnosis diagnoses
    prosthesis prostheses
    case cases
    phase phases
    exercise exercises
    process processes processs
    business businesses businesss
    address addresses
    access accesses
    witness witnesses
    class classes
    mass masses
    minibus minibuses
    man men mans mens
    campus campuses
    virus viruses
    bonus bonuses
    status statuses
    focus focuses focusses
    house houses
    clause clauses
    cause causes
    use uses
    abuse abuses
    excuse excuses
    lens lenses
    bias biases
    annex annexes
    annexe annexes
    index indices indexes
    appendix appendices
    matrix matrices
    church churches
    branch branches branchs
    tranche tranches
    headache headaches
    niche niches
    parish parishes
    size sizes
    prize prizes
    quiz quizzes
    blitz blitzes
    movie movies
    calorie calories
    cookie cookies
    tie ties
    lie lies
    die dies
    agency agencies agencys
    ally allies
    cargo cargoes cargos
    hero heroes
    potato potatoes
    veto vetoes
    photo photos
    video videos
    shoe shoes
    taxi taxis
    menu menus
    hindu hindus
    israeli israelis
    datum datums
    criterion criteria
    formula formulae formulas
    curriculum curricula
    memorandum memoranda memorandums
    referendum referendums referenda
    consortium consortia consortiums
    stadium stadiums stadia
    bacterium bacteria
    stimulus stimuli
    syllabus syllabuses
    bureau bureaux
    statistic statistics
    clinic clinics
    topic topics
    antibiotic antibiotics
    mp mps
    id ids
    parkinson parkinsons
    britain britains
    wales waless
    james jamess
    charles charless
    denis deniss
    census censuss
    organisation organization organisations organizations
    organise organize organises organizes
    privatisation privatization
    prioritised prioritized
    recognising recognizing
    fertiliser fertilizer fertilisers
    behaviour behavior behaviours behaviors
    behavioural behavioral
    labour labor
    colour color colours colors
    coloured colored
    neighbourhood neighborhood neighbourhoods
    honourable honorable
    paedophile pedophile paedophiles pedophiles
    paediatric pediatric
    paediatrician pediatricians
    haemophilia hemophilia
    foetus fetus foetuses fetuses
    foetal fetal
    anaesthetist anesthetist
    gynaecology gynecology
    oesophagus esophagus
    oestrogen estrogen
    leukaemia leukemia
    coeliac celiac
    diarrhoea diarrhea
    sleep sleeps
    ysgol ysgols
"""

# The first word of a line and the others do not find each other.
APART = """
    new news
    custom customs
    arm arms
    good goods
    common commons
    mean means
    glass glasses
    number numbness
    premise premises
    proceed proceeds
    security securities
    shingle shingles
    spectacle spectacles
    damage damages
    trouble troubles
    odd odds
    due dues
    midland midlands
    cloth clothes
    mar mars
    mr mrs
    thi this
    hi his
    ha has
    wa was
    u us
    i is
    a as
    les less
    los loss
    mas mass
    mis miss
    pas pass
    mes mess
    ros ross
    ga gas
    bu bus
    len lens
    no nos noes
    to toes tos
    other others
    on ons
    thu thus
    serie series
    specie species
    wale wales
    thame thames
    jone jones
    hughe hughes
    charle charles
    jame james
    economic economics
    politic politics
    ethic ethics
    physic physics
    electronic electronics
    genetic genetics
    mathematic mathematics
    analysi analysis
    analyst analysis analyses
    busines business
    bos boss
    prince princess princesses
    princes princess
    need needless
    use us
    use useless
    bas bass
    basic basis
    bass base bases
    live life
    leave leaf
    princ prince
    medium media
    data datum
    staff stave staves
    human humen
    german germen
    specimen speciman
    yemen yeman
    regimen regiman
    abdomen abdoman
    company companie
    class classe
    box boxe
    movie movy
    shoe sho
    cause caus
    discus discuss
    mis misses
    four for
    hour hor
    tour tor
    your yor
    pour por
    sour sor
    flour flor floor
    source sorce
    course corse
    labour laboratory
    honour honorary
    honorary honourary
    colour colorado
    laboratory labouratory
    humorous humourous
    vigorous vigourous
    armour armorial
    prise prize
    prised prized
    devises devizes
    devise devizes
    advise advize
    exercise exercize
    promise promize
    surprise surprize
    seize seise
    arise arize
    wise wize
    otherwise otherwize
    raised raized
    noise noize
    enterprise enterprize
    franchise franchize
    premises premizes
    supervise supervize
    televised televized
    maize maise
    size sise
    disable dizable
    crises crizes
    minimis minimises
    pedestrian paedestrian
    pedal paedal
    hemisphere haemisphere
    hemp haemp
    estranged oestranged
    fetch foetch
    fetish foetish
    aerial erial
    archive archiv
    goes go's
    mae maes
    dro dros
    gla glas
    glas glass
    dina dinas
    lly llys
    bhata bata
    mhor mor
    unit united unite
    police policy policies
    organ organise organisation
    child childish childhood
"""


# The first word of a line finds the other, and is not found by it.
ONE_WAY = """
    buses bus
    gases gas
    boxes box
    taxes tax
    flies fly
    spies spy
    robert roberts
    william williams
    france frances
    helen helens
    1990 1990s
    2020 2020s
"""


def rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


@pytest.mark.parametrize("row", rows(TOGETHER), ids=" ".join)
def test_the_forms_of_a_word_find_each_other(row: list[str]) -> None:
    first, *others = row
    assert set(row) <= word_forms(first)
    assert all(first in word_forms(other) for other in others)


@pytest.mark.parametrize("row", rows(APART), ids=" ".join)
def test_other_words_do_not_find_each_other(row: list[str]) -> None:
    first, *others = row
    assert not set(others) & word_forms(first)
    assert not any(first in word_forms(other) for other in others)


@pytest.mark.parametrize(("finder", "found"), rows(ONE_WAY))
def test_short_words_and_names_are_found_one_way(finder: str, found: str) -> None:
    assert found in word_forms(finder)
    assert finder not in word_forms(found)


def test_there_are_many_traps() -> None:
    assert sum(len(row) - 1 for row in [*rows(TOGETHER), *rows(APART)]) >= 150


EXACTLY = {
    "unit": {"unit", "units"},
    "companies": {"company", "companys", "companies"},
    "children": {"child", "childs", "children", "childrens"},
    "tax": {"tax", "taxs"},
    "taxes": {"tax", "taxs", "taxes"},
    "gas": {"gas", "gass"},
    "fly": {"fly", "flys"},
    "day": {"day", "days"},
    "crisis": {"crisis", "crisiss", "crises"},
    "custom": {"custom"},
    "customs": {"customs", "customss"},
    "organised": {"organised", "organized"},
    "with": {"with"},
    "others": {"others"},
    "d": {"d"},
    "5.2m": {"5.2m", "5.2ms"},
    "hs2": {"hs2", "hs2s"},
    "16s": {"16", "16s"},
    "1990": {"1990", "1990s"},
    "1990s": {"1990s"},
    "r&d": {"r&d", "r&ds"},
    "m&s": {"m&s", "m&ss"},
    "\u00a3": {"\u00a3"},
    "\u00bd": {"\u00bd"},
    "i'r": {"i'r"},
}


@pytest.mark.parametrize(("word", "forms"), EXACTLY.items(), ids=EXACTLY)
def test_words_have_no_other_forms(word: str, forms: set[str]) -> None:
    assert word_forms(word) == forms


@pytest.mark.parametrize("row", IRREGULAR, ids=" ".join)
def test_listed_plurals_find_their_singular(row: list[str]) -> None:
    singular, *plurals = row
    assert all(singular in word_forms(plural) for plural in plurals)
    is_short = len(singular) < 4 and singular not in ("axe", "man", "ox")
    assert word_forms(singular) & set(plurals) == (set() if is_short else set(plurals))


@pytest.mark.parametrize("word", [*PLURALS["no_plural"].split(), *PLURALS["sciences"].split()])
def test_words_that_are_not_plurals_find_no_singular(word: str) -> None:
    assert word_forms(word) & {word[:-1], word[:-2]} == set()
    assert word not in word_forms(word[:-1])


@pytest.mark.parametrize("name", NAMES)
def test_name_ending_in_s_differs_from_the_name_without_it(name: str) -> None:
    assert name[:-1] not in word_forms(name)
    assert name in word_forms(name[:-1]) or name == "harries"  # as its possessive


@pytest.mark.parametrize("name", [name for name, words in PLURALS.items() if name != "irregular"])
def test_lists_hold_folded_words_once(name: str) -> None:
    listed = PLURALS[name].split()
    assert all(re.fullmatch("[a-z]{2,}", word) for word in listed)
    assert len(set(listed)) == len(listed)


@given(st.text(alphabet="abcdeghilmnorstuwxyz", min_size=1, max_size=9))
def test_a_word_is_among_its_forms_and_no_stop_word_is(word: str) -> None:
    forms = word_forms(word)
    assert word in forms
    assert not (forms - {word}) & STOP_WORDS


# In Welsh and Gaelic no English rule may lead to another word in use.
WELSH_AND_GAELIC = """
    ysgol ysgolion cymru cymraeg gymraeg llywodraeth lywodraeth maes llys plas dinas ynys powys eglwys hanes addysg iechyd
    gwasanaeth gwasanaethau plant pobl heddlu dros glas nos mis mae oes bob sydd yng nghymru ngheredigion caerdydd
    agus leis gaidhlig gaeltacht alba mhor bhata chaoimhin dhomhnaill innis bhos deas
""".split()  # noqa: SIM905 - reads best so


@pytest.mark.parametrize("word", WELSH_AND_GAELIC)
def test_welsh_and_gaelic_words_do_not_find_each_other(word: str) -> None:
    assert word_forms(word) & set(WELSH_AND_GAELIC) == {word}
    assert not word_forms(word) & {"gla", "glass", "dross", "grass", "main", "pla", "his", "is", "as"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Tŷ Gwydr", ["ty", "gwydr"]),
        ("i\u2019r ŷd, o'r môr a\u2019i blant", ["i'r", "yd", "o'r", "mor", "a'i", "blant"]),
        ("Dŵr Cymru: dŵr", ["dwr", "cymru", "dwr"]),
        ("Bòrd na Gàidhlig, a' Ghàidhlig", ["bord", "na", "gaidhlig", "a", "ghaidhlig"]),
        ("Llanfair-ym-Muallt", ["llanfair", "ym", "muallt"]),
    ],
)
def test_welsh_and_gaelic_words_end_where_they_end(text: str, words: list[str]) -> None:
    assert [token.text for token in tokens(text)] == words


SPELLINGS = {
    "privatization": {"privatization", "privatisation"},
    "behavioural": {"behavioural", "behavioral"},
    "paedophile": {"paedophile", "pedophile"},
    "prize": {"prize"},
    "rise": {"rise"},
    "four": {"four"},
    "laborious": {"laborious"},
}


@pytest.mark.parametrize(("word", "expected"), SPELLINGS.items(), ids=SPELLINGS)
def test_british_and_american_spellings_are_one_word(word: str, expected: set[str]) -> None:
    assert spellings(word) == expected


BEGINNINGS = {
    "paedophil": {"paedophil", "pedophil"},
    "paed": {"paed", "pediatr", "pedo", "pedophil"},
    "organis": {"organis", "organiz"},
    "privatisat": {"privatisat", "privatizat"},
    "exercis": {"exercis"},
    "behaviour": {"behaviour", "behavior"},
    "labourer": {"labourer", "laborer"},
    "labour": {"labour"},
    "colour": {"colour"},
    "color": {"color", "colour"},
    "honorar": {"honorar"},
    "medi": {"medi"},
}


@pytest.mark.parametrize(("word", "expected"), BEGINNINGS.items(), ids=BEGINNINGS)
def test_the_beginning_of_a_word_has_its_spellings(word: str, expected: set[str]) -> None:
    assert spellings(word, is_prefix=True) == expected


@pytest.fixture(scope="module")
def recorded_words() -> set[str]:
    """Read the words of real questions and answers, folded."""
    file = RECORDED / "fulltext-commons-2023-09_2024-12.jsonl.gz"
    if not file.is_file():
        pytest.skip(f"the recorded texts are not beside the project: {file}")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for _, line in zip(range(1500), lines, strict=False)]
    texts = [record[key] or "" for record in records for key in ("questionText", "answerText")]
    text = re.sub("<[^>]*>", "\n", "\n".join(texts))
    return {token.text for token in tokens(text) if token.text.isalpha()}


def test_words_in_use_find_each_other_both_ways(recorded_words: set[str]) -> None:
    """Names (Roberts), short words (taxes), and unlisted plurals in -is and -us (Brunei's) are left out."""
    one_way = {
        (word, form)
        for word in recorded_words
        for form in word_forms(word)
        if form in recorded_words and word not in word_forms(form) and form not in NAMES
    }
    assert len(recorded_words) > 7_000
    assert {pair for pair in one_way if not pair[1].endswith(("is", "us", "ss")) and len(pair[1]) > 3} == set()
