"""Work the ledger off: claim, pace, send, record, retry, resolve the unknown."""

from digest.delivery.domains import Domains, host_rates
from digest.delivery.engine import deliver
from digest.delivery.hosts import MailHosts
from digest.delivery.outlets import Outlet
from digest.delivery.owners import Watch
from digest.delivery.parcels import MessageMaker
from digest.delivery.progress import Progress, Report

__all__ = [
    "Domains",
    "MailHosts",
    "MessageMaker",
    "Outlet",
    "Progress",
    "Report",
    "Watch",
    "deliver",
    "host_rates",
]
