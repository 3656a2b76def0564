"""Work the ledger off: claim, pace, send, record, retry, resolve the unknown."""

from digest.delivery.limits.host_throttle import HostThrottle, host_rates
from digest.delivery.limits.mailbox_hosts import MailboxHostResolver
from digest.delivery.liveness import LivenessTracker
from digest.delivery.progress import Progress, Report
from digest.delivery.queue.parcels import MessageMaker
from digest.delivery.queue.routes import SenderRoute
from digest.delivery.run import deliver

__all__ = [
    "HostThrottle",
    "LivenessTracker",
    "MailboxHostResolver",
    "MessageMaker",
    "Progress",
    "Report",
    "SenderRoute",
    "deliver",
    "host_rates",
]
