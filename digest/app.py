"""The only wiring: from Settings to the open Tools that the program works with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module

from digest import __version__, plugins
from digest.clock import Clock, Pretended, Steady, steady, utc_now
from digest.delivery import HostThrottle, LivenessTracker, MailboxHostResolver, SenderRoute, host_rates
from digest.edition import templates_dir
from digest.net.http import Http
from digest.readers.links import Links
from digest.service import worker_processes
from digest.settings import Settings
from digest.store.db import meta
from digest.store.db.database import Database
from digest.store.editions import newsletters
from digest.timekeeping.keeper import Timekeeper
from digest.timekeeping.ticker import Pulse
from digest.tools import Tools


@asynccontextmanager
async def open_tools(
    settings: Settings, *, clock: Clock = utc_now, ticks: Steady | None = None, create: bool = True
) -> AsyncIterator[Tools]:
    """Open database, HTTP client and senders, and close them again whatever happens.

    With `create=False` a database that does not exist yet is an empty one in memory, and no file appears.
    `ticks` is the steady clock with which `clock` is compared; a clock other than the system's is believed without one.
    Raises StoreError, UsageError.
    """
    async with AsyncExitStack() as stack:
        db = await Database.open(settings.database.url, create=create)
        stack.push_async_callback(db.close)
        if create and db.dialect == "sqlite":
            await db.upgrade()
        ticks = steady if clock is utc_now else ticks
        timekeeper = Timekeeper(db, clock, ticks)
        if create:
            await timekeeper.look()
            now = utc_now() if isinstance(clock, Pretended) else timekeeper.now()
            await newsletters.know(db, [one.name for one in settings.newsletters], now)
        http = open_http(settings)
        stack.push_async_callback(http.close)
        named = {host.lower() for entry in settings.senders for host in entry.domains}
        hosts = MailboxHostResolver(_mx if settings.delivery.mx_lookups else None, named)
        stack.push_async_callback(hosts.close)
        routes, processes = [], worker_processes.size(settings)
        for entry in settings.senders:
            sender = plugins.load("senders", entry.kind).Sender(entry.options, http)
            stack.push_async_callback(sender.close)
            routes.append(
                SenderRoute(
                    name=entry.name,
                    sender=sender,
                    rates=tuple(rate.shared(processes) for rate in entry.rate),
                    hours=entry.hours,
                    warm_up=entry.warm_up,
                    timezone=entry.timezone,
                    domains=HostThrottle(
                        host_rates(entry.domains, defaults=entry.felt_by_hosts),
                        hosts if entry.felt_by_hosts or entry.domains else None,
                        processes=processes,
                    ),
                )
            )
        yield Tools(
            settings=settings,
            db=db,
            http=http,
            routes=tuple(routes),
            watch=LivenessTracker(settings.delivery.lease.total_seconds()),
            links=Links(settings.site.url, await meta.token_key(db)),
            clock=timekeeper.now if ticks else clock,
            timekeeper=timekeeper,
            pulse=Pulse(),
            templates=templates_dir(),
        )


async def _mx(domain: str) -> list[str]:
    """Look up a domain's MX records; the library for it is loaded by the first who asks."""
    dns = await asyncio.to_thread(import_module, "digest.net.dns")
    return await dns.lookup(domain, "MX")  # type: ignore[no-any-return]  # its signature says so


def open_http(settings: Settings) -> Http:
    """Open the guarded HTTP client as the configuration wants it."""
    contact = settings.site.contact or settings.site.url
    return Http(
        user_agent=f"newsletter-digest/{__version__} (+{contact})",
        allow_private=settings.fetch.allow_private,
        timeout=settings.fetch.timeout.total_seconds(),
        host_pause=settings.fetch.host_pause.total_seconds(),
    )
