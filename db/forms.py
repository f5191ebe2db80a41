"""The search forms of a record's parts, as the archive keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.terms.form import search_form

if TYPE_CHECKING:
    from collections.abc import Mapping


def forms_of(parts: Mapping[str, str]) -> dict[str, str]:
    """The search form of each part, by name, from its plain text."""
    return {name: search_form(text, is_heading=name == "heading") for name, text in parts.items()}
