"""DMARC: where a domain's policy is found, and whose domain it is (RFC 9989, which replaced RFC 7489)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.net.dns.resolver import Lookup
from digest.net.dns.tags import tags

POLICIES = ("none", "quarantine", "reject")
_MOST_STEPS = 8  # names that a receiver looks at, at most (RFC 9989, 4.10)
_REPORT_TO = re.compile(
    r"mailto:[^@\s,!;]+@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?:![0-9]+[kmgt]?)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy for mail from `domain`: `texts` are the records at `at`, which must be one; none is []."""

    domain: str
    organisation: str  # the organisational domain: the highest one that is the same owner's
    at: str  # the domain that publishes the record
    texts: tuple[str, ...]

    @property
    def tags(self) -> dict[str, str]:
        return tags(self.texts[0]) if self.texts else {}

    @property
    def wanted(self) -> str:
        """What receivers do with mail that is not aligned: one of POLICIES, "" where the record does not say."""
        policy = self.tags.get("p", "").lower()
        return policy if self.at == self.domain else self.tags.get("sp", policy).lower()

    def is_aligned(self, domain: str, *, strict: bool) -> bool:
        """Tell whether a signature's or an envelope's domain counts as the author's."""
        if strict:
            return domain == self.domain
        return f".{domain}".endswith(f".{self.organisation}")


async def find(domain: str, ask: Lookup) -> Policy:
    """Walk from a domain up to the top, and return the policy that receivers apply; raises Unanswered."""
    labels = domain.split(".")
    above = [".".join(labels[start:]) for start in range(1, len(labels))]
    path = [domain, *above[-(_MOST_STEPS - 1) :]]
    found: dict[str, tuple[str, ...]] = {}
    for name in path:
        texts = tuple(text for text in await ask(f"_dmarc.{name}", "TXT") if _is_policy(text))
        if texts:
            found[name] = texts
        if len(texts) == 1 and tags(texts[0]).get("psd", "u").lower() == "n":
            break
    organisation = _organisation(domain, path, {name: texts[0] for name, texts in found.items()})
    at = next((name for name in (domain, organisation) if name in found), "")
    return Policy(domain, organisation, at, found.get(at, ()))


def report_domains(rua: str) -> list[str] | None:
    """Return the domains that reports go to, None where an address is not written as it must be."""
    matches = [_REPORT_TO.fullmatch(part.strip()) for part in rua.split(",")]
    return [match[1].lower() for match in matches if match] if all(matches) else None


def _organisation(domain: str, path: list[str], records: dict[str, str]) -> str:
    """Return the organisational domain (RFC 9989, 4.10.2)."""
    for name, text in records.items():
        if tags(text).get("psd", "u").lower() == "n":
            return name
    for name, text in records.items():
        if tags(text).get("psd", "u").lower() == "y" and name != domain:
            return path[path.index(name) - 1]  # a registry's record: the owner's domain is one below
    return min(records, key=lambda name: name.count("."), default=domain)


def _is_policy(text: str) -> bool:
    return re.match(r"v\s*=\s*DMARC1\s*(;|$)", text) is not None
