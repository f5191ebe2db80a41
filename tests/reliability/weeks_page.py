"""Desk of weeks with a page: readers come by forms and by the links of their mails, beside a config.toml in a file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from monitor import app
from monitor.config.editing import remove_subscribers
from monitor.desk.desks import Desks
from monitor.errors import DeliveryError
from monitor.model.records import House
from monitor.web.application import make_application
from monitor.web.rate_limit import Limits
from monitor.web.signup import MailLimit
from tests.reliability.life_run import Post
from tests.reliability.weeks_desk import Desk, address, key_of, text_of
from tests.reliability.weeks_judge import BrokenPromiseError
from tests.reliability.weeks_memory import Wish
from tests.reliability.weeks_published import QUESTIONS, FullPaper
from tests.reliability.weeks_worker import work_round
from tests.web.forms import form_of, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.reliability.weeks_databases import Databases
    from tests.reliability.weeks_published import Paper

BASE = "http://127.0.0.1"
ALL = "*"
TOPICS = {"birds": ("birds", ("osprey", "heron")), "seals": ("seals", ("walrus",))}

CONFIG = """
[archive]
url = "{url}"
[http]
min_interval = "0ms"
try_again_for = "0m"
[sources]
questions = {{ houses = ["Commons", "Lords"], look_back_days = 4 }}
statements = {{ enabled = true }}
calendar = {{ enabled = false }}
[delivery]
transport = "smtp"
from = "pqwatch <pqwatch@example.org>"
smtp = {{ host = "127.0.0.1", port = 9, tls = "none" }}
[web]
base_url = "{base}"
signup = true
[workers]
enabled = {workers}

[[topics]]
name = "birds"
terms = ["osprey", "heron"]

[[topics]]
name = "seals"
terms = ["walrus"]
"""
SUBSCRIBER = """
[[subscribers]]
name = "{name}"
email = "{email}"
topics = [{topics}]
cadence = "{cadence}"
mentions = "full"
"""


@dataclass(slots=True)
class Person:
    """A person: what `config.toml` says of them, and what the archive keeps; None where they do not stand there."""

    in_file: Wish | None = None
    kept: Wish | None = None

    @property
    def wish(self) -> Wish | None:
        """Return what counts: config.toml, else the archive."""
        return self.in_file or self.kept

    @wish.setter
    def wish(self, wish: Wish) -> None:
        if self.in_file is not None:
            self.in_file = wish
        else:
            self.kept = wish


class MoodyPost(Post):
    """Mail server that puts off ("message") or refuses ("recipient") the mails to some addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.moods: dict[str, str] = {}

    def deliver(
        self, message: bytes, recipient: str, before_dot: Callable[[], None], accepted: Callable[[str], None]
    ) -> None:
        """Take a mail, or not."""
        if scope := self.moods.get(recipient):
            raise DeliveryError("450 not now" if scope == "message" else "550 5.1.1 no such user", scope=scope)
        super().deliver(message, recipient, before_dot, accepted)


class PageDesk(Desk):
    """Desk whose readers come by the page. On PostgreSQL a worker takes the place of runs in two of three lives.

    `people`: those who may come, by key. `ended`: those who are to get nothing more.
    """

    paper_class = FullPaper
    post: MoodyPost

    def __init__(self, databases: Databases, paper: Paper) -> None:
        super().__init__(databases, paper)
        self.topics, self.houses, self.post = dict(TOPICS), (House.COMMONS, House.LORDS), MoodyPost()
        self.people = {
            "ann": Person(in_file=Wish(("birds", "seals"))),
            "bob": Person(in_file=Wish((ALL,), cadence="daily")),
            "cat": Person(),
            "dan": Person(),
        }
        self.ended: set[str] = set()
        self.times_refused = 0
        self.has_worker = bool(databases.server) and paper.dice.random() < 0.67
        if databases.server:
            self.copy(shared=True)
        self._open()  # with this mail server
        self.path = databases.folder / "config.toml"
        url = self.engine.url.render_as_string(hide_password=False)
        text = CONFIG.format(url=url, base=BASE, workers=str(self.has_worker).lower())
        self.path.write_text(text + self.table_of("ann") + self.table_of("bob"), "utf-8")
        self.path.chmod(0o600)
        application = make_application(
            Desks(str(self.path), lambda: self.clock.now), limits=Limits(burst=10_000, per_minute=10_000)
        )
        application.state.signup_limit = MailLimit(in_all=10_000, clock=lambda: self.clock().timestamp())
        self.signer = application.state.signer
        self._client = TestClient(application, base_url=BASE, client=("127.0.0.1", 50_000))
        self.browser = self._client.__enter__()

    def close(self) -> None:
        """Close the page and the archive."""
        self._client.__exit__(None, None, None)
        super().close()

    # -- the configuration --------------------------------------------------------------------------------------------

    def table_of(self, key: str) -> str:
        """Return the table of a person for config.toml."""
        wish = self.people[key].in_file
        assert wish is not None
        names = [topic if topic == ALL else self.topics[topic][0] for topic in wish.topics]
        topics = ", ".join(f'"{name}"' for name in names)
        return SUBSCRIBER.format(name=name_of(key), email=address(key), topics=topics, cadence=wish.cadence)

    def rewrite(self, change: Callable[[str], str]) -> None:
        """Edit `config.toml` by hand."""
        self.path.write_text(change(self.path.read_text("utf-8")), "utf-8")

    def configure(self) -> None:
        """Read `config.toml`."""
        self.world.config = app.configuration(str(self.path), needs_password=False)
        self.readers = {key: self.resolved(person.wish) for key, person in self.people.items() if person.wish}
        self.world.source, statements = self.paper.sources.values()
        self.world.source.houses = self.houses
        self.world.more_sources = (statements,)

    def resolved(self, wish: Wish) -> Wish:
        """Return a wish with the topics that there are in the place of all."""
        return replace(wish, topics=tuple(self.topics)) if wish.topics == (ALL,) else wish

    def end_what_keeps_mails_back(self) -> None:
        """End the pauses, by the page."""
        self._save_for_all(is_paused=False)

    def mail_at_once(self) -> None:
        """Let every reader get what is found with each run, by the page."""
        self._save_for_all(cadence="instant")

    def _save_for_all(self, **choices: Any) -> None:
        for key, person in self.people.items():
            if person.wish is not None and self.links(key, "preferences"):
                self.save(key, replace(person.wish, **choices))
            elif person.in_file is not None:  # they got no mail yet, so no link
                person.in_file = replace(person.in_file, **choices)
                self._write_again(key)

    def _write_again(self, key: str) -> None:
        """Write the table of a person in `config.toml` anew."""
        self.rewrite(lambda text: remove_subscribers(text, [name_of(key)]) + self.table_of(key))

    # -- commands -----------------------------------------------------------------------------------------------------

    def _run_stages(self, *, first: bool) -> None:
        if self.has_worker:
            work_round(self.world, self.path)
        else:
            super()._run_stages(first=first)

    def run_while(self, happens: Callable[[], None]) -> None:
        """Run, and let something happen while the first window is read."""
        waiting = [happens]
        source = self.paper.sources[QUESTIONS]
        source.before_page = lambda _window, _number: waiting.pop()() if waiting else None
        self.run()
        source.before_page = lambda _window, _number: None

    # -- the page -----------------------------------------------------------------------------------------------------

    def links(self, key: str, kind: str) -> list[str]:
        """Return the paths of the links of a kind in the last mails to a reader, the newest last."""
        mine = [raw for to, raw in self.post.sent if to == address(key)][-6:]
        return [link for raw in mine for link in re.findall(rf"{BASE}(/{kind}/\S+)", text_of(parsed(raw)))]

    def send(self, page: str, action: str, *, status: int = 200, **fields: Any) -> str:
        """Send a form of a page, and return what it answers. A field that is None is left out."""
        return answered(send(self.browser, page, action, **fields), status)

    def send_own(self, key: str, what: str, **fields: Any) -> None:
        """Send a form of the page on what a reader follows."""
        page = f"/following?reader={name_of(key)}"
        csrf = form_of(self.browser.get(page).text, "/following/follow")["csrf"]
        data = {"reader": name_of(key), "csrf": csrf, "back": page, **fields}
        answered(self.browser.post(f"/following/{what}", data=data))
        self.judge.listed(key, self.clock.now)

    def save(self, key: str, wish: Wish) -> None:
        """Send the form of preferences."""
        path = self.links(key, "preferences")[-1]
        choices: dict[str, Any] = {"topic": list(wish.topics), "cadence": wish.cadence, "at": wish.at}
        page = self.send(path, path, quiet_days=None, paused="true" if wish.is_paused else None, **choices)
        assert "Saved." in page, page
        self.people[key].wish = wish
        if wish.is_paused:
            self.judge.paused(key)

    def end(self, key: str) -> None:
        """Note that a person is to get nothing more."""
        self.people[key] = Person()
        self.ended.add(key)
        self.judge.ended(key)

    # -- what came of it ----------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Let the judge see the mails that came, after a look whether somebody got one who wants none."""
        for recipient, raw in self.post.sent[self.judged :]:
            if key_of(recipient) in self.ended and "/unsubscribe/" in text_of(parsed(raw)):
                raise BrokenPromiseError(f"{recipient} got a mail, and wants none any more: {parsed(raw)['Subject']}")
        super().look()


def name_of(key: str) -> str:
    """Return the name of a person, which is their id for the program."""
    return key.title()


def parsed(raw: bytes) -> Any:
    """Return a mail."""
    return message_from_bytes(raw, policy=policy.default)


def answered(answer: Any, status: int = 200) -> str:
    """Return the text of an answer of the page that has this status."""
    if answer.status_code != status:
        raise BrokenPromiseError(f"{answer.url} answers {answer.status_code}: {answer.text[-1_000:]}")
    return str(answer.text)
