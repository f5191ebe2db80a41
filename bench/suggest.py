# ruff: noqa: INP001, T201 - a script, which prints, no part of a package
"""Terms of the Library's thesaurus that `pqwatch terms suggest` offers.

`uv run python bench/suggest.py` takes the recorded answers of September 2023 to December 2024 as an archive, and each word
or phrase of the recorded expansions of Parliament's search as a topic of one term. It prints which of the words that the
thesaurus adds are found by the term already, which are suggested, which no answer has, and how many are left. It takes some
minutes.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from db.archive import Archive, upgrade  # noqa: E402
from db.engine import open_engine  # noqa: E402
from monitor.collect.revisions import store_readings  # noqa: E402
from monitor.model.records import House, Kind, Proceeding  # noqa: E402
from monitor.model.search import Filters  # noqa: E402
from monitor.model.sources import Payload, Reading  # noqa: E402
from monitor.model.watching import Topic  # noqa: E402
from monitor.research.query_variants import readable  # noqa: E402
from monitor.research.topic_suggestions import LOOKED_AT, suggest_terms  # noqa: E402
from monitor.terms.vocabulary import Lexicon  # noqa: E402
from tests.real_texts import full_texts  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES: Final = ROOT.parent / "shared/data/parliament-search/query_expansion_examples.json"
NOW: Final = datetime(2024, 12, 31, tzinfo=UTC)
TOPIC: Final = "topic"
DAY: Final = date(2024, 12, 1)


def main() -> None:
    """Measure and print."""
    counts = dict.fromkeys(("found already", "suggested", "in no answer", "not suggested"), 0)
    with tempfile.TemporaryDirectory() as folder:
        archive = _archive(Path(folder))
        for term, others in _expansions():
            suggested = _suggested(archive, term)
            print(f"{term}: {', '.join(suggested) or 'nothing'}", flush=True)
            for other in others:
                what = _judge(archive, term, other, suggested)
                counts[what] += 1
                print(f"    {other}: {what}", flush=True)
        archive.close()
    total = sum(counts.values())
    print(", ".join(f"{what} {count} of {total}" for what, count in counts.items()))


def _expansions() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each word or phrase that was typed, with what the thesaurus adds to it, once."""
    seen = set()
    for example in json.loads(EXAMPLES.read_text("utf-8")):
        query = example["query"].casefold()
        for entry in example["thesaurus"]:
            for names, preferred in re.findall(r'equivalent_terms: \[(.*?)\], preferred_term: "(.*?)"', entry):
                terms = [preferred, *re.findall(r'"(.*?)"', names)]
                typed = max((term for term in terms if term.casefold() in query), key=len, default=preferred)
                others = tuple(term for term in terms if term != typed)
                if others and typed not in seen:
                    seen.add(typed)
                    yield typed, others


def _archive(folder: Path) -> Archive:
    """Return an archive of the recorded answers, indexed."""
    engine = open_engine(f"sqlite:///{folder / 'archive.db'}")
    upgrade(engine)
    archive = Archive(engine, clock=lambda: NOW)
    readings = [
        Reading(
            payload=Payload(source="questions", key=str(number), url="", fetched_at=NOW, body=b""),
            proceeding=Proceeding(
                id=f"q-{number}",
                source="questions",
                kind=Kind.QUESTION,
                house=House.COMMONS,
                uin=str(number),
                url=f"https://example.org/{number}",
                question=record.parts.get("question"),
                answer=record.parts.get("answer"),
                tabled_on=DAY,
                answered_on=DAY,
            ),
        )
        for number, record in enumerate(full_texts(ROOT.parent / "shared/data"), 1)
    ]
    for start in range(0, len(readings), 500):
        store_readings(archive, readings[start : start + 500], today=NOW.date(), is_news=lambda *_: False)
    archive.index.follow()
    return archive


def _suggested(archive: Archive, term: str) -> list[str]:
    """Return the terms that are suggested to a topic of one term."""
    lexicon = Lexicon()
    query = readable(term, lexicon)
    if query is None:
        return []
    found = archive.search.hits(query, Filters(), limit=LOOKED_AT)
    hits = [replace(hit, matches=tuple(replace(span, topic=TOPIC) for span in hit.spans)) for hit in found]
    topic = Topic(key=TOPIC, name="Topic", terms=(term,))
    suggestions = suggest_terms(archive, lexicon, topic, hits, since=date(2000, 1, 1), today=NOW.date())
    return [suggestion.candidate.term for suggestion in suggestions]


def _judge(archive: Archive, term: str, other: str, suggested: list[str]) -> str:
    lexicon = Lexicon()
    query, own = readable(other, lexicon), readable(term, lexicon)
    if query is None or own is None or not archive.search.count(query, Filters(), at_most=1):
        return "in no answer"
    if own.spans({"text": f"{other}."}):
        return "found already"
    if any((found := readable(name, lexicon)) and found.spans({"text": f"{other}."}) for name in suggested):
        return "suggested"
    return "not suggested"


if __name__ == "__main__":
    main()
