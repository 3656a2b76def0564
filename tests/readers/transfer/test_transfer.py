"""CSV in and out: a report on every line that was not taken, and no cell that acts as a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime

import pytest

from digest.errors import UsageError
from digest.readers import addresses
from digest.readers.transfer.export import HEADINGS, export_csv
from digest.readers.transfer.layout import Wishes
from digest.readers.transfer.report import Report
from digest.readers.transfer.transfer import import_file
from digest.store.db.database import Database
from digest.store.people import readers, suppressions
from digest.store.people.readers import Entry


async def _import(db: Database, text: str | bytes, now: datetime) -> Report:
    data = text.encode() if isinstance(text, str) else text
    return await import_file(db, "daily", data, now, consent={"how": "import"})


def _refused(report: Report) -> list[tuple[int, str, str]]:
    return [(row.line, row.address, row.why) for row in report.rows if row.verdict == "refused"]


async def _everybody(db: Database) -> dict[str, str]:
    return {one.address: one.name async for one in readers.list_(db, "daily")}


async def test_a_file_comes_in_and_a_second_time_changes_nothing(db: Database, now: datetime) -> None:
    text = "Email;Name\nAnna@example.org;Anna Berg\nbert@example.org;\n"
    first, second = await _import(db, text, now), await _import(db, text, now)
    assert (first.added, first.known, first.refused) == (2, 0, 0)
    assert (second.added, second.known, second.refused) == (0, 2, 0)
    assert await _everybody(db) == {"Anna@example.org": "Anna Berg", "bert@example.org": ""}


async def test_every_line_that_is_not_taken_is_told_with_its_reason(db: Database, now: datetime) -> None:
    left = addresses.parse("left@example.org")
    await readers.add(db, "daily", [Entry(address=left.text, key=left.key)], now)
    await readers.unsubscribe(db, 1, now)
    await suppressions.suppress(db, ["bounced@example.org"], "hard bounce", now)
    await suppressions.forget(db, "gone@example.org", now)
    text = (
        "address,name,status\n"  # line 1
        "anna@example.org,Anna,confirmed\n"
        "\n"
        "no address,Bert,\n"
        "ANNA@example.org,,\n"
        '"cara@example.org","two\nlines",\n'  # lines 6 and 7
        '"eva@","of\nthree\nlines",\n'  # lines 8 to 10
        "dora@example.org,,pending\n"
        "Left@example.org,,\n"
        "bounced@example.org,,\n"
        "gone@example.org,,\n"
    )
    report = await _import(db, text, now)
    assert (report.added, report.known) == (2, 0)
    refused = _refused(report)
    assert [(line, address) for line, address, _ in refused] == [
        (4, "no address"),
        (5, "ANNA@example.org"),
        (8, "eva@"),
        (11, "dora@example.org"),
        (12, "Left@example.org"),
        (13, "bounced@example.org"),
        (14, "gone@example.org"),
    ]
    reasons = [why for _, _, why in refused]
    assert reasons[1] == "the same as line 2"
    assert reasons[3] == "its status is 'pending'"
    assert [reason.partition(":")[0] for reason in reasons[4:]] == [
        "has unsubscribed",
        "is suppressed",
        "asked to be forgotten",
    ]
    [told] = [str(row) for row in report.rows if row.line == 5]
    assert told == "line 5: ANNA@example.org: the same as line 2"
    assert (await _everybody(db))["cara@example.org"] == "two lines"


async def test_the_parts_of_a_name_are_joined(sqlite_db: Database, now: datetime) -> None:
    text = (
        "Email Address,First Name,Last Name,Town\n"
        "anna@example.org,Anna,Berg,Oslo\n"
        "bert@example.org,,Holm,\n"
        "cara@example.org,Cara,,\n"
    )
    assert (await _import(sqlite_db, text, now)).added == 3
    names = {"anna@example.org": "Anna Berg", "bert@example.org": "Holm", "cara@example.org": "Cara"}
    assert await _everybody(sqlite_db) == names


@pytest.mark.parametrize(
    "data",
    [
        b"anna@example.org\nbert@example.org\n",
        "\ufeffE-Mail\tx\r\nanna@example.org\t1\r\nbert@example.org\t2\r\n".encode(),
        "name,email\nÅsa,anna@example.org\nBjörn,bert@example.org".encode("cp1252"),
    ],
    ids=["no headings", "tabs and a byte order mark", "Windows-1252"],
)
async def test_files_as_spreadsheets_write_them(sqlite_db: Database, now: datetime, data: bytes) -> None:
    assert (await _import(sqlite_db, data, now)).added == 2
    assert set(await _everybody(sqlite_db)) == {"anna@example.org", "bert@example.org"}


@pytest.mark.parametrize(
    "data",
    [b"name,city\nAnna,Oslo\n", b"\x00\x01\x02", b"%PDF-1.7\n...", b'a@example.org,"' + b"x" * 200_000],
)
async def test_what_is_no_list_of_readers_is_refused_in_words(
    sqlite_db: Database, now: datetime, data: bytes
) -> None:
    with pytest.raises(UsageError):
        await _import(sqlite_db, data, now)


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff", "sep=;\n", "email;name\n", "email\n\n,\n"])
async def test_an_empty_file_is_a_mistake(sqlite_db: Database, now: datetime, text: str) -> None:
    with pytest.raises(UsageError, match=r"holds (no addresses|headings and no rows)"):
        await _import(sqlite_db, text, now)


def _zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_zipped("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (_zipped("mimetype", "content.xml"), "ods"),
        (_zipped("Index/Document.iwa"), "Numbers"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "xls"),
        (b"%PDF-1.7\n", "PDF"),
        (b'{"subscribers": []}', "JSON"),
        (b"<!doctype html><title>Sign in</title>", "web page"),
    ],
)
async def test_what_is_no_csv_is_named(sqlite_db: Database, now: datetime, data: bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        await _import(sqlite_db, data, now)


async def test_headings_without_an_address_are_named_and_one_can_be_chosen(
    sqlite_db: Database, now: datetime
) -> None:
    text = "Who,Where to\nAnna,anna@example.org\n"
    with pytest.raises(UsageError, match="'Who', 'Where to'"):
        await _import(sqlite_db, text, now)
    chosen = Wishes(address_column="where to")
    assert (await import_file(sqlite_db, "daily", text.encode(), now, wishes=chosen)).added == 1
    with pytest.raises(UsageError, match="'Where to'"):
        await import_file(sqlite_db, "daily", text.encode(), now, wishes=Wishes(address_column="Wher to"))


async def test_an_address_may_come_with_its_name_and_no_name_holds_an_address(
    sqlite_db: Database, now: datetime
) -> None:
    text = (
        'email,name\nZoë Öz <zoe@example.org>,\n"""Berg, Anna"" <anna@example.org>",\n'
        "bert@example.org,cara@example.org\ndora@example.org,Dora@example.org\n"
    )
    report = await _import(sqlite_db, text, now)
    assert [(line, address) for line, address, _ in _refused(report)] == [(4, "bert@example.org")]
    assert await _everybody(sqlite_db) == {
        "zoe@example.org": "Zoë Öz",
        "anna@example.org": "Berg, Anna",
        "dora@example.org": "",
    }


async def test_guards_against_formulas_are_taken_off(sqlite_db: Database, now: datetime) -> None:
    text = "email,name\n'+anna@example.org,' =SUM(A1)\nbert@example.org,'t Hooft\n"
    await _import(sqlite_db, text, now)
    assert await _everybody(sqlite_db) == {"+anna@example.org": "=SUM(A1)", "bert@example.org": "'t Hooft"}


async def test_what_goes_out_comes_in_again_and_no_cell_is_a_formula(
    sqlite_db: Database, now: datetime
) -> None:
    text = 'address,name\n=cmd@example.org,"=HYPERLINK(""https://example.org"")"\n+anna@example.org,-2+3\n'
    assert (await _import(sqlite_db, text, now)).added == 2
    before = await _everybody(sqlite_db)
    file = io.StringIO(newline="")
    assert await export_csv(readers.list_(sqlite_db), file) == 2
    rows = list(csv.reader(io.StringIO(file.getvalue())))
    assert tuple(rows[0]) == HEADINGS
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    await suppressions.forget(sqlite_db, "nobody@example.org", now)
    again = await _import(sqlite_db, file.getvalue(), now)
    assert (again.added, again.known, again.refused) == (0, 2, 0)
    assert before == await _everybody(sqlite_db)


async def test_the_proof_of_consent_comes_in_and_goes_out(db: Database, now: datetime) -> None:
    text = (
        "email,confirmed_at,ip,colour\nanna@example.org,2024-05-01 08:30,192.0.2.0,red\nbert@example.org,,,\n"
    )
    assert (await _import(db, text, now)).added == 2
    anna, bert = [one async for one in readers.list_(db)]
    assert anna.consent == {"how": "import", "confirmed_at": "2024-05-01 08:30", "ip": "192.0.2.0"}
    assert bert.consent == {"how": "import"}
    file = io.StringIO(newline="")
    await export_csv(readers.list_(db), file)
    assert "confirmed_at: 2024-05-01 08:30; how: import; ip: 192.0.2.0" in file.getvalue()
    assert (await import_file(db, "weekly", file.getvalue().encode(), now)).added == 2
    (again,) = [one async for one in readers.list_(db, "weekly") if one.address == "anna@example.org"]
    assert again.consent["consent"].startswith("confirmed_at: 2024-05-01 08:30; how: import")
    assert again.consent["since"] == "2024-05-01T08:30:00+00:00"


async def test_an_exported_unsubscription_is_not_undone_by_an_import(
    sqlite_db: Database, now: datetime
) -> None:
    await _import(sqlite_db, "anna@example.org\n", now)
    await readers.unsubscribe(sqlite_db, 1, now)
    file = io.StringIO(newline="")
    await export_csv(readers.list_(sqlite_db), file)
    report = await import_file(sqlite_db, "weekly", file.getvalue().encode(), now)
    assert (report.added, report.unsubscribed) == (0, 1)
