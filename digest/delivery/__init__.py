"""Work the ledger off: claim, pace, send, record, retry, resolve the unknown."""

from digest.delivery.engine import deliver
from digest.delivery.lanes import Outlet
from digest.delivery.parcels import MessageMaker
from digest.delivery.progress import Progress, Report

__all__ = ["MessageMaker", "Outlet", "Progress", "Report", "deliver"]
