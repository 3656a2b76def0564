"""Plans of articles that have a picture each."""

from __future__ import annotations

from datetime import datetime

from digest.model import Article, Candidate, Chosen, Image, Plan, PlannedSection

SITE = "https://news.example.org"


def plan_of(now: datetime, *images: Image | str) -> Plan:
    """A plan with a section for each article."""
    sections = []
    for rank, image in enumerate(images, 1):
        picture = Image(url=image) if isinstance(image, str) else image
        article = Article(guid=f"{rank}", url=f"https://e.org/{rank}", title=f"Story {rank}", image=picture)
        candidate = Candidate(
            id=rank,
            source="s",
            source_title="S",
            article=article,
            url_key=f"e.org/{rank}",
            first_seen=now,
            last_changed=now,
        )
        sections.append(
            PlannedSection(title=f"{rank}", articles=(Chosen(candidate=candidate, rank=rank, why="new"),))
        )
    return Plan(newsletter="daily", slot="2026-03-02T07:00", due=now, sections=tuple(sections))


def images(plan: Plan) -> list[Image | None]:
    return [chosen.candidate.article.image for chosen in plan.chosen]
