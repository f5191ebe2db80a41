"""A reader's own template of a letter: .docx, Markdown or HTML, filled in by Jinja.

A template may come from anybody, so it is filled in a sandbox. It gets the object of `draft_parts` and a few filters, and
no loader: it reads no file, reaches no attribute that begins with an underscore, and calls nothing but the methods of texts
and lists that are named here. Its steps and its output are bounded, and what could make a text grow without end (macros,
blocks that are kept, multiplied and joined texts) is refused, so that no template fills the memory or works for hours.
"""

from __future__ import annotations

import io
import re
import traceback
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeVar

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from monitor.errors import LetterError
from monitor.presentation.wording import listed, long_day, one_line, shorten
from monitor.research.letters.markdown import quoted
from monitor.research.quotations.styles import escaped_markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_T = TypeVar("_T")

MOST_CHARACTERS: Final = 500_000
"""Characters of a template that is text."""

MOST_WRITTEN: Final = 5_000_000
"""Characters of a letter that a template may make."""

MOST_STEPS: Final = 20_000
"""Turns of all loops, and calls."""

_FILTERS: Final = frozenset(
    ("capitalize", "default", "d", "e", "escape", "first", "last", "length", "lower", "title", "trim", "upper")
)
_METHODS: Final = frozenset(
    (
        "endswith",
        "get",
        "items",
        "keys",
        "lower",
        "removeprefix",
        "removesuffix",
        "split",
        "startswith",
        "strip",
        "upper",
        "values",
    )
)
_REFUSED: Final = (
    (nodes.Macro, "a macro"),
    (nodes.CallBlock, "a call block"),
    (nodes.FilterBlock, "a filter block"),
    (nodes.AssignBlock, "a set block"),
    (nodes.Include, "include"),
    (nodes.Import, "import"),
    (nodes.FromImport, "import"),
    (nodes.Extends, "extends"),
    (nodes.Concat, "~"),
    (nodes.Mul, "*"),
    (nodes.Pow, "**"),
    (nodes.Mod, "%"),
    (nodes.Add, "+"),
)
"""Parts of Jinja that no template of a letter needs, and how an error names them."""
_STEP: Final = "pqwatch_step"
_SHOWN: Final = 80


class _Sandbox(ImmutableSandboxedEnvironment):
    """Environment of a reader's template. It keeps the last source, so that an error can show its line."""

    def __init__(self, *, is_html: bool) -> None:
        super().__init__(autoescape=is_html, undefined=StrictUndefined, keep_trailing_newline=True)
        self.source = ""
        self._steps = 0
        self.globals.clear()
        self.globals[_STEP] = self._step
        self.filters = {name: function for name, function in self.filters.items() if name in _FILTERS}
        self.filters |= {"day": _day, "listed": _listed, "join": _joined, "md": escaped_markdown, "quoted": quoted}

    def concat(self, pieces: Iterable[str]) -> str:
        """Join what a template makes, to a limit."""
        return _bounded(pieces)

    def from_string(self, source: Any, *args: Any, **given: Any) -> Template:
        """Read a template, and count the turns of its loops."""
        self.source = str(source)
        tree = self.parse(self.source)
        for kind, name in _REFUSED:
            for node in tree.find_all(kind):
                raise TemplateSyntaxError(f"{name} is not for templates of letters", node.lineno)
        for loop in tree.find_all(nodes.For):
            call = nodes.Call(nodes.Name(_STEP, "load"), [], [], None, None)
            loop.body.insert(0, nodes.Output([call], lineno=loop.lineno).set_lineno(loop.lineno))
        tree.set_environment(self)
        return super().from_string(tree, *args, **given)

    def wrap_str_format(self, value: Any) -> None:
        """Offer no `format` of texts: it pads to any width."""
        del value

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Allow a few methods, beside what the sandbox allows."""
        return (not callable(value) or attr in _METHODS) and super().is_safe_attribute(obj, attr, value)

    def call(self, context: Any, function: Any, *args: Any, **given: Any) -> Any:
        """Count a call, and make it if the sandbox allows it."""
        self._step()
        return super().call(context, function, *args, **given)

    def _step(self) -> str:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise SecurityError(f"it has more than {MOST_STEPS:,} steps")
        return ""


def _bounded(pieces: Iterable[str]) -> str:
    found, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > MOST_WRITTEN:
            raise SecurityError(f"it makes more than {MOST_WRITTEN:,} characters")
        found.append(piece)
    return "".join(found)


def _joined(values: Iterable[Any], between: str = "") -> str:
    texts = [str(value) for value in values]
    return _bounded(f"{between if place else ''}{text}" for place, text in enumerate(texts))


def _listed(values: Iterable[Any]) -> str:
    return listed([str(value) for value in values])


def _day(value: str | None) -> str:
    """Write an ISO day out: "2021-02-01 | day" is "1 February 2021"; "" for null."""
    return long_day(date.fromisoformat(value)) if value else ""


def fill_text(name: str, text: str, parts: Mapping[str, Any], *, is_html: bool) -> str:
    """Fill in a template of Markdown or HTML. Raises LetterError, which names the line."""
    if len(text) > MOST_CHARACTERS:
        raise LetterError(f"{name} has more than {MOST_CHARACTERS:,} characters: give a smaller template")
    sandbox = _Sandbox(is_html=is_html)
    return _filled(name, sandbox, lambda: sandbox.from_string(text).render(parts))


def fill_word(name: str, body: bytes, parts: Mapping[str, Any]) -> bytes:
    """Fill in a template that is a .docx. Raises LetterError, which names the paragraph.

    The caller has read it as a letter before, so that it is within the limits of one.
    """
    from docxtpl import DocxTemplate  # noqa: PLC0415 (only for such templates)

    sandbox = _Sandbox(is_html=True)

    def fill() -> bytes:
        template = DocxTemplate(io.BytesIO(body))
        template.render(dict(parts), jinja_env=sandbox)
        out = io.BytesIO()
        template.save(out)
        return out.getvalue()

    return _filled(name, sandbox, fill)


def _filled(name: str, sandbox: _Sandbox, fill: Callable[[], _T]) -> _T:
    try:
        return fill()
    except (TemplateError, TypeError, ValueError, KeyError, AttributeError, ArithmeticError, RecursionError) as exc:
        raise LetterError(f"the template {name} can't be filled in{_place(exc, sandbox.source)}: {_said(exc)}") from exc
    except Exception as exc:  # the library reads what Word wrote, and lets anything through
        raise LetterError(f"the template {name} can't be read as a .docx file: save it again") from exc


def _place(error: Exception, source: str) -> str:
    """Name the line of a template, or the paragraph where it is Word's, in which an error is."""
    number = error.lineno if isinstance(error, TemplateSyntaxError) else None
    if number is None:
        frames = traceback.extract_tb(error.__traceback__)
        number = next((frame.lineno for frame in reversed(frames) if frame.filename == "<template>"), None)
    lines = source.splitlines()
    if number is None or not 0 < number <= len(lines):
        return ""
    line = lines[number - 1]
    is_word = "<w:" in source
    text = shorten(one_line(re.sub(r"<[^>]*>", "", line) if is_word else line), _SHOWN)
    where = "in the paragraph" if is_word else f"in line {number}"
    return f", {where} {text!r}" if text else f", in line {number}" if not is_word else ""


def _said(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it calls itself without end"
    return one_line(str(error)) or type(error).__name__
