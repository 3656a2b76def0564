"""Open what the configuration names on this machine: keys, certificates, outboxes, secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, SecretStr

from digest.errors import UsageError
from digest.model.findings import Finding, Level
from digest.pipeline.personalise import letterhead
from digest.settings import Settings


def named(settings: Settings) -> Iterator[Finding]:
    """Yield a failure for everything that is named and cannot be used, under the key of the configuration."""
    yield from _dkim_keys(settings)
    for number, sender in enumerate(settings.senders):
        place = f"senders[{number}]"
        yield from (Finding(Level.FAILURE, f"{place}.{key}", text) for key, text in sender.faults())
        yield from _secrets(sender.options, place)
    for at, newsletter in enumerate(settings.newsletters):
        for nth, section in enumerate(newsletter.sections):
            for number, source in enumerate(section.sources):
                place = f"newsletters[{at}].sections[{nth}].sources[{number}]"
                yield from _secrets(source.options, place)


def _dkim_keys(settings: Settings) -> Iterator[Finding]:
    if not settings.dkim:
        return
    from digest.message.dkim import signer_of  # brings 7 MB of cryptography, which only those who sign need

    domains = {letterhead(newsletter).domain for newsletter in settings.newsletters}
    for number, entry in enumerate(settings.dkim):
        key = f"dkim[{number}].{'key_file' if entry.key_file else 'private_key'}"
        try:
            signer_of(entry)
        except UsageError as error:
            text = f'{error}; "digest dkim new {entry.domain}" makes a key'
            yield Finding(Level.FAILURE, key, text)
        if domains and not any(entry.covers(domain) for domain in domains):
            text = f"no mail is signed with it: newsletters are from {', '.join(sorted(domains))}"
            yield Finding(Level.WARNING, f"dkim[{number}].domain", text)


def _secrets(options: BaseModel, place: str) -> Iterator[Finding]:
    """Look at secrets for what a slip in a file or the environment does to them; none is ever shown."""
    for name, value in _values(options):
        key = f"{place}.{name}"
        if isinstance(value, BaseModel):
            yield from _secrets(value, key)
        if not isinstance(value, SecretStr):
            continue
        secret, field = value.get_secret_value(), type(options).model_fields[name]
        if field.is_required() and not secret.strip():
            yield Finding(
                Level.FAILURE, key, "is empty: put the secret there, or into the environment or a secret file"
            )
        elif not secret.isprintable():
            text = "holds a line break or another character that cannot be typed: write it again without"
            yield Finding(Level.FAILURE, key, text)
        elif secret != secret.strip():
            yield Finding(Level.WARNING, key, "begins or ends with a blank: is that part of it?")


def _values(options: BaseModel) -> Iterator[tuple[str, Any]]:
    return ((name, getattr(options, name)) for name in type(options).model_fields)
