"""Digests of several subscribers, day by day, with the real command line."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from monitor.demo.parliament import Parliament
from tests.e2e.desk import Desk, Foundry, an_answer, read, text_of
from tests.servers import migrated_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.demo.mailserver import MailServer

TOPIC = '[[topics]]\nname = "Agencies"\nterms = ["NCA = National Crime Agency"]\n'
FEW = 'houses = ["Commons"]\nlook_back_days = 3'


def subscriber(name: str, email: str, **facts: str) -> str:
    written = "".join(f"{key} = {value}\n" for key, value in facts.items())
    return f'[[subscribers]]\nname = "{name}"\nemail = "{email}"\n{written}\n'


FIVE = (
    subscriber("Daily", "daily@example.org")
    + subscriber("Evening", "evening@example.org", at='"18:00"')
    + subscriber("Weekly", "weekly@example.org", cadence='"weekly"')
    + subscriber("Instant", "instant@example.org", cadence='"instant"')
    + subscriber("Daily too", "daily@example.org")
)


class Setting:
    """Desk with several subscribers, the fake Parliament that it reads, and the mails that arrive."""

    def __init__(
        self, folder: Path, parliament: Parliament, mail: MailServer, subscribers: str, archive: str = ""
    ) -> None:
        self.parliament, self.mail = parliament, mail
        facts: dict[str, Any] = {"archive": archive} if archive else {}
        self.desk = Desk(
            folder=folder,
            parliament=parliament,
            mail=mail,
            topics=TOPIC,
            subscribers=subscribers,
            questions=FEW,
            **facts,
        )
        if not archive:
            self.desk.with_archive()
        self.published: list[dict[str, Any]] = []
        self.seen = 0

    def publish(self, number: int, day: date) -> None:
        self.published.append(an_answer(number, day))
        self.parliament.replace(self.published)

    def mails(self) -> list[tuple[str, str]]:
        """Return the recipient and the question numbers of each mail since the last call."""
        new = self.mail.messages[self.seen :]
        self.seen += len(new)
        return sorted((mail.recipients[0].partition("@")[0], numbers_in(text_of(read(mail)))) for mail in new)


def numbers_in(text: str) -> str:
    return " ".join(sorted(set(re.findall(r"Cite: UIN 7000(\d)", text))))


@pytest.fixture
def setting(tmp_path: Path, mail: MailServer, request: pytest.FixtureRequest) -> Iterator[Setting]:
    with Parliament.from_values([]) as parliament:
        yield Setting(tmp_path / "desk", parliament, mail, request.param)


@pytest.mark.parametrize("setting", [FIVE], indirect=True, ids=["five"])
def test_every_subscriber_gets_each_answer_once_at_their_time(setting: Setting) -> None:
    days = [
        ("2024-11-18T08:00", 0, [("daily", "0"), ("daily", "0"), ("evening", "0"), ("instant", "0"), ("weekly", "0")]),
        ("2024-11-18T18:30", None, []),
        ("2024-11-19T08:00", 1, [("daily", "1"), ("daily", "1"), ("instant", "1")]),
        ("2024-11-19T18:30", 2, [("evening", "1 2"), ("instant", "2")]),
        ("2024-11-20T08:00", None, [("daily", "2"), ("daily", "2")]),
        ("2024-11-20T18:30", 3, [("evening", "3"), ("instant", "3")]),
        ("2024-11-21T08:00", None, [("daily", "3"), ("daily", "3")]),
        (
            "2024-11-25T08:00",
            4,
            [("daily", "4"), ("daily", "4"), ("evening", "4"), ("instant", "4"), ("weekly", "1 2 3 4")],
        ),
        ("2024-11-25T08:30", None, []),
    ]
    with Foundry(setting.desk) as foundry:
        for then, number, expected in days:
            if number is not None:
                setting.publish(number, date.fromisoformat(then[:10]))
            assert foundry.in_place("run", "--as-of", f"{then}+00:00") == 0, foundry.said()
            assert (then, setting.mails()) == (then, expected)
    ids = [str(read(mail)["Message-ID"]) for mail in setting.mail.messages]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("setting", [subscriber("Daily", "daily@example.org")], indirect=True, ids=["one"])
def test_a_pause_a_new_subscriber_and_a_new_name(setting: Setting) -> None:
    with Foundry(setting.desk) as foundry:
        setting.publish(0, date(2024, 11, 18))
        assert foundry.in_place("run", "--as-of", "2024-11-18T08:00+00:00") == 0, foundry.said()
        assert setting.mails() == [("daily", "0")]
        assert foundry.run("subscribers", "pause", "Daily") == 0
        assert foundry.run("subscribers", "add", "Colleague", "colleague@example.org", "--id", "c") == 0

        setting.publish(1, date(2024, 11, 19))
        assert foundry.in_place("run", "--as-of", "2024-11-19T08:00+00:00") == 0, foundry.said()
        assert setting.mails() == [("colleague", "1")]  # no earlier answers
        assert foundry.run("subscribers", "resume", "Daily") == 0
        assert "1 item came since" in foundry.said()
        assert "pqwatch matches --since" in foundry.said()
        text = setting.desk.config.read_text(encoding="utf-8")
        setting.desk.config.write_text(text.replace('"Colleague"', '"Another name"'), encoding="utf-8")

        setting.publish(2, date(2024, 11, 20))
        assert foundry.in_place("run", "--as-of", "2024-11-20T08:00+00:00") == 0, foundry.said()
        assert setting.mails() == [("colleague", "2"), ("daily", "2")]
        texts = [
            " ".join(text_of(read(mail)).split()) for mail in setting.mail.messages if "daily@" in mail.recipients[0]
        ]
        assert ["Your mail was paused: 1 item that came meanwhile is not included" in text for text in texts] == [
            False,
            True,
        ]

        assert foundry.run("subscribers", "forget", "DAILY@example.org", "--yes") == 0, foundry.said()
        setting.publish(3, date(2024, 11, 21))
        assert foundry.in_place("run", "--as-of", "2024-11-21T08:00+00:00") == 0, foundry.said()
        assert setting.mails() == [("colleague", "3")]
        assert foundry.run("digest", "list") == 0
        assert "daily@example.org" not in setting.desk.config.read_text(encoding="utf-8")


@pytest.fixture(params=["sqlite", "postgresql"])
def archive_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the address of a PostgreSQL archive; "" for one on SQLite."""
    if request.param == "sqlite":
        yield ""
        return
    with migrated_database(request.getfixturevalue("postgres")) as url:
        yield url


def test_a_subscriber_of_the_archive_from_the_first_day_to_the_last(
    tmp_path: Path, mail: MailServer, archive_url: str
) -> None:
    with Parliament.from_values([]) as parliament:
        setting = Setting(tmp_path / "desk", parliament, mail, subscriber("Daily", "daily@example.org"), archive_url)
        before = setting.desk.config.read_bytes()

        def day(number: int, then: str) -> list[tuple[str, str]]:
            setting.publish(number, date.fromisoformat(then))
            assert foundry.in_place("run", "--as-of", f"{then}T08:00+00:00") == 0, foundry.said()
            return setting.mails()

        def run(*words: str) -> None:
            assert foundry.run("subscribers", *words) == 0, foundry.said()

        with Foundry(setting.desk) as foundry:
            assert day(0, "2024-11-18") == [("daily", "0")]
            run("add", "Ann", "ann@example.org", "--archive", "--topic", "Agencies")
            assert day(1, "2024-11-19") == [("ann", "1"), ("daily", "1")]  # no earlier answers
            run("pause", "Ann")
            assert day(2, "2024-11-20") == [("daily", "2")]
            run("resume", "Ann")
            run("change", "Ann", "--name", "Anne", "--email", "anne@example.org")
            assert day(3, "2024-11-21") == [("anne", "3"), ("daily", "3")]  # not what came in the pause
            run("forget", "anne@example.org", "--yes")
            assert day(4, "2024-11-22") == [("daily", "4")]
        assert setting.desk.config.read_bytes() == before
