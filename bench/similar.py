# ruff: noqa: INP001, T201 - a script, which prints, no part of a package
"""Quality and speed of `pqwatch similar`: how often it finds questions about the same subject, and how long that takes.

`uv run python bench/similar.py [MONTH ...]` takes the recorded questions of the Commons that were tabled in these months
(2024-11), fills an archive with them, and asks for what is similar to each question whose heading Parliament gave to another
member's question too. It prints in how many cases the first has the same heading, and in how many one of the first five,
beside plain TF-IDF of words and pairs. Headings are no evidence: they only judge. Questions in the same words count once.
With `--others` questions of the same member are left out of what is found, which makes it harder.

`--speed FOLDER ...` asks an archive in each folder (`archive.db`, as `bench/search.py --folder` makes it) for what is
similar to some of its own questions: milliseconds of CPU, since other work may run beside.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from itertools import pairwise
from math import log, sqrt
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from timing import timed

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from db.archive import Archive, upgrade  # noqa: E402
from db.engine import open_engine  # noqa: E402
from monitor.collect.revisions import store_readings  # noqa: E402
from monitor.model.records import House, Kind, Member, Proceeding  # noqa: E402
from monitor.model.search import Filters  # noqa: E402
from monitor.model.sources import Payload, Reading  # noqa: E402
from monitor.research.similar import find_similar, subject_of_record  # noqa: E402
from monitor.text.office_names import formula_end  # noqa: E402
from monitor.text.tokens import tokens  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monitor.research.similar import Subject

RECORDED: Final = ROOT.parent / "shared/data/written-questions-api"
NOW: Final = datetime(2024, 12, 31, tzinfo=UTC)
FIRST: Final = 5
ASKED: Final = 100
"""Questions that are asked of a large archive."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="More like this: how well, and how fast.")
    parser.add_argument("months", nargs="*", default=["2024-11"], help="months of recorded questions")
    parser.add_argument("--others", action="store_true", help="find questions of other members only")
    parser.add_argument("--speed", type=Path, nargs="+", default=[], metavar="FOLDER", help="folders of large archives")
    given = parser.parse_args()
    if given.speed:
        for folder in given.speed:
            measure_speed(folder)
        return
    print(f"{'':34}{'questions':>10}{'first':>8}{'in five':>9}")
    for month in given.months:
        questions = read_questions(RECORDED / f"detail-commons-tabled-{month}.jsonl.gz")
        chosen = shared_headings(questions)
        plain = PlainTfIdf(questions)
        _print(month, "plain TF-IDF", questions, chosen, plain.nearest, is_others=given.others)
        with tempfile.TemporaryDirectory() as folder:
            archive = archive_of(questions, Path(folder))
            finder = Finder(archive, questions)
            _print(month, "pqwatch similar", questions, chosen, finder.nearest, is_others=given.others)
            archive.close()


def _print(
    month: str,
    name: str,
    questions: Sequence[Proceeding],
    chosen: Sequence[int],
    nearest: Callable[[int], Sequence[int]],
    *,
    is_others: bool,
) -> None:
    took, (first, in_five) = timed(lambda: judge(questions, chosen, nearest, is_others=is_others))
    print(
        f"{month}  {name:16}{len(chosen):>8,} of {len(questions):>6,}{first:>8.1%}{in_five:>9.1%}"
        f"   {took.cpu / max(len(chosen), 1) * 1000:.1f} ms of CPU each",
        flush=True,
    )


# -- questions --------------------------------------------------------------------------------------------------------


def read_questions(path: Path) -> list[Proceeding]:
    """Return the recorded questions that have a heading, each wording once."""
    found: dict[str, Proceeding] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            value = json.loads(line)
            if value["heading"]:
                found.setdefault(value["questionText"], _question(value))
    return list(found.values())


def _question(value: dict[str, Any]) -> Proceeding:
    return Proceeding(
        id=f"q-{value['id']}",
        source="questions",
        kind=Kind.QUESTION,
        house=House.COMMONS,
        uin=value["uin"],
        url=f"https://example.org/{value['id']}",
        heading=value["heading"],
        question=value["questionText"],
        body_id=value["answeringBodyId"],
        body=value["answeringBodyName"],
        tabled_on=date.fromisoformat(value["dateTabled"][:10]),
        asked_by=Member(name="", member_id=value["askingMemberId"]),
    )


def _member(question: Proceeding) -> int | None:
    return question.asked_by.member_id if question.asked_by else None


def shared_headings(questions: Sequence[Proceeding]) -> list[int]:
    """Return the places of the questions whose heading another member's question has too."""
    members = defaultdict(set)
    for question in questions:
        members[question.heading].add(_member(question))
    return [place for place, question in enumerate(questions) if len(members[question.heading]) > 1]


def judge(
    questions: Sequence[Proceeding],
    chosen: Sequence[int],
    nearest: Callable[[int], Sequence[int]],
    *,
    is_others: bool = False,
) -> tuple[float, float]:
    """Return the shares of questions of which the first found, and one of the first five, has the same heading."""
    first = in_five = 0
    for place in chosen:
        question = questions[place]
        found = [questions[other] for other in nearest(place)]
        if is_others:
            found = [other for other in found if _member(other) != _member(question)]
        same = [other.heading == question.heading for other in found[:FIRST]]
        first += same[:1] == [True]
        in_five += any(same)
    return first / len(chosen), in_five / len(chosen)


# -- finders ----------------------------------------------------------------------------------------------------------


class PlainTfIdf:
    """Nearest questions by the cosine of plain TF-IDF vectors: words and pairs, without the opening formula."""

    def __init__(self, questions: Sequence[Proceeding]) -> None:
        counted = [Counter(_words_and_pairs(question.question or "")) for question in questions]
        held = Counter(word for words in counted for word in words)
        rarity = {word: log((1 + len(questions)) / (1 + count)) + 1 for word, count in held.items()}
        self._vectors = [_unit({word: count * rarity[word] for word, count in words.items()}) for words in counted]
        self._places: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, vector in enumerate(self._vectors):
            for word, value in vector.items():
                self._places[word].append((place, value))

    def nearest(self, place: int) -> list[int]:
        """Return the places of the nearest questions."""
        scores: Counter[int] = Counter()
        for word, value in self._vectors[place].items():
            for other, other_value in self._places[word]:
                scores[other] += value * other_value  # type: ignore[assignment]
        return [other for other, _ in scores.most_common(20 * FIRST) if other != place]


def _words_and_pairs(question: str) -> Iterator[str]:
    read = tokens(question)
    words = [token.text for token in read[formula_end(read) :] if not token.is_mark]
    yield from words
    yield from map(" ".join, pairwise(words))


def _unit(vector: dict[str, float]) -> dict[str, float]:
    length = sqrt(sum(value * value for value in vector.values())) or 1.0
    return {word: value / length for word, value in vector.items()}


class Finder:
    """Nearest questions as `pqwatch similar` finds them."""

    def __init__(self, archive: Archive, questions: Sequence[Proceeding]) -> None:
        self._archive = archive
        self._questions = questions
        self._places = {question.id: place for place, question in enumerate(questions)}

    def nearest(self, place: int) -> list[int]:
        """Return the places of the nearest questions."""
        found = find_similar(self._archive, subject_of_record(self._questions[place]), limit=20 * FIRST)
        return [self._places[similar.hit.revision.proceeding.id] for similar in found]


def archive_of(questions: Sequence[Proceeding], folder: Path) -> Archive:
    """Return an archive of these questions, indexed."""
    engine = open_engine(f"sqlite:///{folder / 'archive.db'}")
    upgrade(engine)
    archive = Archive(engine, clock=lambda: NOW)
    for start in range(0, len(questions), 500):
        readings = [
            Reading(
                payload=Payload(source="questions", key=question.id, url="", fetched_at=NOW, body=b""),
                proceeding=question,
            )
            for question in questions[start : start + 500]
        ]
        store_readings(archive, readings, today=NOW.date(), is_news=lambda *_: False)
    archive.index.follow()
    return archive


# -- speed ------------------------------------------------------------------------------------------------------------


def measure_speed(folder: Path) -> None:
    """Ask an archive for what is similar to some of its own questions, and print the time of CPU that this takes."""
    archive = Archive(open_engine(f"sqlite:///{folder / 'archive.db'}"))
    rows = archive.shared_words.count_rows()
    chance = Random(1)  # noqa: S311 - no secret
    subjects: list[Subject] = []
    while len(subjects) < ASKED:
        ids = sorted({chance.randrange(1, rows) for _ in range(ASKED)})
        hits = archive.search.hits(None, Filters(ids=ids))
        subjects += [subject_of_record(hit.revision.proceeding) for hit in hits]
    times = []
    for subject in subjects[:ASKED]:
        took, _ = min(timed(lambda: find_similar(archive, subject, limit=20)) for _ in range(2))  # noqa: B023
        times.append(took)
    cpu, clock = (sorted(1000 * value for value in values) for values in zip(*times, strict=True))
    middle, most = ASKED // 2, ASKED * 95 // 100
    print(
        f"{rows:>10,} rows: CPU {cpu[middle]:.0f} ms in the median, {cpu[most]:.0f} at the 95th percentile, "
        f"{cpu[-1]:.0f} at most; on the clock {clock[middle]:.0f} and {clock[most]:.0f}",
        flush=True,
    )
    archive.close()


if __name__ == "__main__":
    main()
