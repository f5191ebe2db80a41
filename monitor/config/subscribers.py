"""Readers of digests in config.toml: subscribers by mail, webhooks, and the feeds of topics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from monitor.config import values
from monitor.config.settings import TopicFeedSettings, WebhookSettings
from monitor.config.tables import Secret, choice, optional, parsed, placed, truth, whole, words
from monitor.errors import ConfigError, TakenNameError
from monitor.model.deliveries import FEED, WEBHOOKS, feed_of_topic
from monitor.model.watching import ALL_TOPICS, ARCHIVE, Subscriber, keys_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from monitor.config.settings import Config, ScheduleSettings
    from monitor.config.tables import Table
    from monitor.model.watching import Topic

    FromPlace = Callable[[str, Any], Secret]
    """Reads a secret from an environment variable ("env") or a file ("file") of that name."""

CADENCES: Final = ("instant", "daily", "weekly")
SUBJECTS: Final = ("topics", "counts", "terms")
MENTIONS: Final = ("short", "full", "off")

LONGEST_NAME: Final = 200
"""Characters of a name or id in the archive."""

_MOST_KEPT = 1_000
_SHORTEST_SECRET = 16
"""Characters of a secret that signs messages: fewer could be guessed from one signature."""


def readers_named(readers: Iterable[Subscriber], given: str) -> list[Subscriber]:
    """Return the reader of this id; else all of this very name or address; else all alike in other capitals."""
    by_key = {reader.key: reader for reader in readers}
    names = {key: tuple(filter(None, (reader.name, reader.email))) for key, reader in by_key.items()}
    return [by_key[key] for key in keys_named(names, given.strip())]


def read_subscribers(
    tables: Sequence[Table], topics: Sequence[Topic], schedule: ScheduleSettings
) -> tuple[Subscriber, ...]:
    """Read those who get mail."""
    subscribers: list[Subscriber] = []
    named = _NamedTopics.of(topics)
    taken: set[str] = set()
    for table in tables:
        key, name = key_and_name(table, taken, "subscriber")
        taken.add(key)
        if not table.has("email"):
            table.complain("email", 'is missing; write email = "name@example.org"')
        email = table.take("email", "", parsed(values.reader_address))
        subscribers.append(Subscriber(key=key, name=name, email=email, **_wishes(table, named, schedule, "daily")))
    return tuple(subscribers)


def read_webhooks(
    tables: Sequence[Table],
    topics: Sequence[Topic],
    schedule: ScheduleSettings,
    taken: set[str],
    secret: FromPlace | None,
) -> tuple[WebhookSettings, ...]:
    """Read the webhooks. Their keys are added to `taken`, the keys of other readers. Without `secret` no secret is read."""
    webhooks = []
    named = _NamedTopics.of(topics)
    for table in tables:
        key, name = key_and_name(table, taken, "webhook", "of those who get digests")
        taken.add(key)
        kind = table.take("kind", "json", choice(*WEBHOOKS))
        url = _address(table, secret)
        signing_secret = _signing_secret(table, secret)
        wishes = _wishes(table, named, schedule, "instant")
        reader = Subscriber(key=key, name=name, email="", channel=kind, **wishes)
        webhooks.append(WebhookSettings(reader=reader, url=url, signing_secret=signing_secret))
    return tuple(webhooks)


def read_topic_feeds(table: Table, topics: Sequence[Topic], taken: set[str], base: Path) -> TopicFeedSettings:
    """Read the feed of each topic; there are none if no folder is named."""
    default = TopicFeedSettings()
    place = parsed(lambda value: placed(base, value))
    folder = table.take("folder", default.folder, lambda value: place(value) if value != "" else None)
    keep = table.take("keep", default.keep, whole(1, _MOST_KEPT))
    base_url = table.take("base_url", default.base_url, optional(values.base_address))
    new_questions = table.take("new_questions", True, truth)
    readers: dict[str, Subscriber] = {}
    for topic in topics if folder else ():
        key = feed_of_topic(topic.key)
        if key in readers or key in taken:
            other = readers[key].name if key in readers else f"subscriber {key}"
            text = f'the feed of "{topic.name}" would be that of "{other}"; give the topic another id = "..."'
            table.complain("folder", text)
        readers[key] = Subscriber(
            key=key,
            name=topic.name,
            email="",
            topics=(topic.key,),
            cadence="instant",
            mentions="full",
            new_questions=new_questions,
            waiting=False,
            channel=FEED,
        )
    return TopicFeedSettings(folder=folder, keep=keep, base_url=base_url, readers=tuple(readers.values()))


def _wishes(table: Table, named: _NamedTopics, schedule: ScheduleSettings, cadence: str) -> dict[str, Any]:
    """Read the keys that a subscriber and a webhook have in common."""
    return {
        "topics": _topic_keys(table, named),
        "cadence": table.take("cadence", cadence, choice(*CADENCES)),
        "at": table.take("at", schedule.digest_at, parsed(values.clock)),
        "subject": table.take("subject", "topics", choice(*SUBJECTS)),
        "mentions": table.take("mentions", "short", choice(*MENTIONS)),
        "new_questions": table.take("new_questions", True, truth),
        "waiting": table.take("waiting", True, truth),
        "promises": table.take("promises", True, truth),
        "quiet_days": table.take("quiet_days", False, truth),
        "paused": table.take("paused", False, truth),
    }


def _address(table: Table, secret: FromPlace | None) -> Secret | None:
    """Read the address of a webhook. Anyone who knows it can post there, so config.toml only says where it is kept."""
    remedy = "an address at which anybody can post does not belong in config.toml; use url_file or url_env"
    table.refuse("url", remedy)
    written = [key for key in ("url_env", "url_file") if table.has(key)]
    if not written and not table.has("url"):
        table.complain("url_file", "is missing; name a file of mode 0600 with the address, or a variable as url_env")
    if len(written) > 1:
        table.complain("url_file", "url_env and url_file say the same thing; keep one of them")

    def look(kind: str) -> Callable[[Any], Secret | None]:
        return lambda name: _posted_to(secret(kind, name)) if secret else _named(name)

    found = table.take("url_env", None, look("env"))
    return table.take("url_file", found, look("file"))


def _signing_secret(table: Table, secret: FromPlace | None) -> Secret | None:
    """Read the secret that messages to a webhook are signed with; config.toml only says where it is kept."""
    table.refuse("secret", "a secret does not belong in config.toml; use secret_file or secret_env")
    if table.has("secret_env") and table.has("secret_file"):
        table.complain("secret_file", "secret_env and secret_file say the same thing; keep one of them")

    def look(kind: str) -> Callable[[Any], Secret | None]:
        return lambda name: _signs(secret(kind, name)) if secret else _named(name)

    found = table.take("secret_env", None, look("env"))
    return table.take("secret_file", found, look("file"))


def _signs(secret: Secret) -> Secret:
    """Check that a secret is long enough to sign with. No error repeats it."""
    if len(secret.reveal().strip()) < _SHORTEST_SECRET:
        raise ValueError(f"leads to a secret of less than {_SHORTEST_SECRET} characters; make a longer one at random")
    return secret


def _named(name: Any) -> None:
    words(name)


def _posted_to(secret: Secret) -> Secret:
    """Check an address to post to. No error repeats it."""
    try:
        parts = urlsplit(secret.reveal())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", 0
    is_good = values.is_host(host) and port != 0 and parts.scheme in ("http", "https")
    if not is_good or not values.is_plain(secret.reveal()):
        raise ValueError("leads to no web address; it must hold the whole of it, with https:// in front")
    if parts.scheme == "http" and not (values.is_loopback(host) or values.is_private(host)):
        raise ValueError("leads to an address that begins with http://, where others can read it; use https://")
    return secret


def key_and_name(table: Table, taken: set[str], what: str, many: str = "") -> tuple[str, str]:
    """Read the key of a topic or subscriber (its id, else its name) and its name."""
    name = table.take("name", "", words)
    if not table.has("name"):
        table.complain("name", f"is missing; every {what} has a name")
    key = table.take("id", name, words)
    if key in taken:
        table.complain("id" if table.has("id") else "name", f'two {many or what + "s"} are called "{key}"; change one')
    return key, name


def topics_to_write(topics: Sequence[Topic], keys: Iterable[str]) -> list[str]:
    """Return topics as a list in config.toml names them: by name, where that means one topic only, or else by key."""
    names = [topic.name for topic in topics]
    known = {topic.key: topic for topic in topics}
    chosen = [known[key] for key in dict.fromkeys(keys)]
    return [topic.key if names.count(topic.name) > 1 or topic.name in known else topic.name for topic in chosen]


@dataclass(frozen=True, slots=True)
class _NamedTopics:
    """All topic keys in order, and the key meant by each name or key. Thousands of subscribers share them."""

    every: tuple[str, ...]
    keys: Mapping[str, str]

    @classmethod
    def of(cls, topics: Sequence[Topic]) -> _NamedTopics:
        every = tuple(topic.key for topic in topics)
        return cls(every, {topic.name: topic.key for topic in topics} | {key: key for key in every})


def _topic_keys(table: Table, named: _NamedTopics) -> tuple[str, ...]:
    """Return the keys of the topics on a subscriber's list, in its order; the list may have names or ids."""
    wanted = table.take_placed("topics", (ALL_TOPICS,), words)
    if [name for _, name in wanted] == [ALL_TOPICS]:
        return named.every
    found: dict[str, None] = {}
    for place, name in wanted:
        if name == ALL_TOPICS:
            found.update(dict.fromkeys(named.every))
        elif name in named.keys:
            found[named.keys[name]] = None
        else:
            table.problems.add(place, f'there is no topic "{name}".{_meant_by(name, named.keys)}')
    return tuple(found)


def _meant_by(name: str, keys: Iterable[str]) -> str:
    """Say what to write in place of a topic that is not there."""
    names = [part.strip() for part in name.split(",")]
    if len(names) > 1 and set(names) <= set(keys):
        quoted = ", ".join(f'"{part}"' for part in names)
        return f" Each stands in quotes of its own: write [{quoted}]."
    return values.nearest(name, keys) or ' Add it as [[topics]], or take it off the list; "*" means all topics.'


# -- subscribers in the archive ---------------------------------------------------------------------------------------


def _named_shortly(value: Any) -> str:
    found = words(value)
    if len(found) > LONGEST_NAME:
        raise ValueError(f"has {LONGEST_NAME} characters at most; shorten it")
    return found


_KEPT: Final[dict[str, Any]] = {
    "name": _named_shortly,
    "email": parsed(values.reader_address),
    "cadence": choice(*CADENCES),
    "at": optional(values.clock),
    "subject": choice(*SUBJECTS),
    "mentions": choice(*MENTIONS),
    **dict.fromkeys(("new_questions", "waiting", "promises", "quiet_days", "paused"), truth),
}
"""Check of each wish of a subscriber that is kept in the archive; "topics" beside them."""


def new_subscriber(config: Config, given: Mapping[str, Any]) -> Subscriber:
    """Return a subscriber of the archive from the keys of `[[subscribers]]`. Raises ConfigError with what is wrong.

    Also refused is a name or id of another one who gets digests.
    """
    missing = [key for key in ("name", "email") if key not in given]
    if missing:
        raise ConfigError([f"{key} is missing" for key in missing])
    wanted = {"topics": [ALL_TOPICS], **given}
    if not wanted.get("id"):
        wanted.pop("id", None)
    wishes = _checked(config, wanted)
    made = Subscriber(key=wishes.pop("id", wishes["name"]), **{"at": "", **wishes}, kept_in=ARCHIVE)
    _refuse_taken(made, config.readers)
    return made


def changed_subscriber(config: Config, stored: Subscriber, given: Mapping[str, Any]) -> Subscriber:
    """Return a subscriber of the archive with some wishes changed; their id stays. Raises ConfigError as above."""
    changed = replace(stored, **_checked(config, given))
    if changed.name != stored.name:
        _refuse_taken(changed, [reader for reader in config.readers if reader.key != stored.key])
    return changed


def _refuse_taken(wanted: Subscriber, others: Iterable[Subscriber]) -> None:
    names = {wanted.key.casefold(), wanted.name.casefold()}
    if any(names & {other.key.casefold(), other.name.casefold()} for other in others):
        raise TakenNameError(wanted.name)


def _checked(config: Config, given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    checks = {"id": _named_shortly, **_KEPT, "topics": lambda value: _kept_topics(config.topics, value)}
    unknown = [key for key in given if key not in checks]
    problems = [f"{key}: is no key of a subscriber.{values.nearest(key, checks)}" for key in unknown]
    for key in checks.keys() & given.keys():
        try:
            found[key] = checks[key](given[key])
        except ValueError as exc:
            problems.append(f"{key}: {exc}")
    if problems:
        raise ConfigError(problems)
    return found


def _kept_topics(topics: Sequence[Topic], value: Any) -> tuple[str, ...]:
    """Return keys of topics from a list of names and keys; "*" alone for all of them."""
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(name, str) for name in value):
        raise ValueError('write a list of names of topics, such as ["Water"], or ["*"] for all')
    if ALL_TOPICS in value:
        return (ALL_TOPICS,)
    keys = _NamedTopics.of(topics).keys
    for name in value:
        if name not in keys:
            raise ValueError(f'there is no topic "{name}".{values.nearest(name, keys)}')
    return tuple(dict.fromkeys(keys[name] for name in value))
