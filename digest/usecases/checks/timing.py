"""Keys about time, looked at together: the schedule against how old, how late and how long anything may be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from digest.model.amounts import spoken
from digest.model.findings import Finding, Level
from digest.schedule.gaps import gaps
from digest.schedule.slots import next_slots
from digest.settings import Newsletter, Settings

_FAR = timedelta(days=400)  # a yearly newsletter is no mistake


def timing(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Yield what does not go together in when newsletters are made and sent."""
    for newsletter in settings.newsletters:
        subject = f"newsletter {newsletter.name}"
        for text in _ages(newsletter):
            yield Finding(Level.WARNING, subject, text)
        for text in _lateness(newsletter, settings):
            yield Finding(Level.WARNING, subject, text)
        for text in _never(newsletter, settings):
            yield Finding(Level.FAILURE, subject, text)
        slots = next_slots(newsletter.schedule, newsletter.timezone, now, 1)
        if slots and slots[0].due - now > _FAR:
            text = f"the next edition is due {slots[0].text}: is that what schedule = {newsletter.schedule!r} should say?"
            yield Finding(Level.WARNING, subject, text)


def _ages(newsletter: Newsletter) -> Iterator[str]:
    _, longest = gaps(newsletter.schedule)
    if newsletter.max_age < longest:
        yield (
            f"max_age = {spoken(newsletter.max_age)} is shorter than the longest gap between two editions, "
            f"{spoken(longest)}: stories of the {spoken(longest - newsletter.max_age)} after an edition are too old for "
            "the next one and run nowhere. Leave max_age out, and it follows the schedule"
        )
    if newsletter.quiet_time > newsletter.max_wait:
        yield (
            f"quiet_time = {spoken(newsletter.quiet_time)} is longer than max_wait = {spoken(newsletter.max_wait)}, "
            "after which no article waits any more"
        )


def _lateness(newsletter: Newsletter, settings: Settings) -> Iterator[str]:
    shortest, _ = gaps(newsletter.schedule)
    if newsletter.max_lateness > shortest and "max_lateness" in newsletter.model_fields_set:
        yield (
            f"max_lateness = {spoken(newsletter.max_lateness)} is longer than the shortest gap between two editions, "
            f"{spoken(shortest)}: only the latest slot is ever made, so the rest of it does nothing"
        )
    if settings.delivery.deadline > shortest and "deadline" in settings.delivery.model_fields_set:
        yield (
            f"[delivery] deadline = {spoken(settings.delivery.deadline)} is longer than the shortest gap between two "
            f"editions, {spoken(shortest)}: readers may get two editions at once after a day without a mail server"
        )
    if newsletter.updates != "again" and "again_after" in newsletter.model_fields_set:
        yield f'again_after does nothing with updates = "{newsletter.updates}": it belongs to "again"'


def _never(newsletter: Newsletter, settings: Settings) -> Iterator[str]:
    wait, deadline = newsletter.canary_wait, settings.delivery.deadline
    if newsletter.canary and wait >= deadline:
        yield (
            f"canary_wait = {spoken(wait)} is not shorter than [delivery] deadline = {spoken(deadline)}: "
            "only the first readers would ever get an edition"
        )
    if min(newsletter.quiet_time, newsletter.max_wait) >= newsletter.max_age:
        yield (
            f"an article waits {spoken(min(newsletter.quiet_time, newsletter.max_wait))} (quiet_time, max_wait) and is "
            f"too old after {spoken(newsletter.max_age)} (max_age): none would ever run"
        )
