"""Sentences of a digest about its reading: a line at the top, and all of it at the end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.digest.subject import ANSWERING, answer_days
from monitor.model.deliveries import MAIL
from monitor.model.records import House
from monitor.model.sources import COMING_SOURCES
from monitor.presentation.calendar_words import likely_in_words, news_in_words
from monitor.presentation.wording import (
    count_of,
    house_name,
    house_short,
    licences,
    listed,
    listed_briefly,
    long_day,
    long_range,
    one_line,
    shorten,
    source_name,
    week_day,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model.digests import Digest, ReadOf

MOST_NAMED = 3
"""Windows not read whole that the first lines of a digest name; the end names more."""
LONGEST_FAILURE = 200


def read_in_short(digest: Digest) -> str:
    """Say what was read in one line, and name what failed."""
    if not digest.read:
        return "Nothing was read: no source answered for these days."
    troubles = _troubles(digest)
    return " ".join([f"{_how_read(digest)}: {', '.join(counts_read(digest.read))}.", *(troubles or _all_well(digest))])


def counts_read(parts: Sequence[ReadOf]) -> list[str]:
    """Count answers read of answers published, by House or source. What is coming is counted only where some is missing.

    It can't be said of what was not read whole that nothing was published.
    """
    counts: dict[str, tuple[int, int]] = {}
    incomplete = {_short_source(part) for part in parts if part.incomplete}
    is_coming_whole = False
    for part in parts:
        if part.source in COMING_SOURCES and part.read >= part.published and not part.incomplete:
            is_coming_whole = True
            continue
        name = _short_source(part)
        read, published = counts.get(name, (0, 0))
        counts[name] = (read + part.read, published + part.published)
    counted = [
        f"{name} {f'{a:,} of {b:,}' if a or b else 'none' if name in incomplete else 'published none'}"
        for name, (a, b) in counts.items()
    ]
    return [*counted, *(["what is coming"] if is_coming_whole else [])]


def _short_source(part: ReadOf) -> str:
    """Name what was read, in short: the House of its answers, or the source of files and of what is coming."""
    if part.house is None or part.source in COMING_SOURCES:
        return source_name(part.source)
    return house_short(part.house)


def _how_read(digest: Digest) -> str:
    """Say whether all was read, and of which days where these are not the days that the title names."""
    days = [day for part in digest.read for day in (part.from_on, part.to_on)]
    summary = "Read in full"
    if any(part.read < part.published or part.missed for part in digest.read):
        summary = "Not read in full"
    elif any(part.incomplete for part in digest.read):
        summary = "Read so far"
    title_days = answer_days(digest)
    is_same = (min(days), max(days)) == (min(title_days), max(title_days))
    return summary if is_same else f"{summary}, {long_range(days)}"


def _troubles(digest: Digest) -> list[str]:
    """Name what failed, what is not whole yet and which source is silent, each once."""
    is_mail = digest.subscriber.channel == MAIL
    failures = list(dict.fromkeys(one_line(failure) for part in digest.read for failure in part.failures))
    windows = list(dict.fromkeys(name for part in digest.read for name in _windows(part)))
    sentences = [one_line(part.silent) for part in digest.read if part.silent]
    sentences += dict.fromkeys(part.missed for part in digest.read if part.missed)
    if windows:
        more = len(windows) - MOST_NAMED
        shown = windows[:MOST_NAMED] + ([f"{more:,} more"] if more > 0 else [])
        sentences.append(f"Still incomplete: {listed(shown)}.")
    if failures:
        first = shorten(failures[0], LONGEST_FAILURE).rstrip(".")
        more = len(failures) - 1
        where = "at the end" if is_mail else "pqwatch status"
        rest = f"; and {more:,} more: {where}" if more else ""
        sentences.append(f"{count_of(len(failures), 'failure')}: {first}{rest}.")
    return sentences


def _windows(part: ReadOf) -> list[str]:
    """Name what was not read whole of a source, with the House."""
    house = f" ({house_short(part.house)})" if part.house else ""
    return [f"{one_line(name)}{house}" for name in part.incomplete]


def _all_well(digest: Digest) -> list[str]:
    """Say that nothing failed, unless an answer is missing or a term of the reader is switched off."""
    is_short = any(part.read < part.published for part in digest.read)
    return [] if is_short or digest.watching.unreadable else ["Nothing failed."]


def read_at_length(digest: Digest, most: int) -> list[str]:
    """Say what was read of each source and House, what is missing, and which House is in recess.

    `most`: failures that are said in all, and windows not read whole that are named of each source.
    """
    sentences, left = [], most
    for part in digest.read:
        sentences += reading_sentences(replace(part, failures=part.failures[:left]), most)
        left -= min(left, len(part.failures))
    if (more := sum(len(part.failures) for part in digest.read) - most) > 0:
        sentences.append(f"And {count_of(more, 'more failure')}: `pqwatch status --json` lists them.")
    sentences = sentences or ["Nothing was read."]
    if commands := dict.fromkeys(part.missed_command for part in digest.read if part.missed_command):
        sentences.append("pqwatch had not run for so long that it never read these days.")
        sentences.append("To read them into the archive (no digest will include them):")
        sentences += commands
    for house, until in digest.in_recess_until.items():
        sentences.append(f"{house_name(house)}: in recess until {week_day(until)}.")
    return sentences + calendar_notes(digest)


def reading_sentences(part: ReadOf, most: int | None = None) -> list[str]:
    """Say what was read of one source and House, and what is missing. `most`: windows that are named, None for all."""
    house = [house_name(part.house)] if part.house and house_name(part.house) != source_name(part.source) else []
    if part.source in COMING_SOURCES:  # its days are ahead, not those of the answers
        name = ", ".join(["what is coming", source_name(part.source), *house])
    else:
        name = ", ".join([*house, source_name(part.source), long_range([part.from_on, part.to_on])])
    noun = "answer" if part.source in ANSWERING else "statement" if part.source == "statements" else "record"
    sentences = [f"{name[:1].upper()}{name[1:]}: {part.read:,} of {count_of(part.published, noun)} read."]
    if part.incomplete:
        names = [one_line(name) for name in part.incomplete]
        sentences.append(f"Still incomplete: {listed_briefly(names, len(names) if most is None else most)}.")
    if part.silent:
        sentences.append(one_line(part.silent))
    if part.missed:
        sentences.append(part.missed)
    return sentences + [one_line(failure) for failure in part.failures]


def licence_of(digest: Digest) -> str:
    """Say under which licences the records of a digest are published, and what was read for it."""
    houses = {item.revision.proceeding.house for item in (*digest.items, *digest.questions)}
    houses |= {part.house or House.COMMONS for part in digest.read}
    return " ".join(licences(houses))


def calendar_notes(digest: Digest) -> list[str]:
    """Say for which House the sitting calendar does not reach this digest, and what cannot be called late for that."""
    notes = []
    for house, (first, last) in digest.calendar_known.items():
        note = f"{house_name(house)}: the sitting calendar is known from {long_day(first)} to {long_day(last)}"
        if house is House.COMMONS:  # in the Lords the day set down for the answer is the due day
            note += "; outside these days only questions for a named day are called late"
        notes.append(f"{note}.")
    notes += [likely_in_words(house, since) for house, since in digest.likely_recess.items()]
    return notes + news_in_words(digest.recess_news)
