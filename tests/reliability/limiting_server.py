"""Workers at a mail server that limits them, by connections and by mails in a time, are killed.

It takes fewer connections than there are workers, and few mails over each. Those that it refuses give way to the others, so
all mail goes without a pause. Or it puts off what comes too soon, at any step of a mail, until some time is over. Then every
mail came once; one that came twice is marked in the outbox.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tests.reliability.tally import Proof, Tally
from tests.reliability.yard import Plan, Yard
from tests.servers import database, postgres_server
from tests.smtpserver import Rate, SmtpServer
from tests.unit.delivery_kit import letter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.reliability.tally import Budget

MAILS = 1_500
WORKERS = 4
MAILS_A_KILL = 100
MAILS_A_SECOND = 5.0
"""Mails of a round for each second, where time is short: a round can't be left in the middle."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a mail server: connections at a time, mails over each, and how many mails in a time; 0 and None: none."""

    connections: int = 0
    mails_a_connection: int = 0
    rate: Rate | None = None


FEW_CONNECTIONS = Limits(connections=2, mails_a_connection=20)
STEPS = ("MAIL", "RCPT", "DATA", "dot")
"""Steps of a mail at which servers put it off."""
RATES = tuple(Limits(rate=Rate(mails=40, seconds=3.0, stage=step)) for step in STEPS)


def mail_to_a_limiting_server(folder: Path, budget: Budget, *, kinds: Sequence[Limits]) -> Tally:
    """Let workers send so many mails to a server of each kind in turn, and kill one after each hundred."""
    mails = budget.count // len(kinds)
    if budget.seconds is not None:
        mails = min(mails, max(MAILS_A_KILL, round(budget.seconds * MAILS_A_SECOND / len(kinds))))
    tally = Tally()
    with postgres_server() as server:
        for number, limits in enumerate(kinds):
            tally.add(send_mails(folder / f"yard{number}", server, mails, limits, seed=budget.seed))
    return tally


def send_mails(
    folder: Path, server: str, mails: int, limits: Limits, *, seed: int, kill_every: int = MAILS_A_KILL
) -> Tally:
    """Let workers send mails to a mail server with limits, and kill one each time that it took so many."""
    dice = random.Random(seed)  # noqa: S311 (the same choice each time)
    with (
        SmtpServer(
            most_at_once=limits.connections, most_mails=limits.mails_a_connection, rate=limits.rate
        ) as mail_server,
        database(server) as url,
        Yard(folder=folder, url=url, plan=Plan.of(1, 1, seed)) as yard,
    ):
        text = yard.desk.config.read_text(encoding="utf-8")
        port = f"port = {yard.mail.port}"
        yard.desk.config.write_text(text.replace(port, f"port = {mail_server.port}"), encoding="utf-8")
        yard.write_bare_config()
        with yard.archive.engine.begin() as connection:
            yard.archive.outbox.add(connection, None, [letter(number) for number in range(mails)], yard.now())
        if limits.rate is not None:
            yard.desk.env["PQWATCH_TEST_PAUSE"] = "2"  # the queue pauses again and again
        yard.start(WORKERS)
        killed = 0

        def kill() -> None:
            nonlocal killed
            if len(mail_server.accepted) >= (killed + 1) * kill_every:
                killed += 1
                yard.kill(dice.choice(yard.workers))

        yard.work_off(kill)
        tally = Tally(tried=mails)
        copies = Counter(mail_server.message_ids())
        tally.lost = mails - len(copies)
        if tally.lost:
            tally.failures.append(f"{tally.lost} of {mails} mails never came: {yard.said()[-2000:]}")
        yard.count_copies(copies, tally)
        if not (mail_server.turned_away if limits.connections else mail_server.too_soon):
            tally.failures.append(f"{limits}: the server refused nothing, so nothing was tried")
        return tally


PROOFS = (
    Proof(
        name="mail over few connections",
        unit="mail",
        full=MAILS,
        run=partial(mail_to_a_limiting_server, kinds=(FEW_CONNECTIONS,)),
        share=0.3,
        hours=0.05,
    ),
    Proof(
        name="mail that comes too soon",
        unit="mail",
        full=MAILS,
        run=partial(mail_to_a_limiting_server, kinds=RATES),
        share=0.3,
        hours=0.1,
    ),
)
