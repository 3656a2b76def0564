"""What the tests of set mails share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from digest.edition import set_edition, templates_dir
from digest.model import Mail, Plan
from digest.model.placeholders import fill
from digest.settings import Site
from tests.edition import samples

Compose = Callable[..., Mail]

READER = {"address": "reader@example.org", "name": "Ada"}


@pytest.fixture
def compose() -> Compose:
    """Set a plan (the sample edition by default) as the sample newsletter with some settings changed."""

    def compose(plan: Plan | None = None, *, site: Site = samples.SITE, **settings: object) -> Mail:
        return set_edition(
            plan or samples.plan(),
            samples.newsletter(**settings),
            site,
            templates=templates_dir(),
            now=samples.DUE,
        )

    return compose


def personal(html: str) -> str:
    """Return a part with the values of one reader in it."""
    return fill(html, lambda name: READER.get(name, f"https://saltmarsh.example.org/{name}"))
