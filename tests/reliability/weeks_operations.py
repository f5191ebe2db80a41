"""Operations of weeks: what Parliament, the operator and the readers do, each by chance."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.errors import ArchiveError
from monitor.model.following import FollowKind, FollowTarget, MuteKind
from monitor.model.records import House
from tests.reliability.weeks_desk import FIRST_DAY, address
from tests.reliability.weeks_memory import Mute, Reason
from tests.reliability.weeks_published import ASKERS, BODIES, QUESTIONS, STATEMENTS, WORDS

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from monitor.model.following import Followed
    from tests.reliability.weeks_desk import Desk

    Operation = Callable[[Desk, random.Random], str | None]
    """An operation says what it did; None where there was nothing to do."""

TOPICS = ("birds", "seals", "others")
TERMS = WORDS[:-1]
"""Words that are terms; the last one is only ever muted, as a phrase."""


# -- time and Parliament ------------------------------------------------------------------------------------------------


def let_time_pass(desk: Desk, dice: random.Random) -> str:
    desk.clock.tick(hours=dice.choice([1, 6, 24, 24, 48]))
    return "time passes"


def publish(desk: Desk, dice: random.Random) -> str:
    made = []
    for _ in range(dice.randint(1, 3)):
        if dice.random() < 0.6:
            day = desk.today - timedelta(days=dice.choice([0, 0, 0, 1, 2]))
            made.append(desk.paper.publish(desk.clock.now, day))
        elif (version := desk.paper.change(desk.clock.now, desk.today)) is not None:
            made.append(version)
    told = (f"{version.kind} {version.mark} {version.day:%d %b} {sorted(version.words)}" for version in made)
    return f"published: {'; '.join(told)}"


# -- runs ----------------------------------------------------------------------------------------------------------------


def run(desk: Desk, _dice: random.Random) -> str:
    desk.run()
    return "run"


def run_without_source(desk: Desk, dice: random.Random) -> str:
    down = dice.choice([(QUESTIONS,), (STATEMENTS,), (QUESTIONS, STATEMENTS)])
    desk.run(down=down)
    return f"run while {' and '.join(down)} are down"


def run_without_mail(desk: Desk, _dice: random.Random) -> str:
    desk.run(is_post_down=True)
    return "run while the mail server is down"


def run_first_digest(desk: Desk, _dice: random.Random) -> str | None:
    if (desk.today - FIRST_DAY).days > 3:
        return None
    desk.judge.has_asked_first = True
    desk.run(first=True)
    return "run --first-digest"


# -- the archive ---------------------------------------------------------------------------------------------------------


def back_up(desk: Desk, _dice: random.Random) -> str:
    desk.back_up()
    return f"backup {len(desk.backups)}"


def restore(desk: Desk, dice: random.Random) -> str | None:
    backups = desk.fitting_backups()
    if not backups:
        return None
    backup, how = dice.choice(backups), dice.choice(["proposed", "proposed", "given", "later", "not"])
    until = desk.proposed_day()
    if how == "given":
        until = desk.today - timedelta(days=dice.choice([0, 1, 1, 2]))
    is_said = how != "not" or desk.engine.dialect.name != "sqlite"
    desk.restore(backup, until if is_said else None, says_later=how == "later")
    return f"restore of {backup.made_at:%d %b %H:%M}, told until {f'{until} ({how})' if is_said else 'nothing'}"


def copy(desk: Desk, dice: random.Random) -> str:
    shared = bool(desk.databases.server) and dice.random() < 0.5
    desk.copy(shared=shared)
    return f"copied to {desk.engine.dialect.name}"


def skip(desk: Desk, dice: random.Random) -> str | None:
    if not desk.readers:
        return None
    who = dice.choice([[*desk.readers], [dice.choice([*desk.readers])]])
    desk.skip(who)
    return f"digest skip {' '.join(who)}"


def resend(desk: Desk, dice: random.Random) -> str | None:
    rows = [row for row in desk.archive.digests.listing(limit=5) if row.kind == "mailed"]
    if not rows:
        return None
    desk.configure()
    with desk.archive.runs.lease():
        try:
            desk.archive.outbox.resend(dice.choice(rows).id, None, desk.clock())
        except ArchiveError:
            return None  # it was not sent yet, or is not kept any more
        desk.world.pipeline().deliver(is_asked=True)
    desk.look()
    return "digest resend"


def backfill(desk: Desk, dice: random.Random) -> str:
    source = dice.choice(sorted({source for source, _ in desk.places()}))
    days = dice.choice([0, 2, 10, 40])
    desk.backfill(source, desk.today - timedelta(days=days))
    return f"backfill of {source}, {days} days"


def reparse(desk: Desk, _dice: random.Random) -> str:
    desk.reparse()
    return "reparse"


def reindex(desk: Desk, _dice: random.Random) -> str:
    desk.archive.index.rebuild(lambda *_: None)
    return "index rebuild"


# -- the configuration ---------------------------------------------------------------------------------------------------


def switch_source(desk: Desk, _dice: random.Random) -> str:
    desk.switched_off ^= {STATEMENTS}
    return f"statements {'off' if desk.switched_off else 'on'}"


def switch_house(desk: Desk, _dice: random.Random) -> str:
    desk.houses = (House.COMMONS,) if len(desk.houses) > 1 else (House.COMMONS, House.LORDS)
    return f"Lords {'on' if len(desk.houses) > 1 else 'off'}"


def change_look_back(desk: Desk, dice: random.Random) -> str:
    desk.look_back = dice.choice([3, 4, 7])
    return f"look_back_days = {desk.look_back}"


def edit_terms(desk: Desk, dice: random.Random) -> str:
    topic, term = dice.choice([*desk.topics]), dice.choice(TERMS)
    name, terms = desk.topics[topic]
    others = tuple(other for other in terms if other != term)
    desk.topics[topic] = (name, (others or terms) if term in terms else (*terms, term))
    return f"terms of {topic}: {desk.topics[topic][1]}"


def edit_topics(desk: Desk, dice: random.Random) -> str:
    topic = dice.choice(TOPICS)
    if topic in desk.topics and len(desk.topics) > 1:
        del desk.topics[topic]
        return f"topic {topic} removed"
    desk.topics[topic] = (topic.title(), tuple(dice.sample(TERMS, 2)))
    return f"topic {topic}: {desk.topics[topic][1]}"


def rename_topic(desk: Desk, dice: random.Random) -> str:
    topic = dice.choice([*desk.topics])
    name, terms = desk.topics[topic]
    desk.topics[topic] = (f"{name} again", terms)
    return f"topic {topic} has another name"


# -- readers -------------------------------------------------------------------------------------------------------------


def pause(desk: Desk, dice: random.Random) -> str:
    key = dice.choice([*desk.readers])
    desk.readers[key].is_paused ^= True
    return f"{key} {'paused' if desk.readers[key].is_paused else 'resumed'}"


def remove_or_add(desk: Desk, dice: random.Random) -> str | None:
    """Add a reader who left, or remove one; the person may be forgotten."""
    if desk.gone and dice.random() < 0.7:
        key = dice.choice([*desk.gone])
        desk.readers[key] = desk.gone.pop(key)
        desk.readers[key].is_paused = dice.random() < 0.1
        return f"{key} added"
    if len(desk.readers) < 2:
        return None
    key = dice.choice([*desk.readers])
    desk.gone[key] = desk.readers.pop(key)
    if dice.random() < 0.6:
        return f"{key} removed"
    desk.run()
    if dice.random() < 0.7:
        desk.archive.outbox.forget(address(key))
        desk.judge.forget(key)
        return f"{key} removed, run, and forgotten"
    return f"{key} removed, and run"


def choose_topics(desk: Desk, dice: random.Random) -> str:
    key = dice.choice([*desk.readers])
    desk.readers[key].topics = tuple(dice.sample(TOPICS, dice.randint(1, 3)))
    return f"{key} chose {desk.readers[key].topics}"


def choose_cadence(desk: Desk, dice: random.Random) -> str:
    key = dice.choice([*desk.readers])
    wish = desk.readers[key]
    wish.cadence = dice.choice(["instant", "daily", "weekly"])
    wish.at = dice.choice(["07:30", "12:00", "18:00"])
    return f"{key} gets mails {wish.cadence} at {wish.at}"


def follow(desk: Desk, dice: random.Random) -> str | None:
    key, memory = dice.choice([*desk.readers]), desk.judge.memory
    kind = dice.choice(["record", "record", "asker", "body"])
    if kind == "record":
        version = desk.paper.versions[dice.choice([*memory.read])]
        reason = Reason("record", version.record)
        [found] = desk.archive.cross_references.find(version.public_id)
        target = FollowTarget(kind=FollowKind.RECORD, ref=version.public_id, proceeding_id=found)
    elif kind == "asker":
        member = dice.choice(ASKERS)
        reason = Reason("asker", member.name or "")
        target = FollowTarget(kind=FollowKind.ASKER, ref=reason.what, member_id=member.member_id)
    else:
        reason = Reason("body", dice.choice(BODIES), dice.choice([*desk.topics]))
        target = FollowTarget(kind=FollowKind.BODY, ref=reason.what, topic=reason.topic)
    desk.archive.following.follow(desk.subscriber(key), target)
    desk.judge.listed(key, desk.clock.now)
    desk.judge.follow(key, reason)
    return f"{key} follows {' '.join(reason)}"


def unfollow(desk: Desk, dice: random.Random) -> str | None:
    followed = [thing for thing in desk.archive.following.listing() if thing.subscriber in desk.readers]
    if not followed:
        return None
    thing = dice.choice(followed)
    desk.archive.following.unfollow(thing.subscriber, thing.number)
    desk.judge.unfollow(thing.subscriber, reason_of(thing))
    return f"{thing.subscriber} follows {thing.target.ref} no more"


def reason_of(thing: Followed) -> Reason:
    return Reason(thing.target.kind.value, thing.target.ref.removeprefix("q-"), thing.target.topic or "")


def mute(desk: Desk, dice: random.Random) -> str:
    """Mute a record, or a word: as a term if it is one of the reader's."""
    key, memory = dice.choice([*desk.readers]), desk.judge.memory
    until = desk.today + timedelta(days=dice.randint(0, 8))
    if dice.random() < 0.4:
        version = desk.paper.versions[dice.choice([*memory.read])]
        [found] = desk.archive.cross_references.find(version.public_id)
        kind, what, text = MuteKind.RECORD, version.record, version.public_id
    else:
        found, text = None, dice.choice(WORDS)
        mine = {term for topic in desk.subscriber(key).topics for term in desk.topics[topic][1]}
        kind, what = MuteKind.TERM if text in mine else MuteKind.PHRASE, text
    desk.archive.choices.mute(desk.subscriber(key), kind, text, until, found)
    desk.judge.listed(key, desk.clock.now)
    desk.judge.mute(key, Mute(kind.value, what, until, desk.clock.now))
    return f"{key} muted {kind.value} {what} until {until:%d %b}"


OPERATIONS: dict[Operation, float] = {
    let_time_pass: 14,
    publish: 18,
    run: 16,
    run_without_source: 5,
    run_without_mail: 1,
    run_first_digest: 1,
    back_up: 4,
    restore: 4,
    copy: 1,
    skip: 2,
    resend: 1,
    backfill: 2,
    reparse: 1,
    reindex: 0.3,
    switch_source: 2,
    switch_house: 2,
    change_look_back: 1,
    edit_terms: 2,
    edit_topics: 2,
    rename_topic: 1,
    pause: 3,
    remove_or_add: 3,
    choose_topics: 2,
    choose_cadence: 2,
    follow: 3,
    unfollow: 1,
    mute: 1.5,
}
"""Operations, each with its share of the choices."""
