"""Why each finding matters, by its id: ids never change, and docs/guide/doctor.md explains every one of them."""

from __future__ import annotations

#: What `digest check` finds without the network speaks for itself.
OFFLINE = frozenset(
    {
        "config.basics", "config.choice", "config.files", "config.site", "config.sources", "config.timing",
        "database.durability", "database.file", "database.known", "newsletter.copy",
    }
)  # fmt: skip

REASONS = {
    "dns.answers": "Receivers judge your mails by these records; without an answer this program cannot see them.",
    "spf.record": "Gmail (550 5.7.27), Yahoo and Microsoft (550 5.7.515) want exactly one valid SPF record.",
    "spf.all": "A record that lets everybody send protects nobody, and spam filters count it against the domain.",
    "spf.lookups": "Receivers stop after 10 look-ups, or 2 names without records, and treat SPF as failed (RFC 7208).",
    "spf.address": "Gmail (550 5.7.27) and Microsoft (550 5.7.515) refuse mail from an address that SPF does not name.",
    "dkim.signing": "Gmail (550 5.7.30), Yahoo and Microsoft (550 5.7.515) want bulk mail signed by the sender's domain.",
    "dkim.record": "Without the published key no signature can be verified: for Gmail the mail is unsigned (550 5.7.30).",
    "dkim.match": "A signature by another key than the published one is invalid, which is worse than none.",
    "dkim.length": "Receivers ignore RSA keys under 1024 bits and want 2048 (RFC 8301, Gmail's rules).",
    "dkim.testing": "With t=y receivers treat signed mail like unsigned mail (RFC 6376).",
    "dmarc.record": "Gmail (550 5.7.40), Yahoo and Microsoft (550 5.7.515) want bulk senders to publish DMARC.",
    "dmarc.policy": "p=none meets the bulk sender rules; quarantine or reject also stops forged mails in your name.",
    "dmarc.reports": "The reports show who sends in your name and what fails, before a stricter policy loses mails.",
    "dmarc.alignment": "Gmail (550 5.7.32), Yahoo and Microsoft want SPF or DKIM to pass for the domain in From.",
    "mx.record": "Many receivers refuse a sender to whose domain no bounce or answer can be sent.",
    "ptr.name": "Gmail (550 5.7.25) and Yahoo refuse servers without a reverse name that leads back to them.",
    "sender.login": "Without a login nothing is sent at all.",
    "sender.domain": "Email services refuse mails from a domain that was not verified there, or sign them as their own.",
    "sender.limits": "An account in a sandbox mails only to addresses that were verified by hand.",
    "sender.encryption": "Readers' addresses, and the password if there is one, travel readable without TLS.",
    "sender.certificate": "Once the certificate has expired no mail is handed over, for its server cannot be trusted.",
    "site.https": "Mailbox providers offer one-click unsubscribe for https addresses only (RFC 8058).",
    "site.one-click": "Gmail and Yahoo want one-click unsubscribe, and follow no redirect of its POST (RFC 8058).",
    "site.certificate": "With an expired certificate one-click unsubscribe fails, and readers complain instead.",
    "machine.clock": "A wrong clock sends at the wrong time, dates mails wrongly, and makes signed requests fail.",
    "machine.disk": "When the disk is full nothing can be recorded, so nothing is sent.",
    "database.version": "Older versions lack what this program asks of them.",
    "database.schema": "The tables must be those of this version of the program.",
    "source.visit": "An edition is made of what sources give.",
    "link.reachable": "Readers who meet a dead link trust the next one less.",
}
