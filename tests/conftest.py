"""What every test may ask for."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example may take says more about the machine than about the program.
settings.register_profile("suite", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=10)

pytest_plugins = [
    "tests.helpers.browser",
    "tests.helpers.databases",
    "tests.helpers.servers",
    "tests.helpers.smtp_server",
]

ROOT = Path(__file__).parent.parent


#: What decides, reads or formats values: `--quick` collects these alone, and of them what needs no fixture with I/O.
QUICK = (
    *("test_architecture.py", "test_terminal.py"),
    *("model", "text", "schedule", "settings", "timekeeping", "selection", "message"),
    *("readers", "senders", "sources", "gathering", "delivery"),
)
#: Not these of them: all their tests have to do with servers, databases or processes, and reading them takes a second.
NOT_QUICK = {
    *(
        "test_parser_process.py",
        "test_feed_hostile.py",
        "test_liveness.py",
        "test_patterns.py",
        "test_opml.py",
    ),
    *("test_leasing.py", "test_ticker.py", "test_keeper.py", "test_transfer.py", "test_feed_corpus.py"),
    *(
        "test_about_us.py",
        "test_shared_quotas.py",
        "test_calls.py",
        "test_denied.py",
        "test_engine.py",
        "test_gone.py",
    ),
    *("test_leaving.py", "test_moved.py", "test_trouble.py", "test_judgement_corpus.py", "test_resend.py"),
    *(
        "test_smtp_exam.py",
        "test_smtp_outcomes.py",
        "test_smtp_reach.py",
        "test_smtp_sink.py",
        "test_smtp_stream.py",
    ),
}
#: Fixtures that need a disk, a network, a database or another process.
IO = {
    "tmp_path",
    "tmp_path_factory",
    "server",
    "db",
    "sqlite_db",
    "sqlite_url",
    "postgres_url",
    "db_url",
    "postgres",
    "corpora",
    "http",
    "smtp_server",
    "scripted",
    "certificates",
    "capfd",
}
#: Marks of tests that take long or need more than this repository.
NOT_QUICK_MARKS = ("io", "stress", "corpus", "browser", "postgres")
#: What the interpreter tells of before it reaches out (PEP 578): no quick test may.
_REACHING_OUT = {"socket.bind", "socket.connect", "sqlite3.connect", "subprocess.Popen"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long proofs in their full length")
    parser.addoption(
        "--quick", action="store_true", help="run only what needs no disk, network or other process"
    )


def pytest_configure(config: pytest.Config) -> None:
    quick = config.getoption("--quick")
    settings.load_profile("quick" if quick else "suite")
    if quick:
        sys.addaudithook(_refuse_reaching_out)


def _refuse_reaching_out(event: str, arguments: object) -> None:
    if event in _REACHING_OUT and "PYTEST_CURRENT_TEST" in os.environ:
        raise AssertionError(f"a quick test reaches out ({event}): mark it `io`, or name its fixture in IO")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out whole folders with `--quick`, so that they are not even imported."""
    tests = ROOT / "tests"
    if (
        not config.getoption("--quick")
        or not collection_path.is_relative_to(tests)
        or collection_path == tests
    ):
        return None
    room = collection_path.relative_to(tests).parts[0]
    return room not in (*QUICK, "conftest.py") or collection_path.name in NOT_QUICK or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--quick"):
        quick = [
            item
            for item in items
            if not IO & set(getattr(item, "fixturenames", ()))
            and not any(item.get_closest_marker(name) for name in NOT_QUICK_MARKS)
        ]
        chosen = set(quick)
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = quick


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def soak(request: pytest.FixtureRequest) -> bool:
    """Whether proofs run in their full length."""
    return bool(request.config.getoption("--soak"))


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
