"""Address and salutation of a letter."""

from __future__ import annotations

import pytest

from monitor.errors import LetterError
from monitor.research.letters.address import LONGEST, address_lines, salutation


@pytest.mark.parametrize(
    ("to", "dear"),
    [
        ("Baroness Sample", "Dear Baroness Sample"),
        ("Baroness Sample of Upper Vale", "Dear Baroness Sample"),
        ("The Baroness Sample, Minister of State, Home Office", "Dear Baroness Sample"),
        ("The Rt Hon the Lord Sample KC", "Dear Lord Sample"),
        ("Lady Sample", "Dear Lady Sample"),
        ("Viscount Sample", "Dear Viscount Sample"),
        ("Earl of Sample", "Dear Earl of Sample"),
        ("Sir Ben Placeholder MP", "Dear Sir Ben"),
        ("The Rt Hon. Dame Ada Example DBE MP", "Dear Dame Ada"),
        ("Ms Example", "Dear Ms Example"),
        ("Dr Ada Example MP", "Dear Dr Ada Example"),
        ("Ada Example", "Dear Ada Example"),
        ("Rt Hon Ada Example MP", "Dear Ada Example"),
        ("Ada Example MP, Minister for Water", "Dear Minister"),
        ("The Minister of State, Home Office", "Dear Minister"),
        ("Parliamentary Under-Secretary of State", "Dear Minister"),
        ("Financial Secretary to the Treasury", "Dear Minister"),
        ("The Cabinet Secretary for Umbrellas, Rain and Shelter", "Dear Cabinet Secretary"),
        ("Ada Example MS, Cabinet Secretary for Umbrellas", "Dear Cabinet Secretary"),
        ("Secretary of State for Environment, Food and Rural Affairs", "Dear Secretary of State"),
        ("the Home Secretary", "Dear Home Secretary"),
        ("Prime Minister", "Dear Prime Minister"),
        ("Deputy Prime Minister", "Dear Deputy Prime Minister"),
        ("First Minister", "Dear First Minister"),
        ("Chancellor of the Exchequer", "Dear Chancellor"),
        ("Lord Chancellor", "Dear Lord Chancellor"),
        ("Lord Privy Seal", "Dear Lord Privy Seal"),
        ("Attorney-General", "Dear Attorney General"),
        ("Leader of the House of Lords", "Dear Leader of the House"),
        ("The Clerk", "Dear Clerk"),
    ],
)
def test_salutation_never_guesses(to: str, dear: str) -> None:
    assert salutation(address_lines(to)) == dear


@pytest.mark.parametrize(
    ("to", "lines"),
    [
        ("Ada Example MP, Minister for Water, Home Office", ["Ada Example MP", "Minister for Water", "Home Office"]),
        ("Ada Example, MP, CBE, Home Office", ["Ada Example, MP, CBE", "Home Office"]),
        ("Secretary of State for Environment, Food and Rural Affairs, 1 Sample Street",
         ["Secretary of State for Environment, Food and Rural Affairs", "1 Sample Street"]),
        ("Ada\x1b[31m Example\n\n1 Sample Street", ["Ada[31m Example", "1 Sample Street"]),
    ],
)  # fmt: skip
def test_address_has_a_line_for_each_part(to: str, lines: list[str]) -> None:
    assert list(address_lines(to)) == lines


@pytest.mark.parametrize(
    ("to", "said"), [(" , \n", "there is no name to write to"), ("a" * (LONGEST + 1), "a name of 301 characters")]
)
def test_what_is_no_name(to: str, said: str) -> None:
    with pytest.raises(LetterError, match=said):
        address_lines(to)
