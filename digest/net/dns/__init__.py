"""The DNS as receivers of mail ask it: the resolver, and what the records of a sending domain mean."""

from digest.net.dns.resolver import Lookup, Names, Unanswered, lookup

__all__ = ["Lookup", "Names", "Unanswered", "lookup"]
