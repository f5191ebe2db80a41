"""Readings of a source that several workers share."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFindings:
    """Findings of a part of a reading that are left to its end.

    `counts`: what was read. `failures`: sentences for the operator. `misread`: sentences about records that can't be
    understood. `look_up`: keys of records that are to be read once more, by themselves. `down`: why the source can't be
    read at all; "" where it can.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[str, ...] = ()
    misread: tuple[str, ...] = ()
    look_up: tuple[str, ...] = ()
    down: str = ""

    def with_more(self, other: PartFindings) -> PartFindings:
        """Return both together."""
        names = dict.fromkeys([*self.counts, *other.counts])
        return PartFindings(
            counts={name: self.counts.get(name, 0) + other.counts.get(name, 0) for name in names},
            failures=_all_of(self.failures, other.failures),
            misread=_all_of(self.misread, other.misread),
            look_up=_all_of(self.look_up, other.look_up),
            down=self.down or other.down,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitReading:
    """A reading of a source that was split into parts, each a job of its own.

    `as_of`: the instant that counts as now in all of it. `units`: number of windows or files. `left`: numbers of the parts
    that are not read yet. `noted`: what the others left to the end.
    """

    name: str
    began_at: datetime
    as_of: datetime
    units: int
    left: tuple[int, ...]
    noted: PartFindings = field(default_factory=PartFindings)

    def noting(self, noted: PartFindings) -> SplitReading:
        """Return the reading with more that is left to its end."""
        return replace(self, noted=self.noted.with_more(noted))

    def without(self, part: int) -> SplitReading:
        """Return the reading after one more part."""
        return replace(self, left=tuple(number for number in self.left if number != part))

    @classmethod
    def of_text(cls, text: str) -> SplitReading:
        """Read what `as_text` wrote."""
        stored: dict[str, Any] = json.loads(text)
        noted: dict[str, Any] = stored["noted"]
        return cls(
            name=stored["name"],
            began_at=datetime.fromisoformat(stored["began_at"]),
            as_of=datetime.fromisoformat(stored["as_of"]),
            units=stored["units"],
            left=tuple(stored["left"]),
            noted=PartFindings(
                counts=noted["counts"],
                failures=tuple(noted["failures"]),
                misread=tuple(noted["misread"]),
                look_up=tuple(noted["look_up"]),
                down=noted["down"],
            ),
        )

    def as_text(self) -> str:
        """Return the text that the archive stores."""
        return json.dumps(asdict(self), default=datetime.isoformat)


def _all_of(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, *second]))
