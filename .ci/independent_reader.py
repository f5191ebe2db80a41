# ruff: noqa: INP001, PLC0415, T201 - a script, not part of a package; each reader is there in its own environment only
"""Compare what we read from files of the new style with what mysoc-validator reads from them.

mysoc-validator (mySociety's own models of these files) needs rich before version 14, and the project needs rich 15, so the
two can't share an environment. Each writes down what it reads, and the second compares:

    uv run python .ci/independent_reader.py ours >ours.json
    uv run --no-project --with mysoc-validator==1.5.1 python .ci/independent_reader.py theirs ours.json

The files are our invented ones and, where they lie beside the project, the recorded ones.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RECORDED = ROOT.parent / "shared" / "data"
TRANSCRIPTS = (
    ROOT / "tests/scrapers/examples/new_style/wrans/answers2031-02-24.xml",
    RECORDED / "theyworkforyou-since-2014/answers2026-02-23_EXCERPT.xml",
)
PEOPLE = (ROOT / "tests/scrapers/examples/new_style/people.json",)
OFFICES = (*PEOPLE, RECORDED / "people-popolo/ministers.json")
ROLES = ("Minister of State", "Secretary of State", "Parliamentary Under-Secretary", "Prime Minister")
"""Offices that only the government has."""


def there(paths: tuple[Path, ...]) -> list[Path]:
    """Return the files that are on this machine."""
    return [path for path in paths if path.is_file()]


def letters(text: str) -> str:
    """Return a text without white space."""
    return "".join(text.split())


def is_of_government(role: str | None, start: str, end: str) -> bool:
    """Return whether a post is an office of the government that was held for more than a day."""
    return bool(role) and str(role).partition(" (")[0] in ROLES and start < end


# -- ours -------------------------------------------------------------------------------------------------------------


def read_ours() -> dict[str, Any]:
    """Read all files with the project's own readers."""
    return {
        "answers": {path.name: _our_answers(path) for path in there(TRANSCRIPTS)},
        "people": {path.name: _our_people(path) for path in there(PEOPLE)},
        "offices": {path.name: _our_offices(path) for path in there(OFFICES)},
    }


def _our_answers(path: Path) -> list[list[str]]:
    from datetime import UTC, datetime

    from monitor.model.sources import Payload
    from scrapers.folders import LocalFolder
    from scrapers.people import People
    from scrapers.theyworkforyou import TheyWorkForYou

    source = TheyWorkForYou(LocalFolder(path.parent), People(), kinds=("wrans",))
    key = f"wrans/{path.name.replace('_EXCERPT', '')}"
    payload = Payload(source=source.name, key=key, url="", fetched_at=datetime.now(UTC), body=path.read_bytes())
    records = [parsed.proceeding for parsed in source.records(payload) if parsed.proceeding]
    return [
        [str(record.uin), str(record.url), letters(record.question or ""), letters(record.answer or "")]
        for record in records
    ]


def _our_people(path: Path) -> dict[str, list[str]]:
    from datetime import date

    from scrapers.people import People

    people, data = People([(path.name, path.read_bytes())]), json.loads(path.read_bytes())
    return {
        seat["id"]: [str(found.person_id), str(found.name), str(found.party), str(found.constituency)]
        for seat in data["memberships"]
        if "post_id" in seat
        for found in [people.by_number(seat["id"], None, date.fromisoformat(seat["start_date"]))]
    }


def _our_offices(path: Path) -> list[list[str]]:
    from datetime import date

    from monitor.model.records import Member
    from scrapers.people import People

    people, data = People([(path.name, path.read_bytes())]), json.loads(path.read_bytes())
    found = []
    for post in data["memberships"]:
        if is_of_government(post.get("role"), post["start_date"], post.get("end_date", "")):
            person = int(post["person_id"].rpartition("/")[2])
            held = people.office_of(Member(name="x", person_id=person), date.fromisoformat(post["end_date"]))
            found.append([post["person_id"], post["end_date"], str(held)])
    return sorted(found)


# -- theirs -----------------------------------------------------------------------------------------------------------


def read_theirs() -> dict[str, Any]:
    """Read the same with mysoc-validator. Offices are posts by person and last day, each with all roles of that day."""
    return {
        "answers": {path.name: _their_answers(path) for path in there(TRANSCRIPTS)},
        "people": {path.name: _their_people(path) for path in there(PEOPLE)},
        "offices": {path.name: _their_offices(path) for path in there(OFFICES)},
    }


def _their_answers(path: Path) -> list[list[str]]:
    from mysoc_validator import Transcript

    records: list[list[str]] = []
    open_questions: list[list[str]] = []
    for item in Transcript.from_xml_path(path).items:
        if item.tag == "ques":
            open_questions.append([str(item.items[0].qnum), str(item.url), letters(str(item))])
        elif item.tag == "reply":
            records += [[*question, letters(str(item))] for question in open_questions]
            open_questions = []
    return records


def _their_people(path: Path) -> dict[str, list[str]]:
    from mysoc_validator import Popolo

    popolo = Popolo.from_path(path)
    found = {}
    for seat in popolo.memberships:
        if seat.post_id:
            name = seat.person().get_main_name(seat.start_date)
            party = next(body.name for body in popolo.organizations if body.id == seat.on_behalf_of_id)
            number = str(seat.person_id).rpartition("/")[2]
            found[str(seat.id)] = [number, name.nice_name(), party, seat.post().area.name]
    return found


def _their_offices(path: Path) -> list[list[str]]:
    """Read entry by entry: the whole of the recorded file is refused, because it has two bodies twice."""
    from mysoc_validator.models.popolo import Membership

    posts = [Membership.model_validate(post) for post in json.loads(path.read_bytes())["memberships"]]
    found = []
    for post in posts:
        start, end = str(post.start_date), str(post.end_date or "")
        if is_of_government(post.role, start, end):
            roles = [
                str(other.role)
                for other in posts
                if other.person_id == post.person_id
                and other.role
                and str(other.start_date) <= end <= str(other.end_date)
            ]
            found.append([str(post.person_id), end, *roles])
    return sorted(found)


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """Compare both readings; return one line for each difference."""
    found = [
        f"{part} of {name}: we read {ours[part].get(name)}, they {theirs[part].get(name)}"
        for part in ("answers", "people")
        for name in ours[part].keys() | theirs[part].keys()
        if ours[part].get(name) != theirs[part].get(name)
    ]
    for name, offices in theirs["offices"].items():
        held = {(person, end): office for person, end, office in ours["offices"][name]}
        for person, end, *roles in offices:
            office = held.get((person, end), "")
            if not office.startswith(tuple(roles)):
                found.append(f"offices of {name}: on {end} {person} is {office or 'without one'}, they say {roles}")
    return found


def main() -> int:
    """Print our reading, or compare a file of it with theirs. Returns 1 if they differ."""
    if sys.argv[1:] == ["ours"]:
        print(json.dumps(read_ours()))
        return 0
    theirs = read_theirs()
    found = differences(json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")), theirs)
    counts = [f"{len(read)} {part} of {name}" for part, files in theirs.items() for name, read in files.items()]
    print("\n".join(found) or f"mysoc-validator reads the same: {', '.join(counts)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
