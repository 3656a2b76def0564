"""Send what the ledger holds: claim rows, keep to limits, hand mails over, record the answers, retry, resolve doubts.

The way of one message (one `run` is one call of `deliver`; any number of processes may run on one ledger)::

    run.deliver                          the loop: one sync every 0.04 s while there is work, then wait or end
     |
     |- every 0.5 s  OpenEditions.refresh   which editions are being sent and how to make their copies; judges canaries,
     |                                      takes rows of dead processes back (liveness), closes what is complete
     |
     `- every pass   LedgerSync.sync        writes the results and marks of all workers; its steps, in this order:

        queued ---- claim --> Claimed    rows of this process, about one second of work; not sent yet, may go back
                                |
                     choose     |        Fleet     which sender serves which edition now
                                |        Stock     how many copies it is worth having ready
                                |        limits/   Pacer (rates, hours, warm-up), shared_quotas (rates of all
                                |                  processes together), HostThrottle (a mailbox host: now or later)
                                v
                     write               ONE transaction: results, rows put back or postponed, rows marked as being
                                |        sent, the lease renewed; `calls` notes calls that can be repeated
                                v
                     hand out            only what was marked, and only after the commit
                                |
                                v
                     SenderQueue.put     the queue of one sender: ready -> under way
                                |
          workers               |        one task for a sender that takes what it wants (`Streaming`, as SMTP does),
                                |        else one task per concurrent call (caller.call_by_call)
                                v
                     SenderQueue.take    asks the Judge and the lease again, builds the copy: ReadyDelivery -> SendJob
                                |
                                v
                     sender              SMTP conversation or API call (digest.senders) -> a SendResult
                                |
                                v
                     SendJob.settle      Judge (limits/sender_standing): is the answer about the reader, or about the
                                |        sender? It feeds Breaker, Throttle, Streaks and HostThrottle
                                v
                     LedgerSync.report   kept in memory until the next sync, which asks outcomes.decide what becomes of
                                |        the row (pure: sent, refused, deferred until, queued again, unknown)
                                v
        sent, refused, deferred, queued, unknown                                                 in the ledger

What the order of the steps guarantees:

- A mail leaves only after its row is durably marked. When a process dies, only its marked rows are in doubt.
- A result is durable one sync after the answer, or two; one commit serves hundreds of rows.
- Consent is checked by the statement that marks a row, and a marked copy is built within a second or goes back.
- Every row carries a fence (digest.store.ledger.claims): a process that lost its lease cannot write over its successor.
- Memory holds about one second of work, however many readers the edition has.

At the end `run` puts back what has not left, waits for what is under way, and writes everything down. Reading order:
`run`, `ledger_sync`, `queue/`, `outcomes`, then `limits/`, where each module stands alone.
"""

from digest.delivery.limits.host_throttle import HostThrottle, host_rates
from digest.delivery.limits.mailbox_hosts import MailboxHostResolver
from digest.delivery.liveness import LivenessTracker
from digest.delivery.progress import Progress, Report
from digest.delivery.queue.jobs import MessageMaker
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
