"""Find e-mail addresses in what servers write around them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LETTER = r"A-Za-z0-9\u0080-\U0010ffff"
_DOMAIN = rf"[{_LETTER}-]{{1,63}}(?:\.[{_LETTER}-]{{1,63}}){{0,10}}"
_PLAIN = rf"[{_LETTER}!#$%&'*+/=?^_`{{|}}~.-]{{1,64}}@{_DOMAIN}"
_QUOTED = rf'"[^"\s@]{{1,62}}"@{_DOMAIN}'
_ADDRESS = re.compile(f"{_QUOTED}|{_PLAIN}")


def address_in(text: str) -> str:
    """Return the first address in a text such as "rfc822; <ada@example.org>", "" where there is none."""
    return next(addresses_in(text), "")


def addresses_in(text: str) -> Iterator[str]:
    """Yield the addresses in a text, in their order."""
    for found in _ADDRESS.finditer(text):
        yield found[0].strip("'`.").removeprefix("mailto:").rstrip(".-")
