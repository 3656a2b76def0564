"""The layers of the program, held against its imports: they point down only, and some libraries have one door."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "digest"

#: From the bottom to the top. Folders and loose modules of one layer do not import each other, but for NEIGHBOURS.
LAYERS = (
    {"errors", "clock", "gc_tuning", "model", "text", "words", "plugins", "telemetry"},
    {"schedule", "terminal"},
    {"settings", "net"},
    {"store"},
    {"sources", "selection", "edition", "message", "senders", "delivery", "feedback", "readers", "pictures"},
    {"timekeeping", "notices", "plugin_api"},
    {"tools"},
    {"gathering"},
    {"pipeline"},
    {"service"},
    {"app", "usecases", "inbox"},
    {"web"},
    {"demo"},
    {"cli"},
    {"__main__"},
)
LAYER = {name: height for height, names in enumerate(LAYERS) for name in names}
NEIGHBOURS = {
    ("delivery", "senders"),
    ("feedback", "senders"),
    ("model", "text"),
    ("plugins", "errors"),
    ("text", "errors"),
    ("words", "errors"),
}

#: The same inside folders that are large: sub-folders and loose modules from the bottom to the top.
INSIDE = {
    "store": ({"db"}, {"jobs"}, {"content", "people"}, {"ledger"}, {"editions", "feedback"}),
    "sources": ({"formats"}, {"isolation"}, {"fetching"}),
    "delivery": (
        {"moment", "outcomes", "liveness"},
        {"aftermath", "progress"},
        {"limits"},
        {"queue"},
        {"policy", "ending"},
        {"context"},
        {"editions"},
        {"ledger"},
        {"telling"},
        {"run"},
    ),
    "cli": ({"common"}, {"wording"}, {"begin", "editions", "content", "operation"}),
    "usecases": ({"readers", "sources"}, {"editions"}),
    "web": ({"server"}, {"rendering"}, {"readers", "archive", "ops", "hooks"}),
}

#: Libraries that only one place may import, so that changing one of them is one change.
DOORS = {
    "procrastinate": {"service/queue"},
    "psycopg_pool": {"service/queue"},
    "httpx": {"net"},
    "httpcore": {"net"},
    "starlette": {"web"},
    "uvicorn": {"web"},
    "prometheus_client": {"web"},
    "opentelemetry": {"telemetry"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "feedparser": {"sources"},
    "apscheduler": {"schedule"},
    "aiosmtpd": {"inbox"},
    "click": {"cli"},
    "rich_click": {"cli"},
}

#: Files side by side in a folder, at most; it is time for sub-folders before that.
MOST_FILES = 14

#: A folder that grows by one file with each revision, and that people enter by its newest.
GROWS = "digest/store/db/migrations/versions"


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def parts_of(path: Path) -> tuple[str, ...]:
    return path.relative_to(PACKAGE).with_suffix("").parts


@cache
def imports(path: Path) -> Sequence[tuple[str, int]]:
    """Return every imported module's dotted name with its line, imports inside functions included."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return found


def own_imports(path: Path) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield what a module imports of this package, as parts below `digest`, with the line."""
    for name, line in imports(path):
        if name.startswith("digest."):
            yield tuple(name.split(".")[1:]), line


@pytest.mark.parametrize("path", modules(), ids=lambda path: "/".join(parts_of(path)))
def test_imports_point_down_only(path: Path) -> None:
    place = parts_of(path)[0]
    if place == "__init__":
        return
    assert place in LAYER, f"{place} has no layer: give it one in {Path(__file__).name}"
    wrong = []
    for (other, *_), line in own_imports(path):
        if other == place or other not in LAYER:
            continue
        beside = LAYER[other] == LAYER[place] and (place, other) not in NEIGHBOURS
        if LAYER[other] > LAYER[place] or beside:
            wrong.append(f"{path.relative_to(ROOT)}:{line} imports {other}")
    assert not wrong


@pytest.mark.parametrize("folder", sorted(INSIDE))
def test_imports_between_sub_folders_point_down_only(folder: str) -> None:
    height = {name: layer for layer, names in enumerate(INSIDE[folder]) for name in names}
    wrong = []
    for path in (PACKAGE / folder).rglob("*.py"):
        place = parts_of(path)[1]
        for imported, line in own_imports(path):
            other = imported[1] if imported[0] == folder and len(imported) > 1 else place
            if other == place or place not in height or other not in height:
                continue
            if height[other] >= height[place]:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {'.'.join(imported)}")
    assert not wrong


def test_every_layer_names_what_is_there() -> None:
    assert {parts_of(path)[0] for path in modules()} - {"__init__"} == set(LAYER)
    inside = {parts_of(path)[1] for path in modules() if parts_of(path)[0] == "delivery"}
    assert inside - {"__init__"} == set().union(*INSIDE["delivery"])


def test_contributing_draws_the_layers_as_they_are() -> None:
    """The drawing has a line for each layer, the top one first, that begins with the names in it."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    drawing = text.partition("## The layers")[2].partition("## ")[0]
    lines = [line.partition(":")[0] for line in drawing.splitlines() if line.startswith("- `")]
    drawn = [set(re.findall(r"`(\w+)`", names)) for names in lines]
    assert drawn == [names for names in reversed(LAYERS) if names != {"__main__"}]


def test_a_folder_can_be_taken_in_at_a_glance() -> None:
    full = {
        str(folder.relative_to(ROOT)): count
        for folder in {path.parent for path in modules()}
        if str(folder.relative_to(ROOT)) != GROWS
        and (count := len([path for path in folder.glob("*.py") if path.name != "__init__.py"])) > MOST_FILES
    }
    assert not full, "look for the subject that deserves a folder"


def is_below(path: Path, folders: set[str]) -> bool:
    return any(path.is_relative_to(PACKAGE / folder) for folder in folders)


@pytest.mark.parametrize("library", sorted(DOORS))
def test_a_library_has_one_door(library: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules()
        for name, line in imports(path)
        if name.split(".")[0] == library and not is_below(path, DOORS[library])
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
