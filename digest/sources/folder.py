"""Articles that lie as Markdown files in a folder, each with front matter, as static site generators have them.

HTML inside the Markdown is not read. Paths that lead out of the folder, by a link in the file system or by `../`, are
refused. A file that cannot be read is a problem with its name and line; the others are read all the same.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from pydantic import Field

from digest.errors import SourceError
from digest.model import Article, Fetched, SourceInfo, Validators
from digest.net.http import Http
from digest.settings import LocalPath
from digest.sources import SourceOptions
from digest.sources.fetching.options import OptionalWebAddress
from digest.sources.formats.markdown import MarkdownFile

MAX_FILES = 5_000
MAX_BYTES = 300_000  # of one file; a novel has as much


class Options(SourceOptions):
    """A folder of Markdown files with YAML (`---`) or TOML (`+++`) front matter."""

    path: LocalPath = Field(description="The folder; relative to the configuration's own.")
    base_url: OptionalWebAddress = Field(
        "",
        description="Where the folder's files are on the web: `story.md` is then `story/` below it, images too.",
    )
    pattern: str = Field("**/*.md", description="Which files to read.")
    title: str = Field("", description="What readers see as the source; the folder's name by default.")
    language: str = Field("", description="Language of files that name none, such as `de`.")
    max_articles: int = Field(50, ge=1, le=MAX_FILES, description="How many of the newest articles to take.")

    @property
    def location(self) -> str:
        return str(self.path)


class Source:
    """A folder of Markdown files."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def fetch(self, http: Http, validators: Validators) -> Fetched:
        """Read the files unless none of them has changed."""
        return await asyncio.to_thread(self._read, validators)  # our own files: nothing to be read apart

    def _read(self, validators: Validators) -> Fetched:
        folder, options = self._options.path, self._options
        if not folder.is_dir():
            raise SourceError(f"{folder}: there is no such folder")
        problems: list[str] = []
        files = sorted(_files(folder, options.pattern, problems))[:MAX_FILES]
        state = Validators(etag=_state(files, options))
        if state == validators:
            return Fetched(not_modified=True, validators=state)
        articles: list[Article] = []
        for file in files:
            try:
                articles += self._article(file, problems)
            except (SourceError, OSError) as error:
                problems.append(str(error))
        articles.sort(key=lambda article: article.published or datetime.min.replace(tzinfo=UTC), reverse=True)
        return Fetched(
            info=SourceInfo(
                title=options.title or folder.name, url=options.base_url, language=options.language
            ),
            articles=tuple(articles[: options.max_articles]),
            problems=tuple(problems),
            validators=state,
            complete=len(articles) <= options.max_articles and len(files) < MAX_FILES,
        )

    def _article(self, file: Path, problems: list[str]) -> tuple[Article, ...]:
        about = file.stat()
        if about.st_size > MAX_BYTES:
            raise SourceError(f"{file}: the file is larger than {MAX_BYTES:,} bytes")
        name = PurePosixPath(file.relative_to(self._options.path).as_posix())
        changed = datetime.fromtimestamp(about.st_mtime, UTC)
        reader = MarkdownFile(name, self._options.base_url, changed, self._options.language)
        found = reader.read(file.read_bytes())
        problems += [f"{file}: {problem}" for problem in reader.problems]
        return (found,) if found else ()


def _files(folder: Path, pattern: str, problems: list[str]) -> Iterator[Path]:
    root = folder.resolve()
    try:
        for file in folder.glob(pattern):
            if not file.resolve().is_relative_to(root):
                problems.append(f"{file}: it leads out of the folder and is not read")
            elif file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts):
                yield file
    except (ValueError, NotImplementedError, OSError) as error:
        raise SourceError(f"{folder}: {pattern!r} does not name files in it: {error}") from None


def _state(files: list[Path], options: Options) -> str:
    """Return a validator that changes with every file's name, size and time, and with the options."""
    lines = [f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
    return hashlib.sha256("\n".join([options.model_dump_json(), *lines]).encode()).hexdigest()


def parse(body: bytes, *, url: str = "", content_type: str = "") -> Fetched:
    """Read one Markdown file, its links relative to `url`; raises SourceError that names the line it stumbled over."""
    reader = MarkdownFile(PurePosixPath("article.md"), url, None, "")
    found = reader.read(body)
    return Fetched(articles=(found,) if found else (), problems=tuple(reader.problems))
