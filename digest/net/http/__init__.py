"""Talk HTTP to servers that may be slow, broken or hostile: the only room that imports httpx.

`Http.get` visits sources: addresses checked when the connection is made, size and time bounded, redirects
followed by hand, one request at a time for each host. `Http.request` calls the APIs that the operator configured.
"""

from digest.errors import HttpFailure
from digest.net.http.addresses import Resolver, is_public, is_this_machine
from digest.net.http.body import inflate
from digest.net.http.client import Http
from digest.net.http.refusal import refusal
from digest.net.http.response import Response

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
