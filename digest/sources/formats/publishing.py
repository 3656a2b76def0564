"""Whether a file of ours is published, and from when to when, by every sign that site generators and note programs know.

A mail cannot be taken back: a file that is marked in any of these ways as private, or as not yet published, is not
mailed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

from digest.sources.formats.frontmatter import list_of

#: Names in a file's head, in lower case and without "-" and "_", that hide it if they hold "yes", and if they hold "no".
_HIDING = (
    *(
        "draft",
        "drafts",
        "isdraft",
        "private",
        "isprivate",
        "hidden",
        "unlisted",
        "unpublished",
        "wip",
        "headless",
    ),
    *(
        "exclude",
        "eleventyexcludefromcollections",
        "trash",
        "trashed",
        "deleted",
        "embargoed",
        "skip",
        "ignore",
    ),
)
_SHOWING = (
    "published",
    "publish",
    "ispublished",
    "public",
    "ispublic",
    "visible",
    "live",
    "listed",
    "permalink",
)
_HIDING_STATES = frozenset(
    [
        "draft",
        "drafts",
        "private",
        "hidden",
        "pending",
        "unlisted",
        "unpublished",
        "trash",
        "trashed",
        "deleted",
        "skip",
        "ignore",
        "inherit",
        "auto-draft",
        "review",
        "in-review",
        "in-progress",
        "wip",
        "todo",
        "idea",
        "outline",
        "inactive",
        "disabled",
        "offline",
        "embargo",
        "embargoed",
        "expired",
        "withdrawn",
        "password",
        "protected",
        "internal",
        "rejected",
        "entwurf",
        "brouillon",
        "borrador",
        "bozza",
        "rascunho",
        "concept",
        "utkast",
        "szkic",
        "черновик",
    ]
)
_OPEN = frozenset({"public", "published", "visible", "listed", "everyone", "all", "open", "world"})
_HIDING_TAGS = frozenset({"draft", "private", "unpublished"})
_NO = frozenset({"", "false", "no", "off", "n", "0", "none", "null", "never"})

#: Folders and files that generators do not make pages of.
_APART = frozenset(
    [
        "_drafts",
        "_draft",
        "drafts",
        "draft",
        "_unpublished",
        "unpublished",
        "_private",
        "private",
        "_trash",
        "trash",
        "_templates",
        "templates",
        "archetypes",
        "scaffolds",
        "_includes",
        "_layouts",
        "_data",
        "_site",
        "_sass",
        "_partials",
        "node_modules",
    ]
)
_NO_STORIES = frozenset(
    {"readme", "license", "licence", "contributing", "changelog", "code_of_conduct", "404"}
)

_FRONT_PAGES = frozenset({"home", "homepage", "index", "landing", "frontpage"})

#: Names of dates before which, and from which on, a file is not to be seen.
ORDERS = ("publishdate", "publishon", "publishat", "pubdate", "scheduled", "scheduledat", "scheduledfor", "golive",
          "goliveat", "availablefrom")  # fmt: skip
EMBARGOES = ("embargo", "embargountil", "embargoeduntil", "embargodate", "notbefore")
EXPIRIES = ("expirydate", "expires", "expire", "expiresat", "expiredate", "expiration", "expirationdate", "expiry",
            "unpublishdate", "unpublishon", "unpublishat", "validuntil", "validto", "notafter")  # fmt: skip


def is_unpublished(name: PurePosixPath, matter: Mapping[str, Any]) -> bool:
    """Say whether a file is not public, by its place and by its front matter, whose keys `plain` has made."""
    return (
        _lies_apart(name, matter)
        or any(_is_yes(matter.get(key)) for key in _HIDING)
        or any(_is_no(matter, key) for key in _SHOWING)
        or _words(matter.get("status")) in _HIDING_STATES
        or _words(matter.get("state")) in _HIDING_STATES
        or _words(matter.get("layout")) == "draft"
        or (bool(_words(matter.get("visibility"))) and _words(matter.get("visibility")) not in _OPEN)
        or bool(_words(matter.get("password")))
        or not _HIDING_TAGS.isdisjoint(_tags(matter))
        or _is_left_out_of_build(matter.get("build") or matter.get("build_") or {})
    )


def plain(matter: Mapping[str, Any]) -> dict[str, Any]:
    """Return front matter under names without "-" and "_", which generators spell in several ways."""
    return {key.replace("-", "").replace("_", ""): value for key, value in matter.items()}


def _lies_apart(name: PurePosixPath, matter: Mapping[str, Any]) -> bool:
    stem = name.stem.casefold()
    if any(part.casefold() in _APART for part in name.parent.parts) or stem.endswith(".draft"):
        return True
    if stem.startswith("_"):  # the index of a section, or what its generator passes over
        return True
    if stem == "index" and len(name.parts) == 1 and _words(matter.get("layout")) in _FRONT_PAGES:
        return True
    return stem in _NO_STORIES and not (matter.get("date") or matter.get("title"))


def _is_left_out_of_build(build: Any) -> bool:
    """Say whether Hugo's `build` leaves a page out of what it makes or lists."""
    if not isinstance(build, dict):
        return False
    return any(_words(build.get(key)) in ("never", "false") for key in ("render", "list"))


def _is_yes(value: Any) -> bool:
    return not isinstance(value, dict | list | date | datetime) and _words(value) not in _NO


def _is_no(matter: Mapping[str, Any], key: str) -> bool:
    return key in matter and matter[key] is not None and _words(matter[key]) in _NO - {""}


def _words(value: Any) -> str:
    return "-".join(str(value).casefold().split()) if isinstance(value, str | bool | int | float) else ""


def _tags(matter: Mapping[str, Any]) -> set[str]:
    return {tag.casefold().lstrip("#") for tag in list_of(dict(matter), "tags", "keywords")}
