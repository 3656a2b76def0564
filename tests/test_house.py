"""The plan of the house, held against its imports: they point down only, and some libraries have one door."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "digest"

#: From the cellar to the roof: a room may import rooms of its own floor's siblings only where NEIGHBOURS says so.
FLOORS = (
    {
        "errors",
        "clock",
        "collector",
        "findings",
        "marks",
        "notices",
        "private",
        "units",
        "model",
        "text",
        "words",
        "plugins",
        "schedule",
        "gaps",
        "ticker",
        "timekeeping",
    },
    {"settings", "http", "dns", "deadlinks", "terminal"},
    {"config", "store"},
    {"sources", "selection", "edition", "message", "senders", "delivery", "readers", "pictures"},
    {"tools", "crew", "plugin_api", "timekeeper"},
    {"completing", "copies", "opening", "leasing", "visiting"},
    {"pipeline"},
    {"rehearsal", "remaking", "checks", "app"},
    {"checkup"},
    {"inbox"},
    {"web", "service"},
    {"demo"},
    {"cli", "__main__"},
)
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}

#: On the rooms' floor nobody looks into another room, except for these.
ROOMS = FLOORS[3]
NEIGHBOURS: set[tuple[str, str]] = {("delivery", "senders")}

#: Libraries that only one place may import, so that changing one of them is one change.
DOORS = {
    "httpx": {"http"},
    "httpcore": {"http"},
    "starlette": {"web"},
    "uvicorn": {"web"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "feedparser": {"sources"},
    "apscheduler": {"schedule"},
    "aiosmtpd": {"inbox"},
    "click": {"cli"},
    "rich_click": {"cli"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every imported module's dotted name with its line, imports inside functions included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down_only(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    assert room in FLOOR, f"{room} has no floor: give it one in {Path(__file__).name}"
    wrong = []
    for name, line in imports(path):
        if not name.startswith("digest."):
            continue
        other = name.split(".")[1]
        if other == room or other not in FLOOR:
            continue
        upwards = FLOOR[other] > FLOOR[room]
        next_door = room in ROOMS and other in ROOMS and (room, other) not in NEIGHBOURS
        if upwards or next_door:
            wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert not wrong


def test_every_room_that_has_a_floor_is_there() -> None:
    assert {room_of(path) for path in modules()} - {"__init__"} == set(FLOOR)


@pytest.mark.parametrize("library", sorted(DOORS))
def test_a_library_has_one_door(library: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules()
        for name, line in imports(path)
        if name.split(".")[0] == library and room_of(path) not in DOORS[library]
    }
    assert not found


def test_no_test_replaces_what_it_tests() -> None:
    patched = [
        path
        for path in (ROOT / "tests").rglob("*.py")
        for name, _ in imports(path)
        if name.startswith("unittest.mock")
    ]
    assert not patched


def test_modules_stay_small_enough_to_read() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in modules()
        if (count := len(path.read_text().splitlines())) > 250
    }
    assert not long, "look for the seam"
