from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config import load, positions
from monitor.config.draft import literal
from monitor.config.editing import (
    Rewrite,
    add_term,
    add_topic,
    carry_out_rewrite,
    plan_rewrite,
    remove_term,
    remove_topic,
    rename_topic,
)
from monitor.config.positions import Layout, layout_of, line_of_term, line_of_topic, readers_by_name, tables_of
from monitor.errors import ConfigError
from monitor.research.term_tools.doubts import MANY, SELDOM, doubted_terms, doubts, misread_terms

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = (ROOT / "config.toml").read_text(encoding="utf-8")


def toml(value: str) -> str:
    return literal(value).as_string()


def topic(terms: str) -> str:
    return f'[[topics]]\nname = "a"\n{terms}\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('terms = ["x"]', 'terms = ["x", "n"]'),
        ('terms = ["x", "y"]  # why', 'terms = ["x", "y", "n"]  # why'),
        ('terms = ["x", "y"]       # why', 'terms = ["x", "y", "n"]       # why'),
        ("terms = []    # why", 'terms = ["n"]    # why'),
        ('terms = ["x","y",]', 'terms = ["x","y", "n"]'),
        ('terms = [ "x" ,  "y" ]', 'terms = [ "x" ,  "y",  "n" ]'),
        ("terms = []", 'terms = ["n"]'),
        ("terms = [\n]", 'terms = [\n    "n"\n]'),
        ("terms = [\n  # none yet\n  ]", 'terms = [\n  # none yet\n  "n"\n  ]'),
        ('terms = [\n\t"x",  # why\n]', 'terms = [\n\t"x",  # why\n\t"n",\n]'),
        ('terms = [\n  "x"  # why\n]', 'terms = [\n  "x",  # why\n  "n",\n]'),
        ('terms = [\n  "x"  # why\n  # end\n]', 'terms = [\n  "x",  # why\n  # end\n  "n"\n]'),
        ('terms = [\n  "x"\n  ,\n]', 'terms = [\n  "x"\n  ,\n  "n"\n  ,\n]'),
        ('terms = [ # why\n  "x", "y" ]', 'terms = [ # why\n  "x", "y", "n" ]'),
        ('terms = ["x",\n         "y"]', 'terms = ["x",\n         "y",\n         "n"]'),
        ('terms = [\n  "x", ]', 'terms = [\n  "x",\n  "n" ]'),
        ('terms = [\n  "x"]', 'terms = [\n  "x",\n  "n"]'),
    ],
)
def test_term_is_written_in_the_style_of_its_neighbours(before: str, after: str) -> None:
    assert add_term(topic(before), "a", "n") == topic(after)


def test_a_term_is_added_to_the_shipped_file_as_one_line() -> None:
    changed = add_term(SHIPPED, "Hi-tech crime policing", '"child protection"')
    lines = changed.split("\n")
    lines.remove("    '\"child protection\"',")
    assert "\n".join(lines) == SHIPPED


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", '"plain"'),
        ('"quoted"', "'\"quoted\"'"),
        ('"O\'Neill"', '"\\"O\'Neill\\""'),
        ("back\\slash", "'back\\slash'"),
        ("Siân", '"Siân"'),
        ("\x7f", '"\\u007f"'),
    ],
)
def test_text_is_quoted_so_that_toml_can_read_it(value: str, written: str) -> None:
    assert toml(value) == written
    assert tomllib.loads(f"x = {written}") == {"x": value}


@given(st.text())
def test_every_text_can_be_written(value: str) -> None:
    assert tomllib.loads(f"x = {toml(value)}") == {"x": value}


def test_a_first_exclusion_gets_a_key_of_its_own() -> None:
    before = topic('terms = [\n  "x",\n]  # why\nnote = "n"')
    assert add_term(before, "a", "n", exclude=True) == topic('terms = [\n  "x",\n]  # why\nnote = "n"\nexclude = ["n"]')


def test_line_ends_byte_order_mark_and_a_missing_last_line_end_stay() -> None:
    before = '\ufeff[[topics]]\r\nname = "a"\r\nterms = [\r\n  "x",\r\n]'
    assert add_term(before, "a", "n") == '\ufeff[[topics]]\r\nname = "a"\r\nterms = [\r\n  "x",\r\n  "n",\r\n]'
    after = add_topic(before, "b", ["n"])
    assert after == before + '\r\n\r\n[[topics]]\r\nname = "b"\r\nterms = [\r\n    "n",\r\n]'


def test_a_topic_in_a_list_of_inline_tables() -> None:
    before = 'topics = [\n  { name = "a", terms = ["x"] },\n  { name = "b", terms = ["y"] },  # why\n]\n'
    assert add_term(before, "b", "n") == before.replace('["y"]', '["y", "n"]')
    assert add_term(before, "a", "n", exclude=True) == before.replace('["x"] }', '["x"], exclude = ["n"]}')
    assert rename_topic(before, "a", "c") == before.replace('"a", terms = ["x"] }', '"c", terms = ["x"], id = "a"}')
    added = add_topic(before, "c", ["z"], ["v"], id_="i", note="w")
    assert added == before.replace(
        "# why\n", '# why\n  {name = "c", id = "i", terms = ["z"], exclude = ["v"], note = "w"},\n'
    )


def test_topic_is_added_after_the_others_and_before_what_follows() -> None:
    before = topic('terms = ["x"]\n# id = "off"') + '\n# Subscribers\n[[subscribers]]\nname = "s"\nemail = "a@b.org"\n'
    new = '[[topics]]\nname = "b"\nid = "i"\nterms = [\n    "y",\n    "z",\n]\nexclude = ["v"]\nnote = "w"\n'
    added = add_topic(before, "b", ["y", "z"], ["v"], id_="i", note="w")
    assert added == before.replace("\n# Subscribers", f"\n{new}\n# Subscribers")
    tight = topic('terms = ["x"]') + '# Subscribers\n[[subscribers]]\nname = "s"\n'
    assert add_topic(tight, "b", ["y"]).index("[[topics]]", 5) < add_topic(tight, "b", ["y"]).index("# Subscribers")


@pytest.mark.parametrize(("before", "gap"), [("", ""), ("[http]\n", "\n"), ("[http]", "\n\n")])
def test_first_topic_is_added_at_the_end(before: str, gap: str) -> None:
    end = "" if before == "[http]" else "\n"
    assert add_topic(before, "b", ["y"]) == f'{before}{gap}[[topics]]\nname = "b"\nterms = [\n    "y",\n]{end}'


def test_renamed_topic_keeps_its_key() -> None:
    subscriber = '[[subscribers]]\nname = "s"\nemail = "a@b.org"\ntopics = ["*", "a", "b"]  # why\n'
    before = topic('terms = ["x"]') + subscriber
    after = rename_topic(before, "a", 'A "b"')
    assert after == (
        '[[topics]]\nname = \'A "b"\'\nterms = ["x"]\nid = "a"\n' + subscriber.replace('"a"', "'A \"b\"'", 1)
    )
    again = rename_topic(after, "a", "c")
    assert tomllib.loads(again)["topics"] == [{"name": "c", "id": "a", "terms": ["x"]}]
    assert tomllib.loads(again)["subscribers"][0]["topics"] == ["*", "c", "b"]


def test_a_comment_behind_a_name_stays() -> None:
    before = topic('terms = ["x"]').replace('"a"', '"a"     # why')
    assert rename_topic(before, "a", "abcd") == '[[topics]]\nname = "abcd"     # why\nterms = ["x"]\nid = "a"\n'


def test_a_list_that_means_another_topic_is_left_alone() -> None:
    before = (
        '[[topics]]\nname = "a"\nid = "i"\nterms = ["x"]\n[[topics]]\nname = "b"\nid = "a"\nterms = ["x"]\n'
        '[[subscribers]]\nname = "s"\nemail = "a@b.org"\ntopics = ["a"]\n'
    )
    assert rename_topic(before, "i", "c") == before.replace('name = "a"', 'name = "c"', 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: add_term(text, "zz", "x"), "no topic 'zz'"),
        (lambda text: add_term(text, "twice", "x"), "2 topics are called 'twice'"),
        (lambda text: rename_topic(text, "one", "two"), "another topic 'two'"),
        (lambda text: rename_topic(text, "one", "TWO"), "another topic 'two'"),
        (lambda text: add_topic(text, "Twice", ["x"], id_="new"), "a topic 'twice' already"),
        (lambda text: add_topic(text, "one", ["x"]), "a topic 'one' already. Add to it with pqwatch terms add, or"),
        (lambda text: add_topic(text, "new", ["x"], id_="one"), "a topic 'one' already"),
    ],
)
def test_changes_without_a_meaning_are_refused(change: Any, said: str) -> None:
    text = "".join(
        f'[[topics]]\nname = "{name}"\nid = "{key}"\nterms = ["x"]\n'
        for name, key in (("twice", "one"), ("twice", "two"))
    )
    with pytest.raises(ConfigError, match=said):
        change(text)


def test_position_of_a_term_is_its_line() -> None:
    text = "\ufeff\n" + topic('terms = [\n  "x",\n  " y ",\n]\nexclude = ["x"]')
    assert line_of_topic(text, "a") == 2
    assert [line_of_term(text, "a", "x"), line_of_term(text, "a", "y")] == [5, 6]
    assert line_of_term(text, "a", "x", exclude=True) == 8


def test_lines_of_all_doubtful_terms_are_found_in_one_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []

    def key_lines(text: str) -> dict[positions.KeyPath, int]:
        passes.append(text)
        return read(text)

    read = positions.key_lines
    monkeypatch.setattr(positions, "key_lines", key_lines)
    path = tmp_path / "config.toml"
    path.write_text(topic('terms = [\n  "RIVER",\n  "brook",\n  "LAKES",\n]\nexclude = ["PONDS"]'), encoding="utf-8")
    misread = misread_terms(load(path, {}), lambda texts, _: [0 if text.isupper() else 100 for text in texts])
    assert [(problem.term, problem.line) for problem in misread] == [("RIVER", 4), ("LAKES", 6), ("PONDS", 8)]
    assert len(passes) == 1


def test_one_record_with_what_was_typed_clears_a_term_of_being_misread(tmp_path: Path) -> None:
    asked: list[tuple[str, int]] = []

    def counts(texts: Sequence[str], at_most: int) -> list[int]:
        asked.extend((text, at_most) for text in texts)
        return [min(30, at_most)] * len(texts)

    path = tmp_path / "config.toml"
    path.write_text(topic('terms = ["RIVER", "clean and tidy", "brook"]'), encoding="utf-8")
    assert misread_terms(load(path, {}), counts) == []
    assert asked == [("RIVER", 1)]


def test_doubtful_terms_are_judged_as_each_by_itself(tmp_path: Path) -> None:
    records = {
        "water/sea": {"water/sea": 0, '"water sea"': 0, "water OR sea": 7},
        "river/lake": {"river/lake": 0, '"river lake"': 3, "river OR lake": 90},
        "bank/shore": {"bank/shore": 150, "bank OR shore": 180},
        "clean and tidy": {"clean and tidy": 2, "clean AND tidy": 40},
        "clear and cold": {"clear and cold": 2, "clear AND cold": 39},
        "bread and butter": {"bread and butter": 90, "bread AND butter": 200},
        "RIVER": {"RIVER": 0, "river": 0},
        "coast, cliff": {"coast, cliff": 0, '"coast cliff"': 0, "coast OR cliff": 0},
        "red, green and blue": {"red, green and blue": 1, "red OR green OR blue": 100},
    }
    known = {text: count for of_term in records.values() for text, count in of_term.items()}
    asked: list[tuple[str, int]] = []

    def counts(texts: Sequence[str], at_most: int) -> list[int]:
        asked.extend((text, at_most) for text in texts)
        return [min(known[text], at_most) for text in texts]

    path = tmp_path / "config.toml"
    path.write_text(topic(f"terms = {json.dumps(list(records))}"), encoding="utf-8")
    misread, likely = doubted_terms(load(path, {}), counts)
    alone = {term: doubts(term, lambda text, most: min(known[text], most)) for term in records}
    assert [problem.reason for problem in misread] == [d.said for of in alone.values() for d in of if d.is_misread]
    expected = [d.said for of in alone.values() for d in of if d.is_likely and not d.is_misread]
    assert len(expected) == 5
    assert [text.partition(": topics.terms: ")[2] for text in likely] == expected
    assert [(text, most) for text, most in asked if "bread" in text] == [
        ("bread and butter", 1),
        ("bread and butter", MANY // SELDOM + 1),
    ]
    assert not {"river OR lake", "bank OR shore"} & {text for text, _ in asked}


# -- any file, any change ---------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1).map(
    lambda text: f"t{text}t"
)
COMMENTS = st.sampled_from(["", "# why", "  # [[topics]] \"'"])


@st.composite
def lists(draw: st.DrawFn) -> tuple[list[str], str]:
    """Draw some terms, and the TOML of a list of them in one of the styles."""
    terms = draw(st.lists(WORDS, unique=True, max_size=4))
    last = draw(st.sampled_from([",", ""]))
    style = draw(st.sampled_from(["inline", "column", "hanging"]))
    quoted = [toml(term) if draw(st.booleans()) else f'"{_escaped(term)}"' for term in terms]
    if style == "column":
        commas = [","] * (len(terms) - 1) + [last]
        rows = [f"  {term}{comma}{draw(COMMENTS)}\n" for term, comma in zip(quoted, commas, strict=False)]
        return terms, f"[{draw(COMMENTS)}\n{''.join(rows)}{draw(st.sampled_from(['', '  # end' + chr(10)]))}]"
    separator = ", " if style == "inline" else ",\n         "
    return terms, f"[{separator.join(quoted)}{last if terms else ''}]"


def _escaped(term: str) -> str:
    return "".join(f"\\U{ord(letter):08X}" for letter in term)


@st.composite
def files(draw: st.DrawFn) -> str:
    """Draw a configuration with some topics and a subscriber, in any style."""
    text = draw(st.sampled_from(["", "# top\n", '[http]\ncontact = "mailto:a@b.org"\n\n', 'http.proxy = ""\n']))
    names = draw(st.lists(st.sampled_from(["a", "b", "c", 'd "e"']), unique=True, min_size=1))
    is_inline = draw(st.booleans())
    topics = []
    for name in names:
        pairs = {"name": toml(name), "terms": draw(lists())[1]}
        if draw(st.booleans()):
            pairs["exclude"] = draw(lists())[1]
        if draw(st.booleans()):
            pairs["id"] = toml(f"id {name}")
        rows = [f"{key} = {pairs[key]}" for key in draw(st.permutations(sorted(pairs)))]
        if is_inline:
            topics.append(f"{{ {', '.join(rows)} }}")
        else:
            topics.append("[[topics]]\n" + "".join(f"{row}{draw(COMMENTS)}\n" for row in rows))
    if is_inline:
        text = f"topics = [\n  {', '.join(topics)}\n]\n\n{text}"
    else:
        text += "\n".join(topics)
    text += f'\n# who\n[[subscribers]]\nname = "s"\ntopics = [{", ".join(map(toml, names))}, "*"]'
    text = draw(st.sampled_from(["", "\ufeff"])) + text + draw(st.sampled_from(["", "\n"]))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


SOME = settings(max_examples=60)


def parsed(text: str) -> dict[str, Any]:
    return tomllib.loads(text.removeprefix("\ufeff"))


def lost(before: str, after: str) -> list[str]:
    """Return the lines of the first text that are missing from the second."""
    return list((Counter(before.split("\n")) - Counter(after.split("\n"))).elements())


@SOME
@given(files(), st.data(), WORDS, st.booleans())
def test_only_the_added_term_changes(text: str, data: st.DataObject, term: str, exclude: bool) -> None:
    expected = parsed(text)
    chosen = data.draw(st.sampled_from(expected["topics"]))
    key = "exclude" if exclude else "terms"
    after = add_term(text, chosen.get("id", chosen["name"]), term, exclude=exclude)
    chosen[key] = [*chosen.get(key, []), term]
    assert parsed(after) == expected
    assert len(lost(text, after)) <= 1 + (not text.endswith("\n"))


@SOME
@given(files(), WORDS, st.lists(WORDS, min_size=1), st.lists(WORDS), st.booleans())
def test_only_the_added_topic_changes(
    text: str, name: str, terms: list[str], exclude: list[str], has_more: bool
) -> None:
    more = {"id": f"{name} id", "note": f"{name} note"} if has_more else {}
    after = add_topic(text, name, terms, exclude, id_=more.get("id", ""), note=more.get("note", ""))
    expected = parsed(text)
    expected["topics"].append({"name": name, "terms": terms, **more} | ({"exclude": exclude} if exclude else {}))
    assert parsed(after) == expected
    assert len(lost(text, after)) <= 1


@SOME
@given(files(), st.data(), WORDS)
def test_only_the_name_changes(text: str, data: st.DataObject, new: str) -> None:
    expected = parsed(text)
    chosen = data.draw(st.sampled_from(expected["topics"]))
    old = chosen["name"]
    after = rename_topic(text, chosen.get("id", old), new)
    chosen |= {"name": new, "id": chosen.get("id", old)}
    listed = expected["subscribers"][0]["topics"]
    listed[listed.index(old)] = new
    assert parsed(after) == expected
    assert len(lost(text, after)) <= 3  # the name, the end of an inline table, the list


@SOME
@given(files(), st.data(), st.booleans())
def test_only_the_removed_term_changes(text: str, data: st.DataObject, exclude: bool) -> None:
    expected = parsed(text)
    key = "exclude" if exclude else "terms"
    least = 1 if exclude else 2
    topics = [topic for topic in expected["topics"] if len(topic.get(key, ())) >= least]
    if not topics:
        return
    chosen = data.draw(st.sampled_from(topics))
    term = data.draw(st.sampled_from(chosen[key]))
    after = remove_term(text, chosen.get("id", chosen["name"]), term, exclude=exclude)
    chosen[key].remove(term)
    assert parsed(after) == expected
    gone = lost(text, after)
    assert len(gone) <= 2
    kept = "\n".join(lost(after, text))
    for line in gone:
        is_its_own = toml(term) in line or f'"{_escaped(term)}"' in line
        assert is_its_own or line.split("#")[0].rstrip().rstrip(",] ") in kept
    assert text.count("#") - after.count("#") <= 1 + term.count("#") + 2
    assert add_term(after, chosen.get("id", chosen["name"]), term, exclude=exclude)


@SOME
@given(files(), st.data())
def test_only_the_removed_topic_changes(text: str, data: st.DataObject) -> None:
    expected = parsed(text)
    chosen = data.draw(st.sampled_from(expected["topics"]))
    after = remove_topic(text, chosen.get("id", chosen["name"]))
    expected["topics"].remove(chosen)
    expected["subscribers"][0]["topics"].remove(chosen["name"])
    assert parsed(after) | {"topics": parsed(after).get("topics", [])} == expected
    assert after.count("# who") == 1
    others = [topic["name"] for topic in expected["topics"]]
    assert [other for other in others if after.count(toml(other)) < text.count(toml(other))] == []


def test_a_removed_term_leaves_the_comments_of_the_others() -> None:
    for before, after in (
        ('terms = ["n", "x"]  # why', 'terms = ["x"]  # why'),
        ('terms = ["x", "n"]', 'terms = ["x"]'),
        ('terms = ["x",  # why x\n  "n"]', 'terms = ["x"  # why x\n]'),
        ('terms = [\n  "x",  # why x\n  "n",  # why n\n  # end\n]', 'terms = [\n  "x",  # why x\n  # end\n]'),
        ('terms = [\n  "x",\n  "n"  # why n\n]', 'terms = [\n  "x",\n]'),
        ('terms = [\n  # about n and x\n  "n",\n  "x",\n]', 'terms = [\n  # about n and x\n  "x",\n]'),
        ('terms = ["n",\n         "x"]', 'terms = [\n         "x"]'),
    ):
        assert remove_term(topic(before), "a", "n") == topic(after)
    assert remove_term(topic('terms = ["x"]\nexclude = ["n"]'), "a", "n", exclude=True) == topic(
        'terms = ["x"]\nexclude = []'
    )


@pytest.mark.parametrize(
    ("terms", "by_hand"),
    [
        ('["x", "n",  # both\n]', "remove 'n' from terms of the topic 'a'"),
        ('["x",\n "n", "y",  # both\n]', "remove 'n' from terms of the topic 'a'"),
    ],
)
def test_comment_that_may_be_about_other_terms_stays(terms: str, by_hand: str) -> None:
    text = topic(f"terms = {terms}")
    try:
        assert "# both" in remove_term(text, "a", "n")
    except ConfigError as exc:
        assert by_hand in str(exc)  # noqa: PT017 - either is careful


def test_a_change_that_would_not_read_back_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(_document: object) -> str:
        return '[[topics]]\nname = "a"\nterms = ["x"]\n'

    monkeypatch.setattr("tomlkit.dumps", careless)
    with pytest.raises(
        ConfigError, match=r"can't be changed here without harm.*By hand: add 'n' to terms of the topic 'a'"
    ):
        add_term(topic('terms = ["x"]'), "a", "n")


def test_a_term_of_the_shipped_file_is_removed_as_one_line() -> None:
    for number, topic in enumerate(tomllib.loads(SHIPPED)["topics"]):
        for term in topic["terms"]:
            after = remove_term(SHIPPED, topic["name"], term)
            assert len(lost(SHIPPED, after)) == 1
            assert lost(after, SHIPPED) == []
            expected = tomllib.loads(SHIPPED)
            expected["topics"][number]["terms"].remove(term)
            assert tomllib.loads(after) == expected


def test_the_names_of_many_readers_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    readers = "".join(f'[[subscribers]]\nname = "{number}"\ntopics = ["a"]\n' for number in range(40))
    read: list[str] = []

    def count(text: str, name: str) -> list[dict[str, Any]]:
        read.append(name)
        return tables_of(text, name)

    monkeypatch.setattr(positions, "tables_of", count)
    assert len(readers_by_name(f'[[topics]]\nname = "a"\nterms = ["x"]\n{readers}', "a")) == 40
    assert len(read) < 10


def test_removed_topic_leaves_the_lists_that_name_it() -> None:
    text = (
        '[[topics]]\nname = "a"\nid = "i"\nterms = ["x"]\n\n# about b\n[[topics]]\nname = "b"\nterms = ["y"]\n\n'
        '[[subscribers]]\nname = "s"\nemail = "a@b.org"\ntopics = ["a", "i", "b"]  # why\n'
        '[[subscribers]]\nname = "t"\nemail = "a@b.org"\ntopics = ["*"]\n'
        '[[webhooks]]\nname = "w"\ntopics = ["b", "i"]\n'
    )
    assert readers_by_name(text, "a") == ["s", "w"]
    after = remove_topic(text, "a")
    assert '"a"' not in after
    assert '"i"' not in after
    assert 'topics = ["b"]  # why\n' in after
    assert 'topics = ["*"]\n' in after
    assert after.startswith('# about b\n[[topics]]\nname = "b"')


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: remove_term(text, "a", "x"), "'x' is the only term of 'a'. Add another one first"),
        (lambda text: remove_term(text, "a", "y"), "'a' has no such term: y"),
        (lambda text: remove_term(text, "a", "x", exclude=True), "'a' has no such exclusion: x"),
        (lambda text: remove_term(text, "zz", "x"), "no topic 'zz'"),
        (lambda text: remove_topic(text, "zz"), "no topic 'zz'"),
        (lambda text: remove_topic(text, "a"), "'s' gets no other topic than 'a'.*pqwatch subscribers remove 's'"),
    ],
)
def test_refused_removal_names_the_remedy(change: Any, said: str) -> None:
    text = topic('terms = ["x"]') + '[[subscribers]]\nname = "s"\nemail = "a@b.org"\ntopics = ["a"]\n'
    with pytest.raises(ConfigError, match=said):
        change(text)


def test_a_renamed_topic_is_renamed_for_webhooks_too() -> None:
    text = topic('terms = ["x"]') + '[[webhooks]]\nname = "w"\ntopics = ["a"]\n'
    assert tomllib.loads(rename_topic(text, "a", "c"))["webhooks"][0]["topics"] == ["c"]


@pytest.mark.parametrize(
    ("change", "left"),
    [(lambda text: rename_topic(text, "a", "c"), ["b", "c"]), (lambda text: remove_topic(text, "a"), ["b"])],
)
def test_a_topic_of_many_readers_is_changed_without_a_look_through_the_file_for_each(
    change: Any, left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 20,000 readers a look takes seconds."""
    looks: list[str] = []

    def counted(text: str) -> Layout:
        looks.append(text)
        return layout_of(text)

    monkeypatch.setattr("monitor.config.draft.layout_of", counted)
    readers = "".join(
        f'[[subscribers]]\nname = "r{number}"\ntopics = ["b", "a"]  # of {number}\n' for number in range(50)
    )
    text = change(topic('terms = ["x"]') + f'[[topics]]\nname = "b"\nterms = ["y"]\n{readers}')
    assert [reader["topics"] for reader in tomllib.loads(text)["subscribers"]] == [left] * 50
    assert text.count("# of ") == 50
    assert len(looks) <= 3


# -- the file ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(topic('terms = ["x"]'), encoding="utf-8")
    return path


def changed(path: Path) -> Rewrite:
    return plan_rewrite(path, lambda text: add_term(text, "a", "n"))


def test_a_file_is_replaced_whole(file: Path) -> None:
    file.chmod(0o640)
    planned = changed(file)
    assert load(file, {}, source=planned.source).topics[0].terms == ("x", "n")
    assert load(file, {}).topics[0].terms == ("x",)
    carry_out_rewrite(planned)
    assert load(file, {}).topics[0].terms == ("x", "n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(file.parent.iterdir()) == [file]


def test_a_rewrite_says_what_it_changes(file: Path) -> None:
    planned = changed(file)
    assert planned.diff()[2:] == [
        "@@ -1,3 +1,3 @@", " [[topics]]", ' name = "a"', '-terms = ["x"]', '+terms = ["x", "n"]',
    ]  # fmt: skip
    assert plan_rewrite(file, lambda text: text).diff() == []


def test_symbolic_link_is_followed(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    carry_out_rewrite(changed(link))
    assert link.is_symlink()
    assert '"n"' in file.read_text(encoding="utf-8")


def test_concurrent_edit_is_kept(file: Path) -> None:
    planned = changed(file)
    file.write_text("# mine\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"changed by somebody else just now\. Do it again"):
        carry_out_rewrite(planned)
    assert file.read_text(encoding="utf-8") == "# mine\n"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("broken", [b"[[topics]\n", b"name = '\xff'\n"])
def test_file_broken_by_a_concurrent_edit_is_reported(file: Path, broken: bytes) -> None:
    file.write_bytes(broken)
    with pytest.raises(ConfigError, match="was changed by somebody else just now, and can't be read"):
        changed(file)


def test_a_read_only_file_is_left_alone(file: Path) -> None:
    planned = changed(file)
    file.chmod(0o444)
    with pytest.raises(ConfigError, match="is read-only"):
        carry_out_rewrite(planned)
    assert '"n"' not in file.read_text(encoding="utf-8")


def test_file_that_cannot_be_replaced_is_reported(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_old: str, _new: str) -> None:
        raise OSError(16, "Device or resource busy")

    planned = changed(file)
    monkeypatch.setattr(os, "replace", busy)
    with pytest.raises(ConfigError, match=r"can't be replaced \(Device or resource busy\)"):
        carry_out_rewrite(planned)
    assert list(file.parent.iterdir()) == [file]


def test_missing_file_is_reported(file: Path) -> None:
    planned = changed(file)
    file.unlink()
    with pytest.raises(ConfigError, match="can't be replaced"):
        carry_out_rewrite(planned)
    with pytest.raises(ConfigError, match="can't be read"):
        changed(file)


@pytest.fixture
def anothers(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the file be that of another user and group than those of this process."""
    monkeypatch.setattr("monitor.config.editing._owner", lambda path: (1001, 1002) if path == file else (0, 0))


def test_file_of_this_user_is_replaced_without_a_call_that_our_units_refuse(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service under `SystemCallFilter=~@privileged` was killed at any change of owner, also to the same one."""
    planned = changed(file)
    monkeypatch.setattr(os, "chown", lambda *_: pytest.fail("the draft has its owner already"))
    carry_out_rewrite(planned)
    assert '"n"' in file.read_text(encoding="utf-8")


@pytest.mark.usefixtures("anothers")
def test_file_keeps_its_owner(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given_to: list[tuple[int, int]] = []

    def refuse(_name: str, uid: int, gid: int) -> None:
        given_to.append((uid, gid))
        raise PermissionError

    monkeypatch.setattr(os, "chown", refuse)
    carry_out_rewrite(changed(file))
    assert given_to == [(1001, 1002), (-1, 1002)]
    assert '"n"' in file.read_text(encoding="utf-8")


@pytest.mark.usefixtures("anothers")
def test_file_keeps_its_group_where_only_the_owner_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A team that shares the file by its group must not lose it to the member who edits it."""
    given_to: list[tuple[int, int]] = []

    def refuse_owner(_name: str, uid: int, gid: int) -> None:
        if uid != -1:
            raise PermissionError
        given_to.append((uid, gid))

    monkeypatch.setattr(os, "chown", refuse_owner)
    carry_out_rewrite(changed(file))
    assert given_to == [(-1, 1002)]


MANY_CHANGES = """
import os, sys, time
from pathlib import Path
from monitor.config.editing import add_term, carry_out_rewrite, plan_rewrite
from monitor.errors import ConfigError

path, who = Path(sys.argv[1]), sys.argv[2]
os.fsync = lambda _file: time.sleep(0.02)  # a slow disk
for number in range(15):
    while True:
        try:
            carry_out_rewrite(plan_rewrite(path, lambda text: add_term(text, "a", f"{who}{number}")))
            break
        except ConfigError as refused:
            assert "by somebody else just now" in str(refused), refused
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders can't be locked there")
def test_changes_by_several_processes_all_count(file: Path) -> None:
    """No process replaces what another one wrote after the comparison."""
    command = [sys.executable, "-c", MANY_CHANGES, str(file)]
    writers = [
        subprocess.Popen([*command, who], stderr=subprocess.PIPE, cwd=ROOT)  # noqa: S603 (our own program)
        for who in ("ann", "ben", "cleo")
    ]
    assert [writer.communicate(timeout=120)[1] for writer in writers] == [b"", b"", b""]
    wanted = {f"{who}{number}" for who in ("ann", "ben", "cleo") for number in range(15)}
    assert set(load(file, {}).topics[0].terms) == {"x", *wanted}
    assert list(file.parent.iterdir()) == [file]
