"""Readers of what people write, and writers of what people read: as `readers`, for everything after the sources."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from monitor import app
from monitor.cli.options import AsOf, Day
from monitor.cli.output import cell
from monitor.config import load
from monitor.config.editing import add_term, add_topic, rename_topic
from monitor.config.values import recess
from monitor.digest.formats.email import build_message
from monitor.digest.render import Rendered, render
from monitor.errors import MonitorError
from monitor.model.records import House
from monitor.model.watching import Topic
from monitor.parliament.calendar import load_calendar
from monitor.presentation.differences import differences
from monitor.terms.matcher import compile_query, compile_terms
from scrapers.markup import plain_question
from tests.builders import ANSWERED_ON, NOW, a_digest, a_question, a_waiting, an_item
from tests.reliability.mutants import spoilt_bytes, spoilt_text

if TYPE_CHECKING:
    import random
    from pathlib import Path


from tests.reliability.readers import ROOT, Make, Read, Reader, has_hidden_characters

# -- configuration, terms, the command line ---------------------------------------------------------------------------


def _configuration(folder: Path) -> tuple[Make, Read]:
    shipped = (ROOT / "config.toml").read_bytes()
    small = b"""[archive]\nurl = "sqlite:///a.db"\n[http]\nmin_interval = "0ms"
[calendar]\nrecess = [["2026-12-18", "2027-01-05"]]
[[topics]]\nname = "Water"\nterms = ["bathing water", 'a "b"']\nexclude = ["sea"]
[[subscribers]]\nname = "Desk"\nemail = "a@example.org"\ntopics = ["*"]
[delivery]\nfrom = "a <a@example.org>"\n[delivery.smtp]\nhost = "mail.example.org"\ntls = "starttls"
[equivalents]\n"revenge porn" = "image abuse"\n"""
    path = folder / "config.toml"

    def read(body: bytes) -> None:
        path.write_bytes(body)
        load(path, {}, app.check_term, needs_password=False)

    return partial(spoilt_bytes, [shipped, *[small] * 5]), read


_FILES = (
    '[[topics]]\nname = "Water"\nterms = ["bathing water", \'a "b"\']  # why\n# end\n\n[[topics]]\nname="x"\nterms=["y"]\n',
    '[[topics]]\r\nname = "Water"\r\nterms = [\r\n  "one", # 1\r\n  "two"\r\n]\r\n[[subscribers]]\r\ntopics = ["Water"]\r\n',
    'topics = [{ name = "Water", terms = ["a", "b"] }, { name = "x", terms = [] }]\n',
    '[[topics]]\nname = """\nWater"""\nterms = [\'\'\'a\'\'\', """b\\\n c"""]\nexclude = []\n[other]\n"quoted.key" = [[1], [2]]\n',  # noqa: E501 (a whole file)
)


def _edits(folder: Path) -> tuple[Make, Read]:
    """Prepare edits in place: nothing but the intended change may change."""

    def make(dice: random.Random) -> tuple[str, str]:
        text = spoilt_text(_FILES, dice)
        return (text if dice.random() < 0.7 else dice.choice(_FILES)), spoilt_text(
            ["paedophil*", '"a b"', "x = y"], dice
        )

    def read(mutant: tuple[str, str]) -> None:
        text, term = mutant
        try:
            text.encode()
            term.encode()
            before = tomllib.loads(text)
            load(folder / "config.toml", {}, needs_password=False, source=text)
        except (MonitorError, ValueError, RecursionError):
            is_whole = False  # such a file is refused before a change
        else:
            is_whole = True
        if not is_whole:
            return
        names = [topic["name"] for topic in before.get("topics", [])]
        if not names:
            return
        after = tomllib.loads(add_term(text, names[0], term))
        assert after["topics"][0]["terms"][-1] == term, f"{term!r} became {after['topics'][0]['terms'][-1]!r}"
        del after["topics"][0]["terms"][-1]
        assert after == before, "adding a term changed something else"
        after = tomllib.loads(add_topic(text, f"new {term}", [term], note=term))
        assert after["topics"][-1]["terms"] == [term]
        assert after["topics"][:-1] == before["topics"], "adding a topic changed another"
        assert tomllib.loads(rename_topic(text, names[0], f"new {term}"))["topics"][0]["name"] == f"new {term}"

    return make, read


_TERMS = (
    "National Hi-Tech Crime Unit", "NHTCU = National Hi-Tech Crime Unit", '"child protection"', "paedophil* unit",
    "S.O.C.A.", "grooming NEAR/5 (child* OR minor) NOT dog",
    'in:answer house:lords body:"Home Office" cat AND (dog OR bird)',
    "£5.2 million",
    "from:2005-01-01 to:2005-03-31 slurry", "asker:Smith kind:statement \u201cwater\u201d", "10:30 train", "r\u00f4l = role",
)  # fmt: skip


def _terms(_: Path) -> tuple[Make, Read]:
    parts = {
        "heading": "Crime: Internet",
        "question": "To ask the Secretary of State for the Home Department, what the National Hi-Tech Crime Unit cost.",
        "answer": "Child protection is a duty.\n\nYear\tCost\n2020\t£5.2 million\n\nPaedophile units of S.O.C.A. merged.",
    }

    facts = a_question().facts

    def make(dice: random.Random) -> tuple[str, str]:
        return spoilt_text(_TERMS, dice), spoilt_text(list(parts.values()), dice)

    def read(mutant: tuple[str, str]) -> None:
        term, answer = mutant
        document = {**parts, "answer": plain_question(answer)}
        refusal = app.check_term(term)
        matcher = compile_terms([Topic(key="t", name="t", terms=(term,))])
        assert bool(matcher.problems) == (refusal is not None), "check_term and compile_terms disagree"
        for match in matcher.matches(document, facts=lambda: facts):
            assert document[match.part][match.start : match.end] == match.form, match
        query = compile_query(term, today=date(2005, 3, 31))
        query.spans(document, facts=lambda: facts)

    return make, read


_DAYS = ("2024-11-26", "2024-11-26T07:30", "2024-11-26T07:30+01:00", "2024-11-26T07:30:00.123456Z", "today", "7d",
         "20241126", "2024-W48-2", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00")  # fmt: skip


def _days(_: Path) -> tuple[Make, Read]:
    def read(text: str) -> None:
        for kind in (AsOf(), Day()):
            try:
                found = kind.convert(text, None, None)
            except click.BadParameter:
                continue
            day = found.astimezone(UTC).date() if isinstance(found, datetime) else found
            for step in (-400, 400):
                day + timedelta(days=step)  # commands add and subtract days

    return partial(spoilt_text, _DAYS), read


def _calendar(_: Path) -> tuple[Make, Read]:
    """Prepare calendars with any recesses, asked about any day."""

    def make(dice: random.Random) -> tuple[list[tuple[date, date]], date]:
        days = sorted(date.fromordinal(dice.randint(*dice.choice(_SPANS))) for _ in range(6))
        return list(zip(days[::2], days[1::2], strict=True))[: dice.randrange(4)], dice.choice(days)

    def read(mutant: tuple[list[tuple[date, date]], date]) -> None:
        recesses, day = mutant
        calendar = load_calendar([recess([first, last]) for first, last in recesses])
        for house in House:
            calendar.is_sitting_day(house, day)
            after = calendar.nth_sitting_day_after(house, day, 5)
            assert after is None or after > day
            calendar.recess_until(house, day)
        calendar.last_session_end(day)
        if recesses and any(first <= day <= last for first, last in recesses):
            assert not calendar.is_sitting_day(House.COMMONS, day), f"{day} is in a recess and a sitting day"

    return make, read


_SPANS = (
    (1, 3_652_059),
    (date(2020, 1, 1).toordinal(), date(2028, 1, 1).toordinal()),
    (1, 400),
    (3_651_000, 3_652_059),
)


# -- writers -----------------------------------------------------------------------------------------------------------

_ANSWERS = (
    "Steps are being taken. The fund is £3.2 million; 14% of sites reached it in 2020.\n\nMore is known in May.",
    "Year\tUnder 19\t19 to 24\n2017/18\t1,210\t1,480\n2018/19\t1,164\t1,522",
    "I refer the hon. Member to the answer of 5 November 2024, to Questions 11234, 11235 and HL77.",
    "word " * 900,
)


def _differences(_: Path) -> tuple[Make, Read]:
    def make(dice: random.Random) -> tuple[str, str]:
        first = spoilt_text(_ANSWERS, dice)
        return first, spoilt_text([first, dice.choice(_ANSWERS)], dice)

    def read(mutant: tuple[str, str]) -> None:
        found = differences(*mutant)
        assert found.is_none or mutant[0] != mutant[1], "a text differs from itself"

    return make, read


_PADDING = re.compile("(?:\u034f?\u200c(?:\xa0|&nbsp;))+")
"""Padding that keeps the preview line of the mail short."""

_HREF = re.compile(r'(?:href|src)="([^"]*)"')
_TAG = re.compile(r"<[a-z][^<>]*>")
"""A tag. In a text its first sign is escaped."""
_ALLOWED = re.compile(
    r"https://questions-statements\.parliament\.uk/[^\s<>]*|mailto:stop@example\.org(\?subject=STOP)?"
)
_ACTIVE = re.compile(r"<(script|img|svg|iframe|object|embed|link|form|input|base)\b|<[^>]*\son\w+=", re.IGNORECASE)


def _digest(_: Path) -> tuple[Make, Read]:
    """Prepare digests with any text in any place, and the mails that they become."""
    seeds = ["Water: Sample Vale", "Ada Example", *_ANSWERS[:3], "https://a.example/b", "=HYPERLINK(1)"]

    def make(dice: random.Random) -> list[str]:
        return [spoilt_text(seeds, dice)[:3000] for _ in range(12)]

    def read(mutant: list[str]) -> None:
        heading, asker, party, seat, body, question, answer, before, topic, term, url, uin = mutant
        member = a_question().asked_by
        assert member is not None
        person = type(member)(member_id=1, name=asker, party=party, constituency=seat)
        now = a_question(heading=heading, asked_by=person, answered_by=person, body=body, question=question, answer=answer,
                         url=url, uin=uin[:20], is_correction=True, corrected_on=ANSWERED_ON)  # fmt: skip
        item = an_item(now, answer[:9] or "x", before=a_question(answer=before))
        digest = a_digest(changed=(item,), waiting=(a_waiting(a_question(heading=heading, answer=None, uin=uin[:20])),),
                          topics={"water": topic})  # fmt: skip
        rendered = render(digest, lambda _: None, stop="stop@example.org")
        unpadded = re.sub(
            "(?:\u034f?\u200c(?:\xa0|&nbsp;))+", "", rendered.html
        )  # without the padding after the preview line
        for written in (rendered.subject, rendered.preheader, rendered.text, unpadded):
            assert not has_hidden_characters(written), "a control is shown"
        assert not _ACTIVE.search(rendered.html), f"{_ACTIVE.search(rendered.html)} is active content"
        for target in _HREF.findall(" ".join(_TAG.findall(rendered.html))):
            assert _ALLOWED.fullmatch(target), f"{target!r} can be clicked"
        cell(term)
        _mail(rendered)

    return make, read


def _mail(rendered: Any) -> None:
    mail = build_message(
        rendered, sender="pqwatch <a@example.org>", recipient="b@example.org", message_id="<1@example.org>", date=NOW,
        list_id="Desk <d.example.org>",
    )  # fmt: skip
    assert mail.isascii(), "the mail is not ASCII"
    assert max(map(len, mail.split(b"\r\n"))) <= 998, "a line is longer than a server takes"
    assert b"\n" not in mail.replace(b"\r\n", b""), "a line ends without CR"
    heads = mail.partition(b"\r\n\r\n")[0].split(b"\r\n")
    names = [head.partition(b":")[0] for head in heads if not head.startswith((b" ", b"\t"))]
    assert len(names) == len(set(names)), f"repeated headers: {names}"
    assert set(names) <= _HEADERS, f"unexpected headers: {names}"


_HEADERS = {
    b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"X-Auto-Response-Suppress", b"List-Id",
    b"List-Unsubscribe", b"List-Unsubscribe-Post", b"MIME-Version", b"Content-Type", b"Content-Language",
}  # fmt: skip


def _message(_: Path) -> tuple[Make, Read]:
    """Prepare mails with any text in any argument."""
    seeds = ["Desk <a@example.org>", "a@example.org", "3 answers: Môn", "<1@example.org>", "https://example.org/u/1"]

    def make(dice: random.Random) -> list[str]:
        return [spoilt_text(seeds, dice)[:2000] if dice.random() < 0.6 else seeds[1] for _ in range(7)]

    def read(mutant: list[str]) -> None:
        subject, text, sender, recipient, message_id, list_id, stop = mutant
        rendered = Rendered(subject=subject, preheader=subject, text=text, html=text, csv=text, csv_name="a.csv")
        mail = build_message(rendered, sender=sender, recipient=recipient, message_id=message_id, date=NOW, list_id=list_id,
                             unsubscribe=stop)  # fmt: skip
        heads = mail.partition(b"\r\n\r\n")[0].split(b"\r\n")
        names = [head.partition(b":")[0] for head in heads if not head.startswith((b" ", b"\t"))]
        assert mail.isascii(), "the mail is not ASCII"
        assert len(names) == len(set(names)), f"repeated headers: {names}"
        assert set(names) <= _HEADERS, f"unexpected headers: {names}"
        assert max(map(len, heads)) <= 998, "a header is longer than a server takes"

    return make, read


OWN = (
    Reader(name="configuration", full=30_000, few=60, prepare=_configuration),
    Reader(name="edits", full=100_000, few=300, prepare=_edits),
    Reader(name="terms", full=100_000, few=250, prepare=_terms),
    Reader(name="days", full=1_000_000, few=1500, prepare=_days),
    Reader(name="calendars", full=100_000, few=100, prepare=_calendar, refusals=(ValueError,)),
    Reader(name="differences", full=100_000, few=200, prepare=_differences),
    Reader(name="digests", full=15_000, few=25, prepare=_digest),
    Reader(name="mails", full=100_000, few=200, prepare=_message),
)
