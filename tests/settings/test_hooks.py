"""`[[hooks]]`: a kind, its keys, an address of its own; what is wrong is named and no secret shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import UsageError
from digest.settings import Settings
from digest.settings.loading import load


def loaded(tmp_path: Path, text: str, env: dict[str, str] | None = None) -> Settings:
    file = tmp_path / "config.toml"
    file.write_text(text, "utf-8")
    return load(file, env or {})


def test_its_name_is_the_kind_by_default(tmp_path: Path) -> None:
    first = '[[hooks]]\nkind = "postmark"\nsecret = "a:b"\n'
    second = '[[hooks]]\nkind = "postmark"\nname = "two"\nsecret = ["c:d", "e:f"]\n'
    assert [hook.name for hook in loaded(tmp_path, first + second).hooks] == ["postmark", "two"]


def test_its_secret_may_stand_in_the_environment(tmp_path: Path) -> None:
    [hook] = loaded(tmp_path, '[[hooks]]\nkind = "brevo"', {"DIGEST_HOOKS__0__SECRET": "tok"}).hooks
    assert hook.options.secret[0].get_secret_value() == "tok"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('kind = "postmrk"\nsecret = "hush"', "postmark"),
        ('kind = "postmark"\nsecrt = "hush"', "secret"),
        ('kind = "postmark"', "secret"),
        ('kind = "postmark"\nsecret = ""', "secret"),
        ('kind = "sendgrid"\npublic_key = "hush"', "verification key"),
        ('kind = "ses"\ntopics = ["hush"]', "topics"),
        ('kind = "postmark"\nname = "a/b"\nsecret = "hush"', "name"),
        ('kind = "postmark"\nsecret = "hush"\n[[hooks]]\nkind = "postmark"\nsecret = "hush"', "two webhooks"),
        ('secret = "hush"', "kind"),
        ("kind = 7", "kind"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        loaded(tmp_path, f"[[hooks]]\n{text}\n")
    assert said in str(caught.value)
    assert "hush" not in str(caught.value)
