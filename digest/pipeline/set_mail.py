"""Set the mail of a plan, in a thread, so that the pages answer meanwhile."""

from __future__ import annotations

import asyncio

from digest.edition import set_edition
from digest.model import Mail, Plan
from digest.settings import Newsletter
from digest.tools import Tools


async def set_mail(plan: Plan, newsletter: Newsletter, tools: Tools) -> Mail | None:
    """Set the mail of a plan; None where none should go out."""
    if plan.skip:
        return None
    site, now = tools.settings.site_of(newsletter), tools.clock()
    return await asyncio.to_thread(set_edition, plan, newsletter, site, templates=tools.templates, now=now)
