"""What the program works with, as one value: made by `digest.app`, handed down from there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from digest.clock import Clock
from digest.delivery import LivenessTracker, SenderRoute
from digest.net.http import Http
from digest.notices import Notices
from digest.readers.links import Links
from digest.settings import Newsletter, Settings
from digest.store.db.database import Database
from digest.telemetry.measures import Measures
from digest.timekeeping.keeper import Timekeeper
from digest.timekeeping.ticker import Pulse


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Everything that has to be opened and closed, in one place."""

    settings: Settings
    db: Database
    http: Http
    routes: tuple[SenderRoute, ...]  # the senders in their order: the first is used, the others take over
    watch: LivenessTracker  # over other processes that deliver
    links: Links
    clock: Clock  # what the timekeeper believes
    timekeeper: Timekeeper
    pulse: Pulse  # of the ticker, where one runs in this process
    templates: Path
    notices: Notices = field(default_factory=Notices)  # what is wrong now, as the service has found it
    measures: Measures = field(default_factory=Measures)  # what this process has done

    def links_of(self, newsletter: Newsletter) -> Links:
        """Return the links of a newsletter's mails and pages."""
        return self.links.at(self.settings.site_of(newsletter).url, private=newsletter.archive == "private")
