"""Send what the ledger holds: claim rows, keep to limits, hand mails over, record the answers, retry, resolve doubts.

README.md in this folder draws the way of one message, and says what the order of its steps guarantees.
"""

from digest.delivery.limits.host_throttle import HostThrottle, host_rates
from digest.delivery.limits.mailbox_hosts import MailboxHostResolver
from digest.delivery.limits.route import SenderRoute
from digest.delivery.liveness import LivenessTracker
from digest.delivery.policy import Hooks, Policy, Step
from digest.delivery.progress import Progress, Report
from digest.delivery.queue.jobs import MessageMaker
from digest.delivery.run import deliver

__all__ = [
    "Hooks",
    "HostThrottle",
    "LivenessTracker",
    "MailboxHostResolver",
    "MessageMaker",
    "Policy",
    "Progress",
    "Report",
    "SenderRoute",
    "Step",
    "deliver",
    "host_rates",
]
