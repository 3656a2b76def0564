"""Talk HTTP to servers that may be slow, broken or hostile: the only room that imports httpx.

`Http.get` visits sources: addresses checked when the connection is made, size and time bounded, redirects
followed by hand, one request at a time for each host. `Http.request` calls the APIs that the operator configured.
"""

from digest.errors import HttpFailure
from digest.http.addresses import Resolver, is_public, is_this_machine
from digest.http.body import inflate
from digest.http.client import Http
from digest.http.refusal import refusal
from digest.http.response import Response

__all__ = [
    "Http",
    "HttpFailure",
    "Resolver",
    "Response",
    "inflate",
    "is_public",
    "is_this_machine",
    "refusal",
]
