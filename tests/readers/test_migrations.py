"""Files of other systems: whoever left, bounced or complained there is never mailed from here."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest

from digest.errors import UsageError
from digest.readers.transfer import headings
from digest.readers.transfer.layout import Wishes
from digest.readers.transfer.report import Report
from digest.readers.transfer.standing import Standing, moment_of
from digest.readers.transfer.transfer import import_file
from digest.store.db.database import Database
from digest.store.editions import profiles
from digest.store.people import audience, readers, suppressions

MAILCHIMP = (
    "Email Address,First Name,Last Name,Address,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,LEID,EUID"
)
ROW = '{0}@example.org,Ann,Lee,"1 Quay, Springfield",2,2018-02-12 10:54:27,192.0.2.7,2018-02-13 08:00:00,1,e'

#: By system: file name, text, and the verdict on each of its rows.
FILES = {
    "Mailchimp": (
        "subscribed_members_export_1a2b.csv",
        f"{MAILCHIMP}\n{ROW.format('ann')}\n",
        {"ann": "added"},
    ),
    "Mailchimp unsubscribed": (
        "unsubscribed_email_audience_export_1a2b.csv",
        f"{MAILCHIMP},UNSUB_TIME,UNSUB_REASON\n{ROW.format('ben')},2020-01-02 03:04:05,NORMAL\n",
        {"ben": "unsubscribed"},
    ),
    "Mailchimp cleaned": (
        "cleaned_members_export_1a2b.csv",
        f"{MAILCHIMP},CLEAN_TIME\n{ROW.format('cid')},2020-01-02 03:04:05\n",
        {"cid": "suppressed"},
    ),
    "Mailchimp nonsubscribed": (
        "nonsubscribed_members_export_1a2b.csv",
        f"{MAILCHIMP}\n{ROW.format('dan')}\n",
        {"dan": "refused"},
    ),
    "Mailchimp renamed": (
        "people.csv",
        f"{MAILCHIMP}\n{ROW.format('ann')}\nben@example.org,Ben,,,2,,,,1,e\n",
        {"ann": "added", "ben": "refused"},
    ),
    "Ghost": (
        "members.csv",
        ("id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers\n"
        "1,ann@example.org,Ann,,true,false,,2024-05-01T08:30:00.000Z,,,\n"
        "2,ben@example.org,Ben,,false,false,,2024-05-01T08:30:00.000Z,,,\n"
        "3,cid@example.org,Cid,,true,false,,2024-05-01T08:30:00.000Z,2025-01-01T00:00:00.000Z,,\n"
        "4,dan@example.org,Dan,,,false,,2024-05-01T08:30:00.000Z,,,\n"),
        {"ann": "added", "ben": "unsubscribed", "cid": "unsubscribed", "dan": "refused"},
    ),
    "Substack": (
        "email_list.paper.csv",
        ("email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
        "ann@example.org,false,,other,false,2024-05-01T08:30:00.000Z,\n"
        "Ben@example.org,true,,yearly,false,2024-05-01T08:30:00.000Z,\n"
        "ben@example.org,false,,other,true,2024-05-01T08:30:00.000Z,\n"),
        {"ann": "added", "Ben": "refused", "ben": "unsubscribed"},
    ),
    "Substack, older": (
        "email_list.paper.csv",
        ("email,expiry,email_disabled,stripe_connected_customer_id,type\n"
        "ann@example.org,,false,,free\nben@example.org,,true,,gift\n"),
        {"ann": "added", "ben": "unsubscribed"},
    ),
    "beehiiv": (
        "subscribers.csv",
        ("email,First Name,Last Name,status,tier,created_at,stripe_customer_id,Free Tier,unsubscribed_at\n"
        "ann@example.org,Ann,Lee,active,free,2023-03-24 10:23:10 UTC,,x,\n"
        "ben@example.org,Ben,Lee,active,free,2023-03-24 10:23:10 UTC,,x,2024-03-24 10:23:10 UTC\n"
        "cid@example.org,Cid,Lee,inactive,free,2023-03-24 10:23:10 UTC,,x,\n"
        "dan@example.org,Dan,Lee,pending,free,2023-03-24 10:23:10 UTC,,x,\n"
        "eve@example.org,Eve,Lee,needs approval,free,2023-03-24 10:23:10 UTC,,x,\n"),
        {"ann": "added", "ben": "unsubscribed", "cid": "unsubscribed", "dan": "refused", "eve": "refused"},
    ),
    "Buttondown": (
        "subscribers.csv",
        ("id,secondary_id,email,notes,subscriber_type,referrer_url,creation_date,subscription_date,unsubscription_date\n"
        "1,1,ann@example.org,,regular,,2024-05-01,2024-05-01,\n"
        "2,2,ben@example.org,,unsubscribed,,2024-05-01,2024-05-01,2025-05-01\n"
        "3,3,cid@example.org,,spammy,,2024-05-01,2024-05-01,\n"
        "4,4,dan@example.org,,unactivated,,2024-05-01,,\n"
        "5,5,eve@example.org,,brand_new_type,,2024-05-01,,\n"),
        {"ann": "added", "ben": "unsubscribed", "cid": "suppressed", "dan": "refused", "eve": "refused"},
    ),
    "Brevo": (
        "contacts.csv",
        ("EMAIL;LASTNAME;FIRSTNAME;SMS;EMAIL_BLACKLISTED;SMS_BLACKLISTED;ADDED_TIME;MODIFIED_TIME\n"
        "ann@example.org;Lee;Ann;;No;Yes;12-04-2022 09:30;12-04-2022 09:30\n"
        "ben@example.org;Lee;Ben;;Yes;No;12-04-2022 09:30;12-04-2022 09:30\n"),
        {"ann": "added", "ben": "unsubscribed"},
    ),
    "phpList": (
        "phpList Export on Paper from 2020-01-01 to 2026-01-01.csv",
        ("id\tEmail\tIs this subscriber confirmed\tIs this subscriber blacklisted\tNumber of bounces\tEntered\t"
        "Is this account disabled?\tList Membership\n"
        "1\tann@example.org\t1\t0\t3\t2019-01-02 03:04:05\t0\tPaper; \n"
        "2\tben@example.org\t1\t1\t0\t2019-01-02 03:04:05\t0\tPaper; \n"
        "3\tcid@example.org\t0\t0\t0\t2019-01-02 03:04:05\t0\tPaper; \n"
        "4\tdan@example.org\t1\t0\t0\t2019-01-02 03:04:05\t1\tNo Lists\n"),
        {"ann": "added", "ben": "suppressed", "cid": "refused", "dan": "unsubscribed"},
    ),
    "MailPoet": (
        "MailPoet_export.csv",
        ('\ufeff"Email","First name","Last name","Subscription time","Confirmation time","List status",'
        '"Global status","List"\n'
        '"ann@example.org","Ann \\"Annie\\"","Lee","2019-01-02","2019-01-03","subscribed","subscribed","A"\n'
        '"ben@example.org","Ben","Lee","","","subscribed","subscribed","A"\n'
        '"ben@example.org","Ben","Lee","","","unsubscribed","subscribed","B"\n'
        '"cid@example.org","Cid","Lee","","","subscribed","bounced","A"\n'
        '"dan@example.org","Dan","Lee","","","subscribed","inactive","A"\n'),
        {"ann": "added", "ben": "unsubscribed", "cid": "suppressed", "dan": "refused"},
    ),
    "Mailtrain": (
        "subscriptions.csv",
        ("cid,status,HASH_EMAIL,EMAIL,MERGE_FIRST\n"
        "a,subscribed,h==,ann@example.org,Ann\nb,unsubscribed,h==,ben@example.org,Ben\n"
        "c,complained,h==,cid@example.org,Cid\nd,unsubscribed,h==,,\n"),
        {"ann": "added", "ben": "unsubscribed", "cid": "suppressed", "": "refused"},
    ),
    "Keila": (
        "contacts.csv",
        ('Email,First name,Last name,Data,Status,External ID\nann@example.org,Ann,Lee,"{""a"":1}",active,\n'
        "ben@example.org,Ben,Lee,,unsubscribed,\ncid@example.org,Cid,Lee,,unreachable,\n"),
        {"ann": "added", "ben": "unsubscribed", "cid": "suppressed"},
    ),
    "Kit": (
        "export.csv",
        ("first_name,email,created_at,status\nAnn,ann@example.org,2024-01-01,active\nBen,ben@example.org,2024-01-01,cancelled\n"
        "Cid,cid@example.org,2024-01-01,complained\nDan,dan@example.org,2024-01-01,inactive\n"),
        {"ann": "added", "ben": "unsubscribed", "cid": "suppressed", "dan": "refused"},
    ),
    "Curated": (
        "members.csv",
        ("Email Address,Subscribed at,UTM Source,UTM Medium,UTM Term,UTM Content,UTM Campaign,UTM Referrer\n"
        "ann@example.org,2021-02-04 07:55:20 +0000,,,,,,,\n"),
        {"ann": "added"},
    ),
    "nobody's": (
        "list.csv",
        ("E-Mail,Unsubscribed?,Bounced at,Opted out\nann@example.org,no,,0\nben@example.org,yes,,0\n"
        "cid@example.org,,2024-05-01,0\ndan@example.org,maybe,,\neve@example.org,0000-00-00 00:00:00,NULL,\n"),
        {"ann": "added", "ben": "unsubscribed", "cid": "suppressed", "dan": "refused", "eve": "added"},
    ),
}  # fmt: skip


async def _import(
    db: Database, text: str, now: datetime, file: str = "", wishes: Wishes | None = None
) -> Report:
    return await import_file(db, "daily", text.encode(), now, file=file, wishes=wishes)


@pytest.mark.parametrize("what", FILES)
async def test_each_systems_file_is_read_for_who_wants_mail(
    sqlite_db: Database, now: datetime, what: str
) -> None:
    file, text, verdicts = FILES[what]
    report = await _import(sqlite_db, text, now, file)
    found: dict[str, str] = {}
    for row in report.rows:
        found.setdefault(row.address.partition("@")[0], row.verdict)
    strictest = {
        row.address.partition("@")[0]: row.verdict for row in report.rows if row.verdict != "refused"
    }
    assert found | strictest == verdicts
    system = what.partition(" ")[0].removesuffix(",")
    assert report.recognised == (None if system == "nobody's" else system)
    assert await audience.size(sqlite_db, "daily") == sum(verdict == "added" for verdict in verdicts.values())


@pytest.mark.parametrize(
    ("heading", "willing", "others"),
    [
        ("Email Marketing Consent", "SUBSCRIBED", ["NEVER_SUBSCRIBED", "UNSUBSCRIBED", "", "no"]),
        ("Consent status", "yes", ["no", "unknown"]),
        ("Accepts Email Marketing", "yes", ["no", "maybe"]),
        ("Newsletter", "yes", ["no", "FALSE", "0"]),
        ("Receives newsletter", "1", ["0"]),
        ("Opt-in", "2024-05-01", ["no"]),
        ("Active", "1", ["0"]),
        ("is_subscribed", "true", ["false"]),
        ("email_verified", "Y", ["N"]),
        ("Unsubscribed", "", ["yes", "true", "1", "2024-05-01", "1714552200", "sometimes"]),
        ("Do not mail", "no", ["yes"]),
        ("type", "regular", ["unsubscribed", "unactivated", "spammy", "VIP"]),
        ("Hard bounced", "0", ["1"]),
        ("Subscription status", "Subscribed", ["Unsubscribed", "Non-Subscribed", "Cleaned", "whatever"]),
    ],
)
async def test_columns_that_many_systems_share(
    sqlite_db: Database, now: datetime, heading: str, willing: str, others: list[str]
) -> None:
    rows = [f"r{number}@example.org,{cell}" for number, cell in enumerate([willing, *others])]
    report = await _import(sqlite_db, "\n".join([f"email,{heading}", *rows]), now)
    assert [row.address for row in report.rows if row.verdict == "added"] == ["r0@example.org"]


async def test_a_row_that_does_not_fit_its_headings_is_not_taken(sqlite_db: Database, now: datetime) -> None:
    text = (
        "email,name,country,unsubscribed\nann@example.org,Lee, Ann,NO,true\nben@example.org,Ben,NO,false,\n"
    )
    report = await _import(sqlite_db, text, now)
    assert [row.verdict for row in report.rows] == ["refused", "added"]
    assert "5 cells" in next(iter(report.rows)).why


@pytest.mark.parametrize(
    "heading",
    [
        "Has unsubscribed from us",
        "customer_type",
        "SMTP error",
        "Reason",
        "Member state of play",
        "Complaints",
        "SMTP bounces",
        "Spam score",
        "clean",
        "Abgemeldet am",
        "Listenstatus",
        unicodedata.normalize("NFD", "Date de désabonnement"),
        "Ｓｔａｔｕｓ　ｃｏｄｅ",
        "Désinscrit le",
        "Motivo de la baja",
        "Disiscritto il",
        "Cancelado em",
        "Uitgeschreven op",
        "Data wypisania: wypisany",
        "Дата відписки",
        "تاريخ إلغاء الاشتراك",
        "תאריך הסרה",
        "配信停止日",
        "退订时间",
    ],
)
async def test_a_column_that_may_tell_who_left_and_is_not_understood_stops_the_import(
    sqlite_db: Database, now: datetime, heading: str
) -> None:
    text = f"email,{heading}\nann@example.org,\nben@example.org,x\n"
    with pytest.raises(UsageError) as refused:
        await _import(sqlite_db, text, now)
    assert repr(heading) in str(refused.value)
    assert await audience.size(sqlite_db, "daily") == 0
    report = await _import(sqlite_db, text, now, wishes=Wishes(ignored_columns=(heading,)))
    assert report.added == 2


@pytest.mark.parametrize(
    "file",
    [
        "unsubscribed.csv",
        "Bounces 2024.csv",
        "suppression-list.csv",
        "blacklist.txt",
        "abgemeldete.csv",
        "退订.csv",
    ],
)
async def test_a_name_that_speaks_of_leaving_needs_a_word_of_the_operator(
    sqlite_db: Database, now: datetime, file: str
) -> None:
    text = "email\nann@example.org\n"
    with pytest.raises(UsageError, match="--status"):
        await _import(sqlite_db, text, now, file)
    assert await audience.size(sqlite_db, "daily") == 0
    report = await _import(sqlite_db, text, now, file, Wishes(status=Standing.LEFT))
    assert (report.added, report.unsubscribed) == (0, 1)


@pytest.mark.parametrize(
    "file", ["subscribed.csv", "active-readers.csv", "readers.csv", "newsletter type A.csv"]
)
async def test_other_names_do_not(sqlite_db: Database, now: datetime, file: str) -> None:
    assert (await _import(sqlite_db, "email\nann@example.org\n", now, file)).added == 1


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("EMAIL;FIRSTNAME;ADDED_TIME;MODIFIED_TIME\na@example.org;A;12-04-2022 09:30;\n", "email blacklisted"),
        ("id,email,name,note,labels,tiers\n1,a@example.org,A,,,\n", "subscribed to emails"),
        ("email,active_subscription,expiry,plan\na@example.org,true,,x\n", "email disabled"),
        ("id\tEmail\tList Membership\n1\ta@example.org\tPaper\n", "is this subscriber confirmed"),
        ("Email,Subscription time,Confirmation time\na@example.org,,\n", "list status"),
        ("uuid,email,name,attributes,status,created_at\nu,a@example.org,A,{},enabled,\n", "subscription status"),
    ],
)  # fmt: skip
async def test_an_export_without_the_column_that_tells_is_asked_for_again(
    sqlite_db: Database, now: datetime, text: str, column: str
) -> None:
    with pytest.raises(UsageError, match=column):
        await _import(sqlite_db, text, now)
    report = await _import(sqlite_db, text, now, wishes=Wishes(status=Standing.CONFIRMED))
    assert report.added == 1


async def test_who_left_is_remembered_with_the_day_and_stays_away(db: Database, now: datetime) -> None:
    await _import(db, "email\nann@example.org\n", now)
    text = (
        "email,unsubscribed_at,bounced_at\nann@example.org,2020-01-02 03:04:05,\nben@example.org,2020-01-02T03:04:05Z,\n"
        "cid@example.org,,2021-05-06 07:08:09\n"
    )
    report = await _import(db, text, now, "old.csv")
    assert (report.unsubscribed, report.suppressed, report.added) == (2, 1, 0)
    for address in ("ann@example.org", "ben@example.org"):
        known = await profiles.show(db, address)
        assert known
        [one] = known.subscriptions
        assert (one.status.value, one.since) == ("unsubscribed", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC))
    [suppressed] = [one async for one in suppressions.list_(db)]
    assert (suppressed.key, suppressed.since) == (
        "cid@example.org",
        datetime(2021, 5, 6, 7, 8, 9, tzinfo=UTC),
    )
    assert "old.csv" in suppressed.reason
    again = await _import(db, "email\nann@example.org\nben@example.org\ncid@example.org\n", now)
    assert (again.added, again.refused) == (0, 3)
    assert [row.why.partition(":")[0] for row in again.rows] == [
        "has unsubscribed",
        "has unsubscribed",
        "is suppressed",
    ]


async def test_nothing_is_kept_of_who_was_forgotten(db: Database, now: datetime) -> None:
    await suppressions.forget(db, "ann@example.org", now)
    text = "email,unsubscribed_at,bounced\nann@example.org,2020-01-02,\nANN@example.org,,yes\n"
    report = await _import(db, text, now)
    assert report.refused == 2
    assert [one async for one in readers.list_(db)] == []
    assert [one async for one in suppressions.list_(db)] == []


async def test_the_strictest_of_two_rows_wins_whatever_their_order(
    sqlite_db: Database, now: datetime
) -> None:
    text = (
        "email,status\nann@example.org,unsubscribed\nANN@example.org,active\n"
        "ben@example.org,active\nBEN@example.org,bounced\n"
    )
    report = await _import(sqlite_db, text, now)
    assert [row.verdict for row in report.rows] == ["unsubscribed", "refused", "refused", "suppressed"]
    assert list(report.rows)[1].why == "the same as line 2, where its status is 'unsubscribed'"


async def test_the_date_of_consent_is_the_confirmations_and_never_invented(
    sqlite_db: Database, now: datetime
) -> None:
    text = (
        "email,created_at,confirmed_at\nann@example.org,2020-01-01 10:00:00,2020-01-02 10:00:00 +0200\n"
        "ben@example.org,2020-01-01,0000-00-00 00:00:00\ncid@example.org,03/04/2020,\ndan@example.org,,\n"
    )
    await _import(sqlite_db, text, now)
    found = {one.address[:3]: one async for one in readers.list_(sqlite_db)}
    assert found["ann"].since == datetime(2020, 1, 2, 8, tzinfo=UTC)
    assert found["ben"].since == datetime(2020, 1, 1, tzinfo=UTC)
    assert (
        found["cid"].consent["created_at"] == "03/04/2020"
    )  # 3 April or March 4: the text is kept, no day is guessed
    assert found["dan"].consent == {"how": "imported"}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2018-02-12 10:54:27", datetime(2018, 2, 12, 10, 54, 27, tzinfo=UTC)),
        ("2024-03-01 09:30:00.12 +0000 UTC", datetime(2024, 3, 1, 9, 30, tzinfo=UTC)),
        ("2024-05-01T08:30:00.000Z", datetime(2024, 5, 1, 8, 30, tzinfo=UTC)),
        ("1714552200", datetime(2024, 5, 1, 8, 30, tzinfo=UTC)),
        ("12-04-2022 09:30", None),
        ("2024-13-41", None),
        ("yesterday", None),
    ],
)
def test_dates_of_exports(text: str, moment: datetime | None) -> None:
    assert moment_of(text) == moment


def test_brevo_writes_the_day_first() -> None:
    assert moment_of("12-04-2022 09:30", day_first=True) == datetime(2022, 4, 12, 9, 30, tzinfo=UTC)


async def test_a_list_without_headings_that_says_who_left_takes_only_the_others(
    sqlite_db: Database, now: datetime
) -> None:
    report = await _import(sqlite_db, "ann@example.org,x\nben@example.org,Unsubscribed\n", now)
    assert [row.verdict for row in report.rows] == ["added", "unsubscribed"]


@pytest.mark.parametrize("heading", headings.ADDRESS)
async def test_every_word_for_an_address_is_known_as_people_write_it(
    sqlite_db: Database, now: datetime, heading: str
) -> None:
    for spelling in {heading, heading.upper(), heading.replace(" ", "-"), heading.title()}:
        cell = spelling.replace('"', '""')
        assert (await _import(sqlite_db, f'x,"{cell}"\n1,ann@example.org\n', now)).refused == 0


@pytest.mark.parametrize(
    "order", ["Address,Email Address", "Email Address,Address", "Adresse,E-Mail", "Mail,address"]
)
async def test_a_postal_address_is_not_where_mail_goes(
    sqlite_db: Database, now: datetime, order: str
) -> None:
    cells = [
        "ann@example.org" if "mail" in title.lower() else '"1 Quay, Springfield"'
        for title in order.split(",")
    ]
    assert (await _import(sqlite_db, f"{order}\n{','.join(cells)}\n", now)).added == 1


async def test_the_columns_that_were_not_used_are_named(sqlite_db: Database, now: datetime) -> None:
    report = await _import(sqlite_db, "email,Name,Shoe size,City\nann@example.org,Ann,43,Oslo\n", now)
    assert report.unused_columns == ("Shoe size", "City")


async def test_a_system_can_be_named(sqlite_db: Database, now: datetime) -> None:
    text = "Name,Email,Status\nAnn,ann@example.org,Subscribed\nBen,ben@example.org,Marked as spam\n"
    report = await _import(sqlite_db, text, now, wishes=Wishes(system="sendy"))
    assert (report.recognised, report.added, report.suppressed) == ("Sendy", 1, 1)
    with pytest.raises(UsageError, match="mailchimp"):
        await _import(sqlite_db, text, now, wishes=Wishes(system="mailchump"))
