"""A webhook is believed only with its proof, and whatever it says is read without harm."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from digest import plugins
from digest.feedback.hooks import ForgedRequest, HookRequest, NeedsPage, UnreadableRequest
from digest.model import EventType
from tests.helpers.webhooks import CERTIFICATE_URL, CONFIRM_URL, NOW, TOPIC, options, read, signed, sns

KINDS = plugins.kinds("feedback.hooks")

#: A dead address, as each service reports it.
BOUNCE: dict[str, Any] = {
    "ses": {
        "Message": json.dumps(
            {
                "eventType": "Bounce",
                "mail": {"messageId": "m1", "destination": ["r@example.org"]},
                "bounce": {
                    "bounceType": "Permanent",
                    "timestamp": "2026-03-02T07:59:00.000Z",
                    "bouncedRecipients": [
                        {"emailAddress": "r@example.org", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
                    ],
                },
            }
        )
    },
    "resend": {
        "type": "email.bounced",
        "data": {
            "email_id": "m1",
            "to": ["r@example.org"],
            "bounce": {
                "type": "Permanent",
                "message": "gone",
                "diagnosticCode": ["smtp; 550 5.1.1 user unknown"],
            },
        },
    },
    "sendgrid": [
        {
            "event": "bounce",
            "type": "bounce",
            "email": "r@example.org",
            "sg_message_id": "m1.recvd-5-7",
            "reason": "550 5.1.1 user unknown",
            "sg_event_id": "e1",
            "timestamp": 1772438340,
        }
    ],
    "mailgun": {
        "event-data": {
            "event": "failed",
            "severity": "permanent",
            "recipient": "r@example.org",
            "message": {"headers": {"message-id": "m1"}},
            "delivery-status": {"code": 550, "message": "5.1.1 user unknown"},
        }
    },
    "postmark": {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "ID": 7,
        "Email": "r@example.org",
        "MessageID": "m1",
        "Details": "smtp;550 5.1.1 user unknown",
    },
    "brevo": {
        "event": "hard_bounce",
        "email": "r@example.org",
        "message-id": "<m1>",
        "ts_epoch": 1772438340000,
        "reason": "550 5.1.1 user unknown",
    },
    "mailjet": [
        {
            "event": "bounce",
            "hard_bounce": True,
            "email": "r@example.org",
            "MessageID": "m1",
            "error": "user unknown",
        }
    ],
    "sparkpost": [
        {
            "msys": {
                "message_event": {
                    "type": "bounce",
                    "bounce_class": "10",
                    "event_id": "e1",
                    "rcpt_to": "r@example.org",
                    "transmission_id": "m1",
                    "error_code": "550",
                    "raw_reason": "550 5.1.1 user unknown",
                }
            }
        }
    ],
    "mailersend": {
        "type": "activity.hard_bounced",
        "data": {
            "id": "e1",
            "type": "hard_bounced",
            "email": {"message": {"id": "m1"}, "recipient": {"email": "r@example.org"}},
            "morph": {"reason": "550 5.1.1 user unknown"},
        },
    },
    "mandrill": [
        {
            "event": "hard_bounce",
            "ts": 1772438340,
            "_id": "m1",
            "msg": {"email": "r@example.org", "diag": "550 5.1.1 user unknown"},
        }
    ],
}


def bounce(kind: str) -> HookRequest:
    return signed(kind, json.dumps(BOUNCE[kind]).encode())


def test_every_kind_is_tried_here() -> None:
    assert set(BOUNCE) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_bounce_names_mail_reader_and_reason(kind: str) -> None:
    (found,) = read(kind, bounce(kind))
    assert (found.type, found.address, found.remote_id) == (EventType.BOUNCED, "r@example.org", "m1")
    assert found.lasting is True
    assert "user unknown" in found.text
    assert found.key
    assert read(kind, bounce(kind))[0].key == found.key  # the same report told again


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_without_proof_or_with_another_one_is_refused(kind: str) -> None:
    right = bounce(kind)
    proofs = [name for name in right.headers if name != "content-type"]
    forged = [
        *[
            replace(right, headers={key: v for key, v in right.headers.items() if key != name})
            for name in proofs
        ],
        *[replace(right, headers={**right.headers, name: spoilt(right.headers[name])}) for name in proofs],
        *[replace(right, headers={**right.headers, name: "é\U0001f600"}) for name in proofs],
        replace(right, headers={}),
    ]
    if kind in ("ses", "mailgun"):  # the proof is in the body
        forged = []
        said = json.loads(right.body)
        for place in (said, said.get("signature", {})):
            for name, value in place.items():
                if isinstance(value, str) and name not in ("event-data", "Type"):
                    body = json.dumps(said).replace(json.dumps(value), json.dumps(spoilt(value)))
                    forged.append(replace(right, body=body.encode()))
        assert len(forged) >= 3
    for one in forged:
        with pytest.raises((ForgedRequest, UnreadableRequest, NeedsPage)):
            read(kind, one)


def spoilt(value: str) -> str:
    """Change one character in the middle, to another of the same sort."""
    middle = len(value) // 2
    return value[:middle] + ("A" if value[middle] != "A" else "B") + value[middle + 1 :]


@pytest.mark.parametrize("kind", ["ses", "resend", "sendgrid", "mailersend", "mandrill"])
def test_a_signature_is_of_every_byte_of_the_body(kind: str) -> None:
    right = bounce(kind)
    at = right.body.index(b"example")
    body = right.body[:at] + b"F" + right.body[at + 1 :]
    with pytest.raises(ForgedRequest):
        read(kind, replace(right, body=body))


@pytest.mark.parametrize("kind", ["ses", "resend", "sendgrid", "mailgun"])
def test_an_old_signature_is_a_replay(kind: str) -> None:
    for late in (timedelta(minutes=-6), timedelta(minutes=6)) if kind != "ses" else (timedelta(hours=2),):
        with pytest.raises(ForgedRequest):
            read(kind, replace(bounce(kind), now=NOW + late))
    assert read(kind, replace(bounce(kind), now=NOW + timedelta(minutes=4)))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("ses", "sendgrid")])
def test_two_secrets_serve_while_one_is_changed(kind: str) -> None:
    right = options(kind).secret[0].get_secret_value()
    other = "whsec_b3RoZXI=" if kind == "resend" else "other:secret"
    assert read(kind, bounce(kind), secret=[other, right])
    with pytest.raises(ForgedRequest):
        read(kind, bounce(kind), secret=[other])


def test_brevo_may_log_in_by_token_or_header() -> None:
    body = json.dumps(BOUNCE["brevo"]).encode()
    for headers in ({"authorization": "bearer a-token"}, {"x-hook": "a-token"}):
        request = HookRequest(headers=headers, body=body, now=NOW)
        assert read("brevo", request, secret="a-token", header="X-Hook")
    with pytest.raises(ForgedRequest):
        read("brevo", HookRequest(headers={"x-hook": "a-token"}, body=body, now=NOW), secret="a-token")


HOSTILE = [
    b"",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"{}",
    b'"text"',
    b"[" * 100_000,
    b"1" * 10_000,
    b'{"data": [1], "type": {}, "event-data": "x", "RecordType": 3, "msys": [], "event": null, "Message": 1}',
    b'[{"msys": {"a": 1}}, {"event": 1e999, "timestamp": 1e400, "email": {"a": []}}]',
    json.dumps({"event": "hard_bounce", "email": "a\u0000b\ud800" + "x" * 5000, "ts_epoch": 10**40}).encode(),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_bodies_are_read_without_harm(kind: str, body: bytes) -> None:
    try:
        request = hostile(kind, body)
    except (ValueError, AttributeError, RecursionError):
        pytest.skip("cannot be put into this service's form")
    try:
        found = read(kind, request)
    except (UnreadableRequest, ForgedRequest):
        return
    for one in found:
        assert one.type in EventType
        for value in (one.key, one.address, one.text, one.remote_id, one.message_id):
            assert "\0" not in value
            assert len(value.encode()) <= 8000
        assert 0 < len(one.key) <= 320
        assert len(one.address) <= 320


def hostile(kind: str, body: bytes) -> HookRequest:
    if kind == "ses":
        return signed(kind, json.dumps({"Message": body.decode()}).encode())
    if kind == "mailgun":
        said = json.loads(body)
        return signed(kind, json.dumps({"event-data": said}).encode())
    return signed(kind, body)


def test_a_topic_that_is_not_ours_is_refused_before_anything_is_fetched() -> None:
    request = replace(signed("ses", b'{"Message": "{}"}'), pages={})
    with pytest.raises(NeedsPage) as needed:
        read("ses", request)
    assert (needed.value.url, needed.value.keep) == (CERTIFICATE_URL, True)
    with pytest.raises(ForgedRequest):
        read("ses", request, topics=[TOPIC + "-of-others"])


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem",
        "https://user@sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem",
        "https://bucket.s3.amazonaws.com/a.pem",
        "https://sns.evil.amazonaws.com/a.pem",
        "https://127.0.0.1/a.pem",
        "https://[::1/a.pem",
        "",
        7,
    ],
)
def test_no_message_leads_us_to_a_server_that_is_not_amazons(url: object) -> None:
    body = sns("{}", SigningCertURL=url)
    with pytest.raises(ForgedRequest):
        read("ses", HookRequest(headers={}, body=body, now=NOW))
    confirmation = sns("Confirm", Type="SubscriptionConfirmation", Token="t", SubscribeURL=url)
    with pytest.raises(ForgedRequest):
        read("ses", replace(signed("ses", b'{"Message": ""}'), body=confirmation))


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_subscription_to_our_topic_is_confirmed(version: str) -> None:
    body = sns("Confirm", version, Type="SubscriptionConfirmation", Token="t", SubscribeURL=CONFIRM_URL)
    request = replace(signed("ses", b'{"Message": ""}'), body=body)
    with pytest.raises(NeedsPage) as needed:
        read("ses", request)
    assert (needed.value.url, needed.value.keep) == (CONFIRM_URL, False)
    assert read("ses", replace(request, pages={**request.pages, CONFIRM_URL: b"<ok/>"})) == []


def test_an_expired_certificate_proves_nothing() -> None:
    late = NOW + timedelta(days=31)
    body = sns("{}", Timestamp=late.isoformat())
    with pytest.raises(ForgedRequest):
        read("ses", replace(bounce("ses"), body=body, now=late))


def test_what_ses_says_to_test_a_topic_is_no_event() -> None:
    said = {"Message": "Successfully validated SNS topic for Amazon SES event publishing."}
    assert read("ses", signed("ses", json.dumps(said).encode())) == []


def test_resend_does_not_say_which_of_several_recipients() -> None:
    said = {"type": "email.bounced", "data": {"email_id": "m1", "to": ["a@example.org", "b@example.org"]}}
    assert read("resend", signed("resend", json.dumps(said).encode()))[0].address == ""


def test_a_login_is_compared_whole() -> None:
    right = bounce("postmark")
    for login in ("user:passwor", "user:password2", ":", "user:"):
        given = f"Basic {b64encode(login.encode()).decode()}"
        with pytest.raises(ForgedRequest):
            read("postmark", replace(right, headers={"authorization": given}))
