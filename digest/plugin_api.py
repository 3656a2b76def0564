"""What sources, senders and themes of your own may import; these names and their types stay within a major version.

Everything else in this package may change with any release. See docs/guide/extending.md.
"""

from digest.errors import (
    SenderBroken,
    SenderBusy,
    SenderDenied,
    SenderUnfit,
    SourceBlocked,
    SourceError,
    SourceGone,
    SourceUnreachable,
)
from digest.model import (
    Article,
    Deferred,
    Fetched,
    Image,
    Message,
    Outcome,
    Refused,
    Sent,
    SourceInfo,
    Unknown,
    Unsent,
    Validators,
)
from digest.model.findings import Finding, Level
from digest.net.http import Http, HttpFailure, Response
from digest.senders import Sender, SenderOptions
from digest.sources import Source, SourceOptions
from digest.text import absolute_url, clean_html, clean_text, plain_text, truncate

__all__ = [
    "Article",
    "Deferred",
    "Fetched",
    "Finding",
    "Http",
    "HttpFailure",
    "Image",
    "Level",
    "Message",
    "Outcome",
    "Refused",
    "Response",
    "Sender",
    "SenderBroken",
    "SenderBusy",
    "SenderDenied",
    "SenderOptions",
    "SenderUnfit",
    "Sent",
    "Source",
    "SourceBlocked",
    "SourceError",
    "SourceGone",
    "SourceInfo",
    "SourceOptions",
    "SourceUnreachable",
    "Unknown",
    "Unsent",
    "Validators",
    "absolute_url",
    "clean_html",
    "clean_text",
    "plain_text",
    "truncate",
]
