"""Files that came with an answer, were replaced or taken away since another reading of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monitor.presentation.wording import count_of, listed, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.model.records import Attachment, Proceeding


class FileChanges(NamedTuple):
    """Titles of files. A file of the same title as one that is gone replaced it."""

    came: Sequence[str] = ()
    replaced: Sequence[str] = ()
    gone: Sequence[str] = ()

    @property
    def label(self) -> str:
        """Name of the change; "" for none."""
        if self.came:
            return "File attached"
        return "File replaced" if self.replaced else "File taken away" if self.gone else ""

    @property
    def sentences(self) -> list[str]:
        """Sentences that name the files, those of a kind together."""
        titles = {"attached": self.came, "replaced": self.replaced, "taken away": self.gone}
        return [
            f"File{'' if len(names) == 1 else 's'} {what}: {listed([*names])}."
            for what, names in titles.items()
            if names
        ]

    @property
    def clauses(self) -> str:
        """Clauses that count and name the files: "1 file attached (Table 1), not read by pqwatch"; "" for none."""
        titles = {"attached": self.came, "replaced": self.replaced}
        there = [
            f"{count_of(len(names), 'file')} {what} ({listed([*names])})" for what, names in titles.items() if names
        ]
        clauses = [f"{' and '.join(there)}, not read by pqwatch"] if there else []
        clauses += [f"{count_of(len(self.gone), 'file')} taken away ({listed([*self.gone])})"] if self.gone else []
        return "; ".join(clauses)


def file_changes(before: Proceeding, now: Proceeding) -> FileChanges:
    """Compare the files of two readings. A file whose address alone is another is the same."""
    had, has = ({file.identity for file in record.attachments} for record in (before, now))
    new = _titles(file for file in now.attachments if file.identity not in had)
    gone = _titles(file for file in before.attachments if file.identity not in has)
    return FileChanges(
        came=[title for title in new if title not in gone],
        replaced=[title for title in new if title in gone],
        gone=[title for title in gone if title not in new],
    )


def _titles(files: Iterable[Attachment]) -> list[str]:
    return [one_line(file.title) or "a file without a name" for file in files]
