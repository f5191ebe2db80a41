"""Editing config.toml in place: changes of topics and subscribers from text to text, and putting the new text in the file.

Comments and layout of all else stay (`monitor.config.draft`). In all functions a topic, a subscriber or a webhook is named
by its id, or else by its name. Callers read the new text as a configuration before they write it.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import os
import shutil
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.config.positions import READERS, find_reader, find_table, folded, mentions, names_in_lists
from monitor.errors import ConfigError, RefusedChangeError
from monitor.files import OWNER_ONLY, locked_folder, whole_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from monitor.config.draft import Draft, Value

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


# -- topics -----------------------------------------------------------------------------------------------------------


def add_term(text: str, topic: str, term: str, *, exclude: bool = False) -> str:
    """Add a term at the end of a topic's terms, or of its exclusions. Raises ConfigError."""
    draft = _draft(text)
    number = find_table(draft.tables("topics"), "topics", topic)
    key = "exclude" if exclude else "terms"
    draft.add_missing_comma(("topics", number, key))

    def change(table: Any, quoted: Callable[[str], str]) -> None:
        if key in table:
            table[key].append(quoted(term))
        else:
            table[key] = [quoted(term)]

    draft.change_table("topics", number, change)
    return draft.finished(f"add {term!r} to {key} of the topic {topic!r}")


def add_topic(  # noqa: PLR0917 - a topic has so many keys
    text: str, name: str, terms: Sequence[str], exclude: Sequence[str] = (), id_: str = "", note: str = ""
) -> str:
    """Add a topic behind the others, or else at the end. Raises ConfigError."""
    draft = _draft(text)
    topics = draft.tables("topics")
    if there := _taken_by(topics, name, id_ or name):
        raise RefusedChangeError(
            f"There is a topic {there!r} already.", "Add to it with pqwatch terms add, or choose another name."
        )
    facts: dict[str, Value] = {"name": name, "id": id_, "terms": terms, "exclude": exclude, "note": note}
    written = {key: value for key, value in facts.items() if value or key == "name"}
    draft.add_table("topics", written, after="topics")
    return draft.finished(f"add a table [[topics]] with name = {name!r}")


def rename_topic(text: str, old: str, new: str) -> str:
    """Give a topic another name, also in the lists of those who get it. Raises ConfigError.

    The topic's id stays, and with it its history: a topic without an id gets its old name as its id.
    """
    draft = _draft(text)
    topics = draft.tables("topics")
    number = find_table(topics, "topics", old)
    others = [other for other in topics if other is not topics[number]]
    if there := _taken_by(others, new):
        raise RefusedChangeError(f"There is another topic {there!r} already.", "Choose another name.")
    name = topics[number]["name"].strip()
    is_id_of_another = name in {other.get("id", other.get("name")) for other in others}
    if not is_id_of_another:
        named = mentions(draft.text, {name})
        draft.replace_elements(((readers, reader, "topics", place) for readers, reader, place in named), new)

    def change(table: Any, quoted: Callable[[str], str]) -> None:
        table["name"] = quoted(new)
        if "id" not in table:
            table["id"] = quoted(name)

    draft.change_table("topics", number, change)
    return draft.finished(f"give the topic {old!r} the name {new!r} and the id {name!r}")


def remove_term(text: str, topic: str, term: str, *, exclude: bool = False) -> str:
    """Remove a term from a topic's terms, or from its exclusions. Raises ConfigError.

    The only term of a topic is not removed: a topic without terms watches nothing.
    """
    draft = _draft(text)
    topics = draft.tables("topics")
    number = find_table(topics, "topics", topic)
    key = "exclude" if exclude else "terms"
    terms = [written.strip() for written in topics[number].get(key, [])]
    if term.strip() not in terms:
        raise ConfigError(f"{topic!r} has no such {'exclusion' if exclude else 'term'}: {term}")
    if len(terms) == 1 and not exclude:
        raise RefusedChangeError(
            f"{term!r} is the only term of {topic!r}.",
            "Add another one first (pqwatch terms add), or remove the topic (pqwatch topics remove).",
        )
    draft.remove_elements([("topics", number, key, terms.index(term.strip()))])
    return draft.finished(f"remove {term!r} from {key} of the topic {topic!r}")


def remove_topic(text: str, topic: str) -> str:
    """Remove a topic, and its name from the lists of those who get it. Raises ConfigError.

    Those who get no other topic have to be asked first.
    """
    draft = _draft(text)
    topics = draft.tables("topics")
    number = find_table(topics, "topics", topic)
    names = names_in_lists(topics, number)
    for readers in READERS:
        for reader in draft.tables(readers):
            listed = [name.strip() for name in reader.get("topics", ["*"])]
            if listed and set(listed) <= names:
                name = reader.get("name", "")
                raise RefusedChangeError(
                    f"{name!r} gets no other topic than {topic!r}.",
                    f"Give them another one in config.toml first, or: pqwatch subscribers remove {name!r}",
                )
    draft.remove_elements((readers, reader, "topics", place) for readers, reader, place in mentions(draft.text, names))
    draft.remove_table("topics", number)
    return draft.finished(f"remove the topic {topic!r}, and its name from the lists of topics of those who get it")


def _taken_by(tables: Sequence[Mapping[str, str]], *names: str) -> str | None:
    """Return the first name or id of some tables that is one of these in any case, as it is written there."""
    wanted = set(map(folded, names))
    taken = (table[key].strip() for table in tables for key in ("name", "id") if key in table)
    return next((name for name in taken if folded(name) in wanted), None)


# -- subscribers ------------------------------------------------------------------------------------------------------


def add_subscriber(text: str, facts: Mapping[str, Value]) -> str:
    """Add a subscriber behind the others, or else behind the topics. Raises ConfigError.

    `facts` are keys of `[[subscribers]]` in the order in which they are written, "name" among them.
    """
    draft = _draft(text)
    name = str(facts["name"])
    subscribers = draft.tables("subscribers")
    if there := _taken_by(subscribers, name, str(facts.get("id", name))):
        raise ConfigError(f"There is a subscriber {there!r} already. Choose another name: two digests need two names.")
    draft.add_table("subscribers", facts, after="subscribers" if subscribers else "topics")
    return draft.finished(f"add a table [[subscribers]] with name = {name!r}")


def set_paused(text: str, subscriber: str, *, paused: bool) -> str:
    """Pause or resume a subscriber or a webhook, named by id or name. Raises ConfigError."""
    draft = _draft(text)
    name, number = find_reader(draft.text, subscriber)
    draft.change_table(name, number, lambda table, _quoted: table.update({"paused": paused}))
    return draft.finished(f"write paused = {str(paused).lower()} below {subscriber!r}")


def change_subscriber(text: str, subscriber: str, facts: Mapping[str, Value]) -> str:
    """Write some keys of a subscriber, named by id or name; the others stay as they are. Raises ConfigError."""
    draft = _draft(text)
    number = find_table(draft.tables("subscribers"), "subscribers", subscriber)

    def change(table: Any, quoted: Callable[[str], str]) -> None:
        for key, value in facts.items():
            if isinstance(value, bool):
                table[key] = value
            else:
                table[key] = quoted(value) if isinstance(value, str) else [quoted(element) for element in value]

    draft.change_table("subscribers", number, change)
    return draft.finished(f"change {', '.join(facts)} below {subscriber!r}")


def has_all_topics(text: str, subscriber: str) -> bool:
    """Say whether a subscriber gets all topics, those too that are added later. Raises ConfigError."""
    subscribers = _draft(text).tables("subscribers")
    return "*" in subscribers[find_table(subscribers, "subscribers", subscriber)].get("topics", ["*"])


def remove_subscribers(text: str, subscribers: Iterable[str]) -> str:
    """Remove some subscribers or webhooks, each named by id or name. Raises ConfigError."""
    draft = _draft(text)
    for name, number in sorted({find_reader(draft.text, subscriber) for subscriber in subscribers}, reverse=True):
        draft.remove_table(name, number)
    return draft.finished("remove their tables")


# -- the draft --------------------------------------------------------------------------------------------------------


def _draft(text: str) -> Draft:
    from monitor.config.draft import Draft  # noqa: PLC0415 (tomlkit is slow to import)

    return Draft(text)


# -- the file ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A file, and what is to stand in it instead."""

    path: Path
    before: bytes
    after: bytes

    @property
    def source(self) -> str:
        """The new text as `load` takes it: no byte order mark, and line feeds as line ends."""
        return self.after.decode("utf-8-sig").replace("\r\n", "\n")

    def diff(self) -> list[str]:
        """Return the lines of a unified diff."""
        old, new = (content.decode("utf-8-sig").splitlines() for content in (self.before, self.after))
        name = str(self.path)
        return list(difflib.unified_diff(old, new, name, name, lineterm=""))


def plan_rewrite(path: Path, change: Callable[[str], str]) -> Rewrite:
    """Apply a change to the text of a file that was read as a configuration. Raises ConfigError."""
    try:
        before = path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"{path} can't be read ({exc.strerror}). Check its path and permissions.") from None
    try:
        return Rewrite(path, before, change(before.decode("utf-8")).encode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise ConfigError(f"{path} was changed by somebody else just now, and can't be read. Do it again.") from None


def carry_out_rewrite(planned: Rewrite) -> None:
    """Put the new text in the file's place, in one step. Raises ConfigError, and then nothing is changed.

    The mode stays, and the owner and group if that is allowed. A link is followed. What somebody else wrote meanwhile is
    not overwritten.
    """
    path = Path(os.path.realpath(planned.path))
    try:
        if _is_read_only(path):
            raise ConfigError(_read_only(planned.path))
        with locked_folder(path.parent):
            _replace(path, planned)
    except OSError as exc:
        raise ConfigError(_not_replaced(planned.path, exc.strerror)) from None


def why_not_writable(path: Path) -> str:
    """Say why a file can't be changed, as far as permissions show; "" for one that probably can."""
    real = Path(os.path.realpath(path))
    try:
        if _is_read_only(real):
            return _read_only(path)
    except OSError as exc:
        return _not_replaced(path, exc.strerror)
    return "" if os.access(real.parent, os.W_OK | os.X_OK) else _not_replaced(path, os.strerror(errno.EACCES))


def _is_read_only(path: Path) -> bool:
    return not path.stat().st_mode & _WRITABLE or not os.access(path, os.W_OK)


def _read_only(path: Path) -> str:
    return f"{path} is read-only. Allow writing to it, or write the change by hand."


def _not_replaced(path: Path, reason: str | None) -> str:
    folder = Path(os.path.realpath(path)).parent
    remedy = f"Let pqwatch write into {folder}, with free space, or write the change by hand."
    return f"{path} can't be replaced ({reason}). {remedy}"


def _replace(path: Path, planned: Rewrite) -> None:
    with whole_file(path, mode=OWNER_ONLY, sync=False) as file:
        file.write(planned.after)
        file.flush()
        shutil.copymode(path, file.name)
        _keep_owner(path, file.name)
        # Before the comparison: an editor, which takes no lock, could save while the disk works.
        os.fsync(file.fileno())
        if path.read_bytes() != planned.before:
            raise ConfigError(f"{planned.path} was changed by somebody else just now. Do it again.")


def _keep_owner(path: Path, draft: str) -> None:
    """Give a draft the owner and group of a file, or else the group alone: only root may give files away.

    Where the draft has both already, no system call is made: a service may be forbidden to make it, as by our own units.
    """
    if os.name != "posix" or (owned := _owner(path)) == _owner(Path(draft)):
        return
    user, group = owned
    for owner in (user, -1):
        with contextlib.suppress(PermissionError):
            os.chown(draft, owner, group)
            break


def _owner(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid
