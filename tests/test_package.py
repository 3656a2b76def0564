"""The packages that people install: built, put into an environment without this checkout, and used."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from digest import __version__

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command that must succeed, without this checkout on its path; returns what it printed."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "DIGEST_"))
    }
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the source package and the wheel that is built from it; $PACKAGES names ready ones."""
    if ready := os.environ.get("PACKAGES"):
        return Path(ready).absolute()
    folder = tmp_path_factory.mktemp("packages")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    [source] = folder.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(folder / "source", filter="data")
    [unpacked] = (folder / "source").iterdir()
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=unpacked)
    return folder


@pytest.fixture(scope="module")
def installed(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of programs of an environment that has the wheel, and the dependencies of this one."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=False)
    [site] = place.glob("lib/python*/site-packages")
    [wheel] = packages.glob("*.whl")
    pip = ("-m", "pip", "--python", str(place), "install", "-q", "--no-deps", "--no-index")
    run(sys.executable, *pip, str(wheel), cwd=place)
    # Last on the path, and without the editable installation of this checkout, which a .pth file makes.
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return place / "bin"


def test_both_packages_have_the_version_of_the_code(packages: Path) -> None:
    names = {path.name for path in packages.glob("newsletter_digest-*")}
    assert names == {
        f"newsletter_digest-{__version__}.tar.gz",
        f"newsletter_digest-{__version__}-py3-none-any.whl",
    }


def test_the_wheel_has_templates_types_and_the_example(packages: Path) -> None:
    [wheel] = packages.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "digest/py.typed",
        "digest/config.example.toml",
        "digest/templates/email/letter/body.html",
    } <= names
    assert not {name for name in names if name.startswith(("tests/", "bench/"))}


def test_the_source_package_can_be_worked_on(packages: Path) -> None:
    [source] = packages.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "CONTRIBUTING.md", "requirements-dev.lock", "tests/conftest.py", "LICENSE"} <= names


def test_the_installed_program_does_the_whole_job(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "import digest; print(digest.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)
    assert "25 mails arrived, none twice" in run(installed / "digest", "demo", cwd=tmp_path)
    run(installed / "digest", "theme", "new", "ours", cwd=tmp_path)
    example = (ROOT / "config.example.toml").read_text("utf-8")
    assert run(installed / "digest", "init", "--example", cwd=tmp_path) == example
