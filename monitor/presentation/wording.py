"""Small pieces of wording: what is safe to print, days, counts, names and references.

All that comes from outside passes `clean` (several lines) or `one_line` before it reaches a reader.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.model.records import House, Kind, Member, Proceeding
from monitor.parliament.abbreviations import PARTIES, SHORT_BODIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_HOUSES = {
    House.COMMONS: "House of Commons",
    House.LORDS: "House of Lords",
    House.SCOTLAND: "Scottish Parliament",
    House.NORTHERN_IRELAND: "Northern Ireland Assembly",
    House.SENEDD: "Senedd",
}
_OPEN_PARLIAMENT = "Contains Parliamentary information licensed under the Open Parliament Licence v3.0."
_LICENCES = {
    House.COMMONS: _OPEN_PARLIAMENT,
    House.LORDS: _OPEN_PARLIAMENT,
    House.SCOTLAND: "Contains information licensed under the Scottish Parliament Copyright Licence.",
    House.SENEDD: "Contains public sector information licensed under the Open Government Licence v3.0.",
}
"""Attribution that each licence asks for. The Northern Ireland Assembly states none."""
_SOURCES = {
    "questions": "questions-statements.parliament.uk",
    "statements": "questions-statements.parliament.uk",
    "scotland": "Scottish Parliament",
    "northern_ireland": "Northern Ireland Assembly",
    "senedd": "Senedd",
    "theyworkforyou": "TheyWorkForYou",
    "historic": "Historic Hansard",
    "publications": "publications.parliament.uk",
    "oral_questions": "oral questions",
    "whats_on": "What's On",
    "committees": "inquiries of committees",
    "calendar": "Parliament's calendar",
}
_KINDS = {
    Kind.QUESTION: ("answer", "answers"),
    Kind.STATEMENT: ("statement", "statements"),
    Kind.SPEECH: ("speech", "speeches"),
    Kind.NOTICE: ("notice", "notices"),
}
_NO_ARTICLE = ("the ", "hm ", "women and equalities")
_INSTITUTION = re.compile(
    r"\b(?:agency|advocate|attorney|board|body|cabinet|chancellor|church|commission|committee|council|department|directorate|duchy"
    r"|executive|exchequer|general|government|house|leader|llywydd|lord|minister|ministers|ministry|office|secretary|service|speaker"
    r"|treasury|trefnydd)\b",
    re.IGNORECASE,
)
_OFFICE = re.compile(
    r"(?:(?:Deputy )?(?:First )?Minister|Cabinet Secretary|Counsel General|Trefnydd|(?:Assembly|Senedd) Commission)\b"
)
"""Begins the office by which a minister of the Senedd or the Northern Ireland Assembly goes."""
_TITLES = re.compile(r"^(?:(?:rt|right|the|hon|mr|mrs|ms|miss|dr|sir|dame|lord|lady|professor)\b\.? ?)+", re.IGNORECASE)
_LINKED_HOSTS = (
    "www.theyworkforyou.com",
    "www.parliament.scot",
    "data.parliament.scot",
    "aims.niassembly.gov.uk",
    "record.assembly.wales",
    "record.senedd.wales",
)
_MOVED = {
    "http://www.publications.parliament.uk/": "https://publications.parliament.uk/",
    "http://publications.parliament.uk/": "https://publications.parliament.uk/",
    "http://hansard.millbanksystems.com/": "https://api.parliament.uk/historic-hansard/",
    "http://www.theyworkforyou.com/": "https://www.theyworkforyou.com/",
}
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_BREAKS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")


def clean(text: str) -> str:
    """Drop what must never reach a reader: control, format (bidi, zero-width) and invisible characters, surrogates.

    Line feeds and tabs stay; other line breaks become line feeds. The text is otherwise as it was.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _INVISIBLE.sub("", _BREAKS.sub("\n", text))
    if text.replace("\n", "").replace("\t", "").isprintable():  # nothing of the categories below
        return text
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def one_line(text: str | None) -> str:
    """Clean a text and set it on one line, white space as single spaces; "" for None."""
    return " ".join(clean(text or "").split())


def shorten(text: str, width: int) -> str:
    """Cut a line at a word's end so that it has at most `width` characters, with "..." where cut."""
    if len(text) <= width:
        return text
    cut = text[: width - 3]
    head, space, _ = cut.rpartition(" ")
    return (head if space else cut).rstrip(" ,;:") + "..."


def count_of(number: int, singular: str, plural: str = "") -> str:
    """Say a count: "1 answer", "1,204 answers"."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def count_of_news(number: int) -> str:
    """Say how much news a digest told: none where it only reminded, or said that nothing was found."""
    return count_of(number, "item") if number else "nothing new"


def so_many(number: int, *, is_more: bool) -> str:
    """Say a number that was counted up to a limit: "12", or "1,000 or more"."""
    return f"{number:,} or more" if is_more else f"{number:,}"


def count_up_to(limit: int, number: int) -> str:
    """Say a count of records that ended at a limit: "1 record", "12 records", or "1,000 or more records"."""
    return count_of(number, "record") if number < limit else f"{so_many(number, is_more=True)} records"


def listed(words: list[str]) -> str:
    """Join as in a sentence: "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def listed_briefly(words: list[str], most: int = 10) -> str:
    """Join as in a sentence, but so many words at most: "a, b and 1,998 more"."""
    more = len(words) - most
    return listed([*words[:most], f"{more:,} more"] if more > 0 else words)


def long_day(day: date) -> str:
    """Write a day out: "1 February 2021"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def long_month(month: str) -> str:
    """Write a month: "March 2024" for "2024-03"."""
    year, number = month.split("-")
    return f"{_MONTHS[int(number) - 1]} {int(year)}"


def day_in_words(written: str) -> str:
    """Write a day, month or year out, as exact as it is known: "1 April 2006", "April 2006", "2006"."""
    parts = written.split("-")
    if len(parts) == 1:
        return written
    return long_month(written) if len(parts) == 2 else long_day(date.fromisoformat(written))  # noqa: PLR2004 (year and month)


def week_day(day: date) -> str:
    """Write a day out with its weekday: "Monday 1 February 2021"."""
    return f"{_DAYS[day.weekday()]} {long_day(day)}"


def short_day(day: date, near: date | None = None) -> str:
    """Write a day short: "1 Feb", with its year unless `near` is of the same year."""
    year = "" if near is not None and near.year == day.year else f" {day.year}"
    return f"{day.day} {_MONTHS[day.month - 1][:3]}{year}"


def short_range(days: list[date]) -> str:
    """Name the days of a subject: "Mon 1 Feb", or "26 Jul to 9 Sep", with years where there are two."""
    first, last = min(days), max(days)
    if first == last:
        return f"{_DAYS[first.weekday()][:3]} {short_day(first, first)}"
    near = first if first.year == last.year else None
    return f"{short_day(first, near)} to {short_day(last, near)}"


def short_days(days: list[date]) -> str:
    """Write a day short, or the first and the last of several: "1 Feb 2021", "1 to 5 Feb 2021", "30 Jan to 5 Feb 2021"."""
    first, last = min(days), max(days)
    if first == last:
        return short_day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {short_day(last)}"
    return f"{short_day(first, last)} to {short_day(last)}"


def long_range(days: list[date]) -> str:
    """Name the days of a headline: "Monday 1 February 2021", "26 to 27 July 2024", "26 July to 9 September 2024"."""
    first, last = min(days), max(days)
    if first == last:
        return week_day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {long_day(last)}"
    start = long_day(first)
    return f"{start.removesuffix(f' {last.year}')} to {long_day(last)}"


def house_name(house: House) -> str:
    """Return the full name of a House."""
    return _HOUSES[house]


def licences(houses: Collection[House]) -> list[str]:
    """Return a sentence for each licence of the records of some Houses; without a House, that of Westminster.

    A legislature that states no licence has no sentence.
    """
    among = houses or (House.COMMONS,)
    return list(dict.fromkeys(words for house, words in _LICENCES.items() if house in among))


def house_short(house: House) -> str:
    """Return the short name of a House for lists: "Lords", "Northern Ireland"."""
    return house.value.replace("_", " ").title()


def source_name(source: str) -> str:
    """Return the name of a source for readers, by default its own name."""
    return _SOURCES.get(source, one_line(source))


def body_name(body: str | None) -> str:
    """Return an answering body for a sentence: "the Home Office"; "the Government" if the source names no body.

    The Official Report heads answers by the field of a department: "Transport" is "the department for Transport".
    """
    name = one_line(body)
    if not name:
        return "the Government"
    if name.lower().startswith(_NO_ARTICLE):
        return name
    return f"the {name}" if _INSTITUTION.search(name) else f"the department for {name}"


def short_body(body: str | None) -> str:
    """Return the usual abbreviation of an answering body ("DfE"), otherwise its full name."""
    name = one_line(body)
    return SHORT_BODIES.get(name, name)


def short_bodies(bodies: Iterable[str]) -> dict[str, str]:
    """Return answering bodies as they stand in one list: those with the same abbreviation (two are DCMS) written out."""
    short = {body: short_body(body) for body in bodies}
    times = Counter(short.values())
    return {body: words if times[words] == 1 else one_line(body) for body, words in short.items()}


def member_name(member: Member | None, otherwise: str = "A member") -> str:
    """Return the printed name of a member, Parliament's number, or `otherwise`."""
    if member is None:
        return otherwise
    return one_line(member.name) or (otherwise if member.member_id is None else f"Member {member.member_id}")


def name_in_sentence(member: Member | None, otherwise: str = "A member") -> str:
    """Return the name of a member within a sentence, an office that stands for one with its article."""
    name = member_name(member, otherwise)
    return f"the {name}" if _OFFICE.match(name) else name


def printed_name(member: Member | None) -> str:
    """Return the printed name of a member if it is more than a title and the known name; otherwise ""."""
    printed = one_line(member.printed) if member else ""
    return "" if _untitled(printed) == _untitled(member_name(member)) else printed


def _untitled(name: str) -> str:
    return _TITLES.sub("", name).replace(".", "").casefold()


def office_of(member: Member | None) -> str:
    """Return the office printed with a member between commas; "" for no office."""
    office = one_line(member.office) if member else ""
    return f", {office}," if office else ""


def kind_name(kind: Kind, number: int = 1) -> str:
    """Return the noun for a kind, singular or plural: "answer", "written statements"."""
    return _KINDS[kind][number != 1]


def member_details(member: Member | None) -> str:
    """Party and constituency in brackets with a space before, "" where neither is known."""
    if member is None:
        return ""
    known = _party_and_seat(member)
    return f" ({known})" if known else ""


def member_details_as_printed(member: Member | None) -> str:
    """Return details with the printed name where it differs: ' (Con, Mid Sample; printed "Mr. Sample")'."""
    if member is None:
        return ""
    printed = printed_name(member)
    parts = [_party_and_seat(member), f'printed "{printed}"' if printed else ""]
    details = "; ".join(part for part in parts if part)
    return f" ({details})" if details else ""


def _party_and_seat(member: Member) -> str:
    party, seat = one_line(member.party), one_line(member.constituency)
    return ", ".join(part for part in (PARTIES.get(party, party), seat) if part)


def host_of(url: str | None) -> str:
    """Return the host of a link, or "an unknown place"."""
    try:
        host = urlsplit(clean(url or "").strip()).hostname
    except ValueError:
        host = None
    return one_line(host) or "an unknown place"


def official_url(proceeding: Proceeding) -> str:
    """Return the page of a proceeding if it may be clicked (plain, on a host that publishes proceedings); otherwise "".

    Pages that old sources name by http have moved to https with the same paths.
    """
    url = proceeding.url or ""
    for old, new in _MOVED.items():
        if url.startswith(old):
            url = new + url.removeprefix(old)
    if not re.fullmatch(r"https://[a-z0-9.-]+/[!#-;=?-Z_a-z~%]*", url):
        return ""
    host = host_of(url)
    return url if host.endswith(".parliament.uk") or host in _LINKED_HOSTS else ""


def uin_order(uin: str | None) -> tuple[str, int, str]:
    """Sort UINs as people do: letters first, then by number ("99" before "100")."""
    text = one_line(uin)
    number = re.search(r"[0-9]{1,18}", text)
    return (text[: number.start()] if number else text, int(number.group()) if number else 0, text)
