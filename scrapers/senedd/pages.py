"""Pages of the Senedd's record: the results of a search for written questions, and the page of one question.

Known from three programs that read them, of which one wrote down a result word for word:

- A result is `div.searchResult.writtenQuestion` with `a.detail` (its address ends in `/WrittenQuestion/99808`), `.title`,
  `.subTitle` ("Tabled on 16/07/2026 for answer on 23/07/2026") and `.context`. All stand in `.searchResultContainer`, with
  `.searchResultCount` ("Showing 8 of 12 results found"), which is missing where there are none.
- The page of a question has the member (`.name`, `.area`, or the two lines above the number), the number ("WQ99808", or
  "Written Question - WAQ75000"), "(e)" or "(w)" for the language in which it was tabled, "Tabled on ...", the question, and
  then "Answered by X | Answered on 23/07/2026" with the answer, or "To be answered by: X", or `.withdrawn`.
- The site has a page for numbers without a question too. It lacks the words "Tabled on".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString

from monitor.errors import ParseError
from scrapers.markup import one_line, plain_text

if TYPE_CHECKING:
    from bs4.element import NavigableString

    from monitor.model.records import Link

_AROUND: Final = ["head", "script", "style", "noscript", "header", "footer", "nav", "form"]
_DAY: Final = r"(\d\d/\d\d/\d{4})"
_LINK: Final = re.compile(r"(?:^|/)WrittenQuestion/(\d{1,7})/?$")
_COUNT: Final = re.compile(r"Showing [\d,]+ of ([\d,]+) results?(?: found)?")
_NUMBER: Final = re.compile(r"(?:Written Question\s*[-\u2013]\s*)?(WA?Q\s?\d{1,7})(?:\s*\([ew]\))?")
_LANGUAGE: Final = re.compile(r"\([ew]\)")
_TABLED: Final = re.compile(rf"Tabled on {_DAY}(?:,? for answer on {_DAY})?")
_ANSWERED: Final = re.compile(rf"Answered by (.{{1,300}}?) ?\| ?Answered on {_DAY}")
_ANSWERED_BY: Final = re.compile(r"Answered by:? (.+)")
_ANSWERED_ON: Final = re.compile(rf"\|? ?Answered on {_DAY}")
_TO_BE_ANSWERED: Final = re.compile(r"To be answered by:? ?(.*)")
_END: Final = re.compile(r"Contact us")
_CUT: Final = "\ue000"
"""Stands for a line that is no text of the question or the answer, where the mark-up is cut in pieces."""
_LONGEST_MARK: Final = 3
"""Characters of a mark that says that a question was tabled in Welsh."""
_QUESTION: Final = 2
"""Place of the question among the pieces: behind the number and the day on which it was tabled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A result of a search. `key` is "" if its address is not that of a question. `tabled_on` is None if it does not say."""

    key: str
    html: str
    tabled_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPage:
    """The page of a question. `office`: who answered or is to answer, as printed; `answer` is None before that."""

    number: str
    name: str | None
    area: str | None
    tabled_on: date
    for_answer_on: date | None
    question: str
    office: str | None
    answered_on: date | None
    answer: str | None
    links: tuple[Link, ...]
    is_withdrawn: bool


# -- search -----------------------------------------------------------------------------------------------------------


def read_results(html: str, *, is_fragment: bool = False) -> tuple[list[Result], int]:
    """Read the results of a search page, and how many there are in all. Raises ParseError for any other page.

    `is_fragment`: these are results alone, as the site sends those behind the first eight.
    """
    soup = BeautifulSoup(html, "lxml")
    container = soup if is_fragment else soup.find(class_="searchResultContainer")
    if not isinstance(container, Tag):
        raise ParseError("The Senedd's search sent a page without results, so the page has changed: report it.")
    results = [_read_result(block) for block in container.select(".searchResult.writtenQuestion")]
    count = container.find(class_="searchResultCount")
    if not isinstance(count, Tag):
        return results, len(results)
    match = _COUNT.fullmatch(_words(count))
    if match is None:
        raise ParseError(f"The Senedd's search says {_words(count)[:60]!r} instead of a count: report it.")
    return results, int(match[1].replace(",", ""))


def _read_result(block: Tag) -> Result:
    link = block.find("a", class_="detail")
    address = _LINK.search(str(link.get("href"))) if isinstance(link, Tag) else None
    subtitle = block.find(class_="subTitle")
    tabled = _TABLED.search(_words(subtitle)) if isinstance(subtitle, Tag) else None
    return Result(key=address[1] if address else "", html=str(block), tabled_on=_day(tabled[1]) if tabled else None)


# -- questions --------------------------------------------------------------------------------------------------------


def is_there(html: str) -> bool:
    """Return whether a page is that of a question: the site has one for numbers without a question too."""
    return "Tabled on" in html


def read_question(html: str, key: str) -> QuestionPage:
    """Read the page of a question. Raises ParseError for a page that lacks a part, or says in no known words what it is."""
    soup = BeautifulSoup(html.replace(_CUT, ""), "lxml")
    is_withdrawn = soup.find(class_="withdrawn") is not None
    page = _Page(soup, key)
    number, tabled = page.cut(_NUMBER, "number"), page.cut(_TABLED, "day on which it was tabled")
    office, answered_on = page.cut_answer_line()
    to_answer = None if answered_on else page.cut_if_there(_TO_BE_ANSWERED)
    if not (answered_on or to_answer or is_withdrawn):
        raise page.refuse("does not say whether it was answered")
    question, answer, links = page.texts(is_answered=answered_on is not None)
    if not question:
        raise page.refuse("has no text")
    if answered_on and not answer:
        raise page.refuse("was answered without a text")
    return QuestionPage(
        number=number[1].replace(" ", ""),
        name=page.name,
        area=page.area,
        tabled_on=page.day(tabled[1]),
        for_answer_on=page.day(tabled[2]) if tabled[2] else None,
        question=question,
        office=office or (one_line(to_answer[1]) if to_answer else None),
        answered_on=answered_on,
        answer=answer or None,
        links=links,
        is_withdrawn=is_withdrawn,
    )


class _Page:
    """A page whose lines are cut out as they are recognised. What is left between the cuts is text."""

    def __init__(self, soup: BeautifulSoup, key: str) -> None:
        self._soup, self._key = soup, key
        self._cuts: list[NavigableString] = []
        self.name, self.area = self._text_of("name"), self._text_of("area")
        for tag in [*soup(_AROUND), *soup.select(".withdrawn, .name, .area")]:
            tag.decompose()
        marks = [tag for tag in soup.select(".welsh") if len(_words(tag)) <= _LONGEST_MARK]
        for mark in [*marks, *self._strings(_LANGUAGE)]:
            mark.extract()

    def refuse(self, what: str) -> ParseError:
        """Return the error for the page of this question."""
        return ParseError(f"Question {self._key} of the Senedd {what}: report it.", key=self._key)

    def day(self, text: str) -> date:
        """Read a day. Raises ParseError."""
        day = _day(text)
        if day is None:
            raise self.refuse(f"has {text!r} as a day")
        return day

    def cut(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        """Cut out the first line that has this form. Raises ParseError without one."""
        match = self.cut_if_there(pattern)
        if match is None:
            raise self.refuse(f"has no {what}")
        return match

    def cut_if_there(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Cut out the first line that has this form."""
        strings = self._strings(pattern)
        if not strings:
            return None
        if pattern is _NUMBER and self.name is None:
            self._read_lines_above(strings[0])
        match = pattern.fullmatch(_words(strings[0]))
        self._cuts.append(strings[0])
        return match

    def cut_answer_line(self) -> tuple[str | None, date | None]:
        """Cut out who answered and when, which stand on one line or on two."""
        if match := self.cut_if_there(_ANSWERED):
            return one_line(match[1]), self.day(match[2])
        answered_on = self.cut_if_there(_ANSWERED_ON)
        by = self.cut_if_there(_ANSWERED_BY) if answered_on else None
        return (one_line(by[1]) if by else None), (self.day(answered_on[1]) if answered_on else None)

    def texts(self, *, is_answered: bool) -> tuple[str, str, tuple[Link, ...]]:
        """Return the question, the answer and its links: what stands between the lines that were cut out.

        All of it is in the smallest element that holds these lines, or else in one around it.
        """
        container: Tag | None = _common_parent(self._cuts)
        count = len(self._cuts)
        end = self._cuts[-1].find_next(string=lambda string: bool(_END.fullmatch(_words(string))))
        for string in [*self._cuts, *([end] if end else [])]:
            string.replace_with(_CUT)
        question, answer = "", ""
        links: tuple[Link, ...] = ()
        while container and not (question and (answer or not is_answered)):
            pieces = str(container).split(_CUT)
            question, _ = plain_text(pieces[_QUESTION])
            answer, links = plain_text(pieces[count]) if is_answered else ("", ())
            container = container.parent
        return question, answer, links

    def _strings(self, pattern: re.Pattern[str]) -> list[NavigableString]:
        strings = self._soup.find_all(string=lambda string: bool(pattern.fullmatch(_words(string))))
        return [string for string in strings if not isinstance(string, PreformattedString)]

    def _text_of(self, name: str) -> str | None:
        tag = self._soup.find(class_=name)
        return one_line(_words(tag)) if isinstance(tag, Tag) else None

    def _read_lines_above(self, number: NavigableString) -> None:
        """Take the member's name and area from the two lines above the number."""
        strings = number.find_all_previous(string=True)
        above = [_words(string) for string in strings if not isinstance(string, PreformattedString) and string.strip()]
        if len(above) >= 2:  # noqa: PLR2004 (two lines)
            self.area, self.name = one_line(above[0]), one_line(above[1])


def _common_parent(strings: list[NavigableString]) -> Tag:
    """Return the smallest element that all of these strings stand in."""
    first, *others = strings
    return next(
        parent for parent in first.parents if all(any(above is parent for above in other.parents) for other in others)
    )


def _words(part: Tag | NavigableString | str | None) -> str:
    text = part.get_text() if isinstance(part, Tag) else part or ""
    return " ".join(text.split())


def _day(text: str) -> date | None:
    day, month, year = text.split("/")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
