"""Changes of topics in config.toml, from text to text: every line that is not about the change stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.config.draft import INDENT, Draft, folded, literal
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from monitor.config.lines import KeyPath


def add_term(text: str, topic: str, term: str, *, exclude: bool = False) -> str:
    """The text with one term more at the end of a topic's terms, or of its exclusions. Raises ConfigError.

    `topic` is what the topic is known by (its id, else its name), or its name.
    """
    file = Draft(text)
    path = ("topics", file.number_of("topics", topic))
    key = "exclude" if exclude else "terms"
    if (*path, key) in file.spans:
        file.append((*path, key), literal(term))
    else:
        file.add_key(path, key, f"[{literal(term)}]", after=("terms", "name", "id"))
    return file.text()


def add_topic(  # noqa: PLR0917 - a topic has so many keys
    text: str, name: str, terms: Sequence[str], exclude: Sequence[str] = (), id_: str = "", note: str = ""
) -> str:
    """The text with one topic more behind the others, or at the end where there is none. Raises ConfigError."""
    file = Draft(text)
    topics = file.tables("topics")
    taken = {said for one in topics for said in _known_as(one)}
    if taken & {folded(name), folded(id_ or name)}:
        raise ConfigError(
            f"There is a topic {name!r} already. Add to it with pqwatch terms add, or choose another name."
        )
    pairs = [("name", literal(name)), ("id", literal(id_) if id_ else "")]
    if ("topics",) in file.spans:
        pairs += [("terms", _list(terms)), ("exclude", _list(exclude)), ("note", literal(note) if note else "")]
        written = ", ".join(f"{key} = {value}" for key, value in pairs if value)
        file.append(("topics",), f"{{ {written} }}")
        return file.text()
    pairs += [("terms", _column(terms)), ("exclude", _list(exclude)), ("note", literal(note) if note else "")]
    written = "\n".join(["[[topics]]", *(f"{key} = {value}" for key, value in pairs if value)])
    file.add_table(written, after=("topics", len(topics) - 1) if topics else None)
    return file.text()


def rename_topic(text: str, old: str, new: str) -> str:
    """The text with another name for a topic, there and in the lists of subscribers. Raises ConfigError.

    What it is known by stays, so that its history does: if it has no id, it gets its old name for one.
    """
    file = Draft(text)
    number = file.number_of("topics", old)
    topics = file.tables("topics")
    topic = topics[number]
    others = [one for one in topics if one is not topic]
    if any(folded(new) in _known_as(one) for one in others):
        raise ConfigError(f"There is another topic {new!r} already. Choose another name.")
    path, name = ("topics", number), topic["name"].strip()
    file.replace((*path, "name"), literal(new))
    if "id" not in topic:
        file.add_key(path, "id", literal(name), after=("name",))
    is_known_by = {one.get("id", one.get("name")) for one in others}
    for readers in ("subscribers", "webhooks"):
        for place, value in file.strings(readers, "topics"):
            if value.strip() == name and value.strip() not in is_known_by:
                file.replace(place, literal(new))
    return file.text()


def remove_term(text: str, topic: str, term: str, *, exclude: bool = False) -> str:
    """The text with one term less in a topic's terms, or in its exclusions. Raises ConfigError.

    `term` as it stands there. The only term of a topic is not removed: a topic without any watches nothing.
    """
    file = Draft(text)
    number = file.number_of("topics", topic)
    key = "exclude" if exclude else "terms"
    terms = [one.strip() for one in file.tables("topics")[number].get(key, [])]
    if term.strip() not in terms:
        raise ConfigError(f"{topic!r} has no such {'exclusion' if exclude else 'term'}: {term}")
    if len(terms) == 1 and not exclude:
        raise ConfigError(
            f"{term!r} is the only term of {topic!r}. Add another one first (pqwatch terms add), or remove the topic "
            "(pqwatch topics remove)."
        )
    file.remove_element(("topics", number, key, terms.index(term.strip())))
    return file.text()


def remove_topic(text: str, topic: str) -> str:
    """The text without a topic, and without its name in the lists of those who get it. Raises ConfigError.

    `topic` as for `add_term`. Whoever gets no other topic has to be asked first.
    """
    file = Draft(text)
    number = file.number_of("topics", topic)
    topics = file.tables("topics")
    said = _called(topics[number], [one for one in topics if one is not topics[number]])
    for readers in ("subscribers", "webhooks"):
        for one in file.tables(readers):
            listed = [name.strip() for name in one.get("topics", ["*"])]
            if listed and set(listed) <= said:
                name = one.get("name", "")
                raise ConfigError(
                    f"{name!r} gets no other topic than {topic!r}. Give them another one in config.toml first, "
                    f"or: pqwatch subscribers remove {name!r}"
                )
    while (mention := next(_mentions(file, said), None)) is not None:
        file.remove_element(mention)
        text = file.text()
        file = Draft(text)  # one at a time: those side by side would share the comma between them
    file.remove_table(("topics", number))
    return file.text()


def readers_by_name(text: str, topic: str) -> list[str]:
    """The names of those who have a topic on their list by its own name, and not with all others."""
    file = Draft(text)
    topics = file.tables("topics")
    mine = topics[file.number_of("topics", topic)]
    said = _called(mine, [one for one in topics if one is not mine])
    places = [place for place in _mentions(file, said) if isinstance(place[0], str) and isinstance(place[1], int)]
    return list(dict.fromkeys(str(file.tables(str(one[0]))[int(one[1])].get("name", "")) for one in places))


def _mentions(file: Draft, said: AbstractSet[str]) -> Iterator[KeyPath]:
    """Where lists of those who get digests have one of these names."""
    for readers in ("subscribers", "webhooks"):
        yield from (place for place, value in file.strings(readers, "topics") if value.strip() in said)


def _called(topic: Mapping[str, str], others: Sequence[Mapping[str, str]]) -> set[str]:
    """What a list may call a topic: its id or name, but for a name that another topic is known by."""
    key = topic.get("id", topic["name"]).strip()
    taken = {one.get("id", one["name"]).strip() for one in others}
    return {key, *({topic["name"].strip()} - taken)}


def place(text: str, topic: str, term: str | None = None, *, exclude: bool = False) -> int:
    """The line, from 1, on which a topic has this term (or exclusion), or where the topic itself begins."""
    file = Draft(text)
    number = file.number_of("topics", topic)
    path: KeyPath = ("topics", number)
    if term is not None:
        key = "exclude" if exclude else "terms"
        terms = [one.strip() for one in file.tables("topics")[number][key]]
        path = (*path, key, terms.index(term.strip()))
    return file.line(path)


def _known_as(topic: Mapping[str, str]) -> set[str]:
    return {folded(topic[key]) for key in ("name", "id") if key in topic}


def _list(terms: Sequence[str]) -> str:
    return f"[{', '.join(map(literal, terms))}]" if terms else ""


def _column(terms: Sequence[str]) -> str:
    return "\n".join(["[", *(f"{INDENT}{literal(term)}," for term in terms), "]"])
