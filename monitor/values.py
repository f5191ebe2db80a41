"""Frozen dataclasses with slots that are made fast: the start of a search makes more than a hundred.

`dataclasses` writes and compiles six functions for each class, which takes Python 3.11 most of a millisecond (see
bench/README.md). Here `__init__` alone is compiled. All else is as there: `fields`, `replace`, `asdict`, defaults, copies,
equality, hashes, and the error where a value is changed.
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 (type checkers know it by this name)

    Method = Callable[..., Any]
else:

    def dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[type], type]:
        """Make a frozen dataclass with slots. Raises TypeError where another is asked for."""
        if not (frozen and slots):
            raise TypeError("monitor.values makes frozen classes with slots: use dataclasses.dataclass for others")

        def make(written: type) -> type:
            made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(written)
            fields = dataclasses.fields(made)
            methods = {"__init__": _init(made, fields), **_comparisons(fields), **_SHARED}
            for name, method in methods.items():
                if name not in vars(written):
                    setattr(made, name, method)
            return made

        return make


def _init(made: type, fields: Sequence[dataclasses.Field[Any]]) -> Method:
    """Compile `__init__`. It sets values past `__setattr__`, which refuses them."""
    names: dict[str, Any] = {"set_value": object.__setattr__, "MISSING": dataclasses.MISSING}
    positional: list[str] = []
    keywords: list[str] = []
    body: list[str] = []
    for field in fields:
        name = given = field.name
        if field.default is not dataclasses.MISSING:
            given = f"{name}=default_{name}"
            names[f"default_{name}"] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            given = f"{name}=MISSING"
            names[f"make_{name}"] = field.default_factory
            body.append(f"if {name} is MISSING: {name} = make_{name}()")
        (keywords if field.kw_only else positional).append(given)
        body.append(f"set_value(self, {name!r}, {name})")
    if hasattr(made, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = ", ".join(["self", *positional, *(["*", *keywords] if keywords else [])])
    lines = "\n ".join(body)
    exec(f"def __init__({parameters}):\n {lines}", names)  # noqa: S102 (names of our own)
    init: Method = names["__init__"]
    init.__annotations__ = {field.name: field.type for field in fields}
    return init


def _comparisons(fields: Sequence[dataclasses.Field[Any]]) -> Mapping[str, Method]:
    """Return `__eq__` and `__hash__`: by the values, as a tuple has them."""
    names = [field.name for field in fields if field.compare]
    values = attrgetter(*names)

    def equals(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(values(self))

    return {"__eq__": equals, "__hash__": hashed}


def _shown(self: Any) -> str:
    shown = [f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr]
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse_value(_self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: Sequence[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


_SHARED = {
    "__repr__": _shown,
    "__setattr__": _refuse_value,
    "__delattr__": _refuse_to_delete,
    "__getstate__": _state,
    "__setstate__": _set_state,
}
