# ruff: noqa: INP001, T201, S302, PTH123 - a script for a Python without the project, which prints what it is asked
"""Xapian for `search.py`, in a process of its own: its Python binding comes with the system's Python alone.

It reads a JSON object a line, {"do": name, ...}, and answers each with one. `build` indexes a file of answers as
`search_corpus.keep` writes it, from a number on, with stems and positions; `first` hands out numbers and snippets.
"""

from __future__ import annotations

import json
import marshal
import sys
from typing import IO, TYPE_CHECKING, Any

import xapian

if TYPE_CHECKING:
    from collections.abc import Iterator

NEAR = 10
FIRST = 20
HOUSE, BODY, NUMBER = "XH", "XB", "Q"
DAY = 0


def build(folder: str, path: str, first: int) -> int:
    """Index the answers whose number is no less than `first`; returns how many."""
    database = xapian.WritableDatabase(folder, xapian.DB_CREATE)
    generator = xapian.TermGenerator()
    generator.set_stemmer(xapian.Stem("en"))
    count = 0
    with open(path, "rb") as file:
        for day in _days(file):
            for number, on, _, house, _, body, _, heading, question, answer, *_ in day:
                if number < first:
                    continue
                document = xapian.Document()
                generator.set_document(document)
                generator.set_termpos(0)
                for text in (heading, question, answer):
                    generator.index_text(text)
                    generator.increase_termpos()
                document.set_data(f"{heading}\n\n{question}\n\n{answer}")
                document.add_boolean_term(HOUSE + house)
                document.add_boolean_term(BODY + body)
                document.add_value(DAY, xapian.sortable_serialise(on))
                database.replace_document(number, document)
                count += 1
    database.commit()
    return count


def _days(file: IO[bytes]) -> Iterator[list[tuple[Any, ...]]]:
    while True:
        try:
            yield marshal.load(file)
        except EOFError:
            return


def query_of(asked: dict[str, Any]) -> xapian.Query:
    """Return the question in Xapian's own terms: whole words, as written."""
    words, kind = asked["words"], asked["kind"]
    if kind == "phrase":
        query = xapian.Query(xapian.Query.OP_PHRASE, words, len(words))
    elif kind == "near":
        query = xapian.Query(xapian.Query.OP_NEAR, words, NEAR + len(words))
    elif kind == "prefix":
        query = xapian.Query(xapian.Query.OP_WILDCARD, words[0])
    else:
        query = xapian.Query(xapian.Query.OP_AND, words)
    for prefix, value in ((HOUSE, asked["house"]), (BODY, asked["body"])):
        if value:
            query = xapian.Query(xapian.Query.OP_FILTER, query, xapian.Query(prefix + value))
    if asked["first"]:
        days = [xapian.sortable_serialise(asked[name]) for name in ("first", "last")]
        query = xapian.Query(xapian.Query.OP_FILTER, query, xapian.Query(xapian.Query.OP_VALUE_RANGE, DAY, *days))
    return query


def first(database: xapian.Database, asked: dict[str, Any], order: str) -> dict[str, list[Any]]:
    """Numbers and snippets of the first twenty."""
    enquire = xapian.Enquire(database)
    enquire.set_query(query_of(asked))
    if order == "newest":
        enquire.set_weighting_scheme(xapian.BoolWeight())
        enquire.set_docid_order(xapian.Enquire.DESCENDING)
    found = enquire.get_mset(0, FIRST)
    passages = [found.snippet(hit.document.get_data(), 300).decode() for hit in found]
    return {"numbers": [hit.docid for hit in found], "passages": passages}


def count(database: xapian.Database, asked: dict[str, Any]) -> dict[str, int]:
    """Count the hits, by looking through all."""
    enquire = xapian.Enquire(database)
    enquire.set_query(query_of(asked))
    enquire.set_weighting_scheme(xapian.BoolWeight())
    return {"count": enquire.get_mset(0, 0, database.get_doccount()).get_matches_estimated()}


def main() -> None:
    """Answer one line after the other."""
    folder = sys.argv[1]
    database = None
    for line in sys.stdin:
        told = json.loads(line)
        if told["do"] == "about":
            answer = {"version": xapian.version_string()}
        elif told["do"] == "build":
            answer = {"count": build(folder, told["path"], told["first"])}
        else:
            database = database or xapian.Database(folder)
            asked = told["asked"]
            answer = first(database, asked, told["order"]) if told["do"] == "first" else count(database, asked)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
