"""Judge of the mails of weeks: what each reader must get at least once, and what they must not get twice.

It knows what was published, what came into the archive and when, what the operator and the readers did, and the mails. From
these it follows docs/record.md, docs/following.md and docs/backup.md in its own words:

1. What a run reads is due to each reader on the list who is not paused, if a topic on their list has a term in it. Questions
   without an answer only if they want them. Nothing from before they came.
2. What a reader follows is due to them whether or not a topic finds it, and waits for the end of a pause. All else that
   comes in a pause, or waits when it begins, is not told later.
3. What becomes of a record that a reader was told is due also if no term finds it any more: an answer, its correction or
   silent change, a withdrawal, and the return of what was told as withdrawn. Of what the reader followed and follows no
   more, only what changes a text that they were sent is certain.
4. It stays due when a term is removed, but not when the topic leaves their list, they leave, or the operator skips it. What
   comes between their leaving, or their pausing, and the next command may be told or not if they are back by then.
5. A mute hides what it names while it lasts, with what was still to be told of the record then; but no correction or silent
   change of an answer that the reader was sent, and no withdrawal of a record that they were sent. A later mute of the same
   takes its place.
6. After a restore the archive knows what the backup knew. Where a day was given up to which all was told, what is then found
   of days up to it counts as told, for each source and House until that was first read again in full.
7. What the archive knows as told is in no later mail of the reader, unless marked as a copy.
"""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.model.records import House
from tests.fakes import LONDON
from tests.reliability.weeks_memory import TOLD_BEFORE, Known, Memory, Mute, Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date, datetime

    from tests.reliability.weeks_memory import Place, Wish
    from tests.reliability.weeks_published import Paper, Version

CHANGES = ("corrected", "edited")
UNDATED = ("edited", "withdrawn", "returned")
"""Changes without a day of their own: when they are found depends on when the record is looked up again."""
MADE_UP_FOR = timedelta(days=30)
"""Time without a reading that a run makes up for."""
WAITED_FOR = timedelta(days=34)
"""Time for which what is switched off counts as told when it is on again, at least: thirty days and the look-back."""


class BrokenPromiseError(AssertionError):
    """A reader got something twice, or too much, or nothing."""


class Judge:
    """Judge of the mails. `got`: the marks that each reader got, with the instant, whatever the archive knows of it."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.memory = Memory()
        self.got: dict[str, dict[str, datetime]] = defaultdict(dict)
        self.has_asked_first = False

    # -- what is watched ----------------------------------------------------------------------------------------------

    def sync(
        self,
        topics: Mapping[str, Iterable[str]],
        readers: Mapping[str, Wish],
        places: Iterable[Place],
        now: datetime,
    ) -> None:
        """Take in the configuration, which a command does first."""
        memory = self.memory
        memory.topics = {topic: frozenset(terms) for topic, terms in topics.items()}
        memory.places = {place: memory.places.get(place, now) for place in places}
        for key in memory.readers.keys() - readers.keys():
            memory.readers[key].leave()
        for key, wish in readers.items():
            self._sync_reader(self.listed(key, now), wish, now)

    def listed(self, key: str, now: datetime) -> Known:
        """Return what is known of a reader who is on the list from now on, if not before."""
        known = self.memory.readers.setdefault(key, Known(added=now, since=now))
        if not known.is_there:
            known.come(now)
        return known

    def _sync_reader(self, known: Known, wish: Wish, now: datetime) -> None:
        known.is_away = False
        known.topics = frozenset(wish.topics) & self.memory.topics.keys()
        known.new_questions = wish.new_questions
        if wish.is_paused and known.paused_at is None:
            known.pause(now)
        elif known.paused_at and not wish.is_paused:
            known.resume(now)
        for mark, reasons in list(known.due.items()):
            reasons.intersection_update({reason for reason in reasons if self._still_counts(known, reason, mark)})
            if not reasons:
                del known.due[mark]

    def _still_counts(self, known: Known, reason: Reason, mark: str) -> bool:
        if reason.kind == "topic":
            return reason.what in known.topics
        if reason.kind == "body":
            return not self.memory.topics.get(reason.topic, frozenset()).isdisjoint(self.paper.versions[mark].words)
        return True

    # -- what is read -------------------------------------------------------------------------------------------------

    def read(self, mark: str, at: datetime) -> None:
        """Note that a version came into the archive."""
        version = self.paper.versions[mark]
        self.memory.read[mark] = at
        self.memory.places_read.add((version.source, version.house))
        if not self._is_news(version, at):
            return
        today = at.astimezone(LONDON).date()
        for key, known in self.memory.readers.items():
            if self._is_known_since_restore(known, version, at):
                if self._reasons(key, version, is_paused=False):
                    known.told.add(mark)
                continue
            is_muted = any(mute.until >= today and mute.may_hide(version) for mute in known.mutes)
            if version.kind == "returned":  # a withdrawal that was not told yet is over
                self._take_from(known, {other for other in self._up_to(version) if self._is_withdrawal(other)})
            if is_muted and self._may_be_hidden(key, known, version):
                self._take_from(known, self._up_to(version))  # with what was to be told of the record before
            elif reasons := self._reasons(key, version):
                known.due[mark] = reasons

    def _is_news(self, version: Version, at: datetime) -> bool:
        """Return whether a version is certainly news: a House that was off then is not made up for.

        A silent change is news as a change alone: what is first seen changed is of its day, as anything else.
        """
        is_known = any(mark in self.memory.read for mark, other in self._of_record(version) if other is not version)
        if version.is_old or (version.day < self.paper.news_since and not is_known):
            return False
        if at.astimezone(LONDON).date() - version.day > MADE_UP_FOR:
            return False
        since = self.memory.places.get((version.source, version.house))
        return version.house is House.COMMONS or (since is not None and since <= version.published_at)

    def _reasons(self, key: str, version: Version, *, is_paused: bool | None = None) -> set[Reason]:
        """Return why a version that comes now is due to a reader, whatever they muted; nothing if it is not.

        `is_paused`: whether a pause keeps it back; None to go by the reader.
        """
        known = self.memory.readers[key]
        if is_paused is None:
            is_paused = known.paused_at is not None
        is_back = version.kind == "returned"
        if not known.is_there or known.is_away or (is_back and not self._follows_up(known.told, version)):
            return set()
        reasons = {follow for follow in known.follows if self._belongs(follow, version)}
        if not is_paused and (version.is_answer or known.new_questions):
            found = (topic for topic in known.topics if self.memory.topics[topic] & version.words)
            reasons |= {Reason("topic", topic) for topic in found}
        is_followed_no_more = any(self._belongs(follow, version, whatever_topic=True) for follow in known.ever_followed)
        counting = known.told & self.got[key].keys() if is_followed_no_more else known.told
        is_first_answer = version.kind in ("answered", "holding")
        if not is_paused and self._follows_up(counting, version) and not (is_followed_no_more and is_first_answer):
            reasons.add(TOLD_BEFORE)
        return reasons

    def _is_withdrawal(self, mark: str) -> bool:
        return self.paper.versions[mark].kind == "withdrawn"

    def _follows_up(self, known: Collection[str], version: Version) -> bool:
        """Return whether a version answers, changes or withdraws a record that stands among marks, or brings it back."""
        before = [other for mark, other in self._of_record(version) if mark in known and other.number < version.number]
        if version.kind in CHANGES:
            return any(other.is_answer for other in before)
        if version.kind == "returned":
            return any(other.kind == "withdrawn" for other in before)
        return bool(before)

    def _may_be_hidden(self, key: str, known: Known, version: Version) -> bool:
        """Return whether a mute may hide a version: it changes no answer that came by mail and that the archive knows."""
        sent = known.told & self.got[key].keys()
        return version.kind not in (*CHANGES, "withdrawn") or not self._follows_up(sent, version)

    def _belongs(self, follow: Reason, version: Version, *, whatever_topic: bool = False) -> bool:
        """Return whether a version is one of what is followed."""
        if follow.kind == "record":
            return follow.what == version.record
        if follow.kind == "asker":
            return follow.what == version.asker
        is_found = not self.memory.topics.get(follow.topic, frozenset()).isdisjoint(version.words)
        return follow.what == version.body and (is_found or whatever_topic)

    def _up_to(self, version: Version) -> set[str]:
        return {mark for mark, other in self._of_record(version) if other.number <= version.number}

    def _of_record(self, version: Version) -> list[tuple[str, Version]]:
        return [(mark, other) for mark, other in self.paper.versions.items() if other.record == version.record]

    def end_run(self, read: Iterable[Place], at: datetime) -> None:
        """Note which places a run read in full; what counts as told since a restore is no longer due."""
        memory, until = self.memory, self.memory.told_until
        if until is None:
            return
        for known in memory.readers.values():
            for mark in list(known.due):
                if self._is_known_since_restore(known, self.paper.versions[mark], memory.read[mark]):
                    known.told.add(mark)
                    del known.due[mark]
        for place in read:
            memory.read_again.setdefault(place, at)
        is_over = at.astimezone(LONDON).date() > until + WAITED_FOR
        if is_over or memory.places_read <= memory.read_again.keys():
            memory.told_until = None

    def _is_known_since_restore(self, known: Known, version: Version, at: datetime) -> bool:
        """Return whether a version that came at an instant counts as told, if it was found for a reader.

        A pause that began after the restore changes nothing: they may have been sent it before.
        """
        until, said_at = self.memory.told_until, self.memory.said_at
        if until is None or version.day > until or known.is_paused_since_before(said_at):
            return False
        again = self.memory.read_again.get((version.source, version.house))
        return again is None or at <= again

    def _take_from(self, known: Known, marks: Iterable[str]) -> None:
        for mark in known.due.keys() & set(marks):
            del known.due[mark]

    # -- what the operator and the readers do -------------------------------------------------------------------------

    def saved(self) -> Memory:
        """Return what a backup knows that is made now."""
        return deepcopy(self.memory)

    def restore(self, saved: Memory, told_until: date | None, now: datetime) -> None:
        """Go on with what a backup knows. `told_until`: the day up to which everything counts as told, if one was given."""
        self.memory = deepcopy(saved)
        self.memory.read_again = {}
        if told_until is not None:
            self.memory.told_until, self.memory.said_at = told_until, now

    def skip(self, key: str) -> None:
        """Count as told what is due to a reader."""
        self.memory.readers[key].due.clear()

    def ended(self, key: str) -> None:
        """Let a reader want nothing more. If they come back before a run, what they follow and mute may still count."""
        if (known := self.memory.readers.get(key)) is not None:
            known.is_away = True
            known.due.clear()
            known.mutes = [replace(mute, is_certain=False) for mute in known.mutes]
            known.once_followed |= known.follows
            known.ever_followed |= known.follows
            known.follows.clear()

    def paused(self, key: str) -> None:
        """Let a reader pause. Where it ends before the next command, a run that is under way may have seen it."""
        if (known := self.memory.readers.get(key)) is not None:
            known.is_away = known.was_paused = True
            known.keep_due({reason for reasons in known.due.values() for reason in reasons} & known.follows)

    def unmute(self, key: str, what: str) -> None:
        """Let a reader mute something no more."""
        known = self.memory.readers[key]
        known.mutes = [mute for mute in known.mutes if mute.what != what]

    def forget(self, key: str) -> None:
        """Forget a person who left: who comes back was told nothing."""
        self.memory.readers.pop(key, None)

    def follow(self, key: str, follow: Reason) -> None:
        """Let a reader follow something from now on."""
        self.memory.readers[key].follows.add(follow)

    def unfollow(self, key: str, follow: Reason) -> None:
        """End what a reader follows, and what is due because of it alone."""
        known = self.memory.readers[key]
        known.follows.discard(follow)
        known.once_followed.add(follow)
        known.ever_followed.add(follow)
        known.keep_due({reason for reasons in known.due.values() for reason in reasons} - {follow})

    def mute(self, key: str, mute: Mute) -> None:
        """Let a reader mute something. What waits and is about it may be left out."""
        known = self.memory.readers[key]
        known.mutes = [other for other in known.mutes if (other.kind, other.what) != (mute.kind, mute.what)]
        known.mutes.append(mute)
        muted = {mark: version for mark in known.due if mute.may_hide(version := self.paper.versions[mark])}
        self._take_from(known, {mark for mark, version in muted.items() if self._may_be_hidden(key, known, version)})

    # -- mails --------------------------------------------------------------------------------------------------------

    def mailed(self, key: str, shown: Mapping[str, int], composed: datetime, arrived: datetime) -> None:
        """Judge a mail that arrived. `shown`: the newest version of each record in it, by number."""
        known = self.memory.readers.get(key)
        for record, number in shown.items():
            version = self._as_it_is_back(self._version(record, number), composed)
            self._check_not_doubled(key, known, version, arrived)
            if known is not None and known.is_there:
                self._check_wanted(key, known, version, composed)
            self.got[key].setdefault(version.mark, arrived)
            self._note_reported(known, version)

    def gone_before(self, key: str, shown: Mapping[str, int]) -> None:
        """Note that a mail which a restore held had gone before, so that the operator dropped it."""
        for record, number in shown.items():
            self._note_reported(self.memory.readers.get(key), self._version(record, number))

    def _version(self, record: str, number: int) -> Version:
        return self.paper.versions[f"z{record}v{number}"]

    def _as_it_is_back(self, version: Version, composed: datetime) -> Version:
        """Return the version that brought a record back before a mail was composed, if it shows an answer from before."""
        read = [other for mark, other in self._of_record(version) if self._is_read_by(mark, composed)]
        newest = max(read, key=lambda other: other.number, default=version)
        return newest if newest.kind == "returned" and newest.number > version.number else version

    def _is_read_by(self, mark: str, composed: datetime) -> bool:
        """Return whether a version had come into the archive when a mail was composed, whose date has whole seconds."""
        at = self.memory.read.get(mark)
        return at is not None and at.replace(microsecond=0) <= composed

    def _note_reported(self, known: Known | None, version: Version) -> None:
        if known is None:
            return
        known.told.add(version.mark)
        self._take_from(known, self._up_to(version))

    def _check_not_doubled(self, key: str, known: Known | None, version: Version, arrived: datetime) -> None:
        first = self.got[key].get(version.mark)
        if first is not None and known is not None and version.mark in known.told:
            raise BrokenPromiseError(
                f"{key} got {version.mark} twice, at {first:%d %b %H:%M} and {arrived:%d %b %H:%M}"
            )

    def _check_wanted(self, key: str, known: Known, version: Version, composed: datetime) -> None:
        if version.is_old and not self.has_asked_first:
            raise BrokenPromiseError(f"{key} got {version.mark}, which is older than the archive")
        read = self.memory.read.get(version.mark)
        if read is None or composed < known.since:
            return  # the digest was composed before the restore, before they left, or before their pause
        follows = known.follows | known.once_followed
        is_followed = any(self._belongs(follow, version, whatever_topic=True) for follow in follows)
        if read < known.added or (read < known.since and not is_followed):
            raise BrokenPromiseError(f"{key} got {version.mark}, read at {read}, but counts since {known.since}")
        if self._is_hidden(known, version, composed):
            raise BrokenPromiseError(f"{key} got {version.mark}, which is muted")

    def _is_hidden(self, known: Known, version: Version, composed: datetime) -> bool:
        """Return whether a mute certainly hides a version of a record that the reader was never told."""
        today = composed.astimezone(LONDON).date()
        is_told = any(mark in known.told for mark, _ in self._of_record(version))
        is_followed = Reason("record", version.record) in known.follows
        return not is_told and any(
            mute.is_certain
            and mute.made_at < composed
            and mute.until >= today
            and mute.may_hide(version)
            and (mute.kind == "record" or (mute.kind == "phrase" and not is_followed))
            for mute in known.mutes
        )

    def check_pause_sentence(self, key: str, text: str) -> None:
        """Check that no mail speaks of a pause to a reader who had none since they came."""
        known = self.memory.readers.get(key)
        if "was paused" in text and known is not None and known.is_there and not known.was_paused:
            raise BrokenPromiseError(f"{key} is told of a pause, and had none since {known.added}")

    # -- at the end ---------------------------------------------------------------------------------------------------

    def lost(self, today: date) -> list[str]:
        """Return what was published and never read, and what a reader is due and never got, in sentences."""
        memory = self.memory
        unread = [
            f"{version.mark} of {version.day} was never read"
            for version in self.paper.newest.values()
            if version.mark not in memory.read and version.kind not in UNDATED and self._must_be_read(version, today)
        ]
        never_told = [
            f"{key} never got {mark} ({', '.join(' '.join(reason).strip() for reason in sorted(reasons))})"
            for key, known in memory.readers.items()
            for mark, reasons in known.due.items()
            if not any(
                other.mark in self.got[key] and other.number >= self.paper.versions[mark].number
                for _, other in self._of_record(self.paper.versions[mark])
            )
        ]
        return unread + never_told

    def _must_be_read(self, version: Version, today: date) -> bool:
        since = self.memory.places.get((version.source, version.house))
        is_on = version.house is House.COMMONS or (since is not None and since <= version.published_at)
        return is_on and today - version.day <= MADE_UP_FOR
