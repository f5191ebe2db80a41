"""Sentences on the watching itself: terms that can't be read, topics that find nothing, and what new terms found."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from monitor.presentation.wording import count_of, listed_briefly, long_day, one_line, shorten

if TYPE_CHECKING:
    from monitor.model.digests import Digest
    from monitor.model.watching import NewTerm, UnreadableTerm

MOST_UNREADABLE: Final = 5
MOST_NEW: Final = 5
LONGEST_TERM: Final = 80


def warnings_of(digest: Digest, most: int) -> list[str]:
    """Say what is wrong with the reader's own terms and topics. `most`: idle topics that are named."""
    return [*_unreadable(digest), *_idle(digest, most)]


def novelties_of(digest: Digest) -> list[str]:
    """Say of each new term how much it finds in the archive, and which command lists that."""
    new = digest.watching.new_terms
    lines = [_new(digest, term) for term in new[:MOST_NEW]]
    more = len(new) - MOST_NEW
    if more > 0:
        lines.append(f"And {count_of(more, 'more new term')}: `pqwatch terms list` counts what each found.")
    return lines


def _unreadable(digest: Digest) -> list[str]:
    unread = [problem for problem in digest.watching.unreadable if not problem.is_misread]
    misread = [problem for problem in digest.watching.unreadable if problem.is_misread]
    terms = [problem for problem in unread if not problem.is_exclude]
    exclusions = [problem for problem in unread if problem.is_exclude]
    sentences = []
    if terms:
        verb = "is switched off and finds" if len(terms) == 1 else "are switched off and find"
        begin = (
            f"{len(terms):,} of your terms can't be read, so {_it(terms)} {verb} nothing until corrected in config.toml"
        )
        sentences.append(f"{begin}: {_each(digest, terms)}")
    if exclusions:
        verb = "is switched off and leaves" if len(exclusions) == 1 else "are switched off and leave"
        begin = f"{len(exclusions):,} of your exclusions can't be read, so {_it(exclusions)} {verb} nothing out"
        sentences.append(f"{begin}: {_each(digest, exclusions)}")
    if misread:
        verb = "finds nothing and was" if len(misread) == 1 else "find nothing and were"
        begin = f"{len(misread):,} of your terms {verb} surely meant in another way"
        sentences.append(
            f"{begin}, so correct {'it' if len(misread) == 1 else 'them'} in config.toml: {_each(digest, misread)}"
        )
    return sentences


def _it(terms: list[UnreadableTerm]) -> str:
    return "it" if len(terms) == 1 else "they"


def _each(digest: Digest, terms: list[UnreadableTerm]) -> str:
    lines = [
        f"\u201c{_short(term.term)}\u201d in {_topic(digest, term.topic)} ({one_line(term.reason).rstrip('.')})"
        for term in terms[:MOST_UNREADABLE]
    ]
    more = len(terms) - MOST_UNREADABLE
    return f"{'; '.join(lines)}{f'; and {more:,} more: `pqwatch doctor` lists them' if more > 0 else ''}."


def _idle(digest: Digest, most: int) -> list[str]:
    names = [f"\u201c{_topic(digest, key)}\u201d" for key in digest.watching.idle_topics]
    since = digest.watching.idle_since
    if not names or since is None:
        return []
    is_one = len(names) == 1
    topics = f"{'topic' if is_one else 'topics'} {listed_briefly(names, most)}"
    found = f"{topics} {'has' if is_one else 'have'} found nothing for a year"
    read = f"nothing read since {long_day(since)} contains any of {'its' if is_one else 'their'} terms"
    return [f"Your {found}: {read}. `pqwatch terms check` may say why."]


def _new(digest: Digest, new: NewTerm) -> str:
    topic = _topic(digest, new.topic)
    if new.term is None:
        what, where = f"The topic \u201c{topic}\u201d is new to you", "its terms are in"
        command = shlex.join(["pqwatch", "matches", "--topic", new.topic])
    else:
        what, where = f"The term \u201c{_short(new.term)}\u201d of {topic} is new", "it is in"
        command = shlex.join(["pqwatch", "search", one_line(new.term)])
    if not new.records:
        return f"{what}: nothing in the archive has it yet."
    newest = f", the newest of {long_day(new.newest_on)}" if new.newest_on else ""
    return f"{what}: {where} {count_of(new.records, 'record')} of the archive{newest}. `{command}` lists them."


def _topic(digest: Digest, key: str) -> str:
    return one_line(digest.topics.get(key, key))


def _short(term: str) -> str:
    return shorten(one_line(term), LONGEST_TERM)
