"""A message that only shows that messages arrive."""

from __future__ import annotations

import json
from typing import Final

from monitor.digest.formats.brief import Brief
from monitor.digest.formats.slack import slack
from monitor.digest.formats.teams import teams
from monitor.model.deliveries import SLACK, TEAMS
from monitor.presentation.record_json import SCHEMA

_TITLE: Final = "pqwatch: test message"
_WORDS: Final = "That you can read this means that digests can reach you."


def trial(channel: str, own_id: str) -> bytes:
    """Return a test message in the format of a webhook's channel, with the id `own_id`."""
    brief = Brief(title=_TITLE, lead=(_WORDS,), groups=(), foot=(f"pqwatch {own_id}",), own_id=own_id)
    if channel == SLACK:
        return slack(brief)
    if channel == TEAMS:
        return teams(brief)
    return json.dumps({"schema": SCHEMA, "type": "test", "id": own_id, "subject": _TITLE, "text": _WORDS}).encode()
