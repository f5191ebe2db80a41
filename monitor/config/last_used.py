"""Compare config.toml with what the archive was last used with, so that a stale copy does not end anybody's digests.

Several machines may use one archive, each with a config.toml of its own. What a file no longer names is ended in the
archive: a reader, a topic. So the archive keeps a fingerprint of the file that was used last, where it lay and when it
was saved. A file in another place that differs and is older is refused; any other change is told.

Subscribers that are kept in the archive are no part of it. Workers need only the same topics, equivalents, webhooks
and feeds, and the same transport of mails.
"""

from __future__ import annotations

import hashlib
import json
import logging
import platform
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from monitor.config import refuse_emptied
from monitor.errors import ConfigError
from monitor.model.watching import FILE
from monitor.terms.vocabulary import EQUIVALENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.watching import Subscriber

log = logging.getLogger(__name__)

MOST_NAMED: Final = 10
"""Topics and readers of a kind that are named where a configuration is compared with another; others are counted."""

CONFIGURATION: Final = "configuration"
"""The fact of the archive that holds how config.toml was when it was last used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A config.toml as it was used: a hash of what is watched for whom, its place ("machine:path"), when it was saved.

    `shared`: a hash of what the files of workers have to agree about. `transport`: how mails go. Both are "" as earlier
    versions noted them.
    """

    fingerprint: str
    place: str
    saved_at: datetime
    shared: str = ""
    transport: str = ""

    def as_text(self) -> str:
        """Write it down for the archive."""
        return json.dumps({**asdict(self), "saved_at": self.saved_at.isoformat()})

    @classmethod
    def from_text(cls, text: str) -> Used:
        """Read what `as_text` wrote."""
        stored = json.loads(text)
        return cls(
            fingerprint=stored["fingerprint"],
            place=stored["place"],
            saved_at=datetime.fromisoformat(stored["saved_at"]),
            shared=stored.get("shared", ""),
            transport=stored.get("transport", ""),
        )


OTHER_FILE: Final = "other_file"
"""Key of the fact that holds the last config.toml of a worker that differed, as an `OtherFile`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherFile:
    """A worker's config.toml that watches something else than the one that counts.

    `place`: the machine and path. `since`, `at`: when the worker first and last left work to others because of it.
    """

    place: str
    since: datetime
    at: datetime

    def as_text(self) -> str:
        """Write it down for the archive."""
        return json.dumps(asdict(self), default=datetime.isoformat)

    @classmethod
    def from_text(cls, text: str) -> OtherFile:
        """Read what `as_text` wrote."""
        stored = json.loads(text)
        since, at = (datetime.fromisoformat(stored[name]) for name in ("since", "at"))
        return cls(place=stored["place"], since=since, at=at)


def other_file(archive: Archive) -> OtherFile | None:
    """Return the config.toml of which a worker noted last that it differs; None where none ever did."""
    text = archive.runs.fact(OTHER_FILE)
    return OtherFile.from_text(text) if text else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedNames:
    """Names of topics and readers by their keys, and the terms of each topic."""

    topics: Mapping[str, str]
    readers: Mapping[str, str]
    terms: frozenset[tuple[str, str]]


def used_now(config: Config) -> Used | None:
    """Describe the configuration that is used now; None where its file is gone: a service goes on with what it read."""
    try:
        saved = config.path.stat().st_mtime
    except OSError:
        return None
    return Used(
        fingerprint=fingerprint(config),
        place=_place(config),
        saved_at=datetime.fromtimestamp(saved, UTC),
        shared=shared_fingerprint(config),
        transport=config.delivery.transport,
    )


def place_of(config: Config) -> str | None:
    """Return the place of the file, "machine:path"; None where it is gone."""
    return _place(config) if config.path.exists() else None


def _place(config: Config) -> str:
    return f"{platform.node()}:{config.path.resolve()}"


def fingerprint(config: Config) -> str:
    """Hash what a file says about who is told of what: topics with their terms, and readers with all their wishes."""
    return _hashed(config, [reader for reader in config.readers if reader.kept_in == FILE])


def shared_fingerprint(config: Config) -> str:
    """Hash what the files of workers have to agree about: topics with their terms, equivalents, webhooks and feeds."""
    others = fingerprint(replace(config, subscribers=()))
    if config.equivalents == EQUIVALENTS:
        return others
    return hashlib.sha256(f"{others} {config.equivalents!r}".encode()).hexdigest()


def _hashed(config: Config, readers: Iterable[Subscriber]) -> str:
    wishes = [{key: value for key, value in asdict(reader).items() if key != "kept_in"} for reader in readers]
    watched = [[asdict(topic) for topic in config.topics], wishes]
    return hashlib.sha256(json.dumps(watched, sort_keys=True, default=str).encode()).hexdigest()


def watched_now(config: Config) -> WatchedNames:
    """List what the configuration watches for whom."""
    return WatchedNames(
        topics={topic.key: topic.name for topic in config.topics},
        readers={reader.key: reader.name for reader in config.readers},
        terms=frozenset((topic.key, term) for topic in config.topics for term in topic.terms),
    )


def changes(before: WatchedNames, after: WatchedNames) -> str:
    """Say in one line which topics, readers and terms were added or removed; "" where none was.

    Of many, the first are named: the line goes into logs and mails, and a service has thousands of readers.
    """
    parts = []
    for what, old, new in (("topic", before.topics, after.topics), ("reader", before.readers, after.readers)):
        for how, these, others in (("added", new, old), ("removed", old, new)):
            names = [name for key, name in these.items() if key not in others]
            parts += [f'{what} {how}: "{name}"' for name in names[:MOST_NAMED]]
            more = len(names) - MOST_NAMED
            parts += [f"{more:,} more {what if more == 1 else f'{what}s'} {how}"] if more > 0 else []
    both = before.topics.keys() & after.topics.keys()
    added = sum(topic in both for topic, _ in after.terms - before.terms)
    removed = sum(topic in both for topic, _ in before.terms - after.terms)
    parts += [f"terms of other topics: {added} added, {removed} removed"] if added or removed else []
    return "; ".join(parts)


def refuse_stale(known: Used | None, now: Used | None, changed: str) -> None:
    """Refuse a configuration that differs from a newer one in another place; `changed`: what using it would change."""
    if known is None or now is None or known.fingerprint == now.fingerprint or known.place == now.place:
        return
    if now.saved_at >= known.saved_at:
        return
    path = now.place.partition(":")[2]
    would = f" With this one: {changed}." if changed else ""
    raise ConfigError(
        f"{path} is older than the configuration that the archive was last used with ({known.place}, saved "
        f"{known.saved_at:%Y-%m-%d %H:%M} UTC), and differs from it.{would} Copy that file here; or, if this one is right, "
        "save it again, so that it is the newer."
    )


def last_use(archive: Archive) -> Used | None:
    """Return the configuration that the archive was last used with; None before the first use."""
    text = archive.runs.fact(CONFIGURATION)
    return Used.from_text(text) if text else None


def is_in_use(archive: Archive, config: Config) -> bool:
    """Return whether the archive was last used with what the file says now; also where the file is gone."""
    return _say_the_same(last_use(archive), used_now(config))


def _say_the_same(known: Used | None, now: Used | None) -> bool:
    if now is None:
        return True
    return known is not None and replace(known, place=now.place, saved_at=now.saved_at) == now


def is_in_use_elsewhere(archive: Archive, config: Config) -> bool:
    """Return whether the file that counts lies in another place, and says something else about who is told of what."""
    known = last_use(archive)
    return known is not None and known.place != _place(config) and known.fingerprint != fingerprint(config)


def note_configuration(archive: Archive, config: Config) -> None:
    """Log what changed since the archive was last used, and store that this configuration is in use.

    Raises ConfigError where the archive was last used with a newer file in another place, and for a file that was emptied.
    """
    if config.mark is None:  # made by the program, not read from a file
        return
    known, now = last_use(archive), used_now(config)
    if now is None or _say_the_same(known, now):
        return
    topics, readers, terms = archive.watch_list.watched()
    before = WatchedNames(topics=topics, readers=readers, terms=frozenset(terms))
    if before.topics or before.readers:
        refuse_emptied(config)
    changed = changes(before, watched_now(config))
    refuse_stale(known, now, changed)
    if changed and known:
        log.info("configuration path=%s %s", config.path, changed)
    archive.runs.set_fact(CONFIGURATION, now.as_text())
