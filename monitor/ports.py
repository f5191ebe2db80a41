"""What the core asks of the world: a source to read, an archive to keep, a mailer to hand mails to.

The archive's methods are described where they are made, in `db`; each is one transaction.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime, timedelta

    from monitor.model.archive import (
        Added,
        Alike,
        Answered,
        DigestRow,
        Document,
        FileRead,
        Known,
        Mail,
        NewDigest,
        OpenQuestion,
        PendingItem,
        Quarantined,
        Retired,
        WindowCoverage,
        Work,
    )
    from monitor.model.deliveries import Delivery, DeliveryState
    from monitor.model.index_query import Need
    from monitor.model.records import Event, Facts, House, Member, Proceeding, Revision
    from monitor.model.sources import (
        Announced,
        Cached,
        Detail,
        FileRef,
        Page,
        Parsed,
        Payload,
        Posted,
        Reading,
        Window,
    )
    from monitor.model.watching import Match, NewTerm, Subscriber, Topic


class NewsRule(Protocol):
    """Decides whether a new revision may be mailed: news, or else history."""

    def __call__(self, before: Proceeding | None, after: Proceeding, events: tuple[Event, ...], /) -> bool:
        """Whether it is news."""
        ...


class Source(Protocol):
    """A source of proceedings that is read by windows of a day. Raises FetchError, ParseError."""

    @property
    def name(self) -> str:
        """What configuration, archive and log call it."""
        ...

    @property
    def houses(self) -> tuple[House, ...]:
        """The Houses that it is read for."""
        ...

    @property
    def by(self) -> tuple[str, ...]:
        """The dates that it has windows of: "tabled", "answered", "corrected"; "made" for what is no question."""
        ...

    def read_window(self, window: Window) -> Iterator[Page]:
        """Read a window, page by page; each record once, the newest view of it winning."""
        ...

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Look at records by key, several in flight; in any order, one Detail each.

        What is announced may be asked for by `DAY/UIN`: the Detail has that key, its payload the source's own.
        """
        ...

    def parse(self, payload: Payload) -> Proceeding:
        """Understand a payload, whether it was an entry of a list or a detail."""
        ...


@runtime_checkable
class FileSource(Protocol):
    """A source whose unit is a file with many records."""

    @property
    def name(self) -> str:
        """What configuration, archive and log call it."""
        ...

    @property
    def houses(self) -> tuple[House, ...]:
        """The Houses that it tells of."""
        ...

    @property
    def version(self) -> int:
        """Counts changes of its parser: a file read by an older one is read again."""
        ...

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:
        """The files of these days, both included, newest first; those of unknown days too. Raises FetchError."""
        ...

    def fetch(self, ref: FileRef) -> Payload:
        """The bytes of a file, with `ref.name` as the payload's key. Raises FetchError."""
        ...

    def records(self, payload: Payload) -> Iterator[Parsed]:
        """Understand a file, record by record. Raises ParseError where it can't be read as a whole."""
        ...


@runtime_checkable
class Discovery(Protocol):
    """A source that also tells what others published, as feeds do."""

    def announced(self, source: str) -> Iterator[Announced]:
        """What it says of another source; nothing where it can't be read."""
        ...


class Cache(Protocol):
    """Answers kept by address, for conditional requests. See db.cache.Cache."""

    def get(self, url: str) -> Cached | None: ...
    def put(self, url: str, answer: Cached) -> None: ...


class Register(Protocol):
    """Who is who: one person across numbers, spellings and Houses. Whoever is not surely known stays as printed."""

    def by_number(self, number: str, printed: str | None, day: date) -> Member:
        """By a number of parlparse: "uk.org.publicwhip/member/1850", ".../lord/100861", ".../person/10854"."""
        ...

    def by_name(
        self, printed: str, house: House, day: date, *, constituency: str | None = None, office: str | None = None
    ) -> Member:
        """By the name as printed on the day; the seat printed with it decides between several."""
        ...

    def office_of(self, member: Member, day: date) -> str | None:
        """The office of the government that a member held on the day; None where none is known."""
        ...


class MemberSource(Protocol):
    """Names for numbers."""

    def read_members(self, ids: Iterable[int]) -> Iterator[tuple[int, Member | None]]:
        """Look members up; None where the source does not know the number. Raises FetchError for the rest."""
        ...


class Mailer(Protocol):
    """Hands one mail to one recipient.

    `before_dot` is called when all but the final dot is sent: whatever fails before it was surely not accepted, whatever
    fails after it is ambiguous. `accepted` is called with the server's reply as soon as it has the mail, before anything
    else can fail. Raises DeliveryError, AmbiguousDeliveryError.
    """

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        """Hand the mail over."""
        ...


class Poster(Protocol):
    """Posts over HTTP, once: no redirect is followed, nothing is tried again. See scrapers.http.posting."""

    def post(self, url: str, body: Iterable[bytes], length: int, headers: Mapping[str, str]) -> Posted:
        """Post a body that is asked for piece by piece. Raises FetchError, whose text never holds the address."""
        ...

    def close(self) -> None:
        """Let the connections go."""
        ...


class Callback(Protocol):
    """A step that the archive must record before the mailer goes on."""

    def __call__(self) -> None:
        """Record it."""
        ...


class Accepted(Protocol):
    """The server has the mail."""

    def __call__(self, reply: str, /) -> None:
        """Record it with the reply, one line."""
        ...


class Query(Protocol):
    """A query of the term language, ready to be asked of a document."""

    @property
    def need(self) -> Need | None:
        """What the search form of a document must hold; None where any document may be found."""
        ...

    @property
    def conditions(self) -> Sequence[tuple[str, str]]:
        """Filters that every record found passes, by name: those of the whole query, not of one side of an operator."""
        ...

    def spans(
        self,
        parts: Mapping[str, str],
        forms: Mapping[str, str] | None = None,
        facts: Callable[[], Facts] | None = None,
    ) -> tuple[Match, ...] | None:
        """Where it is found in these parts (plain text by name), None where it does not hold.

        Empty where it holds without a word of its own: filters only. `forms`: the search forms of the parts, where they
        are at hand. `facts` is called if the query has filters.
        """
        ...

    def holds(
        self,
        parts: Mapping[str, str],
        forms: Mapping[str, str] | None = None,
        facts: Callable[[], Facts] | None = None,
    ) -> bool:
        """Whether `spans` would be something else than None."""
        ...


class Runs(Protocol):
    """The lease, the ledger of runs, facts about the archive. See db.runs.Runs."""

    def lease(self) -> AbstractContextManager[None]: ...
    def renew(self) -> None: ...
    def begin(self, stage: str, as_of: datetime) -> int: ...
    def end(self, run_id: int, outcome: str, counts: Mapping[str, int], error: str | None = None) -> None: ...
    def last_started(self, stage: str) -> datetime | None: ...
    def longest_gap(self, stage: str) -> timedelta: ...
    def fact(self, key: str) -> str | None: ...
    def set_fact(self, key: str, value: str) -> None: ...
    def instance(self) -> str: ...


class Proceedings(Protocol):
    """Storing what the sources told. See db.proceedings.Proceedings."""

    def store(self, readings: Sequence[Reading], *, today: date, is_news: NewsRule) -> list[Added]: ...
    def change(
        self,
        source: str,
        keys: Iterable[str],
        *,
        is_news: NewsRule,
        is_gone: bool = False,
        is_lapsed: bool = False,
    ) -> list[Added]: ...
    def take_as_news(self, since: date) -> int: ...
    def quarantine(self, payload: Payload, reason: str) -> None: ...
    def note_look_up(self, source: str, keys: Iterable[str], *, today: date, gone: bool) -> list[str]: ...


class Records(Protocol):
    """Reading the record. See db.records.Records."""

    def known(self, source: str, keys: Sequence[str]) -> Mapping[str, Known]: ...
    def keys_in_window(self, window: Window) -> list[str]: ...
    def days(self, keys: Sequence[str]) -> Mapping[str, date]: ...
    def answered_since(self, source: str, day: date) -> list[Answered]: ...
    def open_before(self, source: str, day: date, *, looked_up_before: date | None = None) -> list[str]: ...
    def gone_once(self, source: str, since: date) -> list[str]: ...
    def payloads(
        self,
        source: str | None = None,
        first: date | None = None,
        last: date | None = None,
        *,
        newest_first: bool = False,
    ) -> Iterator[Payload]: ...
    def drop_payloads(self, before: datetime) -> int: ...
    def revisions(self, proceeding_id: int) -> list[Revision]: ...
    def by_keys(self, keys: Sequence[str]) -> Mapping[str, list[int]]: ...
    def keys_of(self, proceeding_id: int) -> list[str]: ...
    def referring(self, keys: Sequence[str]) -> list[int]: ...
    def answered_on(self, house: str, day: date) -> list[int]: ...
    def quarantined(self) -> list[Quarantined]: ...


class Members(Protocol):
    """Members' names, remembered. See db.members.Members."""

    def unknown(self, ids: Iterable[int], today: date) -> list[int]: ...
    def remember(self, found: Mapping[int, Member | None], today: date) -> None: ...


class Coverage(Protocol):
    """Which windows were read whole. See db.coverage.Coverage."""

    def windows(self, source: str | None = None, *, since: date | None = None) -> list[WindowCoverage]: ...
    def note(self, covered: WindowCoverage) -> None: ...
    def read_at(self, reads: Mapping[str, Sequence[House]]) -> list[datetime]: ...
    def days_read(self, first: date, until: date) -> Mapping[tuple[str, House], int]: ...


class Files(Protocol):
    """Which files were read, and how that went. See db.files.Files."""

    def known(self, source: str) -> Mapping[str, FileRead]: ...
    def note(self, filed: FileRead) -> None: ...
    def listing(self, source: str | None = None, *, since: datetime | None = None) -> list[FileRead]: ...
    def release(self, source: str, keys: Sequence[str]) -> None: ...


class Watch(Protocol):
    """What is watched, and what was found. See db.watch.Watch."""

    def sync(self, topics: Sequence[Topic], subscribers: Sequence[Subscriber], version: str) -> None: ...
    def watched(self) -> tuple[dict[str, str], dict[str, str], set[tuple[str, str]]]: ...
    def work(self) -> Work | None: ...
    def read(self, work: Work, need: Need | None = None) -> Iterator[tuple[list[Document], int]]: ...
    def store_matches(self, work: Work, found: Iterable[tuple[int, Iterable[Match]]], done_to: int) -> int: ...


class Index(Protocol):
    """The full-text index. See db.index.Index."""

    def follow(self, progress: Callable[[int, int], None] | None = None) -> int: ...


class Likenesses(Protocol):
    """Which answers are alike. See db.alike.Likenesses."""

    def equal_ids(self, revision: Revision, *, at_most: int) -> list[str]: ...
    def equal(self, revision: Revision, *, before: date | None = None, at_most: int) -> list[Revision]: ...
    def near(self, revision: Revision, *, before: date | None = None) -> list[Alike]: ...
    def with_words(self, need: Need) -> list[Revision]: ...


class Digests(Protocol):
    """What is owed, and what was told. See db.digests.Digests."""

    def exists(self, subscriber: str, slot: str) -> bool: ...
    def last(self, subscriber: str) -> DigestRow | None: ...
    def listing(self, *, subscriber: str | None = None, limit: int | None = None) -> list[DigestRow]: ...
    def owed(self, subscriber: str) -> list[PendingItem]: ...
    def missed(self, subscriber: str) -> int: ...
    def open_questions(self, topics: Iterable[str], subscriber: str | None = None) -> list[OpenQuestion]: ...
    def find_by_uin(self, uin: str, before: date | None) -> Proceeding | None: ...
    def store(self, new: NewDigest) -> int: ...


class Lives(Protocol):
    """The life of a record as its readers saw it. See db.lives.Lives."""

    def answered_with(
        self, words: Iterable[str], topics: Iterable[str], since: date, subscriber: str | None = None
    ) -> list[OpenQuestion]: ...


class Findings(Protocol):
    """Count what the watched terms found. See db.findings.Findings."""

    def idle_topics(self, since: date) -> frozenset[str]: ...
    def new_to(self, subscriber: str) -> tuple[NewTerm, ...]: ...


class Outlets(Protocol):
    """What the outbox is asked for ways out that are no mail. See db.outlets.Outlets."""

    def moved(self, queue: str) -> None: ...
    def strand(self, queues: Collection[str]) -> list[str]: ...
    def frozen(self, recipient: str, limit: int) -> list[bytes]: ...
    def thin(self, recipient: str, keep: int) -> int: ...


class Archive(Protocol):
    """What is kept, one attribute for each part of the record."""

    @property
    def runs(self) -> Runs: ...
    @property
    def proceedings(self) -> Proceedings: ...
    @property
    def records(self) -> Records: ...
    @property
    def members(self) -> Members: ...
    @property
    def coverage(self) -> Coverage: ...
    @property
    def files(self) -> Files: ...
    @property
    def cache(self) -> Cache: ...
    @property
    def watch(self) -> Watch: ...
    @property
    def index(self) -> Index: ...
    @property
    def alike(self) -> Likenesses: ...
    @property
    def digests(self) -> Digests: ...
    @property
    def lives(self) -> Lives: ...
    @property
    def findings(self) -> Findings: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def outlets(self) -> Outlets: ...


class Outbox(Protocol):
    """What the protocol asks of the archive; every method is one transaction. See db.outbox.Outbox."""

    def recover(self, now: datetime, *, on_ambiguous: str, is_idempotent: bool) -> tuple[Delivery, ...]:
        """Take up what dead runs left; the mails that may have gone already, in the state they now have."""
        ...

    def claim(self, now: datetime) -> tuple[Delivery, str] | None:
        """The next mail that is due, with the token for its further steps."""
        ...

    def dotted(self, row_id: int, token: str, now: datetime) -> None:
        """All but the final dot is sent."""
        ...

    def sent(self, row_id: int, token: str, now: datetime, reply: str) -> None:
        """The server has it."""
        ...

    def ambiguous(self, row_id: int, token: str, error: str) -> None:
        """The final dot was sent and no reply came."""
        ...

    def failed(
        self, row_id: int, token: str, now: datetime, error: str, scope: str, *, wait: timedelta | None = None
    ) -> DeliveryState:
        """It was surely not accepted; its new state."""
        ...

    def of(self, queue: str) -> Outbox:
        """The same outbox for another queue: see monitor.model.deliveries."""
        ...

    def has_due(self, now: datetime) -> bool:
        """Whether `claim` would give a mail."""
        ...

    def last_claimed(self) -> datetime | None:
        """When a mail of the queue was last taken to be sent."""
        ...

    def pause(self, now: datetime, error: str, *, put_off: Sequence[int] = (), since: datetime | None = None) -> None:
        """Let the whole queue wait; of mails that were put off in a row since an instant, these tries do not count."""
        ...

    def paused(self, now: datetime) -> str | None:
        """Why the queue waits, in one sentence."""
        ...

    def all_paused(self, now: datetime) -> dict[str, str]:
        """The same of every queue that waits, by its name."""
        ...

    def resume(self) -> None:
        """End the wait of the queue."""
        ...

    def put(self, mail: Mail, facts: Mapping[str, str]) -> None:
        """Put in a mail that belongs to no digest, and set facts about the archive with it, all or nothing."""
        ...

    def purge(self, before: datetime) -> int:
        """Let go of the text of mails sent before an instant."""
        ...

    def counts(self) -> dict[DeliveryState, int]:
        """How many mails are in each state."""
        ...

    def retired(self) -> tuple[Retired, ...]:
        """Addresses to which nothing is sent any more, and mails that were put aside."""
        ...


class Post(Mailer, Protocol):
    """A mailer with what the protocol must know of it: whether doing a mail twice does no harm, and how to end."""

    is_idempotent: bool

    def close(self) -> None:
        """End the connection. Raises nothing."""
        ...
