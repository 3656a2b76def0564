"""Build the documentation as a site into `site/`, and check every link in it.

    python -m docs.make.site

The site is the repository's own documents: their links work in it as they do in the repository. So the documents are
copied into a folder of their own, which has nothing else in it, and the site generator reads that.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from docs.make import links, reference

ROOT = Path(__file__).parent.parent.parent
SITE = ROOT / "site"
_COPIES = ROOT / ".cache" / "docs"
#: Beside `docs/`: pages, and files that pages link to.
_DOCUMENTS = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "LICENSE",
    "config.example.toml",
    "tests/extensions",
    "deploy",
)
_NOT_COPIED = ("make", "__pycache__", "*.py", "zensical.toml")
_TERMINAL_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def copy_documents(folder: Path) -> None:
    """Copy every document, and the files that documents link to, into a folder that holds nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder / "pages" / "docs", ignore=shutil.ignore_patterns(*_NOT_COPIED))
    for name in _DOCUMENTS:
        source, target = ROOT / name, folder / "pages" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    shutil.copy(ROOT / "docs" / "zensical.toml", folder)


def build(site: Path = SITE, copies: Path = _COPIES) -> list[str]:
    """Build the site and return what is wrong with it: what the generator warns of, and links that lead nowhere."""
    copy_documents(copies)
    command = [sys.executable, "-m", "zensical", "build", "--clean"]
    done = subprocess.run(command, cwd=copies, capture_output=True, text=True, check=False)
    said = _TERMINAL_STYLE.sub("", done.stdout + done.stderr)
    if done.returncode or "Warning:" in said:
        return [said]
    shutil.rmtree(site, ignore_errors=True)
    shutil.move(copies / "site", site)
    return links.broken(site)


def main() -> None:
    reference.write()
    problems = build()
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit(1)
    print(f"{SITE / 'index.html'}: {len(list(SITE.rglob('*.html')))} pages, every link leads somewhere")


if __name__ == "__main__":
    main()
