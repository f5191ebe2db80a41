"""Lines as search forms show them have the tokens, marks and cells of the lines of the text."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from monitor.terms.document_view import Occurrence, _FormLine
from monitor.terms.padded_form import PaddedForm
from monitor.text.search_form import search_form
from monitor.text.tokens import LINE, tokens

_PIECES = "a an NHS hi-tech unit's £5 (a) 1,000 2024-25 20% No. 7 - & A&E . ; : ? \u2022 | Mr. e.g. 10/3".split()  # noqa: SIM905 - reads best so


def _place(token: int) -> Occurrence:
    return Occurrence(0, 0, 0, 0, token, token + 1)


def _words_between(line: str, left: int, right: int) -> int | None:
    read = tokens(line)
    if any(token.gap >= LINE for token in read[left + 1 : right + 1]):
        return None
    return sum(not token.is_mark for token in read[left + 1 : right])


@given(
    st.lists(st.sampled_from([*_PIECES, "\t", "\n", "\n\n"]), max_size=25),
    st.sampled_from([" ", "  ", "\u00a0"]),
    st.booleans(),
)
def test_as_many_words_stand_between_two_in_the_form_as_in_the_text(
    pieces: list[str], space: str, is_heading: bool
) -> None:
    text = space.join(pieces)
    form = PaddedForm(search_form(text, is_heading=is_heading))
    for number, line in enumerate(text.split("\n")):
        shown = _FormLine(form.line(number))
        count = len(tokens(line))
        for left, right in product(range(count), repeat=2):
            if left < right:
                between = shown.words_between(_place(left), _place(right))
                assert between == _words_between(line, left, right)
