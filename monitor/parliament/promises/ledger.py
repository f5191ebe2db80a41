"""Ledger of a record: which promises it holds, and what that changes in what the ledger has of it.

Pure: from all revisions of a record follows all that the ledger says of it, whatever was stored before and in whatever order
it was read. A promise is known by its record and its sentence, so a text that is parsed again keeps its promises.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.model.promises import PlannedPromise, PromiseKind, RecordPromises
from monitor.model.records import Kind, State
from monitor.parliament.promises import find
from monitor.parliament.promises.corrections import first_version
from monitor.parliament.promises.repetition import alikeness, sentence_key, wording_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from monitor.model.promises import FoundPromise, KnownPromise, Listed, RecordText, RevisionText
    from monitor.model.records import Proceeding
    from monitor.parliament.promises.corrections import FirstVersion, SaidPromise
    from monitor.parliament.promises.repetition import Wording

LEDGER_VERSION: Final = 2
"""Version of what follows from the promises found. When it changes, every revision is read again."""

FARTHEST: Final = timedelta(days=3 * 365)
"""Time after which the same words are another promise."""

_DIGITS: Final = 10
_TRIES: Final = 8
"""Public ids of a promise, for the case that another one has the first by chance."""


class _Held(NamedTuple):
    """A promise in the revision that holds it first."""

    revision: RevisionText
    found: FoundPromise
    made_on: date

    @property
    def sentence(self) -> str:
        return self.revision.text[self.found.start : self.found.end]


def rules_version() -> str:
    """Return the version of the rules. When it changes, every revision is read again."""
    return f"{LEDGER_VERSION}.{find.RULES_VERSION}"


def may_promise(proceeding: Proceeding) -> bool:
    """Return whether a text counts: an answer that is no holding answer, or a written statement."""
    if proceeding.kind is Kind.STATEMENT:
        return True
    return proceeding.kind is Kind.QUESTION and proceeding.state in (State.ANSWERED, State.CORRECTED)


def first_versions(record: RecordText, facts: Mapping[int, Proceeding]) -> dict[int, FirstVersion]:
    """Return what corrections of a record replaced, by their row ids. `facts`: those of the revisions with a text.

    Where the source does not give the first version, it is an earlier revision of this source, if there is one.
    """
    firsts: dict[int, FirstVersion] = {}
    answered: set[str] = set()
    for revision in record.revisions:
        now = facts.get(revision.id)
        if now is None or not may_promise(now):
            continue
        first = first_version(now, revision.text)
        if first is not None and (now.original_answer or revision.source not in answered):
            firsts[revision.id] = first
        answered.add(revision.source)
    return firsts


def plan_record(
    record: RecordText, found: Mapping[int, Sequence[SaidPromise]], known: Sequence[KnownPromise]
) -> RecordPromises:
    """Decide what the ledger has of a record from now on. `found`: by the row ids of revisions.

    Only revisions of the source that counts are looked at: another source may tell the same answer in other typography.
    """
    source = next((revision.source for revision in record.revisions if revision.id == record.latest), "")
    own = [revision for revision in record.revisions if revision.source == source]
    held: dict[str, _Held] = {}
    now: set[str] = set()
    for revision in own:
        keyed = _keyed(revision, found.get(revision.id, ()))
        now = set(keyed) if revision.id == record.latest else now
        for key, promise in keyed.items():
            held.setdefault(key, promise)
    plans = {key: _plan(record, key, promise, is_held=key in now) for key, promise in held.items()}
    changed, removed = {}, []
    for key, before in _known_keys(known).items():
        plan = plans.pop(key, None)
        if plan is not None:
            if _differs(before, plan):
                changed[before.number] = plan
        elif not before.is_used:
            removed.append(before.number)
        elif before.gone is None and _is_no_longer_said(key, before, record, own):
            changed[before.number] = _gone(record, before)
    return RecordPromises(new=tuple(plans.values()), changed=changed, removed=tuple(removed))


def _is_no_longer_said(key: str, before: KnownPromise, record: RecordText, own: Sequence[RevisionText]) -> bool:
    """Return whether the sentence of a promise, which the rules do not find any more, is gone from the text too."""
    text = sentence_key("".join(revision.text for revision in own if revision.id == record.latest))
    return key.partition("\n")[0] not in text and any(revision.id == before.revision for revision in own)


def _keyed(revision: RevisionText, found: Iterable[SaidPromise]) -> dict[str, _Held]:
    """Give each promise of a text its key: the sentence, and behind it a number where a sentence has several."""
    keyed: dict[str, _Held] = {}
    counts: dict[tuple[str, int], int] = {}
    for promise, made_on in found:
        sentence = sentence_key(revision.text[promise.start : promise.end])
        number = counts[sentence, promise.start] = counts.get((sentence, promise.start), 0) + 1
        keyed.setdefault(sentence if number == 1 else f"{sentence}\n{number}", _Held(revision, promise, made_on))
    return keyed


def _known_keys(known: Iterable[KnownPromise]) -> dict[str, KnownPromise]:
    keyed: dict[str, KnownPromise] = {}
    for promise in known:
        sentence = sentence_key(promise.sentence)
        number = 1
        while (key := sentence if number == 1 else f"{sentence}\n{number}") in keyed:
            number += 1
        keyed[key] = promise
    return keyed


def _plan(record: RecordText, key: str, held: _Held, *, is_held: bool) -> PlannedPromise:
    wording = wording_of(held.sentence, held.found.act, record.body, record.heading, held.found.expression)
    return PlannedPromise(
        ids=_public_ids(record.public_id, key),
        proceeding_id=record.proceeding_id,
        revision=held.revision.id,
        part=held.revision.part,
        sentence=held.sentence,
        found=held.found,
        made_on=held.made_on,
        gone=None if is_held else record.latest,
        keys=wording.keys if held.found.kind is not PromiseKind.LETTER else (),  # each letter is to one member
        body=record.body,
        heading=record.heading,
    )


def _gone(record: RecordText, before: KnownPromise) -> PlannedPromise:
    return PlannedPromise(
        ids=(),
        proceeding_id=record.proceeding_id,
        revision=before.revision,
        part=before.part,
        sentence=before.sentence,
        found=before.found,
        made_on=before.made_on,
        gone=record.latest,
    )


def _public_ids(record: str, key: str) -> tuple[str, ...]:
    texts = (f"{record}\n{key}\n{number}" if number else f"{record}\n{key}" for number in range(_TRIES))
    return tuple(f"p-{sha256(text.encode('utf-8', 'replace')).hexdigest()[:_DIGITS]}" for text in texts)


def _differs(before: KnownPromise, plan: PlannedPromise) -> bool:
    is_gone_the_same = (before.gone is None) == (plan.gone is None)
    return not is_gone_the_same or (before.revision, before.part, before.found, before.made_on) != (
        plan.revision,
        plan.part,
        plan.found,
        plan.made_on,
    )


# -- repetitions ------------------------------------------------------------------------------------------------------


def repeated_by(new: Listed, candidates: Iterable[Listed]) -> Listed | None:
    """Return the promise that a new one repeats, or that repeats the new one; None where it is the only one of its kind.

    The likest counts, of equally like ones the nearest in time.
    """
    wording = _wording(new)
    likest: Listed | None = None
    best = (0.0, 0)
    for other in candidates:
        if other.number == new.number or not _may_repeat(new, other):
            continue
        alike = alikeness(wording, _wording(other))
        rank = (alike, -abs((other.made_on - new.made_on).days))
        if alike and (likest is None or rank > best):
            likest, best = other, rank
    return likest


def _wording(listed: Listed) -> Wording:
    return wording_of(listed.sentence, listed.act, listed.body, listed.heading, listed.expression)


def _may_repeat(new: Listed, other: Listed) -> bool:
    """Return whether two promises may be one: in one answer only where one sentence took the place of the other."""
    if abs(new.made_on - other.made_on) > FARTHEST:
        return False
    return new.proceeding_id != other.proceeding_id or new.is_gone != other.is_gone
