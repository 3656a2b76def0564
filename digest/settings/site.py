"""The title under which newsletters appear."""

from __future__ import annotations

from digest.settings.addresses import Contact, Link, SiteAddress
from digest.settings.values import Shape


class Site(Shape):
    """Who sends: the newsroom, as its readers know it."""

    name: str = "Our newsroom"  # the sender's name, as readers know it
    url: SiteAddress = "http://127.0.0.1:8000"  # where readers reach the pages of this program
    postal_address: str = ""  # stands at the foot of every mail; the law of many countries wants it there
    tagline: str = ""  # a line below the name
    about: str = ""  # a line at the foot of every mail
    licence: str = ""  # the articles' licence, in the words for the foot of the mail
    contact: Contact = ""  # URL or address; the User-Agent names it to the servers that are visited
    appeal: str = ""  # a line that asks readers for support
    appeal_url: Link = ""  # where that line leads
    signup: str = ""  # a line for those to whom the mail was forwarded
    signup_url: Link = ""  # where that line leads
