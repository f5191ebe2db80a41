"""Workers at a mail server that takes fewer connections than there are workers, and few mails over each, are killed.

Those that it refuses give way to the others, so all mail goes without a pause. Then every mail came once; one that came
twice is marked in the outbox.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

from tests.reliability.tally import Proof, Tally
from tests.reliability.yard import Plan, Yard
from tests.servers import database, postgres_server
from tests.smtpserver import SmtpServer
from tests.unit.delivery_kit import letter

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reliability.tally import Budget

MAILS = 1_500
WORKERS = 4
CONNECTIONS = 2
MAILS_A_CONNECTION = 20
MAILS_A_KILL = 100
MAILS_A_SECOND = 5.0
"""Mails of a round for each second, where time is short: a round can't be left in the middle."""


def mail_over_few_connections(folder: Path, budget: Budget) -> Tally:
    """Let workers send so many mails, and kill one after each hundred."""
    mails = budget.count
    if budget.seconds is not None:
        mails = min(mails, max(MAILS_A_KILL, round(budget.seconds * MAILS_A_SECOND)))
    with postgres_server() as server:
        return send_mails(folder / "yard", server, mails, seed=budget.seed)


def send_mails(folder: Path, server: str, mails: int, *, seed: int, kill_every: int = MAILS_A_KILL) -> Tally:
    """Let workers send mails to a mail server of few connections, and kill one each time that it took so many."""
    dice = random.Random(seed)  # noqa: S311 (the same choice each time)
    with (
        SmtpServer(most_at_once=CONNECTIONS, most_mails=MAILS_A_CONNECTION) as mail_server,
        database(server) as url,
        Yard(folder=folder, url=url, plan=Plan.of(1, 1, seed)) as yard,
    ):
        text = yard.desk.config.read_text(encoding="utf-8")
        port = f"port = {yard.mail.port}"
        yard.desk.config.write_text(text.replace(port, f"port = {mail_server.port}"), encoding="utf-8")
        yard.write_bare_config()
        with yard.archive.engine.begin() as connection:
            yard.archive.outbox.add(connection, None, [letter(number) for number in range(mails)], yard.now())
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
        if not mail_server.turned_away:
            tally.failures.append("no connection was one too many, so nothing was tried")
        return tally


PROOFS = (
    Proof(
        name="mail over few connections", unit="mail", full=MAILS, run=mail_over_few_connections, share=0.3, hours=0.05
    ),
)
