"""Classes made by `monitor.values` behave as those of `dataclasses` do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import field, fields, replace
from typing import TYPE_CHECKING, ClassVar

import pytest

from monitor import values

if TYPE_CHECKING:
    from collections.abc import Callable


@values.dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A class made fast."""

    kind: ClassVar[str] = "made"
    name: str
    size: int = 0
    parts: list[str] = field(default_factory=list)
    hidden: str = field(default="", repr=False)
    note: str = field(default="", compare=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """The same, made by the standard library."""

    kind: ClassVar[str] = "made"
    name: str
    size: int = 0
    parts: list[str] = field(default_factory=list)
    hidden: str = field(default="", repr=False)
    note: str = field(default="", compare=False)


@values.dataclass(frozen=True, slots=True)
class Pair:
    """A class with values by position, one of which is checked."""

    left: int
    right: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is too small."""
        if self.left < 0:
            raise ValueError("too small")

    def __repr__(self) -> str:
        """Return an own text."""
        return f"<{self.left}>"


def test_it_has_the_fields_and_the_text_of_a_dataclass() -> None:
    made, plain = Made(name="a", hidden="s", note="n"), Plain(name="a", hidden="s", note="n")
    assert [(f.name, f.kw_only, f.compare) for f in fields(made)] == [
        (f.name, f.kw_only, f.compare) for f in fields(plain)
    ]
    assert repr(made) == repr(plain).replace("Plain", "Made")
    assert dataclasses.asdict(made) == dataclasses.asdict(plain)
    assert Made.__match_args__ == Plain.__match_args__
    assert Made.__slots__ == Plain.__slots__
    assert not hasattr(made, "__dict__")
    assert repr(Pair(1)) == "<1>"


def test_each_has_defaults_of_its_own() -> None:
    first, second = Made(name="a"), Made(name="a")
    first.parts.append("x")
    assert second == Made(name="a", size=0, parts=[], hidden="", note="")


def test_it_is_made_with_the_values_of_its_fields_alone() -> None:
    calls: list[tuple[Callable[..., object], tuple[object, ...], dict[str, object]]] = [
        (Made, (), {}),
        (Made, ("a",), {}),
        (Made, (), {"name": "a", "other": 1}),
        (Pair, (1, (), 2), {}),
    ]
    for make, given, named in calls:
        with pytest.raises(TypeError):
            make(*given, **named)
    with pytest.raises(ValueError, match="too small"):
        Pair(-1)


def test_equal_are_two_of_one_class_with_the_same_values_that_count() -> None:
    assert Made(name="a", note="n") == Made(name="a")
    assert Made(name="a") != Made(name="b")
    others: list[object] = [Plain(name="a")]
    assert Made(name="a") not in others
    assert Pair(1, (2,)) == Pair(1, (2,))
    assert len({Pair(1, (2,)), Pair(1, (2,)), Pair(1)}) == 2


def test_nothing_of_it_can_be_changed() -> None:
    made = Made(name="a")
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'name'"):
        made.name = "b"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'name'"):
        del made.name
    assert made.name == "a"


def test_it_can_be_copied_stored_and_replaced() -> None:
    made = Made(name="a", parts=["x"], note="n")
    for again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):  # noqa: S301 (our own)
        assert (again, again.note) == (made, "n")
    assert replace(made, size=2) == Made(name="a", size=2, parts=["x"])
    with pytest.raises(ValueError, match="too small"):
        replace(Pair(1), left=-1)


def test_it_makes_no_other_dataclass() -> None:
    with pytest.raises(TypeError, match="frozen classes with slots"):
        values.dataclass(frozen=False, slots=True)
