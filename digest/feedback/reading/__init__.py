"""Read a mail that came back: whom it is about, what it says, and whether it is a report at all. Pure.

    bytes  ->  structure (parts, capped)
           ->  complaint (RFC 5965) | delivery status (RFC 3464) | Amazon's notification | request | words of old servers
           ->  one Report for each recipient  ->  `digest.feedback.meaning`

The mail is hostile: it is cut at a size and a depth, nothing in it is rendered, and what it claims is believed only as
far as `digest.pipeline.feedback` finds a mail of ours that it fits.
"""

from digest.feedback.reading.reader import Returned, read, take
from digest.feedback.reading.report import Kind, Report, event_of, kind_of

__all__ = ["Kind", "Report", "Returned", "event_of", "kind_of", "read", "take"]
