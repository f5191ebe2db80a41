"""Scenes of mail that comes back: a forged one, one of ours, and a person who sends to the address again."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.tables import meta, outbox
from monitor.delivery.return_address import ReturnAddress
from tests.reliability.world import POLICY
from tests.unit.test_bounces import report

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tests.reliability.world import FaultWorld

    Words = tuple[str, ...]

PATTERN = "bounces+*@example.org"


def read_returned_mail(world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Read a forged mail, and a true one that is no reason to retire its address."""
    path = world.desk.folder / "returned.eml"
    with _return_address(world):
        path.write_bytes(report("bounces@example.org"))
        yield ("bounces", str(path))
        with world.engine.connect() as connection:
            secret = connection.execute(select(meta.c.value).where(meta.c.key == "bounce_secret")).scalar()
            sent = select(outbox.c.message_id, outbox.c.recipient).where(outbox.c.dotted_at.is_not(None))
            mail = connection.execute(sent.order_by(outbox.c.id.desc())).first()
        if secret is None or mail is None:
            return
        address = ReturnAddress(pattern=PATTERN, secret=secret).of(mail.message_id, mail.recipient)
        path.write_bytes(report(str(address), status="5.2.2"))
        yield ("bounces", str(path))


def reinstate_an_address(_world: FaultWorld, _chance: random.Random) -> Iterator[Words]:
    """Let the bounces of an address count anew."""
    yield ("bounces", "--reinstate", POLICY.address)


@contextmanager
def _return_address(world: FaultWorld) -> Iterator[None]:
    """Let the configuration name a return address for a while."""
    config = world.desk.config.read_text(encoding="utf-8")
    world.desk.config.write_text(
        config.replace("[delivery]\n", f'[delivery]\nbounces = "{PATTERN}"\n'), encoding="utf-8"
    )
    try:
        yield
    finally:
        world.desk.config.write_text(config, encoding="utf-8")


RETURNED = {"read returned mail": read_returned_mail, "reinstate an address": reinstate_an_address}
