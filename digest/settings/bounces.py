"""Mails that come back: the addresses that they come to."""

from __future__ import annotations

from digest.settings.addresses import ReturnAddress
from digest.settings.values import Shape


class BounceSettings(Shape):
    """Mails that come back."""

    # Where mails come back to: "bounces@news.example.org" gives each reader bounces+TOKEN@news.example.org, so that a
    # bounce tells whom it is about and cannot be forged. The address in `from`, without a token, by default.
    address: ReturnAddress = ""
    # The same for leaving by mail: "leave@news.example.org" is offered beside the link. None by default.
    leave_address: ReturnAddress = ""
