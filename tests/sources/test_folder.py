"""Articles that lie as Markdown files in a folder."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.model import Article, Fetched, Image, Validators
from digest.net.http import Http
from digest.sources.folder import Options, Source, parse

STORY = """---
title: "Ships: & cranes"
dek: They return.
date: 2026-03-01 13:00:00 +0100
updated: 2026-03-02
authors: [Ada Berg, {name: Ben Holm}]
categories: [Sea]
tags: trade, harbour
image:
  src: pics/ships.jpg
  alt: Two ships
  caption: "At dawn. Photo: Cleo Dahl"
lang: en
license: https://creativecommons.org/licenses/by/4.0/
---
# Ships: & cranes

They *return* with [cargo](../other/) and ![a crane](crane.png).

<script>alert(1)</script>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stories" / "sea").mkdir(parents=True)
    (tmp_path / "stories" / "sea" / "ships.md").write_text(STORY)
    return tmp_path / "stories"


async def visit(http: Http, folder: Path, **how: object) -> Fetched:
    options = Options.model_validate({"path": folder, "base_url": "https://paper.example/blog", **how})
    return await Source(options).fetch(http, Validators())


async def only(http: Http, folder: Path, **how: object) -> Article:
    (article,) = (await visit(http, folder, **how)).articles
    return article


async def test_a_story_with_everything(http: Http, folder: Path) -> None:
    article = await only(http, folder)
    assert (article.guid, article.url) == ("sea/ships.md", "https://paper.example/blog/sea/ships/")
    assert (article.title, article.dek) == ("Ships: & cranes", "They return.")
    assert article.byline == "Ada Berg, Ben Holm"
    assert article.published == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert article.updated == datetime(2026, 3, 2, tzinfo=UTC)
    assert (article.section, article.tags) == ("Sea", ("Sea", "trade", "harbour"))
    assert (article.language, article.licence) == ("en", "https://creativecommons.org/licenses/by/4.0/")
    assert article.image == Image(
        url="https://paper.example/blog/sea/pics/ships.jpg",
        alt="Two ships",
        credit="Cleo Dahl",
        caption="At dawn. Photo: Cleo Dahl",
    )
    assert 'href="https://paper.example/blog/other/"' in article.body
    assert 'src="https://paper.example/blog/sea/crane.png"' in article.body
    assert "<script" not in article.body


async def test_what_the_front_matter_leaves_out(http: Http, folder: Path) -> None:
    file = folder / "sea" / "ships.md"
    file.write_text("# The headline\n\n![a crane](crane.png)\n\nFirst words.\n")
    os.utime(file, (1_772_366_400, 1_772_366_400))
    article = await only(http, folder)
    assert (article.title, article.dek) == ("The headline", "First words.")
    assert article.published == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert article.image == Image(url="https://paper.example/blog/sea/crane.png", alt="a crane")


@pytest.mark.parametrize(
    ("name", "matter", "url"),
    [
        ("index.md", "", "https://paper.example/blog/"),
        ("trip/index.md", "", "https://paper.example/blog/trip/"),
        ("a b.md", "", "https://paper.example/blog/a%20b/"),
        ("a.md", "slug: other", "https://paper.example/blog/other/"),
        ("a.md", "url: /news/a.html", "https://paper.example/news/a.html"),
        ("a.md", "permalink: https://elsewhere.example/a", "https://elsewhere.example/a"),
        ("a.md", "url: javascript:alert(1)", "https://paper.example/blog/a/"),
    ],
)
async def test_addresses(http: Http, tmp_path: Path, name: str, matter: str, url: str) -> None:
    file = tmp_path / "stories" / name
    file.parent.mkdir(parents=True)
    file.write_text(f"---\ntitle: A\n{matter}\n---\ntext")
    assert (await only(http, tmp_path / "stories")).url == url


async def test_toml_and_dated_names(http: Http, folder: Path) -> None:
    (folder / "sea" / "ships.md").unlink()
    (folder / "2026-02-01-rain.md").write_text("+++\ntitle = 'Rain'\n+++\nIt rains.")
    article = await only(http, folder)
    assert (article.title, article.dek) == ("Rain", "It rains.")
    assert article.published == datetime(2026, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize("matter", ["draft: true", "published: false", "status: draft"])
async def test_drafts_stay_where_they_are(http: Http, folder: Path, matter: str) -> None:
    (folder / "sea" / "ships.md").write_text(f"---\n{matter}\n---\ntext")
    assert (await visit(http, folder)).articles == ()


@pytest.mark.parametrize("key", ["image", "cover", "thumbnail", "feature_image", "featured_image", "hero"])
def test_a_picture_goes_by_many_names(key: str) -> None:
    (article,) = parse(f"---\n{key}: a.jpg\n---\n![b](b.jpg)".encode(), url="https://paper.example/").articles
    assert article.image == Image(url="https://paper.example/a.jpg")


BROKEN = {
    "---\ntitle: [\n---\ntext": "line 3",
    "---\ntitle: a\ntext": "no end",
    "---\n- a\n- b\n---\ntext": "name: value",
    "+++\ntitle = \n+++\n": "TOML",
    "---\na: &a [*a]\nb: !!python/object/apply:os.system [ls]\n---\n": "YAML",
    f"---\n{'[' * 5000}\n---\n": "YAML",
}


@pytest.mark.parametrize("text", BROKEN)
async def test_a_broken_file_costs_only_itself(http: Http, folder: Path, text: str) -> None:
    (folder / "broken.md").write_text(text)
    fetched = await visit(http, folder)
    assert len(fetched.articles) == 1
    (problem,) = fetched.problems
    assert "broken.md" in problem
    assert BROKEN[text] in problem


_ALIASES = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 7))
_MERGED = "\n".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 7))


@pytest.mark.parametrize("matter", [f"a0: &a0 [x]\n{_ALIASES}\ndate: *a6", f"a0: &a0 {{x: y}}\n{_MERGED}"])
def test_aliases_in_yaml_are_refused_before_they_multiply(matter: str) -> None:
    started = time.process_time()
    with pytest.raises(SourceError, match=r"line 3: aliases \(\*name\) are not read"):
        parse(f"---\n{matter}\n---\ntext".encode())
    assert time.process_time() - started < 2


def test_a_number_that_is_none_is_no_toml() -> None:
    with pytest.raises(SourceError, match="not valid TOML"):
        parse(f"+++\nweight = {'1' * 5000}\n+++\ntext".encode())


async def test_nothing_leads_out_of_the_folder(http: Http, folder: Path) -> None:
    (folder.parent / "secret.md").write_text("secret")
    (folder / "link.md").symlink_to(folder.parent / "secret.md")
    (folder / "sea" / "up").symlink_to(folder.parent)
    text = "---\nimage: ../../../etc/a.jpg\n---\n![x](../../b.png) ![y](%2e%2e/%2e%2e/c.png) ![z](../d.png)"
    (folder / "sea" / "ships.md").write_text(text)
    fetched = await visit(http, folder)
    assert "secret" not in repr(fetched.articles)
    (article,) = fetched.articles
    assert article.image == Image(url="https://paper.example/blog/d.png", alt="z")
    assert article.body.count("<img") == 1
    assert len([problem for problem in fetched.problems if "leads out of the folder" in problem]) >= 4
    with pytest.raises(SourceError, match="does not name files"):
        await visit(http, folder, pattern="/etc/*.md")
    outside = await visit(http, folder, pattern="../*.md")
    assert outside.articles == ()


async def test_hidden_files_and_large_ones(http: Http, folder: Path) -> None:
    (folder / ".trash").mkdir()
    (folder / ".trash" / "old.md").write_text("old")
    (folder / "large.md").write_text("x" * 1_000_001)
    fetched = await visit(http, folder)
    assert len(fetched.articles) == 1
    assert "larger than" in fetched.problems[0]


async def test_an_unchanged_folder_is_not_read_again(http: Http, folder: Path) -> None:
    options = Options(path=folder)
    first = await Source(options).fetch(http, Validators())
    assert (await Source(options).fetch(http, first.validators)).not_modified
    (folder / "more.md").write_text("more")
    assert len((await Source(options).fetch(http, first.validators)).articles) == 2
    assert not (await Source(Options(path=folder, max_articles=1)).fetch(http, first.validators)).not_modified


async def test_the_newest_come_first(http: Http, folder: Path) -> None:
    for day in (3, 1, 2):
        (folder / f"{day}.md").write_text(f"---\ntitle: Day {day}\ndate: 2026-04-0{day}\n---\n")
    fetched = await visit(http, folder, max_articles=2)
    assert [article.title for article in fetched.articles] == ["Day 3", "Day 2"]


async def test_a_missing_folder_is_said(http: Http, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such folder"):
        await visit(http, tmp_path / "none")


def test_one_file_alone() -> None:
    fetched = parse(STORY.encode(), url="https://paper.example/blog/")
    assert fetched.articles[0].title == "Ships: & cranes"
    with pytest.raises(SourceError, match="line 3"):
        parse(b"---\ntitle: [\n---\n")
    assert "base_url" in parse(b"text").problems[0]


@given(st.text(max_size=300))
def test_no_file_is_more_than_a_source_error(text: str) -> None:
    for whole in (text, f"---\n{text}\n---\n{text}", f"+++\n{text}\n+++\n"):
        try:
            parse(whole.encode("utf-8", "replace"), url="https://paper.example/")
        except SourceError as error:
            message = str(error)
            assert message.startswith("article.md: the front matter")  # some files are read


# --- what is not published -----------------------------------------------------------------------------------

HIDING = """
draft: true
draft: "true"
draft: yes
draft: 1
Draft: True
isDraft: true
published: false
published: "no"
publish: false
public: false
private: true
hidden: true
unlisted: true
wip: true
permalink: false
eleventyExcludeFromCollections: true
status: draft
status: Private
status: in review
state: pending
visibility: private
visibility: members
layout: draft
password: secret
tags: [news, draft]
tags: "news, private"
build: { render: never }
_build: { list: never }
"""
SHOWING = """
draft: false
draft: "false"
draft: no
draft:
published: true
publish: yes
status: published
status: featured
visibility: public
tags: [drafts of a law]
build: { list: always }
password: ""
unlisted: false
"""


@pytest.mark.parametrize("line", HIDING.strip().split("\n"))
async def test_every_sign_of_not_being_published_is_obeyed(http: Http, tmp_path: Path, line: str) -> None:
    (tmp_path / "a.md").write_text(f"---\ntitle: A\ndate: 2026-03-01\n{line}\n---\ntext")
    assert (await visit(http, tmp_path)).articles == ()


@pytest.mark.parametrize("line", SHOWING.strip().split("\n"))
async def test_what_is_published_stays_so(http: Http, tmp_path: Path, line: str) -> None:
    (tmp_path / "a.md").write_text(f"---\ntitle: A\ndate: 2026-03-01\n{line}\n---\ntext")
    assert (await only(http, tmp_path)).title == "A"


@pytest.mark.parametrize(
    "head",
    [
        "---\ntitle: A\n{}: {}\n---\n",
        '---toml\ntitle = "A"\n{} = "{}"\n---\n',
        '+++\ntitle = "A"\n{} = "{}"\n+++\n',
        '{{\n"title": "A",\n"{}": "{}"\n}}\n\n',
        '---json\n{{"title": "A", "{}": "{}"}}\n---\n',
        ';;;\n"title": "A",\n"{}": "{}"\n;;;\n',
        "Title: A\n{}: {}\n\n",
        "title: A\n{}: {}\n---\n",
        "<!--\n.. title: A\n.. {}: {}\n-->\n",
        ".. title: A\n.. {}: {}\n\n",
    ],
)
async def test_in_every_form_of_front_matter(http: Http, tmp_path: Path, head: str) -> None:
    (tmp_path / "a.md").write_text(head.format("status", "published") + "The text")
    (tmp_path / "b.md").write_text(head.format("status", "draft") + "The text")
    article = await only(http, tmp_path)
    assert (article.guid, article.title, article.dek) == ("a.md", "A", "The text")


@pytest.mark.parametrize(
    "name",
    ["_drafts/a.md", "drafts/b/a.md", "Drafts/a.md", "_templates/a.md", "private/a.md", "node_modules/x/a.md",
     "_index.md", "news/_index.md", "_a.md", "README.md", "docs/Contributing.md", "a.draft.md", ".trash/a.md"],
)  # fmt: skip
async def test_places_that_no_generator_makes_pages_of(http: Http, tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("# How to write\n\ntext")
    (tmp_path / "_posts").mkdir()
    (tmp_path / "_posts" / "2026-03-01-out.md").write_text("# Out\n\ntext")
    assert (await only(http, tmp_path)).title == "Out"


@pytest.mark.parametrize(
    ("name", "lines", "published", "day_only"),
    [
        ("a.md", "date: 2031-03-06T09:00:00Z", datetime(2031, 3, 6, 9, tzinfo=UTC), False),
        ("a.md", "date: 2031-03-06", datetime(2031, 3, 6, tzinfo=UTC), True),
        ("a.md", "date: 6 mars 2031", datetime(2031, 3, 6, tzinfo=UTC), True),
        ("2031-03-06-a.md", "title: A", datetime(2031, 3, 6, tzinfo=UTC), True),
        ("a.md", "date: 2031-03-01\npublishDate: 2031-03-06T09:00:00Z", datetime(2031, 3, 6, 9, tzinfo=UTC), False),
        ("a.md", "date: 2031-05-01\npublish_date: 2031-03-06", datetime(2031, 3, 6, tzinfo=UTC), True),
        ("a.md", "date: 2031-03-01\nembargo: 2031-03-06T09:00:00Z", datetime(2031, 3, 6, 9, tzinfo=UTC), False),
        ("a.md", "date: 2031-03-06\nembargo: 2031-03-01", datetime(2031, 3, 6, tzinfo=UTC), True),
        ("a.md", "publish: 2031-03-06", datetime(2031, 3, 6, tzinfo=UTC), True),
    ],
)  # fmt: skip
async def test_a_date_of_ours_is_an_order(
    http: Http, tmp_path: Path, name: str, lines: str, published: datetime, day_only: bool
) -> None:
    (tmp_path / name).write_text(f"---\n{lines}\n---\ntext")
    article = await only(http, tmp_path)
    assert (article.published, article.day_only, article.scheduled) == (published, day_only, True)


@pytest.mark.parametrize("key", ["expiryDate", "expiry_date", "expires", "unpublish-date", "valid_until"])
async def test_what_expires_says_so(http: Http, tmp_path: Path, key: str) -> None:
    (tmp_path / "a.md").write_text(f"---\ntitle: A\n{key}: 2031-03-06T09:00:00Z\n---\ntext")
    assert (await only(http, tmp_path)).expires == datetime(2031, 3, 6, 9, tzinfo=UTC)


async def test_an_order_that_nobody_can_read_is_told_and_not_overheard(http: Http, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: A\npublishDate: after the vote\n---\ntext")
    fetched = await visit(http, tmp_path)
    assert fetched.articles == ()
    assert fetched.problems == ("a.md: 'after the vote' is not a date, and is left out until that is mended",)


async def test_a_folder_tells_all_it_has_unless_that_is_too_much(http: Http, folder: Path) -> None:
    (folder / "more.md").write_text("text")
    assert (await visit(http, folder)).complete
    assert not (await visit(http, folder, max_articles=1)).complete
