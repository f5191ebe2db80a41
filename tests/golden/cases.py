"""Digests whose complete messages are kept beside this file. Everything in them is invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from monitor.digest.arrange import arrange
from monitor.model.digests import Digest
from monitor.model.promises import FoundPromise, Promise, PromiseKind
from monitor.model.records import Attachment, Event, Grouped, House, Kind, Link, Member, Occasion, Proceeding
from monitor.model.topic_years import Newcomer, TopicYear
from monitor.model.watching import NewTerm, UnreadableTerm, Watching
from monitor.parliament.calendar import LONDON
from tests.builders import a_question, a_reading, a_revision, a_subscriber, a_waiting, an_item, matches_in

if TYPE_CHECKING:
    from monitor.model.digests import Item

TOPICS = {"scams": "Online scams", "water": "Water", "rural": "Rural buses", "apprentices": "Apprenticeships"}
TERMS = {
    "scams": ("online scam", "fraudulent website"),
    "water": ("water quality", "bathing water"),
    "rural": ("rural bus", "bus service"),
    "apprentices": ("apprenticeship",),
}
DAY = date(2025, 1, 14)
HOME = {"body": "Home Office", "body_id": 1}
EDUCATION = {"body": "Department for Education", "body_id": 60}
TRANSPORT = {"body": "Department for Transport", "body_id": 27}
MORGAN = Member(member_id=9003, name="Cerys Môn-Sample", party="Plaid Cymru", constituency="Ynys Enghraifft")
LORD = Member(member_id=9004, name="Baroness Specimen", party="Crossbench", constituency="Life peer")
OTHER = Member(member_id=9005, name="Dev Instance", party="Liberal Democrat", constituency="Northern Exemplar")
THIRD = Member(member_id=9006, name="Eve Model", party="Scottish National Party", constituency="Glen Pattern")
LONG = (
    "The Department takes this matter seriously. It works with the regulator and with industry. "
    "Over the last five years the share of rivers in good condition has been measured each spring and each autumn by "
    "the Sample Agency, which publishes its results on the first working day of the following month and keeps the "
    "series comparable. The results are used by local partnerships when they set their own plans.\n\n"
    "In England, 14% of sites reached the standard for water quality in 2019, and 16% in 2020. "
    "The hon. Member will know that a new fund of £3.2 million was opened in the autumn for farmers in the uplands. "
    "Applications are open until the end of March and are decided within eight weeks of their arrival. "
    "We will say more about the second round in due course.\n\n"
    "The Agency has been asked to report on bathing water at inland sites too. Its report is due in the summer. "
    "It will be placed in the Library of the House. Until then the existing guidance applies to all sites in England "
    "and to those in Wales that are managed from England under the agreement of 2015."
)
TABLE = (
    "The table shows apprenticeship starts in the Sample Vale area.\n\n"
    "Academic year\tUnder 19\t19 to 24\t25 and over\n2017/18\t1,210\t1,480\t2,035\n2018/19\t1,164\t1,522\t2,310\n"
    "2019/20\t941\t1,236\t1,987\n\n"
    "Figures are rounded. An apprenticeship that was begun twice is counted once."
)
AREAS = ("Northern Exemplar", "Sample Vale", "Uplands", "Glen Pattern")
BUSES = (
    "Local authorities decide which services they support. The Government has given them £20 million for rural bus "
    "services in 2020-21."
)


BUS_COSTS = (
    "In the financial year 2023-24 the Department spent £4,210,000 on rural bus services in the North. "
    "Of this, 62% went to councils that run services themselves. The rest went to operators."
)


def due(question: Proceeding) -> date | None:
    """Return the due day of a question in the Commons, which is its date for answer, and None in the Lords."""
    return question.date_for_answer if question.house is House.COMMONS else None


def item(question: Proceeding, **facts: Any) -> Item:
    """Return an item with the matches of all four topics."""
    matches = tuple(
        match for topic, terms in TERMS.items() for term in terms for match in matches_in(question, term, topic)
    )
    topics = tuple(topic for topic in TOPICS if any(match.topic == topic for match in matches))
    return an_item(question, matches=matches, topics=topics, **facts)


def a_day(*items: Item, **facts: Any) -> Digest:
    """Arrange items into a digest for a subscriber of all four topics."""
    given: dict[str, Any] = {
        "waiting": (),
        "read": (
            a_reading(),
            a_reading(house=House.LORDS, read=93, published=93),
        ),
        "slot": "2021-02-02T07:30",
        "as_of": datetime(2021, 2, 2, 7, 30, tzinfo=UTC),
        "topics": TOPICS,
    }
    given |= facts
    given |= {name: tuple(given[name]) for name in ("read", "promises", "years") if name in given}
    waiting, subscriber = given.pop("waiting"), given.pop("subscriber", a_subscriber(topics=tuple(TOPICS)))
    return arrange(Digest(subscriber=subscriber, **given), items, waiting)


def _scams() -> list[Item]:
    website = a_question(
        uin="143840",
        heading="Fraud: Internet",
        question="To ask the Secretary of State for the Home Department, what the (a) longest and (b) average time was "
        "for a fraudulent website to be taken down in 2020.",
        answer="The time that it takes to have a fraudulent website taken down is recorded by the hosts of these sites, "
        "not by the Home Office.\n\nThis means we cannot give a longest or an average time.",
        **HOME,
    )
    publications = a_question(
        uin="144652",
        heading="Internet: Fraud",
        question="To ask the Secretary of State for the Home Department, how many reports of online scams were made in "
        "(a) 2019 and (b) 2020.",
        answer="The Home Office publishes figures on reports in its quarterly bulletin.",
        asked_by=OTHER,
        named_day=False,
        date_for_answer=date(2021, 1, 27),
        tabled_on=date(2021, 1, 22),
        links=(
            Link(
                text="quarterly bulletin",
                href="https://gbr01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.gov.uk%2Fgovernment%2Fstatistics"
                "%2Fsample-bulletin-quarterly-figures-on-reports-made-by-members-of-the-public&data=05%7C02%7Csample&reserved=0",
            ),
            Link(text="", href="https://www.gov.example/other"),
        ),
        **HOME,
    )
    lords = a_question(
        uin="HL12345",
        house=House.LORDS,
        heading="Fraudulent Websites",
        question="To ask Her Majesty's Government what assessment they have made of fraudulent websites that sell rail "
        "tickets.",
        answer="I refer the noble Baroness to the answer that I gave on 14 January.",
        asked_by=LORD,
        named_day=None,
        url="https://questions-statements.parliament.uk/written-questions/detail/2021-01-18/HL12345",
        tabled_on=date(2021, 1, 18),
        **HOME,
    )
    earlier = a_question(
        uin="HL11990",
        house=House.LORDS,
        heading="Railways: Fraud",
        answer="No such assessment has been made. The British Transport Police keep the matter under review.",
        answered_on=date(2021, 1, 14),
        url="https://questions-statements.parliament.uk/written-questions/detail/2021-01-04/HL11990",
        **HOME,
    )
    return [item(website), item(publications), item(lords, refers_to=earlier)]


def _water() -> list[Item]:
    rivers = a_question(
        uin="143799",
        heading="Rivers: Water Quality",
        question="To ask the Secretary of State for Environment, Food and Rural Affairs, what recent assessment he has "
        "made of water quality in upland rivers; and if he will make a statement.",
        answer=LONG,
        has_interest=True,
        attachments=(
            Attachment(title="Rivers by catchment", file_type="xlsx", size_bytes=240_400),
            Attachment(title="Method note", file_type="pdf", size_bytes=1_900_000),
        ),
    )
    holding = a_question(
        uin="146001",
        heading="Bathing Water: Wales",
        question="To ask the Secretary of State for Environment, Food and Rural Affairs, what discussions he has had on "
        "bathing water in Wales.",
        answer="It has not proved possible to respond to the hon. Member in the time available before the weekend.",
        is_holding=True,
        asked_by=MORGAN,
    )
    return [item(rivers), item(holding)]


def _buses() -> list[Item]:
    askings = (
        "what steps he is taking to support rural bus services.",
        "how much funding was given to rural bus services in 2020-21.",
        "if he will publish the rural bus funding of each local authority in the North.",
    )
    grouped = []
    for number, (asking, asker) in enumerate(zip(askings, (THIRD, OTHER, MORGAN), strict=True)):
        others = tuple(Grouped(uin=str(144703 + n)) for n in range(4) if n != number)
        question = a_question(
            uin=str(144703 + number),
            heading="Bus Services: Rural Areas" if number else "Buses: Rural Areas",
            question=f"To ask the Secretary of State for Transport, {asking}",
            answer=BUSES,
            asked_by=asker,
            grouped_with=others,
            named_day=False,
            date_for_answer=date(2021, 2, 5),
            **TRANSPORT,
        )
        grouped.append(item(question))
    return grouped


def _mentions() -> list[Item]:
    skills = a_question(
        uin="144769",
        heading="Skills: Sample Vale",
        question="To ask the Secretary of State for Education, what steps he is taking on skills.",
        answer="Skills matter. We fund colleges and we support every apprenticeship that an employer offers. More follows.",
        **EDUCATION,
    )
    post = a_question(
        uin="140015",
        heading="Post Offices",
        question="To ask the Secretary of State for Transport, what plans he has for post offices.",
        answer="Area\tPost offices\tRural bus stops\nNorth\t14\t230\nSouth\t9\t118",
        **TRANSPORT,
    )
    return [item(skills), item(post)]


def ordinary_day() -> Digest:
    """Make a digest of eight answers in four topics, two mentions, two waiting questions and two new ones."""
    starts = a_question(
        uin="144001",
        heading="Apprentices: Sample Vale",
        question="To ask the Secretary of State for Education, how many apprenticeship starts there were in Sample Vale "
        "in each of the last three academic years.",
        answer=TABLE,
        asked_by=OTHER,
        **EDUCATION,
    )
    late = a_question(
        uin="139002", heading="Fraud: Older People", answer=None, tabled_on=date(2021, 1, 20), named_day=True, **HOME
    )
    unknown = a_question(
        uin="HL12001",
        house=House.LORDS,
        heading="Water Companies",
        answer=None,
        asked_by=LORD,
        tabled_on=date(2021, 1, 21),
    )
    asked = [
        a_question(
            uin=str(147031 + n),
            heading=heading,
            question="To ask the Secretary of State for Education, what plans he has for apprenticeships.",
            answer=None,
            asked_by=OTHER,
            tabled_on=date(2021, 2, 1),
            date_for_answer=date(2021, 2, 4),
            **EDUCATION,
        )
        for n, heading in enumerate(("Apprentices: Finance", "Apprentices: Wales"))
    ]
    return a_day(
        *_scams(),
        *_water(),
        *_buses(),
        *_mentions(),
        item(starts),
        *(item(question) for question in asked),
        waiting=[
            a_waiting(late, topics=("scams",), days_late=6, due_on=date(2021, 1, 26)),
            a_waiting(unknown, due_on=None, days_late=None),
        ],
    )


def quiet_day() -> Digest:
    """Make a digest of a day without matches in the Commons' recess."""
    day = date(2024, 9, 24)
    return a_day(
        read=(
            a_reading(from_on=day, to_on=day, read=5, published=5),
            a_reading(house=House.LORDS, from_on=day, to_on=day, read=0, published=0),
        ),
        as_of=datetime(2024, 9, 25, 6, 30, tzinfo=UTC),
        slot="2024-09-25T07:30",
        in_recess_until={House.COMMONS: date(2024, 10, 7)},
        open_count=3,
        next_due_on=date(2024, 10, 9),
        next_at=datetime(2024, 9, 26, 7, 30, tzinfo=LONDON),
    )


def correction_day() -> Digest:
    """Make a digest of a correction in three answers, an answer after a holding one, an edit, a withdrawal, a transfer."""
    changes = []
    for uin, day in (("3283", 9), ("3294", 4), ("3853", 10)):
        mailed = _bus_answer(uin, date(2024, 9, day), BUS_COSTS)
        fixed = BUS_COSTS.replace("4,210,000", "4,120,000").replace("62%", "just over 60%")
        now = _bus_answer(uin, date(2024, 9, day), fixed, corrected_on=date(2024, 11, 26), is_correction=True)
        changes.append(item(now, before=mailed, told_on=date(2024, 9, day + 1), events=(Event.CORRECTED,)))
    held = _bus_answer("4001", date(2024, 11, 12), "I will write to the hon. Member.", is_holding=True)
    real = _bus_answer(
        "4001", date(2024, 11, 26), "There were 212 rural bus routes in 2023.", holding_on=date(2024, 11, 12)
    )
    quoted = _bus_answer("4002", date(2024, 11, 20), "The rural bus review will report in the spring.")
    edited = _bus_answer("4002", date(2024, 11, 20), "The rural bus review will report in due course.")
    asked = _bus_answer("4003", None, None)
    withdrawn = _bus_answer("4003", None, None, is_withdrawn=True)
    moved = _bus_answer("4004", None, None, body="Home Office")
    return a_day(
        *changes,
        item(real, before=held, told_on=date(2024, 11, 13), events=(Event.ANSWERED,)),
        item(edited, before=quoted, told_on=date(2024, 11, 21), events=(Event.EDITED,)),
        item(withdrawn, before=asked, told_on=date(2024, 11, 15), events=(Event.WITHDRAWN,)),
        item(moved, before=_bus_answer("4004", None, None), events=(Event.TRANSFERRED,)),
        item(_corrected_unsent("4901", date(2024, 11, 22))),
        item(_bus_answer("4900", date(2024, 11, 26), "A rural bus plan is being written.")),
        read=(
            a_reading(
                from_on=date(2024, 11, 26),
                to_on=date(2024, 11, 26),
                read=410,
                published=412,
                incomplete=("answers of 26 November 2024",),
                failures=("questions-statements-api.parliament.uk answered 503 three times.",),
            ),
        ),
        as_of=datetime(2024, 11, 27, 7, 30, tzinfo=UTC),
        slot="2024-11-27T07:30",
    )


def corrected_first() -> Digest:
    """Make a digest of answers that were corrected before they were mailed."""
    return a_day(
        item(_corrected_unsent("4901", date(2024, 11, 22))),
        item(_corrected_unsent("4907", date(2024, 11, 25), answer=f"{BUS_COSTS} More will follow.")),
        read=(a_reading(from_on=date(2024, 11, 26), to_on=date(2024, 11, 26), read=412, published=412),),
        as_of=datetime(2024, 11, 27, 7, 30, tzinfo=UTC),
        slot="2024-11-27T07:30",
    )


def _corrected_unsent(uin: str, answered_on: date, answer: str = BUS_COSTS) -> Proceeding:
    """Return an answer that was corrected on 26 November 2024 and was not mailed before."""
    return _bus_answer(
        uin,
        answered_on,
        answer.replace("62% went to councils that run services themselves", "58% went to councils"),
        heading="Bus Services: Older People",
        original_answer=answer,
        corrected_on=date(2024, 11, 26),
        is_correction=True,
    )


def _bus_answer(uin: str, answered_on: date | None, answer: str | None, **facts: Any) -> Proceeding:
    given = {
        "uin": uin,
        "url": f"https://questions-statements.parliament.uk/written-questions/detail/2024-09-02/{uin}",
        "heading": "Bus Services: Finance",
        "question": "To ask the Secretary of State for Transport, how much was spent on rural bus services.",
        "answer": answer,
        "answered_on": answered_on,
        "tabled_on": date(2024, 9, 2),
        "date_for_answer": date(2024, 9, 9),
        "corrected_by": Member(name="Fay Template"),
        **TRANSPORT,
    }
    return a_question(**(given | facts))


def after_recess() -> Digest:
    """Make a digest of 304 items after seven weeks."""
    topics = list(TOPICS)
    items = []
    for number in range(304):
        topic = topics[number * 7 % 19 % 4]
        term = TERMS[topic][0]
        is_about = number % 3 != 2
        day = date(2024, 7, 26) + timedelta(days=number % 46)
        question = a_question(
            uin=str(20000 + number),
            url=f"https://questions-statements.parliament.uk/written-questions/detail/2024-07-20/{20000 + number}",
            heading=f"Sample Matter {number}",
            question=f"To ask the Secretary of State for Education, what plans he has on {term}s in area {number}."
            if is_about
            else "To ask the Secretary of State for Education, what plans he has.",
            answer=f"Plan number {number} is being made. It takes account of every {term} in the area.",
            answered_on=day,
            tabled_on=date(2024, 7, 20),
            date_for_answer=None,
            **EDUCATION,
        )
        items.append(item(question))
    first, last = date(2024, 7, 26), date(2024, 9, 9)
    return a_day(
        *items,
        read=(a_reading(from_on=first, to_on=last, read=3120, published=3120),),
        as_of=datetime(2024, 9, 10, 6, 30, tzinfo=UTC),
        slot="2024-09-10T07:30",
        missed=12,
    )


def tables() -> Digest:
    """Make a digest of tables with two heading rows, long words, many columns, and one within a long answer."""
    areas = "".join(
        f"{area}\t{n}.{n} million\t{n * 311:,}\t£{n * 7}.5 million\t[c]\n" for n, area in enumerate(AREAS, 1)
    )
    two = "\t2019-20\t\t2020-21\nArea\tRural bus passengers\tRoutes\tExpenditure\tInterdepartmental grants\n" + areas
    months = "Authority\tApril\tMay\tJune\tJuly\tAugust\tSeptember\tOctober\tNovember"
    wide = f"{months}\n" + "\n".join(
        "\t".join([area, *(f"{n * m * 17:,}" for m in range(1, 9))]) for n, area in enumerate(AREAS, 1)
    )
    long = f"{LONG}\n\n{two}\n{LONG}"
    asked = "To ask the Secretary of State for Transport, how many passengers rural bus services had in each area."
    answers = (
        f"Figures are in the table.\n\n{two}",
        f"By month:\n\n{wide}",
        long.replace("Uplands", "Uplands rural bus"),
    )
    return a_day(
        *(
            item(
                a_question(
                    uin=str(145100 + n), heading=f"Bus Services: Table {n}", question=asked, answer=answer, **TRANSPORT
                )
            )
            for n, answer in enumerate(answers, start=1)
        ),
        item(
            a_question(
                uin="145104",
                heading="Local Government: Grants",
                question="To ask the Secretary of State for Transport, what grants were made.",
                answer=f"Grants were made as follows.\n\n{two.replace('Uplands', 'Uplands rural bus')}",
                **TRANSPORT,
            )
        ),
    )


def one_hit() -> Digest:
    """Make a digest of one answer for a reader with an unreadable term, an idle topic and a new term."""
    watching = Watching(
        unreadable=(UnreadableTerm(topic="scams", term="scam or fraud", reason="Write OR in capitals for a choice."),),
        idle_topics=("rural",),
        idle_since=date(2020, 2, 3),
        new_terms=(NewTerm(topic="water", term="upland river", records=42, newest_on=date(2021, 1, 19)),),
    )
    return a_day(_water()[0], watching=watching)


def same_words() -> Digest:
    """Make a digest of answers given before, similar answers of one day, and a label whose sentence is not shown."""
    asked = (
        "To ask the Secretary of State for Environment, Food and Rural Affairs, how much bathing water was tested in"
    )
    text = (
        "The Sample Agency tests the bathing waters of forty beaches each month in the season, and publishes the results. "
        "In the last year {n} samples were taken at {place}, of which none failed the standard."
    )
    places = (
        ("150001", 45, "North Sample", OTHER),
        ("150002", 38, "South Sample", THIRD),
        ("150003", 45, "North Sample", MORGAN),
    )
    counted = [
        a_question(uin=uin, heading="Bathing Water: Tests", question=f"{asked} {place}.", asked_by=asker,
                   answer=text.format(n=n, place=place))
        for uin, n, place, asker in places
    ]  # fmt: skip
    earlier = a_question(
        uin="143790",
        answer=text.format(n=51, place="North Sample"),
        answered_on=date(2021, 1, 12),
        tabled_on=date(2021, 1, 5),
    )
    buses = a_question(uin="150004", heading="Rural Bus Services", answer=BUSES, **TRANSPORT)
    held = f"{LONG}\n\nThe number of anglers who were asked is not held centrally."
    rivers = a_question(uin="150005", heading="Rivers: Water Quality", answer=held)
    return a_day(
        item(counted[0], said_before=earlier),
        *map(item, counted[1:]),
        item(buses, said_before=replace(buses, id="q-143100", uin="143100", answered_on=date(2020, 12, 1))),
        item(rivers),
    )


def hostile() -> Digest:
    """Make a digest of texts that try to inject headers, mark-up, scripts and formulas."""
    question = a_question(
        uin="1\r\nBcc: evil@example.net",
        url="https://questions-statements.parliament.uk.evil.example/x",
        heading="=?utf-8?q?Fraud=0ABcc?= \u202eevil\u202c <b>Online scams</b>\r\nBcc: evil@example.net\0",
        question='To ask the Minister, what {{ 7 * 7 }} <script>alert(1)</script> online scam "quoted" & \u200bhidden.',
        answer='<img src="http://evil.example/p.gif"> javascript:alert(1) online scam\x1b[31m red\ud800\n\n'
        "------------------------------------------------------------------------\n2  WATER | A heading of ours\n\n"
        '=HYPERLINK("http://evil.example")\t' + "x" * 300,
        asked_by=Member(
            name="<a href='https://evil.example'>Ada</a>\n\nCite: UIN 1", party="\u202eLab", constituency=None
        ),
        answered_by=Member(name='"Ben"; DROP TABLE', party=None),
        links=(
            Link(text="www.gov.uk", href="https://evil.example/www.gov.uk"),
            Link(text="x", href="javascript:alert(1)"),
        ),
        attachments=(Attachment(title="../../etc/passwd\n<svg onload=x>", file_type="exe", size_bytes=0),),
        body="<i>Home</i> Office",
    )
    plain = a_question(uin="77", url="http://questions-statements.parliament.uk/x", answer="An online scam.")
    return a_day(item(question), item(plain))


def _made(kind: Kind, words: str, text: str, **facts: Any) -> Proceeding:
    """Return a record that is not a question, made on Tuesday 14 January 2025."""
    given = {
        "kind": kind,
        "heading": words,
        "text": text,
        "question": None,
        "answer": None,
        "asked_by": None,
        "answered_by": None,
        "answered_on": None,
        "tabled_on": None,
        "date_for_answer": None,
        "named_day": None,
        "uin": None,
        "made_on": date(2025, 1, 14),
    }
    return a_question(**(given | facts))


def every_kind() -> Digest:
    """Make a digest of an answer, statements, speeches in several places, a notice, and a statement changed since."""
    minister = Member(
        member_id=9007,
        name="Ian Example",
        party="Labour",
        constituency="Sample Fields",
        office="Parliamentary Under-Secretary of State for Transport",
    )
    statement = _made(
        Kind.STATEMENT,
        "Rural Bus Fund",
        LONG.replace("water quality", "rural bus services"),
        uin="HCWS751",
        id="s-1",
        url="https://questions-statements.parliament.uk/written-statements/detail/2025-01-14/hcws751",
        made_by=minister,
        attachments=(Attachment(title="Fund by county", file_type="pdf", size_bytes=90_000),),
        links=(Link(text="the fund", href="https://www.gov.example/fund"),),
        **TRANSPORT,
    )
    debate = _made(
        Kind.SPEECH,
        "Bathing Water",
        "Inland sites are tested each month. The results are published, and bathing water at eight of them is poor.",
        id="sp-1",
        series="debates",
        column="171",
        made_by=MORGAN,
        body=None,
        url="https://www.theyworkforyou.com/debates/?id=2025-01-14a.171.1",
    )
    hall = _made(
        Kind.SPEECH,
        "Apprenticeships: Sample Vale",
        "I thank the hon. Lady. Every apprenticeship counts.",
        id="sp-2",
        series="westminster_hall",
        column="2WH",
        made_by=Member(name="Dev Instance", printed="Mr. Instance", party="Liberal Democrat", office="The Minister"),
        body=None,
        url=None,
    )
    committee = _made(
        Kind.SPEECH,
        "Clause 4",
        "The clause would give each council a say. It does not name the rural bus operators in it.",
        id="sp-3",
        series="committee",
        column="125",
        body="Sample Transport Bill",
        made_by=THIRD,
        url="https://www.theyworkforyou.com/pbc/?id=x",
    )
    lords = _made(
        Kind.SPEECH,
        "Online Scams",
        "My Lords, an online scam can ruin a life. I beg to move.",
        id="sp-4",
        house=House.LORDS,
        series="debates",
        column="1003",
        made_by=LORD,
        body=None,
        url="https://www.theyworkforyou.com/lords/?id=2025-01-14a.1003.1",
    )
    notice = _made(
        Kind.NOTICE,
        "New guidance on fraudulent websites",
        "Guidance for small firms on fraudulent websites was published today.",
        id="n-1",
        body="Sample Office announcements",
        url="https://news.example/guidance/fraud",
        source="Sample Office announcements",
    )
    mailed = _made(
        Kind.STATEMENT,
        "Bathing Water: Results",
        "Of 400 sites, 12 are poor for bathing water.",
        uin="HLWS7",
        id="s-2",
        house=House.LORDS,
        url="https://questions-statements.parliament.uk/written-statements/detail/2025-01-10/hlws7",
        made_on=date(2025, 1, 10),
        made_by=LORD,
    )
    now = replace(mailed, text="Of 400 sites, 21 are poor for bathing water.")
    answer = a_question(
        uin="22195",
        heading="Bus Services: Finance",
        question="To ask the Secretary of State for Transport, how much was spent on rural bus services.",
        answer=BUSES,
        answered_on=date(2025, 1, 14),
        tabled_on=date(2025, 1, 8),
        date_for_answer=date(2025, 1, 13),
        url="https://questions-statements.parliament.uk/written-questions/detail/2025-01-08/22195",
        **TRANSPORT,
    )
    day = {"from_on": date(2025, 1, 14), "to_on": date(2025, 1, 14)}
    return a_day(
        *(item(record) for record in (statement, debate, hall, committee, lords, notice, answer)),
        item(now, before=mailed, told_on=date(2025, 1, 13), events=(Event.EDITED,)),
        read=(
            a_reading(**day, read=410, published=410),
            a_reading(**day, source="statements", read=9, published=9),
            a_reading(**day, source="theyworkforyou", house=None, read=1204, published=1204),
            a_reading(**day, source="Sample Office announcements", house=None, read=3, published=3),
        ),
        as_of=datetime(2025, 1, 15, 7, 30, tzinfo=UTC),
        slot="2025-01-15T07:30",
    )


def coming_up() -> Digest:
    """Make a digest of an answer, and of what is coming: new, moved, called off, gone, back, and without a day."""
    answer = a_question(heading="Rivers", answer="The Agency tests water quality each month.", answered_on=DAY)
    asked = _coming(
        Occasion.ORAL_QUESTION,
        DAY + timedelta(days=7),
        id="oq-700001",
        uin="900001",
        heading=None,
        question="What steps he is taking to prevent online scams.",
        asked_by=OTHER,
        **HOME,
    )
    topical = replace(
        asked,
        id="oq-700002",
        uin="900002",
        occasion=Occasion.TOPICAL_QUESTION,
        takes_place_on=DAY + timedelta(days=14),
        question="Whether he will publish the figures for fraudulent websites.",
        house=House.COMMONS,
    )
    statement = _coming(
        Occasion.STATEMENT,
        DAY + timedelta(days=1),
        id="wo-cal35011",
        heading="Rural bus services",
        text="Ministerial statement, Main Chamber.",
        made_by=LORD,
        house=House.LORDS,
        url="https://whatson.parliament.uk/lords/2025-01-15/",
    )
    debate = _coming(
        Occasion.BUSINESS,
        DAY + timedelta(days=3),
        id="wo-cal35012",
        heading="Bathing water at inland sites",
        text="Westminster Hall debate.\n\nNamed: Cerys Môn-Sample.",
        url="https://whatson.parliament.uk/commons/2025-01-17/",
    )
    inquiry = _coming(
        Occasion.EVIDENCE,
        DAY + timedelta(days=30),
        id="ci-4001",
        heading="Rural transport",
        text="The Committee asks whether rural bus services reach those who need them. It will hear from operators.",
        body="Sample Affairs Committee",
        url="https://committees.parliament.uk/work/4001/",
    )
    open_ended = replace(inquiry, id="ci-4002", heading="Apprenticeships in rural areas", takes_place_on=None)
    on_another_day = replace(debate, takes_place_on=DAY + timedelta(days=6))
    meeting = replace(debate, id="wo-com27003", heading="Bathing water: evidence", body="Sample Affairs Committee")
    told = {"told_on": DAY - timedelta(days=4)}
    return a_day(
        item(answer),
        item(asked, events=(Event.ANNOUNCED,)),
        item(statement, events=(Event.ANNOUNCED,)),
        item(inquiry, events=(Event.ANNOUNCED,)),
        item(open_ended, events=(Event.ANNOUNCED,)),
        item(on_another_day, events=(Event.MOVED,), before=a_revision(debate), **told),
        item(replace(meeting, is_withdrawn=True), events=(Event.WITHDRAWN,), before=a_revision(meeting), **told),
        item(replace(topical, is_gone=True), events=(Event.WITHDRAWN,), before=a_revision(topical), **told),
    )


def _coming(occasion: Occasion, day: date | None, **facts: Any) -> Proceeding:
    given: dict[str, Any] = {
        "source": "whats_on",
        "kind": Kind.NOTICE,
        "house": House.COMMONS,
        "made_on": DAY,
        "occasion": occasion,
        "takes_place_on": day,
    }
    return Proceeding(**(given | facts))


def of_2005() -> Digest:
    """Make a digest of written answers of 2005: no tabled day, printed names, columns, an earlier answer, equal answers."""
    printed = {
        "source": "theyworkforyou",
        "tabled_on": None,
        "date_for_answer": None,
        "named_day": None,
        "is_correction": None,
        "answered_on": date(2005, 12, 7),
        "series": "written_answers",
        "session": "2005-06",
        "answered_by": Member(name="Ben Placeholder", printed="Mr. Placeholder", party="Labour"),
        "asked_by": Member(name="Dev Instance", printed="Mr. Dev Instance", party="Liberal Democrat"),
    }
    home = {"body": "Home Department", "body_id": None}
    earlier = a_question(
        **(printed | home),
        uin="20101",
        id="pq-commons-2005-06-20101",
        column="756W",
        heading="Internet: Fraud",
        answer="A unit of 40 officers was set up in April.",
        url="http://www.publications.parliament.uk/pa/cm200506/cmhansrd/vo051207/text/51207w20.htm#51207w20.html_wqn1",
    )
    earlier = replace(earlier, answered_on=date(2005, 11, 3))
    referring = a_question(
        **(printed | home),
        uin="30444",
        id="pq-commons-2005-06-30444",
        column="1366W",
        column_to="1367W",
        heading="Internet: Fraud",
        question="To ask the Secretary of State for the Home Department how many officers look into fraudulent websites.",
        answer="I refer the hon. Member to the answer that I gave on 3 November 2005, Official Report, column 756W.",
        holding_on=date(2005, 11, 29),
        url="http://www.publications.parliament.uk/pa/cm200506/cmhansrd/vo051207/text/51207w27.htm#51207w27.html_wqn8",
    )
    none = [
        a_question(
            **(printed | {"body": "Transport", "body_id": None}),
            uin=str(30501 + n),
            id=f"pq-commons-2005-06-{30501 + n}",
            column=f"{1401 + n}W",
            heading=heading,
            question=f"To ask the Secretary of State for Transport {asked}",
            answer="None.",
            url=None,
        )
        for n, (heading, asked) in enumerate(
            (
                ("Rural Buses", "what representations he has had on rural buses."),
                ("Bus Services: Wales", "how many rural bus routes in Wales his Department runs."),
            )
        )
    ]
    lords = a_question(
        **(printed | {"body": None, "body_id": None}),
        uin="HL2501",
        id="pq-lords-2005-06-hl2501",
        house=House.LORDS,
        column="77",
        heading="Bathing Water",
        question="asked Her Majesty's Government: Whether bathing water is tested in winter.",
        answer="It is not.",
        url="http://www.theyworkforyou.com/wrans/?id=2005-12-07a.77.1",
    )
    return a_day(
        item(referring, refers_to=earlier),
        *(item(record) for record in (*none, lords)),
        read=(a_reading(source="theyworkforyou", house=None, from_on=date(2005, 12, 7), to_on=date(2005, 12, 7)),),
        as_of=datetime(2005, 12, 8, 7, 30, tzinfo=UTC),
        slot="2005-12-08T07:30",
    )


def _asked(uin: str, words: str, **facts: Any) -> Proceeding:
    """Return a question that was tabled yesterday and has no heading yet."""
    given = {
        "uin": uin,
        "url": f"https://questions-statements.parliament.uk/written-questions/detail/2026-01-13/{uin}",
        "heading": None,
        "question": words,
        "answer": None,
        "tabled_on": date(2026, 1, 13),
        "date_for_answer": date(2026, 1, 19),
        "named_day": False,
    }
    return a_question(**(given | HOME | facts))


def new_questions() -> Digest:
    """Make a digest of new questions: without headings, to many bodies, on one subject, long, late, waiting, transferred."""
    home = "To ask the Secretary of State for the Home Department,"
    bodies = ("Cabinet Office", "Department for Education", "Department for Transport", "Home Office", "Ministry of Defence",
              "Ministry of Justice", "Treasury", "Wales Office")  # fmt: skip
    to_all = [
        _asked(
            str(104300 + n),
            f"To ask the Secretary of State for X, how many apprenticeships {possessive} Department offered in 2025.",
            body=body,
            body_id=100 + n,
            asked_by=OTHER,
            date_for_answer=date(2026, 1, 16),
            named_day=True,
        )
        for n, (body, possessive) in enumerate(zip(bodies, ("his", "her") * 4, strict=True))
    ]
    together = [
        _asked("104401", f"{home} what steps she is taking to help banks report online scams that use cloned voices."),
        _asked("104402", f"{home} how many online scams in which cloned voices were used were reported in 2025."),
        _asked("104407", f"{home} how many officers look into online scams."),
    ]
    long = _asked(
        "104500",
        "To ask the Secretary of State for Transport, with reference to the report of the Sample Institute entitled "
        "Getting About, published on 5 January 2026, what assessment he has made of the implications for his policies of "
        "its finding that villages with fewer than four rural bus services a day lose shops, schools and surgeries sooner "
        "than others; and if he will make a statement.",
        asked_by=MORGAN,
        **TRANSPORT,
    )
    lords = _asked(
        "HL13777",
        "To ask His Majesty's Government what plans they have to test bathing water in winter.",
        house=House.LORDS,
        asked_by=LORD,
        named_day=None,
        date_for_answer=date(2026, 1, 27),
        body="Department for Environment, Food and Rural Affairs",
    )
    late = [
        _asked(uin, f"{home} what guidance on fraudulent websites {guidance}.", tabled_on=date(2026, 1, 6),
               heading=heading, date_for_answer=date(2026, 1, day), named_day=True)
        for uin, guidance, heading, day in (
            ("103001", "she has given to trading standards", "Fraudulent Websites: Guidance", 12),
            ("103002", "was given to small firms", None, 14),
            ("102900", "there is for older people", "Fraud: Older People", 2),
        )
    ]  # fmt: skip
    letter = _asked(
        "98001",
        "To ask the Secretary of State for Environment, Food and Rural Affairs, how many beaches have bathing water.",
        heading="Bathing Water",
        answer="I will write to the hon. Member.",
        answered_on=date(2025, 12, 16),
        tabled_on=date(2025, 12, 9),
        body="Department for Environment, Food and Rural Affairs",
    )
    before = _asked("103500", f"{home} what steps she is taking on online scams that use telephones.")
    moved = replace(before, body="Department for Science, Innovation and Technology", body_id=216)
    waiting = [
        a_waiting(late[0], topics=("scams",), due_on=date(2026, 1, 12), days_late=2, is_new=True,
                  matches=item(late[0]).matches),
        a_waiting(late[1], topics=("scams",), due_on=date(2026, 1, 14), days_late=0, matches=item(late[1]).matches),
        a_waiting(late[2], topics=("scams",), due_on=date(2026, 1, 2), days_late=12, matches=item(late[2]).matches),
        a_waiting(letter, topics=("water",), due_on=None, days_late=None, promised_on=date(2025, 12, 16),
                  matches=item(letter).matches),
    ]  # fmt: skip
    day = {"from_on": date(2026, 1, 13), "to_on": date(2026, 1, 13)}
    return a_day(
        *(item(question) for question in (*to_all, *together, long, lords)),
        item(moved, before=before, told_on=date(2026, 1, 12), events=(Event.TRANSFERRED,)),
        waiting=waiting,
        read=(a_reading(**day, read=212, published=212), a_reading(**day, house=House.LORDS, read=40, published=40)),
        as_of=datetime(2026, 1, 14, 7, 30, tzinfo=UTC),
        slot="2026-01-14T07:30",
    )


def weekly() -> Digest:
    """Make a weekly digest with the last year of its topics: months, members who are new, and promises that are late."""
    months = (3, 0, 5, 14, 9, 2, 0, 0, 1, 6, 7, 2)
    names = [f"{2020 + (number + 2) // 12}-{(number + 2) % 12 + 1:02}" for number in range(len(months))]
    record = a_question(uin="99001", heading="Inland Bathing", answered_on=date(2020, 2, 3))
    promise = Promise(
        number=1,
        id="p-0000000001",
        record=record,
        proceeding_id=1,
        part="answer",
        sentence="We will publish the list of inland bathing sites in autumn 2020.",
        found=FoundPromise(
            start=0, end=64, act="publish", expression="will publish in autumn 2020", kind=PromiseKind.DATED,
            due_from=date(2020, 9, 1), due_to=date(2020, 11, 30),
        ),
        made_on=date(2020, 2, 3),
    )  # fmt: skip
    years = (
        TopicYear(
            topic="water",
            months=tuple(zip(names, months, strict=True)),
            newcomers=(
                Newcomer(name="Dev Instance", first_on=date(2021, 1, 29), questions=3),
                Newcomer(name="Eve Model", first_on=date(2021, 2, 1), questions=1),
            ),
            late=((promise,),),
            late_count=3,
        ),
        TopicYear(topic="rural", months=tuple((name, 1) for name in names)),
    )
    reader = a_subscriber(cadence="weekly", topics=tuple(TOPICS))
    return replace(one_hit(), subscriber=reader, watching=Watching(), years=years)


CASES = {
    "ordinary-day": ordinary_day,
    "new-questions": new_questions,
    "quiet-day": quiet_day,
    "correction-day": correction_day,
    "after-recess": after_recess,
    "corrected-first": corrected_first,
    "tables": tables,
    "one-hit": one_hit,
    "same-words": same_words,
    "hostile": hostile,
    "every-kind": every_kind,
    "coming-up": coming_up,
    "of-2005": of_2005,
    "weekly": weekly,
}
