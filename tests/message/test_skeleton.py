"""A reader's copy reads back as the mail that was set, and its bytes are such that any server takes them."""

from __future__ import annotations

import html
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.message import Letterhead, Skeleton, message_id
from digest.model import Mail, Message, Recipient, placeholders
from digest.model.placeholders import PLACEHOLDERS
from tests.helpers.copies import DATE, VALUES

LETTERHEAD = Letterhead(
    sender="The Daily <daily@news.example.org>",
    list_name="daily",
    list_title="The Daily",
    feedback_id="newsroom",
)
READER = Recipient(reader_id=7, subscription_id=7, address="ada@example.org", name="Ada Lovelace")

chars = st.characters(
    exclude_categories=["Cs"], exclude_characters=f"\r{placeholders.OPEN}{placeholders.CLOSE}"
)
plain = st.text(chars, max_size=200) | st.text(st.sampled_from(" \t\n.=-From é漢🙂"), max_size=200)
marked = st.lists(plain | st.sampled_from(list(PLACEHOLDERS.values())), max_size=12).map("".join)
packed = st.lists(
    st.text("漢字かな交じり文", max_size=40) | st.sampled_from(list(PLACEHOLDERS.values())), max_size=12
).map("".join)
personal = st.fixed_dictionaries(
    {name: st.just(value) if name.endswith("url") else plain for name, value in VALUES.items()}
)


def built(mail: Mail, values: dict[str, str] = VALUES, letterhead: Letterhead = LETTERHEAD) -> Message:
    return Skeleton(mail, letterhead, edition="daily-2026-03-02T0700", date=DATE).message(READER, values)


def mail(html: str = "<p>Hello</p>", text: str = "Hello", subject: str = "Good morning") -> Mail:
    return Mail(subject=subject, preheader="", html=html, text=text)


def parsed(message: Message) -> EmailMessage:
    parsed = message_from_bytes(message.data, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def parts(message: Message) -> tuple[str, str]:
    """Return the text and the HTML part as a mail program decodes them."""
    both = list(parsed(message).iter_parts())
    assert [part.get_content_type() for part in both] == ["text/plain", "text/html"]
    texts = [part.get_payload(decode=True) for part in both]
    assert not any(part.defects for part in both)
    return tuple(bytes(text).decode().replace("\r\n", "\n") for text in texts)  # type: ignore[return-value]


def assert_fit_for_the_wire(data: bytes) -> None:
    assert data.endswith(b"\r\n")
    assert data.isascii()
    assert b"\0" not in data
    lines = data.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert not any(line.startswith((b".", b"From ")) for line in lines)
    body = data.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert max(map(len, lines)) <= 998
    assert not any(
        line.endswith((b" ", b"\t")) or b"  " in line or b"\t" in line for line in body.split(b"\r\n")
    )


@given(marked, marked, personal)
@example("." * 200, "From " * 40, {**VALUES, "name": ".From"})
@example(
    f"a{PLACEHOLDERS['name']}b{PLACEHOLDERS['name']}{PLACEHOLDERS['name']}\n",
    f"{PLACEHOLDERS['name']}\n",
    {**VALUES, "name": ""},
)
def test_any_mail_reads_back_as_it_was_set(text: str, page: str, values: dict[str, str]) -> None:
    message = built(mail(html=page, text=text), values)
    assert_fit_for_the_wire(message.data)
    assert parts(message) == (
        placeholders.fill(text, values.__getitem__),
        placeholders.fill(page, lambda name: html.escape(values[name])),
    )


@given(packed, personal)
def test_a_script_that_is_not_ascii_is_packed_in_base64_and_reads_back(
    text: str, values: dict[str, str]
) -> None:
    message = built(mail(text=f"漢字の見出し{text}", html=f"漢字の見出し{text}"), values)
    assert message.data.count(b"Content-Transfer-Encoding: base64\r\n") == 2
    assert_fit_for_the_wire(message.data)
    assert parts(message)[0] == "漢字の見出し" + placeholders.fill(text, values.__getitem__)


def test_every_kind_of_line_break_becomes_one() -> None:
    assert parts(built(mail(text="one\r\ntwo\rthree\nfour")))[0] == "one\ntwo\nthree\nfour"


def test_half_a_surrogate_pair_does_not_stop_a_mail() -> None:
    assert parts(built(mail(text="broken \ud83d emoji")))[0] == "broken ? emoji"


def test_the_headers_of_a_copy() -> None:
    message = built(mail())
    headers = parsed(message)
    assert headers["From"] == "The Daily <daily@news.example.org>"
    assert headers["To"] == "Ada Lovelace <ada@example.org>"
    assert headers["Subject"] == "Good morning"
    assert headers["Date"] == "Mon, 02 Mar 2026 06:00:00 +0000"
    assert headers["Message-ID"] == f"<{message.id}>"
    assert headers["List-Unsubscribe"] == f"<{VALUES['unsubscribe_url']}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Id"] == "The Daily <daily.news.example.org>"
    assert headers["Precedence"] == "bulk"
    assert headers["Feedback-ID"] == "daily-2026-03-02T0700:daily:digest:newsroom"
    assert headers["MIME-Version"] == "1.0"
    assert headers.get_content_type() == "multipart/alternative"
    assert len(headers.keys()) == len(set(headers.keys()))
    assert "Return-Path" not in headers
    assert "Bcc" not in headers
    assert "X-Digest-Test" not in headers


def test_a_long_unsubscribe_link_stays_as_it_is_on_one_line() -> None:
    url = "https://news.example.org/u/" + "A" * 180
    assert (
        f"\r\nList-Unsubscribe: <{url}>\r\n".encode()
        in built(mail(), {**VALUES, "unsubscribe_url": url}).data
    )


def test_leaving_by_mail_is_offered_beside_the_link() -> None:
    skeleton = Skeleton(
        mail(),
        LETTERHEAD,
        edition="daily",
        date=DATE,
        leave_address=lambda number: f"leave+{number}@example.org",
    )
    message = skeleton.message(READER, VALUES)
    assert (
        b"AAECAwQFBgcICQoLDA0ODw>,\r\n <mailto:leave+7@example.org?subject=unsubscribe>\r\n" in message.data
    )
    assert parsed(message)["List-Unsubscribe"].count("https:") == 1


def test_each_mail_comes_back_to_an_address_of_its_own_and_no_header_shows_it() -> None:
    skeleton = Skeleton(
        mail(),
        LETTERHEAD,
        edition="daily",
        date=DATE,
        return_path=lambda number: f"bounces+{number}@example.org",
    )
    message = skeleton.message(READER, VALUES)
    assert message.sender == "bounces+7@example.org"
    assert b"bounces+7" not in message.data


def test_a_retry_has_the_same_bytes_and_another_reader_another_id() -> None:
    skeleton = Skeleton(mail(), LETTERHEAD, edition="daily-2026-03-02T0700", date=DATE)
    first, again = skeleton.message(READER, VALUES), skeleton.message(READER, VALUES)
    other = skeleton.message(Recipient(reader_id=8, subscription_id=8, address="b@example.org"), VALUES)
    assert first == again
    assert first.id == message_id("daily-2026-03-02T0700", 7, "news.example.org")
    assert (first.sender, first.recipient) == ("daily@news.example.org", "ada@example.org")
    assert other.id != first.id
    assert other.key != first.key


def test_a_test_copy_says_so_and_is_never_the_duplicate_of_another() -> None:
    letterhead = Letterhead(sender="daily@news.example.org", list_name="daily", test=True)
    first = Skeleton(mail(), letterhead, edition="daily", date=DATE).message(READER, VALUES)
    later = Skeleton(mail(), letterhead, edition="daily", date=DATE.replace(minute=1)).message(READER, VALUES)
    assert parsed(first)["X-Digest-Test"] == "yes"
    assert first.id != later.id


def test_a_subject_may_name_the_reader() -> None:
    message = built(mail(subject=f"{PLACEHOLDERS['name']}, your morning"), {**VALUES, "name": "Ądam"})
    assert parsed(message)["Subject"] == "Ądam, your morning"


def test_senders_domain_is_written_in_ascii_and_carries_the_identifiers() -> None:
    letterhead = Letterhead(
        sender="Bücher täglich <tag@bücher.example>", list_name="tag", reply_to="Ö <ö@x.example>"
    )
    with pytest.raises(UsageError, match=r"before the @"):
        built(mail(), letterhead=letterhead)
    letterhead = Letterhead(
        sender="Bücher täglich <tag@bücher.example>", list_name="tag", reply_to="o@bücher.example"
    )
    message = built(mail(), letterhead=letterhead)
    headers = parsed(message)
    assert headers["From"].addresses[0].addr_spec == "tag@xn--bcher-kva.example"
    assert headers["From"].addresses[0].display_name == "Bücher täglich"
    assert headers["Reply-To"] == "o@xn--bcher-kva.example"
    assert message.id.endswith("@xn--bcher-kva.example")


@pytest.mark.parametrize(
    "address", ["a@example.org\r\nBcc: b@example.org", "a b@example.org", "a@x.org>", ""]
)
def test_an_address_cannot_smuggle_a_header_in(address: str) -> None:
    skeleton = Skeleton(mail(), LETTERHEAD, edition="daily", date=DATE)
    with pytest.raises(ValueError, match="cannot stand in a To header"):
        skeleton.message(Recipient(reader_id=1, subscription_id=1, address=address), VALUES)


@pytest.mark.parametrize(
    "url",
    ["https://x.example/\r\nX: y", "https://x.example/a b", "https://x.example/,", "https://bücher.example/"],
)
def test_a_link_cannot_smuggle_a_header_in(url: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in a List-Unsubscribe header"):
        built(mail(), {**VALUES, "unsubscribe_url": url})


def test_a_name_with_a_line_break_is_only_a_name() -> None:
    skeleton = Skeleton(mail(), LETTERHEAD, edition="daily", date=DATE)
    reader = Recipient(
        reader_id=1, subscription_id=1, address="a@example.org", name="Eve\r\nBcc: all@example.org"
    )
    headers = parsed(skeleton.message(reader, VALUES))
    assert headers["To"].addresses[0].display_name == "Eve Bcc: all@example.org"
    assert "Bcc" not in headers


def test_an_address_that_is_not_ascii_needs_a_server_that_takes_it() -> None:
    skeleton = Skeleton(mail(), LETTERHEAD, edition="daily", date=DATE)
    message = skeleton.message(Recipient(reader_id=1, subscription_id=1, address="jörg@example.org"), VALUES)
    assert "\r\nTo: jörg@example.org\r\n".encode() in message.data
    assert not message.wire_safe


@pytest.mark.parametrize(
    "word", ["Harbour" * 200, "x" * 998, "ü" * 700, "a=?b" * 300, '"q' * 500, "漢" * 500]
)
@pytest.mark.parametrize("spaced", [False, True])
def test_no_line_of_a_header_is_too_long_whatever_the_configuration_says(word: str, spaced: bool) -> None:
    long = f"The {word} Post" if spaced else word
    quoted = long.replace("\\", "\\\\").replace('"', '\\"')
    head = Letterhead(
        sender=f'"{quoted}" <daily@{"a" * 60}.{"b" * 60}.example.org>',
        list_name="daily",
        list_title=long,
        reply_to=f'"{quoted}" <desk@news.example.org>',
    )
    reader = READER._replace(name=long)
    message = Skeleton(mail(subject=long), head, edition="daily-1", date=DATE).message(reader, VALUES)
    assert max(map(len, message.data.split(b"\r\n"))) <= 998
    read = message_from_bytes(
        message.data
    )  # the parser of the newer policy puts blanks between encoded words
    for name in ("From", "Reply-To", "To", "List-Id", "Subject"):
        text = str(make_header(decode_header(read[name].partition(" <")[0])))
        assert text.strip() == long, name
