"""Settings as frozen records: the content of config.toml, with the defaults filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from monitor.model.limits import NO_LIMITS, SendingLimits
from monitor.model.records import House
from monitor.parliament.calendar import LONDON
from monitor.parliament.links import OFFICIAL_HOSTS
from monitor.terms.vocabulary import EQUIVALENTS

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.config.tables import Secret
    from monitor.model.watching import Subscriber, Topic
    from monitor.terms.vocabulary import Equivalents


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSettings:
    """The archive: a SQLAlchemy URL (SQLite's path is absolute), and the days that received bytes are kept (0: for ever)."""

    url: Secret
    keep_raw_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """Requests to sources. `proxy` "" means the environment's; `ca_file` None the system's certificates.

    `try_again_for`: time for which a run asks again, before a digest, for what it could not read.
    """

    contact: str = "mailto:you@example.org"
    concurrency: int = 4
    min_interval: timedelta = timedelta(milliseconds=200)
    try_again_for: timedelta = timedelta(minutes=5)
    proxy: str = field(default="", repr=False)
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSettings:
    """Times of collects and digests. Days count from 0, Monday; `digest_at` is a local "HH:MM".

    `supplement_for`: time after a digest in which a supplement may still bring what could not be read for it.
    """

    timezone: ZoneInfo = LONDON
    collect_every: timedelta = timedelta(minutes=30)
    digest_at: str = "07:30"
    digest_days: frozenset[int] = frozenset(range(5))
    weekly_on: int = 0
    supplement_for: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionsSettings:
    """The written questions API. `base_url` has no slash at its end."""

    enabled: bool = True
    base_url: str = "https://questions-statements-api.parliament.uk"
    houses: tuple[House, ...] = (House.COMMONS, House.LORDS)
    look_back_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersSettings:
    """The Members API, which gives names for numbers."""

    base_url: str = "https://members-api.parliament.uk"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementsSettings:
    """Written statements, of the same API as the questions."""

    enabled: bool = False
    base_url: str = "https://questions-statements-api.parliament.uk"
    houses: tuple[House, ...] = (House.COMMONS, House.LORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSourceSettings:
    """A source of files: a copy on this machine if there is a `path`, else `base_url`, without a slash at its end."""

    enabled: bool = False
    base_url: str = ""
    path: Path | None = None


HISTORIC = FileSourceSettings(base_url="https://api.parliament.uk/historic-hansard")
PUBLICATIONS = FileSourceSettings(base_url="https://publications.parliament.uk/pa")
SCOTLAND = FileSourceSettings(base_url="https://data.parliament.scot/api")


@dataclass(frozen=True, slots=True, kw_only=True)
class TheyWorkForYouSettings:
    """TheyWorkForYou's files. `what`: folders of them, of `KINDS`. `members`: place of the files on people, "" if beside."""

    KINDS: ClassVar = (
        "wrans", "lordswrans", "wms", "lordswms", "debates", "westminhall", "lordspages", "standing", "sp-written", "ni",
    )  # fmt: skip

    files: FileSourceSettings = FileSourceSettings(base_url="https://www.theyworkforyou.com/pwdata")
    what: tuple[str, ...] = KINDS[:-2]
    members: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NorthernIrelandSettings:
    """Questions of the Northern Ireland Assembly."""

    enabled: bool = False
    base_url: str = "https://data.niassembly.gov.uk"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParliamentCalendarSettings:
    """Parliament's own calendar, of the What's On service."""

    enabled: bool = True
    base_url: str = "https://whatson-api.parliament.uk"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingSettings:
    """A source of what is coming. `base_url` has no slash at its end."""

    enabled: bool = False
    base_url: str = ""
    houses: tuple[House, ...] = (House.COMMONS,)


ORAL_QUESTIONS = ComingSettings(base_url="https://oralquestionsandmotions-api.parliament.uk")
WHATS_ON = ComingSettings(base_url="https://whatson-api.parliament.uk", houses=(House.COMMONS, House.LORDS))
COMMITTEES = ComingSettings(base_url="https://committees-api.parliament.uk")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeneddSettings:
    """Questions of the Senedd."""

    enabled: bool = False
    base_url: str = "https://record.senedd.wales"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """An RSS or Atom feed; its entries count as of `house`."""

    name: str
    url: str
    house: House = House.COMMONS
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSettings:
    """Recesses on top of those that are known: first and last day, neither a sitting day."""

    recess: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSettings:
    """Look of digests. `link_hosts`: hosts beside the official ones whose links in answers may be clicked."""

    link_hosts: tuple[str, ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """All hosts whose links may be clicked."""
        return (*OFFICIAL_HOSTS, *self.link_hosts)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """Delivery of digests. `sender` is the key `from`; `unsubscribe`, `operator` and `bounces` are "" if unset.

    `bounces`: the return address, with "*" where each mail has its own number and signature.
    """

    transport: str = "file"
    folder: Path
    sender: str = "pqwatch <pqwatch@example.org>"
    unsubscribe: str = ""
    operator: str = ""
    bounces: str = ""
    on_ambiguous: str = "resend"
    keep_mail_days: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """A webhook: `reader` says what it gets, and its `channel` in which form.

    `url` is None if it was not read, `signing_secret` also if the webhook has no secret.
    """

    reader: Subscriber
    url: Secret | None = None
    signing_secret: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFeedSettings:
    """A feed of each topic, written into `folder` if there is one.

    `keep`: entries in a feed. `base_url`: address at which the folder can be read, without a slash at its end, or "".
    `readers`: the feeds, in the order of the topics.
    """

    folder: Path | None = None
    keep: int = 100
    base_url: str = ""
    readers: tuple[Subscriber, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """The mail server. Without `username` there is no log-in and `password` is None.

    `connections`: those that are used at once. `limits`: mails a minute, and what holds for single domains.
    """

    host: str = "127.0.0.1"
    port: int = 587
    tls: str = "starttls"
    allow_plain: bool = False
    ca_file: Path | None = None
    username: str = ""
    password: Secret | None = None
    connections: int = 1
    limits: SendingLimits = NO_LIMITS


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringSettings:
    """Signs of life without mail.

    `ping_url`: an address requested after each good run, or "". `status_file`: file in which each run says how it ended;
    None: beside an archive that is a file.
    """

    ping_url: str = field(default="", repr=False)
    status_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """The page. `base_url`: its address for readers, without a slash at its end, or "".

    `auth`: "none" (this machine alone may come in), "proxy" (the server before it names the user in `user_header`, and is
    one of `trusted_proxies`) or "token". `token` is None if it was not read. `public`: everyone may read, and sees no
    topics, terms or names of subscribers. `signup`: visitors may subscribe.
    """

    base_url: str = ""
    auth: str = "none"
    token: Secret | None = None
    public: bool = False
    signup: bool = False
    trusted_proxies: tuple[str, ...] = ("127.0.0.1/32", "::1/128")
    user_header: str = "X-Forwarded-User"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersSettings:
    """Workers. `enabled`: the stages are shared by `pqwatch worker` processes, which take jobs from a queue."""

    enabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TermProblem:
    """A term that can't be read and was left out: the topic's key, the term, its line, and the whole message.

    `caret`: two lines, the term and a caret under the place. `reason`: the message without file, line and key.
    `is_exclude`: the term stands in `exclude`. `is_misread`: it was read, but certainly not as it was meant, as the archive
    shows; it stays in its topic, so that nothing is lost if it was meant so after all.
    """

    topic: str
    term: str
    line: int
    text: str
    caret: str = ""
    reason: str = ""
    is_exclude: bool = False
    is_misread: bool = False

    @property
    def failure(self) -> str:
        """Message as a failure of a run."""
        return self.text if self.is_misread else f"{self.text} (the term is switched off)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole of config.toml, with the defaults filled in. Terms that can't be read are in `term_problems`.

    Terms that were read, but not as they were meant, join them where the archive was asked (`app.with_misread_terms`).

    `equivalents`: the shipped groups and those of the file. `mark`: fingerprint of the file as it was read (`mark_of`);
    None for a configuration that need not be that of the file. `subscribers_version`: version of the archive's subscribers
    that are among `subscribers` (`monitor.config.merging`); None before they were added. `secret_files`: the files from
    which secrets were read.
    """

    path: Path
    archive: ArchiveSettings
    http: HttpSettings
    schedule: ScheduleSettings
    questions: QuestionsSettings
    members: MembersSettings
    topics: tuple[Topic, ...]
    subscribers: tuple[Subscriber, ...]
    calendar: CalendarSettings
    delivery: DeliverySettings
    smtp: SmtpSettings
    monitoring: MonitoringSettings
    parliament_calendar: ParliamentCalendarSettings = ParliamentCalendarSettings()
    statements: StatementsSettings = StatementsSettings()
    theyworkforyou: TheyWorkForYouSettings = TheyWorkForYouSettings()
    historic: FileSourceSettings = HISTORIC
    publications: FileSourceSettings = PUBLICATIONS
    scotland: FileSourceSettings = SCOTLAND
    northern_ireland: NorthernIrelandSettings = NorthernIrelandSettings()
    senedd: SeneddSettings = SeneddSettings()
    oral_questions: ComingSettings = ORAL_QUESTIONS
    whats_on: ComingSettings = WHATS_ON
    committees: ComingSettings = COMMITTEES
    feeds: tuple[FeedSettings, ...] = ()
    webhooks: tuple[WebhookSettings, ...] = ()
    topic_feeds: TopicFeedSettings = TopicFeedSettings()
    equivalents: Equivalents = EQUIVALENTS
    digest: DigestSettings = DigestSettings()
    web: WebSettings = WebSettings()
    workers: WorkersSettings = WorkersSettings()
    term_problems: tuple[TermProblem, ...] = ()
    mark: str | None = field(default=None, repr=False, compare=False)
    subscribers_version: str | None = field(default=None, repr=False, compare=False)
    secret_files: tuple[Path, ...] = field(default=(), repr=False, compare=False)

    @property
    def readers(self) -> tuple[Subscriber, ...]:
        """All for whom digests are composed: subscribers by mail, webhooks, feeds."""
        return (*self.subscribers, *(webhook.reader for webhook in self.webhooks), *self.topic_feeds.readers)

    @property
    def reads(self) -> dict[str, tuple[House, ...]]:
        """Sources that are read by windows of a day, each with its Houses; what is coming among them."""
        on = {
            "questions": (self.questions.enabled, self.questions.houses),
            "statements": (self.statements.enabled, self.statements.houses),
            "northern_ireland": (self.northern_ireland.enabled, (House.NORTHERN_IRELAND,)),
            "senedd": (self.senedd.enabled, (House.SENEDD,)),
            "oral_questions": (self.oral_questions.enabled, self.oral_questions.houses),
            "whats_on": (self.whats_on.enabled, self.whats_on.houses),
            "committees": (self.committees.enabled, self.committees.houses),
        }
        return {name: houses for name, (enabled, houses) in on.items() if enabled}

    @property
    def reads_files(self) -> tuple[str, ...]:
        """Sources that are read by files of many records."""
        on = {
            "theyworkforyou": self.theyworkforyou.files.enabled,
            "historic": self.historic.enabled,
            "publications": self.publications.enabled,
            "scotland": self.scotland.enabled,
            "feeds": any(feed.enabled for feed in self.feeds),
        }
        return tuple(name for name, enabled in on.items() if enabled)

    @property
    def reads_devolved(self) -> bool:
        """True if a devolved legislature is read, whose recesses no calendar here has."""
        return self.scotland.enabled or self.northern_ireland.enabled or self.senedd.enabled

    @property
    def sitting_houses(self) -> tuple[House, ...]:
        """Houses of Westminster whose sittings a digest speaks of; none where only devolved legislatures are read."""
        files = {"theyworkforyou", "historic", "publications"}.intersection(self.reads_files)
        reads_westminster = files or any(set(houses) & {House.COMMONS, House.LORDS} for houses in self.reads.values())
        return () if self.reads_devolved and not reads_westminster else self.questions.houses

    @property
    def paths(self) -> dict[str, Path]:
        """Places of the files of each source that is on and read from this machine."""
        files = {
            "theyworkforyou": self.theyworkforyou.files,
            "historic": self.historic,
            "publications": self.publications,
            "scotland": self.scotland,
        }
        return {name: place.path for name, place in files.items() if place.enabled and place.path is not None}

    @property
    def reads_anything(self) -> bool:
        """True if there is a source to read at all."""
        return bool(self.reads or self.reads_files)
