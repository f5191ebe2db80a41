from __future__ import annotations

import os
import re
import sys
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy.engine import make_url

from monitor.config import Config, Secret, find, is_current, load
from monitor.config.positions import key_lines
from monitor.config.settings import FeedSettings, FileSourceSettings, TheyWorkForYouSettings
from monitor.config.tables import Table
from monitor.errors import ConfigError
from monitor.model.records import House
from monitor.terms.matcher import compile_terms
from monitor.terms.vocabulary import EQUIVALENTS
from monitor.text.tokens import CAPITAL

ROOT = Path(__file__).resolve().parents[2]
TOPIC = '[[topics]]\nname = "Kites"\nterms = ["kite"]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def loaded(file: Path, text: str, env: dict[str, str] | None = None, **options: Any) -> Config:
    file.write_text(text, encoding="utf-8")
    return load(file, env or {}, **options)


def problems(file: Path, text: str, env: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(file, text, env)
    return caught.value.problems


def test_an_empty_file_is_all_defaults(file: Path) -> None:
    config = loaded(file, "")
    assert config.path == file
    assert config.archive.url.reveal() == f"sqlite:///{file.parent.as_posix()}/pqwatch.db"
    assert config.delivery.folder == file.parent / "outbox"
    assert config.http.min_interval == timedelta(milliseconds=200)
    assert config.schedule.timezone.key == "Europe/London"
    assert config.schedule.digest_days == {0, 1, 2, 3, 4}
    assert config.questions.houses == (House.COMMONS, House.LORDS)
    assert config.smtp.tls == "starttls"
    assert (config.topics, config.subscribers, config.term_problems) == ((), (), ())


def test_the_shipped_file_is_the_defaults_with_topics(file: Path) -> None:
    shipped, empty = load(ROOT / "config.toml", {}), loaded(file, "")
    assert len(shipped.topics) == 3
    assert shipped.subscribers[0].topics == tuple(topic.key for topic in shipped.topics)
    here, there = str(ROOT), str(file.parent)
    assert shipped.archive.url.reveal().replace(here, there) == empty.archive.url.reveal()
    assert shipped.delivery == replace(empty.delivery, folder=ROOT / "outbox")
    for part in ("http", "schedule", "questions", "members", "calendar", "digest", "smtp", "monitoring"):
        assert getattr(shipped, part) == getattr(empty, part)
    for part in ("statements", "theyworkforyou", "historic", "publications", "scotland", "northern_ireland", "senedd"):
        assert getattr(shipped, part) == getattr(empty, part)
    assert not shipped.feeds[0].enabled
    assert shipped.reads == empty.reads == {"questions": (House.COMMONS, House.LORDS)}
    assert shipped.reads_files == empty.reads_files == ()


def test_source_with_a_table_is_on_unless_switched_off(file: Path) -> None:
    config = loaded(
        file,
        "[sources.questions]\nenabled = false\n[sources.statements]\n[sources.theyworkforyou]\npath = 'pwdata'\n"
        "what = ['lordswrans', 'ni', 'ni']\nmembers = 'people'\n[sources.historic]\nenabled = false\n"
        "[sources.publications]\nbase_url = 'https://example.org/pa/'\n[sources.scotland]\n[sources.northern_ireland]\n[sources.senedd]\n"
        "[[sources.feeds]]\nname = 'A'\nurl = 'https://example.org/a/'\nhouse = 'Lords'\n"
        "[[sources.feeds]]\nname = 'B'\nurl = 'https://example.org/b'\nenabled = false\n",
    )
    here = file.parent
    assert config.reads == {
        "statements": (House.COMMONS, House.LORDS),
        "northern_ireland": (House.NORTHERN_IRELAND,),
        "senedd": (House.SENEDD,),
    }
    assert config.reads_files == ("theyworkforyou", "publications", "scotland", "feeds")
    assert config.reads_anything
    files = FileSourceSettings(enabled=True, path=here / "pwdata", base_url=TheyWorkForYouSettings().files.base_url)
    assert config.theyworkforyou == TheyWorkForYouSettings(
        files=files, what=("lordswrans", "ni"), members=str(here / "people")
    )
    assert config.publications.base_url == "https://example.org/pa"
    assert config.feeds == (
        FeedSettings(name="A", url="https://example.org/a/", house=House.LORDS),
        FeedSettings(name="B", url="https://example.org/b", enabled=False),
    )


def test_with_every_source_off_nothing_is_read(file: Path) -> None:
    config = loaded(
        file,
        "[sources.questions]\nenabled = false\n"
        "[[sources.feeds]]\nname = 'B'\nurl = 'https://example.org/b'\nenabled = false\n",
    )
    assert not config.reads_anything


def test_shipped_terms_find_their_subjects() -> None:
    topics = load(ROOT / "config.toml", {}).topics
    matcher = compile_terms(topics)
    assert not matcher.problems
    for number, texts in enumerate(
        [
            ("the NHTCU", "the National High Tech Crime Unit", "hi-tech crime units", "the National Cyber Crime Unit"),
            ("SOCA", "the Serious and Organised Crime Agency", "the NCA", "the National Crime Agency's officers"),
            ("the paedophile units", "the Paedophile Online Investigation Team", "CEOP", "children's online safety"),
        ]
    ):
        for text in texts:
            assert {match.topic for match in matcher.matches({"answer": text})} == {topics[number].key}, text
    assert not matcher.matches({"answer": "The social unit of a national agency, and its crime figures online."})


def test_every_key_is_read(file: Path) -> None:
    config = loaded(
        file,
        """
[http]
contact = "https://example.org/about"
concurrency = 2
min_interval = "0ms"
try_again_for = "90s"
proxy = "http://proxy.example.org:3128"
[schedule]
timezone = "Europe/Paris"
collect_every = "1h"
digest_at = "18:05"
supplement_for = "4h"
digest_days = "sat-mon, wed"
weekly_on = "Fri"
[sources.questions]
enabled = false
base_url = "http://127.0.0.1:8000/"
houses = ["Lords"]
look_back_days = 3
[sources.members]
base_url = "http://127.0.0.1:8000/members"
[sources.statements]
enabled = false
[[topics]]
name = "Kites"
id = "k"
terms = ["kite", 'kit*', "kite"]
exclude = ["kitemark"]
note = "why"
[[topics]]
name = "Balloons"
terms = ["balloon"]
[[subscribers]]
name = "Desk"
email = "desk@example.org"
topics = ["Balloons", "k", "Kites"]
cadence = "weekly"
at = "09:00"
subject = "counts"
mentions = "off"
new_questions = false
waiting = false
quiet_days = true
paused = true
[[subscribers]]
name = "Desk at home"
id = "home"
email = "desk@example.org"
[equivalents]
"Revenge Porn" = "intimate-image abuse"
"AI" = ["artificial intelligence", "machine learning"]
"cyber safety" = "cyber security"
"intimate image abuse" = "image-based abuse"
[calendar]
recess = [["2026-12-18", "2027-01-05"], [2027-02-12, 2027-02-21]]
[delivery]
folder = "out/box"
from = "desk@example.org"
unsubscribe = "stop@example.org"
operator = "ops@example.org"
on_ambiguous = "hold"
keep_mail_days = 1
[delivery.smtp]
host = "mail.example.org"
port = 465
tls = "tls"
[monitoring]
ping_url = "https://ping.example.org/abc"
""",
    )
    assert config.schedule.digest_days == {5, 6, 0, 2}
    assert config.schedule.weekly_on == 4
    assert config.http.min_interval == timedelta(0)
    assert config.http.try_again_for == timedelta(seconds=90)
    assert config.schedule.supplement_for == timedelta(hours=4)
    assert config.questions.base_url == "http://127.0.0.1:8000"
    assert config.questions.houses == (House.LORDS,)
    assert config.topics[0].key == "k"
    assert config.topics[0].terms == ("kite", "kit*")
    desk, home = config.subscribers
    assert desk.topics == ("Balloons", "k")
    assert (desk.cadence, desk.at, desk.subject, desk.mentions) == ("weekly", "09:00", "counts", "off")
    assert (desk.new_questions, desk.waiting, desk.quiet_days, desk.paused) == (False, False, True, True)
    assert (home.key, home.topics, home.at) == ("home", ("k", "Balloons"), "18:05")
    added = {frozenset(group) for group in config.equivalents} - {frozenset(group) for group in EQUIVALENTS}
    assert added == {
        frozenset({"revenge porn", "intimate image abuse", "image based abuse"}),
        frozenset({f"{CAPITAL}ai", "artificial intelligence", "machine learning"}),
        frozenset({"cyber security", "cybersecurity", "cyber safety"}),
    }
    assert len(config.equivalents) == len(EQUIVALENTS) + 2
    assert config.calendar.recess[0] == (date(2026, 12, 18), date(2027, 1, 5))
    assert config.calendar.recess[1] == (date(2027, 2, 12), date(2027, 2, 21))
    assert config.delivery.folder == file.parent / "out" / "box"
    assert config.delivery.sender == "desk@example.org"


def test_all_mistakes_are_reported_together_in_file_order(file: Path) -> None:
    found = problems(file, '[wat]\n[schedule]\ndigest_at = "7:30"\ncolect_every = "30m"\n\n[http]\nconcurrency = 0\n')
    assert [text.split(": ")[0] for text in found] == [
        "config.toml line 1",
        "config.toml line 3",
        "config.toml line 4",
        "config.toml line 7",
    ]
    assert 'Did you mean "collect_every"?' in found[2]


MISTAKES = {
    '[http]\ncontact = "you@example.org"': 'line 2: http.contact: "you@example.org" must begin with mailto:',
    '[http]\ncontact = "mailto:you"': "line 2: http.contact: 'you' is no e-mail address",
    "[http]\ncontact = 5": "line 2: http.contact: 5 must be a text in quotes",
    '[http]\nconcurrency = "4"': "whole number from 1 to 16",
    "[http]\nconcurrency = true": "whole number from 1 to 16",
    '[http]\nmin_interval = "2d"': "is no length of time",
    '[http]\nmin_interval = "2m"': '"2m" must be from 0ms to 1m',
    '[http]\ntry_again_for = "31m"': '"31m" must be from 0m to 30m',
    '[schedule]\nsupplement_for = "25h"': '"25h" must be from 0m to 24h',
    '[http]\nproxy = "socks"': "is no web address",
    '[http]\nproxy = "http://[::1"': "is no web address",
    '[http]\nproxy = "http://proxy..example.org:3128"': "is no web address",
    f'[monitoring]\nping_url = "https://{"x" * 64}.org/"': "is no web address",
    '[http]\nca_file = "none.pem"': "there is no file",
    '[schedule]\ncollect_every = "30s"': '"30s" must be from 1m to 24h',
    '[schedule]\ndigest_at = "24:00"': "is no time of the day",
    "[schedule]\ndigest_at = 07:30:00": "07:30:00 must be a text in quotes",
    '[schedule]\ndigest_days = "mon-fry"': '"fry" is no day of the week; write "monday" or "mon". Did you mean "friday"?',
    '[schedule]\ndigest_days = "weekdays"': '"weekdays" names no days of the week; write a range or a list, such as',
    '[schedule]\nweekly_on = ""': "is empty",
    '[schedule]\ntimezone = "Europe/Londn"': 'Did you mean "Europe/London"?',
    '[schedule]\ntimezone = "../etc"': "is no known time zone",
    '[schedule]\ntimezone = "GMT+1"': 'not when summer time begins; write a place, as in "Europe/London"',
    '[schedule]\ntimezone = "+01:00"': "not when summer time begins",
    '[schedule]\ntimezone = "BST"': 'write a place, as in "Europe/London"',
    "[delivery.smtp]\ndomains = 3": "line 2: delivery.smtp.domains: must be a table, written as [delivery.smtp.domains]",
    '[delivery.smtp]\ndomains."x.org." = { connections = 2 }': "line 2: delivery.smtp.domains.x.org.: is no domain",
    '[delivery.smtp]\ndomains."X.org" = {}\ndomains."x.org" = {}': (
        "line 3: delivery.smtp.domains.x.org: stands there twice, in other capitals; keep one of them"
    ),
    'schedule = "daily"': "line 1: schedule: must be a table, written as [schedule]",
    '[sources.questions]\nenabled = "yes"': "must be true or false",
    '[sources.questions]\nhouses = ["Commons",\n "Lord"]': 'line 3: sources.questions.houses: "Lord" must be one of',
    '[sources.questions]\nhouses = "Lords"': '"Lords" must be a list in square brackets',
    "[sources.questions]\nhouses = []": "names no House",
    '[sources.questions]\nbase_url = "ftp://example.org"': "is no web address",
    '[sources.questions]\nbase_url = "https://example.org/?a"': "must end before the question mark",
    "[sources.questions]\nlook_back_days = 91": "from 1 to 90",
    '[sources.statements]\nhouses = ["Scotland"]': 'houses: "Scotland" must be one of "Commons", "Lords"',
    '[sources.theyworkforyou]\npath = "x"\nbase_url = "https://example.org"': "path and base_url say the same thing",
    "[sources.theyworkforyou]\npath = 5": "line 2: sources.theyworkforyou.path: 5 must be a text",
    '[sources.theyworkforyou]\nwhat = ["wran"]': 'Did you mean "wrans"?',
    "[sources.theyworkforyou]\nwhat = []": "what: names nothing; write",
    '[sources.theyworkforyou]\nmembers = "https://example.org/?a"': "must end before the question mark",
    '[sources.historic]\nbase_url = "example.org"': "is no web address",
    '[sources.publications]\nfolder = "x"': "sources.publications.folder: there is no such key",
    '[sources.scotland]\nenabled = "no"': "must be true or false",
    '[sources.northern_ireland]\npath = "x"': "there is no such key",
    '[sources.senedd]\nbase_url = "record.senedd.wales"': "is no web address",
    '[sources.feeds]\nname = "x"': "sources.feeds: is written with two brackets: [[sources.feeds]]",
    '[[sources.feeds]]\nurl = "https://example.org/a"': "sources.feeds.name: is missing; write name",
    '[[sources.feeds]]\nname = "x"': "sources.feeds.url: is missing; write url",
    '[[sources.feeds]]\nname = "x"\nurl = "example.org"': "is no web address",
    '[[sources.feeds]]\nname = "x"\nurl = "https://example.org/a"\nhouse = "Peers"': "must be one of",
    '[[sources.feeds]]\nname = "x"\nurl = "https://example.org/a"\n'
    '[[sources.feeds]]\nname = "x"\nurl = "https://example.org/b"': 'two feeds are called "x"; change one',
    'equivalents = "x"': "line 1: equivalents: must be a table, written as [equivalents]",
    '[equivalents]\n"big cat" = ""': "line 2: equivalents.big cat: is empty",
    '[equivalents]\n"" = "big cat"': "line 2: equivalents.: is empty",
    '[equivalents]\n"big cat" = 5': "line 2: equivalents.big cat: 5 must be a text in quotes",
    '[equivalents]\n"big cat" = []': "line 2: equivalents.big cat: has no equivalent; write a word",
    '[equivalents]\n"big cat" = ["lion",\n "c"]': "line 3: equivalents.big cat: A single letter",
    '[equivalents]\n"which" = "that"': "line 2: equivalents.which: These words stand in nearly every answer",
    '[equivalents]\n"lion" = "lio* cat"': "line 2: equivalents.lion: ",
    "[equivalents]\nlion = '\"big cat\"'": "line 2: equivalents.lion: An equivalent is a word or a phrase",
    '[equivalents]\nlion = "cat NOT tiger"': "line 2: equivalents.lion: ",
    '[equivalents]\nlion = "lioness = cat"': "line 2: equivalents.lion: An equivalent is a word or a phrase",
    '[equivalents]\nlion = "5 %"': "line 2: equivalents.lion: An equivalent holds a sign",
    '[equivalents]\nlion = "a cat of great size with manes"': "line 2: equivalents.lion: An equivalent has 7 words",
    '[equivalents]\n"big cat" = "Big-Cat"': "line 2: equivalents.big cat: its equivalent is the same words",
    "[sources.memebers]": 'Did you mean "members"?',
    "[topics]\nname = 'x'": "topics: is written with two brackets: [[topics]]",
    "topics = [1]": "topics: must be a table",
    "[[topics]]\nterms = ['a']": "line 1: topics.name: is missing; every topic has a name",
    "[[topics]]\nname = 'a'": "line 1: topics.terms: a topic needs at least one term",
    "[[topics]]\nname = 'a'\nterms = []": "line 3: topics.terms: a topic needs at least one term",
    "[[topics]]\nname = 'a'\nterms = 'b'": '"b" must be a list',
    "[[topics]]\nname = 'a'\nterms = ['b',\n '']": "line 4: topics.terms: is empty",
    "[[topics]]\nname = 'a'\nterms = ['b', 3]": "3 must be a text in quotes",
    '[[topics]]\nname = "a\\nb"\nterms = ["b"]': "holds a line break",
    TOPIC + TOPIC: 'line 5: topics.name: two topics are called "Kites"',
    TOPIC + 'id = "k"\n' + TOPIC + 'id = "k"': 'line 8: topics.id: two topics are called "k"',
    TOPIC + 'note = ["x"]': "must be a text in quotes",
    '[[subscribers]]\nname = "D"': 'line 1: subscribers.email: is missing; write email = "name@example.org"',
    '[[subscribers]]\nname = "D"\nemail = "a b@example.org"': "is no e-mail address",
    '[[subscribers]]\nname = "D"\nemail = "a@example.org\\r\\nBcc: b@example.org"': "holds a line break",
    '[[subscribers]]\nname = "D"\nemail = "D <a@example.org>"': "is no e-mail address",
    '[[subscribers]]\nname = "D"\nemail = "a@"': "is no e-mail address",
    '[[subscribers]]\nname = "D"\nemail = "a@b, c@d"': "'a@b, c@d' holds several addresses; write one, and",
    '[[subscribers]]\nname = "D"\nemail = "\u00fc@example.org"': "is no e-mail address",
    TOPIC + '[[subscribers]]\nname = "D"\nemail = "a@example.org"\ntopics = ["Kiets"]': (
        'line 7: subscribers.topics: there is no topic "Kiets". Did you mean "Kites"?'
    ),
    TOPIC + '[[subscribers]]\nname = "D"\nemail = "a@example.org"\ntopics = ["Xyz"]': "Add it as [[topics]]",
    TOPIC + TOPIC.replace("Kites", "Owls") + '[[subscribers]]\nname = "D"\nemail = "a@b"\ntopics = ["Kites, Owls"]': (
        'there is no topic "Kites, Owls". Each stands in quotes of its own: write ["Kites", "Owls"].'
    ),
    '[[subscribers]]\nname = "D"\nemail = "a@example.org"\ncadence = "dayly"': 'Did you mean "daily"?',
    '[[subscribers]]\nname = "D"\nemail = "a@example.org"\n[[subscribers]]\nname = "D"\nemail = "b@example.org"': (
        'line 5: subscribers.name: two subscribers are called "D"'
    ),
    '[digest]\nlink_hosts = "nice.org.uk"': "line 2",
    '[digest]\nlink_hosts = [\n"nice.org.uk",\n"https://obr.uk/"]': (
        'line 4: digest.link_hosts: "https://obr.uk/" is no host; write the name alone, such as "nice.org.uk"'
    ),
    '[digest]\nlink_hosts = ["*.nice.org.uk"]': 'names below a host are meant with it; write "nice.org.uk"',
    '[digest]\nlink_hosts = ["org.uk"]': "is no host of one publisher",
    '[digest]\nlink_hosts = ["uk"]': "is no host of one publisher",
    '[digest]\nlink_hosts = ["10.0.0.1"]': "is no host of one publisher",
    '[digest]\nlink_hosts = ["g\u043ev.uk"]': "has letters that look like others",
    '[digest]\nlink_hosts = [""]': "line 2: digest.link_hosts",
    "[digest]\nlink_host = []": 'Did you mean "link_hosts"?',
    "[calendar]\nrecess = ['2026-12-18', '2027-01-05']": "a recess is its first and its last day",
    "[calendar]\nrecess = [['2026-12-18']]": "a recess is its first and its last day",
    "[calendar]\nrecess = [\n['2026-12-18', '5 January']]": "line 3: calendar.recess: '5 January' is no day",
    '[calendar]\nrecess = [["2026-12-18", "2206-01-05"]]': "no recess is from 2026-12-18 to 2206-01-05; correct the years",
    '[calendar]\nrecess = [["9999-12-18", "9999-12-31"]]': "correct the years",
    "[calendar]\nrecess = [[2026-12-18T10:00:00, '2027-01-05']]": "is no day",
    "[calendar]\nrecess = [['2027-01-05', '2026-12-18']]": "swap the two days",
    '[delivery]\ntransport = "smpt"': 'Did you mean "smtp"?',
    '[delivery]\ntransport = "smtp"': "line 1: delivery.from: is missing",
    '[delivery]\nfrom = "Desk <desk@example.org"': "is no sender",
    '[delivery]\nfrom = "A, B <desk@example.org>"': "is no sender",
    '[delivery]\nfrom = "Desk <desk>"': "is no e-mail address",
    '[delivery]\nfolder = ""': "delivery.folder: is empty",
    '[delivery]\nfolder = "~nobody-of-that-name/x"': "the home folder is not known",
    '[delivery]\noperator = "ops"': "is no e-mail address",
    '[delivery]\noperator = "ops@[192.0.2.7]"': "is no e-mail address",
    "[delivery]\nkeep_mail_days = 0": "from 1 to",
    '[delivery.smtp]\nhost = "mail.example.org:587"': "is no host; write the name alone",
    '[delivery.smtp]\nhost = "mail..example.org"': "is no host; write the name alone",
    "[delivery.smtp]\nport = 70000": "from 1 to 65535",
    '[delivery.smtp]\ntls = "none"\nhost = "mail.example.org"': "for this machine or a private address only",
    '[delivery.smtp]\ntls = "none"\nhost = "8.8.8.8"\nallow_plain = true': "for this machine or a private address only",
    '[delivery.smtp]\ntls = "none"\nhost = "0.0.0.0"\nallow_plain = true': "for this machine or a private address only",
    '[delivery.smtp]\ntls = "none"\nhost = "10.0.0.5"': "add allow_plain = true",
    '[delivery.smtp]\ntls = "none"\nhost = "10.0.0.5"\nallow_plain = true\nusername = "u"': (
        "line 5: delivery.smtp.username: "
    ),
    '[delivery.smtp]\npassword = "hunter2"': "line 2: delivery.smtp.password: a password does not belong",
    '[delivery.smtp]\npassword_env = "A"\npassword_file = "b"': "keep one of them",
    '[monitoring]\nping_url = "ping"': "is no web address",
    '[archive]\nurl = "mysql://x"': 'must begin with "sqlite:///" or "postgresql+psycopg://"',
    '[archive]\nurl = "sqlite:///:memory:"': "names no file",
    '[archive]\nurl = "sqlite:///"': "names no file",
    '[archive]\nurl = "sqlite:///a?mode=ro"': "names no file",
    '[archive]\nurl = "postgresql+psycopg://u:hunter2@host/db"': "a password does not belong in config.toml; use url_file",
    '[archive]\nurl = "postgresql+psycopg://u@host/db?password=hunter2"': "a password does not belong in config.toml",
    '[archive]\nurl = "postgresql+psycopg://u@host/db?sslpassword=hunter2"': "a password does not belong in config.toml",
    '[archive]\nurl = "postgresql+psycopg://[host/db"': "can't be read as an address",
    '[archive]\nurl = "postgresql+psycopg://u@host:port/db"': "can't be read as an address",
    '[archive]\nurl = "sqlite:///a.db"\nurl_env = "X"': "url and url_env say the same thing",
    '[archive]\nurl_env = "X"': "the environment variable X is not set",
    '[archive]\nurl_file = "none"': "there is no file",
    "[archive]\nkeep_raw_days = -1": "from 0 to",
    "[archive]\nurll = 1": 'Did you mean "url"?',
}


@pytest.mark.parametrize(("text", "expected"), MISTAKES.items(), ids=[text[:60] for text in MISTAKES])
def test_a_mistake_and_its_remedy(file: Path, text: str, expected: str) -> None:
    found = problems(file, text)
    assert any(expected in problem for problem in found), found
    assert not any("hunter2" in problem for problem in found)
    assert all(problem.startswith("config.toml line ") for problem in found)


def test_unknown_key_without_a_similar_one_lists_the_known_keys(file: Path) -> None:
    (found,) = problems(file, "[monitoring]\nxyz = 1")
    assert found.endswith("monitoring.xyz: there is no such key. Known here: ping_url, status_file.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[http]\na = \n\n", "config.toml line 2, column 5: a value is missing"),
        ("[http]\na = ", "config.toml line 2, column 4: a value is missing"),
        ("[http\n", "config.toml line 1, column 6: "),
        ("a = 1\na = 2", "config.toml line 2, column 1: `a` stands before all tables already, on line 1"),
        ('a = "x', "config.toml line 1, column 5: the text that begins here never ends"),
        ("a = " + "9" * 5000, "config.toml line 1: holds a number that is far too long"),
        ("a = " + "[" * 5000, "config.toml line 1: brackets are nested too deeply"),
    ],
)
def test_text_that_is_not_toml(file: Path, text: str, expected: str) -> None:
    (found,) = problems(file, text)
    assert found.startswith(expected)


def test_another_encoding_is_named_with_its_line(file: Path) -> None:
    file.write_bytes("[archive]\n# caf\xe9\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"config\.toml line 2: is not UTF-8"):
        load(file, {})


def test_a_byte_order_mark_and_carriage_returns_do_no_harm(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf[http]\r\nconcurrency = 2\r\n")
    assert load(file, {}).http.concurrency == 2
    file.write_bytes(b"[http]\r\n\r\nconcurrency = 0\r\n")
    with pytest.raises(ConfigError, match=r"line 3: http\.concurrency"):
        load(file, {})


def test_configuration_is_current_until_the_file_changes(file: Path) -> None:
    file.write_text("[http]\n", encoding="utf-8")
    config = load(file, {})
    assert is_current(config)
    file.touch()
    assert is_current(config)
    file.write_text("[http]\r\n# a note\r\n", encoding="utf-8")
    assert not is_current(config)
    assert is_current(load(file, {}))
    assert is_current(load(file, {}, source="[archive]"))  # a new text for the file
    file.unlink()
    assert is_current(config)


def test_a_missing_file_is_refused_with_the_command_that_makes_one(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no file .*`pqwatch init`"):
        load(file, {})


def test_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path, {})


def test_bad_terms_do_not_stop_the_others(file: Path) -> None:
    text = '[[topics]]\nname = "Kites"\nid = "k"\nterms = [\n  "kite",\n  "(kite",\n]\nexclude = [")"]\n'
    wrong = {"(kite": ("this bracket is not closed; add )", "(kite\n^"), ")": ("nothing to close", ")\n^")}
    config = loaded(file, text, check_term=wrong.get)
    assert config.topics[0].terms == ("kite",)
    assert config.topics[0].exclude == ()
    first, second = config.term_problems
    assert (first.topic, first.term, first.line) == ("k", "(kite", 6)
    assert first.text == "config.toml line 6: topics.terms: this bracket is not closed; add )"
    assert first.caret == "(kite\n^"
    assert second.text == "config.toml line 8: topics.exclude: nothing to close"
    assert (first.reason, first.is_exclude) == ("this bracket is not closed; add )", False)
    assert (second.reason, second.is_exclude) == ("nothing to close", True)


def test_lines_are_looked_for_only_in_a_file_with_a_mistake(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walked = Mock(side_effect=key_lines)
    monkeypatch.setattr("monitor.config.tables.key_lines", walked)
    loaded(file, '[[topics]]\nname = "Water"\nterms = ["leakage", "drought"]\n')
    assert walked.call_count == 0
    assert len(problems(file, "[http]\nconcurrency = 0\nmin_interval = 1\n")) == 2
    assert walked.call_count == 1


def test_an_exclusion_needs_words_to_exclude(file: Path) -> None:
    text = f'{TOPIC}exclude = ["house:lords", "in:answer kite", "body:Health (house:lords)", "(house:lords) OR kite"]\n'
    config = loaded(file, text)
    assert config.topics[0].exclude == ("in:answer kite", "(house:lords) OR kite")
    assert [(problem.term, problem.is_exclude) for problem in config.term_problems] == [
        ("house:lords", True),
        ("body:Health (house:lords)", True),
    ]
    assert config.term_problems[0].text == (
        "config.toml line 4: topics.exclude: A filter alone excludes nothing: write words beside it, "
        "or NOT (house:lords) behind each term that it is for."
    )


def test_a_topic_may_lose_all_its_terms(file: Path) -> None:
    config = loaded(file, TOPIC, check_term=lambda term: ("no", f"{term}\n^"))
    assert config.topics[0].terms == ()
    assert len(config.term_problems) == 1


def test_a_topic_may_ask_for_the_successors_of_what_it_names(file: Path) -> None:
    text = '[[topics]]\nname = "Crime"\nterms = ["NHTCU = National Hi-Tech Crime Unit", "kite"]\nsuccessors = true\n'
    (topic,) = loaded(file, text).topics
    assert topic.added == ("successors of National Hi-Tech Crime Unit",)
    assert topic.terms == ("NHTCU = National Hi-Tech Crime Unit", "kite", *topic.added)
    assert topic.written == topic.terms[:2]
    (plain,) = loaded(file, text.replace("successors = true\n", "")).topics
    assert (plain.terms, plain.added) == (topic.written, ())
    assert problems(file, text.replace("true", '"yes"')) == [
        'config.toml line 4: topics.successors: "yes" must be true or false, without quotes'
    ]


def test_no_secret_is_ever_shown(file: Path) -> None:
    env = {"DB": "postgresql+psycopg://u:hunter2@host/db", "PQWATCH_SMTP_PASSWORD": "hunter2"}
    text = (
        '[archive]\nurl_env = "DB"\n[http]\nproxy = "http://u:hunter2@proxy.example.org"\n'
        '[delivery]\ntransport = "smtp"\nfrom = "a@example.org"\n[delivery.smtp]\nusername = "u"\n'
        '[monitoring]\nping_url = "https://ping.example.org/hunter2"'
    )
    config = loaded(file, text, env)
    assert config.archive.url.reveal() == env["DB"]
    assert config.smtp.password == Secret("hunter2")
    assert "hunter2" not in f"{config!r} {config} {config.smtp.password} {config.archive.url!s}"


def test_secrets_are_compared_and_hashed_by_value() -> None:
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"


SMTP = '[delivery]\ntransport = "smtp"\nfrom = "a@example.org"\n[delivery.smtp]\n'


def test_password_is_read_only_if_needed(file: Path) -> None:
    assert loaded(file, SMTP).smtp.password is None
    assert loaded(file, '[delivery.smtp]\nusername = "u"').smtp.password is None
    text = SMTP + 'username = "u"\n'
    assert loaded(file, text, needs_password=False).smtp.password is None
    assert loaded(file, text + 'password_file = "none"', needs_password=False).smtp.password is None
    assert loaded(file, text + 'password_env = "P"', {"P": "x"}).smtp.password == Secret("x")
    (found,) = problems(file, text)
    assert "delivery.smtp.password_env: the environment variable PQWATCH_SMTP_PASSWORD is not set" in found


def test_a_secret_file_holds_one_line_of_text(file: Path) -> None:
    secret = file.parent / "secret"
    text = SMTP + 'username = "u"\npassword_file = "secret"'
    secret.write_text("hunter2\n", encoding="utf-8")
    secret.chmod(0o600)
    assert loaded(file, text).smtp.password == Secret("hunter2")
    secret.write_text("two\nlines\n", encoding="utf-8")
    assert "must hold the secret on one line" in problems(file, text)[0]
    secret.write_text("", encoding="utf-8")
    assert "must hold the secret on one line" in problems(file, text)[0]
    secret.write_bytes(b"\xff\xfe")
    assert "can't be read as text" in problems(file, text)[0]


@pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_secret_file_that_others_may_read_is_refused(file: Path, mode: int) -> None:
    secret = file.parent / "secret"
    secret.write_text("postgresql+psycopg://u:hunter2@host/db", encoding="utf-8")
    secret.chmod(mode)
    (found,) = problems(file, '[archive]\nurl_file = "secret"')
    assert f"others may read {secret}; run: chmod 600 {secret}" in found
    secret.chmod(0o400)
    assert loaded(file, '[archive]\nurl_file = "secret"').archive.url.reveal().endswith("@host/db")


def test_a_secret_address_is_checked_and_not_shown(file: Path) -> None:
    (found,) = problems(file, '[archive]\nurl_env = "DB"', {"DB": "mysql://u:hunter2@host/db"})
    assert 'archive.url_env: must begin with "sqlite:///"' in found
    assert "hunter2" not in found


@pytest.mark.parametrize("password", ["hun@ter2", "@hunter2", "hunter@2/@", "hun@ter:2", "hunter2@"])
def test_an_at_in_a_password_is_refused_where_it_would_be_read_as_its_end(file: Path, password: str) -> None:
    (found,) = problems(file, '[archive]\nurl_env = "DB"', {"DB": f"postgresql+psycopg://u:{password}@host/db"})
    assert "write each @ of a password as %40" in found
    assert "hun" not in found


@pytest.mark.parametrize(
    "address",
    [
        "u:hunter%402@host/db",
        "u:hun/t?e:r#2@host:5432/db",
        "u@server:hunter2@host/db?options=-c%20statement_timeout%3D30min",
        "u:hunter2@[::1]:5432/db?application_name=a@b",
        "u:hunter2@/db?host=/run/postgresql",
        "/db",
        "host",
    ],
)
def test_addresses_of_servers_that_can_be_read_in_one_way(file: Path, address: str) -> None:
    url = f"postgresql+psycopg://{address}"
    assert loaded(file, '[archive]\nurl_env = "DB"', {"DB": url}).archive.url.reveal() == url


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_plain_smtp_to_this_machine(file: Path, host: str) -> None:
    env = {"PQWATCH_SMTP_PASSWORD": "x"}
    assert loaded(file, SMTP + f'tls = "none"\nusername = "u"\nhost = "{host}"', env).smtp.host == host


@pytest.mark.parametrize("host", ["10.0.0.5", "192.168.1.2", "fd00::1"])
def test_plain_smtp_to_a_private_address_if_allowed(file: Path, host: str) -> None:
    assert loaded(file, SMTP + f'tls = "none"\nallow_plain = true\nhost = "{host}"').smtp.allow_plain


@pytest.mark.parametrize("key", ["", "delivery.smtp.", "http."])
def test_relative_paths_are_relative_to_the_file(
    file: Path, key: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    (file.parent / "ca.pem").write_text("x", encoding="utf-8")
    if not key:
        url = loaded(file, '[archive]\nurl = "sqlite:///data/../a b.db"').archive.url.reveal()
        assert url == f"sqlite:///{file.parent.as_posix()}/a b.db"
        assert loaded(file, '[archive]\nurl = "sqlite:////var/a.db"').archive.url.reveal() == "sqlite:////var/a.db"
        assert loaded(file, '[archive]\nurl = "sqlite:////a%20b%25.db"').archive.url.reveal() == "sqlite:////a b%25.db"
        return
    config = loaded(file, f'{key}ca_file = "ca.pem"')
    part = config.smtp if "smtp" in key else config.http
    assert part.ca_file == file.parent / "ca.pem"


def test_a_folder_whose_name_has_signs_of_addresses_can_hold_the_archive(tmp_path: Path) -> None:
    folder = tmp_path / "what? 100%25 #1"
    folder.mkdir()
    url = loaded(folder / "config.toml", "").archive.url.reveal()
    assert make_url(url).database == (folder / "pqwatch.db").as_posix()


def test_the_home_folder(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(file.parent / "home"))
    monkeypatch.setenv("USERPROFILE", str(file.parent / "home"))
    assert loaded(file, '[delivery]\nfolder = "~/out"').delivery.folder == file.parent / "home" / "out"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder without any configuration around it: neither the user's nor the system's."""
    monkeypatch.setattr("monitor.config.SYSTEM_FILE", tmp_path / "etc" / "config.toml")
    monkeypatch.setattr("monitor.config._user_file", lambda: tmp_path / "user" / "config.toml")
    for folder in ("etc", "user", "cwd"):
        (tmp_path / folder).mkdir()
    return tmp_path


def test_search_order_of_files(nowhere: Path) -> None:
    cwd, env = nowhere / "cwd", {"PQWATCH_CONFIG": "by-env.toml"}
    with pytest.raises(ConfigError, match=r"There is no config.toml.*`pqwatch init`.*`pqwatch demo`"):
        find(None, {}, cwd)
    for folder in ("etc", "user", "cwd"):
        (nowhere / folder / "config.toml").write_text("[archive]\n", encoding="utf-8")
        assert find(None, {}, cwd) == nowhere / folder / "config.toml"
    assert find(None, env, cwd) == cwd / "by-env.toml"
    assert find("by-flag.toml", env, cwd) == cwd / "by-flag.toml"
    assert find(str(nowhere / "x.toml"), env, cwd) == nowhere / "x.toml"


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [
        ("[archive]\n", True),
        ("# x\n [ archive ] # y\nurl = \n", True),
        ('[tool]\nname = "[archive]"\n', False),
        ("[archives]\n", False),
        ("", False),
    ],
)
def test_config_toml_of_another_program_is_skipped(nowhere: Path, text: str, is_ours: bool) -> None:
    (nowhere / "etc" / "config.toml").write_text("[archive]\n", encoding="utf-8")
    (nowhere / "cwd" / "config.toml").write_text(text, encoding="utf-8")
    expected = nowhere / ("cwd" if is_ours else "etc") / "config.toml"
    assert find(None, {}, nowhere / "cwd") == expected


@pytest.mark.parametrize("text", ["", "[digest]\nlink_hosts = []\n"])
def test_config_toml_without_an_archive_table_is_named_where_there_is_no_other(nowhere: Path, text: str) -> None:
    (nowhere / "cwd" / "config.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^config.toml in this folder has no \[archive\] table .*--config\.$"):
        find(None, {}, nowhere / "cwd")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_config_toml_in_utf_16_is_ours_and_is_refused(nowhere: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    path = nowhere / "cwd" / "config.toml"
    path.write_bytes(f"{mark}[archive]\n".encode(encoding))
    assert find(None, {}, nowhere / "cwd") == path
    with pytest.raises(ConfigError, match=r"config\.toml line 1: is not UTF-8"):
        load(path, {})


def test_user_file_is_in_the_configuration_folder_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("monitor.config.SYSTEM_FILE", tmp_path / "none.toml")
    with pytest.raises(ConfigError, match=r"pqwatch.config\.toml"):
        find(None, {}, tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows the home of every user")
def test_without_a_home_the_user_has_no_file_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Try a container that runs as a number which /etc/passwd does not have, without HOME."""
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    monkeypatch.setattr("monitor.config.SYSTEM_FILE", tmp_path / "etc.toml")
    with pytest.raises(ConfigError, match=r"neither in this folder, nor [^,]*etc\.toml\. Run"):
        find(None, {}, tmp_path)
    (tmp_path / "etc.toml").write_text("[archive]\n", encoding="utf-8")
    assert find(None, {}, tmp_path) == tmp_path / "etc.toml"


def known_keys(file: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return all keys that the reader asks for, as "table.key"."""
    asked: set[str] = set()
    close = Table.close

    def note(table: Table) -> None:
        names = [part for part in table.path if isinstance(part, str)]
        asked.update(".".join([*names, key]) for key in table._known)
        close(table)

    monkeypatch.setattr(Table, "close", note)
    feed = '[[sources.feeds]]\nname = "F"\nurl = "https://example.org/f"\n'
    hook = '[[webhooks]]\nname = "W"\nurl_env = "HOOK"\n'
    loaded(file, TOPIC + feed + hook + '[[subscribers]]\nname = "D"\nemail = "a@example.org"\n', needs_password=False)
    sources = {key for key in asked if re.fullmatch(r"sources\.\w+", key)}
    tables = {"archive", "http", "schedule", "sources", "topics", "subscribers"}
    tables |= {
        "calendar",
        "digest",
        "delivery",
        "delivery.feeds",
        "delivery.smtp",
        "equivalents",
        "monitoring",
        "web",
        "webhooks",
        "workers",
    }
    return asked - sources - tables


def test_shipped_file_has_every_key(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = (ROOT / "config.toml").read_text(encoding="utf-8")
    written = re.sub(r"(?m)^# (?=\w+ = |\[\[webhooks\]\])", "", shipped)
    lines = key_lines(written)
    assert tomllib.loads(shipped)
    found = {".".join(part for part in path if isinstance(part, str)) for path in lines}
    keys = known_keys(file, monkeypatch) | {"delivery.smtp.password_file"}
    assert keys - found == set()
    assert len(keys) > 50


def test_every_key_is_documented(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    table, documented = "", set[str]()
    for line in page.splitlines():
        heading = re.match(r"## `\[+([a-z_.]+)\]+`", line)
        table = heading[1] if heading else table
        documented.update(f"{table}.{key}" for key in re.findall(r"^\| `(\w+)`", line))
    keys = known_keys(file, monkeypatch) | {"delivery.smtp.password_file"}
    assert keys - documented == set()
    assert documented - keys == set()
