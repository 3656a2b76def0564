"""An edition's plan as a document for people and machines: what was chosen, what was not, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from digest.edition.finish import encoded_size
from digest.model import Article, Chosen, LeftOut, Mail, Plan


def article_fields(article: Article) -> dict[str, Any]:
    """Return an article as every JSON answer has it: plain texts, absolute URLs, UTC times or null."""
    image = article.image
    return {
        "guid": article.guid,
        "url": article.url,
        "title": article.title,
        "dek": article.dek,
        "byline": article.byline,
        "published": _moment(article.published),
        "updated": _moment(article.updated),
        "section": article.section,
        "tags": list(article.tags),
        "image": image
        and {
            "url": image.url,
            "alt": image.alt,
            "credit": image.credit,
            "caption": image.caption,
            "width": image.width,
            "height": image.height,
        },
    }


def plan_document(plan: Plan, mail: Mail | None) -> dict[str, Any]:
    """Return what `preview` writes as plan.json; `html_bytes` is the size of the HTML part as encoded."""
    return {
        "newsletter": plan.newsletter,
        "slot": plan.slot,
        "due": _moment(plan.due),
        "skip": plan.skip,
        "subject": mail.subject if mail else "",
        "preheader": mail.preheader if mail else "",
        "html_bytes": encoded_size(mail.html) if mail else 0,
        "sections": [
            {
                "title": section.title,
                "articles": [_chosen(chosen) for chosen in section.articles],
                "listed": [_chosen(chosen) for chosen in section.listed],
            }
            for section in plan.sections
        ],
        "left_out": [_left_out(left) for left in plan.left_out],
        "did_not_fit": plan.did_not_fit,
        "problems": list(plan.problems),
    }


def _chosen(chosen: Chosen) -> dict[str, Any]:
    return article_fields(chosen.candidate.article) | {
        "source": chosen.candidate.source_title,
        "rank": chosen.rank,
        "why": chosen.reason,
        "also_in": list(chosen.also_in),
        "updated_since": chosen.updated,
    }


def _left_out(left: LeftOut) -> dict[str, Any]:
    article = left.candidate.article
    return {
        "url": article.url,
        "title": article.title,
        "source": left.candidate.source_title,
        "why": left.why,
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
