"""A ZIP of tables: those with readers are read, leavers first; nothing in it can harm, and no leaver is lost in it."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import datetime

import pytest

from digest.errors import UsageError
from digest.readers.transfer import archive, decoding
from digest.readers.transfer.report import Report
from digest.readers.transfer.transfer import import_file
from digest.store.db.database import Database
from digest.store.people import audience, readers

_HEAD = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID"
MAILCHIMP = {
    "subscribed_members_export_1.csv": f"{_HEAD}\nann@example.org,Ann,2,,2020-01-02,1,a\nBEN@example.org,,2,,,2,b\n",
    "unsubscribed_members_export_1.csv": f"{_HEAD},UNSUB_TIME\nben@example.org,,2,,,2,b,2021-01-01 00:00:00\n",
    "cleaned_members_export_1.csv": f"{_HEAD},CLEAN_TIME\ncid@example.org,,2,,,3,c,2021-01-01 00:00:00\n",
    "nonsubscribed_members_export_1.csv": f"{_HEAD}\n",
}


def _zip(files: dict[str, str | bytes], **options: int) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text, **options)
    return data.getvalue()


async def _import(db: Database, files: dict[str, str | bytes], now: datetime) -> Report:
    return await import_file(db, "daily", _zip(files), now, file="export.zip")


async def test_the_files_of_an_export_are_one_import(db: Database, now: datetime) -> None:
    report = await _import(db, {**MAILCHIMP, "__MACOSX/._subscribed_members_export_1.csv": b"\0\1"}, now)
    assert report.recognised == "Mailchimp"
    assert (report.added, report.unsubscribed, report.suppressed, report.refused) == (1, 1, 1, 1)
    [refused] = [row for row in report.rows if row.verdict == "refused"]
    assert (refused.file, refused.line) == ("subscribed_members_export_1.csv", 3)
    assert refused.why.startswith("the same as line 2 of unsubscribed_members_export_1.csv, where ")
    assert {row.file for row in report.rows} < set(MAILCHIMP)
    assert [one.address async for one in readers.list_(db, status=None) if one.standing == "confirmed"] == [
        "ann@example.org"
    ]


async def test_of_substacks_zip_only_the_list_of_readers_is_read(sqlite_db: Database, now: datetime) -> None:
    head = "email,active_subscription,expiry,plan,email_disabled,created_at"
    files = {
        "../../email_list.paper.csv": f"{head}\nann@example.org,false,,x,false,2023-01-01\n",
        "posts.csv": "post_id,post_date\n1,2023-01-01\n",
        "posts/1.delivers.csv": "post_id,email\n1,ben@example.org\n",
        "posts/1.html": "<p>",
    }
    report = await _import(sqlite_db, dict(files), now)
    assert [row.address for row in report.rows] == ["ann@example.org"]
    assert any("1.delivers.csv" in note and "posts.csv" in note for note in report.notes)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("suppression list.csv", "id,hash\n1,2\n"),  # leavers that cannot be read
        ("bounces.csv", "email\nben@example.org\n"),  # leavers of whom the file does not say so
        ("more.csv", "email,reason for going\nben@example.org,x\n"),
    ],
)
async def test_nobody_is_taken_where_one_file_may_hold_leavers(
    sqlite_db: Database, now: datetime, name: str, text: str
) -> None:
    with pytest.raises(UsageError, match="no row was taken"):
        await _import(sqlite_db, {"all.csv": "email\nann@example.org\nben@example.org\n", name: text}, now)
    assert await audience.size(sqlite_db, "daily") == 0


async def test_a_zip_that_grows_is_stopped_while_it_is_read(
    sqlite_db: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 3_000_000)
    bomb = b"email\n" + b"ann@example.org\n" * 100_000
    with pytest.raises(UsageError, match="larger than 3 MB"):
        await _import(sqlite_db, {"a.csv": bomb, "b.csv": bomb}, now)
    monkeypatch.setattr(decoding, "MAX_BYTES", 1_000_000)
    with pytest.raises(UsageError, match="larger than 1 MB"):
        await _import(sqlite_db, {"a.csv": bomb}, now)


def _with_list_of(count: int) -> bytes:
    data = _zip({"a.csv": "email\nann@example.org\n"})
    at = data.rindex(b"PK\x05\x06")
    return data[: at + 10] + struct.pack("<H", count) + data[at + 12 :]


def _encrypted() -> bytes:
    data = bytearray(_zip({"a.csv": "email\nann@example.org\n"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _damaged() -> bytes:
    data = bytearray(_zip({"a.csv": "email\n" + "ann@example.org\n" * 50}))
    data[45] ^= 0xFF
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04 and nothing more", "broken"),
        (_zip({"a.csv": "email\na@example.org\n"})[:-30], "broken"),
        (_with_list_of(60_000), "too many files"),
        (_encrypted(), "encrypted"),
        (_damaged(), "broken"),
        (_zip({"a.csv": "email\na@example.org\n"}, compress_type=zipfile.ZIP_LZMA), "unusual"),
        (_zip({f"{n}.csv": "email\na@example.org\n" for n in range(101)}), "too many tables"),
        (_zip({"a.csv": _zip({"b.csv": "email\n"})}), "a.csv: the file is a ZIP"),
        (_zip({"readme.md": "x"}), "readme.md"),
    ],
)
async def test_a_zip_that_cannot_be_read_is_told_in_words(
    sqlite_db: Database, now: datetime, data: bytes, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        await import_file(sqlite_db, "daily", data, now)
