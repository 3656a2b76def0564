"""How much of real material comes out right: told when tests run with `-s` (`make corpora`), and held to a share."""

from __future__ import annotations

from collections.abc import Sequence


def at_least(share: float, what: str, found: Sequence[tuple[str, bool]]) -> None:
    """Demand that of what was found, each with a name, at least `share` is right."""
    assert found, f"{what}: the material holds none"
    wrong = [name for name, right in found if not right]
    rate = 1 - len(wrong) / len(found)
    print(f"\n{what:<48} {rate:7.1%} of {len(found):,} (at least {share:.0%})", end="")
    assert rate >= share, wrong
