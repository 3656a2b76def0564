"""Which addresses are never visited, as far as they tell by themselves; names are judged when they are looked up."""

from __future__ import annotations

from urllib.parse import urlsplit

from digest.net.http.addresses import is_public, is_this_machine

ALLOWED_PORTS = (80, 443)


def refusal(url: str, *, allow_private: bool) -> str:
    """Say why an address is not visited, "" if it may be; never raises."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError:
        return "it is no address"
    if scheme not in ("http", "https") or not host:
        return "only http and https addresses are visited"
    if allow_private:
        return ""
    if port not in (None, *ALLOWED_PORTS):
        return (
            f"port {port} is not visited, only 80 and 443;"
            " set allow_private = true under [fetch] if this server is yours"
        )
    if _is_private(host):
        return (
            f"{host} is a private or reserved address, which is not visited;"
            " set allow_private = true under [fetch] if it is yours"
        )
    return ""


def _is_private(host: str) -> bool:
    if is_this_machine(host) or host.rstrip(".").endswith(".localhost"):
        return True
    try:
        return not is_public(host)
    except ValueError:  # a name
        return False
