"""Mails that servers send back, written after what their formats say."""

from __future__ import annotations

READER = "ada@example.net"
OUR_ID = "daily-2026-03-02T0700.0123456789abcdef@news.example.org"
OUR_HEAD = (
    f"From: The Daily <daily@news.example.org>\nTo: Ada <{READER}>\nMessage-ID: <{OUR_ID}>\nSubject: Today\n"
)


def mail(
    body: str, *, sender: str = "MAILER-DAEMON@mx.example.net", subject: str = "", **fields: str
) -> bytes:
    """Return a server's mail in words alone; `x_original_to` becomes "X-Original-To"."""
    head = {"Return-Path": "<>", "From": sender, "To": "daily@news.example.org", "Subject": subject}
    head |= {name.replace("_", "-").title(): value for name, value in fields.items()}
    return ("".join(f"{name}: {value}\n" for name, value in head.items()) + "\n" + body).encode()


def _parted(subject: str, report_type: str, to: str, *parts: tuple[str, str]) -> bytes:
    head = (
        f"From: MAILER-DAEMON@mx.example.net\nTo: {to}\nSubject: {subject}\n"
        "Date: Mon, 02 Mar 2026 07:10:00 +0000\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type={report_type}; boundary="=_b"\n\n'
    )
    body = "".join(f"--=_b\nContent-Type: {kind}\n\n{text}\n" for kind, text in parts)
    return f"{head}{body}--=_b--\n".encode()


def report(status: str, *, to: str = "daily@news.example.org", words: str = "Not delivered.") -> bytes:
    """Return a delivery status notification (RFC 3464) with our mail."""
    parts = (
        ("text/plain", words),
        ("message/delivery-status", status),
        ("message/rfc822", f"{OUR_HEAD}\nNews"),
    )
    return _parted("Undelivered Mail", "delivery-status", to, *parts)


def failed(diagnostic: str, status: str = "5.1.1", *, to: str = "daily@news.example.org") -> bytes:
    """Return the notification of a mail to READER that failed."""
    return report(
        f"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; {READER}\nAction: failed\n"
        f"Status: {status}\nDiagnostic-Code: smtp; {diagnostic}\n",
        to=to,
    )


def complaint(kind: str = "abuse") -> bytes:
    """Return a complaint (RFC 5965) that names the reader only in our mail."""
    said = f"Feedback-Type: {kind}\nUser-Agent: FBL/1\nVersion: 1\n"
    parts = (("message/feedback-report", said), ("message/rfc822", f"{OUR_HEAD}\nNews"))
    return _parted("complaint", "feedback-report", "fbl@news.example.org", *parts)
