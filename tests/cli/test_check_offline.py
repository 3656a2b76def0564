"""`digest check` without network: whatever would keep a mail from leaving is told before an edition is due."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.message.dkim import new_key
from tests.cli.conftest import Digest, Newsroom

SMTP = '[[senders]]\nkind = "smtp"\nhost = "smtp.example.org"\n'
DKIM = '[[dkim]]\ndomain = "post.example.org"\nselector = "s1"\nkey_file = "key.pem"\n'


def add(newsroom: Newsroom, table: str) -> None:
    newsroom.edit("[[newsletters]]\n", f"{table}\n[[newsletters]]\n")


def failures(digest: Digest) -> dict[str, str]:
    checked = digest("check", "--json")
    found = {row["subject"]: row["text"] for row in checked.json["findings"] if row["level"] == "failure"}
    assert checked.code == (1 if found else 0)
    return found


def warnings(digest: Digest) -> str:
    rows = digest("check", "--json").json["findings"]
    return "\n".join(f"{row['subject']}: {row['text']}" for row in rows if row["level"] == "warning")


def put(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        (b"", "private key in PEM form"),
        (b"hello\n", "private key in PEM form"),
        (b"-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n", "private key in PEM form"),
    ],
)
def test_a_dkim_key_that_is_none(
    digest: Digest, newsroom: Newsroom, content: bytes | None, words: str
) -> None:
    add(newsroom, DKIM)
    if content is not None:
        put(newsroom.folder / "key.pem", content)
    found = failures(digest)
    assert list(found) == ["dkim[0].key_file"]
    assert words in found["dkim[0].key_file"]
    assert "digest dkim new post.example.org" in found["dkim[0].key_file"]


def test_a_dkim_key_that_everybody_may_read_and_one_that_signs_nothing(
    digest: Digest, newsroom: Newsroom
) -> None:
    add(newsroom, DKIM)
    put(newsroom.folder / "key.pem", new_key("ed25519"))
    assert failures(digest) == {}
    (newsroom.folder / "key.pem").chmod(0o644)
    assert "chmod 600" in failures(digest)["dkim[0].key_file"]
    (newsroom.folder / "key.pem").chmod(0o600)
    newsroom.edit('domain = "post.example.org"', 'domain = "mail.example.net"')
    assert "dkim[0].domain: no mail is signed with it" in warnings(digest)


def test_a_new_key_is_for_the_ascii_form_of_a_domain(digest: Digest, newsroom: Newsroom) -> None:
    made = digest("dkim", "new", "Bücher.example", "--type", "ed25519", "--out", "key.pem")
    assert "digest._domainkey.xn--bcher-kva.example" in made.out
    add(newsroom, made.out[made.out.index("[[dkim]]") : made.out.index("3. ")])
    assert failures(digest) == {}
    assert digest("dkim", "new", "exa mple").code == 2


@pytest.mark.parametrize("content", [None, b"hello\n"])
def test_a_ca_file_that_is_none(digest: Digest, newsroom: Newsroom, content: bytes | None) -> None:
    if content is not None:
        put(newsroom.folder / "ca.pem", content)
    add(newsroom, f'{SMTP}ca_file = "ca.pem"\n')
    assert list(failures(digest)) == ["senders[0].ca_file"]


def test_an_outbox_that_is_no_folder(digest: Digest, newsroom: Newsroom) -> None:
    put(newsroom.folder / "outbox", b"")
    assert list(failures(digest)) == ["senders[0].folder"]


@pytest.mark.parametrize("secret", ["", "   ", "re_123\\n", "re_1\\n23"])
def test_a_secret_that_a_slip_has_changed(digest: Digest, newsroom: Newsroom, secret: str) -> None:
    add(newsroom, f'[[senders]]\nkind = "resend"\napi_key = "{secret}"\n')
    checked = digest("check", "--json")
    assert [row["subject"] for row in checked.json["findings"] if row["level"] == "failure"] == [
        "senders[0].api_key"
    ]
    assert "re_1" not in checked.out


def test_a_secret_with_a_blank_around_it_is_asked_about(digest: Digest, newsroom: Newsroom) -> None:
    add(newsroom, '[[senders]]\nkind = "resend"\napi_key = " re_123"\n')
    assert "senders[0].api_key: begins or ends with a blank" in warnings(digest)


def test_no_sender_at_all(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.config.write_text(f"senders = []\n{newsroom.config.read_text()}")
    assert list(failures(digest)) == ["senders"]


def test_nobody_to_mail_is_not_well(digest: Digest, newsroom: Newsroom) -> None:
    assert "it has no readers yet" in digest("check").out
    digest("subscribers", "add", "anna@example.org")
    assert "it has no readers" not in digest("check").out
    digest("subscribers", "unsubscribe", "anna@example.org")
    checked = digest("check").out
    assert "it has no readers any more" in checked
    assert not checked.endswith("All is well.\n")
