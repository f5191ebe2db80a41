"""Who gets digests, changed in config.toml: whom a name means, what he gets, and the change made or only shown."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from monitor import app
from monitor.cli.config_changes import carry_out, quoted
from monitor.cli.output import say
from monitor.cli.workspace import topic_names
from monitor.config.subscribers import place_of
from monitor.config.values import DAYS
from monitor.digest.schedule import next_slot
from monitor.errors import ConfigError, MonitorError
from monitor.model.deliveries import FEED, DeliveryState
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of, listed, week_day
from monitor.text.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from db.archive import Archive
    from monitor.config.rewrite import Rewrite
    from monitor.config.settings import Config, Schedule
    from monitor.model.watching import Subscriber

_STILL_GO = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DOTTED, DeliveryState.HELD)
_SHOWN_TOPICS = 4
_ALL_DAYS = 7


def subscriber_of(config: Config, given: str) -> Subscriber:
    """The subscriber or webhook that is known by an id or has a name. Raises BadParameter with the nearest names."""
    wanted, everybody = given.strip().casefold(), [one for one in config.readers if one.channel != FEED]
    known = [one for one in everybody if one.key.casefold() == wanted]
    found = known or [one for one in everybody if one.name.casefold() == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(repr(one.key) for one in found)
        raise click.BadParameter(f"{len(found)} subscribers are called {given!r}: name one by its id: {ids}.")
    by_address = [one.name for one in config.subscribers if one.email.casefold() == wanted]
    names = [one.name for one in everybody]
    near = by_address or nearest(given, names)
    remedy = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(map(repr, names)) or 'none'}."
    raise click.BadParameter(f"there is no subscriber {given!r}. {remedy}")


def cadence(one: Subscriber, schedule: Schedule) -> str:
    """When he gets a digest, in words."""
    if one.cadence == "instant":
        return "after each run that finds something"
    if one.cadence == "weekly":
        return f"weekly, on {DAYS[schedule.weekly_on].title()} at {one.at}"
    return f"{'daily' if len(schedule.digest_days) == _ALL_DAYS else days_in_words(schedule.digest_days)} at {one.at}"


def days_in_words(days: Collection[int]) -> str:
    """Days of the week, those in a row as a range: "Mon to Fri", "Mon, Wed and Fri"."""
    ordered = sorted(days)
    names = [DAYS[day][:3].title() for day in ordered]
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:  # noqa: PLR2004 (two are no range)
        return f"{names[0]} to {names[-1]}"
    return listed(names)


def due(one: Subscriber, config: Config) -> str:
    """When his next digest is due."""
    at = next_slot(one, config.schedule, app.clock())
    return f"{week_day(at.date())} {at:%H:%M}" if at else "with the first run that finds something"


def topics_in_words(one: Subscriber, config: Config) -> str:
    """Which topics he gets: few by name."""
    names = topic_names(config)
    mine = [names[key] for key in one.topics]
    if not mine:
        return "no topic"
    if len(mine) == len(names):
        return "the only topic" if len(mine) == 1 else f"all {len(mine)} topics"
    return listed([quoted(name) for name in mine]) if len(mine) <= _SHOWN_TOPICS else count_of(len(mine), "topic")


@contextmanager
def asked(config: Config, what: str) -> Iterator[Archive | None]:
    """The archive; None, with `what` can't be told then, where it can't be asked. The change itself needs it not."""
    try:
        archive = app.archive(config)
    except ConfigError:
        raise
    except MonitorError as exc:
        say(f"{what} can't be told: {exc}")
        yield None
        return
    try:
        yield archive
    finally:
        archive.close()


def still_to_go(archive: Archive, one: Subscriber) -> list[int]:
    """The numbers of his mails that are composed and not sent yet."""
    digests = {row.id for row in archive.digests.listing(subscriber=one.key)}
    return [mail.id for mail in archive.outbox.listing(*_STILL_GO) if mail.digest_id in digests]


def tell_still_to_go(numbers: list[int]) -> None:
    """That some mails go nevertheless."""
    if numbers:
        count, what = count_of(len(numbers), "mail"), "it" if len(numbers) == 1 else "one"
        say(
            f"{count} composed before still {'goes' if len(numbers) == 1 else 'go'}: "
            f"pqwatch deliver --discard {numbers[0]} gives {what} up."
        )


def done(one: Subscriber, config: Config, plan: Rewrite, *, dry_run: bool, **facts: Any) -> dict[str, Any]:
    """Make the change, or only show it, and give what was done as JSON has it; `facts` stand behind whom it is about."""
    is_there = any(one.key == other.key for other in config.readers)
    text = plan.before if is_there else plan.after
    return {
        "schema": SCHEMA,
        "id": one.key,
        "name": one.name,
        "email": one.email or None,
        "channel": one.channel,
        "path": str(config.path),
        "line": place_of(text.decode("utf-8"), one.key),
        **facts,
        "changed": not dry_run,
        "diff": "\n".join(plan.diff()) if dry_run else None,
    }


def make(plan: Rewrite, told: Mapping[str, Any], *, dry_run: bool, as_json: bool) -> None:
    """Put the change in the file, or only show it, and print what was done as JSON if asked."""
    carry_out(plan, dry_run=dry_run, as_json=as_json)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
