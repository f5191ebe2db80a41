"""Delivery of mail into a folder."""

from __future__ import annotations

import os
import stat
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from monitor.delivery.folder import FolderMailer
from monitor.delivery.stage import send_pending
from monitor.errors import DeliveryError
from monitor.model.deliveries import DeliveryState
from tests.unit.delivery_kit import Letter, bench

if TYPE_CHECKING:
    from pathlib import Path


def digest(*, subject: str = "Slurry: 3 answers", number: int = 1, html: str | None = "<p>Môn</p>") -> bytes:
    message = EmailMessage()
    message["From"] = "pqwatch <pqwatch@example.org>"
    message["To"] = "reader@example.org"
    message["Subject"] = subject
    message["Date"] = "Tue, 24 Nov 2026 07:30:00 +0000"
    message["Message-ID"] = f"<{number:032x}@example.org>"
    message.set_content("Môn\n")
    if html is not None:
        message.add_alternative(html, subtype="html")
        message.set_boundary("=====")
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


def write(post: FolderMailer, message: bytes) -> list[str]:
    replies: list[str] = []
    post.deliver(message, "reader@example.org", lambda: None, replies.append)
    return replies


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_mail_and_its_page_are_written(tmp_path: Path) -> None:
    post = FolderMailer(tmp_path / "new" / "outbox")
    (reply,) = write(post, digest())
    mail, page = sorted(post.folder.iterdir())
    assert mail.read_bytes() == digest()
    assert page.read_text("utf-8-sig") == "<p>Môn</p>\n"
    assert mail.name.startswith("2026-11-24-slurry-3-answers-")
    assert mail.stem == page.stem
    assert reply == f"written to {mail}"
    assert post.newest_html() == page
    post.close()


def test_page_that_names_its_encoding_is_unchanged(tmp_path: Path) -> None:
    post = FolderMailer(tmp_path)
    write(post, digest(html='<meta charset="utf-8"><p>Môn</p>'))
    page = post.newest_html()
    assert page is not None
    assert page.read_bytes() == '<meta charset="utf-8"><p>Môn</p>\n'.encode()


def test_same_mail_gives_the_same_files(tmp_path: Path) -> None:
    post = FolderMailer(tmp_path)
    write(post, digest())
    before = names(tmp_path)
    write(post, digest())
    assert names(tmp_path) == before
    write(post, digest(number=2))
    assert len(names(tmp_path)) == 4


def test_copy_has_its_own_file(tmp_path: Path) -> None:
    post = FolderMailer(tmp_path)
    write(post, digest())
    write(post, b"Resent-Message-ID: <copy@example.org>\r\n" + digest())
    assert len(names(tmp_path)) == 4


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("../../etc/passwd", "2026-11-24-etc-passwd-"),
        ("Ynys Môn: 1 ateb", "2026-11-24-ynys-mon-1-ateb-"),
        ("问", "2026-11-24-mail-"),
        ("a" * 300, f"2026-11-24-{'a' * 60}-"),
    ],
)
def test_file_names_have_plain_letters_only(subject: str, name: str, tmp_path: Path) -> None:
    write(FolderMailer(tmp_path), digest(subject=subject))
    assert all(written.startswith(name) for written in names(tmp_path))
    assert len(names(tmp_path)) == 2


def test_a_mail_without_date_subject_or_page(tmp_path: Path) -> None:
    post = FolderMailer(tmp_path)
    write(post, b"From: a@example.org\r\n\r\nhello\r\n")
    (name,) = names(tmp_path)
    assert name.startswith("undated-mail-")
    assert name.endswith(".eml")
    assert post.newest_html() is None


def test_newest_page_is_written_by_pqwatch(tmp_path: Path) -> None:
    post = FolderMailer(tmp_path)
    assert FolderMailer(tmp_path / "none").newest_html() is None
    (tmp_path / "notes.html").write_text("mine")
    assert post.newest_html() is None
    for number in (1, 2):
        write(post, digest(number=number, subject=f"Number {number}"))
        page = next(tmp_path.glob(f"*number-{number}*.html"))
        os.utime(page, ns=(number, number))
    newest = post.newest_html()
    assert newest is not None
    assert "number-2" in newest.name


def test_symbolic_links_are_not_written_through(tmp_path: Path) -> None:
    post = FolderMailer(tmp_path / "outbox")
    write(post, digest())
    target = tmp_path / "precious"
    target.write_text("mine")
    page = post.newest_html()
    assert page is not None
    page.unlink()
    page.symlink_to(target)
    with pytest.raises(DeliveryError, match="symbolic link") as caught:
        write(post, digest())
    assert caught.value.scope == "message"
    assert target.read_text() == "mine"
    assert post.newest_html() is None


def test_draft_of_a_killed_run_is_replaced(tmp_path: Path) -> None:
    post = FolderMailer(tmp_path)
    write(post, digest())
    page = post.newest_html()
    assert page is not None
    draft = tmp_path / f".{page.name}.part"
    precious = tmp_path / "precious"
    precious.write_text("mine")
    draft.symlink_to(precious)
    write(post, digest())
    assert not draft.exists()
    assert precious.read_text() == "mine"


def test_folder_without_write_access(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DeliveryError, match=r"set another delivery\.folder") as caught:
        write(FolderMailer(tmp_path / "file"), digest())
    assert caught.value.scope == "server"


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DeliveryError, match="No space left on device") as caught:
        write(FolderMailer(tmp_path), digest())
    assert caught.value.scope == "server"
    assert names(tmp_path) == []


def test_files_and_folder_reach_the_disk_before_the_mail_counts_as_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        synced.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    FolderMailer(tmp_path).deliver(
        digest(), "reader@example.org", lambda: synced.append("before"), lambda _: synced.append("accepted")
    )
    assert synced == ["before", "file", "file", "folder", "accepted"]


def test_kill_while_writing_duplicates_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def kill(_handle: int) -> None:
        raise Killed

    post, mailer = bench(tmp_path), FolderMailer(tmp_path / "outbox")
    post.add(Letter(message=digest()))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", kill)
        with pytest.raises(Killed):
            send_pending(post.outbox, mailer, post.clock)
    assert post.row().state is DeliveryState.DOTTED
    report = send_pending(post.outbox, mailer, post.clock)
    assert (report.sent, report.ambiguous, report.failures) == (1, 0, ())
    assert len(names(mailer.folder)) == 2
    assert post.row().ambiguous == 0
