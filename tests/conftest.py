"""What every test may ask for."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example may take says more about the machine than about the program.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

pytest_plugins = [
    "tests.helpers.browser",
    "tests.helpers.databases",
    "tests.helpers.servers",
    "tests.helpers.smtp_server",
]

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long proofs in their full length")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real test material, named by CORPORA or beside the project; without it tests are skipped."""
    folder = Path(os.environ.get("CORPORA") or ROOT.parent / "shared" / "corpora")
    if not folder.is_dir():
        pytest.skip(f"no real test material at {folder}: name its folder in CORPORA")
    return folder


@pytest.fixture
def now() -> datetime:
    """A quiet Monday morning."""
    return datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
