"""Weeks of readers: what they do by the page and by the links of their mails, beside edits of `config.toml`.

Runs, the databases and the judge are those of the weeks of an operator (weeks.py). Here readers sign up, choose, pause,
follow, mute, leave with one click, are forgotten and come back, some of it while a run reads; the operator edits topics and
readers; the mail server puts off or refuses one of them; and on PostgreSQL a worker may take the place of runs.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from monitor.cli import pqwatch
from monitor.config.editing import add_topic, remove_subscribers, remove_term, rename_topic
from tests.reliability.tally import Proof
from tests.reliability.weeks import DAYS_AT_THE_END, STEPS, prove_lives
from tests.reliability.weeks_desk import address
from tests.reliability.weeks_memory import Mute, Reason, Wish
from tests.reliability.weeks_operations import (
    TERMS,
    TOPICS,
    let_time_pass,
    publish,
    reason_of,
    run,
    run_without_mail,
    run_without_source,
    skip,
)
from tests.reliability.weeks_page import ALL, PageDesk, name_of
from tests.reliability.weeks_published import WORDS

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from tests.reliability.tally import Budget, Tally

    Operation = Callable[[PageDesk, random.Random], str | None]
    """An operation says what it did; None where there was nothing to do."""

CADENCES = ("instant", "daily", "weekly")


def someone(desk: PageDesk, dice: random.Random) -> str | None:
    """Choose a reader who has a mail, by whose links they can do something."""
    keys = [key for key, person in desk.people.items() if person.wish is not None and desk.links(key, "preferences")]
    return dice.choice(keys) if keys else None


def some_topics(desk: PageDesk, dice: random.Random) -> tuple[str, ...]:
    """Choose topics, or all."""
    return (ALL,) if dice.random() < 0.3 else tuple(dice.sample([*desk.topics], dice.randint(1, len(desk.topics))))


# -- runs ----------------------------------------------------------------------------------------------------------------


def run_with_mood(desk: PageDesk, dice: random.Random) -> str:
    """Run while one reader's mails are put off, or (twice in a life, so that the address stays) refused."""
    key, scope = dice.choice([*desk.people]), dice.choice(["message", "message", "recipient"])
    if scope == "recipient":
        desk.times_refused += 1
        scope = "message" if desk.times_refused > 2 else scope
    desk.post.moods = {address(key): scope}
    desk.run()
    desk.post.moods = {}
    return f"run while mails to {key} are {'put off' if scope == 'message' else 'refused'}"


def act_during_run(desk: PageDesk, dice: random.Random) -> str:
    """Let a reader act while a run reads."""
    done: list[str | None] = []
    act = dice.choice([unsubscribe, unsubscribe, choose, mute, confirm])
    desk.run_while(lambda: done.append(act(desk, dice)))
    return f"run, in which {(done and done[0]) or 'nothing happened'}"


# -- coming and going ----------------------------------------------------------------------------------------------------


def sign_up(desk: PageDesk, dice: random.Random) -> str:
    key = dice.choice([key for key, person in desk.people.items() if person.wish is None] or [*desk.people])
    topics, cadence = some_topics(desk, dice), dice.choice(CADENCES)
    desk.send("/subscribe", "/subscribe", name=name_of(key), email=address(key), topic=list(topics), cadence=cadence)
    return f"{key} asks for {topics} {cadence}"


def confirm(desk: PageDesk, dice: random.Random) -> str | None:
    """Open a link of a sign-up: it may be known already, and its topics may be gone."""
    asked = [key for key in desk.people if desk.links(key, "subscribe/confirm")]
    new = [key for key in asked if desk.people[key].wish is None]
    if not asked:
        return None
    key = dice.choice(new or asked)
    path = desk.links(key, "subscribe/confirm")[-1]
    wanted = json.loads(desk.signer.read("signup", path.rpartition("/")[2], lasting=10**9) or "")
    topics = tuple(topic for topic in wanted["topics"] if topic == ALL or topic in desk.topics)
    desk.send(path, path, status=200 if topics else 422)
    if topics and key in new:
        desk.people[key].kept = Wish(topics, cadence=wanted["cadence"])
        desk.ended.discard(key)
        for stored in desk.archive.subscribers.listing():  # the operator lets mails show what the judge looks for
            desk.archive.subscribers.change(stored, replace(stored, mentions="full"))
    return f"{key} confirms {topics} {wanted['cadence']}"


def unsubscribe(desk: PageDesk, dice: random.Random) -> str | None:
    """Press "Unsubscribe" in a mail program, also with a link of an earlier subscription."""
    key = dice.choice([*desk.people])
    links = desk.links(key, "unsubscribe")
    if not links:
        return None
    answer = desk.browser.post(dice.choice(links), data={"List-Unsubscribe": "One-Click"})
    assert "You get no more of these mails" in answer.text, answer.text
    desk.end(key)
    return f"{key} unsubscribes"


def forget(desk: PageDesk, dice: random.Random) -> str:
    key = dice.choice([*desk.people])
    words = ["subscribers", "forget", address(key), "--yes", "--config", str(desk.path)]
    done = CliRunner().invoke(pqwatch, words)
    assert done.exit_code == 0, done.output
    desk.end(key)
    desk.judge.forget(key)
    return f"{key} is forgotten"


# -- choosing ------------------------------------------------------------------------------------------------------------


def choose(desk: PageDesk, dice: random.Random) -> str | None:
    if (key := someone(desk, dice)) is None:
        return None
    before = desk.people[key].wish
    assert before is not None
    wish, what = replace(before), dice.choice(["topics", "cadence", "pause", "pause"])
    if what == "topics":
        wish.topics = some_topics(desk, dice)
    elif what == "cadence":
        wish.cadence, wish.at = dice.choice(CADENCES), dice.choice(["07:30", "12:00", "18:00"])
    else:
        wish.is_paused ^= True
    desk.save(key, wish)
    return f"{key} chose {wish.topics} {wish.cadence} {wish.at}{' paused' if wish.is_paused else ''}"


def follow_by_link(desk: PageDesk, dice: random.Random) -> str | None:
    """Follow a record by its link in a mail, or end that."""
    key = someone(desk, dice)
    links = desk.links(key, "follow") if key else []
    if key is None or not links:
        return None
    path = dice.choice(links)
    page = desk.browser.get(path).text
    [uin] = set(re.findall(r"14\d{4}", page.replace(path, "")))
    record = next(version.record for version in desk.paper.versions.values() if version.record.endswith(uin))
    desk.judge.listed(key, desk.clock.now)
    desk.send(path, path)
    if "Follow it no more" in page:
        desk.judge.unfollow(key, Reason("record", record))
        return f"{key} follows {record} no more, by its link"
    desk.judge.follow(key, Reason("record", record))
    return f"{key} follows {record} by its link"


def follow(desk: PageDesk, dice: random.Random) -> str | None:
    if (key := someone(desk, dice)) is None:
        return None
    version = desk.paper.versions[dice.choice([*desk.judge.memory.read])]
    reason, ref = dice.choice([
        (Reason("record", version.record), version.public_id),
        (Reason("asker", version.asker), version.asker),
        (Reason("body", version.body, dice.choice([*desk.topics])), version.body),
    ])  # fmt: skip
    desk.send_own(key, "follow", ref=ref, topic=reason.topic)
    desk.judge.follow(key, reason)
    return f"{key} follows {' '.join(reason)}"


def unfollow(desk: PageDesk, dice: random.Random) -> str | None:
    if (key := someone(desk, dice)) is None or not (mine := desk.archive.following.listing(name_of(key))):
        return None
    thing = dice.choice(mine)
    desk.send_own(key, "unfollow", number=thing.number)
    desk.judge.unfollow(key, reason_of(thing))
    return f"{key} follows {thing.target.ref} no more"


def mute(desk: PageDesk, dice: random.Random) -> str | None:
    """Mute a record, or a word: as a term if it is one of the reader's."""
    if (key := someone(desk, dice)) is None:
        return None
    wish = desk.people[key].wish
    assert wish is not None
    until = desk.today + timedelta(days=dice.randint(0, 8))
    if dice.random() < 0.4:
        version = desk.paper.versions[dice.choice([*desk.judge.memory.read])]
        kind, what, words = "record", version.record, version.public_id
    else:
        words = what = dice.choice(WORDS)
        mine = {term for topic in desk.resolved(wish).topics for term in desk.topics[topic][1]}
        kind = "term" if what in mine else "phrase"
    desk.send_own(key, "mute", words=words, until=str(until))
    desk.judge.mute(key, Mute(kind, what, until, desk.clock.now))
    return f"{key} muted {kind} {what} until {until:%d %b}"


def unmute(desk: PageDesk, dice: random.Random) -> str | None:
    if (key := someone(desk, dice)) is None or not (mine := desk.archive.choices.mutes(name_of(key))):
        return None
    chosen = dice.choice(mine)
    desk.send_own(key, "unmute", number=chosen.number)
    desk.judge.unmute(key, chosen.text.removeprefix("q-"))
    return f"{key} mutes {chosen.text} no more"


def deal_with(desk: PageDesk, dice: random.Random) -> str | None:
    if (key := someone(desk, dice)) is None:
        return None
    version = desk.paper.versions[dice.choice([*desk.judge.memory.read])]
    desk.send_own(key, "mark", ref=version.public_id, kind=dice.choice(["done", "not_relevant"]))
    return f"{key} dealt with {version.record}"


# -- the operator, by hand or by the page --------------------------------------------------------------------------------


def edit_topics(desk: PageDesk, dice: random.Random) -> str | None:
    topic = dice.choice(TOPICS)
    if topic not in desk.topics:
        terms = tuple(dice.sample(TERMS, 2))
        if dice.random() < 0.5:
            desk.send("/topics", "/topics/new", name=topic, terms="\n".join(terms))
        else:
            desk.rewrite(lambda text: add_topic(text, topic, terms))
        desk.topics[topic] = (topic, terms)
        return f"topic {topic}: {terms}"
    if len(desk.topics) == 1:
        return None
    wishes = [wish for person in desk.people.values() for wish in (person.in_file, person.kept) if wish]
    if any(wish.topics == (topic,) for wish in wishes):
        desk.send(f"/topics/{topic}", "/topics/remove", status=422)
        return f"topic {topic} can't be removed: somebody gets no other"
    desk.send(f"/topics/{topic}", "/topics/remove")
    del desk.topics[topic]
    for wish in wishes:
        wish.topics = tuple(other for other in wish.topics if other != topic)
    return f"topic {topic} removed"


def edit_terms(desk: PageDesk, dice: random.Random) -> str | None:
    topic, term = dice.choice([*desk.topics]), dice.choice(TERMS)
    name, terms = desk.topics[topic]
    if term not in terms:
        desk.send(f"/topics/{topic}", "/topics/terms/add", term=term, exclude=None)
        desk.topics[topic] = (name, (*terms, term))
        return f"term {term} in {topic}"
    if len(terms) == 1:
        return None
    desk.rewrite(lambda text: remove_term(text, name, term))
    desk.topics[topic] = (name, tuple(other for other in terms if other != term))
    return f"term {term} no more in {topic}"


def give_topic_another_name(desk: PageDesk, dice: random.Random) -> str:
    topic = dice.choice([*desk.topics])
    name, terms = desk.topics[topic]
    new = f"{topic} {'one' if name != f'{topic} one' else 'two'}"
    if dice.random() < 0.5:
        desk.send(f"/topics/{topic}", "/topics/rename", name=new)
    else:
        desk.rewrite(lambda text: rename_topic(text, name, new))
    desk.topics[topic] = (new, terms)
    return f"topic {topic} is called {new}"


def write_reader(desk: PageDesk, dice: random.Random) -> str:
    """Put somebody into `config.toml`, also somebody whom the archive keeps, or take them out."""
    key = dice.choice([*desk.people])
    person = desk.people[key]
    if person.in_file is not None:
        desk.rewrite(lambda text: remove_subscribers(text, [name_of(key)]))
        person.in_file = None
        return f"{key} is not in config.toml any more{', but in the archive' if person.kept else ''}"
    person.in_file = Wish(some_topics(desk, dice), cadence=dice.choice(CADENCES))
    desk.ended.discard(key)
    desk.rewrite(lambda text: text + desk.table_of(key))
    return f"{key} is in config.toml: {person.in_file.topics}{', and in the archive' if person.kept else ''}"


OPERATIONS: dict[Any, float] = {
    let_time_pass: 14,
    publish: 18,
    run: 16,
    run_without_source: 3,
    run_without_mail: 1,
    run_with_mood: 3,
    act_during_run: 3,
    skip: 0.5,
    sign_up: 3,
    confirm: 3,
    unsubscribe: 2,
    forget: 0.7,
    choose: 7,
    follow_by_link: 3,
    follow: 2,
    unfollow: 1,
    mute: 2,
    unmute: 1,
    deal_with: 1,
    edit_topics: 2,
    edit_terms: 2,
    give_topic_another_name: 1,
    write_reader: 1.5,
}
"""Operations, each with its share of the choices."""


def prove(folder: Path, budget: Budget, *, server: str = "", steps: int = STEPS, days: int = DAYS_AT_THE_END) -> Tally:
    """Live lives of readers: every other one on PostgreSQL, with a worker or without."""
    return prove_lives(folder, budget, PageDesk, OPERATIONS, server=server, steps=steps, days=days)


PROOFS = (Proof(name="weeks of readers", unit="sequence", full=400, run=prove, share=1.0, hours=1.0, parts=4),)
